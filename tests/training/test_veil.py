import pytest
import torch

from hearsight.errors import ConfigError
from hearsight.training.veil import Veil, VeilConfig


def test_it_is_lifted_evenly() -> None:
    veil, pictures = Veil(VeilConfig(deviation=0.4, steps=4)), torch.zeros(4, 3, 64, 64)
    found = []
    for _ in range(6):
        found.append(float(veil(pictures).std()))
        veil.lift()
    assert found == pytest.approx([0.4, 0.3, 0.2, 0.1, 0, 0], abs=0.01)


def test_without_one_nothing_changes_and_no_noise_is_drawn() -> None:
    torch.manual_seed(0)
    before, pictures = torch.get_rng_state(), torch.rand(1, 3, 8, 8)
    state = torch.get_rng_state()
    assert Veil(VeilConfig())(pictures) is pictures
    assert torch.equal(state, torch.get_rng_state()) and not torch.equal(before, state)


def test_how_far_it_is_lifted_is_part_of_the_checkpoint() -> None:
    one, other = (Veil(VeilConfig(deviation=1.0, steps=10)) for _ in range(2))
    for _ in range(3):
        one.lift()
    other.load_state_dict(one.state_dict())
    assert other.deviation == one.deviation == pytest.approx(0.7)


@pytest.mark.parametrize("wrong", [{"deviation": -1.0}, {"steps": 0}])
def test_what_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="veil: deviation="):
        VeilConfig(**wrong)
