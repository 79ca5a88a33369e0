"""`parley show`, `parley diff`, `parley list` and `parley knobs`: scenarios in words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.common import (
    AsCsv,
    AsJson,
    AsMarkdown,
    Excel,
    Full,
    Settings,
    errors_as_lines,
    load_all,
    scenario_and_words,
    way_to_print,
)
from sim.cli.complete import scenarios
from sim.cli.printing import say, say_end, say_rows
from sim.pasted import command

One = Annotated[
    str, typer.Argument(metavar="FILE", help="A scenario file, or the name of a shipped one.", autocompletion=scenarios)
]
Words = Annotated[list[str] | None, typer.Argument(metavar="[WORD]...", help="Words that are looked for.")]


def show(
    file: One,
    words: Words = None,
    observed: Annotated[
        Path | None,
        typer.Option("--data", metavar="FILE", help="What a file of observations says of its start, and by what rows."),
    ] = None,
    settings: Settings = None,
    full: Full = False,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    excel: Excel = False,
    as_json: AsJson = False,
) -> None:
    """Show a scenario: what it is, and its values with words in them, or all, each with unit, place and source.

    A word may be what values rest on: the key of a source, assumed or default.

    Example:  parley show baseline casualties
    """
    with errors_as_lines():
        from sim.errors import ParleyError
        from sim.results.identity import title_of
        from sim.scenario.wording import quoted
        from sim.words.layout import EMPTY, Text, Title
        from sim.words.scenarios import overview, rows_of, sources_of, values

        way = way_to_print(as_markdown, as_csv, as_json, excel)
        (scenario,) = load_all([file], settings)
        if observed is not None:
            from sim.observed import levels_at
            from sim.words.levels import level_rows, levels

            told = level_rows(scenario, levels_at(observed, scenario, scenario.world.start_date), words or ())
            if not told:
                raise ParleyError(f"{observed} has no level{' with these words' if words else 's'} for {scenario.name}")
            say(*levels(scenario, observed, told)) if way == "txt" else say_rows(way, told, excel=excel)
            return
        found = rows_of(scenario, words or ())
        if words and not found:
            raise ParleyError(f"no value of {scenario.name} speaks of {' and '.join(map(quoted, words))}, or rests on it")
        if way != "txt":
            data = [{**row, "sources": sources_of(scenario, row)} for row in found]
            say_rows(way, found, data=data, excel=excel)
            return
        if words or full:
            say(Title(title_of(scenario)), Text(scenario.world.description), EMPTY, *values(scenario, found))
            return
        say(*overview(scenario), EMPTY)
        steps = [
            (command("parley", "show", file, "front"), "every value with this word, its place and source"),
            (command("parley", "show", file, "--full"), "all values"),
        ]
        say_end([], steps, data=False)


def diff(
    before: One,
    after: One,
    settings: Settings = None,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    excel: Excel = False,
    as_json: AsJson = False,
) -> None:
    """Say in words what differs between two scenarios.

    Example:  parley diff baseline more_arms
    """
    with errors_as_lines():
        from sim.scenario.describe import changes
        from sim.words.scenarios import difference_rows, differences

        way = way_to_print(as_markdown, as_csv, as_json, excel)
        first, second = load_all([before, after], settings)
        if way == "txt":
            say(*differences(changes(first, second), first, second))
            return
        columns = ("path", "before", "after", "unit", "about", "sentence")
        say_rows(way, difference_rows(first, second), columns, excel=excel)


def list_scenarios(
    words: Words = None,
    full: Full = False,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    excel: Excel = False,
    as_json: AsJson = False,
) -> None:
    """List the shipped scenarios by theme, or those of which words are said.

    Example:  parley list zone
    """
    with errors_as_lines():
        from sim.catalogue import by_theme
        from sim.errors import ParleyError
        from sim.words.catalogue import themes
        from sim.words.layout import EMPTY, Text

        found = by_theme(words or ())
        if not found:
            raise ParleyError(f"no shipped scenario speaks of {' and '.join(map(repr, words or ()))}")
        way = way_to_print(as_markdown, as_csv, as_json, excel)
        if way != "txt":
            columns = ("theme", "name", "title", "description")
            say_rows(way, [dict(zip(columns, one, strict=True)) for one in found], columns, excel=excel)
            return
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
    full: Full = False,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    excel: Excel = False,
    as_json: AsJson = False,
) -> None:
    """Look for numbers of a scenario by words of what they are called and mean, or of their path; --set changes them.

    Example:  parley knobs renewed war
    """
    with errors_as_lines():
        from sim.errors import ParleyError
        from sim.scenario.describe import Told, told_knobs
        from sim.scenario.wording import quoted
        from sim.words import scenarios as told
        from sim.words.layout import EMPTY

        way = way_to_print(as_markdown, as_csv, as_json, excel)
        name, looked_for = scenario_and_words(words)
        (scenario,) = load_all([name], settings)
        found = told_knobs(scenario, looked_for)
        changed = [name, *(part for setting in settings or () for part in ("--set", setting))]
        sections = command("parley", "knobs", *changed)
        if not found:
            fewer = [word for word in looked_for if told_knobs(scenario, [word])] if len(looked_for) > 1 else []
            hint = f"; but of {' or of '.join(map(quoted, fewer))} alone" if fewer else f"; {sections} tells what there is"
            raise ParleyError(f"no number of {scenario.name} speaks of {' and '.join(map(quoted, looked_for))}{hint}")
        if way != "txt":
            say_rows(way, [one._asdict() for one in found], Told._fields, excel=excel)
            return
        if not looked_for and not full:
            say(*told.sections_of(found), EMPTY)
            say_end([], [(f"{sections} WORD", "numbers of which that is said"), (f"{sections} --full", "all")], data=False)
            return
        to_set = command("parley", "run", *changed, "--set", f"{found[0].path if len(found) == 1 else 'PATH'}=VALUE")
        where = command("parley", "show", *changed, *(looked_for or ["--full"]))
        say(*told.knobs(found), EMPTY)
        say_end([], [(to_set, "with another value"), (where, "where it is from")], data=False)
