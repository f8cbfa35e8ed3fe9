import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import hearsight
from hearsight.config import build, plain
from hearsight.encoders import imagebind
from hearsight.encoders.imagebind import ImageBind
from hearsight.errors import ConfigError, WeightsError
from hearsight.generators.stable_unclip import StableUnCLIP
from hearsight.hub.card import Card
from hearsight.hub.converters.imagebind import published_name
from hearsight.hub.converters.renamed_state import write_renamed
from hearsight.hub.network import save_network
from hearsight.systems import imagebind_unclip
from hearsight.systems.imagebind_unclip import ImageBindUnCLIP, ImageBindUnCLIPConfig
from tests.systems.sounding import contents, tones

SOUNDS = tones(seconds=1)
QUICK = {"steps": 2}


@pytest.fixture(scope="module")
def ear(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    return save_network(tmp_path_factory.mktemp("ear"), "imagebind", ImageBind(imagebind.debug()))


@pytest.fixture(scope="module")
def system(unclip, ear) -> ImageBindUnCLIP:
    loaded = hearsight.load("imagebind-unclip", pipeline=unclip, weights=ear, device="cpu")
    assert isinstance(loaded, ImageBindUnCLIP)
    return loaded


# The call all systems share -------------------------------------------------------------------------------------------


def test_a_picture_is_the_same_alone_and_among_three(system):
    together = contents(system(SOUNDS, seed=5, **QUICK))
    assert [contents(system(sound, seed=5, **QUICK))[0] for sound in SOUNDS] == together
    assert len(set(together)) == 3


def test_several_pictures_have_seeds_of_their_own(system):
    drawn = system(SOUNDS[0], pictures_per_sound=3, seed=5, **QUICK)
    assert [picture.recipe["seed"] for picture in drawn] == [5, 6, 7]
    assert contents(drawn[1:2]) == contents(system(SOUNDS[0], seed=6, **QUICK))
    assert len(set(contents(drawn))) == 3


def test_what_is_heard_is_drawn_at_the_length_that_imagebind_gives_it(system):
    heard = system.hear(SOUNDS)
    assert torch.equal(heard, system.imagebind.hear_scaled(SOUNDS)) and not heard.requires_grad
    assert (heard.norm(dim=1) > 1).all()
    given: list[torch.Tensor] = []
    hook = system.diffusion.pipeline.unet.class_embedding.register_forward_pre_hook(
        lambda _, inputs: given.append(inputs[0])
    )
    system.draw(heard[:1], seeds=[0], **QUICK)
    hook.remove()
    without, with_sound = given[0]
    assert not without.any()  # guidance leads away from no embedding at all
    # Of the least noise, a hundredth of the deviation of CLIP's embeddings or so is left in it.
    torch.testing.assert_close(with_sound[:16], heard[0], atol=0.1, rtol=0)


def test_the_defaults_are_those_of_the_pipeline(system):
    defaults = system.defaults()
    assert (defaults["prompt"], defaults["steps"], defaults["guidance"], defaults["noise_level"]) == ("", 20, 10.0, 0)
    assert defaults["size"] == 16


@pytest.mark.parametrize(
    "settings",
    [{"prompt": "red"}, {"negative_prompt": "red"}, {"guidance": 1.0}, {"noise_level": 900}, {"scheduler": "euler-a"}],
)
def test_every_setting_matters_and_is_in_the_recipe(system, settings):
    (plain_picture,), (picture,) = system(SOUNDS[0], **QUICK), system(SOUNDS[0], **QUICK, **settings)
    assert picture.image.tobytes() != plain_picture.image.tobytes()
    assert settings.items() <= picture.recipe["settings"].items()
    assert picture.recipe["system"] == "imagebind-unclip" and picture.recipe["heard"] == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"prompt": "a <sound>"}, "prompt='a <sound>': takes words only"),
        ({"negative_prompt": "<sound>"}, "negative_prompt='<sound>': takes words only"),
        ({"prompt": "word " * 200}, "cut it"),
        ({"noise_level": 1000}, "noise_level=1000: must be from 0 to 999"),
        ({"noise_level": -1}, "noise_level=-1"),
        ({"guidance": float("nan")}, "guidance=nan"),
        ({"size": 15}, "size=15: this pipeline draws multiples of 2"),
        ({"batch": 0}, "batch=0"),
        ({"scheduler": "tea"}, "scheduler='tea'"),
        ({"steps": 2000}, "steps=2000"),
        ({"noise": 3}, "noise=3: imagebind-unclip has no such setting; did you mean 'noise_level'"),
    ],
)
def test_what_cannot_be_honoured_is_one_line(system, wrong, message):
    with pytest.raises(ConfigError, match=message) as error:
        system(SOUNDS[0], **wrong)
    assert "\n" not in str(error.value)


def test_it_reads_no_words_alone(system):
    with pytest.raises(ConfigError, match="imagebind-unclip: draws from sounds alone"):
        system.draw_words(["a dog"], seeds=[0])


# Loading and saving -------------------------------------------------------------------------------------------------


def test_a_pipeline_elsewhere_is_named_and_loaded_again(system, tmp_path, unclip):
    folder = system.save_pretrained(tmp_path / "saved", card=imagebind_unclip.card())
    assert Card.read(folder / "README.md").licence == "cc-by-nc-4.0"
    assert sorted(file.name for file in folder.iterdir()) == ["README.md", "config.json", "imagebind.safetensors"]
    again = hearsight.load(folder, device="cpu")
    assert again.config == system.config and again.config.pipeline == str(unclip)
    assert contents(again(SOUNDS[0], **QUICK)) == contents(system(SOUNDS[0], **QUICK))
    assert not any(weight.requires_grad for weight in again.imagebind.parameters())


def test_a_whole_folder_can_be_moved(system, tmp_path):
    system.save_pretrained(tmp_path / "whole", whole=True).rename(tmp_path / "moved")
    again = hearsight.load(tmp_path / "moved", device="cpu")
    assert again.config.pipeline == "pipeline"
    picture = again(SOUNDS[0], **QUICK)[0]
    assert picture.image.tobytes() == system(SOUNDS[0], **QUICK)[0].image.tobytes()
    assert len(picture.recipe["weights"]) == 64
    again.save_pretrained(tmp_path / "again")  # one's own pipeline is saved without being asked
    assert (tmp_path / "again" / "pipeline" / "model_index.json").is_file()


def test_another_pipeline_may_be_given(system, tmp_path, unclip):
    folder = system.save_pretrained(tmp_path / "saved")
    moved = system.diffusion.pipeline
    moved.save_pretrained(tmp_path / "other")
    again = hearsight.load(folder, device="cpu", pipeline=tmp_path / "other", attention_slicing=True)
    assert again.config.pipeline == str(tmp_path / "other")
    with pytest.raises(ConfigError, match="dtyp: there is no such setting; did you mean 'dtype'"):
        hearsight.load(folder, device="cpu", dtyp="float16")


def test_embeddings_of_another_width_are_refused_before_the_pipeline_is_read(system, unclip, tmp_path):
    wide = save_network(tmp_path / "wide", "imagebind", ImageBind(imagebind.debug(embed=24)))
    (tmp_path / "hollow" / "image_normalizer").mkdir(parents=True)
    normalizer = (unclip / "image_normalizer" / "config.json").read_text()
    (tmp_path / "hollow" / "image_normalizer" / "config.json").write_text(normalizer)
    config = replace(system.config, imagebind=imagebind.debug(embed=24))
    for refuse in (
        lambda: hearsight.load("imagebind-unclip", pipeline=tmp_path / "hollow", weights=wide, device="cpu"),
        lambda: ImageBindUnCLIP(config, diffusion=system.diffusion),
    ):
        with pytest.raises(ConfigError, match="embeddings of 16 dimensions, those of the sounds have 24") as error:
            refuse()
        assert "\n" not in str(error.value)


def test_parts_that_are_missing_or_of_another_model(unclip, ear, tmp_path):
    def load(**parts):
        return hearsight.load("imagebind-unclip", device="cpu", **{"pipeline": unclip, "weights": ear, **parts})

    with pytest.raises(ConfigError, match="no Stable unCLIP pipeline"):
        load(pipeline=tmp_path)
    with pytest.raises(WeightsError, match=r"huge\.pth: there is no such file; download imagebind_huge\.pth"):
        load(weights=tmp_path / "huge.pth")
    with pytest.raises(WeightsError, match=r"has no readable config\.json"):
        load(weights=tmp_path)
    write_renamed(ImageBind(imagebind.debug()), published_name, tmp_path / "small.pth")
    with pytest.raises(WeightsError, match=r"does not fit the network: missing .*blocks\.11\.") as error:
        load(weights=tmp_path / "small.pth")  # a file is taken for the published network
    assert "\n" not in str(error.value)
    with pytest.raises(ConfigError, match=r"name its parts: pipeline .*weights \(imagebind_huge\.pth"):
        hearsight.load("imagebind-unclip")


def test_config_survives_json():
    config = imagebind_unclip.published()
    assert build(ImageBindUnCLIPConfig, json.loads(json.dumps(plain(config)))) == config
    assert config.imagebind.embed == 1024 and "unclip" in config.pipeline


def test_without_an_ear_it_gets_random_weights(unclip, system):
    torch.manual_seed(1)
    other = ImageBindUnCLIP(ImageBindUnCLIPConfig(imagebind.debug(), str(unclip)))
    assert isinstance(other.diffusion, StableUnCLIP) and not other.imagebind.training
    assert not torch.equal(other.hear(SOUNDS[:1]), system.hear(SOUNDS[:1]))
