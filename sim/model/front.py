"""The front: how the line moves, in km2 a day.

The advance is a reference pace that reverts to a settled one (autumn peaks did not last), times a saturating function of the
balance of force and fire relative to the start, how hard the attacker attacks, the season and fortified belts. In a band of
balance the front stands still; below it the defender regains ground.

Sources: that the force ratio decides whether ground is gained rather than how fast, and that fortification halves the pace:
regressions on CDB90 (database of battles); the reversion: monthly changes of mapped area 2023-24. The elasticities at
the scale of a theatre are poorly known.
"""

import datetime
from collections.abc import Iterator
from typing import ClassVar, Generic

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Option
from pydantic import model_validator

from sim.engine.agenda import Process
from sim.engine.calendar import DAYS_PER_YEAR
from sim.engine.draws import Ints
from sim.engine.mechanism import Mechanism, PerHistory, PerSide, derived, owned, seen
from sim.engine.recorder import EventKind
from sim.engine.world import differs
from sim.model.outcomes import Column, Outcome, State
from sim.model.parameters import SideName
from sim.model.planned import Planned
from sim.scenario import Item, N, Quantity, Section, knob


class Offensive(Item, Generic[N]):
    """A time of harder (or weaker) attack from a date on."""

    date: datetime.date
    days: N = knob("days", "How long it lasts.", low=1, high=5000, at_start=True)
    intensity: N = knob("factor", "On how hard the attacker attacks.", low=0, high=10, at_start=True)
    probability: N = knob("share", "With what chance it happens.", low=0, high=1, at_start=True)


class Belt(Item, Generic[N]):
    """A fortified belt, placed by the ground the attacker has gained since the start when he reaches it."""

    held_by: SideName
    at_km2: N = knob("km2", "Ground gained since the start at which it begins.", low=-1e7, high=1e7)
    depth_km2: N = knob("km2", "Ground within it.", low=0, high=1e7)
    pace_share: N = knob("share", "Pace of the enemy's advance within it.", low=0, high=1)


class FrontParameters(Section, Generic[N]):
    """The front: ground, pace, balance, season, belts."""

    held_area_km2: N = knob("km2", "Area the attacker holds at the start.", low=0, high=1e8, at_start=True)
    total_area_km2: N = knob("km2", "Area fought over, held by either side.", low=1e-3, high=1e8, at_start=True)
    advance_km2_per_day: N = knob("km2 a day", "Pace of the attacker's advance at the start.", low=1e-9, high=1e5)
    advance_settled_km2_per_day: N = knob("km2 a day", "Mean pace to which it reverts.", low=1e-9, high=1e5)
    advance_reverts_days: N = knob("days", "Time constant of that reversion.", low=1, high=1e5)
    advance_log_sd: N = knob("log", "Spread of the pace around its mean.", low=0, high=3)
    fastest_advance_ratio: N = knob(
        "ratio", "Fastest pace, as a multiple, when the balance is overwhelming.", low=1.01, high=100
    )
    force_elasticity: N = knob("elasticity", "Of the pace to the force ratio, at the start.", low=0, high=20)
    fire_elasticity: N = knob("elasticity", "Of the pace to the fire ratio, at the start.", low=0, high=20)
    stalemate_band: N = knob("log balance", "Width of the balance in which the front stands still.", low=0, high=20)
    counter_attack_share: N = knob(
        "share", "Pace of the defender's counter-attack against the attacker's at the same push.", low=0, high=10
    )
    pace_from_effort_share: N = knob(
        "share", "Share of the (log) change of pace that comes from attacking harder, which costs more.", low=0, high=1
    )
    intensity_trend_per_year: N = knob("per year", "Yearly change of how hard the attacker attacks.", low=-1, high=10)
    mud_months: list[int] = Option(description="Calendar months (1-12) of mud or bad weather.")
    mud_season_factor: N = knob("factor", "On the pace in those months.", low=0, high=10)
    dry_season_factor: N = knob("factor", "On the pace in the other months.", low=0, high=10)
    offensives: list[Offensive[N]] = Option(default_factory=list)
    belts: list[Belt[N]] = Option(default_factory=list)

    @model_validator(mode="after")
    def _consistent(self: "FrontParameters[Quantity]") -> "FrontParameters[Quantity]":
        if any(month not in range(1, 13) for month in self.mud_months):
            raise ValueError("mud_months are numbers of calendar months, from 1 to 12")
        if self.held_area_km2.support[1] > self.total_area_km2.support[0]:
            raise ValueError("held_area_km2 can be larger than total_area_km2")
        return self


def advance_shape(fastest: PerHistory) -> tuple[PerHistory, PerHistory]:
    """Return the scale of the balance and the attacker's lead at the start that belong to a fastest advance.

    They make `advance_ratio` 1 with slope 1 at balance 0, so that the elasticities of the balance are those of the pace.
    """
    scale = fastest - 1.0 / fastest
    return scale, scale * np.arctanh(1.0 / fastest)


def advance_ratio(
    balance: PerHistory, fastest: PerHistory, band: PerHistory, shape: tuple[PerHistory, PerHistory] | None = None
) -> PerHistory:
    """Return the pace relative to the reference as the balance moves: 1 at balance 0, at most `fastest`, negative below.

    `shape` is what `advance_shape` makes of `fastest`, for those who have it at hand.

    >>> advance_ratio(np.array([0.0, -0.95, -9.0]), np.full(3, 3.0), np.full(3, 0.3)).round(2)
    array([ 1.  ,  0.  , -2.98])
    """
    scale, lead = advance_shape(fastest) if shape is None else shape
    drive = balance + lead
    # Between 0 and the band below it neither side gets anywhere.
    push = np.maximum(drive, 0.0) + np.minimum(drive + band, 0.0)
    ratio: PerHistory = fastest * np.tanh(push / scale)
    return ratio


def parity(reference_force: PerSide, reference_fire: PerSide) -> PerSide:
    """Return the defender's force and fire over the attacker's where the balance is 0, (2, n)."""
    return np.stack([start[1] / start[0] for start in (reference_force, reference_fire)])


def log_balance(
    force: PerSide, fire: PerSide, parity: PerSide, force_elasticity: PerHistory, fire_elasticity: PerHistory
) -> PerHistory:
    """Return how much stronger the attacker's force and fire are than at the start, as a logarithm.

    `parity` is the defender's over the attacker's at the start, of force and of fire. Less than a soldier and than a
    hundredth of the fire count as that.
    """
    size, shots = np.maximum(force, 1.0), np.maximum(fire, 0.01)
    of_force = np.log(size[0] / size[1] * parity[0])
    balance: PerHistory = force_elasticity * of_force + fire_elasticity * np.log(shots[0] / shots[1] * parity[1])
    return balance


def slowed(pace: PerHistory, ground: PerHistory, belt: "Belt[PerHistory]") -> PerHistory:
    """Return the pace where a belt slows the enemy of who holds it, `ground` being what was gained since the start."""
    inside = (ground >= belt.at_km2) & (ground < belt.at_km2 + belt.depth_km2)
    against = (pace > 0) == (belt.held_by == "defender")
    through: PerHistory = np.where(inside & against, pace * belt.pace_share, pace)
    return through


def _taken(now: State) -> Column:
    taken: Column = now.held_area - now.start.held_area
    return taken


class Front(Mechanism):
    """The line of contact."""

    name = "front"
    parameters = FrontParameters[Quantity]
    topics = ("offensive begins", "offensive ends")
    steps = ("front",)
    leaves_out = "where the line is, encirclement, breakthrough, terrain beyond belts"
    kinds: ClassVar = {
        "offensive begins": EventKind(
            "An offensive begins: intensity x {intensity:.2f} for {days:.0f} days.", begins="offensive"
        ),
        "offensive ends": EventKind("The offensive ends.", ends=("offensive",)),
    }

    held_area: PerHistory = owned("km2", "Area the attacker holds.", series=True)
    free_area: PerHistory = owned("km2", "Area the defender holds.")
    advance: PerHistory = owned("km2 a day", "Ground the attacker gained today.", start=0.0)
    intensity: PerHistory = owned("factor", "How hard the attacker attacks, 1 at the start.", start=1.0)
    balance: PerHistory = owned("log", "How much stronger the attacker's force and fire are than at the start.", start=0.0)
    log_pace: PerHistory = owned("log", "Pace against the pace at the start, all else equal.", start=0.0, inner=True)

    outcomes: ClassVar = (
        Outcome(
            "ground_gained_km2", "Net land taken by {attacker} (km2)", "km2", "Since the start.", _taken, adds_up=True,
            headline=5, told="compared",
        ),
        Outcome(
            "ground_30_days_km2", "Land taken in the first 30 days (km2)", "km2", "Gained by the attacker.", _taken,
            section="year_one", months=1,
        ),
        Outcome(
            "ground_12_months_km2", "Land taken (km2)", "km2", "Gained by the attacker in the first 365 days.", _taken,
            section="year_one", months=12,
        ),
    )  # fmt: skip

    force: PerSide = seen()
    ready_fire: PerSide = seen()
    rout_pace: PerHistory = seen()
    reference_force: PerSide = seen()
    fire_at_start: PerSide = seen()
    at_war: PerHistory = seen()
    ending_day: Ints = seen()

    knobs: FrontParameters[PerHistory]

    def begin(self) -> None:
        """Draw the line, and plan the offensives."""
        knobs = self.knobs
        self._area_at_start, self._total_area = knobs.held_area_km2, knobs.total_area_km2
        self.held_area, self.free_area = self._area_at_start, self._total_area - self._area_at_start
        self._parity = parity(self.reference_force, self.fire_at_start)
        self._luck = self.world.draws.normal("front/pace", in_turn=True)
        self._offensives = Planned(
            self.world, self.at_war, knobs.offensives, "front/offensive",
            ("offensive begins", self._offensive_begins), ("offensive ends", self._offensive_ends),
            self.drawn.stacked("front", knobs.offensives).days,
        )  # fmt: skip

    def _offensive_begins(self, day: int, item: int, cohort: Ints) -> None:
        intensity, days = self.knobs.offensives[item].intensity[cohort], self._offensives.days(item, cohort)
        self.world.recorder.tell(day, cohort, "offensive begins", intensity=intensity, days=days.astype(np.float64))

    def _offensive_ends(self, day: int, item: int, cohort: Ints) -> None:
        self.world.recorder.tell(day, cohort, "offensive ends")

    @derived
    def shape(self) -> tuple[PerHistory, PerHistory]:
        """See `advance_shape`."""
        return advance_shape(self.knobs.fastest_advance_ratio)

    @derived
    def reversion(self) -> tuple[PerHistory, PerHistory, PerHistory]:
        """Of the log pace: what it reverts to, the share it keeps in a day, and the spread of its daily step."""
        knobs = self.knobs
        kept, spread = np.exp(-1.0 / knobs.advance_reverts_days), knobs.advance_log_sd
        settled = np.log(knobs.advance_settled_km2_per_day / knobs.advance_km2_per_day) - 0.5 * spread**2
        return settled, kept, spread * np.sqrt(1.0 - kept**2)

    def life(self) -> Process:
        """Move the front every day."""
        while True:
            yield self.world.agenda.next("front")
            self._move(self.world.agenda.today)

    def _move(self, day: int) -> None:
        knobs = self.knobs
        if day > 0:
            settled, kept, step = self.reversion
            self.log_pace = (self.log_pace - settled) * kept + settled + step * self._luck.at(day)
        surge = self._surge(day)
        self.intensity = surge * np.exp(knobs.pace_from_effort_share * self.log_pace)
        self.balance = log_balance(self.force, self.ready_fire, self._parity, knobs.force_elasticity, knobs.fire_elasticity)
        ratio = advance_ratio(self.balance, knobs.fastest_advance_ratio, knobs.stalemate_band, self.shape)
        effort = np.where(ratio > 0, surge, knobs.counter_attack_share)
        pace = ratio * effort * (knobs.advance_km2_per_day * np.exp(self.log_pace)) * (self._season(day) * self.at_war)
        pace = pace + self.rout_pace * self.at_war
        ground = self.held_area - self._area_at_start
        for belt in knobs.belts:
            pace = slowed(pace, ground, belt)
        # Neither side can lose ground it does not hold.
        self.advance = np.clip(pace, -self.held_area, self.free_area)
        self.held_area += self.advance
        self.free_area -= self.advance

    def _surge(self, day: int) -> PerHistory:
        surge = np.maximum(1.0 + self.knobs.intensity_trend_per_year * (day / DAYS_PER_YEAR), 0.0)
        for offensive, under_way in zip(self.knobs.offensives, self._offensives.under_way, strict=True):
            surge = np.where(under_way, surge * offensive.intensity, surge)
        return surge

    def _season(self, day: int) -> PerHistory:
        mud = self.world.calendar.date_of(day).month in self.knobs.mud_months
        return self.knobs.mud_season_factor if mud else self.knobs.dry_season_factor

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of ground."""
        total = self.held_area + self.free_area
        yield "the areas of both sides add up", differs(total, self._total_area)
        yield "no area is negative", ~((self.held_area >= -1e-6) & (self.free_area >= -1e-6))
        over = (self.ending_day >= 0) & (self.ending_day <= self.world.agenda.today)
        yield "no advance when the war is over", (self.advance != 0) & over
