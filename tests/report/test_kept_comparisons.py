"""The page of a comparison that is kept: of the runs beside it, if what is kept is what they give; else it says why not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sim.report.make import page_of, pictures_of
from sim.report.parts import CannotDraw
from tests.report.conftest import run_here

pytestmark = pytest.mark.pages

SIZE = ("--replications", 40, "--months", 3)


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    """A folder of results with two runs and their comparison, with its page."""
    results = tmp_path_factory.mktemp("kept") / "results"
    run_here("compare", "baseline", "more_arms", *SIZE, "--workers", 1, "--results", results, "--report")
    return results


def comparison_in(results: Path) -> Path:
    (found,) = (results / "comparisons").glob("baseline_more_arms*")
    return found


def test_the_page_of_the_folder_is_that_of_the_command(kept: Path, here, tmp_path: Path):
    folder = comparison_in(kept)
    made = (folder / "report.html").read_bytes()
    done = here("report", folder, "--out", tmp_path / "again.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "again.html").read_bytes() == made
    assert "; open it in any browser" in " ".join(done.stdout.split())
    assert "Next: parley plot" in done.stdout
    # One that was not made yet goes beside the tables.
    (folder / "report.html").unlink()
    assert here("report", folder, cwd=tmp_path).returncode == 0
    assert (folder / "report.html").read_bytes() == made


def test_its_figures_are_those_of_its_runs(kept: Path):
    found, source = pictures_of([comparison_in(kept)])
    runs = sorted(kept.glob("*+40_histories"))
    assert [one.name.partition("+")[0] for one in runs] == ["baseline", "more_arms"]
    of_runs, source_of_runs = pictures_of(runs)
    assert [*found] == [*of_runs]
    assert source == source_of_runs


def test_what_is_not_what_its_runs_give_has_no_page(kept: Path, tmp_path: Path):
    run_here("compare", *sorted(kept.glob("*+40_histories")), "--unpaired", "--out", kept / "comparisons" / "unpaired")
    with pytest.raises(CannotDraw, match=r"but not one of pairs .*; parley report .*baseline.* makes a page"):
        page_of([kept / "comparisons" / "unpaired"])
    shutil.copytree(comparison_in(kept), tmp_path / "comparisons" / "moved")
    with pytest.raises(CannotDraw, match="holds a comparison, and the run of baseline is not in"):
        page_of([tmp_path / "comparisons" / "moved"])
    # Another seed is another run.
    run_here("run", "baseline", *SIZE, "--seed", 2, "--workers", 1, "--out", tmp_path / "baseline")
    with pytest.raises(CannotDraw, match="the run of baseline is not in"):
        page_of([tmp_path / "comparisons" / "moved"])


def test_of_what_there_are_no_figures_it_is_said_what_has_some(results, tmp_path: Path):
    run_here("sensitivity", results.base, "--out", tmp_path / "driven")
    with pytest.raises(CannotDraw, match=r"there are no pictures .* parley sensitivity .* --one-at-a-time has pictures"):
        page_of([tmp_path / "driven"])
