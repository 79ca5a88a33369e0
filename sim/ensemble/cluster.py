"""Workers of a Dask cluster. All make results with what this process does, or are refused: else other bytes came out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from contextlib import contextmanager
from typing import Any, TypeVar

from sim.ensemble.origin import differences, origin
from sim.ensemble.processes import WorkerError, unheard
from sim.errors import ParleyError

T = TypeVar("T")
R = TypeVar("R")

RETRIES = 3


class MissingExtra(ParleyError):
    """A library that is not installed, and how to get it."""


class Cluster:
    """The workers of a cluster.

    Parameters
    ----------
    address : str
        Of its scheduler, as it was given.
    executor : concurrent.futures.Executor
    size : int
        How many pieces are worked on at once.
    """

    def __init__(self, address: str, executor: Executor, size: int) -> None:
        self.size = size
        self._address, self._executor = address, executor

    def each(self, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[tuple[int, R]]:
        """Do every task; see `sim.ensemble.workers.shared`."""
        waiting: dict[Future[R], int] = {}
        try:
            for place, task in enumerate(tasks):
                waiting[self._executor.submit(_as_here, origin(), work, task)] = place
                # One for each process to go on with, and no more: a task may be large.
                if len(waiting) >= 2 * self.size:
                    yield from self._finished(waiting)
            while waiting:
                yield from self._finished(waiting)
        finally:
            for future in waiting:
                future.cancel()

    def _finished(self, waiting: dict[Future[R], int]) -> Iterator[tuple[int, R]]:
        import asyncio

        from distributed import KilledWorker
        from distributed.comm import CommClosedError

        done, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            place = waiting.pop(future)
            try:
                result = future.result()
            except (CancelledError, asyncio.CancelledError, CommClosedError) as error:
                raise WorkerError(f"the scheduler of the cluster {self._address!r} is gone; is it still running?") from error
            except KilledWorker as error:
                raise WorkerError(
                    f"workers of the cluster {self._address!r} die again and again at the same piece of work; have they "
                    "enough memory? Take smaller chunks"
                ) from error
            yield place, result


def _as_here(ours: tuple[tuple[str, str], ...], work: Callable[[T], R], task: T) -> R:
    """Do a task, if this process makes results with what the one does that asks; workers may come late."""
    _refuse_other("a worker of the cluster", ours, origin())
    return work(task)


def _refuse_other(who: str, ours: tuple[tuple[str, str], ...], theirs: tuple[tuple[str, str], ...]) -> None:
    different = differences(ours, theirs)
    if different:
        raise WorkerError(f"{who} has {different}: it would make other bytes. Give all of them the same, or leave it out")


@contextmanager
def cluster_of(workers: int, address: str, patience: float) -> Iterator[Cluster]:
    """Yield the workers of a cluster; parameters and errors as in `sim.ensemble.workers.pool_of`."""
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise MissingExtra("a cluster needs Dask: pip install 'parley[cluster]'") from error
    # What goes wrong is said in a line; its own logs are tracebacks.
    for name in ("distributed", *logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    local = None
    try:
        if address == "local":
            settings = {"threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": logging.CRITICAL}
            local = unheard(lambda: LocalCluster(n_workers=workers, **settings))
        client = _greeted(lambda: Client(local or address, timeout=patience))
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        if local is not None:
            local.close()
        raise WorkerError(f"cannot reach the cluster {address!r}: {_in_a_line(error)}") from error
    try:
        size = sum(client.ncores().values())
        if not size:
            raise WorkerError(f"the cluster {address!r} has no workers; start some with 'dask worker ADDRESS'")
        _introduced(client)
        yield Cluster(address, client.get_executor(pure=False, retries=RETRIES), size)
    finally:
        client.close()
        if local is not None:
            local.close()


def _greeted(connect: Callable[[], Any]) -> Any:
    """Return a client of a scheduler, whose greeting Dask takes for wrong where news comes with it, as of a new worker."""
    for _ in range(RETRIES):
        try:
            return connect()
        except AssertionError:
            continue
    raise RuntimeError("its scheduler's greeting was not understood, again and again")


def _introduced(client: Any) -> None:
    """Make sure, before they get work, that all workers make results with what this process does."""
    for worker, theirs in client.run(origin, on_error="return").items():
        if isinstance(theirs, BaseException):
            raise WorkerError(f"the worker {worker} cannot run this version of Parley: {_in_a_line(theirs)}")
        _refuse_other(f"the worker {worker}", origin(), theirs)


def _in_a_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
