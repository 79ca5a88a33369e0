"""What a scenario writes at a date is on the axes over time of figures: at the right dates, named, none over another."""

from __future__ import annotations

import datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.collections import LineCollection
from matplotlib.dates import date2num

import sim
from sim.model import WarScenario
from sim.model.dated import dated
from sim.report.make import pictures_of
from sim.report.parts import plain
from sim.report.scripted import DOTS, Rule, flags, width_of
from sim.report.style import FAINT, SERIES
from sim.scenario import load_scenario
from tests.report.test_figures import ALL_PAPERS, figure_of, find_no_overlap, texts

DATED = Path(__file__).with_name("dated.yaml")
WRITTEN = [
    ("2024-12-04", "first package", True),
    ("2025-01-20", "US pause", False),
    ("2025-01-20", "United States: new government", False),
    ("2025-03-10", "spring pressure from outside", True),
    ("2025-03-12", "path to NATO: opens", True),
    ("2025-06-01", "summer offensive", False),
    ("2025-06-08", "second blow", True),
    ("2025-07-01", "no Western troops: in force", True),
    ("2025-09-20", "autumn wave", True),
    ("2025-11-01", "path to NATO: lapses", True),
    ("2025-12-30", "last package", False),
]
OVER_TIME = {
    "standing",
    "incidence",
    "ceasefires",
    "ledger",
    "forces",
    "casualties",
    "ground",
    "fire",
    "beliefs",
    "worth",
    "aid",
    "wills",
    "danger",
}


def test_every_kind_of_dated_thing_is_found_within_the_horizon():
    scenario = load_scenario(DATED, WarScenario)
    days = 395
    told = [(one.date.isoformat(), one.label, one.sure) for one in dated(scenario, days)]
    assert told == WRITTEN
    last = (datetime.date(2025, 12, 30) - datetime.date(2024, 12, 4)).days
    # The last day is that before the end.
    assert len(dated(scenario, last + 1)) == len(WRITTEN)
    assert len(dated(scenario, last)) == len(WRITTEN) - 1
    assert [one.label for one in dated(scenario, 1)] == ["first package"]


rules = st.lists(
    st.tuples(st.floats(0, 1), st.text("Wmil .", min_size=1, max_size=40).filter(str.strip)), min_size=1, max_size=14
)


@given(rules, st.floats(90, 420), st.floats(5, 10))
@settings(max_examples=150, deadline=None)
def test_names_keep_clear_of_one_another_and_each_rule_has_one(found: list[tuple[float, str]], room: float, size: float):
    ordered = sorted((at * room, name) for at, name in found)
    given = [(Rule(datetime.date(2025, 1, 1), name), at) for at, name in ordered]
    placed = flags(given, room, size)
    assert [rule for flag in placed for rule in flag.rules] == [rule for rule, _ in given]
    for flag in placed:
        assert -1e-6 <= flag.first <= flag.pole + 1e-6
        assert flag.pole <= flag.last + 1e-6 <= room + 1e-5
        assert width_of(flag.text, size) <= flag.last - flag.first + 1e-6
    for one, other in combinations(placed, 2):
        low, high = sorted((one, other), key=lambda flag: flag.row)
        assert one.row != other.row or one.last < other.first or other.last < one.first
        assert low.row == high.row or not low.first < high.pole < low.last


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("scripted")
    sim.run(DATED, replications=30, out=folder / "dated")
    sim.run("baseline", replications=30, months=13, out=folder / "baseline")
    sim.run("russian_mobilization", replications=30, months=13, out=folder / "mobilization")
    return folder


def rules_in(axes: Any, dashes: Any = DOTS) -> dict[float, Any]:
    """Return the rules of axes: where they are, and their colours."""
    found = {}
    for lines in axes.collections:
        if isinstance(lines, LineCollection) and lines.get_transform() == axes.get_xaxis_transform():
            for segment, colour in zip(lines.get_segments(), lines.get_colors(), strict=True):
                assert segment[0][0] == segment[1][0]
                assert [segment[0][1], segment[1][1]] == [0, 1]
                found[float(segment[0][0])] = colour
    return found


@pytest.mark.pages
def test_all_figures_over_time_have_a_rule_at_each_date(folder: Path):
    pictures, _ = pictures_of([folder / "dated"])
    wanted = sorted({float(date2num(datetime.date.fromisoformat(day))) for day, _, _ in WRITTEN})
    start = float(date2num(datetime.date(2024, 12, 4)))
    assert pictures.keys() >= OVER_TIME - {"incidence", "ceasefires"}
    for name, picture in pictures.items():
        over_time = name in OVER_TIME | {"timeline"}
        assert ("Dotted: what the scenario writes at a date" in plain(picture.says)) == over_time, name
        if not over_time:
            continue
        found = [axes for axes in figure_of(picture).axes if axes.get_xlim()[0] == start]
        assert found, name
        for axes in found:
            # Of a history what happened is marked too.
            assert sorted(rules_in(axes).keys() & set(wanted)) == wanted, name
            assert name == "timeline" or len(rules_in(axes)) == len(wanted), name
    names = {text for text, _ in texts(figure_of(pictures["standing"]))}
    assert {"first package", "3 dated parts"} <= names
    for day, label, _ in WRITTEN:
        assert f"{label} {day}" in plain(pictures["standing"].says)
    assert not any("_" in name or "." in name.replace("...", "") for name in names if "Parley" not in name)


@pytest.mark.pages
@pytest.mark.parametrize("paper", ALL_PAPERS)
def test_their_names_overlap_nothing(folder: Path, paper: str):
    for folders in ([folder / "dated"], [folder / "baseline", folder / "mobilization", folder / "dated"]):
        for picture in pictures_of(folders)[0].values():
            find_no_overlap(picture, paper)


@pytest.mark.pages
def test_a_comparison_tells_apart_what_only_one_scenario_writes(folder: Path):
    compared = [folder / "baseline", folder / "mobilization"]
    pictures, _ = pictures_of(compared)
    said = "in grey or, what only one of them writes, in the colour of its line (US pause 2025-01-20 and "
    assert said in plain(pictures["courses"].says)
    from matplotlib.colors import to_rgba

    for name in ("courses", "until-ceasefire"):
        if name in pictures:
            for axes in figure_of(pictures[name]).axes:
                found = {at: tuple(colour) for at, colour in rules_in(axes).items()}
                assert found == {
                    float(date2num(datetime.date(2025, 1, 20))): to_rgba(FAINT),
                    float(date2num(datetime.date(2025, 3, 1))): to_rgba(SERIES[1][0]),
                }
    # The same scenario twice has nothing of its own.
    alike, _ = pictures_of([folder / "baseline", folder / "baseline"])
    assert plain(alike["courses"].says).endswith("Dotted: what the scenarios write at a date (US pause 2025-01-20).")


@pytest.mark.pages
def test_a_scenario_without_dates_has_no_rules_and_says_nothing_of_them(tmp_path: Path):
    sim.run("baseline", replications=5, months=2, settings=["arms.halts=[]"], out=tmp_path / "none")
    pictures, _ = pictures_of([tmp_path / "none"])
    for name, picture in pictures.items():
        assert "Dotted" not in plain(picture.says)
        if name in OVER_TIME - {"ledger"}:
            assert all(rules_in(axes) == {} for axes in figure_of(picture).axes)
