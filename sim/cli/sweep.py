"""`parley sweep`: a scenario over many values of some of its knobs."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from sim.cli.common import (
    RESULTS,
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
    Seed,
    Settings,
    Workers,
    end_study,
    errors_as_lines,
    load_all,
    note,
    one_way_to_print,
    refuse_both,
    refuse_two_horizons,
    say_before,
    say_failed,
    workers_for,
)
from sim.cli.complete import knobs, outcomes, scenarios
from sim.cli.printing import say_answer, say_rows
from sim.cli.progress import progress_bar
from sim.pasted import command


def sweep(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A scenario file, or the name of a shipped one.", autocompletion=scenarios)
    ],
    vary: Annotated[
        list[str],
        typer.Option(
            metavar="PATH=LOW:HIGH:N", help="A knob and its values, or PATH=a,b,c. Repeatable.", autocompletion=knobs
        ),
    ],
    design: Annotated[
        Literal["grid", "latin", "sobol"], typer.Option(help="grid: all combinations; latin or sobol: a sample of --points.")
    ] = "grid",
    points: Annotated[int | None, typer.Option(help="Size of a sample.")] = None,
    outcome: Annotated[
        list[str] | None,
        typer.Option(metavar="OUTCOME", help="What to print, as war_goes_on. Repeatable.", autocompletion=outcomes),
    ] = None,
    replications: Annotated[int, typer.Option(min=1, max=1_000_000, help="Histories at each point.")] = 1000,
    seed: Seed = 1,
    months: Months = None,
    settings: Settings = None,
    workers: Workers = None,
    cluster: Cluster = None,
    out: Out = None,
    results: Root = RESULTS,
    force: Force = False,
    full: Full = False,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    excel: Excel = False,
    as_json: AsJson = False,
) -> None:
    """Run a scenario at many values of its knobs, on the same luck; print a table and write sweep.csv.

    When it is interrupted, the same command goes on where it stopped.

    Example:  parley sweep baseline --vary arms.defender.aid_scale=0:2:5 --vary manpower.attacker.return_share=0.2:0.6:5
    """
    with errors_as_lines():
        from sim.ensemble.run import Plan, horizon_days
        from sim.results.identity import LONGEST_OF_SWEEP, file_name, identity_of, sweep_parts, varied_in_words
        from sim.results.place import Place
        from sim.results.read import read_folder
        from sim.studies.design import Varied, lay_out
        from sim.studies.headline import headline_outcomes
        from sim.studies.sweep import Sweep, about
        from sim.studies.sweep import sweep as run_sweep
        from sim.words import WHAT_IT_IS_NOT
        from sim.words.labels import knob_label
        from sim.words.sweep import answer, tables

        way = one_way_to_print(markdown=as_markdown, csv=as_csv, json=as_json)
        knobs = [Varied.parse(text) for text in vary]
        chosen = lay_out(knobs, design, points, seed)
        refuse_both(settings, [knob.path for knob in knobs])
        refuse_two_horizons(settings, months)
        (scenario,) = load_all([file], settings)
        plan = Plan(replications, seed, horizon_days(scenario, months), series=False)
        last = [f"{knob.path}={value}" for knob, value in zip(knobs, chosen[-1], strict=True)]
        say_before(scenario.with_settings(last, "--vary"))
        identity = identity_of(scenario, plan)
        over = varied_in_words([knob_label(knob.path, scenario) for knob in knobs], chosen, design)
        title = f"{identity.line}: a sweep {over}"
        own = file_name(scenario.name, [*identity.parts, *sweep_parts(vary, design, points)], most=LONGEST_OF_SWEEP)
        folder = out or results / "sweeps" / own
        asked = {**about(scenario, plan, knobs, chosen, outcome or ()), "design": design}
        place = Place.of(folder, "sweep", asked, force, excel=excel, note=note)
        with place.at_work():
            if place.done:
                found = Sweep.read(read_folder(place.target))
            else:
                with (
                    workers_for(replications * len(chosen), plan.days, workers, cluster) as pool,
                    progress_bar(scenario.name, len(chosen) * replications, replications) as progress,
                ):
                    found = run_sweep(
                        scenario, plan, knobs, chosen, design, outcomes=outcome or (), pool=pool, parts=place.parts,
                        progress=progress, note=note,
                    )  # fmt: skip
                found.write(place)
        if way != "txt":
            rows = found.as_dicts()
            made = {"note": WHAT_IT_IS_NOT, **identity.about(replications), "title": title, "points": rows}
            say_rows(way, [{"scenario": found.of_scenario, **row} for row in rows], data=made, excel=excel)
        else:
            usual = headline_outcomes(found.summaries[0])
            shown = outcome or usual[: 1 if found.is_grid else 3]
            rest = tables(found, [name for name in usual if name not in shown])
            say_answer(answer(found, title, shown), rest, full)
        end_study(place, [(command("parley", "report", folder), "a page with figures")], way)
        failed = found.failed()
        say_failed(failed, f"{command('parley', 'run', file)} with that point by --set (failures.csv)")
