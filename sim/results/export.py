"""Folders of results as tables that stand alone: with scenario and date in every row, under one another, and a dictionary.

They go into a database (`sqlite_of`) or a workbook (`report.workbook`).
"""

from __future__ import annotations

import csv
import io
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sim.engine.calendar import Calendar
from sim.results.columns import OF_SCENARIO
from sim.results.comparison import ALL_SECTIONS, CannotCompare, Comparison, compare_all
from sim.results.explained import Field, fields_of
from sim.results.identity import kept_label
from sim.results.manifest import OfScenario, RunManifest
from sim.results.names import Names
from sim.results.read import SCENARIO, Folder
from sim.results.runs import Run, called_apart
from sim.results.tables import as_it_was
from sim.scenario import Scenario

_ENDING_DATE = Field("ending_date", "date", "Date on which the fighting ended", "", "The ending_day as a date.")
_READERS: Mapping[str, Callable[[Any], Any]] = {"integer": lambda cell: int(float(cell)), "number": float}


@dataclass(frozen=True)
class Sheet:
    """A table: its columns, and its rows as plain values, with None where a value does not apply."""

    name: str
    fields: list[Field]
    rows: list[list[Any]]


@dataclass(frozen=True)
class Export:
    """What is exported of folders of results.

    Attributes
    ----------
    sheets : list of Sheet
        Their tables, those of one name under one another, and last the dictionary of their columns.
    runs : list of Run
        Of the folders of runs.
    comparisons : list of Comparison
        Of the other runs with the first, where they can be compared.
    left_out : list of str
        What is not in it, and why.
    """

    sheets: list[Sheet]
    runs: list[Run]
    comparisons: list[Comparison]
    left_out: list[str]

    @classmethod
    def of(cls, folders: Sequence[Folder]) -> Export:
        """Return what is exported of folders that were read.

        Raises
        ------
        StoreError
            When a table is not what it should be.
        """
        runs = called_apart([Run.of_folder(found) for found in folders if isinstance(found.manifest, RunManifest)])
        comparisons: list[Comparison] = []
        left_out: list[str] = []
        if len(runs) > 1:
            try:
                comparisons = compare_all(runs, sections=ALL_SECTIONS)
            except CannotCompare as error:
                left_out.append(f"no comparison: {error}")
        tables: dict[str, list[Sheet]] = {}
        scenarios = [_scenario(found) for found in folders]
        for found, scenario, name in zip(folders, scenarios, _names(folders), strict=True):
            for sheet in _sheets(found, name, scenario):
                tables.setdefault(sheet.name, []).append(sheet)
        for one in comparisons:
            rows = one.as_dicts()
            fields = list(fields_of("comparison.csv", list(rows[0]), folders[0].manifest, None))
            tables.setdefault("comparison", []).append(Sheet("comparison", fields, [list(row.values()) for row in rows]))
        sheets = [_stacked(parts) for parts in tables.values()]
        return cls([*sheets, _dictionary(sheets)], runs, comparisons, left_out)


def sqlite_of(export: Export) -> bytes:
    """Return a database with a table for each of the sheets."""
    types = {"integer": "INTEGER", "number": "REAL"}
    with closing(sqlite3.connect(":memory:")) as database:
        for sheet in export.sheets:
            columns = ", ".join(f"{_quoted(field.name)} {types.get(field.kind, 'TEXT')}" for field in sheet.fields)
            database.execute(f"CREATE TABLE {_quoted(sheet.name)} ({columns})")
            places = ", ".join("?" * len(sheet.fields))
            database.executemany(f"INSERT INTO {_quoted(sheet.name)} VALUES ({places})", sheet.rows)
        database.commit()
        return database.serialize()


def _quoted(name: str) -> str:
    """Return a name as SQL has it."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _scenario(found: Folder) -> Scenario[Any] | None:
    return found.scenario() if SCENARIO in found.files and isinstance(found.manifest, OfScenario) else None


def _names(folders: Sequence[Folder]) -> list[str]:
    """Return what the scenarios of folders are called, those that are alike with their place."""
    abouts = [found.manifest for found in folders]
    names = [kept_label(about) if isinstance(about, OfScenario) else about.kind for about in abouts]
    twice = Counter(names)
    return [f"{name} ({place})" if twice[name] > 1 else name for place, name in enumerate(names, start=1)]


def _sheets(found: Folder, name: str, scenario: Scenario[Any] | None) -> Iterator[Sheet]:
    about = found.manifest
    if scenario is not None and isinstance(about, OfScenario):
        yield _about(name, about, scenario)
    for file in found.files:
        if file.endswith(".csv"):
            header, *rows = csv.reader(io.StringIO(found.text(file)))
            fields = list(fields_of(file, header, about, scenario))
            readers = [_READERS.get(field.kind, as_it_was) for field in fields]
            values = [[read(cell) if cell else None for read, cell in zip(readers, row, strict=True)] for row in rows]
            yield _with_dates(Sheet(file.removesuffix(".csv"), fields, values), name, scenario)
        elif file == "outcomes.parquet":
            run = Run.of_folder(found)
            own = {OF_SCENARIO.name: [name] * run.replications, "replication": range(run.replications)}
            columns = {**own, **run.outcomes, **run.drawn}
            fields = list(fields_of(file, list(columns), about, scenario))
            made = [_plain(field, values) for field, values in zip(fields, columns.values(), strict=True)]
            yield _with_dates(Sheet("outcomes", fields, [list(row) for row in zip(*made, strict=True)]), name, scenario)


def _plain(field: Field, values: Any) -> list[Any]:
    """Return the values of a column as those that are read from text."""
    read = _READERS.get(field.kind, str)
    return [None if value != value or value == "" else read(value) for value in values]


def _about(name: str, about: OfScenario, scenario: Scenario[Any]) -> Sheet:
    """Return what was run, and which side is which."""
    sides = Names(scenario).sides
    told = {
        "scenario": name, "title": scenario.world.title, "kind": about.kind, "attacker": sides["attacker"],
        "defender": sides["defender"], "start_date": scenario.world.start_date.isoformat(), "days": about.days,
        "replications": about.replications, "seed": about.seed, "parley": about.parley,
        "settings": ", ".join(f"{one.path}={one.value}" for one in about.settings),
    }  # fmt: skip
    meanings = {
        "attacker": "The side that columns call attacker.", "defender": "The side that columns call defender.",
        "days": "Days that were simulated.", "settings": "What is not as the file of the scenario has it.",
    }  # fmt: skip
    fields = [
        Field(key, "integer" if isinstance(value, int) else "string", key.replace("_", " ").capitalize(), "",
              meanings.get(key, f"The {key.replace('_', ' ')} of the results."))
        for key, value in told.items()
    ]  # fmt: skip
    return Sheet("results", fields, [list(told.values())])


def _with_dates(sheet: Sheet, name: str, scenario: Scenario[Any] | None) -> Sheet:
    """Return a table with the scenario of each row under the name that it has here, and the date on which it ended."""
    fields = list(sheet.fields)
    known = [field.name for field in fields]
    if "ending_day" in known and scenario is not None:
        calendar, at = Calendar(scenario.world.start_date), known.index("ending_day")
        fields.insert(at + 1, _ENDING_DATE)
        for row in sheet.rows:
            row.insert(at + 1, None if row[at] is None else calendar.date_of(int(row[at])).isoformat())
    if known[0] == OF_SCENARIO.name:
        for row in sheet.rows:
            row[0] = name
    return Sheet(sheet.name, fields, sheet.rows)


def _stacked(parts: Sequence[Sheet]) -> Sheet:
    """Return tables of one name under one another; where one has a column that another has not, that is empty."""
    fields = {field.name: field for sheet in parts for field in sheet.fields}
    rows = []
    for sheet in parts:
        known = {field.name: place for place, field in enumerate(sheet.fields)}
        order = [known.get(name) for name in fields]
        rows += [[None if place is None else row[place] for place in order] for row in sheet.rows]
    return Sheet(parts[0].name, list(fields.values()), rows)


def _dictionary(sheets: Sequence[Sheet]) -> Sheet:
    """Return what every column means."""
    told = {"kind": "type", "label": "what", "unit": "unit", "meaning": "meaning"}
    fields = [Field(name, "string", name.capitalize(), "", "") for name in ("table", "column", *told.values())]
    rows = [[sheet.name, field.name, *(getattr(field, one) for one in told)] for sheet in sheets for field in sheet.fields]
    return Sheet("dictionary", fields, rows)
