"""The front: how the balance, effort, season and belts move it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.draws import Draws
from sim.model.front import advance_ratio, advance_shape
from sim.scenario import ScenarioError

Load, Play, Tree = Callable[..., Any], Callable[..., Any], dict[str, Any]

PACE = 10.0
# The balance does not matter and the pace does not change: the same ground every day.
EVEN = (
    "front.force_elasticity=0",
    "front.fire_elasticity=0",
    f"front.advance_km2_per_day={PACE}",
    f"front.advance_settled_km2_per_day={PACE}",
)
# The attacker has far less than the force that would keep the front where it is.
PUSHED_BACK = (
    "front.force_elasticity=20",
    "front.fire_elasticity=0",
    f"front.advance_km2_per_day={PACE}",
    f"front.advance_settled_km2_per_day={PACE}",
    "manpower.attacker.reference_force_persons=50_000_000",
)


def ratio(balance: float, fastest: float = 3.0, band: float = 0.5) -> float:
    return ratios(np.array([balance]), fastest, band).item()


def ratios(balance: np.ndarray, fastest: float = 3.0, band: float = 0.5) -> np.ndarray:
    """The pace at several balances."""
    highest = np.full(balance.shape, fastest)
    return advance_ratio(balance, highest, np.full(balance.shape, band), advance_shape(highest))


def lead(fastest: float) -> float:
    return (fastest - 1 / fastest) * np.arctanh(1 / fastest)


def offensive(**values: Any) -> dict[str, Any]:
    return {"id": "push", "date": date(2024, 12, 14), "days": 20, "intensity": 1.5, "probability": 1} | values


def offensives(*several: dict[str, Any]) -> Callable[[Tree], None]:
    return lambda tree: tree["front"].update(offensives=list(several))


def belt(**values: Any) -> dict[str, Any]:
    return {"id": "line", "held_by": "defender", "at_km2": 100, "depth_km2": 50, "pace_share": 0.5} | values


def belts(*several: dict[str, Any]) -> Callable[[Tree], None]:
    return lambda tree: tree["front"].update(belts=list(several))


# The pace as a function of the balance

fastest_ratios = st.floats(1.01, 50)
bands = st.floats(0, 5)


@given(fastest=fastest_ratios, band=bands)
def test_at_the_balance_of_the_start_the_pace_is_that_of_the_start(fastest: float, band: float) -> None:
    assert ratio(0, fastest, band) == pytest.approx(1, rel=1e-9)


@given(fastest=st.floats(1.1, 50), band=bands)
def test_at_the_start_the_pace_moves_as_much_as_the_balance(fastest: float, band: float) -> None:
    step = 1e-5
    slope = (ratio(step, fastest, band) - ratio(-step, fastest, band)) / (2 * step)
    assert slope == pytest.approx(1, rel=1e-5)


@given(fastest=fastest_ratios, band=bands)
def test_the_pace_has_limits(fastest: float, band: float) -> None:
    far = 1_000 * fastest + band
    assert ratio(far, fastest, band) == pytest.approx(fastest)
    assert ratio(-far, fastest, band) == pytest.approx(-fastest)


@given(fastest=fastest_ratios, band=bands, part=st.floats(0, 1))
def test_in_the_band_the_front_stands_still(fastest: float, band: float, part: float) -> None:
    assert ratio(-lead(fastest) - part * band, fastest, band) == pytest.approx(0, abs=1e-12)


@given(fastest=fastest_ratios, band=bands, beyond=st.floats(0.001, 20))
def test_on_both_sides_of_the_band_the_pace_is_the_same(fastest: float, band: float, beyond: float) -> None:
    gained, lost = ratio(-lead(fastest) + beyond, fastest, band), ratio(-lead(fastest) - band - beyond, fastest, band)
    assert gained > 0
    assert lost == pytest.approx(-gained, rel=1e-9, abs=1e-12)
    assert gained == pytest.approx(fastest * np.tanh(beyond / (fastest - 1 / fastest)), rel=1e-6)


@given(fastest=fastest_ratios, band=bands, low=st.floats(-30, 30), high=st.floats(-30, 30))
def test_a_better_balance_is_never_slower(fastest: float, band: float, low: float, high: float) -> None:
    low, high = sorted((low, high))
    assert -fastest <= ratio(low, fastest, band) <= ratio(high, fastest, band) <= fastest


def test_published_values() -> None:
    # S = 8/3, lead = 8/3 * atanh(1/3) = 0.9242
    assert lead(3) == pytest.approx(0.92420, abs=1e-5)
    assert ratio(1) == pytest.approx(3 * np.tanh((1 + 0.924196) * 3 / 8), abs=1e-5)
    assert ratio(-2) == pytest.approx(3 * np.tanh((-2 + 0.924196 + 0.5) * 3 / 8), abs=1e-5)


# Ground


def test_ground_is_gained_at_the_pace_of_the_start(calm: Load, play: Play) -> None:
    past = play(calm(*EVEN), 50)
    assert past.of("advance")[1:, 0] == pytest.approx(np.full(50, PACE))
    assert past.of("held_area")[:, 0] == pytest.approx(past.of("held_area")[0, 0] + PACE * np.arange(51))
    assert past.of("intensity")[:, 0] == pytest.approx(np.ones(51))


def test_ground_is_conserved_and_booked(varied: Load, play: Play) -> None:
    past = play(varied(), 100, n=10)
    total = past.of("held_area") + past.of("free_area")
    assert total == pytest.approx(np.broadcast_to(total[0], total.shape))
    assert past.daily("held_area") == pytest.approx(past.of("advance")[1:], abs=1e-8)


def test_neither_side_loses_ground_it_does_not_hold(calm: Load, play: Play) -> None:
    area = ("front.held_area_km2=95", "front.total_area_km2=120")
    won = play(calm(*EVEN, *area), 6)
    assert won.of("held_area")[:, 0] == pytest.approx([95, 105, 115, 120, 120, 120, 120])
    assert won.of("free_area")[-1, 0] == 0
    lost = play(calm(*PUSHED_BACK, *area, "front.counter_attack_share=1"), 6)
    assert lost.of("held_area")[:, 0] == pytest.approx([95, 65, 35, 5, 0, 0, 0], abs=1e-6)


def test_the_balance_is_of_force_and_fire_relative_to_the_start(calm: Load, play: Play) -> None:
    past = play(calm("front.force_elasticity=2", "front.fire_elasticity=0.7", "front.advance_settled_km2_per_day=20"), 60)
    # The front is moved after the arrivals of the morning and before the losses of the day are booked.
    force = (past.of("force") + past.of("casualties"))[1:, :, 0] + past.daily("deserted")[:, :, 0]
    force /= past.of("reference_force")[1:, :, 0]
    fire = (past.of("fire") / past.of("reference_fire"))[1:, :, 0]
    balance = 2 * np.log(force[:, 0] / force[:, 1]) + 0.7 * np.log(fire[:, 0] / fire[:, 1])
    expected = ratios(balance)
    assert np.ptp(balance) > 0.01
    assert past.of("advance")[1:, 0] == pytest.approx(20 * expected, rel=1e-9)


def test_the_defender_regains_ground_with_a_share_of_the_pace(calm: Load, play: Play) -> None:
    for share in (0.0, 0.5, 2.0):
        past = play(calm(*PUSHED_BACK, f"front.counter_attack_share={share}"), 5)
        assert past.of("advance")[1:, 0] == pytest.approx(np.full(5, -3 * PACE * share), rel=1e-6)


def test_without_arms_there_is_a_floor_under_fire(calm: Load, play: Play) -> None:
    def edit(tree: Tree) -> None:
        del tree["correlations"]
        tree["arms"]["backers"] = []
        for side in ("attacker", "defender"):
            del tree["arms"][side]["reference_fire_share"]
        tree["arms"]["attacker"].update(ration_days=1, fire_at_start_share=0.5, production_fire_days_per_month=0)
        tree["arms"]["defender"].update(ration_days=1, fire_at_start_share=0.5, production_fire_days_per_month=0.1)

    scenario = calm(*EVEN, "front.fire_elasticity=0.2", "front.stalemate_band=0", edit=edit)
    past = play(scenario, 60)
    fire = past.of("fire")[1:, :, 0]
    assert fire[-1, 0] < 1e-6
    balance = 0.2 * np.log(np.maximum(fire[:, 0], 0.01) / np.maximum(fire[:, 1], 0.01))
    assert past.of("advance")[1:, 0] == pytest.approx(PACE * ratios(balance, band=0))


def test_mud_slows_in_its_months(calm: Load, play: Play) -> None:
    past = play(calm(*EVEN, "front.mud_months=[1, 3]", "front.mud_season_factor=0.25", "front.dry_season_factor=1.5"), 100)
    first = date(2024, 12, 4).toordinal()
    month = np.array([date.fromordinal(first + day).month for day in range(100)])
    expected = np.where(np.isin(month, [1, 3]), 0.25, 1.5)
    assert past.of("advance")[1:, 0] == pytest.approx(PACE * expected)
    assert set(month.tolist()) == {12, 1, 2, 3}


# Pace


def test_the_pace_reverts_to_the_settled_one(calm: Load, play: Play) -> None:
    overrides = ("front.advance_settled_km2_per_day=5", "front.advance_reverts_days=40")
    past = play(calm(*EVEN, *overrides, "front.pace_from_effort_share=0.3"), 150)
    y = np.log(0.5) * (1 - np.exp(-np.arange(150) / 40))
    assert past.of("advance")[1:, 0] == pytest.approx(PACE * np.exp(y), rel=1e-9)
    assert past.of("intensity")[1:, 0] == pytest.approx(np.exp(0.3 * y), rel=1e-9)


def test_the_settled_pace_is_a_mean(calm: Load, play: Play) -> None:
    sd, reverts = 0.5, 10.0
    overrides = ("front.advance_settled_km2_per_day=5", f"front.advance_reverts_days={reverts}")
    past = play(calm(*EVEN, *overrides, f"front.advance_log_sd={sd}"), 101, n=2000)
    pace = past.of("advance")[1:]
    assert (pace[0] == PACE).all()
    assert pace[100].mean() == pytest.approx(5, abs=4 * 5 * np.sqrt(np.expm1(sd**2) / 2000))
    log = np.log(pace)
    assert log[100].std() == pytest.approx(sd, rel=0.06)
    assert np.corrcoef(log[90], log[100])[0, 1] == pytest.approx(np.exp(-1), abs=0.08)
    luck = Draws(1, np.arange(2000)).normal("front/pace", in_turn=True)
    phi, mu = np.exp(-1 / reverts), np.log(0.5) - sd**2 / 2
    step = np.log(pace[1] / PACE) - mu + phi * mu
    assert step == pytest.approx(sd * np.sqrt(1 - phi**2) * luck.at(1), abs=1e-9)


# Offensives


def test_an_offensive_raises_intensity_and_pace_for_its_days(calm: Load, play: Play) -> None:
    past = play(calm(*EVEN, edit=offensives(offensive(), offensive(id="lull", days=4.5, intensity=0.2))), 50)
    expected = np.ones(50)
    expected[10:30] *= 1.5
    expected[10:14] *= 0.2
    assert past.of("intensity")[1:, 0] == pytest.approx(expected)
    assert past.of("advance")[1:, 0] == pytest.approx(PACE * expected)
    assert past.told("offensive begins") == [10, 10]
    assert past.told("offensive ends") == [14, 30]


@pytest.mark.parametrize(
    ("values", "share"),
    [({"probability": 0}, 0.0), ({"probability": 0.45}, 0.45), ({"date": date(2024, 12, 3)}, 0.0)],
    ids=["never", "sometimes", "before the start"],
)
def test_offensives_that_may_not_come(calm: Load, play: Play, values: Tree, share: float) -> None:
    past = play(calm(*EVEN, edit=offensives(offensive(**values))), 20, n=300)
    luck = Draws(1, np.arange(300)).uniform("front/offensive/push").at(0)
    assert (past.of("intensity")[15] > 1).tolist() == (luck < share).tolist()
    assert (past.of("intensity")[:11] == 1).all()


def test_an_offensive_does_not_help_who_is_pushed_back(calm: Load, play: Play) -> None:
    usual, pushing = play(calm(*PUSHED_BACK), 20), play(calm(*PUSHED_BACK, edit=offensives(offensive())), 20)
    assert pushing.of("advance")[:, 0] == pytest.approx(usual.of("advance")[:, 0], rel=1e-6)
    assert pushing.of("intensity")[15, 0] == pytest.approx(1.5)


@pytest.mark.parametrize("trend", [-1.0, -0.2, 0.5])
def test_the_trend_of_the_effort(calm: Load, play: Play, trend: float) -> None:
    past = play(calm(*EVEN, f"front.intensity_trend_per_year={trend}", "arms.halts=[]"), 400)
    expected = np.maximum(1 + trend * np.arange(400) / 365.25, 0)
    assert past.of("intensity")[1:, 0] == pytest.approx(expected)
    assert past.of("advance")[1:, 0] == pytest.approx(PACE * expected)


# Belts


def gains(past: Any) -> np.ndarray:
    """Ground gained before each day."""
    held = past.of("held_area")[:, 0]
    return held[:-1] - held[0]


def test_a_belt_halves_the_pace_within_it(calm: Load, play: Play) -> None:
    past = play(calm(*EVEN, edit=belts(belt())), 40)
    inside = (gains(past) >= 100 - 1e-9) & (gains(past) < 150 - 1e-9)
    assert past.of("advance")[1:, 0] == pytest.approx(np.where(inside, PACE / 2, PACE))
    assert np.flatnonzero(inside).tolist() == list(range(10, 20))


def test_belts_multiply_and_one_at_the_start_is_felt_at_once(calm: Load, play: Play) -> None:
    past = play(calm(*EVEN, edit=belts(belt(at_km2=0, depth_km2=20), belt(id="more", at_km2=10, pace_share=0.2))), 12)
    # 0, 5, 10: 1 a day up to 20, then 2 a day
    assert past.of("advance")[1:, 0] == pytest.approx([5, 5] + [1] * 10)


def test_no_pace_in_a_belt_holds_the_attacker_for_good(calm: Load, play: Play) -> None:
    past = play(calm(*EVEN, edit=belts(belt(at_km2=35, pace_share=0))), 20)
    assert gains(past)[-1] == pytest.approx(40)


def test_a_belt_slows_only_the_enemy_of_who_holds_it(calm: Load, play: Play) -> None:
    wide = {"at_km2": -1000, "depth_km2": 2000}
    theirs, ours = belts(belt(**wide)), belts(belt(held_by="attacker", **wide))
    for overrides, slows, does_not in ((EVEN, theirs, ours), (PUSHED_BACK, ours, theirs)):
        usual = play(calm(*overrides), 5).of("advance")[1:, 0]
        assert play(calm(*overrides, edit=does_not), 5).of("advance")[1:, 0] == pytest.approx(usual)
        assert play(calm(*overrides, edit=slows), 5).of("advance")[1:, 0] == pytest.approx(usual / 2)


# What a scenario may not say


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("front.mud_months=[0]", "from 1 to 12"),
        ("front.mud_months=[13]", "from 1 to 12"),
        ("front.total_area_km2=1000", "larger than total_area_km2"),
    ],
)
def test_what_the_front_refuses(calm: Load, override: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        calm(override)
