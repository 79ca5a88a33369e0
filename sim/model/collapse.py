"""Collapse of an army: a hazard that rises steeply as the force falls below a share of the largest that it has had.

The hazard is accumulated week by week and compared with one exponential draw per side and replication (the time change of a
Cox process), so that the same luck reaches every scenario: of armies that have been as large, the smaller one only ever
collapses earlier. An army that is still being raised has lost nothing yet, however small it is.

An army's collapse ends the war. Sources: the form is an assumption; that wars this long seldom end in a
collapse is in the Correlates of War data.
"""

from typing import ClassVar, Generic

import numpy as np
from numpy.typing import NDArray

from sim.engine.agenda import Process
from sim.engine.calendar import DAYS_PER_WEEK, DAYS_PER_YEAR
from sim.engine.draws import Ints
from sim.engine.mechanism import Mechanism, PerHistory, PerSide, owned, seen
from sim.engine.recorder import EventKind
from sim.model.asked import Moment
from sim.model.endings import COLLAPSED
from sim.model.parameters import SIDES
from sim.scenario import N, Quantity, Section, all_by_default, knob


class SideCollapse(Section, Generic[N]):
    """When the army of one side collapses."""

    force_share: N = knob(
        "share of its largest force", "Force at which the hazard is half its maximum.", low=0, high=10, default=0.4,
        label="{side}'s force at collapse",
    )  # fmt: skip
    width_share: N = knob(
        "share of its largest force", "How gradually it rises.", low=0.001, high=10, default=0.05,
        label="{side}'s spread of collapse",
    )  # fmt: skip
    hazard_per_year: N = knob(
        "per year", "Its maximum; 0 switches collapse off.", low=0, high=1000, default=1, label="{side}'s hazard of collapse"
    )


class CollapseParameters(Section, Generic[N]):
    """Collapse of an army."""

    attacker: SideCollapse[N] = all_by_default()
    defender: SideCollapse[N] = all_by_default()


def share_of_peak(force: PerSide, peak: PerSide) -> PerSide:
    """Return which share of its largest force an army has, where that is `peak` or the force itself.

    >>> share_of_peak(np.array([300.0, 500.0, 0.0]), np.array([400.0, 400.0, 0.0]))
    array([0.75, 1.  , 1.  ])
    """
    largest = np.maximum(force, peak)
    # Who never had a soldier has lost none.
    return np.where(largest > 0, force / np.where(largest > 0, largest, 1.0), 1.0)


def collapse_hazard(force_ratio: PerSide, force_share: PerSide, width_share: PerSide, highest: PerSide) -> PerSide:
    """Return the hazard per year of an army whose force is `force_ratio` of its largest.

    >>> collapse_hazard(np.array([0.5, 9.0]), np.full(2, 0.5), np.full(2, 0.05), np.full(2, 3.0)).round(6)
    array([1.5, 0. ])
    """
    # The bound keeps exp finite and changes nothing: exp(-500) is nil.
    return highest / (1.0 + np.exp(np.minimum((force_ratio - force_share) / width_share, 500.0)))


def who_breaks(left: PerSide, step: PerSide, at_war: PerHistory) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where the attacker's and where the defender's army breaks within a week, each shape (n,).

    `left` is what each army can still endure and `step` what it endures in the week. Of both the one that uses up its
    endurance first breaks, and the other does not.

    >>> who_breaks(np.array([[1.0, 0.2], [3.0, 0.1]]), np.ones((2, 2)), np.ones(2))
    (array([ True, False]), array([False,  True]))
    """
    breaks = (left <= step) & (at_war > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        attacker_first = left[0] / step[0] <= left[1] / step[1]
    defender = breaks[1] & ~(breaks[0] & attacker_first)
    return breaks[0] & ~defender, defender


class Collapse(Mechanism):
    """The end of an army."""

    name = "collapse"
    parameters = CollapseParameters[Quantity]
    steps = ("collapse",)
    leaves_out = "mutiny, palace coup, collapse of the state behind the army"
    kinds: ClassVar = {
        "collapse": EventKind(
            "{side}'s army collapses, at {share:.0%} of its largest force. The fighting ends.",
            ends=("talks", "offensive", "rout"),
            mark="collapse",
        )
    }

    moments: ClassVar = (Moment("collapse", "on the day of an army's collapse", lambda now: now.broken > 0),)

    broken: Ints = owned("code", "0 no army, 1 the attacker's, 2 the defender's has collapsed.", start=0, dtype=int)
    endurance: PerSide = owned("hazard", "What each army can endure before it breaks.", SIDES, inner=True)
    endured: PerSide = owned("hazard", "What each army has endured.", SIDES, start=0.0, inner=True)

    force: PerSide = seen()
    peak_force: PerSide = seen()
    at_war: PerHistory = seen()
    fighting: PerHistory = seen()

    sides: SideCollapse[PerSide]

    def begin(self) -> None:
        """Draw how much each army can endure."""
        luck = np.stack([self.world.draws.uniform(f"collapse/{side}").at(0) for side in SIDES])
        self.endurance = -np.log1p(-luck)

    def life(self) -> Process:
        """Look every week whether an army has collapsed."""
        while True:
            yield self.world.agenda.next("collapse", every_days=DAYS_PER_WEEK)
            self._review(self.world.agenda.today)

    def _review(self, day: int) -> None:
        ratio, sides = share_of_peak(self.force, self.peak_force), self.sides
        hazard = collapse_hazard(ratio, sides.force_share, sides.width_share, sides.hazard_per_year)
        step = hazard * (DAYS_PER_WEEK / DAYS_PER_YEAR) * self.fighting
        broken = who_breaks(self.endurance - self.endured, step, self.at_war)
        # No one deserts a lost cause while the guns are silent: the hazard adds up in war only.
        self.endured += step * self.at_war
        for side in range(2):
            cohort = np.flatnonzero(broken[side])
            if len(cohort):
                self.broken[cohort] = COLLAPSED[side]
                self.world.recorder.tell(day, cohort, "collapse", side=SIDES[side], share=ratio[side, cohort])
