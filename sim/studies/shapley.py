"""Whose difference it is: the variance between several answers, attributed to what they differ in.

The gap between two answers is divided among the differences by Shapley's rule (1953): each is given the mean, over all
orders in which they could be taken over one after the other, of what it adds in its turn. So interplay is divided evenly,
and what all are given adds to the gap. The variance between answers is a sum over pairs of squared gaps (with weights w, of
w_a w_b (f_a - f_b)^2); of each pair a difference is given what it is given of the gap, times the gap. What brings answers
together, where others part them, has a share below 0.

All answers are means over the same histories, on common luck. A product of two means has the luck of both in it, so products
are taken between different histories only (a U-statistic, Hoeffding 1948), which leaves luck out; what it would have added
is told as the share of luck. Intervals are from leaving out a history at a time (the jackknife, Tukey 1958).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from sim.engine.draws import Floats
from sim.results.statistics import Z_95

# judgement: of up to so many differences all subsets are taken, 64; of more, so many orders and their reverses.
MOST_EXACT, ORDERS = 6, 16
# judgement: with fewer histories no spread between them can be told.
FEWEST = 20


class Design(NamedTuple):
    """Which subsets of differences are taken over.

    Attributes
    ----------
    players : int
        How many differences there are; a subset of them is a number whose bits they are.
    orders : tuple of tuple of int
        In which they are taken over one after the other; each also backwards. Empty where all subsets are taken.
    """

    players: int
    orders: tuple[tuple[int, ...], ...] = ()

    @classmethod
    def of(cls, players: int, seed: int = 0) -> Design:
        """Return a design of so many differences; of many, of random orders."""
        if players <= MOST_EXACT:
            return cls(players)
        luck = np.random.Generator(np.random.PCG64(seed))
        return cls(players, tuple(tuple(luck.permutation(players).tolist()) for _ in range(ORDERS)))

    @property
    def subsets(self) -> list[int]:
        """The subsets that are needed, that of none and that of all among them, and each difference alone."""
        if not self.orders:
            return list(range(1 << self.players))
        found = {1 << player for player in range(self.players)} | {0}
        for order in self.orders:
            found |= {*_along(order), *_along(order[::-1])}
        return sorted(found)

    def contributions(self, values: Mapping[int, Floats]) -> Floats:
        """Return what each difference adds.

        Parameters
        ----------
        values : mapping of int to (n,) array
            By subset, the answer in each history.

        Returns
        -------
        (orders, players, n) array
            By order, the mean of both ways; one where all subsets are taken. Over the players it adds to the gap.
        """
        if self.orders:
            both = [(self._in_turn(order, values) + self._in_turn(order[::-1], values)) / 2 for order in self.orders]
            return np.stack(both)
        found = np.zeros((1, self.players, len(values[0])))
        ways = math.factorial(self.players)
        for subset in range(1 << self.players):
            size = subset.bit_count()
            for player in range(self.players):
                if not subset >> player & 1:
                    weight = math.factorial(size) * math.factorial(self.players - size - 1) / ways
                    found[0, player] += weight * (values[subset | 1 << player] - values[subset])
        return found

    def _in_turn(self, order: Sequence[int], values: Mapping[int, Floats]) -> Floats:
        found, before = np.zeros((self.players, len(values[0]))), 0
        for player, after in zip(order, _along(order), strict=True):
            found[player] = values[after] - values[before]
            before = after
        return found


def _along(order: Sequence[int]) -> list[int]:
    """Return the subsets that grow along an order, that of none left out.

    >>> _along([1, 0])
    [2, 3]
    """
    found, subset = [], 0
    for player in order:
        subset |= 1 << player
        found.append(subset)
    return found


class Part(NamedTuple):
    """A pair of answers.

    Attributes
    ----------
    weight : float
        Of the pair: the product of the weights of both.
    gap : (n,) array
        By how much the second is above the first, in each history.
    contributions : (orders, players, n) array
        What each difference adds to that, as `Design.contributions` has it.
    """

    weight: float
    gap: Floats
    contributions: Floats


class Share(NamedTuple):
    """A share of the variance that is seen between answers, with its 95 % interval."""

    value: float
    low: float
    high: float


class Attribution(NamedTuple):
    """The variance between answers, attributed.

    Attributes
    ----------
    shares : list of Share
        Of each difference; with that of luck they add to 1.
    luck : Share
        What is not told apart from luck.
    spread : float
        Standard deviation between the answers as they are seen.
    """

    shares: list[Share]
    luck: Share
    spread: float

    @property
    def is_told(self) -> bool:
        """Whether answers differ by more than luck would make them."""
        return self.spread > 0 and self.luck.high < 1.0


def attribute(parts: Sequence[Part]) -> Attribution:
    """Attribute the variance between answers to the differences.

    Parameters
    ----------
    parts : sequence of Part
        Every pair of answers, all of the same histories and differences.

    Raises
    ------
    ValueError
        When there are fewer than `FEWEST` histories.
    """
    n, players = len(parts[0].gap), parts[0].contributions.shape[1]
    if n < FEWEST:
        raise ValueError(f"the variance between answers cannot be told from {n} histories; at least {FEWEST} are needed")
    given, seen = np.zeros(players), 0.0
    without, seen_without = np.zeros((players, n)), np.zeros(n)
    by_orders = np.zeros(players)
    for weight, gap, each in parts:
        adds = each.mean(axis=0)
        whole, alone = adds.sum(axis=1) * gap.sum(), adds @ gap
        given += weight * (whole - alone) / (n * (n - 1))
        # The same without each of the histories.
        rest = (adds.sum(axis=1)[:, None] - adds) * (gap.sum() - gap)
        without += weight * (rest - (alone[:, None] - adds * gap)) / ((n - 1) * (n - 2))
        seen += weight * float(gap.mean()) ** 2
        seen_without += weight * ((gap.sum() - gap) / (n - 1)) ** 2
        if len(each) > 1:
            each_order = (each.sum(axis=2) * gap.sum() - each @ gap) / (n * (n - 1))
            by_orders += (weight * each_order.std(axis=0, ddof=1)) ** 2 / len(each)
    if not seen > 0:
        return Attribution([Share(0.0, 0.0, 0.0)] * players, Share(0.0, 0.0, 0.0), 0.0)
    # Where a single history is all of what is seen, nothing is seen without it.
    ratios = np.divide(without, seen_without, out=np.zeros_like(without), where=seen_without > 0)
    error = np.sqrt(_spread(ratios) + by_orders / seen**2)
    luck = _share(1.0 - float(given.sum()) / seen, float(np.sqrt(_spread(ratios.sum(axis=0)[None])[0])))
    shares = [_share(value, half) for value, half in zip((given / seen).tolist(), error.tolist(), strict=True)]
    return Attribution(shares, luck, float(np.sqrt(seen)))


def _share(value: float, error: float) -> Share:
    return Share(value, value - Z_95 * error, value + Z_95 * error)


def _spread(left_out: Floats) -> Floats:
    """Return the variance of estimates, (estimates,), from those without each of the histories, (estimates, n)."""
    n = left_out.shape[1]
    found: Floats = (n - 1) * left_out.var(axis=1)
    return found
