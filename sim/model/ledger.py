"""The ledger: why there is no deal, and what would open a zone of agreement.

At every second review (every fourth week), for each history without a zone:

- the *nearest package*: that with the largest smaller slack of both sides (what it is worth above what a side can do
  without it). There is none where each package is barred to one side or the other: forbidden, or beyond a hard red line;
- each side's *offer*: of the packages that it would sign itself, the one that the other side comes nearest to signing; none
  that is barred to the other;
- the *binding reason*. If the smallest of what would open a zone (below) is to drop a hard red line, it is that line.
  Otherwise, if there is no nearest package, it is the hard red line that bars the most of the packages that no rule
  forbids and whose options are open (the first, if several). Otherwise, at the nearest package, the side with the smaller
  slack refuses, and its reason is the largest of the terms that hold it back: what it expects to gain by fighting on (with
  its premium for waiting), its resolve, its distrust (what it fears from renewed war), the price of its own red lines, if
  they have one, and the cost of war. That is the term that would have to change least, in proportion, to bring it to sign;
  *cost* means that the war costs it too little;
- what would open a zone, each tried alone on all packages, of which those that stay barred never count: dropping one red
  line; the smallest number of guards in one regime, up the scenario's ladder; a *concession* of one side, which signs the
  other's offer although that is worth so much less to it than fighting on (as much pressure from outside would do the same).
  Of these the *smallest* is the one that costs those who make it the least utility: the price of the red line, that of more
  foreign troops, the concession.

Nothing in the model reads the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats, Ints
from sim.engine.recorder import Recorder
from sim.model.bargain import Bargain
from sim.model.lines import Columns
from sim.model.negotiation import first_largest, where_allowed
from sim.model.parameters import SIDES
from sim.model.stakes import NegotiationParameters, domain_of
from sim.scenario import Quantity

ZONE = "zone"
NOTHING = "nothing"
RED_LINE = "red_line"


class Reason(NamedTuple):
    """Why a side refuses the nearest package: a term that holds it back, and what is said of it, with `{side}`."""

    term: str
    sentence: str


REASONS = {
    RED_LINE: Reason("red_lines", "{side}: a red line"),
    "expectation": Reason("expectation", "{side} expects more from fighting on"),
    "resolve": Reason("resolve", "{side} is more resolved than most"),
    "distrust": Reason("distrust", "{side} fears that the war would begin again"),
    "cost": Reason("cost", "{side}: the war costs it too little"),
}
# What would open a zone, by kind: what is said of it.
OPENERS = {
    "drop": "{side} drops its red line '{line}'",
    "guards": "{amount:,.0f} guards in '{regime}'",
    "concession": "{side} signs what is worth {amount:.3f} less to it than fighting on",
}
STATES = (ZONE, *(f"{side}:{reason}" for reason in REASONS for side in SIDES))


def state_of(reason: int | Ints, side: Ints) -> Ints:
    """Return the place among `STATES` of a reason, by its place, and a side."""
    return np.asarray(1 + len(SIDES) * reason + side)


@dataclass(frozen=True)
class Opener:
    """Something that may open a zone: a red line dropped, guards in a regime, or a concession of a side.

    `what` is the red line, the regime or the side; `amount` the guards or the utility.
    """

    kind: str
    what: str
    amount: float = 0.0

    @property
    def code(self) -> str:
        """How tables write it."""
        return f"{self.kind}:{self.what}" + (f":{self.amount:.10g}" if self.kind != "drop" else "")

    @classmethod
    def read(cls, code: str) -> Opener | None:
        """Return what a table has written; None for `nothing`.

        >>> Opener.read(Opener("guards", "zone", 60000.0).code)
        Opener(kind='guards', what='zone', amount=60000.0)
        """
        kind, _, rest = code.partition(":")
        what, _, amount = rest.partition(":")
        return None if code == NOTHING else cls(kind, what, float(amount or 0))


class Questions:
    """The questions of the ledger and their possible answers, in the order of their codes.

    Attributes
    ----------
    states : list of str
        "zone", then "<side>:<reason>".
    lines : list of str
    packages : list of str
        Terms by issue, joined by " / ".
    openers : list of Opener
    """

    def __init__(self, section: NegotiationParameters[Quantity]) -> None:
        domain = domain_of(section)
        self.states = list(STATES)
        self.lines = [line.id for line in section.red_lines]
        self.packages = [" / ".join(domain.terms(package)) for package in range(len(domain))]
        self.ladder = [step.value for step in section.ledger.guards_persons]
        first = next(issue for issue in section.issues if issue.id == domain.issues[0])
        self.regimes = [option.regime for option in first.options if option.regime is not None]
        self.step, self.steps = section.ledger.concession_step.value, section.ledger.concession_steps.whole
        self.openers = [Opener("drop", line) for line in self.lines]
        self.openers += [Opener("guards", regime, number) for regime in self.regimes for number in self.ladder]
        self.openers += [
            Opener("concession", side, self.step * (count + 1)) for side in SIDES for count in range(self.steps)
        ]

    def answers(self, question: str) -> list[str]:
        """Return the answers to a question, by code."""
        if question == "state":
            return self.states
        if question == "red_line":
            return self.lines
        if question in ("nearest", "offer_attacker", "offer_defender"):
            return [*self.packages, NOTHING]
        return [*(opener.code for opener in self.openers), NOTHING]


@dataclass(frozen=True)
class GuardStep:
    """A number of guards tried in a regime: where it is more than there are, what it asks of packages and what it costs."""

    regime: int
    place: int
    more: NDArray[np.bool_]
    lasting: Floats
    charge: Floats
    price: Floats

    def rise(self, bargain: Bargain) -> Floats:
        """Return by how much more a package must be worth to each side, with so many guards, than it is now, (2, n)."""
        loss, today = bargain.loss[:, self.regime], bargain.fighting.today
        now = bargain.fear[:, self.regime] + today / bargain.lasting[:, self.regime]
        return ((1.0 - self.lasting) * loss + today) / self.lasting + self.charge - now


@dataclass
class Account:
    """What the ledger finds in some histories; arrays of shape (columns,) unless said.

    Codes index the lists of `Questions`; -1 where there is nothing to say. `offers` has a row for each side, `opens` one for
    each kind of opener, and `terms` holds, by name and for both sides, what speaks for and against the nearest package, NaN
    where there is none. Where there is a zone nothing opens one, and `line` means nothing.
    """

    nearest: Ints
    state: Ints
    line: Ints
    offers: Ints
    opens: Ints
    smallest: Ints
    terms: dict[str, Floats]

    def of(self, here: Ints) -> Account:
        """Return the account of some of its histories."""
        terms = {name: values[:, here] for name, values in self.terms.items()}
        return Account(
            self.nearest[here], self.state[here], self.line[here], self.offers[:, here], self.opens[:, here],
            self.smallest[here], terms,
        )  # fmt: skip

    def values(self) -> dict[str, Floats]:
        """Return all of it as arrays by name, for the chronicle."""
        found = {f"{name}_{side}": values[row] for name, values in self.terms.items() for row, side in enumerate(SIDES)}
        codes = {"nearest": self.nearest, "state": self.state, "line": self.line, "smallest": self.smallest}
        codes |= {f"offer_{side}": self.offers[row] for row, side in enumerate(SIDES)}
        codes |= {f"opens_{kind}": code for kind, code in enumerate(self.opens)}
        return found | {name: code.astype(np.float64) for name, code in codes.items()}


class Ledger:
    """Works out accounts from a bargain."""

    def __init__(self, bargain: Bargain) -> None:
        self._bargain = bargain
        self.questions = Questions(bargain.section)
        self._everyone = np.arange(bargain.lines.prices.shape[1])
        self._line_side = np.array(bargain.lines.side, dtype=np.int64)
        self.derive()

    def derive(self) -> None:
        """Work out what depends on the parameters in force: how long deals would last with each number of guards tried."""
        bargain = self._bargain
        self._ladders: dict[int, list[GuardStep]] = {}
        now = bargain.guards_now()
        for regime in range(len(now)):
            for place, number in enumerate(self.questions.ladder):
                # A regime without guards stays one; more of them are tried where there are some.
                more_guards = (number > now[regime]) & (now[regime] > 0)
                if not more_guards.any():
                    continue
                here = slice(regime, regime + 1)
                lasting = bargain.lasting_with(np.full((1, now.shape[1]), float(number)), here)[:, 0]
                presence = bargain.presence_of(np.array([float(number)])) - bargain.presence[regime]
                price = bargain.troops_price * presence
                self._ladders.setdefault(regime, []).append(
                    GuardStep(regime, place, more_guards, lasting, price, price[0] + price[1])
                )

    def count(self, recorder: Recorder, day: int, at_war: int, accounts: Sequence[Account]) -> None:
        """Count what was found in the histories at war."""
        questions = self.questions
        states = [account.state for account in accounts]
        without = sum(len(state) for state in states)
        self._count(recorder, day, "state", [np.zeros(at_war - without, dtype=np.int64), *states])
        self._count(recorder, day, "red_line", [account.line[account.line >= 0] for account in accounts])
        self._count(recorder, day, "nearest", [account.nearest for account in accounts])
        for side, name in enumerate(SIDES):
            self._count(recorder, day, f"offer_{name}", [account.offers[side] for account in accounts])
        self._count(recorder, day, "smallest", [account.smallest for account in accounts])
        every = np.concatenate([account.opens.ravel() for account in accounts] or [np.zeros(0, dtype=np.int64)])
        recorder.tally(day, "opens", np.bincount(every[every >= 0], minlength=len(questions.openers) + 1))

    def _count(self, recorder: Recorder, day: int, question: str, codes: Sequence[Ints]) -> None:
        answers = len(self.questions.answers(question))
        found = np.concatenate([np.zeros(0, dtype=np.int64), *codes])
        # What has no answer is the last one, "nothing".
        recorder.tally(day, question, np.bincount(np.where(found < 0, answers - 1, found), minlength=answers))

    def account(self, slack: Floats, nearest: Ints, columns: Columns) -> Account:
        """Return the account of histories.

        Parameters
        ----------
        slack : (2, P, columns) array
            See `Bargain.slack`.
        nearest : (columns,) int
            Their nearest packages, -1 where there is none.
        columns : slice or (columns,) int
            Positions in the batch.
        """
        signs = slack > 0
        offers, short = self._offers(slack, signs)
        terms = self._terms(nearest, slack, columns)
        zone = (terms["slack"] > 0).all(axis=0)
        opens, prices = self._openers(slack, signs, short, columns)
        opens[:, zone] = -1
        # Where nothing opens a zone, all codes are -1.
        smallest = opens[first_smallest(prices), np.arange(len(nearest))]
        state, line = self._reason(nearest, terms, smallest, columns)
        state = np.where(zone, 0, state)
        return Account(nearest, state, line, offers, opens, smallest, terms)

    def _offers(self, slack: Floats, signs: NDArray[np.bool_]) -> tuple[Ints, Floats]:
        """Return each side's offer, and by how much the other side falls short of signing it, (2, columns) each.

        An offer is -1, and the shortfall infinite, where a side would sign nothing that is not barred to the other.
        """
        offers, short = [], []
        for side in range(2):
            other = where_allowed(slack[1 - side], signs[side])
            best = other.max(axis=0)
            offers.append(first_largest(other, best))
            short.append(-best)
        return np.stack(offers), np.stack(short)

    def _terms(self, package: Ints, slack: Floats, columns: Columns) -> dict[str, Floats]:
        """Return what speaks for and against a package on each side, (2, columns) each; NaN: there is none."""
        bargain, here = self._bargain, np.arange(len(package))
        place, none = self._everyone[columns], package < 0
        regime = bargain.regime_of(package)
        fighting, lasting, fear = bargain.fighting, bargain.lasting[:, regime, place], bargain.fear[:, regime, place]
        prices = np.zeros((2, len(package)))
        lines = bargain.lines
        charged = np.where(lines.covered(package, columns), lines.prices[:, columns], 0.0)
        for k, side in enumerate(lines.side):
            prices[side] += charged[k]
        mine, value = slack[:, package, here], bargain.fighting.value[:, columns]
        of_package = {
            "package": mine + bargain.floor[:, regime, place] + prices,
            "red_lines": prices,
            "distrust": fear,
            "lasting": lasting,
            "slack": mine,
        }
        return {name: np.where(none, np.nan, values) for name, values in of_package.items()} | {
            "terms_today": fighting.terms_today[:, columns],
            "expectation": fighting.expected_gain[:, columns] + fighting.waiting[:, columns],
            "resolve": fighting.resolve[:, columns],
            "cost": fighting.cost[:, columns] + fighting.home[:, columns] + fighting.pressure[:, columns],
            "fighting_on": value,
        }

    def _reason(self, nearest: Ints, terms: dict[str, Floats], smallest: Ints, columns: Columns) -> tuple[Ints, Ints]:
        """Return the code of the state and that of the red line that blocks, -1 if none does."""
        bargain, here = self._bargain, np.arange(len(nearest))
        refusing = (terms["slack"][1] < terms["slack"][0]).astype(np.int64)
        against = np.stack([terms[reason.term][refusing, here] for reason in REASONS.values()])
        # A line without a price, or none at all, holds no one back.
        red_line = list(REASONS).index(RED_LINE)
        against[red_line] = np.where(against[red_line] > 0, against[red_line], -np.inf)
        reason = against.argmax(axis=0)
        state = state_of(reason, refusing)
        if not self.questions.lines:
            return state, np.full(len(nearest), -1)
        lines = bargain.lines
        hard = lines.hard[:, self._everyone[columns]]
        mine = (self._line_side[:, None] == refusing) & lines.covered(nearest, columns)
        dearest = np.where(mine, lines.prices[:, columns], -1.0).argmax(axis=0)
        line = np.where(reason == red_line, dearest, -1)
        # Where no package is left, the hard red line that bars the most; before all, a hard one whose end is the smallest of
        # what would open a zone.
        widest = np.where(hard, lines.widths(bargain.signable(columns), columns), -1).argmax(axis=0)
        drops = (smallest >= 0) & (smallest < len(self.questions.lines))
        blocking = drops & hard[np.where(drops, smallest, 0), here]
        line = np.where(blocking, smallest, np.where(nearest < 0, widest, line))
        return np.where(blocking | (nearest < 0), state_of(red_line, self._line_side[line]), state), line

    def _openers(self, slack: Floats, signs: NDArray[np.bool_], short: Floats, columns: Columns) -> tuple[Ints, Floats]:
        """Return what opens a zone of each kind, and what that costs those who concede.

        Kinds are the red lines, then the regimes with more guards, then the concessions of both sides. What opens it is the
        code of the opener, -1 where nothing of the kind does; it costs infinitely much there. Both are (kinds, columns).
        """
        questions = self.questions
        lines, regimes, width = len(questions.lines), len(questions.regimes), slack.shape[-1]
        codes = np.full((lines + regimes + 2, width), -1)
        prices = np.full((lines + regimes + 2, width), np.inf)
        self._without_lines(signs, columns, codes[:lines], prices[:lines])
        self._with_guards(slack, columns, codes[lines:-2], prices[lines:-2])
        first = lines + regimes * len(questions.ladder)
        for side in range(2):
            # What the other side offers must come to be above 0, so that a whole number of steps takes one more. Where there
            # is a zone, nothing falls short.
            steps = np.floor(np.maximum(short[1 - side], 0.0) / questions.step)
            reached = steps < questions.steps
            row = lines + regimes + side
            codes[row, reached] = first + side * questions.steps + steps[reached].astype(np.int64)
            prices[row, reached] = (steps[reached] + 1.0) * questions.step
        return codes, prices

    def _without_lines(self, signs: NDArray[np.bool_], columns: Columns, codes: Ints, prices: Floats) -> None:
        """Find the red lines whose end would open a zone."""
        bargain = self._bargain
        lines = bargain.lines
        if not lines.side:
            return
        shape, width = bargain.domain.shape, signs.shape[-1]
        slack = bargain.slack_if_open(columns).reshape(2, *shape, width)
        bars, signed = bargain.bars(columns).reshape(2, *shape, width), signs.reshape(2, *shape, width)
        for k, side in enumerate(lines.side):
            opens = np.zeros(width, dtype=np.bool_)
            for corner, where in lines.corners(k, columns):
                without = slack[(side, *corner)] > -lines.prices[k, columns]
                # Barred by no more than this line, where it is hard.
                without &= bars[(side, *corner)] == lines.hard[k, columns]
                without &= signed[(1 - side, *corner)]
                opens |= np.logical_or.reduce(without.reshape(-1, width), axis=0) & where
            codes[k, opens], prices[k, opens] = k, lines.soft_prices[k][columns][opens]

    def _with_guards(self, slack: Floats, columns: Columns, codes: Ints, prices: Floats) -> None:
        """Find the fewest guards of the ladder that open a zone in each regime."""
        lines, ladder = len(self.questions.lines), len(self.questions.ladder)
        for regime, steps in self._ladders.items():
            block = slack[:, self._bargain.blocks[regime]]
            rises = [step.rise(self._bargain) for step in steps]
            # Most histories fall short even of the least that any number asks of both sides: leave them out.
            least = np.min([rise[:, columns] for rise in rises], axis=0)
            near = np.flatnonzero(((block[0] > least[0]) & (block[1] > least[1])).any(axis=0))
            if not len(near):
                continue
            block, place = block[:, :, near], self._everyone[columns][near]
            # From the most to the fewest, so that the fewest is what is left standing.
            for step, more in zip(reversed(steps), reversed(rises), strict=True):
                rise = more[:, place]
                opens = ((block[0] > rise[0]) & (block[1] > rise[1])).any(axis=0) & step.more[place]
                codes[regime, near[opens]] = lines + regime * ladder + step.place
                prices[regime, near[opens]] = np.abs(step.price[place][opens])


def first_smallest(values: Floats) -> Ints:
    """Return the first row with the smallest value of each column."""
    return first_largest(values, values.min(axis=0))
