"""`parley report` and `parley plot`: results as a page, and figures for papers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from sim.cli.common import (
    BUG,
    RESULTS,
    STDIN,
    AsJson,
    Root,
    Settings,
    errors_as_lines,
    refuse,
    refuse_two_histories,
)
from sim.cli.complete import endings, scenarios_and_results
from sim.cli.printing import say, say_end, say_json
from sim.cli.steps import next_of_results
from sim.cli.wanted import results_of
from sim.pasted import command

Replication = Annotated[
    int | None, typer.Option(min=0, help="Tell this history; if not given, one typical of the commonest ending.")
]
Ending = Annotated[
    str | None, typer.Option(help="Tell a typical history of this ending, as ceasefire_in_force.", autocompletion=endings)
]
Until = Annotated[
    str | None, typer.Option(help="Of a sweep: mark where this is reached, as in 'share(ceasefire_in_force) >= 0.5'.")
]
PAPER_WIDTHS = Literal["column", "page"]


def report(
    of: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...",
            help="Folders of results, or scenarios, which are run if they are not there; the first is compared with.",
            autocompletion=scenarios_and_results,
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="The file; RUN/report.html, or results/reports/NAMES.html, if not given.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a page that is there already.")] = False,
    replication: Replication = None,
    ending: Ending = None,
    until: Until = None,
    settings: Settings = None,
    results: Root = RESULTS,
    as_json: AsJson = False,
    brief: Annotated[
        bool,
        typer.Option("--brief", help="What fits on two sheets of paper; in results/reports without --out."),
    ] = False,
) -> None:
    """Write one page about a run, runs compared, a sweep, a break-even or assumptions one at a time: it works offline.

    Example:  parley report results/baseline
    """
    with errors_as_lines():
        from sim.report.make import Asked, place_of, write_report
        from sim.words.layout import Text

        refuse_two_histories(replication, ending)
        folders = [results_of(name, settings, results) for name in of]
        path = out or place_of(list(map(str, folders)), results, brief)
        if path.suffix.lower() not in (".html", ".htm"):
            refuse(f"{path} ends in {path.suffix or 'nothing'!r}; a page is .html")
        broken: list[str] = []
        size = write_report(folders, path, force, Asked(replication, ending, until), broken.append, brief)
        if as_json:
            say_json({"written": [str(path)], "bytes": size, "broken": broken})
        else:
            say(Text(f"Written: {path} ({size / 1e6:.1f} MB); open it in any browser", 0, 2))
            say_end([], next_of_results(folders, but="report"), data=False)
        for said in broken:
            print(f"error: {said}", file=sys.stderr)
        if broken:
            raise typer.Exit(BUG)


def plot(
    of: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN... FIGURE",
            help="Folders of results or scenarios, then the figure; without one, they are listed.",
            autocompletion=scenarios_and_results,
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="The file: its ending says svg, png or pdf.")] = None,
    width: Annotated[PAPER_WIDTHS, typer.Option(help="Of a column (89 mm) or of a page (183 mm).")] = "column",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")] = False,
    replication: Replication = None,
    ending: Ending = None,
    until: Until = None,
    date: Annotated[
        str | None, typer.Option(help="The figure bargaining at the last review until this, as 2025-06-01.")
    ] = None,
    settings: Settings = None,
    results: Root = RESULTS,
    as_json: AsJson = False,
) -> None:
    """Draw one figure for a paper; without a figure, list those that there are.

    Example:  parley plot results/baseline incidence --out incidence.pdf
    """
    with errors_as_lines():
        from sim.report.make import Asked, pictures_of
        from sim.report.style import PAPERS, file_of
        from sim.results.manifest import no_folder
        from sim.results.place import is_written, may_write, write_file
        from sim.scenario.lookup import meanings
        from sim.words.layout import Column, Table, Text

        refuse_two_histories(replication, ending)
        *names, last = of
        is_named = last == STDIN or Path(last).is_dir() or bool(meanings(last))
        names, figure = ([*names, last], "") if is_named else (names, last)
        if not names:
            refuse(no_folder(Path(figure), "; name the results first, as in: parley plot results/baseline incidence"))
        folders = [results_of(name, settings, results) for name in names]
        kind = ""
        # What can be said before the work is.
        if out is not None:
            if not figure:
                refuse(f"name the figure that {out} is to show; {command('parley', 'plot', *folders)} lists them")
            kind = out.suffix.removeprefix(".").lower()
            if kind not in ("svg", "png", "pdf"):
                refuse(f"{out} ends in {out.suffix or 'nothing'!r}; figures are svg, png or pdf")
            may_write(out, True)  # but for what is there: it may be this figure
        pictures, source = pictures_of(folders, Asked(replication, ending, until, date), figure)
        if not figure:
            if as_json:
                say_json([{"figure": picture.name, "title": picture.title} for picture in pictures.values()])
                return
            say(Table([Column(), Column(wraps=True)], [[picture.name, picture.title] for picture in pictures.values()]))
            first = next(iter(pictures))
            draw = command("parley", "plot", *folders, first, "--out", f"{first}.pdf")
            say_end([], [(draw, "one of them, for a paper"), *next_of_results(folders, but="plot")[-1:]], data=False)
            return
        if figure not in pictures:
            from sim.scenario.wording import closest

            near = closest(figure, list(pictures))
            hint = f"Did you mean {near!r}?" if near else f"There are: {', '.join(pictures)}"
            refuse(f"there is no figure {figure!r} of these results. {hint}")
        if out is None:
            refuse(f"name the file, as in --out {figure}.pdf (or .svg, .png)")
        content = file_of(pictures[figure], kind, PAPERS[width], source)
        if not is_written(content, out):
            may_write(out, force)
            write_file(content, out)
        if as_json:
            say_json({"written": [str(out)]})
        else:
            say(Text(f"Written: {out}", 0, 2))
            say_end([], next_of_results(folders, but="plot"), data=False)
