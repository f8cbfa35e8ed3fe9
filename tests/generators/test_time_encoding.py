"""The time encoding against Capelle's numbers."""

import json
from pathlib import Path

import numpy as np
import torch

from hearsight.generators.time_encoding import time_encoding

FOLDER = Path(__file__).parents[1] / "parity" / "kyle_unet"


def test_capelles_numbers() -> None:
    cases = np.load(FOLDER / "cases.npz")
    tolerance = json.loads((FOLDER / "manifest.json").read_text())["cases"]["posenc"]["outputs"]["encoding"]["atol"]
    encoding = time_encoding(torch.from_numpy(cases["posenc.in.t"]), 256)
    assert np.abs(encoding.numpy() - cases["posenc.encoding"]).max() <= tolerance


def test_float32_even_under_autocast_and_for_fractions() -> None:
    with torch.autocast("cpu", torch.bfloat16):
        encoding = time_encoding(torch.tensor([998.0, 998.5, 999.0]), 64)
    assert encoding.dtype == torch.float32
    assert (encoding[1:] - encoding[:-1]).abs().amax(dim=1).min() > 0.2
