"""Collapse of an army: a hazard that rises steeply as the force falls below a share of its reference.

The hazard is accumulated week by week and compared with one exponential draw per side and replication (the time change of a
Cox process), so that the same luck reaches every scenario: a smaller force only ever brings the collapse forward.

An army's collapse ends the war. Sources: the form is an assumption; that wars this long seldom end in a
collapse is in the Correlates of War data. Left out: mutiny, palace coup, collapse of the state behind the army.
"""

from typing import ClassVar

import numpy as np

from sim.engine.agenda import Process
from sim.engine.calendar import DAYS_PER_YEAR
from sim.engine.draws import Floats
from sim.engine.fields import Field
from sim.engine.world import Mechanism, World
from sim.model.parameters import SIDES, Drawn
from sim.scenario import Quantity, Section, knob

DAYS_BETWEEN_REVIEWS = 7
ATTACKER_BROKEN, DEFENDER_BROKEN = 1, 2


class SideCollapse(Section):
    """When the army of one side collapses."""

    force_share: Quantity = knob(
        "share of the reference force", "Force at which the hazard is half its maximum.", low=0, high=10
    )
    width_share: Quantity = knob("share of the reference force", "How gradually it rises.", low=0.001, high=10)
    hazard_per_year: Quantity = knob("per year", "Its maximum; 0 switches collapse off.", low=0, high=1000)


class CollapseParameters(Section):
    """Collapse of an army."""

    attacker: SideCollapse
    defender: SideCollapse


def collapse_hazard(force_ratio: Floats, force_share: Floats, width_share: Floats, highest: Floats) -> Floats:
    """Return the hazard per year of an army whose force is `force_ratio` of its reference.

    >>> collapse_hazard(np.array([0.5, 9.0]), np.full(2, 0.5), np.full(2, 0.05), np.full(2, 3.0)).round(6)
    array([1.5, 0. ])
    """
    # The bound keeps exp finite and changes nothing: exp(-500) is nil.
    return highest / (1.0 + np.exp(np.minimum((force_ratio - force_share) / width_share, 500.0)))


class Collapse(Mechanism):
    """The end of an army."""

    name = "collapse"
    parameters = CollapseParameters
    steps = ("collapse",)
    sentences: ClassVar = {"collapse": "{side}'s army collapses, at {share:.0%} of its reference force. The fighting ends."}

    @classmethod
    def fields(cls, section: CollapseParameters) -> tuple[Field, ...]:
        """Return the fields of collapse."""
        return (Field("broken", "code", "0 no army, 1 the attacker's, 2 the defender's has collapsed.", dtype=int),)

    def __init__(self, world: World, section: CollapseParameters, drawn: Drawn) -> None:
        self._world, self._drawn = world, drawn
        uniform = np.stack([world.draws.uniform(f"collapse/{side}").at(0) for side in SIDES])
        self._endurance = -np.log1p(-uniform)
        self._suffered = np.zeros((2, world.n))
        self.broken = world.own("collapse", "broken", 0)
        see = world.fields.see
        self._force, self._reference, self._at_war = see("force"), see("reference_force"), see("at_war")
        self.derive()
        drawn.follow("collapse", self.derive)

    def derive(self) -> None:
        """Work out what depends on the parameters in force."""

        def sides(name: str) -> Floats:
            return self._drawn.sides("collapse", name)

        self._share, self._width, self._highest = sides("force_share"), sides("width_share"), sides("hazard_per_year")

    def life(self) -> Process:
        """Look every week whether an army has collapsed."""
        while True:
            yield self._world.agenda.next("collapse", every_days=DAYS_BETWEEN_REVIEWS)
            self._review(self._world.agenda.today)

    def _review(self, day: int) -> None:
        ratio = self._force / self._reference
        step = collapse_hazard(ratio, self._share, self._width, self._highest) * (DAYS_BETWEEN_REVIEWS / DAYS_PER_YEAR)
        left = self._endurance - self._suffered
        # No one deserts a lost cause while the guns are silent: the hazard adds up in war only.
        self._suffered += step * self._at_war
        broken = (left <= step) & (self._at_war > 0)
        # When both break within the week, the one that used up its endurance first.
        with np.errstate(divide="ignore", invalid="ignore"):
            defender_first = broken[1] & ~(broken[0] & (left[0] / step[0] <= left[1] / step[1]))
        attacker_first = broken[0] & ~defender_first
        for code, side, who in ((ATTACKER_BROKEN, 0, attacker_first), (DEFENDER_BROKEN, 1, defender_first)):
            cohort = np.flatnonzero(who)
            if len(cohort):
                self.broken[cohort] = code
                self._world.recorder.tell(day, cohort, "collapse", side=SIDES[side], share=ratio[side, cohort])
