"""Dissent: what several analysts differ in is found, the spread is attributed to it, and what would turn it is told."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, permutations
from typing import Any

import numpy as np
import pytest

from sim.engine.draws import Floats
from sim.studies.shapley import Attribution, Design, Part, attribute

# Three members, who each have one of two or three values of five differences.
HELD = np.array([[0, 0, 0, 0, 0], [1, 0, 1, 2, 1], [0, 1, 1, 1, 2]])
WEIGHTS = np.array([0.5, 0.25, 0.25])


def truth(x: Any) -> float:
    """Return the answer of a planted case: two that add, two that only count together, one that plays no part."""
    return 0.2 + 0.08 * x[0] - 0.05 * x[1] + 0.06 * x[2] * x[3]


def by_every_order(a: Any, b: Any) -> Floats:
    """Return what each difference adds on the way from one member to another, by going through every order."""
    found = np.zeros(len(a))
    orders = list(permutations(range(len(a))))
    for order in orders:
        at = a.copy()
        for player in order:
            before = truth(at)
            at[player] = b[player]
            found[player] += (truth(at) - before) / len(orders)
    return found


def true_shares() -> Floats:
    given, seen = np.zeros(HELD.shape[1]), 0.0
    for a, b in combinations(range(len(HELD)), 2):
        weight, gap = WEIGHTS[a] * WEIGHTS[b], truth(HELD[b]) - truth(HELD[a])
        given += weight * by_every_order(HELD[a], HELD[b]) * gap
        seen += weight * gap**2
    shares: Floats = given / seen
    return shares


def planted(answer: Callable[[Any], Floats], design: Design) -> Attribution:
    """Attribute the variance between the members, of answers in each history."""
    parts = []
    for a, b in combinations(range(len(HELD)), 2):
        values = {
            subset: answer([(HELD[b] if subset >> j & 1 else HELD[a])[j] for j in range(HELD.shape[1])])
            for subset in design.subsets
        }
        gap = values[(1 << HELD.shape[1]) - 1] - values[0]
        parts.append(Part(WEIGHTS[a] * WEIGHTS[b], gap, design.contributions(values)))
    return attribute(parts)


def tossed(rng: np.random.Generator, n: int, effect: float = 1.0) -> Callable[[Any], Floats]:
    """Return histories of yes and no on common luck, whose share is the truth; part of their luck is each cell's own."""
    common, own = rng.random(n), {}

    def answer(x: Any) -> Floats:
        mine = own.setdefault(tuple(x), rng.random(n))
        chance = 0.2 + effect * (truth(x) - 0.2)
        luck = np.where(rng_split < 0.9, common, mine)
        return (luck < chance).astype(np.float64)

    rng_split = rng.random(n)
    return answer


ORDERS = tuple(tuple(np.random.default_rng(7).permutation(5).tolist()) for _ in range(16))


@pytest.mark.parametrize("design", [Design(5), Design(5, ORDERS)], ids=["every subset", "random orders"])
def test_dissent_is_attributed_to_what_was_planted(design: Design) -> None:
    exact = planted(lambda x: np.full(50, truth(x)), design)
    near = 1e-9 if not design.orders else 0.05
    assert [one.value for one in exact.shares] == pytest.approx(true_shares().tolist(), abs=near)
    assert sum(one.value for one in exact.shares) == pytest.approx(1.0)
    assert exact.luck.value == pytest.approx(0.0, abs=1e-12)
    rng = np.random.default_rng(1)
    found = [planted(tossed(rng, 400), design) for _ in range(40)]
    shares = np.array([[share.value for share in one.shares] for one in found])
    assert shares.mean(axis=0) == pytest.approx(true_shares(), abs=0.05)
    assert all(one.is_told for one in found)
    assert [sum(share.value for share in one.shares) + one.luck.value for one in found] == pytest.approx([1.0] * 40)


def test_the_share_of_a_difference_is_covered_by_its_interval() -> None:
    rng, true, inside = np.random.default_rng(2), true_shares(), 0
    for _ in range(150):
        found = planted(tossed(rng, 200), Design(5))
        inside += sum(one.low <= value <= one.high for one, value in zip(found.shares[:4], true, strict=False))
    assert 0.91 <= inside / 600 <= 0.985


def test_what_luck_alone_has_set_apart_is_not_told() -> None:
    rng = np.random.default_rng(3)
    found = [planted(tossed(rng, 200, effect=0.0), Design(5)) for _ in range(200)]
    assert np.mean([one.is_told for one in found]) <= 0.1
    assert not planted(lambda x: np.full(50, 0.3), Design(5)).is_told
    with pytest.raises(ValueError, match="at least 20 are needed"):
        planted(lambda x: np.full(10, truth(x)), Design(5))


def test_what_two_do_only_together_is_divided_evenly_and_many_are_taken_in_random_orders() -> None:
    values = {0: np.zeros(30), 1: np.zeros(30), 2: np.zeros(30), 3: np.ones(30)}
    assert Design(2).contributions(values).mean(axis=2).tolist() == [[0.5, 0.5]]
    many = Design.of(9, seed=1)
    assert many == Design.of(9, seed=1)
    assert Design.of(6).subsets == list(range(64))
    assert {0, *(1 << j for j in range(9)), 511} <= {*many.subsets}
    added = many.contributions({s: np.full(30, float(s)) for s in many.subsets})
    assert added.mean(axis=(0, 2)) == pytest.approx([2.0**j for j in range(9)])
