"""`parley check`: is a scenario right, and where do its numbers come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.common import (
    INVALID,
    AsCsv,
    AsJson,
    AsMarkdown,
    Excel,
    Files,
    Settings,
    errors_as_lines,
    load_all,
    way_to_print,
)
from sim.cli.printing import say, say_rows

if TYPE_CHECKING:
    from sim.scenario import Problem, Scenario, ScenarioHead


def check(
    files: Files,
    settings: Settings = None,
    sources: Annotated[bool, typer.Option("--sources", help="List the numbers that have no source, by section.")] = False,
    as_of: Annotated[
        bool,
        typer.Option("--as-of", help="List the numbers that rest on sources of later than the start, as no forecast may."),
    ] = False,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    excel: Excel = False,
    as_json: AsJson = False,
) -> None:
    """Check scenarios: every problem with its file, line and column, and what to write instead.

    Notes say what never happens, changes nothing, takes long, or is out of line on the first ten days, which are played
    without luck.

    Example:  parley check baseline --sources
    """
    with errors_as_lines():
        from sim.scenario.describe import coverage, later_than, provenance
        from sim.words.layout import Column, Table, Text
        from sim.words.provenance import counted, remarks

        way = way_to_print(as_markdown, as_csv, as_json, excel)
        bare, told = 0, list[dict[str, Any]]()
        loaded = load_all(files, settings)
        _refuse_expectations(loaded)
        for scenario in loaded:
            sections = list(coverage(scenario))
            origins = provenance(scenario)
            ok = f"{scenario.path}: no problems; {counted(origins)}"
            found = remarks(scenario)
            rows = [
                {
                    "scenario": scenario.name, "section": one.section, "numbers": one.numbers, "sourced": one.sourced,
                    "assumed": one.assumed, "default": len(one.default), "inherited": len(one.inherited),
                    "neither": len(one.bare),
                }
                for one in sections
            ]  # fmt: skip
            late = later_than(scenario, scenario.world.start_date) if as_of else []
            told.append(
                {
                    "scenario": scenario.name, "file": str(scenario.path), "notes": found, "sections": rows,
                    **({"later": [one._asdict() for one in late]} if as_of else {}),
                }
            )  # fmt: skip
            bare += (origins.bare if sources else 0) + len(late)
            if way != "txt":
                continue
            say(Text(ok, 0, 2))
            say(*(Text(f"note: {note}", 2, 2) for note in found))
            if as_of:
                start = scenario.world.start_date
                paths = {one.path for one in late}
                rest = f"{len(paths):,} of {origins.numbers:,} numbers rest on" if late else "no number rests on"
                say(Text(f"as of {start}: {rest} a source that is, or may be, of later", 2, 2))
                say(*(Text(f"of later: {one.path} ({one.source}, {one.date})", 4, 4) for one in late))
            if not sources:
                continue
            heads = ("section", "numbers", "sourced", "assumed", "default", "inherited", "neither")
            say(Table([Column(head) for head in heads], [[str(row[head]) for head in heads] for row in rows]))
            for one in sections:
                say(*(Text(f"no source: {path}", 2, 2) for path in one.bare))
                say(*(Text(f"of another war: {path}", 2, 2) for path in one.inherited))
                say(*(Text(f"not written, so that the default holds: {path}", 2, 2) for path in one.default))
        if way != "txt":
            say_rows(way, [row for one in told for row in one["sections"]], data=told, excel=excel)
    if bare:
        raise typer.Exit(INVALID)


def _refuse_expectations(scenarios: Sequence[Scenario[ScenarioHead]]) -> None:
    """Say of all scenarios which outcomes they expect that there are not.

    Raises
    ------
    ScenarioError
    """
    from sim.ensemble.run import horizon_days
    from sim.results.targets import outcomes_expected
    from sim.scenario import ScenarioError

    problems: list[Problem] = []
    for scenario in scenarios:
        try:
            outcomes_expected(scenario, horizon_days(scenario))
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
