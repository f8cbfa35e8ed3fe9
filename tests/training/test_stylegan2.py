"""The training of StyleGAN2: losses that reach the right weights, lazy penalties, exact resuming, colours learnt."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from hearsight.config import build, plain
from hearsight.errors import ConfigError
from hearsight.generators import stylegan2, stylegan2_discriminator
from hearsight.generators.stylegan2 import StyleGAN2, StyleGAN2Config
from hearsight.generators.stylegan2_discriminator import StyleGAN2DiscriminatorConfig
from hearsight.hub.network import load_network
from hearsight.training.adaptive_augmentation import AugmentationConfig
from hearsight.training.config import TrainConfig
from hearsight.training.loop import train
from hearsight.training.stylegan2 import MEMORY_OF_W, Recipe, StyleGAN2Task, run, samples


class Red:
    """Pictures of one red or another."""

    def __init__(self, side: int = 16, size: int = 8) -> None:
        self.side, self.size = side, size

    def batch(self, index: int) -> dict[str, torch.Tensor]:
        random = torch.Generator().manual_seed(index)
        red = 0.8 + 0.05 * torch.randn(self.size, 1, 1, 1, generator=random)
        return {"pictures": torch.cat([red, -red, -red], dim=1).expand(-1, -1, self.side, self.side).clone()}


def recipe(steps: int = 1, **settings: object) -> Recipe:
    config = TrainConfig(
        steps=steps, learning_rate=2e-3, decay="constant", optimiser="adam", betas=(0.0, 0.99), clip=0, ema=0.9,
        checkpoint_every=1000, log_every=steps,
    )  # fmt: skip
    values = {"model": stylegan2.debug(), "judge": stylegan2_discriminator.debug(), "batch": 8, **settings}
    return Recipe(Path("data"), config, **values)  # type: ignore[arg-type]


def task(**settings: object) -> StyleGAN2Task:
    torch.manual_seed(0)
    return StyleGAN2Task(recipe(**settings))


def gradients(some: StyleGAN2Task, loss: torch.Tensor) -> dict[str, torch.Tensor | None]:
    some.modules.zero_grad()
    loss.backward(retain_graph=True)
    return {name: weight.grad for name, weight in some.modules.named_parameters()}


def test_one_backward_pass_gives_each_player_its_own_gradient() -> None:
    """In the first step, which has both penalties, and on pictures that are changed."""
    some = task(augmentation=AugmentationConfig(start=0.5))
    torch.manual_seed(1)
    scalars = some.loss(Red().batch(0))
    assert scalars["gradient_penalty"] > 0 and scalars["path_penalty"] > 0
    together = gradients(some, scalars["loss"])
    assert all(gradient is not None for gradient in together.values())
    for part, loss in (
        ("generator.", scalars["generator"] + scalars["path_penalty"]),
        ("judge.", scalars["discriminator"] + scalars["gradient_penalty"]),
    ):
        for name, gradient in gradients(some, loss).items():
            if gradient is not None:
                assert name.startswith(part), name
                torch.testing.assert_close(gradient, together[name])
            else:
                assert not name.startswith(part), name


def test_penalties_are_lazy_and_counted_as_often_as_they_are_left_out() -> None:
    some = task(penalty_every=4, path_every=2)
    scalars = [some.loss(Red().batch(0)) for _ in range(5)]
    assert [bool(one["gradient_penalty"] > 0) for one in scalars] == [True, False, False, False, True]
    assert [bool(one["path_penalty"] > 0) for one in scalars] == [True, False, True, False, True]
    first = []
    for every in (1, 4):
        some = task(penalty_every=every, path_every=every)
        torch.manual_seed(1)
        first.append(some.loss(Red().batch(0)))
    for name in ("gradient_penalty", "path_penalty"):
        torch.testing.assert_close(4 * first[0][name], first[1][name])
    none = task(penalty=0.0, path=0.0).loss(Red().batch(0))
    assert none["gradient_penalty"] == none["path_penalty"] == 0


def test_means_follow_what_is_drawn() -> None:
    some = task(mixing=0.0)
    torch.manual_seed(1)
    some.loss(Red().batch(0))
    torch.manual_seed(1)
    w = some.players.generator.map(torch.randn(8, 8)).mean(dim=0)
    torch.testing.assert_close(some.players.generator.mean_w, (1 - MEMORY_OF_W) * w.detach())
    assert some.players.path_length > 0


def test_styles_are_mixed() -> None:
    some = task(mixing=1.0)
    w = torch.randn(200, 8)
    torch.manual_seed(1)
    mixed = some._mixed(w)
    coarse = (mixed == w[:, None]).all(dim=2)
    assert coarse[:, 0].all() and not coarse[:, -1].any()
    counts = coarse.sum(dim=1)
    assert torch.equal(coarse, torch.arange(6) < counts[:, None])  # coarse layers first
    assert set(counts.tolist()) == {1, 2, 3, 4, 5}
    fine = mixed[~coarse].view(-1, 8)
    assert not torch.isin(fine[:, 0], w[:, 0]).any()
    assert torch.equal(task(mixing=0.0)._mixed(w), w[:, None].expand(-1, 6, -1))
    shares = (task(mixing=0.5)._mixed(w) == w[:, None]).all(dim=2)[:, -1].float().mean()
    assert abs(shares - 0.5) < 0.15


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_resumed_training_is_the_same_to_the_bit(tmp_path: Path, precision: str) -> None:
    def config(steps: int) -> TrainConfig:
        return replace(recipe(steps).train, checkpoint_every=1, log_every=1, precision=precision)

    settings = {"penalty_every": 2, "path_every": 3, "augmentation": AugmentationConfig(target=-2.0, ramp=100)}
    whole = train(task(**settings), Red(), config(7), tmp_path / "whole")
    train(task(**settings), Red(), config(5), tmp_path / "parts")
    resumed = train(task(**settings), Red(), config(7), tmp_path / "parts")
    for name in ("weights", "average", "optimiser"):
        one, other = (load_file(place / f"{name}.safetensors") for place in (whole, resumed))
        assert one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)
    weights, average = (load_file(whole / f"{name}.safetensors") for name in ("weights", "average"))
    assert weights["augmentation.probability"] > 0.3  # so that changed pictures were part of it
    written = load_network(tmp_path / "whole", "stylegan2", StyleGAN2, StyleGAN2Config)
    assert torch.equal(written.state_dict()["constant"], average["generator.constant"])
    assert not torch.equal(weights["generator.constant"], average["generator.constant"])
    assert torch.equal(written.mean_w, weights["generator.mean_w"])


def test_it_learns_to_draw_red(tmp_path: Path) -> None:
    small = {"model": StyleGAN2Config((16, 8), style_width=8, mapping_layers=2)}
    torch.manual_seed(0)
    learning = StyleGAN2Task(recipe(judge=StyleGAN2DiscriminatorConfig((16, 8)), penalty=1.0, **small))
    train(learning, Red(8, 16), replace(recipe(100).train, learning_rate=1e-2), tmp_path)
    drawn = samples(load_network(tmp_path, "stylegan2", StyleGAN2, StyleGAN2Config), 16)
    colours = drawn.mean(dim=(0, 2, 3))
    assert colours[0] > 0.4 and colours[1] < -0.4 and colours[2] < -0.4


def test_a_recipe_makes_a_network_and_shows_what_it_draws(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "pictures" / "red"
    folder.mkdir(parents=True)
    for number in range(4):
        Image.new("RGB", (20, 20), (200 + number, 10, 10)).save(folder / f"{number}.png")
    out = run(replace(recipe(1), data=tmp_path / "data", batch=4), tmp_path / "out")
    network = load_network(out, "stylegan2", StyleGAN2, StyleGAN2Config)
    assert Image.open(out / "samples.png").size == (8 * 16, 8 * 16)
    first = samples(network, 2, seed=3)
    torch.testing.assert_close(first[1:], samples(network, 1, seed=4))


def test_recipes_are_read_and_written() -> None:
    some = recipe(mixing=0.5)
    assert build(Recipe, plain(some)) == some
    with pytest.raises(ConfigError, match=r"train\.clip=1"):
        replace(some, train=TrainConfig(steps=1, clip=1.0))
    with pytest.raises(ConfigError, match=r"judge\.channels=\(8, 8\)"):
        replace(some, judge=StyleGAN2DiscriminatorConfig((8, 8)))
