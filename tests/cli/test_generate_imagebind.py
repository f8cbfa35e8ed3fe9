"""ImageBind and Stable unCLIP on the command line."""

import json
from pathlib import Path

import pytest
import torch

from hearsight.encoders import imagebind
from hearsight.encoders.imagebind import ImageBind
from hearsight.hub.network import save_network
from hearsight.picture import Picture
from hearsight.systems.imagebind_unclip import ImageBindUnCLIP, ImageBindUnCLIPConfig


@pytest.fixture(scope="module")
def ear(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    return save_network(tmp_path_factory.mktemp("ear"), "imagebind", ImageBind(imagebind.debug()))


def test_a_system_put_together_from_its_parts(hearsight, sounds, unclip, ear):
    parts = ("--system", "imagebind-unclip", "--pipeline", unclip, "--part", f"weights={ear}")
    options = ("--prompt", "red", "--set", "noise_level=200", "--steps", 2, "--size", 24, "--count", 2, "--seed", 3)
    code, printed, _ = hearsight("generate", sounds / "a.wav", *parts, *options, "--json")
    assert code == 0
    rows = [json.loads(line) for line in printed.splitlines()]
    assert [row["seed"] for row in rows] == [3, 4]
    first, second = (Picture.load(row["file"]) for row in rows)
    assert first.image.size == (24, 24) and first.image.tobytes() != second.image.tobytes()
    asked = first.recipe["settings"]
    assert (asked["prompt"], asked["noise_level"], asked["steps"]) == ("red", 200, 2)


def test_a_saved_system_draws_the_same_bytes_again(hearsight, sounds, unclip, tmp_path):
    torch.manual_seed(0)
    config = ImageBindUnCLIPConfig(imagebind.debug(), str(unclip))
    system = ImageBindUnCLIP(config).save_pretrained(tmp_path / "system", whole=True)
    assert hearsight("generate", sounds / "a.wav", "--system", system, "--steps", 2)[0] == 0
    code, printed, _ = hearsight("rerun", "pictures/a.png")
    assert code == 0 and "the same bytes" in printed


def test_mistakes_are_one_line_each(hearsight, sounds, unclip, ear):
    for options, told in (
        ((), "name its parts: pipeline"),
        (("--pipeline", unclip), "name its parts: pipeline"),
        (("--pipeline", sounds, "--part", f"weights={ear}"), "no Stable unCLIP pipeline"),
        (("--pipeline", unclip, "--part", "weights=none.pth"), "none.pth: there is no such file"),
        (("--pipeline", unclip, "--part", f"weights={ear}", "--prompt", "a <sound>"), "takes words only"),
    ):
        code, _, error = hearsight("generate", sounds / "a.wav", "--system", "imagebind-unclip", *options)
        assert code == 2 and told in error and len(error.strip().splitlines()) == 1
    assert not Path("pictures").exists()
