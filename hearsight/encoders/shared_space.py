"""A space of embeddings that several kinds of things share: sounds, pictures, texts.

    SharedSpace.of(audioclip)               # hears, sees and reads
    SharedSpace.of(wav2clip, clip)          # one hears, the other sees and reads, in the same space
    SharedSpace.of(wavbrivl, brivl_image)   # hears, sees

A network belongs in it by what it can do: `hear` sounds, `see` pictures, `read` texts. Each gives unit embeddings, so a
product of two is a cosine. Whether networks really learned to share a space, their numbers do not tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from jaxtyping import Float
from PIL import Image
from torch import Tensor

from hearsight.errors import ConfigError
from hearsight.sound.sound import Sound

Kind = Literal["sound", "picture", "text"]
KINDS: tuple[Kind, ...] = ("sound", "picture", "text")


@runtime_checkable
class Hears(Protocol):
    """A network for sounds."""

    config: Any

    def hear(self, sounds: Sequence[Sound]) -> Float[Tensor, "sound embed"]:
        """Unit embeddings, each of its sound alone."""


@runtime_checkable
class Sees(Protocol):
    """A network for pictures."""

    config: Any

    def see(self, pictures: Sequence[Image.Image]) -> Float[Tensor, "picture embed"]:
        """Unit embeddings, each of its picture alone."""


@runtime_checkable
class Reads(Protocol):
    """A network for texts; without a tokenizer it cannot read yet."""

    config: Any
    tokenizer: Any

    def read(self, texts: Sequence[str]) -> Float[Tensor, "text embed"]:
        """Unit embeddings, each of its text alone."""


@dataclass(frozen=True, eq=False)
class SharedSpace:
    """Who embeds what. Two of the three may be the same network, and any may be missing."""

    ear: Hears | None = None
    """For sounds."""
    eye: Sees | None = None
    """For pictures."""
    reader: Reads | None = None
    """For texts."""

    def __post_init__(self) -> None:
        widths = {kind: self.embed(kind, []).shape[-1] for kind in self.kinds}
        if len(set(widths.values())) > 1:
            found = ", ".join(f"{width} for a {kind}" for kind, width in widths.items())
            raise ConfigError(f"embeddings of {found}: these share no space; give networks that were trained together.")

    @classmethod
    def of(cls, *networks: object) -> "SharedSpace":
        """What these networks can do together.

        Raises ConfigError where two can do the same, or give embeddings of different widths.
        """
        ears = [network for network in networks if isinstance(network, Hears)]
        eyes = [network for network in networks if isinstance(network, Sees)]
        readers = [network for network in networks if isinstance(network, Reads) and network.tokenizer is not None]
        for kind, able in (("sound", ears), ("picture", eyes), ("text", readers)):
            if len(able) > 1:
                names = " and ".join(type(network).__name__ for network in able)
                raise ConfigError(f"{names}: both embed a {kind}, and in one space only one can; leave one out.")
        return cls(next(iter(ears), None), next(iter(eyes), None), next(iter(readers), None))

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What can be embedded."""
        return tuple(kind for kind in KINDS if self.network(kind) is not None)

    def network(self, kind: Kind) -> Any:
        """Who embeds things of this kind, None where nobody does."""
        return {"sound": self.ear, "picture": self.eye, "text": self.reader}[kind]

    def embed(self, kind: Kind, things: Sequence[Any]) -> Float[Tensor, "thing embed"]:
        """Unit embeddings of things of one kind. Raises ConfigError where nobody embeds such things."""
        if kind == "sound" and self.ear is not None:
            return self.ear.hear(things)
        if kind == "picture" and self.eye is not None:
            return self.eye.see(things)
        if kind == "text" and self.reader is not None:
            return self.reader.read(things)
        able = " and ".join(f"{kind}s" for kind in self.kinds) or "nothing"
        raise ConfigError(
            f"{kind}: cannot be embedded, only {able} can; add a network of the same space for it (for CLIP's texts, "
            "its vocabulary)."
        )
