"""When things happen: SimPy's event loop, run once for a whole batch of replications.

Time is a whole number: `day * 100 + place in the day`. The order of the day is declared, never inherited from the order
of insertion, which in a batch depends on the other replications. Two kinds of things happen:

- a *step* of a mechanism, on a rhythm of days, for all replications: a SimPy process that yields `agenda.next(step)`;
- an *appointment* of single replications: a topic holds one day per item and replication, and SimPy rings a bell on the
  days concerned. The cohort is whoever is due when the bell rings; booking anew overwrites, cancelling writes `NEVER`, and
  a stale bell finds nobody. What is booked by the thousand and never taken back comes all at once: a *gathering*, which is
  called once a day with every item and position that is due, so that its cost does not hang on the number of items.

This is the only file that imports simpy.
"""

from collections.abc import Callable, Generator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sim.engine.draws import Ints

if TYPE_CHECKING:
    import simpy

PLACES_PER_DAY = 100
NEVER = np.iinfo(np.int64).max

Process = Generator["simpy.Event", object, None]
Handler = Callable[[int, int, Ints], None]
"""What a topic calls: handler(day, item, cohort)."""
Gathered = Callable[[int, Ints, Ints], None]
"""What a gathering calls: gathered(day, items, positions), each pair once, by item and then by position."""


class Agenda:
    """The appointments and the rhythm of one batch.

    Parameters
    ----------
    order : sequence of str
        Names of all topics and steps in the order of the day.
    replications : int
        Size of the batch.
    """

    def __init__(self, order: Sequence[str], replications: int) -> None:
        if len(set(order)) != len(order) or len(order) >= PLACES_PER_DAY:
            raise ValueError("the order of the day names something twice, or more than 99 things")
        self.order = tuple(order)
        self._place = {name: place for place, name in enumerate(order, start=1)}
        # Imported here, because commands that simulate nothing need not wait for it.
        import simpy

        self._env = simpy.Environment(initial_time=-1)
        self._replications = replications
        self._due: dict[str, Ints] = {}
        self._handlers: dict[str, Handler] = {}
        self._bells: dict[tuple[str, int], set[int]] = {}
        self._gatherings: dict[str, Gathered] = {}
        self._invited: dict[tuple[str, int], list[tuple[Ints, Ints]]] = {}
        self._lives: list[Process] = []

    @property
    def today(self) -> int:
        """The day at hand; -1 before the first."""
        return int(self._env.now) // PLACES_PER_DAY

    def start(self, process: Process) -> None:
        """Start a mechanism's process."""
        self._lives.append(process)
        self._env.process(process)

    def next(self, step: str, every_days: int = 1) -> "simpy.Event":
        """Return the event of the next time that `step` comes, on the last day of each span of `every_days` days."""
        now = int(self._env.now)
        place = self._place[step]
        day = (now - place) // PLACES_PER_DAY + 1
        day += (every_days - 1 - day) % every_days
        return self._env.timeout(day * PLACES_PER_DAY + place - now)

    def topic(self, name: str, items: int, handler: Handler) -> None:
        """Declare a topic with `items` items and what is to be done for those who are due."""
        self._needs_a_place(name)
        self._due[name] = np.full((items, self._replications), NEVER, dtype=np.int64)
        self._handlers[name] = handler

    def gathering(self, name: str, gathered: Gathered) -> None:
        """Declare a topic that is called once a day for all that is due, and what is to be done then."""
        self._needs_a_place(name)
        self._gatherings[name] = gathered

    def _needs_a_place(self, name: str) -> None:
        if name not in self._place:
            raise ValueError(f"topic {name!r} has no place in the order of the day")

    def invite(self, gathering: str, items: Ints, positions: Ints, days: Ints) -> None:
        """Book pairs of an item and a position, each on a day strictly later than now: no pair twice for one day."""
        if not len(days):
            return
        by_day = np.argsort(days, kind="stable")
        items, positions, days = items[by_day], positions[by_day], days[by_day]
        now = int(self._env.now)
        self._refuse_past(gathering, int(days[0]), now)
        cuts = [0, *(np.flatnonzero(days[1:] != days[:-1]) + 1).tolist(), len(days)]
        for (start, end), day in zip(pairwise(cuts), days[cuts[:-1]].tolist(), strict=True):
            if (gathering, day) not in self._invited:
                self._invited[gathering, day] = []
                self._env.process(self._gather(gathering, day, day * PLACES_PER_DAY + self._place[gathering] - now))
            self._invited[gathering, day].append((items[start:end], positions[start:end]))

    def _gather(self, gathering: str, day: int, delay: int) -> Process:
        yield self._env.timeout(delay)
        invited = self._invited.pop((gathering, day))
        items, positions = (np.concatenate(parts) for parts in zip(*invited, strict=True))
        # Not in the order in which they were booked, which depends on the others of the batch.
        order = np.argsort(items * self._replications + positions)
        self._gatherings[gathering](day, items[order], positions[order])

    def _refuse_past(self, topic: str, day: int, now: int) -> None:
        if day * PLACES_PER_DAY + self._place[topic] <= now:
            raise ValueError(f"{topic!r} booked for day {day}, which is not later than now (day {self.today})")

    def book(self, topic: str, item: int, cohort: Ints, days: int | Ints) -> None:
        """Book `cohort` for `item` of `topic` on `days` (one, or one each), strictly later than now."""
        if not len(cohort):
            return
        if isinstance(days, int):
            first, all_days = days, [days]
        else:
            all_days = np.unique(days).tolist()
            first = all_days[0]
        now = int(self._env.now)
        self._refuse_past(topic, first, now)
        self._due[topic][item, cohort] = days
        for day in all_days:
            if (topic, day) not in self._bells:
                self._bells[topic, day] = set()
                self._env.process(self._ring(topic, day, day * PLACES_PER_DAY + self._place[topic] - now))
            self._bells[topic, day].add(item)

    def cancel(self, topic: str, item: int, cohort: Ints) -> None:
        """Take back whatever `cohort` has booked for `item` of `topic`."""
        self._due[topic][item, cohort] = NEVER

    def _ring(self, topic: str, day: int, delay: int) -> Process:
        yield self._env.timeout(delay)
        # Only the items that were booked for today, which keeps the cost of a day in step with what happens on it.
        for item in sorted(self._bells.pop((topic, day))):
            due = self._due[topic][item]
            cohort = np.flatnonzero(due == day)
            if len(cohort):
                due[cohort] = NEVER
                self._handlers[topic](day, item, cohort)

    def run(self, days: int) -> None:
        """Run days 0 to `days - 1`, once; what was still to come is dropped."""
        try:
            self._env.run(until=days * PLACES_PER_DAY)
        finally:
            # A process and the event it waits for hold one another, and through the process all arrays of the batch: without
            # this their memory would wait for the garbage collector while the next batch asks for fresh pages.
            for process in self._lives:
                process.close()
            self._handlers.clear()
            self._gatherings.clear()
