"""Attrition: what each side loses in a day of fighting.

Reference-normalised: an analyst types the casualties a day that are observed at the start, and another law needs no
re-scaling. Losses follow the own and the enemy's force (Lanchester 1916 and its generalisations), the enemy's fire, how hard
both sides attack, what one's own fire spares, a slow tempo of the war and daily noise.

The laws are exponents (own, enemy). `mixed` lies between the logarithmic law and the square law: `mixed_exponent` is that of
the enemy's force, the own force has the rest. 0.3 is what 186 battles since 1914 fit best (regression of log casualties on
log strengths in CDB90, the database of battles of the US Army's Concepts Analysis Agency, edition of J. B. Arnold), but they
hardly tell laws apart, so that a scenario may draw it.
"""

from collections.abc import Iterator
from typing import ClassVar, Generic, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from sim.engine.agenda import Process
from sim.engine.draws import Ints
from sim.engine.mechanism import Mechanism, PerHistory, PerSide, derived, owned, seen
from sim.model.outcomes import Column, Outcome, State, both, months_at_war, where
from sim.model.parameters import SIDES
from sim.scenario import Fixed, N, Quantity, Section, knob, whole

LAWS = {"square": (0.0, 1.0), "linear": (1.0, 1.0), "logarithmic": (1.0, 0.0)}


class SideAttrition(Section, Generic[N]):
    """What one side suffers."""

    daily_casualties: N = knob(
        "persons a day", "Killed and wounded a day at the start.", low=0, high=1e6, label="{side}'s casualties a day"
    )
    fire_share: N = knob(
        "share", "Share of its casualties that rises and falls with the enemy's fire.", low=0, high=1, default=0.5,
        label="{side}'s losses due to fire",
    )  # fmt: skip


class AttritionParameters(Section, Generic[N]):
    """Attrition: the law, the level and the noise of losses."""

    law: Literal["square", "linear", "logarithmic", "mixed", "own"] = "mixed"
    own_exponent: N | None = knob(
        "exponent", "Of the own force, for law: own.", low=0, high=2, default=None, label="Exponent of the own force"
    )
    enemy_exponent: N | None = knob(
        "exponent", "Of the enemy's force, for law: own.", low=0, high=2, default=None, label="Exponent of the enemy's force"
    )
    mixed_exponent: N = knob(
        "exponent", "Of the enemy's force, for law: mixed; the own has the rest. 0: logarithmic law, 1: square law.", low=0,
        high=1, default=0.3, label="Losses that follow the enemy's strength",
    )  # fmt: skip
    level_factor: N = knob(
        "factor", "True casualties of both sides, as a multiple of those given, which belligerents claim.", low=0, high=10,
        default=1, label="Scale of all casualties",
    )  # fmt: skip
    tempo_ar: N = knob(
        "autocorrelation", "Of the log tempo from month to month.", low=0, high=0.999, default=0.8,
        label="Persistence of the monthly tempo",
    )  # fmt: skip
    tempo_change_log_sd: N = knob(
        "log", "Standard deviation of its monthly change.", low=0, high=2, default=0.15,
        label="Change of tempo from month to month",
    )  # fmt: skip
    noise_ar: N = knob(
        "autocorrelation", "Of the daily log noise.", low=0, high=0.999, default=0.3,
        label="Persistence of daily noise in losses",
    )  # fmt: skip
    noise_log_sd: N = knob(
        "log", "Standard deviation of the daily noise.", low=0, high=2, default=0.2, label="Daily noise in losses"
    )
    quiet_share: N = knob(
        "share", "Share of the losses not due to fire that goes on when no one attacks.", low=0, high=1, default=0.3,
        label="Losses that go on without attacks",
    )  # fmt: skip
    assault_share: N = knob(
        "share", "Of what attacks cost a side: share that its own attacks do; the rest those of the enemy.",
        low=0, high=0.9, default=0.5, label="Losses due to a side's own attacks",
    )  # fmt: skip
    protection: N = knob(
        "elasticity", "By how much losses fall as the side's own fire rises, which keeps the enemy down.",
        low=0, high=2, default=0, label="Protection by a side's own fire",
    )  # fmt: skip
    max_daily_loss_share: N = knob(
        "share a day", "The most of its force that a side loses.", low=0, high=1, default=0.03,
        label="Most of its force lost in a day",
    )  # fmt: skip
    steps_per_day: Fixed = whole(
        "steps", "Steps in which a day's losses are computed.", low=1, high=10_000, default=1, at_start=True,
        label="Steps a day in computing losses",
    )  # fmt: skip
    attacker: SideAttrition[N]
    defender: SideAttrition[N]

    @model_validator(mode="after")
    def _exponents_of_own_law(self) -> "AttritionParameters[N]":
        given = (self.own_exponent is not None, self.enemy_exponent is not None)
        if given != ((True, True) if self.law == "own" else (False, False)):
            raise ValueError("own_exponent and enemy_exponent belong to law: own, which needs both")
        return self


def battle_losses(
    force: PerSide,
    arrivals: PerSide,
    reference: PerSide,
    rate: PerSide,
    exponents: tuple[PerHistory, PerHistory],
    max_share: PerHistory,
    steps: int,
) -> PerSide:
    """Return the losses of a day, shape (2, n), in persons.

    Parameters
    ----------
    force, arrivals, reference : (2, n) persons
        Force with today's arrivals, who come evenly over the day; force at which losses are `rate`.
    rate : (2, n) persons a day
        Losses at the reference forces.
    exponents : two (n,) or (1,)
        Of the own and the enemy's force.
    max_share : (n,) share a day
        Cap, of the force of the morning.
    steps : int
        Equal steps in which the day is integrated.

    >>> one = np.ones(1)
    >>> two = np.array([[100.0], [50.0]])
    >>> battle_losses(two, 0 * two, two, np.array([[3.0], [2.0]]), (0 * one, one), one, 1).ravel()
    array([3., 2.])
    """
    # In place, because this is the hottest place of the war: formulas would add a twentieth to a run.
    own, enemy = exponents
    losses = np.zeros_like(force)
    most = max_share * force
    size, strength = np.empty_like(force), np.empty_like(force)
    for step in range(steps):
        present = force - arrivals * (1.0 - (step + 0.5) / steps)
        present -= losses
        # Less than one person is nobody; no one is lost who is not there.
        np.maximum(present, 1.0, out=size)
        size /= reference
        np.log(size, out=size)
        for side, other in ((0, 1), (1, 0)):
            np.multiply(own, size[side], out=strength[side])
            strength[side] += enemy * size[other]
        np.exp(strength, out=strength)
        strength *= rate
        np.minimum(strength, most, out=strength)
        strength /= steps
        losses += np.minimum(strength, np.maximum(present, 0.0, out=present), out=strength)
    return losses


def cost_of_attacks(reference: PerSide, quiet_share: PerHistory, assault_share: PerHistory) -> tuple[PerSide, PerSide]:
    """Return what a unit of intensity adds to the factor on each side's losses: of its own attacks, and of the enemy's.

    The factor is 1 where both attack as at the `reference`; `quiet_share` of the losses go on when no one attacks, and of
    the others `assault_share` come from the side's own attacks.

    >>> own, enemy = cost_of_attacks(np.ones((2, 1)), np.array([0.2]), np.array([0.75]))
    >>> own.ravel(), enemy.ravel()
    (array([0.6, 0.6]), array([0.2, 0.2]))
    """
    then = assault_share * reference + (1.0 - assault_share) * reference[::-1]
    # Where no one attacked then, attacks come on top of what is lost without.
    unit = (1.0 - quiet_share) / np.where(then > 0, then, 1.0)
    return unit * assault_share, unit * (1.0 - assault_share)


def _not_zero(values: PerHistory) -> PerHistory:
    return np.where(values == 0, 1.0, values)


def _per_km2(now: State, casualties: Column) -> Column:
    taken = now.held_area - now.handed_over - now.start.held_area
    return where(taken > 0, casualties / _not_zero(taken))


class Attrition(Mechanism):
    """Losses of both sides."""

    name = "attrition"
    parameters = AttritionParameters[Quantity]
    steps = ("attrition",)
    leaves_out = "space, weapons, quality, prisoners; losses depend on totals"

    casualties: PerSide = owned("persons a day", "Killed and wounded today.", SIDES, start=0.0)
    cumulative_casualties: PerSide = owned(
        "persons", "Killed and wounded since the start.", SIDES, start=0.0, series=True, grows=True
    )
    claimed_casualties: PerSide = owned(
        "persons", "Those casualties as they are claimed: divided by the level factor of their day.", SIDES, start=0.0
    )
    tempo: PerHistory = owned("factor", "Slow level of the fighting, 1 at the start.", start=1.0)
    log_tempo: PerHistory = owned("log", "Of the tempo, before its mean is taken out.", start=0.0, inner=True)
    tempo_variance: PerHistory = owned("log2", "Variance of the log tempo so far.", start=0.0, inner=True)
    noise: PerSide = owned("log", "Noise of the day, before its mean is taken out.", SIDES, start=0.0, inner=True)

    outcomes: ClassVar = (
        *both(Outcome(
            "casualties", "Casualties, {side}", "persons", "Killed and wounded since the start.",
            lambda now, side: now.cumulative_casualties[side], low=0, adds_up=True,
            headline=(4, 6), told=True,
        )),
        *both(Outcome(
            "daily_casualties_30_days", "Casualties a day in the first 30 days, {side}", "persons a day", "Their mean.",
            lambda now, side: now.cumulative_casualties[side] / now.day, section="year_one", months=1, low=0,
        )),
        *both(Outcome(
            "casualties_12_months", "Casualties, {side}", "persons", "In the first 365 days.",
            lambda now, side: now.cumulative_casualties[side], section="", months=12, low=0,
        )),
        Outcome(
            "casualties_per_km2_12_months", "Casualties of {attacker} per km2 taken", "persons per km2",
            "In the first 365 days; empty if no ground was gained.",
            lambda now: _per_km2(now, now.cumulative_casualties[0]),
            section="year_one", months=12, low=0, always=False,
        ),
        # As whoever counted them would say, so that they compare with counts.
        *both(Outcome(
            "claimed_casualties_30_days", "Casualties a day in the first 30 days as claimed, {side}", "persons a day",
            "Their mean, divided by the factor by which true casualties differ from what is claimed (`level_factor`).",
            lambda now, side: now.claimed_casualties[side] / now.day, section="", months=1, low=0,
        )),
        Outcome(
            "claimed_casualties_per_km2_12_months", "Casualties of {attacker} as claimed per km2 taken", "persons per km2",
            "In the first 365 days; empty if no ground was gained.", lambda now: _per_km2(now, now.claimed_casualties[0]),
            section="", months=12, low=0, always=False,
        ),
        *both(Outcome(
            "wounded_per_month_12_months", "Wounded a month, {side}", "persons a month",
            "Mean of the first 365 days; empty if there was a ceasefire in them.",
            lambda now, side: (now.cumulative_casualties[side] - now.killed[side]) / months_at_war(now),
            section="", months=12, low=0, always=False,
        )),
    )  # fmt: skip

    force: PerSide = seen()
    arrivals: PerSide = seen()
    reference_force: PerSide = seen()
    fire: PerSide = seen()
    reference_fire: PerSide = seen()
    ready_fire: PerSide = seen()
    intensity: PerSide = seen()
    reference_intensity: PerSide = seen()
    harder: PerSide = seen()
    fighting: PerHistory = seen()
    at_war: PerHistory = seen()
    ending_day: Ints = seen()

    knobs: AttritionParameters[PerHistory]
    sides: SideAttrition[PerSide]

    def begin(self) -> None:
        """Open the streams of luck."""
        self._months = self.world.calendar.month_starts(self.world.setting.days)
        self._may_escalate = self.drawn.knobs("escalation") is not None
        self._tempo_luck = self.world.draws.normal("attrition/tempo", in_turn=True)
        self._noise_luck = [self.world.draws.normal(f"attrition/noise/{side}", in_turn=True) for side in SIDES]

    @derived
    def exponents(self) -> tuple[PerHistory, PerHistory]:
        """Of the own and the enemy's force."""
        knobs = self.knobs
        if knobs.own_exponent is not None and knobs.enemy_exponent is not None:
            return knobs.own_exponent, knobs.enemy_exponent
        if knobs.law == "mixed":
            return 1.0 - knobs.mixed_exponent, knobs.mixed_exponent
        own, enemy = LAWS[knobs.law]
        return np.array([own]), np.array([enemy])

    @derived
    def costs(self) -> tuple[PerSide, PerSide, PerSide, PerSide]:
        """Losses a day: in quiet, and by a unit of the side's own attacks, of the enemy's, and of the enemy's fire."""
        knobs, share = self.knobs, self.sides.fire_share
        level = self.sides.daily_casualties * knobs.level_factor
        own, enemy = cost_of_attacks(self.reference_intensity, knobs.quiet_share, knobs.assault_share)
        without = level * (1.0 - share)
        return without * knobs.quiet_share, without * own, without * enemy, level * share / self.reference_fire[::-1]

    @derived
    def calm(self) -> PerHistory:
        """What takes the mean out of the noise."""
        return -0.5 * self.knobs.noise_log_sd**2

    @derived
    def claimed_of_true(self) -> PerHistory:
        """What is claimed, as a multiple of true casualties."""
        return 1.0 / _not_zero(self.knobs.level_factor)

    @derived
    def noise_step(self) -> PerHistory:
        """Spread of the daily step of the noise."""
        return self.knobs.noise_log_sd * np.sqrt(1.0 - self.knobs.noise_ar**2)

    def life(self) -> Process:
        """Move tempo and noise, then fight, every day."""
        while True:
            yield self.world.agenda.next("attrition")
            day = self.world.agenda.today
            if month := self._months.get(day):
                self._move_tempo(month)
            self._move_noise(day)
            self._fight()

    def _move_tempo(self, month: int) -> None:
        kept, spread = self.knobs.tempo_ar, self.knobs.tempo_change_log_sd
        self.log_tempo = kept * self.log_tempo + spread * self._tempo_luck.at(month)
        self.tempo_variance = kept**2 * self.tempo_variance + spread**2
        self.tempo = np.exp(self.log_tempo - 0.5 * self.tempo_variance)

    def _move_noise(self, day: int) -> None:
        for side, luck in enumerate(self._noise_luck):
            if day == 0:
                self.noise[side] = self.knobs.noise_log_sd * luck.at(0)
            else:
                self.noise[side] *= self.knobs.noise_ar
                self.noise[side] += self.noise_step * luck.at(day)

    def _fight(self) -> None:
        knobs = self.knobs
        quiet, own, enemy, of_fire = self.costs
        # Fire rests already.
        intensity, quiet = self.intensity * self.fighting, quiet * self.fighting
        rate = own * intensity
        rate += enemy * intensity[::-1]
        rate += of_fire * self.fire[::-1]
        rate += quiet
        # One's own fire keeps the enemy down.
        factor = np.log(np.maximum(self.ready_fire, 0.01) / self.reference_fire)
        factor *= -knobs.protection
        factor += self.noise
        factor += self.calm
        rate *= np.exp(factor, out=factor)
        rate *= self.tempo * self.at_war
        if self._may_escalate:
            rate *= self.harder
        self.casualties = battle_losses(
            self.force, self.arrivals, self.reference_force, rate, self.exponents, knobs.max_daily_loss_share,
            knobs.steps_per_day.whole,
        )  # fmt: skip
        self.cumulative_casualties += self.casualties
        self.claimed_casualties += self.casualties * self.claimed_of_true

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of losses."""
        yield "casualties are a number and never negative", ~(self.casualties >= 0)
        over = (self.ending_day >= 0) & (self.ending_day <= self.world.agenda.today)
        yield "no losses when the war is over", (self.casualties > 0) & over
