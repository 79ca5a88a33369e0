"""What all reference results share: the seed, how a shipped scenario is run, and how its shares are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.ensemble.run import Ensemble, Plan, horizon_days, run_ensemble
from sim.model import WarScenario
from sim.results.statistics import wilson_interval
from sim.scenario import load_scenario

SEED = 1
REPLICATIONS = 1_000
# How much they matter is disputed: not at all, half as much as estimated, as estimated.
INSTITUTIONS = (0, 0.5, 1)
Rows = list[dict[str, Any]]


def run(
    name: str,
    replications: int,
    days: int | None = None,
    settings: Sequence[str] = (),
    asked: Sequence[str] = (),
    parted: bool = False,
) -> Ensemble:
    """Run a shipped scenario; without `days` over its own horizon; if `parted`, with several lucks on draws."""
    scenario = load_scenario(name, WarScenario, settings)
    return run_ensemble(scenario, Plan(replications, SEED, days or horizon_days(scenario), series=parted, asked=asked))


def share_of(name: str, values: Any) -> dict[str, Any]:
    """Return the columns of a share: of how many histories that have it, itself, and its 95 % interval (Wilson).

    Parameters
    ----------
    name : str
        Of its column.
    values : (n,) array
        1 or 0, NaN where a history does not have it.
    """
    known = values[~np.isnan(values)]
    low, high = wilson_interval(float(known.sum()), len(known))
    return {f"{name}_n": len(known), name: float(known.mean()), f"{name}_low": low, f"{name}_high": high}
