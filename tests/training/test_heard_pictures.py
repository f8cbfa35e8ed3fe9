from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from hearsight.data.birds import Birds
from hearsight.data.find_spoken import find_spoken
from hearsight.data.pairs import Item, write_manifest
from hearsight.data.said_birds import SaidBirds
from hearsight.data.spoken_birds import SpokenBirds
from hearsight.data.spoken_files import SpokenFiles
from hearsight.encoders.speech_embedding import SpeechEmbedding, debug
from hearsight.errors import DataError
from hearsight.pixels import from_uint8
from hearsight.sound.sound import Sound
from hearsight.training import heard_pictures
from hearsight.training.heard_pictures import HeardPictures, heard, looks

BIRDS = Birds(size=32, count=4, held_out=1, sentences=10)


@pytest.fixture(scope="module")
def network() -> SpeechEmbedding:
    torch.manual_seed(0)
    return SpeechEmbedding(debug(3)).eval().requires_grad_(False)


@pytest.fixture
def birds(tmp_path: Path) -> SpokenBirds:
    """Three species, two pictures and two sentences each; sentence n is n.wav."""
    random, items = np.random.default_rng(0), []
    for number, species in enumerate(2 * BIRDS.species("train")):
        soundfile.write(tmp_path / f"{number}.wav", random.normal(0, 0.1, 8000 + 100 * number), 8000)
        items.append(Item(f"{number}.wav", "sound", species.label, "train"))
    write_manifest(tmp_path, items)
    source = find_spoken(tmp_path, "train", debug().speech, side=32, birds=BIRDS, pictures=2)
    assert isinstance(source, SpokenBirds)
    return source


@pytest.fixture
def files(spoken_cub: Path) -> SpokenFiles:
    source = find_spoken(spoken_cub / "cub", "train", debug().speech, side=32, speech=spoken_cub / "speech")
    assert isinstance(source, SpokenFiles)
    return source


def test_every_sentence_is_heard_as_the_ear_hears_it(birds, network, tmp_path) -> None:
    (block,) = heard(network.speech, birds, tmp_path / "cache")
    alone = network.speech.hear([Sound.read(tmp_path / f"{number}.wav") for number in range(6)])
    torch.testing.assert_close(torch.from_numpy(np.array(block)), alone, atol=2e-3, rtol=0)  # mels are kept in half


def test_hearing_goes_on_where_it_was(files, network, tmp_path, monkeypatch) -> None:
    whole = np.concatenate(heard(network.speech, files, tmp_path / "whole"))
    assert whole.shape == (60, 16)
    monkeypatch.setattr(heard_pictures, "BLOCK", 25)
    blocks = heard(network.speech, files, tmp_path / "parts")
    assert [len(block) for block in blocks] == [25, 25, 10]
    np.testing.assert_allclose(np.concatenate(blocks), whole, atol=1e-5)
    first, second, _ = sorted((tmp_path / "parts").glob("heard-*.npy"))
    second.unlink()
    before = first.stat().st_mtime_ns
    again = heard(network.speech, files, tmp_path / "parts")
    np.testing.assert_array_equal(np.concatenate(again), np.concatenate(blocks))
    assert first.stat().st_mtime_ns == before


def test_an_ear_that_hears_padding_hears_no_other_sentence(files, tmp_path) -> None:
    torch.manual_seed(0)
    config = debug(3)
    ear = SpeechEmbedding(replace(config, speech=replace(config.speech, padding="heard"))).eval().speech
    (block,) = heard(ear, files, tmp_path)
    spectrogram = files.spectrogram(0)
    with torch.no_grad():
        alone = ear(spectrogram[None], torch.tensor([len(spectrogram)]))[0]
    torch.testing.assert_close(torch.from_numpy(np.array(block[0])), alone)


def test_pictures_that_do_not_vary_are_looked_at_once(birds, files, network) -> None:
    seen = looks(network.picture, birds)
    assert seen is not None and seen.shape == (6, 16) and looks(network.picture, files) is None
    alone = network.picture(from_uint8(birds.colours(3, np.random.default_rng(0)))[None])
    torch.testing.assert_close(torch.from_numpy(seen[3:4]), alone)


def test_a_batch_of_birds_is_sentences_with_pictures_and_their_looks(birds, network, tmp_path) -> None:
    embeddings, seen = heard(network.speech, birds, tmp_path / "cache"), looks(network.picture, birds)
    assert seen is not None
    batches = HeardPictures(birds, embeddings, seen, 6, 0)
    one, again = batches.batch(3), batches.batch(3)
    assert all(torch.equal(one[key], again[key]) for key in one)

    def numbers(rows: torch.Tensor, all_rows: torch.Tensor) -> list[int]:
        return [int((all_rows == row).flatten(1).all(dim=1).nonzero()[0, 0]) for row in rows]

    every = torch.stack([birds.colours(picture, np.random.default_rng(0)) for picture in range(6)])
    truth, wrong = (numbers(one[which], every) for which in ("pictures", "wrong"))
    assert sorted({picture // 2 for picture in truth}) == [0, 1, 2]
    assert all(mine // 2 != other // 2 for mine, other in zip(truth, wrong, strict=True))
    known = torch.from_numpy(seen)
    assert (numbers(one["truth"], known), numbers(one["other"], known)) == (truth, wrong)
    assert [picture // 2 for picture in numbers(one["same"], known)] == [picture // 2 for picture in truth]
    said = numbers(one["embeddings"], torch.from_numpy(np.array(embeddings[0])))
    assert all(number in birds.sentences(picture) for number, picture in zip(said, truth, strict=True))


def test_a_batch_of_files_is_to_be_looked_at(files, network, tmp_path) -> None:
    batches = HeardPictures(files, heard(network.speech, files, tmp_path), None, 4, 0)
    batch = batches.batch(0)
    assert set(batch) == {"embeddings", "pictures", "wrong", "same"} and batch["embeddings"].shape == (4, 16)
    assert {batch[which].shape for which in ("pictures", "wrong", "same")} == {(4, 3, 32, 32)}
    assert {batch[which].dtype for which in ("pictures", "wrong", "same")} == {torch.uint8}
    assert all(torch.equal(batch[key], batches.batch(0)[key]) for key in batch)


def test_every_second_wrong_picture_of_what_is_said_is_untrue_in_one_word(network, tmp_path) -> None:
    items = []
    for species in BIRDS.species("train"):
        (tmp_path / species.label).mkdir()
        path = f"{species.label}/01.wav"
        soundfile.write(tmp_path / path, np.random.default_rng(0).normal(0, 0.1, 8000), 8000)
        items.append(Item(path, "sound", species.label, "train"))
    write_manifest(tmp_path, items)
    said = find_spoken(tmp_path, "train", debug().speech, side=32, birds=BIRDS, pictures=2, shown="said")
    assert isinstance(said, SaidBirds)
    batch = HeardPictures(said, heard(network.speech, said, tmp_path), looks(network.picture, said), 3, 0).batch(0)
    true, lies = ([{one.tobytes() for one in few} for few in many] for many in (said.pictures, said.untruths))
    shown, wrong = ([one.numpy().tobytes() for one in batch[which]] for which in ("pictures", "wrong"))
    sentences = [next(number for number in range(3) if one in true[number]) for one in shown]
    assert [one in lies[sentence] for one, sentence in zip(wrong, sentences, strict=True)] == [True, False, True]


def test_a_single_class_has_no_wrong_pictures(files) -> None:
    alone = SpokenFiles(files.described[:2], files.ear, 32)
    with pytest.raises(DataError, match=r"is the only class, and wrong pictures are of another"):
        HeardPictures(alone, [], None, 2, 0)
