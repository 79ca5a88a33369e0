"""Tests of the reference model alone: hand-made worlds, accounts that must balance, one published case."""

import copy
import random
from datetime import date
from math import atanh, exp, log, tanh
from typing import Any

import pytest

from .basics import StagedDelay, gamma_from_normal, month_starts
from .war import History, simulate

World = dict[str, Any]


class SeededLuck:
    """Draws that depend only on the seed, the stream and the index."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def normal(self, stream: str, index: int) -> float:
        return random.Random(f"{self.seed}/{stream}/{index}").gauss(0.0, 1.0)

    def uniform(self, stream: str, index: int) -> float:
        return random.Random(f"{self.seed}/{stream}/{index}").uniform(1e-12, 1 - 1e-12)


class EvenLuck:
    """No luck at all: normal draws 0, uniform draws one half."""

    def normal(self, stream: str, index: int) -> float:
        return 0.0

    def uniform(self, stream: str, index: int) -> float:
        return 0.5


def parameters_of(world: World) -> dict[str, float]:
    """Every number of a world by its dotted path; items of lists by their id."""
    found: dict[str, float] = {}

    def walk(node: Any, path: str) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                walk(value, f"{path}.{key}" if path else key)
        elif isinstance(node, list):
            for item in node:
                if isinstance(item, dict):
                    walk(item, f"{path}.{item['id']}")
        elif isinstance(node, int | float):
            found[path] = float(node)

    walk(world, "")
    return found


def run(world: World, days: int, seed: int | None = None) -> History:
    luck = EvenLuck() if seed is None else SeededLuck(seed)
    return simulate(world, parameters_of(world), luck, days)


def depot(fire: float, production: float, aid_scale: float = 1.0) -> World:
    return {
        "fire_at_start_share": fire,
        "ration_days": 20.0,
        "production_fire_days_per_month": production,
        "aid_scale": aid_scale,
    }


def backer(name: str, side: str, aid: float) -> World:
    return {
        "id": name,
        "name": name,
        "side": side,
        "aid_per_month_beur": aid,
        "aid_variation": 0.7,
        "past_aid_per_month_beur": aid,
        "fire_days_per_beur": 3.0,
        "from_stock_share": 0.5,
        "stock_delay_days": 45.0,
        "stock_stages": 2,
        "production_delay_days": 350.0,
        "production_stages": {"value": 3, "source": "made up"},
        "cancelled_share": 0.1,
        "absorption_days": 30.0,
    }


def people(force: float, pool: float, intake: float, casualties: float) -> World:
    return {
        "force_persons": force,
        "pool_persons": pool,
        "pool_half_share": 0.3,
        "intake_per_month": intake,
        "past_intake_per_month": intake,
        "training_days": 30.0,
        "killed_share": 0.25,
        "return_share": 0.45,
        "return_days": 75.0,
        "return_stages": 3,
        "past_daily_casualties": casualties,
        "desertion_share_per_month": 0.005,
    }


def campaign(**values: Any) -> World:
    return {
        "at_start": "hold",
        "begins_per_year": 6.0,
        "prospect": -2.0,
        "prepare_days": 30.0,
        "strike_intensity": 1.2,
        "between_intensity": 0.3,
        "longest_days": 40.0,
        "needs_fire_share": 0.2,
        "needs_force_share": 0.8,
        "culminates_fire_share": 0.1,
        "culminates_loss_share": 0.2,
        "rest_days": 60.0,
    } | values


def typical_world() -> World:
    """Two sides, three backers, and one of everything that can happen."""
    return {
        "start_date": date(2024, 12, 4),
        "arms": {
            "attacker": depot(0.9, 25.0),
            "defender": depot(0.3, 5.0),
            "quiet_fire_share": 0.2,
            "backers": [
                backer("north", "defender", 1.7),
                backer("west", "defender", 1.9),
                backer("east", "attacker", 0.3),
            ],
            "halts": [
                {
                    "id": "pause",
                    "backer": "north",
                    "date": date(2025, 3, 3),
                    "probability": 1.0,
                    "days": 40.0,
                    "cut_share": 1.0,
                },
                {"id": "quarrel", "backer": "west", "hazard_per_year": 2.0, "days": 20.4, "cut_share": 0.5},
            ],
            "packages": [
                {"id": "loan", "backer": "west", "date": date(2025, 5, 1), "amount_beur": 4.0, "probability": 1.0},
                {"id": "old", "backer": "west", "date": date(2024, 5, 1), "amount_beur": 4.0, "probability": 1.0},
            ],
        },
        "manpower": {
            "attacker": people(580e3, 2e6, 30e3, 1500.0),
            "defender": people(400e3, 0.9e6, 18e3, 650.0),
            "waves": [
                {
                    "id": "autumn",
                    "side": "attacker",
                    "date": date(2025, 9, 1),
                    "persons": 60e3,
                    "over_days": 30.0,
                    "probability": 1.0,
                },
                {
                    "id": "last_reserve",
                    "side": "defender",
                    "force_below_share": 0.97,
                    "persons": 50e3,
                    "over_days": 10.0,
                    "probability": 1.0,
                },
            ],
        },
        "attrition": {
            "law": "mixed",
            "mixed_exponent": 0.3,
            "level_factor": 1.0,
            "tempo_ar": 0.9,
            "tempo_change_log_sd": 0.15,
            "noise_ar": 0.28,
            "noise_log_sd": 0.12,
            "quiet_share": 0.3,
            "assault_share": 0.6,
            "protection": 0.2,
            "max_daily_loss_share": 0.02,
            "steps_per_day": 1,
            "attacker": {"daily_casualties": 1500.0, "fire_share": 0.5},
            "defender": {"daily_casualties": 650.0, "fire_share": 0.5},
        },
        "front": {
            "held_area_km2": 111_500.0,
            "total_area_km2": 603_628.0,
            "advance_km2_per_day": 20.0,
            "advance_settled_km2_per_day": 12.0,
            "advance_reverts_days": 60.0,
            "advance_sd_km2_per_day": 6.0,
            "fastest_km2_per_day": 80.0,
            "force_elasticity": 1.5,
            "fire_elasticity": 0.4,
            "defenders_advantage": 0.3,
            "decisive_balance": 4.0,
            "concentration": 0.5,
            "counter_attack_share": 0.3,
            "effort_log_sd": 0.1,
            "intensity_trend_per_year": 0.1,
            "plans_ahead_days": 60.0,
            "mud_months": [3, 11],
            "mud_season_factor": 0.6,
            "dry_season_factor": 1.1,
            "offensives": [
                {
                    "id": "summer",
                    "side": "attacker",
                    "date": date(2025, 6, 1),
                    "days": 60.0,
                    "intensity": 1.3,
                    "probability": 1.0,
                },
            ],
            "campaigns": {"defender": campaign(at_start="rest")},
            "belts": [{"id": "line", "held_by": "defender", "at_km2": 2000.0, "depth_km2": 500.0, "pace_share": 0.5}],
        },
        "collapse": {
            "attacker": {"force_share": 0.5, "width_share": 0.06, "hazard_per_year": 3.0},
            "defender": {"force_share": 0.5, "width_share": 0.06, "hazard_per_year": 3.0},
        },
    }


def still_world() -> World:
    """A world in which nothing happens unless a test asks for it."""
    world = typical_world()
    world["arms"].update(backers=[], halts=[], packages=[])
    world["manpower"]["waves"] = []
    world["front"].update(offensives=[], belts=[], campaigns={}, advance_sd_km2_per_day=0.0, intensity_trend_per_year=0.0)
    world["front"].update(advance_settled_km2_per_day=20.0, mud_season_factor=1.0, dry_season_factor=1.0)
    world["attrition"].update(tempo_change_log_sd=0.0, noise_log_sd=0.0, protection=0.0)
    for side in ("attacker", "defender"):
        world["arms"][side].update(production_fire_days_per_month=0.0, fire_at_start_share=0.5)
        world["manpower"][side].update(
            intake_per_month=0.0,
            past_intake_per_month=0.0,
            training_days=0.0,
            killed_share=1.0,
            past_daily_casualties=0.0,
            desertion_share_per_month=0.0,
        )
        world["attrition"][side].update(daily_casualties=0.0, fire_share=0.0)
        world["collapse"][side]["hazard_per_year"] = 0.0
    return world


def duel(law: str, steps: int) -> World:
    """Two forces that only wear each other down."""
    world = still_world()
    world["manpower"]["attacker"]["force_persons"] = 50e3
    world["manpower"]["defender"]["force_persons"] = 30e3
    world["attrition"].update(law=law, steps_per_day=steps, max_daily_loss_share=1.0)
    world["attrition"]["attacker"]["daily_casualties"] = 700.0
    world["attrition"]["defender"]["daily_casualties"] = 300.0
    return world


def iwo_jima(steps: int) -> World:
    """Engel 1954: the attacker lands on three days; the defender's force is known on the first."""
    world = still_world()
    world["start_date"] = date(1945, 2, 19)
    world["manpower"]["attacker"].update(force_persons=0.0, reference_force_persons=73e3, pool_persons=73e3)
    world["manpower"]["defender"].update(force_persons=21_500.0)
    world["manpower"]["waves"] = [
        {
            "id": f"day{day}",
            "side": "attacker",
            "date": date(1945, 2, 19 + day),
            "persons": persons,
            "over_days": 1.0,
            "probability": 1.0,
        }
        for day, persons in ((0, 54e3), (2, 6e3), (5, 13e3))
    ]
    world["attrition"].update(law="square", steps_per_day=steps, max_daily_loss_share=1.0)
    world["attrition"]["attacker"]["daily_casualties"] = 0.0544 * 21_500
    world["attrition"]["defender"]["daily_casualties"] = 0.0106 * 73_000
    return world


WORLD_DAYS = 400


@pytest.fixture(scope="module", params=[1, 2, 3])
def history(request: pytest.FixtureRequest) -> History:
    return run(typical_world(), WORLD_DAYS, seed=request.param)


def test_every_series_has_the_start_and_the_end_of_each_day(history: History) -> None:
    assert {len(values) for values in history.series.values()} == {WORLD_DAYS + 1}
    at_start = {name: values[0] for name, values in history.series.items()}
    assert at_start["tempo"] == at_start["at_war"] == 1
    assert at_start["intensity.attacker"] == 1.1
    assert at_start["ending_day"] == -1
    assert at_start["fire.defender"] == 0.3
    assert at_start["casualties.attacker"] == at_start["arrivals.attacker"] == at_start["advance"] == 0


@pytest.mark.parametrize("side", ["attacker", "defender"])
def test_no_person_is_lost(history: History, side: str) -> None:
    places = ["force", "pool", "in_training", "recovering", "killed", "invalided", "deserted"]
    totals = [sum(history.series[f"{place}.{side}"][t] for place in places) for t in range(WORLD_DAYS + 1)]
    assert totals == pytest.approx([totals[0]] * len(totals), rel=1e-12)
    assert all(min(history.series[f"{place}.{side}"]) >= 0 for place in places)
    assert history.series[f"killed.{side}"][-1] == pytest.approx(0.25 * sum(history.series[f"casualties.{side}"]), rel=1e-12)


@pytest.mark.parametrize("side", ["attacker", "defender"])
def test_no_materiel_is_lost(history: History, side: str) -> None:
    s = history.series
    for t in range(WORLD_DAYS + 1):
        flows = s[f"produced_days.{side}"][t] + s[f"received_days.{side}"][t] - s[f"fired_days.{side}"][t]
        assert s[f"stock_days.{side}"][t] == pytest.approx(s[f"stock_days.{side}"][0] + flows, rel=1e-11)
        assert s[f"stock_days.{side}"][t] >= 0
        assert 0 <= s[f"fire.{side}"][t] <= 1
    names = {"attacker": ["east"], "defender": ["north", "west"]}[side]
    delivered = sum(s[f"delivered_beur.{name}"][-1] for name in names)
    assert s[f"received_days.{side}"][-1] == pytest.approx(3.0 * delivered, rel=1e-11)
    assert delivered > 0


@pytest.mark.parametrize("name", ["north", "west", "east"])
def test_what_is_pledged_is_somewhere(history: History, name: str) -> None:
    s = history.series
    for t in range(WORLD_DAYS + 1):
        parts = sum(s[f"{part}_beur.{name}"][t] for part in ("delivered", "cancelled", "in_transit"))
        assert parts == pytest.approx(s[f"pledged_beur.{name}"][t], rel=1e-11)


def test_the_area_is_shared_by_both(history: History) -> None:
    total = [held + free for held, free in zip(history.series["held_area"], history.series["free_area"], strict=True)]
    assert total == pytest.approx([603_628.0] * len(total), rel=1e-12)
    assert history.series["held_area"][-1] != history.series["held_area"][0]


def test_dated_events_come_on_their_day_and_last() -> None:
    events = run(typical_world(), WORLD_DAYS, seed=1).events
    assert (89, "halt", "pause") in events
    assert (148, "package", "loan") in events
    assert (179, "offensive begins", "summer") in events
    assert (239, "offensive ends", "summer") in events
    assert (271, "wave begins", "autumn") in events
    assert (301, "wave ends", "autumn") in events
    assert "old" not in {name for _, _, name in events}
    assert events == sorted(events, key=lambda event: event[0])
    begins = [day for day, kind, name in events if name == "quarrel" and kind == "halt"]
    luck = SeededLuck(1)
    starts = [day for day, _ in zip(month_starts(date(2024, 12, 4)), range(14), strict=False)]
    draws = [luck.uniform("arms/halt/quarrel", m) for m in range(len(starts))]
    chance = 1 - exp(-2.0 / 12)
    # It lasts 20 days: one that began earlier in the month before is over, and no month finds one active.
    struck = [day for day, draw in zip(starts, draws, strict=True) if int(draw / chance * 30.4375) < 20 and day > 0]
    assert begins == struck
    assert len(begins) >= 2


def test_a_wave_is_called_in_the_evening_of_a_week_and_begins_the_next_day() -> None:
    world = typical_world()
    world["manpower"]["defender"]["intake_per_month"] = 5000.0
    history = run(world, WORLD_DAYS, seed=1)
    force = history.series["force.defender"]
    weeks = [day for day in range(6, WORLD_DAYS, 7) if force[day + 1] < 0.97 * force[0]]
    assert weeks, "the force never shrinks enough: the test shows nothing"
    called = [event for event in history.events if event[2] == "last_reserve"]
    assert called == [(weeks[0] + 1, "wave begins", "last_reserve"), (weeks[0] + 11, "wave ends", "last_reserve")]
    recruited = history.series["recruited.defender"]
    before, after = (recruited[t + 1] - recruited[t] for t in (weeks[0], weeks[0] + 1))
    assert after - before == pytest.approx(5000.0, abs=10.0)


def test_a_halt_stops_the_pledge_and_only_later_the_deliveries() -> None:
    world = still_world()
    world["arms"]["backers"] = [backer("north", "defender", 3.0)]
    world["arms"]["backers"][0]["aid_variation"] = 0
    halted = copy.deepcopy(world)
    halted["arms"]["halts"] = [
        {"id": "stop", "backer": "north", "date": date(2025, 1, 4), "probability": 1.0, "days": 1.0, "cut_share": 0.75}
    ]
    free, cut = run(world, 200).series, run(halted, 200).series
    missing = [a - b for a, b in zip(free["pledged_beur.north"], cut["pledged_beur.north"], strict=True)]
    assert missing[:32] == [0.0] * 32
    assert missing[32:] == pytest.approx([2.25] * 169)
    late = [a - b for a, b in zip(free["delivered_beur.north"], cut["delivered_beur.north"], strict=True)]
    assert 0 == late[33] < late[34] < 0.01 < 0.5 < late[-1]


def test_the_first_day_by_hand() -> None:
    world = still_world()
    world["arms"]["defender"].update(fire_at_start_share=0.3, production_fire_days_per_month=30.4375)
    world["arms"]["backers"] = [backer("north", "defender", 3.04375)]
    world["arms"]["backers"][0].update(
        aid_variation=0,
        from_stock_share=1.0,
        stock_delay_days=0.0,
        stock_stages=1,
        cancelled_share=0.0,
        absorption_days=0.0,
    )
    world["manpower"]["attacker"].update(
        force_persons=100e3, pool_persons=1000.0, intake_per_month=3043.75, killed_share=0.2
    )
    world["manpower"]["defender"].update(force_persons=50e3)
    world["attrition"].update(law="linear", steps_per_day=1, noise_log_sd=0.1)
    world["attrition"]["attacker"].update(daily_casualties=1000.0, fire_share=0.4)
    s = run(world, 2).series

    # On the first day arrives what absorption held, on the second what the stocks held and a month's pledge.
    fire, held = 0.3, 20 * 0.3 / 0.7
    assert s["received_days.defender"][1:] == pytest.approx([3 * 0.1, 3 * (0.1 + 3.04375 + 0.1)])
    assert s["fire.defender"][1] == pytest.approx(fire)
    assert s["stock_days.defender"][1] == pytest.approx(held + 1 + 0.3 - fire)
    assert s["fire.defender"][2] == pytest.approx((held + 1) / (held + 1 + 20))
    assert s["arrivals.attacker"][1] == pytest.approx(100.0)
    casualties = 1000 * (0.6 + 0.4 * fire / 0.3) * exp(-0.005) * (100_050 / 100_000)
    assert s["casualties.attacker"][1] == pytest.approx(casualties)
    assert s["killed.attacker"][1] == pytest.approx(0.2 * casualties)
    assert s["recovering.attacker"][1] == pytest.approx(0.45 * 0.8 * casualties)
    assert s["force.attacker"][1] == pytest.approx(100_100 - casualties)
    # The front sees the force of the morning, before the day's losses, and the fire of the day.
    fire_a = (20 / 40) / 0.5
    balance = 1.5 * log(1.001) + 0.4 * log(fire_a / (fire / 0.3))
    # The pace at the start is a quarter of the fastest: x - 0.3 tanh(x/0.3) = 4 artanh(1/4).
    lead = 0.0
    for _ in range(60):
        lead = 4 * atanh(0.25) + 0.3 * tanh(lead / 0.3)
    ahead = lead + balance
    assert s["drive"][1] == pytest.approx(ahead)
    assert s["advance"][1] == pytest.approx(80 * tanh((ahead - 0.3 * tanh(ahead / 0.3)) / 4))


def test_intake_shrinks_as_the_pool_empties() -> None:
    world = still_world()
    world["manpower"]["attacker"].update(pool_persons=1000.0, intake_per_month=3043.75, pool_half_share=0.25)
    recruited = run(world, 2).series["recruited.attacker"]
    assert recruited == pytest.approx([0.0, 100.0, 100 + 100 * 0.9 * 1.25 / 1.15])


def test_tempo_changes_by_the_month_and_has_mean_one() -> None:
    world = still_world()
    world["attrition"]["tempo_change_log_sd"] = 0.15
    tempo = run(world, 70, seed=5).series["tempo"]
    first, second = (SeededLuck(5).normal("attrition/tempo", month) for month in (1, 2))
    assert tempo[:32] == [1.0] * 32
    assert tempo[32:63] == pytest.approx([exp(0.15 * first - 0.0225 / 2)] * 31)
    variance = 0.81 * 0.0225 + 0.0225
    assert tempo[63:] == pytest.approx([exp(0.9 * 0.15 * first + 0.15 * second - variance / 2)] * 8)


def test_the_advance_settles_from_its_reference_to_its_own_level() -> None:
    world = still_world()
    world["front"].update(advance_settled_km2_per_day=10.0, advance_reverts_days=90.0)
    advance = run(world, 300).series["advance"]
    expected = [10 + 10 * exp(-day / 90) for day in range(300)]
    assert advance[1:] == pytest.approx(expected, rel=1e-9)


def test_the_front_moves_at_its_reference_pace_while_all_is_as_at_the_start() -> None:
    assert run(still_world(), 1).series["advance"][1] == pytest.approx(20.0)


def test_a_side_prepares_unseen_strikes_gains_and_rests() -> None:
    world = still_world()
    world["front"].update(mud_months=[], concentration=2.0, counter_attack_share=1.0, advance_settled_km2_per_day=0.0)
    world["front"].update(advance_km2_per_day=0.0)
    strikes = campaign(strike_intensity=2.0, between_intensity=0.0, begins_per_year=900.0)
    world["front"]["campaigns"] = {"defender": {**strikes, "needs_fire_share": 0.0, "culminates_fire_share": 0.0}}
    history = run(world, 120)
    # Seen on day 7, prepared for 30 days until the look of day 42, 40 days until that of day 84.
    assert [event for event in history.events if event[1] in ("prepares", "strikes", "culminates")] == [
        (7, "prepares", "defender"),
        (42, "strikes", "defender"),
        (84, "culminates", "defender"),
    ]
    s = history.series
    assert s["intensity.defender"][1:43] == [0.0] * 42
    assert s["intensity.defender"][43:85] == [2.0] * 42
    assert max(s["advance"][43:85]) < 0 <= min(s["advance"][1:43])
    assert s["planned_ground.defender"][8] > 0 == s["planned_ground.defender"][43]
    assert set(s["planned_ground.attacker"]) == {0.0}


@pytest.mark.parametrize(("force", "sign"), [(400e3, 1), (160e3, 0), (60e3, -1)])
def test_the_front_goes_stands_or_comes_back_with_the_balance(force: float, sign: int) -> None:
    world = still_world()
    world["manpower"]["attacker"].update(force_persons=force, reference_force_persons=400e3)
    world["front"]["force_elasticity"] = 1.3
    advance = run(world, 1).series["advance"][1]
    assert (advance > 0.5) - (advance < -0.5) == sign


def test_a_belt_slows_the_advance_while_it_is_crossed() -> None:
    world = still_world()
    world["arms"]["attacker"]["ration_days"] = world["arms"]["defender"]["ration_days"] = 30.0
    world["front"]["belts"] = [{"id": "line", "held_by": "defender", "at_km2": 30.0, "depth_km2": 25.0, "pace_share": 0.5}]
    advance = run(world, 7).series["advance"][1:]
    assert advance == pytest.approx([20.0, 20.0, 10.0, 10.0, 20.0, 20.0, 20.0])


def test_an_army_collapses_when_its_hazard_has_added_up_and_then_no_one_fights() -> None:
    world = typical_world()
    world["collapse"]["defender"].update(force_share=9.0, width_share=0.1, hazard_per_year=10.0)
    history = run(world, 120)
    # With a draw of one half the army lasts ln 2 of hazard: 10/365.25 a day make 25.3 days, so the fourth week.
    assert [event for event in history.events if event[1] == "collapse"] == [(27, "collapse", "defender")]
    s = history.series
    assert s["at_war"][:29] == [1.0] * 28 + [0.0]
    assert (s["ending"][28], s["ending_day"][28]) == (2, 28)
    for name in ("pool.attacker", "deserted.attacker", "produced_days.attacker", "held_area", "pledged_beur.west"):
        assert s[name][28:] == [s[name][28]] * 93, name
        assert s[name][28] != s[name][0], name
    assert s["casualties.attacker"][29:] == s["fire.attacker"][29:] == [0.0] * 92
    assert s["delivered_beur.north"][-1] > s["delivered_beur.north"][28]
    assert s["returned.attacker"][-1] > s["returned.attacker"][28]


@pytest.mark.parametrize("attacker_weaker", [True, False])
def test_of_two_collapses_in_a_week_the_earlier_counts(attacker_weaker: bool) -> None:
    world = still_world()
    hazards = (300.0, 200.0) if attacker_weaker else (200.0, 300.0)
    for side, hazard in zip(("attacker", "defender"), hazards, strict=True):
        world["collapse"][side].update(force_share=9.0, width_share=0.1, hazard_per_year=hazard)
    assert run(world, 7).series["ending"][-1] == (1 if attacker_weaker else 2)


def test_iwo_jima() -> None:
    s = run(iwo_jima(steps=48), 36).series
    published = {28: (53_042, 4_656), 36: (51_985, 217)}
    for day, (attacker, defender) in published.items():
        assert s["force.attacker"][day] == pytest.approx(attacker, rel=0.005)
        assert s["force.defender"][day] == pytest.approx(defender, rel=0.005)
    assert s["pool.attacker"][-1] == 0


def square_law(s: dict[str, list[float]], t: int) -> float:
    k_a, k_d = 700 / 30e3, 300 / 50e3
    return float(k_d * s["force.attacker"][t] ** 2 - k_a * s["force.defender"][t] ** 2)


def linear_law(s: dict[str, list[float]], t: int) -> float:
    return s["force.attacker"][t] / 700 - s["force.defender"][t] / 300


def logarithmic_law(s: dict[str, list[float]], t: int) -> float:
    k_a, k_d = 700 / 50e3, 300 / 30e3
    return k_d * log(s["force.attacker"][t]) - k_a * log(s["force.defender"][t])


@pytest.mark.parametrize(("law", "kept"), [("square", square_law), ("linear", linear_law), ("logarithmic", logarithmic_law)])
def test_each_law_keeps_its_invariant(law: str, kept: Any) -> None:
    """It is kept the better, the shorter the steps; and no other law keeps it."""
    drift = {}
    for steps in (10, 100):
        s = run(duel(law, steps), 40).series
        drift[steps] = abs(kept(s, 40) - kept(s, 0))
        assert s["force.attacker"][40] < 0.7 * s["force.attacker"][0]
    other = run(duel("mixed", 10), 40).series
    scale = abs(kept(other, 40) - kept(other, 0))
    assert drift[100] < 0.001 * scale or drift[100] < 1e-9
    assert drift[100] < 0.2 * drift[10] or drift[10] < 1e-9


def test_a_staged_delay_keeps_its_steady_state_and_empties_exponentially() -> None:
    delay = StagedDelay(3, 75.0, 20.0)
    for _ in range(10):
        assert delay.step() == pytest.approx(20.0)
        delay.put(20.0)
    three = StagedDelay(3, 75.0, 0.0)
    three.put(1.0)
    three.step()
    assert three.stages == pytest.approx([exp(-3 / 75), 1 - exp(-3 / 75), 0.0])
    single = StagedDelay(1, 10.0, 0.0)
    single.put(1.0)
    for _ in range(25):
        single.step()
    assert single.content() == pytest.approx(exp(-2.5))


def test_the_gamma_table_has_mean_one_and_the_variation_asked_for() -> None:
    draws = random.Random(7)
    for variation in (0.3, 0.7, 1.5):
        values = [gamma_from_normal(draws.gauss(0, 1), variation) for _ in range(40_000)]
        mean = sum(values) / len(values)
        sd = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
        assert mean == pytest.approx(1.0, abs=4 * variation / 200)
        assert sd == pytest.approx(variation, rel=0.05)
    assert gamma_from_normal(2.0, 0) == 1.0
    assert gamma_from_normal(9.0, 0.5) == gamma_from_normal(6.0, 0.5)


def test_months_begin_on_the_day_of_the_start_or_the_last_of_a_short_month() -> None:
    starts = month_starts(date(2024, 1, 31))
    assert [next(starts) for _ in range(4)] == [0, 29, 60, 90]
