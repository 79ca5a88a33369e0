"""Backers: states that send arms to a side: pledges, halts, and pipelines that deliver late.

A backer's monthly pledge is lumpy (gamma, without memory); part of it comes from stocks in weeks and part from new
production in about a year, through staged delays, then it is absorbed. A halt stops new pledges, and empties the pipeline
only after its delay. Pledged = delivered + in transit + cancelled, always.

Sources: delays and spread of pledges from the Kiel Institute's tracker and from the delivery of the EU's million shells.
Left out: kinds of materiel, prices, bargaining between backers.
"""

import datetime
from typing import TYPE_CHECKING, Any, Generic

import numpy as np
from pydantic import ValidationInfo, field_validator, model_validator

from sim.engine.calendar import DAYS_PER_MONTH, MONTHS_PER_YEAR
from sim.engine.delays import StagedDelay
from sim.engine.draws import Floats, Ints
from sim.engine.mechanism import PerHistory, PerSide
from sim.model.parameters import SIDES, SideName
from sim.model.planned import Planned, whole_days
from sim.scenario import Fixed, Item, N, as_now, knob, whole

if TYPE_CHECKING:
    from sim.model.arms import Arms

# More than any horizon.
FOR_GOOD_DAYS = 1_000_000


class Backer(Item, Generic[N]):
    """A state or group of states that sends arms to one side."""

    name: str
    side: SideName
    aid_per_month_beur: N = knob(
        "bn EUR a month", "Mean of the monthly pledge.", low=0, high=100, label="{item}: pledges a month"
    )
    aid_variation: Fixed = knob(
        "ratio", "Coefficient of variation of the monthly pledge.", low=0, high=3, default=0.6, at_start=True,
        label="{item}: variation of pledges",
    )  # fmt: skip
    past_aid_per_month_beur: N = knob(
        "bn EUR a month", "Pledges before the start, which are on their way now; as much as now, if left out.",
        low=0, high=100, default=None,
        at_start=True, label="{item}: pledges before start",
    )  # fmt: skip
    fire_days_per_beur: N = knob(
        "days of full-rate fire per bn EUR", "What a delivery adds to the stock.", low=0, high=1000,
        label="{item}: fire per billion EUR",
    )  # fmt: skip
    from_stock_share: N = knob(
        "share", "Share of a pledge taken from stocks.", low=0, high=1, default=0.33, label="{item}: share from stocks"
    )
    stock_delay_days: N = knob(
        "days", "Mean delay of what is taken from stocks.", low=0, high=2000, default=45, label="{item}: delay from stocks"
    )
    stock_stages: Fixed = whole(
        "stages", "Stages of that delay: the more, the less spread.", low=1, high=20, default=3, at_start=True,
        label="{item}: stages from stocks",
    )  # fmt: skip
    production_delay_days: N = knob(
        "days", "Mean delay of what must be produced.", low=0, high=5000, default=365, label="{item}: delay of production"
    )
    production_stages: Fixed = whole(
        "stages", "Stages of that delay.", low=1, high=20, default=5, at_start=True, label="{item}: stages of production"
    )
    cancelled_share: N = knob(
        "share", "Share of a pledge that never arrives.", low=0, high=1, default=0.05, label="{item}: share never delivered"
    )
    absorption_days: N = knob(
        "days", "Mean time from arrival to use at the front.", low=0, high=1000, default=25, label="{item}: days until use"
    )

    @field_validator("past_aid_per_month_beur", mode="before")
    @classmethod
    def _aid_went_on(cls, value: Any, info: ValidationInfo) -> Any:
        return as_now(value, info, "aid_per_month_beur")


class Halt(Item, Generic[N]):
    """An interruption of a backer's pledges: dated with a probability, or at random with a hazard."""

    backer: str
    date: datetime.date | None = None
    probability: N | None = knob(
        "share", "With what chance it happens.", low=0, high=1, default=None, at_start=True,
        label="{item}: chance of the halt",
    )  # fmt: skip
    hazard_per_year: N | None = knob(
        "per year", "Rate at which it begins.", low=0, high=100, default=None, at_start=True, label="{item}: halts a year"
    )
    days: N = knob("days", "How long it lasts.", low=1, high=10_000, at_start=True, label="{item}: length of the halt")
    for_good_share: N | None = knob(
        "share", "With what chance it is for good.", low=0, high=1, default=None, at_start=True,
        label="{item}: chance of a halt for good",
    )  # fmt: skip
    cut_share: N = knob(
        "share", "Share of the pledges that falls away.", low=0, high=1, at_start=True, label="{item}: share of pledges cut"
    )

    @model_validator(mode="after")
    def _dated_or_random(self) -> "Halt[N]":
        dated = self.date is not None and self.probability is not None and self.hazard_per_year is None
        random = self.date is None and self.probability is None and self.hazard_per_year is not None
        if not (dated or random):
            raise ValueError(f"halt '{self.id}' needs either date and probability, or hazard_per_year alone")
        return self


class Package(Item, Generic[N]):
    """A pledge on a date, beside the monthly ones."""

    backer: str
    date: datetime.date
    amount_beur: N = knob(
        "bn EUR", "Size of the package.", low=0, high=1000, at_start=True, label="{item}: size of the package"
    )
    probability: N = knob(
        "share", "With what chance it is pledged.", low=0, high=1, default=1, at_start=True,
        label="{item}: chance of the package",
    )  # fmt: skip
    from_stock_share: N | None = knob(
        "share", "Share taken from stocks; the backer's own if not given.", low=0, high=1, default=None, at_start=True,
        label="{item}: share from stocks",
    )  # fmt: skip


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


class Pipelines:
    """What backers pledge and what is on its way: a part of the mechanism `arms`, whose fields it keeps."""

    def __init__(self, arms: "Arms") -> None:
        self._arms, self._world, self._backers = arms, arms.world, arms.knobs.backers
        self._each: Backer[PerHistory] = arms.drawn.stacked("arms", self._backers)
        self._side = [SIDES.index(backer.side) for backer in self._backers]
        self._lumps = [LumpyAmount(backer.aid_variation.value) for backer in self._backers]
        self._luck = [self._world.draws.normal(f"arms/aid/{backer.id}", in_turn=True) for backer in self._backers]
        each = self._each
        self._stocks = StagedDelay([backer.stock_stages.whole for backer in self._backers], each.stock_delay_days)
        stages = [backer.production_stages.whole for backer in self._backers]
        self._factories = StagedDelay(stages, each.production_delay_days)
        self._absorption = StagedDelay([1] * len(self._backers), each.absorption_days)
        parties = [party for party in arms.drawn.knobs("parties") if party.backs is not None]
        self._party = {party.backs.backer: row for row, party in enumerate(parties)}
        past = each.past_aid_per_month_beur / DAYS_PER_MONTH
        self._stocks.fill(past * each.from_stock_share)
        self._factories.fill(past * (1.0 - each.from_stock_share))
        self._absorption.fill(past * (1.0 - each.cancelled_share))
        self._plan_halts()
        self._packages = Planned(self._world, arms.at_war, arms.knobs.packages, "arms/package", ("package", self._package))

    # Halts: a dated one is an appointment, a random one begins with a month, for only then does it matter.

    def _plan_halts(self) -> None:
        world, halts = self._world, self._arms.knobs.halts
        self._halt_days = whole_days(self._arms.drawn.stacked("arms", halts).days)
        for item, halt in enumerate(halts):
            if halt.for_good_share is not None:
                for_good = world.draws.uniform(f"arms/halt_for_good/{halt.id}").at(0) < halt.for_good_share
                self._halt_days[item, for_good] = FOR_GOOD_DAYS
        self._halt_luck = [world.draws.uniform(f"arms/halt/{halt.id}", in_turn=True) for halt in halts]
        self._halt_chance: dict[int, PerHistory] = {}
        world.agenda.topic("halt", len(halts), self._halt)
        for item, halt in enumerate(halts):
            if halt.hazard_per_year is not None:
                self._halt_chance[item] = -np.expm1(-halt.hazard_per_year / MONTHS_PER_YEAR)
            elif halt.date is not None and halt.probability is not None:
                happens, day = self._halt_luck[item].at(0) < halt.probability, world.calendar.day_of(halt.date)
                if day >= 0:
                    world.agenda.book("halt", item, np.flatnonzero(happens), day)

    def _halt(self, day: int, item: int, cohort: Ints) -> None:
        cohort = cohort[self._arms.at_war[cohort] > 0]
        self._halt_until(day, item, cohort, day + self._halt_days[item, cohort])

    def _begin_random_halts(self, day: int, month: int) -> None:
        """Let halts be under way that began on a random day of the month before; only now do they matter."""
        for item, chance in self._halt_chance.items():
            uniform, over = self._halt_luck[item].at(month), self._arms.halted_until[item] <= day
            cohort = np.flatnonzero((uniform < chance) & over & (self._arms.at_war > 0))
            ago = np.floor(uniform[cohort] / chance[cohort] * DAYS_PER_MONTH).astype(np.int64)
            until = day - ago + self._halt_days[item, cohort]
            self._halt_until(day, item, cohort[until > day], until[until > day])

    def _halt_until(self, day: int, item: int, cohort: Ints, until: Ints) -> None:
        self._arms.halted_until[item, cohort] = until
        halt = self._arms.knobs.halts[item]
        name = next(backer.name for backer in self._backers if backer.id == halt.backer)
        days = (until - day).astype(np.float64)
        ends = days < FOR_GOOD_DAYS / 2
        tell, some, rest = self._world.recorder.tell, cohort[ends], cohort[~ends]
        tell(day, some, "halt", backer=name, cut_share=halt.cut_share[some], days=days[ends])
        tell(day, rest, "halt for good", backer=name, cut_share=halt.cut_share[rest])

    # Packages are appointments too.

    def _package(self, day: int, item: int, cohort: Ints) -> None:
        package = self._arms.knobs.packages[item]
        row = [backer.id for backer in self._backers].index(package.backer)
        backer = self._backers[row]
        amount = package.amount_beur[cohort] * self._arms.sides.aid_scale[self._side[row], cohort]
        share = backer.from_stock_share if package.from_stock_share is None else package.from_stock_share
        self._pledge(row, cohort, amount, share[cohort])
        self._world.recorder.tell(day, cohort, "package", backer=backer.name, amount_beur=amount)

    # The monthly pledges and the daily flow of deliveries.

    def _pledge(self, row: int, cohort: Ints, amount: Floats, from_stock: Floats) -> None:
        self._arms.pledged_beur[row, cohort] += amount
        self._arms.in_transit_beur[row, cohort] += amount
        self._stocks.add_to(row, cohort, amount * from_stock)
        self._factories.add_to(row, cohort, amount * (1.0 - from_stock))

    def pledge_month(self, day: int, month: int) -> None:
        """Pledge what each backer pledges at the start of `month`."""
        if month > 0:
            self._begin_random_halts(day, month)
        arms, arming = self._arms, np.flatnonzero(self._arms.pledging > 0)
        for row, backer in enumerate(self._backers):
            mean = backer.aid_per_month_beur * arms.sides.aid_scale[self._side[row]]
            rate = mean * arms.pledging
            party = self._party.get(backer.id)
            if party is not None:
                rate = rate * arms.pledge_factor[party]
                mean = mean * arms.pledge_factor[party] + arms.made_up[party]
            amount = mean * self._lumps[row](self._luck[row].at(month)) * arms.pledging
            for item, halt in enumerate(arms.knobs.halts):
                if halt.backer == backer.id:
                    halted, left = arms.halted_until[item] > day, 1.0 - halt.cut_share
                    amount, rate = (np.where(halted, pledge * left, pledge) for pledge in (amount, rate))
            arms.pledge_rate[row] = rate
            self._pledge(row, self._world.everyone, amount, backer.from_stock_share)
            self._world.recorder.tell(day, arming, "pledge", backer=backer.name, amount_beur=amount[arming])

    def deliver(self) -> PerSide:
        """Let a day pass in the pipelines; return what reaches each side, in days of fire."""
        each, arms = self._each, self._arms
        self._absorption.set_mean(each.absorption_days)
        self._stocks.set_mean(each.stock_delay_days)
        self._factories.set_mean(each.production_delay_days)
        ready = self._absorption.step()
        arrived = self._stocks.step() + self._factories.step()
        lost = arrived * each.cancelled_share
        self._absorption.add(arrived - lost)
        arms.cancelled_beur += lost
        arms.delivered_beur += ready
        arms.in_transit_beur -= lost + ready
        received = np.zeros((2, self._world.n))
        for row, side in enumerate(self._side):
            received[side] += ready[row] * each.fire_days_per_beur[row]
        return received

    def on_the_way(self) -> PerHistory:
        """Return what has been pledged and has neither arrived nor been cancelled, a row for each backer."""
        return self._stocks.total() + self._factories.total() + self._absorption.total()
