"""`--say`: sentences that become sound files beside their pictures."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hearsight.errors import ConfigError

if TYPE_CHECKING:
    from hearsight.data.saying import Saying

LONGEST_NAME = 50
"""Characters of a file name that are taken from a text."""


def sayings(texts: Sequence[str] | None, voice: str | None, out: Path) -> "dict[Path, Saying]":
    """What is to be said, each once, by the sound file that will hold it: in the folder `out`, or beside `out`.png.

    Raises ConfigError for an empty text or a voice that does not exist, and MissingDependency without espeak-ng.
    """
    if not texts:
        if voice is not None:
            raise ConfigError(f"--voice {voice}: says how --say is spoken; give a sentence with --say.")
        return {}
    for text in texts:
        if not text.strip():
            raise ConfigError(f"--say {text!r}: there is nothing to say; write a sentence.")

    from hearsight.data.saying import VOICE, Saying, require_voice

    speaker = require_voice(VOICE if voice is None else voice)
    said = [Saying(text, speaker) for text in dict.fromkeys(" ".join(text.split()) for text in texts)]
    if out.suffix.lower() == ".png":
        return {out.with_suffix(".opus"): said[0]} if len(said) == 1 else _named(said, out.parent, voice)
    return _named(said, out, voice)


def file_name(text: str) -> str:
    """The words of a text as a file name without suffix: `a_small_red_bird`; a long text is cut, and marked."""
    words = re.findall(r"\w+", text.casefold())
    name = "_".join(words) or "sentence"
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[:LONGEST_NAME].rpartition('_')[0] or name[:LONGEST_NAME]}_{_mark(text)}"


def _named(said: "list[Saying]", folder: Path, voice: str | None) -> "dict[Path, Saying]":
    """Texts of the same words are told apart by a mark, voices by their names where one was chosen."""
    names = [file_name(one.text) for one in said]
    counts = Counter(names)
    ending = f"_{file_name(voice)}" if voice else ""
    unique = [f"{name}_{_mark(one.text)}" if counts[name] > 1 else name for name, one in zip(names, said, strict=True)]
    return {folder / f"{name}{ending}.opus": one for name, one in zip(unique, said, strict=True)}


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]
