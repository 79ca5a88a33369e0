"""What is kept of a deal in a ceasefire: land handed over, obligations met by their day, guards who stay.

Of each the luck is drawn once a ceasefire, so that the same luck reaches every scenario: whether a side hands over the land
that it agreed to, whether each obligation is kept, and how much guards stand before they leave, as an army endures a hazard.
What was kept or broken shows on the day on which it is due.

Sources: the first United Nations force in Egypt left in 1967 when consent was withdrawn; the mandate of that on the Golan
is renewed every six months (United Nations, *The Blue Helmets*, 3rd edition 1996). Left out: guards who leave gradually or
come back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import DAYS_PER_YEAR
from sim.engine.draws import Floats, Ints
from sim.engine.recorder import EventKind
from sim.model.negotiation.land import hands_over_by
from sim.model.obligations import due_day, each_obligation, names_of
from sim.model.parameters import SIDES
from sim.model.planned import whole_days
from sim.model.regimes import may_leave

# Land that is no more than this away from what was agreed has been handed over: a square metre.
ALL_KM2 = 1e-6


class Keeping:
    """What is kept in the ceasefires of a batch; part of `Ceasefire`, whose fields it fills."""

    kinds: ClassVar = {
        "land handed over": EventKind("The land agreed on is handed over: {km2:,.0f} km2 to {side}."),
        "land not handed over": EventKind("{side} has not handed over the {km2:,.0f} km2 that were due by today."),
        "obligation overdue": EventKind("{side} has not done what was due by today: {what}."),
        "mandate ends": EventKind("The mandate of the guards is not renewed; they leave."),
        "consent withdrawn": EventKind("Consent to the guards is withdrawn; they leave."),
    }

    def __init__(self, ceasefire: Any) -> None:
        self._ceasefire = ceasefire
        draws, regimes = ceasefire.world.draws, ceasefire.knobs.regimes
        self._obligations = each_obligation(regimes)
        self._kept_luck = [draws.uniform(f"ceasefire/kept/{name}") for name in names_of(regimes)]
        self._stay_luck = draws.uniform("ceasefire/guards_stay")
        self._land_luck = [draws.uniform(f"ceasefire/hands_over/{side}") for side in SIDES]
        self._tell = ceasefire.world.recorder.tell

    def begin(self, number: int, cohort: Ints) -> None:
        """Begin ceasefires that are number `number` of their histories."""
        of, knobs = self._ceasefire, self._ceasefire.knobs
        of.guards_left[cohort], of.overdue[cohort], of.stayed[cohort] = 0.0, 0.0, 0.0
        of.stays[cohort] = -np.log1p(-self._stay_luck.of(number, cohort))
        of.came_due[:, cohort] = 0.0
        for row, (place, one) in enumerate(self._obligations):
            mine = cohort[of.agreed_regime[cohort] == place]
            of.kept[row, mine] = self._kept_luck[row].of(number, mine) < one.kept_share[mine]
        if knobs.handover_days is None:
            return
        of.land_open[cohort] = of.agreed_area[cohort] != of.held_area[cohort]
        of.due_area[cohort], of.line_before[cohort] = of.agreed_area[cohort], of.held_area[cohort]
        of.hands_over[cohort] = 1.0
        for side, gives in enumerate(hands_over_by(of.due_area[cohort], of.held_area[cohort])):
            mine = cohort[gives]
            withholds = getattr(of.drawn.knobs("negotiation"), SIDES[side]).withholds_land_share
            of.hands_over[mine] = self._land_luck[side].of(number, mine) < 1.0 - withholds[mine]
        self._hand_over(cohort, np.zeros(len(cohort)))

    def _hand_over(self, cohort: Ints, next_age: Floats) -> None:
        """Say how much land changes hands on the next day, of which the age of the ceasefire is given."""
        of = self._ceasefire
        goes_on = (of.hands_over[cohort] > 0) & (of.land_open[cohort] > 0)
        left = of.due_area[cohort] - of.held_area[cohort]
        of.handing_over[cohort] = np.where(goes_on, left / np.maximum(self._days_to_hand_over(cohort) - next_age, 1.0), 0.0)

    def _days_to_hand_over(self, cohort: Ints) -> Floats:
        given = self._ceasefire.knobs.handover_days
        assert given is not None, "land is handed over"
        return whole_days(given[cohort]).astype(np.float64)

    def day(self, day: int, inside: Ints, age: Floats, part: Mapping[str, Floats]) -> Floats:
        """Let a day of ceasefires pass; return by how much what is overdue raises the log hazard, (inside,)."""
        if self._ceasefire.guards_may_leave:
            self._let_guards_leave(day, inside, age, part)
        if not self._obligations and self._ceasefire.knobs.handover_days is None:
            return np.zeros(len(inside))
        overdue, raised = self._see_obligations(day, inside, age)
        if self._ceasefire.knobs.handover_days is not None:
            late = self._see_land(day, inside, age)
            overdue += late
            raised += np.where(late, self._ceasefire.knobs.land_overdue_effect[inside], 0.0)
        self._ceasefire.overdue[inside] = overdue
        return raised

    def _see_land(self, day: int, inside: Ints, age: Floats) -> NDArray[np.bool_]:
        """Tell when land has been handed over, or has not by its day; return where it was overdue before, (inside,)."""
        of, is_open = self._ceasefire, self._ceasefire.land_open[inside] > 0
        overdue: NDArray[np.bool_] = ~is_open & (of.hands_over[inside] == 0)
        if not is_open.any():
            return overdue
        inside, age = inside[is_open], age[is_open]
        kept = of.hands_over[inside] > 0
        there = np.abs(of.due_area[inside] - of.held_area[inside]) <= ALL_KM2
        known = np.where(kept, there, age >= self._days_to_hand_over(inside) - 1.0)
        of.land_open[inside[known]] = 0.0
        due, before = of.due_area[inside], of.line_before[inside]
        km2 = np.abs(due - before)
        withheld = inside[known & ~kept]
        of.due_area[withheld] = of.held_area[withheld]
        for side, gives in enumerate(hands_over_by(due, before)):
            gave, broke = known & gives & kept, known & gives & ~kept
            of.due_obligations[side, inside[gave | broke]] += 1.0
            of.broken_obligations[side, inside[broke]] += 1.0
            self._tell(day, inside[broke], "land not handed over", side=SIDES[side], km2=km2[broke])
            self._tell(day, inside[gave], "land handed over", side=SIDES[1 - side], km2=km2[gave])
        self._hand_over(inside, age + 1.0)
        return overdue

    def _see_obligations(self, day: int, inside: Ints, age: Floats) -> tuple[Floats, Floats]:
        """Tell of obligations that become overdue; return how many are, and by how much they raise the log hazard."""
        of, raised, overdue = self._ceasefire, np.zeros(len(inside)), np.zeros(len(inside))
        for row, (place, one) in enumerate(self._obligations):
            due = (of.agreed_regime[inside] == place) & (age >= due_day(one.due_days[inside]))
            late = due & (of.kept[row, inside] == 0)
            raised += np.where(late, one.overdue_effect[inside], 0.0)
            overdue += late
            new = due & (of.came_due[row, inside] == 0)
            of.came_due[row, inside[new]] = 1.0
            of.due_obligations[SIDES.index(one.by), inside[new]] += 1.0
            new = inside[new & late]
            of.broken_obligations[SIDES.index(one.by), new] += 1.0
            self._tell(day, new, "obligation overdue", side=one.by, what=one.label)
        return overdue, raised

    def _let_guards_leave(self, day: int, inside: Ints, age: Floats, part: Mapping[str, Floats]) -> None:
        """Let guards leave whose mandate has run out, or to whom consent is withdrawn."""
        of = self._ceasefire
        there = (of.guards_left[inside] == 0) & may_leave(part) & (part["guards"] > 0)
        withdrawn = part["withdrawn_per_year"] / DAYS_PER_YEAR
        lasts = whole_days(part["mandate_days"])
        ends = (part["mandate_days"] > 0) & (age > 0) & (age % lasts == 0)
        with np.errstate(divide="ignore"):
            renewal = np.where(ends, -np.log(part["renewed_share"]), 0.0)
        renewal = np.where(ends & ~of.consented_now(inside), np.inf, renewal)
        before = of.stayed[inside]
        of.stayed[inside] = np.where(there, before + withdrawn + renewal, before)
        leaves = there & (of.stayed[inside] >= of.stays[inside])
        expired = leaves & ends & (before + withdrawn < of.stays[inside])
        of.guards_left[inside[leaves]] = 1.0
        of.guards_withdrawn[inside[leaves]] += 1.0
        self._tell(day, inside[expired], "mandate ends")
        self._tell(day, inside[leaves & ~expired], "consent withdrawn")

    def end(self, cohort: Ints) -> None:
        """End ceasefires, since the war goes on."""
        of = self._ceasefire
        of.guards_left[cohort], of.overdue[cohort], of.handing_over[cohort], of.land_open[cohort] = 0.0, 0.0, 0.0, 0.0
