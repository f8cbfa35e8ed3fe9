"""WavBriVL's audio encoder: sounds in the space of BriVL's pictures.

Fang, Wu, Gao, Teoh: "New Audio Representations Image GAN Generation from BriVL" (2023), section 2.2: WavLM, a learned
weighted average of its layers, BriVL's self-attention block, pooling, MLP block. Code and weights are not published,
and the text leaves three things open, which are read like this:

- "the waveform is converted into a spectrum as the input of WavLM": WavLM hears the waveform, so it gets that.
- "pool the entire 512 dimensional audio sequence": WavLM's frames have 768 numbers, so a linear layer makes them 512.
- the order: as in the image tower (equations 1 to 3), frames attend to each other, then their mean goes through the
  MLP block. Attention after the mean would have nothing left to attend to.

    model = WavBriVL(pocket()).eval()
    model.hear([Sound.read("rooster.ogg")])     # [sound, embed], unit length
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from hearsight.encoders.brivl_head import BriVLHead, BriVLHeadConfig, mean
from hearsight.encoders.one_by_one import encode_each, mean_over_windows, unit
from hearsight.encoders.wavlm import WavLM, WavLMConfig, frame_mask
from hearsight.errors import ConfigError
from hearsight.sound.sound import Sound
from hearsight.sound.window import Window


@dataclass(frozen=True)
class WavBriVLConfig:
    """A WavBriVL audio encoder. The defaults are the paper's, with the embedding of BriVL's released image towers."""

    wavlm: WavLMConfig = field(default_factory=WavLMConfig)
    """The network that hears."""
    update_wavlm: bool = False
    """Whether training changes WavLM or leaves it as it is (section 2.2: "either update or freeze")."""
    states: Literal["layers", "all"] = "layers"
    """What is averaged: the outputs of the transformer's layers (the paper), or also what goes into the first."""
    width: int = 512
    """Numbers per frame in the self-attention block."""
    head: BriVLHeadConfig = field(default_factory=BriVLHeadConfig)
    """The self-attention block."""
    embed: int = 2048
    """Dimensions of the embedding, those of the image tower."""
    window: Window = field(default_factory=lambda: Window(rate=16000, seconds=10.0, short="tile", long="average"))
    """What becomes of a sound before the network; VGG-Sound's clips, which the paper trains on, last ten seconds."""

    def __post_init__(self) -> None:
        if self.states not in ("layers", "all"):
            raise ConfigError(f"states={self.states!r}: give 'layers' or 'all'.")

    @property
    def averaged(self) -> int:
        """How many states are averaged."""
        return self.wavlm.layers + (self.states == "all")


def published() -> WavBriVLConfig:
    """The paper's encoder beside a released image tower (2048 numbers): WavLM Base+, four layers, MLP block."""
    return WavBriVLConfig()


def as_written() -> WavBriVLConfig:
    """The paper's encoder beside the image tower of its text, EfficientNet-B7 (2560 numbers)."""
    return WavBriVLConfig(embed=2560)


def pocket() -> WavBriVLConfig:
    """The small one for the pocket edition, whose WavLM is trained with the rest.

    Without dropout in WavLM: drawing it for every two frames would take a CPU as long as the attention itself.
    """
    wavlm = WavLMConfig(2, 128, 2, 256, convolution=48, position_kernel=32, position_groups=8, buckets=64, dropout=0.0)
    return WavBriVLConfig(
        wavlm=wavlm,
        update_wavlm=True,
        width=128,
        head=BriVLHeadConfig(layers=1, heads=2, feedforward=256),
        embed=256,
        window=Window(rate=16000, seconds=5.0, short="tile", long="average", pause=0.3),
    )


def debug() -> WavBriVLConfig:
    """Random and tiny, for tests and docs."""
    return WavBriVLConfig(
        wavlm=WavLMConfig(2, 16, 2, 16, convolution=8, position_kernel=4, position_groups=2, buckets=8, distance=16),
        width=16,
        head=BriVLHeadConfig(layers=1, heads=2, feedforward=16),
        embed=16,
        window=Window(rate=16000, seconds=0.5),
    )


class WavBriVL(nn.Module):
    """Waveform in, embedding out."""

    def __init__(self, config: WavBriVLConfig, wavlm: WavLM | None = None) -> None:
        """Random weights, WavLM's too unless a `wavlm` is given that has `config.wavlm`."""
        super().__init__()
        if wavlm is not None and wavlm.config != config.wavlm:
            raise ConfigError(f"wavlm={wavlm.config}: the config says {config.wavlm}; give both the same.")
        self.config = config
        self.wavlm = wavlm or WavLM(config.wavlm)
        self.wavlm.requires_grad_(config.update_wavlm)
        self.weights = nn.Parameter(torch.zeros(config.averaged))  # softmax: all layers alike at first
        self.narrow = nn.Linear(config.wavlm.width, config.width)
        self.head = BriVLHead(config.head, config.width, config.embed)

    def forward(
        self, waveform: Float[Tensor, "batch time"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch embed"]:
        """The same as `encode_audio`."""
        return self.encode_audio(waveform, mask)

    def encode_audio(
        self, waveform: Float[Tensor, "batch time"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch embed"]:
        """Embeddings, not normalised, of waveforms in [-1, 1] at 16 kHz. `mask` is False on padding."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and (self.config.update_wavlm or waveform.requires_grad)):
            states = self.wavlm(waveform, mask)
        return self.encode_states(states, None if mask is None else frame_mask(mask, states.shape[2]))

    def encode_states(
        self, states: Float[Tensor, "state batch frame width"], mask: Bool[Tensor, "batch frame"] | None = None
    ) -> Float[Tensor, "batch embed"]:
        """Embeddings from WavLM's states (a frozen WavLM's can be kept). `mask` is False on frames of padding."""
        return self.head.project(self.pool_states(states, mask))

    def pool_states(
        self, states: Float[Tensor, "state batch frame width"], mask: Bool[Tensor, "batch frame"] | None = None
    ) -> Float[Tensor, "batch feature"]:
        """What the MLP block projects: the weighted average of the states after self-attention, pooled over time."""
        weights = self.weights.softmax(dim=0)
        average = torch.einsum("s,sbfw->bfw", weights, states[-len(weights) :])
        return mean(self.head.attend(self.narrow(average), mask), mask)

    def train(self, mode: bool = True) -> "WavBriVL":
        """Training mode for everything but a frozen WavLM, which stays without dropout."""
        super().train(mode)
        self.wavlm.train(mode and self.config.update_wavlm)
        return self

    def hear(self, sounds: Sequence[Sound]) -> Float[Tensor, "sound embed"]:
        """Unit embeddings of sounds: cut by `config.window`, its windows' embeddings averaged."""
        return unit(encode_each(self, "hear", (self.config.embed,), sounds, self._hear))

    def _hear(self, sound: Sound) -> Float[Tensor, "1 embed"]:
        def encode(samples: Tensor, padding: Tensor | None) -> Float[Tensor, "window embed"]:
            return self.encode_audio(samples, None if padding is None else ~padding)

        return mean_over_windows(self.config.window, sound, encode, self.weights.device)
