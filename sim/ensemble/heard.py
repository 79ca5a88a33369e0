"""How far a simulation is, told while it runs to whoever listens in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# judgement: often enough for an eye, and rarely enough to cost nothing.
SECONDS = 0.1
_listeners: list[Callable[[float], None]] = []


@contextmanager
def listening(listener: Callable[[float], None]) -> Iterator[None]:
    """Call the listener with how many histories more were simulated, in parts of a history, while this is open."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def tell(histories: float) -> None:
    """Tell that so many histories more were simulated."""
    if _listeners:
        _listeners[-1](histories)


def by_days(histories: int, days: int) -> Callable[[int], None]:
    """Return what is called with each day that has passed in a batch, and tells it as so many of its histories.

    All histories of a batch go through the same day together: when half of the days have passed, so have half of them.
    """
    told, last = 0, time.monotonic()

    def passed(day: int) -> None:
        nonlocal told, last
        now = time.monotonic()
        if day == days or now - last > SECONDS:
            tell(histories * (day - told) / days)
            told, last = day, now

    return passed
