"""The scenario events of the reference model, section 7.12 of its description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, inf, log
from typing import TYPE_CHECKING, Any

from .basics import DAYS_PER_YEAR, EVENT_BEGINS, EVENT_ENDS, EVENTS, Process, at, day_of, given, items, today, whole_days

if TYPE_CHECKING:
    from .mechanisms import War


@dataclass
class Effect:
    """What an event does to one knob; how many times over it is active."""

    path: str
    kind: str
    amount: float
    days: int | None
    active: int = 0

    def on(self, value: float) -> float:
        for _ in range(self.active):
            value = {"set": self.amount, "scale": value * self.amount, "add": value + self.amount}[self.kind]
        return value


@dataclass
class Happening:
    """An event of the scenario."""

    id: str
    most: int
    during: str
    effects: list[Effect]
    times: int = 0
    false_since: bool = True

    @property
    def lasts_for_good(self) -> bool:
        return any(effect.days is None for effect in self.effects)

    @property
    def is_active(self) -> bool:
        return any(effect.active for effect in self.effects if effect.days is not None)


class Events:
    """The events of the scenario, and the values in force that follow from them."""

    def __init__(self, war: War) -> None:
        self.war = war
        self.all: list[Happening] = []
        self.effects: dict[str, list[Effect]] = {}
        self.conditions: list[tuple[Happening, str, float, float]] = []
        for item in items(war.world, "events"):
            self.plan(item)
        war.every_day(EVENTS, self.look)

    def plan(self, item: Mapping[str, Any]) -> None:
        war, name, when = self.war, item["id"], item["when"]
        drawn = {
            path.removeprefix(f"events.{name}."): value
            for path, value in war.parameters.items()
            if path.startswith(f"events.{name}.")
        }
        effects = []
        for path, written in item["effect"].items():
            (kind,) = (kind for kind in ("set", "scale", "add") if kind in written)
            days = whole_days(drawn[f"effect.{path}.for_days"]) if "for_days" in written else None
            effects.append(Effect(path, kind, drawn[f"effect.{path}.{kind}"], days))
            self.effects.setdefault(path, []).append(effects[-1])
        event = Happening(name, int(given(item, "at_most") or 1), given(item, "during") or "both", effects)
        self.all.append(event)
        if war.luck.uniform(f"events/{name}", 0) >= drawn.get("probability", 1.0):
            return
        day = day_of(when, war.start)
        if day is not None:
            if day >= 0:
                war.env.process(self.on_day(event, day))
        elif "hazard_per_year" in when:
            war.env.process(self.at_random(event, drawn["when.hazard_per_year"]))
        else:
            levels = drawn.get("when.above", -inf), drawn.get("when.below", inf)
            self.conditions.append((event, when["quantity"], *levels))

    def value(self, path: str) -> float:
        """The value in force of a knob."""
        drawn = value = self.war.parameters[path]
        active = [effect for effect in self.effects.get(path, ()) if effect.active]
        if not active:
            return drawn
        for effect in active:
            value = effect.on(value)
        low, high = self.war.ranges.get(path, (-inf, inf))
        return min(max(value, low), high)

    def on_day(self, event: Happening, day: int) -> Process:
        yield at(self.war.env, day, EVENT_BEGINS)
        self.begin(event)

    def at_random(self, event: Happening, hazard: float) -> Process:
        day = time = 0
        while hazard > 0 and event.times < event.most:
            u = self.war.luck.uniform(f"events/{event.id}/gap", time)
            day, time = day + max(1, ceil(-log(1 - u) * DAYS_PER_YEAR / hazard)), time + 1
            yield at(self.war.env, day, EVENT_BEGINS)
            self.begin(event)

    def can_begin(self, event: Happening) -> bool:
        """Whether it is a time of what the event begins during."""
        war = self.war.at_war > 0 and not self.war.decision.decided
        truce = self.war.ceasefire.ending == 3
        return {"war": war, "ceasefire": truce, "both": war or truce}[event.during]

    def begin(self, event: Happening) -> None:
        if not self.can_begin(event):
            return
        day = today(self.war.env)
        event.times += 1
        event.false_since = not event.lasts_for_good
        self.war.note("event begins", event.id)
        for effect in event.effects:
            effect.active += 1
            if effect.days is not None:
                self.war.env.process(self.end_effect(effect, day + effect.days))
        if not event.lasts_for_good:
            self.war.env.process(self.end(event, day + max(effect.days or 0 for effect in event.effects)))

    def end_effect(self, effect: Effect, day: int) -> Process:
        yield at(self.war.env, day, EVENT_ENDS)
        effect.active -= 1

    def end(self, event: Happening, day: int) -> Process:
        yield at(self.war.env, day, EVENT_ENDS)
        self.war.note("event ends", event.id)

    def look(self, day: int) -> None:
        if day % 7 != 6:
            return
        state = self.war.state()
        for event, quantity, above, below in self.conditions:
            holds = above < state[quantity] < below
            if not holds:
                event.false_since = True
            elif self.can_begin(event) and event.times < event.most and not event.is_active and event.false_since:
                self.war.env.process(self.on_day(event, day + 1))
