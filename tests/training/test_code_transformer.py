"""The training of the transformer of a VQGAN's codes."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.config import build, override, read_yaml
from hearsight.data.pairs import Item, write_manifest
from hearsight.errors import ConfigError
from hearsight.generators import code_transformer, vqgan
from hearsight.generators.code_transformer import CodeTransformer, CodeTransformerConfig
from hearsight.generators.vqgan import VQGAN
from hearsight.hub.network import load_network, save_network
from hearsight.samplers.codes import sample_codes
from hearsight.seeds import generator
from hearsight.training.code_transformer import CodeBatches, CodeTransformerTask, Recipe, run
from hearsight.training.config import TrainConfig
from hearsight.training.loop import train
from hearsight.training.recipe import find, task_module


def stripes(pictures: int, seed: int = 0) -> torch.Tensor:
    """Pictures of two codes in turn, any two of sixteen."""
    both = torch.randint(16, (pictures, 2), generator=torch.Generator().manual_seed(seed))
    return both[:, torch.arange(64) % 2].unflatten(1, (8, 8))


def painter() -> VQGAN:
    return VQGAN(vqgan.debug()).eval().requires_grad_(False)


def test_it_learns_what_pictures_there_are(tmp_path: Path) -> None:
    """Two codes tell all the others; and what it samples is striped."""
    torch.manual_seed(0)
    task = CodeTransformerTask(CodeTransformer(code_transformer.debug()), painter(), stripes(20, 1))
    train(task, CodeBatches(stripes(500), 32, 0), TrainConfig(250, 2e-2, warmup=20, log_every=250), tmp_path)
    measured = json.loads((tmp_path / "metrics.json").read_text())
    assert measured["pictures"] == 20
    assert 2 * math.log(16) / 64 < measured["nats_per_code"] < 0.3  # 2.77 before
    network = load_network(tmp_path, "code_transformer", CodeTransformer, CodeTransformerConfig)
    assert measured["nats_per_code"] == pytest.approx(float(network.loss(stripes(20, 1))), rel=1e-4)
    codes = sample_codes(network, [generator(number) for number in range(20)]).flatten(1)
    assert (codes[:, 2:] == codes[:, :-2]).float().mean() > 0.9
    assert Image.open(tmp_path / "samples.png").size == (8 * 16, 4 * 16)


def test_batches_are_a_function_of_seed_and_number() -> None:
    batches = CodeBatches(stripes(50), 8, 3)
    assert batches.batch(4)["codes"].shape == (8, 8, 8)
    assert torch.equal(batches.batch(4)["codes"], CodeBatches(stripes(50), 8, 3).batch(4)["codes"])
    assert not torch.equal(batches.batch(4)["codes"], batches.batch(5)["codes"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures of noise, and a VQGAN beside them."""
    random, items = np.random.default_rng(0), []
    for number in range(6):
        Image.fromarray(random.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(tmp_path / f"{number}.png")
        items.append(Item(f"{number}.png", "picture", "noise", split="train" if number < 4 else "held_out"))
    write_manifest(tmp_path, items)
    torch.manual_seed(0)
    save_network(tmp_path / "vqgan", "vqgan", painter())
    return tmp_path


def test_a_recipe_trains_from_a_folder(folder: Path, tmp_path: Path) -> None:
    loop = TrainConfig(2, 1e-3, log_every=2, checkpoint_every=2)
    recipe = Recipe(folder, folder / "vqgan", loop, code_transformer.debug(), batch=4)
    out = run(recipe, tmp_path / "out")
    network = load_network(out, "code_transformer", CodeTransformer, CodeTransformerConfig)
    assert network.config == code_transformer.debug()
    assert json.loads((out / "metrics.json").read_text())["pictures"] == 2


def test_a_transformer_goes_on_from_another(folder: Path, tmp_path: Path) -> None:
    """At a rate of nearly nothing it stays what it was; one of another shape is refused before anything is done."""
    torch.manual_seed(1)
    begun = CodeTransformer(code_transformer.debug())
    save_network(folder / "begun", "code_transformer", begun)
    recipe = Recipe(folder, folder / "vqgan", TrainConfig(1, 1e-12), begun.config, start=folder / "begun", batch=4)
    network = load_network(run(recipe, tmp_path / "out"), "code_transformer", CodeTransformer, CodeTransformerConfig)
    torch.testing.assert_close(network(stripes(2)), begun(stripes(2)))
    with pytest.raises(ConfigError, match="begun: is CodeTransformerConfig"):
        run(replace(recipe, model=replace(begun.config, width=16)), tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_transformer_of_other_codes_is_refused_before_anything_is_done(folder: Path, tmp_path: Path) -> None:
    recipe = Recipe(folder, folder / "vqgan", TrainConfig(2, 1e-3), code_transformer.pocket())
    with pytest.raises(ConfigError, match="codes=1024 of the transformer: its VQGAN has 16"):
        run(recipe, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(ConfigError, match="batch=0: must be at least 1"):
        Recipe(folder, folder, TrainConfig(2, 1e-3), batch=0)


def test_the_shipped_recipe() -> None:
    values = override(read_yaml(find("pocket_code_transformer")), [])
    module = task_module(values.pop("task"))
    assert build(module.Recipe, values).model == code_transformer.pocket()
