"""The ledger: why there is no deal, and what would open a zone of agreement.

At every fourth review (every eighth week), of each history at war in which nothing is signed:

- its *state*. With a zone a deal is possible, and the state says how talks stand after the round of the day: under way
  (`round`, or `refused` where the last offer of these talks was), `suspended`, or `paused`, since they failed lately. Where
  none are on and they may open at any review, it is `none_open`; but where ripeness keeps the rate at which they open below
  what it would be without, `attacker_ahead`, `defender_ahead` or `both_ahead`: by whose belief in success is above one half,
  which is what keeps it low. Without a zone no deal is possible, and the state is a reason of a side whose removal alone
  would open one, or `several` if no single one is enough; but `withheld`, before all reasons, where both sides would sign a
  package to which its guarantors do not consent;
- without a zone, every *reason* whose removal *alone* would open one. A reason holds a side back, and is removed for that
  side only, all else as it is: its red lines (all of them, hard and soft, go), its expectation (it expects no gain by
  fighting on what the balance of today would give it, and has no premium for waiting), its resolve, its distrust (it loses
  nothing in a renewed war, neither after a deal nor after a peace that fighting brings) and home (bad terms have no price
  there, and its leader has no office to lose, neither by a deal nor by fighting on). What is below 0 holds no one back, and
  stays.
  If several are enough, the state names the one that goes furthest: without which that side has the largest slack at the
  best of the packages that the other side signs (the first, if several). All changes of a side's floor (below) would have to
  be as large to open a zone, and a hard line has no size, so that the least change would not tell them apart;
- without a zone, the *nearest package*: that with the largest smaller slack of both sides (what it is worth above what a
  side must have). There is none where each package is barred to one side or the other: forbidden, or beyond a hard red line.
  At it the side with the smaller slack refuses, and what *weighs most* is the reason whose removal would add the most to its
  slack there; of red lines, the prices that it has. Nothing weighs, if none adds anything;
- without a zone, each side's *offer*: of the packages that it would sign itself, the one that the other side comes nearest
  to signing; none that is barred to the other;
- without a zone, what would open one, each tried alone on all packages, of which those that stay barred never count:
  dropping one red line; the smallest number of guards in one regime, up the scenario's ladder, to which its guarantors would
  still consent; a *concession* of one side, which signs the other's offer although that is worth so much less to it than
  fighting on (as much pressure from outside would do the same); the consent of a guarantor, with less will than it needs.
  Of these the *smallest* is the one that costs those who make it the least utility: the price of the red line, that of
  more foreign troops to both sides and to those who send them, the concession, and of a consent the will, which counts as
  utility of the guarantor;
- without a zone, the consents that are lacking for the package best liked by both sides that only guarantors keep from being
  signed: by whom it is *withheld*.

A side's slack is the utility of a package less a floor that depends on its regime, and expectation, resolve and distrust are
in the floor alone. So for these no package need be looked at twice: with the best slack in each regime among packages that
the other side signs, what the floor loses says whether a zone opens. Nothing in the model reads the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats, Ints
from sim.engine.fields import Columns, at
from sim.engine.recorder import Recorder
from sim.model.answers import BLOCKS, REASONS, STATES, TALKS, Questions
from sim.model.bargain import Bargain
from sim.model.negotiation import barring, first_largest
from sim.model.openers import Openers
from sim.model.parameters import SIDES


@dataclass
class Account:
    """What the ledger finds in some histories; arrays of shape (columns,) unless said.

    Codes index the answers of `Questions`; -1 where there is nothing to say. `alone` has a row for each of `BLOCKS`,
    `offers` for each side, `opens` for each kind of opener, `terms` holds, by name and for both sides, what speaks for
    and against the nearest package, NaN where there is none, `withheld` is the package that guarantors keep from being
    signed, and `lacking` has a row for each consent: whether it is one that this package lacks. Of histories with a zone it
    has nothing but that: their `state` is how talks stand, which is not known yet.
    """

    nearest: Ints
    state: Ints
    alone: NDArray[np.bool_]
    heaviest: Ints
    offers: Ints
    opens: Ints
    smallest: Ints
    terms: dict[str, Floats]
    withheld: Ints
    lacking: NDArray[np.bool_]

    def of(self, here: Ints) -> Account:
        """Return the account of some of its histories."""
        terms = {name: values[:, here] for name, values in self.terms.items()}
        return Account(
            self.nearest[here], self.state[here], self.alone[:, here], self.heaviest[here], self.offers[:, here],
            self.opens[:, here], self.smallest[here], terms, self.withheld[here], self.lacking[:, here],
        )  # fmt: skip

    def values(self) -> dict[str, Floats]:
        """Return all of it as arrays by name, for the chronicle."""
        found = {f"{name}_{side}": values[row] for name, values in self.terms.items() for row, side in enumerate(SIDES)}
        codes = {
            "nearest": self.nearest, "state": self.state, "heaviest": self.heaviest, "smallest": self.smallest,
        }  # fmt: skip
        codes |= {f"alone_{row}": opens for row, opens in enumerate(self.alone)}
        codes |= {f"offer_{side}": self.offers[row] for row, side in enumerate(SIDES)}
        codes |= {f"opens_{kind}": code for kind, code in enumerate(self.opens)}
        return found | {name: code.astype(np.float64) for name, code in codes.items()}


class Ledger:
    """Works out accounts from a bargain."""

    def __init__(self, bargain: Bargain) -> None:
        self._bargain = bargain
        self.questions = Questions(bargain.section, bargain.parties)
        self._openers = Openers(bargain, self.questions)
        self._everyone = np.arange(bargain.lines.prices.shape[1])

    def derive(self) -> None:
        """Work out what depends on the parameters in force."""
        self._openers.derive()

    def count(self, recorder: Recorder, day: int, states: Ints, accounts: Sequence[Account]) -> None:
        """Count the states of the histories at war, and what was found in those without a zone."""
        answers = len(self.questions.answers("state"))
        recorder.tally(day, "state", np.bincount(states, minlength=answers))
        self._count(recorder, day, "alone", _rows_of(account.alone for account in accounts))
        self._count(recorder, day, "weighs_most", [account.heaviest for account in accounts])
        self._count(recorder, day, "nearest", [account.nearest for account in accounts])
        for side, name in enumerate(SIDES):
            self._count(recorder, day, f"offer_{name}", [account.offers[side] for account in accounts])
        self._count(recorder, day, "smallest", [account.smallest for account in accounts])
        self._count(recorder, day, "opens", [account.opens[account.opens >= 0] for account in accounts])
        if self.questions.consents:
            self._count(recorder, day, "withheld_by", _rows_of(account.lacking for account in accounts))

    def _count(self, recorder: Recorder, day: int, question: str, codes: Sequence[Ints]) -> None:
        answers = len(self.questions.answers(question))
        found = np.concatenate([np.zeros(0, dtype=np.int64), *codes])
        # What has no answer is the last one, "nothing".
        recorder.tally(day, question, np.bincount(np.where(found < 0, answers - 1, found), minlength=answers))

    def account(self, slack: Floats, nearest: Ints, zone: NDArray[np.bool_], columns: Columns) -> Account:
        """Return the account of histories.

        Parameters
        ----------
        slack : (2, P, columns) array
            See `Bargain.slack`.
        nearest : (columns,) int
            Their nearest packages, -1 where there is none.
        zone : (columns,) bool
            Where there is a zone.
        columns : slice or (columns,) int
            Positions in the batch.
        """
        width, without = len(nearest), np.flatnonzero(~zone)
        place = self._everyone[columns][without]
        terms = self._terms(nearest, slack, columns)
        state, heaviest, smallest = np.full(width, -1), np.full(width, -1), np.full(width, -1)
        alone, offers = np.zeros((len(BLOCKS), width), dtype=np.bool_), np.full((2, width), -1)
        opens, withheld = np.full((self._openers.kinds, width), -1), np.full(width, -1)
        lacking, will = np.zeros((len(self.questions.consents), width), dtype=np.bool_), np.zeros((0, len(without)))
        if len(without):
            short = at(slack, without) if len(without) < width else slack
            signs = short > 0
            # Minus infinity where a side would not sign: of that the other gains nothing.
            unsigned = barring(signs)
            offers[:, without], most = self._offers(short, unsigned)
            after = self._after(short, unsigned, most, place)
            alone[:, without] = after > 0
            state[without] = len(TALKS) + np.where((after > 0).any(axis=0), after.argmax(axis=0), len(BLOCKS))
            if self._bargain.guaranteed:
                withheld[without], lacking[:, without], will = self._withheld(place)
                state[withheld >= 0] = len(STATES) - 1
            opens[:, without], smallest[without] = self._openers.found(short, signs, -most.max(axis=1), will, place)
            heaviest[without] = self._heaviest({name: values[:, without] for name, values in terms.items()}, place)
        return Account(nearest, state, alone, heaviest, offers, opens, smallest, terms, withheld, lacking)

    def _withheld(self, place: Ints) -> tuple[Ints, NDArray[np.bool_], Floats]:
        """Return the package best liked by both sides that only guarantors keep from being signed; -1: there is none.

        And which consents it lacks, and the will that each guarantor lacks for what it alone withholds, NaN where it does
        not; (consents, place) both.
        """
        slack, margins = self._bargain.slack_if_consented(place), self._bargain.consent_margin[:, place]
        smaller = np.minimum(slack[0], slack[1])
        best = np.stack([smaller[block].max(axis=0) for block in self._bargain.blocks])
        liked = first_largest(best, best.max(axis=0))
        regimes, refuses = np.array([row for _, row in self._bargain.consents]), ~(margins > 0)
        would = (regimes[:, None] >= 0) & (best[regimes] > 0)
        alone = (refuses[None] & (regimes[:, None] == regimes)[:, :, None]).sum(axis=1) == 1
        lacking = refuses & (regimes[:, None] == liked) & would
        package = np.where(best.max(axis=0) > 0, first_largest(smaller, smaller.max(axis=0)), -1)
        return package, lacking, np.where(refuses & would & alone, -margins, np.nan)

    def _offers(self, slack: Floats, unsigned: Floats) -> tuple[Ints, Floats]:
        """Return each side's offer, (2, columns), and each side's best slack by regime of what the other signs.

        An offer is -1, and the best slack minus infinity, where the other would sign nothing that is not barred to the
        side. The second array is (2, regimes, columns).
        """
        blocks = self._bargain.blocks
        offers = np.empty((2, slack.shape[-1]), dtype=np.int64)
        most = np.empty((2, len(blocks), slack.shape[-1]))
        for side in range(2):
            other = slack[1 - side] + unsigned[side]
            for regime, block in enumerate(blocks):
                most[1 - side, regime] = other[block].max(axis=0)
            offers[side] = first_largest(other, most[1 - side].max(axis=0))
        return offers, most

    def _after(self, slack: Floats, unsigned: Floats, most: Floats, place: Ints) -> Floats:
        """Return each side's best slack of what the other signs, without each reason alone, (BLOCKS, place).

        A zone opens exactly where it is above 0. What a side would not sign is `unsigned`, (2, P, place), minus infinity.
        """
        bargain = self._bargain
        fighting, fear = bargain.fighting, bargain.fear[:, :, place]
        gained = np.maximum(fighting.expected_gain[:, place], 0.0) + np.maximum(fighting.waiting[:, place], 0.0)
        # Who loses nothing in a renewed war loses nothing after a peace that fighting brings either.
        unafraid = np.maximum(fear, 0.0) - fighting.fearless[:, None, place]
        after = {
            "red_lines": self._best(bargain.slack_without_lines(place), unsigned),
            "expectation": most.max(axis=1) + gained,
            "resolve": most.max(axis=1) + np.maximum(fighting.resolve[:, place], 0.0),
            "distrust": (most + unafraid).max(axis=1),
            "home": most.max(axis=1),
        }
        if bargain.offices.at_risk:
            to_leaders, office = bargain.price_to_leaders(place), fighting.office[:, None, place]
            # Who has no office to lose loses none by fighting on either.
            after["home"] = self._best(bargain.slack_without_home(place) - office, unsigned)
            # Who is not afraid fights for other ends, and so has something else at stake.
            at_ease = fighting.fearless_office
            spared = to_leaders - bargain.price_to_leaders(place, at_stake=at_ease)
            spared += at_ease[:, None, place] - office
            for regime, block in enumerate(bargain.blocks):
                spared[:, block] += unafraid[:, regime, None]
            after["distrust"] = self._best(slack + spared, unsigned)
        elif (bargain.home[:, place] > 0).any():
            after["home"] = self._best(bargain.slack_without_home(place), unsigned)
        return np.concatenate([after[reason] for reason in REASONS])

    def _best(self, slack: Floats, unsigned: Floats) -> Floats:
        """Return each side's best slack of what the other signs, (2, columns)."""
        return np.stack([(slack[side] + unsigned[1 - side]).max(axis=0) for side in range(2)])

    def _terms(self, package: Ints, slack: Floats, columns: Columns) -> dict[str, Floats]:
        """Return what speaks for and against a package on each side, (2, columns) each; NaN: there is none."""
        bargain, here = self._bargain, np.arange(len(package))
        place, none = self._everyone[columns], package < 0
        regime = bargain.regime_of(package)
        fighting, lasting, fear = bargain.fighting, bargain.lasting[:, regime, place], bargain.fear[:, regime, place]
        prices = np.zeros((2, len(package)))
        lines = bargain.lines
        charged = np.where(lines.covered(package, place), lines.prices[:, place], 0.0)
        for k, side in enumerate(lines.side):
            prices[side] += charged[k]
        terms = bargain.terms_of(package, place)
        of_package = {
            "package": terms - bargain.price_of_regime(regime, place),
            "home": bargain.home[:, columns] * (1.0 - terms) + bargain.price_to_leader_of(package, place),
            "red_lines": prices,
            "distrust": fear,
            "lasting": lasting,
            "slack": slack[:, package, here],
        }
        return {name: np.where(none, np.nan, values) for name, values in of_package.items()} | {
            "terms_today": fighting.terms_today[:, columns],
            "expectation": fighting.expected_gain[:, columns] + fighting.waiting[:, columns],
            "resolve": fighting.resolve[:, columns],
            "cost": (fighting.cost + fighting.home + fighting.office + fighting.pressure)[:, columns],
            "fighting_on": fighting.value[:, columns],
        }

    def _heaviest(self, terms: dict[str, Floats], place: Ints) -> Ints:
        """Return the reason whose removal would add the most to the slack of who refuses the nearest package; -1: none."""
        fighting = self._bargain.fighting
        gain, waiting = fighting.expected_gain[:, place], fighting.waiting[:, place]
        adds = {
            "red_lines": terms["red_lines"],
            "expectation": np.maximum(gain, 0.0) + waiting,
            "resolve": terms["resolve"],
            "distrust": terms["distrust"] - fighting.fearless[:, place],
            "home": terms["home"] - fighting.office[:, place],
        }
        refusing = (terms["slack"][1] < terms["slack"][0]).astype(np.int64)
        weights = np.stack([adds[reason][refusing, np.arange(len(refusing))] for reason in REASONS])
        heaviest = len(SIDES) * weights.argmax(axis=0) + refusing
        # NaN is not above 0.
        return np.where(weights.max(axis=0) > 0, heaviest, -1)


def _rows_of(several: Iterable[NDArray[np.bool_]]) -> list[Ints]:
    """Return the rows that apply to each column, one after the other, and -1 for a column to which none does."""
    found: list[Ints] = []
    for applies in several:
        found += [np.nonzero(applies.T)[1], np.full(int((~applies.any(axis=0)).sum()), -1)]
    return found
