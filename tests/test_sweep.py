"""Sweeps: where they look, that their points are runs on the same luck, and that nothing is lost on the way."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sim.ensemble.processes import WorkerError
from sim.ensemble.run import Plan
from sim.ensemble.workers import pool_of, shared
from sim.results.parts import Parts
from sim.results.place import Place
from sim.results.read import read_folder
from sim.results.store import StoreError
from sim.results.summary import as_dicts, summarise
from sim.results.tables import csv_of
from sim.scenario import ScenarioError
from sim.studies.design import DesignError, Varied, lay_out
from sim.studies.sweep import Sweep, about, sweep
from sim.words.layout import as_text
from sim.words.sweep import SHADES, tables
from tests.moments import begun, parts_in

pytestmark = pytest.mark.ensembles

PLAN = Plan(40, 1, 60, series=False)
SCALE = "arms.defender.aid_scale"


def knobs(*texts: str) -> list[Varied]:
    return [Varied.parse(text) for text in texts]


# Where it looks


def test_a_grid_has_all_combinations() -> None:
    points = lay_out(knobs("a=1:3:3", "b=x,y", "c=0.1:0.3:3"))
    assert len(points) == len(set(points)) == 18
    assert points[:3] == [("1", "x", "0.1"), ("1", "x", "0.2"), ("1", "x", "0.3")]


@pytest.mark.parametrize("design", ["latin", "sobol"])
def test_a_sample_fills_its_space_evenly(design: str) -> None:
    points = lay_out(knobs("a=0:1", "b=-10:10", "c=x,y"), design, 64)
    for column, (low, high) in enumerate([(0.0, 1.0), (-10.0, 10.0)]):
        places = (np.array([float(point[column]) for point in points]) - low) / (high - low)
        # One in each sixty-fourth, but for the seventh digit of what is written.
        assert np.histogram(places, 64, (0, 1))[0].max() <= 2
        assert np.histogram(places, 16, (0, 1))[0].tolist() == pytest.approx([4] * 16, abs=1)
    assert sum(point[2] == "x" for point in points) == 32
    assert points == lay_out(knobs("a=0:1", "b=-10:10", "c=x,y"), design, 64)
    assert points != lay_out(knobs("a=0:1", "b=-10:10", "c=x,y"), design, 64, seed=2)


@pytest.mark.parametrize(
    ("texts", "design", "points", "words"),
    [
        (("a",), "grid", None, "cannot read"),
        (("a=",), "grid", None, "cannot read"),
        (("a=1:x:3",), "grid", None, "with numbers"),
        (("a=2:1:3",), "grid", None, "lower value comes first"),
        (("a=1:2:1",), "grid", None, "at least 2"),
        (("a=1:2",), "grid", None, "how many values of a"),
        (("a=x,x",), "grid", None, "twice"),
        (("a=1:2:3", "a=x,y"), "grid", None, "varied twice"),
        (("a=1:2:3",), "grid", 8, "the size of a sample"),
        (("a=1:2:1000", "b=1:2:1000"), "grid", None, "1,000,000 points"),
        (("a=1:2:3",), "latin", 8, "takes no steps"),
        (("a=1:2",), "latin", None, "needs its size"),
        (("a=1:2",), "sobol", 6, "--points 4 or 8"),
    ],
)
def test_a_bad_design_is_refused(texts: tuple[str, ...], design: str, points: int | None, words: str) -> None:
    with pytest.raises(DesignError, match=words):
        lay_out(knobs(*texts), design, points)


# What it finds


def test_every_point_is_the_run_with_these_settings(load, ensemble) -> None:
    chosen = knobs(f"{SCALE}=0:2:3", "attrition.law=square,mixed")
    points = lay_out(chosen)
    found = sweep(load("baseline"), PLAN, chosen, points)
    for place, (scale, law) in enumerate(points):
        run = ensemble(load("baseline", f"{SCALE}={scale}", f"attrition.law={law}"), PLAN.replications, PLAN.days)
        assert as_dicts(found.summaries[place]) == as_dicts(summarise(run))
    rows = list(csv.DictReader(io.StringIO(csv_of(found.as_dicts()))))
    assert len(rows) == sum(map(len, found.summaries))
    assert rows[0].keys() >= {"point", SCALE, "attrition.law", "id", "share", "low", "high", "mean", "p50", "p50_low"}
    assert {row[SCALE] for row in rows} == {"0", "1", "2"}


def test_an_outcome_of_the_summary_that_a_point_lacks_is_never(load) -> None:
    chosen = knobs("negotiation.talks.open_per_year=0,1000")
    found = sweep(load("baseline"), Plan(40, 1, 120, series=False), chosen, lay_out(chosen), outcomes=["talks_failing"])
    assert found.row(0, "talks_failing") is None
    assert found.row(1, "talks_failing") is not None
    assert any(line.split()[:2] == ["0", "never"] for line in lines_of(found, "talks_failing"))


@pytest.mark.parametrize("texts", [(f"{SCALE}=0:2:3",), (f"{SCALE}=0,1", "attrition.law=square,linear")])
def test_a_sweep_is_read_back_as_it_was_written(load, tmp_path: Path, texts: tuple[str, ...]) -> None:
    varied = knobs(*texts)
    found = sweep(load("baseline"), PLAN, varied, lay_out(varied), outcomes=["deal_month"])
    place = Place.of(tmp_path / "sweep", "sweep", about(found.scenario, PLAN, varied, found.points, found.asked), False)
    with place.at_work():
        found.write(place)
    kept = Sweep.read(read_folder(tmp_path / "sweep"))
    assert (kept.knobs, kept.points, kept.design, kept.asked) == (found.knobs, found.points, found.design, found.asked)
    assert kept.as_dicts() == found.as_dicts()
    assert kept.is_grid == found.is_grid == (len(texts) == 2)
    assert lines_of(kept, "war_goes_on") == lines_of(found, "war_goes_on")


def test_what_a_knob_cannot_be_is_said_before_anything_is_run(load) -> None:
    chosen = knobs(f"{SCALE}=-1:1:3")
    with pytest.raises(ScenarioError, match=r"aid_scale must lie between 0 and 100"):
        sweep(load("baseline"), PLAN, chosen, lay_out(chosen))


def test_finished_points_are_not_run_again_and_damaged_ones_are(load, tmp_path: Path, monkeypatch) -> None:
    scenario, chosen = load("baseline"), knobs(f"{SCALE}=0:2:4")
    points = lay_out(chosen)
    what = about(scenario, PLAN, chosen, points)
    parts = Parts.of(tmp_path / "study", what, force=False)
    whole = sweep(scenario, PLAN, chosen, points, parts=parts).as_dicts()
    (parts.folder / "point-000001.json").unlink()
    damaged = parts.folder / "point-000003.json"
    data = bytearray(damaged.read_bytes())
    data[200] ^= 1
    damaged.write_bytes(data)
    ran: list[str] = []
    work = sweep.__globals__["_run_point"]
    monkeypatch.setitem(sweep.__globals__, "_run_point", lambda point: ran.append(point.name) or work(point))
    again = Parts.of(tmp_path / "study", what, force=False)
    assert sweep(scenario, PLAN, chosen, points, parts=again).as_dicts() == whole
    assert ran == ["point-000001.json", "point-000003.json"]


def test_parts_of_something_else_are_refused(load, tmp_path: Path) -> None:
    scenario, chosen = load("baseline"), knobs(f"{SCALE}=0:2:4")
    parts = Parts.of(tmp_path / "study", about(scenario, PLAN, chosen, lay_out(chosen)), force=False)
    parts.begin()
    parts.write("point-000000.json", b"[]")
    other = about(load("more_arms"), PLAN, chosen, lay_out(chosen))
    with pytest.raises(StoreError, match="parts of something else"):
        Parts.of(tmp_path / "study", other, force=False)
    assert Parts.of(tmp_path / "study", other, force=True).read("point-000000.json") is None


def _twice(number: int) -> int:
    return 2 * number


def _dies(number: int) -> int:

    os._exit(7)


def test_work_is_shared_and_a_dead_worker_is_said() -> None:
    with pool_of(2) as pool:
        assert sorted(shared(_twice, range(27), pool)) == list(enumerate(range(0, 54, 2)))
    with pytest.raises(WorkerError, match="worker process died"), pool_of(2) as pool:
        list(shared(_dies, range(4), pool))


# The command

VARY = ("--vary", f"{SCALE}=0:2:3", "--replications", 30, "--months", 2)


def test_the_same_bytes_whatever_the_workers(parley: Callable, tmp_path: Path) -> None:
    for workers in (1, 2):
        done = parley("sweep", "baseline", *VARY, "--workers", workers, "--out", tmp_path / str(workers))
        assert done.returncode == 0, done.stderr
        assert not (tmp_path / f"{workers}.unfinished").exists()
    for name in ("sweep.csv", "scenario.yaml", "manifest.json"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()
    manifest = json.loads((tmp_path / "1/manifest.json").read_text())
    assert manifest["points"] == [["0"], ["1"], ["2"]]
    assert manifest["replications"] == 30


def test_a_killed_sweep_goes_on_where_it_stopped(parley: Callable, tmp_path: Path) -> None:
    ask = ("sweep", "baseline", "--vary", f"{SCALE}=0:2:9", "--replications", 30, "--months", 2, "--csv")
    whole = parley(*ask, "--out", tmp_path / "whole")
    ask = (*ask, "--out", tmp_path / "killed", "--workers", 2)
    begun([str(word) for word in ask], 2, signal.SIGKILL).communicate()
    assert len(parts_in(tmp_path / "killed.unfinished", "point-*")) >= 2
    assert not (tmp_path / "killed").exists()
    resumed = parley(*ask)
    assert resumed.stdout == whole.stdout
    assert "of 9 points were there already" in resumed.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == ["killed", "whole"]


def lines_of(found: Sweep, outcome: str) -> list[str]:
    return as_text(tables(found, [outcome])).splitlines()


def test_two_knobs_make_a_heat_table_of_the_values(load) -> None:
    chosen = knobs(f"{SCALE}=0:2:2", "attrition.level_factor=0.5,1,2")
    found = sweep(load("baseline"), PLAN, chosen, lay_out(chosen))
    lines = lines_of(found, "casualties_attacker")
    values = [found.row(place, "casualties_attacker").mean for place in range(6)]
    printed = [line.split()[1:] for line in lines[3:5]]
    # With the digits that their intervals warrant.
    shown = [float(cell.replace(",", "")) for line in printed for cell in line[::2]]
    assert shown == pytest.approx(values, rel=0.01)
    shades = [cell for line in printed for cell in line[1::2]]
    assert shades[:3] == shades[3:]
    assert shades[0] == "··"
    assert SHADES.index(shades[0][0]) < SHADES.index(shades[1][0]) < SHADES.index(shades[2][0])
    # A line says what they mean.
    assert lines[5].startswith(" ·· ░░")
    assert "from low to high, " in lines[5]
    # What is no more than noise has one shade.
    *_, last = lines_of(found, "war_goes_on")[3:5]
    assert set(last.split()[3::3]) == {"··"}
    assert lines_of(found, "war_goes_on")[5].startswith(" ·· all within ")


def test_one_knob_makes_a_line_a_point(parley: Callable, tmp_path: Path) -> None:
    asked = ("--outcome", "casualties_attacker", "--outcome", "guards_end", "--outcome", "first_ceasefire_broke")
    done = parley("sweep", "baseline", *VARY, *asked, "--out", tmp_path / "lines")
    assert "(casualties_attacker)" in done.stdout
    assert "(guards_end)" in done.stdout
    with (tmp_path / "lines/sweep.csv").open() as file:
        rows = list(csv.DictReader(file))
    means = [float(row["mean"]) for row in rows if row["id"] == "casualties_attacker"]
    lines = [line.split() for line in done.stdout.splitlines() if line.split() and line.split()[0] in ("0", "1", "2")]
    assert [float(line[1].replace(",", "")) for line in lines] == pytest.approx(means, rel=0.01)
    assert {row["id"] for row in rows if row["section"] == "asked"} <= {"guards_end", "first_ceasefire_broke"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--vary", "arms.defender.aid_scal=0:1:2"), "Did you mean 'arms.defender.aid_scale'?"),
        (("--vary", "attrition.law=0:1:2"), "law must be one of"),
        (("--vary", f"{SCALE}=2:1:2"), "lower value comes first"),
        (("--vary", f"{SCALE}=0:1:2", "--outcome", "war_goes"), "Did you mean 'war_goes_on'?"),
        (("--vary", f"{SCALE}=-5:1:2"), "must lie between 0 and 100"),
        (("--vary", "horizon_months=6,12"), "cannot be varied"),
        (("--vary", f"{SCALE}=1,1.0"), "has a value twice"),
        (("--vary", f"{SCALE}=1.00000001:1.00000003:3"), "seventh digit"),
        (("--vary", f"{SCALE}=0:1e999:3"), "not finite"),
        (("--vary", f"{SCALE}=0:1:2", "--outcome", "terms_security:bare_trce"), "Did you mean 'terms_security:bare_truce'?"),
    ],
)
def test_bad_input_is_one_clear_error(parley: Callable, tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    done = parley("sweep", "baseline", "--replications", 5, "--months", 1, "--out", tmp_path / "out", *arguments)
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1
    assert words in done.stderr
    assert not list(tmp_path.iterdir())
