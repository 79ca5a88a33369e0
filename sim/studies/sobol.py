"""Sobol' indices from a designed ensemble: what each parameter does alone, and together with all others.

Design and estimators are those of Saltelli and others 2010 (Computer Physics Communications 181), total effects after Jansen
1999; intervals are from a bootstrap of the rows. The luck of a history, all its daily draws, is one factor
more: histories of a row that change one parameter keep their luck, and one column changes only the luck. Parameters are
taken as independent: a correlation of the scenario is left out, as indices of parameters that move together have no such
meaning. But what a rank of 1 or -1 ties is one factor, called by the one whose luck it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sim.engine.draws import Floats, Ints
from sim.engine.whole import whole_number
from sim.ensemble.run import Plan
from sim.ensemble.workers import ALONE, Pool
from sim.model.endings import FAILED
from sim.results.frames import Tabular
from sim.results.parts import Parts
from sim.results.statistics import Z_95
from sim.scenario import Scenario, ScenarioHead, Tie, followers, quantities
from sim.studies.condition import ConditionError
from sim.studies.designed import Histories, shared_outcomes

LUCK = "luck"
# An edge of the design is not a probability inside (0, 1).
_EDGE = 1e-9
# judgement: with fewer, hardly any index can be told from 0, and some are above 1.
FEWEST_ROWS = 32
MOST_ROWS = 2**24
RESAMPLES = 200


class SobolIndex(NamedTuple):
    """Indices of one factor, a parameter or the luck, with the half-widths of their 95 % intervals."""

    factor: str
    first_order: float
    first_order_error: float
    total: float
    total_error: float


@dataclass(frozen=True, repr=False)
class Sobol(Tabular):
    """What drives one outcome.

    Attributes
    ----------
    outcome : str
    histories : int
    indices : list of SobolIndex
        The largest total effect first.
    scenario : Scenario, optional
        Whose names are used in words.
    """

    outcome: str
    histories: int
    indices: list[SobolIndex]
    scenario: Scenario[ScenarioHead] | None = None

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return one row a factor."""
        return [{"outcome": self.outcome, "histories": self.histories, **index._asdict()} for index in self.indices]


def design(factors: Sequence[str], rows: int, seed: int) -> Floats:
    """Return the design over the unit cube, (rows * (factors + 2), factors).

    Each row of two samples, A and B, gives A, then A with each factor in turn as in B, then B.
    """
    from scipy.stats import qmc

    count = len(factors)
    both = qmc.Sobol(2 * count, seed=seed).random(rows)
    a, b = both[:, None, :count], both[:, None, count:]
    turned = np.where(np.eye(count, dtype=np.bool_), b, a)
    return np.asarray(np.concatenate([a, turned, b], axis=1).reshape(-1, count), dtype=np.float64)


def indices(factors: Sequence[str], outcome: str, values: Floats) -> Sobol:
    """Return the indices of an outcome at the points of `design`, (points,).

    Raises
    ------
    ConditionError
        When the outcome is not defined everywhere, or is the same everywhere.
    """
    reason = why_not(values)
    if reason:
        raise ConditionError(f"{outcome} {reason}")
    blocks = values.reshape(-1, len(factors) + 2)
    # Far from 0 the products of the estimator are large and their differences noise.
    blocks = (blocks - values.mean()) / values.std()
    rows = len(blocks)
    resampled = np.random.default_rng(20).integers(rows, size=(rows, RESAMPLES))
    found = []
    for place, factor in enumerate(factors, 1):
        columns = blocks[:, 0], blocks[:, place], blocks[:, -1]
        own, spread = _estimates(*columns), _estimates(*(column[resampled] for column in columns))
        errors = [Z_95 * float(each.std(ddof=1)) for each in spread]
        found.append(SobolIndex(factor, float(own[0]), errors[0], float(own[1]), errors[1]))
    return Sobol(outcome, len(values), sorted(found, key=lambda one: -one.total))


def _estimates(a: Floats, turned: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return the first-order and the total index of a factor, over the first axis; 0 where nothing varies."""
    variance = np.concatenate([a, b]).var(axis=0)
    alone, all_of_it = (b * (turned - a)).mean(axis=0), ((a - turned) ** 2).mean(axis=0) / 2
    first, total = (np.divide(x, variance, out=np.zeros_like(variance), where=variance > 0) for x in (alone, all_of_it))
    return first, total


def why_not(values: Floats) -> str:
    """Return why an outcome has no indices, or an empty text; parameters as in `indices`."""
    if np.isnan(values).any():
        return "is not defined in every history, as Sobol' indices need"
    return "" if np.ptp(values) > 0 else "is the same in all histories, so nothing drives it"


def run_design(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    outcomes: Sequence[str],
    rows: int,
    *,
    pool: Pool = ALONE,
    parts: Parts | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[list[str], dict[str, Floats], int]:
    """Run a designed ensemble of a scenario.

    Parameters
    ----------
    scenario : Scenario
    plan : Plan
        Its number of replications is of no interest.
    outcomes : sequence of str
    rows : int
        A power of two; `rows * (parameters + 3)` histories are run.
    pool : Pool
    parts : Parts, optional
        Where finished tasks are kept; those that are there are not run again.
    progress : callable
        Called with the number of histories done.

    Returns
    -------
    factors : list of str
        The uncertain parameters that have a luck of their own, by path, and the luck of the days.
    values : dict of str to (points,) array
        By outcome, as `indices` takes them; without the rows of the design in which a history went wrong.
    failed : int
        How many histories did.

    Raises
    ------
    ConditionError
    """
    rows = whole_number("rows", rows, 1, MOST_ROWS)
    if rows < FEWEST_ROWS or rows & (rows - 1):
        raise ConditionError(f"{rows} rows are no power of two from {FEWEST_ROWS} on; take 256, say")
    uncertain = {path: quantity for path, quantity in quantities(scenario.world) if not quantity.is_certain}
    if not uncertain:
        raise ConditionError("no parameter of this scenario is uncertain, so nothing can drive an outcome")
    tied = followers(uncertain, scenario.world.correlations)
    factors = [*(path for path in uncertain if path not in tied), LUCK]
    points = design(factors, rows, plan.seed)
    luck = with_tied(dict(zip(factors, np.clip(points, _EDGE, 1.0 - _EDGE).T, strict=True)), tied)
    given = {path: quantity.quantile(luck[path]) for path, quantity in uncertain.items()}
    numbers = _in_order_of_appearance(points[:, -1])
    tasks = [
        Histories(scenario, plan, tuple(outcomes), numbers[at], {path: values[at] for path, values in given.items()})
        for at in (slice(first, first + plan.batch) for first in range(0, len(points), plan.batch))
    ]
    found_in: list[dict[str, Floats]] = [{} for _ in tasks]
    for place, found in shared_outcomes(tasks, pool, parts):
        found_in[place] = found
        progress(sum(len(task.numbers) for task, part in zip(tasks, found_in, strict=True) if part))
    whole = {name: np.concatenate([part[name] for part in found_in]) for name in (*outcomes, FAILED)}
    wrong = whole.pop(FAILED).reshape(rows, -1)
    kept = np.repeat(~wrong.any(axis=1), wrong.shape[1])
    return factors, {name: values[kept] for name, values in whole.items()}, int(wrong.sum())


def with_tied(luck: Mapping[str, Floats], tied: Mapping[str, Tie]) -> dict[str, Floats]:
    """Return the luck of factors, and of what is tied to them.

    >>> with_tied({"a": np.array([0.25])}, {"b": Tie("a", -1.0)})["b"].tolist()
    [0.75]
    """
    followed = {path: luck[leader] if sign > 0 else 1.0 - luck[leader] for path, (leader, sign) in tied.items()}
    return {**luck, **followed}


def design_size(scenario: Scenario[ScenarioHead], rows: int) -> int:
    """Return how many histories a designed ensemble of so many rows has."""
    uncertain = [path for path, quantity in quantities(scenario.world) if not quantity.is_certain]
    return rows * (len(uncertain) - len(followers(uncertain, scenario.world.correlations)) + 3)


def _in_order_of_appearance(values: Floats) -> Ints:
    """Number values from 0 on as they come, so that neighbours of the design share blocks of draws.

    >>> _in_order_of_appearance(np.array([0.7, 0.2, 0.7, 0.9])).tolist()
    [0, 1, 0, 2]
    """
    _, first, place = np.unique(values, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[place], dtype=np.int64)
