"""Sweeps as text for the terminal: a line a point, or a heat table where two knobs make a grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.results.summary import Row, with_asked
from sim.studies.sweep import Sweep
from sim.words.labels import knob_heading
from sim.words.numbers import half_width, in_unit, with_band

SHADES = "·░▒▓█"
MOST_LINES = 60
SAME_LUCK = "All points meet the same luck, so that differences between them are surer than the intervals of their values."


def text_lines(sweep: Sweep, outcomes: Sequence[str]) -> Iterator[str]:
    """Yield a sweep as lines of text.

    Outcomes that no history of any point has are said to be `never`.
    """
    told = (row for rows in sweep.summaries for row in rows)
    labels = {row.id: row.alone for row in with_asked(sweep.scenario, told, outcomes)}
    if sweep.is_grid:
        for outcome in outcomes:
            yield from _heat_table(sweep, outcome, labels[outcome])
            yield ""
        yield SAME_LUCK
        return
    cells = [[_in_words(sweep.row(place, outcome)) for outcome in outcomes] for place in range(len(sweep.points))]
    paths = [knob.path for knob in sweep.knobs]
    called = [knob_heading(path, sweep.scenario) for path in paths]
    shown = [path.rpartition(".")[2] for path in paths] if len(paths) > 1 else called
    widths = [max(len(shown[at]), *(len(point[at]) for point in sweep.points)) for at in range(len(paths))]
    columns = [max(len(outcome), *(len(line[at]) for line in cells)) for at, outcome in enumerate(outcomes)]
    if len(paths) > 1:
        yield from (f"{name}: {label}" for name, label in zip(shown, called, strict=True))
    for outcome in outcomes:
        yield f"{outcome}: {labels[outcome]}"
    yield ""
    yield " " + "  ".join(f"{name:>{width}}" for name, width in zip([*shown, *outcomes], [*widths, *columns], strict=True))
    for point, line in list(zip(sweep.points, cells, strict=True))[:MOST_LINES]:
        yield " " + "  ".join(f"{text:>{width}}" for text, width in zip([*point, *line], [*widths, *columns], strict=True))
    if len(sweep.points) > MOST_LINES:
        yield f" ... and {len(sweep.points) - MOST_LINES:,} points more, which sweep.csv has"
    yield ""
    yield SAME_LUCK


def _in_words(row: Row | None) -> str:
    """Return share or mean with its interval."""
    if row is None or (value := row.value) is None:
        return "never"
    if row.low is None or row.high is None:
        return in_unit(value, row.unit)
    return with_band(value, row.low, row.high, row.unit)


def _heat_table(sweep: Sweep, outcome: str, label: str) -> Iterator[str]:
    """Yield one outcome over two knobs, each cell with a shade that is a half-width of the intervals or more."""
    down, across = sweep.knobs
    rows = {point: sweep.row(place, outcome) for place, point in enumerate(sweep.points)}
    values = {point: value for point, row in rows.items() if row is not None and (value := row.value) is not None}
    half = max(((row.high or 0.0) - (row.low or 0.0) for row in rows.values() if row is not None), default=0.0) / 2
    unit = next((row.unit for row in rows.values() if row is not None), "")
    yield f"{label} ({outcome}); every value within {half_width(half, unit)} (95 %)"
    if not values:
        yield " never"
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

    cells = {(y, x): cell((y, x)) for y in down.values for x in across.values}
    width = max(8, *(len(text) for text in (*cells.values(), *across.values))) + 2
    rows_of, columns_of = (knob_heading(knob.path, sweep.scenario) for knob in (down, across))
    first = max(len(rows_of), *(len(value) for value in down.values))
    yield f" {'':{first}}  {columns_of}"
    yield f" {rows_of:>{first}}" + "".join(f"{value + '   ':>{width}}" for value in across.values)
    for y in down.values:
        yield f" {y:>{first}}" + "".join(f"{cells[y, x]:>{width}}" for x in across.values)
