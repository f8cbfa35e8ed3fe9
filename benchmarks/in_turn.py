"""A training step of S2IGAN in the structure of the reference (xinshengwang/S2IGAN), with our networks.

Retold from what it does: discriminators, relation classifier and generator are updated in turn, each by an Adam of its
own, so the discriminators judge every drawing twice; the generator's backward pass also reaches the discriminators'
weights, whose gradients nobody uses; cross entropy is taken of probabilities; the average of the generator's weights is
taken weight by weight. Unlike the reference's, real pictures come with their embeddings, as in our batches.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import deepcopy
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from hearsight.encoders.speech_embedding import PictureEncoder
from hearsight.generators.relation_classifier import Relation, RelationClassifier
from hearsight.generators.stacked_discriminator import Discriminator
from hearsight.generators.stacked_gan import StackedGenerator
from hearsight.training.stacked_gan import StackedGANTask, at

DIVERGENCE = 2.0
DECAY = 0.999


class InTurn:
    """The players of a task, each with its own Adam."""

    def __init__(self, task: StackedGANTask, rate: float, precision: Callable[[], AbstractContextManager[Any]]) -> None:
        """`precision` is what every forward pass runs under."""
        assert task.relation is not None and task.eye is not None
        self.generator: StackedGenerator = task.generator
        self.judges: list[Discriminator] = task.judges
        self.relation: RelationClassifier = task.relation
        self.eye: PictureEncoder = task.eye
        self.average = deepcopy(self.generator)
        self.precision = precision
        task.modules.train()

        def adam(network: nn.Module) -> torch.optim.Adam:
            return torch.optim.Adam(network.parameters(), rate, betas=(0.5, 0.999))

        self.painting, self.relating = adam(self.generator), adam(self.relation)
        self.judging = [adam(judge) for judge in self.judges]

    def step(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """One update of everybody; the losses, by the names of `StackedGANTask.loss`."""
        embeddings, config = batch["embeddings"], self.generator.config
        widths = (config.noise, config.augmentation.width)
        with self.precision():
            drawn, cloud = self.generator(embeddings, *(torch.randn(len(embeddings), width) for width in widths))
        losses = {"discriminator": self._judge(batch, drawn, cloud.mean)}
        with self.precision():
            seen = self.eye(drawn[-1])
        losses["relation_classifier"] = self._relate(batch, seen)
        with self.precision():
            generator = torch.stack(
                [
                    _entropy(verdict.matching, 1.0) + _entropy(verdict.alone, 1.0)
                    for verdict in (judge(fake, cloud.mean) for judge, fake in zip(self.judges, drawn, strict=True))
                ]
            ).sum()
            divergence, relation = cloud.divergence(), self._sorted(batch["truth"], seen, Relation.SAME_CLASS)
        _update(self.painting, generator + DIVERGENCE * divergence + relation)
        with torch.no_grad():
            for kept, weight in zip(self.average.parameters(), self.generator.parameters(), strict=True):
                kept.mul_(DECAY).add_(weight, alpha=1 - DECAY)
        return losses | {"generator": generator, "divergence": divergence, "relation": relation}

    def _judge(
        self,
        batch: dict[str, Tensor],
        drawn: list[Float[Tensor, "batch 3 side side"]],
        condition: Float[Tensor, "batch width"],
    ) -> Float[Tensor, ""]:
        condition, losses = condition.detach(), []
        for judge, adam, fake in zip(self.judges, self.judging, drawn, strict=True):
            side = fake.shape[-1]
            with self.precision():
                real, wrong, false = (
                    judge(pictures, condition)
                    for pictures in (at(batch["pictures"], side), at(batch["wrong"], side), fake.detach())
                )
                matching = _entropy(real.matching, 1.0) + _entropy(wrong.matching, 0.0) + _entropy(false.matching, 0.0)
                alone = _entropy(real.alone, 1.0) + _entropy(wrong.alone, 1.0) + _entropy(false.alone, 0.0)
            _update(adam, matching + alone)
            losses.append((matching + alone).detach())
        return torch.stack(losses).sum()

    def _relate(self, batch: dict[str, Tensor], seen: Float[Tensor, "batch embed"]) -> Float[Tensor, ""]:
        truth = batch["truth"]
        with self.precision():
            loss = (
                self._sorted(truth, batch["same"], Relation.SAME_CLASS)
                + self._sorted(truth, batch["other"], Relation.OTHER_CLASS)
                + self._sorted(truth, truth, Relation.ITSELF)
                + self._sorted(truth, seen.detach(), Relation.SAME_CLASS)
            )
        _update(self.relating, loss)
        return loss.detach()

    def _sorted(
        self, one: Float[Tensor, "batch embed"], other: Float[Tensor, "batch embed"], relation: Relation
    ) -> Float[Tensor, ""]:
        return functional.cross_entropy(self.relation(one, other).float(), torch.full((len(one),), int(relation)))


def _entropy(logits: Float[Tensor, " batch"], truth: float) -> Float[Tensor, ""]:
    with torch.autocast("cpu", enabled=False):  # refused in lower precision
        return functional.binary_cross_entropy(logits.sigmoid(), torch.full_like(logits, truth))


def _update(adam: torch.optim.Adam, loss: Float[Tensor, ""]) -> None:
    adam.zero_grad()
    loss.backward()
    adam.step()
