"""Scenario events: when they come, what they change and for how long, and that nothing else changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from sim.engine.agenda import Process
from sim.engine.draws import Draws
from sim.engine.mechanism import Mechanism
from sim.engine.world import Setting, World
from sim.ensemble.run import Plan, run_batch
from sim.model import EVENT_KINDS, MECHANISMS, ORDER_OF_THE_DAY, WarScenario, section, simulate
from sim.model.events import Events, ScenarioEvent, gap_days, live_knobs
from sim.model.parameters import Drawn
from sim.scenario import Scenario, ScenarioError, load_scenario, quantities
from sim.words.history import chronicle

Load, Play, Tree = Callable[..., Scenario[Any]], Callable[..., Any], dict[str, Any]

START = date(2024, 12, 4)
PRODUCTION = "arms.attacker.production_fire_days_per_month"
PERSONS = "attrition.attacker.daily_casualties"
SHARE = "attrition.defender.fire_share"


def on(day: int) -> dict[str, Any]:
    return {"date": START + timedelta(days=day)}


def event(when: Mapping[str, Any], effect: Mapping[str, Any] | None = None, name: str = "it", **more: Any) -> Tree:
    return {"id": name, "when": dict(when), "effect": dict(effect or {PRODUCTION: {"add": 1}}), **more}


def having(*events: Tree) -> Callable[[Tree], None]:
    return lambda tree: tree.update(events=list(events))


def with_events(scenario: Scenario[Any], *events: Tree) -> Scenario[Any]:
    """The scenario with other events, without reading a file."""
    validated = [ScenarioEvent.model_validate(item) for item in events]
    return replace(scenario, world=scenario.world.model_copy(update={"events": validated}))


class Probe(Mechanism):
    """Looks every day, after the front has moved, at the values in force."""

    name = "probe"

    def begin(self) -> None:
        self.seen: list[dict[str, np.ndarray]] = []

    def life(self) -> Process:
        while True:
            yield self.world.agenda.next("front")
            self.seen.append({path: values.copy() for path, values in self.drawn.now.items()})


def in_force(scenario: Scenario[Any], days: int, n: int = 1) -> tuple[Probe, Drawn, World]:
    """Run a scenario and keep the values in force on each day."""
    from sim.model import knob_ranges

    declared = [(m.name, field) for m in MECHANISMS for field in m.fields(section(scenario, m))]
    numbers = np.arange(n)
    world = World(Setting(scenario.world.start_date, days, 1, numbers, watched=numbers), ORDER_OF_THE_DAY, declared)
    drawn = Drawn(scenario.world, world.draws)
    drawn.ranges.update(knob_ranges(scenario.world))
    probe = Probe(world, (), drawn)
    world.run([*(m(world, section(scenario, m), drawn) for m in MECHANISMS), probe])
    return probe, drawn, world


def course(scenario: Scenario[Any], path: str, days: int, n: int = 1) -> np.ndarray:
    """The values in force of a knob, shape (days, n)."""
    probe, _, _ = in_force(scenario, days, n)
    return np.array([values[path] for values in probe.seen])


def told(world: World, kind: str, replication: int = 0) -> list[int]:
    return [item.day for item in world.recorder.events if item.kind == kind and item.replication == replication]


# Fields of the events themselves, which have a row for each.
OF_EVENTS = {field.name for field in Events.fields([])}


def same(left: Any, right: Any, until: int | None = None, at: Any = slice(None)) -> None:
    """Assert that two pasts have the same state, bit for bit, in some replications, up to a day."""
    for field in right.world.fields:
        if field.name not in OF_EVENTS:
            one, other = (past.of(field.name)[:until][..., at] for past in (left, right))
            assert np.array_equal(one, other), field.name


# When


@pytest.mark.parametrize("day", [0, 1, 20])
def test_on_a_date_it_begins_and_after_its_days_the_drawn_values_are_back(varied: Load, day: int) -> None:
    scenario = varied(edit=having(event(on(day), {PRODUCTION: {"scale": 1.5, "for_days": 12}})))
    probe, drawn, world = in_force(scenario, 40, n=6)
    values = np.array([seen[PRODUCTION] for seen in probe.seen])
    raised = np.zeros(40, dtype=bool)
    raised[day : day + 12] = True
    assert len(np.unique(drawn.values[PRODUCTION])) == 6
    assert np.array_equal(values[raised], np.tile(drawn.values[PRODUCTION] * 1.5, (12, 1)))
    assert np.array_equal(values[~raised], np.tile(drawn.values[PRODUCTION], (28, 1)))
    assert (told(world, "event begins"), told(world, "event ends")) == ([day], [day + 12])


def test_a_date_before_the_start_never_comes(varied: Load, play: Play) -> None:
    past = play(varied(edit=having(event(on(-1)))), 30, n=3)
    same(past, play(varied(), 30, n=3))
    assert (past.of("event_count") == 0).all()


def gaps(n: int, hazard: float, time: int) -> np.ndarray:
    uniform = Draws(1, np.arange(n)).uniform("events/it/gap").at(time)
    return np.maximum(np.ceil(-np.log(1 - uniform) * 365.25 / hazard), 1)


def test_with_a_hazard_it_comes_after_exponential_gaps_counted_from_the_last_beginning(calm: Load, play: Play) -> None:
    n, days, hazard = 400, 200, 6.0
    scenario = calm(edit=having(event({"hazard_per_year": hazard}, at_most=3)))
    past = play(scenario, days, n=n)
    due = np.cumsum([gaps(n, hazard, time) for time in range(3)], axis=0)
    for replication in range(n):
        assert past.told("event begins", replication) == [day for day in due[:, replication] if day < days]
    count = past.of("event_count")[-1, 0]
    assert set(count) == {0, 1, 2, 3}
    expected = 1 - np.exp(-hazard * (days - 1) / 365.25)
    assert (count > 0).mean() == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / n))


def test_gaps_are_whole_days_of_at_least_one_and_endless_without_a_hazard() -> None:
    uniform = np.array([1e-12, 0.1, 0.5, 0.9])
    gap = gap_days(uniform, np.full(4, 100.0))
    assert np.array_equal(gap, np.ceil(gap))
    assert gap[0] == 1
    assert (np.diff(gap) >= 0).all()
    assert np.isinf(gap_days(uniform, np.zeros(4))).all()


@pytest.mark.parametrize(("sign", "begins"), [("above", 28), ("below", 7)])
def test_a_condition_is_looked_for_in_the_evening_every_seventh_day(calm: Load, play: Play, sign: str, begins: int) -> None:
    usual = play(calm(), 60).of("held_area")[:, 0]
    # It is passed in the middle of a week.
    level = float(usual[24] + usual[25]) / 2
    past = play(calm(edit=having(event({"quantity": "held_area", sign: level}))), 60)
    assert past.told("event begins") == [begins]


def test_a_condition_may_watch_a_row_and_the_state_of_that_evening(calm: Load, play: Play) -> None:
    falling = "manpower.defender.intake_per_month=0", "manpower.defender.past_intake_per_month=0"
    force = play(calm(*falling), 30).of("force")[:, 1, 0]
    assert (np.diff(force) < 0).all()
    for day, begins in ((20, [21]), (21, [28])):
        level = float(force[day] + force[day + 1]) / 2
        scenario = calm(*falling, edit=having(event({"quantity": "force.defender", "below": level})))
        assert play(scenario, 40).told("event begins") == begins


def test_a_condition_may_be_drawn_and_hold_at_different_times(calm: Load, play: Play) -> None:
    usual = play(calm(), 70).of("held_area")[:, 0]
    level = {"dist": "uniform", "low": float(usual[10]), "high": float(usual[60])}
    past = play(calm(edit=having(event({"quantity": "held_area", "above": level}))), 70, n=50)
    days = {tuple(past.told("event begins", replication)) for replication in range(50)}
    assert len(days) > 4
    assert all(day % 7 == 0 for (day,) in days)


def test_one_event_may_wait_for_another(calm: Load, play: Play) -> None:
    first = event(on(9), name="first")
    second = event({"quantity": "event_count.first", "above": 0.5}, name="second", tell="It follows.")
    past = play(calm(edit=having(first, second)), 30)
    assert past.told("event begins") == [9, 14]


# What


@pytest.mark.parametrize(("change", "expected"), [({"set": 31}, 31), ({"scale": 0.5}, 8), ({"add": 4}, 20)])
@pytest.mark.parametrize("lasting", [{}, {"for_days": 5}])
def test_each_kind_of_effect(calm: Load, change: Tree, expected: float, lasting: Tree) -> None:
    scenario = calm(f"{PRODUCTION}=16", edit=having(event(on(10), {PRODUCTION: {**change, **lasting}})))
    values = course(scenario, PRODUCTION, 30)[:, 0]
    end = 15 if lasting else 30
    assert values[:10].tolist() == [16.0] * 10
    assert values[10:end].tolist() == [expected] * (end - 10)
    assert values[end:].tolist() == [16.0] * (30 - end)


def test_what_is_changed_acts_on_the_same_day(calm: Load, play: Play) -> None:
    scenario = calm(f"{PRODUCTION}=30.4375", edit=having(event(on(10), {PRODUCTION: {"scale": 2, "for_days": 3}})))
    produced = play(scenario, 20).daily("produced_days")[:, 0]
    assert produced == pytest.approx([1] * 10 + [2] * 3 + [1] * 7)


def test_overlapping_effects_act_in_the_order_of_the_scenario(calm: Load) -> None:
    raise_it = event(on(4), {PRODUCTION: {"add": 10, "for_days": 10}}, name="later_in_time")
    double = event(on(2), {PRODUCTION: {"scale": 2, "for_days": 6}}, name="earlier_in_time")
    values = course(calm(f"{PRODUCTION}=5", edit=having(raise_it, double)), PRODUCTION, 20)[:, 0]
    assert values.tolist() == [5] * 2 + [10] * 2 + [30] * 4 + [15] * 6 + [5] * 6
    values = course(calm(f"{PRODUCTION}=5", edit=having(double, raise_it)), PRODUCTION, 20)[:, 0]
    assert values.tolist() == [5] * 2 + [10] * 2 + [20] * 4 + [15] * 6 + [5] * 6
    fixed = event(on(5), {PRODUCTION: {"set": 7, "for_days": 4}}, name="fixed")
    values = course(calm(f"{PRODUCTION}=5", edit=having(raise_it, fixed, double)), PRODUCTION, 20)[:, 0]
    assert values[5:9].tolist() == [14, 14, 14, 7]


@pytest.mark.parametrize(("change", "expected"), [({"scale": 100}, 1.0), ({"add": -3}, 0.0), ({"add": 0.125}, 0.625)])
def test_values_are_held_to_the_range_of_the_knob(calm: Load, change: Tree, expected: float) -> None:
    scenario = calm(f"{SHARE}=0.5", edit=having(event(on(1), {SHARE: change})))
    assert course(scenario, SHARE, 3)[:, 0].tolist() == [0.5, expected, expected]


def test_only_the_result_is_held_to_the_range(calm: Load) -> None:
    events = event(on(1), {SHARE: {"scale": 3}}, name="one"), event(on(1), {SHARE: {"scale": 0.5}}, name="two")
    assert course(calm(f"{SHARE}=0.5", edit=having(*events)), SHARE, 2)[1, 0] == 0.75


def test_amounts_and_days_may_be_drawn_and_days_are_rounded(calm: Load, play: Play) -> None:
    amount = {"dist": "uniform", "low": 1, "high": 9}
    length = {"dist": "uniform", "low": 1, "high": 4}
    scenario = calm(edit=having(event(on(3), {PRODUCTION: {"set": amount, "for_days": length}})))
    probe, drawn, _ = in_force(scenario, 10, n=40)
    mine = f"events.it.effect.{PRODUCTION}"
    lasted = sum(seen[PRODUCTION] == drawn.values[f"{mine}.set"] for seen in probe.seen)
    assert np.array_equal(lasted, np.maximum(1, np.rint(drawn.values[f"{mine}.for_days"])))
    assert set(lasted) == {1, 2, 3, 4}


def test_several_effects_of_one_event_end_on_their_own_and_the_event_with_the_last(calm: Load) -> None:
    effect = {PRODUCTION: {"set": 1, "for_days": 9}, SHARE: {"set": 0, "for_days": 3}, PERSONS: {"set": 5, "for_days": 6}}
    probe, _, world = in_force(calm(f"{SHARE}=0.5", edit=having(event(on(2), effect))), 20)
    assert [day for day, seen in enumerate(probe.seen) if seen[PRODUCTION][0] == 1] == list(range(2, 11))
    assert [day for day, seen in enumerate(probe.seen) if seen[SHARE][0] == 0] == [2, 3, 4]
    assert [day for day, seen in enumerate(probe.seen) if seen[PERSONS][0] == 5] == list(range(2, 8))
    assert told(world, "event ends") == [11]
    lasting = {**effect, PERSONS: {"set": 5}}
    _, _, world = in_force(calm(edit=having(event(on(2), lasting))), 20)
    assert told(world, "event begins") == [2]
    assert told(world, "event ends") == []


# How often, and with what chance


def test_a_condition_that_goes_on_brings_it_again_only_when_its_effects_have_ended(calm: Load, play: Play) -> None:
    always = {"quantity": "held_area", "above": 0}
    for days, begins in ((6, [7, 14, 21]), (7, [7, 21, 35]), (10, [7, 21, 35])):
        changes = {PRODUCTION: {"add": 1, "for_days": days}, SHARE: {"set": 0, "for_days": 1}}
        past = play(calm(edit=having(event(always, changes, at_most=3))), 80)
        assert past.told("event begins") == begins
        assert past.told("event ends") == [day + days for day in begins]
    past = play(calm(edit=having(event(always, {PRODUCTION: {"add": 1, "for_days": 1}}))), 80)
    assert past.told("event begins") == [7]


def test_what_lasts_for_good_comes_again_only_when_the_condition_was_false_in_between(calm: Load) -> None:
    # In January and in March the front stands still.
    pace = ("front.advance_km2_per_day=9", "front.advance_settled_km2_per_day=9")
    still = (*pace, "front.mud_months=[1, 3]", "front.mud_season_factor=0", f"{PRODUCTION}=5")
    rest = event({"quantity": "advance", "below": 1e-9}, {PRODUCTION: {"add": 1}}, at_most=5)
    values = course(calm(*still, edit=having(rest)), PRODUCTION, 130)[:, 0]
    january, march = (date(2025, month, 1) - START for month in (1, 3))
    begins = [np.flatnonzero(values >= 5 + count)[0] for count in (1, 2)]
    assert values[-1] == 7
    for day, month in zip(begins, (january.days, march.days), strict=True):
        assert day % 7 == 0
        assert 0 < day - month <= 7


def test_what_happens_twice_acts_twice(calm: Load) -> None:
    often = event({"hazard_per_year": 100}, {PRODUCTION: {"scale": 2, "for_days": 50}}, at_most=3)
    probe, drawn, world = in_force(calm(f"{PRODUCTION}=3", edit=having(often)), 60, n=30)
    assert (drawn.ranges[PRODUCTION]) == (0, 1000)
    for replication in range(30):
        begins, ends = told(world, "event begins", replication), told(world, "event ends", replication)
        assert len(begins) == 3
        assert ends == [day + 50 for day in begins if day + 50 < 60]
        for day, seen in enumerate(probe.seen):
            active = sum(begin <= day < begin + 50 for begin in begins)
            assert seen[PRODUCTION][replication] == 3 * 2**active


@pytest.mark.parametrize("when", [on(5), {"hazard_per_year": 100}, {"quantity": "held_area", "above": 0}])
def test_the_probability_is_the_share_of_histories_in_which_it_can_happen(calm: Load, play: Play, when: Tree) -> None:
    n, share = 2000, 0.3
    more = {} if "date" in when else {"at_most": 2}
    effect = {PRODUCTION: {"add": 1, "for_days": 2}}
    past = play(calm(edit=having(event(when, effect, probability=share, **more))), 60, n=n)
    count = past.of("event_count")[-1, 0]
    luck = Draws(1, np.arange(n)).uniform("events/it").at(0)
    assert np.array_equal(count > 0, luck < share)
    assert abs((count > 0).mean() - share) < 4 * np.sqrt(share * (1 - share) / n)
    assert (count[count > 0] == (2 if more else 1)).all()


# The rest of the war


def everything(scenario: Scenario[Any], change: Tree, day: int = 10, **more: Any) -> list[Tree]:
    """One event for each knob that may be changed."""
    knobs = live_knobs(scenario.world)
    return [event(on(day), {path: change}, name=f"event{number}", **more) for number, path in enumerate(knobs)]


def test_until_it_happens_and_where_it_does_not_all_is_as_without(varied: Load, play: Play) -> None:
    n, day = 60, 40
    usual = play(varied(), 90, n=n)
    effect = {"arms.defender.aid_scale": {"scale": 0}, PERSONS: {"scale": 2, "for_days": 30}}
    past = play(varied(edit=having(event(on(day), effect, probability=0.5))), 90, n=n)
    same(past, usual, until=day + 1)
    happened = past.of("event_count")[-1, 0] > 0
    assert 10 < happened.sum() < 50
    same(past, usual, at=~happened)
    assert (past.of("casualties")[day + 1, 0] == 2 * usual.of("casualties")[day + 1, 0])[happened].all()


def test_knobs_that_are_not_named_keep_their_values_bit_for_bit(varied: Load) -> None:
    probe, drawn, _ = in_force(varied(edit=having(event(on(3), {PERSONS: {"scale": 2, "for_days": 4}}))), 10, n=7)
    for day, seen in enumerate(probe.seen):
        for path, values in seen.items():
            factor = 2 if path == PERSONS and 3 <= day < 7 else 1
            assert np.array_equal(values, factor * drawn.values[path]), path


def test_to_change_every_knob_to_what_it_is_changes_nothing(varied: Load, play: Play) -> None:
    scenario = varied(edit=strained)
    usual = play(scenario, 200, n=9)
    past = play(with_events(scenario, *everything(scenario, {"scale": 1, "for_days": 33})), 200, n=9)
    assert len(past.told("event begins")) == len(past.told("event ends")) > 60
    same(past, usual)


def strained(tree: Tree) -> None:
    """Every knob matters: belts from the start, losses at their cap, an attacker who may be too weak, and plans."""
    for belt in tree["front"]["belts"].values():
        belt.update(at_km2=5 if belt["held_by"] == "defender" else -905, depth_km2=900, pace_share=0.8)
    for side in ("attacker", "defender"):
        tree["collapse"][side].update(force_share=0.95, hazard_per_year=4, width_share=0.2)
        tree["rout"][side].update(hazard_per_year=15, balance_against=0.1, balance_width=2, loss_weight=8, days=9)
    tree["attrition"].update(law="own", own_exponent=0.6, enemy_exponent=0.4, max_daily_loss_share=0.001)
    del tree["correlations"]["reference_of_russian_force"]
    tree["manpower"]["attacker"]["reference_force_persons"] = {"dist": "uniform", "low": 500_000, "high": 2_000_000}
    tree["manpower"]["defender"].update(intake_per_month=6_000, past_intake_per_month=6_000)
    tree["front"].update(force_elasticity=3, fire_elasticity=1)
    for side, campaign in tree["front"]["campaigns"].items():
        stocks = 0.6 if side == "attacker" else 0.2
        campaign.update(begins_per_year=10, prepare_days=14, longest_days=40, rest_days=14, culminates_loss_share=0.02)
        campaign.update(needs_fire_share=stocks, culminates_fire_share=stocks)
        campaign["prospect"] = {"dist": "uniform", "low": -10, "high": 2}
    later = {"id": "later", "date": START + timedelta(days=185), "days": 20, "intensity": 3, "probability": 1}
    tree["front"]["offensives"] = [later]


# These count at the start too: for the stock, for what is on its way and for the wounded; for what is the usual attack and
# what of the pace that is seen at the start is noise.
AT_THE_START_TOO = (
    "ration_days", "from_stock_share", "cancelled_share", "stock_delay_days", "production_delay_days", "absorption_days",
    "killed_share", "return_share", "return_days",
    "strike_intensity", "between_intensity", "counter_attack_share", "dry_season_factor", "advance_settled_km2_per_day",
    "fastest_km2_per_day", "force_elasticity", "fire_elasticity", "defenders_advantage", "decisive_balance", "concentration",
)  # fmt: skip


def different(path: str, low: float, high: float, value: float) -> float:
    """A value of a knob that is clearly another one, and allowed."""
    tried = (value * 1.5, value * 0.5, value + 1.0, value + 0.3)
    return next(other for other in tried if low <= other <= high and abs(other - value) > 0.1 * abs(value) + 1e-3)


def late(scenario: Scenario[Any], n: int) -> dict[str, np.ndarray]:
    """The state after 60 and after 120 days, by name of field."""
    days = (60, 120)
    world, _ = simulate(scenario, Setting(START, days[-1], 1, np.arange(n), landmarks=days))
    snapshots = [world.recorder.snapshots[day] for day in days]
    return {name: np.array([kept[name] for kept in snapshots]) for name in snapshots[0] if name not in OF_EVENTS}


def test_each_knob_that_may_be_changed_does_what_it_does_in_its_section(
    varied: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set on the first day for good, a knob acts as if written so; and each of them acts."""
    n = 24
    strained_war, draw_all = varied(edit=strained), Drawn.__init__
    # How hard a side attacks that plans no campaigns, and what the mixed law alone has.
    elsewhere = {
        "front.counter_attack_share": lambda tree: tree["front"].pop("campaigns"),
        "attrition.mixed_exponent": lambda tree: tree["attrition"].update(
            law="mixed", own_exponent=None, enemy_exponent=None
        ),
    }
    wars = {
        path: varied(edit=lambda tree, change=change: (strained(tree), change(tree))) for path, change in elsewhere.items()
    }
    late_in = {path: (war, late(war, n)) for path, war in {**wars, "": strained_war}.items()}
    centre, knobs = dict(quantities(strained_war.world)), live_knobs(strained_war.world)
    assert len(knobs) > 60
    for path, knob in knobs.items():
        low, high = (bound if bound is not None else infinite for bound, infinite in ((knob.low, -1e9), (knob.high, 1e9)))
        wanted = different(path, low, high, centre[path].central)
        scenario, usual = late_in[path if path in wars else ""]
        changed = late(with_events(scenario, event(on(0), {path: {"set": wanted}})), n)
        assert not all(np.array_equal(values, usual[name]) for name, values in changed.items()), path
        if path.rpartition(".")[2] not in AT_THE_START_TOO:

            def otherwise(drawn: Drawn, *given: Any, path: str = path, wanted: float = wanted) -> None:
                draw_all(drawn, *given)
                drawn.values[path] = drawn.now[path] = np.full(n, wanted)

            with monkeypatch.context() as patch:
                patch.setattr(Drawn, "__init__", otherwise)
                written = late(scenario, n)
            for name, values in changed.items():
                assert np.array_equal(values, written[name]), f"{path}: {name}"


def test_a_new_mean_delay_leaves_what_is_on_its_way_where_it_is(calm: Load, play: Play) -> None:
    path = "arms.backers.europe.production_delay_days"
    past = play(calm(edit=having(event(on(20), {path: {"scale": 0.5, "for_days": 20}}))), 60)
    usual = play(calm(), 60)
    same(past, usual, until=21)
    row = 1
    assert past.of("in_transit_beur")[21, row] == pytest.approx(usual.of("in_transit_beur")[21, row], rel=1e-3)
    # Twice as much comes out of the production delay, and is absorbed over the days that follow.
    assert (past.of("delivered_beur")[23:, row] > usual.of("delivered_beur")[23:, row]).all()
    assert (past.of("pledged_beur") == usual.of("pledged_beur")).all()


def test_a_package_and_the_pledges_follow_the_scale_in_force(calm: Load, play: Play) -> None:
    def edit(tree: Tree) -> None:
        tree["arms"]["packages"] = [
            {"id": "loan", "backer": "europe", "date": START + timedelta(days=day), "amount_beur": 4, "probability": 1}
            for day in (10, 20)
        ]
        tree["arms"]["packages"][1]["id"] = "more"
        having(event(on(15), {"arms.defender.aid_scale": {"set": 0.25, "for_days": 20}}))(tree)

    past = play(calm("arms.backers.europe.aid_per_month_beur=2", edit=edit), 70)
    pledged = past.daily("pledged_beur")[:, 1]
    assert pledged[[0, 10, 20, 31, 62]] == pytest.approx([2, 4, 1, 0.5, 2])


def test_without_events_there_is_no_difference_and_no_draw_for_them(
    varied: Load, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    usual = Draws.uniform

    def uniform(draws: Draws, name: str, **more: Any) -> Any:
        opened.append(name)
        return usual(draws, name, **more)

    monkeypatch.setattr(Draws, "uniform", uniform)
    without, empty = play(varied(), 60, n=5), play(varied(edit=having()), 60, n=5)
    same(without, empty)
    assert without.of("event_count").shape == (61, 0, 5)
    assert opened
    assert not [name for name in opened if name.startswith("events")]
    never = play(varied(edit=having(event(on(10), probability=0))), 60, n=5)
    same(never, without)


# After the war


def doomed(day_of_event: int, **effect: Any) -> Iterator[Tree]:
    yield event(on(2), {PRODUCTION: {"set": 1, "for_days": 20}}, name="early")
    yield event(on(day_of_event), {PRODUCTION: {"add": 1}}, name="late")
    yield event({"quantity": "held_area", "above": 0}, name="called")
    yield event({"hazard_per_year": 20}, {PRODUCTION: {"add": 1, "for_days": 1}}, name="random", at_most=100)


def test_when_the_war_is_over_nothing_begins_and_what_has_begun_ends(calm: Load, play: Play) -> None:
    ending = ("collapse.defender.hazard_per_year=1000", "collapse.defender.force_share=10")
    past = play(calm(*ending, edit=having(*doomed(20))), 60, n=20)
    assert (past.of("ending_day")[-1] == 7).all()
    assert (past.of("event_count")[7:] == past.of("event_count")[7]).all()
    assert (past.of("event_count")[-1, :3] == [[1], [0], [0]]).all()
    assert all(22 in past.told("event ends", replication) for replication in range(20))
    usual = play(calm(edit=having(*doomed(20))), 60, n=20)
    assert (usual.of("event_count")[-1, :3] == 1).all()
    assert (usual.of("event_count")[-1, 3] > past.of("event_count")[-1, 3]).any()


def test_a_knob_is_settled_once_a_day_whatever_happens_on_it(calm: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    settled: list[int] = []
    usual = Drawn.change

    def change(drawn: Drawn, values: Mapping[str, Any]) -> None:
        settled.append(len(values))
        usual(drawn, values)

    monkeypatch.setattr(Drawn, "change", change)
    often = [
        event({"hazard_per_year": 50}, {PRODUCTION: {"scale": 1.01, "for_days": 3}}, f"random{number}", at_most=20)
        for number in range(20)
    ]
    together = [event(on(5), {PERSONS: {"add": 1, "for_days": 5}}, f"dated{number}") for number in range(20)]
    values = course(calm(edit=having(*often, *together)), PERSONS, 60, n=20)
    assert 30 < len(settled) <= 60
    assert max(settled) == 2
    assert set(values[5] - values[0]) == {20}
    assert (values[10:] == values[0]).all()


# Batches


def lively(tree: Tree) -> None:
    tree["events"] = [
        event(on(30), {"arms.backers.europe.aid_per_month_beur": {"scale": 1.5, "for_days": 60}}, "dated", probability=0.6),
        event({"hazard_per_year": 8}, {PERSONS: {"scale": 1.2, "for_days": 40}}, "random", at_most=4),
        event(
            {"quantity": "fire.defender", "below": {"dist": "uniform", "low": 0.2, "high": 0.35}},
            {PERSONS: {"add": 300, "for_days": {"dist": "uniform", "low": 5, "high": 30}}, SHARE: {"set": 0.2}},
            "called",
            at_most=3,
        ),
    ]


def test_batches_of_one_are_the_whole_batch(varied: Load) -> None:
    n, days = 60, 150
    scenario = varied(edit=lively)
    whole = run_batch(scenario, Plan(n, 1, days, watched=range(n)), np.arange(n))
    kinds = [item.kind for item in whole.events]
    assert kinds.count("event begins") > n
    assert kinds.count("event ends") > n
    for numbers in [*([number] for number in range(0, n, 4)), np.random.default_rng(4).permutation(n)]:
        part = run_batch(scenario, Plan(n, 1, days, watched=range(n)), np.asarray(numbers, dtype=np.int64))
        for name, values in part.outcomes.items():
            np.testing.assert_array_equal(values, whole.outcomes[name][numbers], err_msg=name)
        np.testing.assert_array_equal(part.series, whole.series[:, :, numbers])
        for number in numbers:
            ours, theirs = ([item for item in run.events if item.replication == number] for run in (part, whole))
            assert ours == theirs


def test_the_drawn_values_that_are_reported_are_those_drawn(varied: Load) -> None:
    usual, changed = (
        run_batch(scenario, Plan(20, 1, 60), np.arange(20))
        for scenario in (varied(), varied(edit=having(event(on(10), {PERSONS: {"scale": 3}}))))
    )
    assert PERSONS in usual.drawn
    for path, values in usual.drawn.items():
        assert np.array_equal(values, changed.drawn[path]), path


def test_a_count_or_value_that_went_wrong_is_a_breach(calm: Load) -> None:
    scenario = calm(edit=having(event(on(5))))
    declared = [(m.name, field) for m in MECHANISMS for field in m.fields(section(scenario, m))]
    world = World(Setting(scenario.world.start_date, 9, 1, np.arange(3)), ORDER_OF_THE_DAY, declared)
    drawn = Drawn(scenario.world, world.draws)
    events = Events(world, section(scenario, Events), drawn)
    assert not any(broken.any() for _, broken in events.breaches())
    events.event_count[0, 1] = 2
    drawn.now[PRODUCTION] = drawn.values[PRODUCTION] + np.array([0, 0, 1])
    broken = {rule: found.reshape(-1, 3).any(axis=0).tolist() for rule, found in events.breaches()}
    assert broken == {
        "an event happens at most as often as it may": [False, True, False],
        f"without an event {PRODUCTION} is as drawn": [False, False, True],
    }


# What is told


def test_the_chronicle_tells_beginnings_and_ends(calm: Load) -> None:
    effect = {PRODUCTION: {"add": 1, "for_days": 5}}
    quiet, loud = event(on(3), effect, "quiet"), event(on(4), effect, "loud", tell="Aid {doubles}\n  by 100%: {0} {told}!")
    batch = run_batch(calm(edit=having(quiet, loud)), Plan(1, 1, 20, watched=[0]), np.arange(1))
    story = "\n".join(" ".join(line) for line in chronicle(batch, 0))
    for day, sentence in (
        (3, "Event quiet begins."),
        (8, "Event quiet ends."),
        (4, "Aid {doubles} by 100%: {0} {told}!"),
        (9, "Event loud ends."),
    ):
        assert f"{START + timedelta(days=day)} {sentence}" in story
    assert set(EVENT_KINDS) >= {"event begins", "event ends"}


# Errors


@pytest.fixture
def problems(varied: Load) -> Callable[..., list[str]]:
    """What is said about a scenario with these events: a line each, without the name of the file."""

    def problems(*events: Tree) -> list[str]:
        with pytest.raises(ScenarioError) as raised:
            varied(edit=having(*events))
        return [str(problem).split("error: ")[1] for problem in raised.value.problems]

    return problems


def targets(*paths: str, change: Tree | None = None) -> Tree:
    return event(on(5), {path: change or {"set": 1} for path in paths})


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "arms.backers.eurpe.aid_per_month_beur",
            "unknown knob 'arms.backers.eurpe.aid_per_month_beur'. Did you mean 'arms.backers.europe.aid_per_month_beur'?",
        ),
        ("attacker.fire_share", "unknown knob 'attacker.fire_share'. Did you mean 'attrition.attacker.fire_share'?"),
        (
            "manpower.attacker.force_persons",
            "'manpower.attacker.force_persons' is settled at the start, no event can change it. Write it in its own section",
        ),
        (
            "arms.halts.us_pause.cut_share",
            "'arms.halts.us_pause.cut_share' is settled at the start, no event can change it. Write it in its own section",
        ),
        (
            "arms.backers.europe.aid_variation",
            "'arms.backers.europe.aid_variation' is settled at the start, no event can change it. "
            "Write it in its own section",
        ),
        (
            "events.it.probability",
            "'events.it.probability' is settled at the start, no event can change it. Write it in its own section",
        ),
        ("arms.backers.europe.name", "'arms.backers.europe.name' is not a number"),
        ("attrition.law", "'attrition.law' is not a number"),
        ("front.mud_months", "'front.mud_months' is not a number"),
        (
            "arms.attacker",
            "'arms.attacker' is not a number. Possible: arms.attacker.ration_days, "
            "arms.attacker.production_fire_days_per_month, arms.attacker.aid_scale",
        ),
        (
            "attrition.own_exponent",
            "'attrition.own_exponent' is not given in this scenario, so that nothing can change it",
        ),
    ],
)
def test_a_target_must_be_a_knob_that_is_used_while_running(problems: Any, path: str, message: str) -> None:
    assert problems(targets(path)) == [message]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"when": {}},
            "when needs exactly one of date, hazard_per_year and quantity. "
            "Write it as in {date: 2025-02-01} or {quantity: fire.defender, below: 0.15}",
        ),
        (
            {"when": {**on(5), "hazard_per_year": 1}},
            "when needs exactly one of date, hazard_per_year and quantity, not date and hazard_per_year. "
            "Write it as in {date: 2025-02-01} or {quantity: fire.defender, below: 0.15}",
        ),
        (
            {"when": {"quantity": "held_area"}},
            "a quantity needs either below or above. Write it as in {quantity: fire.defender, below: 0.15}",
        ),
        (
            {"when": {"quantity": "held_area", "below": 1, "above": 2}},
            "a quantity needs either below or above, not both. Write it as in {quantity: fire.defender, below: 0.15}",
        ),
        ({"when": {**on(5), "above": 2}}, "above belongs to quantity, not to date. Remove it"),
        (
            {"when": {"quantity": "fire.defendr", "below": 1}},
            "unknown quantity 'fire.defendr'. Did you mean 'fire.defender'?",
        ),
        ({"when": {"quantity": "fire", "below": 1}}, "unknown quantity 'fire'. Possible: fire.attacker, fire.defender"),
        ({"effect": {}}, "effect is empty. Write it as in {arms.defender.aid_scale: {scale: 0.5}}"),
        (
            {"effect": {SHARE: {"set": 1, "add": 2}}},
            f"{SHARE} needs exactly one of set, scale and add, not set and add",
        ),
        ({"effect": {SHARE: {"for_days": 3}}}, f"{SHARE} needs exactly one of set, scale and add"),
        ({"effect": {SHARE: {"set": 1.5}}}, f"events[it].effect.{SHARE}.set must lie between 0 and 1 (share), not 1.5"),
        ({"effect": {SHARE: {"set": 1, "for_days": 0}}}, "for_days must lie between 1 and 20000 (days), not 0"),
        ({"at_most": 2}, "at_most does not go with a date, which comes once. Remove it"),
        ({"when": {"hazard_per_year": 1}, "at_most": 0}, "at_most must lie between 1 and 100 (times), not 0"),
        ({"probability": 1.2}, "probability must lie between 0 and 1 (share), not 1.2"),
        ({"tells": "x"}, "unknown field 'tells' in events[it]. Did you mean 'tell'?"),
    ],
)
def test_what_else_can_be_wrong_is_said_in_a_line(problems: Any, wrong: Tree, message: str) -> None:
    assert problems({**event(on(5)), **wrong}) == [message]


@pytest.mark.parametrize("name", ["ending", "ending_day", "at_war", "fire_below_half_month.attacker", "held_area.attacker"])
def test_codes_days_and_wrong_rows_cannot_be_watched(problems: Any, name: str) -> None:
    (problem,) = problems(event({"quantity": name, "above": 0}))
    assert problem.startswith(f"unknown quantity '{name}'. ")


def test_ids_are_unique(problems: Any) -> None:
    assert problems(event(on(1)), event(on(2))) == ["id 'it' stands in this list already. Every id is unique"]


def test_problems_stand_at_the_key_they_are_about(baseline: Scenario[Any], tmp_path: Any) -> None:
    lines = [
        "events:",
        "  - id: it",
        "    when: {quantity: held_are, above: 1}",
        "    effect:",
        f"      {PRODUCTION}: {{scale: 2}}",
        "      arms.attacker.ration_day: {scale: 2}",
        f"      {SHARE}: {{set: 3}}",
    ]
    text = baseline.to_yaml() + "\n".join(lines) + "\n"
    first = text.count("\n") - len(lines)
    file = tmp_path / "wrong.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as raised:
        load_scenario(file, WarScenario)
    places = [problem.place.split(":")[1:] for problem in raised.value.problems]
    assert places == [[str(first + 3), "12"], [str(first + 6), "7"], [str(first + 7), str(len(SHARE) + 10)]]


def test_an_event_may_be_set_on_the_command_line(varied: Load) -> None:
    scenario = varied("events.it.probability=0.25", edit=having(event(on(5))))
    assert dict(quantities(scenario.world))["events.it.probability"].central == 0.25


def test_every_number_of_the_model_is_either_live_or_settled_at_the_start(baseline: Scenario[Any]) -> None:
    live = set(live_knobs(baseline.world))
    drawn = {path for path, _ in quantities(baseline.world)}
    endings: Sequence[str] = (
        "fire_at_start_share", "reference_fire_share", "force_persons", "reference_force_persons", "pool_persons",
        "training_days", "held_area_km2", "total_area_km2",
        "past_aid_per_month_beur", "past_intake_per_month", "past_daily_casualties", "advance_km2_per_day",
        "attacker_reference_intensity", "defender_reference_intensity",
        "optimism", "drift_prior_sd_km2_per_day", "balance_prior_sd", "wander_share", "hard_share",
        "resolve_known",
    )  # fmt: skip
    for path in drawn - live:
        planned = path.split(".")[1] in ("halts", "packages", "waves", "offensives", "issues")
        assert planned or path.rpartition(".")[2] in endings, path
    assert not [path for path in live if path.rpartition(".")[2] in endings]
