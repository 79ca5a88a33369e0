"""Whether sides keep their word: what a scenario says of it, and what each side makes of the other's kind in a bargain.

A side is of a kind that keeps its word more often, or of one that keeps it less often and under which ceasefires break
sooner. Each knows its own kind; of the other's it believes what a scenario says at the start, and learns from every limited
truce and every first phase that is kept or broken (Bayes' rule; see `truces`). How long a deal lasts each believes to be the
mean of two: that under a reliable enemy and that under another one, weighed by its trust.

Where a first phase comes before a deal, both ask before it what they would believe once it has been kept: to try costs them
next to nothing, and who sees it broken signs nothing.
"""

from __future__ import annotations

from typing import Generic

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Option
from pydantic import model_validator

from sim.engine.draws import Floats
from sim.engine.world import World
from sim.model.parameters import SIDES, Drawn
from sim.model.reviews import IN_A_PHASE, VOTING
from sim.scenario import FieldError, Flaw, Item, N, Quantity, Section, knob


class LimitedTruce(Item, Generic[N]):
    """Something that both sides leave alone for a time while the war goes on."""

    name: str | None = Option(default=None, min_length=1, description="How chronicles call it.")
    per_year: N = knob(
        "per year", "Rate at which it is agreed on while there is war and it is not on.", low=0, high=100,
        label="{item}: truces a year",
    )  # fmt: skip
    days: N = knob("days", "For how long.", low=1, high=3_650, label="{item}: days of the truce")
    stops: N = knob(
        "share", "Share of the fighting that rests while it is kept.", low=0, high=1, label="{item}: fighting that rests"
    )

    @property
    def label(self) -> str:
        """The name as people read it."""
        return self.name or self.id.replace("_", " ")


class FirstPhase(Section, Generic[N]):
    """What comes before a deal: a time in which both keep what they agreed on in part, or do not."""

    days: N = knob("days", "How long it is; it ends at a review.", low=1, high=3_650, label="Days of a first phase")
    stops: N = knob(
        "share", "Share of the fighting that rests.", low=0, high=1, label="Fighting that rests in a first phase"
    )


class SideTrust(Section, Generic[N]):
    """How a side keeps its word, by its kind."""

    reliable: N = knob(
        "share", "Chance that it is reliable, which its enemy believes at the start.", low=0, high=1, at_start=True,
        label="{side} is reliable",
    )  # fmt: skip
    reliable_keeps: N = knob(
        "share", "Share of limited truces and first phases that it keeps if it is.", low=0, high=1,
        label="What {side} keeps if reliable",
    )  # fmt: skip
    unreliable_keeps: N = knob("share", "The same if it is not.", low=0, high=1, label="What {side} keeps if unreliable")
    unreliable_effect: N = knob(
        "log hazard", "Of a ceasefire, if it is not.", low=0, high=10, default=0, label="Effect if {side} is unreliable"
    )


class TrustParameters(Section, Generic[N]):
    """Whether each side keeps its word, and what may show it before a deal."""

    attacker: SideTrust[N]
    defender: SideTrust[N]
    truces: list[LimitedTruce[N]] = Option(default_factory=list, description="Limited truces that may be agreed on.")
    first_phase: FirstPhase[N] | None = Option(
        default=None,
        description="What comes before a deal; a side may withdraw from it as before a vote.",
    )

    @model_validator(mode="after")
    def _reliable_keep_more(self: TrustParameters[Quantity]) -> TrustParameters[Quantity]:
        for side in SIDES:
            own = getattr(self, side)
            if own.reliable_keeps.support[0] < own.unreliable_keeps.support[1]:
                message = f"unreliable_keeps of the {side} can be above its reliable_keeps"
                hint = "Write a range of unreliable_keeps that lies below that of reliable_keeps"
                raise FieldError(Flaw(message, hint, (side, "unreliable_keeps")))
        return self


def learned_trust(trust: Floats, kept: NDArray[np.bool_], reliable_keeps: Floats, unreliable_keeps: Floats) -> Floats:
    """Return the chance that a side is reliable, after something that it kept or broke: Bayes' rule, same shape.

    Where neither kind would have done so, nothing is learned.

    >>> half = np.full(2, 0.5)
    >>> learned_trust(half, np.array([True, False]), np.full(2, 0.9), np.full(2, 0.3)).round(3)
    array([0.75 , 0.125])
    """
    of_reliable = trust * np.where(kept, reliable_keeps, 1.0 - reliable_keeps)
    both_kinds = of_reliable + (1.0 - trust) * np.where(kept, unreliable_keeps, 1.0 - unreliable_keeps)
    found: Floats = np.where(both_kinds > 0, of_reliable / np.where(both_kinds > 0, both_kinds, 1.0), trust)
    return found


def raised_by(effect: Floats, reliable: Floats) -> Floats:
    """Return what each side adds to the log hazard of a ceasefire, (2, n): its effect, where it is not reliable."""
    found: Floats = effect * (reliable == 0)
    return found


class Trusting:
    """The kinds of both sides and what each believes of the other's; without a section `trust` both are reliable."""

    def __init__(self, world: World, drawn: Drawn) -> None:
        self._knobs: TrustParameters[Floats] | None = drawn.knobs("trust")
        self._sides: SideTrust[Floats] = drawn.sides("trust")
        see = world.fields.see
        self._trust, self._reliable = see("trust"), see("reliable")
        self._talks, self._back_on_day, self._world = see("talks"), see("back_on_day"), world

    @property
    def matters(self) -> bool:
        """Whether there is a section."""
        return self._knobs is not None

    def raised(self) -> list[list[Floats | float]]:
        """Return what both together add to the log hazard, as each side sees it: with a reliable enemy, and with another."""
        if self._knobs is None:
            return [[0.0, 0.0]]
        own, effect = raised_by(self._sides.unreliable_effect, self._reliable), self._sides.unreliable_effect
        return [[own[0], own[1]], [own[0] + effect[1], own[1] + effect[0]]]

    def mixed(self, by_kind: Floats, trust: Floats | None = None) -> Floats:
        """Return what each side believes, (2, ..., n), from what it would of each kind of enemy, (kinds, 2, ..., n).

        `trust` is that in each side, (2, n), if not that of today.
        """
        if self._knobs is None:
            found: Floats = by_kind[0]
            return found
        in_enemy = (self._trust if trust is None else trust)[::-1]
        while in_enemy.ndim < by_kind.ndim - 1:
            in_enemy = in_enemy[:, None]
        mean: Floats = in_enemy * by_kind[0] + (1.0 - in_enemy) * by_kind[1]
        return mean

    def of_deals(self) -> Floats | None:
        """Return the trust in each side that counts in deals, (2, n): after a kept first phase where it is still to end."""
        if self._knobs is None or self._knobs.first_phase is None:
            return None
        sides, kept = self._sides, np.ones_like(self._trust, dtype=np.bool_)
        later = learned_trust(self._trust, kept, sides.reliable_keeps, sides.unreliable_keeps)
        return np.where(self._is_tried(), self._trust, later)

    def _is_tried(self) -> NDArray[np.bool_]:
        """Return where a first phase has ended and what was agreed on is about to be signed, (n,)."""
        ended = (self._talks == IN_A_PHASE) & (self._back_on_day <= self._world.agenda.today)
        tried: NDArray[np.bool_] = ended | (self._talks == VOTING)
        return tried
