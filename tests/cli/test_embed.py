import numpy as np
import pytest
from PIL import Image

from hearsight.data.embedding_files import read_embeddings
from hearsight.encoders import brivl_image, clip, wav2clip
from hearsight.encoders.brivl_image import BriVLImage
from hearsight.encoders.clip import CLIP
from hearsight.encoders.wav2clip import Wav2CLIP
from hearsight.hub.network import save_network


@pytest.fixture
def things(sounds):
    """The folder of sounds, with a picture and two texts."""
    Image.new("RGB", (40, 40), "red").save(sounds / "red.png")
    (sounds / "words.txt").write_text("a dog\nrain\n")
    return sounds


def test_files_and_folders_of_every_kind(hearsight, things, system):
    (things / "silent.wav").unlink()
    code, out, err = hearsight(
        "embed", "sounds/red.png", "sounds", "sounds/a.wav", "--with", system, "--out", "all.npz"
    )
    assert (code, err) == (0, "")
    assert out == "6 embeddings of 16 numbers: all.npz\n"
    found = read_embeddings(things.parent / "all.npz")
    assert sorted(found.names) == ["a dog", "rain", "sounds/a.wav", "sounds/b.ogg", "sounds/c.flac", "sounds/red.png"]
    assert np.linalg.norm(found.vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_parquet(hearsight, things, system):
    code, _, _ = hearsight("embed", "sounds/a.wav", "sounds/words.txt", "--with", system, "--out", "all.parquet")
    assert code == 0
    assert read_embeddings(things.parent / "all.parquet").names == ("sounds/a.wav", "a dog", "rain")


def test_an_ear_and_an_eye_that_share_a_space(hearsight, things, tmp_path):
    save_network(tmp_path / "ear", "wav2clip", Wav2CLIP(wav2clip.debug()))
    save_network(tmp_path / "eye", "clip", CLIP(clip.debug()))
    code, out, _ = hearsight(
        "embed", "sounds/a.wav", "sounds/red.png", "--with", "ear", "--with", "eye", "--out", "all.npz"
    )
    assert (code, out) == (0, "2 embeddings of 16 numbers: all.npz\n")


def test_a_folder_gives_what_the_encoder_can_embed(hearsight, things, tmp_path):
    save_network(tmp_path / "eye", "brivl_image", BriVLImage(brivl_image.debug()))
    code, out, _ = hearsight("embed", "sounds", "--with", "eye", "--out", "all.npz")
    assert code == 0
    assert out.startswith("1 embeddings of")


def test_silence_is_told_and_the_others_are_written(hearsight, things, system):
    code, out, err = hearsight("embed", "sounds", "--with", system, "--out", "all.npz")
    assert code == 2
    assert out.startswith("6 embeddings")
    assert err.startswith("hearsight: sounds/silent.wav: all 0.50 s are silence")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere.wav", "--out", "all.npz"), "nowhere.wav: there is no such file"),
        (("sounds/a.wav", "--out", "all.csv"), "all.csv: embeddings are kept as .npz or .parquet"),
        (("sounds/a.wav", "--out", "all.npz", "--with", "EYE"), "sound: cannot be embedded, only pictures can"),
        (("sounds/a.wav", "--out", "all.npz", "--with", "nothing"), "nothing: neither a system"),
        (("sounds/silent.wav", "--out", "all.npz", "--with", "SYSTEM"), "none of 1 things could be embedded"),
        (("sounds/a.wav", "--out", "all.npz", "--with", "SYSTEM", "--with", "SYSTEM"), "both embed a sound"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(hearsight, things, system, tmp_path, arguments, message):
    if "EYE" in arguments:
        save_network(tmp_path / "eye", "brivl_image", BriVLImage(brivl_image.debug()))
    named = {"SYSTEM": str(system), "EYE": "eye"}
    code, out, err = hearsight("embed", *(named.get(argument, argument) for argument in arguments))
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not (tmp_path / "all.npz").exists()
