"""Arms: materiel in days of full-rate fire, own production, and fire that is rationed.

1.0 a day sustains full fire. Stock grows by a side's own production and by what its backers deliver (see `backers`);
firing is rationed smoothly as it runs down, so that the stock is never negative.

Sources: rationing is our assumption, in the spirit of the supply-limited fire of Turchin's attrition-warfare model.
Left out: kinds of materiel, losses of stock to strikes.
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Option
from pydantic import model_validator

from sim.engine.agenda import Process
from sim.engine.calendar import DAYS_PER_MONTH
from sim.engine.draws import Floats
from sim.engine.fields import Field
from sim.engine.world import Mechanism, World, differs
from sim.model.backers import Backer, Backers, Halt, Package
from sim.model.parameters import SIDES, Drawn
from sim.scenario import FieldError, Flaw, Quantity, Section, knob
from sim.scenario.wording import did_you_mean


class SideArms(Section):
    """The arms of one side."""

    fire_at_start_share: Quantity = knob("share of full-rate fire", "Fire at the start.", low=0.01, high=0.99, at_start=True)
    ration_days: Quantity = knob(
        "days of full-rate fire", "Stock at which firing is rationed to half of the full rate.", low=1, high=1000
    )
    production_fire_days_per_month: Quantity = knob(
        "days of full-rate fire a month", "Own production, and what is refurbished.", low=0, high=1000
    )
    aid_scale: Quantity = knob("factor", "Multiplies all that its backers pledge from day 0 on.", low=0, high=100)


class ArmsParameters(Section):
    """Arms: fire, stocks, production, backers."""

    attacker: SideArms
    defender: SideArms
    backers: list[Backer] = Option(default_factory=list)
    halts: list[Halt] = Option(default_factory=list)
    packages: list[Package] = Option(default_factory=list)

    @model_validator(mode="after")
    def _known_backers(self) -> "ArmsParameters":
        known = [backer.id for backer in self.backers]
        named = [("halts", place, halt.backer) for place, halt in enumerate(self.halts)]
        named += [("packages", place, package.backer) for place, package in enumerate(self.packages)]
        flaws = [
            Flaw(
                f"unknown backer '{backer}'",
                did_you_mean(backer, known) or "There are no backers",
                (section, place, "backer"),
            )
            for section, place, backer in named
            if backer not in known
        ]
        if flaws:
            raise FieldError(*flaws)
        return self


def rationed_fire(stock_days: Floats, ration_days: Floats) -> Floats:
    """Return the share of full-rate fire, in 0..1, that a stock allows.

    >>> rationed_fire(np.array([0.0, 30.0]), np.array([30.0, 30.0]))
    array([0. , 0.5])
    """
    return stock_days / (stock_days + ration_days)


def stock_for_fire(fire_share: Floats, ration_days: Floats) -> Floats:
    """Return the stock in days of full-rate fire at which fire is rationed to `fire_share`."""
    return ration_days * fire_share / (1.0 - fire_share)


class Arms(Mechanism):
    """Stocks and fire of both sides."""

    name = "arms"
    parameters = ArmsParameters
    topics = ("halt", "package")
    steps = ("arms",)
    sentences: ClassVar = {
        "halt": "{backer} cuts its new pledges by {cut_share:.0%} for {days:.0f} days.",
        "pledge": "{backer}: pledge of {amount_beur:.2f} bn EUR.",
        "package": "{backer} pledges a package of {amount_beur:.1f} bn EUR.",
        "fire below half": "{side}'s fire is below half of the full rate ({fire:.2f}).",
    }

    @classmethod
    def fields(cls, section: ArmsParameters) -> tuple[Field, ...]:
        """Return the fields of arms; those of the backers have a row each."""
        backers = tuple(backer.id for backer in section.backers)
        days = "days of full-rate fire"
        return (
            Field("fire", "share of full-rate fire", "Fire of the day.", SIDES, series=True),
            Field("ready_fire", "share of full-rate fire", "What the stock allows, at war or not.", SIDES, series=True),
            Field("fire_at_start", "share of full-rate fire", "Fire at the start.", SIDES),
            Field("stock_days", days, "Materiel in stock.", SIDES, series=True),
            Field("produced_days", days, "Produced since the start.", SIDES),
            Field("received_days", days, "Received from backers since the start.", SIDES),
            Field("fired_days", days, "Fired since the start.", SIDES),
            Field(
                "fire_below_half_month",
                "months",
                "First month in which fire is below half; -1: none.",
                SIDES,
                dtype=int,
            ),
            Field("pledged_beur", "bn EUR", "Pledged, with what was on its way at the start.", backers, series=True),
            Field("delivered_beur", "bn EUR", "Delivered and absorbed since the start.", backers, series=True),
            Field("cancelled_beur", "bn EUR", "Cancelled since the start.", backers),
            Field("in_transit_beur", "bn EUR", "Pledged and not yet delivered or cancelled.", backers),
        )

    def __init__(self, world: World, section: ArmsParameters, drawn: Drawn) -> None:
        self._world, self._drawn = world, drawn
        fire = drawn.sides("arms", "fire_at_start_share")
        self._stock_at_start = stock_for_fire(fire, drawn.sides("arms", "ration_days"))
        self.fire = world.own("arms", "fire", fire)
        world.own("arms", "fire_at_start", fire)
        self.stock = world.own("arms", "stock_days", self._stock_at_start)
        self.produced = world.own("arms", "produced_days", 0.0)
        self.received = world.own("arms", "received_days", 0.0)
        self.fired = world.own("arms", "fired_days", 0.0)
        self.below_half = world.own("arms", "fire_below_half_month", -1)
        self.ready_fire = world.own("arms", "ready_fire", fire)
        self._at_war, self._mobilized = world.fields.see("at_war"), world.fields.see("mobilized")
        self._months = world.calendar.month_starts(world.setting.days)
        self._backers = Backers(world, section.backers, section.halts, section.packages, drawn)
        self.derive()
        drawn.follow("arms", self.derive)

    def derive(self) -> None:
        """Work out what depends on the parameters in force."""
        self._ration_days = self._drawn.sides("arms", "ration_days")
        self._production = self._drawn.sides("arms", "production_fire_days_per_month") / DAYS_PER_MONTH
        self._backers.derive()

    def life(self) -> Process:
        """Pledge at the start of each month; deliver, produce and fire every day."""
        while True:
            yield self._world.agenda.next("arms")
            day = self._world.agenda.today
            month = self._months.get(day)
            if month is not None:
                self._note_low_fire(day, month)
                self._backers.pledge_month(day, month)
            self.ready_fire[...] = rationed_fire(self.stock, self._ration_days)
            np.multiply(self.ready_fire, self._at_war, out=self.fire)
            self.fired += self.fire
            produced = self._production * self._mobilized
            self.produced += produced
            received = np.zeros_like(produced)
            self._backers.deliver(received)
            self.received += received
            self.stock += produced + received - self.fire

    def _note_low_fire(self, day: int, month: int) -> None:
        low = (self.fire < 0.5) & (self.below_half < 0) & (self._at_war > 0)
        self.below_half[low] = month
        for side, label in enumerate(SIDES):
            cohort = np.flatnonzero(low[side])
            self._world.recorder.tell(day, cohort, "fire below half", side=label, fire=self.fire[side, cohort])

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of materiel and pledges."""
        balance = self._stock_at_start + self.produced + self.received - self.fired
        yield "stock = start + produced + received - fired", differs(self.stock, balance)
        yield "stock is never negative", ~(self.stock >= 0)
        yield "fire lies in 0..1", ~((self.fire >= 0) & (self.fire <= 1))
        yield from self._backers.breaches()
