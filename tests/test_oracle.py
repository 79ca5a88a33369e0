"""The model and the plain reference, written from its description, give the same histories from the same draws."""

from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np
import pytest

from sim.engine.draws import Draws
from sim.engine.world import Setting, World
from sim.model import knob_ranges, simulate
from sim.model.parameters import Drawn
from tests.reference.cases import CHANGES, Change
from tests.reference.war import simulate as plain_history

SEED = 7
# Of these cases so many histories for so many days; of the others 8 for 150.
LONGER = {
    "half known": (12, 150),
    "opening": (12, 250),
    "ratifying": (12, 250),
    "signed": (12, 250),
    "trusting": (12, 250),
    "baseline": (12, 365),
    "everything": (20, 365),
    "decided": (20, 365),
    "guessing": (8, 250),
    "striking": (8, 200),
    "receding": (5, 100),
}


class Luck:
    """The draws of one replication, one at a time, from the streams that the model has opened."""

    def __init__(self, replication: int, opened: Mapping[str, bool]) -> None:
        self._draws, self._opened = Draws(SEED, np.array([replication])), opened
        self._streams: dict[str, Any] = {}

    def normal(self, name: str, index: int) -> float:
        return self._draw("normal", name, index)

    def uniform(self, name: str, index: int) -> float:
        return self._draw("uniform", name, index)

    def _draw(self, kind: str, name: str, index: int) -> float:
        if name not in self._streams:
            self._streams[name] = getattr(self._draws, kind)(name, in_turn=self._opened[name])
        return float(self._streams[name].at(index)[0])


def played(scenario: Any, days: int, replications: int, watched: bool = True) -> tuple[World, Drawn]:
    numbers = np.arange(replications)
    names = numbers.tolist() if watched else []
    return simulate(
        scenario, Setting(scenario.world.start_date, days, SEED, numbers, landmarks=range(days + 1), watched=names)
    )


# Played with the ensembles, so that the quick tests stay quick: of each kind of negotiation one is among those.
RARELY = (
    "escalating", "decided", "guessing", "opening", "screening", "kalai_smorodinsky", "egalitarian", "stand_firm",
    "plain nash", "hard and short", "receding", "signed", "trusting",
)  # fmt: skip


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.ensembles) if name in RARELY else name for name in ["baseline", *CHANGES]]
)
def test_the_model_agrees_with_the_reference(name, load, variant):
    scenario = variant(CHANGES[name]) if name in CHANGES else load(name)
    replications, days = LONGER.get(name, (8, 150))
    world, drawn = played(scenario, days, replications)
    fields = {field.name: field for field in world.fields if not field.inner}
    compared = set()
    for replication in range(replications):
        parameters = {path: float(values[replication]) for path, values in drawn.values.items()}
        history = plain_history(
            scenario.tree, parameters, Luck(replication, world.draws.opened), days, knob_ranges(scenario.world)
        )
        for key, values in history.series.items():
            field_name, _, row = key.partition(".")
            rows = fields[field_name].rows
            at = (rows.index(row), replication) if rows is not None else (replication,)
            ours = np.array([world.recorder.snapshots[day][field_name][at] for day in range(days + 1)], dtype=float)
            np.testing.assert_allclose(ours, values, rtol=1e-9, atol=1e-9, err_msg=f"{key}, replication {replication}")
            compared.add(field_name)
        told = sorted(
            (event.day, event.kind)
            for event in world.recorder.events
            if event.replication == replication
            and event.kind not in ("pledge", "fire below half", "review", "deal withheld")
        )
        assert told == sorted((day, kind) for day, kind, _ in history.events)
    internal = {"reference_fire", "fire_below_half_month", "reference_force", "trained"}
    # Without events there is nothing to count.
    assert compared == {name for name, field in fields.items() if field.rows != ()} - internal
    SHOWN.get(name, something_is_signed)(world)


def events_of(world: World, kind: str) -> list[int]:
    """The replication of each event of a kind."""
    return [event.replication for event in world.recorder.events if event.kind == kind]


def every_ending_comes(world: World) -> None:
    assert set(world.fields.see("ending").tolist()) == {0, 1, 2, 3, 4}, "the comparison should reach every ending"
    assert world.fields.see("ceasefires").max() > 1, "some should see more than one ceasefire"
    assert 0 in world.fields.see("pledging")[world.fields.see("broken") > 0]
    counts = world.fields.see("event_count")
    assert all(0 in row and row.max() > 0 for row in counts), "each event should happen, and not everywhere"
    assert counts.max() > 1


def something_is_signed(world: World) -> None:
    assert (world.fields.see("deal_day") >= 0).any(), "something should be signed under every rule"
    assert (world.fields.see("talks_failed") > 0).any()


def some_can_sign_nothing(world: World) -> None:
    something_is_signed(world)
    barred = world.fields.see("nearest_slack") == -np.inf
    assert 0 < barred.mean() < 1, "all packages should be barred in some histories, and not in all"


def offers_are_refused(world: World) -> None:
    something_is_signed(world)
    assert world.fields.see("offers_refused").max() > 2, "some leaders should refuse more than once or twice"
    assert set(events_of(world, "leader changes")) & set(events_of(world, "offer refused"))
    at_least, spread = world.fields.see("resolve_at_least"), 3**0.5 * 0.5
    assert ((at_least > -spread / 2) & (at_least <= world.fields.see("resolve"))).any(), "refusals should teach"


def guards_come_slowly(world: World) -> None:
    assert events_of(world, "ceasefire breaks")
    assert world.fields.see("ceasefires").max() > 1
    states = [world.recorder.snapshots[day] for day in range(151)]
    assert {value for state in states for value in state["pledging"]} == {1.0, 0.6}
    guards = np.stack([state["guards_in_place"] for state in states])
    assert 0 < guards.max() < 30_000, "guards should be on their way"
    assert (np.diff([state["weariness"] for state in states], axis=0) < 0).any(), "weariness should fade"


def in_time(world: World, field: str) -> Any:
    """A field on all days, (days + 1, ...)."""
    snapshots = world.recorder.snapshots
    return np.stack([snapshots[day][field] for day in sorted(snapshots)])


def both_sides_strike(world: World) -> None:
    for kind in ("prepares", "drops plans", "strikes", "culminates", "is ready again"):
        assert {event.values["side"] for event in world.recorder.events if event.kind == kind} >= (
            {"defender"} if kind == "drops plans" else {"attacker", "defender"}
        ), kind
    causes = {event.values["cause"] for event in world.recorder.events if event.kind == "culminates"}
    assert causes == {"heavy losses", "stocks run down", "as planned"}
    assert events_of(world, "lull begins")
    assert events_of(world, "lull ends")
    plans, advance = in_time(world, "planned_ground"), in_time(world, "advance")
    assert (plans.max(axis=(0, 2)) > 0).all(), "both sides should have plans, and each its own"
    assert advance.min() < 0 < advance.max()
    postures = in_time(world, "posture")
    assert all(set(np.unique(postures[:, side])) == {0, 1, 2, 3} for side in (0, 1))


def force_and_fire_decide(world: World) -> None:
    drive, massed = in_time(world, "drive"), in_time(world, "posture")[:, 1] == 2
    assert drive.min() < -0.5 < 0.5 < drive.max()
    assert massed.any()
    assert events_of(world, "turn")
    assert in_time(world, "fire").max() == 1, "fire should be held to the full rate"


def the_attacker_loses_ground(world: World) -> None:
    held = in_time(world, "held_area")
    assert (held[14] < held[0]).any()
    assert set(np.sign(in_time(world, "pace")).ravel()) >= {-1, 1}


def each_side_decides_in_each_way(world: World) -> None:
    ending, decided = world.fields.see("ending"), world.fields.see("decided")
    assert set(decided.tolist()) >= {1, 2, 5, 6, 7, 8}
    assert (ending[decided > 0] == decided[decided > 0]).all()
    assert (world.fields.see("dictated_package") >= 0)[np.isin(decided, (1, 2, 5, 6))].any()
    assert (world.fields.see("dictated_package") < 0)[np.isin(decided, (0, 7, 8))].all()
    assert (world.fields.see("routs") > 1).any(axis=1).all()
    assert events_of(world, "rout ends")


def allies_decide(world: World) -> None:
    refusing, factor, made_up = (in_time(world, name) for name in ("refusing", "pledge_factor", "made_up"))
    assert (refusing.max(axis=(0, 2)) > 0).all(), "both sides should refuse"
    assert factor.min() < 0.7
    assert factor.max() > 1.3
    assert (made_up.max(axis=(0, 2)) > 0).tolist() == [False, True, False], "one party steps in for another, itself a backer"
    threat, at_war = in_time(world, "threat"), in_time(world, "at_war")
    assert threat[0].any(axis=0).all(), "there is a threat from the start"
    peace = (at_war[-20:] == 0).all(axis=0)
    assert peace.any()
    assert not threat[-1][:, peace].any(), "nothing hangs on who refuses in peace"
    halted = {kind: set(events_of(world, kind)) for kind in ("halt", "halt for good", "party election")}
    assert all(halted.values()), halted
    assert len(events_of(world, "party election")) < 2 * factor.shape[-1], "not every election should change who decides"


def guarantors_count(world: World) -> None:
    something_is_signed(world)
    for kind in ("consents", "refuses consent", "guarantor acts", "guarantor stands by"):
        assert events_of(world, kind), kind
    consents, guards, supply = (in_time(world, name) for name in ("consents", "guards_in_place", "supply"))
    assert all(set(np.unique(consents[:, row])) == {0, 1} for row in (0, 1)), "consent should be lost and given"
    assert (np.diff(consents, axis=0) > 0).any()
    assert (np.diff(consents, axis=0) < 0).any()
    assert (guards == supply[:, 1]).any(), "too few guards should be sent"
    assert {value for row in in_time(world, "acted") for value in row.ravel()} == {0, 1}
    agreed = world.fields.see("agreed_regime")
    assert {2, 3} <= set(agreed.tolist()), "both regimes that are guaranteed should be agreed"


def both_sides_escalate(world: World) -> None:
    something_is_signed(world)
    for name in ("escalations", "strikes"):
        assert (world.fields.see(name).max(axis=1) > 0).all(), name
    assert world.fields.see("escalations").max() > 1
    assert 9 in world.fields.see("ending"), "the war should widen"
    harder = in_time(world, "harder")
    assert all(set(np.unique(harder[:, side])) == {1, 1.4} for side in (0, 1))
    assert (in_time(world, "danger_cost").max(axis=(0, 2)) > 0).all()


def some_is_voted_down(world: World) -> None:
    something_is_signed(world)
    for kind in ("deal rejected", "deal ratified", "deal withdrawn", "plan accepted", "plan refused", "leader changes"):
        assert events_of(world, kind), kind
    held, lost = world.fields.see("votes_held"), world.fields.see("votes_lost")
    assert held.max() > 1
    assert 0 < lost.sum() < held.sum()
    assert (in_time(world, "refusing").max(axis=(0, 2)) > 0).all(), "each side should refuse a plan"


def deals_are_kept_or_not(world: World) -> None:
    something_is_signed(world)
    kinds = (
        "land handed over", "land not handed over", "obligation overdue", "mandate ends", "consent withdrawn",
        "ceasefire breaks",
    )  # fmt: skip
    for kind in kinds:
        assert events_of(world, kind), kind
    assert world.fields.see("ceasefires").max() > 1
    handed, broken = world.fields.see("handed_over"), in_time(world, "broken_obligations")
    assert (handed < 0).any()
    assert (handed > 0).any()
    assert (broken.max(axis=(0, 2)) > 0).all(), "either side should not keep something"
    assert in_time(world, "overdue").max() > 1
    assert (world.fields.see("event_count").max(axis=1) > 0).all(), "each event should happen"


def trust_is_learned(world: World) -> None:
    something_is_signed(world)
    kinds = (
        "truce begins", "truce kept", "truce broken", "truce ends", "first phase begins", "first phase kept",
        "first phase broken", "deal agreed", "deal rejected", "deal withdrawn", "plan accepted",
    )  # fmt: skip
    for kind in kinds:
        assert events_of(world, kind), kind
    for name in ("truces_broken", "phases_broken"):
        assert (world.fields.see(name).max(axis=1) > 0).all(), name
    assert set(world.fields.see("reliable").ravel()) == {0, 1}
    assert (in_time(world, "talks") == 4).any()
    fighting = in_time(world, "fighting")
    assert fighting.min() == 0
    assert ((fighting > 0) & (fighting < 1)).any()
    assert (in_time(world, "fought_days")[14::14] == 0).any(), "in some spans between reviews no one should fight"
    assert (world.fields.see("event_count").max(axis=1) > 0).all(), "each event should happen"


def some_guess_and_some_know(world: World) -> None:
    something_is_signed(world)
    refused = world.fields.see("offers_refused")
    assert 0 in refused[world.fields.see("deals_signed") > 0]
    assert refused.any()


SHOWN = {
    "baseline": lambda world: None,
    "decided": each_side_decides_in_each_way,
    "everything": every_ending_comes,
    "half known": some_guess_and_some_know,
    "hard and short": some_can_sign_nothing,
    "guessing": offers_are_refused,
    "guarded": guards_come_slowly,
    "striking": both_sides_strike,
    "unsettled": force_and_fire_decide,
    "receding": the_attacker_loses_ground,
    "allies": allies_decide,
    "guarantors": guarantors_count,
    "escalating": both_sides_escalate,
    "ratifying": some_is_voted_down,
    "signed": deals_are_kept_or_not,
    "trusting": trust_is_learned,
}

# What each case is for: without it the same luck should give another history.
TAKEN_OUT = {
    "decided": [
        {"rout.attacker.hazard_per_year": 0},
        {"rout.defender.hazard_per_year": 0},
        {"aims.attacker.stops_at_km2": 1e8},
        {"aims.defender.stops_at_km2": 0},
        {"rout.attacker.loss_weight": 0, "rout.defender.loss_weight": 0},
        {"rout.attacker.weariness_shock": 0, "rout.defender.weariness_shock": 0},
        {"rout.defender.days": 1},
    ],
    "guessing": [
        {"negotiation.resolve_law": "normal"},
        {"negotiation.fought_hazard_per_year": None},
        {"negotiation.attacker.resolve_noise": 5, "negotiation.defender.resolve_noise": 5},
    ],
    "guarded": [
        {"negotiation.peace_of_fighting": None},
        {"negotiation.attacker.going_on_price": 0, "negotiation.defender.going_on_price": 0},
        {"negotiation.attacker.bad_terms_price": 0, "negotiation.defender.bad_terms_price": 0},
        {"ceasefire.regimes.european_zone.deploy_days": 0},
        {"ceasefire.pledged_share": 0},
        {"ceasefire.mobilized_share": 0},
        {"support.attacker.fades_per_year": 0, "support.defender.fades_per_year": 0},
    ],
    "opening": [
        {"negotiation.issues.security.options.zone_without_guards.until": None},
        {"negotiation.issues.alignment.options.neutral.from": None},
        {"negotiation.issues.caps.options.eased.while": None},
        {"negotiation.issues.territory.options.line_of_contact.while": None},
        {f"negotiation.issues.territory.land.{end}": None for end in ("none_km2", "all_km2")}
        | {"negotiation.issues.territory.land.defender": [{"area_km2": 0, "worth": 1}, {"area_km2": 200_000, "worth": 0}]},
        {"negotiation.red_lines.gains.area_below_km2": None},
        {"negotiation.red_lines.gains.ceded_above_km2": None},
        {"negotiation.red_lines.gains.while": None},
        {"negotiation.red_lines.gains.hardening": 0},
        {"negotiation.red_lines.losses.area_above_km2": None},
        {"negotiation.red_lines.losses.ceded_below_km2": None},
        {"negotiation.red_lines.losses.until": None},
        {"negotiation.red_lines.losses.softening_per_1000_km2": 0},
    ],
    "striking": [
        {"front.plans_ahead_days": 0},
        {"front.concentration": 0},
        {"front.mud_months": [12]},
        {"front.campaigns.attacker.at_start": "hold"},
        {"front.campaigns.attacker.prepare_days": 40},
        {"front.campaigns.attacker.needs_fire_share": 0.95},
        {"front.campaigns.attacker.culminates_fire_share": 0},
        {"front.campaigns.attacker.culminates_loss_share": 1},
        {"front.campaigns.defender.longest_days": 100},
        {"front.campaigns.defender.rest_days": 5},
        {"front.campaigns.defender.needs_force_share": 1.2},
        {"front.offensives.feint.side": "attacker"},
    ],
    "unsettled": [
        {"front.effort_log_sd": 0},
        {"attrition.assault_share": 0.2},
        {"attrition.protection": 0},
        {"arms.quiet_fire_share": 1},
        {"manpower.attacker.reference_force_persons": 900_000},
        {"front.decisive_balance": 2},
    ],
    "allies": [
        {"parties.us.rally_per_1000_km2": 0},
        {"parties.us.sd_per_year": 0},
        {"parties.us.returns_per_year": 0},
        {"parties.us.elections.new.probability": 0},
        {"parties.us.backs.elasticity": 0},
        {"parties.us.backs.fatigue": 0},
        {"parties.us.backs.if_enemy_refuses": 1},
        {"parties.us.backs.if_receiver_refuses": 1},
        {"parties.europe.backs.decides_days": 0},
        {"parties.europe.backs.steps_in_share": 0},
        {"arms.halts.us_pause.for_good_share": 0, "arms.halts.europe_pause.for_good_share": 0},
    ],
    "guarantors": [
        {"parties.europe.guarantees.pool_persons": 1_000_000},
        {"parties.europe.guarantees.backstop": None},
        {"parties.europe.guarantees.without_backstop": 1},
        {"parties.europe.guarantees.tripwire": 0, "parties.neighbour.guarantees.tripwire": 0},
        {"parties.europe.guarantees.fades_per_year": 0},
        {"parties.europe.guarantees.help_factor": 1, "parties.us.guarantees.help_factor": 1},
        {"parties.europe.guarantees.entanglement": 0},
        {"parties.europe.guarantees.needs_will": 0, "parties.neighbour.guarantees.needs_will": 0},
        {"parties.us.guarantees.benefit": 0},
        {"parties.us.guarantees.price_per_10k_guards": 1},
    ],
    "escalating": [
        {f"escalation.{side}.{name}": value}
        for side in ("attacker", "defender")
        for name, value in {
            "aid_effect": 0, "losing_effect": 0, "harder_factor": 1, "harder_days": 1, "fades_per_year": 20,
            "price_to_enemy": 0, "price": 0, "strikes_share": 0,
        }.items()
    ]
    + [
        {"escalation.attacker.long_range": 0},
        {"escalation.attacker.provocations.membership.effect": 0},
        {"escalation.attacker.provocations.guests.effect": 0},
        {"parties.us.fear_of_escalation": 0},
    ],
    "ratifying": [
        {"parties.voters.ratifies.sd": 0},
        {"parties.voters.ratifies.days": 0, "parties.council.ratifies.days": 0},
        {"parties.voters.ratifies.follows_will": 0},
        {"parties.council.ratifies.needs_share": 0.9},
        {"negotiation.red_lines.no_neutrality.ratified_by": None},
        {"parties.quartet.mediates.per_year": 0, "parties.summit.mediates.per_year": 0},
        {"negotiation.defender.elections.spring.opens_factor": 1},
        {"negotiation.defender.elections.summer.probability": 0},
        {"negotiation.attacker.elections.vote.window_days": 0},
    ],
    "signed": [
        {"ceasefire.handover_days": 200},
        {"ceasefire.presence_share": 0},
        {"ceasefire.present_persons": 0},
        {"ceasefire.regimes.european_zone.watches": 1},
        {"ceasefire.land_overdue_effect": 0},
        {"negotiation.attacker.withholds_land_share": 0},
        {"negotiation.defender.withholds_land_share": 0},
        {"ceasefire.regimes.european_zone.mandate_days": 0},
        {"ceasefire.regimes.european_zone.renewed_share": 0},
        {"ceasefire.regimes.european_zone.withdrawn_per_year": 0},
        {"ceasefire.regimes.european_zone.obligations.heavy_weapons.kept_share": 1},
        {"ceasefire.regimes.european_zone.obligations.elections.overdue_effect": 0},
        {"ceasefire.regimes.european_zone.obligations.elections.due_days": 200},
        {"ceasefire.regimes.guaranteed_zone.obligations.prisoners.by": "defender"},
    ],
    "trusting": [
        {f"trust.{side}.{name}": value}
        for side in ("attacker", "defender")
        for name, value in {
            "reliable": 1, "reliable_keeps": 1, "unreliable_keeps": 0, "unreliable_effect": 0,
        }.items()
    ]
    + [{f"trust.truces.{name}.{knob}": 1} for name in ("energy", "holidays") for knob in ("per_year", "days")]
    + [
        {"trust.truces.energy.stops": 0},
        {"trust.truces.holidays.stops": 0},
        {"trust.first_phase.stops": 0},
        {"trust.first_phase.days": 90},
    ],
}  # fmt: skip


@pytest.mark.ensembles
@pytest.mark.parametrize("name", list(TAKEN_OUT))
def test_what_a_case_is_for_matters(name, variant):
    """Both accounts agreeing on what changes nothing would show nothing."""

    def values(change: Change) -> Any:
        # Wars are not decided at once, votes are held late, deals kept later, and few are drawn in which a rule matters.
        late = ("decided", "ratifying", "signed", "trusting", "opening", "guarantors")
        days, replications = (365, 20) if name in late else (150, 8)
        world, _ = played(variant(change), days, replications, watched=False)
        kept = [world.recorder.snapshots[day] for day in range(0, days + 1, 14)]
        fields = ["value_of_fighting", "nearest_slack", "demand", "resolve_seen"]
        if name in ("ratifying", "trusting"):
            fields.append("talks_opened")
        if name == "signed":
            fields += ["held_area", "broken_obligations"]
        return [np.array([state[field] for state in kept]) for field in fields]

    whole = values(CHANGES[name])
    for out in TAKEN_OUT[name]:

        def without(tree: dict[str, Any], out: Mapping[str, Any] = out) -> None:
            CHANGES[name](tree)
            for path, value in out.items():
                *branches, leaf = path.split(".")
                reduce(lambda node, branch: node[branch], branches, tree)[leaf] = value

        assert any((one != other).any() for one, other in zip(values(without), whole, strict=True)), list(out)
