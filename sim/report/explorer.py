"""A sweep to be turned by hand: what came out at each of its points, for the script of a page that has no server."""

from __future__ import annotations

from typing import Any

from sim.report.parts import plain
from sim.report.sweeps import numbers_of, outcomes_of
from sim.results.summary import Row
from sim.studies.sweep import Sweep
from sim.words.findings.pieces import with_interval
from sim.words.labels import knob_heading, with_unit

# judgement: more would make a page heavier than its figures.
MOST_CELLS = 20_000


def explorer(sweep: Sweep) -> dict[str, Any] | None:
    """Return the points of a sweep as plain values; none where they are too many, or where there is nothing to turn.

    Returns
    -------
    dict or None
        `knobs`: each with its `label`, `path`, and its `values` as they were written, rising if they are numbers; `points`:
        of each the place of its value, for each knob; `outcomes`: each with its `label` and `cells`, for each point what is
        shown, the number behind it (none if it never came about), and of how many histories.
    """
    knobs = []
    for place, knob in enumerate(sweep.knobs):
        values = list(dict.fromkeys(point[place] for point in sweep.points))
        if numbers_of(sweep, place) is not None:
            values.sort(key=float)
        knobs.append({"label": knob_heading(knob.path, sweep.scenario), "path": knob.path, "values": values})
    names = _outcomes(sweep)
    if len(sweep.points) < 2 or len(sweep.points) * len(names) > MOST_CELLS:
        return None
    at: list[dict[str, int]] = [{value: place for place, value in enumerate(knob["values"])} for knob in knobs]
    points = [[known[value] for known, value in zip(at, point, strict=True)] for point in sweep.points]
    outcomes = []
    for name in names:
        first = sweep.known(name)[0]
        rows = [sweep.row(place, name) for place in range(len(sweep.points))]
        label = with_unit(first.alone, first.unit)
        outcomes.append({"id": name, "label": label, "share": first.unit == "share", "cells": [_cell(row) for row in rows]})
    return {"knobs": knobs, "points": points, "outcomes": outcomes, "histories": sweep.plan.replications}


def _outcomes(sweep: Sweep) -> list[str]:
    """Return what is shown: what the figures are of, then how histories end."""
    endings = [row.id for row in sweep.summaries[0] if row.section == "endings"]
    return [name for name in dict.fromkeys([*outcomes_of(sweep), *endings]) if sweep.known(name)]


def _cell(row: Row | None) -> list[Any]:
    if row is None or row.value is None:
        return ["never", None, 0 if row is None else row.n]
    unit = row.unit if row.unit == "share" else ""
    pieces = with_interval(row.value, row.low, row.high, unit, (), columns=("", "", ""), words="")
    return [plain(pieces), row.value, row.n]
