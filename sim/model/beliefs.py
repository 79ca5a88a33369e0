"""Beliefs: how each side sees the front and the balance of forces, with noise, its own optimism, and learning.

Each belief is a Kalman filter: a prior that is off by the side's optimism, signals that are the truth with noise, and a
wandering truth that keeps the filter open. With fighting the two sides' beliefs converge; the gap between them is an output.

Sources: convergence of beliefs as what ends wars (Slantchev 2003; Filson and Werner 2002); optimism as a prior that is off.
Left out: deception, signals other than the fighting, beliefs about the other side's resolve (but see screening offers).
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from sim.engine.agenda import Process
from sim.engine.draws import Floats
from sim.engine.fields import Field
from sim.engine.world import Mechanism, World
from sim.model.parameters import SIDES, Drawn
from sim.model.reviews import DAYS_BETWEEN_REVIEWS
from sim.scenario import Quantity, Section, knob

SIGN = np.array([[1.0], [-1.0]])


class SideBeliefs(Section):
    """How one side sees the war."""

    optimism: Quantity = knob(
        "share", "How far its first view of pace and balance is off in its own favour.", low=-2, high=5, at_start=True
    )
    drift_prior_sd_km2_per_day: Quantity = knob(
        "km2 a day", "How unsure it is of its first view of the pace.", low=0, high=1e5, at_start=True
    )
    balance_prior_sd: Quantity = knob(
        "log", "How unsure it is of its first view of the balance.", low=0, high=10, at_start=True
    )
    drift_noise_km2_per_day: Quantity = knob(
        "km2 a day", "Noise in what it sees of the pace between two reviews.", low=0, high=1e5
    )
    balance_noise: Quantity = knob("log", "Noise in what it sees of the balance.", low=0, high=10)
    wander_share: Quantity = knob(
        "share", "How much it thinks that the truth moves between two reviews, in standard deviations of its first view.",
        low=0, high=10, at_start=True,
    )  # fmt: skip


class BeliefParameters(Section):
    """Beliefs of both sides."""

    pace_km2_per_day: Quantity = knob("km2 a day", "Pace of the front that counts as clear success.", low=1e-9, high=1e5)
    trend_memory: Quantity = knob("share", "Share of the forces' trend kept from review to review.", low=0, high=0.999)
    attacker: SideBeliefs
    defender: SideBeliefs


class Belief:
    """A Kalman filter for both sides: arrays of shape (2, n).

    >>> belief = Belief(np.array([[1.0], [0.0]]), np.array([[2.0], [2.0]]), np.zeros((2, 1)))
    >>> belief.learn(np.array([[3.0], [3.0]]), np.array([[2.0], [0.0]]))
    >>> belief.mean.tolist()
    [[2.0], [3.0]]
    """

    def __init__(self, mean: Floats, sd: Floats, wander_sd: Floats) -> None:
        self.mean = mean.copy()
        self._variance = sd**2
        self._wander = wander_sd**2

    def learn(self, seen: Floats, noise_sd: Floats) -> None:
        """Move towards what is `seen`, which has noise of standard deviation `noise_sd`."""
        self._variance += self._wander
        total = self._variance + noise_sd**2
        gain = self._variance / np.where(total > 0, total, 1.0)
        self.mean += gain * (seen - self.mean)
        self._variance *= 1.0 - gain


class Beliefs(Mechanism):
    """What each side believes of the war."""

    name = "beliefs"
    parameters = BeliefParameters
    steps = ("beliefs",)
    sentences: ClassVar = {}

    @classmethod
    def fields(cls, section: BeliefParameters | None) -> tuple[Field, ...]:
        """Return the fields of beliefs."""
        kept = section is not None
        return (
            Field("believed_drift", "km2 a day", "The attacker's advance as each side sees it.", SIDES, series=kept),
            Field("believed_balance", "log", "The balance as each side sees it.", SIDES),
            Field("momentum", "-1..1", "How well the war goes for each side, as it sees it.", SIDES),
            Field("front_moved", "km2", "How far the front has moved, to and fro, from review to review."),
            Field("force_trend", "per day", "Log change of each side's force, smoothed.", SIDES),
        )

    def __init__(self, world: World, section: BeliefParameters | None, drawn: Drawn) -> None:
        self._world, self._section, self._drawn = world, section, drawn
        self.drift = world.own("beliefs", "believed_drift", 0.0)
        self.balance = world.own("beliefs", "believed_balance", 0.0)
        self.momentum = world.own("beliefs", "momentum", 0.0)
        self.trend = world.own("beliefs", "force_trend", 0.0)
        self.moved = world.own("beliefs", "front_moved", 0.0)
        see = world.fields.see
        self._area, self._force, self._true_balance = see("held_area"), see("force"), see("balance")
        if section is None:
            return
        self._area_then, self._force_then = self._area.copy(), np.maximum(self._force, 1.0)
        optimism = SIGN * self._sides("optimism")
        sds = [self._sides(name) for name in ("drift_prior_sd_km2_per_day", "balance_prior_sd")]
        wander = self._sides("wander_share")
        self._drift = Belief(drawn.one("front.advance_km2_per_day") * (1.0 + optimism), sds[0], wander * sds[0])
        self._balance = Belief(optimism, sds[1], wander * sds[1])
        self._luck = {
            what: [world.draws.normal(f"beliefs/{what}/{side}", in_turn=True) for side in SIDES]
            for what in ("drift", "balance")
        }
        self._publish()

    def _sides(self, name: str) -> Floats:
        return self._drawn.sides("beliefs", name)

    def life(self) -> Process:
        """Look at the front and the forces at every review."""
        while self._section is not None:
            yield self._world.agenda.next("beliefs", every_days=DAYS_BETWEEN_REVIEWS)
            self._review(self._world.agenda.today // DAYS_BETWEEN_REVIEWS)

    def _review(self, review: int) -> None:
        pace = (self._area - self._area_then) / DAYS_BETWEEN_REVIEWS
        self.moved += np.abs(self._area - self._area_then)
        noise = self._sides("drift_noise_km2_per_day")
        self._drift.learn(pace + noise * np.stack([luck.at(review) for luck in self._luck["drift"]]), noise)
        noise = self._sides("balance_noise")
        luck = np.stack([luck.at(review) for luck in self._luck["balance"]])
        self._balance.learn(self._true_balance + noise * luck, noise)
        force = np.maximum(self._force, 1.0)
        memory = self._drawn.one("beliefs.trend_memory")
        self.trend *= memory
        self.trend += (1.0 - memory) * np.log(force / self._force_then) / DAYS_BETWEEN_REVIEWS
        self._area_then, self._force_then = self._area.copy(), force
        self._publish()

    def _publish(self) -> None:
        self.drift[...] = self._drift.mean
        self.balance[...] = self._balance.mean
        np.tanh(SIGN * self.drift / self._drawn.one("beliefs.pace_km2_per_day"), out=self.momentum)

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of beliefs."""
        yield "momentum lies between -1 and 1", ~(np.abs(self.momentum) <= 1)
        yield "beliefs are numbers", ~np.isfinite(self.drift + self.balance + self.trend)
