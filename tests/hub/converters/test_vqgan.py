"""Published VQGAN checkpoints: what training left in them, other sizes, other files."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from hearsight.errors import WeightsError
from hearsight.generators.vqgan import VQGAN, VQGANConfig, debug
from hearsight.hub.converters.vqgan import read_vqgan, rename

LEVELS = len(debug().channels)


def published_name(name: str) -> str:
    """Our name in the published layout."""
    name = name.removeprefix("network.")
    name = re.sub(r"up_blocks\.(\d+)", lambda found: f"up.{LEVELS - 1 - int(found[1])}", name)
    for ours, theirs in (
        (r"down_blocks\.", "down."),
        (r"mid_block\.resnets\.0", "mid.block_1"),
        (r"mid_block\.resnets\.1", "mid.block_2"),
        (r"mid_block\.attentions\.0", "mid.attn_1"),
        (r"resnets", "block"),
        (r"attentions", "attn"),
        (r"(attn(?:_1|\.\d+))\.group_norm", r"\1.norm"),
        (r"to_([qkv])\.", r"\1."),
        (r"to_out\.0", "proj_out"),
        (r"(down|up)samplers\.0\.conv", r"\1sample.conv"),
        (r"conv_norm_out", "norm_out"),
        (r"conv_shortcut", "nin_shortcut"),
    ):
        name = re.sub(ours, theirs, name)
    return name


def published_state(network: VQGAN) -> dict[str, torch.Tensor]:
    state = {}
    for name, tensor in network.state_dict().items():
        theirs = published_name(name)
        assert rename(theirs, LEVELS) == name
        linear = re.search(r"\.(q|k|v|proj_out)\.weight$", theirs)
        state[theirs] = tensor[:, :, None, None] if linear else tensor
    return state


def read(content: Any, folder: Path, config: VQGANConfig | None = None) -> VQGAN:
    torch.save(content, folder / "last.ckpt")
    return read_vqgan(folder / "last.ckpt", config)


def test_everything_arrives_and_training_stays_behind(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = VQGAN(debug()).eval()
    state = published_state(network) | {"loss.discriminator.main.0.weight": torch.ones(2)}
    optimisers = [{"state": {0: {"step": 3, "exp_avg": torch.ones(2)}}}]
    found = read({"epoch": 1, "state_dict": state, "optimizer_states": optimisers}, tmp_path, debug())
    picture = torch.rand(1, 3, 16, 16) * 2 - 1
    with torch.inference_mode():
        assert torch.equal(found(picture).picture, network(picture).picture)
    assert not found.training


def test_files_that_do_not_fit(tmp_path: Path) -> None:
    state = published_state(VQGAN(debug()))
    with pytest.raises(WeightsError, match="has no VQGAN under `state_dict`"):
        read(state, tmp_path)
    del state["decoder.mid.attn_1.q.weight"]
    with pytest.raises(WeightsError, match=r"missing \(1\): network\.decoder\.mid_block\.attentions\.0\.to_q\.weight"):
        read({"state_dict": state}, tmp_path, debug())
    with pytest.raises(WeightsError, match=r"misshaped \(.*network\.quantize\.embedding\.weight is \[16, 4\]"):
        read({"state_dict": state}, tmp_path, VQGANConfig(16, (8, 8), 1, codes=32, code_width=4, groups=4))
