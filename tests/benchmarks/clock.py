"""Clocks for benchmarks: processor time, at its best, in units of a calibration loop, and how it grows.

What else runs on a machine only ever adds to a time. So a cost is the least of several, the things that are compared are run
in turn, and what is held to a limit is a ratio of two costs of one run, measured again as long as it is above the limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

Work = Callable[[], object]
# judgement: how large a share of the fixed cost an addition must be for its growth to be seen above the noise.
SEEN = 0.1


def processor_seconds(work: Work) -> float:
    """Return the processor time of this process that some work takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


class Costs:
    """The least cost of each of several pieces of work, which run in turn.

    Parameters
    ----------
    works : mapping of name to callable
    """

    def __init__(self, works: Mapping[object, Work]) -> None:
        self._works = works
        self.seconds = dict.fromkeys(works, np.inf)

    def measure(self, rounds: int) -> Costs:
        for _ in range(rounds):
            for name, work in self._works.items():
                self.seconds[name] = min(self.seconds[name], processor_seconds(work))
        return self

    def until(self, holds: Callable[[Costs], bool], rounds: int = 2, most: int = 8) -> Costs:
        """Measure for some rounds, and more of them until something holds, but no more than `most`."""
        self.measure(rounds)
        done = rounds
        while not holds(self) and done < most:
            self.measure(1)
            done += 1
        return self

    def ratio(self, one: object, other: object) -> float:
        return self.seconds[one] / self.seconds[other]


# judgement: of the calibration loop so many operations are a day, about as many as the model makes on the arrays of a batch.
OPERATIONS = 960


def calibration(n: int, days: int) -> Work:
    """Return a fixed piece of NumPy arithmetic in the shape of a day of the model, for `n` histories and some days.

    It knows nothing of the model: it adds, multiplies, takes powers, chooses and gathers as the model does, on arrays of
    the same size, so that what a machine does well or badly moves both alike.
    """
    luck = np.random.default_rng(1)
    first, second = luck.uniform(0.5, 1.5, (2, 2, n))
    where = luck.uniform(size=n) < 0.05

    def work() -> float:
        value, other = first.copy(), second.copy()
        for _ in range(days):
            for _ in range(OPERATIONS // 8):
                value = value + 0.1 * (other - value)
                other = np.where(value > other, other, value * 1.01)
                value = np.clip(value, 0.1, 2.0)
                other = other * np.exp(-0.01 * value)
                cohort = np.flatnonzero(where)
                value[:, cohort] = first[:, cohort]
                other[:, cohort] = second[:, cohort]
        return float(value.sum() + other.sum())

    return work


@dataclass(frozen=True)
class Growth:
    """How a cost grows with a size.

    Attributes
    ----------
    what : str
    seconds : dict of int to float
        The cost at each size.
    """

    what: str
    seconds: Mapping[int, float]

    @property
    def times(self) -> float:
        """How many times the cost at the smallest size that at the largest is."""
        return self.seconds[max(self.seconds)] / self.seconds[min(self.seconds)]

    @property
    def exponent(self) -> float:
        """The slope of log(cost above the fixed part) against log(size above the smallest), by least squares; NaN if unseen.

        Both are taken above the smallest size: of a cost that is a + b * size the slope is then 1 at all sizes, and not only
        at the largest. Left out are sizes at which less than `SEEN` of the fixed part is added, which is as much as noise;
        where there are not two left, nothing is seen to grow. Of the rest the three largest count.
        """
        least = min(self.seconds)
        fixed = self.seconds[least]
        seen = [size for size, cost in self.seconds.items() if cost - fixed > SEEN * fixed]
        # The upper sizes: what little is added at lower ones is measured less well.
        seen = sorted(seen)[-3:]
        if len(seen) < 2:
            return np.nan
        added = [self.seconds[size] - fixed for size in seen]
        return float(np.polyfit(np.log([size - least for size in seen]), np.log(added), 1)[0])

    @property
    def told(self) -> str:
        """The costs beside that of the smallest size, and the exponent."""
        fixed = self.seconds[min(self.seconds)]
        costs = ", ".join(f"{size:,}: {cost / fixed:.2f}" for size, cost in self.seconds.items())
        return f"{costs} times; exponent {self.exponent:.2f}"
