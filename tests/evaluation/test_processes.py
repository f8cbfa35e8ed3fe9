import torch

from hearsight.evaluation.processes import Processes


def test_every_piece_of_work_is_taken_once() -> None:
    shares = [[number for number in range(10) if Processes(rank, 3).takes(number)] for rank in range(3)]
    assert sorted(number for share in shares for number in share) == list(range(10)) and all(shares)


def test_torchrun_says_which_one_this_is(monkeypatch) -> None:
    assert Processes.started() == Processes(0, 1) and Processes.started().first
    monkeypatch.setenv("RANK", "2")
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert Processes.started() == Processes(2, 4) and not Processes.started().first


def test_a_single_process_waits_for_nobody() -> None:
    Processes().wait()


def test_each_process_gets_a_gpu_of_its_own_unless_one_was_chosen(monkeypatch) -> None:
    assert Processes(1, 4).device(None) is None or torch.cuda.is_available()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert [Processes(rank, 4).device(None) for rank in range(4)] == ["cuda:0", "cuda:1", "cuda:0", "cuda:1"]
    assert Processes(1, 4).device("cpu") == "cpu" and Processes().device(None) is None
