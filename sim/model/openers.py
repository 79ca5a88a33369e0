"""What would open a zone of agreement: a red line dropped, more guards, a concession, a guarantor's consent.

Each is tried alone on all packages, of which those that stay barred never count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats, Ints
from sim.model.answers import Questions
from sim.model.bargain import Bargain
from sim.model.negotiation import first_largest
from sim.model.parameters import SIDES


@dataclass(frozen=True)
class GuardStep:
    """A number of guards tried in a regime: where it is more than there are, and what follows.

    That is how long deals last then with each kind of enemy, its price to both sides, what attacking so many more costs who
    begins the war again, and its price to those who send them.
    """

    regime: int
    place: int
    more: NDArray[np.bool_]
    lasting: Floats
    price: Floats
    tripped: Floats
    senders_price: Floats

    def rise(self, bargain: Bargain) -> Floats:
        """Return by how much more a package must be worth to each side, with so many guards, than it is now, (2, n)."""
        loss, now = bargain.loss[:, self.regime] + self.tripped, bargain.fear[:, self.regime]
        lasting = bargain.believed(self.lasting)
        return (1.0 - lasting) / lasting * loss + self.price - now


class Openers:
    """Finds what would open a zone in some histories.

    Attributes
    ----------
    kinds : int
        How many kinds there are; see `found`.
    """

    def __init__(self, bargain: Bargain, questions: Questions) -> None:
        self._bargain, self._questions = bargain, questions
        self.kinds = len(questions.lines) + len(questions.regimes) + len(SIDES) + len(questions.consents)
        self.derive()

    def derive(self) -> None:
        """Work out what depends on the parameters in force: how long deals would last with each number of guards tried."""
        bargain = self._bargain
        self._ladders: dict[int, list[GuardStep]] = {}
        now = bargain.guards_now()
        for regime in range(len(now)):
            for place, number in enumerate(self._questions.ladder):
                # A regime without guards stays one; more of them are tried where there are some.
                more_guards = (number > now[regime]) & (now[regime] > 0) & (number <= bargain.supply_of(regime))
                if not more_guards.any():
                    continue
                # Who would send them may consent to fewer only.
                more_guards &= bargain.consented_with(regime, number)
                here = slice(regime, regime + 1)
                lasting = bargain.lasting_with(np.full((1, now.shape[1]), float(number)), here)[:, :, 0]
                presence = bargain.presence_of(np.array([float(number)]), here)[0] - bargain.presence[regime]
                tripped = bargain.tripped_by(bargain.presence + presence)[:, regime] - bargain.tripped[:, regime]
                sends = bargain.price_of_sending(regime, number)
                step = GuardStep(regime, place, more_guards, lasting, bargain.troops_price * presence, tripped, sends)
                self._ladders.setdefault(regime, []).append(step)

    def found(
        self, slack: Floats, signs: NDArray[np.bool_], short: Floats, lacking: Floats, place: Ints
    ) -> tuple[Ints, Ints]:
        """Return the code of what opens a zone, of each kind, and of the smallest of all; -1 where nothing does.

        Kinds are the red lines, then the regimes with more guards, then the concessions of both sides, then the consents:
        the first array is (kinds, columns). The smallest is what costs those who make it the least utility.

        Parameters
        ----------
        slack, signs : (2, P, columns) array
            Of histories without a zone.
        short : (2, columns) array
            By how much each side falls short of signing the other's offer.
        lacking : (consents, columns) array
            The will that each guarantor lacks for what it alone withholds; NaN where it withholds nothing, or not alone.
        place : (columns,) int
            Their positions in the batch.
        """
        questions = self._questions
        lines, regimes, width = len(questions.lines), len(questions.regimes), slack.shape[-1]
        codes, prices = np.full((self.kinds, width), -1), np.full((self.kinds, width), np.inf)
        self._without_lines(signs, place, codes[:lines], prices[:lines])
        self._with_guards(slack, place, codes[lines : lines + regimes], prices[lines : lines + regimes])
        first = lines + regimes * len(questions.ladder)
        for whose, lacks in enumerate([*short, *lacking]):
            # What is lacked must come to be had and more, so that a whole number of steps takes one more.
            steps = np.floor(lacks / questions.step)
            reached = steps < questions.steps
            row = lines + regimes + whose
            codes[row, reached] = first + whose * questions.steps + steps[reached].astype(np.int64)
            prices[row, reached] = (steps[reached] + 1.0) * questions.step
        # Where nothing opens a zone, all codes are -1.
        return codes, codes[first_smallest(prices), np.arange(width)]

    def _without_lines(self, signs: NDArray[np.bool_], place: Ints, codes: Ints, prices: Floats) -> None:
        """Find the red lines whose end would open a zone."""
        bargain, lines = self._bargain, self._bargain.lines
        if not lines.side:
            return
        shape, width = bargain.domain.shape, signs.shape[-1]
        slack = bargain.slack_if_open(place).reshape(2, *shape, width)
        bars, signed = bargain.bars(place).reshape(2, *shape, width), signs.reshape(2, *shape, width)
        for k, side in enumerate(lines.side):
            opens = np.zeros(width, dtype=np.bool_)
            for corner, where in lines.corners(k, place):
                without = slack[(side, *corner)] > -lines.prices[k, place]
                # Barred by no more than this line, where it is hard.
                without &= bars[(side, *corner)] == lines.hard[k, place]
                without &= signed[(1 - side, *corner)]
                opens |= np.logical_or.reduce(without.reshape(-1, width), axis=0) & where
            codes[k, opens], prices[k, opens] = k, lines.soft_prices[k][place][opens]

    def _with_guards(self, slack: Floats, place: Ints, codes: Ints, prices: Floats) -> None:
        """Find the fewest guards of the ladder that open a zone in each regime."""
        lines, ladder = len(self._questions.lines), len(self._questions.ladder)
        for regime, steps in self._ladders.items():
            block = slack[:, self._bargain.blocks[regime]]
            rises = [step.rise(self._bargain) for step in steps]
            near = np.arange(len(place))
            if not self._bargain.offices.at_risk:
                # Most histories fall short even of the least that any number asks of both sides: leave them out.
                least = np.min([rise[:, place] for rise in rises], axis=0)
                near = np.flatnonzero(((block[0] > least[0]) & (block[1] > least[1])).any(axis=0))
            if not len(near):
                continue
            block, nearby = block[:, :, near], place[near]
            # From the most to the fewest, so that the fewest is what is left standing.
            for step, more in zip(reversed(steps), reversed(rises), strict=True):
                rise = more[:, nearby]
                worth = block + self._spared(step, nearby) if self._bargain.offices.at_risk else block
                opens = ((worth[0] > rise[0]) & (worth[1] > rise[1])).any(axis=0) & step.more[nearby]
                codes[regime, near[opens]] = lines + regime * ladder + step.place
                prices[regime, near[opens]] = (
                    np.abs(step.price[:, nearby[opens]].sum(axis=0)) + step.senders_price[nearby[opens]]
                )

    def _spared(self, step: GuardStep, place: Ints) -> Floats:
        """Return what packages cost those who lead less with so many guards, since they last longer, (2, block, place)."""
        bargain, block = self._bargain, self._bargain.blocks[step.regime]
        lasting = bargain.lasting.copy()
        lasting[:, step.regime] = bargain.believed(step.lasting)
        spared: Floats = (bargain.price_to_leaders(place) - bargain.price_to_leaders(place, lasting))[:, block]
        return spared


def first_smallest(values: Floats) -> Ints:
    """Return the first row with the smallest value of each column."""
    return first_largest(values, values.min(axis=0))
