"""Calibrations that are kept: read again from their folders."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from sim.engine.draws import Floats
from sim.ensemble.run import Plan
from sim.observed import Data
from sim.results.columns import FIT, MOVED, accepted_columns, drawn_paths
from sim.results.manifest import CalibrationManifest, StoreError
from sim.results.read import Folder, Table
from sim.studies.agreement import Nearest, Said, is_reached
from sim.studies.calibrate import MONTH, ROUGHNESS, SUM, Calibration, Fit

_TOLD, _KEPT = "calibration.json", "accepted.csv"
_AGAIN = "run it again with --force"


class _OutOfReach(BaseModel):
    """A statistic that no assumption reaches, and the numbers that move it most."""

    model_config = ConfigDict(strict=True)

    series: str
    kind: str
    since: str
    moved_by: list[str]


class _Told(BaseModel):
    """What `calibration.json` says that no table does."""

    model_config = ConfigDict(strict=True)

    data: str
    going_on: int
    out_of_reach: list[_OutOfReach]


def read_calibration(found: Folder) -> Calibration:
    """Return the calibration in a folder that was read; of its data only the name, the last day and the digests.

    No history is kept where none was written.

    Raises
    ------
    StoreError
        When the folder is none of a calibration, or its files do not agree with one another.
    """
    manifest = found.manifest
    if not isinstance(manifest, CalibrationManifest):
        raise StoreError(f"{found.path} holds no calibration")
    told_at = found.path / _TOLD
    try:
        told = _Told.model_validate_json(found.text(_TOLD))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:200] or "all of it"
        raise StoreError(f"{told_at}: {place}: {first['msg'][0].lower()}{first['msg'][1:]}") from error
    scenario = found.scenario()
    fits = _fits(found.table("fit.csv", FIT))
    statistics = [one for one in fits if one.kind != MONTH]
    places = {(one.series, one.kind, one.since.isoformat()): place for place, one in enumerate(statistics)}
    far = {(one.series, one.kind, one.since): one.moved_by for one in told.out_of_reach}
    out = [key for key, place in places.items() if not is_reached(statistics[place].below)]
    if sorted(far) != sorted(out) or manifest.reached == bool(far):
        raise StoreError(f"{told_at} says other than fit.csv what is out of reach; {_AGAIN}")
    known = drawn_paths(scenario)
    moved = _moved(found.table("moved.csv", MOVED), known)
    if not {path for paths in far.values() for path in paths} <= set(known):
        raise StoreError(f"{told_at}: out_of_reach names no uncertain number of the scenario; {_AGAIN}")
    kept, furthest, drawn = Nearest(np.empty(0, dtype=np.int64), np.empty(0)), list[str](), dict[str, Floats]()
    if _KEPT in found.files:
        paths = [path for path, one in moved.items() if one.says_something]
        table = found.table(_KEPT, accepted_columns(paths))
        if table.rows != manifest.kept:
            raise StoreError(f"{table.path} has {table.rows:,} rows and should have {manifest.kept:,}")
        table.hold(table["replication"] < manifest.replications, f"no such history was run; {_AGAIN}")
        kept = Nearest(table["replication"].astype(np.int64), table.floats("distance"))
        furthest, drawn = table["furthest"].tolist(), {path: table.floats(path) for path in paths}
    plan = Plan(manifest.replications, manifest.seed, manifest.days, series=False)
    data = Data(Path(told.data), _date(manifest.cutoff, found.path / "manifest.json"), (), (), dict(manifest.data))
    return Calibration(
        scenario, plan, data, statistics, [one for one in fits if one.kind == MONTH], told.going_on, kept, furthest, moved,
        drawn, {places[key]: paths for key, paths in far.items()}, manifest.failed,
    )  # fmt: skip


def _fits(table: Table) -> list[Fit]:
    table.one_of("kind", (SUM, ROUGHNESS, MONTH))
    found = []
    for place, row in enumerate(table.dicts()):
        since, until = (_date(row[name], table.path) for name in ("since", "until"))
        prior, kept = (tuple(row[f"{which}_{name}"] for name in ("p05", "p50", "p95")) for which in ("prior", "kept"))
        if since >= until or list(prior) != sorted(prior) or list(kept) != sorted(kept):
            raise table.wrong(place, f"its days or its quantiles are not in their order; {_AGAIN}")
        found.append(
            Fit(
                row["series"], row["kind"], since, until, row["unit"], row["observed"], prior, row["below"], kept,
                row["kept_below"],
            )
        )  # fmt: skip
    keys = [(one.series, one.kind, one.since) for one in found]
    if len(set(keys)) < len(keys):
        raise StoreError(f"{table.path} has a statistic twice; {_AGAIN}")
    return found


def _moved(table: Table, known: list[str]) -> dict[str, Said]:
    table.one_of("parameter", known)
    found: dict[str, Said] = {}
    for place, row in enumerate(table.dicts()):
        names = ("explained", "prior_mean", "prior_sd", "kept_mean", "kept_sd", "adjusted_mean", "adjusted_sd")
        one = Said(*(row[name] for name in names))
        if row["parameter"] in found or one.says != row["says"] or not one.sd > 0:
            raise table.wrong(place, f"it is there twice, or says other than what is explained; {_AGAIN}")
        found[row["parameter"]] = one
    return found


def _date(text: str, path: Path) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise StoreError(f"{path}: {text[:40]!r} is no date; {_AGAIN}") from error
