"""Manpower: who is at the front, who can still be mobilized, who is on the way, and who is lost for good.

Recruits leave the pool, train for a fixed time and join the force; of the wounded a share returns after a staged delay, the
rest are invalided; a share of the force deserts. Every person is in exactly one state, always. The break-even return share
follows: with c casualties and r recruits a day and killed share k, the force holds level at (1 - r/c)/(1 - k).

Morning: arrivals. Evening: losses, after the battle of the day.
"""

import datetime
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Generic

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Option
from pydantic import ValidationInfo, field_validator, model_validator

from sim.engine.agenda import Process
from sim.engine.calendar import DAYS_PER_MONTH, DAYS_PER_WEEK
from sim.engine.delays import Ring, StagedDelay
from sim.engine.draws import Ints
from sim.engine.mechanism import Mechanism, PerHistory, PerSide, owned, seen
from sim.engine.recorder import EventKind
from sim.engine.world import differs
from sim.model.outcomes import Column, Outcome, State, both, in_war_throughout, months_at_war, where
from sim.model.parameters import SIDES, SideName, stated_or
from sim.model.planned import Planned
from sim.scenario import FieldError, Fixed, Flaw, Item, N, Quantity, Section, as_now, knob, whole


class SideManpower(Section, Generic[N]):
    """The manpower of one side."""

    force_persons: N = knob(
        "persons", "Force at the front at the start.", low=0, high=1e8, at_start=True, label="{side}'s force at the start"
    )
    reference_force_persons: N | None = knob(
        "persons", "Force at which the side suffers its daily casualties; the force at the start if not given.", low=1,
        high=1e8, default=None, at_start=True, label="{side}'s reference force",
    )  # fmt: skip
    pool_persons: N = knob(
        "persons", "Those who can still be mobilized.", low=0, high=1e9, at_start=True, label="{side}'s pool of recruits"
    )
    pool_half_share: N = knob(
        "share", "What is left of the pool when intake has fallen to about half.", low=0.001, high=10, default=0.15,
        label="{side}'s pool at half intake",
    )  # fmt: skip
    intake_per_month: N = knob(
        "persons a month", "Recruits a month while the pool is full.", low=0, high=1e7, label="{side}'s recruits a month"
    )
    past_intake_per_month: N = knob(
        "persons a month", "Recruits a month before the start, who are in training now; as many as now, if left out.",
        low=0, high=1e7, default=None,
        at_start=True, label="{side}'s recruits before the start",
    )  # fmt: skip
    training_days: N = knob(
        "days", "From the pool to the front.", low=0, high=1000, default=30, at_start=True, label="{side}'s days of training"
    )
    killed_share: N = knob(
        "share", "Share of the casualties who are killed.", low=0, high=1, default=0.25,
        label="{side}'s dead among casualties",
    )  # fmt: skip
    return_share: N = knob(
        "share", "Share of the wounded who return to the force.", low=0, high=1, default=0.5,
        label="{side}'s return of wounded",
    )  # fmt: skip
    return_days: N = knob(
        "days", "Mean time until they return.", low=0, high=2000, default=75, label="{side}'s days until recovery"
    )
    return_stages: Fixed = whole(
        "stages", "Stages of that delay: the more, the less spread.", low=1, high=20, default=3, at_start=True,
        label="{side}'s stages of recovery",
    )  # fmt: skip
    past_daily_casualties: N = knob(
        "persons a day", "Casualties a day before the start, whose wounded are recovering now; as many as now, if left out.",
        low=0, high=1e6, default=None, at_start=True, label="{side}'s losses before the start",
    )  # fmt: skip
    desertion_share_per_month: N = knob(
        "share a month", "Share of the force that deserts.", low=0, high=1, default=0, label="{side}'s desertion a month"
    )

    @field_validator("past_intake_per_month", mode="before")
    @classmethod
    def _intake_went_on(cls, value: Any, info: ValidationInfo) -> Any:
        return as_now(value, info, "intake_per_month")

    @model_validator(mode="after")
    def _has_a_reference(self: "SideManpower[Quantity]") -> "SideManpower[Quantity]":
        if self.force_persons.support[0] < 1 and self.reference_force_persons is None:
            message = "missing field 'reference_force_persons', because force_persons can be less than 1"
            raise FieldError(Flaw(message, "Write the force at which the side suffers its daily casualties"))
        return self


class Wave(Item, Generic[N]):
    """A mobilization wave: on a date, or called when the force has fallen to a share of its reference."""

    side: SideName
    date: datetime.date | None = None
    force_below_share: N | None = knob(
        "share", "Called once the force is below this share of its reference.", low=0, high=10, default=None, at_start=True,
        label="{item}: force that calls it",
    )  # fmt: skip
    probability: N = knob(
        "share", "With what chance it is called at all.", low=0, high=1, default=1, at_start=True, label="{item}: chance"
    )
    persons: N = knob("persons", "Persons called up.", low=0, high=1e8, at_start=True, label="{item}: size")
    over_days: N = knob(
        "days", "Days over which they are called up.", low=1, high=5000, default=60, at_start=True,
        label="{item}: days taken",
    )  # fmt: skip

    @model_validator(mode="after")
    def _dated_or_triggered(self) -> "Wave[N]":
        if (self.date is None) == (self.force_below_share is None):
            raise ValueError(f"wave '{self.id}' needs either date or force_below_share")
        return self


class ManpowerParameters(Section, Generic[N]):
    """Manpower: forces, pools, recruits, wounded, deserters."""

    attacker: SideManpower[N]
    defender: SideManpower[N]
    waves: list[Wave[N]] = Option(default_factory=list)


def pool_factor(pool: PerSide, at_start: PerSide, half_share: PerSide) -> PerSide:
    """Return the factor on intake as the pool empties: 1 for the pool at the start, 0 for none.

    >>> pool_factor(np.array([100.0, 0.0]), np.array([100.0, 100.0]), np.array([0.15, 0.15]))
    array([1., 0.])
    """
    share = pool / np.maximum(at_start, 1.0)
    return share * (1.0 + half_share) / (share + half_share)


def break_even_return_share(casualties_per_day: float, intake_per_month: float, killed_share: float) -> float:
    """Return the share of the wounded who must return for the force to hold level, without desertion.

    >>> round(break_even_return_share(1500, 30_000, 0.27), 2)
    0.47
    """
    missing = 1.0 - intake_per_month / DAYS_PER_MONTH / casualties_per_day
    if killed_share == 1.0:
        # No one is wounded: no return of wounded makes a difference.
        return float("inf") if missing > 0 else float("-inf")
    return missing / (1.0 - killed_share)


def _gained(now: State, side: int) -> Column:
    # Of a war that goes on: where it ended earlier, the force has grown without losses.
    return where(in_war_throughout(now), now.force[side] - now.start.force[side])


def _a_month(flow: str) -> Callable[[State, int], Column]:
    return lambda now, side: now[flow][side] / months_at_war(now)


class Manpower(Mechanism):
    """Forces and pools of both sides."""

    name = "manpower"
    parameters = ManpowerParameters[Quantity]
    topics = ("wave begins", "wave ends")
    steps = ("manpower", "losses")
    leaves_out = "officers and specialists, quality of training, return of deserters, prisoners as a class of their own"
    kinds: ClassVar = {
        "wave begins": EventKind(
            "{side} begins to mobilize up to {persons:,.0f} over {days:.0f} days.", begins="mobilization"
        ),
        "wave ends": EventKind("{side}'s mobilization wave ends.", ends=("mobilization",)),
    }

    force: PerSide = owned("persons", "Force at the front.", SIDES, series=True)
    reference_force: PerSide = owned("persons", "Force at which daily casualties are as given.", SIDES)
    peak_force: PerSide = owned("persons", "The largest force since the start, up to the reference.", SIDES)
    pool: PerSide = owned("persons", "Who can still be mobilized.", SIDES)
    in_training: PerSide = owned("persons", "Recruits on their way to the front.", SIDES)
    recovering: PerSide = owned("persons", "Wounded who will return.", SIDES)
    killed: PerSide = owned("persons", "Killed since the start.", SIDES, start=0.0)
    invalided: PerSide = owned("persons", "Wounded who will not return, since the start.", SIDES, start=0.0)
    deserted: PerSide = owned("persons", "Deserted since the start.", SIDES, start=0.0)
    recruited: PerSide = owned("persons", "Recruited since the start.", SIDES, start=0.0)
    trained: PerSide = owned("persons", "Joined the force after training, since the start.", SIDES, start=0.0)
    returned: PerSide = owned("persons", "Wounded who returned, since the start.", SIDES, start=0.0)
    arrivals: PerSide = owned("persons", "Joined the force today.", SIDES, start=0.0)
    called_up: PerSide = owned("persons", "Whom waves that have begun call up.", SIDES, start=0.0)
    calling_up: PerSide = owned("persons a day", "Whom waves under way call up.", SIDES, start=0.0, inner=True)

    outcomes: ClassVar = (
        *both(Outcome(
            "killed", "Killed, {side}", "persons", "Since the start; part of the casualties.",
            lambda now, side: now.killed[side],
            low=0, adds_up=True, drawn=False,
        )),
        *both(Outcome(
            "force_start", "Force at the start, {side}", "persons", "At the front.", lambda now, side: now.force[side],
            section="", months=0, low=0,
        )),
        *both(Outcome(
            "force_end", "Force at the end, {side}", "persons", "At the front.", lambda now, side: now.force[side],
            low=0, elsewhere=("force", "Force, {side}"),
        )),
        *both(Outcome(
            "recruited", "Recruited, {side}", "persons", "Taken from the pool since the start.",
            lambda now, side: now.recruited[side], section="", low=0, adds_up=True,
        )),
        *both(Outcome(
            "force_change_12_months", "Change of {side}'s force", "persons",
            "In 365 days of war; empty if the war ended or stopped earlier.", _gained, section="year_one", months=12,
            always=False,
        )),
        *both(Outcome(
            "force_growth_per_month_6_months", "Growth of {side}'s force a month", "persons a month",
            "Mean of 6 months of war; empty if the war ended or stopped earlier.",
            lambda now, side: _gained(now, side) / (now.day / DAYS_PER_MONTH), section="", months=6, always=False,
        )),
        *both(Outcome(
            "force_change_12_months_share", "Change of {side}'s force, as a share", "share of the force",
            "In 365 days of war; empty if the war ended or stopped earlier.",
            lambda now, side: _gained(now, side) / np.maximum(now.start.force[side], 1.0),
            section="", months=12, always=False,
        )),
        *(
            outcome
            for flow, what in (
                ("trained", "Recruits who join the force"), ("returned", "Wounded who return"), ("killed", "Killed"),
                ("deserted", "Deserters"),
            )
            for outcome in both(Outcome(
                f"{flow}_per_month_12_months", f"{what} a month, {{side}}", "persons a month",
                "Mean of the first 365 days; empty if there was a ceasefire in them.", _a_month(flow), section="", months=12,
                low=0, always=False,
            ))
        ),
    )  # fmt: skip

    casualties: PerSide = seen()
    at_war: PerHistory = seen()
    recruiting: PerSide = seen()
    mobilized: PerHistory = seen()

    knobs: ManpowerParameters[PerHistory]
    sides: SideManpower[PerSide]

    def begin(self) -> None:
        """Count the forces; fill training and hospitals with the past; plan the waves."""
        knobs, sides = self.knobs, self.sides
        self.force, self.pool = sides.force_persons, sides.pool_persons
        both = knobs.attacker, knobs.defender
        references = [stated_or(side.reference_force_persons, side.force_persons) for side in both]
        self.reference_force = np.maximum(np.stack(references), 1.0)
        self.peak_force = np.minimum(self.force, self.reference_force)
        self._training = Ring(np.rint(sides.training_days).astype(np.int64))
        self._training.fill(sides.past_intake_per_month / DAYS_PER_MONTH)
        stages = [side.return_stages.whole for side in (knobs.attacker, knobs.defender)]
        self._hospitals = StagedDelay(stages, sides.return_days)
        self._hospitals.fill(sides.past_daily_casualties * (1.0 - sides.killed_share) * sides.return_share)
        self.in_training, self.recovering = self._training.total(), self._hospitals.total()
        self._pool_at_start = sides.pool_persons
        self._everyone_at_start = self._everyone(self.in_training, self.recovering)
        self._side = [SIDES.index(wave.side) for wave in knobs.waves]
        self._waves = Planned(
            self.world, self.at_war, knobs.waves, "manpower/wave",
            ("wave begins", self._wave_begins), ("wave ends", self._wave_ends),
            self.drawn.stacked("manpower", knobs.waves).over_days,
        )  # fmt: skip
        self._triggers = {
            item: wave.force_below_share * self.reference_force[self._side[item]]
            for item, wave in enumerate(knobs.waves)
            if wave.force_below_share is not None
        }

    # Waves

    def _wave_begins(self, day: int, item: int, cohort: Ints) -> None:
        side, persons, days = self._side[item], self.knobs.waves[item].persons[cohort], self._waves.days(item, cohort)
        self.calling_up[side, cohort] += persons / days
        self.called_up[side, cohort] += persons
        self.world.recorder.tell(day, cohort, "wave begins", side=SIDES[side], persons=persons, days=days.astype(np.float64))

    def _wave_ends(self, day: int, item: int, cohort: Ints) -> None:
        side, persons, days = self._side[item], self.knobs.waves[item].persons[cohort], self._waves.days(item, cohort)
        self.calling_up[side, cohort] = np.maximum(self.calling_up[side, cohort] - persons / days, 0.0)
        self.world.recorder.tell(day, cohort, "wave ends", side=SIDES[side])

    def _call_triggered_waves(self, day: int) -> None:
        for item, level in self._triggers.items():
            called = self._waves.happens[item] & (self.force[self._side[item]] < level) & (self.at_war > 0)
            self._waves.happens[item] &= ~called
            self._waves.book(item, np.flatnonzero(called), day + 1)

    # The day

    def life(self) -> Process:
        """Arrivals every morning, losses every evening, waves looked for every week."""
        agenda = self.world.agenda
        while True:
            yield agenda.next("manpower")
            self._morning()
            yield agenda.next("losses")
            self._evening()
            if agenda.today % DAYS_PER_WEEK == DAYS_PER_WEEK - 1:
                self._call_triggered_waves(agenda.today)

    def _morning(self) -> None:
        sides = self.sides
        willing = sides.intake_per_month / DAYS_PER_MONTH * self.recruiting
        willing = willing * pool_factor(self.pool, self._pool_at_start, sides.pool_half_share) + self.calling_up
        intake = np.minimum(willing, self.pool) * self.mobilized
        trained = self._training.step(intake)
        self._hospitals.set_mean(sides.return_days)
        returned = self._hospitals.step()
        self.pool -= intake
        self.recruited += intake
        self.trained += trained
        self.in_training += intake - trained
        self.returned += returned
        self.recovering -= returned
        np.add(trained, returned, out=self.arrivals)
        self.force += self.arrivals
        # A day's losses come after its arrivals, so that no force is larger than that of a morning.
        np.maximum(self.peak_force, np.minimum(self.force, self.reference_force), out=self.peak_force)

    def _evening(self) -> None:
        sides = self.sides
        killed = self.casualties * sides.killed_share
        wounded = self.casualties - killed
        returning = wounded * sides.return_share
        self.force -= self.casualties
        deserting = self.force * (sides.desertion_share_per_month / DAYS_PER_MONTH) * self.at_war
        self.force -= deserting
        self.killed += killed
        self.invalided += wounded - returning
        self.recovering += returning
        self.deserted += deserting
        self._hospitals.add(returning)

    def _everyone(self, in_training: PerSide, recovering: PerSide) -> PerSide:
        here = self.force + self.pool + in_training + recovering
        return here + self.killed + self.invalided + self.deserted

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of persons."""
        in_training, recovering = self._training.total(), self._hospitals.total()
        everyone = self._everyone(in_training, recovering)
        yield "persons are conserved", differs(everyone, self._everyone_at_start)
        yield "force is never negative", ~(self.force >= 0)
        yield "no force is larger than the largest so far", np.minimum(self.force, self.reference_force) > self.peak_force
        yield "pool is never negative", ~(self.pool >= 0)
        yield "in training is what its delay holds", differs(self.in_training, in_training)
        yield "recovering is what its delay holds", differs(self.recovering, recovering)
