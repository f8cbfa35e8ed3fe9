"""X-vectors: who is speaking, in one vector per sound, from a network that was trained to tell speakers apart.

Snyder et al.: "X-Vectors: Robust DNN Embeddings for Speaker Recognition" (2018), on features of WavLM (Chen et al.
2021) or its kin. AudioToken (section 3, speaker image generation) hears with x-vectors to draw who is speaking.

    model = XVector.from_pretrained("microsoft/wavlm-base-plus-sv")
    model.hear([Sound.read("anna.ogg"), Sound.read("ben.ogg")])          # [sound, 1, 512]
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from hearsight.encoders.one_by_one import encode_each, mean_over_windows
from hearsight.errors import ConfigError, WeightsError
from hearsight.sound.sound import Sound
from hearsight.sound.window import Window

UNHEARD = ("objective.", "classifier.", "wavlm.masked_spec_embed")  # weights that no embedding depends on


@dataclass(frozen=True)
class XVectorConfig:
    """A speaker network of transformers, and how long a sound it hears."""

    network: dict[str, Any]
    """Its config.json as transformers writes it: `model_type` (wavlm, wav2vec2, unispeech-sat, …) and what differs from
    the defaults of that type."""
    normalise: bool = False
    """Whether a window is brought to mean 0 and variance 1 first, as some of these networks were trained."""
    window: Window = field(default_factory=lambda: Window(rate=16000, seconds=10.0, short="tile", long="average"))
    """What becomes of a sound; the x-vectors of a long one's windows are averaged."""

    def __post_init__(self) -> None:
        if "model_type" not in self.network:
            raise ConfigError("network: lacks model_type, the name transformers has for it; e.g. model_type: wavlm.")
        if self.window.short != "tile":
            raise ConfigError(
                f"window.short={self.window.short!r}: an x-vector is a statistic of the whole window, and silence "
                "would be part of it; give 'tile'."
            )


def published() -> XVectorConfig:
    """WavLM-Base+ with transformers' x-vector head: 512 channels."""
    return XVectorConfig({"model_type": "wavlm"})


def debug() -> XVectorConfig:
    """Random and tiny, in the published form, for tests and docs."""
    network = {
        "model_type": "wavlm",
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "conv_dim": [8, 8, 8],
        "conv_kernel": [10, 8, 4],
        "conv_stride": [10, 8, 4],
        "num_conv_pos_embeddings": 8,
        "num_conv_pos_embedding_groups": 2,
        "tdnn_dim": [16, 16, 24],
        "tdnn_kernel": [5, 3, 1],
        "tdnn_dilation": [1, 2, 1],
        "xvector_output_dim": 12,
        "initializer_range": 0.3,  # with the usual 0.02 so narrow a network would hear next to nothing
    }
    return XVectorConfig(network, window=Window(rate=16000, seconds=1.0, short="tile", long="average"))


class XVector(nn.Module):
    """Waveforms in, one token each out."""

    def __init__(self, config: XVectorConfig, network: nn.Module | None = None) -> None:
        """Random weights, unless the `network` itself is given. Raises ConfigError where transformers has none such."""
        super().__init__()
        self.config = config
        self.network: Any = _build(config.network) if network is None else network
        settings: Any = self.network.config
        frames, shortest = config.window.length, 2  # two frames are the fewest that have a standard deviation
        for kernel, dilation in zip(settings.tdnn_kernel, settings.tdnn_dilation, strict=True):
            shortest += (kernel - 1) * dilation
        for kernel, stride in zip(settings.conv_kernel, settings.conv_stride, strict=True):
            frames = (frames - kernel) // stride + 1
        if frames < shortest:
            raise ConfigError(
                f"window.seconds={config.window.seconds:g}: gives {frames} frames, and this x-vector needs "
                f"{shortest}; give a longer window."
            )

    @classmethod
    def from_pretrained(cls, name_or_path: str | Path, window: Window | None = None) -> "XVector":
        """Any speaker network that transformers can read: a hub id or a folder. It is ready for use, nothing trainable.

        Args:
            window: what becomes of a sound, if not ten seconds, tiled and averaged; the rate is the network's own.

        Raises WeightsError where there is none, or where it has no x-vector head.
        """
        from transformers import AutoFeatureExtractor, AutoModelForAudioXVector

        try:
            network, report = AutoModelForAudioXVector.from_pretrained(name_or_path, output_loading_info=True)
            extractor = AutoFeatureExtractor.from_pretrained(name_or_path)
        except (OSError, ValueError) as error:
            raise WeightsError(
                f"{name_or_path}: no speaker network that transformers can read ({_first_line(error)}); give a hub id "
                "such as microsoft/wavlm-base-plus-sv, or a folder."
            ) from None
        missing = sorted(name for name in report["missing_keys"] if not name.startswith(UNHEARD))
        if missing:
            raise WeightsError(
                f"{name_or_path}: holds no whole x-vector network, missing ({len(missing)}): {', '.join(missing)}; "
                "give a model for speaker verification."
            )
        settings = json.loads(network.config.to_json_string(use_diff=True))
        config = XVectorConfig(settings, bool(extractor.do_normalize))
        window = replace(window or config.window, rate=extractor.sampling_rate)
        return cls(replace(config, window=window), network).eval().requires_grad_(False)

    @property
    def width(self) -> int:
        """Channels of an x-vector."""
        return int(self.network.config.xvector_output_dim)

    def forward(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch 1 width"]:
        """X-vectors, as the network gives them (not normalised), of waveforms in [-1, 1] at `config.window.rate`."""
        if self.config.normalise:
            waveform = F.layer_norm(waveform, waveform.shape[-1:], eps=1e-7)
        return self.network(waveform).embeddings[:, None]

    def hear(self, sounds: Sequence[Sound]) -> Float[Tensor, "sound 1 width"]:
        """One token per sound, cut or filled up by `config.window`."""
        return encode_each(self, "hear", (1, self.width), sounds, self._hear)

    def _hear(self, sound: Sound) -> Float[Tensor, "1 1 width"]:
        device = next(self.parameters()).device
        return mean_over_windows(self.config.window, sound, lambda waveform, _: self(waveform), device)


def _build(settings: dict[str, Any]) -> nn.Module:
    from transformers import AutoConfig, AutoModelForAudioXVector

    kind = settings["model_type"]
    # A layer that training leaves out is missing from the hidden states, too, whose weighted sum then fails.
    rest = {name: value for name, value in settings.items() if name != "model_type"} | {"layerdrop": 0.0}
    try:
        return AutoModelForAudioXVector.from_config(AutoConfig.for_model(kind, **rest))
    except (ValueError, KeyError) as error:
        raise ConfigError(
            f"network.model_type={kind!r}: not a speaker network of transformers ({_first_line(error)}); e.g. wavlm."
        ) from None


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
