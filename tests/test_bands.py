"""What is not known is parted from luck: on toys whose answer is known, and in the design that scenarios are run with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from sim.ensemble.run import Plan
from sim.results.bands import band_of_mean
from sim.results.signs import Signs, signs_of, split_by
from sim.studies.bands import assumptions_of, by_draw, histories

DRAWS, LUCKS = 60, 33
PLAN = Plan(2_000, 1, 60, series=False)


def told(values: Any, way: float = 1.0) -> Signs:
    found = signs_of(values, way)
    assert found is not None
    return found


def seen(rng: np.random.Generator, effects: Any, noise: float, lucks: int = 6) -> Any:
    return effects[:, None] + rng.normal(0.0, noise, size=(len(effects), lucks))


@pytest.mark.parametrize(
    ("kinds", "parts", "noise", "within"),
    [
        ((-1.0, 1.0), (0.125, 0.875), 1.0, 0.01), ((-0.5, 0.5), (0.15, 0.85), 0.5, 0.01), ((0.5,), (1.0,), 1.0, 0.01),
        # Skewed; where half of them does nothing it goes neither way.
        ((0.2, -0.5), (0.85, 0.15), 0.5, 0.03), ((-0.3, 1.0), (0.25, 0.75), 1.0, 0.04), ((0.0, 1.0), (0.5, 0.5), 0.7, 0.02),
        # What lies within half of what luck spreads is parted from its neighbours in part only.
        ((-0.1, 1.0), (0.6, 0.4), 0.5, 0.1), ((0.1, -2.0), (0.9, 0.1), 0.5, 0.11),
    ],
)  # fmt: skip
def test_the_share_of_a_sign_is_that_of_effects_of_any_shape(kinds: Any, parts: Any, noise: float, within: float) -> None:
    rng = np.random.default_rng(3)
    way = float(np.sign(np.dot(kinds, parts)))
    true = sum(part * (0.5 + 0.5 * way * np.sign(kind)) for kind, part in zip(kinds, parts, strict=True))
    effects = np.repeat(kinds, np.multiply(parts, 1000).astype(int))
    found = [told(seen(rng, effects, noise), way) for _ in range(4)]
    assert np.mean([one.share for one in found]) == pytest.approx(true, abs=within)


@pytest.mark.parametrize("draws", [100, 500])
@pytest.mark.parametrize(
    ("effects", "parts", "usual"),
    [
        # Rare, common, of one sign or two, beside luck or alone.
        ((-0.03, 0.07), (0.3, 0.7), 0.02), ((-0.03, 0.07), (0.3, 0.7), 0.0), ((-0.02, 0.3), (0.4, 0.6), 0.0),
        ((-0.2, 0.2), (0.25, 0.75), 0.05), ((0.04,), (1.0,), 0.0), ((0.3,), (1.0,), 0.1), ((0.0, 0.2), (0.5, 0.5), 0.0),
        ((0.0,), (1.0,), 0.05),
    ],
)  # fmt: skip
def test_the_share_of_a_sign_of_what_happens_or_does_not(draws: int, effects: Any, parts: Any, usual: float) -> None:
    """Of what luck changes in both ways as often as usual, and an effect in one more often."""
    rng = np.random.default_rng(5)
    found, true = [], []
    effect = np.repeat(effects, np.multiply(parts, draws).astype(int))[:, None]
    up, down = usual + np.maximum(effect, 0.0), usual + np.maximum(-effect, 0.0)
    for _ in range(10):
        luck = rng.random((draws, 6))
        values = np.where(luck < up, 1.0, np.where(luck < up + down, -1.0, 0.0))
        found.append(told(values))
        true.append(float((0.5 + 0.5 * np.sign(effect[:, 0]))[(values != 0).any(axis=1)].mean()))
    assert np.mean([one.share for one in found]) == pytest.approx(np.mean(true), abs=0.06)
    held = [one.low <= share <= one.high for one, share in zip(found, true, strict=True)]
    assert np.mean(held) >= 0.7, "but where all have one sign, an end lies at it or just below"


def test_effects_are_told_by_what_luck_spreads_them_and_not_by_their_size() -> None:
    rng = np.random.default_rng(6)
    small = np.where(np.arange(100) < 30, -1.0, 200.0)
    assert told(seen(rng, small, 0.01)).share == pytest.approx(0.7, abs=0.01)
    assert told(rng.lognormal(0.0, 2.0, 100)[:, None] * (1.0 + 0.01 * rng.normal(size=(100, 6)))).share == 1.0
    # Luck is another in each draw.
    uneven = np.where(np.arange(100) < 35, -1.0, 5.0)
    noise = np.where(uneven < 0.0, 0.3, 10.0)[:, None]
    shares = [told(uneven[:, None] + noise * rng.normal(size=(100, 6))).share for _ in range(10)]
    assert np.mean(shares) == pytest.approx(0.65, abs=0.04)


@pytest.mark.parametrize("value", [0.5, -3.0, 1e-9])
def test_an_effect_that_is_the_same_in_every_history_has_its_sign_in_all(value: float) -> None:
    for values in (np.full((100, 6), value), np.repeat([[value]] * 40 + [[0.0]] * 60, 6, axis=1)):
        signs = told(values, value)
        assert (signs.share, signs.is_clear) == (1.0, True)
        assert told(values, -value).share == 0.0
    near = value + 1e-3 * abs(value) * np.random.default_rng(2).normal(size=(100, 6))
    assert told(near, value).share == 1.0


def test_the_share_of_a_sign_is_covered_by_its_interval() -> None:
    rng, inside = np.random.default_rng(4), 0
    trials, true = 200, norm.cdf(0.05 / 0.06)
    for _ in range(trials):
        signs = told(seen(rng, rng.normal(0.05, 0.06, size=DRAWS), 0.5, LUCKS))
        inside += signs.low <= true <= signs.high
    assert 0.88 <= inside / trials <= 0.99


@pytest.mark.parametrize(("effect", "spread", "clear"), [(0.2, 0.1, True), (-0.2, 0.1, True), (0.05, 0.1, False)])
def test_the_sign_of_a_planted_effect(effect: float, spread: float, clear: bool) -> None:
    rng = np.random.default_rng(7)
    # Just these effects over the assumptions.
    effects = effect + spread * norm.ppf((np.arange(400) + 0.5) / 400)
    signs = told(seen(rng, effects, 0.1, 20), effect)
    assert signs.is_clear == clear
    assert (signs.draws, signs.moved) == (400, 400)
    assert signs.share == pytest.approx(norm.cdf(abs(effect) / spread), abs=0.02)


def test_the_sign_turns_with_the_effect() -> None:
    values = np.random.default_rng(8).normal(0.1, 0.3, size=(DRAWS, LUCKS))
    one, other = told(values), told(-values, -1.0)
    assert other == pytest.approx(one, abs=1e-9)
    against = told(values, -1.0)
    assert (against.share, against.low, against.high) == pytest.approx((1 - one.share, 1 - one.high, 1 - one.low), abs=0.02)


def test_a_draw_in_which_no_pair_differs_has_no_sign() -> None:
    """As where a threshold is not met: such draws are counted apart, and not pulled to the side of the others."""
    rng = np.random.default_rng(10)
    values = np.where(rng.random((DRAWS, LUCKS)) < 0.3, -1.0, 0.0)
    values[20:] = 0.0
    signs = told(values, -1.0)
    assert (signs.draws, signs.moved) == (DRAWS, 20)
    assert (signs.share, signs.is_clear) == (1.0, True)
    # Of twenty of twenty no more can be said.
    assert signs.low == pytest.approx(0.025 ** (1 / 20), abs=1e-4)
    # Whose way it goes where it does anything may still be undetermined.
    values[:8] *= -1.0
    mixed = told(values, -1.0)
    assert mixed.share == pytest.approx(12 / 20)
    assert not mixed.is_clear
    # A share that is large enough by chance only.
    assert not told(values[4:20:3], -1.0).is_clear
    assert signs_of(np.zeros((DRAWS, LUCKS)), 1.0) is None
    # Of amounts that differ in few pairs, one that is not seen may outweigh all.
    rare = np.where(rng.random((DRAWS, 6)) < 0.1, rng.lognormal(0.0, 1.0, (DRAWS, 6)), 0.0)
    assert told(rare).share == pytest.approx(1.0, abs=1e-3)
    rare[: DRAWS // 2] *= -0.1
    assert signs_of(rare, 1.0) is None
    # Both ways in each draw.
    assert told(np.tile([1.0, -1.0], (DRAWS, 3))).share == pytest.approx(0.5, abs=1e-6)


def test_histories_without_the_outcome_are_left_out() -> None:
    rng = np.random.default_rng(9)
    values = rng.normal(np.repeat([[-1.0], [3.0]], [20, 80], axis=0), 1.0, size=(100, 40))
    values[rng.random(values.shape) < 0.5] = np.nan
    values[15:25] = np.nan
    signs = told(values)
    assert (signs.draws, signs.moved) == (90, 90)
    assert signs.share == pytest.approx(75 / 90)
    assert signs_of(np.full((5, 5), np.nan), 1.0) is None
    assert signs_of(np.where(np.arange(4)[:, None] == np.arange(4), 1.0, np.nan), 1.0) is None


# The design


def test_each_draw_of_the_assumptions_meets_several_lucks(load) -> None:
    base, more = load("baseline"), load("more_arms")
    mine, other = (histories(one, PLAN, ["casualties_attacker"], 3, 4) for one in (base, more))
    assert mine.numbers.tolist() == other.numbers.tolist() == list(range(3, 15))
    drawn = assumptions_of(base, PLAN, np.arange(3))
    assert mine.given.keys() == drawn.keys()
    for path, values in mine.given.items():
        assert values.reshape(3, 4).tolist() == [[value] * 4 for value in drawn[path]]
    shared = mine.given.keys() & other.given.keys()
    assert len(shared) > 80
    assert all((mine.given[path] == other.given[path]).all() for path in shared)


def test_what_is_parted_is_what_the_scenario_holds(load) -> None:
    """An assumption adds to what is not known of an outcome what it decides of it, beside all others."""
    steady = ("attrition.noise_log_sd=0", "front.effort_log_sd=0", "attrition.level_factor=1")
    outcome = "claimed_casualties_30_days_attacker"
    widths = []
    for loss in ("1500", "{dist: uniform, low: 1000, high: 2000}"):
        scenario = load("no_talks", *steady, f"attrition.attacker.daily_casualties={loss}", "front.offensives=[]")
        values = by_draw(scenario, PLAN, [outcome], 40, 4)[outcome]
        low, high = band_of_mean(values, float(values.mean()))  # type: ignore[misc]
        widths.append(high - low)
    known, unknown = widths
    assert unknown == pytest.approx(0.95 * 1000, rel=0.15)
    assert known < 0.25 * unknown


def test_the_two_assumptions_that_split_an_effect_are_found():
    rng = np.random.default_rng(7)
    knobs = {f"k{place}": rng.normal(size=200) for place in range(40)}
    effects = np.where(knobs["k3"] > 0, 1.0, -1.0) + 0.6 * np.where(knobs["k8"] > 0, 1.0, -1.0) + rng.normal(size=200)
    first, second = split_by(effects, knobs)
    assert (first.path, second.path) == ("k3", "k8")
    assert first.below < -0.5 < 0.5 < first.above
    assert abs(first.at) < 0.2


def test_chance_alone_splits_nothing_more_often_than_it_says():
    rng = np.random.default_rng(8)
    named = 0
    for _ in range(100):
        knobs = {f"k{place}": rng.normal(size=60) for place in range(40)}
        named += bool(split_by(rng.normal(size=60), knobs))
    # 5 of 100 on average; more than 12 in one of a thousand times.
    assert named <= 12


def test_an_effect_that_is_the_same_everywhere_is_not_split():
    assert split_by(np.ones(50), {"k": np.arange(50.0)}) == []
    assert split_by(np.full(50, np.nan), {"k": np.arange(50.0)}) == []
