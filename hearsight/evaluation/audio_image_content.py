"""Audio-image content (AIC): do an image classifier and the sound's label agree on what is in the picture?

AudioToken, section 2.2. The classifier's classes need not be the labels of the sounds: they also agree where CLIP finds
the two names alike by more than 0.75. The paper does not say what is compared; here it is the cosine of the two names'
texts. Mind that CLIP finds nearly all short texts alike by 0.7 and more, so that names are told apart by little.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from hearsight.evaluation.feature_network import FeatureNetwork
from hearsight.evaluation.result import Result

THRESHOLD = 0.75


def audio_image_content(
    seen: Sequence[str],
    heard: Sequence[str],
    alike: Float[np.ndarray, "class label"],
    classes: Sequence[str],
    labels: Sequence[str],
    network: FeatureNetwork,
    reader: str,
    threshold: float = THRESHOLD,
) -> Result:
    """The share of pictures in which the class that was `seen` agrees with the label that was `heard`.

    Args:
        alike: cosine of the names of the classifier's `classes` with those of the sounds' `labels`.
        network: the classifier.
        reader: the name of the network that read the names.
    """
    row, column = ({name: at for at, name in enumerate(names)} for names in (classes, labels))
    same = np.array([one == other for one, other in zip(seen, heard, strict=True)])
    near = np.array([alike[row[one], column[other]] > threshold for one, other in zip(seen, heard, strict=True)])
    agreed = (same | near).astype(np.float64)
    details = {"threshold": threshold, "by name alone": float(same.mean()), "names read by": reader}
    return Result.mean(network.named("AIC"), agreed, network.name, network.weights_sha256, details)
