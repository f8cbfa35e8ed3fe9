"""ImageBind's ear: sounds in the space that its authors bound six kinds of things to, pictures above all.

Girdhar, El-Nouby, Liu, Singh, Alwala, Joulin, Misra: "ImageBind: One Embedding Space To Bind Them All" (CVPR 2023). A
ViT-B looks at the filter bank of two seconds of sound as at a picture of one channel (section 3.3); it was trained to
say what the frozen OpenCLIP ViT-H says of frames of the same video (section 3.2). So its embeddings can be given to
whatever listens to that CLIP. Only the ear is here, none of the other five encoders.

    model = read_imagebind("imagebind_huge.pth")     # hearsight.hub.converters.imagebind; CC BY-NC 4.0
    model.hear([Sound.read("rooster.ogg")])          # [sound, embed], unit length
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from hearsight.encoders.one_by_one import encode_each, unit
from hearsight.errors import ConfigError
from hearsight.sound.sound import Sound
from hearsight.sound.spectrum import kaldi_fbank

FRAME, HOP = 0.025, 0.010
"""Seconds of a frame of the filter bank, and from one to the next."""
LARGEST_SCALE = 100.0
"""More than this a temperature never multiplies an embedding with."""


@dataclass(frozen=True)
class ImageBindConfig:
    """ImageBind's ear. The defaults are those of the published `imagebind_huge`."""

    layers: int = 12
    """Transformer layers."""
    width: int = 768
    """Channels of a token."""
    hidden: int = 3072
    """Channels between the two linear maps of a layer."""
    heads: int = 12
    """Attention heads."""
    embed: int = 1024
    """Dimensions of the embedding, those of OpenCLIP's ViT-H."""
    rate: int = 16000
    """Samples per second; a sound is resampled to it."""
    seconds: float = 2.0
    """Length of one clip."""
    clips: int = 3
    """Clips of a longer sound, placed evenly from its beginning to its end; their embeddings are averaged."""
    bands: int = 128
    """Mel bands from 20 Hz to half the rate."""
    frames: int = 204
    """Frames that are looked at; a clip has fewer, 198, and zeros follow it."""
    patch: int = 16
    """Bands, and frames, in one square patch: one token."""
    stride: int = 10
    """Bands, and frames, from one patch to the next: they overlap."""
    mean: float = -4.268
    """Mean of the log filter bank, subtracted."""
    deviation: float = 9.138
    """Its standard deviation, divided by."""
    scale: float = 20.0
    """Length of a clip's embedding as the published model gives it, 1 over the temperature of the loss. It is fixed for
    sounds, and part of the published file."""
    drop_path: float = 0.1
    """Probability that training skips what the last layer adds to a clip; it rises evenly from 0 in the first."""

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise ConfigError(f"width={self.width}: must be a multiple of heads={self.heads}; change one of them.")
        if min(self.bands, self.frames) < self.patch:
            raise ConfigError(
                f"patch={self.patch}: is larger than {self.bands} bands or {self.frames} frames; take a smaller one."
            )
        if self.clips < 1 or self.seconds < FRAME:
            raise ConfigError(
                f"clips={self.clips}, seconds={self.seconds}: give one clip or more, of at least {FRAME} s."
            )

    @property
    def length(self) -> int:
        """Samples in one clip."""
        return round(self.seconds * self.rate)

    @property
    def grid(self) -> tuple[int, int]:
        """Patches from low to high, and in time: 12 x 19 at the published size."""
        bands, frames = ((size - self.patch) // self.stride + 1 for size in (self.bands, self.frames))
        return bands, frames


def published() -> ImageBindConfig:
    """The ear of `imagebind_huge`: 86,235,648 parameters."""
    return ImageBindConfig()


def debug(embed: int = 16) -> ImageBindConfig:
    """Random and tiny, for tests and docs."""
    return ImageBindConfig(
        layers=2,
        width=16,
        hidden=32,
        heads=2,
        embed=embed,
        seconds=0.25,
        bands=16,
        frames=26,
        patch=8,
        stride=6,
    )


class ImageBind(nn.Module):
    """Waveform in, embedding out."""

    log_scale: Float[Tensor, ""]

    def __init__(self, config: ImageBindConfig) -> None:
        """Random weights."""
        super().__init__()
        self.config = config
        self.stem = nn.Conv2d(1, config.width, config.patch, config.stride, bias=False)
        self.stem_norm = nn.LayerNorm(config.width)
        self.class_token = nn.Parameter(torch.zeros(1, 1, config.width))
        self.positions = nn.Parameter(torch.zeros(1, 1 + math.prod(config.grid), config.width))
        drops = torch.linspace(0, config.drop_path, config.layers, device="cpu").tolist()
        self.blocks = nn.ModuleList(Block(config, drop) for drop in drops)
        self.head_norm = nn.LayerNorm(config.width, eps=1e-6)
        self.head = nn.Linear(config.width, config.embed, bias=False)
        self.register_buffer("log_scale", torch.tensor(math.log(config.scale)))
        nn.init.trunc_normal_(self.positions, std=0.02)
        nn.init.normal_(self.class_token, std=0.02)

    def forward(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch embed"]:
        """The same as `encode_audio`."""
        return self.encode_audio(waveform)

    def encode_audio(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch embed"]:
        """Embeddings, not normalised, of waveforms in [-1, 1] at `config.rate`; only their first `config.frames`.

        Raises SoundError for less than one frame, 25 ms.
        """
        return self.encode_spectrogram(self.spectrogram(waveform))

    def spectrogram(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch band frame"]:
        """The normalised filter bank, in full precision, cut or filled up with zeros to `config.frames`.

        The zeros are put in before normalising, as in the published code: they are far louder than silence.
        """
        config = self.config
        with torch.autocast(waveform.device.type, enabled=False):
            fbank = kaldi_fbank(waveform.float(), rate=config.rate, bins=config.bands, full_scale=1.0, window="hann")
        bank = fbank.mT[..., : config.frames]  # [batch, band, frame]
        bank = functional.pad(bank, (0, config.frames - bank.shape[-1]))
        return (bank - config.mean) / config.deviation

    def encode_spectrogram(self, spectrogram: Float[Tensor, "batch band frame"]) -> Float[Tensor, "batch embed"]:
        """As `encode_audio`, from what `spectrogram` gives."""
        patches = self.stem_norm(self.stem(spectrogram[:, None]).flatten(2).mT)  # [batch, patch, width]
        tokens = torch.cat([self.class_token.expand(len(patches), -1, -1), patches], dim=1) + self.positions
        for block in self.blocks:
            tokens = block(tokens)
        return self.head(self.head_norm(tokens[:, 0]))

    # Sounds to embeddings: one at a time, so that company never changes a number --------------------------------------

    def hear(self, sounds: Sequence[Sound]) -> Float[Tensor, "sound embed"]:
        """Unit embeddings of sounds."""
        return unit(self.hear_scaled(sounds))

    def hear_scaled(self, sounds: Sequence[Sound]) -> Float[Tensor, "sound embed"]:
        """Embeddings as the published model gives them: clips of length `scale`, averaged.

        The mean of clips that differ is shorter: its length tells how much a sound stays the same.
        """
        return encode_each(self, "hear", (self.config.embed,), sounds, self._hear)

    def _hear(self, sound: Sound) -> Float[Tensor, "1 embed"]:
        clips = unit(self.encode_audio(self._clips(sound).to(self.class_token.device)))
        return self.log_scale.exp().clamp(max=LARGEST_SCALE) * clips.mean(dim=0, keepdim=True)

    def _clips(self, sound: Sound) -> Float[Tensor, "clip time"]:
        """The clips of a sound; a short one is one clip of its own length, but not shorter than a frame.

        The published code hears the first channel of a sound; here all are mixed.
        """
        config = self.config
        samples = sound.mono().resample(config.rate).samples[0]
        last = len(samples) - config.length
        if last <= 0:
            missing = max(0, int(FRAME * config.rate) - len(samples))
            return torch.from_numpy(np.pad(samples, (0, missing)))[None]
        starts = [last * clip // max(1, config.clips - 1) for clip in range(config.clips)]
        return torch.from_numpy(np.stack([samples[start : start + config.length] for start in starts]))


class Block(nn.Module):
    """A transformer layer, normalised before attention and before the two linear maps."""

    def __init__(self, config: ImageBindConfig, drop: float) -> None:
        """`drop` is the probability that training leaves out what it adds to a clip."""
        super().__init__()
        self.attention_norm = nn.LayerNorm(config.width, eps=1e-6)
        # A learnt key and value that every token may attend to, beside those of the tokens.
        self.attention = nn.MultiheadAttention(config.width, config.heads, add_bias_kv=True, batch_first=True)
        self.norm = nn.LayerNorm(config.width, eps=1e-6)
        self.widen = nn.Linear(config.width, config.hidden)
        self.narrow = nn.Linear(config.hidden, config.width)
        self.drop = drop

    def forward(self, x: Float[Tensor, "batch token width"]) -> Float[Tensor, "batch token width"]:
        seen = self.attention_norm(x)
        x = x + self._kept(self.attention(seen, seen, seen, need_weights=False)[0])
        return x + self._kept(self.narrow(functional.gelu(self.widen(self.norm(x)))))

    def _kept(self, added: Float[Tensor, "batch token width"]) -> Float[Tensor, "batch token width"]:
        """Nothing for some of the clips while training, more for the others, so that the mean stays."""
        if not self.training or self.drop == 0:
            return added
        kept = torch.rand(len(added), 1, 1, device=added.device) >= self.drop
        return added * kept / (1 - self.drop)
