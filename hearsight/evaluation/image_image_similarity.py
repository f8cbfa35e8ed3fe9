"""Image-image similarity (IIS): does a picture lie nearer to the one that was filmed with its sound than to others?

AudioToken, section 2.2, by CLIP: as AIS, with the true pictures in place of the sounds; and as MACS reports it. Where
sounds and pictures are paired by class alone, the true picture of a sound is one of its class, see `held_out`.
"""

import numpy as np
from jaxtyping import Int

from hearsight.evaluation.feature_network import FeatureNetwork
from hearsight.evaluation.paired_similarity import compare
from hearsight.evaluation.result import Result
from hearsight.evaluation.rows import Rows


def image_image_similarity(
    pictures: Rows, real: Rows, own: Int[np.ndarray, " picture"], eye: FeatureNetwork, paired_by: str
) -> list[Result]:
    """IIS by both definitions, of pictures whose true one is number `own` of `real`."""
    details = {"true pictures": len(real), "paired by": paired_by}
    return compare(pictures, real, own).results(eye.named("IIS"), eye.name, eye.weights_sha256, **details)
