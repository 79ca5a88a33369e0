"""A file of observations and its CSV files -> what was seen of a war until a day, or all that is wrong with them."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path as FilePath
from typing import Any

import numpy as np

from sim.results.columns import declared_fields, path_fields, path_name
from sim.scenario import Place, Problem, Scenario, ScenarioError, quantities
from sim.scenario.errors import Flaw, Path
from sim.scenario.load import nearest, validated
from sim.scenario.read import Kind, Located, read_all
from sim.scenario.tree import id_flaws, places, plain, tree_of
from sim.scenario.wording import did_you_mean, quoted

from .declared import Bar, File, Observation, ObservedEvent
from .months import Observed, changes_of
from .rows import Rows, Table, read_table, rows_of

# judgement: who has put five right knows how to go on.
_TOLD = 5
SERIES: Path = ("observations", "series")
_KIND = Kind("file of observations", "file of observations", "observations:")


class DataError(ScenarioError):
    """Data cannot be used: every problem with its file and line, and what to do."""


@dataclass(frozen=True)
class Data:
    """What was seen of a war.

    Attributes
    ----------
    path : pathlib.Path
        The file that describes it.
    cutoff : date
        The last day that was read.
    series : tuple of Observed
    events : tuple of ObservedEvent
        With what had come about by then.
    sha256 : dict of str to str
        Of each CSV file, by its name as it is written: of the names of its columns and of the rows up to the last day, as
        text, so that it is the same whatever comes later.
    bars : tuple of Bar
        What scores of forecasts must be.
    """

    path: FilePath
    cutoff: date
    series: tuple[Observed, ...]
    events: tuple[ObservedEvent, ...]
    sha256: dict[str, str]
    bars: tuple[Bar, ...] = ()


def data_beside(scenario: Scenario[Any]) -> FilePath:
    """Return the file of observations of a scenario, `my_war.yml` beside `my_war.yaml`; raises DataError without one."""
    path = scenario.path.with_suffix(".yml")
    if path == scenario.path or not path.is_file():
        hint = f"Name one with --data, or write {scenario.path.stem}.yml beside {scenario.path.stem}.yaml"
        raise DataError([Problem(scenario.name, "there is no file of observations beside it", hint)])
    return path


def read_data(path: FilePath, scenario: Scenario[Any], until: date | None = None) -> Data:
    """Read what was seen of a war.

    Parameters
    ----------
    path : pathlib.Path
        A YAML file; the CSV files are named as seen from it.
    scenario : Scenario
        Whose fields it tells of.
    until : date, optional
        The last day that is read, in place of the cutoff of the file.

    Returns
    -------
    Data
        The same, but for how many later rows there are, whatever those say.

    Raises
    ------
    DataError
        With everything that is wrong, each with its file and line.
    """
    try:
        reading = Reading(path, scenario)
    except ScenarioError as error:
        raise DataError(error.problems) from None
    said = reading.said.observations
    cutoff = until or said.cutoff
    series = [reading.observed(one, min(cutoff, one.until or cutoff)) for one in said.series if isinstance(one, Observation)]
    events = [one.by(cutoff) for one in said.series if isinstance(one, ObservedEvent)]
    if problems := list(reading.problems()):
        raise DataError(problems)
    digests = {name: hashlib.sha256("".join(parts).encode()).hexdigest() for name, parts in reading.digests.items()}
    return Data(path, cutoff, tuple(filter(None, series)), tuple(events), digests, tuple(said.bars))


class Reading:
    """What a file of observations says, and what is found wrong on the way."""

    def __init__(self, path: FilePath, scenario: Scenario[Any]) -> None:
        shown = str(path)
        document, wrong = read_all(path, shown, lambda: map(str, path.parent.glob("*.y*ml")), _KIND)
        node = tree_of(document, Place(shown, 1, 1), File)
        self._path, self._spots = path, places(node)
        self.said = validated(shown, plain(node), self._spots, File, [*wrong, *id_flaws(node)])
        self._fields = {path_name(*one): one for one in path_fields(scenario)}
        self._declared = declared_fields(scenario)
        self._numbers = [name for name, _ in quantities(scenario.world)]
        self._tables: dict[str, Table | None] = {}
        self._wrong: list[Located] = []
        self._wrong_in: dict[str, dict[Problem, None]] = {}
        self.digests: dict[str, list[str]] = {}

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong: with the file of observations in the order of its lines, and with each CSV file."""
        yield from dict.fromkeys(one.problem for one in sorted(self._wrong, key=lambda one: one.place.order))
        for wrong in map(list, self._wrong_in.values()):
            yield from wrong[:_TOLD]
            if more := len(wrong[_TOLD:]):
                what = f"here and below: {more} more problem{'s' if more > 1 else ''}"
                yield Problem(wrong[_TOLD].place, what, "Mend those above first")

    def observed(self, of: Observation, last: date) -> Observed | None:
        """Return a series up to a day, or nothing where it cannot be read."""
        read = self.rows(of, last)
        if read is None:
            return None
        rows, shown, problems = read
        field, row = self._fields.get(of.of, ("", ""))
        starts: tuple[date, ...] = ()
        changes = np.zeros(0)
        if not problems:
            starts, changes, problems = changes_of(rows, of, last, shown, self._grows(of))
            self._wrong_in[shown].update(dict.fromkeys(problems))
        self.digests.setdefault(of.file, []).append(rows.digest)
        return Observed(
            of.id, field, row, of.unit, starts, changes, of.scale or "", of.noise_log_sd or 0.0, of.noise or 0.0, of.source,
            rows.later, of.rivals_within,
        )  # fmt: skip

    def rows(self, of: Observation, last: date) -> tuple[Rows, str, list[Problem]] | None:
        """Return the rows of a series up to a day, their file in messages, and what is wrong; nothing if it is no table."""
        self._hold_names(of)
        table = self._table(of)
        if table is None:
            return None
        rows, problems = rows_of(table, of, last, self._grows(of))
        self._wrong_in.setdefault(table.shown, {}).update(dict.fromkeys(problems))
        return rows, table.shown, problems

    def _grows(self, of: Observation) -> bool:
        return of.of in self._fields and self._declared[self._fields[of.of][0]].grows

    def _hold_names(self, of: Observation) -> None:
        """Note what the scenario does not have, and a unit that is another than that of the field."""
        at = (*SERIES, of.id)
        if of.of not in self._fields:
            self.note((*at, "of"), f"there is no field {quoted(of.of)}", did_you_mean(of.of, self._fields))
        elif of.unit != (unit := self._declared[self._fields[of.of][0]].unit):
            hint = f"Write unit: {unit}, and times: by what its numbers are multiplied to be in {unit}"
            self.note((*at, "unit"), f"the unit of {of.id} is {quoted(of.unit)}, and that of {of.of} {quoted(unit)}", hint)
        if of.scale is not None and of.scale not in self._numbers:
            hint = did_you_mean(of.scale, self._numbers)
            self.note((*at, "scale"), f"the scenario has no number {quoted(of.scale)}", hint)

    def _table(self, of: Observation) -> Table | None:
        """Return what is in the file of a series, which is read once, or nothing where that cannot be read."""
        file = self._path.parent / of.file
        if of.file not in self._tables:
            self._tables[of.file] = None
            try:
                self._tables[of.file] = read_table(file, str(file))
            except ScenarioError as error:
                self._wrong_in[str(file)] = dict.fromkeys(error.problems)
            except OSError as error:
                hint = "Name a file of text with a row a line"
                why = error.strerror or str(error)
                if error.errno == errno.ENOENT:
                    why = "there is no such file"
                    hint = did_you_mean(of.file, [found.name for found in sorted(file.parent.glob("*.csv"))])
                self.note((*SERIES, of.id, "file"), f"{of.file} cannot be read: {why}", hint)
        return self._tables[of.file]

    def note(self, path: Path, message: str, hint: str) -> None:
        """Note what is wrong at a path of the file of observations."""
        self._wrong.append(Located(nearest(path, self._spots, str(self._path)), Flaw(message, hint)))

    def note_row(self, shown: str, line: int, message: str, hint: str) -> None:
        """Note what is wrong in a line of a CSV file."""
        self._wrong_in.setdefault(shown, {})[Problem(f"{shown}:{line}", message, hint)] = None
