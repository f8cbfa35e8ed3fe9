"""Is a data folder fit to train on? Every sound and picture is opened; what is wrong is listed, nothing is changed."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hearsight.data import pairs
from hearsight.data.pairs import Item
from hearsight.errors import HearsightError
from hearsight.sound.sound import Sound


@dataclass(frozen=True)
class Report:
    """What a data folder holds and what is wrong with it."""

    counts: dict[str, dict[str, int]]
    """Items of each label by split and kind, e.g. `train sound`."""
    problems: tuple[str, ...]
    """One line each; none means the folder is fit to train on."""


def check(folder: Path, progress: Callable[[int, int], None] | None = None) -> Report:
    """Open everything in a data folder. Raises DataError if it holds nothing at all."""
    items = pairs.read(folder)
    problems = [*_lonely(items), *_leaks(items)]
    for done, item in enumerate(items, start=1):
        problems += _broken(folder, item)
        if progress:
            progress(done, len(items))
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for item in items:
        counts[item.label][f"{item.split} {item.kind}"] += 1
    return Report({label: dict(count) for label, count in sorted(counts.items())}, tuple(problems))


def _lonely(items: Sequence[Item]) -> Iterator[str]:
    """Classes that cannot be learnt: sounds without pictures, or the other way round."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for item in items:
        if item.split == "train":
            kinds[item.label].add(item.kind)
    for label in pairs.labels(items):
        for kind in sorted({"sound", "picture"} - kinds[label]):
            yield f"{label}: has no {kind} to train on; add some, or leave the class out."


def _leaks(items: Sequence[Item]) -> Iterator[str]:
    """Recordings, speakers or folds on both sides of the split."""
    splits: dict[tuple[str, str], set[str]] = defaultdict(set)
    for item in items:
        if item.kind == "sound" and item.group:
            splits[item.label, item.group].add(item.split)
    for (label, group), sides in sorted(splits.items()):
        if len(sides) > 1:
            yield f"{label}: {group!r} is both trained on and held out; keep a group on one side."


def _broken(folder: Path, item: Item) -> Iterator[str]:
    path = folder / item.path
    try:
        if item.kind == "sound":
            Sound.read(path).require_audible()
        else:
            _open_picture(path)
    except HearsightError as error:
        yield str(error)
    except (OSError, ValueError, SyntaxError) as error:  # Pillow's errors for broken files
        yield f"{path}: is not a picture that can be opened ({error}); replace it."


def _open_picture(path: Path) -> None:
    from PIL import Image

    with Image.open(path) as image:
        image.load()
