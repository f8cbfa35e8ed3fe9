"""What decides a BEATs network: every field of the published `cfg`, and what this package adds to it."""

from dataclasses import dataclass, field
from typing import Literal

from hearsight.errors import ConfigError
from hearsight.sound.window import Window


@dataclass(frozen=True)
class BEATsConfig:
    """A BEATs encoder. The defaults are the published iter3+ network, without a predictor."""

    layers: int = 12
    """Transformer layers."""
    width: int = 768
    """Channels of a token."""
    hidden: int = 3072
    """Channels between the two linear maps of a layer."""
    heads: int = 12
    """Attention heads."""
    joined: tuple[int, ...] = (3, 7, 11)
    """Layers, counted from 0, whose outputs are joined on the last axis; AudioToken's are the 4th, 8th and 12th."""
    bands: int = 128
    """Mel bands from 20 Hz to half the rate."""
    mean: float = 15.41663
    """Mean of the log filter bank over AudioSet, subtracted."""
    deviation: float = 6.55582
    """Its standard deviation; twice of it is divided by."""
    patch: int = 16
    """Frames, and bands, in one square patch: one token."""
    patch_width: int = 512
    """Channels of a patch before it is projected to `width`."""
    patch_bias: bool = False
    """Whether the convolution that reads patches adds a bias."""
    position_kernel: int = 128
    """Tokens that the convolution telling positions looks at."""
    position_groups: int = 16
    """Its groups of channels."""
    relative_position: bool = True
    """Whether attention knows how far a key is from its query."""
    buckets: int = 320
    """Kinds of distance that are told apart, half of them for keys after the query."""
    furthest: int = 800
    """Distance in tokens from which on all are one kind."""
    gated: bool = True
    """Whether each query decides how much of the relative position it takes."""
    activation: Literal["gelu", "relu"] = "gelu"
    """Nonlinearity of the layers; gelu is the exact one."""
    norm_first: bool = False
    """Normalise before attention and linear maps, rather than after they were added."""
    deep_norm: bool = True
    """Weigh what passes by a layer with (2 * layers) ** 0.25 (Wang et al., DeepNet), and start it accordingly."""
    classes: int = 0
    """Classes of the predictor; 0 leaves it out."""
    labels: tuple[str, ...] = ()
    """Their names, in order, where known."""
    dropout: float = 0.0
    """Dropout of what attention and linear maps add."""
    attention_dropout: float = 0.0
    """Dropout of attention weights."""
    activation_dropout: float = 0.0
    """Dropout after the nonlinearity."""
    input_dropout: float = 0.0
    """Dropout of the tokens before the first layer."""
    predictor_dropout: float = 0.0
    """Dropout before the predictor."""
    layer_dropout: float = 0.05
    """Probability that a training step leaves out a layer."""
    gradient_decay: float = 0.6
    """Factor on the gradient at every layer, so that the lower ones learn more slowly; 1 leaves it as it is."""
    padding: Literal["published", "exact"] = "published"
    """Which tokens of a padded waveform are masked. "published": samples are grouped evenly into frames and frames
    into tokens, which drifts against what the frames really hear, so tokens at the edge hear some padding. "exact":
    all tokens that hear any padding, so that a padded clip has the numbers it has alone."""
    window: Window = field(default_factory=lambda: Window(rate=16000, seconds=10.0, short="tile", long="crop"))
    """What becomes of a sound; AudioToken repeats short ones until ten seconds are full. "average" and "slide" give
    the mean of the windows' tokens, place by place."""

    def __post_init__(self) -> None:
        if self.width % self.heads or self.width % self.position_groups:
            raise ConfigError(
                f"width={self.width}: must be a multiple of heads={self.heads} and "
                f"position_groups={self.position_groups}; change one of them."
            )
        if not self.joined or not all(0 <= index < self.layers for index in self.joined):
            raise ConfigError(f"joined={self.joined}: name at least one layer from 0 to {self.layers - 1}.")
        if self.labels and len(self.labels) != self.classes:
            raise ConfigError(f"labels: {len(self.labels)} names for classes={self.classes}; give one each, or none.")
        if not 1 <= self.patch <= self.bands <= self.patch**2:
            raise ConfigError(f"bands={self.bands}: a patch of {self.patch} takes {self.patch} to {self.patch**2}.")
        if self.norm_first and self.deep_norm:
            raise ConfigError("norm_first=True: deep_norm weighs what is normalised afterwards; give only one of them.")
        if self.activation not in ("gelu", "relu"):
            raise ConfigError(f"activation={self.activation!r}: give 'gelu' or 'relu'.")
        if self.padding not in ("published", "exact"):
            raise ConfigError(f"padding={self.padding!r}: give 'published' or 'exact'.")

    @property
    def frame(self) -> int:
        """Samples in one frame of the filter bank: 25 ms."""
        return int(0.025 * self.window.rate)

    @property
    def hop(self) -> int:
        """Samples from one frame to the next: 10 ms."""
        return int(0.010 * self.window.rate)

    @property
    def shortest(self) -> int:
        """Samples in the shortest waveform that fills a patch."""
        return self.frame + (self.patch - 1) * self.hop

    @property
    def tokens(self) -> int:
        """Tokens of one window: 496 of ten seconds, 248 of five, at the published size."""
        return self.tokens_in(self.window.length)

    def tokens_in(self, samples: int) -> int:
        """Tokens of a waveform; frames that do not fill a patch at its end are dropped."""
        return (self.frames_in(samples) // self.patch) * (self.bands // self.patch)

    def frames_in(self, samples: int) -> int:
        """Spectra of a waveform; samples that do not fill a frame at its end are dropped."""
        return max(0, 1 + (samples - self.frame) // self.hop)
