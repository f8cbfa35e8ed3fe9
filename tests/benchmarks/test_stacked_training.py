from contextlib import nullcontext

import pytest
import torch

from benchmarks import stacked_training
from benchmarks.in_turn import InTurn
from benchmarks.setting import Setting, Size


def test_both_structures_have_the_same_losses() -> None:
    """At a rate of zero it makes no difference who is updated first."""
    torch.manual_seed(0)
    task = stacked_training.players(Setting(Size.DEBUG))
    batch = stacked_training.sentences(task, 4)
    turns = InTurn(task, 0.0, nullcontext)
    torch.manual_seed(1)
    theirs = turns.step(batch)
    torch.manual_seed(1)
    ours = task.loss(batch)
    assert set(theirs) == set(ours) - {"loss"}
    for name, loss in theirs.items():
        assert float(loss.detach()) == pytest.approx(float(ours[name].detach()), rel=1e-5), name


@pytest.mark.parametrize("way", [lambda task, batch: stacked_training.together(task, batch, "fp32"),
                                 lambda task, batch: stacked_training.in_turn(task, batch, nullcontext)])  # fmt: skip
def test_a_step_moves_every_weight_of_every_player_but_the_eye(way) -> None:
    torch.manual_seed(0)
    task = stacked_training.players(Setting(Size.DEBUG))
    players = {name: weight for name, weight in task.modules.named_parameters()}
    assert task.eye is not None
    fixed = {name: weight.clone() for name, weight in task.eye.named_parameters()}
    before = {name: weight.detach().clone() for name, weight in players.items()}
    way(task, stacked_training.sentences(task, 4))()
    assert [name for name, weight in players.items() if torch.equal(weight, before[name])] == []
    assert all(torch.equal(weight, fixed[name]) for name, weight in task.eye.named_parameters())
