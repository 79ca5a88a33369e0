"""Texts of one line are one line, whoever wrote the file; JSON is read as what it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sim.scenario import ScenarioError, read_yaml


def test_blocks_and_spaces_leave_nothing_around_a_text(load: Any, fine: str) -> None:
    text = fine.replace("title: Fine", "title: |\n  Fine").replace("{name: Red}", '{name: "\\u00a0 Red \\n"}')
    text = text.replace("description: A small world", "description: |\n  A small\n  world")
    text = text.replace("- id: europe", "- id: >\n        europe")
    scenario = load(text)
    world = scenario.world
    assert (world.title, world.sides.attacker.name, world.arms.backers[1].id) == ("Fine", "Red", "europe")
    assert world.description == "A small\nworld"
    assert scenario.tree["title"] == "Fine"
    assert scenario.tree["sides"]["attacker"]["name"] == "Red"
    assert load(scenario.to_yaml()).world == world
    # Nor is anything said to have been set.
    assert scenario.settings == ()
    assert scenario.fingerprint == load(scenario.to_yaml()).fingerprint
    assert [one.path for one in load(text, ["losses.rounds=3"]).settings] == ["losses.rounds"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "title: Fine",
            "title: |\n  Fine\n  weather",
            "1:1: error: title must be one line, and has a line end after",
        ),
        ("{name: Red}", '{name: "R\\ned"}', "name must be one line, and has a line end after 'R'."),
        ("{name: Red}", '{name: "R\\ted"}', "name must be one line, and has a tab after 'R'. Write a space"),
        ("author: A", 'author: "A\\n\\nB"', "author must be one line, and has a line end after 'A'."),
        ("{name: Red}", '{name: " \\u00a0\\u2003"}', "name must have at least 1 character"),
        ("{name: Red}", '{name: "\\u200b\\u2060"}', "name has no letter that shows: '\\u200b\\u2060'. Write text"),
        ("kiel-2024: {", '"kiel\\n2024": {', "must be one line, and has a line end after 'kiel'."),
    ],
)
def test_what_breaks_a_line_has_its_place(load: Any, fine: str, old: str, new: str, said: str) -> None:
    text = fine.replace(old, new, 1)
    if "kiel" in new:
        text = text.replace("source: kiel-2024", "note: n").replace("source: [kiel-2024], ", "")
    with pytest.raises(ScenarioError) as caught:
        load(text)
    (problem,) = caught.value.problems
    assert said in str(problem)
    assert "\n" not in str(problem)


@pytest.mark.parametrize("indent", [None, 2, "\t"])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_json_is_read_however_it_is_written(tmp_path: Path, indent: Any, ascii_only: bool) -> None:
    tree = {
        "title": "Plan \U0001f600 / \u00e9",
        "more": ['a\tb\\n "quoted" \U0001f1eb\U0001f1f7', {"x": [1, -0.5, None, True]}, {}],
    }
    text = json.dumps(tree, indent=indent, ensure_ascii=ascii_only).replace("/", "\\/")
    file = tmp_path / "s.json"
    for mark in ("", "\ufeff"):
        file.write_text(mark + text, encoding="utf-8")
        assert read_yaml(file).value == tree


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("NaN", "'NaN' is not a finite number"),
        ("-Infinity", "'-Infinity' is not a finite number"),
        ("1e400", "number '1e400' is too large"),
        ('"\\ud83d"', "control character '\\ud83d' in a text"),
        ('"\\ude00\\ud83d"', "control character '\\ude00' in a text"),
        ('"\\u0000"', "control character '\\x00' in a text"),
    ],
)
def test_what_json_writes_and_no_scenario_has_is_said(load: Any, value: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(f'{{"title": {value}}}')
    assert any(said in str(problem) for problem in caught.value.problems)
