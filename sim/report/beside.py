"""Pictures of several runs beside one another: how often the fighting ends so and so, how long ceasefires last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sim.engine.calendar import DAYS_PER_MONTH, Calendar
from sim.model.endings import FIRST_ENDS
from sim.report.axes import dates_of, percent_axis, quarters, steps, time_axis
from sim.report.endings import AGES_DAYS, share_with_interval, watched_days
from sim.report.kept import Course
from sim.report.parts import Picture, Piece, Table
from sim.report.scripted import draw_rules, said_of
from sim.report.style import SERIES, Paper, name_above
from sim.results.runs import Run
from sim.results.survival import courses

if TYPE_CHECKING:
    from matplotlib.figure import Figure


# judgement: with more scenarios the bands would hide one another.
MOST_BANDS = 3


def curve_pictures(runs: Sequence[Run]) -> Iterator[Picture]:
    """Yield the pictures of the curves of `survival.csv` of runs that begin on the same date."""
    curves = {run.name: _courses(run) for run in runs}
    for kind in FIRST_ENDS:
        if any(("first_end", kind) in known for known in curves.values()):
            yield _over_time(runs, curves, kind)
    if any(("first_ceasefire", "") in known for known in curves.values()):
        yield _lasting(runs, curves)


def _courses(run: Run) -> dict[tuple[str, str], Course]:
    """Return the curves of a run as its table has them."""
    found = {}
    for name, of, curve in courses(run.outcomes, run.days):
        found[name, of] = Course(curve.times, curve.at_risk.astype(np.float64), curve.share, *curve.intervals())
    return found


Curves = dict[str, dict[tuple[str, str], Course]]


def _over_time(runs: Sequence[Run], curves: Curves, kind: str) -> Picture:
    base = runs[0]
    sides = {"attacker": base.scenario.world.sides.attacker.name, "defender": base.scenario.world.sides.defender.name}
    what = FIRST_ENDS[kind].cause.format(**sides)
    calendar = Calendar(base.scenario.world.start_date)
    days = quarters(base.days)[1:]
    table = Table(
        f"Share of histories in which {what} had ended the fighting first (survival.csv of each)",
        ["date", *(run.called for run in runs)],
        [
            [calendar.date_of(day).isoformat(), *(_cell(curves[run.name], ("first_end", kind), day, run) for run in runs)]
            for day in days
        ],
    )
    says: list[Piece] = [
        f"In which share of histories {what} has ended the fighting, before anything else did, until a date.",
        said_of(runs),
    ]
    draw = partial(_draw_curves, runs, curves, ("first_end", kind), 0.0)
    name = f"until-{kind.replace('_', '-')}"
    return Picture(name, f"How often {what} ends the fighting", says, draw, [table], bands=len(runs) <= MOST_BANDS)


def _cell(known: dict[tuple[str, str], Course], key: tuple[str, str], day: int, run: Run) -> list[Piece]:
    if key not in known:
        return ["never"]
    return share_with_interval(known[key], day, f"{run.name}/survival.csv", *key)


def _lasting(runs: Sequence[Run], curves: Curves) -> Picture:
    ages = [day for day in AGES_DAYS if day < runs[0].days]
    key = ("first_ceasefire", "")
    table = Table(
        "Share of first ceasefires that last longer than so many days (survival.csv of each)",
        ["days", *(run.called for run in runs)],
        [[f"{day:,}", *(_lasting_cell(curves[run.name], day, run) for run in runs)] for day in ages],
    )
    says: list[Piece] = [
        "Which share of first ceasefires still holds after so many months (Kaplan-Meier: a ceasefire that the horizon cuts "
        "short counts as watched until then). The ceasefires of different scenarios are not the same ones."
    ]
    draw = partial(_draw_curves, runs, curves, key, 1.0)
    return Picture("lasting", "How long first ceasefires last", says, draw, [table], bands=len(runs) <= MOST_BANDS)


def _lasting_cell(known: dict[tuple[str, str], Course], day: int, run: Run) -> list[Piece]:
    watched, key = watched_days(run), ("first_ceasefire", "")
    if day > watched:
        return ["not watched so long" if watched else "no ceasefire"]
    return _cell(known, key, day, run) if key in known else ["none breaks"]


def _draw_curves(runs: Sequence[Run], curves: Curves, key: tuple[str, str], start: float, paper: Paper) -> Figure:
    names = [run.called for run in runs]
    figure, (axes,) = paper.canvas(3.0 + 0.24 * paper.lines_above(names))
    over_dates = key[0] == "first_end"
    calendar = Calendar(runs[0].scenario.world.start_date)
    drawn = []
    for place, run in enumerate(runs):
        colour, dashes, _ = SERIES[place % len(SERIES)]
        end = run.days if over_dates else watched_days(run)
        if key in curves[run.name]:
            days, share, low, high = steps(curves[run.name][key], start, end)
        elif end:
            # What never happens is a line too.
            days, share, low, high = np.array([0.0, end]), np.full(2, start), np.full(2, np.nan), np.full(2, np.nan)
        else:
            continue
        drawn.append(run.called)
        x = dates_of(calendar, days) if over_dates else days / DAYS_PER_MONTH
        if len(runs) <= MOST_BANDS:
            axes.fill_between(x, low, high, step="post", color=colour, alpha=0.14, linewidth=0, gid=f"band-{place}")
        axes.plot(x, share, drawstyle="steps-post", color=colour, linestyle=dashes)
    axes.set_ylim(0, 1 if start else None)
    percent_axis(axes)
    if over_dates:
        time_axis(axes, calendar, runs[0].days)
        axes.set_ylabel("share of histories")
    else:
        axes.set_xlim(left=0)
        axes.set_xlabel("months since it began")
        axes.set_ylabel("still in force")
    name_above(figure, axes.get_lines(), drawn, paper)
    if over_dates:
        draw_rules(figure, [axes], runs, paper)
    return figure
