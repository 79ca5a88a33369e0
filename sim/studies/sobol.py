"""Sobol' indices from a designed ensemble: what each parameter does alone, and together with all others.

The design is that of Saltelli and others 2010 (through SALib). The luck of a history, all its daily draws, is one factor
more: histories of a row that change one parameter keep their luck, and one column changes only the luck. Parameters are
taken as independent: a correlation of the scenario is left out, as indices of parameters that move together have no such
meaning.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sim.engine.draws import Floats, Ints
from sim.ensemble.run import Plan
from sim.ensemble.workers import ALONE, MissingExtra, Pool, shared
from sim.results.frames import Tabular
from sim.scenario import Scenario, ScenarioHead, quantities
from sim.studies.condition import ConditionError
from sim.studies.designed import Histories, outcomes_of

LUCK = "luck"
# An edge of the design is not a probability inside (0, 1).
_EDGE = 1e-9
# judgement: with fewer, hardly any index can be told from 0, and some are above 1.
FEWEST_ROWS = 32


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
    """

    outcome: str
    histories: int
    indices: list[SobolIndex]

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return one row a factor."""
        return [{"outcome": self.outcome, "histories": self.histories, **index._asdict()} for index in self.indices]


def design(factors: Sequence[str], rows: int, seed: int) -> Floats:
    """Return the design over the unit cube, (rows * (factors + 2), factors).

    Raises
    ------
    MissingExtra
        When SALib is not installed.
    """
    sampling, _ = _salib()
    problem = {"num_vars": len(factors), "names": list(factors), "bounds": [[0.0, 1.0]] * len(factors)}
    return np.asarray(sampling.sample(problem, rows, calc_second_order=False, seed=seed), dtype=np.float64)


def indices(factors: Sequence[str], outcome: str, values: Floats) -> Sobol:
    """Return the indices of an outcome at the points of `design`, (points,).

    Raises
    ------
    ConditionError
        When the outcome is not defined everywhere, or is the same everywhere.
    """
    if np.isnan(values).any():
        raise ConditionError(f"{outcome} is not defined in every history, as Sobol' indices need; ask for another")
    if not np.ptp(values) > 0:
        raise ConditionError(f"{outcome} is the same in all histories, so nothing drives it")
    _, analysis = _salib()
    problem = {"num_vars": len(factors), "names": list(factors), "bounds": [[0.0, 1.0]] * len(factors)}
    with warnings.catch_warnings():
        # Of resamples in which nothing varies, which have no index.
        warnings.simplefilter("ignore")
        found = analysis.analyze(problem, values, calc_second_order=False, num_resamples=200, seed=20)
    columns = (found[name] for name in ("S1", "S1_conf", "ST", "ST_conf"))
    rows = [SobolIndex(factor, *map(float, row)) for factor, *row in zip(factors, *columns, strict=True)]
    return Sobol(outcome, len(values), sorted(rows, key=lambda one: -one.total))


def sobol(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    outcomes: Sequence[str],
    rows: int,
    *,
    pool: Pool = ALONE,
    progress: Callable[[int], None] = lambda done: None,
) -> list[Sobol]:
    """Run a designed ensemble of a scenario and return the indices of outcomes.

    Parameters
    ----------
    scenario : Scenario
    plan : Plan
        Its number of replications is of no interest.
    outcomes : sequence of str
        Defined in every history.
    rows : int
        A power of two; `rows * (parameters + 3)` histories are run.
    pool : Pool
    progress : callable
        Called with the number of histories done.

    Raises
    ------
    ConditionError, MissingExtra
    """
    if rows < FEWEST_ROWS or rows & (rows - 1):
        raise ConditionError(f"{rows} rows are no power of two from {FEWEST_ROWS} on; take 256, say")
    uncertain = {path: quantity for path, quantity in quantities(scenario.world) if not quantity.is_certain}
    if not uncertain:
        raise ConditionError("no parameter of this scenario is uncertain, so nothing can drive an outcome")
    factors = [*uncertain, LUCK]
    points = design(factors, rows, plan.seed)
    given = {
        path: quantity.quantile(np.clip(points[:, column], _EDGE, 1.0 - _EDGE))
        for column, (path, quantity) in enumerate(uncertain.items())
    }
    numbers = _in_order_of_appearance(points[:, -1])
    tasks = [
        Histories(scenario, plan, tuple(outcomes), numbers[at], {path: values[at] for path, values in given.items()})
        for at in (slice(first, first + plan.batch) for first in range(0, len(points), plan.batch))
    ]
    parts: list[dict[str, Floats]] = [{} for _ in tasks]
    for place, found in shared(outcomes_of, tasks, pool):
        parts[place] = found
        progress(sum(len(task.numbers) for task, part in zip(tasks, parts, strict=True) if part))
    return [indices(factors, outcome, np.concatenate([part[outcome] for part in parts])) for outcome in outcomes]


def _in_order_of_appearance(values: Floats) -> Ints:
    """Number values from 0 on as they come, so that neighbours of the design share blocks of draws.

    >>> _in_order_of_appearance(np.array([0.7, 0.2, 0.7, 0.9])).tolist()
    [0, 1, 0, 2]
    """
    _, first, place = np.unique(values, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[place], dtype=np.int64)


def _salib() -> tuple[Any, Any]:
    try:
        from SALib.analyze import sobol as analysis
        from SALib.sample import sobol as sampling
    except ImportError as error:
        raise MissingExtra("Sobol' indices need SALib: pip install 'parley[sensitivity]'") from error
    return sampling, analysis
