"""The few statistics of a summary."""

from statistics import NormalDist

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
