"""Laws of the merge on random trees, and of scenarios that are written out and loaded again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.model import WarScenario
from sim.scenario import Document, Fixed, Item, Place, Quantity, Scenario, Section, load_scenario, numbers, shipped
from sim.scenario.errors import Path as Steps
from sim.scenario.tree import Node, id_flaws, is_removal, merge, places, plain, removal_flaws, tree_of, without_removals
from sim.scenario.walk import below as annotation_below
from sim.scenario.walk import item_of


class Thing(Item):
    """Below `a` are things again; below `b` may be anything."""

    a: list[Thing]


class Root(Section):
    """Things stand at `a` and at `value`, which keys of a number are called too."""

    a: list[Thing]
    value: list[Thing]


EMPTY = tree_of(Document({}, {}), Place("empty.yaml", 1, 1), Root)

# Few names, so that they often meet.
keys = st.sampled_from("ab")
names = st.sampled_from("xy")
scalars = st.sampled_from([None, True, False, 0, 1.5, "text", ""])
plain_numbers = st.fixed_dictionaries({"value": st.integers(0, 3)}, optional={"note": scalars})
drawn_numbers = st.fixed_dictionaries(
    {"dist": st.sampled_from(["uniform", "normal"])}, optional={"low": scalars, "high": scalars}
)
removals = st.fixed_dictionaries({"id": names, "remove": st.just(True)}, optional={"a": scalars})
named_removals = st.fixed_dictionaries({"remove": st.just(True)}, optional={"a": scalars, "id": names})


def _below(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fields = st.dictionaries(keys, values, max_size=3)
    item = st.builds(lambda name, rest: {"id": name, **rest}, names, fields)
    items = st.lists(item | removals, max_size=3)
    return st.one_of(
        fields,
        items,
        st.dictionaries(names, fields | named_removals | item, max_size=3),
        st.builds(lambda items: list({item["id"]: item for item in items}.values()), items),
        st.lists(values, max_size=2),
        # Sections and sources may bear the names of the keys of a number.
        st.dictionaries(st.sampled_from(["value", "dist", "id", "remove", "a"]), values, max_size=2),
    )


leaves = scalars | plain_numbers | drawn_numbers
values = st.recursive(leaves, _below, max_leaves=6)
roots = st.one_of(
    st.fixed_dictionaries({"a": values}),
    st.fixed_dictionaries({"a": _below(leaves)}),
    st.dictionaries(keys | st.sampled_from(["value", "dist"]), values, max_size=3),
)
things = st.lists(
    removals | st.builds(lambda name, rest: {"id": name, **rest}, names, st.dictionaries(keys, leaves, max_size=2)),
    max_size=2,
    unique_by=lambda thing: thing["id"],
)


def tree(root: dict[str, Any], file: str = "a.yaml") -> Node:
    """Return a mapping as if it were read from a file, every key and item on a line of its own."""
    found: dict[Steps, Place] = {}

    def walk(value: Any, path: Steps) -> None:
        entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for step, below in entries:
            found[(*path, step)] = Place(file, len(found) + 2, 1)
            walk(below, (*path, step))

    walk(root, ())
    return tree_of(Document(root, found), Place(file, 1, 1), Root)


def outcome(node: Node) -> tuple[str, str, list[str]]:
    """Return all there is to know of a merged tree: with removals, without, and what is wrong with them; orders count."""
    flaws = [f"{located.place} {located.flaw}" for located in removal_flaws(node)]
    return repr(plain(node)), repr(plain(without_removals(node))), flaws


@settings(deadline=None, max_examples=200)
@given(roots, roots, roots, roots)
def test_it_does_not_matter_in_what_steps_files_are_merged(a: Any, b: Any, c: Any, d: Any) -> None:
    check_steps(a, b, c, d)


@settings(deadline=None, max_examples=200)
@given(things, things, things, things)
def test_nor_in_what_steps_lists_of_things_are(a: Any, b: Any, c: Any, d: Any) -> None:
    check_steps({"a": a}, {"a": b}, {"a": c}, {"a": d})


def check_steps(a: Any, b: Any, c: Any, d: Any) -> None:
    one, two, three, four = (tree(root, f"{name}.yaml") for name, root in zip("abcd", (a, b, c, d), strict=True))
    in_turn = merge(merge(merge(one, two), three), four)
    for otherwise in (
        merge(one, merge(two, merge(three, four))),
        merge(merge(one, two), merge(three, four)),
        merge(merge(one, merge(two, three)), four),
        merge(one, merge(merge(two, three), four)),
    ):
        assert outcome(otherwise) == outcome(in_turn)
        assert places(otherwise) == places(in_turn)


@settings(deadline=None)
@given(roots)
def test_a_file_merged_with_itself_is_itself(a: Any) -> None:
    assert outcome(merge(tree(a), tree(a))) == outcome(tree(a))
    assert places(merge(tree(a), tree(a))) == places(tree(a))


@settings(deadline=None)
@given(roots, roots)
def test_to_repeat_a_file_changes_nothing(a: Any, b: Any) -> None:
    once = merge(tree(a), tree(b, "b.yaml"))
    assert repr(plain(without_removals(merge(once, tree(b, "b.yaml"))))) == repr(plain(without_removals(once)))


@settings(deadline=None)
@given(roots)
def test_an_empty_file_changes_nothing(a: Any) -> None:
    for merged in (merge(EMPTY, tree(a)), merge(tree(a), EMPTY)):
        assert outcome(merged) == outcome(tree(a))
        assert places(merged) == places(tree(a))


@settings(deadline=None)
@given(roots, roots)
def test_every_value_has_the_place_where_it_is_written(a: Any, b: Any) -> None:
    below, over = tree(a, "a.yaml"), tree(b, "b.yaml")
    written = {node.place: node.value for root in (below, over) for node in nodes(root)}
    merged = merge(below, over)
    for node in nodes(merged):
        assert node.place in written
        if isinstance(node.value, (dict, list)):
            # What the second file has a part in, it has written too.
            files = {part.place.file for part in nodes(node)}
            assert node.place.file == max(files)
        else:
            assert node.value is written[node.place]
    assert set(places(over).values()) <= {node.place for node in nodes(merged)}


def nodes(node: Node) -> list[Node]:
    """Return a node and all below it."""
    parts = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    return [node, *(below for part in parts for below in nodes(part))]


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}}, {"a": {"b": 1, "c": 3}}),
        ({"b": {"dist": "uniform", "low": 1}}, {"b": {"value": 3}}, {"b": {"value": 3}}),
        ({"b": {"dist": "uniform", "low": 1}}, {"b": 3}, {"b": 3}),
        ({"b": {"value": 1, "note": "n"}}, {"b": {"dist": "uniform"}}, {"b": {"dist": "uniform"}}),
        ({"b": {"value": 1, "note": "n"}}, {"b": {"note": "m"}}, {"b": {"value": 1, "note": "m"}}),
        ({"b": 1}, {"b": None}, {"b": None}),
        ({"b": [1, 2]}, {"b": [3]}, {"b": [3]}),
        ({"a": [{"id": "x"}]}, {"a": []}, {"a": {}}),
        ({"a": []}, {"a": [{"id": "x"}]}, {"a": {"x": {}}}),
        ({"a": [{"id": "x", "b": 1}, {"id": "y"}]}, {"a": [{"id": "z"}, {"id": "x", "c": 2}]},
         {"a": {"x": {"b": 1, "c": 2}, "y": {}, "z": {}}}),
        ({"a": [{"id": "x"}, {"id": "y"}]}, {"a": [{"id": "x", "remove": True}]}, {"a": {"y": {}}}),
        # In a mapping, too, and in one of both; an empty one changes nothing.
        ({"a": {"x": {"b": 1}, "y": {}}}, {"a": [{"id": "z"}, {"id": "x", "c": 2}]},
         {"a": {"x": {"b": 1, "c": 2}, "y": {}, "z": {}}}),
        ({"a": [{"id": "x", "b": 1}, {"id": "y"}]}, {"a": {"z": {}, "x": {"id": "x", "c": 2}}},
         {"a": {"x": {"b": 1, "c": 2}, "y": {}, "z": {}}}),
        ({"a": [{"id": "x"}, {"id": "y"}]}, {"a": {"x": {"remove": True}}}, {"a": {"y": {}}}),
        ({"a": {"x": {"a": [{"id": "y", "b": 1}]}}}, {"a": {"x": {"a": {"y": {"c": 2}}}}},
         {"a": {"x": {"a": {"y": {"b": 1, "c": 2}}}}}),
        ({"a": {"x": {}}}, {"a": {}}, {"a": {"x": {}}}),
        ({"a": {"value": {"b": 1}, "x": {}}}, {"a": {"dist": {"b": 2}}},
         {"a": {"value": {"b": 1}, "x": {}, "dist": {"b": 2}}}),
        # Below `b` no things are declared, and a list is a list.
        ({"b": [{"id": "x"}, {"id": "y"}]}, {"b": [{"id": "x"}]}, {"b": [{"id": "x"}]}),
        # A section or a source that is called like a key of a number is none.
        ({"b": {"value": {"b": 1}}}, {"b": {"dist": {"c": 1}}}, {"b": {"value": {"b": 1}, "dist": {"c": 1}}}),
        ({"a": 1}, {"value": 3}, {"a": 1, "value": 3}),
    ],
)  # fmt: skip
def test_examples(base: Any, over: Any, merged: Any) -> None:
    assert repr(plain(without_removals(merge(tree(base), tree(over))))) == repr(merged)


def as_mappings(value: Any, annotation: Any) -> Any:
    """Return a value with each list of things, all with an id of their own, as a mapping by it."""
    if isinstance(value, list) and item_of(annotation) is not None:
        ids = [one.get("id") if isinstance(one, dict) else None for one in value]
        # What is no text is no id.
        if value and all(isinstance(one, str) for one in ids) and len({*ids}) == len(ids):
            value = {one["id"]: {key: part for key, part in one.items() if key != "id"} for one in value}
    if isinstance(value, dict):
        return {key: as_mappings(one, annotation_below(annotation, key)) for key, one in value.items()}
    if isinstance(value, list):
        return [as_mappings(one, annotation_below(annotation, place)) for place, one in enumerate(value)]
    return value


@settings(deadline=None, max_examples=100)
@given(roots, roots, st.booleans(), st.booleans())
def test_a_list_of_things_and_a_mapping_by_id_are_the_same(a: Any, b: Any, first: bool, second: bool) -> None:
    check_forms(a, b, first, second)


of_things = things.map(lambda found: {"a": found})


@pytest.mark.long
@settings(deadline=None, max_examples=20_000)
@given(
    roots | things.map(lambda found: {"a": found}),
    roots | things.map(lambda found: {"a": found}),
    st.booleans(),
    st.booleans(),
)
def test_they_are_the_same_in_many_trees(a: Any, b: Any, first: bool, second: bool) -> None:
    check_forms(a, b, first, second)


def check_forms(a: Any, b: Any, first: bool, second: bool) -> None:
    # A file that says an id which contradicts its name is refused, whatever is laid over it.
    assume(not [*id_flaws(tree(a)), *id_flaws(tree(b))])
    lists = merge(tree(a), tree(b, "b.yaml"))
    forms = [as_mappings(root, Root) if changed else root for root, changed in ((a, first), (b, second))]
    mixed = merge(tree(forms[0]), tree(forms[1], "b.yaml"))
    for view in (lambda node: node, without_removals):
        assert repr(plain(view(mixed))) == repr(plain(view(lists)))
    assert len(list(removal_flaws(mixed))) == len(list(removal_flaws(lists)))


def test_a_removal_stays_until_all_is_merged() -> None:
    there, gone, new = ({"a": [{"id": "x", "b": 1}]}, {"a": [{"id": "x", "remove": True}]}, {"a": [{"id": "x", "c": 2}]})
    merged = merge(merge(tree(there), tree(gone)), tree(new))
    assert plain(merged) == {"a": {"x": {"c": 2}}}
    assert not is_removal(merged.value["a"].value["x"])
    assert list(removal_flaws(merge(tree(gone), merge(tree(there), tree(gone))))) == []
    assert len(list(removal_flaws(merge(tree({}), tree(gone))))) == 1


# What is written out as the resolved scenario.


def again(scenario: Scenario[Any], folder: Path) -> Scenario[Any]:
    """Return what its resolved text loads to."""
    file = folder / "resolved.yaml"
    file.write_text(scenario.to_yaml(), encoding="utf-8")
    return load_scenario(file, WarScenario)


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_scenario_loads_again_to_the_same(name: str, tmp_path: Path) -> None:
    scenario = load_scenario(name, WarScenario)
    second = again(scenario, tmp_path)
    assert second.tree == scenario.tree
    assert second.world == scenario.world
    assert second.to_yaml() == scenario.to_yaml()


BASELINE = load_scenario("baseline", WarScenario)
KNOBS = {
    known.path: known
    for known in numbers(BASELINE.world)
    if known.knob is not None
    and not known.path.startswith(("expect.", "correlations.", "events.", "front.held", "front.total"))
}


def _central(value: Quantity | Fixed | int | float) -> float:
    return value.central if isinstance(value, Quantity) else value.value if isinstance(value, Fixed) else float(value)


# Numbers that stand for themselves: weights add to 1, a ladder rises, land goes from none to all.
FREE = sorted(
    path for path in KNOBS if ".weight." not in path and ".land." not in path and not path.rpartition(".")[2].isdigit()
)


@st.composite
def settings_of_knobs(draw: st.DrawFn) -> dict[str, float]:
    """Return new values of some knobs of the baseline, near the old ones and inside the range allowed."""
    chosen = draw(st.lists(st.sampled_from(FREE), min_size=1, max_size=8, unique=True))
    found: dict[str, float] = {}
    for path in chosen:
        known = KNOBS[path]
        assert known.knob is not None
        low, high = known.knob.low, known.knob.high
        value = _central(known.value) * draw(st.sampled_from([0.5, 0.9, 0.99, 1.0, 1.01, 1.3]))
        value = min(max(value, value if low is None else low), value if high is None else high)
        found[path] = round(value) if isinstance(known.value, int) or known.knob.whole else value
    return found


def nested(setting: dict[str, float]) -> dict[str, Any]:
    """Return dotted paths as a tree."""
    root: dict[str, Any] = {}
    for path, value in setting.items():
        *above, last = path.split(".")
        here = root
        for step in above:
            here = here.setdefault(step, {})
        here[last] = value
    return root


@settings(deadline=None, max_examples=8)
@given(settings_of_knobs(), settings_of_knobs())
def test_a_variant_loads_again_to_the_same(inherited: dict[str, float], on_top: dict[str, float]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "variant.yaml"
        file.write_text(yaml.safe_dump({"title": "Variant", "extends": "baseline", **nested(inherited)}, sort_keys=False))
        variant = load_scenario(file, WarScenario, [f"{path}={value!r}" for path, value in on_top.items()])
        wanted = {**inherited, **on_top}
        got = {known.path: _central(known.value) for known in numbers(variant.world)}
        assert {path: got[path] for path in wanted} == wanted
        others = {path for path in KNOBS if path not in wanted}
        assert all(got[path] == _central(KNOBS[path].value) for path in others)
        second = again(variant, folder)
        assert second.tree == variant.tree
        assert second.world == variant.world
        assert second.to_yaml() == variant.to_yaml()
        for path in wanted:
            step = tuple(path.split("."))
            place = variant.places.get(step)
            if place is not None:
                assert str(place).startswith("--set" if path in on_top else str(file))
