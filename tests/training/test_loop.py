"""Real trainings of a toy network: learning, exact resuming after every kind of end, many processes."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from hearsight.errors import HearsightError, WeightsError
from hearsight.seeds import generator
from hearsight.training.loop import TrainConfig, train

CONFIG = TrainConfig(steps=12, learning_rate=1e-2, warmup=3, ema=0.9, checkpoint_every=5, log_every=4, keep=9)


class Toy:
    """A regression whose network has all that makes resuming hard: dropout, BatchNorm, channels-last kernels, noise."""

    def __init__(self, width: int = 8, dropout: float = 0.1, noise: float = 0.1, signal_at: int | None = None) -> None:
        torch.manual_seed(0)
        self.modules: nn.Module = nn.Sequential(
            nn.Conv2d(2, width, 3, padding=1),
            nn.BatchNorm2d(width) if dropout else nn.Identity(),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Flatten(),
            nn.Linear(width * 16, 1),
        ).to(memory_format=torch.channels_last)
        self.noise, self.signal_at, self.signal, self.calls = noise, signal_at, signal.SIGINT, 0
        self.finished: list[tuple[nn.Module, Path]] = []

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        self.calls += 1
        if self.calls == self.signal_at:
            os.kill(os.getpid(), self.signal)
        pixels, target = batch["pixels"], batch["target"]
        guess = self.modules(
            (pixels + self.noise * torch.randn_like(pixels)).contiguous(memory_format=torch.channels_last)
        )
        error = guess.float() - target
        return {"loss": error.square().mean(), "error": error.abs().mean()}

    def finish(self, modules: nn.Module, out: Path) -> None:
        self.finished.append((modules, out))


class Sums:
    """Batch n of random pictures and the sum of their pixels; `careless` ones use torch's global generator."""

    def __init__(self, size: int = 8, careless: bool = False) -> None:
        self.size, self.careless = size, careless

    def batch(self, index: int) -> dict[str, Any]:
        random = None if self.careless else generator("sums", index)
        pixels = torch.randn(self.size, 2, 4, 4, generator=random)
        return {"pixels": pixels, "target": pixels.mean((1, 2, 3)).unsqueeze(1) * 4}


def everything(place: Path) -> dict[str, Tensor]:
    """All tensors of a checkpoint."""
    files = sorted(place.glob("*.safetensors"))
    assert [file.stem for file in files] == ["average", "optimiser", "weights"]
    return {f"{file.stem}/{name}": value for file in files for name, value in load_file(file).items()}


def assert_same(one: Path, other: Path) -> None:
    first, second = everything(one), everything(other)
    assert first.keys() == second.keys()
    different = [name for name in first if not torch.equal(first[name], second[name])]
    assert not different


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last checkpoint of an uninterrupted training."""
    return train(Toy(), Sums(), CONFIG, tmp_path_factory.mktemp("straight"))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_loss_falls(precision: str, tmp_path: Path) -> None:
    config = replace(CONFIG, steps=120, log_every=20, checkpoint_every=1000, precision=precision, decay="constant")
    train(Toy(dropout=0.0, noise=0.0), Sums(), config, tmp_path)
    losses = logged(tmp_path, "loss")
    assert list(losses) == [20, 40, 60, 80, 100, 120]
    assert losses[120] < losses[20] / 4


def test_bf16_is_another_arithmetic_but_keeps_fp32_weights(straight: Path, tmp_path: Path) -> None:
    half = everything(train(Toy(), Sums(), replace(CONFIG, precision="bf16"), tmp_path))
    full = everything(straight)
    assert half["weights/0.weight"].dtype == torch.float32
    assert not torch.equal(half["weights/0.weight"], full["weights/0.weight"])
    torch.testing.assert_close(half["weights/0.weight"], full["weights/0.weight"], rtol=0, atol=0.02)


def test_muon_resumes_exactly(tmp_path: Path) -> None:
    config = replace(CONFIG, optimiser="muon")
    last = train(Toy(), Sums(), config, tmp_path / "straight")
    shutil.copytree(last.parent / "step-000005", tmp_path / "again" / "checkpoints" / "step-000005")
    assert_same(last, train(Toy(), Sums(), config, tmp_path / "again"))


def test_every_checkpoint_leads_to_the_same_end(straight: Path, tmp_path: Path) -> None:
    assert sorted(place.name for place in straight.parent.iterdir()) == ["step-000005", "step-000010", "step-000012"]
    for name in ("step-000005", "step-000010"):
        shutil.copytree(straight.parent / name, tmp_path / name / "checkpoints" / name)
        assert_same(straight, train(Toy(), Sums(), CONFIG, tmp_path / name))


def test_ctrl_c_finishes_the_step_and_resuming_is_exact(
    straight: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(Toy(signal_at=7), Sums(), CONFIG, tmp_path)
    assert sorted(place.name for place in (tmp_path / "checkpoints").iterdir()) == ["step-000005", "step-000007"]
    assert "Stopped after step 7; the same command goes on from there." in capsys.readouterr().err
    task = Toy()
    assert_same(straight, train(task, Sums(), CONFIG, tmp_path))
    assert task.calls == 5
    assert list(logged(tmp_path, "loss")) == [4, 5, 7, 8, 10, 12]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_killed_process_loses_nothing_that_was_checkpointed(straight: Path, tmp_path: Path) -> None:
    ended = launch([sys.executable], tmp_path, "kill")
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert [place.name for place in (tmp_path / "checkpoints").iterdir()] == ["step-000005"]
    assert_same(straight, train(Toy(), Sums(), CONFIG, tmp_path))


def test_two_processes_learn_as_one_from_batches_twice_the_size(tmp_path: Path) -> None:
    """DistributedDataParallel averages the gradients of batches 2n and 2n + 1; one process may as well see both."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    ended = launch(torchrun, tmp_path / "two", "join")
    assert ended.returncode == 0, ended.stderr
    last = tmp_path / "two/checkpoints/step-000012"
    assert json.loads((last / "state.json").read_text())["processes"] == 2

    one = train(Toy(dropout=0.0, noise=0.0), Pairs(), CONFIG, tmp_path / "one")
    first, second = everything(one), everything(last)
    for name in first:
        torch.testing.assert_close(first[name], second[name], rtol=1e-4, atol=1e-5)


def test_worker_processes_change_nothing(tmp_path: Path) -> None:
    config = replace(CONFIG, steps=4)
    alone = train(Toy(), Sums(careless=True), config, tmp_path / "alone")
    helped = train(Toy(), Sums(careless=True), replace(config, workers=2), tmp_path / "helped")
    assert_same(alone, helped)


def test_the_product_is_made_of_the_average(tmp_path: Path) -> None:
    task = Toy()
    last = train(task, Sums(), CONFIG, tmp_path)
    ((network, out),) = task.finished
    assert out == tmp_path and not network.training
    average, weights = load_file(last / "average.safetensors"), load_file(last / "weights.safetensors")
    assert torch.equal(network.get_parameter("5.weight"), average["5.weight"])
    assert torch.equal(task.modules.get_parameter("5.weight"), weights["5.weight"])
    assert not torch.equal(weights["5.weight"], average["5.weight"])


def test_a_finished_training_only_makes_its_product_again(straight: Path) -> None:
    task = Toy()
    assert train(task, Sums(), CONFIG, straight.parent.parent) == straight
    assert task.calls == 0 and len(task.finished) == 1


def test_beginning_again_forgets_what_was_there(tmp_path: Path) -> None:
    train(Toy(), Sums(), CONFIG, tmp_path)
    task = Toy()
    last = train(task, Sums(), replace(CONFIG, steps=4), tmp_path, resume=False)
    assert task.calls == 4
    assert [place.name for place in (tmp_path / "checkpoints").iterdir()] == [last.name] == ["step-000004"]


def test_frozen_parameters_stay(tmp_path: Path) -> None:
    task = Toy()
    task.modules.get_parameter("0.weight").requires_grad_(False)
    before = task.modules.get_parameter("0.weight").clone()
    train(task, Sums(), replace(CONFIG, weight_decay=0.1), tmp_path)
    assert torch.equal(task.modules.get_parameter("0.weight"), before)


def test_weight_decay_spares_biases(tmp_path: Path) -> None:
    class Nothing(Toy):
        def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
            return {"loss": 0 * super().loss(batch)["loss"]}

    task, untouched = Nothing(), Toy()
    config = replace(CONFIG, steps=1, warmup=0, weight_decay=0.5, decay="constant")
    train(task, Sums(), config, tmp_path)
    torch.testing.assert_close(
        task.modules.get_parameter("5.weight"), untouched.modules.get_parameter("5.weight") * 0.995
    )
    torch.testing.assert_close(task.modules.get_parameter("5.bias"), untouched.modules.get_parameter("5.bias"))


def test_a_loss_that_is_no_number_ends_the_training_before_it_is_saved(tmp_path: Path) -> None:
    class Diverging(Toy):
        def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
            scalars = super().loss(batch)
            return {"loss": scalars["loss"] * (float("nan") if self.calls >= 7 else 1)}

    with pytest.raises(HearsightError, match=r"loss is nan near step 8.*lower train.learning_rate"):
        train(Diverging(), Sums(), CONFIG, tmp_path)
    assert [place.name for place in (tmp_path / "checkpoints").iterdir()] == ["step-000005"]


def test_another_network_cannot_go_on_from_a_checkpoint(straight: Path) -> None:
    with pytest.raises(WeightsError, match=r"weights.safetensors: does not fit.*0\.weight.*new folder"):
        train(Toy(width=6), Sums(), CONFIG, straight.parent.parent)


def logged(out: Path, name: str) -> dict[int, float]:
    """A TensorBoard curve."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(out / "logs"))
    events.Reload()
    return {event.step: event.value for event in events.Scalars(name)}


class Pairs(Sums):
    """Batches 2n and 2n + 1 of `Sums` as one."""

    def batch(self, index: int) -> dict[str, Any]:
        first, second = super().batch(2 * index), super().batch(2 * index + 1)
        return {name: torch.cat((first[name], second[name])) for name in first}


def launch(command: list[str], out: Path, how: str) -> subprocess.CompletedProcess[str]:
    """Run this file as a program."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "OMP_NUM_THREADS": "1",
    }
    return subprocess.run([*command, __file__, str(out), how], env=environment, capture_output=True, text=True)


if __name__ == "__main__":
    place, how = Path(sys.argv[1]), sys.argv[2]
    toy = Toy(signal_at=7) if how == "kill" else Toy(dropout=0.0, noise=0.0)
    toy.signal = signal.SIGKILL
    train(toy, Sums(), CONFIG, place)
