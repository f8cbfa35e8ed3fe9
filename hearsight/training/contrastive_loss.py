"""CXLoss, by which an ear learns to say what an eye sees.

    CXLoss = L(f(picture), sound) + L(picture, g(sound))        Wav2CLIP; WavBriVL, section 2.3

`picture` is the embedding of a frozen image tower, `sound` what the ear makes of a sound before its last projection g,
which is part of the ear and kept; f is a projection the other way, which is thrown away after training. L is a
contrastive loss: in Wav2CLIP that of CLIP, against the other items of the batch; in WavBriVL that of BriVL, against
queues of keys that slowly following copies of the networks have made (Fei et al. 2022, after He et al. 2020).

A queue holds two keys of everything, one for each of the two terms. The direction from a frozen picture to the queue of
sounds has a value but no gradient.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from hearsight.encoders.one_by_one import unit
from hearsight.errors import ConfigError
from hearsight.training.gathered import gathered
from hearsight.training.momentum import follow, slow_copy
from hearsight.training.negative_queue import NegativeQueue, alike


@dataclass(frozen=True)
class ContrastConfig:
    """The contrastive loss L. The defaults are Wav2CLIP's."""

    negatives: Literal["batch", "queue"] = "batch"
    """What a pair is held against: the other pairs of the batch (of all processes), or queues of past keys."""
    temperature: float = 0.07
    """What cosines are divided by, at first or always."""
    learn_temperature: bool = True
    """Whether it is learned, one for each term, without bounds."""
    queue: int = 9600
    """Length of each queue."""
    momentum: float = 0.99
    """How much of itself the slow copy keeps at every step."""
    reduction: Literal["mean", "sum"] = "mean"
    """Mean or sum of the four cross entropies: two terms, two directions."""
    dropout: float = 0.1
    """Dropout in f, the projection that is thrown away."""
    positives: Literal["pair", "class"] = "pair"
    """`pair`: everything but a sound's own picture is a negative, as published. `class`: others of its class are left
    out; with few classes they would be most of the likely answers."""
    closeness: float = 0.0
    """Weight of 1 - cos(picture, g(sound)) beside L, which papers do without. A contrast only asks that others be
    farther away; what a search moves pictures towards should itself lie where pictures lie."""

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise ConfigError(f"contrast.temperature={self.temperature}: must be above 0, e.g. 0.07.")
        if self.queue < 1:
            raise ConfigError(f"contrast.queue={self.queue}: must be at least 1, e.g. 9600.")
        if not 0 <= self.momentum < 1:
            raise ConfigError(f"contrast.momentum={self.momentum}: lies in [0, 1), e.g. 0.99.")
        if self.closeness < 0:
            raise ConfigError(f"contrast.closeness={self.closeness}: must be at least 0.")


def wav2clip() -> ContrastConfig:
    """Wav2CLIP's: the batch, a learned temperature, the mean of all four cross entropies."""
    return ContrastConfig()


def brivl() -> ContrastConfig:
    """BriVL's, with WavBriVL's values: two queues of 9600, momentum 0.99, a fixed temperature, sums."""
    return ContrastConfig("queue", learn_temperature=False, reduction="sum", dropout=0.0)


class Side(NamedTuple):
    """One side of a contrast, all of unit length."""

    queries: Float[Tensor, "batch width"]
    """With gradients."""
    keys: Float[Tensor, "batch width"] | None = None
    """From the slow copy; only queues need them."""


class Heard(NamedTuple):
    """What an ear makes of sounds."""

    features: Float[Tensor, "batch feature"]
    """Before its projection g."""
    embedding: Float[Tensor, "batch embed"]
    """After it: the ear's embedding, not normalised."""


class Contrast(nn.Module):
    """L: both sides look for their partner on the other one."""

    def __init__(self, config: ContrastConfig, width: int) -> None:
        super().__init__()
        self.config = config
        scale = -torch.tensor(config.temperature).log()
        if config.learn_temperature:
            self.scale = nn.Parameter(scale)
        else:
            self.register_buffer("scale", scale)
        if config.negatives == "queue":
            self.first, self.second = NegativeQueue(config.queue, width), NegativeQueue(config.queue, width)

    def forward(self, first: Side, second: Side, classes: Int[Tensor, "batch 2"]) -> Float[Tensor, ""]:
        """The cross entropies of both directions, reduced as the config says.

        `classes` has two per row, see `negative_queue.alike`. In training mode the keys enter the queues afterwards.
        """
        if self.config.negatives == "batch":
            losses = self._within_batch(first.queries, second.queries, classes)
        else:
            losses = self._against_queues(first, second, classes)
        return losses.mean() if self.config.reduction == "mean" else losses.sum()

    def _within_batch(
        self, first: Float[Tensor, "batch width"], second: Float[Tensor, "batch width"], classes: Int[Tensor, "batch 2"]
    ) -> Float[Tensor, "2"]:
        """CLIP's loss: every other item of the batch is a negative."""
        first, second, classes = gathered(first), gathered(second), gathered(classes)
        own = torch.arange(len(first), device=first.device)
        left_out = self._left_out(classes, classes) & (own[:, None] != own)
        logits = (self.scale.exp() * first @ second.mT).masked_fill(left_out, -torch.inf)
        return torch.stack((functional.cross_entropy(logits, own), functional.cross_entropy(logits.mT, own)))

    def _against_queues(self, first: Side, second: Side, classes: Int[Tensor, "batch 2"]) -> Float[Tensor, "2"]:
        """BriVL's loss: a query's own key against all keys of the other side's queue."""
        assert first.keys is not None and second.keys is not None
        losses = torch.stack(
            (
                self._against(first.queries, second.keys, self.second, classes),
                self._against(second.queries, first.keys, self.first, classes),
            )
        )
        if self.training:
            self.first.put(first.keys, classes)
            self.second.put(second.keys, classes)
        return losses

    def _against(
        self,
        queries: Float[Tensor, "batch width"],
        keys: Float[Tensor, "batch width"],
        queue: NegativeQueue,
        classes: Int[Tensor, "batch 2"],
    ) -> Float[Tensor, ""]:
        negatives = queue.keys.clone()  # the backward pass needs them as they are now
        own = (queries * keys).sum(dim=1, keepdim=True)
        logits = self.scale.exp() * torch.cat((own, queries @ negatives.mT), dim=1)
        # Only now, for minus infinity times the temperature's gradient is no number.
        left_out = functional.pad(self._left_out(classes, queue.classes), (1, 0), value=False)
        logits = logits.masked_fill(left_out, -torch.inf)
        return functional.cross_entropy(logits, logits.new_zeros(len(logits), dtype=torch.long))

    def _left_out(self, one: Int[Tensor, "batch 2"], other: Int[Tensor, "others 2"]) -> Bool[Tensor, "batch others"]:
        same = alike(one, other)
        return same if self.config.positives == "class" else torch.zeros_like(same)


class CXLoss(nn.Module):
    """Both terms, the projection f, and with queues its slow copy."""

    def __init__(self, config: ContrastConfig, features: int, embed: int) -> None:
        """For an ear with so many `features` before its projection and embeddings of `embed` numbers."""
        super().__init__()
        self.config = config
        hidden = nn.Linear(embed, embed)
        self.project = nn.Sequential(hidden, nn.ReLU(), nn.Dropout(config.dropout), nn.Linear(embed, features))
        self.slow_project = slow_copy(self.project) if config.negatives == "queue" else None
        self.by_features = Contrast(config, features)
        self.by_embeddings = Contrast(config, embed)

    def forward(
        self,
        picture: Float[Tensor, "batch embed"],
        heard: Heard,
        slowly_heard: Heard | None,
        classes: Int[Tensor, "batch 2"],
    ) -> Float[Tensor, ""]:
        """The loss; `slowly_heard` is what the ear's slow copy makes of the sounds, needed where there are queues."""
        projected, slowly_projected = self.project(picture), None
        if self.slow_project is not None:
            with torch.no_grad():
                slowly_projected = self.slow_project(picture)
        with torch.autocast(picture.device.type, enabled=False):
            by_features = self.by_features(
                _side(projected, slowly_projected),
                _side(heard.features, slowly_heard and slowly_heard.features),
                classes,
            )
            by_embeddings = self.by_embeddings(
                _side(picture, picture),  # frozen, it is its own slow copy
                _side(heard.embedding, slowly_heard and slowly_heard.embedding),
                classes,
            )
            apart = 1 - functional.cosine_similarity(picture.float(), heard.embedding.float()).mean()
        contrasts = (by_features + by_embeddings) / (2 if self.config.reduction == "mean" else 1)
        return contrasts + self.config.closeness * apart

    def follow(self) -> None:
        """Let the slow copy of f follow it by one step."""
        if self.slow_project is not None:
            follow(self.slow_project, self.project, self.config.momentum)


def _side(queries: Float[Tensor, "batch width"], keys: Float[Tensor, "batch width"] | None) -> Side:
    return Side(unit(queries.float()), None if keys is None else unit(keys.float()))
