"""`hearsight rerun`: draw a picture again from the recipe that it carries."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hearsight.cli.together import mixing
from hearsight.config import build
from hearsight.errors import DataError

if TYPE_CHECKING:
    from hearsight.picture import Picture

DIFFERENT = 1


def rerun(
    picture: Annotated[Path, typer.Argument(metavar="PICTURE.png", help="A picture drawn by Hearsight.")],
    out: Annotated[Path | None, typer.Option(help="Where to; by default PICTURE_again.png beside it.")] = None,
    sound: Annotated[
        list[Path] | None, typer.Option(help="Where the sound is now, if it was moved; once for each, if several.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="Where the system is now, if it was moved.")] = None,
    device: Annotated[str | None, typer.Option(help="By default the one it was drawn on.")] = None,
) -> int:
    """Draw a picture again and say whether its bytes are the same (exit code 0) or not (1)."""
    from hearsight.picture import Picture

    before = Picture.load(picture)
    after = _drawn_again(before.recipe, picture, sound, system, device)
    target = after.save(out or picture.with_name(f"{picture.stem}_again.png"))
    same = target.read_bytes() == picture.read_bytes()
    print(f"{target}: {'the same bytes' if same else 'not the same bytes'} as {picture}")
    if not same:
        for line in _changed(before.recipe, after.recipe):
            print(f"  {line}", file=sys.stderr)
    return 0 if same else DIFFERENT


def _drawn_again(
    recipe: dict[str, Any], picture: Path, moved: list[Path] | None, system: str | None, device: str | None
) -> "Picture":
    from hearsight.picture import Picture

    source = system or recipe.get("source")
    sounds = recipe.get("sounds") or ([recipe["sound"]] if "sound" in recipe else [])
    if not source or not sounds or "seed" not in recipe:
        raise DataError(f"{picture}: was drawn by a system that was never saved, so it cannot be drawn again.")
    if moved and len(moved) != len(sounds):
        raise DataError(f"{picture}: was drawn from {len(sounds)} sound(s), and --sound names {len(moved)}; name each.")
    with TemporaryDirectory() as spoken:
        paths = moved or [_find(sound, picture, Path(spoken)) for sound in sounds]
        again = _draw(recipe, paths, source, device)
    # Where sounds and system lie does not belong to what was drawn; what they hold does, and is hashed.
    written = {**again.recipe, "source": recipe.get("source")}
    heard = again.recipe["sounds"] if "sounds" in recipe else [again.recipe["sound"]]
    told = [{**before, "sha256": now["sha256"]} for before, now in zip(sounds, heard, strict=True)]
    return Picture(again.image, {**written, **({"sounds": told} if "sounds" in recipe else {"sound": told[0]})})


def _draw(recipe: dict[str, Any], paths: list[Path], source: str, device: str | None) -> "Picture":
    from hearsight.systems import load

    system = load(source, device=device or recipe.get("device"))
    seed, settings = recipe["seed"], recipe.get("settings", {})
    if "sounds" not in recipe:
        return next(system.pictures(paths[0], seed=seed, **settings))
    return mixing(system, source).together(paths, weights=recipe["shares"], seed=seed, **settings)[0]


def _find(sound: dict[str, Any], picture: Path, spoken: Path) -> Path:
    """The sound of a recipe: where it was, seen from here or from the picture's folder or the one above.

    A sentence of `--say` that is not there any more is said again, into the folder `spoken`.
    """
    if not sound.get("path"):
        raise DataError(f"{picture}: was drawn from samples, not from a file; give the sound with --sound.")
    places = [folder / sound["path"] for folder in (Path(), picture.parent, picture.parent.parent)]
    found = next((place for place in places if place.is_file()), None)
    if "said" in sound:
        from hearsight.data.saying import Saying

        saying = build(Saying, sound["said"], where=f"{picture}: ")
        return found if found and saying.is_in(found) else saying.into(spoken / places[0].name)
    if not found:
        raise DataError(f"{picture}: its sound {sound['path']} is not there any more; say where it is with --sound.")
    return found


def _changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What differs between two recipes, as readable lines."""
    old, new = _flat(before), _flat(after)
    changed = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    lines = [f"{key}: was {old.get(key)!r}, is {new.get(key)!r}" for key in changed]
    return lines or ["the recipes agree: the machine computes otherwise, or the picture was edited."]


def _flat(recipe: dict[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in recipe.items():
        flat |= _flat(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}": value}
    return flat
