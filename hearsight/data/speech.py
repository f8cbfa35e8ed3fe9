"""Made-up speech: espeak-ng says any text in many voices; among them the ten digits of the pocket set."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hearsight.errors import MissingDependency, SoundError

CURE = "on Debian or Ubuntu: apt install espeak-ng."
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ACCENTS = ("en-us", "en-us", "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-029", "en-us-nyc", "en-gb-x-gbclan")
MEN = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "adam", "Alex", "Andy", "benjamin", "caleb", "david", "Gene")
WOMEN = ("f1", "f2", "f3", "f4", "f5", "Alicia", "Andrea", "Annie", "anika", "belinda", "linda", "steph")
SYNTHETIC = ("klatt", "klatt2", "klatt4", "grandpa", "Lee", "Michael", "victor", "travis", "sandro", "marcelo")


@dataclass(frozen=True)
class Utterance:
    """A word or a sentence as espeak-ng is asked to say it."""

    text: str
    """What is said."""
    voice: str
    """Accent and speaker, as espeak-ng names them: `en-us+f3`."""
    speed: int
    """Words per minute."""
    pitch: int
    """Pitch from 0 to 99."""


def utterance(digit: int, random: np.random.Generator) -> Utterance:
    """A random way to say a digit."""
    speakers = MEN + WOMEN + SYNTHETIC
    voice = f"{ACCENTS[random.integers(len(ACCENTS))]}+{speakers[random.integers(len(speakers))]}"
    return Utterance(WORDS[digit], voice, int(random.integers(100, 230)), int(random.integers(15, 85)))


def speak(utterance: Utterance) -> tuple[Float[np.ndarray, " time"], int]:
    """(float32 mono samples in [-1, 1], rate in Hz).

    Raises MissingDependency without espeak-ng, and SoundError for a text in which it finds nothing to say.
    """
    import soundfile

    program = shutil.which("espeak-ng")
    if program is None:
        raise MissingDependency(f"espeak-ng, which speaks, is not installed; {CURE}")
    with tempfile.TemporaryDirectory() as folder:
        wave = Path(folder) / "spoken.wav"
        how = ["-v", utterance.voice, "-s", str(utterance.speed), "-p", str(utterance.pitch), "-w", str(wave)]
        done = subprocess.run([program, *how, "--", utterance.text], capture_output=True, text=True)
        if done.returncode:
            reason = done.stderr.strip() or f"code {done.returncode}"
            raise SoundError(f"{utterance.text!r}: espeak-ng cannot say it ({reason}); write it in another way.")
        samples, rate = soundfile.read(wave, dtype="float32") if wave.exists() else (np.zeros(0, np.float32), 0)
    if not np.any(samples):
        raise SoundError(f"{utterance.text!r}: espeak-ng finds nothing to say in it; write words.")
    return samples, rate
