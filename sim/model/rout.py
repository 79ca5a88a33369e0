"""Rout: a side's front breaks and gives up ground fast for some days, while its army lives, and then it stands again.

The hazard rises steeply with the balance against a side and with what it has lost of its largest force, and in step with how
hard the enemy attacks. As with an army's collapse it adds up week by week until it reaches an exponential draw, one for each
side and time, so that the same luck reaches every scenario. While one side is routed no hazard adds up: who runs does not
attack, and who follows is not attacked.

A rout shakes war support at once; beliefs and red lines follow from the ground that both sides see lost. Sources: 8,700 km2
lost in eight days at Kharkiv in September 2022 (daily maps); the form and its numbers are assumptions.
"""

from collections.abc import Iterator
from typing import ClassVar, Generic

import numpy as np
from numpy.typing import NDArray

from sim.engine.agenda import Process
from sim.engine.calendar import DAYS_PER_WEEK, DAYS_PER_YEAR
from sim.engine.draws import Ints
from sim.engine.mechanism import Mechanism, PerHistory, PerSide, owned, seen
from sim.engine.recorder import EventKind
from sim.model.asked import Moment
from sim.model.collapse import share_of_peak, who_breaks
from sim.model.outcomes import Outcome, both
from sim.model.parameters import SIDES, SIGN
from sim.scenario import N, Quantity, Section, knob


class SideRout(Section, Generic[N]):
    """When the front of one side breaks, and what that does."""

    hazard_per_year: N = knob(
        "per year", "Its maximum, if the enemy makes the attacker's usual attack; 0 switches routs off.", low=0, high=1000,
        label="{side}'s hazard of a rout",
    )  # fmt: skip
    balance_against: N = knob(
        "log balance", "By how much the enemy is ahead where the hazard is half its maximum.", low=-20, high=20,
        label="{side}'s balance at a rout",
    )  # fmt: skip
    balance_width: N = knob(
        "log balance", "How gradually it rises.", low=0.001, high=10, label="{side}'s spread of the rout hazard"
    )
    loss_weight: N = knob(
        "log balance", "What the loss of all of its largest force would add to the balance against it.", low=0, high=20,
        label="{side}'s weight of losses in routs",
    )  # fmt: skip
    days: N = knob("days", "How long a rout lasts.", low=1, high=5000, label="{side}'s days of a rout")
    pace_km2_per_day: N = knob(
        "km2 a day", "Ground lost while it lasts, beside what the front moves.", low=0, high=1e5,
        label="{side}'s ground lost in a rout",
    )  # fmt: skip
    weariness_shock: N = knob(
        "years of war felt", "Weariness that a rout brings at once.", low=0, high=10, label="{side}'s weariness from a rout"
    )


class RoutParameters(Section, Generic[N]):
    """Routs of both sides."""

    attacker: SideRout[N]
    defender: SideRout[N]


def rout_hazard(against: PerSide, half_at: PerSide, width: PerSide, highest: PerSide) -> PerSide:
    """Return the hazard per year of a rout at a balance against a side, under the attacker's usual attack.

    >>> rout_hazard(np.array([1.0, -9.0, 9.0]), np.ones(3), np.full(3, 0.2), np.full(3, 2.0)).round(6)
    array([1., 0., 2.])
    """
    # The bound keeps exp finite and changes nothing: exp(-500) is nil.
    return highest / (1.0 + np.exp(np.minimum((half_at - against) / width, 500.0)))


class Rout(Mechanism):
    """Fronts that break and stand again."""

    name = "rout"
    parameters = RoutParameters[Quantity]
    optional = True
    steps = ("rout",)
    leaves_out = "encirclement, prisoners, materiel left behind"
    kinds: ClassVar = {
        "rout": EventKind(
            "{side}'s front breaks: for {days:.0f} days it loses {pace:,.0f} km2 a day.", begins="rout", mark="rout"
        ),
        "rout ends": EventKind("{side}'s front stands again.", ends=("rout",)),
    }
    moments: ClassVar = (Moment("first_rout", "on the day of the first rout", lambda now: now.routs.max(axis=0) > 0),)
    outcomes: ClassVar = both(Outcome(
        "routs", "Routs of {side}", "times", "How often its front has broken.", lambda now, side: now.routs[side], low=0,
        whole=True, adds_up=True, unless_zero=True,
    ))  # fmt: skip

    routs: PerSide = owned("times", "How often each front has broken.", SIDES, start=0.0)
    rout_pace: PerHistory = owned("km2 a day", "What a rout adds to the attacker's advance.", start=0.0)
    shaken: PerSide = owned("years of war felt", "Weariness that routs have brought.", SIDES, start=0.0)
    routed_until: Ints = owned(
        "day", "First day after the rout under way, or after the last; -1: none yet.", SIDES, start=-1, dtype=int, inner=True
    )
    front_endurance: PerSide = owned("hazard", "What each front can endure before it breaks.", SIDES, start=0.0, inner=True)
    front_endured: PerSide = owned("hazard", "What it has endured since it last broke.", SIDES, start=0.0, inner=True)

    force: PerSide = seen()
    peak_force: PerSide = seen()
    drive: PerHistory = seen()
    intensity: PerSide = seen()
    decided: Ints = seen()
    at_war: PerHistory = seen()
    fighting: PerHistory = seen()

    sides: SideRout[PerSide]

    def begin(self) -> None:
        """Draw how much each front can endure the first time."""
        self._luck = [self.world.draws.uniform(f"rout/{side}") for side in SIDES]
        # The first day on which no front is broken: so the daily look costs nothing where there is no rout.
        self._all_stand_on = 0
        for side in range(2):
            self._brace(side, self.world.everyone)

    def _brace(self, side: int, cohort: Ints) -> None:
        """Draw what the front of a side can endure until it breaks the next time."""
        self.front_endurance[side, cohort] = -np.log1p(-self._luck[side].each(self.routs[side, cohort], cohort))
        self.front_endured[side, cohort] = 0.0

    def life(self) -> Process:
        """Let routs end every evening, and look every week whether a front breaks."""
        while True:
            yield self.world.agenda.next("rout")
            day = self.world.agenda.today
            self._end(day)
            if day % DAYS_PER_WEEK == DAYS_PER_WEEK - 1:
                self._review(day)

    def _end(self, day: int) -> None:
        if day >= self._all_stand_on:
            return
        # Nobody is pursued any more where the fighting has ended.
        self.routed_until[(self.routed_until > day) & (self.at_war == 0)] = day
        self.rout_pace *= (self.routed_until > day + 1).any(axis=0)
        if self.world.recorder.watched(slice(None)).any():
            for side, name in enumerate(SIDES):
                self.world.recorder.tell(day, np.flatnonzero(self.routed_until[side] == day + 1), "rout ends", side=name)

    def _review(self, day: int) -> None:
        sides = self.sides
        lost = 1.0 - share_of_peak(self.force, self.peak_force)
        against = sides.loss_weight * lost - SIGN * self.drive
        hazard = rout_hazard(against, sides.balance_against, sides.balance_width, sides.hazard_per_year)
        step = hazard * self.intensity[::-1] * (DAYS_PER_WEEK / DAYS_PER_YEAR) * self.fighting
        holds = self.at_war * (self.decided == 0) * ~(self.routed_until > day + 1).any(axis=0)
        breaks = who_breaks(self.front_endurance - self.front_endured, step, holds)
        self.front_endured += step * holds
        for side in range(2):
            cohort = np.flatnonzero(breaks[side])
            if len(cohort):
                self._rout(day, side, cohort)

    def _rout(self, day: int, side: int, cohort: Ints) -> None:
        pace = self.sides.pace_km2_per_day[side, cohort]
        days = np.maximum(1, np.rint(self.sides.days[side, cohort])).astype(np.int64)
        self.routs[side, cohort] += 1.0
        self.routed_until[side, cohort] = day + 1 + days
        self._all_stand_on = max(self._all_stand_on, int(day + 1 + days.max()))
        self.rout_pace[cohort] = -SIGN[side] * pace
        self.shaken[side, cohort] += self.sides.weariness_shock[side, cohort]
        self._brace(side, cohort)
        self.world.recorder.tell(day, cohort, "rout", side=SIDES[side], pace=pace, days=days.astype(np.float64))

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of routs."""
        under_way = self.routed_until > self.world.agenda.today + 1
        yield "both fronts are never broken at once", under_way[0] & under_way[1]
        wrong = (self.rout_pace > 0) & ~under_way[1] | (self.rout_pace < 0) & ~under_way[0]
        yield "a rout moves the front against who is routed, and only while it lasts", wrong
        yield "only a front that has broken shakes its side", (self.shaken > 0) & (self.routs == 0)
