import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from hearsight.encoders import clip
from hearsight.encoders.clip import CLIP
from hearsight.hub.network import save_network

PAPER = ("this is a photo of a boy", "this is a photo of a girl")


@pytest.fixture
def groups(tmp_path, monkeypatch) -> Path:
    """Two folders of three sounds each, and a CLIP; the working directory is where they are."""
    monkeypatch.chdir(tmp_path)
    for name, hertz in (("low", 200), ("high", 1200)):
        (tmp_path / name).mkdir()
        for number in range(3):
            samples = 0.4 * np.sin(2 * np.pi * hertz * (1 + number / 7) * np.arange(4000) / 8000)
            soundfile.write(tmp_path / name / f"{number}.wav", samples, 8000)
    torch.manual_seed(0)
    save_network(tmp_path / "clip", "clip", CLIP(clip.debug()))
    return tmp_path


@pytest.fixture
def voices(groups) -> Path:
    """A language of Common Voice with three fit clips of each sex."""
    folder = groups / "en"
    (folder / "clips").mkdir(parents=True)
    lines = ["client_id\tpath\tsentence\tgender"]
    for number in range(6):
        sex = ("male_masculine", "female")[number % 2]
        lines.append(f"{number}\t{number}.mp3\tthe quick brown fox jumps over dogs\t{sex}")
        samples = 0.3 * np.sin(np.arange(8000 * 5 + 800) / (5 + number))
        soundfile.write(folder / "clips" / f"{number}.mp3", samples, 8000, format="MP3")
    (folder / "validated.tsv").write_text("\n".join(lines) + "\n")
    return folder


TWO = ("--groups", "low", "--groups", "high", "--prompt", "a man", "--prompt", "a child")


def test_two_folders_and_two_prompts(hearsight, groups, system):
    code, out, err = hearsight(
        "evaluate", "traits", *TWO, "--clip", "clip", "--system", system, "--steps", 1, "--out", "kept", "--json"
    )
    assert (code, err) == (0, "")
    result = json.loads(out)
    assert list(result["groups"]) == ["low", "high"]
    for group in result["groups"].values():
        assert group["pictures"] == 3
        assert list(group["scores"]) == ["a man", "a child"]
        assert all(-1 <= score <= 1 for score in group["scores"].values())
        test = group["between_prompts"]
        assert test["difference"] == pytest.approx(group["scores"]["a man"] - group["scores"]["a child"])
        assert test["significant"] == (test["p"] < 0.05)
    assert list(result["between_groups"]) == ["a man", "a child"]
    assert sorted(path.as_posix() for path in Path("kept").rglob("*.png")) == [
        f"kept/{group}/{number:03}.png" for group in ("high", "low") for number in range(3)
    ]


def test_a_random_part_of_each_group(hearsight, groups, system):
    _, out, _ = hearsight(
        "evaluate", "traits", *TWO, "--clip", "clip", "--system", system, "--steps", 1, "--count", 2, "--json"
    )
    assert [group["pictures"] for group in json.loads(out)["groups"].values()] == [2, 2]


def test_common_voice_and_the_table_of_the_paper(hearsight, voices, system):
    code, out, err = hearsight(
        "evaluate", "traits", "--groups", voices, "--clip", "clip", "--system", system, "--steps", 1, "--count", 2
    )
    assert (code, err) == (0, "")
    heads, boy, girl, prompts = out.splitlines()
    assert heads.split() == ["male", "(2)", "female", "(2)", "groups", "differ"]
    assert boy.startswith(PAPER[0]) and girl.startswith(PAPER[1])
    assert prompts.startswith("prompts differ")
    assert out.count("p = ") == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--groups", "low", "--groups", "high"), "--prompt: say what two folders are compared by"),
        ((*TWO, "--prompt", "a dog"), "--prompt: 3 given; the experiment compares two"),
        ((*TWO, "--groups", "low"), "--groups: 3 given"),
        (("--groups", "low"), "no validated.tsv here, so no language of Common Voice"),
        (("--groups", "low", "--groups", "clip", "--prompt", "a", "--prompt", "b"), "no sound in this folder"),
        ((*TWO, "--size", "7"), "size=7"),
        ((*TWO, "--clip", "low"), "low: no CLIP that can be read"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(hearsight, groups, system, arguments, message):
    clip_given = () if "--clip" in arguments else ("--clip", "clip")
    code, out, err = hearsight("evaluate", "traits", *arguments, *clip_given, "--system", system)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
