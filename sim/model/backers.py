"""Backers: states that send arms to a side: pledges, halts, and pipelines that deliver late.

A backer's monthly pledge is lumpy (gamma, without memory); part of it comes from stocks in weeks and part from new
production in about a year, through staged delays, then it is absorbed. A halt stops new pledges, and empties the pipeline
only after its delay. Pledged = delivered + in transit + cancelled, always.

Sources: delays and spread of pledges from the Kiel Institute's tracker and from the delivery of the EU's million shells.
Left out: kinds of materiel, prices, bargaining between backers.
"""

import datetime
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from sim.engine.calendar import DAYS_PER_MONTH, MONTHS_PER_YEAR
from sim.engine.delays import StagedDelay
from sim.engine.draws import Floats, Ints
from sim.engine.world import World, differs
from sim.model.parameters import SIDES, Drawn
from sim.scenario import Fixed, Item, Quantity, knob, whole

Side = Literal["attacker", "defender"]


class Backer(Item):
    """A state or group of states that sends arms to one side."""

    name: str
    side: Side
    aid_per_month_beur: Quantity = knob("bn EUR a month", "Mean of the monthly pledge.", low=0, high=100)
    aid_variation: Fixed = knob("ratio", "Coefficient of variation of the monthly pledge.", low=0, high=3, at_start=True)
    past_aid_per_month_beur: Quantity = knob(
        "bn EUR a month", "Pledges before the start, which are on their way now.", low=0, high=100, at_start=True
    )
    fire_days_per_beur: Quantity = knob(
        "days of full-rate fire per bn EUR", "What a delivery adds to the stock.", low=0, high=1000
    )
    from_stock_share: Quantity = knob("share", "Share of a pledge taken from stocks.", low=0, high=1)
    stock_delay_days: Quantity = knob("days", "Mean delay of what is taken from stocks.", low=0, high=2000)
    stock_stages: Fixed = whole("stages", "Stages of that delay: the more, the less spread.", low=1, high=20, at_start=True)
    production_delay_days: Quantity = knob("days", "Mean delay of what must be produced.", low=0, high=5000)
    production_stages: Fixed = whole("stages", "Stages of that delay.", low=1, high=20, at_start=True)
    cancelled_share: Quantity = knob("share", "Share of a pledge that never arrives.", low=0, high=1)
    absorption_days: Quantity = knob("days", "Mean time from arrival to use at the front.", low=0, high=1000)


class Halt(Item):
    """An interruption of a backer's pledges: dated with a probability, or at random with a hazard."""

    backer: str
    date: datetime.date | None = None
    probability: Quantity | None = knob("share", "With what chance it happens.", low=0, high=1, default=None, at_start=True)
    hazard_per_year: Quantity | None = knob(
        "per year", "Rate at which it begins.", low=0, high=100, default=None, at_start=True
    )
    days: Quantity = knob("days", "How long it lasts.", low=1, high=10_000, at_start=True)
    cut_share: Quantity = knob("share", "Share of the pledges that falls away.", low=0, high=1, at_start=True)

    @model_validator(mode="after")
    def _dated_or_random(self) -> "Halt":
        dated = self.date is not None and self.probability is not None and self.hazard_per_year is None
        random = self.date is None and self.probability is None and self.hazard_per_year is not None
        if not (dated or random):
            raise ValueError(f"halt '{self.id}' needs either date and probability, or hazard_per_year alone")
        return self


class Package(Item):
    """A pledge on a date, beside the monthly ones."""

    backer: str
    date: datetime.date
    amount_beur: Quantity = knob("bn EUR", "Size of the package.", low=0, high=1000, at_start=True)
    probability: Quantity = knob("share", "With what chance it is pledged.", low=0, high=1, at_start=True)
    from_stock_share: Quantity | None = knob(
        "share", "Share taken from stocks; the backer's own if not given.", low=0, high=1, default=None, at_start=True
    )


class LumpyAmount:
    """A gamma variable of mean 1 as a function of a standard normal draw.

    The quantile function is tabulated at 2,049 normal scores from -6 to 6 and interpolated (error below 1e-5 of the mean for
    variations up to 1.5), because inverting it for every pledge would cost more than the rest of the day.

    Parameters
    ----------
    variation : float
        Coefficient of variation; 0 gives 1 always.
    """

    def __init__(self, variation: float) -> None:
        self._scores = np.linspace(-6.0, 6.0, 2049)
        self._values: Floats = np.ones(len(self._scores))
        if variation > 0:
            from scipy.special import gammaincinv, ndtr

            shape = variation**-2
            self._values = np.asarray(gammaincinv(shape, ndtr(self._scores)) / shape, dtype=np.float64)

    def __call__(self, normal: Floats) -> Floats:
        """Return the amounts, same shape as `normal`."""
        amounts: Floats = np.interp(normal, self._scores, self._values)
        return amounts


class Backers:
    """The pledges and pipelines of all backers of a scenario; a part of the mechanism `arms`, which owns its fields.

    Parameters
    ----------
    world : World
    backers, halts, packages : sequences of their sections
    drawn : Drawn
    """

    def __init__(
        self, world: World, backers: Sequence[Backer], halts: Sequence[Halt], packages: Sequence[Package], drawn: Drawn
    ) -> None:
        self._world, self._drawn, self._backers, self._halts = world, drawn, backers, halts
        self._at_war, self._mobilized = world.fields.see("at_war"), world.fields.see("mobilized")
        self._side = [SIDES.index(backer.side) for backer in backers]
        self._lumps = [LumpyAmount(backer.aid_variation.value) for backer in backers]
        self._luck = [world.draws.normal(f"arms/aid/{backer.id}", in_turn=True) for backer in backers]
        each = self._each
        self._stocks = StagedDelay([backer.stock_stages.whole for backer in backers], each("stock_delay_days"))
        self._factories = StagedDelay([backer.production_stages.whole for backer in backers], each("production_delay_days"))
        self._absorption = StagedDelay([1] * len(backers), each("absorption_days"))
        self.derive()
        past = each("past_aid_per_month_beur") / DAYS_PER_MONTH
        self._stocks.fill(past * self._from_stock)
        self._factories.fill(past * (1.0 - self._from_stock))
        self._absorption.fill(past * (1.0 - self._cancelled_share))
        self.pledged = world.own("arms", "pledged_beur", self._on_the_way())
        self.delivered = world.own("arms", "delivered_beur", 0.0)
        self.cancelled = world.own("arms", "cancelled_beur", 0.0)
        self.in_transit = world.own("arms", "in_transit_beur", self._on_the_way())
        self._book_halts(drawn)
        self._book_packages(packages, drawn)

    def derive(self) -> None:
        """Work out what depends on the parameters in force; what is on its way stays where it is."""
        each = self._each
        self._scale = self._drawn.sides("arms", "aid_scale")[self._side] if self._side else np.empty((0, self._world.n))
        self._aid = each("aid_per_month_beur") * self._scale
        self._from_stock = each("from_stock_share")
        self._cancelled_share = each("cancelled_share")
        self._fire_days_per_beur = each("fire_days_per_beur")
        self._stocks.set_mean(each("stock_delay_days"))
        self._factories.set_mean(each("production_delay_days"))
        self._absorption.set_mean(each("absorption_days"))

    def _each(self, name: str) -> Floats:
        return self._drawn.rows("arms.backers", [backer.id for backer in self._backers], name)

    # Halts: a dated one is an appointment, a random one begins with a month, for only then does it matter.

    def _book_halts(self, drawn: Drawn) -> None:
        world, halts = self._world, self._halts
        ids = [halt.id for halt in halts]
        self._halt_until = np.full((len(halts), world.n), -1, dtype=np.int64)
        self._halt_days = np.maximum(1, np.rint(drawn.rows("arms.halts", ids, "days"))).astype(np.int64)
        self._halt_cut = drawn.rows("arms.halts", ids, "cut_share")
        self._halt_luck = [world.draws.uniform(f"arms/halt/{name}", in_turn=True) for name in ids]
        self._halt_chance: dict[int, Floats] = {}
        world.agenda.topic("halt", len(halts), self._halt)
        for item, halt in enumerate(halts):
            if halt.date is None:
                hazard = drawn.one(f"arms.halts.{halt.id}.hazard_per_year")
                self._halt_chance[item] = -np.expm1(-hazard / MONTHS_PER_YEAR)
            elif (day := world.calendar.day_of(halt.date)) >= 0:
                happens = self._halt_luck[item].at(0) < drawn.one(f"arms.halts.{halt.id}.probability")
                world.agenda.book("halt", item, np.flatnonzero(happens), day)

    def _halt(self, day: int, item: int, cohort: Ints) -> None:
        cohort = cohort[self._at_war[cohort] > 0]
        self._halt_until_day(day, item, cohort, day + self._halt_days[item, cohort])

    def _begin_random_halts(self, day: int, month: int) -> None:
        """Let halts be under way that began on a random day of the month before; only now do they matter."""
        for item, chance in self._halt_chance.items():
            uniform = self._halt_luck[item].at(month)
            cohort = np.flatnonzero((uniform < chance) & (self._halt_until[item] <= day) & (self._at_war > 0))
            ago = np.floor(uniform[cohort] / chance[cohort] * DAYS_PER_MONTH).astype(np.int64)
            until = day - ago + self._halt_days[item, cohort]
            self._halt_until_day(day, item, cohort[until > day], until[until > day])

    def _halt_until_day(self, day: int, item: int, cohort: Ints, until: Ints) -> None:
        self._halt_until[item, cohort] = until
        days, cut = (until - day).astype(np.float64), self._halt_cut[item, cohort]
        self._world.recorder.tell(day, cohort, "halt", backer=self._name(item), cut_share=cut, days=days)

    def _name(self, halt: int) -> str:
        return next(b.name for b in self._backers if b.id == self._halts[halt].backer)

    # Packages are appointments too.

    def _book_packages(self, packages: Sequence[Package], drawn: Drawn) -> None:
        world = self._world
        world.agenda.topic("package", len(packages), self._package)
        ids = [backer.id for backer in self._backers]
        self._packages: list[tuple[int, Floats, Floats | None]] = []
        for item, package in enumerate(packages):
            row, path = ids.index(package.backer), f"arms.packages.{package.id}"
            amount, share = drawn.one(f"{path}.amount_beur"), drawn.values.get(f"{path}.from_stock_share")
            self._packages.append((row, amount, share))
            day = world.calendar.day_of(package.date)
            happens = world.draws.uniform(f"arms/package/{package.id}").at(0)
            if day >= 0:
                cohort = np.flatnonzero(happens < drawn.one(f"{path}.probability"))
                world.agenda.book("package", item, cohort, day)

    def _package(self, day: int, item: int, cohort: Ints) -> None:
        row, size, own_share = self._packages[item]
        cohort = cohort[self._at_war[cohort] > 0]
        amount = size[cohort] * self._scale[row, cohort]
        share = self._from_stock[row] if own_share is None else own_share
        self._pledge(row, cohort, amount, share[cohort])
        name = self._backers[row].name
        self._world.recorder.tell(day, cohort, "package", backer=name, amount_beur=amount)

    # The monthly pledges and the daily flow of deliveries.

    def _pledge(self, row: int, cohort: Ints, amount: Floats, from_stock: Floats) -> None:
        self.pledged[row, cohort] += amount
        self.in_transit[row, cohort] += amount
        self._stocks.add_to(row, cohort, amount * from_stock)
        self._factories.add_to(row, cohort, amount * (1.0 - from_stock))

    def pledge_month(self, day: int, month: int) -> None:
        """Pledge what each backer pledges at the start of `month`."""
        if month > 0:
            self._begin_random_halts(day, month)
        arming = np.flatnonzero(self._mobilized > 0)
        for row, backer in enumerate(self._backers):
            amount = self._aid[row] * self._lumps[row](self._luck[row].at(month)) * self._mobilized
            for item, halt in enumerate(self._halts):
                if halt.backer == backer.id:
                    halted = self._halt_until[item] > day
                    amount = np.where(halted, amount * (1.0 - self._halt_cut[item]), amount)
            self._pledge(row, self._world.everyone, amount, self._from_stock[row])
            self._world.recorder.tell(day, arming, "pledge", backer=backer.name, amount_beur=amount[arming])

    def deliver(self, received: Floats) -> None:
        """Let a day pass in the pipelines and add to `received`, (2, n), what reaches the sides, in days of fire."""
        ready = self._absorption.step()
        arrived = self._stocks.step() + self._factories.step()
        lost = arrived * self._cancelled_share
        self._absorption.add(arrived - lost)
        self.cancelled += lost
        self.delivered += ready
        self.in_transit -= lost + ready
        for row, side in enumerate(self._side):
            received[side] += ready[row] * self._fire_days_per_beur[row]

    def _on_the_way(self) -> Floats:
        return self._stocks.total() + self._factories.total() + self._absorption.total()

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of pledges."""
        booked = self.delivered + self.cancelled + self._on_the_way()
        yield "pledged = delivered + in transit + cancelled", differs(self.pledged, booked)
        yield (
            "in transit is what the delays hold",
            differs(self.in_transit, self._on_the_way()),
        )
