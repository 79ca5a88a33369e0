"""Scenario events: what else happens in a scenario, when, and which knobs it changes for how long.

An event comes on a date, at random with a hazard, or when a quantity of the model has fallen below or risen above a level,
at war, in a ceasefire, or in both. It changes knobs that are used while running: each is the drawn value, with all active
effects on it in the order of the scenario, held to the range that the knob allows. The mechanisms then work out anew what
depends on it.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Generic, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, field_validator, model_validator
from pydantic import Field as Option

from sim.engine.agenda import Process
from sim.engine.calendar import DAYS_PER_WEEK, DAYS_PER_YEAR
from sim.engine.draws import Floats, Ints, Stream
from sim.engine.fields import Field
from sim.engine.mechanism import Mechanism, PerHistory, owned, seen
from sim.engine.recorder import EventKind
from sim.model.conditions import Flags, Watch, level_flaws, quantity_flaws, watchable
from sim.model.endings import CEASEFIRE
from sim.model.planned import whole_days
from sim.scenario import FieldError, Flaw, Item, Knob, N, Quantity, Section, knob, numbers
from sim.scenario.head import MOST_DAYS
from sim.scenario.knobs import check
from sim.scenario.wording import did_you_mean, listed, quoted

PerEvent = NDArray[np.float64]

Kind = Literal["set", "scale", "add"]
KINDS: tuple[Kind, ...] = ("set", "scale", "add")
During = Literal["war", "ceasefire", "both"]
DURING: tuple[During, ...] = ("war", "ceasefire", "both")
WAR_ONLY, CEASEFIRE_ONLY = DURING.index("war"), DURING.index("ceasefire")
FARTHEST = 1e200
# An event at random comes at most once a day.
MOST_TIMES = MOST_DAYS + 1


class When(Section, Generic[N]):
    """When an event comes: on a date, at random, or when a quantity of the model passes a level."""

    date: datetime.date | None = Option(default=None, description="The day on which it comes.")
    hazard_per_year: N | None = knob(
        "per year", "Rate at which it comes at random.", low=0, high=100, default=None, at_start=True,
        label="{item}: rate a year",
    )  # fmt: skip
    quantity: str | None = Option(default=None, description="A quantity of the model, such as fire.defender or held_area.")
    below: N | None = knob(
        "unit of the quantity", "It comes when the quantity is below this.", default=None, at_start=True,
        label="{item}: comes below",
    )  # fmt: skip
    above: N | None = knob(
        "unit of the quantity", "It comes when the quantity is above this.", default=None, at_start=True,
        label="{item}: comes above",
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_kind(self) -> "When[N]":
        given = [name for name in ("date", "hazard_per_year", "quantity") if getattr(self, name) is not None]
        levels = [name for name in ("below", "above") if getattr(self, name) is not None]
        if len(given) != 1:
            instead = f", not {' and '.join(given)}" if given else ""
            message = f"{{field}} needs exactly one of date, hazard_per_year and quantity{instead}"
            raise FieldError(Flaw(message, "Write it as in {date: 2025-02-01} or {quantity: fire.defender, below: 0.15}"))
        if self.quantity is None and levels:
            raise FieldError(Flaw(f"{levels[0]} belongs to quantity, not to {given[0]}", "Remove it", (levels[0],)))
        flaws = list(level_flaws(self)) if self.quantity is not None else []
        if flaws:
            raise FieldError(*flaws)
        return self


class Effect(Section, Generic[N]):
    """What an event does to one knob."""

    set: N | None = knob(
        "unit of the knob", "The knob takes this value.", default=None, at_start=True, label="{item}: value of {knob}"
    )
    scale: N | None = knob(
        "factor", "The knob is multiplied by this.", low=0, high=1000, default=None, at_start=True,
        label="{item}: factor on {knob}",
    )  # fmt: skip
    add: N | None = knob(
        "unit of the knob", "This is added to the knob.", default=None, at_start=True, label="{item}: added to {knob}"
    )
    for_days: N | None = knob(
        "days", "How long it lasts; for good if not given.", low=1, high=20_000, default=None, at_start=True,
        label="{item}: days on {knob}",
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_kind(self) -> "Effect[N]":
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            instead = f", not {' and '.join(given)}" if given else ""
            raise FieldError(Flaw(f"{{field}} needs exactly one of set, scale and add{instead}"))
        return self

    @property
    def kind(self) -> Kind:
        """Which of set, scale and add it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)


class ScenarioEvent(Item, Generic[N]):
    """Something that happens in a scenario beside what the mechanisms bring about."""

    long_texts = ("tell",)

    when: When[N]
    probability: N = knob(
        "share", "With what chance it can happen at all, drawn once a history.", low=0, high=1, default=1, at_start=True,
        label="{item}: chance",
    )  # fmt: skip
    during: During = Option(default="both", description="Whether it comes at war, in a ceasefire, or in both.")
    at_most: int | None = knob(
        "times", "How often it can happen in a history; once if not given.", low=1, high=100, default=None, at_start=True,
        label="{item}: times at most",
    )  # fmt: skip
    effect: dict[str, Effect[N]] = Option(description="What it changes: the dotted path of each knob with its change.")
    tell: str | None = Option(default=None, min_length=1, description="The sentence that a chronicle tells when it begins.")

    @field_validator("effect", mode="after")
    @classmethod
    def _not_empty(cls, effect: dict[str, Effect[N]]) -> dict[str, Effect[N]]:
        if not effect:
            raise FieldError(Flaw("{field} is empty", "Write it as in {arms.defender.aid_scale: {scale: 0.5}}"))
        return effect

    @model_validator(mode="after")
    def _a_date_comes_once(self) -> "ScenarioEvent[N]":
        if self.at_most is not None and self.when.date is not None:
            raise FieldError(Flaw("at_most does not go with a date, which comes once", "Remove it", ("at_most",)))
        return self


# What events may change and look at: this needs the whole scenario.


def live_knobs(world: BaseModel) -> dict[str, Knob]:
    """Return the knobs of a scenario that events may change, by dotted path: drawn, and used while running."""
    return {
        known.path: known.knob
        for known in numbers(world)
        if isinstance(known.value, Quantity) and known.knob is not None and not known.knob.at_start
    }


def knob_ranges(world: BaseModel) -> dict[str, tuple[float, float]]:
    """Return the range of every knob that events may change, by dotted path; infinite where there is no bound."""
    return {
        path: (-np.inf if knob.low is None else knob.low, np.inf if knob.high is None else knob.high)
        for path, knob in live_knobs(world).items()
    }


def event_flaws(world: BaseModel, events: Sequence[ScenarioEvent[Quantity]], fields: Iterable[Field]) -> Iterator[Flaw]:
    """Yield what is wrong with the paths and quantities that events name.

    Parameters
    ----------
    world : BaseModel
        The scenario.
    events : sequence of ScenarioEvent
        Its events.
    fields : iterable of Field
        All fields of its mechanisms.
    """
    if not events:
        return
    live, quantities = live_knobs(world), watchable(fields)
    for position, event in enumerate(events):
        if event.during == "ceasefire" and getattr(world, "ceasefire", None) is None:
            message = "without a negotiation there are no ceasefires, so that it never comes"
            yield Flaw(message, "Remove it, or extend a scenario that has them", ("events", position, "during"))
        if event.when.quantity is not None:
            yield from quantity_flaws(event.when.quantity, quantities, ("events", position, "when", "quantity"))
        for path, effect in event.effect.items():
            below = ("events", position, "effect", path)
            if path not in live:
                yield Flaw(*_not_live(world, path, live), below)
            elif effect.set is not None:
                yield from check(effect.set, live[path], (*below, "set"))


def _not_live(world: BaseModel, path: str, live: dict[str, Knob]) -> tuple[str, str]:
    """Return message and hint for a path that no event may change."""
    if any(known.path == path for known in numbers(world)):
        return f"{quoted(path)} is settled at the start, no event can change it", "Write it in its own section"
    node: Any = world
    for step in path.split("."):
        instead = getattr(type(node), "gone", {}).get(step)
        if instead is not None:
            return f"{quoted(path)} is no longer there", instead
        if isinstance(node, list):
            node = {getattr(item, "id", None): item for item in node}.get(step, _NOTHING)
        elif isinstance(node, BaseModel) and step in type(node).model_fields:
            node = getattr(node, step)
        else:
            node = _NOTHING
    if node is _NOTHING:
        section = [known for known in live if known.startswith(f"{path.partition('.')[0]}.")]
        return f"unknown knob {quoted(path)}", did_you_mean(path, section or live)
    if node is None:
        return f"{quoted(path)} is not given in this scenario, so that nothing can change it", ""
    inside = [known for known in live if known.startswith(f"{path}.")]
    return f"{quoted(path)} is not a number", f"Possible: {listed(inside)}" if inside else ""


_NOTHING = object()


# What happens while running.


def changed(kind: Kind, value: Floats, amount: Floats) -> Floats:
    """Return a knob's values after an effect, same shape.

    >>> two = np.array([2.0, 3.0])
    >>> [changed(kind, two, np.array([5.0, 0.5])).tolist() for kind in KINDS]
    [[5.0, 0.5], [10.0, 1.5], [7.0, 3.5]]
    >>> changed("scale", np.array([1e200]), np.array([1000.0]))
    array([1.e+200])
    """
    found = amount if kind == "set" else value * amount if kind == "scale" else value + amount
    # Far beyond the range of any knob, so that many effects in a row stay a number.
    return np.clip(found, -FARTHEST, FARTHEST)


def gap_days(uniform: Floats, hazard_per_year: Floats) -> Floats:
    """Return the whole days, at least 1, until an event of constant hazard comes; infinite with hazard 0.

    >>> gap_days(np.array([0.5, 1e-9, 0.5]), np.array([1.0, 1.0, 0.0]))
    array([254.,   1.,  inf])
    """
    with np.errstate(divide="ignore"):
        return np.maximum(np.ceil(-np.log1p(-uniform) * DAYS_PER_YEAR / hazard_per_year), 1.0)


@dataclass(frozen=True)
class _Change:
    """What an event does to a knob, in all histories or for as many `days`."""

    event: int
    path: str
    kind: Kind
    days: Ints | None


def _events(section: Sequence[ScenarioEvent[Quantity]]) -> tuple[str, ...]:
    return tuple(event.id for event in section)


def _effects(section: Sequence[ScenarioEvent[Quantity]]) -> tuple[str, ...]:
    return tuple(f"{event.id}/{path}" for event in section for path in event.effect)


def _apply(value: Floats, place: Ints, kinds: Ints, amount: Floats) -> None:
    """Let one effect each work on the values at some places."""
    if (kinds == kinds[0]).all():
        value[place] = changed(KINDS[kinds[0]], value[place], amount)
        return
    for code, kind in enumerate(KINDS):
        mine = kinds == code
        value[place[mine]] = changed(kind, value[place[mine]], amount[mine])


class Events(Mechanism):
    """The events of a scenario."""

    name = "events"
    parameters = list
    topics = ("event begins", "event ends", "event effects")
    steps = ("events",)
    leaves_out = (
        "effects on stocks, on what is settled at the start and on other planned things; conditions on several quantities"
    )
    kinds: ClassVar = {"event begins": EventKind("{told}"), "event ends": EventKind("{told}")}

    event_count: PerEvent = owned("times", "How often each event has begun.", _events, start=0.0)
    possible: Flags = owned("yes or no", "Whether each event can happen at all.", _events, start=0, dtype=bool, inner=True)
    armed: Flags = owned(
        "yes or no", "Whether its condition has been false since it last came.", _events, start=1, dtype=bool, inner=True
    )
    came: Ints = owned(
        "times", "How often each event with a hazard has come, at a time for it or not.", _events, start=0, dtype=int,
        inner=True,
    )  # fmt: skip
    active: Ints = owned("times", "How often each effect is in force.", _effects, start=0, dtype=int, inner=True)

    at_war: PerHistory = seen()
    ending: Ints = seen()

    knobs: list[ScenarioEvent[PerHistory]]

    def begin(self) -> None:
        """Plan the events."""
        agenda, none = self.world.agenda, np.empty((0, self.world.n))
        self._most = np.array([event.at_most or 1 for event in self.knobs], dtype=np.int64)
        self._during = np.array([DURING.index(event.during) for event in self.knobs], dtype=np.int64)
        changes = [(item, path, effect) for item, event in enumerate(self.knobs) for path, effect in event.effect.items()]
        self._changes = [
            _Change(item, path, effect.kind, None if effect.for_days is None else whole_days(effect.for_days))
            for item, path, effect in changes
        ]
        amounts = [getattr(effect, effect.kind) for _, _, effect in changes]
        self._amounts: Floats = np.stack(amounts) if amounts else none
        self._kinds = np.array([KINDS.index(change.kind) for change in self._changes], dtype=np.int64)
        # The changes of an event stand side by side: which is its first, and how many it has.
        self._event_of = np.array([change.event for change in self._changes], dtype=np.int64)
        self._first = np.searchsorted(self._event_of, np.arange(len(self.knobs)))
        self._how_many = np.bincount(self._event_of, minlength=len(self.knobs))
        self._changes_on: dict[str, list[int]] = {}
        for number, change in enumerate(self._changes):
            self._changes_on.setdefault(change.path, []).append(number)
        self._paths = list(self._changes_on)
        self._path_of = np.array([self._paths.index(change.path) for change in self._changes], dtype=np.int64)
        # In how many days each change ends; 0 where it is for good.
        forever = np.zeros(self.world.n, dtype=np.int64)
        lasts = [forever if change.days is None else change.days for change in self._changes]
        self._days: Ints = np.stack(lasts) if lasts else none.astype(np.int64)
        # Which events are over some day, whole.
        self._passes = np.ones(len(self.knobs), dtype=np.bool_)
        self._passes[[change.event for change in self._changes if change.days is None]] = False
        self._last = [self._last_to_end(item) for item in range(len(self.knobs))]
        self._touched: list[tuple[Ints, Ints]] = []
        agenda.gathering("event begins", self._come)
        agenda.gathering("event ends", self._end)
        agenda.topic("event effects", 1, self._put_in_force)
        self._gaps: dict[int, Stream] = {}
        never = np.zeros(self.world.n)
        rates = [event.when.hazard_per_year for event in self.knobs]
        self._per_year: Floats = np.stack([never if rate is None else rate for rate in rates]) if rates else none
        self._conditions: dict[int, Watch] = {}
        for item, event in enumerate(self.knobs):
            self._plan(item, event)
        self._at_random = np.isin(np.arange(len(self.knobs)), list(self._gaps))
        self._on_condition = np.isin(np.arange(len(self.knobs)), list(self._conditions))

    def _of(self, item: int) -> range:
        """Return the changes of an event."""
        return range(self._first[item], self._first[item] + self._how_many[item])

    def _last_to_end(self, item: int) -> Ints:
        """Return the change of an event that ends last, shape (n,); -1 when one of them is for good."""
        if not self._passes[item]:
            return np.full(self.world.n, -1, dtype=np.int64)
        last: Ints = self._first[item] + self._days[list(self._of(item))].argmax(axis=0)
        return last

    def _plan(self, item: int, event: ScenarioEvent[PerHistory]) -> None:
        world, when = self.world, event.when
        self.possible[item] = world.draws.uniform(f"events/{event.id}").at(0) < event.probability
        cohort = np.flatnonzero(self.possible[item])
        if when.date is not None:
            day = world.calendar.day_of(when.date)
            if day >= 0:
                self._book(item, cohort, np.full(len(cohort), day))
        elif when.hazard_per_year is not None:
            self._gaps[item] = world.draws.uniform(f"events/{event.id}/gap")
            self._book_next(0, np.full(len(cohort), item), cohort)
        else:
            self._conditions[item] = Watch.of(world, when)

    def _book(self, item: int, cohort: Ints, days: Ints) -> None:
        self.world.agenda.invite("event begins", np.full(len(cohort), item), cohort, days)

    def _book_next(self, day: int, items: Ints, cohort: Ints) -> None:
        """Book the next occurrences of events with a hazard, counted from `day`, in as many histories."""
        if not len(items):
            return
        # Of one event those at the same of its times are drawn together.
        times = self.came[items, cohort]
        order = np.argsort(items * MOST_TIMES + times)
        items, cohort, times = items[order], cohort[order], times[order]
        cuts = [0, *(np.flatnonzero((np.diff(items) != 0) | (np.diff(times) != 0)) + 1).tolist(), len(items)]
        luck = np.empty(len(items))
        for start, end in pairwise(cuts):
            luck[start:end] = self._gaps[int(items[start])].of(int(times[start]), cohort[start:end])
        due = day + gap_days(luck, self._per_year[items, cohort])
        within = due < self.world.setting.days
        self.world.agenda.invite("event begins", items[within], cohort[within], due[within].astype(np.int64))

    def _come(self, day: int, items: Ints, cohort: Ints) -> None:
        """Let events begin where there is what they are during, and wait for the next time of those that come at random."""
        begin = self._goes_on(items, cohort)
        self._begin(day, items[begin], cohort[begin])
        again = self._at_random[items]
        items, cohort = items[again], cohort[again]
        self.came[items, cohort] += 1
        more = self.event_count[items, cohort] < self._most[items]
        self._book_next(day, items[more], cohort[more])

    def _begin(self, day: int, items: Ints, cohort: Ints) -> None:
        if not len(items):
            return
        self.event_count[items, cohort] += 1
        self._tell(day, items, cohort, "event begins")
        conditional = self._on_condition[items]
        self.armed[items[conditional], cohort[conditional]] = self._passes[items[conditional]]
        # Each of their changes.
        many = self._how_many[items]
        starts = np.cumsum(many) - many
        numbers = np.repeat(self._first[items] - starts, many) + np.arange(many.sum())
        cohort = np.repeat(cohort, many)
        self.active[numbers, cohort] += 1
        self._touch(day, numbers, cohort)
        days = self._days[numbers, cohort]
        passes = days > 0
        self.world.agenda.invite("event ends", numbers[passes], cohort[passes], day + days[passes])

    def _goes_on(self, items: Ints, cohort: Ints) -> Flags:
        """Return whether there is what each of some events is during, each in one history."""
        during, fighting, ceasefire = self._during[items], self.at_war[cohort] > 0, self.ending[cohort] == CEASEFIRE
        goes_on: Flags = (fighting & (during != CEASEFIRE_ONLY)) | (ceasefire & (during != WAR_ONLY))
        return goes_on

    def _end(self, day: int, numbers: Ints, cohort: Ints) -> None:
        self.active[numbers, cohort] -= 1
        self._touch(day, numbers, cohort)
        if not self.world.recorder.watched(cohort).any():
            return
        for number in np.unique(numbers).tolist():
            mine, event = cohort[numbers == number], self._changes[number].event
            over = mine[self._last[event][mine] == number]
            self._tell(day, np.full(len(over), event), over, "event ends")

    def _tell(self, day: int, items: Ints, cohort: Ints, kind: str) -> None:
        if not self.world.recorder.watched(cohort).any():
            return
        for item in np.unique(items).tolist():
            event = self.knobs[item]
            told = f"Event {event.id} ends." if kind == "event ends" else f"Event {event.id} begins."
            if kind == "event begins" and event.tell is not None:
                told = " ".join(event.tell.split())
            self.world.recorder.tell(day, cohort[items == item], kind, told=told)

    def _touch(self, day: int, numbers: Ints, cohort: Ints) -> None:
        """Have the knobs of some changes settled once what happens today is known."""
        if not self._touched:
            self.world.agenda.book("event effects", 0, cohort, day)
        self._touched.append((self._path_of[numbers], cohort))

    def _put_in_force(self, day: int, item: int, first: Ints) -> None:
        """Give the knobs touched today the values that follow from the drawn ones and all active effects.

        Once a day and knob, so that the cost grows in step with the number of events and not with its square.
        """
        paths, cohort = (np.concatenate(parts) for parts in zip(*self._touched, strict=True))
        self._touched.clear()
        by_path = np.argsort(paths, kind="stable")
        apart = np.flatnonzero(np.diff(paths[by_path])) + 1
        values = {}
        for of_one in np.split(by_path, apart):
            path, mine = self._paths[int(paths[of_one[0]])], np.unique(cohort[of_one])
            values[path] = self.drawn.now[path].copy()
            values[path][mine] = self._in_force(path, mine)
        self.drawn.change(values)

    def _in_force(self, path: str, cohort: Ints) -> Floats:
        drawn = self.drawn.values[path][cohort]
        value, numbers = drawn.copy(), np.asarray(self._changes_on[path], dtype=np.int64)
        # Effect by effect in the order of the scenario, each as often as it is in force: the first of every history, the
        # second, and so on, since few of many are in force in one.
        active = self.active[numbers][:, cohort]
        row, place = np.nonzero(active)
        times = active[row, place]
        number, place = np.repeat(numbers[row], times), np.repeat(place, times)
        by_history = np.argsort(place, kind="stable")
        number, place = number[by_history], place[by_history]
        how_many = np.bincount(place, minlength=len(cohort))
        turn = np.arange(len(place)) - np.repeat(np.cumsum(how_many) - how_many, how_many)
        by_turn = np.argsort(turn, kind="stable")
        number, place = number[by_turn], place[by_turn]
        amount, kinds = self._amounts[number, cohort[place]], self._kinds[number]
        ends = np.cumsum(np.bincount(turn)).tolist()
        for start, end in pairwise([0, *ends]):
            _apply(value, place[start:end], kinds[start:end], amount[start:end])
        low, high = self.drawn.ranges.get(path, (-np.inf, np.inf))
        held: Floats = np.where(how_many > 0, np.clip(value, low, high), drawn)
        return held

    def life(self) -> Process:
        """Look every week whether a condition holds."""
        while True:
            yield self.world.agenda.next("events", every_days=DAYS_PER_WEEK)
            for item, condition in self._conditions.items():
                self._look(self.world.agenda.today, item, condition)

    def _look(self, day: int, item: int, condition: Watch) -> None:
        holds = condition.holds()
        self.armed[item, ~holds] = True
        ready = holds & self.armed[item] & self.possible[item] & (self.event_count[item] < self._most[item])
        for number in self._of(item):
            if self._changes[number].days is not None:
                ready &= self.active[number] == 0
        cohort = np.flatnonzero(ready)
        cohort = cohort[self._goes_on(np.full(len(cohort), item), cohort)]
        self._book(item, cohort, np.full(len(cohort), day + 1))

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of events."""
        yield "an event happens at most as often as it may", self.event_count > self._most[:, None]
        for path, mine in self._changes_on.items():
            untouched = np.all(self.active[mine] == 0, axis=0)
            yield f"without an event {path} is as drawn", untouched & (self.drawn.now[path] != self.drawn.values[path])
