"""The picture of the ledger: why there is no deal, over time, a strip for each reason."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sim.engine.draws import Floats
from sim.ensemble.run import SERIES_HISTORIES
from sim.model.answers import is_possible
from sim.report.axes import date_on, dates_of, quarters, time_axis
from sim.report.kept import Kept
from sim.report.parts import Picture, Piece, Table, Value, wrapped
from sim.report.scripted import draw_rules, said_of
from sim.report.style import CEASEFIRE, FAINT, SIDE_COLOURS, Paper

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# judgement: a reason that is rarer than this on every day would be a line of nothing.
WORTH_A_STRIP = 0.01


def ledger(kept: Kept) -> Picture:
    """Return why there was no deal, over time: the share of each reason among histories at war, strip above strip."""
    rows = [row for row in kept.run.ledger if row.question == "state"]
    days = sorted({row.day for row in rows})
    shares: dict[str, Floats] = {}
    total: dict[str, int] = {}
    for row in rows:
        shares.setdefault(row.answer, np.zeros(len(days)))[days.index(row.day)] = row.histories / row.of
        total[row.answer] = total.get(row.answer, 0) + row.histories
    order = sorted(shares, key=lambda answer: (not is_possible(answer), -total[answer]))
    shown = [answer for answer in order if shares[answer].max() >= WORTH_A_STRIP]
    wanted = [min(days, key=lambda day: abs(day - goal)) for goal in quarters(kept.run.days)[1:]]
    wanted = sorted(set(wanted))
    table = Table(
        "Share of the histories at war (ledger.csv has every eight weeks)",
        ["date", *(kept.names.state(answer) for answer in order), "histories at war"], [], wanted,
    )  # fmt: skip
    at_war = {row.day: row.of for row in rows}
    for day in wanted:
        cells: list[Piece] = []
        for answer in order:
            share = float(shares[answer][days.index(day)])
            cells.append(Value.in_unit(share, "share", "ledger.csv", day, "state", answer, "share") if share else "0 %")
        of = Value.in_unit(float(at_war[day]), "histories", "ledger.csv", day, "state", "", "of")
        table.rows.append([date_on(kept, day), *cells, of])
    left = len(order) - len(shown)
    asked = f", of the first {SERIES_HISTORIES:,} histories" if kept.run.replications > SERIES_HISTORIES else ""
    says: list[Piece] = [
        f"Why histories at war have no deal, as a share of those at war on that day with nothing signed{asked}. In the "
        "first strips a deal was possible: some package would have left both sides better off than fighting on; they say "
        "how talks stood. In the others none was: they name the reason whose removal alone would have made one possible "
        "(of several, the one that goes furthest). All strips have the same scale",
        f"; what is below {100 * WORTH_A_STRIP:.0f} % throughout is only in the table." if left else ".",
        said_of([kept.run]),
    ]
    draw = partial(_draw_ledger, kept, days, {answer: shares[answer] for answer in shown})
    return Picture("ledger", "Why there is no deal", says, draw, [table])


def _draw_ledger(kept: Kept, days: Sequence[int], shares: dict[str, Floats], paper: Paper) -> Figure:
    figure, (axes,) = paper.canvas(0.7 + 0.52 * len(shares), by_letters=True)
    top = np.ceil(10 * max(values.max() for values in shares.values())) / 10
    # What was counted on a day stands until the next count.
    ends = dates_of(kept.calendar, [*days, max(kept.run.days, days[-1])])
    for place, (answer, values) in enumerate(shares.items()):
        base = float(len(shares) - 1 - place)
        side = answer.partition(":")[0]
        colour = SIDE_COLOURS.get(side, CEASEFIRE)
        heights = base + 0.92 * np.append(values, values[-1]) / top
        axes.fill_between(ends, base, heights, step="post", color=colour, linewidth=0)
        axes.axhline(base, color=FAINT, linewidth=0.5)
        axes.axhline(base + 0.92, color=FAINT, linewidth=0.4, linestyle=(0, (1, 3)))
        for level, text in ((0.0, "0"), (0.92, f"{100 * top:.0f} %")) if place == 0 else ():
            axes.annotate(text, (1.01, base + level), xycoords=("axes fraction", "data"), va="center", color=FAINT,
                          fontsize=0.86 * paper.font_pt, annotation_clip=False)  # fmt: skip
    time_axis(axes, kept.calendar, kept.run.days)
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(-0.05, len(shares))
    axes.set_yticks([len(shares) - 1 - place + 0.4 for place in range(len(shares))])
    axes.set_yticklabels([wrapped(kept.short_names.state(answer), 27) for answer in shares])
    axes.tick_params(axis="y", length=0)
    draw_rules(figure, [axes], [kept.run], paper)
    return figure
