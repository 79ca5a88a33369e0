"""What is too long or too large is said at once, in one short line."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

import sim
from sim.errors import ParleyError
from sim.scenario.write import as_setting
from sim.studies.condition import Case, Condition
from sim.studies.design import Varied
from sim.studies.limits import Limit

DIGITS = "1" * 20_000
LONG = [
    DIGITS, f"{DIGITS}x", f"{DIGITS}.{DIGITS}x", f"{'_' * 20_000}x", f"1e{DIGITS}", f"1{'_1' * 20_000}x", "(" * 20_000,
    "[" * 20_000,    "'" * 20_001, "é" * 20_000,
]  # fmt: skip


def in_a_line(tried: Callable[[], object]) -> str:
    started = time.process_time()
    with pytest.raises(ParleyError) as caught:
        tried()
    said = str(caught.value)
    # Generous: it takes a millisecond, and took a minute.
    assert time.process_time() - started < 5
    assert "\n" not in said
    assert len(said) < 1000
    return said


@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
def test_what_is_too_long_is_refused_at_once(text: str) -> None:
    in_a_line(lambda: Condition.parse(f"share(war_goes_on) >= {text}"))
    in_a_line(lambda: Condition.parse(f"share({text}) >= 0.5"))
    in_a_line(lambda: Case.parse(f"war_again > {text}"))
    in_a_line(lambda: Case.parse(f"{text} > 1"))
    for vary in (f"a={text}", f"a={text}:2:3", f"a=1:{text}:3", f"a=1:2:{text}", f"a={text},2"):
        in_a_line(lambda vary=vary: Varied.parse(vary))
    head = "history/iwo_jima"
    in_a_line(lambda: sim.load(head, [f"attrition.attacker.daily_casualties={text}"]))
    in_a_line(lambda: sim.load(head, [f"{text}=1"]))


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1e101", "1" * 120])
def test_numbers_that_are_too_large_are_refused(number: str) -> None:
    assert "too large" in in_a_line(lambda: Condition.parse(f"mean(casualties_attacker) >= {number}"))
    assert "too large" in in_a_line(lambda: Case.parse(f"casualties_attacker > {number}"))
    low, high = sorted(("0", number), key=float)
    in_a_line(lambda: Varied.parse(f"a={low}:{high}:3"))
    assert Condition.parse("mean(x) >= 1e100").level == 1e100
    assert Case.parse("x > -.5e2").level == -50


def test_a_gate_that_is_too_long_is_a_mistake_of_usage(parley) -> None:
    done = parley("compare", "no_talks", "more_arms", "--fail-over", f"war_again>{DIGITS}x")
    assert done.returncode == 2
    assert done.stderr.startswith("error: 'war_again>1")
    assert done.stderr.endswith("has 20,011 characters; at most 400 are read\n")
    assert len(done.stderr) < 300
    for limit in (f"war_again>{DIGITS}x", f"{DIGITS}>1", "war_again > 1e999", "war_again > 1" + "0" * 200):
        in_a_line(lambda limit=limit: Limit.parse(limit))


# Values as a list


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (["A, B", "C"], ["A, B", "C"]),
        (["A: B", "a=b", "x # y", "[x", "{", "it's", 'say "x"', "yes", "- z", "é, ü"],
         ["A: B", "a=b", "x # y", "[x", "{", "it's", 'say "x"', "yes", "- z", "é, ü"]),
        (np.array(["A, B", "C"]), ["A, B", "C"]),
    ],
)  # fmt: skip
def test_each_item_of_a_list_is_one_value(values, shown: list[str]) -> None:
    found = sim.sweep("history/iwo_jima", {"sides.attacker.name": values}, replications=2, months=1)
    assert [row["sides.attacker.name"] for row in found.as_dicts() if row["id"] == "war_goes_on"] == shown
    names = [
        sim.load("history/iwo_jima", [f"sides.attacker.name={point[0]}"]).world.sides.attacker.name for point in found.points
    ]
    assert names == shown


@pytest.mark.parametrize(
    ("path", "values", "read"),
    [
        ("attrition.level_factor", np.linspace(0.5, 1.5, 3), [0.5, 1.0, 1.5]),
        ("attrition.level_factor", [np.float32(0.5), np.int64(2), "0.25"], [0.5, 2, 0.25]),
        ("attrition.law", ["square", "linear"], ["square", "linear"]),
        ("front.mud_months", [[1, 3], (), [12]], [[1, 3], [], [12]]),
    ],
)  # fmt: skip
def test_values_of_other_types_are_what_they_are(load, path: str, values, read: list[object]) -> None:
    knob = Varied.of(path, values)
    scenario = load("baseline")
    node = [scenario.with_settings([f"{path}={value}"]).tree for value in knob.values]
    for step in path.split("."):
        node = [below[step] for below in node]
    found = [value["value"] if isinstance(value, dict) else value for value in node]
    assert found == read


@pytest.mark.parametrize("value", [True, None, 3, -0.1, 1e-7, 1e22, "x", "", " x ", "a\nb", "#", "'", '"', "\\", "null, 1"])
def test_a_value_is_written_so_that_it_is_read_again(value: object) -> None:
    from sim.scenario.read import read_value

    assert read_value(as_setting(value)) == value


def test_commas_in_quotes_and_brackets_belong_to_a_value() -> None:
    knob = Varied.parse("""sides.attacker.name="A, B",C,'it''s, so',it's,"say \\", x\"""")
    assert len(knob.values) == 5
    assert Varied.parse("front.mud_months=[1, 3],[],[2]").values == ("[1, 3]", "[]", "[2]")
    for wrong in ("a=", "a=,", "a=x,,y", "a=x,x", 'a="x","x"'):
        with pytest.raises(ParleyError):
            Varied.parse(wrong)


def test_a_list_in_quotes_on_the_command_line(parley, tmp_path) -> None:
    out = tmp_path / "out"
    vary = ("--vary", 'sides.attacker.name="A, B",C')
    done = parley("sweep", "history/iwo_jima", *vary, "--replications", 2, "--months", 1, "--csv", "--out", out)
    assert done.returncode == 0, done.stderr
    assert {line.split(",endings")[0] for line in done.stdout.splitlines() if "war_goes_on" in line} == {
        'iwo_jima,0,"A, B"', "iwo_jima,1,C",
    }  # fmt: skip


def test_a_workbench_takes_texts_as_they_are() -> None:
    model = sim.workbench("history/iwo_jima", ["war_goes_on"], replications=2, months=1)
    assert 0 <= model(sides__attacker__name="A: B, [C", attrition__level_factor=np.float64(0.5))["war_goes_on"] <= 1
