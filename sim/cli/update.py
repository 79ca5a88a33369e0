"""`parley update`: what new months of data say of a run that is kept; none of its histories is run again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.common import (
    RESULTS,
    UNREACHED,
    AsCsv,
    AsJson,
    AsMarkdown,
    Excel,
    Force,
    Full,
    Out,
    Root,
    day_of,
    end_study,
    errors_as_lines,
    is_run,
    note,
    one_way_to_print,
    print_kept,
    refuse,
    say_failed,
)
from sim.cli.complete import scenarios_and_results
from sim.cli.printing import say_answer, say_file
from sim.cli.wanted import place_of_study, runs_of, wanted
from sim.pasted import command

if TYPE_CHECKING:
    from sim.results.manifest import RunManifest

TOLERANCE = 0.35


def update(
    of: Annotated[
        str,
        typer.Argument(metavar="RUN", help="The folder of a run with --paths month.", autocompletion=scenarios_and_results),
    ],
    data: Annotated[Path, typer.Option(metavar="FILE", help="What was observed: a YAML file beside its tables.")],
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="The last day that is read, rather than the cutoff of the file.")
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option(min=0.01, max=10, help="How far the model may be off, in standard deviations of each statistic."),
    ] = TOLERANCE,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Weigh even where no history comes near some of the data.")
    ] = False,
    out: Out = None,
    results: Root = RESULTS,
    force: Force = False,
    full: Full = False,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    excel: Excel = False,
    as_json: AsJson = False,
) -> None:
    """Weigh the histories of a run by new months of data: how it ends, and what is assumed, before and after.

    No history is run again. The run is one that was made with --paths month, and lasts beyond the data.

    Example:  parley update results/my_war --data observed.yaml
    """
    with errors_as_lines():
        from sim.observed import read_data
        from sim.results.manifest import RunManifest
        from sim.results.read import read_folder
        from sim.studies.update import about_update, refuse_beyond
        from sim.studies.update import update as weigh
        from sim.words.update import answer, files, rest

        way = one_way_to_print(markdown=as_markdown, csv=as_csv, json=as_json)
        if not is_run(of):
            refuse(f"{of} is no folder of results; run the scenario with --paths month, and name the folder that it makes")
        kept = read_folder(Path(of)).manifest
        if not isinstance(kept, RunManifest):
            refuse(f"{of} holds no run; name the folder of a run that was made with --paths month")
        if kept.paths != "month":
            refuse(f"{of} does not tell how each history stood by month; {_with_months(of, kept)} makes a run that does")
        (asked,) = wanted([of], None, None, None, None)
        (run,) = runs_of([asked], results, force=force, outcomes=())
        observed = read_data(data, run.scenario, None if until is None else day_of("--until", until))
        refuse_beyond(run, observed)
        how: dict[str, object] = {
            "data": data.name, "until": until, "tolerance": tolerance if tolerance != TOLERANCE else None, "anyway": anyway,
        }  # fmt: skip
        place = place_of_study(
            "update", [of], {**asked.asked, **about_update(observed, tolerance), "anyway": anyway}, how,
            out=out, results=results, force=force, excel=excel, under="updates",
        )  # fmt: skip
        see = f"{of}/failures.csv"
        steps = [(command("parley", "explain", of), "why there was no deal, in all of its histories")]
        with place.at_work():
            if place.done:
                print_kept(place, f"update.{way}", excel and as_csv, see, full, steps)
                return
            found = weigh(run, observed, tolerance, anyway)
            texts = files(found)
            if way == "txt":
                say_answer(answer(found), rest(found), full)
            else:
                say_file(way, texts.get(f"update.{way}", texts["update.csv"]), excel and as_csv)
            if found.is_told:
                place.write({name: text.encode() for name, text in texts.items()}, found.manifest(), of=run.scenario)
                end_study(place, steps, way)
        say_failed({"": run.failed}, see)
        if not found.is_told:
            note("error: the run comes nowhere near some of the data, and nothing is kept; --anyway keeps what is weighed")
            raise typer.Exit(UNREACHED)


def _with_months(of: str, kept: RunManifest) -> str:
    """Return the command that makes a run again, beside it, with how each history stood by month."""
    same = ("--replications", kept.replications, "--seed", kept.seed)
    return command("parley", "run", of, *same, "--paths", "month", "--out", f"{of.rstrip('/')}+months")
