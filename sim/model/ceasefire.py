"""The end of the war: by a signed deal or by an army's collapse. Owns whether the fighting goes on.

Left out for now: what becomes of a ceasefire after the signature.
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from sim.engine.agenda import Process
from sim.engine.fields import Field
from sim.engine.world import Mechanism, World
from sim.model.parameters import Drawn
from sim.model.regimes import CeasefireParameters

# A multiple of it is the rhythm of the negotiation; the same as that of collapse.
DAYS_BETWEEN_REVIEWS = 7
WAR_GOES_ON, CEASEFIRE = 0, 3


class Ceasefire(Mechanism):
    """Whether the war goes on, and how it ended."""

    name = "ceasefire"
    parameters = CeasefireParameters
    steps = ("ceasefire",)

    @classmethod
    def fields(cls, section: CeasefireParameters | None) -> tuple[Field, ...]:
        """Return the fields of the war's end."""
        about = "0 war goes on, 1 attacker's army collapsed, 2 defender's, 3 ceasefire in force."
        return (
            Field("at_war", "1 or 0", "Whether the fighting goes on."),
            Field("ending", "code", about, dtype=int),
            Field("ending_day", "day", "Day on which it ended; -1 while it has not.", dtype=int),
        )

    def __init__(self, world: World, section: CeasefireParameters | None, drawn: Drawn) -> None:
        self._world = world
        self.at_war = world.own("ceasefire", "at_war", 1.0)
        self.ending = world.own("ceasefire", "ending", WAR_GOES_ON)
        self.ending_day = world.own("ceasefire", "ending_day", -1)
        self._broken, self._deal_day = world.fields.see("broken"), world.fields.see("deal_day")

    sentences: ClassVar = {}

    def life(self) -> Process:
        """Look every week whether the war has ended."""
        while True:
            yield self._world.agenda.next("ceasefire", every_days=DAYS_BETWEEN_REVIEWS)
            code = np.where(self._broken > 0, self._broken, np.where(self._deal_day >= 0, CEASEFIRE, WAR_GOES_ON))
            over = (code != WAR_GOES_ON) & (self.at_war > 0)
            self.ending[over], self.ending_day[over] = code[over], self._world.agenda.today + 1
            self.at_war[over] = 0.0

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of endings."""
        yield "a war has ended when it is over, and only then", (self.ending == WAR_GOES_ON) != (self.at_war == 1.0)
        signed = self._deal_day >= 0
        yield "a ceasefire is in force where a deal was signed, and only there", signed != (self.ending == CEASEFIRE)
