"""Pictures of sweeps: lines over one knob, a heat map over two, points over each of more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.engine.draws import Floats, Ints
from sim.model import HEADLINE
from sim.report.axes import number_axis, percent_axis
from sim.report.parts import CannotDraw, Picture, Piece, Table, Value, slug, with_bounds, wrapped
from sim.report.style import MARK, SIDE_COLOURS, WAR, Paper
from sim.results.summary import blank_row
from sim.scenario import numbers
from sim.studies.condition import Condition
from sim.studies.design import as_value
from sim.studies.sweep import Sweep
from sim.words.findings.pieces import joined, with_interval
from sim.words.labels import knob_heading, with_unit
from sim.words.numbers import rounded

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# judgement: as many as a page can hold beside one another and still be read.
MOST_OUTCOMES = 6
# judgement: in smaller cells of a heat map numbers would not fit.
MOST_WRITTEN = 100


def numbers_of(sweep: Sweep, knob: int) -> Floats | None:
    """Return the values of a knob at all points as numbers, (points,), or None where they are words."""
    found = [as_value(point[knob]) for point in sweep.points]
    return None if any(isinstance(value, str) for value in found) else np.array(found, dtype=np.float64)


def outcomes_of(sweep: Sweep) -> list[str]:
    """Return what to show: what was asked for, or some of the headline outcomes."""
    return list(dict.fromkeys(sweep.asked)) or [name for name in HEADLINE if sweep.known(name)][:MOST_OUTCOMES]


def _label(sweep: Sweep, outcome: str, unit: bool = False) -> str:
    """Return what an outcome is called, with its unit where that is wanted and its label does not say it."""
    row = next(iter(sweep.known(outcome)), None)
    label = (row or blank_row(sweep.scenario, outcome)).alone
    return with_unit(label, _unit(sweep, outcome)) if unit else label


def _knob(sweep: Sweep, place: int) -> str:
    """Return what a knob of a sweep is called, with its unit."""
    path = sweep.knobs[place].path
    unit = next((one.knob.unit for one in numbers(sweep.scenario.world) if one.path == path and one.knob is not None), "")
    return with_unit(knob_heading(path, sweep.scenario), unit)


def _unit(sweep: Sweep, outcome: str) -> str:
    return next((row.unit for row in sweep.known(outcome)), "")


def _cell(sweep: Sweep, point: int, outcome: str) -> Piece | list[Piece]:
    """Return share or mean with its interval, for a table."""
    row = sweep.row(point, outcome)
    if row is None or row.value is None:
        return "never"
    name, of = "mean" if row.share is None else "share", ("sweep.csv", point, outcome)
    # The unit of what is no share is said elsewhere.
    unit = row.unit if row.unit == "share" else ""
    return [*with_interval(row.value, row.low, row.high, unit, of, columns=(name, "low", "high"), words="")]


class Crossing(NamedTuple):
    """Where an outcome reaches a level, by a straight line between two points; bounds as far as they lie in the sweep."""

    at: float
    low: float | None
    high: float | None


def sweep_pictures(sweep: Sweep, until: Condition | None = None) -> Iterator[Picture]:
    """Yield a picture of each outcome: lines over one knob, a heat map over two, else points over each knob.

    Parameters
    ----------
    sweep : Sweep
    until : Condition, optional
        The level whose crossing is marked. Without it zero is, for outcomes that change their sign.

    Raises
    ------
    CannotDraw, ConditionError
        When the outcome of the condition is not in the sweep, or has no such statistic.
    """
    outcomes = outcomes_of(sweep)
    if until is not None:
        if not sweep.known(until.outcome):
            raise CannotDraw(f"{until.outcome} is not in this sweep; its outcomes are in its sweep.csv")
        if until.statistic == "median" or until.of_base:
            raise CannotDraw("a sweep shows shares and means, so that --until takes one of these and a plain level")
        until.refuse_unfit(sweep.scenario)
        outcomes = [until.outcome, *(name for name in outcomes if name != until.outcome)]
    for outcome in outcomes:
        level = until.level if until is not None and until.outcome == outcome else _zero(sweep.column(outcome))
        yield _sweep_picture(sweep, outcome, level)


def _zero(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return 0.0 if len(known) and known.min() < 0 < known.max() else None


def crossings(sweep: Sweep, outcome: str, level: float) -> list[Crossing]:
    """Return where an outcome reaches a level over the only knob of a sweep."""
    numbers = numbers_of(sweep, 0)
    if len(sweep.knobs) != 1 or numbers is None:
        return []
    order = np.argsort(numbers, kind="stable")
    x = numbers[order]
    curves = {name: sweep.column(outcome, name)[order] - level for name in ("value", "low", "high")}
    found = []
    roots = {name: _roots(x, values) for name, values in curves.items()}
    for at in roots["value"]:
        around = sorted(roots["low"] + roots["high"])
        low = max((one for one in around if one <= at), default=None)
        high = min((one for one in around if one >= at), default=None)
        found.append(Crossing(at, low, high))
    return found


def _roots(x: Floats, y: Floats) -> list[float]:
    """Return where a line through points goes from one side of zero to the other."""
    return [
        left - below * (right - left) / (above - below)
        for (left, below), (right, above) in pairwise(zip(x.tolist(), y.tolist(), strict=True))
        if (below > 0) != (above > 0) and below == below and above == above
    ]


def _sweep_picture(sweep: Sweep, outcome: str, level: float | None) -> Picture:
    label, unit = _label(sweep, outcome), _unit(sweep, outcome)
    n = sweep.plan.replications
    where = "the table has the 95 % intervals" if sweep.is_grid else "with 95 % intervals"
    known = [row.n for row in sweep.known(outcome)]
    some = f", of which {min(known):,} to {max(known):,} have it" if known and min(known) < n else ""
    says: list[Piece] = [f"{label}, {where}; {n:,} histories at each point{some}, on the same luck."]
    if len(sweep.knobs) > 2:
        says.append(" Each panel has all points, over one knob each; what the other knobs were is in the table.")
    rows: list[Sequence[Piece | list[Piece]]]
    if sweep.is_grid:
        down, across, at = _table_of(sweep)
        rows = [[y, *(_cell(sweep, place, outcome) for place in line)] for y, line in zip(down, at.tolist(), strict=True)]
        header = [f"{_knob(sweep, 0)} (down), {_knob(sweep, 1)} (across)", *across]
    else:
        rows = [[*point, _cell(sweep, place, outcome)] for place, point in enumerate(sweep.points)]
        header = [*(_knob(sweep, place) for place in range(len(sweep.knobs))), label]
    tables = [Table(f"{_label(sweep, outcome, unit=True)} (sweep.csv)", header, rows)]
    if level is not None:
        shown = Value.in_unit(level, unit, "level", outcome).text
        found = crossings(sweep, outcome, level)
        if found:
            says += [f" The level {shown} is reached at ", *joined([_crossing(one, outcome) for one in found])]
            says.append(" by straight lines between the points.")
        elif sweep.is_grid:
            says.append(f" A line marks where it reaches {shown}." if _can_be_lined(sweep, outcome, level) else "")
        else:
            says.append(f" The level {shown} is marked.")
    draw = partial(_draw_sweep, sweep, outcome, level)
    return Picture(slug(outcome), label, says, draw, tables, bands=not sweep.is_grid)


def _crossing(one: Crossing, outcome: str) -> list[Piece]:
    at = Value(rounded(one.at), one.at, f"crossing|{outcome}|at")
    if one.low is None and one.high is None:
        return [at, " (its interval goes beyond the sweep on both sides)"]
    bounds = [
        Value(rounded(bound), bound, f"crossing|{outcome}|{name}") if bound is not None else "beyond the sweep"
        for name, bound in (("low", one.low), ("high", one.high))
    ]
    return with_bounds(at, *bounds)


def _draw_sweep(sweep: Sweep, outcome: str, level: float | None, paper: Paper) -> Figure:
    if sweep.is_grid:
        return _draw_heat(sweep, outcome, level, paper)
    share = _unit(sweep, outcome) == "share"
    figure, panels = paper.canvas(0.5 + 2.7 * len(sweep.knobs), len(sweep.knobs))
    values, low, high = (sweep.column(outcome, name) for name in ("value", "low", "high"))
    for place, axes in enumerate(panels):
        numbers = numbers_of(sweep, place)
        words = numbers is None
        choices = list(dict.fromkeys(point[place] for point in sweep.points))
        at = np.array([choices.index(point[place]) for point in sweep.points], dtype=np.float64)
        x = at if numbers is None else numbers
        if len(sweep.knobs) == 1 and not words:
            order = np.argsort(x, kind="stable")
            axes.fill_between(x[order], low[order], high[order], color=WAR, alpha=0.18, linewidth=0, gid="band-sweep")
            axes.plot(x[order], values[order], "o-", color="#1b1b1b", markersize=4)
        else:
            axes.vlines(x, low, high, color=WAR, linewidth=1.0, gid="band-sweep")
            axes.plot(x, values, "o", color="#1b1b1b", markersize=4)
        if words:
            axes.set_xticks(range(len(choices)), [wrapped(choice, 14) for choice in choices])
            axes.set_xlim(-0.5, len(choices) - 0.5)
        if level is not None:
            axes.axhline(level, color=MARK, linewidth=1.1, linestyle=(0, (4, 2)))
            for one in crossings(sweep, outcome, level):
                axes.axvline(one.at, color=MARK, linewidth=1.1)
                low_end, high_end = (x.min() if one.low is None else one.low), (x.max() if one.high is None else one.high)
                axes.axvspan(low_end, high_end, color=MARK, alpha=0.13, linewidth=0, gid="band-crossing")
                axes.annotate(rounded(one.at), (one.at, 1.0), xycoords=("data", "axes fraction"), xytext=(3, -2),
                              textcoords="offset points", va="top", color=MARK)  # fmt: skip
        if share:
            percent_axis(axes)
        else:
            number_axis(axes)
        axes.set_xlabel(wrapped(_knob(sweep, place), 30))
        axes.set_ylabel(wrapped(_label(sweep, outcome, unit=True), 30))
    return figure


def _table_of(sweep: Sweep) -> tuple[list[str], list[str], Ints]:
    """Return the values of both knobs of a grid, and the place of the point with both, (down, across)."""
    down, across = (list(dict.fromkeys(point[place] for point in sweep.points)) for place in (0, 1))
    at = {point: place for place, point in enumerate(sweep.points)}
    return down, across, np.array([[at[y, x] for x in across] for y in down], dtype=np.int64)


def _can_be_lined(sweep: Sweep, outcome: str, level: float) -> bool:
    """Return whether a line through a heat map can mark a level: both knobs are numbers, and it lies between the values."""
    values = sweep.column(outcome)[_table_of(sweep)[2]]
    numbers = all(numbers_of(sweep, place) is not None for place in range(2))
    known = bool(np.isfinite(values).all())
    return numbers and known and min(values.shape) > 1 and float(values.min()) < level < float(values.max())


def _draw_heat(sweep: Sweep, outcome: str, level: float | None, paper: Paper) -> Figure:
    from matplotlib.colors import LinearSegmentedColormap

    down, across, at = _table_of(sweep)
    values = sweep.column(outcome)[at]
    figure, (axes,) = paper.canvas(1.2 + 0.42 * len(down), by_letters=True)
    # One hue from light to dark, so that it reads in grey too.
    shades = LinearSegmentedColormap.from_list("shades", ["#f3efe6", "#c7a96b", "#93631f", "#4a2a0c"])
    least, most = (float(np.nanmin(values)), float(np.nanmax(values))) if np.isfinite(values).any() else (0.0, 1.0)
    # The darkest and the lightest are four half-widths of the intervals apart at least, so that noise is no pattern.
    widths = sweep.column(outcome, "high") - sweep.column(outcome, "low")
    span = max(most - least, 2.0 * float(np.nanmax(widths)) if np.isfinite(widths).any() else 0.0) or 1.0
    lightest = (least + most - span) / 2
    mesh = axes.pcolormesh(
        np.ma.masked_invalid(values), cmap=shades, vmin=lightest, vmax=lightest + span, edgecolor="white", linewidth=1.0
    )
    axes.grid(visible=False)
    share = _unit(sweep, outcome) == "share"
    if len(down) * len(across) <= MOST_WRITTEN:
        size = max(abs(least), abs(most))
        for row in range(len(down)):
            for place in range(len(across)):
                value = values[row, place]
                shown = Value.in_unit(float(value), "share" if share else "", size=size).text.removesuffix(" %")
                text = "never" if np.isnan(value) else shown
                # White on what is dark, black on the rest: whichever stands out more. Cells are the same on a dark page, so
                # that this is no ink that turns light there.
                light = 1.0 if np.isnan(value) else _lightness(shades((value - lightest) / span))
                axes.text(
                    place + 0.5, row + 0.5, text, ha="center", va="center", fontsize=0.86 * paper.font_pt,
                    color="white" if light < 0.18 else "#1c1c1c",
                )  # fmt: skip
    else:
        key = figure.colorbar(mesh, ax=axes)
        (percent_axis if share else number_axis)(key.ax)
    if level is not None and _can_be_lined(sweep, outcome, level):
        x, y = np.arange(len(across)) + 0.5, np.arange(len(down)) + 0.5
        axes.contour(x, y, values, levels=[level], colors=[SIDE_COLOURS["defender"]], linewidths=2.0)
    axes.set_xticks(np.arange(len(across)) + 0.5, across)
    axes.set_yticks(np.arange(len(down)) + 0.5, down)
    axes.tick_params(length=0)
    axes.set_xlabel(_knob(sweep, 1))
    axes.set_ylabel(wrapped(_knob(sweep, 0), 22))
    axes.set_title(wrapped(f"{_label(sweep, outcome)} (%)" if share else _label(sweep, outcome, unit=True), 56))
    return figure


def _lightness(colour: Sequence[float]) -> float:
    """Return the relative luminance of a colour of sRGB, from 0 (black) to 1 (white)."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
