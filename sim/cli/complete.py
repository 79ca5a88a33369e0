"""What the shell offers when Tab is pressed: scenarios, folders of results, knobs, outcomes.

Names of files are looked for where the user stands. Only knobs and outcomes of a scenario need the model, and load it then.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import typer

# judgement: more cannot be read.
MOST = 500
# How many folders deep results and scenarios are looked for.
DEPTH = 3


def scenarios(incomplete: str) -> list[str]:
    """Offer the shipped scenarios and the scenario files below this folder or the one that is begun."""
    from sim.catalogue import shipped

    here = (place for place in _below(incomplete) if place.endswith((".yaml", ".yml")))
    return _beginning(incomplete, [*shipped(), *here])


def results(incomplete: str) -> list[str]:
    """Offer the folders of results below this folder or the one that is begun."""
    ends = f"{os.sep}manifest.json"
    return _beginning(incomplete, [place.removesuffix(ends) for place in _below(incomplete) if place.endswith(ends)])


def scenarios_and_results(incomplete: str) -> list[str]:
    """Offer scenarios and folders of results."""
    return [*scenarios(incomplete), *results(incomplete)]


def settings(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer PATH=VALUE for each number of the scenario, as it is."""
    return [(f"{path}={value}", about) for path, value, about in _numbers(context, incomplete)]


def knobs(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer PATH= for each number of the scenario."""
    return [(f"{path}=", about) for path, _, about in _numbers(context, incomplete)]


def parts(context: typer.Context, incomplete: str) -> list[str]:
    """Offer what can be left out of the scenario: kinds, then things by their id."""
    from sim.model.without import KINDS, parts_of

    return _beginning(incomplete, dict.fromkeys([*KINDS, *(str(one.path[-1]) for one in parts_of(_scenario(context)))]))


def outcomes(context: typer.Context, incomplete: str) -> list[str]:
    """Offer the outcomes of the results that are named, or of the scenario."""
    return _beginning(incomplete, dict.fromkeys(row["id"] for row in _summary(context)))


def endings(context: typer.Context, incomplete: str) -> list[str]:
    """Offer the endings of the results that are named."""
    return _beginning(incomplete, [row["id"] for row in _summary(context) if row["section"] == "endings"])


def _beginning(incomplete: str, names: Any) -> list[str]:
    return [name for name in islice(names, 100 * MOST) if name.startswith(incomplete) and name.isprintable()][:MOST]


def _below(incomplete: str) -> Iterator[str]:
    """Yield the files below a folder as they would be written on the command line."""
    begun = os.path.dirname(incomplete)
    base = begun or "."
    depth = base.count(os.sep)
    for folder, folders, files in os.walk(base):
        deep = folder.count(os.sep) - depth >= DEPTH
        folders[:] = [] if deep else sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            whole = os.path.join(folder, name)
            yield whole if begun else os.path.relpath(whole)


def _named(context: typer.Context) -> list[str]:
    """Return the scenarios and folders that stand on the line already."""
    # Where an option has no value yet, what stands before it is not sorted out.
    found: list[str] = [name for name in context.args if not name.startswith("-")]
    for name in ("file", "files", "of", "run"):
        given = context.params.get(name)
        found += map(str, given if isinstance(given, (list, tuple)) else [given] if given else [])
    return found


def _scenario(context: typer.Context) -> Any:
    from sim.model import WarScenario
    from sim.scenario import load_scenario

    names = [*_named(context), "baseline"]
    file = Path(names[0]) / "scenario.yaml"
    return load_scenario(str(file) if file.is_file() else names[0], WarScenario)


def _numbers(context: typer.Context, incomplete: str) -> Iterator[tuple[str, str, str]]:
    from sim.scenario import numbers

    for known in numbers(_scenario(context).world):
        if known.path.startswith(incomplete.partition("=")[0]) and not known.path.startswith(("expect.", "sources.")):
            value = getattr(known.value, "central", getattr(known.value, "value", known.value))
            yield known.path, f"{value:g}", known.knob.unit if known.knob is not None else ""


def _summary(context: typer.Context) -> list[dict[str, str]]:
    """Return the rows of the summary of results, or of two histories of the scenario."""
    for name in _named(context):
        file = Path(name) / "summary.csv"
        if file.is_file():
            with file.open(newline="", encoding="utf-8") as table:
                return [row for row in islice(csv.DictReader(table), MOST) if row.get("id") and row.get("section")]
    from sim.ensemble.run import Plan, run_ensemble
    from sim.results.summary import summarise

    ran = run_ensemble(_scenario(context), Plan(2, 1, 400, series=False))
    return [{"id": row.id, "section": row.section} for row in summarise(ran)]
