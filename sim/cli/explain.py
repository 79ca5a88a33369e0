"""`parley explain`: why there was no deal, over time, and the story of one history with what both sides weighed."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli.common import (
    RESULTS,
    AsCsv,
    AsJson,
    AsMarkdown,
    Excel,
    Full,
    Root,
    Settings,
    errors_as_lines,
    one_way_to_print,
    refuse,
    refuse_excel,
    refuse_two_histories,
)
from sim.cli.complete import endings, scenarios_and_results
from sim.cli.printing import say, say_rows
from sim.cli.wanted import results_of


def explain(
    of: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A folder that `parley run` wrote, or a scenario, which is run if it is not there yet.",
            autocompletion=scenarios_and_results,
        ),
    ],
    replication: Annotated[
        int | None, typer.Option(min=0, help="Tell this history; if not given, one typical of the commonest ending.")
    ] = None,
    ending: Annotated[
        str | None,
        typer.Option(
            help="Tell a typical history of this ending, as in ceasefire_in_force or war_goes_on.", autocompletion=endings
        ),
    ] = None,
    settings: Settings = None,
    results: Root = RESULTS,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    excel: Excel = False,
    as_json: AsJson = False,
    full: Full = False,
    packages: Annotated[
        bool, typer.Option("--packages", help="Print only what every package was worth at each of these reviews, as CSV.")
    ] = False,
) -> None:
    """Say why there was no deal, over time, and tell one history with what both sides weighed at each review.

    Example:  parley explain results/baseline --ending ceasefire_in_force
    """
    with errors_as_lines():
        from sim.results.history import (
            NoSuchHistory,
            package_rows,
            retold,
            review_rows,
            scenario_negotiates,
            which_history,
        )
        from sim.results.runs import Run
        from sim.words.explain import explained

        if as_csv and packages:
            refuse("--csv and --packages are two tables: choose one")
        way = one_way_to_print(markdown=as_markdown, csv=as_csv, json=as_json)
        refuse_two_histories(replication, ending)
        refuse_excel(excel, as_csv or packages, "--csv or --packages")
        run = results_of(of, settings, results)
        ran = Run.read(run)
        try:
            replication, chosen = which_history(ran, replication, ending)
        except NoSuchHistory as error:
            refuse(str(error))
        history = retold(ran, run, replication)
        if way != "txt" or packages:
            if not scenario_negotiates(ran.scenario):
                refuse("this scenario has no negotiation, and so no reviews")
            header, table = (package_rows if packages else review_rows)(history, replication)
            rows = [dict(zip(header, row, strict=True)) for row in table]
            data = {"run": ran.about(), "replication": replication, "chosen": chosen, "reviews": rows}
            say_rows(way if way != "txt" else "csv", rows, header, data=data, excel=excel)
            return
        say(*explained(ran, run, history, replication, chosen, full=full))
