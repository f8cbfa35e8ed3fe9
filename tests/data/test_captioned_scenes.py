from pathlib import Path

import numpy as np

from hearsight.data.captioned_scenes import drawn, kinds
from hearsight.data.scenes import Scene, Scenes


def test_scenes_are_drawn_once(pictograms: Path, tmp_path: Path) -> None:
    scenes = Scenes(pictograms, size=32)
    folder = tmp_path / "scenes"
    pixels = drawn(scenes, 5, folder)
    assert np.array_equal(pixels[3].transpose(1, 2, 0), np.asarray(scenes.picture(3)))
    (file,) = folder.iterdir()
    before = file.stat().st_mtime_ns
    assert np.array_equal(drawn(scenes, 5, folder), pixels) and file.stat().st_mtime_ns == before


def test_scenes_are_alike_whatever_their_captions_begin_with() -> None:
    scenes = [Scene("dog"), Scene("dog", frame="a photo of "), Scene("dog", 2), Scene("rain"), Scene("dog", 2)]
    assert kinds(scenes).tolist() == [0, 0, 1, 2, 1]
