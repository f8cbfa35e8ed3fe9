"""Networks that say what a picture shows: those that compare it with texts, and those that know some classes."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from hearsight.data import words
from hearsight.data.agreement import PictureClassifier, Probabilities
from hearsight.data.trained_folder import trained_folder
from hearsight.device import usable_device
from hearsight.encoders.audioclip import AudioCLIP, temperature
from hearsight.encoders.clip import CLIP, CLIPConfig
from hearsight.encoders.picture_classifier import PictureClassifier as PictureNetwork
from hearsight.encoders.picture_classifier import PictureClassifierConfig
from hearsight.errors import ConfigError
from hearsight.hub.network import load_network

PHOTO = "a photo of {}"
"""How a label is put to CLIP, which learned from captions (Radford et al. 2021, section 3.1.4)."""


class TextMatcher:
    """Pictures against texts, by CLIP or by the two heads that AudioCLIP took over from it."""

    labels = None
    """It knows no classes of its own."""

    def __init__(self, network: CLIP | AudioCLIP) -> None:
        self._network = network
        self._read: dict[str, Float[Tensor, " embed"]] = {}

    def match(self, pictures: Sequence[Image.Image], label: str) -> Float[np.ndarray, " picture"]:
        """The cosine of each picture with the label: the CLIP score."""
        return (self._network.see(pictures) @ self._text(label)).cpu().numpy()

    def among(self, labels: Sequence[str]) -> PictureClassifier:
        """A classifier that chooses among `labels`."""
        network = self._network
        scale = network.scale if isinstance(network, CLIP) else network.scale_image_text
        texts = torch.stack([self._text(label) for label in labels])

        def classify(picture: Image.Image) -> Probabilities:
            with torch.inference_mode():
                row = (temperature(scale) * network.see([picture]) @ texts.mT)[0].softmax(dim=-1)
            return dict(zip(labels, row.tolist(), strict=True))

        return classify

    def _text(self, label: str) -> Float[Tensor, " embed"]:
        if label not in self._read:
            name = words.name(label)
            self._read[label] = self._network.read([PHOTO.format(name) if isinstance(self._network, CLIP) else name])[0]
        return self._read[label]


class KnownPictures:
    """A network that was trained on some classes."""

    def __init__(self, network: PictureNetwork) -> None:
        self._network = network
        self.labels = network.config.labels

    def among(self, labels: Sequence[str]) -> PictureClassifier:
        """The classifier; it knows the labels that it knows."""
        return self._classify

    def _classify(self, picture: Image.Image) -> Probabilities:
        pixels = torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1)[None]
        return dict(zip(self.labels, self._network.probabilities(pixels)[0].tolist(), strict=True))


def text_matcher(source: str, audioclip: Callable[[str], AudioCLIP], device: str | None = None) -> TextMatcher:
    """What compares pictures with texts: a CLIP, or whatever has an AudioCLIP, which `audioclip` then finds.

    Raises ConfigError or WeightsError where that cannot be loaded.
    """
    folder, held = trained_folder(source)
    if held == "clip":
        return TextMatcher(load_network(folder, "clip", CLIP, CLIPConfig).to(usable_device(device)))
    if held in ("audioclip", "system") or source.endswith(".pt"):
        return TextMatcher(audioclip(source))
    if held:
        raise ConfigError(f"{source}: a {held} does not compare pictures with texts; give a CLIP or an AudioCLIP.")
    return TextMatcher(CLIP.from_pretrained(source).to(usable_device(device)))


def picture_judge(
    source: str, audioclip: Callable[[str], AudioCLIP], device: str | None = None
) -> TextMatcher | KnownPictures:
    """What says what a picture shows: a picture classifier, or whatever `text_matcher` takes; errors are its own."""
    folder, held = trained_folder(source)
    if held != "picture_classifier":
        return text_matcher(source, audioclip, device)
    network = load_network(folder, held, PictureNetwork, PictureClassifierConfig)
    return KnownPictures(network.to(usable_device(device)))
