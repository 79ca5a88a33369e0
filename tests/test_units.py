"""Units are names: persons ten times as many, land a tenth and money tenfold change no history."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.engine.world import Setting
from sim.model import WarScenario, simulate
from sim.scenario import Scenario, ScenarioHead, load_scenario
from sim.scenario.knobs import numbers
from sim.scenario.write import to_yaml

FACTORS = {"persons": 10.0, "km2": 0.1, "bn EUR": 10.0}
# What of a distribution has the unit of its values.
SIZES = ("value", "low", "mode", "high", "median", "mean", "sd", "min", "max")


def factor(unit: str) -> float:
    """Return by what a number of this unit grows.

    >>> factor("km2 a day"), factor("days of full-rate fire per bn EUR"), factor("per 100,000 persons"), factor("km")
    (0.1, 0.1, 0.1, 1.0)
    """
    above, _, below = f" {unit}".partition(" per ")
    grows = 1.0
    for name, by in FACTORS.items():
        grows *= by if name in above else 1.0
        grows /= by if name in below else 1.0
    return grows


def scaled(value: Any, by: float) -> Any:
    """Return a number as a scenario writes it, in other units."""
    if isinstance(value, dict):
        return {key: scaled(size, by) if key in SIZES else size for key, size in value.items()}
    return value * by


def in_other_units(scenario: Scenario[ScenarioHead], folder: Path) -> Scenario[ScenarioHead]:
    tree = copy.deepcopy(scenario.tree)
    tree.pop("expect", None)
    changed = 0
    for known in numbers(scenario.world):
        by = factor(known.knob.unit) if known.knob is not None else 1.0
        if by == 1.0:
            continue
        *parents, last = known.path.split(".")
        where: Any = tree
        for parent in parents:
            where = where[int(parent)] if isinstance(where, list) else where[parent]
        key = int(last) if isinstance(where, list) else last
        if isinstance(where, dict) and key not in where:
            assert getattr(known.value, "central", None) == 0, f"{known.path} is a default in its own unit: write it out"
            continue
        where[key] = scaled(where[key], by)
        changed += 1
    assert changed > 30
    file = folder / "other.yaml"
    file.write_text(to_yaml(tree), encoding="utf-8")
    return load_scenario(file, WarScenario)


@pytest.mark.parametrize(("name", "histories", "days"), [("baseline", 128, 731), ("history/winter_war", 64, 180)])
def test_no_history_hangs_on_the_units(load, tmp_path, name: str, histories: int, days: int) -> None:
    ends = []
    for scenario in (load(name), in_other_units(load(name), tmp_path)):
        numbers_ = np.arange(histories, dtype=np.int64)
        world, _ = simulate(scenario, Setting(scenario.world.start_date, days, 1, numbers_, landmarks=(days,)))
        ends.append(world.recorder.snapshots[days])
    for field in ("ending", "ending_day", "deal_day", "deal_package", "talks_opened", "offers_refused", "collapse_cause"):
        np.testing.assert_array_equal(ends[0][field], ends[1][field], err_msg=field)
    for field in ("nearest_slack", "value_of_fighting", "foreseen_loss", "momentum", "balance", "weariness"):
        np.testing.assert_allclose(ends[0][field], ends[1][field], rtol=1e-8, atol=1e-9, err_msg=field)
    for field, by in (("force", 10.0), ("held_area", 0.1), ("pledged_beur", 10.0)):
        np.testing.assert_allclose(by * ends[0][field], ends[1][field], rtol=1e-9, err_msg=field)
