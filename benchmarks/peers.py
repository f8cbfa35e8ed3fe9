"""The peers: well-kept networks of other hands for the same jobs, at our number of parameters.

The ear's peer is transformers' Audio Spectrogram Transformer, the usual network for sound events (AudioSet, ESC-50);
like ours, and unlike Wav2Vec2's kind, it looks at a log-mel spectrogram. The U-Net's peer is diffusers' UNet2DModel in
the form of Ho et al. for CIFAR-10: two blocks per resolution, widths 1, 2, 2, 2, attention at 16 x 16. The
denoising_diffusion_pytorch package has the same network, but cannot be imported without torchvision.

Nothing of Hearsight is imported here: a fresh process with these peers must pay for itself alone.
"""

import warnings

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EAR_RATE = 16000
EAR_LAYERS = 4
MEL_BANDS = 128
FRAMES_PER_SECOND = 100

PATCH = 2
"""Side of the squares of pixels that the cheaper of the two painting peers folds into channels."""


class Ear(nn.Module):
    """A waveform at 16 kHz in, an embedding out: AST's feature extractor and network."""

    def __init__(self, width: int, seconds: float) -> None:
        super().__init__()
        from transformers import ASTConfig, ASTFeatureExtractor, ASTModel

        frames = max(round(seconds * FRAMES_PER_SECOND) - 2, 16)
        with warnings.catch_warnings(action="ignore"):  # that some of AST's 128 filters are empty: as published
            self.extractor = ASTFeatureExtractor(max_length=frames, num_mel_bins=MEL_BANDS)
        settings = ASTConfig(
            hidden_size=width,
            intermediate_size=4 * width,
            num_hidden_layers=EAR_LAYERS,
            num_attention_heads=max(width // 32, 1),
            max_length=frames,
            num_mel_bins=MEL_BANDS,
        )
        self.network = ASTModel(settings).eval()

    @torch.inference_mode()
    def forward(self, spectrogram: Tensor) -> Tensor:
        """Spectrograms [batch, frame, band] to embeddings [batch, width]."""
        return self.network(spectrogram).pooler_output

    def spectrogram(self, waveform: Tensor) -> Tensor:
        """Waveforms [batch, time] to spectrograms [batch, frame, band]."""
        return self.extractor(list(waveform.numpy()), sampling_rate=EAR_RATE, return_tensors="pt").input_values


def ear_of(parameters: int, seconds: float) -> Ear:
    """The Ear of about so many parameters that hears so many seconds."""
    # Per layer 12 width^2; 256 numbers of every patch and about one position for every ten by ten of the spectrogram.
    places = (seconds * FRAMES_PER_SECOND // 10) * (MEL_BANDS // 10)
    fits = [width for width in range(32, 1024, 32) if 12 * EAR_LAYERS * width**2 + (256 + places) * width <= parameters]
    return Ear(fits[-1] if fits else 32, seconds)


class Painter(nn.Module):
    """UNet2DModel that hears an embedding; it has the signature of our own networks, so both can share one sampler.

    `patch` folds squares of pixels into channels: with it the peer works on smaller feature maps and is quicker,
    without it the peer is the network of Ho et al. as it stands.
    """

    def __init__(self, width: int, size: int, embed: int, patch: int = 1) -> None:
        super().__init__()
        from diffusers.models.unets.unet_2d import UNet2DModel

        self.patch = patch
        side = size // patch
        attends = [side // 2**level == 16 for level in range(4)]
        self.network = UNet2DModel(
            sample_size=side,
            in_channels=3 * patch**2,
            out_channels=3 * patch**2,
            block_out_channels=(width, 2 * width, 2 * width, 2 * width),
            down_block_types=tuple("AttnDownBlock2D" if here else "DownBlock2D" for here in attends),
            up_block_types=tuple("AttnUpBlock2D" if here else "UpBlock2D" for here in reversed(attends)),
            layers_per_block=2,
            norm_num_groups=4,
            class_embed_type="identity",
        )
        self.projection = nn.Linear(embed, 4 * width)

    def forward(self, noisy: Tensor, timestep: Tensor, embedding: Tensor) -> Tensor:
        """The noise in `noisy` [batch, 3, height, width] after `timestep` steps, `embedding` [batch, embed] heard."""
        folded = F.pixel_unshuffle(noisy, self.patch)
        predicted = self.network(folded, timestep, class_labels=self.projection(embedding)).sample
        return F.pixel_shuffle(predicted, self.patch)


def painter_of(parameters: int, size: int, embed: int, patch: int = 1) -> Painter:
    """The Painter whose number of parameters is nearest."""

    def distance(width: int) -> int:
        with torch.device("meta"):
            return abs(sum(weight.numel() for weight in Painter(width, size, embed, patch).parameters()) - parameters)

    # Parameters grow as the square of the width: about 2200 of them per unit of width squared.
    guess = max(round((parameters / 2200) ** 0.5 / 4) * 4, 8)
    return Painter(min(range(max(guess - 8, 8), guess + 12, 4), key=distance), size, embed, patch)
