"""A new mechanism is its module and its lines in the table of contents: nothing else is touched, and no scenario breaks."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.catalogue import shipped_folder
from sim.engine.mechanism import Mechanism, Owned
from sim.model import MECHANISMS, skeleton
from sim.scenario import shipped

# What the table of contents gains: the module, its place among the mechanisms, its step in the order of the day.
LINES = (
    (r"from sim\.model\.stakes import", "from sim.model.skeleton import Displacement\n\\g<0>"),
    (r"(?m)^MECHANISMS: .*= \(\n", "\\g<0>    Displacement,\n"),
    (r'"events",\n\)', '"displacement", \\g<0>'),
)
OUTCOME, STEP = "displaced_persons", "displacement.persons_per_km2"
ALL = """
import json, sys
from sim.ensemble.run import Plan, run_ensemble
from sim.model import WarScenario
from sim.scenario import load_scenario

found = {}
for name in json.loads(sys.argv[1]):
    scenario = load_scenario(name, WarScenario, json.loads(sys.argv[3]))
    ran = run_ensemble(scenario, Plan(2, 1, int(sys.argv[2])))
    found[name] = {column: [str(value) for value in values] for column, values in ran.outcomes.items()}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program in which the skeleton has been made a part of the model."""
    assert skeleton.Displacement not in MECHANISMS
    folder = tmp_path_factory.mktemp("house")
    code = folder / "sim"
    shutil.copytree(Path(sim.__file__).parent, code, ignore=shutil.ignore_patterns("__pycache__"))
    if shipped_folder().parent == Path(sim.__file__).parent.parent:
        shutil.copytree(shipped_folder(), folder / "scenarios")
    contents = code / "model" / "__init__.py"
    text = contents.read_text(encoding="utf-8")
    for before, after in LINES:
        text, changed = re.subn(before, after, text)
        assert changed == 1, f"{contents} has no one place for {after}: mend LINES above"
    contents.write_text(text, encoding="utf-8")
    return folder


def python(house: Path, *arguments: str, cwd: Path) -> str:
    """Return what a program of the copy prints."""
    environment = {**os.environ, "PYTHONPATH": str(house), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def outcomes(house: Path, names: list[str], days: int, settings: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the outcomes of two histories of scenarios."""
    told = python(house, "-c", ALL, json.dumps(names), str(days), json.dumps(settings), cwd=house)
    found: dict[str, Any] = json.loads(told)
    return found


@pytest.fixture(scope="module")
def usual() -> Path:
    return Path(sim.__file__).parent.parent


def check_inert(house: Path, usual: Path, names: list[str], days: int) -> None:
    before, after = (outcomes(where, names, days) for where in (usual, house))
    assert list(before) == names
    assert after == before
    counted = outcomes(house, names, days, (f"{STEP}=20",))
    for name in names:
        displaced = [float(value) for value in counted[name].pop(OUTCOME)]
        assert all(value >= 0 for value in displaced)
        assert any(displaced) or before[name]["ground_gained_km2"] == ["0.0", "0.0"]
    assert counted == before


def test_a_scenario_that_knows_nothing_of_it_runs_as_before(house: Path, usual: Path) -> None:
    check_inert(house, usual, ["aid_halted", "history/iwo_jima"], 60)


# Wars of each kind: with talks and ceasefires, with allies, of history; the others extend the first.
LONGEST = ("baseline", "allies", "offensive_surge", "history/korea", "history/winter_war")


@pytest.mark.ensembles
def test_every_shipped_scenario_loads_and_runs_as_before(house: Path, usual: Path) -> None:
    check_inert(house, usual, shipped(), 120)


@pytest.mark.ensembles
def test_scenarios_of_each_kind_run_as_before_for_more_than_a_year(house: Path, usual: Path) -> None:
    check_inert(house, usual, [*LONGEST], 400)


@pytest.mark.long
def test_every_shipped_scenario_runs_as_before_for_more_than_a_year(house: Path, usual: Path) -> None:
    check_inert(house, usual, shipped(), 400)


def test_its_outcome_is_told_wherever_outcomes_are(house: Path, tmp_path: Path) -> None:
    file = tmp_path / "fled.yaml"
    file.write_text("title: Who fled\nextends: baseline\ndisplacement: {}\n", encoding="utf-8")
    plan = ("--months", "4", "--replications", "3")
    told = python(house, "-m", "sim", "run", str(file), "baseline", *plan, "--full", "--out", "found", cwd=tmp_path)
    assert "Persons displaced" in told
    (folder,) = (tmp_path / "found").glob("*fled*")
    with (folder / "outcomes.csv").open(encoding="utf-8") as table:
        displaced = [float(row[OUTCOME]) for row in csv.DictReader(table)]
    assert len(displaced) == 3
    assert min(displaced) > 0
    with (folder / "summary.csv").open(encoding="utf-8") as table:
        assert any(row["id"] == OUTCOME and row["label"] == "Persons displaced" for row in csv.DictReader(table))
    assert "Persons displaced" in (folder / "summary.md").read_text(encoding="utf-8")
    shown = python(house, "-m", "sim", "show", str(file), "persons_per_km2", cwd=tmp_path)
    (line,) = [line for line in shown.splitlines() if line.strip().startswith("persons_per_km2")]
    assert line.split() == ["persons_per_km2", "20", "persons", "per", "km2", "default"]
    checked = python(house, "-m", "sim", "check", "--sources", str(file), cwd=tmp_path)
    checked = " ".join(checked.split())
    assert f"not written, so that the default holds: {STEP}" in checked
    found = re.search(r" (\d+) numbers: (\d+) given, (\d+) assumed, \d+ by default", checked)
    assert found is not None
    assert 0.9 <= (int(found[2]) + int(found[3])) / int(found[1]) < 1
    # Numbers, sourced, assumed, default, inherited, neither.
    assert " displacement 1 0 0 1 0 0 " in checked
    listed = python(house, "-m", "sim", "schema", "--markdown", cwd=tmp_path)
    assert f"| `{STEP}` | persons per km2 | 0 to 100,000 | optional, else 20 |" in listed


@pytest.mark.parametrize("mechanism", [one for one in (*MECHANISMS, skeleton.Displacement) if one.optional])
def test_what_may_be_left_out_has_fields_with_a_start(mechanism: type[Mechanism]) -> None:
    declared = [one for one in vars(mechanism).values() if isinstance(one, Owned)]
    assert [one.name for one in declared] == [field.name for field in mechanism.fields(None)]
    assert all(one.start is not None for one in declared)
    assert not any(field.series for field in mechanism.fields(None))
