"""Training steps per second of the U-Net."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from benchmarks import peers, subject
from benchmarks.comparison import Comparison
from benchmarks.race import Contender, race
from benchmarks.setting import Setting
from hearsight.training.config import TrainConfig
from hearsight.training.diffuse import DiffuseTask, Recipe
from hearsight.training.loop import Training

BATCH = 64
PRECISION: Literal["bf16"] = "bf16"


def measure(setting: Setting) -> list[Comparison]:
    """The same task, batch, optimiser, averaging and precision in our loop, with our network and with the peers.

    The last row is our network in a plain PyTorch step without averaging of weights: what the loop itself costs.
    """
    system = subject.system(setting)
    unet, config = system.unet, system.config.unet
    batch = _batch(8 if setting.debug else BATCH, config.size, system.config.audioclip.embed)
    sizes = subject.parameters(unet), config.size, system.config.audioclip.embed
    folded, plain = peers.painter_of(*sizes, peers.PATCH), peers.painter_of(*sizes)
    note = {network: _note(network, batch) for network in (unet, folded, plain)}
    peer = "diffusers: UNet2DModel on"
    contenders = [
        Contender("hearsight: PixelUNet", _in_loop(system, unet, batch), note[unet]),
        Contender(f"{peer} {peers.PATCH} x {peers.PATCH} patches", _in_loop(system, folded, batch), note[folded]),
        Contender(f"{peer} pixels (Ho et al.)", _in_loop(system, plain, batch), note[plain]),
        Contender("PixelUNet in a plain PyTorch step", _bare(system, unet, batch), note[unet]),
    ]
    rows = race(contenders, setting)
    return [Comparison(f"Training: steps of {len(batch['pictures'])} pictures of {config.size} pixels", "step", rows)]


def _batch(count: int, size: int, embed: int) -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(0)
    pictures = torch.rand(count, 3, size, size, generator=random) * 2 - 1
    return {"pictures": pictures, "embeddings": torch.randn(count, embed, generator=random)}


def _task(system: Any, network: nn.Module) -> DiffuseTask:
    recipe = Recipe(Path(), Path(), TrainConfig(1), system.config.unet, system.config.schedule)
    trained: Any = network.requires_grad_(True).train()
    return DiffuseTask(trained, recipe, system.audioclip, ())


def _in_loop(system: Any, network: nn.Module, batch: dict[str, Tensor]) -> Callable[[], object]:
    from accelerate import Accelerator

    endless = TrainConfig(steps=10**9, ema=0.999, precision=PRECISION)
    training = Training(_task(system, network), endless, Accelerator(cpu=True), Path())
    return lambda: training.one_step(batch)


def _bare(system: Any, network: nn.Module, batch: dict[str, Tensor]) -> Callable[[], object]:
    task = _task(system, network)
    optimiser = torch.optim.AdamW(network.parameters(), 3e-4)

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16):
            loss = task.loss(batch)["loss"]
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    return step


def _note(network: nn.Module, batch: dict[str, Tensor]) -> str:
    one = batch["pictures"][:1], torch.zeros(1), batch["embeddings"][:1]
    return f"{subject.size(network, *one)} forward, {PRECISION}"
