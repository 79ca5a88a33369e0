"""Pictures of comparisons: what differs, with intervals; curves beside one another; how endings changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sim.engine.calendar import DAYS_PER_MONTH, Calendar
from sim.report.axes import QUARTER_DAYS, percent_axis, signed, steps
from sim.report.endings import AGES_DAYS, share_with_interval, watched_days
from sim.report.kept import Course
from sim.report.parts import CannotDraw, Picture, Piece, Table, Value, wrapped
from sim.report.style import FAINT, SERIES, Paper, name_above
from sim.results.compared import HEADINGS, ending_in_words
from sim.results.comparison import Comparison, Line
from sim.results.runs import Run
from sim.results.survival import FIRST_ENDS, courses

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# What an outcome is called where no heading stands above it.
PREFIX = {"deals": "Deal ", "lasting": "First ceasefire lasts ", "terms": "Signed: ", "causes": "Broke: "}
# judgement: with more scenarios the bands would hide one another.
MOST_BANDS = 3
# judgement: changes beyond this, in parts of the base, would leave no room for the others.
WIDEST = 2.0
# A part of another line, or one that says when rather than how much.
LEFT_OUT = ("killed_", "fire_below_half_month_")


def comparison_pictures(found: Sequence[Comparison]) -> Iterator[Picture]:
    """Yield the pictures of comparisons with one base.

    Raises
    ------
    CannotDraw
        When the scenarios begin on different dates.
    """
    starts = {run.scenario.world.start_date for one in found for run in (one.left, one.right)}
    if len(starts) > 1:
        raise CannotDraw(
            f"these scenarios begin on {' and '.join(map(str, sorted(starts)))}: their dates are not one another's"
        )
    shares = [line.id for line in found[0].lines if line.unit == "share" and line.section != "course"]
    yield _forest(found, "differences", "What differs: shares of histories", shares, relative=False)
    amounts = [
        line.id
        for line in found[0].lines
        if line.section == "course" and line.unit != "share" and not line.id.startswith(LEFT_OUT) and _fits(found, line.id)
    ]
    if amounts:
        yield _forest(found, "amounts", "What differs: amounts", amounts, relative=True)
    runs = [found[0].left, *(one.right for one in found)]
    curves = {run.name: _courses(run) for run in runs}
    for kind in FIRST_ENDS:
        if any(("first_end", kind) in known for known in curves.values()):
            yield _over_time(runs, curves, kind)
    if any(("first_ceasefire", "") in known for known in curves.values()):
        yield _lasting(runs, curves)


def label_of(line: Line) -> str:
    """Return what an outcome is called where it stands alone."""
    if line.id == "talks_failing":
        return "Talks end without a deal"
    return f"{PREFIX.get(line.section, '')}{line.label}" + (" (first 12 months)" if line.section == "year_one" else "")


def difference_table(one: Comparison) -> Table:
    """Return all that was compared, as on the terminal."""
    rows: list[Sequence[Piece | list[Piece]]] = []
    for line in one.lines:
        found = line.difference
        name = f"{HEADINGS[line.section]}: {line.label}"
        if found is None:
            rows.append([name, None, None, "too few histories", None])
            continue
        of = ("comparison.csv", one.left.name, one.right.name, line.id)
        left, right = (Value.in_unit(getattr(found, side), line.unit, *of, f"{side}_value") for side in ("left", "right"))
        pairs = Value(f"{found.pairs:,}", found.pairs, "|".join((*of, "pairs")))
        rows.append([name, left, right, difference_of(one, line), pairs])
    how = "on the same luck" if one.paired else "unpaired"
    caption = f"{one.right.name} against {one.left.name}, {how}, with 95 % intervals (comparison.csv)"
    return Table(
        caption, ["outcome", one.left.name, one.right.name, "difference", "pairs" if one.paired else "histories"], rows
    )


def difference_of(one: Comparison, line: Line) -> list[Piece]:
    """Return the difference with its interval, or the words for it."""
    found = line.difference
    assert found is not None, "asked for where there is one"
    if found.same:
        return ["no difference: the same in every history"]
    of = ("comparison.csv", one.left.name, one.right.name, line.id)
    size = max(abs(found.low), abs(found.high))
    bounds = {"low": found.low, "high": found.high}
    low, high = (Value.bound(bound, line.unit, *of, name, sign=True, size=size) for name, bound in bounds.items())
    if not found.found:
        return ["no difference found (within ", low, " .. ", high, ")"]
    mean = Value.in_unit(found.mean, line.unit, *of, "difference", sign=True, size=size)
    return [mean, " (", low, " .. ", high, ")"]


def transition_table(one: Comparison) -> Table:
    """Return how many histories went from which ending to which."""
    before = list(dict.fromkeys(key[0] for key in sorted(one.moved)))
    after = list(dict.fromkeys([*before, *(key[1] for key in sorted(one.moved))]))
    rows: list[Sequence[Piece | list[Piece]]] = []
    for left in before:
        counts = {right: one.moved.get((left, right), 0) for right in after}
        of = f"moved|{one.left.name}|{one.right.name}|{left}"
        cells = [Value(f"{count:,}", count, f"{of}|{right}") for right, count in counts.items()]
        rows.append([ending_in_words(one, left), *cells])
    caption = f"Histories by their ending in {one.left.name} (down) and {one.right.name} (across)"
    return Table(caption, ["", *(ending_in_words(one, right) for right in after)], rows)


# Differences


def _line(one: Comparison, outcome: str) -> Line | None:
    return next((line for line in one.lines if line.id == outcome), None)


def _fits(found: Sequence[Comparison], outcome: str) -> bool:
    """Return whether a difference can be shown in parts of the base, with its interval, in each comparison that has it."""
    known = [line.difference for one in found if (line := _line(one, outcome)) is not None and line.difference is not None]
    return bool(known) and all(
        one.left > 0 and max(abs(one.low), abs(one.high)) <= WIDEST * one.left for one in known if one is not None
    )


def _forest(found: Sequence[Comparison], name: str, title: str, outcomes: Sequence[str], relative: bool) -> Picture:
    base = found[0].left.name
    rows: list[Sequence[Piece | list[Piece]]] = []
    for outcome in outcomes:
        line = _line(found[0], outcome)
        assert line is not None, "chosen from these lines"
        cells: list[Piece | list[Piece]] = []
        for one in found:
            own = _line(one, outcome)
            if own is None or own.difference is None:
                cells.append("too few histories")
            else:
                cells.append(_relative(one, own) if relative else difference_of(one, own))
        rows.append([label_of(line), *cells])
    what = f"in per cent of what it is in {base}" if relative else "in points"
    together = " that hold together" if len(found) > 1 else ""
    says: list[Piece] = [
        f"Differences from {base}, {what}, with 95 % intervals{together}. A filled mark: the interval "
        "leaves out zero. A hollow one: no difference found, which is not to say that there is none. Outcomes that not all "
        "histories have are compared in those that have them in both.",
    ]
    headings = ["outcome", *(one.right.name for one in found)]
    table = Table(f"Differences from {base} (comparison.csv)", headings, rows)
    return Picture(name, title, says, partial(_draw_forest, found, outcomes, relative), [table])


def _relative(one: Comparison, line: Line) -> list[Piece]:
    """Return a difference with its interval in per cent of the base."""
    found = line.difference
    assert found is not None, "asked for where there is one"
    if found.same:
        return ["no difference: the same in every history"]
    of = f"comparison.csv|{one.left.name}|{one.right.name}|{line.id}"
    mean, low, high = (
        Value(f"{100 * number / found.left:+.1f}", number / found.left, f"{of}|{name}/left_value")
        for name, number in (("difference", found.mean), ("low", found.low), ("high", found.high))
    )
    if not found.found:
        return ["no difference found (within ", low, " .. ", high, ")"]
    return [mean._replace(text=f"{mean.text} %"), " (", low, " .. ", high, ")"]


def _draw_forest(found: Sequence[Comparison], outcomes: Sequence[str], relative: bool, paper: Paper) -> Figure:
    from matplotlib.lines import Line2D
    from matplotlib.ticker import FuncFormatter

    many = len(found)
    step = 0.16 if many > 1 else 0.0
    each = 0.34 + 0.1 * (many - 1)
    names = [one.right.name for one in found]
    figure, (axes,) = paper.canvas(0.8 + 0.2 * paper.lines_above(names) + each * len(outcomes), by_letters=True)
    labels = []
    for row, outcome in enumerate(outcomes):
        labels.append(wrapped(label_of(_line(found[0], outcome)), 30))  # type: ignore[arg-type]
        for place, one in enumerate(found):
            line = _line(one, outcome)
            difference = line.difference if line is not None else None
            if difference is None:
                continue
            scale = 1.0 / difference.left if relative else 100.0
            # The base has the first look, in the curves.
            colour, _, marker = SERIES[(place + 1) % len(SERIES)]
            y = row + step * (place - (many - 1) / 2)
            axes.plot([scale * difference.low, scale * difference.high], [y, y], "-", color=colour, linewidth=1.3)
            axes.plot(
                [scale * difference.mean], [y], marker, color=colour, markersize=4.5,
                markerfacecolor=colour if difference.found else "white",
            )  # fmt: skip
    axes.axvline(0, color=FAINT, linewidth=1.0)
    axes.set_ylim(len(outcomes) - 0.4, -0.6)
    axes.set_yticks(range(len(outcomes)))
    axes.set_yticklabels(labels, linespacing=1.0)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")
    base = wrapped(found[0].left.name, 24)
    unit = " %" if relative else ""
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: signed(100 * value if relative else value) + unit))
    axes.set_xlabel(f"difference from {base} ({'% of it' if relative else 'points'})")
    if many > 1:
        looks = [SERIES[(place + 1) % len(SERIES)] for place in range(many)]
        marks = [Line2D([], [], color=colour, marker=marker, linewidth=1.3, markersize=4.5) for colour, _, marker in looks]
        name_above(figure, marks, names, paper)
    return figure


# Curves beside one another


def _courses(run: Run) -> dict[tuple[str, str], Course]:
    """Return the curves of a run as its table has them."""
    found = {}
    for name, of, curve in courses(run.outcomes, run.days):
        found[name, of] = Course(curve.times, curve.at_risk.astype(np.float64), curve.share, *curve.intervals())
    return found


Curves = dict[str, dict[tuple[str, str], Course]]


def _over_time(runs: Sequence[Run], curves: Curves, kind: str) -> Picture:
    base = runs[0]
    sides = {"attacker": base.scenario.world.sides.attacker.name, "defender": base.scenario.world.sides.defender.name}
    side = kind.removesuffix("_collapsed")
    what = "a ceasefire" if kind == "ceasefire" else f"the collapse of {sides[side]}'s army"
    calendar = Calendar(base.scenario.world.start_date)
    days = [*range(QUARTER_DAYS, base.days, QUARTER_DAYS), base.days]
    table = Table(
        f"Share of histories in which {what} had ended the fighting first (survival.csv of each)",
        ["date", *(run.name for run in runs)],
        [
            [calendar.date_of(day).isoformat(), *(_cell(curves[run.name], ("first_end", kind), day, run) for run in runs)]
            for day in days
        ],
    )
    says: list[Piece] = [
        f"In which share of histories {what} has ended the fighting, before anything else did, until a date."
    ]
    draw = partial(_draw_curves, runs, curves, ("first_end", kind), 0.0)
    name = f"until-{kind.replace('_', '-')}"
    return Picture(name, f"How often {what} ends the fighting", says, draw, [table], bands=len(runs) <= MOST_BANDS)


def _cell(known: dict[tuple[str, str], Course], key: tuple[str, str], day: int, run: Run) -> list[Piece]:
    if key not in known:
        return ["never"]
    return share_with_interval(known[key], day, f"{run.name}/survival.csv", *key)


def _lasting(runs: Sequence[Run], curves: Curves) -> Picture:
    ages = [day for day in AGES_DAYS if day < runs[0].days]
    key = ("first_ceasefire", "")
    table = Table(
        "Share of first ceasefires that last longer than so many days (survival.csv of each)",
        ["days", *(run.name for run in runs)],
        [[f"{day:,}", *(_lasting_cell(curves[run.name], day, run) for run in runs)] for day in ages],
    )
    says: list[Piece] = [
        "Which share of first ceasefires still holds after so many months (Kaplan-Meier: a ceasefire that the horizon cuts "
        "short counts as watched until then). The ceasefires of different scenarios are not the same ones."
    ]
    draw = partial(_draw_curves, runs, curves, key, 1.0)
    return Picture("lasting", "How long first ceasefires last", says, draw, [table], bands=len(runs) <= MOST_BANDS)


def _lasting_cell(known: dict[tuple[str, str], Course], day: int, run: Run) -> list[Piece]:
    watched, key = watched_days(run), ("first_ceasefire", "")
    if day > watched:
        return ["not watched so long" if watched else "no ceasefire"]
    return _cell(known, key, day, run) if key in known else ["none breaks"]


def _draw_curves(runs: Sequence[Run], curves: Curves, key: tuple[str, str], start: float, paper: Paper) -> Figure:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

    names = [run.name for run in runs]
    figure, (axes,) = paper.canvas(3.0 + 0.24 * paper.lines_above(names))
    over_dates = key[0] == "first_end"
    zero: float = date2num(runs[0].scenario.world.start_date) if over_dates else 0.0
    drawn = []
    for place, run in enumerate(runs):
        colour, dashes, _ = SERIES[place % len(SERIES)]
        end = run.days if over_dates else watched_days(run)
        if key in curves[run.name]:
            days, share, low, high = steps(curves[run.name][key], start, end)
        elif end:
            # What never happens is a line too.
            days, share, low, high = np.array([0.0, end]), np.full(2, start), np.full(2, np.nan), np.full(2, np.nan)
        else:
            continue
        drawn.append(run.name)
        x = zero + days if over_dates else days / DAYS_PER_MONTH
        if len(runs) <= MOST_BANDS:
            axes.fill_between(x, low, high, step="post", color=colour, alpha=0.14, linewidth=0, gid=f"band-{place}")
        axes.plot(x, share, drawstyle="steps-post", color=colour, linestyle=dashes)
    _limits(axes, start)
    if over_dates:
        locator = AutoDateLocator(minticks=3, maxticks=7)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
        axes.set_xlim(zero, zero + runs[0].days)
        axes.set_ylabel("share of histories")
    else:
        axes.set_xlim(left=0)
        axes.set_xlabel("months since it began")
        axes.set_ylabel("still in force")
    name_above(figure, axes.get_lines(), drawn, paper)
    return figure


def _limits(axes: Axes, start: float) -> None:
    axes.set_ylim(0, 1 if start else None)
    percent_axis(axes)


def changed_rows(one: Comparison) -> list[Sequence[Piece | list[Piece]]]:
    """Return what differs in what is assumed, a row each."""
    return [
        [change.path, change.before if change.before is not None else "not there",
         change.after if change.after is not None else "not there", change.unit, change.about]
        for change in one.changed
    ]  # fmt: skip
