"""VQGAN, the generator of Wav2CLIP and WavBriVL: pictures as a small grid of vectors from a codebook.

Esser, Rombach, Ommer, "Taming Transformers for High-Resolution Image Synthesis" (2021). The network is diffusers'
VQModel, which holds the published weights exactly; quantising is our own, because a search needs the nearest code and
its gradient but none of the training loss. How a search moves through it: Crowson et al., "VQGAN-CLIP" (2022), 3.

    picture --encode--> latent --quantise--> rows of the codebook --decode--> picture
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from hearsight.errors import ConfigError
from hearsight.generators.clamped import unit_pixels

COMMITMENT = 0.25  # weight of one half of the training loss of the codebook
PLACES_AT_ONCE = 4096  # bounds the memory of the distances to a large codebook


@dataclass(frozen=True)
class VQGANConfig:
    """The shape of a VQGAN. The defaults are the published f16 network."""

    size: int = 256
    """Side in pixels of the pictures it was trained on; it is fully convolutional."""
    channels: tuple[int, ...] = (128, 128, 256, 256, 512)
    """Width at each resolution, from the finest down; each next one has half the side."""
    blocks: int = 2
    """Residual blocks of the encoder at each resolution; the decoder has one more."""
    codes: int = 16384
    """Rows of the codebook."""
    code_width: int = 256
    """Width of a row, and of the latents."""
    groups: int = 32
    """Groups of every GroupNorm; the widths are multiples of it."""
    patch: int = 1
    """Side of the squares of pixels that are folded into channels at the finest resolution; 1 folds nothing."""

    def __post_init__(self) -> None:
        for width in (*self.channels, self.code_width):
            if width % self.groups:
                raise ConfigError(f"channels: {width} cannot be split into {self.groups} groups; use a multiple of it.")
        if self.size % self.factor:
            raise ConfigError(f"size={self.size}: must be a multiple of {self.factor}, the pixels that share a code.")

    @property
    def factor(self) -> int:
        """Side in pixels of the square that one code stands for."""
        return self.patch * 2 ** (len(self.channels) - 1)


def published(codes: int = 16384) -> VQGANConfig:
    """ImageNet f16, with 16384 codes (Wav2CLIP's) or 1024 (the one WavBriVL's authors use)."""
    return VQGANConfig(codes=codes)


def pocket() -> VQGANConfig:
    """What ships with the package: 128 pixels, 8 x 8 codes; 2 x 2 pixels folded into one spare the finest layers."""
    return VQGANConfig(size=128, channels=(16, 24, 48, 96), blocks=1, codes=1024, code_width=32, groups=8, patch=2)


def debug() -> VQGANConfig:
    """Random and tiny, for tests and docs."""
    return VQGANConfig(size=16, channels=(8, 8), blocks=1, codes=16, code_width=4, groups=4)


class Reconstruction(NamedTuple):
    """What training needs to know of pictures that went through the codebook and back."""

    picture: Float[Tensor, "batch 3 height width"]
    """The pictures as they came out."""
    codes: Int[Tensor, "batch row column"]
    """The rows of the codebook they went through."""
    codebook_loss: Float[Tensor, ""]
    """How far the encoder and the codebook are apart (equation 4 of the paper)."""
    latent: Float[Tensor, "batch code_width row column"]
    """What the encoder gave, before it was quantised."""


class VQGAN(nn.Module):
    """An encoder, a codebook, a decoder. Pictures are in [-1, 1]."""

    def __init__(self, config: VQGANConfig) -> None:
        super().__init__()
        self.config = config
        self.network = _vq_model(config)

    def forward(self, picture: Float[Tensor, "batch 3 height width"]) -> Reconstruction:
        """Pictures to codes and back, with the loss that trains the codebook."""
        latent = self.encode(picture).float()  # under autocast the codebook and its loss stay exact
        codes = self.nearest(latent)
        rows = self.lookup(codes)
        # The published "legacy" form puts the commitment weight on the codebook's half of the loss.
        loss = (rows.detach() - latent).square().mean() + COMMITMENT * (rows - latent.detach()).square().mean()
        return Reconstruction(self.decode(_StraightThrough.apply(latent, rows)), codes, loss, latent)

    def encode(self, picture: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch code_width row column"]:
        """Latents of pictures, not quantised. Sides must be multiples of `config.factor`."""
        height, width = picture.shape[-2:]
        if height % self.config.factor or width % self.config.factor:
            raise ConfigError(f"a picture of {width} x {height}: both sides must be multiples of {self.config.factor}.")
        return self.network.encode(functional.pixel_unshuffle(picture, self.config.patch)).latents

    def decode(self, latent: Float[Tensor, "batch code_width row column"]) -> Float[Tensor, "batch 3 height width"]:
        """Pictures of latents as they are, about in [-1, 1] and not clamped."""
        folded = self.network.decode(latent, force_not_quantize=True).sample
        return functional.pixel_shuffle(folded, self.config.patch)

    @property
    def drawing(self) -> tuple[nn.Module, nn.Module]:
        """The layers that turn rows of the codebook into a picture."""
        return self.network.post_quant_conv, self.network.decoder

    @property
    def last_layer(self) -> Float[Tensor, "colours width 3 3"]:
        """The kernels that give the decoder's colours, whose gradients weigh losses against each other in training."""
        return self.network.decoder.conv_out.weight

    def draw(self, latent: Float[Tensor, "batch code_width row column"]) -> Float[Tensor, "batch 3 height width"]:
        """Pixels in [0, 1] of the codes nearest to `latent`, with a gradient to move it by: what a search decodes."""
        return unit_pixels(self.decode(self.quantise(latent)))

    def draw_mixture(self, logits: Float[Tensor, "batch codes row column"]) -> Float[Tensor, "batch 3 height width"]:
        """As `draw`, of a score for every code at every place: the best code, with the gradient of a soft choice."""
        soft = torch.einsum("bnrc,nd->bdrc", logits.softmax(dim=1), self.codebook)
        return unit_pixels(self.decode(_StraightThrough.apply(soft, self.lookup(logits.argmax(dim=1)))))

    # The codebook ------------------------------------------------------------------------------------------------

    @property
    def codebook(self) -> Float[Tensor, "codes code_width"]:
        """The rows that latents are made of."""
        return self.network.quantize.embedding.weight

    @torch.no_grad()
    def nearest(self, latent: Float[Tensor, "batch code_width row column"]) -> Int[Tensor, "batch row column"]:
        """The number of the codebook row nearest to each latent, by squared Euclidean distance."""
        places = latent.movedim(1, -1).flatten(0, -2)  # [place, code_width]
        squares = self.codebook.square().sum(dim=1)
        # The latent's own square is the same for every row and left out.
        with torch.autocast(latent.device.type, enabled=False):  # rounded products would give other codes
            found = [(squares - 2 * some @ self.codebook.mT).argmin(dim=1) for some in places.split(PLACES_AT_ONCE)]
        return torch.cat(found).view(len(latent), *latent.shape[2:])

    def lookup(self, codes: Int[Tensor, "batch row column"]) -> Float[Tensor, "batch code_width row column"]:
        """The latents of codes."""
        return self.codebook[codes].movedim(-1, 1).contiguous()

    def quantise(
        self, latent: Float[Tensor, "batch code_width row column"]
    ) -> Float[Tensor, "batch code_width row column"]:
        """The nearest rows of the codebook; the gradient goes straight through to `latent`."""
        return _StraightThrough.apply(latent, self.lookup(self.nearest(latent)))

    @torch.no_grad()
    def within_codebook(
        self, latent: Float[Tensor, "batch code_width row column"]
    ) -> Float[Tensor, "batch code_width row column"]:
        """`latent` with every channel clamped to its range in the codebook, as after each step of VQGAN-CLIP."""
        low, high = self.codebook.amin(dim=0), self.codebook.amax(dim=0)
        return latent.clamp(low[:, None, None], high[:, None, None])

    @torch.no_grad()
    def random_latent(
        self, random: torch.Generator, height: int | None = None, width: int | None = None
    ) -> Float[Tensor, "code_width row column"]:
        """Randomly drawn codebook rows for a picture of `height` x `width` pixels, `config.size` unless given.

        Sides are rounded down to whole codes, at least one.
        """
        rows, columns = (max(1, (side or self.config.size) // self.config.factor) for side in (height, width))
        codes = torch.randint(self.config.codes, (1, rows, columns), generator=random)
        return self.lookup(codes.to(self.codebook.device))[0]


class _StraightThrough(torch.autograd.Function):
    """Gives `rows` back bit for bit, and its gradient to both: `latent` moves as if it had been used itself."""

    @staticmethod
    def forward(ctx: Any, latent: Tensor, rows: Tensor) -> Tensor:
        return rows.view_as(rows)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        # The codebook learns from its own loss alone.
        return gradients[0], None


def _vq_model(config: VQGANConfig) -> Any:
    """diffusers' network: attention at the lowest resolution and in the middle."""
    from diffusers import VQModel

    plain = len(config.channels) - 1
    return VQModel(
        in_channels=3 * config.patch**2,
        out_channels=3 * config.patch**2,
        block_out_channels=config.channels,
        layers_per_block=config.blocks,
        down_block_types=("DownEncoderBlock2D",) * plain + ("AttnDownEncoderBlock2D",),
        up_block_types=("AttnUpDecoderBlock2D",) + ("UpDecoderBlock2D",) * plain,
        latent_channels=config.code_width,
        num_vq_embeddings=config.codes,
        vq_embed_dim=config.code_width,
        norm_num_groups=config.groups,
        act_fn="silu",
        mid_block_add_attention=True,
    )
