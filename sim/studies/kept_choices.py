"""Choices that are kept: read again from their folders."""

from __future__ import annotations

import numpy as np

from sim.engine.draws import Floats
from sim.ensemble.run import Plan
from sim.results.columns import choice_columns
from sim.results.manifest import ChoicesManifest, StoreError
from sim.results.read import Folder, Table
from sim.studies.aims import Aim
from sim.studies.certain import ONE_DRAW
from sim.studies.choose import Choices
from sim.studies.condition import ConditionError
from sim.studies.design import DesignError, Varied, as_value, lay_out
from sim.studies.regret import Bands, Limit, Verdict, Weakness

_AGAIN = "run it again with --force"


def read_choices(found: Folder) -> Choices:
    """Return the choices in a folder that was read.

    Raises
    ------
    StoreError
        When the folder is none of choices, or its tables are not of its levers and aims.
    """
    manifest = found.manifest
    if not isinstance(manifest, ChoicesManifest):
        raise StoreError(f"{found.path} holds no choices")
    levers = [Varied(one.path, tuple(one.values), one.low, one.high) for one in manifest.levers]
    try:
        # A level is kept as it is shown, with commas between thousands; no outcome has one.
        aims = [Aim.parse(text.replace(",", "")) for text in manifest.aims]
        grid = lay_out(levers)
    except (ConditionError, DesignError) as error:
        raise StoreError(f"{found.path}/manifest.json: {error}") from error
    columns = choice_columns([lever.path for lever in levers])
    choices, by_aim = (found.table(name, columns[name]) for name in ("choices.csv", "choice_aims.csv"))
    _hold(choices, levers, grid, [(place,) for place in range(len(grid))])
    _hold(by_aim, levers, grid, [(place, str(aim)) for place in range(len(grid)) for aim in aims])
    shape = len(grid), len(aims)
    best = by_aim["best_on_average"].reshape(shape)
    if choices["robust"].sum() != 1 or (best.sum(axis=0) != 1).any():
        raise StoreError(f"{choices.path}: not one choice is robust, or best in an aim; {_AGAIN}")
    means, regrets, great, met = (_bands(by_aim, name, shape) for name in ("mean", "regret", "great_regret", "met"))
    verdict = Verdict(
        manifest.kept_draws, means, regrets, great, met,
        _bands(choices, "all_met"), _bands(choices, "largest_regret"), choices["pareto"] == 1, choices["pareto_often"],
        choices["pareto_met"] == 1, int(choices["robust"].argmax()),
        tuple(np.flatnonzero(choices["as_good"]).tolist()), tuple(best.argmax(axis=0).tolist()), manifest.optimism,
    )  # fmt: skip
    fails: dict[int, Weakness | None] = {}
    if verdict.draws != ONE_DRAW:
        fails = dict.fromkeys((verdict.robust, *verdict.best))
    if "choice_fails.csv" in found.files:
        _read_fails(found.table("choice_fails.csv", columns["choice_fails.csv"]), fails)
    plan = Plan(manifest.replications, manifest.seed, manifest.days, series=False)
    failed = {"": manifest.failed} if manifest.failed else {}
    paths = [lever.path for lever in levers]
    if not {*manifest.idle} <= {*paths}:
        raise StoreError(f"{found.path}/manifest.json: idle names no lever; {_AGAIN}")
    idle = tuple(paths.index(path) for path in manifest.idle)
    return Choices(
        found.scenario(), plan, levers, aims, grid, manifest.draws, manifest.lucks, verdict, fails, failed, idle
    )  # fmt: skip


def _hold(table: Table, levers: list[Varied], grid: list[tuple[str, ...]], wanted: list[tuple[object, ...]]) -> None:
    """Refuse a table whose rows are not just those that are wanted, or not of their choices."""
    keys = [(int(choice),) for choice in table["choice"].tolist()]
    if "aim" in table.columns():
        table.just([(*key, aim) for key, aim in zip(keys, table["aim"].tolist(), strict=True)], wanted)
    else:
        table.just(keys, wanted)
    for row, (place,) in enumerate(keys):
        if any(str(as_value(value)) != table[lever.path][row] for lever, value in zip(levers, grid[place], strict=True)):
            raise table.wrong(row, f"its levers are not those of choice {place}")


def _bands(table: Table, name: str, shape: tuple[int, int] | None = None) -> Bands:
    found: list[Floats] = [table.floats(f"{name}{end}") for end in ("", "_low", "_high")]
    return Bands(*(one if shape is None else one.reshape(shape).T for one in found))


def _read_fails(table: Table, fails: dict[int, Weakness | None]) -> None:
    for place, row in enumerate(table.dicts()):
        choice = int(row["choice"])
        if choice not in fails or (row["low"] is None) == (row["high"] is None):
            raise table.wrong(place, f"it is no limit of a choice that is robust or best; {_AGAIN}")
        is_above = row["high"] is None
        limit = Limit(row["parameter"], row["low"] if is_above else row["high"], is_above)
        known = fails[choice]
        counts = int(row["draws_inside"]), int(row["draws_outside"])
        fails[choice] = Weakness((*(known.limits if known else ()), limit), *counts, row["inside"], row["outside"])
