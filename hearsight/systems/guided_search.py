"""What systems share that search for a picture: an ear and an eye in one space, and a generator that is searched.

    sound --ear--> embedding
    latent --generator--> picture --cutouts, eye--> embeddings
    latent -= Adam's step towards embeddings that are like the sound's       samplers/search.py

Beside the sound a picture can be pulled towards another `picture`, and, where the eye is CLIP, which reads as well,
towards words (`prompt`) and away from words (`against`).
"""

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format

from hearsight.config import build, plain
from hearsight.device import usable_device
from hearsight.encoders.brivl_image import BriVLImage
from hearsight.encoders.clip import CLIP
from hearsight.encoders.tokenizer import CLIPTokenizer
from hearsight.encoders.wav2clip import Wav2CLIP
from hearsight.encoders.wavbrivl import WavBriVL
from hearsight.errors import ConfigError
from hearsight.generators.given_latent import sha256_of
from hearsight.picture import Picture
from hearsight.pixels import to_images
from hearsight.samplers import search_config
from hearsight.samplers.search import Found, Progress
from hearsight.samplers.search_config import SearchConfig
from hearsight.sound.sound import Sound
from hearsight.systems.base import Callback, Sounds, System
from hearsight.systems.search_wishes import Wishes, weighted

UNTIL = "until"
"""The setting that an interrupted picture's recipe gets; where its image carries the number from `draw` to there."""


class GuidedSearch(System):
    """An ear and an eye that share a space, and a generator whose latents are searched for what the eye finds right."""

    fixed: ClassVar[tuple[str, ...]] = ("cutouts", "together", "identity")
    """What of a search is no setting: `views` and `batch` stand for two of them, and most systems know no faces."""

    ear: Wav2CLIP | WavBriVL
    eye: CLIP | BriVLImage

    def __init__(
        self, config: Any, ear: Wav2CLIP | WavBriVL, eye: CLIP | BriVLImage, generator: dict[str, nn.Module]
    ) -> None:
        """A system of these networks; `config` has `ear`, `eye` and `search`, and `generator` is a network by name.

        Raises ConfigError for networks that do not fit each other.
        """
        if config.ear.embed != config.eye.embed:
            raise ConfigError(
                f"ear.embed={config.ear.embed}: the eye gives embeddings of {config.eye.embed}; take two that share a "
                "space."
            )
        if config.search.cutouts.size != looks_at(eye):
            raise ConfigError(
                f"search.cutouts.size={config.search.cutouts.size}: the eye looks at {looks_at(eye)} pixels; set both "
                "to the same size."
            )
        self.config, self.ear, self.eye = config, ear, eye
        self.components = {"ear": ear, "eye": eye, **generator}
        for network in self.components.values():
            network.eval()
        for network in (eye, *generator.values()):
            convert_conv2d_weight_memory_format(network, torch.channels_last)  # quickest; no number changes
        self.wishes = Wishes(eye)

    @abstractmethod
    def _search(self, chosen: Mapping[str, Any], seeds: Sequence[int], **others: Any) -> Found:
        """The generator's call of `search`, to which `others` are passed on."""

    def hear(self, sounds: Sequence[Sound]) -> Float[Tensor, "sound embed"]:
        """The unit embedding of every sound."""
        return self.ear.hear(sounds)

    # Drawing --------------------------------------------------------------------------------------------------------

    def search(
        self,
        condition: Float[Tensor, "picture embed"],
        *,
        seeds: Sequence[int],
        callback: Callable[[Progress], None] | None = None,
        **settings: Any,
    ) -> Found:
        """One picture per embedding, with all that was found: latents, losses, and what ended the search early.

        Args:
            callback: called after every step with the losses and the pictures so far.
        """
        chosen = self.settings(**settings)
        others = self.wishes.targets(chosen)
        return self._search(
            chosen,
            seeds,
            look=self._look,
            targets=[[*weighted(row, chosen["sound_weight"]), *others] for row in condition.to(self.device)],
            config=self._search_config(chosen),
            callback=callback,
        )

    def draw(
        self,
        condition: Float[Tensor, "picture embed"],
        *,
        seeds: Sequence[int],
        callback: Callback | None = None,
        **settings: Any,
    ) -> list[Image.Image]:
        """One picture per embedding; the same embedding, seed and settings give the same bytes.

        Ctrl-C ends the search with the best pictures so far; where there are none yet, it is raised, as is whatever
        else the callback raises.
        """
        told = None if callback is None else _counted(callback)
        found = self.search(condition, seeds=seeds, callback=told, **settings)
        stopped = found.interruption
        if stopped is not None and not (isinstance(stopped, KeyboardInterrupt) and found.loss.isfinite().all()):
            raise stopped
        images = to_images(2 * found.pictures - 1)
        if stopped is not None:
            for image, looks in zip(images, found.looks, strict=True):
                image.info[UNTIL] = looks
        return images

    def draw_words(
        self, words: Sequence[str], *, seeds: Sequence[int], callback: Callback | None = None, **settings: Any
    ) -> list[Image.Image]:
        """The same search, guided by what CLIP reads instead of what is heard. Raises ConfigError where none reads."""
        if not isinstance(self.eye, CLIP):
            return super().draw_words(words, seeds=seeds, callback=callback, **settings)
        return self.draw(self.eye.read(words), seeds=seeds, callback=callback, **settings)

    def __call__(self, sounds: Sounds, **asked: Any) -> list[Picture]:
        """As every system's call; Ctrl-C gives the pictures so far, the last of them the best of its search."""
        drawn: list[Picture] = []
        try:
            drawn.extend(self.pictures(sounds, **_without_none(asked)))
        except KeyboardInterrupt:
            if not drawn:
                raise
        return drawn

    def pictures(
        self,
        sounds: Sounds,
        *,
        pictures_per_sound: int = 1,
        seed: int = 0,
        callback: Callback | None = None,
        **settings: Any,
    ) -> Iterator[Picture]:
        """As every system's; Ctrl-C is raised after the best pictures so far, whose recipes draw the same again."""
        asked: dict[str, Any] = {"pictures_per_sound": pictures_per_sound, "seed": seed, "callback": callback}
        batch = self.settings(**settings)["batch"]
        for number, picture in enumerate(super().pictures(sounds, **asked, **settings)):
            looks = picture.image.info.pop(UNTIL, None)
            if looks is None:
                yield picture
                continue
            picture.recipe["settings"][UNTIL] = looks
            yield picture
            drawn = number % pictures_per_sound + 1
            if drawn % batch == 0 or drawn == pictures_per_sound:  # the last of those that were searched together
                raise KeyboardInterrupt

    # Settings -------------------------------------------------------------------------------------------------------

    def defaults(self) -> Mapping[str, Any]:
        """What a drawing can be told.

        Those of the search (`SearchConfig`), its `views` at every step, and the pictures searched in one `batch`: more
        are quicker on a GPU, but may change the last digits of each. `preset` puts all settings of a published search
        in place of the system's own. `prompt` and `against` take several texts, "a dog | a red ball:0.5"; `picture` is
        a file. Every weight may be 0.
        """
        chosen = self.config.search
        free = {entry.name: getattr(chosen, entry.name) for entry in fields(chosen) if entry.name not in self.fixed}
        shown = {"views": chosen.cutouts.count, "batch": chosen.together}
        return {"preset": "own", **free, **shown, "sound_weight": 1.0, **self.wishes.defaults()}

    def settings(self, **given: Any) -> dict[str, Any]:
        """All settings of a drawing. Raises ConfigError for one that does not exist or cannot be."""
        given = _without_none(given)
        preset = search_config.named(given.get("preset", "own"), self.config.search)
        free = {entry.name: getattr(preset, entry.name) for entry in fields(preset) if entry.name not in self.fixed}
        free["views"] = preset.cutouts.count
        chosen = {**super().settings(**given), **{name: free[name] for name in free.keys() - given.keys()}}
        if "trial_steps" not in given:  # a short search tries its starts more shortly
            chosen["trial_steps"] = min(chosen["trial_steps"], max(0, chosen["steps"] - 1))
        for name in ("views", "batch"):
            if chosen[name] < 1:
                raise ConfigError(f"{name}={chosen[name]}: must be at least 1.")
        if not self._search_config(chosen).rate > 0:
            raise ConfigError(f"rate={chosen['rate']}: must be above 0, or nothing moves.")
        for name in ("sound", "picture", "prompt", "against"):
            weight = chosen.get(f"{name}_weight", 1.0)
            if not (math.isfinite(weight) and weight >= 0):
                raise ConfigError(f"{name}_weight={weight}: must be a finite number from 0 (the sound's is 1).")
        chosen["picture"] = str(chosen["picture"])
        others = self.wishes.targets(chosen)
        if not others and not chosen["sound_weight"]:
            raise ConfigError("sound_weight=0.0: then nothing is searched for; give a prompt or a picture.")
        return chosen

    def recipe(
        self,
        source: str | Path | Sound,
        sound: Sound,
        condition: Float[Tensor, "*condition"],
        seed: int,
        settings: Mapping[str, Any],
    ) -> dict[str, Any]:
        """As every system's, with a hash of every file that the settings name."""
        files = {name: settings[name] for name in self._file_settings(settings)}
        told = {name: value if isinstance(value, str) else "given" for name, value in files.items()}
        recipe = super().recipe(source, sound, condition, seed, {**settings, **told})
        return {**recipe, "files": {name: sha256_of(value) for name, value in files.items()}} if files else recipe

    def _file_settings(self, settings: Mapping[str, Any]) -> list[str]:
        """The settings that name a file."""
        return ["picture"] if settings["picture"] else []

    def _search_config(self, chosen: Mapping[str, Any]) -> SearchConfig:
        """The search that settings ask for."""
        own = search_config.named(chosen["preset"], self.config.search)
        free = {entry.name: chosen[entry.name] for entry in fields(own) if entry.name not in self.fixed}
        views = plain(replace(own.cutouts, count=chosen["views"]))
        return build(SearchConfig, {**plain(own), **free, "cutouts": views, "together": chosen["batch"]})

    def _look(self, pixels: Float[Tensor, "view 3 size size"]) -> Float[Tensor, "view embed"]:
        """Embeddings of pixels in [0, 1]."""
        return self.eye.encode_image(self.eye.normalise(pixels))

    def ready(self, device: str | torch.device | None) -> Self:
        """The system, put together from networks that were read, with nothing trainable, on `device`."""
        for network in self.components.values():
            network.requires_grad_(False)
        return self.to(usable_device(device))

    @classmethod
    def _refuse(cls, options: Mapping[str, Any]) -> None:
        """Raises ConfigError where there are options that `assemble` does not know."""
        for name, value in options.items():
            raise ConfigError(f"{name}={value!r}: {cls.name} is put together without this; leave it out.")

    @classmethod
    def _built(cls, config: Any, place: Path, *, vocabulary: str | Path | None = None, **options: Any) -> Self:
        """With CLIP's `vocabulary` (the folder of its vocab.json and merges.txt), where its text tower needs one."""
        system = super()._built(config, place, **options)
        if vocabulary is not None:
            teach_words(system.eye, vocabulary, cls.name)
        return system


def begin_once(chosen: dict[str, Any], given: Mapping[str, Any], why: str) -> None:
    """Where there is one start alone, take it: a system's own number of starts gives way.

    Raises ConfigError where more of them were asked for.
    """
    if given.get("starts") not in (None, 1):
        raise ConfigError(f"starts={given['starts']}: {why}; set starts=1.")
    chosen["starts"] = 1


def looks_at(eye: CLIP | BriVLImage) -> int:
    """The side in pixels of what an eye is shown."""
    return eye.config.image.size if isinstance(eye, CLIP) else eye.config.size


def teach_words(eye: nn.Module, vocabulary: str | Path, name: str) -> None:
    """Give CLIP its vocabulary. Raises ConfigError for an eye that does not read, in a system of this name."""
    if not isinstance(eye, CLIP):
        raise ConfigError(f"vocabulary={str(vocabulary)!r}: {name} is loaded without this option; leave it out.")
    eye.tokenizer = CLIPTokenizer(vocabulary, eye.config.text.context)


def _counted(callback: Callback) -> Callable[[Progress], None]:
    """A system's callback as a search calls it."""
    return lambda progress: callback(progress.step, progress.steps)


def _without_none(given: Mapping[str, Any]) -> dict[str, Any]:
    """None counts as not given."""
    return {name: value for name, value in given.items() if value is not None}
