"""The outcomes of a scenario as a table: what each is called, what it means and of which times it can be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, NamedTuple

from sim.catalogue import those_of
from sim.model import moments_of, outcomes_of
from sim.model.asked import Asked
from sim.model.outcomes import Outcome, standalone
from sim.results.summary import blank_row
from sim.scenario import Scenario


class Entry(NamedTuple):
    """An outcome.

    Attributes
    ----------
    name : str
        As options take it.
    label, unit, when, meaning : str
    times : str
        Of which other times it can be asked, as they are written.
    """

    name: str
    label: str
    unit: str
    when: str
    times: str
    meaning: str


def entries(scenario: Scenario[Any], word: str = "") -> list[Entry]:
    """Return the outcomes of a scenario of which a word is said, whatever its capitals; all without one."""
    found = [_entry(scenario, outcome, name) for outcome, _ in outcomes_of(scenario) for name in outcome.names]
    return those_of([word], found, lambda entry: entry)


def _entry(scenario: Scenario[Any], outcome: Outcome, name: str) -> Entry:
    row = blank_row(scenario, name)
    at = outcome.elsewhere[0] if outcome.elsewhere is not None else name
    elsewhere = replace(outcome, name=at, elsewhere=None)
    asked = (Asked(at, 12, 24), Asked(at, until=12), Asked(at, moment=next(iter(moments_of(scenario)), "")))
    times = ", ".join(f"{at}{one.when}" for one in asked if one.when and not one.refusal(elsewhere))
    return Entry(name, row.label, row.unit, outcome.when, times, outcome.about)


def reference_lines(scenario: Scenario[Any]) -> Iterator[str]:
    """Yield the table of columns as Markdown: what differs in the side, or in the issue, is one line."""
    yield "| column | what | unit | meaning |"
    yield "|---|---|---|---|"
    columns = (outcome for outcome, _ in outcomes_of(scenario) if outcome.parts is None)
    for stem, (outcome, *_) in groupby(columns, key=_stem):
        of_sides = {"attacker": "a side", "defender": "its enemy"} if stem.endswith("_*") else None
        label = outcome.label.format(**of_sides or {"attacker": "the attacker", "defender": "the defender"})
        label, values = (
            (TERMS[stem], ()) if stem in TERMS else (standalone(outcome.section, label), tuple(outcome.values or ()))
        )
        also = f" One of {', '.join(f'`{value}`' for value in values)}." if values else ""
        yield f"| `{stem}` | {label[0].upper()}{label[1:]} | {outcome.unit or 'text'} | {outcome.about}{also} |"


# Outcomes of which each issue has one.
TERMS = {"terms_*": "Term of a deal", "dictates_*": "Term that the victor dictates"}
_STEMS = {"terms": "terms_*", "dictated": "dictates_*"}


def _stem(outcome: Outcome) -> str:
    stem = re.sub("_(attacker|defender)$", "_*", outcome.name)
    return stem if outcome.values is None else _STEMS.get(outcome.section, stem)


def as_dicts(found: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the entries as plain dictionaries."""
    return [entry._asdict() for entry in found]
