"""`parley sensitivity`: which assumptions matter."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.common import (
    RESULTS,
    STDIN,
    AsCsv,
    AsJson,
    AsMarkdown,
    Cluster,
    Excel,
    Force,
    Full,
    Months,
    Out,
    Root,
    Settings,
    Workers,
    end_study,
    errors_as_lines,
    is_run,
    load_all,
    one_way_to_print,
    print_kept,
    refuse,
    refuse_two_horizons,
    say_before,
    say_failed,
    workers_for,
)
from sim.cli.complete import outcomes, scenarios_and_results
from sim.cli.printing import say_answer, say_file
from sim.cli.progress import progress_bar
from sim.cli.wanted import place_of_study, refuse_for_a_folder, runs_of, tidy, wanted
from sim.pasted import command

if TYPE_CHECKING:
    from sim.ensemble.run import Plan
    from sim.scenario import Scenario, ScenarioHead
    from sim.studies.assumptions import Study

MANY, TOP = 1_000, 10


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
    top: Annotated[int, typer.Option(min=1, help="How many lines to print; the table has all.")] = TOP,
    replications: Annotated[
        int | None,
        typer.Option(
            min=100, max=1_000_000, help="Histories of a scenario (2,000), or of each line of --one-at-a-time (1,000)."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of a scenario; 1 if not given.")] = None,
    months: Months = None,
    settings: Settings = None,
    workers: Workers = None,
    cluster: Cluster = None,
    full: Full = False,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    excel: Excel = False,
    as_json: AsJson = False,
    out: Out = None,
    results: Root = RESULTS,
    force: Force = False,
) -> None:
    """Find which assumptions drive the outcomes: from the histories of a run, one at a time, or by a designed ensemble.

    Example:  parley sensitivity baseline --one-at-a-time
    """
    with errors_as_lines():
        from sim.results.identity import as_run
        from sim.results.store import what_is_run
        from sim.studies.assumptions import by_design, from_given_data
        from sim.studies.assumptions import one_at_a_time as each_alone
        from sim.studies.condition import refuse_unknown
        from sim.studies.one_at_a_time import variant_count
        from sim.studies.sobol import design_size
        from sim.words.sensitivity import answer, files, rest

        way = one_way_to_print(markdown=as_markdown, csv=as_csv, json=as_json)
        if one_at_a_time and sobol is not None:
            refuse("--one-at-a-time and --sobol are two studies: choose one")
        if sobol is not None and replications is not None:
            refuse("--sobol ROWS says how many histories are run, not --replications: choose one")
        refuse_for_a_folder(
            of,
            seed=seed,
            months=months,
            **({} if one_at_a_time or sobol else {"replications": replications, "set": settings}),
        )
        name = "one_at_a_time" if one_at_a_time else "sobol" if sobol is not None else "sensitivity"
        if name == "sensitivity":
            (asked,) = wanted([of], replications, seed, months, settings)
            what = asked.asked
        else:
            scenario, plan = _scenario_and_plan(of, replications, seed, months, settings)
            what = what_is_run(scenario, plan)
        how: dict[str, object] = {
            "one_at_a_time": one_at_a_time, "sobol": sobol, "outcome": outcome, "top": top if top != TOP else None,
            "replications": replications, "seed": seed, "months": months, "set": settings,
        }  # fmt: skip
        place = place_of_study(
            name, [of], what, how, out=out, results=results, force=force, excel=excel, under="sensitivity"
        )
        steps = _next_step(name, of, place.folder)
        see = f"{command('parley', 'run', of)}, with what was set by --set (failures.csv)"
        with place.at_work():
            if place.done:
                if name == "sensitivity":
                    tidy([asked], results, outcome or ())
                print_kept(place, f"{name}.{way}", excel and as_csv, see, full, steps)
                return
            study: Study[Any]
            if name == "sensitivity":
                (run,) = runs_of([asked], results, force=force, workers=workers, cluster=cluster, outcomes=outcome or ())
                study = from_given_data(run, outcome or ())
            else:
                refuse_unknown(scenario, plan, outcome or ())
                # The scenario as it is runs twice.
                size = design_size(scenario, sobol) if sobol else (variant_count(scenario) + 2) * plan.replications
                with (
                    # There are a hundred assumptions or more.
                    workers_for(100 * plan.replications, plan.days, workers, cluster) as pool,
                    progress_bar(scenario.name, size, 1 if sobol else plan.replications) as progress,
                ):
                    by = partial(by_design, rows=sobol) if sobol is not None else each_alone
                    study = by(scenario, plan, outcomes=outcome or (), pool=pool, parts=place.parts, progress=progress)
            texts = files(study, top)
            if way == "txt":
                say_answer(answer(study, top), rest(study, top), full)
            else:
                say_file(way, texts.get(f"{name}.{way}", texts[f"{name}.csv"]), excel and as_csv)
            texts["scenario.yaml"] = as_run(study.scenario, study.plan.days).to_yaml()
            place.write({file: text.encode() for file, text in texts.items()}, study.manifest(of), of=study.scenario)
            end_study(place, steps, way)
            say_failed(study.failed, see)


def _next_step(kind: str, of: str, folder: Path) -> list[tuple[str, str]]:
    if kind == "one_at_a_time":
        return [(command("parley", "report", folder), "a page with figures")]
    if of == STDIN:
        return []
    return [(command("parley", "sensitivity", of, "--one-at-a-time"), "each assumption alone, and other structures")]


def _scenario_and_plan(
    of: str, replications: int | None, seed: int | None, months: int | None, settings: list[str] | None
) -> tuple[Scenario[ScenarioHead], Plan]:
    """Return the scenario to run again, and the plan of each of its variants."""
    from sim.ensemble.run import Plan, horizon_days
    from sim.results.runs import Run

    refuse_two_horizons(settings, months)
    if is_run(of):
        run = Run.read(Path(of))
        changed = run.scenario.with_settings(settings or ())
        return changed, Plan(replications or MANY, run.seed, horizon_days(changed), series=False)
    (scenario,) = load_all([of], settings)
    say_before(scenario)
    return scenario, Plan(replications or MANY, 1 if seed is None else seed, horizon_days(scenario, months), series=False)
