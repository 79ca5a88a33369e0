"""How far histories agree with data, which are kept, and what data say of the numbers that were drawn.

Rejection over whole histories, assumptions and luck together (Tavare and others 1997; approximate Bayesian computation): of
each history the same statistics are taken as of the data, with the noise of observation, and those nearest to the data are
kept. What they assume is then a sample of what may be assumed given the data, as far as the nearest are near.

What data can say of a number at all is asked first, without them: how much of its variance over the prior a quadratic ridge
regression on the statistics explains in histories that it was not fitted to. A number of which that is nothing is left at
its prior by any data of this kind.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats, Ints

# judgement: beyond, no assumed value comes near what was observed, and the nearest histories would only seem to agree.
REACHED = (0.01, 0.99)
# judgement: of fewer histories the least of these shares is not told from nothing.
FEWEST = 400
# judgement: of fewer that are kept no quantile is worth telling.
FEWEST_KEPT = 40
# judgement: five parts leave four fifths to fit with; which history is in which part depends on nothing but its place.
PARTS = 5
# judgement: penalties of the ridge, in parts of the number of histories; the best is taken for each number.
PENALTIES = (0.001, 0.01, 0.1, 1.0)
# judgement: explained shares from which a number counts as known well, and as known a little.
WELL, A_LITTLE = 0.5, 0.05
# Of the interquartile range of a normal distribution in standard deviations.
_IQR = 1.3489795003921634


class Nearest(NamedTuple):
    """The histories that are kept.

    Attributes
    ----------
    places : (k,) int
        Of the nearest first.
    distances : (k,) array
        Root mean square over the statistics of how far each is from the data, in standard deviations of the statistic.
    """

    places: Ints
    distances: Floats


class Said(NamedTuple):
    """What data say of one number, beside what is assumed of it.

    Attributes
    ----------
    explained : float
        Share of its variance that the statistics explain, over the prior; 0 if none.
    mean, sd : float
        Over all histories.
    kept_mean, kept_sd : float
        Over those that are kept.
    adjusted_mean, adjusted_sd : float
        The same after regression adjustment.
    """

    explained: float
    mean: float
    sd: float
    kept_mean: float
    kept_sd: float
    adjusted_mean: float
    adjusted_sd: float

    @property
    def shift(self) -> float:
        """How far the mean has moved, in standard deviations of the prior."""
        return (self.kept_mean - self.mean) / self.sd

    @property
    def ratio(self) -> float:
        """The width that is left, in parts of that of the prior."""
        return self.kept_sd / self.sd

    @property
    def says(self) -> str:
        """How much: `well`, `a little` or `nothing`."""
        return "well" if self.explained >= WELL else "a little" if self.says_something else "nothing"

    @property
    def says_something(self) -> bool:
        """Whether they say anything of it."""
        return self.explained >= A_LITTLE


def is_reached(share: float) -> bool:
    """Return whether assumptions reach data below which they lie to this share."""
    return REACHED[0] <= share <= REACHED[1]


def apart(statistics: Floats, observed: Floats) -> Floats:
    """Return how far histories are from data in each statistic, in its standard deviations over the prior.

    Parameters
    ----------
    statistics : (s, n) array
        With the noise of observation in them.
    observed : (s,) array

    Returns
    -------
    (s, n) array
        0 where a statistic is the same in all histories and in the data.
    """
    low, high = np.quantile(statistics, (0.25, 0.75), axis=1)
    # Of long tails the middle half says how wide a statistic is; where that is a point, all of it.
    spread = np.where(high > low, (high - low) / _IQR, statistics.std(axis=1))[:, None]
    off = statistics - observed[:, None]
    found: Floats = np.where(spread > 0, off / np.where(spread > 0, spread, 1.0), np.where(off == 0, 0.0, np.inf))
    return found


def nearest(off: Floats, may: NDArray[np.bool_], keep: int) -> Nearest:
    """Return the nearest histories.

    Parameters
    ----------
    off : (s, n) array
        As of `apart`.
    may : (n,) bool
        Those that can be kept at all.
    keep : int
        How many; of the same distance those of smaller number.
    """
    distances = np.where(may, np.sqrt((off**2).mean(axis=0)), np.inf)
    order = np.argsort(distances, kind="stable")[:keep]
    order = order[np.isfinite(distances[order])]
    return Nearest(order, distances[order])


def _scores(values: Floats) -> Floats:
    """Return normal scores of values along the last axis: what they would be if they were normal, ties by their place."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    found: Floats = ndtri((rankdata(values, axis=-1) - 0.5) / values.shape[-1])
    return found


def _quadratic(statistics: Floats) -> Floats:
    """Return statistics with their squares and products as columns, (n, f), each of mean 0 and standard deviation 1."""
    rows, columns = np.triu_indices(len(statistics))
    every = np.concatenate([statistics, statistics[rows] * statistics[columns]]).T
    spread = every.std(axis=0)
    found: Floats = ((every - every.mean(axis=0)) / np.where(spread > 0, spread, 1.0))[:, spread > 0]
    return found


def explained(statistics: Floats, numbers: Floats) -> Floats:
    """Return the share of the variance of each number that statistics explain in histories that it was not fitted to.

    Parameters
    ----------
    statistics : (s, n) array
    numbers : (p, n) array
        What was drawn.

    Returns
    -------
    (p,) array
        Never below 0.
    """
    made, wanted = _quadratic(_scores(statistics)), _scores(numbers).T
    n, part = len(made), np.arange(len(made)) % PARTS
    left = np.zeros((len(PENALTIES), wanted.shape[1]))
    for one in range(PARTS):
        fit, rest = made[part != one], made[part == one]
        # One decomposition for all penalties.
        values, vectors = np.linalg.eigh(fit.T @ fit)
        turned = vectors.T @ (fit.T @ wanted[part != one])
        for at, penalty in enumerate(PENALTIES):
            weights = vectors @ (turned / (np.maximum(values, 0.0) + penalty * n)[:, None])
            left[at] += ((wanted[part == one] - rest @ weights) ** 2).sum(axis=0)
    whole = ((wanted - wanted.mean(axis=0)) ** 2).sum(axis=0)
    found: Floats = np.maximum(1.0 - left.min(axis=0) / whole, 0.0)
    return found


def adjusted(off: Floats, numbers: Floats, kept: Nearest) -> Floats:
    """Return the numbers of kept histories as they would be if these agreed with the data, by local linear regression.

    Source: Beaumont, Zhang and Balding 2002, Genetics 162. On normal scores over all histories, so that no number leaves
    the range that was drawn.

    Parameters
    ----------
    off : (s, n) array
        As of `apart`.
    numbers : (p, n) array
    kept : Nearest

    Returns
    -------
    (p, k) array
    """
    from scipy.special import ndtr

    scores, near = _scores(numbers)[:, kept.places], off[:, kept.places].T
    reach = kept.distances.max()
    weights = np.sqrt(1.0 - (kept.distances / reach) ** 2 + 1e-9) if reach > 0 else np.ones(len(near))
    made = np.column_stack([np.ones(len(near)), near])
    # A little of a ridge, since a few kept histories may have more statistics than they tell apart.
    penalty = np.full(made.shape[1], 0.01 * len(near))
    penalty[0] = 0.0
    weighted = made * (weights**2)[:, None]
    slopes = np.linalg.solve(weighted.T @ made + np.diag(penalty), weighted.T @ scores.T)[1:]
    moved = scores - (near @ slopes).T
    found: Floats = np.stack([np.quantile(row, share) for row, share in zip(numbers, ndtr(moved), strict=True)])
    return found


def said(statistics: Floats, off: Floats, numbers: Floats, kept: Nearest) -> list[Said]:
    """Return what data say of each number; parameters as in `explained` and `adjusted`."""
    shares = explained(statistics, numbers)
    moved = adjusted(off, numbers, kept)
    mine = numbers[:, kept.places]
    columns = (shares, numbers.mean(axis=1), numbers.std(axis=1), mine.mean(axis=1), mine.std(axis=1))
    return [
        Said(*map(float, row))
        for row in zip(*columns, moved.mean(axis=1), moved.std(axis=1), strict=True)
    ]  # fmt: skip
