"""The strict reader: values, places, and one exact line for each thing it refuses."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.scenario import ScenarioError, read_yaml


@pytest.fixture
def said(tmp_path: Path) -> Any:
    """Return the lines that are said about a file's bytes or text."""

    def _said(content: str | bytes) -> list[str]:
        path = tmp_path / "s.yaml"
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        with pytest.raises(ScenarioError) as caught:
            read_yaml(path)
        return [str(problem).replace(str(path), "s.yaml").replace("s.yaml:", "", 1) for problem in caught.value.problems]

    return _said


def read(tmp_path: Path, text: str) -> dict[str, Any]:
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")
    return read_yaml(path).value


def test_places_of_keys_and_items(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("# hm\na: 1\nb:\n  - x: {y: 2}\n  -   3\n", encoding="utf-8")
    document = read_yaml(str(path))
    assert document.value == {"a": 1, "b": [{"x": {"y": 2}}, 3]}
    spots = {key: (place.line, place.column) for key, place in document.places.items()}
    assert spots == {
        ("a",): (2, 1),
        ("b",): (3, 1),
        ("b", 0): (4, 5),
        ("b", 0, "x"): (4, 5),
        ("b", 0, "x", "y"): (4, 9),
        ("b", 1): (5, 7),
    }
    assert str(document.places["a",]) == f"{path}:2:1"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("30_000", 30_000),
        ("-7", -7),
        ("+7", 7),
        ("0", 0),
        ("1e5", 1e5),
        ("1.5E-3", 1.5e-3),
        ("1_280.5", 1280.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("0.05", 0.05),
        ("-0.5", -0.5),
        ("2024-12-04", datetime.date(2024, 12, 4)),
        ("true", True),
        ("FALSE", False),
        ("", None),
        ("~", None),
        ("null", None),
        ("1:30", "1:30"),
        ("190:20:30", "190:20:30"),
        ("1,000", "1,000"),
        ("2024-1-4", "2024-1-4"),
        ("y", "y"),
        ("n", "n"),
        ("=", "="),
        ("e5", "e5"),
        ("1.2.3", "1.2.3"),
        ("٣", "٣"),
        ("nano", "nano"),
        ('"yes"', "yes"),
        ("'1e5'", "1e5"),
        ("'010'", "010"),
        ('"2024-12-04"', "2024-12-04"),
        ('"a\\nb\\tc"', "a\nb\tc"),
        ("|\n  12\n", "12\n"),
    ],
)
def test_scalars(tmp_path: Path, written: str, value: object) -> None:
    got = read(tmp_path, f"a: {written}")["a"]
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize(
    ("written", "said_of_it"),
    [
        ("yes", "'yes' is unclear. Write true, or \"yes\" in quotes if it is a text"),
        ("Off", "'Off' is unclear. Write false, or \"Off\" in quotes if it is a text"),
        (".nan", "'.nan' is not a finite number. Write a number, or \".nan\" if it is a text"),
        ("-.inf", "'-.inf' is not a finite number. Write a number, or \"-.inf\" if it is a text"),
        ("NaN", "'NaN' is not a finite number. Write a number, or \"NaN\" if it is a text"),
        ("1e999", "number '1e999' is too large. Write one of at most 1e+100"),
        ("010", "number '010' starts with a zero. Write 10, or \"010\" if it is a text"),
        ("-007.5", "number '-007.5' starts with a zero. Write -7.5, or \"-007.5\" if it is a text"),
        ("00.5", "number '00.5' starts with a zero. Write 0.5, or \"00.5\" if it is a text"),
        ("0x1F", "number '0x1F' is not decimal. Write it in decimal, or in quotes as a text"),
        ("1__0", "number '1__0' has a misplaced '_'. Write it as in 30_000"),
        ("10_", "number '10_' has a misplaced '_'. Write it as in 30_000"),
        ("9" * 5000, f"number '{'9' * 57}...' is too long. Use at most 40 characters"),
        ("2024-02-30", "there is no day 2024-02-30 in the calendar. Write year-month-day"),
        ("&x 3", "anchor '&x' is not allowed. Remove it"),
        ("*x", "alias '*x' is not allowed. Write the value out"),
        ("!!str 3", "tag '!!str' is not allowed. Remove it"),
        ("!!python/object:os.system {}", "tag '!!python/object:os.system' is not allowed. Remove it"),
        ("! 3", "tag '!' is not allowed. Remove it"),
        ('"\\a"', "control character '\\\\x07' in a text. Remove it, or type the line again"),
        ('"\\ud800"', "control character '\\\\ud800' in a text. Remove it, or type the line again"),
    ],
)
def test_refused_scalars(said: Any, written: str, said_of_it: str) -> None:
    said_of_it = said_of_it.replace("\\\\", "\\")
    assert said(f"b: 1\na: {written}\n") == [f"2:4: error: {said_of_it}"]


@pytest.mark.parametrize(
    ("text", "said_of_it"),
    [
        ("", "1:1: error: the file is empty. Start with 'title: ...'"),
        ("# only this\n", "1:1: error: the file is empty. Start with 'title: ...'"),
        ("---\n", "1:1: error: the file is empty. Start with 'title: ...'"),
        ("- a\n", "1:1: error: a scenario must be a mapping of fields, not a list. Start with 'title: ...'"),
        ("abc\n", "1:1: error: a scenario must be a mapping of fields, not the text 'abc'. Start with 'title: ...'"),
        ("*x", "1:1: error: alias '*x' is not allowed. Write the value out"),
        ("a: 1\nb: 2\na: 3\n", "3:1: error: duplicate key 'a', first written on line 1. Keep one of them"),
        ("1: a\n", '1:1: error: a key must be text, not 1. Write it in quotes: "1"'),
        ("true: a\n", '1:1: error: a key must be text, not true. Write it in quotes: "true"'),
        (
            "a:\n  2024-01-01: b\n",
            '2:3: error: a key must be text, not the date 2024-01-01. Write it in quotes: "2024-01-01"',
        ),
        ("? [a]\n: b\n", "1:3: error: a key must be text, not a list. Write 'name: value'"),
        ("on: a\n", "1:1: error: 'on' is unclear. Write true, or \"on\" in quotes if it is a text"),
        ("a: 1\n<<: {b: 2}\n", "2:1: error: merge key '<<' is not allowed. Write the fields out"),
        (
            "a: b: c\n",
            "1:5: error: not valid YAML: a ':' is not expected here. "
            "Put a text that contains ': ' in quotes, and check the indentation",
        ),
        (
            "a: 1\n\tb: 2\n",
            "2:1: error: not valid YAML: a tab stands where only spaces may. Indent with spaces, not tabs",
        ),
        (
            "a: [1, 2\nb: 3\n",
            "2:2: error: not valid YAML: the list that opens on line 1 lacks a ',' or its ']'. "
            "Close it, and put texts that contain a comma or ': ' in quotes",
        ),
        (
            "a: 1\n---\nb: 2\n",
            "2:1: error: a second document starts here. Write one scenario a file, and '---' at most once, at its start",
        ),
        (
            'a: "\\U00110000"\n',
            "1:7: error: not valid YAML: no such character or number. "
            "Look for a backslash in double quotes, or a line that starts with '%'",
        ),
        ("a: 1\nb: x\x07y\n", "2:5: error: control character '\\x07'. Remove it, or type the line again"),
        ("a: \x00", "1:4: error: control character '\\x00'. Save the file in your editor with the encoding UTF-8"),
        ("a: 1\rb: x\u2028y", "2:5: error: control character '\\u2028'. Remove it, or type the line again"),
        ("a: 1\r\nb: \u202ey", "2:4: error: control character '\\u202e'. Remove it, or type the line again"),
    ],
)
def test_refused_texts(said: Any, text: str, said_of_it: str) -> None:
    assert said(text) == [said_of_it]


def test_all_flaws_are_said_at_once_in_order(said: Any) -> None:
    text = "a: yes\nb: {x: *q, x: .nan}\nc: &q 010\n2: !t 3\n"
    assert [line.split(" ")[0] for line in said(text)] == [
        "1:4:",
        "2:8:",
        "2:12:",
        "2:15:",
        "3:4:",
        "3:4:",
        "4:1:",
        "4:4:",
    ]


def test_syntax_errors_keep_what_was_found_before(said: Any) -> None:
    assert len(said("a: yes\nb: [\n")) == 2


def test_deep_nesting_is_refused_cleanly(said: Any) -> None:
    assert said("a: " + "[" * 100_000) == ["1:35: error: nested deeper than 32 levels. No field lies so deep"]
    assert said("".join(f"{' ' * i}a:\n" for i in range(100))) == [
        "33:33: error: nested deeper than 32 levels. No field lies so deep"
    ]
    assert said("? " * 5000) == ["1:65: error: nested deeper than 32 levels. No field lies so deep"]


def test_depth_up_to_the_limit_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, "a: " + "[" * 31 + "]" * 31)["a"]


def test_too_many_nodes(said: Any) -> None:
    assert said("a: [" + "1," * 60_000 + "]") == [
        "1:99999: error: more than 50000 values in one file. A scenario has some thousands"
    ]


def test_aliases_cannot_explode(said: Any) -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdefg", "bcdefgh", strict=True))
    assert len(said(bomb)) == 22


def test_a_file_too_large(said: Any) -> None:
    assert said(b"a: " + b"x" * 1024 * 1024)[0].endswith(
        "error: the file is larger than 1 MiB. A scenario is a few kilobytes of text"
    )


def test_not_utf8(said: Any) -> None:
    assert said(b"a: 1\nb: \xff\n") == [
        "2:4: error: the file is not UTF-8 text. Save the file in your editor with the encoding UTF-8"
    ]
    assert said("a: 1".encode("utf-16"))[0].startswith("1:1: error: the file is not UTF-8 text. ")


def test_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes("\ufeffa: 1\r\nb: 2\r\n".encode())
    document = read_yaml(path)
    assert document.value == {"a": 1, "b": 2}
    assert (document.places["b",].line, document.places["b",].column) == (2, 1)


def test_missing_folder_and_special_files(tmp_path: Path) -> None:
    def said_of(path: Path) -> str:
        with pytest.raises(ScenarioError) as caught:
            read_yaml(path)
        return str(caught.value).replace(str(path), "P")

    assert said_of(tmp_path / "none.yaml") == "P: error: there is no such file"
    assert said_of(tmp_path) == "P: error: this is a folder, not a scenario file. Name a .yaml file in it"
    os.mkfifo(tmp_path / "pipe")
    assert said_of(tmp_path / "pipe") == "P: error: this is not a regular file. Name a .yaml file"
    assert said_of(Path("a\0b")).startswith("a\\x00b: error: the")


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("a: 1")

    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ScenarioError, match=r"error: the file cannot be read: Permission denied$"):
        read_yaml(path)


SIGNS = "a : [ ] { } , - &a *a ! !!int << ? | > \" ' % # yes 010 1e5 .inf --- ... \\ \\x 0 @ ` ~ = é"
pieces = st.sampled_from([*SIGNS.split(), " ", "\n", "\t", "\x85", "\u2028", "\ufeff"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(pieces, max_size=30).map("".join)))
def test_any_text_is_read_or_refused_with_a_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    try:
        value = read_yaml(path).value
    except ScenarioError as error:
        places = [problem.place for problem in error.problems]
    else:
        assert isinstance(value, dict)
        return
    assert places
    assert all(place.startswith(f"{path}:") for place in places)


leaves = st.one_of(
    st.booleans(), st.integers(-(10**6), 10**6), st.text("abc xyz", max_size=8), st.none(), st.floats(-1e6, 1e6)
)
trees = st.recursive(
    leaves, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text("abc", min_size=1), below, max_size=3)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.text("abc", min_size=1), trees, min_size=1, max_size=3))
def test_plain_values_are_read_as_everyone_reads_them(tmp_path: Path, tree: dict[str, Any]) -> None:
    assert read(tmp_path, yaml.safe_dump(tree)) == tree
