import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image
from torch import Tensor, nn

import hearsight
from hearsight.conditions.projection import PCAProjection, ProjectionConfig
from hearsight.data.embeddings import Embeddings, embed_sounds
from hearsight.data.pictures import Pictures
from hearsight.encoders import audioclip
from hearsight.encoders.audioclip import AudioCLIP
from hearsight.errors import DataError
from hearsight.generators import pixel_unet
from hearsight.hub.network import save_network
from hearsight.samplers.noise import NoiseSchedule
from hearsight.training import diffuse
from hearsight.training.config import TrainConfig
from hearsight.training.diffuse import DiffuseBatches, DiffuseTask, Recipe

TONES = {"high": 3000.0, "low": 300.0}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Two tones and two colours."""
    folder = tmp_path_factory.mktemp("data")
    for label, hertz in TONES.items():
        for kind in ("sounds", "pictures"):
            (folder / kind / label).mkdir(parents=True)
        for number in range(5):
            samples = 0.4 * np.sin(2 * np.pi * hertz * (1 + number / 20) * np.arange(8000) / 22050)
            soundfile.write(folder / "sounds" / label / f"{number}.wav", samples, 22050)
            colour = (250, 50 * number, 0) if label == "high" else (0, 50 * number, 250)
            Image.new("RGB", (16, 16), colour).save(folder / "pictures" / label / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def ear(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    return save_network(tmp_path_factory.mktemp("ear"), "audioclip", AudioCLIP(audioclip.debug()))


def recipe(data: Path, ear: Path, **settings: object) -> Recipe:
    train = TrainConfig(steps=4, learning_rate=1e-3, ema=0.9, checkpoint_every=2, log_every=1)
    values = {"train": train, "unet": pixel_unet.debug(), "batch": 4, "views": 2, **settings}
    return Recipe(data, ear, **values)  # type: ignore[arg-type]


def marked(classes: int = 3, each: int = 4) -> tuple[Pictures, Embeddings]:
    """Pictures and embeddings whose first number is their class."""
    labels, numbers = tuple("abcdef"[:classes]), np.repeat(np.arange(classes), each)
    pixels = np.broadcast_to(numbers[:, None, None, None], (len(numbers), 3, 2, 2)).astype(np.uint8)
    vectors = np.broadcast_to(numbers[:, None, None], (len(numbers), 2, 5)).astype(np.float32)
    return Pictures(pixels, numbers, labels), Embeddings(vectors, numbers, labels)


# Batches ------------------------------------------------------------------------------------------------------------


def test_batches_are_functions_of_seed_and_number():
    random = np.random.default_rng(0)
    numbers, labels = np.repeat(np.arange(3), 4), ("a", "b", "c")
    pictures = Pictures(random.integers(256, size=(12, 3, 2, 2)).astype(np.uint8), numbers, labels)
    embeddings = Embeddings(random.normal(size=(12, 2, 5)).astype(np.float32), numbers, labels)
    batches = DiffuseBatches(pictures, embeddings, 7, seed=0)
    first, again, second = batches.batch(3), DiffuseBatches(pictures, embeddings, 7, seed=0).batch(3), batches.batch(4)
    other = DiffuseBatches(pictures, embeddings, 7, seed=1).batch(3)
    assert first["pictures"].shape == (7, 3, 2, 2) and first["embeddings"].shape == (7, 5)
    for key, values in first.items():
        assert torch.equal(values, again[key])
        assert not torch.equal(values, second[key])
        assert not torch.equal(values, other[key])


def test_a_picture_and_its_sound_are_of_one_class():
    for number in range(5):
        batch = DiffuseBatches(*marked(), 7, seed=0).batch(number)
        shown = ((batch["pictures"][:, 0, 0, 0] + 1) * 127.5).round()
        assert torch.equal(shown, batch["embeddings"][:, 0])


@pytest.mark.parametrize("size", [1, 4, 7, 12])
def test_every_class_comes_equally_often(size):
    """Whatever the batch's size, dealing whole decks shows every class once a deck."""
    batches = DiffuseBatches(*marked(classes=6), size, seed=0)
    dealt = torch.cat([batches.batch(number)["embeddings"][:, 0] for number in range(12)])
    for deck in dealt.split(6)[: len(dealt) // 6]:
        assert sorted(deck.tolist()) == [0, 1, 2, 3, 4, 5]
    assert len({tuple(deck.tolist()) for deck in dealt.split(6)}) > 1


def test_every_picture_sound_and_view_is_drawn():
    numbers = np.zeros(4, int)
    pixels = np.broadcast_to(np.arange(4)[:, None, None, None], (4, 3, 2, 2)).astype(np.uint8)
    vectors = np.arange(8, dtype=np.float32).reshape(4, 2, 1)
    batch = DiffuseBatches(Pictures(pixels, numbers, ("a",)), Embeddings(vectors, numbers, ("a",)), 200, 0).batch(0)
    assert set(batch["embeddings"][:, 0].tolist()) == set(range(8))
    assert len(batch["pictures"][:, 0, 0, 0].unique()) == 4


# Loss ---------------------------------------------------------------------------------------------------------------


class Known(nn.Module):
    """Says a quarter of what it is shown, and remembers it."""

    def __init__(self) -> None:
        super().__init__()
        self.share = nn.Parameter(torch.tensor(0.25))

    def forward(self, noisy: Tensor, timestep: Tensor, embedding: Tensor) -> Tensor:
        self.noisy, self.timestep, self.embedding = noisy, timestep, embedding
        return self.share * noisy


def known(prediction: str = "epsilon", **settings: object) -> tuple[DiffuseTask, Known]:
    schedule = NoiseSchedule(prediction=prediction)  # type: ignore[arg-type]
    network = Known()
    asked = recipe(Path(), Path(), schedule=schedule, **settings)
    return DiffuseTask(network, asked, AudioCLIP(audioclip.debug()), ("a", "b")), network  # type: ignore[arg-type]


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_the_loss_is_the_squared_error_of_what_is_predicted(prediction):
    task, network = known(prediction)
    random = np.random.default_rng(0)
    pictures = random.uniform(-1, 1, (64, 3, 4, 4))
    torch.manual_seed(0)
    loss = task.loss({"pictures": torch.tensor(pictures, dtype=torch.float32), "embeddings": torch.ones(64, 5)})["loss"]

    kept = np.cumprod(1 - np.linspace(1e-4, 0.02, 1000))[network.timestep.numpy()].reshape(-1, 1, 1, 1)
    noisy = network.noisy.double().numpy()
    noise = (noisy - np.sqrt(kept) * pictures) / np.sqrt(1 - kept)
    wanted = noise if prediction == "epsilon" else np.sqrt(kept) * noise - np.sqrt(1 - kept) * pictures
    assert loss.item() == pytest.approx(((0.25 * noisy - wanted) ** 2).mean(), rel=1e-3)
    assert abs(noise.mean()) < 0.06 and abs(noise.std() - 1) < 0.06
    loss.backward()
    assert network.share.grad is not None


def test_timesteps_cover_the_whole_schedule():
    task, network = known()
    task.loss({"pictures": torch.zeros(3000, 3, 2, 2), "embeddings": torch.ones(3000, 5)})
    assert network.timestep.min() < 10 and network.timestep.max() >= 990
    assert network.timestep.max() < 1000
    assert abs(network.timestep.float().mean() - 499.5) < 30


def test_one_condition_in_five_is_dropped_and_the_others_left_alone():
    task, network = known()
    embeddings = torch.randn(4000, 5, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    task.loss({"pictures": torch.zeros(4000, 3, 2, 2), "embeddings": embeddings})
    dropped = (network.embedding == 0).all(dim=1)
    assert abs(dropped.float().mean() - 0.2) < 0.025
    assert torch.equal(network.embedding[~dropped], embeddings[~dropped])


def test_embedding_noise_has_the_length_that_was_asked_for():
    task, network = known(embedding_noise=0.5, condition_dropout=0.3)
    embeddings = nn.functional.normalize(torch.randn(2000, 64, generator=torch.Generator().manual_seed(0)))
    task.loss({"pictures": torch.zeros(2000, 3, 2, 2), "embeddings": embeddings})
    dropped = (network.embedding == 0).all(dim=1)  # noise is dropped with its condition
    assert abs(dropped.float().mean() - 0.3) < 0.04
    assert abs((network.embedding - embeddings)[~dropped].norm(dim=1).mean() - 0.5) < 0.02


# The whole training -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(data, ear, tmp_path_factory) -> Path:
    """Four steps towards velocity."""
    schedule = NoiseSchedule(prediction="v_prediction")
    return diffuse.run(recipe(data, ear, schedule=schedule), tmp_path_factory.mktemp("trained"))


def test_a_resumed_training_is_the_uninterrupted_one(trained, data, ear, tmp_path):
    kept = Path("checkpoints") / "step-000002"
    shutil.copytree(trained / kept, tmp_path / kept)
    before = (tmp_path / kept).stat().st_mtime_ns
    diffuse.run(recipe(data, ear, schedule=NoiseSchedule(prediction="v_prediction")), tmp_path)
    assert (tmp_path / kept).stat().st_mtime_ns == before  # went on from there
    for name in ("unet.safetensors", *(f"checkpoints/step-000004/{part}.safetensors" for part in PARTS)):
        assert (tmp_path / name).read_bytes() == (trained / name).read_bytes(), name


PARTS = ("weights", "average", "optimiser")


def test_another_seed_trains_another_network(trained, data, ear, tmp_path):
    train = TrainConfig(steps=1, learning_rate=1e-3)
    weights = [
        (diffuse.run(recipe(data, ear, train=train, seed=seed), tmp_path / str(seed)) / "unet.safetensors").read_bytes()
        for seed in (0, 1)
    ]
    assert weights[0] != weights[1]


def test_the_product_is_a_system_that_draws(trained, data):
    system = hearsight.load(trained, device="cpu")
    assert system.config.schedule.prediction == "v_prediction"
    assert dict(system.config.labels) == {"high": "high", "low": "low"}
    (picture,) = system(data / "sounds" / "high" / "0.wav", steps=2)
    assert picture.image.size == (16, 16)
    assert {label for label, _ in picture.recipe["heard"]} == {"high", "low"}


def test_the_product_hears_as_the_ear_it_was_trained_with(trained, ear):
    assert (trained / "audioclip.safetensors").read_bytes() == (ear / "audioclip.safetensors").read_bytes()


def test_the_product_has_the_averaged_weights(trained):
    from safetensors.torch import load_file

    product = load_file(trained / "unet.safetensors")
    average = load_file(trained / "checkpoints" / "step-000004" / "average.safetensors")
    assert all(torch.equal(product[name], average[name]) for name in product)


def test_principal_components_are_those_of_the_sounds(data, ear, tmp_path):
    unet = replace(pixel_unet.debug(), time_width=8, projection=ProjectionConfig(kind="pca", embed=16, width=8))
    out = diffuse.run(recipe(data, ear, unet=unet, train=TrainConfig(steps=1)), tmp_path)
    system = hearsight.load(out, device="cpu")
    heard = embed_sounds(system.audioclip, data, "train").vectors[:, 0]
    expected = PCAProjection(unet.projection).fit(torch.from_numpy(heard))
    torch.testing.assert_close(system.unet.projection.components, expected.components)


def test_a_class_without_pictures_is_named(data, ear, tmp_path):
    shutil.copytree(data, tmp_path / "data", ignore=shutil.ignore_patterns(".cache"))
    shutil.rmtree(tmp_path / "data" / "pictures" / "low")
    with pytest.raises(DataError, match="low: a class needs both"):
        diffuse.run(recipe(tmp_path / "data", ear), tmp_path / "out")
