"""Hard lines about areas are never crossed, and nothing is signed that is not open: tried on generated negotiations.

What is barred to whom is worked out here from the scenario, the draws and the state of the day alone, package by package,
and held against every review and every deal of every history.
"""

from __future__ import annotations

import copy
import datetime
import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.engine.draws import Draws
from sim.engine.world import Setting, World
from sim.model import WarScenario, simulate
from sim.model.parameters import SIDES
from sim.scenario import Scenario

HISTORIES, DAYS, SEED = 6, 140, 5
BOUNDS = ("area_above_km2", "area_below_km2", "ceded_above_km2", "ceded_below_km2")
# What a condition may ask, with levels that are met at times; and whether the negotiation, or the ceasefire, sets it itself.
ASKED = {
    "held_area": (111_600, 112_500, False), "momentum.attacker": (-0.2, 0.5, False), "weariness.defender": (0.0, 0.3, False),
    "value_of_fighting.defender": (0.0, 0.6, True), "ceasefires": (0.5, 0.5, True), "talks_opened": (0.5, 1.5, True),
}  # fmt: skip


class Maker:
    """Makes a negotiation from random choices."""

    def __init__(self, number: int) -> None:
        self.rng = np.random.default_rng([18, number])

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def window(self, start: datetime.date) -> dict[str, Any]:
        found: dict[str, Any] = {}
        first = start + datetime.timedelta(days=int(self.rng.integers(-20, 90)))
        if self.chance(0.4):
            found["from"] = first
        if self.chance(0.4):
            found["until"] = first + datetime.timedelta(days=int(self.rng.integers(1, 90)))
        if self.chance(0.6):
            name = str(self.rng.choice(list(ASKED)))
            low, high, _ = ASKED[name]
            found["while"] = {"quantity": name, str(self.rng.choice(["below", "above"])): float(self.rng.uniform(low, high))}
        return found

    def negotiation(self, base: dict[str, Any], start: datetime.date) -> dict[str, Any]:
        section = copy.deepcopy(base)
        section.pop("weight_concentration")
        with_land = self.chance(0.8)
        kept = ["security", *(["territory"] if with_land else []), "alignment"][int(self.chance(0.3)) :]
        issues = section["issues"] = {issue: section["issues"][issue] for issue in kept}
        for issue in issues.values():
            issue["weight"] = {side: 1 / len(issues) for side in SIDES}
            names = self.rng.permutation(list(issue["options"])).tolist()
            issue["options"] = {name: issue["options"][name] for name in names[: self.rng.integers(2, 5)]}
            for option in issue["options"].values():
                option.update(self.window(start) if self.chance(0.4) else {})
        section["forbidden"] = {"rule": {"terms": self.terms(issues)}} if self.chance(0.5) else {}
        section["red_lines"] = {f"line_{k}": self.line(issues, start) for k in range(self.rng.integers(1, 5))}
        section["talks"].update(open_per_year=200, agree_per_year=200, fail_per_year=2, suspend_per_year=2)
        section["ripeness"] = 0
        return section

    def terms(self, issues: dict[str, Any]) -> dict[str, list[str]]:
        chosen = self.rng.permutation(list(issues)).tolist()[: self.rng.integers(1, 3)]
        most = int(self.rng.integers(1, min(len(issue["options"]) for issue in issues.values())))
        return {issue: self.rng.permutation(list(issues[issue]["options"])).tolist()[:most] for issue in chosen}

    def line(self, issues: dict[str, Any], start: datetime.date) -> dict[str, Any]:
        line: dict[str, Any] = {
            "side": str(self.rng.choice(SIDES)), "hard_share": float(self.rng.choice([0, 0.5, 0.9])), "price": 0.1,
            "softening": 0.2, "softening_per_1000_km2": float(self.rng.choice([0, 0.3])), "hardening": 0.3,
        }  # fmt: skip
        for name, at in (("area", 111_800), ("ceded", 0)):
            if self.chance(0.5):
                bound = at + float(self.rng.choice([-20_000, -1_000, 0, 500, 10_000]))
                line[f"{name}_{self.rng.choice(['above', 'below'])}_km2"] = bound
        if self.chance(0.5) or not set(BOUNDS) & set(line):
            line["terms"] = self.terms(issues)
        return line | (self.window(start) if self.chance(0.3) else {})


def made(number: int, base: dict[str, Any]) -> Scenario[Any]:
    tree = {**copy.deepcopy(base), "events": {}}
    tree.pop("expect", None)
    tree["negotiation"] = Maker(number).negotiation(tree["negotiation"], tree["start_date"])
    tree["ceasefire"]["early_hazard"] = 20
    return Scenario(f"made_{number}", Path("made.yaml"), WarScenario.model_validate(tree), tree, {}, tree)


class History:
    """One history, day by day, as what is barred in it is worked out from."""

    def __init__(self, world: World, scenario: Scenario[Any], replication: int) -> None:
        self.world, self.section, self.number = world, scenario.world.negotiation, replication
        draws = Draws(SEED, np.array([replication]))
        luck = {line.id: draws.uniform(f"negotiation/red_line/{line.id}").at(0)[0] for line in self.section.red_lines}
        self.hard = [line for line in self.section.red_lines if luck[line.id] < line.hard_share.central]
        # Options with regimes come first.
        self.issues = sorted(self.section.issues, key=lambda issue: issue.options[0].regime is None)

    def state(self, day: int, name: str) -> float:
        """What a quantity is in the review of a day: what is set by it, or after it, as it was in the morning."""
        field, _, row = name.partition(".")
        values = self.world.recorder.snapshots[day if ASKED[name][2] else day + 1][field]
        return float(values[SIDES.index(row), self.number] if row else values[self.number])

    def is_open(self, thing: Any, day: int) -> bool:
        today = self.world.calendar.date_of(day)
        first, last, asked = (getattr(thing, name) for name in ("from", "until", "while"))
        if (first is not None and today < first) or (last is not None and today >= last):
            return False
        if asked is None:
            return True
        now = self.state(day, asked.quantity)
        return now < asked.below.central if asked.below is not None else now > asked.above.central

    def beyond(self, line: Any, day: int, package: dict[str, Any]) -> bool:
        held = self.state(day, "held_area")
        area = held
        for option in package.values():
            if option.area_km2 is not None:
                area = option.area_km2.central
            elif option.ceded_km2 is not None:
                area = held + option.ceded_km2.central
        limits = {bound: getattr(line, bound) for bound in BOUNDS}
        given = {
            bound: limit.central + (held if bound.startswith("ceded") else 0)
            for bound, limit in limits.items()
            if limit is not None
        }
        if not given:
            return True
        return any(area > limit if "above" in bound else area < limit for bound, limit in given.items())

    def bars(self, day: int) -> np.ndarray:
        """Which packages are barred to each side, (2, P)."""
        found = []
        for chosen in itertools.product(*(issue.options for issue in self.issues)):
            package = {issue.id: option for issue, option in zip(self.issues, chosen, strict=True)}

            def meets(terms: dict[str, list[str]], package: dict[str, Any] = package) -> bool:
                return all(package[issue].id in named for issue, named in terms.items())

            closed = any(meets(rule.terms) for rule in self.section.forbidden)
            closed |= not all(self.is_open(option, day) for option in chosen)
            crossed = {
                line.side
                for line in self.hard
                if self.is_open(line, day) and meets(line.terms) and self.beyond(line, day, package)
            }
            found.append([closed or side in crossed for side in SIDES])
        return np.array(found).T


def hold(number: int, base: dict[str, Any]) -> Counter[str]:
    """Assert what must hold of the negotiation with this number; return what was met."""
    scenario, numbers = made(number, base), np.arange(HISTORIES, dtype=np.int64)
    setting = Setting(scenario.world.start_date, DAYS, SEED, numbers, landmarks=range(DAYS + 1), watched=numbers.tolist())
    world, _ = simulate(scenario, setting)
    histories = [History(world, scenario, replication) for replication in numbers.tolist()]
    met: Counter[str] = Counter()
    bounded = [line for line in scenario.world.negotiation.red_lines if line.bounds]
    met["hard line about areas"] += sum(line in history.hard for line in bounded for history in histories)
    for event in world.recorder.events:
        where = f"number {number}, replication {event.replication}, day {event.day}"
        if event.kind in ("review", "deal signed"):
            bars = histories[event.replication].bars(event.day)
        if event.kind == "review":
            slack: Any = event.values["packages"]
            assert ((np.array(slack) == -np.inf) == bars).all(), where
            met["no package"] += bool(bars.any(axis=0).all())
            met["some barred"] += bool(bars.any() and not bars.all())
        elif event.kind == "deal signed":
            package: Any = event.values["package"]
            assert not bars[:, int(package)].any(), where
            met["deal"] += 1
    return met


def test_what_areas_and_times_bar_is_barred_and_nothing_else(load) -> None:
    met = sum((hold(number, load("baseline").tree) for number in range(10)), Counter())
    assert min(met[kind] for kind in ("hard line about areas", "no package", "some barred", "deal")) > 0, met


@pytest.mark.long
@pytest.mark.parametrize("part", range(8))
def test_what_areas_and_times_bar_is_barred_in_400_negotiations(load, part: int) -> None:
    met = sum((hold(number, load("baseline").tree) for number in range(50 * part, 50 * part + 50)), Counter())
    assert min(met[kind] for kind in ("hard line about areas", "no package", "some barred", "deal")) > 0, met
