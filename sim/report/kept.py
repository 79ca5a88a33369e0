"""What a page is made from: the folder of a run, its tables as arrays, and one history told again."""

from __future__ import annotations

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
from sim.results.history import retold, which_history
from sim.results.manifest import Manifest
from sim.results.names import Names
from sim.results.read import Folder
from sim.results.reading import read_series, read_standing, read_survival
from sim.results.runs import Run


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
        Of the series, and of where histories stand.
    standing : dict of str to (days,) array
        How many histories stand how, by ending.
    fans : dict of (field, of) to Fan
    courses : dict of (curve, of) to Course
    """

    folder: Path
    run: Run
    manifest: Manifest
    days: list[int]
    standing: Mapping[str, Floats]
    fans: Mapping[tuple[str, str], Fan]
    courses: dict[tuple[str, str], Course]

    @classmethod
    def of(cls, found: Folder) -> Kept:
        """Return the run in a folder that was read.

        Raises
        ------
        StoreError
            When one of its tables is not what it should be.
        """
        run = Run.of_folder(found)
        days, fans = read_series(found, run.scenario, run.days)
        standing = read_standing(found, run.scenario, run.outcomes, run.days)
        curves = read_survival(found, run.scenario, run.outcomes, run.days)
        return cls(
            found.path,
            run,
            found.manifest,
            days,
            standing,
            fans,
            {key: Course(*curve.values()) for key, curve in curves.items()},
        )

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
    names = ", ".join(run.identity.cited for run in runs[:3]) + (f" and {len(runs) - 3} more" if len(runs) > 3 else "")
    span = f" · {first.identity.days}" if any(run.identity.span for run in runs) else ""
    seeds = ", ".join(dict.fromkeys(str(run.seed) for run in runs))
    fewest = min(run.replications for run in runs)
    return (
        f"Parley {first.version} · {names}{span} · seed {seeds} · {fewest:,} {'history' if fewest == 1 else 'histories'} · "
        "a stylised model, not a forecast"
    )
