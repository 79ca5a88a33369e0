"""What follows a signature: how long ceasefires last and why they break, checked against closed forms and on paired luck.

Figures: `pytest -m 'ensembles or not long' -s tests/test_ceasefires.py`; the tables: `pytest -m long -s ...`.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.engine.world import Setting
from sim.model import simulate
from sim.model.regimes import institutions_effect
from sim.scenario import Scenario
from tests.certain import certain
from tests.test_bargaining_statics import both, neutral, paired

DAYS = 400
# Talks open at the first review and a deal is signed at the second.
BEGINS = 28
Tree = dict[str, Any]
Change = Callable[[Tree], None]
Run = dict[str, Any]

BARE = {
    "zone_width_km": 0, "guards": 0, "deploy_days": 0, "credibility": 0, "guarantee": 0, "monitoring": 0,
    "joint_commission": 0, "watches": 0,
}  # fmt: skip


# The same clock and the same guards in all histories; a clock that never strikes.
CLOCK = {"early_hazard": 1.5, "early_days": 13, "later_hazard_per_year": 0.13, "presence_share": 0}
NEVER = {"early_hazard": 0, "later_hazard_per_year": 0}


def ceasefire_at_once(regime: Tree, knobs: Tree | None = None, change: Change = lambda tree: None) -> Change:
    """Return what makes of the baseline a war that both leave at once, so that its ceasefire is all that differs.

    `regime` are the parts that the one regime has beside a bare truce, `knobs` those of the section `ceasefire`.
    """

    def apply(tree: Tree) -> None:
        section = tree["negotiation"]
        section["issues"]["security"]["options"] = [
            {"id": "truce", "regime": "truce", "values": {"attacker": 0.5, "defender": 0.5}}
        ]
        section["red_lines"] = []
        section.update(ripeness=0, rule="nash", peace_of_fighting=None)
        for side in ("attacker", "defender"):
            section[side].update(cost_of_war_per_year=5, foreign_troops_price=0, leader_change_per_year=0)
            # Or else no one would sign what is known to break, and lets the other arm.
            section[side].update(renewed_war_loss=0, trust_years=0.05)
            tree["collapse"][side]["hazard_per_year"] = 0
        section["talks"].update(open_per_year=1_000, agree_per_year=1_000, fail_per_year=0, suspend_per_year=0)
        quiet = {"strategic_effect": 0, "incident_effect": 0, "imposed_effect": 0, "inconsistency_effect": 0}
        tree["ceasefire"] = {**certain(tree["ceasefire"]), **CLOCK}
        # No land is handed over, unless that is what is looked at.
        del tree["ceasefire"]["handover_days"], tree["ceasefire"]["land_overdue_effect"]
        for side in ("attacker", "defender"):
            del section[side]["withholds_land_share"]
        tree["ceasefire"].update({**quiet, "withdrawal_days": 0, "institutions": 1, **(knobs or {})})
        tree["ceasefire"]["regimes"] = [{"id": "truce", **BARE, **regime}]
        tree.pop("expect")
        change(tree)

    return apply


def ran(scenario: Scenario[Any], n: int = 1_000, days: int = DAYS, landmarks: tuple[int, ...] = ()) -> Run:
    """Run a scenario; return its fields at the end, and with `landmarks` those of these days in `past`."""
    setting = Setting(scenario.world.start_date, days, 1, np.arange(n, dtype=np.int64), landmarks=tuple({*landmarks, days}))
    world, drawn = simulate(scenario, setting)
    end: Run = dict(world.recorder.snapshots[days])
    end["past"], end["drawn"], end["world"] = world.recorder.snapshots, drawn, world
    return end


@pytest.fixture
def truce(variant) -> Callable[..., Run]:
    """Run ceasefires that begin at once: truce(regime, knobs)."""

    def truce(regime: Tree, knobs: Tree | None = None, **how: Any) -> Run:
        end = ran(variant(ceasefire_at_once(regime, knobs)), **how)
        assert (end["deal_day"] == BEGINS).all()
        return end

    return truce


# 9. What makes a ceasefire last


PARTS = {
    "zone": [{"zone_width_km": width} for width in (0, 5, 20, 40)],
    "guards": [{"guards": guards, "credibility": 0.7} for guards in (0, 10_000, 60_000, 150_000)],
    "credible guards": [{"guards": 60_000, "credibility": share} for share in (0, 0.5, 1)],
    "guarantee": [{"guarantee": share, "credibility": 0.7} for share in (0, 0.5, 1)],
    "monitoring": [{"monitoring": share} for share in (0, 0.5, 1)],
    "commission": [{"joint_commission": share} for share in (0, 0.5, 1)],
    "quick guards": [{"guards": 60_000, "credibility": 0.7, "deploy_days": days} for days in (180, 60, 0)],
}


@pytest.mark.ensembles
@pytest.mark.parametrize("part", PARTS)
def test_a_ceasefire_lasts_longer_with_more_of_a_part_and_never_shorter(truce, part: str) -> None:
    lengths = [truce(regime)["first_ceasefire_days"] for regime in PARTS[part]]
    print(f"9  {part}: days of the first {DAYS - BEGINS} in the first ceasefire "
          + ", ".join(f"{days.mean():.1f}" for days in lengths))  # fmt: skip
    for less, more in itertools.pairwise(lengths):
        # On the same luck no ceasefire breaks earlier, and the mean gains.
        assert (more >= less).all()
        gain = paired(less, more)
        assert gain.mean > 5 * gain.se


@pytest.mark.ensembles
@pytest.mark.parametrize("part", PARTS)
def test_where_institutions_do_not_matter_no_part_does(truce, part: str) -> None:
    least, most = (truce(regime, {"institutions": 0}, n=400) for regime in (PARTS[part][0], PARTS[part][-1]))
    np.testing.assert_array_equal(least["first_ceasefire_days"], most["first_ceasefire_days"])
    assert 0.1 < (least["collapse_cause"] >= 0).mean() < 0.95


def test_the_hazard_falls_with_time(truce) -> None:
    days = truce({}, n=4_000)["first_ceasefire_days"]
    edges = [0, 7, 30, 91, 365]
    rates = [
        ((days > begin) & (days <= end)).sum() / np.clip(days - begin, 0, end - begin).sum()
        for begin, end in itertools.pairwise(edges)
    ]
    print("9  collapses a day in the first week, month, quarter, year: " + ", ".join(f"{rate:.4f}" for rate in rates))
    assert all(later < 0.8 * earlier for earlier, later in itertools.pairwise(rates))


# 10. Imposed ceasefires, and terms far from the balance of power


@pytest.mark.ensembles
def test_imposed_ceasefires_come_earlier_and_break_sooner(load) -> None:
    free, pressed = (ran(load("baseline", *both("outside_pressure", pressure)), 2_000, 731) for pressure in (0, 0.05))
    when = [np.where(end["deal_day"] >= 0, end["deal_day"], 731.0) for end in (free, pressed)]
    earlier = paired(*when)
    imposed = [end["deal_imposed"][end["deal_day"] >= 0].mean() for end in (free, pressed)]
    print(f"10 pressure on both: first deal {earlier} days; share imposed {imposed[0]:.3f}, {imposed[1]:.3f}")
    assert earlier.mean < -5 * earlier.se
    assert imposed[1] > 0.3 > imposed[0]
    # The same histories up to the first signature; then only the imposed ones break sooner.
    mild = ran(load("baseline", *both("outside_pressure", 0.05), "ceasefire.imposed_effect=0"), 2_000, 731)
    forced, signed = pressed["deal_imposed"] > 0, pressed["deal_day"] >= 0
    np.testing.assert_array_equal(pressed["deal_day"], mild["deal_day"])
    shorter = paired(mild["first_ceasefire_days"][forced], pressed["first_ceasefire_days"][forced])
    print(f"10 first ceasefire of an imposed deal, effect 0.8 against 0: {shorter} days")
    assert shorter.mean < -5 * shorter.se
    others = signed & ~forced
    np.testing.assert_array_equal(pressed["first_ceasefire_days"][others], mild["first_ceasefire_days"][others])
    assert others.sum() > 100


def unfair(option: str) -> Change:
    """Return what leaves one option about land, and lets fighting cost no more than it did once the ceasefire holds."""

    def change(tree: Tree) -> None:
        # Or else what land is worth differs too, and how far land is from the balance with it.
        section = tree["negotiation"] = certain(tree["negotiation"])
        territory = section["issues"]["territory"]
        territory["options"] = {option: territory["options"][option]}
        section["forbidden"] = []
        dear = {side: {"set": 5, "for_days": BEGINS} for side in ("attacker", "defender")}
        effect = {f"negotiation.{side}.cost_of_war_per_year": change for side, change in dear.items()}
        start = {"when": {"date": datetime.date(2024, 12, 4)}, "probability": 1}
        tree["events"] = [{"id": "costs", **start, "effect": effect}]
        for side, cost in (("attacker", 0.043), ("defender", 0.113)):
            # Neither is held back by what it would lose in a renewed war.
            section[side].update(cost_of_war_per_year=cost, renewed_war_loss=-0.05)

    return change


@pytest.mark.ensembles
def test_terms_far_from_the_balance_of_power_break_sooner(variant) -> None:
    ends = {
        option: ran(variant(ceasefire_at_once({}, {"strategic_effect": 5}, unfair(option))))
        for option in ("line_of_contact", "four_regions", "line_of_2022")
    }
    fair = ends.pop("line_of_contact")
    for option, end in ends.items():
        assert (end["deal_day"] == BEGINS).all()
        change = paired(fair["first_ceasefire_days"], end["first_ceasefire_days"])
        broken = [(one["collapse_cause"] == 1).mean() for one in (fair, end)]
        print(f"10 {option} instead of the line of contact: first ceasefire {change} days; ", end="")
        print(f"broken by temptation {broken[1]:.3f} instead of {broken[0]:.3f}")
        assert change.mean < -5 * change.se


# 11. Costs and losses doubled together


@pytest.mark.ensembles
def test_doubling_all_costs_and_losses_leaves_the_terms_nearly_unchanged(variant) -> None:
    """Where both sides bear alike: what shifts the terms is that one bears more, not how much both do."""

    def terms(**factors: float) -> Run:
        def change(tree: Tree) -> None:
            neutral(20)(tree)
            # Losses felt alike: a year's are those of the start.
            tree["support"]["attacker"]["year_casualties_persons"] = 540_000
            for side in ("attacker", "defender"):
                factor = factors.get(side, 1)
                tree["negotiation"][side].update(cost_of_war_per_year=0.08 * factor, renewed_war_loss=0.05 * factor)

        end = ran(variant(change), 1_000, 731)
        end["tilt"] = np.where(end["deal_day"] >= 0, end["conceded"][1] - end["conceded"][0], np.nan)
        return end

    usual = terms()
    ends = {"both": terms(attacker=2, defender=2), "attacker": terms(attacker=2), "defender": terms(defender=2)}
    moved = {who: paired(usual["tilt"], end["tilt"]) for who, end in ends.items()}
    deals = ", ".join(f"{(end['deal_day'] >= 0).mean():.3f}" for end in (usual, *ends.values()))
    print("11 tilt to the attacker, costs and losses doubled of " + "; ".join(f"{who}: {by}" for who, by in moved.items()))
    print(f"11 deals: {deals}")
    assert moved["attacker"].mean < -5 * moved["attacker"].se
    assert moved["defender"].mean > 5 * moved["defender"].se
    assert abs(moved["both"].mean) < 0.25 * min(abs(moved[side].mean) for side in ("attacker", "defender"))


# The clock of the hazard, and the incidents


@pytest.mark.ensembles
def test_collapse_times_follow_the_closed_form(truce) -> None:
    regime = {"zone_width_km": 10, "monitoring": 0.5}
    end = truce(regime, n=4_000)
    days = end["first_ceasefire_days"]

    knobs = end["drawn"].knobs("ceasefire")
    effect = institutions_effect(knobs, {name: np.asarray([float(part)]) for name, part in {**BARE, **regime}.items()})[0]
    early, later = knobs.early_hazard[0] * np.exp(effect), knobs.later_hazard_per_year[0] * np.exp(effect)

    def survival(day: Any) -> Any:
        first = 1 - np.exp(-np.asarray(day) / knobs.early_days[0])
        return np.exp(-(early * first + later * np.asarray(day) / 365.25))

    # A day holds all times between its two evenings: spread evenly over them, the survival is uniform.
    watched = DAYS - BEGINS
    broke = days[days < watched]
    spread = np.random.default_rng(1).uniform(size=len(broke))
    uniform = survival(broke) + spread * (survival(broke - 1) - survival(broke))
    last = survival(watched - 1)
    found = stats.kstest(uniform, stats.uniform(last, 1 - last).cdf)
    print(f"collapse times: {len(broke)} of 4,000 broke, distance {found.statistic:.4f}, p {found.pvalue:.3f}")
    assert found.pvalue > 0.01
    assert stats.kstest(uniform**1.2, stats.uniform(last, 1 - last).cdf).pvalue < 0.001, (
        "the test sees a hazard wrong by a fifth"
    )


MOVING = {
    "strategic_effect": 5, "incident_effect": 0.4, "imposed_effect": 0.8, "inconsistency_effect": 0.5, "withdrawal_days": 14,
}  # fmt: skip
GUARDED = {"zone_width_km": 20, "guards": 30_000, "credibility": 0.7, "deploy_days": 90, "monitoring": 1}


def test_in_the_time_of_its_hazard_a_collapse_is_exponential(variant) -> None:
    """With all that moves the hazard, what it has cumulated at a collapse is exponential with mean 1 (time change)."""
    watched = 120
    days = tuple(range(BEGINS, BEGINS + watched + 1))
    end = ran(variant(ceasefire_at_once(GUARDED, MOVING)), 1_500, days[-1], landmarks=days)
    clock = np.stack([end["past"][day]["cumulated_hazard"] for day in days])
    length, lanes = end["first_ceasefire_days"].astype(int), np.arange(1_500)
    assert clock[40].std() > 0.1 * clock[40].mean(), "the hazard differs from history to history"
    broke = length < watched
    at, before = clock[length, lanes][broke], clock[length - 1, lanes][broke]
    limit = clock[:, ~broke][-1]
    # Randomised residuals; what did not break is spread over all that it had yet to endure.
    luck = np.random.default_rng(1)
    survived = np.exp(-np.concatenate([before, limit]))
    least = np.concatenate([np.exp(-at), np.zeros(len(limit))])
    uniform = least + luck.uniform(size=len(least)) * (survived - least)
    found = stats.kstest(uniform, "uniform")
    print(f"rescaled time: {broke.sum()} of 1,500 broke, distance {found.statistic:.4f}, p {found.pvalue:.3f}")
    assert found.pvalue > 0.01
    assert stats.kstest(uniform**1.2, "uniform").pvalue < 0.01, "the test sees a hazard wrong by a fifth"


def test_incidents_have_the_mean_and_the_dispersion_that_are_declared(truce) -> None:
    spread, branching = 0.8, 0.5
    knobs = NEVER | {"incidents_per_day": 1_000, "incident_log_sd": spread, "incident_branching": branching}
    days = tuple(range(BEGINS, DAYS))
    past = truce(GUARDED | {"deploy_days": 0}, knobs, n=400, landmarks=days)["past"]
    counts = np.stack([past[day]["incidents"] for day in days[1:]])
    section = {"zone": 1 - np.exp(-20 / 8), "presence": 1 - np.exp(-30_000 / 1_100 / 60)}
    mean = 1_000 * np.exp(-0.9 * section["zone"] - 0.9 * section["presence"] * 0.7 - 0.3)
    swing = np.exp(spread**2)
    variance = swing * (1 - branching**2) / (1 - branching**2 * swing) - 1
    late = counts[60:]
    by_history = late.mean(axis=0)
    error = by_history.std(ddof=1) / np.sqrt(len(by_history))
    relative = (late / mean - 1) ** 2
    wide, wide_error = relative.mean(), relative.mean(axis=0).std(ddof=1) / np.sqrt(relative.shape[1])
    lag = ((late[1:] / mean - 1) * (late[:-1] / mean - 1)).mean() / wide
    print(f"incidents a day {late.mean():.1f} ({error:.1f}), declared {mean:.1f}; ", end="")
    print(f"relative variance {wide:.3f} ({wide_error:.3f}), declared {variance:.3f}; ", end="")
    print(f"correlation with the day before {lag:.3f}, declared {branching}")
    assert abs(late.mean() - mean) < 3 * error
    assert abs(wide - variance) < 3 * wide_error
    assert abs(lag - branching) < 0.05
    assert variance * mean > 100, "far more than Poisson's"


# The state of the war through ceasefires


CYCLES = {"early_hazard": 3, "later_hazard_per_year": 4, "mobilized_share": 0.5}


@pytest.fixture
def cycles(variant) -> Run:
    """Return wars that stop and begin again many times, day by day."""

    return ran(variant(ceasefire_at_once({}, CYCLES)), 200, DAYS, landmarks=tuple(range(DAYS)))


def test_in_a_ceasefire_no_one_is_lost_no_ground_moves_and_forces_rebuild(cycles: Run) -> None:
    past = cycles["past"]
    quiet = np.stack([past[day]["at_war"] for day in range(DAYS)]) == 0
    both_quiet = quiet[:-1] & quiet[1:]
    assert both_quiet.sum() > 5_000

    def change(field: str) -> Any:
        return np.diff(np.stack([past[day][field] for day in range(DAYS)]), axis=0)

    assert (change("held_area")[both_quiet] == 0).all()
    for field in ("cumulative_casualties", "killed", "fired_days", "deserted"):
        assert (change(field)[np.broadcast_to(both_quiet[:, None], change(field).shape)] == 0).all(), field
    for side in range(2):
        assert change("force")[:, side][both_quiet].mean() > 100
        assert (change("force")[:, side][both_quiet] >= 0).all()


def test_the_state_is_continuous_where_the_war_begins_and_ends(cycles: Run) -> None:
    past = cycles["past"]
    at_war = np.stack([past[day]["at_war"] for day in range(DAYS)])
    turns = np.argwhere(np.diff(at_war, axis=0) != 0)
    assert len(turns) > 500
    steps = {}
    for field in ("force", "held_area", "stock_days", "fire"):
        values = np.stack([past[day][field] for day in range(DAYS)])
        jumps = np.abs(np.diff(values, axis=0))
        scale = np.abs(values).max()
        steps[field] = max(jumps[day, ..., lane].max() for day, lane in turns) / scale
    print(f"largest step of a day around {len(turns)} turns, of the largest value: "
          + ", ".join(f"{field} {step:.4f}" for field, step in steps.items()))  # fmt: skip
    assert all(steps[field] < 0.02 for field in ("force", "held_area", "stock_days"))


def test_persons_and_arms_are_conserved_through_several_cycles(cycles: Run) -> None:
    assert (cycles["ceasefires"] >= 3).mean() > 0.5
    start, end = cycles["past"][0], cycles["past"][DAYS]
    at_end = sum(end[field] for field in ("force", "pool", "in_training", "recovering", "killed", "invalided", "deserted"))
    at_start = sum(
        start[field] for field in ("force", "pool", "in_training", "recovering", "killed", "invalided", "deserted")
    )
    np.testing.assert_allclose(at_end, at_start, rtol=1e-12)
    np.testing.assert_allclose(
        end["delivered_beur"] + end["in_transit_beur"] + end["cancelled_beur"], end["pledged_beur"], rtol=1e-9
    )


def test_all_endings_are_reachable_and_their_shares_add_to_1(load, ensemble) -> None:
    scenario = load("baseline", "collapse.defender.force_share=0.75", "collapse.attacker.force_share=0.8")
    endings = ensemble(scenario, 1_000, 1_096).outcomes["ending"]
    shares = {ending: float((endings == ending).mean()) for ending in np.unique(endings)}
    print(f"shares of endings where armies collapse more easily: {shares}")
    assert set(shares) == {"war_goes_on", "attacker_collapsed", "defender_collapsed", "ceasefire_in_force", "war_again"}
    assert sum(shares.values()) == pytest.approx(1, abs=1e-12)
    assert min(shares.values()) > 0.01
