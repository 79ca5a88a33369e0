"""`parley discover`: where in its uncertain parameters an outcome is common, or rare."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.common import (
    RESULTS,
    STDIN,
    AsCsv,
    AsJson,
    AsMarkdown,
    Excel,
    Force,
    Full,
    Months,
    Out,
    Root,
    Settings,
    end_study,
    errors_as_lines,
    is_run,
    one_way_to_print,
    print_kept,
    say_failed,
)
from sim.cli.complete import outcomes, scenarios_and_results
from sim.cli.printing import say_answer, say_file
from sim.cli.wanted import place_of_study, refuse_for_a_folder, runs_of, tidy, wanted
from sim.pasted import command

SMALLEST = 0.05


def discover(
    of: Annotated[
        str, typer.Argument(metavar="RUN", help="A result folder or a scenario.", autocompletion=scenarios_and_results)
    ],
    outcome: Annotated[
        str,
        typer.Option(
            help="An outcome of 0 and 1, or a comparison, as in 'casualties_attacker > 1_000_000'.", autocompletion=outcomes
        ),
    ],
    rare: Annotated[bool, typer.Option("--rare", help="Where it is rare instead of common.")] = False,
    boxes: Annotated[int, typer.Option(min=1, max=20, help="The most boxes to find, each outside those before.")] = 1,
    density: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Find the largest box that is so dense; if not given, coverage counts as much."),
    ] = None,
    smallest: Annotated[
        float, typer.Option(min=0.01, max=0.5, help="Least share of histories that a box keeps.")
    ] = SMALLEST,
    replications: Annotated[
        int | None, typer.Option(min=2, max=1_000_000, help="Of a scenario that is run first; 2,000 if not given.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of a scenario that is run first; 1 if not given.")] = None,
    months: Months = None,
    settings: Settings = None,
    full: Full = False,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    excel: Excel = False,
    as_json: AsJson = False,
    out: Out = None,
    results: Root = RESULTS,
    force: Force = False,
) -> None:
    """Find boxes in the uncertain parameters in which an outcome is common, checked on histories that did not find them.

    Density is the share of histories in the box that have the outcome; coverage the share of all such histories in it.

    Example:  parley discover results/baseline --outcome ceasefire_in_force
    """
    with errors_as_lines():
        from sim.ensemble.run import Plan
        from sim.results.identity import about_identity
        from sim.results.manifest import DiscoveryManifest
        from sim.studies.condition import Case
        from sim.studies.discovered import discover_in
        from sim.words.discovery import answer, files, rest

        way = one_way_to_print(markdown=as_markdown, csv=as_csv, json=as_json)
        shown_file = f"discovery.{way}"
        refuse_for_a_folder(of, replications=replications, seed=seed, months=months, set=settings)
        (asked,) = wanted([of], replications, seed, months, settings)
        how: dict[str, object] = {
            "outcome": outcome, "rare": rare, "boxes": boxes if boxes > 1 else None, "density": density,
            "smallest": smallest if smallest != SMALLEST else None, "replications": replications, "seed": seed,
            "months": months, "set": settings,
        }  # fmt: skip
        place = place_of_study(
            "discovery", [of], asked.asked, how, out=out, results=results, force=force, excel=excel, under="discoveries"
        )
        steps = []
        if of != STDIN:
            by_design = command("parley", "sensitivity", of, "--outcome", Case.parse(outcome).outcome)
            steps = [(by_design, "which uncertain parameters drive it")]
        see = f"{command('parley', 'run', of)} (failures.csv)"
        with place.at_work():
            if place.done:
                tidy([asked], results, [Case.parse(outcome).outcome])
                print_kept(place, shown_file, excel and as_csv, see, full, steps)
                return
            (run,) = runs_of([asked], results, force=force, outcomes=[Case.parse(outcome).outcome])
            found = discover_in(run, outcome, rare=rare, boxes=boxes, density=density, smallest=smallest)
            file = str(Path(of) / "scenario.yaml") if is_run(of) else of
            same = [part for setting in settings or () for part in ("--set", setting)]
            same += ([] if months is None else ["--months", str(months)]) + (
                ["--seed", str(run.seed)] if run.seed != 1 else []
            )
            tables = files(found, [file, *same])
            if way == "txt":
                say_answer(answer(found, [file, *same]), rest(found), full)
            else:
                say_file(way, tables.get(shown_file, tables["discovery.csv"]), excel and as_csv)
            made = about_identity(run.scenario, Plan(run.replications, run.seed, run.days))
            about = DiscoveryManifest(**made, replications=run.replications, outcome=str(found.case), failed=run.failed)
            place.write({name: table.encode() for name, table in tables.items()}, about, of=run.scenario)
            end_study(place, steps, way)
            say_failed({"": run.failed}, see)
