"""Histories with chosen luck and given parameters, as a worker runs them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats, Ints
from sim.ensemble.run import Plan, run_histories
from sim.ensemble.workers import ALONE, Pool, shared
from sim.model.endings import FAILED
from sim.results.parts import Parts
from sim.scenario import Scenario, ScenarioHead
from sim.studies.condition import outcome_of

T = TypeVar("T")


@dataclass(frozen=True)
class Histories:
    """What to run, and which outcomes are of interest.

    Attributes
    ----------
    scenario : Scenario
    plan : Plan
    outcomes : tuple of str
    numbers : (n,) int
        The replications whose luck the histories have.
    given : mapping of str to (n,) array
        Values of parameters that are not drawn, by path; NaN where they are.
    """

    scenario: Scenario[ScenarioHead]
    plan: Plan
    outcomes: tuple[str, ...]
    numbers: Ints
    given: Mapping[str, Floats] = field(default_factory=dict)


def outcomes_of(histories: Histories) -> dict[str, Floats]:
    """Run histories; return the values of each outcome, (n,), and as `FAILED` which of them went wrong.

    Raises
    ------
    ConditionError
        When there is no such outcome.
    """
    plan = replace(histories.plan, series=False, why=False, asked=histories.outcomes)
    ensemble = run_histories(histories.scenario, plan, histories.numbers, histories.given)
    names = (*histories.outcomes, FAILED)
    return {name: outcome_of(histories.scenario, ensemble.outcomes, name) for name in names}


def shared_outcomes(
    tasks: Sequence[Histories], pool: Pool = ALONE, parts: Parts | None = None
) -> Iterator[tuple[int, dict[str, Floats]]]:
    """Run the tasks of a study; those that are kept as parts are not run again.

    Yields
    ------
    place, outcomes
        Of each task as it is done, what `outcomes_of` returns.

    Raises
    ------
    ConditionError, StoreError, WorkerError
    """
    yield from shared_parts(outcomes_of, tasks, pool, parts)


def shared_parts(
    work: Callable[[T], dict[str, NDArray[Any]]],
    tasks: Sequence[T],
    pool: Pool = ALONE,
    parts: Parts | None = None,
    first: int = 0,
) -> Iterator[tuple[int, dict[str, NDArray[Any]]]]:
    """Yield the place of each task as it is done, and the arrays that its work returns; see `shared_outcomes`.

    Of a study that shares its work several times, `first` is how many tasks there were before.
    """
    missing = []
    for place in range(len(tasks)):
        content = parts.read(_name(first + place)) if parts is not None else None
        if content is None:
            missing.append(place)
        else:
            kept = np.load(io.BytesIO(content), allow_pickle=False)
            yield place, {name: kept[name] for name in kept.files}
    for at, found in shared(work, [tasks[place] for place in missing], pool):
        if parts is not None:
            file = io.BytesIO()
            np.savez(file, **found)  # type: ignore[arg-type]
            parts.write(_name(first + missing[at]), file.getvalue())
        yield missing[at], found


def _name(place: int) -> str:
    return f"task-{place:06}.npz"
