"""Attrition: laws of battle against closed forms, and what raises and lowers losses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.draws import Draws
from sim.model.attrition import LAWS, AttritionParameters, battle_losses, cost_of_attacks
from sim.scenario import ScenarioError

Load, Play, Tree = Callable[..., Any], Callable[..., Any], dict[str, Any]

CONSTANT = ("attrition.law=own", "attrition.own_exponent=0", "attrition.enemy_exponent=0")
FIRELESS = ("attrition.attacker.fire_share=0", "attrition.defender.fire_share=0")


def pair(attacker: float, defender: float) -> np.ndarray:
    return np.array([[float(attacker)], [float(defender)]])


def losses(
    force: np.ndarray,
    rate: np.ndarray,
    exponents: tuple[float, float] = (0.0, 0.0),
    arrivals: np.ndarray | float = 0.0,
    reference: np.ndarray | None = None,
    cap: float = 1.0,
    steps: int = 1,
) -> np.ndarray:
    """The losses of a day of one replication, as [attacker, defender]."""
    own, enemy = exponents
    return battle_losses(
        force,
        np.zeros_like(force) + arrivals,
        force if reference is None else reference,
        rate,
        (np.array([own]), np.array([enemy])),
        np.array([cap]),
        steps,
    ).ravel()


# Laws


def fight(exponents: tuple[float, float], steps: int, days: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Forces before and after some days, and the constants k of dA/dt = -k_A A^a D^b, dD/dt = -k_D D^a A^b."""
    start, reference, rate = pair(90_000, 60_000), pair(100_000, 50_000), pair(600, 900)
    force = start.copy()
    for _ in range(days):
        force -= losses(force, rate, exponents, reference=reference, steps=steps)[:, None]
    own, enemy = exponents
    k = rate / (reference**own * reference[::-1] ** enemy)
    return start.ravel(), force.ravel(), k.ravel()


def drift(exponents: tuple[float, float], steps: int) -> float:
    """How far the quantity that should not change has moved, relative to the terms of its change."""
    before, after, k = fight(exponents, steps)
    assert (after < 0.9 * before).any(), "a fight that changes nothing shows nothing"
    e = 1 + exponents[1] - exponents[0]
    size = np.log if e == 0 else lambda force: force**e
    terms = k[::-1] * (size(after) - size(before))
    return float((terms[0] - terms[1]) / np.abs(terms).max())


# (own, enemy) exponents: e = 2, 0, 0.6, 1.5
EXPONENTS = LAWS | {"mixed": (0.7, 0.3)}
CURVED = {"square": (0.0, 1.0), "logarithmic": (1.0, 0.0), "mixed": (0.7, 0.3), "own": (0.25, 0.75)}


def test_the_laws_are_the_exponents_of_the_text() -> None:
    assert LAWS == {"square": (0, 1), "linear": (1, 1), "logarithmic": (1, 0)}
    # Where a scenario does not say otherwise.
    assert AttritionParameters.model_fields["mixed_exponent"].default == EXPONENTS["mixed"][1]


@pytest.mark.parametrize("law", CURVED)
def test_the_invariant_of_a_law_is_kept_to_first_order(law: str) -> None:
    coarse, fine = drift(CURVED[law], 100), drift(CURVED[law], 200)
    assert 0 < abs(fine) < abs(coarse) < 1e-4
    assert coarse / fine == pytest.approx(2, abs=0.02)


@pytest.mark.parametrize("steps", [1, 7])
def test_the_invariant_of_the_linear_law_is_kept_at_any_step(steps: int) -> None:
    assert abs(drift((1.0, 1.0), steps)) < 1e-10


def test_the_logarithmic_law_is_exponential_decay() -> None:
    before, after, k = fight((1.0, 0.0), 500, days=20)
    assert after == pytest.approx(before * np.exp(-k * 20), rel=3e-5)


def test_the_square_law_is_the_hyperbolic_solution() -> None:
    before, after, k = fight((0.0, 1.0), 500, days=20)
    speed = np.sqrt(k[0] * k[1])
    expected = before * np.cosh(20 * speed) - before[::-1] * np.sqrt(k / k[::-1]) * np.sinh(20 * speed)
    assert after == pytest.approx(expected, rel=3e-5)


def test_the_linear_law_is_the_logistic_solution() -> None:
    before, after, k = fight((1.0, 1.0), 500, days=20)
    difference = k[1] * before[0] - k[0] * before[1]
    ratio = k[1] * before[0] / (k[0] * before[1]) * np.exp(difference * 20)
    assert k[1] * after[0] / (k[0] * after[1]) == pytest.approx(ratio, rel=3e-5)


@pytest.mark.parametrize(
    ("law", "attacker", "defender"),
    [("square", 0.5, 2.0), ("linear", 1.0, 1.0), ("logarithmic", 2.0, 0.5), ("mixed", 2**0.7 * 0.5**0.3, 0.5**0.7 * 2**0.3)],
)
def test_exponents_are_of_the_own_and_of_the_enemys_force(law: str, attacker: float, defender: float) -> None:
    """Twice the attacker's reference against half of the defender's."""
    lost = losses(pair(2_000, 500), pair(3, 2), EXPONENTS[law], reference=pair(1_000, 1_000))
    assert lost == pytest.approx([3 * attacker, 2 * defender])


@settings(max_examples=60, deadline=None)
@given(
    force=st.tuples(st.floats(10, 1e6), st.floats(10, 1e6)),
    rate=st.tuples(st.floats(0, 1e4, allow_subnormal=False), st.floats(0, 1e4, allow_subnormal=False)),
    exponents=st.tuples(st.floats(0, 2), st.floats(0, 2)),
    joined=st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)),
    cap=st.floats(0, 1, allow_subnormal=False),
    steps=st.integers(1, 5),
)
def test_properties_of_a_day_of_battle(
    force: tuple[float, float],
    rate: tuple[float, float],
    exponents: tuple[float, float],
    joined: tuple[float, float],
    cap: float,
    steps: int,
) -> None:
    forces, rates, reference = pair(*force), pair(*rate), pair(5_000, 20_000)
    arrivals = forces * pair(*joined)

    def lost(order: slice, scale: float = 1.0) -> np.ndarray:
        return losses(forces[order], scale * rates[order], exponents, arrivals[order], reference[order], cap, steps)[order]

    here = lost(slice(None))
    assert np.array_equal(here, lost(slice(None, None, -1))), "both sides follow the same rules"
    assert (here >= 0).all()
    assert (here <= cap * forces.ravel() * (1 + 1e-12)).all()
    assert lost(slice(None), 0.0).tolist() == [0, 0]
    if steps == 1:
        assert (here <= lost(slice(None), 1.5)).all()


# Cap, nobody, arrivals


def test_losses_are_capped_by_a_share_of_the_force() -> None:
    assert losses(pair(1_000, 500), pair(1e6, 3), cap=0.02) == pytest.approx([20, 3])
    assert losses(pair(1_000, 500), pair(1e6, 3), cap=0.02, steps=7) == pytest.approx([20, 3])


def test_no_one_dies_twice() -> None:
    assert losses(pair(1_000, 500), pair(1e9, 1e9), (0, 1), cap=1.0, steps=9) == pytest.approx([1_000, 500])
    assert losses(pair(0, 500), pair(10, 10), (0, 1), reference=pair(1, 500)).tolist() == [0, 10]


@pytest.mark.parametrize(("steps", "lost"), [(1, 550), (2, 325 + 450)])
def test_no_one_dies_before_arriving(steps: int, lost: float) -> None:
    """Of 1,000, 900 come over the day: at the middle of each step 550, or 325 and then 775 less those lost."""
    assert losses(pair(1_000, 500), pair(1e9, 0), arrivals=pair(900, 0), steps=steps) == pytest.approx([lost, 0])


def test_nobody_counts_as_one() -> None:
    """The enemy of an army that is gone loses as if one man were left."""
    assert losses(pair(1_000, 0), pair(5, 5), (0, 1), reference=pair(1_000, 100))[0] == pytest.approx(5 / 100)


@pytest.mark.parametrize("steps", [1, 2, 5, 50])
def test_arrivals_come_evenly_over_the_day(steps: int) -> None:
    """Losses are proportional to those present and small: the mean present is force - arrivals/2."""
    lost = losses(pair(1_000, 1_000), pair(1e-6, 1e-6), (1, 0), pair(400, 0), reference=pair(1_000, 1_000), steps=steps)
    assert lost == pytest.approx([0.8e-6, 1e-6], rel=1e-8)


def test_arrivals_of_each_step() -> None:
    """Two steps of the square law of own forces, by hand: present 1000 - 400*3/4, then 1000 - 400/4."""
    lost = losses(pair(1_000, 1_000), pair(1e-6, 1e-6), (2, 0), pair(400, 0), reference=pair(1_000, 1_000), steps=2)
    assert lost[0] == pytest.approx((0.7**2 + 0.9**2) / 2 * 1e-6, rel=1e-8)


# Losses of a war


def test_casualties_start_at_what_is_observed(calm: Load, play: Play) -> None:
    scenario = calm(*CONSTANT, "attrition.attacker.daily_casualties=1234", "attrition.level_factor=1.5")
    past = play(scenario, 2)
    expected = [1.5 * 1234, 1.5 * scenario.world.attrition.defender.daily_casualties.central]
    assert past.of("casualties")[1, :, 0] == pytest.approx(expected)


def test_casualties_add_up(varied: Load, play: Play) -> None:
    past = play(varied(), 60, n=5)
    assert past.of("cumulative_casualties") == pytest.approx(np.cumsum(past.of("casualties"), axis=0))
    assert past.of("casualties")[0].max() == 0


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_a_share_of_losses_follows_the_enemys_fire(calm: Load, play: Play, share: float) -> None:
    past = play(calm(*CONSTANT, f"attrition.attacker.fire_share={share}", edit=disarmed), 60)
    fire = past.of("fire")[1:, :, 0] / past.of("reference_fire")[1:, :, 0]
    assert fire[-1, 1] < 0.9
    lost = past.of("casualties")[1:, 0, 0]
    assert lost == pytest.approx(lost[0] * (1 - share + share * fire[:, 1]))


def disarmed(tree: Tree) -> None:
    """No one supplies the defender."""
    tree["arms"]["backers"] = []
    tree["arms"]["defender"]["production_fire_days_per_month"] = 0


@pytest.mark.parametrize("law", ["square", "linear", "logarithmic", "mixed"])
def test_casualties_follow_the_law_of_the_scenario(calm: Load, play: Play, law: str) -> None:
    past = play(calm(f"attrition.law={law}", "attrition.level_factor=3", *FIRELESS), 120)
    own, enemy = EXPONENTS[law]
    size = (past.of("force") + past.of("casualties") + 0)[1:, :, 0]
    size += past.daily("deserted")[:, :, 0] - past.of("arrivals")[1:, :, 0] / 2
    size /= past.of("reference_force")[1:, :, 0]
    lost = past.of("casualties")[1:, :, 0]
    rate = lost / (size**own * size[:, ::-1] ** enemy)
    assert np.ptp(size[:, 1]) > 0.02
    assert rate == pytest.approx(np.broadcast_to(rate[0], rate.shape), rel=1e-9)


def test_own_exponents(calm: Load, play: Play) -> None:
    named = play(calm("attrition.law=mixed"), 60)
    own = play(calm("attrition.law=own", "attrition.own_exponent=0.7", "attrition.enemy_exponent=0.3"), 60)
    assert np.array_equal(named.of("casualties"), own.of("casualties"))


@pytest.mark.parametrize("side", ["attacker", "defender"])
def test_losses_follow_how_hard_both_attack(calm: Load, play: Play, side: str) -> None:
    def edit(tree: Tree) -> None:
        tree["front"]["offensives"] = [
            {"id": "push", "side": side, "date": date(2024, 12, 14), "days": 5, "intensity": 2, "probability": 1}
        ]

    quiet, assault, usual = 0.4, 0.7, np.array([1.0, 0.5])
    knobs = (f"attrition.quiet_share={quiet}", f"attrition.assault_share={assault}", "front.counter_attack_share=0.5")
    past = play(calm(*CONSTANT, *FIRELESS, *knobs, edit=edit), 20)
    lost = past.of("casualties")[1:, :, 0]
    now = np.where(np.arange(2) == (side == "defender"), 2.0, usual)
    expected = np.ones((20, 2))
    for row in (0, 1):
        attacks, as_usual = (assault * how[row] + (1 - assault) * how[1 - row] for how in (now, usual))
        expected[10:15, row] = quiet + (1 - quiet) * attacks / as_usual
    assert lost == pytest.approx(expected * lost[0])


@given(
    usual=st.tuples(st.floats(0.01, 5), st.floats(0.01, 5)), quiet=st.floats(0, 1), assault=st.floats(0, 0.9),
    factor=st.floats(0, 5),
)  # fmt: skip
def test_the_effort_is_one_as_usual_and_follows_in_proportion(
    usual: tuple[float, float], quiet: float, assault: float, factor: float
) -> None:
    attacks = pair(*usual)
    own, enemy = cost_of_attacks(attacks, np.array([quiet]), np.array([assault]))

    def effort(intensity: np.ndarray) -> np.ndarray:
        return (quiet + own * intensity + enemy * intensity[::-1]).ravel()

    assert effort(attacks) == pytest.approx([1, 1])
    assert effort(0 * attacks) == pytest.approx([quiet, quiet])
    assert effort(factor * attacks) == pytest.approx(np.full(2, quiet + (1 - quiet) * factor))
    swapped = cost_of_attacks(attacks[::-1], np.array([quiet]), np.array([assault]))
    assert [part[::-1].ravel().tolist() for part in swapped] == [own.ravel().tolist(), enemy.ravel().tolist()]


def test_attacks_come_on_top_where_no_one_attacks_as_a_rule() -> None:
    own, enemy = cost_of_attacks(pair(0, 0), np.array([0.3]), np.array([0.5]))
    assert own.ravel() == pytest.approx([0.35, 0.35])
    assert enemy.ravel() == pytest.approx([0.35, 0.35])


@pytest.mark.parametrize("protection", [0.0, 0.5, 2.0])
def test_ones_own_fire_spares_ones_own(calm: Load, play: Play, protection: float) -> None:
    past = play(calm(*CONSTANT, *FIRELESS, f"attrition.protection={protection}", edit=disarmed), 40)
    ready = past.of("ready_fire")[1:, :, 0] / past.of("reference_fire")[1:, :, 0]
    assert ready[-1, 1] < 0.8
    lost = past.of("casualties")[1:, :, 0]
    assert lost == pytest.approx(lost[0] / ready[0] ** -protection * ready**-protection)
    assert (lost[-1, 1] > lost[0, 1]) == (protection > 0)


def test_max_daily_loss_share_holds_in_a_war(calm: Load, play: Play) -> None:
    past = play(calm("attrition.level_factor=10", "attrition.max_daily_loss_share=0.005"), 10)
    morning = past.of("force")[1:] + past.of("casualties")[1:] + past.daily("deserted")
    assert past.of("casualties")[1:] == pytest.approx(0.005 * morning)


def test_more_steps_a_day_change_little_and_ever_less(calm: Load, play: Play) -> None:
    total = {
        steps: play(calm("attrition.law=square", f"attrition.steps_per_day={steps}"), 60).of("cumulative_casualties")[-1]
        for steps in (1, 2, 4)
    }
    first, second = np.abs(total[2] - total[1]), np.abs(total[4] - total[2])
    assert (first / total[1] < 0.01).all()
    assert (second < first).all()


# Tempo and noise


def test_tempo_changes_with_the_months_and_has_mean_one(calm: Load, play: Play) -> None:
    ar, sd = 0.8, 0.3
    past = play(calm(f"attrition.tempo_ar={ar}", f"attrition.tempo_change_log_sd={sd}"), 95, n=2000)
    tempo = past.of("tempo")
    assert np.flatnonzero((np.diff(tempo, axis=0) != 0).any(axis=1)).tolist() == [31, 62, 90]
    luck = Draws(1, np.arange(2000)).normal("attrition/tempo", in_turn=True)
    log, variance = np.zeros(2000), 0.0
    for month, day in enumerate((31, 62, 90), start=1):
        log, variance = ar * log + sd * luck.at(month), ar**2 * variance + sd**2
        assert tempo[day + 1] == pytest.approx(np.exp(log - variance / 2), rel=1e-9)
        assert tempo[day + 1].mean() == pytest.approx(1, abs=4 * np.sqrt(np.expm1(variance) / 2000))
    assert (tempo[:32] == 1).all()


def test_noise_has_mean_one_and_the_spread_and_memory_asked_for(calm: Load, play: Play) -> None:
    ar, sd = 0.6, 0.4
    overrides = (*CONSTANT, *FIRELESS, f"attrition.noise_ar={ar}", f"attrition.noise_log_sd={sd}")
    scenario = calm(*overrides, "attrition.max_daily_loss_share=1", "attrition.level_factor=1")
    noise = play(scenario, 25, n=2000).of("casualties")[1:] / pair(
        scenario.world.attrition.attacker.daily_casualties.central,
        scenario.world.attrition.defender.daily_casualties.central,
    )
    log = np.log(noise)
    for day in (0, 24):
        assert noise[day].mean() == pytest.approx(1, abs=4 * np.sqrt(np.expm1(sd**2) / 4000))
        assert log[day].std() == pytest.approx(sd, rel=0.05)
    assert np.corrcoef(log[10, 0], log[11, 0])[0, 1] == pytest.approx(ar, abs=0.06)
    assert np.corrcoef(log[10, 0], log[12, 0])[0, 1] == pytest.approx(ar**2, abs=0.08)
    assert abs(np.corrcoef(log[10, 0], log[10, 1])[0, 1]) < 0.09
    luck = Draws(1, np.arange(2000)).normal("attrition/noise/defender", in_turn=True)
    assert log[0, 1] == pytest.approx(sd * luck.at(0) - sd**2 / 2, rel=1e-9)
    step = log[1, 1] + sd**2 / 2 - ar * (log[0, 1] + sd**2 / 2)
    assert step == pytest.approx(sd * np.sqrt(1 - ar**2) * luck.at(1), abs=1e-9)


@pytest.mark.parametrize(
    "overrides",
    [("attrition.own_exponent=1",), ("attrition.law=own",), ("attrition.law=own", "attrition.own_exponent=1")],
)
def test_exponents_belong_to_the_own_law(calm: Load, overrides: tuple[str, ...]) -> None:
    with pytest.raises(ScenarioError, match="belong to law: own"):
        calm(*overrides)
