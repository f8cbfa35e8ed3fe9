"""WavLM, speech and sound learned by prediction of masked frames: waveform to the states of its transformer's layers.

Chen et al.: "WavLM: Large-Scale Self-Supervised Pre-Training for Full Stack Speech Processing" (2022), in the Base form
(normalisation after each residual sum). The network itself is that of transformers.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from transformers import WavLMConfig as TransformersConfig
from transformers import WavLMModel

from hearsight.errors import SoundError, WeightsError

SHORTEST = 400  # samples that one frame sees

# Not used here: masking is for pre-training, and a dropped layer would be missing from the weighted sum.
NO_MASKS: dict[str, Any] = {
    "apply_spec_augment": False,
    "mask_time_prob": 0.0,
    "mask_feature_prob": 0.0,
    "layerdrop": 0.0,
}


@dataclass(frozen=True)
class WavLMConfig:
    """A WavLM. The defaults are Base and Base+."""

    layers: int = 12
    """Transformer layers."""
    width: int = 768
    """Channels of a frame."""
    heads: int = 12
    """Attention heads."""
    feedforward: int = 3072
    """Width of each layer's feed forward network."""
    convolution: int = 512
    """Channels of the seven convolutions that turn 320 samples into one frame."""
    position_kernel: int = 128
    """Frames that the convolution which tells positions sees."""
    position_groups: int = 16
    """Groups of that convolution."""
    buckets: int = 320
    """Distances between frames that are told apart."""
    distance: int = 800
    """Frames beyond which distances are no longer told apart."""
    dropout: float = 0.1
    """Dropout where WavLM is trained."""


def base_plus() -> WavLMConfig:
    """WavLM Base+ (and Base): 94 million parameters."""
    return WavLMConfig()


class WavLM(nn.Module):
    """Waveforms to the states before, between and after the transformer's layers."""

    def __init__(self, config: WavLMConfig, network: WavLMModel | None = None) -> None:
        """Random weights, unless a `network` of transformers is given that has this config."""
        super().__init__()
        self.config = config
        self.network = network or _Network(_settings(config))

    @classmethod
    def from_pretrained(cls, name_or_folder: str | Path) -> "WavLM":
        """A WavLM in transformers' layout: a hub id such as `microsoft/wavlm-base-plus`, or a folder.

        Raises WeightsError where there is none, or one of another form than Base.
        """
        try:
            network = _Network.from_pretrained(str(name_or_folder), dtype=torch.float32, **NO_MASKS)
        except (OSError, ValueError) as error:
            reason = str(error).strip().splitlines()[0]
            raise WeightsError(
                f"{name_or_folder}: no WavLM that can be read ({reason}); give a folder or microsoft/wavlm-base-plus."
            ) from None
        settings = network.config
        config = WavLMConfig(
            layers=settings.num_hidden_layers,
            width=settings.hidden_size,
            heads=settings.num_attention_heads,
            feedforward=settings.intermediate_size,
            convolution=settings.conv_dim[0],
            position_kernel=settings.num_conv_pos_embeddings,
            position_groups=settings.num_conv_pos_embedding_groups,
            buckets=settings.num_buckets,
            distance=settings.max_bucket_distance,
            dropout=settings.hidden_dropout,
        )
        ours = _settings(config)
        differing = [name for name in FORM if _listed(settings, name) != _listed(ours, name)]
        if differing:
            raise WeightsError(
                f"{name_or_folder}: another form of WavLM ({', '.join(differing)} differ from Base); "
                "give microsoft/wavlm-base-plus or microsoft/wavlm-base."
            )
        return cls(config, network).eval()

    def forward(
        self, waveform: Float[Tensor, "batch time"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "state batch frame width"]:
        """All states, that before the first layer first, of waveforms in [-1, 1] at 16 kHz, 50 frames per second.

        `mask` is False on padding: no frame attends to it, and only the first convolution, normalised over all time,
        still hears it.
        Raises SoundError for a waveform shorter than one frame.
        """
        if waveform.shape[-1] < SHORTEST:
            raise SoundError(
                f"a waveform of {waveform.shape[-1]} samples is shorter than one frame of {SHORTEST}; "
                "tile or pad it first (hearsight.sound.window)."
            )
        states = self.network(waveform, attention_mask=mask, output_hidden_states=True).hidden_states
        return torch.stack(states)

    def frames(self, samples: int) -> int:
        """How many frames a waveform has."""
        return int(self.network._get_feat_extract_output_lengths(samples))


def frame_mask(mask: Bool[Tensor, "batch time"], frames: int) -> Bool[Tensor, "batch frame"]:
    """Which frames are more than padding: those of whose equal share of the samples any is, as in the published code.

    What remains after dividing the samples evenly is left out at the end.
    """
    share = mask.shape[1] // frames
    return mask[:, : share * frames].unflatten(1, (frames, share)).any(dim=2)


class _Network(WavLMModel):
    """transformers' network with the published rule for padding; its own can mark one frame more."""

    def _get_feature_vector_attention_mask(
        self, feature_vector_length: int, attention_mask: Tensor, add_adapter: Any = None
    ) -> Tensor:
        return frame_mask(attention_mask.bool(), feature_vector_length)


FORM = ("do_stable_layer_norm", "feat_extract_norm", "conv_dim", "conv_kernel", "conv_stride", "conv_bias")
"""Settings of transformers that all sizes in Base's form share."""


def _listed(settings: TransformersConfig, name: str) -> Any:
    """A setting; its tuples come back from files as lists."""
    value = getattr(settings, name)
    return list(value) if isinstance(value, tuple) else value


def _settings(config: WavLMConfig) -> TransformersConfig:
    return TransformersConfig(
        num_hidden_layers=config.layers,
        hidden_size=config.width,
        num_attention_heads=config.heads,
        intermediate_size=config.feedforward,
        conv_dim=[config.convolution] * 7,
        num_conv_pos_embeddings=config.position_kernel,
        num_conv_pos_embedding_groups=config.position_groups,
        num_buckets=config.buckets,
        max_bucket_distance=config.distance,
        hidden_dropout=config.dropout,
        attention_dropout=config.dropout,
        feat_proj_dropout=config.dropout,
        activation_dropout=0.0,
        **NO_MASKS,
    )
