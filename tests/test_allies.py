"""Comparative statics of those who decide beside the two sides, on paired luck.

Figures: `pytest -m ensembles -s tests/test_allies.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.engine.world import Setting
from sim.model import simulate
from sim.model.stakes import domain_of
from sim.scenario import Scenario, ScenarioError
from tests.test_bargaining_statics import Difference, paired

pytestmark = pytest.mark.ensembles

N, DAYS, SEED = 800, 731, 3
EUROPE, STATES = "parties.europe", "parties.united_states"
# Where guards are wanted and no one refuses them: else hardly a history has any.
WANTED = (
    "negotiation.red_lines.no_western_troops.hard_share=0",
    "negotiation.red_lines.no_western_troops.price=0",
    "negotiation.red_lines.no_guarantee.hard_share=0",
    "negotiation.red_lines.no_guarantee.price=0",
    "negotiation.attacker.foreign_troops_price=0",
    "negotiation.defender.renewed_war_loss=0.5",
    "ceasefire.institutions=0.8",
)
Ran = Callable[..., dict[str, Any]]


def ran(scenario: Scenario[Any]) -> dict[str, Any]:
    """Run a scenario; return its fields at the end, with what was signed first."""
    numbers = np.arange(N, dtype=np.int64)
    world, _ = simulate(scenario, Setting(scenario.world.start_date, DAYS, SEED, numbers, landmarks=(91, 182, 365, DAYS)))
    end: dict[str, Any] = dict(world.recorder.snapshots[DAYS])
    end["snapshots"] = world.recorder.snapshots
    domain = domain_of(scenario.world.negotiation)
    package = end["deal_package"]
    security = domain.choice[:, domain.issues.index("security")][package]
    names = [option.id for option in scenario.world.negotiation.issues[0].options]
    for place, name in enumerate(names):
        end[name] = ((package >= 0) & (security == place)).astype(np.float64)
    end["deal"] = (package >= 0).astype(np.float64)
    end["guarded"] = end["european_zone"] + end["guaranteed_zone"]
    end["unguarded"] = end["deal"] - end["guarded"]
    end["broke"] = np.where(end["ceasefires"] > 0, end["collapse_cause"] >= 0, np.nan)
    return end


def once_each(load: Callable[..., Scenario[Any]], name: str) -> Ran:
    """Return what runs a scenario with settings, once for each set of them."""
    known: dict[tuple[str, ...], dict[str, Any]] = {}

    def run(*settings: str) -> dict[str, Any]:
        if settings not in known:
            known[settings] = ran(load(name, *settings))
        return known[settings]

    return run


@pytest.fixture(scope="module")
def run(load) -> Ran:
    return once_each(load, "allies")


def told(what: str, **differences: Difference) -> None:
    print(f"{what}: {', '.join(f'{name} {one}' for name, one in differences.items())}")


def surely(one: Difference, sign: int) -> bool:
    """Return whether a difference has a sign by more than two standard errors."""
    return sign * one.mean > 2 * one.se


def change(run: Ran, field: str, row: Any, before: tuple[str, ...], after: tuple[str, ...], day: int = DAYS) -> Difference:
    """Return how much a field changes, at a day, from one set of settings to another."""
    left, right = (run(*settings)["snapshots"][day][field] for settings in (before, after))
    return paired(left if row is None else left[row], right if row is None else right[row])


# Backers: rows of parties are the United States, then Europe.


def test_ground_lost_raises_pledges_after_months(run):
    calm, rally = (f"{EUROPE}.rally_per_1000_km2=0",), (f"{EUROPE}.rally_per_1000_km2=0.05",)
    early, late = (change(run, "pledge_factor", 1, calm, rally, day) for day in (91, 365))
    told("rally of .05 per 1,000 km2: pledges", after_3_months=early, after_12_months=late)
    assert surely(early, 1)
    assert late.mean > 2 * early.mean
    # And so does a quicker enemy, where others rally.
    quick = (*rally, "front.advance_km2_per_day=35", "front.advance_settled_km2_per_day=30")
    faster = change(run, "pledge_factor", 1, rally, quick, 365)
    told("an enemy twice as quick: pledges", after_12_months=faster)
    assert surely(faster, 1)


def test_success_lowers_pledges(run):
    rally = (f"{EUROPE}.rally_per_1000_km2=0.05",)
    turned = (*rally, "front.advance_km2_per_day=-20", "front.advance_settled_km2_per_day=-15")
    success = change(run, "pledge_factor", 1, rally, turned, 365)
    told("the enemy is driven back: pledges", after_12_months=success)
    assert surely(success, -1)


def test_fatigue_and_fear_lower_pledges(run):
    for knob, most in (("backs.fatigue", 0.6), ("fear_of_escalation", 0.4)):
        less = change(run, "pledged_beur", 1, (f"{EUROPE}.{knob}=0",), (f"{EUROPE}.{knob}={most}",))
        told(f"{knob} of {most} instead of 0: bn EUR pledged", europe=less)
        assert surely(less, -1)


def test_a_substitute_steps_in_where_another_stops_for_good(run):
    stops = ("arms.halts.us_pause.probability=1", "arms.halts.us_pause.cut_share=1", "arms.halts.us_pause.for_good_share=1")
    alone, others = (f"{EUROPE}.backs.steps_in_share=0", *stops), (f"{EUROPE}.backs.steps_in_share=0.5", *stops)
    more, total = (change(run, "pledged_beur", row, alone, others) for row in (1, 0))
    end = run(*others)
    told("half is made up: bn EUR pledged", europe=more, united_states=total)
    # Not quite 0: where the war ends on another day, so do pledges from before the stop.
    assert surely(more, 1)
    assert abs(total.mean) < 0.01
    # Halts begin in war only.
    always = (end["at_war"] > 0) & (end["ceasefires"] == 0)
    assert (end["pledge_rate"][0, always] == 0).all(), "who stops for good never pledges again"
    missing = change(run, "pledged_beur", 0, (), stops)
    assert surely(missing, -1)


def test_where_a_stop_for_good_is_likely_it_is_a_branch_of_weight_and_others_pledge_more(load):
    """What all pledge over 24 months, and in the branch; others make up for a part, on the same luck."""
    numbers = np.arange(N, dtype=np.int64)
    given, branch = {}, np.zeros(N, dtype=np.bool_)
    for name in ("allies", "us_stops_for_good"):
        scenario = load(name)
        watched = numbers.tolist() if name != "allies" else []
        setting = Setting(scenario.world.start_date, DAYS, SEED, numbers, landmarks=(DAYS,), watched=watched)
        world, _ = simulate(scenario, setting)
        given[name] = world.recorder.snapshots[DAYS]["pledged_beur"]
        stopped = [event.replication for event in world.recorder.events if event.kind == "halt for good"]
        branch[stopped] = True
    assert branch.mean() >= 0.3
    for who, row in (("the United States", 0), ("Europe and others", 1), ("both", slice(2))):
        pledged = given["us_stops_for_good"][row].reshape(-1, N).sum(axis=0)
        for where, mine in (("all", np.ones(N, dtype=np.bool_)), ("stopped for good", branch)):
            low, high = np.quantile(pledged[mine], (0.05, 0.95))
            print(f"{who}, {where} ({mine.mean():.2f}): {pledged[mine].mean():.1f} bn EUR ({low:.1f} .. {high:.1f})")
    less, more = (paired(*(one[row, branch] for one in given.values())) for row in (0, 1))
    told("in the branch, against allies", united_states=less, europe=more)
    assert surely(less, -1)
    assert surely(more, 1)


def test_arms_that_hang_on_refusals_make_who_would_refuse_concede(run):
    plain = (f"{STATES}.backs.if_enemy_refuses=1", f"{STATES}.backs.if_receiver_refuses=1")
    enemy = (f"{STATES}.backs.if_enemy_refuses=4", plain[1])
    own = (plain[0], f"{STATES}.backs.if_receiver_refuses=0")
    for what, settings, side in (("enemy refuses", enemy, 0), ("receiver refuses", own, 1)):
        worth = change(run, "value_of_fighting", side, plain, settings, 91)
        deals, first = (
            paired(run(*plain)["deal"], run(*settings)["deal"]),
            change(run, "first_talks_day", None, plain, settings),
        )
        slack = paired(*(np.maximum(run(*one)["snapshots"][91]["nearest_slack"], -1) for one in (plain, settings)))
        told(f"if {what}", value_of_fighting=worth, deals=deals, nearest_slack=slack, first_talks_day=first)
        assert surely(worth, -1), "fighting on is worth less to who would be to blame"
        assert deals.mean > -2 * deals.se
        assert surely(slack, 1)


# Guarantors


def test_without_the_will_of_guarantors_guarded_deals_are_rarer_and_others_commoner(run):
    willing, not_willing = (*WANTED, f"{EUROPE}.guarantees.needs_will=0"), (*WANTED, f"{EUROPE}.guarantees.needs_will=1")
    assert run(*willing)["guarded"].mean() > 0.05, "else there is nothing to lose"
    guarded, other = (paired(run(*willing)[name], run(*not_willing)[name]) for name in ("guarded", "unguarded"))
    told("guarantors do not consent", guarded_deals=guarded, other_deals=other)
    assert surely(guarded, -1)
    assert surely(other, 1)


def test_a_tripwire_makes_guarded_ceasefires_last_and_the_attacker_refuse(run):
    # Where war that begins again promises the attacker something.
    willing = (*WANTED, f"{EUROPE}.guarantees.needs_will=0", "negotiation.attacker.renewed_war_loss=-0.3")
    # Most truces should not be over before they are reviewed.
    willing += ("ceasefire.early_hazard=0.5",)
    none, wire = (*willing, f"{EUROPE}.guarantees.tripwire=0"), (*willing, f"{EUROPE}.guarantees.tripwire=0.2")
    guarded = paired(run(*none)["guarded"], run(*wire)["guarded"])
    same = (run(*none)["guarded"] > 0) & (run(*none)["deal_package"] == run(*wire)["deal_package"])
    same &= run(*none)["deal_day"] == run(*wire)["deal_day"]
    assert same.sum() > 20
    hazard = paired(run(*none)["cumulated_hazard"][same], run(*wire)["cumulated_hazard"][same])
    told("tripwire of .2", guarded_deals=guarded, hazard_of_the_same_deals=hazard)
    assert surely(guarded, -1)
    assert surely(hazard, -1)


def test_guards_whose_word_counts_nothing_do_nothing(run):
    # Who would never act adds nothing to what a zone without guards does, unless to be there counts for itself.
    void = (
        *WANTED,
        "ceasefire.presence_share=0",
        f"{EUROPE}.guarantees.needs_will=0",
        f"{EUROPE}.guarantees.acts_at_will=2",
        f"{EUROPE}.guarantees.acts_width=0.01",
    )
    sent = (*void, "ceasefire.regimes.european_zone.guards=0")
    for field in ("deal_package", "cumulated_hazard", "ending"):
        same = run(*void)[field] == run(*sent)[field]
        assert same.all(), field


def test_a_backstop_adds_to_the_word_of_guarantors(run):
    willing = (*WANTED, f"{EUROPE}.guarantees.needs_will=0.45")
    whole, less = (
        (*willing, f"{EUROPE}.guarantees.without_backstop=1"),
        (*willing, f"{EUROPE}.guarantees.without_backstop=0.2"),
    )
    word, guarded = change(run, "word", 0, whole, less), paired(run(*whole)["guarded"], run(*less)["guarded"])
    told("without a backstop", word=word, guarded_deals=guarded)
    assert surely(word, -1)
    assert guarded.mean < 2 * guarded.se


# Escalation


def test_more_arms_more_escalations_and_a_hump(run):
    wide = (
        "escalation.attacker.wider_war_share=0.1",
        "escalation.attacker.aid_effect=1",
        "negotiation.talks.open_per_year=0",
    )
    scales = (0, 1, 2, 4, 8)
    ends = [run(*wide, f"arms.defender.aid_scale={scale}") for scale in scales]
    rates = [end["escalations"][0].mean() for end in ends]
    # What the defender would call a good end: its army stands, it has lost little, and the war is its own.
    good = [((end["decided"] != 2) & (end["widened"] == 0) & (end["held_area"] < 116_500)).mean() for end in ends]
    print("aid x", scales, "escalations", np.round(rates, 2).tolist(), "good ends", np.round(good, 3).tolist())
    assert all(more > less for less, more in itertools.pairwise(rates))
    assert max(good[1:-1]) > max(good[0], good[-1]), "help is worth having up to a point"


def test_membership_for_all_provokes_more_than_for_a_part_and_that_more_than_later(load, run):
    rates = []
    for closed in ((), ("nato_path",), ("nato_path", "nato_held")):
        # What lapsed before the start is not on the table.
        settings = tuple(f"negotiation.issues.alignment.options.{name}.until=2024-12-04" for name in closed)
        rates.append(run(*settings)["snapshots"][182]["escalation_rate"][0])
    part, later = paired(rates[0], rates[1]), paired(rates[1], rates[2])
    told("rate of escalation", only_for_a_part=part, only_later=later)
    assert surely(part, -1)
    assert surely(later, -1)


def test_the_danger_makes_fighting_on_dearer(run):
    free = tuple(f"escalation.attacker.{name}=0" for name in ("price", "price_to_enemy"))
    dear = tuple(f"escalation.attacker.{name}=0.05" for name in ("price", "price_to_enemy"))
    for side in range(2):
        worth = change(run, "value_of_fighting", side, free, dear, 91)
        told(f"price of .05 an escalation, side {side}", value_of_fighting=worth)
        assert surely(worth, -1)


# What is refused


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ((f"{EUROPE}.backs.backer=europa",), "unknown backer 'europa'"),
        ((f"{EUROPE}.side=attacker",), "'europe' backs the defender, but its party stands by the attacker"),
        ((f"{STATES}.backs.backer=europe",), "'europe' is the backer of 'united_states' already"),
        ((f"{EUROPE}.guarantees.regimes=[zone]",), "unknown regime 'zone'"),
        ((f"{EUROPE}.guarantees.backstop=us",), "unknown party 'us'"),
        ((f"{EUROPE}.guarantees.backstop=europe",), "no party is its own backstop"),
        (("negotiation.rule=nash",), "no side makes an offer that the other could refuse"),
        (("escalation.attacker.provocations.membership.terms.alignment=[nato]",), "unknown option 'nato'"),
    ],
)
def test_what_parties_name_has_to_be_there(load, settings, message):
    with pytest.raises(ScenarioError, match=message):
        load("allies", *settings)
