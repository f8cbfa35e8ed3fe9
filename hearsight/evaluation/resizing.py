"""How a picture is made 299 pixels wide and high before Inception looks at it: the first trap of FID.

Parmar, Zhang, Zhu: "On Aliased Resizing and Surprising Subtleties in GAN Evaluation" (2022) show that this choice moves
FID more than many a method does. Both protocols are in use; a number is worth nothing without the name of its own.

- `pytorch-fid`: bilinear between the nearest four pixels, without antialiasing also when shrinking; then 2 x - 1 of
  values in [0, 1].
- `clean-fid`: PIL's bicubic with antialiasing, channel by channel in floating point and not rounded; then
  (x - 128) / 128 of values in [0, 255], as the TensorFlow graph does it.
"""

from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from hearsight.encoders.inception import SIDE, resize
from hearsight.errors import ConfigError
from hearsight.pixels import to_pixels

Resize = Literal["pytorch-fid", "clean-fid"]


def for_inception(picture: Image.Image, protocol: Resize) -> Float[Tensor, "3 299 299"]:
    """A picture as Inception takes it by this protocol. Raises ConfigError where there is none of this name."""
    match protocol:
        case "pytorch-fid":
            return resize(to_pixels(picture)[None])[0]
        case "clean-fid":
            return _clean(picture)
        case _:
            raise ConfigError(f"resize={protocol!r}: there is no such protocol; known: pytorch-fid, clean-fid.")


def _clean(picture: Image.Image) -> Float[Tensor, "3 299 299"]:
    channels = np.asarray(picture.convert("RGB"), dtype=np.float32).transpose(2, 0, 1)
    resized = [
        np.asarray(Image.fromarray(channel).resize((SIDE, SIDE), Image.Resampling.BICUBIC)) for channel in channels
    ]
    return (torch.from_numpy(np.stack(resized)) - 128) / 128
