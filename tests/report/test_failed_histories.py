"""Runs in which most histories failed: what is told is of those that did not, and how many failed is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import sim
import sim.ensemble.run
from sim.cli.app import app
from sim.engine.world import InvariantBreach
from sim.report.html import html
from sim.report.make import Asked, page_of, pictures_of, write_report
from sim.report.parts import CannotDraw
from sim.results.history import NoSuchHistory, which_history
from sim.results.runs import Run
from tests.resealed import reseal

pytestmark = pytest.mark.hostile


@pytest.fixture
def run_with_failures(monkeypatch, tmp_path: Path):
    """Run a scenario of which only some replications do not fail; return its folder."""
    run_batch = sim.ensemble.run.run_batch

    def run_with_failures(scenario: str, replications: int, months: int, survive: set[int]) -> Path:
        def batch(scenario, plan, numbers, *more):
            if not set(numbers.tolist()) <= survive:
                raise InvariantBreach("front", "a planted rule", int(numbers[0]), 40, plan.seed)
            return run_batch(scenario, plan, numbers, *more)

        with monkeypatch.context() as planted:
            planted.setattr(sim.ensemble.run, "run_batch", batch)
            sim.run(scenario, replications=replications, months=months, out=tmp_path / "failed")
        return tmp_path / "failed"

    return run_with_failures


@pytest.mark.parametrize(
    ("scenario", "replications", "months", "survive"),
    [
        ("baseline", 30, 13, {3, 7, 8, 20}),
        ("no_talks", 12, 2, {5}),
        ("baseline", 2, 1, {1}),
        ("history/iwo_jima", 9, 1, {0, 4}),
    ],
)
def test_the_story_is_of_an_ending(run_with_failures, capsys, scenario, replications, months, survive):
    folder = run_with_failures(scenario, replications, months, survive)
    run = Run.read(folder)
    assert np.count_nonzero(run.outcomes["ending"] == "failed") == replications - len(survive)
    assert which_history(run)[0] in survive
    failed = f"{replications - len(survive)} of {replications} histories failed"
    page = html(page_of([folder]))
    assert failed in page
    assert "None is told" not in page
    assert "timeline" in pictures_of([folder])[0]
    app(["explain", str(folder)], standalone_mode=False)
    assert failed in capsys.readouterr().out


def test_where_none_survived_the_rest_is_shown(run_with_failures, tmp_path: Path):
    folder = run_with_failures("no_talks", 10, 1, {2})
    one = shutil.copytree(folder, tmp_path / "one")
    # As if the last one had failed too.
    table = (one / "outcomes.csv").read_text().splitlines()
    table[3] = "no_talks,2,failed" + "," * (table[0].count(",") - 2)
    (one / "outcomes.csv").write_text("\n".join(table) + "\n")
    summary = []
    for row in (one / "summary.csv").read_text().splitlines():
        cells = row.split(",")
        if cells[1] == "endings":
            cells[7:10] = ["1.0" if cells[2] == "failed" else "0.0", "0.0", "1.0"]
            summary.append(",".join(cells))
        elif cells[1] in ("section", "ledger"):
            summary.append(row)
    (one / "summary.csv").write_text("\n".join(summary) + "\n")
    # None of them stands anywhere.
    (one / "standing.csv").write_text((one / "standing.csv").read_text().splitlines()[0] + "\n")
    reseal(one)
    with pytest.raises(NoSuchHistory, match="10 of 10 histories failed"):
        which_history(Run.read(one))
    page = html(page_of([one]))
    assert "None is told: 10 of 10 histories failed" in page
    assert {"forces", "ground"} <= pictures_of([one])[0].keys()
    with pytest.raises(CannotDraw, match="no history is told"):
        pictures_of([one], name="timeline")


def test_a_history_that_fails_when_told_takes_nothing_else_with_it(results, monkeypatch):
    def fail(*_: object) -> None:
        raise InvariantBreach("front", "a planted rule", 1, 40, 1)

    monkeypatch.setattr("sim.report.kept.retold", fail)
    assert "None is told: " in html(page_of([results.base]))
    with pytest.raises(InvariantBreach):
        page_of([results.base], Asked(replication=1))


def test_a_figure_that_fails_takes_nothing_else_with_it(results, monkeypatch, tmp_path: Path, capsys):
    whole = html(page_of([results.base]))

    def fail(*_: object) -> None:
        raise ZeroDivisionError("planted <b>")

    monkeypatch.setattr("sim.report.endings._draw_incidence", fail)
    notes: list[str] = []
    write_report([results.base], tmp_path / "page.html", force=False, note=notes.append)
    page = (tmp_path / "page.html").read_text()
    assert page.count("<svg") == whole.count("<svg") - 1
    assert "could not be drawn" in page
    assert "planted &lt;b&gt;" in page
    (said,) = notes
    assert "incidence" in said
    code = app(["report", str(results.base), "--out", str(tmp_path / "again.html")], standalone_mode=False)
    assert code == 1
    assert "the figure incidence could not be drawn" in capsys.readouterr().err
