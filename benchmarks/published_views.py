"""The cutouts of the published VQGAN-CLIP loop ("latest"), the way that loop makes them.

The same picture is pooled once per cutout; then kornia's changes run over the batch, each by itself and in this order:
affine, perspective, colour jitter (brightness, contrast, saturation, hue, the last two through HSV), erasing; then
noise. As in kornia, a change is computed for the views that it happens to and written back among the others. kornia's
bookkeeping is left out, so this costs less than the published loop does.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from hearsight.samplers.cutouts import CutoutsConfig

CORNERS = ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))


def published_views(
    picture: Float[Tensor, "1 3 height width"], config: CutoutsConfig, random: torch.Generator
) -> Float[Tensor, "view 3 size size"]:
    """Views of one picture, as `hearsight.samplers.cutouts` makes them in fewer operations."""
    size = (config.size, config.size)
    pooled = [
        (functional.adaptive_avg_pool2d(picture, size) + functional.adaptive_max_pool2d(picture, size)) / 2
        for _ in range(config.count)
    ]
    views = torch.cat(pooled)
    for change in (_affine, _perspective, _jitter):
        chosen = _happens(config, random)
        if chosen.any():
            views = views.index_put((chosen,), change(views[chosen], config, random))
    if torch.rand(1, generator=random) < config.chance:
        views = _erase(views, config, random)
    strength = torch.rand(config.count, 1, 1, 1, generator=random) * config.noise
    return views + strength * torch.randn(views.shape, generator=random)


def _affine(
    views: Float[Tensor, "view 3 size size"], config: CutoutsConfig, random: torch.Generator
) -> Float[Tensor, "view 3 size size"]:
    angle, shear, right, down = _symmetric((4, len(views)), random)
    angle, shear = angle * math.radians(config.degrees), torch.tan(shear * math.radians(config.shear))
    cos, sin = angle.cos(), angle.sin()
    across = torch.stack([cos, cos * shear - sin, 2 * config.shift * right], dim=1)
    along = torch.stack([sin, sin * shear + cos, 2 * config.shift * down], dim=1)
    grid = functional.affine_grid(torch.stack([across, along], dim=1), list(views.shape), align_corners=False)
    return functional.grid_sample(views, grid, align_corners=False)


def _perspective(
    views: Float[Tensor, "view 3 size size"], config: CutoutsConfig, random: torch.Generator
) -> Float[Tensor, "view 3 size size"]:
    corners = torch.tensor(CORNERS)
    x, y = (corners * (1 - torch.rand(len(views), 4, 2, generator=random) * config.perspective)).unbind(-1)
    u, v = corners.expand(len(views), 4, 2).unbind(-1)
    one, zero = torch.ones_like(x), torch.zeros_like(x)
    # From the places of a view to those of the picture: its corners are seen further inside.
    upper = torch.stack([x, y, one, zero, zero, zero, -x * u, -y * u], dim=-1)
    lower = torch.stack([zero, zero, zero, x, y, one, -x * v, -y * v], dim=-1)
    solved = torch.linalg.solve(torch.cat([upper, lower], dim=1), torch.cat([u, v], dim=1))
    matrix = torch.cat([solved, torch.ones(len(views), 1)], dim=1).view(-1, 3, 3)
    centres = (torch.arange(config.size) * 2 + 1) / config.size - 1
    rows, columns = torch.meshgrid(centres, centres, indexing="ij")
    places = torch.stack([columns, rows, torch.ones_like(rows)], dim=-1).view(1, -1, 3) @ matrix.mT
    grid = (places[..., :2] / places[..., 2:]).view(-1, config.size, config.size, 2)
    return functional.grid_sample(views, grid, align_corners=False)


# Colour ------------------------------------------------------------------------------------------------------------


def _jitter(
    views: Float[Tensor, "view 3 size size"], config: CutoutsConfig, random: torch.Generator
) -> Float[Tensor, "view 3 size size"]:
    """The four changes of colour in a random order, each clamped to [0, 1]."""
    amounts = config.colour * _symmetric((4, len(views), 1, 1, 1), random)
    changes = (_brightness, _contrast, _saturation, _hue)
    for number in torch.randperm(4, generator=random).tolist():
        views = changes[number](views, amounts[number])
    return views


def _brightness(views: Float[Tensor, "view 3 h w"], amount: Float[Tensor, "view 1 1 1"]) -> Float[Tensor, "view 3 h w"]:
    return (views * (1 + amount)).clamp(0, 1)


def _contrast(views: Float[Tensor, "view 3 h w"], amount: Float[Tensor, "view 1 1 1"]) -> Float[Tensor, "view 3 h w"]:
    red, green, blue = views.unbind(1)
    mean = (0.299 * red + 0.587 * green + 0.114 * blue).mean(dim=(1, 2))[:, None, None, None]
    return (views * (1 + amount) - mean * amount).clamp(0, 1)


def _saturation(views: Float[Tensor, "view 3 h w"], amount: Float[Tensor, "view 1 1 1"]) -> Float[Tensor, "view 3 h w"]:
    hue, saturation, value = _to_hsv(views)
    return _from_hsv(hue, (saturation * (1 + amount[:, 0])).clamp(0, 1), value)


def _hue(views: Float[Tensor, "view 3 h w"], amount: Float[Tensor, "view 1 1 1"]) -> Float[Tensor, "view 3 h w"]:
    hue, saturation, value = _to_hsv(views)
    return _from_hsv((hue + amount[:, 0]) % 1, saturation, value)


def _to_hsv(views: Float[Tensor, "view 3 h w"]) -> tuple[Tensor, Tensor, Tensor]:
    """Hue in turns, saturation and value."""
    value, largest = views.max(dim=1)
    spread = value - views.min(dim=1).values
    saturation = spread / (value + 1e-8)
    spread = torch.where(spread == 0, torch.ones_like(spread), spread)
    red, green, blue = (value[:, None] - views).unbind(1)
    hues = torch.stack([blue - green, (red - blue) + 2 * spread, (green - red) + 4 * spread], dim=1)
    hue = hues.gather(1, largest[:, None])[:, 0] / spread
    return (hue / 6) % 1, saturation, value


def _from_hsv(hue: Tensor, saturation: Tensor, value: Tensor) -> Float[Tensor, "view 3 h w"]:
    sector = torch.floor(hue * 6) % 6
    rest = hue * 6 % 6 - sector
    p, q, t = value * (1 - saturation), value * (1 - rest * saturation), value * (1 - (1 - rest) * saturation)
    orders = ((value, q, p, p, t, value), (t, value, value, q, p, p), (p, p, t, value, value, q))
    number = sector.long()[:, None]
    return torch.cat([torch.stack(order, dim=1).gather(1, number) for order in orders], dim=1)


# Erasing ------------------------------------------------------------------------------------------------------------


def _erase(
    views: Float[Tensor, "view 3 size size"], config: CutoutsConfig, random: torch.Generator
) -> Float[Tensor, "view 3 size size"]:
    """One rectangle, the same in all views, is black."""
    low, high = config.erased
    area = (low + float(torch.rand(1, generator=random)) * (high - low)) * config.size**2
    low, high = config.erased_ratio
    ratio = low + float(torch.rand(1, generator=random)) * (high - low)
    height, width = (min(config.size, round(side)) for side in (math.sqrt(area * ratio), math.sqrt(area / ratio)))
    top, left = (int(torch.randint(config.size - side + 1, (1,), generator=random)) for side in (height, width))
    mask = torch.zeros_like(views)
    mask[:, :, top : top + height, left : left + width] = 1
    return torch.where(mask == 1, torch.zeros_like(views), views)


def _happens(config: CutoutsConfig, random: torch.Generator) -> Bool[Tensor, " view"]:
    return torch.rand(config.count, generator=random) < config.chance


def _symmetric(shape: tuple[int, ...], random: torch.Generator) -> Float[Tensor, "*shape"]:
    """Uniform in [-1, 1]."""
    return torch.rand(shape, generator=random) * 2 - 1
