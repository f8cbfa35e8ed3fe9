"""What becomes of gradients: who steps which weights, and how."""

import copy

import pytest
import torch
from torch import nn

from hearsight.generators import code_transformer
from hearsight.generators.code_transformer import CodeTransformer
from hearsight.training.config import TrainConfig
from hearsight.training.optimiser import Together, optimiser

CONFIG = TrainConfig(steps=10, learning_rate=1e-2, weight_decay=0.1)
CONFIG_OF_MUON = TrainConfig(steps=10, learning_rate=1e-2, optimiser="muon")


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv1d(2, 8, 3), nn.Flatten(), nn.Linear(32, 16), nn.LayerNorm(16), nn.Linear(16, 4))


def stepped(kind: str, start: nn.Module) -> nn.Module:
    """`start` after one step on one batch."""
    learnt = copy.deepcopy(start)
    config = TrainConfig(steps=10, learning_rate=1e-2, weight_decay=0.1, optimiser=kind)  # type: ignore[arg-type]
    stepping = optimiser(learnt, config)
    learnt(torch.ones(3, 2, 6)).square().sum().backward()
    stepping.step()
    return learnt


def test_muon_steps_the_linear_layers_and_adamw_the_rest() -> None:
    start = network()
    muon, adamw = dict(stepped("muon", start).named_parameters()), dict(stepped("adamw", start).named_parameters())
    others = {name for name in muon if not torch.equal(muon[name], adamw[name])}
    assert others == {"2.weight", "4.weight"}


def test_muon_steps_the_linear_layers_of_gpt2() -> None:
    """They are transposed, and of another class than torch's."""
    stepping = optimiser(CodeTransformer(code_transformer.debug()), CONFIG_OF_MUON)
    assert isinstance(stepping, Together)
    assert isinstance(stepping.parts[0], torch.optim.Muon)
    shapes = [tuple(weight.shape) for group in stepping.parts[0].param_groups for weight in group["params"]]
    assert sorted(shapes) == [(8, 8), (8, 24), (8, 32), (32, 8)]


def test_a_step_of_muon_is_nearly_orthogonal_and_as_large_as_one_of_adamw() -> None:
    learnt = nn.Linear(16, 4, bias=False)
    before = learnt.weight.detach().clone()
    stepping = optimiser(learnt, CONFIG_OF_MUON)
    gradient = torch.diag(torch.tensor([1.0, 0.3, 0.1, 0.03])) @ torch.linalg.qr(torch.randn(16, 4)).Q.mT
    learnt.weight.grad = gradient
    stepping.step()
    step = (before - learnt.weight.detach()) / CONFIG_OF_MUON.learning_rate
    strengths = torch.linalg.svdvals(step)
    assert strengths[-1] > strengths[0] / 2.5  # of the gradient it is a thirtieth
    assert step.square().mean().sqrt() == pytest.approx(0.2, rel=0.2)  # 0.2 is what AdamW's are found to be


def test_weights_that_do_not_learn_stay() -> None:
    start = network()
    start[2].requires_grad_(False)
    for kind in ("adam", "adamw", "muon"):
        assert torch.equal(stepped(kind, start)[2].weight, start[2].weight)


def test_vectors_do_not_decay() -> None:
    groups = optimiser(network(), CONFIG).param_groups
    assert [group["weight_decay"] for group in groups] == [0.1, 0.0]
    assert all(weight.ndim == 1 for weight in groups[1]["params"])


def test_a_rate_set_on_all_is_the_rate_of_each() -> None:
    learnt = network()
    both = optimiser(learnt, CONFIG_OF_MUON)
    assert isinstance(both, Together)
    for group in both.param_groups:
        group["lr"] = 0.0
    before = copy.deepcopy(learnt.state_dict())
    learnt(torch.ones(3, 2, 6)).sum().backward()
    both.step()
    assert all(torch.equal(value, before[name]) for name, value in learnt.state_dict().items())
    assert set(both.state) == set(learnt.parameters())  # one memory, which a checkpoint keeps
