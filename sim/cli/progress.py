"""How much is done, and how long the rest takes: one line on stderr while it is a terminal."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sim.gate import shown

# judgement: often enough to see that it goes on.
SECONDS = 0.1
# judgement: less time tells nothing of how long the rest takes.
ENOUGH = 0.5
BAR = 20


class _Line:
    """What is shown: histories that were done before, and those that have been simulated since."""

    def __init__(self, name: str, total: int, each: int) -> None:
        self._name, self._total, self._each = name, total, each
        self._started = 0.0
        self._drawn = 0.0
        self._before: int | None = None
        self._whole, self._simulated = 0, 0.0
        self._draw(0)

    def reached(self, pieces: int) -> None:
        """Take that so many pieces are done, of which the first time tells what was done before."""
        self._whole = pieces * self._each
        if self._before is None:
            # What comes after something was simulated was not there before.
            self._before = 0 if self._simulated else self._whole
        self._show()

    def simulated(self, histories: float) -> None:
        """Take that so many histories more are simulated."""
        # The time that workers take to begin says nothing about how fast they are.
        self._started = self._started or time.monotonic()
        self._simulated += histories
        self._show()

    def wipe(self) -> None:
        """Leave the line as it was."""
        self._write("")

    def _show(self) -> None:
        now = time.monotonic()
        if now - self._drawn >= SECONDS:
            self._drawn = now
            before = self._before or 0
            self._draw(min(self._total, max(self._whole, before + self._simulated)))

    def _draw(self, done: float) -> None:
        new, passed = done - (self._before or 0), time.monotonic() - self._started
        left = f", {in_words((self._total - done) * passed / new)} left" if self._started and passed > ENOUGH else ""
        if done >= self._total:
            left = ", putting together"
        full = round(BAR * done / self._total)
        self._write(f"{self._name}  {'#' * full}{'-' * (BAR - full)}  {done:,.0f} of {self._total:,} histories{left}")

    @staticmethod
    def _write(text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        getattr(sys.stderr, "draw", sys.stderr.write)(f"\r{shown(text)[:width]:<{width}}\r")
        sys.stderr.flush()


def in_words(seconds: float) -> str:
    """Return a time as it is said: 8 s, 3 min, 2.5 h.

    >>> in_words(8.2), in_words(100), in_words(9_000)
    ('8 s', '2 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@contextmanager
def progress_bar(name: str, total: int, each: int = 1) -> Iterator[Callable[[int], None]]:
    """Show how far a study is, while this is open and stderr is a terminal.

    Parameters
    ----------
    name : str
    total : int
        Histories of the whole study.
    each : int
        Histories of a piece.

    Yields
    ------
    callable
        To be called with how many pieces are done, at first with those that were done before; what is simulated in
        between is heard of by itself.
    """
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from sim.ensemble.heard import listening

    line = _Line(name, total, each)
    try:
        with listening(line.simulated):
            yield line.reached
    finally:
        line.wipe()
