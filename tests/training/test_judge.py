import json

import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.data.pictures import load_pictures
from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.errors import DataError
from hearsight.hub.network import load_network
from hearsight.training import judge
from hearsight.training.config import TrainConfig
from hearsight.training.judge import JudgeBatches, JudgeTask, Recipe, accuracy


@pytest.fixture
def data(tmp_path):
    """Bars that stand and bars that lie, in any colour: nothing but the shape tells them apart."""
    random = np.random.default_rng(0)
    for split, count in (("train", 12), ("held_out", 6)):
        for label in ("lying", "standing"):
            folder = tmp_path / "pictures" / split / label
            folder.mkdir(parents=True)
            for number in range(count):
                pixels = np.full((16, 16, 3), random.integers(150, 256, 3), np.uint8)
                start = random.integers(5, 9)
                pixels[start : start + 3] = random.integers(0, 80, 3)
                turned = pixels if label == "lying" else pixels.transpose(1, 0, 2)
                Image.fromarray(turned).save(folder / f"{number}.png")
    return tmp_path


def recipe(data, steps: int) -> Recipe:
    train = TrainConfig(steps=steps, learning_rate=0.02, log_every=steps, checkpoint_every=steps)
    return Recipe(data, train, size=16, width=4, batch=16)


def test_batches_are_functions_of_their_number(data):
    pictures = load_pictures(data, "train", 16)
    batches = JudgeBatches(pictures, 8, seed=0)
    first, again, second = batches.batch(0), batches.batch(0), batches.batch(1)
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["pixels"], second["pixels"])
    assert not torch.equal(first["pixels"], JudgeBatches(pictures, 8, seed=1).batch(0)["pixels"])
    assert first["pixels"].shape == (8, 3, 16, 16)
    originals = pictures.batch(np.arange(24)).sum(dim=(1, 2, 3))
    for pixels, number in zip(first["pixels"], first["classes"], strict=True):
        nearest = (originals - pixels.sum()).abs().argmin()  # shifted round, a picture keeps its sum
        assert pictures.classes[nearest] == number


def test_the_loss_is_cross_entropy_with_smoothed_labels(data):
    """Noise and blur cannot change scores that do not depend on the picture."""
    task = JudgeTask(PictureClassifierConfig(("lying", "standing"), 16, 4), load_pictures(data, "held_out", 16))
    linear = task.modules.head[1]
    torch.nn.init.zeros_(linear.weight)
    linear.bias.data = torch.tensor([0.0, 1.0])
    batch = {"pixels": torch.zeros(4, 3, 16, 16), "classes": torch.tensor([0, 1, 1, 1])}
    likely = torch.tensor([0.0, 1.0]).log_softmax(dim=0)
    smooth = 0.05 * likely.mean() + 0.95 * likely[batch["classes"]].mean()
    scalars = task.loss(batch)
    torch.testing.assert_close(scalars["loss"], -smooth)
    assert scalars["accuracy"] == 0.75


def test_the_judge_is_shown_noise_and_sometimes_blur(data):
    task = JudgeTask(PictureClassifierConfig(("lying", "standing"), 16, 4), load_pictures(data, "held_out", 16))
    seen: list[torch.Tensor] = []
    task.modules.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    batch = {"pixels": torch.zeros(4, 3, 16, 16), "classes": torch.zeros(4, dtype=torch.long)}
    torch.manual_seed(0)
    for _ in range(24):
        task.loss(batch)
    neighbours = [(pixels[..., 1:] - pixels[..., :-1]).std() / pixels.std() for pixels in seen]
    blurred = sum(float(change) < 1 for change in neighbours)
    assert 2 <= blurred <= 14  # three in ten
    assert all(0 < float(pixels.std()) < 0.2 for pixels in seen)


def test_a_judge_learns_shapes_it_has_not_seen(data, tmp_path):
    out = judge.run(recipe(data, 24), tmp_path / "out")
    assert json.loads((out / "metrics.json").read_text())["accuracy_unseen"] >= 0.9
    learnt = load_network(out, "picture_classifier", PictureClassifier, PictureClassifierConfig)
    assert learnt.config.labels == ("lying", "standing")
    assert accuracy(learnt, load_pictures(data, "train", 16), batch=5) >= 0.9


def test_accuracy_counts_every_picture_once(data):
    pictures = load_pictures(data, "held_out", 16)
    constant = PictureClassifier(PictureClassifierConfig(pictures.labels, 16, 4, stages=1))
    constant.head[1].bias.data = torch.tensor([50.0, 0.0])
    assert accuracy(constant, pictures, batch=5) == 0.5


def test_a_judge_needs_pictures_it_has_not_seen(data, tmp_path):
    for path in (data / "pictures" / "held_out").rglob("*.png"):
        path.unlink()
    with pytest.raises(DataError, match="no held_out picture"):
        judge.run(recipe(data, 1), tmp_path / "out")
