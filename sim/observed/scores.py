"""How well forecasts told what was seen. A forecast is a sample: what each history says, of some more than of others.

A sample is (n,), or (months, n) of whole paths. Its weights are (n,), at least 0, in any scale, and equal if there are none;
a member of weight 0 is as if it were not there. Smaller scores are better.

CRPS and energy score are in their fair form: what is expected does not depend on the size of the sample (Ferro 2014). Means
over pairs of members leave out the pairs of a member with itself. Of weights that add up to 1 these have sum(w^2), and for
members that are drawn independently, whatever their weights, the sum of w_i w_j |x_i - x_j| over i != j is expected to be
(1 - sum(w^2)) E|X - X'|. So a forecast of few members, or of few that have the weight, is not the worse for it. All other
scores look at the sample as it is.

Sources: CRPS, energy score and interval score as in Gneiting and Raftery 2007 (JASA 102); fair scores after Ferro 2014
(QJRMS 140), both Brier's and CRPS; quantiles of a weighted sample after Akinshin 2023 (arXiv 2304.07265).
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
# Pairs that are held in memory at once: so many rows of them.
_ROWS = 500


def crps(forecast: Floats, observed: float, weights: Floats | None = None) -> float:
    """Return the continuous ranked probability score of a sample, in its fair form.

    Of members that are 0 or 1 it is the fair Brier score.

    >>> crps(np.array([1.0, 1.0]), 3.0)
    2.0
    >>> crps(np.array([1.0, 2.0, 9.0]), 1.0, np.array([1.0, 1.0, 0.0]))
    0.0
    """
    forecast, weights = _members(forecast, weights)
    order = np.argsort(forecast, kind="stable")
    sorted_weights = weights[order]
    below = np.cumsum(sorted_weights) - sorted_weights
    # Sum of w_i w_j |x_i - x_j| over all pairs i < j.
    above = weights.sum() - below - sorted_weights
    apart = float((sorted_weights * (below - above) * forecast[order]).sum())
    return float(np.average(np.abs(forecast - observed), weights=weights)) - _of_pairs(apart, weights)


def energy_score(paths: Floats, observed: Floats, weights: Floats | None = None) -> float:
    """Return the energy score of whole paths, (months, n), in its fair form; distances are Euclidean. Of one month: CRPS.

    >>> energy_score(np.array([[3.0, 3.0], [4.0, 4.0]]), np.zeros(2))
    5.0
    """
    from scipy.spatial.distance import cdist

    paths, weights = _members(paths, weights)
    points, heavy = paths.T, weights
    blocks = range(0, len(heavy), _ROWS)
    apart = sum(float(heavy[at : at + _ROWS] @ cdist(points[at : at + _ROWS], points) @ heavy) for at in blocks) / 2
    return float(np.average(np.linalg.norm(points - observed, axis=1), weights=heavy)) - _of_pairs(apart, heavy)


def pit(forecast: Floats, observed: float, weights: Floats | None = None) -> float:
    """Return the share of a sample below what was observed; of ties one half (the probability integral transform).

    >>> pit(np.array([0.0, 0.0, 1.0, 2.0]), 0.0)
    0.25
    """
    forecast, weights = _members(forecast, weights)
    below, ties = (np.average(where, weights=weights) for where in (forecast < observed, forecast == observed))
    return float(below + 0.5 * ties)


def quantiles(forecast: Floats, levels: Floats, weights: Floats | None = None) -> Floats:
    """Return quantiles of a sample, interpolated as NumPy does it.

    With weights they are interpolated between as many members as the weights are worth (Kish's effective size,
    sum(w)^2 / sum(w^2)), so that equal weights are no weights. A weight of 2 is therefore not quite a member that is there
    twice, which would pass for a larger sample.

    >>> quantiles(np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.75]), np.array([2.0, 2.0, 2.0]))
    array([2. , 2.5])
    """
    if weights is None:
        return np.asarray(np.quantile(_members(forecast, None)[0], levels))
    forecast, weights = _members(forecast, weights)
    order = np.argsort(forecast, kind="stable")
    size = weights.sum() ** 2 / (weights**2).sum()
    ends = np.concatenate([[0.0], np.cumsum(weights[order])]) / weights.sum() * size
    within = np.clip(ends - (size - 1) * np.asarray(levels)[:, None], 0.0, 1.0)
    found: Floats = np.diff(within, axis=1) @ forecast[order]
    return found


def band(forecast: Floats, percent: float, weights: Floats | None = None) -> tuple[float, float]:
    """Return the limits of the central band of a sample, which belong to it."""
    tail = (1 - percent / 100) / 2
    low, high = quantiles(forecast, np.array([tail, 1 - tail]), weights)
    return float(low), float(high)


def covers(forecast: Floats, observed: float, percent: float, weights: Floats | None = None) -> bool:
    """Return whether the central band of a sample holds what was observed."""
    low, high = band(forecast, percent, weights)
    return low <= observed <= high


def interval_score(low: float, high: float, observed: float, percent: float = SCORED_BAND) -> float:
    """Return the score of a central band: how wide it is, and 2 / (1 - percent / 100) times by how much it was missed.

    >>> round(interval_score(0.0, 4.0, 5.0), 9)
    14.0
    """
    missed = max(low - observed, 0.0) + max(observed - high, 0.0)
    return high - low + 2 / (1 - percent / 100) * missed


def scores(forecast: Floats, observed: float, weights: Floats | None = None) -> dict[str, float]:
    """Return all scores of one forecast of one number, by name.

    `crps`, `pit`, `cover_50` (0 or 1) and `width_50`, and so on for each of `BANDS`, `interval_80`, `bias` (the mean less
    what was observed), and `median_error` (absolute).
    """
    found = {"crps": crps(forecast, observed, weights), "pit": pit(forecast, observed, weights)}
    for percent in BANDS:
        low, high = band(forecast, percent, weights)
        found |= {f"cover_{percent}": float(low <= observed <= high), f"width_{percent}": high - low}
        if percent == SCORED_BAND:
            found[f"interval_{percent}"] = interval_score(low, high, observed)
    found["bias"] = float(np.average(forecast, weights=weights)) - observed
    found["median_error"] = abs(float(quantiles(forecast, np.array([0.5]), weights)[0]) - observed)
    return found


# Whole paths


class OfPaths(NamedTuple):
    """A number that tells of a path: the sample of it, (n,), with weights, and what it was in what was seen."""

    forecast: Floats
    observed: float
    weights: Floats | None


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


def of_paths(paths: Floats, observed: Floats, weights: Floats | None = None) -> dict[str, OfPaths]:
    """Return numbers that tell of whole paths, (months, n), as forecasts of what they were in what was seen, (months,).

    By name: `sum`, `roughness`, which is that of logs where all paths and what was seen are above 0 throughout, and
    `autocorrelation`. The latter two need three months; paths that never change have no autocorrelation, and are left out of
    it.
    """
    paths, weights = _members(paths, weights)
    if len(observed) != len(paths):
        raise ValueError(f"paths of {len(paths)} months were given for {len(observed)} that were seen")
    both = {"sum": (paths.sum(axis=0), observed.sum())}
    if len(observed) > 2:
        of_logs = bool((paths > 0).all() and (observed > 0).all())
        both["roughness"] = roughness(paths, of_logs), roughness(observed, of_logs)
        both["autocorrelation"] = autocorrelation(paths), autocorrelation(observed)
    known = {name: ~np.isnan(sample) for name, (sample, _) in both.items()}
    return {
        name: OfPaths(sample[known[name]], float(seen), weights[known[name]])
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


def _members(forecast: Floats, weights: Floats | None) -> tuple[Floats, Floats]:
    """Return the members along the last axis that count, in their order, and their weights; raise ValueError without any."""
    if weights is None:
        weights = np.ones(forecast.shape[-1])
    elif weights.shape != forecast.shape[-1:] or not (weights >= 0).all():
        raise ValueError("weights are one for each member, and at least 0")
    held = weights > 0
    if not held.any():
        raise ValueError("a forecast without members, or with weights of 0 only, cannot be scored")
    if np.isnan(forecast).any():
        raise ValueError("a member of a forecast is not a number")
    return (forecast, weights) if held.all() else (forecast[..., held], weights[held])


def _of_pairs(apart: float, weights: Floats) -> float:
    """Return half the mean distance of two different members from the weighted sum of distances over pairs i < j."""
    return apart / float(weights.sum() ** 2 - (weights**2).sum()) if len(weights) > 1 else 0.0
