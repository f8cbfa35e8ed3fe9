"""What the pocket classes look like: which pictograms show a class, and in which colours.

Few, clear pictograms a class: what a small network must not spend on telling drawing styles apart, it spends on shapes.
"""

from dataclasses import dataclass

Colour = tuple[int, int, int]
BRASS: tuple[Colour, ...] = ((172, 114, 16), (186, 128, 24), (148, 94, 12))
WOOD: tuple[Colour, ...] = ((60, 40, 34), (40, 40, 48), (96, 56, 36))
STEEL: tuple[Colour, ...] = ((96, 108, 124), (70, 84, 104), (120, 130, 140))
TOOL: tuple[Colour, ...] = ((216, 84, 24), (196, 40, 40), (44, 110, 62))
INK: tuple[Colour, ...] = ((30, 30, 36), (150, 30, 40), (24, 44, 124), (20, 90, 60), (96, 30, 110))
RAINBOW: tuple[Colour, ...] = ()


@dataclass(frozen=True)
class Subject:
    """How one class is drawn."""

    patterns: tuple[str, ...]
    """File patterns below `pictograms/<class>/`; each pattern is drawn equally often, whatever it matches."""
    tint: tuple[Colour, ...] = INK
    """Colours for black silhouettes; none of them (RAINBOW) gives all hues from left to right."""
    mirrored: bool = True
    """Whether a mirror image still shows the same thing (a digit does not survive it)."""
    lettering: bool = False
    """Whether only the white lettering of a keycap is drawn, as a silhouette."""


def emoji(code: str) -> tuple[str, ...]:
    """The patterns of one emoji in the three styles that read best when small."""
    return (f"fluentflat_{code}", f"noto_{code}", f"twemoji_{code}")


DIGIT = Subject(("fluentflat_*", "noto_*"), INK, mirrored=False, lettering=True)

SUBJECTS: dict[str, Subject] = {
    "chainsaw": Subject(("gameicons_delapouite-chainsaw",), TOOL),
    "clock_tick": Subject(emoji("23F0")),
    "crackling_fire": Subject(emoji("1F525")),
    "crying_baby": Subject(("noto_1F476", "twemoji_1F476", "fluentflat_1F62D", "noto_1F62D")),
    "dog": Subject(emoji("1F436")),
    "helicopter": Subject(emoji("1F681")),
    "person_sneeze": Subject(emoji("1F927")),
    "rain": Subject((*emoji("2614"), "fluentcolor_1F327")),
    "rooster": Subject(("fluentflat_1F413", "noto_1F413", "emojione_1F413")),
    "sea_waves": Subject(emoji("1F30A")),
    "banjo": Subject(emoji("1FA95")),
    "clarinet": Subject(("gameicons_*",), WOOD),
    "flute": Subject(("noto_1FA88", "gameicons_*"), STEEL),
    "french_horn": Subject(("gameicons_*",), BRASS),
    "guitar": Subject((*emoji("1F3B8"), "mdi_guitar-acoustic"), WOOD),
    "piano": Subject(("fluentflat_1F3B9", "twemoji_1F3B9", "gameicons_caro-asercion-grand-piano"), INK),
    "saxophone": Subject(emoji("1F3B7")),
    "trombone": Subject(("gameicons_*",), BRASS),
    "violin": Subject(emoji("1F3BB")),
    "xylophone": Subject(("gameicons_*",), RAINBOW),
    **{f"digit_{digit}": DIGIT for digit in range(10)},
}
