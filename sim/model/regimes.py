"""Ceasefire regimes: what is put between the armies, and how long a ceasefire lasts with it.

The hazard of a ceasefire's collapse falls with time (cumulated, it grows with a power of time below 1) and is lowered by
what the regime puts in place. How much institutions matter at all is disputed, so that one number scales all of them.

Sources: effects after Fortna 2003 and 2004 and Werner and Yuen 2005; against them Lo, Hashimoto and Reiter 2008; presence
of guards set so that the density of Bosnia in 1995 (55 a km) gives 0.6. The form of the hazard lies between the
ceasefires in Donbas and those in the data of the Uppsala Conflict Data Program.

Left out: deployment over time, incidents, what the sides do to one another in a ceasefire.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field as Option

from sim.engine.draws import Floats
from sim.scenario import Item, Quantity, Section, knob

TRUST_POINTS = 12


class Regime(Item):
    """What comes with a ceasefire."""

    name: str | None = Option(default=None, min_length=1, description="How tables and chronicles call it.")
    zone_width_km: Quantity = knob("km", "Width of the demilitarized zone.", low=0, high=500)
    guards: Quantity = knob("persons", "Foreign troops that guard it, on the line.", low=0, high=10_000_000)
    guarded_by: str | None = Option(default=None, min_length=1, description="Who sends the guards.")
    credibility: Quantity = knob("share", "How far guards and guarantors would really act.", low=0, high=1)
    guarantee: Quantity = knob("share", "Help promised if the war begins again; 1 is an alliance.", low=0, high=1)
    monitoring: Quantity = knob("share", "How well violations are watched and reported.", low=0, high=1)
    joint_commission: Quantity = knob("share", "How far a joint commission settles disputes.", low=0, high=1)

    @property
    def label(self) -> str:
        """The name as people read it."""
        return self.name or self.id.replace("_", " ")


PARTS: tuple[Literal["zone_width_km", "guards", "credibility", "guarantee", "monitoring", "joint_commission"], ...] = (
    "zone_width_km", "guards", "credibility", "guarantee", "monitoring", "joint_commission",
)  # fmt: skip


class CeasefireParameters(Section):
    """How ceasefires last, and the regimes that may be agreed."""

    first_year_hazard: Quantity = knob(
        "cumulated hazard", "Of a bare truce over its first year; 1.6 lets one in five last it.", low=0, high=100
    )
    hazard_shape: Quantity = knob("exponent", "Of time in the cumulated hazard; below 1 the hazard falls.", low=0.05, high=3)
    institutions: Quantity = knob("share", "How much institutions matter; 0 not at all, 1 as estimated.", low=0, high=1)
    zone_effect: Quantity = knob("log hazard", "Of a wide zone.", low=-10, high=10)
    zone_scale_km: Quantity = knob("km", "Width at which a zone has 63 % of its effect.", low=0.1, high=500)
    guards_effect: Quantity = knob("log hazard", "Of guards everywhere on the line who would act.", low=-10, high=10)
    front_km: Quantity = knob("km", "Length of the line to be guarded.", low=0.1, high=100_000)
    guards_per_km: Quantity = knob("persons a km", "Density at which 63 % of the line is covered.", low=0.01, high=10_000)
    guarantee_effect: Quantity = knob("log hazard", "Of a guarantee that is believed.", low=-10, high=10)
    monitoring_effect: Quantity = knob("log hazard", "Of monitoring.", low=-10, high=10)
    commission_effect: Quantity = knob("log hazard", "Of a joint commission.", low=-10, high=10)
    regimes: list[Regime] = Option(default_factory=list, description="The regimes that options of an issue may name.")


def presence_on_the_line(guards: Floats, front_km: Floats, guards_per_km: Floats) -> Floats:
    """Return the share of the line that guards cover, in 0..1.

    >>> presence_on_the_line(np.array([0.0, 60_000.0]), np.array([1100.0]), np.array([60.0])).round(3)
    array([0.   , 0.597])
    """
    covered: Floats = -np.expm1(-guards / front_km / guards_per_km)
    return covered


def believed_share(yearly: Floats, shape: Floats, years: Floats) -> Floats:
    """Return the share of the coming `years` for which a deal is expected to last.

    `yearly` is the hazard cumulated over the first year, which grows with time to the power `shape`. It is the mean of the
    survival over 12 points of the time, the middle of each twelfth.

    >>> believed_share(np.array([0.0, 1.6]), np.array([0.6]), np.array([1.0])).round(3)
    array([1.   , 0.375])
    """
    total = np.zeros(np.broadcast_shapes(yearly.shape, shape.shape, years.shape))
    for point in range(TRUST_POINTS):
        time = years * ((point + 0.5) / TRUST_POINTS)
        total += np.exp(-yearly * time**shape)
    total /= TRUST_POINTS
    # Never quite 0, so that what is never signed stays minus infinity when it is multiplied by this.
    return np.maximum(total, 1e-300)
