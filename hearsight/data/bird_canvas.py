"""Paint that is four times as fine as the picture, and beside it a map of which part of the bird is where."""

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw

from hearsight.data.bird_colours import Colour

FINENESS = 4
"""Side of the squares that are averaged into one pixel, in fine pixels: that is what makes edges smooth."""

Outline = Float[np.ndarray, "point 2"]
Window = tuple[int, int, int, int]


class Canvas:
    """A square to paint on, from (0, 0) at the top left to (1, 1); y points down."""

    def __init__(self, ground: Image.Image, size: int, mapped: bool = False) -> None:
        """`ground` is enlarged to `size` pixels; only a `mapped` canvas knows where the parts are."""
        self.size, self.side = size, size * FINENESS
        self._paint = ground.resize((self.side, self.side), Image.Resampling.BILINEAR)
        self._parts = Image.new("L", (self.side, self.side)) if mapped else None
        self._pen = ImageDraw.Draw(self._paint, "RGBA")
        self._marker = ImageDraw.Draw(self._parts) if self._parts else None

    def fill(self, outline: Outline, colour: Colour, part: int) -> None:
        """Fill an outline; what is under it belongs to part number `part` from now on."""
        points = self._points(outline)
        self._pen.polygon(points, colour)
        if self._marker:
            self._marker.polygon(points, part)

    def tint(self, outline: Outline, colour: Colour, opacity: int = 255) -> None:
        """Fill an outline, and leave what is under it part of what it was."""
        self._pen.polygon(self._points(outline), (*colour, opacity))

    def disc(self, centre: Float[np.ndarray, " 2"], radius: float, colour: Colour, opacity: int = 255) -> None:
        """A filled circle; one that hides what is under it belongs to no part."""
        box = self._points(np.stack([centre - radius, centre + radius]))
        self._pen.ellipse(box, (*colour, opacity))
        if self._marker and opacity == 255:
            self._marker.ellipse(box, 0)

    def line(self, points: Outline, width: float, colour: Colour, opacity: int = 255) -> None:
        """A line from point to point."""
        self._pen.line(self._points(points), (*colour, opacity), max(1, round(width * self.side)), joint="curve")

    def window(self, outline: Outline) -> Window:
        """The fine pixels around an outline: left, top, right and bottom."""
        (left, top), (right, bottom) = outline.min(axis=0) * self.side - 1, outline.max(axis=0) * self.side + 2
        return int(left), int(top), int(right), int(bottom)

    def stencil(self, outline: Outline, window: Window) -> Image.Image:
        """The inside of an outline as a mask of a window."""
        left, top, right, bottom = window
        mask = Image.new("L", (right - left, bottom - top))
        ImageDraw.Draw(mask).polygon((outline * self.side - (left, top)).ravel().tolist(), 255)
        return mask

    def spray(self, mask: Image.Image, window: Window, colour: Colour, part: int | None = None) -> None:
        """Paint through the mask of a window; with `part`, what is under it belongs to that part from now on."""
        self._paint.paste(colour, window, mask)
        if self._parts and part is not None:
            self._parts.paste(part, window, mask)

    @property
    def picture(self) -> Image.Image:
        """The RGB picture."""
        return self._paint.reduce(FINENESS)

    @property
    def part_numbers(self) -> UInt8[np.ndarray, "height width"]:
        """Number of the part that fills a pixel from edge to edge; 0 where there is none, or more than one.

        Raises ValueError unless the canvas is `mapped`.
        """
        if self._parts is None:
            raise ValueError("this canvas has no map of parts; make it with mapped=True.")
        fine = np.asarray(self._parts).reshape(self.size, FINENESS, self.size, FINENESS)
        least = fine.min(axis=(1, 3))
        return np.where(least == fine.max(axis=(1, 3)), least, 0).astype(np.uint8)

    def _points(self, outline: Outline) -> list[float]:
        return (outline * self.side).ravel().tolist()
