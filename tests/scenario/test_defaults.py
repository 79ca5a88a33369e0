"""Numbers that a scenario does not write and that its sections have all the same."""

from __future__ import annotations

from typing import Any

from sim.scenario.describe import changes, coverage, entries

DELAY = "arms.backers.united_states.delay_days"


def test_a_default_is_shown_behind_what_is_written_of_its_section(load: Any) -> None:
    found = entries(load())
    (place,) = [place for place, entry in enumerate(found) if entry.path == DELAY]
    assert found[place - 1].path == "arms.backers.united_states.aid_per_month_beur"
    entry = found[place]
    assert (entry.text, entry.unit, entry.origin, str(entry.place)) == ("30", "days", "default", "")
    assert entry.item == "arms.backers.united_states"
    written = {entry.path: entry.origin for entry in found}
    assert written["losses.stages"] == written["losses.rounds"] == "default"
    assert written["arms.backers.europe.delay_days"] == ""
    assert "losses.speed" not in written  # which is nothing, unless it is written


def test_a_default_counts_as_a_number_without_a_source(load: Any) -> None:
    found = {section.section: section for section in coverage(load())}
    assert found["arms"].default == (DELAY,)
    assert found["arms"].numbers == found["arms"].sourced + found["arms"].assumed + len(found["arms"].bare) + 1 == 4
    assert found["losses"].default == ("losses.stages", "losses.rounds")
    assert not {*found["losses"].default} & {*found["losses"].bare}


def test_to_write_a_default_changes_nothing(load: Any) -> None:
    before = load()
    assert changes(before, load(overrides=[f"{DELAY}=30"])) == []
    (change,) = changes(before, load(overrides=[f"{DELAY}=31"]))
    assert (change.path, change.before, change.after) == (DELAY, "30", "31")
