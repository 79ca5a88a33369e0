"""A run weighed by data: what is near counts more, what cannot agree counts nothing, and nothing is known of later."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.errors import ParleyError
from sim.observed import read_data
from sim.results.read import read_folder
from sim.results.runs import Run
from sim.results.statistics import Z_95
from sim.studies.calibrate import months_of
from sim.studies.update import FEWEST_EFFECTIVE, difference, effective, update, weights_of
from sim.words.layout import as_text
from sim.words.update import answer, files
from tests.test_calibrate import PATHS, START, written

N, TRUE, WIDE = 900, 7, 2.0
SET = [part for one in (f"start_date={START}", "war_began=null") for part in ("--set", one)]
SIZE = ("--replications", N, "--months", 9, *SET)


@pytest.fixture(scope="module")
def folder(parley, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("update")
    for way in ((), ("--parquet",)):
        out = folder / f"run{''.join(way)}"
        assert parley("run", "baseline", *SIZE, "--paths", "month", *way, "--out", out, cwd=folder).returncode == 0
    return folder


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return Run.read(folder / "run")


def of_history(run: Run, place: int, where: Path, truce: str = "") -> Path:
    """Write data as a history of the run has them over five months, without noise, and what is said of a truce."""
    paths = run.kept_paths(PATHS)
    losses, area = (paths[one][:6, place] for one in PATHS)
    path = written(where, np.diff(losses) / run.drawn["attrition.level_factor"][place], area, months=5)
    text = path.read_text().replace("2001-07-01", "2001-06-01")
    path.write_text("".join(line for line in text.splitlines(keepends=True) if "truce" not in line) + truce)
    return path


def test_weights_fall_with_distance_and_sum_to_one() -> None:
    weights = weights_of(np.array([[0.0, 1.0, -1.0], [0.0, 0.0, 2.0]]), 2.0)
    assert weights.sum() == pytest.approx(1.0)
    assert weights[1] / weights[0] == pytest.approx(np.exp(-0.5 * 0.25))
    assert weights[2] / weights[0] == pytest.approx(np.exp(-0.5 * (0.25 + 1.0)))
    # However far all are, some weigh.
    assert weights_of(np.array([[1e6, 1e6 + 1]]), 1.0).sum() == pytest.approx(1.0)


def test_where_none_is_anywhere_near_none_weighs() -> None:
    assert weights_of(np.full((2, 3), np.inf), 1.0).tolist() == [0.0, 0.0, 0.0]
    assert effective(np.zeros(3)) == 0.0
    assert effective(np.array([0.5, 0.25, 0.25])) == pytest.approx(1 / (0.25 + 2 * 0.0625))


def test_intervals_of_differences_are_those_of_samples_drawn_again() -> None:
    luck = np.random.default_rng(3)
    values = luck.normal(size=800)
    weights = np.exp(0.8 * values + luck.normal(size=800))
    weights /= weights.sum()
    before, after, low, high = difference(values, weights)
    assert (before, after) == (pytest.approx(values.mean()), pytest.approx(np.average(values, weights=weights)))
    assert (low + high) / 2 == pytest.approx(after - before)
    again = luck.integers(800, size=(4_000, 800))
    drawn = np.average(values[again], axis=1, weights=weights[again]) - values[again].mean(axis=1)
    assert (high - low) / 2 == pytest.approx(Z_95 * drawn.std(), rel=0.1)


def test_the_history_that_is_the_data_weighs_most(run: Run, tmp_path: Path) -> None:
    found = update(run, read_data(of_history(run, TRUE, tmp_path), run.scenario), WIDE)
    assert found.distances[TRUE] == pytest.approx(0.0, abs=1e-9)
    assert int(found.weights.argmax()) == TRUE
    assert found.weights.sum() == pytest.approx(1.0)
    assert FEWEST_EFFECTIVE <= found.effective <= N
    assert (np.diff(found.weights[np.argsort(found.distances)]) <= 0).all()
    text = as_text(answer(found))
    assert f"{found.effective:,.0f} of {N:,} histories by weight" in text
    assert len(text.splitlines()) <= 21


def test_with_any_distance_allowed_nothing_changes(run: Run, tmp_path: Path) -> None:
    found = update(run, read_data(of_history(run, TRUE, tmp_path), run.scenario), 1e9)
    assert found.effective == pytest.approx(N)
    rows = {row.id: row for row in run.summary}
    for one in found.changed:
        told = rows[one.outcome].share if one.unit == "share" else rows[one.outcome].mean
        assert one.before == pytest.approx(told)
        assert one.after == pytest.approx(told)
        assert one.difference == pytest.approx(0.0, abs=1e-6 * max(1.0, abs(one.before)))
        # As wide as of a run of as many histories.
        assert (one.after_low, one.after_high) == pytest.approx((rows[one.outcome].low, rows[one.outcome].high), rel=0.01)
    assert all(abs(one.shift) < 1e-9 and one.ratio == pytest.approx(1.0) for one in found.shifted.values())


def test_what_drives_the_data_moves_toward_them_and_bargaining_does_not(run: Run, tmp_path: Path) -> None:
    # As they are claimed.
    losses = run.kept_paths(PATHS[:1])[PATHS[0]][5] / run.drawn["attrition.level_factor"]
    path = "attrition.attacker.daily_casualties"
    for place, sign in ((int(np.argsort(losses)[-150]), 1), (int(np.argsort(losses)[150]), -1)):
        data = of_history(run, place, tmp_path)
        data.write_text("".join(line for line in data.read_text().splitlines(keepends=True) if "area" not in line))
        found = update(run, read_data(data, run.scenario), 1.0)
        assert sign * found.shifted[path].shift > 0.1
        (cost,) = [one for one in found.changed if one.outcome == "casualties_attacker"]
        assert sign * cost.difference > 0
        told = " ".join(one.sentence for one in found.findings)
        assert "numbers of the bargaining is told to move" in told


def test_a_truce_that_has_not_come_rules_out_those_that_had_one(run: Run, tmp_path: Path) -> None:
    none = "    truce: {kind: event, of: ceasefire, happened: [], source: A test}\n"
    found = update(run, read_data(of_history(run, TRUE, tmp_path, none), run.scenario), 1e9)
    at_war = run.kept_paths([("at_war", "")])["at_war", ""]
    early = (at_war[:6] == 0).any(axis=0)
    assert early.sum() >= 10
    assert not found.weights[early].any()
    assert found.effective == pytest.approx((found.weights > 0).sum())
    deals = {one.outcome: one for one in found.changed}
    assert deals["war_goes_on"].after > deals["war_goes_on"].before
    # What this rules out is not told as what the months say: to those that are possible nothing is changed.
    assert all(one.after == pytest.approx(one.possible) for one in found.changed)
    told = " ".join(one.sentence for one in found.findings)
    assert f"In {N - found.agreeing:,} histories the fighting stopped otherwise than in the data" in told
    assert "No share of endings or of deals is found to change by what these months say." in told


def test_nothing_later_than_the_cutoff_changes_a_byte(run: Run, tmp_path: Path) -> None:
    path = of_history(run, TRUE, tmp_path)
    first = files(update(run, read_data(path, run.scenario), WIDE))
    for name in ("losses.csv", "area.csv"):
        with open(tmp_path / name, "a") as file:
            file.write("2001-08-01,9999999\n")
    assert files(update(run, read_data(path, run.scenario), WIDE)) == first


def test_the_order_of_series_in_the_data_does_not_matter(run: Run, tmp_path: Path) -> None:
    """That of rows cannot: they are refused unless they are sorted."""
    path = of_history(run, TRUE, tmp_path)
    first = update(run, read_data(path, run.scenario), WIDE)
    text = path.read_text()
    area = next(line for line in text.splitlines(keepends=True) if line.startswith("    area:"))
    path.write_text(text.replace(area, "").replace("  series:\n", f"  series:\n{area}"))
    again = update(run, read_data(path, run.scenario), WIDE)
    assert [one.series for one in again.statistics] != [one.series for one in first.statistics]
    np.testing.assert_allclose(again.weights, first.weights, rtol=1e-12)


def test_months_in_which_histories_agree_already_do_not_count_twice(run: Run, tmp_path: Path) -> None:
    data = read_data(of_history(run, TRUE, tmp_path), run.scenario)
    for until, left in (("2001-03-01", 3), ("2001-03-02", 3), ("2001-04-01", 2)):
        held = {"seed": 1, "until": date.fromisoformat(until), "of": "x", "numbers": [3, 4]}
        fitted = run.scenario.with_tree({**run.scenario.tree, "histories": held})
        assert [len(months_of(fitted, one, date(2001, 6, 2))) for one in data.series] == [left, left]


def test_folders_of_either_kind_and_runs_in_memory_say_the_same(folder: Path, run: Run, tmp_path: Path) -> None:
    data = of_history(run, TRUE, tmp_path)
    told = files(update(run, read_data(data, run.scenario), WIDE))
    assert files(sim.update(Run.read(folder / "run--parquet"), data, tolerance=WIDE)) == told
    again = sim.run("baseline", replications=N, months=9, settings={"start_date": START.isoformat(), "war_began": "null"})
    other = sim.update(again, data, tolerance=WIDE)
    # Tables keep ten digits or so.
    assert other.weights == pytest.approx(update(run, read_data(data, run.scenario), WIDE).weights, rel=1e-6)


def test_few_that_are_left_and_times_that_do_not_meet_are_refused_in_a_line(run: Run, tmp_path: Path) -> None:
    data = read_data(of_history(run, TRUE, tmp_path), run.scenario)
    with pytest.raises(ParleyError, match=r"by weight [0-9]+ of the 900 histories .* and at least 400 are needed"):
        update(run, data, 0.05)
    happened = "    truce: {kind: event, of: ceasefire, happened: [2001-01-02], within_days: 0, source: A test}\n"
    with pytest.raises(ParleyError, match=r"no history of .* agrees with .* in whether and when the fighting stopped"):
        update(run, read_data(of_history(run, TRUE, tmp_path, happened), run.scenario), WIDE)
    with pytest.raises(ParleyError, match=r"starts on 2001-01-01, .* until 2000-12-31; read --until a later day"):
        update(run, replace(data, cutoff=START - timedelta(days=1)), WIDE)
    long = of_history(run, TRUE, tmp_path)
    long.write_text(long.read_text().replace("2001-06-01", "2001-12-01"))
    for name, first in (("losses.csv", 6), ("area.csv", 7)):
        with open(tmp_path / name, "a") as file:
            file.write("".join(f"2001-{month:02}-01,200000\n" for month in range(first, 13)))
    with pytest.raises(
        ParleyError, match=r"ends on 2001-10-01, and .* until 2001-12-01; run it for more --months, or read --until"
    ):
        update(run, read_data(long, run.scenario), WIDE)


def test_the_command(parley, folder: Path, run: Run, tmp_path: Path) -> None:
    data = of_history(run, TRUE, tmp_path)
    call = ("update", folder / "run", "--data", data, "--tolerance", WIDE)
    done = parley(*call, "--out", tmp_path / "u", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) <= 24
    kept = read_folder(tmp_path / "u")
    found = update(run, read_data(data, run.scenario), WIDE)
    assert kept.manifest.effective == found.effective  # type: ignore[union-attr]
    assert {name: kept.text(name) for name in files(found)} == files(found)
    again = parley(*call, "--out", tmp_path / "u", "--json", cwd=tmp_path)
    assert json.loads(again.stdout)["data"]["outcomes"] == json.loads(files(found)["update.json"])["outcomes"]
    plain = folder / "plain"
    assert parley("run", "baseline", *SIZE[:4], "--out", plain, cwd=tmp_path).returncode == 0
    again = f"parley run {plain} --replications {N} --seed 1 --paths month --out {plain}+months"
    for of, said in ((plain, again), (tmp_path / "u", "holds no run"), ("baseline", "is no folder of results")):
        refused = parley("update", of, "--data", data, cwd=tmp_path)
        assert refused.returncode == 2
        assert said in refused.stderr


def test_data_far_from_the_run_are_refused_unless_asked_for(parley, folder: Path, run: Run, tmp_path: Path) -> None:
    data = of_history(run, TRUE, tmp_path)
    lines = (tmp_path / "losses.csv").read_text().splitlines()
    (tmp_path / "losses.csv").write_text(
        "\n".join([lines[0], *(f"{day},{5 * float(value)}" for day, value in (line.split(",") for line in lines[1:]))])
        + "\n"
    )
    call = ("update", folder / "run", "--data", data, "--out", tmp_path / "far")
    for tolerance in (10, 0.35):
        # Of so few that weigh nothing is told, but first that none is near.
        done = parley(*call, "--tolerance", tolerance, cwd=tmp_path)
        assert done.returncode == 6, done.stderr
        assert "The run comes nowhere near losses" in done.stdout
        assert "by weight" not in done.stdout
        assert not (tmp_path / "far").exists()
    (row, *_) = json.loads(parley(*call, "--json", cwd=tmp_path).stdout)["data"]["fits"]
    assert row["prior_p50"] > 0
    assert {value for name, value in row.items() if name.startswith("kept_")} == {None}
    few = parley(*call, "--anyway", cwd=tmp_path)
    assert (few.returncode, "and at least 400 are needed" in few.stderr) == (3, True)
    assert parley(*call, "--tolerance", 10, "--anyway", cwd=tmp_path).returncode == 0
    assert read_folder(tmp_path / "far").manifest.reached is False  # type: ignore[union-attr]
