"""Networks that say what a sound is: AudioCLIP, which compares it with texts, and a BEATs that knows some classes."""

from collections.abc import Callable, Sequence

import torch

from hearsight.data import words
from hearsight.data.agreement import Probabilities, SoundClassifier
from hearsight.data.trained_folder import trained_folder
from hearsight.encoders.audioclip import AudioCLIP, temperature
from hearsight.encoders.beats import BEATs, BEATsConfig
from hearsight.errors import ConfigError
from hearsight.hub.network import load_network
from hearsight.sound.sound import Sound
from hearsight.systems.base import usable_device


class SoundMatcher:
    """Sounds against texts, by AudioCLIP."""

    labels = None
    """It knows no classes of its own."""

    def __init__(self, network: AudioCLIP) -> None:
        self._network = network

    def among(self, labels: Sequence[str]) -> SoundClassifier:
        """A classifier that chooses among `labels`, whose texts are read once."""
        network = self._network
        texts = network.read([words.name(label) for label in labels])

        def classify(sound: Sound) -> Probabilities:
            with torch.inference_mode():
                row = (temperature(network.scale_audio_text) * network.hear([sound]) @ texts.mT)[0].softmax(dim=-1)
            return dict(zip(labels, row.tolist(), strict=True))

        return classify


class KnownSounds:
    """A network that was trained on some classes. Raises ConfigError where it does not know what they are called."""

    def __init__(self, network: BEATs, source: str) -> None:
        if not network.config.labels:
            raise ConfigError(f"{source}: this BEATs has no named classes; train it as a classifier, or use AudioCLIP.")
        self._network = network
        self.labels = network.config.labels

    def among(self, labels: Sequence[str]) -> SoundClassifier:
        """The classifier; it knows the labels that it knows."""
        return self._classify

    def _classify(self, sound: Sound) -> Probabilities:
        with torch.inference_mode():
            return dict(zip(self.labels, self._network.classify([sound])[0].tolist(), strict=True))


def sound_judge(
    source: str, audioclip: Callable[[str], AudioCLIP], device: str | None = None
) -> SoundMatcher | KnownSounds:
    """What says what a sound is: the folder of a BEATs, or whatever has an AudioCLIP, which `audioclip` then finds.

    Raises ConfigError or WeightsError where that cannot be loaded.
    """
    folder, held = trained_folder(source)
    if held == "beats":
        return KnownSounds(load_network(folder, held, BEATs, BEATsConfig).to(usable_device(device)), source)
    return SoundMatcher(audioclip(source))
