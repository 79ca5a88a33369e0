"""Parties beside the two sides: what guarantors keep from being signed, and what the guards that no one sends do."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sim.engine.world import Setting
from sim.model import WarScenario, simulate
from sim.model.answers import STATES, WITHHELD, Questions
from sim.scenario import load_scenario

# Where guards are wanted, and those who would send them are not willing.
WANTED = (
    "negotiation.red_lines.no_western_troops.hard_share=0",
    "negotiation.red_lines.no_western_troops.price=0",
    "negotiation.attacker.foreign_troops_price=0",
    "negotiation.defender.renewed_war_loss=0.5",
    "ceasefire.institutions=0.8",
    "parties.europe.guarantees.needs_will=1",
)


def played(load, *settings: str, days: int = 200, n: int = 40):
    scenario, numbers = load("allies", *settings), np.arange(n)
    return simulate(scenario, Setting(scenario.world.start_date, days, 1, numbers, watched=numbers.tolist()))[0]


def test_a_package_that_both_would_sign_is_told_with_what_the_guarantor_lacks(load):
    world = played(load, *WANTED)
    told = [event for event in world.recorder.events if event.kind == "deal withheld"]
    assert told
    assert {event.values["party"] for event in told} == {"Europe"}
    assert all(event.values["short"] > 0 for event in told)
    withheld = [(event.day, event.replication) for event in told]
    states = {
        (event.day, event.replication): STATES[int(event.values["state"])]
        for event in world.recorder.events
        if event.kind == "review"
    }
    assert {states[one] for one in withheld} == {WITHHELD}


TWO = """
title: A zone that two must consent to
extends: allies
description: Both sides want guards, whom the Europeans and others would send, if they consent.
parties:
  others:
    name: others
    side: defender
    will: {value: 0.5, assumption: true}
    sd_per_year: {value: 0.3, assumption: true}
    guarantees:
      regimes: [european_zone]
      pool_persons: {value: 90_000, assumption: true}
      benefit: {dist: uniform, low: 0, high: 0.5, assumption: true}
      price_per_10k_guards: {value: 0.03, assumption: true}
      entanglement: {value: 0.2, assumption: true}
      needs_will: {value: 0.6, assumption: true}
      acts_at_will: {value: 0.5, assumption: true}
"""


def test_less_will_needed_opens_a_zone_exactly_where_the_ledger_says(tmp_path):
    """Of two who could withhold, alone and together: what the ledger says that one lacks is tried, a step at a time."""
    path, numbers = tmp_path / "two.yaml", np.arange(200)
    path.write_text(TWO)
    # Its own backstop counts for its word alone, or the other's will would too.
    fixed = (
        *WANTED[:-1],
        "parties.europe.guarantees.without_backstop=1",
        "negotiation.red_lines.no_neutrality.hard_share=0",
        "negotiation.defender.renewed_war_loss=2",
    )

    def first_review(**needs: float):
        settings = [f"parties.{name}.guarantees.needs_will={value!r}" for name, value in needs.items()]
        scenario = load_scenario(path, WarScenario, (*fixed, *settings))
        return scenario, simulate(scenario, Setting(scenario.world.start_date, 14, 1, numbers, watched=numbers.tolist()))[0]

    asked = {"europe": 0.54, "others": 0.5}
    scenario, world = first_review(**asked)
    questions = Questions(scenario.world.negotiation, scenario.world.parties)
    reviews = [event for event in world.recorder.events if event.kind == "review"]
    met = np.isin(numbers, [event.replication for event in reviews]) & ~(world.fields.see("nearest_slack") > 0)
    for name in asked:
        said = np.full(len(numbers), np.inf)
        for event in reviews:
            codes = [int(code) for key, code in event.values.items() if key.startswith("opens_") and code >= 0]
            for opener in (questions.openers[code] for code in codes):
                if opener.kind == "consent" and opener.what.partition("/")[0] == name:
                    said[event.replication] = min(said[event.replication], opener.amount)
        opened = np.zeros(len(numbers), dtype=bool)
        for amount in (0.02, 0.06, questions.step * questions.steps):
            other = first_review(**asked | {name: asked[name] - amount})[1]
            opened = (other.fields.see("nearest_slack") > 0) & met
            assert ((said <= amount + 1e-9) == opened).all(), (name, amount)
        assert 5 < opened.sum() < met.sum(), "for some it opens one, where the other consents"


def test_more_guards_open_a_zone_only_where_who_sends_them_consents(load):
    """What the ledger says of guards is tried: some would help whom no one would send."""
    numbers = np.arange(200)
    fixed = (
        "ceasefire.institutions=1",
        "ceasefire.guards_effect=-3",
        "ceasefire.presence_share=0",
        "negotiation.red_lines.no_neutrality.hard_share=0",
        "negotiation.defender.renewed_war_loss=1",
        "parties.europe.guarantees.pool_persons=400_000",
        "parties.europe.guarantees.entanglement=0",
        "parties.europe.guarantees.needs_will=0",
    )

    def first_review(price: float, *settings: str):
        scenario = load("allies", *fixed, f"parties.europe.guarantees.price_per_10k_guards={price}", *settings)
        return scenario, simulate(scenario, Setting(scenario.world.start_date, 14, 1, numbers, watched=numbers.tolist()))[0]

    helped = {}
    for price in (0, 0.12):
        scenario, world = first_review(price)
        questions = Questions(scenario.world.negotiation, scenario.world.parties)
        fewest = np.full(len(numbers), np.inf)
        reviews = [event for event in world.recorder.events if event.kind == "review"]
        for event in reviews:
            codes = [int(code) for key, code in event.values.items() if key.startswith("opens_") and code >= 0]
            for opener in (questions.openers[code] for code in codes):
                if opener.kind == "guards" and opener.what == "european_zone":
                    fewest[event.replication] = opener.amount
        met = np.isin(numbers, [event.replication for event in reviews]) & ~(world.fields.see("nearest_slack") > 0)
        for guards in (45_000, 100_000):
            _, other = first_review(price, f"ceasefire.regimes.european_zone.guards={guards}")
            opened = (other.fields.see("nearest_slack") > 0) & met
            # More than are needed may be more than are consented to.
            assert not (opened & (fewest > guards)).any()
            assert opened[fewest == guards].all()
        helped[price] = np.isfinite(fewest)
    assert (helped[0] & ~helped[0.12]).sum() >= 3
    assert helped[0.12].any()


def test_no_one_to_send_means_no_guards(load):
    nobody = played(load, *WANTED[:-1], "parties.europe.guarantees.needs_will=0", "parties.europe.guarantees.pool_persons=0")
    assert (nobody.fields.see("guards_in_place") == 0).all()
    assert (nobody.fields.see("supply") == 0).all()
    assert np.isfinite(nobody.fields.see("consent_margin")).all()


def test_guarantors_who_never_consent_sign_nothing(load):
    world = played(load, *WANTED, days=400)
    assert (world.fields.see("consents") == 0).all()
    package = world.fields.see("deal_package")[world.fields.see("deal_package") >= 0]
    assert len(package)
    assert (world.fields.see("guards_in_place") == 0).all()


KOREA = Path(__file__).with_name("others_decide.yaml")


def test_sixty_lines_add_a_party_of_each_kind_to_another_war(load):
    """A backer that tires and changes its mind, guarantors, a vote and a plan, in the Korean War."""
    assert len(KOREA.read_text().splitlines()) <= 60
    scenario, numbers = load_scenario(KOREA, WarScenario), np.arange(60)
    world = simulate(scenario, Setting(scenario.world.start_date, 900, 1, numbers, watched=numbers.tolist()))[0]
    told = {event.kind for event in world.recorder.events}
    assert told >= {"party election", "consents", "refuses consent", "deal agreed", "deal ratified", "plan refused"}
    pledges = world.fields.see("pledge_factor")
    assert (pledges[0] < 1).all(), "it tires, and its new leaders care less"
    assert world.fields.see("votes_held").sum() > 0
    assert world.fields.see("plans_put").sum() > 0
