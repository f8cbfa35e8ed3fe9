"""`hearsight bench pocket` end to end, on made-up speech that every system can hear."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.hub.network import save_network
from hearsight.systems import s2igan
from hearsight.systems.s2igan import S2IGAN

CHOSEN = ("--data", "data", "--judge", "judge", "--cache", "cache", "--device", "cpu")


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The working directory, with held-out syllables and pictures of two classes and a judge of them."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for label in ("dog", "rain"):
        for number in range(3):
            sound, picture = (
                tmp_path / "data" / kind / "held_out" / label / f"{number}.{suffix}"
                for kind, suffix in (("sounds", "wav"), ("pictures", "png"))
            )
            for path in (sound, picture):
                path.parent.mkdir(parents=True, exist_ok=True)
            syllables = np.sin(4 * np.pi * np.arange(8000) / 8000) ** 2
            soundfile.write(sound, random.normal(0, 0.1, 8000) * syllables, 8000)
            Image.fromarray(random.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(picture)
    torch.manual_seed(0)
    judge = PictureClassifier(PictureClassifierConfig(("dog", "rain"), size=16, width=4, stages=2))
    save_network(tmp_path / "judge", "picture_classifier", judge)
    S2IGAN(s2igan.debug()).save_pretrained(tmp_path / "stackgan")
    return tmp_path


def test_the_leaderboard_is_printed_written_and_put_into_the_readme(hearsight, folder, system):
    (folder / "README.md").write_text("# X\n\n<!-- leaderboard -->\n<!-- end of the leaderboard -->\n")
    birds = {"stackgan": [{"metric": "mAP", "value": 0.5, "better": "higher", "samples": 9, "network": "a reader",
                           "weights_sha256": "0", "interval": None, "details": {}}]}  # fmt: skip
    (folder / "birds.json").write_text(json.dumps(birds))
    more = ("--baseline", "stackgan", "--birds", "birds.json", "--readme", "README.md")
    code, out, err = hearsight("bench", "pocket", *CHOSEN, "--systems", system, *more)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert "own adherence" in lines[0] and lines[2].startswith("| real pictures |") and lines[3].startswith("| debug |")
    assert lines[-1] == "→ leaderboard/leaderboard.html"
    assert "\n".join(lines[:-2]) in (folder / "README.md").read_text()
    text = (folder / "leaderboard" / "leaderboard.md").read_text()
    assert "| stackgan | mAP | 0.5 |  | a reader |" in text and "stylewav: was not asked for" in text
    content = json.loads((folder / "leaderboard" / "leaderboard.json").read_text())
    assert content["another task"][0]["timing"]["pictures"] == 5 and content["sounds"] == 6
    assert (folder / "leaderboard" / "debug" / "report.html").is_file()


def test_a_failed_system_is_told_and_the_rest_is_there(hearsight, folder, system):
    (folder / "damaged").mkdir()
    (folder / "damaged" / "config.json").write_text((system / "config.json").read_text())
    code, out, err = hearsight("bench", "pocket", *CHOSEN, "--systems", f"damaged,{system}", "--sounds", 1)
    assert code == 2 and "| debug |" in out and err.count("\n") == 1
    assert err.startswith("hearsight: damaged: damaged/audioclip.safetensors: these weights are missing")


def test_mistakes_come_before_work(hearsight, folder, system):
    (folder / "plain.md").write_text("no markers")
    for arguments, told in (
        (("--data", "nowhere"), "nowhere: holds no held_out sound"),
        (("--baseline", "gone"), "gone: neither"),
        (("--readme", "plain.md"), "no place for the table"),
        (("--birds", "plain.md"), "plain.md: cannot be read"),
        (("--judge", "nowhere"), "nowhere"),
    ):
        code, out, err = hearsight("bench", "pocket", *CHOSEN, "--systems", system, *arguments)
        assert (code, out) == (2, "") and told in err and err.count("\n") == 1
    assert not (folder / "leaderboard").exists()
