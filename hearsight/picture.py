"""A picture and its recipe: everything that is needed to draw the very same bytes again."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin, UnidentifiedImageError

from hearsight.errors import DataError
from hearsight.files import write_atomically

KEYWORD = "hearsight"
"""Keyword of the PNG text chunk (iTXt: UTF-8) that holds the recipe as JSON."""


@dataclass(frozen=True, eq=False)
class Picture:
    """What was drawn for one sound with one seed."""

    image: Image.Image
    """The picture, RGB."""
    recipe: dict[str, Any] = field(default_factory=dict)
    """JSON-ready: system, weights, sound, what was heard in it, seed, settings, device and versions. It holds no time
    of day and no duration, so that drawing again gives the same bytes."""

    def save(self, path: str | Path) -> Path:
        """Write a PNG that carries the recipe, whole or not at all; returns its path."""
        path = Path(path)
        if path.suffix.lower() != ".png":
            raise DataError(f"{path}: pictures are saved as PNG, which keeps their recipe; end the name with .png.")
        chunks = PngImagePlugin.PngInfo()
        chunks.add_itxt(KEYWORD, json.dumps(self.recipe, ensure_ascii=False, sort_keys=True))
        with write_atomically(path) as partial:
            self.image.save(partial, format="PNG", pnginfo=chunks)
        return path

    @classmethod
    def load(cls, path: str | Path) -> "Picture":
        """The picture in a PNG that `save` wrote. Raises DataError for any other file."""
        path = Path(path)
        try:
            with Image.open(path) as image:
                image.load()  # text chunks may follow the pixels
                text = getattr(image, "text", {}).get(KEYWORD)
        except FileNotFoundError:
            raise DataError(f"{path}: there is no such picture; give the path of a PNG drawn by Hearsight.") from None
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
            raise DataError(f"{path}: not a picture that can be read ({error}).") from None
        if text is None:
            raise DataError(f"{path}: carries no recipe; only PNGs written by Hearsight and never re-encoded have one.")
        try:
            recipe = json.loads(text)
        except ValueError:
            recipe = None
        if not isinstance(recipe, dict):
            raise DataError(f"{path}: its recipe is damaged; draw the picture again.")
        return cls(image.convert("RGB"), recipe)
