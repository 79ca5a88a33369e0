"""Guarantors: whether those who would guard or guarantee a ceasefire consent to it, what they can send, whether they act.

A package with one of their regimes can be signed only while all its guarantors consent: what a peace that lasts longer is
worth to each, less the price of its guards and of being drawn into a war that begins again, and with what its will is above
the one it needs, is more than nothing. Guards take turns, so that no more are on the line than a share of those who could be
sent. What their word counts is the chance that they would act, and rises with their will.

Sources: allies kept their word in 67 to 75 % of wars (Leeds, Long and Mitchell 2000; Leeds 2003); a third of a force on the
line is the usual rule of rotation. Left out: bargaining between guarantors over who sends how many.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import DAYS_PER_YEAR
from sim.engine.draws import Floats
from sim.model.party import Guarantee, Party
from sim.model.regimes import REGIME, CeasefireParameters, believed_share, presence_on_the_line
from sim.scenario import Quantity

PER_GUARDS = 10_000.0


def guaranteed_regimes(parties: Sequence[Party[Quantity]]) -> tuple[str, ...]:
    """Return the ids of the regimes that need someone's consent, each once."""
    return tuple(dict.fromkeys(name for _, name in each_consent(parties)))


def each_consent(parties: Sequence[Party[Any]]) -> Iterator[tuple[Party[Any], str]]:
    """Yield each consent that is needed: the party, and the id of the regime."""
    yield from ((party, name) for party in parties if party.guarantees is not None for name in party.guarantees.regimes)


def consents_of(parties: Sequence[Party[Any]]) -> tuple[str, ...]:
    """Return a name for each consent that is needed."""
    return tuple(f"{party.id}/{name}" for party, name in each_consent(parties))


def chance_to_act(will: Floats, knobs: Guarantee[Floats]) -> Floats:
    """Return the chance that a guarantor acts when the war begins again, before its word has faded.

    Parameters
    ----------
    will : (n,) array
    knobs : Guarantee
        The values in force, (n,) each.
    """
    # The bound keeps exp finite and changes nothing.
    acts: Floats = 1.0 / (1.0 + np.exp(np.clip((knobs.acts_at_will - will) / knobs.acts_width, -500.0, 500.0)))
    return acts


def faded(acts: Floats, fades_per_year: Floats, ceasefire_days: Floats) -> Floats:
    """Return what is left of the chance that a guarantor acts after so many days of a ceasefire.

    >>> faded(np.array([0.8]), np.array([0.1]), np.array([0.0]))
    array([0.8])
    """
    left: Floats = acts * np.exp(-fades_per_year * ceasefire_days / DAYS_PER_YEAR)
    return left


class Consent:
    """What the guarantors of a batch make of each regime, at the last review.

    Attributes
    ----------
    regimes : tuple of str
        Those that need someone's consent.
    guarantors : list of int
        The places of those who guarantee, among the parties.
    """

    def __init__(self, parties: Sequence[Any], ceasefire: CeasefireParameters[Floats]) -> None:
        self._parties, self._ceasefire = parties, ceasefire
        self.regimes = guaranteed_regimes(parties)
        self.guarantors = [place for place, party in enumerate(parties) if party.guarantees is not None]
        self._regime = {regime.id: regime for regime in ceasefire.regimes}
        self._kept: dict[tuple[int, str], tuple[tuple[int, int], Floats]] = {}
        self._place = {party.id: place for place, party in enumerate(parties)}

    def acting(self, wills: Floats, ceasefire_days: Floats) -> Floats:
        """Return the chance that each guarantor acts, (guarantors, n), from the wills of all parties."""
        acts = np.empty((len(self.guarantors), wills.shape[1]))
        for row, place in enumerate(self.guarantors):
            knobs: Guarantee[Floats] = self._parties[place].guarantees
            acts[row] = chance_to_act(wills[place], knobs)
            if knobs.backstop is not None:
                stands = wills[self._place[knobs.backstop]] >= knobs.needs_will
                acts[row] *= np.where(stands, 1.0, knobs.without_backstop)
            acts[row] = faded(acts[row], knobs.fades_per_year, ceasefire_days)
        return acts

    def word(self, acts: Floats) -> Floats:
        """Return what the word of its guarantors counts in each regime, (regimes, n): the mean chance that they act."""
        found = np.zeros((len(self.regimes), acts.shape[1]))
        for row, name in enumerate(self.regimes):
            mine = self._of(name)
            for guarantor in mine:
                found[row] += acts[guarantor]
            found[row] /= len(mine)
        return found

    def supply(self) -> Floats:
        """Return the guards that can be on the line in each regime, (regimes, n)."""
        found = []
        for name in self.regimes:
            most = 0.0
            for row in self._of(name):
                knobs = self._parties[self.guarantors[row]].guarantees
                most = most + knobs.pool_persons / knobs.rotation
            found.append(most)
        return np.stack(found)

    def tripwire(self) -> Floats:
        """Return what attacking guards everywhere on the line costs who begins the war again, (regimes, n)."""
        found = [
            np.max([self._parties[self.guarantors[row]].guarantees.tripwire for row in self._of(name)], axis=0)
            for name in self.regimes
        ]
        return np.stack(found)

    def _alone(self, versions: tuple[int, int], place: int, regime: str) -> Floats:
        """Return how long a regime lasts for a guarantor without guards and guarantee; worked out anew when knobs change."""
        kept = self._kept.get((place, regime))
        if kept is None or kept[0] != versions:
            part = {one: getattr(self._regime[regime], one) for one in REGIME}
            part |= dict.fromkeys(("guards", "guarantee", "credibility"), np.zeros_like(part["guards"]))
            years = self._parties[place].guarantees.looks_ahead_years
            owed = self._regime[regime].obligations
            kept = self._kept[place, regime] = versions, believed_share(self._ceasefire, part, years, owed)
        return kept[1]

    def margins(self, wills: Floats, acts: Floats, versions: tuple[int, int]) -> Floats:
        """Return by how much each guarantor is for each of its regimes, (consents, n), in utility; it consents above 0.

        `versions` are those of the knobs of parties and ceasefires.
        """
        word, supply = self.word(acts), self.supply()
        return np.stack([
            self._margin(row, self.regimes.index(name), wills, acts, versions, word, supply, self._regime[name].guards)
            for row, place in enumerate(self.guarantors)
            for name in self._parties[place].guarantees.regimes
        ])  # fmt: skip

    def given_with(
        self, regime: int, guards: float, wills: Floats, acts: Floats, versions: tuple[int, int]
    ) -> NDArray[np.bool_]:
        """Return where all guarantors of a regime would consent to it with so many guards, (n,)."""
        word, supply = self.word(acts), self.supply()
        found = [
            self._margin(row, regime, wills, acts, versions, word, supply, guards) > 0
            for row in self._of(self.regimes[regime])
        ]
        given: NDArray[np.bool_] = np.logical_and.reduce(found)
        return given

    def _margin(
        self, row: int, r: int, wills: Floats, acts: Floats, versions: tuple[int, int], word: Floats, supply: Floats,
        guards: Floats | float,
    ) -> Floats:  # fmt: skip
        """Return by how much a guarantor, by its row, is for one of its regimes with so many guards, (n,)."""
        place, name = self.guarantors[row], self.regimes[r]
        knobs: Guarantee[Floats] = self._parties[place].guarantees
        part = {one: getattr(self._regime[name], one) for one in REGIME}
        sent = np.minimum(guards, supply[r])
        part |= {"guards": sent, "credibility": part["credibility"] * word[r]}
        lasts = believed_share(self._ceasefire, part, knobs.looks_ahead_years, self._regime[name].obligations)
        margin: Floats = (
            knobs.benefit * (lasts - self._alone(versions, place, name))
            - knobs.price_per_10k_guards * self._own_part(row, r, sent, supply[r]) / PER_GUARDS
            - knobs.entanglement * ((1.0 - lasts) * part["guarantee"] * acts[row])
            + wills[place]
            - knobs.needs_will
        )
        return margin

    def _own_part(self, row: int, regime: int, guards: Floats, supply: Floats) -> Floats:
        """Return how many of the guards of a regime a guarantor sends, (n,): each as many as it could of all."""
        if len(self._of(self.regimes[regime])) == 1:
            return guards
        knobs: Guarantee[Floats] = self._parties[self.guarantors[row]].guarantees
        sent = np.where(supply > 0, supply, 1.0)  # Without anyone to send there are no guards either.
        own: Floats = guards / sent * knobs.pool_persons / knobs.rotation
        return own

    def price_of(self, regime: int, guards: Floats) -> Floats:
        """Return what guards in a regime cost those who send them, in utility, (n,)."""
        found, supply = np.zeros_like(guards), self.supply()[regime]
        for row in self._of(self.regimes[regime]):
            knobs: Guarantee[Floats] = self._parties[self.guarantors[row]].guarantees
            found = found + knobs.price_per_10k_guards * self._own_part(row, regime, guards, supply) / PER_GUARDS
        return found

    def given(self, margins: Floats) -> Floats:
        """Return where all guarantors of each regime consent, (regimes, n), 1 or 0."""
        found = np.ones((len(self.regimes), margins.shape[1]))
        for margin, (_, name) in zip(margins, each_consent(self._parties), strict=True):
            found[self.regimes.index(name)] *= margin > 0
        return found

    def _of(self, regime: str) -> list[int]:
        """Return the rows of the guarantors of a regime."""
        return [row for row, place in enumerate(self.guarantors) if regime in self._parties[place].guarantees.regimes]


def tripped(tripwire: Floats, guards: Floats, credibility: Floats, ceasefire: CeasefireParameters[Floats]) -> Floats:
    """Return what attacking so many guards costs who begins the war again, given what their word counts."""
    return tripwire * credibility * presence_on_the_line(guards, ceasefire.front_km, ceasefire.guards_per_km)
