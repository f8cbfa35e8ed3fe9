"""Options that several commands share: one wording, one rule."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_SYSTEM = "audioclip-diffusion"
JUDGE = Path(__file__).parent.parent / "pocket" / "picture_classifier"
"""The judge that ships with the package; it knows the pocket classes."""

System = Annotated[str, typer.Option(help="A system: its name, a folder, or a hub id.")]
Steps = Annotated[int | None, typer.Option(min=1, help="Sampling steps.")]
Guidance = Annotated[float | None, typer.Option(help="How strongly the sound rules the picture.")]
Scheduler = Annotated[str | None, typer.Option(help="Sampling method, e.g. ddim.")]
Prompt = Annotated[str | None, typer.Option(help="Words around the sound, e.g. 'an oil painting of <sound>'.")]
NegativePrompt = Annotated[str | None, typer.Option(help="Words for what the picture should not be.")]
Against = Annotated[str | None, typer.Option(help="Words that a search is pushed away from: 'text | a frame:0.5'.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="Any other setting of the system, e.g. --set views=16; may be repeated."),
]
Parts = Annotated[
    list[str] | None,
    typer.Option("--part", help="A file or folder that the system is put together from, e.g. --part ear=Wav2CLIP.pt."),
]
Size = Annotated[int | None, typer.Option(min=1, help="Side of the picture in pixels.")]
Pipeline = Annotated[
    str | None, typer.Option(help="For audiotoken and imagebind-unclip: a diffusers pipeline, folder or hub id.")
]
Embedder = Annotated[str | None, typer.Option(help="For audiotoken: embedder_learned_embeds.bin, or a folder.")]
Device = Annotated[str | None, typer.Option(help="cpu, cuda, …; by default a GPU where there is one.")]
Systems = Annotated[
    list[str] | None,
    typer.Option(help="Systems, by commas: names, folders, folders of folders, hub ids; by default all that ship."),
]


def listed(values: list[str] | None) -> list[str]:
    """The parts of what was given by commas, of an option that may be repeated."""
    return [part.strip() for value in values or () for part in value.split(",") if part.strip()]
