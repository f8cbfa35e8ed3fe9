"""The training of VQGAN: losses that reach the right weights, exact resuming, pictures that come back."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from hearsight.config import build, plain
from hearsight.data.pictures import load_pictures
from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.errors import ConfigError
from hearsight.generators import patch_discriminator, vqgan
from hearsight.generators.vqgan import VQGAN, VQGANConfig
from hearsight.hub.network import load_network, save_network
from hearsight.training.config import TrainConfig
from hearsight.training.loop import train
from hearsight.training.vqgan import Recipe, VQGANTask, before_and_after, run


class Squares:
    """Pictures of one of four colours with a square of another one."""

    COLOURS = torch.tensor([[0.9, -0.9, -0.9], [-0.9, 0.9, -0.9], [-0.9, -0.9, 0.9], [0.9, 0.9, 0.9]])

    def batch(self, index: int) -> dict[str, torch.Tensor]:
        random = torch.Generator().manual_seed(index)
        first = torch.randint(4, (8,), generator=random)
        second = (first + torch.randint(1, 4, (8,), generator=random)) % 4
        pictures = self.COLOURS[first][:, :, None, None].expand(8, 3, 16, 16).clone()
        pictures[:, :, 4:12, 4:12] = self.COLOURS[second][:, :, None, None]
        return {"pictures": pictures}


def recipe(steps: int = 1, **settings: object) -> Recipe:
    config = TrainConfig(
        steps=steps, learning_rate=3e-3, decay="constant", optimiser="adam", betas=(0.5, 0.9), clip=0, ema=0.9,
        checkpoint_every=1000, log_every=steps,
    )  # fmt: skip
    values = {"model": vqgan.debug(), "judge": patch_discriminator.debug(), "batch": 8, **settings}
    return Recipe(Path("data"), config, **values)  # type: ignore[arg-type]


def task(**settings: object) -> VQGANTask:
    torch.manual_seed(0)
    return VQGANTask(recipe(**settings))


def gradients(some: VQGANTask, loss: torch.Tensor) -> dict[str, torch.Tensor | None]:
    some.modules.zero_grad()
    loss.backward(retain_graph=True)
    return {name: weight.grad for name, weight in some.modules.named_parameters()}


def test_one_backward_pass_gives_each_player_its_own_gradient() -> None:
    some = task(edges=0.5)
    scalars = some.loss(Squares().batch(0))
    together = gradients(some, scalars["loss"])
    assert all(gradient is not None for gradient in together.values())
    own = scalars["pixels"] + 0.5 * scalars["edges"] + scalars["codebook"]
    for part, loss in (
        ("generator.", own + scalars["adversarial"] * scalars["generator"]),
        ("judge.", scalars["discriminator"]),
    ):
        for name, gradient in gradients(some, loss).items():
            assert (gradient is not None) == name.startswith(part), name
            if gradient is not None:
                torch.testing.assert_close(gradient, together[name])


def test_the_discriminator_rests_until_it_starts() -> None:
    some = task(adversarial_start=1)
    resting = some.loss(Squares().batch(0))
    assert resting["generator"] == resting["adversarial"] == resting["discriminator"] == 0
    found = gradients(some, resting["loss"])
    judged = [gradient for name, gradient in found.items() if name.startswith("judge.")]
    assert all(gradient is not None and not gradient.any() for gradient in judged)
    started = some.loss(Squares().batch(1))
    assert started["discriminator"] > 0 and started["adversarial"] > 0


def test_without_an_adversarial_weight_there_is_no_discriminator() -> None:
    found = task(adversarial=0).loss(Squares().batch(0))
    assert found["generator"] == found["adversarial"] == found["discriminator"] == 0


def test_the_adaptive_weight_balances_both_losses_at_the_last_layer() -> None:
    some = task(adversarial=0.5)
    scalars = some.loss(Squares().batch(0))
    last = some.players.generator.last_layer
    pulls = [torch.autograd.grad(scalars[name], last, retain_graph=True)[0].norm() for name in ("pixels", "generator")]
    torch.testing.assert_close(scalars["adversarial"] * pulls[1], 0.5 * pulls[0], rtol=0.02, atol=0)


def test_the_discriminator_may_learn_before_it_counts() -> None:
    some, at_once = task(adversarial_start=1, adversarial_rise=2), task(adversarial_start=1)
    found = [each.loss(Squares().batch(0)) for each in (some, at_once) for _ in range(4)]  # no weight moves
    shares = [float((found[step]["adversarial"] / found[7]["adversarial"]).detach()) for step in range(4)]
    assert shares[:2] == [0, 0] and found[1]["discriminator"] > 0
    assert shares[2] == pytest.approx(0.5, rel=0.05) and shares[3] == pytest.approx(1.0, rel=0.05)


def test_features_of_a_frozen_network_may_be_compared(tmp_path: Path) -> None:
    torch.manual_seed(0)
    eye = PictureClassifier(PictureClassifierConfig(("a", "b"), size=16, width=4, stages=2))
    save_network(tmp_path, "picture_classifier", eye)
    assert "features" not in task().loss(Squares().batch(0))
    seen = task(features=tmp_path, feature_weight=2.0).loss(Squares().batch(0))
    assert seen["features"] > 0
    named = ("pixels", "codebook", "discriminator")
    expected = sum(seen[name] for name in named) + 2 * seen["features"] + seen["adversarial"] * seen["generator"]
    torch.testing.assert_close(seen["loss"], expected)


def test_unused_codes_are_revived() -> None:
    used = [
        [float(some.loss(Squares().batch(number))["codes"]) for number in range(2)][-1]
        for some in (task(revive=0.0), task(revive=0.1))
    ]
    assert used[1] > used[0]
    assert used[1] >= 0.5  # of sixteen rows


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_resumed_training_is_the_same_to_the_bit(tmp_path: Path, precision: str) -> None:
    def config(steps: int) -> TrainConfig:
        return replace(recipe(steps).train, checkpoint_every=1, log_every=1, precision=precision)

    settings = {"adversarial_start": 2, "revive": 0.1}
    whole = train(task(**settings), Squares(), config(4), tmp_path / "whole")
    train(task(**settings), Squares(), config(3), tmp_path / "parts")
    resumed = train(task(**settings), Squares(), config(4), tmp_path / "parts")
    for name in ("weights", "average", "optimiser"):
        one, other = (load_file(place / f"{name}.safetensors") for place in (whole, resumed))
        assert one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)
    assert load_file(whole / "weights.safetensors")["steps"] == 4


def test_it_learns_to_bring_pictures_back(tmp_path: Path) -> None:
    learning = task(revive=0.1, adversarial=0.1, adversarial_start=80, adversarial_rise=20)
    train(learning, Squares(), replace(recipe(110).train, learning_rate=1e-2, ema=0.0), tmp_path)
    pictures = Squares().batch(1000)["pictures"]
    network = load_network(tmp_path, "vqgan", VQGAN, VQGANConfig)
    back = before_and_after(network, pictures, columns=8)[8:]
    grey = (pictures - pictures.mean(dim=(0, 2, 3), keepdim=True)).abs().mean()
    assert (back - pictures).abs().mean() < 0.7 * grey


def test_a_decoder_goes_on_alone_and_pictures_keep_their_codes(tmp_path: Path) -> None:
    torch.manual_seed(3)
    begun = VQGAN(vqgan.debug()).eval()
    save_network(tmp_path / "begun", "vqgan", begun)
    some = task(start=tmp_path / "begun", update="decoder", adversarial_start=100)
    train(some, Squares(), TrainConfig(30, 1e-2, clip=0, log_every=30), tmp_path / "out")
    learnt = load_network(tmp_path / "out", "vqgan", VQGAN, VQGANConfig)
    changed = {name for name, value in learnt.state_dict().items() if not torch.equal(value, begun.state_dict()[name])}
    assert {name.split(".")[1] for name in changed} == {"post_quant_conv", "decoder"}
    pictures = Squares().batch(1)["pictures"]
    before, after = begun(pictures), learnt(pictures)
    assert torch.equal(before.codes, after.codes)
    assert (after.picture - pictures).abs().mean() < 0.9 * (before.picture - pictures).abs().mean()


def test_a_network_goes_on_from_another(tmp_path: Path) -> None:
    torch.manual_seed(3)
    begun = VQGAN(vqgan.debug())
    save_network(tmp_path, "vqgan", begun)
    network = task(start=tmp_path).players.generator
    assert all(torch.equal(value, begun.state_dict()[name]) for name, value in network.state_dict().items())
    assert all(weight.requires_grad for weight in network.parameters())
    with pytest.raises(ConfigError, match="set model to the same, or leave start out"):
        task(start=tmp_path, model=replace(vqgan.debug(), codes=32))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"update": "decoder"}, "set start=DIR"),
        ({"update": "decoder", "start": Path("begun"), "revive": 0.1}, "revive=0.1"),
    ],
)
def test_a_decoder_alone_needs_codes_that_stay(settings: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        recipe(**settings)


def test_a_recipe_makes_a_network_and_shows_what_it_does(tmp_path: Path) -> None:
    for number, picture in enumerate(Squares().batch(0)["pictures"]):
        folder = tmp_path / "data" / "pictures" / "train" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        pixels = ((picture + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
        Image.fromarray(pixels).save(folder / f"{number}.png")
    out = run(replace(recipe(1), data=tmp_path / "data"), tmp_path / "out")
    network = load_network(out, "vqgan", VQGAN, VQGANConfig)
    pictures = load_pictures(tmp_path / "data", "train", 16).batch([0])  # type: ignore[arg-type]
    assert network(pictures).picture.shape == (1, 3, 16, 16)
    assert Image.open(out / "reconstructions.png").size == (8 * 16, 8 * 16)  # four rows, each with another below


def test_recipes_are_read_and_written() -> None:
    some = recipe(edges=1.0)
    assert build(Recipe, plain(some)) == some
    with pytest.raises(ConfigError, match=r"train\.clip=1"):
        replace(some, train=TrainConfig(steps=1, clip=1.0))
