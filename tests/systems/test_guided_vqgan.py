import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import numpy as np
import pytest
import torch
from PIL import Image

import hearsight
from hearsight.conditions.likeness import Target, unlikeness
from hearsight.errors import ConfigError, WeightsError
from hearsight.picture import Picture
from hearsight.pixels import to_images, to_pixels
from hearsight.samplers import search_config
from hearsight.samplers.cutouts import cutouts, whole
from hearsight.sound.sound import Sound
from hearsight.systems import guided_vqgan_config
from hearsight.systems.guided_vqgan import GuidedVQGAN, Wav2CLIPVQGAN, WavBriVLVQGAN
from tests.systems.sounding import contents, tones

SOUNDS = tones()


def alive(system: GuidedVQGAN) -> GuidedVQGAN:
    """With codes far apart; a new codebook's are so close to each other that all pictures are grey."""
    torch.nn.init.normal_(system.vqgan.codebook)
    return system


@pytest.fixture(scope="module")
def with_clip() -> GuidedVQGAN:
    torch.manual_seed(0)
    return alive(Wav2CLIPVQGAN(guided_vqgan_config.wav2clip_debug()))


@pytest.fixture(scope="module", params=["wav2clip-vqgan", "wavbrivl"])
def system(request, with_clip) -> GuidedVQGAN:
    if request.param == "wav2clip-vqgan":
        return with_clip
    torch.manual_seed(0)
    return alive(WavBriVLVQGAN(guided_vqgan_config.wavbrivl_debug()))


# The call all systems share -------------------------------------------------------------------------------------------


def test_a_picture_is_the_same_alone_and_among_three(system):
    together = contents(system(SOUNDS, seed=5))
    assert [contents(system(sound, seed=5))[0] for sound in SOUNDS] == together


def test_a_drawing_is_the_same_alone_and_in_a_batch_of_three(system):
    condition = system.hear(SOUNDS)
    together = system.draw(condition, seeds=[7, 8, 9])
    for row, seed, image in zip(condition, (7, 8, 9), together, strict=True):
        assert system.draw(row[None], seeds=[seed])[0].tobytes() == image.tobytes()


def test_two_threads_at_once_draw_what_each_would_alone(system):
    alone = [contents(system(sound)) for sound in SOUNDS[:2]]
    together = Barrier(2)

    def draw(sound: Sound) -> list[bytes]:
        return contents(system(sound, callback=lambda step, of: together.wait(20)))  # step beside step

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(draw, SOUNDS[:2])) == alone


def test_other_seeds_and_settings_draw_other_pictures(with_clip):
    nine = {"steps": 9, "rate": 0.9}
    asked = ({}, {"seed": 1}, {"rate": 0.9}, nine, nine | {"prompt": "a dog"}, {"size": 24}, {"space": "codes"} | nine)
    assert len({contents(with_clip(SOUNDS[0], **settings))[0] for settings in asked}) == len(asked)


def test_several_pictures_at_once(system):
    drawn = system(SOUNDS[0], pictures_per_sound=3, seed=5, batch=2)
    assert [picture.recipe["seed"] for picture in drawn] == [5, 6, 7]
    assert len(set(contents(drawn))) == 3


def test_the_callback_is_told_every_step(system):
    told = []
    system(SOUNDS[0], steps=3, callback=lambda step, of: told.append((step, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_another_size_may_be_asked_for(system):
    assert system(SOUNDS[0], size=24, steps=1)[0].image.size == (24, 24)


# The search -----------------------------------------------------------------------------------------------------------


def apart(system: GuidedVQGAN, picture: Picture, embedding: torch.Tensor) -> float:
    """How unlike a picture, as it was saved, is to an embedding."""
    pixels = torch.from_numpy(np.array(picture.image)).permute(2, 0, 1) / 255
    with torch.no_grad():
        return float(unlikeness(system._look(cutouts(pixels, whole(32))), [Target(embedding)]))


def test_a_picture_becomes_more_like_its_sound(system):
    heard = system.hear(SOUNDS[:1])[0]
    # A rate of next to nothing leaves the codes that it started with.
    first, last = (system(SOUNDS[0], steps=steps, rate=rate)[0] for steps, rate in ((1, 1e-9), (40, 0.3)))
    assert apart(system, last, heard) < apart(system, first, heard) - 1e-3


def test_words_pull_and_push(with_clip):
    read = with_clip.eye.read(["a brown dog"])[0]
    longer = {"steps": 40, "rate": 0.3, "prompt_weight": 20.0, "against_weight": 20.0}
    towards, away = (
        apart(with_clip, with_clip(SOUNDS[0], **{name: "a brown dog"}, **longer)[0], read)
        for name in ("prompt", "against")
    )
    assert towards < away - 1e-3


def test_words_of_no_weight_change_nothing(with_clip):
    plainly = contents(with_clip(SOUNDS[0], steps=3))
    assert contents(with_clip(SOUNDS[0], steps=3, prompt="a dog", prompt_weight=0.0)) == plainly
    assert contents(with_clip(SOUNDS[0], steps=3, prompt="  ", against="")) == plainly


def test_the_text_topline_is_guided_by_what_is_read(with_clip):
    image = with_clip.draw_words(["a dog"], seeds=[3])[0]
    assert image.tobytes() == with_clip.draw(with_clip.eye.read(["a dog"]), seeds=[3])[0].tobytes()


def test_scores_for_codes_are_moved_too(system):
    heard = system.hear(SOUNDS[:1])[0]
    asked = {"space": "codes", "rate": 0.3}
    first, last = (
        system(SOUNDS[0], **asked | {"steps": steps, "rate": rate})[0] for steps, rate in ((1, 1e-9), (40, 0.3))
    )
    # The scores begin at the very codes that the latents begin at.
    assert contents([first]) == contents(system(SOUNDS[0], steps=1, rate=1e-9))
    assert apart(system, last, heard) < apart(system, first, heard) - 1e-3


def test_a_search_may_begin_with_a_picture(system, tmp_path):
    file = tmp_path / "start.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(file)
    still = {"start": file, "steps": 1, "rate": 1e-9, "views": 1, "batch": 2}
    one, other = system(SOUNDS[0], seed=0, pictures_per_sound=2, **still)
    assert contents([one]) == contents([other]) != contents(system(SOUNDS[0], steps=1, rate=1e-9))
    pixels = to_pixels(Image.open(file).resize((16, 16), Image.Resampling.LANCZOS))
    with torch.no_grad():
        expected = system.vqgan.draw(system.vqgan.encode(pixels[None]))
    assert np.array(one.image).tolist() == np.array(to_images(2 * expected - 1)[0]).tolist()
    assert one.recipe["settings"]["start"] == str(file)
    assert one.recipe["files"] == {"start": hashlib.sha256(file.read_bytes()).hexdigest()}
    assert contents(system(SOUNDS[0], **one.recipe["settings"])) == contents([one])


# Interrupting ---------------------------------------------------------------------------------------------------------


def stopping(kind: type[BaseException], at: int):
    def stop(step: int, steps: int) -> None:
        if step == at:
            raise kind("enough")

    return stop


def test_ctrl_c_gives_the_best_picture_so_far(system):
    stopped = contents(system(SOUNDS[0], steps=9, callback=stopping(KeyboardInterrupt, 2)))
    # Constant rate: the pictures looked at before the second update are those of a search of one.
    assert stopped == contents(system(SOUNDS[0], steps=1))


def test_what_else_a_callback_raises_is_raised(system):
    with pytest.raises(RuntimeError, match="enough"):
        system(SOUNDS[0], callback=stopping(RuntimeError, 1))


def test_ctrl_c_before_there_is_a_picture_is_raised(with_clip, monkeypatch):
    def interrupted(pixels: torch.Tensor) -> torch.Tensor:
        raise KeyboardInterrupt

    monkeypatch.setattr(with_clip.eye, "encode_image", interrupted)
    with pytest.raises(KeyboardInterrupt):
        with_clip(SOUNDS[0])


# What cannot be -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stepz": 3}, "stepz=3: .*did you mean 'steps'"),
        ({"guidance": 3.0}, "guidance=3.0: .* has no such setting"),
        ({"scheduler": "ddpm"}, "scheduler='ddpm': .* has no such setting"),
        ({"identity": 0.1}, "identity=0.1: .* has no such setting"),
        ({"steps": -1}, "steps=-1: must be at least 0"),
        ({"views": 0}, "views=0: must be at least 1"),
        ({"batch": 0}, "batch=0: must be at least 1"),
        ({"rate": 0.0}, "rate=0.0: must be above 0"),
        ({"rates": "falling"}, "rates: 'falling' cannot be used here"),
        ({"distance": "manhattan"}, "distance: 'manhattan' cannot be used here"),
        ({"size": 17}, "size=17: .*multiples of 2 pixels; try 16"),
        ({"size": 0}, "size=0"),
        ({"space": "w"}, "space: 'w' cannot be used here"),
        ({"start": "nothing.png"}, "start='nothing.png': there is no such file"),
        ({"start": __file__}, "start=.*: not a picture that can be read"),
    ],
)
def test_what_cannot_be_honoured_is_an_error(system, settings, message):
    with pytest.raises(ConfigError, match=message):
        system(SOUNDS[0], **settings)


def test_words_that_cannot_be_honoured(with_clip):
    with pytest.raises(ConfigError, match="prompt_weight=nan"):
        with_clip.settings(prompt_weight=float("nan"))
    with pytest.raises(ConfigError, match="against_weight=-1"):
        with_clip.settings(against_weight=-1)
    with pytest.raises(ConfigError, match="the text head takes at most"):
        with_clip.settings(against="a dog " * 40)


@pytest.mark.parametrize("name", ["prompt", "against"])
def test_brivl_without_a_text_tower_takes_no_words(name):
    silent = WavBriVLVQGAN(guided_vqgan_config.wavbrivl_debug())
    with pytest.raises(ConfigError, match=f"{name}='a dog': wavbrivl has no such setting"):
        silent(SOUNDS[0], **{name: "a dog"})
    with pytest.raises(ConfigError, match="no text topline"):
        silent.draw_words(["a dog"], seeds=[0])


def test_one_seed_for_every_picture(system):
    with pytest.raises(ConfigError, match="targets: 3 for 1 seeds"):
        system.draw(system.hear(SOUNDS), seeds=[0])


def test_networks_that_do_not_fit_are_refused():
    config = guided_vqgan_config.wav2clip_debug()
    with pytest.raises(ConfigError, match=r"ear\.embed=8: the eye gives embeddings of 16"):
        Wav2CLIPVQGAN(replace(config, ear=replace(config.ear, embed=8)))
    with pytest.raises(ConfigError, match=r"search\.cutouts\.size=64: the eye looks at 32"):
        Wav2CLIPVQGAN(replace(config, search=search_config.pocket()))


# Files ----------------------------------------------------------------------------------------------------------------


def test_a_saved_system_draws_identical_bytes(system, tmp_path):
    folder = system.save_pretrained(tmp_path / "saved")
    assert {file.stem for file in folder.glob("*.safetensors")} == {"ear", "eye", "vqgan"}
    loaded = hearsight.load(folder, device="cpu")
    assert type(loaded) is type(system)
    assert loaded.config == system.config
    assert contents(loaded(SOUNDS)) == contents(system(SOUNDS))


def test_a_recipe_draws_the_same_again(system):
    asked = {"steps": 3, "views": 1, "rates": "ramped", "keep": "last", "patience": 5, "size": 18}
    picture = system(SOUNDS[0], seed=4, **asked)[0]
    assert asked.items() <= picture.recipe["settings"].items()
    assert contents(system(SOUNDS[0], seed=4, **picture.recipe["settings"])) == contents([picture])


def test_a_vocabulary_belongs_to_clip_alone(with_clip, tmp_path):
    folder = with_clip.save_pretrained(tmp_path / "with clip")
    with pytest.raises(WeightsError, match=r"no vocab\.json"):
        hearsight.load(folder, device="cpu", vocabulary=tmp_path)
    other = WavBriVLVQGAN(guided_vqgan_config.wavbrivl_debug()).save_pretrained(tmp_path / "without")
    with pytest.raises(ConfigError, match="loaded without this option"):
        hearsight.load(other, device="cpu", vocabulary=tmp_path)
