"""Make the AudioToken that ships with the package from a trained one: half precision, card, credits.

    python scripts/release_audiotoken.py --data DIR --system DIR --ear DIR --minutes N --machine TEXT --recipe TEXT

The system is the product of the recipe `pocket_audiotoken`, the ear that of `pocket_beats`. All is measured on what was
held out, with the weights as they ship: adherence, the text topline beside it, prompts obeyed, the time of a picture.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

from release_pocket import JUDGE, adherence_metrics, sampled, sources, write_credits

from hearsight.data import pairs
from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.evaluation import adherence, background_colour
from hearsight.files import write_atomically
from hearsight.hub.card import Card
from hearsight.hub.folder import POCKET
from hearsight.hub.network import load_network
from hearsight.sound.sound import Sound
from hearsight.studio.contact_sheet import Tile, contact_sheet
from hearsight.systems.audiotoken import AudioToken

LARGEST = 40e6
"""Bytes that the system may take."""
TIMED = 5
"""Pictures whose mean time is reported."""
EXAMPLES = Path(__file__).parents[1] / "examples"
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
    _draw_sheet(AudioToken.from_pretrained(arguments.out, device="cpu"), arguments.out / SHEET)
    size = sum(file.stat().st_size for file in arguments.out.rglob("*") if file.is_file())
    if size > LARGEST:
        raise SystemExit(f"{arguments.out}: {size / 1e6:.1f} MB are more than the {LARGEST / 1e6:.0f} that may ship.")
    items = pairs.read(arguments.data, split="train")
    write_credits(items, arguments.out / "CREDITS.csv")
    _card(items, _measured(arguments), arguments).write(arguments.out / "README.md")


def _draw_sheet(system: AudioToken, file: Path) -> None:
    """Write a contact sheet of the example sounds, drawn under every prompt with one noise."""
    tiles = [
        Tile(Sound.read(path), [system(path, prompt=prompt)[0].image for prompt in PROMPTS], path.name)
        for path in sorted(EXAMPLES.glob("*.ogg"))
    ]
    with write_atomically(file) as partial:
        contact_sheet(tiles, columns=len(tiles) // 2).save(partial, format="PNG", optimize=True)


def _measured(arguments: argparse.Namespace) -> dict[str, float]:
    system = AudioToken.from_pretrained(arguments.out, device="cpu")
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
        "seconds of a warm picture": round(_seconds(system, arguments.data), 3),
    }


def _seconds(system: AudioToken, data: Path) -> float:
    """The mean time from a sound to its picture, after the first."""
    sound = data / pairs.read(data, "sound", "held_out")[0].path
    system(sound)
    started = time.perf_counter()
    system(sound, pictures_per_sound=TIMED)
    return (time.perf_counter() - started) / TIMED


def _card(items: list[pairs.Item], metrics: dict[str, float], arguments: argparse.Namespace) -> Card:
    return Card(
        system="audiotoken",
        title="AudioToken, pocket edition",
        summary=(
            "Hears thirty things (ten environmental sounds, ten spoken digits, ten instruments) and draws them at "
            "128 x 128 pixels, as a word among others: one to three of them, on a ground of nine colours. A small "
            "BEATs, a small Stable Diffusion and the embedder between them, for laptops without a GPU."
        ),
        licence="cc-by-sa-4.0",
        data=sources(items),
        recipe=arguments.recipe,
        seed=0,
        machine=arguments.machine,
        minutes=arguments.minutes,
        metrics=metrics,
        pictures={SHEET: SHOWN},
        limits=(
            "Learnt from few recordings, and from pictograms instead of photographs. ESC-10 fold 4, the speaker theo "
            "and separate instrument phrases were held out. It knows the words of its captions alone: the classes' "
            "names, numbers up to three, colours of grounds and digits."
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
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--machine", required=True)
    parser.add_argument("--recipe", required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
