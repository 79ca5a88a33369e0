"""Collapse of an army: its hazard, who breaks first, and what ends with the fighting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.draws import Draws
from sim.engine.world import Setting, World
from sim.model import MECHANISMS, ORDER_OF_THE_DAY, section
from sim.model.collapse import Collapse, collapse_hazard, share_of_peak
from sim.model.endings import COLLAPSED, WAR_GOES_ON
from sim.model.parameters import Drawn

Load, Play, Tree = Callable[..., Any], Callable[..., Any], dict[str, Any]

WEEK = 7 / 365.25
ATTACKER_BROKEN, DEFENDER_BROKEN = COLLAPSED


def hazard(ratio: float, share: float = 0.5, width: float = 0.05, highest: float = 3.0) -> float:
    return collapse_hazard(*(np.array([value]) for value in (ratio, share, width, highest))).item()


def doomed(side: str, rate: float = 1000) -> tuple[str, ...]:
    """The hazard of one side is at its maximum whatever its force."""
    return f"collapse.{side}.hazard_per_year={rate}", f"collapse.{side}.force_share=10"


def endurance(side: str, n: int) -> np.ndarray:
    return -np.log1p(-Draws(1, np.arange(n)).uniform(f"collapse/{side}").at(0))


# Hazard


def test_hazard_is_half_of_its_maximum_at_the_share() -> None:
    assert hazard(0.5) == pytest.approx(1.5)
    assert hazard(0.55) == pytest.approx(3 / (1 + np.e))
    assert hazard(0.45) == pytest.approx(3 / (1 + 1 / np.e))


def test_hazard_has_limits_and_does_not_overflow() -> None:
    assert hazard(-1e3) == pytest.approx(3.0)
    assert hazard(1e9, width=0.001) == pytest.approx(0, abs=1e-200)
    assert hazard(0.0, highest=0.0) == 0


@given(low=st.floats(0, 3), high=st.floats(0, 3), share=st.floats(0, 2), width=st.floats(0.001, 2), most=st.floats(0, 50))
def test_hazard_falls_with_the_force(low: float, high: float, share: float, width: float, most: float) -> None:
    low, high = sorted((low, high))
    assert 0 <= hazard(high, share, width, most) <= hazard(low, share, width, most) <= most


@given(few=st.floats(0, 1e6), many=st.floats(0, 1e6), peak=st.floats(0, 1e6))
def test_of_armies_that_have_been_as_large_the_smaller_has_less_left(few: float, many: float, peak: float) -> None:
    few, many = sorted((few, many))
    left = share_of_peak(np.array([few, many]), np.array([peak, peak]))
    assert 0 <= left[0] <= left[1] <= 1


# When and who


def test_no_hazard_no_collapse(calm: Load, play: Play) -> None:
    past = play(calm("manpower.attacker.reference_force_persons=100_000_000"), 60, n=50)
    assert (past.of("ending") == WAR_GOES_ON).all()
    assert (past.of("ending_day") == -1).all()
    assert (past.of("at_war") == 1).all()


@pytest.mark.parametrize("rates", [(20.0, 15.0), (4.0, 60.0), (90.0, 90.0)])
def test_who_breaks_when_follows_from_endurance_and_hazard(calm: Load, play: Play, rates: tuple[float, float]) -> None:
    """With a constant hazard an army breaks in the week in which it has suffered its endurance; ties by the fraction."""
    n, days = 600, 70
    past = play(calm(*doomed("attacker", rates[0]), *doomed("defender", rates[1])), days, n=n)
    time = np.array([endurance(side, n) / (rate * WEEK) for side, rate in zip(("attacker", "defender"), rates, strict=True)])
    weeks = np.ceil(time)
    first = np.minimum(*weeks)
    assert ((weeks[0] == weeks[1]) & (time[0] < time[1])).any(), "a tie for the attacker to lose"
    assert ((weeks[0] == weeks[1]) & (time[0] > time[1])).any(), "a tie for the defender to lose"
    ended = first <= days // 7
    ending = np.where(~ended, WAR_GOES_ON, np.where(time[0] <= time[1], ATTACKER_BROKEN, DEFENDER_BROKEN))
    assert np.array_equal(past.of("ending")[-1], ending)
    assert np.array_equal(past.of("ending_day")[-1], np.where(ended, 7 * first, -1))


@pytest.fixture
def reviewed(calm: Load) -> Callable[..., tuple[Collapse, World]]:
    """Review once a hand-made state: what is left of the endurance of both sides, in weeks of their hazard."""

    def review(attacker: list[float], defender: list[float], at_war: float = 1.0) -> tuple[Collapse, World]:
        scenario = calm(*doomed("attacker", 10), *doomed("defender", 30))
        declared = [(m.name, field) for m in MECHANISMS for field in m.fields(section(scenario, m))]
        numbers = np.arange(len(attacker))
        world = World(Setting(scenario.world.start_date, 30, 1, numbers, watched=numbers), ORDER_OF_THE_DAY, declared)
        world.own("manpower", "force", 500.0)
        world.own("manpower", "peak_force", 1000.0)
        drawn = Drawn(scenario.world, world.draws)
        collapse = Collapse(world, section(scenario, Collapse), drawn)
        world.fields.own("ceasefire", "at_war")[:] = at_war
        world.fields.own("trust", "fighting")[:] = 1
        sides = collapse.sides
        weekly = collapse_hazard(np.full((2, 1), 0.5), sides.force_share, sides.width_share, sides.hazard_per_year) * WEEK
        collapse.endurance = np.array([attacker, defender]) * weekly
        collapse._review(13)
        return collapse, world

    return review


def test_when_both_break_the_one_that_was_first_counts_and_the_attacker_if_equal(
    reviewed: Callable[..., tuple[Collapse, World]],
) -> None:
    collapse, world = reviewed([0.5, 0.5, 0.5, 1.5, 0.3, 1.5, 1.0], [0.4, 0.6, 0.5, 0.9, 2.0, 1.5, 2.0])
    # Equal: the attacker.
    assert collapse.broken.tolist() == [2, 1, 1, 2, 1, 0, 1]
    told = {event.replication: (event.day, event.values["side"]) for event in world.recorder.events}
    assert told[0] == (13, "defender")
    assert told[4] == (13, "attacker")
    assert len(told) == 6
    assert world.recorder.events[0].values["share"] == 0.5


def test_what_is_suffered_adds_up_over_the_weeks(reviewed: Callable[..., tuple[Collapse, World]]) -> None:
    collapse, _ = reviewed([1.5, 2.5], [9.0, 2.2])
    assert collapse.broken.tolist() == [0, 0]
    collapse._review(20)
    assert collapse.broken.tolist() == [1, 0]
    collapse._review(27)
    assert collapse.broken.tolist() == [1, 2]


def test_a_war_ends_once(reviewed: Callable[..., tuple[Collapse, World]]) -> None:
    collapse, world = reviewed([0.5], [0.5], at_war=0.0)
    assert collapse.broken.tolist() == [0]
    assert world.recorder.events == []


def half(side: str) -> tuple[str, ...]:
    """An army collapses within a week once it has lost half of its men, and not before."""
    return tuple(f"collapse.{side}.{knob}" for knob in ("hazard_per_year=1000", "force_share=0.5", "width_share=0.001"))


def test_the_share_is_of_the_largest_force_and_not_of_the_reference(calm: Load, play: Play) -> None:
    far_above = "manpower.defender.reference_force_persons=10_000_000"
    assert (play(calm(*half("defender"), far_above), 20, n=20).of("ending")[-1] == WAR_GOES_ON).all()
    past = play(calm(*half("defender"), "attrition.defender.daily_casualties=9_000"), 80, n=20)
    force, peak, day = past.of("force")[:, 1], past.of("peak_force")[:, 1], past.of("ending_day")[-1]
    assert np.array_equal(peak, np.maximum.accumulate(np.maximum(force, peak), axis=0))
    for one in range(20):
        weeks = np.arange(7, day[one] + 1, 7)
        assert weeks[-1] == day[one], "it should break"
        assert (force[weeks[:-1], one] > 0.5 * peak[weeks[:-1], one]).all()
        assert force[weeks[-1], one] < 0.5 * peak[weeks[-1], one]


@pytest.mark.parametrize("side", ["attacker", "defender"])
def test_an_army_that_mobilizes_from_a_third_of_its_reference_does_not_collapse_in_quiet_weeks(
    calm: Load, play: Play, side: str
) -> None:
    def mobilize(tree: Tree) -> None:
        own = tree["manpower"][side]
        own["reference_force_persons"] = 3 * own["force_persons"]
        wave = {"id": "all", "side": side, "date": date(2024, 12, 4), "over_days": 120, "probability": 1}
        tree["manpower"]["waves"] = [wave | {"persons": 2 * own["force_persons"]}]
        own.update(pool_persons=5 * own["force_persons"], training_days=14)

    usual = tuple(f"collapse.{side}.{knob}" for knob in ("hazard_per_year=2", "force_share=0.6", "width_share=0.08"))
    past = play(calm(*usual, "attrition.level_factor=0.1", edit=mobilize), 140, n=200)
    at = 0 if side == "attacker" else 1
    force = past.of("force")[:, at]
    assert (force[-1] > 2 * force[0]).all(), "it should grow to what it loses by"
    assert (past.of("endured")[70, at] < 0.005).all()
    assert (past.of("ending")[-1] == WAR_GOES_ON).mean() >= 0.98


def test_men_who_come_later_are_no_loss_and_men_who_are_lost_are(calm: Load, play: Play) -> None:
    """What counts is what an army was: one that has been larger suffers more at the same force."""
    usual = ("collapse.defender.hazard_per_year=20", "collapse.defender.force_share=0.9", "attrition.level_factor=2")
    past = play(calm(*usual), 120, n=300)
    share = past.of("force")[7::7, 1] / past.of("peak_force")[7::7, 1]
    endured = np.diff(past.of("endured")[::7, 1], axis=0)
    at_war = past.of("at_war")[6::7][: len(endured)] > 0
    expected = np.vectorize(hazard)(share, 0.9, 0.08, 20.0) * WEEK
    np.testing.assert_allclose(endured[at_war], expected[at_war], rtol=1e-12)


def test_a_smaller_force_only_ever_brings_the_collapse_forward(calm: Load, play: Play) -> None:
    usual = ("collapse.defender.hazard_per_year=12", "collapse.defender.force_share=0.9", "attrition.level_factor=2")
    strong = play(calm(*usual), 120, n=300).of("ending_day")[-1]
    weak = play(calm(*usual, "manpower.defender.past_intake_per_month=0"), 120, n=300).of("ending_day")[-1]
    strong, weak = (np.where(day < 0, 10_000, day) for day in (strong, weak))
    assert (weak <= strong).all()
    assert (weak < strong).any()
    assert 0.1 < (strong < 10_000).mean() < 0.95


# What ends with the fighting


def busy(tree: Tree) -> None:
    """Everything on a date comes after the collapse of day 6, or begins before it and goes on."""
    tree["arms"]["halts"] = [
        {"id": "late", "backer": "europe", "date": date(2024, 12, 20), "probability": 1, "days": 9, "cut_share": 1},
        {"id": "random", "backer": "united_states", "hazard_per_year": 100, "days": 31, "cut_share": 0.5},
    ]
    tree["arms"]["packages"] = [
        {"id": "late", "backer": "europe", "date": date(2024, 12, 20), "amount_beur": 3, "probability": 1}
    ]
    tree["manpower"]["waves"] = [
        {"id": "early", "side": "attacker", "date": date(2024, 12, 6), "persons": 9_000, "over_days": 30, "probability": 1},
        {"id": "late", "side": "attacker", "date": date(2024, 12, 20), "persons": 9_000, "over_days": 30, "probability": 1},
        {"id": "called", "side": "defender", "force_below_share": 10, "persons": 9_000, "over_days": 3, "probability": 1},
    ]
    tree["front"]["offensives"] = [{"id": "late", "date": date(2024, 12, 20), "days": 9, "intensity": 2, "probability": 1}]


@pytest.mark.parametrize(("side", "ending"), [("attacker", ATTACKER_BROKEN), ("defender", DEFENDER_BROKEN)])
def test_after_a_collapse_no_one_fights_mobilises_produces_or_pledges(
    calm: Load, play: Play, side: str, ending: int
) -> None:
    past = play(calm(*doomed(side), edit=busy), 100, n=3)
    assert past.of("ending")[6].tolist() == [WAR_GOES_ON] * 3
    assert past.of("ending")[7].tolist() == [ending] * 3
    assert past.of("ending_day")[-1].tolist() == [7] * 3
    assert (past.of("at_war")[:7] == 1).all()
    assert (past.of("at_war")[7:] == 0).all()
    for field in ("casualties", "fire", "advance"):
        assert (past.of(field)[1:8] > 0).all(), field
        assert (past.of(field)[8:] == 0).all(), field
    for field in ("recruited", "killed", "deserted", "produced_days", "fired_days", "cumulative_casualties"):
        assert (past.daily(field)[:7] > 0).all(), field
        assert (past.daily(field)[7:] == 0).all(), field
    assert (past.daily("pledged_beur")[7:] == 0).all()
    assert (past.daily("held_area")[7:] == 0).all()


def test_after_a_collapse_nothing_begins(calm: Load, play: Play) -> None:
    past = play(calm(*doomed("attacker"), edit=busy), 100)
    for kind, days in {
        "halt": [],
        "package": [],
        "wave begins": [2],
        "wave ends": [32],
        "offensive begins": [],
        "collapse": [6],
        "fire below half": [0],
    }.items():
        assert past.told(kind) == days, kind


def test_without_a_collapse_all_of_that_would_have_happened(calm: Load, play: Play) -> None:
    past = play(calm(edit=busy), 100)
    assert past.told("package") == past.told("offensive begins") == [16]
    assert past.told("wave begins") == [2, 7, 16]
    assert past.told("halt")[:3] == [16, 31, 62]


def test_after_a_collapse_what_is_on_its_way_still_arrives(calm: Load, play: Play) -> None:
    past = play(calm(*doomed("defender")), 100)
    assert (past.daily("delivered_beur")[7:40] > 0).all()
    assert (past.daily("received_days")[7:40] > 0).all()
    assert (past.daily("returned")[7:40] > 0).all()
    assert (past.daily("trained")[7:30, 0] > 0).all()
    stock = past.of("stock_days")
    assert np.diff(stock, axis=0)[7:] == pytest.approx(past.daily("received_days")[7:], abs=1e-9)


def test_an_offensive_under_way_ends_as_planned(calm: Load, play: Play) -> None:
    def edit(tree: Tree) -> None:
        tree["front"]["offensives"] = [
            {"id": "early", "date": date(2024, 12, 6), "days": 20, "intensity": 2, "probability": 1}
        ]

    past = play(calm(*doomed("defender"), edit=edit), 40)
    assert past.told("offensive ends") == [22]
    assert past.of("intensity")[[22, 23], 0, 0].tolist() == [2, 1]
