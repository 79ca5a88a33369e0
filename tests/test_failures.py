"""Histories in which something goes wrong: rows of every way to run, and the rest goes on."""

from __future__ import annotations

import csv
import json
import re
import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import sim
from sim.ensemble import run as module
from sim.ensemble.run import MOST_FAILURES, Plan, TooManyFailures, run_histories
from sim.results.chunks import run_into
from sim.results.summary import summarise
from sim.words.run import markdown
from tests.conftest import ROOT
from tests.inside import Inside
from tests.test_chunks import digests

pytestmark = pytest.mark.hostile


class Told(NamedTuple):
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def with_a_mistake(tmp_path_factory) -> Path:
    """Return a copy of the package in which replications 17 and 33 break a rule, and 58 divides by nothing."""
    copy = tmp_path_factory.mktemp("mistaken")
    shutil.copytree(ROOT / "sim", copy / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "scenarios", copy / "scenarios")
    file = copy / "sim/model/__init__.py"
    text = file.read_text()
    planted = """    for number in (17, 33):
        if number in setting.replications:
            raise InvariantBreach("front", "a planted rule", number, 40, setting.seed)
    if 58 in setting.replications:
        1 // (setting.days - setting.days)
    world = World("""
    assert text.count("    world = World(") == 1
    file.write_text(text.replace("    world = World(", planted).replace("import Setting", "import InvariantBreach, Setting"))
    return copy


@pytest.fixture(scope="module")
def mistaken(with_a_mistake: Path) -> Iterator[Callable[..., Told]]:
    """Run commands of that copy."""
    with Inside(with_a_mistake, program=with_a_mistake) as commands:

        def mistaken(*arguments: object) -> Told:
            done = commands.run(*arguments, seconds=600)
            assert done.code is not None, f"it did not end: {arguments}"
            return Told(done.code, done.out.decode(), done.err.decode())

        yield mistaken


def test_replications_that_fail_are_rows_with_their_reason(mistaken: Callable[..., Told], tmp_path: Path) -> None:
    parley = mistaken
    ask = ("run", "baseline", "--months", 14, "--replications", 80)
    done = parley(*ask, "--out", tmp_path / "baseline")
    assert done.returncode == 4, done.stderr
    assert "3 replications failed" in done.stderr
    assert "Failed: something went wrong in Parley" in done.stdout
    with (tmp_path / "baseline/failures.csv").open() as file:
        failures = list(csv.DictReader(file))
    assert [row["replication"] for row in failures] == ["17", "33", "58"]
    assert "a planted rule" in failures[0]["reason"]
    assert "ZeroDivisionError" in failures[2]["reason"]
    with (tmp_path / "baseline/outcomes.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["replication"]) for row in rows if row["ending"] == "failed"] == [17, 33, 58]
    assert set(rows[17].values()) == {"baseline", "17", "failed", ""}
    with (tmp_path / "baseline/summary.csv").open() as file:
        endings = {row["id"]: float(row["share"]) for row in csv.DictReader(file) if row["section"] == "endings"}
    assert endings["failed"] == 3 / 80
    assert sum(endings.values()) == pytest.approx(1)
    # The rest is that of the rest.
    assert re.search(r"\bnan\b", done.stdout) is None
    assert endings["war_goes_on"] == sum(row["ending"] == "war_goes_on" for row in rows) / 80
    signed = [float(row["deal_within_12_months"]) for row in rows if row["ending"] != "failed"]
    with (tmp_path / "baseline/summary.csv").open() as file:
        (deals,) = [row for row in csv.DictReader(file) if row["id"] == "deal_within_12_months"]
    assert (float(deals["share"]), int(deals["n"])) == (sum(signed) / 77, 77)
    middle = np.median([float(row["casualties_attacker"]) for row in rows if row["ending"] != "failed"])
    studied = parley(
        "discover", tmp_path / "baseline", "--outcome", f"casualties_attacker > {middle:.0f}", "--smallest", 0.2
    )
    # Too few, but none of those that failed: of 40 even numbers one did.
    assert "of 39 histories are such cases" in studied.stderr
    compared = parley("compare", tmp_path / "baseline", tmp_path / "baseline", "--csv")
    assert all(
        int(row["pairs"]) <= 77
        for row in csv.DictReader(compared.stdout.splitlines())
        if row["outcome"] != "failed" and row["pairs"]
    )
    assert any(
        row["outcome"] == "talks_failing" and row["pairs"] == "77" for row in csv.DictReader(compared.stdout.splitlines())
    )
    # In chunks the same.
    assert parley(*ask, "--chunk", 20, "--out", tmp_path / "chunks/baseline").returncode == 4
    theirs = digests(tmp_path / "chunks/baseline")
    assert {name for name, digest in digests(tmp_path / "baseline").items() if theirs[name] != digest} == {
        "failures.csv", "manifest.json",
    }  # fmt: skip
    # What it says shows it again.
    replay = failures[0]["replay"].split()[1:]
    again = parley(*replay)
    assert again.returncode == 1
    assert "a planted rule (scenario baseline, seed 1, replication 17, day 40)" in again.stderr


@pytest.fixture
def planted(monkeypatch) -> Callable[[Callable[[Any, Any], Any]], None]:
    """Plant a mistake: planted(wrong) makes a batch fail where `wrong(numbers, scenario)` is true of a history of it."""
    work = module.run_batch

    def planted(wrong: Callable[[Any, Any], Any]) -> None:
        def batch(scenario: Any, plan: Any, numbers: Any, *more: Any) -> Any:
            if np.any(wrong(numbers, scenario)):
                raise LookupError("planted")
            return work(scenario, plan, numbers, *more)

        monkeypatch.setattr(module, "run_batch", batch)

    return planted


def test_a_mistake_in_all_histories_is_no_matter_of_single_ones(load, planted, tmp_path: Path) -> None:
    planted(lambda numbers, _: numbers >= 0)
    with pytest.raises(LookupError, match="planted"):
        run_histories(load("baseline"), Plan(500, 1, 30), np.arange(500))
    scenario, plan = load("baseline"), Plan(40, 1, 30)
    # Of few as of many, however they are cut.
    for most in (1, 5, 40):
        with (
            pytest.raises(LookupError, match="planted"),
            run_into(tmp_path / str(most), scenario, plan, as_text=markdown, most=most),
        ):
            pass


@pytest.mark.parametrize("most", [3, 30])
def test_what_fails_is_told_the_same_however_a_run_is_cut(load, planted, tmp_path: Path, most: int) -> None:
    """Chunks of which all histories fail among them, and the limit counts those of the whole run."""
    scenario, plan = load("baseline"), Plan(320, 1, 35, batch=150)
    few, many = (lambda numbers, _: numbers < 40), (lambda numbers, _: numbers % 3 == 0)
    planted(few)
    with (
        run_into(tmp_path / "whole", scenario, plan, as_text=markdown),
        run_into(tmp_path / "cut", scenario, plan, as_text=markdown, most=most),
    ):
        pass
    found, theirs = digests(tmp_path / "whole"), digests(tmp_path / "cut")
    assert {name for name in found if found[name] != theirs[name]} <= {"failures.csv", "manifest.json"}
    with (tmp_path / "cut/failures.csv").open() as file:
        assert [row["replication"] for row in csv.DictReader(file)] == [str(number) for number in range(40)]
    planted(many)
    assert MOST_FAILURES < 320 / 3
    # Whatever the war and its days, which nothing of this hangs on: it is tried hundreds of times.
    scenario, plan = load("history/winter_war"), replace(plan, days=1)
    with (
        pytest.raises((TooManyFailures, LookupError)),
        run_into(tmp_path / "many", scenario, plan, as_text=markdown, most=most),
    ):
        pass
    if most == 30:
        with pytest.raises((TooManyFailures, LookupError)):
            run_histories(scenario, plan, np.arange(320))


def test_series_are_of_those_that_did_not_fail(load, ensemble, planted) -> None:
    whole = ensemble(load("baseline"), 60, 100, batch=20)
    planted(lambda numbers, _: np.isin(numbers, [0, 25, 59]))
    found = ensemble(load("baseline"), 60, 100, batch=20)
    good = ~np.isin(np.arange(60), [0, 25, 59])
    np.testing.assert_array_equal(np.asarray(found.series), np.asarray(whole.series)[:, :, good])
    assert sorted(found.failures) == [0, 25, 59]


def test_every_command_goes_on_and_exits_with_4(mistaken: Callable[..., Told], tmp_path: Path) -> None:
    parley = mistaken
    size = ("--months", 2, "--replications", 80)
    knob = "--vary=arms.defender.aid_scale"
    asked = {
        "compare": ("compare", "baseline", "more_arms", *size),
        "sweep": ("sweep", "baseline", f"{knob}=0.5,1", *size),
        "discover": ("discover", "baseline", "--outcome", "casualties_attacker > 80000", *size[:2], "--replications", 120),
        "sensitivity": ("sensitivity", "baseline", "--months", 2, "--replications", 200),
        "one at a time": ("sensitivity", "history/winter_war", "--one-at-a-time", "--months", 1, "--replications", 100),
        "sobol": ("sensitivity", "history/winter_war", "--months", 1, "--sobol", 32),
    }
    failed = {"compare": "6 histories failed (3 of baseline, 3 of more_arms)", "discover": "3 histories failed",
              "sweep": "6 histories failed (3 at arms.defender.aid_scale=0.5, 3 at arms.defender.aid_scale=1)",
              "sensitivity": "3 histories failed"}  # fmt: skip
    for name, ask in asked.items():
        for again in range(2):
            done = parley(*ask, "--out", tmp_path / name)
            # The second time it is read.
            assert done.returncode == 4, (name, again, done.stderr)
            assert "histories failed" in done.stderr
            assert "our bug" in done.stderr
            if not again:
                assert failed.get(name, "histories failed") in done.stderr
            assert len(done.stdout.splitlines()) > 3
            assert re.search(r"\bnan\b", done.stdout) is None
        assert json.loads((tmp_path / name / "manifest.json").read_text())["failed"] > 0
    with (tmp_path / "sweep/sweep.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["id"] == "failed"]
    assert [float(row["share"]) for row in rows] == [3 / 80] * 2
    until = parley("breakeven", "baseline", f"{knob}=0:2", "--until", "share(war_goes_on) >= 0.5", *size)
    assert until.returncode == 4
    assert "3 at arms.defender.aid_scale=" in until.stderr
    precise = parley("run", "baseline", "--months", 2, "--precision", 0.2, "--out", tmp_path / "precise" / "baseline")
    assert precise.returncode == 4, precise.stderr
    assert "3 replications failed" in precise.stderr


def test_python_is_warned(planted) -> None:
    planted(lambda numbers, _: numbers == 3)
    with pytest.warns(UserWarning, match="1 histories of baseline, seed 1 failed"):
        run = sim.run("baseline", replications=20, months=1)
    assert run.failed == 1
    assert "1 of them failed" in repr(run)
    with pytest.warns(UserWarning, match="2 histories of <Sweep: baseline"):
        sim.sweep("baseline", {"arms.defender.aid_scale": [0.5, 1]}, replications=20, months=1)
    with pytest.warns(UserWarning, match="variants of winter_war, seed 1, failed"):
        assert sim.mind_changing("history/winter_war", ["casualties_attacker"], replications=100, months=1).failed
    with pytest.warns(UserWarning, match="a designed ensemble of winter_war, seed 1, failed"):
        sim.sobol("history/winter_war", "casualties_attacker", rows=32, months=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sim.run("baseline", replications=3, months=1)


def test_the_rest_of_a_run_with_failures_is_that_of_the_rest(load, ensemble, planted) -> None:
    scenario = load("baseline")
    whole, good = ensemble(scenario, 60, 400), np.arange(60) != 7
    planted(lambda numbers, _: numbers == 7)
    found = ensemble(scenario, 60, 400)
    assert found.failures == {7: "LookupError: planted"}
    for name, values in whole.outcomes.items():
        np.testing.assert_array_equal(found.outcomes[name][good], values[good], err_msg=name)
    rows, others = ({row.id: row for row in summarise(one)} for one in (found, whole))
    assert rows["failed"].share == 1 / 60
    assert rows["casualties_attacker"].mean == pytest.approx(float(whole.outcomes["casualties_attacker"][good].mean()))
    assert rows["deal_within_12_months"].n == 59
    assert rows.keys() - {"failed"} == others.keys()
