"""Convolutions with gated linear units, of which StackGAN-v2's generators are made."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

REPEATED = ((0.0, 0.0, 1.0), (0.0, 1.0, 1.0), (1.0, 1.0, 0.0), (1.0, 0.0, 0.0))
"""Along one axis: which weights of a 3 x 3 kernel meet at a place that is repeated before the convolution."""


class Gated(nn.Module):
    """A 3 x 3 kernel and batch normalisation; half of the outcome gates the other half."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, 2 * after, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(2 * after)

    def gated(self, x: Float[Tensor, "batch twice height width"]) -> Float[Tensor, "batch after height width"]:
        """What comes after the convolution."""
        return functional.glu(self.norm(x), dim=1)


class GatedConvolution(Gated):
    """A gated convolution."""

    def forward(
        self, x: Float[Tensor, "batch seen height width"], everywhere: Float[Tensor, "batch told"] | None = None
    ) -> Float[Tensor, "batch after height width"]:
        """With `everywhere`, the first channels of the input are that at every place, and `x` is the others."""
        return self.gated(self.conv(x) if everywhere is None else told_everywhere(everywhere, x, self.conv.weight))


class GatedUp(Gated):
    """The same at twice the height and width, every place repeated before it."""

    def forward(self, x: Float[Tensor, "batch before height width"]) -> Float[Tensor, "batch after higher wider"]:
        return self.gated(repeated(x, self.conv.weight))


def repeated(
    x: Float[Tensor, "batch before height width"], kernel: Float[Tensor, "after before 3 3"]
) -> Float[Tensor, "batch after higher wider"]:
    """The convolution of `x` with every place repeated twice in height and width.

    A transposed convolution of `x` itself is the same, with less than half of the multiplications.
    """
    fold = kernel.new_tensor(REPEATED)
    return functional.conv_transpose2d(x, torch.einsum("ak,bl,oikl->ioab", fold, fold, kernel), stride=2, padding=1)


def told_everywhere(
    told: Float[Tensor, "batch told"],
    seen: Float[Tensor, "batch seen height width"],
    kernel: Float[Tensor, "after before 3 3"],
) -> Float[Tensor, "batch after height width"]:
    """The convolution of `told` at every place beside `seen`.

    What is the same everywhere is convolved at nine places, of which the outermost stand for the borders: there the
    padding is felt, in between every place is alike. `seen` has at least two rows and columns.
    """
    width = told.shape[1]
    nine = functional.conv2d(told[:, :, None, None].expand(-1, -1, 3, 3), kernel[:, :width], padding=1)
    for dimension in (2, 3):
        first, inner, last = nine.split(1, dim=dimension)
        shape = list(inner.shape)
        shape[dimension] = seen.shape[dimension] - 2
        nine = torch.cat((first, inner.expand(shape), last), dim=dimension)
    return nine + functional.conv2d(seen, kernel[:, width:], padding=1)


class GatedResidual(nn.Module):
    """A gated and a plain convolution beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = GatedConvolution(width, width)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Float[Tensor, "batch width height across"]) -> Float[Tensor, "batch width height across"]:
        return x + self.norm(self.second(self.first(x)))
