"""The statistics of a summary: intervals of shares, quantiles, and how endings come about over time.

Sources: Kaplan and Meier 1958; cumulative incidence of competing endings after Aalen and Johansen 1978, its variance by the
delta method (Marubini and Valsecchi 1995); intervals of quantiles from order statistics (David and Nagaraja 2003, 7.1).
"""

from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Z_95 = 1.959963984540054
"""Standard normal quantile at 0.975."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def z_value(chance: float) -> float:
    """Return the standard normal quantile that leaves half of `chance` above it.

    >>> round(z_value(0.05), 4)
    1.96
    """
    return Z_95 if chance == 0.05 else NormalDist().inv_cdf(1.0 - chance / 2.0)


def wilson_interval(successes: float, n: float, z: float = Z_95) -> tuple[float, float]:
    """Return the interval of a share, of 95 % unless told (Wilson 1927, JASA 22), which is never of width 0.

    >>> tuple(round(x, 4) for x in wilson_interval(0, 100))
    (0.0, 0.037)
    """
    share = successes / n
    spread = z**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = z * np.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    # Exactly 0 and 1 at the ends, where rounding leaves a trace.
    low, high = float(middle - half) if successes > 0 else 0.0, float(middle + half) if successes < n else 1.0
    return max(0.0, low), min(1.0, high)


def mean_interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % interval of the mean (Student's t), NaN where there are fewer than two values.

    >>> tuple(round(x, 3) for x in mean_interval(np.array([1.0, 2.0, 3.0])))
    (-0.484, 4.484)
    """
    from scipy.special import stdtrit

    n = len(values)
    if n < 2:
        return np.nan, np.nan
    middle, half = float(values.mean()), float(stdtrit(n - 1, 0.975) * values.std(ddof=1) / np.sqrt(n))
    return middle - half, middle + half


def quantile_interval(values: NDArray[np.float64], level: float) -> tuple[float, float]:
    """Return the interval that holds a quantile with at least 95 %, whatever the distribution.

    Parameters
    ----------
    values : (n,) array
        In rising order.
    level : float
        Of the quantile, between 0 and 1.

    Returns
    -------
    low, high : float
        NaN where there are too few values beyond the quantile to bound it.

    >>> quantile_interval(np.arange(1.0, 101.0), 0.5)
    (40.0, 61.0)
    >>> quantile_interval(np.arange(1.0, 21.0), 0.05)
    (nan, 4.0)
    """
    low, high = _ranks(len(values), level)
    return (float(values[low]) if low >= 0 else np.nan), (float(values[high]) if high < len(values) else np.nan)


@lru_cache(maxsize=1024)
def _ranks(n: int, level: float) -> tuple[int, int]:
    """Return the places, from 0, of the values that bound a quantile; -1 and `n` where there are none."""
    from scipy.special import bdtr

    reach = 6.0 * np.sqrt(n * level * (1.0 - level)) + 6.0
    counts = np.arange(max(0, int(n * level - reach)), min(n, int(n * level + reach)) + 1)
    below = bdtr(counts, n, level)
    under = np.flatnonzero(below <= 0.025)
    return int(counts[under[-1]]) if len(under) else -1, int(counts[np.flatnonzero(below >= 0.975)[0]])


class Curve(NamedTuple):
    """A share over time: at `times` it changes to `share`, with its standard `error`; `at_risk` were watched till then."""

    times: NDArray[np.float64]
    share: NDArray[np.float64]
    error: NDArray[np.float64]
    at_risk: NDArray[np.int64]

    def intervals(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the 95 % interval at each time, on the log-log scale; NaN where the share is 0 or 1."""
        inside = (self.share > 0.0) & (self.share < 1.0)
        share = np.where(inside, self.share, 0.5)
        # The exponent is bounded where a number would be too large for it, which no bound of a share shows.
        spread = np.exp(np.minimum(Z_95 * self.error / (share * np.abs(np.log(share))), 700.0))
        low, high = share**spread, share ** (1.0 / spread)
        return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


def kaplan_meier(times: NDArray[np.float64], happened: NDArray[np.bool_]) -> Curve:
    """Return the share to which something has not happened yet; what has not is watched until its time (Greenwood's error).

    >>> curve = kaplan_meier(np.array([1.0, 2.0, 3.0]), np.array([True, False, True]))
    >>> curve.times, curve.share.round(3)
    (array([1., 3.]), array([0.667, 0.   ]))
    """
    at, risk, events = _risk_sets(times, happened)
    left = risk - events
    weights, whole = _weights(risk, left)
    share = left * weights / whole
    terms = np.divide(events, risk * left, out=np.zeros(len(at)), where=left > 0)
    return Curve(at, share, share * np.sqrt(np.cumsum(terms)), risk.astype(np.int64))


def aalen_johansen(times: NDArray[np.float64], causes: NDArray[np.int64]) -> dict[int, Curve]:
    """Return, for each cause from 1 on, the share to which it has happened first; cause 0: watched until then, and nothing.

    >>> curves = aalen_johansen(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 2, 0, 1]))
    >>> curves[1].share.tolist(), curves[2].share.tolist()
    ([0.25, 0.25, 0.75], [0.0, 0.25, 0.25])
    """
    at, risk, events = _risk_sets(times, causes > 0)
    weights, whole = _weights(risk, risk - events)
    before = risk * weights / whole
    survived = (risk - events) * weights / whole
    curves = {}
    for cause in range(1, int(causes.max(initial=0)) + 1):
        places = np.searchsorted(at, times[causes == cause])
        mine = np.bincount(places, minlength=len(at)).astype(np.float64)
        share = np.minimum(np.cumsum(mine * weights) / whole, 1.0)
        # All of the whole where no one is left and nothing else has happened, whatever the rounding of the sum.
        share[(survived == 0.0) & (np.cumsum(events - mine) == 0.0)] = 1.0
        curves[cause] = Curve(
            at, share, np.sqrt(_incidence_variance(share, before, risk, events, mine)), risk.astype(np.int64)
        )
    return curves


def _weights(risk: NDArray[np.float64], left: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return for how many of all each history at risk stands at each time, and how many they are all together.

    One that leaves hands its weight to those who stay. While none leaves, all have one of 1, and shares are exact.
    """
    if not len(risk):
        return np.zeros(0), 1.0
    return np.asarray(np.cumprod(np.concatenate([[1.0], left[:-1] / risk[1:]])), dtype=np.float64), float(risk[0])


def _risk_sets(
    times: NDArray[np.float64], happened: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the times at which something happened, how many were at risk then, and to how many it happened."""
    at, events = np.unique(times[happened], return_counts=True)
    risk = len(times) - np.searchsorted(np.sort(times), at, side="left")
    return at, risk.astype(np.float64), events.astype(np.float64)


def _incidence_variance(
    share: NDArray[np.float64],
    before: NDArray[np.float64],
    risk: NDArray[np.float64],
    events: NDArray[np.float64],
    mine: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the variance of a cumulative incidence at each time."""
    left = risk - events
    hazard = np.divide(events, risk * left, out=np.zeros(len(risk)), where=left > 0)
    own = before**2 * mine * (risk - mine) / risk**3
    cross = before * mine / risk**2
    # Sums over all earlier times of (F(t) - F(s))^2 and (F(t) - F(s)), taken apart so that one pass is enough.
    first = share**2 * np.cumsum(hazard) - 2.0 * share * np.cumsum(share * hazard) + np.cumsum(share**2 * hazard)
    third = share * np.cumsum(cross) - np.cumsum(share * cross)
    variance: NDArray[np.float64] = np.maximum(first + np.cumsum(own) - 2.0 * third, 0.0)
    return variance
