import numpy as np
import pytest
import torch
from torch import nn

from hearsight.encoders.one_by_one import encode_each, mean_over_windows, unit
from hearsight.errors import ConfigError
from hearsight.sound.sound import Sound
from hearsight.sound.window import Window

CPU = torch.device("cpu")


@pytest.fixture
def model() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(3, 2).eval()


def sound(*samples: float) -> Sound:
    return Sound(np.array([samples], dtype=np.float32), 1)


def test_every_thing_is_encoded_alone_and_without_gradients(model: nn.Linear) -> None:
    seen = []

    def one(thing: int) -> torch.Tensor:
        seen.append(thing)
        return model(torch.full((1, 3), float(thing)))

    rows = encode_each(model, "see", (2,), [1, 2, 5], one)
    assert seen == [1, 2, 5]
    assert rows.shape == (3, 2) and not rows.requires_grad
    torch.testing.assert_close(unit(rows).norm(dim=1), torch.ones(3))


def test_nothing_in_nothing_out(model: nn.Linear) -> None:
    assert encode_each(model, "see", (4, 7), [], lambda thing: thing).shape == (0, 4, 7)


def test_training_mode_is_refused(model: nn.Linear) -> None:
    with pytest.raises(ConfigError, match=r"read: .*\.eval\(\)"):
        encode_each(model.train(), "read", (2,), [1], lambda thing: torch.ones(1, 2))


def test_windows_come_in_small_groups_and_are_averaged() -> None:
    samples = np.arange(2050, dtype=np.float32)[None] / 2050
    groups = []

    def encode(windows: torch.Tensor, padding: torch.Tensor | None) -> torch.Tensor:
        assert padding is None
        groups.append(len(windows))
        return windows[:, :2]

    window = Window(rate=100, seconds=1.0)
    mean = mean_over_windows(window, Sound(samples, 100), encode, CPU)
    assert groups == [8, 8, 5]
    torch.testing.assert_close(mean, window.cut(Sound(samples, 100)).samples[:, :2].mean(dim=0, keepdim=True))


def test_only_padding_is_masked() -> None:
    def encode(windows: torch.Tensor, padding: torch.Tensor | None) -> torch.Tensor:
        return torch.zeros_like(windows) if padding is None else padding.float()

    def masked(window: Window, *samples: float) -> list[float]:
        return mean_over_windows(window, sound(*samples), encode, CPU)[0].tolist()

    assert masked(Window(1, 3, short="pad"), 0.1) == [0, 1, 1]
    assert masked(Window(1, 3, short="pad"), 0.1, 0.2, 0.3) == [0, 0, 0]
    assert masked(Window(1, 3, short="tile", pause=1), 0.1) == [0, 0, 0]  # a pause is meant to be heard
