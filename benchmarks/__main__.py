"""`python -m benchmarks`: run the benchmarks, print a table for each, and keep the numbers as JSON if asked to."""

import json
import os
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import hearsight  # noqa: F401 - first: it keeps torch's threads from spinning, which must be said before torch loads
from benchmarks.comparison import Comparison
from benchmarks.setting import Setting, Size


class Name(StrEnum):
    """The benchmarks."""

    HEARING = "hearing"
    FILTER_BANK = "filter-bank"
    TRAINING = "training"
    DRAWING = "drawing"
    SOUND_WORD = "sound-word"
    SENTENCE = "sentence"
    STACKED_TRAINING = "stacked-training"
    SEARCH = "search"
    FEATURES = "features"
    COLD_START = "cold-start"


def main(
    only: Annotated[list[Name] | None, typer.Option(help="Run this benchmark alone; may be repeated.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Turns that each contender gets.")] = 5,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of torch; by default one per core.")] = None,
    size: Annotated[Size, typer.Option(help="`debug` has tiny networks: only to see that all runs.")] = Size.POCKET,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write the numbers to this file.")] = None,
) -> None:
    """Measure Hearsight beside its peers."""
    # Nothing here may ask a hub: every network is built from its configuration.
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error")
    import torch

    from benchmarks import machine

    if threads:
        torch.set_num_threads(threads)
    setting = Setting(size, rounds, torch.get_num_threads())
    console = Console()
    about = machine.describe()
    console.print(machine.in_words(about))
    comparisons: list[Comparison] = []
    for name in only or list(Name):
        with console.status(f"{name} …"):
            measured = _benchmark(name)(setting)
        for comparison in measured:
            console.print(comparison.table())
        comparisons += measured
    if json_file:
        from hearsight.files import write_atomically

        content = {"machine": about, "comparisons": [each.plain() for each in comparisons]}
        with write_atomically(json_file) as partial:
            partial.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _benchmark(name: Name) -> Callable[[Setting], list[Comparison]]:
    match name:
        case Name.HEARING:
            from benchmarks.hearing import measure
        case Name.FILTER_BANK:
            from benchmarks.filter_bank import measure
        case Name.TRAINING:
            from benchmarks.training import measure
        case Name.DRAWING:
            from benchmarks.drawing import measure
        case Name.SOUND_WORD:
            from benchmarks.sound_word import measure
        case Name.SENTENCE:
            from benchmarks.sentence import measure
        case Name.STACKED_TRAINING:
            from benchmarks.stacked_training import measure
        case Name.FEATURES:
            from benchmarks.features import measure
        case Name.SEARCH:
            from benchmarks.search import measure
        case Name.COLD_START:
            from benchmarks.cold_start import measure
    return measure


if __name__ == "__main__":
    typer.run(main)
