from pathlib import Path

import pytest
from synth import Kit

PARITY = Path(__file__).parents[1] / "parity"


@pytest.fixture
def kit() -> Kit:
    """The numbers of Capelle's sampler."""
    return Kit(PARITY / "kyle_unet")
