"""`parley sensitivity`: which assumptions matter."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from sim.cli.common import (
    USAGE,
    Cluster,
    Excel,
    Months,
    Wanted,
    Workers,
    at_work,
    errors_as_lines,
    is_run,
    load_all,
    note,
    print_csv,
    refuse_excel,
    refuse_for_a_folder,
    runs_of,
    say_before,
    say_failed,
    wanted,
    workers_for,
)
from sim.cli.complete import outcomes, scenarios_and_results
from sim.cli.progress import progress_bar
from sim.pasted import command

if TYPE_CHECKING:
    from sim.ensemble.run import Plan
    from sim.ensemble.workers import Pool
    from sim.results.parts import Parts
    from sim.results.summary import Row
    from sim.scenario import Scenario, ScenarioHead


class Study(NamedTuple):
    """What a study found.

    The rows of its table, lines to print, the scenario, how much of it was run, the outcomes, and of those that it looks at
    unless told otherwise which were left out, and why; how many histories went wrong in Parley, by where.
    """

    rows: list[dict[str, Any]]
    lines: list[str]
    scenario: Scenario[ScenarioHead]
    plan: Plan
    outcomes: dict[str, dict[str, str]]
    left_out: dict[str, str]
    failed: dict[str, int]


MANY = 1_000


def sensitivity(
    of: Annotated[
        str, typer.Argument(metavar="RUN", help="A result folder or a scenario.", autocompletion=scenarios_and_results)
    ],
    outcome: Annotated[
        list[str] | None,
        typer.Option(metavar="OUTCOME", help="What to look at, as war_goes_on. Repeatable.", autocompletion=outcomes),
    ] = None,
    one_at_a_time: Annotated[
        bool, typer.Option("--one-at-a-time", help="Run each assumption at its low and high value, and other structures.")
    ] = False,
    sobol: Annotated[
        int | None,
        typer.Option(metavar="ROWS", help="Run a designed ensemble (a power of two, as 256) for effects with interplay."),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many lines to print; the table has all.")] = 10,
    replications: Annotated[
        int | None,
        typer.Option(
            min=100, max=1_000_000, help="Histories of a scenario (2,000), or of each line of --one-at-a-time (1,000)."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of a scenario; 1 if not given.")] = None,
    months: Months = None,
    workers: Workers = None,
    cluster: Cluster = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print as CSV, in full precision.")] = False,
    excel: Excel = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write it to this folder too, as in results/sensitivity/base.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is in that folder.")] = False,
) -> None:
    """Find which assumptions drive the outcomes: from the histories of a run, one at a time, or by a designed ensemble.

    Example:  parley sensitivity baseline --one-at-a-time
    """
    with errors_as_lines():
        from sim.results.identity import about_identity, as_run, identity_of
        from sim.results.manifest import OF_ASSUMPTIONS, Called
        from sim.results.place import Place
        from sim.results.read import read_folder
        from sim.results.store import what_is_run
        from sim.results.tables import csv_of
        from sim.studies.condition import refuse_unknown
        from sim.words import WHAT_IT_IS_NOT

        _refuse(as_csv and as_json, one_at_a_time and sobol is not None, sobol, replications)
        refuse_for_a_folder(
            of, seed=seed, months=months, **({} if one_at_a_time or sobol else {"replications": replications})
        )
        refuse_excel(excel, as_csv or out is not None, "--csv or --out")
        name = "one_at_a_time" if one_at_a_time else "sobol" if sobol is not None else "sensitivity"
        if name == "sensitivity":
            (asked,) = wanted([of], replications, seed, months)
            scenario, plan, what = asked.scenario, asked.plan, asked.asked
        else:
            scenario, plan = _scenario_and_plan(of, replications, seed, months)
            what = what_is_run(scenario, plan)
        place = None
        if out is not None:
            what = {**what, "of": of, "outcomes": outcome, "rows": sobol, "top": top}
            place = Place.of(out, name, what, force, excel=excel, note=note)
        see = f"{command('parley', 'run', of)}, with what was set by --set (failures.csv)"
        shown = f"{name}.{'csv' if as_csv else 'json' if as_json else 'txt'}"
        with at_work(place) as parts:
            if place is not None and place.done:
                kept = read_folder(place.target)
                print_csv(kept.text(shown), excel and as_csv)
                say_failed({"": kept.manifest.failed}, see)
                return
            if name == "sensitivity":
                study = _from_given_data(asked, outcome, top, workers, cluster, parts)
            else:
                refuse_unknown(scenario, plan, outcome or ())
                how = _one_at_a_time if one_at_a_time else _sobol
                # There are a hundred assumptions or more.
                with workers_for(100 * plan.replications, plan.days, workers, cluster) as pool:
                    study = how(scenario, plan, outcome, sobol or 0, pool, top, parts)
            made = identity_of(study.scenario, study.plan).about(study.plan.replications)
            told = {"note": WHAT_IT_IS_NOT, **made, "left_out": study.left_out, "rows": study.rows}
            texts = {
                f"{name}.txt": "\n".join([*study.lines, WHAT_IT_IS_NOT, ""]),
                f"{name}.csv": csv_of(study.rows),
                f"{name}.json": json.dumps(told, indent=2, allow_nan=False) + "\n",
            }
            print_csv(texts[shown], excel and as_csv)
            if place is not None:
                called = {outcome: Called(**about) for outcome, about in study.outcomes.items()}
                about = OF_ASSUMPTIONS[name](
                    kind=name, of=of, **about_identity(study.scenario, study.plan), replications=study.plan.replications,
                    rows=len(study.rows), outcomes=called, failed=sum(study.failed.values()),
                )  # fmt: skip
                texts["scenario.yaml"] = as_run(study.scenario, study.plan.days).to_yaml()
                place.write({file: text.encode() for file, text in texts.items()}, about)
                note(f"Written: {out}/ ({name}, scenario, manifest)")
            say_failed(study.failed, see)


def _refuse(two_formats: bool, two_studies: bool, rows: int | None, replications: int | None) -> None:
    """Exit with the reason when options do not go together."""
    reason = ""
    if two_formats:
        reason = "--csv and --json are two ways to print: choose one"
    elif two_studies:
        reason = "--one-at-a-time and --sobol are two studies: choose one"
    elif rows is not None and replications is not None:
        reason = "--sobol ROWS says how many histories are run, not --replications: choose one"
    if reason:
        print(f"error: {reason}", file=sys.stderr)
        raise typer.Exit(USAGE)


def _scenario_and_plan(
    of: str, replications: int | None, seed: int | None, months: int | None
) -> tuple[Scenario[ScenarioHead], Plan]:
    """Return the scenario to run again, and the plan of each of its variants."""
    from sim.ensemble.run import Plan, horizon_days
    from sim.results.runs import Run

    if is_run(of):
        run = Run.read(Path(of))
        return run.scenario, Plan(replications or MANY, run.seed, run.days, series=False)
    (scenario,) = load_all([of], None)
    say_before(scenario)
    return scenario, Plan(replications or MANY, 1 if seed is None else seed, horizon_days(scenario, months), series=False)


def _labels(rows: Sequence[Row]) -> dict[str, str]:
    return {row.id: row.alone for row in rows}


def _about(summary: Sequence[Row], chosen: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return what the chosen outcomes are called, and their units."""
    labels, units = _labels(summary), {row.id: row.unit for row in summary}
    return {name: {"label": labels.get(name, name), "unit": units.get(name, "")} for name in chosen}


# From given data


def _from_given_data(
    asked: Wanted, outcomes: list[str] | None, top: int, workers: int | None, cluster: str | None, parts: Parts | None
) -> Study:
    from sim.ensemble.run import Plan
    from sim.studies.condition import column_of
    from sim.studies.headline import AT_ONCE, headline_outcomes, of_those
    from sim.studies.sensitivity import sensitivities, why_not
    from sim.words.sensitivity import given_lines, left_out_lines

    (run,) = runs_of([asked], workers, cluster, parts, outcomes or ())
    chosen = outcomes or []
    left_out: dict[str, str] = {}
    if not outcomes:
        chosen, left_out = of_those(headline_outcomes(run.summary), lambda name: why_not(column_of(run, name)))
        chosen = chosen[:AT_ONCE]
    found = sensitivities(run.drawn, {name: column_of(run, name) for name in chosen})
    note = ["Each interval stands for itself: of so many parameters without effect, one or two may look otherwise."]
    if run.scenario.world.correlations:
        note += ["Some parameters are correlated in this scenario; what they share counts in each of them."]
    lines = [
        f"{run.identity.line}: which of {len(run.drawn)} uncertain parameters drive the outcomes of "
        f"{run.replications:,} histories",
        "",
    ]
    rows = [row for one in found for row in one.as_dicts()]
    told = [*lines, *given_lines(found, _labels(run.summary), top), *left_out_lines(left_out), *note, ""]
    plan = Plan(run.replications, run.seed, run.days)
    return Study(rows, told, run.scenario, plan, _about(run.summary, chosen), left_out, {"": run.failed})


# One at a time


def _one_at_a_time(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    outcomes: list[str] | None,
    _: int,
    pool: Pool,
    top: int,
    parts: Parts | None,
) -> Study:
    from sim.results.identity import identity_of
    from sim.studies.headline import AT_ONCE, headline_outcomes, of_those
    from sim.studies.one_at_a_time import mind_changing, variant_count
    from sim.words.sensitivity import left_out_lines, one_at_a_time_lines

    count = variant_count(scenario)
    # The scenario as it is runs twice.
    with progress_bar(scenario.name, (count + 2) * plan.replications, plan.replications) as progress:
        summary = _summary(scenario, plan)
        chosen = outcomes or headline_outcomes(summary)[:AT_ONCE]
        found = mind_changing(scenario, plan, chosen, pool=pool, parts=parts, progress=progress)
    left_out: dict[str, str] = {}
    if not outcomes:
        chosen, left_out = of_those(chosen, found.why_not)
        found = found.only(chosen)
    head = [
        identity_of(scenario, plan).headline(plan.replications, " each"),
        f"What would change the picture: each assumption alone at the 5 % and 95 % of what it may be, and other structures "
        f"({count} in all).",
        f"Differences on the same luck, {plan.replications:,} pairs; the 95 % intervals of an outcome hold together.",
        "",
    ]
    told = [*head, *one_at_a_time_lines(found, _labels(summary), top), *left_out_lines(left_out)]
    failed = {f"at {at}" if at else "as it is": count for at, count in found.failed.items()}
    return Study(found.as_dicts(), told, scenario, plan, _about(summary, chosen), left_out, failed)


def _summary(scenario: Scenario[ScenarioHead], plan: Plan) -> list[Row]:
    from sim.ensemble.run import run_ensemble
    from sim.results.summary import summarise

    return summarise(run_ensemble(scenario, plan))


# By a designed ensemble

MOST_BY_DESIGN = 3


def _sobol(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    outcomes: list[str] | None,
    rows: int,
    pool: Pool,
    top: int,
    parts: Parts | None,
) -> Study:
    from dataclasses import replace

    import numpy as np

    from sim.ensemble.run import run_ensemble
    from sim.results.identity import identity_of
    from sim.results.summary import summarise
    from sim.scenario import quantities
    from sim.studies.condition import ConditionError, outcome_of
    from sim.studies.headline import headline_outcomes, of_those
    from sim.studies.sobol import indices, run_design, why_not
    from sim.words.sensitivity import left_out_lines, sobol_lines

    few = run_ensemble(scenario, replace(plan, replications=100))
    summary = summarise(few)
    left_out: dict[str, str] = {}

    def is_missing(name: str) -> str:
        # What some of a hundred histories do not have, and not because they failed, some of the design will not have.
        missing = np.isnan(np.delete(outcome_of(scenario, few.outcomes, name), list(few.failures))).any()
        return why_not(np.array([np.nan])) if missing else ""

    if outcomes:
        chosen = outcomes
        for name in chosen:
            if reason := is_missing(name):
                raise ConditionError(f"{name} {reason}; ask for another")
    else:
        chosen, left_out = of_those(headline_outcomes(summary), is_missing)
    uncertain = sum(not quantity.is_certain for _, quantity in quantities(scenario.world))
    histories = rows * (uncertain + 3)
    with progress_bar(scenario.name, histories) as progress:
        factors, values, failed = run_design(scenario, plan, chosen, rows, pool=pool, parts=parts, progress=progress)
    if not outcomes:
        chosen, constant = of_those(chosen, lambda name: why_not(values[name]))
        chosen, left_out = chosen[:MOST_BY_DESIGN], {**left_out, **constant}
    found = [indices(factors, name, values[name]) for name in chosen]
    of = f"Sobol' indices of {uncertain} uncertain parameters and of luck, {histories:,} histories"
    head = [f"{identity_of(scenario, plan).line}: {of}", ""]
    if scenario.world.correlations:
        head[1:1] = ["The correlations of the scenario are left out: parameters are taken as independent."]
    told = [*head, *sobol_lines(found, _labels(summary), top), *left_out_lines(left_out)]
    rows_of = [row for one in found for row in one.as_dicts()]
    return Study(rows_of, told, scenario, plan, _about(summary, chosen), left_out, {"": failed})
