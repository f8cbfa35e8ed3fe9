"""Gradient search: a generator's latents are moved until an encoder finds their pictures like what was heard.

    latent --decode--> picture --cutouts--> views --look--> embeddings --unlikeness--> loss --Adam--> latent

Crowson et al., "VQGAN-CLIP" (2022), section 3; Wav2CLIP (Wu et al. 2022) and WavBriVL (section 4.1) search VQGAN,
StyleWav (section 2, figure 1) searches StyleGAN2 as StyleCLIP (Patashnik et al. 2021, section 4) does. Networks are
left as they are. Every picture has its own latent, optimiser and random numbers, and by default its own call of the
networks, so it comes out the same whatever it is searched with; all pictures take step n before any takes n + 1.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from hearsight.conditions.likeness import Target, unlikeness
from hearsight.errors import ConfigError
from hearsight.samplers.climber import Climber, Decode
from hearsight.samplers.cutouts import cutouts
from hearsight.samplers.rates import rate
from hearsight.samplers.search_config import SearchConfig
from hearsight.seeds import generator

Look = Callable[[Float[Tensor, "batch 3 size size"]], Float[Tensor, "batch embed"]]
"""Pixels in [0, 1] to embeddings, whatever normalisation the encoder needs included."""
Start = Callable[[torch.Generator], Float[Tensor, "*latent"]]
"""A random start."""


@dataclass(frozen=True)
class Progress:
    """Where a search stands after a step; what a callback is given."""

    step: int
    """Updates made."""
    steps: int
    """Updates to make."""
    loss: Float[Tensor, " picture"]
    """Of the pictures before this update."""
    pictures: Float[Tensor, "picture 3 height width"]
    """Those pictures, pixels in [0, 1]: a preview."""


@dataclass(frozen=True)
class Found:
    """What a search found."""

    latent: Float[Tensor, "picture *latent"]
    """The latents that are kept."""
    pictures: Float[Tensor, "picture 3 height width"]
    """Their pictures, pixels in [0, 1]."""
    loss: Float[Tensor, " picture"]
    """Their losses as seen when they were looked at; infinite where an interruption came first."""
    steps: tuple[int, ...]
    """Updates that led to each."""
    looks: tuple[int, ...]
    """How often each was looked at, which an interrupted search is drawn again by (`SearchConfig.until`)."""
    interruption: BaseException | None = None
    """What ended the search early: a KeyboardInterrupt, or whatever the callback raised."""


def search(
    decode: Decode | Sequence[Decode],
    look: Look,
    targets: Sequence[Sequence[Target]],
    start: Start | Float[Tensor, "picture *latent"],
    *,
    seeds: Sequence[int],
    config: SearchConfig,
    constrain: Callable[[Float[Tensor, "1 *latent"]], Float[Tensor, "1 *latent"]] | None = None,
    movable: Bool[Tensor, "*latent"] | None = None,
    face: Look | None = None,
    callback: Callable[[Progress], None] | None = None,
) -> Found:
    """Search one picture per seed.

    Args:
        decode: latents to pictures; or one such function per picture, where they differ (in their noise, say).
        look: views to embeddings.
        targets: of each picture, what it should be like; in the space of `look`.
        start: draws a random start, or holds the starts (an encoded picture, the mean W, a given latent).
        seeds: one per picture; its start and its cutouts come from it alone.
        constrain: takes a latent back to where it may be, after every update (VQGAN's `within_codebook`).
        movable: the entries of a latent that may change; all unless given.
        face: embeds whole pictures by whose face they show, for `config.identity`.
        callback: called after every step. What it raises ends the search, as Ctrl-C does: the best pictures so far
            are given back.

    Raises:
        ConfigError: counts that do not agree, or settings that cannot work together.
    """
    decoders = list(decode) if isinstance(decode, Sequence) else [decode] * len(seeds)
    _check(decoders, targets, start, seeds, config, face)
    if not seeds:
        raise ConfigError("seeds: there are none; give one per picture.")
    # Whatever mode the caller is in: here gradients are needed.
    with torch.inference_mode(False), torch.enable_grad():
        climbers = []
        for number, seed in enumerate(seeds):
            origins = _origins(start, number, seed, config)
            climbers.append([Climber(origin, decoders[number], targets[number], seed, config) for origin in origins])
        run = _Run(look, config, constrain, movable, face)
        interruption = run.all_steps(climbers, callback)
        return run.found([each[0] for each in climbers], interruption)


@dataclass(frozen=True)
class _Run:
    """What all pictures of a search share."""

    look: Look
    config: SearchConfig
    constrain: Callable[[Tensor], Tensor] | None
    movable: Tensor | None
    face: Look | None

    def all_steps(
        self, climbers: list[list[Climber]], callback: Callable[[Progress], None] | None
    ) -> BaseException | None:
        """Take all steps, and return what interrupted them. Of several starts only the best is left in `climbers`."""
        try:
            for step in range(self.config.steps + 1):
                if step == self.config.until:
                    return None
                if step == self.config.trial_steps:
                    self._choose(climbers)
                if step == self.config.steps:
                    break
                moving = [each for few in climbers for each in few if not self._is_done(each)]
                if not moving:
                    break
                for group in self._groups(moving):
                    self._update(group)
                if callback:
                    try:
                        callback(self._progress(step + 1, [min(few, key=lambda each: each.loss) for few in climbers]))
                    except Exception as raised:
                        return raised
            if self.config.until is None or self.config.until > self.config.steps:
                self._look_again([min(few, key=lambda each: each.best_loss) for few in climbers])
        except KeyboardInterrupt as raised:
            return raised
        finally:
            for few in climbers:
                few[:] = [min(few, key=lambda each: each.best_loss)]
        return None

    def found(self, climbers: Sequence[Climber], interruption: BaseException | None) -> Found:
        """The pictures to give back."""
        last = self.config.keep == "last" and self.config.until is None and interruption is None
        latents = [each.latent.detach() if last else each.best for each in climbers]
        pictures = [each.picture if last else each.best_picture for each in climbers]
        for number, each in enumerate(climbers):
            if pictures[number] is None:  # it was never looked at
                with torch.no_grad():
                    pictures[number] = each.decode(each.best[None])[0]
        return Found(
            torch.stack(latents),
            torch.stack([picture for picture in pictures if picture is not None]),
            torch.tensor([each.loss if last else each.best_loss for each in climbers]),
            tuple(each.step if last else each.best_step for each in climbers),
            tuple(each.looks for each in climbers),
            interruption,
        )

    def _look_again(self, climbers: Sequence[Climber]) -> None:
        """Measure latents as they are after their last update."""
        with torch.no_grad():
            for group in self._groups(climbers):
                self._measure(group)

    def _choose(self, climbers: list[list[Climber]]) -> None:
        """Keep the best start of each picture."""
        for few in climbers:
            if len(few) > 1:
                self._look_again(few)
                few[:] = [min(few, key=lambda each: each.loss)]
                few[0].waited = 0

    def _update(self, group: Sequence[Climber]) -> None:
        """Measure the pictures of a group, then move their latents one step."""
        losses = self._measure(group)
        gradients = torch.autograd.grad(losses.sum(), [each.latent for each in group])
        for each, gradient in zip(group, gradients, strict=True):
            each.latent.grad = gradient if self.movable is None else gradient * self.movable
            each.adam.param_groups[0]["lr"] = self.config.rate * rate(self.config.rates, each.step / self.config.steps)
            each.adam.step()
            each.latent.grad = None
            each.step += 1
            if self.constrain:
                with torch.no_grad():
                    each.latent.copy_(self.constrain(each.latent[None])[0])

    def _measure(self, group: Sequence[Climber]) -> Float[Tensor, " picture"]:
        """The losses of a group's latents as they are; each climber remembers its own."""
        config = self.config
        latents = torch.stack([each.latent for each in group])
        pictures = group[0].decode(latents)
        views = [
            cutouts(picture, config.cutouts, each.seed, "cutouts", each.step)
            for each, picture in zip(group, pictures, strict=True)
        ]
        looked = self.look(torch.cat(views)).split(config.cutouts.count)
        losses = torch.stack(
            [
                unlikeness(embedding, each.targets, config.distance, config.scale)
                + config.pull * (each.latent - each.origin).square().sum()
                for each, embedding in zip(group, looked, strict=True)
            ]
        )
        if self.face and config.identity:
            losses = losses + config.identity * self._changes_of_face(group, pictures, self.face)
        for each, loss, picture in zip(group, losses.tolist(), pictures.detach(), strict=True):
            each.remember(loss, picture, config.tolerance)
        return losses

    def _changes_of_face(
        self, group: Sequence[Climber], pictures: Float[Tensor, "picture 3 height width"], face: Look
    ) -> Float[Tensor, " picture"]:
        """1 - cosine of the faces that the pictures show and those they started from."""
        for each in group:
            if each.face is None:
                with torch.no_grad():
                    each.face = face(each.decode(each.origin[None]))[0]
        before = torch.stack([each.face for each in group if each.face is not None])
        return 1 - F.cosine_similarity(face(pictures), before, dim=-1)

    def _groups(self, climbers: Sequence[Climber]) -> Iterator[list[Climber]]:
        """Climbers that go through the networks together: neighbours with the same decoder."""
        group: list[Climber] = []
        for each in climbers:
            if group and (len(group) == self.config.together or each.decode is not group[0].decode):
                yield group
                group = []
            group.append(each)
        yield group

    def _is_done(self, climber: Climber) -> bool:
        return self.config.patience is not None and climber.waited >= self.config.patience

    def _progress(self, step: int, climbers: Sequence[Climber]) -> Progress:
        pictures = [each.picture for each in climbers if each.picture is not None]
        return Progress(step, self.config.steps, torch.tensor([each.loss for each in climbers]), torch.stack(pictures))


def _origins(start: Any, number: int, seed: int, config: SearchConfig) -> list[Tensor]:
    if isinstance(start, Tensor):
        return [start[number].clone()]
    return [start(generator(seed, "start", trial)) for trial in range(config.starts)]


def _check(
    decoders: Sequence[Decode],
    targets: Sequence[Sequence[Target]],
    start: Any,
    seeds: Sequence[int],
    config: SearchConfig,
    face: Look | None,
) -> None:
    counts = {"targets": len(targets), "decode": len(decoders)}
    if isinstance(start, Tensor):
        counts["start"] = len(start)
        if config.starts > 1:
            raise ConfigError(f"starts={config.starts}: the start is given, so there is only one; set starts=1.")
    for name, count in counts.items():
        if count != len(seeds):
            raise ConfigError(f"{name}: {count} for {len(seeds)} seeds; give one per picture.")
    if not all(targets):
        raise ConfigError("targets: a picture has none; give every picture at least one thing to be like.")
    if config.identity and face is None:
        raise ConfigError(f"identity={config.identity}: needs a network that knows faces; give `face`, or set it to 0.")
