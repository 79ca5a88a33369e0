"""Which uncertain parameters drive an outcome, from the histories of an ordinary run.

The first-order index of a parameter is the share of the variance of the outcome that knowing the parameter alone would take
away, Var(E[Y|X]) / Var(Y). It is estimated from given data by a regression on cosines of the parameter's rank (after
Plischke 2012, How to compute variance-based sensitivity indicators with your spreadsheet software), with the degrees of
freedom taken off, so that a parameter without effect has 0 in the mean. The interval is from a bootstrap of the histories.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sim.engine.draws import Floats
from sim.results.frames import Tabular
from sim.results.statistics import Z_95
from sim.scenario import Scenario, ScenarioHead
from sim.studies.condition import ConditionError

# judgement: eight half-waves follow any curve that a few thousand noisy histories could show; more add noise.
HARMONICS = 8
RESAMPLES = 300
# judgement: below, the noise of eight harmonics alone looks like a tenth of the variance.
FEWEST = 100


class Index(NamedTuple):
    """How much a parameter drives an outcome.

    Attributes
    ----------
    parameter : str
    first_order : float
        Share of the variance; may be a little below 0 where there is no effect.
    low, high : float
        Its 95 % interval, within 0 and 1.
    rank_correlation : float
        Spearman's, of parameter and outcome.
    """

    parameter: str
    first_order: float
    low: float
    high: float
    rank_correlation: float


@dataclass(frozen=True, repr=False)
class Sensitivity(Tabular):
    """What drives one outcome.

    Attributes
    ----------
    outcome : str
    histories : int
        That have the outcome.
    indices : list of Index
        The largest first.
    together, together_low, together_high : float
        The sum of the first-order indices, with its 95 % interval, between 0 and 1. Where parameters are correlated, what
        they share counts in each.
    scenario : Scenario, optional
        Whose names are used in words.
    """

    outcome: str
    histories: int
    indices: list[Index]
    together: float
    together_low: float
    together_high: float
    scenario: Scenario[ScenarioHead] | None = None

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return one row a parameter."""
        return [{"outcome": self.outcome, "histories": self.histories, **index._asdict()} for index in self.indices]


def sensitivities(parameters: Mapping[str, Floats], outcomes: Mapping[str, Floats]) -> list[Sensitivity]:
    """Estimate first-order indices and rank correlations.

    Parameters
    ----------
    parameters : mapping of str to (n,) array
        Those drawn.
    outcomes : mapping of str to (n,) array
        Numbers, or 0 and 1; NaN in histories that do not have the outcome, which are left out.

    Raises
    ------
    ConditionError
        When there is no parameter, or an outcome is the same in all histories or in too few of them.
    """
    if not parameters:
        raise ConditionError("no parameter of this scenario is uncertain, so nothing can drive an outcome")
    return [_sensitivity(parameters, name, values) for name, values in outcomes.items()]


def why_not(values: Floats) -> str:
    """Return why nothing can be said of what drives an outcome, or an empty text; parameters as in `sensitivities`."""
    known = values[~np.isnan(values)]
    if len(known) < FEWEST:
        return f"is defined in {len(known)} histories; at least {FEWEST} are needed"
    return "" if np.ptp(known) > 0 else "is the same in all histories, so nothing drives it"


def _sensitivity(parameters: Mapping[str, Floats], outcome: str, values: Floats) -> Sensitivity:
    reason = why_not(values)
    if reason:
        raise ConditionError(f"{outcome} {reason}")
    known = ~np.isnan(values)
    y = values[known]
    n = len(y)
    # Far from 0 the digits of small differences would be lost.
    y = y - y.mean()
    weights, ranked = _resamples(n), _ranks(y)
    indices, sums = [], np.zeros(RESAMPLES)
    for name, drawn in parameters.items():
        ranks = _ranks(drawn[known])
        basis = _cosines(ranks)
        (found,) = _explained(basis, y, np.ones((1, n)))
        resampled = _explained(basis, y, weights)
        sums += resampled
        correlation = float(np.corrcoef(ranks, ranked)[0, 1]) if np.ptp(ranks) > 0 else 0.0
        indices.append(Index(name, float(found), *_interval(float(found), resampled), correlation))
    indices.sort(key=lambda index: -index.first_order)
    together = float(sum(index.first_order for index in indices))
    return Sensitivity(outcome, n, indices, together, *_interval(together, sums))


def _interval(found: float, resampled: Floats) -> tuple[float, float]:
    """Return the 95 % interval of a share of variance, from its spread over resamples."""
    half = Z_95 * float(np.std(resampled, ddof=1))
    return min(1.0, max(0.0, found - half)), min(1.0, max(0.0, found + half))


def _ranks(values: Floats) -> Floats:
    """Return the ranks, of equal values the mean of theirs, as places between 0 and 1."""
    _, kind, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2.0
    return np.asarray((ranks[kind] - 0.5) / len(values), dtype=np.float64)


def _cosines(places: Floats) -> Floats:
    """Return an orthonormal basis, (n, at most HARMONICS), of the cosines of places, without the constant."""
    cosines = np.cos(np.pi * np.outer(places, np.arange(1, HARMONICS + 1)))
    cosines -= cosines.mean(axis=0)
    # Where there are few different values, some of the cosines are combinations of others.
    left, sizes, _ = np.linalg.svd(cosines, full_matrices=False)
    return np.asarray(left[:, sizes > 1e-9 * max(1.0, sizes[0])], dtype=np.float64)


def _explained(basis: Floats, y: Floats, weights: Floats) -> Floats:
    """Return the share of the variance that a basis explains, adjusted for its size, with each row of weights, (rows,)."""
    n, size = basis.shape
    if size == 0:
        return np.zeros(len(weights))
    total = weights.sum(axis=1)
    mean = weights @ y / total
    variance = weights @ y**2 / total - mean**2
    # Weighted least squares, all resamples at once.
    centre = weights @ basis / total[:, None]
    product = np.einsum("ni,nj->nij", basis, basis).reshape(n, size * size)
    gram = (weights @ product / total[:, None]).reshape(-1, size, size) - centre[:, :, None] * centre[:, None, :]
    moment = weights @ (basis * y[:, None]) / total[:, None] - centre * mean[:, None]
    # A resample may leave out a value of a parameter that has few; then the matrix has no inverse.
    inverse = np.linalg.pinv(gram, rcond=1e-10, hermitian=True)
    fitted = np.einsum("bi,bij,bj->b", moment, inverse, moment)
    raw = np.divide(fitted, variance, out=np.zeros(len(weights)), where=variance > 0)
    return np.asarray(1.0 - (1.0 - raw) * (n - 1) / (n - size - 1), dtype=np.float64)


def _resamples(n: int) -> Floats:
    """Return how often each history is in each bootstrap sample, (RESAMPLES, n), always the same ones."""
    counts = np.random.Generator(np.random.PCG64(20)).multinomial(n, np.full(n, 1.0 / n), RESAMPLES)
    return np.asarray(counts, dtype=np.float64)
