"""`parley show`, `parley diff`, `parley list` and `parley knobs`: scenarios in words."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from sim.cli.common import (
    Excel,
    Full,
    Settings,
    errors_as_lines,
    load_all,
    one_way_to_print,
    print_csv,
    refuse_excel,
    scenario_and_words,
)
from sim.cli.complete import scenarios
from sim.cli.printing import say, say_end
from sim.pasted import command

One = Annotated[
    str, typer.Argument(metavar="FILE", help="A scenario file, or the name of a shipped one.", autocompletion=scenarios)
]
Words = Annotated[list[str] | None, typer.Argument(metavar="[WORD]...", help="Words that are looked for.")]


def show(file: One, words: Words = None, settings: Settings = None, full: Full = False) -> None:
    """Show a scenario: what it is, and its values with words in them, or all, each with unit, place and source.

    Example:  parley show baseline casualties
    """
    with errors_as_lines():
        from sim.results.identity import title_of
        from sim.words.layout import EMPTY, Text, Title
        from sim.words.scenarios import overview, values

        (scenario,) = load_all([file], settings)
        if words or full:
            say(Title(title_of(scenario)), Text(scenario.world.description), EMPTY, *values(scenario, words or ()))
            return
        say(*overview(scenario), EMPTY)
        steps = [
            (command("parley", "show", file, "front"), "every value with this word, its place and source"),
            (command("parley", "show", file, "--full"), "all values"),
        ]
        say_end([], steps, data=False)


def diff(before: One, after: One, settings: Settings = None) -> None:
    """Say in words what differs between two scenarios.

    Example:  parley diff baseline more_arms
    """
    with errors_as_lines():
        from sim.scenario.describe import changes
        from sim.words.scenarios import differences

        first, second = load_all([before, after], settings)
        say(*differences(changes(first, second), first, second))


def list_scenarios(words: Words = None, full: Full = False) -> None:
    """List the shipped scenarios by theme, or those of which words are said.

    Example:  parley list zone
    """
    with errors_as_lines():
        from sim.catalogue import by_theme
        from sim.errors import ParleyError
        from sim.words.layout import EMPTY, Text
        from sim.words.scenarios import themes

        found = by_theme(words or ())
        if not found:
            raise ParleyError(f"no shipped scenario speaks of {' and '.join(map(repr, words or ()))}")
        say(*themes(found, full=full or bool(words)))
        if not full and not words:
            say(EMPTY, Text("What they assume: parley list --full; some of them: parley list WORD"))


def knobs(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCENARIO] [WORD]...",
            help="A scenario (baseline if not given), and words that are looked for.",
            autocompletion=scenarios,
        ),
    ] = None,
    settings: Settings = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print as CSV.")] = False,
    excel: Excel = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Look for numbers of a scenario by words of what they are called and mean, or of their path; --set changes them.

    Example:  parley knobs renewed war
    """
    with errors_as_lines():
        from sim.errors import ParleyError
        from sim.results.tables import csv_of
        from sim.scenario.describe import Told, told_knobs
        from sim.scenario.wording import quoted
        from sim.words import scenarios as told

        way = one_way_to_print(csv=as_csv, json=as_json)
        refuse_excel(excel, as_csv, "--csv")
        name, looked_for = scenario_and_words(words)
        (scenario,) = load_all([name], settings)
        found = told_knobs(scenario, looked_for)
        if not found:
            raise ParleyError(f"no number of {scenario.name} speaks of {' and '.join(map(quoted, looked_for))}")
        rows = [one._asdict() for one in found]
        if way == "csv":
            print_csv(csv_of(rows, Told._fields), excel)
        elif way == "json":
            print(json.dumps(rows, indent=2))
        else:
            say(*told.knobs(found))
