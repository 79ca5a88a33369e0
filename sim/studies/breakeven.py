"""Break-even: the value of a knob at which an outcome reaches a level, with an interval, all on the same luck.

Because every value of the knob meets the same luck, the outcome changes little with a little of it and a root can be found.
The interval reaches to the nearest values, on either side, at which the level leaves the 95 % interval of the outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from sim.results.frames import Tabular
from sim.results.runs import Run
from sim.results.statistics import Z_95
from sim.studies.condition import Condition, ConditionError

# judgement: enough to see a curve turn once, and to within a five-hundredth of the range.
FIRST_POINTS, TOLERANCE, MOST_STEPS = 5, 0.002, 12
RunAt = Callable[[float | None], Run]


@dataclass(frozen=True)
class Point:
    """A value of the knob, the excess of the outcome over the level there, and its standard error."""

    value: float
    excess: float
    error: float


@dataclass(frozen=True, repr=False)
class BreakEven(Tabular):
    """Where an outcome crosses a level.

    Attributes
    ----------
    condition : Condition
    points : list of Point
        All that were tried, in order.
    crossings : list of (low, high)
        Neighbouring values between which it crosses.
    at : float or None
        The crossing, if there is just one.
    low, high : float or None
        Its 95 % interval; None where that reaches beyond the range.
    holds_above : bool
        Whether the condition holds above the crossing, and not below.
    """

    condition: Condition
    points: list[Point]
    crossings: list[tuple[float, float]]
    at: float | None
    low: float | None
    high: float | None
    holds_above: bool

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return the points that were tried: value, excess over the level, its standard error."""
        return [asdict(point) for point in self.points]


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
        When the condition names no outcome, or one that too few histories have.
    """
    if not low < high:
        raise ConditionError(f"there is no value from {low:g} to {high:g}; the lower value comes first")
    base = run_at(None) if condition.of_base else None
    known: dict[float, Point] = {}

    def point(value: float) -> Point:
        value = float(value)
        if value not in known:
            excess = condition.excess(run_at(value), base)
            excess = excess[~np.isnan(excess)]
            n = len(excess)
            # Where all histories agree there is still the error of one that does not.
            spread = max(float(excess.std(ddof=1)), float(np.abs(excess).max() / np.sqrt(n)))
            known[value] = Point(value, float(excess.mean()), float(spread / np.sqrt(n)))
        return known[value]

    grid = [point(value) for value in np.linspace(low, high, FIRST_POINTS)]
    crossings = [(a.value, b.value) for a, b in pairwise(grid) if (a.excess > 0) != (b.excess > 0)]
    rises = grid[-1].excess > grid[0].excess
    at: float | None = None
    bounds: list[float | None] = [None, None]
    if len(crossings) == 1:
        at = float(_root(point, *crossings[0], 0.0, TOLERANCE * (high - low)))
        # At the lower bound of a rising curve even the upper end of its interval is at the level.
        for place, shift in enumerate((Z_95, -Z_95) if rises else (-Z_95, Z_95)):
            ends = [one for one in known.values() if (one.value <= at) == (place == 0)]
            bounds[place] = _bound(point, ends, at, shift, TOLERANCE * (high - low))
    return BreakEven(
        condition, sorted(known.values(), key=lambda one: one.value), crossings, at, bounds[0], bounds[1],
        rises == condition.above,
    )  # fmt: skip


def _bound(point: Callable[[float], Point], known: Sequence[Point], at: float, shift: float, width: float) -> float | None:
    """Return where excess and `shift` times its error cancel, on one side of the crossing, or None."""

    def shifted(one: Point) -> float:
        return one.excess + shift * one.error

    inner = point(at)
    # The nearest known point, going away from the crossing, on the other side of the level.
    for one in sorted(known, key=lambda one: abs(one.value - at)):
        if (shifted(one) > 0) != (shifted(inner) > 0):
            low, high = min(inner.value, one.value), max(inner.value, one.value)
            return _root(point, low, high, shift, width)
    return None


def _root(point: Callable[[float], Point], low: float, high: float, shift: float, width: float) -> float:
    """Return where excess and `shift` times its error cancel between two values (regula falsi, Illinois)."""

    def shifted(value: float) -> float:
        one = point(value)
        return one.excess + shift * one.error

    left, right = shifted(low), shifted(high)
    side = 0
    for _ in range(MOST_STEPS):
        if high - low <= width:
            break
        middle = (low * right - high * left) / (right - left)
        found = shifted(middle)
        if abs(found) <= 0.02 * point(middle).error:
            return middle
        if (found > 0) == (left > 0):
            low, left = middle, found
            right, side = (right / 2, -1) if side == -1 else (right, -1)
        else:
            high, right = middle, found
            left, side = (left / 2, 1) if side == 1 else (left, 1)
    return (low * right - high * left) / (right - left)
