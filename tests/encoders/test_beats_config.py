from dataclasses import replace

import pytest

from hearsight.encoders import beats
from hearsight.encoders.beats_config import BEATsConfig
from hearsight.errors import ConfigError
from hearsight.sound.window import Window


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"heads": 3}, "width=16"),
        ({"joined": (0, 3)}, "joined="),
        ({"joined": ()}, "joined="),
        ({"classes": 2, "labels": ("dog",)}, "1 names for classes=2"),
        ({"bands": 8}, "bands=8"),
        ({"norm_first": True}, "deep_norm"),
        ({"activation": "glu"}, "activation='glu'"),
        ({"padding": "none"}, "padding='none'"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        replace(beats.debug(), **changes)


def test_the_defaults_are_the_published_network() -> None:
    assert replace(beats.published(), classes=0) == BEATsConfig()


def test_frames_are_25_ms_every_10_ms() -> None:
    config = BEATsConfig()
    assert (config.frame, config.hop) == (400, 160)
    slow = BEATsConfig(window=Window(rate=8000, seconds=10.0))
    assert (slow.frame, slow.hop, slow.tokens) == (200, 80, config.tokens)


def test_a_token_comes_with_the_last_sample_of_its_patch() -> None:
    config = BEATsConfig()
    assert config.shortest == 400 + 15 * 160
    in_one_patch = config.bands // config.patch
    for patches in (1, 2, 7):
        samples = config.shortest + (patches - 1) * 16 * 160
        assert config.tokens_in(samples) == patches * in_one_patch
        assert config.tokens_in(samples - 1) == (patches - 1) * in_one_patch
    assert config.tokens_in(0) == 0
    assert config.tokens == config.tokens_in(160000) == 496
