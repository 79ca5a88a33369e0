"""`parley outcomes`: what can be asked of a scenario's histories."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli.common import (
    AsCsv,
    AsJson,
    AsMarkdown,
    Excel,
    Settings,
    errors_as_lines,
    load_all,
    scenario_and_words,
    way_to_print,
)
from sim.cli.complete import scenarios
from sim.cli.printing import say, say_rows


def outcomes(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCENARIO] [WORD]",
            help="A scenario (baseline if not given), and a word that is looked for.",
            autocompletion=scenarios,
        ),
    ] = None,
    settings: Settings = None,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    excel: Excel = False,
    as_json: AsJson = False,
) -> None:
    """List the outcomes of a scenario: name, label, unit, when it is taken, what it means; or those with a word in them.

    The names are what --outcome, --until, --fail-over and --precision-of take.

    Example:  parley outcomes baseline casualties
    """
    with errors_as_lines():
        from sim.errors import ParleyError
        from sim.results.dictionary import Entry, as_dicts, entries, reference_lines
        from sim.scenario.wording import quoted
        from sim.words.outcomes import listed

        way = way_to_print(as_markdown, as_csv, as_json, excel)
        name, looked_for = scenario_and_words(words)
        (scenario,) = load_all([name], settings)
        word = " ".join(looked_for)
        found = entries(scenario, word)
        if not found:
            raise ParleyError(f"no outcome of {scenario.name} speaks of {quoted(word)}")
        if way == "md":
            print(*reference_lines(scenario), sep="\n")
        elif way != "txt":
            say_rows(way, as_dicts(found), Entry._fields, excel=excel)
        else:
            say(*listed(found))
