"""Pictures and tables of hindcasts: what was told as of each origin beside what came, how it scored, what bands held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.engine.draws import Floats
from sim.observed.skill import FEWEST_ORIGINS
from sim.report.axes import number_axis, percent_axis, span_axis
from sim.report.parts import Best, Picture, Piece, Table, Value, slug, with_bounds, wrapped
from sim.report.style import CEASEFIRE, FAINT, INK, MARK, SERIES, SIDE_COLOURS, Paper, name_above
from sim.studies.hindcast import ALL, AT_WAR, CALIBRATED, LEAST_TOLD, MONTH, SCENARIO, SUM, in_parts_of
from sim.studies.kept_hindcast import KeptHindcast
from sim.words.findings.hindcast import CALLED, GIVEN, OURS
from sim.words.findings.pieces import joined
from sim.words.labels import with_unit
from sim.words.numbers import in_unit, rounded

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# judgement: more below one another would not fit a screen.
MOST_LANES = 4
# judgement: of fewer in a bin on average its height is luck; ten bins are what such histograms have.
LEAST_IN_BIN, MOST_BINS = 5, 10
NOMINAL = (50, 80, 90)
# From what on an axis is in thousands.
THOUSANDS = 10_000.0
LEVELS = ("p05", "p25", "p50", "p75", "p95")
OF = {SCENARIO: "the scenario", CALIBRATED: "the calibrated"}
BY = {SCENARIO: "the scenario", CALIBRATED: "the histories of it that agree with data of before"}
COLOURS = {SCENARIO: SIDE_COLOURS["defender"], CALIBRATED: CEASEFIRE}


def hindcast_pictures(found: KeptHindcast) -> Iterator[Picture]:
    """Yield what was told of each series beside what came, then how often what came lay where, and what bands held."""
    yield from forecast_pictures(found)
    yield from calibration_of_bands(found)


def forecast_pictures(found: KeptHindcast) -> Iterator[Picture]:
    """Yield what was told of each series beside what came."""
    for series in found.series:
        for who in found.ours(series):
            yield _forecast_picture(found, series, who)


def calibration_of_bands(found: KeptHindcast) -> Iterator[Picture]:
    """Yield of each series where what came lay in the forecasts, and how much of it their bands held."""
    for series in found.series:
        if not found.is_event(series) and any(found.scored(series, who, "pit") for who in found.ours(series)):
            yield _pit_picture(found, series)
            yield _coverage_picture(found, series)


def _name(series: str) -> str:
    return series.replace("_", " ")


def _of_war(found: KeptHindcast, series: str) -> str:
    return " Of histories at war, in months in which the war went on." if found.given(series) == AT_WAR else ""


# What was told, and what came


def _forecast_picture(found: KeptHindcast, series: str, who: str) -> Picture:
    rows = list(found.months(series, who))
    lanes, drawn = _lanes(rows)
    origins = list(dict.fromkeys(row["origin"] for row in rows))
    is_event = found.is_event(series)
    shown = f" Shown: {drawn} of {len(origins)} origins, all of which the table has." if drawn < len(origins) else ""
    what = (
        "the chance that it has come about by the end of each month, and points whether it had"
        if is_event else "medians, bands have the middle half and nine tenths, and points what came"
    )  # fmt: skip
    above = " Where horizons overlap, forecasts stand below one another." if len(lanes) > 1 else ""
    says: list[Piece] = [
        f"{_name(series)[:1].upper()}{_name(series)[1:]} as told as of each origin by {BY[who]}: lines are {what}. "
        f"A forecast begins at an upright line.{above}{_of_war(found, series)}{shown}"
    ]
    names = ("p50", "observed") if is_event else (*LEVELS, "observed")
    heads = ["chance", "came"] if is_event else ["5 %", "25 %", "median", "75 %", "95 %", "came"]
    unit = "share" if is_event else found.units[series]
    table = Table(f"{with_unit(_name(series), unit)} (forecasts.csv)", ["as of, month", *heads], [])
    for row in rows:
        of = ("forecasts.csv", row["origin"], series, int(row["lead"]), row["given"], who)
        cells = [
            None if row[name] is None else _value(row[name], "" if name == "observed" else unit, of, name) for name in names
        ]
        table.rows.append([f"{row['origin'][:7]}, {row['since'][:7]}", *cells])
    # Forecasts of one series have one scale, so that they can be held beside one another.
    every = [row for one in found.ours(series) for row in found.months(series, one)]
    values = [row[name] for row in every for name in ("p05", "p50", "p95", "observed") if row[name] is not None]
    title = f"{_name(series)[:1].upper()}{_name(series)[1:]}: {CALLED[who]}, and what came"
    span = date.fromisoformat(min(row["origin"] for row in every)), date.fromisoformat(max(row["until"] for row in every))
    draw = partial(_draw_forecasts, lanes, unit, (min(values), max(values)), span, who)
    ending = "" if who == SCENARIO else f"-{who}"
    return Picture(f"forecast-{slug(series)}{ending}", title, says, draw, [table], bands=not is_event)


def _value(amount: float, unit: str, of: Sequence[object], column: str) -> Value:
    text = in_unit(amount, "share") if unit == "share" else rounded(amount)
    return Value(text, amount, "|".join(map(str, (*of, column))))


def _lanes(rows: Sequence[dict[str, Any]]) -> tuple[list[list[list[dict[str, Any]]]], int]:
    """Return forecasts in as few lanes as keep those of one from overlapping, and how many found room."""
    lanes: list[list[list[dict[str, Any]]]] = []
    drawn = 0
    for origin in dict.fromkeys(row["origin"] for row in rows):
        one = [row for row in rows if row["origin"] == origin]
        free = next((lane for lane in lanes if lane[-1][-1]["until"] <= origin), None)
        if free is None and len(lanes) < MOST_LANES:
            free = []
            lanes.append(free)
        if free is not None:
            free.append(one)
            drawn += 1
    return lanes, drawn


def _draw_forecasts(
    lanes: list[list[list[dict[str, Any]]]], unit: str, ends: tuple[float, float], span: tuple[date, date], who: str,
    paper: Paper,
) -> Figure:  # fmt: skip
    from matplotlib.dates import date2num
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    is_event = unit == "share"
    colour = COLOURS[who]
    came = "whether it had come about" if is_event else "what came"
    names = ["chance", came] if is_event else ["nine tenths", "middle half", "median", came]
    figure, panels = paper.canvas(0.9 + 0.2 * paper.lines_above(names) + 1.9 * len(lanes), len(lanes))
    scale = 1e3 if not is_event and max(map(abs, ends)) >= THOUSANDS else 1.0
    room = 0.05 * (ends[1] - ends[0]) or 1.0
    for place, (axes, lane) in enumerate(zip(panels, lanes, strict=True)):
        for at, rows in enumerate(lane):
            # What has come about by the end of a month is told from the origin on.
            starts = [rows[0]["origin"] if month == 0 else rows[month - 1]["until"] for month in range(len(rows))]
            x = [
                date2num(date.fromisoformat(day))
                for row, start in zip(rows, starts, strict=True)
                for day in (start, row["until"])
            ]
            levels = {
                name: np.repeat([np.nan if row[name] is None else row[name] / scale for row in rows], 2) for name in LEVELS
            }
            if not is_event:
                for low, high, alpha in (("p05", "p95", 0.18), ("p25", "p75", 0.32)):
                    band = f"band-{low}-{place}-{at}"
                    axes.fill_between(x, levels[low], levels[high], color=colour, alpha=alpha, linewidth=0, gid=band)
            axes.plot(x, levels["p50"], color=colour)
            axes.axvline(x[0], color=FAINT, linewidth=0.8, linestyle=(0, (2, 2)))
            known = [(x[2 * month : 2 * month + 2], row["observed"]) for month, row in enumerate(rows)]
            points = [(sum(month) / 2, value / scale) for month, value in known if value is not None]
            axes.plot(*zip(*points, strict=True), "o", color=INK, markersize=3.6) if points else None
        span_axis(axes, *span)
        axes.tick_params(labelbottom=axes is panels[-1])
        if is_event:
            axes.set_ylim(-0.05, 1.05)
            percent_axis(axes)
        else:
            axes.set_ylim((ends[0] - room) / scale, (ends[1] + room) / scale)
            if axes.get_ylim()[0] < 0 < axes.get_ylim()[1]:
                axes.axhline(0, color=FAINT, linewidth=0.9)
            number_axis(axes)
            axes.set_ylabel(wrapped(f"thousand {unit} a month" if scale > 1 else f"{unit} a month", 18))
    marks: list[Any] = [] if is_event else [Patch(color=colour, alpha=alpha, linewidth=0) for alpha in (0.18, 0.42)]
    marks += [Line2D([], [], color=colour), Line2D([], [], linestyle="none", marker="o", color=INK, markersize=3.6)]
    name_above(figure, marks, names, paper)
    return figure


# How it scored


def no_ranking(found: KeptHindcast) -> list[Piece]:
    """Return that there are too few origins for a ranking; nothing where there are enough."""
    origins = len({row["origin"] for row in found.scores})
    if origins >= FEWEST_ORIGINS:
        return []
    are = Value(f"{origins}", origins, "scores.csv|origins")
    return [f"With fewer than {FEWEST_ORIGINS} origins no ranking can be had, and these are ", are, "."]


# Of each score how far it is from the best that it can be, where that can be said.
OFF: dict[str, Callable[[float], float]] = {
    "crps": abs, "interval_80": abs, "bias": abs, "median_error": abs,
    **{f"cover_{level}": partial(lambda level, value: abs(value - level / 100), level) for level in NOMINAL},
}  # fmt: skip
HEADS = {
    "crps": "CRPS", "interval_80": "interval score, 80 %", **{f"cover_{level}": f"in {level} %" for level in NOMINAL},
    "bias": "bias", "median_error": "median off by",
}  # fmt: skip


def score_tables(found: KeptHindcast) -> Iterator[Table]:
    """Yield how all did in each series, ours first and rivals after them, the best of each column in bold."""
    for series in found.series:
        for lead, given in ((MONTH, AT_WAR), (MONTH, ALL), (SUM, AT_WAR), (SUM, ALL)):
            rows = [row for row in found.rivals if (row["series"], row["lead"], row["given"]) == (series, lead, given)]
            if rows:
                yield _score_table(found, series, lead, given, rows)


def _score_table(found: KeptHindcast, series: str, lead: str, given: str, rows: list[dict[str, Any]]) -> Table:
    is_event = found.is_event(series)
    most = max(row["forecasts"] for row in rows)
    whole = [row for row in rows if row["forecasts"] == most]
    columns = ["crps"] if is_event else [name for name in HEADS if any(row[name] is not None for row in rows)]
    best = {name: min((OFF[name](row[name]) for row in whole if row[name] is not None), default=None) for name in columns}
    what = "the sum over the horizon" if lead == SUM else "single months"
    heads = ["Brier score"] if is_event else [HEADS[name] for name in columns]
    caption = f"{with_unit(_name(series), found.units[series])}, {what}, {GIVEN[given]} (rivals.csv)"
    # As the text has it: in parts of ours in the same months, of those who tell of enough of them.
    enough = [row for row in rows if row["forecasts"] >= LEAST_TOLD * most]
    nearest = min(enough, key=lambda row: in_parts_of(row["ours"], row["crps"]))
    some = any(row["forecasts"] < most for row in rows)
    table = Table(
        caption,
        ["", "forecasts", *(["ours in these"] if some else []), *heads, f"skill of {OF[found.ours(series)[-1]]} against it"],
        [],
    )
    for row in sorted(
        rows, key=lambda row: (row["who"] not in OURS, OURS.index(row["who"]) if row["who"] in OURS else row["crps"])
    ):
        of = ("rivals.csv", series, lead, given, row["who"])
        name = f"{CALLED.get(row['who'], row['who'].replace('_', ' '))}{' (ours)' if row['who'] in OURS else ''}"
        cells: list[Piece | list[Piece]] = [
            Value(f"{row['forecasts']:,.0f}", row["forecasts"], "|".join((*of, "forecasts")))
        ]
        if some:
            cells.append(_value(row["ours"], "", of, "ours"))
        for column in columns:
            value = row[column]
            if value is None:
                cells.append("")
                continue
            told = _value(value, "share" if column.startswith("cover") else "", of, column)
            is_best = row is nearest if column == "crps" else row in whole and OFF[column](value) == best[column]
            cells.append(Best(*told) if is_best and len(rows) > 1 else told)
        cells.append(_skill(row, of))
        table.rows.append([name, *cells])
    return table


def _skill(row: dict[str, Any], of: Sequence[str]) -> list[Piece]:
    if row["skill"] is None:
        return []
    told = {name: Value(f"{row[name]:+.2f}", row[name], "|".join((*of, name))) for name in ("skill", "low", "high")
            if row[name] is not None}  # fmt: skip
    return with_bounds(told["skill"], told["low"], told["high"]) if len(told) == 3 else [told["skill"]]


# What bands held


def _bins(count: int) -> int:
    """Return how many bins a histogram of so many has.

    >>> _bins(40), _bins(100), _bins(3)
    (8, 10, 2)
    """
    return max(2, min(MOST_BINS, count // LEAST_IN_BIN))


def _pit_picture(found: KeptHindcast, series: str) -> Picture:
    pits = {who: np.array(list(found.scored(series, who, "pit").values())) for who in found.ours(series)}
    pits = {who: values for who, values in pits.items() if len(values)}
    counts = [
        [f"{CALLED[who]} ", Value(f"{len(values):,}", len(values), f"scores.csv|{series}|{found.given(series)}|{who}|pits")]
        for who, values in pits.items()
    ]
    says: list[Piece] = [
        "In which part of the forecast what came lay, from below all histories to above all. Of right forecasts "
        "bars are even, but for luck, at the dashed line; high at both ends, "
        "bands are too narrow; high at one, forecasts lie to one side. Months told: ",
        *joined(counts), f".{_of_war(found, series)}",
    ]  # fmt: skip
    tables = []
    for who, values in pits.items():
        edges = np.linspace(0.0, 1.0, _bins(len(values)) + 1)
        heights = np.histogram(values, edges)[0].tolist()
        of = f"scores.csv|{series}|{found.given(series)}|{who}"
        rows: list[Sequence[Piece | list[Piece]]] = [
            [f"{low:.3g} .. {high:.3g}", Value(f"{count:,}", count, f"{of}|{place} of {len(heights)}|pits in it")]
            for place, (low, high, count) in enumerate(zip(edges[:-1], edges[1:], heights, strict=True))
        ]
        tables.append(Table(f"{CALLED[who]}: where what came lay (scores.csv)", ["part of the forecast", "months"], rows))
    title = f"{_name(series)[:1].upper()}{_name(series)[1:]}: where in the forecast what came lay"
    return Picture(f"pit-{slug(series)}", title, says, partial(_draw_pit, pits), tables)


def _draw_pit(pits: dict[str, Floats], paper: Paper) -> Figure:
    from matplotlib.ticker import MaxNLocator

    figure, panels = paper.canvas(0.7 + 2.0 * len(pits), len(pits))
    for axes, (who, values) in zip(panels, pits.items(), strict=True):
        bins = _bins(len(values))
        axes.hist(
            values,
            bins=bins,
            range=(0.0, 1.0),
            color=COLOURS[who],
            rwidth=0.94,
        )
        axes.axhline(len(values) / bins, color=MARK, linewidth=1.2, linestyle=(0, (4, 2)))
        axes.set_xlim(0.0, 1.0)
        axes.set_xticks([0.0, 0.5, 1.0], ["0", "0.5", "1"])
        axes.set_ylabel("months")
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.set_title(f"{CALLED[who]} ({len(values):,} months)")
    panels[-1].set_xlabel("part of the forecast below what came")
    return figure


def _coverage_picture(found: KeptHindcast, series: str) -> Picture:
    given = found.given(series)
    held: dict[str, dict[str, tuple[int, list[float]]]] = {}
    for who in found.ours(series):
        by_level = [found.scored(series, who, f"cover_{level}") for level in NOMINAL]
        for origin in dict.fromkeys(origin for origin, _ in by_level[0]):
            mine = [[value for (at, _), value in one.items() if at == origin] for one in by_level]
            held.setdefault(who, {})[origin] = len(mine[0]), [float(np.mean(values)) for values in mine]
    tables = []
    for who, by_origin in held.items():
        rows: list[Sequence[Piece | list[Piece]]] = []
        for origin, (count, shares) in by_origin.items():
            of = ("scores.csv", origin, series, given, who)
            cells = [_value(share, "share", of, f"cover_{level}") for level, share in zip(NOMINAL, shares, strict=True)]
            rows.append([origin, Value(f"{count:,}", count, "|".join((*of, "months"))), *cells])
        heads = ["as of", "months", *(f"in the band, nominal {level} %" for level in NOMINAL)]
        tables.append(Table(f"{CALLED[who]}: what came that lay in its bands (scores.csv)", heads, rows))
    says: list[Piece] = [
        "Of what came in the months after each origin, the part that lay in the bands that were to hold so much of it as "
        f"dashed lines mark. Of the months of one origin it is a rough number.{_of_war(found, series)}"
    ]
    title = f"{_name(series)[:1].upper()}{_name(series)[1:]}: how much of what came bands held"
    return Picture(f"coverage-{slug(series)}", title, says, partial(_draw_coverage, held), tables)


def _draw_coverage(held: dict[str, dict[str, tuple[int, list[float]]]], paper: Paper) -> Figure:
    from matplotlib.lines import Line2D

    names = [f"in the band of {level} %" for level in NOMINAL]
    figure, panels = paper.canvas(0.9 + 0.2 * paper.lines_above(names) + 1.9 * len(held), len(held))
    looks = SERIES[: len(NOMINAL)]
    # Panels have the same origins at the same places, whoever told of them.
    origins = sorted({origin for by_origin in held.values() for origin in by_origin})
    for axes, (who, by_origin) in zip(panels, held.items(), strict=True):
        x = np.array([origins.index(origin) for origin in by_origin], dtype=np.float64)
        for at, (level, (colour, _, marker)) in enumerate(zip(NOMINAL, looks, strict=True)):
            axes.axhline(level / 100, color=colour, linewidth=0.9, linestyle=(0, (4, 2)))
            shares = [shares[at] for _, shares in by_origin.values()]
            # A little beside one another, where two are the same.
            axes.plot(x + 0.1 * (at - 1), shares, marker, color=colour, markersize=5)
        axes.set_ylim(-0.06, 1.06)
        axes.set_xlim(-0.6, len(origins) - 0.4)
        # judgement: more dates would not fit beside one another.
        every = -(-len(origins) // 4)
        axes.set_xticks(range(0, len(origins), every), [origin[:7] for origin in origins[::every]])
        axes.tick_params(labelbottom=axes is panels[-1])
        percent_axis(axes)
        axes.set_title(CALLED[who])
    panels[-1].set_xlabel("as of")
    marks = [Line2D([], [], linestyle="none", marker=marker, color=colour) for colour, _, marker in looks]
    name_above(figure, marks, names, paper)
    return figure


# What was left out


def left_out(found: KeptHindcast) -> list[list[Piece]]:
    """Return what was not told and why, how horizons overlap, and what rests on sources of after an origin."""
    told: list[list[Piece]] = [[f"Horizons: {found.overlap}."]] if found.overlap else []
    told += [[f"{line[:1].upper()}{line[1:]}"] for line in found.left_out]
    for one in found.manifest.origins:
        about = {
            "numbers rest on sources of later": one.late,
            "things that do and come on a date are left out": len(one.dropped),
        }
        of = f"manifest.json|origins|{one.origin}"
        counts = [
            [Value(f"{count:,}", count, f"{of}|{what.partition(' ')[0]}"), f" {what}"]
            for what, count in about.items()
            if count
        ]
        told += [[f"As of {one.origin}, ", *joined(counts), "."]] if counts else []
    return told
