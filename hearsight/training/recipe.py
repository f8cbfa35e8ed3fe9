"""A recipe: a YAML file with everything a training depends on, so that one command and one file repeat it.

```yaml
task: diffuse                                   # one of TASKS
seed: 0
train: {steps: 20000, learning_rate: 3e-4}      # the loop's settings: TrainConfig
data: pocket                                    # and the task's own: the fields of its Recipe
```
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import yaml

from hearsight.config import build, nearest, override, plain, read_yaml
from hearsight.errors import ConfigError
from hearsight.files import write_atomically
from hearsight.training import checkpoint

SHIPPED = Path(__file__).parent.parent / "recipes"
TASKS = (
    "align",
    "audiotoken",
    "autoencoder",
    "code_transformer",
    "diffuse",
    "distil",
    "image_text",
    "judge",
    "part_colours",
    "sound_classifier",
    "spectrum_lesson",
    "speech_embedding",
    "stacked_gan",
    "stylegan2",
    "text_to_image",
    "vqgan",
)
MAY_CHANGE = {f"train.{name}" for name in ("steps", "checkpoint_every", "keep", "log_every", "workers")}
"""Settings that may differ between the parts of one interrupted training."""


class TaskModule(Protocol):
    """What the module of a task has."""

    Recipe: Any
    """A frozen dataclass; its field `train` is a TrainConfig."""

    def run(self, recipe: Any, out: Path) -> Any:
        """Train as `recipe` says into the folder `out`."""


def run(recipe: str | Path, settings: Sequence[str], out: Path) -> Any:
    """Train as `recipe` says (a YAML file, or the name of a shipped one) with `key=value` settings put over it.

    The recipe as it was resolved is written to `out/recipe.yaml`: training from that file gives the same weights.
    Raises ConfigError for a key or value that cannot be, and for a folder where another recipe's training is under way.
    """
    values = override(read_yaml(find(recipe)), settings)
    name = values.pop("task", None)
    return start(task_module(name), name, values, out)


def start(task: TaskModule, name: str, values: Mapping[str, Any], out: Path) -> Any:
    """Train `task` (called `name` in recipes) with a recipe's `values`."""
    resolved = resolve(task.Recipe, values)
    written = {"task": name, **described(resolved)}
    _refuse_another(written, out)
    with write_atomically(out / "recipe.yaml") as file:
        file.write_text(yaml.safe_dump(written, sort_keys=False, allow_unicode=True))
    return task.run(resolved, out)


def find(recipe: str | Path, among: Path = SHIPPED) -> Path:
    """The file of a recipe: a path to one, or the name of one that ships with the package, in the folder `among`."""
    path, shipped = Path(recipe), among / f"{recipe}.yaml"
    if path.is_file() or path.suffix in (".yaml", ".yml"):
        return path
    if shipped.is_file():
        return shipped
    known = [file.stem for file in among.glob("*.yaml")]
    raise ConfigError(f"{recipe}: neither a YAML file nor a recipe of this package; {nearest(str(recipe), known)}")


def task_module(name: str | None) -> TaskModule:
    """The module that trains `name`, imported only now."""
    match name:
        case "align":
            from hearsight.training import align

            return align
        case "audiotoken":
            from hearsight.training import audiotoken

            return audiotoken
        case "autoencoder":
            from hearsight.training import autoencoder

            return autoencoder
        case "code_transformer":
            from hearsight.training import code_transformer

            return code_transformer
        case "diffuse":
            from hearsight.training import diffuse

            return diffuse
        case "distil":
            from hearsight.training import distil

            return distil
        case "image_text":
            from hearsight.training import image_text

            return image_text
        case "judge":
            from hearsight.training import judge

            return judge
        case "part_colours":
            from hearsight.training import part_colours

            return part_colours
        case "sound_classifier":
            from hearsight.training import sound_classifier

            return sound_classifier
        case "spectrum_lesson":
            from hearsight.training import spectrum_lesson

            return spectrum_lesson
        case "speech_embedding":
            from hearsight.training import speech_embedding

            return speech_embedding
        case "stacked_gan":
            from hearsight.training import stacked_gan

            return stacked_gan
        case "stylegan2":
            from hearsight.training import stylegan2

            return stylegan2
        case "text_to_image":
            from hearsight.training import text_to_image

            return text_to_image
        case "vqgan":
            from hearsight.training import vqgan

            return vqgan
        case None:
            raise ConfigError(f"task: the recipe does not say what to train; add one of {', '.join(TASKS)}.")
        case _:
            raise ConfigError(f"task: there is no task {name!r}; {nearest(str(name), TASKS)}")


def resolve(kind: Any, values: Mapping[str, Any]) -> Any:
    """The dataclass `kind` from a recipe's values. The one `seed` at the top is that of the loop and of the task."""
    train, seed = values.get("train", {}), values.get("seed", 0)
    if not isinstance(train, Mapping):
        raise ConfigError(f"train: {train!r} is not a mapping of settings, e.g. {{steps: 1000}}.")
    if "seed" in train:
        raise ConfigError(f"train.seed={train['seed']}: a recipe has one seed, at its top; write seed={train['seed']}.")
    own = {key: value for key, value in values.items() if key != "seed"}
    if "seed" in {field.name for field in dataclasses.fields(kind)}:
        own["seed"] = seed
    return build(kind, {**own, "train": {**train, "seed": seed}})


def described(recipe: Any) -> dict[str, Any]:
    """The values from which `resolve` makes `recipe`, defaults included."""
    values: dict[str, Any] = plain(recipe)
    return {"seed": values["train"].pop("seed"), **values}


def _refuse_another(recipe: dict[str, Any], out: Path) -> None:
    """What was trained under one recipe cannot go on under another."""
    if not (out / "recipe.yaml").is_file() or checkpoint.newest(out / "checkpoints") is None:
        return
    before, now = _flat(yaml.safe_load((out / "recipe.yaml").read_text())), _flat(recipe)
    for key in sorted((before.keys() | now.keys()) - MAY_CHANGE):
        if before.get(key) != now.get(key):
            told = f"its training began with {key}={before.get(key)}, not {now.get(key)}"
            raise ConfigError(f"{out}: {told}; train into another folder.")


def _flat(values: dict[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}": value}
    return flat
