"""Comparisons as text for the terminal, as Markdown, as CSV and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from sim.ensemble.lucks import FEWEST_HISTORIES
from sim.model import HEADLINE
from sim.model.outcomes import SECTIONS
from sim.results.comparison import Comparison, Line
from sim.results.pairs import Difference
from sim.results.runs import Run
from sim.results.summary import ENDING_LABELS, Row
from sim.results.tables import csv_of
from sim.words import WHAT_IT_IS_NOT
from sim.words.changes import in_verbs
from sim.words.findings import LINES, findings_block
from sim.words.layout import EMPTY, Block, Cell, Column, Quiet, Table, Text, Title, text_file
from sim.words.markdown import markdown_cell
from sim.words.numbers import band, beside, by_interval, unit_after, with_band

# What is told first of what was changed; the rest of it stands in full.
MOST_CHANGES = 3
NOT_FOUND = "≈"
# Of the assumptions.
SAME_SIGN = "same sign"
# judgement: a share whose interval is wider tells nothing.
WIDEST = 0.7
WHAT_SIGNS_ARE = (
    "Same sign: of the draws of all that is uncertain that change it, so many do this way, luck taken out; below 80 %, or "
    "if it may be one half, it is undetermined. Empty: no difference found, or how many do cannot be told."
)
NO_SIGNS = f"In how many assumptions differences go this way is told of {FEWEST_HISTORIES} histories or more."
ROUNDING = "Each number is rounded by itself; differences are of the numbers before rounding."


def in_cells(line: Line) -> tuple[str, str, str]:
    """Return both values and the difference with its interval, or the words for it."""
    found = line.difference
    if found is None:
        return "-", "-", "too few histories"
    left, right = (beside(value, found.low, found.high, line.unit) for value in (found.left, found.right))
    return left, right, difference_in_words(found, line.unit)


def difference_in_words(found: Difference, unit: str) -> str:
    """Return a difference with its interval, or the words for it.

    >>> difference_in_words(Difference(400, 2.0, 2.1, 0.1, -0.2, 0.4, 0.5, 2.0, False), "km2")
    'no difference found (within -0.2 .. +0.4 km2)'
    """
    if found.same:
        return "no difference: the same in every history"
    if not found.found:
        return f"no difference found (within {band(found.low, found.high, unit, sign=True)}{unit_after(unit)})"
    told = with_band(found.mean, found.low, found.high, unit, sign=True)
    return f"{told}, found but negligible" if found.negligible else told


def same_sign(line: Line) -> str:
    """Return in which share of the assumptions a difference has its sign; empty where none was found or it is not known."""
    signs = line.signs
    return "" if signs is None or signs.high - signs.low > WIDEST else f"{100 * signs.share:.0f} %"


def _some(line: Line, whole: int) -> str:
    found = line.difference
    return f" [{found.pairs:,} of {whole:,}]" if found is not None and found.pairs < whole else ""


def answer(comparisons: Sequence[Comparison]) -> Iterator[Block]:
    """Yield what comparisons say, on one screen: findings, what was changed, what that changed in the main outcomes."""
    first = comparisons[0]
    how = "pairs on the same luck" if first.paired else "histories each, unpaired"
    if len(comparisons) == 1:
        title = "  against  ".join(_titles(first))
    else:
        title = " beside ".join(dict.fromkeys(run.called for one in comparisons for run in (one.left, one.right)))
    yield Title(title, f"{first.pairs:,} {how}")
    yield EMPTY
    # The first of each, then the second of each.
    found = [one for those in zip_longest(*(one.findings for one in comparisons)) for one in those if one]
    # What is undetermined names the assumptions on which it hangs, and takes more room.
    open_lines = [line for one in comparisons for line in one.lines if line.undetermined]
    yield findings_block(found, LINES + bool(open_lines) + any(line.section == "endings" for line in open_lines))
    yield EMPTY
    yield Text("What was changed", style="bold")
    if len(comparisons) == 1:
        told = changed_in_words(first)
        yield from (Text(one, 1, 2) for one in told[:MOST_CHANGES])
        if len(told) > MOST_CHANGES:
            yield Text(f"and {len(told) - MOST_CHANGES:,} more", 1, style="quiet")
        yield EMPTY
        yield _beside(first)
        signed = any(line.signs is not None for line in first.lines)
        small = not signed and first.paired and (first.left.drawn or first.right.drawn) and first.pairs < FEWEST_HISTORIES
        yield Text(WHAT_SIGNS_ARE if signed else NO_SIGNS if small else ROUNDING, 0, 2, style="quiet")
        yield EMPTY
        yield from moved(first, most=MOST_CHANGES) if first.paired else ()
        return
    for one in comparisons:
        told = changed_in_words(one)
        more = f"; and {len(told) - 1:,} more" if len(told) > 1 else ""
        yield Text(f"{_against(one, comparisons)}: {told[0]}{more}", 1, 2)
    yield EMPTY
    runs = list({id(run): run for one in comparisons for run in (one.left, one.right)}.values())
    # Each with each would ask for a mark for each pair.
    yield from matrix(runs, comparisons if len({id(one.left) for one in comparisons}) == 1 else ())


def _titles(comparison: Comparison) -> list[str]:
    """Return both titles, the second run's first, as runs that are called alike are told apart."""
    return [f"{run.identity.line}{run.mark}" for run in (comparison.right, comparison.left)]


def _against(comparison: Comparison, comparisons: Sequence[Comparison]) -> str:
    """Return what a comparison is called among others: its scenario, and what it is compared with where that differs."""
    several = len({one.left.name for one in comparisons}) > 1
    return f"{comparison.right.called}{f' against {comparison.left.called}' if several else ''}"


def main_outcomes(rows: Iterable[Row | Line]) -> list[str]:
    """Return the outcomes that are told first: how histories end, and the headline ones."""
    known = {row.id: row for row in rows}
    endings = [id for id, row in known.items() if row.section == "endings"]
    return list(dict.fromkeys([*endings, *(id for id in HEADLINE if id in known)]))


def matrix(runs: Sequence[Run], comparisons: Sequence[Comparison] = ()) -> Iterator[Block]:
    """Yield a table of scenarios by main outcomes, in which what was not found to differ from the first is marked."""
    names = main_outcomes(row for run in runs for row in run.summary)
    labels = {row.id: row.label if row.section == "endings" else row.alone for run in runs for row in run.summary}
    lines = {(one.right.name, line.id): line.difference for one in comparisons for line in one.lines}
    rows: list[list[Cell]] = []
    for run in runs:
        known = {row.id: row for row in run.summary}
        cells: list[Cell] = [run.called]
        for name in names:
            row = known.get(name)
            text = "-" if row is None or row.value is None else by_interval(row.value, row.low, row.high, row.unit)[0]
            found = lines.get((run.name, name))
            cells.append(Quiet(f"{NOT_FOUND} {text}") if found is not None and not found.found else text)
        rows.append(cells)
    yield Table([Column("", wraps=True), *(Column(labels[name]) for name in names)], rows)
    if comparisons:
        yield Text(f"{NOT_FOUND} no difference from {runs[0].called} found", 1, style="quiet")
        if (count := comparisons[0].comparisons) > 1:
            yield Text(together(count), 1, 2, style="quiet")


def together(count: int) -> str:
    """Return why intervals of several comparisons are not those of one alone."""
    return f"Intervals of differences hold for {count} comparisons together; those of one alone are narrower."


def _beside(comparison: Comparison, lines: Sequence[Line] | None = None) -> Table:
    """Return outcomes of both scenarios beside one another, with their difference: the main ones if none are given."""
    left, right = comparison.left.called, comparison.right.called
    together = f", {comparison.comparisons} together" if comparison.comparisons > 1 else ""
    known, main = {line.id: line for line in comparison.lines}, lines is None
    columns = [
        Column("What it changed", wraps=True),
        Column(left),
        Column(right),
        Column(f"difference (95 %{together})", wraps=True),
    ]
    lines = lines if lines is not None else [known[name] for name in main_outcomes(comparison.lines)]
    signed = any(line.signs is not None for line in lines)
    columns += [Column(SAME_SIGN)] if signed else []
    rows: list[list[Cell]] = []
    section = None if main else ""
    for line in lines:
        if section is not None and line.section != section:
            section = line.section
            rows.append([SECTIONS[section].beside])
        before, after, difference = in_cells(line)
        found = line.difference
        is_clear = found is not None and found.found and not line.undetermined
        told = difference if is_clear else Quiet(difference)
        label = line.label if line.section == "endings" or not main else line.alone
        cells: list[Cell] = [f"{label}{_some(line, comparison.pairs)}", before, after, told]
        rows.append([*cells, same_sign(line)] if signed else cells)
    return Table(columns, rows)


def whole(comparison: Comparison) -> Iterator[Block]:
    """Yield all of a comparison."""
    yield Text("  against  ".join(_titles(comparison)), 0, 2, style="bold")
    yield EMPTY
    yield Text("What was changed", style="bold")
    yield from (Text(text, 2, 2) for text in changed_in_words(comparison))
    yield EMPTY
    yield _beside(comparison, comparison.lines)
    yield Text(ROUNDING, 0, 2, style="quiet")
    if any(line.signs is not None for line in comparison.lines):
        yield Text(WHAT_SIGNS_ARE, 0, 2, style="quiet")
    if any(_some(line, comparison.pairs) for line in comparison.lines) and comparison.paired:
        yield Text(
            f"[some of {comparison.pairs:,}]: in the histories that have it in both scenarios, maybe not like the rest", 1, 1
        )
    if comparison.paired:
        yield EMPTY
        yield from moved(comparison)
        yield Text(f"Pairing: {pairing_in_words(comparison)}", 0, 2)


def changed_in_words(comparison: Comparison) -> list[str]:
    """Return what differs in what is assumed, one line each."""
    told = [in_verbs(one, comparison.left.scenario, comparison.right.scenario) for one in comparison.changed]
    return told or ["nothing differs in what is assumed"]


def ending_in_words(comparison: Comparison, ending: str) -> str:
    """Return an ending as tables call it."""
    sides = comparison.left.scenario.world.sides
    return ENDING_LABELS[ending].format(attacker=sides.attacker.name, defender=sides.defender.name)


def moved_lines(comparison: Comparison) -> Iterator[str]:
    """Yield how many histories changed their ending, then from what to what."""
    rows = _moves(comparison)
    total = sum(count for count, _ in rows)
    yield f"Endings changed in {total:,} of {comparison.pairs:,} histories ({total / comparison.pairs:.1%})" + (
        ":" if total else "."
    )
    yield from (f"{count:,}  {told}" for count, told in rows)


def _moves(comparison: Comparison) -> list[tuple[int, str]]:
    """Return how many histories went from which ending to which other, in words, the most first."""
    return [
        (count, f"{ending_in_words(comparison, before)}  ->  {ending_in_words(comparison, after)}")
        for (before, after), count in sorted(comparison.moved.items(), key=lambda item: -item[1])
        if before != after
    ]


def moved(comparison: Comparison, most: int | None = None) -> Iterator[Block]:
    """Yield how many histories changed their ending, and what `most` of them did."""
    rows = _moves(comparison)
    yield Text(next(moved_lines(comparison)), 0, 2)
    if rows:
        told: list[list[Cell]] = [[text, f"{count:,}"] for count, text in rows[:most]]
        more = len(rows) - len(told)
        yield Table([Column(wraps=True), Column()], [*told, *([[Quiet(f"and {more:,} more")]] if more else [])])


def pairing_in_words(comparison: Comparison) -> str:
    """Return what pairing was worth, over the outcomes that differ."""
    found = [line.difference for line in comparison.lines if line.difference is not None and not line.difference.same]
    factors = sorted(one.shrink for one in found if one.shrink == one.shrink)
    if not factors:
        return "every outcome is the same in every history."
    half = factors[len(factors) // 2]
    correlations = sorted(one.correlation for one in found if one.correlation == one.correlation)
    known = f"; the correlation is {correlations[len(correlations) // 2]:.2f} in the median" if correlations else ""
    return (
        f"unpaired, one would need {half:,.1f} times as many histories for the same precision (median of outcomes){known}."
    )


def markdown(comparisons: Sequence[Comparison]) -> str:
    """Return comparisons as a Markdown page."""
    page = []
    for comparison in comparisons:
        left, right = comparison.left.called, comparison.right.called
        titles = map(markdown_cell, _titles(comparison))
        page += [f"# {' against '.join(titles)}", ""]
        page += [*(f"1. {markdown_cell(one.sentence)}" for one in comparison.findings), "", "What was changed:", ""]
        page += [f"- {markdown_cell(text)}" for text in changed_in_words(comparison)]
        page += [
            "",
            f"| outcome | {markdown_cell(left)} | {markdown_cell(right)} | difference (95 %) | {SAME_SIGN} |",
            "|---|---:|---:|---|---:|",
        ]
        for line in comparison.lines:
            label = f"{line.alone}{_some(line, comparison.pairs)}"
            page.append("| " + " | ".join(markdown_cell(text) for text in (label, *in_cells(line), same_sign(line))) + " |")
        page += ["", ROUNDING]
        if comparison.paired:
            page += ["", *map(markdown_cell, moved_lines(comparison))]
        page.append("")
    return "\n".join([*page, WHAT_IT_IS_NOT, ""])


def files(comparisons: Sequence[Comparison], runs: Sequence[Run]) -> dict[str, str]:
    """Return comparisons of runs as the files of their folder: as text, as CSV in full precision, as Markdown, as JSON."""
    rows = [row for comparison in comparisons for row in comparison.as_dicts()]
    data = {"note": WHAT_IT_IS_NOT, "compared": [run.about() for run in runs], "outcomes": rows}
    return {
        "comparison.txt": text_file(answer(comparisons), (block for one in comparisons for block in (*whole(one), EMPTY))),
        "comparison.csv": csv_of(rows),
        "comparison.md": markdown(comparisons),
        "comparison.json": json.dumps(data, indent=2, allow_nan=False) + "\n",
    }
