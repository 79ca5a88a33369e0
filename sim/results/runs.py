"""A run as results see it: what was assumed, what came out of every history, and its summary, from memory or from disk."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim import __version__
from sim.engine.draws import Floats
from sim.ensemble.outcomes import ENDINGS, FAILED
from sim.model import WarScenario, section
from sim.model.ceasefire import CAUSES
from sim.model.talks import Talks
from sim.results import parquet
from sim.results.frames import Tabular
from sim.results.manifest import Manifest, RunManifest
from sim.results.store import StoreError, read_run
from sim.results.summary import Row, as_dicts, summarise
from sim.results.tables import as_it_was
from sim.scenario import Scenario, ScenarioError, ScenarioHead, load_scenario

if TYPE_CHECKING:
    import pandas

    from sim.ensemble.run import Ensemble

# Whatever has no number is text.
TEXT_COLUMNS = ("ending", "collapse_cause")


@dataclass(frozen=True, repr=False)
class Run(Tabular):
    """The results of one scenario.

    Attributes
    ----------
    name : str
        Of the scenario.
    scenario : Scenario
    seed, replications, days : int
    version : str
        Of Parley.
    outcomes : dict of str to (n,) array
        One value a history, in the order of the histories; NaN where it does not apply.
    drawn : dict of str to (n,) array
        The uncertain parameters, by path.
    summary : list of Row
    ledger : list of dict
        The rows of `ledger.csv`, where the run was read from a folder that has it.
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
    ledger: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, ensemble: Ensemble) -> Run:
        """Return the run that an ensemble is."""
        plan = ensemble.plan
        return cls(
            ensemble.scenario.name, ensemble.scenario, plan.seed, len(ensemble.numbers), plan.days, __version__,
            ensemble.outcomes, ensemble.drawn, summarise(ensemble),
        )  # fmt: skip

    @classmethod
    def read(cls, folder: Path) -> Run:
        """Read a run that `parley run` wrote.

        Raises
        ------
        StoreError
            When it is none, is incomplete, was changed since, or was written by a version whose scenario cannot be read now.
        """
        return cls.from_tables(folder, *read_run(folder))

    @classmethod
    def from_tables(cls, folder: Path, manifest: Manifest, tables: Mapping[str, str]) -> Run:
        """Return the run of a manifest and tables that were read from a folder; errors as in `read`."""
        if not isinstance(manifest, RunManifest):
            raise StoreError(f"{folder} holds no run, but something made of runs")
        name, version = manifest.scenario, manifest.parley
        seed, replications, days = manifest.seed, manifest.replications, manifest.days
        try:
            scenario: Scenario[ScenarioHead] = load_scenario(folder / "scenario.yaml", WarScenario)
        except ScenarioError as error:
            raise StoreError(
                f"{folder / 'scenario.yaml'} cannot be read by this version ({__version__}; it was written by {version}); "
                f"run it again. First problem: {error.problems[0]}"
            ) from error
        if parquet.NAME in manifest.sha256:
            columns = parquet.read(folder / parquet.NAME)
        else:
            columns = read_columns(tables["outcomes.csv"], folder / "outcomes.csv")
        if len(columns["replication"]) != replications:
            raise StoreError(f"{folder} has not one row for each of its replications; run it again")
        del columns["replication"]
        outcomes = {name: values for name, values in columns.items() if "." not in name}
        drawn = {name: values for name, values in columns.items() if "." in name}
        ledger = list(csv.DictReader(io.StringIO(tables.get("ledger.csv", ""))))
        summary = read_summary(tables["summary.csv"])
        # The file is called scenario.yaml, whatever the scenario is called.
        scenario = replace(scenario, name=name)
        return cls(name, scenario, seed, replications, days, version, outcomes, drawn, summary, ledger)

    def __repr__(self) -> str:
        return f"<Run: {self.name}, {self.replications:,} histories of {self.days:,} days, seed {self.seed}>"

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return the summary; `to_pandas` has a row a history instead."""
        return as_dicts(self.summary)

    def to_pandas(self) -> pandas.DataFrame:
        """Return one row a history, as in `outcomes.csv`: what happened, then the drawn parameters.

        Raises
        ------
        ImportError
            When pandas is not installed.
        """
        import pandas

        return pandas.DataFrame({**self.outcomes, **self.drawn}).rename_axis("replication")

    def column(self, outcome: str) -> Floats:
        """Return the values of an outcome as numbers, (n,): of an ending, a term or a cause 1 or 0.

        Parameters
        ----------
        outcome : str
            A column of numbers, the name of an ending, or `column:value`, as in `terms_security:bare_truce` (NaN in
            histories without a deal) or `collapse_cause:imposed`.

        Raises
        ------
        KeyError
            With the outcomes that there are.
        """
        return values_of(self.scenario, self.outcomes, outcome)

    def endings(self) -> list[str]:
        """Return the endings that a history of this scenario can have."""
        return [row.id for row in self.summary if row.section == "endings"]

    def known_outcomes(self) -> list[str]:
        """Return the names that `column` takes."""
        return names_of(self.scenario, self.outcomes)


def told_apart(runs: Sequence[Run], asked: Sequence[str]) -> list[Run]:
    """Return runs under names that differ: two of one scenario go by what they were asked for with."""
    known = Counter(run.name for run in runs)
    names = [name if known[run.name] > 1 else run.name for run, name in zip(runs, asked, strict=True)]
    if len(set(names)) < len(names):
        # One was asked for by the name of another's scenario, or twice.
        names = [f"{name} ({place})" for place, name in enumerate(asked, start=1)]
    return [replace(run, name=name) for run, name in zip(runs, names, strict=True)]


def values_of(scenario: Scenario[Any], outcomes: Mapping[str, NDArray[Any]], outcome: str) -> Floats:
    """Return the values of an outcome among the columns of a run; see `Run.column`."""
    column, colon, value = outcome.partition(":")
    choices = choices_of(scenario)
    # Of what failed nothing is known, but that it did.
    ran = outcomes["ending"] != FAILED
    if colon:
        if column not in outcomes or value not in choices.get(column, ()):
            raise KeyError(outcome)
        held = outcomes[column]
        holds: Floats = np.where((held != "") & (ran | (value == FAILED)), (held == value).astype(np.float64), np.nan)
        return holds
    if outcome in choices["ending"]:
        ended: Floats = np.where(ran | (outcome == FAILED), (outcomes["ending"] == outcome).astype(np.float64), np.nan)
        return ended
    if outcome not in outcomes or outcome in choices:
        raise KeyError(outcome)
    return np.asarray(outcomes[outcome], dtype=np.float64)


def choices_of(scenario: Scenario[Any]) -> dict[str, tuple[str, ...]]:
    """Return the columns of text, and which values they can have."""
    negotiation = section(scenario, Talks)
    issues = negotiation.issues if negotiation is not None else ()
    terms = {f"terms_{issue.id}": tuple(option.id for option in issue.options) for issue in issues}
    return {"ending": (*ENDINGS, FAILED), "collapse_cause": CAUSES, **terms}


def names_of(scenario: Scenario[Any], outcomes: Collection[str]) -> list[str]:
    """Return the names that `values_of` takes."""
    choices = choices_of(scenario)
    named = [f"{column}:{value}" for column, values in choices.items() if column in outcomes for value in values]
    return [*choices["ending"], *(name for name in outcomes if name not in choices), *named]


def read_columns(text: str, path: Path) -> dict[str, NDArray[Any]]:
    """Return the columns of a table of histories, as numbers where all are numbers.

    Raises
    ------
    StoreError
        When rows have not as many cells as the header, or a column of numbers holds something else.
    """
    lines = text.splitlines()
    header = lines[0].split(",") if lines else []
    # No cell of this table is ever quoted; so this is right, and five times as fast as the csv module.
    rows = [line.split(",") for line in lines[1:]]
    if not rows or any(len(row) != len(header) for row in rows):
        raise StoreError(f"{path} is not a whole table: its rows and its header differ in length")
    found: dict[str, NDArray[Any]] = {}
    for name, cells in zip(header, zip(*rows, strict=True), strict=True):
        if name in TEXT_COLUMNS or name.startswith("terms_"):
            found[name] = np.asarray(cells)
            continue
        try:
            found[name] = np.array([float(cell) if cell else np.nan for cell in cells])
        except ValueError as error:
            raise StoreError(f"{path}: column {name} holds something that is no number") from error
    return found


def read_summary(text: str) -> list[Row]:
    """Return the rows of a summary; how tables scale and round them is not kept."""
    rows = []
    known = {field.name: field.type for field in fields(Row)}
    for cells in csv.DictReader(io.StringIO(text)):
        values: dict[str, Any] = {}
        for name, cell in cells.items():
            if name in ("section", "id", "label", "unit"):
                values[name] = as_it_was(cell)
            elif name in known:
                values[name] = int(cell) if name in ("n", "total") else float(cell) if cell else None
        rows.append(Row(**values))
    return rows
