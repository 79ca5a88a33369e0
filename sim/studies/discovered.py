"""What is asked of a run, where an outcome is common or rare, and what was found, as tables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from sim.model.endings import FAILED
from sim.results.frames import Tabular
from sim.results.runs import Run
from sim.scenario import Knob, numbers
from sim.studies.condition import Case, ConditionError, cases
from sim.studies.discovery import Box, Counts, Discovery, Search, Step, discover

_FIGURES = ("mass", "coverage", "coverage_low", "coverage_high", "density", "density_low", "density_high", "base_rate")
_IN_TRAINING = ("mass_training", "coverage_training", "density_training", "base_rate_training")
_RESTRICTION = ("parameter", "unit", "low", "high", "share_below", "share_above", "quasi_p", "quasi_p_training")
COLUMNS = ("box", *_RESTRICTION, *_FIGURES, *_IN_TRAINING)
STEP_COLUMNS = ("box", "step", "restricted", "chosen", *_FIGURES, *_IN_TRAINING)


@dataclass(frozen=True, repr=False)
class Discovered(Tabular):
    """What was asked of a run, and what was found.

    Attributes
    ----------
    run : Run
    case : Case
    rare : bool
    density : float or None
    boxes : int
        How many were asked for.
    found : Discovery
    """

    run: Run
    case: Case
    rare: bool
    density: float | None
    boxes: int
    found: Discovery

    @property
    def of_scenario(self) -> str:
        """That of the run."""
        return self.run.name

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return one row for each restriction of each box that stands."""
        return [
            {"box": position, **row, **_figures(box.held_out, box.training)}
            for position, box in enumerate(self.found.boxes, 1)
            for row in _restrictions(self, box)
        ]


def discover_in(
    run: Run, outcome: str, *, rare: bool = False, boxes: int = 1, density: float | None = None, smallest: float = 0.05
) -> Discovered:
    """Find boxes in the uncertain parameters of a run in which an outcome is common, or rare.

    Parameters
    ----------
    run : Run
    outcome : str
        An outcome of 0 and 1, or a comparison, as in `casualties_attacker > 1_000_000`.
    rare, boxes, density, smallest
        As in `sim.studies.discovery.discover`, with the cases turned round if `rare`.

    Raises
    ------
    ConditionError
    """
    case, holds = Case.parse(outcome), cases(run, outcome)
    ran = run.outcomes["ending"] != FAILED
    drawn, holds = {name: values[ran] for name, values in run.parameters.items()}, holds[ran]
    try:
        found = discover(drawn, 1.0 - holds if rare else holds, smallest=smallest, boxes=boxes, density=density)
    except ConditionError as error:
        raise ConditionError(f"{case} {'does not hold' if rare else 'holds'}: {error}") from error
    return Discovered(run, case, rare, density, boxes, found)


def knobs_of(run: Run) -> dict[str, Knob | None]:
    """Return the knob of each parameter that was drawn, by its path; None where it is none of a section."""
    declared = {known.path: known.knob for known in numbers(run.scenario.world)}
    return {path: declared.get(path) for path in run.drawn}


def _figures(held_out: Counts, training: Counts) -> dict[str, float | None]:
    """Return what both halves say of a box; None where one has no history in it."""
    values = (
        held_out.mass, held_out.coverage, *held_out.coverage_interval, held_out.density, *held_out.density_interval,
        held_out.base_rate, training.mass, training.coverage, training.density, training.base_rate,
    )  # fmt: skip
    return {name: _plain(value) for name, value in zip((*_FIGURES, *_IN_TRAINING), values, strict=True)}


def _plain(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


def _restrictions(asked: Discovered, box: Box) -> list[dict[str, Any]]:
    knobs = knobs_of(asked.run)
    rows = []
    for one in box.restrictions:
        knob = knobs[one.parameter]
        values = (
            one.parameter, knob.unit if knob else "", one.low, one.high, one.below, one.above, _plain(one.quasi_p_held_out),
            one.quasi_p,
        )  # fmt: skip
        rows.append(dict(zip(_RESTRICTION, values, strict=True)))
    return rows


def step_rows(found: Discovery) -> list[dict[str, Any]]:
    """Return one row for each step of each search."""
    return [
        {"box": position, **_step(search, place, step)}
        for position, search in enumerate(found.searches, 1)
        for place, step in enumerate(search.trajectory)
    ]


def _step(search: Search, place: int, step: Step) -> dict[str, Any]:
    about = {"step": place, "restricted": step.restricted, "chosen": int(place == search.chosen)}
    return {**about, **_figures(step.held_out, step.training)}


def as_dict(asked: Discovered) -> dict[str, Any]:
    """Return everything, as plain values."""
    found, run = asked.found, asked.run
    about = {
        **run.identity.about(run.replications), "days": run.days, "run_by": run.version, "outcome": str(asked.case),
        "rare": asked.rare,
    }  # fmt: skip
    searches = [
        {
            "stands": search.found is not None,
            "box": None
            if search.box is None
            else {**_figures(search.box.held_out, search.box.training), "restrictions": _restrictions(asked, search.box)},
            "trajectory": [_step(search, place, step) for place, step in enumerate(search.trajectory)],
        }
        for search in found.searches
    ]
    counts = {
        "parameters": found.parameters, "histories": found.histories, "cases": found.cases, "left_out": found.left_out,
    }  # fmt: skip
    return {**about, **counts, "searches": searches}
