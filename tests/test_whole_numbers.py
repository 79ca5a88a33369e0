"""Numbers from outside: what is equal draws equally, and numbers of NumPy are numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.engine.draws import Draws
from sim.engine.whole import NotWhole, whole_number
from sim.ensemble.run import Plan
from sim.errors import ParleyError

FEW: dict[str, Any] = {"replications": 20, "months": 1}
EQUAL = (3, np.int64(3), np.uint8(3), np.int32(3), np.array(3))
NONE = (3.0, "3", None, np.float64(3), b"3", [3], True, np.True_, float("nan"), 3j)


@pytest.mark.parametrize("seed", EQUAL, ids=repr)
def test_what_is_a_whole_number_draws_as_one(seed: Any) -> None:
    plain = sim.run("no_talks", seed=3, **FEW)
    other = sim.run("no_talks", seed=seed, **FEW)
    assert type(other.seed) is int
    assert sim.compare(plain, other).line("casualties_attacker").verdict == "no difference: the same in every history"


@pytest.mark.parametrize("what", ["seed", "replications", "months", "workers"])
@pytest.mark.parametrize("value", NONE, ids=repr)
def test_what_only_equals_one_is_refused_in_a_line(what: str, value: Any, tmp_path: Path) -> None:
    if value is None and what in ("months", "replications"):  # as many as is usual
        return
    with pytest.raises(NotWhole, match=f"^{what} must be a whole number") as refused:
        sim.run("no_talks", **{**FEW, what: value, "out": tmp_path / "run"})
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_what_is_out_of_bounds_is_refused_in_a_line() -> None:
    beyond = {"seed": (-1, 2**63, 10**5000, -(10**5000)), "replications": (0,), "months": (0, 601)}
    for what, values in beyond.items():
        for value in values:
            with pytest.raises(NotWhole, match=f"^{what} must be at (least|most)") as refused:
                sim.run("no_talks", **{**FEW, what: value})
            assert len(str(refused.value)) < 100


def test_draws_are_those_of_the_number() -> None:
    numbers = np.arange(5, dtype=np.int64)
    known = Draws(1, numbers).normal("x").at(3)
    for equal in (True, np.int64(1)):
        np.testing.assert_array_equal(Draws(equal, numbers).normal("x").at(3), known)
    with pytest.raises(TypeError):
        Draws(1.0, numbers)  # type: ignore[arg-type]


def test_the_largest_seed_goes_everywhere(parley, tmp_path: Path) -> None:
    most = 2**63 - 1
    assert sim.run("no_talks", seed=most, out=tmp_path / "run", **FEW).seed == most
    varied = {"arms.defender.aid_scale": "0:2", "attrition.level_factor": "0.5:2"}
    assert len(sim.sweep("no_talks", varied, design="latin", points=np.int64(2), seed=most, **FEW).points) == 2
    done = parley("run", "no_talks", "--seed", most + 1, "--replications", 2, "--months", 1, "--out", tmp_path / "more")
    assert done.returncode in (2, 3)
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "more").exists()


def test_numbers_of_numpy_are_numbers_everywhere(tmp_path: Path) -> None:
    few: dict[str, Any] = {"replications": np.int64(100), "seed": np.int32(3), "months": np.int8(1)}
    plain: dict[str, Any] = {"replications": 100, "seed": 3, "months": 1}
    run = sim.run("no_talks", workers=np.int64(1), out=tmp_path / "run", **few)
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["seed"] == 3
    assert run.summary == sim.run("no_talks", out=tmp_path / "same", **plain).summary
    few["replications"], plain["replications"] = np.int64(4), 4
    swept = [
        sim.sweep("no_talks", {"arms.defender.aid_scale": values}, **one).as_dicts()
        for values, one in ((np.array([0.5, 2.0]), few), ([0.5, 2], plain))
    ]
    assert swept[0] == swept[1]
    found = sim.breakeven(
        "no_talks", "attrition.level_factor", np.float64(0.5), np.int64(2), "mean(casualties_attacker) <= 1 * base", **few
    )
    assert (
        found.as_dicts()
        == sim.breakeven(
            "no_talks", "attrition.level_factor", 0.5, 2, "mean(casualties_attacker) <= 1 * base", **plain
        ).as_dicts()
    )
    model = sim.workbench("no_talks", ["casualties_attacker"], **few)
    assert model(attrition__level_factor=np.float64(0.5)) == model(attrition__level_factor=0.5)
    for one in (found, run, sim.sensitivity(run, "casualties_attacker")):
        json.dumps(one.as_dicts(), allow_nan=False)
    assert Plan(2, 1, 3, watched=[np.int64(0)]).watched == (0,)


@pytest.mark.parametrize("settings", ["attrition.level_factor=2", [("attrition.level_factor", 2)], [b"x=1"]])
def test_settings_are_values_by_path(settings: Any) -> None:
    with pytest.raises(ParleyError, match="settings are values by path"):
        sim.run("no_talks", settings=settings, **FEW)


@pytest.mark.parametrize("name", ["--precision", "--density", "--smallest"])
def test_what_is_not_a_number_is_no_size(parley, tmp_path: Path, name: str) -> None:
    ask: list[Any] = ["discover", "no_talks", "--outcome", "war_goes_on"]
    if name == "--precision":
        ask = ["run", "no_talks", "--out", tmp_path / "out"]
    done = parley(*ask, "--months", 1, "--replications", 50, name, "nan")
    assert done.returncode in (2, 3)
    assert len(done.stderr.splitlines()) == 1 or done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_whole_number_is_named_by_its_bounds() -> None:
    assert whole_number("seed", np.uint64(2**63 - 1), 0, 2**63 - 1) == 2**63 - 1
    with pytest.raises(NotWhole, match="seed must be at most 9,223,372,036,854,775,807, not 9,223,372,036,854,775,808"):
        whole_number("seed", np.uint64(2**63), 0, 2**63 - 1)
