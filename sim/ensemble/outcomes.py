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
from sim.model.ceasefire import CAUSES
from sim.model.parameters import SIDES
from sim.model.stakes import NegotiationParameters, domain_of

MONTH_DAYS, YEAR_DAYS = 30, 365
# Months, and the days of the usual statistics on how wars end.
DEAL_HORIZONS = ((12, 365), (24, 730))
# For how long the first ceasefire held.
LASTING_DAYS = (30, 91, 365, 730)
ENDINGS = ("war_goes_on", "attacker_collapsed", "defender_collapsed", "ceasefire_in_force", "war_again")
# Instead of an ending, where something went wrong.
FAILED = "failed"
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


def outcome_columns(world: World, backers: list[int], negotiation: NegotiationParameters | None = None) -> dict[str, Column]:
    """Return the outcome columns of a finished batch.

    Parameters
    ----------
    world : World
        After its run, with the snapshots of `landmarks`.
    backers : list of int
        Side of each backer, in the order of the scenario.
    negotiation : NegotiationParameters, optional
        What is bargained over, if anything is.

    Returns
    -------
    dict of str to (n,) array
        Column name, with its unit, to values; text for `ending` and terms, float otherwise (NaN: does not apply).
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
    if negotiation is not None:
        columns |= _deals(end, days, negotiation) | _ceasefires(end, days)
    if MONTH_DAYS in snapshots:
        month = snapshots[MONTH_DAYS]
        columns["ground_30_days_km2"] = month["held_area"] - start["held_area"]
        for side, name in enumerate(SIDES):
            columns[f"daily_casualties_30_days_{name}"] = Sided(month)("cumulative_casualties", side) / MONTH_DAYS
    if YEAR_DAYS in snapshots:
        columns |= _first_year(start, snapshots[YEAR_DAYS])
        if negotiation is not None:
            drift = snapshots[YEAR_DAYS]["believed_drift"]
            columns["belief_gap_12_months_km2_per_day"] = np.where(
                _at_war_at(snapshots[YEAR_DAYS]), drift[0] - drift[1], np.nan
            )
    return columns


def _at_war_at(snapshot: dict[str, Column]) -> Column:
    values: Column = snapshot["at_war"] > 0
    return values


def _deals(end: dict[str, Column], days: int, negotiation: NegotiationParameters) -> dict[str, Column]:
    """Return what was signed, when, and what it took."""
    signed, first = end["deal_day"] >= 0, end["first_talks_day"]

    def of_deal(values: Column) -> Column:
        return np.where(signed, values, np.nan)

    columns: dict[str, Column] = {
        "deal_month": of_deal(end["deal_day"] / DAYS_PER_MONTH),
        "first_talks_month": np.where(first >= 0, first / DAYS_PER_MONTH, np.nan),
        "talks_opened": end["talks_opened"],
        "talks_failed": end["talks_failed"],
        "talks_ended": end["talks_failed"] + end["deals_signed"],
        "imposed": of_deal(end["deal_imposed"]),
        "land_ceded_km2": of_deal(end["deal_ceded"]),
    }
    for months, horizon in DEAL_HORIZONS:
        if horizon <= days:
            columns[f"deal_within_{months}_months"] = (signed & (end["deal_day"] <= horizon)).astype(np.float64)
    for side, name in enumerate(SIDES):
        columns[f"surplus_{name}"] = of_deal(end["deal_surplus"][side])
        columns[f"conceded_{name}"] = of_deal(end["conceded"][side])
        columns[f"weariness_{name}"] = end["weariness"][side]
        columns[f"war_support_{name}"] = end["war_support"][side]
    domain = domain_of(negotiation)
    for issue in negotiation.issues:
        # One more row, for what was never settled.
        options = np.asarray([option.id for option in issue.options] + [""])
        column = domain.choice[end["deal_package"], domain.issues.index(issue.id)]
        columns[f"terms_{issue.id}"] = options[np.where(signed, column, len(options) - 1)]
    return columns


def _ceasefires(end: dict[str, Column], days: int) -> dict[str, Column]:
    """Return how long ceasefires held and what they were like."""
    any_held, broke = end["ceasefires"] > 0, end["collapse_cause"] >= 0
    columns: dict[str, Column] = {
        "ceasefires": end["ceasefires"],
        "first_ceasefire_days": np.where(any_held, end["first_ceasefire_days"], np.nan),
        "first_ceasefire_broke": np.where(any_held, broke, np.nan),
        # One more, for what has not happened.
        "collapse_cause": np.asarray([*CAUSES, ""])[end["collapse_cause"]],
        "share_of_time_in_ceasefire": end["ceasefire_days"] / days,
        "guards_end": end["guards_in_place"],
    }
    with np.errstate(divide="ignore", invalid="ignore"):
        columns["incidents_per_day"] = np.where(any_held, end["incidents_total"] / end["ceasefire_days"], np.nan)
    for span in LASTING_DAYS:
        # Only those that began early enough to be watched for so long, or else breaks would count and holding would not.
        watched = any_held & (end["deal_day"] + span <= days)
        lasted = end["first_ceasefire_days"] >= span
        columns[f"ceasefire_lasted_{span}_days"] = np.where(watched, lasted, np.nan)
    return columns


def _first_year(start: dict[str, Column], year: dict[str, Column]) -> dict[str, Column]:
    ground = year["held_area"] - start["held_area"]
    columns = {"ground_12_months_km2": ground}
    with np.errstate(divide="ignore", invalid="ignore"):
        per_km2 = year["cumulative_casualties"][0] / ground
    # Where no ground was gained there is no such ratio.
    columns["casualties_per_km2_12_months"] = np.where(ground > 0, per_km2, np.nan)
    # A war that an army's collapse ended within the year has had fewer months; flows are those of a month at war.
    months = np.where(year["ending_day"] >= 0, year["ending_day"], YEAR_DAYS) / DAYS_PER_MONTH
    months = np.where(year["ceasefires"] > 0, np.nan, months)
    at_war = _at_war_at(year) & (year["ceasefires"] == 0)
    for side, name in enumerate(SIDES):
        then, now = Sided(start), Sided(year)
        columns[f"casualties_12_months_{name}"] = now("cumulative_casualties", side)
        # A year of war: where it ended earlier, the force has grown without losses.
        change = np.where(at_war, now("force", side) - then("force", side), np.nan)
        columns[f"force_change_12_months_{name}"] = change
        columns[f"force_change_12_months_share_{name}"] = change / np.maximum(then("force", side), 1.0)
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
