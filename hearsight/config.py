"""Frozen dataclasses from YAML, JSON and `key=value`: strict, and helpful about a mistyped key."""

import dataclasses
import difflib
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml

from hearsight.errors import ConfigError

Config = TypeVar("Config")


def build(kind: type[Config], values: Mapping[str, Any], where: str = "") -> Config:
    """A `kind` (a dataclass, possibly nested) from plain `values`.

    Raises ConfigError for an unknown key (naming the nearest right one), a missing key or a value of the wrong type.
    """
    from pydantic import TypeAdapter, ValidationError

    _refuse_unknown_keys(kind, values, where)
    try:
        return TypeAdapter(kind).validate_python(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or kind.__name__
        raise ConfigError(f"{where}{key}: {first['input']!r} cannot be used here: {first['msg']}.") from None


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file; `base: OTHER.yaml` (relative to the file) is merged in below it."""
    try:
        values = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such recipe; give the path of a YAML file.") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: a recipe is a mapping of settings, not {type(values).__name__}.")
    base = values.pop("base", None)
    return merge(read_yaml(path.parent / base), values) if base else values


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the entries of `over` put over it, key by key."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def override(values: Mapping[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """`values` with `key.subkey=value` settings (values read as YAML) put over them."""
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or not key:
            raise ConfigError(f"{setting!r}: a setting is written key=value, e.g. steps=1000.")
        value: Any = yaml.safe_load(text)
        for part in reversed(key.split(".")):
            value = {part: value}
        values = merge(values, value)
    return dict(values)


def plain(config: Any) -> Any:
    """The JSON-ready form of a config: dataclasses become dicts, tuples lists, paths strings."""
    if dataclasses.is_dataclass(config) and not isinstance(config, type):
        return {field.name: plain(getattr(config, field.name)) for field in dataclasses.fields(config)}
    if isinstance(config, Mapping):
        return {key: plain(value) for key, value in config.items()}
    if isinstance(config, (list, tuple)):
        return [plain(item) for item in config]
    return str(config) if isinstance(config, Path) else config


def nearest(word: str, known: Sequence[str]) -> str:
    """A clause such as ` Did you mean 'steps'?` for a mistyped `word`, else the list of what is known."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(sorted(known))}."


def _refuse_unknown_keys(kind: Any, values: Any, where: str) -> None:
    if not isinstance(values, Mapping):
        return
    if options := [option for option in typing.get_args(kind) if dataclasses.is_dataclass(option)]:
        kind = max(options, key=lambda option: len(values.keys() & _fields(option)))
    if not dataclasses.is_dataclass(kind):
        return
    hints = typing.get_type_hints(kind)
    known = _fields(kind)
    for key, value in values.items():
        if key not in known:
            raise ConfigError(f"{where}{key}: there is no such setting; {nearest(str(key), known)}")
        _refuse_unknown_keys(hints[key], value, f"{where}{key}.")


def _fields(kind: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(kind)]
