"""Comparisons as text for the terminal, as Markdown, as CSV and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from sim.model.outcomes import SECTIONS
from sim.results.comparison import Comparison, Line
from sim.results.runs import Run
from sim.results.summary import ENDING_LABELS
from sim.results.tables import csv_of
from sim.words import WHAT_IT_IS_NOT
from sim.words.changes import in_verbs
from sim.words.findings import opening
from sim.words.markdown import markdown_cell
from sim.words.numbers import band, beside, with_band

LONGEST_LABEL = 56


def in_cells(line: Line) -> tuple[str, str, str]:
    """Return both values and the difference with its interval, or the words for it."""
    found = line.difference
    if found is None:
        return "-", "-", "too few histories"
    left, right = (beside(value, found.low, found.high, line.unit) for value in (found.left, found.right))
    if found.same:
        return left, right, "no difference: the same in every history"
    if not found.found:
        return left, right, f"no difference found (within {band(found.low, found.high, line.unit, sign=True)})"
    told = with_band(found.mean, found.low, found.high, line.unit, sign=True)
    return left, right, f"{told}, found but negligible" if found.negligible else told


def _some(line: Line, whole: int) -> str:
    found = line.difference
    return f" [{found.pairs:,} of {whole:,}]" if found is not None and found.pairs < whole else ""


def text_lines(comparison: Comparison) -> Iterator[str]:
    """Yield a comparison as lines of text."""
    left, right = comparison.left.called, comparison.right.called
    yield f"{comparison.left.identity.line}  against  {comparison.right.identity.line}"
    yield ""
    yield from opening(comparison.findings)
    yield ""
    yield "What was changed"
    yield from (f"  {text}" for text in changed_in_words(comparison))
    yield ""
    how = "pairs of histories on the same luck" if comparison.paired else "histories each, unpaired"
    together = f", {comparison.comparisons} comparisons together" if comparison.comparisons > 1 else ""
    labels = {line.id: f"{line.label}{_some(line, comparison.pairs)}" for line in comparison.lines}
    width = max(LONGEST_LABEL, *(len(label) for label in labels.values())) + 1
    value = max(10, len(left), len(right)) + 2
    yield f"What it changed ({comparison.pairs:,} {how})"
    yield f" {'shares and means':<{width}}{left:>{value}}{right:>{value}}  difference (95 %{together})"
    section = ""
    for line in comparison.lines:
        if line.section != section:
            section = line.section
            yield f" {SECTIONS[section].beside}"
        before, after, difference = in_cells(line)
        yield f"   {labels[line.id]:<{width - 2}}{before:>{value}}{after:>{value}}  {difference}"
    if any(_some(line, comparison.pairs) for line in comparison.lines) and comparison.paired:
        yield f" [some of {comparison.pairs:,}]: in the histories that have it in both scenarios, maybe not like the rest"
    if comparison.paired:
        yield ""
        yield from moved_lines(comparison)
        yield f"Pairing: {pairing_in_words(comparison)}"


def changed_in_words(comparison: Comparison) -> list[str]:
    """Return what differs in what is assumed, one line each."""
    told = [in_verbs(one, comparison.left.scenario, comparison.right.scenario) for one in comparison.changed]
    return told or ["nothing differs in what is assumed"]


def ending_in_words(comparison: Comparison, ending: str) -> str:
    """Return an ending as tables call it."""
    sides = comparison.left.scenario.world.sides
    return ENDING_LABELS[ending].format(attacker=sides.attacker.name, defender=sides.defender.name)


def moved_lines(comparison: Comparison) -> Iterator[str]:
    """Yield how many histories changed their ending, and from what to what."""
    moved = {key: count for key, count in comparison.moved.items() if key[0] != key[1]}
    total = sum(moved.values())
    yield f"Endings changed in {total:,} of {comparison.pairs:,} histories ({total / comparison.pairs:.1%})" + (
        ":" if total else "."
    )
    for (before, after), count in sorted(moved.items(), key=lambda item: -item[1]):
        yield f"  {count:>6,}  {ending_in_words(comparison, before)}  ->  {ending_in_words(comparison, after)}"


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
        titles = (markdown_cell(run.identity.line) for run in (comparison.right, comparison.left))
        page += [f"# {' against '.join(titles)}", ""]
        page += [*(f"1. {markdown_cell(one.sentence)}" for one in comparison.findings), "", "What was changed:", ""]
        page += [f"- {markdown_cell(text)}" for text in changed_in_words(comparison)]
        page += [
            "",
            f"| outcome | {markdown_cell(left)} | {markdown_cell(right)} | difference (95 %) |",
            "|---|---:|---:|---|",
        ]
        for line in comparison.lines:
            label = f"{line.alone}{_some(line, comparison.pairs)}"
            page.append("| " + " | ".join(markdown_cell(text) for text in (label, *in_cells(line))) + " |")
        page += ["", *(markdown_cell(text) for text in moved_lines(comparison))] if comparison.paired else []
        page.append("")
    return "\n".join([*page, WHAT_IT_IS_NOT, ""])


def files(comparisons: Sequence[Comparison], runs: Sequence[Run]) -> dict[str, str]:
    """Return comparisons of runs as the files of their folder: as text, as CSV in full precision, as Markdown, as JSON."""
    rows = [row for comparison in comparisons for row in comparison.as_dicts()]
    data = {"note": WHAT_IT_IS_NOT, "compared": [run.about() for run in runs], "outcomes": rows}
    return {
        "comparison.txt": "".join("\n".join([*text_lines(one), "", ""]) for one in comparisons) + f"{WHAT_IT_IS_NOT}\n",
        "comparison.csv": csv_of(rows),
        "comparison.md": markdown(comparisons),
        "comparison.json": json.dumps(data, indent=2, allow_nan=False) + "\n",
    }
