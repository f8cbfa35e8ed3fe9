"""What the five systems have in common: sound -> condition -> picture, one call, one folder format.

A system is a subclass that names its networks and says how it hears and how it draws; listening to files, seeds,
recipes, saving and loading are here.
"""

import platform
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Self

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn

from hearsight import __version__
from hearsight.config import build, nearest, plain
from hearsight.device import usable_device
from hearsight.errors import ConfigError
from hearsight.hub import folder as hub
from hearsight.hub.card import Card
from hearsight.picture import Picture
from hearsight.sound import Sound

Sounds = str | Path | Sound | Sequence[str | Path | Sound]
Callback = Callable[[int, int], None]
"""Called as (step, steps) after every step of a picture: for progress bars, and to interrupt by raising."""

HEARD = 3
"""How many of the classes a system heard are noted in a recipe."""


class System(ABC):
    """A trained way from sounds to pictures.

    A loaded system has no state that a call changes, so one instance serves many threads.
    """

    name: ClassVar[str]
    """What `hearsight.load` calls it."""
    config_class: ClassVar[type]
    """The dataclass of its config."""
    parts: ClassVar[Mapping[str, str]] = {}
    """What `assemble` must be given, and what that is; none: the system is only ever loaded whole."""

    config: Any
    """Everything that its networks and its default settings depend on."""
    components: dict[str, nn.Module]
    """Its networks by name, each a safetensors file of its folder."""
    source: str | None = None
    """The name, folder or hub id it was loaded from."""
    weights_sha256: str | None = None
    """Hash of the weight files it was loaded from."""

    @abstractmethod
    def __init__(self, config: Any) -> None:
        """Sets `config` and `components`, the latter with random weights."""

    @abstractmethod
    def hear(self, sounds: Sequence[Sound]) -> Float[Tensor, "sound *condition"]:
        """What a generator listens to, one row per sound; a sound's row does not depend on the others."""

    @abstractmethod
    def draw(
        self,
        condition: Float[Tensor, "picture *condition"],
        *,
        seeds: Sequence[int],
        callback: Callback | None = None,
        **settings: Any,
    ) -> list[Image.Image]:
        """One picture per row of `condition`, each with its own seed; none depends on the others.

        `settings` may be any of `self.settings()`; resolve them with it.
        """

    def draw_words(
        self, words: Sequence[str], *, seeds: Sequence[int], callback: Callback | None = None, **settings: Any
    ) -> list[Image.Image]:
        """The text topline: as `draw`, but from what a sound is called instead of how it sounds.

        Raises ConfigError for a system that cannot read.
        """
        raise ConfigError(f"{self.name}: draws from sounds alone, so it has no text topline; leave it out.")

    @abstractmethod
    def defaults(self) -> Mapping[str, Any]:
        """Every setting that `draw` honours, with its default value."""

    def classes(self, condition: Float[Tensor, "*condition"], top: int = HEARD) -> list[tuple[str, float]]:
        """The most probable classes of one sound's condition, best first; empty for a system that names nothing."""
        return []

    def settings(self, **given: Any) -> dict[str, Any]:
        """All settings of a drawing: the given ones (None counts as not given) over the defaults.

        Raises ConfigError for a setting that this system cannot honour.
        """
        defaults = self.defaults()
        given = {key: value for key, value in given.items() if value is not None}
        for key, value in given.items():
            if key not in defaults:
                raise ConfigError(f"{key}={value!r}: {self.name} has no such setting; {nearest(key, list(defaults))}")
        return {**defaults, **given}

    def __call__(
        self,
        sounds: Sounds,
        *,
        prompt: str | None = None,
        pictures_per_sound: int = 1,
        seed: int = 0,
        steps: int | None = None,
        guidance: float | None = None,
        size: int | None = None,
        callback: Callback | None = None,
        **options: Any,
    ) -> list[Picture]:
        """Draw `pictures_per_sound` pictures of every sound; picture k of any sound has the seed `seed + k`.

        Args:
            sounds: a path, a `Sound`, or a list of them.
            prompt: words that the picture should follow besides the sound.
            seed: the same seed, sound and settings give the same bytes, alone or in any list.
            steps: sampling steps.
            guidance: weight of the condition; 1 draws without classifier-free guidance.
            size: height and width in pixels.
            callback: called as (step, steps) while each picture is drawn.
            options: further settings of this system, see `settings()`.

        Raises:
            SoundError: a sound that cannot be read or is silent.
            ConfigError: a setting that this system cannot honour; none is ever ignored.
        """
        settings = {"prompt": prompt, "steps": steps, "guidance": guidance, "size": size, **options}
        return list(
            self.pictures(sounds, pictures_per_sound=pictures_per_sound, seed=seed, callback=callback, **settings)
        )

    def pictures(
        self,
        sounds: Sounds,
        *,
        pictures_per_sound: int = 1,
        seed: int = 0,
        callback: Callback | None = None,
        **settings: Any,
    ) -> Iterator[Picture]:
        """As the call itself, but each picture is yielded as soon as it is drawn."""
        resolved = self.settings(**settings)
        if pictures_per_sound < 1:
            raise ConfigError(f"pictures_per_sound={pictures_per_sound}: must be at least 1.")
        if seed < 0:
            raise ConfigError(f"seed={seed}: must be 0 or more.")
        for source in _listed(sounds):
            sound = Sound.read(source).require_audible()
            condition = self.hear([sound])
            told = self.recipe(source, sound, condition[0], seed, resolved)
            for seeds in _chunks(range(seed, seed + pictures_per_sound), resolved.get("batch", 1)):
                rows = condition.expand(len(seeds), *condition.shape[1:])
                images = self.draw(rows, seeds=seeds, callback=callback, **resolved)
                for own_seed, image in zip(seeds, images, strict=True):
                    yield Picture(image, {**deepcopy(told), "seed": own_seed})

    def recipe(
        self,
        source: str | Path | Sound,
        sound: Sound,
        condition: Float[Tensor, "*condition"],
        seed: int,
        settings: Mapping[str, Any],
    ) -> dict[str, Any]:
        """All that drawing the same picture again depends on, JSON-ready."""
        path = None if isinstance(source, Sound) else Path(source).as_posix()
        return {
            "system": self.name,
            "source": self.source,
            "weights": self.weights_sha256,
            "sound": {"path": path, "name": sound.name, "sha256": sound.sha256()},
            "heard": [[label, round(probability, 3)] for label, probability in self.classes(condition)],
            "seed": seed,
            "settings": plain(settings),
            "device": self.device.type,
            "versions": {"hearsight": __version__, "torch": torch.__version__, "python": platform.python_version()},
        }

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return next(next(iter(self.components.values())).parameters()).device

    def to(self, device: str | torch.device) -> Self:
        """Move every network to `device`; returns the system."""
        for module in self.components.values():
            module.to(device)
        return self

    @classmethod
    def from_pretrained(
        cls, name_or_path: str | Path, *, device: str | torch.device | None = None, **options: Any
    ) -> Self:
        """A saved system: the name of one that ships with the package, a folder, or a hub id.

        Args:
            device: where to put it; by default a GPU where there is one, else the CPU.
            options: what else this system may be loaded with.

        Raises:
            ConfigError: there is no such system, it is another kind of system, or it has no such option.
            WeightsError: weights are missing, unexpected or misshaped.
        """
        chosen = usable_device(device)
        place = hub.resolve(name_or_path)
        content = hub.read_config(place)
        if content["system"] != cls.name:
            raise ConfigError(f"{name_or_path}: holds {content['system']!r}, not {cls.name!r}; use hearsight.load.")
        system = cls._built(
            build(cls.config_class, content["config"], where=f"{place / hub.CONFIG}: "), place, **options
        )
        for component, module in system.components.items():
            hub.load_weights(module, place / f"{component}.safetensors")
            module.eval().requires_grad_(False)
        system.source = str(name_or_path)
        system.weights_sha256 = hub.weights_sha256(place)
        return system.to(chosen)

    @classmethod
    def assemble(cls, *, device: str | torch.device | None = None, **options: Any) -> Self:
        """A system put together from published files: its `parts`, which are options that must be given, and others.

        Raises ConfigError for a system without parts.
        """
        raise ConfigError(f"{cls.name}: is not put together from parts; load the whole system.")

    @classmethod
    def _built(cls, config: Any, place: Path, **options: Any) -> Self:
        """A system whose components are about to be filled from the folder `place`."""
        for key, value in options.items():
            if key in cls.parts:
                others = ", ".join(cls.parts)
                raise ConfigError(
                    f"{key}={value!r}: a {cls.name} of parts needs all of them ({others}); name them all."
                )
            raise ConfigError(f"{key}={value!r}: {cls.name} is loaded without this option; leave it out.")
        return cls(config)

    def save_pretrained(
        self, folder: str | Path, *, card: Card | None = None, precision: hub.Precision = "float32"
    ) -> Path:
        """Write config.json, one safetensors file per component and, if given, the card; returns the folder.

        The config comes last: a folder whose saving was interrupted is not taken for a system.
        """
        folder = Path(folder)
        for component, module in self.components.items():
            hub.save_weights(module, folder / f"{component}.safetensors", precision)
        if card:
            card.write(folder / hub.CARD)
        hub.write_config(folder, self.name, plain(self.config))
        return folder

    def push_to_hub(
        self,
        repo_id: str,
        *,
        card: Card | None = None,
        pictures: str | Path = ".",
        precision: hub.Precision = "float32",
        private: bool = False,
        token: str | None = None,
    ) -> str:
        """Save the system and upload it to the Hugging Face hub as `repo_id`; returns its address.

        Args:
            pictures: the folder with the pictures that the card shows.

        Raises ConfigError where one of them is missing, and what the hub refuses.
        """
        with TemporaryDirectory() as temporary:
            folder = Path(temporary) / self.name
            if card:
                card.copy_pictures(Path(pictures), folder)
            self.save_pretrained(folder, card=card, precision=precision)
            return hub.push(folder, repo_id, private=private, token=token)


def _chunks(seeds: range, size: int) -> Iterator[range]:
    return (seeds[first : first + size] for first in range(0, len(seeds), size))


def _listed(sounds: Sounds) -> Sequence[str | Path | Sound]:
    return [sounds] if isinstance(sounds, (str, Path, Sound)) else sounds
