"""Comparisons that are kept: their runs are found again beside them, and have to give the numbers that are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sim.pasted import command
from sim.report.kept import Kept
from sim.report.parts import CannotDraw
from sim.results.comparison import Comparison, compare_all
from sim.results.files import StoreError
from sim.results.manifest import NAME as MANIFEST
from sim.results.manifest import Compared, ComparisonManifest, RunManifest, read_manifest
from sim.results.read import Folder, read_folder

_NUMBERS = ("pairs", "difference", "low", "high")


def read_comparison(found: Folder) -> tuple[list[Comparison], list[Kept]]:
    """Return the comparisons with the first of the runs of a folder that was read, and the runs that lie beside it.

    Raises
    ------
    CannotDraw
        When one of its runs is not among the results beside it, or they were not compared pair by pair with the first.
    """
    manifest = found.manifest
    assert isinstance(manifest, ComparisonManifest), "asked of one"
    folders = [_folder_of(one, found.path) for one in manifest.compared]
    names = [one.name for one in manifest.compared]
    kept = [Kept.of(read_folder(folder)) for folder in folders]
    compared = compare_all([replace(one.run, name=name) for one, name in zip(kept, names, strict=True)])
    if not _are_same(compared, json.loads(found.text("comparison.json"))["outcomes"]):
        told = command("parley", "report", *folders)
        raise CannotDraw(
            f"{found.path} holds a comparison, but not one of pairs with the first run; {told} makes a page of that"
        )
    runs = [compared[0].left, *(one.right for one in compared)]
    return compared, [replace(one, run=run) for one, run in zip(kept, runs, strict=True)]


def _folder_of(run: Compared, comparison: Path) -> Path:
    """Return the folder of a run that was compared: among the results of which the comparison is one.

    Raises
    ------
    CannotDraw
    """
    results = comparison.resolve().parent.parent
    for folder in _runs_in(results):
        # Of others that cannot be read, none is this one; that they cannot be is for who asks for them.
        try:
            manifest = read_manifest(folder)
        except StoreError:
            continue
        if isinstance(manifest, RunManifest) and _identity(manifest.model_dump()) == _identity(run.model_dump()):
            return folder
    raise CannotDraw(
        f"{comparison} holds a comparison, and the run of {run.name} is not in {results}; "
        "name the runs that it compares, the first one first"
    )


def _runs_in(results: Path) -> Iterator[Path]:
    """Yield the folders of results, as they are named from here."""
    here = Path.cwd()
    for file in sorted(results.glob(f"*/{MANIFEST}")):
        yield file.parent.relative_to(here) if file.is_relative_to(here) else file.parent


def _identity(of: dict[str, Any]) -> list[Any]:
    return [of[name] for name in ("scenario", "settings", "fingerprint", "seed", "replications", "days", "parley")]


def _are_same(compared: list[Comparison], rows: list[dict[str, Any]]) -> bool:
    """Return whether what is kept of the main outcomes is what was found now, but for the last digits."""
    kept = {(row["left"], row["right"], row["outcome"]): row for row in rows}
    now = [row for one in compared for row in one.as_dicts()]
    found = [kept.get((row["left"], row["right"], row["outcome"]), {}) for row in now]
    told, held = (
        np.array([[row.get(name) for name in _NUMBERS] for row in those], dtype=np.float64) for those in (now, found)
    )
    return np.allclose(told, held, rtol=1e-9, atol=1e-9, equal_nan=True)
