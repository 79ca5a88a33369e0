"""The office of those who lead: what puts it at risk, and what losing it is worth to them, who are not their state.

A leader may fall over the terms of a deal, the likelier the worse they are; just as well over what a collapsed army, or the
balance, would bring; and while the war goes on, as war support is lost. Who would fall over any deal that can be had loses
nothing more by fighting on, and gambles; who is safe under it has a reason to sign before defeat takes its office.

Sources: a war that goes badly goes on where to end it would cost its leader office (Downs and Rocke 1994), and where a
moderate loss is punished as a large one is (Goemans 2000); defeat and a costly war put leaders at risk (Bueno de Mesquita
and Siverson 1995). Left out: coups, parties, a leader's own choice of when to
stand for election; that office changes which horizon is planned for; that leaders fall over what a victor dictates, which is
after the war.
"""

from __future__ import annotations

from typing import Generic

import numpy as np

from sim.engine.calendar import DAYS_PER_YEAR
from sim.engine.draws import Floats, Ints
from sim.model.parameters import SIDES, Drawn
from sim.scenario import N, Section, knob


class Office(Section, Generic[N]):
    """The office of a side's leader."""

    price: N = knob(
        "utility", "Price to its leader of losing office, beside what the terms are worth.", low=0, high=10,
        label="{side}'s leader: price of losing office",
    )  # fmt: skip
    safe_terms: N = knob(
        "share", "How good the terms that end the war must be for its leader to keep office in one of two cases.", low=-1,
        high=2, label="{side}'s leader: terms that are safe",
    )  # fmt: skip
    width: N = knob(
        "share", "How gradually the chance of falling lessens with better terms.", low=0.01, high=10, default=0.1,
        label="{side}'s leader: spread of safe terms",
    )  # fmt: skip
    falls_per_year: N = knob(
        "per year", "Rate at which its leader falls in war once all war support is lost, and in proportion before.", low=0,
        high=100, default=0, label="{side}'s leader: falls without support",
    )  # fmt: skip


def chance_to_fall(terms: Floats, safe: Floats, width: Floats) -> Floats:
    """Return the chance that a leader falls over terms, which broadcast with `safe` and `width`.

    >>> chance_to_fall(np.array([0.4, 0.5]), np.array([0.5]), np.array([0.1])).round(3)
    array([0.731, 0.5  ])
    """
    # The bound keeps exp finite and changes nothing.
    falls: Floats = 1.0 / (1.0 + np.exp(np.clip((terms - safe) / width, -500.0, 500.0)))
    return falls


class Offices:
    """The offices of both sides, in a batch.

    Attributes
    ----------
    at_risk : bool
        Whether any side has one.
    """

    def __init__(self, drawn: Drawn, support: Floats) -> None:
        knobs = drawn.knobs("negotiation")
        self._offices: list[Office[Floats] | None] = [getattr(knobs, side).office for side in SIDES]
        self._support = support
        self.at_risk = any(office is not None for office in self._offices)

    def falling_per_year(self, side: int) -> Floats | float:
        """Return the rate at which the leader of a side falls in war, (n,)."""
        office = self._offices[side]
        return 0.0 if office is None else office.falls_per_year * (1.0 - self._support[side])

    def falls(self, terms: Floats, columns: slice | Ints = slice(None)) -> Floats:
        """Return the chance that leaders fall over terms, (2, ..., columns) both; 0 of a side that has no office to lose."""
        found = np.zeros_like(terms)
        for side, office in enumerate(self._offices):
            if office is not None:
                found[side] = chance_to_fall(terms[side], office.safe_terms[columns], office.width[columns])
        return found

    def price_of_signing(
        self, terms: Floats, lasts: Floats, at_stake: Floats, columns: slice | Ints = slice(None)
    ) -> Floats:
        """Return what signing terms costs those who lead, on the scale of what is had only while a deal lasts.

        It is paid once, at the signature. Who falls then loses nothing more if the deal breaks.

        Parameters
        ----------
        terms : (2, ..., columns) array
            How good they are for each side.
        lasts : array that broadcasts with it
            Share of its trust time for which each side believes that the deal lasts.
        at_stake : array that broadcasts with it
            What fighting costs those who lead.
        columns : slice or (columns,) int
        """
        found = self.falls(terms, columns)
        for side, office in enumerate(self._offices):
            if office is not None:
                found[side] *= (office.price[columns] - (1.0 - lasts[side]) * at_stake[side]) / lasts[side]
        return found

    def price_of_fighting(
        self, days: Floats, own: Floats, enemy: Floats, terms: Floats, best: Floats, worst: Floats, discount: Floats
    ) -> Floats:
        """Return what fighting until each horizon costs those who lead, (2, horizons, n).

        Parameters
        ----------
        days : (horizons, 1) array
            The horizons.
        own, enemy : (2, horizons, n) array
            By who looks: the chance that its own army collapses by then, and the other's.
        terms : (2, horizons, n) array
            How good the terms are if both stand.
        best, worst : (2, 1, n) array
            What is dictated to the enemy, or to the side.
        discount : (2, horizons, n) array
        """
        found = enemy * (1.0 - 0.5 * own) * self.falls(best) + own * (1.0 - 0.5 * enemy) * self.falls(worst)
        found += (1.0 - own) * (1.0 - enemy) * self.falls(terms)
        for side, office in enumerate(self._offices):
            if office is not None:
                keeps = np.exp(-self.falling_per_year(side) * days / DAYS_PER_YEAR)
                found[side] = discount[side] * office.price * (1.0 - keeps + keeps * found[side])
        return found
