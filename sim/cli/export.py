"""`parley export`: results as a workbook or a database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.common import RESULTS, AsJson, Root, Settings, errors_as_lines, note, refuse
from sim.cli.complete import scenarios_and_results
from sim.cli.printing import say, say_end, say_json
from sim.cli.steps import next_of_results
from sim.cli.wanted import results_of


def export(
    of: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...",
            help="Folders of results, or scenarios, which are run if they are not there.",
            autocompletion=scenarios_and_results,
        ),
    ],
    xlsx: Annotated[Path | None, typer.Option("--xlsx", metavar="FILE", help="Write a workbook for spreadsheets.")] = None,
    sqlite: Annotated[Path | None, typer.Option("--sqlite", metavar="FILE", help="Write a database.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")] = False,
    settings: Settings = None,
    results: Root = RESULTS,
    as_json: AsJson = False,
) -> None:
    """Write results as one file that explains itself: tables with scenario and date, and a dictionary of their columns.

    Of several their tables stand under one another, and runs are compared with the first.

    Example:  parley export results/baseline --xlsx baseline.xlsx
    """
    files = [path for path in (xlsx, sqlite) if path is not None]
    if not files:
        refuse("say what to write: --xlsx FILE or --sqlite FILE")
    if len({path.absolute() for path in files}) < len(files):
        refuse("--xlsx and --sqlite are two files: give each a name of its own")
    with errors_as_lines():
        from sim.report.workbook import sheet_names, workbook, writer
        from sim.results.export import Export, sqlite_of
        from sim.results.place import may_write, write_file
        from sim.results.read import read_folder
        from sim.words.layout import Text

        # What can be said before the work is.
        if xlsx is not None:
            writer()
        for path in files:
            may_write(path, force)
        folders = [results_of(name, settings, results) for name in of]
        found = Export.of([read_folder(folder) for folder in folders])
        for text in found.left_out:
            note(f"note: {text}")
        for made, at in ((workbook, xlsx), (sqlite_of, sqlite)):
            if at is not None:
                write_file(made(found), at)
        # By the names under which each file has them.
        names = {"sheets": sheet_names(found)} if xlsx is not None else {}
        names |= {"tables": [sheet.name for sheet in found.sheets]} if sqlite is not None else {}
        if as_json:
            say_json({"written": list(map(str, files)), **names})
            return
        inside = zip(files, names.items(), strict=True)
        say(*(Text(f"Written: {path} ({kind}: {', '.join(told)})", 0, 2) for path, (kind, told) in inside))
        say_end([], next_of_results(folders, "export", bool(found.comparisons)), data=False)
