"""The shapes of a bird: smooth outlines in units of half its body's length, y downwards, facing right."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hearsight.data.bird_species import Species

Outline = Float[np.ndarray, "point 2"]

DEPTH = {"plump": 0.80, "average": 0.67, "slender": 0.54}
"""Half the depth of the body, by build."""
TAIL_LENGTH = {"short": 0.62, "long": 1.25, "forked": 1.05}
LEG = 0.30
"""Length of a leg."""
SMOOTHNESS = 6
"""Points that replace each point of an outline."""

_t = np.arange(SMOOTHNESS)[:, None] / SMOOTHNESS
_SPLINE = np.hstack([-_t + 2 * _t**2 - _t**3, 2 - 5 * _t**2 + 3 * _t**3, _t + 4 * _t**2 - 3 * _t**3, _t**3 - _t**2]) / 2


@dataclass(frozen=True)
class Posture:
    """How a bird holds itself, and what sets it apart from others of its kind. Angles are in radians."""

    tilt: float = 0.4
    """How far the body leans back from the horizontal."""
    nod: float = 0.0
    """How far the head is turned down."""
    stretch: float = 0.0
    """How far the neck is stretched, in body units."""
    wing: float = 0.0
    """How far the tip of the wing hangs."""
    tail: float = 0.0
    """How far the tail hangs, or with a negative angle is cocked."""
    stoutness: float = 1.0
    """Factor of the body's depth."""


@dataclass(frozen=True, eq=False)
class Anatomy:
    """The outlines of one bird, from back to front as they are drawn."""

    tail: tuple[Outline, ...]
    """Feathers, the one on top last."""
    silhouette: Outline
    """Body and head in one line; `belly` and `head` count only within it."""
    belly: Outline
    """Breast and belly."""
    head: Outline
    """Head and throat."""
    crest: tuple[Outline, ...]
    """Feathers on the head, if any."""
    beak: tuple[Outline, Outline]
    """The lower and the upper half."""
    wing: tuple[Outline, ...]
    """Layers of feathers, the one on top last."""
    eye: Float[np.ndarray, " 2"]
    """Its centre."""
    cheek: Float[np.ndarray, " 2"]
    """Centre of the cheek."""
    legs: tuple[Outline, ...]
    """From hip to foot, the far one first."""

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of everything."""
        every = np.concatenate([*self.tail, self.silhouette, *self.crest, *self.beak, *self.wing, *self.legs])
        (left, top), (right, bottom) = every.min(axis=0), every.max(axis=0)
        return float(left), float(top), float(right), float(bottom)


def anatomy(species: Species, posture: Posture) -> Anatomy:
    """The outlines of a bird of `species` in a posture."""
    depth = DEPTH[species.build] * posture.stoutness
    neck = np.array([0.10, -0.26 - posture.stretch])
    centre = _turned(np.array([0.70, -0.62 * depth]), -posture.tilt) + neck
    radius = 0.47 + 0.08 * (depth - 0.67)
    head_frame = _Frame(centre, posture.nod)
    return Anatomy(
        tail=_tail(species, posture, depth),
        silhouette=_silhouette(head_frame, radius, _turned(_body(depth), -posture.tilt)),
        belly=smooth(_turned(np.concatenate([_BELLY_FRONT, _BELLY_BELOW]) * (1, depth), -posture.tilt)),
        head=_hood(head_frame, radius),
        crest=_crest(head_frame, radius) if species.crest else (),
        beak=_beak(species, head_frame, radius),
        wing=_wing(posture, depth),
        eye=head_frame.place(np.array([[0.36, -0.16]]) * radius)[0],
        cheek=head_frame.place(np.array([[0.22, 0.34]]) * radius)[0],
        legs=_legs(posture, depth),
    )


def smooth(points: Outline) -> Outline:
    """A closed line through all `points` without corners (Catmull-Rom)."""
    neighbours = (np.arange(len(points))[:, None] + (-1, 0, 1, 2)) % len(points)
    return (_SPLINE @ points[neighbours]).reshape(-1, 2)  # [point, step, 2] in one row


@dataclass(frozen=True, eq=False)
class _Frame:
    """Where the head is and how it is turned."""

    centre: Float[np.ndarray, " 2"]
    angle: float

    def place(self, points: Outline) -> Outline:
        return _turned(points, self.angle) + self.centre


def _turned(points: Float[np.ndarray, "*shape 2"], angle: float) -> Float[np.ndarray, "*shape 2"]:
    """Turned clockwise about the origin, as y points down."""
    cos, sin = np.cos(angle), np.sin(angle)
    return points @ np.array([[cos, sin], [-sin, cos]])


def _arc(start: float, end: float, count: int) -> Outline:
    """Points on the unit circle, in degrees clockwise from the front."""
    angles = np.radians(np.linspace(start, end, count))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _silhouette(head: _Frame, radius: float, body: Outline) -> Outline:
    arc = head.place(_arc(62, -176, 8) * radius * (1.04, 1.0))
    outside = np.hypot(*(body - head.centre).T) > 1.12 * radius  # else the line would cross itself at the throat
    return smooth(np.concatenate([arc, body[outside]]))


def _hood(head: _Frame, radius: float) -> Outline:
    """A little larger than the head, so that its lower edge runs across throat and neck."""
    return head.place(_arc(0, 345, 24) * radius * 1.17 + (0.0, 0.02))


_BACK = np.array([(0.02, -1.0), (-0.50, -0.90), (-0.95, -0.48)])
_RUMP = np.array([(-1.16, -0.12), (-1.02, 0.30)])
_UNDERSIDE = np.array([(-0.55, 0.80), (0.05, 1.02), (0.62, 0.88), (0.96, 0.34), (1.0, -0.25)])
_BELLY_FRONT = np.array([(0.56, 0.05), (0.66, -0.5), (1.2, -0.75), (1.5, 0.3)])
_BELLY_BELOW = np.array([(0.9, 1.5), (0.0, 1.6), (-0.9, 1.35), (-1.05, 0.55), (-0.45, 0.50), (0.2, 0.42)])


def _body(depth: float) -> Outline:
    return np.concatenate([_BACK, _RUMP, _UNDERSIDE]) * (1, depth)


def _feather(length: float, width: float, tip: float) -> Outline:
    """A feather along x from the origin; `tip` from 0 (pointed) to 1 (square)."""
    half = width / 2
    upper = np.array(
        [(0, -0.6 * half), (0.45 * length, -half), ((0.75 + 0.17 * tip) * length, -half * (0.6 + 0.4 * tip))]
    )
    return smooth(np.concatenate([upper, [(length, 0)], upper[::-1] * (1, -1)]))


def _tail(species: Species, posture: Posture, depth: float) -> tuple[Outline, ...]:
    length = TAIL_LENGTH[species.tail_shape]
    root = _turned(np.array([-0.84, -0.16 * depth]), -posture.tilt)
    forked = species.tail_shape == "forked"
    spread = (0.22, -0.20) if forked else (0.17, -0.14, 0.02)
    along = np.pi - posture.tilt - posture.tail
    return tuple(
        _turned(_feather(length + 0.2, 0.25 if forked else 0.30, 0.1 if forked else 0.85), along + turn) + root
        for turn in spread
    )


def _crest(head: _Frame, radius: float) -> tuple[Outline, ...]:
    feathers = ((-1.15, 0.50, -2.05), (-1.55, 0.62, -2.35), (-1.95, 0.55, -2.65))
    return tuple(
        head.place(_turned(_feather(length, 0.22, 0.15), turn) + 0.72 * radius * np.array([np.cos(at), np.sin(at)]))
        for at, length, turn in feathers
    )


_BEAKS = {
    # upper edge and lower edge from base to tip, then where the halves part at the base
    "short": ([(0.0, -0.30), (0.34, -0.16), (0.62, 0.10)], [(0.40, 0.26), (0.0, 0.34)], 0.06),
    "long": (
        [(0.0, -0.22), (0.60, -0.10), (1.10, 0.06), (1.42, 0.24)],
        [(0.95, 0.24), (0.45, 0.22), (0.0, 0.26)],
        0.05,
    ),
    "hooked": ([(0.0, -0.42), (0.42, -0.36), (0.70, 0.0), (0.62, 0.50)], [(0.40, 0.44), (0.0, 0.40)], 0.12),
}


def _beak(species: Species, head: _Frame, radius: float) -> tuple[Outline, Outline]:
    upper, lower, gape = _BEAKS[species.beak_shape]
    base = np.array([0.80, 0.05])
    whole, tip = np.array([*upper, *lower]), np.array(upper[-1])
    inner = np.array([(0.55 * tip[0], gape + 0.04), (0.0, gape)])
    top = np.concatenate([upper, inner])
    return head.place((whole + base) * radius), head.place((top + base) * radius)


_WING = (
    # tip and width of each layer of feathers, longest first
    ((-1.36, 0.10), 0.66),
    ((-1.02, 0.26), 0.80),
    ((-0.48, 0.30), 0.86),
)


_LEAF_ABOVE = np.array([(-0.06, 0.0), (0.04, -0.86), (0.45, -0.95), (0.82, -0.42)])
_LEAF_BELOW = np.array([(1.0, 0.06), (0.80, 0.66), (0.42, 1.08), (0.06, 0.80)])


def _wing(posture: Posture, depth: float) -> tuple[Outline, ...]:
    shoulder = np.array([0.42, -0.16 * depth])
    layers = []
    for tip, width in _WING:
        towards = np.array(tip) * (1, depth) - shoulder
        length, half = float(np.hypot(*towards)), width * depth / 2
        leaf = np.concatenate([_LEAF_ABOVE, _LEAF_BELOW]) * (length, half)
        placed = _turned(leaf, float(np.arctan2(towards[1], towards[0])) - posture.wing) + shoulder
        layers.append(smooth(_turned(placed, -posture.tilt)))
    return tuple(layers)


def _legs(posture: Posture, depth: float) -> tuple[Outline, ...]:
    hips = _turned(np.array([(0.14, 0.80), (-0.12, 0.84)]) * (1, depth), -posture.tilt)
    return tuple(np.array([hip, (hip[0] + 0.06, depth + LEG)]) for hip in hips)
