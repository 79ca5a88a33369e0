"""Work shared among processes, of this machine or of a cluster. What comes out does not depend on how many there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from sim.engine.whole import whole_number
from sim.ensemble.cluster import Cluster, cluster_of
from sim.ensemble.processes import Processes

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Pool:
    """Who does the work.

    Attributes
    ----------
    does : Processes, Cluster or None
        Processes of this machine, or those of a cluster; None is this process alone.
    size : int
        How many pieces are worked on at once.
    """

    does: Processes | Cluster | None = None
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
        When the cluster cannot be reached, has no workers, or one that would make other bytes.
    MissingExtra
        When Dask is needed and not installed.
    """
    workers = whole_number("workers", workers, 1, MOST_WORKERS)
    if cluster is not None:
        with cluster_of(workers, cluster, patience) as found:
            yield Pool(found, found.size)
        return
    if workers <= 1:
        yield ALONE
        return
    processes = Processes(workers)
    try:
        yield Pool(processes, workers)
    finally:
        processes.end()


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
        When a process died, as when memory is short, or a cluster is gone.
    """
    if pool.does is None:
        yield from ((place, work(task)) for place, task in enumerate(tasks))
    else:
        yield from pool.does.each(work, tasks)
