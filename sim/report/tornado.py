"""Pictures of assumptions taken one at a time: how far each moves an outcome, what moves it most first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.report.axes import rows_axis, signed
from sim.report.parts import Named, Picture, Piece, Table, Value, shortened, slug, wrapped
from sim.report.style import CEASEFIRE, FAINT, Paper, name_above
from sim.results.manifest import Called
from sim.results.pairs import Difference
from sim.scenario import Scenario, ScenarioHead
from sim.studies.one_at_a_time import LEFT_OUT, Assumption, Variant
from sim.words.findings.pieces import with_interval
from sim.words.labels import knob_heading, with_unit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# judgement: more would not fit a page.
MOST_ASSUMPTIONS = 15


class Moved(NamedTuple):
    """An assumption at another value, and by how much it moves an outcome."""

    variant: Variant
    change: Difference


def assumption_pictures(
    assumptions: Sequence[Assumption], called: Mapping[str, Called], scenario: Scenario[ScenarioHead]
) -> Iterator[Picture]:
    """Yield a tornado of each outcome, which is `called` so: what moves it most comes first."""
    effects = [effect for one in assumptions for effect in one.effects]
    for outcome in dict.fromkeys(name for effect in effects for name in effect.differences):
        mine = [Moved(one.variant, change) for one in effects if (change := one.differences.get(outcome)) is not None]
        largest: dict[str, float] = {}
        for variant, change in mine:
            if change.found:
                largest[variant.path] = max(largest.get(variant.path, 0.0), abs(change.mean))
        shown = sorted(largest, key=lambda path: -largest[path])[:MOST_ASSUMPTIONS]
        if shown:
            moved = {path: [one for one in mine if one.variant.path == path] for path in shown}
            yield _tornado(outcome, called[outcome], moved, len(largest), scenario)


def _tornado(
    outcome: str, called: Called, shown: dict[str, list[Moved]], moving: int, scenario: Scenario[ScenarioHead]
) -> Picture:
    label, unit = called.label, called.unit
    first = next(iter(shown.values()))[0]
    names = {path: knob_heading(path, scenario) for path in shown}
    rows: list[Sequence[Piece | list[Piece]]] = []
    for path, effects in shown.items():
        for variant, change in effects:
            of = ("one_at_a_time.csv", path, variant.value, outcome)
            columns = ("difference", "low", "high")
            # The unit of what is no share is said elsewhere.
            own = unit if unit == "share" else ""
            found = with_interval(change.mean, change.low, change.high, own, of, columns=columns, sign=True, words="")
            cell: Piece | list[Piece] = [*found] if change.found else "no difference found"
            rows.append([Named(names[path], path), _as_written(variant.value, *of), variant.kind, cell])
    says: list[Piece] = [
        f"{label}: how far each assumption alone moves it, at the 5 % and the 95 % of what it may be, at an end "
        "of the plausible band of what is judged, as another structure or left out, from ",
        Value.in_unit(
            first.change.left, unit, "one_at_a_time.csv", first.variant.path, first.variant.value, outcome, "as_it_is"
        ),
        f" as it is. Shown: {len(shown)} of {moving} that were found to move it. Intervals hold together with 95 %. An "
        "outlined bar: no difference found.",
    ]  # fmt: skip
    caption = f"{with_unit(label, unit)} (one_at_a_time.csv)"
    table = Table(caption, ["assumption", "at", "kind", "difference (95 %)"], rows)
    return Picture(
        slug(outcome),
        label,
        says,
        partial(_draw_tornado, called, {names[path]: moved for path, moved in shown.items()}),
        [table],
        bands=True,
    )


def _as_written(value: str, *of: str) -> Piece:
    """Return the value of an assumption as it was set: a number, or a word."""
    try:
        return Value(value, float(value), "|".join((*of, "value")))
    except ValueError:
        return value.replace("_", " ")


def _draw_tornado(called: Called, shown: Mapping[str, Sequence[Moved]], paper: Paper) -> Figure:
    from matplotlib.lines import Line2D
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    largest = max(abs(end) for moved in shown.values() for _, one in moved for end in (one.low, one.high))
    scale, unit = 1.0, called.unit
    if unit == "share":
        scale, unit = 100.0, "points"
    elif largest >= 1e4:
        # Long numbers would run into one another.
        scale, unit = 1e-3, f"thousand {unit}"
    looks = {
        "low": "#8fc1b4",
        "high": CEASEFIRE,
        "structure": "#a8a8a8",
        "less": "#cdb98a",
        "more": "#a5803c",
        LEFT_OUT: "#8a7fa8",
    }
    words = {"low": "at its 5 %", "high": "at its 95 %", "structure": "other structure", "less": "less, as judged"}
    words |= {"more": "more, as judged", LEFT_OUT: "left out"}
    kinds = [kind for kind in looks if any(one.kind == kind for effects in shown.values() for one, _ in effects)]
    names = [words[kind] for kind in kinds]
    # A bar each, and room for a name of two lines where there is only one; the top of each assumption, in bars.
    bars = [max(2, len(effects)) + 0.5 for effects in shown.values()]
    tops = np.concatenate([[0.0], np.cumsum(bars)])
    figure, (axes,) = paper.canvas(1.1 + 0.2 * paper.lines_above(names) + 0.17 * float(tops[-1]), by_letters=True)
    for place, effects in enumerate(shown.values()):
        for at, (variant, change) in enumerate(effects):
            mean, low, high = (scale * value for value in (change.mean, change.low, change.high))
            kind = variant.kind
            y = float(tops[place] + (bars[place] - len(effects)) / 2 + at + 0.5)
            # What was not found is only outlined.
            fill = looks[kind] if change.found else "white"
            axes.barh(y, mean, height=0.9, color=fill, edgecolor=looks[kind], linewidth=0.8)
            if kind == "structure":
                outer, side = (high, 1) if mean >= 0 else (low, -1)
                axes.annotate(
                    shortened(variant.value.replace("_", " ")), (outer, y), xytext=(3 * side, 0),
                    textcoords="offset points", va="center", ha="left" if side > 0 else "right",
                    fontsize=0.7 * paper.font_pt, color="#333333",
                )  # fmt: skip
            axes.plot([low, high], [y, y], "-", color="#1b1b1b", linewidth=0.9, gid=f"band-{place}-{at}")
    axes.axvline(0, color=FAINT, linewidth=1.0)
    axes.set_ylim(float(tops[-1]), 0.0)
    # Room for the values beside the bars.
    axes.margins(x=0.12)
    axes.set_yticks((tops[:-1] + tops[1:]) / 2, [wrapped(name, 26) for name in shown])
    rows_axis(axes)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: signed(value)))
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.set_xlabel(wrapped(f"difference: {with_unit(called.label, unit)}", 34))
    marks = [Line2D([], [], color=looks[kind], linewidth=6) for kind in kinds]
    name_above(figure, marks, names, paper)
    return figure
