"""Reading what diffusers wrote, without a word."""

import json
from pathlib import Path

import pytest
import torch

from hearsight.errors import ConfigError
from hearsight.generators.diffusers_pipeline import load_pipeline, part_width, quietly


def test_a_width_is_read_from_the_config_of_one_part_alone(tmp_path: Path) -> None:
    (tmp_path / "text_encoder").mkdir()
    (tmp_path / "text_encoder" / "config.json").write_text(json.dumps({"hidden_size": 24}))
    assert part_width(tmp_path, "text_encoder", "hidden_size") == 24
    with pytest.raises(ConfigError, match=r"no Stable unCLIP pipeline in diffusers' form \('width'\)"):
        part_width(tmp_path, "text_encoder", "width", "Stable unCLIP")


def test_a_folder_without_a_pipeline_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"{tmp_path}: no painter pipeline that can be loaded") as error:
        load_pipeline("StableDiffusionPipeline", tmp_path, torch.float32, "painter")
    assert "\n" not in str(error.value)


def test_libraries_talk_again_afterwards_even_after_an_error() -> None:
    from diffusers.utils import logging as diffusers
    from transformers.utils import logging as transformers

    before = transformers.get_verbosity(), diffusers.is_progress_bar_enabled(), transformers.is_progress_bar_enabled()
    with pytest.raises(ZeroDivisionError), quietly():
        assert not diffusers.is_progress_bar_enabled() and not transformers.is_progress_bar_enabled()
        assert transformers.get_verbosity() == transformers.ERROR
        raise ZeroDivisionError
    after = transformers.get_verbosity(), diffusers.is_progress_bar_enabled(), transformers.is_progress_bar_enabled()
    assert after == before
