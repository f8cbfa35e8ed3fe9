"""Common Voice as it is published, in the layouts of two releases."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from hearsight.data.common_voice import CommonVoice
from hearsight.errors import DataError

LONG = "the quick brown fox jumps over dogs"  # seven words
SHORT = "the quick brown fox jumps over"  # six
OLD = ("client_id", "path", "sentence", "up_votes", "down_votes", "age", "gender", "accents", "locale", "segment")
NEW = ("client_id", "path", "sentence_id", "sentence", "sentence_domain", "up_votes", "down_votes", "age", "gender",
       "accents", "variant", "locale", "segment")  # fmt: skip


def release(folder: Path, columns: tuple[str, ...], rows: list[dict[str, str]], durations: dict[str, int]) -> Path:
    """A language's folder; the clips of `durations` (milliseconds) are said to last so long."""
    (folder / "clips").mkdir(parents=True)
    lines = ["\t".join(columns), *("\t".join(row.get(name, "") for name in columns) for row in rows)]
    (folder / "validated.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if durations:
        lines = ["clip\tduration[ms]", *(f"{clip}\t{length}" for clip, length in durations.items())]
        (folder / "clip_durations.tsv").write_text("\n".join(lines) + "\n")
    for row in rows:
        (folder / "clips" / row["path"]).touch()
    return folder


@pytest.fixture
def english(tmp_path) -> CommonVoice:
    """A new release. Fit are m1 to m4 and f1; the others each miss one thing."""
    about = {
        **{f"m{number}": ("male_masculine", LONG, 5000 + 100 * number) for number in range(1, 5)},
        "f1": ("female_feminine", LONG, 5500),
        "six": ("male_masculine", SHORT, 5200),
        "brief": ("male_masculine", LONG, 4999),
        "long": ("female_feminine", LONG, 5501),
        "other": ("non-binary", LONG, 5200),
        "silent": ("", LONG, 5200),
    }
    rows = [{"path": f"{name}.mp3", "sentence": said, "gender": sex} for name, (sex, said, _) in about.items()]
    durations = {f"{name}.mp3": length for name, (_, _, length) in about.items()}
    return CommonVoice(release(tmp_path / "cv-corpus" / "en", NEW, rows, durations))


def test_the_clips_that_stylewav_takes(english):
    assert {path.stem for path in english.sample("male", 100)} == {"m1", "m2", "m3", "m4"}
    assert [path.stem for path in english.sample("female", 100)] == ["f1"]
    assert {path.stem for path in english.sample("male", 100, words=6)} == {"m1", "m2", "m3", "m4", "six"}
    assert {path.stem for path in english.sample("male", 100, seconds=(4.9, 5.1))} == {"m1", "brief"}


def test_a_sample_is_random_but_fixed_by_its_seed(english):
    samples = {tuple(path.stem for path in english.sample("male", 2, seed=seed)) for seed in range(20)}
    assert len(samples) > 3
    assert english.sample("male", 2, seed=5) == english.sample("male", 2, seed=5)


def test_clips_that_were_not_unpacked_are_passed_over(english):
    (english.folder / "clips" / "m2.mp3").unlink()
    assert {path.stem for path in english.sample("male", 100)} == {"m1", "m3", "m4"}
    (english.folder / "clips" / "f1.mp3").unlink()
    with pytest.raises(DataError, match="none of 2 clips of a female voice with at least 7 words is there"):
        english.sample("female", 100)


def test_an_old_release_without_durations(tmp_path):
    """Lengths are measured; the two sexes have their old names, and a sentence may hold a bare quotation mark."""
    rows = [
        {"path": "a.mp3", "sentence": f'"{LONG}', "gender": "female"},
        {"path": "b.mp3", "sentence": LONG, "gender": "male"},
        {"path": "c.mp3", "sentence": LONG, "gender": "male"},
    ]
    folder = release(tmp_path / "de", OLD, rows, {})
    for name, seconds in (("a", 5.2), ("b", 5.3), ("c", 6.5)):
        samples = 0.1 * np.sin(np.arange(round(16000 * seconds)) / 9)
        soundfile.write(folder / "clips" / f"{name}.mp3", samples, 16000, format="MP3")
    german = CommonVoice(folder)
    assert [one.sex for one in german.recordings()] == ["female", "male", "male"]
    assert [path.stem for path in german.sample("female", 9)] == ["a"]
    assert [path.stem for path in german.sample("male", 9)] == ["b"]


def test_another_table(english):
    rows = (english.folder / "validated.tsv").read_text().splitlines()
    (english.folder / "test.tsv").write_text("\n".join(rows[:2]) + "\n")
    assert len(list(CommonVoice(english.folder, "test").recordings())) == 1


def test_the_wrong_folder(english, tmp_path):
    with pytest.raises(DataError, match=r"no validated\.tsv here.*take a language in it, e\.g\. .*cv-corpus/en"):
        CommonVoice(english.folder.parent)
    with pytest.raises(DataError, match=r"no validated\.tsv here.*give a language's folder"):
        CommonVoice(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"invented\.tsv"):
        CommonVoice(english.folder, "invented")


def test_a_broken_release(english):
    (english.folder / "validated.tsv").write_text("client_id\tpath\tsentence\n")
    with pytest.raises(DataError, match="lacks the column 'gender'"):
        list(english.recordings())
    for clip in (english.folder / "clips").iterdir():
        clip.unlink()
    (english.folder / "clips").rmdir()
    with pytest.raises(DataError, match="clips/ is missing"):
        CommonVoice(english.folder)
