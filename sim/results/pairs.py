"""Differences between two sets of histories, with their intervals: of means and shares, paired on the same luck or not.

A pair is the same replication of two scenarios. What both share of their luck cancels in its difference, so that far fewer
histories show an effect than two independent samples would need.

Sources: paired shares after Bonett and Price 2012 (one is added to each kind of change, so that no interval has width 0) and
McNemar's exact test; unpaired shares after Newcombe 1998, method 10; unpaired means after Welch 1947.
"""

from collections import Counter
from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.results.statistics import wilson_interval, z_value

Values = NDArray[np.float64]
# judgement: what is less than this part of the spread between histories is of no consequence, however surely it is found.
NEGLIGIBLE = 0.01


@singledispatch
def in_a_line(found: object) -> str:
    """Return a result in a line, as commands print it; `looks` registers how each kind is told."""
    return tuple.__repr__(found) if isinstance(found, tuple) else repr(found)


class Difference(NamedTuple):
    """How an outcome differs between two scenarios.

    Attributes
    ----------
    pairs : int
        Histories in which both scenarios have the outcome; without pairing the smaller of the two numbers of histories.
    left, right : float
        Mean or share of each over these histories.
    mean : float
        Right minus left.
    low, high : float
        Interval of the difference.
    correlation : float
        Of the pairs; NaN without pairing, or where one side does not vary.
    shrink : float
        Factor by which pairing has shrunk the variance of the difference; NaN without pairing, infinite if all pairs differ
        by the same.
    same : bool
        Whether the outcome is the same in every pair.
    spread : float
        Standard deviation between the histories of a scenario, of both together; NaN where it is not known.
    unit : str
        Of the outcome; empty where it is not known.
    """

    pairs: int
    left: float
    right: float
    mean: float
    low: float
    high: float
    correlation: float
    shrink: float
    same: bool
    spread: float = np.nan
    unit: str = ""

    def __repr__(self) -> str:
        return f"<Difference: {in_a_line(self)}>"

    @property
    def found(self) -> bool:
        """Whether the interval leaves out zero."""
        return not self.same and not self.low <= 0.0 <= self.high

    @property
    def size(self) -> float:
        """The difference in standard deviations between histories, without its sign; NaN where these are not known."""
        if self.spread == 0:
            return np.inf if self.mean else 0.0
        return abs(self.mean) / self.spread

    @property
    def negligible(self) -> bool:
        """Whether it is found, but of no consequence beside how much histories differ."""
        return self.found and self.size < NEGLIGIBLE


def of_means(left: Values, right: Values, *, paired: bool = True, comparisons: int = 1) -> Difference | None:
    """Return the difference of two means with its interval, or None where there are fewer than two histories.

    Parameters
    ----------
    left, right : (n,) array
        One value a history; NaN where it does not apply. Paired ones are in the same order.
    paired : bool
    comparisons : int
        How many differences the interval of 95 % shall cover together (Bonferroni).

    >>> found = of_means(np.array([1.0, 2.0, 4.0]), np.array([2.0, 3.0, 4.5]))
    >>> round(found.mean, 4), round(found.low, 4), round(found.high, 4)
    (0.8333, 0.1162, 1.5504)
    """
    from scipy.special import stdtrit

    chance = 0.05 / comparisons
    if paired:
        both = ~(np.isnan(left) | np.isnan(right))
        left, right = left[both], right[both]
        n = len(left)
        if n < 2:
            return None
        change = right - left
        mean, error = float(change.mean()), float(change.std(ddof=1) / np.sqrt(n))
        half = float(stdtrit(n - 1, 1.0 - chance / 2.0)) * error
        return Difference(
            n, float(left.mean()), float(right.mean()), mean, mean - half, mean + half, *_paired_gain(left, right, change),
            _spread(left, right),
        )  # fmt: skip
    left, right = left[~np.isnan(left)], right[~np.isnan(right)]
    if min(len(left), len(right)) < 2:
        return None
    mean = float(right.mean() - left.mean())
    parts = [float(values.var(ddof=1)) / len(values) for values in (left, right)]
    variance = sum(parts)
    freedom = (
        variance**2 / sum(part**2 / (len(v) - 1) for part, v in zip(parts, (left, right), strict=True)) if variance else 1.0
    )
    half = float(stdtrit(freedom, 1.0 - chance / 2.0)) * float(np.sqrt(variance))
    n = min(len(left), len(right))
    ends = (mean, mean - half, mean + half)
    return Difference(n, float(left.mean()), float(right.mean()), *ends, np.nan, np.nan, False, _spread(left, right))


def of_shares(left: Values, right: Values, *, paired: bool = True, comparisons: int = 1) -> Difference | None:
    """Return the difference of two shares with its interval; parameters as in `of_means`, values 0 or 1.

    >>> found = of_shares(np.array([1.0, 0, 0, 0]), np.array([1.0, 1, 1, 0]))
    >>> [round(float(value), 4) for value in (found.mean, found.low, found.high)]
    [0.5, -0.2631, 0.9297]
    """
    z = z_value(0.05 / comparisons)
    if not paired:
        left, right = left[~np.isnan(left)], right[~np.isnan(right)]
        if not len(left) or not len(right):
            return None
        a, b = float(left.mean()), float(right.mean())
        (a_low, a_high), (b_low, b_high) = (wilson_interval(v.sum(), len(v), z) for v in (left, right))
        low = b - a - np.sqrt((b - b_low) ** 2 + (a_high - a) ** 2)
        high = b - a + np.sqrt((b_high - b) ** 2 + (a - a_low) ** 2)
        found = (min(len(left), len(right)), a, b, b - a, float(low), float(high), np.nan, np.nan, False)
        return Difference(*found, _spread(left, right))
    both = ~(np.isnan(left) | np.isnan(right))
    left, right = left[both], right[both]
    n = len(left)
    if n == 0:
        return None
    change = right - left
    gained, lost = float((change > 0).sum()) + 1.0, float((change < 0).sum()) + 1.0
    middle = (gained - lost) / (n + 2.0)
    half = z * float(np.sqrt(max((gained + lost) / (n + 2.0) - middle**2, 0.0) / (n + 2.0)))
    low, high = max(-1.0, middle - half), min(1.0, middle + half)
    gain = _paired_gain(left, right, change)
    means = (float(left.mean()), float(right.mean()), float(change.mean()))
    return Difference(n, *means, low, high, *gain, _spread(left, right))


def _spread(left: Values, right: Values) -> float:
    """Return the standard deviation of both, about the mean of each."""
    return float(np.sqrt((left.var() + right.var()) / 2))


def of_ratios(
    left: tuple[Values, Values], right: tuple[Values, Values], *, paired: bool = True, comparisons: int = 1
) -> Difference | None:
    """Return the difference of two ratios of sums, as failed talks of all that ended, with its interval (linearised).

    Parameters
    ----------
    left, right : pair of (n,) array
        Numerator and denominator of each history.
    """
    ratios, spread = [], []
    for above, below in (left, right):
        if not below.sum() > 0:
            return None
        ratios.append(float(above.sum() / below.sum()))
        spread.append((above - ratios[-1] * below) / below.mean() + ratios[-1])
    found = of_means(spread[0], spread[1], paired=paired, comparisons=comparisons)
    return found and found._replace(left=ratios[0], right=ratios[1])


def _paired_gain(left: Values, right: Values, change: Values) -> tuple[float, float, bool]:
    """Return the correlation of pairs, how much their variance shrinks, and whether all are the same."""
    same = not change.any()
    if len(left) < 2:
        return np.nan, np.nan, same
    spread = [float(values.var(ddof=1)) for values in (left, right, change)]
    varies = spread[0] > 0 and spread[1] > 0
    correlation = float(np.corrcoef(left, right)[0, 1]) if varies else np.nan
    shrink = (spread[0] + spread[1]) / spread[2] if spread[2] > 0 else np.inf
    return correlation, shrink if spread[0] + spread[1] > 0 else np.nan, same


def mcnemar(left: Values, right: Values) -> float:
    """Return the exact p-value of McNemar's test that changes go both ways alike.

    >>> round(mcnemar(np.zeros(8), np.array([1.0] * 6 + [0, 0])), 5)
    0.03125
    """
    from scipy.special import bdtr

    gained, lost = int((right > left).sum()), int((right < left).sum())
    # Both tails are alike, and are all where as many go either way.
    return min(1.0, 2.0 * float(bdtr(min(gained, lost), gained + lost, 0.5))) if gained + lost else 1.0


def transitions(left: NDArray[Any], right: NDArray[Any]) -> dict[tuple[str, str], int]:
    """Return how many histories went from which ending to which.

    >>> transitions(np.array(["a", "a", "b"]), np.array(["a", "b", "b"]))
    {('a', 'a'): 1, ('a', 'b'): 1, ('b', 'b'): 1}
    """
    return dict(sorted(Counter(zip(left.tolist(), right.tolist(), strict=True)).items()))
