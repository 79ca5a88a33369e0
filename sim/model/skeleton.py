"""Displaced persons: a mechanism to copy, which counts those who flee as the front moves, and changes nothing.

It is no part of the model until `MECHANISMS` and `ORDER_OF_THE_DAY` in `sim/model/__init__.py` name it. This page says from
top to bottom what a mechanism file holds; replace what it says, and write here what yours is, why, and from where.
"""

from collections.abc import Iterator
from typing import ClassVar, Generic

import numpy as np
from numpy.typing import NDArray

from sim.engine.agenda import Process
from sim.engine.mechanism import Mechanism, PerHistory, owned, seen
from sim.model.outcomes import Outcome
from sim.scenario import N, Quantity, Section, knob


# Its section of a scenario: a line each number, with unit, meaning and range. A number with a default may be left out.
class DisplacementParameters(Section, Generic[N]):
    """Persons who flee from where the front moves."""

    persons_per_km2: N = knob(
        "persons per km2", "Who flee from each km2 that is taken.", low=0, high=100_000, default=20, label="Refugees per km2"
    )


# Its rules: functions of arrays with a value a history, (n,), named for what they return, nothing changed in place. What
# happens in one history must not depend on any other.
def displaced_on(advance_km2: PerHistory, persons_per_km2: PerHistory) -> PerHistory:
    """Return who flee on a day, from whichever side's advance.

    >>> displaced_on(np.array([3.0, -2.0, 0.0]), np.full(3, 20.0))
    array([60., 40.,  0.])
    """
    fled: PerHistory = np.abs(advance_km2) * persons_per_km2
    return fled


class Displacement(Mechanism):
    """Persons who have fled."""

    # The name of its section, its class, and its steps in the order of the day. A scenario may leave an optional section
    # out: then every field stays at its start, nothing below is run, and no outcome is told.
    name = "displacement"
    parameters = DisplacementParameters[Quantity]
    optional = True
    steps = ("displacement",)
    leaves_out = "return, flight before the front comes, and where to"

    # What lasts from day to day. No one else writes here; with `series` it is a curve in the results.
    displaced: PerHistory = owned("persons", "Who have fled since the start.", start=0.0, series=True, grows=True)

    # What it looks at: fields of others, by their names.
    advance: PerHistory = seen()

    # What is told of a history: column, summary, comparison and labels come from this line.
    outcomes: ClassVar = (
        Outcome(
            "displaced_persons", "Persons displaced", "persons", "Who have fled since the start.",
            lambda now: now.displaced, low=0,
        ),
    )  # fmt: skip

    # Its numbers as they are in force, each (n,): events of a scenario may change them.
    knobs: DisplacementParameters[PerHistory]

    # Here would stand `begin`, which sets fields without a `start`, opens streams of luck and books what is planned.

    def life(self) -> Process:
        """Count every evening who has fled today."""
        while True:
            yield self.world.agenda.next("displacement")
            self.displaced += displaced_on(self.advance, self.knobs.persons_per_km2)

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must always hold, and where it does not."""
        yield "no one is displaced less than never", ~(self.displaced >= 0)
