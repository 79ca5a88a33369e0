"""What is planned: items of a list, each of which comes on a day with some chance, and may last for a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sim.engine.draws import Floats, Ints
from sim.engine.world import World

Acts = Callable[[int, int, Ints], None]
"""Takes the day, the item and the positions of the histories concerned."""


def whole_days(days: Floats) -> Ints:
    """Return spans of time in whole days, at least one.

    >>> whole_days(np.array([0.2, 2.6]))
    array([1, 3])
    """
    return np.maximum(1, np.rint(days)).astype(np.int64)


class Planned:
    """The items of one list of a scenario, as appointments of the agenda.

    What is planned is about the war, so that it comes only where there is fighting on its day.

    Parameters
    ----------
    world : World
    at_war : (n,) array
    items : sequence of Knobs
        Each with `id` and `probability`, with `date` if it has one, and with the knob of its length.
    luck : str
        The streams are named `<luck>/<id>`.
    begins : (topic, callable)
        What is called when an item comes.
    ends : (topic, callable), optional
        What is called when it is over, where items last for a time.
    days : (items, n) array, optional
        How long each lasts.

    Attributes
    ----------
    happens : (items, n) bool
        Where each item comes at all.
    under_way : (items, n) bool
        Where it has come and is not over.
    """

    def __init__(
        self,
        world: World,
        at_war: Floats,
        items: Sequence[Any],
        luck: str,
        begins: tuple[str, Acts],
        ends: tuple[str, Acts] | None = None,
        days: Floats | None = None,
    ) -> None:
        self._world, self._at_war = world, at_war
        self._begins, self._ends = begins, ends
        self._days = whole_days(days) if days is not None else None
        self.happens = np.zeros((len(items), world.n), dtype=np.bool_)
        self.under_way = np.zeros((len(items), world.n), dtype=np.bool_)
        world.agenda.topic(begins[0], len(items), self._begin)
        if ends is not None:
            world.agenda.topic(ends[0], len(items), self._end)
        for place, item in enumerate(items):
            self.happens[place] = world.draws.uniform(f"{luck}/{item.id}").at(0) < item.probability
            if item.date is not None:
                self.book(place, np.flatnonzero(self.happens[place]), world.calendar.day_of(item.date))

    def book(self, item: int, cohort: Ints, day: int) -> None:
        """Have an item come on a day, unless that lies before the start."""
        if day >= 0:
            self._world.agenda.book(self._begins[0], item, cohort, day)

    def days(self, item: int, cohort: Ints) -> Ints:
        """Return how long an item lasts."""
        assert self._days is not None, "it has a length"
        days: Ints = self._days[item, cohort]
        return days

    def _begin(self, day: int, item: int, cohort: Ints) -> None:
        cohort = cohort[self._at_war[cohort] > 0]
        if self._ends is not None:
            self.under_way[item, cohort] = True
            self._world.agenda.book(self._ends[0], item, cohort, day + self.days(item, cohort))
        self._begins[1](day, item, cohort)

    def _end(self, day: int, item: int, cohort: Ints) -> None:
        assert self._ends is not None, "it was booked"
        self.under_way[item, cohort] = False
        self._ends[1](day, item, cohort)
