from pathlib import Path

import numpy as np
import soundfile
import torch

from hearsight.data.pairs import Item, write_manifest
from hearsight.encoders import wavbrivl
from hearsight.encoders.wavbrivl import WavBriVL, WavBriVLConfig
from hearsight.hub.network import load_network
from hearsight.training import spectrum_lesson
from hearsight.training.config import TrainConfig
from hearsight.training.loop import train
from hearsight.training.spectrum_lesson import Recipe, SpectrumLessonTask, spectrum


def tones(*hertz: float, samples: int = 4000) -> torch.Tensor:
    return torch.stack([torch.sin(2 * torch.pi * one * torch.arange(samples) / 16000) for one in hertz])


def test_the_spectrum_has_wavlms_frames_and_forgets_loudness() -> None:
    torch.manual_seed(0)
    ear, sounds = WavBriVL(wavbrivl.debug()), tones(300, 3000) + 0.01 * torch.randn(2, 4000)
    wanted = spectrum(sounds, 20)
    assert wanted.shape == (2, ear.wavlm.frames(4000), 20) and wanted.amax() == 2 and wanted.amin() >= -2
    assert wanted[0].mean(dim=0).argmax() < wanted[1].mean(dim=0).argmax()
    torch.testing.assert_close(spectrum(0.1 * sounds, 20), wanted, atol=1e-3, rtol=1e-3)


class Tones:
    def batch(self, index: int) -> dict[str, torch.Tensor]:
        random = torch.Generator().manual_seed(index)
        hertz = (200 * 20 ** torch.rand(8, generator=random)).tolist()
        return {"waveform": tones(*hertz, samples=2000) + 0.02 * torch.randn(8, 2000, generator=random)}


def test_the_convolutions_learn_and_nothing_else_of_the_ear(tmp_path: Path) -> None:
    torch.manual_seed(0)
    task = SpectrumLessonTask(WavBriVL(wavbrivl.debug()), 20)
    before = {name: value.clone() for name, value in task.modules.ear.state_dict().items()}
    train(task, Tones(), TrainConfig(150, 1e-2, log_every=150), tmp_path)
    scalars = task.loss(Tones().batch(1000))
    assert scalars["explained"] > 0.4
    torch.testing.assert_close(
        scalars["explained"], 1 - scalars["loss"] / spectrum(**Tones().batch(1000), bands=20).var()
    )
    after = load_network(tmp_path, "wavbrivl", WavBriVL, WavBriVLConfig).state_dict()
    moved = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert moved and all("feature_extractor" in name for name in moved)


def test_a_recipe_teaches_from_a_folder(tmp_path: Path) -> None:
    random, items = np.random.default_rng(0), []
    for label in ("one", "two"):
        soundfile.write(tmp_path / f"{label}.wav", random.normal(0, 0.1, 8000), 16000)
        items.append(Item(f"{label}.wav", "sound", label))
    write_manifest(tmp_path, items)
    loop = TrainConfig(2, 1e-3, log_every=2, checkpoint_every=2)
    chosen = Recipe(tmp_path, loop, "debug", batch=4, seconds=0.25, bands=20)
    out = spectrum_lesson.run(chosen, tmp_path / "out")
    assert load_network(out, "wavbrivl", WavBriVL, WavBriVLConfig).config == wavbrivl.debug()
    sounds = spectrum_lesson.Waveforms(
        spectrum_lesson.ClassFiles.find(tmp_path, "sound", "train"), wavbrivl.debug().window
    )
    batches = spectrum_lesson.Excerpts(sounds, 4, 0)
    assert torch.equal(batches.batch(1)["waveform"], batches.batch(1)["waveform"])
    assert batches.batch(1)["waveform"].shape == (4, wavbrivl.debug().window.length)
