"""`hearsight classify`: what a sound is, among labels that you choose."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hearsight.cli import options
from hearsight.cli.failures import Failures
from hearsight.cli.inputs import find_sounds
from hearsight.cli.options import DEFAULT_SYSTEM
from hearsight.errors import ConfigError


def classify(
    sounds: Annotated[list[str], typer.Argument(help="Sounds, videos, folders of them, or glob patterns.")],
    labels: Annotated[str, typer.Option(help="What they could be, e.g. dog,rain,'a piano'.")],
    model: Annotated[str, typer.Option(help="A system, a trained AudioCLIP, or a published .pt.")] = DEFAULT_SYSTEM,
    vocabulary: Annotated[Path | None, typer.Option(help="For a .pt: folder of CLIP's vocab.json, merges.txt.")] = None,
    device: options.Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per sound.")] = False,
) -> int:
    """Say how probable each label is for every sound."""
    chosen = [label.strip() for label in labels.split(",") if label.strip()]
    if not chosen:
        raise ConfigError(f"--labels {labels!r}: names no label; give some, separated by commas.")
    paths = find_sounds(sounds)

    from hearsight.sound import Sound
    from hearsight.systems.find_audioclip import find_audioclip

    network = find_audioclip(model, vocabulary, device)
    failures = Failures()
    for path in paths:
        with failures.noted(path):
            row = network.classify([Sound.read(path).require_audible()], chosen)[0].tolist()
            ranked = sorted(zip(chosen, row, strict=True), key=lambda pair: -pair[1])
            print(_json(path, ranked) if as_json else _line(path, ranked), flush=True)
    return failures.report(len(paths))


def _line(path: Path, ranked: list[tuple[str, float]]) -> str:
    return f"{path}: " + ", ".join(f"{label} {probability:.1%}" for label, probability in ranked)


def _json(path: Path, ranked: list[tuple[str, float]]) -> str:
    rounded = [[label, round(probability, 4)] for label, probability in ranked]
    return json.dumps({"sound": str(path), "classes": rounded}, ensure_ascii=False)
