"""Runs that are there already, as they were when they had just been run: so that what was asked for can be told again."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim import __version__
from sim.engine.draws import Ints
from sim.ensemble.outcomes import wanted
from sim.ensemble.run import Ensemble, Plan, run_batch
from sim.results.columns import FAILURES
from sim.results.identity import as_run, identity_of
from sim.results.ledger import questions_of
from sim.results.manifest import RunManifest
from sim.results.parts import Parts
from sim.results.read import read_folder
from sim.results.reading import read_lucks
from sim.results.runs import Run
from sim.results.summary import Row, as_dicts, summarise
from sim.scenario import Scenario, ScenarioHead


def kept_as_run(folder: Path, plan: Plan) -> tuple[Ensemble, list[Row]]:
    """Return a run and its summary from its tables; only its time series are left out, and watched histories are run again.

    Raises
    ------
    StoreError
        When the tables cannot be read, or were changed.
    """
    found = read_folder(folder)
    run, failures = Run.of_folder(found), {}
    assert isinstance(found.manifest, RunManifest), "a run was read from there"
    if "failures.csv" in found.files:
        table = found.table("failures.csv", FAILURES)
        failures = {int(row["replication"]): str(row["reason"]) for row in table.dicts()}
    size = run.replications
    plan = Plan(size, plan.seed, plan.days, watched=plan.watched)
    watched = np.array([number for number in plan.watched if number < size], dtype=np.int64)
    events = run_batch(run.scenario, plan, watched).events if len(watched) else []
    ensemble = Ensemble(
        run.scenario, plan, np.arange(size, dtype=np.int64), run.outcomes, run.drawn, [], (), np.empty((0, 0, 0)), events,
        _tallies(run), failures, *read_lucks(found, run.scenario, found.manifest), run.unscripted,
    )  # fmt: skip
    return ensemble, summarise(ensemble)


def _tallies(run: Run) -> dict[tuple[int, str], Ints]:
    """Return how many histories gave each answer of the ledger, on each day on which it is kept."""
    questions = questions_of(run.scenario)
    if questions is None:
        return {}
    places = {question: {name: at for at, name in enumerate(questions.answers(question))} for question in questions.names}
    found: dict[tuple[int, str], Ints] = {}
    for entry in run.ledger:
        for question in questions.names:
            found.setdefault((entry.day, question), np.zeros(len(places[question]), dtype=np.int64))
        found[entry.day, entry.question][places[entry.question][entry.answer]] = entry.histories
    return found


_OUTCOME, _DRAWN, _SUMMARY = "outcome/", "drawn/", "summary"


def kept_or_run(
    parts: Parts | None, place: int, scenario: Scenario[ScenarioHead], plan: Plan, run: Callable[[], Run]
) -> Run:
    """Return one of the runs that a study is made of, and keep it as a part; `run` makes it where it is not there yet.

    One that was kept before it was asked for outcomes of other times is made again.

    Raises
    ------
    StoreError
        When it cannot be kept.
    """
    if parts is None:
        return run()
    name = f"run-{place:06}.npz"
    content = parts.read(name)
    kept = None if content is None else np.load(io.BytesIO(content), allow_pickle=False)
    others = [_OUTCOME + one.column for one in wanted(scenario, plan.days, plan.asked)]
    if kept is None or not set(others) <= set(kept.files):
        found, file = run(), io.BytesIO()
        text = json.dumps(as_dicts(found.summary)).encode()
        arrays: dict[str, Any] = {
            **{_OUTCOME + column: values for column, values in found.outcomes.items()},
            **{_DRAWN + path: values for path, values in found.drawn.items()},
            _SUMMARY: np.frombuffer(text, dtype=np.uint8),
        }
        np.savez(file, **arrays)
        parts.write(name, file.getvalue())
        return found

    def columns(prefix: str) -> dict[str, NDArray[Any]]:
        return {name.removeprefix(prefix): kept[name] for name in kept.files if name.startswith(prefix)}

    summary = [Row(**row) for row in json.loads(kept[_SUMMARY].tobytes())]
    return Run(
        identity_of(scenario, plan).label, as_run(scenario, plan.days), plan.seed, plan.replications, plan.days, __version__,
        columns(_OUTCOME), columns(_DRAWN), summary,
    )  # fmt: skip
