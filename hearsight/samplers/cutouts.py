"""The many views of a picture that a search shows to an encoder, so that no view can be fooled alone.

VQGAN-CLIP's published settings: every view is the whole picture, pooled to the encoder's size, then turned, seen in
perspective, coloured, partly erased and roughened. The published loop pools the same picture once per view and runs
each change over all pixels. Here it is pooled once; turning and perspective are one matrix and one sampling; all
changes of colour are one matrix, because each of them is linear in the colours (hue as a rotation of the two axes of
chroma, contrast about the picture's mean grey).
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from hearsight.seeds import generator

GREY = (0.299, 0.587, 0.114)  # how bright red, green and blue look
CHROMA = ((0.596, -0.274, -0.322), (0.211, -0.523, 0.312))  # the other two axes of YIQ
CORNERS = ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))


@dataclass(frozen=True)
class CutoutsConfig:
    """How many views, and what becomes of them. The defaults are VQGAN-CLIP's."""

    count: int = 32
    """Views of a picture at every step; 1 with `chance` 0 and no noise shows the picture as it is."""
    size: int = 224
    """Side in pixels that the encoder looks at."""
    pooling: Literal["mean and maximum", "area"] = "mean and maximum"
    """How a picture gets that size: half the average, half the maximum of each cell; or exact areas (StyleCLIP)."""
    chance: float = 0.7
    """Probability of each change: of position, perspective and colour per view, of erasing for all views at once."""
    degrees: float = 15.0
    """Largest turn."""
    shift: float = 0.1
    """Largest shift, as a share of the side."""
    shear: float = 5.0
    """Largest shear in degrees."""
    perspective: float = 0.7
    """How far a corner may move towards the middle, as a share of half the side."""
    colour: float = 0.1
    """Largest change of brightness, contrast and saturation, and of hue in turns."""
    erased: tuple[float, float] = (0.1, 0.4)
    """Share of the area that is erased."""
    erased_ratio: tuple[float, float] = (0.3, 3.3)
    """Height over width of what is erased."""
    noise: float = 0.1
    """Largest deviation of the noise that is added."""


def whole(size: int) -> CutoutsConfig:
    """The picture as it is, once, reduced by exact areas: what StyleCLIP and StyleWav show to CLIP."""
    return CutoutsConfig(count=1, size=size, pooling="area", chance=0.0, noise=0.0)


def cutouts(
    picture: Float[Tensor, "3 height width"], config: CutoutsConfig, *seed: int | str
) -> Float[Tensor, "view 3 size size"]:
    """Views of one picture with pixels in [0, 1]; all that is random in them comes from `seed`."""
    random = generator(*seed)
    small = pool(picture[None], config)
    if config.chance == 0:
        views = small.expand(config.count, -1, -1, -1)
    else:
        views = _seen_through(small, _homographies(config, random).to(small), config.size)
        views = _recoloured(views, _colour_changes(config, random).to(small))
        views = views * _erasure(config, random).to(small)
    if config.noise:
        strength = config.noise * torch.rand(config.count, 1, 1, 1, generator=random)
        views = views + (strength * torch.randn(views.shape, generator=random)).to(small)
    return views


def pool(pictures: Float[Tensor, "batch 3 height width"], config: CutoutsConfig) -> Float[Tensor, "batch 3 size size"]:
    """Pictures at the encoder's size."""
    if config.pooling == "area":
        return shrink(pictures, config.size)
    size = (config.size, config.size)
    return (F.adaptive_avg_pool2d(pictures, size) + F.adaptive_max_pool2d(pictures, size)) / 2


def shrink(pictures: Float[Tensor, "batch 3 height width"], size: int) -> Float[Tensor, "batch 3 size size"]:
    """Pictures at `size` x `size`, each new pixel the mean of exactly the area it covers.

    StyleCLIP reaches the same numbers by blowing 1024 pixels up to 7168 and averaging 32 x 32 of them.
    """
    rows, columns = (_areas(side, size).to(pictures) for side in pictures.shape[-2:])
    return rows @ pictures @ columns.mT


def _areas(inside: int, outside: int) -> Float[Tensor, "outside inside"]:
    """How much of each new pixel each old one covers."""
    new = torch.arange(outside)[:, None] * inside  # edges of both kinds, in units that make them whole numbers
    old = torch.arange(inside)[None] * outside
    overlap = torch.minimum(new + inside, old + outside) - torch.maximum(new, old)
    return overlap.clamp(min=0) / inside


# Position and perspective -----------------------------------------------------------------------------------------


def _homographies(config: CutoutsConfig, random: torch.Generator) -> Float[Tensor, "view 3 3"]:
    """From a place in a view to the place in the picture that is seen there, both in [-1, 1]."""
    count = config.count
    identity = torch.eye(3).expand(count, 3, 3)
    turned = torch.linalg.inv(_affine(config, _symmetric((count, 4), random)))
    bent = _quadrilateral(torch.rand(count, 4, 2, generator=random) * config.perspective)
    turned = torch.where(_happens(config, random)[:, None, None], turned, identity)
    return turned @ torch.where(_happens(config, random)[:, None, None], bent, identity)


def _affine(config: CutoutsConfig, amount: Float[Tensor, "view 4"]) -> Float[Tensor, "view 3 3"]:
    """Shear, turn and shift, each `amount` (in [-1, 1]) of the largest."""
    angle, shear = amount[:, 0] * math.radians(config.degrees), torch.tan(amount[:, 1] * math.radians(config.shear))
    shift = 2 * config.shift * amount[:, 2:]  # a side is 2 long
    zero, one = torch.zeros_like(angle), torch.ones_like(angle)
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = (
        torch.stack([cos, cos * shear - sin, shift[:, 0]], dim=1),
        torch.stack([sin, sin * shear + cos, shift[:, 1]], dim=1),
        torch.stack([zero, zero, one], dim=1),
    )
    return torch.stack(rows, dim=1)


def _quadrilateral(inwards: Float[Tensor, "view corner 2"]) -> Float[Tensor, "view 3 3"]:
    """The homography that takes the four corners, moved `inwards`, back to the corners of the square."""
    corners = torch.tensor(CORNERS)
    x, y = (corners * (1 - inwards)).unbind(-1)  # [view, corner]
    u, v = corners.expand_as(inwards).unbind(-1)
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    equations = torch.cat(
        [
            torch.stack([x, y, one, zero, zero, zero, -u * x, -u * y], dim=-1),
            torch.stack([zero, zero, zero, x, y, one, -v * x, -v * y], dim=-1),
        ],
        dim=1,
    )
    solved = torch.linalg.solve(equations.double(), torch.cat([u, v], dim=1).double()).float()
    return torch.cat([solved, torch.ones(len(solved), 1)], dim=1).view(-1, 3, 3)


def _seen_through(
    picture: Float[Tensor, "1 3 height width"], homographies: Float[Tensor, "view 3 3"], size: int
) -> Float[Tensor, "view 3 size size"]:
    """The picture through every homography, black outside it."""
    centres = (torch.arange(size).to(picture) * 2 + 1) / size - 1
    y, x = torch.meshgrid(centres, centres, indexing="ij")
    places = torch.stack([x, y, torch.ones_like(x)], dim=-1).view(1, -1, 3) @ homographies.mT  # [view, place, 3]
    # Places behind the eye of a strong perspective have no meaning; they are sent outside.
    grid = torch.where(places[..., 2:] > 1e-6, places[..., :2] / places[..., 2:].clamp(min=1e-6), 9.0)
    # One tall view instead of a batch: the picture is not copied, and its gradient is summed where it is made.
    tall = F.grid_sample(picture, grid.view(1, -1, size, 2), padding_mode="zeros", align_corners=False)
    return tall[0].unflatten(1, (-1, size)).transpose(0, 1)


# Colour, erasing --------------------------------------------------------------------------------------------------


def _colour_changes(config: CutoutsConfig, random: torch.Generator) -> Float[Tensor, "view 4"]:
    """Brightness, contrast and saturation as factors, hue in turns; 1, 1, 1 and 0 where nothing happens."""
    change = config.colour * _symmetric((config.count, 4), random) * _happens(config, random)[:, None]
    return change + torch.tensor([1.0, 1.0, 1.0, 0.0])


def _recoloured(
    views: Float[Tensor, "view 3 size size"], change: Float[Tensor, "view 4"]
) -> Float[Tensor, "view 3 size size"]:
    """Views after their `change` of colours."""
    brightness, contrast, saturation, hue = change[:, :, None, None].unbind(1)  # each [view, 1, 1]
    grey = views.new_tensor(GREY).expand(3, 3)
    to_yiq = torch.stack([grey[0], *views.new_tensor(CHROMA)])
    angle = 2 * math.pi * hue
    cos, sin, zero, one = torch.cos(angle), torch.sin(angle), torch.zeros_like(hue), torch.ones_like(hue)
    turn = torch.cat([torch.cat(row, dim=2) for row in ((one, zero, zero), (zero, cos, -sin), (zero, sin, cos))], dim=1)
    matrix = torch.linalg.inv(to_yiq) @ turn @ to_yiq  # [view, 3, 3]
    matrix = saturation * matrix + (1 - saturation) * grey @ matrix
    mean = (grey[0] @ views.flatten(2)).mean(dim=1)[:, None, None, None]  # of each view's grey
    colours = (brightness * contrast * matrix) @ views.flatten(2) + (1 - contrast) * brightness * mean[..., 0]
    return colours.unflatten(2, views.shape[2:]).clamp(0, 1)


def _erasure(config: CutoutsConfig, random: torch.Generator) -> Float[Tensor, "size size"]:
    """0 in one rectangle, 1 elsewhere; the same for all views."""
    chance, area, ratio, top, left = torch.rand(5, generator=random).tolist()
    mask = torch.ones(config.size, config.size)
    if chance >= config.chance:
        return mask
    area = config.erased[0] + area * (config.erased[1] - config.erased[0])
    ratio = config.erased_ratio[0] + ratio * (config.erased_ratio[1] - config.erased_ratio[0])
    sides = math.sqrt(area * ratio), math.sqrt(area / ratio)
    height, width = (min(config.size, round(config.size * side)) for side in sides)
    row, column = round(top * (config.size - height)), round(left * (config.size - width))
    mask[row : row + height, column : column + width] = 0
    return mask


def _happens(config: CutoutsConfig, random: torch.Generator) -> Tensor:
    return torch.rand(config.count, generator=random) < config.chance


def _symmetric(shape: tuple[int, ...], random: torch.Generator) -> Float[Tensor, "*shape"]:
    """Uniform in [-1, 1]."""
    return torch.rand(shape, generator=random) * 2 - 1
