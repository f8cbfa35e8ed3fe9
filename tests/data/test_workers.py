import math
import signal
from signal import SIGCONT, SIGKILL

import pytest

from hearsight.data.workers import run_each


def test_every_job_is_done_once_whatever_the_number_of_processes():
    nobody: list[int] = []
    assert sorted(run_each(math.sqrt, list(range(9)), 2, nobody.append)) == list(range(9))
    assert list(run_each(math.sqrt, [], 2, nobody.append)) == nobody == []


def test_a_job_that_kills_its_process_costs_no_other_job():
    crashed: list[int] = []
    jobs = [SIGCONT, SIGCONT, SIGKILL, SIGCONT, SIGCONT, SIGCONT, SIGCONT]
    assert sorted(run_each(signal.raise_signal, jobs, 2, crashed.append)) == sorted(jobs)
    assert crashed == [SIGKILL]


def test_an_error_of_the_work_is_raised_here():
    with pytest.raises(ValueError, match="math domain error"):
        list(run_each(math.sqrt, [1, -1, 4], 1, print))
