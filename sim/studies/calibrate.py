"""Calibration: which histories of a scenario agree with data of its war, and what the data say of what is assumed.

Histories are run from the start to the day at which the data are cut off. Each is looked at as the data are, by calendar
months and with the noise of observation; what is compared are statistics of these paths, changes over quarters and how
rough the path is. First it is asked whether the assumptions reach the data at all, then what such data can say of each
uncertain number (`agreement`), and last the nearest histories are kept. Their numbers make a scenario of their own, which
every other command takes: see `Histories` in `sim.scenario.head`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import Calendar, add_months
from sim.engine.draws import Draws, Floats, Ints
from sim.ensemble.run import Plan, horizon_days, run_histories
from sim.ensemble.workers import ALONE, Pool
from sim.errors import ParleyError
from sim.model.endings import FAILED
from sim.observed import Data, Observed
from sim.observed.scores import pit, roughness
from sim.results.frames import Tabular
from sim.results.identity import Identity, about_identity, identity_over
from sim.results.manifest import CalibrationManifest
from sim.results.parts import Parts
from sim.results.store import what_is_run
from sim.results.survival import first_end
from sim.scenario import Scenario, ScenarioHead, followers, quantities
from sim.scenario.identity import past_of
from sim.studies.agreement import FEWEST, FEWEST_KEPT, Nearest, Said, apart, is_reached, nearest, said
from sim.studies.designed import shared_parts

MONTHS_OF_SUM = 3
# judgement: as few as make a spread worth telling.
LEAST_ROUGH = 4
# judgement: what a worker does at once.
AT_ONCE = 2000
QUANTILES = (0.05, 0.5, 0.95)
SUM, ROUGHNESS, MONTH = "sum", "roughness", "month"
KEEP = 0.02
# judgement: below all that is worth counting of what noise multiplies, in whatever unit.
LEAST = 1e-6


class CalibrationError(ParleyError):
    """Why a scenario cannot be held against data."""


class Statistic(NamedTuple):
    """A number of a path by which histories are held against data.

    Attributes
    ----------
    series : str
        Of the data.
    kind : str
        `sum`: the change over some months; `roughness`: the standard deviation of what it changes by from month to month,
        in logarithms where the noise of observation is one of factors.
    first, last : int
        Its months among those compared, the last included.
    """

    series: str
    kind: str
    first: int
    last: int


class Fit(NamedTuple):
    """What was observed, and where histories lie: before data are looked at, and those that are kept.

    Attributes
    ----------
    series, kind : str
        A statistic, or `month` for the change over one.
    since, until : date
        The first day, and the first that does not count any more.
    unit : str
    observed : float
    prior, kept : tuple of float
        Quantiles at 5, 50 and 95 %.
    below, kept_below : float
        The share of histories below what was observed.
    """

    series: str
    kind: str
    since: date
    until: date
    unit: str
    observed: float
    prior: tuple[float, ...]
    below: float
    kept: tuple[float, ...]
    kept_below: float


def fit_rows(fits: Sequence[Fit]) -> list[dict[str, Any]]:
    """Return them as rows of `fit.csv`."""
    names = [f"p{round(100 * level):02}" for level in QUANTILES]
    return [
        {
            "series": one.series, "kind": one.kind, "since": one.since.isoformat(), "until": one.until.isoformat(),
            "unit": one.unit, "observed": one.observed,
            **{f"prior_{name}": value for name, value in zip(names, one.prior, strict=True)}, "below": one.below,
            **{f"kept_{name}": value for name, value in zip(names, one.kept, strict=True)}, "kept_below": one.kept_below,
        }
        for one in fits
    ]  # fmt: skip


@dataclass(frozen=True)
class Task:
    """Histories that are run and looked at as data are."""

    scenario: Scenario[ScenarioHead]
    plan: Plan
    numbers: Ints
    series: tuple[Observed, ...]


@dataclass(frozen=True)
class Seen:
    """What is seen of histories.

    Attributes
    ----------
    changes : dict of str to (months, n) array
        By series, with the noise of observation.
    drawn : dict of str to (n,) array
        The uncertain numbers, by path.
    stopped : (n,) array
        The day on which the fighting first stopped, infinity where it went on, NaN where Parley went wrong.
    """

    changes: dict[str, Floats]
    drawn: dict[str, Floats]
    stopped: Floats


def end_of(data: Data) -> date:
    """Return the first day of which nothing was observed."""
    return data.cutoff + timedelta(days=1)


def months_of(scenario: Scenario[ScenarioHead], one: Observed, end: date) -> list[date]:
    """Return the first days of the whole calendar months of a series that lie between the start and the end of the data.

    Of histories that agree with data, months that these ended with or before are left out: they would count twice.
    """
    start, lived = scenario.world.start_date, scenario.world.histories
    known = start if lived is None else lived.until
    return [day for day in one.starts if day >= start and known < add_months(day, 1) <= end]


def see(task: Task) -> dict[str, NDArray[Any]]:
    """Run histories; return what is seen of them as plain arrays, by names that `Seen` is put together from."""
    scenario, plan = task.scenario, task.plan
    ran = run_histories(scenario, plan, task.numbers)
    calendar, draws = Calendar(scenario.world.start_date), Draws(plan.seed, task.numbers)
    slot = {day: place for place, day in enumerate(ran.path_days)}
    found: dict[str, NDArray[Any]] = {f"drawn {path}": values for path, values in ran.drawn.items()}
    for one in task.series:
        path = ran.paths[list(ran.path_columns).index((one.field, one.of))]
        months = months_of(scenario, one, calendar.date_of(plan.days))
        ends = [slot[calendar.day_of(day)] for day in (*months, add_months(months[-1], 1))]
        found[f"changes {one.id}"] = as_observed(scenario, one, path[ends], ran.drawn, draws)
    return {**found, "stopped": stopped_on(ran.outcomes, plan.days)}


def as_observed(
    scenario: Scenario[ScenarioHead], one: Observed, path: Floats, drawn: Mapping[str, Floats], draws: Draws
) -> Floats:
    """Return how a field of histories changed over each month as data tell it: scaled, with noise of observation.

    Parameters
    ----------
    scenario : Scenario
    one : Observed
        The data.
    path : (months + 1, n) array
        How the field of each history stands on the first of each month, and of the one after the last.
    drawn : mapping of str to (n,) array
        The uncertain numbers.
    draws : Draws
        The luck of these histories, so that what is seen of one does not depend on when and with which others it is seen.

    Returns
    -------
    (months, n) array
    """
    changes: Floats = np.diff(path, axis=0) / _scale(scenario, one, drawn)
    if one.noise_log_sd or one.noise:
        luck = draws.normal(f"observation/{one.id}", in_turn=True)
        noise = np.stack([luck.at(month) for month in range(len(changes))])
        changes = changes * np.exp(one.noise_log_sd * noise) if one.noise_log_sd else changes + one.noise * noise
    return changes


def stopped_on(outcomes: Mapping[str, NDArray[Any]], days: int, by: float = np.inf) -> Floats:
    """Return the day on which the fighting first stopped in each history, as `Seen` has it.

    Parameters
    ----------
    outcomes : mapping of str to (n,) array
        Of histories of so many days.
    days : int
    by : float
        What stops later had not stopped when the data end.
    """
    failed = outcomes["ending"] == FAILED
    when, how = first_end(outcomes, days)
    stopped = np.full(len(failed), np.nan)
    stopped[~failed] = np.where((how > 0) & (when <= by), when, np.inf)
    return stopped


def _scale(scenario: Scenario[ScenarioHead], one: Observed, drawn: Mapping[str, Floats]) -> Floats | float:
    """Return by what histories are divided to be as the data are."""
    if not one.scale:
        return 1.0
    return drawn[one.scale] if one.scale in drawn else dict(quantities(scenario.world))[one.scale].central


def put_together(parts: Sequence[Mapping[str, NDArray[Any]]], series: Sequence[Observed]) -> Seen:
    """Return what is seen of histories that were run in pieces."""
    whole = {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}
    drawn = {name.removeprefix("drawn "): values for name, values in whole.items() if name.startswith("drawn ")}
    return Seen({one.id: whole[f"changes {one.id}"] for one in series}, drawn, whole["stopped"])


def statistics_of(months: int, series: str) -> list[Statistic]:
    """Return the statistics of a path of so many months: its sums over quarters, the last as long as there are months, and
    how rough it is.

    >>> [(one.kind, one.first, one.last) for one in statistics_of(5, "area")]
    [('sum', 0, 2), ('sum', 3, 4), ('roughness', 0, 4)]
    """
    found = [
        Statistic(series, SUM, first, min(first + MONTHS_OF_SUM, months) - 1) for first in range(0, months, MONTHS_OF_SUM)
    ]
    return [*found, *([Statistic(series, ROUGHNESS, 0, months - 1)] if months >= LEAST_ROUGH else [])]


def value_of(statistic: Statistic, path: Floats, is_of_factors: bool) -> Floats:
    """Return a statistic of paths, (months, ...); of sums that noise multiplies the logarithm, which is what is compared."""
    part = path[statistic.first : statistic.last + 1]
    # What has stopped has changes of nothing, and would have no logarithm.
    if statistic.kind == SUM:
        whole: Floats = part.sum(axis=0)
        return np.log(np.maximum(whole, LEAST)) if is_of_factors else whole
    return roughness(np.maximum(part, LEAST) if is_of_factors else part, is_of_factors)


class Compared(NamedTuple):
    """A series beside histories, over the same months.

    Attributes
    ----------
    of : Observed
    firsts : list of date
        The first day of each month.
    was : (months,) array
        What was observed.
    changes : (months, n) array
        Of the histories, as they are seen.
    """

    of: Observed
    firsts: list[date]
    was: Floats
    changes: Floats


@dataclass(frozen=True)
class Measured:
    """Histories and data, each by the same numbers.

    Attributes
    ----------
    statistics : list of Statistic
    values : (s, n) array
        Of the histories.
    observed : (s,) array
    compared : dict of str to Compared
        By series.
    """

    statistics: list[Statistic]
    values: Floats
    observed: Floats
    compared: dict[str, Compared]

    def fits(self, numbers: Ints, kept: Ints) -> tuple[list[Fit], list[Fit]]:
        """Return each statistic, and the change over each month, beside that of some histories.

        Parameters
        ----------
        numbers : (m,) int
            The histories that are told of.
        kept : (k,) int
            Places among these, each as often as it counts.
        """

        def fit(statistic: Statistic) -> Fit:
            of, firsts, was, changes = self.compared[statistic.series]
            return _fit(statistic, of, firsts, was, changes[:, numbers], kept)

        months = (Statistic(id, MONTH, at, at) for id, one in self.compared.items() for at in range(len(one.firsts)))
        return [fit(one) for one in self.statistics], [fit(one) for one in months]


def measure(
    scenario: Scenario[ScenarioHead], data: Data, chosen: Sequence[Observed], changes: Mapping[str, Floats]
) -> Measured:
    """Return histories and data by the statistics of their paths.

    Parameters
    ----------
    scenario : Scenario
    data : Data
    chosen : sequence of Observed
        Series of the data, with at least one month that is compared.
    changes : mapping of str to (months, n) array
        By series, as of `as_observed`.
    """
    compared: dict[str, Compared] = {}
    statistics, values, observed = list[Statistic](), list[Floats](), list[float]()
    for one in chosen:
        firsts = months_of(scenario, one, end_of(data))
        at = one.starts.index(firsts[0])
        was = one.changes[at : at + len(firsts)]
        compared[one.id] = Compared(one, firsts, was, changes[one.id])
        for statistic in statistics_of(len(firsts), one.id):
            statistics.append(statistic)
            values.append(value_of(statistic, changes[one.id], one.noise_log_sd > 0))
            observed.append(float(value_of(statistic, was, one.noise_log_sd > 0)))
    return Measured(statistics, np.stack(values), np.array(observed), compared)


def compared_series(scenario: Scenario[ScenarioHead], data: Data) -> tuple[Observed, ...]:
    """Return the series of the data with a month that can be compared.

    Raises
    ------
    CalibrationError
        When there are none.
    """
    chosen = tuple(one for one in data.series if months_of(scenario, one, end_of(data)))
    if not chosen:
        lived = scenario.world.histories
        since = (
            f"the start, {scenario.world.start_date}," if lived is None else f"{lived.until}, until when it is calibrated,"
        )
        raise CalibrationError(
            f"no whole calendar month of {data.path} lies between {since} and the last day that is read, {data.cutoff}"
        )
    return chosen


@dataclass(frozen=True, repr=False)
class Calibration(Tabular):
    """What comes of holding a scenario against data.

    Attributes
    ----------
    scenario : Scenario
    plan : Plan
        Of the histories that were run.
    data : Data
    statistics : list of Fit
        By which histories are held against the data.
    months : list of Fit
        The change over each month, for pictures and tables.
    going_on : int
        How many histories agree with the data in whether, and about when, the fighting first stopped.
    kept : Nearest
        The histories that agree best, by number.
    furthest : list of str
        Of each of these the statistic in which it is furthest from the data.
    moved : dict of str to Said
        By the path of each uncertain number what the data say of it.
    told : dict of str to (k,) array
        Of the numbers of which the data say something, by path, what each history that is kept drew.
    drivers : dict of int to list of str
        Of statistics that no assumption reaches, by place, the numbers that move it most.
    failed : int
        How many histories went wrong in Parley.
    """

    scenario: Scenario[ScenarioHead]
    plan: Plan
    data: Data
    statistics: list[Fit]
    months: list[Fit]
    going_on: int
    kept: Nearest
    furthest: list[str]
    moved: dict[str, Said]
    told: dict[str, Floats]
    drivers: dict[int, list[str]]
    failed: int

    def __repr__(self) -> str:
        return (
            f"<Calibration: {self.identity.briefly}, {len(self.kept.places):,} of {self.plan.replications:,} histories kept>"
        )

    @property
    def identity(self) -> Identity:
        """What was held against data."""
        return identity_over(self.scenario, horizon_days(self.scenario), self.plan.seed)

    @property
    def of_scenario(self) -> str:
        """The name of its scenario, with what was set."""
        return self.identity.label

    @property
    def is_reached(self) -> bool:
        """Whether the assumptions reach the data in every statistic."""
        return not self.drivers

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return one row an uncertain number: what is assumed of it, and what the data say."""
        return [
            {
                "parameter": path, "says": one.says, "explained": one.explained, "prior_mean": one.mean, "prior_sd": one.sd,
                "kept_mean": one.kept_mean, "kept_sd": one.kept_sd, "shift": one.shift, "ratio": one.ratio,
                "adjusted_mean": one.adjusted_mean, "adjusted_sd": one.adjusted_sd,
            }
            for path, one in self.moved.items()
        ]  # fmt: skip

    def fits(self) -> list[dict[str, Any]]:
        """Return one row a statistic or month: what was observed, and where histories lie."""
        return fit_rows([*self.statistics, *self.months])

    def accepted(self) -> list[dict[str, Any]]:
        """Return one row a history that is kept, the nearest first, with what it drew of what the data say something of."""
        share = 1.0 / max(1, len(self.kept.places))
        rows = zip(self.kept.places.tolist(), self.kept.distances.tolist(), self.furthest, strict=True)
        return [
            {
                "history": place, "seed": self.plan.seed, "replication": number, "weight": share, "distance": distance,
                "furthest": furthest, **{path: float(values[place]) for path, values in self.told.items()},
            }
            for place, (number, distance, furthest) in enumerate(rows)
        ]  # fmt: skip

    def manifest(self) -> CalibrationManifest:
        """Return what its folder says of it."""
        plan = replace(self.plan, days=horizon_days(self.scenario))
        return CalibrationManifest(
            **about_identity(self.scenario, plan), replications=plan.replications, failed=self.failed,
            cutoff=self.data.cutoff.isoformat(), data=self.data.sha256, kept=len(self.kept.places), reached=self.is_reached,
        )  # fmt: skip

    def histories(self) -> dict[str, Any]:
        """Return the kept histories as a scenario has them."""
        return {
            "seed": self.plan.seed, "until": end_of(self.data), "of": past_of(self.scenario.tree, end_of(self.data)),
            "numbers": self.kept.places.tolist(),
        }  # fmt: skip


def calibrate(
    scenario: Scenario[ScenarioHead],
    data: Data,
    plan: Plan,
    keep: float = KEEP,
    *,
    pool: Pool = ALONE,
    parts: Parts | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Calibration:
    """Hold the histories of a scenario against data of its war.

    Parameters
    ----------
    scenario : Scenario
        Of a start before the data are cut off.
    data : Data
    plan : Plan
        How many histories, and the seed; how long they run is settled by the data.
    keep : float
        The share of them that is kept: the nearest.
    pool : Pool
    parts : Parts, optional
        Where finished histories are kept; those that are there are not run again.
    progress : callable
        Called with the number of histories done.

    Raises
    ------
    CalibrationError
        When there is nothing to compare, or the histories are too few.
    """
    days = days_until(scenario, data)
    refuse_few(plan.replications, keep)
    chosen = compared_series(scenario, data)
    plan = looking(plan, days)
    tasks = tasks_of(scenario, plan, chosen)
    found: list[dict[str, NDArray[Any]]] = [{} for _ in tasks]
    if parts is not None:
        parts.begin()
    done = 0
    progress(done)
    for place, part in shared_parts(see, tasks, pool, parts):
        found[place] = part
        done += len(tasks[place].numbers)
        progress(done)
    return hold(scenario, data, plan, put_together(found, chosen), keep)


def looking(plan: Plan, days: int) -> Plan:
    """Return a plan of so many days by which histories are run that are looked at as data are."""
    return replace(plan, days=days, series=False, lucks=False, why=False, paths="month", asked=(), watched=())


def tasks_of(scenario: Scenario[ScenarioHead], plan: Plan, series: tuple[Observed, ...]) -> list[Task]:
    """Return the work of running the histories of a plan and looking at them, in pieces."""
    cut = np.array_split(np.arange(plan.replications, dtype=np.int64), -(-plan.replications // AT_ONCE))
    return [Task(scenario, plan, numbers, series) for numbers in cut]


def about(scenario: Scenario[ScenarioHead], plan: Plan, data: Data, keep: float) -> dict[str, Any]:
    """Return all that a calibration depends on."""
    return {**what_is_run(scenario, plan), **about_data(data), "keep": keep}


def about_data(data: Data) -> dict[str, Any]:
    """Return all that was observed until the end of the data; what was observed later is no part of it."""
    series = [
        {**asdict(one), "starts": [day.isoformat() for day in one.starts], "changes": one.changes.tolist(), "later": 0}
        for one in data.series
    ]
    events = [event.model_dump(mode="json") for event in data.events]
    return {"cutoff": data.cutoff.isoformat(), "series": series, "events": events, "file": data.path.name}


def days_until(
    scenario: Scenario[ScenarioHead], data: Data,
    cure: str = "take a scenario that starts before, or --from an earlier day",
) -> int:  # fmt: skip
    """Return how many days there are from the start to the end of the data.

    Parameters
    ----------
    scenario : Scenario
    data : Data
    cure : str
        What to do where there are none.

    Raises
    ------
    CalibrationError
        When there are none.
    """
    days = Calendar(scenario.world.start_date).day_of(end_of(data))
    if days <= 0:
        raise CalibrationError(
            f"{scenario.name} starts on {scenario.world.start_date}, and {data.path} is read until {data.cutoff}; {cure}"
        )
    return days


def refuse_few(replications: int, keep: float) -> None:
    """See whether so many histories are enough; raises CalibrationError when they are not."""
    if replications < FEWEST or round(keep * replications) < FEWEST_KEPT:
        raise CalibrationError(
            f"{keep:g} of {replications:,} histories is {round(keep * replications):,}; at least {FEWEST:,} are run and "
            f"{FEWEST_KEPT} kept: ask for more --replications, or a larger share to --keep"
        )


def hold(scenario: Scenario[ScenarioHead], data: Data, plan: Plan, seen: Seen, keep: float) -> Calibration:
    """Hold histories that are there against data; parameters and errors as in `calibrate`."""
    chosen = [one for one in data.series if one.id in seen.changes]
    ran = ~np.isnan(seen.stopped)
    agrees = ran & as_it_stopped(scenario, data, seen.stopped)
    if np.count_nonzero(agrees) < FEWEST_KEPT:
        raise CalibrationError(
            f"of {plan.replications:,} histories {np.count_nonzero(agrees):,} agree with the data in whether and when the "
            "fighting stopped, too few to go on with; the chance of it is another one, or the structure lacks something"
        )
    measured = measure(scenario, data, chosen, seen.changes)
    places, compared = measured.statistics, measured.compared
    numbers = np.flatnonzero(agrees)
    made = measured.values[:, numbers]
    off = apart(made, measured.observed)
    found = nearest(off, np.ones(len(numbers), dtype=np.bool_), round(keep * plan.replications))
    if not len(found.places):
        raise CalibrationError("a statistic of the data is the same in all histories, and another there: none is near")
    others = followers(seen.drawn, scenario.world.correlations)
    paths = [path for path in seen.drawn if path not in others]
    drawn = np.stack([seen.drawn[path][numbers] for path in paths]) if paths else np.empty((0, len(numbers)))
    drivers = drivers_of(made, measured.observed, paths, drawn)
    told, months = measured.fits(numbers, found.places)
    worst = np.abs(off[:, found.places]).argmax(axis=0)
    furthest = [_named(places[at], compared[places[at].series].firsts) for at in worst]
    moved = dict(zip(paths, said(made, off, drawn, found), strict=True)) if paths else {}
    kept = Nearest(numbers[found.places], found.distances)
    mine = {path: seen.drawn[path][kept.places] for path, one in moved.items() if one.says_something}
    return Calibration(
        scenario, plan, data, told, months, int(np.count_nonzero(agrees)), kept, furthest, moved, mine, drivers,
        int(np.count_nonzero(~ran)),
    )  # fmt: skip


def drivers_of(made: Floats, observed: Floats, paths: Sequence[str], drawn: Floats) -> dict[int, list[str]]:
    """Return the statistics that no assumption reaches, by place, each with the numbers that move it most.

    Parameters
    ----------
    made : (s, n) array
    observed : (s,) array
    paths : sequence of str
    drawn : (p, n) array
        The number of each path.
    """
    return {
        place: [paths[at] for at in _movers(values, drawn)]
        for place, (values, was) in enumerate(zip(made, observed, strict=True))
        if not is_reached(pit(values, float(was)))
    }


def as_it_stopped(scenario: Scenario[ScenarioHead], data: Data, stopped: Floats) -> NDArray[np.bool_]:
    """Return which histories agree with the data in whether and when the fighting first stopped, where these say it."""
    found = np.ones(len(stopped), dtype=np.bool_)
    calendar = Calendar(scenario.world.start_date)
    for event in data.events:
        if event.happened:
            found &= np.abs(stopped - calendar.day_of(event.happened[0])) <= event.within_days
        else:
            found &= stopped == np.inf
    return found


def _named(statistic: Statistic, firsts: Sequence[date]) -> str:
    return f"{statistic.series} {statistic.kind} {firsts[statistic.first]}"


def _fit(statistic: Statistic, one: Observed, firsts: Sequence[date], was: Floats, path: Floats, kept: Ints) -> Fit:
    """Return a statistic, or the change over a month, beside that of histories, (months, n)."""
    until = add_months(firsts[statistic.last], 1)
    if statistic.kind == ROUGHNESS:
        histories, observed = (value_of(statistic, each, one.noise_log_sd > 0) for each in (path, was))
        unit = "" if one.noise_log_sd > 0 else one.unit
    else:
        # Sums as they are, whatever is compared.
        histories, observed = (value_of(statistic._replace(kind=SUM), each, False) for each in (path, was))
        unit = one.unit
    mine = histories[kept]
    return Fit(
        statistic.series, statistic.kind, firsts[statistic.first], until, unit, float(observed),
        tuple(np.quantile(histories, QUANTILES).tolist()), pit(histories, float(observed)),
        tuple(np.quantile(mine, QUANTILES).tolist()), pit(mine, float(observed)),
    )  # fmt: skip


def _movers(values: Floats, drawn: Floats) -> list[int]:
    """Return the two numbers whose ranks go most with those of a statistic."""
    from scipy.stats import rankdata

    if not len(drawn) or np.ptp(values) == 0:
        return []
    ranks = rankdata(drawn, axis=1)
    ranks = (ranks - ranks.mean(axis=1)[:, None]) / ranks.std(axis=1)[:, None]
    own = rankdata(values)
    strength = np.abs(ranks @ ((own - own.mean()) / own.std())) / len(own)
    return [int(at) for at in np.argsort(-strength, kind="stable")[:2]]
