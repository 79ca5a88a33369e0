"""The statistics of a summary: intervals of shares, quantiles, and how endings come about over time.

Sources: Kaplan and Meier 1958; cumulative incidence of competing endings after Aalen and Johansen 1978, its variance by the
delta method (Marubini and Valsecchi 1995).
"""

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


def wilson_interval(successes: float, n: int, z: float = Z_95) -> tuple[float, float]:
    """Return the interval of a share, of 95 % unless told (Wilson 1927, JASA 22), which is never of width 0.

    >>> tuple(round(x, 4) for x in wilson_interval(0, 100))
    (0.0, 0.037)
    """
    share = successes / n
    spread = z**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = z * np.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def quantiles(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the quantiles at `QUANTILES` of the values that are numbers, or NaN where there are none."""
    known = values[~np.isnan(values)]
    return np.quantile(known, QUANTILES) if len(known) else np.full(len(QUANTILES), np.nan)


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
        spread = np.exp(Z_95 * self.error / (share * np.abs(np.log(share))))
        low, high = share**spread, share ** (1.0 / spread)
        return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


def kaplan_meier(times: NDArray[np.float64], happened: NDArray[np.bool_]) -> Curve:
    """Return the share to which something has not happened yet; what has not is watched until its time (Greenwood's error).

    >>> curve = kaplan_meier(np.array([1.0, 2.0, 3.0]), np.array([True, False, True]))
    >>> curve.times, curve.share.round(3)
    (array([1., 3.]), array([0.667, 0.   ]))
    """
    at, risk, events = _risk_sets(times, happened)
    share = np.asarray(np.cumprod(1.0 - events / risk), dtype=np.float64)
    left = risk - events
    terms = np.divide(events, risk * left, out=np.zeros(len(at)), where=left > 0)
    return Curve(at, share, share * np.sqrt(np.cumsum(terms)), risk.astype(np.int64))


def aalen_johansen(times: NDArray[np.float64], causes: NDArray[np.int64]) -> dict[int, Curve]:
    """Return, for each cause from 1 on, the share to which it has happened first; cause 0: watched until then, and nothing.

    >>> curves = aalen_johansen(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 2, 0, 1]))
    >>> curves[1].share.tolist(), curves[2].share.tolist()
    ([0.25, 0.25, 0.75], [0.0, 0.25, 0.25])
    """
    at, risk, events = _risk_sets(times, causes > 0)
    survived = np.cumprod(1.0 - events / risk)
    before = np.concatenate([[1.0], survived[:-1]])
    curves = {}
    for cause in range(1, int(causes.max(initial=0)) + 1):
        mine = np.array([((times == time) & (causes == cause)).sum() for time in at], dtype=np.float64)
        share = np.cumsum(before * mine / risk)
        curves[cause] = Curve(
            at, share, np.sqrt(_incidence_variance(share, before, risk, events, mine)), risk.astype(np.int64)
        )
    return curves


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
