"""Problems are one line each, and a long list is cut."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from sim.scenario import FieldError, Flaw, Problem, ScenarioError


def test_a_problem_reads_place_message_hint() -> None:
    assert str(Problem("a.yaml:1:2", "unknown field 'x'", "Did you mean 'y'?")) == (
        "a.yaml:1:2: error: unknown field 'x'. Did you mean 'y'?"
    )
    assert str(Problem("a.yaml:1:2", "wrong")) == "a.yaml:1:2: error: wrong"
    assert str(Problem("a.yaml:1:2", "Why so?", "Mend it")) == "a.yaml:1:2: error: Why so? Mend it"


def test_what_breaks_or_hides_lines_is_escaped() -> None:
    assert str(Problem("a\nb", "x\x1b[31m\u202e\u2028y")) == "a\\nb: error: x\\x1b[31m\\u202e\\u2028y"


@given(st.text(), st.text(), st.text())
def test_a_problem_is_always_one_short_line(place: str, message: str, hint: str) -> None:
    line = str(Problem(place * 50, message * 50, hint * 50))
    assert len((line + "|").splitlines()) == 1
    assert len(line) < 12_100
    line.encode("utf-8")


def test_at_most_twenty_lines_are_shown() -> None:
    problems = [Problem(f"a:{line}:1", "wrong") for line in range(1, 24)]
    shown = str(ScenarioError(problems)).split("\n")
    assert shown[:20] == [str(problem) for problem in problems[:20]]
    assert shown[20:] == ["... and 3 more problems"]
    assert str(ScenarioError(problems[:21])).endswith("\n... and 1 more problem")
    assert str(ScenarioError(problems[:20])).count("\n") == 19


def test_an_error_survives_pickling() -> None:
    error = ScenarioError([Problem("a:1:1", "wrong", "right")])
    assert pickle.loads(pickle.dumps(error)).problems == error.problems


def test_a_field_error_speaks_without_knowing_its_field() -> None:
    error = FieldError(Flaw("{field} is odd"), Flaw("{part} is odd", below=("low",)))
    assert str(error) == "this is odd; low is odd"
