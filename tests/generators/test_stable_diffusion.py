from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import torch
from PIL import Image
from torch import Tensor

from hearsight.errors import ConfigError
from hearsight.generators import latent_diffusion
from hearsight.generators.latent_diffusion import build_pipeline
from hearsight.generators.stable_diffusion import StableDiffusion, word_width
from hearsight.samplers.diffusion import scheduler_like


@pytest.fixture(scope="module")
def diffusion() -> StableDiffusion:
    torch.manual_seed(0)
    return StableDiffusion(build_pipeline(latent_diffusion.debug()))


@pytest.fixture(scope="module")
def folder(diffusion, tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("pipeline")
    diffusion.pipeline.save_pretrained(place)
    return place


def tokens(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, 16, generator=torch.Generator().manual_seed(seed))


def draw(
    diffusion: StableDiffusion, text: Tensor, seeds: list[int], name: str = "own", **settings
) -> list[Image.Image]:
    steps = settings.setdefault("steps", 2)
    scheduler = scheduler_like(diffusion.pipeline.scheduler, name, steps)
    return diffusion.draw(text, seeds=seeds, scheduler=scheduler, **settings)


# Reading ------------------------------------------------------------------------------------------------------------


def test_words_are_understood_as_the_pipeline_does(diffusion):
    stock, _ = diffusion.pipeline.encode_prompt("a photo of a dog", "cpu", 1, False)
    assert torch.equal(diffusion.encode("a photo of a dog"), stock)


def test_a_sound_is_understood_as_a_new_word_of_the_vocabulary(folder):
    """The published code draws so: the table of words grows by a row, which is the token."""
    stock = StableDiffusion.open(folder).pipeline
    stock.tokenizer.add_tokens("<sound>")
    stock.text_encoder.resize_token_embeddings(len(stock.tokenizer))
    row = tokens(1, 1)
    stock.text_encoder.get_input_embeddings().weight[-1] = row[0, 0]
    for prompt in ("a photo of <sound>, 4k, high resolution", "<sound> beside <sound>", "<sound>"):
        expected, _ = stock.encode_prompt(prompt, "cpu", 1, False)
        torch.testing.assert_close(StableDiffusion.open(folder).encode(prompt, row), expected)


def test_each_place_hears_its_own_token(diffusion):
    one, other = tokens(1, 1, seed=0), tokens(1, 1, seed=1)
    both = diffusion.encode("<sound> beside <sound>", torch.cat([one, other], dim=1))
    twice = diffusion.encode("<sound> beside <sound>", one)
    turned = diffusion.encode("<sound> beside <sound>", torch.cat([other, one], dim=1))
    torch.testing.assert_close(diffusion.encode("<sound> beside <sound>", torch.cat([one, one], dim=1)), twice)
    assert torch.allclose(both[:, :2], twice[:, :2]) and not torch.allclose(both, twice)  # attention looks back only
    assert not torch.allclose(both, turned)


def test_gradients_reach_the_token(diffusion):
    row = tokens(2, 1).requires_grad_()
    diffusion.encode("a <sound> here", row).square().sum().backward()
    assert row.grad is not None and (row.grad.abs().sum(dim=-1) > 0).all()


def test_words_are_read_once(diffusion):
    calls = []
    handle = diffusion.pipeline.text_encoder.register_forward_hook(lambda *of: calls.append(1))
    for _ in range(3):
        diffusion.encode("something never read before")
    handle.remove()
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("prompt", "shape", "message"),
    [
        ("a dog", (1, 1), "has 0 <sound> for 1 sounds"),
        ("a <sound>", (1, 2), "has 1 <sound> for 2 sounds"),
        ("<sound> <sound>", (1, 3), "has 2 <sound> for 3 sounds"),
        ("a <sound>", None, "has 1 <sound> for 0 sounds"),
    ],
)
def test_places_and_sounds_must_agree(diffusion, prompt, shape, message):
    with pytest.raises(ConfigError, match=message):
        diffusion.encode(prompt, shape and tokens(*shape))


def test_tokens_of_another_width(diffusion):
    with pytest.raises(ConfigError, match="tokens of width 8: the text encoder has words of width 16"):
        diffusion.encode("a <sound>", torch.zeros(1, 1, 8))


# Drawing ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_a_picture_is_that_of_the_plain_pipeline(diffusion, guidance):
    drawn = draw(diffusion, diffusion.encode("a dog"), [3], guidance=guidance, negative_prompt="grey")
    stock = diffusion.pipeline(
        "a dog",
        negative_prompt="grey",
        num_inference_steps=2,
        guidance_scale=guidance,
        generator=torch.Generator().manual_seed(3),
    ).images
    assert drawn[0].tobytes() == stock[0].tobytes()


@pytest.mark.parametrize("name", ["own", "dpm++", "euler-a", "ddpm", "PNDM", "unipc", "heun", "LCM"])
def test_any_scheduler_draws_the_same_picture_in_any_company(diffusion, name):
    text = diffusion.encode("a <sound>", tokens(3, 1))
    together = draw(diffusion, text, [5, 6, 7], name)
    assert len({image.tobytes() for image in together}) == 3
    alone = draw(diffusion, text[1:2], [6], name)[0]
    assert alone.tobytes() == together[1].tobytes()


def test_pictures_drawn_at_once_differ_in_the_last_digits_at_most(diffusion):
    import numpy as np

    text = diffusion.encode("a <sound>", tokens(3, 1))
    one, all_at_once = (draw(diffusion, text, [5, 6, 7], "euler-a", batch=batch) for batch in (1, 2))
    for left, right in zip(one, all_at_once, strict=True):
        assert np.abs(np.asarray(left, int) - np.asarray(right, int)).max() <= 1


def test_threads_do_not_hear_each_other(diffusion):
    rows, together = tokens(2, 1), Barrier(2)

    def paint(row: Tensor, wait: bool) -> bytes:
        text = diffusion.encode("a <sound>", row[None])
        callback = (lambda step, of: together.wait(20)) if wait else None
        return draw(diffusion, text, [0], steps=3, callback=callback)[0].tobytes()

    alone = [paint(row, False) for row in rows]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(paint, rows, (True, True))) == alone
    assert alone[0] != alone[1]


def test_progress_and_interruption(diffusion):
    seen: list[tuple[int, int]] = []
    text = diffusion.encode("a dog")
    plain = draw(diffusion, text, [0], steps=3, callback=lambda *step: seen.append(step))
    assert seen == [(1, 3), (2, 3), (3, 3)]

    def stop(step: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw(diffusion, text, [0], steps=3, callback=stop)
    assert draw(diffusion, text, [0], steps=3)[0].tobytes() == plain[0].tobytes()


def test_another_size_and_sliced_attention(folder):
    sliced = StableDiffusion.open(folder).spare_memory(attention_slicing=True)
    text = sliced.encode("a dog")
    assert draw(sliced, text, [0], size=24)[0].size == (24, 24)
    with pytest.raises(ConfigError, match="offload='disk'"):
        sliced.spare_memory(offload="disk")


def test_one_seed_for_every_picture(diffusion):
    with pytest.raises(ConfigError, match="1 seeds for 2 pictures"):
        draw(diffusion, diffusion.encode("a <sound>", tokens(2, 1)), [0])


# Opening ------------------------------------------------------------------------------------------------------------


def test_a_pipeline_of_another_width_is_refused_before_its_weights_are_read(folder, tmp_path):
    (tmp_path / "text_encoder").mkdir()
    config = (folder / "text_encoder" / "config.json").read_text()
    (tmp_path / "text_encoder" / "config.json").write_text(config)
    assert word_width(folder) == word_width(tmp_path) == 16
    with pytest.raises(ConfigError, match=r"its words have a width of 16, the embedder's tokens of 768") as error:
        StableDiffusion.open(tmp_path, width=768)
    assert "\n" not in str(error.value)


def test_what_is_no_pipeline(tmp_path):
    with pytest.raises(ConfigError, match="no Stable Diffusion pipeline in diffusers' form") as error:
        StableDiffusion.open(tmp_path)
    assert "\n" not in str(error.value)
    with pytest.raises(ConfigError, match="nobody/nothing: no Stable Diffusion pipeline"):
        StableDiffusion.open("nobody/nothing")


def test_half_precision(folder):
    half = StableDiffusion.open(folder, dtype=torch.bfloat16)
    assert {part.dtype for part in half.parts().values()} == {torch.bfloat16}
    text = half.encode("a <sound>", tokens(1, 1))
    assert text.dtype == torch.bfloat16
    assert draw(half, text, [0])[0].size == (16, 16)
