"""A sweep: one scenario with some of its knobs at many values, all on the same luck."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sim import __version__
from sim.ensemble.run import Plan, run_ensemble
from sim.ensemble.workers import ALONE, Pool, shared
from sim.results.frames import Tabular
from sim.results.parts import Parts
from sim.results.summary import Row, as_dicts, summarise
from sim.scenario import Scenario, ScenarioHead
from sim.scenario.wording import did_you_mean
from sim.studies.condition import ConditionError
from sim.studies.design import Knobs


@dataclass(frozen=True)
class Sweep(Tabular):
    """The results of a sweep.

    Attributes
    ----------
    scenario : Scenario
        As it is.
    plan : Plan
        Of every point.
    knobs : list of Knobs
    design : str
    points : list of tuple of str
        The values of the knobs, as written.
    summaries : list of list of Row
        What came out at each point.
    """

    scenario: Scenario[ScenarioHead]
    plan: Plan
    knobs: list[Knobs]
    design: str
    points: list[tuple[str, ...]]
    summaries: list[list[Row]]

    def row(self, point: int, outcome: str) -> Row | None:
        """Return an outcome at a point, or None where no history of the point has it."""
        return next((row for row in self.summaries[point] if row.id == outcome), None)

    def known(self, outcome: str) -> str:
        """Return an outcome of the sweep.

        Raises
        ------
        ConditionError
            When there is none of this name.
        """
        names = list(dict.fromkeys(row.id for rows in self.summaries for row in rows))
        if outcome not in names:
            raise ConditionError(f"unknown outcome {outcome!r}. {did_you_mean(outcome, names)}".rstrip())
        return outcome

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return one dictionary a point and outcome: the point, the value of every knob, and the row of the summary."""
        shown = [field.name for field in fields(Row) if field.name not in ("scale", "digits")]
        paths = [knob.path for knob in self.knobs]
        return [
            {"point": place, **dict(zip(paths, point, strict=True)), **{name: getattr(row, name) for name in shown}}
            for place, (point, rows) in enumerate(zip(self.points, self.summaries, strict=True))
            for row in rows
        ]


@dataclass(frozen=True)
class _Point:
    """What a worker is to do."""

    scenario: Scenario[ScenarioHead]
    plan: Plan
    name: str
    parts: Parts | None


def sweep(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    knobs: Sequence[Knobs],
    points: Sequence[tuple[str, ...]],
    design: str = "grid",
    *,
    pool: Pool = ALONE,
    parts: Parts | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Sweep:
    """Run a scenario at every point of a design.

    Parameters
    ----------
    scenario : Scenario
    plan : Plan
        Of every point.
    knobs : sequence of Knobs
    points : sequence of tuple of str
        See `lay_out`.
    design : str
    pool : Pool
        Who shares the points.
    parts : Parts, optional
        Where finished points are kept; those that are there are not run again.
    progress : callable
        Called with the number of points done.

    Raises
    ------
    ScenarioError
        When a knob cannot take a value; nothing is run then.
    """
    paths = [knob.path for knob in knobs]
    changed = [
        scenario.with_settings([f"{path}={value}" for path, value in zip(paths, point, strict=True)], "--vary")
        for point in points
    ]
    names = [part_name(place) for place in range(len(points))]
    kept = [parts.read(name) if parts is not None else None for name in names]
    summaries: list[list[Row]] = [[Row(**row) for row in json.loads(text)] if text else [] for text in kept]
    missing = [place for place, text in enumerate(kept) if not text]
    done = len(points) - len(missing)
    progress(done)
    if parts is not None:
        parts.begin()
    tasks = [_Point(changed[place], plan, names[place], parts) for place in missing]
    for at, rows in shared(_run_point, tasks, pool):
        summaries[missing[at]] = rows
        done += 1
        progress(done)
    return Sweep(scenario, plan, list(knobs), design, list(points), summaries)


def part_name(place: int) -> str:
    """Return the name under which a point is kept."""
    return f"point-{place:06}.json"


def _run_point(point: _Point) -> list[Row]:
    rows = summarise(run_ensemble(point.scenario, point.plan))
    if point.parts is not None:
        point.parts.write(point.name, json.dumps(as_dicts(rows)).encode())
    return rows


def about(
    scenario: Scenario[ScenarioHead], plan: Plan, knobs: Sequence[Knobs], points: Sequence[tuple[str, ...]]
) -> dict[str, Any]:
    """Return all that the results of a sweep depend on."""
    return {
        "parley": __version__,
        "scenario": scenario.name,
        "text": scenario.to_yaml(),
        "seed": plan.seed,
        "replications": plan.replications,
        "days": plan.days,
        "knobs": [asdict(knob) for knob in knobs],
        "points": [list(point) for point in points],
    }
