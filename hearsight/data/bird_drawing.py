"""Draws the birds of Birds in Miniature, and says where every part is and which colour it turned out."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image, ImageChops

from hearsight.data.bird_canvas import Canvas, Outline
from hearsight.data.bird_colours import COLOURS, Colour, shade, varied
from hearsight.data.bird_scenery import Scenery, any_scenery, draw_distance, draw_perch, sky
from hearsight.data.bird_shapes import Anatomy, Posture, anatomy
from hearsight.data.bird_species import PARTS, Part, Species

SCALE = {"small": 0.225, "medium": 0.255, "large": 0.285}
"""Half the length of the body as a share of the picture, by size."""
MARGIN = 0.03
"""Part of the picture that stays free on every side."""
ON_THE_GROUND = ("stone", "grass", "post")
"""Perches on which a bird holds its tail up."""

INK: Colour = (34, 30, 38)
LEGS: Colour = (150, 104, 84)
SHADOW: Colour = (60, 40, 90)
LIGHT: Colour = (255, 252, 240)
_SHADE = [value // 8 for value in range(256)]
"""How strongly the shadow is laid on, for each value of a mask."""
BLUSH: Colour = (244, 120, 120)


@dataclass(frozen=True)
class Bird:
    """One bird in one picture."""

    species: Species
    """Its kind."""
    posture: Posture
    """How it holds itself."""
    scenery: Scenery
    """Where it sits."""
    scale: float
    """Half the length of its body, as a share of the picture."""
    place: tuple[float, float] = (0.5, 0.5)
    """Where it is between the left and right, and the upper and lower, end of the room it has."""
    mirrored: bool = False
    """Whether it faces left."""
    colours: int = 0
    """Seed of what sets its colours apart from others of its kind."""


def any_bird(species: Species, random: np.random.Generator) -> Bird:
    """A random bird of a species, near the middle and facing right: what differs is what sentences speak of.

    A generator that must also learn every way to sit and turn learns colours later (see `docs/s2igan.md`).
    """
    scenery = any_scenery(random)
    grounded = scenery.perch in ON_THE_GROUND
    posture = Posture(
        tilt=float(random.uniform(0.22, 0.36) if grounded else random.uniform(0.28, 0.46)),
        nod=float(random.uniform(-0.08, 0.08)),
        stretch=float(random.uniform(-0.08, 0.14)),
        wing=float(random.uniform(-0.05, 0.14)),
        tail=float(random.uniform(-0.3, -0.1) if grounded else random.uniform(-0.2, 0.0)),
        stoutness=float(random.uniform(0.94, 1.06)),
    )
    scale = SCALE[species.size] * float(random.uniform(0.95, 1.05))
    place = (float(random.uniform(0.35, 0.65)), float(random.uniform(0.35, 0.65)))
    return Bird(species, posture, scenery, scale, place, colours=int(random.integers(2**31)))


def draw(bird: Bird, size: int = 64) -> Image.Image:
    """The RGB picture of a bird, `size` pixels square."""
    picture = _painted(bird, size).picture
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if bird.mirrored else picture


def part_masks(bird: Bird, size: int = 64) -> dict[Part, Bool[np.ndarray, "height width"]]:
    """For every part, the pixels of the picture that show it and nothing else."""
    numbers = _painted(bird, size, mapped=True).part_numbers
    numbers = numbers[:, ::-1] if bird.mirrored else numbers
    return {part: numbers == number for number, part in enumerate(PARTS, start=1)}


def colour_of(picture: Image.Image, mask: Bool[np.ndarray, "height width"]) -> Float[np.ndarray, " 3"]:
    """The sRGB colour, from 0 to 255, of what a mask shows: the median of each channel."""
    return np.median(np.asarray(picture.convert("RGB"))[mask], axis=0)


def with_colour(bird: Bird, part: Part, word: str) -> Bird:
    """The same bird in the same picture, with one part of another colour."""
    return replace(bird, species=bird.species.with_colour(part, word))


def _painted(bird: Bird, size: int, mapped: bool = False) -> Canvas:
    shapes = anatomy(bird.species, bird.posture)
    scale, origin = _fitted(shapes, bird)
    canvas = Canvas(sky(bird.scenery), size, mapped)
    draw_distance(canvas, bird.scenery)
    _Painter(canvas, bird, shapes, scale, origin).paint()
    return canvas


def _fitted(shapes: Anatomy, bird: Bird) -> tuple[float, Float[np.ndarray, " 2"]]:
    """(scale, origin) with which the whole bird is in the picture, and room for a perch below it."""
    left, top, right, bottom = shapes.bounds
    scale = min(bird.scale, (1 - 2 * MARGIN) / (right - left), (1 - 2 * MARGIN) / (bottom - top))
    spare_x, spare_y = 1 - 2 * MARGIN - scale * (right - left), 1 - 2 * MARGIN - scale * (bottom - top)
    x = MARGIN - scale * left + spare_x * bird.place[0]
    y = MARGIN - scale * top + spare_y * bird.place[1]
    return scale, np.array([x, y])


class _Painter:
    """Paints one bird, from back to front."""

    def __init__(self, canvas: Canvas, bird: Bird, shapes: Anatomy, scale: float, origin: Outline) -> None:
        self.canvas, self.bird, self.shapes, self.scale, self.origin = canvas, bird, shapes, scale, origin
        random = np.random.default_rng(bird.colours)
        self.colours = {part: varied(COLOURS[bird.species.colour(part)], random) for part in PARTS}

    def paint(self) -> None:
        """All of it."""
        self._perch()
        self._tail()
        self._legs()
        self._body()
        self._wing()
        self._head()

    def _at(self, points: Outline) -> Outline:
        return points * self.scale + self.origin

    def _fill(self, points: Outline, part: Part, tone: float = 1.0) -> None:
        self.canvas.fill(self._at(points), shade(self.colours[part], tone), PARTS.index(part) + 1)

    def _perch(self) -> None:
        x, y = self._at(np.mean([leg[1] for leg in self.shapes.legs], axis=0))
        draw_perch(self.canvas, self.bird.scenery, float(x), float(y), 0.24 * self.scale)

    def _tail(self) -> None:
        *under, top = self.shapes.tail
        for feather in under:
            self._fill(feather, "tail", 0.88)
        self._fill(top, "tail")

    def _legs(self) -> None:
        for leg, tone in zip(self.shapes.legs, (0.8, 1.0), strict=True):
            colour, foot = shade(LEGS, tone), leg[1]
            self.canvas.line(self._at(leg), 0.085 * self.scale, colour)
            for toe in ((0.20, 0.03), (0.10, 0.08), (-0.12, 0.04)):
                self.canvas.line(self._at(np.array([foot, foot + toe])), 0.075 * self.scale, colour)

    def _body(self) -> None:
        canvas, outline = self.canvas, self._at(self.shapes.silhouette)
        window = canvas.window(outline)
        silhouette = canvas.stencil(outline, window)
        canvas.spray(silhouette, window, self.colours["body"], PARTS.index("body") + 1)
        regions: tuple[tuple[Part, Outline], ...] = (("belly", self.shapes.belly), ("head", self.shapes.head))
        for part, within in regions:
            inside = ImageChops.darker(silhouette, canvas.stencil(self._at(within), window))
            canvas.spray(inside, window, self.colours[part], PARTS.index(part) + 1)
        lit = canvas.stencil(outline - np.array([0.10, 0.13]) * self.scale, window)
        canvas.spray(ImageChops.subtract(silhouette, lit).point(_SHADE), window, SHADOW)

    def _wing(self) -> None:
        for layer, tone in zip(self.shapes.wing, (0.80, 0.92, 1.06), strict=True):
            self._fill(layer, "wing", tone)

    def _head(self) -> None:
        canvas, shapes, scale = self.canvas, self.shapes, self.scale
        for feather, tone in zip(shapes.crest, (0.86, 0.93, 1.0), strict=False):
            self._fill(feather, "head", tone)
        lower, upper = shapes.beak
        self._fill(lower, "beak", 0.80)
        self._fill(upper, "beak")
        canvas.disc(self._at(shapes.cheek), 0.095 * scale, BLUSH, 70)
        eye = self._at(shapes.eye)
        canvas.disc(eye, 0.135 * scale, LIGHT)
        canvas.disc(eye, 0.108 * scale, INK)
        canvas.disc(eye + np.array([0.035, -0.04]) * scale, 0.038 * scale, LIGHT)
