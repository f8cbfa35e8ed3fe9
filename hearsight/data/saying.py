"""A sentence said on the spot by espeak-ng.

    saying = Saying("a small red bird with a white belly", "en-us+m3")
    system(saying.into(Path("bird.opus")))

From there on it is a sound like any other: its text goes no further.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hearsight.data.opus import read_tags
from hearsight.data.speaking import speak_as, spoken_how
from hearsight.data.speech import Utterance, speak
from hearsight.data.voices import Espeak, Manner
from hearsight.errors import ConfigError, DataError, SoundError

VOICE = "en-us+f3"
"""Who speaks unless somebody is chosen: one of those that training hears."""
PROBE = "seven"
"""What a voice is tried with."""


@dataclass(frozen=True)
class Saying:
    """A sentence, and how it is said; on one machine that makes the same sound every time."""

    text: str
    """What is said."""
    voice: str = VOICE
    """Accent and speaker, as espeak-ng names them."""
    speed: int = 160
    """Words per minute."""
    pitch: int = 50
    """From 0 to 99; 50 is the voice's own."""

    def into(self, path: Path) -> Path:
        """Say it into the Opus file `path`, and return that; what was said there before in the same way is kept.

        Raises SoundError for a text that cannot be said, MissingDependency without espeak-ng, and DataError where
        nothing can be written or a sound is that espeak-ng never spoke: it is left alone.
        """
        if path.exists() and not read_tags(path)[1].startswith(spoken_how(Espeak())):
            raise DataError(f"{path}: is there already and was not spoken by espeak-ng; choose another place.")
        try:
            return speak_as(self.text, self._manner, path, Espeak())
        except OSError as error:
            raise DataError(f"{path}: cannot be written ({error.strerror or error}); choose another place.") from None

    def is_in(self, path: Path) -> bool:
        """Whether an Opus file holds this sentence, said in this way."""
        return read_tags(path)[:2] == (self.text, spoken_how(Espeak(), self._manner))

    @property
    def _manner(self) -> Manner:
        return Manner(self.voice, self.speed, self.pitch)


def require_voice(voice: str) -> str:
    """`voice`, which espeak-ng has. Raises ConfigError for any other, and MissingDependency without espeak-ng.

    An accent that does not exist is an error of its own, but a speaker is silently left out, and British English must
    be called by its file to have any: so the voice is tried with and without.
    """
    accent, plus, speaker = voice.partition("+")
    try:
        alone, chosen = (speak(Utterance(PROBE, name, 160, 50))[0] for name in (accent, voice))
    except SoundError:
        raise ConfigError(f"voice={voice!r}: espeak-ng has no such voice; `espeak-ng --voices` lists them.") from None
    if not accent or (plus and np.array_equal(alone, chosen)):
        raise ConfigError(
            f"voice={voice!r}: espeak-ng has no speaker {speaker!r} in this accent, as in 'en-us+f3' or 'gmw/en+m1'; "
            "`espeak-ng --voices=variant` lists them."
        )
    return voice
