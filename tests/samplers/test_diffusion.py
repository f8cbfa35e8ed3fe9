"""Sampling: every picture depends on its own seed alone."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch

from hearsight.errors import ConfigError
from hearsight.generators.pixel_unet import PixelUNet, debug
from hearsight.samplers.diffusion import make_scheduler, sample
from hearsight.samplers.noise import NoiseSchedule, add_noise

SHAPE = (3, 16, 16)


@pytest.fixture(scope="module")
def network() -> PixelUNet:
    torch.manual_seed(0)
    return PixelUNet(debug()).eval()


@pytest.fixture(scope="module")
def heard() -> torch.Tensor:
    return torch.randn(3, 16, generator=torch.Generator().manual_seed(5))


def draw(network: Any, heard: torch.Tensor, seeds: list[int], **settings: Any) -> torch.Tensor:
    settings = {"steps": 4, "schedule": NoiseSchedule(), "shape": SHAPE, **settings}
    return sample(network, heard, seeds=seeds, **settings)


class Counting:
    """A network whose answer is known: the mean of the embedding everywhere."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.timesteps: list[float] = []

    def __call__(self, noisy: torch.Tensor, timestep: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        self.batches.append(len(noisy))
        self.timesteps.append(float(timestep[0]))
        return embedding.mean(1)[:, None, None, None].expand_as(noisy) + 0.0 * noisy + 1


@pytest.mark.parametrize("scheduler", ["ddpm", "ddim", "dpm++", "EulerAncestralDiscrete"])
@pytest.mark.parametrize("dtype", [None, torch.bfloat16])
def test_same_seed_same_bytes_alone_and_in_a_batch(
    network: PixelUNet, heard: torch.Tensor, scheduler: str, dtype: torch.dtype | None
) -> None:
    settings = {"scheduler": scheduler, "dtype": dtype}
    together = draw(network, heard, [7, 8, 9], **settings)
    for row, seed in enumerate([7, 8, 9]):
        assert torch.equal(draw(network, heard[row : row + 1], [seed], **settings), together[row : row + 1])
    assert torch.equal(draw(network, heard.flip(0), [9, 8, 7], **settings), together.flip(0))
    assert not torch.equal(draw(network, heard[:1], [8], **settings), together[:1])


def test_threads_share_one_network(network: PixelUNet, heard: torch.Tensor) -> None:
    alone = [draw(network, heard, [seed] * 3) for seed in range(4)]
    with ThreadPoolExecutor(2) as pool:
        beside = list(pool.map(lambda seed: draw(network, heard, [seed] * 3), range(4)))
    assert all(torch.equal(one, other) for one, other in zip(alone, beside, strict=True))


def test_an_interrupted_drawing_leaves_nothing_behind(network: PixelUNet, heard: torch.Tensor) -> None:
    whole = draw(network, heard, [1, 2, 3])
    seen = []

    def stop(step: int, steps: int) -> None:
        seen.append((step, steps))
        if len(seen) == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw(network, heard, [1, 2, 3], callback=stop)
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4), (1, 4), (2, 4)]
    assert torch.equal(draw(network, heard, [1, 2, 3]), whole)


def test_guidance_formula() -> None:
    """eps(0) = 1 and eps(c) = 3, so scale 3 asks for 1 + 3 (3 - 1) = 7 and scale 1 for 3."""
    heard = torch.full((1, 4), 2.0)
    one_step = {"steps": 1, "scheduler": "ddim", "clip": False, "shape": (3, 2, 2)}
    kept = NoiseSchedule().kept()[-1].item()
    noisy = torch.randn(1, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    for guidance, eps in ((3.0, 7.0), (1.0, 3.0), (0.0, 1.0)):
        expected = ((noisy - (1 - kept) ** 0.5 * eps) / kept**0.5).clamp(-1, 1)
        assert torch.allclose(draw(Counting(), heard, [0], guidance=guidance, **one_step), expected)


def test_guidance_costs_nothing_outside_its_interval() -> None:
    heard = torch.ones(1, 4)
    network = Counting()
    draw(network, heard, [0], steps=10, guidance_interval=(0.25, 0.6))
    assert network.batches == [1, 1, 1, 2, 2, 2, 2, 1, 1, 1]
    network = Counting()
    draw(network, heard, [0], steps=10, guidance=1.0)
    assert network.batches == [1] * 10


def test_the_papers_sampler_takes_every_timestep() -> None:
    network = Counting()
    draw(network, torch.ones(1, 4), [0], scheduler="ddpm", steps=1000, shape=(3, 2, 2))
    assert network.timesteps == [float(t) for t in range(999, -1, -1)]


def test_capelles_step(kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = NoiseSchedule()
    x0, eps, predicted, fresh, t = (
        torch.from_numpy(kit.input("diffusion", name)) for name in ("x0", "noise", "predicted", "fresh", "t")
    )
    noisy = add_noise(x0, eps, t, schedule)
    solver, rows = make_scheduler("ddpm", schedule, schedule.steps), []
    for row in range(len(t)):
        given = fresh[row : row + 1] * (t[row] > 1)  # Capelle adds none at t = 1, his last step
        monkeypatch.setattr(f"{type(solver).__module__}.randn_tensor", lambda *_, given=given, **__: given)
        rows.append(solver.step(predicted[row : row + 1], t[row], noisy[row : row + 1]).prev_sample)
    kit.check("diffusion", "x_prev", torch.cat(rows).numpy())


@pytest.mark.parametrize("name", ["ddpm", "ddim", "dpm++", "unipc", "PNDM"])
def test_few_steps_begin_in_pure_noise(name: str) -> None:
    assert make_scheduler(name, NoiseSchedule(), 20).timesteps[0] == 999


@pytest.mark.parametrize(
    "name", ["DDIMScheduler", "ddpm", "DEISMultistep", "HeunDiscrete", "KDPM2AncestralDiscrete", "LMSDiscrete", "heun",
             "PNDM", "UniPCMultistep", "DPMSolverSinglestep", "euleRdiscrete", "LCM", "SASolver", "TCD"],
)  # fmt: skip
def test_any_scheduler_of_diffusers_finds_the_picture(name: str) -> None:
    """Given the true noise of a constant picture, every scheduler must arrive at it."""
    schedule, colour = NoiseSchedule(), 0.5
    kept = schedule.kept()

    def oracle(noisy: torch.Tensor, timestep: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        below = timestep.floor().long()
        above = (below + 1).clamp(max=999)
        share = torch.lerp(kept[below], kept[above], (timestep - below).float())[:, None, None, None]
        return (noisy - share.sqrt() * colour) / (1 - share).sqrt()

    drawn = draw(oracle, torch.zeros(1, 4), [3], steps=20, scheduler=name)
    assert (drawn - colour).abs().mean() < 0.06


@pytest.mark.parametrize(
    ("name", "part"),
    [("dmp++", "did you mean 'dpm++'"), ("RePaint", "cannot run"), ("DDIMInverse", "cannot run"),
     ("FlowMatchEulerDiscrete", "cannot run"), ("EulerDiscret", "did you mean 'EulerDiscrete'")],
)  # fmt: skip
def test_a_scheduler_that_cannot_be(name: str, part: str) -> None:
    with pytest.raises(ConfigError, match=part.replace("+", r"\+")):
        make_scheduler(name, NoiseSchedule(), 20)


@pytest.mark.parametrize(
    ("settings", "part"),
    [({"steps": 0}, "steps=0"), ({"steps": 1001}, "steps=1001"), ({"seeds": [1]}, "1 seeds for 3"),
     ({"guidance_interval": (0.9, 0.1)}, "guidance_interval")],
)  # fmt: skip
def test_settings_that_cannot_be(network: PixelUNet, heard: torch.Tensor, settings: dict[str, Any], part: str) -> None:
    with pytest.raises(ConfigError, match=part):
        draw(network, heard, **{"seeds": [1, 2, 3], **settings})


def test_a_network_in_training_mode_is_refused(heard: torch.Tensor) -> None:
    with pytest.raises(ConfigError, match=r"network\.eval"):
        draw(PixelUNet(debug()), heard, [1, 2, 3])


def test_clipping_keeps_the_foreseen_picture_in_range() -> None:
    """A network that asks for a picture ten times too bright ends on white, not somewhere else."""
    kept = NoiseSchedule().kept()

    def bright(noisy: torch.Tensor, timestep: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        share = kept[timestep.long()][:, None, None, None]
        return (noisy - share.sqrt() * 10) / (1 - share).sqrt()

    drawn = draw(bright, torch.zeros(1, 4), [3], scheduler="ddim", clip=True)
    assert torch.allclose(drawn, torch.ones_like(drawn), atol=1e-3)


def test_no_pictures() -> None:
    assert draw(Counting(), torch.zeros(0, 4), []).shape == (0, *SHAPE)
