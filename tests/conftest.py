"""What holds for every test process: one thread each, set before torch loads, and Ctrl-C that interrupts."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")


def pytest_configure() -> None:
    """A shell's job in the background ignores Ctrl-C, and all that it starts would, too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def pictograms(tmp_path: Path) -> Iterator[Path]:
    """A folder of pairs with a black bar as the pictogram of every class; digits are white bars on a blue key."""
    from PIL import Image

    from hearsight.data import pictogram
    from hearsight.data.subjects import SUBJECTS

    for label, subject in SUBJECTS.items():
        for pattern in subject.patterns:
            file = tmp_path / "pairs" / "pictograms" / label / f"{pattern.replace('*', 'any')}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            image = Image.new("RGBA", (24, 24), (0, 166, 237, 255) if subject.lettering else (0, 0, 0, 0))
            image.paste((255, 255, 255, 255) if subject.lettering else (0, 0, 0, 255), (6, 4, 18, 20))
            image.save(file)
    yield tmp_path / "pairs"
    pictogram._pictograms.cache_clear()
    pictogram._cutout.cache_clear()
