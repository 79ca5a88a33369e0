"""Levels by rule: numbers of a scenario that are read off series for the day on which it starts.

```yaml
levels:
  attrition.attacker.daily_casualties: {from: losses, last_days: 91, spread: [30, 183]}
  front.held_area_km2: {from: area}
  front.advance_km2_per_day: {from: area, last_days: 30, range: moved}
```

Of what comes about in days, weeks or months it is the mean a day over the last days; of how things stand, the last row of
at most a week before, or with `last_days` its change a day over them. With `spread` the number is triangular, and nine in
ten draws lie between the lowest and the highest mean over those windows; with `range` it has the scenario's own range, whose
bounds (`min`, `max`) stay. Rows of the day of the start and after it are not looked at.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from sim.scenario import FieldError, Flaw, Problem, Quantity, Scenario, ScenarioError, ScenarioHead, numbers, quantities
from sim.scenario.identity import Origin, fingerprint
from sim.scenario.wording import did_you_mean, number, quoted

from .declared import Observation, Rule
from .months import OLDEST_DAYS, Flawed, gaps, next_end, standing
from .read import DataError, Reading
from .rows import DAY, Row, Rows

T = TypeVar("T", bound=ScenarioHead)
A_DAY = " a day"
A_MONTH, DAYS_A_MONTH = " a month", 30.44
# Limits of a triangular distribution with nine in ten draws in a range lie so much farther from the mode than its ends.
_NINE_IN_TEN = 1 / (1 - 0.1**0.5)
# judgement: no count of a war is known to more digits.
_DIGITS = 6
# The families whose range can be moved; and what of each is not multiplied with its values.
_CAN_MOVE = ("constant", "uniform", "triangular", "pert", "normal", "discrete")
_HAS_NO_SCALE = ("beta",)
_STAY = ("weights", "shape", "log_sd")


@dataclass(frozen=True)
class Level:
    """A number of a scenario as data have it at the start.

    Attributes
    ----------
    path : str
        Dotted path of the number.
    series : str
        The series that it was read off.
    value : float
        What it is, or is centred on.
    low, high : float
        Between these lie nine in ten draws; both are the value where it is exact.
    unit : str
        Of the number.
    since, until : date
        The first and the last day that were looked at.
    rows : int
        How many rows that was.
    cut : tuple of int
        Windows in days that are longer than the series, and end where it begins.
    times : float
        What the mean was multiplied by.
    quantity : mapping
        The number as a scenario writes it.
    """

    path: str
    series: str
    value: float
    low: float
    high: float
    unit: str
    since: date
    until: date
    rows: int
    cut: tuple[int, ...]
    times: float
    quantity: Mapping[str, Any]

    @property
    def read_off(self) -> str:
        """What it was read off, in words: "from losses, 2023-10-02 to 2023-12-31, 91 rows"."""
        return str(self.quantity["note"])

    @property
    def setting(self) -> str:
        """It as `--set` takes it."""
        return f"{self.path}={{{', '.join(f'{key}: {json.dumps(item)}' for key, item in self.quantity.items())}}}"


def levels_at(path: Path, scenario: Scenario[Any], start: date, until: date | None = None) -> tuple[Level, ...]:
    """Return the numbers that a file of observations reads off its series for a start.

    Parameters
    ----------
    path : pathlib.Path
        A file of observations.
    scenario : Scenario
        Whose numbers they are.
    start : date
        Only rows that tell of what came before are looked at.
    until : date, optional
        The last day that is read in any case, in place of the cutoff of the file.

    Returns
    -------
    tuple of Level
        In the order of the file; none where it has no `levels`.

    Raises
    ------
    DataError
        With everything that is wrong, each with its file and line.
    """
    try:
        reading = Reading(path, scenario)
    except ScenarioError as error:
        raise DataError(error.problems) from None
    last = min(start - DAY, until or reading.said.observations.cutoff)
    series = {one.id: one for one in reading.said.observations.series}
    found: list[Level] = []
    for name, rule in reading.said.levels.items():
        try:
            of = series.get(rule.series)
            if not isinstance(of, Observation):
                known = [one.id for one in series.values() if isinstance(one, Observation)]
                what = f"there is no series {quoted(rule.series)}" if of is None else f"{of.id} is an event"
                raise FieldError(Flaw(what, did_you_mean(rule.series, known), ("from",)))
            if (read := reading.rows(of, min(last, of.until or last))) is not None and not read[2]:
                found.append(_level(name, rule, _Series(of, *read[:2], start), scenario))
        except FieldError as error:
            for flaw in error.flaws:
                reading.note(("levels", name, *flaw.below), flaw.message, flaw.hint)
        except _BadRow as bad:
            reading.note_row(*bad.args)
    units = {one.path: "" for one in found}
    try:
        units |= _units(found, scenario)
    except ScenarioError as error:
        alone = [(one.path, problem) for one in found for problem in _wrong_with(one, scenario)]
        # What is wrong with them together is said where the first stands.
        for name, problem in alone or [(found[0].path, problem) for problem in error.problems]:
            reading.note(("levels", name), problem.message, problem.hint)
    for one in found:
        if one.unit and (unit := units[one.path]) and unit != one.unit:
            of_month = one.unit.removesuffix(A_DAY) + A_MONTH == unit
            hint = f"Write times: {DAYS_A_MONTH}" if of_month else f"Write times: by what it is multiplied to be in {unit}"
            reading.note(
                ("levels", one.path), f"what is read off {one.series} is in {one.unit}, and {one.path} in {unit}", hint
            )
    if problems := list(reading.problems()):
        raise DataError(problems)
    return tuple(replace(one, unit=units[one.path]) for one in found)


def with_levels(path: Path, scenario: Scenario[T], until: date | None = None) -> tuple[Scenario[T], tuple[Level, ...]]:
    """Return a scenario with numbers as data have them at its start, and these; what was set by hand stays as it was set.

    The numbers are not told one by one as what was set: the title says how many there are, and the fingerprint which.

    Parameters
    ----------
    path : pathlib.Path
        A file of observations; where it has no `levels` the scenario stays as it is.
    scenario : Scenario
    until : date, optional
        As in `levels_at`.

    Raises
    ------
    DataError, ScenarioError
    """
    by_hand = {one.path for one in scenario.settings}
    levels = levels_at(path, scenario, scenario.world.start_date, until)
    levels = tuple(one for one in levels if one.path not in by_hand)
    if not levels:
        return scenario, ()
    title = f"{scenario.world.title}, with {len(levels)} level{'s' * (len(levels) > 1)} of {path.name}"
    changed = scenario.with_settings([*(one.setting for one in levels), f"title={json.dumps(title)}"], "level")
    return replace(changed, base=changed.tree, origin=Origin(fingerprint(changed.tree), scenario.settings)), levels


class _BadRow(Exception):
    """What is wrong in a line of a CSV file: its name, the line, what, and what to do."""


class _Window(NamedTuple):
    """What a series says over some days: a number, the first and last of them, how many rows, and whether it was cut."""

    value: float
    since: date
    until: date
    rows: int
    is_cut: bool


class _Series:
    """What a series says of the time before a start."""

    def __init__(self, of: Observation, rows: Rows, shown: str, start: date) -> None:
        self.of, self._rows, self._shown = of, rows, shown
        self._known = [row for row in rows.rows if not math.isnan(row.value)]
        if not self._known:
            raise FieldError(Flaw(f"{of.id} has no row before {start}", "Add rows, or start later", ("from",)))
        last = self._known[-1]
        is_late = of.kind == "levels" or next_end(last) < start
        if is_late and (start - last.end).days > OLDEST_DAYS:
            what = f"the last row of {of.id} before {start} is of {last.end}, more than {OLDEST_DAYS} days before"
            raise FieldError(Flaw(what, "Add rows, or start earlier", ("from",)))

    def over(self, days: int | None) -> _Window:
        """Return the mean a day, or the change a day, over so many days; without them how it stands."""
        last = self._known[-1]
        if self.of.kind == "increments":
            return self._mean(days or 0)
        return _Window(last.value, last.start, last.start, 1, False) if days is None else self._change(days)

    def _mean(self, days: int) -> _Window:
        end, begin = self._known[-1].end, self._known[0].start
        asked = end - timedelta(days=days - 1)
        since = max(asked, begin)
        self._refuse(gaps(self._rows.rows, self.of, since, end + DAY))
        parts = [row for row in self._known if row.end >= since]
        total = math.fsum(row.value * _share(row, since) for row in parts)
        return _Window(total / ((end - since).days + 1), since, end, len(parts), asked < begin)

    def _change(self, days: int) -> _Window:
        first, last = self._known[0], self._known[-1]
        asked = last.start - timedelta(days=days)
        if first is last:
            flaw = f"{self.of.id} has one row before the start, and no change a day"
            raise FieldError(Flaw(flaw, "Add a row before it, or leave last_days out, for how it stands", ("last_days",)))
        if first.start <= asked:
            first, wrong = standing(self._known, self.of, asked)
            self._refuse(wrong)
        a_day = (last.value - first.value) / (last.start - first.start).days
        return _Window(a_day, first.start, last.start, 2, self._known[0].start > asked)

    def _refuse(self, wrong: Iterator[Flawed] | list[Flawed]) -> None:
        for line, message, hint in wrong:
            raise _BadRow(self._shown, line, message, hint)


def _share(row: Row, since: date) -> float:
    """Return the share of a row's days that come on a day or after it."""
    return ((row.end - max(row.start, since)).days + 1) / ((row.end - row.start).days + 1)


def _level(path: str, rule: Rule, series: _Series, scenario: Scenario[Any]) -> Level:
    """Return what a series says of a number."""
    if rule.last_days is None and series.of.kind == "increments":
        flaw = f"rows of {series.of.id} tell what came about, and of no day how things stand"
        raise FieldError(Flaw(flaw, "Write last_days: 91, for the mean a day over them"))
    windows = {days: series.over(days) for days in (rule.last_days, *(rule.spread or ()))}
    window, times = windows[rule.last_days], rule.times or 1.0
    means = [_rounded(times * one.value) for one in windows.values()]
    value = means[0]
    cut = tuple(days for days, one in windows.items() if days is not None and one.is_cut)
    if rule.range is not None:
        number_of = dict(quantities(scenario.world)).get(path)
        if number_of is None:
            flaw = f"the scenario has no range of {quoted(path)} that could be {rule.range}"
            raise FieldError(Flaw(flaw, "Leave out range, or write spread", ("range",)))
        form = _with_own_range(number_of, value, rule.range)
    elif rule.spread is not None:
        form = _spread(value, means)
    else:
        form = {"value": value}
    days = f"{window.since}" if window.since == window.until else f"{window.since} to {window.until}"
    note = f"from {series.of.id}, {days}, {window.rows:,} row{'s' * (window.rows > 1)}"
    note += f"; the series is shorter than {' and '.join(map(str, cut))} days" if cut else ""
    quantity = {**form, "assumption": True, "note": note}
    low, high = min(means), max(means)
    if rule.range is not None:
        low, high = Quantity.parse(quantity).quantile(np.array([0.05, 0.95])).tolist()
    unit = f"{series.of.unit}{A_DAY if rule.last_days is not None else ''}" if rule.times is None else ""
    return Level(path, series.of.id, value, low, high, unit, window.since, window.until, window.rows, cut, times, quantity)


def _spread(value: float, means: Sequence[float]) -> dict[str, Any]:
    """Return a triangular number of which nine in ten draws lie between the lowest and the highest mean.

    >>> _spread(10.0, [10.0, 9.0, 12.0])
    {'dist': 'triangular', 'low': 8.53752, 'mode': 10.0, 'high': 12.925}
    """
    low, high = (_rounded(value + _NINE_IN_TEN * (end - value)) for end in (min(means), max(means)))
    if low == high:
        return {"value": value}
    # What was never below nothing is not drawn so.
    return {"dist": "triangular", "low": max(low, 0.0) if min(means) >= 0 else low, "mode": value, "high": high}


def _with_own_range(quantity: Quantity, value: float, how: str) -> dict[str, Any]:
    """Return a number with its range moved or multiplied so that a value is its centre; bounds stay."""
    spread = quantity.distribution
    centre = spread.family.central(*spread.parameters)
    if how == "moved" and spread.name not in _CAN_MOVE:
        raise FieldError(Flaw(f"a {spread.name} range cannot be moved", "Write scaled, or spread", ("range",)))
    if how == "scaled" and (spread.name in _HAS_NO_SCALE or not value * centre > 0):
        what = f"a range about {number(centre)} cannot be multiplied to be about {number(value)}"
        if spread.name in _HAS_NO_SCALE:
            what = f"a {spread.name} range cannot be multiplied"
        raise FieldError(
            Flaw(what, "Write spread, or no range" if spread.name in _HAS_NO_SCALE else "Write moved", ("range",))
        )
    by, factor = (value - centre, 1.0) if how == "moved" else (0.0, value / centre)
    form: dict[str, Any] = {"dist": spread.name}
    for name, own in zip(spread.family.takes, spread.parameters, strict=True):
        stays = name in _STAY or (name == "sd" and how == "moved")
        changed = [one if stays else _rounded(factor * one + by) for one in (own if isinstance(own, tuple) else (own,))]
        form[name] = changed if isinstance(own, tuple) else changed[0]
    bounds = {"min": spread.min, "max": spread.max}
    return {**form, **{name: bound for name, bound in bounds.items() if bound is not None}}


def _units(levels: Sequence[Level], scenario: Scenario[Any]) -> dict[str, str]:
    """Return the unit of each number in the scenario that has them all; of a pure number there is none."""
    world = scenario.with_settings([one.setting for one in levels]).world if levels else scenario.world
    return {known.path: known.knob.unit for known in numbers(world) if known.knob is not None}


def _wrong_with(level: Level, scenario: Scenario[Any]) -> list[Problem]:
    try:
        scenario.with_settings([level.setting])
    except ScenarioError as error:
        return list(error.problems)
    return []


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
