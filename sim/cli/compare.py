"""`parley compare`: scenarios beside one another, what was changed and what it changed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.common import (
    FAILED_OVER,
    AsCsv,
    AsJson,
    AsMarkdown,
    Cluster,
    Excel,
    Full,
    Months,
    Settings,
    Workers,
    errors_as_lines,
    note,
    one_way_to_print,
    print_kept,
    refuse,
    refuse_excel,
    say_failed,
)
from sim.cli.complete import outcomes, scenarios_and_results
from sim.cli.printing import say_answer, say_end, say_file
from sim.cli.wanted import at_work, runs_of, wanted
from sim.errors import ParleyError
from sim.pasted import command

if TYPE_CHECKING:
    from sim.studies.limits import Limit


def compare(
    of: Annotated[
        list[str],
        typer.Argument(
            metavar="A B...",
            help="Result folders or scenarios; the first is compared with.",
            autocompletion=scenarios_and_results,
        ),
    ],
    replications: Annotated[
        int | None, typer.Option(min=2, max=1_000_000, help="Of scenarios that are run first; 2,000 or that of a folder.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of scenarios that are run first; 1 or that of a folder.")] = None,
    months: Months = None,
    settings: Settings = None,
    workers: Workers = None,
    cluster: Cluster = None,
    all_pairs: Annotated[bool, typer.Option("--all-pairs", help="Compare each with each, not only with the first.")] = False,
    unpaired: Annotated[bool, typer.Option("--unpaired", help="Do not pair histories on the same luck.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Compare the terms of deals and causes of collapse too.")] = False,
    full: Full = False,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    excel: Excel = False,
    as_json: AsJson = False,
    out: Annotated[Path | None, typer.Option(help="Write it to this folder too, as in results/comparisons/zones.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is in that folder.")] = False,
    as_page: Annotated[
        bool, typer.Option("--report", help="Write a page about it too: report.html in --out, or in results/reports.")
    ] = False,
    fail_over: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OUTCOME>X",
            help="Exit with 5 if a difference from the first is above this (with <: below) or unknown: 'war_again > 0.05'.",
            autocompletion=outcomes,
        ),
    ] = None,
) -> None:
    """Compare scenarios: what was changed, what it changed on the same luck, and how sure that is.

    Example:  parley compare results/baseline results/more_arms
    """
    with errors_as_lines():
        from sim.results.comparison import ALL_SECTIONS, MAIN_SECTIONS, compare_all
        from sim.results.manifest import Compared, ComparisonManifest
        from sim.results.place import PAGE, Place, is_page, is_whole_page, may_be_page, may_write
        from sim.studies.limits import failures
        from sim.words.comparison import answer, files, whole
        from sim.words.layout import EMPTY

        if len(of) < 2:
            refuse("name at least two result folders or scenarios")
        way = one_way_to_print(markdown=as_markdown, csv=as_csv, json=as_json)
        if as_page and all_pairs:
            refuse("a page compares with one scenario: leave --all-pairs, or --report")
        refuse_excel(excel, as_csv or out is not None, "--csv or --out")
        limits = _limits(fail_over or ())
        asked = wanted(of, replications, seed, months, settings)
        place = page = None
        if out is not None:
            what = {
                "scenario": " and ".join(one.scenario.name for one in asked), "of": of,
                "runs": [one.asked for one in asked], "all_pairs": all_pairs, "unpaired": unpaired, "all": every,
            }  # fmt: skip
            place = Place.of(out, "comparison", what, force, excel=excel, note=note)
        if as_page:
            from sim.report.make import place_of

            how = {"replications": replications, "seed": seed, "months": months, "unpaired": unpaired, "all": every}
            page = out / PAGE if out is not None else place_of(of, **how)
            may_be_page(page)
            if place is None:
                may_write(page, force or is_page(page))
        see = f"{command('parley', 'run', of[0])} (failures.csv)"
        with at_work(place) as parts:
            if place is not None and place.done and not limits and (page is None or is_whole_page(page)):
                print_kept(place, f"comparison.{way}", excel and as_csv, see, full)
                return
            written: list[str] = []
            runs = runs_of(asked, workers, cluster, parts, [limit.outcome for limit in limits], summarised=True)
            sections = ALL_SECTIONS if every else MAIN_SECTIONS
            found = compare_all(runs, all_pairs=all_pairs, paired=not unpaired, sections=sections)
            texts = files(found, runs)
            if way == "txt":
                say_answer(answer(found), (block for one in found for block in (*whole(one), EMPTY)), full)
            else:
                say_file(way, texts[f"comparison.{way}"], excel and as_csv)
            if place is not None and not place.done:
                failed = sum(run.failed for run in runs)
                about = ComparisonManifest(compared=[Compared(**run.about()) for run in runs], failed=failed)
                place.write({name: text.encode() for name, text in texts.items()}, about, of=runs[0].scenario)
                written = [f"Written: {out}/ (comparison, manifest)"]
        same = _options(replications=replications, seed=seed, months=months, set=settings, unpaired=unpaired, all=every)
        steps = [(command("parley", "compare", *of, *same, "--report"), "a page with figures")]
        steps = [] if page is not None or all_pairs or "-" in of else steps
        say_end(written, steps, data=way != "txt")
        # Said before a page, which may find something in its place.
        beyond = list(failures(found, limits))
        print(*beyond, sep="\n", end="\n" if beyond else "", file=sys.stderr)
        if page is not None:
            from sim.report.html import html
            from sim.report.make import page_of_comparisons, write_page

            made = page_of_comparisons(found)
            write_page(html(made).encode(), page, force or place is not None)
            print(f"Written: {page}", *made.broken, sep="\n", file=sys.stderr)
        say_failed({f"of {run.name}": run.failed for run in runs}, see)
        if beyond:
            raise typer.Exit(FAILED_OVER)


def _options(**values: object) -> list[str]:
    """Return options as they are written."""
    words: list[str] = []
    for name, value in values.items():
        those = value if isinstance(value, list) else [value] if value not in (None, False) else []
        words += [part for one in those for part in ([f"--{name}"] if one is True else [f"--{name}", str(one)])]
    return words


def _limits(texts: Sequence[str]) -> list[Limit]:
    from sim.studies.limits import Limit

    try:
        return [Limit.parse(text) for text in texts]
    except ParleyError as error:
        refuse(str(error))
