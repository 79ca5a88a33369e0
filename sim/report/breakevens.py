"""The picture of a break-even: an outcome over a knob, the level that it is to reach, and where it does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sim.engine.draws import Floats
from sim.report.axes import number_axis, percent_axis
from sim.report.parts import CannotDraw, Picture, Piece, Table, Value, plain, wrapped
from sim.report.style import INK, MARK, WAR, Paper, name_above
from sim.results.summary import blank_row
from sim.scenario import numbers
from sim.studies.breakeven import FIRST_POINTS, BreakEven, Point
from sim.words.breakeven import DIGITS, measured
from sim.words.findings.pieces import joined, with_interval
from sim.words.findings.studies import crossing_pieces
from sim.words.labels import knob_heading, with_unit
from sim.words.numbers import beside, in_full, rounded

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ENDS = ("low", "high")
# judgement: with more ticks of the knob their numbers would touch one another in a column of a journal.
MOST_TICKS = 5


def _unit(found: BreakEven) -> str:
    assert found.scenario is not None, "one that is shown has its scenario"
    return blank_row(found.scenario, found.condition.outcome).unit


def _label(found: BreakEven) -> str:
    assert found.scenario is not None, "one that is shown has its scenario"
    return blank_row(found.scenario, found.condition.outcome).alone


def _knob(found: BreakEven) -> str:
    """Return what the knob is called, with its unit."""
    assert found.scenario is not None, "one that is shown has its scenario"
    known = {one.path: one.knob.unit for one in numbers(found.scenario.world) if one.knob is not None}
    return with_unit(knob_heading(found.path, found.scenario), known.get(found.path, ""))


def break_even_picture(found: BreakEven, histories: int) -> Picture:
    """Return an outcome over a knob, with the level and where it is reached; of so many `histories` at each value.

    Raises
    ------
    CannotDraw
        When no history has the outcome at any value.
    """
    label = _label(found)
    have_it = [one.histories for one in found.points if one.histories]
    if not have_it:
        raise CannotDraw(f"no history has '{label}' at any value that was tried: there is nothing to draw")
    some = f", of which {min(have_it):,} to {max(have_it):,} have it" if min(have_it) < histories else ""
    says: list[Piece] = [
        f"{label}: the {found.condition.statistic}. Marks are the values that were simulated, with {histories:,} histories "
        f"each{some}, on the same luck; the grey band joins their 95 % intervals", *_of_level(found), *_where(found),
    ]  # fmt: skip
    if None in found.sure:
        says.append(" Hollow marks: the interval includes the level, so that luck may decide on which side it is.")
    if any(one.holds is None for one in found.points):
        says.append(" Where there is no mark, no history has the outcome.")
    title = f"{label} over {knob_heading(found.path, found.scenario)}"
    return Picture("breakeven", title, says, partial(_draw, found), [_table(found, found.points, "all")], bands=True)


def _of_level(found: BreakEven) -> list[Piece]:
    """Return what is said of the level, after what is said of the band."""
    paired = ", which are those of the difference from the level, history by history" if found.condition.of_base else ""
    multiple = " a multiple of what the outcome is as the scenario stands" if found.condition.of_base else ""
    level = _level(found)
    if level is None:
        return [f"{paired}.", f" The dashed line is the level,{multiple}." if multiple else ""]
    return [f"{paired}. The dashed line is the level, ", level, f",{multiple}." if multiple else "."]


def _level(found: BreakEven) -> Value | None:
    """Return the level, or None where histories that have the outcome differ, and so does a multiple of it."""
    known = [place for place, one in enumerate(found.points) if one.level is not None]
    levels = {found.points[place].level for place in known}
    if len(levels) != 1 or (level := levels.pop()) is None:
        return None
    text = f"{100 * level:.4g} %" if _unit(found) == "share" else rounded(level, 3 if found.condition.of_base else DIGITS)
    return Value(text, level, f"breakeven.csv|{known[0]}|level")


def _where(found: BreakEven) -> list[Piece]:
    """Return what is said of where the level is reached."""
    if found.at is not None and not found.settled:
        return [" The dotted upright line is where the level is crossed, which is not settled: luck may be all of it."]
    if found.at is not None:
        jump = ", in a jump" if found.jumps else ""
        return [f" The upright line is the break-even{jump}, and what is shaded around it its interval: ",
                *crossing_pieces(found), "."]  # fmt: skip
    if found.crossings:
        pairs: list[list[Piece]] = [
            [
                Value(in_full(end, DIGITS), end, f"breakeven|crossings|{place}|{name}")
                for name, end in zip(_ENDS, pair, strict=True)
            ]
            for place, pair in enumerate(found.crossings)
        ]
        luck = "" if found.settled else ", which is not settled"
        return [" The answer changes between the values that are shaded, ",
                *joined([[low, " .. ", high] for low, high in pairs]), f"{luck}."]  # fmt: skip
    return []


# The points as a table


def short_table(found: BreakEven) -> Table:
    """Return the points that tell most: those evenly over the range, and both next to the break-even."""
    first = np.linspace(found.points[0].value, found.points[-1].value, FIRST_POINTS).tolist()
    shown = [one for one in found.points if one.value in first or one.value in (found.between or ())]
    return _table(found, shown, "evenly over the range, and next to the break-even" if found.between else "all")


def _table(found: BreakEven, points: Sequence[Point], which: str) -> Table:
    places = {one.value: place for place, one in enumerate(found.points)}
    few = len(points) < len(found.points)
    what = f"Values that were simulated, {which}" if few else "The values that were simulated"
    less = "less the level (95 % interval)"
    header = [_knob(found), measured(found), less, "histories that have it", "condition holds"]
    return Table(f"{what} (breakeven.csv)", header, [_row(found, one, places[one.value]) for one in points])


def _row(found: BreakEven, one: Point, place: int) -> list[Piece | list[Piece]]:
    of = f"breakeven.csv|{place}"
    value = Value(in_full(one.value, DIGITS), one.value, f"{of}|value")
    histories = Value(f"{one.histories:,}", one.histories, f"{of}|histories")
    if one.excess is None or one.statistic is None:
        return [value, "not defined", None, histories, "not known"]
    unit = _unit(found) if _unit(found) == "share" else ""
    columns = ("excess", "low", "high")
    excess: list[Piece] = [
        *with_interval(one.excess, one.low, one.high, unit, of.split("|"), columns=columns, sign=True, words="")
    ]
    holds = ("yes" if one.holds else "no") + ("" if _is_sure(found, one) else ", not settled")
    return [value, _statistic(one, unit, f"{of}|statistic"), excess, histories, holds]


def _statistic(one: Point, unit: str, of: str) -> Value:
    """Return what an outcome is, with the digits that the interval beside it warrants."""
    assert one.statistic is not None, "asked of one that is defined"
    if one.low is None or one.high is None:
        return Value.in_unit(one.statistic, unit, of)
    return Value(beside(one.statistic, one.low, one.high, unit), one.statistic, of)


# The drawing


def _draw(found: BreakEven, paper: Paper) -> Figure:
    x = np.array([one.value for one in found.points])
    y, level, low, high = (_column(found, name) for name in ("statistic", "level", "low", "high"))
    marks: list[Artist] = []
    names: list[str] = []
    figure, (axes,) = paper.canvas(3.0 + 0.24 * 4)
    axes.fill_between(x, level + low, level + high, color=WAR, alpha=0.18, linewidth=0, gid="band-breakeven")
    # A band needs two points beside one another.
    known = np.isfinite(low) & np.isfinite(high)
    beside = np.concatenate([[False], known[:-1]]) | np.concatenate([known[1:], [False]])
    alone = known & ~beside
    axes.vlines(x[alone], (level + low)[alone], (level + high)[alone], color=WAR, linewidth=1.0, gid="band-alone")
    axes.plot(x, y, "-", color=INK, linewidth=1.0)
    for is_sure, fill, name in (
        (True, INK, "simulated, the interval leaves out the level"),
        (False, "white", "simulated, the interval includes the level"),
    ):
        here = np.array([one.holds is not None and _is_sure(found, one) == is_sure for one in found.points])
        if here.any():
            marks += axes.plot(x[here], y[here], "o", color=INK, markerfacecolor=fill, markersize=4)
            names.append(name)
    if np.isfinite(level).any():
        marks += axes.plot(x, level, color=MARK, linewidth=1.1, linestyle=(0, (4, 2)))
        names.append("level" if (one_level := _level(found)) is None else f"level: {one_level.text}")
    _mark(found, axes, marks, names)
    axes.set_xlim(x[0] - 0.02 * (x[-1] - x[0]), x[-1] + 0.02 * (x[-1] - x[0]))
    if _unit(found) == "share":
        percent_axis(axes)
    else:
        number_axis(axes)
    _knob_axis(axes)
    axes.set_xlabel(wrapped(_knob(found), paper.letters - 14))
    axes.set_ylabel(wrapped(measured(found), 30))
    name_above(figure, marks, names, paper)
    return figure


def _is_sure(found: BreakEven, one: Point) -> bool:
    return found.condition.sure(one.standing) is not None


def _column(found: BreakEven, name: str) -> Floats:
    values = [getattr(one, name) for one in found.points]
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _mark(found: BreakEven, axes: Axes, marks: list[Artist], names: list[str]) -> None:
    """Draw where the level is reached, below what was simulated, and add it to what is named above."""
    if found.at is not None:
        dashes = "-" if found.settled else (0, (1, 2))
        marks.append(axes.axvline(found.at, color=MARK, linewidth=1.3, linestyle=dashes, zorder=1.5))
        names.append(f"break-even: {plain(crossing_pieces(found))}" if found.settled else "crossing, not settled")
    spans = [] if found.at is None else [(found.low, found.high)]
    first, last = found.points[0].value, found.points[-1].value
    for low_end, high_end in spans or found.crossings:
        start, end = (first if low_end is None else low_end), (last if high_end is None else high_end)
        axes.axvspan(start, end, color=MARK, alpha=0.13, linewidth=0, gid="band-crossing", zorder=0.5)


def _knob_axis(axes: Axes) -> None:
    """Let the axis of the knob show thousands with a comma, and no more numbers than there is room for."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(MOST_TICKS, steps=(1, 2, 2.5, 5, 10)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "\N{MINUS SIGN}")))
