"""What the training loop asks of whoever wants to be trained: a task (network and loss) and batches to learn from."""

from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn


class Task(Protocol):
    """A network together with its loss."""

    modules: nn.Module
    """Everything that is trained, averaged and checkpointed. Frozen parts stay outside (then the task moves them to the
    device of its batch), or inside with `requires_grad` off. Every other parameter takes part in every loss."""

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """Scalars of one batch: `loss` is minimised, the others are logged.

        Randomness (noise, dropout) may come from torch's global generators: the loop seeds them for every step.
        """
        ...


@runtime_checkable
class Finishing(Protocol):
    """What a task may also be: one that writes the product of its training."""

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the product into `out`; `modules` is in evaluation mode and has the averaged weights, else the last."""
        ...


class Batches(Protocol):
    """Training batches by number."""

    def batch(self, index: int) -> dict[str, Any]:
        """Batch `index`, a pure function of `index` and the source's own seed.

        One process draws 0, 1, 2, …; of `world` processes, number `rank` draws `step · world + rank`: together they see
        the same batches in the same order, so nothing needs to know how many there are.
        """
        ...
