"""Scores of forecasts, rivals that need no model, and skill: against closed forms, and that nothing from later is used."""

from __future__ import annotations

import math
from datetime import date
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from sim.engine.calendar import add_months
from sim.observed import rivals, scores, skill
from sim.observed.rivals import Monthly
from sim.results.statistics import wilson_interval
from tests import as_of, hindcast
from tests.conftest import ROOT
from tests.test_layers import imported

NORMAL = NormalDist()
SQRT_PI = math.sqrt(math.pi)


def normal_sample(mean: float = 0.0, sd: float = 1.0, n: int = 4000) -> np.ndarray:
    return mean + sd * np.array([NORMAL.inv_cdf((place + 0.5) / n) for place in range(n)])


def covers(sample: np.ndarray, observed: float, percent: int) -> bool:
    return bool(scores.scores(sample, observed)[f"cover_{percent}"])


def crps_of_normal(observed: float, mean: float = 0.0, sd: float = 1.0) -> float:
    """Gneiting and Raftery 2007, eq. 21 and what follows on it, with the sign of what is to be small."""
    z = (observed - mean) / sd
    return sd * (z * (2 * NORMAL.cdf(z) - 1) + 2 * NORMAL.pdf(z) - 1 / SQRT_PI)


# Scores of one number


@pytest.mark.parametrize("observed", [-3.0, -0.5, 0.0, 1.0, 2.5])
def test_crps_of_a_normal(observed: float) -> None:
    assert scores.crps(normal_sample(0.5, 2.0), observed) == pytest.approx(crps_of_normal(observed, 0.5, 2.0), abs=2e-3)


def test_crps_of_point_masses_and_ties() -> None:
    assert scores.crps(np.full(7, 3.0), 5.0) == 2.0
    assert scores.crps(np.array([3.0]), 5.0) == 2.0
    assert scores.crps(np.full(7, 0.0), 0.0) == 0.0
    # Two of four each: |0-1| in 4 of 6 pairs.
    assert scores.crps(np.array([0.0, 1.0, 0.0, 1.0]), 0.0) == pytest.approx(0.5 - 0.5 * 4 / 6)
    # By its definition, over all pairs.
    sample = np.random.default_rng(1).normal(size=30).round(1)
    apart = np.abs(sample[:, None] - sample).sum() / (30 * 29)
    assert scores.crps(sample, 0.3) == pytest.approx(np.abs(sample - 0.3).mean() - apart / 2)


def test_crps_in_its_fair_form_does_not_depend_on_the_size_of_the_sample() -> None:
    luck = np.random.default_rng(2)
    few = [scores.crps(luck.normal(size=4), 0.7) for _ in range(8_000)]
    assert abs(np.mean(few) - crps_of_normal(0.7)) < 4 * np.std(few) / math.sqrt(len(few))


def test_a_right_forecast_has_the_best_crps_and_its_coverage() -> None:
    seen = np.random.default_rng(3).normal(size=1000)
    forecasts = {sd: normal_sample(sd=sd, n=200) for sd in (0.5, 1.0, 2.0)}
    told = {sd: hindcast.mean_scores([sample] * len(seen), seen.tolist()) for sd, sample in forecasts.items()}
    assert told[1.0]["crps"] < min(told[0.5]["crps"], told[2.0]["crps"])
    for band in scores.BANDS:
        assert told[1.0][f"cover_{band}"] == pytest.approx(band / 100, abs=0.05)
    pits = np.sort([scores.pit(forecasts[1.0], value) for value in seen])
    # Kolmogorov and Smirnov at 0.1 %.
    assert np.abs(pits - (np.arange(1000) + 0.5) / 1000).max() < 1.95 / math.sqrt(1000)


@pytest.mark.parametrize("sd", [1.0, 0.6, 1.7])
def test_pit_is_uniform_when_the_forecast_is_drawn_from_the_truth_and_only_then(sd: float) -> None:
    luck = np.random.default_rng(4)
    pits = [scores.pit(luck.normal(scale=sd, size=199), luck.normal()) for _ in range(2000)]
    counts = np.histogram(pits, bins=10, range=(0, 1))[0]
    statistic = ((counts - 200) ** 2 / 200).sum()
    assert (statistic < chi2.ppf(0.99, 9)) == (sd == 1.0)


def test_pit_and_coverage_with_ties_and_point_masses() -> None:
    assert scores.pit(np.zeros(5), 0.0) == 0.5
    assert (scores.pit(np.zeros(5), 1.0), scores.pit(np.zeros(5), -1.0)) == (1.0, 0.0)
    # Months without change, km2.
    assert scores.pit(np.array([0.0, 0.0, 0.0, 4.0]), 0.0) == 0.375
    assert covers(np.zeros(5), 0.0, 50)
    assert not covers(np.zeros(5), 1e-9, 90)
    sample = normal_sample()
    for band in scores.BANDS:
        edge = NORMAL.inv_cdf(0.5 + band / 200)
        assert covers(sample, edge - 0.01, band)
        assert covers(sample, 0.01 - edge, band)
        assert not covers(sample, edge + 0.01, band)
        assert not covers(sample, -0.01 - edge, band)


def test_coverage_and_width_of_a_uniform_are_exact() -> None:
    sample = np.random.default_rng(5).permutation(101.0 * np.arange(101) / 101)
    told = [scores.scores(sample, value) for value in np.arange(0.25, 100.0, 0.5)]
    for band in scores.BANDS:
        assert np.mean([one[f"cover_{band}"] for one in told]) == band / 100
        assert {round(one[f"width_{band}"], 9) for one in told} == {float(band)}


def test_the_scores_of_one_forecast_by_hand() -> None:
    told = scores.scores(np.arange(11.0), 12.0)
    assert told == pytest.approx(
        {
            # The pairs of 0..10 are 4 apart in the mean.
            "crps": 7 - 4 / 2, "pit": 1.0, "cover_50": 0.0, "width_50": 5.0, "cover_80": 0.0, "width_80": 8.0,
            "interval_80": 8 + 10 * 3, "cover_90": 0.0, "width_90": 9.0, "bias": -7.0, "median_error": 7.0,
        }
    )  # fmt: skip
    assert scores.interval_score(1.0, 9.0, -1.0) == pytest.approx(8 + 10 * 2)
    assert scores.interval_score(1.0, 9.0, 9.0) == 8.0


@pytest.mark.parametrize("percent", scores.BANDS)
def test_another_width_never_improves_the_interval_score_of_a_right_forecast(percent: int) -> None:
    seen, right = normal_sample(n=2000), NORMAL.inv_cdf(0.5 + percent / 200)
    widths = right * np.array([0.25, 0.5, 0.8, 1.0, 1.2, 1.5, 2.0, 4.0])
    expected = np.array(
        [np.mean([scores.interval_score(-width, width, value, percent) for value in seen]) for width in widths]
    )
    # The closed form, E = 2 w + 4 / alpha (pdf(w) - w (1 - cdf(w))), and one minimum.
    alpha = 1 - percent / 100
    exact = [2 * width + 4 / alpha * (NORMAL.pdf(width) - width * (1 - NORMAL.cdf(width))) for width in widths]
    assert expected == pytest.approx(exact, rel=0.01)
    assert (np.diff(expected[:4]) < 0).all()
    assert (np.diff(expected[3:]) > 0).all()


@pytest.mark.parametrize("forecast", [[], [1.0, np.nan]], ids=str)
def test_what_cannot_be_scored_is_an_error(forecast: list[float]) -> None:
    for score in (scores.crps, scores.pit, scores.scores):
        with pytest.raises(ValueError, match="member"):
            score(np.array(forecast), 1.0)


# Paths


def test_the_energy_score_of_one_month_is_the_crps() -> None:
    sample = np.random.default_rng(10).normal(size=1200)
    assert scores.energy_score(sample[None], np.array([0.4])) == pytest.approx(scores.crps(sample, 0.4))
    assert scores.energy_score(np.array([[3.0], [4.0]]), np.zeros(2)) == 5.0


def test_the_energy_score_by_its_definition_and_in_its_fair_form() -> None:
    luck = np.random.default_rng(11)
    paths, seen = luck.normal(size=(3, 20)), np.array([0.5, -0.5, 1.0])
    apart = sum(np.linalg.norm(one - other) for one in paths.T for other in paths.T) / (20 * 19)
    near = np.mean([np.linalg.norm(one - seen) for one in paths.T])
    assert scores.energy_score(paths, seen) == pytest.approx(near - apart / 2)
    # In the mean the same of two members and of many.
    few = [scores.energy_score(luck.normal(size=(3, 2)), seen) for _ in range(5000)]
    many = [scores.energy_score(luck.normal(size=(3, 100)), seen) for _ in range(200)]
    assert abs(np.mean(few) - np.mean(many)) < 4 * math.hypot(np.std(few) / math.sqrt(5000), np.std(many) / math.sqrt(200))


def test_numbers_that_tell_of_paths() -> None:
    paths = np.array([[1.0, 2.0, 4.0], [1.0, 4.0, 4.0], [1.0, 8.0, 4.0]])
    told = scores.of_paths(paths, np.array([1.0, 2.0, 1.0]))
    assert (told["sum"].forecast.tolist(), told["sum"].observed) == ([3.0, 14.0, 12.0], 4.0)
    # Logs: steady growth is smooth, whatever its size.
    assert told["roughness"].forecast == pytest.approx([0, 0, 0], abs=1e-12)
    assert told["roughness"].observed == pytest.approx(math.log(2) * math.sqrt(2))
    # What never changes has no autocorrelation, and has no part in it.
    assert len(told["autocorrelation"].forecast) == 1
    assert scores.pit(told["sum"].forecast, told["sum"].observed) == pytest.approx(1 / 3)
    assert scores.pit(told["roughness"].forecast, told["roughness"].observed) == 1.0
    # With a month without change: changes themselves.
    told = scores.of_paths(paths, np.array([0.0, 2.0, 0.0]))
    assert told["roughness"].observed == pytest.approx(math.sqrt(8))
    assert told["autocorrelation"].observed == pytest.approx(-2 / 3)
    assert set(scores.of_paths(paths, np.ones(3))) == {"sum", "roughness"}
    assert set(scores.of_paths(paths[:2], np.ones(2))) == {"sum"}
    with pytest.raises(ValueError, match="3 months were given for 2"):
        scores.of_paths(paths, np.ones(2))


# Events


def test_brier_and_log_score() -> None:
    chance, happened = np.array([0.2, 0.2, 1.0, 1.0, 0.0]), np.array([0.0, 1.0, 1.0, 0.0, 0.0])
    assert scores.brier(chance, happened) == pytest.approx([0.04, 0.64, 0, 1, 0])
    sure = -math.log(1 - scores.FLOOR)
    assert scores.log_score(chance, happened) == pytest.approx(
        [-math.log(0.8), -math.log(0.2), sure, -math.log(scores.FLOOR), sure]
    )
    # Of yes and no the CRPS is Brier's score, less what the size of the sample does to it (Ferro 2014).
    members = np.repeat([1.0, 0.0], [3, 7])
    assert scores.crps(members, 1.0) == pytest.approx(0.49 - 3 * 7 / (10**2 * 9))


def test_reliability_is_told_of_twenty_forecasts_or_more() -> None:
    chance = np.repeat([0.0, 0.1, 0.7, 1.0], [5, 5, 6, 4])
    happened = np.concatenate([np.zeros(9), np.ones(1), np.ones(3), np.zeros(3), np.ones(4)])
    # From seven origins, three forecasts of each.
    origins = np.arange(20) // 3
    assert scores.reliability(chance[1:], happened[1:], origins[1:]) is None
    told = scores.reliability(chance, happened, origins)
    assert told is not None
    assert [(one.forecasts, one.origins) for one in told] == [(10, 4), (6, 3), (4, 2)]
    # What is right or wrong together counts once: the interval is that of as many origins.
    assert (told[1].low, told[1].high) == pytest.approx(wilson_interval(1.5, 3))
    assert [(one.chance, one.happened) for one in told] == [
        pytest.approx(pair) for pair in ((0.05, 0.1), (0.7, 0.5), (1, 1))
    ]
    assert all(0 <= one.low < one.happened <= one.high <= 1 for one in told)


# Rivals


def monthly(values: list[float] | np.ndarray, first: date = date(2022, 3, 1)) -> Monthly:
    return Monthly(first, np.asarray(values, dtype=float))


def test_months_have_their_days() -> None:
    data = monthly(np.zeros(14), date(2023, 12, 1))
    assert data.days().tolist() == [31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31]
    assert data.days(2).tolist()[-2:] == [28, 31]
    assert len(data.before(date(2024, 3, 1)).values) == 3
    # From the last day of a month to that of the next.
    assert monthly(np.zeros(3), date(2024, 1, 31)).days().tolist() == [29, 31, 30]
    # 2000 has a leap day, 1900 has none.
    assert [monthly([0.0], date(year, 2, 1)).days()[0] for year in (1900, 2000, 2023, 2024)] == [28, 29, 28, 29]
    with pytest.raises(
        ValueError, match="no month of the data ends at 2024-03-02; there are those from 2023-12-01 to 2025-02-01"
    ):
        data.before(date(2024, 3, 2))


@pytest.mark.parametrize("rate", [0.0, 3.0, -2.5])
def test_all_rivals_are_perfect_on_what_never_changes(rate: float) -> None:
    days = monthly(np.zeros(48)).days()
    told, left_out = rivals.tell(monthly(rate * days), date(2025, 3, 1), 12)
    assert not left_out
    assert set(told) == set(rivals.RIVALS)
    seen = rate * monthly(np.zeros(48)).days()[36:]
    for name, forecast in told.items():
        assert len(forecast) == 12
        if name != "ar1":
            each = [scores.crps(row, value) for row, value in zip(forecast, seen, strict=True)]
            assert each == pytest.approx(np.zeros(12), abs=1e-9), name
    # The AR(1) is of the months themselves.
    assert np.array(rivals.ar1(monthly(np.full(30, 7.0)), 12)) == pytest.approx(np.full((12, 400), 7.0))


def test_persistence_has_the_errors_of_its_own_past() -> None:
    days = monthly(np.zeros(10)).days(2)
    rates = np.array([1.0, 3.2, 2, 5, 4, 4.6, 6, 3, -1, 2])
    told = rivals.persistence(monthly(rates * days[:10]), 2, months=2)
    means = np.array([(rates[at] * days[at] + rates[at + 1] * days[at + 1]) / (days[at] + days[at + 1]) for at in range(9)])
    for lead in (0, 1):
        errors = [rates[at + 2 + lead] - means[at] for at in range(8 - lead)]
        assert len(set(np.round(errors, 9))) == len(errors)
        # Each once, as members of a sample.
        assert np.sort(told[lead]) == pytest.approx(days[10 + lead] * (means[-1] + np.sort(errors)))
    # Ratios where all were above 0: a tenfold level has a tenfold spread, and nothing is below 0.
    high = rivals.persistence(monthly((rates + 2) * days[:10]), 2, months=1)
    assert all((sample > 0).all() for sample in high)
    ratios = (rates + 2)[1:] / (rates + 2)[:-1]
    assert np.unique(high[0]) == pytest.approx(np.unique(days[10] * 4 * ratios))


def test_a_random_walk_is_of_logs_only_where_that_can_be() -> None:
    days = monthly(np.zeros(20)).days(3)
    up = rivals.random_walk(monthly(days[:20] * 2.0 ** (np.arange(20) % 2)), 3)
    z = np.array([NORMAL.inv_cdf(level) for level in rivals.LEVELS])
    for lead in range(3):
        assert up[lead] == pytest.approx(days[20 + lead] * 2 * np.exp(math.log(2) * math.sqrt(lead + 1) * z))
    rates = np.where(np.arange(20) % 2 == 1, 2.0, 1.0)
    rates[0] = 0.0
    level = rivals.random_walk(monthly(days[:20] * rates), 3)
    for lead in range(3):
        assert level[lead] == pytest.approx(days[20 + lead] * (2 + math.sqrt(lead + 1) * z))


def test_an_ar1_is_found_again_and_forgets() -> None:
    luck, path = np.random.default_rng(5), [0.0]
    for _ in range(5000):
        path.append(0.6 * path[-1] + luck.normal(scale=8.0))
    assert rivals.ar1_fit(50 + np.array(path)) == (
        pytest.approx(50, rel=0.05),
        pytest.approx(0.6, rel=0.05),
        pytest.approx(8, rel=0.05),
    )
    # Of two years, and the last year's steps: what was before does not count.
    for rival, months in ((rivals.ar1, 24), (rivals.random_walk, 13)):
        known = np.array(path[:months]) + 100
        told = [rival(monthly(known, date(2020, 1, 1)), 3)]
        told += [rival(monthly([*before, *known], date(2019, 12, 1)), 3) for before in ([900.0], [100.0])]
        assert np.array_equal(told[1], told[2])
        assert rival is rivals.random_walk or np.array_equal(told[0], told[1])
    past = hindcast.monthly(as_of.before(as_of.ORIGINS[2]), "km2").within(3000.0)
    mean, memory, sd = rivals.ar1_fit(past.values[-24:])
    far = rivals.ar1(past, 200)[-1]
    assert far.mean() == pytest.approx(mean, abs=1)
    assert far.std() == pytest.approx(sd / math.sqrt(1 - memory**2), rel=0.01)


def test_rivals_know_the_past_of_a_war() -> None:
    past, ahead = as_of.before(as_of.ORIGINS[2]), as_of.after(as_of.ORIGINS[2])
    told = rivals.random_walk(hindcast.monthly(past, "claims"), len(ahead))
    rate = np.median(told, axis=1) / [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30]
    assert rate == pytest.approx(np.full(11, past[-1].claims / 31), rel=1e-4)
    month = rivals.past_month(hindcast.monthly(past, "km2"), 2)
    days = hindcast.monthly(past, "km2").days()
    assert np.unique(month[1]) == pytest.approx(np.sort([29 * one.km2 / day for one, day in zip(past, days, strict=True)]))


def first_of(data: Monthly, month: int) -> date:
    return add_months(data.first, month)


def test_rivals_that_few_months_do_not_tell_are_left_out_and_it_is_said_why() -> None:
    data = monthly(np.arange(1.0, 61.0))
    # At the end of each month for a year ahead.
    reasons = {name: [] for name in rivals.RIVALS}
    for known in range(37):
        told, left_out = rivals.tell(data, first_of(data, known), 12)
        assert set(told) | set(left_out) == set(rivals.RIVALS)
        for name, reason in left_out.items():
            reasons[name].append(reason)
        assert not set(told) & set(left_out)
        for name, samples in told.items():
            # Nothing is told of months for which there are too few errors, and these are the last ones.
            sizes = [len(sample) for sample in samples]
            assert set(range(1, 5)).isdisjoint(sizes)
            assert sizes == sorted(sizes, reverse=True)
            assert sizes[0] >= 5
            if name == "persistence_3":
                assert sizes[-1] == (max(known - 3 - 11, 0) if known - 3 - 11 >= 5 else 0)
    # How many months there must be.
    assert {name: len(of) for name, of in reasons.items()} == {
        "persistence_1": 6, "persistence_3": 8, "persistence_6": 11, "persistence_12": 17,
        "random_walk": 6, "ar1": 5, "past_month": 5,
    }  # fmt: skip
    assert reasons["persistence_3"][2] == "of the last 3 months one is not known"
    assert reasons["persistence_3"][-1] == "errors at lead 1: 4 in the past, and 5 are needed"
    assert reasons["random_walk"][0] == "the last month is not known"
    assert reasons["random_walk"][-1] == "steps from month to month: 4 in the past, and 5 are needed"
    assert reasons["ar1"][-1] == reasons["past_month"][-1] == "months: 4 in the past, and 5 are needed"


def test_what_is_not_known_is_not_fitted_to() -> None:
    luck = np.random.default_rng(14)
    values = luck.uniform(1, 2, size=40)
    values[[7, 20]] = [-9_000.0, 70_000.0]
    data = monthly(values).within(100.0)
    told, left_out = rivals.tell(data, first_of(data, 40), 3)
    assert not left_out
    assert all(np.abs(np.concatenate(forecast)).max() < 20 for forecast in told.values())
    # Without it they tell of the like.
    spoiled = rivals.tell(monthly(values), first_of(data, 40), 3)[0]
    assert all(np.abs(np.concatenate(forecast)).max() > 1000 for name, forecast in spoiled.items() if name != "random_walk")
    # A rule that looks at a month which is not known has nothing to say.
    told, left_out = rivals.tell(data, first_of(data, 21), 3)
    several = {f"persistence_{months}": f"of the last {months} months one is not known" for months in (3, 6, 12)}
    assert left_out == several | dict.fromkeys(("persistence_1", "random_walk", "ar1"), "the last month is not known")
    assert set(told) == {"past_month"}


SERIES = st.lists(st.floats(-5_000, 50_000), min_size=30, max_size=40)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    SERIES,
    st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=20),
    st.integers(1, 12),
    st.sampled_from([20_000.0, math.inf]),
)
def test_no_rival_looks_beyond_the_origin(past: list[float], later: list[float], ahead: int, most: float) -> None:
    origin = first_of(monthly(past), len(past))
    told, left_out = rivals.tell(monthly(past).within(most), origin, ahead)
    again, left_out_again = rivals.tell(monthly(past + later).within(most), origin, ahead)
    assert left_out == left_out_again
    assert told.keys() == again.keys()
    for name, forecast in told.items():
        assert len(forecast) == ahead
        assert [sample.tobytes() for sample in forecast] == [sample.tobytes() for sample in again[name]]
    if most == math.inf:
        # But all look at the month before it.
        moved = rivals.tell(monthly([*past[:-1], past[-1] + 60_000.0]), origin, ahead)[0]
        assert all(not np.array_equal(moved[name][0], told[name][0]) for name in told)
        assert "ar1" in told


def test_rivals_import_nothing_of_the_model() -> None:
    for module in ("rivals", "scores", "skill"):
        names = imported(ROOT / f"sim/observed/{module}.py")
        assert not any(name.startswith(("sim.model", "sim.ensemble", "sim.scenario")) for name in names)


def test_a_base_rate_is_a_chance_by_the_end_of_each_month() -> None:
    told = rivals.base_rate(0.3, date(2024, 2, 1), 2)
    assert told == pytest.approx([1 - math.exp(-0.3 * 29 / 365.25), 1 - math.exp(-0.3 * 60 / 365.25)])
    assert rivals.base_rate(0.0, date(2024, 2, 1), 3).tolist() == [0, 0, 0]


# Skill


def test_skill_is_by_forecasts_and_says_when_it_can_tell_nothing() -> None:
    ours, theirs = [np.array([1.0, 2.0]), np.array([3.0])], [np.array([4.0, 4.0]), np.array([4.0])]
    assert skill.skill(ours, theirs, 1) == (0.5, None, "with fewer than 8 origins no ranking can be had")
    assert skill.skill(ours * 4, theirs * 4, 1).interval is not None
    assert skill.skill(ours * 4, theirs * 4, 3)[:2] == (0.5, None)
    assert "overlap so much" in skill.skill(ours * 4, theirs * 4, 3).why_no_interval
    assert skill.skill(ours, [np.zeros(2), np.zeros(1)], 1) == (None, None, "one of both was never wrong")
    assert skill.skill([np.zeros(2), np.zeros(1)], theirs, 1) == (1, None, "one of both was never wrong")
    # In some samples only.
    rare = [np.zeros(1)] * 6 + [np.ones(1)] * 2
    assert skill.skill(rare, [np.ones(1)] * 8, 1).interval[1] == 1.0
    assert skill.skill([np.ones(1)] * 8, rare, 1).interval[0] == -math.inf
    with pytest.raises(ValueError, match="the same forecasts"):
        skill.skill(ours, theirs[::-1], 1)


def test_the_interval_of_skill() -> None:
    luck = np.random.default_rng(12)
    theirs = [luck.exponential(size=6) for _ in range(24)]
    # Half of it in every origin: no doubt.
    told = skill.skill([one / 2 for one in theirs], theirs, 2)
    assert (told.value, *told.interval) == pytest.approx((0.5, 0.5, 0.5))
    ours = [luck.exponential(size=6) for _ in range(24)]
    told = skill.skill(ours, theirs, 2)
    assert told == skill.skill(ours, theirs, 2)
    assert told.interval[0] < told.value < told.interval[1]
    # Good and bad in turn: two neighbours together are always the same.
    turns, same = [np.array([1.0]), np.array([3.0])] * 4, [np.array([4.0])] * 8
    assert skill.skill(turns, same, 2).interval == pytest.approx((0.5, 0.5))
    assert np.ptp(skill.skill(turns, same, 1).interval) > 0.3
    # By plain resampling of origins, drawn otherwise, and stretched by hand: 2.0687 is Student's t of 23 degrees of freedom.
    sums = np.array([[mine.sum(), other.sum()] for mine, other in zip(ours, theirs, strict=True)])
    drawn = sums[luck.integers(24, size=(4000, 24))].sum(axis=1)
    middle, ends = math.log(1 - told.value), np.quantile(np.log(drawn[:, 0] / drawn[:, 1]), [0.975, 0.025])
    wide = 1 - np.exp(middle + 2.0687 / 1.96 * math.sqrt(24 / 23) * (ends - middle))
    assert skill.skill(ours, theirs, 1).interval == pytest.approx(wide, abs=0.03)


@pytest.mark.parametrize(("count", "reach"), [(8, 1), (8, 2), (30, 3)])
def test_the_interval_of_skill_holds_the_truth_though_horizons_overlap(count: int, reach: int) -> None:
    luck, held = np.random.default_rng(13), []
    for _ in range(120):
        # Each origin shares what befell with its neighbours, and both are wrong in months that are hard to tell.
        both = luck.exponential(size=(count + reach - 1, 2)) * [0.8, 1.0]
        both *= luck.lognormal(0, 0.5, size=(len(both), 1))
        sums = np.lib.stride_tricks.sliding_window_view(both, reach, axis=0).sum(axis=-1)
        ours, theirs = ([np.array([value]) for value in column] for column in sums.T)
        low, high = skill.skill(ours, theirs, reach).interval
        held.append(low <= 0.2 <= high)
    assert 0.85 <= np.mean(held) <= 0.98


def test_overlap_is_told() -> None:
    starts = [origin.start for origin in as_of.ORIGINS]
    told = skill.overlap(starts, [12, 12, 11, 5])
    assert told == (23, 17, 2)
    assert str(told) == "17 of 23 months are told from more than one origin, from up to 2"
    apart = skill.overlap([date(2023, 1, 1), date(2024, 1, 1)], [12, 3])
    assert apart == (15, 0, 1)
    assert str(apart) == "no month is told from more than one origin"
    assert skill.overlap([date(2023, month, 1) for month in range(1, 13)], [12] * 12).most == 12
