"""War support: how weary of the war each side grows, and what follows from it.

Weariness grows with the logarithm of casualties, in years of war as it was before, and less where the war is believed to be
won. It lowers war support, and with it recruitment; mobilization waves have a price in support. What weariness does to the
bargaining is in `valuation`.

Sources: support falls with the log of cumulative casualties (Mueller 1973); the prospect of success matters more than
casualties (Gelpi, Feaver and Reifler 2009). Left out: parties, elections, regions.
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from sim.engine.agenda import Process
from sim.engine.draws import Floats
from sim.engine.fields import Field
from sim.engine.world import Mechanism, World
from sim.model.parameters import SIDES, Drawn
from sim.model.reviews import DAYS_BETWEEN_REVIEWS
from sim.scenario import Quantity, Section, knob


class SideSupport(Section):
    """War support of one side."""

    year_casualties_persons: Quantity = knob(
        "persons", "Casualties of a year of this war as it was before the start.", low=1, high=1e8
    )
    success_weight: Quantity = knob("share", "How far belief in success keeps weariness down.", low=0, high=1)
    support_per_weariness: Quantity = knob("per year of war felt", "War support lost with weariness.", low=0, high=10)
    wave_price_per_100k: Quantity = knob(
        "per 100,000 persons", "War support lost when a wave of mobilization begins.", low=0, high=1
    )
    recruiting_share: Quantity = knob("share", "Share of recruitment that follows war support.", low=0, high=1)


class SupportParameters(Section):
    """War support of both sides."""

    attacker: SideSupport
    defender: SideSupport


def years_felt(casualties: Floats, year_casualties: Floats) -> Floats:
    """Return how many years of war casualties amount to, on a scale that flattens.

    >>> years_felt(np.array([0.0, 500_000.0]), np.array([500_000.0])).round(3)
    array([0.   , 0.693])
    """
    return np.log1p(casualties / year_casualties)


class Support(Mechanism):
    """Weariness and war support."""

    name = "support"
    parameters = SupportParameters
    steps = ("support",)
    sentences: ClassVar = {}

    @classmethod
    def fields(cls, section: SupportParameters | None) -> tuple[Field, ...]:
        """Return the fields of war support."""
        return (
            Field("weariness", "years of war felt", "How much of the war has been felt since the start.", SIDES),
            Field("war_support", "factor", "Support for the war, 1 at the start.", SIDES),
            Field("recruiting", "factor", "On recruitment, 1 at the start.", SIDES),
        )

    def __init__(self, world: World, section: SupportParameters | None, drawn: Drawn) -> None:
        self._world, self._section, self._drawn = world, section, drawn
        self.weariness = world.own("support", "weariness", 0.0)
        self.war_support = world.own("support", "war_support", 1.0)
        self.recruiting = world.own("support", "recruiting", 1.0)
        self._seen = np.zeros((2, world.n))
        see = world.fields.see
        self._casualties, self._momentum, self._called_up = see("cumulative_casualties"), see("momentum"), see("called_up")

    def life(self) -> Process:
        """Keep support up at every review."""
        while self._section is not None:
            yield self._world.agenda.next("support", every_days=DAYS_BETWEEN_REVIEWS)
            self._review()

    def _review(self) -> None:
        def sides(name: str) -> Floats:
            return self._drawn.sides("support", name)

        year = sides("year_casualties_persons")
        felt = years_felt(self._casualties, year) - years_felt(self._seen, year)
        self.weariness += felt * (1.0 - sides("success_weight") * (0.5 + 0.5 * self._momentum))
        self._seen[...] = self._casualties
        lost = sides("support_per_weariness") * self.weariness
        lost += sides("wave_price_per_100k") * self._called_up / 1e5
        np.maximum(1.0 - lost, 0.0, out=self.war_support)
        self.recruiting[...] = 1.0 - sides("recruiting_share") * (1.0 - self.war_support)

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of support."""
        yield "weariness never falls below 0", ~(self.weariness >= 0)
        yield "war support lies between 0 and 1", ~((self.war_support >= 0) & (self.war_support <= 1))
