"""The learning rate (and Adam's first beta) as pure functions of the step, so that resuming needs no memory of them."""

import math

from hearsight.training.config import TrainConfig

ONECYCLE_START = 1 / 25
ONECYCLE_END = ONECYCLE_START / 1e4
ONECYCLE_BETAS = (0.95, 0.85)


def learning_rate(step: int, config: TrainConfig) -> float:
    """The learning rate of step `step`, counted from 0."""
    if config.decay == "onecycle":
        rising, way = _cycle(step, config)
        first, last = (ONECYCLE_START, 1.0) if rising else (1.0, ONECYCLE_END)
        return config.learning_rate * _cosine(first, last, way)
    if step < config.warmup:
        return config.learning_rate * (step + 1) / config.warmup
    if config.decay == "constant":
        return config.learning_rate
    if config.decay == "step":
        return config.learning_rate * config.decay_factor ** (step // config.decay_every)
    return config.learning_rate * _cosine(1.0, 0.0, (step - config.warmup) / (config.steps - config.warmup))


def first_beta(step: int, config: TrainConfig) -> float:
    """Adam's first beta: fixed, but for the one-cycle policy, which lowers it while the learning rate is high."""
    if config.decay != "onecycle":
        return config.betas[0]
    rising, way = _cycle(step, config)
    low_rate, high_rate = ONECYCLE_BETAS
    return _cosine(low_rate, high_rate, way) if rising else _cosine(high_rate, low_rate, way)


def _cycle(step: int, config: TrainConfig) -> tuple[bool, float]:
    """Whether the one-cycle policy (Smith and Topin 2018, arXiv 1708.07120) rises at `step`, and how far."""
    peak = max(0.0, (config.warmup or 0.3 * config.steps) - 1)
    if step <= peak:
        return True, step / peak if peak else 1.0
    return False, (step - peak) / (config.steps - 1 - peak)


def _cosine(first: float, last: float, way: float) -> float:
    """From `first` to `last` along half a cosine; `way` goes from 0 to 1."""
    return last + (first - last) / 2 * (1 + math.cos(math.pi * way))
