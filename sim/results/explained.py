"""What every folder of results says of its own tables: `datapackage.json`, as Frictionless has it, and `README.md`.

Both are made from the tables themselves, from the columns of `columns.py`, and from what the scenario declares: label, unit
and meaning of each column. The same results have the same texts to the byte.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sim.gate import shown
from sim.model import MECHANISMS, outcomes_of
from sim.model.outcomes import standalone
from sim.results import WHAT_IT_IS_NOT
from sim.results.columns import (
    LARGEST,
    MEANINGS,
    NUMBER,
    OF_SCENARIO,
    TABLES,
    TEXT,
    WHOLE,
    Column,
    accepted_columns,
    choice_columns,
    drawn_paths,
    lucks_columns,
    outcome_columns,
    path_columns,
    path_fields,
    path_name,
    sweep_columns,
)
from sim.results.identity import identity_over
from sim.results.manifest import EXPLAINED, ChoicesManifest, Manifest, OfScenario, RunManifest, SweepManifest
from sim.results.names import Names
from sim.results.summary import blank_row
from sim.scenario import Scenario, numbers

PACKAGE, README = EXPLAINED
# What a file is, by its name.
ABOUT = {
    "summary.csv": "an outcome over all histories: share or mean with its 95 % interval, and quantiles",
    "summary.md": "the same to be read",
    "outcomes.csv": "a history: what happened in it, then the uncertain numbers that were drawn for it",
    "outcomes.parquet": "a history: what happened in it, then the uncertain numbers that were drawn for it",
    "paths.csv": "a history on a day: how it stands then",
    "paths.parquet": "a history on a day: how it stands then",
    "series.csv": "a week, a field and a side or backer: mean and quantiles over the histories",
    "standing.csv": "a week and an ending: how many histories stand so on that day",
    "survival.csv": "a day on which a curve changes: how wars end and how long ceasefires hold",
    "ledger.csv": "a day, a question and an answer: why histories at war have no deal",
    "lucks.csv": "a history with other luck on the uncertain numbers of one of the run, and what happened in it",
    "unscripted.csv": "an outcome of some histories, with and without what the scenario scripts",
    "failures.csv": "a history in which something went wrong in Parley",
    "sweep.csv": "an outcome at a point of the sweep",
    "comparison.csv": "an outcome of two scenarios",
    "sensitivity.csv": "an uncertain number and an outcome: how much of it that number drives",
    "sobol.csv": "an uncertain number or luck, and an outcome: how much of it that drives",
    "one_at_a_time.csv": "an assumption at another value, and an outcome",
    "discovery.csv": "an uncertain number that a box restricts",
    "breakeven.csv": "a value of the knob that was tried",
    "panel.csv": "an outcome of a member of the panel, or of all pooled",
    "dissent.csv": "what members differ in, and an outcome: how much of the variance between them goes with it",
    "turning.csv": "a member and one thing that it sees otherwise: whether that alone would turn its conclusion",
    "choices.csv": "a choice: a value of each lever, and how it stands among all",
    "choice_aims.csv": "an aim of a choice: its mean, its regret, in which share of the assumptions it is met",
    "choice_fails.csv": "an assumption that bounds where a choice fails",
    "fit.csv": "a statistic or a month of the data: what was observed, and where histories lie",
    "moved.csv": "an uncertain number: what is assumed of it, and what the data say",
    "accepted.csv": "a history that agrees with the data, the nearest first, and what it drew of what these tell",
    "scores.csv": "a score of a forecast, by origin, series, month and forecaster",
    "forecasts.csv": "a forecast: quantiles beside what came",
    "rivals.csv": "a forecaster in a series: its mean scores, and the skill of the scenario against it",
    "posterior.yaml": "the scenario of these histories, which every command takes",
    "trajectory.csv": "a step of the search for a box",
    "scenario.yaml": "the scenario as it was run; it can be run again",
    "manifest.json": "what was run, what made it, and the sha256 of each file",
}
_KINDS = {TEXT: "string", WHOLE: "integer", NUMBER: "number"}
# Of the columns of tables that are not read again.
_KIND_OF = {
    **dict.fromkeys(
        ("left", "right", "section", "outcome", "label", "unit", "verdict", "parameter", "factor", "depends_on"), TEXT
    ),
    **dict.fromkeys(
        ("draws", "moved", "pairs", "histories", "box", "step", "restricted", "chosen"),
        WHOLE,
    ),
}


class Field(NamedTuple):
    """A column of a table as it is explained.

    Attributes
    ----------
    name, kind : str
        Kind as Frictionless calls it: `string`, `integer`, `number`, `date`.
    label, unit, meaning : str
    low, high : float or None
        Between which values lie.
    """

    name: str
    kind: str
    label: str
    unit: str
    meaning: str
    low: float | None = None
    high: float | None = None


def explained(
    files: Mapping[str, bytes | Path], about: Manifest, scenario: Scenario[Any], marked: bool = False
) -> dict[str, bytes]:
    """Return the files that explain results.

    Parameters
    ----------
    files : mapping of str to bytes or Path
        The results, by name.
    about : Manifest
    scenario : Scenario
        Of the results, or the first of those compared.
    marked : bool
        Whether tables begin with a byte-order mark.
    """
    tables = {name: list(fields_of(name, _header(name, content), about, scenario)) for name, content in files.items()}
    package = {
        "profile": "data-package", "name": _plain_name(f"parley-{about.kind}-{scenario.name}"),
        "title": _title(about, scenario), "description": WHAT_IT_IS_NOT,
        "resources": [_resource(name, fields, marked) for name, fields in tables.items()],
    }  # fmt: skip
    text = json.dumps(package, indent=1, ensure_ascii=False) + "\n"
    return {PACKAGE: text.encode(), README: shown_lines(_readme(tables, about, scenario)).encode()}


def fields_of(name: str, header: Sequence[str], about: Manifest, scenario: Scenario[Any] | None) -> Iterator[Field]:
    """Yield what the columns of a table are; none of what is no table. Only of some tables the scenario says more."""
    table = name.partition(".")[0]
    known = {column.name: column for column in (OF_SCENARIO, *_columns(name, about, scenario))}
    own = _of_scenario(scenario) if table in ("outcomes", "lucks", "sweep", "accepted") and scenario is not None else {}
    own = _of_fields(scenario) if table == "paths" and scenario is not None else own
    for column in header:
        label, unit, meaning = own.get(column) or _asked(column, scenario, own)
        if not meaning:
            unit, meaning = MEANINGS.get(f"{table}.{column}", MEANINGS.get(column, ("", "")))
            label = label or column.replace("_", " ").capitalize()
        one = known.get(column, Column(column, _KIND_OF.get(f"{table}.{column}", _KIND_OF.get(column, NUMBER))))
        kind = "date" if column == "date" else _KINDS[one.kind]
        low, high = (None if abs(end) >= LARGEST or kind in ("string", "date") else end for end in (one.low, one.high))
        yield Field(column, kind, label, unit, meaning, low, high)


def _columns(name: str, about: Manifest, scenario: Scenario[Any] | None) -> Sequence[Column]:
    if isinstance(about, RunManifest) and name.startswith("outcomes.") and scenario is not None:
        return outcome_columns(scenario, about.days, about.other_times)
    if isinstance(about, RunManifest) and name == "lucks.csv" and scenario is not None:
        return lucks_columns(scenario, about.days, about.other_times)
    if isinstance(about, RunManifest) and name.startswith("paths.") and scenario is not None:
        return path_columns(scenario)
    if isinstance(about, SweepManifest) and name == "sweep.csv":
        return sweep_columns([knob.path for knob in about.knobs])
    if isinstance(about, ChoicesManifest):
        return choice_columns([lever.path for lever in about.levers]).get(name, ())
    if name == "accepted.csv" and scenario is not None:
        return accepted_columns(drawn_paths(scenario))
    return TABLES.get(name, ())


def _of_scenario(scenario: Scenario[Any]) -> dict[str, tuple[str, str, str]]:
    """Return label, unit and meaning of the outcomes and uncertain numbers of a scenario, by the column."""
    sides = Names(scenario).sides
    found = {
        outcome.name: (standalone(outcome.section, outcome.label.format(**sides)), outcome.unit, outcome.about)
        for outcome, _ in outcomes_of(scenario)
    }
    for known in numbers(scenario.world):
        if known.knob is not None:
            found[known.path] = (scenario.labels[known.path].text, known.knob.unit, known.knob.description)
    return found


def _of_fields(scenario: Scenario[Any]) -> dict[str, tuple[str, str, str]]:
    """Return label, unit and meaning of the fields of a scenario, by the column of their paths."""
    declared = {field.name: field for one in MECHANISMS for field in one.fields(getattr(scenario.world, one.name))}
    names, found = Names(scenario), {}
    for field, row in path_fields(scenario):
        whose = f", {names.row(row)}" if row else ""
        label = f"{field.replace('_', ' ').capitalize()}{whose}"
        found[path_name(field, row)] = (label, declared[field].unit, declared[field].about)
    return found


def _asked(column: str, scenario: Scenario[Any] | None, own: Mapping[str, tuple[str, str, str]]) -> tuple[str, str, str]:
    """Return what an outcome of another time is, as `casualties_attacker[12..24]`."""
    name = re.split(r"[@\[]", column)[0]
    if name == column or scenario is None:
        return "", "", ""
    row = blank_row(scenario, column)
    return row.label, row.unit, own.get(name, ("", "", ""))[2]


def _header(name: str, content: bytes | Path) -> list[str]:
    """Return the names of the columns of a table; none where it is no table, or one that says them itself."""
    if not name.endswith(".csv"):
        return []
    if isinstance(content, Path):
        with content.open(encoding="utf-8", newline="") as file:
            return next(csv.reader(file), [])
    return next(csv.reader(io.StringIO(content.partition(b"\n")[0].decode())), [])


def _resource(name: str, fields: Sequence[Field], marked: bool) -> dict[str, Any]:
    stem, _, ending = name.rpartition(".")
    same = {"name": _plain_name(name), "path": name, "format": ending, "description": _row_of(name)}
    if not fields:
        return same
    encoding = "utf-8-sig" if marked else "utf-8"
    schema = {"fields": [_as_json(field) for field in fields], "missingValues": [""]}
    return {**same, "name": _plain_name(stem), "profile": "tabular-data-resource", "encoding": encoding, "schema": schema}


def _as_json(field: Field) -> dict[str, Any]:
    ends = {name: end for name, end in (("minimum", field.low), ("maximum", field.high)) if end is not None}
    return {
        "name": field.name, "type": field.kind, "title": field.label, "description": field.meaning,
        **({"unit": field.unit} if field.unit else {}), **({"constraints": ends} if ends else {}),
    }  # fmt: skip


def _row_of(name: str) -> str:
    about = ABOUT.get(name, "")
    return f"A row is {about}." if about and name.endswith((".csv", ".parquet")) else f"{about[:1].upper()}{about[1:]}."


def _title(about: Manifest, scenario: Scenario[Any]) -> str:
    if isinstance(about, OfScenario):
        return identity_over(scenario, about.days, about.seed).line
    return f"{about.kind.capitalize()} with {scenario.world.title}"


def _readme(tables: Mapping[str, Sequence[Field]], about: Manifest, scenario: Scenario[Any]) -> Iterator[str]:
    sides = Names(scenario).sides
    yield f"# {_title(about, scenario)}"
    yield ""
    if isinstance(about, OfScenario):
        yield f"{identity_over(scenario, about.days, about.seed).size_of(about.replications)}. {WHAT_IT_IS_NOT}"
    else:
        yield WHAT_IT_IS_NOT
    yield ""
    yield f"In names of columns `attacker` is {_cell(sides['attacker'])} and `defender` is {_cell(sides['defender'])}."
    yield f"Tables are CSV in UTF-8; an empty cell means that the value does not apply. The same is in `{PACKAGE}`."
    yield ""
    yield "| file | a row is, or what it holds |"
    yield "|---|---|"
    for name in (*tables, "manifest.json"):
        yield f"| `{name}` | {_cell(ABOUT.get(name, 'the same as text or as JSON'))} |"
    for name, fields in tables.items():
        if fields:
            yield from ("", f"## {name}", "", "| column | what | unit | meaning |", "|---|---|---|---|")
            for field in fields:
                told = (f"`{field.name}`", *map(_cell, (field.label, field.unit, field.meaning)))
                yield f"| {' | '.join(told)} |"


def _cell(text: str) -> str:
    """Return a text as it stands in a table of Markdown, in which nothing of it is markup."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", " ".join(text.split()))


def shown_lines(lines: Iterator[str]) -> str:
    """Return lines of text, without what may not be shown."""
    return "".join(f"{shown(line)}\n" for line in lines)


def _plain_name(name: str) -> str:
    """Return a name of small letters, digits, points, dashes and underscores."""
    return re.sub("[^a-z0-9._-]+", "-", name.lower()).strip("-")
