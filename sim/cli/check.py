"""`parley check`: is a scenario right, and where do its numbers come from."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli.common import INVALID, Files, Settings, errors_as_lines, load_all


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

        bare = 0
        for scenario in load_all(files, settings):
            sections = list(coverage(scenario))
            total = sum(section.numbers for section in sections)
            unsourced = sum(len(section.bare) for section in sections)
            default = sum(len(section.default) for section in sections)
            # Rounded down: 100 is all of them.
            percent = 100 * (total - unsourced - default) // total if total else 100
            print(f"{scenario.path}: no problems; {total} numbers, {percent}% with a source or marked as an assumption")
            for note in [*notes(scenario, horizon_days(scenario)), *long_work(scenario), *first_days(scenario)]:
                print(f"  note: {note}")
            if not sources:
                continue
            bare += unsourced
            print(f"  {'section':<14}{'numbers':>8}{'sourced':>9}{'assumed':>9}{'default':>9}{'neither':>9}")
            for section in sections:
                counts = (section.numbers, section.sourced, section.assumed, len(section.default), len(section.bare))
                print(f"  {section.section:<14}{counts[0]:>8}{''.join(f'{count:>9}' for count in counts[1:])}")
            for section in sections:
                for path in section.bare:
                    print(f"  no source: {path}")
                for path in section.default:
                    print(f"  not written, so that the default holds: {path}")
    if bare:
        raise typer.Exit(INVALID)
