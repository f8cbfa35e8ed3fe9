"""What counts as silence: recordings are never quite still, so a threshold decides.

The thesis of R. Kyle (section 4.2.1) leaves out samples of Sub-URMP "with signal amplitudes below 450", of the 32768 of
a 16-bit recording. It does not say which amplitude; here it is the highest one.
"""

import numpy as np
from jaxtyping import Float

SILENCE = 450
"""the highest 16-bit amplitude of what is silent"""
FULL_SCALE = 2**15


def silent(samples: Float[np.ndarray, "*shape"], threshold: float = SILENCE) -> bool:
    """Whether no sample in [-1, 1] reaches `threshold` on the scale of 16-bit recordings."""
    return bool(np.abs(samples).max(initial=0) * FULL_SCALE < threshold)
