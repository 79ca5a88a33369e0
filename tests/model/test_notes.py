"""What cannot happen or cannot matter is said, and what is said is so; what takes long is said before it starts."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.ensemble.run import Plan, run_batch
from sim.model import WarScenario
from sim.model.levels import of_levels
from sim.model.notes import long_work, notes
from sim.scenario import Scenario, load_scenario

SHIPPED_DAYS = 200
HEAD = """\
title: Odd
extends: no_talks
description: Much of it never happens.
front: {mud_months: []}
arms:
  packages:
    - {id: nothing, backer: europe, date: 2025-02-01, amount_beur: 0, probability: 0.5}
    - {id: never, backer: europe, date: 2025-02-01, amount_beur: 3, probability: 0}
    - {id: late, backer: europe, date: 2039-02-01, amount_beur: 3, probability: 1}
  halts:
    - {id: early, backer: europe, date: 2020-03-01, probability: 0.2, days: 90, cut_share: 0.5}
    - {id: no_hazard, backer: europe, hazard_per_year: 0, days: 90, cut_share: 0.5}
    - {id: no_cut, backer: europe, date: 2025-03-01, probability: 0.2, days: 90, cut_share: 0}
attrition: {defender: {fire_share: 0.5}}
"""
AID, MUD, RATION, SHARE = (
    "arms.defender.aid_scale", "front.mud_season_factor", "arms.attacker.ration_days", "attrition.defender.fire_share",
)  # fmt: skip
NEVER = {
    "late": ("{date: 2039-01-01}", f"{AID}: {{set: 2}}", "is dated after the last day"),
    "early": ("{date: 2024-12-03}", f"{AID}: {{set: 2}}", "is dated before the start"),
    "below": ("{quantity: fire.defender, below: 0}", f"{AID}: {{set: 2}}", "fire.defender is never below 0"),
    "above": ("{quantity: fire.defender, above: 1}", f"{AID}: {{set: 2}}", "fire.defender is never above 1"),
    "negative": ("{quantity: force.attacker, below: -5}", f"{AID}: {{set: 2}}", "force.attacker is never below -5"),
    "no_hazard": ("{hazard_per_year: 0}", f"{AID}: {{set: 2}}", "has a hazard_per_year of 0"),
    "after_none": ("{quantity: event_count.below, above: 0}", f"{AID}: {{set: 2}}", "event_count.below is never above 0"),
    "too_often": ("{quantity: event_count.real, above: 1}", f"{AID}: {{set: 2}}", "event_count.real is never above 1"),
}
IDLE = {
    "no_mud": (f"{MUD}: {{set: 2}}", "there is no month of mud"),
    "as_it_is": (f"{SHARE}: {{set: 0.5}}", "it is 0.5 already"),
    "times_one": (f"{RATION}: {{scale: 1}}", "it is to scale 1"),
    "plus_none": (f"{RATION}: {{add: 0}}", "it is to add 0"),
}
REAL = "  - {id: real, when: {hazard_per_year: 20}, effect: {arms.defender.aid_scale: {set: 2}}}\n"


@pytest.fixture(scope="module")
def write(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Scenario[Any]]:
    def write(text: str) -> Scenario[Any]:
        file: Path = tmp_path_factory.mktemp("notes") / "odd.yaml"
        file.write_text(text)
        return load_scenario(file, WarScenario)

    return write


def events(with_idle: bool = True) -> str:
    lines = [f"  - {{id: {name}, when: {when}, effect: {{{effect}}}}}\n" for name, (when, effect, _) in NEVER.items()]
    if with_idle:
        lines += [
            f"  - {{id: {name}, when: {{date: 2025-01-01}}, effect: {{{effect}}}}}\n" for name, (effect, _) in IDLE.items()
        ]
    return f"events:\n{REAL}{''.join(lines)}"


def test_what_is_said_never_to_happen_or_to_change_nothing_is_so(write: Any) -> None:
    n, plan = 40, Plan(40, 1, SHIPPED_DAYS)
    odd, plain = write(HEAD + events()), write(HEAD + events(with_idle=False))
    said = notes(odd, SHIPPED_DAYS)
    for name, (_, _, why) in NEVER.items():
        assert any(f"events.{name}" in line and why in line.replace("are dated", "is dated") for line in said), name
    for name, (_, why) in IDLE.items():
        assert any(f"events.{name} changes nothing on " in line and line.endswith(why) for line in said), name
    for name, why in (
        ("packages.nothing", "has amount_beur of 0, and changes nothing"), ("packages.never", "has a probability of 0"),
        ("packages.late", "after the last day"), ("halts.early", "before the start"),
        ("halts.no_hazard", "has a hazard_per_year of 0"), ("halts.no_cut", "has cut_share of 0"),
    ):  # fmt: skip
        assert any(f"arms.{name}" in line and why in line for line in said), name
    assert not any("events.real" in line for line in said)
    from sim.engine.world import Setting
    from sim.model import simulate

    world, _ = simulate(odd, Setting(odd.world.start_date, SHIPPED_DAYS, 1, np.arange(n)))
    begun = dict(zip([event.id for event in odd.world.events], world.fields.see("event_count").sum(axis=1), strict=True))
    assert begun["real"] > 0
    assert all(begun[name] == 0 for name in NEVER)
    assert all(begun[name] > 0 for name in IDLE)
    left, right = (run_batch(scenario, plan, np.arange(n)) for scenario in (odd, plain))
    for name, values in right.outcomes.items():
        np.testing.assert_array_equal(values, left.outcomes[name], err_msg=name)


def test_nothing_is_said_of_what_happens_and_matters(load: Any) -> None:
    for name in ("baseline", "outside_pressure", "russian_mobilization", "history/korea"):
        scenario = load(name)
        days = scenario.world.horizon_days or 30 * scenario.world.horizon_months
        assert notes(scenario, days) == [], name


def test_what_lies_beyond_a_shorter_horizon_is_one_line(parley: Any, tmp_path: Path) -> None:
    done = parley("run", "offensive_surge", "--months", 2, "--replications", 1, cwd=tmp_path)
    assert done.returncode == 0
    said = "front.offensives.surge (2025-05-01) is dated after the last day (2025-02-03), and never happens"
    assert done.stderr == f"note: offensive_surge: {said}\n"


def test_check_and_run_say_the_same(parley: Any, tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text(HEAD + events())
    checked = parley("check", "odd.yaml", cwd=tmp_path, COLUMNS="200")
    ran = parley("run", "odd.yaml", "--replications", 1, cwd=tmp_path)
    assert (checked.returncode, ran.returncode) == (0, 0)
    said = " ".join(checked.stdout.split()).split(" note: ")[1:]
    assert len(said) > 12
    assert [line.removeprefix("note: odd: ") for line in ran.stderr.splitlines()] == said


@pytest.mark.parametrize(
    ("setting", "times", "what"),
    [
        ("attrition.steps_per_day=10000", 161, "attrition.steps_per_day of 10,000"),
        (f"negotiation.ledger.guards_persons={list(range(1000, 1001000, 1000))}", 6, "guards_persons with 1,000 values"),
        (f"negotiation.attacker.horizons_days={list(range(1, 1001))}", 4, "horizons_days with 1,003 values"),
    ],
)
def test_what_multiplies_the_work_is_said(load: Any, setting: str, times: int, what: str) -> None:
    assert long_work(load("baseline")) == []
    (said,) = long_work(load("baseline", setting))
    assert said.startswith(f"a run takes about {times} times as long because of ")
    assert what in said


def test_what_multiplies_the_work_is_said_before_it_starts(parley: Any, tmp_path: Path) -> None:
    steps = "attrition.steps_per_day"
    for command in (
        ("run", "history/iwo_jima", "--set", f"{steps}=2000"), ("sweep", "history/iwo_jima", "--vary", f"{steps}=1,2000"),
    ):  # fmt: skip
        done = parley(*command, "--replications", 2, "--months", 1, "--out", tmp_path / command[0], cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "as long because of attrition.steps_per_day of 2,000\n" in done.stderr


FORCE, FIRE = "manpower.defender.force_persons", "arms.attacker.fire_at_start_share"


@pytest.fixture(scope="module")
def bare(load: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a war that states no references."""
    tree = copy.deepcopy(load("no_talks").tree)
    for section, level in (("manpower", "reference_force_persons"), ("arms", "reference_fire_share")):
        for side in ("attacker", "defender"):
            del tree[section][side][level]
    del tree["correlations"]
    file: Path = tmp_path_factory.mktemp("levels") / "bare.yaml"
    file.write_text(replace(load("no_talks"), tree=tree).to_yaml(), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("variant", "settings", "changed"),
    [
        ("", (), ()),
        ("", (f"{FORCE}=500_000",), (FORCE,)),
        ("", (f"{FORCE}=500_000", f"{FIRE}=0.5"), (FORCE, FIRE)),
        ("", (f"{FORCE}.mode=420_000",), (FORCE,)),
        ("", (f"{FORCE}=500_000", "manpower.defender.reference_force_persons=400_000"), ()),
        ("manpower: {defender: {force_persons: 500_000}}", (), (FORCE,)),
        ("manpower: {defender: {force_persons: 500_000, reference_force_persons: 400_000}}", (), ()),
        # Another start of the war, with what was seen then.
        ("manpower: {defender: {force_persons: 500_000}}\nattrition: {defender: {daily_casualties: 400}}", (), ()),
        # What was seen is judged otherwise; the levels are as they were.
        ("attrition: {attacker: {daily_casualties: 2_000}, defender: {daily_casualties: 400}}", (), ()),
    ],
)
def test_a_level_that_is_changed_without_its_reference_is_remarked_on(
    bare: Path, variant: str, settings: tuple[str, ...], changed: tuple[str, ...]
) -> None:
    file = bare.with_name("variant.yaml")
    file.write_text(f"title: A variant\nextends: bare.yaml\ndescription: Another level.\n{variant}\n", encoding="utf-8")
    said = list(of_levels(load_scenario(file, WarScenario, settings)))
    assert [line.partition(" is changed, and nothing says")[0] for line in said] == [*changed]


def test_a_reference_that_is_drawn_apart_from_its_level_is_remarked_on(load: Any) -> None:
    apart = "correlations.reference_of_ukrainian_fire.between=[front.force_elasticity, front.fire_elasticity]"
    (said,) = of_levels(load("no_talks", apart))
    assert said.startswith("arms.defender.reference_fire_share is drawn apart from arms.defender.fire_at_start_share, ")
    certain = load("no_talks", apart, "arms.defender.fire_at_start_share=0.3")
    assert list(of_levels(certain)) == []
