"""Manpower: pools, training, the wounded, waves; every person in one place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.calendar import DAYS_PER_MONTH
from sim.engine.draws import Draws
from sim.model.manpower import break_even_return_share, pool_factor
from sim.scenario import ScenarioError

Load, Play, Tree = Callable[..., Any], Callable[..., Any], dict[str, Any]

STATES = ("force", "pool", "in_training", "recovering", "killed", "invalided", "deserted")

# Casualties that depend on nothing: as many every day as at the start.
CONSTANT = (
    "attrition.law=own",
    "attrition.own_exponent=0",
    "attrition.enemy_exponent=0",
    "attrition.attacker.fire_share=0",
    "attrition.defender.fire_share=0",
    "attrition.level_factor=1",
    "attrition.quiet_share=1",
    "attrition.protection=0",
)


def wave(name: str = "call", **values: Any) -> Callable[[Tree], None]:
    what = {"side": "defender", "persons": 60_000, "over_days": 20, "probability": 1} | values
    return lambda tree: tree["manpower"].update(waves={**tree["manpower"]["waves"], name: what})


def factor(share: float, half_share: float) -> float:
    return pool_factor(np.array([share * 1e6]), np.array([1e6]), np.array([half_share])).item()


# Pure functions


@given(half=st.floats(0.001, 10), low=st.floats(0, 1), high=st.floats(0, 1))
def test_pool_factor_falls_with_the_pool_from_one_to_nothing(half: float, low: float, high: float) -> None:
    assert factor(1, half) == pytest.approx(1)
    assert factor(0, half) == 0
    low, high = sorted((low, high))
    assert 0 <= factor(low, half) <= factor(high, half) <= 1 + 1e-12


@pytest.mark.parametrize("half", [0.001, 0.15, 0.3])
def test_at_the_half_share_of_the_pool_intake_is_about_half(half: float) -> None:
    assert factor(half, half) == pytest.approx((1 + half) / 2)


def test_pool_factor_closed_form_and_empty_pool() -> None:
    assert factor(0.6, 0.15) == pytest.approx(0.6 * 1.15 / 0.75)
    assert pool_factor(np.zeros(1), np.zeros(1), np.array([0.15])).item() == 0


def test_break_even_of_the_text() -> None:
    """The description: with c casualties and r recruits a day and killed share k, (1 - r/c)/(1 - k)."""
    assert break_even_return_share(1_500, 30_000, 0.27) == pytest.approx(0.4697, abs=1e-4)
    assert break_even_return_share(1_000, 1_000 * DAYS_PER_MONTH, 0.3) == pytest.approx(0)
    assert break_even_return_share(1_000, 0, 0.5) == pytest.approx(2)


@given(casualties=st.floats(100, 1e4), part=st.floats(0.1, 1), killed=st.floats(0, 0.9))
def test_at_break_even_who_comes_replaces_who_is_lost(casualties: float, part: float, killed: float) -> None:
    share = break_even_return_share(casualties, casualties * part * DAYS_PER_MONTH, killed)
    assert casualties * part + casualties * (1 - killed) * share == pytest.approx(casualties)


# Accounts


def test_every_person_is_in_exactly_one_place(varied: Load, play: Play) -> None:
    past = play(varied(edit=wave(date=date(2025, 1, 1))), 150, n=20)
    everyone = sum(past.of(state) for state in STATES)
    assert everyone == pytest.approx(np.broadcast_to(everyone[0], everyone.shape), rel=1e-12)
    for state in STATES:
        # Adding and taking the same leaves rounding, of persons many orders larger.
        assert (past.of(state) >= -1e-6).all(), state


def test_flows_add_up(varied: Load, play: Play) -> None:
    past = play(varied(), 100, n=10)
    assert past.of("arrivals")[1:] == pytest.approx(past.daily("trained") + past.daily("returned"), abs=1e-6)
    left = past.of("casualties")[1:] + past.daily("deserted")
    assert past.daily("force") == pytest.approx(past.of("arrivals")[1:] - left, abs=1e-6)
    assert past.daily("pool") == pytest.approx(-past.daily("recruited"), abs=1e-6)
    fought = np.where(past.of("casualties")[1:] > 0, past.of("casualties")[1:], np.nan)
    drawn = past.daily("killed") / fought
    expected = np.where(np.isnan(drawn), np.nan, drawn[0])
    assert drawn == pytest.approx(expected, rel=1e-6, nan_ok=True)


def test_losses_are_shared_out(calm: Load, play: Play) -> None:
    past = play(calm("manpower.attacker.killed_share=0.2", "manpower.attacker.return_share=0.75"), 30)
    casualties = past.of("casualties")[1:, 0, 0]
    assert past.daily("killed")[:, 0, 0] == pytest.approx(0.2 * casualties)
    assert past.daily("invalided")[:, 0, 0] == pytest.approx(0.8 * 0.25 * casualties)
    enters = past.daily("recovering")[:, 0, 0] + past.daily("returned")[:, 0, 0]
    assert enters == pytest.approx(0.8 * 0.75 * casualties)


def test_desertion_takes_its_share_in_the_evening(calm: Load, play: Play) -> None:
    past = play(calm("manpower.attacker.desertion_share_per_month=0.3"), 20)
    evening = past.of("force")[1:, 0, 0] + past.daily("deserted")[:, 0, 0]
    assert past.daily("deserted")[:, 0, 0] == pytest.approx(0.3 / DAYS_PER_MONTH * evening)


def test_at_break_even_the_force_holds_level(calm: Load, play: Play) -> None:
    share = break_even_return_share(1_500, 30_000, 0.25)
    scenario = calm(
        *CONSTANT,
        "manpower.attacker.force_persons=600_000",
        "manpower.attacker.pool_persons=1e9",
        "manpower.attacker.desertion_share_per_month=0",
        "manpower.attacker.killed_share=0.25",
        f"manpower.attacker.return_share={share}",
        "manpower.attacker.past_daily_casualties=1_500",
        "attrition.attacker.daily_casualties=1_500",
    )
    force = play(scenario, 300).of("force")[:, 0, 0]
    assert force == pytest.approx(np.full(301, 600_000), rel=1e-4)


# Pool and training


def test_intake_follows_the_pool_and_empties_it_at_most(calm: Load, play: Play) -> None:
    past = play(calm("manpower.attacker.pool_persons=20_000", "manpower.attacker.intake_per_month=30_000"), 200)
    pool = past.of("pool")[:, 0, 0]
    share = pool[:-1] / 20_000
    expected = np.minimum(30_000 / DAYS_PER_MONTH * share * 1.15 / (share + 0.15), pool[:-1])
    assert past.daily("recruited")[:, 0, 0] == pytest.approx(expected, abs=1e-8)
    assert past.daily("recruited")[0, 0, 0] == pytest.approx(30_000 / DAYS_PER_MONTH)
    assert 0 <= pool[-1] < 100


@pytest.mark.parametrize(("written", "days"), [(0, 0), (0.5, 0), (1, 1), (12.4, 12), (30, 30)])
def test_recruits_train_for_a_fixed_time(calm: Load, play: Play, written: float, days: int) -> None:
    scenario = calm(
        f"manpower.defender.training_days={written}",
        "manpower.defender.past_intake_per_month=12_000",
        "manpower.defender.intake_per_month=18_000",
    )
    past = play(scenario, 60)
    trained, recruited = past.daily("trained")[:, 1, 0], past.daily("recruited")[:, 1, 0]
    assert trained[:days] == pytest.approx(np.full(days, 12_000 / DAYS_PER_MONTH))
    assert trained[days:] == pytest.approx(recruited[: 60 - days])
    in_training = past.of("in_training")[:, 1, 0]
    assert in_training[0] == pytest.approx(days * 12_000 / DAYS_PER_MONTH)
    assert in_training[days:] == pytest.approx([recruited[max(day - days, 0) : day].sum() for day in range(days, 61)])


# The wounded


def test_the_wounded_of_the_past_come_back_at_a_steady_rate(calm: Load, play: Play) -> None:
    scenario = calm(*CONSTANT, "manpower.attacker.past_daily_casualties=1_500", "attrition.attacker.daily_casualties=1500")
    past = play(scenario, 200)
    killed, back = (scenario.world.manpower.attacker.killed_share, scenario.world.manpower.attacker.return_share)
    rate = 1_500 * (1 - killed.central) * back.central
    assert past.daily("returned")[:, 0, 0] == pytest.approx(np.full(200, rate))
    steps = 3 / (1 - np.exp(-3 / scenario.world.manpower.attacker.return_days.central))
    assert past.of("recovering")[:, 0, 0] == pytest.approx(np.full(201, rate * steps))


def test_without_new_wounded_the_hospitals_empty(calm: Load, play: Play) -> None:
    past = play(calm("attrition.level_factor=0", "manpower.attacker.return_days=10"), 150)
    assert past.of("recovering")[-1, 0, 0] < 1e-3
    assert past.of("returned")[-1, 0, 0] == pytest.approx(past.of("recovering")[0, 0, 0], abs=1e-2)


def test_who_is_killed_does_not_return(calm: Load, play: Play) -> None:
    past = play(calm("manpower.defender.killed_share=1"), 60)
    assert past.of("recovering")[:, 1].max() == 0
    assert past.of("returned")[:, 1].max() == 0
    assert past.of("invalided")[:, 1].max() == 0
    assert past.of("killed")[-1, 1] == pytest.approx(past.of("cumulative_casualties")[-1, 1])


# Reference force


def unreferenced(tree: Tree) -> None:
    del tree["correlations"], tree["manpower"]["attacker"]["reference_force_persons"]
    del tree["arms"]["attacker"]["reference_fire_share"]


def test_a_reference_is_the_level_at_the_start_or_as_given(calm: Load, play: Play) -> None:
    given = ("manpower.defender.reference_force_persons=123_456", "arms.defender.reference_fire_share=0.6")
    past = play(calm(*given, edit=unreferenced), 5)
    for reference, level, stated in (("reference_force", "force", 123_456), ("reference_fire", "fire", 0.6)):
        assert past.of(reference)[:, 0, 0].tolist() == [past.of(level)[0, 0, 0]] * 6
        assert past.of(reference)[:, 1, 0].tolist() == [stated] * 6
        assert past.of(level)[0, 1, 0] != stated
    with pytest.raises(ScenarioError, match="missing field 'reference_force_persons', because force_persons can be less"):
        calm("manpower.attacker.force_persons=0", edit=unreferenced)


def test_in_the_baseline_a_reference_is_its_level_until_the_level_is_set(varied: Load, play: Play) -> None:
    """To the last bit, in every history; and a level that is set leaves the reference, and all else, as drawn."""
    usual = play(varied(), 1, n=40)
    assert (usual.of("reference_force")[0] == usual.of("force")[0]).all()
    assert (usual.of("reference_fire")[0] == usual.of("fire")[0]).all()
    assert np.ptp(usual.of("reference_force")[0], axis=1).min() > 0
    larger = play(varied("manpower.defender.force_persons=500_000", "arms.defender.fire_at_start_share=0.6"), 1, n=40)
    for field in ("reference_force", "reference_fire", "pool", "in_training", "recovering"):
        assert (larger.of(field)[0] == usual.of(field)[0]).all()
    assert (larger.of("force")[0, 1] == 500_000).all()
    assert np.allclose(larger.of("fire")[0, 1], 0.6)


# Waves


def compared(calm: Load, play: Play, days: int, *overrides: str, n: int = 1, **values: Any) -> tuple[Any, np.ndarray]:
    """A past with a wave, and how many more than without it the defender recruits each day."""
    usual = play(calm(*overrides), days, n=n)
    called = play(calm(*overrides, edit=wave(**values)), days, n=n)
    return called, called.daily("recruited")[:, 1] - usual.daily("recruited")[:, 1]


# As long as the pool is without bounds a wave does not make the usual intake smaller.
DEEP = "manpower.defender.pool_persons=1e9"


@pytest.mark.parametrize(("written", "days"), [(20, 20), (1, 1), (2.5, 2), (3.5, 4)])
def test_a_dated_wave_adds_its_persons_evenly(calm: Load, play: Play, written: float, days: int) -> None:
    past, more = compared(calm, play, 60, DEEP, date=date(2024, 12, 14), over_days=written)
    assert more[:, 0] == pytest.approx([0] * 10 + [60_000 / days] * days + [0] * (50 - days), abs=0.1)
    assert more.sum() == pytest.approx(60_000, abs=1)
    assert past.told("wave begins") == [10]
    assert past.told("wave ends") == [10 + days]


def test_a_wave_reaches_the_front_after_training(calm: Load, play: Play) -> None:
    overrides = (*CONSTANT, DEEP, "manpower.defender.training_days=15", "manpower.defender.desertion_share_per_month=0")
    past, more = compared(calm, play, 60, *overrides, date=date(2024, 12, 14))
    usual = play(calm(*overrides), 60)
    extra = (past.of("force") - usual.of("force"))[1:, 1, 0]
    assert extra == pytest.approx(np.concatenate([np.zeros(15), np.cumsum(more[:, 0])[:-15]]), abs=1)


def test_two_waves_overlap(calm: Load, play: Play) -> None:
    def edit(tree: Tree) -> None:
        wave(date=date(2024, 12, 14))(tree)
        wave("second", date=date(2024, 12, 24), persons=10_000, over_days=5)(tree)
        wave("theirs", side="attacker", date=date(2024, 12, 24), persons=77_000, over_days=1)(tree)

    past, usual = play(calm(DEEP, edit=edit), 50), play(calm(DEEP), 50)
    more = past.daily("recruited")[:, 1, 0] - usual.daily("recruited")[:, 1, 0]
    expected = np.zeros(50)
    expected[10:30] += 3_000
    expected[20:25] += 2_000
    assert more == pytest.approx(expected, abs=0.1)
    theirs = past.daily("recruited")[:, 0, 0] - usual.daily("recruited")[:, 0, 0]
    assert theirs[20] == pytest.approx(77_000)
    assert np.abs(theirs[:20]).max() == 0


def test_a_wave_takes_no_more_than_the_pool(calm: Load, play: Play) -> None:
    past, _ = compared(calm, play, 40, "manpower.defender.pool_persons=30_000", date=date(2024, 12, 14), over_days=2)
    assert past.of("recruited")[-1, 1, 0] == pytest.approx(30_000)
    assert past.of("pool")[:, 1].min() >= 0
    assert past.of("pool")[-1, 1, 0] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("values", "share"),
    [
        ({"date": date(2024, 12, 14), "probability": 0}, 0.0),
        ({"date": date(2024, 12, 14), "probability": 0.35}, 0.35),
        ({"date": date(2024, 12, 3)}, 0.0),
        ({"force_below_share": 1.5, "probability": 0.35}, 0.35),
        ({"force_below_share": 0.5, "probability": 1}, 0.0),
    ],
    ids=["never", "dated", "before the start", "triggered", "not triggered"],
)
def test_who_is_called(calm: Load, play: Play, values: Tree, share: float) -> None:
    _, more = compared(calm, play, 20, DEEP, n=300, **values)
    luck = Draws(1, np.arange(300)).uniform("manpower/wave/call").at(0)
    assert (more.sum(axis=0) > 1_000).tolist() == (luck < share).tolist()


def test_a_triggered_wave_is_looked_for_every_week_and_called_once(calm: Load, play: Play) -> None:
    overrides = (*CONSTANT, DEEP, "attrition.defender.daily_casualties=3_000")
    past, more = compared(calm, play, 60, *overrides, force_below_share=0.95, over_days=5, persons=5_000)
    force = past.of("force")[:, 1, 0]
    share = force[1:] / force[0]
    first = next(day for day in range(60) if day % 7 == 6 and share[day] < 0.95)
    assert first > np.argmax(share < 0.95) > 6
    expected = np.zeros(60)
    expected[first + 1 : first + 6] = 1_000
    assert more[:, 0] == pytest.approx(expected, abs=0.1)
    assert share[-1] < 0.95
    assert past.told("wave begins") == [first + 1]
    assert past.told("wave ends") == [first + 6]


def test_a_trigger_is_a_share_of_the_reference_of_its_side(calm: Load, play: Play) -> None:
    """Neither the force at the start nor the other side's force counts."""
    reference = "manpower.defender.reference_force_persons=1_000_000"
    past, _ = compared(calm, play, 20, reference, force_below_share=0.5)
    assert past.told("wave begins") == [7]
    past, _ = compared(calm, play, 20, reference, force_below_share=0.3)
    assert past.told("wave begins") == []


@pytest.mark.parametrize("values", [{}, {"date": date(2025, 1, 1), "force_below_share": 0.5}])
def test_a_wave_is_either_dated_or_triggered(calm: Load, values: Tree) -> None:
    with pytest.raises(ScenarioError, match="needs either date or force_below_share"):
        calm(edit=wave(**values))
