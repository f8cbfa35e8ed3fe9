"""Every recipe that ships can be resolved: no key is mistyped, and the pocket recipes are what the pocket sizes say."""

from pathlib import Path

import pytest

from hearsight.config import read_yaml
from hearsight.generators import pixel_unet
from hearsight.training import recipe

RECIPES = sorted(recipe.SHIPPED.glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_shipped_recipe_resolves(path: Path) -> None:
    values = read_yaml(path)
    task = recipe.task_module(values.pop("task"))
    if values.get("strategy", "all") != "all" and "start" not in values:
        values["start"] = "somewhere"
    assert recipe.resolve(task.Recipe, values).train.steps > 0


def test_the_pocket_network_is_the_one_of_its_recipe() -> None:
    values = read_yaml(recipe.find("pocket_diffuse"))
    resolved = recipe.resolve(recipe.task_module(values.pop("task")).Recipe, values)
    assert resolved.unet == pixel_unet.pocket()


def test_the_pocket_network_costs_what_two_cores_can_pay() -> None:
    assert pixel_unet.flops(pixel_unet.pocket()) <= 0.6e9
