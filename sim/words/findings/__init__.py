"""Findings: what results say, as sentences made from tested predicates over their tables.

Each function `of_...` returns the findings of one kind of result, what weighs most first; which one, `results.findings` has.
The same findings open the terminal, pages, `summary.md` and, as `run.findings`, Python.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.results.findings import Finding
from sim.words.layout import Text, wrap

WIDTH, LINES = 79, 4


def opening(findings: Sequence[Finding], width: int = WIDTH, lines: int = LINES) -> list[str]:
    """Return what fits of findings into so many lines, as a paragraph; the first one whole in any case."""
    told: list[str] = []
    for one in findings:
        longer = wrap(" ".join([*told, one.sentence]), width)
        if told and len(longer) > lines:
            continue
        told.append(one.sentence)
    return wrap(" ".join(told), width) if told else []


def findings_block(findings: Sequence[Finding], lines: int = LINES) -> Text:
    """Return what opens text: what fits of findings into so many lines of a terminal."""
    return Text(" ".join(opening(findings, lines=lines)))
