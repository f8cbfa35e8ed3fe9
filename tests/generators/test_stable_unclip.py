from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import torch
from PIL import Image

from hearsight.errors import ConfigError
from hearsight.generators.stable_unclip import StableUnCLIP, embed_of, require_embed
from hearsight.samplers.diffusion import scheduler_like
from hearsight.seeds import generator, noise


@pytest.fixture(scope="module")
def diffusion(unclip: Path) -> StableUnCLIP:
    return StableUnCLIP.open(unclip, width=16)


def embeddings(count: int, scale: float = 5.0) -> torch.Tensor:
    return scale * torch.randn(count, 16, generator=torch.Generator().manual_seed(3))


def draw(diffusion: StableUnCLIP, rows: torch.Tensor, seeds: list[int], **settings) -> list[Image.Image]:
    name, steps = settings.pop("scheduler", "own"), settings.pop("steps", 2)
    scheduler = scheduler_like(diffusion.pipeline.scheduler, name, steps)
    return diffusion.draw(rows, seeds=seeds, scheduler=scheduler, steps=steps, **settings)


def contents(images: list[Image.Image]) -> list[bytes]:
    return [image.tobytes() for image in images]


def test_it_knows_its_embeddings_and_is_frozen(diffusion):
    assert (diffusion.embed, diffusion.noise_levels, diffusion.size, diffusion.width) == (16, 1000, 16, 16)
    assert set(diffusion.parts()) == {"image_encoder", "image_normalizer", "text_encoder", "unet", "vae"}
    assert not any(part.training for part in diffusion.parts().values())
    fresh = StableUnCLIP(diffusion.pipeline)
    assert not any(weight.requires_grad for part in fresh.parts().values() for weight in part.parameters())


@pytest.mark.parametrize("scheduler", ["own", "euler-a"])
def test_a_picture_depends_on_its_embedding_and_seed_alone(diffusion, scheduler):
    rows = embeddings(3)
    together = contents(draw(diffusion, rows, [7, 8, 9], scheduler=scheduler))
    for row, seed, content in zip(rows, (7, 8, 9), together, strict=True):
        assert contents(draw(diffusion, row[None], [seed], scheduler=scheduler)) == [content]
    other_embedding = draw(diffusion, rows[1:2], [7], scheduler=scheduler)
    other_seed = draw(diffusion, rows[:1], [8], scheduler=scheduler)
    assert len({together[0], *contents(other_embedding), *contents(other_seed)}) == 3
    assert draw(diffusion, rows[:0], []) == []


def test_several_at_once_are_the_same_pictures(diffusion):
    rows, one = embeddings(3), torch.tensor([1, 2, 3])
    alone, together = (draw(diffusion, rows, one.tolist(), noise_level=300, batch=size) for size in (1, 2))
    for left, right in zip(alone, together, strict=True):
        difference = torch.tensor(list(left.tobytes())).sub(torch.tensor(list(right.tobytes()))).abs()
        assert difference.max() <= 1


def test_two_threads_at_once_draw_what_each_would_alone(diffusion):
    rows, together = embeddings(2), Barrier(2)
    alone = [contents(draw(diffusion, row[None], [1])) for row in rows]

    def one(row: torch.Tensor) -> list[bytes]:
        return contents(draw(diffusion, row[None], [1], callback=lambda *_: together.wait(20)))  # step beside step

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(one, rows)) == alone


def test_it_draws_what_the_pipeline_draws(diffusion):
    """Written out for the scheduler that came with it, with noise on the embedding and words."""
    row, pipeline = embeddings(1), diffusion.pipeline
    random = generator(4)
    latents = noise((1, 4, 8, 8), random)
    theirs = pipeline(
        image_embeds=row,
        prompt="a dog",
        negative_prompt="",
        latents=latents,
        generator=random,
        num_inference_steps=3,
        guidance_scale=4.0,
        noise_level=100,
    ).images
    ours = draw(diffusion, row, [4], prompt="a dog", steps=3, guidance=4.0, noise_level=100)
    assert contents(ours) == contents(theirs)


def test_a_scheduler_of_large_sigmas_begins_with_as_much_noise(diffusion):
    """The pipeline scales the latents it draws itself, but not those it is given."""
    row, pipeline = embeddings(1), diffusion.pipeline
    scheduler = scheduler_like(pipeline.scheduler, "euler", 3)
    assert scheduler.init_noise_sigma > 5
    seen: list[torch.Tensor] = []
    handle = pipeline.unet.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    draw(diffusion, row, [4], scheduler="euler", steps=3)
    handle.remove()
    assert 0.8 < seen[0].std() < 1.2  # the scheduler has divided by the sigma again


@pytest.mark.parametrize(
    "settings",
    [{"prompt": "a dog"}, {"negative_prompt": "a dog"}, {"guidance": 1.0}, {"noise_level": 900}, {"steps": 3}],
)
def test_every_setting_matters(diffusion, settings):
    row = embeddings(1)
    assert contents(draw(diffusion, row, [0], **settings)) != contents(draw(diffusion, row, [0]))


def test_sizes_and_steps(diffusion):
    told: list[tuple[int, int]] = []
    image = draw(diffusion, embeddings(1), [0], size=24, steps=3, callback=lambda *step: told.append(step))[0]
    assert image.size == (24, 24) and told == [(1, 3), (2, 3), (3, 3)]
    told.clear()
    draw(diffusion, embeddings(1), [0], steps=3, scheduler="heun", callback=lambda *step: told.append(step))
    assert [step for step, _ in told] == list(range(1, len(told) + 1)) and told[-1][0] <= told[-1][1]


def test_a_callback_may_end_a_drawing(diffusion):
    def stop(step: int, steps: int) -> None:
        raise KeyboardInterrupt

    before = contents(draw(diffusion, embeddings(1), [0]))
    with pytest.raises(KeyboardInterrupt):
        draw(diffusion, embeddings(1), [0], callback=stop)
    assert contents(draw(diffusion, embeddings(1), [0])) == before


def test_one_seed_for_every_picture(diffusion):
    with pytest.raises(ConfigError, match="1 seeds for 2 pictures"):
        draw(diffusion, embeddings(2), [0])


def test_half_precision(unclip):
    half = StableUnCLIP.open(unclip, dtype=torch.bfloat16)
    assert {part.dtype for part in half.parts().values()} == {torch.bfloat16}
    assert draw(half, embeddings(1), [0])[0].size == (16, 16)


# Opening ------------------------------------------------------------------------------------------------------------


def test_embeddings_of_another_width_are_refused_before_any_weights_are_read(unclip, tmp_path):
    (tmp_path / "image_normalizer").mkdir()
    config = (unclip / "image_normalizer" / "config.json").read_text()
    (tmp_path / "image_normalizer" / "config.json").write_text(config)
    assert embed_of(unclip) == embed_of(tmp_path) == 16
    with pytest.raises(ConfigError, match="draws embeddings of 16 dimensions, those of the sounds have 1024") as error:
        StableUnCLIP.open(tmp_path, width=1024)
    assert "\n" not in str(error.value)
    require_embed(16, 16, "here")


def test_what_is_no_stable_unclip(tmp_path):
    for place in (tmp_path, "nobody/nothing"):
        with pytest.raises(ConfigError, match=f"{place}: no Stable unCLIP pipeline in diffusers' form") as error:
            StableUnCLIP.open(place, width=16)
        assert "\n" not in str(error.value)
    with pytest.raises(ConfigError, match="no Stable unCLIP pipeline that can be loaded"):
        StableUnCLIP.open(tmp_path)
