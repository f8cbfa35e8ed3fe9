"""`hearsight evaluate birds`: what a system that draws spoken sentences makes of species and voices it never met."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hearsight.cli import options

if TYPE_CHECKING:
    from hearsight.evaluation.result import Result

READER = Path(__file__).parent.parent / "pocket" / "part_colours"
"""The reader of part colours that ships with the package."""


def birds(
    data: Annotated[Path, typer.Option(help="Folder of `hearsight data speak birds`.")],
    system: options.System = "s2igan",
    against: Annotated[
        str | None, typer.Option(help="Another system, measured beside it: the paper's baseline.")
    ] = None,
    ear: Annotated[Path | None, typer.Option(help="Folder of the speech embedding network, for recall.")] = None,
    reader: Annotated[Path, typer.Option(help="Folder of a reader of part colours.")] = READER,
    species: Annotated[
        Path | None, typer.Option(help="Folder of a picture classifier of species, for a second Inception score.")
    ] = None,
    sentences: Annotated[int, typer.Option(min=1, help="Sentences about each held-out species.")] = 20,
    changes: Annotated[int, typer.Option(min=0, help="Sentences in which one colour word is changed.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Seed of noise and changes.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder to keep the pictures of changed sentences in.")] = None,
    device: options.Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Recall@10 of the ear, colour words obeyed, FID, mAP and Inception score, on Birds in Miniature."""
    from hearsight.cli.progress import progress
    from hearsight.data.birds import Birds
    from hearsight.encoders.part_colours import PartColours, PartColoursConfig
    from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
    from hearsight.encoders.speech_embedding import SpeechEmbedding, SpeechEmbeddingConfig
    from hearsight.evaluation import bird_inception_score, bird_sentences, colour_obedience
    from hearsight.hub.network import load_network
    from hearsight.systems import load

    aviary = Birds(size=128)
    reading = load_network(reader, "part_colours", PartColours, PartColoursConfig)
    naming = (
        load_network(species, "picture_classifier", PictureClassifier, PictureClassifierConfig) if species else None
    )
    spoken = bird_sentences.Sentences.held_out(data, aviary, sentences)
    found: dict[str, list[Result]] = {}
    names = [system, against] if against else [system]
    with progress(2 * len(names) + bool(ear), "listening") as bar:
        if ear:
            hearing = load_network(ear, "speech_embedding", SpeechEmbedding, SpeechEmbeddingConfig)
            found["ear"] = bird_sentences.recall(hearing, aviary, spoken, progress=bar.step)
            bar.finish("recall: done")
        for name in names:
            drawing = load(name, device=device)
            bar.start(f"{name}: drawing")
            drawn = bird_sentences.drawings(drawing, spoken, seed, bar.step)
            found[name] = bird_sentences.likeness(drawn, spoken, aviary, reading, seed)
            found[name].append(bird_inception_score.of_part_colours(drawn, reading, seed))
            if naming:
                found[name].append(bird_inception_score.of_species(drawn, naming, seed))
            bar.finish(f"{name}: drawn")
            if changes:
                bar.start(f"{name}: changing a word")
                changed = colour_obedience.changes(aviary, changes, seed)
                speech = data / ".cache" / f"changed-{seed}"
                obeyed = colour_obedience.measure(drawing, changed, reading, speech, seed=seed, progress=bar.step)
                found[name].append(obeyed.result(reading))
                if out:
                    _keep(obeyed, out / Path(name).name)
            bar.finish(f"{name}: measured")
    print(json.dumps(_plain(found)) if as_json else _table(found))


def _keep(obeyed: Any, folder: Path) -> None:
    from hearsight.files import write_atomically

    for number, (change, pictures) in enumerate(zip(obeyed.changes, obeyed.pictures, strict=True)):
        for picture, name in zip(pictures, ("before", "after"), strict=True):
            file = folder / f"{number:04}_{change.part}_{change.old}_{change.new}_{name}.png"
            with write_atomically(file) as partial:
                picture.save(partial, "PNG")


def _plain(found: dict[str, list["Result"]]) -> dict[str, Any]:
    return {name: [result.plain() for result in results] for name, results in found.items()}


def _table(found: dict[str, list["Result"]]) -> str:
    lines = []
    for name, results in found.items():
        lines.append(name)
        for one in results:
            sure = f" (95 %: {one.interval[0]:.4g} to {one.interval[1]:.4g})" if one.interval else ""
            lines.append(f"  {one.metric}: {one.value:.4g}{sure}, {one.samples} samples, by {one.network}")
            lines += [f"    {what}: {said}" for what, said in one.details.items()]
    return "\n".join(lines)
