"""Attrition: what each side loses in a day of fighting.

Reference-normalised: an analyst types the casualties a day that are observed at the start, and another law needs no
re-scaling. Losses follow the own and the enemy's force (Lanchester 1916 and its generalisations), the enemy's fire, how hard
the attacker attacks, a slow tempo of the war and daily noise.

The laws are exponents (own, enemy). `mixed` is the one that 186 battles since 1914 fit best (regression of log casualties on
log strengths in CDB90, the database of battles of the US Army's Concepts Analysis Agency, edition of J. B. Arnold).

Left out: space, weapons, quality, prisoners; losses depend on totals.
"""

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from sim.engine.agenda import Process
from sim.engine.draws import Floats
from sim.engine.fields import Field
from sim.engine.world import Mechanism, World
from sim.model.parameters import SIDES, Drawn
from sim.scenario import Fixed, Quantity, Section, knob, whole

LAWS = {"square": (0.0, 1.0), "linear": (1.0, 1.0), "logarithmic": (1.0, 0.0), "mixed": (0.7, 0.3)}


class SideAttrition(Section):
    """What one side suffers."""

    daily_casualties: Quantity = knob("persons a day", "Killed and wounded a day at the start.", low=0, high=1e6)
    fire_share: Quantity = knob(
        "share", "Share of its casualties that rises and falls with the enemy's fire.", low=0, high=1
    )


class AttritionParameters(Section):
    """Attrition: the law, the level and the noise of losses."""

    law: Literal["square", "linear", "logarithmic", "mixed", "own"]
    own_exponent: Quantity | None = knob("exponent", "Of the own force, for law: own.", low=0, high=2, default=None)
    enemy_exponent: Quantity | None = knob("exponent", "Of the enemy's force, for law: own.", low=0, high=2, default=None)
    level_factor: Quantity = knob(
        "factor", "Common factor on all casualties: the counts come from belligerents.", low=0, high=10
    )
    tempo_ar: Quantity = knob("autocorrelation", "Of the log tempo from month to month.", low=0, high=0.999)
    tempo_change_log_sd: Quantity = knob("log", "Standard deviation of its monthly change.", low=0, high=2)
    noise_ar: Quantity = knob("autocorrelation", "Of the daily log noise.", low=0, high=0.999)
    noise_log_sd: Quantity = knob("log", "Standard deviation of the daily noise.", low=0, high=2)
    quiet_share: Quantity = knob("share", "Share of the losses that go on when no one attacks.", low=0, high=1)
    max_daily_loss_share: Quantity = knob("share a day", "The most of its force that a side loses.", low=0, high=1)
    steps_per_day: Fixed = whole("steps", "Steps in which a day's losses are computed.", low=1, high=10_000, at_start=True)
    attacker: SideAttrition
    defender: SideAttrition

    @model_validator(mode="after")
    def _exponents_of_own_law(self) -> "AttritionParameters":
        given = (self.own_exponent is not None, self.enemy_exponent is not None)
        if given != ((True, True) if self.law == "own" else (False, False)):
            raise ValueError("own_exponent and enemy_exponent belong to law: own, which needs both")
        return self


def battle_losses(
    force: Floats,
    arrivals: Floats,
    reference: Floats,
    rate: Floats,
    exponents: tuple[Floats, Floats],
    max_share: Floats,
    steps: int,
) -> Floats:
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


class Attrition(Mechanism):
    """Losses of both sides."""

    name = "attrition"
    parameters = AttritionParameters
    steps = ("attrition",)

    sentences: ClassVar = {}

    @classmethod
    def fields(cls, section: AttritionParameters) -> tuple[Field, ...]:
        """Return the fields of attrition."""
        return (
            Field("casualties", "persons a day", "Killed and wounded today.", SIDES),
            Field("cumulative_casualties", "persons", "Killed and wounded since the start.", SIDES, series=True),
            Field("tempo", "factor", "Slow level of the fighting, 1 at the start."),
        )

    def __init__(self, world: World, section: AttritionParameters, drawn: Drawn) -> None:
        self._world, self._drawn, self._law, self._steps = world, drawn, section.law, section.steps_per_day.whole
        self._months = world.calendar.month_starts(world.setting.days)
        self._tempo_luck = world.draws.normal("attrition/tempo", in_turn=True)
        self._log_tempo, self._tempo_variance = np.zeros(world.n), np.zeros(world.n)
        self._noise_luck = [world.draws.normal(f"attrition/noise/{side}", in_turn=True) for side in SIDES]
        self._noise = np.zeros((2, world.n))

        self.casualties = world.own("attrition", "casualties", 0.0)
        self.cumulative = world.own("attrition", "cumulative_casualties", 0.0)
        self.tempo = world.own("attrition", "tempo", 1.0)
        see = world.fields.see
        self._force, self._arrivals, self._reference = see("force"), see("arrivals"), see("reference_force")
        self._fire, self._intensity, self._at_war = see("fire"), see("intensity"), see("at_war")
        self._fire_at_start, self._ending_day = see("fire_at_start"), see("ending_day")
        self.derive()
        drawn.follow("attrition", self.derive)

    def derive(self) -> None:
        """Work out what depends on the parameters in force."""

        def one(name: str) -> Floats:
            return self._drawn.one(f"attrition.{name}")

        if self._law == "own":
            self._exponents = (one("own_exponent"), one("enemy_exponent"))
        else:
            own, enemy = LAWS[self._law]
            self._exponents = (np.array([own]), np.array([enemy]))
        self._reference_rate = self._drawn.sides("attrition", "daily_casualties") * one("level_factor")
        fire_share = self._drawn.sides("attrition", "fire_share")
        self._fire_share_of_start = fire_share / self._fire_at_start[::-1]
        self._fireless = 1.0 - fire_share
        self._quiet_share = one("quiet_share")
        self._loud_share = 1.0 - self._quiet_share
        self._max_share = one("max_daily_loss_share")
        self._tempo_ar, self._tempo_sd = one("tempo_ar"), one("tempo_change_log_sd")
        self._noise_ar, self._noise_sd = one("noise_ar"), one("noise_log_sd")
        self._noise_step = self._noise_sd * np.sqrt(1.0 - self._noise_ar**2)
        self._noise_mean = -0.5 * self._noise_sd**2

    def life(self) -> Process:
        """Move tempo and noise, then fight, every day."""
        while True:
            yield self._world.agenda.next("attrition")
            day = self._world.agenda.today
            month = self._months.get(day)
            if month:
                self._move_tempo(month)
            self._move_noise(day)
            self._fight()

    def _move_tempo(self, month: int) -> None:
        self._log_tempo = self._tempo_ar * self._log_tempo + self._tempo_sd * self._tempo_luck.at(month)
        self._tempo_variance = self._tempo_ar**2 * self._tempo_variance + self._tempo_sd**2
        self.tempo[...] = np.exp(self._log_tempo - 0.5 * self._tempo_variance)

    def _move_noise(self, day: int) -> None:
        for side, luck in enumerate(self._noise_luck):
            if day == 0:
                self._noise[side] = self._noise_sd * luck.at(0)
            else:
                self._noise[side] *= self._noise_ar
                self._noise[side] += self._noise_step * luck.at(day)

    def _fight(self) -> None:
        effort = self._loud_share * self._intensity
        effort += self._quiet_share
        effort *= self.tempo
        effort *= self._at_war
        rate = self._noise + self._noise_mean
        np.exp(rate, out=rate)
        rate *= self._fireless + self._fire_share_of_start * self._fire[::-1]
        rate *= self._reference_rate
        rate *= effort
        self.casualties[...] = battle_losses(
            self._force, self._arrivals, self._reference, rate, self._exponents, self._max_share, self._steps
        )
        self.cumulative += self.casualties

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of losses."""
        yield "casualties are a number and never negative", ~(self.casualties >= 0)
        over = (self._ending_day >= 0) & (self._ending_day <= self._world.agenda.today)
        yield "no losses when the war is over", (self.casualties > 0) & over
