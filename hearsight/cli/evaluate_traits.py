"""`hearsight evaluate traits`: do pictures show a trait of the speaker? StyleWav's table (section 7.2)."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hearsight.cli import options
from hearsight.cli.embed import Vocabulary
from hearsight.errors import ConfigError

if TYPE_CHECKING:
    from hearsight.evaluation.traits import Traits
    from hearsight.evaluation.welch import Welch


def traits(
    groups: Annotated[
        list[Path], typer.Option(help="A language's folder of Common Voice, or --groups FOLDER --groups FOLDER.")
    ],
    judge: Annotated[str, typer.Option("--clip", help="The CLIP that scores: a folder, a hub id, a published file.")],
    prompts: Annotated[
        list[str] | None, typer.Option("--prompt", help="Two texts; by default those of the paper, on a speaker's sex.")
    ] = None,
    system: options.System = options.DEFAULT_SYSTEM,
    count: Annotated[
        int, typer.Option(min=2, help="Sounds of each group, at random; all where there are fewer.")
    ] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every picture, and of the choice of sounds.")] = 0,
    steps: options.Steps = None,
    guidance: options.Guidance = None,
    size: options.Size = None,
    out: Annotated[Path | None, typer.Option(help="Folder to keep the pictures in, one folder a group.")] = None,
    vocabulary: Vocabulary = None,
    device: options.Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Draw two groups of sounds, score the pictures with two prompts, and test the difference (Welch)."""
    compared = _two_prompts(prompts, len(groups))
    sounds = _sounds(groups, count, seed)

    from hearsight.cli.progress import progress
    from hearsight.data.find_shared_space import find_shared_space
    from hearsight.evaluation.traits import measure
    from hearsight.systems import load

    space = find_shared_space([judge], vocabulary, device)
    drawing = load(system, device=device)
    settings = drawing.settings(steps=steps, guidance=guidance, size=size)
    with progress(1, "drawing both groups") as bar:
        result, drawn = measure(drawing, sounds, space, prompts=compared, seed=seed, progress=bar.step, **settings)
    if out:
        for name, pictures in drawn.items():
            for number, picture in enumerate(pictures):
                picture.save(out / name / f"{number:03}.png")
    print(json.dumps(_summary(result)) if as_json else _table(result))


def _two_prompts(prompts: Sequence[str] | None, folders: int) -> tuple[str, str]:
    from hearsight.evaluation.traits import PROMPTS

    if folders == 2 and not prompts:
        raise ConfigError("--prompt: say what two folders are compared by, e.g. --prompt 'a dog' --prompt 'a cat'.")
    match prompts or PROMPTS:
        case [first, second]:
            return first, second
    raise ConfigError(f"--prompt: {len(prompts or ())} given; the experiment compares two.")


def _sounds(groups: Sequence[Path], count: int, seed: int) -> dict[str, list[Path]]:
    """The sounds of each group by its name."""
    if len(groups) == 1:
        from hearsight.data.common_voice import SEXES, CommonVoice

        voices = CommonVoice(groups[0])
        return {sex: voices.sample(sex, count, seed=seed) for sex in SEXES}
    if len(groups) != 2:
        raise ConfigError(f"--groups: {len(groups)} given; one folder of Common Voice, or two of sounds, are compared.")
    import numpy as np

    from hearsight.cli.inputs import find_sounds, unique_names
    from hearsight.seeds import derive

    chosen = {}
    for name, folder in zip(unique_names(groups), groups, strict=True):
        sounds = find_sounds([str(folder)])
        order = np.random.default_rng(derive(seed, name)).permutation(len(sounds))
        chosen[name] = [sounds[place] for place in sorted(order[:count])]
    return chosen


def _summary(result: "Traits") -> dict[str, Any]:
    groups = {
        name: {
            "pictures": len(scores),
            "scores": dict(zip(result.prompts, result.means(name).tolist(), strict=True)),
            "between_prompts": _plain(result.between_prompts(name)),
        }
        for name, scores in result.scores.items()
    }
    between = {prompt: _plain(result.between_groups(number)) for number, prompt in enumerate(result.prompts)}
    return {"groups": groups, "between_groups": between}


def _plain(test: "Welch") -> dict[str, Any]:
    numbers = {"difference": test.difference, "t": test.t, "degrees": test.degrees, "p": test.p}
    finite = {name: number if math.isfinite(number) else None for name, number in numbers.items()}
    return {**finite, "significant": test.significant}


def _table(result: "Traits") -> str:
    """The paper's table, with a column for the other comparison."""
    names = [f"{name} ({len(scores)})" for name, scores in result.scores.items()]
    groups = list(result.scores)
    means = [result.means(name) for name in groups]
    between = [result.between_groups(number) for number in range(2)]
    rows = [["", *names, "groups differ"]]
    for number, prompt in enumerate(result.prompts):
        rows.append([prompt, *(f"{mean[number]:.3f}" for mean in means), _verdict(between[number])])
    rows.append(["prompts differ", *(_verdict(result.between_prompts(name)) for name in groups), ""])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) if not at else cell.rjust(width) for at, (cell, width) in enumerate(pairs)).rstrip()
        for pairs in (list(zip(row, widths, strict=True)) for row in rows)
    )


def _verdict(test: "Welch") -> str:
    return f"{'yes' if test.significant else 'no'}, p = {test.p:.2g}"
