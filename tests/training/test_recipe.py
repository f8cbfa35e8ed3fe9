"""Recipes: found, resolved strictly, written down, and not mixed in one folder."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor, nn

from hearsight.config import read_yaml
from hearsight.errors import ConfigError
from hearsight.seeds import generator
from hearsight.training import recipe
from hearsight.training.loop import TrainConfig, train


@dataclass(frozen=True)
class ToyRecipe:
    train: TrainConfig
    size: int = 4
    seed: int = 0


class ToyTask:
    """A line through points; also a task module, with its `Recipe` and `run`."""

    Recipe = ToyRecipe

    def run(self, recipe: ToyRecipe, out: Path) -> Tensor:
        torch.manual_seed(recipe.seed)
        self.seed, self.size = recipe.seed, recipe.size
        self.modules: nn.Module = nn.Linear(1, 1)
        train(self, self, recipe.train, out)
        return self.modules.get_parameter("weight").detach()

    def batch(self, index: int) -> dict[str, Any]:
        return {"x": torch.randn(self.size, 1, generator=generator(self.seed, index))}

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        return {"loss": (self.modules(batch["x"]) - 2 * batch["x"]).square().mean()}


VALUES = {"seed": 3, "train": {"steps": 4, "learning_rate": "1e-2"}}


def test_the_written_recipe_gives_the_same_weights(tmp_path: Path) -> None:
    first = recipe.start(ToyTask(), "toy", VALUES, tmp_path / "one")
    written = read_yaml(tmp_path / "one/recipe.yaml")
    assert written.pop("task") == "toy"
    assert written["seed"] == 3 and written["size"] == 4 and written["train"]["learning_rate"] == 0.01
    assert "seed" not in written["train"]
    again = recipe.start(ToyTask(), "toy", written, tmp_path / "two")
    assert torch.equal(first, again)
    assert (tmp_path / "one/recipe.yaml").read_text() == (tmp_path / "two/recipe.yaml").read_text()
    assert not torch.equal(first, recipe.start(ToyTask(), "toy", {**written, "seed": 4}, tmp_path / "three"))


def test_one_seed_for_the_loop_and_the_task() -> None:
    resolved = recipe.resolve(ToyRecipe, VALUES)
    assert resolved.seed == resolved.train.seed == 3
    assert recipe.described(resolved)["seed"] == 3
    with pytest.raises(ConfigError, match=r"train.seed=5: .* write seed=5"):
        recipe.resolve(ToyRecipe, {"train": {"steps": 4, "seed": 5}})


def test_training_goes_on_with_more_steps_but_not_under_another_recipe(tmp_path: Path) -> None:
    recipe.start(ToyTask(), "toy", VALUES, tmp_path)
    with pytest.raises(ConfigError, match=r"began with size=4, not 5; train into another folder"):
        recipe.start(ToyTask(), "toy", {**VALUES, "size": 5}, tmp_path)
    recipe.start(ToyTask(), "toy", {**VALUES, "train": {"steps": 6, "learning_rate": 0.01, "workers": 0}}, tmp_path)
    assert (tmp_path / "checkpoints/step-000006").is_dir()


@pytest.mark.parametrize(
    ("text", "settings", "message"),
    [
        ("task: aling", [], r"task: there is no task 'aling'; did you mean 'align'"),
        ("task: align", ["task=judges"], r"there is no task 'judges'; did you mean 'judge'"),
        ("seed: 1", [], r"task: the recipe does not say what to train; add one of align, "),
        ("task: judge\ntrain: 5", [], r"train: 5 is not a mapping"),
        (
            "task: judge\ndata: x\ntrain: {steps: 5}",
            ["train.lerning_rate=1"],
            r"train.lerning_rate: .* 'learning_rate'",
        ),
        ("task: judge\ndata: x\ntrain: {steps: many}", [], r"train.steps: 'many' cannot be used"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, settings: list[str], message: str) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        recipe.run(tmp_path / "mine.yaml", settings, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_recipes_are_found_by_path_or_name(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("task: judge")
    assert recipe.find(tmp_path / "mine.yaml") == tmp_path / "mine.yaml"
    for shipped in recipe.SHIPPED.glob("*.yaml"):
        assert recipe.find(shipped.stem) == shipped
    with pytest.raises(ConfigError, match="nonesuch: neither a YAML file nor a recipe of this package"):
        recipe.find("nonesuch")
    with pytest.raises(ConfigError, match="there is no such recipe"):
        recipe.run(tmp_path / "absent.yaml", [], tmp_path)


def test_every_shipped_recipe_is_valid() -> None:
    for file in recipe.SHIPPED.glob("*.yaml"):
        values = read_yaml(file)
        resolved = recipe.resolve(recipe.task_module(values.pop("task")).Recipe, values)
        assert isinstance(resolved.train, TrainConfig)
        assert yaml.safe_load(yaml.safe_dump(recipe.described(resolved)))["train"]["steps"] == resolved.train.steps
