"""Processes that work side by side and outlive one another: a job that kills its process costs no other job."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from hearsight.errors import ConfigError

Job = TypeVar("Job")

AHEAD = 2
"""Jobs handed out per process, so that none waits for the next and few are lost with an interruption."""


def run_each(
    work: Callable[[Job], object], jobs: Iterable[Job], workers: int, crashed: Callable[[Job], object]
) -> Iterator[Job]:
    """Do `work` for every job in `workers` processes, yielding each job when it is done.

    When a process dies (a decoder may), the jobs that were out are done again, each in a process of its own; the one
    that dies again is given to `crashed`. So `work` may be done twice. Its exceptions are raised here.
    """
    waiting = deque(jobs)
    while waiting:
        for suspect in (yield from _until_a_death(work, waiting, workers)):
            with _pool(1) as pool:
                try:
                    pool.submit(work, suspect).result()
                except BrokenProcessPool:
                    crashed(suspect)
            yield suspect


def _until_a_death(work: Callable[[Job], object], waiting: deque[Job], workers: int) -> Generator[Job, None, list[Job]]:
    """Yields jobs that are done; returns those that were out when a process died, or none at the end."""
    out: dict[Future[object], Job] = {}
    with _pool(min(workers, len(waiting))) as pool:
        try:
            while waiting or out:
                while waiting and len(out) < AHEAD * workers:
                    future = pool.submit(work, waiting[0])
                    out[future] = waiting.popleft()
                for future in wait(out, return_when=FIRST_COMPLETED).done:
                    future.result()
                    yield out.pop(future)
        except BrokenProcessPool:
            return list(out.values())
    return []


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of fresh processes; what was not begun when the block ends is forgotten."""
    # A fork of this process would inherit its threads' locks and its use of a GPU; a server without either is forked.
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if context.get_start_method() == "forkserver":
        context.set_forkserver_preload(["hearsight.data.prepare_clip"])
    pool = ProcessPoolExecutor(workers, context, initializer=_begin)
    try:
        # All begin now: one that begins while another dies is overlooked by the pool, which then waits for it forever.
        for begun in [pool.submit(os.getpid) for _ in range(workers)]:
            begun.result()
    except BrokenProcessPool:
        raise ConfigError(
            "worker processes: the first one ended at once; a script starts them under `if __name__ == '__main__':`."
        ) from None
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    """In a new process: Ctrl-C is its parent's to judge, its parent's end is its own, and one thread is enough."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import torch

    torch.set_num_threads(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
