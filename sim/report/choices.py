"""The picture of choices: in which share of the assumptions each meets its aims, or how far each is from the best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sim.report.axes import rows_axis
from sim.report.parts import Picture, Piece, Table, Value, wrapped
from sim.report.style import INK, MARK, WAR, Paper
from sim.studies.choose import Choices
from sim.studies.regret import Bands
from sim.words.choose import in_order
from sim.words.findings.choose import lever_label, value_in_words
from sim.words.findings.pieces import with_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# judgement: more would not fit a page; all of them are in the table.
MOST_DRAWN = 20


def choices_picture(found: Choices) -> Picture:
    """Return the choices one below the other, the robust one first, with intervals."""
    shown = len(in_order(found)[:MOST_DRAWN])
    what = "in which share of the assumptions each choice meets its aims"
    if not _is_of_shares(found):
        what = "the largest regret of each choice, where 1 is what choices move an aim on average"
    some = f" Shown: {shown} of {len(found.choices)}, all of which the table has." if shown < len(found.choices) else ""
    draws, lucks = (Value(f"{count:,}", count, f"manifest.json|{name}")
                    for count, name in ((found.draws, "draws"), (found.lucks, "lucks")))  # fmt: skip
    says: list[Piece] = [
        f"Marks are {what}, lines their 95 % intervals; the {_first(found)} comes first, and filled marks are choices that "
        "cannot be told from it. "
    ]  # fmt: skip
    if found.is_by_luck:
        says += ["Nothing is uncertain: all choices meet the same luck, in ", draws, " times ", lucks, f" histories.{some}"]
    else:
        says += ["All choices meet the same draws of the assumptions, ", draws, ", and in each the same lucks, ", lucks]
        says += [f".{some}"]
    return Picture("choices", "Choices against what is not known", says, partial(_draw, found), [_table(found)], bands=True)


def _is_of_shares(found: Choices) -> bool:
    """Return whether choices are drawn by the shares of the assumptions in which they meet their aims, else by regret."""
    return found.has_levels and not found.is_by_luck


def _first(found: Choices) -> str:
    return "one with least regret" if found.is_by_luck else "robust choice"


def _bands(found: Choices) -> tuple[Bands, str]:
    return (found.verdict.all_met, "all_met") if _is_of_shares(found) else (found.verdict.worst, "largest_regret")


def _name(found: Choices, place: int) -> str:
    return " · ".join(map(value_in_words, found.choices[place]))


def _levers(found: Choices) -> str:
    return " · ".join(lever_label(lever, found.scenario) for lever in found.levers)


def _cell(bands: Bands, name: str, unit: str, of: tuple[object, ...], *place: int) -> list[Piece]:
    value, low, high = bands.at(*place)
    if math.isnan(value):
        return ["not told"]
    columns = (name, f"{name}_low", f"{name}_high")
    # The unit of what is no share is said elsewhere.
    return [*with_interval(value, low, high, "share" if unit == "share" else "", of, columns=columns, words="")]


def _table(found: Choices) -> Table:
    bands, name = _bands(found)
    what = "all aims met (95 %)" if _is_of_shares(found) else "largest regret (95 %)"
    header = [_levers(found), what, *(f"aim {number}: mean (95 %)" for number in range(1, len(found.aims) + 1))]
    rows: list[Sequence[Piece | list[Piece]]] = []
    for place in in_order(found):
        means = [
            _cell(found.verdict.means, "mean", found.unit(aim), ("choice_aims.csv", place, aim), at, place)
            for at, aim in enumerate(found.aims)
        ]
        unit = "share" if _is_of_shares(found) else ""
        rows.append([_name(found, place), _cell(bands, name, unit, ("choices.csv", place), place), *means])
    return Table(f"All choices, the {_first(found)} first (choices.csv, choice_aims.csv)", header, rows)


def regret_table(found: Choices) -> Table:
    """Return how far each choice is from the best one in the same assumptions, on average and in one of twenty of them."""
    told = found.verdict
    aims = range(1, len(found.aims) + 1)
    header = [_levers(found), *(f"aim {number}: {what} (95 %)" for number in aims for what in ("regret", "great regret"))]
    rows: list[Sequence[Piece | list[Piece]]] = []
    for place in in_order(found):
        cells = [
            _cell(bands, name, found.unit(aim), ("choice_aims.csv", place, aim), at, place)
            for at, aim in enumerate(found.aims)
            for bands, name in ((told.regrets, "regret"), (told.great, "great_regret"))
        ]
        rows.append([_name(found, place), *cells])
    where = "" if found.is_by_luck else " in the same assumptions"
    return Table(f"Regret: how far from the best choice{where} (choice_aims.csv)", header, rows)


def _draw(found: Choices, paper: Paper) -> Figure:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    order = in_order(found)[:MOST_DRAWN]
    bands, _ = _bands(found)
    scale = 100.0 if _is_of_shares(found) else 1.0
    value, low, high = (scale * one[order] for one in bands)
    rows = np.arange(len(order), dtype=np.float64)
    figure, (axes,) = paper.canvas(1.2 + 0.24 * len(order), by_letters=True)
    axes.hlines(rows, low, high, color=WAR, linewidth=1.0, gid="band-choices")
    for row, place in enumerate(order):
        is_robust, is_as_good = place == found.verdict.robust, place in found.verdict.as_good
        colour = MARK if is_robust else INK
        fill = colour if is_robust or is_as_good else "white"
        axes.plot(value[row], rows[row], "D" if is_robust else "o", color=colour, markerfacecolor=fill, markersize=4)
    axes.set_ylim(len(order) - 0.5, -0.5)
    axes.set_yticks(rows, [wrapped(_name(found, place), 26, 1) for place in order])
    rows_axis(axes)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    unit = " %" if _is_of_shares(found) else ""
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: f"{at:.3g}{unit}"))
    axes.set_xlabel("share of the assumptions with all aims met" if _is_of_shares(found) else "largest regret")
    axes.set_title(wrapped(_levers(found), paper.letters - 4))
    return figure
