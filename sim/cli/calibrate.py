"""`parley calibrate`: which histories of a scenario agree with data of its war, and what the data say of its numbers."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.common import (
    RESULTS,
    UNREACHED,
    AsCsv,
    AsJson,
    AsMarkdown,
    Cluster,
    Excel,
    Force,
    Full,
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
    print_kept,
    refuse,
    say_before,
    say_failed,
    workers_for,
)
from sim.cli.complete import scenarios
from sim.cli.printing import say_answer, say_file
from sim.cli.progress import progress_bar
from sim.cli.wanted import place_of_study
from sim.pasted import command

# judgement: of these a fiftieth is enough for quantiles, and for a run of which the assumptions have a band of their own.
USUAL, KEEP = 50_000, 0.02


def calibrate(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A scenario file, or the name of a shipped one.", autocompletion=scenarios)
    ],
    data: Annotated[Path, typer.Option(metavar="FILE", help="What was observed: a YAML file beside its tables.")],
    start: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Begin on this day, rather than on that of the scenario.")
    ] = None,
    keep: Annotated[float, typer.Option(min=0.0001, max=0.5, help="The share of the histories that is kept.")] = KEEP,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Keep the nearest histories even where no assumption reaches the data.")
    ] = False,
    replications: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many histories to simulate.")] = USUAL,
    seed: Seed = 1,
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
    """Hold a scenario against data of its war: what it reaches, what the data say of each number, and which histories agree.

    These make posterior.yaml, a scenario that every command takes. When it is interrupted, the same command goes on.

    Example:  parley calibrate my_war.yaml --data observed.yaml
    """
    with errors_as_lines():
        from sim.ensemble.run import Plan
        from sim.observed import read_data
        from sim.results.read import read_folder
        from sim.studies.calibrate import about, days_until, refuse_few
        from sim.studies.calibrate import calibrate as run_calibration
        from sim.words.calibrate import POSTERIOR, answer, files, rest

        way = one_way_to_print(markdown=as_markdown, csv=as_csv, json=as_json)
        set_ = [*(settings or ()), *([] if start is None else [f"start_date={_day(start)}"])]
        (scenario,) = load_all([file], set_)
        observed = read_data(data, scenario)
        days = days_until(scenario, observed)
        refuse_few(replications, keep)
        plan = Plan(replications, seed, days, series=False)
        say_before(scenario, days)
        for one in observed.series:
            if one.later:
                note(f"note: {one.id}: {one.later:,} rows are later than {observed.cutoff} and are not looked at")
        how: dict[str, object] = {
            "data": data.name, "from": start, "keep": keep if keep != KEEP else None, "anyway": anyway,
            "replications": replications if replications != USUAL else None, "seed": seed if seed != 1 else None,
            "set": settings,
        }  # fmt: skip
        place = place_of_study(
            "calibration", [file], {**about(scenario, plan, observed, keep), "anyway": anyway}, how,
            out=out, results=results, force=force, excel=excel, under="calibrations",
        )  # fmt: skip
        see = f"{command('parley', 'run', file)} (failures.csv)"
        steps = [(command("parley", "run", place.folder / POSTERIOR), "")]
        with place.at_work():
            if place.done:
                has_kept = POSTERIOR in read_folder(place.target).files
                print_kept(place, f"calibration.{way}", excel and as_csv, see, full, steps if has_kept else [])
                _say_unreached(has_kept)
                return
            with (
                workers_for(replications, days, workers, cluster) as pool,
                progress_bar(scenario.name, replications) as progress,
            ):
                found = run_calibration(scenario, observed, plan, keep, pool=pool, parts=place.parts, progress=progress)
            texts = files(found)
            if way == "txt":
                say_answer(answer(found), rest(found), full)
            else:
                say_file(way, texts.get(f"calibration.{way}", texts["moved.csv"]), excel and as_csv)
            has_kept = found.is_reached or anyway
            if not has_kept:
                # What nobody should take for what agrees.
                del texts[POSTERIOR], texts["accepted.csv"]
            place.write({name: text.encode() for name, text in texts.items()}, found.manifest(), of=scenario)
            end_study(place, steps if has_kept else [], way)
        # Work that ends well takes away what it left beside results.
        say_failed({"": found.failed}, see)
        _say_unreached(has_kept)


def _say_unreached(has_kept: bool) -> None:
    if not has_kept:
        note("error: no assumed value comes near some of the data, and no histories are kept; --anyway keeps the nearest")
        raise typer.Exit(UNREACHED)


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        refuse(f"--from {text!r} is no date; write year-month-day, such as 2023-12-04")
