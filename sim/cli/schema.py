"""`parley schema`: what may stand in a scenario, for editors and for readers."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from sim.cli.common import (
    AsJson,
    errors_as_lines,
    one_way_to_print,
)
from sim.cli.printing import say_json

INTRODUCTION = """\
# What may stand in a scenario

Every field, section by section. A path is also what `--set` takes; `<id>` and `<key>` stand for a name given in the file.
*Required*: by the file itself or by what it extends. *fixed*: one number, not a distribution. A range holds for every value
that can be drawn. A file may also have `extends`, and a thing with an `id` may be `remove: true` or `like` another."""


def schema(
    markdown: Annotated[bool, typer.Option("--markdown", help="Tables of all fields, and the words used.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print the JSON Schema of scenarios, with which editors complete and explain; or the reference of all knobs.

    Example:  parley schema --markdown > reference.md
    """
    with errors_as_lines():
        from sim.model import WarScenario
        from sim.model.glossary import WORDS
        from sim.model.offered import offered_keys
        from sim.scenario import load_scenario
        from sim.scenario.jsonschema import schema_text
        from sim.scenario.reference import reference, table

        one_way_to_print(markdown=markdown, json=as_json)
        if as_json:
            say_json(json.loads(schema_text(WarScenario)))
            return
        if not markdown:
            base = load_scenario("shipped:baseline", WarScenario)
            print(schema_text(WarScenario, base.tree, offered_keys(base.world)), end="")
            return
        words = [(f"**{word}**", meaning) for word, meaning in sorted(WORDS.items())]
        print(INTRODUCTION, reference(WarScenario), "## Words", table(("word", "meaning"), words), sep="\n\n")
