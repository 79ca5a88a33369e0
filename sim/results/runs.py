"""A run as results see it: what was assumed, what came out of every history, and its summary, from memory or from disk."""

from __future__ import annotations

import shutil
import weakref
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import __version__
from sim.engine.calendar import Calendar, Every
from sim.engine.draws import Floats
from sim.ensemble.run import Plan, Unscripted, horizon_days, path_days, run_ensemble
from sim.gate import shown
from sim.model.endings import FAILED
from sim.results.bands import OfDraws
from sim.results.columns import SERIES, drawn_paths, path_fields, path_name
from sim.results.frames import Rows, Tabular, UnknownOutcome
from sim.results.identity import Identity, as_run, identity_of, identity_over
from sim.results.ledger import Entry, entries
from sim.results.manifest import RunManifest, StoreError
from sim.results.precedents import Precedent, precedents
from sim.results.read import SCENARIO, Folder, read_folder
from sim.results.reading import read_ledger, read_lucks, read_outcomes, read_paths, read_summary
from sim.results.summary import Row, as_dicts, summarise
from sim.results.values import names_of, values_of
from sim.scenario import Scenario, ScenarioHead, followers

if TYPE_CHECKING:
    import pandas

    from sim.ensemble.run import Ensemble


class Luck(NamedTuple):
    """What runs must have in common for histories of the same number to be pairs, with what a run is called."""

    name: str
    days: int
    seed: int
    version: str
    start: date


@dataclass(frozen=True, repr=False)
class Run(Tabular):
    """The results of one scenario.

    Attributes
    ----------
    name : str
        For tables of data: that of the scenario, with what was set.
    scenario : Scenario
        With the horizon that was run.
    seed, replications, days : int
    version : str
        Of Parley.
    outcomes : dict of str to (n,) array
        One value a history, in the order of the histories; NaN where it does not apply.
    drawn : dict of str to (n,) array
        The uncertain parameters, by path.
    summary : list of Row
    ledger : list of Entry
        The rows of `ledger.csv`; none where no one negotiates, or too shortly for it.
    draws : OfDraws or None
        What other lucks made of some of the assumptions; None where none was run.
    mark : str
        What tells it from those that it stands beside and is called like; nothing if there are none.
    folder : Path, optional
        Where it was read from.
    unscripted : tuple of Unscripted
        The rows of `unscripted.csv`; none where nothing is scripted.
    """

    name: str
    scenario: Scenario[ScenarioHead]
    seed: int
    replications: int
    days: int
    version: str
    outcomes: Mapping[str, NDArray[Any]]
    drawn: Mapping[str, Floats]
    summary: list[Row]
    ledger: list[Entry] = field(default_factory=list)
    draws: OfDraws | None = None
    mark: str = ""
    folder: Path | None = None
    unscripted: tuple[Unscripted, ...] = ()

    @classmethod
    def of(cls, ensemble: Ensemble) -> Run:
        """Return the run that an ensemble is."""
        plan = ensemble.plan
        name, scenario = identity_of(ensemble.scenario, plan).label, as_run(ensemble.scenario, plan.days)
        return cls(
            name, scenario, plan.seed, len(ensemble.numbers), plan.days, __version__,
            ensemble.outcomes, ensemble.drawn, summarise(ensemble), list(entries(ensemble)),
            OfDraws.of(ensemble.outcomes, ensemble.further, ensemble.lucks),
            unscripted=ensemble.unscripted,
        )  # fmt: skip

    @property
    def luck(self) -> Luck:
        """What makes pairs of its histories and those of another."""
        return Luck(self.name, self.days, self.seed, self.version, self.scenario.world.start_date)

    @property
    def parameters(self) -> dict[str, Floats]:
        """Those drawn with a luck of their own: what is tied to another of them (see `sim.scenario.ties`) says no more."""
        others = followers(self.drawn, self.scenario.world.correlations)
        return {path: values for path, values in self.drawn.items() if path not in others}

    @classmethod
    def read(cls, folder: Path) -> Run:
        """Read a run that `parley run` wrote.

        Raises
        ------
        StoreError
            When it is none, is incomplete, was changed since, or was written by a version whose scenario cannot be read now.
        """
        return cls.of_folder(read_folder(folder))

    @classmethod
    def of_folder(cls, found: Folder) -> Run:
        """Return the run in a folder that was read; errors as in `read`."""
        manifest = found.manifest
        if not isinstance(manifest, RunManifest):
            raise StoreError(f"{found.path} holds no run, but something made of runs")
        # That module looks at the outcomes of runs.
        from sim.results.unscripted import read_unscripted

        scenario = found.scenario()
        if horizon_days(scenario) != manifest.days:
            raise StoreError(
                f"{found.path / SCENARIO} is not of the {manifest.days:,} days that were run; run it again with --force"
            )
        columns = read_outcomes(found, scenario, manifest)
        del columns["replication"]
        name = identity_over(scenario, manifest.days, manifest.seed).label
        drawn = {path: columns.pop(path) for path in drawn_paths(scenario)}
        return cls(
            name, scenario, manifest.seed, manifest.replications, manifest.days, manifest.parley, columns, drawn,
            read_summary(found, columns), read_ledger(found, scenario, manifest, columns),
            OfDraws.of(columns, *read_lucks(found, scenario, manifest)), folder=found.path,
            unscripted=read_unscripted(found, scenario, manifest.replications),
        )  # fmt: skip

    @property
    def identity(self) -> Identity:
        """What run this is."""
        return identity_over(self.scenario, self.days, self.seed)

    @property
    def failed(self) -> int:
        """How many of its histories went wrong in Parley."""
        return int(np.count_nonzero(self.outcomes["ending"] == FAILED))

    @property
    def called(self) -> str:
        """What it is called in sentences, legends and heads of tables."""
        return f"{self.identity.called}{self.mark}"

    def about(self) -> dict[str, Any]:
        """Return what makes the run repeatable, as plain values."""
        return {"name": self.name, **self.identity.about(self.replications), "days": self.days, "parley": self.version}

    def __repr__(self) -> str:
        failed = f", {self.failed:,} of them failed" if self.failed else ""
        return (
            f"<Run: {self.identity.marked}, {self.replications:,} histories of {self.days:,} days, seed {self.seed}{failed}>"
        )

    @cached_property
    def kept(self) -> Folder:
        """Its tables: those of its folder, or, of a run in memory, of the same histories run again, while it is there."""
        if self.folder is not None:
            return read_folder(self.folder)
        # That module writes runs, and so knows what they are.
        from sim.results.chunks import run_into

        there = Path(mkdtemp(prefix="parley-"))
        weakref.finalize(self, shutil.rmtree, there, ignore_errors=True)
        plan = Plan(self.replications, self.seed, self.days)
        with run_into(there / "run", self.scenario, plan, as_text=lambda *_: ""):
            return read_folder(there / "run")

    @cached_property
    def series(self) -> Rows:
        """The course of the war, as in `series.csv`: mean and quantiles by day, field, and side or backer."""
        return Rows("rows of series", list(self.kept.table("series.csv", SERIES).dicts()), self.name)

    def paths(self, field: str, of: str = "", every: Every = "month") -> tuple[list[date], Floats]:
        """Return how each history of the run stands on the first of every month, or every week from the start.

        They are those of its folder, where it was run with such `--paths`; else the histories are run again.

        Parameters
        ----------
        field : str
            As in `paths.csv`: `at_war`, or a field of `series.csv`.
        of : str
            The side, backer or party, where the field has them.
        every : {"month", "week"}

        Returns
        -------
        dates : list of date
            The first is the start, the last the horizon; what is told of a date is how things stand when it begins.
        values : (dates, n) array
            NaN of a history that failed, and where a history has none. `numpy.diff(values, axis=0)` are the increments.

        Raises
        ------
        ValueError
            When there is no such field, or every is neither.
        """
        known = path_fields(self.scenario)
        plan = Plan(self.replications, self.seed, self.days, series=False, why=False, paths=every)
        if (field, of) not in known:
            some = ", ".join(path_name(*one) for one in known)
            raise ValueError(f"there are no paths of {path_name(field, of)}, but of: {some}")
        days, calendar = (
            path_days(self.scenario.world.start_date, self.days, every),
            Calendar(self.scenario.world.start_date),
        )
        if self.paths_kept == every:
            found = self.kept_paths([(field, of)])[field, of]
        else:
            again = run_ensemble(self.scenario, plan)
            found = again.paths[list(again.path_columns).index((field, of))]
        return [calendar.date_of(day) for day in days], np.where(np.isfinite(found), found, np.nan)

    @cached_property
    def paths_kept(self) -> Every | None:
        """How often its folder has the paths of its histories; None without them, and of a run in memory."""
        found = self.kept.manifest if self.folder is not None else None
        return found.paths if isinstance(found, RunManifest) else None

    def kept_paths(self, fields: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Floats]:
        """Return how histories stand by field and row, as its folder has it; see `sim.results.reading.read_paths`."""
        assert isinstance(self.kept.manifest, RunManifest), "a run was read from there"
        return read_paths(self.kept, self.scenario, self.kept.manifest, fields)

    @property
    def precedents(self) -> list[Precedent]:
        """How other wars, truces and talks went that were like this, beside its shares; no forecast."""
        return precedents(self.scenario, self.days, {row.id for row in self.summary})

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return the summary; `to_pandas` has a row a history instead."""
        return as_dicts(self.summary)

    def to_pandas(self) -> pandas.DataFrame:
        """Return one row a history, as in `outcomes.csv`, behind its scenario: what happened, then the drawn parameters.

        Raises
        ------
        ImportError
            When pandas is not installed.
        """
        import pandas

        return self._with_scenario(pandas.DataFrame({**self.outcomes, **self.drawn}).rename_axis("replication"))

    @property
    def of_scenario(self) -> str:
        """Its name."""
        return self.name

    def column(self, outcome: str) -> Floats:
        """Return the values of an outcome as numbers, (n,): of an ending, a term or a cause 1 or 0.

        Parameters
        ----------
        outcome : str
            A column of numbers, the name of an ending, or `column:value`, as in `terms_security:bare_truce` (NaN in
            histories without a deal) or `collapse_cause:imposed`. Of another time as in `casualties_attacker[12..24]` or
            `war_goes_on@first_deal`, if the run was asked for it.

        Raises
        ------
        UnknownOutcome
            When there is no such outcome; a KeyError.
        OutcomeError
            When it cannot be asked of that time, or the run was not.
        """
        try:
            return values_of(self.scenario, self.outcomes, outcome, self.days)
        except KeyError as error:
            raise UnknownOutcome(outcome, self.known_outcomes()) from error

    def endings(self) -> list[str]:
        """Return the endings that a history of this scenario can have."""
        return [row.id for row in self.summary if row.section == "endings"]

    def known_outcomes(self) -> list[str]:
        """Return the names that `column` takes."""
        return names_of(self.scenario, self.outcomes)


class Runs(tuple[Run, ...], Tabular):
    """Several runs, in the order in which they were asked for, under names that differ."""

    def __new__(cls, runs: Iterable[Run]) -> Runs:
        """Return these runs."""
        return super().__new__(cls, tuple(runs))

    def __repr__(self) -> str:
        return f"<Runs: {', '.join(run.identity.marked for run in self)}>"

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return the rows of their summaries, each with the name of its scenario."""
        return [{"scenario": run.name, **row} for run in self for row in run.as_dicts()]

    def to_pandas(self) -> pandas.DataFrame:
        """Return their histories, one row each, under one another: scenario, replication, what happened, what was drawn.

        Raises
        ------
        ImportError
            When pandas is not installed.
        """
        import pandas

        stacked = pandas.concat([run.to_pandas().reset_index() for run in self], ignore_index=True)
        return stacked[["scenario", *stacked.columns.drop("scenario")]]


def told_apart(runs: Sequence[Run], asked: Sequence[str]) -> list[Run]:
    """Return runs under names that differ: two of one scenario go by what they were asked for with."""
    known = Counter(run.name for run in runs)
    names = [name if known[run.name] > 1 else run.name for run, name in zip(runs, asked, strict=True)]
    if len(set(names)) < len(names):
        # One was asked for by the name of another's scenario, or twice.
        names = [f"{name} ({place})" for place, name in enumerate(asked, start=1)]
    return [replace(run, name=shown(name)) for run, name in zip(runs, names, strict=True)]


def called_apart(runs: Sequence[Run]) -> list[Run]:
    """Return runs that are each called otherwise, as `marks` tells apart those that are called the same."""
    apart = marks([run.called for run in runs], [run.scenario for run in runs])
    # The others stay the same objects, by which it is seen that they are one run.
    return [replace(run, mark=mark) if mark else run for run, mark in zip(runs, apart, strict=True)]


def marks(called: Sequence[str], scenarios: Sequence[Scenario[ScenarioHead]]) -> list[str]:
    """Return what to write behind what runs are called: file, title or place of those that are called alike, or nothing.

    It is the first of these in which all of them differ.
    """
    ways = [[one.name for one in scenarios], [one.world.title for one in scenarios]]
    found = []
    for at, one in enumerate(called):
        alike = [other for other, name in enumerate(called) if name == one]
        own = next((way[at] for way in ways if len({way[other] for other in alike}) == len(alike)), None)
        found.append("" if len(alike) == 1 else f", run {at + 1}" if own is None else f" ({own})")
    return found
