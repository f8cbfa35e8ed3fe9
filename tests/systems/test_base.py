"""The base class, through a real if tiny system: it hears how loud a sound is and draws that much red over noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn

from hearsight.errors import ConfigError, SoundError, WeightsError
from hearsight.hub.card import Card
from hearsight.picture import Picture
from hearsight.seeds import generator, noise
from hearsight.sound import Sound
from hearsight.systems.base import Callback, System


@dataclass(frozen=True)
class LoudnessConfig:
    size: int = 8
    steps: int = 3


class Loudness(System):
    name: ClassVar[str] = "loudness"
    config_class: ClassVar[type] = LoudnessConfig

    def __init__(self, config: LoudnessConfig) -> None:
        self.config = config
        self.components = {"ear": nn.Linear(1, 1), "brush": nn.Linear(1, 3)}

    def hear(self, sounds: Sequence[Sound]) -> Float[Tensor, "sound 1"]:
        loudness = torch.tensor([[float(np.abs(sound.samples).mean())] for sound in sounds])
        return self.components["ear"](loudness)

    def draw(
        self, condition: Tensor, *, seeds: Sequence[int], callback: Callback | None = None, **settings: Any
    ) -> list[Image.Image]:
        settings = self.settings(**settings)
        images = []
        for row, seed in zip(condition, seeds, strict=True):
            for step in range(settings["steps"]):
                if callback:
                    callback(step + 1, settings["steps"])
            grain = noise((settings["size"], settings["size"], 3), generator(seed))
            colour = self.components["brush"](row).sigmoid() * settings["steps"]
            images.append(Image.fromarray((40 * grain + 100 * colour).clamp(0, 255).byte().numpy()))
        return images

    def defaults(self) -> dict[str, Any]:
        return {"steps": self.config.steps, "size": self.config.size}

    def classes(self, condition: Tensor, top: int = 3) -> list[tuple[str, float]]:
        return [("loud", 2 / 3), ("quiet", 1 / 3)][:top]


def tone(level: float = 0.5, name: str = "tone") -> Sound:
    return Sound(np.full((1, 800), level, dtype=np.float32), 8000, name)


@pytest.fixture
def system():
    torch.manual_seed(0)
    made = Loudness(LoudnessConfig())
    for module in made.components.values():
        module.requires_grad_(False)
    return made


def pixels(picture: Picture) -> bytes:
    return picture.image.tobytes()


def test_picture_k_has_seed_plus_k(system):
    pictures = system(tone(), pictures_per_sound=3, seed=5)
    assert [picture.recipe["seed"] for picture in pictures] == [5, 6, 7]
    assert len({pixels(picture) for picture in pictures}) == 3
    assert pixels(pictures[1]) == pixels(system(tone(), seed=6)[0])


def test_what_was_heard_is_told_once_for_all_pictures_of_a_sound(system, monkeypatch):
    asked = []
    classes = system.classes
    monkeypatch.setattr(system, "classes", lambda *given: asked.append(1) or classes(*given))
    first, second = system(tone(), pictures_per_sound=2, steps=2)
    assert len(asked) == 1
    assert list(first.recipe) == list(second.recipe) and {**first.recipe, "seed": 1} == second.recipe
    first.recipe["settings"]["steps"] = 9
    assert second.recipe["settings"]["steps"] == 2  # each has a copy of its own


def test_a_picture_is_the_same_alone_and_in_any_list(system):
    many = system([tone(0.1), tone(0.5), tone(0.9)], pictures_per_sound=2)
    alone = system(tone(0.5), pictures_per_sound=2)
    assert [pixels(picture) for picture in many[2:4]] == [pixels(picture) for picture in alone]
    assert [picture.recipe for picture in many[2:4]] == [picture.recipe for picture in alone]


def test_files_and_sounds_may_be_mixed(system, tmp_path):
    import soundfile

    soundfile.write(tmp_path / "a.wav", tone().samples[0], 8000, subtype="FLOAT")
    from_file, from_text, from_sound = system([tmp_path / "a.wav", str(tmp_path / "a.wav"), tone()])
    assert pixels(from_file) == pixels(from_text) == pixels(from_sound)
    path = (tmp_path / "a.wav").as_posix()
    assert from_file.recipe["sound"] == {"path": path, "name": "a.wav", "sha256": tone().sha256()}
    assert from_sound.recipe["sound"]["path"] is None


def test_the_recipe_holds_every_setting(system):
    recipe = system(tone(), steps=2)[0].recipe
    assert recipe["settings"] == {"steps": 2, "size": 8}
    assert recipe["heard"] == [["loud", 0.667], ["quiet", 0.333]]
    assert recipe["versions"]["torch"] == torch.__version__
    assert (recipe["system"], recipe["source"], recipe["weights"], recipe["device"]) == ("loudness", None, None, "cpu")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"prompt": "a dog"}, "prompt='a dog': loudness has no such setting"),
        ({"guidance": 3.0}, "guidance=3.0: loudness has no such setting"),
        ({"stpes": 3}, "stpes=3: .* did you mean 'steps'"),
        ({"pictures_per_sound": 0}, "pictures_per_sound=0"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_what_cannot_be_honoured_is_an_error(system, settings, message):
    with pytest.raises(ConfigError, match=message):
        system(tone(), **settings)


def test_silence_is_refused_before_anything_is_heard(system):
    with pytest.raises(SoundError, match="silence"):
        system([tone(0.0)])


def test_pictures_come_one_by_one(system):
    pictures = system.pictures([tone(), tone(0.0)])
    assert next(pictures).recipe["seed"] == 0
    with pytest.raises(SoundError):
        next(pictures)


def test_the_callback_sees_every_step_and_may_interrupt(system):
    steps = []
    system(tone(), pictures_per_sound=2, callback=lambda step, of: steps.append((step, of)))
    assert steps == [(1, 3), (2, 3), (3, 3)] * 2

    def stop(step: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        system(tone(), callback=stop)


def test_no_sounds_give_no_pictures(system):
    assert system([]) == []


def test_a_saved_system_draws_the_same_pictures(system, tmp_path):
    folder = system.save_pretrained(tmp_path / "mine", card=Card("loudness", "Loudness", "Draws red."))
    assert sorted(file.name for file in folder.iterdir()) == [
        "README.md",
        "brush.safetensors",
        "config.json",
        "ear.safetensors",
    ]
    loaded = Loudness.from_pretrained(folder, device="cpu")
    assert loaded.config == system.config
    assert pixels(loaded(tone())[0]) == pixels(system(tone())[0])
    recipe = loaded(tone())[0].recipe
    assert (recipe["source"], len(recipe["weights"])) == (str(folder), 64)


def test_a_loaded_system_learns_nothing_by_accident(system, tmp_path):
    loaded = Loudness.from_pretrained(system.save_pretrained(tmp_path))
    assert all(
        not parameter.requires_grad for module in loaded.components.values() for parameter in module.parameters()
    )
    assert not any(module.training for module in loaded.components.values())


def test_missing_weights_and_other_systems_are_refused(system, tmp_path):
    folder = system.save_pretrained(tmp_path)
    (folder / "brush.safetensors").unlink()
    with pytest.raises(WeightsError, match=r"brush\.safetensors"):
        Loudness.from_pretrained(folder)
    config = folder / "config.json"
    config.write_text(config.read_text().replace("loudness", "stylewav"))
    with pytest.raises(ConfigError, match="'stylewav', not 'loudness'"):
        Loudness.from_pretrained(folder)


def test_a_config_of_another_version_names_the_odd_key(system, tmp_path):
    config = system.save_pretrained(tmp_path) / "config.json"
    config.write_text(config.read_text().replace('"size"', '"sise"'))
    with pytest.raises(ConfigError, match=r"config\.json: sise: .*did you mean 'size'"):
        Loudness.from_pretrained(tmp_path)


def test_one_system_serves_many_threads(system):
    from concurrent.futures import ThreadPoolExecutor

    sounds = [tone(level / 20) for level in range(1, 17)]
    alone = [pixels(system(sound)[0]) for sound in sounds]
    with ThreadPoolExecutor(8) as pool:
        assert [pixels(pictures[0]) for pictures in pool.map(system, sounds)] == alone


def test_a_card_without_its_pictures_is_not_pushed(tmp_path: Path) -> None:
    card = Card("loudness", "Loudness", "Hears how loud.", pictures={"red.png": "Red"})
    with pytest.raises(ConfigError, match=r"red\.png: the card shows it"):
        Loudness(LoudnessConfig()).push_to_hub("someone/loudness", card=card, pictures=tmp_path)
