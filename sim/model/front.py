"""The front: how the line moves, in km2 a day.

The advance is a reference pace that reverts to a settled one (autumn peaks did not last), times a saturating function of the
balance of force and fire relative to the start, how hard the attacker attacks, the season and fortified belts. In a band of
balance the front stands still; below it the defender regains ground.

Sources: that the force ratio decides whether ground is gained rather than how fast, and that fortification halves the pace:
regressions on CDB90 (database of battles); the reversion: monthly changes of mapped area 2023-24. The elasticities at
the scale of a theatre are poorly known.

Left out: where the line is, encirclement, breakthrough, terrain beyond belts.
"""

import datetime
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Option
from pydantic import model_validator

from sim.engine.agenda import Process
from sim.engine.calendar import DAYS_PER_YEAR
from sim.engine.draws import Floats, Ints
from sim.engine.fields import Field
from sim.engine.world import Mechanism, World, differs
from sim.model.backers import Side
from sim.model.parameters import Drawn
from sim.scenario import Item, Quantity, Section, knob


class Offensive(Item):
    """A time of harder (or weaker) attack from a date on."""

    date: datetime.date
    days: Quantity = knob("days", "How long it lasts.", low=1, high=5000, at_start=True)
    intensity: Quantity = knob("factor", "On how hard the attacker attacks.", low=0, high=10, at_start=True)
    probability: Quantity = knob("share", "With what chance it happens.", low=0, high=1, at_start=True)


class Belt(Item):
    """A fortified belt, placed by the ground the attacker has gained since the start when he reaches it."""

    held_by: Side
    at_km2: Quantity = knob("km2", "Ground gained since the start at which it begins.", low=-1e7, high=1e7)
    depth_km2: Quantity = knob("km2", "Ground within it.", low=0, high=1e7)
    pace_share: Quantity = knob("share", "Pace of the enemy's advance within it.", low=0, high=1)


class FrontParameters(Section):
    """The front: ground, pace, balance, season, belts."""

    held_area_km2: Quantity = knob("km2", "Area the attacker holds at the start.", low=0, high=1e8, at_start=True)
    total_area_km2: Quantity = knob("km2", "Area fought over, held by either side.", low=1e-3, high=1e8, at_start=True)
    advance_km2_per_day: Quantity = knob("km2 a day", "Pace of the attacker's advance at the start.", low=1e-9, high=1e5)
    advance_settled_km2_per_day: Quantity = knob("km2 a day", "Mean pace to which it reverts.", low=1e-9, high=1e5)
    advance_reverts_days: Quantity = knob("days", "Time constant of that reversion.", low=1, high=1e5)
    advance_log_sd: Quantity = knob("log", "Spread of the pace around its mean.", low=0, high=3)
    fastest_advance_ratio: Quantity = knob(
        "ratio", "Fastest pace, as a multiple, when the balance is overwhelming.", low=1.01, high=100
    )
    force_elasticity: Quantity = knob("elasticity", "Of the pace to the force ratio, at the start.", low=0, high=20)
    fire_elasticity: Quantity = knob("elasticity", "Of the pace to the fire ratio, at the start.", low=0, high=20)
    stalemate_band: Quantity = knob("log balance", "Width of the balance in which the front stands still.", low=0, high=20)
    counter_attack_share: Quantity = knob(
        "share", "Pace of the defender's counter-attack against the attacker's at the same push.", low=0, high=10
    )
    pace_from_effort_share: Quantity = knob(
        "share", "Share of the (log) change of pace that comes from attacking harder, which costs more.", low=0, high=1
    )
    intensity_trend_per_year: Quantity = knob("per year", "Yearly change of how hard the attacker attacks.", low=-1, high=10)
    mud_months: list[int] = Option(description="Calendar months (1-12) of mud or bad weather.")
    mud_season_factor: Quantity = knob("factor", "On the pace in those months.", low=0, high=10)
    dry_season_factor: Quantity = knob("factor", "On the pace in the other months.", low=0, high=10)
    offensives: list[Offensive] = Option(default_factory=list)
    belts: list[Belt] = Option(default_factory=list)

    @model_validator(mode="after")
    def _consistent(self) -> "FrontParameters":
        if any(month not in range(1, 13) for month in self.mud_months):
            raise ValueError("mud_months are numbers of calendar months, from 1 to 12")
        if self.held_area_km2.support[1] > self.total_area_km2.support[0]:
            raise ValueError("held_area_km2 can be larger than total_area_km2")
        return self


def advance_shape(fastest: Floats) -> tuple[Floats, Floats]:
    """Return the scale of the balance and the attacker's lead at the start that belong to a fastest advance.

    They make `advance_ratio` 1 with slope 1 at balance 0, so that the elasticities of the balance are those of the pace.
    """
    scale = fastest - 1.0 / fastest
    return scale, scale * np.arctanh(1.0 / fastest)


def advance_ratio(balance: Floats, fastest: Floats, band: Floats, shape: tuple[Floats, Floats] | None = None) -> Floats:
    """Return the pace relative to the reference as the balance moves: 1 at balance 0, at most `fastest`, negative below.

    `shape` is what `advance_shape` makes of `fastest`, for those who have it at hand.

    >>> advance_ratio(np.array([0.0, -0.95, -9.0]), np.full(3, 3.0), np.full(3, 0.3)).round(2)
    array([ 1.  ,  0.  , -2.98])
    """
    scale, lead = advance_shape(fastest) if shape is None else shape
    drive = balance + lead
    push = np.maximum(drive, 0.0)
    drive += band
    push += np.minimum(drive, 0.0, out=drive)
    push /= scale
    np.tanh(push, out=push)
    push *= fastest
    return push


class Front(Mechanism):
    """The line of contact."""

    name = "front"
    parameters = FrontParameters
    topics = ("offensive begins", "offensive ends")
    steps = ("front",)
    sentences: ClassVar = {
        "offensive begins": "An offensive begins: intensity x {intensity:.2f} for {days:.0f} days.",
        "offensive ends": "The offensive ends.",
    }

    @classmethod
    def fields(cls, section: FrontParameters) -> tuple[Field, ...]:
        """Return the fields of the front."""
        return (
            Field("held_area", "km2", "Area the attacker holds.", series=True),
            Field("free_area", "km2", "Area the defender holds."),
            Field("advance", "km2 a day", "Ground the attacker gained today."),
            Field("intensity", "factor", "How hard the attacker attacks, 1 at the start."),
            Field("balance", "log", "How much stronger the attacker's force and fire are than at the start."),
        )

    def __init__(self, world: World, section: FrontParameters, drawn: Drawn) -> None:
        self._world, self._drawn, self._section = world, drawn, section
        self._area_at_start, self._total_area = drawn.one("front.held_area_km2"), drawn.one("front.total_area_km2")
        self._luck = world.draws.normal("front/pace", in_turn=True)
        self._log_pace = np.zeros(world.n)
        self.held_area = world.own("front", "held_area", self._area_at_start)
        self.free_area = world.own("front", "free_area", self._total_area - self._area_at_start)
        self.advance = world.own("front", "advance", 0.0)
        self.intensity = world.own("front", "intensity", 1.0)
        self.balance = world.own("front", "balance", 0.0)
        see = world.fields.see
        self._force, self._fire, self._at_war = see("force"), see("ready_fire"), see("at_war")
        reference, fire_at_start = see("reference_force"), see("fire_at_start")
        self._force_parity, self._fire_parity = reference[1] / reference[0], fire_at_start[1] / fire_at_start[0]
        self._ending_day = see("ending_day")
        self._book_offensives(drawn)
        self.derive()
        drawn.follow("front", self.derive)

    def derive(self) -> None:
        """Work out what depends on the parameters in force."""

        def one(name: str) -> Floats:
            return self._drawn.one(f"front.{name}")

        self._reference = one("advance_km2_per_day")
        spread = one("advance_log_sd")
        self._persistence = np.exp(-1.0 / one("advance_reverts_days"))
        self._log_settled = np.log(one("advance_settled_km2_per_day") / self._reference) - 0.5 * spread**2
        self._log_step = spread * np.sqrt(1.0 - self._persistence**2)
        self._fastest, self._band = one("fastest_advance_ratio"), one("stalemate_band")
        self._shape = advance_shape(self._fastest)
        self._force_elasticity, self._fire_elasticity = one("force_elasticity"), one("fire_elasticity")
        self._counter = one("counter_attack_share")
        self._trend = one("intensity_trend_per_year")
        self._effort_share = one("pace_from_effort_share")
        self._season = {True: one("mud_season_factor"), False: one("dry_season_factor")}
        self._belts = []
        for belt in self._section.belts:
            start, depth = one(f"belts.{belt.id}.at_km2"), one(f"belts.{belt.id}.depth_km2")
            self._belts.append((belt.held_by == "defender", start, start + depth, one(f"belts.{belt.id}.pace_share")))

    def _book_offensives(self, drawn: Drawn) -> None:
        world, offensives = self._world, self._section.offensives
        world.agenda.topic("offensive begins", len(offensives), self._offensive_begins)
        world.agenda.topic("offensive ends", len(offensives), self._offensive_ends)
        ids = [offensive.id for offensive in offensives]
        self._surge = drawn.rows("front.offensives", ids, "intensity")
        self._surge_days = np.maximum(1, np.rint(drawn.rows("front.offensives", ids, "days"))).astype(np.int64)
        self._surging = np.zeros((len(offensives), world.n), dtype=np.bool_)
        for item, offensive in enumerate(offensives):
            happens = world.draws.uniform(f"front/offensive/{offensive.id}").at(0)
            day = world.calendar.day_of(offensive.date)
            if day >= 0:
                cohort = np.flatnonzero(happens < drawn.one(f"front.offensives.{offensive.id}.probability"))
                world.agenda.book("offensive begins", item, cohort, day)

    def _offensive_begins(self, day: int, item: int, cohort: Ints) -> None:
        cohort = cohort[self._at_war[cohort] > 0]
        self._surging[item, cohort] = True
        days = self._surge_days[item, cohort]
        self._world.agenda.book("offensive ends", item, cohort, day + days)
        intensity = self._surge[item, cohort]
        self._world.recorder.tell(day, cohort, "offensive begins", intensity=intensity, days=days.astype(np.float64))

    def _offensive_ends(self, day: int, item: int, cohort: Ints) -> None:
        self._surging[item, cohort] = False
        self._world.recorder.tell(day, cohort, "offensive ends")

    def life(self) -> Process:
        """Move the front every day."""
        while True:
            yield self._world.agenda.next("front")
            day = self._world.agenda.today
            if day > 0:
                self._move_pace(day)
            surge = self._surge_today(day)
            np.multiply(surge, np.exp(self._effort_share * self._log_pace), out=self.intensity)
            self._move(surge, self._world.calendar.date_of(day).month)

    def _move_pace(self, day: int) -> None:
        self._log_pace -= self._log_settled
        self._log_pace *= self._persistence
        self._log_pace += self._log_settled
        self._log_pace += self._log_step * self._luck.at(day)

    def _surge_today(self, day: int) -> Floats:
        surge = np.maximum(1.0 + self._trend * (day / DAYS_PER_YEAR), 0.0)
        for surging, intensity in zip(self._surging, self._surge, strict=True):
            surge = np.where(surging, surge * intensity, surge)
        return surge

    def _balance(self) -> Floats:
        size, fire = np.maximum(self._force, 1.0), np.maximum(self._fire, 0.01)
        balance: Floats = np.log(size[0] / size[1] * self._force_parity)
        balance *= self._force_elasticity
        balance += self._fire_elasticity * np.log(fire[0] / fire[1] * self._fire_parity)
        return balance

    def _move(self, surge: Floats, month: int) -> None:
        self.balance[...] = self._balance()
        ratio = advance_ratio(self.balance, self._fastest, self._band, self._shape)
        ratio *= np.where(ratio > 0, surge, self._counter)
        ratio *= self._reference * np.exp(self._log_pace)
        ratio *= self._season[month in self._section.mud_months] * self._at_war
        gained = self.held_area - self._area_at_start
        for against_attacker, start, end, pace_share in self._belts:
            slowed = (gained >= start) & (gained < end) & ((ratio > 0) == against_attacker)
            ratio = np.where(slowed, ratio * pace_share, ratio)
        # Neither side can lose ground it does not hold.
        np.clip(ratio, -self.held_area, self.free_area, out=self.advance)
        self.held_area += self.advance
        self.free_area -= self.advance

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of ground."""
        total = self.held_area + self.free_area
        yield "the areas of both sides add up", differs(total, self._total_area)
        yield "no area is negative", ~((self.held_area >= -1e-6) & (self.free_area >= -1e-6))
        over = (self._ending_day >= 0) & (self._ending_day <= self._world.agenda.today)
        yield "no advance when the war is over", (self.advance != 0) & over
