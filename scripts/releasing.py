"""What the scripts that release weights share: the card's sources and figures, the contact sheet, the credits."""

import argparse
import csv
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from hearsight.data import pairs
from hearsight.data.pocket import ENVIRONMENT
from hearsight.evaluation.adherence import Adherence
from hearsight.files import write_atomically
from hearsight.hub.card import Card, Source
from hearsight.hub.folder import POCKET
from hearsight.sound.sound import Sound
from hearsight.studio.contact_sheet import Tile, contact_sheet
from hearsight.systems.audioclip_diffusion import Sampling
from hearsight.systems.audiotoken_config import Sampling as TokenSampling
from hearsight.systems.base import System

JUDGE = POCKET / "picture_classifier"
EXAMPLES = Path(__file__).parents[1] / "examples"
TIMED = 5
"""Pictures whose mean time is reported."""
LEARNT_FROM = (
    "Learnt from few recordings, and from pictograms instead of photographs. ESC-10 fold 4, the speaker theo and "
    "separate instrument phrases were held out."
)
"""What limits all systems that learnt from the pocket data."""


def add_card_arguments(parser: argparse.ArgumentParser) -> None:
    """What only the one who trained knows."""
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--machine", required=True)
    parser.add_argument("--recipe", required=True)


def card(arguments: argparse.Namespace, **own: Any) -> Card:
    """A card with what `add_card_arguments` asked for."""
    return Card(recipe=arguments.recipe, seed=0, machine=arguments.machine, minutes=arguments.minutes, **own)


def pocket_card(arguments: argparse.Namespace, items: list[pairs.Item], **own: Any) -> Card:
    """The card of what learnt from the `items` of the pocket data, as whose work it is licensed."""
    return card(arguments, licence="cc-by-sa-4.0", data=sources(items), **own)


def refuse_large(largest: float, *folders: Path) -> None:
    """Raises SystemExit where folders take more bytes than may ship."""
    size = sum(file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file())
    if size > largest:
        raise SystemExit(f"{folders[0]}: {size / 1e6:.1f} MB are more than the {largest / 1e6:.0f} that may ship.")


def draw_examples(file: Path, draw: Callable[[Path], Sequence[Image.Image]]) -> None:
    """Write a contact sheet of the example sounds and of what `draw` makes of each."""
    tiles = [Tile(Sound.read(path), draw(path), path.name) for path in sorted(EXAMPLES.glob("*.ogg"))]
    with write_atomically(file) as partial:
        contact_sheet(tiles, columns=len(tiles) // 2).save(partial, format="PNG", optimize=True)


def seconds(system: System, data: Path) -> float:
    """The mean time from a sound to its picture, after the first."""
    sound = data / pairs.read(data, "sound", "held_out")[0].path
    system(sound)
    started = time.perf_counter()
    system(sound, pictures_per_sound=TIMED)
    return (time.perf_counter() - started) / TIMED


def adherence_metrics(result: Adherence, drawn: str) -> dict[str, float]:
    """Adherence as a card tells it, of pictures that were `drawn` so."""
    low, high = result.interval()
    return {
        f"adherence, 30 classes, {drawn}": round(result.mean(), 4),
        "its 95 % interval, low": round(low, 4),
        "its 95 % interval, high": round(high, 4),
        "adherence, the ten classes of ESC-10": round(result.mean(ENVIRONMENT), 4),
        "pictures measured": int(result.confusion.sum()),
    }


def sampled(sampling: Sampling | TokenSampling) -> str:
    """How a diffusion model draws, in a few words."""
    return f"{sampling.steps} steps of {sampling.scheduler}"


def sources(items: list[pairs.Item]) -> tuple[Source, ...]:
    """What was learnt from, by source and licence, with whom it is owed to."""
    owed: dict[tuple[str, str], set[str]] = defaultdict(set)
    for item in items:
        owed[item.source, item.licence].add(item.attribution)
    return tuple(
        Source(source, licence, ", ".join(sorted(names)) if len(names) < 4 else f"{len(names)} authors: CREDITS.csv")
        for (source, licence), names in sorted(owed.items())
    )


def write_credits(items: list[pairs.Item], path: Path) -> None:
    """Every recording and pictogram that was learnt from, and whom it is owed to."""
    rows = sorted({(item.label, item.kind, item.source, item.licence, item.attribution) for item in items})
    with write_atomically(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("label", "kind", "source", "licence", "attribution"))
        writer.writerows(rows)
