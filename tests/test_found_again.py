"""A run is made once: whichever command made it, the others with the same settings find it, and say what to do next."""

import io
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.cli.app import app
from sim.ensemble.run import Plan
from sim.model import WarScenario
from sim.results.chunks import about
from sim.results.parts import _HELD, Parts
from sim.results.runs import Run
from sim.scenario import load_scenario
from sim.words.layout import width_of

FEW = 20
TARGETS = """\
expect:
  lost: {outcome: killed_attacker, statistic: mean, low: LOW, high: 1e9, reason: r}
  early: {outcome: "casualties_attacker[0..1]", statistic: mean, low: 1, high: 1e9, reason: r}
"""
MINE = "title: Mine\nextends: baseline\nhorizon_months: 2\n"


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Return what a command prints and notes, where a scenario is, and a run has few histories unless told else."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sim.cli.wanted.USUAL", FEW)
    (tmp_path / "mine.yaml").write_text(MINE)

    def told(*arguments: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
        assert (app(list(arguments), prog_name="parley", standalone_mode=False) or 0) == code, arguments
        found = capsys.readouterr()
        return found.out + found.err

    return told


def runs(folder: str = "results") -> list[str]:
    """Return the names of the folders of runs."""
    kinds = {path.parent.name: json.loads(path.read_text())["kind"] for path in Path(folder).glob("*/manifest.json")}
    return sorted(name for name, kind in kinds.items() if kind == "run")


FIRST = {
    "compare": ("compare", "mine.yaml", "more_arms", "--months", "2"),
    "run": ("run", "mine.yaml"),
    "explain": ("explain", "mine.yaml"),
    "targets": ("targets", "mine.yaml"),
}


@pytest.mark.parametrize("name", ["compare", "explain"])
@pytest.mark.parametrize("whole", [True, False])
def test_what_a_killed_command_left_beside_a_run_goes_when_the_run_is_found(
    told: Callable[..., str], name: str, whole: bool
) -> None:
    told(*FIRST[name])
    there = sorted(Path("results").iterdir())
    for run in runs():
        left = Path("results") / f"{run}.unfinished"
        left.mkdir()
        if whole:
            found = Run.read(Path("results") / run)
            parts = Parts.of(left.with_suffix(""), about(found.scenario, Plan(FEW, 1, found.days)), False)
            parts.begin()
            # The lock of the dead is taken back.
            _HELD.pop(parts.folder).close()
    # It was killed before its own results were there.
    shutil.rmtree("results/comparisons", ignore_errors=True)
    told(*FIRST[name])
    assert sorted(Path("results").iterdir()) == there


def one_quick(names: Iterable[str]) -> list[Any]:
    """Return names of which the first is tried by the quick suite."""
    return [pytest.param(name, marks=pytest.mark.ensembles if place else ()) for place, name in enumerate(names)]


@pytest.mark.parametrize("first", one_quick(FIRST))
def test_a_run_is_found_whichever_command_made_it(told, first: str) -> None:
    Path("mine.yaml").write_text(MINE + TARGETS.partition("  early")[0].replace("LOW", "1"))
    told(*FIRST[first])
    for words in (*FIRST.values(), ("report", "mine.yaml"), ("export", "mine.yaml", "--sqlite", f"{first}.db")):
        told(*words)
    assert [name for name in runs() if name.startswith("mine")] == ["mine"]


@pytest.mark.parametrize("how", one_quick(["--replications 30", "--seed 4", "--months 1", "--set horizon_months=1"]))
def test_run_finds_what_a_study_has_kept_whatever_its_size(told, how: str) -> None:
    size = how.split()
    months = () if size[1] == "horizon_months=1" or size[0] == "--months" else ("--months", "2")
    told("compare", "mine.yaml", "more_arms", *size, *months)
    kept = runs()
    assert "There already: results/mine" in told("run", "mine.yaml", *size)
    assert "There already: results/more_arms" in told("run", "more_arms", *size, *months)
    assert runs() == kept
    # Tables of another form are another thing that is asked for.
    assert "Written: results/mine" in told("run", "mine.yaml", *size, "--excel", "--force")


def test_a_name_that_is_taken_stops_no_command_that_cannot_replace_it(told) -> None:
    told("run", "mine.yaml")
    Path("mine.yaml").write_text(MINE.replace("months: 2", "months: 2\narms: {defender: {aid_scale: 0.5}}"))
    told("explain", "mine.yaml")
    assert [re.sub("[0-9a-f]{10}", "#", name) for name in runs()] == ["mine", "mine+#"]
    assert "There already: results/mine+" in told("run", "mine.yaml")
    # Of a shipped scenario, too: what is there may be smaller.
    told("run", "no_talks", "--replications", "5", "--months", "2")
    told("compare", "no_talks", "mine.yaml", "--months", "2")
    assert f"no_talks+2_months+{FEW}_histories" in runs()
    assert len(runs()) == 4


def test_the_horizon_is_the_same_run_however_it_is_given(told) -> None:
    told("run", "mine.yaml", "--months", "1")
    assert "There already: results/mine+1_month/" in told("run", "mine.yaml", "--set", "horizon_months=1")
    assert "There already: results/mine+1_month/" in told("run", "results/mine+1_month")
    said = told("run", "mine.yaml", "--set", "horizon_months=null", "--set", "horizon_days=31")
    assert "There already: results/mine+1_month/" in said
    assert f"Mine [{load_scenario('mine.yaml', WarScenario).fingerprint}]   {FEW} histories, 1 month, seed 1" in said
    told("run", "mine.yaml", "--set", "horizon_months=null", "--set", "horizon_days=62")
    assert "There already: results/mine/" in told("run", "mine.yaml")
    assert runs() == ["mine", "mine+1_month"]


TWICE = {
    "compare": ("more_arms",),
    "sensitivity": (),
    "sensitivity one at a time": ("--one-at-a-time",),
    "discover": ("--outcome", "war_goes_on"),
    "targets": (),
    "panel": ("more_arms",),
    "choose": ("--levers", "arms.defender.aid_scale=0,2", "--aims", "share(war_goes_on) low"),
    "breakeven": ("--vary", "arms.defender.aid_scale=0:2", "--until", "share(war_goes_on) >= 0.5"),
}


@pytest.mark.parametrize("name", one_quick(TWICE))
def test_two_horizons_are_refused_by_every_command_that_runs(parley, tmp_path: Path, name: str) -> None:
    for field in ("horizon_months", "horizon_days"):
        words = (name.partition(" ")[0], "baseline", *TWICE[name], "--set", f"{field}=2", "--months", "3")
        done = parley(*words, cwd=tmp_path)
        said = f"error: {field} is set by --set, and --months gives the horizon too: choose one\n"
        assert (done.returncode, done.stdout, done.stderr) == (2, "", said)
    assert not (tmp_path / "results").exists()


def test_two_horizons_are_refused_from_python() -> None:
    for settings in ({"horizon_months": 2}, ["horizon_months=2"]):
        with pytest.raises(sim.ParleyError, match="horizon_months is among the settings, and months gives"):
            sim.run("baseline", replications=2, months=1, settings=settings)
    assert sim.run("baseline", replications=2, settings={"horizon_months": 1}).days == 31


@pytest.mark.ensembles
def test_a_horizon_that_is_set_holds_beside_a_folder_and_for_its_assumptions(told, tmp_path: Path) -> None:
    from sim.cli.sensitivity import _scenario_and_plan

    told("run", "mine.yaml")
    assert "run them over the same time" in told("compare", "results/mine", "more_arms", "--set", "horizon_months=1", code=3)
    # Which was seen before it was run.
    assert runs() == ["mine"]
    _, plan = _scenario_and_plan("results/mine", None, None, None, ["horizon_months=1"])
    assert plan.days == 31


# What is computed says what is next


def steps_of(said: str) -> list[str]:
    """Return the commands that are said to be next, each on one line and without its remark."""
    _, _, after = said.partition("\nNext: ")
    joined = re.sub(r" \\\n +", " ", after)
    return [line.partition("  #")[0].strip() for line in joined.splitlines() if line.strip().startswith("parley ")]


@pytest.mark.parametrize(
    "asked", one_quick(["export --sqlite t.db", "report", "plot", "plot standing --out s.svg", "explain"])
)
def test_what_makes_the_run_that_it_needs_says_what_is_next(told, asked: str) -> None:
    words = asked.split()
    said = told(words[0], "mine.yaml", *words[1:])
    assert "Written: results/mine/" in said
    steps = steps_of(said)
    assert 1 <= len(steps) <= 3
    assert all(width_of(line) <= 80 for line in said.splitlines() if "results/mine/, 20" not in line)
    # What is printed can be pasted.
    for step in steps:
        assert told(*step.split()[1:])


@pytest.mark.ensembles
def test_of_several_and_of_studies_what_is_next_is_of_them(told) -> None:
    told("run", "mine.yaml", "more_arms", "--months", "1")
    both = ["results/mine+1_month", "results/more_arms+1_month"]
    assert steps_of(told("report", *both))[0] == f"parley compare {' '.join(both)}"
    told("sweep", "mine.yaml", "--vary", "arms.defender.aid_scale=0,1", "--replications", "5")
    swept = "results/sweeps/mine+arms.defender.aid_scale=0,1"
    assert steps_of(told("export", swept, "--sqlite", "s.db")) == [f"parley report {swept}", f"parley plot {swept}"]
    assert steps_of(told("report", swept)) == [f"parley plot {swept}"]
    until = ("--until", "share(war_goes_on) >= 0.5", "--replications", "5")
    told("breakeven", "mine.yaml", "--vary", "arms.defender.aid_scale=0:1", *until, "--out", "even")
    assert steps_of(told("report", "even")) == ["parley plot even"]
    assert steps_of(told("plot", "even", "breakeven", "--out", "even.svg")) == ["parley report even"]


def test_targets_keeps_its_runs_and_says_what_is_next(told) -> None:
    Path("mine.yaml").write_text(MINE + TARGETS.replace("LOW", "1"))
    said = told("targets", "mine.yaml", "--replications", "120")
    (name,) = runs()
    assert f"Written: results/{name}/ Next: parley explain" in " ".join(said.split())
    assert steps_of(said) == [f"parley explain results/{name}", f"parley report results/{name}"]
    again = told("targets", "mine.yaml", "--replications", "120")
    assert again == said.replace("Written:", "There already:")
    # The folder is that run, and is not run again.
    assert told("targets", f"results/{name}").partition("\nNext")[0] == said.partition("\nWritten")[0]
    assert runs() == [name]
    # Of what is missed it is asked first what drives it.
    Path("mine.yaml").write_text(MINE + TARGETS.replace("LOW", "1e8"))
    missed = told("targets", "mine.yaml", "--replications", "120", code=5)
    assert len(runs()) == 2
    assert [step.split()[1] for step in steps_of(missed)] == ["sensitivity", "explain", "report"]
    assert "--outcome killed_attacker" in steps_of(missed)[0]


def test_targets_of_a_folder_takes_no_size(parley, tmp_path: Path) -> None:
    parley("run", "baseline", "--replications", 5, "--months", 1, cwd=tmp_path)
    done = parley("targets", "results/baseline+1_month", "--replications", 9, cwd=tmp_path)
    assert (done.returncode, "has its own --replications" in done.stderr) == (2, True)
    done = parley("targets", "baseline", "--replications", 5, "--months", 1, cwd=tmp_path)
    # What cannot be held against its targets is not run for them.
    assert done.returncode == 3
    assert "Written: " not in done.stderr
    assert not (tmp_path / "results/baseline+1_month+5_histories").exists()
    assert "expect[ground_in_12_months_km2]: error: no outcome" in done.stderr
