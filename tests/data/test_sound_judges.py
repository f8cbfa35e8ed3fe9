"""A published BEATs as a judge; the other judges are in test_judges.py."""

from pathlib import Path
from typing import Any

import pytest
import torch

from hearsight.data.sound_judges import KnownSounds, audioset_names, sound_judge
from hearsight.encoders.beats import BEATs
from hearsight.errors import ConfigError
from hearsight.hub.converters import beats as converter
from hearsight.sound.sound import Sound

EXAMPLES = Path(__file__).parents[2] / "examples"
CFG = {
    "encoder_layers": 1,
    "encoder_embed_dim": 16,
    "encoder_ffn_embed_dim": 32,
    "encoder_attention_heads": 2,
    "relative_position_embedding": True,
    "gru_rel_pos": True,
    "deep_norm": True,
    "num_buckets": 16,
    "max_distance": 20,
    "conv_pos": 8,
    "conv_pos_groups": 4,
    "input_patch_size": 16,
    "embed_dim": 8,
    "finetuned_model": True,
    "predictor_class": 2,
}
OURS_TO_PUBLISHED = {
    "patch_norm.": "layer_norm.",
    "projection.": "post_extract_proj.",
    "encoder.position.convolution.parametrizations.weight.original0": "encoder.pos_conv.0.weight_g",
    "encoder.position.convolution.parametrizations.weight.original1": "encoder.pos_conv.0.weight_v",
    "encoder.position.convolution.bias": "encoder.pos_conv.0.bias",
    "encoder.relative_position.table.weight": "encoder.layers.0.self_attn.relative_attention_bias.weight",
    "encoder.norm.": "encoder.layer_norm.",
    ".attention_norm.": ".self_attn_layer_norm.",
    ".norm.": ".final_layer_norm.",
    ".attention.query.": ".self_attn.q_proj.",
    ".attention.key.": ".self_attn.k_proj.",
    ".attention.value.": ".self_attn.v_proj.",
    ".attention.out.": ".self_attn.out_proj.",
    ".attention.gate_scale": ".self_attn.grep_a",
    ".attention.gate.": ".self_attn.grep_linear.",
    ".widen.": ".fc1.",
    ".narrow.": ".fc2.",
}


def nobody(source: str) -> Any:
    raise AssertionError(f"{source} was taken for an AudioCLIP")


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A fine-tuned BEATs of random weights, as published, and AudioSet's table beside it."""
    torch.manual_seed(0)
    content = {"cfg": CFG, "label_dict": {0: "/m/06mb1", 1: "/m/0bt9lr"}}
    network = BEATs(converter._config(content, None, None))
    state = {}
    for name, tensor in network.state_dict().items():
        for ours, theirs in OURS_TO_PUBLISHED.items():
            name = name.replace(ours, theirs)
        state[name] = tensor
    torch.save({**content, "model": state}, tmp_path / "BEATs.pt")
    table = 'index,mid,display_name\n0,/m/06mb1,"Rain"\n1,/m/0bt9lr,"Dog"\n2,/t/dd00002,"Baby cry, infant cry"\n'
    (tmp_path / "classes.csv").write_text(table)
    return tmp_path


def test_a_published_beats_names_sounds_by_audiosets_table(published) -> None:
    judge = sound_judge(str(published / "BEATs.pt"), nobody, "cpu", str(published / "classes.csv"))
    assert isinstance(judge, KnownSounds) and judge.labels == ("rain", "dog")
    sound = Sound.read(EXAMPLES / "rain.ogg")
    heard = judge.among(["anything"])(sound)
    expected = converter.read_beats(published / "BEATs.pt").classify([sound])[0]
    assert list(heard.values()) == pytest.approx(expected.tolist(), abs=1e-6)


def test_without_the_table_the_ids_are_no_names(published) -> None:
    with pytest.raises(ConfigError, match=r"2 of its classes are AudioSet ids \(/m/06mb1 …\).*--classes"):
        sound_judge(str(published / "BEATs.pt"), nobody)
    assert audioset_names(published / "classes.csv")["/t/dd00002"] == "baby cry, infant cry"
    for table in (published / "BEATs.pt", published / "absent.csv"):
        with pytest.raises(ConfigError, match="not AudioSet's table of classes"):
            audioset_names(table)


def test_every_other_file_is_an_audioclip(tmp_path) -> None:
    torch.save({"audio.conv1.weight": torch.zeros(3)}, tmp_path / "AudioCLIP.pt")
    with pytest.raises(AssertionError, match=r"AudioCLIP\.pt was taken for an AudioCLIP"):
        sound_judge(str(tmp_path / "AudioCLIP.pt"), nobody)
