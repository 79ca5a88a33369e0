"""Comparative statics of votes at home, elections and plans of mediators, on paired luck.

Figures: `pytest -m ensembles -s tests/test_home.py`.
"""

from __future__ import annotations

import numpy as np
import pytest

from sim.engine.world import Setting
from sim.model import simulate
from sim.model.stakes import domain_of
from sim.scenario import ScenarioError
from tests.test_allies import Ran, once_each, ran, surely, told
from tests.test_bargaining_statics import Difference, paired

VOTERS = "parties.ukrainians.ratifies"
# So that each matters for itself.
NO_PLAN = "parties.mediators.mediates.per_year=0"
SURE = (f"{VOTERS}.sd=0", "parties.ukrainians.sd_per_year=0", "parties.ukrainians.rally_per_1000_km2=0")


@pytest.fixture(scope="module")
def run(load) -> Ran:
    return once_each(load, "ratification")


def share(run: Ran, field: str, before: tuple[str, ...], after: tuple[str, ...]) -> Difference:
    return paired(run(*before)[field], run(*after)[field])


@pytest.mark.ensembles
def test_a_vote_that_takes_longer_delays_deals_and_lets_some_lapse(run):
    soon, late = (NO_PLAN, f"{VOTERS}.days=14"), (NO_PLAN, f"{VOTERS}.days=180")
    both = (run(*soon)["deal_day"] >= 0) & (run(*late)["deal_day"] >= 0)
    later = paired(run(*soon)["deal_day"][both], run(*late)["deal_day"][both])
    fewer = share(run, "deal", soon, late)
    told("180 instead of 14 days until the vote", days_later=later, deals=fewer)
    assert later.mean > 100
    assert surely(fewer, -1)


@pytest.mark.ensembles
def test_a_higher_threshold_hardens_who_must_ratify(load, run):
    """Who needs more votes signs more rarely, and of what it signs more is what its voters do not object to."""
    few, half = ((NO_PLAN, *SURE, f"{VOTERS}.needs_share={share}") for share in (0.3, 0.5))
    domain = domain_of(load("ratification").world.negotiation)
    covered = domain.covered(
        {"territory": ["line_of_contact", "more_land", "four_regions"], "alignment": ["deferred", "neutral"]}
    )
    signed = {name: (run(*one)["deal_package"], run(*one)["deal"] > 0) for name, one in (("few", few), ("half", half))}
    objected, others = (
        paired(*((deal & (covered[package] == what)).astype(float) for package, deal in signed.values()))
        for what in (True, False)
    )
    told("half instead of three in ten of the votes", objected_to=objected, others=others)
    assert surely(objected, -1)
    assert surely(others, 1)


@pytest.mark.ensembles
def test_votes_stray_and_some_agreements_are_voted_down(run):
    sure, strays = (NO_PLAN, *SURE), (NO_PLAN, *SURE[1:], f"{VOTERS}.sd=0.15")
    lost = share(run, "votes_lost", sure, strays)
    told("votes that stray by .15", voted_down=lost)
    assert run(*sure)["votes_lost"].max() == 0, "where polls tell the vote, nothing that fails is agreed to"
    assert surely(lost, 1)


@pytest.mark.ensembles
def test_a_plan_brings_deals_where_talks_do_not(run):
    deals = share(run, "deal", (NO_PLAN,), ())
    opened = share(run, "talks_opened", (NO_PLAN,), ())
    told("plans of mediators", deals=deals, talks=opened)
    assert surely(deals, 1)


@pytest.mark.ensembles
def test_an_election_is_a_window(run):
    """A new leader, and talks that open more readily for half a year; shut, they open more rarely."""
    path = "negotiation.attacker.elections"
    at = "date: 2025-03-01, probability: {value: 1, assumption: true}, window_days: {value: 180, assumption: true}"
    closed, plain, wide = (
        (NO_PLAN, f"{path}={{spring: {{{at}, opens_factor: {{value: {factor}, assumption: true}}}}}}")
        for factor in (0, 1, 6)
    )
    days = {name: np.where(run(*one)["first_talks_day"] >= 0, run(*one)["first_talks_day"], 731.0)
            for name, one in (("closed", closed), ("plain", plain), ("wide", wide))}  # fmt: skip
    earlier, later = paired(days["plain"], days["wide"]), paired(days["plain"], days["closed"])
    told("first talks", window=earlier, shut=later, deals=share(run, "deal", plain, wide))
    assert surely(earlier, -1)
    assert surely(later, 1)


@pytest.mark.ensembles
def test_polls_that_object_to_nothing_only_delay(load, run):
    """With voters who are against nothing, and a word that is kept, what is agreed to is that without a vote."""
    nothing = ("negotiation.red_lines.line_and_neutrality.hard_share=0", "negotiation.red_lines.line_and_nato.hard_share=0")
    kept = (f"{VOTERS}.days=14", f"{VOTERS}.follows_will=0", "negotiation.talks.withdrawal_price=10")
    loose, base = run(NO_PLAN, *SURE, *nothing, *kept), ran(load("baseline"))
    assert loose["votes_lost"].max() == 0
    first = (base["deal_day"] >= 0) & (base["deal_day"] + 14 < 731)
    assert first.sum() > 200
    # Votes are held at the next review, and the package is the one agreed to; an army may collapse meanwhile.
    np.testing.assert_array_equal(loose["voted_on"][first & (loose["votes_held"] > 0)] >= 0, True)
    assert (loose["deal_day"][first] == base["deal_day"][first] + 14).mean() > 0.97
    assert (loose["deal_package"][first] == base["deal_package"][first]).mean() > 0.97


NO_OFFICE = tuple(
    f"negotiation.{side}.office.{name}" for side in ("attacker", "defender") for name in ("price=0", "falls_per_year=0")
)


# So much that it matters beside the terms, whose worth is between 0 and 1.
OFFICE = 1


def priced(side: str, safe_terms: float, *more: str) -> tuple[str, ...]:
    """Return settings under which the leader of one side alone has an office to lose."""
    office = f"negotiation.{side}.office"
    return (*NO_OFFICE, f"{office}.price={OFFICE}", f"{office}.safe_terms={safe_terms}", *more)


def at_first_review(load, *settings: str):
    """Return the state after the first review, before which nothing that a negotiation decides can have happened."""
    scenario = load("leaders_at_risk", *settings)
    return simulate(scenario, Setting(scenario.world.start_date, 14, 1, np.arange(200)))[0].fields


@pytest.mark.parametrize("side", ["attacker", "defender"])
def test_a_leader_whom_no_deal_saves_wants_more_and_one_whom_any_saves_wants_less(load, side):
    """By the value of fighting on, in every history; and the packages follow (Downs and Rocke 1994, Goemans 2000)."""
    row = ("attacker", "defender").index(side)
    weary, falls = f"support.{side}.support_per_weariness=5", f"negotiation.{side}.office.falls_per_year=3"
    none, lost, saved = (
        at_first_review(load, *settings, weary) for settings in (NO_OFFICE, priced(side, 2), priced(side, -1, falls))
    )
    assert (none.see("war_support")[row] < 1).all()
    value = [fields.see("value_of_fighting")[row] for fields in (none, lost, saved)]
    assert (value[1] < value[0]).all(), "it falls over what fighting brings too"
    # But later, and less surely: to sign is to fall at once.
    assert (lost.see("nearest_slack") <= none.see("nearest_slack")).all()
    assert (value[2] < value[0]).all()
    assert (saved.see("nearest_slack") >= none.see("nearest_slack")).all()
    # Where it is this side that refuses the nearest package.
    for other in (lost, saved):
        assert (other.see("nearest_slack") != none.see("nearest_slack")).mean() > 0.2


@pytest.mark.parametrize("side", ["attacker", "defender"])
def test_who_falls_whatever_comes_has_nothing_to_gamble_for_and_whom_victory_alone_saves_has(load, side):
    """Without discount, so that to fall later is no better than to fall at once."""
    row, patient = ("attacker", "defender").index(side), f"negotiation.{side}.discount_per_year=0"
    none, lost, gambles = (
        at_first_review(load, *settings, patient)
        for settings in (NO_OFFICE, priced(side, 2), priced(side, 0.9, f"negotiation.{side}.office.width=0.01"))
    )
    # With terms of at most 1, and so by ten widths too bad, it falls but for once in 20,000 cases.
    np.testing.assert_allclose(lost.see("nearest_slack"), none.see("nearest_slack"), atol=1e-3)
    value = [fields.see("value_of_fighting")[row] for fields in (none, lost, gambles)]
    np.testing.assert_allclose(value[1], value[0] - OFFICE, atol=1e-3)
    assert (value[2] > value[1]).all()
    less = none.see("nearest_slack") - gambles.see("nearest_slack")
    assert (less > -1e-9).mean() > 0.99
    assert (less > 0.001).mean() > 0.2


def test_an_office_without_price_that_is_never_lost_changes_nothing(load):
    numbers, played = np.arange(60), []
    never = (*NO_OFFICE, *(f"negotiation.{side}.office.safe_terms=-1" for side in ("attacker", "defender")))
    for name, settings in (("baseline", ()), ("leaders_at_risk", never)):
        scenario = load(name, *settings)
        fields = simulate(scenario, Setting(scenario.world.start_date, 500, 1, numbers))[0].fields
        played.append({field.name: fields.see(field.name).copy() for field in fields})
    assert played[0].keys() == played[1].keys()
    assert (played[0]["deal_day"] >= 0).any()
    for name, before in played[0].items():
        assert np.array_equal(before, played[1][name], equal_nan=before.dtype.kind == "f"), name


@pytest.mark.ensembles
def test_leaders_gamble_or_sign_before_defeat_takes_their_office(load):
    """Who would fall over any deal signs more rarely; who is safe under most, and not in defeat, no less than before.

    That is where truces last: where they soon break, the war that comes again may take what a deal has left safe. The
    attacker, who fights on for what it hopes to win, signs more often then: it has something to lose.
    """
    last = "ceasefire.early_hazard=0.5"
    none, none_last = (ran(load("leaders_at_risk", *NO_OFFICE, *more)) for more in ((), (last,)))
    for side in ("attacker", "defender"):
        gambles = paired(none["deal"], ran(load("leaders_at_risk", *priced(side, 0.9)))["deal"])
        safe = paired(none_last["deal"], ran(load("leaders_at_risk", *priced(side, 0.1), last))["deal"])
        told(f"an office worth {OFFICE} to the leader of the {side}", deals_if_none_is_safe=gambles, deals_if_most_are=safe)
        assert surely(gambles, -1)
        assert not surely(safe, -1)
        assert side == "defender" or surely(safe, 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("negotiation.red_lines.line_and_nato.ratified_by=ukranians",), "no party 'ukranians' ratifies"),
        (("negotiation.red_lines.line_and_nato.ratified_by=mediators",), "no party 'mediators' ratifies"),
        (("parties.ukrainians.side=attacker",), "'ukrainians' stands by the other side"),
        (("parties.ukrainians.side=null",), "who ratifies stands by a side"),
        (("parties.mediators.mediates.terms.territory=[line]",), "unknown option 'line'"),
    ],
)
def test_what_votes_and_plans_name_has_to_be_there(load, settings, message):
    with pytest.raises(ScenarioError, match=message):
        load("ratification", *settings)
