"""StyleGAN2 at 1024 and at 256 pixels: same weights, same numbers as rosinality's code (manifest.json, cases.npz)."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from synth import Kit

from hearsight.generators.stylegan2 import StyleGAN2, published
from hearsight.hub.converters.stylegan2 import read_stylegan2
from hearsight.samplers.cutouts import shrink

HERE = Path(__file__).parent
KITS = {1024: Kit(HERE), 256: Kit(HERE.with_name("stylegan2_256"))}


@dataclass(frozen=True)
class Loaded:
    """The stand-in file in the published layout, through our loader."""

    size: int
    kit: Kit
    model: StyleGAN2

    def given(self, case: str, name: str) -> torch.Tensor:
        return torch.from_numpy(self.kit.input(case, name)).float()


@pytest.fixture(scope="module", params=KITS)
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    kit, file = KITS[request.param], tmp_path_factory.mktemp("stylegan2") / "stylegan2.pt"
    torch.save(kit.checkpoint(), file)
    try:
        return Loaded(request.param, kit, read_stylegan2(file))
    finally:
        file.unlink()


def test_the_file_names_its_own_size(loaded: Loaded) -> None:
    assert loaded.model.config == published(loaded.size)
    assert loaded.model.config.size == loaded.size
    assert not loaded.model.training


@torch.inference_mode()
def test_map(loaded: Loaded) -> None:
    w = loaded.model.map(loaded.given("map", "z"))
    loaded.kit.check("map", "w", w)
    loaded.kit.check("map", "w_trunc", loaded.model.truncate(w, 0.7))


@torch.inference_mode()
def test_one_w(loaded: Loaded) -> None:
    """The picture, the picture as StyleWav shows it to CLIP, the styles, and the same picture from the styles."""
    w = loaded.given("w", "w")
    picture = loaded.model(w)
    loaded.kit.check("w", "image", picture)
    loaded.kit.check("w", "clip224", shrink(picture, 224))
    styles = loaded.model.styles(loaded.model.spread(w))
    loaded.kit.check("w", "styles", styles)
    if loaded.size == 256:  # the other way takes long at 1024
        assert torch.equal(loaded.model(styles, "style"), picture)


@torch.inference_mode()
def test_w_plus(loaded: Loaded) -> None:
    loaded.kit.check("wplus", "image", loaded.model(loaded.given("wplus", "w"), "w+"))


@torch.inference_mode()
def test_mix(loaded: Loaded) -> None:
    w = loaded.model.map(loaded.given("mix", "z"))
    loaded.kit.check("mix", "image", loaded.model(loaded.model.mix(w[:1], w[1:], 7), "w+"))


@pytest.mark.parametrize("size", KITS)
def test_every_case_is_checked(size: int) -> None:
    assert set(KITS[size].cases) == {"map", "w", "wplus", "mix"}
