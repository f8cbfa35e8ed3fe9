import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import CLIPConfig as Settings
from transformers import CLIPModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from hearsight.config import build, plain
from hearsight.encoders import clip
from hearsight.encoders.clip import CLIP, CLIPConfig, CLIPViTConfig
from hearsight.encoders.clip_resnet import CLIPResNet
from hearsight.encoders.clip_text import CLIPText, CLIPTextConfig
from hearsight.errors import ConfigError, WeightsError


@pytest.fixture(scope="module", params=("vision transformer", "resnet"))
def model(request: pytest.FixtureRequest) -> CLIP:
    torch.manual_seed(0)
    config = clip.debug()
    if request.param == "resnet":
        resnet = dataclasses.replace(clip.pocket().image, width=8, size=32, head_width=32)
        config = dataclasses.replace(config, image=resnet)
    return CLIP(config).eval()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A CLIP in transformers' layout, as on the hub: weights, settings and vocabulary."""
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    words = [*letters, *(letter + "</w>" for letter in letters), "do", "dog</w>", "<|startoftext|>", "<|endoftext|>"]
    (tmp_path / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (tmp_path / "merges.txt").write_text("#version: 0.2\nd o\ndo g</w>\n")
    torch.manual_seed(0)
    layers = {"hidden_size": 16, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    text = {**layers, "vocab_size": len(words), "max_position_embeddings": 12, "eos_token_id": 2}  # 2 as OpenAI's say
    vision = {**layers, "image_size": 32, "patch_size": 16}
    CLIPModel(Settings(text_config=text, vision_config=vision, projection_dim=8)).save_pretrained(tmp_path)
    return tmp_path


def picture(color: str) -> Image.Image:
    return Image.new("RGB", (40, 50), color)


@pytest.mark.parametrize("size", [clip.published, clip.resnet50, clip.pocket, clip.debug])
def test_config_survives_json(size) -> None:
    again = build(CLIPConfig, json.loads(json.dumps(plain(size()))))
    assert again == size() and type(again.image) is type(size().image)


def test_the_published_sizes() -> None:
    """Counts as of OpenAI's files; a ResNet's are those of AudioCLIP's two heads."""
    with torch.device("meta"):
        counts = [sum(p.numel() for p in CLIP(size()).parameters()) for size in (clip.published, clip.resnet50)]
    assert counts == [151_277_313, 102_007_137]


def test_resnets_are_audioclips(model: CLIP) -> None:
    if not isinstance(model.config.image, CLIPViTConfig):
        assert isinstance(model.image, CLIPResNet) and isinstance(model.text, CLIPText)


def test_see_and_read_give_unit_embeddings_that_company_never_changes(model: CLIP) -> None:
    pictures, texts = [picture(color) for color in ("red", "blue")], ["dog", "a very long label"]
    for call, things in ((model.see, pictures), (model.read, texts)):
        together = call(things)
        assert together.shape == (2, 16) and not together.requires_grad
        torch.testing.assert_close(together.norm(dim=1), torch.ones(2))
        assert not torch.allclose(together[0], together[1])
        for row, alone in zip(together, things, strict=True):
            assert torch.equal(row[None], call([alone]))
        assert call([]).shape == (0, 16)


@torch.no_grad()
def test_read_leaves_out_padding_without_changing_the_answer(model: CLIP) -> None:
    wanted = clip.unit(model.encode_text(model.tokenizer(["dog", "a very long label"])))
    torch.testing.assert_close(model.read(["dog", "a very long label"]), wanted)


@pytest.mark.parametrize("shape", [(64, 48), (48, 64), (224, 224), (301, 225), (448, 224)])
def test_preprocessing_is_that_of_transformers(model: CLIP, shape: tuple[int, int]) -> None:
    """Where an even number of pixels is cut off; of an odd one transformers and CLIP's own code cut unlike halves."""
    values = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    image = Image.fromarray(values)
    processor = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    wanted = torch.as_tensor(np.asarray(processor(image)["pixel_values"][0]))
    torch.testing.assert_close(model.prepare(image), wanted, atol=1e-5, rtol=1e-5)


def test_the_text_transformer_is_audioclips(folder: Path) -> None:
    """The same weights in AudioCLIP's text head, which is proved against the published code, give the same."""
    loaded = CLIP.from_pretrained(folder)
    state = loaded.text.state_dict()
    layer = "text_model.encoder.layers.0."
    names = {
        "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
        "positional_embedding": "text_model.embeddings.position_embedding.weight",
        "ln_final.weight": "text_model.final_layer_norm.weight",
        "ln_final.bias": "text_model.final_layer_norm.bias",
    }
    for ours, theirs in (("attn.out_proj", "self_attn.out_proj"), ("ln_1", "layer_norm1"), ("ln_2", "layer_norm2")):
        names |= {f"blocks.0.{ours}.{end}": f"{layer}{theirs}.{end}" for end in ("weight", "bias")}
    for ours, theirs in (("c_fc", "fc1"), ("c_proj", "fc2")):
        names |= {f"blocks.0.mlp.{ours}.{end}": f"{layer}mlp.{theirs}.{end}" for end in ("weight", "bias")}
    ours = {name: state[theirs] for name, theirs in names.items()}
    ours["text_projection"] = state["text_projection.weight"].mT
    for end in ("weight", "bias"):
        ours[f"blocks.0.attn.in_proj.{end}"] = torch.cat([state[f"{layer}self_attn.{p}_proj.{end}"] for p in "qkv"])
    text = CLIPText(CLIPTextConfig(1, 16, 2, context=12, vocabulary=56), embed=8)
    text.load_state_dict(ours)
    tokens = loaded.tokenizer(["a dog", "do"])
    with torch.no_grad():
        torch.testing.assert_close(loaded.encode_text(tokens), text(tokens), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_from_pretrained_reads_transformers_layout(folder: Path) -> None:
    theirs, ours = CLIPModel.from_pretrained(folder), CLIP.from_pretrained(str(folder))
    assert not ours.training and ours.config.embed == 8 and ours.config.text.context == 12
    tokens, pixels = ours.tokenizer(["a dog", "cat"]), torch.randn(2, 3, 32, 32)
    logits = ours.logits(ours.encode_image(pixels), ours.encode_text(tokens))
    torch.testing.assert_close(logits, theirs(input_ids=tokens, pixel_values=pixels).logits_per_image)
    assert ours.read(["a dog"]).shape == ours.see([picture("red")]).shape == (1, 8)


@torch.no_grad()
def test_what_was_loaded_can_be_saved_and_filled_in_again(folder: Path) -> None:
    loaded = CLIP.from_pretrained(folder)
    again = CLIP(loaded.config, loaded.tokenizer).eval()
    again.load_state_dict(loaded.state_dict())
    torch.testing.assert_close(again.read(["a dog"]), loaded.read(["a dog"]))
    torch.testing.assert_close(again.see([picture("red")]), loaded.see([picture("red")]))


def test_another_form_of_clip_is_refused(folder: Path) -> None:
    settings = json.loads((folder / "config.json").read_text())
    settings["vision_config"]["hidden_act"] = "gelu"
    (folder / "config.json").write_text(json.dumps(settings))
    with pytest.raises(WeightsError, match="activation gelu"):
        CLIP.from_pretrained(folder)


def test_an_absent_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no CLIP that can be read") as error:
        CLIP.from_pretrained(tmp_path / "nothing")
    assert "\n" not in str(error.value)


def test_search_can_follow_gradients_to_the_pixels(model: CLIP) -> None:
    pixels = torch.rand(2, 3, 32, 32, requires_grad=True)
    model.encode_image(model.normalise(pixels)).sum().backward()
    assert pixels.grad.isfinite().all() and pixels.grad.abs().sum() > 0


def test_the_loss_is_the_mean_of_both_cross_entropies(model: CLIP) -> None:
    generator = torch.Generator().manual_seed(0)
    image, text = (torch.randn(4, 16, generator=generator) for _ in range(2))
    cosines = torch.nn.functional.cosine_similarity(image[:, None], text, dim=-1) / 0.07
    wanted = -(cosines.log_softmax(1).diag().mean() + cosines.log_softmax(0).diag().mean()) / 2
    torch.testing.assert_close(model.loss(image, text), wanted)


def test_training_mode_and_a_missing_vocabulary_say_what_to_do() -> None:
    with pytest.raises(ConfigError, match=r"see: .*\.eval\(\)"):
        CLIP(clip.debug()).see([picture("red")])
    config = dataclasses.replace(clip.debug(), text=dataclasses.replace(clip.debug().text, tokenizer="clip"))
    with pytest.raises(WeightsError, match=r"vocab\.json"):
        CLIP(config).eval().read(["dog"])
