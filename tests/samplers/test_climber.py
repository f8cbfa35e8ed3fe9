"""What a picture remembers of its search."""

import torch
from torch import Tensor

from hearsight.samplers.climber import Climber
from hearsight.samplers.search_config import SearchConfig


def unused(latents: Tensor) -> Tensor:
    raise AssertionError("a climber is told what its picture is")


def climber() -> Climber:
    return Climber(torch.zeros(2), unused, [], 0, SearchConfig())


def test_the_best_is_kept_when_it_gets_worse() -> None:
    one, pictures = climber(), torch.rand(3, 3, 4, 4)
    for step, (loss, picture) in enumerate(zip((0.5, 0.2, 0.3), pictures, strict=True)):
        with torch.no_grad():
            one.latent.fill_(step)
        one.step = step
        one.remember(loss, picture, tolerance=0.0)
    assert (one.loss, one.looks) == (0.3, 3) and one.picture is not None and torch.equal(one.picture, pictures[2])
    assert (one.best_loss, one.best_step) == (0.2, 1) and torch.equal(one.best, torch.ones(2))
    assert one.best_picture is not None and torch.equal(one.best_picture, pictures[1])


def test_a_gain_within_the_tolerance_counts_as_waiting() -> None:
    one, waited = climber(), []
    for loss in (0.5, 0.45, 0.44, 0.3):
        one.remember(loss, torch.zeros(3, 4, 4), tolerance=0.1)
        waited.append(one.waited)
    assert waited == [0, 1, 2, 0] and one.best_loss == 0.3


def test_the_start_stays_as_it_was() -> None:
    one = climber()
    with torch.no_grad():
        one.latent.add_(1)
    assert not one.origin.any() and one.latent.requires_grad
