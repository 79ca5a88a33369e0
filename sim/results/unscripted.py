"""What the script of a scenario decides: the first histories of a run beside the same without what is scripted.

A pair is a history and the one of the same number without all events and planned offensives (`sim.model.without`), on the
same luck. Nothing is kept of the latter but the main outcomes. Intervals of 95 % hold together for all rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from sim.ensemble.run import Ensemble, Plan, Unscripted, run_histories
from sim.ensemble.workers import ALONE, Pool
from sim.model import HEADLINE, TOLD_OF_COMPARISONS, outcomes_of
from sim.model.without import KINDS, SCRIPTED, parts_of, scripted, taken_out
from sim.results.columns import UNSCRIPTED
from sim.results.pairs import of_means, of_shares
from sim.results.read import Folder
from sim.results.tables import csv_of
from sim.results.values import values_of
from sim.scenario import Scenario, ScenarioHead

# judgement: so that a run takes hardly longer, and a difference of five points in a share is found.
PART, MOST_PAIRS = 5, 1000
# judgement: of fewer pairs only what decides nearly every history would be found.
FEWEST_PAIRS = 20
OUTCOMES = (*HEADLINE, *sorted(TOLD_OF_COMPARISONS.difference(HEADLINE)))
"""What is looked at, as far as a scenario has it; and the terms of deals, see `looked_at`."""


def looked_at(scenario: Scenario[ScenarioHead]) -> tuple[str, ...]:
    """Return the outcomes of a scenario that are compared: the main ones, and each term that a first deal may have."""
    terms = [one for one, _ in outcomes_of(scenario) if one.section == "terms" and one.values is not None]
    return (*OUTCOMES, *(f"{one.name}:{value}" for one in terms for value in one.values or ()))


def pairs_of(scenario: Scenario[ScenarioHead], replications: int, days: int) -> int:
    """Return of how many pairs a run says what is scripted; 0 where it says nothing, as where nothing is scripted."""
    pairs = min(replications // PART, MOST_PAIRS)
    return pairs if pairs >= FEWEST_PAIRS and scripted(scenario, days) else 0


def with_unscripted(ensemble: Ensemble, pool: Pool = ALONE) -> Ensemble:
    """Return an ensemble that knows what its script decides: some of its histories are run again without it.

    Parameters
    ----------
    ensemble : Ensemble
        Of all replications from 0 on.
    pool : Pool
        Who shares the work.
    """
    scenario, days = ensemble.scenario, ensemble.plan.days
    pairs = pairs_of(scenario, len(ensemble.numbers), days)
    if not pairs:
        return ensemble
    script = [one.path for one in parts_of(scenario) if one.kind in KINDS[SCRIPTED]]
    plan = Plan(pairs, ensemble.plan.seed, days, batch=ensemble.plan.batch, series=False, why=False)
    bare = taken_out(scenario, script, "without what is scripted")
    other = run_histories(bare, plan, np.arange(pairs, dtype=np.int64), pool=pool).outcomes
    both = {}
    for name in looked_at(scenario):
        try:
            left, right = values_of(scenario, ensemble.outcomes, name, days)[:pairs], values_of(bare, other, name, days)
        except KeyError:
            continue  # which this scenario does not have
        # A term that all deals of pairs have is told of no more than one that none of them has.
        paired = np.stack([left, right])[:, ~np.isnan(left + right)]
        if (paired.any() and not paired.all()) if name not in OUTCOMES else np.nan_to_num([left, right]).any():
            both[name] = left, right
    found = {}
    for name, (left, right) in both.items():
        known = np.concatenate([values[~np.isnan(values)] for values in (left, right)])
        how = of_shares if np.isin(known, (0.0, 1.0)).all() else of_means
        found[name] = how(left, right, comparisons=len(both))
    rows = (
        Unscripted(name, one.pairs, one.left, one.right, one.mean, one.low, one.high)
        for name, one in found.items()
        if one is not None
    )
    return replace(ensemble, unscripted=tuple(rows))


def as_dicts(rows: tuple[Unscripted, ...]) -> list[dict[str, Any]]:
    """Return the rows of `unscripted.csv` as plain values."""
    return [dict(zip([column.name for column in UNSCRIPTED], row, strict=True)) for row in rows]


def unscripted_csv(ensemble: Ensemble) -> str:
    """Return what the script decides as CSV."""
    return csv_of(as_dicts(ensemble.unscripted))


def read_unscripted(found: Folder, scenario: Scenario[ScenarioHead], replications: int) -> tuple[Unscripted, ...]:
    """Return the rows of `unscripted.csv`; none where nothing is scripted, or an older version kept none.

    Raises
    ------
    StoreError
        When they contradict one another.
    """
    if "unscripted.csv" not in found.files:
        return ()
    table = found.table("unscripted.csv", UNSCRIPTED)
    names = looked_at(scenario)
    table.one_of("outcome", names)
    table.in_order([(names.index(row["outcome"]),) for row in table.dicts()])
    table.hold(table["n"] <= min(replications // PART, MOST_PAIRS), "there are more pairs than were run")
    change = table["without"] - table["with"]
    table.hold(np.isclose(change, table["difference"], rtol=1e-6, atol=1e-6), "its difference is another")
    table.hold(table["low"] <= table["high"], "its bounds are not in their order")
    return tuple(Unscripted(**{"outcome": row["outcome"], "n": int(row["n"]), "with_it": row["with"],
                               "without_it": row["without"], "difference": row["difference"], "low": row["low"],
                               "high": row["high"]}) for row in table.dicts())  # fmt: skip
