"""Work shared among processes, of this machine or of a cluster. What comes out does not depend on how many there are."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from sim.errors import ParleyError

T = TypeVar("T")
R = TypeVar("R")


class WorkerError(ParleyError):
    """The processes that were to share the work are not there, or one of them is gone."""


class MissingExtra(ParleyError):
    """A library that is not installed, and how to get it."""


@dataclass(frozen=True)
class Pool:
    """Who does the work.

    Attributes
    ----------
    executor : concurrent.futures.Executor or None
        None is this process alone.
    size : int
        How many pieces are worked on at once.
    """

    executor: Executor | None = None
    size: int = 1


ALONE = Pool()


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def pool_of(workers: int, cluster: str | None = None, patience: float = 5.0) -> Iterator[Pool]:
    """Yield who shares the work.

    Parameters
    ----------
    workers : int
        Processes of this machine; 1 is this process alone.
    cluster : str, optional
        Address of a Dask scheduler, or `local` for a Dask cluster of `workers` on this machine.
    patience : float
        For how many seconds a cluster may not answer.

    Raises
    ------
    WorkerError
        When the cluster cannot be reached or has no workers.
    MissingExtra
        When Dask is needed and not installed.
    """
    if workers < 1:
        raise WorkerError(f"{workers} workers cannot do anything; ask for at least 1")
    if cluster is not None:
        with _dask(workers, cluster, patience) as pool:
            yield pool
        return
    if workers <= 1:
        yield ALONE
        return
    # Fresh processes rather than copies of this one: the same on every system, and safe beside threads.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=fresh, initializer=_begin_worker) as executor:
        try:
            yield Pool(executor, workers)
        finally:
            executor.shutdown(cancel_futures=True)


@contextmanager
def _dask(workers: int, cluster: str, patience: float) -> Iterator[Pool]:
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise MissingExtra("a cluster needs Dask: pip install 'parley[cluster]'") from error
    local = None
    try:
        if cluster == "local":
            local = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0")
        client = Client(local or cluster, timeout=patience)
    except (OSError, ValueError) as error:
        raise WorkerError(f"cannot reach the cluster {cluster!r}: {error}") from error
    try:
        size = sum(client.ncores().values())
        if not size:
            raise WorkerError(f"the cluster {cluster!r} has no workers; start some with 'dask worker ADDRESS'")
        yield Pool(client.get_executor(pure=False, retries=3), size)
    finally:
        client.close()
        if local is not None:
            local.close()


def shared(work: Callable[[T], R], tasks: Iterable[T], pool: Pool = ALONE) -> Iterator[tuple[int, R]]:
    """Do every task, in this process or in several.

    Parameters
    ----------
    work : callable
        A function of a module; it and its tasks can be pickled.
    tasks : iterable
        Taken as they are needed, so that there may be many.
    pool : Pool

    Yields
    ------
    place, result
        Of each task as it is done; the order is that of the tasks only where there is one process.

    Raises
    ------
    WorkerError
        When a process died, as when memory is short.
    """
    if pool.executor is None:
        yield from ((place, work(task)) for place, task in enumerate(tasks))
        return
    waiting: dict[Future[R], int] = {}
    try:
        for place, task in enumerate(tasks):
            waiting[pool.executor.submit(work, task)] = place
            # One for each process to go on with, and no more: a task may be large.
            if len(waiting) >= 2 * pool.size:
                yield from _finished(waiting)
        while waiting:
            yield from _finished(waiting)
    except BrokenProcessPool as error:
        raise WorkerError(
            "a worker process died; is there enough memory? Ask for fewer workers. (A script of your own must start its "
            "work under if __name__ == '__main__'.)"
        ) from error
    finally:
        for future in waiting:
            future.cancel()


def _finished(waiting: dict[Future[R], int]) -> Iterator[tuple[int, R]]:
    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
    for future in done:
        yield waiting.pop(future), future.result()


def _begin_worker() -> None:
    """Leave interrupts to the parent, and end when it is gone."""
    # Not SIGTERM, by which the pool itself ends its processes when one of them has died.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None, "a worker has a parent"

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
