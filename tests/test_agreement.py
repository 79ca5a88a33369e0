"""What data say of numbers, on toys of which it is known: what assumptions reach, what is explained, and kept."""

import numpy as np
import pytest
from scipy.stats import chi2

from sim.observed.scores import pit
from sim.studies.agreement import adjusted, apart, explained, is_reached, nearest, said

N, LUCK = 4000, 0.5


def toy(seed, n=N):
    """Return four numbers and three statistics: of the first, of the sum of two, and of the square of the third."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(4, n))
    luck = LUCK * rng.normal(size=(3, n))
    statistics = np.stack([numbers[0], numbers[0] + numbers[1], numbers[2] ** 2]) + luck
    return numbers, statistics


def test_what_statistics_explain_is_what_can_be_worked_out():
    numbers, statistics = toy(1)
    first, second, third, none = explained(statistics, numbers)
    # Two normal statistics with luck of variance v: the posterior variances follow from the precision matrix.
    v = LUCK**2
    precision = np.array([[1 + 2 / v, 1 / v], [1 / v, 1 + 1 / v]])
    left = np.diag(np.linalg.inv(precision))
    assert first == pytest.approx(1 - left[0], abs=0.02)
    assert second == pytest.approx(1 - left[1], abs=0.03)
    # Its square is seen, and so not its sign.
    assert third < 0.02
    assert none < 0.01


def test_a_number_that_no_statistic_depends_on_stays_at_its_prior():
    numbers, statistics = toy(2, 20_000)
    off = apart(statistics, np.array([1.0, 0.5, 1.0]))
    kept = nearest(off, np.ones(20_000, dtype=bool), 400)
    told = said(statistics, off, numbers, kept)
    last = told[3]
    assert last.says == "nothing"
    # Within three standard errors of 400 that are kept.
    assert abs(last.shift) < 3 / np.sqrt(400)
    assert abs(last.ratio - 1) < 3 / np.sqrt(2 * 400)
    assert told[0].says == "well"
    assert told[0].ratio < 0.7
    assert told[0].shift > 0.4


def test_ranks_of_the_truth_are_uniform_and_intervals_cover_it():
    """Fifty wars of a toy, of which each is held against the others: by rejection, and after adjustment."""
    numbers, statistics = toy(3, 20_000)
    ranks, covered = {"kept": [], "adjusted": []}, {"kept": [], "adjusted": []}
    widths = []
    for war in range(50):
        others = np.arange(20_000) != war
        off = apart(statistics[:, others], statistics[:, war])
        kept = nearest(off, np.ones(others.sum(), dtype=bool), 200)
        mine = numbers[:2][:, others]
        found = {"kept": mine[:, kept.places], "adjusted": adjusted(off, mine, kept)}
        widths.append(found["adjusted"].std(axis=1) / found["kept"].std(axis=1))
        for name, sample in found.items():
            low, high = np.quantile(sample, (0.1, 0.9), axis=1)
            truth = numbers[:2, war]
            ranks[name] += (sample < truth[:, None]).mean(axis=1).tolist()
            covered[name] += ((low <= truth) & (truth <= high)).tolist()
    for name in ranks:
        counts = np.histogram(ranks[name], bins=5, range=(0, 1))[0]
        expected = len(ranks[name]) / 5
        assert ((counts - expected) ** 2 / expected).sum() < chi2.ppf(0.99, 4), name
        assert 0.70 <= np.mean(covered[name]) <= 0.90, name
    # What is kept is near, and not there: adjusted it is narrower.
    assert np.mean(widths) < 1.0


def test_a_history_that_is_the_data_comes_first_at_no_distance():
    _, statistics = toy(4)
    found = nearest(apart(statistics, statistics[:, 17]), np.ones(N, dtype=bool), 40)
    assert found.places[0] == 17
    assert found.distances[0] == 0.0
    assert (np.diff(found.distances) >= 0).all()


def test_what_may_not_be_kept_is_not():
    _, statistics = toy(5)
    may = np.arange(N) % 2 == 0
    found = nearest(apart(statistics, statistics[:, 17]), may, 40)
    assert may[found.places].all()
    # Those of the same distance come by their number.
    assert nearest(np.zeros((1, 5)), np.ones(5, dtype=bool), 3).places.tolist() == [0, 1, 2]


def test_a_statistic_that_never_varies_agrees_or_is_out_of_reach():
    statistics = np.array([[2.0, 2.0, 2.0], [0.0, 1.0, 2.0]])
    assert apart(statistics, np.array([2.0, 1.0]))[0].tolist() == [0.0, 0.0, 0.0]
    assert np.isinf(apart(statistics, np.array([3.0, 1.0]))[0]).all()
    assert not len(nearest(apart(statistics, np.array([3.0, 1.0])), np.ones(3, dtype=bool), 2).places)


@pytest.mark.parametrize(("observed", "reached"), [(-5.0, False), (0.0, True), (5.0, False)])
def test_assumptions_reach_what_lies_among_them(observed, reached):
    values = np.random.default_rng(6).normal(size=10_000)
    assert is_reached(pit(values, observed)) is reached


def test_order_of_histories_changes_nothing_but_their_places():
    numbers, statistics = toy(7)
    order = np.random.default_rng(8).permutation(N)
    observed = np.array([1.0, 0.5, 1.0])
    may = np.ones(N, dtype=bool)
    as_it_is, turned = (nearest(apart(one, observed), may, 50) for one in (statistics, statistics[:, order]))
    assert order[turned.places].tolist() == as_it_is.places.tolist()
    np.testing.assert_allclose(turned.distances, as_it_is.distances)
    # Which fifth a history is in depends on its place, and so the last digits of what is explained.
    np.testing.assert_allclose(explained(statistics[:, order], numbers[:, order]), explained(statistics, numbers), atol=0.01)
