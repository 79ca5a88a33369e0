"""Escalation: what one side does in anger at help for the other, and what all of them make of the danger.

The rate at which a side escalates rises with the arms that its enemy is promised, with how freely they may be used, with a
place in an alliance that is on the table, and with the danger that its own army collapses. An escalation makes the war
harder for its enemy for a time; it may strike a backer, and seldom it brings the alliances into the war, which ends this
one. Both sides count the danger as a cost of fighting on, and backers fear it.

Sources: the aim to arm "without angering" is the article's; that help raises the risk which it is to avert is the "stability
and instability" of Snyder 1965. All numbers are judgement. Left out: escalation in a ceasefire, threats without deeds,
nuclear war apart from others.
"""

from collections.abc import Iterator
from typing import ClassVar, Generic

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Option

from sim.engine.agenda import Process
from sim.engine.draws import Floats, Ints
from sim.engine.mechanism import Mechanism, PerHistory, PerSide, owned, seen
from sim.engine.recorder import EventKind
from sim.model.collapse import SideCollapse, collapse_hazard, share_of_peak
from sim.model.lines import Openings
from sim.model.negotiation import terms_flaws
from sim.model.outcomes import Outcome, both, total
from sim.model.parameters import SIDES
from sim.model.planned import whole_days
from sim.model.reviews import DAYS_BETWEEN_REVIEWS, REVIEW_YEARS, chance
from sim.model.stakes import NegotiationParameters, domain_of
from sim.scenario import Flaw, Item, N, Quantity, Section, knob

# judgement: help that begins from nothing is compared with a tenth of a billion EUR a month.
LEAST_AID_BEUR = 0.1


class Provocation(Item, Generic[N]):
    """Terms that provoke a side by being on the table."""

    terms: dict[str, list[str]] = Option(description="Options of each issue; packages with one of each are meant.")
    effect: N = knob("log hazard", "What they do to its rate.", low=-10, high=10, label="{item}: provocation")


class SideEscalation(Section, Generic[N]):
    """When one side escalates, and what follows."""

    per_year: N = knob(
        "per year", "Rate at which it escalates with the aid of before the start and nothing else that provokes.", low=0,
        high=100, label="{side}'s escalations a year",
    )  # fmt: skip
    aid_effect: N = knob(
        "log hazard", "Of aid to its enemy at twice the rate of before the start.", low=-10, high=10, default=0,
        label="{side}'s anger at aid",
    )  # fmt: skip
    long_range: N = knob(
        "share", "How freely its enemy may use long-range arms of backers.", low=0, high=1, default=0,
        label="Long-range arms against {side}",
    )  # fmt: skip
    long_range_effect: N = knob(
        "log hazard", "Of long-range arms that may be used freely.", low=-10, high=10, default=0,
        label="{side}'s anger at long-range arms",
    )  # fmt: skip
    losing_effect: N = knob(
        "log hazard", "Of the certainty that its army collapses within a year.", low=-10, high=10, default=0,
        label="{side}'s escalation when losing",
    )  # fmt: skip
    harder_factor: N = knob(
        "factor", "On its enemy's losses after an escalation.", low=1, high=10, default=1,
        label="Losses after {side}'s escalation",
    )  # fmt: skip
    harder_days: N = knob("days", "For how long.", low=1, high=3_650, default=60, label="Days of {side}'s escalation")
    fades_per_year: N = knob(
        "per year", "Rate at which an escalation is forgotten.", low=0, high=100, default=2,
        label="Forgetting of {side}'s escalations",
    )  # fmt: skip
    strikes_share: N = knob(
        "share", "Share of its escalations that strike its enemy's backers.", low=0, high=1, default=0,
        label="{side}'s strikes on backers",
    )  # fmt: skip
    wider_war_share: N = knob(
        "share", "Share of its escalations by which the alliances come to be at war.", low=0, high=1, default=0,
        label="{side}'s escalations to a wider war",
    )  # fmt: skip
    price: N = knob(
        "utility", "Price of an escalation to it, which it foresees.", low=0, high=10, default=0,
        label="Price of escalating to {side}",
    )  # fmt: skip
    price_to_enemy: N = knob(
        "utility", "Price of an escalation to its enemy, who foresees it.", low=0, high=10, default=0,
        label="{side}'s escalation: price to enemy",
    )  # fmt: skip
    provocations: list[Provocation[N]] = Option(default_factory=list)


class EscalationParameters(Section, Generic[N]):
    """Escalation by either side; one without any never escalates."""

    attacker: SideEscalation[N] | None = None
    defender: SideEscalation[N] | None = None


def provocation_flaws(
    section: EscalationParameters[Quantity], talks: NegotiationParameters[Quantity] | None
) -> Iterator[Flaw]:
    """Yield what provocations name that is not negotiated about."""
    for side in SIDES:
        own = getattr(section, side)
        for place, provocation in enumerate(own.provocations if own is not None else ()):
            where = ("escalation", side, "provocations", place, "terms")
            if talks is None:
                yield Flaw("nothing is negotiated about in this scenario", "Remove it", where)
                continue
            for flaw in terms_flaws(talks.issues, provocation.terms):
                yield Flaw(flaw.message, flaw.hint, (*where[:-1], *flaw.below))


def rate_of(knobs: SideEscalation[Floats], aid: Floats, usual_aid: Floats, provoked: Floats, collapse: Floats) -> PerHistory:
    """Return the rate per year at which a side escalates, (n,).

    Parameters
    ----------
    knobs : SideEscalation
        The values in force, (n,) each.
    aid, usual_aid : (n,) array
        What its enemy is promised a month, and was before the start, in bn EUR.
    provoked : (n,) array
        The effects of terms on the table.
    collapse : (n,) array
        The chance that its army collapses within a year.
    """
    usual = np.maximum(usual_aid, LEAST_AID_BEUR)
    more = np.where(np.maximum(aid, usual_aid) > 0, (aid - usual) / usual, 0.0)
    effect = knobs.aid_effect * more + knobs.long_range_effect * knobs.long_range + provoked
    # The bound keeps exp finite: with more than that a side escalates at once.
    return knobs.per_year * np.exp(np.clip(effect + knobs.losing_effect * collapse, -500.0, 50.0))


class Escalation(Mechanism):
    """Escalations of both sides."""

    name = "escalation"
    parameters = EscalationParameters[Quantity]
    optional = True
    steps = ("escalation",)
    leaves_out = "escalation in a ceasefire, threats without deeds, kinds of weapons"
    kinds: ClassVar = {
        "escalation": EventKind(
            "{side} escalates: its enemy loses {harder:.0%} more for {days:.0f} days.", mark="escalation"
        ),
        "strike on a backer": EventKind("{side} strikes a backer of its enemy.", mark="strike on a backer"),
        "wider war": EventKind(
            "The alliances come to be at war. What follows is another war.",
            ends=("talks", "offensive", "rout"),
            mark="wider war",
        ),
    }

    escalations: PerSide = owned("times", "How often each side has escalated.", SIDES, start=0.0)
    strikes: PerSide = owned("times", "How often each side has struck a backer of its enemy.", SIDES, start=0.0)
    escalation_rate: PerSide = owned("per year", "At which each side escalates, at the last review.", SIDES, start=0.0)
    dread: PerSide = owned(
        "escalations", "Those of each side that are remembered, with those expected in a year above the usual.", SIDES,
        start=0.0, series=True,
    )  # fmt: skip
    danger_cost: PerSide = owned("utility a year", "Expected price of escalation to each side.", SIDES, start=0.0)
    harder: PerSide = owned("factor", "On the losses of each side, by the other's escalation.", SIDES, start=1.0)
    widened: Ints = owned("1 or 0", "Whether the alliances have come to be at war.", start=0, dtype=int)
    remembered: PerSide = owned("escalations", "Of each side that are remembered.", SIDES, start=0.0, inner=True)
    harder_until: Ints = owned("day", "Until when; -1: never yet.", SIDES, start=-1, dtype=int, inner=True)

    outcomes: ClassVar = (
        *both(Outcome(
            "escalations", "Escalations by {side}", "times", "Since the start.", lambda now, side: now.escalations[side],
            low=0, whole=True, adds_up=True, unless_zero=True,
        )),
        *both(Outcome(
            "strikes_on_backers", "Strikes on backers by {side}", "times", "Since the start.",
            lambda now, side: now.strikes[side], low=0, whole=True, adds_up=True, unless_zero=True,
        )),
    )  # fmt: skip

    force: PerSide = seen()
    peak_force: PerSide = seen()
    pledge_rate: PerHistory = seen()
    made_up: PerHistory = seen()
    at_war: PerHistory = seen()
    decided: Ints = seen()

    knobs: EscalationParameters[PerHistory]

    def begin(self) -> None:
        """Open the streams of luck; sort backers by the side that their aid provokes."""
        draws = self.world.draws
        self._who = [side for side, name in enumerate(SIDES) if getattr(self.section, name) is not None]
        self._luck = {
            (what, side): draws.uniform(f"escalation/{what}/{SIDES[side]}", in_turn=True)
            for what in ("escalates", "strikes", "widens")
            for side in self._who
        }
        backers = self.drawn.knobs("arms").backers
        self._of_side = [[row for row, backer in enumerate(backers) if backer.side == side] for side in SIDES]
        backing = [party for party in self.drawn.knobs("parties") if party.backs is not None]
        self._stands_by = [[row for row, party in enumerate(backing) if party.side == side] for side in SIDES]
        self._usual = [total((backers[row].past_aid_per_month_beur for row in rows), self.world.n) for rows in self._of_side]
        self._collapse: SideCollapse[PerSide] = self.drawn.sides("collapse")
        talks = self.drawn.knobs("negotiation")
        self._openings, self._covered = None, dict[tuple[int, int], NDArray[np.bool_]]()
        if talks is not None:
            domain = domain_of(talks)
            self._openings = Openings(self.world, talks, self.drawn, domain)
            self._covered = {
                (side, place): domain.covered(one.terms)
                for side in self._who
                for place, one in enumerate(getattr(self.knobs, SIDES[side]).provocations)
            }

    def life(self) -> Process:
        """Look at every review what provokes whom, and let sides escalate."""
        while True:
            yield self.world.agenda.next("escalation", every_days=DAYS_BETWEEN_REVIEWS)
            day = self.world.agenda.today
            for side in self._who:
                self._review(day, side, getattr(self.knobs, SIDES[side]))
            self._price()

    def _review(self, day: int, side: int, knobs: SideEscalation[PerHistory]) -> None:
        review, fighting = day // DAYS_BETWEEN_REVIEWS, (self.at_war > 0) & (self.decided == 0)
        self.escalation_rate[side] = rate_of(
            knobs, self._aid_to(1 - side), self._usual[1 - side], self._provoked(side, knobs), self._chance_of_collapse(side)
        )
        self.remembered[side] *= np.exp(-knobs.fades_per_year * REVIEW_YEARS)
        escalates = (self._luck["escalates", side].at(review) < chance(self.escalation_rate[side])) & fighting
        cohort = np.flatnonzero(escalates)
        self.escalations[side, cohort] += 1.0
        self.remembered[side, cohort] += 1.0
        days = whole_days(knobs.harder_days)[cohort]
        self.harder_until[side, cohort] = day + 1 + days
        under_way = self.harder_until[side] > day + 1
        self.harder[1 - side] = np.where(under_way, knobs.harder_factor, 1.0)
        harder = knobs.harder_factor[cohort] - 1.0
        tell = self.world.recorder.tell
        tell(day, cohort, "escalation", side=SIDES[side], harder=harder, days=days.astype(np.float64))
        struck = cohort[(self._luck["strikes", side].at(review) < knobs.strikes_share)[cohort]]
        self.strikes[side, struck] += 1.0
        tell(day, struck, "strike on a backer", side=SIDES[side])
        wider = cohort[(self._luck["widens", side].at(review) < knobs.wider_war_share)[cohort]]
        self.widened[wider] = 1
        tell(day, wider, "wider war")
        self.dread[side] = self.remembered[side] + self.escalation_rate[side] - knobs.per_year

    def _price(self) -> None:
        """Say what the danger costs each side a year."""
        cost = np.zeros_like(self.danger_cost)
        for side in self._who:
            knobs = getattr(self.knobs, SIDES[side])
            cost[side] += knobs.price * self.escalation_rate[side]
            cost[1 - side] += knobs.price_to_enemy * self.escalation_rate[side]
        self.danger_cost = cost

    def _aid_to(self, side: int) -> Floats:
        """Return what the backers of a side promise it a month."""
        rows = [self.pledge_rate[row] for row in self._of_side[side]]
        return total([*rows, *(self.made_up[row] for row in self._stands_by[side])], self.world.n)

    def _chance_of_collapse(self, side: int) -> Floats:
        """Return the chance that the army of a side collapses within a year at today's force."""
        collapse, ratio = self._collapse, share_of_peak(self.force, self.peak_force)
        hazard = collapse_hazard(ratio, collapse.force_share, collapse.width_share, collapse.hazard_per_year)
        within: Floats = -np.expm1(-hazard[side])
        return within

    def _provoked(self, side: int, knobs: SideEscalation[PerHistory]) -> Floats:
        """Return the effects of the terms on the table that provoke a side."""
        effect = np.zeros(self.world.n)
        if self._openings is None or not knobs.provocations:
            return effect
        self._openings.update()
        signable = self._openings.signable(slice(None))
        for place, one in enumerate(knobs.provocations):
            effect = effect + one.effect * signable[self._covered[side, place]].any(axis=0)
        return effect

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of escalation."""
        yield "the alliances are at war only after an escalation", (self.widened > 0) & (self.escalations.sum(axis=0) == 0)
        yield "no more strikes than escalations", self.strikes > self.escalations
        yield "an escalation never spares anyone", ~(self.harder >= 1)
