"""Do a picture and a sound show the same thing? Two classifiers are asked, each of one of them.

AudioToken, section 3: frames are left out whose image and sound classifications are inconsistent. The paper does not
say how this was decided; here two classifiers disagree when their `top` most probable classes have none in common.
"""

from collections.abc import Callable, Mapping

from PIL import Image

from hearsight.errors import ConfigError
from hearsight.sound.sound import Sound

Probabilities = Mapping[str, float]
"""How probable each label is, in [0, 1]; where several may be right at once, they sum to anything."""
PictureClassifier = Callable[[Image.Image], Probabilities]
SoundClassifier = Callable[[Sound], Probabilities]


def disagreement(seen: Probabilities, heard: Probabilities, top: int = 1) -> str | None:
    """Why the two do not go together, or None where they do. Only labels that both classifiers know count.

    Raises ConfigError where these are fewer than two, among which nothing could disagree.
    """
    shared = seen.keys() & heard.keys()
    if len(shared) < 2:
        raise ConfigError(
            f"classifiers: they share {len(shared)} of {len(seen)} and {len(heard)} labels, and need two to disagree "
            "on; give classifiers of the same classes, or ones that compare with any label."
        )
    best_seen, best_heard = (ranked({label: of[label] for label in shared})[:top] for of in (seen, heard))
    if set(best_seen) & set(best_heard):
        return None
    return f"the picture shows {_told(best_seen, seen)}, the sound is {_told(best_heard, heard)}"


def ranked(probabilities: Probabilities) -> list[str]:
    """The labels, the most probable first; equals in alphabetical order."""
    return sorted(probabilities, key=lambda label: (-probabilities[label], label))


def _told(labels: list[str], probabilities: Probabilities) -> str:
    return " or ".join(f"{label} ({probabilities[label]:.0%})" for label in labels)
