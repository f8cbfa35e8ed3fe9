from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import nn

from hearsight.config import build, plain, read_yaml
from hearsight.data.birds import Birds
from hearsight.data.find_spoken import find_spoken
from hearsight.data.pairs import Item, write_manifest
from hearsight.data.spoken_files import SpokenFiles
from hearsight.encoders.inception import Inception, InceptionConfig
from hearsight.encoders.speech_embedding import SpeechEmbedding, SpeechEmbeddingConfig, debug, published
from hearsight.errors import ConfigError
from hearsight.hub.converters.inception import read_inception, write_inception
from hearsight.hub.network import load_network, save_network
from hearsight.training import recipe, speech_embedding
from hearsight.training.config import TrainConfig
from hearsight.training.distinctive_loss import distinctive_loss
from hearsight.training.loop import train
from hearsight.training.matching_loss import matching_loss
from hearsight.training.speech_embedding import (
    SpeechEmbeddingLoss,
    SpeechEmbeddingTask,
    SpokenPairs,
    go_on,
    open_eye,
    padded,
)
from hearsight.training.worst_pixels import WorstPixels, WorstPixelsConfig

CLASSES = 4


class Pairs:
    """Every class has a tune and a colour; sentences are of several lengths."""

    def batch(self, index: int) -> dict[str, torch.Tensor]:
        generator = torch.Generator().manual_seed(index)
        classes = torch.arange(2 * CLASSES) % CLASSES
        colours = torch.eye(3).repeat(2, 1)[:CLASSES] * torch.tensor([1.0, 1.0, 1.0, -1.0])[:, None]
        tunes = torch.randn(CLASSES, 12, generator=torch.Generator().manual_seed(0))
        lengths = torch.randint(20, 40, (len(classes),), generator=generator)
        mels = [
            tunes[one] + 0.3 * torch.randn(int(n), 12, generator=generator)
            for one, n in zip(classes, lengths, strict=True)
        ]
        spectrograms, lengths = padded(mels)
        pixels = colours[classes][:, :, None, None] + 0.2 * torch.randn(len(classes), 3, 16, 16, generator=generator)
        return {"spectrograms": spectrograms, "lengths": lengths, "pixels": pixels, "classes": classes}


def task(**loss: object) -> SpeechEmbeddingTask:
    torch.manual_seed(0)
    return SpeechEmbeddingTask(SpeechEmbedding(debug(CLASSES)), SpeechEmbeddingLoss(**loss))  # type: ignore[arg-type]


def test_padded() -> None:
    batch, lengths = padded([torch.ones(2, 3), torch.ones(4, 3)])
    assert batch.shape == (2, 4, 3) and lengths.tolist() == [2, 4] and batch[0, 2:].abs().sum() == 0


def test_equation_6() -> None:
    whole = task()
    whole.network.eval()  # one batch twice gives the same numbers
    batch = Pairs().batch(0)
    heard = whole.network.speech(batch["spectrograms"], batch["lengths"])
    seen, classifier = whole.network.picture(batch["pixels"]), whole.network.classifier
    matching = matching_loss(heard, seen, batch["classes"])
    distinctive = distinctive_loss(classifier(heard), classifier(seen), batch["classes"])
    scalars = whole.loss(batch)
    torch.testing.assert_close(scalars["loss"], matching + distinctive)
    for name, term in (("matching", matching), ("distinctive", distinctive)):
        torch.testing.assert_close(scalars[name], term)
        whole.weights = SpeechEmbeddingLoss(**{name: 0.0})
        torch.testing.assert_close(whole.loss(batch)["loss"], matching + distinctive - term)
    whole.weights = SpeechEmbeddingLoss(mask=False)
    assert whole.loss(batch)["matching"] > matching  # every class is there twice


def test_the_worst_pixels_are_worse() -> None:
    learning, batch = task(), Pairs().batch(0)
    learning.network.eval()
    plain = learning.loss(batch)["matching"]
    learning.worst_pixels = WorstPixels(WorstPixelsConfig(0.5))
    changed = learning.loss(batch)["matching"]
    assert changed > plain
    changed.backward()
    assert all(weight.grad is not None for weight in learning.network.speech.parameters())


def test_untrue_pictures_are_looked_at_and_found_by_no_sentence() -> None:
    learning, batch = task(), Pairs().batch(0)
    learning.network.eval()
    batch["untrue"] = -batch["pixels"]
    heard = learning.network.speech(batch["spectrograms"], batch["lengths"])
    seen, wrong = (learning.network.picture(batch[which]) for which in ("pixels", "untrue"))
    scalars = learning.loss(batch)
    torch.testing.assert_close(scalars["matching"], matching_loss(heard, seen, batch["classes"], wrong=wrong))
    learning.worst_pixels = WorstPixels(WorstPixelsConfig(0.5))
    assert learning.loss(batch)["matching"] > scalars["matching"]


def test_it_learns_and_is_written(tmp_path: Path) -> None:
    learning = task()
    batch = Pairs().batch(1000)
    with torch.no_grad():
        before = learning.loss(batch)["loss"]
    train(learning, Pairs(), TrainConfig(steps=60, learning_rate=3e-3, log_every=60), tmp_path)
    learning.network.eval()
    with torch.no_grad():
        after = learning.loss(batch)
        written = load_network(tmp_path, "speech_embedding", SpeechEmbedding, SpeechEmbeddingConfig)
        again = SpeechEmbeddingTask(written).loss(batch)
    assert after["loss"] < before / 2 and after["accuracy"] == 1
    assert torch.equal(after["loss"], again["loss"])


def test_half_precision_changes_little(tmp_path: Path) -> None:
    batch = Pairs().batch(0)
    exact, rough = task(), task()
    expected = exact.loss(batch)
    with torch.autocast("cpu", torch.bfloat16):
        found = rough.loss(batch)
    found["loss"].backward()
    assert found["loss"].dtype == torch.float32
    torch.testing.assert_close(found["loss"], expected["loss"], rtol=0.05, atol=0)
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in rough.modules.parameters())


def test_without_the_distinctive_loss_the_classifier_rests() -> None:
    resting = task(distinctive=0.0)
    scalars = resting.loss({**Pairs().batch(0), "classes": torch.arange(100, 100 + 2 * CLASSES)})  # it has four outputs
    assert scalars["distinctive"] == 0 and torch.equal(scalars["loss"], scalars["matching"])
    scalars["loss"].backward()
    assert all(weight.grad is not None and not weight.grad.any() for weight in resting.network.classifier.parameters())


def test_a_recipe_trains_on_spoken_birds(tmp_path: Path) -> None:
    birds = Birds(size=16, count=4, held_out=1, sentences=10)
    random = np.random.default_rng(0)
    items = []
    for species in birds.species("train"):
        soundfile.write(tmp_path / f"{species.number}.wav", random.normal(0, 0.1, 8000), 8000)
        items.append(Item(f"{species.number}.wav", "sound", species.label, "train"))
    write_manifest(tmp_path, items)
    settings = TrainConfig(steps=2, learning_rate=1e-3, log_every=1, checkpoint_every=2)
    chosen = speech_embedding.Recipe(tmp_path, settings, debug(), birds=birds, pictures=2, batch=4)
    out = speech_embedding.run(chosen, tmp_path / "out")
    network = load_network(out, "speech_embedding", SpeechEmbedding, SpeechEmbeddingConfig)
    assert network.config.classes == 3


def test_a_network_goes_on_with_what_is_said(tmp_path: Path) -> None:
    """Ear and eye of one that learnt species; of sentences there are other numbers of classes."""
    birds = Birds(size=16, count=4, held_out=1, sentences=10)
    items = []
    for species in birds.species("train"):
        (tmp_path / species.label).mkdir()
        path = f"{species.label}/07.wav"
        soundfile.write(tmp_path / path, np.random.default_rng(0).normal(0, 0.1, 8000), 8000)
        items.append(Item(path, "sound", species.label, "train"))
    write_manifest(tmp_path, items)
    torch.manual_seed(1)
    first = SpeechEmbedding(debug(5))
    save_network(tmp_path / "first", "speech_embedding", first)
    settings = TrainConfig(steps=1, learning_rate=1e-9, log_every=1, checkpoint_every=1)
    chosen = speech_embedding.Recipe(
        tmp_path,
        settings,
        debug(),
        SpeechEmbeddingLoss(distinctive=0.0),
        birds=birds,
        pictures=2,
        batch=3,
        shown="said",
        start=tmp_path / "first",
    )
    out = speech_embedding.run(chosen, tmp_path / "out")
    network = load_network(out, "speech_embedding", SpeechEmbedding, SpeechEmbeddingConfig)
    torch.testing.assert_close(network.speech.gru.weight_ih_l0, first.speech.gru.weight_ih_l0)
    torch.testing.assert_close(network.picture.trunk.conv1.weight, first.picture.trunk.conv1.weight)
    other = SpeechEmbedding(replace(debug(5), speech=replace(debug().speech, hidden=2 * debug().speech.hidden)))
    with pytest.raises(ConfigError, match="set model to the same"):
        go_on(other, tmp_path / "first")


def test_batches_are_pairs_of_one_class(spoken_cub: Path) -> None:
    source = find_spoken(spoken_cub / "cub", "train", debug().speech, side=32, speech=spoken_cub / "speech")
    assert isinstance(source, SpokenFiles)
    first, again, other = (SpokenPairs(source, 5, seed).batch(1) for seed in (0, 0, 1))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["pixels"], other["pixels"])
    assert first["pixels"].shape == (5, 3, 32, 32) and first["pixels"].dtype == torch.uint8
    assert sorted(set(first["classes"].tolist())) == [0, 1, 2]
    for label, sentence, length in zip(first["classes"], first["spectrograms"], first["lengths"], strict=True):
        own = [source.spectrogram(n) for picture in source.of_class(int(label)) for n in source.sentences(picture)]
        assert any(len(one) == length and torch.equal(one, sentence[:length]) for one in own)


@pytest.mark.parametrize(
    ("name", "constants", "epochs", "pictures"),
    [
        ("s2igan_speech_embedding", (128, 1e-3), 151, 8855),
        ("s2igan_speech_embedding_flowers", (128, 1e-3), 151, 7034),
        ("s2igan_speech_embedding_flickr8k", (32, 1e-4), 121, 6000),
    ],
)
def test_the_published_recipes(
    name: str, constants: tuple[int, float], epochs: int, pictures: int, spoken_cub: Path, tmp_path: Path
) -> None:
    values = read_yaml(recipe.find(name))
    loop = values["train"]
    assert build(SpeechEmbeddingConfig, values["model"]) == published()
    assert (values["batch"], loop["learning_rate"]) == constants
    assert (loop["optimiser"], loop["betas"], loop["weight_decay"], loop["clip"]) == ("adam", [0.95, 0.999], 1e-3, 0)
    assert loop["steps"] == round(epochs * pictures / values["batch"])
    assert (loop["decay"], loop["decay_factor"]) == ("step", 0.1)
    assert loop["decay_every"] == round(50 * pictures / values["batch"])

    quick = {"steps": 1, "decay_every": 1, "workers": 0}
    where = {"data": str(spoken_cub / "cub"), "speech": str(spoken_cub / "speech"), "eye": None}
    small = {**values, **where, "model": plain(debug()), "batch": 3, "train": {**loop, **quick}}
    out = recipe.start(speech_embedding, small.pop("task"), small, tmp_path / "out")
    network = load_network(out, "speech_embedding", SpeechEmbedding, SpeechEmbeddingConfig)
    assert network.config.classes == (1 if values.get("loss") == {"distinctive": 0} else 3)


def test_the_published_eye_is_read_and_stays_as_it_is(tmp_path: Path) -> None:
    torch.manual_seed(0)
    file = tmp_path / "inception.pth"
    state = {f"fc.{name}": value for name, value in nn.Linear(2048, 1000).state_dict().items()}
    write_inception(Inception(InceptionConfig(classes=0)), file)
    torch.save({**torch.load(file, weights_only=True), **state}, file)
    network = SpeechEmbedding(SpeechEmbeddingConfig(debug().speech, InceptionConfig(classes=0), CLASSES))
    open_eye(network.picture, file)
    written = read_inception(file, classifier=False).state_dict()
    assert all(torch.equal(value, written[name]) for name, value in network.picture.trunk.state_dict().items())
    learning = SpeechEmbeddingTask(network.train())
    batch = {name: value[:2] for name, value in Pairs().batch(0).items()}
    learning.loss({**batch, "pixels": torch.zeros(2, 3, 8, 8, dtype=torch.uint8)})["loss"].backward()
    assert network.picture.projection.weight.grad is not None
    assert all(weight.grad is None for weight in network.picture.trunk.parameters())
    assert all(torch.equal(value, written[name]) for name, value in network.picture.trunk.state_dict().items())


def test_an_inception_needs_its_file_and_others_have_none() -> None:
    settings = TrainConfig(steps=1)
    with pytest.raises(ConfigError, match=r"eye=None: an Inception-v3 is read from a file.*give eye=inception_v3"):
        speech_embedding.Recipe(Path("data"), settings, published())
    with pytest.raises(ConfigError, match=r"eye=inception\.pth.*leave the eye out"):
        speech_embedding.Recipe(Path("data"), settings, debug(), eye=Path("inception.pth"))
