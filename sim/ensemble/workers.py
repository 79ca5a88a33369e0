"""Work shared among processes of this machine. What comes out does not depend on how many there are."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class WorkerError(Exception):
    """A process that was to do a part of the work is gone."""


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def shared(work: Callable[[T], R], tasks: Sequence[T], workers: int) -> Iterator[tuple[int, R]]:
    """Do every task, in this process or in several.

    Parameters
    ----------
    work : callable
        A function of a module; it and its tasks can be pickled.
    tasks : sequence
    workers : int
        How many processes; 1 is this one.

    Yields
    ------
    place, result
        Of each task as it is done; the order is that of the tasks only with one worker.

    Raises
    ------
    WorkerError
        When a process died, as when memory is short.
    """
    workers = min(workers, len(tasks))
    if workers <= 1:
        yield from ((place, work(task)) for place, task in enumerate(tasks))
        return
    # Fresh processes rather than copies of this one: the same on every system, and safe beside threads.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=fresh, initializer=_leave_interrupts_to_the_parent) as pool:
        places = {pool.submit(work, task): place for place, task in enumerate(tasks)}
        try:
            for done in as_completed(places):
                yield places[done], done.result()
        except BrokenProcessPool as error:
            raise WorkerError("a worker process died; is there enough memory? Ask for fewer --workers") from error
        finally:
            pool.shutdown(cancel_futures=True)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
