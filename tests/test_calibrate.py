"""Histories held against data of a war, made by the model itself: which are kept, what is left out, and what runs on."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.engine.calendar import Calendar
from sim.ensemble.run import HistoriesError, Plan, run_ensemble, run_histories
from sim.model.notes import notes
from sim.observed import read_data
from sim.studies import calibrate as calibration
from sim.studies.calibrate import CalibrationError, calibrate
from sim.words.calibrate import POSTERIOR, answer, files
from sim.words.layout import as_text

START, END = date(2001, 1, 1), date(2001, 7, 1)
SETTINGS = {"start_date": START.isoformat(), "horizon_months": 9, "war_began": "null"}
TRUE = 7
PATHS = [("cumulative_casualties", "attacker"), ("held_area", "")]
N = 420
SCALE = "arms.defender.aid_scale"


@pytest.fixture(scope="module")
def war():
    return sim.load("baseline", SETTINGS)


@pytest.fixture(scope="module")
def paths(war):
    """How each history of the run that is calibrated stands on the first of each month, and its level factor."""
    ran = run_ensemble(war, Plan(N, 1, 181, series=False, paths="month"))
    return ran, [ran.paths[list(ran.path_columns).index(one)] for one in PATHS]


def written(folder: Path, losses, area, first=START, noise="", months=6) -> Path:
    """Write data: losses month by month, and how much land is held on the first of each."""
    firsts = [Calendar(first).date_of(Calendar(first).month_start(month)) for month in range(months + 1)]
    with open(folder / "losses.csv", "w") as file:
        csv.writer(file).writerows([["date", "value"], *zip(firsts, losses, strict=False)])
    with open(folder / "area.csv", "w") as file:
        csv.writer(file).writerows([["date", "value"], *zip(firsts, area, strict=False)])
    path = folder / "observed.yml"
    path.write_text(
        f"""\
observations:
  cutoff: {END}
  series:
    losses: {{kind: increments, file: losses.csv, of: cumulative_casualties.attacker, unit: persons, rows: month,
             scale: attrition.level_factor, source: made up{noise}}}
    area: {{kind: levels, file: area.csv, of: held_area, unit: km2, source: made up}}
    truce: {{kind: event, of: ceasefire, happened: [], source: made up}}
"""
    )
    return path


@pytest.fixture
def seen(paths, tmp_path) -> Path:
    """The path of one history as data."""
    ran, (losses, area) = paths
    assert not np.any(ran.outcomes["ceasefires"][TRUE]), "a war that goes on"
    losses = np.diff(losses[:, TRUE]) / ran.drawn["attrition.level_factor"][TRUE]
    return written(tmp_path, [repr(float(one)) for one in losses], [repr(float(one)) for one in area[:, TRUE]])


@pytest.fixture
def found(war, seen):
    return calibrate(war, read_data(seen, war), Plan(N, 1, 1), 0.1)


def held(war, numbers: list[int]):
    """The scenario with histories that are said to agree with data."""
    return war.with_tree({**war.tree, "histories": {"seed": 1, "until": date(2001, 3, 1), "of": "x", "numbers": numbers}})


def test_a_history_that_is_the_data_is_kept_first_at_no_distance(found) -> None:
    first = found.accepted()[0]
    assert (first["replication"], first["seed"]) == (TRUE, 1)
    assert first["distance"] == pytest.approx(0.0, abs=1e-6)
    assert found.accepted()[1]["distance"] > 0.1
    assert len(found.accepted()) == round(0.1 * N)
    assert sum(one["weight"] for one in found.accepted()) == pytest.approx(1.0)
    assert [one.kind for one in found.statistics] == ["sum", "sum", "roughness"] * 2
    assert found.is_reached == all(0.01 <= one.below <= 0.99 for one in found.statistics)


def test_what_was_kept_agrees_in_months_too(found) -> None:
    """Of what is kept half lies nearer to the data, month by month, than of what is assumed."""
    off = [(abs(one.prior[1] - one.observed), abs(one.kept[1] - one.observed)) for one in found.months]
    assert np.sum([kept for _, kept in off]) < np.sum([prior for prior, _ in off])
    widths = [(one.kept[2] - one.kept[0]) / (one.prior[2] - one.prior[0]) for one in found.months]
    assert max(widths) < 1.0


def test_histories_that_are_kept_go_on_from_the_same_past(war, found, paths, tmp_path) -> None:
    texts = files(found)
    for name in (POSTERIOR, "scenario.yaml"):
        (tmp_path / name).write_text(texts[name])
    posterior = sim.load(tmp_path / POSTERIOR)
    assert posterior.world.histories.until == date(2001, 7, 2)
    assert posterior.world.horizon_months == 19
    numbers = np.array([one["replication"] for one in found.accepted()])
    plan = Plan(len(numbers), 1, 300, series=False, paths="month")
    ran, before = run_ensemble(posterior, plan), run_histories(war, plan, numbers)
    other = run_ensemble(posterior, Plan(len(numbers), 2, 300, series=False, paths="month", batch=7))
    past = [place for place, day in enumerate(ran.path_days) if day <= 182]
    assert [ran.path_days[place] for place in past] == [0, 31, 59, 90, 120, 151, 181]
    for one in (ran, other):
        np.testing.assert_array_equal(one.paths[:, past], before.paths[:, past])
        for path, values in before.drawn.items():
            np.testing.assert_array_equal(one.drawn[path], values)
    at = list(ran.path_columns).index(("held_area", ""))
    war_on = ran.paths[list(ran.path_columns).index(("at_war", ""))][past[-1]] > 0
    assert war_on.sum() > 20
    for one, another in ((ran, before), (ran, other)):
        assert (one.paths[at, -1] != another.paths[at, -1])[war_on].mean() > 0.9, "another luck from then on"
    # And the same in batches of any size.
    again = run_ensemble(posterior, Plan(len(numbers), 1, 300, series=False, paths="month", batch=5))
    np.testing.assert_array_equal(again.paths, ran.paths)


def test_further_lucks_have_the_past_of_the_history_whose_assumptions_they_have(war) -> None:
    numbers = list(range(0, 2400, 3))
    fitted = held(war, numbers)
    ran = run_ensemble(fitted, Plan(800, 1, 120, series=False, lucks=True, asked=("casualties_attacker@1",)))
    assert len(ran.further.draws) == 200
    for name, same in (("casualties_attacker@1", True), ("casualties_attacker", False)):
        mine, theirs = ran.outcomes[name][ran.further.draws], ran.lucks[name]
        assert (mine == theirs).mean() == 1.0 if same else (mine == theirs).mean() < 0.1


def test_there_are_no_more_histories_than_agree_and_no_numbers_are_given_to_them(war) -> None:
    fitted, many = held(war, [5, 3, 4]), held(war, list(range(12)))
    assert sim.run(fitted, months=1).replications == 3
    with pytest.raises(HistoriesError, match="has 3 histories, those that agree with data, and not 4"):
        sim.run(fitted, replications=4, months=1)
    with pytest.raises(HistoriesError, match="no number can be given to them"):
        sim.choose(many, {SCALE: [1, 2]}, ["mean(casualties_defender) low"], draws=5, lucks=2, months=1)
    with pytest.raises(HistoriesError, match="has 3 histories"):
        sim.sweep(fitted, {SCALE: [1, 2]}, months=1)


def test_it_is_said_where_the_past_is_not_that_in_which_histories_agree(war, found, tmp_path) -> None:
    texts = files(found)
    for name in (POSTERIOR, "scenario.yaml"):
        (tmp_path / name).write_text(texts[name])

    def is_told(more: str = "", *settings: str) -> bool:
        (tmp_path / "more.yaml").write_text(f"extends: {POSTERIOR}\ntitle: More\n{more}")
        told = notes(sim.load(tmp_path / "more.yaml", settings), 270)
        return any("agree with data until 2001-07-02 under other assumptions about that time" in one for one in told)

    def event(day: str) -> str:
        return f"events: {{halt: {{when: {{date: {day}}}, effect: {{{SCALE}: {{set: 0}}}}}}}}"

    assert not is_told()
    assert not is_told("horizon_months: 24")
    assert is_told("", f"{SCALE}=0.5")
    assert not is_told(event("2001-08-01"))
    assert is_told(event("2001-05-01"))


def test_data_that_nothing_assumed_comes_near_are_told_with_what_moves_them(war, paths, tmp_path) -> None:
    _, (losses, area) = paths
    far = np.diff(losses[:, TRUE]) * 50
    found = calibrate(war, read_data(written(tmp_path, far, area[:, TRUE]), war), Plan(N, 1, 1), 0.1)
    assert not found.is_reached
    assert sorted(found.drivers) == [0, 1, 2]
    first = found.findings[0].sentence
    assert first.startswith("No assumed value comes near losses, 2001-01-01 to 2001-04-01 (")
    assert "100.0 % of the histories lie below): widen '" in first
    assert "'Russia's casualties a day'" in first
    assert first.endswith("or the structure lacks something.")


def test_the_answer_fits_a_screen_and_says_what_data_say_nothing_of(found) -> None:
    lines = as_text(list(answer(found)), 80).splitlines()
    assert len(lines) <= 19
    assert max(map(len, lines)) <= 80
    text = " ".join(" ".join(lines).split())
    assert "Of any number of the bargaining they explain at most" in text or "bargaining" not in text


def test_bytes_hang_on_nothing_but_scenario_data_and_seed(war, seen, found, monkeypatch) -> None:
    monkeypatch.setattr(calibration, "AT_ONCE", 100)
    assert files(calibrate(war, read_data(seen, war), Plan(N, 1, 1, batch=33), 0.1)) == files(found)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"replications": 100}, "at least 400 are run and 40 kept"),
        ({"keep": 0.01}, "at least 400 are run and 40 kept"),
        ({"start_date": "2001-07-02"}, "take a scenario that starts before, or --from an earlier day"),
        ({"start_date": "2001-06-15"}, "no whole calendar month"),
    ],
)
def test_what_cannot_be_held_against_data_is_refused_at_once(war, seen, change, said) -> None:
    changed = war.with_settings([f"start_date={change['start_date']}"]) if "start_date" in change else war
    plan = Plan(change.get("replications", N), 1, 1)
    with pytest.raises(CalibrationError, match=said):
        calibrate(changed, read_data(seen, changed), plan, change.get("keep", 0.1))


def run(parley, seen: Path, *more: object):
    settings = [part for path, value in SETTINGS.items() for part in ("--set", f"{path}={value}")]
    asked = ("--replications", N, "--keep", 0.1, "--data", seen, *settings, "--workers", 1)
    return parley("calibrate", "baseline", *asked, *more, cwd=seen.parent)


def test_what_is_observed_later_changes_no_byte(parley, seen) -> None:
    whole = run(parley, seen, "--out", "whole")
    assert whole.returncode == 0, whole.stderr
    for name in ("losses.csv", "area.csv"):
        text = (seen.parent / name).read_text()
        (seen.parent / name).write_text(text + "2001-08-01,123\n2001-09-01,9999999\n")
    longer = run(parley, seen, "--out", "longer")
    assert longer.returncode == 0, longer.stderr
    assert "note: losses: 2 rows are later than 2001-07-01 and are not looked at" in longer.stderr.splitlines()
    folders = [seen.parent / name for name in ("whole", "longer")]
    names = sorted(path.name for path in folders[0].iterdir())
    assert POSTERIOR in names
    assert names == sorted(path.name for path in folders[1].iterdir())
    for name in names:
        before, after = ((folder / name).read_bytes() for folder in folders)
        if name == "manifest.json":
            # Which differ in what they were asked to be called.
            before, after = ({**json.loads(one), "asked": "", "seal": ""} for one in (before, after))
        assert before == after, name


def test_the_command_keeps_what_agrees_and_what_does_not_reach_the_data_is_kept_only_anyway(parley, seen, tmp_path) -> None:
    done = run(parley, seen)
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "results" / "calibrations").iterdir()
    assert f"Next: parley run {folder.relative_to(tmp_path)}/{POSTERIOR}" in " ".join(done.stdout.split())
    again = run(parley, seen)
    assert again.returncode == 0
    assert "nothing of it is run again" in " ".join(again.stderr.split())
    ran = parley("run", folder / POSTERIOR, "--months", 9, "--json", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert json.loads((tmp_path / "results" / "posterior+9_months" / "manifest.json").read_text())["replications"] == 42

    lines = (tmp_path / "losses.csv").read_text().splitlines()
    far = [lines[0], *(f"{line.split(',')[0]},{50 * float(line.split(',')[1])}" for line in lines[1:])]
    (tmp_path / "losses.csv").write_text("\n".join(far))
    refused = run(parley, seen, "--out", "far")
    assert refused.returncode == 6
    assert not list(tmp_path.rglob("*.unfinished"))
    assert "No assumed value comes near" in " ".join(refused.stdout.split())
    assert "no histories are kept; --anyway keeps the nearest" in " ".join(refused.stderr.split())
    assert not (tmp_path / "far" / POSTERIOR).exists()
    assert (tmp_path / "far" / "fit.csv").exists()
    assert run(parley, seen, "--out", "far").returncode == 6
    anyway = run(parley, seen, "--out", "anyway", "--anyway")
    assert anyway.returncode == 0, anyway.stderr
    assert (tmp_path / "anyway" / POSTERIOR).exists()
