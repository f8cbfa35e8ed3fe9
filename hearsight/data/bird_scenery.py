"""Where the birds of Birds in Miniature sit: pale skies, and perches below their feet."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from hearsight.data.bird_canvas import Canvas, Outline
from hearsight.data.bird_colours import Colour, shade
from hearsight.data.bird_shapes import smooth

SKIES: tuple[tuple[Colour, Colour], ...] = (
    ((170, 208, 236), (206, 228, 236)),  # noon
    ((188, 216, 232), (244, 222, 192)),  # morning
    ((244, 208, 186), (248, 228, 190)),  # dawn
    ((200, 194, 228), (246, 216, 204)),  # evening
    ((190, 222, 208), (214, 232, 208)),  # glade
    ((190, 202, 214), (206, 212, 212)),  # mist
)
"""Top and bottom of a sky: pale, so that the bird has the strongest colours of its picture."""

BARK: tuple[Colour, ...] = ((122, 96, 82), (142, 116, 98), (110, 98, 96))
LEAVES: tuple[Colour, ...] = ((138, 176, 116), (116, 160, 124), (168, 182, 110))
BLOSSOM: Colour = (246, 206, 214)
STONE: tuple[Colour, ...] = ((160, 162, 168), (176, 168, 158))


@dataclass(frozen=True)
class Scenery:
    """Everything in a picture that is not the bird."""

    sky: int
    """Which of `SKIES`."""
    distance: str
    """What is far away: a name of `DISTANCES`."""
    perch: str
    """What the bird sits on: a name of `PERCHES`."""
    seed: int
    """Of the details: leaves, clouds, slopes."""


def sky(scenery: Scenery) -> Image.Image:
    """A small picture of the bare sky, to be enlarged."""
    top, bottom = (np.array(colour) for colour in SKIES[scenery.sky])
    ramp = np.linspace(0, 1, 16)[:, None, None] ** 1.2
    rows = top * (1 - ramp) + bottom * ramp
    return Image.fromarray(np.broadcast_to(rows, (16, 16, 3)).round().astype(np.uint8))


def draw_distance(canvas: Canvas, scenery: Scenery) -> None:
    """What is far away."""
    DISTANCES[scenery.distance](canvas, scenery, np.random.default_rng(scenery.seed))


def draw_perch(canvas: Canvas, scenery: Scenery, x: float, y: float, toe: float) -> None:
    """What holds the feet, which are at (x, y); a toe is `toe` long."""
    PERCHES[scenery.perch](canvas, np.random.default_rng(scenery.seed + 1), x, y, toe)


def _nothing(canvas: Canvas, scenery: Scenery, random: np.random.Generator) -> None:
    """A clear sky."""


def _clouds(canvas: Canvas, scenery: Scenery, random: np.random.Generator) -> None:
    for _ in range(random.integers(2, 4)):
        x, y, width = random.uniform(0, 1), random.uniform(0.06, 0.5), random.uniform(0.05, 0.09)
        puffs = np.array(
            [(-2.0, 0.25), (-1.5, -0.3), (-0.9, -0.2), (-0.3, -0.95), (0.5, -0.9), (0.9, -0.25), (1.5, -0.3)]
        )
        outline = smooth(np.concatenate([puffs, [(2.0, 0.2), (1.5, 0.4), (-1.5, 0.4)]]))
        canvas.tint(outline * width * (1, 0.8) + (x, y), (255, 255, 255), 130)


def _hills(canvas: Canvas, scenery: Scenery, random: np.random.Generator) -> None:
    _, below = SKIES[scenery.sky]
    for height, darkness in ((0.30, 0.94), (0.17, 0.88)):
        x = np.linspace(-0.1, 1.1, 13)
        y = 1 - height - 0.06 * np.sin(x * random.uniform(3, 7) + random.uniform(0, 6))
        ridge = np.concatenate([np.stack([x, y], axis=1), [(1.1, 1.1), (-0.1, 1.1)]])
        red, green, blue = shade(below, darkness)
        canvas.tint(ridge, (round(0.93 * red), green, round(0.97 * blue)))


def _sun(canvas: Canvas, scenery: Scenery, random: np.random.Generator) -> None:
    centre, radius = random.uniform((0.1, 0.08), (0.9, 0.4)), random.uniform(0.09, 0.14)
    for factor, opacity in ((1.7, 50), (1.3, 70), (1.0, 150)):
        canvas.disc(centre, factor * radius, (255, 246, 216), opacity)


def _foliage(canvas: Canvas, scenery: Scenery, random: np.random.Generator) -> None:
    """Leaves out of focus."""
    for centre in random.uniform(0, 1, (9, 2)):
        leaf = LEAVES[random.integers(len(LEAVES))]
        canvas.disc(centre, random.uniform(0.06, 0.16), shade(leaf, 1.35), 60)


def _branch(canvas: Canvas, random: np.random.Generator, x: float, y: float, toe: float) -> None:
    slope, width = random.uniform(-0.14, 0.14), random.uniform(0.6, 0.9) * toe
    bark, bend = BARK[random.integers(len(BARK))], random.uniform(-0.05, 0.05)
    along = np.linspace(-0.1, 1.1, 9)
    middle = y + width / 2 + slope * (along - x) + bend * ((along - x) ** 2)
    thickness = width * np.linspace(1.25, 0.75, 9) / 2
    upper, lower = np.stack([along, middle - thickness], axis=1), np.stack([along, middle + thickness], axis=1)
    canvas.tint(np.concatenate([upper, lower[::-1]]), bark)
    canvas.tint(np.concatenate([upper * 0.4 + lower * 0.6, lower[::-1]]), shade(bark, 0.82))
    for at in random.choice([1, 2, 6, 7], 3, replace=False):
        _leaves(canvas, random, upper[at], toe)


def _leaves(canvas: Canvas, random: np.random.Generator, root: Outline, toe: float) -> None:
    if random.random() < 0.2:
        for turn in np.arange(5) * 2 * np.pi / 5:
            canvas.disc(root + 0.35 * toe * np.array([np.cos(turn), np.sin(turn)]), 0.28 * toe, BLOSSOM)
        canvas.disc(root, 0.16 * toe, (250, 226, 150))
        return
    colour = LEAVES[random.integers(len(LEAVES))]
    for angle in random.uniform((-2.7, -1.2), (-1.9, -0.4)):
        length = random.uniform(1.5, 2.2) * toe
        leaf = np.array([(0, 0), (0.35, -0.24), (0.75, -0.18), (1, 0), (0.75, 0.18), (0.35, 0.24)]) * length
        cos, sin = np.cos(angle), np.sin(angle)
        leaf = leaf @ np.array([[cos, sin], [-sin, cos]]) + root
        canvas.tint(smooth(leaf), colour)
        canvas.line(leaf[[0, 3]], 0.09 * toe, shade(colour, 0.82))


def _wire(canvas: Canvas, random: np.random.Generator, x: float, y: float, toe: float) -> None:
    along, sag = np.linspace(-0.05, 1.05, 12), random.uniform(0.02, 0.08)
    for drop, opacity in ((0.0, 255), (random.uniform(0.2, 0.3), 150)):
        line = np.stack([along, y + 0.12 * toe + drop + sag * ((x - 0.5) ** 2 - (along - 0.5) ** 2)], axis=1)
        canvas.line(line, 0.24 * toe, (92, 92, 104), opacity)


def _post(canvas: Canvas, random: np.random.Generator, x: float, y: float, toe: float) -> None:
    wood, half = shade(BARK[random.integers(len(BARK))], 1.2), random.uniform(1.3, 1.8) * toe
    centre = x + 0.02
    face = np.array([(centre - half, y), (centre + half, y), (centre + 0.92 * half, 1.1), (centre - 0.92 * half, 1.1)])
    canvas.tint(face, wood)
    canvas.tint(np.concatenate([face[[1, 2]], face[[2, 1]] - (0.7 * half, 0)]), shade(wood, 0.88))
    top = np.linspace(0, 2 * np.pi, 24)
    canvas.tint(
        np.stack([centre + 1.06 * half * np.cos(top), y + 0.26 * half * np.sin(top)], axis=1), shade(wood, 1.25)
    )


def _stone(canvas: Canvas, random: np.random.Generator, x: float, y: float, toe: float) -> None:
    stone, half = STONE[random.integers(len(STONE))], random.uniform(2.4, 3.2) * toe
    shape = np.array([(-1.15, 2.5), (-1.05, 0.7), (-0.62, 0.1), (0.0, -0.06), (0.62, 0.06), (1.1, 0.8), (1.2, 2.5)])
    canvas.tint(smooth(shape * half + (x, y)), stone)
    canvas.tint(
        smooth(np.array([(-0.75, 0.45), (-0.4, 0.18), (0.2, 0.12), (0.1, 0.3), (-0.4, 0.42)]) * half + (x, y)),
        shade(stone, 1.35),
    )
    _grass(canvas, random, x, min(y + 1.2 * half, 0.97), toe)


def _grass(canvas: Canvas, random: np.random.Generator, x: float, y: float, toe: float) -> None:
    green, along = LEAVES[random.integers(len(LEAVES))], np.linspace(-0.1, 1.1, 11)
    top = y + 0.02 * np.sin(along * random.uniform(4, 9) + random.uniform(0, 6))
    top += y - np.interp(x, along, top)
    canvas.tint(np.concatenate([np.stack([along, top], axis=1), [(1.1, 1.1), (-0.1, 1.1)]]), green)
    for at in random.uniform(0, 1, 12):
        root, height = np.array([at, np.interp(at, along, top) + 0.02]), random.uniform(0.5, 1.3) * toe
        blade = np.array([(-0.18 * toe, 0), (random.uniform(-0.5, 0.5) * toe, -height - 0.02), (0.18 * toe, 0)])
        canvas.tint(blade + root, shade(green, random.uniform(0.86, 1.0)))


DISTANCES: dict[str, Callable[[Canvas, Scenery, np.random.Generator], None]] = {
    "nothing": _nothing,
    "clouds": _clouds,
    "hills": _hills,
    "sun": _sun,
    "foliage": _foliage,
}
PERCHES: dict[str, Callable[[Canvas, np.random.Generator, float, float, float], None]] = {
    "branch": _branch,
    "wire": _wire,
    "post": _post,
    "stone": _stone,
    "grass": _grass,
}


def any_scenery(random: np.random.Generator) -> Scenery:
    """A random place; most birds sit on a branch."""
    perch = str(random.choice(list(PERCHES), p=(0.48, 0.12, 0.12, 0.12, 0.16)))
    distance = str(random.choice(list(DISTANCES)))
    return Scenery(int(random.integers(len(SKIES))), distance, perch, int(random.integers(2**31)))
