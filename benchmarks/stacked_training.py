"""Training steps of S2IGAN's generator: all players together, as we do it, beside the reference's way, in turn."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.utils import convert_conv2d_weight_memory_format

from benchmarks import subject
from benchmarks.comparison import Comparison
from benchmarks.in_turn import InTurn
from benchmarks.race import Contender, race
from benchmarks.setting import Setting
from hearsight.encoders import speech_embedding
from hearsight.encoders.speech_embedding import PictureEncoder
from hearsight.generators import stacked_discriminator, stacked_gan
from hearsight.generators.relation_classifier import RelationClassifier, RelationConfig
from hearsight.generators.stacked_gan import StackedGenerator
from hearsight.seeds import generator
from hearsight.training.config import TrainConfig
from hearsight.training.loop import Training
from hearsight.training.stacked_gan import StackedGANTask

BATCH = 16
RATE = 2e-4
BFLOAT16 = partial(torch.autocast, "cpu", torch.bfloat16)


def measure(setting: Setting) -> list[Comparison]:
    """The same networks, losses and batch, in both structures and both precisions."""
    task = players(setting)
    batch = sentences(task, 4 if setting.debug else BATCH)
    size = f"generator {subject.parameters(task.generator) / 1e6:.2f} M parameters"
    plain, last = f"{size}, fp32", f"{size}, bf16, weights channels last"
    ours, theirs = "hearsight: together, in our loop", "the reference's structure: in turn"
    rows = race(
        [
            Contender(ours, together(_channels_last(task), batch, "bf16"), last),
            Contender(ours, together(deepcopy(task), batch, "fp32"), plain),
            Contender(theirs, in_turn(deepcopy(task), batch, nullcontext), plain),
            Contender(theirs, in_turn(_channels_last(task), batch, BFLOAT16), last),
        ],
        setting,
    )
    side = task.generator.config.sides[-1]
    return [Comparison(f"Training S2IGAN: steps of {len(batch['pictures'])} sentences, {side} pixels", "step", rows)]


def players(setting: Setting) -> StackedGANTask:
    """Generator, discriminators and relation supervisor with random weights, which change no time."""
    sen = speech_embedding.debug() if setting.debug else speech_embedding.pocket()
    embed = sen.speech.embed
    config = stacked_gan.debug(embed) if setting.debug else stacked_gan.pocket(embed)
    judges = stacked_discriminator.debug() if setting.debug else stacked_discriminator.pocket()
    return StackedGANTask(
        StackedGenerator(config),
        stacked_discriminator.discriminators(judges, config),
        relation=RelationClassifier(RelationConfig(embed)),
        eye=PictureEncoder(sen.picture, embed),
    )


def sentences(task: StackedGANTask, count: int) -> dict[str, Tensor]:
    """A batch of `count` rows: noise of the right shapes."""
    random, config = generator(0), task.generator.config
    pictures, wrong = torch.rand(2, count, 3, config.sides[-1], config.sides[-1], generator=random) * 2 - 1
    names = ("embeddings", "truth", "same", "other")
    seen = torch.randn(len(names), count, config.augmentation.embed, generator=random)
    return {"pictures": pictures, "wrong": wrong, **dict(zip(names, seen, strict=True))}


def together(
    task: StackedGANTask, batch: dict[str, Tensor], precision: Literal["fp32", "bf16"]
) -> Callable[[], object]:
    """One step of our loop: one backward pass, one Adam, and the average of the weights."""
    from accelerate import Accelerator

    endless = TrainConfig(
        steps=10**9, learning_rate=RATE, decay="constant", betas=(0.5, 0.999), clip=0, ema=0.999, precision=precision
    )
    training = Training(task, endless, Accelerator(cpu=True), Path())
    task.modules.train()
    return lambda: training.one_step(batch)


def in_turn(
    task: StackedGANTask, batch: dict[str, Tensor], precision: Callable[[], AbstractContextManager[Any]]
) -> Callable[[], object]:
    """One step of the reference."""
    players = InTurn(task, RATE, precision)
    return lambda: players.step(batch)


def _channels_last(task: StackedGANTask) -> StackedGANTask:
    own = deepcopy(task)
    convert_conv2d_weight_memory_format(own.modules, torch.channels_last)
    return own
