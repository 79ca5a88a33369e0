"""Limited truces, first phases and trust: section 7.15 of the description of the model."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp
from typing import TYPE_CHECKING, Any

from .basics import DAYS_PER_YEAR, REST, SIDES, TRUST, items, whole_days

if TYPE_CHECKING:
    from .mechanisms import War

OTHER = {"attacker": "defender", "defender": "attacker"}
VOTING, IN_A_PHASE = 3, 4


def learned(trust: float, kept: bool, reliable: float, unreliable: float) -> float:
    """Bayes' rule."""
    likely = [share if kept else 1 - share for share in (reliable, unreliable)]
    whole = trust * likely[0] + (1 - trust) * likely[1]
    return trust * likely[0] / whole if whole > 0 else trust


class Truce:
    """A limited truce: how often it has begun, and how far it is if it is on."""

    def __init__(self, name: str) -> None:
        self.id, self.times, self.last_day, self.shows_on = name, 0, -1, -1

    @property
    def is_on(self) -> bool:
        return self.last_day >= 0


class Trust:
    """The kinds of both sides, and what each believes of the other's."""

    def __init__(self, war: War) -> None:
        self.war = war
        self.section: Mapping[str, Any] | None = war.world.get("trust")
        self.reliable, self.believed = dict.fromkeys(SIDES, True), dict.fromkeys(SIDES, 1.0)
        self.fighting, self.fought_days = 1.0, 14.0 if self.section is None else 1.0
        self.kept, self.broken = 0, dict.fromkeys(SIDES, 0)
        self.keeps_phase, self.phases_broken = dict.fromkeys(SIDES, True), dict.fromkeys(SIDES, 0)
        self.truces: list[Truce] = []
        self.has_phase = False
        if self.section is None:
            return
        self.has_phase = self.section.get("first_phase") is not None
        self.truces = [Truce(item["id"]) for item in items(self.section, "truces")]
        for side in SIDES:
            self.believed[side] = war.parameters[f"trust.{side}.reliable"]
            self.reliable[side] = war.luck.uniform(f"trust/kind/{side}", 0) < self.believed[side]
        war.every_day(TRUST, self.evening)
        war.every_day(REST, self.say_what_rests)

    def of(self, side: str, name: str) -> float:
        return self.war.now(f"trust.{side}.{name}")

    def fights(self) -> bool:
        return self.war.at_war > 0 and not self.war.decision.decided

    def say_what_rests(self, day: int) -> None:
        """How much is fought on the next day."""
        self.fighting = 1.0
        if self.fights() and self.war.politics.deals == self.war.ceasefire.number:
            for truce in self.truces:
                if truce.is_on:
                    self.fighting *= 1 - self.war.now(f"trust.truces.{truce.id}.stops")
            if self.has_phase and self.war.politics.talks in (IN_A_PHASE, VOTING):
                self.fighting *= 1 - self.war.now("trust.first_phase.stops")
        self.fought_days = self.fighting + (self.fought_days if (day + 1) % 14 else 0.0)

    def keeps(self, side: str, luck: float) -> bool:
        return luck < self.of(side, "reliable_keeps" if self.reliable[side] else "unreliable_keeps")

    def learn(self, side: str, kept: bool) -> None:
        shares = self.of(side, "reliable_keeps"), self.of(side, "unreliable_keeps")
        self.believed[side] = learned(self.believed[side], kept, *shares)

    def evening(self, day: int) -> None:
        for truce in self.truces:
            if not self.fights():
                truce.last_day = truce.shows_on = -1
            if truce.shows_on == day:
                self.judge(truce)
            if truce.last_day == day:
                truce.last_day = -1
                self.war.note("truce ends", truce.id)
        if day % 14 == 13 and self.fights():
            self.end_phase(day)
            for truce in self.truces:
                self.begin(day, truce)

    def judge(self, truce: Truce) -> None:
        lucks = {side: self.war.luck.uniform(f"trust/keeps/{truce.id}/{side}", truce.times - 1) for side in SIDES}
        truce.shows_on = -1
        kept = {side: self.keeps(side, luck) for side, luck in lucks.items()}
        for side in SIDES:
            self.learn(side, kept[side])
            if not kept[side]:
                self.broken[side] += 1
                truce.last_day = -1
                self.war.note("truce broken", side)
        if all(kept.values()):
            self.kept += 1
            self.war.note("truce kept", truce.id)

    def end_phase(self, day: int) -> None:
        politics = self.war.politics
        if politics.talks != IN_A_PHASE or politics.back_on_day > day:
            return
        for side in SIDES:
            luck = self.war.luck.uniform(f"trust/phase/{side}", politics.phases_begun - 1)
            self.keeps_phase[side] = self.keeps(side, luck)
            self.learn(side, self.keeps_phase[side])
            if not self.keeps_phase[side]:
                self.phases_broken[side] += 1
                self.war.note("first phase broken", side)
        if all(self.keeps_phase.values()):
            self.war.note("first phase kept", "")

    def begin(self, day: int, truce: Truce) -> None:
        rate = self.war.now(f"trust.truces.{truce.id}.per_year")
        comes = self.war.luck.uniform(f"trust/truce/{truce.id}", day // 14) < 1 - exp(-rate * 14 / DAYS_PER_YEAR)
        if comes and not truce.is_on and self.war.politics.talks != IN_A_PHASE:
            days = whole_days(self.war.now(f"trust.truces.{truce.id}.days"))
            truce.times += 1
            truce.last_day, truce.shows_on = day + days, day + max(1, days // 2)
            self.war.note("truce begins", truce.id)

    # What a bargain makes of it.

    def raised(self, side: str, reliable: bool) -> float:
        """What a side of a kind adds to the log hazard of a ceasefire."""
        return 0.0 if reliable or self.section is None else self.of(side, "unreliable_effect")

    def of_both(self) -> float:
        """What both add to it, as they are."""
        return sum(self.raised(side, self.reliable[side]) for side in SIDES)

    def in_deals(self, side: str, day: int) -> float:
        """The trust in a side that counts in a deal: where a first phase is still to end, that after it has been kept."""
        politics = self.war.politics
        tried = politics.talks == VOTING or (politics.talks == IN_A_PHASE and politics.back_on_day <= day)
        if not self.has_phase or tried:
            return self.believed[side]
        return learned(self.believed[side], True, self.of(side, "reliable_keeps"), self.of(side, "unreliable_keeps"))

    def state(self) -> dict[str, float]:
        state: dict[str, float] = {"fighting": self.fighting, "fought_days": self.fought_days, "truces_kept": self.kept}
        for side in SIDES:
            state[f"reliable.{side}"], state[f"trust.{side}"] = float(self.reliable[side]), self.believed[side]
            state[f"truces_broken.{side}"] = self.broken[side]
            state[f"keeps_phase.{side}"] = float(self.keeps_phase[side])
            state[f"phases_broken.{side}"] = self.phases_broken[side]
        for truce in self.truces:
            state[f"truces_begun.{truce.id}"] = truce.times
        return state
