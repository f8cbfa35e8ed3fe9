"""The pocket networks as judges of drawn pictures and the example sounds; and a CLIP in transformers' layout."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import CLIPConfig, CLIPModel

from hearsight.data.judges import Judges, JudgeSources
from hearsight.encoders.beats import BEATs
from hearsight.encoders.beats import debug as debug_beats
from hearsight.encoders.clip import CLIP
from hearsight.encoders.clip import debug as debug_clip
from hearsight.errors import ConfigError, WeightsError
from hearsight.hub.network import save_network
from hearsight.sound.sound import Sound

EXAMPLES = Path(__file__).parents[2] / "examples"
SYSTEM = "audioclip-diffusion"


def _best(probabilities):
    return max(probabilities, key=probabilities.get)


def test_the_pocket_classifiers_know_what_is_drawn_and_heard(pictures):
    judges = JudgeSources(picture_classifier="picture_classifier", sound_classifier=SYSTEM).load(["anything"])
    assert _best(judges.see(pictures["rain"])) == "rain" and _best(judges.see(pictures["clock"])) == "clock_tick"
    for name in ("rain", "clock_tick", "guitar"):
        heard = judges.hear(Sound.read(EXAMPLES / f"{name}.ogg"))
        assert _best(heard) == name and sum(heard.values()) == pytest.approx(1)
    assert heard.keys() == judges.see(pictures["rain"]).keys()  # the thirty classes of the picture classifier
    assert judges.match is None


def test_audioclip_can_judge_alone(pictures):
    judges = JudgeSources(clip=SYSTEM, sound_classifier=SYSTEM).load(["rain", "clock tick"])
    scores = judges.match([pictures["clock"], pictures["rain"]], "rain")
    assert scores.argmax() == 1
    assert judges.see(pictures["rain"]).keys() == {"rain", "clock tick"}
    assert _best(judges.see(pictures["clock"])) == "clock tick"
    assert _best(judges.hear(Sound.read(EXAMPLES / "clock_tick.ogg"))) == "clock tick"


@pytest.fixture(scope="module")
def published_clip(tmp_path_factory) -> Path:
    """A tiny CLIP with random weights as transformers saves it, with a vocabulary of letters."""
    folder = tmp_path_factory.mktemp("clip")
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    small = {"hidden_size": 16, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    torch.manual_seed(0)
    CLIPModel(
        CLIPConfig(
            text_config={**small, "vocab_size": len(words), "eos_token_id": len(words) - 1},
            vision_config={**small, "image_size": 32, "patch_size": 16},
            projection_dim=16,
        )
    ).save_pretrained(folder)
    return folder


def test_clip_in_transformers_layout_scores_a_photo_of_the_label(published_clip, pictures):
    network = CLIP.from_pretrained(published_clip)
    match = JudgeSources(clip=str(published_clip)).load([]).match
    both = [pictures["rain"], pictures["clock"]]
    expected = network.see(both) @ network.read(["a photo of crying baby"])[0]
    assert match(both, "crying_baby") == pytest.approx(expected.numpy(), abs=1e-6)
    assert match(both, "crying_baby") != pytest.approx(match(both, "rain"), abs=1e-6)


def test_networks_that_were_saved_alone(tmp_path, pictures):
    torch.manual_seed(0)
    clip = save_network(tmp_path / "clip", "clip", CLIP(debug_clip()))
    beats = save_network(
        tmp_path / "beats", "beats", BEATs(replace(debug_beats(), classes=3, labels=("rain", "dog", "guitar"))).eval()
    )
    match = JudgeSources(clip=str(clip)).load([]).match
    assert match([pictures["rain"]], "rain").shape == (1,)
    judges = JudgeSources(clip=str(clip), sound_classifier=str(beats)).load(["neither", "of these"])
    heard = judges.hear(Sound.read(EXAMPLES / "rain.ogg"))
    assert heard.keys() == judges.see(pictures["rain"]).keys() == {"rain", "dog", "guitar"}
    assert all(0 < probability < 1 for probability in heard.values())


def test_a_filter_needs_both_classifiers():
    assert JudgeSources().load(["rain"]) == Judges()
    with pytest.raises(ConfigError, match="no sound classifier to agree with"):
        JudgeSources(picture_classifier="picture_classifier")
    with pytest.raises(ConfigError, match="no picture classifier to agree with"):
        JudgeSources(sound_classifier=SYSTEM)


def test_what_cannot_judge_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="does not compare pictures with texts"):
        JudgeSources(clip="picture_classifier").load(["rain"])
    with pytest.raises(WeightsError, match="no CLIP that can be read"):
        JudgeSources(clip=str(tmp_path)).load(["rain"])
    with pytest.raises(ConfigError, match="nowhere"):
        JudgeSources(clip=SYSTEM, sound_classifier="nowhere").load(["rain"])
