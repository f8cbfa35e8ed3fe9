"""BEATs: a transformer over the patches of a filter bank, pre-trained on its own acoustic tokens.

Chen, Wu, Wang, Liu, Tompkins, Chen, Wei: "BEATs: Audio Pre-Training with Acoustic Tokenizers" (2022). AudioToken (Yariv
et al. 2023, section 2) hears with layers 4, 8 and 12 of the iter3+ network that was fine-tuned on AudioSet.

    model = read_beats("BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt")     # hearsight.hub.converters.beats
    model.hear([Sound.read("rooster.ogg")])                                   # [sound, token, 2304]
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from hearsight.encoders.beats_config import BEATsConfig
from hearsight.encoders.beats_encoder import BEATsEncoder
from hearsight.encoders.one_by_one import encode_each, mean_over_windows
from hearsight.errors import ConfigError, SoundError
from hearsight.sound.sound import Sound
from hearsight.sound.spectrum import kaldi_fbank
from hearsight.sound.window import Window

__all__ = ["BEATs", "BEATsConfig", "BEATsOutput", "debug", "pocket", "published"]


def published() -> BEATsConfig:
    """BEATs iter3+ as fine-tuned on AudioSet-2M: 90,717,055 parameters, 527 classes."""
    return BEATsConfig(classes=527)


def pocket() -> BEATsConfig:
    """Small and quick: five seconds, 124 tokens, 0.9 million parameters. Distances reach as far in seconds."""
    return BEATsConfig(
        layers=4,
        width=128,
        hidden=512,
        heads=4,
        joined=(3,),  # lower layers know training sounds by heart: with (1, 2, 3) a token hears new ones less well
        bands=64,
        patch_width=128,
        position_kernel=64,
        buckets=160,
        furthest=400,
        dropout=0.1,
        layer_dropout=0.0,
        gradient_decay=1.0,
        padding="exact",
        window=Window(rate=16000, seconds=5.0, short="tile", long="crop", pause=0.3),
    )


def debug() -> BEATsConfig:
    """Random and tiny, in the published form, for tests and docs."""
    return BEATsConfig(
        layers=3,
        width=16,
        hidden=32,
        heads=2,
        joined=(0, 1, 2),
        bands=32,
        patch_width=8,
        position_kernel=8,
        position_groups=4,
        buckets=16,
        furthest=20,
        window=Window(rate=16000, seconds=1.0, short="tile", long="crop"),
    )


@dataclass(frozen=True, eq=False)
class BEATsOutput:
    """What BEATs makes of a batch of waveforms."""

    layers: Float[Tensor, "batch token joined"]
    """outputs of `config.joined` layers side by side; tokens in order of time, within it from low to high"""
    final: Float[Tensor, "batch token width"]
    """features after the last layer"""
    logits: Float[Tensor, "batch class"] | None
    """the mean over tokens of what the predictor says, where there is one"""
    mask: Bool[Tensor, "batch token"]
    """True where a token hears the sound, False on padding"""

    @property
    def probabilities(self) -> Float[Tensor, "batch class"] | None:
        """How probable each class is by itself: a sound may have several."""
        return None if self.logits is None else self.logits.sigmoid()


class BEATs(nn.Module):
    """Waveforms in, tokens out; and the classes of sounds where there is a predictor."""

    def __init__(self, config: BEATsConfig) -> None:
        """Random weights."""
        super().__init__()
        self.config = config
        self.patch_embedding = nn.Conv2d(
            1, config.patch_width, config.patch, stride=config.patch, bias=config.patch_bias
        )
        self.patch_norm = nn.LayerNorm(config.patch_width)
        same = config.patch_width == config.width
        self.projection = nn.Identity() if same else nn.Linear(config.patch_width, config.width)
        self.input_dropout = nn.Dropout(config.input_dropout)
        self.encoder = BEATsEncoder(config)
        self.predictor_dropout = nn.Dropout(config.predictor_dropout)
        self.predictor = nn.Linear(config.width, config.classes) if config.classes else None

    @property
    def width(self) -> int:
        """Channels of a token that `hear` gives."""
        return len(self.config.joined) * self.config.width

    def forward(
        self, waveform: Float[Tensor, "batch time"], padding: Bool[Tensor, "batch time"] | None = None
    ) -> BEATsOutput:
        """Features and logits of waveforms in [-1, 1] at `config.window.rate`.

        Args:
            padding: True on samples that only fill up the shorter clips. Their tokens are kept from the others and
                from the logits; which tokens these are is `config.padding`. Features of theirs are given all the same.

        Raises SoundError for a waveform too short for one patch, ConfigError for a mask of another shape.
        """
        spectrogram = self.spectrogram(waveform)
        patch = self.config.patch
        grid = (spectrogram.shape[1] // patch, spectrogram.shape[2] // patch)
        return self.encode(spectrogram, None if padding is None else self._padded_tokens(padding, waveform, *grid))

    def encode(
        self, spectrogram: Float[Tensor, "batch frame band"], hidden: Bool[Tensor, "batch token"] | None = None
    ) -> BEATsOutput:
        """As `forward`, from what `spectrogram` gives; `hidden` is True on tokens of padding."""
        patches = self.patch_embedding(spectrogram[:, None])  # [batch, patch_width, time, band]
        tokens = self.projection(self.patch_norm(patches.flatten(2).mT))  # [batch, token, width]
        joined, final = self.encoder(self.input_dropout(tokens), hidden)
        mask = torch.ones(tokens.shape[:2], dtype=torch.bool, device=tokens.device) if hidden is None else ~hidden
        return BEATsOutput(joined, final, self._logits(final, mask), mask)

    def spectrogram(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch frame band"]:
        """The normalised filter bank, in full precision. Errors are those of `forward`."""
        config = self.config
        if waveform.shape[-1] < config.shortest:
            raise SoundError(
                f"a waveform of {waveform.shape[-1]} samples is shorter than one patch of {config.shortest}; "
                "tile or pad it first (hearsight.sound.window)."
            )
        with torch.autocast(waveform.device.type, enabled=False):
            fbank = kaldi_fbank(waveform.float(), rate=config.window.rate, bins=config.bands)
            return (fbank - config.mean) / (2 * config.deviation)

    def hear(self, sounds: Sequence[Sound]) -> Float[Tensor, "sound token width"]:
        """Tokens of sounds, cut or filled up by `config.window`; the joined layers."""
        shape = (self.config.tokens, self.width)
        return encode_each(self, "hear", shape, sounds, lambda sound: self._mean(sound, lambda out: out.layers))

    def classify(self, sounds: Sequence[Sound]) -> Float[Tensor, "sound class"]:
        """How probable each class of `config.labels` is for each sound. Raises ConfigError without a predictor."""
        if self.predictor is None:
            raise ConfigError("classify: this BEATs has no predictor; load a fine-tuned file, or train with classes=N.")
        shape = (self.config.classes,)
        return encode_each(self, "classify", shape, sounds, lambda sound: self._mean(sound, _probabilities))

    def _mean(self, sound: Sound, part: Callable[[BEATsOutput], Tensor]) -> Float[Tensor, "1 *feature"]:
        """A part of the output, averaged over the windows of a sound."""
        return mean_over_windows(self.config.window, sound, lambda *clips: part(self(*clips)), self._device)

    @property
    def _device(self) -> torch.device:
        return self.patch_embedding.weight.device

    def _logits(
        self, final: Float[Tensor, "batch token width"], mask: Bool[Tensor, "batch token"]
    ) -> Float[Tensor, "batch class"] | None:
        if self.predictor is None:
            return None
        logits = self.predictor(self.predictor_dropout(final)) * mask[..., None]
        return logits.sum(dim=1) / mask.sum(dim=1, keepdim=True)

    def _padded_tokens(
        self, padding: Bool[Tensor, "batch time"], waveform: Float[Tensor, "batch time"], times: int, bands: int
    ) -> Bool[Tensor, "batch token"]:
        """Which tokens are padding, by the rule that `config.padding` names."""
        config = self.config
        if padding.shape != waveform.shape:
            raise ConfigError(f"padding {list(padding.shape)}: give one value per sample, {list(waveform.shape)}.")
        if config.padding == "published":
            frames = config.frames_in(waveform.shape[1])
            return grouped(grouped(padding, frames), times * bands)
        touched = padding.unfold(1, config.frame, config.hop).any(dim=-1)  # [batch, frame]
        patches = touched[:, : times * config.patch].unflatten(1, (times, config.patch)).any(dim=-1)
        if patches.all(dim=1).any():
            raise SoundError(
                f"a clip has less than {config.shortest} samples before its padding, too few for one patch; tile it."
            )
        return patches.repeat_interleave(bands, dim=1)


def _probabilities(output: BEATsOutput) -> Float[Tensor, "batch class"]:
    assert output.probabilities is not None  # `classify` saw to it
    return output.probabilities


def grouped(padding: Bool[Tensor, "batch many"], groups: int) -> Bool[Tensor, "batch groups"]:
    """Even groups in order, what is over at the end dropped; a group is padding if all of it is."""
    size = padding.shape[1] // groups
    return padding[:, : groups * size].unflatten(1, (groups, size)).all(dim=-1)
