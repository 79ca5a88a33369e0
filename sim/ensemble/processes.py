"""Processes of this machine that share work, each at the end of a pipe of its own.

They share no locks and no threads, so that any of them can be ended at any moment: whoever stops asking for results ends
those that are still at work. Interrupts are the parent's affair, from a process's first moment to its last.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any, TypeVar

from sim.ensemble.heard import listening, tell
from sim.errors import ParleyError

T = TypeVar("T")
R = TypeVar("R")

_PROGRESS, _RESULT, _ERROR = "progress", "result", "error"
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


class WorkerError(ParleyError):
    """The processes that were to share the work are not there, or one of them is gone."""


@dataclass(frozen=True)
class _Worker:
    process: BaseProcess
    pipe: Any


class Processes:
    """So many processes, begun when there is work for them.

    Parameters
    ----------
    size : int
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._idle: list[_Worker] = []
        self._busy: dict[Any, tuple[_Worker, int]] = {}

    @property
    def pids(self) -> list[int]:
        """The numbers of the processes that there are."""
        return [one.process.pid or 0 for one in (*self._idle, *(worker for worker, _ in self._busy.values()))]

    def each(self, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[tuple[int, R]]:
        """Do every task; see `sim.ensemble.workers.shared`."""
        # The answers of two studies could not be told apart.
        assert not self._busy, "processes do one study at a time"
        waiting = enumerate(tasks)
        try:
            while len(self._busy) < self.size and self._give(work, waiting):
                pass
            while self._busy:
                for pipe in wait(list(self._busy)):
                    kind, value = self._hear(pipe)
                    if kind == _PROGRESS:
                        tell(value)
                        continue
                    worker, place = self._busy.pop(pipe)
                    self._idle.append(worker)
                    if kind == _ERROR:
                        raise value
                    # Before the result is looked at, so that no process waits for that.
                    self._give(work, waiting)
                    yield place, value
        finally:
            self._end([worker for worker, _ in self._busy.values()])
            self._busy.clear()

    def end(self) -> None:
        """End all processes."""
        self._end([*self._idle, *(worker for worker, _ in self._busy.values())])
        self._idle.clear()
        self._busy.clear()

    def _give(self, work: Callable[[T], R], waiting: Iterator[tuple[int, T]]) -> bool:
        """Give the next task to a process; return whether there was one."""
        for place, task in waiting:
            while self._idle:
                worker = self._idle.pop()
                if worker.process.is_alive():
                    break
                # It died while nobody waited for it.
                self._end([worker])
            else:
                worker = _begun()
            self._busy[worker.pipe] = (worker, place)
            try:
                worker.pipe.send((work, task))
            except OSError as error:
                raise _gone() from error
            return True
        return False

    @staticmethod
    def _hear(pipe: Any) -> tuple[str, Any]:
        try:
            kind, value = pipe.recv()
        except (EOFError, OSError) as error:
            raise _gone() from error
        return kind, value

    @staticmethod
    def _end(workers: list[_Worker]) -> None:
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join()
            worker.pipe.close()


def _gone() -> WorkerError:
    return WorkerError("a worker process died; is there enough memory? Ask for fewer workers")


def _begun() -> _Worker:
    # A fresh process rather than a copy of this one: the same on every system, and safe beside threads.
    fresh = multiprocessing.get_context("spawn")
    ours, theirs = fresh.Pipe()
    process = fresh.Process(target=_serve, args=(theirs,), daemon=True)
    try:
        with _undisturbed(), _without_main():
            process.start()
    except OSError as error:
        raise WorkerError(f"cannot begin a worker process: {error.strerror or error}; ask for fewer workers") from error
    finally:
        theirs.close()
    return _Worker(process, ours)


@contextmanager
def _blocked(*numbers: int) -> Iterator[None]:
    """Block signals, with which threads and processes that are begun here begin, too; Windows knows nothing of that."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    # It would unblock them.
    resource_tracker.ensure_running()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put interrupts off until a process that is begun here has been told all; it never hears any itself."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    late: list[int] = []
    before = {number: signal.signal(number, lambda number, frame: late.append(number)) for number in _INTERRUPTS}
    try:
        with _blocked(*_INTERRUPTS):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for heard in late:
            signal.raise_signal(heard)


def unheard(begin: Callable[[], R]) -> R:
    """Return what is begun in a thread of its own, whose processes hear no Ctrl-C, while this one goes on hearing it."""
    made: list[R] = []
    wrong: list[BaseException] = []

    def work() -> None:
        try:
            made.append(begin())
        except BaseException as error:
            wrong.append(error)

    thread = threading.Thread(target=work, daemon=True)
    with _blocked(signal.SIGINT):
        thread.start()
    thread.join()
    if wrong:
        raise wrong[0]
    return made[0]


@contextmanager
def _without_main() -> Iterator[None]:
    """Keep a process that is begun here from running the script that asks for it once more; it needs nothing of that."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _serve(pipe: Any) -> None:
    """Do what comes through the pipe until its other end is closed; the life of a process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None, "a worker has a parent"

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
    with suppress(EOFError, OSError), listening(lambda histories: pipe.send((_PROGRESS, histories))):
        while True:
            work, task = pipe.recv()
            _answer(pipe, work, task)


def _answer(pipe: Any, work: Callable[[Any], Any], task: Any) -> None:
    try:
        answer = pickle.dumps((_RESULT, work(task)))
    except Exception as error:
        where = "In a worker process:\n" + "".join(traceback.format_exception(error))
        error.add_note(where)
        try:
            answer = pickle.dumps((_ERROR, error))
            pickle.loads(answer)
        except Exception:
            # Not every error stands the way between processes.
            plain = RuntimeError(f"{type(error).__name__}: {error}")
            plain.add_note(where)
            answer = pickle.dumps((_ERROR, plain))
    pipe.send_bytes(answer)
