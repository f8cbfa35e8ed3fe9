"""How different two pictures look to a network: distances between its features, layer by layer.

Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric" (2018), equation 1, with all
weights 1. Instead of VGG, trained on ImageNet, a picture classifier of one's own looks.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from hearsight.encoders.picture_classifier import PictureClassifier


class FeatureLoss:
    """The squared distance between unit features, over all layers of a frozen picture classifier."""

    def __init__(self, eye: PictureClassifier) -> None:
        self.eye = eye.eval().requires_grad_(False)

    def __call__(
        self, found: Float[Tensor, "batch 3 height width"], wanted: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, ""]:
        """How differently the eye sees `found`, which gets the gradient, and `wanted`; values in [-1, 1]."""
        self.eye.to(found.device)
        with torch.no_grad():
            expected = self._features(wanted)
        pairs = zip(self._features(found), expected, strict=True)
        return torch.stack([(one - other).square().sum(dim=1).mean() for one, other in pairs]).sum()

    def _features(self, pictures: Float[Tensor, "batch 3 height width"]) -> list[Float[Tensor, "batch channel h w"]]:
        side = self.eye.config.size
        x = functional.interpolate(pictures, (side, side), mode="area")
        features = []
        for layer in self.eye.features:
            x = layer(x)
            features.append(functional.normalize(x.float(), dim=1))
        return features
