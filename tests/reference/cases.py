"""What the oracle plays: changes of the baseline that use all of the scenario language and make the rare common."""

import datetime
from collections.abc import Callable
from datetime import date
from typing import Any

from tests.certain import certain

Change = Callable[[dict[str, Any]], None]


def everything(tree: dict[str, Any]) -> None:
    """Turn on every feature of the scenario language that the baseline leaves out, and make the rare common."""
    tree["arms"]["packages"] = [
        {"id": "loan", "backer": "europe", "date": datetime.date(2025, 2, 1), "amount_beur": 12, "probability": 0.6},
        {
            "id": "shells", "backer": "north_korea", "date": datetime.date(2025, 3, 9), "amount_beur": 1,
            "probability": 0.5, "from_stock_share": 1,
        },
        {"id": "past", "backer": "europe", "date": datetime.date(2024, 11, 1), "amount_beur": 50, "probability": 1},
    ]  # fmt: skip
    for halt in tree["arms"]["halts"].values():
        if "hazard_per_year" in halt:
            halt["hazard_per_year"] = 2
    # The references are not the levels.
    tree["arms"]["attacker"]["reference_fire_share"] = {"dist": "uniform", "low": 0.6, "high": 0.9}
    tree["manpower"]["defender"]["reference_force_persons"] = {"dist": "uniform", "low": 380_000, "high": 460_000}
    tree["arms"]["backers"]["united_states"]["production_stages"] = 2
    tree["arms"]["backers"]["europe"]["aid_variation"] = 0
    tree["manpower"]["waves"] = [
        {
            "id": "dated", "side": "attacker", "date": datetime.date(2025, 1, 10), "persons": 100_000,
            "over_days": {"dist": "uniform", "low": 20, "high": 60}, "probability": 0.7,
        },
        {
            "id": "called", "side": "defender", "force_below_share": 0.98, "persons": 60_000, "over_days": 30,
            "probability": 0.8,
        },
    ]  # fmt: skip
    tree["attrition"]["law"] = "own"
    tree["attrition"]["own_exponent"] = {"dist": "uniform", "low": 0.4, "high": 1}
    tree["attrition"]["enemy_exponent"] = {"dist": "uniform", "low": 0.1, "high": 0.6}
    tree["attrition"]["steps_per_day"] = 3
    winter = {"date": datetime.date(2024, 12, 20), "days": 40, "intensity": 1.5, "probability": 0.5}
    tree["front"]["offensives"] = {"winter": winter}
    tree["front"]["belts"]["line_of_2023"]["at_km2"] = 200
    for side in ("attacker", "defender"):
        tree["collapse"][side].update(force_share=0.9, hazard_per_year=2)
    tree["front"]["force_elasticity"] = 15
    backed(tree)
    tree["parties"]["europe"]["guarantees"] = {
        "regimes": ["european_zone", "guaranteed_zone"], "pool_persons": 120_000, "benefit": 1, "price_per_10k_guards": 0.05,
        "entanglement": 0.3, "needs_will": 0.4, "acts_at_will": 0.5, "tripwire": 0.05, "backstop": "us",
        "without_backstop": 0.5,
    }  # fmt: skip
    tree["escalation"] = {"attacker": {"per_year": 1, "aid_effect": 0.7, "harder_factor": 1.2, "strikes_share": 0.3}}
    tree["negotiation"]["talks"].update(open_per_year=20, agree_per_year=20, fail_per_year=5)
    tree["ceasefire"].update(burst_factor=3, mobilized_share=0.5, imposed_effect=5, strategic_effect=100)
    tree["events"] = [
        {
            "id": "promise", "when": {"date": datetime.date(2025, 1, 20)}, "probability": 0.6,
            "effect": {
                "arms.defender.aid_scale": {"scale": 1.5, "for_days": {"dist": "uniform", "low": 20, "high": 90}},
                "arms.backers.europe.production_delay_days": {"scale": 0.5},
                "attrition.attacker.daily_casualties": {"add": 150},
            },
        },
        {
            "id": "surge", "when": {"hazard_per_year": 4}, "at_most": 3, "probability": 0.8,
            "effect": {
                "attrition.attacker.daily_casualties": {"scale": 1.2, "for_days": 60},
                "attrition.noise_log_sd": {"set": 0.3, "for_days": 15},
                "attrition.defender.fire_share": {"scale": 3, "for_days": 100},
                "front.advance_settled_km2_per_day": {"scale": 1.3, "for_days": 40},
                "manpower.attacker.return_days": {"add": -20, "for_days": 30},
            },
        },
        {
            "id": "exhaustion", "when": {"quantity": "fire.defender", "below": 0.3}, "at_most": 2,
            "effect": {
                "manpower.defender.intake_per_month": {"scale": 0.8, "for_days": 45},
                "manpower.defender.desertion_share_per_month": {"add": 0.01, "for_days": 20},
                "collapse.defender.force_share": {"add": 0.02, "for_days": 50},
            },
        },
        {
            "id": "lull", "when": {"quantity": "tempo", "above": 1}, "at_most": 4,
            "effect": {"attrition.level_factor": {"scale": 0.95}},
        },
    ]  # fmt: skip


def bargaining(rule: str, plain: bool) -> Change:
    """Make talks frequent under a rule, with red lines over two issues, mediators, new leaders and knobs that events turn.

    A plain one has no regimes, no land, no spread of weights and no resolve; the value of the last issue is left to itself.
    """

    def change(tree: dict[str, Any]) -> None:
        section = tree["negotiation"]
        section["rule"] = rule
        section["talks"].update(open_per_year=20, agree_per_year=9, fail_per_year=6, suspend_per_year=6, suspended_days=30)
        section["mediation"].update(hazard_per_year=6, days=40, pressure=0.1)
        section["red_lines"]["both"] = {
            "side": "defender", "hard_share": 0.3, "price": 0.05, "softening": 1,
            "terms": {"security": ["bare_truce", "zone_without_guards"], "alignment": ["deferred", "neutral"]},
        }  # fmt: skip
        mixed = {"security": ["bare_truce"], "caps": ["stay"], "territory": ["four_regions"]}
        section["forbidden"]["mixed"] = {"terms": mixed}
        for side in ("attacker", "defender"):
            section[side]["leader_change_per_year"] = 3
        tree["ceasefire"].update(early_hazard=4, incident_log_sd=1.2, burst_factor=2, strategic_effect=30)
        tree["ceasefire"].update(settled_after_years=0.1, withdrawal_days=30)
        tree["ceasefire"]["regimes"]["european_zone"]["deploy_days"] = 20
        tree["events"] = [
            {
                "id": "turn", "when": {"hazard_per_year": 5}, "at_most": 2,
                "effect": {
                    "negotiation.attacker.outside_pressure": {"add": 0.05, "for_days": 50},
                    "negotiation.defender.cost_of_war_per_year": {"scale": 2, "for_days": 80},
                    "negotiation.defender.trust_years": {"scale": 0.5, "for_days": 30},
                    "negotiation.red_lines.both.price": {"set": 0.01},
                    "ceasefire.institutions": {"set": 0.9, "for_days": 60},
                    "ceasefire.regimes.european_zone.guards": {"add": 50_000},
                    "support.defender.support_per_weariness": {"scale": 3},
                    "beliefs.attacker.drift_noise_km2_per_day": {"scale": 0.5, "for_days": 40},
                },
            }
        ]  # fmt: skip
        if plain:
            # Or else it is not worth signing that for which no regime stands.
            tree["ceasefire"].update(early_hazard=1, early_days=13, later_hazard_per_year=0.4)
            for path in ("negotiation.red_lines.both", "ceasefire.regimes.european_zone"):
                del tree["events"][0]["effect"][f"{path}.{'price' if 'both' in path else 'guards'}"]
            del section["weight_concentration"], section["forbidden"], section["red_lines"]
            section["issues"] = {name: section["issues"][name] for name in ("recognition", "alignment", "caps")}
            for issue, attacker, defender in zip(section["issues"].values(), (0.2, 0.8, 0.0), (0.7, 0.3, 0.0), strict=True):
                issue["weight"] = {"attacker": attacker, "defender": defender}
            for side in ("attacker", "defender"):
                section[side].update(resolve_sd=0, discount_per_year=0, renewed_war_loss=0.02, waiting_premium=0.01)

    return change


def half_known(tree: dict[str, Any]) -> None:
    """Let sides know each other's resolve in some histories, and guess it in others."""
    bargaining("screening", False)(tree)
    tree["negotiation"]["resolve_known"] = {"dist": "uniform", "low": 0, "high": 1}


def hard_and_short(tree: dict[str, Any]) -> None:
    """Bar every package in some histories, most in the others, and let ceasefires break at once, which both like."""
    bargaining("nash", False)(tree)
    section = tree["negotiation"]
    for line in section["red_lines"].values():
        line["hard_share"] = 0.6
    for side in ("attacker", "defender"):
        section[side]["renewed_war_loss"] = -0.3
    tree["ceasefire"].update(early_hazard=100, zone_effect=10)


def guessing(tree: dict[str, Any]) -> None:
    """Offers made in the dark under a uniform law of resolve, of which fighting shows much; events change its spread."""
    bargaining("screening", False)(tree)
    section = tree["negotiation"]
    section.update(resolve_law="uniform", ripeness=0, fought_hazard_per_year=0.4)
    section["talks"].update(agree_per_year=100, fail_per_year=0.5, suspend_per_year=0.5)
    for side in ("attacker", "defender"):
        section[side].update(resolve_sd=1.0, resolve_noise=0.4, leader_change_per_year=1.5)
        section[side].update(renewed_war_loss=0, waiting_premium=0)
    tree["events"][0]["effect"] |= {
        "negotiation.defender.resolve_sd": {"scale": 0.5, "for_days": 60},
        "negotiation.attacker.resolve_noise": {"scale": 0.5},
    }


def guarded(tree: dict[str, Any]) -> None:
    """Let only slow guards be signed, a peace of fighting be as guarded, and home count; truces begin and break, and arm."""
    bargaining("kalai_smorodinsky", False)(tree)
    section = tree["negotiation"]
    section.update(peace_of_fighting="european_zone", ripeness=0)
    section["talks"].update(agree_per_year=50, fail_per_year=3)
    others = ["bare_truce", "zone_without_guards", "guaranteed_zone"]
    section["forbidden"]["without_guards"] = {"terms": {"security": others}}
    del section["red_lines"]["no_western_troops"]
    for side in ("attacker", "defender"):
        section[side].update(going_on_price=0.5, bad_terms_price=0.3, outside_pressure=0.2)
        tree["support"][side]["fades_per_year"] = 3
    tree["ceasefire"].update(early_hazard=6, mobilized_share=0.8, pledged_share=0.6, settled_after_years=10)
    tree["ceasefire"]["regimes"]["european_zone"]["deploy_days"] = 365
    del tree["events"][0]["effect"]["ceasefire.regimes.european_zone.guards"]


def decided(tree: dict[str, Any]) -> None:
    """Let fronts break, armies take all or collapse, and sides reach their aims, and victors dictate; a rout may go on."""
    bargaining("nash", False)(tree)
    tree["front"].update(held_area_km2=6_000, total_area_km2=12_000, force_elasticity=8, counter_attack_share=1)
    tree["front"].update(advance_km2_per_day=0, advance_settled_km2_per_day=0)
    for side, low in (("attacker", -3), ("defender", 0)):
        tree["rout"][side].update(
            hazard_per_year=20, balance_against={"dist": "uniform", "low": low, "high": low + 1}, loss_weight=5,
            weariness_shock=0.3, pace_km2_per_day={"dist": "uniform", "low": 100, "high": 900},
        )  # fmt: skip
        tree["collapse"][side].update(force_share=0.95, width_share=0.05, hazard_per_year=4)
    tree["aims"] = {
        "attacker": {"stops_at_km2": {"dist": "uniform", "low": 9_000, "high": 30_000}},
        "defender": {"stops_at_km2": {"dist": "uniform", "low": 0, "high": 3_000}},
    }
    tree["negotiation"]["talks"].update(agree_per_year=1)
    tree["negotiation"]["issues"]["territory"]["land"] = {"none_km2": 0, "all_km2": 12_000}
    # No two the same, whoever holds all: who would dictate either of them depended on the last digit.
    areas = {"line_of_2022": 1_000, "land_returned": 3_000, "more_land": 9_000, "four_regions": 11_000}
    for option, area in areas.items():
        tree["negotiation"]["issues"]["territory"]["options"][option] = {"area_km2": area}
    tree["events"] += [
        {
            "id": "modesty", "when": {"hazard_per_year": 2}, "probability": 0.7,
            "effect": {"aims.defender.stops_at_km2": {"add": 500}, "rout.defender.days": {"scale": 2, "for_days": 90}},
        },
        {
            "id": "grief", "when": {"quantity": "routs.defender", "above": 0},
            "effect": {"aims.attacker.stops_at_km2": {"scale": 0.8}},
        },
    ]  # fmt: skip


def opening(tree: dict[str, Any]) -> None:
    """Let options and red lines open and lapse, by dates and by what happens, and lines be about areas."""
    bargaining("egalitarian", False)(tree)
    section = tree["negotiation"]
    issues = section["issues"]
    issues["security"]["options"]["zone_without_guards"]["until"] = datetime.date(2025, 2, 10)
    issues["alignment"]["options"]["neutral"]["from"] = datetime.date(2025, 1, 20)
    issues["caps"]["options"]["eased"]["while"] = {"quantity": "held_area", "above": 112_000}
    issues["territory"]["options"]["line_of_contact"]["while"] = {"quantity": "value_of_fighting.defender", "below": 0.1}
    del issues["territory"]["land"]["defender"]
    issues["territory"]["land"].update(none_km2=43_000, all_km2=136_000)
    section["red_lines"]["gains"] = {
        "side": "attacker", "area_below_km2": 105_000, "ceded_above_km2": -1_000, "hard_share": 0.3, "price": 0.2,
        "softening": 0.1, "hardening": 2, "while": {"quantity": "talks_failed", "below": 1},
    }  # fmt: skip
    section["red_lines"]["losses"] = {
        "side": "defender", "area_above_km2": 111_000, "ceded_below_km2": -7_000, "terms": {"caps": ["stay", "eased"]},
        "hard_share": 0.1, "price": 0.3, "softening": 0.1, "softening_per_1000_km2": 0.3,
        "until": datetime.date(2025, 4, 1),
    }  # fmt: skip


def striking(tree: dict[str, Any]) -> None:
    """Let both sides strike, culminate for each cause, rest and drop plans; planned offensives of both on top, and mud."""
    bargaining("nash", False)(tree)
    front = tree["front"]
    front.update(mud_months=[1], mud_season_factor=0.5, concentration={"dist": "uniform", "low": 0.5, "high": 2})
    front["campaigns"] = {
        "attacker": {
            "at_start": "prepare", "begins_per_year": 40, "prospect": -1, "prepare_days": 10, "strike_intensity": 1.8,
            "between_intensity": 0.4, "longest_days": {"dist": "uniform", "low": 15, "high": 40}, "needs_fire_share": 0.5,
            "culminates_fire_share": {"dist": "uniform", "low": 0.8, "high": 1}, "culminates_loss_share": 0.08,
            "rest_days": 14,
        },
        "defender": {
            "at_start": "strike", "begins_per_year": 20, "prospect": {"dist": "uniform", "low": -2, "high": 0},
            "prepare_days": 20, "strike_intensity": {"dist": "uniform", "low": 0.8, "high": 2}, "between_intensity": 0.3,
            "longest_days": 30, "needs_force_share": 0.9, "culminates_loss_share": 0.05, "rest_days": 20,
        },
    }  # fmt: skip
    front["offensives"] = {
        "first_day": {"date": datetime.date(2024, 12, 4), "days": 5, "intensity": 2, "probability": 0.5},
        "feint": {"side": "defender", "date": datetime.date(2025, 2, 1), "days": 12.5, "intensity": 1.6, "probability": 0.7},
        "second": {"side": "defender", "date": datetime.date(2025, 2, 8), "days": 10, "intensity": 0.7, "probability": 0.7},
        "spring": {"side": "attacker", "date": datetime.date(2025, 4, 20), "days": 60, "intensity": 1.5, "probability": 0.8},
    }  # fmt: skip
    tree["events"][0]["effect"] |= {
        "front.campaigns.attacker.between_intensity": {"add": 0.2, "for_days": 40},
        "front.campaigns.defender.prospect": {"add": 0.5, "for_days": 30},
        "front.defenders_advantage": {"scale": 1.5},
    }


def unsettled(tree: dict[str, Any]) -> None:
    """State no pace of the front, so that force and fire alone decide, and let whoever attacks harder mass much for it."""
    bargaining("egalitarian", False)(tree)
    front = tree["front"]
    for name in ("advance_km2_per_day", "advance_settled_km2_per_day"):
        del front[name]
    tree["manpower"]["attacker"].update(force_persons={"dist": "uniform", "low": 300_000, "high": 800_000})
    tree["manpower"]["attacker"]["reference_force_persons"] = 500_000
    tree["manpower"]["defender"]["reference_force_persons"] = {"dist": "uniform", "low": 450_000, "high": 900_000}
    front.update(concentration=3, effort_log_sd=0.3, force_elasticity=5, counter_attack_share=0.8, advance_sd_km2_per_day=1)
    front["campaigns"] = {"defender": front["campaigns"]["defender"]}
    front["campaigns"]["defender"].update(begins_per_year=30, prospect=-3, prepare_days=7, needs_force_share=0)
    front["offensives"] = {
        "push": {"date": datetime.date(2025, 1, 15), "days": 30, "intensity": 1.4, "probability": 0.7},
    }
    tree["attrition"].update(assault_share=0.8, protection=1.5, quiet_share=0.1)
    tree["arms"]["quiet_fire_share"] = 0
    tree["arms"]["attacker"].update(ration_days=3, fire_at_start_share=0.9)
    tree["events"][0]["effect"] |= {"front.concentration": {"scale": 0.5, "for_days": 25}}


def receding(tree: dict[str, Any]) -> None:
    """Begin with a front that settles to ground lost by the attacker, until an event turns the sign, and more."""
    bargaining("kalai_smorodinsky", False)(tree)
    front = tree["front"]
    front.update(
        advance_km2_per_day={"dist": "uniform", "low": -30, "high": 5},
        advance_settled_km2_per_day={"dist": "uniform", "low": -19, "high": -1},
        counter_attack_share=0.7,
        fire_elasticity=3,
        advance_reverts_days=10,
    )
    del front["campaigns"]
    tree["events"][0]["effect"] |= {
        "front.advance_settled_km2_per_day": {"add": 15, "for_days": 40},
        "front.counter_attack_share": {"set": 0, "for_days": 20},
    }


def backed(tree: dict[str, Any]) -> None:
    """Have all backers decided about by a party each, whose wills move with all that may move them."""
    moved = {"returns_per_year": {"dist": "uniform", "low": 0.5, "high": 4}, "sd_per_year": 0.3}
    tree["parties"] = {
        "us": {
            "name": "United States", "side": "defender", "will": {"dist": "uniform", "low": 0.3, "high": 0.8}, **moved,
            "rally_per_1000_km2": 0.2, "fear_of_escalation": 0.05, "if_struck": -0.1,
            "elections": {
                "new": {"date": datetime.date(2025, 1, 20), "probability": 0.6, "will": 0.2},
                "past": {"date": datetime.date(2024, 11, 5), "probability": 1, "will": 0.9},
                "next": {"date": datetime.date(2025, 3, 2), "probability": 0.7, "will": 0.7},
            },
            "backs": {
                "backer": "united_states", "fatigue": 0.3, "given_before_beur": 60, "elasticity": 1.5, "decides_days": 0,
                "if_enemy_refuses": 1.6, "if_receiver_refuses": 0.3,
            },
        },
        "europe": {
            "name": "Europeans", "side": "defender", "will": 0.6, **moved, "rally_per_1000_km2": 0.1, "if_struck": 0.2,
            "fear_of_escalation": 0.1,
            "backs": {
                "backer": "europe", "fatigue": 0.1, "given_before_beur": 60, "decides_days": 40, "steps_in_share": 0.7,
                "if_receiver_refuses": 0.8,
            },
        },
        "korea": {
            "name": "North Korea", "side": "attacker", "will": 0.5, "returns_per_year": 2, "sd_per_year": 0.2,
            "rally_per_1000_km2": 0.3, "fear_of_escalation": 0.05, "if_struck": -0.2,
            "backs": {"backer": "north_korea", "fatigue": 2, "if_enemy_refuses": 2, "if_receiver_refuses": 0.5},
        },
    }  # fmt: skip


def allies(tree: dict[str, Any]) -> None:
    """Let pledges hang on wills, on elections and on who refuses; one party steps in for those that halt."""
    bargaining("screening", False)(tree)
    backed(tree)
    tree["negotiation"]["talks"].update(agree_per_year=60, fail_per_year=1, suspend_per_year=2)
    for side in ("attacker", "defender"):
        tree["negotiation"][side].update(resolve_sd=1.0, resolve_noise=2, renewed_war_loss=0, waiting_premium=0)
    for halt in tree["arms"]["halts"].values():
        halt["for_good_share"] = 0.5
        if "hazard_per_year" in halt:
            halt["hazard_per_year"] = 3
    tree["events"][0]["effect"] |= {
        "arms.backers.europe.aid_per_month_beur": {"scale": 1.5, "for_days": 60},
    }


def guarantors(tree: dict[str, Any]) -> None:
    """Let truces that soon break be guaranteed by parties that may not consent, may lack guards and may not act."""
    bargaining("nash", False)(tree)
    backed(tree)
    for party in tree["parties"].values():
        for condition in ("if_enemy_refuses", "if_receiver_refuses"):  # None makes an offer that can be refused.
            party["backs"].pop(condition, None)
    section, regimes = tree["negotiation"], tree["ceasefire"]["regimes"]
    section["talks"].update(agree_per_year=40, fail_per_year=8, suspend_per_year=1)
    others = ["bare_truce", "zone_without_guards"]
    section["forbidden"]["without_guards"] = {"terms": {"security": others}}
    for line in ("no_western_troops", "no_guarantee"):
        del section["red_lines"][line]
    for side in ("attacker", "defender"):
        section[side].update(outside_pressure=0.25)
    tree["ceasefire"].update(early_hazard=6, later_hazard_per_year=3, settled_after_years=10, pledged_share=0.6)
    regimes["european_zone"].update(guarantee=0.5)
    regimes["guaranteed_zone"]["guards"] = 40_000
    del tree["events"][0]["effect"]["ceasefire.regimes.european_zone.guards"]
    for party in tree["parties"].values():
        party["sd_per_year"] = 0.5
    tree["parties"]["europe"]["guarantees"] = {
        "regimes": ["guaranteed_zone"], "pool_persons": {"dist": "uniform", "low": 60_000, "high": 120_000}, "benefit": 0.6,
        "price_per_10k_guards": 0.02, "entanglement": 0.2, "needs_will": 0.55, "acts_at_will": 0.7, "tripwire": 0.1,
        "backstop": "us", "without_backstop": 0.6, "fades_per_year": 10, "help_factor": 3, "rotation": 4,
    }  # fmt: skip
    tree["parties"]["us"]["guarantees"] = {
        "regimes": ["european_zone"], "pool_persons": 300_000, "benefit": 0.8, "price_per_10k_guards": 0.1,
        "entanglement": 0.1, "needs_will": 0.4, "acts_at_will": 0.4, "acts_width": 0.1, "tripwire": 0.2, "help_factor": 2,
        "looks_ahead_years": 2,
    }  # fmt: skip
    tree["parties"]["neighbour"] = {
        "name": "A neighbour", "side": "defender", "will": 0.7, "returns_per_year": 3, "sd_per_year": 0.3,
        "rally_per_1000_km2": 0.1, "fear_of_escalation": 0.02,
        "guarantees": {
            "regimes": ["guaranteed_zone"], "pool_persons": 30_000, "benefit": 1, "price_per_10k_guards": 0.05,
            "entanglement": 0.2, "needs_will": 0.5, "acts_at_will": 0.7, "tripwire": 0.05,
        },
    }  # fmt: skip


def ratifying(tree: dict[str, Any]) -> None:
    """Let agreements wait for votes of both sides, which may fail, mediators put plans, and elections bring new leaders."""
    bargaining("nash", False)(tree)
    section = tree["negotiation"]
    section["talks"].update(withdrawal_price=0.02, open_per_year=9, agree_per_year=60, fail_per_year=1, suspend_per_year=1)
    for line in ("no_western_troops", "no_guarantee"):
        del section["red_lines"][line]
    section["red_lines"]["no_neutrality"].update(ratified_by="voters", hard_share=0.45)
    section["red_lines"]["both"].update(ratified_by="voters", hard_share=0.48)
    section["red_lines"]["no_nato"].update(hard_share=0.1, price=0.05)
    section["red_lines"]["no_zone"] = {
        "side": "attacker", "hard_share": 0.57, "price": 0.01, "softening": 0, "ratified_by": "council",
        "terms": {"security": ["zone_without_guards", "european_zone"]}, "while": {"quantity": "votes_lost", "below": 2},
    }  # fmt: skip
    section["mediation"].update(pressure=0.3)
    section["defender"]["elections"] = {
        "spring": {"date": date(2025, 3, 8), "probability": 0.5, "window_days": 60, "opens_factor": 20},
        "summer": {"date": date(2025, 4, 1)},
    }
    section["attacker"]["elections"] = {
        "vote": {"date": date(2024, 12, 10), "probability": 0.8, "opens_factor": 0, "window_days": 90}
    }
    usual = {"returns_per_year": 2, "sd_per_year": 0.3}
    tree["parties"] = {
        "voters": {
            "name": "voters", "side": "defender", "will": 0.5, **usual, "rally_per_1000_km2": -0.05,
            "elections": {"mood": {"date": date(2025, 3, 20), "probability": 0.5, "will": 0.7}},
            "ratifies": {"days": 40, "sd": 0.1, "follows_will": 0.3},
        },
        "council": {
            "name": "council", "side": "attacker", "will": 0.6, **usual,
            "ratifies": {"needs_share": 0.4, "days": {"dist": "uniform", "low": 0, "high": 60}, "sd": 0.05},
        },
        "quartet": {
            "name": "quartet", "will": 0.5,
            "mediates": {"terms": {"alignment": ["deferred", "neutral"], "territory": ["line_of_contact"]}, "per_year": 8},
        },
        "summit": {"name": "summit", "will": 0.5, "mediates": {"terms": {"alignment": ["nato_path"]}, "per_year": 3}},
    }  # fmt: skip


def escalating(tree: dict[str, Any]) -> None:
    """Let both sides escalate, for all that provokes them, strike backers that are moved by it, and widen the war."""
    bargaining("egalitarian", False)(tree)
    backed(tree)
    for party in tree["parties"].values():
        for condition in ("if_enemy_refuses", "if_receiver_refuses"):  # None makes an offer that can be refused.
            party["backs"].pop(condition, None)
    tree["negotiation"]["issues"]["alignment"]["options"]["nato_path"]["until"] = datetime.date(2025, 2, 10)
    shared = {"harder_factor": 1.4, "harder_days": 20, "price_to_enemy": 0.02, "price": 0.01, "strikes_share": 0.4}
    tree["escalation"] = {
        "attacker": {
            "per_year": {"dist": "uniform", "low": 1, "high": 5}, "aid_effect": 0.7, "losing_effect": 2, "long_range": 0.5,
            "long_range_effect": 0.5, "fades_per_year": 3, "wider_war_share": 0.1, **shared,
            "provocations": {
                "membership": {"terms": {"alignment": ["nato_path"]}, "effect": 0.5},
                "forbidden": {"terms": {"recognition": ["de_facto"], "territory": ["line_of_2022"]}, "effect": 5},
                "guests": {"terms": {"security": ["guaranteed_zone"], "caps": ["eased"]}, "effect": 0.2},
            },
        },
        "defender": {"per_year": 2, "aid_effect": 0.1, "losing_effect": 3, "wider_war_share": 0.02, **shared},
    }  # fmt: skip
    for side in ("attacker", "defender"):
        tree["collapse"][side].update(force_share=0.9, hazard_per_year=0.3)
    tree["events"][0]["effect"] |= {"collapse.defender.force_share": {"add": 0.1}}


def in_office(tree: dict[str, Any]) -> None:
    """Let leaders fall over terms, and as support is lost; one has no office to lose at first."""
    bargaining("screening", False)(tree)
    section = tree["negotiation"]
    section["attacker"]["office"] = {
        "price": {"dist": "uniform", "low": 0, "high": 0.5}, "safe_terms": 0.55, "width": 0.05, "falls_per_year": 4,
    }  # fmt: skip
    section["defender"]["office"] = {"price": 0, "safe_terms": {"dist": "uniform", "low": 0.2, "high": 0.6}}
    section["defender"]["discount_per_year"] = 1
    tree["support"]["attacker"]["support_per_weariness"] = 0.5
    for side in ("attacker", "defender"):
        tree["collapse"][side].update(force_share=0.95, hazard_per_year=0.5)
    tree["events"][0]["effect"] |= {
        "negotiation.defender.office.price": {"add": 0.3},
        "negotiation.defender.office.falls_per_year": {"set": 1, "for_days": 60},
        "negotiation.attacker.office.safe_terms": {"add": -0.3, "for_days": 90},
    }


def signed(tree: dict[str, Any]) -> None:
    """Let what follows a signature matter: land handed over or not, obligations, guards who leave, and events in peace.

    At the likeliest numbers of the bargain, by which more is signed than over all that is not known.
    """
    for part in ("negotiation", "ceasefire"):
        tree[part] = certain(tree[part])
    bargaining("nash", False)(tree)
    section, truce = tree["negotiation"], tree["ceasefire"]
    section["talks"].update(open_per_year=90, agree_per_year=30, fail_per_year=9, suspend_per_year=1)
    section["forbidden"] = {
        "without_guards": {"terms": {"security": ["bare_truce", "zone_without_guards"]}},
        "as_it_stands": {"terms": {"territory": ["line_of_2022", "line_of_contact", "four_regions"]}},
        "guests": {"terms": {"security": ["guaranteed_zone"], "territory": ["more_land"]}},
    }
    for line in ("no_western_troops", "no_guarantee", "more_land", "no_land_back"):
        del section["red_lines"][line]
    section["attacker"].update(zone_price=0.002)
    truce["regimes"]["guaranteed_zone"].update(zone_on="defender", watches=0.3)
    section["attacker"].update(outside_pressure=0.3, withholds_land_share={"dist": "uniform", "low": 0.2, "high": 0.4})
    section["defender"].update(outside_pressure=0.3, withholds_land_share=0.4, foreign_troops_price=0.02, zone_price=0.004)
    truce.update(
        early_hazard=4, strategic_effect=3, imposed_effect=0.2, inconsistency_effect=0.2, settled_after_years=10,
        presence_share=0.3, present_persons=20_000, institutions=0.8,
        handover_days={"dist": "uniform", "low": 54.6, "high": 64.4},
        land_overdue_effect={"dist": "uniform", "low": 0.3, "high": 1.2},
    )  # fmt: skip
    truce["regimes"]["european_zone"].update(
        mandate_days={"dist": "uniform", "low": 25, "high": 45}, renewed_share=0.6,
        withdrawn_per_year={"dist": "uniform", "low": 1, "high": 4}, guards=60_000, watches=0.4,
        obligations={
            "heavy_weapons": {
                "by": "attacker", "name": "heavy weapons withdrawn", "due_days": {"dist": "uniform", "low": 10, "high": 30},
                "kept_share": {"dist": "beta", "a": 2, "b": 2}, "overdue_effect": 0.7,
            },
            "elections": {
                "by": "defender", "name": "elections held", "due_days": 45, "kept_share": 0.4,
                "overdue_effect": {"dist": "uniform", "low": 0.5, "high": 1.5},
            },
        },
    )  # fmt: skip
    truce["regimes"]["guaranteed_zone"].update(
        mandate_days=30, renewed_share=0.9, guaranteed="defender",
        obligations={
            "prisoners": {
                "by": "attacker", "name": "prisoners freed", "due_days": 0, "kept_share": 0.5, "overdue_effect": 0.4,
            },
        },
    )  # fmt: skip
    tree["parties"] = {
        "neighbour": {
            "name": "A neighbour", "side": "defender", "will": 0.7, "returns_per_year": 3, "sd_per_year": 0.6,
            "rally_per_1000_km2": 0.3, "fear_of_escalation": 0,
            "guarantees": {
                "regimes": ["guaranteed_zone"], "pool_persons": 150_000, "benefit": 1, "price_per_10k_guards": 0.02,
                "entanglement": 0.2, "needs_will": 0.93, "acts_at_will": 0.5, "tripwire": 0.05,
            },
        },
    }  # fmt: skip
    tree["events"] = [
        {
            "id": "calm", "when": {"hazard_per_year": {"dist": "uniform", "low": 5, "high": 15}}, "at_most": 3,
            "during": "ceasefire",
            "effect": {
                "ceasefire.mobilized_share": {"set": 0.9, "for_days": 20},
                "ceasefire.pledged_share": {"add": 0.2, "for_days": 40},
                "ceasefire.regimes.european_zone.guards": {"add": 20_000, "for_days": 30},
                "ceasefire.handover_days": {"add": -25, "for_days": 20},
                "ceasefire.regimes.european_zone.obligations.elections.due_days": {"add": -30, "for_days": 15},
                "ceasefire.regimes.guaranteed_zone.obligations.prisoners.due_days": {"add": 20, "for_days": 12},
            },
        },
        {
            "id": "turn", "when": {"hazard_per_year": 10}, "at_most": 3, "during": "war",
            "effect": {
                "negotiation.defender.withholds_land_share": {"add": 0.2, "for_days": 50},
                "negotiation.attacker.outside_pressure": {"add": -0.1, "for_days": 30},
                "ceasefire.regimes.european_zone.obligations.elections.due_days": {"add": -20, "for_days": 60},
            },
        },
        {
            "id": "distrust", "when": {"quantity": "broken_obligations.attacker", "above": 0}, "at_most": 2,
            "effect": {
                "ceasefire.regimes.european_zone.withdrawn_per_year": {"add": 2, "for_days": 25},
                "ceasefire.regimes.european_zone.obligations.heavy_weapons.overdue_effect": {"scale": 1.5, "for_days": 30},
                "negotiation.attacker.withholds_land_share": {"scale": 1.5, "for_days": 30},
            },
        },
        {
            "id": "summit", "when": {"date": date(2025, 2, 5)}, "probability": 0.8, "during": "both",
            "effect": {
                "ceasefire.regimes.european_zone.obligations.heavy_weapons.kept_share": {"set": 0, "for_days": 40},
                "ceasefire.regimes.guaranteed_zone.renewed_share": {"scale": 0.5},
            },
        },
        {
            "id": "visit", "when": {"date": date(2025, 3, 1)}, "during": "ceasefire",
            "effect": {"negotiation.attacker.cost_of_war_per_year": {"add": 0.02}},
        },
    ]  # fmt: skip


def trusting(tree: dict[str, Any]) -> None:
    """Let sides that may not keep their word try limited truces, and a first phase before each deal and its vote."""
    ratifying(tree)
    section = tree["negotiation"]
    section["talks"].update(open_per_year=40, withdrawal_price=0.03)
    section["red_lines"]["no_neutrality"].update(hard_share=0.2)
    section["red_lines"]["both"].update(hard_share=0.2)
    del section["red_lines"]["no_zone"]
    for voter in ("voters", "council"):
        tree["parties"][voter]["ratifies"].update(days=14, sd=0.4)
    tree["trust"] = {
        "attacker": {
            "reliable": {"dist": "uniform", "low": 0.3, "high": 0.7},
            "reliable_keeps": {"dist": "uniform", "low": 0.8, "high": 1},
            "unreliable_keeps": {"dist": "uniform", "low": 0.2, "high": 0.6}, "unreliable_effect": 0.8,
        },
        "defender": {"reliable": 0.5, "reliable_keeps": 0.9, "unreliable_keeps": 0.5, "unreliable_effect": 0.6},
        "truces": {
            "energy": {"per_year": 8, "days": {"dist": "uniform", "low": 20, "high": 60}, "stops": 0.2},
            "holidays": {"per_year": 3, "days": 40, "stops": 1},
        },
        "first_phase": {
            "days": {"dist": "uniform", "low": 10, "high": 50}, "stops": {"dist": "uniform", "low": 0.5, "high": 1},
        },
    }  # fmt: skip
    tree["ceasefire"].update(early_hazard=2, institutions=0.8)
    for side in ("attacker", "defender"):
        tree["collapse"][side].update(force_share=0.9, hazard_per_year=0.5)
    tree["events"] += [
        {
            "id": "doubt", "when": {"quantity": "trust.attacker", "below": 0.3}, "at_most": 2,
            "effect": {
                "trust.attacker.unreliable_effect": {"add": 0.5, "for_days": 40},
                "trust.first_phase.days": {"scale": 0.5, "for_days": 60},
                "trust.truces.energy.stops": {"set": 0.9, "for_days": 30},
            },
        },
        {
            "id": "watchers", "when": {"hazard_per_year": 3},
            "effect": {
                "trust.defender.unreliable_keeps": {"add": 0.3, "for_days": 90},
                "trust.truces.holidays.per_year": {"scale": 2},
            },
        },
    ]  # fmt: skip


RULES = ("nash", "kalai_smorodinsky", "egalitarian", "screening", "stand_firm")
CHANGES: dict[str, Change] = {
    "everything": everything,
    **{rule: bargaining(rule, False) for rule in RULES},
    **{f"plain {rule}": bargaining(rule, True) for rule in ("screening", "nash")},
    "hard and short": hard_and_short,
    "half known": half_known,
    "guessing": guessing,
    "guarded": guarded,
    "opening": opening,
    "striking": striking,
    "unsettled": unsettled,
    "receding": receding,
    "decided": decided,
    "allies": allies,
    "guarantors": guarantors,
    "escalating": escalating,
    "ratifying": ratifying,
    "in office": in_office,
    "signed": signed,
    "trusting": trusting,
}
