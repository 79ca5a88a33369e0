"""Votes on what both sides agree to, and plans of mediators: what stands between an agreement and its signature.

A deal that a party must ratify waits for its vote while the fighting goes on. Polls say how many are against some terms: the
red lines that it ratifies, which are hard while the polls are against them. The vote strays from the polls; a side that by
then would gain by fighting on withdraws. A plan is put by a mediator, and each side takes it or refuses.

Sources: two tables at once, at home and abroad (Putnam 1988). Left out: that sides count on a vote going wrong beyond what
polls say; campaigns before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats, Ints
from sim.engine.world import World
from sim.model.lines import RedLines
from sim.model.negotiation import Domain, first_largest
from sim.model.party import Party
from sim.model.planned import whole_days
from sim.model.reviews import chance


class Votes:
    """Those who must ratify.

    Attributes
    ----------
    names : list of str
        How they are called; empty where no one must.
    """

    def __init__(self, world: World, parties: Sequence[Party[Floats]], lines: RedLines) -> None:
        self._parties = [party for party in parties if party.ratifies is not None]
        self._lines = lines
        self._luck = [world.draws.normal(f"parties/vote/{party.id}") for party in self._parties]
        self.names = [party.name for party in self._parties]

    def days(self) -> Ints:
        """Return how long an agreement waits, (n,): for the slowest."""
        days = [whole_days(party.ratifies.days) for party in self._parties if party.ratifies is not None]
        longest: Ints = np.stack(days).max(axis=0)
        return longest

    def against(self, package: Ints, number: Ints, cohort: Ints) -> NDArray[np.bool_]:
        """Return who votes against a package, (parties, cohort), one package for each of `cohort`.

        `number` says how many votes there were before in each history.
        """
        found = np.zeros((len(self._parties), len(cohort)), dtype=np.bool_)
        for row, party in enumerate(self._parties):
            assert party.ratifies is not None, "it is asked"
            strays = party.ratifies.sd[cohort] * self._luck[row].each(number, cohort)
            votes = self._lines.polled(party.id, package, cohort) + strays
            found[row] = votes > 1.0 - party.ratifies.needs_share[cohort]
        return found


class Plans:
    """The plans of mediators.

    Attributes
    ----------
    parties : list of Party
        Whose they are.
    """

    def __init__(self, world: World, parties: Sequence[Party[Any]], domain: Domain) -> None:
        self.parties = [party for party in parties if party.mediates is not None]
        self._luck = [world.draws.uniform(f"parties/plan/{party.id}", in_turn=True) for party in self.parties]
        self._covered = [domain.covered(party.mediates.terms) for party in self.parties if party.mediates is not None]

    def put(self, row: int, review: int, cohort: Ints) -> Ints:
        """Return those of a cohort to whom a plan is put at a review."""
        mediates = self.parties[row].mediates
        assert mediates is not None, "it has a plan"
        return cohort[(self._luck[row].at(review) < chance(mediates.per_year))[cohort]]

    def package(self, row: int, slack: Floats) -> Ints:
        """Return the package of a plan that both sides come nearest to, (cohort,); -1: all of it is barred to a side.

        `slack` is (2, packages, cohort).
        """
        smaller = np.where(self._covered[row][:, None], np.minimum(slack[0], slack[1]), -np.inf)
        most = smaller.max(axis=0)
        return np.where(np.isfinite(most), first_largest(smaller, most), -1)
