"""Settings of a search, published and impossible ones."""

import pytest

from hearsight.config import build, plain
from hearsight.errors import ConfigError
from hearsight.samplers import search_config as presets
from hearsight.samplers.search_config import SearchConfig


def test_presets() -> None:
    """The numbers of the published code, and every preset survives a config file."""
    assert presets.vqgan_clip().steps == 501
    assert presets.vqgan_clip().cutouts.count == 32
    assert presets.wavbrivl().cutouts.size == 456
    assert presets.stylewav().steps == 10
    assert presets.stylewav().scale == pytest.approx(1 / 7)
    assert presets.styleclip().steps == 300
    assert presets.edit(0.005).pull == 0.008
    for preset in (presets.vqgan_clip(), presets.wavbrivl(360), presets.stylewav(), presets.edit(), presets.pocket()):
        assert build(SearchConfig, plain(preset)) == preset


def test_mistakes() -> None:
    for changes, message in (
        ({"steps": -1}, "steps=-1: must be at least 0"),
        ({"trial_steps": 60}, "trial_steps=60: must be from 0 to 59"),
        ({"keep": "first"}, "use best or last"),
    ):
        with pytest.raises(ConfigError, match=message):
            SearchConfig(**changes)  # type: ignore[arg-type]
