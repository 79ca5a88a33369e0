"""What fighting on is worth to a side, term by term, as pure functions of arrays.

A side expects, at each of its planning horizons, the terms that the balance would then give it, or the collapse of an army;
takes the best horizon; subtracts the cost of the war that is to come and that has been felt, and outside pressure; adds its
private resolve and, if its position improves, a premium for waiting.

Sources: expected terms as in Fearon 1995 and Powell 2004; costs felt as in Mueller 1973; resolve as private information in
Fearon 1995. Left out: costs by party or region, bets on single battles.
"""

from dataclasses import dataclass

import numpy as np

from sim.engine.calendar import DAYS_PER_YEAR
from sim.engine.draws import Floats


@dataclass(frozen=True)
class Fighting:
    """The terms that make up the value of fighting on, each of shape (2, n); `value` is their sum.

    Attributes
    ----------
    terms_today : array
        What the balance of today would give the side.
    expected_gain : array
        What it expects to gain by fighting until its best horizon, with the chance of collapses, discounted.
    waiting : array
        Premium for a side whose position improves.
    resolve : array
        Private resolve.
    cost : array
        Cost of the war to that horizon.
    weariness_cost : array
        Cost of the war felt so far.
    pressure : array
        From outside and from mediators.
    """

    terms_today: Floats
    expected_gain: Floats
    waiting: Floats
    resolve: Floats
    cost: Floats
    weariness_cost: Floats
    pressure: Floats

    @property
    def value(self) -> Floats:
        """The value of fighting on."""
        gain = self.terms_today + self.expected_gain
        return gain - self.cost - self.weariness_cost - self.pressure + self.resolve + self.waiting


def attacker_power(at_start: Floats, leaning: Floats) -> Floats:
    """Return the attacker's share of what is settled by power, from that at the start and how the balance leans since.

    >>> attacker_power(np.array([0.5, 0.5]), np.array([0.0, 1.0])).round(3)
    array([0.5  , 0.731])
    """
    # The bound keeps exp finite and changes nothing.
    return 1.0 / (1.0 + (1.0 / at_start - 1.0) * np.exp(np.minimum(-leaning, 500.0)))


def extrapolated_days(horizon_days: float, extrapolate_days: Floats) -> Floats:
    """Return for how many days of today's pace the movement until a horizon counts, since no trend lasts.

    >>> extrapolated_days(365.0, np.array([180.0])).round(0)
    array([156.])
    """
    days: Floats = -extrapolate_days * np.expm1(-horizon_days / extrapolate_days)
    return days


def chance_of_collapse(hazard_now: Floats, hazard_then: Floats, horizon_days: float) -> Floats:
    """Return the chance that an army collapses by a horizon, from its hazard per year now and then.

    >>> chance_of_collapse(np.array([0.0]), np.array([2.0]), 365.25).round(3)
    array([0.632])
    """
    chance: Floats = -np.expm1(-0.5 * (hazard_now + hazard_then) * (horizon_days / DAYS_PER_YEAR))
    return chance


def worth_at_horizon(terms: Floats, own_collapse: Floats, enemy_collapse: Floats, best: Floats, worst: Floats) -> Floats:
    """Return what a side expects at a horizon: terms, or its best if the enemy collapses first, or its worst.

    >>> chance = np.array([0.5])
    >>> worth_at_horizon(np.array([0.4]), chance, np.array([0.0]), np.array([1.0]), np.array([0.0]))
    array([0.2])
    """
    stand = (1.0 - own_collapse) * (1.0 - enemy_collapse) * terms
    return stand + enemy_collapse * (1.0 - 0.5 * own_collapse) * best + own_collapse * (1.0 - 0.5 * enemy_collapse) * worst


def land_value(area: Floats, none_km2: Floats, all_km2: Floats) -> Floats:
    """Return the attacker's value of holding an area, in 0..1; the defender's is 1 minus that.

    >>> land_value(np.array([0.0, 75.0, 200.0]), np.array([50.0]), np.array([100.0]))
    array([0. , 0.5, 1. ])
    """
    value: Floats = np.clip((area - none_km2) / (all_km2 - none_km2), 0.0, 1.0)
    return value
