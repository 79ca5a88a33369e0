"""The main picture of a run: where its histories are by date, at war, in a ceasefire, at war again or decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sim.engine.draws import Floats
from sim.model.endings import AIMS_OF, CONQUERED_BY, DECISIONS, ENDINGS
from sim.report.axes import date_on, dates_of, percent_axis, quarters, time_axis
from sim.report.kept import Kept
from sim.report.parts import Picture, Piece, Table, wrapped
from sim.report.scripted import draw_rules, said_of
from sim.report.style import CEASEFIRE, INK, SIDE_COLOURS, Paper, label_ends
from sim.results.statistics import wilson_interval
from sim.words.findings.pieces import joined, with_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# From the bottom: what is war, so that its upper edge is all war; what may be war again; what is decided for good.
ORDER = ("war_goes_on", "war_again", "ceasefire_in_force", *(ending.name for ending in DECISIONS))
SHADES = {"war_goes_on": "#8a8a8a", "war_again": "#c9a24a", "ceasefire_in_force": CEASEFIRE} | {
    ending.name: SIDE_COLOURS[ending.side] if ending.side else INK for ending in DECISIONS
}
# Both have the colour of a side: an army's collapse is plain, what else decides a war is hatched.
HATCHES = dict.fromkeys(ORDER) | {ENDINGS[code].name: "///" for code in (*CONQUERED_BY, *AIMS_OF)}
_LABELS = {ending.name: ending.label for ending in ENDINGS}


def ending_label(kept: Kept, ending: str) -> str:
    """Return how a history stands, in a few words."""
    return _LABELS[ending].format(**kept.short_names.sides)


def standing(kept: Kept) -> Picture:
    """Return where histories are, by date; what is in a ceasefire comes back to war when that breaks."""
    shown = [name for name in ORDER if name in kept.standing]
    table = Table(
        "Share of histories by where they are, with 95 % intervals (standing.csv has every week)",
        ["date", *(ending_label(kept, name) for name in shown)], [], quarters(kept.run.days),
    )  # fmt: skip
    # Of a day between two weeks what is known of the week before.
    for day in table.days:
        place = int(np.searchsorted(kept.days, day, side="right")) - 1
        cells = [share_standing(kept, name, place) for name in shown]
        table.rows.append([date_on(kept, kept.days[place]), *cells])
    ends: list[list[Piece]] = [
        [f"{_within(kept, name)} ", *share_standing(kept, name, len(kept.days) - 1)] for name in shown
    ]
    says: list[Piece] = [
        f"In which share of histories there is war, a ceasefire, or war again, or one side has decided it, on each day. "
        f"A ceasefire that breaks goes back to war. On {kept.end.isoformat()}: ", *joined(ends), ".",
        said_of([kept.run], named=True),
    ]  # fmt: skip
    return Picture("standing", "Where histories are", says, partial(_draw, kept, shown), [table])


def _within(kept: Kept, name: str) -> str:
    label = _LABELS[name]
    told = label.format(**kept.names.sides)
    return told if label.startswith("{") else told[0].lower() + told[1:]


def share_standing(kept: Kept, ending: str, place: int) -> list[Piece]:
    """Return the share of histories that stand so on a day of the series, with its interval."""
    count, of = int(kept.standing[ending][place]), _that_went_on(kept)
    where, columns = ("standing.csv", kept.days[place], ending), ("share", "low", "high")
    return [*with_interval(count / of, *wilson_interval(count, of), "share", where, columns=columns, words="")]


def _that_went_on(kept: Kept) -> int:
    """Return of how many histories there is something to tell, and 1 of none."""
    return max(1, kept.run.replications - kept.run.failed)


def shares_of(kept: Kept) -> Mapping[str, Floats]:
    """Return the share of histories that stand so, by ending, on the days of the series."""
    return {name: counts / _that_went_on(kept) for name, counts in kept.standing.items()}


def _draw(kept: Kept, shown: Sequence[str], paper: Paper) -> Figure:
    figure, (axes,) = paper.canvas(3.7)
    dates, shares = dates_of(kept.calendar, kept.days), shares_of(kept)
    floor, ends = np.zeros(len(dates)), []
    for name in shown:
        top = floor + shares[name]
        axes.fill_between(dates, floor, top, facecolor=SHADES[name], edgecolor="white", linewidth=0.7, hatch=HATCHES[name])
        label = f"{wrapped(ending_label(kept, name), 16)}\n{100 * shares[name][-1]:.0f} %"
        ends.append((float(floor[-1] + top[-1]) / 2, label, INK))
        floor = top
    time_axis(axes, kept.calendar, kept.run.days)
    percent_axis(axes)
    axes.set_ylim(0, 1)
    axes.set_axisbelow(False)
    axes.grid(color="white", alpha=0.35)
    axes.set_ylabel("share of histories")
    label_ends(axes, ends, paper, 3.0)
    draw_rules(figure, [axes], [kept.run], paper)
    return figure
