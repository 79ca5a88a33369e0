"""The ledger against the model itself: what it says would open a zone is tried, in the same histories."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.engine.recorder import Event
from sim.engine.world import Setting, World
from sim.ensemble.run import Plan, run_ensemble
from sim.model import simulate
from sim.model.ledger import NOTHING, OPENERS, REASONS, STATES, Opener, Questions, state_of
from sim.results.ledger import entries
from sim.results.names import Names
from sim.scenario import Scenario

N = 300
FIRST_REVIEW = 13
Varied = Callable[..., Scenario[Any]]


def first_review(scenario: Scenario[Any], watched: bool = False) -> World:
    """Run to the first review, before which nothing that a negotiation decides can have happened."""
    numbers = np.arange(N)
    setting = Setting(scenario.world.start_date, FIRST_REVIEW + 1, 5, numbers, watched=numbers.tolist() if watched else ())
    world, _ = simulate(scenario, setting)
    return world


@pytest.fixture(scope="module")
def said(baseline: Scenario[Any]) -> tuple[Questions, list[Event]]:
    """What the ledger says of each history at the first review, in their order."""
    world = first_review(baseline, watched=True)
    reviews = sorted((e for e in world.recorder.events if e.kind == "review"), key=lambda event: event.replication)
    assert len(reviews) == N
    return Questions(baseline.world.negotiation), reviews


def zones(varied: Varied, *settings: str) -> np.ndarray:
    return first_review(varied(*settings, negotiation=True)).fields.see("nearest_slack") > 0


def opened_by(said: tuple[Questions, list[Event]], kind: str, what: str) -> np.ndarray:
    """Return the amount at which the ledger says that something opens a zone, (N,); NaN where it says no such thing."""
    questions, reviews = said
    amounts = np.full(N, np.nan)
    for place, event in enumerate(reviews):
        if event.values["state"] == 0:
            continue
        codes = [int(code) for name, code in event.values.items() if name.startswith("opens_")]
        for opener in (questions.openers[code] for code in codes if code >= 0):
            if (opener.kind, opener.what) == (kind, what):
                amounts[place] = opener.amount
    return amounts


def test_the_zone_is_where_the_ledger_says(said: tuple[Questions, list[Event]], varied: Varied) -> None:
    has_zone = np.array([event.values["state"] == 0 for event in said[1]])
    assert (zones(varied) == has_zone).all()
    assert 0.05 < has_zone.mean() < 0.6


def test_dropping_a_line_opens_a_zone_exactly_where_the_ledger_says(
    said: tuple[Questions, list[Event]], varied: Varied
) -> None:
    without = ~zones(varied)
    told = 0
    for line in said[0].lines:
        path = f"negotiation.red_lines.{line}"
        opens = zones(varied, f"{path}.hard_share=0", f"{path}.price=0") & without
        expected = ~np.isnan(opened_by(said, "drop", line))
        assert (opens == expected).all(), line
        told += int(expected.sum())
    assert told > 50


@pytest.mark.parametrize("regime", ["european_zone", "guaranteed_zone"])
def test_so_many_guards_open_a_zone_and_one_step_less_does_not(
    said: tuple[Questions, list[Event]], varied: Varied, baseline: Scenario[Any], regime: str
) -> None:
    without = ~zones(varied)
    least = opened_by(said, "guards", regime)
    path = f"ceasefire.regimes.{regime}.guards"
    now = next(r for r in baseline.world.ceasefire.regimes if r.id == regime).guards.central
    so_far = np.zeros(N, dtype=np.bool_)
    for number in (step for step in said[0].ladder if step > now):
        opens = zones(varied, f"{path}={number}") & without
        assert ((least == number) == (opens & ~so_far)).all(), number
        so_far |= opens
    assert (so_far == ~np.isnan(least)).all()
    if regime == "european_zone":
        assert so_far.any()


@pytest.mark.parametrize("side", ["attacker", "defender"])
def test_a_concession_opens_a_zone_and_one_step_less_does_not(
    said: tuple[Questions, list[Event]], varied: Varied, side: str
) -> None:
    """Pressure of the same size from outside does what the concession would."""
    without = ~zones(varied)
    least = opened_by(said, "concession", side)
    so_far = np.zeros(N, dtype=np.bool_)
    for steps in range(1, 13):
        amount = steps * said[0].step
        opens = zones(varied, f"negotiation.{side}.outside_pressure={amount}") & without
        assert (opens >= so_far).all(), "more pressure never closes a zone"
        assert ((least <= amount + 1e-9) == opens).all(), amount
        so_far = opens
    assert so_far.sum() > 30


def test_the_smallest_is_one_of_those_that_open(said: tuple[Questions, list[Event]]) -> None:
    for event in (event for event in said[1] if event.values["state"]):
        codes = {code for name, code in event.values.items() if name.startswith("opens_")} - {-1.0}
        assert event.values["smallest"] in (codes or {-1.0})


def test_the_accounts_add_up_and_name_the_largest_term(said: tuple[Questions, list[Event]]) -> None:
    terms = ("red_lines", "expectation", "resolve", "distrust", "cost")
    for event in said[1]:
        value: Any = event.values
        for side in ("attacker", "defender"):
            fighting = (
                value[f"terms_today_{side}"]
                + value[f"expectation_{side}"]
                + value[f"resolve_{side}"]
                - value[f"cost_{side}"]
            )
            assert fighting == pytest.approx(value[f"fighting_on_{side}"], abs=1e-12)
            worth = value[f"package_{side}"] - value[f"red_lines_{side}"] - value[f"distrust_{side}"]
            assert worth - fighting == pytest.approx(value[f"slack_{side}"], abs=1e-12)
        state = said[0].states[int(value["state"])]
        both = [value[f"slack_{side}"] for side in ("attacker", "defender")]
        if state == "zone":
            assert min(both) > 0
            continue
        side, _, reason = state.partition(":")
        refusing = "attacker" if both[0] <= both[1] else "defender"
        line = int(value["line"])
        if reason == "red_line" and line == value["smallest"]:
            continue  # a hard line whose end is the smallest opener comes first; that it opens is tried above
        assert side == refusing
        against = [value[f"{term}_{side}"] for term in terms]
        assert reason == list(REASONS)[int(np.argmax(against))]


def test_the_offers_are_what_one_signs_and_the_other_refuses_least(said: tuple[Questions, list[Event]]) -> None:
    """By brute force from the concession that it takes: the other side's shortfall at the offer is what it must concede."""
    for side, other in (("attacker", "defender"), ("defender", "attacker")):
        amounts = opened_by(said, "concession", other)
        for event, amount in zip(said[1], amounts, strict=True):
            if event.values["state"] and not np.isnan(amount):
                assert event.values[f"offer_{side}"] >= 0


def test_the_shares_of_the_states_add_to_one(load: Any) -> None:
    # Ceasefires that last, or else histories come back to war.
    baseline = load("baseline", "ceasefire.first_year_hazard=0")
    ensemble = run_ensemble(baseline, Plan(200, 3, 200, batch=64))
    found = list(entries(ensemble))
    days = sorted({entry.day for entry in found})
    assert days == [27, 55, 83, 111, 139, 167, 195]
    ended = ensemble.outcomes["ending_day"]
    for day in days:
        states = [entry for entry in found if (entry.day, entry.question) == (day, "state")]
        assert sum(entry.histories for entry in states) == states[0].of
        # An army may collapse on the very day of a review, which is then not held.
        at_war = int((~(ended <= day)).sum())
        assert at_war - int((ended == day + 1).sum()) <= states[0].of <= at_war
    one = run_ensemble(baseline, Plan(200, 3, 200, batch=200))
    assert list(entries(one)) == found


def test_a_reason_has_its_place_among_the_states_and_its_term(said: tuple[Questions, list[Event]]) -> None:
    for place, (name, reason) in enumerate(REASONS.items()):
        found = [STATES[code] for code in state_of(place, np.array([0, 1]))]
        assert found == [f"attacker:{name}", f"defender:{name}"]
        assert {f"{reason.term}_attacker", f"{reason.term}_defender"} <= said[1][0].values.keys()
    assert len(STATES) == 1 + 2 * len(REASONS)


def test_all_that_the_ledger_can_say_has_words_and_is_read_as_it_was_written(baseline: Scenario[Any]) -> None:
    questions, names = Questions(baseline.world.negotiation), Names(baseline)
    assert len({names.state(state) for state in questions.states}) == len(STATES)
    assert {opener.kind for opener in questions.openers} == set(OPENERS)
    for opener in questions.openers:
        again = Opener.read(opener.code)
        assert again is not None
        assert (again.kind, again.what, again.code) == (opener.kind, opener.what, opener.code)
        assert again.amount == pytest.approx(opener.amount)
        assert "{" not in names.opener(again)
    assert Opener.read(NOTHING) is None
