"""What is written as the resolved scenario loads to the same again."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.scenario import read_yaml, write
from sim.scenario.write import to_yaml
from tests.conftest import ROOT


def test_the_resolved_scenario_loads_again(load: Any, fine: str) -> None:
    first = load(fine, ["losses.killed_share=0.5", "title='1e5'", "description='yes'", "losses.shares=[0.1, 1e-7]"])
    text = first.to_yaml()
    second = load(text)
    assert second.world == first.world
    assert second.tree == first.tree
    assert second.to_yaml() == text
    assert list(second.tree) == list(first.tree)
    assert "start_date: 2024-12-04\n" in text
    assert 'title: "1e5"\n' in text


def test_a_scenario_is_written_in_parts_as_it_would_be_in_one(load: Any, fine: str) -> None:
    scenario = load(fine, ["losses.shares=[0.1, 1e-7]"])
    assert "".join(scenario.sections.values()) == scenario.to_yaml() == to_yaml(scenario.tree)
    assert [*scenario.sections] == [*scenario.tree]


def test_shared_values_are_written_out() -> None:
    day = datetime.date(2024, 12, 4)
    shared = [day, day]
    assert "&" not in to_yaml({"a": shared, "b": shared})


AWKWARD = "yes 010 08 1e5 .nan nan 0x1F 1_0 1__0 2024-12-04 2024-13-04 << = null ~ *a &a !x 1:30 on @ % --- true ' \""
SPACED = ["", "- a", "a: b", "# a", " a", "a\nb", "a\tb", "\ufeff"]
BENT = "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # refused by the reader
texts = st.one_of(
    st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters=BENT), max_size=12),
    st.sampled_from(AWKWARD.split() + SPACED),
)
leaves = st.one_of(
    texts,
    st.none(),
    st.booleans(),
    st.integers(-(10**18), 10**18),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dates(min_value=datetime.date(1000, 1, 1)),
)
trees = st.recursive(
    leaves, lambda below: st.lists(below, max_size=3) | st.dictionaries(texts, below, max_size=3), max_leaves=8
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(texts, trees, min_size=1, max_size=4))
def test_any_tree_is_read_back(tmp_path: Path, tree: dict[str, Any]) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(to_yaml(tree), encoding="utf-8")
    assert repr(read_yaml(path).value) == repr(tree)


needs_c = pytest.mark.skipif(write._QUICK is None, reason="PyYAML was built without its emitter in C")
# What has a meaning in YAML, what is folded, and what the emitters are known to differ in.
PIECES = st.sampled_from(
    [*"ab\n:,-?#[]{}&*!|>'\"%@`~\\é—…\u2028\x85\xad\ufeff\t\x07😀", " ", "  ", "\n\n", " \n", "\n ", ": ", " #", "- ", "---",
     "...", "word ", "much longer words ", "1", "0.5", "null", "yes"]
)  # fmt: skip
folded = (
    st.lists(PIECES, max_size=60).map("".join) | st.lists(st.sampled_from(["word ", "'", "\n", "é"])).map("".join) | texts
)
written = st.recursive(
    leaves | folded, lambda below: st.lists(below, max_size=3) | st.dictionaries(folded, below, max_size=3), max_leaves=8
)


@needs_c
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=400)
@given(st.dictionaries(folded, written, min_size=1, max_size=4))
def test_the_emitter_in_c_writes_what_that_of_python_does(tree: dict[str, Any]) -> None:
    quickly = to_yaml(tree)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(write, "_QUICK", None)
        assert to_yaml(tree) == quickly


@needs_c
@pytest.mark.parametrize(
    "tree",
    [{"": 1}, {"a": "😀"}, {"a": "\ufeff" + 30 * "word "}, {"a": f"a\n {30 * 'word '}"}, {"a": f"a \n{30 * 'word '}"},
     *({size * "a": 1} for size in (100, 101, 122, 123, 124, 127, 128, 129)), {70 * "é": 1}],
    ids=repr,
)  # fmt: skip
def test_where_emitters_differ_that_of_python_writes(tree: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    quickly = to_yaml(tree)
    monkeypatch.setattr(write, "_QUICK", None)
    assert to_yaml(tree) == quickly


@needs_c
def test_what_is_shipped_is_written_by_the_quick_one_as_by_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    trees = [read_yaml(path).value for path in sorted((ROOT / "scenarios").rglob("*.yaml"))]
    assert all(map(write._written_alike, trees))
    quickly = [to_yaml(tree) for tree in trees]
    monkeypatch.setattr(write, "_QUICK", None)
    assert [to_yaml(tree) for tree in trees] == quickly
