"""Make the weights that ship with the package from trained ones: half precision, card, credits.

    python scripts/release_pocket.py --data DIR --system DIR --judge DIR --minutes N --machine TEXT

The system is the product of the recipes `pocket_align` and `pocket_diffuse`, the judge of `pocket_judge`.
Adherence is measured on what was held out, with the weights as they ship.
"""

import argparse
import csv
import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from hearsight.data import pairs
from hearsight.data.pocket import ENVIRONMENT
from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.evaluation.adherence import Adherence, measure
from hearsight.files import write_atomically
from hearsight.hub.card import Card, Source
from hearsight.hub.folder import POCKET
from hearsight.hub.network import load_network, save_network
from hearsight.systems.audioclip_diffusion import AudioCLIPDiffusion, Sampling
from hearsight.systems.audiotoken_config import Sampling as TokenSampling

SYSTEM, JUDGE = POCKET / "audioclip_diffusion", POCKET / "picture_classifier"


def main() -> None:
    """Release, measure, write the card."""
    arguments = _arguments()
    judge = load_network(arguments.judge, "picture_classifier", PictureClassifier, PictureClassifierConfig)
    save_network(JUDGE, "picture_classifier", judge, "float16")
    system = AudioCLIPDiffusion.from_pretrained(arguments.system, device="cpu")
    config = replace(system.config, sampling=Sampling(guidance=arguments.guidance))
    AudioCLIPDiffusion(config, system.audioclip, system.unet).save_pretrained(SYSTEM, precision="float16")
    items = pairs.read(arguments.data, split="train")
    write_credits(items, SYSTEM / "CREDITS.csv")
    _card(items, _measured(arguments.data, arguments.judge), arguments).write(SYSTEM / "README.md")


def _measured(data: Path, judge_folder: Path) -> dict[str, float]:
    judge = load_network(JUDGE, "picture_classifier", PictureClassifier, PictureClassifierConfig)
    system = AudioCLIPDiffusion.from_pretrained(SYSTEM, device="cpu")
    result, _ = measure(system, data, judge)
    return {
        **adherence_metrics(result, sampled(system.config.sampling)),
        "judge: accuracy on unseen composed pictures": json.loads((judge_folder / "metrics.json").read_text())[
            "accuracy_unseen"
        ],
    }


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


def _card(items: list[pairs.Item], metrics: dict[str, float], arguments: argparse.Namespace) -> Card:
    return Card(
        system="audioclip-diffusion",
        title="AudioCLIP-latent diffusion, pocket edition",
        summary=(
            "Hears thirty things (ten environmental sounds, ten spoken digits, ten instruments) and draws them at "
            "64 x 64 pixels. Three small AudioCLIP heads and a five-million-parameter U-Net, for laptops without a GPU."
        ),
        licence="cc-by-sa-4.0",
        data=sources(items),
        recipe=arguments.recipe,
        seed=0,
        machine=arguments.machine,
        minutes=arguments.minutes,
        metrics=metrics,
        limits=(
            "Learnt from few recordings, and from pictograms instead of photographs. ESC-10 fold 4, the speaker theo "
            "and separate instrument phrases were held out, for these weights too. Anything else is drawn as "
            "whichever of the thirty things it resembles most."
        ),
    )


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


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--system", type=Path, required=True)
    parser.add_argument("--judge", type=Path, required=True)
    parser.add_argument("--guidance", type=float, default=3.0)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--machine", required=True)
    parser.add_argument("--recipe", required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
