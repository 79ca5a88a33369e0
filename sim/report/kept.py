"""What a page is made from: the folder of a run, its tables as arrays, and one history told again."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sim.engine.calendar import Calendar
from sim.engine.draws import Floats
from sim.ensemble.run import Ensemble
from sim.report.parts import shortened
from sim.results.explain import retold, which_history
from sim.results.manifest import Manifest
from sim.results.names import Names
from sim.results.runs import Run

QUANTILES = ("p05", "p25", "p50", "p75", "p95")


class Course(NamedTuple):
    """A curve of `survival.csv`; the share is constant until the next day."""

    days: Floats
    at_risk: Floats
    share: Floats
    low: Floats
    high: Floats

    def at(self, day: float) -> int:
        """Return the place of the last change until a day; -1 before the first."""
        return int(np.searchsorted(self.days, day, side="right")) - 1


Fan = Mapping[str, Floats]
"""A field of `series.csv`: its quantiles on the days of the series, by their names there."""


class Story(NamedTuple):
    """One history, told again."""

    replication: int
    chosen: str
    history: Ensemble


@dataclass(frozen=True)
class Kept:
    """A run with its tables.

    Attributes
    ----------
    folder : Path
    run : Run
    manifest : Manifest
    days : list of int
        Of the series.
    fans : dict of (field, of) to Fan
    courses : dict of (curve, of) to Course
    """

    folder: Path
    run: Run
    manifest: Manifest
    days: list[int]
    fans: dict[tuple[str, str], Fan]
    courses: dict[tuple[str, str], Course]

    @classmethod
    def of(cls, folder: Path, manifest: Manifest, tables: Mapping[str, str]) -> Kept:
        """Return the run of a manifest and tables that were read from a folder.

        Raises
        ------
        StoreError
            When its scenario or its table of histories cannot be read.
        """
        run = Run.from_tables(folder, manifest, tables)
        days, fans = _fans(tables["series.csv"])
        return cls(folder, run, manifest, days, fans, _courses(tables["survival.csv"]))

    @cached_property
    def names(self) -> Names:
        """The names in its scenario."""
        return Names(self.run.scenario)

    @cached_property
    def short_names(self) -> Names:
        """The same with short names of the sides, for figures."""
        names = Names(self.run.scenario)
        names.sides = {side: shortened(name) for side, name in names.sides.items()}
        return names

    @cached_property
    def calendar(self) -> Calendar:
        """The calendar of its scenario."""
        return Calendar(self.run.scenario.world.start_date)

    @property
    def end(self) -> date:
        """The date of the horizon."""
        return self.calendar.date_of(self.run.days)

    @property
    def source(self) -> str:
        """The line below a figure: what made it, and what it is not."""
        return source_line(self.run)

    def story(self, replication: int | None = None, ending: str | None = None) -> Story:
        """Return a history told again: the one asked for, or one typical of an ending."""
        number, chosen = which_history(self.run, replication, ending)
        return Story(number, chosen, retold(self.run, self.folder, number))


def source_line(*runs: Run) -> str:
    """Return the line below a figure: version, scenarios, seed and size."""
    first = runs[0]
    names = ", ".join(run.name for run in runs[:3]) + (f" and {len(runs) - 3} more" if len(runs) > 3 else "")
    seeds = ", ".join(dict.fromkeys(str(run.seed) for run in runs))
    return (
        f"Parley {first.version} · {names} · seed {seeds} · {min(run.replications for run in runs):,} histories · "
        "a stylised model, not a forecast"
    )


def _fans(text: str) -> tuple[list[int], dict[tuple[str, str], Fan]]:
    rows = list(csv.DictReader(io.StringIO(text)))
    days = sorted({int(row["day"]) for row in rows})
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows:
        found.setdefault((row["field"], row["of"]), []).append(row)
    return days, {key: {name: _column(mine, name) for name in QUANTILES} for key, mine in found.items()}


def _courses(text: str) -> dict[tuple[str, str], Course]:
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        found.setdefault((row["curve"], row["of"]), []).append(row)
    names = ("day", "at_risk", "share", "low", "high")
    return {key: Course(*(_column(mine, name) for name in names)) for key, mine in found.items()}


def _column(rows: list[dict[str, str]], name: str) -> Floats:
    return np.array([float(row[name]) if row[name] else np.nan for row in rows])
