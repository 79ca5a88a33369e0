"""What happened in each replication, as columns: one value a replication.

The columns are read from the fields at the end and at two landmarks, day 30 and day 365; a column whose landmark lies
beyond the horizon is left out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import DAYS_PER_MONTH
from sim.engine.world import World
from sim.model.parameters import SIDES

MONTH_DAYS, YEAR_DAYS = 30, 365
ENDINGS = ("war_goes_on", "attacker_collapsed", "defender_collapsed", "ceasefire_in_force")
Column = NDArray[Any]


@dataclass(frozen=True)
class Sided:
    """The two sides' values of a field at a moment."""

    snapshot: dict[str, Column]

    def __call__(self, field: str, side: int) -> Column:
        """Return the values of one side, shape (n,)."""
        values: Column = self.snapshot[field][side]
        return values


def landmarks(days: int) -> tuple[int, ...]:
    """Return the days on which outcomes need the whole state, for a horizon of `days`."""
    return tuple(sorted({0, days} | {day for day in (MONTH_DAYS, YEAR_DAYS) if day <= days}))


def outcome_columns(world: World, backers: list[int]) -> dict[str, Column]:
    """Return the outcome columns of a finished batch.

    Parameters
    ----------
    world : World
        After its run, with the snapshots of `landmarks`.
    backers : list of int
        Side of each backer, in the order of the scenario.

    Returns
    -------
    dict of str to (n,) array
        Column name, with its unit, to values; text for `ending`, float otherwise (NaN: does not apply).
    """
    days = world.setting.days
    snapshots = world.recorder.snapshots
    start, end = snapshots[0], snapshots[days]
    columns: dict[str, Column] = {"ending": np.asarray(ENDINGS)[end["ending"]]}
    ended = end["ending_day"] >= 0
    columns["ending_day"] = np.where(ended, end["ending_day"], np.nan)
    columns["ground_gained_km2"] = end["held_area"] - start["held_area"]
    for side, name in enumerate(SIDES):
        at_end, at_start = Sided(end), Sided(start)
        columns[f"casualties_{name}"] = at_end("cumulative_casualties", side)
        columns[f"killed_{name}"] = at_end("killed", side)
        columns[f"force_start_{name}"] = at_start("force", side)
        columns[f"force_end_{name}"] = at_end("force", side)
        columns[f"recruited_{name}"] = at_end("recruited", side)
        columns[f"fired_days_{name}"] = at_end("fired_days", side)
        columns[f"stock_days_end_{name}"] = at_end("stock_days", side)
        below = at_end("fire_below_half_month", side)
        columns[f"fire_below_half_month_{name}"] = np.where(below >= 0, below, np.nan)
        mine = [row for row, of in enumerate(backers) if of == side]
        columns[f"aid_pledged_beur_{name}"] = _total(end["pledged_beur"], mine) - _total(start["pledged_beur"], mine)
        columns[f"aid_delivered_beur_{name}"] = _total(end["delivered_beur"], mine)
    if MONTH_DAYS in snapshots:
        month = snapshots[MONTH_DAYS]
        columns["ground_30_days_km2"] = month["held_area"] - start["held_area"]
        for side, name in enumerate(SIDES):
            columns[f"daily_casualties_30_days_{name}"] = Sided(month)("cumulative_casualties", side) / MONTH_DAYS
    if YEAR_DAYS in snapshots:
        columns |= _first_year(start, snapshots[YEAR_DAYS])
    return columns


def _first_year(start: dict[str, Column], year: dict[str, Column]) -> dict[str, Column]:
    ground = year["held_area"] - start["held_area"]
    columns = {"ground_12_months_km2": ground}
    with np.errstate(divide="ignore", invalid="ignore"):
        per_km2 = year["cumulative_casualties"][0] / ground
    # Where no ground was gained there is no such ratio.
    columns["casualties_per_km2_12_months"] = np.where(ground > 0, per_km2, np.nan)
    # A war that ended within the year has had fewer months; flows are those of a month at war.
    months = np.where(year["ending_day"] >= 0, year["ending_day"], YEAR_DAYS) / DAYS_PER_MONTH
    for side, name in enumerate(SIDES):
        then, now = Sided(start), Sided(year)
        columns[f"casualties_12_months_{name}"] = now("cumulative_casualties", side)
        columns[f"force_change_12_months_{name}"] = now("force", side) - then("force", side)
        columns[f"force_change_12_months_share_{name}"] = now("force", side) / np.maximum(then("force", side), 1.0) - 1.0
        for flow in ("trained", "returned", "killed", "deserted"):
            columns[f"{flow}_per_month_12_months_{name}"] = now(flow, side) / months
        wounded = now("cumulative_casualties", side) - now("killed", side)
        columns[f"wounded_per_month_12_months_{name}"] = wounded / months
    return columns


def _total(values: Column, rows: list[int]) -> Column:
    """Add rows one after the other, so that the size of the batch cannot matter."""
    total = np.zeros(values.shape[1])
    for row in rows:
        total += values[row]
    return total
