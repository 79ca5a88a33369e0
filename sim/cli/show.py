"""`parley show`, `parley diff` and `parley list`: scenarios in words."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli.common import Settings, errors_as_lines, load_all
from sim.cli.complete import scenarios

One = Annotated[
    str, typer.Argument(metavar="FILE", help="A scenario file, or the name of a shipped one.", autocompletion=scenarios)
]


def show(file: One, settings: Settings = None) -> None:
    """Show a scenario resolved: every value with its unit, where it is written, and its source.

    Example:  parley show baseline
    """
    with errors_as_lines():
        from pathlib import Path

        from sim.results.identity import title_of
        from sim.scenario.describe import entries
        from sim.words.amounts import amounts

        (scenario,) = load_all([file], settings)
        print(title_of(scenario))
        print(scenario.world.description)
        amount = amounts(scenario)
        group = None
        for entry in entries(scenario):
            head, _, name = entry.path.rpartition(".")
            if head != group:
                group = head
                print(f"\n{head or 'scenario'}")
            place = f"{Path(entry.place.file).name}:{entry.place.line}" if entry.place.line else entry.place.file
            value = f"{entry.text} {entry.unit}".rstrip()
            print(f"  {name:<32} {value:<72} {place:<24} {entry.origin}".rstrip())
            if entry.path in amount:
                print(f"  {'':<32} {amount[entry.path]}")


def diff(before: One, after: One) -> None:
    """Say in words what differs between two scenarios.

    Example:  parley diff baseline more_arms
    """
    with errors_as_lines():
        from sim.results.identity import title_of
        from sim.scenario.describe import changes
        from sim.words.changes import in_verbs

        first, second = load_all([before, after], None)
        found = changes(first, second)
        print(f"From '{title_of(first)}' to '{title_of(second)}':")
        for change in found:
            print(f"  {in_verbs(change, first, second)}")
            # In grey, for who wants to set it.
            typer.secho(f"      {change.path}{'  ' * bool(change.about)}{change.about}", dim=True)
        if not found:
            print("  nothing differs in what is assumed")


def list_scenarios() -> None:
    """List the shipped scenarios.

    Example:  parley list
    """
    with errors_as_lines():
        from sim.catalogue import heads

        for name, title, description in heads():
            print(f"{name:<28} {title}")
            print(f"{'':<28} {description}")
