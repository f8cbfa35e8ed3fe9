import os
from pathlib import Path

import pytest

from hearsight.errors import DataError
from hearsight.evaluation.drawing import Drawing, draw_into, find, planned
from hearsight.evaluation.held_out import sounds
from hearsight.evaluation.processes import Processes
from hearsight.picture import Picture

QUICK = {"steps": 1, "guidance": 1.0}


def times(files: list[list[Path]]) -> list[int]:
    return [path.stat().st_mtime_ns for some in files for path in some]


def test_pictures_are_named_after_their_sounds_and_drawn_once(data, system, tmp_path) -> None:
    heard, steps = sounds(data), []
    drawing = Drawing(data, pictures_per_sound=2, seed=5)
    files = draw_into(tmp_path, system, heard, drawing, QUICK, progress=lambda *step: steps.append(step))
    names = [path.relative_to(tmp_path).as_posix() for some in files for path in some]
    assert names[:4] == ["blue/blue0_5.png", "blue/blue0_6.png", "blue/blue1_7.png", "blue/blue1_8.png"]
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    picture = Picture.load(files[1][1])
    alone = system(data / heard[1].item.path, seed=8, **QUICK)[0]
    assert picture.recipe["seed"] == 8 and picture.image.tobytes() == alone.image.tobytes()

    before = times(files)
    files[2][1].write_bytes(b"interrupted")
    assert draw_into(tmp_path, system, heard, drawing, QUICK) == files
    after = times(files)
    assert [old == new for old, new in zip(before, after, strict=True)] == [True] * 5 + [False] + [True] * 2
    assert Picture.load(files[2][1]).recipe["seed"] == 6


@pytest.mark.parametrize("change", ["settings", "weights", "sound"])
def test_another_recipe_is_drawn_anew(change, data, system, tmp_path, monkeypatch) -> None:
    heard, drawing = sounds(data, per_class=1), Drawing(data)
    files = draw_into(tmp_path, system, heard, drawing, QUICK)
    assert drawing.is_drawn(files[0][0], system, heard[0], 0, QUICK)
    settings = {**QUICK, "guidance": 2.0} if change == "settings" else QUICK
    if change == "weights":
        monkeypatch.setattr(system, "weights_sha256", "another")
    assert not drawing.is_drawn(files[0][0], system, heard[1 if change == "sound" else 0], 0, settings)


def test_weights_that_were_never_saved_prove_nothing(data, system, tmp_path, monkeypatch) -> None:
    heard, drawing = sounds(data, per_class=1), Drawing(data)
    monkeypatch.setattr(system, "weights_sha256", None)
    files = draw_into(tmp_path, system, heard, drawing, QUICK)
    assert not drawing.is_drawn(files[0][0], system, heard[0], 0, QUICK)


def test_processes_share_the_sounds(data, system, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(Processes, "wait", lambda self: None)
    files = draw_into(tmp_path, system, sounds(data), Drawing(data), QUICK, processes=Processes(1, 2))
    assert [path.exists() for some in files for path in some] == [False, True, False, True]


def test_pictures_of_others_are_found_by_class_and_name(data, tmp_path) -> None:
    heard = sounds(data)
    names = ("blue/blue0.png", "blue/blue1_3.png", "blue/blue1_4.jpg", "red0.png", "red/red1.webp", "red/other.png")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [[os.path.relpath(path, tmp_path) for path in files] for files in find(tmp_path, heard)]
    assert found == [["blue/blue0.png"], ["blue/blue1_3.png", "blue/blue1_4.jpg"], ["red0.png"], ["red/red1.webp"]]
    (tmp_path / "red/red1.webp").unlink()
    (tmp_path / "blue/blue0.png").unlink()
    with pytest.raises(DataError, match=r"2 of 4 held-out sounds have no picture here \(sounds/held_out/blue/blue0"):
        find(tmp_path, heard)


def test_names_must_tell_the_sounds_of_a_class_apart(tmp_path) -> None:
    for name in ("a/1.wav", "a/1.flac"):
        (tmp_path / "sounds/held_out" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sounds/held_out" / name).touch()
    with pytest.raises(DataError, match=r"a/1\.flac and sounds/held_out/a/1\.wav: two sounds"):
        planned(tmp_path, sounds(tmp_path), Drawing(tmp_path))
