"""Pictures of sweeps: lines over one knob, a heat map over two, points over each of more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.engine.draws import Floats, Ints
from sim.model import HEADLINE
from sim.model.outcomes import SECTIONS
from sim.report.axes import number_axis, percent_axis
from sim.report.parts import CannotDraw, Picture, Piece, Table, Value, listed, slug, with_bounds, with_unit, wrapped
from sim.report.style import MARK, SIDE_COLOURS, WAR, Paper
from sim.results.columns import sweep_columns
from sim.results.manifest import StoreError, SweepManifest
from sim.results.read import Folder
from sim.results.reading import rows_of
from sim.results.summary import Row
from sim.scenario import Scenario, ScenarioHead
from sim.studies.condition import Condition
from sim.studies.design import as_value
from sim.words.numbers import rounded

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# judgement: as many as a page can hold beside one another and still be read.
MOST_OUTCOMES = 6
# judgement: in smaller cells of a heat map numbers would not fit.
MOST_WRITTEN = 100


class Knob(NamedTuple):
    """A knob of a sweep; its values as numbers, or None where they are words."""

    path: str
    numbers: Floats | None


@dataclass(frozen=True)
class KeptSweep:
    """A sweep read from its folder.

    Attributes
    ----------
    folder : Path
    manifest : SweepManifest
    scenario : Scenario
        As it is without the knobs.
    knobs : list of Knob
    points : list of tuple of str
    rows : dict of (point, outcome) to Row
        The rows of `sweep.csv`.
    """

    folder: Path
    manifest: SweepManifest
    scenario: Scenario[ScenarioHead]
    knobs: list[Knob]
    points: list[tuple[str, ...]]
    rows: dict[tuple[int, str], Row]

    @classmethod
    def of(cls, found: Folder, manifest: SweepManifest) -> KeptSweep:
        """Return the sweep in a folder that was read.

        Raises
        ------
        StoreError
            When its table is not of its points.
        """
        points = [tuple(point) for point in manifest.points]
        paths = [knob.path for knob in manifest.knobs]
        if any(len(point) != len(paths) for point in points) or len(set(paths)) < len(paths):
            raise StoreError(f"{found.path}/manifest.json: its points have not one value for each of its knobs")
        table = found.table("sweep.csv", sweep_columns(paths))
        table.one_of("section", (*SECTIONS, "asked"))
        at = [int(place) for place in table["point"].tolist()]
        rows = {}
        for place, (point, row) in enumerate(zip(at, rows_of(table), strict=True)):
            if point not in range(len(points)) or (place and at[place - 1] > point) or (point, row.id) in rows:
                raise table.wrong(
                    place, f"point {point} with {row.id} is none of the sweep, out of its order or there twice"
                )
            if any(str(as_value(value)) != table[path][place] for path, value in zip(paths, points[point], strict=True)):
                raise table.wrong(place, f"its knobs are not those of point {point}")
            rows[point, row.id] = row
        if set(at) != set(range(len(points))):
            raise StoreError(f"{table.path} has not a row for each of its {len(points):,} points")
        knobs = [Knob(path, _as_numbers([point[place] for point in points])) for place, path in enumerate(paths)]
        return cls(found.path, manifest, found.scenario(), knobs, points, rows)

    @property
    def is_grid(self) -> bool:
        """Whether every value of each of two knobs meets every value of the other."""
        if len(self.knobs) != 2 or self.manifest.design != "grid":
            return False
        down, across = (dict.fromkeys(point[place] for point in self.points) for place in (0, 1))
        return {*self.points} == {*product(down, across)}

    def outcomes(self) -> list[str]:
        """Return what to show: what was asked for, or some of the headline outcomes."""
        asked = self.manifest.outcomes
        known = {outcome for _, outcome in self.rows}
        return list(dict.fromkeys(asked)) or [name for name in HEADLINE if name in known][:MOST_OUTCOMES]

    def label(self, outcome: str) -> str:
        """Return what an outcome is called."""
        row = next((row for (_, name), row in self.rows.items() if name == outcome), None)
        return outcome if row is None else row.alone

    def label_with_unit(self, outcome: str) -> str:
        """Return what an outcome is called, with its unit where its label does not say it."""
        return with_unit(self.label(outcome), self.unit(outcome))

    def unit(self, outcome: str) -> str:
        """Return the unit of an outcome."""
        return next((row.unit for (_, name), row in self.rows.items() if name == outcome), "")

    def value(self, point: int, outcome: str, name: str = "value") -> float:
        """Return share or mean of an outcome at a point, or a bound of its interval; NaN where no history has it."""
        row = self.rows.get((point, outcome))
        if row is None:
            return np.nan
        value = getattr(row, name) if name != "value" else row.mean if row.share is None else row.share
        return np.nan if value is None else float(value)

    def column(self, outcome: str, name: str = "value") -> Floats:
        """Return that of all points, (points,)."""
        return np.array([self.value(point, outcome, name) for point in range(len(self.points))])

    def cell(self, point: int, outcome: str) -> Piece | list[Piece]:
        """Return share or mean with its interval, for a table."""
        value = self.value(point, outcome)
        if np.isnan(value):
            return "never"
        row, unit = self.rows[point, outcome], self.unit(outcome)
        of = ("sweep.csv", point, outcome)
        low, high = (self.value(point, outcome, name) for name in ("low", "high"))
        name = "mean" if row.share is None else "share"
        if np.isnan(low):
            return Value.in_unit(value, unit, *of, name)
        size = max(abs(low), abs(high))
        ends = [Value.bound(bound, unit, *of, which, size=size) for which, bound in (("low", low), ("high", high))]
        return with_bounds(Value.in_unit(value, unit, *of, name, size=size), *ends)


def _as_numbers(values: Sequence[str]) -> Floats | None:
    """Return the values of a knob as numbers, or None where they are words."""
    found = [as_value(value) for value in values]
    return None if any(isinstance(value, str) for value in found) else np.array(found, dtype=np.float64)


class Crossing(NamedTuple):
    """Where an outcome reaches a level, by a straight line between two points; bounds as far as they lie in the sweep."""

    at: float
    low: float | None
    high: float | None


def sweep_pictures(sweep: KeptSweep, until: Condition | None = None) -> Iterator[Picture]:
    """Yield a picture of each outcome: lines over one knob, a heat map over two, else points over each knob.

    Parameters
    ----------
    sweep : KeptSweep
    until : Condition, optional
        The level whose crossing is marked. Without it zero is, for outcomes that change their sign.

    Raises
    ------
    CannotDraw
        When the outcome of the condition is not in the sweep.
    """
    outcomes = sweep.outcomes()
    if until is not None:
        if not any(name == until.outcome for _, name in sweep.rows):
            raise CannotDraw(f"{until.outcome} is not in this sweep; its outcomes are in {sweep.folder}/sweep.csv")
        if until.statistic == "median" or until.of_base:
            raise CannotDraw("a sweep shows shares and means, so that --until takes one of these and a plain level")
        if until.statistic == "share" and sweep.unit(until.outcome) != "share":
            raise CannotDraw(f"{until.outcome} is a number and has no share; write mean({until.outcome})")
        outcomes = [until.outcome, *(name for name in outcomes if name != until.outcome)]
    for outcome in outcomes:
        level = until.level if until is not None and until.outcome == outcome else _zero(sweep.column(outcome))
        yield _sweep_picture(sweep, outcome, level)


def _zero(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return 0.0 if len(known) and known.min() < 0 < known.max() else None


def crossings(sweep: KeptSweep, outcome: str, level: float) -> list[Crossing]:
    """Return where an outcome reaches a level over the only knob of a sweep."""
    numbers = sweep.knobs[0].numbers
    if len(sweep.knobs) != 1 or numbers is None:
        return []
    order = np.argsort(numbers, kind="stable")
    x = numbers[order]
    curves = {name: sweep.column(outcome, name)[order] - level for name in ("value", "low", "high")}
    found = []
    roots = {name: _roots(x, values) for name, values in curves.items()}
    for at in roots["value"]:
        around = sorted(roots["low"] + roots["high"])
        low = max((one for one in around if one <= at), default=None)
        high = min((one for one in around if one >= at), default=None)
        found.append(Crossing(at, low, high))
    return found


def _roots(x: Floats, y: Floats) -> list[float]:
    """Return where a line through points goes from one side of zero to the other."""
    return [
        left - below * (right - left) / (above - below)
        for (left, below), (right, above) in pairwise(zip(x.tolist(), y.tolist(), strict=True))
        if (below > 0) != (above > 0) and below == below and above == above
    ]


def _sweep_picture(sweep: KeptSweep, outcome: str, level: float | None) -> Picture:
    label, unit = sweep.label(outcome), sweep.unit(outcome)
    n = sweep.manifest.replications
    where = "the table has the 95 % intervals" if sweep.is_grid else "with 95 % intervals"
    known = [row.n for (_, name), row in sweep.rows.items() if name == outcome]
    some = f", of which {min(known):,} to {max(known):,} have it" if known and min(known) < n else ""
    says: list[Piece] = [f"{label}, {where}; {n:,} histories at each point{some}, on the same luck."]
    if len(sweep.knobs) > 2:
        says.append(" Each panel has all points, over one knob each; what the other knobs were is in the table.")
    rows: list[Sequence[Piece | list[Piece]]]
    if sweep.is_grid:
        down, across, at = _table_of(sweep)
        rows = [[y, *(sweep.cell(place, outcome) for place in line)] for y, line in zip(down, at.tolist(), strict=True)]
        header = [f"{sweep.knobs[0].path} (down), {sweep.knobs[1].path} (across)", *across]
    else:
        rows = [[*point, sweep.cell(place, outcome)] for place, point in enumerate(sweep.points)]
        header = [*(knob.path for knob in sweep.knobs), label]
    tables = [Table(f"{sweep.label_with_unit(outcome)} (sweep.csv)", header, rows)]
    if level is not None:
        shown = Value.in_unit(level, unit, "level", outcome).text
        found = crossings(sweep, outcome, level)
        if found:
            says += [f" The level {shown} is reached at ", *listed([_crossing(one, outcome) for one in found])]
            says.append(" by straight lines between the points.")
        elif sweep.is_grid:
            says.append(f" A line marks where it reaches {shown}." if _can_be_lined(sweep, outcome, level) else "")
        else:
            says.append(f" The level {shown} is marked.")
    draw = partial(_draw_sweep, sweep, outcome, level)
    return Picture(slug(outcome), label, says, draw, tables, bands=not sweep.is_grid)


def _crossing(one: Crossing, outcome: str) -> list[Piece]:
    at = Value(rounded(one.at), one.at, f"crossing|{outcome}|at")
    if one.low is None and one.high is None:
        return [at, " (its interval goes beyond the sweep on both sides)"]
    bounds = [
        Value(rounded(bound), bound, f"crossing|{outcome}|{name}") if bound is not None else "beyond the sweep"
        for name, bound in (("low", one.low), ("high", one.high))
    ]
    return with_bounds(at, *bounds)


def _draw_sweep(sweep: KeptSweep, outcome: str, level: float | None, paper: Paper) -> Figure:
    if sweep.is_grid:
        return _draw_heat(sweep, outcome, level, paper)
    share = sweep.unit(outcome) == "share"
    figure, panels = paper.canvas(0.5 + 2.7 * len(sweep.knobs), len(sweep.knobs))
    values, low, high = (sweep.column(outcome, name) for name in ("value", "low", "high"))
    for axes, knob in zip(panels, sweep.knobs, strict=True):
        words = knob.numbers is None
        choices = list(dict.fromkeys(point[sweep.knobs.index(knob)] for point in sweep.points))
        x = (
            np.array([choices.index(point[sweep.knobs.index(knob)]) for point in sweep.points], dtype=np.float64)
            if knob.numbers is None
            else knob.numbers
        )
        if len(sweep.knobs) == 1 and not words:
            order = np.argsort(x, kind="stable")
            axes.fill_between(x[order], low[order], high[order], color=WAR, alpha=0.18, linewidth=0, gid="band-sweep")
            axes.plot(x[order], values[order], "o-", color="#1b1b1b", markersize=4)
        else:
            axes.vlines(x, low, high, color=WAR, linewidth=1.0, gid="band-sweep")
            axes.plot(x, values, "o", color="#1b1b1b", markersize=4)
        if words:
            axes.set_xticks(range(len(choices)), [wrapped(choice, 14) for choice in choices])
            axes.set_xlim(-0.5, len(choices) - 0.5)
        if level is not None:
            axes.axhline(level, color=MARK, linewidth=1.1, linestyle=(0, (4, 2)))
            for one in crossings(sweep, outcome, level):
                axes.axvline(one.at, color=MARK, linewidth=1.1)
                low_end, high_end = (x.min() if one.low is None else one.low), (x.max() if one.high is None else one.high)
                axes.axvspan(low_end, high_end, color=MARK, alpha=0.13, linewidth=0, gid="band-crossing")
                axes.annotate(rounded(one.at), (one.at, 1.0), xycoords=("data", "axes fraction"), xytext=(3, -2),
                              textcoords="offset points", va="top", color=MARK)  # fmt: skip
        if share:
            percent_axis(axes)
        else:
            number_axis(axes)
        axes.set_xlabel(knob.path)
        axes.set_ylabel(wrapped(sweep.label_with_unit(outcome), 30))
    return figure


def _table_of(sweep: KeptSweep) -> tuple[list[str], list[str], Ints]:
    """Return the values of both knobs of a grid, and the place of the point with both, (down, across)."""
    down, across = (list(dict.fromkeys(point[place] for point in sweep.points)) for place in (0, 1))
    at = {point: place for place, point in enumerate(sweep.points)}
    return down, across, np.array([[at[y, x] for x in across] for y in down], dtype=np.int64)


def _can_be_lined(sweep: KeptSweep, outcome: str, level: float) -> bool:
    """Return whether a line through a heat map can mark a level: both knobs are numbers, and it lies between the values."""
    values = sweep.column(outcome)[_table_of(sweep)[2]]
    numbers = all(knob.numbers is not None for knob in sweep.knobs)
    known = bool(np.isfinite(values).all())
    return numbers and known and min(values.shape) > 1 and float(values.min()) < level < float(values.max())


def _draw_heat(sweep: KeptSweep, outcome: str, level: float | None, paper: Paper) -> Figure:
    from matplotlib.colors import LinearSegmentedColormap

    down, across, at = _table_of(sweep)
    values = sweep.column(outcome)[at]
    figure, (axes,) = paper.canvas(1.2 + 0.42 * len(down), by_letters=True)
    # One hue from light to dark, so that it reads in grey too.
    shades = LinearSegmentedColormap.from_list("shades", ["#f3efe6", "#c7a96b", "#93631f", "#4a2a0c"])
    least, most = (float(np.nanmin(values)), float(np.nanmax(values))) if np.isfinite(values).any() else (0.0, 1.0)
    # The darkest and the lightest are four half-widths of the intervals apart at least, so that noise is no pattern.
    widths = sweep.column(outcome, "high") - sweep.column(outcome, "low")
    span = max(most - least, 2.0 * float(np.nanmax(widths)) if np.isfinite(widths).any() else 0.0) or 1.0
    lightest = (least + most - span) / 2
    mesh = axes.pcolormesh(
        np.ma.masked_invalid(values), cmap=shades, vmin=lightest, vmax=lightest + span, edgecolor="white", linewidth=1.0
    )
    axes.grid(visible=False)
    share = sweep.unit(outcome) == "share"
    if len(down) * len(across) <= MOST_WRITTEN:
        size = max(abs(least), abs(most))
        for row in range(len(down)):
            for place in range(len(across)):
                value = values[row, place]
                shown = Value.in_unit(float(value), "share" if share else "", size=size).text.removesuffix(" %")
                text = "never" if np.isnan(value) else shown
                # White on what is dark, black on the rest: whichever stands out more.
                light = 1.0 if np.isnan(value) else _lightness(shades((value - lightest) / span))
                axes.text(
                    place + 0.5, row + 0.5, text, ha="center", va="center", fontsize=0.86 * paper.font_pt,
                    color="white" if light < 0.18 else "#1b1b1b",
                )  # fmt: skip
    else:
        key = figure.colorbar(mesh, ax=axes)
        (percent_axis if share else number_axis)(key.ax)
    if level is not None and _can_be_lined(sweep, outcome, level):
        x, y = np.arange(len(across)) + 0.5, np.arange(len(down)) + 0.5
        axes.contour(x, y, values, levels=[level], colors=[SIDE_COLOURS["defender"]], linewidths=2.0)
    axes.set_xticks(np.arange(len(across)) + 0.5, across)
    axes.set_yticks(np.arange(len(down)) + 0.5, down)
    axes.tick_params(length=0)
    axes.set_xlabel(sweep.knobs[1].path)
    axes.set_ylabel(wrapped(sweep.knobs[0].path.replace(".", ". "), 22).replace(". ", "."))
    axes.set_title(wrapped(f"{sweep.label(outcome)} (%)" if share else sweep.label_with_unit(outcome), 56))
    return figure


def _lightness(colour: Sequence[float]) -> float:
    """Return the relative luminance of a colour of sRGB, from 0 (black) to 1 (white)."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
