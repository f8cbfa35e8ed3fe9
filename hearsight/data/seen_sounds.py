"""Sounds as waveforms, each with the embedding of a picture that goes with it: what an ear is distilled from.

A frozen image tower looks at every picture once; what it saw is kept beside the data. Where pictures are augmented,
each is looked at in several views, and those are all there are: view 0 is the picture as it is, every further one a
function of (seed, path, view). A batch draws one of a picture's views, all equally likely. The class's name, as a text
tower reads it, may have a share in what a sound is shown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from hearsight.data.encodings import Encodings, encode_files
from hearsight.data.picture_augmentation import PictureAugmentation
from hearsight.data.picture_augmentation import vary as vary_picture
from hearsight.data.stratified import stratified
from hearsight.data.token_pairs import SoundsWithPictures
from hearsight.data.waveform_augmentation import WaveformAugmentation, vary
from hearsight.data.waveforms import clip
from hearsight.encoders.one_by_one import unit
from hearsight.errors import DataError
from hearsight.seeds import derive
from hearsight.sound.window import Window

Look = Callable[[Sequence[Image.Image]], Float[Tensor, "picture embed"]]
"""An image tower's embeddings of pictures."""


@dataclass(frozen=True)
class Views:
    """How often the image tower looks at each picture."""

    count: int = 1
    """Views of a picture; 1 is the picture as it is."""
    augmentation: PictureAugmentation | None = None
    """How every view but the first is changed; by default as in BriVL."""
    seed: int = 0
    """Another seed, other views."""

    def of(self, picture: Image.Image, name: str) -> list[Image.Image]:
        """The views of a picture of this name."""
        settings = self.augmentation or PictureAugmentation()
        seeds = (derive(self.seed, name, view) for view in range(1, self.count))
        return [picture.convert("RGB"), *(vary_picture(picture, settings, np.random.default_rng(one)) for one in seeds)]


def embed_pictures(folder: Path, paths: Sequence[str], look: Look, key: str, views: Views | None = None) -> Encodings:
    """`embedding` [view, embed] of every picture, not normalised, computed once and kept in `folder/.cache`.

    `key` tells apart all that `look` depends on, see `encodings.fingerprint`. Raises DataError for a broken picture.
    """
    chosen = views or Views()

    def encode(file: Path) -> dict[str, Float[Tensor, "view embed"]]:
        try:
            with Image.open(file) as picture:
                shown = chosen.of(picture, file.relative_to(folder).as_posix())
        except (OSError, ValueError) as error:
            raise DataError(f"{file}: not a readable picture ({error}); replace or remove it.") from None
        return {"embedding": look(shown).float()}

    return encode_files(folder, paths, "seen", f"{key} {chosen}", encode)


@dataclass(frozen=True, eq=False)
class SeenSounds:
    """Batch n, a function of (seed, n): classes count equally, each sound with a picture that goes with it."""

    folder: Path
    """The data folder."""
    pairs: SoundsWithPictures
    """Which sounds there are, and which pictures each may be shown with."""
    seen: Encodings
    """Of the pictures: `embedding` [view, embed]."""
    views: int
    """Views of every picture."""
    shown: Literal["one", "mean"]
    """A sound's picture: one of those that go with it, or the mean of the embeddings of all of them."""
    window: Window
    """The ear's."""
    augmentation: WaveformAugmentation
    """How sounds are changed. Where two are mixed, so are the embeddings of their pictures."""
    size: int
    """Sounds in a batch."""
    seed: int
    """Seed of everything drawn."""
    names: Float[Tensor, "label embed"] | None = None
    """The classes' names, in the image tower's space and of unit length; none: pictures alone."""
    named: float = 0.0
    """Share of its class's name in what a sound is shown; the rest is its picture."""

    def batch(self, index: int) -> dict[str, Tensor]:
        """`waveform` [batch, time], `picture` [batch, embed] and `classes` [batch, 2], the other one's second.

        Raises SoundError for a file that cannot be read.
        """
        random = np.random.default_rng(derive(self.seed, "distil", index))
        classes = torch.from_numpy(stratified(len(self.pairs.labels), self.size, random))
        sounds = [int(random.choice(np.flatnonzero(self.pairs.classes == label))) for label in classes.numpy()]
        clips = torch.stack([clip(self.folder / self.pairs.sounds[sound], self.window, random) for sound in sounds])
        generator = torch.Generator().manual_seed(int(random.integers(2**62)))
        varied = vary(clips, self.augmentation, self.window.rate, generator)
        picture = torch.stack([self._picture(sound, random) for sound in sounds])
        if self.names is not None:
            picture = (1 - self.named) * unit(picture) + self.named * self.names[classes]
        share = varied.share[:, None]
        mixed = torch.where(varied.share < 1, classes[varied.other], classes)
        return {
            "waveform": varied.waveform,
            "picture": share * picture + (1 - share) * picture[varied.other],
            "classes": torch.stack((classes, mixed), dim=1),
        }

    def _picture(self, sound: int, random: np.random.Generator) -> Float[Tensor, " embed"]:
        pictures, view = self.pairs.shown[sound], int(random.integers(self.views))
        if self.shown == "one":
            return self._look(int(random.choice(pictures)), view)
        key = pictures.tobytes(), view
        if key not in self._means:  # hundreds of pictures go with every sound of a class, the same ones
            self._means[key] = torch.stack([self._look(one, view) for one in pictures.tolist()]).mean(dim=0)
        return self._means[key]

    def _look(self, picture: int, view: int) -> Float[Tensor, " embed"]:
        return self.seen.row("embedding", picture, view)

    @cached_property
    def _means(self) -> dict[tuple[bytes, int], Float[Tensor, " embed"]]:
        return {}
