"""Hindcast: forecasts of a war as they would have been made at earlier dates, scored by what came about, beside rivals.

At each origin a scenario begins that knows what was known then. Its histories are looked at as the data are, as in
`calibrate`, and give samples of the change over each month ahead, and of the sum of these. If asked, two more forecasts are
made, by histories that begin some months earlier: of those that agree with data of these months, and of as many of which
only that is known whether the fighting had stopped, so that what the data teach is told from what an older start costs.
Rivals need no model. All are scored alike, and all twice: of all histories, and of those that were at war, in months in
which the war went on, so that a wrong chance of peace is not taken for wrong losses. Nothing from after an origin is looked
at before its forecasts are made: data are read for it until the day before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import MONTHS_PER_YEAR, Calendar, add_months
from sim.engine.draws import Floats
from sim.ensemble.run import Plan, horizon_days
from sim.ensemble.workers import ALONE, Pool
from sim.errors import ParleyError
from sim.model.without import taken_out
from sim.observed import Bar, Data, DataError, Observed, ObservedEvent, read_data, with_levels
from sim.observed.rivals import FEWEST, RIVALS, Monthly, base_rate, tell, tell_sum
from sim.observed.scores import Bin, brier, energy_score, log_score, of_paths, pit, reliability, scores
from sim.observed.skill import Overlap, Skill, overlap, skill
from sim.results.frames import Tabular
from sim.results.identity import Identity, about_identity, identity_over
from sim.results.manifest import HindcastManifest, OriginOfHindcast
from sim.results.parts import Parts
from sim.results.store import what_is_run
from sim.scenario import Scenario, ScenarioHead
from sim.scenario.describe import later_sources, later_than
from sim.scenario.tree import Items, everything
from sim.studies.calibrate import (
    KEEP,
    CalibrationError,
    Seen,
    Task,
    about,
    as_it_stopped,
    days_until,
    end_of,
    hold,
    looking,
    months_of,
    put_together,
    refuse_few,
    see,
    tasks_of,
)
from sim.studies.designed import shared_parts

SCENARIO, EARLIER, CALIBRATED, BASE_RATE = "scenario", "earlier", "calibrated", "base_rate"
ALL, AT_WAR = "all", "at_war"
MONTH, SUM = "month", "sum"
WHOLE = 0
"""The lead of what is told of the whole horizon."""
HORIZON = 12
LEVELS = (0.05, 0.10, 0.25, 0.5, 0.75, 0.9, 0.95)
# judgement: of fewer histories at war the ends of a band of 80 % are those of two of them.
FEWEST_AT_WAR = 20
# judgement: its pairs are the square of it, and in its fair form it is the same of fewer but for luck. In even
# steps, since histories that agree with data are in the order of how near they are.
MOST_OF_ENERGY = 2_000
# judgement: what lies beyond would happen to one path in ten.
SMOOTH, ROUGH = 0.05, 0.95
# judgement: of fewer of the months that we tell a rival's score is of these months, and not of it.
LEAST_TOLD = 0.5
# judgement: more would be a list, which `parley check --as-of` has.
MOST_NAMED = 3
AsOf = Literal["keep", "drop", "fail"]


class HindcastError(ParleyError):
    """Why nothing can be told as of an origin."""


@dataclass(frozen=True)
class Start:
    """A scenario as of an origin, and what was known then.

    Attributes
    ----------
    origin : date
        The first day that is told of.
    scenario : Scenario
        That begins then.
    past : Data
        What had been observed by the day before.
    earlier : Scenario, optional
        That begins some months before, the histories of which are held against these data.
    why_not : str
        Why there is none, though it was asked for.
    late : int
        How many numbers rest on sources of after the origin.
    dropped : tuple of str
        What was left out since it comes on a date and rests on such a source, by path.
    """

    origin: date
    scenario: Scenario[ScenarioHead]
    past: Data
    earlier: Scenario[ScenarioHead] | None = None
    why_not: str = ""
    late: int = 0
    dropped: tuple[str, ...] = ()


class Told(NamedTuple):
    """A forecast of one number, and its scores where it is known what came.

    Attributes
    ----------
    origin : date
    series : str
    lead : int
        The month that it is of, from 1; 0 is the sum of those of which it is known what came.
    since, until : date
        The first day, and the first that does not count any more.
    given : str
        `all`, or `at_war`.
    who : str
    levels : tuple of float
        Quantiles at `LEVELS`; of an event the chance that it has come about by then alone.
    observed : float or None
    scores : dict of str to float
    """

    origin: date
    series: str
    lead: int
    since: date
    until: date
    given: str
    who: str
    levels: tuple[float, ...]
    observed: float | None
    scores: dict[str, float]


class Held(NamedTuple):
    """A bar, what came out and of whom; None where there is no such score."""

    bar: Bar
    who: str
    value: float | None

    @property
    def met(self) -> bool:
        """Whether it lies between its ends."""
        low, high = self.bar.low, self.bar.high
        return self.value is not None and (low is None or low <= self.value) and (high is None or self.value <= high)


def in_parts_of(ours: float, theirs: float) -> float:
    """Return a rival's score in parts of ours; infinity where only ours was never wrong.

    >>> in_parts_of(2.0, 3.0), in_parts_of(0.0, 3.0), in_parts_of(0.0, 0.0)
    (1.5, inf, 1.0)
    """
    return theirs / ours if ours else math.inf if theirs else 1.0


class Row(NamedTuple):
    """What one forecaster did in a series, over all origins; see `RIVALS` in `sim.results.columns`.

    Attributes
    ----------
    forecasts, origins : int
        Of those that we made too: what only one of both tells is not held against the other.
    means : dict of str to float
        Of each score.
    ours : float
        Our mean CRPS, of an event Brier's score, in these forecasts.
    skill : Skill or None
        Of the scenario, calibrated where it is, against this one in the forecasts that both made; None for itself.
    """

    series: str
    lead: str
    given: str
    who: str
    forecasts: int
    origins: int
    means: dict[str, float]
    ours: float
    skill: Skill | None

    @property
    def crps(self) -> float:
        """Its mean CRPS; of events Brier's score, which it is of forecasts of 0 or 1."""
        return self.means["crps"] if "crps" in self.means else self.means["brier"]

    @property
    def ratio(self) -> float:
        """Its score in parts of ours in the same forecasts."""
        return in_parts_of(self.ours, self.crps)

    @property
    def ends(self) -> tuple[float | None, float | None]:
        """Those of the interval of its skill; None where there is none, or one of both was never wrong in some samples."""
        low, high = (self.skill.interval if self.skill is not None else None) or (np.inf, np.inf)
        return (low if np.isfinite(low) else None), (high if np.isfinite(high) else None)

    def as_dict(self) -> dict[str, Any]:
        """Return it as a row of a table."""
        of, (low, high) = self.skill, self.ends
        names = ("interval_80", "cover_50", "cover_80", "cover_90", "bias", "median_error")
        return {
            "series": self.series, "lead": self.lead, "given": self.given, "who": self.who, "forecasts": self.forecasts,
            "origins": self.origins, "crps": self.crps, "ours": self.ours, **{name: self.means.get(name) for name in names},
            "skill": of.value if of is not None else None, "low": low, "high": high,
            "why": of.why_no_interval if of is not None else "",
        }  # fmt: skip


# What is started


def starts_of(
    scenarios: Sequence[Scenario[ScenarioHead]],
    path: Path,
    origins: Sequence[date] | None = None,
    months: int | None = None,
    as_of: AsOf = "keep",
) -> list[Start]:
    """Return scenarios as of their origins, in the order of time, with what had been observed by then.

    Parameters
    ----------
    scenarios : sequence of Scenario
        One, which begins at each of the origins with its levels by rule; or several, each written as of its start, or one
        without origins.
    path : Path
        The file of observations.
    origins : sequence of date, optional
        Of several scenarios some of their starts.
    months : int, optional
        How long before an origin histories begin that are held against data; none are, if not given.
    as_of : str
        What is done about what rests on sources of after the origin: `keep`; `drop` what of it comes on a date; `fail`.

    Raises
    ------
    HindcastError, DataError, ScenarioError
    """
    given = {one.world.start_date: one for one in scenarios}
    if len(given) < len(scenarios):
        raise HindcastError("several scenarios start on the same day, and each origin has one forecast: leave out one")
    chosen = sorted({*(given if origins is None else origins)})
    if late := [day for day in chosen if day.day != 1]:
        raise HindcastError(f"{late[0]} is not the first day of a month, and data are told by months: begin on one")
    is_moved = len(scenarios) == 1
    if not is_moved and (unknown := [day for day in chosen if day not in given]):
        raise HindcastError(
            f"no scenario starts on {unknown[0]}: name one origin of {', '.join(map(str, sorted(given)))}, or one scenario, "
            "which is then started at each"
        )
    found = []
    for day in chosen:
        of = scenarios[0] if is_moved else given[day]
        lived = of.world.histories
        if lived is not None and day < lived.until:
            raise HindcastError(
                f"histories that agree with data until {lived.until} tell nothing as of {day}: take a later origin, or the "
                "scenario that they are of"
            )
        began = of.world.war_began
        if began is not None and day < began:
            raise HindcastError(f"the war began on {began}, and nothing can be told of it as of {day}; take a later origin")
        scenario = started(of, path, day) if is_moved else of
        past = read_data(path, scenario, day - timedelta(days=1))
        earlier, why_not = None, ""
        if months is not None:
            first = add_months(day, -months)
            earlier, why_not = (
                _earlier(of, path, first) if is_moved else (given.get(first), f"no scenario starts on {first}")
            )
            why_not = "" if earlier is not None else f"as of {day} nothing is calibrated: {why_not}"
        for one in (scenario, earlier):
            if as_of == "fail" and one is not None and (told := later_than(one, day)):
                raise HindcastError(
                    _later_in_words(one, day, [f"{late.path} ({late.source}, {late.date})" for late in told])
                )
        dropped: tuple[str, ...] = ()
        if as_of == "drop":
            scenario, dropped = without_later(scenario, day)
            earlier = without_later(earlier, day)[0] if earlier is not None else None
        late_paths = {one.path for one in later_than(scenario, day)}
        found.append(Start(day, scenario, past, earlier, why_not, len(late_paths), dropped))
    return found


def started(scenario: Scenario[ScenarioHead], path: Path, day: date) -> Scenario[ScenarioHead]:
    """Return a scenario that starts on a day, with its levels by rule: as data of before that day have them."""
    return with_levels(path, scenario.with_settings([f"start_date={day}"], "--origins"))[0]


def _earlier(of: Scenario[ScenarioHead], path: Path, day: date) -> tuple[Scenario[ScenarioHead] | None, str]:
    """Return a scenario that starts on a day; None, and why, where there was no war yet, or no data of so long before."""
    if of.world.war_began is not None and day < of.world.war_began:
        return None, f"the war began on {of.world.war_began}, after {day}"
    try:
        return started(of, path, day), ""
    except DataError as error:
        return None, error.problems[0].message


def _later_in_words(scenario: Scenario[ScenarioHead], day: date, told: Sequence[str]) -> str:
    more = len(told) - MOST_NAMED
    names = ", ".join(told[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
    return (
        f"as of {day}, what {scenario.name} says rests on sources of later: {names}; --as-of keep takes them as they are, "
        "--as-of drop leaves out those that come on a date"
    )


def without_later(scenario: Scenario[ScenarioHead], day: date) -> tuple[Scenario[ScenarioHead], tuple[str, ...]]:
    """Return a scenario without what comes on a date and rests on sources of after a day, and the paths of that."""
    late, gone = later_sources(scenario, day), []
    nodes = dict(everything(scenario.tree))
    for path, node in nodes.items():
        if path and path[0] != "sources" and isinstance(nodes[path[:-1]], Items) and _has_date(node):
            cited = (value for below, value in everything(node) if below and below[-1] == "source")
            if {*late} & {key for value in cited for key in ([value] if isinstance(value, str) else value)}:
                gone.append(path)
    if not gone:
        return scenario, ()
    return taken_out(scenario, gone, "--as-of drop"), tuple(".".join(map(str, path)) for path in gone)


def _has_date(node: Any) -> bool:
    said = node.get("when", node) if isinstance(node, dict) else None
    return isinstance(said, dict) and isinstance(said.get("date"), date)


# What is told


class Ahead(NamedTuple):
    """What histories say of the months after an origin.

    Attributes
    ----------
    changes : dict of str to (months, n) array
        By series, as it would be observed.
    lasted : (months, n) bool
        Whether the fighting had not stopped by the end of the month.
    """

    changes: dict[str, Floats]
    lasted: NDArray[np.bool_]


@dataclass(frozen=True, repr=False)
class Hindcast(Tabular):
    """What comes of forecasts made at earlier dates; its rows are forecasters by series.

    Attributes
    ----------
    scenario : Scenario
        That was started, or the first of those that were.
    starts : list of Start
    plan : Plan
        Of histories from each origin.
    data : Data
        All that was observed.
    horizon : int
        How many months are told.
    months : int
        How long before the origin histories begin that are held against data; 0: none are.
    keep : float
        The share of these that is kept.
    told : list of Told
        Every forecast.
    fitted : list of date
        Origins as of which histories agree with data of before.
    unreached : list of date
        Those as of which no assumption came near these, so that the nearest are not near.
    left_out : list of str
        What was not told, and why, in sentences.
    failed : int
        How many histories went wrong in Parley.
    """

    scenario: Scenario[ScenarioHead]
    starts: list[Start]
    plan: Plan
    data: Data
    horizon: int
    months: int
    keep: float
    told: list[Told]
    fitted: list[date]
    unreached: list[date]
    left_out: list[str]
    failed: int

    def __repr__(self) -> str:
        return f"<Hindcast: {self.identity.briefly}, {len(self.starts):,} origins, {self.horizon} months ahead>"

    @property
    def identity(self) -> Identity:
        """What was started."""
        return identity_over(self.scenario, horizon_days(self.scenario), self.plan.seed)

    @property
    def of_scenario(self) -> str:
        """The name of its scenario, with what was set."""
        return self.identity.label

    def who(self, series: str, given: str) -> str:
        """Return who is held against rivals: the calibrated histories where there are some, else the scenario."""
        of = {one.who for one in self.told if (one.series, one.given) == (series, given)}
        return CALIBRATED if CALIBRATED in of else SCENARIO

    def scored(self, series: str, given: str, who: str, *, whole: bool = False) -> list[Told]:
        """Return the forecasts of which it is known what came: of single months, or of the whole horizon."""
        return [
            one
            for one in self.told
            if (one.series, one.given, one.who, one.lead == WHOLE) == (series, given, who, whole) and one.scores
        ]

    @cached_property
    def rows(self) -> list[Row]:
        """What each forecaster did in each series."""
        found = []
        for series in dict.fromkeys(one.series for one in self.told):
            whos = list(dict.fromkeys(one.who for one in self.told if one.series == series))
            for whole, given in ((False, ALL), (False, AT_WAR), (True, ALL), (True, AT_WAR)):
                us = self.who(series, given)
                ours = {(one.origin, one.lead): one for one in self.scored(series, given, us, whole=whole)}
                for who in whos:
                    made = [one for one in self.scored(series, given, who, whole=whole) if (one.origin, one.lead) in ours]
                    if made:
                        mine = [ours[one.origin, one.lead] for one in made]
                        lead = SUM if whole else MONTH
                        found.append(_row(series, lead, given, made, mine, is_ours=who == us))
        return found

    @cached_property
    def overlap(self) -> Overlap:
        """How horizons overlap, of what was scored."""
        ends: dict[date, date] = {}
        for one in self.told:
            if one.scores:
                ends[one.origin] = max(one.until, ends.get(one.origin, one.until))
        return overlap(list(ends), [_months_between(*span) for span in ends.items()])

    @cached_property
    def bars(self) -> list[Held]:
        """What was to come out, as the file of observations says, and what did."""
        found = []
        for bar in self.data.bars:
            who, whole = self.who(bar.series, bar.given), bar.score.startswith("pit_") or bar.score == "energy"
            made = self.scored(bar.series, bar.given, who, whole=whole)
            values = [one.scores[bar.score] for one in made if bar.score in one.scores]
            found.append(Held(bar, who, float(np.mean(values)) if values else None))
        return found

    def reliability(self, series: str) -> list[Bin] | None:
        """Return how often an event came about that had like chances; None with fewer than 20 forecasts, or of no event."""
        made = [one for one in self.scored(series, ALL, self.who(series, ALL)) if "brier" in one.scores]
        origins = np.array([one.origin.toordinal() for one in made], dtype=np.int64)
        came = np.array([one.observed for one in made], dtype=float)
        return reliability(np.array([one.levels[0] for one in made]), came, origins)

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return one row a series, lead and forecaster: its mean scores, and our skill against it."""
        return [one.as_dict() for one in self.rows]

    def scores(self) -> list[dict[str, Any]]:
        """Return one row a score of a forecast."""
        return [
            {
                "origin": one.origin.isoformat(), "series": one.series, "lead": one.lead, "given": one.given, "who": one.who,
                "score": name, "value": value,
            }
            for one in self.told for name, value in one.scores.items()
        ]  # fmt: skip

    def forecasts(self) -> list[dict[str, Any]]:
        """Return one row a forecast: its quantiles beside what came."""
        names = [f"p{round(100 * level):02}" for level in LEVELS]
        return [
            {
                "origin": one.origin.isoformat(), "series": one.series, "lead": one.lead, "since": one.since.isoformat(),
                "until": one.until.isoformat(), "given": one.given, "who": one.who,
                **(dict(zip(names, one.levels, strict=True)) if len(one.levels) > 1 else
                   {name: one.levels[0] if name == "p50" else None for name in names}),
                "observed": one.observed,
            }
            for one in self.told
        ]  # fmt: skip

    def manifest(self) -> HindcastManifest:
        """Return what its folder says of it."""
        plan = replace(self.plan, days=horizon_days(self.scenario))
        return HindcastManifest(
            **about_identity(self.scenario, plan), replications=plan.replications, failed=self.failed,
            cutoff=self.data.cutoff.isoformat(), data=self.data.sha256, horizon=self.horizon, months=self.months,
            keep=self.keep if self.months else None, met=all(one.met for one in self.bars),
            origins=[
                OriginOfHindcast(
                    origin=one.origin.isoformat(), scenario=one.scenario.name, fingerprint=one.scenario.fingerprint,
                    calibrated=one.origin in self.fitted,
                    late=one.late, dropped=list(one.dropped),
                )
                for one in self.starts
            ],
        )  # fmt: skip


def _row(series: str, lead: str, given: str, made: Sequence[Told], ours: Sequence[Told], *, is_ours: bool) -> Row:
    """Return what one forecaster did beside ours, from the same forecasts in the order of their origins."""
    names = [name for name in made[0].scores if all(name in one.scores for one in made)]
    means = {name: float(np.mean([one.scores[name] for one in made])) for name in names}
    score = "crps" if "crps" in means else "brier"
    of = list(dict.fromkeys(one.origin for one in made))
    own, other = (
        [np.array([one.scores[score] for one in told if one.origin == origin]) for origin in of] for told in (ours, made)
    )
    months = [_months_between(origin, max(one.until for one in made if one.origin == origin)) for origin in of]
    against = None if is_ours else skill(own, other, overlap(of, months).most)
    return Row(
        series, lead, given, made[0].who, len(made), len(of), means, float(np.mean(np.concatenate(own))), against
    )  # fmt: skip


def _months_between(first: date, last: date) -> int:
    return (last.year - first.year) * MONTHS_PER_YEAR + last.month - first.month


def hindcast(
    scenario: Scenario[ScenarioHead],
    starts: Sequence[Start],
    data: Data,
    plan: Plan,
    horizon: int = HORIZON,
    months: int | None = None,
    keep: float = KEEP,
    *,
    pool: Pool = ALONE,
    parts: Parts | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Hindcast:
    """Tell as of each origin what is to come, and score it.

    Parameters
    ----------
    scenario : Scenario
        That was started, or the first of those that were: by which it is called.
    starts : sequence of Start
    data : Data
        All that was observed, by which forecasts are scored.
    plan : Plan
        How many histories from each origin, as many that are held against data, and the seed.
    horizon : int
        How many months ahead.
    months : int, optional
        As in `starts_of`.
    keep : float
        The share of histories held against data that is kept.
    pool, parts, progress
        As in `calibrate`.

    Raises
    ------
    HindcastError
        When of nothing it is known what came.
    CalibrationError
        When the histories are too few to hold against data.
    """
    refuse_nothing(starts, data)
    if any(start.earlier for start in starts):
        refuse_few(plan.replications, keep)
    left_out = [start.why_not for start in starts if start.why_not]
    # Before any history is run: of what no rival tells, nothing would be told.
    against = {start.origin: _rivals(start, data, horizon, left_out) for start in starts}
    run = _Run(plan, pool, parts, progress)
    first: list[_Group] = []
    held: dict[date, _Group] = {}
    older: dict[date, _Group] = {}
    for start in starts:
        plan_ahead = looking(plan, _days(start.scenario, start, horizon))
        first.append(_Group(start.scenario, plan_ahead, _ahead(data, start, horizon)))
        if start.earlier is not None:
            chosen = tuple(one for one in start.past.series if months_of(start.earlier, one, end_of(start.past)))
            if chosen:
                held[start.origin] = _Group(start.earlier, looking(plan, days_until(start.earlier, start.past)), chosen)
                few = replace(plan, replications=round(keep * plan.replications))
                plan_older = looking(few, _days(start.earlier, start, horizon))
                older[start.origin] = _Group(start.earlier, plan_older, _ahead(data, start, horizon))
            else:
                left_out.append(f"as of {start.origin} nothing is calibrated: no whole month of data lies before it")
    seen = run.see([*first, *held.values(), *older.values()])
    forecasts = {
        start.origin: {SCENARIO: _told(of, found, start, horizon)}
        for start, of, found in zip(starts, first, seen, strict=False)
    }
    by_origin = {start.origin: start for start in starts}
    unreached, going_on = list[date](), dict[date, _Group]()
    of_older = dict(zip(older, seen[len(first) + len(held) :], strict=True))
    for (origin, of), found in zip(held.items(), seen[len(first) : len(first) + len(held)], strict=True):
        start = by_origin[origin]
        forecasts[origin] |= _told_earlier(older[origin], of_older[origin], start, horizon, left_out)
        try:
            fitted = hold(of.scenario, start.past, of.plan, found, keep)
        except CalibrationError as reason:
            left_out.append(f"as of {origin} nothing is calibrated: {reason}")
            continue
        if not fitted.is_reached:
            unreached.append(origin)
            continue
        posterior = of.scenario.with_tree({**of.scenario.tree, "histories": fitted.histories()})
        plan_on = looking(replace(plan, replications=len(fitted.kept.places)), _days(posterior, start, horizon))
        going_on[origin] = _Group(posterior, plan_on, _ahead(data, start, horizon))
    lived = run.see(list(going_on.values()))
    for (origin, of), found in zip(going_on.items(), lived, strict=True):
        forecasts[origin][CALIBRATED] = _told(of, found, by_origin[origin], horizon)
    if going_on or unreached:
        # Whom calibration leaves without an answer goes on as before: else such origins were in no one's scores.
        for told_of in forecasts.values():
            told_of.setdefault(CALIBRATED, told_of[SCENARIO])
    failed = sum(int(np.isnan(one.stopped).sum()) for one in (*seen, *lived))
    told: list[Told] = []
    for one in data.series:
        for start in starts:
            told += _of_series(start, one, data, forecasts[start.origin], against[start.origin], horizon, left_out)
    for event in data.events:
        for start in starts:
            told += _of_event(start.origin, event, data, forecasts[start.origin])
    left_out = list(dict.fromkeys(left_out))
    return Hindcast(
        scenario, list(starts), plan, data, horizon, months or 0, keep, told, list(going_on), unreached, left_out, failed
    )


def refuse_nothing(starts: Sequence[Start], data: Data) -> None:
    """See that of each origin it is known what came in the month after it; raises HindcastError."""
    for start in starts:
        ends = [add_months(one.starts[-1], 1) for one in data.series]
        # Of what had come about before nothing is told.
        ends += [end_of(data) for event in data.events if not event.happened or event.happened[0] >= start.origin]
        if not ends or add_months(start.origin, 1) > max(ends):
            raise HindcastError(
                f"no month from {start.origin} on is observed: {data.path} tells of what was until {data.cutoff}; take an "
                "earlier origin, or a later cutoff"
            )


def about_hindcast(
    scenario: Scenario[ScenarioHead],
    starts: Sequence[Start],
    data: Data,
    plan: Plan,
    horizon: int,
    months: int | None,
    keep: float,
) -> dict[str, Any]:
    """Return all that a hindcast depends on."""
    of = [what_is_run(start.scenario, replace(plan, days=_days(start.scenario, start, horizon))) for start in starts]
    earlier = [what_is_run(one.earlier, replace(plan, days=1)) if one.earlier is not None else None for one in starts]
    return {
        **about(scenario, replace(plan, days=horizon_days(scenario)), data, keep), "of_origins": of,
        "earlier": earlier, "as_of": [one.origin.isoformat() for one in starts], "horizon": horizon, "months": months or 0,
        "keep": keep if months else None,
        "bars": [one.model_dump(mode="json") for one in data.bars],
        "past": [[series.changes.tolist() for series in one.past.series] for one in starts],
    }  # fmt: skip


def histories_in(starts: Sequence[Start], plan: Plan, keep: float) -> int:
    """Return how many histories are run."""
    held = sum(start.earlier is not None for start in starts)
    return len(starts) * plan.replications + held * (plan.replications + 2 * round(keep * plan.replications))


class _Group(NamedTuple):
    """Histories that are run together, and the series as which they are looked at."""

    scenario: Scenario[ScenarioHead]
    plan: Plan
    series: tuple[Observed, ...]


class _Run:
    """Runs groups of histories, in pieces that workers share; finished ones are kept, and not run again."""

    def __init__(self, plan: Plan, pool: Pool, parts: Parts | None, progress: Callable[[int], None]) -> None:
        self._pool, self._parts, self._progress = pool, parts, progress
        self._done = self._tasks = 0
        if parts is not None:
            parts.begin()
        progress(0)

    def see(self, groups: Sequence[_Group]) -> list[Seen]:
        """Return what is seen of each group."""
        tasks = [(place, task) for place, one in enumerate(groups) for task in tasks_of(*one)]
        found: list[dict[str, NDArray[Any]]] = [{} for _ in tasks]
        work: list[Task] = [task for _, task in tasks]
        for place, part in shared_parts(see, work, self._pool, self._parts, self._tasks):
            found[place] = part
            self._done += len(work[place].numbers)
            self._progress(self._done)
        self._tasks += len(tasks)
        parts = [[part for (at, _), part in zip(tasks, found, strict=True) if at == place] for place in range(len(groups))]
        return [put_together(mine, one.series) for mine, one in zip(parts, groups, strict=True)]


def _days(scenario: Scenario[ScenarioHead], start: Start, horizon: int) -> int:
    return Calendar(scenario.world.start_date).day_of(add_months(start.origin, horizon))


def _ahead(data: Data, start: Start, horizon: int) -> tuple[Observed, ...]:
    """Return the series as those of the months ahead of an origin, of which nothing is known."""
    months = tuple(add_months(start.origin, lead) for lead in range(horizon))
    return tuple(replace(one, starts=months, changes=np.zeros(horizon)) for one in data.series)


def _told_earlier(of: _Group, seen: Seen, start: Start, horizon: int, left_out: list[str]) -> dict[str, Ahead]:
    """Return what histories say that begin earlier, and of the data know only whether the fighting had stopped."""
    by = Calendar(of.scenario.world.start_date).day_of(start.origin)
    agrees = as_it_stopped(of.scenario, start.past, np.where(seen.stopped > by, np.inf, seen.stopped))
    if np.count_nonzero(agrees & ~np.isnan(seen.stopped)) < FEWEST_AT_WAR:
        left_out.append(f"as of {start.origin} fewer than {FEWEST_AT_WAR} histories that begin earlier are as the war was")
        return {}
    return {EARLIER: _told(of, seen, start, horizon, agrees)}


def _told(of: _Group, seen: Seen, start: Start, horizon: int, which: NDArray[np.bool_] | Literal[True] = True) -> Ahead:
    """Return what these histories say, of those that did not go wrong."""
    ran, calendar = which & ~np.isnan(seen.stopped), Calendar(of.scenario.world.start_date)
    ends = np.array([calendar.day_of(add_months(start.origin, lead + 1)) for lead in range(horizon)])
    return Ahead({name: changes[:, ran] for name, changes in seen.changes.items()}, seen.stopped[ran] >= ends[:, None])


def _seen_ahead(one: Observed, origin: date, horizon: int) -> list[float | None]:
    """Return what came of a series in each month from an origin on; None of what is not known."""
    known = dict(zip(one.starts, one.changes.tolist(), strict=True))
    return [known.get(add_months(origin, lead)) for lead in range(horizon)]


def _of_series(
    start: Start, one: Observed, data: Data, ours: Mapping[str, Ahead], against: Mapping[str, _Rivals], horizon: int,
    left_out: list[str],
) -> Iterator[Told]:  # fmt: skip
    """Yield what everyone tells of a series as of an origin; note what is left out."""
    origin = start.origin
    if one.id not in against:
        return
    months = [add_months(origin, lead) for lead in range(horizon + 1)]
    observed = _seen_ahead(one, origin, horizon)
    count = sum(value is not None for value in observed)
    rivals, of_sums = against[one.id]
    for given in (ALL, AT_WAR):
        for lead, value in enumerate(observed, 1):
            if given == AT_WAR and not _goes_on(data, months[lead]):
                continue
            span = (lead, months[lead - 1], months[lead])
            for who, ahead in ours.items():
                if (members := _members(ahead, lead, given)) is None:
                    left_out.append(_too_few(origin, who))
                else:
                    yield _forecast(origin, one.id, span, given, who, ahead.changes[one.id][lead - 1, members], value)
            for who, samples in rivals.items():
                if len(sample := samples[lead - 1]):
                    yield _forecast(origin, one.id, span, given, who, sample, value)
        if not count or (given == AT_WAR and not _goes_on(data, months[count])):
            continue
        seen, span = np.array(observed[:count]), (WHOLE, months[0], months[count])
        for who, ahead in ours.items():
            if (members := _members(ahead, count, given)) is not None:
                yield _of_path(origin, one.id, span, given, who, ahead.changes[one.id][:count, members], seen)
        for who, sample in of_sums.items():
            yield _forecast(origin, one.id, span, given, who, sample, float(seen.sum()))


class _Rivals(NamedTuple):
    """What rivals tell of a series: by month ahead, where an empty sample tells nothing, and of the sum of what came."""

    months: dict[str, list[Floats]]
    of_sum: dict[str, Floats]


def _rivals(start: Start, data: Data, horizon: int, left_out: list[str]) -> dict[str, _Rivals]:
    """Return by series what rivals tell as of an origin; note what is left out.

    Raises
    ------
    HindcastError
        When there is no rival in a series, since too few months are known.
    """
    found, origin = {}, start.origin
    for one in data.series:
        if add_months(one.starts[-1], 1) <= origin:
            left_out.append(f"as of {origin} nothing is told of {one.id}, which ends before")
            continue
        past = next(known for known in start.past.series if known.id == one.id)
        count = sum(value is not None for value in _seen_ahead(one, origin, horizon))
        found[one.id] = _rivals_in(past, origin, horizon, count, left_out)
    return found


def _rivals_in(past: Observed, origin: date, horizon: int, count: int, left_out: list[str]) -> _Rivals:
    """Return what rivals tell of the months ahead of an origin, and of the sum of so many of them."""
    monthly, end = Monthly(past.starts[0], past.changes), add_months(past.starts[-1], 1)
    if past.rivals_within is not None:
        monthly = monthly.within(past.rivals_within)
    # Of a row that tells of days on both sides of the origin nothing is known then, and so not of its month.
    gap = _months_between(end, origin)
    told, why = tell(monthly, end, gap + horizon)
    if not told:
        raise HindcastError(
            f"of {past.id} {len(past.starts)} whole months are known before {origin}, too few for any rival; take a later "
            "origin, or add earlier rows"
        )
    of_sum, why_of_sum = tell_sum(monthly, end, count) if count and not gap else ({}, {})
    months = {name: samples[gap:] for name, samples in told.items()}
    silent = {name: [lead for lead, sample in enumerate(of, 1) if not len(sample)] for name, of in months.items()}
    reasons = [(name, "", reason) for name, reason in why.items()]
    few = f"fewer than {FEWEST} errors so far ahead in the past"
    reasons += [(name, f"{_listed(leads)} of ", few) for name, leads in silent.items() if leads]
    reasons += [(name, "the sum of ", reason) for name, reason in why_of_sum.items()]
    for name, of_what, reason in reasons:
        left_out.append(f"as of {origin} {RIVALS[name][0]} tells nothing of {of_what}{past.id}: {reason}")
    return _Rivals(months, of_sum)


def _listed(months: Sequence[int]) -> str:
    """Return months in words.

    >>> _listed([3]), _listed([2, 3, 4]), _listed([1, 2, 5])
    ('month 3', 'months 2 to 4', 'months 1, 2, 5')
    """
    if len(months) > 1 and months[-1] - months[0] == len(months) - 1:
        return f"months {months[0]} to {months[-1]}"
    return f"month{'s' if len(months) > 1 else ''} {', '.join(map(str, months))}"


def _goes_on(data: Data, until: date) -> bool:
    """Return whether the fighting was observed not to have stopped before a day; False where that was not looked at."""
    return bool(data.events) and not any(event.happened and event.happened[0] < until for event in data.events)


def _members(ahead: Ahead, lead: int, given: str) -> NDArray[np.bool_] | None:
    """Return the histories that count in a month; None where they are too few."""
    lasted: NDArray[np.bool_] = ahead.lasted[lead - 1]
    if given == ALL:
        return np.ones_like(lasted)
    return lasted if np.count_nonzero(lasted) >= FEWEST_AT_WAR else None


def _too_few(origin: date, who: str) -> str:
    return f"as of {origin} fewer than {FEWEST_AT_WAR} histories ({who}) are at war in some months, of which nothing is told"


def _forecast(
    origin: date, series: str, span: tuple[int, date, date], given: str, who: str, sample: Floats, observed: float | None
) -> Told:
    levels = tuple(np.quantile(sample, LEVELS).tolist())
    found = scores(sample, observed) if observed is not None else {}
    return Told(origin, series, *span, given, who, levels, observed, found)


def _of_path(
    origin: date, series: str, span: tuple[int, date, date], given: str, who: str, paths: Floats, seen: Floats
) -> Told:
    """Return a forecast of a sum, with the scores of the whole path that it is of."""
    found = _forecast(origin, series, span, given, who, paths.sum(axis=0), float(seen.sum()))
    more = {"energy": energy_score(paths[:, :: -(-paths.shape[1] // MOST_OF_ENERGY)], seen)}
    for name, one in of_paths(paths, seen).items():
        if name != SUM:
            more[f"pit_{name}"] = pit(one.forecast, one.observed)
    return found._replace(scores={**found.scores, **more})


def _of_event(origin: date, event: ObservedEvent, data: Data, ours: Mapping[str, Ahead]) -> Iterator[Told]:
    """Yield the chance that the fighting has stopped by the end of each month; nothing where it had before."""
    if event.happened and event.happened[0] < origin:
        return
    horizon = len(next(iter(ours.values())).lasted)
    chances = {who: 1.0 - ahead.lasted.mean(axis=1) for who, ahead in ours.items()}
    if event.per_year is not None:
        chances[BASE_RATE] = base_rate(event.per_year, origin, horizon)
    for lead in range(1, horizon + 1):
        until = add_months(origin, lead)
        observed = None if until > end_of(data) else float(bool(event.happened) and event.happened[0] < until)
        for who, chance in chances.items():
            found = {}
            if observed is not None:
                each = chance[lead - 1 : lead], np.array([observed])
                found = {"brier": float(brier(*each)[0]), "log_score": float(log_score(*each)[0])}
            yield Told(origin, event.id, lead, origin, until, ALL, who, (float(chance[lead - 1]),), observed, found)
