"""The error of what is printed: intervals of means and quantiles, and running until a share is known well enough."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from sim.ensemble.run import Plan, run_until
from sim.ensemble.workers import pool_of
from sim.results.statistics import mean_interval, quantile_interval
from sim.results.summary import summarise
from sim.studies.precision import Precision


@pytest.mark.parametrize("n", [3, 40, 1_000])
def test_intervals_are_those_of_an_independent_implementation(n: int) -> None:
    values = np.sort(np.random.default_rng(n).normal(size=n))
    theirs = stats.ttest_1samp(values, 0.0).confidence_interval()
    np.testing.assert_allclose(mean_interval(values), (theirs.low, theirs.high), rtol=1e-12)
    for level in (0.05, 0.5, 0.95):
        quantile = stats.quantile_test(values, q=0, p=level)
        sides = [quantile.confidence_interval(confidence_level=0.95)]
        np.testing.assert_array_equal(quantile_interval(values, level), (sides[0].low, sides[0].high))


@pytest.mark.parametrize(("level", "n"), [(0.05, 200), (0.5, 30), (0.5, 500), (0.95, 2_000)])
def test_intervals_of_quantiles_hold_them_at_least_as_often_as_they_say(level: float, n: int) -> None:
    luck = np.random.default_rng(5)
    held, known = 0, stats.expon.ppf(level)
    for _ in range(1_000):
        low, high = quantile_interval(np.sort(luck.exponential(size=n)), level)
        held += low <= known <= high
    # Discrete ranks hold a little more than 95 %; 930 is three standard errors below.
    assert 930 <= held <= 995


def test_what_too_few_values_cannot_bound_is_empty() -> None:
    assert np.isnan(mean_interval(np.ones(1))).all()
    assert np.isnan(quantile_interval(np.arange(5.0), 0.5)).all()
    low, high = quantile_interval(np.arange(40.0), 0.95)
    assert low == 34.0
    assert np.isnan(high)


def test_every_row_of_a_summary_has_its_error(load, ensemble) -> None:
    for row in summarise(ensemble(load("baseline"), 300, 730)):
        if row.n >= 150:
            assert row.low is not None
            assert row.high is not None
            value = row.share if row.share is not None else row.mean
            assert value is not None
            assert row.low <= value <= row.high, row.id
            if row.p50 is not None:
                assert row.p50_low is not None
                assert row.p50_high is not None
                assert row.p50_low <= row.p50 <= row.p50_high


def test_a_run_goes_on_until_its_shares_are_known(parley, tmp_path: Path) -> None:
    ask = ("run", "baseline", "--months", 2, "--set", "front.offensives=[]", "--json", "--out")
    done = parley(*ask, tmp_path / "all/baseline", "--precision", 0.006, "--precision-of", "war_goes_on")
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"Written: {tmp_path}/all/baseline/\n"
    with (tmp_path / "all/baseline/summary.csv").open() as file:
        (row,) = [row for row in csv.DictReader(file) if row["id"] == "war_goes_on"]
    n = int(row["total"])
    assert n % 1_000 == 0
    assert n > 1_000
    assert (float(row["high"]) - float(row["low"])) / 2 <= 0.006
    # As without --precision, and no more than was needed.
    assert parley(*ask, tmp_path / "as_many/baseline", "--replications", n).returncode == 0
    for name in ("outcomes.csv", "summary.csv", "series.csv", "ledger.csv"):
        assert (tmp_path / "all/baseline" / name).read_bytes() == (tmp_path / "as_many/baseline" / name).read_bytes()
    theirs, ours = (json.loads((tmp_path / name / "baseline/manifest.json").read_text()) for name in ("all", "as_many"))
    # What was asked for, and what seals that, is another.
    assert {name for name in theirs if theirs[name] != ours[name]} == {"asked", "seal"}
    share = float(row["share"])
    assert 1.96 * np.sqrt(share * (1 - share) / (n - 1_000)) > 0.0055


def test_every_ending_has_to_be_known_unless_one_is_named(load) -> None:
    endings = np.array(["war_goes_on"] * 500 + ["ceasefire_in_force"] * 495 + ["war_again"] * 5)
    scenario = load("baseline")
    assert not Precision(scenario, 0.02).reached({"ending": endings})
    assert Precision(scenario, 0.02, "war_again").reached({"ending": endings})
    assert Precision(scenario, 0.04).reached({"ending": endings})


def test_what_is_not_reached_is_said(parley, tmp_path: Path) -> None:
    done = parley("run", "baseline", "--months", 6, "--precision", 0.01, "--replications", 50, "--out", tmp_path / "out")
    assert done.returncode == 0
    assert "has not reached the precision of 0.01 with 50 histories" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--precision-of", "war_goes_on"), 2, "give both"),
        (("--precision", "0.1", "--precision-of", "war_goes"), 3, "Did you mean 'war_goes_on'?"),
        (("--precision", "0.1", "--precision-of", "casualties_attacker"), 3, "has no share"),
        (("--precision", "7"), 2, "0.5"),
    ],
)
def test_bad_input_is_one_clear_error(parley, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    done = parley("run", "baseline", "--months", 1, "--replications", 20, "--out", tmp_path / "out", *arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert not (tmp_path / "out").exists()


def test_where_it_stops_and_what_it_finds_do_not_hang_on_who_shares_it(load, monkeypatch) -> None:
    monkeypatch.setattr("sim.ensemble.run.FEWEST_TO_SHARE", 30)
    monkeypatch.setattr("sim.ensemble.run.CHUNK", 80)
    scenario, plan = load("baseline"), Plan(400, 1, 40)

    def enough(outcomes: Mapping[str, np.ndarray]) -> bool:
        return len(outcomes["ending"]) >= 200

    alone = run_until(scenario, plan, enough)
    with pool_of(2) as pool:
        shared = run_until(scenario, plan, enough, pool=pool)
    assert len(alone.numbers) == len(shared.numbers) == 240
    for name, values in alone.outcomes.items():
        np.testing.assert_array_equal(shared.outcomes[name], values, err_msg=name)
    np.testing.assert_array_equal(np.asarray(shared.series), np.asarray(alone.series))
