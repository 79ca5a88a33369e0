"""Studies of which assumptions matter, each as a whole: the outcomes it looks at, what it found, and what it left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np

from sim.ensemble.run import Plan, run_ensemble
from sim.ensemble.workers import ALONE, Pool
from sim.results.columns import ONE_AT_A_TIME
from sim.results.frames import Tabular
from sim.results.identity import about_identity
from sim.results.manifest import OF_ASSUMPTIONS, AssumptionsManifest, Called, OneAtATimeManifest, StoreError
from sim.results.pairs import Difference
from sim.results.parts import Parts
from sim.results.read import Folder
from sim.results.runs import Run
from sim.results.summary import Row, summarise, with_asked
from sim.scenario import Scenario, ScenarioHead, numbers
from sim.studies import sensitivity, sobol
from sim.studies.condition import ConditionError, column_of, outcome_of
from sim.studies.headline import AT_ONCE, headline_outcomes, of_those
from sim.studies.one_at_a_time import KINDS, LEFT_OUT, STRUCTURAL, Assumption, Effect, MindChanging, Variant, mind_changing
from sim.studies.sensitivity import Sensitivity, sensitivities
from sim.studies.sobol import Sobol, indices, run_design

Found = TypeVar("Found", bound=Tabular)
# judgement: each takes a table of its own.
MOST_BY_DESIGN = 3
# How many histories tell beforehand which outcomes a designed ensemble will have.
TRIED = 100


@dataclass(frozen=True, repr=False)
class Study(Tabular, Generic[Found]):
    """A study of assumptions.

    Attributes
    ----------
    kind : str
        As its manifest calls it.
    scenario : Scenario
    plan : Plan
        Of a run, or of each variant.
    histories : int
        How many the study looks at, of all variants together.
    outcomes : dict of str to Called
    left_out : dict of str to str
        Of the outcomes that are looked at unless others are asked for, those of which nothing can be said, and why.
    failed : dict of str to int
        How many histories went wrong in Parley, by where.
    found : sequence
        By outcome, or one table of all.
    """

    kind: str
    scenario: Scenario[ScenarioHead]
    plan: Plan
    histories: int
    outcomes: dict[str, Called]
    left_out: dict[str, str]
    failed: dict[str, int]
    found: Sequence[Found]

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return the rows of its table."""
        return [row for one in self.found for row in one.as_dicts()]

    def manifest(self, of: str) -> AssumptionsManifest:
        """Return what its folder says of it; `of` is the folder or scenario that was asked for."""
        return OF_ASSUMPTIONS[self.kind](
            kind=self.kind, of=of, **about_identity(self.scenario, self.plan), replications=self.plan.replications,
            rows=len(self.as_dicts()), outcomes=self.outcomes, failed=sum(self.failed.values()),
        )  # fmt: skip


def from_given_data(run: Run, outcomes: Sequence[str] = ()) -> Study[Sensitivity]:
    """Estimate which uncertain parameters drive outcomes of a run, or some of the headline ones.

    Raises
    ------
    ConditionError
        When nothing can be said of any.
    """
    chosen, left_out = list(outcomes), dict[str, str]()
    if not chosen:
        chosen, left_out = of_those(headline_outcomes(run.summary), lambda name: sensitivity.why_not(column_of(run, name)))
        chosen = chosen[:AT_ONCE]
    found = sensitivities(run.parameters, {name: column_of(run, name) for name in chosen})
    plan, called = Plan(run.replications, run.seed, run.days), _called(run.scenario, run.summary, chosen)
    return Study("sensitivity", run.scenario, plan, run.replications, called, left_out, {"": run.failed}, found)


def one_at_a_time(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    outcomes: Sequence[str] = (),
    *,
    pool: Pool = ALONE,
    parts: Parts | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Study[MindChanging]:
    """Run each assumption at its ends, for outcomes or some of the headline ones; see `mind_changing`."""
    summary = summarise(run_ensemble(scenario, plan))
    chosen, left_out = list(outcomes) or headline_outcomes(summary)[:AT_ONCE], dict[str, str]()
    found = mind_changing(scenario, plan, chosen, pool=pool, parts=parts, progress=progress)
    if not outcomes:
        chosen, left_out = of_those(chosen, found.why_not)
        found = found.only(chosen)
    failed = {f"at {at}" if at else "as it is": count for at, count in found.failed.items()}
    variants = sum(len(one.effects) for one in found.assumptions)
    called = _called(scenario, summary, chosen)
    return Study("one_at_a_time", scenario, plan, variants * plan.replications, called, left_out, failed, [found])


def by_design(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    rows: int,
    outcomes: Sequence[str] = (),
    *,
    pool: Pool = ALONE,
    parts: Parts | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Study[Sobol]:
    """Run a designed ensemble, for outcomes or some of the headline ones; parameters and errors as in `run_design`."""
    few = run_ensemble(scenario, replace(plan, replications=TRIED, asked=tuple(outcomes)))
    summary = summarise(few)

    def is_missing(name: str) -> str:
        # What some of a hundred histories do not have, and not because they failed, some of the design will not have.
        missing = np.isnan(np.delete(outcome_of(scenario, few.outcomes, name), list(few.failures))).any()
        return sobol.why_not(np.array([np.nan])) if missing else ""

    chosen, left_out = list(outcomes), dict[str, str]()
    for name in chosen:
        if reason := is_missing(name):
            raise ConditionError(f"{name} {reason}; ask for another")
    if not chosen:
        chosen, left_out = of_those(headline_outcomes(summary), is_missing)
    factors, values, failed = run_design(scenario, plan, chosen, rows, pool=pool, parts=parts, progress=progress)
    if not outcomes:
        chosen, constant = of_those(chosen, lambda name: sobol.why_not(values[name]))
        chosen, left_out = chosen[:MOST_BY_DESIGN], {**left_out, **constant}
    found = [indices(factors, name, values[name]) for name in chosen]
    histories = sobol.design_size(scenario, rows)
    return Study("sobol", scenario, plan, histories, _called(scenario, summary, chosen), left_out, {"": failed}, found)


def _called(scenario: Scenario[ScenarioHead], summary: Sequence[Row], chosen: Sequence[str]) -> dict[str, Called]:
    """Return what the chosen outcomes are called, and their units."""
    known = {row.id: Called(label=row.alone, unit=row.unit) for row in with_asked(scenario, summary, chosen)}
    return {name: known[name] for name in chosen}


def read_assumptions(found: Folder) -> list[Assumption]:
    """Return the assumptions in a folder that was read; of their differences what the table has, the rest is NaN.

    Raises
    ------
    StoreError
        When the folder is none of assumptions one at a time, or its table is not as it should be.
    """
    manifest = found.manifest
    if not isinstance(manifest, OneAtATimeManifest):
        raise StoreError(f"{found.path} holds no assumptions one at a time")
    table = found.table("one_at_a_time.csv", ONE_AT_A_TIME)
    if table.rows != manifest.rows:
        raise StoreError(f"{table.path} has {table.rows:,} rows and should have {manifest.rows:,}")
    table.one_of("outcome", manifest.outcomes)
    table.one_of("kind", KINDS)
    known = [np.isnan(table[name]) for name in ("as_it_is", "difference", "low", "high", "found", "changed")]
    table.hold(np.all(known, axis=0) | ~np.any(known, axis=0), "some of its numbers are missing")
    with np.errstate(invalid="ignore"):
        fine = (table["low"] <= table["difference"]) & (table["difference"] <= table["high"])
        apart = ~((table["low"] <= 0) & (table["high"] >= 0))
    table.hold(fine | known[0], "its bounds are not in their order")
    table.hold((table["found"] == apart) | known[0], "what was found is not what its bounds say")
    effects: dict[str, dict[str, Effect]] = {}
    about: dict[str, tuple[str, float]] = {}
    for place, row in enumerate(table.dicts()):
        about.setdefault(row["path"], (row["unit"] or "", row["moves"]))
        try:
            is_number = row["kind"] not in ("structure", LEFT_OUT) or row["path"] in STRUCTURAL
            number = float(row["value"]) if is_number else None
        except ValueError:
            raise table.wrong(place, "its value is no number") from None
        variant = Variant(row["path"], row["value"], row["kind"], number)
        effect = effects.setdefault(row["path"], {}).setdefault(row["value"], Effect(variant, {}))
        if row["outcome"] in effect.differences:
            raise table.wrong(place, "it is there twice")
        effect.differences[row["outcome"]] = None if row["difference"] is None else Difference(
            pairs=int(row["pairs"]), left=row["as_it_is"], right=row["changed"], mean=row["difference"], low=row["low"],
            high=row["high"], correlation=np.nan, shrink=np.nan, same=False,
        )  # fmt: skip
    knobs = {one.path: one.knob for one in numbers(found.scenario().world)}
    return [
        Assumption(path, unit, knob.description if (knob := knobs.get(path)) else "", list(effects[path].values()), moves)
        for path, (unit, moves) in about.items()
    ]
