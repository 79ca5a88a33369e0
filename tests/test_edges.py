"""Comparisons at the edge, over generated outcomes: 0 and 1, ties, plateaus, steps, and what no history has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from statistics import mean, median
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.model import WarScenario
from sim.results.comparison import Comparison, Line
from sim.results.pairs import of_means, of_shares
from sim.results.statistics import aalen_johansen, kaplan_meier
from sim.results.targets import check_targets
from sim.scenario import Expectation, load_scenario
from sim.studies.breakeven import BreakEven, break_even
from sim.studies.condition import Condition
from sim.studies.limits import Limit, failures
from sim.words.targets import target_table

FEW, MANY = 60, 2_000
SHIPPED = load_scenario("history/iwo_jima", WarScenario)
Curve = Callable[[float], list[float | None]]


def in_both_sizes(check: Callable[..., None], **what: Any) -> tuple[Any, Any]:
    """Return a property as a quick test and as a long one."""

    def sized(examples: int) -> Any:
        return settings(max_examples=examples, deadline=None, derandomize=True)(given(**what)(check))

    return sized(FEW), pytest.mark.long(sized(MANY))


class Histories:
    """Stands for a run with one outcome, x."""

    name = "generated"

    def __init__(self, values: list[float | None]) -> None:
        self._values = np.array([np.nan if value is None else value for value in values])

    def column(self, outcome: str) -> Any:
        assert outcome == "x"
        return self._values


COMPARED = {">": lambda a, b: a > b, ">=": lambda a, b: a >= b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b}
QUARTERS = st.integers(-8, 8).map(lambda whole: whole / 4)


@st.composite
def questions(draw: Any) -> tuple[Curve, str, str, float, bool]:
    """Return an outcome that only rises or falls with a knob, a statistic, a sign, a level, and if it is of the base."""
    statistic = draw(st.sampled_from(["share", "mean", "median"]))
    n = draw(st.sampled_from([1, 2, 4, 8]))
    falls = draw(st.booleans())
    # Each history begins to have the outcome, or more of it, at edges of its own; some share theirs.
    edges = draw(st.lists(st.integers(0, 32).map(lambda place: place / 8), min_size=n, max_size=n))
    if draw(st.booleans()):
        edges = [edges[0]] * n
    slopes = draw(st.booleans()) and statistic != "share"
    # Where no history has it, and which histories never have it.
    hole = draw(st.sampled_from([None, None, (0.0, 1.2), (2.9, 4.0), (1.4, 1.6), (-1.0, 5.0)]))
    without = draw(st.integers(0, n)) if draw(st.booleans()) else 0

    def curve(value: float) -> list[float | None]:
        if hole is not None and hole[0] <= value <= hole[1]:
            return [None] * n
        place = 4.0 - value if falls else value
        has = [max(0.0, place - edge) if slopes else float(place >= edge) for edge in edges]
        return [None if number < without else one for number, one in enumerate(has)]

    of_base = statistic != "median" and draw(st.booleans())
    level = draw(QUARTERS) if statistic != "share" or of_base else draw(st.integers(0, n)) / n
    return curve, statistic, draw(st.sampled_from(list(COMPARED))), level, of_base


def plainly(
    values: list[float | None], base: list[float | None], question: tuple[Any, str, str, float, bool]
) -> bool | None:
    """Return whether a condition holds, worked out history by history; None where no history has the outcome."""
    _, statistic, sign, level, of_base = question
    known = [(one, of) for one, of in zip(values, base, strict=True) if one is not None and (of is not None or not of_base)]
    if not known:
        return None
    found = median(one for one, _ in known) if statistic == "median" else sum(one for one, _ in known) / len(known)
    wanted = level * sum(of or 0.0 for _, of in known) / len(known) if of_base else level
    return COMPARED[sign](wanted if abs(found - wanted) < 1e-13 else found, wanted)


def check_break_even(question: tuple[Curve, str, str, float, bool]) -> None:
    curve, statistic, sign, level, of_base = question
    base = curve(2.0)
    condition = Condition.parse(f"{statistic}(x) {sign} {level}{' * base' if of_base else ''}")
    if of_base and all(value is None for value in base):
        return
    found = break_even(lambda value: Histories(base if value is None else curve(value)), 0, 4, condition)  # type: ignore[arg-type, return-value]
    swept = {float(value): plainly(curve(float(value)), base, question) for value in np.linspace(0, 4, 81)}
    for point in found.points:
        assert point.holds is plainly(curve(point.value), base, question)
    agrees(found, swept)


def agrees(found: BreakEven, swept: dict[float, bool | None]) -> None:
    """Make sure that what is said of a range is true of a direct sweep of it, of an outcome that only rises or falls."""
    held = set(swept.values())
    assert found.found in ("one", "everywhere", "nowhere", "undefined")
    if found.found == "everywhere":
        assert False not in held
    elif found.found == "nowhere":
        assert True not in held
    elif found.found == "undefined":
        assert None in held
    if held == {True, False}:
        assert found.found == "one"
    if found.at is None:
        assert (found.between, found.low, found.high, found.holds_above) == (None, None, None, None)
        return
    assert found.between is not None
    before, after = found.between
    assert 0 < after - before <= found.width
    assert 0 <= before <= found.at <= after <= 4
    assert found.low is None or found.low <= before
    assert found.high is None or found.high >= after
    for value, holds in swept.items():
        if holds is not None and not before < value < after:
            assert holds is ((value >= after) == found.holds_above)


test_a_break_even_is_that_of_a_direct_sweep, test_many_break_evens_are_those_of_direct_sweeps = in_both_sizes(
    check_break_even, question=questions()
)


@st.composite
def ends(draw: Any) -> tuple[list[int], list[int]]:
    """Return when histories ended, with many ties, and of what: 0 for those that were only watched until then."""
    n = draw(st.integers(1, 40))
    most = draw(st.sampled_from([0, 1, 3, 30]))
    causes = draw(st.sampled_from([(1,), (0,), (0, 1), (1, 2), (0, 1, 2, 3)]))
    times = draw(st.lists(st.integers(0, most), min_size=n, max_size=n))
    of = draw(st.lists(st.sampled_from(causes), min_size=n, max_size=n))
    if draw(st.booleans()):
        # As in a run: whoever is left is watched to the same day.
        times = [time if cause else most for time, cause in zip(times, of, strict=True)]
    return times, of


def check_incidence(ended: tuple[list[int], list[int]]) -> None:
    times, causes = np.array(ended[0], dtype=float), np.array(ended[1])
    curves = aalen_johansen(times, causes)
    left = kaplan_meier(times, causes > 0)
    for curve in (left, *curves.values()):
        assert ((curve.share >= 0) & (curve.share <= 1)).all()
        low, high = curve.intervals()
        inside = (curve.share > 0) & (curve.share < 1)
        assert np.isnan(low[~inside]).all()
        assert (low[inside] <= curve.share[inside]).all()
        assert (high[inside] >= curve.share[inside]).all()
        assert ((high - low)[inside] < 1).all()
    assert (np.diff(left.share) <= 0).all()
    for curve in curves.values():
        assert (np.diff(curve.share) >= 0).all()
    if not curves:
        return
    np.testing.assert_allclose(sum(curve.share for curve in curves.values()), 1 - left.share, rtol=0, atol=1e-12)
    everything = causes > 0
    if everything[times == times.max()].all():
        assert left.share[-1] == 0
    if everything.all():
        # No one was lost on the way: plain shares, to the last digit.
        for cause, curve in curves.items():
            assert curve.share.tolist() == [float(((causes == cause) & (times <= time)).mean()) for time in curve.times]
    if everything.all() and len(set(causes.tolist())) == 1:
        assert curves[int(causes[0])].share[-1] == 1


test_incidence_is_a_share, test_incidence_is_a_share_at_length = in_both_sizes(check_incidence, ended=ends())


VALUES = st.lists(st.one_of(st.none(), st.sampled_from([0.0, 1.0]), QUARTERS), min_size=1, max_size=6)


def check_limits(pairs: list[tuple[float | None, float | None]], sign: str, level: float, paired: bool) -> None:
    left, right = (Histories(list(side)) for side in zip(*pairs, strict=True))
    left.name, right.name = "left", "right"
    left.summary = right.summary = []  # type: ignore[attr-defined]
    shares = all(value in (None, 0.0, 1.0) for pair in pairs for value in pair)
    found = (of_shares if shares else of_means)(left.column("x"), right.column("x"), paired=paired)
    line = Line("course", "x", "x", "", found, np.nan)
    comparison = Comparison(left, right, paired, 1, [], [line], {})  # type: ignore[arg-type]
    said = list(failures([comparison], [Limit.parse(f"x {sign} {level}")]))
    both = [(a, b) for a, b in pairs if a is not None and b is not None]
    sides = [[a for a, _ in both], [b for _, b in both]] if paired else [
        [value for value in side if value is not None] for side in zip(*pairs, strict=True)
    ]  # fmt: skip
    if min(map(len, sides)) < (1 if shares else 2):
        assert len(said) == 1
        assert said[0].startswith("cannot be judged: x ")
        return
    difference = mean(sides[1]) - mean(sides[0])
    # Of numbers that are no quarters, whatever the last digit is.
    if abs(difference - level) > 1e-9 or (difference == level and len(pairs) in (1, 2, 4)):
        assert [one.startswith("over the limit: x ") for one in said] == [True] * COMPARED[sign](difference, level)


test_a_limit_is_passed_by_what_can_be_judged_only, test_many_limits_are_passed_by_what_can_be_judged_only = in_both_sizes(
    check_limits,
    pairs=st.lists(st.tuples(VALUES.map(lambda some: some[0]), VALUES.map(lambda some: some[0])), min_size=1, max_size=6),
    sign=st.sampled_from(list(COMPARED)),
    level=QUARTERS,
    paired=st.booleans(),
)


def check_targets_of(values: list[float | None], of: list[float | None], statistic: str, low: float, width: float) -> None:
    n = min(len(values), len(of))
    outcomes = {
        name: np.array([np.nan if value is None else value for value in column[:n]])
        for name, column in (("x", values), ("y", of))
    }
    target = Expectation.model_validate(
        {"id": "t", "outcome": "x", "statistic": statistic, "low": low, "high": low + width, "reason": "generated"}
        | ({"of": "y"} if statistic == "ratio" else {})
    )
    scenario = replace(SHIPPED, world=SHIPPED.world.model_copy(update={"expect": [target]}))
    ending = np.full(n, "war_goes_on")
    (checked,) = check_targets(SimpleNamespace(outcomes={**outcomes, "ending": ending}, scenario=scenario))  # type: ignore[arg-type]
    line = " ".join(map(str, target_table([checked]).rows[0]))
    known, below = ([value for value in column[:n] if value is not None] for column in (values, of))
    if not known or (statistic == "ratio" and (not below or mean(below) == 0)):
        assert checked.value is None
        assert not checked.met
        assert "NOT MET" in line
        assert "not defined in any history" in line
        return
    found = median(known) if statistic == "median" else mean(known) / (mean(below) if statistic == "ratio" else 1)
    assert checked.value == pytest.approx(found, abs=1e-12)
    if min(abs(found - low), abs(found - low - width)) > 1e-9 or found in known:
        assert checked.met == (low <= found <= low + width)
    assert ("NOT MET" not in line) == checked.met


test_a_target_is_met_by_what_there_is_only, test_many_targets_are_met_by_what_there_is_only = in_both_sizes(
    check_targets_of,
    values=VALUES,
    of=VALUES,
    statistic=st.sampled_from(["mean", "median", "ratio"]),
    low=QUARTERS,
    width=st.sampled_from([0.0, 0.25, 2.0]),
)
