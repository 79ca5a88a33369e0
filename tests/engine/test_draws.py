"""Luck as a pure function of seed, stream, replication and index."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.engine.draws import INDICES_PER_BLOCK, REPLICATIONS_PER_BLOCK, Draws, Stream

KINDS = ("normal", "uniform")
TURNS = (False, True)


def opened(kind: str, name: str, replications: object, seed: int = 1, in_turn: bool = False) -> Stream:
    draws = Draws(seed, np.asarray(replications, dtype=np.int64))
    return draws.normal(name, in_turn=in_turn) if kind == "normal" else draws.uniform(name, in_turn=in_turn)


def table(kind: str, name: str, n: int = 4096, indices: int = 64, seed: int = 1) -> np.ndarray:
    """The draws of n replications at the first indices, shape (indices, n)."""
    stream = opened(kind, name, np.arange(n), seed, in_turn=True)
    return np.array([stream.at(index) for index in range(indices)])


# A replication has the same luck in any batch.

WIDE = np.arange(5 * REPLICATIONS_PER_BLOCK)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("in_turn", TURNS)
@pytest.mark.parametrize("replication", [0, 1, 127, 128, 300, 639])
def test_a_replication_alone_draws_what_it_draws_in_a_batch(kind: str, in_turn: bool, replication: int) -> None:
    batch = opened(kind, "x", WIDE, in_turn=in_turn)
    alone = opened(kind, "x", [replication], in_turn=in_turn)
    for index in (0, 1, 63, 64, 1000):
        assert alone.at(index).tolist() == [batch.at(index)[replication]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("in_turn", TURNS)
@pytest.mark.parametrize("seed", range(3))
def test_order_of_the_batch_does_not_matter(kind: str, in_turn: bool, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(WIDE)
    in_order, shuffled = (opened(kind, "x", numbers, in_turn=in_turn) for numbers in (WIDE, order))
    for index in (0, 70):
        assert np.array_equal(shuffled.at(index), in_order.at(index)[order])


@pytest.mark.parametrize(
    "numbers",
    [
        WIDE[::-1],
        np.roll(WIDE, 1),
        np.roll(WIDE, 128),
        np.arange(64, 192),
        np.arange(128, 256),
        np.arange(0, 512, 2),
        np.concatenate([np.arange(256, 384), np.arange(0, 128)]),
    ],
    ids=["reversed", "rolled by one", "rolled by a block", "across blocks", "a block", "every second", "two blocks"],
)
def test_parts_of_blocks(numbers: np.ndarray) -> None:
    whole, part = opened("normal", "x", WIDE), opened("normal", "x", numbers)
    assert np.array_equal(part.at(3), whole.at(3)[numbers])


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(st.integers(0, len(WIDE) - 1), unique=True, min_size=1, max_size=40),
    index=st.integers(0, 200),
    kind=st.sampled_from(KINDS),
    in_turn=st.booleans(),
)
def test_random_subsets_in_any_order(numbers: list[int], index: int, kind: str, in_turn: bool) -> None:
    whole = opened(kind, "subset", WIDE, in_turn=in_turn).at(index)
    assert opened(kind, "subset", numbers, in_turn=in_turn).at(index).tolist() == whole[numbers].tolist()


@settings(max_examples=40, deadline=None)
@given(asked=st.lists(st.integers(0, 300), min_size=1, max_size=12), kind=st.sampled_from(KINDS), turn=st.booleans())
def test_the_order_of_asking_does_not_matter(asked: list[int], kind: str, turn: bool) -> None:
    batch, stream = [3, 200, 5], opened(kind, "x", [3, 200, 5], in_turn=turn)
    for index in asked:
        assert stream.at(index).tolist() == opened(kind, "x", batch, in_turn=turn).at(index).tolist()


@settings(max_examples=60, deadline=None)
@given(
    asked=st.lists(
        st.tuples(st.booleans(), st.integers(0, 150), st.lists(st.integers(0, 5), unique=True, max_size=6)), max_size=8
    ),
    kind=st.sampled_from(KINDS),
    turn=st.booleans(),
)
def test_of_is_at_for_a_cohort(asked: list[tuple[bool, int, list[int]]], kind: str, turn: bool) -> None:
    batch = [7, 0, 129, 400, 130, 6]
    stream = opened(kind, "x", batch, in_turn=turn)
    for whole_first, index, cohort in asked:
        if whole_first:
            stream.at(index)
        expected = opened(kind, "x", batch, in_turn=turn).at(index)[cohort]
        assert stream.of(index, np.array(cohort, dtype=np.int64)).tolist() == expected.tolist()


def test_asking_one_stream_does_not_move_another() -> None:
    draws = Draws(1, np.arange(10))
    one, other = draws.normal("one", in_turn=True), draws.uniform("other")
    for index in range(0, 200, 7):
        one.at(index)
        other.at(index)
    assert np.array_equal(one.at(5), opened("normal", "one", np.arange(10), in_turn=True).at(5))
    assert np.array_equal(other.at(5), opened("uniform", "other", np.arange(10)).at(5))


# What is part of the key


@pytest.mark.parametrize("kind", KINDS)
def test_seed_name_replication_and_index_all_matter(kind: str) -> None:
    draws = np.concatenate(
        [
            opened(kind, name, np.arange(300), seed).at(index)
            for seed in (1, 2, 12)
            for name in ("x", "y", "x/1")
            for index in (0, 1, 64)
        ]
    )
    assert len(np.unique(draws)) == draws.size


@pytest.mark.parametrize("kind", KINDS)
def test_in_turn_is_part_of_the_key(kind: str) -> None:
    """The two ways of asking cut indices into different spans: a decision must keep to one of them."""
    in_turn, single = opened(kind, "x", [0, 1, 2], in_turn=True), opened(kind, "x", [0, 1, 2], in_turn=False)
    for index in (0, 1, INDICES_PER_BLOCK, 100):
        assert not np.isin(in_turn.at(index), single.at(index)).any()


@pytest.mark.parametrize(("first", "second"), [("normal", "normal"), ("normal", "uniform"), ("uniform", "uniform")])
def test_a_stream_is_opened_once(first: str, second: str) -> None:
    draws = Draws(1, np.arange(3))
    getattr(draws, first)("decision")
    with pytest.raises(ValueError, match="'decision' is already in use"):
        getattr(draws, second)("decision")


def test_known_values() -> None:
    """The luck of published runs: changing these changes every result."""
    batch = [0, 1, 4711]
    single = opened("uniform", "golden", batch).at(0)
    assert single.tolist() == [0.5485255059124102, 0.037232954917984284, 0.9680782642732589]
    in_turn = opened("uniform", "golden", batch, in_turn=True).at(70)
    assert in_turn.tolist() == [0.8345136150726319, 0.6650465129597826, 0.6888206765303183]
    normal = opened("normal", "golden", batch).at(5)
    assert normal == pytest.approx([1.8120801777517546, -1.5009718661513414, 1.9802173812085608], abs=1e-12)


# The laws


def test_normal_draws_are_standard_normal() -> None:
    assert stats.kstest(table("normal", "law").ravel(), "norm").pvalue > 0.01


def test_uniform_draws_are_uniform() -> None:
    draws = table("uniform", "law").ravel()
    assert stats.kstest(draws, "uniform").pvalue > 0.01
    assert 0 < draws.min() < 1e-4
    assert 1 - 1e-4 < draws.max() < 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("in_turn", TURNS)
def test_the_draws_of_one_replication_follow_the_law(kind: str, in_turn: bool) -> None:
    stream = opened(kind, "alone", [42], in_turn=in_turn)
    draws = [float(stream.at(index)[0]) for index in range(600)]
    assert stats.kstest(draws, "norm" if kind == "normal" else "uniform").pvalue > 0.01


class Bits:
    """A source of bits that always gives the same word."""

    def __init__(self, word: int) -> None:
        self.word, self.state = word, None

    def random_raw(self, size: int) -> np.ndarray:
        return np.full(size, self.word, dtype=np.uint64)


@pytest.mark.parametrize(("word", "near"), [(0, 0.0), (2**64 - 1, 1.0), (2**63, 0.5)])
def test_uniform_draws_lie_strictly_inside_whatever_the_bits(word: int, near: float) -> None:
    draws = Draws(1, np.arange(3))
    draws._bits = Bits(word)  # type: ignore[assignment]
    drawn = draws.uniform("x").at(0)
    assert ((drawn > 0) & (drawn < 1)).all()
    assert drawn == pytest.approx(near, abs=1e-15)


@pytest.mark.parametrize("kind", KINDS)
def test_streams_seeds_replications_and_indices_are_independent(kind: str) -> None:
    reference = table(kind, "x")
    others = {
        "another name": table(kind, "y"),
        "a longer name": table(kind, "x/y"),
        "another seed": table(kind, "x", seed=2),
        "the next replication": np.roll(reference, 1, axis=1),
        "the next block": np.roll(reference, REPLICATIONS_PER_BLOCK, axis=1),
        "the next index": np.roll(reference, 1, axis=0),
        "the next span": np.array([opened(kind, "x", np.arange(4096), in_turn=True).at(i) for i in range(64, 128)]),
    }
    bound = 4 / np.sqrt(reference.size)
    for what, other in others.items():
        assert abs(np.corrcoef(reference.ravel(), other.ravel())[0, 1]) < bound, what
        squares = np.corrcoef((reference - reference.mean()).ravel() ** 2, (other - other.mean()).ravel() ** 2)
        assert abs(squares[0, 1]) < bound, what


def test_single_indices_are_independent() -> None:
    stream = opened("normal", "single", np.arange(4096))
    rows = [stream.at(index).copy() for index in range(20)]
    together = [np.corrcoef(a, b)[0, 1] for a, b in pairwise(rows)]
    assert np.abs(together).max() < 5 / np.sqrt(4096)


def test_a_whole_block_shuffled_between_its_ends() -> None:
    numbers = np.arange(128)
    shuffled = numbers.copy()
    shuffled[[1, 2]] = [2, 1]
    expected = Draws(1, numbers).normal("x").at(0)[shuffled]
    assert np.array_equal(Draws(1, shuffled).normal("x").at(0), expected)
    assert np.array_equal(Draws(1, shuffled).normal("x").of(0, numbers), expected)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5)), max_size=20), st.booleans())
def test_each_is_of_one_at_a_time(asked: list[tuple[int, int]], turn: bool) -> None:
    stream = Draws(3, np.array([0, 1, 2, 300, 301, 5000])).uniform("x", in_turn=turn)
    indices, cohort = (np.array([pair[part] for pair in asked], dtype=np.int64) for part in (0, 1))
    expected = [stream.of(index, np.array([position]))[0] for index, position in asked]
    assert stream.each(indices.astype(np.float64), cohort).tolist() == expected


def test_what_is_kept_of_indices_that_histories_come_to_at_days_of_their_own() -> None:
    numbers = np.arange(100, 700)
    stream, whole = (Draws(3, numbers).uniform("gap") for _ in range(2))
    some = np.random.default_rng(1)
    # More indices than are kept, to and fro, of ever more of the batch.
    for index in (1, 2, 1, 3, 4, 5, 6, 7, 8, 9, 10, 1, 10, 2, 1):
        cohort = some.choice(600, size=some.integers(1, 600), replace=False)
        assert np.array_equal(stream.of(index, cohort), whole.at(index)[cohort])


def test_a_block_that_is_kept_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    draws, drawn = Draws(3, np.arange(512)), []
    block = Draws.block

    def counted(self: Draws, name: str, kind: str, number: int, *more: object) -> None:
        drawn.append(number)
        block(self, name, kind, number, *more)

    monkeypatch.setattr(Draws, "block", counted)
    stream = draws.uniform("gap")
    for position in (0, 1, 300, 2, 301, 500, 130, 0, 511):
        stream.of(1, np.array([position]))
    assert drawn == [0, 2, 3, 1]
