"""Who is asked about a video: which picture fits its label best, and whether picture and sound go together."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from hearsight.data.agreement import PictureClassifier, SoundClassifier
from hearsight.data.frames import Matcher
from hearsight.errors import ConfigError

if TYPE_CHECKING:
    from hearsight.encoders.audioclip import AudioCLIP


@dataclass(frozen=True)
class Judges:
    """What is asked about every clip; anything callable will do."""

    match: Matcher | None = None
    """How well pictures fit a label; None takes the frame in the middle."""
    see: PictureClassifier | None = None
    """What a picture shows."""
    hear: SoundClassifier | None = None
    """What a sound is; nothing is filtered unless both classifiers are there."""


@dataclass(frozen=True)
class JudgeSources:
    """Where the judges' networks come from; None leaves the judge out."""

    clip: str | None = None
    """Chooses frames: a CLIP (folder or hub id in transformers' layout), or whatever has an AudioCLIP."""
    picture_classifier: str | None = None
    """Says what a picture shows: the folder of a picture classifier, or what `clip` may be; by default `clip`."""
    sound_classifier: str | None = None
    """Says what a sound is: whatever has an AudioCLIP, or a BEATs with named classes (a folder, a published file)."""
    vocabulary: str | None = None
    """For a published AudioCLIP (.pt): the folder of CLIP's vocab.json and merges.txt."""
    device: str | None = None
    """Where the networks run; by default a GPU where there is one."""
    classes: str | None = None
    """For a published BEATs: AudioSet's class_labels_indices.csv, which says what its classes are called."""

    def __post_init__(self) -> None:
        if self.picture_classifier and not self.sound_classifier:
            raise ConfigError("picture classifier: has no sound classifier to agree with; name one, or neither.")
        if self.sound_classifier and not (self.picture_classifier or self.clip):
            raise ConfigError("sound classifier: has no picture classifier to agree with; name one, or a CLIP.")

    def load(self, labels: Sequence[str]) -> Judges:
        """The judges, for data of these `labels`.

        A network that compares with texts chooses among the classes of the other one, or else among `labels`. Raises
        ConfigError or WeightsError for what cannot be loaded or cannot judge.
        """
        if not (self.clip or self.sound_classifier):
            return Judges()
        from hearsight.data.picture_judges import picture_judge, text_matcher
        from hearsight.data.sound_judges import sound_judge
        from hearsight.systems.find_audioclip import find_audioclip

        @lru_cache  # the same AudioCLIP may judge pictures and sounds
        def audioclip(source: str) -> "AudioCLIP":
            return find_audioclip(source, self.vocabulary, self.device)

        matcher = text_matcher(self.clip, audioclip, self.device) if self.clip else None
        match = matcher.match if matcher else None
        if not self.sound_classifier:
            return Judges(match)
        named = self.picture_classifier
        shown = picture_judge(named, audioclip, self.device) if named else matcher
        heard = sound_judge(self.sound_classifier, audioclip, self.device, self.classes)
        assert shown is not None  # __post_init__
        among = shown.labels or heard.labels or tuple(labels)
        return Judges(match, shown.among(among), heard.among(among))
