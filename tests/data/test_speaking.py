import csv
import shutil

import numpy as np
import pytest

from hearsight.cli import run
from hearsight.data import pairs
from hearsight.data.captions import Caption
from hearsight.data.speaking import speak_captions
from hearsight.data.speech import Utterance, speak
from hearsight.data.voices import HELD_OUT, Manner
from hearsight.errors import DataError
from hearsight.sound.sound import Sound

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is missing")

CAPTIONS = [
    Caption("001.Gull/a/00", "this small bird has a red belly", "001.Gull"),
    Caption("001.Gull/a/01", "a white bird", "001.Gull"),
    Caption("002.Tern/b/00", "a black bird", "002.Tern", "held_out"),
]


class Beeps:
    """An engine that beeps once for every word, and counts."""

    name = "beeps"

    def __init__(self):
        self.said = []

    def manner(self, split, random):
        return Manner(f"{split} {random.integers(100)}")

    def say(self, text, manner):
        self.said.append(text)
        return np.sin(np.arange(2000 * len(text.split())) / 10).astype(np.float32), 8000


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@needs_espeak
def test_captions_become_speech_whose_words_and_manner_are_written_down(tmp_path):
    report = speak_captions(CAPTIONS, tmp_path, workers=1)
    assert not report.failures and report.manifest == tmp_path / "manifest.csv"
    with report.manifest.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == [one.text for one in CAPTIONS]
    assert rows[2]["split"] == "held_out" and rows[2]["voice"].partition("+")[2] in HELD_OUT
    first = rows[0]
    sound = Sound.read(tmp_path / first["path"])
    assert (
        sound.seconds == pytest.approx(float(first["seconds"]), abs=0.01) and 0.5 < np.abs(sound.samples).max() < 0.75
    )
    samples, rate = speak(Utterance(first["text"], first["voice"], int(first["speed"]), int(first["pitch"])))
    assert sound.seconds == pytest.approx(len(samples) / rate, abs=0.01)

    items = pairs.read(tmp_path, "sound")
    assert [(item.label, item.split) for item in items] == [(one.label, one.split) for one in CAPTIONS]
    assert all(item.group for item in items)


def test_workers_interruptions_and_order_change_no_byte(tmp_path):
    speak_captions(CAPTIONS, tmp_path / "whole", engine=Beeps(), workers=3)

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        speak_captions(CAPTIONS, tmp_path / "parts", engine=Beeps(), workers=1, progress=interrupt)
    (tmp_path / "parts" / "002.Tern" / "b").mkdir(parents=True, exist_ok=True)
    (tmp_path / "parts" / "002.Tern" / "b" / "00.opus").write_bytes(b"half")
    speak_captions(CAPTIONS, tmp_path / "parts", engine=Beeps(), workers=2)
    assert content(tmp_path / "whole") == content(tmp_path / "parts")


def test_only_what_changed_is_spoken_again(tmp_path):
    steps = []
    speak_captions(CAPTIONS, tmp_path, engine=Beeps())
    engine = Beeps()
    report = speak_captions(CAPTIONS, tmp_path, engine=engine, progress=lambda *step: steps.append(step))
    assert engine.said == [] and steps == [(1, 3), (2, 3), (3, 3)] and len(report.spoken) == 3
    changed = [Caption(one.name, one.text.replace("white", "green"), one.label, one.split) for one in CAPTIONS]
    speak_captions(changed, tmp_path, engine=engine)
    assert engine.said == ["a green bird"]
    speak_captions(changed, tmp_path, engine=engine, seed=1)
    assert len(engine.said) == 4


@needs_espeak
def test_the_command_lists_what_could_not_be_said(tmp_path, capsys):
    (tmp_path / "captions.txt").write_text("a red bird\n...\n-v is no option\n")
    out = tmp_path / "speech"
    assert run(["data", "speak", str(tmp_path / "captions.txt"), "--out", str(out)]) == 2
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("2 captions spoken, 0.") and told[1:] == [
        f"1 failed; see {out / 'failures.csv'}",
        str(out / "manifest.csv"),
    ]
    with (out / "failures.csv").open(newline="") as file:
        (failure,) = csv.DictReader(file)
    assert failure == {
        "name": "000002",
        "text": "...",
        "reason": "'...': espeak-ng finds nothing to say in it; write words.",
    }
    assert sorted(path.name for path in out.glob("*.opus")) == ["000001.opus", "000003.opus"]


def test_two_captions_of_one_name_are_refused(tmp_path):
    with pytest.raises(DataError, match="two captions would be one file"):
        speak_captions([CAPTIONS[0], CAPTIONS[0]], tmp_path, engine=Beeps())
