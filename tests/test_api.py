"""Parley from Python: what the commands print, as objects."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.results.store import StoreError
from sim.scenario import ScenarioError
from tests.conftest import ROOT

SCALE = "arms.defender.aid_scale"


@pytest.fixture(scope="module")
def base() -> sim.api.Run:
    return sim.run("baseline", replications=200, months=4)


def test_a_run_is_that_of_the_command(parley, tmp_path: Path) -> None:
    ours = sim.run("baseline", replications=40, months=2, settings=[f"{SCALE}=0.5"], out=tmp_path / "ours")
    done = parley("run", "baseline", "--replications", 40, "--months", 2, "--set", f"{SCALE}=0.5", "--out", tmp_path)
    assert done.returncode == 0
    files = sorted(file.name for file in (tmp_path / "ours").iterdir())
    assert files == sorted(file.name for file in (tmp_path / "baseline").iterdir())
    for name in set(files) - {"timing.json"}:
        assert (tmp_path / "ours" / name).read_bytes() == (tmp_path / "baseline" / name).read_bytes()
    read = sim.read(tmp_path / "baseline")
    np.testing.assert_array_equal(read.column("casualties_attacker"), ours.column("casualties_attacker"))
    with pytest.raises(StoreError, match="is there already"):
        sim.run("baseline", replications=2, months=1, out=tmp_path / "ours")


def test_results_are_frames_where_pandas_is_there(base) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed, and need not be")
    frame = base.to_pandas()
    assert frame.shape == (200, len(base.outcomes) + len(base.drawn))
    assert frame["casualties_attacker"].mean() == pytest.approx(np.mean(base.column("casualties_attacker")))
    less = sim.run("baseline", replications=200, months=4, settings=[f"{SCALE}=0.3"])
    for result in (
        sim.compare(base, less),
        sim.sweep("baseline", {SCALE: [0, 1]}, replications=20, months=1),
        sim.breakeven("baseline", SCALE, 0, 2, "mean(casualties_attacker) >= 50_000", replications=20, months=1),
        sim.sensitivity(base, "casualties_attacker"),
        sim.sobol("baseline", "casualties_attacker", rows=32, months=1),
        sim.mind_changing("history/iwo_jima", ["casualties_attacker"], replications=100),
        sim.discover(base, "casualties_attacker > 190_000"),
    ):
        assert isinstance(result.to_pandas(), pandas.DataFrame)
        assert len(result.to_pandas()) == len(result.as_dicts()) > 0


def test_a_sweep_is_that_of_the_command(parley, tmp_path: Path) -> None:
    found = sim.sweep("baseline", {SCALE: "0:2:3", "attrition.law": ["square", "mixed"]}, replications=20, months=1)
    ask = ("--vary", f"{SCALE}=0:2:3", "--vary", "attrition.law=square,mixed", "--replications", 20, "--months", 1)
    assert parley("sweep", "baseline", *ask, "--out", tmp_path / "sweep").returncode == 0
    with (tmp_path / "sweep/sweep.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["mean"] for row in rows] == ["" if row["mean"] is None else str(row["mean"]) for row in found.as_dicts()]


def test_a_workbench_can_drive_it() -> None:
    model = sim.workbench("baseline", ["casualties_attacker", "war_goes_on"], replications=50, months=1)
    half = model(attrition__level_factor=0.5)
    assert half.keys() == {"casualties_attacker", "war_goes_on"}
    assert half == model(**{"attrition.level_factor": 0.5})
    assert half["casualties_attacker"] < 0.6 * model(attrition__level_factor=1)["casualties_attacker"]
    assert 0 <= half["war_goes_on"] <= 1
    with pytest.raises(ScenarioError, match="unknown path"):
        model(attrition__levelfactor=0.5)
    with pytest.raises(sim.ParleyError, match="cannot be varied"):
        model(horizon_months=3)
    with pytest.raises(sim.ParleyError, match="unknown outcome"):
        sim.workbench("baseline", ["war_goes"], replications=2, months=1)()


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: sim.run("baseline", replications=0), "replications must be at least 1"),
        (lambda: sim.run("baseline", seed=-1), "seed must be at least 0"),
        (lambda: sim.run("baseline", months=0), "months must be at least 1"),
        (lambda: sim.sweep("baseline", {SCALE: [0, 1]}, design="nonsense", points=5), "no design 'nonsense'"),
        (lambda: sim.sweep("baseline", {SCALE: [0, 1]}, workers=0), "at least 1"),
        (lambda: sim.sweep("baseline", {}), "nothing is varied"),
        (lambda: sim.sobol("baseline", "war_goes_on", rows=33), "power of two"),
        (lambda: sim.breakeven("baseline", SCALE, 2, 0, "share(war_goes_on) > 0.5"), "lower value comes first"),
        (lambda: sim.breakeven("baseline", "horizon_months", 0, 2, "share(war_goes_on) > 0.5"), "cannot be varied"),
        (lambda: sim.run("no_such"), "no such file"),
    ],
)
def test_what_cannot_be_done_is_one_kind_of_error(ask, words: str) -> None:
    with pytest.raises(sim.ParleyError, match=words):
        ask()


def test_results_are_shown_in_a_line(base) -> None:
    assert repr(base) == "<Run: baseline, 200 histories of 121 days, seed 1>"
    assert repr(sim.sensitivity(base, "casualties_attacker")) == "<Sensitivity: 90 rows>"
    assert {"run", "sweep", "ParleyError"} <= set(dir(sim))


def test_a_scenario_may_be_given_as_an_object() -> None:
    scenario = sim.load("baseline", [f"{SCALE}=0.5"])
    again = sim.run(scenario, replications=5, months=1, settings=["attrition.law=square"])
    assert again.scenario.tree["attrition"]["law"] == "square"
    assert scenario.tree["attrition"]["law"] == "mixed"


def test_the_package_itself_imports_nothing_heavy() -> None:
    code = "import sys, sim; print([name for name in ('numpy', 'scipy', 'pydantic') if name in sys.modules]); sim.run"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        sim.nothing  # noqa: B018
