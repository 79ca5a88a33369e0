"""`parley compare`: scenarios beside one another, what was changed and what it changed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.common import (
    FAILED_OVER,
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
    Settings,
    Without,
    Workers,
    end_study,
    errors_as_lines,
    note,
    one_way_to_print,
    print_kept,
    refuse,
    say_failed,
)
from sim.cli.complete import outcomes, scenarios_and_results
from sim.cli.printing import say_answer, say_file
from sim.cli.wanted import place_of_study, runs_of, tidy, wanted, without_parts
from sim.errors import ParleyError
from sim.pasted import command

if TYPE_CHECKING:
    from sim.studies.limits import Limit


def compare(
    of: Annotated[
        list[str],
        typer.Argument(
            metavar="A B...",
            help="Result folders or scenarios; the first is compared with. With --without one, compared with itself.",
            autocompletion=scenarios_and_results,
        ),
    ],
    replications: Annotated[
        int | None, typer.Option(min=2, max=1_000_000, help="Of scenarios that are run first; 2,000 or that of a folder.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of scenarios that are run first; 1 or that of a folder.")] = None,
    months: Months = None,
    settings: Settings = None,
    without: Without = None,
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
    out: Out = None,
    results: Root = RESULTS,
    force: Force = False,
    as_page: Annotated[
        bool, typer.Option("--report", help="Write a page about it too: report.html beside its tables.")
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

    With --without one scenario is compared with itself without a part of it.

    Example:  parley compare results/baseline results/more_arms
    """
    with errors_as_lines():
        from sim.results.comparison import ALL_SECTIONS, MAIN_SECTIONS, compare_all, refuse_incomparable
        from sim.results.manifest import Compared, ComparisonManifest
        from sim.results.place import PAGE, is_whole_page, may_be_page
        from sim.studies.limits import failures
        from sim.words.comparison import answer, files, whole
        from sim.words.layout import EMPTY

        if without and len(of) != 1:
            refuse("--without compares one scenario with itself without a part: name one")
        if len(of) < 2 and not without:
            refuse("name at least two result folders or scenarios, or one and what it is to be --without")
        way = one_way_to_print(markdown=as_markdown, csv=as_csv, json=as_json)
        if as_page and all_pairs:
            refuse("a page compares with one scenario: leave --all-pairs, or --report")
        limits = _limits(fail_over or ())
        asked = wanted(of, replications, seed, months, settings)
        asked += [without_parts(asked[0], without)] if without else []
        refuse_incomparable([one.luck for one in asked], all_pairs=all_pairs, paired=not unpaired)
        how = {
            "replications": replications, "seed": seed, "months": months, "set": settings, "unpaired": unpaired,
            "all": every, "all_pairs": all_pairs, **({"without": without} if without else {}),
        }  # fmt: skip
        what = {"scenario": " and ".join(one.scenario.name for one in asked), "runs": [one.asked for one in asked]}
        place = place_of_study(
            "comparison", of, what, how, out=out, results=results, force=force, excel=excel, under="comparisons"
        )
        page = place.folder / PAGE if as_page else None
        if page is not None:
            may_be_page(page)
        see = f"{command('parley', 'run', of[0])} (failures.csv)"
        same = _options(
            replications=replications, seed=seed, months=months, set=settings, without=without, unpaired=unpaired, all=every
        )
        at = [] if out is None else ["--out", str(out)]
        at += [] if results == RESULTS else ["--results", str(results)]
        steps = [(command("parley", "compare", *of, *same, *at, "--report"), "a page with figures")]
        if page is not None:
            # Elsewhere it does not lie beside its runs, of which figures are made.
            figures = (command("parley", "plot", place.folder), "which figures there are for a paper")
            steps = [] if out is not None or unpaired else [figures]
        steps = [] if all_pairs or "-" in of else steps
        with place.at_work():
            if place.done and not limits and (page is None or is_whole_page(page)):
                tidy(asked, results)
                print_kept(place, f"comparison.{way}", excel and as_csv, see, full, steps)
                return
            wanted_of = [limit.outcome for limit in limits]
            runs = runs_of(
                asked, results, force=force, workers=workers, cluster=cluster, outcomes=wanted_of, summarised=True
            )
            sections = ALL_SECTIONS if every else MAIN_SECTIONS
            found = compare_all(runs, all_pairs=all_pairs, paired=not unpaired, sections=sections)
            texts = files(found, runs)
            if way == "txt":
                say_answer(answer(found), (block for one in found for block in (*whole(one), EMPTY)), full)
            else:
                say_file(way, texts[f"comparison.{way}"], excel and as_csv)
            if not place.done:
                failed = sum(run.failed for run in runs)
                about = ComparisonManifest(compared=[Compared(**run.about()) for run in runs], failed=failed)
                place.write({name: text.encode() for name, text in texts.items()}, about, of=runs[0].scenario)
        end_study(place, steps, way)
        # Said before a page, which may find something in its place.
        beyond = list(failures(found, limits))
        print(*beyond, sep="\n", end="\n" if beyond else "", file=sys.stderr)
        if page is not None:
            from sim.report.html import html
            from sim.report.make import page_of_comparisons, write_page

            made = page_of_comparisons(found)
            write_page(html(made).encode(), page, force=True)
            note(f"Written: {page}; open it in any browser")
            print(*made.broken, sep="\n", end="\n" if made.broken else "", file=sys.stderr)
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
