"""Make the S2IGAN that ships with the package from a trained one: half precision, contact sheets, card, colour reader.

    python scripts/release_s2igan.py --data DIR --system DIR [--against DIR] --ear DIR --reader DIR --minutes N \
        --machine TEXT --recipe TEXT

The system is the product of `pocket_s2igan`, the other of `pocket_stackgan`, the ear of `pocket_said_embedding`, the
reader of `pocket_part_colours`. All is measured with the weights as they ship, on species and voices never trained on.
"""

import argparse
from pathlib import Path

from releasing import add_card_arguments, card, refuse_large

from hearsight.data.birds import Birds
from hearsight.encoders.part_colours import PartColours, PartColoursConfig
from hearsight.encoders.speech_embedding import SpeechEmbedding, SpeechEmbeddingConfig
from hearsight.evaluation import bird_sentences, colour_obedience
from hearsight.evaluation.result import Result
from hearsight.files import write_atomically
from hearsight.hub.card import Card, Source
from hearsight.hub.folder import POCKET
from hearsight.hub.network import load_network, save_network
from hearsight.studio.bird_sheets import Sheets
from hearsight.systems.s2igan import S2IGAN

SYSTEM, READER = POCKET / "s2igan", POCKET / "part_colours"
LARGEST = 25e6
"""Bytes that both may take, sheets and all."""
SHEETS = {
    "voices.png": (
        "The same sentence in several voices: above each picture the spectrogram of what was heard, below it who spoke "
        "and what was said. Species and voices are ones that training never met; a row has one noise."
    ),
    "words.png": (
        "One word changed at a time: at the left a sentence, beside it the same sentence with one of its colour words "
        "changed (in capitals), said by the same voice and drawn with the same noise."
    ),
}
"""The contact sheets beside the card, and what they show."""


def main() -> None:
    """Release, measure, write the card."""
    arguments = _arguments()
    S2IGAN.from_pretrained(arguments.system, device="cpu").save_pretrained(SYSTEM, precision="float16")
    reader = load_network(arguments.reader, "part_colours", PartColours, PartColoursConfig)
    save_network(READER, "part_colours", reader, "float16")
    _draw_sheets(S2IGAN.from_pretrained(SYSTEM, device="cpu"), SYSTEM, arguments.data / ".cache" / "sheets")
    refuse_large(LARGEST, SYSTEM, READER)
    _card(_measured(arguments), arguments).write(SYSTEM / "README.md")


def _draw_sheets(system: S2IGAN, folder: Path, speech: Path) -> None:
    """Write the contact sheets into `folder`; what is spoken for them is kept in `speech`."""
    sheets = Sheets(system, speech, Birds(size=system.config.generator.sides[-1]))
    for name, sheet in zip(SHEETS, (sheets.voices(), sheets.changed_words()), strict=True):
        with write_atomically(folder / name) as partial:
            sheet.save(partial, format="PNG", optimize=True)


def _measured(arguments: argparse.Namespace) -> dict[str, float]:
    birds = Birds(size=128)
    reader = load_network(READER, "part_colours", PartColours, PartColoursConfig)
    ear = load_network(arguments.ear, "speech_embedding", SpeechEmbedding, SpeechEmbeddingConfig)
    sentences = bird_sentences.Sentences.held_out(arguments.data, birds, arguments.sentences)
    numbers = _rounded("", bird_sentences.recall(ear, birds, sentences))
    changes = colour_obedience.changes(birds)
    others = [("StackGAN-v2: ", arguments.against)] if arguments.against else []
    for name, folder in [("", SYSTEM), *others]:
        system = S2IGAN.from_pretrained(folder, device="cpu")
        drawn = bird_sentences.drawings(system, sentences)
        speech = arguments.data / ".cache" / "changed-0"
        obeyed = colour_obedience.measure(system, changes, reader, speech).result(reader)
        numbers |= _rounded(name, [*bird_sentences.likeness(drawn, sentences, birds, reader), obeyed])
    return numbers


def _rounded(name: str, results: list[Result]) -> dict[str, float]:
    return {f"{name}{one.metric}, {one.samples} sentences": round(one.value, 4) for one in results}


def _card(metrics: dict[str, float], arguments: argparse.Namespace) -> Card:
    return card(
        arguments,
        system="s2igan",
        title="S2IGAN, pocket edition",
        summary=(
            "Hears an English sentence about a bird and draws it at 32, 64 and 128 pixels, without the sentence ever "
            "becoming text. An ear of 0.6 and a stacked generator of 1.2 million parameters, for laptops without a GPU."
        ),
        tags=("audio-to-image", "speech"),
        data=(
            Source("Birds in Miniature", "apache-2.0", "drawn by this project (hearsight/data/birds.py)"),
            Source(
                "espeak-ng",
                "GPL-3.0-or-later, which covers the program and not what it speaks",
                "speaks the descriptions; nothing of the program is in these weights",
                "https://github.com/espeak-ng/espeak-ng",
            ),
        ),
        metrics=metrics,
        limits=(
            "Knows drawn birds of nine colours, described in templated English by espeak-ng's voices; people's voices "
            "and other sentences were not tried. Fifty of the two hundred species and six of the 27 speakers were held "
            "out, for these weights too."
        ),
        pictures=SHEETS,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "system", "ear", "reader"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--against", type=Path, help="a StackGAN-v2 that was trained the same way for the same time")
    parser.add_argument("--sentences", type=int, default=20, help="about each held-out species")
    add_card_arguments(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
