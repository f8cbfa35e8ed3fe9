"""A small study of each kind, with real sounds and pictures."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from hearsight.evaluation.human.make import Plan, make
from hearsight.evaluation.human.sources import find


@pytest.fixture
def made(tmp_path):
    """Makes a study of a kind; gives it and its folder."""
    for place, label in enumerate(("dog", "rain", "piano")):
        (tmp_path / "sounds" / label).mkdir(parents=True)
        soundfile.write(tmp_path / "sounds" / label / "1.wav", 0.3 * np.sin(np.arange(2400) * (place + 1) / 9), 8000)
        for method, green in (("ours", 40), ("theirs", 200)):
            (tmp_path / method / label).mkdir(parents=True)
            Image.new("RGB", (16, 16), (90 * place, green, 120)).save(tmp_path / method / label / "1.png")

    def call(kind: str, **plan: object) -> tuple[object, Path]:
        drawn = find([(None, tmp_path / "ours"), (None, tmp_path / "theirs")], sounds=tmp_path / "sounds")
        return make(Plan(kind, **{"count": 3, "checks": 1, **plan}), drawn, tmp_path / kind), tmp_path / kind

    return call
