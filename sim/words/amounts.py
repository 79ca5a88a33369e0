"""Constants in utility in words: how much land, and how many months of war, they amount to."""

from __future__ import annotations

from typing import Any

from sim.model.equivalents import Equivalent, equivalents
from sim.scenario import Scenario


def amounts(scenario: Scenario[Any]) -> dict[str, str]:
    """Return, by dotted path, what each constant in utility amounts to at central values."""
    world = scenario.world
    section = getattr(world, "negotiation", None)
    if section is None:
        return {}
    named = {"attacker": world.sides.attacker.name, "defender": world.sides.defender.name}
    return {
        f"negotiation.{path}": "= " + "; ".join(_sentence(one, named[one.side]) for one in found)
        for path, found in equivalents(section, world.front.held_area_km2.central).items()
        if any(one.km2 is not None or one.months is not None for one in found)
    }


def _sentence(one: Equivalent, name: str) -> str:
    """Say what it amounts to for one side.

    >>> _sentence(Equivalent("attacker", 6200.4, 16.04), "Russia")
    'to Russia 6,200 km2 or 16.0 months of war'
    """
    land = f"{one.km2:,.0f} km2" if one.km2 is not None else ""
    war = f"{one.months:,.1f} months of war" if one.months is not None else ""
    return f"to {name} " + " or ".join(part for part in (land, war) if part)
