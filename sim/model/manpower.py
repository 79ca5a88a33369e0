"""Manpower: who is at the front, who can still be mobilized, who is on the way, and who is lost for good.

Recruits leave the pool, train for a fixed time and join the force; of the wounded a share returns after a staged delay, the
rest are invalided; a share of the force deserts. Every person is in exactly one state, always. The break-even return share
follows: with c casualties and r recruits a day and killed share k, the force holds level at (1 - r/c)/(1 - k).

Morning: arrivals. Evening: losses, after the battle of the day.

Left out: officers and specialists, quality of training, return of deserters, prisoners as a class of their own.
"""

import datetime
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Option
from pydantic import model_validator

from sim.engine.agenda import Process
from sim.engine.calendar import DAYS_PER_MONTH
from sim.engine.delays import Ring, StagedDelay
from sim.engine.draws import Floats, Ints
from sim.engine.fields import Field
from sim.engine.world import Mechanism, World, differs
from sim.model.backers import Side
from sim.model.parameters import SIDES, Drawn
from sim.scenario import FieldError, Fixed, Flaw, Item, Quantity, Section, knob, whole

DAYS_BETWEEN_REVIEWS = 7


class SideManpower(Section):
    """The manpower of one side."""

    force_persons: Quantity = knob("persons", "Force at the front at the start.", low=0, high=1e8, at_start=True)
    reference_force_persons: Quantity | None = knob(
        "persons",
        "Force at which the side suffers its daily casualties; the force at the start if not given.",
        low=1,
        high=1e8,
        default=None,
        at_start=True,
    )
    pool_persons: Quantity = knob("persons", "Those who can still be mobilized.", low=0, high=1e9, at_start=True)
    pool_half_share: Quantity = knob(
        "share", "What is left of the pool when intake has fallen to about half.", low=0.001, high=10
    )
    intake_per_month: Quantity = knob("persons a month", "Recruits a month while the pool is full.", low=0, high=1e7)
    past_intake_per_month: Quantity = knob(
        "persons a month", "Recruits a month before the start, who are in training now.", low=0, high=1e7, at_start=True
    )
    training_days: Quantity = knob("days", "From the pool to the front.", low=0, high=1000, at_start=True)
    killed_share: Quantity = knob("share", "Share of the casualties who are killed.", low=0, high=1)
    return_share: Quantity = knob("share", "Share of the wounded who return to the force.", low=0, high=1)
    return_days: Quantity = knob("days", "Mean time until they return.", low=0, high=2000)
    return_stages: Fixed = whole("stages", "Stages of that delay: the more, the less spread.", low=1, high=20, at_start=True)
    past_daily_casualties: Quantity = knob(
        "persons a day",
        "Casualties a day before the start, whose wounded are recovering now.",
        low=0,
        high=1e6,
        at_start=True,
    )
    desertion_share_per_month: Quantity = knob("share a month", "Share of the force that deserts.", low=0, high=1)

    @model_validator(mode="after")
    def _has_a_reference(self) -> "SideManpower":
        if self.force_persons.support[0] < 1 and self.reference_force_persons is None:
            message = "missing field 'reference_force_persons', because force_persons can be less than 1"
            raise FieldError(Flaw(message, "Write the force at which the side suffers its daily casualties"))
        return self


class Wave(Item):
    """A mobilization wave: on a date, or called when the force has fallen to a share of its reference."""

    side: Side
    date: datetime.date | None = None
    force_below_share: Quantity | None = knob(
        "share", "Called once the force is below this share of its reference.", low=0, high=10, default=None, at_start=True
    )
    probability: Quantity = knob("share", "With what chance it is called at all.", low=0, high=1, at_start=True)
    persons: Quantity = knob("persons", "Persons called up.", low=0, high=1e8, at_start=True)
    over_days: Quantity = knob("days", "Days over which they are called up.", low=1, high=5000, at_start=True)

    @model_validator(mode="after")
    def _dated_or_triggered(self) -> "Wave":
        if (self.date is None) == (self.force_below_share is None):
            raise ValueError(f"wave '{self.id}' needs either date or force_below_share")
        return self


class ManpowerParameters(Section):
    """Manpower: forces, pools, recruits, wounded, deserters."""

    attacker: SideManpower
    defender: SideManpower
    waves: list[Wave] = Option(default_factory=list)


def pool_factor(pool: Floats, at_start: Floats, half_share: Floats) -> Floats:
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


class Manpower(Mechanism):
    """Forces and pools of both sides."""

    name = "manpower"
    parameters = ManpowerParameters
    topics = ("wave begins", "wave ends")
    steps = ("manpower", "losses")
    sentences: ClassVar = {
        "wave begins": "{side} begins to mobilize up to {persons:,.0f} over {days:.0f} days.",
        "wave ends": "{side}'s mobilization wave ends.",
    }

    @classmethod
    def fields(cls, section: ManpowerParameters) -> tuple[Field, ...]:
        """Return the fields of manpower."""
        people = "persons"
        return (
            Field("force", people, "Force at the front.", SIDES, series=True),
            Field("reference_force", people, "Force at which daily casualties are as given.", SIDES),
            Field("pool", people, "Who can still be mobilized.", SIDES),
            Field("in_training", people, "Recruits on their way to the front.", SIDES),
            Field("recovering", people, "Wounded who will return.", SIDES),
            Field("killed", people, "Killed since the start.", SIDES),
            Field("invalided", people, "Wounded who will not return, since the start.", SIDES),
            Field("deserted", people, "Deserted since the start.", SIDES),
            Field("recruited", people, "Recruited since the start.", SIDES),
            Field("trained", people, "Joined the force after training, since the start.", SIDES),
            Field("returned", people, "Wounded who returned, since the start.", SIDES),
            Field("arrivals", people, "Joined the force today.", SIDES),
            Field("called_up", people, "Whom waves that have begun call up.", SIDES),
        )

    def __init__(self, world: World, section: ManpowerParameters, drawn: Drawn) -> None:
        self._world, self._drawn, self._waves = world, drawn, section.waves

        def sides(name: str) -> Floats:
            return drawn.sides("manpower", name)

        self.force = world.own("manpower", "force", sides("force_persons"))
        given = [drawn.values.get(f"manpower.{side}.reference_force_persons") for side in SIDES]
        reference = np.stack([self.force[row] if value is None else value for row, value in enumerate(given)])
        self._reference = world.own("manpower", "reference_force", np.maximum(reference, 1.0))
        self._pool_at_start = sides("pool_persons")
        self.pool = world.own("manpower", "pool", self._pool_at_start)

        self._training = Ring(np.rint(sides("training_days")).astype(np.int64))
        self._training.fill(sides("past_intake_per_month") / DAYS_PER_MONTH)
        stages = [section.attacker.return_stages.whole, section.defender.return_stages.whole]
        self._hospitals = StagedDelay(stages, sides("return_days"))
        self.derive()
        self._hospitals.fill(sides("past_daily_casualties") * (1.0 - self._killed_share) * self._return_share)

        self.in_training = world.own("manpower", "in_training", self._training.total())
        self.recovering = world.own("manpower", "recovering", self._hospitals.total())
        self.killed = world.own("manpower", "killed", 0.0)
        self.invalided = world.own("manpower", "invalided", 0.0)
        self.deserted = world.own("manpower", "deserted", 0.0)
        self.recruited = world.own("manpower", "recruited", 0.0)
        self.trained = world.own("manpower", "trained", 0.0)
        self.returned = world.own("manpower", "returned", 0.0)
        self.arrivals = world.own("manpower", "arrivals", 0.0)
        self.called_up = world.own("manpower", "called_up", 0.0)
        self._everyone_at_start = self._everyone(self.in_training, self.recovering)
        self._casualties = world.fields.see("casualties")
        self._at_war, self._recruiting = world.fields.see("at_war"), world.fields.see("recruiting")
        self._mobilized = world.fields.see("mobilized")
        self._book_waves(drawn)
        drawn.follow("manpower", self.derive)

    def derive(self) -> None:
        """Work out what depends on the parameters in force; the wounded stay in the stage in which they are."""

        def sides(name: str) -> Floats:
            return self._drawn.sides("manpower", name)

        self._pool_half_share = sides("pool_half_share")
        self._intake = sides("intake_per_month") / DAYS_PER_MONTH
        self._killed_share = sides("killed_share")
        self._return_share = sides("return_share")
        self._hospitals.set_mean(sides("return_days"))
        self._desertion = sides("desertion_share_per_month") / DAYS_PER_MONTH

    def _book_waves(self, drawn: Drawn) -> None:
        world = self._world
        world.agenda.topic("wave begins", len(self._waves), self._wave_begins)
        world.agenda.topic("wave ends", len(self._waves), self._wave_ends)
        self._calling_up = np.zeros((2, world.n))
        self._side = [SIDES.index(wave.side) for wave in self._waves]
        self._persons = drawn.rows("manpower.waves", [wave.id for wave in self._waves], "persons")
        over_days = drawn.rows("manpower.waves", [wave.id for wave in self._waves], "over_days")
        self._over_days = np.maximum(1, np.rint(over_days)).astype(np.int64)
        self._trigger: dict[int, Floats] = {}
        self._waiting = np.zeros((len(self._waves), world.n), dtype=np.bool_)
        for item, wave in enumerate(self._waves):
            path = f"manpower.waves.{wave.id}"
            called = world.draws.uniform(f"manpower/wave/{wave.id}").at(0) < drawn.one(f"{path}.probability")
            if wave.date is None:
                self._waiting[item] = called
                self._trigger[item] = drawn.one(f"{path}.force_below_share") * self._reference[self._side[item]]
            elif (day := world.calendar.day_of(wave.date)) >= 0:
                world.agenda.book("wave begins", item, np.flatnonzero(called), day)

    def _wave_begins(self, day: int, item: int, cohort: Ints) -> None:
        cohort = cohort[self._at_war[cohort] > 0]
        side, days = self._side[item], self._over_days[item, cohort]
        self._calling_up[side, cohort] += self._persons[item, cohort] / days
        self.called_up[side, cohort] += self._persons[item, cohort]
        self._world.agenda.book("wave ends", item, cohort, day + days)
        self._world.recorder.tell(
            day,
            cohort,
            "wave begins",
            side=SIDES[side],
            persons=self._persons[item, cohort],
            days=days.astype(np.float64),
        )

    def _wave_ends(self, day: int, item: int, cohort: Ints) -> None:
        side = self._side[item]
        left = np.maximum(self._calling_up[side, cohort] - self._persons[item, cohort] / self._over_days[item, cohort], 0.0)
        self._calling_up[side, cohort] = left
        self._world.recorder.tell(day, cohort, "wave ends", side=SIDES[side])

    def _call_triggered_waves(self, day: int) -> None:
        for item, level in self._trigger.items():
            below = self._waiting[item] & (self.force[self._side[item]] < level) & (self._at_war > 0)
            cohort = np.flatnonzero(below)
            if len(cohort):
                self._waiting[item, cohort] = False
                self._world.agenda.book("wave begins", item, cohort, day + 1)

    def life(self) -> Process:
        """Arrivals every morning, losses every evening, waves looked for every week."""
        agenda = self._world.agenda
        while True:
            yield agenda.next("manpower")
            self._morning()
            yield agenda.next("losses")
            self._evening()
            if agenda.today % DAYS_BETWEEN_REVIEWS == DAYS_BETWEEN_REVIEWS - 1:
                self._call_triggered_waves(agenda.today)

    def _morning(self) -> None:
        intake = self._intake * self._recruiting
        intake *= pool_factor(self.pool, self._pool_at_start, self._pool_half_share)
        if self._waves:
            intake += self._calling_up
        intake = np.minimum(intake, self.pool) * self._mobilized
        self.pool -= intake
        self.recruited += intake
        trained = self._training.step(intake)
        self.trained += trained
        self.in_training += intake - trained
        returned = self._hospitals.step()
        self.returned += returned
        self.recovering -= returned
        np.add(trained, returned, out=self.arrivals)
        self.force += self.arrivals

    def _evening(self) -> None:
        self.force -= self._casualties
        killed = self._casualties * self._killed_share
        wounded = self._casualties - killed
        returning = wounded * self._return_share
        self.killed += killed
        self.invalided += wounded - returning
        self.recovering += returning
        self._hospitals.add(returning)
        deserting = self.force * self._desertion * self._at_war
        self.force -= deserting
        self.deserted += deserting

    def _everyone(self, in_training: Floats, recovering: Floats) -> Floats:
        here = self.force + self.pool + in_training + recovering
        everyone: Floats = here + self.killed + self.invalided + self.deserted
        return everyone

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of persons."""
        in_training, recovering = self._training.total(), self._hospitals.total()
        everyone = self._everyone(in_training, recovering)
        yield "persons are conserved", differs(everyone, self._everyone_at_start)
        yield "force is never negative", ~(self.force >= 0)
        yield "pool is never negative", ~(self.pool >= 0)
        yield "in training is what its delay holds", differs(self.in_training, in_training)
        yield "recovering is what its delay holds", differs(self.recovering, recovering)
