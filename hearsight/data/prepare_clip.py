"""One clip of a video becomes a pair: some seconds of its sound and one of its pictures, or a reason why not."""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hearsight.data.agreement import Probabilities, disagreement, ranked
from hearsight.data.clips import Clip
from hearsight.data.frames import choose_frame, frame_times, movement, shrink
from hearsight.data.judges import Judges, JudgeSources
from hearsight.data.videos import Track, Tracks, read_frames, read_tracks
from hearsight.errors import ConfigError, DataError, HearsightError, SoundError
from hearsight.seeds import derive
from hearsight.sound.sound import Sound

SLACK = 0.1
"""Seconds by which a clip may be shorter than its window: tracks rarely end at the same moment."""

TOLERANCE = 1.0
"""Seconds by which a video may be longer than the clip it should be."""

QUALITY = 95
"""Of the JPEGs, at full colour resolution."""


@dataclass(frozen=True)
class Preparation:
    """How videos become pairs. The defaults are AudioToken's (section 3)."""

    seed: int = 0
    """The same one makes the same pairs."""
    seconds: float = 5.0
    """How much of a clip's sound is kept, from a random place on."""
    crops: int = 1
    """Pairs made of every clip, each from a place of its own."""
    rate: int = 16000
    """Samples per second of the sounds: 16,000 for BEATs and WavLM, 44,100 for the published AudioCLIP."""
    size: int = 512
    """Largest short side of the pictures, in pixels; proportions stay, for training to crop as it likes."""
    looks: float = 2.0
    """Frames looked at in every second, among which one is chosen."""
    silence: float = -60.0
    """Loudness (root mean square, dB of full scale) below which a sound is silence."""
    stillness: float = 4.0
    """Change of brightness (of 255) anywhere in the picture below which a video is a still."""
    top: int = 1
    """The two classifiers agree when so many of their most probable classes have one in common."""
    judges: JudgeSources = field(default_factory=JudgeSources)
    """The networks that choose frames and filter clips."""

    def __post_init__(self) -> None:
        for name in ("seconds", "crops", "rate", "size", "looks", "top"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name}={getattr(self, name)}: nothing comes of that; give a number above 0.")


class Dropped(HearsightError):
    """A clip that is not fit to train on: `kind: why`."""


@dataclass(frozen=True)
class Sample:
    """A pair as it is stored."""

    sound: bytes
    """FLAC, mono, 16 bits."""
    picture: bytes
    """JPEG."""
    about: dict[str, Any]
    """Label, split, where in the video it comes from, and what the judges said."""


def prepare_clip(clip: Clip, crop: int, preparation: Preparation, judges: Judges) -> Sample:
    """The pair number `crop` of a clip; a function of the clip, the seed and that number alone.

    Raises Dropped where the video is missing, broken, of the wrong length, silent, still, or where the judges disagree.
    """
    sound, pictures, times = _read(clip, crop, preparation)
    if (moved := movement(pictures)) < preparation.stillness:
        raise Dropped(f"still: no part of the picture changes by more than {moved:.1f} of 255 levels")
    place, score = choose_frame(pictures, clip.label, judges.match)
    picture = shrink(pictures[place], preparation.size)
    about = {
        "clip": clip.name,
        "crop": crop,
        "label": clip.label,
        "split": clip.split,
        "start": round(times.begin, 6),
        "seconds": preparation.seconds,
        "frame": round(frame_times(times.begin, times.seconds, preparation.looks)[place], 6),
        **({} if score is None else {"score": round(score, 4)}),
        **_agreeing(sound, picture, preparation, judges),
    }
    return Sample(_flac(sound), _jpeg(picture), about)


def _read(clip: Clip, crop: int, preparation: Preparation) -> tuple[Sound, list[Image.Image], Track]:
    """The sound of the window, the pictures to choose from, and where the window lies on the video's clock."""
    if clip.path is None:
        raise Dropped("missing: the video is not there")
    try:
        tracks = read_tracks(clip.path)
        window = _window(clip, crop, _span(clip, tracks), preparation)
        sound = _sound(clip.path, window.begin - tracks.sound.begin, preparation)
        return sound, read_frames(clip.path, frame_times(window.begin, window.seconds, preparation.looks)), window
    except (DataError, SoundError) as error:
        raise Dropped(f"broken: {error}") from None
    except HearsightError:
        raise
    except Exception as error:  # a damaged video may surprise a decoder in any way; the others go on
        raise Dropped(f"broken: {clip.path.name}: {error!r}") from error


def _span(clip: Clip, tracks: Tracks) -> Track:
    """Where the clip lies in its video and has both pictures and sound."""
    both = tracks.pictures.within(tracks.sound)
    if clip.seconds is None or both.seconds <= clip.seconds + TOLERANCE:
        return both
    if clip.start is None:
        raise Dropped(f"length: the video lasts {both.seconds:.2f} s instead of {clip.seconds:g} s")
    return Track(clip.start, clip.start + clip.seconds).within(both)


def _window(clip: Clip, crop: int, span: Track, preparation: Preparation) -> Track:
    """The seconds to keep, from a random place in the clip on (the published code: from a whole second on)."""
    free = span.seconds - preparation.seconds
    if free < -SLACK:
        raise Dropped(
            f"length: pictures and sound last {span.seconds:.2f} s together, and {preparation.seconds:g} s are wanted"
        )
    place = np.random.default_rng(derive(preparation.seed, "crop", clip.name, crop)).random()
    begin = span.begin + place * max(0.0, free)
    return Track(begin, begin + preparation.seconds)


def _sound(path: Path, start: float, preparation: Preparation) -> Sound:
    """One channel, exactly as long as the window. Raises Dropped for silence."""
    sound = Sound.read(path, start=max(0.0, start), duration=preparation.seconds).mono()
    if sound.seconds < preparation.seconds - 2 * SLACK:
        raise Dropped(f"length: the sound breaks off after {sound.seconds:.2f} of {preparation.seconds:g} s")
    loudness = 10 * np.log10(max(float(np.square(sound.samples, dtype=np.float64).mean()), 1e-20))
    if loudness < preparation.silence:
        raise Dropped(f"silent: {loudness:.0f} dB of full scale, and {preparation.silence:g} dB can be heard")
    samples = sound.resample(preparation.rate).samples
    wanted = round(preparation.seconds * preparation.rate)
    filled = np.pad(samples[:, :wanted], ((0, 0), (0, max(0, wanted - samples.shape[1]))))
    return Sound(filled, preparation.rate, path.name)


def _agreeing(sound: Sound, picture: Image.Image, preparation: Preparation, judges: Judges) -> dict[str, Any]:
    """What both classifiers say, empty where there are none. Raises Dropped where they disagree."""
    if judges.see is None or judges.hear is None:
        return {}
    seen, heard = judges.see(picture), judges.hear(sound)
    if why := disagreement(seen, heard, preparation.top):
        raise Dropped(f"disagreement: {why}")
    return {"seen": _best(seen), "heard": _best(heard)}


def _best(probabilities: Probabilities) -> tuple[str, float]:
    label = ranked(probabilities)[0]
    return label, round(probabilities[label], 4)


def _flac(sound: Sound) -> bytes:
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, sound.samples.T, sound.rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def _jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=QUALITY, subsampling=0)
    return file.getvalue()
