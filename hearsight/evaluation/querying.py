"""Querying accuracy: does an AudioCLIP find, for a sound, the text or the picture of its class?

Thesis of R. Kyle, sections 4.3.1 and 5.1. A sound's embedding is compared by dot products with a query set that holds
one embedding of every class; the largest is the prediction. The text set holds the names of the classes. The picture
set holds the very picture that belongs to the sound, and a random one of each other class, drawn anew for every sound.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from hearsight.errors import DataError
from hearsight.evaluation.feature_network import FeatureNetwork
from hearsight.evaluation.result import Result
from hearsight.evaluation.rows import Rows, chosen
from hearsight.seeds import derive


def querying_with_texts(
    sounds: Rows,
    heard: Sequence[str],
    texts: Float[np.ndarray, "label embed"],
    labels: Sequence[str],
    ear: FeatureNetwork,
) -> Result:
    """The share of sounds whose nearest text is the name of their class."""
    everything = chosen(sounds, np.arange(len(sounds)))
    found = (everything @ np.asarray(texts, dtype=np.float64).T).argmax(axis=1)
    right = np.array([labels[place] == label for place, label in zip(found, heard, strict=True)], dtype=np.float64)
    return _result("querying accuracy (text)", right, ear, {"classes": len(labels)})


def querying_with_pictures(
    sounds: Rows,
    heard: Sequence[str],
    pictures: Rows,
    shown: Sequence[str],
    own: Int[np.ndarray, " sound"],
    ear: FeatureNetwork,
    seed: int = 0,
) -> Result:
    """The share of sounds whose nearest picture of a query set is their own.

    Args:
        own: which of `pictures` belongs to each sound.
        shown: the class of every picture.

    Raises DataError where there is only one class.
    """
    of_class = {label: np.flatnonzero(np.array(shown) == label) for label in sorted(set(shown))}
    if len(of_class) < 2:
        raise DataError(f"pictures of {', '.join(of_class)} alone: a query set needs other classes; add some.")
    right = np.empty(len(sounds))
    for number, label in enumerate(heard):
        random = np.random.default_rng(derive(seed, number))
        others = [random.choice(places) for name, places in of_class.items() if name != label]
        one = np.array([own[number], *others])
        near = chosen(pictures, one) @ np.asarray(sounds[number : number + 1], dtype=np.float64)[0]
        right[number] = near.argmax() == 0
    return _result("querying accuracy (pictures)", right, ear, {"classes": len(of_class), "pictures": len(pictures)})


def _result(name: str, right: Float[np.ndarray, " sound"], ear: FeatureNetwork, details: dict[str, int]) -> Result:
    return Result.mean(ear.named(name), right, ear.name, ear.weights_sha256, details)
