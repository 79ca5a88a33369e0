"""The ledger against the model itself: what it says would open a zone is tried, in the same histories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from sim.engine.recorder import Event
from sim.engine.world import Setting, World
from sim.ensemble.run import Plan, run_ensemble
from sim.model import WarScenario, simulate
from sim.model.answers import BLOCKS, NOTHING, OPENERS, REASONS, SEVERAL, STATES, TALKS, Opener, Questions, is_possible
from sim.model.parameters import SIDES
from sim.model.reviews import DAYS_BETWEEN_REVIEWS
from sim.model.talks import REVIEWS_BETWEEN_LEDGERS
from sim.results.ledger import entries
from sim.results.names import Names
from sim.scenario import Scenario, load_scenario

N = 300
FIRST_REVIEW = 13
Varied = Callable[..., Scenario[Any]]


@pytest.fixture(scope="module")
def baseline() -> Scenario[Any]:
    """Load the baseline where institutions matter, so that more guards, who come at once, can make a difference."""
    at_once = "ceasefire.regimes.european_zone.deploy_days=0"
    strong = ("ceasefire.institutions=1", "ceasefire.guards_effect=-3", "ceasefire.presence_share=0", at_once)
    return load_scenario("baseline", WarScenario, strong)


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
    # An army may collapse before its first review.
    assert N - 10 < len(reviews) <= N
    return Questions(baseline.world.negotiation), reviews


def zone_at(event: Event) -> bool:
    """Return whether the ledger says that there was a zone at a review."""
    return is_possible(STATES[int(event.values["state"])])


def zones(varied: Varied, *settings: str) -> np.ndarray:
    return first_review(varied(*settings, negotiation=True)).fields.see("nearest_slack") > 0


def held(said: tuple[Questions, list[Event]]) -> np.ndarray:
    """Return which histories had a review, (N,)."""
    return np.isin(np.arange(N), [event.replication for event in said[1]])


def opened_by(said: tuple[Questions, list[Event]], kind: str, what: str) -> np.ndarray:
    """Return the amount at which the ledger says that something opens a zone, (N,); NaN where it says no such thing."""
    questions, reviews = said
    amounts = np.full(N, np.nan)
    for event in reviews:
        if zone_at(event):
            continue
        codes = [int(code) for name, code in event.values.items() if name.startswith("opens_")]
        for opener in (questions.openers[code] for code in codes if code >= 0):
            if (opener.kind, opener.what) == (kind, what):
                amounts[event.replication] = opener.amount
    return amounts


def test_the_zone_is_where_the_ledger_says(said: tuple[Questions, list[Event]], varied: Varied) -> None:
    has_zone = np.array([zone_at(event) for event in said[1]])
    assert (zones(varied)[held(said)] == has_zone).all()
    assert 15 < has_zone.sum() < N - 15


def test_dropping_a_line_opens_a_zone_exactly_where_the_ledger_says(
    said: tuple[Questions, list[Event]], varied: Varied
) -> None:
    without = ~zones(varied) & held(said)
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
    without = ~zones(varied) & held(said)
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
    without = ~zones(varied) & held(said)
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
    for event in (event for event in said[1] if not zone_at(event)):
        codes = {code for name, code in event.values.items() if name.startswith("opens_")} - {-1.0}
        assert event.values["smallest"] in (codes or {-1.0})


def test_the_accounts_add_up_and_name_what_weighs_most(said: tuple[Questions, list[Event]]) -> None:
    weighed = 0
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
            against = ("home", "red_lines", "distrust")
            worth = value[f"package_{side}"] - sum(value[f"{term}_{side}"] for term in against)
            assert worth - fighting == pytest.approx(value[f"slack_{side}"], abs=1e-12)
        both = [value[f"slack_{side}"] for side in ("attacker", "defender")]
        heaviest = int(value["heaviest"])
        if zone_at(event):
            assert min(both) > 0
            assert heaviest == -1
        elif heaviest >= 0:
            side, reason = BLOCKS[heaviest].split(":")
            assert side == ("attacker" if both[0] <= both[1] else "defender")
            adds = {name: value[f"{name}_{side}"] for name in ("red_lines", "home", "resolve")}
            # Of hope only what is above 0 counts, and of fear what a side has not for the peace of fighting as well.
            more = reason in ("expectation", "distrust")
            assert more or adds[reason] == pytest.approx(max(adds.values()), abs=1e-12)
            assert more or adds[reason] >= value[f"expectation_{side}"]
            weighed += 1
    assert weighed > 50


def test_the_state_is_one_of_the_reasons_that_are_enough_alone(said: tuple[Questions, list[Event]]) -> None:
    met: set[str] = set()
    for event in said[1]:
        state = STATES[int(event.values["state"])]
        alone = {block for row, block in enumerate(BLOCKS) if event.values[f"alone_{row}"]}
        if is_possible(state):
            # Nothing can have begun before the first review.
            assert state.split(":")[1] in {"none_open", "attacker_ahead", "defender_ahead", "both_ahead"}
            assert not alone
        else:
            assert state in alone if alone else state == SEVERAL
        met |= {state}
    assert len(met) > 5


def test_the_ledger_says_how_talks_stand_where_a_deal_is_possible(varied: Varied) -> None:
    """Held to what the chronicle tells of the same histories: openings, offers, suspensions, failures and signatures."""
    settings = (
        "negotiation.rule=screening", "negotiation.talks.agree_per_year=20", "negotiation.talks.suspend_per_year=5",
    )  # fmt: skip
    scenario = varied(*settings, negotiation=True)
    numbers = np.arange(60)
    world, _ = simulate(scenario, Setting(scenario.world.start_date, 365, 5, numbers, watched=numbers.tolist()))
    by_day: dict[tuple[int, int], dict[str, Event]] = {}
    for event in world.recorder.events:
        by_day.setdefault((event.replication, event.day), {})[event.kind] = event
    met = {how for number in numbers for how in ways_of(number, by_day)}
    assert {"none_open", "attacker_ahead", "paused", "round", "refused", "suspended", "signed"} <= met


def test_where_talks_never_open_no_one_is_said_to_keep_them_from_it(varied: Varied) -> None:
    world = first_review(varied("negotiation.talks.open_per_year=0", negotiation=True), watched=True)
    states = [STATES[int(event.values["state"])] for event in world.recorder.events if event.kind == "review"]
    possible = [state for state in states if is_possible(state)]
    assert len(possible) > 15
    assert set(possible) == {"possible:none_open"}


def ways_of(number: int, by_day: dict[tuple[int, int], dict[str, Event]]) -> Iterator[str]:
    """Yield how talks stand at each review of a history, after it is held to the events of its days."""
    now, refused, failed = "none", False, False
    for day in sorted(day for history, day in by_day if history == number):
        told = by_day[number, day]
        if "review" not in told:
            continue
        if now == "opened":
            now, refused = "round", False
        now = "round" if "talks resume" in told else now
        refused |= "offer refused" in told
        now = "suspended" if "talks suspended" in told else now
        now = "none" if "talks fail" in told or "deal signed" in told else now
        failed |= "talks fail" in told
        code = int(told["review"].values["state"])
        state = STATES[code] if code >= 0 else "signed"
        assert (state == "signed") == ("deal signed" in told)
        if is_possible(state):
            how = state.split(":")[1]
            if now == "round":
                assert how == ("refused" if refused else "round")
            elif now == "suspended":
                assert how == "suspended"
            else:
                assert how not in ("round", "refused", "suspended")
                assert how != "paused" or failed
                assert how == "paused" or "talks fail" not in told
            yield how
        elif state == "signed":
            yield state
        now = "opened" if "talks open" in told else now


@pytest.mark.parametrize(
    ("optimism", "ahead"),
    [((0.9, 1.9), "both_ahead"), ((0.9, -0.9), "attacker_ahead"), ((-1.9, 1.9), "defender_ahead")],
)
def test_who_sees_itself_ahead_keeps_talks_from_opening(varied: Varied, optimism: tuple[float, float], ahead: str) -> None:
    """Told apart by what each side believes; where ripeness raises the rate, no talks have opened, that is all."""
    settings = [f"beliefs.{side}.optimism={share}" for side, share in zip(SIDES, optimism, strict=True)]
    # So hopeful, they agree only under pressure.
    settings += [f"negotiation.{side}.outside_pressure=0.5" for side in SIDES]
    scenario = varied("negotiation.ripeness=1", *settings, negotiation=True)
    world = first_review(scenario, watched=True)
    success, met = 0.5 + 0.5 * world.fields.see("momentum"), set()
    for event in (event for event in world.recorder.events if event.kind == "review" and zone_at(event)):
        mine, theirs = success[:, event.replication]
        how = STATES[int(event.values["state"])].split(":")[1]
        if how == "none_open":
            # The way out at most doubles the rate.
            assert 4.0 * (1.0 - mine) * (1.0 - theirs) > 0.5
        else:
            assert 4.0 * (1.0 - mine) * (1.0 - theirs) < 1.0
            assert how == {(True, True): "both_ahead", (True, False): "attacker_ahead"}.get(
                (mine > 0.5, theirs > 0.5), "defender_ahead"
            )
        met.add(how)
    assert ahead in met


def test_the_offers_are_what_one_signs_and_the_other_refuses_least(said: tuple[Questions, list[Event]]) -> None:
    """By brute force from the concession that it takes: the other side's shortfall at the offer is what it must concede."""
    for side, other in (("attacker", "defender"), ("defender", "attacker")):
        amounts = opened_by(said, "concession", other)
        for event in said[1]:
            if not zone_at(event) and not np.isnan(amounts[event.replication]):
                assert event.values[f"offer_{side}"] >= 0


def test_the_shares_of_the_states_add_to_one(load: Any) -> None:
    # Ceasefires that last, or else histories come back to war.
    baseline = load("baseline", "ceasefire.early_hazard=0", "ceasefire.later_hazard_per_year=0")
    ensemble = run_ensemble(baseline, Plan(200, 3, 200, batch=64))
    found = list(entries(ensemble))
    days = sorted({entry.day for entry in found})
    # The last day of the first, second ... span of so many reviews.
    span = DAYS_BETWEEN_REVIEWS * REVIEWS_BETWEEN_LEDGERS
    assert days == list(range(span - 1, 200, span))
    ended = ensemble.outcomes["ending_day"]
    for day in days:
        states = [entry for entry in found if (entry.day, entry.question) == (day, "state")]
        assert sum(entry.histories for entry in states) == states[0].of
        # An army may collapse on the very day of a review, which is then not held; and what is signed has a deal.
        at_war = int((~(ended <= day)).sum())
        assert at_war - int((ended == day + 1).sum()) <= states[0].of <= at_war
    one = run_ensemble(baseline, Plan(200, 3, 200, batch=200))
    assert list(entries(one)) == found


def test_all_that_the_ledger_can_say_has_words_and_is_read_as_it_was_written() -> None:
    scenario = load_scenario("allies", WarScenario)
    questions, names = Questions(scenario.world.negotiation, scenario.world.parties), Names(scenario)
    assert questions.names == Questions.NAMES
    assert questions.answers("withheld_by") == ["europe/european_zone", "europe/guaranteed_zone", NOTHING]
    told = [names.state(state) for state in STATES] + [names.reason(block) for block in BLOCKS]
    assert len(set(told)) == len(STATES) + len(BLOCKS) == len(TALKS) + 2 * 2 * len(REASONS) + 2
    assert not any("{" in text for text in told)
    assert {opener.kind for opener in questions.openers} == set(OPENERS)
    for opener in questions.openers:
        again = Opener.read(opener.code)
        assert again is not None
        assert (again.kind, again.what, again.code) == (opener.kind, opener.what, opener.code)
        assert again.amount == pytest.approx(opener.amount)
        assert "{" not in names.opener(again)
    assert Opener.read(NOTHING) is None


def test_without_guarantors_no_one_is_asked_who_withholds(baseline: Scenario[Any]) -> None:
    questions = Questions(baseline.world.negotiation, baseline.world.parties)
    assert set(Questions.NAMES) - {*questions.names} == {"withheld_by"}
    assert "consent" not in {opener.kind for opener in questions.openers}


def test_so_many_guards_open_a_zone_where_leaders_have_an_office_to_lose() -> None:
    """A deal that lasts longer makes what a leader pays once count for less, by package."""
    settings = (
        "ceasefire.institutions=1", "ceasefire.guards_effect=-3", "ceasefire.presence_share=0",
        "negotiation.defender.office.price=0.3",
        "negotiation.attacker.office.price=0.3", "negotiation.attacker.office.safe_terms=0.5",
        "negotiation.defender.office.safe_terms=0.4",
    )  # fmt: skip

    def load(*more: str) -> Scenario[Any]:
        return load_scenario("leaders_at_risk", WarScenario, (*settings, *more))

    scenario = load()
    world = first_review(scenario, watched=True)
    reviews = sorted((e for e in world.recorder.events if e.kind == "review"), key=lambda event: event.replication)
    asked = Questions(scenario.world.negotiation, scenario.world.parties), reviews
    without = ~(world.fields.see("nearest_slack") > 0) & held(asked)
    least, so_far = opened_by(asked, "guards", "european_zone"), np.zeros(N, dtype=np.bool_)
    now = next(r for r in scenario.world.ceasefire.regimes if r.id == "european_zone").guards.central
    for number in [step for step in asked[0].ladder if step > now][::2]:
        tried = first_review(load(f"ceasefire.regimes.european_zone.guards={number}"))
        opens = (tried.fields.see("nearest_slack") > 0) & without
        assert ((least <= number) == opens).all(), number
        so_far |= opens
    assert so_far.any()
