"""What both sides foresee of a truce: how it would change the balance before the war begins again.

In a truce no one falls and nothing is fired, while recruits are trained, wounded return, and part of recruitment, production
and aid goes on. Both sides know these flows of both, and compare the war of today with the one that would begin after the
years for which they look ahead. Who would be weaker then has reason to fight now; who would be stronger, to wait.

Sources: foreseen shifts of power as what bargains cannot settle, Fearon 1995, Powell 2006. Left out: that a side arms more,
or less, because of the deal; what is in store for one backer's pledges alone.
"""

from dataclasses import dataclass

import numpy as np

from sim.engine.calendar import MONTHS_PER_YEAR
from sim.engine.draws import Floats
from sim.engine.world import World
from sim.model.arms import ArmsParameters, SideArms, rationed_fire
from sim.model.front import FrontParameters, log_balance, parity
from sim.model.manpower import SideManpower
from sim.model.parameters import SIDES, Drawn
from sim.model.regimes import CeasefireParameters


@dataclass(frozen=True)
class Rearmed:
    """The war as each side expects that it would begin again; the first axis is who looks ahead.

    Attributes
    ----------
    shift : (2, n) array
        Change of the log balance, in the attacker's favour.
    force : (2, 2, n) array
        Forces of both sides, on the second axis.
    """

    shift: Floats
    force: Floats


class Rearming:
    """Looks ahead to the end of a truce that would begin today."""

    def __init__(self, world: World, drawn: Drawn) -> None:
        see = world.fields.see
        self._force, self._reference, self._pool = see("force"), see("reference_force"), see("pool")
        self._on_the_way = (see("in_training"), see("recovering"))
        self._recruiting, self._stock, self._ready = see("recruiting"), see("stock_days"), see("ready_fire")
        self._in_transit, self._reference_fire = see("in_transit_beur"), see("reference_fire")
        self._manpower: SideManpower[Floats] = drawn.sides("manpower")
        self._arms: ArmsParameters[Floats] = drawn.knobs("arms")
        self._both_arms: SideArms[Floats] = drawn.sides("arms")
        self._front: FrontParameters[Floats] = drawn.knobs("front")
        self._ceasefire: CeasefireParameters[Floats] = drawn.knobs("ceasefire")
        self._factor = see("pledge_factor")
        parties = [party for party in drawn.knobs("parties") if party.backs is not None]
        self._party = {party.backs.backer: row for row, party in enumerate(parties)}

    def after(self, years: Floats) -> Rearmed:
        """Return the war that would begin again after a truce of so many years, (2, n): those of each side."""
        front, even = self._front, parity(self._reference, self._reference_fire)
        how = even, front.force_elasticity, front.fire_elasticity
        today = log_balance(self._force, self._ready, *how)
        shift, forces = np.zeros_like(years), np.zeros((2, *years.shape))
        for side in range(2):
            forces[side], fire = self._in(years[side])
            shift[side] = log_balance(forces[side], fire, *how) - today
        return Rearmed(shift, forces)

    def _in(self, years: Floats) -> tuple[Floats, Floats]:
        """Return forces and fire of both sides after a truce, (2, n) each."""
        months, goes_on = years * MONTHS_PER_YEAR, self._ceasefire.mobilized_share
        recruits = np.minimum(self._manpower.intake_per_month * self._recruiting * goes_on * months, self._pool)
        force = self._force + sum(self._on_the_way) + recruits
        stock = self._stock + self._both_arms.production_fire_days_per_month * goes_on * months
        for row, backer in enumerate(self._arms.backers):
            side = SIDES.index(backer.side)
            pledged = backer.aid_per_month_beur * self._both_arms.aid_scale[side] * self._ceasefire.pledged_share * months
            if backer.id in self._party:
                pledged = pledged * self._factor[self._party[backer.id]]
            arrives = (1.0 - backer.cancelled_share) * backer.fire_days_per_beur
            stock[side] += (self._in_transit[row] + pledged) * arrives
        return force, rationed_fire(stock, self._both_arms.ration_days)
