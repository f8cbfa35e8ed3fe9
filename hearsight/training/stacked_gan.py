"""The task of S2IGAN's second training: generator, discriminators and relation supervisor (equations 8 to 12).

The published code updates discriminators, relation classifier and generator in turn, each by an Adam of its own. Here
they step together: every loss stops at the weights that it does not teach, so one backward pass gives each network its
own gradient, and one Adam with one state per weight is several. What differs is that the generator is judged by the
discriminators as they were before this step, not after it. In return the training loop knows nothing of adversaries:
resuming, averaging, mixed precision and several processes work as for any other task.

The gradient must not be clipped (`train.clip: 0`): clipping goes by the norm over all networks.
"""

from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from hearsight.encoders.speech_embedding import PictureEncoder
from hearsight.errors import ConfigError
from hearsight.generators.relation_classifier import RelationClassifier
from hearsight.generators.stacked_discriminator import Discriminator
from hearsight.generators.stacked_gan import StackedGenerator
from hearsight.hub.network import save_network
from hearsight.training.adversarial_loss import LossWeights, discriminator_loss, generator_loss
from hearsight.training.relation_loss import relation_loss

Judged = Literal["mean", "sample"]


class StackedGANTask:
    """Both players' losses, added up.

    A batch is `pictures` [batch, 3, side, side] in [-1, 1] at the largest scale, `embeddings` [batch, embed] of a
    sentence about each, `wrong` pictures of other classes, and, for the relation supervisor, other pictures of the
    `same` class.
    """

    def __init__(
        self,
        generator: StackedGenerator,
        discriminators: nn.ModuleList,
        weights: LossWeights | None = None,
        *,
        relation: RelationClassifier | None = None,
        eye: PictureEncoder | None = None,
        judged: Judged = "mean",
    ) -> None:
        """`relation` and `eye`, the trained picture encoder it looks through, are needed unless its weight is 0.

        `judged`: discriminators listen to the mean of a sentence's cloud of conditions, as in the code, or to the
        condition drawn from it, as in equations 10 and 12.
        """
        self.weights, self.judged = weights or LossWeights(), judged
        self.generator, self.relation, self.eye = generator, relation, eye
        self.judges = [judge for judge in discriminators if isinstance(judge, Discriminator)]
        if self.weights.relation and (relation is None or eye is None):
            raise ConfigError(
                f"relation={self.weights.relation}: the relation supervisor needs its classifier and a trained picture "
                "encoder; give both, or relation=0."
            )
        parts: dict[str, nn.Module] = {"generator": generator, "discriminators": discriminators}
        if self.weights.relation and relation is not None and eye is not None:
            parts["relation"] = relation
            eye.eval().requires_grad_(False)
        self.modules: nn.Module = nn.ModuleDict(parts)

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The sum of all losses, and each; noise comes from torch's global generator, drawn on the CPU."""
        weights, embeddings = self.weights, batch["embeddings"]
        config = self.generator.config
        noise, condition_noise = (
            torch.randn(len(embeddings), width).to(embeddings) for width in (config.noise, config.augmentation.width)
        )
        drawn, cloud = self.generator(embeddings, noise, condition_noise)
        condition = cloud.mean if self.judged == "mean" else cloud.sample(condition_noise)
        scales = [(at(batch["pictures"], side), at(batch["wrong"], side)) for side in config.sides]
        scalars = {
            "discriminator": torch.stack(
                [
                    discriminator_loss(judge, real, wrong, fake, condition, weights)
                    for judge, (real, wrong), fake in zip(self.judges, scales, drawn, strict=True)
                ]
            ).sum(),
            "generator": torch.stack(
                [
                    generator_loss(judge, fake, condition, weights)
                    for judge, fake in zip(self.judges, drawn, strict=True)
                ]
            ).sum(),
            "divergence": cloud.divergence(),
        }
        loss = scalars["discriminator"] + scalars["generator"] + weights.divergence * scalars["divergence"]
        if weights.relation:
            scalars["relation_classifier"], scalars["relation"] = self._relations(batch, drawn[-1])
            loss = loss + scalars["relation_classifier"] + weights.relation * scalars["relation"]
        return {"loss": loss, **scalars}

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the generator; its opponents are in the checkpoints."""
        assert isinstance(modules, nn.ModuleDict)
        save_network(out, "stacked_gan", modules["generator"])

    def _relations(
        self, batch: dict[str, Any], drawn: Float[Tensor, "batch 3 side side"]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        assert self.relation is not None and self.eye is not None
        eye = self.eye.to(drawn.device)
        with torch.no_grad():
            truth, same, other = (eye(batch[name]) for name in ("pictures", "same", "wrong"))
        return relation_loss(self.relation, truth, same, other, eye(drawn))


def at(pictures: Float[Tensor, "batch 3 height width"], side: int) -> Float[Tensor, "batch 3 side side"]:
    """Real pictures at a scale: bilinear without antialiasing, as published."""
    if pictures.shape[-1] == side:
        return pictures
    return functional.interpolate(pictures, (side, side), mode="bilinear", align_corners=False)


def orthogonal_start(network: nn.Module) -> None:
    """Begin with orthogonal matrices and kernels, as the published code does (from torch's global generator)."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.orthogonal_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
