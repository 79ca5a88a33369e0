"""CSV files -> rows with their lines: what time each tells of, and its number. What is wrong is said at its line."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from sim.engine.calendar import DAYS_PER_WEEK, add_months
from sim.gate import printable
from sim.results.columns import LARGEST
from sim.results.files import read_bytes
from sim.scenario.errors import Problem, ScenarioError
from sim.scenario.head import LAST_YEAR
from sim.scenario.read import decoded
from sim.scenario.scalars import plainly
from sim.scenario.wording import did_you_mean, number, quoted

from .declared import Observation

# judgement: a row a day of fifty columns over a hundred years has as much.
MOST_BYTES = 16 * 1024 * 1024
# judgement: as many days as there are in five hundred years.
MOST_ROWS = 200_000
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
DAY = timedelta(days=1)


class Table(NamedTuple):
    """A CSV file: its name in messages, the names of its columns and their line, and its rows with the line of each."""

    shown: str
    line: int
    header: list[str]
    rows: list[tuple[int, list[str]]]


class Row(NamedTuple):
    """What a row tells of: its line, the first and last day, the number in the unit of the field, NaN if not known."""

    line: int
    start: date
    end: date
    value: float


@dataclass(frozen=True)
class Rows:
    """The rows of a series up to its last day.

    Attributes
    ----------
    rows : list of Row
        In the order of time.
    later : int
        Rows that tell of what came after.
    digest : str
        Of the columns' names and of the rows up to the last day, whole ones, as text.
    """

    rows: list[Row]
    later: int
    digest: str


class Bad(Exception):
    """A file or row is not as it should be; carries the problem."""

    def __init__(self, place: str, message: str, hint: str) -> None:
        self.problem = Problem(place, printable(message), hint)
        super().__init__(self.problem)


def read_table(path: Path, shown: str) -> Table:
    """Read a CSV file.

    Raises
    ------
    OSError
        When it cannot be read, or is no regular file.
    ScenarioError
        With what is wrong with its text, at its line.
    """
    text = decoded(read_bytes(path, MOST_BYTES), shown)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            # Programs for tables leave rows of commas at the end.
            if any(cells):
                lines.append((line, cells))
            if len(lines) > MOST_ROWS + 1:
                hint = "Leave out the first, or take the rows of a month or week together"
                raise ScenarioError([Problem(f"{shown}:{line}", f"there are more than {MOST_ROWS:,} rows", hint)])
            line = reader.line_num + 1
    except csv.Error as error:
        what = "quotes that open here are not closed" if "end of data" in str(error) else f"this is no CSV: {error}"
        hint = "Write a text that has a comma or quotes in it in double quotes, and quotes inside it twice"
        raise ScenarioError([Problem(f"{shown}:{line}", what, hint)]) from None
    if not lines:
        hint = "Write the names of the columns on its first line, and rows below it"
        raise ScenarioError([Problem(f"{shown}:1", "the file is empty", hint)])
    (top, header), *rows = lines
    if len(header) == 1 and (other := next((sign for sign in ";\t|" if sign in header[0]), None)):
        what = f"columns are parted by {'a tab' if other == chr(9) else quoted(other)}"
        raise ScenarioError([Problem(f"{shown}:{top}", what, "Save it with commas between columns, and points in numbers")])
    if not rows:
        raise ScenarioError([Problem(f"{shown}:{top}", "there is no row below the names of the columns", "Add the rows")])
    return Table(shown, top, header, rows)


def rows_of(table: Table, of: Observation, last: date, grows: bool) -> tuple[Rows, list[Problem]]:
    """Return what a series says up to its last day, and what is wrong with it.

    Of a row that tells of what came later, be it in part, nothing is read but its dates.

    Parameters
    ----------
    table : Table
    of : Observation
    last : date
        The last day that may be read.
    grows : bool
        Whether the field only grows.
    """
    try:
        columns = _Columns(table, of)
    except Bad as bad:
        return Rows([], 0, ""), [bad.problem]
    digest = hashlib.sha256(json.dumps(table.header).encode())
    rows: list[Row] = []
    problems: list[Problem] = []
    later, before, lines = 0, None, dict[date, int]()
    for line, cells in table.rows:
        try:
            row = columns.dated(line, cells)
            previous, before = before, row
            if row.end > last:
                later += 1
            else:
                digest.update(json.dumps(cells).encode())
                if previous is not None:
                    columns.hold_order(row, previous, lines)
                lines.setdefault(row.start, line)
                if of.since is None or row.start >= of.since:
                    rows.append(row._replace(value=columns.value(line, cells, grows)))
        except Bad as bad:
            problems.append(bad.problem)
    return Rows(rows, later, digest.hexdigest()), problems


class _Columns:
    """Where a series stands in a table, and how its rows are read."""

    def __init__(self, table: Table, of: Observation) -> None:
        self._table, self._of = table, of
        spans = of.start is not None and of.end is not None
        names = {"start": of.start or "", "end": of.end or ""} if spans else {"dates": of.dates or "date"}
        self._dates = [self._place(name, said) for said, name in names.items()]
        self._value = self._place(of.column, "column")

    def _place(self, name: str, said: str) -> int:
        header = self._table.header
        if header.count(name) > 1:
            raise Bad(self._at(self._table.line), f"two columns are called {quoted(name)}", "Rename one of them")
        if name not in header:
            hint = did_you_mean(name, filter(None, header))
            raise Bad(self._at(self._table.line), f"there is no column {quoted(name)} ({said} of {self._of.id})", hint)
        return header.index(name)

    def _at(self, line: int) -> str:
        return f"{self._table.shown}:{line}"

    def dated(self, line: int, cells: list[str]) -> Row:
        """Return what time a row tells of."""
        start, *others = [self._date(line, cells, place) for place in self._dates]
        end = others[0] if others else start
        if end < start:
            raise Bad(self._at(line), f"it ends on {end}, before it starts on {start}", "Exchange the two days")
        if self._of.rows == "week":
            end = start + timedelta(days=DAYS_PER_WEEK - 1)
        elif self._of.rows == "month":
            if start.day != 1:
                hint = f"Write {start.replace(day=1)}, or rows: day or week, or start and end"
                raise Bad(self._at(line), f"a row of a month has its first day for a date, not {start}", hint)
            end = add_months(start, 1) - DAY
        return Row(line, start, end, math.nan)

    def _date(self, line: int, cells: list[str], place: int) -> date:
        cell, name = cells[place] if place < len(cells) else "", self._table.header[place]
        write = "Write year-month-day, as in 2024-12-04"
        if not cell:
            raise Bad(self._at(line), f"{name} is empty", write)
        try:
            day = date.fromisoformat(cell) if _DATE.fullmatch(cell) else None
        except ValueError:
            raise Bad(self._at(line), f"there is no day {cell} in the calendar", write) from None
        if day is None:
            raise Bad(self._at(line), f"{name} must be a date, not {quoted(cell)}", write)
        if not 1000 <= day.year <= LAST_YEAR:
            raise Bad(self._at(line), f"{name} must lie between the years 1000 and {LAST_YEAR}, not {day}", write)
        return day

    def hold_order(self, row: Row, before: Row, lines: dict[date, int]) -> None:
        """Refuse a row that does not come after the one before, or whose day stands in one of the `lines`."""
        if row.start in lines:
            what = f"{row.start} stands on line {lines[row.start]} already"
            raise Bad(self._at(row.line), what, "Keep one of the two rows")
        if row.start < before.start:
            what = f"{row.start} stands after {before.start} of line {before.line}"
            raise Bad(self._at(row.line), what, "Sort the rows by their dates, the earliest first")
        if row.start <= before.end:
            what = f"{row.start} is told of by line {before.line} already, from {before.start} to {before.end}"
            raise Bad(self._at(row.line), what, "A row begins on the day after the last of the row before")

    def value(self, line: int, cells: list[str], grows: bool) -> float:
        """Return the number of a row in the unit of the field, NaN where it is not known."""
        header = self._table.header
        if len(cells) < len(header) or any(cells[len(header) :]):
            hint = "Put a number with a comma or a text with one in double quotes, and leave what is not known empty"
            raise Bad(self._at(line), f"the row has not {len(header)} cells, one a column, but {len(cells)}", hint)
        cell, name = cells[self._value], header[self._value]
        if not cell:
            return math.nan
        hint = f"Write {plain}" if (plain := plainly(cell)) else "Write a number, or leave the cell empty if it is not known"
        if not _NUMBER.fullmatch(cell):
            raise Bad(self._at(line), f"{name} must be a number, not {quoted(cell)}", hint)
        value = self._of.times * float(cell)
        if not abs(value) <= LARGEST:
            raise Bad(self._at(line), f"{name} must be at most {number(LARGEST)}, not {quoted(cell)}", "Correct it")
        if grows and value < 0 and self._of.kind == "increments":
            hint = "Correct it, or leave the cell empty if it is not known"
            raise Bad(self._at(line), f"{name} is {cell}, and {self._of.of} never falls", hint)
        return value
