"""The published VQGAN: same weights, same numbers as taming-transformers (fixtures: manifest.json, cases.npz)."""

from pathlib import Path

import pytest
import torch
from synth import Kit

from hearsight.generators.vqgan import VQGAN, published
from hearsight.hub.converters.vqgan import read_vqgan

KIT = Kit(Path(__file__).parent)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> VQGAN:
    """The stand-in file in the published layout, without what only training needs, through our loader."""
    file = tmp_path_factory.mktemp("vqgan") / "last.ckpt"
    torch.save({"epoch": 0, "global_step": 0, **KIT.checkpoint("needed")}, file)
    try:
        return read_vqgan(file)
    finally:
        file.unlink()


def given(case: str, name: str) -> torch.Tensor:
    return torch.from_numpy(KIT.input(case, name))


def test_the_file_names_its_codes(model: VQGAN) -> None:
    assert model.config == published()
    assert not model.training


@torch.inference_mode()
@pytest.mark.parametrize("case", ["image", "wide"])
def test_pictures_to_codes_and_back(case: str, model: VQGAN) -> None:
    picture = given(case, "x").float()
    latent = model.encode(picture)
    KIT.check(case, "h", latent)
    KIT.check(case, "quant", model.quantise(latent))
    back = model(picture)
    KIT.check(case, "indices", back.codes)
    KIT.check(case, "codebook_loss", back.codebook_loss[None])
    KIT.check(case, "recon", back.picture)


@torch.inference_mode()
def test_latents(model: VQGAN) -> None:
    latent = given("latent", "z").float()
    KIT.check("latent", "decoded", model.decode(latent))
    KIT.check("latent", "nearest", model.nearest(latent))
    KIT.check("latent", "decoded_nearest", model.decode(model.quantise(latent)))


@torch.inference_mode()
def test_codes(model: VQGAN) -> None:
    latent = model.lookup(given("codes", "indices").long().view(1, 4, 4))
    KIT.check("codes", "quant", latent)
    KIT.check("codes", "decoded", model.decode(latent))


def test_every_case_is_checked() -> None:
    assert set(KIT.cases) == {"image", "wide", "latent", "codes"}
