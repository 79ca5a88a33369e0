"""What happened in each replication, as columns: one value a replication, as the mechanisms declare it."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from sim.engine.world import World
from sim.model import outcomes_of
from sim.model.outcomes import State
from sim.scenario import Scenario, ScenarioHead


def landmarks(scenario: Scenario[ScenarioHead], days: int) -> tuple[int, ...]:
    """Return the days on which outcomes need the whole state, for a horizon of `days`."""
    taken = (outcome.day(days) for outcome, _ in outcomes_of(scenario))
    return tuple(sorted({0, days, *(day for day in taken if day <= days)}))


def outcome_columns(world: World, scenario: Scenario[ScenarioHead]) -> dict[str, NDArray[Any]]:
    """Return the outcome columns of a finished batch.

    Parameters
    ----------
    world : World
        After its run, with the snapshots of `landmarks`.
    scenario : Scenario

    Returns
    -------
    dict of str to (n,) array
        Column name, with its unit, to values; text for categories, float otherwise (NaN: does not apply). A column whose
        moment lies beyond the horizon is left out.
    """
    days, snapshots = world.setting.days, world.recorder.snapshots
    columns = {}
    for outcome, section in outcomes_of(scenario):
        day = outcome.day(days)
        if outcome.parts is None and day <= days:
            start = State(snapshots[0], 0, days, section)
            columns[outcome.name] = outcome.column(State(snapshots[day], day, days, section, start))
    return columns
