"""Boxes as sentences for the terminal, and as tables."""

import json
from collections.abc import Iterator, Sequence

import numpy as np

from sim.gate import shown
from sim.pasted import command
from sim.results.statistics import wilson_interval
from sim.results.tables import csv_of
from sim.scenario import Knob
from sim.studies.discovered import COLUMNS, STEP_COLUMNS, Discovered, as_dict, knobs_of, step_rows
from sim.studies.discovery import Box, Restriction, Search
from sim.words import WHAT_IT_IS_NOT
from sim.words.findings import opening
from sim.words.labels import knob_label
from sim.words.numbers import in_unit, rounded, with_band

# judgement: enough rows to see the trade of coverage for density.
ROWS_OF_TRAJECTORY = 8


def text_lines(asked: Discovered, scenario: Sequence[str]) -> Iterator[str]:
    """Yield sentences and the trajectory; `scenario` is what to give a command to go on with the same."""
    found = asked.found
    size = f"{found.histories:,} histories, {found.parameters} uncertain parameters"
    yield f"Where {asked.holds}: {asked.run.identity.line}, {size}"
    yield ""
    yield from opening(asked.findings)
    yield ""
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


def files(asked: Discovered, scenario: Sequence[str]) -> dict[str, str]:
    """Return it as the files of its folder; parameters as in `text_lines`."""
    data = {"note": WHAT_IT_IS_NOT, **as_dict(asked)}
    return {
        "discovery.txt": shown("\n".join(text_lines(asked, scenario)) + "\n"),
        "discovery.csv": csv_of(asked.as_dicts(), COLUMNS),
        "trajectory.csv": csv_of(step_rows(asked.found), STEP_COLUMNS),
        "discovery.json": json.dumps(data, indent=2, allow_nan=False) + "\n",
    }


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
    knobs = knobs_of(asked.run)
    for one in box.restrictions:
        yield f"  {knob_label(one.parameter, asked.run.scenario)} is {_range(one, knobs[one.parameter])}"
        if knob := knobs[one.parameter]:
            yield f"    {one.parameter}: {knob.description}"


def _range(one: Restriction, knob: Knob | None) -> str:
    """Return the limits in words, with where they lie among the values that were drawn."""
    unit = f"{knob.unit}; " if knob is not None and knob.unit else ""
    if one.low is not None and one.high is not None:
        limits = f"{rounded(one.low)} .. {rounded(one.high)}"
        lies = f"{_percent(one.below)} of what was drawn lies below, {_percent(one.above)} above"
    elif one.low is not None:
        limits, lies = f"at least {rounded(one.low)}", f"{_percent(one.below)} of what was drawn lies below"
    else:
        assert one.high is not None, "a restriction has a limit"
        limits, lies = f"at most {rounded(one.high)}", f"{_percent(one.above)} of what was drawn lies above"
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


def _percent(share: float, interval: tuple[float, float] | None = None) -> str:
    return in_unit(share, "share") if interval is None else with_band(share, *interval, "share")


def _chance(chance: float) -> str:
    return "below 0.001" if chance < 0.001 else f"{chance:.3f}"
