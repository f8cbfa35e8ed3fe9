import json
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
import torch

import hearsight
from hearsight.conditions.likeness import Target, unlikeness
from hearsight.config import build, plain
from hearsight.errors import ConfigError
from hearsight.picture import Picture
from hearsight.pixels import to_images
from hearsight.samplers.cutouts import cutouts, whole
from hearsight.systems import stylewav
from hearsight.systems.stylewav import StyleWav
from tests.systems.sounding import contents, tones

SOUNDS = tones()
LONGER = {"steps": 30, "rate": 0.2, "noise": "stored"}


@pytest.fixture(scope="module")
def system() -> StyleWav:
    torch.manual_seed(0)
    system = StyleWav(stylewav.debug())
    for parameter in system.stylegan2.parameters():
        if parameter.ndim == 1 and parameter.numel() == 1:  # untrained, noise has no weight
            torch.nn.init.constant_(parameter, 0.2)
    return system


def test_a_picture_is_the_same_alone_and_among_three(system):
    together = contents(system(SOUNDS, seed=5))
    assert [contents(system(sound, seed=5))[0] for sound in SOUNDS] == together


@pytest.mark.parametrize("space", ["w", "w+", "style"])
@pytest.mark.parametrize("start", ["mean", "random"])
def test_a_drawing_is_the_same_alone_and_in_a_batch_of_three(system, space, start):
    condition = system.hear(SOUNDS)
    together = system.draw(condition, seeds=[7, 8, 9], space=space, start=start)
    for row, seed, image in zip(condition, (7, 8, 9), together, strict=True):
        assert system.draw(row[None], seeds=[seed], space=space, start=start)[0].tobytes() == image.tobytes()


def test_a_picture_becomes_more_like_its_sound(system):
    heard = system.hear(SOUNDS[:1])[0]

    def apart(picture: Picture) -> float:
        pixels = torch.from_numpy(np.array(picture.image)).permute(2, 0, 1) / 255
        with torch.no_grad():
            return float(unlikeness(system._look(cutouts(pixels, whole(32))), [Target(heard)]))

    # A rate of next to nothing leaves the face that it started with.
    first, last = (system(SOUNDS[0], **LONGER | changed)[0] for changed in ({"steps": 1, "rate": 1e-9}, {}))
    assert apart(last) < apart(first) - 1e-3


def test_a_pull_keeps_a_face_as_it_was(system):
    origin, free, held = (
        np.array(system(SOUNDS[0], **LONGER | changed)[0].image, dtype=float)
        for changed in ({"steps": 1, "rate": 1e-9}, {"keep": "last"}, {"keep": "last", "pull": 100.0})
    )
    assert np.abs(held - origin).mean() < np.abs(free - origin).mean()


def test_from_the_mean_only_noise_tells_seeds_apart(system):
    def drawn(seed: int, **settings: str) -> bytes:
        # One view as it is would be alike for all seeds; at next to no rate, what random views ask for is not seen.
        return contents(system(SOUNDS[0], seed=seed, steps=1, rate=1e-9, **settings))[0]

    assert drawn(1, start="mean", noise="stored") == drawn(2, start="mean", noise="stored")
    assert drawn(1, start="random", noise="stored") != drawn(2, start="random", noise="stored")
    assert drawn(1, start="mean", noise="seed") != drawn(2, start="mean", noise="seed")


# A face of one's own --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("space", ["w", "w+", "style"])
def test_a_given_latent_is_where_the_search_begins(system, space, tmp_path):
    w = system.stylegan2.random_w(torch.Generator().manual_seed(5))
    layers = system.stylegan2.spread(w[None])
    latents = {"w": w, "w+": layers, "style": system.stylegan2.styles(layers).detach()}
    with torch.no_grad():
        expected = to_images(system.stylegan2(w[None]))[0].tobytes()
    still = {"space": space, "steps": 1, "rate": 1e-9, "noise": "stored"}
    for name, latent in list(latents.items())[: 1 + list(latents).index(space)]:  # this space and those less free
        file = tmp_path / f"{name.strip('+')}.npy"
        np.save(file, latent.numpy())
        (picture,) = system(SOUNDS[0], start=file, seed=3, **still)
        assert picture.image.tobytes() == expected
        assert contents(system(SOUNDS[0], start=latent, **still)) == [expected]


def test_a_recipe_knows_the_latent(system, tmp_path):
    w = system.stylegan2.random_w(torch.Generator().manual_seed(5)).numpy()
    np.save(tmp_path / "face.npy", w)
    (picture,) = system(SOUNDS[0], start=tmp_path / "face.npy")
    settings = picture.recipe["settings"]
    assert settings["start"] == str(tmp_path / "face.npy")
    assert picture.recipe["files"] == {"start": sha256((tmp_path / "face.npy").read_bytes()).hexdigest()}
    assert contents(system(SOUNDS[0], **settings)) == contents([picture])
    (handed,) = system(SOUNDS[0], start=w)
    assert contents([handed]) == contents([picture])
    assert handed.recipe["settings"]["start"] == "given" and json.dumps(handed.recipe)
    with pytest.raises(ConfigError, match="given: a latent comes in a file"):
        system(SOUNDS[0], **handed.recipe["settings"])


def test_a_latent_that_does_not_fit(system):
    for latent, space in ((torch.zeros(7), "w"), (torch.zeros(6, 8), "w"), (torch.zeros(3, 8), "w+")):
        with pytest.raises(ConfigError, match=r"start: a latent of shape .* cannot be moved in space"):
            system(SOUNDS[0], start=latent, space=space)
    with pytest.raises(ConfigError, match="starts=2: the start is given"):
        system(SOUNDS[0], start=torch.zeros(8), starts=2)


def test_identity_keeps_a_face(system):
    def faces(pixels: torch.Tensor) -> torch.Tensor:
        return system.eye.encode_image(torch.nn.functional.interpolate(pixels, 32))

    knowing = StyleWav(system.config, system.ear, system.eye, system.stylegan2, faces)
    editing = {**LONGER, "preset": "edit", "pull": 0.0, "keep": "last", "steps": 12}

    def change(picture: Picture) -> float:
        with torch.no_grad():
            before, after = (
                faces(torch.from_numpy(np.array(each.image)).permute(2, 0, 1)[None] / 255)
                for each in (knowing(SOUNDS[0], **editing | {"steps": 1, "rate": 1e-9})[0], picture)
            )
        return 1 - float(torch.cosine_similarity(before, after))

    free, held = (change(knowing(SOUNDS[0], identity=weight, **editing)[0]) for weight in (0.0, 100.0))
    assert held < free
    with pytest.raises(ConfigError, match=r"identity=0\.1: needs a network that knows faces"):
        system(SOUNDS[0], identity=0.1)


def test_pixels_may_go_to_clip_without_normalisation(system):
    as_published = StyleWav(replace(system.config, normalise="nothing"), system.ear, system.eye, system.stylegan2)
    pixels = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(as_published._look(pixels), system.eye.encode_image(2 * pixels - 1))
        assert torch.equal(system._look(pixels), system.eye.encode_image(system.eye.normalise(pixels)))


def test_the_callback_is_told_every_step_and_may_end_it(system):
    told = []
    system(SOUNDS[0], steps=3, callback=lambda step, of: told.append((step, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(ZeroDivisionError):
        system(SOUNDS[0], callback=lambda step, of: 1 // 0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 32}, "size=32: this StyleGAN2 draws 16 pixels only"),
        ({"space": "z"}, "space: 'z' cannot be used here"),
        ({"start": "median"}, "median: a latent comes in a file"),
        ({"truncation": "much"}, "truncation: 'much' cannot be used here"),
        ({"noise": "none"}, "noise: 'none' cannot be used here"),
        ({"start": "mean", "starts": 2}, "starts=2: there is only one mean"),
        ({"guidance": 2.0}, "guidance=2.0: stylewav has no such setting"),
    ],
)
def test_what_cannot_be_honoured_is_an_error(system, settings, message):
    with pytest.raises(ConfigError, match=message):
        system(SOUNDS[0], **settings)


def test_a_saved_system_draws_identical_bytes(system, tmp_path):
    folder = system.save_pretrained(tmp_path / "saved")
    loaded = hearsight.load(folder, device="cpu")
    assert isinstance(loaded, StyleWav)
    assert loaded.config == system.config
    for start in ("mean", "random"):
        assert contents(loaded(SOUNDS, start=start)) == contents(system(SOUNDS, start=start))


def test_a_recipe_draws_the_same_again(system):
    picture = system(SOUNDS[0], seed=4, space="style", starts=2, prompt="a dog")[0]
    assert contents(system(SOUNDS[0], seed=4, **picture.recipe["settings"])) == contents([picture])


@pytest.mark.parametrize("size", ["published", "pocket", "debug"])
def test_the_parts_of_every_size_fit_and_come_back_from_plain_values(size):
    config = getattr(stylewav, size)()
    with torch.device("meta"):
        assert StyleWav(config).settings()["size"] == config.stylegan2.size
    assert build(stylewav.StyleWavConfig, plain(config)) == config
