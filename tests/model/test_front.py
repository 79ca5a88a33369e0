"""The front: how the balance, effort, season and belts move it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.draws import Draws
from sim.model.front import drive_of, log_balance, share_of_fastest
from sim.scenario import ScenarioError

Load, Play, Tree = Callable[..., Any], Callable[..., Any], dict[str, Any]

PACE, FASTEST, ADVANTAGE, DECISIVE = 10.0, 60.0, 0.3, 4.0
SHAPE = (
    f"front.fastest_km2_per_day={FASTEST}",
    f"front.defenders_advantage={ADVANTAGE}",
    f"front.decisive_balance={DECISIVE}",
    "front.counter_attack_share=0.5",
)
SETTLED = (f"front.advance_km2_per_day={PACE}", f"front.advance_settled_km2_per_day={PACE}")
# The balance does not matter and the pace does not change: the same ground every day.
EVEN = ("front.force_elasticity=0", "front.fire_elasticity=0", "front.concentration=0", *SHAPE, *SETTLED)
# The attacker has far less than the force that would keep the front where it is.
PUSHED_BACK = (
    "front.force_elasticity=20",
    "front.fire_elasticity=0",
    *SHAPE,
    *SETTLED,
    "manpower.attacker.reference_force_persons=50_000_000",
)


def shares(drive: Any, advantage: float = ADVANTAGE, decisive: float = DECISIVE) -> np.ndarray:
    """The pace at several balances, as a share of the fastest."""
    drive = np.atleast_1d(np.asarray(drive, dtype=float))
    return share_of_fastest(drive, np.full(drive.shape, advantage), np.full(drive.shape, decisive))


def lead(pace: float) -> float:
    """The balance at which the front moves at this pace."""
    return drive_of(np.array([pace / FASTEST]), np.array([ADVANTAGE]), np.array([DECISIVE])).item()


def unstated(tree: Tree) -> None:
    """State no pace of the front."""
    for name in ("advance_km2_per_day", "advance_settled_km2_per_day"):
        del tree["front"][name]


def offensive(**values: Any) -> dict[str, Any]:
    return {"id": "push", "date": date(2024, 12, 14), "days": 20, "intensity": 1.5, "probability": 1} | values


def offensives(*several: dict[str, Any]) -> Callable[[Tree], None]:
    return lambda tree: tree["front"].update(offensives=list(several))


def belt(**values: Any) -> dict[str, Any]:
    return {"id": "line", "held_by": "defender", "at_km2": 100, "depth_km2": 50, "pace_share": 0.5} | values


def belts(*several: dict[str, Any]) -> Callable[[Tree], None]:
    return lambda tree: tree["front"].update(belts=list(several))


# The pace as a function of the balance

advantages = st.floats(1e-3, 20)
decisives = st.floats(1e-2, 100)
drives = st.floats(-1e3, 1e3)


@given(share=st.floats(-0.999999, 0.999999), advantage=advantages, decisive=decisives)
def test_the_balance_of_a_pace_gives_that_pace(share: float, advantage: float, decisive: float) -> None:
    drive = drive_of(np.array([share]), np.array([advantage]), np.array([decisive]))
    assert share_of_fastest(drive, np.array([advantage]), np.array([decisive])) == pytest.approx(share, rel=1e-8, abs=1e-12)
    # Half of the least number there is would be none.
    assert np.sign(drive) == np.sign(share) or abs(share) < np.finfo(np.float64).tiny


@given(drive=drives, advantage=advantages, decisive=decisives)
def test_who_is_ahead_does_not_matter_for_how_fast(drive: float, advantage: float, decisive: float) -> None:
    ahead, behind = shares([drive, -drive], advantage, decisive)
    assert ahead == -behind
    assert abs(ahead) <= 1
    assert ahead * np.sign(drive) >= -1e-15


@given(low=drives, high=drives, advantage=advantages, decisive=decisives)
def test_a_better_balance_is_never_slower(low: float, high: float, advantage: float, decisive: float) -> None:
    worse, better = shares(sorted((low, high)), advantage, decisive)
    assert worse <= better + 1e-12


@given(part=st.floats(-1, 1), advantage=advantages, decisive=decisives)
def test_within_the_advantage_the_front_hardly_moves(part: float, advantage: float, decisive: float) -> None:
    drive = part * advantage
    assert (
        abs(shares(drive, advantage, decisive).item())
        <= abs(part) ** 2 * abs(drive) / (3 * decisive) * (1 + 1e-9) + 1e-14 * advantage / decisive
    )


@given(beyond=st.floats(3, 50), advantage=advantages, decisive=decisives)
def test_beyond_it_the_advantage_is_what_is_lost(beyond: float, advantage: float, decisive: float) -> None:
    drive = beyond * advantage
    expected = np.tanh((drive - advantage) / decisive)
    assert shares(drive, advantage, decisive).item() == pytest.approx(expected, rel=0.005)


def test_values_worked_out_on_paper() -> None:
    # 1 - 0.3 tanh(1/0.3) = 0.70076, over 4; decisive_balance beyond the advantage makes tanh(1), three quarters.
    assert shares([0, 1, -1]) == pytest.approx([0, np.tanh(0.175191), -np.tanh(0.175191)], abs=1e-5)
    assert shares(DECISIVE + ADVANTAGE) == pytest.approx(np.tanh(1), abs=1e-6)


@given(
    force=st.tuples(st.floats(2, 1e7), st.floats(2, 1e7)), fire=st.tuples(st.floats(0.02, 1), st.floats(0.02, 1)),
    elasticity=st.tuples(st.floats(0, 20), st.floats(0, 20)), more=st.floats(1, 10),
)  # fmt: skip
def test_more_of_anything_is_never_worse_for_its_side(
    force: tuple[float, float], fire: tuple[float, float], elasticity: tuple[float, float], more: float
) -> None:
    def balance(of: int, side: int, factor: float) -> float:
        levels = [np.array(force)[:, None].copy(), np.array(fire)[:, None].copy()]
        levels[of][side] *= factor
        return log_balance(*levels, np.ones((2, 1)), np.array([elasticity[0]]), np.array([elasticity[1]])).item()

    for of in (0, 1):
        here = balance(of, 0, 1.0)
        assert balance(of, 0, more) - here == pytest.approx(elasticity[of] * np.log(more), abs=1e-9)
        assert balance(of, 1, more) - here == pytest.approx(-elasticity[of] * np.log(more), abs=1e-9)
        assert balance(of, 0, more) >= here - 1e-12 >= balance(of, 1, more) - 2e-12


# Ground


def test_ground_is_gained_at_the_pace_of_the_start(calm: Load, play: Play) -> None:
    past = play(calm(*EVEN), 50)
    assert past.of("advance")[1:, 0] == pytest.approx(np.full(50, PACE))
    assert past.of("held_area")[:, 0] == pytest.approx(past.of("held_area")[0, 0] + PACE * np.arange(51))
    assert past.of("intensity")[:, :, 0] == pytest.approx(np.full((51, 2), [1, 0.5]))


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
    assert lost.of("held_area")[:, 0] == pytest.approx([95, 35, 0, 0, 0, 0, 0], abs=1e-6)
    assert lost.of("free_area")[-1, 0] == 120


def test_the_balance_is_of_force_and_fire_relative_to_the_references(calm: Load, play: Play) -> None:
    references = ("arms.attacker.reference_fire_share=0.8", "manpower.defender.reference_force_persons=380_000")
    pace = ("front.advance_km2_per_day=20", "front.advance_settled_km2_per_day=20")
    past = play(calm("front.force_elasticity=2", "front.fire_elasticity=0.7", *SHAPE, *pace, *references), 60)
    # The front is moved after the arrivals of the morning and before the losses of the day are booked.
    force = (past.of("force") + past.of("casualties"))[1:, :, 0] + past.daily("deserted")[:, :, 0]
    force /= past.of("reference_force")[1:, :, 0]
    fire = (past.of("ready_fire") / past.of("reference_fire"))[1:, :, 0]
    balance = 2 * np.log(force[:, 0] / force[:, 1]) + 0.7 * np.log(fire[:, 0] / fire[:, 1])
    assert np.ptp(balance) > 0.01
    assert abs(balance[0]) > 0.01
    assert past.of("balance")[1:, 0] == pytest.approx(balance)
    assert past.of("drive")[1:, 0] == pytest.approx(balance + lead(20))
    assert past.of("advance")[1:, 0] == pytest.approx(FASTEST * shares(balance + lead(20)), rel=1e-9)


def test_the_defender_gains_ground_as_hard_as_he_attacks(calm: Load, play: Play) -> None:
    for share in (0.0, 0.5, 2.0):
        past = play(calm(*PUSHED_BACK, f"front.counter_attack_share={share}"), 5)
        assert past.of("advance")[1:, 0] == pytest.approx(np.full(5, -FASTEST * share), rel=1e-6)


def test_without_arms_there_is_a_floor_under_fire(calm: Load, play: Play) -> None:
    def edit(tree: Tree) -> None:
        tree["arms"]["backers"] = []
        tree["arms"]["attacker"].update(ration_days=1, fire_at_start_share=0.5, production_fire_days_per_month=0)
        tree["arms"]["defender"].update(ration_days=1, fire_at_start_share=0.5, production_fire_days_per_month=0.1)
        for side in ("attacker", "defender"):
            tree["arms"][side]["reference_fire_share"] = 0.5

    past = play(calm(*EVEN, "front.fire_elasticity=0.2", edit=edit), 60)
    fire = past.of("ready_fire")[1:, :, 0]
    assert fire[-1, 0] < 1e-6
    balance = 0.2 * np.log(np.maximum(fire[:, 0], 0.01) / np.maximum(fire[:, 1], 0.01))
    assert past.of("advance")[1:, 0] == pytest.approx(FASTEST * shares(balance + lead(PACE)))


def test_mud_slows_in_its_months(calm: Load, play: Play) -> None:
    seasons = ("front.mud_months=[1, 3]", "front.mud_season_factor=0.25", "front.dry_season_factor=1.5")
    # The pace at the start is that of its season: nothing of it is noise.
    past = play(calm(*EVEN, f"front.advance_km2_per_day={1.5 * PACE}", *seasons), 100)
    first = date(2024, 12, 4).toordinal()
    month = np.array([date.fromordinal(first + day).month for day in range(100)])
    expected = np.where(np.isin(month, [1, 3]), 0.25, 1.5)
    assert past.of("advance")[1:, 0] == pytest.approx(PACE * expected)
    assert set(month.tolist()) == {12, 1, 2, 3}
    assert past.of("intensity")[1:, :, 0] == pytest.approx(expected[:, None] * [1, 0.5])


# Pace


@pytest.mark.parametrize("settled", [-20.0, -0.5, 0.0, 0.01, 10.0, 50.0])
@pytest.mark.parametrize("named", ["advance_km2_per_day", "advance_settled_km2_per_day"])
def test_a_stated_pace_comes_out_at_the_references(calm: Load, play: Play, settled: float, named: str) -> None:
    def edit(tree: Tree) -> None:
        unstated(tree)
        tree["front"][named] = settled

    # As hard as the attacker the defender attacks here, so that below 0 it is his gain.
    past = play(calm(*EVEN[:3], *SHAPE, "front.counter_attack_share=1", edit=edit), 10)
    assert past.of("pace")[:, 0] == pytest.approx(np.full(11, settled), rel=1e-9, abs=1e-9)
    assert past.of("advance")[1:, 0] == pytest.approx(np.full(10, settled), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("seen", "settled"), [(PACE, 5.0), (20.0, -4.0), (-8.0, 3.0)])
def test_the_pace_reverts_to_the_settled_one(calm: Load, play: Play, seen: float, settled: float) -> None:
    paces = (f"front.advance_km2_per_day={seen}", f"front.advance_settled_km2_per_day={settled}")
    past = play(calm(*EVEN, *paces, "front.advance_reverts_days=40", "front.counter_attack_share=1"), 150)
    fading = (seen - settled) * np.exp(-np.arange(150) / 40)
    assert past.of("pace")[0, 0] == pytest.approx(seen)
    assert past.of("advance")[1:, 0] == pytest.approx(settled + fading, rel=1e-9, abs=1e-9)
    assert (past.of("intensity") == 1).all(), "what was seen at the start costs what it cost then"


def test_who_has_luck_at_the_front_attacks_harder_for_it(calm: Load, play: Play) -> None:
    past = play(calm(*EVEN, "front.advance_sd_km2_per_day=5", "front.effort_log_sd=0.2"), 60, n=20)
    noise, intensity = past.of("noise_of_pace")[1:], past.of("intensity")[1:]
    assert intensity[:, 0] == pytest.approx(np.exp(0.2 * noise / 5))
    assert intensity[:, 1] == pytest.approx(0.5 * np.exp(-0.2 * noise / 5))
    assert past.of("pace")[1:] == pytest.approx(PACE + noise)


def test_the_settled_pace_is_a_mean_about_which_the_front_wavers(calm: Load, play: Play) -> None:
    sd, reverts, n = 7.0, 10.0, 2000
    overrides = ("front.advance_settled_km2_per_day=5", f"front.advance_reverts_days={reverts}")
    past = play(calm(*EVEN, *overrides, f"front.advance_sd_km2_per_day={sd}"), 101, n=n)
    pace = past.of("advance")[1:]
    assert pace[0] == pytest.approx(PACE, rel=1e-12)
    assert pace[100].mean() == pytest.approx(5, abs=4 * sd / np.sqrt(n))
    assert pace[100].std() == pytest.approx(sd, rel=0.06)
    assert (pace[100] < 0).mean() == pytest.approx(0.2375, abs=0.04), "the defender gains in a quarter of the days"
    assert np.corrcoef(pace[90], pace[100])[0, 1] == pytest.approx(np.exp(-1), abs=0.08)
    luck = Draws(1, np.arange(n)).normal("front/pace", in_turn=True)
    phi = np.exp(-1 / reverts)
    assert pace[1] - 5 - phi * (pace[0] - 5) == pytest.approx(sd * np.sqrt(1 - phi**2) * luck.at(1), abs=1e-9)


@pytest.mark.parametrize("push", [0.0, 0.25, 0.5, 2.0])
def test_where_hardly_anyone_attacks_the_front_does_not_waver(calm: Load, play: Play, push: float) -> None:
    both = [
        offensive(id=side, side=side, date=date(2024, 12, 4), days=30, intensity=push) for side in ("attacker", "defender")
    ]
    past = play(
        calm(*EVEN, "front.advance_settled_km2_per_day=0", "front.advance_sd_km2_per_day=5", edit=offensives(*both)), 20
    )
    unexplained = past.of("noise_of_pace")[-1] + past.of("fading_pace")[-1]
    assert past.of("noise_of_pace")[-1] != 0
    assert past.of("fading_pace")[-1] != 0
    assert past.of("pace")[-1] == pytest.approx(unexplained * min(2 * push, 1))


def test_parity_moves_nothing_where_no_pace_is_stated(calm: Load, play: Play) -> None:
    def edit(tree: Tree) -> None:
        unstated(tree)
        for section in ("arms", "manpower", "attrition"):
            tree[section]["attacker"] = copy.deepcopy(tree[section]["defender"])
        tree["arms"]["backers"] = []

    past = play(calm("front.force_elasticity=4", *SHAPE, "front.counter_attack_share=1", edit=edit), 200)
    assert past.of("force")[-1, 0] != past.of("force")[0, 0]
    assert np.abs(past.of("drive")).max() < 1e-9
    assert np.abs(past.of("held_area") - past.of("held_area")[0]).max() < 1e-9


def test_references_play_no_part_in_the_balance_where_no_pace_is_stated(calm: Load, play: Play) -> None:
    rates = ("attrition.attacker.daily_casualties=0", "attrition.defender.daily_casualties=0")
    drives = [
        play(calm("front.force_elasticity=4", *rates, *references, edit=unstated), 5).of("drive")
        for references in (
            (),
            ("manpower.attacker.reference_force_persons=1_000_000", "arms.defender.reference_fire_share=0.9"),
        )
    ]
    assert drives[0][0, 0] > 0.5
    assert drives[0] == pytest.approx(drives[1], rel=1e-9)


@pytest.mark.parametrize(
    ("more", "sign"),
    [("manpower.defender.force_persons=600_000", -1), ("manpower.defender.force_persons=300_000", 1),
     ("manpower.attacker.force_persons=1_100_000", 1), ("arms.defender.fire_at_start_share=0.7", -1)],
)  # fmt: skip
def test_a_level_is_worth_having_for_its_side(varied: Load, play: Play, more: str, sign: int) -> None:
    """On paired luck, with the references as they are: who has more of it takes more ground, or loses less."""
    levels = ("manpower.attacker.force_persons=600_000", "manpower.defender.force_persons=400_000")
    usual, changed = (play(varied(*settings), 365, n=40).of("held_area")[-1] for settings in (levels, (*levels, more)))
    gain = sign * (changed - usual)
    assert gain.mean() > 4 * gain.std() / np.sqrt(40)
    assert (gain > 0).mean() > 0.8


@pytest.mark.parametrize("stated", [True, False])
def test_a_defender_with_far_more_of_both_takes_ground_within_a_year(varied: Load, play: Play, stated: bool) -> None:
    """1.8 times the men and 2.3 times the fire, against the levels and the references as they are."""

    def edit(tree: Tree) -> None:
        del tree["front"]["campaigns"]
        men, fire = tree["manpower"], tree["arms"]
        if stated:
            men["defender"].update(force_persons=720_000, reference_force_persons=400_000)
            men["attacker"].update(force_persons=580_000, reference_force_persons=580_000)
        else:
            unstated(tree)
            men["defender"].update(force_persons=720_000)
            men["attacker"].update(force_persons=400_000)
            for side in ("attacker", "defender"):
                men[side].pop("reference_force_persons", None)
        for side, share in (("attacker", 0.4), ("defender", 0.92)):
            fire[side].update(fire_at_start_share=share)
            fire[side].pop("reference_fire_share", None)
        if stated:
            fire["defender"]["reference_fire_share"] = 0.4
        # What is fired is made: the ratio lasts.
        fire["attacker"]["production_fire_days_per_month"] = 0.4 * 30.4375
        fire["defender"]["production_fire_days_per_month"] = 0.92 * 30.4375
        fire["backers"] = fire["halts"] = []
        tree["correlations"] = {}

    gained = play(varied(edit=edit), 365, n=100).of("held_area")
    taken = gained[0] - gained[-1]
    assert (taken > 0).mean() > 0.6, "also where elasticities are low"
    assert taken.mean() > 4 * taken.std() / 10


# Offensives


def test_an_offensive_raises_intensity_and_pace_for_its_days(calm: Load, play: Play) -> None:
    past = play(calm(*EVEN, edit=offensives(offensive(), offensive(id="lull", days=4.5, intensity=0.2))), 50)
    expected = np.ones(50)
    expected[10:30] *= 1.5
    expected[10:14] *= 0.2
    assert past.of("intensity")[1:, 0, 0] == pytest.approx(expected)
    assert past.of("intensity")[:, 1, 0] == pytest.approx(np.full(51, 0.5))
    assert past.of("advance")[1:, 0] == pytest.approx(PACE * expected)
    assert past.told("offensive begins") == [10, 10]
    assert past.told("offensive ends") == [14, 30]


def test_an_offensive_of_the_defender_is_his(calm: Load, play: Play) -> None:
    struck = offensive(side="defender", intensity=1.7)
    past = play(calm(*PUSHED_BACK, edit=offensives(struck)), 50)
    expected = np.full(50, 0.5)
    expected[10:30] = 1.7
    assert past.of("intensity")[1:, 1, 0] == pytest.approx(expected)
    assert past.of("intensity")[:, 0, 0] == pytest.approx(np.ones(51))
    assert past.of("advance")[1:, 0] == pytest.approx(-FASTEST * expected, rel=1e-6)
    forward = play(calm(*EVEN, edit=offensives(struck)), 50)
    assert forward.of("advance")[1:, 0] == pytest.approx(np.full(50, PACE)), "he gains no ground by attacking alone"


@pytest.mark.parametrize(("side", "sign", "usual"), [("attacker", 1, 1.0), ("defender", -1, 0.5)])
def test_who_attacks_harder_than_usual_masses_for_it(calm: Load, play: Play, side: str, sign: int, usual: float) -> None:
    past = play(calm(*EVEN, "front.concentration=2", edit=offensives(offensive(side=side, intensity=1.5))), 50)
    expected = np.full(50, lead(PACE))
    expected[10:30] += sign * 2 * (1.5 - usual)
    assert past.of("drive")[1:, 0] == pytest.approx(expected)
    push = np.where((np.arange(50) >= 10) & (np.arange(50) < 30), 1.5, 1.0 if side == "attacker" else 0.5)
    share = shares(expected)
    harder = np.where(share > 0, push if side == "attacker" else 1.0, push if side == "defender" else 0.5)
    assert past.of("advance")[1:, 0] == pytest.approx(FASTEST * share * harder)


@pytest.mark.parametrize(
    ("values", "share"),
    [({"probability": 0}, 0.0), ({"probability": 0.45}, 0.45), ({"date": date(2024, 12, 3)}, 0.0)],
    ids=["never", "sometimes", "before the start"],
)
def test_offensives_that_may_not_come(calm: Load, play: Play, values: Tree, share: float) -> None:
    past = play(calm(*EVEN, edit=offensives(offensive(**values))), 20, n=300)
    luck = Draws(1, np.arange(300)).uniform("front/offensive/push").at(0)
    assert (past.of("intensity")[15, 0] > 1).tolist() == (luck < share).tolist()
    assert (past.of("intensity")[:11, 0] == 1).all()


def test_an_offensive_does_not_help_who_is_pushed_back(calm: Load, play: Play) -> None:
    usual, pushing = play(calm(*PUSHED_BACK), 20), play(calm(*PUSHED_BACK, edit=offensives(offensive())), 20)
    assert pushing.of("advance")[:, 0] == pytest.approx(usual.of("advance")[:, 0], rel=1e-6)
    assert pushing.of("intensity")[15, 0, 0] == pytest.approx(1.5)


@pytest.mark.parametrize("trend", [-1.0, -0.2, 0.5])
def test_the_trend_of_the_effort(calm: Load, play: Play, trend: float) -> None:
    past = play(calm(*EVEN, f"front.intensity_trend_per_year={trend}", "arms.halts=[]"), 400)
    # By weeks.
    expected = np.maximum(1 + trend * (np.arange(400) // 7 * 7) / 365.25, 0)
    assert past.of("intensity")[1:, 0, 0] == pytest.approx(expected)
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
        ("front.fastest_km2_per_day=5", "no faster than the settled pace"),
        ("front.advance_settled_km2_per_day=-200", "no faster than the settled pace"),
    ],
)
def test_what_the_front_refuses(calm: Load, override: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        calm(override)
