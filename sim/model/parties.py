"""Parties beside the two sides: their will, and what follows from it for pledges and for guaranteed ceasefires.

A party's will to stand by its side returns to what is usual for it, less what it has tired of and what it fears. It rallies
when its side loses ground, and slackens with success; elections may change what is usual. The pledges of a backer follow its
will with a delay, are raised or cut with who refused last, and make up for a part of what others fall short. What guarantors
make of a ceasefire stands in `guarantors`. Both sides know what pledges hang on their refusing, and count it.

Left out: bargaining between parties, parties that stand by no side.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from sim.engine.agenda import Process
from sim.engine.calendar import DAYS_PER_MONTH
from sim.engine.draws import Floats, Ints
from sim.engine.mechanism import Mechanism, PerHistory, PerSide, owned, seen
from sim.engine.recorder import EventKind
from sim.model.arms import ArmsParameters, SideArms
from sim.model.endings import CEASEFIRE
from sim.model.front import FrontParameters, log_balance, parity
from sim.model.guarantors import Consent, consents_of, each_consent, guaranteed_regimes
from sim.model.outcomes import Column, Outcome, State
from sim.model.parameters import SIDES, SIGN
from sim.model.party import Backing, Election, Party
from sim.model.planned import Planned
from sim.model.reviews import DAYS_BETWEEN_REVIEWS, REVIEW_YEARS
from sim.scenario import Quantity

Section = Sequence[Party[Quantity]]
FATIGUE_SCALE_BEUR = 100.0


def backing(section: Section) -> list[int]:
    """Return the places of the parties that back a side."""
    return [place for place, party in enumerate(section) if party.backs is not None]


def _ids(section: Section) -> tuple[str, ...]:
    return tuple(party.id for party in section)


def _backing_ids(section: Section) -> tuple[str, ...]:
    return tuple(section[place].id for place in backing(section))


def _guarantors(section: Section) -> tuple[str, ...]:
    return tuple(party.id for party in section if party.guarantees is not None)


def tired(fatigue: Floats, before_beur: Floats, given_beur: Floats) -> Floats:
    """Return the will that a backer has lost by what it has given since the start.

    >>> tired(np.array([0.2]), np.array([0.0]), np.array([100.0])).round(3)
    array([0.139])
    """
    lost: Floats = fatigue * np.log1p(given_beur / (FATIGUE_SCALE_BEUR + before_beur))
    return lost


class Parties(Mechanism):
    """Wills, pledges that follow them, and consent."""

    name = "parties"
    parameters = list
    topics = ("party election",)
    steps = ("parties",)
    leaves_out = "bargaining between backers; parties that stand by no side"
    kinds: ClassVar = {
        "party election": EventKind("{party} has a new government, whose usual will is {will:.0%}.", mark="election"),
        "consents": EventKind("{party} would consent to {regime}."),
        "refuses consent": EventKind("{party} would not consent to {regime}: it would if it needed {short:.3f} less will."),
        "guarantor acts": EventKind("{party} keeps its word, and acts.", mark="guarantor acts"),
        "guarantor stands by": EventKind("{party} does not act.", mark="guarantor stands by"),
    }

    @classmethod
    def outcomes_of(cls, section: Section, touched: Collection[str] = ()) -> tuple[Outcome, ...]:
        """Return the outcomes of each party."""
        found = []
        for row, party in enumerate(section):
            found.append(Outcome(
                f"will_{party.id}", f"Will of {_plain(party.name)}", "share", "At the horizon.", _row("will", row),
                section="", low=0, high=1,
            ))  # fmt: skip
        for row, place in enumerate(backing(section)):
            party = section[place]
            found.append(Outcome(
                f"pledge_factor_{party.id}", f"Pledges of {_plain(party.name)} (1 at the start)", "factor",
                "What its will makes of them at the horizon.", _row("pledge_factor", row), section="", low=0,
            ))  # fmt: skip
        return tuple(found)

    will: PerHistory = owned("share", "How much each party wills to stand by its side.", _ids, series=True)
    usual_will: PerHistory = owned("share", "To which it returns, but for fatigue and fear.", _ids)
    pledge_factor: PerHistory = owned("factor", "What its will makes of its pledges.", _backing_ids, start=1.0, series=True)
    made_up: PerHistory = owned("bn EUR a month", "What it pledges in place of others.", _backing_ids, start=0.0)
    consents: PerHistory = owned("1 or 0", "Whether all guarantors consent to a ceasefire.", guaranteed_regimes, start=1.0)
    consent_margin: PerHistory = owned("utility", "By how much each guarantor is for it.", consents_of, start=0.0)
    word: PerHistory = owned("share", "What the word of its guarantors counts.", guaranteed_regimes, start=1.0)
    supply: PerHistory = owned("persons", "Guards that can be on the line.", guaranteed_regimes, start=0.0)
    tripwire: PerHistory = owned(
        "utility", "What attacking guards everywhere on the line costs.", guaranteed_regimes, start=0.0
    )
    acts: PerHistory = owned("share", "The chance that each guarantor would act.", _guarantors, start=0.0)
    acted: PerHistory = owned("1 or 0", "Whether each has acted since the last ceasefire.", _guarantors, start=0.0)
    threat: PerSide = owned(
        "log", "How the balance would shift if a side refuses, in the attacker's favour.", SIDES, start=0.0
    )
    area_seen: PerHistory = owned(
        "km2", "Area the attacker held at the last review, but for what was handed over.", start=0.0, inner=True
    )
    struck_seen: PerSide = owned("times", "Strikes on backers by the last review.", SIDES, start=0.0, inner=True)
    broken_seen: PerHistory = owned("times", "Ceasefires that had broken by the last review.", start=0.0, inner=True)

    held_area: PerHistory = seen()
    handed_over: PerHistory = seen()
    pledged_beur: PerHistory = seen()
    pledge_rate: PerHistory = seen()
    pledging: PerHistory = seen()
    ready_fire: PerSide = seen()
    force: PerSide = seen()
    reference_force: PerSide = seen()
    reference_fire: PerSide = seen()
    refusing: PerSide = seen()
    dread: PerSide = seen()
    strikes: PerSide = seen()
    at_war: PerHistory = seen()
    ending: Ints = seen()
    ending_day: Ints = seen()
    ceasefires: PerHistory = seen()
    agreed_regime: Ints = seen()

    knobs: list[Party[PerHistory]]

    @property
    def lives(self) -> bool:
        """Whether there are any parties."""
        return bool(self.section)

    def begin(self) -> None:
        """Begin with the usual wills; plan elections; find who backs and who guarantees."""
        if not self.section:
            return
        draws, parties = self.world.draws, self.knobs
        for place, party in enumerate(parties):
            self.will[place] = self.usual_will[place] = party.will
        self._luck = [draws.normal(f"parties/will/{party.id}", in_turn=True) for party in parties]
        self._plan_elections()
        # -1 for who only mediates.
        self._side = [SIDES.index(party.side) if party.side else -1 for party in parties]
        self._backing = backing(self.section)
        self._arms: ArmsParameters[Floats] = self.drawn.knobs("arms")
        self._both_arms: SideArms[Floats] = self.drawn.sides("arms")
        self._front: FrontParameters[Floats] = self.drawn.knobs("front")
        order = [backer.id for backer in self._arms.backers]
        self._backer = [order.index(self.section[place].backs.backer) for place in self._backing]
        ceasefire = self.drawn.knobs("ceasefire")
        self._consent = Consent(parties, ceasefire) if guaranteed_regimes(self.section) else None
        if self._consent is not None:
            places = {regime.id: place for place, regime in enumerate(ceasefire.regimes)}
            self._places = [places[name] for name in self._consent.regimes]
            names = [parties[place].id for place in self._consent.guarantors]
            self._act_luck = [draws.uniform(f"parties/acts/{name}") for name in names]
            self._labels = {regime.id: regime.label for regime in ceasefire.regimes}
        self._given_at_start = self.pledged_beur.copy()
        self.area_seen = self.held_area
        # Whoever owns what tells of war and of refusals has not begun yet.
        self._foresee(np.ones(self.world.n, dtype=bool), np.zeros_like(self.threat))
        self._weigh(0)

    def _plan_elections(self) -> None:
        elections = [(place, election) for place, party in enumerate(self.knobs) for election in party.elections]

        def elect(day: int, item: int, cohort: Ints) -> None:
            place, election = elections[item]
            self.usual_will[place, cohort] = will = election.will[cohort]
            self.world.recorder.tell(day, cohort, "party election", party=self.knobs[place].name, will=will)

        items = [_Named(f"{self.knobs[place].id}/{election.id}", election) for place, election in elections]
        # Elections are held in war and peace.
        always = np.ones(self.world.n)
        Planned(self.world, always, items, "parties/election", ("party election", elect))

    def life(self) -> Process:
        """Look at every review how the war has gone and what others do."""
        while True:
            yield self.world.agenda.next("parties", every_days=DAYS_BETWEEN_REVIEWS)
            day = self.world.agenda.today
            self._move_wills(day // DAYS_BETWEEN_REVIEWS)
            self._pledge(day)
            if self._consent is not None:
                self._see_who_acts(day)
            self._foresee(self.at_war > 0, self.refusing)
            self._weigh(day)

    def _move_wills(self, review: int) -> None:
        """Let each will return to what is usual, less fatigue and fear, and move with ground, strikes and unrest."""
        fought_over = self.held_area - self.handed_over
        lost = -SIGN * (fought_over - self.area_seen) / 1000.0
        struck = self.strikes - self.struck_seen
        for place, party in enumerate(self.knobs):
            side, usual, moved = self._side[place], self.usual_will[place], np.zeros(self.world.n)
            if side >= 0:
                usual = usual - party.fear_of_escalation * self.dread[1 - side]
                moved = party.rally_per_1000_km2 * lost[side]
            if party.backs is not None:
                row = self._backer[self._backing.index(place)]
                given = self.pledged_beur[row] - self._given_at_start[row]
                usual = usual - tired(party.backs.fatigue, party.backs.given_before_beur, given)
            kept = np.exp(-party.returns_per_year * REVIEW_YEARS)
            will = usual + (self.will[place] - usual) * kept + moved
            if side >= 0:
                will = will + party.if_struck * struck[1 - side]
            will = will + party.sd_per_year * np.sqrt(REVIEW_YEARS) * self._luck[place].at(review)
            self.will[place] = np.clip(will, 0.0, 1.0)
        self.area_seen, self.struck_seen = fought_over, self.strikes

    def _pledge(self, day: int) -> None:
        """Let pledges follow wills, and make up for what others fall short."""
        short = {row: self._shortfall(row) for row in range(len(self._arms.backers))}
        for row, place in enumerate(self._backing):
            party, side = self.knobs[place], self._side[place]
            backs = party.backs
            assert backs is not None, "it backs"
            follows = -np.expm1(-DAYS_BETWEEN_REVIEWS / np.maximum(backs.decides_days, 1e-9))
            wanted = self._by_will(party, place) * self._condition(side, backs, self.refusing, self.at_war > 0)
            if party.guarantees is not None:
                acted = self.acted[self._consent.guarantors.index(place)] if self._consent is not None else 0.0
                wanted = wanted * np.where(acted > 0, party.guarantees.help_factor, 1.0)
            self.pledge_factor[row] += (wanted - self.pledge_factor[row]) * follows
            others = np.zeros(self.world.n)
            for other, backer in enumerate(self._arms.backers):
                if other != self._backer[row] and SIDES.index(backer.side) == side:
                    others = others + short[other]
            self.made_up[row] += (backs.steps_in_share * others - self.made_up[row]) * follows

    def _shortfall(self, row: int) -> Floats:
        """Return by how much a backer pledges less a month than it did at first, (n,)."""
        backer = self._arms.backers[row]
        at_first = backer.aid_per_month_beur * self._both_arms.aid_scale[SIDES.index(backer.side)] * self.pledging
        short: Floats = np.maximum(at_first - self.pledge_rate[row], 0.0)
        return short

    def _by_will(self, party: Party[PerHistory], place: int) -> Floats:
        """Return what a party's will makes of its pledges, 1 at the start."""
        assert party.backs is not None, "it backs a side"
        factor: Floats = (self.will[place] / party.will) ** party.backs.elasticity
        return factor

    def _condition(self, side: int, backs: Backing[PerHistory], refusing: Floats, fighting: NDArray[np.bool_]) -> Floats:
        """Return what who refuses makes of a backer's pledges, in war."""
        enemy = np.where(refusing[1 - side] > 0, backs.if_enemy_refuses, 1.0)
        own = np.where(refusing[side] > 0, backs.if_receiver_refuses, 1.0)
        return np.where(fighting, enemy * own, 1.0)

    def _foresee(self, fighting: NDArray[np.bool_], refusing: Floats) -> None:
        """Work out how the balance would shift if a side refused from now on, by the arms that hang on it."""
        front, even = self._front, parity(self.reference_force, self.reference_fire)
        how = even, front.force_elasticity, front.fire_elasticity
        today = log_balance(self.force, self.ready_fire, *how)
        for who in range(2):
            refuses = np.zeros((2, self.world.n))
            refuses[who] = 1.0
            fire = self.ready_fire.copy()
            for row, place in enumerate(self._backing):
                party, side, backer = self.knobs[place], self._side[place], self._arms.backers[self._backer[row]]
                assert party.backs is not None, "it backs"
                then, now = (self._condition(side, party.backs, one, fighting) for one in (refuses, refusing))
                pledged = backer.aid_per_month_beur * self._both_arms.aid_scale[side] * self._by_will(party, place)
                arrives = (1.0 - backer.cancelled_share) * backer.fire_days_per_beur / DAYS_PER_MONTH
                fire[side] += pledged * (then - now) * arrives
            self.threat[who] = log_balance(self.force, np.clip(fire, 0.0, 1.0), *how) - today

    def _see_who_acts(self, day: int) -> None:
        """Let the guarantors of ceasefires that have broken act, or not; a new ceasefire begins anew."""
        assert self._consent is not None, "there are guarantors"
        inside = self.ending == CEASEFIRE
        broken = self.ceasefires - inside
        new = np.flatnonzero(broken > self.broken_seen)
        self.broken_seen[:] = broken
        self.acted[:, inside] = 0.0
        for row, place in enumerate(self._consent.guarantors):
            party = self.knobs[place]
            assert party.guarantees is not None, "it is a guarantor"
            mine = [self._places[self._consent.regimes.index(name)] for name in party.guarantees.regimes]
            asked = new[np.isin(self.agreed_regime[new], mine)]
            acts = self._act_luck[row].each(broken[asked] - 1.0, asked) < self.acts[row, asked]
            self.acted[row, asked] = acts
            self.world.recorder.tell(day, asked[acts], "guarantor acts", party=party.name)
            self.world.recorder.tell(day, asked[~acts], "guarantor stands by", party=party.name)

    def _weigh(self, day: int) -> None:
        """Let guarantors weigh the ceasefires that need them."""
        if self._consent is None:
            return
        inside = self.ending == CEASEFIRE
        self.acts = self._consent.acting(self.will, np.where(inside, day + 1 - self.ending_day, 0.0))
        self.word, self.supply = self._consent.word(self.acts), self._consent.supply()
        self.tripwire = self._consent.tripwire()
        versions = self.drawn.version("parties"), self.drawn.version("ceasefire")
        before, first = self.consent_margin > 0, day == 0
        self.consent_margin = margins = self._consent.margins(self.will, self.acts, versions)
        self.consents = self._consent.given(margins)
        for row, (party, regime) in enumerate(each_consent(self.knobs)):
            willing = margins[row] > 0
            changed = np.flatnonzero(first | (willing != before[row]))
            for_it, against, label = changed[willing[changed]], changed[~willing[changed]], self._labels[regime]
            tell, short = self.world.recorder.tell, -margins[row, against]
            tell(day, for_it, "consents", party=party.name, regime=label)
            tell(day, against, "refuses consent", party=party.name, regime=label, short=short)

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of parties."""
        yield "a will lies between 0 and 1", ~((self.will >= 0) & (self.will <= 1))
        yield "no pledges below 0", ~(self.pledge_factor >= 0) | ~(self.made_up >= 0)
        yield "the chance to act lies between 0 and 1", ~((self.acts >= 0) & (self.acts <= 1))


class _Named:
    """An election under the name of its party, too."""

    def __init__(self, name: str, election: Election[PerHistory]) -> None:
        self.id, self.date, self.probability = name, election.date, election.probability


def _row(name: str, row: int) -> Callable[[State], Column]:
    return lambda now: now[name][row]


def _plain(name: str) -> str:
    """Return a name as it stands in a template."""
    return name.replace("{", "{{").replace("}", "}}")
