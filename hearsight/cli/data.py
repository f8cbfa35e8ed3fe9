"""`hearsight data`: make and check data sets."""

from pathlib import Path
from typing import Annotated

import typer

from hearsight.cli import options

data = typer.Typer(name="data", help="Make and check data sets.", no_args_is_help=True)
make = typer.Typer(name="make", help="Make a data set.", no_args_is_help=True)
data.add_typer(make)


@make.command()
def pocket(
    pairs: Annotated[Path, typer.Option(help="Folder of the recordings and pictograms, with its SOURCES.csv.")],
    out: Annotated[Path, typer.Option(help="Folder to make it in; what is there already is kept.")],
    seed: Annotated[int, typer.Option(min=0, help="Seed; the same one makes the same set.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that work side by side.")] = 2,
) -> None:
    """Make the pocket set: thirty classes that can be heard and seen."""
    from hearsight.cli.progress import progress
    from hearsight.data.pocket import make as make_pocket

    with progress(1, "making the pocket set") as bar:
        manifest = make_pocket(pairs, out, seed=seed, workers=workers, progress=bar.step)
    print(manifest)


@make.command()
def birds(
    out: Annotated[Path, typer.Option(help="Folder for images/, text/ and the lists of classes, as CUB has them.")],
    count: Annotated[int, typer.Option(min=1, help="Pictures of each of the 200 species.")] = 10,
    size: Annotated[int, typer.Option(min=16, help="Side of the pictures in pixels.")] = 128,
    seed: Annotated[int, typer.Option(min=0, help="Seed; the same one makes the same birds.")] = 0,
) -> None:
    """Draw Birds in Miniature for people to look at; training draws its own."""
    from hearsight.cli.progress import progress
    from hearsight.data.birds import Birds
    from hearsight.data.birds import make as make_birds

    with progress(1, "drawing birds") as bar:
        print(make_birds(Birds(seed, size), out, count, bar.step))


@make.command("sub-urmp")
def sub_urmp(
    source: Annotated[Path, typer.Argument(help="A copy of Sub-URMP: chunk/ and img/ with their splits.")],
    out: Annotated[Path, typer.Option(help="Folder to make it in; what is there already is kept.")],
    seconds: Annotated[float, typer.Option(help="Length of the sounds; the thesis compares 1 to 5.")] = 4.0,
    silence: Annotated[float, typer.Option(min=0, help="16-bit amplitude below which a sound is left out.")] = 450,
    size: Annotated[int, typer.Option(min=1, help="Side of the pictures in pixels.")] = 64,
    crops: Annotated[
        Path | None, typer.Option(help="YAML: instrument: [left, top, right, bottom], shares of the frame.")
    ] = None,
) -> None:
    """Make the thesis's data of Sub-URMP: thirteen instruments, heard and seen."""
    from hearsight.cli.progress import progress
    from hearsight.config import build, read_yaml
    from hearsight.data.prepare_sub_urmp import Preprocessing, prepare

    cut = read_yaml(crops) if crops else {}
    settings = build(Preprocessing, {"seconds": seconds, "silence": silence, "size": size, "crops": cut})
    with progress(1, "cutting performances") as bar:
        print(prepare(source, out, settings, bar.step))


@data.command()
def speak(
    captions: Annotated[
        Path, typer.Argument(help="A text file, one caption a line; a folder as CUB's text_c10/; or birds.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the speech; what was said before is kept.")],
    model: Annotated[str | None, typer.Option(help="A VITS or SpeechT5 that speaks; by default espeak-ng.")] = None,
    vocoder: Annotated[str | None, typer.Option(help="For SpeechT5: its HiFi-GAN.")] = None,
    speakers: Annotated[Path | None, typer.Option(help="For SpeechT5: a .npy of x-vectors, one a speaker.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed; the same one gives the same voices.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Captions spoken side by side.")] = 2,
    device: options.Device = None,
) -> int:
    """Speak captions in many voices, as Opus files with a manifest."""
    from hearsight.cli.progress import progress
    from hearsight.data.birds import Birds
    from hearsight.data.captions import captions_in
    from hearsight.data.speaking import speak_captions
    from hearsight.data.spoken_birds import bird_captions
    from hearsight.data.voices import Engine, Espeak

    engine: Engine = Espeak()
    if model:
        from hearsight.data.speech_model import SpeechModel

        engine = SpeechModel(model, vocoder=vocoder, speakers=speakers, device=device or "cpu")
    with progress(1, "speaking") as bar:
        sentences = list(bird_captions(Birds())) if captions == Path("birds") else captions_in(captions)
        report = speak_captions(sentences, out, engine=engine, seed=seed, workers=workers, progress=bar.step)
    minutes = sum(one.seconds for one in report.spoken) / 60
    print(f"{len(report.spoken)} captions spoken, {minutes:.1f} minutes")
    if report.failures:
        print(f"{len(report.failures)} failed; see {out / 'failures.csv'}")
    print(report.manifest)
    return 2 if report.failures else 0


@data.command()
def check(
    folder: Annotated[Path, typer.Argument(help="A data folder: manifest.csv, or sounds/ and pictures/.")],
) -> int:
    """Open every sound and picture of a data folder and list what is wrong."""
    from hearsight.cli.progress import progress
    from hearsight.data.check import check as check_folder

    with progress(1, "opening everything") as bar:
        report = check_folder(folder, bar.step)
    for label, counts in report.counts.items():
        print(f"{label}: " + ", ".join(f"{count} {kind}s" for kind, count in sorted(counts.items())))
    print("\n".join(report.problems) or "Nothing is wrong.")
    return 2 if report.problems else 0


@data.command()
def prepare(
    videos: Annotated[Path, typer.Argument(help="Folder of videos: LABEL/FILE, SPLIT/LABEL/FILE, or as in --csv.")],
    out: Annotated[Path, typer.Option(help="Folder for the shards; an interrupted run goes on there.")],
    table: Annotated[Path | None, typer.Option("--csv", help="VGGSound's: id, start, label, train or test.")] = None,
    clip: Annotated[str | None, typer.Option(help="CLIP that chooses frames; by default the middle one.")] = None,
    picture_classifier: Annotated[str | None, typer.Option(help="Says what is seen; by default --clip.")] = None,
    sound_classifier: Annotated[str | None, typer.Option(help="Says what is heard; drops where they differ.")] = None,
    vocabulary: Annotated[Path | None, typer.Option(help="For a .pt: folder of CLIP's vocab.json, merges.txt.")] = None,
    classes: Annotated[Path | None, typer.Option(help="For a BEATs.pt: AudioSet's class_labels_indices.csv.")] = None,
    top: Annotated[int, typer.Option(min=1, help="Best classes of each, one of which must be the same.")] = 1,
    seconds: Annotated[float, typer.Option(help="Seconds of sound, from a random place on.")] = 5.0,
    crops: Annotated[int, typer.Option(min=1, help="Pairs per clip.")] = 1,
    rate: Annotated[int, typer.Option(min=1, help="Samples per second of the sounds.")] = 16000,
    size: Annotated[int, typer.Option(min=1, help="Largest short side of the pictures.")] = 512,
    shard: Annotated[int, typer.Option(min=1, help="Clips per shard.")] = 256,
    seed: Annotated[int, typer.Option(min=0, help="Seed; the same one makes the same shards.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that work side by side.")] = 2,
    device: options.Device = None,
) -> int:
    """Make pairs of sound and picture from videos, as WebDataset shards."""
    from hearsight.cli.progress import progress
    from hearsight.data.clips import clips_in
    from hearsight.data.judges import JudgeSources
    from hearsight.data.prepare import prepare as prepare_clips
    from hearsight.data.prepare_clip import Preparation
    from hearsight.data.vggsound import vggsound_clips

    words = str(vocabulary) if vocabulary else None
    judges = JudgeSources(
        clip, picture_classifier, sound_classifier, words, device, classes=str(classes) if classes else None
    )
    settings = Preparation(seed, seconds, crops, rate, size, top=top, judges=judges)
    clips = vggsound_clips(table, videos) if table else clips_in(videos)
    with progress(1, "preparing clips") as bar:
        manifest = prepare_clips(clips, out, settings, per_shard=shard, workers=workers, progress=bar.step)
    return _report(manifest)


def _report(manifest: Path) -> int:
    """Say what was kept; 2 where nothing was."""
    from hearsight.data.shards import Shards

    made = Shards(manifest.parent).manifest
    kept = {name: split["pairs"] for name, split in made["splits"].items()}
    print(f"{sum(kept.values())} pairs: " + (", ".join(f"{count} {name}" for name, count in kept.items()) or "none"))
    if made["dropped"]:
        reasons = ", ".join(f"{count} {kind}" for kind, count in made["dropped"].items())
        print(f"{sum(made['dropped'].values())} dropped: {reasons}; see {manifest.with_name('dropped.csv')}")
    print(manifest)
    return 0 if any(kept.values()) else 2
