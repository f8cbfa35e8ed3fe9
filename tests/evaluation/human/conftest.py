"""Four sounds of three classes, and two systems that drew them: every picture has a colour of its own."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

NAMES = ("dog/1", "dog/2", "rain/1", "piano/3")
COLOURS = {(method, name): (60 * place, 200 * (method == "ours"), 90) for method in ("ours", "theirs")
           for place, name in enumerate(NAMES)}  # fmt: skip


@pytest.fixture
def material(tmp_path) -> Path:
    for place, name in enumerate(NAMES):
        sound = tmp_path / "sounds" / f"{name}.wav"
        sound.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(sound, 0.3 * np.sin(np.arange(1600) * (place + 1) / 9), 8000)
        for method in ("ours", "theirs"):
            picture = tmp_path / method / f"{name}.png"
            picture.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 8), COLOURS[method, name]).save(picture)
    return tmp_path


@pytest.fixture
def drawn_by():
    """Tells (method, name) of a picture in a study by its colour."""

    def tell(path: Path) -> tuple[str, str]:
        colour = Image.open(path).getpixel((0, 0))
        return next(key for key, its in COLOURS.items() if its == colour)

    return tell
