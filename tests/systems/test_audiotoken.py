import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
import torch

import hearsight
from hearsight.conditions import token
from hearsight.conditions.token import AudioTokenEmbedder, mix
from hearsight.encoders import xvector
from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.errors import ConfigError, WeightsError
from hearsight.evaluation import adherence, background_colour
from hearsight.generators import latent_diffusion
from hearsight.generators.lora import LoRAConfig
from hearsight.hub.converters.audiotoken import write_embedder, write_lora
from hearsight.hub.folder import POCKET
from hearsight.hub.network import load_network, save_network
from hearsight.sound.sound import Sound
from hearsight.systems import audiotoken
from hearsight.systems.audiotoken import AudioToken
from tests.systems.sounding import contents, tones

SOUNDS = tones(seconds=1)


@pytest.fixture(scope="module")
def system() -> AudioToken:
    torch.manual_seed(0)
    config = audiotoken.debug()
    labelled = replace(config.encoder, classes=2, labels=("dog", "rain"))
    system = AudioToken(replace(config, encoder=labelled, lora=LoRAConfig(2)))
    for weight in system.lora.parameters():  # new ones say nothing
        torch.nn.init.normal_(weight)
    return system


@pytest.fixture(scope="module")
def files(system, tmp_path_factory) -> Path:
    """What a user has: a pipeline's folder, an ear's, and the published files of an embedder and of LoRA layers."""
    folder = tmp_path_factory.mktemp("files")
    system.diffusion.pipeline.save_pretrained(folder / "pipeline")
    save_network(folder / "ear", "beats", system.encoder)
    write_embedder(system.embedder, folder / "embedder_learned_embeds.bin")
    write_lora(system.lora, folder / "lora.bin")
    return folder


def assembled(files: Path, **options: object) -> AudioToken:
    chosen = {"pipeline": files / "pipeline", "encoder_weights": files / "ear", **options}
    loaded = hearsight.load("audiotoken", embedder=files / "embedder_learned_embeds.bin", device="cpu", **chosen)
    assert isinstance(loaded, AudioToken)
    return loaded


# The call all systems share -------------------------------------------------------------------------------------------


def test_a_picture_is_the_same_alone_and_among_three(system):
    together = contents(system(SOUNDS, seed=5))
    assert [contents(system(sound, seed=5))[0] for sound in SOUNDS] == together
    assert len(set(together)) == 3


def test_several_pictures_have_seeds_of_their_own(system):
    drawn = system(SOUNDS[0], pictures_per_sound=3, seed=5, batch=2)
    assert [picture.recipe["seed"] for picture in drawn] == [5, 6, 7]
    for picture in drawn:
        (alone,) = system(SOUNDS[0], seed=picture.recipe["seed"])
        ours, theirs = np.asarray(picture.image, int), np.asarray(alone.image, int)
        assert np.abs(ours - theirs).max() <= 1  # two at once may differ in the last digits


def test_two_threads_at_once_draw_what_each_would_alone(system):
    alone = [contents(system(sound)) for sound in SOUNDS[:2]]
    together = Barrier(2)

    def draw(sound: Sound) -> list[bytes]:
        return contents(system(sound, callback=lambda step, of: together.wait(20)))

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(draw, SOUNDS[:2])) == alone


def test_every_setting_changes_the_picture(system):
    settings = (
        {},
        {"prompt": "an oil painting of <sound>"},
        {"negative_prompt": "grey"},
        {"steps": 3},
        {"guidance": 1.0},
        {"scheduler": "euler"},
        {"seed": 1},
    )
    drawn = [contents(system(SOUNDS[0], **each))[0] for each in (*settings, {"lora_scale": 0.0})]
    assert len(set(drawn)) == len(drawn)
    assert system(SOUNDS[0], size=24)[0].image.size == (24, 24)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"prompt": "a dog"}, "prompt='a dog': has no <sound>; .*\"a photo of <sound>\""),
        ({"prompt": "a" * 200 + "<sound>"}, "the text encoder reads 75; cut it"),
        ({"negative_prompt": "no <sound>"}, "takes words only; leave out <sound>"),
        ({"size": 15}, "size=15: this pipeline draws multiples of 2 pixels; try 16"),
        ({"size": 0}, "size=0"),
        ({"steps": 0}, "steps=0: must be between 1 and 1000"),
        ({"scheduler": "dmp++"}, r"did you mean 'dpm\+\+'"),
        ({"batch": 0}, "batch=0: must be at least 1"),
        ({"promt": "x"}, "audiotoken has no such setting; did you mean 'prompt'"),
    ],
)
def test_what_cannot_be_honoured_is_an_error_before_anything_is_heard(system, settings, message, monkeypatch):
    monkeypatch.setattr(system.encoder, "hear", None)
    with pytest.raises(ConfigError, match=message) as error:
        system(SOUNDS[0], **settings)
    assert "\n" not in str(error.value)


def test_the_recipe_tells_how_it_was_drawn(system):
    recipe = system(SOUNDS[0], prompt="a <sound>")[0].recipe
    assert recipe["settings"] == {
        "prompt": "a <sound>",
        "negative_prompt": "",
        "scheduler": "own",
        "steps": 2,
        "guidance": 7.5,
        "lora_scale": 1.0,
        "batch": 1,
        "size": 16,
    }
    expected = system.encoder.classify([SOUNDS[0]])[0].tolist()
    assert dict(recipe["heard"]) == pytest.approx(dict(zip(("dog", "rain"), expected, strict=True)), abs=1e-3)


# Several sounds, words ----------------------------------------------------------------------------------------------


def test_several_sounds_in_one_prompt(system):
    prompt = "<sound> beside <sound>"
    (both,) = system.together(SOUNDS[:2], prompt=prompt)
    expected = system.draw(system.hear(SOUNDS[:2])[None], seeds=[0], prompt=prompt)[0]
    assert both.image.tobytes() == expected.tobytes()
    (turned,) = system.together(SOUNDS[1::-1], prompt=prompt)
    (weighted,) = system.together(SOUNDS[:2], prompt=prompt, weights=(1, 0.2))
    assert len({*contents([both, turned, weighted])}) == 3
    assert both.recipe["sounds"] == [system(sound)[0].recipe["sound"] for sound in SOUNDS[:2]]
    assert weighted.recipe["shares"] == [1.0, 0.2] and both.recipe["seed"] == 0


def test_a_mixture_of_sounds_at_one_place(system):
    mixed = system.together(SOUNDS, weights=(1, 2, 3), pictures=2, seed=4)
    row = mix(system.hear(SOUNDS), (1, 2, 3))
    assert contents(mixed) == [image.tobytes() for image in system.draw(row.expand(2, -1), seeds=[4, 5])]
    pure = system.together(SOUNDS[:2], weights=(1, 0))
    assert contents(pure) == contents(system(SOUNDS[0]))


def test_one_sound_may_stand_at_several_places(system):
    (twice,) = system(SOUNDS[0], prompt="<sound> beside <sound>")
    (same,) = system.together([SOUNDS[0], SOUNDS[0]], prompt="<sound> beside <sound>")
    assert twice.image.tobytes() == same.image.tobytes()


@pytest.mark.parametrize(
    ("prompt", "weights", "message"),
    [
        ("<sound> and <sound>", None, "has 2 <sound> for 3 sounds"),
        ("a <sound>", (1, 2), "give one finite number for each of the 3 sounds"),
        ("a <sound>", (1, 2, float("nan")), "finite"),
        ("a <sound>", (0, 0, 0), "sum must be above 0"),
    ],
)
def test_sounds_together_that_cannot_be(system, prompt, weights, message):
    with pytest.raises(ConfigError, match=message):
        system.together(SOUNDS, prompt=prompt, weights=weights)


def test_the_topline_draws_words_with_the_same_pipeline(system):
    drawn = system.draw_words(["dog", "rain"], seeds=[0, 1], prompt="a red <sound>")
    stock = system.diffusion.pipeline("a red rain", num_inference_steps=2, generator=torch.Generator().manual_seed(1))
    plain = system.draw_words(["rain"], seeds=[1], prompt="a red <sound>", lora_scale=0.0)
    assert plain[0].tobytes() == stock.images[0].tobytes()
    assert drawn[0].tobytes() != drawn[1].tobytes()


# Hearing ------------------------------------------------------------------------------------------------------------


def test_a_token_does_not_depend_on_its_company(system):
    tokens = system.hear(SOUNDS)
    assert tokens.shape == (3, 16) and system.hear([]).shape == (0, 16)
    for row, sound in zip(tokens, SOUNDS, strict=True):
        assert torch.equal(system.hear([sound])[0], row)


def test_a_stochastic_token_is_a_function_of_its_seed(system):
    config = replace(audiotoken.debug(), embedder=replace(token.debug(48, 16), stochastic=True))
    stochastic = AudioToken(config)
    first, again, other = (stochastic.hear(SOUNDS, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(system.hear(SOUNDS, seed=0), system.hear(SOUNDS, seed=1))


def test_speakers(tmp_path):
    torch.manual_seed(0)
    ear = xvector.debug()
    speaker = AudioToken(replace(audiotoken.debug(), encoder=ear, embedder=token.debug(12, 16)))
    assert len(set(contents(speaker(SOUNDS)))) == 3
    loaded = hearsight.load(speaker.save_pretrained(tmp_path / "speaker"), device="cpu")
    assert loaded.config.encoder == ear
    assert contents(loaded(SOUNDS[:1])) == contents(speaker(SOUNDS[:1]))


# Loading and saving -------------------------------------------------------------------------------------------------


def test_a_saved_system_draws_identical_bytes(system, tmp_path):
    folder = system.save_pretrained(tmp_path / "saved")
    loaded = hearsight.load(folder, device="cpu")
    assert isinstance(loaded, AudioToken)
    assert replace(loaded.config, pipeline=system.config.pipeline) == system.config
    assert contents(loaded(SOUNDS)) == contents(system(SOUNDS))
    before = loaded.weights_sha256
    unet = folder / "pipeline" / "unet" / "diffusion_pytorch_model.safetensors"
    unet.write_bytes(unet.read_bytes()[:-1] + b"\x07")
    assert hearsight.load(folder, device="cpu").weights_sha256 != before


def test_half_precision_is_half_as_large(system, tmp_path):
    sizes = []
    for precision in ("float32", "float16"):
        folder = system.save_pretrained(tmp_path / precision, precision=precision)
        sizes.append(sum(file.stat().st_size for file in folder.rglob("*.safetensors")))
    assert sizes[1] < 0.65 * sizes[0]
    loaded = AudioToken.from_pretrained(tmp_path / "float16", device="cpu")
    assert {part.dtype for part in loaded.diffusion.parts().values()} == {torch.float32}
    torch.testing.assert_close(loaded.hear(SOUNDS), system.hear(SOUNDS), atol=0.02, rtol=0.02)


def test_it_is_put_together_from_published_files(system, files):
    loaded = assembled(files, lora=files / "lora.bin")
    assert torch.equal(loaded.hear(SOUNDS), system.hear(SOUNDS))
    assert contents(loaded(SOUNDS[:1], steps=2)) == contents(
        system(SOUNDS[:1], prompt="a photo of <sound>, 4k, high resolution")
    )
    assert loaded.config.sampling.steps == 50 and loaded.config.lora == LoRAConfig(2)
    assert not any(weight.requires_grad for part in loaded.components.values() for weight in part.parameters())


def test_a_named_pipeline_is_not_copied_unless_asked_for(files, tmp_path):
    loaded = assembled(files)
    named = loaded.save_pretrained(tmp_path / "named")
    assert sorted(file.name for file in named.iterdir()) == [
        "config.json",
        "embedder.safetensors",
        "encoder.safetensors",
    ]
    whole = loaded.save_pretrained(tmp_path / "whole", whole=True)
    assert not [file for file in whole.rglob("*.json") if str(tmp_path) in file.read_text()]  # nobody's own paths
    pictures = [contents(hearsight.load(folder, device="cpu")(SOUNDS[:1], steps=2)) for folder in (named, whole)]
    assert pictures[0] == pictures[1] == contents(loaded(SOUNDS[:1], steps=2))


def test_a_trained_system_takes_another_pipeline_of_the_same_width(system, files, tmp_path):
    folder = system.save_pretrained(tmp_path / "saved")
    torch.manual_seed(9)
    other = latent_diffusion.build_pipeline(latent_diffusion.debug())
    other.save_pretrained(tmp_path / "other")
    moved = hearsight.load(folder, pipeline=tmp_path / "other", device="cpu")
    assert torch.equal(moved.hear(SOUNDS), system.hear(SOUNDS))
    assert contents(moved(SOUNDS[:1])) != contents(system(SOUNDS[:1]))
    same = hearsight.load("audiotoken", embedder=folder, pipeline=files / "pipeline", device="cpu")
    assert contents(same(SOUNDS[:1])) == contents(system(SOUNDS[:1]))


def test_parts_that_do_not_fit_are_one_line_before_large_files_are_read(files, tmp_path):
    wide = AudioTokenEmbedder(token.debug(48, 24))
    write_embedder(wide, tmp_path / "wide.bin")
    deaf = AudioTokenEmbedder(token.debug(40, 16))
    write_embedder(deaf, tmp_path / "deaf.bin")
    (tmp_path / "pipeline" / "text_encoder").mkdir(parents=True)  # a config, no weights
    shutil.copy(files / "pipeline" / "text_encoder" / "config.json", tmp_path / "pipeline" / "text_encoder")
    places = {"pipeline": tmp_path / "pipeline", "device": "cpu"}
    with pytest.raises(ConfigError, match=r"words have a width of 16, the embedder's tokens of 24"):
        hearsight.load("audiotoken", embedder=tmp_path / "wide.bin", **places)
    with pytest.raises(ConfigError, match=r"embedder\.features=40: the encoder gives features of 48"):
        hearsight.load("audiotoken", embedder=tmp_path / "deaf.bin", encoder_weights=files / "ear", **places)
    with pytest.raises(WeightsError, match=r"holds no BEATs\*\.pt, .*name it with encoder_weights="):
        hearsight.load("audiotoken", embedder=tmp_path / "deaf.bin", **places)


def test_an_embedder_file_of_another_model(files, tmp_path):
    torch.save({"clip.weight": torch.zeros(2)}, tmp_path / "clip.bin")
    with pytest.raises(WeightsError, match=r"clip\.bin: is no AudioToken embedder, it holds clip\.weight"):
        hearsight.load("audiotoken", embedder=tmp_path / "clip.bin", pipeline=files / "pipeline")


def test_options_that_do_not_exist(files, system, tmp_path):
    with pytest.raises(ConfigError, match="loar: there is no such setting; did you mean 'lora'"):
        assembled(files, loar="x")
    with pytest.raises(ConfigError, match="audioclip-diffusion is loaded without this option"):
        hearsight.load("audioclip-diffusion", pipeline=files / "pipeline")


@pytest.mark.parametrize("width", ["embedder", "encoder"])
def test_widths_must_fit(width):
    config = audiotoken.debug()
    wrong = token.debug(48, 24) if width == "embedder" else token.debug(40, 16)
    with pytest.raises(ConfigError, match=r"width of 16, the embedder's tokens of 24|features=40"):
        AudioToken(replace(config, embedder=wrong))


def test_the_pocket_edition_draws_what_it_hears_where_it_is_told_to() -> None:
    system = hearsight.load("audiotoken", device="cpu")
    rain, red = (
        system(Path("examples/rain.ogg"), prompt=prompt)[0]
        for prompt in ("a photo of <sound>", "<sound> on a red background")
    )
    assert rain.recipe["heard"][0][0] == "rain" and rain.image.size == (128, 128)
    judge = load_network(
        POCKET / "picture_classifier", "picture_classifier", PictureClassifier, PictureClassifierConfig
    )
    assert adherence.judge_pictures(judge, [rain.image], ["rain"]).mean() == 1
    assert background_colour.share_of(red.image, "red") > 0.5 > background_colour.share_of(rain.image, "red")


def test_the_pocket_edition_is_small() -> None:
    folder = POCKET / "audiotoken"
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) <= 40e6
