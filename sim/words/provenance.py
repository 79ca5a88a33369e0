"""Where the numbers of a scenario come from, counted in words: given, assumed, by default, or inherited from another war."""

from __future__ import annotations

from typing import Any

from sim.ensemble.run import horizon_days
from sim.model.first_days import first_days
from sim.model.notes import long_work, notes
from sim.scenario import Scenario, quantities
from sim.scenario.describe import DEFAULT, Provenance, coverage, entries, provenance

# How many numbers of another war are named.
MOST_NAMED = 3
# judgement: a file with as few points, or as few among its numbers, is one whose author has thought about which are known.
FEWEST_POINTS, MOST_POINTS = 10, 0.8


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
    if not scenario.world.inherited:  # which every run asks, and most need no count for
        return ""
    found = provenance(scenario)
    if not found.inherited:
        return ""
    are = "is" if len(found.inherited) == 1 else "are"
    return f"{len(found.inherited):,} of {found.numbers:,} numbers {are} inherited from another war ({_wars(found)})"


def remarks(scenario: Scenario[Any]) -> list[str]:
    """Return what a check remarks on a right scenario: where its numbers are from, and what is out of line in it."""
    looks = notes(scenario, horizon_days(scenario)), long_work(scenario), first_days(scenario)
    return [
        *_of_another_war(scenario),
        *_of_truces(scenario),
        *(line for look in looks for line in look),
        *_points(scenario),
    ]


def _of_truces(scenario: Scenario[Any]) -> list[str]:
    """Return whose truces the first weeks of a ceasefire are by default."""
    path = "ceasefire.early_hazard"
    if not any(entry.path == path and entry.origin == DEFAULT for entry in entries(scenario)):
        return []
    return [
        "how soon truces break is by default that of the truces in Donbas of 2015-20, most of which broke within weeks: "
        f"state {path} if this war is another"
    ]


def _points(scenario: Scenario[Any]) -> list[str]:
    """Return how many numbers of a file of its own are points that no one vouches for, where most are."""
    if not scenario.stands_alone:
        return []
    bare = {path for one in coverage(scenario) for path in one.bare}
    could = [value for path, value in quantities(scenario.world) if path in bare]
    points = sum(value.is_certain for value in could)
    if points < FEWEST_POINTS or points <= MOST_POINTS * len(could):
        return []
    return [
        f"{points} of your {len(could)} numbers without a source that may be ranges are points: the band of the assumptions "
        "does not vary them. Give those that you guess a range"
    ]


def _of_another_war(scenario: Scenario[Any]) -> list[str]:
    """Return what a check remarks on numbers of another war."""
    found = provenance(scenario)
    if not found.inherited:
        return []
    names = [*found.inherited[:MOST_NAMED], *([f"{more:,} more"] if (more := len(found.inherited) - MOST_NAMED) > 0 else [])]
    how = "Write those that differ here, or begin with `parley new NAME --blank`; --sources lists them"
    return [f"{flagged(scenario)}: {', '.join(names)}. {how}"]


def _wars(found: Provenance) -> str:
    return "; ".join(found.wars)
