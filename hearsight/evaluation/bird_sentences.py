"""S2IGAN's measures (section 2.4) on Birds in Miniature: species and voices that training never met.

recall@10     does a sentence find a picture of its species among a hundred, two of each of fifty species? By chance
              19 % do. And, harder, does it find the one picture that it was paired with (10 % by chance)?
FID, mAP      of pictures drawn from held-out sentences, against real pictures of the same species, by the features
              of the reader of part colours: it has learnt neither with the ear nor with any generator
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image

from hearsight.data import pairs
from hearsight.data.bird_species import Species
from hearsight.data.birds import Birds
from hearsight.data.things import picture
from hearsight.encoders.part_colours import PartColours
from hearsight.encoders.speech_embedding import SpeechEmbedding
from hearsight.errors import DataError
from hearsight.evaluation.feature_network import FeatureNetwork, state_sha256
from hearsight.evaluation.frechet_distance import frechet_inception_distance
from hearsight.evaluation.result import Result
from hearsight.evaluation.retrieval import content_based, cosine, retrieve, same_class
from hearsight.seeds import derive
from hearsight.sound.sound import Sound
from hearsight.systems.base import System

Progress = Callable[[int, int], None]

CANDIDATES = 100
"""Pictures among which a sentence's is looked for."""
REAL = 40
"""Real pictures of every species that drawn ones are compared with."""
FIRST_REAL = 1_000_000
"""Number of the first real picture: none that anybody trains on."""


@dataclass(frozen=True, eq=False)
class Sentences:
    """Spoken sentences about held-out species."""

    paths: tuple[Path, ...]
    """Their files."""
    species: tuple[Species, ...]
    """What each is about."""

    @classmethod
    def held_out(cls, data: Path, birds: Birds, per_species: int) -> "Sentences":
        """The first sentences about every held-out species of a folder of `hearsight data speak birds`.

        Raises DataError where there are fewer, or where a voice is heard in training too.
        """
        every = pairs.read(data, "sound")
        shared = {item.group for item in every if item.split == "held_out"} & {
            item.group for item in every if item.split == "train"
        }
        if shared:
            raise DataError(f"{data}: the voice {min(shared)!r} is heard in training too; speak the captions again.")
        known = {one.label: one for one in birds.species("held_out")}
        paths, species = [], []
        for label, items in pairs.by_label([item for item in every if item.split == "held_out"]).items():
            if label not in known or len(items) < per_species:
                raise DataError(f"{data}: {len(items)} sentences about {label!r}, where {per_species} are needed.")
            for item in sorted(items, key=lambda one: one.path)[:per_species]:
                paths.append(data / item.path)
                species.append(known[label])
        return cls(tuple(paths), tuple(species))

    @property
    def labels(self) -> list[str]:
        """The species of each sentence."""
        return [one.label for one in self.species]


def recall(
    ear: SpeechEmbedding, birds: Birds, sentences: Sentences, k: int = 10, progress: Progress | None = None
) -> list[Result]:
    """Speech to image: recall@k of the species, and of the one picture that a sentence is paired with."""
    kinds = list(dict.fromkeys(sentences.species))
    each = CANDIDATES // len(kinds)
    shown = [(one, number) for one in kinds for number in range(each)]
    seen = ear.picture.see([birds.picture(one, FIRST_REAL + number) for one, number in shown]).cpu().numpy()
    rows = []
    for number, path in enumerate(sentences.paths):
        rows.append(ear.speech.hear([Sound.read(path)]).cpu().numpy())
        if progress:
            progress(number + 1, len(sentences.paths))
    alike = cosine(np.concatenate(rows), seen)
    species = same_class(sentences.labels, [one.label for one, _ in shown])
    # Of a species' pictures, sentence n is paired with number n modulo their number.
    paired = np.array([number for _, number in shown])[None] == (np.arange(len(rows)) % each)[:, None]
    name, weights = "speech embedding network", state_sha256(ear)
    results = []
    for metric, right in ((f"R@{k} of {len(shown)}, species", species), (f"R@{k}, own picture", species & paired)):
        found = retrieve(alike, right)
        hits = found.hits(k)
        details = {"R@1": found.recall(1), "R@5": found.recall(5), "mAP": found.mean_average_precision}
        results.append(
            Result(metric, found.recall(k), "higher", len(rows), name, weights, found.interval(hits), details)
        )
    return results


def drawings(
    system: System, sentences: Sentences, seed: int = 0, progress: Progress | None = None
) -> list[Image.Image]:
    """A picture of every sentence, number n with seed `seed` + n."""
    pictures = []
    for number, path in enumerate(sentences.paths):
        pictures.append(system(path, seed=seed + number)[0].image)
        if progress:
            progress(number + 1, len(sentences.paths))
    return pictures


def likeness(
    drawn: Sequence[Image.Image], sentences: Sentences, birds: Birds, reader: PartColours, seed: int = 0
) -> list[Result]:
    """FID of drawn pictures from real ones of the same species, and mAP by content (two real pictures a species ask).

    Raises DataError for fewer pictures than the reader has features.
    """
    kinds = list(dict.fromkeys(sentences.species))
    numbers = [(one, FIRST_REAL + CANDIDATES + number) for one in kinds for number in range(REAL)]
    real = _looks(reader, [birds.picture(one, number) for one, number in numbers])
    features = _looks(reader, drawn)
    network = _eye(reader)
    distance = frechet_inception_distance(real, features, network, seed=derive(seed, "fid"))
    found = content_based(real, [one.label for one, _ in numbers], features, sentences.labels, seed=seed)
    precision = found.mean_average_precision
    about = {"queries": "real pictures, 2 of a species"}
    return [
        distance,
        Result(
            network.named("mAP"),
            precision,
            "higher",
            len(drawn),
            network.name,
            network.weights_sha256,
            found.interval(found.precisions),
            about,
        ),
    ]


def _eye(reader: PartColours) -> FeatureNetwork:
    return FeatureNetwork(
        f"reader of part colours, resized to {reader.config.trunk.size}",
        state_sha256(reader),
        reader.config.features,
        picture,
        reader.look,
        "birds'",
    )


def _looks(reader: PartColours, pictures: Sequence[Image.Image]) -> Float[np.ndarray, "picture feature"]:
    with torch.inference_mode():
        return reader.look(pictures).numpy()
