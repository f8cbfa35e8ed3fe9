"""CLIP score: how well pictures fit texts, by the cosine of their embeddings in CLIP's space.

StyleWav (section 7.2.2) reports the cosine as it is; Hessel et al., "CLIPScore" (2021), section 3, makes it 2.5 times
as large and never negative.

    space = SharedSpace.of(CLIP.from_pretrained("openai/clip-vit-base-patch32"))
    clip_scores(space, pictures, ["this is a photo of a boy", "this is a photo of a girl"])     # [picture, text]
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from PIL import Image

from hearsight.encoders.shared_space import SharedSpace
from hearsight.errors import DataError

SCALE = 2.5
"""Hessel's w, which spreads the cosines of real captions over about 0 to 1."""


def clip_scores(
    space: SharedSpace, pictures: Sequence[Image.Image], texts: Sequence[str]
) -> Float[np.ndarray, "picture text"]:
    """The cosine of every picture with every text. Raises ConfigError for a space without pictures or texts."""
    return (space.embed("picture", pictures) @ space.embed("text", texts).mT).cpu().numpy()


def caption_scores(
    space: SharedSpace, pictures: Sequence[Image.Image], captions: Sequence[str]
) -> Float[np.ndarray, " picture"]:
    """Hessel's CLIPScore of every picture with its own caption: 2.5 max(cosine, 0).

    Raises DataError unless there is one caption a picture, ConfigError for a space without pictures or texts.
    """
    if len(pictures) != len(captions):
        raise DataError(f"{len(pictures)} pictures and {len(captions)} captions; give one caption a picture.")
    cosines = (space.embed("picture", pictures) * space.embed("text", captions)).sum(dim=-1)
    return SCALE * cosines.clamp(min=0).cpu().numpy()
