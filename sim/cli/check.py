"""`parley check`: is a scenario right, and where do its numbers come from."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli.common import INVALID, Files, Settings, errors_as_lines, load_all
from sim.cli.printing import say


def check(
    files: Files,
    settings: Settings = None,
    sources: Annotated[bool, typer.Option("--sources", help="List the numbers that have no source, by section.")] = False,
) -> None:
    """Check scenarios: every problem with its file, line and column, and what to write instead.

    Notes say what never happens, changes nothing, takes long, or is out of line on the first ten days, which are played
    without luck.

    Example:  parley check baseline --sources
    """
    with errors_as_lines():
        from sim.ensemble.run import horizon_days
        from sim.model.first_days import first_days
        from sim.model.notes import long_work, notes
        from sim.scenario.describe import coverage
        from sim.words.layout import Column, Table, Text

        bare = 0
        for scenario in load_all(files, settings):
            sections = list(coverage(scenario))
            total = sum(section.numbers for section in sections)
            unsourced = sum(len(section.bare) for section in sections)
            default = sum(len(section.default) for section in sections)
            # Rounded down: 100 is all of them.
            percent = 100 * (total - unsourced - default) // total if total else 100
            ok = f"{scenario.path}: no problems; {total} numbers, {percent}% with a source or marked as an assumption"
            say(Text(ok, 0, 2))
            found = [*notes(scenario, horizon_days(scenario)), *long_work(scenario), *first_days(scenario)]
            say(*(Text(f"note: {note}", 2, 2) for note in found))
            if not sources:
                continue
            bare += unsourced
            rows = [
                [one.section, *(f"{n}" for n in (one.numbers, one.sourced, one.assumed, len(one.default), len(one.bare)))]
                for one in sections
            ]
            heads = ("section", "numbers", "sourced", "assumed", "default", "neither")
            say(Table([Column(head) for head in heads], rows))
            for one in sections:
                say(*(Text(f"no source: {path}", 2, 2) for path in one.bare))
                say(*(Text(f"not written, so that the default holds: {path}", 2, 2) for path in one.default))
    if bare:
        raise typer.Exit(INVALID)
