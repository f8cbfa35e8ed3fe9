from pathlib import Path

import numpy as np
import soundfile
import torch

from hearsight.data.bird_pictures import bird_pictures
from hearsight.data.birds import Birds
from hearsight.data.pairs import Item, write_manifest
from hearsight.data.spoken_birds import SpokenBirds
from hearsight.encoders.speech_embedding import SpeechEmbedding, SpeechEmbeddingConfig, debug
from hearsight.hub.network import load_network
from hearsight.training import speech_embedding
from hearsight.training.config import TrainConfig
from hearsight.training.distinctive_loss import distinctive_loss
from hearsight.training.loop import train
from hearsight.training.matching_loss import matching_loss
from hearsight.training.speech_embedding import SpeechEmbeddingLoss, SpeechEmbeddingTask, padded

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


def test_a_recipe_trains_on_spoken_birds(tmp_path: Path) -> None:
    birds = Birds(size=16, count=4, held_out=1, sentences=10)
    random = np.random.default_rng(0)
    items = []
    for species in birds.species("train"):
        soundfile.write(tmp_path / f"{species.number}.wav", random.normal(0, 0.1, 8000), 8000)
        items.append(Item(f"{species.number}.wav", "sound", species.label, "train"))
    write_manifest(tmp_path, items)
    settings = TrainConfig(steps=2, learning_rate=1e-3, log_every=1, checkpoint_every=2)
    recipe = speech_embedding.Recipe(tmp_path, settings, debug(), birds=birds, pictures=2, batch=4)
    out = speech_embedding.run(recipe, tmp_path / "out")
    network = load_network(out, "speech_embedding", SpeechEmbedding, SpeechEmbeddingConfig)
    assert network.config.classes == 3
    source = SpokenBirds.load(tmp_path, "train", debug().speech, birds)
    pictures = bird_pictures(birds, source.species, 2, tmp_path / ".cache")
    first, again = (speech_embedding.BirdPairs(source, pictures, 4, 0).batch(1) for _ in range(2))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert first["pixels"].shape == (4, 3, 16, 16) and sorted(set(first["classes"].tolist())) == [0, 1, 2]
