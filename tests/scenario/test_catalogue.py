"""Shipped scenarios, found by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim import catalogue
from sim.scenario import ScenarioError, load_scenario, shipped, shipped_folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fine: str) -> Path:
    folder = tmp_path / "scenarios"
    (folder / "history").mkdir(parents=True)
    for name in ("baseline", "history/iwo_jima"):
        (folder / f"{name}.yaml").write_text(fine, encoding="utf-8")
    (folder / "README.md").write_text("x")
    monkeypatch.setattr(catalogue, "shipped_folder", lambda: folder)
    monkeypatch.chdir(tmp_path)
    return folder


def test_shipped_scenarios_by_name(folder: Path, schema: Any) -> None:
    assert shipped() == ["baseline", "history/iwo_jima"]
    scenario = load_scenario("history/iwo_jima", schema)
    assert (scenario.name, scenario.path) == ("iwo_jima", folder / "history" / "iwo_jima.yaml")


def test_problems_of_shipped_scenarios_have_short_places(folder: Path, schema: Any) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario("baseline", schema, ["losses.rounds=0"])
    assert caught.value.problems[0].place == "--set losses.rounds=0"
    (folder / "baseline.yaml").write_text("a: b: c")
    with pytest.raises(ScenarioError) as caught:
        load_scenario("baseline", schema)
    assert caught.value.problems[0].place == "scenarios/baseline.yaml:1:5"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("baselin", "baselin: error: there is no such file and no such shipped scenario. Did you mean 'baseline'?"),
        ("zzz", "zzz: error: there is no such file and no such shipped scenario. Possible: baseline, history/iwo_jima"),
        (
            "scenarios/baselin",
            "scenarios/baselin: error: there is no such file and no such shipped scenario. "
            "Did you mean 'scenarios/baseline.yaml'?",
        ),
        (
            "scenarios/baselin.yaml",
            "scenarios/baselin.yaml: error: there is no such file. Did you mean 'scenarios/baseline.yaml'?",
        ),
        ("scenarios", "scenarios: error: this is a folder, not a scenario file. Name a .yaml file in it"),
        (Path("baseline"), "baseline: error: there is no such file. Did you mean 'baseline'?"),
    ],
)
def test_no_such_scenario(folder: Path, schema: Any, source: str | Path, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(source, schema)
    assert str(caught.value) == said


def test_the_real_folder_is_that_of_the_checkout() -> None:
    assert shipped_folder() == Path(__file__).resolve().parents[2] / "scenarios"


def test_an_installed_package_has_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "_scenarios").mkdir()
    monkeypatch.setattr(catalogue, "_PACKAGE", tmp_path)
    assert shipped_folder() == tmp_path / "_scenarios"
