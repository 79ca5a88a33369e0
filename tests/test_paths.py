"""Paths of single histories: what stands on each first of a month, the same however a run is cut."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.engine.world import InvariantBreach, Setting
from sim.ensemble import run as ensemble_run
from sim.ensemble.run import Plan, path_days, run_ensemble
from sim.model import simulate
from sim.results.chunks import run_into

START = datetime.date(2024, 2, 28)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "paths.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_months_begin_on_the_first_across_leap_years() -> None:
    assert path_days(START, 35, "month") == (0, 2, 33, 35)
    assert path_days(datetime.date(2023, 2, 28), 35, "month") == (0, 1, 32, 35)
    # One that begins on a first, and one that ends on it.
    assert path_days(datetime.date(2024, 12, 1), 62, "month") == (0, 31, 62)
    assert path_days(START, 15, "week") == (0, 7, 14, 15)
    assert path_days(START, 15, None) == ()


@pytest.mark.parametrize("every", ["month", "week"])
def test_paths_are_the_state_of_each_history_on_those_days(load: Callable[..., Any], every: Any) -> None:
    scenario = load("baseline")
    ensemble = run_ensemble(scenario, Plan(30, 1, 100, paths=every))
    days = path_days(scenario.world.start_date, 100, every)
    world, _ = simulate(scenario, Setting(scenario.world.start_date, 100, 1, np.arange(30), landmarks=days))
    assert ensemble.path_days == days
    for column, (field, of) in enumerate(ensemble.path_columns):
        for slot, day in enumerate(days):
            state, rows_of = world.recorder.snapshots[day][field], world.fields.named(field).rows
            wanted = state if rows_of is None else state[rows_of.index(of)]
            np.testing.assert_array_equal(ensemble.paths[column, slot], wanted, err_msg=f"{field} {of} on day {day}")
    at_war = ensemble.paths[list(ensemble.path_columns).index(("at_war", ""))]
    assert set(np.unique(at_war)) == {0, 1}


def test_the_table_is_the_same_however_a_run_is_cut(parley: Callable, tmp_path: Path) -> None:
    ask = ("run", "history/iwo_jima", "--replications", 60, "--months", 1, "--paths", "week")
    for out, more in (("whole", ()), ("cut", ("--chunk", 17)), ("shared", ("--chunk", 17, "--workers", 2))):
        done = parley(*ask, *more, "--out", tmp_path / out)
        assert done.returncode == 0, done.stderr
    whole = (tmp_path / "whole/paths.csv").read_bytes()
    assert whole == (tmp_path / "cut/paths.csv").read_bytes() == (tmp_path / "shared/paths.csv").read_bytes()
    table = rows(tmp_path / "whole")
    assert [(row["replication"], row["day"]) for row in table[:5]] == [("0", str(day)) for day in (0, 7, 14, 21, 28)]
    assert (table[0]["date"], table[4]["date"]) == ("1945-02-19", "1945-03-19")
    # What comes about by the end is what outcomes tell.
    run = sim.read(tmp_path / "whole")
    ends = [float(row["cumulative_casualties.attacker"]) for row in table if row["day"] == "28"]
    np.testing.assert_allclose(run.outcomes["casualties_attacker"], ends)
    dates, values = run.paths("cumulative_casualties", "attacker", every="week")
    assert [date.isoformat() for date in dates] == [row["date"] for row in table[:5]]
    found = [float(row["cumulative_casualties.attacker"]) for row in table]
    np.testing.assert_array_equal(values.T.ravel(), found)
    with pytest.raises(ValueError, match=r"there are no paths of casualties, but of: at_war, "):
        run.paths("casualties")
    with pytest.raises(ValueError, match="paths are kept by month or week, not 'fortnight'"):
        run.paths("held_area", every="fortnight")
    # A table more makes no other run of it.
    again = parley("compare", "history/iwo_jima", tmp_path / "whole", "--out", tmp_path / "compared")
    assert again.returncode == 0, again.stderr


def test_parquet_holds_the_same(parley: Callable, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    ask = ("run", "history/iwo_jima", "--replications", 30, "--months", 1, "--paths", "month", "--parquet")
    for out, more in (("whole", ()), ("cut", ("--chunk", 7))):
        assert parley(*ask, *more, "--out", tmp_path / out).returncode == 0
    whole, cut = (parquet.read_table(tmp_path / out / "paths.parquet") for out in ("whole", "cut"))
    assert whole.equals(cut)
    assert parley(*ask[:-1], "--out", tmp_path / "csv").returncode == 0
    table = rows(tmp_path / "csv")
    assert list(table[0]) == whole.column_names
    for name in ("replication", "held_area", "force.defender"):
        assert [float(row[name]) for row in table] == whole.column(name).to_pylist()


def test_a_history_that_fails_has_none(load: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = ensemble_run.run_batch

    def failing(scenario: Any, plan: Any, numbers: Any, *more: Any) -> Any:
        if 3 in numbers:
            raise InvariantBreach("front", "a planted rule", 3, 5, 1)
        return real(scenario, plan, numbers, *more)

    monkeypatch.setattr(ensemble_run, "run_batch", failing)
    with run_into(tmp_path / "run", load("history/iwo_jima"), Plan(6, 1, 20, paths="month"), as_text=lambda *_: ""):
        pass
    for row in rows(tmp_path / "run"):
        own = {value for name, value in row.items() if name not in ("scenario", "replication", "day", "date")}
        assert (own == {""}) == (row["replication"] == "3")


def test_what_the_columns_are_is_said(parley: Callable, tmp_path: Path) -> None:
    assert (
        parley(
            "run", "baseline", "--replications", 20, "--months", 1, "--paths", "month", "--out", tmp_path / "b"
        ).returncode
        == 0
    )
    told = (tmp_path / "b/README.md").read_text(encoding="utf-8")
    assert r"| `force.defender` | Force, Ukraine | persons | Force at the front. |" in told
    (paths,) = told.split("## paths.csv")[1:]
    lines = [line for line in paths.split("\n## ")[0].splitlines() if line.startswith("| `")]
    assert len(lines) == len(rows(tmp_path / "b")[0])
    assert all(line.split(" | ")[-1].strip(" |") for line in lines)
