"""What differs between scenarios, as pictures and tables, with intervals, and how endings changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from sim.model import NOT_DRAWN
from sim.report.axes import rows_axis, signed
from sim.report.beside import curve_pictures
from sim.report.parts import CannotDraw, Named, Picture, Piece, Table, Value, with_bounds, wrapped
from sim.report.style import FAINT, SERIES, Paper, name_above
from sim.results.comparison import Comparison, Line
from sim.results.pairs import Difference
from sim.words.changes import both_in_words, what_in_words
from sim.words.comparison import SAME_SIGN, ending_in_words, same_sign
from sim.words.findings.pieces import with_interval
from sim.words.numbers import beside, unit_after

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# judgement: changes beyond this, in parts of the base, would leave no room for the others.
WIDEST = 2.0


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
        if line.section == "course" and line.unit != "share" and line.id not in NOT_DRAWN and _fits(found, line.id)
    ]
    if amounts:
        yield _forest(found, "amounts", "What differs: amounts", amounts, relative=True)
    yield from curve_pictures([found[0].left, *(one.right for one in found)])


def difference_table(one: Comparison) -> Table:
    """Return all that was compared, as on the terminal."""
    rows: list[Sequence[Piece | list[Piece]]] = []
    for line in one.lines:
        found = line.difference
        name = line.alone
        if found is None:
            rows.append([name, None, None, "too few histories", None, None])
            continue
        of = ("comparison.csv", one.left.name, one.right.name, line.id)
        left, right = both_sides(found, line.unit, of)
        pairs = Value(f"{found.pairs:,}", found.pairs, "|".join((*of, "pairs")))
        same = None
        if line.signs is not None and same_sign(line):
            same = Value(same_sign(line), line.signs.share, "|".join((*of, "same_sign")))
        rows.append([name, left, right, difference_of(one, line), same, pairs])
    how = "on the same luck" if one.paired else "unpaired"
    caption = f"{one.right.called} against {one.left.called}, {how}, with 95 % intervals (comparison.csv)"
    return Table(
        caption,
        ["outcome", one.left.called, one.right.called, "difference", SAME_SIGN, "pairs" if one.paired else "histories"],
        rows,
    )


def difference_of(one: Comparison, line: Line) -> list[Piece]:
    """Return the difference with its interval, or the words for it."""
    found = line.difference
    assert found is not None, "asked for where there is one"
    if found.same:
        return ["no difference: the same in every history"]
    of = ("comparison.csv", one.left.name, one.right.name, line.id)
    columns = ("difference", "low", "high")
    # The unit is said elsewhere.
    unit = line.unit if line.unit == "share" else ""
    told = with_interval(found.mean, found.low, found.high, unit, of, columns=columns, sign=True, words="")
    if not found.found:
        return ["no difference found (within ", *told[-4:-1], f"{unit_after(line.unit)})"]
    if line.undetermined:
        return [*told, ", undetermined"]
    return [*told, ", found but negligible"] if found.negligible else [*told]


def both_sides(found: Difference, unit: str, of: Sequence[object]) -> tuple[Value, Value]:
    """Return what an outcome is in both scenarios, with the digits that their difference warrants."""
    left, right = (
        Value(beside(number, found.low, found.high, unit), number, "|".join(map(str, (*of, column))))
        for number, column in ((found.left, "left_value"), (found.right, "right_value"))
    )
    return left, right


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
    caption = f"Histories by their ending in {one.left.called} (down) and {one.right.called} (across)"
    return Table(caption, ["", *(ending_in_words(one, right) for right in after)], rows)


def _line(one: Comparison, outcome: str) -> Line | None:
    return next((line for line in one.lines if line.id == outcome), None)


def _fits(found: Sequence[Comparison], outcome: str) -> bool:
    """Return whether a difference can be shown in parts of the base, with its interval, in each comparison that has it."""
    known = [line.difference for one in found if (line := _line(one, outcome)) is not None and line.difference is not None]
    return bool(known) and all(
        one.left > 0 and max(abs(one.low), abs(one.high)) <= WIDEST * one.left for one in known if one is not None
    )


def _forest(found: Sequence[Comparison], name: str, title: str, outcomes: Sequence[str], relative: bool) -> Picture:
    base = found[0].left.called
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
        rows.append([line.alone, *cells])
    what = f"in per cent of what it is in {base}" if relative else "in points"
    together = " that hold together" if len(found) > 1 else ""
    says: list[Piece] = [
        f"Differences from {base}, {what}, with 95 % intervals{together}. A filled mark: the interval "
        "leaves out zero. A hollow one: no difference found, which is not to say that there is none, or one that is "
        "negligible beside how much histories differ. Outcomes that not all "
        "histories have are compared in those that have them in both.",
    ]
    headings = ["outcome", *(one.right.called for one in found)]
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
        return ["no difference found (within ", low, " .. ", high, " %)"]
    return with_bounds(mean._replace(text=f"{mean.text} %"), low, high)


def _draw_forest(found: Sequence[Comparison], outcomes: Sequence[str], relative: bool, paper: Paper) -> Figure:
    from matplotlib.lines import Line2D
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    many = len(found)
    step = 0.16 if many > 1 else 0.0
    each = 0.34 + 0.1 * (many - 1)
    names = [one.right.called for one in found]
    figure, (axes,) = paper.canvas(0.8 + 0.2 * paper.lines_above(names) + each * len(outcomes), by_letters=True)
    labels = []
    for row, outcome in enumerate(outcomes):
        labels.append(wrapped(found[0].line(outcome).alone, 30))
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
                markerfacecolor=colour if difference.found and not difference.negligible else "white",
            )  # fmt: skip
    axes.axvline(0, color=FAINT, linewidth=1.0)
    axes.set_ylim(len(outcomes) - 0.4, -0.6)
    axes.set_yticks(range(len(outcomes)))
    axes.set_yticklabels(labels)
    rows_axis(axes)
    base = wrapped(found[0].left.called, 24)
    unit = " %" if relative else ""
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: signed(100 * value if relative else value) + unit))
    axes.set_xlabel(f"difference from {base} ({'% of it' if relative else 'points'})")
    if many > 1:
        looks = [SERIES[(place + 1) % len(SERIES)] for place in range(many)]
        marks = [Line2D([], [], color=colour, marker=marker, linewidth=1.3, markersize=4.5) for colour, _, marker in looks]
        name_above(figure, marks, names, paper)
    return figure


def changed_rows(one: Comparison) -> list[Sequence[Piece | list[Piece]]]:
    """Return what differs in what is assumed, a row each."""
    scenarios = (one.left.scenario, one.right.scenario)
    return [
        [
            Named(what_in_words(change, *scenarios), change.path),
            *both_in_words(change, *scenarios),
            change.unit,
            change.about,
        ]
        for change in one.changed
    ]
