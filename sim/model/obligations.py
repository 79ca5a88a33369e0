"""Obligations of a deal that come due in a ceasefire, each kept or not: a withdrawal, an exchange, a step of sanctions.

What is not kept is overdue from its due day on, and then raises the hazard that the ceasefire breaks. Both sides know how
often each is kept when they ask how long a deal will last; whether it is kept this time they learn on its day.

Sources: who does not do by its day what was agreed gives the other reason to doubt the rest, Fearon 1995, Fortna 2004; the
form is an assumption. Left out: obligations that are kept late, or in part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Generic

import numpy as np
from pydantic import Field as Option

from sim.engine.draws import Floats
from sim.model.parameters import SideName
from sim.scenario import Item, N, knob

# A belief weighs all sets of those that are not kept, so that each more doubles the work.
MOST_OBLIGATIONS = 4


class Obligation(Item, Generic[N]):
    """What a side owes under a regime, and by when."""

    name: str | None = Option(default=None, min_length=1, description="How tables and chronicles call it.")
    by: SideName = Option(description="Who owes it.")
    due_days: N = knob(
        "days", "After how many days of the ceasefire it is due.", low=0, high=36_500, label="{item}: due after"
    )
    kept_share: N = knob(
        "share of ceasefires", "How often it is kept; both sides know this.", low=0, high=1, label="{item}: how often kept"
    )
    overdue_effect: N = knob(
        "log hazard",
        "What it adds to the log of the hazard while it is overdue.",
        low=-10,
        high=10,
        label="{item}: effect if late",
    )

    @property
    def label(self) -> str:
        """The name as people read it."""
        return self.name or self.id.replace("_", " ")


def each_obligation(regimes: Sequence[Any]) -> list[tuple[int, Any]]:
    """Return each obligation, with the place of its regime."""
    return [(place, one) for place, regime in enumerate(regimes) for one in regime.obligations]


def names_of(regimes: Sequence[Any]) -> tuple[str, ...]:
    """Return a name for each obligation: that of its regime and its own."""
    return tuple(f"{regimes[place].id}/{one.id}" for place, one in each_obligation(regimes))


def what_may_be_broken(obligations: Sequence[Any]) -> Iterator[tuple[list[Any], Floats | float]]:
    """Yield each set of obligations that may not be kept, with the chance that it is these."""
    for kept in product((True, False), repeat=len(obligations)):
        chance: Floats | float = 1.0
        for one, so in zip(obligations, kept, strict=True):
            chance = chance * (one.kept_share if so else 1.0 - one.kept_share)
        yield [one for one, so in zip(obligations, kept, strict=True) if not so], chance


def due_day(due_days: Floats) -> Floats:
    """Return the first day of a ceasefire, by its age, on which what is not kept is overdue.

    >>> due_day(np.array([0.0, 29.5, 30.0]))
    array([ 0., 30., 30.])
    """
    return np.ceil(due_days)
