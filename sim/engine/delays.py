"""Delay lines: what is on its way and when it arrives.

`Ring` holds fixed delays of whole days, one per replication; `StagedDelay` is the Erlang delay of system dynamics, a
chain of stages each of which passes on a share of its content a day (Sterman 2000, *Business Dynamics*, chapter 11).
Nothing vanishes: what went in is inside or has come out.
"""

import numpy as np

from sim.engine.draws import Floats, Ints


class Ring:
    """Amounts due on future days, shape (rows, n) a day, with a fixed delay each.

    Parameters
    ----------
    delay : (rows, n) int
        Whole days between going in and coming out; with 0, what goes in comes out on the same day.

    >>> ring = Ring(np.array([[0, 2]]))
    >>> [ring.step(np.array([[1.0, 1.0]])).tolist() for day in range(3)]
    [[[1.0, 0.0]], [[1.0, 0.0]], [[1.0, 1.0]]]
    """

    def __init__(self, delay: Ints) -> None:
        self._delay = delay
        self._days = int(delay.max()) + 1
        # What went in on each of the last days; what is due today went in `delay` days ago.
        self._went_in = np.zeros((self._days, *delay.shape))
        self._today = 0
        column = np.arange(delay.size, dtype=np.int64).reshape(delay.shape)
        self._due = (-delay % self._days) * delay.size + column

    def fill(self, per_day: Floats) -> None:
        """Take it that `per_day`, shape (rows, n), went in on every day before the first."""
        self._went_in[...] = per_day

    def step(self, amount: Floats) -> Floats:
        """Let a day pass: put in `amount`, shape (rows, n), and return what is due today, same shape."""
        self._went_in[self._today] = amount
        due: Floats = self._went_in.take(self._due, mode="wrap")
        # The places move on by a day, which is cheaper than working them out; `take` wraps them.
        self._today += 1
        self._due += self._delay.size
        if self._today == self._days:
            self._today = 0
            self._due -= self._went_in.size
        return due

    def total(self) -> Floats:
        """Return all that is inside, shape (rows, n): what went in during the last `delay` days."""
        total = np.zeros(self._delay.shape)
        for ago in range(1, self._days):
            total += np.where(ago <= self._delay, self._went_in[(self._today - ago) % self._days], 0.0)
        return total


class StagedDelay:
    """An Erlang delay for several rows at once; rows may have different numbers of stages.

    Parameters
    ----------
    stages : sequence of int
        Number of stages of each row.
    mean_days : (rows, n) float
        Mean delay in continuous time; counted in steps it is k / (1 - exp(-k/m)), and with 0 a step a stage.
    """

    def __init__(self, stages: list[int], mean_days: Floats) -> None:
        deepest = max(stages, default=1)
        self._stages = np.asarray(stages, dtype=np.float64)[:, None]
        self._mean_days = np.empty(0)
        self.set_mean(mean_days)
        # Rows with fewer stages enter further down, so that all leave by the last.
        self._entry = [deepest - count for count in stages]
        self._content = np.zeros((deepest, *mean_days.shape))
        self._moved = np.empty_like(self._content)

    def set_mean(self, mean_days: Floats) -> None:
        """Give the delay another mean, shape (rows, n), from the next step on; what is inside stays where it is."""
        if mean_days is self._mean_days:
            return  # as on most days
        self._mean_days = mean_days
        with np.errstate(divide="ignore"):
            self._share = -np.expm1(-(self._stages / mean_days))

    def fill(self, per_day: Floats) -> None:
        """Set the steady state of an inflow of `per_day`, shape (rows, n)."""
        for row, entry in enumerate(self._entry):
            self._content[entry:, row] = per_day[row] / self._share[row]

    def add(self, amount: Floats) -> None:
        """Add `amount`, shape (rows, n), to the first stage of each row."""
        for row, entry in enumerate(self._entry):
            self._content[entry, row] += amount[row]

    def add_to(self, row: int, cohort: Ints, amount: Floats) -> None:
        """Add `amount`, shape (len(cohort),), to the first stage of one row for some replications."""
        self._content[self._entry[row], row, cohort] += amount

    def step(self) -> Floats:
        """Let a day pass; return what comes out, shape (rows, n), valid until the next step."""
        np.multiply(self._content, self._share, out=self._moved)
        self._content -= self._moved
        self._content[1:] += self._moved[:-1]
        out: Floats = self._moved[-1]
        return out

    def total(self) -> Floats:
        """Return all that is inside, shape (rows, n)."""
        # One after the other: `sum` may group terms by the size of the batch.
        total: Floats = self._content[0].copy()
        for stage in self._content[1:]:
            total += stage
        return total
