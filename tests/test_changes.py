"""What differs between two scenarios is told in verbs, each kind of thing in its own, without a path or an id."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from sim.catalogue import shipped
from sim.model import WarScenario
from sim.scenario import Scenario, load_scenario
from sim.scenario.describe import changes
from sim.words.changes import in_verbs

NOT_WORDS = re.compile(r"\b[a-z][a-z0-9]*(_[a-z0-9]+)+\b|\b[a-z_]{2,}\.[a-z_]{2,}\b")


@cache
def loaded(name: str, *settings: str) -> Scenario[Any]:
    return load_scenario(name, WarScenario, list(settings))


def told(before: Scenario[Any], after: Scenario[Any]) -> list[str]:
    return [in_verbs(one, before, after) for one in changes(before, after)]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("european_zone", "The option 'bare truce' of 'Security' is no longer on the table"),
        ("european_zone", "Russia's red line 'no guarantee by NATO members' is dropped"),
        ("more_arms", "Scale of aid to Ukraine: 1 becomes 2 (factor)"),
        ("square_law", "Law of attrition: mixed becomes square"),
        ("lower_draft_age", "Ukrainian lower draft age: date is set to 2025-03-01"),
        ("lower_draft_age", "Ukrainian lower…: force that calls it is left out (was 0.75)"),
        (
            "aid_early",
            "The package 'large package' is added: backer United States, date 2024-12-04, size of the package 23 bn EUR, "
            "chance of the package 1",
        ),
        (
            "guarantees_without_troops",
            "The option 'a guarantee without troops' of 'Security' is put on the table: regime guarantee, "
            "value to Russia 0.2 utility, value to Ukraine 0.7 utility",
        ),
        (
            "outside_pressure",
            "The event 'outside pressure' is added: on 2025-06-01, at war, for 180 days: pressure on Russia plus 0.03, "
            "pressure on Ukraine plus 0.03",
        ),
        (
            "escalation",
            "The event 'escalation' is added: every 12 months on average, at war, at most 3 times, for 60 days: scale "
            "of all casualties times 1.3, Russia's cost of war a year times 1.3, Ukraine's cost of war a year times 1.3, "
            "rate at which talks open times 0.2, rate at which talks fail times 6",
        ),
    ],
)
def test_each_kind_of_change_has_its_verb(name: str, sentence: str) -> None:
    assert sentence in told(loaded("baseline"), loaded(name))


def test_what_comes_one_way_goes_the_other() -> None:
    base = loaded("baseline")
    assert told(loaded("escalation"), base) == ["The event 'escalation' no longer happens"]
    back = "\n".join(told(loaded("european_zone"), base))
    assert "The option 'bare truce' of 'Security' is put on the table: regime bare truce" in back
    assert "Russia's red line 'no guarantee by NATO members' is drawn: terms of security" in back
    assert told(base, base) == []


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (
            "{when: {quantity: fire.defender, below: 0.15}, effect: {arms.defender.aid_scale: {set: 3}}}",
            "when Ukraine's fire is below 0.15, once, for good: scale of aid to Ukraine becomes 3",
        ),
        (
            "{when: {hazard_per_year: {dist: uniform, low: 1, high: 2}}, probability: 0.5, "
            "effect: {front.advance_sd_km2_per_day: {add: 2, for_days: 9}}}",
            "at random, uniform(low 1, high 2) times a year, once, with a chance of 0.5, for 9 days: noise of the "
            "pace plus 2",
        ),
    ],
)
def test_events_say_when_they_come_and_for_how_long(event: str, sentence: str) -> None:
    (line,) = told(loaded("baseline"), loaded("baseline", f"events={{mine: {event}}}"))
    assert line == f"The event 'mine' is added: {sentence}"


@pytest.mark.parametrize(("first", "second"), [*pairwise(shipped())])
def test_no_path_and_no_id_is_told(first: str, second: str) -> None:
    for line in told(loaded(first), loaded(second)):
        assert not NOT_WORDS.search(line), line


def test_values_are_told_by_name_only_where_they_name_something() -> None:
    base = loaded("baseline")
    (line,) = told(base, loaded("baseline", "front.mud_months=[]"))
    assert line == "Mud months of front: 3, 4 becomes none"
    # But an option may have the same id as a word.
    (line,) = told(base, loaded("baseline", "negotiation.red_lines.recognised_borders.terms.recognition=[none]"))
    assert line == "Recognised borders: terms of recognition: recognition in law becomes no recognition"
