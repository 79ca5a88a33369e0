"""How far a study is: in small steps, from workers too, after a resume without what was there; and who hears Ctrl-C."""

from __future__ import annotations

import io
import math
import os
import signal
import sys
import time
from functools import partial

import numpy as np
import pytest

from sim.cli import progress
from sim.ensemble import heard
from sim.ensemble.processes import Processes
from sim.ensemble.run import Plan, run_ensemble, run_histories
from sim.ensemble.workers import pool_of


class Clock:
    """A time that passes when it is told to."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def line(self) -> str:
        """Return what is shown, and forget it."""
        shown = self.getvalue().split("\r")[-2].rstrip()
        self.seek(self.truncate(0))
        return shown


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    monkeypatch.setattr(heard, "time", clock)
    return clock


def test_progress_is_done_of_all_with_the_time_left(clock: Clock, monkeypatch) -> None:
    terminal = Terminal()
    # Here, because pytest puts its own in place between fixtures and tests.
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "80")
    with progress.progress_bar("baseline", 2_000) as reached:
        assert terminal.line().endswith("  0 of 2,000 histories")
        reached(0)
        for _ in range(15):
            clock.now += 0.2
            heard.tell(100)
        # The first hundred came with the clock's start.
        assert terminal.line() == "baseline  ###############-----  1,500 of 2,000 histories, 1 s left"
        clock.now += 1
        reached(2_000)
        assert terminal.line().endswith("2,000 of 2,000 histories, putting together")
    assert terminal.line() == ""


def test_after_a_resume_only_what_is_computed_counts(clock: Clock, monkeypatch) -> None:
    terminal = Terminal()
    # Here, because pytest puts its own in place between fixtures and tests.
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "80")
    with progress.progress_bar("a sweep", 100 * 50, each=50) as reached:
        reached(60)
        clock.now += 1
        heard.tell(0)
        clock.now += 1
        heard.tell(100)
        # 100 histories took a second, and 1,900 are left: not as if 3,100 had taken it.
        assert terminal.line() == "a sweep  ############--------  3,100 of 5,000 histories, 19 s left"
        clock.now += 1
        reached(63)
        assert "3,150 of 5,000" in terminal.line()


def test_nothing_is_shown_where_there_is_no_terminal(capsys) -> None:
    with progress.progress_bar("baseline", 10) as reached:
        reached(10)
        heard.tell(10)
    assert capsys.readouterr().err == ""


def test_a_batch_tells_as_its_days_pass(load, clock: Clock, monkeypatch) -> None:
    told: list[float] = []

    def tick(histories: float) -> None:
        told.append(histories)

    passed = heard.by_days(400, 1_000)
    with heard.listening(tick):
        for day in range(1, 1_001):
            clock.now += 0.01
            passed(day)
    assert sum(told) == pytest.approx(400)
    assert max(told) < 6
    monkeypatch.undo()
    told.clear()
    with heard.listening(tick):
        run_histories(load("baseline"), Plan(30, 1, 40, batch=10), np.arange(30))
    assert sum(told) == pytest.approx(30)


def test_workers_tell_too_and_hear_no_interrupt(load) -> None:
    told: list[float] = []
    with pool_of(2) as pool, heard.listening(told.append):
        run_ensemble(load("baseline"), Plan(900, 1, 10), pool=pool)
        assert sum(told) == pytest.approx(900)
        assert isinstance(pool.does, Processes)
        asked = [signal.SIGINT] * 2
        assert [found for _, found in pool.does.each(signal.getsignal, asked)] == [signal.SIG_IGN] * 2
        ((_, blocked),) = pool.does.each(partial(signal.pthread_sigmask, signal.SIG_BLOCK), [[]])
        assert {signal.SIGINT, signal.SIGTERM} <= blocked
    # Where they come from all is as it was.
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, []) & {signal.SIGINT, signal.SIGTERM}


def test_what_is_no_longer_asked_for_is_not_done() -> None:
    """A worker that is at something long is ended with who asks, and a new one does what comes next."""
    with pool_of(2) as pool:
        assert isinstance(pool.does, Processes)
        work = pool.does.each(time.sleep, [0.0, 1e6, 1e6])
        next(work)
        before = set(pool.does.pids)
        work.close()
        assert [found for _, found in pool.does.each(abs, [-1, -2, -3])] in ([1, 2, 3], [2, 1, 3], [1, 3, 2], [2, 3, 1])
        assert not before & set(pool.does.pids)


def test_an_error_of_a_worker_tells_where_it_was() -> None:
    with pool_of(2) as pool:
        assert isinstance(pool.does, Processes)
        with pytest.raises(ValueError, match="math domain error") as caught:
            list(pool.does.each(math.sqrt, [-1.0]))
    assert "In a worker process:" in caught.value.__notes__[0]


class Odd(Exception):
    """An error that cannot be made anew from its arguments, as of many libraries."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")


def odd(number: int) -> int:
    raise Odd(number, number)


def test_an_odd_error_of_a_worker_is_no_dead_worker() -> None:
    with pool_of(2) as pool:
        assert isinstance(pool.does, Processes)
        with pytest.raises(RuntimeError, match="Odd: 1 and 1") as caught:
            list(pool.does.each(odd, [1]))
    assert "In a worker process:" in caught.value.__notes__[0]


def test_a_worker_that_died_when_nobody_waited_is_made_anew() -> None:
    with pool_of(2) as pool:
        assert isinstance(pool.does, Processes)
        assert sorted(found for _, found in pool.does.each(abs, [-1, -2, -3])) == [1, 2, 3]
        before = pool.does.pids
        for number in before:
            os.kill(number, signal.SIGKILL)
        while any(one.process.is_alive() for one in pool.does._idle):
            time.sleep(0.01)
        assert sorted(found for _, found in pool.does.each(abs, [-4, -5, -6])) == [4, 5, 6]
        assert not set(before) & set(pool.does.pids)
        first = pool.does.each(time.sleep, [0.0, 1e6])
        next(first)
        with pytest.raises(AssertionError, match="one study at a time"):
            next(pool.does.each(abs, [-1]))
        first.close()
