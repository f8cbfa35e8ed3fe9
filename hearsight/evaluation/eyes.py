"""What looks at pictures, and what listens, when they are measured: published networks, or those that ship.

inception(FILE)     FID, KID, inception score, mAP as published; 2048 features
judge(FOLDER)       a picture classifier: adherence, AIC; the one that ships stands in for Inception
eye(CLIP)           CLIP-FID, IIS, CLIP score; the image head of the AudioCLIP that ships stands in for it
ear(Wav2CLIP)       AIS; the audio head of the AudioCLIP that ships stands in for it
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from hearsight.data.things import picture
from hearsight.encoders.audioclip import AudioCLIP
from hearsight.encoders.clip import CLIP
from hearsight.encoders.inception import DEPTHS
from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.evaluation.feature_network import FeatureNetwork, file_sha256, state_sha256
from hearsight.evaluation.resizing import Resize, for_inception
from hearsight.hub.folder import POCKET, weights_sha256
from hearsight.hub.network import load_network
from hearsight.pixels import colours
from hearsight.sound import Sound

JUDGE = POCKET / "picture_classifier"
"""The picture classifier that ships with the package: it knows the pocket classes."""


def inception(file: Path, resize: Resize = "pytorch-fid", device: torch.device | str = "cpu") -> FeatureNetwork:
    """pytorch-fid's or torchvision's Inception-v3 from its published file, which says itself which one it is."""
    from hearsight.hub.converters.inception import read_inception

    network = read_inception(file).to(device)
    defining = network.config.arithmetic == "tensorflow"
    source = "TensorFlow 2015-12-05, as pytorch-fid" if defining else "torchvision, ImageNet"
    return FeatureNetwork(
        f"Inception-v3 ({source}), resized as {resize}",
        file_sha256(file),
        DEPTHS[-1],
        lambda path: for_inception(picture(path), resize),
        _stacked(network, device),
        "" if defining else "torchvision",
        _classifying(network.classifier) if network.config.classes else None,
        network.config.classes,
    )


def judge(folder: Path = JUDGE, device: torch.device | str = "cpu") -> FeatureNetwork:
    """A trained picture classifier; its features are what its last layer sees."""
    network = load_network(folder, "picture_classifier", PictureClassifier, PictureClassifierConfig).to(device)
    head = network.head[1]
    assert isinstance(head, nn.Linear)
    shipped = folder.resolve() == JUDGE.resolve()
    return FeatureNetwork(
        f"{'pocket' if shipped else 'own'} picture classifier, resized by area to {network.config.size}",
        weights_sha256(folder),
        head.in_features,
        lambda path: network.prepare(colours(picture(path))[None])[0],
        _stacked(lambda pixels: network.features(pixels).mean(dim=(2, 3)), device),
        "pocket" if shipped else "own",
        _classifying(head),
        head.out_features,
        network.config.labels,
    )


def eye(network: Any, name: str, kind: str = "") -> FeatureNetwork:
    """What sees in a space that pictures share with sounds or texts.

    CLIP's features are not normalised, as clean-fid's CLIP-FID has it; whatever compares cosines normalises them.
    """
    weights = state_sha256(network)
    name = f"{name}, short side resized, centre cut out"
    if not isinstance(network, CLIP | AudioCLIP):
        return FeatureNetwork(name, weights, _width(network.see([])), picture, network.see, kind)
    prepare = network.prepare if isinstance(network, CLIP) else network.image.prepare
    device = next(network.parameters()).device
    return FeatureNetwork(
        name,
        weights,
        network.config.embed,
        lambda path: prepare(picture(path)),
        _stacked(network.encode_image, device),
        kind,
    )


def ear(network: Any, name: str, kind: str = "") -> FeatureNetwork:
    """What hears in such a space; unit embeddings, each of a whole sound."""
    return FeatureNetwork(name, state_sha256(network), _width(network.hear([])), open_sound, network.hear, kind)


def open_sound(path: Path) -> Sound:
    """A sound file. Raises SoundError where it cannot be read or is silent."""
    return Sound.read(path).require_audible()


def _width(nothing: Float[Tensor, "0 embed"]) -> int:
    return nothing.shape[-1]


def _stacked(
    encode: Callable[[Float[Tensor, "batch 3 height width"]], Float[Tensor, "batch feature"]],
    device: torch.device | str,
) -> Callable[[Sequence[Any]], Float[Tensor, "batch feature"]]:
    return lambda pixels: encode(torch.stack(list(pixels)).to(device))


def _classifying(layer: nn.Module) -> Callable[[Float[np.ndarray, "some feature"]], Float[np.ndarray, "some class"]]:
    device = next(layer.parameters()).device

    @torch.inference_mode()
    def classify(features: Float[np.ndarray, "some feature"]) -> Float[np.ndarray, "some class"]:
        probabilities: Tensor = layer(torch.from_numpy(features).to(device)).softmax(dim=-1)
        return probabilities.cpu().numpy()

    return classify
