"""Sweeps as text for the terminal: a line a point, or a heat table where two knobs make a grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.results.summary import Row, with_asked
from sim.studies.sweep import Sweep
from sim.words.findings import findings_block
from sim.words.labels import knob_heading
from sim.words.layout import EMPTY, Block, Column, Table, Text, Title
from sim.words.numbers import half_width, in_unit, with_band

SHADES = "·░▒▓█"
MOST_LINES = 60
SAME_LUCK = "All points meet the same luck, so that differences between them are surer than the intervals of their values."


def answer(sweep: Sweep, title: str, outcomes: Sequence[str]) -> Iterator[Block]:
    """Yield what a sweep says: findings, then a heat table of the first of two knobs, or a line a point.

    Outcomes that no history of any point has are said to be `never`.
    """
    yield Title(title, f"{len(sweep.points):,} points, {sweep.plan.replications:,} histories each, on the same luck")
    yield EMPTY
    yield findings_block(sweep.findings)
    yield EMPTY
    yield from tables(sweep, outcomes)
    yield Text(SAME_LUCK, 0, 2, style="quiet")


def tables(sweep: Sweep, outcomes: Sequence[str]) -> Iterator[Block]:
    """Yield the tables of outcomes over the points of a sweep."""
    told = (row for rows in sweep.summaries for row in rows)
    labels = {row.id: row.alone for row in with_asked(sweep.scenario, told, outcomes)}
    if sweep.is_grid:
        for outcome in outcomes:
            yield from _heat_table(sweep, outcome, labels[outcome])
            yield EMPTY
        return
    called = [knob_heading(knob.path, sweep.scenario) for knob in sweep.knobs]
    rows = [
        [*point, *(_in_words(sweep.row(place, outcome)) for outcome in outcomes)]
        for place, point in list(enumerate(sweep.points))[:MOST_LINES]
    ]
    yield Table(
        [*(Column(name) for name in called), *(Column(f"{labels[outcome]} ({outcome})") for outcome in outcomes)], rows
    )
    if len(sweep.points) > MOST_LINES:
        yield Text(f"... and {len(sweep.points) - MOST_LINES:,} points more, which sweep.csv has", 1)
    yield EMPTY


def _in_words(row: Row | None) -> str:
    """Return share or mean with its interval."""
    if row is None or (value := row.value) is None:
        return "never"
    if row.low is None or row.high is None:
        return in_unit(value, row.unit)
    return with_band(value, row.low, row.high, row.unit)


def _heat_table(sweep: Sweep, outcome: str, label: str) -> Iterator[Block]:
    """Yield one outcome over two knobs, each cell with a shade that is a half-width of the intervals or more."""
    down, across = sweep.knobs
    rows = {point: sweep.row(place, outcome) for place, point in enumerate(sweep.points)}
    values = {point: value for point, row in rows.items() if row is not None and (value := row.value) is not None}
    half = max(((row.high or 0.0) - (row.low or 0.0) for row in rows.values() if row is not None), default=0.0) / 2
    unit = next((row.unit for row in rows.values() if row is not None), "")
    yield Text(f"{label} ({outcome}); every value within {half_width(half, unit)} (95 %)", 0, 2, style="bold")
    if not values:
        yield Text("never", 1)
        return
    least, most = min(values.values()), max(values.values())
    size = max(abs(least), abs(most))
    # So wide that what has the same shade for certain is not told apart, nor noise shown as a pattern.
    step = max(half, (most - least) / len(SHADES))

    def cell(point: tuple[str, ...]) -> str:
        if point not in values:
            return "never  "
        place = min(len(SHADES) - 1, int((values[point] - least) / step)) if step > 0 else 0
        return f"{in_unit(values[point], unit, size=size)} {SHADES[place] * 2}"

    rows_of, columns_of = (knob_heading(knob.path, sweep.scenario) for knob in (down, across))
    yield Text(f"down: {rows_of}; across: {columns_of}", 1, 2, style="quiet")
    yield Table(
        [Column(), *(Column(f"{value}   ") for value in across.values)],
        [[y, *(cell((y, x)) for x in across.values)] for y in down.values],
    )
    # The shades that there are, each of which is `step` wide.
    steps = min(len(SHADES), int((most - least) / step) + 1) if step > 0 else 1
    shown = " ".join(shade * 2 for shade in SHADES[:steps])
    wide = half_width(step, unit)
    yield Text(f"{shown} from low to high, {wide} each" if steps > 1 else f"{shown} all within {wide}", 1, 2, style="quiet")
