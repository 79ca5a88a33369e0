"""Boxes as sentences for the terminal, and as tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.model.ceasefire import FAILED
from sim.pasted import command
from sim.results.frames import Tabular
from sim.results.runs import Run
from sim.results.statistics import wilson_interval
from sim.results.summary import WHAT_IT_IS_NOT
from sim.scenario import Knob, numbers
from sim.studies.condition import Case, ConditionError, cases
from sim.studies.discovery import Box, Counts, Discovery, Restriction, Search, Step, discover

# judgement: enough rows to see the trade of coverage for density.
ROWS_OF_TRAJECTORY = 8
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
    def holds(self) -> str:
        """What is true of the cases, in words."""
        return f"{self.case} does not hold" if self.rare else f"{self.case} holds"

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
    drawn, holds = {name: values[ran] for name, values in run.drawn.items()}, holds[ran]
    try:
        found = discover(drawn, 1.0 - holds if rare else holds, smallest=smallest, boxes=boxes, density=density)
    except ConditionError as error:
        raise ConditionError(f"{case} {'does not hold' if rare else 'holds'}: {error}") from error
    return Discovered(run, case, rare, density, boxes, found)


def text_lines(asked: Discovered, scenario: Sequence[str]) -> Iterator[str]:
    """Yield sentences and the trajectory; `scenario` is what to give a command to go on with the same."""
    found = asked.found
    size = f"{found.histories:,} histories, {found.parameters} uncertain parameters"
    yield f"Where {asked.holds}: {asked.run.identity.line}, {size}"
    interval = wilson_interval(found.cases, found.histories)
    of = "all histories" if not found.left_out else f"the {found.histories:,} histories that have the outcome"
    yield f"In {_percent(found.cases / found.histories, interval)} of {of} {asked.holds}."
    yield "Even-numbered histories find a box; all shares of it are those of the odd-numbered ones, which check it."
    for position, search in enumerate(found.searches, 1):
        yield ""
        if search.found is None:
            yield _nothing(search, position)
            if search.box is not None:
                yield from _where(asked, search.box)
        else:
            yield f"Box {position}: where"
            yield from _where(asked, search.found)
            yield _sentence(asked, search.found, position)
            if asked.density is not None and search.found.training.density < asked.density:
                yield f"In the half that finds it no box reaches a density of {asked.density:g}; this is the densest."
        if len(search.trajectory) > 1:
            yield ""
            yield from _trajectory(search)
    if len(found.boxes) == len(found.searches) < asked.boxes:
        yield f"Too few histories or cases are outside {_these(len(found.boxes))} for one more."
    yield ""
    if found.boxes:
        yield "A box says where an outcome is common, not what brings it about. To see what its first parameter does alone:"
        yield f"  {_next(asked, found.boxes[0], scenario)}"
    yield WHAT_IT_IS_NOT


def _nothing(search: Search, position: int) -> str:
    what = "No box was found" if position == 1 else f"No further box was found outside {_these(position - 1)}"
    if search.box is None:
        return f"{what}: no limit to any parameter raises the share beyond chance."
    counts = search.box.held_out
    share = _percent(counts.density, counts.density_interval) if counts.inside else "none"
    return f"{what} that stands the check: it is {share} in the best one, against {_percent(counts.base_rate)}, where"


def _these(boxes: int) -> str:
    return "box 1" if boxes == 1 else f"boxes 1 to {boxes}"


def _where(asked: Discovered, box: Box) -> Iterator[str]:
    knobs = _knobs(asked.run)
    for one in box.restrictions:
        yield f"  {one.parameter} is {_range(one, knobs[one.parameter])}"
        if knob := knobs[one.parameter]:
            yield f"    {knob.description}"


def _range(one: Restriction, knob: Knob | None) -> str:
    """Return the limits in words, with where they lie among the values that were drawn."""
    unit = f"{knob.unit}; " if knob is not None and knob.unit else ""
    if one.low is not None and one.high is not None:
        limits = f"{_value(one.low)} .. {_value(one.high)}"
        lies = f"{_percent(one.below)} of what was drawn lies below, {_percent(one.above)} above"
    elif one.low is not None:
        limits, lies = f"at least {_value(one.low)}", f"{_percent(one.below)} of what was drawn lies below"
    else:
        assert one.high is not None, "a restriction has a limit"
        limits, lies = f"at most {_value(one.high)}", f"{_percent(one.above)} of what was drawn lies above"
    return f"{limits} ({unit}{lies}; quasi-p {_chance(one.quasi_p_held_out)})"


def _sentence(asked: Discovered, box: Box, position: int) -> str:
    counts = box.held_out
    outside = f" outside {_these(position - 1)}" if position > 1 else ""
    density, coverage = (
        _percent(counts.density, counts.density_interval),
        _percent(counts.coverage, counts.coverage_interval),
    )
    return (
        f"In these histories{outside}, {_percent(counts.mass)} of those that check, {asked.holds} in {density}, against "
        f"{_percent(counts.base_rate)} of all that check{outside}.\n"
        f"They are {coverage} of the histories in which {asked.holds}.\n"
        "(quasi-p: the chance of so many in the box if the box without this limit told all there is to tell)"
    )


def _trajectory(search: Search) -> Iterator[str]:
    yield "Peeling: from all histories searched to the smallest box; * is what the box was made from"
    yield f"   {'finding half':>30}  {'checking half':>40}"
    yield f"   {'restricted':>10}{'coverage':>10}{'density':>10}  {'mass':>8}{'coverage':>10}  density (95 %)"
    for place in _some(search):
        step = search.trajectory[place]
        counts = step.held_out
        density = _percent(counts.density, counts.density_interval) if counts.inside else "no history"
        yield (
            f" {'*' if place == search.chosen else ' '} {step.restricted:>10}{_percent(step.training.coverage):>10}"
            f"{_percent(step.training.density):>10}  {_percent(counts.mass):>8}{_percent(counts.coverage):>10}  {density}"
        )


def _some(search: Search) -> list[int]:
    """Return a few steps of a trajectory, evenly from its beginning to its end, with the chosen one."""
    last = len(search.trajectory) - 1
    rows = min(ROWS_OF_TRAJECTORY - 1, last)
    return sorted({round(row * last / rows) for row in range(rows + 1)} | {search.chosen})


def _next(asked: Discovered, box: Box, scenario: Sequence[str]) -> str:
    """Return a command that turns the parameter that matters most and leaves the others as they are."""
    parameter = box.restrictions[0].parameter
    drawn = asked.run.drawn[parameter]
    # Those that failed have none.
    drawn = drawn[~np.isnan(drawn)]
    if asked.case.sign:
        until = f"median({asked.case.outcome}) >= {asked.case.level:.10g}"
    else:
        counts = box.held_out
        share = (counts.density + counts.base_rate) / 2
        until = f"share({asked.case.outcome}) >= {1 - share if asked.rare else share:.2f}"
    between = f"{parameter}={drawn.min():.4g}:{drawn.max():.4g}"
    return command("parley", "breakeven", *scenario, "--vary", between, "--until", until)


def _knobs(run: Run) -> dict[str, Knob | None]:
    declared = {known.path: known.knob for known in numbers(run.scenario.world)}
    return {path: declared.get(path) for path in run.drawn}


def _percent(share: float, interval: tuple[float, float] | None = None) -> str:
    if interval is None:
        return f"{100 * share:.1f} %"
    return f"{100 * share:.1f} % ({100 * interval[0]:.1f} .. {100 * interval[1]:.1f})"


def _value(value: float) -> str:
    """Return a value with three digits, in full before the point: of a limit more would say too much."""
    return f"{float(f'{value:.3g}'):,.10g}"


def _chance(chance: float) -> str:
    return "below 0.001" if chance < 0.001 else f"{chance:.3f}"


# Tables


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
    knobs = _knobs(asked.run)
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
    return {"note": WHAT_IT_IS_NOT, **about, **counts, "searches": searches}
