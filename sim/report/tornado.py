"""Pictures of assumptions taken one at a time: how far each moves an outcome, what moves it most first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.report.axes import rows_axis, signed
from sim.report.parts import Picture, Piece, Table, Value, shortened, slug, with_bounds, with_unit, wrapped
from sim.report.style import CEASEFIRE, FAINT, Paper, name_above
from sim.results.columns import ONE_AT_A_TIME
from sim.results.manifest import OneAtATimeManifest, StoreError
from sim.results.read import Folder
from sim.scenario import Scenario, ScenarioHead

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# judgement: more would not fit a page.
MOST_ASSUMPTIONS = 15


class Moved(NamedTuple):
    """A row of `one_at_a_time.csv`: an assumption at another value, and by how much it moves an outcome."""

    path: str
    value: str
    kind: str
    outcome: str
    as_it_is: float
    difference: float
    low: float
    high: float
    found: bool


@dataclass(frozen=True)
class KeptAssumptions:
    """The table of assumptions taken one at a time, read from its folder.

    Attributes
    ----------
    folder : Path
    manifest : OneAtATimeManifest
    scenario : Scenario
    rows : list of Moved
        Those whose difference is known.
    """

    folder: Path
    manifest: OneAtATimeManifest
    scenario: Scenario[ScenarioHead]
    rows: list[Moved]

    @classmethod
    def of(cls, found: Folder, manifest: OneAtATimeManifest) -> KeptAssumptions:
        """Return the table in a folder that was read.

        Raises
        ------
        StoreError
            When it is not as it should be.
        """
        table = found.table("one_at_a_time.csv", ONE_AT_A_TIME)
        if table.rows != manifest.rows:
            raise StoreError(f"{table.path} has {table.rows:,} rows and should have {manifest.rows:,}")
        table.one_of("outcome", manifest.outcomes)
        table.one_of("kind", ("low", "high", "structure"))
        numbers = ("as_it_is", "difference", "low", "high", "found")
        known = [np.isnan(table[name]) for name in (*numbers, "changed")]
        table.hold(np.all(known, axis=0) | ~np.any(known, axis=0), "some of its numbers are missing")
        with np.errstate(invalid="ignore"):
            fine = (table["low"] <= table["difference"]) & (table["difference"] <= table["high"])
        table.hold(fine | known[0], "its bounds are not in their order")
        rows, seen = [], set()
        for place, row in enumerate(table.dicts()):
            key = (row["path"], row["value"], row["outcome"])
            if key in seen:
                raise table.wrong(place, "it is there twice")
            seen.add(key)
            if row["difference"] is not None:
                rows.append(Moved(**{name: row[name] for name in Moved._fields} | {"found": row["found"] == 1}))
        return cls(found.path, manifest, found.scenario(), rows)

    def label(self, outcome: str) -> str:
        """Return what an outcome is called."""
        return self.manifest.outcomes[outcome].label

    def unit(self, outcome: str) -> str:
        """Return the unit of an outcome."""
        return self.manifest.outcomes[outcome].unit


def assumption_pictures(kept: KeptAssumptions) -> Iterator[Picture]:
    """Yield a tornado of each outcome: what moves it most comes first."""
    for outcome in dict.fromkeys(row.outcome for row in kept.rows):
        mine = [row for row in kept.rows if row.outcome == outcome]
        largest: dict[str, float] = {}
        for row in mine:
            if row.found:
                largest[row.path] = max(largest.get(row.path, 0.0), abs(row.difference))
        shown = sorted(largest, key=lambda path: -largest[path])[:MOST_ASSUMPTIONS]
        if shown:
            effects = {path: [row for row in mine if row.path == path] for path in shown}
            yield _tornado(kept, outcome, effects, len(largest))


def _tornado(kept: KeptAssumptions, outcome: str, shown: dict[str, list[Moved]], moving: int) -> Picture:
    label = kept.label(outcome)
    base = next(iter(shown.values()))[0].as_it_is
    unit = kept.unit(outcome)
    rows: list[Sequence[Piece | list[Piece]]] = []
    for path, effects in shown.items():
        for row in effects:
            of = ("one_at_a_time.csv", path, row.value, outcome)
            size = max(abs(row.low), abs(row.high))
            numbers = {"difference": row.difference, "low": row.low, "high": row.high}
            mean, low, high = (
                Value.in_unit(number, unit, *of, name, sign=True, size=size) for name, number in numbers.items()
            )
            found: Piece | list[Piece] = with_bounds(mean, low, high)
            cell = found if row.found else "no difference found"
            rows.append([path, _as_written(row.value, *of), row.kind, cell])
    first = next(iter(shown.values()))[0]
    says: list[Piece] = [
        f"{label}: how far each assumption alone moves it, at the 5 % and the 95 % of what it may be or as another "
        "structure, from ",
        Value.in_unit(base, unit, "one_at_a_time.csv", first.path, first.value, outcome, "as_it_is"),
        f" as it is. Shown: {len(shown)} of {moving} that were found to move it. Intervals hold together with 95 %. An "
        "outlined bar: no difference found.",
    ]  # fmt: skip
    caption = f"{with_unit(label, kept.unit(outcome))} (one_at_a_time.csv)"
    table = Table(caption, ["assumption", "at", "kind", "difference (95 %)"], rows)
    return Picture(slug(outcome), label, says, partial(_draw_tornado, kept, outcome, shown), [table], bands=True)


def _as_written(value: str, *of: str) -> Piece:
    """Return the value of an assumption as it was set: a number, or a word."""
    try:
        return Value(value, float(value), "|".join((*of, "value")))
    except ValueError:
        return value


def _draw_tornado(kept: KeptAssumptions, outcome: str, shown: Mapping[str, Sequence[Moved]], paper: Paper) -> Figure:
    from matplotlib.lines import Line2D
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    share = kept.unit(outcome) == "share"
    largest = max(abs(bound) for effects in shown.values() for row in effects for bound in (row.low, row.high))
    scale, unit = 1.0, kept.unit(outcome)
    if share:
        scale, unit = 100.0, "points"
    elif largest >= 1e4:
        # Long numbers would run into one another.
        scale, unit = 1e-3, f"thousand {unit}"
    looks = {"low": "#8fc1b4", "high": CEASEFIRE, "structure": "#a8a8a8"}
    words = {"low": "at its 5 %", "high": "at its 95 %", "structure": "other structure"}
    kinds = [kind for kind in looks if any(row.kind == kind for effects in shown.values() for row in effects)]
    names = [words[kind] for kind in kinds]
    # A bar each, and room for a name of two lines where there is only one; the top of each assumption, in bars.
    bars = [max(2, len(effects)) + 0.5 for effects in shown.values()]
    tops = np.concatenate([[0.0], np.cumsum(bars)])
    figure, (axes,) = paper.canvas(1.1 + 0.2 * paper.lines_above(names) + 0.17 * float(tops[-1]), by_letters=True)
    for place, effects in enumerate(shown.values()):
        for at, row in enumerate(effects):
            mean, low, high = (scale * value for value in (row.difference, row.low, row.high))
            kind = row.kind
            y = float(tops[place] + (bars[place] - len(effects)) / 2 + at + 0.5)
            # What was not found is only outlined.
            fill = looks[kind] if row.found else "white"
            axes.barh(y, mean, height=0.9, color=fill, edgecolor=looks[kind], linewidth=0.8)
            if kind == "structure":
                outer, side = (high, 1) if mean >= 0 else (low, -1)
                axes.annotate(
                    shortened(row.value), (outer, y), xytext=(3 * side, 0), textcoords="offset points", va="center",
                    ha="left" if side > 0 else "right", fontsize=0.7 * paper.font_pt, color="#333333",
                )  # fmt: skip
            axes.plot([low, high], [y, y], "-", color="#1b1b1b", linewidth=0.9, gid=f"band-{place}-{at}")
    axes.axvline(0, color=FAINT, linewidth=1.0)
    axes.set_ylim(float(tops[-1]), 0.0)
    # Room for the values beside the bars.
    axes.margins(x=0.12)
    axes.set_yticks((tops[:-1] + tops[1:]) / 2, [_path_lines(path) for path in shown], linespacing=1.0)
    rows_axis(axes)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: signed(value)))
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.set_xlabel(wrapped(f"difference: {with_unit(kept.label(outcome), unit)}", 34))
    marks = [Line2D([], [], color=looks[kind], linewidth=6) for kind in kinds]
    name_above(figure, marks, names, paper)
    return figure


def _path_lines(path: str) -> str:
    """Return a path in at most two lines."""
    head, dot, name = path.rpartition(".")
    return f"{head}{dot}\n{name}" if len(path) > 30 else path
