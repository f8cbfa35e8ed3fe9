"""Options that several commands share: one wording, one rule."""

from typing import Annotated

import typer

DEFAULT_SYSTEM = "audioclip-diffusion"

System = Annotated[str, typer.Option(help="A system: its name, a folder, or a hub id.")]
Steps = Annotated[int | None, typer.Option(min=1, help="Sampling steps.")]
Guidance = Annotated[float | None, typer.Option(help="How strongly the sound rules the picture.")]
Scheduler = Annotated[str | None, typer.Option(help="Sampling method, e.g. ddim.")]
Prompt = Annotated[str | None, typer.Option(help="Words around the sound, e.g. 'an oil painting of <sound>'.")]
NegativePrompt = Annotated[str | None, typer.Option(help="Words for what the picture should not be.")]
Size = Annotated[int | None, typer.Option(min=1, help="Side of the picture in pixels.")]
Pipeline = Annotated[str | None, typer.Option(help="For audiotoken: a Stable Diffusion pipeline, folder or hub id.")]
Embedder = Annotated[str | None, typer.Option(help="For audiotoken: embedder_learned_embeds.bin, or a folder.")]
Device = Annotated[str | None, typer.Option(help="cpu, cuda, …; by default a GPU where there is one.")]
