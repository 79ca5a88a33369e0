"""What must always hold is checked while running, and a planted bug is found and named."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PLANTED = {
    "persons are conserved": ("model/manpower.py", "self.pool -= intake", "self.pool -= 0.99 * intake"),
    "stock = start + produced + received - fired": (
        "model/arms.py",
        "produced -= self.fire",
        "produced -= 0.5 * self.fire",
    ),
    "pledged = delivered + in transit + cancelled": (
        "model/backers.py",
        "arms.cancelled_beur += lost",
        "arms.cancelled_beur += 0.5 * lost",
    ),
    "the areas of both sides add up": ("model/front.py", "self.free_area -= self.advance", "self.free_area -= 0.0"),
    "no deal that another package betters for both": (
        "model/negotiation/offers.py",
        "return best_in(gain > 0, gain, surplus)",
        "return best_in((gain > 0) & (surplus > 0).all(axis=0), -surplus.sum(axis=0), surplus)",
    ),
    "no deal beyond a hard red line": (
        "model/bargain.py",
        "self.lines.charge_options(self._priced, self._bar)",
        "self.lines.charge_options(self._priced, 0.0 * self.lines.prices)",
    ),
    "no deal that a rule forbids": (
        "model/negotiation/domain.py",
        "self.allowed &= ~self.covered(rule)",
        "self.allowed &= self.covered(rule)",
    ),
    "no deal outside the zone of agreement": (
        "model/talks.py",
        "self.deal_surplus[:, signed] = surplus",
        "self.deal_surplus[:, signed] = surplus - 0.05",
    ),
    "a ceasefire comes before what follows it": (
        "model/ceasefire.py",
        "self.ceasefires[begun] += 1.0",
        "self.ceasefires[begun] += 0.0",
    ),
    "guards are on the line only in a ceasefire": (
        "model/ceasefire.py",
        "self.guards_in_place[cohort], self.incidents[cohort] = 0.0, 0.0",
        "self.incidents[cohort] = 0.0",
    ),
    "no losses when the war is over": ("model/attrition.py", "self.tempo * self.at_war", "self.tempo"),
}


@pytest.fixture
def copy_of_the_package(tmp_path: Path) -> Path:
    # With what is compiled, so that only what is broken is compiled anew.
    shutil.copytree(ROOT / "sim", tmp_path / "sim")
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    return tmp_path


# A common collapse, so that histories end within the year.
SETTING = "collapse.defender.force_share=0.7"
# One batch, without what lets the others go on where one history fails, in which talks are frequent
# and ceasefires short.
BATCH = f"""
import numpy as np
from sim.ensemble.run import Plan, run_batch
from sim.model import WarScenario
from sim.scenario import load_scenario

settings = ["{SETTING}", "negotiation.talks.open_per_year=20", "ceasefire.early_hazard=4"]
run_batch(load_scenario("baseline", WarScenario, settings), Plan(300, 5, 365, series=False), np.arange(300))
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("rule", PLANTED)
def test_a_planted_bug_is_named_with_scenario_seed_and_replication(copy_of_the_package: Path, rule: str):
    file, right, wrong = PLANTED[rule]
    path = copy_of_the_package / "sim" / file
    text = path.read_text()
    assert text.count(right) == 1, "the line to break has moved: mend this test"
    path.write_text(text.replace(right, wrong))
    done = run(copy_of_the_package, "-c", BATCH)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert rule in last
    assert "InvariantBreach" in last
    assert "scenario baseline, seed 5, replication " in last


def test_the_copy_without_a_bug_passes(copy_of_the_package: Path):
    asked = ("--replications", "150", "--months", "12", "--seed", "5", "--set", SETTING, "--out", "results/baseline")
    done = run(copy_of_the_package, "-m", "sim", "run", "baseline", *asked)
    assert done.returncode == 0, done.stderr
    assert run(copy_of_the_package, "-c", BATCH).returncode == 0
    assert (copy_of_the_package / "results" / "baseline" / "manifest.json").is_file()
