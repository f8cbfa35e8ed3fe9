"""A text-to-speech network of transformers as the one who speaks captions, for users who have its weights.

VITS (Kim, Kong, Son 2021), with as many voices as it was trained on, and SpeechT5 (Ao et al. 2022), which speaks in the
voice of any x-vector and needs a vocoder.
"""

import threading
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from hearsight.data.pairs import Split
from hearsight.data.voices import Manner
from hearsight.errors import ConfigError, MissingDependency, SoundError, WeightsError

HELD_OUT_SHARE = 5
"""Every fifth voice is for `held_out`, where there are that many."""


class SpeechModel:
    """A network that speaks. Its chance is seeded, so that it says the same text in the same manner twice."""

    def __init__(
        self, source: str, *, vocoder: str | None = None, speakers: Path | None = None, device: str = "cpu"
    ) -> None:
        """Load a network.

        Args:
            source: a folder or hub id of a VITS or SpeechT5 model.
            vocoder: a folder or hub id of SpeechT5's HiFi-GAN; only for SpeechT5.
            speakers: a .npy of x-vectors [speaker, 512]; only for SpeechT5.
            device: where it computes.

        Raises:
            MissingDependency: its tokenizer needs a library that is not installed.
            WeightsError: nothing that speaks can be loaded from `source` or `vocoder`.
            ConfigError: SpeechT5 lacks vocoder or speakers, or they have another shape.
        """
        self.source, self._device, self._one_at_a_time = source, device, threading.Lock()
        self._model, self._read = _load(source, device)
        self._is_vits = self._model.config.model_type == "vits"
        self._vocoder = None if self._is_vits else _vocoder(vocoder, device)
        self._speakers = None if self._is_vits else _x_vectors(speakers, self._model.config.speaker_embedding_dim)

    @property
    def name(self) -> str:
        """What it is called where its work is described."""
        return self.source

    @cached_property
    def voices(self) -> int:
        """How many voices it has."""
        return max(1, self._model.config.num_speakers) if self._speakers is None else len(self._speakers)

    def manner(self, split: Split, random: np.random.Generator) -> Manner:
        """A random voice of a split, and a seed for the rest."""
        voices = list(range(self.voices))
        if self.voices >= HELD_OUT_SHARE:
            held_out = voices[HELD_OUT_SHARE - 1 :: HELD_OUT_SHARE]
            voices = held_out if split == "held_out" else sorted(set(voices) - set(held_out))
        return Manner(str(random.choice(voices)), seed=int(random.integers(2**31)))

    def say(self, text: str, manner: Manner) -> tuple[Float[np.ndarray, " time"], int]:
        """(float32 mono samples in [-1, 1], rate in Hz). Raises SoundError for a text that it cannot say."""
        read = self._tokens(text)
        if not read["input_ids"].numel():
            raise SoundError(f"{text!r}: {self.source} finds nothing to say in it; write words.")
        # Both networks draw their noise from torch's own generator, which is there only once.
        with self._one_at_a_time, torch.random.fork_rng(), torch.inference_mode():
            torch.manual_seed(manner.seed)
            samples, rate = self._spoken(read, int(manner.voice))
        if not torch.isfinite(samples).all() or not samples.any():
            raise SoundError(f"{text!r}: {self.source} made no sound of it; say it in other words.")
        return samples.flatten().float().cpu().clamp(-1, 1).numpy(), rate

    def _tokens(self, text: str) -> Any:
        try:
            return self._read(text=text, return_tensors="pt").to(self._device)
        except ImportError as error:  # some voices read phonemes
            raise MissingDependency(f"{self.source}: {_first_line(error)}") from None

    def _spoken(self, read: Any, voice: int) -> tuple[torch.Tensor, int]:
        if self._is_vits:
            several = self._model.config.num_speakers > 1
            spoken = self._model(**read, speaker_id=voice if several else None)
            return spoken.waveform, self._model.config.sampling_rate
        assert self._speakers is not None and self._vocoder is not None
        vector = self._speakers[voice : voice + 1].to(self._device)
        samples = self._model.generate_speech(read["input_ids"], vector, vocoder=self._vocoder)
        return samples, self._vocoder.config.sampling_rate


def _load(source: str, device: str) -> tuple[Any, Any]:
    """(network, what turns texts into its input)."""
    from transformers import AutoConfig, AutoTokenizer, SpeechT5ForTextToSpeech, VitsModel

    networks: dict[str, Any] = {"vits": VitsModel, "speecht5": SpeechT5ForTextToSpeech}
    try:
        kind = AutoConfig.from_pretrained(source).model_type
        if kind not in networks:
            raise WeightsError(f"{source}: is of type {kind!r} and does not speak; give a VITS or SpeechT5 model.")
        return networks[kind].from_pretrained(source).eval().to(device), AutoTokenizer.from_pretrained(source)
    except ImportError as error:
        raise MissingDependency(f"{source}: {_first_line(error)}") from None
    except (OSError, ValueError) as error:
        raise _unloadable(source, error, "VITS or SpeechT5") from None


def _vocoder(source: str | None, device: str) -> Any:
    from transformers import SpeechT5HifiGan

    if source is None:
        raise ConfigError("vocoder=None: SpeechT5 makes spectrograms; give its HiFi-GAN, a folder or a hub id.")
    try:
        return SpeechT5HifiGan.from_pretrained(source).eval().to(device)
    except (OSError, ValueError) as error:
        raise _unloadable(source, error, "SpeechT5HifiGan") from None


def _unloadable(source: str, error: Exception, wanted: str) -> WeightsError:
    return WeightsError(f"{source}: cannot be loaded ({_first_line(error)}); give a folder or hub id of {wanted}.")


def _first_line(error: Exception) -> str:
    return next(filter(None, map(str.strip, str(error).splitlines())), type(error).__name__)


def _x_vectors(path: Path | None, width: int) -> Float[torch.Tensor, "speaker width"]:
    if path is None:
        raise ConfigError(f"speakers=None: SpeechT5 needs voices; give a .npy of x-vectors [speaker, {width}].")
    try:
        vectors = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}); give a .npy of x-vectors [speaker, {width}].") from None
    if vectors.ndim != 2 or vectors.shape[1] != width or not len(vectors):
        raise ConfigError(f"{path}: has shape {list(vectors.shape)}; give x-vectors [speaker, {width}].")
    return torch.from_numpy(vectors.astype(np.float32))
