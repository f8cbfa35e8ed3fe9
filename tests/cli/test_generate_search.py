"""What the command line adds for systems that search."""

from pathlib import Path

import numpy as np
import pytest
import torch

from hearsight.hub.network import save_network
from hearsight.picture import Picture
from hearsight.systems import stylewav
from hearsight.systems.stylewav import StyleWav


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    system, folder = StyleWav(stylewav.debug()), tmp_path_factory.mktemp("systems")
    save_network(folder / "generator", "stylegan2", system.stylegan2)
    save_network(folder / "ear", "wav2clip", system.ear)
    save_network(folder / "eye", "clip", system.eye)
    return system.save_pretrained(folder / "stylewav").parent


def test_everything_that_a_system_can_be_told(hearsight, sounds, folder):
    np.save("face.npy", np.full(8, 0.5, dtype=np.float32))
    told = ("views=3", "rate=0.2", "start=face.npy", "space=w", "prompt-weight=2", "patience=4")
    flags = [word for setting in told for word in ("--set", setting)]
    words = ("--prompt", "a dog", "--against", "a frame | text:0.5", "--steps", 3)
    code, _, err = hearsight("generate", "sounds/a.wav", "--system", folder / "stylewav", *words, *flags)
    assert (code, err) == (0, "")
    asked = Picture.load("pictures/a.png").recipe["settings"]
    expected = {"views": 3, "rate": 0.2, "start": "face.npy", "space": "w", "prompt_weight": 2.0, "patience": 4}
    expected |= {"prompt": "a dog", "against": "a frame | text:0.5", "steps": 3}
    assert expected.items() <= asked.items()
    code, printed, _ = hearsight("rerun", "pictures/a.png")
    assert code == 0 and "the same bytes" in printed


def test_put_together_from_parts(hearsight, sounds, folder):
    parts = [word for part in ("generator", "ear", "eye") for word in ("--part", f"{part}={folder / part}")]
    code, _, err = hearsight("generate", "sounds/a.wav", "--system", "stylewav", *parts, "--steps", 2)
    assert (code, err) == (0, "")
    assert Picture.load("pictures/a.png").recipe["settings"]["preset"] == "own"
    code, _, err = hearsight("generate", "sounds/a.wav", "--system", "stylewav", *parts[:2])
    assert code == 2 and "needs all of them (generator, ear, eye)" in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--set", "viewz=3"), "viewz='3': stylewav has no such setting; did you mean 'views'?"),
        (("--set", "views=many"), "--set views=many: is a whole number"),
        (("--set", "views"), "--set views: write name=value"),
        (("--steps", 3, "--set", "steps=4"), "--steps says it too"),
        (("--part", "colour=x"), "colour='x': stylewav is loaded without this option"),
        (("--guidance", 3), "guidance=3.0: stylewav has no such setting"),
    ],
)
def test_what_cannot_be_is_one_line(hearsight, sounds, folder, flags, message):
    code, out, err = hearsight("generate", "sounds/a.wav", "--system", folder / "stylewav", *flags)
    assert (code, out) == (2, "")
    assert message in err and err.count("\n") == 1
    assert not Path("pictures").exists()


def test_against_is_refused_where_nothing_is_searched(hearsight, sounds, system):
    code, _, err = hearsight("generate", "sounds/a.wav", "--system", system, "--against", "text")
    assert code == 2 and "against='text': audioclip-diffusion has no such setting" in err
