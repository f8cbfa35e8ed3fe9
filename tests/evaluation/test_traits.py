from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from hearsight.encoders import clip, wav2clip
from hearsight.encoders.clip import CLIP
from hearsight.encoders.shared_space import SharedSpace
from hearsight.encoders.wav2clip import Wav2CLIP
from hearsight.errors import ConfigError
from hearsight.evaluation.clip_score import clip_scores
from hearsight.evaluation.traits import PROMPTS, Traits, measure
from hearsight.evaluation.welch import welch
from hearsight.systems import audioclip_diffusion
from hearsight.systems.audioclip_diffusion import AudioCLIPDiffusion

GROUPS = {"low": 200.0, "high": 1500.0}


@pytest.fixture(scope="module")
def sounds(tmp_path_factory) -> dict[str, list[Path]]:
    """Two low tones and three high ones."""
    folder = tmp_path_factory.mktemp("sounds")
    groups: dict[str, list[Path]] = {}
    for (name, hertz), count in zip(GROUPS.items(), (2, 3), strict=True):
        for number in range(count):
            path = folder / f"{name}{number}.wav"
            soundfile.write(path, 0.4 * np.sin(2 * np.pi * hertz * (1 + number / 9) * np.arange(4000) / 8000), 8000)
            groups.setdefault(name, []).append(path)
    return groups


@pytest.fixture(scope="module")
def system() -> AudioCLIPDiffusion:
    torch.manual_seed(0)
    return AudioCLIPDiffusion(audioclip_diffusion.debug())


@pytest.fixture(scope="module")
def judge() -> SharedSpace:
    torch.manual_seed(0)
    return SharedSpace.of(CLIP(clip.debug()).eval())


def test_every_sound_is_drawn_with_the_same_seed_and_scored(system, judge, sounds):
    steps: list[tuple[int, int]] = []
    result, drawn = measure(
        system, sounds, judge, prompts=("a", "b"), seed=3, progress=lambda *step: steps.append(step), steps=1
    )
    assert {name: len(pictures) for name, pictures in drawn.items()} == {"low": 2, "high": 3}
    assert {picture.recipe["seed"] for pictures in drawn.values() for picture in pictures} == {3}
    assert drawn["high"][2].recipe["sound"]["name"] == "high2.wav"
    assert drawn["high"][2].recipe["settings"]["steps"] == 1
    assert steps == [(n, 5) for n in range(1, 6)]
    for name, pictures in drawn.items():
        wanted = clip_scores(judge, [picture.image for picture in pictures], ("a", "b"))
        np.testing.assert_array_equal(result.scores[name], wanted)


def test_both_comparisons():
    scores = {"men": np.array([[0.3, 0.2], [0.2, 0.1], [0.4, 0.2]]), "women": np.array([[0.1, 0.2], [0.2, 0.4]])}
    result = Traits(PROMPTS, scores)
    assert result.means("men") == pytest.approx([0.3, 0.5 / 3])
    assert result.between_prompts("men") == welch(np.array([0.3, 0.2, 0.4]), np.array([0.2, 0.1, 0.2]))
    assert result.between_groups(1) == welch(np.array([0.2, 0.1, 0.2]), np.array([0.2, 0.4]))


def test_what_cannot_be_compared(system, judge, sounds):
    with pytest.raises(ConfigError, match="1 groups and 2 prompts"):
        measure(system, {"low": sounds["low"]}, judge)
    with pytest.raises(ConfigError, match="2 groups and 1 prompts"):
        measure(system, sounds, judge, prompts=("a",))
    with pytest.raises(ConfigError, match="text: cannot be embedded, only sounds can"):
        measure(system, sounds, SharedSpace.of(Wav2CLIP(wav2clip.debug()).eval()), prompts=("a", "b"))
