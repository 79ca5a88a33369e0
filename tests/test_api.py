"""Parley from Python: what the commands print, as objects."""

from __future__ import annotations

import csv
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import sim
from sim.report.make import pictures_of
from sim.report.style import PAPERS, drawn, style
from sim.results.store import StoreError
from sim.scenario import ScenarioError, shipped
from sim.words.comparison import in_cells
from tests.conftest import ROOT

SCALE = "arms.defender.aid_scale"


@pytest.fixture(scope="module")
def base() -> sim.api.Run:
    return sim.run("baseline", replications=200, months=4)


def test_a_run_is_that_of_the_command(parley, tmp_path: Path) -> None:
    ours = sim.run("baseline", replications=40, months=2, settings=[f"{SCALE}=0.5"], out=tmp_path / "ours")
    done = parley(
        "run", "baseline", "--replications", 40, "--months", 2, "--set", f"{SCALE}=0.5", "--out", tmp_path / "baseline"
    )
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
    assert frame.shape == (200, 1 + len(base.outcomes) + len(base.drawn))
    assert frame["casualties_attacker"].mean() == pytest.approx(np.mean(base.column("casualties_attacker")))
    less = sim.run("baseline", replications=200, months=4, settings=[f"{SCALE}=0.3"])
    for result in (
        sim.compare(base, less),
        sim.sweep("baseline", {SCALE: [0, 1]}, replications=20, months=1),
        sim.breakeven("baseline", SCALE, 0, 2, "mean(casualties_attacker) >= 50_000", replications=20, months=1),
        sim.sensitivity(base, "casualties_attacker"),
        sim.sobol("baseline", "casualties_attacker", rows=32, months=1),
        sim.mind_changing("history/iwo_jima", ["casualties_attacker"], replications=100),
        sim.discover(base, "casualties_attacker > 170_000"),
        sim.panel(["more_arms", "square_law"], replications=20, months=1),
    ):
        assert isinstance(result.to_pandas(), pandas.DataFrame)
        assert len(result.to_pandas()) == len(result.as_dicts()) > 0
        assert {"scenario", "left"} & {*result.to_pandas().columns}
    stacked = pandas.concat([base.series.to_pandas(), less.series.to_pandas()])
    assert {*stacked["scenario"]} == {base.name, less.name}


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


def test_the_tour_of_help_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert sim.__doc__ is not None
    tour = [line.strip() for line in sim.__doc__.splitlines() if line.startswith("    ")]
    assert len(tour) == 6
    assert tour[0] == "import sim"
    known: dict[str, object] = {}
    for line in tour:
        assert len(line) < 115
        exec(line.replace("replications=500", "replications=20, months=3"), known)
    assert "knobs> <53 scenarios>" in capsys.readouterr().out


def test_settings_are_values_by_path_or_texts() -> None:
    listed = sim.load("baseline", [f"{SCALE}=2", "attrition.law=square", "sides.defender.name=A, B"])
    assert sim.load("baseline", {SCALE: 2, "attrition.law": "square", "sides.defender.name": "A, B"}).tree == listed.tree
    again = sim.load("baseline", {SCALE: np.float64(2), "attrition.law": "square", "sides.defender.name": "A, B"})
    assert again.world == listed.world
    drawn = {"dist": "uniform", "low": 1, "high": 2}
    assert (
        sim.load("baseline", {SCALE: drawn}).world
        == sim.load("baseline", [f"{SCALE}={{dist: uniform, low: 1, high: 2}}"]).world
    )
    assert sim.load("baseline", {"front.belts": []}).world.front.belts == []
    for wrong in (f"{SCALE}=2", {3: 4}, [3]):
        with pytest.raises(sim.ParleyError, match="values by path"):
            sim.load("baseline", wrong)  # type: ignore[arg-type]


def test_several_scenarios_are_one_frame(base, tmp_path: Path) -> None:
    asked = ["baseline", sim.load("baseline", {SCALE: 0.5}), "more_arms"]
    folders = ["baseline+2_months", f"baseline+{SCALE}=0.5+2_months", "more_arms+2_months"]
    ran = sim.run(asked, replications=10, months=2, out=tmp_path)
    assert len(ran) == 3
    assert len({run.name for run in ran}) == 3
    assert sorted(place.name for place in tmp_path.iterdir()) == folders
    rows = ran.as_dicts()
    assert {row["scenario"] for row in rows} == {run.name for run in ran}
    pandas = pytest.importorskip("pandas", reason="pandas is not installed, and need not be")
    frame = ran.to_pandas()
    assert list(frame.columns[:2]) == ["scenario", "replication"]
    assert len(frame) == 30
    alone = frame[frame["scenario"] == ran[2].name]["casualties_attacker"]
    np.testing.assert_array_equal(alone, ran[2].column("casualties_attacker"))
    assert isinstance(frame.groupby("scenario")["casualties_attacker"].mean(), pandas.Series)
    with pytest.raises(ScenarioError, match="no such"):
        sim.run(["baseline", "no_such"], replications=10)


def test_ledger_and_series_are_there_whether_a_run_is_in_memory_or_kept(tmp_path: Path) -> None:
    ours = sim.run("baseline", replications=30, months=8)
    kept = sim.run("baseline", replications=30, months=8, out=tmp_path / "kept")
    assert ours.ledger == kept.ledger != []
    assert ours.series.as_dicts() == kept.series.as_dicts()
    with (tmp_path / "kept/series.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(kept.series)
    assert float(rows[7]["mean"]) == kept.series[7]["mean"]
    assert kept.series[7]["date"] == rows[7]["date"]
    assert sim.run("history/iwo_jima", replications=3).ledger == []  # where no one negotiates


def test_an_outcome_that_is_not_there_is_told_with_those_that_are_near(base) -> None:
    compared = sim.compare(base, base)
    for ask in (compared.line, base.column):
        with pytest.raises(KeyError) as caught:
            ask("casualties")
        assert isinstance(caught.value, sim.ParleyError)
        assert "no outcome 'casualties'. Did you mean 'casualties_attacker', 'casualties_defender'" in str(caught.value)


def test_results_are_shown_in_notebooks(base, tmp_path: Path) -> None:
    """A piece of HTML that needs nothing else, in which no name of the user is markup."""
    name = "<script>alert(1)</script>"
    odd = sim.load("baseline", {"sides.defender.name": name, "title": f"A {name} war"})
    run = sim.run(odd, replications=30, months=8, out=tmp_path / "kept")
    other = sim.run(odd, replications=30, months=8, settings={SCALE: 0})
    swept = sim.sweep(odd, {SCALE: [0, 1]}, replications=10, months=2)
    results = [
        run,
        other,
        sim.compare(run, other),
        swept,
        sim.knobs(scenario=odd),
        run.series,
        sim.run([odd, "baseline"], replications=5, months=1),
    ]
    for result in results:
        html = result._repr_html_()
        root = ET.fromstring(html)
        assert not [one.tag for one in root.iter() if one.tag in ("script", "link", "iframe")]
        assert "http" not in "".join(value for one in root.iter() for key, value in one.items() if key in ("src", "href"))
        assert html.count('class="parley"') == 1
    assert "<img" in run._repr_html_()  # which is kept, so that its figure need not run again
    assert all(str(one) in "".join(ET.fromstring(other._repr_html_()).itertext()) for one in other.findings[:3])
    assert "<pre" in sim.looks.Told("a < b")._repr_html_()
    assert "a &lt; b" in sim.looks.Told("a < b")._repr_html_()


def test_what_is_asked_of_scenarios_and_results(base, parley, tmp_path: Path) -> None:
    kept = sim.run("baseline", replications=30, months=8, out=tmp_path / "kept")
    figure = sim.plot(kept)
    figure.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 5_000
    assert sim.plot(sim.compare(kept, kept)).axes
    assert sim.plot(sim.sweep("baseline", {SCALE: [0, 1]}, replications=10, months=1)).axes
    with pytest.raises(sim.ParleyError, match="until marks a level of a sweep"):
        sim.plot(base, until="share(war_goes_on) >= 0.5")
    with pytest.raises(sim.ParleyError, match=r"no figure 'forcs'. Did you mean 'forces'\?; there are .*incidence"):
        sim.plot(base, "forcs")
    said = parley("explain", tmp_path / "kept", "--replication", 3, COLUMNS="80").stdout
    assert sim.explain(kept, replication=3) == said
    assert "Why there was no deal" in said
    with pytest.raises(sim.ParleyError, match="histories 0 to 29"):
        sim.explain(kept, replication=30)
    (change,) = sim.diff("baseline", sim.load("baseline", {SCALE: 2}))
    assert (change["path"], change["before"], change["after"]) == (SCALE, "1", "2")
    assert change["sentence"].startswith("Scale of aid to Ukraine: 1 becomes 2")
    assert sim.check("baseline") == []
    assert len(sim.check("baseline", {"arms.halts.us_pause.probability": 0})) == 1
    with pytest.raises(ScenarioError, match="unknown path"):
        sim.check("baseline", {"aid": 2})
    assert [row["name"] for row in sim.scenarios()] == shipped()
    assert len(sim.scenarios("winter_war")) == 1
    (scale,) = sim.knobs("aid to ukraine")
    assert (scale["path"], scale["value"], scale["low"]) == (SCALE, "1", 0)
    assert len(sim.knobs()) > 300


def words_of(figure: Figure) -> list[str]:
    """Return all that can be read in a figure."""
    return [one.get_text() for one in figure.findobj(Text)]  # type: ignore[attr-defined]


def test_a_break_even_is_drawn_and_shown_as_its_folder_is(parley, tmp_path: Path) -> None:
    until = "mean(ground_gained_km2) <= 600"
    found = sim.breakeven("baseline", SCALE, 0, 2, until, replications=20, months=1)
    folder = tmp_path / "kept"
    asked = ("--vary", f"{SCALE}=0:2", "--until", until, "--replications", 20, "--months", 1, "--report", "--out", folder)
    assert parley("breakeven", "baseline", *asked).returncode == 0
    of_folder, source = pictures_of([folder])
    with style(PAPERS["page"], text_as_paths=True):
        as_kept = words_of(drawn(of_folder["breakeven"], PAPERS["page"], source))
    assert words_of(sim.plot(found)) == as_kept
    assert "level: 600" in as_kept
    # The terminal, the page and a notebook call it the same.
    title = (
        "Baseline: the war as of early December 2024, over 1 month (was 36 months): scale of aid to Ukraine from 0 to 2, "
        "until the mean of 'net land taken by Russia' is at most 600"
    )
    printed, page = ((folder / name).read_text(encoding="utf-8") for name in ("breakeven.txt", "report.html"))
    shown = found._repr_html_()
    assert shown is not None
    for text in (" ".join(printed.split()), page.replace("&#39;", "'"), "".join(ET.fromstring(shown).itertext())):
        assert title in text
    assert "ground_gained_km2" not in printed
    with pytest.raises(sim.ParleyError, match=r"no figure 'breakevens'. Did you mean 'breakeven'\?"):
        sim.plot(found, "breakevens")
    with pytest.raises(sim.ParleyError, match="does not say of which scenario it is"):
        sim.plot(replace(found, scenario=None))


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
    assert repr(sim.sensitivity(base, "casualties_attacker")) == "<Sensitivity: 183 rows>"
    assert {"run", "sweep", "ParleyError"} <= set(dir(sim))


def test_a_difference_is_shown_as_commands_print_it(base) -> None:
    other = sim.run("baseline", replications=200, months=4, settings={SCALE: 0.1})
    comparison = sim.compare(base, other)
    for line in comparison.lines:
        assert in_cells(line)[2] in repr(line)
        if line.difference is not None:
            told = repr(line.difference)
            assert told.startswith(f"<Difference: {in_cells(line)[2]}")
            assert told.endswith(f", {line.difference.pairs:,} histories>")
            assert line.difference.same or (" points" if line.unit == "share" else f" {line.unit}".rstrip()) in told
    assert any("within" in repr(line) for line in comparison.lines)
    assert any("(within" not in repr(line) for line in comparison.lines)


def test_a_scenario_may_be_given_as_an_object() -> None:
    scenario = sim.load("baseline", [f"{SCALE}=0.5"])
    again = sim.run(scenario, replications=5, months=1, settings=["attrition.law=square"])
    assert again.scenario.tree["attrition"]["law"] == "square"
    assert scenario.tree["attrition"]["law"] == "mixed"


def test_the_package_itself_imports_nothing_heavy() -> None:
    code = "import sys, sim; print([name for name in ('numpy', 'scipy', 'pydantic') if name in sys.modules]); sim.run"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    # What runs, compares and ranks does without what is slow to import.
    code = (
        "import sys, sim; a = sim.run('baseline', replications=200, months=1); sim.compare(a, a); "
        "sim.sensitivity(a, 'casualties_attacker'); "
        "print([name for name in ('scipy.stats', 'scipy.linalg', 'matplotlib', 'jinja2', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        sim.nothing  # noqa: B018
