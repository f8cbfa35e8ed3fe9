"""What both systems with a pipeline do is tested beside them; here is what depends on neither."""

import pytest
import torch

from hearsight.errors import ConfigError
from hearsight.generators import latent_diffusion
from hearsight.systems import audiotoken
from hearsight.systems.audiotoken import AudioToken
from hearsight.systems.audiotoken_parts import open_pipeline
from hearsight.systems.pipeline_system import PipelineSystem, save_pipeline


@pytest.fixture(scope="module")
def diffusion():
    torch.manual_seed(0)
    return open_pipeline(latent_diffusion.debug(), None)


@pytest.mark.parametrize("precision", ["float32", "float16", "bfloat16"])
def test_a_saved_pipeline_opens_again_with_its_numbers_rounded(diffusion, tmp_path, precision):
    from safetensors import safe_open

    save_pipeline(diffusion, tmp_path, precision)
    files = sorted(tmp_path.rglob("*.safetensors"))
    assert [file.parent.name for file in files] == ["text_encoder", "unet", "vae"]
    for file in files:
        assert file.stat().st_mode & 0o777 == 0o644
        with safe_open(file, "pt") as opened:
            assert opened.metadata()["format"] == "pt"
            kinds = {opened.get_tensor(key).dtype for key in opened.keys()}  # noqa: SIM118
        assert kinds == {getattr(torch, precision)}
    again = open_pipeline(str(tmp_path), diffusion.width)
    for name, part in diffusion.parts().items():
        rounded = {key: value.to(getattr(torch, precision)).float() for key, value in part.state_dict().items()}
        found = again.parts()[name].state_dict()
        assert all(torch.equal(found[key].float(), value) for key, value in rounded.items())


def test_settings_that_the_pipeline_cannot_honour(diffusion):
    system = AudioToken(audiotoken.debug(), diffusion=diffusion)
    assert isinstance(system, PipelineSystem)
    fine = {"size": 16, "batch": 1, "scheduler": "own", "steps": 2}
    system.require_drawable(fine)
    for wrong, message in (
        ({"size": 15}, "size=15: this pipeline draws multiples of 2 pixels; try 16"),
        ({"size": 0}, "size=0"),
        ({"batch": 0}, "batch=0: must be at least 1"),
        ({"scheduler": "tea"}, "scheduler='tea'"),
        ({"steps": 0}, "steps=0: must be between 1 and 1000"),
    ):
        with pytest.raises(ConfigError, match=message):
            system.require_drawable({**fine, **wrong})


def test_to_moves_the_pipeline_too():
    system = AudioToken(audiotoken.debug())
    assert system.to("meta") is system
    weights = [weight for part in system.diffusion.parts().values() for weight in part.parameters()]
    assert {weight.device.type for weight in weights} == {"meta"}
    assert system.device.type == "meta"
