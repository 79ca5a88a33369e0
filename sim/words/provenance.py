"""Where the numbers of a scenario come from, counted in words: given, assumed, by default, or inherited from another war."""

from __future__ import annotations

from typing import Any

from sim.scenario import Scenario
from sim.scenario.describe import Provenance, provenance

# How many numbers of another war are named.
MOST_NAMED = 3


def counted(found: Provenance) -> str:
    """Return how many numbers of each provenance there are.

    >>> counted(Provenance(sourced=2, bare=1, assumed=3, default=4, inherited=(), wars=()))
    '10 numbers: 3 given (1 without a source), 3 assumed, 4 by default'
    """
    bare = f" ({found.bare:,} without a source)" if found.bare else ""
    told = f"{found.numbers:,} numbers: {found.given:,} given{bare}, {found.assumed:,} assumed, {found.default:,} by default"
    return f"{told}, {len(found.inherited):,} inherited from another war ({_wars(found)})" if found.inherited else told


def flagged(scenario: Scenario[Any]) -> str:
    """Return in a sentence how many numbers are those of another war; nothing if none is."""
    found = provenance(scenario)
    if not found.inherited:
        return ""
    are = "is" if len(found.inherited) == 1 else "are"
    return f"{len(found.inherited):,} of {found.numbers:,} numbers {are} inherited from another war ({_wars(found)})"


def advice(scenario: Scenario[Any]) -> list[str]:
    """Return what a check remarks on numbers of another war."""
    found = provenance(scenario)
    if not found.inherited:
        return []
    names = [*found.inherited[:MOST_NAMED], *([f"{more:,} more"] if (more := len(found.inherited) - MOST_NAMED) > 0 else [])]
    how = "Write those that differ here, or begin with `parley new NAME --blank`; --sources lists them"
    return [f"{flagged(scenario)}: {', '.join(names)}. {how}"]


def _wars(found: Provenance) -> str:
    return "; ".join(found.wars)
