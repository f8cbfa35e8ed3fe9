"""`hearsight compare`: the same sounds through all systems, side by side."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearsight.cli import options
from hearsight.cli.failures import Failures
from hearsight.cli.inputs import find_sounds, unique_names
from hearsight.errors import DataError

if TYPE_CHECKING:
    from hearsight.evaluation.comparison import Comparison


def compare(
    sounds: Annotated[list[str], typer.Argument(help="Sounds, videos, folders of them, or glob patterns.")],
    systems: options.Systems = None,
    out: Annotated[Path, typer.Option(help="Folder of the comparison and its pictures.")] = Path("comparison"),
    seed: Annotated[int, typer.Option(min=0, help="Seed of every picture.")] = 0,
    judge: Annotated[
        Path, typer.Option(help="Folder of the picture classifier that scores the pictures.")
    ] = options.JUDGE,
    device: options.Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per picture.")] = False,
) -> int:
    """Draw the same sounds with several systems: comparison.html, comparison.png, comparison.json.

    A system that draws what a spoken sentence says, s2igan, takes part where --systems names it.
    """
    paths = find_sounds(sounds)

    from hearsight.cli.progress import progress
    from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
    from hearsight.evaluation.comparison import LONGEST_SHOWN, Heard, class_of, compare
    from hearsight.evaluation.comparison_page import write
    from hearsight.evaluation.contestants import SPOKEN, contestants
    from hearsight.hub.folder import shipped_names
    from hearsight.hub.network import load_network
    from hearsight.sound import Sound

    chosen = contestants(options.listed(systems) or [name for name in shipped_names() if name not in SPOKEN])
    judging = load_network(judge, "picture_classifier", PictureClassifier, PictureClassifierConfig)
    failures, heard = Failures(), []
    for path, name in zip(paths, unique_names(paths), strict=True):
        with failures.noted(path):
            sound = Sound.read(path, duration=LONGEST_SHOWN).require_audible()
            heard.append(Heard(path, name, sound, class_of(path, judging.config.labels)))
    if not heard:
        return failures.report(len(paths))
    with progress(1, "waking up") as bar:
        found = compare(heard, chosen, judging, seed=seed, device=device, folder=out / "pictures", progress=bar.at)
    try:
        place = write(found, out, "pocket judge" if judge == options.JUDGE else "judge")
    except OSError as error:
        raise DataError(f"{out}: cannot be written ({error.strerror or error}); choose another --out.") from None
    print("\n".join(map(_json, found.plain())) if as_json else f"{_table(found)}\n→ {place}")
    return failures.report(len(paths))


def _json(row: dict[str, object]) -> str:
    return json.dumps(row, ensure_ascii=False)


def _table(comparison: "Comparison") -> str:
    from hearsight.evaluation.comparison import remarks

    widest = max(len(system.name) for system in comparison.systems)
    lines = []
    for heard, row in zip(comparison.sounds, comparison.drawn, strict=True):
        lines.append(str(heard.path))
        for system, drawn in zip(comparison.systems, row, strict=True):
            lines.append(f"  {system.name:{widest}}  {', '.join(remarks(drawn, heard))}")
    return "\n".join(lines)
