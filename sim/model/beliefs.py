"""Beliefs: how each side sees the front and the balance of forces, with noise, its own optimism, and learning.

Each belief is a Kalman filter: a prior that is off by the side's optimism, signals that are the truth with noise, and a
wandering truth that keeps the filter open. With fighting the two sides' beliefs converge; the gap between them is an output.
Where there is no fighting nothing is seen of what it would bring: what re-arming does to the balance is known, each side
makes up its own mind about the rest, and both grow unsure.

Sources: convergence of beliefs as what ends wars (Slantchev 2003; Filson and Werner 2002), and their divergence in peace
(Smith and Stam 2004); optimism as a prior that is off.
"""

from collections.abc import Iterator
from typing import Any, ClassVar, Generic

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationInfo, field_validator

from sim.engine.agenda import Process
from sim.engine.mechanism import Mechanism, PerHistory, PerSide, owned, seen
from sim.model.outcomes import Outcome, where
from sim.model.parameters import SIDES, SIGN
from sim.model.reviews import DAYS_BETWEEN_REVIEWS
from sim.scenario import N, Quantity, Section, all_by_default, as_now, knob


class SideBeliefs(Section, Generic[N]):
    """How one side sees the war."""

    optimism: N = knob(
        "share", "How far its first view of pace and balance is off in its own favour.", low=-2, high=5, default=0.2,
        at_start=True, label="{side}'s optimism",
    )  # fmt: skip
    drift_prior_sd_km2_per_day: N = knob(
        "km2 a day", "How unsure it is of its first view of the pace; 0.3 of the pace that counts as success, if left out.",
        low=0, high=1e5, default=None, at_start=True,
        label="{side}'s first doubt of the pace",
    )  # fmt: skip
    balance_prior_sd: N = knob(
        "log", "How unsure it is of its first view of the balance.", low=0, high=10, default=0.3, at_start=True,
        label="{side}'s first doubt of strength",
    )  # fmt: skip
    drift_noise_km2_per_day: N = knob(
        "km2 a day",
        "Noise in what it sees of the pace between two reviews; 0.4 of the pace that counts as success, if left out.",
        low=0, high=1e5, default=None,
        label="{side}'s noise in seeing the pace",
    )  # fmt: skip
    balance_noise: N = knob(
        "log", "Noise in what it sees of the balance.", low=0, high=10, default=0.4,
        label="{side}'s noise in seeing strength",
    )  # fmt: skip
    wander_share: N = knob(
        "share", "How much it thinks that the truth moves between two reviews, in standard deviations of its first view.",
        low=0, high=10, default=0.3, at_start=True, label="{side}'s belief that things move",
    )  # fmt: skip


class BeliefParameters(Section, Generic[N]):
    """Beliefs of both sides."""

    pace_km2_per_day: N = knob(
        "km2 a day", "Pace of the front that counts as clear success.", low=1e-9, high=1e5,
        label="Pace that counts as success",
    )  # fmt: skip
    trend_memory: N = knob(
        "share", "Share of the forces' trend kept from review to review.", low=0, high=0.999, default=0.75,
        label="Memory of the forces' trend",
    )  # fmt: skip
    attacker: SideBeliefs[N] = all_by_default()
    defender: SideBeliefs[N] = all_by_default()

    @field_validator("attacker", "defender", mode="before")
    @classmethod
    def _in_proportion(cls, value: Any, info: ValidationInfo) -> Any:
        # judgement: between those of long wars in which fronts hardly move (0.1 and 0.3) and of wars of weeks (0.8 and 0.4).
        shares = {"drift_prior_sd_km2_per_day": 0.3, "drift_noise_km2_per_day": 0.4}
        if not isinstance(value, dict):
            return value
        return {**value, **{name: as_now(value.get(name), info, "pace_km2_per_day", by) for name, by in shares.items()}}


def learned(
    mean: PerSide, variance: PerSide, wander_variance: PerSide, signal: PerSide, noise_sd: PerSide
) -> tuple[PerSide, PerSide]:
    """Return mean and variance of a belief (a Kalman filter) after a signal with noise of standard deviation `noise_sd`.

    >>> mean, variance = np.array([[1.0], [0.0]]), np.array([[4.0], [4.0]])
    >>> learned(mean, variance, 0 * mean, np.array([[3.0], [3.0]]), np.array([[2.0], [0.0]]))[0].tolist()
    [[2.0], [3.0]]
    """
    before = variance + wander_variance
    total = before + noise_sd**2
    gain = before / np.where(total > 0, total, 1.0)
    return mean + gain * (signal - mean), before * (1.0 - gain)


class Beliefs(Mechanism):
    """What each side believes of the war."""

    name = "beliefs"
    parameters = BeliefParameters[Quantity]
    optional = True
    steps = ("beliefs",)
    leaves_out = "deception, signals other than the fighting"

    believed_drift: PerSide = owned(
        "km2 a day", "The attacker's advance as each side sees it.", SIDES, start=0.0, series=True
    )
    believed_balance: PerSide = owned("log", "The balance as each side sees it.", SIDES, start=0.0)
    momentum: PerSide = owned("-1..1", "How well the war goes for each side, as it sees it.", SIDES, start=0.0)
    force_trend: PerSide = owned("per day", "Log change of each side's force, smoothed.", SIDES, start=0.0)
    front_moved: PerHistory = owned("km2", "How far the front has moved, to and fro, from review to review.", start=0.0)
    drift_variance: PerSide = owned("(km2 a day)2", "How unsure each side is of the advance.", SIDES, start=0.0, inner=True)
    balance_variance: PerSide = owned("log2", "How unsure each side is of the balance.", SIDES, start=0.0, inner=True)
    area_then: PerHistory = owned(
        "km2", "Area the attacker held at the last review, but for what was handed over.", start=0.0, inner=True
    )
    force_then: PerSide = owned("persons", "Force at the last review, at least 1.", SIDES, start=1.0, inner=True)
    balance_then: PerHistory = owned("log", "Balance at the last review.", start=0.0, inner=True)

    outcomes: ClassVar = (
        Outcome(
            "belief_gap_12_months_km2_per_day", "Gap between the views of the pace of the front", "km2 a day",
            "The attacker's view minus the defender's, after a year; empty if there is no war then.",
            lambda now: where(now.at_war > 0, now.believed_drift[0] - now.believed_drift[1]),
            section="", months=12, always=False,
        ),
    )  # fmt: skip

    held_area: PerHistory = seen()
    handed_over: PerHistory = seen()
    pace: PerHistory = seen()
    force: PerSide = seen()
    balance: PerHistory = seen()
    at_war: PerHistory = seen()
    fought_days: PerHistory = seen()

    knobs: BeliefParameters[PerHistory]
    sides: SideBeliefs[PerSide]

    def begin(self) -> None:
        """Begin with views that are off by the side's optimism."""
        sides = self.sides
        self.area_then, self.force_then = self.held_area, np.maximum(self.force, 1.0)
        optimism = SIGN * sides.optimism
        self.believed_drift = self.pace + optimism * np.abs(self.pace)
        self.believed_balance = optimism
        self.drift_variance = sides.drift_prior_sd_km2_per_day**2
        self.balance_variance = sides.balance_prior_sd**2
        self._drift_wanders = (sides.wander_share * sides.drift_prior_sd_km2_per_day) ** 2
        self._balance_wanders = (sides.wander_share * sides.balance_prior_sd) ** 2
        self._luck = {
            what: [self.world.draws.normal(f"beliefs/{what}/{side}", in_turn=True) for side in SIDES]
            for what in ("drift", "balance")
        }
        self._feel()

    def life(self) -> Process:
        """Look at the front and the forces at every review."""
        while True:
            yield self.world.agenda.next("beliefs", every_days=DAYS_BETWEEN_REVIEWS)
            self._review(self.world.agenda.today // DAYS_BETWEEN_REVIEWS)

    def _review(self, review: int) -> None:
        sides, fighting = self.sides, self.at_war > 0
        # Land handed over under a deal says nothing of the front.
        fought_over = self.held_area - self.handed_over
        moved = fought_over - self.area_then
        self.front_moved += np.abs(moved)
        # Where some of the fighting rested, less of it shows what the front would do.
        fought = self.fought_days / DAYS_BETWEEN_REVIEWS
        seen_share = np.where(fought > 0, fought, 1.0)
        pace = moved / DAYS_BETWEEN_REVIEWS / seen_share
        self.believed_drift, self.drift_variance = self._believe(
            "drift", review, fighting & (fought > 0), (self.believed_drift, self.drift_variance), self._drift_wanders,
            pace, sides.drift_noise_km2_per_day / seen_share, np.zeros_like(pace),
        )  # fmt: skip
        self.believed_balance, self.balance_variance = self._believe(
            "balance", review, fighting, (self.believed_balance, self.balance_variance), self._balance_wanders,
            self.balance, sides.balance_noise, self.balance - self.balance_then,
        )  # fmt: skip
        force, memory = np.maximum(self.force, 1.0), self.knobs.trend_memory
        grown = np.log(force / self.force_then) / DAYS_BETWEEN_REVIEWS
        # What a truce adds to a force says nothing of the war that would begin again: recruits come, and losses rest.
        in_full = fighting & (fought >= 1.0)
        self.force_trend = np.where(in_full, memory * self.force_trend + (1.0 - memory) * grown, self.force_trend)
        self.area_then, self.force_then, self.balance_then = fought_over, force, self.balance
        self._feel()

    def _believe(
        self,
        what: str,
        review: int,
        fighting: NDArray[np.bool_],
        belief: tuple[PerSide, PerSide],
        wanders: PerSide,
        truth: PerHistory,
        noise: PerSide,
        known: PerHistory,
    ) -> tuple[PerSide, PerSide]:
        """Return mean and variance of a belief after a review: from a signal, or from what is known where none is."""
        luck = np.stack([stream.at(review) for stream in self._luck[what]])
        mean, variance = belief
        seen_mean, seen_variance = learned(mean, variance, wanders, truth + noise * luck, noise)
        alone_mean, alone_variance = mean + known + np.sqrt(wanders) * luck, variance + wanders
        return np.where(fighting, seen_mean, alone_mean), np.where(fighting, seen_variance, alone_variance)

    def _feel(self) -> None:
        self.momentum = np.tanh(SIGN * self.believed_drift / self.knobs.pace_km2_per_day)

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of beliefs."""
        yield "momentum lies between -1 and 1", ~(np.abs(self.momentum) <= 1)
        yield "beliefs are numbers", ~np.isfinite(self.believed_drift + self.believed_balance + self.force_trend)
