"""The folder of a run: what is in it, and what makes it repeatable."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim import __version__
from sim.ensemble.outcomes import wanted
from sim.ensemble.run import Ensemble, Plan
from sim.results.files import StoreError as StoreError
from sim.results.identity import about_identity, as_run, identity_of
from sim.results.ledger import days_of
from sim.results.manifest import RunManifest, made_with
from sim.results.place import Place
from sim.results.summary import Row
from sim.results.tables import (
    failures_csv,
    ledger_csv,
    lucks_csv,
    outcomes_csv,
    paths_columns,
    paths_csv,
    series_csv,
    standing_csv,
    summary_csv,
    survival_csv,
    with_scenario,
)
from sim.results.unscripted import unscripted_csv
from sim.scenario import Scenario, ScenarioHead
from sim.scenario.identity import HORIZON
from sim.scenario.write import to_yaml


def write_run(
    ensemble: Ensemble,
    summary: list[Row],
    place: Place,
    text: str,
    *,
    made: Sequence[Path] = (),
    timing: Mapping[str, Any] | None = None,
) -> None:
    """Write the tables of a run to its place.

    Parameters
    ----------
    ensemble : Ensemble
    summary : list of Row
    place : Place
    text : str
        The summary as Markdown.
    made : sequence of Path
        Tables that are made already, as `outcomes.csv.part` or `paths.parquet.part`; they are moved.
    timing : mapping, optional
        How long it took and on what, which is another every time: `timing.json`, which no hash covers.

    Raises
    ------
    StoreError
        When something cannot be written; what was there before is left as it was.
    """
    plan = ensemble.plan
    tables = {
        "series.csv": series_csv(ensemble),
        "standing.csv": standing_csv(ensemble),
        "survival.csv": survival_csv(ensemble),
        **({"ledger.csv": ledger_csv(ensemble)} if days_of(ensemble) else {}),
        **({"lucks.csv": lucks_csv(ensemble)} if ensemble.lucks else {}),
        **({"unscripted.csv": unscripted_csv(ensemble)} if ensemble.unscripted else {}),
        **({"failures.csv": failures_csv(ensemble, place.folder)} if ensemble.failures else {}),
    }
    name = identity_of(ensemble.scenario, plan).label
    tables_made = {table.name.partition(".")[0] for table in made}
    files: dict[str, bytes | Path] = {
        "summary.csv": with_scenario(summary_csv(summary), name).encode(),
        "summary.md": text.encode(),
        **({} if "outcomes" in tables_made else {"outcomes.csv": outcomes_csv(ensemble).encode()}),
        **({} if "paths" in tables_made or not plan.paths else {"paths.csv": paths_csv(paths_columns(ensemble)).encode()}),
        **{table.stem: table for table in made},
        **{file: with_scenario(table, name).encode() for file, table in tables.items()},
        "scenario.yaml": as_run(ensemble.scenario, plan.days).to_yaml().encode(),
    }
    others = [one.column for one in wanted(ensemble.scenario, plan.days, plan.asked)]
    manifest = RunManifest(
        **about_identity(ensemble.scenario, plan), replications=plan.replications, other_times=others, paths=plan.paths
    )
    unhashed = {} if timing is None else {"timing.json": (json.dumps(timing, indent=2) + "\n").encode()}
    place.write(files, manifest, unhashed, ensemble.scenario)


def what_is_run(scenario: Scenario[ScenarioHead], plan: Plan) -> dict[str, Any]:
    """Return what unfinished parts of a run or study depend on, whatever kind it is."""
    return {
        "parley": __version__,
        **about_identity(scenario, plan),
        "text": _text(scenario, plan),
        "replications": plan.replications,
        **({"other_times": others} if (others := [one.column for one in wanted(scenario, plan.days, plan.asked)]) else {}),
        "made_with": made_with().model_dump(),
    }


def _text(scenario: Scenario[ScenarioHead], plan: Plan) -> str:
    """Return what is run as YAML, the same however the horizon was given: in the file, by --months or by --set.

    Another horizon than its own stands in the settings beside it.
    """
    written, base = scenario.sections, scenario.base
    others = {name: text for name, text in written.items() if name not in HORIZON}
    if identity_of(scenario, plan).span is not None:
        return "".join(others.values())
    if all(scenario.tree.get(name) == base.get(name) for name in HORIZON):
        return scenario.to_yaml()
    # Set to what it was, in other words; in the order of the file.
    known = others | {name: to_yaml({name: base[name]}) for name in HORIZON if name in base}
    return "".join(known[name] for name in dict.fromkeys([*base, *known]) if name in known)
