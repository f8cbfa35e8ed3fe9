"""Convolutions with gated linear units, of which StackGAN-v2's generators are made."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


class GatedConvolution(nn.Module):
    """A 3 x 3 convolution and batch normalisation; half of the outcome gates the other half."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, 2 * after, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(2 * after)

    def forward(self, x: Float[Tensor, "batch before height width"]) -> Float[Tensor, "batch after height width"]:
        return functional.glu(self.norm(self.conv(x)), dim=1)


class GatedUp(GatedConvolution):
    """The same at twice the height and width, every place repeated before it."""

    def forward(self, x: Float[Tensor, "batch before height width"]) -> Float[Tensor, "batch after higher wider"]:
        return super().forward(functional.interpolate(x, scale_factor=2.0, mode="nearest"))


class GatedResidual(nn.Module):
    """A gated and a plain convolution beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = GatedConvolution(width, width)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Float[Tensor, "batch width height across"]) -> Float[Tensor, "batch width height across"]:
        return x + self.norm(self.second(self.first(x)))
