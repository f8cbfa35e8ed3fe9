"""The pocket audio head: a small convolutional network on log-mel spectrograms.

Level never matters: every clip's spectrogram is taken relative to its own loudest band, and what lies 80 dB below is
cut off. Batch normalisation uses its running statistics outside training, so neighbours in a batch change nothing.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hearsight.sound.spectrum import LogMel, log_mel
from hearsight.sound.window import Window


@dataclass(frozen=True)
class LogMelCNNConfig:
    """A log-mel convolutional network."""

    rate: int = 22050
    """Samples per second."""
    seconds: float = 5.0
    """Length of what it hears at once."""
    pause: float = 0.3
    """Seconds of silence between the repetitions of a shorter sound: without them a word that was cut out tightly runs
    into itself (held-out speaker: 77 % of the digits were understood without a pause, 90 % with one)."""
    bands: int = 64
    """Mel bands from 20 Hz to half the rate."""
    frame: int = 1024
    """Samples per spectrum."""
    hop: int = 441
    """Samples from one spectrum to the next."""
    floor: float = 80.0
    """Decibels below the loudest band at which everything counts as silence."""
    width: int = 24
    """Channels of the first stage; each further stage doubles them."""
    stages: int = 4
    """Stages of two convolutions, each but the first halving time and frequency."""
    dropout: float = 0.2
    """Dropout before the projection."""

    @property
    def log_mel(self) -> LogMel:
        """The spectrogram it looks at."""
        return LogMel(
            self.rate,
            self.frame,
            self.hop,
            self.bands,
            low=20.0,
            scale="htk",
            norm=None,
            pad_mode="constant",
            unit="decibel",
        )

    @property
    def frames(self) -> int:
        """Spectra in what it hears at once."""
        return 1 + round(self.rate * self.seconds) // self.hop

    @property
    def window(self) -> Window:
        """What becomes of shorter and longer sounds."""
        return Window(self.rate, self.seconds, short="tile", long="average", pause=self.pause)


def pocket() -> LogMelCNNConfig:
    """The audio head that ships with the package: 0.25 GFLOP per five seconds."""
    return LogMelCNNConfig()


def debug() -> LogMelCNNConfig:
    """Tiny, for tests."""
    return LogMelCNNConfig(seconds=1.0, bands=32, width=4, stages=2)


class LogMelCNN(nn.Module):
    """Waveform in, embedding out."""

    def __init__(self, config: LogMelCNNConfig, embed: int) -> None:
        super().__init__()
        self.config = config
        widths = [config.width * 2**stage for stage in range(config.stages)]
        self.stem = nn.Sequential(
            nn.Conv2d(1, widths[0], 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(inplace=True),
        )
        before = [widths[0], *widths[:-1]]
        self.stages = nn.Sequential(
            *(_Stage(old, new, halved=index > 0) for index, (old, new) in enumerate(zip(before, widths, strict=True)))
        )
        self.dropout = nn.Dropout(config.dropout)
        self.projection = nn.Linear(2 * widths[-1] * -(-config.bands // 2**config.stages), embed)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, waveform: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch embed"]:
        """Embeddings (not normalised) of waveforms in [-1, 1]; channels are mixed by their mean."""
        with torch.autocast(waveform.device.type, enabled=False):
            decibels = self.decibels(waveform)
        return self.encode(relative(decibels, self.config.floor))

    def decibels(self, waveform: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch band frame"]:
        """The mel spectrogram in decibels, before anything is taken relative to anything."""
        return log_mel(waveform.float().mean(dim=1), self.config.log_mel)

    def encode(self, spectrogram: Float[Tensor, "batch band frame"]) -> Float[Tensor, "batch embed"]:
        """Embeddings of spectrograms as `relative` gives them."""
        features = self.stages(self.stem(spectrogram[:, None].contiguous(memory_format=torch.channels_last)))
        # The mean says what goes on all the time, the maximum what happens once: a rain and a sneeze.
        # Over time only: convolutions do not know how high they look, and a vowel is what is heard at which height.
        pooled = torch.cat((features.mean(dim=3), features.amax(dim=3)), dim=1).flatten(1)
        return self.projection(self.dropout(pooled))


def relative(decibels: Float[Tensor, "batch band frame"], floor: float) -> Float[Tensor, "batch band frame"]:
    """Decibels relative to each clip's loudest band, from -`floor` to 0, scaled to [-2, 2]."""
    loudest = decibels.amax(dim=(1, 2), keepdim=True)
    return (decibels - loudest).clamp(min=-floor) * (4 / floor) + 2


class _Stage(nn.Module):
    """Two convolutions with a shortcut around the second; average pooling by two before them, except at first."""

    def __init__(self, before: int, after: int, halved: bool) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(2, ceil_mode=True) if halved else nn.Identity()
        self.first = nn.Conv2d(before, after, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(after)
        self.second = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(after)

    def forward(self, features: Float[Tensor, "batch before band frame"]) -> Float[Tensor, "batch after lower fewer"]:
        features = self.first_norm(self.first(self.pool(features))).relu()
        return (features + self.second_norm(self.second(features))).relu()
