"""Natural mistakes of those who do not program: each is one line that says where, and what to write."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model import WarScenario
from sim.scenario import Item, ScenarioError, Section, load_scenario
from sim.scenario.scalars import plainly, resolve
from sim.scenario.tree import everything
from sim.scenario.write import to_yaml


def said(tmp_path: Path, text: str, settings: tuple[str, ...] = ()) -> list[str]:
    file = tmp_path / "mine.yaml"
    file.write_text(f"title: Mine\nextends: baseline\n{text}\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(file, WarScenario, settings)
    return [str(problem).replace(str(file), "mine.yaml") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("horizon: 24", "3:1: error: unknown field 'horizon'. Did you mean 'horizon_months' or 'horizon_days'?"),
        (
            "casualties: 900",
            "3:1: error: unknown field 'casualties'. "
            "Did you mean 'daily_casualties' below attrition.attacker or attrition.defender?",
        ),
        (
            "attrition:\n  ukrainian_losses: 900",
            "4:3: error: unknown field 'ukrainian_losses' in attrition. "
            "Did you mean 'daily_casualties' below attrition.defender?",
        ),
        (
            "aid_scale: 2",
            "3:1: error: unknown field 'aid_scale'. Did you mean 'aid_scale' below arms.attacker or arms.defender?",
        ),
        (
            "arms.defender.aid_scale: 2",
            "3:1: error: unknown field 'arms.defender.aid_scale'. Write arms: {defender: {aid_scale: ...}}",
        ),
        (
            "arms:\n  defender.aid_scale: 2",
            "4:3: error: unknown field 'defender.aid_scale' in arms. Write defender: {aid_scale: ...}",
        ),
        (
            "attrition:\n  ukraine:\n    daily_casualties: 900",
            "4:3: error: unknown field 'ukraine' in attrition. Ukraine is the defender here. Write 'defender'",
        ),
        (
            "manpower:\n  waves:\n    ukrainian_lower_draft_age: {side: Russia}",
            "5:33: error: side must be one of attacker, defender, not the text 'Russia'. "
            "Russia is the attacker here. Write 'attacker'",
        ),
        (
            "negotiation:\n  red_lines:\n    no_nato: remove",
            "5:5: error: no_nato must be a mapping of fields, not the text 'remove'. "
            "Write its fields below it, indented, or no_nato: {remove: true} to take it out",
        ),
        (
            "negotiation:\n  red_lines:\n    no_nato: {remove: 1}",
            "5:15: error: remove must be true in negotiation.red_lines.no_nato. Write remove: true, or leave it out",
        ),
    ],
)
def test_a_name_that_is_not_known(tmp_path: Path, text: str, answer: str) -> None:
    assert said(tmp_path, text) == [f"mine.yaml:{answer}"]


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("aid_scale", "Did you mean 'arms.attacker.aid_scale' or 'arms.defender.aid_scale'?"),
        ("ukraine.aid_scale", "Did you mean 'arms.defender.aid_scale'?"),
        ("arms.ukraine.aid_scale", "Ukraine is the defender here. Write 'arms.defender.aid_scale'"),
        ("casualties.ukraine", "Did you mean 'attrition.defender.daily_casualties'?"),
        ("europe.aid_per_month_beur", "Did you mean 'arms.backers.europe.aid_per_month_beur'?"),
        ("arms.europe", "Did you mean 'arms.backers.europe'?"),
        ("talks.open_per_year", "Did you mean 'negotiation.talks.open_per_year'?"),
        ("horizon", "Did you mean 'horizon_months' or 'horizon_days'?"),
        ("manpower.attacker.intake", "Did you mean 'manpower.attacker.intake_per_month'?"),
    ],
)
def test_a_path_to_set_that_is_not_known(tmp_path: Path, path: str, hint: str) -> None:
    (answer,) = said(tmp_path, "", (f"{path}=2",))
    assert answer.endswith(f". {hint}")


@pytest.mark.parametrize("written", ["0,35", "0,350", "36,000", "1,5"])
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("manpower: {attacker: {return_share: {{}}, killed_share: 0.2}}", "3:37"),
        ("manpower: {attacker: {return_share: {value: {}}}}", "3:45"),
        ("manpower: {attacker: {killed_share: {dist: uniform, low: 0.1, high: {}}}}", "3:69"),
    ],
)
def test_a_comma_in_brackets_is_told_as_one(tmp_path: Path, written: str, text: str, place: str) -> None:
    answer = f"mine.yaml:{place}: error: the comma in {written} parts it in two. Write {plainly(written)}"
    assert said(tmp_path, text.replace("{{}}", "{}").replace("{}", written)) == [answer]


@pytest.mark.parametrize("text", ["{a: 1, 35: }", "{a: x,35: 1}", "{a: '1',b: 2}", "{a: 1,b: 2}"])
def test_other_commas_part_what_they_part(tmp_path: Path, text: str) -> None:
    assert not any("the comma" in answer for answer in said(tmp_path, f"arms: {text}"))


@given(st.floats(-1e9, 1e9).filter(lambda value: abs(value) > 1e-4), st.sampled_from([",.", ".,", " ,", "'.", "\u00a0,"]))
def test_numbers_in_the_ways_of_many_countries_are_understood(value: float, signs: str) -> None:
    written = f"{value:,.3f}".translate(str.maketrans(",.", signs))
    meant = plainly(written)
    if meant:
        # '1,234' is a thousand and more, '0,234' is less than one.
        is_unclear = written.count(signs[1]) == 1 and re.fullmatch(r"-?[1-9][0-9]{0,2},[0-9]{3}", written)
        assert float(meant) == (float(written.replace(",", "")) if is_unclear else float(f"{value:.3f}"))
    else:
        assert isinstance(resolve(written, plain=True), (int, float))


def _sections(kind: type[Section]) -> Iterator[type[Section]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _sections(below)


def test_no_message_has_the_name_of_a_class(tmp_path: Path) -> None:
    """Whatever stands where a section, a thing or a list should, what is said has words for it."""
    classes = {kind.__name__ for kind in _sections(Section) if kind.__module__.startswith("sim.")} | {Item.__name__}
    tree = load_scenario("baseline", WarScenario).tree
    paths = [path for path, node in everything(tree) if path and isinstance(node, dict)]
    assert len(paths) > 200
    said_of = 0
    for wrong in (3, [datetime.date(2024, 12, 4)]):
        for deep in range(1, max(map(len, paths)) + 1):
            mine = {"title": "Mine", "extends": "baseline"}
            for path in paths:
                if len(path) == deep and all(isinstance(step, str) for step in path):
                    below: Any = mine
                    for step in path[:-1]:
                        below = below.setdefault(step, {})
                    below[path[-1]] = wrong
            file = tmp_path / "mine.yaml"
            file.write_text(to_yaml(mine), encoding="utf-8")
            with pytest.raises(ScenarioError) as caught:
                load_scenario(file, WarScenario)
            for problem in caught.value.problems:
                said_of += 1
                assert not classes & set(re.findall("[A-Za-z]+", f"{problem.message} {problem.hint}")), problem
    assert said_of > 200


@pytest.mark.parametrize("written", ["small", "3", "[a, b]", "[{id: a}]", "{attacker: small}", "~"])
@pytest.mark.parametrize("section", list(WarScenario.model_fields))
def test_a_name_is_looked_for_beside_a_section_that_is_none(tmp_path: Path, section: str, written: str) -> None:
    told = said(tmp_path, f"{section}: {written}\nukrainian_losses: 3")
    assert any("unknown field 'ukrainian_losses'. " in one for one in told)
