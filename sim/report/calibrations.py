"""Pictures and tables of calibrations: the fit of each series by month, what was observed, what data say of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.engine.calendar import add_months
from sim.report.axes import number_axis, span_axis
from sim.report.parts import Named, Picture, Piece, Table, Value, slug, with_bounds, wrapped
from sim.report.style import CEASEFIRE, FAINT, INK, MARK, Look, Paper, name_above
from sim.scenario import numbers
from sim.studies.agreement import Said, is_reached
from sim.studies.calibrate import ROUGHNESS, Calibration, Fit
from sim.words.findings.calibrate import of_bargaining
from sim.words.labels import knob_heading, with_unit
from sim.words.numbers import in_unit, rounded

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# judgement: more panels beside one another could not be read.
MOST_PAIRS = 6
# judgement: more points would cover one another, and make a page heavy.
MOST_POINTS = 200
# judgement: as many as make a shape and not a comb, of a hundred histories or so.
BINS = 12
THOUSANDS = 10_000.0


def calibration_pictures(found: Calibration) -> Iterator[Picture]:
    """Yield the fit of each series, and what histories that agree with the data draw of the numbers that these tell."""
    for series in dict.fromkeys(one.series for one in found.months):
        yield _fit_picture(found, series)
    if found.told and len(found.kept.places):
        yield _pairs_picture(found)


def series_words(series: str) -> str:
    """Return the name of a series of data as pages show it."""
    return series.replace("_", " ")


def has_kept(found: Calibration) -> bool:
    """Return whether there are histories that are kept."""
    return len(found.kept.places) > 0


def _value(one: Fit, amount: float, column: str) -> Value:
    return Value(rounded(amount), amount, f"fit.csv|{one.series}|{one.kind}|{one.since.isoformat()}|{column}")


def _ends(one: Fit, which: str) -> list[Piece]:
    quantiles = one.prior if which == "prior" else one.kept
    return [_value(one, quantiles[0], f"{which}_p05"), " .. ", _value(one, quantiles[-1], f"{which}_p95")]


def _share(one: Fit, amount: float, column: str) -> Value:
    of = ("fit.csv", one.series, one.kind, one.since.isoformat(), column)
    return Value.in_unit(amount, "share", *of)


# What was observed


def statistics_table(found: Calibration) -> Table:
    """Return what was observed by which histories are held against the data, beside where they lie."""
    header = ["", "observed", "5 % .. 95 % assumed", "of these below"]
    header += ["5 % .. 95 % kept", "of these below"] if has_kept(found) else []
    header += [] if found.is_reached else [""]
    rows: list[Sequence[Piece | list[Piece]]] = []
    for one in found.statistics:
        row: list[Piece | list[Piece]] = [_label(one), _value(one, one.observed, "observed"), _ends(one, "prior")]
        row.append(_share(one, one.below, "below"))
        row += [_ends(one, "kept"), _share(one, one.kept_below, "kept_below")] if has_kept(found) else []
        row += [] if found.is_reached else ["" if is_reached(one.below) else "out of reach"]
        rows.append(row)
    return Table("What was observed, and where histories lie (fit.csv)", header, rows)


def _label(one: Fit) -> str:
    series = series_words(one.series)
    if one.kind == ROUGHNESS:
        return with_unit(f"{series}, how rough from month to month", one.unit or "in logarithms")
    return with_unit(f"{series}, {_span(one)}", one.unit)


def _span(one: Fit) -> str:
    last = add_months(one.until, -1)
    return f"{one.since:%Y-%m}" if last == one.since else f"{one.since:%Y-%m} to {last:%Y-%m}"


# The fit of a series


def _fit_picture(found: Calibration, series: str) -> Picture:
    months = [one for one in found.months if one.series == series]
    kept = has_kept(found)
    bands = [one.kept if kept else one.prior for one in months]
    inside = sum(band[0] <= one.observed <= band[-1] for one, band in zip(months, bands, strict=True))
    whose = "what is kept" if kept else "what is assumed"
    says: list[Piece] = [
        f"The change of {series_words(series)} over each month: bands have nine tenths of the histories, lines are their "
        "medians, and points what was observed. ",
        f"{'Grey is what is assumed, green what is kept' if kept else 'Grey is what is assumed; nothing is kept'}. "
        "What was observed lies in the band of ", whose, " in ",
        Value(f"{inside:,}", inside, f"fit.csv|{series}|inside|{'kept' if kept else 'prior'}"), " of ",
        Value(f"{len(months):,}", len(months), f"fit.csv|{series}|months"), " months.",
    ]  # fmt: skip
    header = ["month", "observed", "assumed: median (5 % .. 95 %)", "of these below"]
    header += ["kept: median (5 % .. 95 %)", "of these below"] if kept else []
    rows: list[Sequence[Piece | list[Piece]]] = []
    for one in months:
        row: list[Piece | list[Piece]] = [f"{one.since:%Y-%m}", _value(one, one.observed, "observed")]
        for which, quantiles, below in (("prior", one.prior, one.below), ("kept", one.kept, one.kept_below))[: 1 + kept]:
            told = (
                _value(one, amount, f"{which}_{name}") for amount, name in zip(quantiles, ("p05", "p50", "p95"), strict=True)
            )
            first, middle, last = told
            row += [with_bounds(middle, first, last), _share(one, below, "below" if which == "prior" else "kept_below")]
        rows.append(row)
    name = series_words(series)
    table = Table(f"{with_unit(name, months[0].unit)}, month by month (fit.csv)", header, rows)
    draw = partial(_draw_fit, months, kept)
    return Picture(
        f"fit-{slug(series)}",
        f"{name[:1].upper()}{name[1:]}: what was observed, and what histories have",
        says,
        draw,
        [table],
        bands=True,
    )


def _draw_fit(months: Sequence[Fit], kept: bool, paper: Paper) -> Figure:
    from matplotlib.dates import date2num
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    names = ["assumed: nine tenths and median", *(["kept: nine tenths and median"] if kept else []), "observed"]
    figure, (axes,) = paper.canvas(2.9 + 0.2 * paper.lines_above(names))
    quantiles = np.array([one.prior for one in months] + [one.kept for one in months if kept])
    observed = np.array([one.observed for one in months])
    most = max(float(np.abs(quantiles).max()), float(np.abs(observed).max()))
    scale = 1e3 if most >= THOUSANDS else 1.0
    marks: list[Any] = []
    looks: list[tuple[str, Look]] = [("prior", Look(FAINT, (0, (5, 1.5)))), ("kept", Look(CEASEFIRE, "-"))]
    for place, (which, (colour, dashes)) in enumerate(looks[: 1 + kept]):
        levels = np.array([getattr(one, which) for one in months]).T / scale
        _stepped(axes, months, levels, colour, dashes, f"band-{place}")
        marks.append((Patch(color=colour, alpha=0.25, linewidth=0), Line2D([], [], color=colour, linestyle=dashes)))
    middles = [(date2num(one.since) + date2num(one.until)) / 2 for one in months]
    marks += axes.plot(
        middles, observed / scale, "o", color=INK, markersize=4.5, markeredgecolor="white", markeredgewidth=0.6
    )
    span_axis(axes, months[0].since, months[-1].until)
    if axes.get_ylim()[0] < 0 < axes.get_ylim()[1]:
        axes.axhline(0, color=FAINT, linewidth=0.9)
    number_axis(axes)
    unit = months[0].unit
    axes.set_ylabel(wrapped(f"thousand {unit} a month" if scale > 1 else f"{unit} a month", 24))
    name_above(figure, marks, names, paper)
    return figure


def _stepped(axes: Axes, months: Sequence[Fit], levels: np.ndarray, colour: str, dashes: Any, gid: str) -> None:
    """Draw a band and its median, each month as long as it is; months that do not follow one another are not joined."""
    from matplotlib.dates import date2num

    x = [date2num(day) for one in months for day in (one.since, one.until)]
    low, middle, high = (np.repeat(level, 2) for level in levels)
    axes.fill_between(x, low, high, color=colour, alpha=0.25, linewidth=0, gid=gid)
    axes.plot(x, middle, color=colour, linestyle=dashes)


# What data say of numbers


def told_tables(found: Calibration) -> tuple[Table | None, Table | None]:
    """Return what data say of the numbers that they tell, the best explained first; and the others."""
    order = sorted(found.moved.items(), key=lambda item: -item[1].explained)
    told = [(path, one) for path, one in order if one.says_something]
    rest = [(path, one) for path, one in order if not one.says_something]
    return (
        _told_table(found, told, "What the data say, of what they tell most of first (moved.csv)") if told else None,
        _told_table(found, rest, "Of which the data say nothing (moved.csv)") if rest else None,
    )


def _told_table(found: Calibration, rows: Sequence[tuple[str, Said]], caption: str) -> Table:
    units = _units(found)
    header = ["", "the data say", "explained", "assumed: mean (sd)"]
    header += ["kept: mean (sd)", "moved by, sd", "width left", "adjusted: mean (sd)"] if has_kept(found) else []
    table = Table(caption, header, [])
    for path, one in rows:

        def of(column: str, amount: float, text: str | None = None, path: str = path) -> Value:
            return Value(rounded(amount) if text is None else text, amount, f"moved.csv|{path}|{column}")

        def both(which: str, mean: float, sd: float) -> list[Piece]:
            return [of(f"{which}_mean", mean), " (", of(f"{which}_sd", sd), ")"]

        name = Named(with_unit(knob_heading(path, found.scenario), units.get(path, "")), path)
        row: list[Piece | list[Piece]] = [name, one.says, of("explained", one.explained, in_unit(one.explained, "share"))]
        row.append(both("prior", one.mean, one.sd))
        if has_kept(found):
            row += [both("kept", one.kept_mean, one.kept_sd), of("shift", one.shift, f"{one.shift:+.2f}")]
            row += [
                of("ratio", one.ratio, in_unit(one.ratio, "share")),
                both("adjusted", one.adjusted_mean, one.adjusted_sd),
            ]
        table.rows.append(row)
    return table


def _units(found: Calibration) -> dict[str, str]:
    return {one.path: one.knob.unit for one in numbers(found.scenario.world) if one.knob is not None}


def left_as_assumed(found: Calibration) -> list[Piece]:
    """Return how many numbers are left as they are assumed, and how many of these are of the bargaining."""
    rest = [path for path, one in found.moved.items() if not one.says_something]
    mine = sum(map(of_bargaining, rest))
    if not rest:
        return []
    of = "moved.csv|nothing"
    return [
        Value(f"{len(rest):,}", len(rest), of), f" of {len(found.moved):,} numbers are left as they are assumed, ",
        Value(f"{mine:,}", mine, f"{of}|bargaining"), " of them of the bargaining: such data say nothing of them, and what "
        "kept histories draw of them is what is assumed, but for the luck of the draw.",
    ]  # fmt: skip


# Pairs


def _pairs_picture(found: Calibration) -> Picture:
    paths = sorted(found.told, key=lambda path: -found.moved[path].explained)
    shown = paths[:MOST_PAIRS]
    histories, points = len(found.kept.places), min(MOST_POINTS, len(found.kept.places))
    says: list[Piece] = [
        "What the histories that agree best draw of the numbers that the data tell most of: on the diagonal how often, as "
        "bars, with the mean of what is assumed (a line) and a standard deviation to both sides (a band); below it each two "
        "of them, a point for each of the nearest ",
        Value(f"{points:,}", points, "accepted.csv|points"), " of ",
        Value(f"{histories:,}", histories, "accepted.csv|rows"), " histories. ",
        f"Shown: {len(shown)} of {len(paths)} numbers.",
    ]  # fmt: skip
    letters = _letters(found, shown)
    header = ["", "assumed: mean", "sd", "kept: mean", "sd"]
    rows: list[Sequence[Piece | list[Piece]]] = []
    for path in shown:
        one = found.moved[path]
        cells = (("prior_mean", one.mean), ("prior_sd", one.sd), ("kept_mean", one.kept_mean), ("kept_sd", one.kept_sd))
        row: list[Piece | list[Piece]] = [Named(letters[path], path)]
        rows.append([*row, *(Value(rounded(amount), amount, f"moved.csv|{path}|{name}") for name, amount in cells)])
    tables = [Table("What is assumed, and what kept histories draw (moved.csv)", header, rows)]
    if len(shown) > 1:
        tables.append(_correlations(found, shown, letters))
    draw = partial(_draw_pairs, found, shown, list(letters.values()))
    return Picture("pairs", "What the data tell, two by two", says, draw, tables, bands=True)


def _letters(found: Calibration, paths: Sequence[str]) -> dict[str, str]:
    """Return what numbers are called beside a figure, each after the letter that stands at its axes."""
    units = _units(found)
    return {
        path: f"{letter}: {with_unit(knob_heading(path, found.scenario), units.get(path, ''))}"
        for letter, path in zip("ABCDEFGHIJ", paths, strict=False)
    }


def _correlations(found: Calibration, paths: Sequence[str], letters: dict[str, str]) -> Table:
    from scipy.stats import rankdata

    with np.errstate(invalid="ignore"):
        ranks = np.atleast_2d(np.corrcoef(rankdata(np.stack([found.told[path] for path in paths]), axis=1)))
    rows: list[Sequence[Piece | list[Piece]]] = []
    for down, path in enumerate(paths):
        row: list[Piece | list[Piece]] = [Named(letters[path], path)]
        for across, other in enumerate(paths[:-1]):
            known = across < down and not np.isnan(value := float(ranks[down, across]))
            row.append(Value(f"{value:+.2f}", value, f"accepted.csv|{path}|{other}|rank correlation") if known else "")
        rows.append(row)
    header = ["rank correlation of two", *(letters[path][0] for path in paths[:-1])]
    return Table("How two go together in the histories that are kept (from accepted.csv)", header, rows)


def _draw_pairs(found: Calibration, paths: Sequence[str], called: Sequence[str], paper: Paper) -> Figure:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    size = len(paths)
    names = [*called, "histories that are kept", "assumed: mean, and a standard deviation to both sides"]
    lines = sum(wrapped(name, paper.letters - 8).count("\n") + 1 for name in names)
    figure, panels = paper.canvas(1.6 + 0.62 * size + 0.2 * lines, size, columns=size)
    for place, axes in enumerate(panels):
        down, across = divmod(place, size)
        if across > down:
            axes.set_axis_off()
            continue
        one, values = found.moved[paths[across]], found.told[paths[across]]
        ends = [*values, one.mean - one.sd, one.mean + one.sd]
        low, high = min(ends), max(ends)
        room = 0.06 * (high - low)
        axes.set_xlim(low - room, high + room)
        axes.grid(visible=False)
        if across == down:
            axes.axvspan(one.mean - one.sd, one.mean + one.sd, color=MARK, alpha=0.22, linewidth=0, gid=f"band-{place}")
            axes.hist(values, bins=BINS, range=(low, high), color=CEASEFIRE, alpha=0.8)
            axes.axvline(one.mean, color=MARK, linewidth=1.4)
            axes.set_yticks([])
            axes.spines["left"].set_visible(False)
        else:
            other = found.moved[paths[down]]
            axes.plot(
                values[:MOST_POINTS],
                found.told[paths[down]][:MOST_POINTS],
                "o",
                color=CEASEFIRE,
                alpha=0.55,
                markersize=2.0,
                markeredgewidth=0,
            )
            ends = [*found.told[paths[down]], other.mean - other.sd, other.mean + other.sd]
            room = 0.06 * (max(ends) - min(ends))
            axes.set_ylim(min(ends) - room, max(ends) + room)
            axes.yaxis.set_major_locator(MaxNLocator(2))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "\N{MINUS SIGN}")))
        axes.xaxis.set_major_locator(MaxNLocator(2))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "\N{MINUS SIGN}")))
        axes.tick_params(axis="x", rotation=90, labelbottom=down == size - 1)
        axes.tick_params(axis="y", labelleft=across == 0)
        if down == size - 1:
            axes.set_xlabel(called[across][0])
        if across == 0 and down:
            axes.set_ylabel(called[down][0], rotation=0, ha="right", va="center")
    figure.align_xlabels(panels[-size:])
    figure.align_ylabels(panels[::size])
    blank = Line2D([], [], linestyle="none")
    marks: list[Any] = [*(blank for _ in called), Patch(color=CEASEFIRE, alpha=0.8, linewidth=0)]
    marks.append((Patch(color=MARK, alpha=0.22, linewidth=0), Line2D([], [], color=MARK)))
    figure.legend(marks, [wrapped(name, paper.letters - 8) for name in names], loc="outside upper left", handlelength=2.0)
    return figure
