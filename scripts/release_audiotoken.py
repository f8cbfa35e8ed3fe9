"""Make the AudioToken that ships with the package from a trained one: half precision, card, credits.

    python scripts/release_audiotoken.py --data DIR --system DIR --ear DIR --minutes N --machine TEXT --recipe TEXT

The system is the product of the recipe `pocket_audiotoken`, the ear that of `pocket_beats`. All is measured on what was
held out, with the weights as they ship: adherence, the text topline beside it, prompts obeyed, the time of a picture.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from releasing import (
    JUDGE,
    LEARNT_FROM,
    add_card_arguments,
    adherence_metrics,
    draw_examples,
    pocket_card,
    refuse_large,
    sampled,
    seconds,
    write_credits,
)

from hearsight.data import pairs
from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.evaluation import adherence, background_colour
from hearsight.hub.card import Card
from hearsight.hub.folder import POCKET
from hearsight.hub.network import load_network
from hearsight.systems.audiotoken import AudioToken

LARGEST = 40e6
"""Bytes that the system may take."""
PROMPTS = ("a photo of <sound>", "<sound> on a red background", "two <sound>")
SHEET = "prompts.png"
SHOWN = "The example sounds, each under three prompts, from top to bottom: " + ", ".join(f"`{one}`" for one in PROMPTS)
"""What the contact sheet beside the card shows."""


def main() -> None:
    """Release, measure, write the card."""
    arguments = _arguments()
    trained = AudioToken.from_pretrained(arguments.system, device="cpu")
    sampling = replace(trained.config.sampling, guidance=arguments.guidance)
    trained.config = replace(trained.config, sampling=sampling)
    trained.save_pretrained(arguments.out, precision="float16", whole=True)
    system = AudioToken.from_pretrained(arguments.out, device="cpu")
    draw_examples(arguments.out / SHEET, lambda path: [system(path, prompt=one)[0].image for one in PROMPTS])
    refuse_large(LARGEST, arguments.out)
    items = pairs.read(arguments.data, split="train")
    write_credits(items, arguments.out / "CREDITS.csv")
    _card(items, _measured(system, arguments), arguments).write(arguments.out / "README.md")


def _measured(system: AudioToken, arguments: argparse.Namespace) -> dict[str, float]:
    judge = load_network(JUDGE, "picture_classifier", PictureClassifier, PictureClassifierConfig)
    heard, _ = adherence.measure(system, arguments.data, judge)
    read, _ = adherence.measure(system, arguments.data, judge, topline=True, sounds_per_class=arguments.per_class)
    red, _ = background_colour.measure(system, arguments.data, "red", sounds_per_class=arguments.per_class)
    red_low, red_high = red.interval()
    return {
        **adherence_metrics(heard, sampled(system.config.sampling)),
        "text topline: adherence of the classes' names": round(read.mean(), 4),
        "pictures of the topline": int(read.confusion.sum()),
        "pictures with a red background, asked for <sound> on a red background": round(red.obeyed, 4),
        "its 95 % interval, low (red)": round(red_low, 4),
        "its 95 % interval, high (red)": round(red_high, 4),
        "the ear: accuracy on held-out sounds": json.loads((arguments.ear / "metrics.json").read_text())["accuracy"],
        "seconds of a warm picture": round(seconds(system, arguments.data), 3),
    }


def _card(items: list[pairs.Item], metrics: dict[str, float], arguments: argparse.Namespace) -> Card:
    return pocket_card(
        arguments,
        items,
        system="audiotoken",
        title="AudioToken, pocket edition",
        summary=(
            "Hears thirty things (ten environmental sounds, ten spoken digits, ten instruments) and draws them at "
            "128 x 128 pixels, as a word among others: one to three of them, on a ground of nine colours. A small "
            "BEATs, a small Stable Diffusion and the embedder between them, for laptops without a GPU."
        ),
        metrics=metrics,
        pictures={SHEET: SHOWN},
        limits=(
            f"{LEARNT_FROM} It knows the words of its captions alone: the classes' names, numbers up to three, colours "
            "of grounds and digits."
        ),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--system", type=Path, required=True)
    parser.add_argument("--ear", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=POCKET / "audiotoken")
    parser.add_argument("--guidance", type=float, default=5.0)
    parser.add_argument("--per-class", type=int, help="sounds per class for topline and red backgrounds (default: all)")
    add_card_arguments(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
