"""A sweep: one scenario with some of its knobs at many values, all on the same luck."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import product
from typing import Any

import numpy as np

from sim.engine.draws import Floats
from sim.ensemble.run import Plan, run_ensemble
from sim.ensemble.workers import ALONE, Pool, shared
from sim.model.endings import FAILED
from sim.model.outcomes import SECTIONS
from sim.results.columns import sweep_columns
from sim.results.frames import Tabular
from sim.results.identity import about_identity, as_run, identity_of, varied_in_words
from sim.results.manifest import StoreError, SweepManifest, VariedKnob
from sim.results.parts import Parts
from sim.results.place import Place
from sim.results.read import Folder
from sim.results.reading import rows_of
from sim.results.store import what_is_run
from sim.results.summary import Row, as_dicts, only_summarised, row_of, summarise
from sim.results.tables import csv_of, with_scenario
from sim.scenario import Scenario, ScenarioHead
from sim.studies.condition import outcome_of, refuse_unknown
from sim.studies.design import Varied, as_value

# judgement: trying a value takes a hundredth of a second.
MOST_TRIED = 200


@dataclass(frozen=True, repr=False)
class Sweep(Tabular):
    """The results of a sweep.

    Attributes
    ----------
    scenario : Scenario
        As it is.
    plan : Plan
        Of every point.
    knobs : list of Varied
    design : str
    points : list of tuple of str
        The values of the knobs, as written.
    summaries : list of list of Row
        What came out at each point.
    asked : tuple of str
        The outcomes that were asked for.
    """

    scenario: Scenario[ScenarioHead]
    plan: Plan
    knobs: list[Varied]
    design: str
    points: list[tuple[str, ...]]
    summaries: list[list[Row]]
    asked: tuple[str, ...] = ()

    def __repr__(self) -> str:
        over = varied_in_words([knob.path for knob in self.knobs], self.points, self.design)
        made = identity_of(self.scenario, self.plan)
        return f"<Sweep: {made.briefly}, {over}, {self.plan.replications:,} histories each>"

    def row(self, point: int, outcome: str) -> Row | None:
        """Return an outcome at a point, or None where no history of the point has it."""
        return next((row for row in self.summaries[point] if row.id == outcome), None)

    def failed(self) -> dict[str, int]:
        """Return how many histories went wrong in Parley, by what was set at the points at which some did."""
        found = {}
        for place, point in enumerate(self.points):
            row = self.row(place, FAILED)
            if row is not None and row.share:
                at = " ".join(f"{knob.path}={value}" for knob, value in zip(self.knobs, point, strict=True))
                found[f"at {at}"] = round(row.share * self.plan.replications)
        return found

    @property
    def of_scenario(self) -> str:
        """The name of its scenario, with what was set."""
        return identity_of(self.scenario, self.plan).label

    @property
    def is_grid(self) -> bool:
        """Whether every value of each of two knobs meets every value of the other."""
        if len(self.knobs) != 2 or self.design != "grid":
            return False
        return {*self.points} == {*product(*map(dict.fromkeys, zip(*self.points, strict=True)))}

    def known(self, outcome: str) -> list[Row]:
        """Return the rows of an outcome, of the points at which some history has it."""
        return [row for place in range(len(self.points)) if (row := self.row(place, outcome)) is not None]

    def column(self, outcome: str, name: str = "value") -> Floats:
        """Return share or mean of an outcome at all points, or a bound of its interval, (points,); NaN where none is."""
        rows = [self.row(place, outcome) for place in range(len(self.points))]
        found = [None if row is None else getattr(row, name) for row in rows]
        return np.array([np.nan if value is None else value for value in found], dtype=np.float64)

    def manifest(self) -> SweepManifest:
        """Return what its folder says of it."""
        plan = self.plan
        return SweepManifest(
            **about_identity(self.scenario, plan), replications=plan.replications, design=self.design,
            knobs=[VariedKnob(**asdict(knob) | {"values": list(knob.values)}) for knob in self.knobs],
            points=[list(point) for point in self.points], outcomes=list(self.asked), failed=sum(self.failed().values()),
        )  # fmt: skip

    def write(self, place: Place) -> None:
        """Write it to its place; errors as in `Place.write`."""
        scenario = as_run(self.scenario, self.plan.days).to_yaml()
        table = with_scenario(csv_of(self.as_dicts()), self.of_scenario)
        files = {"sweep.csv": table.encode(), "scenario.yaml": scenario.encode()}
        place.write(files, self.manifest(), of=self.scenario)

    @classmethod
    def read(cls, found: Folder) -> Sweep:
        """Return the sweep in a folder that was read.

        Raises
        ------
        StoreError
            When the folder is none of a sweep, or its table is not of its points.
        """
        manifest = found.manifest
        if not isinstance(manifest, SweepManifest):
            raise StoreError(f"{found.path} holds no sweep")
        points = [tuple(point) for point in manifest.points]
        knobs = [Varied(knob.path, tuple(knob.values), knob.low, knob.high) for knob in manifest.knobs]
        paths = [knob.path for knob in knobs]
        if any(len(point) != len(paths) for point in points) or len(set(paths)) < len(paths):
            raise StoreError(f"{found.path}/manifest.json: its points have not one value for each of its knobs")
        table = found.table("sweep.csv", sweep_columns(paths))
        table.one_of("section", (*SECTIONS, "asked"))
        at = [int(place) for place in table["point"].tolist()]
        summaries: list[dict[str, Row]] = [{} for _ in points]
        for place, (point, row) in enumerate(zip(at, rows_of(table), strict=True)):
            if point not in range(len(points)) or (place and at[place - 1] > point) or row.id in summaries[point]:
                raise table.wrong(
                    place, f"point {point} with {row.id} is none of the sweep, out of its order or there twice"
                )
            if any(str(as_value(value)) != table[path][place] for path, value in zip(paths, points[point], strict=True)):
                raise table.wrong(place, f"its knobs are not those of point {point}")
            summaries[point][row.id] = row
        if not all(summaries):
            raise StoreError(f"{table.path} has not a row for each of its {len(points):,} points")
        plan = Plan(manifest.replications, manifest.seed, manifest.days, series=False)
        rows = [list(one.values()) for one in summaries]
        return cls(found.scenario(), plan, knobs, manifest.design, points, rows, tuple(manifest.outcomes))

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return one dictionary a point and outcome: the point, the value of every knob, and the row of the summary."""
        shown = [field.name for field in fields(Row)]
        paths = [knob.path for knob in self.knobs]
        return [
            {
                "point": place,
                **dict(zip(paths, map(as_value, point), strict=True)),
                **{name: getattr(row, name) for name in shown},
            }
            for place, (point, rows) in enumerate(zip(self.points, self.summaries, strict=True))
            for row in rows
        ]


@dataclass(frozen=True)
class _Point:
    """What a worker is to do: a scenario with its knobs set, and which outcomes beyond the summary are asked for."""

    scenario: Scenario[ScenarioHead]
    settings: list[str]
    plan: Plan
    outcomes: tuple[str, ...]
    name: str
    parts: Parts | None


def sweep(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    knobs: Sequence[Varied],
    points: Sequence[tuple[str, ...]],
    design: str = "grid",
    *,
    outcomes: Sequence[str] = (),
    pool: Pool = ALONE,
    parts: Parts | None = None,
    progress: Callable[[int], None] = lambda done: None,
    note: Callable[[str], None] = lambda text: None,
) -> Sweep:
    """Run a scenario at every point of a design.

    Parameters
    ----------
    scenario : Scenario
    plan : Plan
        Of every point.
    knobs : sequence of Varied
    points : sequence of tuple of str
        See `lay_out`.
    design : str
    outcomes : sequence of str
        What is asked for, if it may not be in the summary.
    pool : Pool
        Who shares the points.
    parts : Parts, optional
        Where finished points are kept; those that are there are not run again.
    progress : callable
        Called with the number of points done.
    note : callable
        Called with what the user should know, in words.

    Raises
    ------
    ScenarioError
        When a knob cannot take a value; nothing is run then, unless it is only some values together that cannot be.
    ConditionError
        When there is no such outcome; nothing is run then.
    """
    _check(scenario, plan, knobs, points, outcomes)
    plan = replace(plan, asked=tuple(outcomes))
    names = [part_name(place) for place in range(len(points))]
    if parts is not None:
        parts.begin()
    kept = [parts.read(name) if parts is not None else None for name in names]
    summaries: list[list[Row]] = [[Row(**row) for row in json.loads(text)] if text else [] for text in kept]
    missing = [place for place, text in enumerate(kept) if not text]
    done = len(points) - len(missing)
    if done:
        note(f"{done:,} of {len(points):,} points were there already, from a sweep that was interrupted")
    progress(done)
    tasks = (
        _Point(scenario, _settings(knobs, points[place]), plan, tuple(outcomes), names[place], parts) for place in missing
    )
    for at, rows in shared(_run_point, tasks, pool):
        summaries[missing[at]] = rows
        done += 1
        progress(done)
    return Sweep(scenario, plan, list(knobs), design, list(points), summaries, tuple(outcomes))


def _settings(knobs: Sequence[Varied], point: tuple[str, ...]) -> list[str]:
    return [f"{knob.path}={value}" for knob, value in zip(knobs, point, strict=True)]


def _check(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    knobs: Sequence[Varied],
    points: Sequence[tuple[str, ...]],
    outcomes: Sequence[str],
) -> None:
    """Try each value of each knob alone, or the ends of many, and each outcome on two histories."""
    for column, knob in enumerate(knobs):
        values = list(dict.fromkeys(point[column] for point in points))
        if knob.low is not None and len(values) > MOST_TRIED:
            values = [min(values, key=float), max(values, key=float)]
        for value in values:
            scenario.with_settings([f"{knob.path}={value}"], "--vary")
    refuse_unknown(scenario.with_settings(_settings(knobs, points[0]), "--vary"), plan, outcomes, summarised=True)


def part_name(place: int) -> str:
    """Return the name under which a point is kept."""
    return f"point-{place:06}.json"


def _run_point(point: _Point) -> list[Row]:
    scenario = point.scenario.with_settings(point.settings, "--vary")
    ensemble = run_ensemble(scenario, point.plan)
    rows = summarise(ensemble)
    known = {row.id for row in rows}
    rows += [
        row_of(scenario, name, outcome_of(scenario, ensemble.outcomes, name))
        for name in point.outcomes
        if name not in known and not only_summarised(name)
    ]
    if point.parts is not None:
        point.parts.write(point.name, json.dumps(as_dicts(rows)).encode())
    return rows


def about(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    knobs: Sequence[Varied],
    points: Sequence[tuple[str, ...]],
    outcomes: Sequence[str] = (),
) -> dict[str, Any]:
    """Return all that the results of a sweep depend on."""
    return {
        **what_is_run(scenario, plan),
        "knobs": [asdict(knob) for knob in knobs],
        "points": [list(point) for point in points],
        "outcomes": list(outcomes),
    }
