"""The card of a system: where its weights come from and how good they are. Becomes the README.md of its folder."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from hearsight.config import build, plain
from hearsight.errors import ConfigError, DataError
from hearsight.files import write_atomically


@dataclass(frozen=True)
class Source:
    """One body of training data."""

    name: str
    """What it is called."""
    licence: str
    """Its licence, as its makers write it."""
    attribution: str = ""
    """Whom to name."""
    url: str = ""
    """Where it comes from."""


@dataclass(frozen=True)
class Card:
    """All that somebody should know before using a set of weights."""

    system: str
    """The system's name, e.g. audioclip-diffusion."""
    title: str
    """Headline."""
    summary: str
    """What it hears and draws, in a few sentences."""
    licence: str = "apache-2.0"
    """Licence of the weights, as Hugging Face spells it."""
    tags: tuple[str, ...] = ("audio-to-image",)
    """What the hub finds it by."""
    data: tuple[Source, ...] = ()
    """What it was trained on, with attributions."""
    recipe: str = ""
    """The commands or recipe files that repeat the training."""
    seed: int | None = None
    """Seed of the training."""
    machine: str = ""
    """What it was trained on."""
    minutes: float | None = None
    """How long that took."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Measured on what was held out; names say of what."""
    limits: str = ""
    """What it cannot do."""
    pictures: Mapping[str, str] = field(default_factory=dict)
    """What the picture files beside the card show, by their names."""

    def write(self, path: Path) -> None:
        """Write the card as Markdown; the front matter holds every field, so that `read` gets them all back."""
        with write_atomically(path) as partial:
            partial.write_text(self.markdown(), encoding="utf-8")

    def copy_pictures(self, source: Path, folder: Path) -> None:
        """Put the pictures that the card shows beside it. Raises ConfigError for one that `source` lacks."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in self.pictures:
            if not (source / name).is_file():
                raise ConfigError(f"{source / name}: the card shows it, but it is not there; name its folder.")
            shutil.copyfile(source / name, folder / name)

    @classmethod
    def read(cls, path: Path) -> "Card":
        """The card in a README.md that `write` wrote. Raises DataError for any other file."""
        try:
            _, front, _ = path.read_text(encoding="utf-8").split("---\n", 2)
            fields = yaml.safe_load(front)["hearsight"]
        except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError):
            raise DataError(f"{path}: not the card of a Hearsight system; save the system with a Card.") from None
        return build(cls, fields, where=f"{path}: ")

    def markdown(self) -> str:
        """The whole README.md."""
        front = {
            "license": self.licence,
            "library_name": "hearsight",
            "tags": ["hearsight", self.system, *self.tags],
            "hearsight": plain(self),
        }
        head = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=120)
        shown = (f"![{what.partition(':')[0]}]({file})\n\n{what}" for file, what in self.pictures.items())
        sections = (
            *(f"# {self.title}", self.summary, *shown),
            *(self._use(), self._data(), self._training(), self._metrics()),
        )
        limits = f"## Limits\n\n{self.limits}" if self.limits else ""
        return f"---\n{head}---\n\n" + "\n\n".join(filter(None, (*sections, limits))) + "\n"

    def _use(self) -> str:
        return (
            "```python\nimport hearsight\n\n"
            f'system = hearsight.load("{self.system}")  # or the folder or hub id of this card\n'
            'system("sound.ogg")[0].save("picture.png")\n```'
        )

    def _data(self) -> str:
        rows = [
            (f"[{source.name}]({source.url})" if source.url else source.name, source.licence, source.attribution)
            for source in self.data
        ]
        return _table("Data", ("Source", "Licence", "Attribution"), rows)

    def _training(self) -> str:
        facts = (
            ("Recipe", self.recipe),
            ("Seed", "" if self.seed is None else self.seed),
            ("Machine", self.machine),
            ("Minutes", "" if self.minutes is None else f"{self.minutes:g}"),
            ("Licence of the weights", self.licence),
        )
        return _table("Training", ("", ""), [fact for fact in facts if fact[1] != ""])

    def _metrics(self) -> str:
        return _table("Metrics", ("What", "Value"), [(name, f"{value:g}") for name, value in self.metrics.items()])


def _table(title: str, head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    if not rows:
        return ""
    lines = [head, ("---",) * len(head), *rows]
    return f"## {title}\n\n" + "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
