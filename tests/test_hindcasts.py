"""Forecasts as of earlier dates, of a war that the model has made: what is known, how it is scored, what is told."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.engine.calendar import add_months
from sim.ensemble.run import Plan, run_ensemble
from sim.ensemble.workers import pool_of
from sim.observed import DataError, read_data
from sim.observed.rivals import RIVALS, Monthly, TooFewMonths, persistence_of_sum, random_walk
from sim.results.read import read_folder
from sim.studies import calibrate as calibration
from sim.studies.calibrate import CalibrationError, stopped_on
from sim.studies.hindcast import ALL, AT_WAR, CALIBRATED, EARLIER, MONTH, SCENARIO, HindcastError, hindcast, starts_of
from sim.words.findings.hindcast import best_rival, nearest, of_hindcast, rows_of
from sim.words.hindcast import answer, files, rest
from sim.words.layout import Table, as_text
from sim.words.numbers import rounded
from tests.hindcast import play

FIRST, N, HORIZON = date(2000, 1, 1), 400, 3
SETTINGS = {"start_date": FIRST.isoformat(), "horizon_months": 30, "war_began": None}
PATHS = [("cumulative_casualties", "attacker"), ("held_area", "")]
ORIGINS = [date(2001, 10, 1), date(2002, 1, 1)]
MONTHS = 28
A_DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def war():
    return sim.load("baseline", SETTINGS)


@pytest.fixture(scope="module")
def truths(war):
    """Histories of the model, month by month from their start: claimed losses, and how much land is held on each first."""
    ran = run_ensemble(war, Plan(40, 3, (add_months(FIRST, MONTHS) - FIRST).days, series=False, paths="month"))
    on = np.flatnonzero((ran.outcomes["ceasefires"] == 0) & (ran.outcomes["ending"] == "war_goes_on"))
    losses, area = (ran.paths[list(ran.path_columns).index(one)][:, on] for one in PATHS)
    return [*zip((np.diff(losses, axis=0) / ran.drawn["attrition.level_factor"][on]).T, area.T, strict=True)]


@pytest.fixture(scope="module")
def truth(truths):
    """One of these."""
    return truths[0]


def written(
    folder: Path, losses, area, last: date | None = None, *, first=FIRST, more: str = "", happened: str = "", ahead=A_DAY
) -> Path:
    """Write data, of months from the first on; how much land is held on the first of each is told a day before."""
    firsts = [add_months(first, month) for month in range(MONTHS + 1)]
    cutoff = last or firsts[-1] - A_DAY
    for name, days, values in (("losses", firsts, losses), ("area", [day - ahead for day in firsts], area)):
        with open(folder / f"{name}.csv", "w") as file:
            rows = [[day, repr(float(value))] for day, value in zip(days, values, strict=False)]
            csv.writer(file).writerows([["date", "value"], *rows])
    path = folder / "observed.yml"
    path.write_text(
        f"""\
observations:
  cutoff: {cutoff}
  series:
    losses: {{kind: increments, file: losses.csv, of: cumulative_casualties.attacker, unit: persons, rows: month,
             scale: attrition.level_factor, source: made up}}
    area: {{kind: levels, file: area.csv, of: held_area, unit: km2, noise: 30, source: made up}}
    truce: {{kind: event, of: ceasefire, happened: [{happened}], per_year: 0.2, source: made up}}
{more}"""
    )
    return path


@pytest.fixture
def seen(truth, tmp_path) -> Path:
    return written(tmp_path, *truth)


def told(war, path: Path, *, origins=ORIGINS, months: int | None = 6, **how):
    starts = starts_of([war], path, origins, months)
    return hindcast(war, starts, read_data(path, war), Plan(N, 1, 1), HORIZON, months, 0.1, **how)


@pytest.fixture(scope="module")
def found(war, truth, tmp_path_factory):
    return told(war, written(tmp_path_factory.mktemp("whole"), *truth))


def forecasts(of, origin: date) -> list[dict]:
    """Return what is told as of an origin, without what came."""
    rows = [row for row in of.forecasts() if row["origin"] == origin.isoformat()]
    return [{name: value for name, value in row.items() if name != "observed"} for row in rows]


def months_to(day: date) -> int:
    return (day.year - FIRST.year) * 12 + day.month - FIRST.month


# What is known.


@pytest.mark.parametrize("origin", ORIGINS, ids=str)
def test_what_is_observed_later_changes_no_forecast(war, truth, found, tmp_path, origin) -> None:
    losses, area = truth
    before = months_to(origin)
    luck = np.random.default_rng(3)
    ends = (losses, before), (area, before + 1)
    altered = [np.append(one[:count], luck.uniform(1, 9e5, len(one) - count)) for one, count in ends]
    altered[0][before:] *= 7
    whole = forecasts(found, origin)
    assert {row["who"] for row in whole} >= {SCENARIO, CALIBRATED, *RIVALS} - {"persistence_12"}
    later = told(war, written(tmp_path, *altered), origins=[origin])
    assert json.dumps(forecasts(later, origin)) == json.dumps(whole)
    assert later.scores() != [row for row in found.scores() if row["origin"] == origin.isoformat()]
    # All but a month removed: the sum is of that month then.
    months = before + 1
    short = told(
        war, written(tmp_path, losses[:months], area[: months + 1], add_months(origin, 1) - A_DAY), origins=[origin]
    )
    assert [row for row in forecasts(short, origin) if row["lead"]] == [row for row in whole if row["lead"]]
    assert {row["lead"] for row in short.forecasts() if row["observed"] is not None} == {0, 1}


def test_what_is_told_on_the_day_itself_was_not_known_and_rivals_begin_a_month_before(war, truth, found, tmp_path) -> None:
    late = told(war, written(tmp_path, *truth, ahead=timedelta(0)), origins=ORIGINS[:1])
    assert late.starts[0].past.series[1].starts[-1] == date(2001, 8, 1)
    assert found.starts[0].past.series[1].starts[-1] == date(2001, 9, 1)
    rows = {(row["lead"], row["who"]): row for row in late.forecasts() if (row["series"], row["given"]) == ("area", ALL)}
    walk = random_walk(Monthly(FIRST, np.diff(truth[1])[:20]), 4)[1:]
    for lead in (1, 2, 3):
        assert rows[lead, "random_walk"]["p50"] == pytest.approx(np.median(walk[lead - 1]))
    assert not {who for lead, who in rows if lead == 0} & {*RIVALS}


def test_what_came_before_changes_forecasts(war, truth, found, tmp_path) -> None:
    losses, area = truth
    changed = losses * np.where(np.arange(len(losses)) == 20, 1.5, 1.0)
    again = told(war, written(tmp_path, changed, area), origins=ORIGINS[:1])
    rows = zip(forecasts(found, ORIGINS[0]), forecasts(again, ORIGINS[0]), strict=True)
    moved = {one["who"] for one, other in rows if one != other}
    assert {"persistence_1", "random_walk", "past_month"} <= moved
    assert SCENARIO not in moved


def test_a_forecast_of_what_is_drawn_from_it_tells_as_often_as_it_says(war, truth, tmp_path) -> None:
    """Wars that go on from an origin as other histories of the same scenario do: what came lies anywhere in the forecast."""
    origin, luck = ORIGINS[0], np.random.default_rng(5)
    before, days = months_to(origin), (add_months(origin, HORIZON) - origin).days
    ran = run_ensemble(war.with_settings([f"start_date={origin}"]), Plan(400, 77, days, series=False, paths="month"))
    losses, area = (np.diff(ran.paths[list(ran.path_columns).index(one)], axis=0) for one in PATHS)
    losses /= ran.drawn["attrition.level_factor"]
    shares, held = [], []
    for number in range(24):
        seen = area[:, number] + luck.normal(scale=30, size=HORIZON)
        path = written(
            tmp_path, np.append(truth[0][:before], losses[:, number]),
            np.append(truth[1][: before + 1], truth[1][before] + np.cumsum(seen)), add_months(origin, HORIZON) - A_DAY,
        )  # fmt: skip
        of = told(war, path, origins=[origin], months=None)
        rows = [row for row in of.scores() if (row["who"], row["given"]) == (SCENARIO, ALL) and row["lead"] != 1]
        shares += [row["value"] for row in rows if row["score"] == "pit"]
        held += [row["value"] for row in rows if row["score"] == "cover_80"]
    assert len(shares) == len(held) == 24 * 2 * HORIZON
    # Of 48 that do not hang together the mean would lie so far off once in 10,000 cases.
    assert np.mean(shares) == pytest.approx(0.5, abs=0.16)
    assert 0.6 < np.mean(held) < 0.95
    assert min(shares) < 0.15
    assert max(shares) > 0.85


# How it is scored.


def test_a_scenario_is_started_with_levels_of_before_each_origin(war, truth, tmp_path) -> None:
    rule = (
        "levels: {attrition.attacker.daily_casualties: {from: losses, last_days: 91}, front.held_area_km2: {from: area}}\n"
    )
    starts = starts_of([war], written(tmp_path, *truth, more=rule), ORIGINS, 6)
    for start in starts:
        for scenario, day in ((start.scenario, start.origin), (start.earlier, add_months(start.origin, -6))):
            assert scenario.world.start_date == day
            assert scenario.world.front.held_area_km2.central == pytest.approx(truth[1][months_to(day)], rel=1e-4)
            losses = truth[0][months_to(day) - 3 : months_to(day)].sum() / (day - add_months(day, -3)).days
            assert scenario.world.attrition.attacker.daily_casualties.central == pytest.approx(losses, rel=0.05)
    of = hindcast(war, starts, read_data(tmp_path / "observed.yml", war), Plan(N, 1, 1), HORIZON, 6, 0.1)
    assert len({one.scenario.fingerprint for one in of.starts}) == 2


def test_persistence_of_what_never_changes_is_perfect(war, tmp_path) -> None:
    """So many losses a day, and a front that stands: rates are the same, and what short months have is right."""
    days = np.array([(add_months(FIRST, month + 1) - add_months(FIRST, month)).days for month in range(MONTHS)])
    of = told(war, written(tmp_path, 1000.0 * days, np.full(MONTHS + 1, 5e4)), months=None)
    rows = [row for row in of.as_dicts() if row["who"].startswith("persistence") and row["series"] != "truce"]
    assert {(row["lead"], row["series"]) for row in rows} == {
        (lead, series) for lead in ("month", "sum") for series in ("losses", "area")
    }
    for row in rows:
        assert row["crps"] == pytest.approx(0, abs=1e-6)
        assert row["bias"] == pytest.approx(0, abs=1e-6)
        assert row["cover_80"] == 1 or row["series"] == "losses", "to the last digit where nothing is multiplied"
    # And whoever was never wrong is no one to be better than.
    assert {row["skill"] for row in rows if row["series"] == "area"} == {None}


def test_months_are_those_of_the_calendar_across_a_leap_day(war, truth, tmp_path) -> None:
    of = told(war, written(tmp_path, *truth), origins=[date(2002, 1, 1)], months=None)
    spans = {(row["lead"], row["since"], row["until"]) for row in of.forecasts() if row["series"] == "losses"}
    assert spans == {(0, "2002-01-01", "2002-04-01"), (1, "2002-01-01", "2002-02-01"), (2, "2002-02-01", "2002-03-01"),
                     (3, "2002-03-01", "2002-04-01")}  # fmt: skip
    shifted = war.with_settings(["start_date=2004-01-01"])
    ran = run_ensemble(shifted, Plan(N, 1, 91, series=False, paths="month"))
    path = written(tmp_path, *truth, first=date(2002, 1, 1))
    leap = hindcast(shifted, starts_of([shifted], path), read_data(path, shifted), Plan(N, 1, 1), HORIZON)
    losses = np.diff(ran.paths[list(ran.path_columns).index(PATHS[0])], axis=0) / ran.drawn["attrition.level_factor"]
    assert ran.path_days == (0, 31, 60, 91)
    for lead in (1, 2, 3):
        (row,) = [row for row in leap.forecasts() if (row["series"], row["lead"], row["given"], row["who"]) ==
                  ("losses", lead, ALL, SCENARIO)]  # fmt: skip
        assert row["p50"] == pytest.approx(np.quantile(losses[lead - 1], 0.5))


def test_at_war_is_of_histories_and_months_in_which_the_fighting_had_not_stopped(war, truth, tmp_path) -> None:
    """Signed on a day in February 2002: of March nothing is told at war, nor of the sum; of all it is."""
    path = written(tmp_path, *truth, happened="2002-02-10")
    of = told(war, path, origins=[date(2002, 1, 1)], months=None)
    leads = {given: {row["lead"] for row in of.forecasts() if (row["series"], row["given"]) == ("losses", given)}
             for given in (ALL, AT_WAR)}  # fmt: skip
    assert leads == {ALL: {0, 1, 2, 3}, AT_WAR: {1}}
    events = {row["lead"]: row["observed"] for row in of.forecasts() if row["series"] == "truce"}
    assert events == {1: 0.0, 2: 1.0, 3: 1.0}
    # Those at war are those that a run has at war on that day.
    started = war.with_settings(["start_date=2002-01-01"])
    played = play(started, HORIZON, N, 1)
    whole = told(war, written(tmp_path, *truth), origins=[date(2002, 1, 1)], months=None)
    chances = {row["lead"]: row["p50"] for row in whole.forecasts() if (row["series"], row["who"]) == ("truce", SCENARIO)}
    for lead in (1, 2, 3):
        (row,) = [row for row in whole.forecasts() if (row["series"], row["lead"], row["given"], row["who"]) ==
                  ("losses", lead, AT_WAR, SCENARIO)]  # fmt: skip
        assert row["p50"] == pytest.approx(np.quantile(played.claims[lead - 1][played.at_war[lead - 1]], 0.5))
        assert chances[lead] == pytest.approx(1 - played.at_war[lead - 1].mean())
    assert chances[3] > chances[1] > 0


def test_sums_by_rule_have_the_errors_of_sums() -> None:
    """By hand: months of 1, 2, 4 ... at one rate a day but for February; an error is by how much a sum of two is off."""
    values = np.array([31.0, 28, 62, 30, 31, 60, 31, 31, 60, 31, 30, 31])
    past = Monthly(date(2001, 1, 1), values)
    told_of = persistence_of_sum(past, 2, 1)
    rates = values / past.days()
    days = past.days(2)
    after = [(values[at] + values[at + 1]) / (days[at] + days[at + 1]) for at in range(1, 11)]
    errors = np.log(after) - np.log(rates[:10])
    assert np.unique(told_of) == pytest.approx(np.unique((31 + 28) * np.exp(np.log(rates[-1]) + np.sort(errors))))
    with pytest.raises(TooFewMonths, match="errors of sums over 9 months: 3 in the past, and 5 are needed"):
        persistence_of_sum(past, 9, 1)


# What is told.


def test_the_answer_fits_a_screen_and_says_what_cannot_be_said(found) -> None:
    lines = as_text(list(answer(found)), 80).splitlines()
    assert len(lines) <= 19
    assert max(map(len, lines)) <= 80
    text = " ".join(" ".join(lines).split())
    assert "With fewer than 8 origins no ranking can be had, and these are 2." in text
    assert "(best)" in text
    assert {row["why"] for row in found.as_dicts() if row["skill"] is not None} <= {
        "with fewer than 8 origins no ranking can be had", "one of both was never wrong",
    }  # fmt: skip


def test_bytes_hang_on_nothing_but_scenario_data_and_seed(war, truth, found, tmp_path, monkeypatch) -> None:
    path = written(tmp_path, *truth)
    monkeypatch.setattr(calibration, "AT_ONCE", 130)
    starts = starts_of([war], path, ORIGINS[::-1], 6)
    plan = Plan(N, 1, 1, batch=57)
    with pool_of(2) as pool:
        again = hindcast(war, starts, read_data(path, war), plan, HORIZON, 6, 0.1, pool=pool)
    assert files(again) == files(found)


def test_files_that_are_written_as_of_their_starts_are_told_in_the_order_of_time(war, truth, tmp_path) -> None:
    path = written(tmp_path, *truth)
    several = [war.with_settings([f"start_date={day}"]) for day in (*ORIGINS, date(2001, 4, 1))]
    plan = Plan(N, 1, 1)
    both = [
        hindcast(war, starts_of(order, path, ORIGINS, 6), read_data(path, war), plan, HORIZON, 6, 0.1)
        for order in (several, several[::-1])
    ]
    assert files(both[0]) == files(both[1])
    # Of the first a scenario begins six months before, of the other none.
    assert {row.origin for row in both[0].told if row.who == EARLIER} == {ORIGINS[0]}
    assert both[0].left_out[0] == "as of 2002-01-01 nothing is calibrated: no scenario starts on 2001-07-01"


WRONG = {
    "no first": ({"origins": [date(2001, 10, 2)]}, HindcastError, "2001-10-02 is not the first day of a month"),
    "too early": ({"origins": [date(2000, 4, 1)]}, HindcastError,
                  "of losses 3 whole months are known before 2000-04-01, too few for any rival"),
    "before all": ({"origins": [FIRST]}, DataError, "no number up to 1999-12-31"),
    "too late": ({"origins": [date(2002, 5, 1)]}, HindcastError, "no month from 2002-05-01 on is observed"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_told_is_refused(war, seen, case) -> None:
    how, error, said = WRONG[case]
    with pytest.raises(error, match=said) as caught:
        told(war, seen, months=None, **how)
    assert error is DataError or "\n" not in str(caught.value)


def test_other_scenarios_than_those_as_of_an_origin_are_refused(war, seen) -> None:
    with pytest.raises(HindcastError, match="several scenarios start on the same day"):
        starts_of([war, war], seen)
    other = war.with_settings(["start_date=2001-10-01"])
    with pytest.raises(HindcastError, match="no scenario starts on 2002-01-01: name one origin of 2000-01-01, 2001-10-01"):
        starts_of([war, other], seen, ORIGINS)
    with pytest.raises(CalibrationError, match="at least 400 are run and 40 kept"):
        hindcast(war, starts_of([war], seen, ORIGINS, 6), read_data(seen, war), Plan(100, 1, 1), HORIZON, 6, 0.1)


def test_of_before_the_war_and_its_data_nothing_is_told(war, truth, tmp_path) -> None:
    path = written(tmp_path, *truth, more="levels:\n  front.held_area_km2: {from: area}\n")
    began = war.with_settings(["war_began=2000-01-01"])
    with pytest.raises(HindcastError, match="the war began on 2000-01-01, and nothing can be told of it as of 1999-12-01"):
        starts_of([began], path, [date(1999, 12, 1)])
    # What begins so many months before an origin is left out where there is no such beginning.
    for scenario, why in (
        (began, "the war began on 2000-01-01, after 1999-10-01"),
        (war, "area has no row before 1999-10-01"),
    ):
        (start,) = starts_of([scenario], path, [date(2000, 10, 1)], 12)
        assert start.earlier is None
        assert start.why_not == f"as of 2000-10-01 nothing is calibrated: {why}"
    of = hindcast(war, [start], read_data(path, war), Plan(N, 1, 1), HORIZON, 12, 0.1)
    said = [one.sentence for one in of_hindcast(of)]
    assert "As of 2000-10-01 nothing is calibrated, and the scenario itself tells; --full says why." in said
    assert start.why_not in of.left_out


def test_what_rests_on_later_sources_is_kept_dropped_or_refused(war, seen) -> None:
    (kept,) = starts_of([war], seen, ORIGINS[:1])
    assert kept.late > 50
    assert kept.dropped == ()
    (dropped,) = starts_of([war], seen, ORIGINS[:1], as_of="drop")
    assert dropped.dropped
    assert dropped.late < kept.late
    tree = dropped.scenario.tree
    for path in dropped.dropped:
        node = tree
        *above, name = path.split(".")
        for step in above:
            node = node[step]
        assert name not in node
    with pytest.raises(HindcastError, match=r"as of 2001-10-01, what baseline says rests on sources of later: .* more;"):
        starts_of([war], seen, ORIGINS[:1], as_of="fail")


# The command.


def run(parley, seen: Path, *more: object):
    settings = [
        part for path, value in SETTINGS.items() for part in ("--set", f"{path}={'null' if value is None else value}")
    ]
    asked = ("--data", seen.name, "--horizon", HORIZON, "--replications", N, *settings, "--workers", 1)
    return parley("hindcast", "baseline", *asked, *more, cwd=seen.parent)


def test_the_command_tells_what_python_does_and_goes_by_the_bars(parley, war, truth, tmp_path) -> None:
    bars = "  bars: {met: {series: losses, score: crps, low: 0}, cover: {series: area, score: cover_80, low: 1.5}}\n"
    path = written(tmp_path, *truth, more=bars)
    done = run(parley, path, "--origins", "2001-10-01..2002-01-01:3m", "--calibrate", 6, "--keep", 0.1)
    assert done.returncode == 5, done.stderr
    assert "Missed: cover: cover_80 of area is" in " ".join(done.stdout.split())
    assert "numbers rest on a source of later; parley check --as-of" in " ".join(done.stderr.split())
    (folder,) = (tmp_path / "results" / "hindcasts").iterdir()
    ours = sim.hindcast(
        "baseline", path, origins=ORIGINS, horizon=HORIZON, calibrate=6, keep=0.1, replications=N, settings=SETTINGS
    )
    for name, text in files(ours).items():
        assert (folder / name).read_text() == text, name
    manifest = read_folder(folder).manifest
    assert (manifest.horizon, manifest.months, manifest.met, len(manifest.origins)) == (3, 6, False, 2)
    again = run(parley, path, "--origins", "2001-10-01..2002-01-01:3m", "--calibrate", 6, "--keep", 0.1)
    assert again.returncode == 5
    assert "nothing of it is run again" in " ".join(again.stderr.split())
    assert again.stdout.count("Missed") == 1
    path.write_text(path.read_text().replace("low: 1.5", "low: 0"))
    assert run(parley, path, "--origins", "2001-10-01", "--out", "met").returncode == 0


CALLS = {
    "no date": (("--origins", "soon"), 2, "--origins has 'soon', which is no date"),
    "backwards": (("--origins", "2002-01-01..2001-01-01:1m"), 2, "write the earlier first"),
    "too early": (("--origins", "2000-03-01"), 3, "too few for any rival"),
    "no such series": (
        ("--origins", "2001-10-01"),
        3,
        "'lossses', which is none of the series. Did you mean 'losses'?",
    ),
}


@pytest.mark.parametrize("case", CALLS)
def test_what_is_wrong_is_said_in_a_line(parley, truth, tmp_path, case) -> None:
    how, code, said = CALLS[case]
    more = "  bars: {b: {series: lossses, score: crps, low: 0}}\n" if case == "no such series" else ""
    done = run(parley, written(tmp_path, *truth, more=more), *how)
    assert done.returncode == code
    errors = [line for line in done.stderr.splitlines() if "error" in line]
    assert len(errors) == 1
    assert said in errors[0]
    assert done.stdout == ""


def test_events_have_a_rival_of_their_own(found) -> None:
    rows = {row["who"]: row for row in found.as_dicts() if row["series"] == "truce"}
    assert {*rows} == {SCENARIO, EARLIER, CALIBRATED, "base_rate"}
    made = [one for one in found.told if one.series == "truce" and one.who == "base_rate"]
    for one in made:
        days = (one.until - one.origin).days
        assert one.levels == pytest.approx((1 - np.exp(-0.2 * days / 365.25),))
        assert one.scores["brier"] == pytest.approx(one.levels[0] ** 2)
    assert rows["base_rate"]["crps"] == pytest.approx(np.mean([one.scores["brier"] for one in made]))


def test_months_that_happen_once_are_kept_from_rivals(war, truth, tmp_path) -> None:
    losses, area = truth
    fallen = area - np.where(np.arange(MONTHS + 1) > 5, 30_000, 0)
    path = written(tmp_path, losses, fallen)
    wide = told(war, path, origins=ORIGINS[:1], months=None)
    path.write_text(path.read_text().replace("noise: 30", "noise: 30, rivals_within: 20_000"))
    narrow = told(war, path, origins=ORIGINS[:1], months=None)
    for who in ("ar1", "past_month"):
        far, near = (
            next(row["interval_80"] for row in of.as_dicts() if (row["series"], row["who"]) == ("area", who))
            for of in (wide, narrow)
        )
        assert near < far


def test_a_rival_of_few_errors_tells_of_the_months_that_it_can_and_is_held_against_ours_there(war, truth, tmp_path) -> None:
    """Seven months are known: of one month ahead the rule has been wrong six times, of two five, of three only four."""
    of = told(war, written(tmp_path, *truth), origins=[date(2000, 8, 1)], months=None)
    key = "losses", ALL
    mine = {one.lead: one for one in of.told if (one.series, one.given, one.who) == (*key, SCENARIO)}
    theirs = {one.lead: one for one in of.told if (one.series, one.given, one.who) == (*key, "persistence_1")}
    assert ({*mine}, {*theirs}) == ({0, 1, 2, 3}, {1, 2})
    why = "fewer than 5 errors so far ahead in the past"
    assert f"as of 2000-08-01 the last month tells nothing of month 3 of losses: {why}" in of.left_out
    row = next(
        one for one in of.rows if (one.series, one.lead, one.given, one.who) == ("losses", MONTH, ALL, "persistence_1")
    )
    assert row.forecasts == 2
    crps = [np.mean([told[lead].scores["crps"] for lead in (1, 2)]) for told in (theirs, mine)]
    assert (row.crps, row.ours) == pytest.approx(crps)
    assert row.skill is not None
    assert row.skill.value == pytest.approx(1 - 1 / row.ratio)
    # Made the best, it is told with what we have in these months, and not in all.
    ahead = [one._replace(scores={**one.scores, "crps": 1e-3 * one.scores["crps"]}) if one in theirs.values() else one
             for one in of.told]  # fmt: skip
    made = replace(of, told=ahead)
    best = best_rival(rows_of(made, "losses"))
    assert best is not None
    assert best.who == "persistence_1"
    there = f"the last month, has less, {rounded(best.crps)} against {rounded(best.ours)} in the 2 months that it tells of"
    assert any(there in one.sentence for one in of_hindcast(made))
    assert nearest(rows_of(made, "losses")) == best


def test_histories_that_begin_earlier_are_told_without_data_too(war, truths, tmp_path) -> None:
    """Begun when the history that is the data was, which is neither of many nor of few losses: the origin is reached."""
    origin = add_months(FIRST, 6)
    truth = sorted(truths, key=lambda one: one[0][:6].sum())[len(truths) // 2]
    of = told(war, written(tmp_path, *truth), origins=[origin])
    assert of.unreached == []
    assert of.starts[0].earlier is not None
    assert of.starts[0].earlier.world.start_date == FIRST
    ran = run_ensemble(war, Plan(round(0.1 * N), 1, (add_months(origin, HORIZON) - FIRST).days, series=False, paths="month"))
    losses = np.diff(ran.paths[list(ran.path_columns).index(PATHS[0])], axis=0)[6:] / ran.drawn["attrition.level_factor"]
    made = {one.who: one.levels for one in of.told if (one.series, one.lead, one.given) == ("losses", 2, ALL)}
    # But that the fighting had not stopped before is known.
    lasted = stopped_on(ran.outcomes, (add_months(origin, HORIZON) - FIRST).days) > (origin - FIRST).days
    assert made[EARLIER][3] == pytest.approx(np.median(losses[1][lasted]))
    assert len({made[who] for who in (SCENARIO, EARLIER, CALIBRATED)}) == 3
    assert "as early without these data" in " ".join(one.sentence for one in of_hindcast(of))
    # Of these too nothing from after the origin is looked at.
    luck = np.random.default_rng(4)
    altered = [np.append(one[:count], luck.uniform(1, 9e5, MONTHS)) for one, count in zip(truth, (6, 7), strict=True)]
    again = told(war, written(tmp_path, *altered), origins=[origin])
    assert json.dumps(forecasts(again, origin)) == json.dumps(forecasts(of, origin))
    assert again.scores() != of.scores()


def test_of_what_ends_before_all_origins_it_is_said_that_nothing_is_told(war, truth, tmp_path) -> None:
    losses, area = truth
    path = written(tmp_path, losses, area[:10])
    path.write_text(path.read_text().replace("area.csv,", "area.csv, until: 2000-09-30,"))
    of = told(war, path, origins=ORIGINS[1:], months=None)
    assert {row["series"] for row in of.as_dicts()} == {"losses", "truce"}
    assert "Nothing is told of area in any month after these origins." in [one.sentence for one in of_hindcast(of)]
    assert "Nothing is told of area" in " ".join(" ".join(as_text(list(answer(of)), 80).split()).split())


def test_where_nothing_is_calibrated_the_scenario_tells_and_no_origin_is_lost(war, truths, tmp_path) -> None:
    truth = sorted(truths, key=lambda one: one[0][:6].sum())[len(truths) // 2]
    days = [add_months(FIRST, 6), ORIGINS[0]]
    path = written(tmp_path, *truth, more="  bars: {held: {series: losses, score: cover_80, low: 0}}\n")
    several = [war, *(war.with_settings([f"start_date={day}"]) for day in days)]
    of = hindcast(war, starts_of(several, path, days, 6), read_data(path, war), Plan(N, 1, 1), HORIZON, 6, 0.1)
    assert (of.fitted, of.unreached) == (days[:1], [])
    assert [one.calibrated for one in of.manifest().origins] == [True, False]
    by = {(one.origin, one.who): one for one in of.told if (one.series, one.lead, one.given) == ("losses", 1, ALL)}
    assert by[days[0], CALIBRATED].levels != by[days[0], SCENARIO].levels
    assert by[days[1], CALIBRATED].levels == by[days[1], SCENARIO].levels
    counts = {row.who: row.forecasts for row in of.rows if (row.series, row.lead, row.given) == ("losses", MONTH, ALL)}
    assert [counts[who] for who in (SCENARIO, EARLIER, CALIBRATED, "past_month")] == [6, 3, 6, 6]
    covers = [one.scores["cover_80"] for one in of.scored("losses", ALL, CALIBRATED)]
    assert (len(covers), of.bars[0].value) == (6, np.mean(covers))
    said = [one.sentence for one in of_hindcast(of)]
    assert "As of 2001-10-01 nothing is calibrated, and the scenario itself tells; --full says why." in said
    by_origin = next(one for one in rest(of) if isinstance(one, Table) and one.columns[0].head == "By origin")
    assert {(row[1], row[-1]) for row in by_origin.rows} == {(str(days[0]), "calibrated"), (str(days[1]), "the scenario")}


def test_of_what_was_over_before_nothing_is_told(war, truth, tmp_path) -> None:
    path = written(tmp_path, *truth, happened="2002-02-10")
    path.write_text(path.read_text().replace("losses.csv,", "losses.csv, until: 2002-02-28,").replace(
        "area.csv,", "area.csv, until: 2002-02-28,"))  # fmt: skip
    with pytest.raises(HindcastError, match="no month from 2002-03-01 on is observed"):
        told(war, path, origins=[date(2002, 3, 1)], months=None)


def test_a_page_of_too_few_histories_at_war(parley, tmp_path) -> None:
    few = ("--origins", "2003-01-01", "--horizon", 2, "--replications", 10, "--out", tmp_path / "few")
    done = parley("hindcast", "examples/border_war", *few, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "fewer than 20 histories (scenario) are at war" in (tmp_path / "few/hindcast.txt").read_text()
    assert parley("report", tmp_path / "few", cwd=tmp_path).returncode == 0


def test_what_no_rival_tells_is_refused_before_a_history_is_run(war, truth, tmp_path) -> None:
    done: list[int] = []
    with pytest.raises(HindcastError, match="too few for any rival"):
        told(war, written(tmp_path, *truth), origins=[date(2000, 4, 1)], months=None, progress=done.append)
    assert done == []


def test_origins_of_one_are_those_of_several(war, found, truth, tmp_path) -> None:
    """What is told as of a day does not hang on what else is."""
    alone = told(war, written(tmp_path, *truth), origins=ORIGINS[1:])
    assert [one for one in found.told if one.origin == ORIGINS[1]] == [*alone.told]
    assert replace(alone, told=[]).rows == []
