"""Constants in utility are told in land and in months of war."""

from __future__ import annotations

import pytest

from sim.model.equivalents import equivalents


def test_a_price_by_hand(load) -> None:
    """A weight of 0.3, and a quarter over 24,500 km2, make a hundredth worth 3,267 km2; of war it is ten months."""
    scenario = load(
        "baseline", "negotiation.attacker.waiting_premium=0.01", "negotiation.attacker.cost_of_war_per_year=0.012"
    )
    (one,) = equivalents(scenario.world.negotiation, 111_500)["attacker.waiting_premium"]
    assert (one.side, one.months) == ("attacker", pytest.approx(10.0))
    assert one.km2 == pytest.approx(0.01 / (0.3 * 0.25 / (136_000 - 111_500)))
    (behind,) = equivalents(scenario.world.negotiation, 111_499)["attacker.waiting_premium"]
    assert behind.km2 == pytest.approx(0.01 / (0.3 * 0.75 / (111_500 - 42_981)))


def test_every_constant_in_utility_is_told_to_those_whom_it_concerns(load, parley) -> None:
    section = load("baseline").world.negotiation
    found = equivalents(section, 111_500)
    lines = {f"red_lines.{line.id}.price" for line in section.red_lines}
    assert lines <= set(found)
    assert {one.side for one in found["mediation.pressure"]} == {"attacker", "defender"}
    assert not any("issues." in path for path in found), "what an option is worth is no constant beside the terms"
    shown = parley("show", "baseline", "--full", COLUMNS="200").stdout
    assert shown.count("months of war") >= len(found)


def test_without_land_or_a_cost_of_war_there_is_nothing_to_compare_with(variant) -> None:
    def change(tree):
        section = tree["negotiation"]
        del section["issues"]["territory"], section["forbidden"]
        for issue in section["issues"].values():
            issue["weight"] = {"attacker": 0.25, "defender": 0.25}
        lines = section["red_lines"].items()
        section["red_lines"] = {i: line for i, line in lines if "terms" in line and "territory" not in line["terms"]}
        section["attacker"]["cost_of_war_per_year"] = 0
        tree.pop("expect", None)

    (one,) = equivalents(variant(change).world.negotiation, 111_500)["attacker.waiting_premium"]
    assert one.km2 is None
    assert one.months is None
