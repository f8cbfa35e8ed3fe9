import numpy as np
import pytest
import soundfile
import torch

from hearsight.data.embeddings import embed_sounds
from hearsight.encoders import audioclip
from hearsight.encoders.audioclip import AudioCLIP
from hearsight.errors import DataError, SoundError
from hearsight.sound.sound import Sound

TONES = {"high": 3000.0, "low": 300.0}


def ear(seed: int = 0) -> AudioCLIP:
    torch.manual_seed(seed)
    return AudioCLIP(audioclip.debug()).eval().requires_grad_(False)


def write_tone(path, hertz: float, seconds: float = 0.5) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(int(hertz)).normal(0, 0.01, round(22050 * seconds))
    soundfile.write(path, 0.4 * np.sin(2 * np.pi * hertz * np.arange(len(noise)) / 22050) + noise, 22050)


@pytest.fixture
def folder(tmp_path):
    for label, hertz in TONES.items():
        for number in range(2):
            write_tone(tmp_path / "sounds" / label / f"{label}{number}.wav", hertz * (1 + number / 5))
    return tmp_path


def test_the_first_view_is_what_is_heard(folder):
    embeddings = embed_sounds(ear(), folder, "train", views=3)
    assert embeddings.vectors.shape == (4, 3, audioclip.debug().embed)
    assert (embeddings.labels, embeddings.classes.tolist()) == (("high", "low"), [0, 0, 1, 1])
    assert embeddings.of_class(1).tolist() == [2, 3]
    sounds = [Sound.read(path) for path in sorted((folder / "sounds").rglob("*.wav"))]
    np.testing.assert_array_equal(embeddings.vectors[:, 0], ear().hear(sounds).numpy())


def test_views_are_unit_vectors_near_the_sound_and_not_alike(folder):
    vectors = embed_sounds(ear(), folder, "train", views=4).vectors
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=-1), 1, atol=1e-5)
    for views in vectors:
        assert len({view.tobytes() for view in views}) == 4


def test_more_views_leave_the_first_as_it_is(folder):
    alone = embed_sounds(ear(), folder, "train").vectors
    np.testing.assert_array_equal(alone[:, 0], embed_sounds(ear(), folder, "train", views=2).vectors[:, 0])


def test_what_was_heard_is_not_heard_again(folder):
    before = embed_sounds(ear(), folder, "train").vectors
    (cache,) = (folder / ".cache").iterdir()
    np.save(cache, -before)
    np.testing.assert_array_equal(embed_sounds(ear(), folder, "train").vectors, -before)


def test_other_weights_hear_anew(folder):
    before = embed_sounds(ear(0), folder, "train").vectors
    after = embed_sounds(ear(1), folder, "train").vectors
    assert not np.allclose(before, after)


def test_only_what_is_heard_with_counts(folder):
    model = ear()
    embed_sounds(model, folder, "train")
    model.scale_image_text.add_(1)
    embed_sounds(model, folder, "train")
    assert len(list((folder / ".cache").iterdir())) == 1


def test_another_seed_gives_other_views_of_the_same_sounds(folder):
    first, again, other = (embed_sounds(ear(), folder, "train", views=2, seed=seed).vectors for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first[:, 0], other[:, 0])
    assert not np.allclose(first[:, 1], other[:, 1])


def test_a_changed_sound_is_heard_again(folder):
    before = embed_sounds(ear(), folder, "train").vectors
    write_tone(folder / "sounds" / "high" / "high1.wav", 5000.0)  # as long as before
    after = embed_sounds(ear(), folder, "train").vectors
    np.testing.assert_array_equal(before[[0, 2, 3]], after[[0, 2, 3]])
    assert not np.allclose(before[1], after[1])


def test_errors_leave_no_cache(folder, tmp_path):
    with pytest.raises(DataError, match="no held_out sound"):
        embed_sounds(ear(), folder, "held_out")
    (folder / "sounds" / "high" / "high0.wav").write_bytes(b"")
    with pytest.raises(SoundError, match=r"high0\.wav"):
        embed_sounds(ear(), folder, "train")
    assert not list(folder.glob(".cache/*"))
