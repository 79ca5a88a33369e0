"""Break-evens that are kept: read again from their folders, each part held to what the table of the points says."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from sim.ensemble.run import Plan
from sim.results.columns import BREAKEVEN
from sim.results.manifest import BreakEvenManifest, StoreError
from sim.results.read import Folder, Table
from sim.studies.breakeven import FIRST_POINTS, TOLERANCE, BreakEven, Point
from sim.studies.condition import Condition, ConditionError, holds

_TABLE, _TOLD = "breakeven.csv", "breakeven.json"
# As much as a difference of two numbers may be off in their last digits.
SLACK = 1e-9


class _Told(BaseModel):
    """What `breakeven.json` says was found; attributes as in `BreakEven`."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    found: str
    settled: bool
    at: float | None
    between: tuple[float, float] | None
    low: float | None
    high: float | None
    holds_above: bool | None
    jumps: bool
    crossings: list[tuple[float, float]]
    points: list[dict[str, Any]]


def read_break_even(found: Folder) -> BreakEven:
    """Return the break-even in a folder that was read, with the scenario that it is of.

    Raises
    ------
    StoreError
        When the folder is none of a break-even, or what it says was found is not what its points say.
    """
    manifest = found.manifest
    if not isinstance(manifest, BreakEvenManifest):
        raise StoreError(f"{found.path} holds no break-even")
    told_at = found.path / _TOLD
    try:
        # A level is kept as it is shown, with commas between thousands; no outcome has one.
        condition = Condition.parse(manifest.until.replace(",", ""))
    except ConditionError as error:
        raise StoreError(f"{found.path}: until: {error}") from error
    try:
        told = _Told.model_validate_json(found.text(_TOLD))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:200] or "all of it"
        raise StoreError(f"{told_at}: {place}: {first['msg'][0].lower()}{first['msg'][1:]}") from error
    points = _points(found, condition, manifest)
    values = [one.value for one in points]
    made = BreakEven(
        condition, points, told.crossings, told.at, told.between, told.low, told.high, told.holds_above, told.jumps,
        TOLERANCE * (manifest.high - manifest.low), manifest.path, found.scenario(),
        Plan(manifest.replications, manifest.seed, manifest.days, series=False, asked=(condition.outcome,)),
    )  # fmt: skip
    ends = [end for pair in told.crossings for end in pair]
    between = told.between or ()
    inside = [told.low, *between[:1], told.at, *between[1:], told.high]
    known = [one for one in inside if one is not None]
    if not {*ends, *between} <= {*values} or known != sorted(known) or bool(between) != (told.at is not None):
        raise StoreError(f"{told_at}: what was found does not lie between the values of {_TABLE}; run it again with --force")
    if known and not values[0] <= known[0] <= known[-1] <= values[-1]:
        raise StoreError(f"{told_at}: what was found lies beyond the values of {_TABLE}; run it again with --force")
    told_points = [asdict(one) for one in points]
    if (made.found, made.settled, told_points) != (told.found, told.settled, told.points):
        raise StoreError(f"{told_at} says other than {_TABLE} what was found; run it again with --force")
    return made


def _points(found: Folder, condition: Condition, manifest: BreakEvenManifest) -> list[Point]:
    """Return the points of the table, in order.

    Raises
    ------
    StoreError
    """
    table = found.table(_TABLE, BREAKEVEN)
    if not table.rows:
        raise StoreError(f"{table.path} has no rows")
    table.in_order([(value,) for value in table.floats("value").tolist()])
    _hold(table, condition, manifest)
    return [
        Point(
            row["value"], int(row["histories"]), row["statistic"], row["level"], row["excess"], row["low"], row["high"],
            None if row["holds"] is None else bool(row["holds"]),
        )
        for row in table.dicts()
    ]  # fmt: skip


def _hold(table: Table, condition: Condition, manifest: BreakEvenManifest) -> None:
    """Refuse a table whose columns do not agree with one another, or with what was asked.

    Raises
    ------
    StoreError
    """
    value, low, high, excess = (table.floats(name) for name in ("value", "low", "high", "excess"))
    statistic, level = table.floats("statistic"), table.floats("level")
    missing = np.isnan(excess)
    for name in ("statistic", "level", "holds"):
        table.hold(np.isnan(table[name]) == missing, "some of its numbers are missing")
    table.hold((table.floats("histories") > 0) != missing, "some of its numbers are missing")
    table.hold(table.floats("histories") <= manifest.replications, "it has more histories than were run")
    first = np.linspace(manifest.low, manifest.high, FIRST_POINTS)
    if not np.isin(first, value).all() or not manifest.low == value[0] <= value[-1] == manifest.high:
        raise StoreError(f"{table.path} has not the values of the range that was searched")
    size = np.maximum(np.abs(statistic), np.abs(level))
    with np.errstate(invalid="ignore"):
        table.hold(missing | (np.abs(statistic - level - excess) <= SLACK * size), "its excess is not that over its level")
        fine = ~(low > excess + SLACK * size) & ~(high < excess - SLACK * size)
    table.hold(fine & ~(missing & ~(np.isnan(low) & np.isnan(high))), "its bounds are not in their order")
    held = [float(holds(one, condition.sign, 0.0)) for one in excess.tolist()]
    table.hold(missing | (np.array(held) == table["holds"]), "whether the condition holds is not what its excess says")
