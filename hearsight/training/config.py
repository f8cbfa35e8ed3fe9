"""The settings of the training loop, the same for every task."""

from dataclasses import dataclass
from typing import Literal

from hearsight.errors import ConfigError


@dataclass(frozen=True)
class TrainConfig:
    """How a task is trained."""

    steps: int
    """Optimiser steps of the whole training."""

    learning_rate: float = 3e-4
    """The highest learning rate of the schedule."""

    warmup: int = 0
    """Steps over which the learning rate rises (onecycle: 0 means 30 % of all steps)."""

    decay: Literal["cosine", "constant", "step", "onecycle"] = "cosine"
    """What follows the warm-up: half a cosine down to zero, nothing, falling by a factor again and again, or Smith's
    one-cycle policy as torch has it."""

    decay_every: int = 0
    """With `decay: step`, after how many steps the learning rate falls, each time."""

    decay_factor: float = 0.5
    """With `decay: step`, what the learning rate is multiplied by."""

    optimiser: Literal["adamw", "adam", "muon"] = "adamw"
    """AdamW decouples weight decay from the gradient, Adam adds it to the gradient; Muon takes the linear layers and
    leaves the rest to AdamW."""

    betas: tuple[float, float] = (0.9, 0.999)
    """Adam's decay rates of the first and second moment."""

    epsilon: float = 1e-8
    """Adam's term against division by zero."""

    weight_decay: float = 0.0
    """Weight decay of matrices and kernels; biases, norms and single numbers are exempt."""

    clip: float = 1.0
    """Largest norm of the whole gradient; 0 leaves gradients as they are."""

    ema: float = 0.0
    """Decay of the moving average of the weights; 0 keeps none."""

    ema_start: Literal["ramp", "overwrite", "none"] = "ramp"
    """How the average begins: decay (1 + n) / (10 + n) while smaller, a plain copy at first, or as it goes on."""

    ema_overwrite: int = 2000
    """Steps during which `ema_start: overwrite` copies the weights (Capelle's value)."""

    precision: Literal["fp32", "bf16"] = "fp32"
    """Arithmetic of the forward and backward pass; weights, average and optimiser always stay in fp32."""

    checkpoint_every: int = 500
    """Steps between checkpoints."""

    keep: int = 2
    """How many checkpoints stay on the disk."""

    log_every: int = 50
    """Steps between log entries, each the mean since the last."""

    workers: int = 0
    """Processes that prepare batches ahead; 0 prepares them in the training process."""

    seed: int = 0
    """Seed of everything random in the loop."""

    def __post_init__(self) -> None:
        for name in ("steps", "checkpoint_every", "keep", "log_every"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name}={getattr(self, name)}: must be at least 1.")
        for name in ("warmup", "workers", "weight_decay", "clip", "ema_overwrite"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name}={getattr(self, name)}: cannot be negative; 0 switches it off.")
        if not self.learning_rate > 0:
            raise ConfigError(f"learning_rate={self.learning_rate}: must be above 0, e.g. 3e-4.")
        if not 0 <= self.ema < 1:
            raise ConfigError(f"ema={self.ema}: a decay lies in [0, 1), e.g. 0.999; 0 keeps no average.")
        if (self.decay == "step") != (self.decay_every > 0) or not 0 < self.decay_factor <= 1:
            raise ConfigError(
                f"decay={self.decay}, decay_every={self.decay_every}, decay_factor={self.decay_factor}: `decay: step` "
                "needs a number of steps above 0 and a factor in (0, 1]; other decays need decay_every=0."
            )
        if self.warmup >= self.steps:
            raise ConfigError(f"warmup={self.warmup}: must be shorter than the training, steps={self.steps}.")
