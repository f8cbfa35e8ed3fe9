"""What a searched picture should be like beside the sound: another picture, words, and what it should be unlike.

Words need an eye that reads as well as it sees, which CLIP does and BriVL's image tower does not.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jaxtyping import Float
from PIL import Image
from torch import Tensor

from hearsight.conditions.likeness import Target
from hearsight.conditions.phrases import phrases
from hearsight.encoders.brivl_image import BriVLImage
from hearsight.encoders.clip import CLIP
from hearsight.errors import ConfigError

REMEMBERED = 256
"""Texts and pictures whose embeddings are kept."""


class Wishes:
    """What an eye makes of the words and the picture that a drawing is told."""

    def __init__(self, eye: CLIP | BriVLImage) -> None:
        """`eye` embeds them."""
        self.eye = eye
        self._known: dict[Any, Float[Tensor, " embed"]] = {}

    def defaults(self) -> dict[str, Any]:
        """The settings that tell them, and their weights."""
        told: dict[str, Any] = {"picture": "", "picture_weight": 1.0}
        if isinstance(self.eye, CLIP):
            told |= {"prompt": "", "prompt_weight": 1.0, "against": "", "against_weight": 1.0}
        return told

    def targets(self, chosen: Mapping[str, Any]) -> list[Target]:
        """The words and the picture of these settings, embedded.

        Raises ConfigError for a text that is too long or a picture that cannot be read, WeightsError for CLIP without
        a vocabulary.
        """
        found: list[Target] = []
        if chosen["picture"]:
            found += weighted(self._seen(chosen["picture"]), chosen["picture_weight"])
        if isinstance(self.eye, CLIP):
            for name, sign in (("prompt", 1), ("against", -1)):
                for text, weight in phrases(chosen[name]):
                    found += weighted(self._read(self.eye, text), sign * weight * chosen[f"{name}_weight"])
        return found

    def _read(self, eye: CLIP, text: str) -> Float[Tensor, " embed"]:
        """What a text means."""
        return self._once(text, lambda: eye.read([text])[0])

    def _seen(self, file: str) -> Float[Tensor, " embed"]:
        """What a picture shows."""
        with opened_picture("picture", file) as image:
            return self._once((file, Path(file).stat().st_mtime_ns), lambda: self.eye.see([image])[0])

    def _once(self, key: Any, embed: Callable[[], Float[Tensor, " embed"]]) -> Float[Tensor, " embed"]:
        """An embedding made before, or a new one: the networks never change, and a search asks several times."""
        found = self._known.get(key)
        if found is None:
            found = embed()
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = found
        return found


def weighted(embedding: Float[Tensor, " embed"], weight: float) -> list[Target]:
    """What has no weight is no target."""
    return [Target(embedding, weight)] if weight else []


@contextmanager
def opened_picture(setting: str, file: str) -> Iterator[Image.Image]:
    """The picture in a file that a setting names. Raises ConfigError where there is none."""
    try:
        with Image.open(file) as image:
            image.load()
            yield image
    except FileNotFoundError:
        raise ConfigError(f"{setting}={file!r}: there is no such file; give the path of a picture.") from None
    except (OSError, ValueError, SyntaxError) as error:
        raise ConfigError(f"{setting}={file!r}: not a picture that can be read ({error}).") from None
