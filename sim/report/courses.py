"""The course of the war in scenarios beside one another: a small panel for each quantity, a line for each scenario."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.engine.draws import Floats
from sim.model.endings import ENDINGS, WAR_AGAIN, WAR_GOES_ON
from sim.model.parameters import SIDES
from sim.report.axes import date_on, dates_of, number_axis, percent_axis, quarters, time_axis
from sim.report.kept import Kept
from sim.report.parts import Picture, Piece, Table, Value, wrapped
from sim.report.scripted import draw_rules, said_of
from sim.report.standing import shares_of
from sim.report.style import SERIES, Paper, name_above

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_AT_WAR = [ENDINGS[code].name for code in (WAR_GOES_ON, WAR_AGAIN)]


class Quantity(NamedTuple):
    """What a panel shows: a field of the series, of a side or of none; at war or not, where it has no field."""

    title: str
    unit: str
    scale: float
    field: str = ""
    of: str = ""


def _quantities(kept: Kept) -> list[Quantity]:
    sided = (
        ("Killed and wounded, {}", "persons", 1e3, "cumulative_casualties"), ("At the front, {}", "persons", 1e3, "force"),
        ("Stock of arms, {}", "days of full fire", 1.0, "stock_days"),
    )  # fmt: skip
    return [
        Quantity("At war", "share", 1.0),
        Quantity(f"Land held by {kept.short_names.side('attacker')}", "km2", 1e3, "held_area"),
        *(
            Quantity(title.format(kept.short_names.side(side)), unit, scale, field, side)
            for title, unit, scale, field in sided
            for side in SIDES
        ),
    ]


def course_picture(kept: Sequence[Kept]) -> Picture:
    """Return the course of runs of the same days over one another."""
    known = _quantities(kept[0])
    says: list[Piece] = [
        "The share of histories at war, and the medians over the histories of what is held, lost, kept at the front and in "
        "stock. Half of the histories lie above a median, and what separates two may be less than what separates histories.",
        said_of([one.run for one in kept], named=True),
    ]
    tables = [_table(kept, one) for one in known]
    return Picture("courses", "The course of each scenario", says, partial(_draw, kept, known), tables)


def _line(kept: Kept, one: Quantity) -> Floats:
    """Return what a panel shows of a run, on the days of its series."""
    if one.field:
        return kept.fans[one.field, one.of]["p50"]
    shares = shares_of(kept)
    at_war: Floats = np.sum([shares[name] for name in _AT_WAR if name in shares], axis=0)
    return at_war


def _table(kept: Sequence[Kept], one: Quantity) -> Table:
    base = kept[0]
    table = Table(
        f"{one.title}, {one.unit if one.field else 'share of histories'}: "
        f"{'medians (series.csv' if one.field else 'of all (standing.csv'} of each has every week)",
        ["date", *(other.run.called for other in kept)], [], quarters(base.run.days),
    )  # fmt: skip
    for day in table.days:
        place = int(np.searchsorted(base.days, day, side="right")) - 1
        on = base.days[place]
        cells = []
        for other in kept:
            value = float(_line(other, one)[place])
            if one.field:
                of: tuple[object, ...] = (f"{other.run.name}/series.csv", on, one.field, one.of, "p50")
            else:
                of = (f"{other.run.name}/standing.csv", on, " and ".join(_AT_WAR), "share")
            cells.append(Value.in_unit(value, one.unit, *of))
        table.rows.append([date_on(base, on), *cells])
    return table


def _draw(kept: Sequence[Kept], known: Sequence[Quantity], paper: Paper) -> Figure:
    names = [one.run.called for one in kept]
    rows = -(-len(known) // 2)
    figure, panels = paper.canvas(1.75 * rows + 0.24 * paper.lines_above(names), rows, columns=2)
    for axes, one in zip(panels, known, strict=True):
        lines = [_line(other, one) for other in kept]
        scale = one.scale if max(float(line.max()) for line in lines) >= 10 * one.scale else 1.0
        for place, (other, line) in enumerate(zip(kept, lines, strict=True)):
            colour, dashes, _ = SERIES[place % len(SERIES)]
            axes.plot(dates_of(other.calendar, other.days), line / scale, color=colour, linestyle=dashes)
        time_axis(axes, kept[0].calendar, kept[0].run.days, most=4)
        (number_axis if one.field else percent_axis)(axes)
        if not one.field:
            axes.set_ylim(0, 1)
        unit = one.unit.replace("km2", "km²")
        told = f" ({'thousand ' if scale > 1 else ''}{unit})" if one.field else " (share of histories)"
        axes.set_title(wrapped(one.title + told, paper.letters // 2 - 5, 3))
    name_above(figure, panels[0].get_lines(), names, paper)
    draw_rules(figure, panels, [one.run for one in kept], paper, columns=2)
    return figure
