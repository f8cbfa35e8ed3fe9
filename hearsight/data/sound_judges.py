"""Networks that say what a sound is: AudioCLIP, which compares it with texts, and a BEATs that knows some classes."""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch

from hearsight.data import words
from hearsight.data.agreement import Probabilities, SoundClassifier
from hearsight.data.trained_folder import trained_folder
from hearsight.device import usable_device
from hearsight.encoders.audioclip import AudioCLIP, temperature
from hearsight.encoders.beats import BEATs, BEATsConfig
from hearsight.errors import ConfigError
from hearsight.hub.converters.beats import is_beats, read_beats
from hearsight.hub.network import load_network
from hearsight.sound.sound import Sound

AUDIOSET = ("/m/", "/t/", "/g/")
"""How AudioSet's ids begin."""


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

    def __init__(self, network: BEATs, source: str, names: Mapping[str, str] | None = None) -> None:
        """`names` says what the classes are called that the network only has marks for."""
        if not network.config.labels:
            raise ConfigError(f"{source}: this BEATs has no named classes; train it as a classifier, or use AudioCLIP.")
        self.labels = tuple((names or {}).get(label, label) for label in network.config.labels)
        unnamed = [label for label in self.labels if label.startswith(AUDIOSET)]
        if unnamed:
            raise ConfigError(
                f"{source}: {len(unnamed)} of its classes are AudioSet ids ({unnamed[0]} …); say what they are called "
                "with AudioSet's table: --classes class_labels_indices.csv."
            )
        self._network = network

    def among(self, labels: Sequence[str]) -> SoundClassifier:
        """The classifier; it knows the labels that it knows."""
        return self._classify

    def _classify(self, sound: Sound) -> Probabilities:
        with torch.inference_mode():
            return dict(zip(self.labels, self._network.classify([sound])[0].tolist(), strict=True))


def sound_judge(
    source: str, audioclip: Callable[[str], AudioCLIP], device: str | None = None, classes: str | None = None
) -> SoundMatcher | KnownSounds:
    """What says what a sound is: a BEATs (a folder of ours, or a published file that was fine-tuned), or whatever has
    an AudioCLIP, which `audioclip` then finds.

    Args:
        classes: AudioSet's table of classes, for a published BEATs.

    Raises ConfigError or WeightsError where that cannot be loaded.
    """
    folder, held = trained_folder(source)
    names = audioset_names(Path(classes)) if classes else None
    if held == "beats":
        return KnownSounds(load_network(folder, held, BEATs, BEATsConfig).to(usable_device(device)), source, names)
    if is_beats(folder):
        published = read_beats(folder).requires_grad_(False)
        return KnownSounds(published.to(usable_device(device)), source, names)
    return SoundMatcher(audioclip(source))


def audioset_names(table: Path) -> dict[str, str]:
    """What AudioSet's ids mean, in small letters, from its class_labels_indices.csv (index, mid, display_name)."""
    try:
        with table.open(newline="", encoding="utf-8") as file:
            return {row["mid"]: row["display_name"].lower() for row in csv.DictReader(file)}
    except (OSError, KeyError, UnicodeDecodeError):
        raise ConfigError(
            f"classes={table}: not AudioSet's table of classes; its first line is index,mid,display_name."
        ) from None
