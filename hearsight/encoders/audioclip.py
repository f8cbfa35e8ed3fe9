"""AudioCLIP: sound, picture and text in one space of embeddings.

Guzhov, Raue, Hees, Dengel: "AudioCLIP: Extending CLIP to Image, Text and Audio" (2021). The text is CLIP's (Radford et
al. 2021), and a third head for sound is trained beside them with the same symmetric contrastive loss.

    model = AudioCLIP(pocket()).eval()
    model.classify([Sound.read("rooster.ogg")], ["dog", "rooster"])     # [sound, label]
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from hearsight.encoders.clip_resnet import CLIPResNet, CLIPResNetConfig
from hearsight.encoders.clip_text import CLIPText, CLIPTextConfig
from hearsight.encoders.esresnext import ESResNeXt, ESResNeXtConfig
from hearsight.encoders.fbsp import FBSPConfig
from hearsight.encoders.log_mel_cnn import LogMelCNN, LogMelCNNConfig
from hearsight.encoders.log_mel_cnn import debug as debug_ear
from hearsight.encoders.one_by_one import encode_each, mean_over_windows, unit
from hearsight.encoders.tokenizer import PADDING, ByteTokenizer, Tokenizer
from hearsight.errors import ConfigError, WeightsError
from hearsight.sound.sound import Sound
from hearsight.sound.window import Window

START_SCALE = math.log(1 / 0.07)  # CLIP's first temperature
SCALES = (1.0, 100.0)  # a temperature never leaves these bounds


@dataclass(frozen=True)
class AudioCLIPConfig:
    """Three heads and how long a sound the first of them hears. The defaults are the published AudioCLIP."""

    embed: int = 1024
    """Dimensions of the common space."""
    audio: ESResNeXtConfig | LogMelCNNConfig = field(default_factory=ESResNeXtConfig)
    """The audio head: the published one, or the small one."""
    image: CLIPResNetConfig = field(default_factory=CLIPResNetConfig)
    """The image head."""
    text: CLIPTextConfig = field(default_factory=CLIPTextConfig)
    """The text head."""
    window: Window = field(default_factory=lambda: Window(rate=44100, seconds=5.0, short="tile", long="average"))
    """What becomes of a sound before the audio head; its rate is the one the head was trained at."""

    def __post_init__(self) -> None:
        if isinstance(self.audio, LogMelCNNConfig) and self.audio.rate != self.window.rate:
            raise ConfigError(
                f"window.rate={self.window.rate}: the audio head hears {self.audio.rate} samples per second; "
                "give both the same rate."
            )


def published() -> AudioCLIPConfig:
    """The published network: ESResNe(X)t-fbsp, CLIP RN50, 134,111,910 parameters."""
    return AudioCLIPConfig()


def pocket() -> AudioCLIPConfig:
    """Three small heads that ship with the package; text is read as bytes, so no vocabulary is needed."""
    ear = LogMelCNNConfig()
    return AudioCLIPConfig(
        embed=256,
        audio=ear,
        image=CLIPResNetConfig(layers=(1, 1, 1, 1), width=16, size=64),
        text=CLIPTextConfig(2, 128, 4, context=48, vocabulary=ByteTokenizer.VOCABULARY, tokenizer="bytes"),
        window=ear.window,
    )


def debug() -> AudioCLIPConfig:
    """Random and tiny, in the pocket's form, for tests and docs."""
    ear = debug_ear()
    return AudioCLIPConfig(
        embed=16,
        audio=ear,
        image=CLIPResNetConfig(layers=(1, 1, 1, 1), width=8, size=32, head_width=32),
        text=CLIPTextConfig(1, 16, 2, context=24, vocabulary=ByteTokenizer.VOCABULARY, tokenizer="bytes"),
        window=ear.window,
    )


def debug_fbsp() -> AudioCLIPConfig:
    """Random and tiny, in the published form."""
    return AudioCLIPConfig(
        embed=16,
        audio=ESResNeXtConfig(FBSPConfig(256, 200, 80), layers=(1, 1, 1, 1), width=8, cardinality=2, group_width=4),
        image=debug().image,
        text=debug().text,
        window=Window(rate=8000, seconds=0.5),
    )


class Logits(NamedTuple):
    """Scaled cosines of every pair of modalities that was given; rows belong to the one named first."""

    audio_image: Float[Tensor, "audio image"] | None = None
    audio_text: Float[Tensor, "audio text"] | None = None
    image_text: Float[Tensor, "image text"] | None = None


class AudioCLIP(nn.Module):
    """Three encoders into one space and three learned temperatures."""

    def __init__(self, config: AudioCLIPConfig, tokenizer: Tokenizer | None = None) -> None:
        """Random weights. `tokenizer` is needed for `read` where the text head speaks CLIP's vocabulary."""
        super().__init__()
        self.config = config
        audio = config.audio
        self.audio: ESResNeXt | LogMelCNN = (
            ESResNeXt(audio, config.embed) if isinstance(audio, ESResNeXtConfig) else LogMelCNN(audio, config.embed)
        )
        self.image = CLIPResNet(config.image, config.embed)
        self.text = CLIPText(config.text, config.embed)
        self.scale_audio_image = nn.Parameter(torch.tensor(START_SCALE))
        self.scale_audio_text = nn.Parameter(torch.tensor(START_SCALE))
        self.scale_image_text = nn.Parameter(torch.tensor(START_SCALE))
        if tokenizer is None and config.text.tokenizer == "bytes":
            tokenizer = ByteTokenizer(config.text.context)
        self.tokenizer = tokenizer

    # Tensors to embeddings, as the heads give them ------------------------------------------------------------------

    def encode_audio(self, waveform: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch embed"]:
        """Embeddings, not normalised, of waveforms in [-1, 1] at `config.window.rate`.

        The published code feeds its network wave * 32768; here that mapping is inside the audio head, so a waveform is
        in [-1, 1] everywhere. The published head sums the features of a sound's channels.
        """
        return self.audio(waveform)

    def encode_image(self, pixels: Float[Tensor, "batch 3 size size"]) -> Float[Tensor, "batch embed"]:
        """Embeddings, not normalised, of pixels that went through `clip_resnet.normalise`."""
        return self.image(pixels)

    def encode_text(self, tokens: Int[Tensor, "batch token"]) -> Float[Tensor, "batch embed"]:
        """Embeddings, not normalised, of token rows from `self.tokenizer`."""
        return self.text(tokens)

    # Logits and loss ------------------------------------------------------------------------------------------------

    def logits(
        self,
        audio: Float[Tensor, "audio embed"] | None = None,
        image: Float[Tensor, "image embed"] | None = None,
        text: Float[Tensor, "text embed"] | None = None,
    ) -> Logits:
        """Cosine of every two embeddings times the pair's temperature, for every pair of modalities given."""

        def pair(
            rows: Tensor | None, columns: Tensor | None, scale: Float[Tensor, ""]
        ) -> Float[Tensor, "row column"] | None:
            return None if rows is None or columns is None else temperature(scale) * unit(rows) @ unit(columns).mT

        return Logits(
            pair(audio, image, self.scale_audio_image),
            pair(audio, text, self.scale_audio_text),
            pair(image, text, self.scale_image_text),
        )

    def loss(
        self,
        audio: Float[Tensor, "batch embed"] | None = None,
        image: Float[Tensor, "batch embed"] | None = None,
        text: Float[Tensor, "batch embed"] | None = None,
    ) -> Float[Tensor, ""]:
        """The published training loss of embeddings whose rows belong together.

        Every pair of modalities gives the cross entropy over its rows plus that over its columns. Three pairs are
        summed and divided by 6 (the mean of six terms), a single pair stays a sum of two: the published code divides
        by the running product 1 * 2 * 3. With sound, the learned spectrogram's penalty on its kernels is added.
        """
        pairs = [pair for pair in self.logits(audio, image, text) if pair is not None]
        if not pairs:
            raise ConfigError("one modality: a contrastive loss compares at least two of audio, image and text.")
        loss = torch.stack([contrast(pair) for pair in pairs]).sum() / math.factorial(len(pairs))
        if audio is not None and isinstance(self.audio, ESResNeXt):
            loss = loss + self.audio.norm_loss()
        return loss

    # Things to unit embeddings: one at a time, so that company never changes a number --------------------------------

    def hear(self, sounds: Sequence[Sound]) -> Float[Tensor, "sound embed"]:
        """Unit embeddings of sounds: cut by `config.window`, its windows' embeddings averaged."""
        return unit(encode_each(self, "hear", (self.config.embed,), sounds, self._hear))

    def see(self, pictures: Sequence[Image.Image]) -> Float[Tensor, "picture embed"]:
        """Unit embeddings of pictures of any size; the centre square is looked at."""
        return unit(encode_each(self, "see", (self.config.embed,), pictures, self._see))

    def read(self, texts: Sequence[str | Sequence[str]]) -> Float[Tensor, "text embed"]:
        """Unit embeddings of texts. Several labels of one thing are joined by commas, as in training.

        Raises WeightsError where the text head has no vocabulary yet, ConfigError where a text is too long.
        """
        if self.tokenizer is None:
            raise WeightsError(
                "the text head reads CLIP's tokens, whose vocabulary is not here; set model.tokenizer = "
                "CLIPTokenizer(FOLDER), the folder holding CLIP's vocab.json and merges.txt."
            )
        joined = [text if isinstance(text, str) else ", ".join(text) for text in texts]
        return unit(encode_each(self, "read", (self.config.embed,), list(self.tokenizer(joined)), self._read))

    def classify(
        self, sounds: Sequence[Sound], labels: Sequence[str] | Sequence[Image.Image]
    ) -> Float[Tensor, "sound label"]:
        """How probable each label is for each sound, among the labels given (queried as in the thesis).

        Labels are texts or example pictures. The softmax is over the dot products of unit embeddings times the
        temperature of that pair of modalities.
        """
        if not labels:
            raise ConfigError("no labels: give at least one text or picture to compare the sounds with.")
        texts = [label for label in labels if isinstance(label, str)]
        pictures = [label for label in labels if isinstance(label, Image.Image)]
        if texts and pictures:
            raise ConfigError("labels of two kinds: give texts or pictures, each has its own temperature.")
        known, scale = (
            (self.read(texts), self.scale_audio_text) if texts else (self.see(pictures), self.scale_audio_image)
        )
        with torch.no_grad():
            return (temperature(scale) * self.hear(sounds) @ known.mT).softmax(dim=-1)

    def _hear(self, sound: Sound) -> Float[Tensor, "1 embed"]:
        device = self.scale_audio_text.device
        return mean_over_windows(
            self.config.window, sound, lambda samples, _: self.encode_audio(samples[:, None]), device
        )

    def _see(self, picture: Image.Image) -> Float[Tensor, "1 embed"]:
        return self.encode_image(self.image.prepare(picture)[None].to(self.scale_image_text.device))

    def _read(self, tokens: Int[Tensor, "token"]) -> Float[Tensor, "1 embed"]:
        # Attention is causal: leaving out the padding changes nothing but the time it takes.
        length = int(tokens.argmax()) + 1 if tokens[-1] == PADDING else len(tokens)
        return self.encode_text(tokens[None, :length].to(self.scale_image_text.device))


def temperature(scale: Float[Tensor, ""]) -> Float[Tensor, ""]:
    """The factor of a pair's cosines: learned as a logarithm, kept within bounds."""
    return scale.exp().clamp(*SCALES)


def contrast(logits: Float[Tensor, "batch batch"]) -> Float[Tensor, ""]:
    """Cross entropy of finding each row's own column, plus that of finding each column's own row."""
    own = torch.arange(len(logits), device=logits.device)
    return functional.cross_entropy(logits, own) + functional.cross_entropy(logits.mT, own)
