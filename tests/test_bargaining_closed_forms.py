"""What the theory of bargaining works out on paper, through a whole scenario file: one good to be shared, or fought over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.engine.world import Setting
from sim.model import simulate
from tests.certain import certain

STEPS = 200
SIDES = ("attacker", "defender")
YEAR = 365 / 365.25


def duel(**changes: Any) -> Callable[[dict[str, Any]], None]:
    """Change the baseline into two equal sides at a standstill, who know all and share one good in 200 steps.

    `changes` are of the section `negotiation`, by path with double underscores: `attacker__cost_of_war_per_year`. No
    ceasefire breaks, unless `hazard` is given; a peace that fighting brings never does.
    """

    def change(tree: dict[str, Any]) -> None:
        for section in ("expect", "correlations", "events"):
            tree.pop(section, None)
        tree["arms"].update(backers=[], halts=[], packages=[])
        tree["manpower"]["waves"] = []
        for side in SIDES:
            tree["arms"][side].update(fire_at_start_share=0.5, production_fire_days_per_month=0)
            tree["manpower"][side].update(
                force_persons=400_000, pool_persons=0, intake_per_month=0, past_intake_per_month=0, training_days=0,
                past_daily_casualties=0, desertion_share_per_month=0,
            )  # fmt: skip
            tree["attrition"][side].update(daily_casualties=0)
            tree["collapse"][side].update(hazard_per_year=0)
            tree["beliefs"][side].update(
                optimism=0, drift_prior_sd_km2_per_day=0, balance_prior_sd=0, wander_share=0, drift_noise_km2_per_day=8,
                balance_noise=0.4,
            )  # fmt: skip
        tree["front"].update(offensives=[], belts=[], advance_km2_per_day=1e-6, advance_settled_km2_per_day=1e-6)
        tree["front"].update(force_elasticity=1, fire_elasticity=0)
        tree["ceasefire"], tree["negotiation"] = certain(tree["ceasefire"]), certain(tree["negotiation"])
        section = tree["negotiation"]
        for name in ("red_lines", "forbidden", "weight_concentration"):
            section.pop(name, None)
        section.update(
            rule="nash", ripeness=0, leverage=0, momentum_leverage=0, attacker_power_at_start=0.5,
            attacker_proposes_share=1, peace_of_fighting="fortress",
        )  # fmt: skip
        section["talks"].update(
            open_per_year=1000, agree_per_year=1000, fail_per_year=0, suspend_per_year=0, suspended_days=0, pause_days=0
        )
        section["mediation"].update(hazard_per_year=0)
        everything = {"attacker": 1.0, "defender": 1.0}
        steps = [{"id": f"s{k}", "values": {"attacker": k / STEPS, "defender": 1 - k / STEPS}} for k in range(STEPS + 1)]
        section["issues"] = [{"id": "good", "weight": everything, "options": steps}]
        for side in SIDES:
            section[side].update(
                cost_of_war_per_year=0.1, discount_per_year=0, horizons_days=[365], resolve_sd=0, waiting_premium=0,
                outside_pressure=0, renewed_war_loss=0, foreign_troops_price=0, trust_years=1, leader_change_per_year=0,
                going_on_price=0, bad_terms_price=0, resolve_noise=1000,
            )  # fmt: skip
        tree["ceasefire"].update(
            early_hazard=0, early_days=10, later_hazard_per_year=changes.pop("hazard", 0), institutions=1, zone_effect=-10
        )
        tree["ceasefire"].update(monitoring_effect=-10, commission_effect=-10, mobilized_share=1)
        nothing = dict.fromkeys(("guards", "deploy_days", "credibility", "guarantee"), 0)
        wall = {"zone_width_km": 0, "monitoring": 1, "joint_commission": 1}
        tree["ceasefire"]["regimes"] = [{"id": "fortress", **nothing, **wall}]
        for path, value in changes.items():
            where: Any = tree if path.split("__")[0] in ("manpower", "collapse") else section
            *parents, last = path.split("__")
            for parent in parents:
                where = where[parent]
            where[last] = value

    return change


@pytest.fixture
def share(variant) -> Callable[..., np.ndarray]:
    """Return the attacker's share in the first deal of a duel, NaN without one, and its fields at the end."""

    def share(histories: int = 1, days: int = 45, **changes: Any) -> tuple[np.ndarray, dict[str, Any]]:
        scenario = variant(duel(**changes))
        numbers = np.arange(histories, dtype=np.int64)
        world, _ = simulate(scenario, Setting(scenario.world.start_date, days, 1, numbers, landmarks=(days,)))
        end = world.recorder.snapshots[days]
        return np.where(end["deal_package"] >= 0, end["deal_package"] / STEPS, np.nan), end

    return share


@pytest.mark.parametrize(("attacker", "defender"), [(0.1, 0.1), (0.05, 0.25), (0.3, 0.02)])
def test_a_war_of_fixed_costs_gives_the_middle_of_the_bargaining_range(share, attacker: float, defender: float) -> None:
    found, end = share(attacker__cost_of_war_per_year=attacker, defender__cost_of_war_per_year=defender)
    assert end["value_of_fighting"][:, 0] == pytest.approx([0.5 - attacker * YEAR, 0.5 - defender * YEAR], abs=1e-12)
    assert found[0] == pytest.approx(0.5 + (defender - attacker) * YEAR / 2, abs=0.5 / STEPS + 1e-9)


@pytest.mark.parametrize(("attacker", "defender"), [(0.1, 0.3), (0.2, 0.05)])
def test_an_impatient_side_gets_the_share_of_the_closed_form(share, attacker: float, defender: float) -> None:
    """Of the surplus the attacker has the share of the other's impatience, as when offers alternate (Rubinstein 1982)."""
    found, end = share(attacker__discount_per_year=attacker, defender__discount_per_year=defender)
    value = [0.5 * np.exp(-rate * YEAR) - 0.1 * YEAR for rate in (attacker, defender)]
    assert end["value_of_fighting"][:, 0] == pytest.approx(value, abs=1e-12)
    expected = value[0] + defender / (attacker + defender) * (1 - sum(value))
    assert found[0] == pytest.approx(expected, abs=0.5 / STEPS + 1e-9)


def test_certain_victory_takes_all(share) -> None:
    """The defender's army will collapse for certain; in a war that costs less than a step the attacker takes all."""
    found, end = share(
        1000,
        collapse__defender__hazard_per_year=20,
        collapse__defender__force_share=10,
        attacker__cost_of_war_per_year=0.001,
    )
    alive = end["broken"] == 0
    assert 100 < alive.sum() < 900
    assert set(found[~np.isnan(found)]) == {1.0}


def test_without_a_cost_of_war_there_is_no_deal(share) -> None:
    found, end = share(attacker__cost_of_war_per_year=0, defender__cost_of_war_per_year=0, days=365)
    assert np.isnan(found[0])
    assert end["nearest_slack"][0] == pytest.approx(0.0, abs=1e-12)


def test_with_boundless_fear_there_is_no_deal(share) -> None:
    """Unless a peace that fighting brings is as fragile: then fear speaks against fighting as much as against a deal."""
    fear = {"hazard": 1.0, "attacker__renewed_war_loss": 10, "defender__renewed_war_loss": 10}
    assert np.isnan(share(**fear, days=365)[0][0])
    found, _ = share(**fear, peace_of_fighting=None)
    assert found[0] == pytest.approx(0.5, abs=0.5 / STEPS)


@pytest.mark.parametrize("hazard", [0.0, 0.5])
def test_a_peace_that_fighting_brings_may_have_a_hazard_of_its_own(share, hazard: float) -> None:
    """Fighting on brings the expected terms for as long as that peace lasts, and else the war again."""
    found, end = share(fought_hazard_per_year=hazard, peace_of_fighting=None)
    lasts = (1 - np.exp(-hazard)) / hazard if hazard else 1.0
    value = (lasts * 0.5 - 0.1 * YEAR) / lasts
    assert end["value_of_fighting"][:, 0] == pytest.approx([value, value], abs=1e-12)
    assert found[0] == pytest.approx(0.5, abs=0.5 / STEPS)
    as_fragile, _ = share(fought_hazard_per_year=hazard, peace_of_fighting="fortress")
    assert as_fragile[0] == found[0]


def lasting(hazard: float) -> float:
    """Return the share of a year for which a deal lasts, as section 7.10 of the description has it."""
    ends = (np.arange(13) / 12) ** 3
    return float(np.sum(np.diff(ends) * np.exp(-hazard * (ends[:-1] + ends[1:]) / 2)))


def recruits_at_the_threshold(day: int, hazard: float, cost: float, leverage: float) -> float:
    """Return how many recruits a month just keep the defender from a deal (Powell 2006).

    A truce lets the attacker's force grow, and its power with it by `shift`. The defender would have to be given more than
    all that there is, while the truce lasts, where `(1 - lasting)/lasting * shift > power + cost`.
    """
    share = lasting(hazard)

    def short(recruits: float) -> float:
        force = 400_000 + recruits / 30.4375 * (day + 1)
        stronger = np.log((force + 12 * recruits) / force)
        shift = 1 / (1 + np.exp(-leverage * stronger)) - 0.5
        return float((1 - share) / share * shift - (0.5 + cost * YEAR))

    low, high = 1.0, 1e6
    for _ in range(80):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if short(middle) < 0 else (low, middle)
    return low


@pytest.mark.parametrize(("hazard", "cost"), [(2.0, 0.1), (3.0, 0.05)])
def test_a_foreseen_shift_that_re_arming_makes_ends_deals_at_the_threshold(share, hazard: float, cost: float) -> None:
    edge = recruits_at_the_threshold(27, hazard, cost, leverage=2.0)
    assert 1_000 < edge < 500_000
    settings = {
        "hazard": hazard, "leverage": 2.0, "days": 29, "attacker__cost_of_war_per_year": cost,
        "defender__cost_of_war_per_year": cost, "manpower__attacker__pool_persons": 100_000_000,
    }  # fmt: skip
    below, _ = share(**settings, manpower__attacker__intake_per_month=0.98 * edge)
    above, end = share(**settings, manpower__attacker__intake_per_month=1.02 * edge)
    assert below[0] == 0.0, "just below, the attacker gives all that there is"
    assert np.isnan(above[0])
    assert end["talks_opened"][0] == 1


@pytest.mark.parametrize("spread", [0.1, 0.2])
def test_take_it_or_leave_it_with_uniform_private_costs(share, spread: float) -> None:
    """The offer and the chance of war are those of Fearon 1995: half of those who would take the best offer are risked."""
    found, end = share(
        4000, 29, rule="screening", resolve_law="uniform", defender__resolve_sd=spread, defender__cost_of_war_per_year=0.2
    )
    half = np.sqrt(3) * spread
    own, other = 0.5 - 0.1 * YEAR, 0.5 - 0.2 * YEAR
    offer = min(max((own + 1 - other + half) / 2, 1 - other - half), 1.0)
    war = 1 - np.clip((1 - other - offer + half) / (2 * half), 0, 1)
    assert 0.05 < war < 0.6
    assert set(found[~np.isnan(found)]) <= {np.floor(offer * STEPS) / STEPS, np.ceil(offer * STEPS) / STEPS}
    assert np.isnan(found).mean() == pytest.approx(war, abs=3 * np.sqrt(war / 4000) + 1 / STEPS / half)
    assert np.array_equal(end["offers_refused"] == 1, np.isnan(found))


def test_refused_offers_improve(share) -> None:
    settings = {"rule": "screening", "defender__resolve_sd": 0.3}
    first, _ = share(2000, 29, **settings)
    later, end = share(2000, 365, **settings)
    given = {count: float(np.nanmean(later[end["offers_refused"] == count])) for count in (0, 1, 2, 3)}
    assert given[0] > given[1] > given[2] > given[3], "the attacker keeps less for every refusal"
    np.testing.assert_array_equal(later[~np.isnan(first)], first[~np.isnan(first)])


def test_a_symmetric_war_has_symmetric_shares(share) -> None:
    for rule in ("nash", "kalai_smorodinsky", "egalitarian"):
        assert share(rule=rule)[0][0] == pytest.approx(0.5, abs=1e-12)
    found, _ = share(
        4000, 365, rule="screening", attacker__resolve_sd=0.1, defender__resolve_sd=0.1, attacker_proposes_share=0.5
    )
    share_of_attacker = found[~np.isnan(found)]
    assert share_of_attacker.mean() == pytest.approx(0.5, abs=4 * share_of_attacker.std() / np.sqrt(len(share_of_attacker)))
