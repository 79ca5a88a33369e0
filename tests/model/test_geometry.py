"""The geometry of a bargain: an example worked by hand, and what must hold of every bargain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.model.negotiation import (
    Belief,
    Domain,
    egalitarian,
    first_largest,
    kalai_smorodinsky,
    nash,
    nearest_to_agreement,
    pareto_frontier,
    screening,
    shown,
    stand_firm,
    zone_of_agreement,
)

# A worked example. Three issues: land (keep, split, leave), treaty (no, yes), guards (no, yes).
#
#            weight A  A's values      weight B  B's values
#   land     0.5       1.0  0.5  0.0   0.4       0.0  0.5  1.0
#   treaty   0.3       1.0  0.0        0.2       0.0  1.0
#   guards   0.2       1.0  0.5        0.4       0.0  1.0
#
# Utilities, as weight times value added up, with reservation values 0.55 (A) and 0.45 (B):
#
#    n  land   treaty guards   A                    B                    A - 0.55  B - 0.45
#    0  keep   no     no       .5 + .3 + .2 = 1.00  0                     +.45      -.45
#    1  keep   no     yes      .5 + .3 + .1 = 0.90  .4                    +.35      -.05
#    2  keep   yes    no       .5 + .2      = 0.70  .2                    +.15      -.25
#    3  keep   yes    yes      .5 + .1      = 0.60  .2 + .4      = 0.60   +.05      +.15   zone
#    4  split  no     no       .25 + .3 + .2 = .75  .2                    +.20      -.25
#    5  split  no     yes      .25 + .3 + .1 = .65  .2 + .4      = 0.60   +.10      +.15   zone
#    6  split  yes    no       .25 + .2     = 0.45  .2 + .2      = 0.40   -.10      -.05
#    7  split  yes    yes      .25 + .1     = 0.35  .2 + .2 + .4 = 0.80   -.20      +.35
#    8  leave  no     no       .3 + .2      = 0.50  .4                    -.05      -.05
#    9  leave  no     yes      .3 + .1      = 0.40  .4 + .4      = 0.80   -.15      +.35
#   10  leave  yes    no       .2           = 0.20  .4 + .2      = 0.60   -.35      +.15
#   11  leave  yes    yes      .1           = 0.10  1.00                  -.45      +.55
#
# Frontier: from the best for A on, what gives B more than all before it: 0, 1, 5 (B .60 beats 3, which has it too with less
# for A), 9 (.40, .80; 7 has .80 with less for A), 11.
# In the zone 5 is better than 3 for A and as good for B, so that every solution picks 5. With guards forbidden unless the
# land is kept, 3 is left.

OPTIONS = {"land": ["keep", "split", "leave"], "treaty": ["no", "yes"], "guards": ["no", "yes"]}
WORTH = (
    {"land": [0.5, 0.25, 0.0], "treaty": [0.3, 0.0], "guards": [0.2, 0.1]},
    {"land": [0.0, 0.2, 0.4], "treaty": [0.0, 0.2], "guards": [0.0, 0.4]},
)
RESERVATION = (0.55, 0.45)


def surplus_of(domain: Domain) -> np.ndarray:
    worth = [{issue: np.array(values)[:, None] for issue, values in side.items()} for side in WORTH]
    return np.stack([domain.total(side) - least for side, least in zip(worth, RESERVATION, strict=True)])


def test_the_worked_example() -> None:
    domain = Domain(OPTIONS)
    surplus = surplus_of(domain)
    assert len(domain) == 12
    assert domain.terms(5) == ("split", "no", "yes")
    assert surplus[:, 5, 0] == pytest.approx([0.10, 0.15])
    assert surplus[:, 9, 0] == pytest.approx([-0.15, 0.35])
    assert np.flatnonzero(zone_of_agreement(surplus)).tolist() == [3, 5]
    assert np.flatnonzero(pareto_frontier(surplus.round(9))).tolist() == [0, 1, 5, 9, 11]
    nearest = nearest_to_agreement(surplus)
    assert nearest.package.tolist() == [5]
    assert nearest.surplus == pytest.approx([0.10])
    for solution in (nash, kalai_smorodinsky, egalitarian):
        assert solution(surplus).tolist() == [5]
    # Both like 5 best, or as well as 3: whoever gives in.
    assert stand_firm(surplus.round(9), np.array([True])).tolist() == [5]
    assert stand_firm(surplus.round(9), np.array([False])).tolist() == [5]


def test_the_worked_example_with_a_rule() -> None:
    domain = Domain(OPTIONS, [{"land": ["split", "leave"], "guards": ["yes"]}])
    assert np.flatnonzero(~domain.allowed).tolist() == [5, 7, 9, 11]
    surplus = surplus_of(domain) - np.where(domain.allowed, 0.0, 1000.0)[None, :, None]
    assert nash(surplus).tolist() == [3]


def believed(spread: float, n: int = 1, at_least: float = -np.inf) -> Belief:
    """What is believed at first of a resolve that is 0: a normal law of a spread, known if that is 0."""
    with np.errstate(divide="ignore"):
        precision = np.full(n, spread) ** -2.0
    return Belief(np.zeros(n), precision, np.full(n, at_least), np.full(n, np.inf))


def test_a_screening_offer_by_hand() -> None:
    """A proposes without knowing B's resolve, of spread 0.2: Phi(-.05/.2) .401 * .35 = .140 for package 1 is its best offer
    (5: Phi(.75) .773 * .10 = .077; 0: Phi(-2.25) .012 * .45 = .006; 2: Phi(-1.25) .106 * .15 = .016), and B refuses it."""
    surplus, attacker = surplus_of(Domain(OPTIONS)), np.array([True])
    chance = believed(0.2).chance_below(surplus[1])
    assert chance[[0, 1, 2, 5], 0] == pytest.approx([0.0122, 0.4013, 0.1056, 0.7734], abs=1e-4)
    assert screening(surplus, attacker, chance).tolist() == [1]
    # The refusal shows that B's resolve is at least -.05: the law above, where .599 lay, gives 5 (.773 - .401)/.599 = .622.
    after = believed(0.2, at_least=-0.05).chance_below(surplus[1])
    assert after[[0, 1, 2, 5], 0] == pytest.approx([0.0, 0.0, 0.0, 0.622], abs=1e-3)
    assert screening(surplus.round(9), attacker, after).tolist() == [5]
    # Knowing it, A offers what B just accepts.
    assert screening(surplus, attacker, believed(0).chance_below(surplus[1])).tolist() == [5]


def test_what_the_fighting_shows_by_hand() -> None:
    """A law of spread .5 has precision 4, and noise of .5 as much: the mean of both, and twice the precision."""
    mean, precision = shown(np.array([0.0, 0.0]), np.array([4.0, 0.0]), np.array([1.0, 1.0]), np.array([0.5, 0.5]))
    assert mean.tolist() == [0.5, 1.0]
    assert precision.tolist() == [8.0, 4.0]
    known, sure = shown(np.array([0.0]), np.array([np.inf]), np.array([1.0]), np.array([0.5]))
    assert (known.tolist(), sure.tolist()) == ([0.0], [np.inf])


def test_weights_move_the_nash_point_along_the_frontier() -> None:
    surplus = np.array([[[0.6], [0.4], [0.1]], [[0.1], [0.4], [0.7]]])
    # Products .06, .16, .07; with weight .9 on A: ln .6 * .9 + ln .1 * .1 = -.690, ln .4 = -.916, -2.108.
    assert nash(surplus).tolist() == [1]
    assert nash(surplus, 0.9).tolist() == [0]
    assert nash(surplus, 0.1).tolist() == [2]


def test_the_issue_that_comes_first_varies_slowest() -> None:
    domain = Domain(OPTIONS, first="guards")
    assert domain.issues == ("guards", "land", "treaty")
    assert domain.terms(1) == ("no", "keep", "yes")
    assert domain.terms(6) == ("yes", "keep", "no")
    covered = domain.covered({"guards": ["yes"], "land": ["keep", "leave"]})
    assert np.flatnonzero(covered).tolist() == [6, 7, 10, 11]


# What must hold of every bargain. Hundredths keep sums and comparisons exact enough for ties to be ties.


@st.composite
def surpluses(draw: Any, histories: int = 1) -> np.ndarray:
    packages = draw(st.integers(1, 12))
    hundredths = st.integers(-60, 60)
    values = draw(st.lists(hundredths, min_size=2 * packages * histories, max_size=2 * packages * histories))
    return np.array(values, dtype=np.float64).reshape(2, packages, histories) / 64.0


def picks(surplus: np.ndarray) -> dict[str, int]:
    yes = np.ones(surplus.shape[-1], dtype=np.bool_)
    return {
        "nash": int(nash(surplus)[0]),
        "weighted": int(nash(surplus, 0.8)[0]),
        "kalai_smorodinsky": int(kalai_smorodinsky(surplus)[0]),
        "egalitarian": int(egalitarian(surplus)[0]),
        "gives in": int(stand_firm(surplus, yes)[0]),
        "stands": int(stand_firm(surplus, ~yes)[0]),
    }


@given(surpluses())
def test_every_solution_is_an_undominated_package_of_the_zone_or_nothing(surplus: np.ndarray) -> None:
    zone, frontier = zone_of_agreement(surplus)[:, 0], pareto_frontier(surplus)[:, 0]
    assert (nearest_to_agreement(surplus).surplus[0] > 0) == zone.any()
    for name, package in picks(surplus).items():
        assert (package >= 0) == zone.any(), name
        if package >= 0:
            assert zone[package], name
            assert frontier[package], name


@given(surpluses(), st.sampled_from([0.25, 0.5, 2.0, 4.0]), st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_nash_does_not_see_the_scale_of_utilities(surplus: np.ndarray, attacker: float, defender: float) -> None:
    """Utility and reservation value after a positive affine change: the surplus times a factor."""
    scaled = surplus * np.array([attacker, defender])[:, None, None]
    left, right = int(nash(surplus)[0]), int(nash(scaled)[0])
    if left != right:
        # Products that are the same: rounding of logarithms, or the rule for ties, which does see the scale.
        product = surplus[0, :, 0] * surplus[1, :, 0]
        assert product[left] == pytest.approx(product[right], rel=1e-12)


@given(surpluses())
def test_nash_treats_both_sides_alike(surplus: np.ndarray) -> None:
    symmetric = np.concatenate([surplus, surplus[::-1]], axis=1)
    package = int(nash(symmetric)[0])
    if package >= 0:
        mirrored = int(nash(symmetric[::-1])[0])
        # What one side gets with the sides exchanged, the other gets: the same point, or its mirror image.
        pair, other = symmetric[:, package, 0], symmetric[::-1][:, mirrored, 0]
        assert sorted(pair) == sorted(other)


@given(surpluses())
def test_more_weight_never_gets_a_side_less(surplus: np.ndarray) -> None:
    shares = [int(nash(surplus, weight)[0]) for weight in (0.1, 0.3, 0.5, 0.7, 0.9)]
    if shares[0] >= 0:
        gains = surplus[0, shares, 0]
        # Equal but for rounding of logarithms at ties.
        assert (np.diff(gains) >= -1e-9).all()


@given(surpluses(), surpluses())
def test_another_package_never_empties_the_zone(surplus: np.ndarray, more: np.ndarray) -> None:
    both = np.concatenate([surplus, more], axis=1)
    assert zone_of_agreement(both).any() >= zone_of_agreement(surplus).any()
    assert nearest_to_agreement(both).surplus[0] >= nearest_to_agreement(surplus).surplus[0]


@given(surpluses(), st.lists(st.booleans(), min_size=12, max_size=12), st.integers(0, 40), st.integers(0, 1))
def test_a_harder_line_or_a_rule_never_opens_a_zone(surplus: np.ndarray, covered: list[bool], price: int, side: int) -> None:
    harder = surplus.copy()
    harder[side] -= np.where(covered[: surplus.shape[1]], price / 64.0, 0.0)[:, None]
    assert not (zone_of_agreement(harder) & ~zone_of_agreement(surplus)).any()


@given(surpluses(), st.booleans(), st.sampled_from([0.0, 0.1, 0.3]))
def test_a_proposer_accepts_its_own_offer_which_no_package_betters_for_both(
    surplus: np.ndarray, attacker: bool, spread: float
) -> None:
    own = 0 if attacker else 1
    chance = believed(spread).chance_below(surplus[1 - own])
    package = int(screening(surplus, np.array([attacker]), chance)[0])
    hopes = (surplus[own] > 0) & (chance > 0)
    assert (package >= 0) == hopes.any()
    if package >= 0:
        assert hopes[package, 0]
        # By how much it would be better for the other counts only as far as the chance can tell.
        better = (surplus[own] > surplus[own, package]) & (surplus[1 - own] > surplus[1 - own, package])
        assert not better.any()
    if spread == 0:
        # Who knows the other's resolve makes no offer that is refused.
        assert package < 0 or zone_of_agreement(surplus)[package, 0]


@given(surpluses(), st.booleans(), st.sampled_from([0.02, 0.1, 0.3]))
def test_an_offer_after_a_refusal_is_better_for_the_other(surplus: np.ndarray, attacker: bool, spread: float) -> None:
    """Until one is accepted, or none is left to be made."""
    own, refused = 0 if attacker else 1, -np.inf
    for _ in range(surplus.shape[1] + 1):
        chance = believed(spread, at_least=refused).chance_below(surplus[1 - own])
        package = int(screening(surplus, np.array([attacker]), chance)[0])
        if package < 0:
            return
        assert surplus[1 - own, package, 0] > refused
        refused = float(surplus[1 - own, package, 0])
    pytest.fail("each offer is another package")


@settings(max_examples=50)
@given(surpluses(histories=5))
def test_histories_do_not_see_one_another(surplus: np.ndarray) -> None:
    luck = np.array([True, False, True, False, True])
    chance = believed(0.1, 5).chance_below(surplus[1])
    for way in (nash, kalai_smorodinsky, egalitarian, lambda s: nearest_to_agreement(s).package):
        alone = [int(way(surplus[:, :, [k]])[0]) for k in range(5)]
        assert way(surplus).tolist() == alone
    offers = [int(screening(surplus[:, :, [k]], luck[[k]], chance[:, [k]])[0]) for k in range(5)]
    assert screening(surplus, luck, chance).tolist() == offers
    firm = [int(stand_firm(surplus[:, :, [k]], luck[[k]])[0]) for k in range(5)]
    assert stand_firm(surplus, luck).tolist() == firm


@given(surpluses())
def test_first_largest_is_argmax(surplus: np.ndarray) -> None:
    values = surplus[0]
    assert first_largest(values, values.max(axis=0)).tolist() == values.argmax(axis=0).tolist()
