"""Inception score of drawn birds (S2IGAN, section 2.4), by networks that know birds: ImageNet's tell drawings badly.

S2IGAN's own network knows bird species. Whoever has trained a picture classifier of species can use it
(`of_species`). The reader of part colours tells apart the colours of six parts instead (`of_part_colours`): its score
is that of each part, their geometric mean taken. It is 1 where all birds look alike or none has clear colours, and at
most the number of colour words.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image

from hearsight.encoders.part_colours import PartColours
from hearsight.encoders.picture_classifier import PictureClassifier
from hearsight.evaluation.feature_network import state_sha256
from hearsight.evaluation.inception_score import DRAWS, inception_score
from hearsight.evaluation.result import Result
from hearsight.evaluation.spread import around
from hearsight.pixels import colours


def of_part_colours(drawn: Sequence[Image.Image], reader: PartColours, seed: int = 0) -> Result:
    """The score by the reader of part colours, all pictures in one split; `details` has that of each part."""
    network = f"reader of part colours, resized to {reader.config.trunk.size}, geometric mean over parts"
    return _result(reader.probabilities(drawn).numpy(), reader.config.parts, network, state_sha256(reader), seed)


def of_species(drawn: Sequence[Image.Image], classifier: PictureClassifier, seed: int = 0) -> Result:
    """The score by a picture classifier, all pictures in one split."""
    rows = [classifier.probabilities(colours(picture)[None]).cpu() for picture in drawn]
    labels, size = len(classifier.config.labels), classifier.config.size
    network = f"picture classifier of {labels} classes, resized to {size}"
    return _result(torch.cat(rows).numpy()[:, None], ("species",), network, state_sha256(classifier), seed)


def _result(
    probabilities: Float[np.ndarray, "picture question answer"],
    questions: Sequence[str],
    network: str,
    weights: str,
    seed: int,
) -> Result:
    value = _geometric_mean(probabilities)
    random, count = np.random.default_rng(seed), len(probabilities)
    again = [_geometric_mean(probabilities[random.integers(0, count, count)]) for _ in range(DRAWS)]
    details = {
        "splits": 1,
        "classes": probabilities.shape[2],
        **{question: _score(probabilities[:, number]) for number, question in enumerate(questions)},
    }
    return Result("birds' inception score", value, "higher", count, network, weights, around(value, again), details)


def _geometric_mean(probabilities: Float[np.ndarray, "picture question answer"]) -> float:
    logs = [np.log(_score(probabilities[:, number])) for number in range(probabilities.shape[1])]
    return float(np.exp(np.mean(logs)))


def _score(probabilities: Float[np.ndarray, "picture answer"]) -> float:
    return inception_score(probabilities, splits=1).mean
