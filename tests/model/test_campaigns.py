"""Campaigns: postures in their order and for their reasons, plans that only their side knows of, wars that go to and fro."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from sim.model import WarScenario
from sim.scenario import ScenarioError, load_scenario
from tests.conftest import with_tree

Load, Play, Tree = Callable[..., Any], Callable[..., Any], dict[str, Any]

HOLD, PREPARE, STRIKE, REST = range(4)
EXAMPLE = "examples/change_of_initiative"
SIDES = ("attacker", "defender")
QUIET = {
    "attrition.tempo_change_log_sd": 0, "attrition.noise_log_sd": 0, "front.advance_sd_km2_per_day": 0,
}  # fmt: skip


@pytest.fixture
def initiative(tmp_path: Any) -> Callable[..., Any]:
    """Load the example of two equal sides after changes."""

    def load(edit: Callable[[Tree], object] = lambda tree: None, quiet: bool = False) -> Any:
        base = load_scenario(EXAMPLE, WarScenario)
        tree = copy.deepcopy(base.tree)
        for path, value in QUIET.items() if quiet else ():
            section, name = path.split(".")
            tree[section][name] = value
        edit(tree)
        return with_tree(base, tree, tmp_path / "initiative.yaml")

    return load


def campaign(**values: Any) -> Tree:
    return {
        "begins_per_year": 1000, "prospect": -5, "prepare_days": 20, "strike_intensity": 1.5, "between_intensity": 0.4,
        "longest_days": 30, "rest_days": 40,
    } | values  # fmt: skip


def campaigns(**sides: Tree) -> Callable[[Tree], None]:
    return lambda tree: tree["front"].update(campaigns=sides)


def course(past: Any, side: int = 0, replication: int = 0) -> list[tuple[int, int]]:
    """The days on which a side takes up a posture, with the posture; on day 0 that of the start."""
    posture = past.of("posture")[1:, side, replication]
    days = [0, *(np.flatnonzero(np.diff(posture)) + 1)]
    return [(int(day), int(posture[day])) for day in days]


# Postures


def test_a_campaign_runs_its_course(calm: Load, play: Play) -> None:
    past = play(calm("front.counter_attack_share=0.5", edit=campaigns(attacker=campaign())), 120)
    # Looks are on days 7, 14, ...: 20 days of preparation end on day 28, 30 days of attack on day 63, 40 of rest on 105.
    assert course(past) == [(0, HOLD), (7, PREPARE), (28, STRIKE), (63, REST), (105, HOLD), (112, PREPARE)]
    assert course(past, 1) == [(0, HOLD)]
    assert past.told("prepares") == [7, 112]
    assert past.told("strikes") == [28]
    assert past.told("culminates") == [63]
    assert past.told("is ready again") == [105]
    intensity = past.of("intensity")[1:, :, 0]
    assert intensity[:, 0] == pytest.approx(np.where(past.of("posture")[1:, 0, 0] == STRIKE, 1.5, 0.4))
    assert intensity[:, 1] == pytest.approx(np.full(120, 0.5)), "a side without campaigns keeps its usual attack"


@pytest.mark.parametrize(
    ("at_start", "expected"),
    [
        ("hold", [(0, HOLD), (7, PREPARE)]),
        ("prepare", [(0, PREPARE), (21, STRIKE)]),
        ("strike", [(0, STRIKE), (35, REST)]),
        ("rest", [(0, REST), (42, HOLD), (49, PREPARE)]),
    ],
)
def test_a_side_begins_as_it_is_said_to(calm: Load, play: Play, at_start: str, expected: Any) -> None:
    past = play(calm(edit=campaigns(defender=campaign(at_start=at_start))), 50)
    assert course(past, 1)[: len(expected)] == expected


def test_no_campaign_begins_without_a_prospect_or_a_will(calm: Load, play: Play) -> None:
    for values in ({"prospect": 50}, {"begins_per_year": 0}):
        assert course(play(calm(edit=campaigns(attacker=campaign(**values))), 100)) == [(0, HOLD)]


def test_it_begins_at_its_rate_by_its_own_luck(calm: Load, play: Play) -> None:
    from sim.engine.draws import Draws

    n, rate = 500, 10.0
    past = play(calm(edit=campaigns(attacker=campaign(begins_per_year=rate))), 29, n=n)
    luck = Draws(1, np.arange(n)).uniform("front/campaign/attacker", in_turn=True)
    begins = np.stack([luck.at(week) < 1 - np.exp(-rate * 7 / 365.25) for week in (1, 2, 3)])
    assert np.array_equal(past.of("posture")[22, 0] == PREPARE, begins.any(axis=0))


def test_the_prospect_is_that_of_its_own_strike_beyond_the_advantage(calm: Load, play: Play) -> None:
    knobs = ("front.defenders_advantage=0.3", "front.counter_attack_share=0.5")
    usual = play(calm(*knobs), 8)
    drive = usual.of("drive")[7, 0]
    for side, sign in enumerate((1, -1)):
        # Without massing, the drive of the evening before is what both sides see.
        edge = sign * drive - 0.3
        for below, sees in ((1e-6, True), (-1e-6, False)):
            own = (
                campaign(strike_intensity=1, between_intensity=1)
                if side == 0
                else campaign(strike_intensity=0.5, between_intensity=0.5)
            )
            edit = campaigns(**{SIDES[side]: own | {"prospect": float(edge - below)}})
            past = play(calm(*knobs, edit=edit), 8)
            assert (course(past, side)[-1] == (7, PREPARE)) == sees


def test_a_side_drops_its_plans_when_the_prospect_is_gone(calm: Load, play: Play) -> None:
    def edit(tree: Tree) -> None:
        campaigns(attacker=campaign(prepare_days=100, prospect=0))(tree)
        tree["events"] = [
            {"id": "wall", "when": {"date": date(2024, 12, 20)}, "effect": {"front.defenders_advantage": {"set": 20}}}
        ]

    past = play(calm(edit=edit), 60)
    assert course(past) == [(0, HOLD), (7, PREPARE), (21, HOLD)]
    assert past.told("drops plans") == [21]


@pytest.mark.parametrize("what", ["mud", "fire", "force"])
def test_what_a_strike_waits_for(calm: Load, play: Play, what: str) -> None:
    needs = {"fire": {"needs_fire_share": 0.95}, "force": {"needs_force_share": 1.05}, "mud": {}}[what]
    months = "[12, 1]" if what == "mud" else "[]"
    scenario = calm(f"front.mud_months={months}", edit=campaigns(attacker=campaign(**needs)))
    (day, posture), *_ = course(play(scenario, 80))[2:] or [(80, STRIKE)]
    past = play(scenario, 80)
    assert course(past)[1] == (7, PREPARE)
    assert posture == STRIKE
    assert day > 28
    # The week before it could not.
    ready = {
        "mud": lambda look: look >= 59,
        "fire": lambda look: past.of("ready_fire")[look, 0, 0] >= 0.95,
        "force": lambda look: past.of("force")[look, 0, 0] >= 1.05 * past.of("reference_force")[look, 0, 0],
    }[what]
    assert not any(ready(look) for look in range(28, day, 7))
    assert day == 80 or ready(day)


@pytest.mark.parametrize("cause", ["heavy losses", "stocks run down", "as planned"])
def test_a_strike_culminates_for_its_reason(calm: Load, play: Play, cause: str) -> None:
    ends = {
        "heavy losses": {"culminates_loss_share": 0.05},
        "stocks run down": {"culminates_fire_share": 0.85},
        "as planned": {},
    }[cause]  # fmt: skip
    strike = campaign(at_start="strike", longest_days=200, strike_intensity=2) | ends
    past = play(calm("arms.attacker.production_fire_days_per_month=0", edit=campaigns(attacker=strike)), 250)
    event = next(event for event in past.world.recorder.events if event.kind == "culminates")
    assert event.values["cause"] == cause
    day = int(event.day)
    assert course(past)[1] == (day, REST)
    assert event.values["days"] == day
    assert event.values["km2"] == pytest.approx(past.of("held_area")[day, 0] - past.of("held_area")[0, 0])
    over = {
        "heavy losses": lambda look: (
            past.of("cumulative_casualties")[look, 0, 0]
            > 0.05 * (past.of("force")[look, 0, 0] + past.of("cumulative_casualties")[look, 0, 0])
        ),
        "stocks run down": lambda look: past.of("ready_fire")[look, 0, 0] < 0.85,
        "as planned": lambda look: look >= 200,
    }[cause]
    assert [look for look in range(7, day + 1, 7) if over(look)] == [day]


def test_postures_only_ever_follow_one_another(varied: Load, play: Play) -> None:
    past = play(varied(), 700, n=40)
    posture = past.of("posture")[1:]
    known = {(HOLD, PREPARE), (PREPARE, HOLD), (PREPARE, STRIKE), (STRIKE, REST), (REST, HOLD)}
    fighting = past.of("at_war")[1:] > 0
    met = set()
    for side in (0, 1):
        changes = np.argwhere(np.diff(posture[:, side], axis=0) != 0)
        for day, history in changes:
            assert (day + 1) % 7 == 0
            if fighting[day, history]:
                met.add((int(posture[day, side, history]), int(posture[day + 1, side, history])))
        assert (posture[7:, side][~fighting[:-7]] == HOLD).all(), "after the war no one has plans"
    assert met <= known
    assert met >= known - {(PREPARE, HOLD)}


# Plans


def planned(past: Any) -> np.ndarray:
    return past.of("planned_ground")[1:, :, 0]


def test_what_is_prepared_is_counted_on_until_it_begins(calm: Load, play: Play) -> None:
    past = play(calm("front.concentration=1", edit=campaigns(attacker=campaign(prepare_days=40))), 100)
    assert course(past)[1:3] == [(7, PREPARE), (49, STRIKE)]
    ground = planned(past)
    assert (ground[:, 1] == 0).all(), "only its own side counts on it"
    assert (ground[7:49, 0] > 0).all()
    assert (np.delete(ground[:, 0], range(7, 49)) == 0).all()
    assert len(set(ground[7:49, 0].tolist())) == 6, "it is worked out once a week"


def test_an_offensive_that_will_come_is_counted_on_from_some_days_before(calm: Load, play: Play) -> None:
    def edit(tree: Tree) -> None:
        tree["front"]["offensives"] = [
            {"id": "push", "side": "defender", "date": date(2025, 3, 4), "days": 30, "intensity": 3, "probability": 0.5}
        ]

    overrides = ("front.concentration=2", "front.plans_ahead_days=45")
    past = play(calm(*overrides, edit=edit), 120, n=30)
    ground = past.of("planned_ground")[1:]
    comes = past.of("intensity")[92, 1] > 1
    assert 5 < comes.sum() < 25
    assert (ground[:, 0] == 0).all()
    assert (ground[:, 1, ~comes] == 0).all(), "what will not come is not counted on"
    # It is dated day 90: of the looks that on day 49 is the first within 45 days, that on day 84 the last before it.
    assert (ground[49:91, 1][:, comes] > 0).all()
    assert (ground[:49, 1] == 0).all()
    assert (ground[91:, 1] == 0).all()


def test_the_planned_ground_is_what_the_strike_adds_at_the_pace_of_today(calm: Load, play: Play) -> None:
    still = (
        "front.force_elasticity=0", "front.fire_elasticity=0", "front.concentration=1", "front.advance_km2_per_day=9",
        "front.advance_settled_km2_per_day=9",
    )  # fmt: skip
    own = campaign(prepare_days=40, strike_intensity=1.6, between_intensity=0.5, longest_days=50)
    past = play(calm(*still, edit=campaigns(attacker=own)), 80)
    # What is left of the pace without its noise: between strikes, and in one.
    between, strike = (past.of("pace")[day, 0] - past.of("fading_pace")[day, 0] for day in (49, 61))
    assert planned(past)[42, 0] == pytest.approx(50 * (strike - between), rel=1e-9)


def test_only_its_own_side_is_the_bolder_for_a_plan(varied: Load, play: Play) -> None:
    def war(*offensives: Tree) -> Any:
        def edit(tree: Tree) -> None:
            tree["front"]["offensives"] = list(offensives)
            tree["negotiation"]["talks"]["open_per_year"] = 0
            del tree["front"]["campaigns"]

        return play(varied("front.plans_ahead_days=150", edit=edit, negotiation=True), 100, n=20)

    push = {"id": "push", "date": date(2025, 4, 1), "days": 60, "intensity": 3, "probability": 1}
    without = war()
    for row, side in enumerate(SIDES):
        past = war({**push, "side": side})
        for field in ("held_area", "casualties", "fire", "believed_drift", "believed_balance", "resolve", "weariness"):
            assert np.array_equal(past.of(field), without.of(field)), field
        value, usual = past.of("value_of_fighting"), without.of("value_of_fighting")
        assert np.array_equal(value[:, 1 - row], usual[:, 1 - row]), "the other side knows nothing of it"
        assert (past.of("planned_ground")[50:, row] > 0).all()
        assert (value[50:, row] > usual[50:, row]).mean() > 0.9
        assert (value[:, row] >= usual[:, row]).all()


# Wars that go to and fro


def swapped(tree: Tree) -> None:
    """Let either side be in the place of the other."""
    for section in ("arms", "manpower", "attrition", "collapse"):
        tree[section]["attacker"], tree[section]["defender"] = tree[section]["defender"], tree[section]["attacker"]
    front = tree["front"]
    own, seen = front["campaigns"], "{}_reference_intensity".format
    own["attacker"], own["defender"] = own["defender"], own["attacker"]
    front[seen("attacker")], front[seen("defender")] = front[seen("defender")], front[seen("attacker")]


def unequal(tree: Tree) -> None:
    """Two sides that differ in all that they have and do."""
    tree["manpower"]["attacker"].update(force_persons=260_000, intake_per_month=9_000)
    tree["arms"]["defender"].update(fire_at_start_share=0.7, production_fire_days_per_month=14)
    tree["attrition"]["defender"].update(daily_casualties=300, fire_share=0.3)
    for name, own in tree["front"]["campaigns"].items():
        # No luck in when it begins.
        own.update(begins_per_year=1000, prospect=-3, prepare_days=30 if name == "attacker" else 50)
    tree["front"].update(held_area_km2=40_000, total_area_km2=80_000)


def test_with_sides_swapped_the_front_mirrors_itself(initiative: Any, play: Play) -> None:
    here = play(initiative(unequal, quiet=True), 500)
    there = play(initiative(lambda tree: (unequal(tree), swapped(tree)), quiet=True), 500)
    assert np.abs(here.of("advance")).max() > 5
    assert np.array_equal(here.of("posture"), there.of("posture")[:, ::-1])
    assert set(here.of("posture").ravel().tolist()) == {HOLD, PREPARE, STRIKE, REST}
    for field in ("force", "stock_days", "fire", "casualties", "intensity", "planned_ground"):
        assert here.of(field) == pytest.approx(there.of(field)[:, ::-1], rel=1e-9, abs=1e-9), field
    for field in ("advance", "pace", "drive", "balance"):
        assert here.of(field) == pytest.approx(-there.of(field), rel=1e-8, abs=1e-8), field


def test_a_war_of_equals_leads_nowhere_on_the_mean(initiative: Any, play: Play) -> None:
    def even(tree: Tree) -> None:
        for own in tree["front"]["campaigns"].values():
            own.update(at_start="hold", begins_per_year=6)

    moved = np.diff(play(initiative(even), 540, n=300).of("held_area")[[0, 180, 540]], axis=0)
    for gained in moved:
        assert gained.std() > 10
        assert abs(gained.mean()) < 4 * gained.std() / np.sqrt(300)


def test_the_initiative_changes_hands_and_the_front_comes_back(initiative: Any, play: Play) -> None:
    past = play(initiative(), 480, n=60)
    ground = past.of("held_area") - past.of("held_area")[0]
    furthest = ground[:250].max(axis=0)
    assert (furthest > 1000).all()
    back = np.abs(ground[250:]).min(axis=0) / furthest
    assert np.quantile(back, 0.9) < 0.2, "within a fifth of what was gained"
    struck = past.of("posture") == STRIKE
    assert struck.any(axis=(0, 2)).all()
    # In the lull between them stocks and forces of both fill up.
    for replication in range(60):
        lull = past.of("lull")[:, replication] == 1
        begins = int(np.argmax(lull))
        ends = begins + int(np.argmin(lull[begins:]))
        assert 0 < begins < ends
        assert (past.of("stock_days")[ends, :, replication] > past.of("stock_days")[begins, :, replication]).all()
        assert (past.of("force")[ends, :, replication] > past.of("force")[begins, :, replication]).all()
    assert past.world.recorder.events
    assert len(past.told("lull begins")) >= 1
    assert len(past.told("turn")) >= 1


def test_men_materiel_and_ground_are_kept_through_the_offensives_of_both(initiative: Any, play: Play) -> None:
    past = play(initiative(), 540, n=20)
    assert past.of("advance").min() < -5
    assert past.of("advance").max() > 5
    area = past.of("held_area") + past.of("free_area")
    assert area == pytest.approx(np.full(area.shape, 80_000.0))
    assert past.daily("held_area") == pytest.approx(past.of("advance")[1:], abs=1e-8)
    places = ("force", "pool", "in_training", "recovering", "killed", "invalided", "deserted")
    people = sum(past.of(place) for place in places)
    assert people == pytest.approx(np.broadcast_to(people[0], people.shape), rel=1e-12)
    flows = past.of("produced_days") + past.of("received_days") - past.of("fired_days")
    assert past.of("stock_days") == pytest.approx(past.of("stock_days")[0] + flows, rel=1e-9)


def test_a_lull_of_seven_months_takes_less_than_half_of_the_materiel_of_an_attack(calm: Load, play: Play) -> None:
    def months(**intensity: float) -> Any:
        def edit(tree: Tree) -> None:
            tree["front"]["offensives"] = [
                {"id": side, "side": side, "date": date(2024, 12, 4), "days": 213, "intensity": value, "probability": 1}
                for side, value in intensity.items()
            ]

        return play(calm(edit=edit), 213).of("fired_days")[-1, :, 0]

    attack, lull = months(attacker=1.3, defender=0.5), months(attacker=0.2, defender=0.1)
    print(f"materiel fired in seven months of attack {attack.round(1)}, of lull {lull.round(1)}")
    assert (lull < 0.5 * attack).all()


# What a scenario may not say


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"at_start": "attack"}, "hold"),
        ({"longest_days": 0}, "between 1 and 5000"),
        ({"strike_intensity": -1}, "between 0 and 10"),
        ({"culminates_loss_share": 2}, "between 0 and 1"),
    ],
)
def test_what_campaigns_refuse(calm: Load, values: Tree, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        calm(edit=campaigns(attacker=campaign(**values)))
