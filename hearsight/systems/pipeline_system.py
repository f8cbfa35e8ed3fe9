"""What systems share that draw with a pipeline of diffusers: how it is loaded, checked, moved and saved with them."""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import torch

from hearsight.errors import ConfigError
from hearsight.files import write_atomically
from hearsight.generators.diffusers_pipeline import quietly
from hearsight.generators.stable_diffusion import Offload, StableDiffusion
from hearsight.hub import folder as hub
from hearsight.hub.card import Card
from hearsight.samplers.diffusion import scheduler_like
from hearsight.systems.base import System


@dataclass(frozen=True)
class Loading:
    """How a pipeline is loaded."""

    dtype: hub.Precision = "float32"
    """Type of its weights; float16 is what a GPU likes."""
    attention_slicing: bool = False
    """Compute attention in slices: less memory, more time."""
    offload: Offload | None = None
    """Keep in the GPU only the network (`model`) or the layers (`sequential`) at work."""


class PipelineSystem(System):
    """Draws with a pipeline, which lies in the system's own folder or is only named by it.

    Its config has a `pipeline`: a folder or hub id, `hub.PIPELINE` for the system's own folder, or the sizes of a
    random one.
    """

    diffusion: StableDiffusion
    """The pipeline. It is none of the components: diffusers reads and writes it."""

    @classmethod
    def _open(cls, place: str, config: Any, **loading: Any) -> StableDiffusion:
        """The pipeline at `place` for a system of this config, loaded with `Loading` options."""
        raise NotImplementedError

    def to(self, device: str | torch.device) -> Self:
        """Move everything; returns the system."""
        self.diffusion.to(device)
        return super().to(device)

    def require_drawable(self, chosen: Mapping[str, Any]) -> None:
        """Raises ConfigError for settings that the pipeline cannot honour: size, batch, scheduler, steps."""
        unit = self.diffusion.multiple
        if chosen["size"] < unit or chosen["size"] % unit:
            raise ConfigError(
                f"size={chosen['size']}: this pipeline draws multiples of {unit} pixels; try {self.diffusion.size}."
            )
        if chosen["batch"] < 1:
            raise ConfigError(f"batch={chosen['batch']}: must be at least 1.")
        scheduler_like(self.diffusion.pipeline.scheduler, chosen["scheduler"], chosen["steps"])

    @classmethod
    def _built(cls, config: Any, place: Path, *, pipeline: str | Path | None = None, **loading: Any) -> Self:
        """With another `pipeline` of the same width if one is given, else with that of the config or of the folder."""
        named = config.pipeline if pipeline is None else str(pipeline)
        own = place / hub.PIPELINE
        where = own if not isinstance(named, str) or (named == hub.PIPELINE and own.is_dir()) else named
        config = replace(config, pipeline=hub.PIPELINE if where == own else named)
        return cls(config, diffusion=cls._open(str(where), config, **loading))  # type: ignore[call-arg]

    def save_pretrained(
        self,
        folder: str | Path,
        *,
        card: Card | None = None,
        precision: hub.Precision = "float32",
        whole: bool | None = None,
    ) -> Path:
        """As every system; `whole` says whether the pipeline is written, too, or only named (default: if it is one's
        own, and not one that lies elsewhere)."""
        own = not isinstance(self.config.pipeline, str) or self.config.pipeline == hub.PIPELINE
        if not (own if whole is None else whole):
            return super().save_pretrained(folder, card=card, precision=precision)
        save_pipeline(self.diffusion, Path(folder) / hub.PIPELINE, precision)
        moved = copy.copy(self)
        moved.config = replace(self.config, pipeline=hub.PIPELINE)
        return System.save_pretrained(moved, folder, card=card, precision=precision)


def save_pipeline(diffusion: StableDiffusion, folder: Path, precision: hub.Precision) -> None:
    """Write a pipeline as diffusers does, then its numbers in `precision`, one file at a time."""
    from safetensors.torch import load_file

    with quietly():
        diffusion.pipeline.save_pretrained(folder)
    for file in sorted(folder.rglob("*.safetensors")):
        hub.save_state(load_file(file), file, precision, metadata={"format": "pt"})
    for file in sorted(folder.rglob("*.json")):
        _forget_place(file)


def _forget_place(file: Path) -> None:
    """Take out where diffusers read this part from: a path on somebody's machine."""
    content = json.loads(file.read_text(encoding="utf-8"))
    if isinstance(content, dict) and content.pop("_name_or_path", None) is not None:
        with write_atomically(file) as partial:
            partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
