"""Campaigns: when each side attacks, how hard, and what it keeps to itself.

A side holds until it sees a prospect, prepares (stock, men, season), strikes until it culminates, and rests. It looks every
week. Between strikes it attacks little, so that little is fired and lost, and stocks and forces fill up again. What it
prepares only it knows. A side without campaigns of its own keeps its usual attack.

Sources: culmination as the point at which an attacker can no longer go on, Clausewitz (On War, VII 5); that the stronger in
prospect attacks, by its own choice of time, is what biases the force ratio in battle data (CDB90). Rates and lengths are
assumptions of each scenario.
"""

from collections.abc import Iterator
from typing import Any, ClassVar, Generic, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Option

from sim.engine.calendar import DAYS_PER_WEEK, DAYS_PER_YEAR
from sim.engine.draws import Floats, Ints
from sim.engine.mechanism import PerHistory
from sim.engine.recorder import EventKind
from sim.model.parameters import SIDES, SIGN
from sim.scenario import N, Section, knob

# judgement: who is not able to strike waits for some times as long as it takes to prepare, and so many days at least.
_PATIENCE, _LEAST_PATIENCE_DAYS = 3, 84

Plan = tuple[int, NDArray[np.bool_], PerHistory, PerHistory]
"""A side's attack to come: the side, where it will come, how hard, and for how many days."""

HOLD, PREPARE, STRIKE, REST = range(4)
POSTURES = ("hold", "prepare", "strike", "rest")


class SideCampaigns(Section, Generic[N]):
    """How one side plans its campaigns."""

    at_start: Literal["hold", "prepare", "strike", "rest"] = Option(
        default="hold", description="What it does at the start of the scenario."
    )
    begins_per_year: N = knob(
        "per year", "Rate at which it begins to prepare while it sees a prospect.", low=0, high=1000,
        label="{side}'s campaigns a year",
    )  # fmt: skip
    prospect: N = knob(
        "log balance", "By how much more than the defender's advantage its strike must be ahead for it to see one.",
        low=-50, high=50, default=0, label="{side}'s margin for a campaign",
    )  # fmt: skip
    prepare_days: N = knob("days", "How long it prepares at least.", low=0, high=5000, label="{side}'s days of preparation")
    strike_intensity: N = knob(
        "factor", "How hard it strikes; 1 is the attacker's usual attack.", low=0, high=10, label="{side}'s strike intensity"
    )
    between_intensity: N = knob(
        "factor", "How hard it attacks between strikes.", low=0, high=10, label="{side}'s attacks between strikes"
    )
    longest_days: N = knob(
        "days", "After how long a strike culminates at the latest.", low=1, high=5000, label="{side}'s longest strike"
    )
    needs_fire_share: N = knob(
        "share of full-rate fire", "Fire that its stock must allow before it strikes.", low=0, high=1, default=0,
        label="{side}'s fire before a strike",
    )  # fmt: skip
    needs_force_share: N = knob(
        "share of the reference force", "Force that it must have before it strikes.", low=0, high=10, default=0,
        label="{side}'s force before a strike",
    )  # fmt: skip
    culminates_fire_share: N = knob(
        "share of full-rate fire", "A strike culminates when its stock allows less fire.", low=0, high=1, default=0,
        label="{side}'s fire that ends a strike",
    )  # fmt: skip
    culminates_loss_share: N = knob(
        "share of the force", "A strike culminates when it has lost so much since it began.", low=0, high=1, default=1,
        label="{side}'s loss that ends a strike",
    )  # fmt: skip
    rest_days: N = knob("days", "How long it rests after a strike.", low=0, high=5000, label="{side}'s rest after a strike")


class CampaignParameters(Section, Generic[N]):
    """Campaigns that the sides decide on themselves."""

    attacker: SideCampaigns[N] | None = Option(default=None, description="Of the attacker; none: its usual attack goes on.")
    defender: SideCampaigns[N] | None = Option(default=None, description="Of the defender; none: its usual attack goes on.")


class Campaigns:
    """The postures of both sides, for the front, which owns them.

    Parameters
    ----------
    front : Front
        With `posture`, `posture_day`, `struck` and `area_struck`, which are written here.
    """

    kinds: ClassVar = {
        "prepares": EventKind("{side} prepares an offensive."),
        "drops plans": EventKind("{side} drops its preparations for an offensive."),
        "strikes": EventKind("{side} strikes, with an intensity of {intensity:.2f}.", begins="offensive"),
        "culminates": EventKind(
            "{side}'s offensive culminates after {days:.0f} days ({cause}): {km2:+,.0f} km2.", ends=("offensive",)
        ),
        "is ready again": EventKind("{side} has rested.", drawn=False),
    }

    def __init__(self, front: Any) -> None:
        self._front, section = front, front.section.campaigns
        self._own = {
            side: getattr(front.knobs.campaigns, name)
            for side, name in enumerate(SIDES)
            if section is not None and getattr(section, name) is not None
        }
        self._luck = {side: front.world.draws.uniform(f"front/campaign/{SIDES[side]}", in_turn=True) for side in self._own}
        for side, own in self._own.items():
            front.posture[side] = POSTURES.index(own.at_start)

    def tell_start(self) -> None:
        """Tell who strikes at the start."""
        for side, own in self._own.items():
            cohort = np.flatnonzero(self._front.posture[side] == STRIKE)
            self._front.world.recorder.tell(0, cohort, "strikes", side=SIDES[side], intensity=own.strike_intensity[cohort])

    def push(self, usual: Floats) -> Floats:
        """Return how hard each side attacks, (2, n), of what it usually does where it has no campaigns."""
        if not self._own:
            return usual
        push = usual.copy()
        for side, own in self._own.items():
            push[side] = np.where(self._front.posture[side] == STRIKE, own.strike_intensity, own.between_intensity)
        return push

    def planned(self) -> Iterator[Plan]:
        """Yield for each side where it prepares and is able to strike."""
        for side, own in self._own.items():
            where = (self._front.posture[side] == PREPARE) & self._able(side, own)
            yield side, where, own.strike_intensity, own.longest_days

    def _able(self, side: int, own: Any) -> NDArray[np.bool_]:
        front = self._front
        enough = front.force[side] >= own.needs_force_share * front.reference_force[side]
        able: NDArray[np.bool_] = enough & (front.ready_fire[side] >= own.needs_fire_share)
        return able

    def review(self, day: int, drive: PerHistory, push: Floats, mud: bool) -> None:
        """Decide what each side does from today on; `drive` is the balance without concentration, `push` who attacked."""
        for side, own in self._own.items():
            self._review(day, side, own, SIGN[side] * drive, push[1 - side], mud)

    def _review(self, day: int, side: int, own: Any, drive: PerHistory, enemy: PerHistory, mud: bool) -> None:
        front, knobs = self._front, self._front.knobs
        posture, lasted = front.posture[side].copy(), day - front.posture_day[side]
        fighting, ready = front.at_war > 0, front.ready_fire[side]
        massed = knobs.concentration * (own.strike_intensity - enemy)
        sees = drive + massed - knobs.defenders_advantage > own.prospect
        decides = self._luck[side].at(day // DAYS_PER_WEEK) < -np.expm1(-own.begins_per_year * DAYS_PER_WEEK / DAYS_PER_YEAR)
        able = self._able(side, own)
        lost = front.cumulative_casualties[side] - front.struck[side]
        striking = (posture == STRIKE) & fighting
        self._turn(day, side, np.flatnonzero((posture != HOLD) & ~fighting), HOLD)
        self._turn(day, side, np.flatnonzero(fighting & (posture == HOLD) & sees & decides), PREPARE, "prepares")
        preparing = fighting & (posture == PREPARE)
        waits = np.maximum(_PATIENCE * own.prepare_days, _LEAST_PATIENCE_DAYS)
        self._turn(day, side, np.flatnonzero(preparing & (~sees | ~able & (lasted >= waits))), HOLD, "drops plans")
        if not mud:
            begins = np.flatnonzero(preparing & sees & able & (lasted >= own.prepare_days))
            front.struck[side, begins] = front.cumulative_casualties[side, begins]
            front.area_struck[side, begins] = front.held_area[begins]
            self._turn(day, side, begins, STRIKE, "strikes", intensity=own.strike_intensity[begins])
        if striking.any():
            spent = {
                "heavy losses": lost > own.culminates_loss_share * (front.force[side] + lost),
                "stocks run down": ready < own.culminates_fire_share,
                "as planned": lasted >= own.longest_days,
            }
            gained = (front.held_area - front.area_struck[side]) * SIGN[side]
            for cause, over in spent.items():
                cohort = np.flatnonzero(striking & over)
                days = lasted[cohort].astype(np.float64)
                self._turn(day, side, cohort, REST, "culminates", days=days, km2=gained[cohort], cause=cause)
                striking &= ~over
        rested = fighting & (posture == REST) & (lasted >= own.rest_days)
        self._turn(day, side, np.flatnonzero(rested), HOLD, "is ready again")

    def _turn(self, day: int, side: int, cohort: Ints, posture: int, kind: str = "", **values: Floats | str) -> None:
        if len(cohort):
            self._front.posture[side, cohort] = posture
            self._front.posture_day[side, cohort] = day
            if kind:
                self._front.world.recorder.tell(day, cohort, kind, side=SIDES[side], **values)
