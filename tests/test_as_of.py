"""Which numbers of a scenario no one could know on its first day."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from sim.scenario.describe import _may_be_later, later_than


@pytest.mark.parametrize(
    ("text", "later"),
    [
        ("2024-06-30", False), ("2024-07-01", False), ("2024-07-02", True), ("2024-06", False), ("2024-07", True),
        ("2023", False), ("2024", True), ("2025", True), ("1988, revised 2023", False), ("1988, revised 2024", True),
        ("spring of 1951", False), ("undated", True), ("12345", True),
    ],
)  # fmt: skip
def test_a_source_counts_by_the_end_of_what_is_known_of_its_date(text: str, later: bool) -> None:
    assert _may_be_later(text, date(2024, 7, 1)) is later


def test_what_is_cited_from_later_is_listed(load: Callable) -> None:
    scenario = load("baseline")
    sources = scenario.world.sources
    for day in (date(2024, 7, 1), date(2024, 12, 4), date(2024, 12, 10)):
        found = later_than(scenario, day)
        assert {one.source for one in found} == {
            key for key, one in sources.items() if date.fromisoformat(one.date) > day
        } & {one.source for one in later_than(scenario, date(1900, 1, 1))}
        assert all(one.date == sources[one.source].date for one in found)
    # What this project keeps to.
    assert later_than(scenario, date(2024, 12, 10)) == []
    assert len(later_than(scenario, date(2024, 7, 1))) > len(later_than(scenario, date(2024, 12, 4))) > 0


def test_the_command(parley: Callable, tmp_path: Path) -> None:
    told = parley("check", "baseline", "--as-of")
    assert told.returncode == 3
    late = [one.path for one in later_than_of("baseline")]
    assert f"{len(set(late))} of " in told.stdout
    for path in late:
        assert f"of later: {path} (" in told.stdout
    data = json.loads(parley("check", "baseline", "--as-of", "--json").stdout)["data"]
    assert [one["path"] for one in data[0]["later"]] == late
    # A war whose sources are of before.
    moved = parley("check", "baseline", "--as-of", "--set", "start_date=2024-12-09")
    assert moved.returncode == 0, moved.stderr
    assert "as of 2024-12-09: no number rests on a source that is, or may be, of later" in " ".join(moved.stdout.split())


def later_than_of(name: str) -> list:
    from sim.model import WarScenario
    from sim.scenario import load_scenario

    scenario = load_scenario(name, WarScenario)
    return later_than(scenario, scenario.world.start_date)
