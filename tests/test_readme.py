"""What the README shows works: its Python, its `hearsight` commands, in their order, in a folder with the examples."""

import re
import shlex
from pathlib import Path

import pytest
from PIL import Image

from hearsight.cli import run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_python_of_the_readme(folder: Path) -> None:
    (code,) = blocks("python")
    exec(compile(code, "README.md", "exec"), {})
    drawn = [Image.open(folder / f"piano_{seed}.png").tobytes() for seed in (7, 8, 9)]
    assert len(set(drawn)) == 3


@pytest.mark.timeout(600)
def test_the_commands_of_the_readme(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line.partition(" #")[0] for block in blocks("sh") for line in block.splitlines()]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("hearsight ")]
    assert {command[0] for command in commands} >= {"generate", "rerun", "classify", "systems"}
    for command in commands:
        expanded = [word for part in command for word in (sorted(map(str, Path().glob(part))) or [part])]
        assert run(expanded) == 0, (command, capsys.readouterr().err)
    assert (folder / "pictures" / "piano.png").is_file()


def test_every_file_that_the_documents_name_is_there() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} points to {target}"


def test_the_readme_shows_the_leaderboard() -> None:
    """The table of `hearsight bench pocket`: real pictures and every system that ships with the package."""
    between = README.partition("<!-- leaderboard -->")[2].partition("<!-- end of the leaderboard -->")[0]
    rows = [line.split("|")[1].strip() for line in between.splitlines() if line.startswith("|")]
    assert rows[2] == "real pictures"
    assert "audioclip-diffusion" in rows
