"""Limited truces, a first phase before a deal, and the trust that is learned from both.

What each side is, what it believes of the other and what follows for a bargain: see `trust`. The kind is drawn with the
chance that the other believes in at the start, so that who trusts is right as often as it believes to be.

While a truce or a first phase lasts, a share of the fighting rests: of losses, fire, ground taken, and of the danger that a
front or an army breaks.

Sources: cooperation in small steps that build trust after Osgood 1962 and Kydd 2005 (a kept small step tells the kinds
apart); after Fortna 2004, a truce lasts by what each expects of the other. All numbers are judgement. Left out: that a side
chooses to keep its word; what a side shows by agreeing to something, and by a ceasefire that lasts or breaks. The rules of
agreement know both kinds, which the sides do not, so that who signs is reliable more often than the other believes.
"""

from collections.abc import Collection, Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from sim.engine.agenda import Process
from sim.engine.draws import Floats, Ints
from sim.engine.mechanism import Mechanism, PerHistory, PerSide, owned, seen
from sim.engine.recorder import EventKind
from sim.model.outcomes import Outcome, both, where
from sim.model.parameters import SIDES
from sim.model.planned import whole_days
from sim.model.reviews import DAYS_BETWEEN_REVIEWS, IN_A_PHASE, VOTING, chance
from sim.model.trust import SideTrust, TrustParameters, learned_trust
from sim.scenario import Quantity


def _truces(section: TrustParameters[Quantity] | None) -> tuple[str, ...]:
    return tuple(truce.id for truce in section.truces) if section is not None else ()


OF_TRUCES = (
    Outcome(
        "truces_kept", "Limited truces kept", "times", "Until the horizon, by both sides.", lambda now: now.truces_kept,
        low=0, whole=True, adds_up=True,
    ),
    *both(Outcome(
        "truces_broken", "Limited truces broken by {side}", "times", "Until the horizon; both may break the same one.",
        lambda now, side: now.truces_broken[side], low=0, whole=True, adds_up=True,
    )),
)  # fmt: skip
OF_PHASES = (
    Outcome(
        "first_phases", "First phases begun", "times", "Until the horizon.", lambda now: now.phases_begun, low=0,
        whole=True, adds_up=True,
    ),
    *both(Outcome(
        "first_phases_broken", "First phases broken by {side}", "times", "Until the horizon; both may break the same one.",
        lambda now, side: now.phases_broken[side], low=0, whole=True, adds_up=True,
    )),
)  # fmt: skip


class Truces(Mechanism):
    """Limited truces, how first phases end, and trust."""

    name = "trust"
    parameters = TrustParameters[Quantity]
    optional = True
    steps = ("trust", "rest")
    leaves_out = "choosing to keep one's word, what agreeing shows, and what a ceasefire shows of who keeps it"
    kinds: ClassVar = {
        "truce begins": EventKind("A limited truce begins: {truce}, for {days:.0f} days."),
        "truce kept": EventKind("Both sides have kept the limited truce so far, and will: {truce}."),
        "truce ends": EventKind("The limited truce is over: {truce}.", drawn=False),
        "truce broken": EventKind("{side} breaks the limited truce: {truce}."),
        "first phase kept": EventKind("Both sides have kept the first phase."),
        "first phase broken": EventKind("{side} has not kept the first phase, and nothing is signed.", ends=("talks",)),
    }

    reliable: PerSide = owned("1 or 0", "Whether each side is of the kind that keeps its word.", SIDES, start=1.0)
    trust: PerSide = owned(
        "share", "Chance that each side is reliable, as its enemy sees it.", SIDES, start=1.0, series=True
    )
    fighting: PerHistory = owned("share", "Of the usual fighting, that of tomorrow: the rest of it rests.", start=1.0)
    fought_days: PerHistory = owned(
        "days", "Of whole fighting since the last review, with tomorrow.", start=float(DAYS_BETWEEN_REVIEWS)
    )
    truces_begun: PerHistory = owned("times", "How often each limited truce has begun.", _truces, start=0.0)
    truces_kept: PerHistory = owned("times", "How many limited truces both sides have kept.", start=0.0)
    truces_broken: PerSide = owned("times", "How many each side has broken.", SIDES, start=0.0)
    keeps_phase: PerSide = owned("1 or 0", "Whether each side kept the first phase that ended last.", SIDES, start=1.0)
    phases_broken: PerSide = owned("times", "How many first phases each side has not kept.", SIDES, start=0.0)
    truce_until: Ints = owned("day", "Until when each is on; -1: it is not.", _truces, start=-1, dtype=int, inner=True)
    judged_on: Ints = owned(
        "day", "On which it shows if each is kept; -1: it has.", _truces, start=-1, dtype=int, inner=True
    )

    @classmethod
    def outcomes_of(cls, section: TrustParameters[Quantity] | None, touched: Collection[str] = ()) -> tuple[Outcome, ...]:
        """Return the outcomes of trust, with those of truces and of first phases where there can be some."""
        if section is None:
            return ()
        return (
            *both(Outcome(
                "trust_in", "Trust of {enemy} in {side}", "share",
                "Chance that the side is of the kind that keeps its word, as its enemy sees it at the horizon.",
                lambda now, side: now.trust[side], low=0, high=1,
            )),
            Outcome(
                "deal_after_talks_days", "Days from first talks to the first deal", "days",
                "From the day on which talks first opened to the first signature; empty without a deal.",
                lambda now: where(now.deal_day >= 0, now.deal_day - 1 - now.first_talks_day), low=0, always=False,
                if_any=True,
            ),
            *(OF_TRUCES if section.truces else ()),
            *(OF_PHASES if section.first_phase is not None else ()),
        )  # fmt: skip

    at_war: PerHistory = seen()
    decided: Ints = seen()
    talks: Ints = seen()
    back_on_day: Ints = seen()
    phases_begun: PerHistory = seen()
    deals_signed: PerHistory = seen()
    ceasefires: PerHistory = seen()

    knobs: TrustParameters[PerHistory]
    sides: SideTrust[PerSide]

    def begin(self) -> None:
        """Draw the kinds; open the streams of luck."""
        draws = self.world.draws
        luck = np.stack([draws.uniform(f"trust/kind/{side}").at(0) for side in SIDES])
        self.reliable, self.trust = (luck < self.sides.reliable).astype(np.float64), self.sides.reliable
        # Of the first day.
        self.fought_days = np.ones(self.world.n)
        self._begins = [draws.uniform(f"trust/truce/{truce.id}", in_turn=True) for truce in self.knobs.truces]
        self._keeps = [[draws.uniform(f"trust/keeps/{one.id}/{side}") for side in SIDES] for one in self.knobs.truces]
        self._keeps_phase = [draws.uniform(f"trust/phase/{side}") for side in SIDES]

    def life(self) -> Process:
        """End truces, and at reviews end phases and begin truces; when all is settled, say how much is fought tomorrow."""
        while True:
            yield self.world.agenda.next("trust")
            day = self.world.agenda.today
            self._end_truces(day)
            if day % DAYS_BETWEEN_REVIEWS == DAYS_BETWEEN_REVIEWS - 1:
                self._judge_phases(day)
                self._begin_truces(day)
            yield self.world.agenda.next("rest")
            self._rest(day + 1)

    def _rest(self, tomorrow: int) -> None:
        share = np.ones(self.world.n)
        for row, truce in enumerate(self.knobs.truces):
            share *= np.where(self.truce_until[row] > tomorrow, 1.0 - truce.stops, 1.0)
        if self.knobs.first_phase is not None:
            # It rests until the vote too, where one follows.
            waits = (self.talks == IN_A_PHASE) | (self.talks == VOTING)
            share *= np.where(waits, 1.0 - self.knobs.first_phase.stops, 1.0)
        # What has been signed ends the fighting altogether.
        goes_on = self._fights() & (self.deals_signed == self.ceasefires)
        self.fighting = np.where(goes_on, share, 1.0)
        kept = 0.0 if tomorrow % DAYS_BETWEEN_REVIEWS == 0 else self.fought_days
        self.fought_days = kept + self.fighting

    def _fights(self) -> NDArray[np.bool_]:
        fights: NDArray[np.bool_] = (self.at_war > 0) & (self.decided == 0)
        return fights

    def _keep_share(self, side: int) -> Floats:
        """Return the chance that a side keeps something, by its kind."""
        sides = self.sides
        share: Floats = np.where(self.reliable[side] > 0, sides.reliable_keeps[side], sides.unreliable_keeps[side])
        return share

    def _learn(self, side: int, cohort: Ints, kept: NDArray[np.bool_]) -> None:
        """Let the enemy learn from what a side kept or broke."""
        shares = self.sides.reliable_keeps[side, cohort], self.sides.unreliable_keeps[side, cohort]
        self.trust[side, cohort] = learned_trust(self.trust[side, cohort], kept, *shares)

    def _end_truces(self, day: int) -> None:
        """Let it show half-way whether truces are kept; end those that are broken, have lasted, or whose war is over."""
        fights = self._fights()
        for row, truce in enumerate(self.knobs.truces):
            self.truce_until[row, ~fights], self.judged_on[row, ~fights] = -1, -1
            self._judge(day, row, truce.label, np.flatnonzero(self.judged_on[row] == day + 1))
            over = np.flatnonzero(self.truce_until[row] == day + 1)
            self.truce_until[row, over] = -1
            self.world.recorder.tell(day, over, "truce ends", truce=truce.label)

    def _judge(self, day: int, row: int, label: str, cohort: Ints) -> None:
        """Let it show whether a truce is kept; one that a side breaks is over."""
        if not len(cohort):
            return
        self.judged_on[row, cohort] = -1
        held = np.ones(len(cohort), dtype=np.bool_)
        for side, name in enumerate(SIDES):
            luck = self._keeps[row][side].each(self.truces_begun[row, cohort] - 1.0, cohort)
            kept = luck < self._keep_share(side)[cohort]
            held &= kept
            self.truces_broken[side, cohort] += ~kept
            self._learn(side, cohort, kept)
            self.world.recorder.tell(day, cohort[~kept], "truce broken", side=name, truce=label)
        self.truces_kept[cohort] += held
        self.truce_until[row, cohort[~held]] = -1
        self.world.recorder.tell(day, cohort[held], "truce kept", truce=label)

    def _judge_phases(self, day: int) -> None:
        """Say who has kept the first phases that end today; what follows is the talks' business."""
        due = np.flatnonzero((self.talks == IN_A_PHASE) & (self.back_on_day <= day) & self._fights())
        if not len(due):
            return
        for side, name in enumerate(SIDES):
            kept = self._keeps_phase[side].each(self.phases_begun[due] - 1.0, due) < self._keep_share(side)[due]
            self.keeps_phase[side, due] = kept
            self.phases_broken[side, due] += ~kept
            self._learn(side, due, kept)
            self.world.recorder.tell(day, due[~kept], "first phase broken", side=name)
        self.world.recorder.tell(day, due[self.keeps_phase[:, due].all(axis=0)], "first phase kept")

    def _begin_truces(self, day: int) -> None:
        """Let truces begin from tomorrow on, but not in a first phase."""
        review, free = day // DAYS_BETWEEN_REVIEWS, self._fights() & (self.talks != IN_A_PHASE)
        for row, truce in enumerate(self.knobs.truces):
            begins = (self._begins[row].at(review) < chance(truce.per_year)) & free & (self.truce_until[row] < 0)
            cohort = np.flatnonzero(begins)
            days = whole_days(truce.days)[cohort]
            self.truces_begun[row, cohort] += 1.0
            self.truce_until[row, cohort] = day + 1 + days
            self.judged_on[row, cohort] = day + 1 + np.maximum(1, days // 2)
            self.world.recorder.tell(day, cohort, "truce begins", truce=truce.label, days=days.astype(np.float64))

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of trust and truces."""
        yield "trust lies between 0 and 1", ~((self.trust >= 0) & (self.trust <= 1))
        yield "some of the fighting rests, and never more than all", ~((self.fighting >= 0) & (self.fighting <= 1))
        yield "a truce is kept only after it has begun", self.truces_kept > self.truces_begun.sum(axis=0)
        yield "no more first phases are broken than begin", self.phases_broken > self.phases_begun
