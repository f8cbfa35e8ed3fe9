"""`--set views=16`, `--part ear=FILE`: what is written as name=value."""

from collections.abc import Mapping, Sequence
from typing import Any

from hearsight.errors import ConfigError


def assignments(option: str, given: Sequence[str] | None) -> dict[str, str]:
    """The values by their names. Raises ConfigError for what is no name=value, and for a name that comes twice."""
    found: dict[str, str] = {}
    for assignment in given or []:
        name, equals, value = (piece.strip() for piece in assignment.partition("="))
        if not (name and equals and value):
            raise ConfigError(f"{option} {assignment}: write name=value, e.g. {option} {name or 'name'}=1.")
        name = name.replace("-", "_")
        if name in found:
            raise ConfigError(f"{option} {assignment}: {name} is set twice; keep one of them.")
        found[name] = value
    return found


def settings(given: Sequence[str] | None, named: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """What `--set` says, each value of its default's type, together with the settings that have an option of their own.

    A name that no default has is left for the system to refuse, which knows the nearest one.
    """
    written = assignments("--set", given)
    for name in written:
        if named.get(name) is not None:
            raise ConfigError(
                f"--set {name}={written[name]}: --{name.replace('_', '-')} says it too; keep one of them."
            )
    return {**named, **{name: _typed(name, text, defaults.get(name, "")) for name, text in written.items()}}


def _typed(name: str, text: str, default: Any) -> Any:
    """`text` as a value like `default`; where that is None, a number if it is one."""
    if isinstance(default, bool):
        if text.lower() not in ("true", "false"):
            raise ConfigError(f"--set {name}={text}: is true or false.")
        return text.lower() == "true"
    if isinstance(default, str):
        return text
    for kind in (int,) if isinstance(default, int) else (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        return float(value) if isinstance(default, float) else value
    if default is None:
        return text
    raise ConfigError(f"--set {name}={text}: is a {'whole ' * isinstance(default, int)}number, e.g. {name}={default}.")
