"""Run an ensemble: cut the replications into batches, run each, put the results in the order of the replications."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import Calendar
from sim.engine.draws import Floats, Ints
from sim.engine.recorder import Event
from sim.engine.world import InvariantBreach, Setting
from sim.ensemble.outcomes import landmarks, outcome_columns
from sim.model import section, simulate
from sim.model.arms import Arms
from sim.model.parameters import SIDES
from sim.model.talks import Talks
from sim.scenario import Scenario, ScenarioHead

# judgement: of 256 to 16,384 the fastest on the machines tried: large enough to hide the cost of a SimPy event, small enough
# for the cache.
BATCH = 4096
DAYS_PER_WEEK = 7


@dataclass(frozen=True)
class Plan:
    """How much of a scenario to run.

    Parameters
    ----------
    replications : int
        How many; they are numbered from 0.
    seed : int
    days : int
        The horizon.
    batch : int
        The most replications that are run together; results do not depend on it.
    watched : sequence of int
        Replications whose events are kept.
    check : bool
        Whether invariants are checked while running.
    """

    replications: int
    seed: int
    days: int
    batch: int = BATCH
    watched: Sequence[int] = ()
    check: bool = True


@dataclass(frozen=True)
class Ensemble:
    """The results of a run or of one of its batches.

    Attributes
    ----------
    numbers : (n,) int
        Numbers of the replications.
    outcomes : dict of str to (n,) array
        Outcome columns; see `outcomes`.
    drawn : dict of str to (n,) array
        The uncertain parameters, by path.
    series_columns : list of (field, row)
    series_days : tuple of int
    series : (columns, days, n)
    events : list of Event
        Of the watched replications, in the order in which they happened.
    tallies : dict of (day, question) to (answers,) int
        How many replications gave each answer of the ledger; see `sim.model.ledger`.
    """

    scenario: Scenario[ScenarioHead]
    plan: Plan
    numbers: Ints
    outcomes: dict[str, NDArray[Any]]
    drawn: dict[str, Floats]
    series_columns: list[tuple[str, str]]
    series_days: tuple[int, ...]
    series: Floats
    events: list[Event]
    tallies: dict[tuple[int, str], Ints]


def horizon_days(scenario: Scenario[ScenarioHead], months: int | None = None) -> int:
    """Return the horizon in days: `months` from the start, or what the scenario says."""
    head = scenario.world
    if months is None and head.horizon_days is not None:
        return head.horizon_days
    wanted = months if months is not None else head.horizon_months
    assert wanted is not None, "a scenario has a horizon"
    return Calendar(head.start_date).month_start(wanted)


def series_days(days: int) -> tuple[int, ...]:
    """Return the days of the time series: the start, every week, and the end."""
    weeks = range(0, days + 1, DAYS_PER_WEEK)
    return (*weeks, days) if days % DAYS_PER_WEEK else tuple(weeks)


def run_ensemble(
    scenario: Scenario[ScenarioHead], plan: Plan, progress: Callable[[int], None] = lambda done: None
) -> Ensemble:
    """Run a scenario as an ensemble.

    Parameters
    ----------
    scenario : Scenario
    plan : Plan
    progress : callable
        Called with the number of replications done after each batch.

    Raises
    ------
    InvariantBreach
        With scenario, seed and replication, when something that must always hold does not.
    """
    whole: Ensemble | None = None
    batches = -(-plan.replications // plan.batch)
    for numbers in np.array_split(np.arange(plan.replications, dtype=np.int64), batches):
        part = run_batch(scenario, plan, numbers)
        if whole is None:
            whole = part if len(numbers) == plan.replications else _room_for(part, plan.replications)
        if whole is not part:
            _put(whole, part)
        progress(int(numbers[-1]) + 1)
    assert whole is not None, "a plan has at least one replication"
    return whole


def run_batch(scenario: Scenario[ScenarioHead], plan: Plan, numbers: Ints) -> Ensemble:
    """Run the replications `numbers`, in any order, as one batch."""
    setting = Setting(
        start=scenario.world.start_date,
        days=plan.days,
        seed=plan.seed,
        replications=numbers,
        series_days=series_days(plan.days),
        landmarks=landmarks(plan.days),
        watched=plan.watched,
        check=plan.check,
    )
    try:
        world, drawn = simulate(scenario, setting)
    except InvariantBreach as breach:
        breach.scenario = scenario.name
        raise
    backers = [SIDES.index(backer.side) for backer in section(scenario, Arms).backers]
    recorder = world.recorder
    return Ensemble(
        scenario=scenario,
        plan=plan,
        numbers=numbers,
        outcomes=outcome_columns(world, backers, section(scenario, Talks)),
        drawn={path: drawn.values[path] for path in drawn.uncertain},
        series_columns=recorder.columns,
        series_days=recorder.days,
        series=recorder.series,
        events=recorder.events,
        tallies=recorder.tallies,
    )


def _room_for(part: Ensemble, n: int) -> Ensemble:
    return replace(
        part,
        numbers=np.arange(n, dtype=np.int64),
        outcomes={name: np.empty(n, dtype=values.dtype) for name, values in part.outcomes.items()},
        drawn={name: np.empty(n) for name in part.drawn},
        series=np.empty((*part.series.shape[:2], n)),
        events=[],
        tallies={},
    )


def _put(whole: Ensemble, part: Ensemble) -> None:
    for name, values in part.outcomes.items():
        whole.outcomes[name][part.numbers] = values
    for name, values in part.drawn.items():
        whole.drawn[name][part.numbers] = values
    first = int(part.numbers[0])
    whole.series[:, :, first : first + len(part.numbers)] = part.series
    whole.events.extend(part.events)
    for key, counts in part.tallies.items():
        whole.tallies[key] = whole.tallies.get(key, 0) + counts
