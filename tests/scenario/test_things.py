"""Things with an `id`: a mapping by it, or a list; both are read, merged, set and refused alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sim.model import WarScenario
from sim.scenario import Item, ScenarioError, load_scenario, shipped
from sim.scenario.identity import fingerprint
from sim.scenario.tree import Items
from sim.scenario.write import to_yaml

LISTED = """\
arms:
  backers:
    - id: united_states
      aid_per_month_beur: {dist: uniform, low: 3, high: 4, source: kiel-2024}
    - id: europe
      aid_per_month_beur: 5
      delay_days: 60
"""
NAMED = """\
arms:
  backers:
    united_states:
      aid_per_month_beur: {dist: uniform, low: 3, high: 4, source: kiel-2024}
    europe:
      aid_per_month_beur: 5
      delay_days: 60
"""


@pytest.fixture
def named(fine: str) -> str:
    assert LISTED in fine
    return fine.replace(LISTED, NAMED)


def test_both_forms_are_one_scenario(load: Any, fine: str, named: str) -> None:
    listed, by_name = load(fine), load(named)
    assert listed.world == by_name.world
    assert repr(listed.tree) == repr(by_name.tree)
    assert listed.fingerprint == by_name.fingerprint
    assert listed.to_yaml() == by_name.to_yaml()
    assert [backer.id for backer in by_name.world.arms.backers] == ["united_states", "europe"]
    assert "    europe:\n      aid_per_month_beur: 5\n" in by_name.to_yaml()
    assert load(by_name.to_yaml()).tree == by_name.tree


def test_the_order_is_that_of_writing_and_counts(load: Any, named: str) -> None:
    turned = load(named.replace("united_states", "x").replace("europe", "united_states").replace(" x:", " europe:"))
    assert [backer.id for backer in turned.world.arms.backers] == ["europe", "united_states"]
    first = load(named).tree
    other = {**first, "arms": {"backers": Items(dict(reversed(first["arms"]["backers"].items())), ())}}
    assert fingerprint(first) != fingerprint(other)


@pytest.mark.parametrize("base", [LISTED, NAMED])
@pytest.mark.parametrize(
    "over",
    [
        "arms: {backers: {europe: {aid_per_month_beur: 7}, japan: {aid_per_month_beur: 1}, united_states: {remove: true}}}",
        "arms:\n  backers: [{id: europe, aid_per_month_beur: 7}, {id: japan, aid_per_month_beur: 1},\n"
        "            {id: united_states, remove: true}]\n",
    ],
)
def test_a_variant_in_either_form_changes_a_base_in_either(
    load: Any, fine: str, tmp_path: Path, base: str, over: str
) -> None:
    (tmp_path / "base.yaml").write_text(fine.replace(LISTED, base), encoding="utf-8")
    scenario = load(f"title: Variant\nextends: base\n{over}\n")
    assert [backer.id for backer in scenario.world.arms.backers] == ["europe", "japan"]
    europe = scenario.world.arms.backers[0]
    assert (europe.aid_per_month_beur.central, europe.delay_days.central) == (7, 60)
    # A variant in one form of a variant in the other.
    (tmp_path / "variant.yaml").write_text(f"title: Variant\nextends: base\n{over}\n", encoding="utf-8")
    third = load("title: Third\nextends: variant\narms: {backers: {japan: {delay_days: 3}}}\n")
    assert [backer.delay_days.central for backer in third.world.arms.backers] == [60, 3]


def test_an_empty_list_leaves_none_and_an_empty_mapping_all(load: Any, named: str, tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(named, encoding="utf-8")
    head = "title: Variant\nextends: base\narms: {backers: "
    assert load(f"{head}[]}}\n").world.arms.backers == ()
    assert len(load(f"{head}{{}}}}\n").world.arms.backers) == 2
    none = load(f"{head}[]}}\n")
    assert load(none.to_yaml()).world == none.world


@pytest.mark.parametrize("form", [LISTED, NAMED])
def test_paths_to_set_are_the_same(load: Any, lines: Any, fine: str, form: str) -> None:
    text = fine.replace(LISTED, form)
    assert load(text, ["arms.backers.europe.delay_days=9"]).world.arms.backers[1].delay_days.central == 9
    whole = load(text, ["arms.backers.europe={aid_per_month_beur: 2}"])
    assert whole.world == load(text, ["arms.backers.europe={id: europe, aid_per_month_beur: 2}"]).world
    assert whole.tree["arms"]["backers"]["europe"] == {"aid_per_month_beur": 2}
    ones = [{"id": "a", "aid_per_month_beur": 1}, {"id": "b", "aid_per_month_beur": 2}]
    by_name = {one["id"]: {"aid_per_month_beur": one["aid_per_month_beur"]} for one in ones}
    found = [load(text, [f"arms.backers={json.dumps(value)}", "arms.backers.b.delay_days=4"]) for value in (ones, by_name)]
    assert found[0].world == found[1].world
    assert found[0].settings == found[1].settings
    assert [backer.delay_days.central for backer in found[0].world.arms.backers] == [30, 4]
    assert lines(text, ["arms.backers.europ.delay_days=1"]) == [
        "--set arms.backers.europ.delay_days=1: error: unknown path 'arms.backers.europ'. "
        "Did you mean 'arms.backers.europe'?"
    ]
    assert lines(text, ["arms.backers.europe.id=asia"]) == [
        "--set arms.backers.europe.id=asia: error: id 'asia' is not the name 'europe' under which it stands. "
        "Remove it, or change the name"
    ]
    assert load(text, ["arms.backers.europe.id=europe"]).tree == load(text).tree


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        # The place is that of the thing or the field, the path in the form that is written.
        (
            "      delay_days", "      dlay_days",
            "14:7: error: unknown field 'dlay_days' in arms.backers.europe. Did you mean 'delay_days'?",
        ),
        (
            "      aid_per_month_beur: 5\n", "",
            "12:5: error: missing field 'aid_per_month_beur' in arms.backers.europe. "
            "Write a number of at least 0 (bn EUR a month): Aid.",
        ),
        (
            "beur: 5\n", "beur: 5\n      id: asia\n",
            "14:7: error: id 'asia' is not the name 'europe' under which it stands. Remove it, or change the name",
        ),
        (
            "beur: 5\n", "beur: 5\n      id: 3\n",
            "14:7: error: id '3' is not the name 'europe' under which it stands. Remove it, or change the name",
        ),
        (
            "    europe:", "    Europe:",
            "12:5: error: id 'Europe' may have only a-z, 0-9 and _, and starts with a letter. Write 'europe'",
        ),
        (
            "    europe:\n      aid_per_month_beur: 5\n      delay_days: 60\n", "    europe: 5\n",
            "12:5: error: europe must be a mapping of fields, not 5. "
            "Write its fields below it, indented, or europe: {remove: true} to take it out",
        ),
        (
            "    europe:\n      aid_per_month_beur: 5\n      delay_days: 60\n", "    europe:\n",
            "12:5: error: europe is empty. Write its fields below it, indented, or europe: {remove: true} to take it out",
        ),
        (
            "    europe:\n      aid_per_month_beur: 5\n      delay_days: 60\n", "    europe: {remove: true, x: 3}\n",
            "12:5: error: an item that is removed has 'remove: true', nothing else. Write no other field",
        ),
        (
            "    europe:\n      aid_per_month_beur: 5\n      delay_days: 60\n", "    europe: {remove: true}\n",
            "12:5: error: 'europe' is removed but was not inherited. Possible: united_states",
        ),
        (
            "beur: 5\n      delay_days: 60", "beur: -5",
            "13:7: error: aid_per_month_beur must be at least 0 (bn EUR a month), not -5",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_named_thing(lines: Any, named: str, old: str, new: str, said: str) -> None:
    assert named.count(old) == 1
    assert lines(named.replace(old, new)) == [f"s.yaml:{said}"]


@pytest.mark.parametrize("over", ["[{id: europe, delay_days: 3}]", "{europe: {id: europe, delay_days: 3}}", "{}"])
def test_a_base_that_contradicts_itself_is_not_mended_by_a_variant(
    lines: Any, named: str, tmp_path: Path, over: str
) -> None:
    text = named.replace("    europe:\n", "    europe:\n      id: asia\n")
    (tmp_path / "base.yaml").write_text(text, encoding="utf-8")
    (said,) = lines(f"title: Variant\nextends: base\narms: {{backers: {over}}}\n")
    assert said.startswith(f"{tmp_path / 'base.yaml'}:13:7: error: id 'asia' is not the name 'europe'")


def test_a_name_that_stands_twice(lines: Any, named: str) -> None:
    (said,) = lines(named.replace("    europe:", "    united_states:"))
    assert said.startswith("s.yaml:12:5: error:")
    assert "united_states" in said


def test_an_id_that_agrees_with_its_key_is_no_matter(load: Any, named: str) -> None:
    written = load(named.replace("    europe:\n", "    europe:\n      id: europe\n"))
    assert written.world == load(named).world
    assert written.to_yaml() == load(named).to_yaml()


def listed(node: Any) -> Any:
    """Return a tree with all things as lists."""
    if isinstance(node, Items):
        return [{"id": name, **listed(thing)} for name, thing in node.items()]
    return {key: listed(value) for key, value in node.items()} if isinstance(node, dict) else node


@pytest.mark.parametrize("name", [name for name in shipped() if name in ("baseline", "history/korea", "escalation")])
def test_a_shipped_scenario_is_the_same_with_lists(name: str, tmp_path: Path) -> None:
    scenario = load_scenario(name, WarScenario)
    file = tmp_path / "listed.yaml"
    file.write_text(to_yaml(listed(scenario.tree)), encoding="utf-8")
    assert "- id: " in file.read_text(encoding="utf-8")
    again = load_scenario(file, WarScenario)
    assert again.world == scenario.world
    assert repr(again.tree) == repr(scenario.tree)
    assert fingerprint(again.base) == fingerprint(scenario.base)


@pytest.mark.parametrize("name", ["  help:\n", "  - id: help\n"])
def test_events_reach_things_by_the_same_path(tmp_path: Path, name: str) -> None:
    file = tmp_path / "help.yaml"
    what = "    when: {date: 2025-02-01}\n    effect: {arms.backers.europe.aid_per_month_beur: {scale: 2}}\n"
    file.write_text(f"title: Help\nextends: baseline\nevents:\n{name}{what}", encoding="utf-8")
    scenario: Any = load_scenario(file, WarScenario, ["events.help.probability=0.5"])
    (event,) = scenario.world.events
    assert (event.id, event.probability.central) == ("help", 0.5)
    assert list(event.effect) == ["arms.backers.europe.aid_per_month_beur"]


# Things that are like others.

LIKE = "title: Variant\nextends: base\narms:\n  backers:\n"


@pytest.fixture
def variant(load: Any, named: str, tmp_path: Path) -> Any:
    """Load what a file says of the backers, below a base in either form."""

    def _variant(backers: str, base: str = "base", overrides: tuple[str, ...] = ()) -> Any:
        (tmp_path / "base.yaml").write_text(named, encoding="utf-8")
        return load(LIKE.replace("base", base) + backers, list(overrides))

    return _variant


@pytest.mark.parametrize(
    "backers",
    [
        "    japan: {like: united_states, delay_days: 9}\n",
        "    - {id: japan, like: united_states, delay_days: 9}\n",
        "    japan: {like: korea, delay_days: 9}\n    korea: {like: united_states, delay_days: 3}\n",
        # What is taken out here was there.
        "    united_states: {remove: true}\n    japan: {like: united_states, delay_days: 9}\n",
    ],
)
def test_a_thing_has_the_fields_of_what_it_is_like_and_its_own(variant: Any, load: Any, backers: str) -> None:
    scenario = variant(backers)
    japan = next(backer for backer in scenario.world.arms.backers if backer.id == "japan")
    assert japan.aid_per_month_beur.support == (3, 4)
    assert japan.aid_per_month_beur.sources == ("kiel-2024",)
    assert japan.delay_days.central == 9
    assert "like" not in scenario.to_yaml()
    assert load(scenario.to_yaml()).world == scenario.world
    # Where it says nothing itself, it stands where the other does.
    assert scenario.places["arms", "backers", "japan", "aid_per_month_beur"].file.endswith("base.yaml")
    assert scenario.places["arms", "backers", "japan", "delay_days"].file.endswith("s.yaml")


def test_what_a_variant_of_a_variant_changes_counts_for_what_is_like_it(
    variant: Any, load: Any, named: str, tmp_path: Path
) -> None:
    (tmp_path / "second.yaml").write_text(f"{LIKE}    japan: {{like: europe}}\n", encoding="utf-8")
    third = variant("    europe: {delay_days: 70}\n    japan: {aid_per_month_beur: 1}\n", "second").world.arms.backers[2]
    assert (third.id, third.aid_per_month_beur.central, third.delay_days.central) == ("japan", 1, 70)
    # One that is there already begins anew, in a file and when it is set.
    again = variant("    europe: {like: united_states}\n").world.arms.backers[1]
    assert again.delay_days.central == 30
    assert again.aid_per_month_beur.support == (3, 4)
    changed = variant("    {}\n", overrides=("arms.backers.europe={like: united_states, delay_days: 8}",))
    assert changed.world.arms.backers[1].aid_per_month_beur.support == (3, 4)
    assert changed.world.arms.backers[1].delay_days.central == 8
    assert changed.places["arms", "backers", "europe", "aid_per_month_beur"].file.startswith("--set")
    assert [setting.path for setting in changed.settings if setting.path.startswith("arms")] != []


@pytest.mark.parametrize(
    ("backers", "said"),
    [
        ("japan: {like: eurpe}", ["there is no 'eurpe' here that japan could be like. Did you mean 'europe'?"]),
        ("japan: {like: 3}", ["like must be the name of another, not 3. Possible: united_states, europe"]),
        ("japan: {like: [europe]}", ["like must be the name of another, not a list. Possible: united_states, europe"]),
        ("japan: {like: japan}", ["japan is like itself. Remove it: what is inherited stays"]),
        (
            "japan: {like: korea}\n    korea: {like: japan}",
            ["korea and japan are each like the other. Remove one", "japan and korea are each like the other. Remove one"],
        ),
        ("asia: {remove: true}", ["'asia' is removed but was not inherited. Possible: united_states, europe"]),
        ("japan: {like: europe, x: 1}", [
            "unknown field 'x' in arms.backers.japan. Possible: aid_per_month_beur, delay_days"
        ]),
        ("europe: {remove: true, like: united_states}", [
            "an item that is removed has 'remove: true', nothing else. Write no other field"
        ]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_being_like_another(variant: Any, backers: str, said: list[str]) -> None:
    with pytest.raises(ScenarioError) as caught:
        variant(f"    {backers}\n")
    assert sorted(str(problem).partition("error: ")[2] for problem in caught.value.problems) == sorted(said)
    with pytest.raises(ScenarioError, match="there is no 'x' here that europe could be like"):
        variant("    {}\n", overrides=("arms.backers.europe={like: x}",))


def test_no_thing_has_a_field_that_means_something_else() -> None:
    def kinds(kind: type[Item]) -> set[type[Item]]:
        return {kind}.union(*map(kinds, kind.__subclasses__()))

    of_the_model = {kind for kind in kinds(Item) if kind.__module__.startswith("sim.")}
    assert len(of_the_model) > 10
    for kind in of_the_model:
        assert not {"like", "remove"} & set(kind.model_fields)
