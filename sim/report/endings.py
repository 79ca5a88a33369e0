"""Pictures of how the fighting first ends, when ceasefires begin and how long they last: the curves of `survival.csv`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sim.engine.calendar import DAYS_PER_MONTH
from sim.model.endings import AIMS_OF, COLLAPSED, CONQUERED_BY, ENDINGS, FIRST_ENDS, WIDER_WAR
from sim.model.parameters import SIDES
from sim.report.axes import date_on, dates_of, percent_axis, quarters, steps, time_axis
from sim.report.kept import Course, Kept
from sim.report.parts import Picture, Piece, Table, Value, wrapped
from sim.report.scripted import draw_rules, said_of
from sim.report.style import CEASEFIRE, INK, SIDE_COLOURS, WAR, Look, Paper, label_ends
from sim.results.runs import Run
from sim.words.findings.pieces import joined, share_of, with_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

AGES_DAYS = (30, 91, 182, 365, 548, 730, 1096, 1461, 1826)
_DASHES = (
    (COLLAPSED, ((0, (5, 1.5)), (0, (1.5, 1.2)))),
    (CONQUERED_BY, ((0, (9, 2)), (0, (9, 2)))),
    (AIMS_OF, ((0, (4, 1, 1, 1)), (0, (4, 1, 1, 1)))),
)
FIRST_END_LOOKS = {"ceasefire": Look(CEASEFIRE, "-")} | {
    ENDINGS[code].name: Look(SIDE_COLOURS[ENDINGS[code].side], dashes)
    for codes, of_sides in _DASHES
    for code, dashes in zip(codes, of_sides, strict=True)
}
FIRST_END_LOOKS[ENDINGS[WIDER_WAR].name] = Look(INK, (0, (1, 2)))


def first_end_label(kept: Kept, kind: str) -> str:
    """Return what ended the fighting, in a few words."""
    return FIRST_ENDS[kind].happens.format(**{side: kept.short_names.side(side) for side in SIDES})


def incidence(kept: Kept) -> Picture:
    """Return the picture of first ends: in which share of histories the fighting has ended by a date, and how."""
    kinds = [kind for kind in FIRST_ENDS if ("first_end", kind) in kept.courses]
    table = Table(
        "Share of histories in which the fighting had first ended by a date, with 95 % intervals (survival.csv)",
        ["date", *(first_end_label(kept, kind) for kind in kinds), "no end yet"],
        [],
        quarters(kept.run.days),
    )
    for day in table.days:
        cells = [
            share_with_interval(kept.courses["first_end", kind], day, "survival.csv", "first_end", kind) for kind in kinds
        ]
        war = kept.courses["war", ""]
        still = share_with_interval(war, day, "survival.csv", "war", "")
        table.rows.append([date_on(kept, day), *cells, still])
    ends: list[list[Piece]] = [
        [
            f"{first_end_label(kept, kind)} in ",
            *share_with_interval(kept.courses["first_end", kind], kept.run.days, "survival.csv", "first_end", kind),
        ]
        for kind in kinds
    ]
    says: list[Piece] = [
        f"How the fighting first ended, and in which share of histories, until {kept.end.isoformat()}: ",
        *joined(ends),
        f". A ceasefire may break later. Bands are 95 % intervals.{said_of([kept.run])}",
    ]
    return Picture(
        "incidence", "How the fighting first ends", says, partial(_draw_incidence, kept, kinds), [table], bands=True
    )


def _draw_incidence(kept: Kept, kinds: Sequence[str], paper: Paper) -> Figure:
    figure, (axes,) = paper.canvas(3.5)
    ends = []
    lines = [(kind, kept.courses["first_end", kind], FIRST_END_LOOKS[kind], 0.0) for kind in kinds]
    lines.append(("", kept.courses["war", ""], Look(WAR, (0, (1, 1.6))), 1.0))
    for kind, course, look, start in lines:
        days, share, low, high = steps(course, start, kept.run.days)
        dates = dates_of(kept.calendar, days)
        axes.fill_between(dates, low, high, step="post", color=look.colour, alpha=0.16, linewidth=0, gid=f"band-{kind}")
        axes.plot(dates, share, drawstyle="steps-post", color=look.colour, linestyle=look.dashes)
        label = first_end_label(kept, kind) if kind else "no end yet"
        ends.append((float(share[-1]), wrapped(label, 15), look.colour))
    time_axis(axes, kept.calendar, kept.run.days)
    percent_axis(axes)
    axes.set_ylim(0, 1)
    axes.set_ylabel("share of histories")
    label_ends(axes, ends, paper, 2.7)
    draw_rules(figure, [axes], [kept.run], paper)
    return figure


def ceasefires(kept: Kept) -> Picture:
    """Return when first ceasefires begin, and how long they last."""
    signed = kept.courses["first_end", "ceasefire"]
    lasting = kept.courses.get(("first_ceasefire", ""))
    spans = list(pairwise(quarters(kept.run.days)))
    rows: list[Sequence[Piece | list[Piece]]] = []
    for first, last in spans:
        gained = _between(signed, first, last)
        of = f"survival.csv|first_end|ceasefire|{first}..{last}|share"
        rows.append([f"{date_on(kept, first)} to {date_on(kept, last)}", Value.in_unit(gained, "share")._replace(of=of)])
    caption = "Share of all histories whose first ceasefire begins in a span of time (survival.csv)"
    tables = [Table(caption, ["from", "share"], rows)]
    says: list[Piece] = ["When first ceasefires begin, as a share of all histories in a quarter"]
    if lasting is not None:
        says.append(
            ", and which share of them still holds after so many months (Kaplan-Meier: a ceasefire that the horizon cuts "
            "short counts as watched until then)"
        )
        known = {
            day: share_with_interval(lasting, day, "survival.csv", "first_ceasefire", "")
            for day in AGES_DAYS
            if day <= watched_days(kept.run)
        }
        lasting_rows: list[Sequence[Piece | list[Piece]]] = [
            [f"{day:,}", share, _at_risk(lasting, day)] for day, share in known.items()
        ]
        caption = "Share of first ceasefires that last longer than so many days, with 95 % intervals (survival.csv)"
        tables.append(Table(caption, ["days", "still in force", "watched until the last break before"], lasting_rows))
        # As the summary has it, of those that were watched so long, which is one number wherever it is told.
        summary = {row.id: row for row in kept.run.summary}
        told = [(day, row) for day in (30, 365) if (row := summary.get(f"ceasefire_lasted_{day}_days")) is not None]
        if told:
            lasted: list[list[Piece]] = [[f"{day} days ", *share_of(row, "")] for day, row in told]
            says += ["; of those that were watched so long it lasts ", *joined(lasted)]
    says.append(f".{said_of([kept.run])}")
    title = "When ceasefires begin, and how long they last"
    return Picture("ceasefires", title, says, partial(_draw_ceasefires, kept, spans), tables, bands=True)


def watched_days(run: Run) -> float:
    """Return for how many days the first ceasefire was watched that was watched longest; 0 without one."""
    days = run.outcomes.get("first_ceasefire_days")
    return float(np.nanmax(days)) if days is not None and not np.isnan(days).all() else 0.0


def _between(course: Course, first: int, last: int) -> float:
    """Return by how much a share rises after one day and until another."""
    levels = [float(course.share[place]) if (place := course.at(day)) >= 0 else 0.0 for day in (first, last)]
    return levels[1] - levels[0]


def _at_risk(course: Course, day: int) -> Piece:
    place = course.at(day)
    if place < 0:
        return None
    at = f"{course.days[place]:.0f}"
    return Value.in_unit(float(course.at_risk[place]), "histories", "survival.csv", "first_ceasefire", "", at, "at_risk")


def _draw_ceasefires(kept: Kept, spans: Sequence[tuple[int, int]], paper: Paper) -> Figure:
    signed, lasting = kept.courses["first_end", "ceasefire"], kept.courses.get(("first_ceasefire", ""))
    figure, panels = paper.canvas(4.6 if lasting is not None else 2.5, 1 if lasting is None else 2)
    axes = panels[0]
    middles = dates_of(kept.calendar, [(first + last) / 2 for first, last in spans])
    widths = [0.86 * (last - first) for first, last in spans]
    axes.bar(middles, [_between(signed, *span) for span in spans], widths, color=CEASEFIRE, linewidth=0)
    time_axis(axes, kept.calendar, kept.run.days)
    percent_axis(axes)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("share of histories")
    axes.set_title("First ceasefire begins, by quarter")
    if lasting is not None:
        axes = panels[1]
        days, share, low, high = steps(lasting, 1.0, watched_days(kept.run))
        months = days / DAYS_PER_MONTH
        axes.fill_between(months, low, high, step="post", color=CEASEFIRE, alpha=0.2, linewidth=0, gid="band-lasting")
        axes.plot(months, share, drawstyle="steps-post", color=CEASEFIRE)
        axes.set_xlim(0, months[-1])
        axes.set_ylim(0, 1)
        percent_axis(axes)
        axes.set_xlabel("months since it began")
        axes.set_ylabel("still in force")
        axes.set_title("How long the first ceasefire lasts")
    draw_rules(figure, panels[:1], [kept.run], paper)
    return figure


def share_with_interval(course: Course, day: float, *of: str) -> list[Piece]:
    """Return the share of a curve on a day with its interval."""
    place = course.at(day)
    if place < 0:
        return ["0 %" if of[1] == "first_end" else "100 %"]
    at = f"{course.days[place]:.0f}"
    low, high = (None if np.isnan(bound[place]) else float(bound[place]) for bound in (course.low, course.high))
    columns = ("share", "low", "high")
    return [*with_interval(float(course.share[place]), low, high, "share", (*of, at), columns=columns, words="")]
