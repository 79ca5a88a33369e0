"""What fighting on is worth to a side, term by term.

A side looks ahead to each of its planning horizons. By then an army may have collapsed, and terms are dictated; or both
stand, and what the balance would then give it is settled by a peace that lasts no longer than such a peace does, and ends in
the war again, as both will have re-armed for it:

    W = max over horizons of { -cost + discount [collapse + stands (lasts * terms + (1 - lasts) (W' - surprise))] }

where W' is the same of the war after re-arming, again and again (it stands on both sides of its own equation, whose solution
is the largest of those for each horizon alone). To it comes what a leader adds: private resolve, a premium for waiting,
pressure from outside, what going on costs at home, and the risk to its office.

Sources: expected terms as in Fearon 1995 and Powell 2004; the price of going on as war support falls after Mueller 1973 and
Goemans 2000; resolve as private information in Fearon 1995. Left out: costs by party or region, bets on single battles; what
terms that fighting brings will cost at home beside the office of those who lead (a leader pays for what he signs).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.engine.calendar import DAYS_PER_YEAR
from sim.engine.draws import Floats
from sim.engine.world import World
from sim.model.collapse import SideCollapse, collapse_hazard, share_of_peak
from sim.model.front import FrontParameters, share_of_fastest
from sim.model.office import Offices
from sim.model.parameters import SIDES, SIGN, Drawn
from sim.model.rearming import Rearming
from sim.model.stakes import NegotiationParameters, SideStakes
from sim.scenario import Quantity

# Where no leader has an office to lose.
NO_OFFICE = np.zeros((2, 1, 1))


@dataclass(frozen=True)
class Fighting:
    """The terms that make up the value of fighting on, each of shape (2, n).

    Attributes
    ----------
    terms_today : array
        What the balance of today would give the side.
    expected_gain : array
        What it expects to gain on that by fighting until its best horizon, again if need be; discounted.
    cost : array
        Cost of the war until then.
    resolve : array
        Private resolve.
    waiting : array
        Premium for a side whose position improves.
    pressure : array
        From outside and from mediators.
    home : array
        What going on costs at home.
    office : array
        What it costs those who lead.
    foreseen : array
        How much less (below 0: more) the war would be worth to it after a truce in which both re-arm.
    fearless : array
        How much more the war would be worth to it if it lost nothing when the war begins again.
    fearless_office : array
        What it would then cost those who lead.
    """

    terms_today: Floats
    expected_gain: Floats
    cost: Floats
    resolve: Floats
    waiting: Floats
    pressure: Floats
    home: Floats
    office: Floats
    foreseen: Floats
    fearless: Floats
    fearless_office: Floats

    @property
    def war(self) -> Floats:
        """The value of the war, whoever leads it."""
        return self.terms_today + self.expected_gain - self.cost

    @property
    def value(self) -> Floats:
        """The value of fighting on."""
        return self.war + self.resolve + self.waiting - self.pressure - self.home - self.office


@dataclass(frozen=True)
class Outlooks:
    """What fighting until each horizon brings, (2, horizons, n) each.

    Attributes
    ----------
    once : array
        Without what comes after a peace that breaks; minus infinity for a side that does not plan for this horizon.
    again : array
        The chance, discounted, that the war begins again after a peace that it brought.
    cost : array
    office : array
        What it costs those who lead.
    """

    once: Floats
    again: Floats
    cost: Floats
    office: Floats

    def before(self, war: Floats, cost: Floats) -> list[Floats]:
        """Return value, cost and that of leaders by the best horizon, if the war begins again with this value and cost."""
        return _best(self.once + self.again * war[:, None], self.cost + self.again * cost[:, None], self.office)

    def for_ever(self, loss: Floats) -> list[Floats]:
        """Return the same, if the war that begins again is this one less a loss."""
        ends = 1.0 - self.again
        return _best((self.once - self.again * loss[:, None]) / ends, self.cost / ends, self.office)


class FightingOn:
    """Works out the value of fighting on.

    Parameters
    ----------
    world, section, drawn
    expected : callable
        Returns the terms that a side would get, by horizon: of an area that each side expects the attacker to hold, and of
        the attacker's share of what power settles, as each side sees it.
    best, worst : (2, n) array
        What is dictated to the enemy, or to the side, when an army has collapsed.
    offices : Offices
        Of those who lead.
    """

    def __init__(
        self,
        world: World,
        section: NegotiationParameters[Quantity],
        drawn: Drawn,
        expected: Callable[[Floats, Floats], Floats],
        best: Floats,
        worst: Floats,
        offices: Offices,
    ) -> None:
        self._offices = offices
        self._expected, self._best, self._worst = expected, best, worst
        self._knobs: NegotiationParameters[Floats] = drawn.knobs("negotiation")
        self._both: SideStakes[Floats] = drawn.sides("negotiation")
        self._collapse: SideCollapse[Floats] = drawn.sides("collapse")
        self._front: FrontParameters[Floats] = drawn.knobs("front")
        see = world.fields.see
        self._area, self._force, self._peak = see("held_area"), see("force"), see("peak_force")
        self._drift, self._balance, self._momentum = see("believed_drift"), see("believed_balance"), see("momentum")
        self._trend, self._support = see("force_trend"), see("war_support")
        self._drive, self._planned_ground = see("drive"), see("planned_ground")
        self._threat, self._danger = see("threat"), see("danger_cost")
        self._rearming = Rearming(world, drawn)
        planned = [[days.value for days in getattr(section, side).horizons_days] for side in SIDES]
        every = list(dict.fromkeys(planned[0] + planned[1]))
        # All horizons, (horizons, 1), and those for which a side does not plan, (2, horizons).
        self._horizons = np.array(every, dtype=np.float64)[:, None]
        self._unplanned = np.array([[days not in own for days in every] for own in planned])

    def now(self, resolve: Floats, pressure: Floats, lasts: Floats) -> Fighting:
        """Return what fighting on is worth today.

        Parameters
        ----------
        resolve, pressure : (2, n) array
        lasts : (2, n) array
            Share of its trust time for which each side believes that a peace lasts which fighting brings.
        """
        both = self._both
        ratio = share_of_peak(self._force, self._peak)[None]
        # Who fights on refuses: what others make hang on that is part of it.
        today = self._outlooks(lasts, self._threat, ratio)
        later = self._rearming.after(both.trust_years)
        then = self._outlooks(lasts, later.shift + self._threat, share_of_peak(later.force, self._peak))
        surprise = both.renewed_war_loss
        renewed, costs_then, _ = then.for_ever(surprise)
        value, cost, office = today.before(renewed - surprise, costs_then)
        loses = value - renewed + surprise > 0
        unafraid, _, at_ease = today.for_ever(np.zeros_like(surprise))
        terms = self._terms(*self._lies(np.zeros_like(resolve)), np.zeros((1, resolve.shape[1])))[:, 0]
        waiting = both.waiting_premium * np.maximum(self._momentum, 0.0)
        home = both.going_on_price * (1.0 - self._support)
        fearless, at_ease = np.where(loses, unafraid - value, 0.0), np.where(loses, at_ease, office)
        gain, foreseen = value + cost - terms, value - renewed
        return Fighting(terms, gain, cost, resolve, waiting, pressure, home, office, foreseen, fearless, at_ease)

    def _outlooks(self, lasts: Floats, shift: Floats, ratio: Floats) -> Outlooks:
        """Return the outlook by each horizon, if the balance is shifted and forces are these shares of their largest.

        `shift` is (2, n), `ratio` (2, 2, n), by who looks, then by side; or (1, 2, n), where both see the same.
        """
        collapse, both = self._collapse, self._both
        army = [part[:, None] for part in (collapse.force_share, collapse.width_share, collapse.hazard_per_year)]
        ratio, days = ratio[:, :, None], self._horizons
        stretch = extrapolated_days(days, self._knobs.extrapolate_days)
        # The bound keeps exp finite and changes nothing: an army that grows to more than its largest has all of it.
        growth = np.exp(np.minimum(self._trend[:, None] * stretch, 500.0))
        falls_apart = collapse_hazard(ratio, *army), collapse_hazard(np.minimum(ratio * growth, 1.0), *army)
        chance = chance_of_collapse(*falls_apart, days)
        # By who looks: the chance of its own army, and of the other's.
        own, enemy = (np.stack([chance[0, a], chance[-1, 1 - a]]) for a in range(2))
        years = days / DAYS_PER_YEAR
        discount = np.exp(-both.discount_per_year[:, None] * years)
        stands = discount * (1.0 - own) * (1.0 - enemy)
        best, worst = self._best[:, None], self._worst[:, None]
        dictated = discount * dictated_terms(own, enemy, best, worst)
        cost = (both.cost_of_war_per_year + self._danger)[:, None] * years
        terms = self._terms(*self._lies(shift), stretch)
        once = dictated + stands * lasts[:, None] * terms - cost
        once[self._unplanned] = -np.inf
        office = NO_OFFICE
        if self._offices.at_risk:
            office = self._offices.price_of_fighting(days, own, enemy, terms, best, worst, discount)
        return Outlooks(once, stands * (1.0 - lasts[:, None]), cost, office)

    def _lies(self, shift: Floats) -> tuple[Floats, Floats]:
        """Return the share of what power settles that is the attacker's, and its pace, as each side sees them on a shift."""
        knobs = self._knobs
        leaning = knobs.leverage * (self._balance + shift) + knobs.momentum_leverage * (SIGN * self._momentum)
        return attacker_power(knobs.attacker_power_at_start, leaning), self._drift + self._quicker(shift)

    def _terms(self, power: Floats, drift: Floats, stretch: Floats) -> Floats:
        """Return what each side expects of the war after some days of today's pace, (2, horizons, n)."""
        # A side counts on what it plans itself, which the other does not know, if it fights on.
        planned = (SIGN * self._planned_ground)[:, None] * (stretch > 0)
        return self._expected(self._area + drift[:, None] * stretch + planned, power[:, None])

    def _quicker(self, shift: Floats) -> Floats:
        """Return by how much the pace of a usual attack grows where the balance shifts, (2, n)."""
        front = self._front
        how = front.defenders_advantage, front.decisive_balance
        then, now = (share_of_fastest(drive, *how) for drive in (self._drive + shift, self._drive))
        quicker: Floats = front.fastest_km2_per_day * (then - now)
        return quicker


def _best(value: Floats, *others: Floats) -> list[Floats]:
    """Return the value by the best of some horizons, and all else that comes with it; (2, n) each, of (2, horizons, n).

    >>> _best(np.array([[[1.0], [2.0]], [[4.0], [3.0]]]), np.array([[[10.0], [20.0]]]))[1].ravel()
    array([20., 10.])
    """
    every = value, *(np.broadcast_to(other, value.shape) for other in others)
    found = [one[:, 0] for one in every]
    for place in range(1, value.shape[1]):
        better = value[:, place] > found[0]
        found = [np.where(better, one[:, place], old) for one, old in zip(every, found, strict=True)]
    return found


def attacker_power(at_start: Floats, leaning: Floats) -> Floats:
    """Return the attacker's share of what is settled by power, from that at the start and how the balance leans since.

    >>> attacker_power(np.array([0.5, 0.5]), np.array([0.0, 1.0])).round(3)
    array([0.5  , 0.731])
    """
    # The bound keeps exp finite and changes nothing.
    return 1.0 / (1.0 + (1.0 / at_start - 1.0) * np.exp(np.minimum(-leaning, 500.0)))


def extrapolated_days(horizon_days: Floats | float, extrapolate_days: Floats) -> Floats:
    """Return for how many days of today's pace the movement until a horizon counts, since no trend lasts.

    >>> extrapolated_days(365.0, np.array([180.0])).round(0)
    array([156.])
    """
    days: Floats = -extrapolate_days * np.expm1(-horizon_days / extrapolate_days)
    return days


def chance_of_collapse(hazard_now: Floats, hazard_then: Floats, horizon_days: Floats | float) -> Floats:
    """Return the chance that an army collapses by a horizon, from its hazard per year now and then.

    >>> chance_of_collapse(np.array([0.0]), np.array([2.0]), 365.25).round(3)
    array([0.632])
    """
    chance: Floats = -np.expm1(-0.5 * (hazard_now + hazard_then) * (horizon_days / DAYS_PER_YEAR))
    return chance


def dictated_terms(own_collapse: Floats, enemy_collapse: Floats, best: Floats, worst: Floats) -> Floats:
    """Return what a side expects of collapses: its best if the enemy collapses first, its worst if it does itself.

    >>> chance = np.array([0.5])
    >>> dictated_terms(chance, np.array([0.0]), np.array([1.0]), np.array([-0.2]))
    array([-0.1])
    """
    return enemy_collapse * (1.0 - 0.5 * own_collapse) * best + own_collapse * (1.0 - 0.5 * enemy_collapse) * worst
