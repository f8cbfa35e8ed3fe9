import pytest
import torch

from hearsight.conditions import token
from hearsight.conditions.token import AudioTokenEmbedder
from hearsight.encoders import beats, xvector
from hearsight.encoders.beats import BEATs
from hearsight.encoders.xvector import XVector
from hearsight.errors import ConfigError, WeightsError
from hearsight.generators import latent_diffusion
from hearsight.hub.network import save_network
from hearsight.systems.audiotoken_parts import (
    new_encoder,
    open_pipeline,
    read_encoder,
    require_ear,
    require_width,
)
from hearsight.systems.pipeline_system import save_pipeline


@pytest.fixture(scope="module")
def diffusion():
    torch.manual_seed(0)
    return open_pipeline(latent_diffusion.debug(), None)


def test_a_pipeline_may_be_opened_in_half_precision(diffusion, tmp_path):
    save_pipeline(diffusion, tmp_path, "float32")
    half = open_pipeline(str(tmp_path), None, dtype="float16", attention_slicing=True)
    assert {part.dtype for part in half.parts().values()} == {torch.float16}
    with pytest.raises(ConfigError, match="dtyp: there is no such setting; did you mean 'dtype'"):
        open_pipeline(str(tmp_path), None, dtyp="float16")
    with pytest.raises(ConfigError, match="offload"):
        open_pipeline(latent_diffusion.debug(), None, offload="disk")


def test_an_ear_is_read_from_a_folder_of_its_own(tmp_path):
    torch.manual_seed(0)
    saved = BEATs(beats.debug())
    save_network(tmp_path, "beats", saved)
    found = read_encoder("beats", tmp_path)
    assert isinstance(found, BEATs) and found.config == saved.config
    assert all(torch.equal(found.state_dict()[key], value) for key, value in saved.state_dict().items())


def test_without_a_name_the_last_file_beside_the_embedder_is_the_ear(tmp_path):
    (tmp_path / "BEATs_iter2.pt").write_bytes(b"")
    torch.save({"cfg": {}}, tmp_path / "BEATs_iter3.pt")
    with pytest.raises(WeightsError, match=r"BEATs_iter3\.pt: lacks cfg and model"):
        read_encoder("beats", None, tmp_path)
    with pytest.raises(WeightsError, match=r"holds no BEATs\*\.pt, .*name it with encoder_weights="):
        read_encoder("beats", None, tmp_path / "elsewhere")


def test_a_new_ear_is_of_the_kind_of_its_config():
    assert isinstance(new_encoder(beats.debug()), BEATs)
    assert isinstance(new_encoder(xvector.debug()), XVector)


def test_parts_that_do_not_fit_say_how_wide_they_are():
    require_width(16, 16, "here")
    with pytest.raises(ConfigError, match=r"^here: its words have a width of 24, the embedder's tokens of 16"):
        require_width(16, 24, "here")
    with pytest.raises(ConfigError, match=r"^pipeline: its words"):
        require_width(16, 24, latent_diffusion.debug())
    require_ear(BEATs(beats.debug()), AudioTokenEmbedder(token.debug(48, 16)))
    with pytest.raises(ConfigError, match=r"embedder\.features=40: the encoder gives features of 48"):
        require_ear(BEATs(beats.debug()), AudioTokenEmbedder(token.debug(40, 16)))
