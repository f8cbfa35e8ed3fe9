import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from hearsight.config import build, plain
from hearsight.encoders import xvector
from hearsight.encoders.xvector import XVector, XVectorConfig
from hearsight.errors import ConfigError, WeightsError
from hearsight.hub.network import load_network, save_network
from hearsight.sound.sound import Sound
from hearsight.sound.window import Window

RATE = 16000


@pytest.fixture(scope="module")
def model() -> XVector:
    torch.manual_seed(0)
    return XVector(xvector.debug()).eval()


@pytest.fixture(scope="module")
def folder(model: XVector, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A speaker network as transformers publishes it."""
    from transformers import Wav2Vec2FeatureExtractor

    place = tmp_path_factory.mktemp("speaker")
    model.network.save_pretrained(place)
    Wav2Vec2FeatureExtractor(sampling_rate=RATE, do_normalize=True).save_pretrained(place)
    return place


def sound(samples: int, seed: int = 0) -> Sound:
    return Sound(np.random.default_rng(seed).uniform(-0.5, 0.5, (1, samples)).astype(np.float32), RATE)


@pytest.mark.parametrize("size", [xvector.published, xvector.debug])
def test_config_survives_json(size) -> None:
    assert build(XVectorConfig, json.loads(json.dumps(plain(size())))) == size()


def test_the_published_size_is_wavlm_base() -> None:
    with torch.device("meta"):
        model = XVector(xvector.published())
    assert model.width == 512
    assert model.network.config.hidden_size == 768 and model.network.config.num_hidden_layers == 12


def test_a_sound_is_one_token_whatever_its_company(model: XVector) -> None:
    sounds = [sound(5000), sound(40000, seed=1), sound(RATE, seed=2)]
    together = model.hear(sounds)
    assert together.shape == (3, 1, model.width) == (3, 1, 12)
    for row, alone in zip(together, sounds, strict=True):
        assert torch.equal(row[None], model.hear([alone]))
    assert not torch.allclose(together[0], together[1])
    assert model.hear([]).shape == (0, 1, 12)


def test_a_long_sound_is_the_average_of_its_windows(model: XVector) -> None:
    long = sound(2 * RATE)
    with torch.no_grad():
        halves = model(torch.from_numpy(long.samples.reshape(2, RATE)))
    torch.testing.assert_close(model.hear([long])[0], halves.mean(dim=0), atol=1e-5, rtol=1e-4)


def test_a_published_folder_gives_its_own_embeddings(model: XVector, folder: Path) -> None:
    from transformers import AutoFeatureExtractor

    loaded = XVector.from_pretrained(folder)
    assert loaded.config.normalise and loaded.config.window == xvector.XVectorConfig({"model_type": "wavlm"}).window
    assert not loaded.training and not any(weight.requires_grad for weight in loaded.parameters())
    one = sound(10 * RATE)
    extractor = AutoFeatureExtractor.from_pretrained(folder)
    inputs = extractor(one.samples[0], sampling_rate=RATE, return_tensors="pt").input_values
    with torch.no_grad():
        wanted = model.network(inputs).embeddings
    given: list[torch.Tensor] = []
    loaded.network.register_forward_pre_hook(lambda _, arguments: given.append(arguments[0]))
    torch.testing.assert_close(loaded.hear([one])[:, 0], wanted, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(given[0], inputs, atol=1e-4, rtol=1e-4)


def test_other_families_are_speaker_networks_too(tmp_path: Path) -> None:
    from transformers import Wav2Vec2FeatureExtractor

    config = replace(xvector.debug(), network=xvector.debug().network | {"model_type": "wav2vec2"})
    original = XVector(config).eval()
    original.network.save_pretrained(tmp_path)
    Wav2Vec2FeatureExtractor(sampling_rate=RATE, do_normalize=False).save_pretrained(tmp_path)
    loaded = XVector.from_pretrained(tmp_path, Window(8000, 1.0))
    assert loaded.config.window == Window(RATE, 1.0)  # the rate is the network's own
    torch.testing.assert_close(loaded.hear([sound(RATE)]), original.hear([sound(RATE)]))


def test_a_network_comes_back_from_our_own_folder(folder: Path, tmp_path: Path) -> None:
    loaded = XVector.from_pretrained(folder)
    save_network(tmp_path, "xvector", loaded)
    again = load_network(tmp_path, "xvector", XVector, XVectorConfig)
    assert again.config == loaded.config
    torch.testing.assert_close(again.hear([sound(5000)]), loaded.hear([sound(5000)]))


def test_a_weighted_sum_of_layers_can_be_trained() -> None:
    network = xvector.debug().network | {"use_weighted_layer_sum": True, "layerdrop": 0.9}
    model = XVector(replace(xvector.debug(), network=network)).train()
    for _ in range(3):
        assert model(torch.rand(2, RATE)).shape == (2, 1, 12)


def test_what_is_no_speaker_network_is_refused(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    with pytest.raises(WeightsError, match="no speaker network that transformers can read"):
        XVector.from_pretrained(tmp_path / "missing")
    headless = tmp_path / "headless"
    shutil.copytree(folder, headless)
    state = {name: value for name, value in load_file(folder / "model.safetensors").items() if "wavlm." in name}
    save_file(state, headless / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(WeightsError, match=r"no whole x-vector network, missing \(\d+\): feature_extractor\.bias"):
        XVector.from_pretrained(headless)
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(WeightsError, match="no speaker network"):
        XVector.from_pretrained(other)


def test_settings_that_cannot_work_are_refused() -> None:
    with pytest.raises(ConfigError, match="lacks model_type"):
        XVectorConfig({})
    with pytest.raises(ConfigError, match=r"window\.short='pad'"):
        XVectorConfig({"model_type": "wavlm"}, window=Window(RATE, 1.0, short="pad"))
    with pytest.raises(ConfigError, match="model_type='bert': not a speaker network"):
        XVector(XVectorConfig({"model_type": "bert"}))
    with pytest.raises(ConfigError, match=r"window\.seconds=0\.1: gives 5 frames, and this x-vector needs 10"):
        XVector(replace(xvector.debug(), window=Window(RATE, 0.1)))
    with pytest.raises(ConfigError, match="training mode"):
        XVector(xvector.debug()).hear([sound(100)])
