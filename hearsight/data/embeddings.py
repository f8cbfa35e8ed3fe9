"""What an AudioCLIP hears in the sounds of a data folder, computed once and cached beside them.

Training a generator then costs no hearing. Besides the sound as it is, further views of it may be cached: played
faster or slower, begun elsewhere, in another room, with noise.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from hearsight.data import pairs
from hearsight.data.pairs import Split
from hearsight.encoders.audioclip import AudioCLIP
from hearsight.encoders.one_by_one import unit
from hearsight.files import save_array, stamp
from hearsight.seeds import generator
from hearsight.sound import augment
from hearsight.sound.sound import Sound


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Embeddings of sounds and what the sounds are."""

    vectors: Float[np.ndarray, "sound view embed"]
    """Of unit length; view 0 is the sound as it is."""
    classes: Int[np.ndarray, " sound"]
    """Index into `labels`."""
    labels: tuple[str, ...]
    """Class names, sorted."""

    def of_class(self, number: int) -> Int[np.ndarray, " some"]:
        """Which sounds are of class `number`."""
        return np.flatnonzero(self.classes == number)


def embed_sounds(audioclip: AudioCLIP, folder: Path, split: Split, *, views: int = 1, seed: int = 0) -> Embeddings:
    """Hear every sound of `split` in `views` ways (the first: as it is), or take what was heard before.

    Raises DataError where the folder holds no such sounds, SoundError for one that cannot be read.
    """
    items = pairs.read(folder, "sound", split)
    labels = pairs.labels(items)
    classes = np.array([labels.index(item.label) for item in items])
    paths = [folder / item.path for item in items]
    sounds = stamp(folder, [item.path for item in items])
    key = hashlib.sha256(f"{_fingerprint(audioclip)} {sounds} {views} {seed}".encode()).hexdigest()[:16]
    cache = folder / ".cache" / f"embeddings-{split}-{key}.npy"
    if not cache.is_file():
        vectors = torch.stack([_hear(audioclip, path, views, seed) for path in paths]).numpy()
        save_array(cache, vectors)
    return Embeddings(np.load(cache), classes, labels)


@torch.inference_mode()
def _hear(audioclip: AudioCLIP, path: Path, views: int, seed: int) -> Float[Tensor, "view embed"]:
    sound = Sound.read(path, rate=audioclip.config.window.rate).mono()
    plain = audioclip.hear([sound]).cpu()
    if views == 1:
        return plain
    window = audioclip.config.window.cut(sound).samples[:1]
    device = next(audioclip.parameters()).device
    varied = _varied(window.expand(views - 1, -1), sound.rate, generator(seed, path.name)).to(device)
    return torch.cat([plain, unit(audioclip.encode_audio(varied[:, None])).cpu()])


def _varied(waveform: Float[Tensor, "view time"], rate: int, random: torch.Generator) -> Float[Tensor, "view time"]:
    moved = augment.shift(augment.speed(waveform, random, (0.9, 1.1)), random)
    return augment.add_noise(augment.room(moved, random, rate), random, (20.0, 50.0))


def _fingerprint(audioclip: AudioCLIP) -> str:
    """A hash of all that hearing depends on: the audio head, its weights, and how sounds are cut for it."""
    total = hashlib.sha256(repr((audioclip.config.audio, audioclip.config.window)).encode())
    for name, value in audioclip.audio.state_dict().items():
        total.update(name.encode() + value.cpu().contiguous().numpy().tobytes())
    return total.hexdigest()
