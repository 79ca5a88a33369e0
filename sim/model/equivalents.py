"""What a constant in utility amounts to in the two things that people can picture: land, and months of war."""

from __future__ import annotations

from typing import NamedTuple

from sim.engine.calendar import MONTHS_PER_YEAR
from sim.model.parameters import SIDES
from sim.model.stakes import NegotiationParameters
from sim.scenario import Fixed, Quantity
from sim.scenario.knobs import numbers


class Equivalent(NamedTuple):
    """What a constant in utility amounts to for a side, both at central values; None where there is nothing to go by.

    Attributes
    ----------
    side : str
    km2 : float or None
        Land on the line, worth as much to it; with a curve, at the mean of what a km2 is worth along it.
    months : float or None
        Of war, which cost it as much.
    """

    side: str
    km2: float | None
    months: float | None


def equivalents(section: NegotiationParameters[Quantity], held_km2: float) -> dict[str, list[Equivalent]]:
    """Return what each constant in utility of a negotiation amounts to for the sides concerned, by its path below it.

    `held_km2` is what the attacker holds: land is told at the line.
    """
    sides = {f"red_lines.{line.id}": line.side for line in section.red_lines} | {side: side for side in SIDES}
    found = {}
    for known in numbers(section):
        owner = known.path.rpartition(".")[0]
        if known.knob is None or not known.knob.unit.startswith("utility") or owner.startswith("issues."):
            continue
        value = known.value.value if isinstance(known.value, Fixed) else known.value
        size = value.central if isinstance(value, Quantity) else float(value)
        if size == 0.0 or known.path.endswith("cost_of_war_per_year"):
            continue
        concerned = (sides[owner],) if owner in sides else SIDES
        found[known.path] = [Equivalent(side, *_amount(section, side, size, held_km2)) for side in concerned]
    return found


def _amount(
    section: NegotiationParameters[Quantity], side: str, utility: float, held_km2: float
) -> tuple[float | None, float | None]:
    """Return land on the line and months of war that are worth so much to a side, at central values."""
    a_year: float = getattr(section, side).cost_of_war_per_year.central
    a_km2 = 0.0
    for issue in section.issues:
        if issue.land is not None:
            weight: float = getattr(issue.weight, side).value
            a_km2 = weight * issue.land.a_km2(side, held_km2)
    return utility / a_km2 if a_km2 else None, utility / a_year * MONTHS_PER_YEAR if a_year else None
