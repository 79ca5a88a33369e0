"""Rows of a series -> its change over each whole month of the calendar; gaps, and series that end too early, are refused."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from sim.engine.calendar import MONTHS_PER_YEAR, add_months
from sim.engine.draws import Floats
from sim.scenario.errors import Problem
from sim.scenario.wording import number

from .declared import Observation
from .rows import DAY, Row, Rows

# judgement: a map of a week ago is still that of the first of a month, whose change is known as well as that of four weeks.
OLDEST_DAYS = 7
Flawed = tuple[int, str, str]
"""A line, what is wrong there, and what to do."""


@dataclass(frozen=True, eq=False)
class Observed:
    """A series by calendar month.

    Attributes
    ----------
    id : str
    field, of : str
        The field that it tells of, and its side, backer or party; see `sim.results.columns.path_fields`.
    unit : str
        That of the field.
    starts : tuple of date
        The first day of each whole month that it tells of, rising, without gaps.
    changes : (months,) float
        By how much the field changed over each of them.
    scale : str
        Dotted path of the number of the scenario by which a history is divided before it is compared; empty: none.
    noise_log_sd : float
        Standard deviation of the logarithm of what is seen of a month; 0 if there is none, or `noise`.
    noise : float
        The same of what is seen itself, in the unit.
    source : str
    later : int
        Rows after the last day that was read, of which nothing was used.
    rivals_within : float or None
        Rivals are not fitted to months in which it changed by more.
    """

    id: str
    field: str
    of: str
    unit: str
    starts: tuple[date, ...]
    changes: Floats
    scale: str
    noise_log_sd: float
    noise: float
    source: str
    later: int
    rivals_within: float | None = None


def changes_of(
    rows: Rows, of: Observation, last: date, shown: str, grows: bool
) -> tuple[tuple[date, ...], Floats, list[Problem]]:
    """Return the first day of each whole month up to a day, the change over it, and what is wrong: then there are none.

    What came about in a row is spread evenly over its days. A month's change of what stands on dates is that from its first
    day to the first of the next, each by the row of that day or of at most a week before.

    Parameters
    ----------
    rows : Rows
    of : Observation
    last : date
        The last day that was read.
    shown : str
        The file in messages.
    grows : bool
        Whether the field only grows.
    """
    known = [row for row in rows.rows if not math.isnan(row.value)]
    hint = f"Add rows, or write another cutoff, since: or until: for {of.id}"
    if not known:
        return (), np.zeros(0), [Problem(f"{shown}:1", f"{of.column} has no number up to {last}", hint)]
    begins, stops, levels = _month_from(known[0].start), (last + DAY).replace(day=1), of.kind == "levels"
    if not levels and next_end(known[-1]) > last:
        # What comes next has not ended yet.
        stops = min(stops, (known[-1].end + DAY).replace(day=1))
    if levels and len(known) > 1 and _next_of_months(known[-2].start, known[-1].start) > last:
        # It has not been looked at again yet.
        stops = min(stops, (known[-1].end + OLDEST_DAYS * DAY).replace(day=1))
    if begins >= stops:
        what = f"there is no whole month from {known[0].start} to {last}"
        return (), np.zeros(0), [Problem(f"{shown}:{known[0].line}", what, hint)]
    firsts = [begins]
    while firsts[-1] < stops:
        firsts.append(add_months(firsts[-1], 1))
    if (stops - known[-1].end).days > (OLDEST_DAYS if levels else 1):
        until = known[-1].end
        what = f"its last number is of {until}, and the months until {stops - DAY} are asked for"
        hint = f"Add rows, or write cutoff: {until} (or --until), or until: {until} for {of.id}"
        return (), np.zeros(0), [Problem(f"{shown}:{known[-1].line}", what, hint)]
    changes, wrong = _levels(known, of, firsts, grows) if levels else _increments(rows.rows, known, of, firsts)
    if wrong:
        return (), np.zeros(0), [Problem(f"{shown}:{line}", message, hint) for line, message, hint in wrong]
    values = np.array(changes)
    values.flags.writeable = False
    return tuple(firsts[:-1]), values, []


def _increments(rows: list[Row], known: list[Row], of: Observation, firsts: list[date]) -> tuple[list[float], list[Flawed]]:
    """Return what came about between each first of a month and the next, and each time of which no row tells."""
    parts: dict[date, list[float]] = {first: [] for first in firsts}
    for row in known:
        days, month = (row.end - row.start).days + 1, max(row.start.replace(day=1), firsts[0])
        while month <= row.end and month < firsts[-1]:
            there = (min(row.end + DAY, add_months(month, 1)) - max(row.start, month)).days
            parts[month].append(row.value * there / days)
            month = add_months(month, 1)
    return [math.fsum(parts[first]) for first in firsts[:-1]], list(gaps(rows, of, firsts[0], firsts[-1]))


def gaps(rows: list[Row], of: Observation, since: date, until: date) -> Iterator[Flawed]:
    """Yield each time between rows, from a day to before another, of which no row tells what came about."""
    known = [row for row in rows if not math.isnan(row.value)]
    empties = [row.line for row in rows if math.isnan(row.value)]
    for before, after in pairwise(known):
        start, end = max(before.end + DAY, since), min(after.start, until) - DAY
        if start <= end:
            at = bisect_right(empties, before.line)
            empty = empties[at] if at < len(empties) and empties[at] < after.line else 0
            what = f"{of.column} is empty of" if empty else "no row tells of"
            hint = f"Add what came about then, or write since: {after.start} for {of.id}, to begin after it"
            yield empty or after.line, f"{what} {start if start == end else f'{start} to {end}'}", hint


def _levels(known: list[Row], of: Observation, firsts: list[date], grows: bool) -> tuple[list[float], list[Flawed]]:
    """Return how what stands on dates changes from each first of a month to the next, and what is wrong with it."""
    wrong: list[Flawed] = []
    for before, after in pairwise(known) if grows else ():
        if after.value < before.value:
            what = f"{of.column} falls from {number(before.value)} to {number(after.value)}, and {of.of} never falls"
            wrong.append((after.line, what, "Correct it, or leave the cell empty if it is not known"))
    stand = []
    for first in firsts:
        row, too_old = standing(known, of, first)
        stand.append(row.value)
        wrong += too_old
    return [after - before for before, after in pairwise(stand)], wrong


def standing(known: list[Row], of: Observation, day: date) -> tuple[Row, list[Flawed]]:
    """Return the last row up to a day, which is not before the first row, and what is wrong with it: that it is too old."""
    at = bisect_right(known, day, key=lambda row: row.start) - 1
    row = known[at]
    if (day - row.start).days <= OLDEST_DAYS:
        return row, []
    what = f"the last number before {day} is of {row.start}, more than {OLDEST_DAYS} days before"
    begin = f", or write since: {known[at + 1].start} for {of.id}, to begin after it" if at + 1 < len(known) else ""
    return row, [(row.line, what, f"Add a row{begin}")]


def _month_from(day: date) -> date:
    """Return the first first of a month on or after a day."""
    return day if day.day == 1 else add_months(day.replace(day=1), 1)


def _next_of_months(before: date, day: date) -> date:
    """Return when how things stand is told next, where that is the same day of some later month; else that day itself.

    >>> _next_of_months(date(2024, 1, 1), date(2024, 2, 1)), _next_of_months(date(2024, 1, 1), date(2024, 1, 3))
    (datetime.date(2024, 3, 1), datetime.date(2024, 1, 3))
    """
    months = (day.year - before.year) * MONTHS_PER_YEAR + day.month - before.month
    return add_months(day, months) if day == add_months(before, months) else day


def next_end(row: Row) -> date:
    """Return on what day the next row ends, if rows go on as they are: of as many whole months, or as many days."""
    start = row.end + DAY
    if row.start.day == start.day == 1:
        months = (start.year - row.start.year) * MONTHS_PER_YEAR + start.month - row.start.month
        return add_months(start, months) - DAY
    return start + (row.end - row.start)
