"""The geometry of a bargain: zone of agreement, Pareto frontier, and the solutions that pick a point of the zone.

Everything works on `surplus`, shape (2, P, n): what each of P packages gives each side above fighting on, in n histories.
What a side never signs is minus infinity. Functions that pick a package return its number, shape (n,), and -1 where
the zone is empty; ties go to the larger joint surplus and then to the lower number, so that what is picked is never
dominated.

Sources: Nash 1950 for the solution of that name, with weights as in Harsanyi and Selten 1972; Kalai and Smorodinsky 1975;
Kalai 1977 for the egalitarian one.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats, Ints


class Nearest(NamedTuple):
    """The package that comes nearest to agreement: its number and the smaller of both surpluses, each of shape (n,)."""

    package: Ints
    surplus: Floats


def zone_of_agreement(surplus: Floats) -> NDArray[np.bool_]:
    """Return which packages both sides prefer to fighting on, shape (P, n)."""
    zone: NDArray[np.bool_] = (surplus[0] > 0) & (surplus[1] > 0)
    return zone


def barring(allowed: NDArray[np.bool_]) -> Floats:
    """Return what bars values when it is added: 0 where they are allowed, and minus infinity elsewhere.

    To choose values by a mask would take five times as long.

    >>> barring(np.array([True, False]))
    array([  0., -inf])
    """
    with np.errstate(divide="ignore"):
        bar: Floats = 1.0 / allowed
    return np.subtract(1.0, bar, out=bar)


def first_largest(values: Floats, largest: Floats) -> Ints:
    """Return the first row that reaches `largest`, the maximum over rows: an argmax that is quick on many rows.

    It is -1 where that is minus infinity: none is allowed.

    >>> first_largest(np.array([[1.0, -np.inf], [3.0, -np.inf], [3.0, -np.inf]]), np.array([3.0, -np.inf]))
    array([ 1, -1])
    """
    # Rows numbered from the last, so that the largest number stands for the first row.
    numbers = np.arange(len(values), 0, -1, dtype=np.int16)
    found = (values == largest) * numbers[:, None]
    first: Ints = np.where(np.isneginf(largest), -1, len(values) - found.max(axis=0).astype(np.int64))
    return first


def nearest_to_agreement(surplus: Floats) -> Nearest:
    """Return the package with the largest smaller surplus of the two; there is a zone when that is above 0.

    >>> nearest_to_agreement(np.array([[[0.2], [-0.1]], [[-0.3], [-0.05]]]))
    Nearest(package=array([1]), surplus=array([-0.1]))
    """
    smaller = np.minimum(surplus[0], surplus[1])
    largest = smaller.max(axis=0)
    return Nearest(first_largest(smaller, largest), largest)


def pareto_frontier(surplus: Floats) -> NDArray[np.bool_]:
    """Return which packages no other one betters for one side without being worse for the other, shape (P, n).

    Packages that a side never signs are not on it.

    >>> pareto_frontier(np.array([[[1.0], [2.0], [1.0]], [[3.0], [1.0], [2.0]]])).T
    array([[ True,  True, False]])
    """
    frontier: NDArray[np.bool_] = np.asarray(np.isfinite(surplus).all(axis=0))
    for other in range(surplus.shape[1]):
        at_least = (surplus[:, other : other + 1] >= surplus).all(axis=0)
        better = (surplus[:, other : other + 1] > surplus).any(axis=0)
        frontier &= ~(at_least & better)
    return frontier


def best_in(candidates: NDArray[np.bool_], objective: Floats, surplus: Floats) -> Ints:
    """Return the candidate with the largest objective, ties as said above; -1 where there is none."""
    score = np.where(candidates, objective, -np.inf)
    # Where the best is minus infinity, all of them are level.
    level = candidates & (score == score.max(axis=0))
    joint = np.where(level, surplus[0] + surplus[1], -np.inf)
    picked = np.where(level, joint, -np.inf).argmax(axis=0)
    found: Ints = np.where(candidates.any(axis=0), picked, -1)
    return found


def nash(surplus: Floats, attacker_weight: Floats | float = 0.5) -> Ints:
    """Return the weighted Nash solution: the largest product of the surpluses, each to the power of its side's weight.

    >>> nash(np.array([[[1.0], [2.0], [3.5]], [[3.0], [2.0], [0.1]]]))
    array([1])
    """
    zone = zone_of_agreement(surplus)
    logs = np.log(np.where(zone, surplus, 1.0))
    return best_in(zone, attacker_weight * logs[0] + (1.0 - attacker_weight) * logs[1], surplus)


def kalai_smorodinsky(surplus: Floats) -> Ints:
    """Return the Kalai-Smorodinsky solution: the largest smaller share of what each side could have had in the zone."""
    zone = zone_of_agreement(surplus)
    inside = np.where(zone, surplus, 0.0)
    most = np.where(zone.any(axis=0), inside.max(axis=1), 1.0)
    shares = inside / most[:, None]
    return best_in(zone, np.minimum(shares[0], shares[1]), surplus)


def egalitarian(surplus: Floats) -> Ints:
    """Return the egalitarian solution: the largest smaller surplus."""
    return best_in(zone_of_agreement(surplus), np.minimum(surplus[0], surplus[1]), surplus)
