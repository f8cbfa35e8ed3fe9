"""Make a system that searches, and ships with the package, from trained parts: half precision, card, credits.

    python scripts/release_search.py SYSTEM --data DIR --ear DIR --eye DIR --painter DIR [--transformer DIR] \
        --minutes N --machine TEXT --recipe TEXT

SYSTEM is `wav2clip-vqgan`, `wavbrivl` or `stylewav`. Ear, eye and painter are products of the recipes `pocket_wav2clip`
or `pocket_wavbrivl`, `pocket_steady_clip` or `pocket_brivl`, `pocket_vqgan` or `pocket_stylegan2`; beside a VQGAN the
transformer, that of `pocket_code_transformer`. All is measured on what was held out, with the weights as they ship:
retrieval of pictures, adherence after search, the time of a search.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from releasing import (
    JUDGE,
    LEARNT_FROM,
    add_card_arguments,
    adherence_metrics,
    draw_examples,
    pocket_card,
    refuse_large,
    seconds,
    write_credits,
)

from hearsight.data import pairs
from hearsight.data.find_shared_space import find_shared_space
from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.evaluation import adherence, pair_retrieval
from hearsight.hub.card import Card
from hearsight.hub.folder import POCKET
from hearsight.hub.network import load_network
from hearsight.systems.guided_search import GuidedSearch
from hearsight.systems.guided_vqgan import Wav2CLIPVQGAN, WavBriVLVQGAN
from hearsight.systems.guided_vqgan_config import wav2clip_pocket, wavbrivl_pocket
from hearsight.systems.stylewav import StyleWav
from hearsight.systems.stylewav import pocket as stylewav_pocket

LARGEST = 40e6
"""Bytes that all of these systems may take."""
SEEDS = 3
"""Pictures of every example sound on the contact sheet."""
SHEET = "examples.png"
SHOWN = f"The example sounds, {SEEDS} pictures each, every one from its own random start"
"""What the contact sheet beside the card shows."""


@dataclass(frozen=True)
class Release:
    """What differs between the systems."""

    kind: type[GuidedSearch]
    """The system."""
    config: Callable[[], Any]
    """Its networks and how it searches."""
    painter: str
    """What `assemble` calls the generator."""
    title: str
    """Headline of the card."""
    summary: str
    """What draws, in a sentence."""


RELEASES = {
    "wav2clip-vqgan": Release(
        Wav2CLIPVQGAN,
        wav2clip_pocket,
        "vqgan",
        "Wav2CLIP over VQGAN, pocket edition",
        "A small Wav2CLIP and the small CLIP it was distilled from guide a search through the codes of a small VQGAN.",
    ),
    "wavbrivl": Release(
        WavBriVLVQGAN,
        wavbrivl_pocket,
        "vqgan",
        "WavBriVL, pocket edition",
        "A small WavLM with WavBriVL's head and the small BriVL image tower it was distilled from guide a search "
        "through the codes of a small VQGAN.",
    ),
    "stylewav": Release(
        StyleWav,
        stylewav_pocket,
        "generator",
        "StyleWav, pocket edition",
        "A small Wav2CLIP and the small CLIP it was distilled from guide a search through the styles of a small "
        "StyleGAN2, which draws pictograms instead of faces.",
    ),
}


def main() -> None:
    """Release, measure, write the card."""
    arguments = _arguments()
    release, out = RELEASES[arguments.system], arguments.out or POCKET / _folder(arguments.system)
    _save(release, arguments, out)
    system = release.kind.from_pretrained(out, device="cpu")
    draw_examples(out / SHEET, lambda path: [one.image for one in system(path, pictures_per_sound=SEEDS)])
    refuse_large(LARGEST, out, *({POCKET / _folder(name) for name in RELEASES} - {out}))
    items = pairs.read(arguments.data, split="train")
    write_credits(items, out / "CREDITS.csv")
    metrics = _measured(system, out, arguments.data, arguments.per_class)
    _card(release, system, items, metrics, arguments).write(out / "README.md")


def _folder(name: str) -> str:
    """What the folder of a system that ships is called."""
    return name.replace("-", "_")


def _save(release: Release, arguments: argparse.Namespace, out: Path) -> None:
    """The trained parts, searched with the pocket edition's settings, in half precision."""
    parts: dict[str, Any] = {release.painter: arguments.painter, "ear": arguments.ear, "eye": arguments.eye}
    if arguments.transformer:
        parts["transformer"] = arguments.transformer
    trained, config = release.kind.assemble(**parts, device="cpu"), release.config()
    for name, network in trained.components.items():
        if network.config != getattr(config, name):
            raise SystemExit(f"{name}: is not of the pocket's size; train it by the pocket's recipe.")
    if getattr(config, "transformer", None) and not arguments.transformer:
        raise SystemExit("--transformer: is missing; give the product of pocket_code_transformer.")
    trained.config = config
    trained.save_pretrained(out, precision="float16")


def _measured(system: GuidedSearch, folder: Path, data: Path, per_class: int | None) -> dict[str, float]:
    judge = load_network(JUDGE, "picture_classifier", PictureClassifier, PictureClassifierConfig)
    found, _ = adherence.measure(system, data, judge, sounds_per_class=per_class)
    directions = pair_retrieval.measure(find_shared_space([str(folder)], device="cpu"), data)
    heard = next(one for one in directions if (one.query, one.candidate) == ("sound", "picture"))
    low, high = heard.found.interval(heard.found.hits(1))
    return {
        **adherence_metrics(found, _drawn(system)),
        f"sounds that find a picture of their class first, among {heard.candidates}": round(
            float(heard.found.hits(1).mean()), 4
        ),
        "its 95 % interval, low (retrieval)": round(low, 4),
        "its 95 % interval, high (retrieval)": round(high, 4),
        "seconds of a warm search": round(seconds(system, data), 3),
    }


def _drawn(system: GuidedSearch) -> str:
    """How pictures are searched, in a few words."""
    chosen = system.settings()
    begun = f" from the best of {chosen['samples']} samples" if chosen["start"] == "sampled" else ""
    return f"{chosen['steps']} steps of {chosen['views']} views{begun}"


def _card(
    release: Release,
    system: GuidedSearch,
    items: list[pairs.Item],
    metrics: dict[str, float],
    arguments: argparse.Namespace,
) -> Card:
    side = system.defaults()["size"]
    return pocket_card(
        arguments,
        items,
        system=arguments.system,
        title=release.title,
        summary=(
            f"{release.summary} Hears thirty things (ten environmental sounds, ten spoken digits, ten instruments) and "
            f"finds their pictures at {side} x {side} pixels, for laptops without a GPU. Nothing in it was trained to "
            "draw sounds."
        ),
        metrics=metrics,
        pictures={SHEET: SHOWN},
        limits=(
            f"{LEARNT_FROM} A search can please its own eye more than anybody else's: shapes come out rougher than "
            "those of a generator that was trained to draw sounds."
        ),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("system", choices=RELEASES)
    for name in ("data", "ear", "eye", "painter"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--transformer", type=Path, help="what samples the pictures that a VQGAN's search begins with")
    parser.add_argument("--out", type=Path, help="by default among what ships")
    parser.add_argument("--per-class", type=int, help="sounds per class that are drawn (default: all)")
    add_card_arguments(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
