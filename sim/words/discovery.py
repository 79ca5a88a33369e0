"""Boxes as sentences for the terminal, and as tables."""

import json
from collections.abc import Iterator, Sequence

import numpy as np

from sim.pasted import command
from sim.results.statistics import wilson_interval
from sim.results.tables import csv_of, with_scenario
from sim.scenario import Knob
from sim.studies.discovered import COLUMNS, STEP_COLUMNS, Discovered, as_dict, knobs_of, step_rows
from sim.studies.discovery import Box, Restriction, Search
from sim.words import WHAT_IT_IS_NOT
from sim.words.findings import findings_block
from sim.words.findings.studies import case_in_words
from sim.words.labels import knob_label
from sim.words.layout import EMPTY, Block, Column, Command, Table, Text, Title, text_file
from sim.words.numbers import in_unit, rounded, with_band

# judgement: enough rows to see the trade of coverage for density.
ROWS_OF_TRAJECTORY = 8


def answer(asked: Discovered, scenario: Sequence[str]) -> Iterator[Block]:
    """Yield what was found, and what each box is; `scenario` is what to give a command to go on with the same."""
    found = asked.found
    yield Title(
        f"Where {case_in_words(asked)}: {asked.run.identity.line}",
        f"{found.histories:,} histories, {found.parameters} uncertain parameters",
    )
    yield EMPTY
    yield findings_block(asked.findings)
    yield EMPTY
    interval = wilson_interval(found.cases, found.histories)
    of = "all histories" if not found.left_out else f"the {found.histories:,} histories that have the outcome"
    yield Text(f"In {_percent(found.cases / found.histories, interval)} of {of} {case_in_words(asked)}.", 0, 2)
    for position, search in enumerate(found.searches, 1):
        if search.found is None:
            yield Text(_nothing(search, position), 0, 2)
            if search.box is not None:
                yield from _where(asked, search.box)
            continue
        yield Text(f"Box {position}: where", style="bold")
        yield from _where(asked, search.found)
        yield from _told(asked, search.found, position)
        if asked.density is not None and search.found.training.density < asked.density:
            yield Text(
                f"In the half that finds it no box reaches a density of {asked.density:g}; this is the densest.", 0, 2
            )
    if len(found.boxes) == len(found.searches) < asked.boxes:
        yield Text(f"Too few histories or cases are outside {_these(len(found.boxes))} for one more.", 0, 2)
    if found.boxes:
        yield EMPTY
        yield Text(
            "A box says where an outcome is common, not what brings it about. To see what its first parameter does alone:"
        )
        yield Command(_next(asked, found.boxes[0], scenario), before=" ")


def rest(asked: Discovered) -> Iterator[Block]:
    """Yield what its parameters mean, how boxes were found and how they were checked."""
    yield Text(
        "Even-numbered histories find a box; all shares of it are those of the odd-numbered ones, which check it.", 0, 2
    )
    yield Text("quasi-p: the chance of so many in the box if the box without this limit told all there is to tell", 0, 2)
    knobs = knobs_of(asked.run)
    for position, search in enumerate(asked.found.searches, 1):
        box = search.found or search.box
        for one in box.restrictions if box is not None else ():
            about = f": {knob.description}" if (knob := knobs[one.parameter]) else ""
            yield Text(f"{one.parameter}{about} (quasi-p {_chance(one.quasi_p_held_out)})", 0, 2)
        if len(search.trajectory) > 1:
            yield EMPTY
            yield Text(
                f"Peeling{f', box {position}' if position > 1 else ''}: from all histories searched to the smallest box; "
                "* is what the box was made from", 0, 2,
            )  # fmt: skip
            yield _trajectory(search)


def files(asked: Discovered, scenario: Sequence[str]) -> dict[str, str]:
    """Return it as the files of its folder; parameters as in `answer`."""
    data = {"note": WHAT_IT_IS_NOT, **as_dict(asked)}
    return {
        "discovery.txt": text_file(answer(asked, scenario), rest(asked)),
        "discovery.csv": with_scenario(csv_of(asked.as_dicts(), COLUMNS), asked.of_scenario),
        "trajectory.csv": with_scenario(csv_of(step_rows(asked.found), STEP_COLUMNS), asked.of_scenario),
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


def _where(asked: Discovered, box: Box) -> Iterator[Block]:
    knobs = knobs_of(asked.run)
    for one in box.restrictions:
        called = knob_label(one.parameter, asked.run.scenario)
        yield Text(f"{called} is {_range(one, knobs[one.parameter])}", 2, 2)


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
    return f"{limits} ({unit}{lies})"


def _told(asked: Discovered, box: Box, position: int) -> Iterator[Block]:
    counts = box.held_out
    outside = f" outside {_these(position - 1)}" if position > 1 else ""
    case = case_in_words(asked)
    density, coverage = (
        _percent(counts.density, counts.density_interval),
        _percent(counts.coverage, counts.coverage_interval),
    )
    yield Text(
        f"In these histories{outside}, {_percent(counts.mass)} of those that check, {case} in {density}, against "
        f"{_percent(counts.base_rate)} of all that check{outside}. They are {coverage} of the histories in which "
        f"{case}."
    )


def _trajectory(search: Search) -> Table:
    rows = []
    for place in _some(search):
        step = search.trajectory[place]
        counts = step.held_out
        density = _percent(counts.density, counts.density_interval) if counts.inside else "no history"
        mark = "*" if place == search.chosen else ""
        shares = (step.training.coverage, step.training.density, counts.mass, counts.coverage)
        rows.append([f"{step.restricted}{mark}", *map(_percent, shares), density])
    heads = ("finding half: coverage", "finding half: density", "checking half: mass", "coverage", "density (95 %)")
    return Table([Column("restricted"), *map(Column, heads)], rows)


def _some(search: Search) -> list[int]:
    """Return a few steps of a trajectory, evenly from its beginning to its end, with the chosen one."""
    last = len(search.trajectory) - 1
    rows = min(ROWS_OF_TRAJECTORY - 1, last)
    return sorted({round(row * last / rows) for row in range(rows + 1)} | {search.chosen})


def _next(asked: Discovered, box: Box, scenario: Sequence[str]) -> list[str]:
    """Return a command that turns the parameter that matters most and leaves the others as they are, in words."""
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
    words = ("parley", "breakeven", *scenario, "--vary", between, "--until", until)
    return [command(word) for word in words]


def _percent(share: float, interval: tuple[float, float] | None = None) -> str:
    return in_unit(share, "share") if interval is None else with_band(share, *interval, "share")


def _chance(chance: float) -> str:
    return "below 0.001" if chance < 0.001 else f"{chance:.3f}"
