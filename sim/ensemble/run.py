"""Run an ensemble: cut the replications into batches, run each, put the results in the order of the replications."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import DAYS_PER_WEEK, Calendar, Every
from sim.engine.draws import Floats, Ints
from sim.engine.recorder import Event
from sim.engine.whole import whole_number
from sim.engine.world import InvariantBreach, Lived, Setting
from sim.ensemble.heard import by_days
from sim.ensemble.lucks import NO_MORE, Further, further
from sim.ensemble.outcomes import landmarks, moments, outcome_columns, wanted
from sim.ensemble.workers import ALONE, Pool, shared
from sim.errors import ParleyError
from sim.model import simulate
from sim.model.endings import FAILED
from sim.scenario import Scenario, ScenarioHead, quantities
from sim.scenario.head import MOST_DAYS

# judgement: of 256 to 16,384 the fastest on the machines tried: large enough to hide the cost of a SimPy event, small enough
# for the cache.
BATCH = 4096
# judgement: their quantiles and shares are known to within a hundredth of the histories; more would fill the disk, and to
# find why there is no deal takes a fifth of the time.
SERIES_HISTORIES = 10_000
# judgement: a mistake of ours that fails more often than this is not of single histories.
MOST_FAILURES = 100
# What may go wrong in single histories.
SURVIVED = (InvariantBreach, ArithmeticError, LookupError, ValueError)
# judgement: fewer take longer to hand out than to run.
FEWEST_TO_SHARE = 400
# A round number, because it shows in the number of histories that were needed.
CHUNK = 1000
# Of which fields paths are kept, besides those of the series.
PATH_FIELDS = ("at_war",)
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
    lucks : bool, optional
        Whether further lucks run, a quarter more of histories; see `sim.ensemble.lucks`. If not given, as series are kept,
        since a study that looks at single numbers needs neither.
    why : bool
        Whether the first histories are asked why they have no deal, which takes a fifth of the time.
    asked : sequence of str
        Outcomes that are wanted, of other times too, as `casualties_attacker[12..24]`; see `sim.model.asked`.
    paths : {"month", "week"}, optional
        How often the path of each history is kept; not at all, if not given.

    Raises
    ------
    ValueError
        When a number is none that can be run, or paths are asked for more or less often.
    """

    replications: int
    seed: int
    days: int
    batch: int = BATCH
    watched: Sequence[int] = ()
    check: bool = True
    series: bool = True
    lucks: bool | None = None
    why: bool = True
    asked: Sequence[str] = ()
    paths: Every | None = None

    def __post_init__(self) -> None:
        if self.paths not in (None, *get_args(Every)):
            raise ValueError(f"paths are kept by month or week, not {self.paths!r}")
        for what, least, most in BOUNDS:
            object.__setattr__(self, what, whole_number(what, getattr(self, what), least, most))
        # As they are kept, and asked for in files.
        watched = tuple(whole_number("a watched replication", number, 0, MOST_REPLICATIONS) for number in self.watched)
        object.__setattr__(self, "watched", watched)


class HistoriesError(ParleyError):
    """What cannot be asked of histories that agree with data."""


def most_histories(scenario: Scenario[ScenarioHead]) -> int:
    """Return how many histories of a scenario there are."""
    own = scenario.world.histories
    return MOST_REPLICATIONS if own is None else len(own.numbers)


def refuse_more(scenario: Scenario[ScenarioHead], replications: int) -> None:
    """See whether there are so many histories of a scenario.

    Raises
    ------
    HistoriesError
        When it has those only that agree with data, and they are fewer.
    """
    if replications > (most := most_histories(scenario)):
        raise HistoriesError(
            f"{scenario.name} has {most:,} histories, those that agree with data, and not {replications:,}; ask for at most "
            "as many, or calibrate with more"
        )


def _lived(scenario: Scenario[ScenarioHead], assumed: Ints, given: Mapping[str, Floats]) -> Lived | None:
    """Return what histories have lived through that have the assumptions of these; None where they have no past.

    Raises
    ------
    HistoriesError
        When there are not so many, or numbers are given to them.
    """
    own = scenario.world.histories
    if own is None:
        return None
    if given:
        raise HistoriesError(
            f"{scenario.name} has histories that agree with data, in which what is assumed belongs to what happened: no "
            "number can be given to them by itself. Ask for what needs that of the scenario that was calibrated"
        )
    refuse_more(scenario, int(assumed.max()) + 1)
    until = Calendar(scenario.world.start_date).day_of(own.until)
    return Lived(own.seed, np.asarray(own.numbers, dtype=np.int64)[assumed], until)


class Unscripted(NamedTuple):
    """An outcome of some histories, and of the same without what the scenario scripts.

    Attributes
    ----------
    outcome : str
    n : int
        Pairs in which both have it.
    with_it, without_it : float
        Mean or share with the script, and without.
    difference, low, high : float
        Without less with, and its interval.
    """

    outcome: str
    n: int
    with_it: float
    without_it: float
    difference: float
    low: float
    high: float


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
        How many replications gave each answer of the ledger (see `sim.model.answers`); and, with the question "ending", how
        many stood how, by their code.
    failures : dict of int to str
        Replications in which something went wrong, and what. They are `failed`, and have no other outcome.
    further : Further
        Histories with other luck on some of the assumptions, and in `lucks` their outcome columns, (m,) each: empty without
        them. One that fails is `failed` there too.
    unscripted : tuple of Unscripted
        What the script of the scenario decides; nothing where that was not looked at.
    path_columns : list of (field, row)
    path_days : tuple of int
    paths : (columns, days, n) array
        Of every replication, NaN of one that failed; empty where they were not asked for.
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
    further: Further = NO_MORE
    lucks: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    unscripted: tuple[Unscripted, ...] = ()
    path_columns: Sequence[tuple[str, str]] = ()
    path_days: tuple[int, ...] = ()
    paths: Floats = field(default_factory=lambda: np.empty((0, 0, 0)))


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


def path_days(start: date, days: int, every: Every | None) -> tuple[int, ...]:
    """Return the days of paths: the start, the first of every month or every week from the start, and the end; or none.

    >>> path_days(date(2024, 12, 4), 70, "month")
    (0, 28, 59, 70)
    """
    if every == "month":
        firsts = (day for day in range(1, days) if (start + timedelta(days=day)).day == 1)
        return (0, *firsts, days)
    return series_days(days) if every else ()


def run_ensemble(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    progress: Callable[[int], None] = lambda done: None,
    pool: Pool = ALONE,
) -> Ensemble:
    """Run a scenario as an ensemble; parameters and errors as in `run_histories`."""
    return run_histories(scenario, plan, np.arange(plan.replications, dtype=np.int64), progress=progress, pool=pool)


def run_histories(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    numbers: Ints,
    given: Mapping[str, Floats] | None = None,
    progress: Callable[[int], None] = lambda done: None,
    pool: Pool = ALONE,
) -> Ensemble:
    """Run histories, in batches, and hold them in memory. One in which something goes wrong is `failed`, the rest goes on.

    Parameters
    ----------
    scenario : Scenario
    plan : Plan
        How many replications it has is of no interest.
    numbers : (n,) int
        The replications whose luck the histories have; several may have that of one.
    given : mapping of str to (n,) array, optional
        Values of uncertain parameters that are not drawn, by path; NaN in histories in which they are.
    progress : callable
        Called with the number of histories done, after each batch.
    pool : Pool
        Who shares the batches.

    Raises
    ------
    Exception
        What went wrong, when it does in all or in more than `MOST_FAILURES`: that is no matter of single histories.
    WorkerError
    """
    n = len(numbers)
    pieces = max(-(-n // plan.batch), min(pool.size, n // FEWEST_TO_SHARE))
    places = np.array_split(np.arange(n, dtype=np.int64), pieces)
    tasks = ((scenario, plan, numbers[at], {path: values[at] for path, values in (given or {}).items()}) for at in places)
    done, whole = 0, Whole(numbers)
    for place, part in shared(_run_part, tasks, pool if pieces > 1 else ALONE):
        whole.take(place, part)
        done += len(part.numbers)
        progress(done)
    return whole.ensemble()


def _run_part(task: tuple[Scenario[ScenarioHead], Plan, Ints, Mapping[str, Floats]]) -> Ensemble:
    scenario, plan, numbers, given = task
    wants = plan.series if plan.lucks is None else plan.lucks
    is_parted = wants and not given and any(not quantity.is_certain for _, quantity in quantities(scenario.world))
    return run_surviving(scenario, plan, numbers, given, further(numbers, plan.replications) if is_parted else NO_MORE)


def run_until(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    enough: Callable[[Mapping[str, NDArray[Any]]], bool],
    progress: Callable[[int], None] = lambda done: None,
    pool: Pool = ALONE,
) -> Ensemble:
    """Run `CHUNK` histories after another until their outcomes are `enough`, or all of the plan are run.

    Where it stops depends on scenario and seed only. Parameters and errors as in `run_histories`; `enough` is given the
    outcomes so far.
    """
    parts: list[Ensemble] = []
    done = 0
    while done < plan.replications:
        numbers = np.arange(done, min(done + CHUNK, plan.replications), dtype=np.int64)
        parts.append(run_histories(scenario, plan, numbers, pool=pool))
        done += len(numbers)
        progress(done)
        if enough({name: np.concatenate([part.outcomes[name] for part in parts]) for name in parts[0].outcomes}):
            break
    whole = Whole(np.arange(done, dtype=np.int64))
    for at, part in enumerate(parts):
        whole.take(at, part)
    return replace(whole.ensemble(), plan=replace(plan, replications=done))


def run_batch(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    numbers: Ints,
    given: Mapping[str, Floats] | None = None,
    more: Further = NO_MORE,
) -> Ensemble:
    """Run histories as one batch, with further ones behind them; parameters as in `run_histories`."""
    others = wanted(scenario, plan.days, plan.asked)
    n, every = len(numbers), np.concatenate([numbers, more.numbers])
    with_series = plan.series & (every < SERIES_HISTORIES)
    paths_on = path_days(scenario.world.start_date, plan.days, plan.paths)
    assumed = np.concatenate([numbers, more.draws])
    setting = Setting(
        start=scenario.world.start_date,
        days=plan.days,
        seed=plan.seed,
        replications=every,
        series_days=series_days(plan.days) if with_series.any() else (),
        landmarks=landmarks(scenario, plan.days, others),
        moments=moments(scenario, others),
        watched=plan.watched,
        counted=series_days(plan.days) if plan.series else (),
        check=plan.check,
        given=given or {},
        passed=by_days(n, plan.days),
        assumed=assumed if len(more.draws) else None,
        lived=_lived(scenario, assumed, given or {}),
        tallied=n,
        explained=(every < SERIES_HISTORIES) & plan.why,
        path_days=paths_on,
        path_fields=PATH_FIELDS,
    )
    try:
        world, drawn = simulate(scenario, setting)
    except InvariantBreach as breach:
        breach.scenario = scenario.name
        raise
    recorder, columns = world.recorder, outcome_columns(world, scenario, others)
    return Ensemble(
        scenario=scenario,
        plan=plan,
        numbers=numbers,
        outcomes={name: values[:n] for name, values in columns.items()},
        drawn={path: drawn.values[path][:n] for path in drawn.uncertain},
        series_columns=recorder.columns,
        series_days=recorder.days,
        # As laid out in memory as when all are kept, because sums depend on it in their last digit.
        series=recorder.series if with_series.all() else np.ascontiguousarray(recorder.series[:, :, with_series]),
        events=recorder.events,
        tallies=recorder.tallies,
        further=more,
        lucks={name: values[n:] for name, values in columns.items()} if len(more.numbers) else {},
        path_columns=recorder.path_columns,
        path_days=paths_on,
        paths=recorder.paths[:, :, :n],
    )


class Whole:
    """Histories that are put together out of parts, which may come in any order; here in memory."""

    def __init__(self, numbers: Ints) -> None:
        self._numbers = numbers
        self._waiting: dict[int, Ensemble] = {}
        self._more: list[tuple[Further, Mapping[str, NDArray[Any]]]] = []
        self._whole: Ensemble | None = None
        # The next part, the place of its first history, and that of its first series.
        self._next, self._place, self._series = 0, 0, 0

    def take(self, at: int, part: Ensemble) -> None:
        """Take a part, and put in its place what follows on what is there."""
        self._waiting[at] = part
        while self._next in self._waiting:
            self._put(self._waiting.pop(self._next))
            self._next += 1

    def _put(self, part: Ensemble) -> None:
        if self._whole is None:
            self._whole = self.room(part)
        whole, first = self._whole, self._place
        self._place += len(part.numbers)
        if whole is part:
            return
        self.fill(part, slice(first, self._place))
        whole.events.extend(part.events)
        for key, counts in part.tallies.items():
            whole.tallies[key] = whole.tallies.get(key, 0) + counts
        whole.failures.update({first + place: reason for place, reason in part.failures.items()})
        self._more.append((part.further, part.lucks))
        if _are_too_many(whole.failures, self._numbers):
            first_of_all = whole.failures[min(whole.failures)]
            raise TooManyFailures(f"more than {MOST_FAILURES} histories failed, the first of them: {first_of_all}")

    def room(self, part: Ensemble) -> Ensemble:
        """Return an ensemble that is like its first part, and empty; or that part, where it is all."""
        numbers, n = self._numbers, len(self._numbers)
        if len(part.numbers) == n:
            return part
        kept = np.count_nonzero(numbers < SERIES_HISTORIES)
        return replace(
            part,
            numbers=numbers,
            outcomes={name: np.empty(n, dtype=values.dtype) for name, values in part.outcomes.items()},
            drawn={name: np.empty(n) for name in part.drawn},
            series=np.empty((len(part.series_columns), len(part.series_days), kept)),
            paths=np.empty((*part.paths.shape[:2], n)),
            events=[],
            tallies={},
            failures={},
            further=NO_MORE,
            lucks={},
        )

    def fill(self, part: Ensemble, at: slice) -> None:
        """Put the columns and series of a part in their place."""
        assert self._whole is not None, "there is room"
        for ours, theirs in ((self._whole.outcomes, part.outcomes), (self._whole.drawn, part.drawn)):
            for name, values in theirs.items():
                ours[name][at] = values
        self._whole.paths[:, :, at] = part.paths
        if part.series_days:
            series = np.asarray(part.series)
            np.asarray(self._whole.series)[:, :, self._series : self._series + series.shape[2]] = series
            self._series += series.shape[2]

    def ensemble(self) -> Ensemble:
        """Return the whole."""
        whole = self._whole
        assert whole is not None, "there is at least one history"
        some = [(one, lucks) for one, lucks in self._more if lucks]
        if some:
            more = Further(*(np.concatenate(parts) for parts in zip(*(one for one, _ in some), strict=True)))
            whole = replace(
                whole, further=more, lucks={name: np.concatenate([lucks[name] for _, lucks in some]) for name in some[0][1]}
            )
        if whole.failures and self._series:
            # Those that failed have no series.
            return replace(whole, series=np.ascontiguousarray(np.asarray(whole.series)[:, :, : self._series]))
        return whole


class TooManyFailures(Exception):
    """What goes wrong in so many histories is no matter of single ones."""


def run_surviving(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    numbers: Ints,
    given: Mapping[str, Floats] | None = None,
    more: Further = NO_MORE,
) -> Ensemble:
    """Run histories as one batch, with further ones; those in which something goes wrong are `failed`, and the rest goes on.

    What becomes of a history does not depend on the others of its batch. Parameters and errors as in `run_histories`.
    """
    given = given or {}
    try:
        return run_batch(scenario, plan, numbers, given, more)
    except SURVIVED as error:
        found: dict[int, str] = {}
        n, m = len(numbers), len(more.numbers)

        def run(places: Ints, series: bool = False) -> Ensemble:
            # Series take most of the time, and are of those that go on.
            part = replace(plan, series=plan.series and series)
            mine, others = places[places < n], places[places >= n] - n
            own = {path: values[mine] for path, values in given.items()}
            return run_batch(scenario, part, numbers[mine], own, Further(more.draws[others], more.numbers[others]))

        every = np.concatenate([numbers, more.numbers])
        # The same luck is side by side, since what fails in one variant mostly fails in all.
        _find_failures(run, np.argsort(every, kind="stable"), every, found, error)
        good_places = np.delete(np.arange(n + m, dtype=np.int64), list(found))
        at, also = good_places[good_places < n], good_places[good_places >= n] - n
        if len(at):
            good = replace(run(good_places, series=True), plan=plan)
        else:
            good = _one_that_goes_on(scenario, plan, numbers, given, error)

    def spread(values: NDArray[Any], at: Ints, size: int) -> NDArray[Any]:
        whole = np.full(size, "" if values.dtype.kind == "U" else np.nan, dtype=values.dtype)
        whole[at] = values[: len(at)]
        return whole

    outcomes = {name: spread(values, at, n) for name, values in good.outcomes.items()}
    outcomes["ending"][np.delete(np.arange(n), at)] = FAILED
    drawn = {name: spread(values, at, n) for name, values in good.drawn.items()}
    lucks: dict[str, NDArray[Any]] = {}
    if m:
        # One that goes on in place of all has none.
        also = also if good.lucks else also[:0]
        lucks = {name: spread(good.lucks.get(name, values), also, m) for name, values in good.outcomes.items()}
        lucks["ending"][np.delete(np.arange(m), also)] = FAILED
    failures = {place: reason for place, reason in found.items() if place < n}
    paths = np.full((*good.paths.shape[:2], n), np.nan)
    paths[:, :, at] = good.paths[:, :, : len(at)]
    return replace(
        good, numbers=numbers, outcomes=outcomes, drawn=drawn, failures=failures, further=more, lucks=lucks, paths=paths
    )


def _are_too_many(failures: Mapping[int, str], numbers: Ints) -> bool:
    """Return whether the luck of more than `MOST_FAILURES` replications fails, in however many variants of them."""
    return len(failures) > MOST_FAILURES and len(np.unique(numbers[list(failures)])) > MOST_FAILURES


def _find_failures(
    run: Callable[[Ints], Ensemble], places: Ints, numbers: Ints, failures: dict[int, str], error: Exception
) -> None:
    """Find the histories that fail, by halves, given the replication of each place, and the error of all together."""
    if len(places) == 1:
        failures[int(places[0])] = f"{type(error).__name__}: {error}"
        if _are_too_many(failures, numbers):
            raise error
        return
    middle = len(places) // 2
    for half in (places[:middle], places[middle:]):
        try:
            run(half)
        except SURVIVED as found:
            _find_failures(run, half, numbers, failures, found)


def _one_that_goes_on(
    scenario: Scenario[ScenarioHead], plan: Plan, numbers: Ints, given: Mapping[str, Floats], error: Exception
) -> Ensemble:
    """Return the columns of a run all of whose batch failed, from another of its replications, without what happened in it.

    So what a run says does not depend on how it was cut.
    """
    others = np.setdiff1d(np.arange(min(plan.replications, len(numbers) + MOST_FAILURES + 1), dtype=np.int64), numbers)
    # A design has no others, and its batches are no smaller than half of it.
    for number in others[: MOST_FAILURES + 1] if not given else ():
        try:
            one = run_batch(scenario, plan, np.array([number], dtype=np.int64))
        except SURVIVED:
            continue
        return replace(one, series=np.asarray(one.series)[:, :, :0], events=[], tallies={})
    raise error
