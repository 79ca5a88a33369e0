"""What is not known is parted from luck: on toys whose answer is known, and in the design that scenarios are run with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import beta, norm

from sim.ensemble.run import Plan
from sim.results.signs import Parted, parted, signs_of, split_by
from sim.studies.bands import assumptions_of, by_draw, histories

DRAWS, LUCKS = 60, 33
PLAN = Plan(2_000, 1, 60, series=False)


def tossed(rng: np.random.Generator, chances: Any, lucks: int = LUCKS) -> Any:
    return (rng.random((len(chances), lucks)) < chances[:, None]).astype(float)


def over(trials: int, lucks: int = LUCKS) -> list[Parted]:
    """Part shares whose conditional frequency is Beta(2, 3) over the assumptions."""
    rng = np.random.default_rng(3)
    found = [parted(tossed(rng, rng.beta(2, 3, size=DRAWS), lucks)) for _ in range(trials)]
    return [one for one in found if one is not None]


@pytest.mark.parametrize("lucks", [8, LUCKS, 4 * LUCKS])
def test_the_band_is_that_of_what_is_not_known_however_many_lucks_there_are(lucks: int) -> None:
    found = over(300, lucks)
    spreads, bands = np.array([one.spread for one in found]), np.array([one.band for one in found])
    assert spreads.mean() == pytest.approx(beta.std(2, 3), rel=0.03)
    # Of shares of few lucks the law has steps, and its ends lie a little further in.
    for end, at in ((0, 0.05), (1, 0.95)):
        assert bands[:, end].mean() == pytest.approx(beta.ppf(at, 2, 3), abs=0.06 if lucks < LUCKS else 0.04)


def test_the_share_of_a_sign_is_covered_by_its_interval() -> None:
    rng, inside = np.random.default_rng(4), 0
    trials, true = 200, norm.cdf(0.05 / 0.06)
    for _ in range(trials):
        signs = signs_of(rng.normal(0.05, 0.06, size=(DRAWS, 1)) + rng.normal(0, 0.5, size=(DRAWS, LUCKS)))
        assert signs is not None
        inside += signs.share_low <= true <= signs.share_high
    assert 0.88 <= inside / trials <= 0.99


def test_the_mean_is_covered_by_its_interval() -> None:
    rng, inside, trials = np.random.default_rng(5), 0, 1_000
    for _ in range(trials):
        values = rng.normal(0.05, 0.06, size=(20, 1)) + rng.normal(0, 0.5, size=(20, 10))
        found = parted(values)
        assert found is not None
        half = 2.093 * values.mean(axis=1).std(ddof=1) / np.sqrt(20)
        inside += abs(values.mean() - 0.05) <= half
    assert 0.93 <= inside / trials <= 0.97


def test_what_is_known_has_no_band() -> None:
    rng = np.random.default_rng(6)
    found = [parted(tossed(rng, np.full(DRAWS, 0.3))) for _ in range(200)]
    spreads = np.array([one.spread for one in found if one is not None])
    # Luck explains all of it in half of the trials, and next to all of it in the others.
    assert (spreads == 0).mean() > 0.3
    assert spreads.mean() < 0.1 * np.sqrt(0.3 * 0.7)
    same = parted(np.full((DRAWS, LUCKS), 0.7))
    assert same is not None
    assert (same.spread, same.noise, *same.band) == pytest.approx((0.0, 0.0, 0.7, 0.7), abs=1e-12)


@pytest.mark.parametrize(
    ("effect", "spread", "sign"),
    [(0.2, 0.1, "+"), (-0.2, 0.1, "-"), (0.05, 0.1, "undetermined"), (0.0, 0.02, "no difference found")],
)
def test_the_sign_of_a_planted_effect(effect: float, spread: float, sign: str) -> None:
    rng = np.random.default_rng(7)
    # Just these effects over the assumptions.
    effects = effect + spread * norm.ppf((np.arange(400) + 0.5) / 400)
    signs = signs_of(effects[:, None] + rng.normal(0, 0.1, size=(400, 20)))
    assert signs is not None
    assert signs.sign == sign
    if sign == "undetermined":
        assert signs.share == pytest.approx(norm.cdf(0.5), abs=0.02)
    assert (signs.draws, signs.moved, signs.pairs) == (400, 400, 20)
    way = 1 if signs.mean >= 0 else -1
    assert signs.share == pytest.approx(norm.cdf(way * effect / spread), abs=0.08)


def test_the_sign_turns_with_the_effect() -> None:
    values = np.random.default_rng(8).normal(0.1, 0.3, size=(DRAWS, LUCKS))
    one, other = signs_of(values), signs_of(-values)
    assert one is not None
    assert other is not None
    assert (one.share, one.share_low, one.share_high) == pytest.approx((other.share, other.share_low, other.share_high))
    assert (one.mean, one.low, one.high) == (-other.mean, -other.high, -other.low)


def test_a_draw_in_which_no_pair_differs_has_no_sign() -> None:
    """As where a threshold is not met: such draws are counted apart, and not pulled to the side of the others."""
    rng = np.random.default_rng(10)
    values = np.where(rng.random((DRAWS, LUCKS)) < 0.3, -1.0, 0.0)
    values[20:] = 0.0
    signs = signs_of(values)
    assert signs is not None
    assert (signs.draws, signs.moved) == (DRAWS, 20)
    assert (signs.share, signs.sign) == (1.0, "-")
    # Of twenty of twenty no more can be said.
    assert signs.share_low == pytest.approx(0.025 ** (1 / 20))
    # Whose way it goes where it does anything may still be undetermined.
    values[:10] *= -1.0
    values[8:10] *= -1.0
    mixed = signs_of(values)
    assert mixed is not None
    assert mixed.share == pytest.approx(12 / 20)
    assert mixed.sign in ("undetermined", "no difference found")
    assert signs_of(np.zeros((DRAWS, LUCKS))) is None


def test_of_few_pairs_no_sign_is_told() -> None:
    values = np.full((DRAWS, LUCKS), np.nan)
    values[:, :4] = np.random.default_rng(11).normal(1.0, 0.1, size=(DRAWS, 4))
    signs = signs_of(values)
    assert signs is not None
    assert (signs.pairs, signs.share, signs.sign) == (4, 1.0, "too few pairs")
    assert signs_of(np.where(np.isnan(values), 1.0, values)).sign == "+"  # type: ignore[union-attr]


def test_the_sign_that_is_asked_about_is_counted() -> None:
    values = np.random.default_rng(12).normal(0.1, 0.3, size=(DRAWS, LUCKS))
    mean, other = signs_of(values), signs_of(values, -1.0)
    assert mean is not None
    assert other is not None
    assert other.share == pytest.approx(1.0 - mean.share)


def test_histories_without_the_outcome_are_left_out() -> None:
    rng = np.random.default_rng(9)
    values = rng.normal(np.repeat([[1.0], [3.0]], 50, axis=0), 1.0, size=(100, 40))
    whole = parted(values)
    values[rng.random(values.shape) < 0.5] = np.nan
    values[:10] = np.nan
    found = parted(values)
    assert whole is not None
    assert found is not None
    assert len(found.means) == 90
    assert found.spread == pytest.approx(whole.spread, rel=0.1)
    assert found.noise == pytest.approx(1.0, rel=0.05)
    assert parted(np.full((5, 5), np.nan)) is None
    assert parted(np.where(np.arange(4)[:, None] == np.arange(4), 1.0, np.nan)) is None


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
    spreads = []
    for loss in ("1500", "{dist: uniform, low: 1000, high: 2000}"):
        scenario = load("no_talks", *steady, f"attrition.attacker.daily_casualties={loss}", "front.offensives=[]")
        whole = parted(by_draw(scenario, PLAN, [outcome], 40, 4)[outcome])
        assert whole is not None
        spreads.append(whole.spread)
    known, unknown = spreads
    assert unknown**2 - known**2 == pytest.approx(1000**2 / 12, rel=0.25)
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
