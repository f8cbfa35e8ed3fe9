from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from hearsight.data.stratified import ClassFiles
from hearsight.data.waveform_augmentation import WaveformAugmentation
from hearsight.data.waveforms import Waveforms, clip
from hearsight.errors import SoundError
from hearsight.sound.sound import Sound
from hearsight.sound.window import Window

WINDOW = Window(rate=8000, seconds=0.5)
CLASSES = np.array([1, 0, 1])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ClassFiles:
    folder, random = tmp_path_factory.mktemp("sounds"), np.random.default_rng(0)
    for name, seconds in (("a", 2.0), ("b", 0.1)):
        soundfile.write(folder / f"{name}.wav", random.uniform(-0.5, 0.5, round(8000 * seconds)), 8000, subtype="FLOAT")
    return ClassFiles(((folder / "a.wav",), (folder / "b.wav",)), ("long", "short"))


def test_a_batch_is_one_window_of_each_sound_and_a_function_of_its_generator(files: ClassFiles) -> None:
    first, again, other = (Waveforms(files, WINDOW).heard(CLASSES, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert first["waveform"].shape == (3, 1, 4000) and first["waveform"].dtype == torch.float32
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["waveform"][1], other["waveform"][1])
    assert first["share"].tolist() == [1, 1, 1] and first["other"].tolist() == [0, 1, 2]


def test_a_short_sound_is_filled_as_the_window_says(files: ClassFiles) -> None:
    heard = clip(files.paths[1][0], WINDOW, np.random.default_rng(0))
    assert torch.equal(heard, WINDOW.cut(Sound.read(files.paths[1][0])).samples[0])


def test_clips_of_a_long_sound_are_parts_of_it_from_anywhere(files: ClassFiles) -> None:
    path, random = files.paths[0][0], np.random.default_rng(0)
    whole, starts = Sound.read(path).samples[0], []
    for _ in range(60):
        heard = clip(path, WINDOW, random).numpy()
        (start,) = np.flatnonzero(whole[:-3999] == heard[0])
        assert np.array_equal(whole[start : start + 4000], heard)
        starts.append(start)
    assert min(starts) < 1000 and max(starts) > 11000


@pytest.mark.parametrize("rate", [8000, 11025, 44100])
def test_rounding_never_leaves_a_clip_short(tmp_path: Path, rate: int) -> None:
    soundfile.write(tmp_path / "ramp.wav", np.linspace(0.1, 0.9, rate), rate, subtype="FLOAT")
    for seed in range(10):
        heard = clip(tmp_path / "ramp.wav", WINDOW, np.random.default_rng(seed))
        assert heard[-1] > heard[0] + 0.3  # a clip that was too short would begin again at its end


def test_only_the_part_is_read(files: ClassFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, seconds = Sound.read, []

    def measured(source: Path, **part: float) -> Sound:
        sound = read(source, **part)  # type: ignore[arg-type]
        seconds.append(sound.seconds)
        return sound

    soundfile.write(tmp_path / "minute.wav", np.full(60 * 8000, 0.1), 8000)
    monkeypatch.setattr(Sound, "read", measured)
    clip(tmp_path / "minute.wav", WINDOW, np.random.default_rng(0))
    assert seconds == [pytest.approx(0.51)]


def test_what_libsndfile_cannot_read_is_cut_as_well(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    with av.open(str(tmp_path / "tone.m4a"), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        samples = 0.3 * np.sin(2 * np.pi * 440 * np.arange(88200) / 44100)[None].astype(np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = 44100
        container.mux([*stream.encode(frame), *stream.encode(None)])
    heard = clip(tmp_path / "tone.m4a", WINDOW, np.random.default_rng(0))
    assert heard.shape == (4000,) and 0.1 < heard.square().mean().sqrt() < 0.3


def test_augmentation_takes_part(files: ClassFiles) -> None:
    plain = Waveforms(files, WINDOW).heard(CLASSES, np.random.default_rng(0))["waveform"]
    louder = Waveforms(files, WINDOW, WaveformAugmentation(gain=6)).heard(CLASSES, np.random.default_rng(0))["waveform"]
    ratio = louder.square().mean(dim=2) / plain.square().mean(dim=2)
    assert ((10 * ratio.log10()).abs() <= 6.001).all() and len(set(ratio.flatten().tolist())) == 3


def test_a_file_that_is_no_sound_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.wav").write_bytes(b"no sound at all")
    files = ClassFiles(((tmp_path / "odd.wav",),), ("odd",))
    with pytest.raises(SoundError, match=r"odd\.wav"):
        Waveforms(files, WINDOW).heard(np.array([0]), np.random.default_rng(0))
