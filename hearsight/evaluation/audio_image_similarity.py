"""Audio-image similarity (AIS): does a picture lie nearer to its own sound than to others?

AudioToken, section 2.2, by Wav2CLIP (sounds) and the CLIP ViT-B/32 it was learned from (pictures): the share of
comparisons won against arbitrary sounds. MACS ("Multi-source Audio-to-image Generation", 2025) reports the mean cosine
and a z-score under the same name. All three are measured, see `paired_similarity`. A system that was trained with the
same networks is judged by its own ear: its AIS is flattered.
"""

import numpy as np
from jaxtyping import Int

from hearsight.evaluation.feature_network import FeatureNetwork
from hearsight.evaluation.paired_similarity import compare
from hearsight.evaluation.result import Result
from hearsight.evaluation.rows import Rows


def audio_image_similarity(
    pictures: Rows, sounds: Rows, own: Int[np.ndarray, " picture"], eye: FeatureNetwork, ear: FeatureNetwork
) -> list[Result]:
    """AIS by both definitions, of pictures each drawn from the sound number `own`."""
    networks = f"{ear.name} (hears), {eye.name} (sees)"
    details = {"sounds": len(sounds), "ear": ear.weights_sha256}
    return compare(pictures, sounds, own).results(eye.named("AIS"), networks, eye.weights_sha256, **details)
