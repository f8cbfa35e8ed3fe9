"""How a search goes: its settings, and those that are published, by name."""

from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from hearsight.conditions.likeness import Distance
from hearsight.config import nearest
from hearsight.errors import ConfigError
from hearsight.samplers.cutouts import CutoutsConfig, whole
from hearsight.samplers.rates import Rates


@dataclass(frozen=True)
class SearchConfig:
    """How a search goes."""

    steps: int = 60
    """Updates of every latent; 0 only chooses among the starts."""
    rate: float = 0.1
    """Adam's learning rate."""
    rates: Rates = "constant"
    """How the rate goes from the first step to the last (see hearsight/samplers/rates.py)."""
    distance: Distance = "spherical"
    """How an embedding's distance from a target is measured."""
    scale: float = 1.0
    """Factor of the cosine in the cosine distance."""
    cutouts: CutoutsConfig = field(default_factory=lambda: CutoutsConfig(count=8, size=64))
    """The views that the encoder gets."""
    starts: int = 1
    """Random starts per picture, of which the best is kept."""
    trial_steps: int = 0
    """Updates of every start before the best is chosen; 0 chooses by the starts themselves."""
    pull: float = 0.0
    """Weight of the squared distance from the starting latent (StyleCLIP's L2)."""
    identity: float = 0.0
    """Weight of 1 - cosine of the faces before and after, where a network that knows faces is given."""
    patience: int | None = None
    """Updates without a lower loss after which a picture is left as it is; none: never."""
    tolerance: float = 1e-3
    """How much lower counts as lower."""
    keep: Literal["best", "last"] = "best"
    """Which picture of a completed search is given back; of an interrupted one it is always the best."""
    until: int | None = None
    """Looks at a picture after which its search ends as if it had been interrupted: the best so far is given back.
    The recipe of a picture whose search was interrupted says this, so that it can be drawn again; none: never."""
    together: int = 1
    """Pictures in one call of the networks. More are quicker on a GPU, but then rounding may depend on company."""

    def __post_init__(self) -> None:
        for name, least in (("steps", 0), ("starts", 1), ("together", 1)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name}={getattr(self, name)}: must be at least {least}.")
        most = max(0, self.steps - 1)
        if not 0 <= self.trial_steps <= most:
            raise ConfigError(f"trial_steps={self.trial_steps}: must be from 0 to {most}, below steps.")
        if self.until is not None and not 1 <= self.until <= self.steps + 1:
            raise ConfigError(f"until={self.until}: must be from 1 to {self.steps + 1}, the looks of a whole search.")
        if self.keep not in ("best", "last"):
            raise ConfigError(f"keep={self.keep!r}: there is none of this name; use best or last.")


Preset = Literal["own", "vqgan-clip", "wavbrivl", "stylewav", "styleclip", "edit", "pocket", "sampled"]


def named(name: Preset, own: SearchConfig) -> SearchConfig:
    """The settings below by their name, for an eye that looks at as many pixels as that of `own`, which is `own`.

    Raises ConfigError for a name that there is not.
    """
    match name:
        case "own":
            return own
        case "vqgan-clip":
            found = vqgan_clip()
        case "wavbrivl":
            found = wavbrivl()
        case "stylewav":
            found = stylewav()
        case "styleclip":
            found = styleclip()
        case "edit":
            found = edit()
        case "pocket":
            found = pocket()
        case "sampled":
            found = sampled()
        case _:
            raise ConfigError(f"preset={name!r}: there is none of this name; {nearest(str(name), get_args(Preset))}")
    return replace(found, cutouts=replace(found.cutouts, size=own.cutouts.size), together=own.together)


def vqgan_clip(size: int = 224) -> SearchConfig:
    """What VQGAN-CLIP and Wav2CLIP publish: 501 updates, 32 views of 224 pixels, spherical distance, Adam at 0.1."""
    return SearchConfig(steps=501, cutouts=CutoutsConfig(size=size), keep="last")


def wavbrivl(size: int = 456) -> SearchConfig:
    """WavBriVL's search, which its paper tells in words only (section 4.1).

    Random codes, back-propagation until picture and sound match. Its authors' code has no such loop; the paper compares
    with Wav2CLIP's, so VQGAN-CLIP's settings serve, with the cosine that BriVL was trained by. `size` is the side that
    BriVL's image tower looks at: 456 in the authors' code, 360 in the paper.
    """
    return replace(vqgan_clip(size), distance="cosine")


def stylewav(size: int = 224) -> SearchConfig:
    """StyleWav's experiment (section 7.2): 10 steps from the mean W.

    Its code multiplies the cosine by 1/7: a fresh temperature, not CLIP's learned one, over 100.
    """
    return replace(styleclip(size), steps=10, scale=1 / 7)


def styleclip(size: int = 224) -> SearchConfig:
    """StyleCLIP's free generation, which StyleWav's longer runs use: 300 steps, ramped rate, the whole picture once."""
    return SearchConfig(steps=300, rates="ramped", distance="cosine", cutouts=whole(size), keep="last")


def edit(identity: float = 0.0) -> SearchConfig:
    """StyleCLIP's editing of a given latent, held back by 0.008 times its squared change.

    `identity` holds back whose face it is as well; StyleWav's notebooks take 0.005, and 0.001 with a pull of 1e-5.
    """
    return replace(styleclip(), pull=0.008, identity=identity)


def pocket() -> SearchConfig:
    """The pocket edition's: 60 steps, 8 views of 64 pixels, from the best of eight starts."""
    return SearchConfig(starts=8, trial_steps=5)


def sampled() -> SearchConfig:
    """The pocket edition's that begins with the best of many pictures, and does not go far from it."""
    return SearchConfig(rate=0.01)


def debug() -> SearchConfig:
    """Two steps of two small views, for tests and docs."""
    return SearchConfig(steps=2, cutouts=CutoutsConfig(count=2, size=32))
