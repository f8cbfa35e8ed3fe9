"""Pipelines of diffusers, read from a folder or the hub: one clear line for what is none, and nothing printed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from hearsight.errors import ConfigError


def part_width(place: str | Path, part: str, name: str, kind: str = "Stable Diffusion") -> int:
    """What the config of one part of a pipeline (folder or hub id) calls `name`; nothing else is read.

    Raises ConfigError, naming the `kind` of pipeline that was asked for, where there is no such part.
    """
    file = Path(place) / part / "config.json"
    try:
        if not Path(place).is_dir():
            from huggingface_hub import hf_hub_download

            file = Path(hf_hub_download(str(place), f"{part}/config.json"))
        return int(json.loads(file.read_text())[name])
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ConfigError(
            f"{place}: no {kind} pipeline in diffusers' form ({reason}); give a folder or hub id of one."
        ) from None


def load_pipeline(kind: str, place: str | Path, dtype: torch.dtype, name: str = "Stable Diffusion") -> Any:
    """A pipeline of the diffusers class `kind` (a folder or hub id). Raises ConfigError, with `name`, for another."""
    try:
        with quietly():  # diffusers imports the class only when asked for it, and advice comes with that, too
            import diffusers

            return getattr(diffusers, kind).from_pretrained(str(place), dtype=dtype)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ConfigError(f"{place}: no {name} pipeline that can be loaded ({reason}).") from None


@contextmanager
def quietly() -> Iterator[None]:
    """Without the progress bars of libraries, which would run through those of the command line, and their advice."""
    from diffusers.utils import logging as diffusers
    from transformers.utils import logging as transformers

    shown = [library for library in (diffusers, transformers) if library.is_progress_bar_enabled()]
    for library in shown:
        library.disable_progress_bar()
    verbosity = transformers.get_verbosity()
    transformers.set_verbosity_error()  # it advises torchvision, which nothing here needs
    try:
        yield
    finally:
        transformers.set_verbosity(verbosity)
        for library in shown:
            library.enable_progress_bar()
