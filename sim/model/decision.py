"""How one side decides the war: its enemy's army has collapsed, it holds all of the area, or it has reached its aims.

A war that escalation has widened is over too, as this war: no one has decided it.

A side's aims are an area: it wants no more, and stops once the line has come so far. Conquest is of a side that held ground
at the start: who threw back an invasion to where it began has conquered nobody. Both rules are assumptions.
"""

from collections.abc import Iterator
from typing import ClassVar, Generic

import numpy as np
from numpy.typing import NDArray

from sim.engine.agenda import Process
from sim.engine.calendar import DAYS_PER_WEEK
from sim.engine.draws import Ints
from sim.engine.mechanism import Mechanism, PerHistory, PerSide, owned, seen
from sim.engine.recorder import EventKind
from sim.model.endings import AIMS_OF, COLLAPSED, CONQUERED_BY, WIDER_WAR
from sim.model.parameters import SIDES
from sim.scenario import N, Quantity, Section, knob

# A square metre: less than that is nobody's ground.
NO_GROUND_KM2 = 1e-6
_ENDS = ("talks", "offensive", "rout")


class SideAims(Section, Generic[N]):
    """What one side fights for."""

    stops_at_km2: N = knob(
        "km2", "Area held by the attacker at which its aims are reached.", low=0, high=1e8,
        label="Area at which {attacker} stops",
    )  # fmt: skip


class AimsParameters(Section, Generic[N]):
    """Aims of the sides; one without any never stops of itself."""

    attacker: SideAims[N] | None = None
    defender: SideAims[N] | None = None


class Aims(Mechanism):
    """Aims, conquest, and who has decided the war."""

    name = "aims"
    parameters = AimsParameters[Quantity]
    optional = True
    steps = ("decision",)
    leaves_out = "aims that grow or shrink with success, and sides that stop without saying so"
    kinds: ClassVar = {
        "conquest": EventKind("{side} holds all of the area. The fighting ends.", ends=_ENDS, mark="conquest"),
        "aims reached": EventKind("{side} has reached its aims and stops. The fighting ends.", ends=_ENDS, mark="aims"),
    }

    decided: Ints = owned("code", "How one side has decided the war, as in `ending`; 0: it has not.", start=0, dtype=int)
    aims_reached: PerSide = owned("1 or 0", "Whether a side wants no more than it has.", SIDES, start=0.0)
    had_ground: PerSide = owned("1 or 0", "Whether a side held ground at the start.", SIDES, start=0.0, inner=True)

    broken: Ints = seen()
    widened: Ints = seen()
    held_area: PerHistory = seen()
    handed_over: PerHistory = seen()
    free_area: PerHistory = seen()
    at_war: PerHistory = seen()

    knobs: AimsParameters[PerHistory]
    # Armies collapse and take all without aims too.
    lives = True

    def life(self) -> Process:
        """Look every week whether a side has decided the war."""
        self.had_ground = (np.stack([self.held_area, self.free_area]) > NO_GROUND_KM2).astype(np.float64)
        while True:
            yield self.world.agenda.next("decision", every_days=DAYS_PER_WEEK)
            self._review(self.world.agenda.today)

    def _review(self, day: int) -> None:
        if self.section is not None:
            self._look_at_aims()
        has_all = (np.stack([self.free_area, self.held_area]) <= NO_GROUND_KM2) & (self.had_ground[::-1] > 0)
        stops = self.aims_reached > 0
        found = np.select(
            [self.broken > 0, *has_all, *stops, self.widened > 0],
            [self.broken, *CONQUERED_BY, *AIMS_OF, WIDER_WAR],
            default=0,
        )
        new = (self.at_war > 0) & (self.decided == 0)
        self.decided[new] = found[new]
        for kind, codes in (("conquest", CONQUERED_BY), ("aims reached", AIMS_OF)):
            for side, code in zip(SIDES, codes, strict=True):
                self.world.recorder.tell(day, np.flatnonzero(new & (self.decided == code)), kind, side=side)

    def _look_at_aims(self) -> None:
        # The attacker wants as much as that, and the defender that he holds no more: by force, and not as handed over.
        taken = self.held_area - self.handed_over
        if self.knobs.attacker is not None:
            self.aims_reached[0] = taken >= self.knobs.attacker.stops_at_km2
        if self.knobs.defender is not None:
            self.aims_reached[1] = taken <= self.knobs.defender.stops_at_km2

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of decisions."""
        collapsed = np.isin(self.decided, COLLAPSED)
        yield "an army's collapse decides the war, and nothing else in its stead", collapsed != (self.broken > 0)
        yield (
            "who holds all has left the enemy none",
            np.isin(self.decided, CONQUERED_BY) & (np.minimum(self.held_area, self.free_area) > NO_GROUND_KM2),
        )
        yield (
            "who stops has reached its aims",
            np.logical_or.reduce(
                [(self.decided == code) & (self.aims_reached[side] == 0) for side, code in enumerate(AIMS_OF)]
            ),
        )
