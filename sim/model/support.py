"""War support: how weary of the war each side grows, and what follows from it.

Weariness grows with the logarithm of casualties, in years of war as it was before, and less where the war is believed to be
won; in a ceasefire it fades. It lowers war support, and with it recruitment; mobilization waves have a price in support.
What is lost is no reason of a state to stop: it acts on bargaining through what support costs a leader, see `bargain`.

Sources: support falls with the log of cumulative casualties (Mueller 1973); the prospect of success matters more than
casualties (Gelpi, Feaver and Reifler 2009).
"""

from collections.abc import Iterator
from typing import ClassVar, Generic

import numpy as np
from numpy.typing import NDArray

from sim.engine.agenda import Process
from sim.engine.mechanism import Mechanism, PerHistory, PerSide, owned, seen
from sim.model.outcomes import Outcome, both
from sim.model.parameters import SIDES
from sim.model.reviews import DAYS_BETWEEN_REVIEWS, REVIEW_YEARS
from sim.scenario import N, Quantity, Section, all_by_default, knob


class SideSupport(Section, Generic[N]):
    """War support of one side."""

    year_casualties_persons: N = knob(
        "persons", "Casualties of a year of this war as it was before the start; a year as it is at the start, if left out.",
        low=1, high=1e8, default=None,
        label="{side}'s casualties of a year",
    )  # fmt: skip
    success_weight: N = knob(
        "share", "How far belief in success keeps weariness down.", low=0, high=1, default=0.5,
        label="{side}'s patience while winning",
    )  # fmt: skip
    fades_per_year: N = knob(
        "per year", "Rate at which weariness fades in a ceasefire.", low=0, high=100, default=0.5,
        label="{side}'s recovery in a ceasefire",
    )  # fmt: skip
    support_per_weariness: N = knob(
        "per year of war felt", "War support lost with weariness.", low=0, high=10, default=0.1,
        label="{side}'s support lost to weariness",
    )  # fmt: skip
    wave_price_per_100k: N = knob(
        "per 100,000 persons", "War support lost when a wave of mobilization begins.", low=0, high=1, default=0.03,
        label="{side}'s price of mobilizing",
    )  # fmt: skip
    recruiting_share: N = knob(
        "share", "Share of recruitment that follows war support.", low=0, high=1, default=0.2,
        label="{side}'s recruiting by support",
    )  # fmt: skip


class SupportParameters(Section, Generic[N]):
    """War support of both sides."""

    attacker: SideSupport[N] = all_by_default()
    defender: SideSupport[N] = all_by_default()


def years_felt(casualties: PerSide, year_casualties: PerSide) -> PerSide:
    """Return how many years of war casualties amount to, on a scale that flattens.

    >>> years_felt(np.array([0.0, 500_000.0]), np.array([500_000.0])).round(3)
    array([0.   , 0.693])
    """
    return np.log1p(casualties / year_casualties)


class Support(Mechanism):
    """Weariness and war support."""

    name = "support"
    parameters = SupportParameters[Quantity]
    optional = True
    steps = ("support",)
    leaves_out = "parties, elections, regions"

    weariness: PerSide = owned("years of war felt", "How much of the war has been felt since the start.", SIDES, start=0.0)
    war_support: PerSide = owned("factor", "Support for the war, 1 at the start.", SIDES, start=1.0)
    recruiting: PerSide = owned("factor", "On recruitment, 1 at the start.", SIDES, start=1.0)
    casualties_counted: PerSide = owned("persons", "Casualties at the last review.", SIDES, start=0.0, inner=True)
    shaken_counted: PerSide = owned("years of war felt", "What routs had brought by then.", SIDES, start=0.0, inner=True)

    outcomes: ClassVar = (
        *both(Outcome(
            "weariness", "Weariness of {side}", "years of war felt", "At the horizon.",
            lambda now, side: now.weariness[side], section="",
        )),
        *both(Outcome(
            "war_support", "War support in {side}", "factor", "At the horizon; 1 at the start.",
            lambda now, side: now.war_support[side], section="",
        )),
    )  # fmt: skip

    cumulative_casualties: PerSide = seen()
    at_war: PerHistory = seen()
    momentum: PerSide = seen()
    called_up: PerSide = seen()
    shaken: PerSide = seen()

    sides: SideSupport[PerSide]

    def life(self) -> Process:
        """Keep support up at every review."""
        while True:
            yield self.world.agenda.next("support", every_days=DAYS_BETWEEN_REVIEWS)
            self._review()

    def _review(self) -> None:
        sides = self.sides
        year = sides.year_casualties_persons
        felt = years_felt(self.cumulative_casualties, year) - years_felt(self.casualties_counted, year)
        self.weariness += felt * (1.0 - sides.success_weight * (0.5 + 0.5 * self.momentum))
        self.weariness += self.shaken - self.shaken_counted
        self.casualties_counted, self.shaken_counted = self.cumulative_casualties, self.shaken
        self.weariness *= np.where(self.at_war > 0, 1.0, np.exp(-sides.fades_per_year * REVIEW_YEARS))
        lost = sides.support_per_weariness * self.weariness + sides.wave_price_per_100k * self.called_up / 1e5
        self.war_support = np.maximum(1.0 - lost, 0.0)
        self.recruiting = 1.0 - sides.recruiting_share * (1.0 - self.war_support)

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of support."""
        yield "weariness never falls below 0", ~(self.weariness >= 0)
        yield "war support lies between 0 and 1", ~((self.war_support >= 0) & (self.war_support <= 1))
