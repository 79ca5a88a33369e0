"""The front: how the line moves, in km2 a day, forward and back.

Force, fire and concentration give a balance; who is ahead of the other by more than the defender's advantage gains ground,
as fast as he attacks. In between the front stands. To this comes what no balance explains: noise in km2 a day, which
remembers, so that a front that stands still wavers, and lean months follow good ones. Each side attacks as hard as it
chooses (see `campaigns`) or as the scenario has planned.

Sources: that the force ratio decides whether ground is gained rather than how fast, and that fortification halves the pace:
regressions on CDB90 (database of battles); noise and its memory: monthly changes of mapped area 2022-24. The elasticities at
the scale of a theatre are poorly known.
"""

import datetime
from collections.abc import Iterator, Mapping
from typing import ClassVar, Generic

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Option
from pydantic import model_validator

from sim.engine.agenda import Process
from sim.engine.calendar import DAYS_PER_WEEK, DAYS_PER_YEAR
from sim.engine.draws import Ints
from sim.engine.mechanism import Mechanism, PerHistory, PerSide, derived, owned, seen
from sim.engine.recorder import EventKind
from sim.engine.world import differs
from sim.model.campaigns import CampaignParameters, Campaigns, Plan
from sim.model.outcomes import Column, Outcome, State
from sim.model.parameters import SIDES, SIGN, SideName, stated_or
from sim.model.planned import Planned
from sim.scenario import FieldError, Flaw, Item, N, Quantity, Section, knob

# judgement: both sides attack at less than this share of the usual attack in what a chronicle calls a lull, and a front has
# turned when for so many days it moved the other way on the mean.
_LULL, _DAYS_OF_A_TURN = 0.75, 28


class Offensive(Item, Generic[N]):
    """A time of harder (or weaker) attack from a date on, which its side knows of before."""

    side: SideName = Option(default="attacker", description="Who attacks.")
    date: datetime.date
    days: N = knob("days", "How long it lasts.", low=1, high=5000, at_start=True, label="{item}: length")
    intensity: N = knob(
        "factor", "How hard its side attacks; 1 is the attacker's usual attack.", low=0, high=10, at_start=True,
        label="{item}: intensity",
    )  # fmt: skip
    probability: N = knob(
        "share", "With what chance it happens.", low=0, high=1, default=1, at_start=True, label="{item}: chance"
    )


class Belt(Item, Generic[N]):
    """A fortified belt, placed by the ground the attacker has gained since the start when he reaches it."""

    held_by: SideName
    at_km2: N = knob(
        "km2", "Ground gained since the start at which it begins.", low=-1e7, high=1e7, label="{item}: ground before it"
    )
    depth_km2: N = knob("km2", "Ground within it.", low=0, high=1e7, label="{item}: depth")
    pace_share: N = knob("share", "Pace of the enemy's advance within it.", low=0, high=1, label="{item}: pace within it")


class FrontParameters(Section, Generic[N]):
    """The front: ground, pace, balance, season, belts, offensives and campaigns."""

    gone: ClassVar[Mapping[str, str]] = {
        "advance_log_sd": "Write advance_sd_km2_per_day: spread of the pace in km2 a day, which may be below 0 for a time",
        "fastest_advance_ratio": "Write fastest_km2_per_day: that ratio times advance_settled_km2_per_day",
        "stalemate_band": "Write defenders_advantage: half of that band",
        "pace_from_effort_share": "Write effort_log_sd: how much harder the attacker attacks when the pace is high",
    }

    held_area_km2: N = knob(
        "km2", "Area the attacker holds at the start.", low=0, high=1e8, at_start=True,
        label="Area held by {attacker} at the start",
    )  # fmt: skip
    total_area_km2: N = knob(
        "km2", "Area fought over, held by either side.", low=1e-3, high=1e8, at_start=True, label="Area fought over"
    )
    advance_km2_per_day: N | None = knob(
        "km2 a day", "Pace seen at the start; below 0 the defender gains. The settled pace if left out.",
        low=-1e5, high=1e5, default=None, at_start=True, label="Pace at the start",
    )  # fmt: skip
    advance_settled_km2_per_day: N | None = knob(
        "km2 a day",
        "What a usual attack (intensity 1) gains a day at the reference force and fire, below 0 one of the defender; the "
        "pace seen at the start if left out. Without both, force and fire alone decide, and parity moves nothing.",
        low=-1e5, high=1e5, default=None, label="Settled pace of the front",
    )  # fmt: skip
    attacker_reference_intensity: N | None = knob(
        "factor", "How hard the attacker attacked when losses, fire and pace were seen; 1, the usual attack, if left out.",
        low=0, high=10, default=None, at_start=True, label="{attacker}'s reference intensity",
    )  # fmt: skip
    defender_reference_intensity: N | None = knob(
        "factor", "How hard the defender attacked then; as a rule, if left out.", low=0, high=10, default=None,
        at_start=True, label="{defender}'s reference intensity",
    )  # fmt: skip
    advance_reverts_days: N = knob(
        "days", "How long the noise of the pace remembers.", low=1, high=1e5, default=30,
        label="Memory of the noise of the pace",
    )  # fmt: skip
    advance_sd_km2_per_day: N = knob("km2 a day", "Spread of that noise.", low=0, high=1e5, label="Noise of the pace")
    fastest_km2_per_day: N = knob(
        "km2 a day", "Pace of a usual attack against an enemy who is overwhelmed.", low=1e-6, high=1e6, label="Fastest pace"
    )
    force_elasticity: N = knob(
        "log balance per log", "What the force ratio adds to the balance.", low=0, high=20, default=1.5,
        label="Weight of the force ratio",
    )  # fmt: skip
    fire_elasticity: N = knob(
        "log balance per log", "What the fire ratio adds to the balance.", low=0, high=20, default=0.5,
        label="Weight of the fire ratio",
    )  # fmt: skip
    defenders_advantage: N = knob(
        "log balance", "By how much who attacks must be ahead in order to gain ground.", low=1e-3, high=20, default=0.3,
        label="Advantage of who defends",
    )  # fmt: skip
    decisive_balance: N = knob(
        "log balance", "By how much more he is ahead where the pace is three quarters of the fastest.",
        low=1e-2, high=100, default=4, label="Balance at three quarters of full pace",
    )  # fmt: skip
    concentration: N = knob(
        "log balance per unit of intensity", "What attacking harder than usual adds to the balance, by massing for it.",
        low=0, high=20, default=0.5, label="Gain from massing for an attack",
    )  # fmt: skip
    counter_attack_share: N = knob(
        "share", "How hard a defender without campaigns attacks, against the attacker's usual attack.", low=0, high=10,
        default=0.4, label="Intensity of counter-attacks",
    )  # fmt: skip
    effort_log_sd: N = knob(
        "log", "How much harder who gains attacks, at a price, when the noise of the pace is one spread his way.",
        low=0, high=2, default=0, label="Extra effort of who gains",
    )  # fmt: skip
    intensity_trend_per_year: N = knob(
        "per year", "Yearly change of how hard the attacker attacks.", low=-1, high=10, default=0,
        label="Yearly trend of {attacker}'s attacks",
    )  # fmt: skip
    mud_months: list[int] = Option(default=[], description="Calendar months (1-12) of mud or bad weather.")
    mud_season_factor: N = knob(
        "factor", "On pace and effort in those months.", low=0, high=10, default=0.8,
        label="Factor on pace in the mud season",
    )  # fmt: skip
    dry_season_factor: N = knob(
        "factor", "On pace and effort in the other months.", low=0, high=10, default=1,
        label="Factor on pace in the dry season",
    )  # fmt: skip
    plans_ahead_days: N = knob(
        "days", "How long before its date a side counts on an offensive of its own.", low=0, high=5000, default=90,
        label="Days an offensive is planned ahead",
    )  # fmt: skip
    offensives: list[Offensive[N]] = Option(default_factory=list)
    campaigns: CampaignParameters[N] | None = Option(default=None, description="Campaigns that the sides decide on.")
    belts: list[Belt[N]] = Option(default_factory=list)

    @model_validator(mode="after")
    def _consistent(self: "FrontParameters[Quantity]") -> "FrontParameters[Quantity]":
        if any(month not in range(1, 13) for month in self.mud_months):
            raise ValueError("mud_months are numbers of calendar months, from 1 to 12")
        if self.held_area_km2.support[1] > self.total_area_km2.support[0]:
            message = "held_area_km2 must not be larger than total_area_km2"
            raise FieldError(Flaw(message, "Write a smaller area, or a larger total", ("held_area_km2",)))
        settled = settled_pace(self)
        if settled is not None and max(np.abs(settled.support)) >= self.fastest_km2_per_day.support[0]:
            message = "fastest_km2_per_day can be no faster than the settled pace"
            raise FieldError(Flaw(message, "Write several times that pace", ("fastest_km2_per_day",)))
        return self


def settled_pace(front: FrontParameters[N]) -> N | None:
    """Return the pace at the references, of a scenario or as it is in force, where one is stated."""
    return stated_or(front.advance_settled_km2_per_day, front.advance_km2_per_day)


def beyond(drive: PerHistory, advantage: PerHistory) -> PerHistory:
    """Return what is left of a balance when the defender's advantage is overcome: nearly nothing within it, on either side.

    >>> beyond(np.array([0.0, 2.0, -2.0]), np.full(3, 0.5)).round(2)
    array([ 0. ,  1.5, -1.5])
    """
    left: PerHistory = drive - advantage * np.tanh(drive / advantage)
    return left


def share_of_fastest(drive: PerHistory, advantage: PerHistory, decisive: PerHistory) -> PerHistory:
    """Return the pace of a usual attack as a share of the fastest, -1..1: below 0 the defender gains.

    `drive` is the balance, 0 where neither side is ahead.
    """
    share: PerHistory = np.tanh(beyond(drive, advantage) / decisive)
    return share


def drive_of(share: PerHistory, advantage: PerHistory, decisive: PerHistory) -> PerHistory:
    """Return the balance at which the pace is this share of the fastest: the inverse of `share_of_fastest`.

    >>> one = np.ones(1)
    >>> share_of_fastest(drive_of(0.2 * one, 0.3 * one, 4 * one), 0.3 * one, 4 * one).round(12)
    array([0.2])
    """
    left = decisive * np.arctanh(np.clip(np.abs(share), 0.0, 1.0 - 1e-12))
    # Where the advantage swallows all but a cube, this is it. From there Newton's method ends in a few steps; for next to
    # nothing it would divide rounding errors by zero.
    drive = np.cbrt(3.0 * advantage**2 * left)
    tiny = left < 1e-12 * advantage
    for _ in range(12):
        slope = np.where(tiny, np.inf, np.tanh(drive / advantage) ** 2)
        drive = drive + (left - beyond(drive, advantage)) / slope
    signed: PerHistory = np.sign(share) * drive
    return signed


def parity(reference_force: PerSide, reference_fire: PerSide) -> PerSide:
    """Return the defender's force and fire over the attacker's where the balance is 0, (2, n)."""
    return np.stack([start[1] / start[0] for start in (reference_force, reference_fire)])


def log_balance(
    force: PerSide, fire: PerSide, parity: PerSide, force_elasticity: PerHistory, fire_elasticity: PerHistory
) -> PerHistory:
    """Return how much stronger the attacker's force and fire are than at their references, as a logarithm.

    `parity` is the defender's over the attacker's at the references, of force and of fire. Less than a soldier and than a
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
    taken: Column = now.held_area - now.handed_over - now.start.held_area
    return taken


class Front(Mechanism):
    """The line of contact."""

    name = "front"
    parameters = FrontParameters[Quantity]
    topics = ("offensive begins", "offensive ends")
    steps = ("posture", "front")
    leaves_out = "where the line is, encirclement, terrain beyond belts"
    kinds: ClassVar = {
        "offensive begins": EventKind(
            "{side} begins an offensive: intensity x {intensity:.2f} for {days:.0f} days.", begins="offensive"
        ),
        "offensive ends": EventKind("{side}'s offensive ends.", ends=("offensive",)),
        **Campaigns.kinds,
        "lull begins": EventKind("A lull: neither side attacks in force."),
        "lull ends": EventKind("The lull is over."),
        "turn": EventKind("The front turns: in four weeks {side} has gained {km2:,.0f} km2."),
    }

    held_area: PerHistory = owned("km2", "Area the attacker holds.", series=True)
    free_area: PerHistory = owned("km2", "Area the defender holds.")
    handed_over: PerHistory = owned("km2", "Land handed over to the attacker under deals; below 0: by him.", start=0.0)
    advance: PerHistory = owned("km2 a day", "Ground the attacker gained today.", start=0.0)
    pace: PerHistory = owned("km2 a day", "Pace of the front if nothing stops it.", start=0.0)
    intensity: PerSide = owned("factor", "How hard each side attacks; 1 is the attacker's usual attack.", SIDES)
    reference_intensity: PerSide = owned("factor", "The same when losses, fire and pace were seen.", SIDES)
    balance: PerHistory = owned("log", "How much stronger the attacker is than at the references.", start=0.0)
    drive: PerHistory = owned("log", "By how much the attacker is ahead; 0 if neither side is.", start=0.0)
    planned_ground: PerSide = owned("km2", "What each side counts on gaining by an offensive it prepares.", SIDES, start=0.0)
    posture: Ints = owned("code", "0 holds, 1 prepares, 2 strikes, 3 rests.", SIDES, start=0, dtype=int)
    posture_day: Ints = owned("day", "Since when it does.", SIDES, start=0, dtype=int, inner=True)
    struck: PerSide = owned("persons", "Casualties before the last strike.", SIDES, start=0.0, inner=True)
    area_struck: PerSide = owned("km2", "Area the attacker held before the last strike.", SIDES, start=0.0, inner=True)
    noise_of_pace: PerHistory = owned("km2 a day", "What no balance explains and has come since.", start=0.0, inner=True)
    fading_pace: PerHistory = owned("km2 a day", "What is left of what none explained at the start.", start=0.0, inner=True)
    lull: Ints = owned("code", "1 in a lull.", start=0, dtype=int)
    heading: Ints = owned("code", "1 if the attacker has gained of late, -1 the defender.", start=0, dtype=int, inner=True)
    area_before: PerHistory = owned("km2", "Area the attacker held four weeks before.", start=0.0, inner=True)

    outcomes: ClassVar = (
        Outcome(
            "ground_gained_km2", "Net land taken by {attacker} (km2)", "km2",
            "Since the start, but for what was handed over in ceasefires.", _taken, adds_up=True, headline=5, told=True,
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
    reference_fire: PerSide = seen()
    cumulative_casualties: PerSide = seen()
    at_war: PerHistory = seen()
    fighting: PerHistory = seen()
    ending_day: Ints = seen()
    handing_over: PerHistory = seen()

    knobs: FrontParameters[PerHistory]

    def begin(self) -> None:
        """Draw the line, take up postures, and plan the offensives."""
        knobs = self.knobs
        self._area_at_start, self._total_area = knobs.held_area_km2, knobs.total_area_km2
        self.held_area, self.free_area = self._area_at_start, self._total_area - self._area_at_start
        self.area_before, self.area_struck = self.held_area, self.held_area
        ceasefire = self.drawn.knobs("ceasefire")
        self._land_is_handed_over = ceasefire is not None and ceasefire.handover_days is not None
        self._parity = parity(self.reference_force, self.reference_fire)
        self._luck = self.world.draws.normal("front/pace", in_turn=True)
        self._campaigns = Campaigns(self)
        self._side = [SIDES.index(offensive.side) for offensive in knobs.offensives]
        self._offensives = Planned(
            self.world, self.at_war, knobs.offensives, "front/offensive",
            ("offensive begins", self._offensive_begins), ("offensive ends", self._offensive_ends),
            self.drawn.stacked("front", knobs.offensives).days,
        )  # fmt: skip
        self.reference_intensity[0] = stated_or(knobs.attacker_reference_intensity, np.ones(self.world.n))
        self.reference_intensity[1] = stated_or(knobs.defender_reference_intensity, knobs.counter_attack_share)
        # What a scenario changes later in these is a change of the war, and not of what the settled pace says of it.
        self._as_seen = (
            self.reference_intensity[1].copy(), knobs.concentration, knobs.fastest_km2_per_day,
            knobs.defenders_advantage, knobs.decisive_balance,
        )  # fmt: skip
        self._trend = np.ones(self.world.n)
        # What is seen at the start beside what the references make of it, as hard as both attacked then.
        self._look_at_the_season(0)
        then = self.reference_intensity
        expected = self._expected(self.lead + self._massed(then), then) * self._season
        if knobs.advance_km2_per_day is not None:
            self.fading_pace = knobs.advance_km2_per_day - expected
        self._push = push = self._chosen()
        self._chosen_of, self._planned_changed = self.drawn.version(self.name), False
        self.intensity = push * self._season
        self.balance = self._balance_today()
        self.drive = self.balance + self.lead + self._massed(push)
        self.pace = self._expected(self.drive, push) * self._season + self.fading_pace

    def _offensive_begins(self, day: int, item: int, cohort: Ints) -> None:
        self._planned_changed = True
        intensity, days = self.knobs.offensives[item].intensity[cohort], self._offensives.days(item, cohort)
        self.world.recorder.tell(
            day, cohort, "offensive begins", side=SIDES[self._side[item]], intensity=intensity,
            days=days.astype(np.float64),
        )  # fmt: skip

    def _offensive_ends(self, day: int, item: int, cohort: Ints) -> None:
        self._planned_changed = True
        self.world.recorder.tell(day, cohort, "offensive ends", side=SIDES[self._side[item]])

    @derived
    def lead(self) -> PerHistory:
        """By how much the attacker is ahead at the references: what the settled pace tells, or force and fire themselves."""
        knobs = self.knobs
        settled = settled_pace(knobs)
        if settled is None:
            absolute: PerHistory = -(knobs.force_elasticity * np.log(self._parity[0]))
            absolute -= knobs.fire_elasticity * np.log(self._parity[1])
            return absolute
        counter, concentration, fastest, advantage, decisive = self._as_seen
        lead: PerHistory = drive_of(settled / fastest, advantage, decisive) - concentration * (1.0 - counter)
        return lead

    @derived
    def memory(self) -> tuple[PerHistory, PerHistory]:
        """The share of its noise that the pace keeps in a day, and the spread of the daily step."""
        kept = np.exp(-1.0 / self.knobs.advance_reverts_days)
        return kept, self.knobs.advance_sd_km2_per_day * np.sqrt(1.0 - kept**2)

    @derived
    def effort(self) -> PerHistory:
        """Log change of the effort of who gains for a km2 a day of noise."""
        spread = self.knobs.advance_sd_km2_per_day
        effort: PerHistory = np.where(spread > 0, self.knobs.effort_log_sd / np.where(spread > 0, spread, 1.0), 0.0)
        return effort

    def life(self) -> Process:
        """Choose in the morning how hard to attack, and move the front every day."""
        while True:
            yield self.world.agenda.next("posture")
            self._choose(self.world.agenda.today)
            yield self.world.agenda.next("front")
            self._move(self.world.agenda.today)

    def _choose(self, day: int) -> None:
        self._look_at_the_season(day)
        if day == 0:
            self._campaigns.tell_start()
        else:
            kept, step = self.memory
            # In place, here and below: what is assigned is copied, day by day.
            self.noise_of_pace *= kept
            self.noise_of_pace += step * self._luck.at(day)
            self.fading_pace *= kept
        new_week, version = day % DAYS_PER_WEEK == 0 and day > 0, self.drawn.version(self.name)
        if new_week:
            self._campaigns.review(day, self.balance + self.lead, self._push, self._mud)
        # It stays as it is until a week, an offensive or a changed knob begins.
        if new_week or self._planned_changed or version != self._chosen_of:
            self._push, self._chosen_of, self._planned_changed = self._chosen(), version, False
            years = (day - day % DAYS_PER_WEEK) / DAYS_PER_YEAR
            self._trend = np.maximum(1.0 + self.knobs.intensity_trend_per_year * years, 0.0)
        if new_week:
            self._count_on_plans(day)
        np.multiply(self._push, self._season, out=self.intensity)
        effort = np.exp(self.effort * self.noise_of_pace)
        self.intensity[0] *= effort * self._trend
        self.intensity[1] /= effort

    def _move(self, day: int) -> None:
        knobs, push = self.knobs, self._push
        self.balance = self._balance_today()
        np.add(self.balance, self.lead, out=self.drive)
        self.drive += self._massed(push)
        # Where hardly anyone attacks, nothing moves.
        busy = np.minimum(2.0 * np.maximum(push[0], push[1]), 1.0)
        noise = self.noise_of_pace + self.fading_pace
        np.multiply(self._expected(self.drive, push), self._season, out=self.pace)
        self.pace += noise * busy
        pace, ground = (self.pace + self.rout_pace) * self.at_war, self.held_area - self._area_at_start
        pace = pace * self.fighting
        for belt in knobs.belts:
            pace = slowed(pace, ground, belt)
        # Neither side can lose ground it does not hold.
        np.minimum(np.maximum(pace, -self.held_area), self.free_area, out=self.advance)
        self.held_area += self.advance
        self.free_area -= self.advance
        if self._land_is_handed_over:
            # In a ceasefire the line follows what was agreed.
            self.held_area += self.handing_over
            self.free_area -= self.handing_over
            self.handed_over += self.handing_over
        if day % DAYS_PER_WEEK == DAYS_PER_WEEK - 1:
            self._tell(day, push)

    def _balance_today(self) -> PerHistory:
        knobs = self.knobs
        return log_balance(self.force, self.ready_fire, self._parity, knobs.force_elasticity, knobs.fire_elasticity)

    def _chosen(self) -> PerSide:
        """Return how hard each side chooses to attack: its offensives under way, campaigns or usual attack."""
        push = self._campaigns.push(np.stack([np.ones(self.world.n), self.knobs.counter_attack_share]))
        if not self.knobs.offensives:
            return push
        planned = np.ones_like(push)
        attacks = np.zeros(push.shape, dtype=np.bool_)
        for offensive, side, under_way in zip(self.knobs.offensives, self._side, self._offensives.under_way, strict=True):
            planned[side] = np.where(under_way, planned[side] * offensive.intensity, planned[side])
            attacks[side] |= under_way
        chosen: PerSide = np.where(attacks, planned, push)
        return chosen

    def _massed(self, push: PerSide) -> PerHistory:
        """Return what concentration adds to the balance where one side attacks harder than the other."""
        massed: PerHistory = self.knobs.concentration * (push[0] - push[1])
        return massed

    def _expected(self, drive: PerHistory, push: PerSide) -> PerHistory:
        """Return the pace that a balance gives where the sides attack so hard."""
        knobs = self.knobs
        share = share_of_fastest(drive, knobs.defenders_advantage, knobs.decisive_balance)
        pace: PerHistory = knobs.fastest_km2_per_day * share * np.where(share > 0, push[0] * self._trend, push[1])
        return pace

    def _look_at_the_season(self, day: int) -> None:
        self._mud = self.world.calendar.date_of(day).month in self.knobs.mud_months
        self._season = self.knobs.mud_season_factor if self._mud else self.knobs.dry_season_factor

    def _count_on_plans(self, day: int) -> None:
        """Work out what each side counts on gaining by offensives that only it knows of."""
        push, drive = self._push, self.balance + self.lead
        self.planned_ground[:] = 0.0
        plans = [plan for plan in (*self._campaigns.planned(), *self._offensives_to_come(day)) if plan[1].any()]
        if not plans:
            return
        without = self._expected(drive + self._massed(push), push)
        for side, where, intensity, days in plans:
            then = push.copy()
            then[side] = intensity
            gain = self._expected(drive + self._massed(then), then) - without
            self.planned_ground[side] += np.where(where, np.maximum(SIGN[side] * gain, 0.0) * days, 0.0)

    def _offensives_to_come(self, day: int) -> Iterator[Plan]:
        """Yield the offensives of the scenario whose side counts on them already."""
        for item, (offensive, side) in enumerate(zip(self.knobs.offensives, self._side, strict=True)):
            to_come = self.world.calendar.day_of(offensive.date) - day
            soon = self._offensives.happens[item] & (to_come > 0) & (to_come <= self.knobs.plans_ahead_days)
            yield side, soon, offensive.intensity, self._offensives.days(item, self.world.everyone).astype(np.float64)

    def _tell(self, day: int, push: PerSide) -> None:
        """Tell of lulls, and of a front that has turned."""
        lull = (push.max(axis=0) < _LULL) & (self.at_war > 0)
        begins, ends = np.flatnonzero(lull & (self.lull == 0)), np.flatnonzero(~lull & (self.lull == 1))
        self.lull[begins], self.lull[ends] = 1, 0
        self.world.recorder.tell(day, begins, "lull begins")
        self.world.recorder.tell(day, ends[self.at_war[ends] > 0], "lull ends")
        if (day + 1) % _DAYS_OF_A_TURN == 0:
            fought_over = self.held_area - self.handed_over
            moved = fought_over - self.area_before
            clearly = np.abs(moved) > self.knobs.advance_sd_km2_per_day * _DAYS_OF_A_TURN
            heading = np.where(clearly, np.sign(moved), self.heading).astype(np.int64)
            turned = (heading != self.heading) & (self.heading != 0)
            self.heading, self.area_before = heading, fought_over
            for side, way in ((0, 1), (1, -1)):
                cohort = np.flatnonzero(turned & (heading == way))
                self.world.recorder.tell(day, cohort, "turn", side=SIDES[side], km2=np.abs(moved[cohort]))

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of ground."""
        total = self.held_area + self.free_area
        yield "the areas of both sides add up", differs(total, self._total_area)
        yield "no area is negative", ~((self.held_area >= -1e-6) & (self.free_area >= -1e-6))
        over = (self.ending_day >= 0) & (self.ending_day <= self.world.agenda.today)
        yield "no advance when the war is over", (self.advance != 0) & over
