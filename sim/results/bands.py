"""How far a share, mean or median moves over the assumptions: the second band of a result, beside that of the simulation.

A draw of all uncertain numbers has a conditional frequency of its own, which endlessly many lucks would show. The band is
where that of another draw lies with 95 %. It is worked out from draws that meet several lucks each (`sim.ensemble.lucks`):
how far draws are apart beyond luck is known from them only so far, and the band is over all spreads that fit, as often as
each does (a predictive distribution; Box and Tiao 1973, 5.2, for means; Williams 1975 for shares).

- *Shares*: frequencies of the draws follow a beta distribution about the share of all histories, but for parts of the
  draws in which it is never or always so; how far it spreads and how large these parts are is weighed by their likelihood
  (beta-binomial). Before, all spreads are as likely, and that there are such parts is not.
- *Means*: draws differ as the means of the draws do, but for as much of their variance as luck explains (analysis of
  variance of one factor at random). How well a variance is known follows from how heavy the tails of the means are.
- *Medians*: as means, on normal scores (ranks of the values among all histories), which are then turned back.

Doubling histories narrows the first band and not this one; without uncertain numbers it has no width.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats, Ints
from sim.ensemble.lucks import LUCKS, Further
from sim.results.mixture import SPREADS, below_by_beta

LEVELS = (0.025, 0.975)
# Of the draws in all of whose lucks something is, or in none: in so many it may be so for certain.
PARTS: Floats = np.array([0.0, 0.5, 1.0])
# judgement: how likely it is before that it is certain in none. With less, bands of smooth frequencies end at 0 and 1 too
# often; with more, what is certain in few draws is told later.
SMOOTH = 0.9
# judgement: finer steps move the band by less than a hundredth of its width.
STEPS, FREQUENCIES, COARSE = 400, 100, 8
# judgement: of fewer draws that have an outcome, or pairs of lucks in them, nothing is said.
FEWEST = 20
# judgement: heavier tails than that make a variance no less known, or nothing could be said of it.
LEAST_FREEDOM = 4.0


@dataclass(frozen=True)
class OfDraws:
    """What came of draws of the assumptions that met several lucks each.

    Attributes
    ----------
    draws : (draws,) int
        The replications whose assumptions they are.
    columns : dict of str to (draws, lucks) array
        The outcomes, by name; the first luck is that of the replication itself.
    """

    draws: Ints
    columns: Mapping[str, NDArray[Any]]

    @classmethod
    def of(cls, outcomes: Mapping[str, NDArray[Any]], more: Further, lucks: Mapping[str, NDArray[Any]]) -> OfDraws | None:
        """Return the draws of a run: its own histories with the further ones beside them; None without these."""
        if not lucks:
            return None
        draws = more.draws[:: LUCKS - 1]
        columns = {
            name: np.concatenate([outcomes[name][draws][:, None], values.reshape(-1, LUCKS - 1)], axis=1)
            for name, values in lucks.items()
        }
        return cls(draws, columns)


Band = tuple[float, float]


def band_of_share(yes: Floats, share: float) -> Band | None:
    """Return between what the share lies in 95 % of the draws; None where too few tell.

    Parameters
    ----------
    yes : (draws, lucks) array
        1 or 0; NaN where it does not apply.
    share : float
        Of all histories.
    """
    known = ~np.isnan(yes)
    # Of what no history shows, or all, nothing tells how it differs.
    if _too_few(known) or not 0.0 < share < 1.0:
        return None
    counts, of = np.nansum(yes, axis=1), known.sum(axis=1)
    (kinds, times) = np.unique(np.stack([counts, of])[:, of > 0], axis=1, return_counts=True)
    at = (np.arange(FREQUENCIES + 1) / FREQUENCIES) ** 2 / 2
    # Finer towards both ends, where frequencies of a wide spread are crowded.
    at = np.concatenate([at, 1.0 - at[-2::-1]])
    seen = times / times.sum()
    ends = _ends(float(seen[kinds[0] == 0].sum()), float(seen[kinds[0] == kinds[1]].sum()))
    below = below_by_beta(kinds[0], kinds[1], times.astype(np.float64), share, ends)
    # Between which of a few frequencies each end lies, and then where.
    few = below(at[::COARSE])
    cells = np.clip(np.searchsorted(few, LEVELS) - 1, 0, len(few) - 2) * COARSE
    near = at[cells[:, None] + np.arange(COARSE + 1)]
    found = below(near.reshape(-1)).reshape(near.shape)
    low, high = (float(np.interp(*one)) for one in zip(LEVELS, found, near, strict=True))
    return min(low, share), max(high, share)


def band_of_mean(values: Floats, mean: float) -> Band | None:
    """Return between what the mean lies in 95 % of the draws; parameters as in `band_of_share`."""
    found = _apart(values)
    if found is None:
        return None
    low, high = np.quantile(mean + found, LEVELS).tolist()
    # The mean is that of all histories, and may lie beyond all of these.
    return min(max(low, float(np.nanmin(values))), mean), max(min(high, float(np.nanmax(values))), mean)


def band_of_median(values: Floats, every: Floats) -> Band | None:
    """Return between what the median lies in 95 % of the draws.

    Parameters
    ----------
    values : (draws, lucks) array
        NaN where it does not apply.
    every : (n,) array
        Those of all histories that have it, in rising order.
    """
    from scipy.special import ndtr, ndtri

    ranks = 0.5 * (np.searchsorted(every, values, "left") + np.searchsorted(every, values, "right"))
    scores: Floats = np.where(np.isnan(values), np.nan, ndtri(np.clip(ranks, 0.5, len(every) - 0.5) / len(every)))
    found = _apart(scores)
    if found is None:
        return None
    low, high = np.quantile(every, ndtr(np.quantile(found, LEVELS))).tolist()
    middle = float(np.quantile(every, 0.5))
    return min(low, middle), max(high, middle)


def _ends(never: float, always: float) -> Floats:
    """Return the parts of draws in which it may never and always be so, of those that look like it: see `below_by_beta`."""
    pairs = np.array([(some, others) for some in np.unique(PARTS * never) for others in np.unique(PARTS * always)])
    before = np.full(len(pairs), (1.0 - SMOOTH) / max(1, len(pairs) - 1))
    before[0] = SMOOTH
    return np.column_stack([pairs, before])


def _too_few(known: NDArray[np.bool_]) -> bool:
    counts = known.sum(axis=1)
    return bool(np.count_nonzero(counts) < FEWEST or (counts[counts > 0] - 1).sum() < FEWEST)


def _apart(values: Floats) -> Floats | None:
    """Return how far draws lie from their centre, luck taken out, over all spreads that fit; None where too few tell."""
    from scipy.special import chdtri

    known = ~np.isnan(values)
    if _too_few(known):
        return None
    counts = known.sum(axis=1)
    values, known, counts = values[counts > 0], known[counts > 0], counts[counts > 0]
    draws, size = len(counts), int(counts.sum())
    means = np.where(known, values, 0.0).sum(axis=1) / counts
    within = float(np.where(known, (values - means[:, None]) ** 2, 0.0).sum() / (size - draws))
    away = means - float((counts * means).sum() / size)
    between = float((counts * away**2).sum() / (draws - 1))
    spread = float(np.sqrt((away**2).mean()))
    if spread == 0.0:
        return np.zeros(1)
    # Lucks a draw, where they differ in number.
    typical = (size - float((counts**2).sum()) / size) / (draws - 1)
    tails = float((away**4).mean() / spread**4) - 3.0
    freedom = max(LEAST_FREEDOM, 2.0 / (2.0 / (draws - 1) + tails / draws)) if 2.0 + tails > 0.0 else float(draws - 1)
    fitting = np.sqrt(np.maximum(between * freedom / chdtri(freedom, SPREADS) - within, 0.0) / typical)
    shape = np.quantile(away / spread, (np.arange(STEPS) + 0.5) / STEPS, method="weibull")
    apart: Floats = np.multiply.outer(fitting, shape).reshape(-1)
    return apart
