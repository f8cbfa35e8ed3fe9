"""The training loop: any task, on one CPU or many GPUs, resumed to the bit.

Step n is a pure function of (weights, optimiser, seed, n, rank): the batch is drawn by number, the random generators
are seeded anew for every step, learning rate and averaging decay are computed from n. A checkpoint therefore needs no
generator states, and a resumed run repeats the uninterrupted one exactly.
"""

import atexit
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from hearsight.errors import HearsightError, MissingDependency
from hearsight.hub.folder import load_weights
from hearsight.seeds import derive
from hearsight.training import checkpoint, interruption, schedule
from hearsight.training.config import TrainConfig
from hearsight.training.ema import MovingAverage, decay_at
from hearsight.training.optimiser import optimiser
from hearsight.training.progress import TrainingProgress
from hearsight.training.task import Batches, Finishing, Task

if TYPE_CHECKING:
    from accelerate import Accelerator

__all__ = ["TrainConfig", "train"]


def train(task: Task, batches: Batches, config: TrainConfig, out: Path, *, resume: bool = True) -> Path:
    """Train `task` for `config.steps` steps, let it write its product into `out`, and return the last checkpoint.

    Checkpoints go to `out/checkpoints`, TensorBoard curves to `out/logs`. With `resume`, training goes on from the
    newest whole checkpoint; without it, those there are removed. Ctrl-C finishes the step at hand, writes a checkpoint
    and raises KeyboardInterrupt. Raises HearsightError when a logged number is no longer finite.
    """
    try:
        from accelerate import Accelerator
    except ImportError:
        raise MissingDependency("training needs accelerate: pip install 'hearsight[train]'") from None

    # Accelerate joins CPU processes only if told `cpu`; its precision is one per process, so the loop has its own.
    accelerator = Accelerator(cpu=not torch.accelerator.is_available(), mixed_precision="no")
    if accelerator.num_processes > 1:  # a group whose threads still run when Python ends now and then aborts it
        atexit.register(accelerator.end_training)
    training = Training(task, config, accelerator, out)
    if resume:
        training.resume()
    elif accelerator.is_main_process:
        checkpoint.remove_all(out / "checkpoints")
    accelerator.wait_for_everyone()
    last = training.run(batches)
    task.modules.eval()
    if isinstance(task, Finishing) and accelerator.is_main_process:
        task.finish(training.average.network if training.average else task.modules, out)
    accelerator.wait_for_everyone()
    return last


class Training:
    """A training under way: the task, its optimiser, its average, and the number of steps done."""

    def __init__(self, task: Task, config: TrainConfig, accelerator: "Accelerator", out: Path) -> None:
        self.task, self.config, self.accelerator, self.out = task, config, accelerator, out
        self.forward = accelerator.prepare(Loss(task, config.precision, accelerator.device.type))
        self.names = {weight: name for name, weight in task.modules.named_parameters() if weight.requires_grad}
        self.optimiser = optimiser(task.modules, config)
        self.average = MovingAverage(task.modules) if config.ema else None
        self.step = 0

    def resume(self) -> None:
        """Take up the newest whole checkpoint in `out`, if there is one."""
        place = checkpoint.newest(self.out / "checkpoints")
        if place is None:
            return
        cure = "Train into a new folder."
        load_weights(self.task.modules, place / "weights.safetensors", cure)
        checkpoint.load_optimiser(self.optimiser, self.names, place / "optimiser.safetensors")
        if self.average:
            kept = place / "average.safetensors"
            load_weights(self.average.network, kept if kept.exists() else place / "weights.safetensors", cure)
        self.step = checkpoint.state(place)["step"]

    def run(self, batches: Batches) -> Path:
        """Train until the last step and return its checkpoint."""
        self.task.modules.train()
        window: list[dict[str, Tensor]] = []
        logs = self.out / "logs"
        silent = not self.accelerator.is_main_process
        with (
            interruption.Interruption() as stop,
            TrainingProgress(logs, done=self.step, steps=self.config.steps, silent=silent) as progress,
        ):
            if self.step:
                progress.say(f"{self.out}: going on after step {self.step}")
            for batch in self._batches(batches):
                window.append(self.one_step(batch))
                progress.advance()
                stopping = self._agreed(stop.wanted)
                saving = stopping or self._due(self.config.checkpoint_every)
                if saving or self._due(self.config.log_every):
                    progress.report(self._means(window))
                    window.clear()
                if saving:
                    self.save()
                if stopping:
                    progress.say(f"Stopped after step {self.step}; the same command goes on from there.")
                    raise KeyboardInterrupt
        return self.out / "checkpoints" / f"step-{self.step:06d}"

    def one_step(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """One update of the weights and their average; returns the scalars to log."""
        from accelerate.utils import send_to_device

        config = self.config
        seed_everything(derive(config.seed, "step", self.step, self.accelerator.process_index))
        rate, beta = schedule.learning_rate(self.step, config), schedule.first_beta(self.step, config)
        for group in self.optimiser.param_groups:
            group["lr"], group["betas"] = rate, (beta, config.betas[1])
        scalars: dict[str, Tensor] = self.forward(send_to_device(batch, self.accelerator.device, non_blocking=True))
        self.accelerator.backward(scalars["loss"])
        norm = nn.utils.clip_grad_norm_(list(self.names), config.clip or math.inf)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        if self.average:
            self.average.update(self.task.modules, decay_at(self.step, config))
        self.step += 1
        detached = {name: value.detach().float() for name, value in scalars.items()}
        return {**detached, "gradient_norm": norm, "learning_rate": torch.tensor(rate)}

    def save(self) -> None:
        """Write a checkpoint of the steps done so far (the main process alone)."""
        if not self.accelerator.is_main_process:
            return
        tensors = {
            "weights": self.task.modules.state_dict(),
            "optimiser": checkpoint.optimiser_tensors(self.optimiser, self.names),
        }
        if self.average:
            tensors["average"] = self.average.network.state_dict()
        folder, world = self.out / "checkpoints", self.accelerator.num_processes
        checkpoint.save(folder, self.step, tensors, keep=self.config.keep, processes=world)

    def _batches(self, batches: Batches) -> Iterator[dict[str, Any]]:
        world, rank = self.accelerator.num_processes, self.accelerator.process_index
        numbers = range(self.step * world + rank, self.config.steps * world, world)
        workers = self.config.workers
        return iter(
            DataLoader(
                _Numbered(batches, self.config.seed),
                batch_size=None,
                sampler=numbers,
                num_workers=workers,
                worker_init_fn=interruption.ignore if workers else None,
                pin_memory=self.accelerator.device.type == "cuda",
            )
        )

    def _due(self, every: int) -> bool:
        return self.step % every == 0 or self.step == self.config.steps

    def _agreed(self, wanted: bool) -> bool:
        """Whether any process wants to stop: all must stop after the same step."""
        if self.accelerator.num_processes == 1:
            return wanted
        if wanted:
            self.accelerator.set_trigger()
        return self.accelerator.check_trigger()

    def _means(self, window: list[dict[str, Tensor]]) -> dict[str, float]:
        """The mean of every scalar over the steps of `window` and all processes."""
        device = self.accelerator.device
        own = torch.stack([torch.stack([scalars[name].to(device) for scalars in window]).mean() for name in window[0]])
        means = dict(zip(window[0], self.accelerator.reduce(own, "mean").tolist(), strict=True))
        for name, mean in means.items():
            if not math.isfinite(mean):
                raise HearsightError(
                    f"{name} is {mean} near step {self.step}: the training diverged; "
                    f"lower train.learning_rate or train.clip and begin again."
                )
        return means


class Loss(nn.Module):
    """A task's loss as a module's forward pass: what DistributedDataParallel wraps to average gradients."""

    def __init__(self, task: Task, precision: str, device: str) -> None:
        super().__init__()
        self.trained = task.modules
        self.task, self.precision, self.device = task, precision, device

    def forward(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        with torch.autocast(self.device, torch.bfloat16, enabled=self.precision == "bf16"):
            return self.task.loss(batch)


class _Numbered(Dataset[dict[str, Any]]):
    """Batches by number, each under its own seed, so that even a careless one is the same in every worker."""

    def __init__(self, batches: Batches, seed: int) -> None:
        self.batches, self.seed = batches, seed

    def __getitem__(self, index: int) -> dict[str, Any]:
        seed_everything(derive(self.seed, "batch", index))
        return self.batches.batch(index)


def seed_everything(seed: int) -> None:
    """Seed the global generators of Python, numpy and torch (every device)."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
