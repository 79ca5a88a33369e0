"""Arms: materiel in days of full-rate fire, own production, and fire that is rationed.

1.0 a day sustains full fire. Stock grows by a side's own production and by what its backers deliver (see `backers`);
firing is rationed smoothly as it runs down, so that the stock is never negative. Fire follows attack: in a lull little is
fired, and stocks fill up.

Sources: rationing is our assumption, in the spirit of the supply-limited fire of Turchin's attrition-warfare model.
"""

from collections.abc import Callable, Iterator
from typing import ClassVar, Generic

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Option
from pydantic import model_validator

from sim.engine.agenda import Process
from sim.engine.calendar import DAYS_PER_MONTH
from sim.engine.draws import Ints
from sim.engine.mechanism import Mechanism, PerHistory, PerSide, owned, seen
from sim.engine.recorder import EventKind
from sim.engine.world import differs
from sim.model.backers import Backer, Halt, Package, Pipelines
from sim.model.outcomes import Column, Outcome, State, both, total, where
from sim.model.parameters import SIDES, stated_or
from sim.scenario import FieldError, Flaw, N, Quantity, Section, knob
from sim.scenario.wording import did_you_mean


class SideArms(Section, Generic[N]):
    """The arms of one side."""

    fire_at_start_share: N = knob(
        "share of full-rate fire", "Fire at the start.", low=0.01, high=0.99, at_start=True,
        label="{side}'s fire at the start",
    )  # fmt: skip
    reference_fire_share: N | None = knob(
        "share of full-rate fire",
        "Fire at which the losses and the pace were seen that are given; the fire at the start if not given.", low=0.01,
        high=0.99, default=None, at_start=True, label="{side}'s reference fire",
    )  # fmt: skip
    ration_days: N = knob(
        "days of full-rate fire", "Stock at which firing is rationed to half of the full rate.", low=1, high=1000,
        default=30, label="{side}'s rationing threshold",
    )  # fmt: skip
    production_fire_days_per_month: N = knob(
        "days of full-rate fire a month", "Own production, and what is refurbished.", low=0, high=1000,
        label="{side}'s arms production",
    )  # fmt: skip
    aid_scale: N = knob(
        "factor", "Multiplies all that its backers pledge from day 0 on.", low=0, high=100, default=1,
        label="Scale of aid to {side}",
    )  # fmt: skip


class ArmsParameters(Section, Generic[N]):
    """Arms: fire, stocks, production, backers."""

    attacker: SideArms[N]
    defender: SideArms[N]
    quiet_fire_share: N = knob(
        "share", "Share of its fire that goes on when no one attacks; the rest follows the attacks of both sides.",
        low=0, high=1, default=0.15, label="Fire that goes on without attacks",
    )  # fmt: skip
    backers: list[Backer[N]] = Option(default_factory=list)
    halts: list[Halt[N]] = Option(default_factory=list)
    packages: list[Package[N]] = Option(default_factory=list)

    @model_validator(mode="after")
    def _known_backers(self) -> "ArmsParameters[N]":
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


def rationed_fire(stock_days: PerSide, ration_days: PerSide) -> PerSide:
    """Return the share of full-rate fire, in 0..1, that a stock allows.

    >>> rationed_fire(np.array([0.0, 30.0]), np.array([30.0, 30.0]))
    array([0. , 0.5])
    """
    return stock_days / (stock_days + ration_days)


def stock_for_fire(fire_share: PerSide, ration_days: PerSide) -> PerSide:
    """Return the stock in days of full-rate fire at which fire is rationed to `fire_share`."""
    return ration_days * fire_share / (1.0 - fire_share)


def firing(intensity: PerSide, reference: PerSide, quiet_share: PerHistory) -> PerHistory:
    """Return the share of what stocks allow that is fired, 1 where both sides together attack as hard as at the reference.

    >>> firing(np.array([[0.0], [0.0]]), np.array([[1.0], [0.5]]), np.array([0.15]))
    array([0.15])
    """
    attacks: PerHistory = intensity[0] + intensity[1]
    share: PerHistory = quiet_share + (1.0 - quiet_share) / np.maximum(reference[0] + reference[1], 1e-9) * attacks
    return share


def _backers(section: ArmsParameters[Quantity]) -> tuple[str, ...]:
    return tuple(backer.id for backer in section.backers)


def _aid(name: str) -> Callable[[State, int], Column]:
    """Return what the backers of a side have added to a field since the start."""

    def of(now: State, side: int) -> Column:
        mine = [row for row, backer in enumerate(now.section.backers) if backer.side == SIDES[side]]
        n = len(now.at_war)
        return total((now[name][row] for row in mine), n) - total((now.start[name][row] for row in mine), n)

    return of


class Arms(Mechanism):
    """Stocks and fire of both sides; what backers pledge and deliver."""

    name = "arms"
    parameters = ArmsParameters[Quantity]
    topics = ("halt", "package")
    steps = ("arms",)
    leaves_out = "kinds of materiel, losses of stock to strikes"
    kinds: ClassVar = {
        "halt": EventKind("{backer} cuts its new pledges by {cut_share:.0%} for {days:.0f} days.", lasts="aid is cut"),
        "halt for good": EventKind("{backer} cuts its new pledges by {cut_share:.0%} for good.", lasts="aid is cut"),
        "pledge": EventKind("{backer}: pledge of {amount_beur:.2f} bn EUR.", drawn=False),
        "package": EventKind("{backer} pledges a package of {amount_beur:.1f} bn EUR."),
        "fire below half": EventKind("{side}'s fire is below half of the full rate ({fire:.2f})."),
    }

    fire: PerSide = owned("share of full-rate fire", "Fire of the day.", SIDES, series=True)
    ready_fire: PerSide = owned("share of full-rate fire", "What the stock allows, at war or not.", SIDES, series=True)
    reference_fire: PerSide = owned("share of full-rate fire", "Fire at which losses and pace are as given.", SIDES)
    stock_days: PerSide = owned("days of full-rate fire", "Materiel in stock.", SIDES, series=True)
    produced_days: PerSide = owned("days of full-rate fire", "Produced since the start.", SIDES, start=0.0)
    received_days: PerSide = owned("days of full-rate fire", "Received from backers since the start.", SIDES, start=0.0)
    fired_days: PerSide = owned("days of full-rate fire", "Fired since the start.", SIDES, start=0.0)
    fire_below_half_month: Ints = owned(
        "months", "First month in which fire is below half; -1: none.", SIDES, start=-1, dtype=int
    )
    pledged_beur: PerHistory = owned(
        "bn EUR", "Pledged, with what was on its way at the start.", _backers, series=True, grows=True
    )
    delivered_beur: PerHistory = owned(
        "bn EUR", "Delivered and absorbed since the start.", _backers, start=0.0, series=True, grows=True
    )
    cancelled_beur: PerHistory = owned("bn EUR", "Cancelled since the start.", _backers, start=0.0)
    in_transit_beur: PerHistory = owned("bn EUR", "Pledged and not yet delivered or cancelled.", _backers)
    pledge_rate: PerHistory = owned(
        "bn EUR a month",
        "What each backer pledges a month, lumps and what it makes up for others aside.",
        _backers,
        start=0.0,
    )
    halted_until: Ints = owned(
        "day", "First day after the halt under way, or after the last; -1: none yet.",
        lambda section: tuple(halt.id for halt in section.halts), start=-1, dtype=int, inner=True,
    )  # fmt: skip

    outcomes: ClassVar = (
        *both(Outcome(
            "fired_days", "Materiel fired, {side} (days of full fire)", "days of full-rate fire", "Since the start.",
            lambda now, side: now.fired_days[side], low=0, adds_up=True,
        )),
        *both(Outcome(
            "stock_days_end", "Materiel left, {side} (days of full fire)", "days of full-rate fire", "At the horizon.",
            lambda now, side: now.stock_days[side], section="", low=0,
            elsewhere=("stock_days", "Materiel in stock, {side} (days of full fire)"),
        )),
        *both(Outcome(
            "aid_pledged_beur", "Aid pledged to {side} (bn EUR)", "bn EUR", "Since the start.", _aid("pledged_beur"),
            unless_zero=True, adds_up=True,
        )),
        *both(Outcome(
            "aid_delivered_beur", "Aid delivered to {side} (bn EUR)", "bn EUR",
            "Since the start; with what was on its way before.", _aid("delivered_beur"), unless_zero=True, low=0,
            adds_up=True,
        )),
        *both(Outcome(
            "fire_below_half_month", "Months until {side}'s fire is below half of full rate", "months",
            "First month (from 0) at whose start fire is below half of the full rate; 0: from the start. Empty if none is.",
            lambda now, side: where(now.fire_below_half_month[side] >= 0, now.fire_below_half_month[side]),
            low=0, whole=True, always=False, drawn=False,
        )),
    )  # fmt: skip

    intensity: PerSide = seen()
    reference_intensity: PerSide = seen()
    at_war: PerHistory = seen()
    fighting: PerHistory = seen()
    mobilized: PerHistory = seen()
    pledging: PerHistory = seen()
    pledge_factor: PerHistory = seen()
    made_up: PerHistory = seen()

    knobs: ArmsParameters[PerHistory]
    sides: SideArms[PerSide]

    def begin(self) -> None:
        """Fill stocks, so that they allow the fire of the start, and what is on its way; plan halts and packages."""
        fire = self.sides.fire_at_start_share
        self._stock_at_start = stock_for_fire(fire, self.sides.ration_days)
        self.fire, self.ready_fire, self.stock_days = fire, fire, self._stock_at_start
        sides = self.knobs.attacker, self.knobs.defender
        self.reference_fire = np.stack([stated_or(side.reference_fire_share, side.fire_at_start_share) for side in sides])
        self._months = self.world.calendar.month_starts(self.world.setting.days)
        self._pipelines = Pipelines(self)
        self.pledged_beur = self.in_transit_beur = self._pipelines.on_the_way()

    def life(self) -> Process:
        """Pledge at the start of each month; deliver, produce and fire every day."""
        while True:
            yield self.world.agenda.next("arms")
            day = self.world.agenda.today
            month = self._months.get(day)
            if month is not None:
                self._note_low_fire(day, month)
                self._pipelines.pledge_month(day, month)
            self._fire()

    def _fire(self) -> None:
        self.ready_fire = rationed_fire(self.stock_days, self.sides.ration_days)
        attacks = firing(self.intensity, self.reference_intensity, self.knobs.quiet_fire_share) * self.at_war
        # No more than full rate, and no more than there is.
        np.minimum(self.ready_fire * attacks, np.minimum(self.stock_days, 1.0), out=self.fire)
        self.fire *= self.fighting
        produced = self.sides.production_fire_days_per_month / DAYS_PER_MONTH * self.mobilized
        received = self._pipelines.deliver()
        self.fired_days += self.fire
        self.produced_days += produced
        self.received_days += received
        produced += received
        produced -= self.fire
        self.stock_days += produced

    def _note_low_fire(self, day: int, month: int) -> None:
        # Whose fire rests in a truce saves it.
        low = (self.fire < 0.5 * self.fighting) & (self.fire_below_half_month < 0) & (self.at_war > 0)
        self.fire_below_half_month[low] = month
        for side, label in enumerate(SIDES):
            cohort = np.flatnonzero(low[side])
            self.world.recorder.tell(day, cohort, "fire below half", side=label, fire=self.fire[side, cohort])

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of materiel and pledges."""
        balance = self._stock_at_start + self.produced_days + self.received_days - self.fired_days
        yield "stock = start + produced + received - fired", differs(self.stock_days, balance)
        yield "stock is never negative", ~(self.stock_days >= 0)
        yield "fire lies in 0..1", ~((self.fire >= 0) & (self.fire <= 1))
        on_the_way = self._pipelines.on_the_way()
        booked = self.delivered_beur + self.cancelled_beur + on_the_way
        yield "pledged = delivered + in transit + cancelled", differs(self.pledged_beur, booked)
        yield "in transit is what the delays hold", differs(self.in_transit_beur, on_the_way)
