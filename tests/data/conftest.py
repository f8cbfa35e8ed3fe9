"""Small videos, made of drawn pictures and the example sounds, pictograms, and a folder as Sub-URMP has it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image, ImageDraw

from hearsight.sound.sound import Sound

EXAMPLES = Path(__file__).parents[2] / "examples"
SIDE = 128
RATE = 22050
URMP_RATE = 1000


def draw_rain() -> Image.Image:
    """An umbrella under drops."""
    picture = Image.new("RGB", (SIDE, SIDE), (222, 232, 240))
    draw = ImageDraw.Draw(picture)
    draw.pieslice((14, 24, 114, 124), 180, 360, fill=(120, 70, 190))
    draw.line((64, 70, 64, 112), fill=(90, 90, 90), width=5)
    for x, y in ((20, 10), (50, 8), (85, 6), (108, 14), (15, 30)):
        draw.ellipse((x - 4, y - 6, x + 4, y + 6), fill=(60, 150, 230))
    return picture


def draw_clock() -> Image.Image:
    """A red alarm clock."""
    picture = Image.new("RGB", (SIDE, SIDE), (240, 230, 215))
    draw = ImageDraw.Draw(picture)
    for left in (18, 74):
        draw.ellipse((left, 6, left + 36, 42), fill=(215, 50, 50))
    draw.ellipse((16, 16, 112, 112), fill=(215, 50, 50))
    draw.ellipse((27, 27, 101, 101), fill="white")
    for end in ((64, 36), (84, 72)):
        draw.line((64, 64, *end), fill=(40, 40, 40), width=6)
    return picture


def swaying(picture: Image.Image, count: int) -> list[Image.Image]:
    """`count` frames in which the picture moves a little from side to side."""
    frames = []
    for number in range(count):
        frame = Image.new("RGB", picture.size, picture.getpixel((0, 0)))
        frame.paste(picture, (round(3 * np.sin(number)), 0))
        frames.append(frame)
    return frames


def heard(name: str, seconds: float) -> np.ndarray:
    """An example sound, repeated for so long; silence for "silence"."""
    count = round(seconds * RATE)
    return np.zeros(count, np.float32) if name == "silence" else np.resize(_example(name), count)


def _example(name: str) -> np.ndarray:
    return Sound.read(EXAMPLES / f"{name}.ogg", rate=RATE).samples[0]


def film(path: Path, frames: Sequence[Image.Image], samples: np.ndarray | None, fps: int = 4) -> Path:
    """Write a video; without `samples` it has no sound track."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        seen = container.add_stream("mpeg4", rate=fps, bit_rate=2_000_000)
        seen.width, seen.height = frames[0].size
        seen.pix_fmt = "yuv420p"
        sounding = None if samples is None else container.add_stream("aac", rate=RATE, layout="mono")
        for frame in frames:
            container.mux(seen.encode(av.VideoFrame.from_image(frame)))
        container.mux(seen.encode())
        if samples is not None:
            for start in range(0, len(samples), 1024):
                block = np.ascontiguousarray(samples[None, start : start + 1024], dtype=np.float32)
                part = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
                part.sample_rate, part.pts = RATE, start
                container.mux(sounding.encode(part))
            container.mux(sounding.encode())
    return path


@pytest.fixture(scope="session")
def rainy(tmp_path_factory) -> Path:
    """Four seconds of rain, seen and heard."""
    path = tmp_path_factory.mktemp("rainy") / "rain.mp4"
    return film(path, swaying(draw_rain(), 16), heard("rain", 4))


@pytest.fixture(scope="session")
def make_film() -> Callable[..., Path]:
    """`film`, with pictures and sounds by name: make_film(path, "clock", "rain", seconds=4, sways=True)."""

    def make(path: Path, shown: str, sound: str | None, seconds: float = 4.0, sways: bool = True) -> Path:
        picture = {"rain": draw_rain, "clock": draw_clock}[shown]()
        count = round(4 * seconds)
        frames = swaying(picture, count) if sways else [picture] * count
        return film(path, frames, None if sound is None else heard(sound, seconds))

    return make


@pytest.fixture(scope="session")
def film_of() -> Callable[..., Path]:
    """`film` itself."""
    return film


@pytest.fixture(scope="session")
def pictures() -> dict[str, Image.Image]:
    """What the films show."""
    return {"rain": draw_rain(), "clock": draw_clock()}


@pytest.fixture(scope="session")
def vggsound(tmp_path_factory, make_film) -> tuple[Path, Path]:
    """(folder of videos, table) in VGGSound's layout, for pairs of two seconds: four good clips, and one of
    every kind that is not."""
    folder = tmp_path_factory.mktemp("vggsound") / "videos"
    make_film(folder / "rain-one_a_000030.mp4", "rain", "rain")
    make_film(folder / "rain2.mp4", "rain", "rain", seconds=12)
    make_film(folder / "clock1_000000.mp4", "clock", "clock_tick")
    make_film(folder / "deeper" / "clock2_000005.mp4", "clock", "clock_tick")
    make_film(folder / "wrong_000010.mp4", "rain", "guitar")
    make_film(folder / "still_000010.mp4", "rain", "rain", sways=False)
    make_film(folder / "silent_000010.mp4", "rain", "silence")
    make_film(folder / "mute_000010.mp4", "rain", None)
    make_film(folder / "short_000010.mp4", "rain", "rain", seconds=1)
    make_film(folder / "long_000010.mp4", "rain", "rain", seconds=12)
    whole = (folder / "clock1_000000.mp4").read_bytes()
    (folder / "cut_000010.mp4").write_bytes(whole[: len(whole) // 2])
    rows = [
        "rain-one_a,30,rain,train",
        "rain2,4,rain,train",
        'clock1,0,"clock tick",train',
        "clock2,5,clock tick,test",
        *(f"{name},10,rain,train" for name in ("wrong", "still", "silent", "mute", "short", "long", "cut", "absent")),
    ]
    table = folder.parent / "vggsound.csv"
    table.write_text("\n".join(rows) + "\n")
    return folder, table


@pytest.fixture
def pictogram() -> Iterator[Callable[..., Path]]:
    """Writes two halves on a transparent ground, by default red and blue: pictogram(path, left=…, right=…)."""
    from hearsight.data import pictogram as pictograms

    def write(
        path: Path, left: tuple[int, ...] = (220, 20, 20, 255), right: tuple[int, ...] = (20, 20, 220, 255)
    ) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.new("RGBA", (24, 24))
        image.paste(left, (2, 4, 12, 20))
        image.paste(right, (12, 4, 22, 20))
        image.save(path)
        return path

    yield write
    pictograms._pictograms.cache_clear()
    pictograms._cutout.cache_clear()


@pytest.fixture
def add_performance() -> Callable[..., None]:
    """Adds a performance to a folder as Sub-URMP has them: half a second of sound for every tenth of one.

    The frame's red is its number; on the right it is green.
    """

    def add(folder: Path, split: str, instrument: str, track: np.ndarray, name: str = "01", skip: int = -1) -> None:
        tenth = URMP_RATE // 10
        for number in range((len(track) - 5 * tenth) // tenth + 1):
            if number == skip:
                continue
            start, stem = number * tenth, f"{instrument}/{instrument}{name}_{500 + 100 * number}"
            sound, frame = folder / "chunk" / split / f"{stem}.wav", folder / "img" / split / f"{stem}.jpg"
            for path in (sound, frame):
                path.parent.mkdir(parents=True, exist_ok=True)
            both = np.stack([track[start : start + 5 * tenth]] * 2, axis=1)
            soundfile.write(sound, both, URMP_RATE, subtype="FLOAT")
            picture = Image.new("RGB", (32, 18), (10 * number, 0, 0))
            picture.paste((0, 255, 0), (24, 0, 32, 18))
            picture.save(frame, quality=95)

    return add


@pytest.fixture
def urmp_tracks() -> dict[str, np.ndarray]:
    """2.4 seconds of noise for each split."""
    random = np.random.default_rng(0)
    length = 24 * URMP_RATE // 10
    return {name: random.uniform(-0.5, 0.5, length).astype(np.float32) for name in ("train", "validation")}


@pytest.fixture
def urmp(tmp_path, urmp_tracks, add_performance) -> Path:
    """Two instruments of Sub-URMP, a performance of each in both splits."""
    for split, track in urmp_tracks.items():
        for instrument in ("violin", "double_bass"):
            add_performance(tmp_path / "urmp", split, instrument, track)
    return tmp_path / "urmp"
