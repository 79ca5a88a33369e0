"""How cost grows: scenarios and runs of ever larger sizes. Used by the tests and by the table."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from sim.ensemble.run import Plan, run_batch, run_ensemble
from sim.model import WarScenario
from sim.model.events import live_knobs
from sim.scenario import Scenario, load_scenario
from tests.benchmarks.clock import Costs, Growth, Work
from tests.conftest import with_tree

Tree = dict[str, Any]
# Above it a cost grows faster than what it is of.
MOST_EXPONENT = 1.05


@cache
def baseline() -> Scenario[Any]:
    return load_scenario("baseline", WarScenario)


@cache
def allies() -> Scenario[Any]:
    return load_scenario("allies", WarScenario)


def varied(change: Callable[[Tree], None], base: Scenario[Any] | None = None) -> Scenario[Any]:
    """Return the baseline after changing its tree in place."""
    base = base or baseline()
    tree = copy.deepcopy(base.tree)
    # What is expected of the baseline is not of what becomes of it.
    tree.pop("expect", None)
    change(tree)
    return with_tree(base, tree, Path(tempfile.gettempdir()) / "variant.yaml")


def batch(scenario: Scenario[Any], n: int, days: int, **plan: Any) -> Work:
    """Return the running of a scenario as one batch."""
    return lambda: run_batch(scenario, Plan(n, 1, days, **plan), np.arange(n))


# What is changed, and how many of it there are.

KNOB = "arms.attacker.production_fire_days_per_month"


def having_events(whens: list[dict[str, object]], knobs: tuple[str, ...] = (KNOB,)) -> Scenario[Any]:
    """Return the baseline with an event for each `when`, each on one of the knobs in turn."""

    def change(tree: Tree) -> None:
        tree["events"] = {
            f"e{place}": {
                "when": when,
                "at_most": 5,
                "effect": {knobs[place % len(knobs)]: {"scale": 1.02, "for_days": 20}},
            }
            for place, when in enumerate(whens)
        }

    return varied(change)


def random_events(count: int) -> Scenario[Any]:
    return having_events([{"hazard_per_year": 2.0}] * count)


def events_apart(count: int) -> Scenario[Any]:
    """Return the baseline with random events, each on a knob of its own of the war."""
    knobs = [path for path in live_knobs(baseline().world) if path.startswith(("arms", "attrition", "front", "manpower"))]
    return having_events([{"hazard_per_year": 2.0}] * count, tuple(knobs))


def conditions(count: int) -> Scenario[Any]:
    return having_events([{"quantity": "fire.defender", "below": 0.2 + place / 500} for place in range(count)])


ISSUES = ("security", "territory", "recognition", "alignment", "caps")
# How many options each issue has, for so many packages.
OPTIONS = {
    4: (2, 2, 1, 1, 1),
    36: (2, 3, 3, 2, 1),
    144: (4, 3, 3, 4, 1),
    288: (4, 6, 3, 4, 1),
    576: (4, 6, 3, 4, 2),
    1152: (4, 6, 3, 4, 4),
    2304: (4, 6, 3, 4, 8),
    4608: (4, 6, 3, 8, 8),
}


def packages(count: int) -> Scenario[Any]:
    """Return the baseline with so many packages: options are left out, or are there several times."""

    def change(tree: Tree) -> None:
        talks = tree["negotiation"]
        # They name options that may not be there.
        del talks["red_lines"], talks["forbidden"]
        for issue, wanted in zip(ISSUES, OPTIONS[count], strict=True):
            options = talks["issues"][issue]["options"]
            # The peace that fighting brings, and the line of contact, are always there.
            first = [name for name in ("zone_without_guards", "line_of_contact") if name in options]
            names = first + [name for name in options if name not in first]
            kept = {name: options[name] for name in names[:wanted]}
            for more in range(wanted - len(kept)):
                kept[f"more_{more}"] = copy.deepcopy(options[names[more % len(names)]])
            talks["issues"][issue]["options"] = kept

    return varied(change)


def backers(count: int) -> Scenario[Any]:
    """Return the baseline with so many backers of the defender."""

    def change(tree: Tree) -> None:
        tree["arms"].pop("halts")
        one = tree["arms"]["backers"]["europe"]
        tree["arms"]["backers"] = {f"b{place}": {**copy.deepcopy(one), "name": f"Backer {place}"} for place in range(count)}

    return varied(change)


MOST_PARTIES = 20


def parties(count: int) -> Scenario[Any]:
    """Return the baseline with twenty backers, and so many parties that decide for one each, guarantee a zone and vote."""

    def change(tree: Tree) -> None:
        one = copy.deepcopy(allies().tree["parties"]["europe"])
        one["guarantees"].pop("backstop")
        one["ratifies"] = {"days": {"value": 30, "assumption": True}, "sd": {"value": 0.05, "assumption": True}}
        one["mediates"] = {"terms": {"alignment": ["deferred"]}, "per_year": {"value": 0.5, "assumption": True}}
        tree["arms"].pop("halts")
        backer = tree["arms"]["backers"]["europe"]
        tree["arms"]["backers"] = {f"b{place}": {**backer, "name": f"Backer {place}"} for place in range(MOST_PARTIES)}
        tree["parties"] = {
            f"p{place}": {**one, "name": f"Party {place}", "backs": {**one["backs"], "backer": f"b{place}"}}
            for place in range(count)
        }

    return varied(change)


def obligations(count: int) -> Scenario[Any]:
    """Return the baseline with so many obligations of the zone without guards."""

    def change(tree: Tree) -> None:
        tree["ceasefire"]["regimes"]["zone_without_guards"]["obligations"] = {
            f"o{place}": {
                "by": ("attacker", "defender")[place % 2],
                "due_days": {"value": 14 + place, "assumption": True},
                "kept_share": {"value": 0.8, "assumption": True},
                "overdue_effect": {"value": 0.2, "assumption": True},
            }
            for place in range(count)
        }

    return varied(change)


# What is measured.


@dataclass(frozen=True)
class Sizes:
    """Something that a run has more or less of.

    Attributes
    ----------
    what : str
    sizes : tuple of int
        The smallest is the fixed part; those from the middle on tell how cost grows.
    work : callable
        Returns what is measured at a size.
    most : mapping of int to float
        At which size how many times the smallest cost is allowed, beside the exponent.
    """

    what: str
    sizes: tuple[int, ...]
    work: Callable[[int], Work]
    most: Mapping[int, float] = field(default_factory=dict)

    def is_in_step(self, growth: Growth) -> bool:
        """Return whether a cost grows no faster than it may; where too little is added to be seen, it does not grow."""
        fixed = growth.seconds[min(self.sizes)]
        within = all(growth.seconds[size] <= times * fixed for size, times in self.most.items())
        return within and not growth.exponent > MOST_EXPONENT


def _of(make: Callable[[int], Scenario[Any]], n: int = 1024, days: int = 365) -> Callable[[int], Work]:
    return lambda size: batch(make(size), n, days)


def _histories(count: int) -> Work:
    return lambda: run_ensemble(baseline(), Plan(count, 1, 90))


# What must grow in step.
GROWTHS = {
    "random events": Sizes("scenario events at random, on one knob", (0, 50, 100, 200), _of(random_events), {50: 2.0}),
    "events apart": Sizes("scenario events at random, on a knob each", (0, 10, 20, 40), _of(events_apart)),
    "conditions": Sizes("scenario events on conditions", (0, 50, 100, 200), _of(conditions)),
    "packages": Sizes("packages", (4, 576, 1152, 2304, 4608), _of(packages, n=256)),
    "backers": Sizes("backers", (1, 10, 25, 50), _of(backers)),
    "parties": Sizes("parties that back, guarantee, vote and mediate", (1, 5, 10, 20), _of(parties, n=512)),
    "years": Sizes("years of horizon", (1, 5, 10, 20), lambda years: batch(baseline(), 64, years * 365)),
    "histories": Sizes("histories, in the batches of a run", (1, 10_000, 30_000, 100_000), _histories),
}
# A belief weighs all sets of what may not be kept, so that a regime may have four only, whose cost is all that is held.
OBLIGATIONS = Sizes("obligations of a regime", (0, 1, 2, 3, 4), _of(obligations, days=1095), {4: 1.5})


def grown(of: Sizes, rounds: int = 2) -> Growth:
    """Measure how a cost grows; again while it seems to grow faster than it may, since noise can make it seem so."""

    def growth(costs: Costs) -> Growth:
        return Growth(of.what, {size: costs.seconds[size] for size in of.sizes})

    works = {size: of.work(size) for size in of.sizes}
    # Imports and first pages of memory are not counted.
    batch(baseline(), 16, 30)()
    return growth(Costs(works).until(lambda costs: of.is_in_step(growth(costs)), rounds))
