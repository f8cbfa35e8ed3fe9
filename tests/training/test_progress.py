"""What is said on a terminal and elsewhere."""

import re
from pathlib import Path

import pytest

from hearsight.training.progress import TrainingProgress


def follow(logs: Path, silent: bool = False) -> None:
    with TrainingProgress(logs, done=2, steps=4, silent=silent) as progress:
        for loss in (0.5, 0.25):
            progress.advance()
            progress.report({"loss": loss, "learning_rate": 3e-4})
        progress.say("done [here]")


def test_plain_lines_where_there_is_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    follow(tmp_path)
    out, err = capsys.readouterr()
    first, second, last = err.splitlines()
    assert re.fullmatch(r"step 3/4  loss 0\.5  learning_rate 0\.0003  \S+ steps/s  0:00:0\d left", first)
    assert second.startswith("step 4/4  loss 0.25") and second.endswith("0:00:00 left")
    assert last == "done [here]" and not out


def test_a_bar_on_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    follow(tmp_path)
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", capsys.readouterr().err)
    assert "━" in shown and "4/4" in shown and "loss 0.25  learning_rate 0.0003" in shown and "steps/s" in shown


def test_silence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    follow(tmp_path / "logs", silent=True)
    assert capsys.readouterr() == ("", "")
    assert not (tmp_path / "logs").exists()
