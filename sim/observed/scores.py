"""How well forecasts told what was seen. A forecast is a sample, each member of which counts alike: what each history says.

A sample is (n,), or (months, n) of whole paths. Smaller scores are better.

CRPS and energy score are in their fair form: what is expected does not depend on the size of the sample (Ferro 2014), since
means over pairs of members leave out the pairs of a member with itself. So few members are no disadvantage. All other scores
look at the sample as it is.

Sources: CRPS, energy score and interval score as in Gneiting and Raftery 2007 (JASA 102); fair scores after Ferro 2014
(QJRMS 140), both Brier's and CRPS.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.engine.draws import Floats, Ints
from sim.results.statistics import wilson_interval

BANDS = (50, 80, 90)
"""Central bands that are looked at, in %."""
SCORED_BAND = 80
FLOOR = 0.001
"""The least chance that the log score knows, of what comes and of what does not.
judgement: a thousand histories tell of no smaller one."""
FEWEST_OF_RELIABILITY = 20
RELIABILITY_BINS = 5
"""judgement: with twenty forecasts four are in each, if they are spread evenly."""


def crps(forecast: Floats, observed: float) -> float:
    """Return the continuous ranked probability score of a sample, in its fair form.

    Of members that are 0 or 1 it is the fair Brier score.

    >>> crps(np.array([1.0, 1.0]), 3.0)
    2.0
    >>> crps(np.array([1.0, 2.0]), 1.0)
    0.0
    """
    ordered = np.sort(_members(forecast))
    # Sum of |x_i - x_j| over all pairs i < j: by how many more each member is above than below.
    apart = float((np.arange(1 - len(ordered), len(ordered), 2) * ordered).sum())
    return float(np.mean(np.abs(ordered - observed))) - _of_pairs(apart, len(ordered))


def energy_score(paths: Floats, observed: Floats) -> float:
    """Return the energy score of whole paths, (months, n), in its fair form; distances are Euclidean. Of one month: CRPS.

    >>> energy_score(np.array([[3.0, 3.0], [4.0, 4.0]]), np.zeros(2))
    5.0
    """
    from scipy.spatial.distance import pdist

    points = _members(paths).T
    return float(np.mean(np.linalg.norm(points - observed, axis=1))) - _of_pairs(float(pdist(points).sum()), len(points))


def pit(forecast: Floats, observed: float) -> float:
    """Return the share of a sample below what was observed; of ties one half (the probability integral transform).

    >>> pit(np.array([0.0, 0.0, 1.0, 2.0]), 0.0)
    0.25
    """
    forecast = _members(forecast)
    return float(np.mean(forecast < observed) + 0.5 * np.mean(forecast == observed))


def band(forecast: Floats, percent: float) -> tuple[float, float]:
    """Return the limits of the central band of a sample, which belong to it; interpolated as NumPy does it."""
    tail = (1 - percent / 100) / 2
    low, high = np.quantile(_members(forecast), [tail, 1 - tail])
    return float(low), float(high)


def interval_score(low: float, high: float, observed: float, percent: float = SCORED_BAND) -> float:
    """Return the score of a central band: how wide it is, and 2 / (1 - percent / 100) times by how much it was missed.

    >>> round(interval_score(0.0, 4.0, 5.0), 9)
    14.0
    """
    missed = max(low - observed, 0.0) + max(observed - high, 0.0)
    return high - low + 2 / (1 - percent / 100) * missed


def scores(forecast: Floats, observed: float) -> dict[str, float]:
    """Return all scores of one forecast of one number, by name.

    `crps`, `pit`, `cover_50` (0 or 1) and `width_50`, and so on for each of `BANDS`, `interval_80`, `bias` (the mean less
    what was observed), and `median_error` (absolute).
    """
    found = {"crps": crps(forecast, observed), "pit": pit(forecast, observed)}
    for percent in BANDS:
        low, high = band(forecast, percent)
        found |= {f"cover_{percent}": float(low <= observed <= high), f"width_{percent}": high - low}
        if percent == SCORED_BAND:
            found[f"interval_{percent}"] = interval_score(low, high, observed)
    found["bias"] = float(np.mean(forecast)) - observed
    found["median_error"] = abs(float(np.median(forecast)) - observed)
    return found


# Whole paths


class OfPaths(NamedTuple):
    """A number that tells of a path: the sample of it, (n,), and what it was in what was seen."""

    forecast: Floats
    observed: float


def roughness(path: Floats, of_logs: bool) -> Floats:
    """Return the standard deviation of the changes of paths, (months, ...), from month to month, of their logs if asked."""
    found: Floats = np.diff(np.log(path) if of_logs else path, axis=0).std(axis=0, ddof=1)
    return found


def autocorrelation(path: Floats) -> Floats:
    """Return the autocorrelation at lag 1 of paths, (months, ...); NaN where a path never changes."""
    off = path - path.mean(axis=0)
    square = np.where(path.min(axis=0) < path.max(axis=0), (off**2).sum(axis=0), np.nan)
    found: Floats = (off[1:] * off[:-1]).sum(axis=0) / square
    return found


def of_paths(paths: Floats, observed: Floats) -> dict[str, OfPaths]:
    """Return numbers that tell of whole paths, (months, n), as forecasts of what they were in what was seen, (months,).

    By name: `sum`, `roughness`, which is that of logs where all paths and what was seen are above 0 throughout, and
    `autocorrelation`. The latter two need three months; paths that never change have no autocorrelation, and are left out of
    it.
    """
    paths = _members(paths)
    if len(observed) != len(paths):
        raise ValueError(f"paths of {len(paths)} months were given for {len(observed)} that were seen")
    both = {"sum": (paths.sum(axis=0), observed.sum())}
    if len(observed) > 2:
        of_logs = bool((paths > 0).all() and (observed > 0).all())
        both["roughness"] = roughness(paths, of_logs), roughness(observed, of_logs)
        both["autocorrelation"] = autocorrelation(paths), autocorrelation(observed)
    known = {name: ~np.isnan(sample) for name, (sample, _) in both.items()}
    return {
        name: OfPaths(sample[known[name]], float(seen))
        for name, (sample, seen) in both.items()
        if known[name].any() and not np.isnan(seen)
    }


# Events


def brier(chance: Floats, happened: Floats) -> Floats:
    """Return Brier's score of chances of events that happened (1) or did not (0)."""
    found: Floats = (chance - happened) ** 2
    return found


def log_score(chance: Floats, happened: Floats) -> Floats:
    """Return -log of the chance that was given to what came; chances are taken to be at least `FLOOR`, so that it is finite.

    >>> log_score(np.array([0.5, 0.0]), np.array([1.0, 1.0])).round(3)
    array([0.693, 6.908])
    """
    within = np.clip(chance, FLOOR, 1 - FLOOR)
    found: Floats = -np.log(np.where(happened > 0, within, 1 - within))
    return found


class Bin(NamedTuple):
    """Forecasts of like chances: from how many origins and how many they are, their mean chance, the share that happened,
    and its 95 % interval, as of so many origins: forecasts from one are right or wrong together."""

    forecasts: int
    origins: int
    chance: float
    happened: float
    low: float
    high: float


def reliability(chance: Floats, happened: Floats, origins: Ints) -> list[Bin] | None:
    """Return how often events happened that were given like chances, by fifths of the scale; empty ones are left out.

    None with fewer than twenty forecasts. Forecasts of the same number in `origins` were made on the same day.
    """
    if len(chance) < FEWEST_OF_RELIABILITY:
        return None
    places = np.minimum((chance * RELIABILITY_BINS).astype(int), RELIABILITY_BINS - 1)
    found = []
    for place in np.unique(places):
        inside = places == place
        days, share = len(np.unique(origins[inside])), float(happened[inside].mean())
        ends = wilson_interval(share * days, days)
        found.append(Bin(int(inside.sum()), days, float(chance[inside].mean()), share, *ends))
    return found


def _members(forecast: Floats) -> Floats:
    """Return a sample, or paths, that can be scored; raise ValueError without members, or with one that is no number."""
    if not forecast.shape[-1]:
        raise ValueError("a forecast without members cannot be scored")
    if np.isnan(forecast).any():
        raise ValueError("a member of a forecast is not a number")
    return forecast


def _of_pairs(apart: float, count: int) -> float:
    """Return half the mean distance of two different members from the sum of distances over pairs i < j."""
    return apart / (count * (count - 1)) if count > 1 else 0.0
