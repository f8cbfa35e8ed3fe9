"""Wav2CLIP: sounds in CLIP's space, learned from the pictures that went with them.

Wu, Seetharaman, Kumar, Bello: "Wav2CLIP: Learning Robust Audio Representations From CLIP" (ICASSP 2022). A ResNet-18
looks at a logarithmic spectrogram; two linear layers project what it saw into the space of CLIP's ViT-B/32.

    model = Wav2CLIP(pocket()).eval()
    model.hear([Sound.read("rooster.ogg")])     # [sound, embed], unit length
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from hearsight.encoders.one_by_one import encode_each, mean_over_windows, unit
from hearsight.errors import ConfigError
from hearsight.sound.sound import Sound
from hearsight.sound.spectrum import power_spectrogram, window_shape
from hearsight.sound.window import Window

SILENCE = 1e-7  # added to every energy before the logarithm
LEAST_DEVIATION = 1e-9  # added to the deviation, so that a constant spectrogram can be divided by it


@dataclass(frozen=True)
class Wav2CLIPConfig:
    """A Wav2CLIP audio encoder. The defaults are the published one."""

    embed: int = 512
    """Dimensions of the embedding, those of the CLIP it was learned from."""
    n_fft: int = 512
    """Samples per spectrum."""
    hop: int = 353
    """Samples from one spectrum to the next."""
    standardise: Literal["clip", "batch"] = "clip"
    """What the spectrogram's mean and deviation are taken over. The published code takes them over the whole batch, so
    that an embedding depends on its company ("batch"); for one clip at a time both are the same."""
    layers: tuple[int, int, int, int] = (2, 2, 2, 2)
    """Basic blocks in each of the four stages."""
    width: int = 64
    """Channels of the first stage; each further stage doubles them."""
    hidden: int = 512
    """Width between the two layers of the projection."""
    dropout: float = 0.1
    """Dropout between the two layers of the projection."""
    window: Window = field(default_factory=lambda: Window(rate=16000, seconds=5.0, short="tile", long="average"))
    """What becomes of a sound before the network, which itself takes any length."""

    def __post_init__(self) -> None:
        if self.standardise not in ("clip", "batch"):
            raise ConfigError(f"standardise={self.standardise!r}: give 'clip', or 'batch' as the published code does.")


def published() -> Wav2CLIPConfig:
    """The published network, 11,695,552 parameters, standardised clip by clip.

    `dataclasses.replace(published(), standardise="batch")` gives the published numbers of whole batches too.
    """
    return Wav2CLIPConfig()


def pocket() -> Wav2CLIPConfig:
    """The small one for the pocket edition: its embedding fits the pocket CLIP's."""
    window = Window(rate=16000, seconds=5.0, short="tile", long="average", pause=0.3)
    return Wav2CLIPConfig(embed=256, layers=(1, 1, 1, 1), width=24, hidden=256, window=window)


def debug() -> Wav2CLIPConfig:
    """Random and tiny, for tests and docs."""
    return Wav2CLIPConfig(
        embed=16, n_fft=128, hop=100, layers=(1, 1, 1, 1), width=4, hidden=16, window=Window(rate=8000, seconds=0.5)
    )


class Wav2CLIP(nn.Module):
    """Waveform in, embedding out."""

    window: Float[Tensor, " n_fft"]

    def __init__(self, config: Wav2CLIPConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.width * 2**stage for stage in range(4)]
        self.register_buffer("window", window_shape("hann", config.n_fft))  # part of the published file
        self.conv1 = nn.Conv2d(1, widths[0], 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.stages = nn.ModuleList(
            nn.Sequential(*_blocks(before, after, count))
            for before, after, count in zip([widths[0], *widths[:-1]], widths, config.layers, strict=True)
        )
        self.project = nn.Sequential(
            nn.Linear(widths[-1], config.hidden),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, config.embed),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch embed"]:
        """The same as `encode_audio`."""
        return self.encode_audio(waveform)

    def encode_audio(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch embed"]:
        """Embeddings, not normalised, of waveforms in [-1, 1] at `config.window.rate`, of any length over half a frame.

        Raises SoundError for a waveform too short for one spectrum.
        """
        return self.project(self.encode_spectrogram(self.standardised(self.spectrogram(waveform))))

    def encode_frames(
        self, waveform: Float[Tensor, "batch time"], length: int, hop: int
    ) -> Float[Tensor, "batch embed frame"]:
        """One embedding every `hop` samples, each of `length` samples; what is left over at the end is not heard."""
        if waveform.shape[-1] < length:
            raise ConfigError(f"length={length}: the waveform has only {waveform.shape[-1]} samples; give fewer.")
        frames = waveform.unfold(-1, length, hop)  # [batch, frame, length]
        return self.encode_audio(frames.flatten(0, 1)).unflatten(0, frames.shape[:2]).mT

    def spectrogram(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch 1 frequency frame"]:
        """Energies of centred, reflected frames under Hann's window."""
        with torch.autocast(waveform.device.type, enabled=False):
            return power_spectrogram(waveform.float(), self.config.n_fft, self.config.hop, window=self.window)[:, None]

    def standardised(
        self, spectrogram: Float[Tensor, "batch 1 frequency frame"]
    ) -> Float[Tensor, "batch 1 frequency frame"]:
        """Natural logarithms, moved and scaled to mean 0 and deviation 1 over each clip or over the batch."""
        logarithm = (spectrogram + SILENCE).log()
        over = (0, 1, 2, 3) if self.config.standardise == "batch" else (1, 2, 3)
        deviation, mean = torch.std_mean(logarithm, dim=over, keepdim=True)
        return (logarithm - mean) / (deviation + LEAST_DEVIATION)

    def encode_spectrogram(
        self, standardised: Float[Tensor, "batch 1 frequency frame"]
    ) -> Float[Tensor, "batch feature"]:
        """What the ResNet says, before the projection."""
        x = functional.relu(self.bn1(self.conv1(standardised)))
        x = functional.max_pool2d(x, 3, stride=2, padding=1)
        for stage in self.stages:
            x = stage(x)
        return x.mean(dim=(2, 3))

    def hear(self, sounds: Sequence[Sound]) -> Float[Tensor, "sound embed"]:
        """Unit embeddings of sounds: cut by `config.window`, its windows' embeddings averaged."""
        return unit(encode_each(self, "hear", (self.config.embed,), sounds, self._hear))

    def _hear(self, sound: Sound) -> Float[Tensor, "1 embed"]:
        device = self.conv1.weight.device
        return mean_over_windows(self.config.window, sound, lambda samples, _: self.encode_audio(samples), device)


class BasicBlock(nn.Module):
    """The block of ResNet-18: two 3x3 convolutions around a shortcut; the first carries the stride."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.downsample: nn.Module = nn.Identity()
        if stride > 1 or before != after:
            self.downsample = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(
        self, x: Float[Tensor, "batch before height width"]
    ) -> Float[Tensor, "batch after height/stride width/stride"]:
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        return functional.relu(y + self.downsample(x))


def _blocks(before: int, after: int, count: int) -> Iterator[BasicBlock]:
    """The blocks of one stage; every stage but the first halves height and width."""
    yield BasicBlock(before, after, stride=1 if before == after else 2)
    for _ in range(count - 1):
        yield BasicBlock(after, after, stride=1)
