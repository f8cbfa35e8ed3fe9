"""What raters see and hear, copied into the study under names that say nothing of who drew it."""

import hashlib
import io
from pathlib import Path

import numpy as np
from PIL import Image

from hearsight.errors import DataError
from hearsight.evaluation.human.study import PICTURES, SOUNDS
from hearsight.files import write_atomically
from hearsight.sound import Sound


class Media:
    """The `sounds/` and `pictures/` of a study folder, each file written once."""

    def __init__(self, folder: Path, *, longest: float) -> None:
        self.folder = folder
        self.longest = longest
        """seconds of a sound that are kept"""
        self._names: dict[Path, str] = {}

    def picture(self, path: Path) -> str:
        """Copy a picture; returns its name. The recipe stays behind: it would tell the rater which system it was."""
        if path not in self._names:
            try:
                with Image.open(path) as image:
                    self._names[path] = self.image(image.convert("RGB"))
            except (OSError, ValueError, SyntaxError) as error:
                raise DataError(f"{path}: not a picture that can be read ({error}).") from None
        return self._names[path]

    def image(self, image: Image.Image) -> str:
        """Write a picture; returns its name."""
        content = io.BytesIO()
        image.save(content, format="PNG")
        return self._write(PICTURES, content.getvalue(), "png")

    def sound(self, path: Path) -> str:
        """Copy a sound, or the sound of a video, as WAV; returns its name. Raises SoundError for one without any."""
        if path not in self._names:
            self._names[path] = self._write(SOUNDS, self._wav(Sound.read(path, duration=self.longest)), "wav")
        return self._names[path]

    @staticmethod
    def _wav(sound: Sound) -> bytes:
        import soundfile

        content = io.BytesIO()
        audible = sound.require_audible()
        samples = audible.samples if audible.channels <= 2 else audible.mono().samples
        soundfile.write(content, np.clip(samples.T, -1, 1), audible.rate, subtype="PCM_16", format="WAV")
        return content.getvalue()

    def _write(self, kind: str, content: bytes, suffix: str) -> str:
        name = f"{hashlib.sha256(content).hexdigest()[:20]}.{suffix}"
        with write_atomically(self.folder / kind / name) as partial:
            partial.write_bytes(content)
        return name
