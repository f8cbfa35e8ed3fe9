"""Make the weights that ship with the package from trained ones: half precision, card, credits.

    python scripts/release_pocket.py --data DIR --system DIR --judge DIR --minutes N --machine TEXT

The system is the product of the recipes `pocket_align` and `pocket_diffuse`, the judge of `pocket_judge`.
Adherence is measured on what was held out, with the weights as they ship.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from releasing import JUDGE, add_card_arguments, adherence_metrics, pocket_card, sampled, write_credits

from hearsight.data import pairs
from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.evaluation.adherence import measure
from hearsight.hub.card import Card
from hearsight.hub.folder import POCKET
from hearsight.hub.network import load_network, save_network
from hearsight.systems.audioclip_diffusion import AudioCLIPDiffusion, Sampling

SYSTEM = POCKET / "audioclip_diffusion"


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


def _card(items: list[pairs.Item], metrics: dict[str, float], arguments: argparse.Namespace) -> Card:
    return pocket_card(
        arguments,
        items,
        system="audioclip-diffusion",
        title="AudioCLIP-latent diffusion, pocket edition",
        summary=(
            "Hears thirty things (ten environmental sounds, ten spoken digits, ten instruments) and draws them at "
            "64 x 64 pixels. Three small AudioCLIP heads and a five-million-parameter U-Net, for laptops without a GPU."
        ),
        metrics=metrics,
        limits=(
            "Learnt from few recordings, and from pictograms instead of photographs. ESC-10 fold 4, the speaker theo "
            "and separate instrument phrases were held out, for these weights too. Anything else is drawn as "
            "whichever of the thirty things it resembles most."
        ),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--system", type=Path, required=True)
    parser.add_argument("--judge", type=Path, required=True)
    parser.add_argument("--guidance", type=float, default=3.0)
    add_card_arguments(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
