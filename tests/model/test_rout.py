"""Routs: their hazard, what they cost, whom they shake, and when they end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.draws import Draws
from sim.model.rout import rout_hazard

Load, Play, Tree = Callable[..., Any], Callable[..., Any], dict[str, Any]

WEEK = 7 / 365.25
SIDES = ("attacker", "defender")


def bound(side: str, rate: float, **knobs: float) -> tuple[str, ...]:
    """The hazard of one side is at its maximum whatever the balance."""
    set_to = {"hazard_per_year": rate, "balance_against": -20, "balance_width": 0.001, "days": 10, **knobs}
    return tuple(f"rout.{side}.{knob}={value}" for knob, value in set_to.items())


@given(few=st.floats(-9, 9), many=st.floats(-9, 9), half=st.floats(-9, 9), width=st.floats(0.001, 9), most=st.floats(0, 99))
def test_the_hazard_rises_with_the_balance_against_a_side(
    few: float, many: float, half: float, width: float, most: float
) -> None:
    few, many = sorted((few, many))
    low, high, middle = rout_hazard(np.array([few, many, half]), *(np.array([value] * 3) for value in (half, width, most)))
    assert 0 <= low <= high <= most
    assert middle == pytest.approx(most / 2)


def expected_routs(side: str, n: int, weekly: float, lasts: int, days: int) -> list[list[int]]:
    """The days on which fronts break at a constant hazard, from the draws alone."""
    stream = Draws(1, np.arange(n)).uniform(f"rout/{side}")
    endures = np.array([-np.log1p(-stream.at(time)) for time in range(30)])
    found: list[list[int]] = []
    for history in range(n):
        mine: list[int] = []
        endured, free_from = 0.0, 0
        for day in range(6, days, 7):
            if day < free_from:
                continue
            endured += weekly
            if endured >= endures[len(mine), history]:
                mine.append(day)
                endured, free_from = 0.0, day + lasts
        found.append(mine)
    return found


@pytest.mark.parametrize("side", SIDES)
def test_when_fronts_break_follows_from_draws_and_hazard(calm: Load, play: Play, side: str) -> None:
    n, days, rate, lasts = 60, 300, 6.0, 17
    past = play(calm(*bound(side, rate, days=lasts)), days, n=n)
    attacks = past.of("intensity")[0, 1 - SIDES.index(side), 0]
    assert (past.of("intensity")[:, 1 - SIDES.index(side)] == attacks).all()
    due = expected_routs(side, n, rate * attacks * WEEK, lasts, days)
    assert [past.told("rout", history) for history in range(n)] == due
    assert max(len(mine) for mine in due) > 2
    ends = [[day + lasts for day in mine if day + lasts < days] for mine in due]
    assert [past.told("rout ends", history) for history in range(n)] == ends
    at = SIDES.index(side)
    assert past.of("routs")[-1, at].tolist() == [len(mine) for mine in due]
    assert (past.of("routs")[-1, 1 - at] == 0).all()


@pytest.mark.parametrize(("side", "sign"), [("attacker", -1), ("defender", 1)])
def test_a_rout_costs_its_ground_and_no_army_and_then_the_front_moves_as_before(
    calm: Load, play: Play, side: str, sign: int
) -> None:
    still = play(calm(), 200, n=20)
    past = play(calm(*bound(side, 3, pace_km2_per_day=70)), 200, n=20)
    more = past.of("advance") - still.of("advance")
    expected = np.zeros_like(more)
    for history in range(20):
        for day in past.told("rout", history):
            expected[day + 2 : day + 12, history] = sign * 70
    assert (expected != 0).any()
    np.testing.assert_allclose(more, expected, atol=1e-9)
    for field in ("force", "cumulative_casualties", "drive", "pace"):
        assert np.array_equal(past.of(field), still.of(field)), field


def test_a_belt_slows_a_rout(calm: Load, play: Play) -> None:
    def edit(tree: Tree) -> None:
        belt = {"held_by": "defender", "at_km2": 0, "depth_km2": 1e6, "pace_share": 0.25}
        tree["front"]["belts"] = {"all": belt}

    usual = bound("defender", 1000, pace_km2_per_day=400)
    free, slowed = (play(calm(*usual, edit=change), 14) for change in (lambda tree: None, edit))
    np.testing.assert_allclose(slowed.of("advance")[9], 0.25 * free.of("advance")[9])


def test_no_front_breaks_where_the_enemy_does_not_attack(calm: Load, play: Play) -> None:
    def lull(tree: Tree) -> None:
        tree["front"]["offensives"] = [
            {"id": "lull", "date": date(2024, 12, 4), "days": 100, "intensity": 0, "probability": 1}
        ]

    past = play(calm(*bound("defender", 50), edit=lull), 150, n=20)
    assert (past.of("routs")[100, 1] == 0).all()
    assert (past.of("routs")[-1, 1] > 0).all()
    never = calm(*bound("attacker", 1000), "front.counter_attack_share=0")
    assert (play(never, 60, n=20).of("routs") == 0).all()


def test_both_fronts_never_break_at_once_and_the_first_one_counts(calm: Load, play: Play) -> None:
    past = play(calm(*bound("attacker", 40), *bound("defender", 20)), 200, n=200)
    routs = np.diff(past.of("routs"), axis=0)
    assert (routs.sum(axis=1) <= 1).all()
    assert (past.of("routs")[-1] > 0).any(axis=1).all()
    under_way = past.of("routed_until") > np.arange(201)[:, None, None]
    assert not under_way.all(axis=1).any()


@pytest.mark.parametrize("side", SIDES)
def test_more_force_means_fewer_routs_and_less_force_more(varied: Load, play: Play, side: str) -> None:
    likely = [f"rout.{who}.{knob}" for who in SIDES for knob in ("hazard_per_year=6", "balance_against=0.5")]
    at, found = SIDES.index(side), []
    for more in (-80_000, 0, 80_000):

        def edit(tree: Tree, more: int = more) -> None:
            tree["manpower"][side].update(force_persons=500_000 + more, reference_force_persons=500_000)

        found.append(play(varied(*likely, edit=edit), 365, n=100).of("routs")[-1])
    fewer, usual, more_ = (routs[at].mean() for routs in found)
    assert fewer > usual > more_
    # And the enemy, who is pressed less or more, the other way round.
    assert found[0][1 - at].mean() < found[2][1 - at].mean()


def test_who_has_lost_more_of_an_army_breaks_earlier_on_the_same_luck(calm: Load, play: Play) -> None:
    usual = ("attrition.level_factor=3", "rout.defender.hazard_per_year=10", "rout.defender.balance_against=1")
    first = []
    for weight in (0, 5):
        past = play(calm(*usual, f"rout.defender.loss_weight={weight}"), 200, n=200)
        broken = past.of("routs")[:, 1] > 0
        first.append(np.where(broken.any(axis=0), broken.argmax(axis=0), 999))
    assert (first[1] <= first[0]).all()
    assert (first[1] < first[0]).mean() > 0.2


@pytest.mark.parametrize("side", SIDES)
def test_a_rout_shakes_its_side_once(varied: Load, play: Play, side: str) -> None:
    usual = bound(side, 1000, days=60)
    calm_one, shaken = (
        play(varied(*usual, f"rout.{side}.weariness_shock={shock}", negotiation=True), 28, n=10).of("weariness")
        for shock in (0, 0.3)
    )
    at = SIDES.index(side)
    gained = shaken[[14, 28]] - calm_one[[14, 28]]
    np.testing.assert_allclose(gained[0, at], 0.3, rtol=1e-12)
    np.testing.assert_allclose(gained[1, at], 0.3, atol=0.01)
    assert (gained[0, 1 - at] == 0).all()


def test_a_rout_ends_with_the_fighting(calm: Load, play: Play) -> None:
    doomed = ("collapse.defender.hazard_per_year=1000", "collapse.defender.force_share=10")
    past = play(calm(*bound("defender", 1000, days=60)), 30, n=3)
    assert (past.of("rout_pace")[8:] > 0).all()
    # On the evening of a collapse no front breaks any more.
    assert (play(calm(*bound("defender", 1000), *doomed), 30, n=3).of("routs") == 0).all()

    def later(tree: Tree) -> None:
        tree["events"] = {
            "end": {"when": {"date": date(2024, 12, 14)}, "effect": {"collapse.defender.hazard_per_year": {"set": 1000}}}
        }

    over = play(calm(*bound("defender", 1000, days=60), "collapse.defender.force_share=10", edit=later), 30, n=3)
    assert (over.of("ending_day")[-1] == 14).all()
    assert (over.of("advance")[9:15] > 100).all()
    for field in ("advance", "rout_pace"):
        assert (over.of(field)[16:] == 0).all(), field
    assert over.told("rout ends") == []


def test_without_the_section_nothing_is_other_than_with_a_hazard_of_nil(calm: Load, play: Play) -> None:
    left_out = play(calm(edit=lambda tree: tree.pop("rout")), 100, n=5)
    nil = play(calm(), 100, n=5)
    for field in nil.world.fields:
        if field.name not in ("front_endurance", "front_endured"):
            assert np.array_equal(left_out.of(field.name), nil.of(field.name)), field.name


@pytest.mark.ensembles
def test_in_the_baseline_routs_are_rare(varied: Load, play: Play) -> None:
    share = (play(varied(negotiation=True), 1096, n=300).of("routs")[-1] > 0).any(axis=0).mean()
    assert 0.005 < share < 0.12
