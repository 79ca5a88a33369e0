"""Variants of the shipped baseline, and what happens in them day by day."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.engine.world import Setting, World
from sim.model import POLITICS, WarScenario, simulate
from sim.scenario import Scenario, load_scenario, quantities
from tests.conftest import with_tree

Tree = dict[str, Any]
Edit = Callable[[Tree], object]

CALM = {
    "attrition.tempo_change_log_sd": 0,
    "attrition.noise_log_sd": 0,
    "attrition.protection": 0,
    "attrition.level_factor": 1,
    "front.advance_sd_km2_per_day": 0,
    "front.intensity_trend_per_year": 0,
    "front.effort_log_sd": 0,
    "front.mud_season_factor": 1,
    "front.dry_season_factor": 1,
    "collapse.attacker.hazard_per_year": 0,
    "collapse.defender.hazard_per_year": 0,
    "rout.attacker.hazard_per_year": 0,
    "rout.defender.hazard_per_year": 0,
}


@dataclass(frozen=True)
class Past:
    """A finished batch: the whole state of every day, and the events of all."""

    world: World

    def of(self, field: str) -> np.ndarray:
        """A field on all days, shape (days + 1, ...): day t is the state when t days have passed."""
        snapshots = self.world.recorder.snapshots
        return np.array([snapshots[day][field] for day in sorted(snapshots)])

    def daily(self, field: str) -> np.ndarray:
        """What a cumulative field gains on each day, shape (days, ...)."""
        return np.diff(self.of(field), axis=0)

    def told(self, kind: str, replication: int = 0) -> list[int]:
        """The days on which something happened to one replication."""
        events = self.world.recorder.events
        return [event.day for event in events if event.kind == kind and event.replication == replication]


@pytest.fixture(scope="session")
def baseline() -> Scenario[Any]:
    return load_scenario("baseline", WarScenario)


@pytest.fixture(scope="session")
def calm_tree(baseline: Scenario[Any]) -> Tree:
    """The baseline without luck: every quantity at its centre, no noise, nothing that happens on a date, usual attacks."""
    tree = war_alone(copy.deepcopy(baseline.tree))
    for path, quantity in quantities(baseline.world):
        if path.partition(".")[0] not in tree:
            continue
        node, names = tree, path.split(".")
        for name in names[:-1]:
            node = node[int(name)] if isinstance(node, list) else node[name]
        node[names[-1]] = CALM.get(path, quantity.central)
    for backer in tree["arms"]["backers"].values():
        backer["aid_variation"] = 0
    del tree["expect"], tree["front"]["campaigns"]
    for side in ("attacker", "defender"):
        # The usual attacks are what was seen.
        tree["front"].pop(f"{side}_reference_intensity", None)
    tree["arms"]["halts"] = tree["manpower"]["waves"] = tree["front"]["offensives"] = tree["front"]["belts"] = {}
    return tree


def others(tree: Tree) -> None:
    """Have parties decide beside the two sides, in the baseline, and both sides escalate and learn whom to trust."""
    tree["parties"] = {
        "us": {
            "name": "United States", "side": "defender", "will": 0.6, "sd_per_year": 0.5,
            "elections": {"new": {"date": date(2025, 1, 20), "probability": 0.5, "will": 0.4}},
            "backs": {"backer": "united_states", "if_receiver_refuses": 0.3},
        },
        "europe": {
            "name": "Europeans", "side": "defender", "will": 0.6, "sd_per_year": 0.5, "fear_of_escalation": 0.05,
            "guarantees": {
                "regimes": ["european_zone", "guaranteed_zone"], "pool_persons": 120_000, "benefit": 1,
                "price_per_10k_guards": 0.05, "entanglement": 0.3, "needs_will": 0.1, "acts_at_will": 0.7, "backstop": "us",
                "without_backstop": 0.5,
            },
        },
    }  # fmt: skip
    escalates = {"per_year": 0.5, "harder_factor": 1.3, "strikes_share": 0.8, "wider_war_share": 0.1, "price": 0.005}
    tree["escalation"] = {"attacker": escalates, "defender": dict(escalates)}
    word = {"reliable": 0.5, "reliable_keeps": 0.9, "unreliable_keeps": 0.4, "unreliable_effect": 0.5}
    energy = {"per_year": 6, "days": 20, "stops": 0.3}
    tree["trust"] = {"attacker": word, "defender": dict(word), "truces": {"energy": energy}}


def war_alone(tree: Tree) -> Tree:
    """Take the negotiation out of a scenario, so that no deal ends the war."""
    for mechanism in POLITICS:
        tree.pop(mechanism.name, None)
    return tree


@pytest.fixture
def calm(calm_tree: Tree, baseline: Scenario[Any], tmp_path: Path) -> Callable[..., Scenario[Any]]:
    """Load the calm baseline after changes: a function that edits the tree, then dotted.path=value."""

    def load(*overrides: str, edit: Edit = lambda tree: None) -> Scenario[Any]:
        tree = copy.deepcopy(calm_tree)
        edit(tree)
        return with_tree(baseline, tree, tmp_path / "variant.yaml", overrides)

    return load


@pytest.fixture
def varied(baseline: Scenario[Any], tmp_path: Path) -> Callable[..., Scenario[Any]]:
    """Load the baseline itself after changes, without its negotiation unless it is asked for."""

    def load(*overrides: str, edit: Edit = lambda tree: None, negotiation: bool = False) -> Scenario[Any]:
        tree = copy.deepcopy(baseline.tree)
        if not negotiation:
            war_alone(tree)
            del tree["expect"]
        edit(tree)
        return with_tree(baseline, tree, tmp_path / "variant.yaml", overrides)

    return load


@pytest.fixture(scope="session")
def play() -> Callable[..., Past]:
    """Run a scenario for some days as one batch of `n`, or of given replications."""

    def run(scenario: Scenario[Any], days: int, n: int = 1, seed: int = 1, numbers: Sequence[int] | None = None) -> Past:
        replications = np.arange(n, dtype=np.int64) if numbers is None else np.array(numbers, dtype=np.int64)
        setting = Setting(
            start=scenario.world.start_date,
            days=days,
            seed=seed,
            replications=replications,
            landmarks=range(days + 1),
            watched=replications.tolist(),
        )
        world, _ = simulate(scenario, setting)
        return Past(world)

    return run
