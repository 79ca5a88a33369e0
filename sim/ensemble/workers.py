"""Work shared among processes, of this machine or of a cluster. What comes out does not depend on how many there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from sim.engine.whole import whole_number
from sim.ensemble.processes import Processes, WorkerError
from sim.errors import ParleyError

T = TypeVar("T")
R = TypeVar("R")


class MissingExtra(ParleyError):
    """A library that is not installed, and how to get it."""


@dataclass(frozen=True)
class Pool:
    """Who does the work.

    Attributes
    ----------
    does : Processes, concurrent.futures.Executor or None
        Processes of this machine, or those of a cluster; None is this process alone.
    size : int
        How many pieces are worked on at once.
    """

    does: Processes | Executor | None = None
    size: int = 1


ALONE = Pool()
MOST_WORKERS = 1024


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
    workers = whole_number("workers", workers, 1, MOST_WORKERS)
    if cluster is not None:
        with _dask(workers, cluster, patience) as pool:
            yield pool
        return
    if workers <= 1:
        yield ALONE
        return
    processes = Processes(workers)
    try:
        yield Pool(processes, workers)
    finally:
        processes.end()


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
    if pool.does is None:
        yield from ((place, work(task)) for place, task in enumerate(tasks))
    elif isinstance(pool.does, Processes):
        yield from pool.does.each(work, tasks)
    else:
        yield from _on_cluster(pool.does, pool.size, work, tasks)


def _on_cluster(executor: Executor, size: int, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[tuple[int, R]]:
    waiting: dict[Future[R], int] = {}
    try:
        for place, task in enumerate(tasks):
            waiting[executor.submit(work, task)] = place
            # One for each process to go on with, and no more: a task may be large.
            if len(waiting) >= 2 * size:
                yield from _finished(waiting)
        while waiting:
            yield from _finished(waiting)
    finally:
        for future in waiting:
            future.cancel()


def _finished(waiting: dict[Future[R], int]) -> Iterator[tuple[int, R]]:
    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
    for future in done:
        yield waiting.pop(future), future.result()
