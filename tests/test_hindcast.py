"""The baseline at earlier dates: what is scored with, that nothing from later is used, and how well it does."""

from __future__ import annotations

import doctest
import math
from collections.abc import Callable
from datetime import date
from statistics import NormalDist

import numpy as np
import pytest

from sim.ensemble.run import Ensemble
from sim.scenario import Scenario, ScenarioHead, quantities
from tests import as_of, hindcast, scoring
from tests.conftest import Load

NORMAL = NormalDist()


@pytest.fixture(scope="module")
def baseline(load: Load) -> Scenario[ScenarioHead]:
    return load("baseline")


def normal_sample(mean: float = 0.0, sd: float = 1.0, n: int = 4000) -> np.ndarray:
    return mean + sd * np.array([NORMAL.inv_cdf((place + 0.5) / n) for place in range(n)])


@pytest.mark.parametrize("observed", [-3.0, -0.5, 0.0, 1.0, 2.5])
def test_crps_of_a_normal(observed: float) -> None:
    z = (observed - 0.5) / 2.0
    exact = 2.0 * (z * (2 * NORMAL.cdf(z) - 1) + 2 * NORMAL.pdf(z) - 1 / math.sqrt(math.pi))
    assert scoring.crps(normal_sample(0.5, 2.0), observed) == pytest.approx(exact, abs=2e-3)


def test_crps_of_point_masses_and_ties() -> None:
    assert scoring.crps(np.full(7, 3.0), 5.0) == 2.0
    assert scoring.crps(np.array([3.0]), 5.0) == 2.0
    assert scoring.crps(np.full(7, 0.0), 0.0) == 0.0
    # Two of four each: |0-1| in 4 of 6 pairs.
    assert scoring.crps(np.array([0.0, 1.0, 0.0, 1.0]), 0.0) == pytest.approx(0.5 - 0.5 * 4 / 6)
    # By its definition, over all pairs.
    sample = np.random.default_rng(1).normal(size=30).round(1)
    apart = np.abs(sample[:, None] - sample).sum() / (30 * 29)
    assert scoring.crps(sample, 0.3) == pytest.approx(np.abs(sample - 0.3).mean() - apart / 2)


def test_crps_in_its_fair_form_does_not_depend_on_the_size_of_the_sample() -> None:
    luck = np.random.default_rng(2)
    few = [scoring.crps(luck.normal(size=4), 0.7) for _ in range(20_000)]
    exact = 0.7 * (2 * NORMAL.cdf(0.7) - 1) + 2 * NORMAL.pdf(0.7) - 1 / math.sqrt(math.pi)
    assert abs(np.mean(few) - exact) < 4 * np.std(few) / math.sqrt(len(few))


def test_a_right_forecast_has_the_best_crps_its_coverage_and_a_uniform_pit() -> None:
    seen = np.random.default_rng(3).normal(size=1000)
    forecasts = {sd: normal_sample(sd=sd, n=200) for sd in (0.5, 1.0, 2.0)}
    told = {sd: scoring.scores([sample] * len(seen), seen.tolist()) for sd, sample in forecasts.items()}
    assert told[1.0]["crps"] < min(told[0.5]["crps"], told[2.0]["crps"])
    for band in scoring.BANDS:
        assert told[1.0][f"cover_{band}"] == pytest.approx(band / 100, abs=0.05)
    pits = np.sort([scoring.pit(forecasts[1.0], value) for value in seen])
    # Kolmogorov and Smirnov at 0.1 %.
    assert np.abs(pits - (np.arange(1000) + 0.5) / 1000).max() < 1.95 / math.sqrt(1000)


def test_pit_and_coverage_with_ties_and_point_masses() -> None:
    assert scoring.pit(np.zeros(5), 0.0) == 0.5
    assert (scoring.pit(np.zeros(5), 1.0), scoring.pit(np.zeros(5), -1.0)) == (1.0, 0.0)
    assert scoring.pit(np.array([0.0, 0.0, 0.0, 4.0]), 0.0) == 0.375
    assert scoring.covers(np.zeros(5), 0.0, 50)
    assert not scoring.covers(np.zeros(5), 1e-9, 90)
    sample = normal_sample()
    for band in scoring.BANDS:
        edge = NORMAL.inv_cdf(0.5 + band / 200)
        assert scoring.covers(sample, edge - 0.01, band)
        assert scoring.covers(sample, 0.01 - edge, band)
        assert not scoring.covers(sample, edge + 0.01, band)
        assert not scoring.covers(sample, -0.01 - edge, band)


def test_bias_is_what_is_told_above_what_was() -> None:
    assert scoring.scores([np.array([1.0, 3.0]), np.array([5.0, 5.0])], [1.0, 2.0])["bias"] == 2.0


def test_statistics_of_paths() -> None:
    of = {name: function for name, (_, function) in hindcast.OF_PATHS.items()}
    swings = np.array([1.0, -1.0] * 3)
    assert of["memory"](swings) == pytest.approx(-5 / 6)
    assert of["no gain"](np.array([0.0, 1.0, -1.0, 2.0])) == 0.5
    assert of["sd"](swings) == pytest.approx(math.sqrt(6 / 5))
    # Steady growth is smooth; a doubling and halving in turn is not.
    assert of["roughness"](np.exp(0.1 * np.arange(9.0))) == pytest.approx(0.0, abs=1e-12)
    assert of["roughness"](np.array([1.0, 2.0, 1.0])) == pytest.approx(math.log(2) * math.sqrt(2))
    many = np.random.default_rng(4).normal(size=(7, 5))
    for function in (of["memory"], of["no gain"], of["sd"]):
        assert function(many).tolist() == pytest.approx([float(function(path)) for path in many.T])


def test_rivals_know_the_past() -> None:
    luck, path = np.random.default_rng(5), [0.0]
    for _ in range(5000):
        path.append(0.6 * path[-1] + luck.normal(scale=8.0))
    mean, memory, sd = scoring.ar1_fit([50 + value for value in path])
    assert (mean, memory, sd) == pytest.approx((50, 0.6, 8.0), rel=0.05)
    past = as_of.before(as_of.ORIGINS[2])
    # Far ahead an AR(1) forgets; the median of a random walk stays at the last rate.
    assert scoring.ar1_forecast(past, 200)[-1].mean() == pytest.approx(
        scoring.ar1_fit([month.km2 for month in past[-24:]])[0], abs=1
    )
    ahead = as_of.after(as_of.ORIGINS[2])
    rate = np.median(scoring.walk_forecast(past, ahead), axis=1) / [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30]
    assert rate == pytest.approx(np.full(11, past[-1].claims / 31), rel=1e-4)


def test_windows_are_forty_months_in_order() -> None:
    assert [len(as_of.after(origin)) for origin in as_of.ORIGINS] == [12, 12, 11, 5]
    for origin in as_of.ORIGINS:
        months = [*as_of.before(origin), *as_of.after(origin)]
        assert months == list(as_of.MONTHS[: len(months)])
        assert as_of.after(origin)[0].start == origin.start
    assert as_of.MONTHS[-1].start == date(2024, 11, 1)


@pytest.mark.parametrize("origin", as_of.ORIGINS, ids=lambda origin: str(origin.start))
def test_nothing_from_later_is_in_a_scenario(origin: as_of.Origin, baseline: Scenario[ScenarioHead]) -> None:
    later = [month if month.start < origin.start else as_of.Month(month.start, 9e9, 9e9) for month in as_of.MONTHS]
    earlier = [month if month.start >= origin.start else as_of.Month(month.start, 9e9, 9e9) for month in as_of.MONTHS]
    told = as_of.scenario_at(origin, baseline)
    assert as_of.scenario_at(origin, baseline, later) == told
    assert as_of.scenario_at(origin, baseline, earlier) != told
    assert as_of.before(origin, later) == as_of.before(origin)
    for items, name in as_of.dated(told):
        assert items[name]["date"] >= origin.start
        assert all(told["sources"][source]["date"] <= origin.start for source in as_of.sources_of(items[name]))
    assert "us_pause" not in told["arms"]["halts"]


@pytest.mark.parametrize("origin", as_of.ORIGINS, ids=lambda origin: str(origin.start))
def test_a_scenario_starts_from_the_levels_of_its_origin(origin: as_of.Origin, baseline: Scenario[ScenarioHead]) -> None:
    then = dict(quantities(baseline.world))
    scenario = as_of.load_at(origin, baseline)
    now = dict(quantities(scenario.world))
    assert scenario.world.start_date == origin.start
    assert now["front.held_area_km2"].central == origin.area_km2
    assert now["manpower.attacker.past_daily_casualties"].central == origin.claims_91
    casualties = now["attrition.attacker.daily_casualties"]
    inside = [casualties.quantile(np.array([share]))[0] for share in (0.05, 0.95)]
    ends = sorted((origin.claims_30, origin.claims_91, origin.claims_183))
    assert inside == pytest.approx([ends[0], ends[-1]], rel=0.04)
    assert not set(as_of.REFERENCES) & set(now)
    # Belts are where they were on the map.
    for path in [path for path in now if path.startswith("front.belts.") and path.endswith(".at_km2")]:
        places = [one[path].central + one["front.held_area_km2"].central for one in (now, then)]
        assert places[0] == pytest.approx(places[1])


def test_months_add_up_to_what_a_run_tells(baseline: Scenario[ScenarioHead], ensemble: Callable[..., Ensemble]) -> None:
    # Through a leap day: 2024-01-01 to 2024-07-01.
    scenario = as_of.load_at(as_of.ORIGINS[2], baseline)
    told, whole = hindcast.play(scenario, 6, 12, 1), ensemble(scenario, 12, 182, series=False)
    assert told.km2.shape == told.claims.shape == told.at_war.shape == (6, 12)
    assert told.km2.sum(axis=0) == pytest.approx(whole.outcomes["ground_gained_km2"])
    claimed = whole.outcomes["casualties_attacker"] / whole.drawn["attrition.level_factor"]
    assert told.claims.sum(axis=0) == pytest.approx(claimed)
    assert told.at_war[-1].tolist() == (whole.outcomes["ending"] == "war_goes_on").tolist()
    # What is over once is over.
    assert (told.at_war[1:] <= told.at_war[:-1]).all()


def test_examples() -> None:
    assert doctest.testmod(scoring) == (0, 3)


@pytest.mark.ensembles
def test_the_baseline_told_forty_months_as_well_as_it_must() -> None:
    found = hindcast.hindcast(1000)
    text = hindcast.as_text(found)
    print(text)
    assert len(text.splitlines()) <= 40
    assert max(map(len, text.splitlines())) <= 80
    assert found["all"]["months"] == 40
    assert found["all"]["at_war"] > 200
    assert hindcast.missed(found) == []
