import pytest
import torch

from hearsight.data.waveform_augmentation import WaveformAugmentation, vary
from hearsight.errors import ConfigError
from hearsight.seeds import generator

CLIPS = torch.randn(4, 800, generator=torch.Generator().manual_seed(0))
EVERY = {"shift": 0.5, "speed": 1.2, "room": 0.4, "noise": 10.0, "gain": 6.0, "flip": True, "mix_up": 0.3}


def test_as_it_stands_nothing_changes() -> None:
    varied = vary(CLIPS, WaveformAugmentation(), 8000, generator(0))
    assert torch.equal(varied.waveform, CLIPS)
    assert varied.share.tolist() == [1.0] * 4 and varied.other.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("name", EVERY)
def test_every_setting_changes_something_and_repeats(name: str) -> None:
    config = WaveformAugmentation(**{name: EVERY[name]})  # type: ignore[arg-type]
    first, again = (vary(CLIPS, config, 8000, generator(1)).waveform for _ in range(2))
    assert torch.equal(first, again)
    assert first.shape == CLIPS.shape and first.isfinite().all() and not torch.equal(first, CLIPS)


def test_mix_up_says_what_is_in_the_sound() -> None:
    varied = vary(CLIPS, WaveformAugmentation(mix_up=1.0), 8000, generator(2))
    share = varied.share[:, None]
    torch.testing.assert_close(varied.waveform, share * CLIPS + (1 - share) * CLIPS[varied.other])
    assert (varied.share >= 0.5).all() and (varied.share < 1).any()


@pytest.mark.parametrize(
    ("name", "value"), [("shift", 1.5), ("room", -0.1), ("speed", 0.5), ("noise", 50.0), ("gain", -1.0), ("mix_up", -1)]
)
def test_impossible_settings_are_named(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=name):
        WaveformAugmentation(**{name: value})  # type: ignore[arg-type]
