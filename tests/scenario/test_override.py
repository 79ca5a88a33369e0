"""Values set on the command line."""

from __future__ import annotations

from typing import Any

import pytest

from sim.model import WarScenario
from sim.scenario import ScenarioError, load_scenario
from sim.scenario.describe import entries
from sim.scenario.tree import everything
from sim.scenario.walk import offered


def test_setting_a_number_replaces_a_mapping(load: Any) -> None:
    scenario = load(overrides=["losses.killed_share=0.5", "arms.backers.united_states.aid_per_month_beur=7"])
    assert scenario.tree["losses"]["killed_share"] == {"value": 0.5, "note": "set on the command line"}
    assert scenario.world.losses.killed_share.central == 0.5
    assert scenario.world.losses.killed_share.note == "set on the command line"
    assert scenario.world.arms.backers[0].aid_per_month_beur.central == 7


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("losses.killed_per_day=1_000", ("losses", "killed_per_day"), 1000),
        ("losses.killed_per_day = 1e3 ", ("losses", "killed_per_day"), 1000.0),
        ("arms.backers.europe.delay_days=90", ("arms", "backers", "europe", "delay_days"), 90),
        ("arms.backers.united_states.delay_days=90", ("arms", "backers", "united_states", "delay_days"), 90),
        ("losses.killed_share.note=so", ("losses", "killed_share", "note"), "so"),
        ("losses.killed_share.assumption=true", ("losses", "killed_share", "assumption"), True),
        (
            "arms.backers.united_states.aid_per_month_beur.max=3.5",
            ("arms", "backers", "united_states", "aid_per_month_beur", "max"),
            3.5,
        ),
        ("losses.killed_share={dist: beta, a: 1, b: 2}", ("losses", "killed_share"), {"dist": "beta", "a": 1, "b": 2}),
        ("losses.shares=[0.1, 0.2]", ("losses", "shares"), [0.1, 0.2]),
        ("losses.by_name.x=3", ("losses", "by_name", "x"), 3),
        ("losses.zone={kind: paper}", ("losses", "zone"), {"kind": "paper"}),
        ("title=a = b", ("title",), "a = b"),
        ("title='5'", ("title",), "5"),
        ("losses.speed=null", ("losses", "speed"), None),
        ("losses.rounds=3", ("losses", "rounds"), 3),
    ],
)
def test_what_can_be_set(load: Any, text: str, path: tuple[Any, ...], value: object) -> None:
    node = load(overrides=[text]).tree
    for step in path:
        node = node[step]
    assert node == value


def test_all_that_is_set_at_once_has_its_place(load: Any) -> None:
    text = "losses.by_name={x: 3, y: {dist: uniform, low: 1, high: 2}}"
    scenario = load(overrides=[text])
    assert {path for path, _ in everything(scenario.tree) if path} <= set(scenario.places)
    assert [str(entry.place) for entry in entries(scenario) if entry.path.startswith("losses.by_name.")] == [
        f"--set {text}"
    ] * 2


def test_later_ones_win_and_see_earlier_ones(load: Any) -> None:
    scenario = load(overrides=["losses.shares=[0.1, 0.2]", "losses.shares.1=0.3", "losses.rounds=3", "losses.rounds=4"])
    assert scenario.tree["losses"]["shares"] == [0.1, 0.3]
    assert scenario.world.losses.rounds == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("losses.kiled_share=1", "unknown path 'losses.kiled_share'. Did you mean 'losses.killed_share'?"),
        ("loses.killed_share=1", "unknown path 'loses'. Did you mean 'losses'?"),
        ("arms.backers.europ.delay_days=1", "unknown path 'arms.backers.europ'. Did you mean 'arms.backers.europe'?"),
        ("arms.backers.0.delay_days=1", "unknown path 'arms.backers.0'. Possible: united_states, europe"),
        ("title.x=1", "'title' is a single value and has no 'x'. Write --set title=value"),
        (
            "losses.killed_per_day.low=1",
            "'losses.killed_per_day' is a single value and has no 'low'. Write --set losses.killed_per_day=value",
        ),
        ("losses.speed.low=1", "'losses.speed' is empty and has no 'low'. Write --set losses.speed=value"),
        ("losses.rounds", "there is no '='. Write --set path=value"),
        ("losses.rounds=", "there is no value after '='. Write path=value, or path=null for nothing"),
        ("losses.rounds=yes", "'yes' is unclear. Write true, or \"yes\" in quotes if it is a text"),
        ("losses.rounds=a: 1", "the value is not a single one. Write a mapping as {key: value} and a list as [a, b]"),
        ("losses.rounds=10", "rounds must lie between 1 and 9 (rounds), not 10"),
        ("losses.killed_share=1.4", "killed_share must lie between 0 and 1 (share), not 1.4"),
        (
            "losses.killed_share={dist: uniform, low: 0, hgh: 1}",
            "unknown key 'hgh' in killed_share. Did you mean 'high'?",
        ),
        ("losses.killed_share={value: 0.1, source: x}", "unknown source 'x'. Possible: kiel-2024"),
        (
            "losses.killed_share.valu=3",
            "unknown key 'valu' in killed_share. constant takes value; also allowed: source, source_of, note, assumption",
        ),
        ("losses.rounds=\x07", "control character '\\x07' in the value. Remove it, or type the line again"),
    ],
)
def test_what_cannot_be_set(lines: Any, text: str, said: str) -> None:
    place = text.replace("\x07", "\\x07")
    assert lines(overrides=[text]) == [f"--set {place}: error: {said}"]


def test_a_path_that_is_empty(lines: Any, schema: Any) -> None:
    assert lines(overrides=["=3"]) == [f"--set =3: error: unknown path ''. Possible: {', '.join(offered(schema)[:12])}, ..."]


def test_problems_of_the_file_come_first(fine: str, lines: Any) -> None:
    said = lines(fine.replace("delay_days", "dlay_days"), ["losses.rounds=0", "x=1"])
    assert [line.split(" error")[0] for line in said] == ["s.yaml:14:7:", "--set x=1:", "--set losses.rounds=0:"]


def test_an_override_can_mend_the_file(fine: str, load: Any) -> None:
    assert load(fine.replace("30_000", "-3"), ["losses.killed_per_day=3"]).world.losses.killed_per_day.central == 3
    text = fine[: fine.index("losses:")]
    assert load(text, ["losses.killed_per_day=3", "losses.killed_share=0.5"]).tree["losses"] == {
        "killed_per_day": 3,
        "killed_share": 0.5,
    }


def test_what_a_section_lacks_that_was_set_stands_there(fine: str, lines: Any) -> None:
    """A section that no file writes has no place in one."""
    said = lines(fine[: fine.index("losses:")], ["losses.killed_per_day=3"])
    assert said
    assert {line.split(": error")[0] for line in said} == {"--set losses.killed_per_day=3"}
    with pytest.raises(ScenarioError) as raised:
        load_scenario("baseline", WarScenario, ["negotiation.attacker.office.price=1"])
    (line,) = str(raised.value).splitlines()
    assert line.startswith("--set negotiation.attacker.office.price=1: error: missing field 'safe_terms'")
