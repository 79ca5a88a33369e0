"""Break-even: the value of a knob at which an outcome reaches a level, with an interval, all on the same luck.

Because every value of the knob meets the same luck, the outcome changes little with a little of it. Between two values of
which the condition holds at one only, the place where it begins to hold is searched until they lie close together, whether
the outcome changes slowly, in steps, or not at all on one side. The interval reaches to the nearest values, on either side,
at which all of the 95 % interval of the outcome lies on that side of the level.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from sim.ensemble.run import Plan
from sim.results.frames import Tabular
from sim.results.identity import about_identity
from sim.results.manifest import BreakEvenManifest
from sim.results.runs import Run
from sim.scenario import Scenario, ScenarioHead
from sim.studies.condition import Condition, ConditionError, Standing

# judgement: enough to see a curve turn once, and to within a five-hundredth of the range.
FIRST_POINTS, TOLERANCE = 5, 0.002
# judgement: what changes by so much of its change between two of the first points, over less than the tolerance, jumps.
JUMP = 0.1
RunAt = Callable[[float | None], Run]


@dataclass(frozen=True)
class Point:
    """A value of the knob, and how the outcome stands to the level there; attributes as in `Standing`."""

    value: float
    histories: int
    statistic: float | None
    level: float | None
    excess: float | None
    low: float | None
    high: float | None
    holds: bool | None

    @property
    def standing(self) -> Standing:
        """How the outcome stands to the level there."""
        return Standing(self.histories, self.statistic, self.level, self.excess, self.low, self.high, self.holds)


@dataclass(frozen=True, repr=False)
class BreakEven(Tabular):
    """Where an outcome crosses a level.

    Attributes
    ----------
    condition : Condition
    points : list of Point
        All that were tried, in order.
    crossings : list of (low, high)
        Neighbouring values, of those tried, between which the condition begins or ceases to hold.
    at : float or None
        The crossing, if there is just one, or all lie in the interval of one.
    between : (low, high) or None
        The two values next to it of which the condition holds at one only.
    low, high : float or None
        Its 95 % interval; None where that reaches beyond the range.
    holds_above : bool or None
        Whether the condition holds above the crossing, and not below.
    jumps : bool
        Whether the outcome jumps over the level rather than crosses it.
    width : float
        How far apart values are that are not told apart.
    path : str
        Of the knob; empty where it is not known.
    scenario : Scenario, optional
        Whose names are used in words.
    plan : Plan, optional
        Of every value.
    """

    condition: Condition
    points: list[Point]
    crossings: list[tuple[float, float]]
    at: float | None
    between: tuple[float, float] | None
    low: float | None
    high: float | None
    holds_above: bool | None
    jumps: bool
    width: float
    path: str = ""
    scenario: Scenario[ScenarioHead] | None = None
    plan: Plan | None = None

    @property
    def found(self) -> str:
        """What was found: `one`, `several`, `everywhere`, `nowhere`, or `undefined` where no history has the outcome."""
        if self.at is not None:
            return "one"
        held = {point.holds for point in self.points} - {None}
        if len(held) == 2:
            return "several" if len(self.crossings) > 1 else "undefined"
        return {True: "everywhere", False: "nowhere", None: "undefined"}[held.pop() if held else None]

    @property
    def histories(self) -> int:
        """How many histories had the outcome at a value, at most."""
        return max((point.histories for point in self.points), default=0)

    @property
    def sure(self) -> list[bool | None]:
        """Of each value that has a statistic, whether the condition holds for certain (95 %); None where luck decides."""
        return [self.condition.sure(one.standing) for one in self.points if one.holds is not None]

    @property
    def settled(self) -> bool:
        """Whether what was found is more than luck: not where all intervals that there are include the level.

        Of several crossings there must be two between values at which it is certain (95 %) on which side the outcome is.
        """
        if self.found == "undefined":
            return False
        sure = [side for side in self.sure if side is not None]
        return sum(one != other for one, other in pairwise(sure)) > 1 if self.found == "several" else bool(sure)

    @property
    def times_as_many(self) -> float | None:
        """How many times as many histories may settle whether the condition holds, where it lies farthest from the level.

        Half of an interval shrinks with the root of their number. None where what was seen lies at the level everywhere.
        """
        needed = []
        for one in self.points:
            near = one.low if (one.excess or 0.0) > 0 else one.high
            if one.excess and near is not None:
                needed.append(((near - one.excess) / one.excess) ** 2)
        return min(needed, default=None)

    def manifest(self, failed: int = 0) -> BreakEvenManifest:
        """Return what its folder says of it, where its scenario and plan are known; of so many histories that `failed`."""
        assert self.scenario is not None, "asked of one whose scenario is known"
        assert self.plan is not None, "asked of one whose plan is known"
        return BreakEvenManifest(
            **about_identity(self.scenario, self.plan), replications=self.plan.replications, path=self.path,
            low=self.points[0].value, high=self.points[-1].value, until=str(self.condition), failed=failed,
        )  # fmt: skip

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return the points that were tried: value, histories, statistic, level, what lies between, whether it holds."""
        return [asdict(point) for point in self.points]


class _Search(NamedTuple):
    """A search for where something begins to be true: of a point whether it is, or None, and how far it is from that."""

    is_true: Callable[[Point], bool | None]
    margin: Callable[[Point], float | None]


def break_even(run_at: RunAt, low: float, high: float, condition: Condition) -> BreakEven:
    """Find the value between `low` and `high` at which a condition begins or ceases to hold.

    Parameters
    ----------
    run_at : callable
        Runs the scenario with the knob at a value, or as it is for None, on the same luck.
    low, high : float
    condition : Condition

    Raises
    ------
    ConditionError
        When the condition names no outcome, or its level is a multiple of what no history of the scenario as it is has.
    """
    low, high = float(low), float(high)
    if not (low < high and math.isfinite(high - low)):
        raise ConditionError(f"there is no value from {low:g} to {high:g}; the lower value comes first")
    base = run_at(None) if condition.of_base else None
    if base is not None and not condition.standing(base, base).histories:
        raise ConditionError(f"{condition.outcome} is defined in no history of {base.name}, which has no level of it")
    known: dict[float, Point] = {}
    width = TOLERANCE * (high - low)

    def point(value: float) -> Point:
        value = float(value)
        if value not in known:
            known[value] = Point(value, *condition.standing(run_at(value), base))
        return known[value]

    grid = [point(value) for value in np.linspace(low, high, FIRST_POINTS)]
    # Up to where there is a statistic: it may reach the level on the way there.
    defined = _Search(lambda one: one.holds is not None, lambda one: None)
    for one, other in pairwise(grid):
        if defined.is_true(one) != defined.is_true(other):
            _narrowed(point, one, other, defined, width)
    steps = _crossings(sorted(known.values(), key=lambda one: one.value))
    at: float | None = None
    between: tuple[float, float] | None = None
    bounds: list[float | None] = [None, None]
    rises: bool | None = None
    jumps = False
    if len(steps) == 1:
        search = _Search(lambda one: one.holds, lambda one: one.excess)
        before, after = _narrowed(point, *steps[0], search, width)
        if after.value - before.value <= width:
            at, between = _at_level(before, after), (before.value, after.value)
            rises = after.holds
            jumps = _change(before, after) > JUMP * _change(*steps[0])
            for place, inner in enumerate((before, after)):
                away = sorted(known.values(), key=lambda one: one.value, reverse=place == 0)
                away = [one for one in away if (one.value <= inner.value if place == 0 else one.value >= inner.value)]
                bounds[place] = _bound(point, away, condition, width)
    points = sorted(known.values(), key=lambda one: one.value)
    crossings = [(one.value, other.value) for one, other in _crossings(points)]
    least, most = (-math.inf if bounds[0] is None else bounds[0]), (math.inf if bounds[1] is None else bounds[1])
    if at is None or not all(least <= one and other <= most for one, other in crossings):
        at, between, bounds, rises, jumps = None, None, [None, None], None, False
    return BreakEven(condition, points, crossings, at, between, bounds[0], bounds[1], rises, jumps, width)


def _crossings(points: list[Point]) -> list[tuple[Point, Point]]:
    """Return the neighbours, of those at which there is a statistic, of which the condition holds at one only."""
    defined = [one for one in points if one.holds is not None]
    return [(one, other) for one, other in pairwise(defined) if one.holds != other.holds]


def _change(before: Point, after: Point) -> float:
    assert before.excess is not None, "the condition holds or does not"
    assert after.excess is not None, "the condition holds or does not"
    return abs(after.excess - before.excess)


def _bound(point: Callable[[float], Point], away: list[Point], condition: Condition, width: float) -> float | None:
    """Return where, going away from the crossing, it is first certain that the condition holds, or does not; or None."""
    wanted, inner = away[0].holds, away[0]
    if condition.sure(inner.standing) is wanted:
        return inner.value
    # The end of the interval that has to leave the level.
    near = "low" if (wanted is True) == condition.above else "high"
    search = _Search(
        lambda one: None if one.holds is None else condition.sure(one.standing) is wanted, lambda one: getattr(one, near)
    )
    for one in away[1:]:
        if search.is_true(one):
            ends = (inner, one) if inner.value < one.value else (one, inner)
            before, after = _narrowed(point, *ends, search, width)
            # Where there is no statistic on the way, up to where it is certain.
            bound = _crossed(before, after, search) if after.value - before.value <= width else one.value
            # The crossing itself lies within.
            return min(bound, inner.value) if one.value < inner.value else max(bound, inner.value)
        inner = inner if one.holds is None else one
    return None


def _narrowed(
    point: Callable[[float], Point], low: Point, high: Point, search: _Search, width: float
) -> tuple[Point, Point]:
    """Return two points no further apart than `width` of which it is true of one only, as it is of the two given.

    Where there is no statistic nothing can be told; the two are then further apart.
    """
    halve = False
    while (whole := high.value - low.value) > width:
        middle = (low.value + high.value) / 2
        if not halve:
            # Not so near to an end that the other would hardly come closer.
            middle = min(max(_crossed(low, high, search), low.value + width / 2), high.value - width / 2)
        one = point(middle)
        found = search.is_true(one)
        if found is None or not low.value < middle < high.value:
            break
        low, high = (one, high) if found == search.is_true(low) else (low, one)
        # A chord that did not halve it may do so never, as where the outcome jumps.
        halve = high.value - low.value > whole / 2
    return low, high


def _at_level(low: Point, high: Point) -> float:
    """Return the crossing between two near points: the one that is at the level itself, or where their chord crosses it."""
    if 0.0 in (low.excess, high.excess):
        return low.value if low.excess == 0.0 else high.value
    return _crossed(low, high, _Search(lambda one: one.holds, lambda one: one.excess))


def _crossed(low: Point, high: Point, search: _Search) -> float:
    """Return where the chord between two points crosses the level, or their middle where there is none."""
    left, right = search.margin(low), search.margin(high)
    if left is None or right is None or left == 0.0 or right == 0.0 or (left > 0) == (right > 0):
        return (low.value + high.value) / 2
    return low.value + (high.value - low.value) * (left / (left - right))
