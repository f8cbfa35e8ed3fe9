"""Training pictures as CLIP's image head looks at them: varied ones from memory, or files as they are."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from PIL import Image
from torch import Tensor

from hearsight.data.pictures import Pictures
from hearsight.data.stratified import ClassFiles
from hearsight.encoders import clip_resnet
from hearsight.encoders.clip_resnet import CLIPResNet
from hearsight.errors import DataError


@dataclass(frozen=True, eq=False)
class VariedPictures:
    """Pictures in memory, shifted and made noisy: an image head that begins with random weights learns from few."""

    pictures: Pictures
    """All of them, at the size the head looks at."""

    def seen(
        self, classes: Int[np.ndarray, " batch"], random: np.random.Generator
    ) -> Float[Tensor, "batch 3 size size"]:
        """A picture of each class, normalised."""
        chosen = np.array([random.choice(self.pictures.of_class(label)) for label in classes])
        shift = tuple(int(pixels) for pixels in random.integers(-4, 5, 2))
        pixels = torch.roll(self.pictures.batch(chosen), shift, dims=(2, 3))
        noise = np.float32(random.uniform(0, 0.1, (len(classes), 1, 1, 1))) * random.standard_normal(
            pixels.shape, dtype=np.float32
        )
        return clip_resnet.normalise(((pixels + torch.from_numpy(noise)) / 2 + 0.5).clamp(0, 1))


@dataclass(frozen=True, eq=False)
class PictureFiles:
    """Pictures that stay on the disk until a batch asks for them, prepared as CLIP does and not varied."""

    files: ClassFiles
    """The pictures of every class."""
    head: CLIPResNet
    """The image head, which knows how it takes a picture."""

    def seen(
        self, classes: Int[np.ndarray, " batch"], random: np.random.Generator
    ) -> Float[Tensor, "batch 3 size size"]:
        """A picture of each class, normalised. Raises DataError for a file that cannot be read."""
        pixels = []
        for label in classes:
            path = self.files.draw(label, random)
            try:
                with Image.open(path) as picture:
                    pixels.append(self.head.prepare(picture))
            except (OSError, ValueError) as error:
                raise DataError(f"{path}: not a readable picture ({error}); replace or remove it.") from None
        return torch.stack(pixels)
