"""Scores of forecasts that are samples, and rivals for the model: forecasts that need none."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import add_months
from tests.as_of import Month

Floats = NDArray[np.float64]
BANDS = (50, 80, 90)


def crps(forecast: Floats, observed: float) -> float:
    """Return the continuous ranked probability score of a sample, in its fair form (no gain from a larger sample).

    >>> crps(np.array([1.0, 1.0]), 3.0)
    2.0
    """
    n = len(forecast)
    if n == 1:
        return float(abs(forecast[0] - observed))
    weights = 2.0 * np.arange(1, n + 1) - n - 1
    # Sum of |x_i - x_j| over all pairs i < j.
    apart = float((weights * np.sort(forecast)).sum())
    return float(np.abs(forecast - observed).mean()) - apart / (n * (n - 1))


def pit(forecast: Floats, observed: float) -> float:
    """Return the share of a sample below what was observed; of ties one half.

    >>> pit(np.array([0.0, 0.0, 1.0, 2.0]), 0.0)
    0.25
    """
    return float((forecast < observed).mean() + 0.5 * (forecast == observed).mean())


def covers(forecast: Floats, observed: float, percent: float) -> bool:
    """Return whether the central band of a sample holds what was observed; its limits belong to it."""
    tail = (1 - percent / 100) / 2
    low, high = np.quantile(forecast, (tail, 1 - tail))
    return bool(low <= observed <= high)


def scores(forecasts: Sequence[Floats], observed: Sequence[float]) -> dict[str, float]:
    """Return coverage of the bands, mean CRPS and bias of forecasts of single months."""
    pairs = list(zip(forecasts, observed, strict=True))
    found = {f"cover_{band}": float(np.mean([covers(*pair, band) for pair in pairs])) for band in BANDS}
    found["crps"] = float(np.mean([crps(*pair) for pair in pairs]))
    return found | {"bias": float(np.mean([forecast.mean() - value for forecast, value in pairs]))}


def memory_of(path: Floats) -> Floats:
    """Return the autocorrelation at lag 1 of paths along the first axis."""
    off = path - path.mean(axis=0)
    found: Floats = (off[1:] * off[:-1]).sum(axis=0) / (off**2).sum(axis=0)
    return found


# Quantiles at (i + 0.5) / n: what rivals give of each month, (months, n).
_NORMAL = np.array([NormalDist().inv_cdf((place + 0.5) / 400) for place in range(400)])


def ar1_fit(values: Sequence[float], most: float = 3_000.0) -> tuple[float, float, float]:
    """Return mean, autocorrelation and residual sd of an AR(1), without values beyond `most` and what follows on them.

    >>> ar1_fit([4.0, 2.0, 3.0, 1.0, 9e9])[1:]
    (0.0, 1.118033988749895)
    """
    all_of_them = np.asarray(values, dtype=float)
    kept = np.abs(all_of_them) <= most
    mean = all_of_them[kept].mean()
    off = all_of_them - mean
    pairs = kept[:-1] & kept[1:]
    first, second = off[:-1][pairs], off[1:][pairs]
    memory = float(np.clip((first * second).sum() / (first**2).sum(), 0.0, 0.95))
    return float(mean), memory, float(np.sqrt(np.mean(off[kept] ** 2) * (1 - memory**2)))


def ar1_forecast(past: Sequence[Month], ahead: int) -> Floats:
    """Forecast km2 by an AR(1) fitted to the last 24 months; months of withdrawals and of the first weeks are left out."""
    mean, memory, sd = ar1_fit([month.km2 for month in past[-24:]])
    lead = np.arange(1, ahead + 1)[:, None]
    spread = sd * np.sqrt((1 - memory ** (2 * lead)) / (1 - memory**2))
    forecast: Floats = mean + memory**lead * (past[-1].km2 - mean) + spread * _NORMAL
    return forecast


def walk_forecast(past: Sequence[Month], ahead: Sequence[Month]) -> Floats:
    """Forecast claims by a random walk of the log of claims a day, from the last month, with last year's changes."""
    rates = np.log([month.claims / _days(month) for month in past[-13:]])
    sd = np.sqrt(np.mean(np.diff(rates) ** 2))
    lead = np.arange(1, len(ahead) + 1)[:, None]
    days = np.array([[_days(month)] for month in ahead])
    forecast: Floats = days * np.exp(rates[-1] + sd * np.sqrt(lead) * _NORMAL)
    return forecast


def _days(month: Month) -> int:
    return (add_months(month.start, 1) - month.start).days
