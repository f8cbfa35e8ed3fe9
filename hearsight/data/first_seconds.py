"""Only the beginning of every held-out sound: what a system would have heard of a shorter recording.

The thesis (section 4.3.2) asks how long a sound must be. The same sounds have to be compared at every length, so which
ones are taken must not depend on the length: they are those that last long enough, and can be heard soon enough.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from hearsight.data import pairs
from hearsight.data.pairs import Item
from hearsight.errors import ConfigError, DataError
from hearsight.files import write_atomically
from hearsight.sound import Sound
from hearsight.sound.silence import silent

SHORTER = 0.02
"""seconds that a recording may lack of the length it is said to have"""


@dataclass(frozen=True)
class FirstSeconds:
    """Which sounds are taken, and how much of each."""

    seconds: float
    """How much of each sound is kept."""
    lasting: float = 0.0
    """Only sounds that last so many seconds."""
    audible_within: float | None = None
    """Only sounds that are not silent throughout their first so many seconds; None: throughout what is kept."""

    def __post_init__(self) -> None:
        if not self.seconds > 0:
            raise ConfigError(f"seconds={self.seconds}: keep some seconds of every sound, e.g. 1.")
        if self.audible_within is not None and not 0 < self.audible_within <= self.seconds:
            raise ConfigError(
                f"audible_within={self.audible_within}: lies above 0 and is at most the seconds={self.seconds:g} kept, "
                "or silence would be drawn; with several lengths, give the shortest."
            )

    @property
    def name(self) -> str:
        """A name for a folder, another for other settings."""
        return f"first-{self.seconds:g}_lasting-{self.lasting:g}_audible-{self.audible_within or self.seconds:g}"

    def of(self, sound: Sound) -> Sound | None:
        """What is kept of `sound`; None where it is not taken."""
        if sound.seconds < self.lasting - SHORTER:
            return None
        beginning = Sound.read(sound, duration=self.audible_within or self.seconds)
        return None if silent(beginning.samples) else Sound.read(sound, duration=self.seconds)


def first_seconds(data: Path, out: Path, kept: FirstSeconds) -> Path:
    """Make `out` a data folder of the held-out half of `data`: shortened sounds, the pictures as they are.

    Sounds become WAV files of float samples, so that nothing but their length changes. A folder that is finished is
    left as it is. Raises DataError where no sound is taken.
    """
    if (out / "manifest.csv").is_file():
        return out
    items = list(_shortened(data, out, kept))
    if not items:
        raise DataError(f"{data}: no held-out sound lasts {kept.lasting:g} s and begins audibly; ask for less.")
    labels = {item.label for item in items}
    for picture in pairs.read(data, "picture", "held_out"):
        if picture.label in labels:
            _place(data / picture.path, out / picture.path)
            items.append(picture)
    pairs.write_manifest(out, items)
    return out


def _shortened(data: Path, out: Path, kept: FirstSeconds) -> Iterator[Item]:
    import soundfile

    for item in pairs.read(data, "sound", "held_out"):
        sound = kept.of(Sound.read(data / item.path))
        if sound is None:
            continue
        path = Path(item.path).with_suffix(".wav")
        with write_atomically(out / path) as partial:
            soundfile.write(partial, sound.samples.T, sound.rate, subtype="FLOAT")
        yield replace(item, path=path.as_posix())


def _place(source: Path, target: Path) -> None:
    """The same file at another place: a link, or a copy where the disk has no links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)
