"""Delay lines: nothing vanishes, and what comes out when is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.engine.delays import Ring, StagedDelay

amounts = st.floats(0, 1e6, allow_nan=False)


def one_row(values: list[float]) -> np.ndarray:
    return np.array([values])


# Ring


def test_ring_gives_back_a_known_sequence() -> None:
    ring = Ring(np.array([[3]]))
    out = [ring.step(one_row([amount])).item() for amount in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)]
    assert out == [0, 0, 0, 1, 2, 3]


def test_ring_without_delay_passes_on_the_same_day() -> None:
    ring = Ring(np.array([[0, 0]]))
    assert ring.step(one_row([7.0, 8.0])).tolist() == [[7.0, 8.0]]
    assert ring.total().tolist() == [[0.0, 0.0]]


def test_ring_has_a_delay_for_each_row_and_replication() -> None:
    delay = np.array([[0, 2, 1], [3, 0, 5]])
    ring = Ring(delay)
    went_in = np.arange(1.0, 61.0).reshape(10, 2, 3)
    out = np.array([ring.step(amount) for amount in went_in])
    for row in range(2):
        for n in range(3):
            days = int(delay[row, n])
            assert out[:, row, n].tolist() == [0.0] * days + went_in[: 10 - days, row, n].tolist()


def test_what_comes_out_may_be_kept_and_what_goes_in_may_be_reused() -> None:
    ring, amount = Ring(np.array([[1]])), one_row([1.0])
    first = ring.step(amount)
    amount[:] = 9.0
    second = ring.step(amount)
    assert (first.item(), second.item()) == (0.0, 1.0)


def test_ring_filled_gives_the_past_first() -> None:
    ring = Ring(np.array([[2, 0, 4]]))
    ring.fill(one_row([5.0, 6.0, 7.0]))
    assert ring.total().tolist() == [[10.0, 0.0, 28.0]]
    out = np.array([ring.step(np.zeros((1, 3))) for _ in range(6)])[:, 0]
    assert out.T.tolist() == [[5, 5, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [7, 7, 7, 7, 0, 0]]
    assert ring.total().tolist() == [[0.0, 0.0, 0.0]]


@settings(max_examples=60, deadline=None)
@given(
    delays=st.lists(st.integers(0, 6), min_size=1, max_size=4),
    past=st.integers(0, 100),
    inflow=st.lists(st.integers(0, 1000), max_size=20),
)
def test_nothing_vanishes_in_a_ring(delays: list[int], past: int, inflow: list[int]) -> None:
    delay = np.array([delays])
    ring = Ring(delay)
    ring.fill(np.full(delay.shape, float(past)))
    assert np.array_equal(ring.total(), past * delay)
    out = np.zeros(delay.shape)
    for day, amount in enumerate(inflow, start=1):
        out += ring.step(np.full(delay.shape, float(amount)))
        # Whole numbers, so that the balance is exact.
        assert np.array_equal(ring.total() + out, past * delay + sum(inflow[:day]))


def test_a_ring_does_not_see_the_other_replications() -> None:
    delay = np.array([[1, 9, 4]])
    together, inflow = Ring(delay), np.random.default_rng(0).uniform(size=(30, 1, 3))
    out = np.array([together.step(amount) for amount in inflow])
    for n in range(3):
        alone = Ring(delay[:, [n]])
        assert np.array_equal(out[:, :, [n]], np.array([alone.step(amount[:, [n]]) for amount in inflow]))


# StagedDelay


def impulse_response(stages: int, mean_days: float, days: int) -> np.ndarray:
    """What comes out on steps 1, 2, ... of one unit put in before the first."""
    delay = StagedDelay([stages], one_row([mean_days]))
    delay.add(one_row([1.0]))
    return np.array([delay.step().item() for _ in range(days)])


@pytest.mark.parametrize("mean_days", [0.3, 1.0, 7.5, 60.0])
def test_one_stage_is_the_ordinary_exponential_delay(mean_days: float) -> None:
    delay = StagedDelay([1], one_row([mean_days]))
    delay.add(one_row([1.0]))
    for day in range(1, 200):
        delay.step()
        assert delay.total().item() == pytest.approx(np.exp(-day / mean_days), abs=1e-12)


@pytest.mark.parametrize(("stages", "mean_days"), [(1, 4.0), (2, 1.0), (3, 50.0), (5, 12.0), (20, 30.0), (3, 0.0)])
def test_mean_delay_has_the_closed_form_of_chained_daily_shares(stages: int, mean_days: float) -> None:
    """A unit leaves a stage with chance p on each step, so it needs 1/p steps for each."""
    out = impulse_response(stages, mean_days, 3000)
    steps = np.arange(1, len(out) + 1)
    share = 1 - np.exp(-stages / mean_days) if mean_days > 0 else 1.0
    assert out.sum() == pytest.approx(1, abs=1e-12)
    assert (steps * out).sum() == pytest.approx(stages / share, abs=1e-9)


@pytest.mark.parametrize(("stages", "mean_days"), [(1, 4.0), (3, 50.0), (5, 12.0)])
def test_what_comes_out_when_is_negative_binomial(stages: int, mean_days: float) -> None:
    out = impulse_response(stages, mean_days, 400)
    share = 1 - np.exp(-stages / mean_days)
    expected = stats.nbinom.pmf(np.arange(1, 401) - stages, stages, share)
    assert out == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("stages", [1, 2, 4])
def test_a_mean_of_zero_passes_on_at_every_step(stages: int) -> None:
    assert impulse_response(stages, 0.0, 6).tolist() == [float(step == stages - 1) for step in range(6)]


def test_more_stages_spread_less() -> None:
    steps = np.arange(1, 1501)
    spread = []
    for stages in (1, 2, 4, 8, 16):
        out = impulse_response(stages, 40.0, 1500)
        mean = (steps * out).sum()
        spread.append(((steps - mean) ** 2 * out).sum() / mean**2)
    assert spread == sorted(spread, reverse=True)
    assert spread[-1] < spread[0] / 8


def test_rows_with_different_numbers_of_stages_are_separate_delays() -> None:
    stages, means = [4, 1, 2], np.array([[10.0, 3.0], [5.0, 0.0], [2.0, 40.0]])
    rng = np.random.default_rng(3)
    past, inflow, extra = rng.uniform(size=(3, 2)), rng.uniform(size=(50, 3, 2)), rng.uniform(size=50)
    together = StagedDelay(stages, means)
    apart = [StagedDelay([count], means[[row]]) for row, count in enumerate(stages)]
    together.fill(past)
    for row, single in enumerate(apart):
        single.fill(past[[row]])
    for amount, more in zip(inflow, extra, strict=True):
        together.add(amount)
        for row, single in enumerate(apart):
            single.add(amount[[row]])
        together.add_to(2, np.array([1]), np.array([more]))
        apart[2].add_to(0, np.array([1]), np.array([more]))
        assert np.array_equal(together.step(), np.concatenate([single.step() for single in apart]))
        assert together.total() == pytest.approx(np.concatenate([single.total() for single in apart]), rel=1e-13)


def test_add_to_reaches_only_its_row_and_cohort() -> None:
    delay = StagedDelay([1, 3], np.full((2, 4), 5.0))
    delay.add_to(1, np.array([3, 0]), np.array([2.0, 7.0]))
    assert delay.total().tolist() == [[0, 0, 0, 0], [7, 0, 0, 2]]


@pytest.mark.parametrize("mean_days", [0.0, 0.5, 6.0, 300.0])
def test_a_steady_state_stays_steady(mean_days: float) -> None:
    delay, inflow = StagedDelay([3, 1], np.full((2, 1), mean_days)), np.array([[5.0], [0.2]])
    delay.fill(inflow)
    held = delay.total()
    for _ in range(100):
        assert delay.step() == pytest.approx(inflow, rel=1e-12)
        delay.add(inflow)
        assert delay.total() == pytest.approx(held, rel=1e-12)


def test_the_steady_state_holds_what_came_in_during_the_delay() -> None:
    delay = StagedDelay([3], one_row([50.0]))
    delay.fill(one_row([2.0]))
    assert delay.total().item() == pytest.approx(2.0 * 3 / (1 - np.exp(-3 / 50)), rel=1e-12)


def test_another_mean_counts_from_the_next_step_on_and_moves_nothing() -> None:
    delay, inflow = StagedDelay([2, 1], np.full((2, 1), 10.0)), np.array([[4.0], [1.0]])
    delay.fill(inflow)
    held = delay.total()
    delay.set_mean(np.array([[5.0], [10.0]]))
    assert np.array_equal(delay.total(), held)
    before, after = 1 - np.exp(-2 / 10), 1 - np.exp(-2 / 5)
    assert delay.step().ravel() == pytest.approx([4 / before * after, 1])
    delay.set_mean(np.zeros((2, 1)))
    left = delay.total()
    assert delay.step().copy() + delay.step() == pytest.approx(left)
    assert (delay.total() == 0).all()


@settings(max_examples=60, deadline=None)
@given(
    stages=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    mean_days=st.floats(0, 500).filter(lambda mean: mean == 0 or mean > 1e-3),
    past=amounts,
    inflow=st.lists(amounts, max_size=15),
)
def test_nothing_vanishes_in_a_staged_delay(stages: list[int], mean_days: float, past: float, inflow: list[float]) -> None:
    delay = StagedDelay(stages, np.full((len(stages), 2), mean_days))
    delay.fill(np.full((len(stages), 2), past))
    before, out = delay.total(), np.zeros((len(stages), 2))
    for amount in inflow:
        delay.add(np.full((len(stages), 2), amount))
        leaves = delay.step()
        assert (leaves >= 0).all()
        out += leaves
    assert out + delay.total() == pytest.approx(before + sum(inflow), rel=1e-9, abs=1e-6)


def test_no_rows_are_no_trouble() -> None:
    delay = StagedDelay([], np.empty((0, 4)))
    delay.fill(np.empty((0, 4)))
    delay.add(np.empty((0, 4)))
    assert delay.step().shape == delay.total().shape == (0, 4)
