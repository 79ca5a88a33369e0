"""Sections: ranges, fixed numbers, ids, and finding all numbers below."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from pydantic import ValidationError

from sim.engine.draws import Floats
from sim.model import WarScenario
from sim.model.front import FrontParameters
from sim.scenario import Fixed, Quantity, Section, knob_of, load_scenario, numbers, quantities
from sim.scenario.walk import members


def losses(**changed: Any) -> dict[str, Any]:
    return {"killed_share": 0.3, "killed_per_day": 10} | changed


def messages(model: Any, raw: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(raw)
    return [str(error["msg"]) for error in caught.value.errors()]


def test_a_section_is_frozen_and_built_from_plain_values(sections: dict[str, Any]) -> None:
    built = sections["Losses"](**losses(stages=3))
    assert isinstance(built.killed_share, Quantity)
    assert isinstance(built.stages, Fixed)
    assert (built.stages.whole, built.rounds, built.speed) == (3, 2, None)
    assert sections["Losses"](**losses()).stages == Fixed(4.0)
    with pytest.raises(ValidationError, match="frozen"):
        built.rounds = 3


def test_a_section_is_one_class_whatever_its_knobs_are_said_to_be() -> None:
    kinds: list[Any] = [FrontParameters[Floats], FrontParameters[Quantity]]
    assert kinds == [FrontParameters, FrontParameters]
    assert members(FrontParameters.model_fields["held_area_km2"].annotation) == (Quantity,)
    front = load_scenario("baseline", WarScenario).world.front  # type: ignore[attr-defined]
    assert pickle.loads(pickle.dumps(front)) == front


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"killed_share": 1.4}, "this must lie between 0 and 1 (share), not 1.4"),
        ({"killed_share": -0.1}, "this must lie between 0 and 1 (share), not -0.1"),
        ({"killed_per_day": -1}, "this must be at least 0 (soldiers a day), not -1"),
        ({"by_name": {"x": 1, "y": 11}}, "y must be at most 10, not 11"),
        ({"shares": [0, 2]}, "1 must lie between 0 and 1 (share), not 2"),
        ({"rounds": 10}, "this must lie between 1 and 9 (rounds), not 10"),
        ({"stages": 2.5}, "this must be a whole number, not 2.5"),
        ({"stages": 21}, "this must lie between 1 and 20 (stages), not 21"),
        (
            {"killed_share": {"dist": "normal", "mean": 0.5, "sd": 0.1, "min": 0}},
            "this must lie between 0 and 1 (share), but normal(mean 0.5, sd 0.1) with min 0 goes from 0 to inf",
        ),
    ],
)
def test_ranges(sections: dict[str, Any], changed: dict[str, Any], said: str) -> None:
    assert messages(sections["Losses"], losses(**changed)) == [f"Value error, {said}"]


@pytest.mark.parametrize(
    "changed",
    [
        {"killed_share": 0},
        {"killed_share": 1},
        {"killed_share": {"dist": "beta", "a": 1, "b": 1}},
        {"killed_share": {"dist": "normal", "mean": 0.5, "sd": 0.1, "min": 0, "max": 1}},
        {"killed_per_day": {"dist": "lognormal", "median": 3, "log_sd": 1}},
        {"speed": {"dist": "normal", "mean": 0.5, "sd": 0.1}},
        {"speed": None},
    ],
)
def test_inside_the_range(sections: dict[str, Any], changed: dict[str, Any]) -> None:
    sections["Losses"](**losses(**changed))


@pytest.mark.parametrize(
    "changed", [{"rounds": "3"}, {"rounds": 3.0}, {"rounds": True}, {"on_paper": 1}, {"on_paper": "true"}, {"other": 1}]
)
def test_nothing_is_converted_silently(sections: dict[str, Any], changed: dict[str, Any]) -> None:
    assert len(messages(sections["Losses"], losses(**changed))) == 1


def test_ids(sections: dict[str, Any]) -> None:
    def backers(*ids: str) -> dict[str, Any]:
        return {"backers": [{"id": name, "aid_per_month_beur": 1} for name in ids]}

    assert [backer.id for backer in sections["Arms"](**backers("a", "b_2")).backers] == ["a", "b_2"]
    assert messages(sections["Arms"], backers("a", "b", "a", "a")) == [
        "Value error, id 'a' stands in this list already; id 'a' stands in this list already"
    ]
    for name in ("", "A", "2a", "_a", "a-b", "a b", "é", "a\n"):
        assert len(messages(sections["Arms"], backers(name))) == 1


def test_all_quantities_in_order_with_their_paths(load: Any) -> None:
    world = load(overrides=["losses.shares=[0.1, 0.2]", "losses.by_name={x: 3}"]).world
    found = [(path, quantity.central) for path, quantity in quantities(world)]
    assert found == [
        ("arms.backers.united_states.aid_per_month_beur", 3.5),
        ("arms.backers.united_states.delay_days", 30.0),
        ("arms.backers.europe.aid_per_month_beur", 5.0),
        ("arms.backers.europe.delay_days", 60.0),
        ("losses.killed_share", 0.3),
        ("losses.killed_per_day", 30_000.0),
        ("losses.shares.0", 0.1),
        ("losses.shares.1", 0.2),
        ("losses.by_name.x", 3.0),
    ]


def test_all_numbers_with_their_units(load: Any) -> None:
    units = {known.path: known.knob and known.knob.unit for known in numbers(load().world)}
    assert units == {
        "horizon_months": "months",
        "arms.backers.united_states.aid_per_month_beur": "bn EUR a month",
        "arms.backers.united_states.delay_days": "days",
        "arms.backers.europe.aid_per_month_beur": "bn EUR a month",
        "arms.backers.europe.delay_days": "days",
        "losses.killed_share": "share",
        "losses.killed_per_day": "soldiers a day",
        "losses.stages": "stages",
        "losses.rounds": "rounds",
    }


def test_what_a_knob_declares(sections: dict[str, Any]) -> None:
    declared = knob_of(sections["Losses"].model_fields["stages"])
    assert declared is not None
    assert (declared.unit, declared.description, declared.low, declared.high, declared.whole) == (
        "stages",
        "Stages of decay.",
        1,
        20,
        True,
    )
    assert knob_of(sections["Losses"].model_fields["on_paper"]) is None


def test_lists_fill_tuples_however_deep() -> None:
    class Deep(Section):
        pairs: dict[str, tuple[tuple[int, ...], ...]]
        maybe: tuple[str, ...] | None = None
        plain: list[int]

    deep = Deep.model_validate({"pairs": {"a": [[1, 2], []]}, "maybe": ["x"], "plain": [3]})
    assert (deep.pairs, deep.maybe, deep.plain) == ({"a": ((1, 2), ())}, ("x",), [3])
