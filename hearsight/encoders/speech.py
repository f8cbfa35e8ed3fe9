"""The speech encoder of S2IGAN: a spoken sentence as a unit vector, without its words ever being written down.

Wang, Qiao, Zhu, Hanjalic, Scharenborg: "S2IGAN: Speech-to-Image Generation via Adversarial Learning" (2020), section
2.2, after Merkx, Frank, Ernestus: "Language learning using speech to image retrieval" (2019). A log-mel spectrogram,
two strided convolutions, a bidirectional GRU, and attention with one weight per moment and channel.

    encoder = SpeechEncoder(pocket()).eval()
    encoder.hear([Sound.read("caption.opus")])      # [sound, embed]
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from hearsight.encoders.one_by_one import encode_each
from hearsight.errors import SoundError
from hearsight.sound.sound import Sound
from hearsight.sound.spectrum import LogMel, log_mel

STILL = 1e-3
"""A mel band that varies less than this (in nepers) over a sentence is still: what varies there is rounding."""


def _published_mel() -> LogMel:
    return LogMel(rate=22050, n_fft=551, hop=220, bins=40, floor=1e-6, floor_mode="add")


@dataclass(frozen=True)
class SpeechEncoderConfig:
    """A speech encoder. The defaults are the published code's."""

    mel: LogMel = field(default_factory=_published_mel)
    """The spectrogram: 40 bands, 25 ms windows every 10 ms. The paper says Hamming (`window: hamming`), the code
    has Hann."""
    standardise: bool = True
    """Whether each band loses its mean over the sentence and is divided by its deviation (the code does, the paper does
    not mention it)."""
    channels: tuple[int, ...] = (64, 128)
    """Output channels of the convolutions."""
    kernel: int = 6
    """Frames under each convolution; there is no padding."""
    stride: int = 2
    """Frames from one place of a convolution to the next."""
    activation: Literal["none", "relu"] = "none"
    """What follows each convolution and its normalisation (the code has nothing there)."""
    hidden: int = 512
    """Width of the GRU in each direction; an embedding is twice as wide."""
    layers: int = 2
    """Layers of the GRU."""
    attention: int = 128
    """Width of the attention's hidden layer."""
    padding: Literal["masked", "heard"] = "masked"
    """Whether the silence after a batch's shorter sentences stays out of their embeddings, or, as published, takes part
    in the attention and in the convolutions' batch statistics, so that an embedding depends on its batch."""

    @property
    def embed(self) -> int:
        """Width of an embedding."""
        return 2 * self.hidden

    @property
    def shortest(self) -> int:
        """Spectrogram frames of the shortest sentence that can be embedded."""
        frames = 1
        for _ in self.channels:
            frames = (frames - 1) * self.stride + self.kernel
        return frames


def published() -> SpeechEncoderConfig:
    """The published network: 1024 dimensions, 7,025,344 parameters."""
    return SpeechEncoderConfig()


def pocket() -> SpeechEncoderConfig:
    """384 dimensions, 633,536 parameters: narrow, and its GRU takes steps of 80 ms."""
    return SpeechEncoderConfig(channels=(64, 128, 128), activation="relu", hidden=192, layers=1)


def debug() -> SpeechEncoderConfig:
    """Random and tiny, for tests and docs."""
    mel = LogMel(rate=8000, n_fft=200, hop=80, bins=12, floor=1e-6, floor_mode="add")
    return SpeechEncoderConfig(mel=mel, channels=(8, 8), hidden=8, layers=1, attention=8)


class SpeechEncoder(nn.Module):
    """Spectrograms of sentences to unit embeddings."""

    def __init__(self, config: SpeechEncoderConfig) -> None:
        super().__init__()
        self.config = config
        before = (config.mel.bins, *config.channels[:-1])
        self.convolutions = nn.ModuleList(
            nn.Conv1d(inside, outside, config.kernel, config.stride)
            for inside, outside in zip(before, config.channels, strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for width in config.channels)
        self.gru = nn.GRU(config.channels[-1], config.hidden, config.layers, batch_first=True, bidirectional=True)
        self.attention = Attention(config.embed, config.attention)

    def forward(
        self, spectrogram: Float[Tensor, "batch frame band"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch embed"]:
        """Unit embeddings of spectrograms as `spectrogram` gives them, zeros after their `lengths` in frames.

        Raises SoundError where a sentence is shorter than `config.shortest` frames.
        """
        config = self.config
        if int(lengths.min()) < config.shortest:
            raise SoundError(
                f"a sentence of {int(lengths.min())} frames is too short, at least {config.shortest} are needed; "
                "leave it out or repeat it."
            )
        x = spectrogram
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = convolution(x.mT).mT
            lengths = (lengths - config.kernel) // config.stride + 1
            x = self._normalised(x, lengths, norm)
            x = x.relu() if config.activation == "relu" else x
        heard = self._listened(x, lengths.cpu())
        mask = real(lengths, heard.shape[1]) if config.padding == "masked" else None
        return functional.normalize(self.attention(heard, mask).float(), dim=-1)

    def spectrogram(self, sound: Sound) -> Float[Tensor, "frame band"]:
        """What the network looks at, see `sentence_spectrogram`."""
        return sentence_spectrogram(sound, self.config)

    def hear(self, sounds: Sequence[Sound]) -> Float[Tensor, "sound embed"]:
        """Unit embeddings of sentences of any length, one at a time, so that company never changes a number."""
        return encode_each(self, "hear", (self.config.embed,), sounds, self._hear)

    def _hear(self, sound: Sound) -> Float[Tensor, "1 embed"]:
        spectrogram = self.spectrogram(sound)
        device = next(self.parameters()).device
        return self(spectrogram[None].to(device), torch.tensor([len(spectrogram)]))

    def _listened(
        self, x: Float[Tensor, "batch frame width"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch longest embed"]:
        """The GRU's outputs, zeros where a sentence is over."""

        def packed(sequences: Tensor) -> PackedSequence:
            return pack_padded_sequence(sequences, lengths, batch_first=True, enforce_sorted=False)

        heard = self.gru(packed(x))[0].data  # [moment, embed], in another order
        count, longest = len(x), int(lengths.max())
        places = packed(torch.arange(count * longest).view(count, longest)).data.to(x.device)
        # Not pad_packed_sequence: its gradient is copied as a whole for every different length.
        return heard.new_zeros(count * longest, self.config.embed).index_copy(0, places, heard).view(count, longest, -1)

    def _normalised(
        self, x: Float[Tensor, "batch frame width"], lengths: Int[Tensor, " batch"], norm: nn.Module
    ) -> Float[Tensor, "batch frame width"]:
        if self.config.padding == "heard" or not norm.training:
            return norm(x.mT).mT
        # No padding under the convolutions: a frame that is real saw real frames alone. So it is enough that the
        # statistics of the batch are taken over those.
        rows = real(lengths.to(x.device), x.shape[1]).flatten().nonzero()[:, 0]
        kept = norm(x.flatten(0, 1).index_select(0, rows))  # [real frame, width]
        whole = kept.new_zeros(x.shape[0] * x.shape[1], x.shape[2])
        return whole.index_copy(0, rows, kept).unflatten(0, x.shape[:2])


class Attention(nn.Module):
    """A weighted sum over time with a weight for every moment and channel."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(width, hidden)
        self.out = nn.Linear(hidden, width)

    def forward(
        self, heard: Float[Tensor, "batch time width"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch width"]:
        """The sum; moments where `mask` is False get no weight."""
        scores = self.out(self.hidden(heard).tanh())
        if mask is not None:
            scores = scores.masked_fill(~mask.to(scores.device)[..., None], -torch.inf)
        return (scores.softmax(dim=1) * heard).sum(dim=1)


def sentence_spectrogram(sound: Sound, config: SpeechEncoderConfig) -> Float[Tensor, "frame band"]:
    """A log-mel spectrogram, each band standardised over the sentence if the encoder wants that.

    Raises SoundError for digital silence and for a sound too short to say anything.
    """
    spoken = sound.require_audible().mono().resample(config.mel.rate)
    least = max(config.mel.n_fft // 2 + 1, (config.shortest - 1) * config.mel.hop)
    if spoken.samples.shape[1] < least:
        raise SoundError(
            f"{sound.name}: {sound.seconds:.3f} s are too short to hold a spoken sentence, of which at least "
            f"{least / config.mel.rate:.2f} s can be heard; give a longer recording."
        )
    mel = log_mel(torch.from_numpy(spoken.samples[0]), config.mel).mT
    return standardised(mel) if config.standardise else mel


def standardised(mel: Float[Tensor, "frame band"]) -> Float[Tensor, "frame band"]:
    """Each band less its mean, divided by its deviation; a band in which nothing happens becomes (nearly) zero."""
    return (mel - mel.mean(dim=0)) / mel.std(dim=0, correction=0).clamp(min=STILL)


def real(lengths: Int[Tensor, " batch"], time: int) -> Bool[Tensor, "batch time"]:
    """True at the first `lengths` of `time` places."""
    return torch.arange(time, device=lengths.device) < lengths[:, None]
