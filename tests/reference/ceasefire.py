"""The end of the war and ceasefires, section 7.11 of the description of the model."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, exp, floor, inf, log
from typing import TYPE_CHECKING, NamedTuple

from .bargaining import Obligation
from .basics import CEASEFIRE, DAYS_PER_YEAR, SIDES, given, whole_days

if TYPE_CHECKING:
    from .mechanisms import War


def giver(area: float, held: float) -> str:
    """Which side has to hand land over, so that the attacker holds an area and not the one that he does."""
    return "attacker" if area < held else "defender"


class Signed(NamedTuple):
    """What is left of terms in force: the area due, the area held before it, whether guards may be there, and the line then.

    The area held before is None where no land is to be handed over any more.
    """

    area: float
    held: float | None
    guarded: bool
    line: float


class Ceasefire:
    """The end of the war, by a decision or a deal, and what becomes of a ceasefire."""

    def __init__(self, war: War) -> None:
        self.war, self.ending, self.ending_day = war, 0, -1
        self.number, self.days, self.first_days, self.cause = 0, 0, 0, -1
        self.hazard, self.guards, self.incidents, self.total = 0.0, 0.0, 0, 0
        self.inconsistency, self.endures, self.excitement, self.exact_total = 0.0, 0.0, 1.0, 0.0
        self.stays, self.stayed, self.guards_left, self.withdrawn = 0.0, 0.0, False, 0
        self.unkept: set[str] = set()
        self.overdue: list[Obligation] = []
        # Whether land was not handed over in time, and is overdue today.
        self.land_unkept = self.land_overdue = self.land_open = False
        self.seen_due: set[str] = set()
        self.broken, self.due = dict.fromkeys(SIDES, 0), dict.fromkeys(SIDES, 0)
        self.hands_land_over = given(war.world.get("ceasefire") or {}, "handover_days") is not None
        self.giver, self.hands_over, self.handing_over, self.due_area = "", False, 0.0, 0.0
        self.area_at_start = self.held_then = war.front.held_area
        war.every_day(CEASEFIRE, self.step)

    def now(self, name: str) -> float:
        return self.war.now(f"ceasefire.{name}")

    def step(self, day: int) -> None:
        if self.ending == 3:
            self.hold(day)
        if day % 7 != 6 or not self.war.at_war:
            return
        signed = self.war.politics.deals > self.number
        if not self.war.decision.decided and not signed:
            return
        self.ending = self.war.decision.decided or 3
        self.ending_day, self.war.at_war, self.war.mobilized, self.war.pledging = day + 1, 0.0, 0.0, 0.0
        if self.ending == 3:
            self.begin()

    def begin(self) -> None:
        luck = self.war.luck
        self.endures = -log(1 - luck.uniform("ceasefire/collapse", self.number))
        self.stays = -log(1 - luck.uniform("ceasefire/guards_stay", self.number))
        self.stayed, self.guards_left = 0.0, False
        self.forget_what_is_overdue()
        self.hazard, self.excitement = 0.0, 1.0
        moved, net = self.war.politics.front_moved, abs(self.war.front.fought_over - self.area_at_start)
        self.inconsistency = 1 - min(net / moved, 1.0) if moved > 0 else 0.0
        if self.hands_land_over:
            self.agree_on_land()
        politics = self.war.politics
        name = politics.regime_id(politics.packages[politics.agreed])
        lucks = {o.id: luck.uniform(f"ceasefire/kept/{name}/{o.id}", self.number) for o in politics.obligations(name)}
        self.seen_due = set()
        self.unkept = {o.id for o in politics.obligations(name) if lucks[o.id] >= o.kept_share}
        self.number += 1
        self.go_on()

    def go_on(self) -> None:
        """Arm and pledge as much as in a ceasefire from the next day on."""
        self.war.mobilized, self.war.pledging = self.now("mobilized_share"), self.now("pledged_share")

    # Land that is handed over.

    def agree_on_land(self) -> None:
        """Decide whether the side that has to hand land over will."""
        held = self.held_then = self.war.front.held_area
        self.due_area = self.war.politics.agreed_area
        self.giver = giver(self.due_area, held) if self.due_area != held else ""
        self.land_open = bool(self.giver)
        self.hands_over = True
        if self.giver:
            luck = self.war.luck.uniform(f"ceasefire/hands_over/{self.giver}", self.number)
            self.hands_over = luck < self.war.politics.keeps_land(self.giver)
        self.hand_over(0)

    def hand_over(self, age: int) -> None:
        """How much of the land is handed over on the day of an age, which is the next one."""
        left = max(1, whole_days(self.now("handover_days")) - age)
        handing = self.hands_over and self.land_open
        self.handing_over = (self.due_area - self.war.front.held_area) / left if handing else 0.0

    def end_of_hand_over(self, age: int) -> None:
        """When all land has been handed over, or none will be, that is known."""
        if not self.land_open:
            return
        if self.hands_over and abs(self.due_area - self.war.front.held_area) <= 1e-6:
            self.land_open = False
            self.due[self.giver] += 1
            self.war.note("land handed over", self.giver)
        elif not self.hands_over and age >= whole_days(self.now("handover_days")) - 1:
            self.due_area = self.war.front.held_area
            self.broken[self.giver] += 1
            self.due[self.giver] += 1
            self.land_unkept, self.land_open = True, False
            self.war.note("land not handed over", self.giver)

    def signed(self) -> Signed:
        """What is left of the terms in force, at a review."""
        if not self.hands_land_over:
            return Signed(self.war.politics.agreed_area, None, not self.guards_left, self.war.front.held_area)
        return Signed(self.due_area, self.held_then if self.land_open else None, not self.guards_left, self.held_then)

    # Guards who leave, and obligations.

    def let_guards_leave(self, age: int, regime: Mapping[str, float], name: str | None) -> None:
        """Withdraw guards whose mandate is not renewed, or whom a side no longer wants."""
        mandate, withdrawn = regime["mandate_days"], regime["withdrawn_per_year"]
        if self.guards_left or (mandate <= 0 and withdrawn <= 0) or regime["guards"] <= 0:
            return
        self.stayed += withdrawn / DAYS_PER_YEAR
        wanted, ends = self.stayed < self.stays, mandate > 0 and age > 0 and age % whole_days(mandate) == 0
        if ends:
            renewed = regime["renewed_share"] if self.war.parties.consents.get(name or "", True) else 0.0
            self.stayed += -log(renewed) if renewed > 0 else inf
        if self.stayed >= self.stays:
            self.guards_left = True
            self.withdrawn += 1
            self.war.note("mandate ends" if ends and wanted else "consent withdrawn", "")

    def forget_what_is_overdue(self) -> None:
        self.overdue, self.land_unkept, self.land_overdue, self.land_open = [], False, False, False

    def see_what_is_overdue(self, age: int, name: str | None) -> None:
        self.overdue = []
        self.land_overdue = self.land_unkept
        for obligation in self.war.politics.obligations(name):
            if age < ceil(obligation.due_days):
                continue
            first = obligation.id not in self.seen_due
            self.seen_due.add(obligation.id)
            self.due[obligation.by] += first
            if obligation.id in self.unkept:
                self.overdue.append(obligation)
                if first:
                    self.broken[obligation.by] += 1
                    self.war.note("obligation overdue", obligation.by)

    # A day.

    def hold(self, day: int) -> None:
        politics, age = self.war.politics, day - self.ending_day
        package = politics.packages[politics.agreed]
        name, whole = politics.regime_id(package), politics.regime(package)
        self.let_guards_leave(age, whole, name)
        planned = politics.in_place(whole, age + 1)
        regime = {**planned, "guards": 0.0} if self.guards_left else planned
        if regime["guards"] == whole["guards"] > self.guards:
            self.war.note("guards deployed", "")
        self.guards = regime["guards"]
        self.see_what_is_overdue(age, name)
        effect = self.now("institutions") * politics.institutions_effect(regime)
        spread, branching = self.now("incident_log_sd"), self.now("incident_branching")
        relative = self.excitement * exp(spread * self.war.luck.normal("ceasefire/incidents", day) - spread**2 / 2)
        self.excitement = 1 - branching + branching * relative
        self.exact_total += self.now("incidents_per_day") * exp(effect) * relative
        self.incidents, self.total = floor(self.exact_total) - self.total, floor(self.exact_total)
        if relative >= self.now("burst_factor"):
            self.war.note("incident burst", "")
        weight = self.now("incident_effect")
        raised = [
            log(2),
            self.now("strategic_effect") * max(0.0, *politics.temptation.values()),
            self.now("imposed_effect") * politics.agreed_imposed,
            self.now("inconsistency_effect") * self.inconsistency,
            log(1 - weight + weight * relative),
            sum(o.overdue_effect for o in self.overdue) + (self.now("land_overdue_effect") if self.land_overdue else 0.0),
        ]
        # What the guards did who left is missing from the effect already.
        missed = politics.guarding(planned) if self.guards_left else 0.0
        unreliable = self.war.trust.of_both()
        causes = [*raised, -self.now("institutions") * self.now("guards_effect") * missed, unreliable]
        growth = politics.clock((age + 1) / DAYS_PER_YEAR) - politics.clock(age / DAYS_PER_YEAR)
        if age == ceil(self.now("settled_after_years") * DAYS_PER_YEAR):
            self.war.note("settled", "")
        if age < ceil(self.now("settled_after_years") * DAYS_PER_YEAR):
            self.hazard += exp(effect + sum(raised[1:]) + unreliable) * growth
        self.days += 1
        self.first_days += self.number == 1
        if self.hands_land_over:
            self.end_of_hand_over(age)
        if self.hazard >= self.endures:
            if self.number == 1:
                self.cause = causes.index(max(causes))
            self.end_ceasefire()
            return
        self.go_on()
        if self.hands_land_over:
            self.hand_over(age + 1)

    def end_ceasefire(self) -> None:
        self.ending, self.ending_day = 4, -1
        self.war.at_war = self.war.mobilized = self.war.pledging = 1.0
        self.guards, self.incidents = 0.0, 0
        self.guards_left, self.handing_over = False, 0.0
        self.forget_what_is_overdue()
        self.war.note("ceasefire breaks", "")

    def state(self) -> dict[str, float]:
        return {
            "ending": float(self.ending),
            "ending_day": float(self.ending_day),
            "ceasefires": float(self.number),
            "ceasefire_days": float(self.days),
            "first_ceasefire_days": float(self.first_days),
            "collapse_cause": float(self.cause),
            "cumulated_hazard": self.hazard,
            "guards_in_place": self.guards,
            "guards_left": float(self.guards_left),
            "guards_withdrawn": float(self.withdrawn),
            "overdue": float(len(self.overdue) + self.land_overdue),
            **{f"due_obligations.{side}": float(self.due[side]) for side in SIDES},
            **{f"broken_obligations.{side}": float(self.broken[side]) for side in SIDES},
            "handing_over": self.handing_over,
            "hands_over": float(self.hands_over),
            "land_open": float(self.land_open),
            "line_before": self.held_then if self.number and self.hands_land_over else 0.0,
            "due_area": self.due_area,
            "incidents": float(self.incidents),
            "incidents_total": float(self.total),
            "inconsistency": self.inconsistency,
        }
