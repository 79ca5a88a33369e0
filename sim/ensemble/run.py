"""Run an ensemble: cut the replications into batches, run each, put the results in the order of the replications."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import Calendar
from sim.engine.draws import Floats, Ints
from sim.engine.recorder import Event
from sim.engine.whole import whole_number
from sim.engine.world import InvariantBreach, Setting
from sim.ensemble.heard import by_days
from sim.ensemble.outcomes import landmarks, outcome_columns
from sim.ensemble.workers import ALONE, Pool, shared
from sim.model import simulate
from sim.model.ceasefire import FAILED
from sim.scenario import Scenario, ScenarioHead
from sim.scenario.head import MOST_DAYS

# judgement: of 256 to 16,384 the fastest on the machines tried: large enough to hide the cost of a SimPy event, small enough
# for the cache.
BATCH = 4096
# judgement: their quantiles are known to within a hundredth of the histories, and more would fill the disk.
SERIES_HISTORIES = 10_000
# judgement: a mistake of ours that fails more often than this is not of single histories.
MOST_FAILURES = 100
# What may go wrong in single histories.
SURVIVED = (InvariantBreach, ArithmeticError, LookupError, ValueError)
# judgement: fewer take longer to hand out than to run.
FEWEST_TO_SHARE = 400
# A round number, because it shows in the number of histories that were needed.
CHUNK = 1000
DAYS_PER_WEEK = 7
MOST_REPLICATIONS = 1_000_000_000
# What 64 bits hold, whoever reads it.
MOST_SEED = 2**63 - 1
BOUNDS = (
    ("replications", 1, MOST_REPLICATIONS), ("seed", 0, MOST_SEED), ("days", 1, MOST_DAYS), ("batch", 1, MOST_REPLICATIONS),
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """How much of a scenario to run.

    Parameters
    ----------
    replications : int
        How many; they are numbered from 0.
    seed : int
        A whole number, as all of these: what equals one and is of another kind, as 1.0 or True, is refused.
    days : int
        The horizon.
    batch : int
        The most replications that are run together; results do not depend on it.
    watched : sequence of int
        Replications whose events are kept.
    check : bool
        Whether invariants are checked while running.
    series : bool
        Whether time series are kept, which take most of the memory.
    """

    replications: int
    seed: int
    days: int
    batch: int = BATCH
    watched: Sequence[int] = ()
    check: bool = True
    series: bool = True

    def __post_init__(self) -> None:
        for what, least, most in BOUNDS:
            object.__setattr__(self, what, whole_number(what, getattr(self, what), least, most))
        # As they are kept, and asked for in files.
        watched = tuple(whole_number("a watched replication", number, 0, MOST_REPLICATIONS) for number in self.watched)
        object.__setattr__(self, "watched", watched)


@dataclass(frozen=True)
class Ensemble:
    """The results of a run or of one of its batches.

    Attributes
    ----------
    numbers : (n,) int
        Numbers of the replications, one a history.
    outcomes : dict of str to (n,) array
        Outcome columns; see `outcomes`.
    drawn : dict of str to (n,) array
        The uncertain parameters, by path.
    series_columns : list of (field, row)
    series_days : tuple of int
    series : columns of (days, n)
        Of replications below `SERIES_HISTORIES`.
    events : list of Event
        Of the watched replications, in the order in which they happened.
    tallies : dict of (day, question) to (answers,) int
        How many replications gave each answer of the ledger; see `sim.model.ledger`.
    failures : dict of int to str
        Replications in which something went wrong, and what. They are `failed`, and have no other outcome.
    """

    scenario: Scenario[ScenarioHead]
    plan: Plan
    numbers: Ints
    outcomes: Mapping[str, NDArray[Any]]
    drawn: Mapping[str, Floats]
    series_columns: list[tuple[str, str]]
    series_days: tuple[int, ...]
    series: Sequence[Floats] | Floats
    events: list[Event]
    tallies: dict[tuple[int, str], Ints]
    failures: dict[int, str] = field(default_factory=dict)


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
    return run_histories(scenario, plan, np.arange(plan.replications, dtype=np.int64), progress=progress)


def run_histories(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    numbers: Ints,
    given: Mapping[str, Floats] | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Ensemble:
    """Run the histories of a design, in batches.

    Parameters
    ----------
    scenario, plan
        As in `run_ensemble`; how many replications the plan has is of no interest.
    numbers : (n,) int
        The replications whose luck the histories have; several may have that of one.
    given : mapping of str to (n,) array, optional
        Values of uncertain parameters that are not drawn, by path; NaN in histories in which they are.
    progress : callable
    """
    whole: Ensemble | None = None
    n = len(numbers)
    for places in np.array_split(np.arange(n, dtype=np.int64), -(-n // plan.batch)):
        at = slice(int(places[0]), int(places[-1]) + 1)
        part = run_batch(scenario, plan, numbers[at], {path: values[at] for path, values in (given or {}).items()})
        if whole is None:
            whole = part if len(places) == n else _room_for(part, numbers)
        if whole is not part:
            _put(whole, part, at)
        progress(at.stop)
    assert whole is not None, "there is at least one history"
    return whole


def run_shared(
    scenario: Scenario[ScenarioHead], plan: Plan, pool: Pool, progress: Callable[[int], None] = lambda done: None
) -> Ensemble:
    """Run a scenario as an ensemble whose parts others run, and hold it in memory; parameters as in `run_ensemble`."""
    return _share(scenario, plan, np.arange(plan.replications, dtype=np.int64), pool, progress)


def _share(
    scenario: Scenario[ScenarioHead], plan: Plan, numbers: Ints, pool: Pool, progress: Callable[[int], None]
) -> Ensemble:
    """Run replications that follow one another."""
    n = len(numbers)
    pieces = max(-(-n // plan.batch), min(pool.size, n // FEWEST_TO_SHARE))
    if pool.does is None or pieces < 2:
        return run_histories(scenario, plan, numbers, progress=progress)
    tasks = [(scenario, plan, part) for part in np.array_split(numbers, pieces)]
    parts: dict[int, Ensemble] = {}
    for place, part in shared(_run_part, tasks, pool):
        parts[place] = part
        progress(sum(len(one.numbers) for one in parts.values()))
    whole = _room_for(parts[0], numbers)
    for _, part in sorted(parts.items()):
        first = int(part.numbers[0] - numbers[0])
        _put(whole, part, slice(first, first + len(part.numbers)))
    return whole


def run_shared_surviving(
    scenario: Scenario[ScenarioHead], plan: Plan, pool: Pool, progress: Callable[[int], None] = lambda done: None
) -> Ensemble:
    """Run as `run_shared`; where something goes wrong, as `run_surviving`, in this process alone."""
    try:
        return run_shared(scenario, plan, pool, progress)
    except SURVIVED:
        return run_surviving(scenario, plan, np.arange(plan.replications, dtype=np.int64))


def _run_part(task: tuple[Scenario[ScenarioHead], Plan, Ints]) -> Ensemble:
    return run_histories(*task)


def run_until(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    enough: Callable[[Mapping[str, NDArray[Any]]], bool],
    progress: Callable[[int], None] = lambda done: None,
    pool: Pool = ALONE,
) -> Ensemble:
    """Run `CHUNK` histories after another until their outcomes are `enough`, or all of the plan are run.

    Where it stops depends on scenario and seed only. Parameters as in `run_ensemble`; `enough` is given the outcomes so far.
    """
    parts: list[Ensemble] = []
    done = 0
    while done < plan.replications:
        numbers = np.arange(done, min(done + CHUNK, plan.replications), dtype=np.int64)
        parts.append(_share(scenario, plan, numbers, pool, lambda done: None))
        done += len(numbers)
        progress(done)
        if enough({name: np.concatenate([part.outcomes[name] for part in parts]) for name in parts[0].outcomes}):
            break
    whole = replace(_room_for(parts[0], np.arange(done, dtype=np.int64)), plan=replace(plan, replications=done))
    for at, part in enumerate(parts):
        _put(whole, part, slice(at * CHUNK, at * CHUNK + len(part.numbers)))
    return whole


def run_batch(
    scenario: Scenario[ScenarioHead], plan: Plan, numbers: Ints, given: Mapping[str, Floats] | None = None
) -> Ensemble:
    """Run histories as one batch; parameters as in `run_histories`."""
    with_series = plan.series & (numbers < SERIES_HISTORIES)
    setting = Setting(
        start=scenario.world.start_date,
        days=plan.days,
        seed=plan.seed,
        replications=numbers,
        series_days=series_days(plan.days) if with_series.any() else (),
        landmarks=landmarks(scenario, plan.days),
        watched=plan.watched,
        check=plan.check,
        given=given or {},
        passed=by_days(len(numbers), plan.days),
    )
    try:
        world, drawn = simulate(scenario, setting)
    except InvariantBreach as breach:
        breach.scenario = scenario.name
        raise
    recorder = world.recorder
    return Ensemble(
        scenario=scenario,
        plan=plan,
        numbers=numbers,
        outcomes=outcome_columns(world, scenario),
        drawn={path: drawn.values[path] for path in drawn.uncertain},
        series_columns=recorder.columns,
        series_days=recorder.days,
        # As laid out in memory as when all are kept, because sums depend on it in their last digit.
        series=recorder.series if with_series.all() else np.ascontiguousarray(recorder.series[:, :, with_series]),
        events=recorder.events,
        tallies=recorder.tallies,
    )


def _room_for(part: Ensemble, numbers: Ints) -> Ensemble:
    n = len(numbers)
    return replace(
        part,
        numbers=numbers,
        outcomes={name: np.empty(n, dtype=values.dtype) for name, values in part.outcomes.items()},
        drawn={name: np.empty(n) for name in part.drawn},
        series=np.empty((len(part.series_columns), len(part.series_days), np.count_nonzero(numbers < SERIES_HISTORIES))),
        events=[],
        tallies={},
    )


def _put(whole: Ensemble, part: Ensemble, at: slice) -> None:
    """Put a part in its place among histories that are in the order of their numbers, as far as series are kept."""
    for name, values in part.outcomes.items():
        whole.outcomes[name][at] = values
    for name, values in part.drawn.items():
        whole.drawn[name][at] = values
    for ours, theirs in zip(whole.series, part.series if part.series_days else (), strict=False):
        ours[:, at.start : at.start + theirs.shape[1]] = theirs
    whole.events.extend(part.events)
    for key, counts in part.tallies.items():
        whole.tallies[key] = whole.tallies.get(key, 0) + counts


def run_surviving(scenario: Scenario[ScenarioHead], plan: Plan, numbers: Ints) -> Ensemble:
    """Run replications, in batches; those in which something goes wrong are `failed`, and the rest goes on.

    Parameters as in `run_histories`, the numbers rising.

    Raises
    ------
    Exception
        What went wrong, when it does in all, or in more than `MOST_FAILURES`: that is no matter of single histories.
    """
    try:
        return run_histories(scenario, plan, numbers)
    except SURVIVED as error:
        failures: dict[int, str] = {}
        _find_failures(scenario, plan, numbers, failures, error)
        good = numbers[~np.isin(numbers, list(failures))]
        if not len(good):
            raise
    return _with_failures(run_histories(scenario, plan, good), numbers, failures)


def _find_failures(
    scenario: Scenario[ScenarioHead], plan: Plan, numbers: Ints, failures: dict[int, str], error: Exception
) -> None:
    """Find the replications that fail, by halves, given the error of all of them together."""
    if len(numbers) == 1:
        failures[int(numbers[0])] = f"{type(error).__name__}: {error}"
        if len(failures) > MOST_FAILURES:
            raise error
        return
    middle = len(numbers) // 2
    for half in (numbers[:middle], numbers[middle:]):
        try:
            run_histories(scenario, replace(plan, series=False), half)
        except SURVIVED as found:
            _find_failures(scenario, plan, half, failures, found)


def _with_failures(good: Ensemble, numbers: Ints, failures: dict[int, str]) -> Ensemble:
    """Return an ensemble with failed replications in their places."""
    at = np.searchsorted(numbers, good.numbers)

    def spread(values: NDArray[Any]) -> NDArray[Any]:
        whole = np.full(len(numbers), "" if values.dtype.kind == "U" else np.nan, dtype=values.dtype)
        whole[at] = values
        return whole

    outcomes = {name: spread(values) for name, values in good.outcomes.items()}
    outcomes["ending"][np.isin(numbers, list(failures))] = FAILED
    drawn = {name: spread(values) for name, values in good.drawn.items()}
    return replace(good, numbers=numbers, outcomes=outcomes, drawn=drawn, failures=failures)
