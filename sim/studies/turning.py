"""What each member of a panel would have to believe to conclude otherwise: of one thing alone, no more than another says.

A number is moved from what the member has towards what another has, its range with it: in every history to the same part of
the way between what both would draw there. Where along that way the conclusion turns is searched on common luck
(`breakeven`). What is no number is taken over whole. Only where the end of the way turns the conclusion is the way searched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Literal, NamedTuple

import numpy as np

from sim.engine.draws import Floats
from sim.ensemble.run import Plan, run_ensemble, run_histories
from sim.ensemble.workers import ALONE, Pool
from sim.results.again import kept_or_run
from sim.results.parts import Parts
from sim.results.runs import Run
from sim.scenario import Scenario, ScenarioHead
from sim.studies.breakeven import BreakEven, break_even
from sim.studies.condition import Condition, Standing, column_of
from sim.studies.members import Members

Cell = tuple[int, ...]
Answer = Literal["turns", "turns as a whole", "not settled", "does not turn"]


class Turn(NamedTuple):
    """Whether a member would conclude otherwise with one thing as another sees it.

    Attributes
    ----------
    member, difference, toward : int
        Who, what, and who sees it so: by place.
    own, then : Standing
        How the conclusion stands with all that the member has, and with this taken from the other.
    answer : str
        `turns`, of a number; `turns as a whole`, of what is no number, or where the place cannot be told; `not settled`,
        where luck may be all of it; `does not turn`.
    now : float or None
        What the member has, of a number: the middle of it.
    needed, low, high : float or None
        The least change of it that turns the conclusion, with its 95 % interval; None where that leaves the range.
    """

    member: int
    difference: int
    toward: int
    own: Standing
    then: Standing
    answer: Answer
    now: float | None = None
    needed: float | None = None
    low: float | None = None
    high: float | None = None


def turns(
    members: Members, plan: Plan, condition: Condition, values: Mapping[Cell, Floats], pool: Pool = ALONE,
    parts: Parts | None = None,
) -> list[Turn]:  # fmt: skip
    """Return, of each member and each difference, whether it alone would turn the conclusion.

    Parameters
    ----------
    members : Members
    plan : Plan
    condition : Condition
        The conclusion.
    values : mapping of cell to (n,) array
        Its outcome in each member, and in each with one difference taken from another.
    pool : Pool
    parts : Parts, optional
        Where finished runs are kept.

    Raises
    ------
    ConditionError
        When the conclusion is a share, and the outcome a number.
    """
    return list(_Search(members, plan, condition, values, pool, parts).all())


class _Search:
    def __init__(
        self, members: Members, plan: Plan, condition: Condition, values: Mapping[Cell, Floats], pool: Pool,
        parts: Parts | None,
    ) -> None:  # fmt: skip
        self._members, self._condition, self._values = members, condition, values
        self._plan = Plan(plan.replications, plan.seed, plan.days, plan.batch, series=False, asked=(condition.outcome,))
        self._pool, self._parts, self._runs = pool, parts, 0
        self._numbers = np.arange(plan.replications, dtype=np.int64)
        self._drawn = members.drawn(plan.seed, self._numbers)
        self._base = column_of(self._as_it_is(), condition.outcome) if condition.of_base else None

    def all(self) -> Iterator[Turn]:
        """Yield what turns the conclusion, or does not, by member and difference."""
        for member in range(len(self._members.members)):
            own = self._members.own(member)
            stands = self._stands(own)
            for place, one in enumerate(self._members.differences):
                others = sorted({holds for holds in one.holds if holds != one.holds[member]})
                if others:
                    yield self._turn(member, place, others, own, stands)

    def _stands(self, cell: Cell) -> Standing:
        return self._condition.standing_of(self._values[cell], self._base)

    def _turn(self, member: int, place: int, others: list[int], own: Cell, stands: Standing) -> Turn:
        then = {other: self._stands((*own[:place], other, *own[place + 1 :])) for other in others}
        turning = [
            other for other, one in then.items() if None not in (one.holds, stands.holds) and one.holds != stands.holds
        ]
        central = self._members.differences[place].central
        if not turning:
            # Who brings the answer nearest to the other conclusion.
            way = -1.0 if stands.holds == self._condition.above else 1.0
            nearest = max(others, key=lambda other: way * (then[other].excess or 0.0))
            return Turn(
                member, place, nearest, stands, then[nearest], "does not turn", None if central is None else central[member]
            )
        # Where luck may have made either answer, it may have made the turn.
        settled = {other: None not in (self._condition.sure(stands), self._condition.sure(then[other])) for other in turning}
        if central is None:
            toward = max(turning, key=lambda other: settled[other])
            return Turn(
                member, place, toward, stands, then[toward], "turns as a whole" if settled[toward] else "not settled"
            )
        toward = min(turning, key=lambda other: abs(central[other] - central[member]))
        if self._condition.sure(stands) is None and self._condition.sure(then[toward]) is None:
            return Turn(member, place, toward, stands, then[toward], "not settled", central[member])
        found = break_even(partial(self._run, member, place, toward), 0.0, 1.0, self._condition)
        answer = _answer(found)
        if answer == "turns as a whole" and not settled[toward]:
            answer = "not settled"
        turn = Turn(member, place, toward, stands, then[toward], answer, central[member])
        if turn.answer != "turns" or found.at is None:
            return turn
        needed, low, high = (
            None if part is None else central[member] + part * (central[toward] - central[member])
            for part in (found.at, found.low, found.high)
        )
        if central[toward] < central[member]:
            low, high = high, low
        return turn._replace(needed=needed, low=low, high=high)

    def _as_it_is(self) -> Run:
        base = self._members.base
        return self._kept(base, lambda: Run.of(run_ensemble(base, self._plan, pool=self._pool)))

    def _run(self, member: int, place: int, toward: int, part: float | None) -> Run:
        """Return the war of a member with a number a part of the way to what another has; the base for None."""
        if part is None:
            return self._as_it_is()
        own, path = self._members.own(member), self._members.differences[place].knob
        scenario = self._members.structure(own)
        given = self._members.given(own, self._drawn)
        given[path] = (1.0 - part) * self._drawn[member][path] + part * self._drawn[toward][path]
        return self._kept(
            scenario, lambda: Run.of(run_histories(scenario, self._plan, self._numbers, given, pool=self._pool))
        )

    def _kept(self, scenario: Scenario[ScenarioHead], run: Callable[[], Run]) -> Run:
        self._runs += 1
        return kept_or_run(self._parts, self._runs, scenario, self._plan, run)


def _answer(found: BreakEven) -> Answer:
    if not found.settled:
        return "not settled"
    return "turns" if found.found == "one" else "turns as a whole"
