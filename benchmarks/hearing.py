"""Sounds per second through the audio head."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks import peers, subject
from benchmarks.comparison import Comparison
from benchmarks.race import Contender, race
from benchmarks.setting import Setting
from hearsight.encoders import audioclip
from hearsight.encoders.esresnext import ESResNeXt, ESResNeXtConfig
from hearsight.encoders.one_by_one import WINDOWS_AT_ONCE
from hearsight.sound.sound import Sound


def measure(setting: Setting) -> list[Comparison]:
    """The pocket head beside a transformer of its size, whole and network alone; the published head by precision."""
    return [_sound(setting), _batch(setting), _published(setting)]


def _sound(setting: Setting) -> Comparison:
    """One sound from samples to embedding, as `hear` does it: spectrogram included."""
    model, peer = _pair(setting)
    window = model.config.window
    sound = Sound(_noise(1, window.rate * window.seconds), window.rate)
    resampled = torch.from_numpy(_noise(1, peers.EAR_RATE * window.seconds))
    rows = race(
        [
            Contender("hearsight: pocket audio head", lambda: model.hear([sound]), f"{_size(model)}, fp32"),
            Contender(
                "transformers: ASTModel and its feature extractor",
                lambda: peer(peer.spectrogram(resampled)),
                f"{_size(peer)}, fp32",
            ),
        ],
        setting,
    )
    return Comparison(f"Hearing: one sound of {window.seconds:g} s, samples to embedding", "sound", rows)


def _batch(setting: Setting) -> Comparison:
    """The networks alone, from spectrograms, on as many windows as `hear` gives them at once."""
    model, peer = _pair(setting)
    window, count = model.config.window, WINDOWS_AT_ONCE
    head: Any = model.audio
    decibels = head.decibels(torch.from_numpy(_noise(count, window.rate * window.seconds))[:, None])
    features = peer.spectrogram(torch.from_numpy(_noise(count, peers.EAR_RATE * window.seconds)))
    ours, theirs = lambda: head.encode(decibels), lambda: peer(features)
    rows = race(
        [
            Contender("hearsight: pocket audio head", _quiet(ours), "fp32", count),
            Contender("hearsight: pocket audio head", _quiet(ours, torch.bfloat16), "bf16", count),
            Contender("transformers: ASTModel", _quiet(theirs), "fp32", count),
            Contender("transformers: ASTModel", _quiet(theirs, torch.bfloat16), "bf16", count),
        ],
        setting,
    )
    return Comparison(f"Hearing: networks alone, {count} spectrograms at once", "sound", rows)


def _published(setting: Setting) -> Comparison:
    """The published head: in fp32 as published, and what bf16 would bring."""
    config = audioclip.debug_fbsp() if setting.debug else audioclip.published()
    assert isinstance(config.audio, ESResNeXtConfig)
    head = ESResNeXt(config.audio, config.embed).eval()
    last: Any = ESResNeXt(config.audio, config.embed).eval()
    last.to(memory_format=torch.channels_last)
    waveform = torch.from_numpy(_noise(1, config.window.rate * config.window.seconds))[:, None]
    size = f"{subject.parameters(head) / 1e6:.1f} M parameters"
    rows = race(
        [
            Contender("hearsight: published audio head", _quiet(lambda: head(waveform)), f"{size}, fp32"),
            Contender("weights channels last", _quiet(lambda: last(waveform)), "fp32"),
            Contender("autocast", _quiet(lambda: head(waveform), torch.bfloat16), "bf16"),
            Contender("autocast, weights channels last", _quiet(lambda: last(waveform), torch.bfloat16), "bf16"),
        ],
        setting,
    )
    title = f"Hearing: the published ESResNeXt-fbsp, {config.window.seconds:g} s at {config.window.rate} Hz"
    return Comparison(title, "sound", rows)


def _pair(setting: Setting) -> tuple[audioclip.AudioCLIP, peers.Ear]:
    model = subject.system(setting).audioclip
    return model, peers.ear_of(subject.parameters(model.audio), model.config.window.seconds)


def _size(model: audioclip.AudioCLIP | peers.Ear) -> str:
    if isinstance(model, peers.Ear):
        return subject.size(model, torch.zeros(1, model.network.config.max_length, peers.MEL_BANDS))
    return subject.size(model.audio, torch.ones(1, 1, model.config.window.length))


def _noise(count: int, length: float) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.5, 0.5, (count, round(length))).astype(np.float32)


def _quiet(run: Callable[[], Tensor], precision: torch.dtype = torch.float32) -> Callable[[], Tensor]:
    """`run` without gradients, and under autocast unless the precision is the usual one."""

    def wrapped() -> Tensor:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=precision == torch.bfloat16):
            return run()

    return wrapped
