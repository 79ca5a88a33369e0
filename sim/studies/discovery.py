"""Scenario discovery: boxes in the uncertain parameters in which an outcome is common (patient rule induction method).

Half of the histories, the even numbers, find a box; the odd ones say how good it is. *Peeling* cuts a thin slice off the
box, again and again, at the end of a parameter at which the best cut, of whatever depth, promises most. Limits that do not
matter are dropped, and only the parameters that are left anywhere on this trajectory are peeled a second time. Of that
trajectory the box is taken whose membership has the strongest correlation with the outcome (phi): 0 for all histories
together, and close to the geometric mean of coverage and density where cases are rare. *Pasting* then moves each limit, out
or in, to where the box is best.

Sources: Friedman and Fisher 1999, Statistics and Computing 9 (peeling, pasting, covering); Bryant and Lempert 2010,
Technological Forecasting and Social Change 77 (coverage, density, quasi-p-values). Of our own: what a cut promises (the
density of one slice of fifty histories is mostly noise, and among sixty parameters noise wins), phi as the measure, limits
that may also move in, quasi-p-values of single limits held to 0.05 over all that are possible, and that another half checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats, Ints
from sim.engine.whole import whole_number
from sim.results.statistics import wilson_interval
from sim.studies.condition import ConditionError

# judgement: the interval of a share of one half among 20 is 0.30 .. 0.70; with fewer, no figure of a box says anything.
FEWEST = 20
MOST_BOXES = 1_000
QUASI_P = 0.05
Bools = NDArray[np.bool_]
# Of the histories outside earlier boxes, how good a box is that holds so many, of which so many are cases.
Score = Callable[[Floats, Floats], Floats]
# By parameter and whether it is the lower one: the outermost value inside.
Limits = dict[tuple[str, bool], float]


class Counts(NamedTuple):
    """What one half of the histories says of a box.

    Attributes
    ----------
    histories, cases : int
        Of the half.
    searched, searched_cases : int
        Of these, outside the boxes that were found before.
    inside, cases_inside : int
        Of these, inside this box.

    >>> counts = Counts(1000, 100, 1000, 100, 80, 60)
    >>> counts.mass, counts.density, counts.coverage, counts.base_rate
    (0.08, 0.75, 0.6, 0.1)
    """

    histories: int
    cases: int
    searched: int
    searched_cases: int
    inside: int
    cases_inside: int

    @property
    def mass(self) -> float:
        """Share of all histories that lie in the box."""
        return self.inside / self.histories

    @property
    def density(self) -> float:
        """Share of cases among the histories in the box; NaN where it holds none."""
        return self.cases_inside / self.inside if self.inside else float("nan")

    @property
    def coverage(self) -> float:
        """Share of all cases that lie in the box."""
        return self.cases_inside / self.cases

    @property
    def base_rate(self) -> float:
        """Share of cases among the histories that were searched."""
        return self.searched_cases / self.searched if self.searched else float("nan")

    @property
    def density_interval(self) -> tuple[float, float]:
        """The 95 % interval of the density (Wilson)."""
        return wilson_interval(self.cases_inside, self.inside) if self.inside else (0.0, 1.0)

    @property
    def coverage_interval(self) -> tuple[float, float]:
        """The 95 % interval of the coverage (Wilson)."""
        return wilson_interval(self.cases_inside, self.cases)


class Restriction(NamedTuple):
    """The limits that a box sets to a parameter.

    Attributes
    ----------
    parameter : str
    low, high : float or None
        Values of the parameter in the box, both ends included; None where there is no limit.
    below, above : float
        Shares of all histories whose value lies below `low` and above `high`.
    quasi_p, quasi_p_held_out : float
        Chance of so many cases in the box if its density were only that of the box without this restriction: in the half
        that found the box, and in the other one (NaN where that has no history in the box).
    """

    parameter: str
    low: float | None
    high: float | None
    below: float
    above: float
    quasi_p: float
    quasi_p_held_out: float


class Step(NamedTuple):
    """A box on the trajectory: how many parameters it restricts, and what both halves say of it."""

    restricted: int
    training: Counts
    held_out: Counts


@dataclass(frozen=True)
class Box:
    """A box.

    Attributes
    ----------
    restrictions : list of Restriction
        The ones that matter most first, by the quasi-p-value of the held-out half.
    training, held_out : Counts
        In the half of the histories that found it, and in the other one.
    """

    restrictions: list[Restriction]
    training: Counts
    held_out: Counts

    @property
    def stands(self) -> bool:
        """Whether cases are more common in the box than outside chance, in the half that did not find it."""
        return self.held_out.density_interval[0] > self.held_out.base_rate


@dataclass(frozen=True)
class Search:
    """A search for one box.

    Attributes
    ----------
    trajectory : list of Step
        From all histories searched to the smallest box, without restrictions that do not matter.
    chosen : int
        The step from which the box was made.
    box : Box or None
        None where no restriction matters.
    """

    trajectory: list[Step]
    chosen: int
    box: Box | None

    @property
    def found(self) -> Box | None:
        """The box, if it stands the check on the held-out half."""
        return self.box if self.box is not None and self.box.stands else None


@dataclass(frozen=True)
class Discovery:
    """What was discovered.

    Attributes
    ----------
    parameters : int
        How many were searched.
    histories, cases : int
        With the outcome, and of these the cases.
    left_out : int
        Histories without the outcome.
    searches : list of Search
        One a box; the last may have found none.
    """

    parameters: int
    histories: int
    cases: int
    left_out: int
    searches: list[Search]

    @property
    def boxes(self) -> list[Box]:
        """The boxes that stand the check on the held-out half."""
        return [search.found for search in self.searches if search.found is not None]


def discover(
    parameters: Mapping[str, Floats],
    cases: Floats,
    *,
    peel: float = 0.05,
    smallest: float = 0.05,
    boxes: int = 1,
    density: float | None = None,
) -> Discovery:
    """Find boxes in the parameters in which cases are common.

    Parameters
    ----------
    parameters : mapping of str to (n,) array
        One value a history, in the order of the histories.
    cases : (n,) array
        1 for a case, 0 for none, NaN in histories that are left out.
    peel : float
        Share of the histories in the box that one peel cuts off.
    smallest : float
        Least share of the histories that a box keeps.
    boxes : int
        The most boxes to find. Each is searched outside those before (covering), until one does not stand.
    density : float or None
        If given, the box with the highest coverage among those of at least this density in the half that finds it, in place
        of that with the strongest correlation; if none is so dense, the densest.

    Returns
    -------
    Discovery

    Raises
    ------
    ConditionError
        When a size is no share, there are no parameters or one lacks a value, either half has too few cases or too few
        others, or all histories together are as dense as is asked for.

    Examples
    --------
    >>> draws = np.random.default_rng(1).random((2, 4000))
    >>> found = discover({"a": draws[0], "b": draws[1]}, (draws[0] > 0.7) * 1.0)
    >>> [(one.parameter, round(one.low, 2), one.high) for one in found.boxes[0].restrictions]
    [('a', 0.7, None)]
    """
    boxes = whole_number("boxes", boxes, 1, MOST_BOXES)
    for what, size in (("density", density), ("smallest", smallest), ("peel", peel)):
        if size is not None and not 0.0 <= size <= 1.0:
            raise ConditionError(f"{what} is a share between 0 and 1, not {size}")
    names = sorted(parameters)
    if not names:
        raise ConditionError("there is no uncertain parameter to search; give ranges to some")
    values = np.array([parameters[name] for name in names], dtype=np.float64)
    if np.isnan(values).any():
        raise ConditionError("a parameter has no value in some histories")
    known = ~np.isnan(cases)
    is_case = cases == 1
    _enough(is_case[known])
    # By number, so that the halves are the same whatever is asked; neighbouring histories are independent draws.
    even = np.arange(len(cases)) % 2 == 0
    training, held_out = (_Half(names, values[:, half], is_case[half]) for half in (known & even, known & ~even))
    for half in (training, held_out):
        _enough(half.cases)
    if density is not None and density <= (base_rate := float(training.cases.mean())):
        raise ConditionError(f"a density of {density:g} is asked for, and that of all histories is {base_rate:.3f} already")
    fewest = max(FEWEST, int(np.ceil(smallest * len(training.cases))))
    searches: list[Search] = []
    drawn = {name: values[position] for position, name in enumerate(names)}
    while len(searches) < boxes and training.has_both() and np.count_nonzero(training.left) > fewest:
        search, limits = _search(training, held_out, drawn, peel, fewest, density)
        searches.append(search)
        if search.found is None:
            break
        for half in (training, held_out):
            half.left &= ~half.inside(limits)
    return Discovery(len(names), int(known.sum()), int(is_case[known].sum()), int((~known).sum()), searches)


def _enough(cases: Bools) -> None:
    there, n = int(cases.sum()), len(cases)
    if n and there in (0, n):
        raise ConditionError(
            f"{'all' if there else 'none'} of {n:,} histories are such cases: there is nothing to tell apart"
        )
    if min(there, n - there) < FEWEST:
        raise ConditionError(
            f"{there:,} of {n:,} histories are such cases and {n - there:,} are not; {FEWEST} of each are needed in the "
            "half that finds boxes and in the half that checks them, so run more"
        )


class _Half:
    """Half of the histories, and which of them lie outside the boxes found so far."""

    def __init__(self, names: Sequence[str], values: Floats, cases: Bools) -> None:
        self.values = dict(zip(names, values, strict=True))
        self.cases = cases
        self.left = np.ones(len(cases), dtype=np.bool_)

    def has_both(self) -> bool:
        """Return whether there are cases and others outside the boxes found so far."""
        return bool(0 < np.count_nonzero(self.cases & self.left) < np.count_nonzero(self.left))

    def inside(self, limits: Limits) -> Bools:
        """Return which histories lie in a box and outside those found so far."""
        return self.left & ~self.outside(limits).any(axis=0)

    def outside(self, limits: Limits) -> Bools:
        """Return which histories lie outside each of the limits, (limits, n)."""
        outside = np.empty((len(limits), len(self.left)), dtype=np.bool_)
        for row, ((name, is_low), limit) in zip(outside, limits.items(), strict=True):
            row[:] = self.values[name] < limit if is_low else self.values[name] > limit
        return outside

    def count(self, limits: Limits) -> Counts:
        """Return what this half says of a box."""
        inside = self.inside(limits)
        masks = (np.ones(len(inside), dtype=np.bool_), self.left, inside)
        return Counts(*(int(np.count_nonzero(part)) for mask in masks for part in (mask, mask & self.cases)))

    def score(self, density: float | None) -> Score:
        """Return how boxes in this half are judged."""
        n, cases = (float(np.count_nonzero(part)) for part in (self.left, self.left & self.cases))

        def phi(inside: Floats, cases_inside: Floats) -> Floats:
            spread = np.sqrt(inside * (n - inside) * cases * (n - cases))
            return np.divide(cases_inside * n - inside * cases, spread, out=np.zeros_like(spread), where=spread > 0)

        if density is None:
            return phi
        least = density

        def coverage(inside: Floats, cases_inside: Floats) -> Floats:
            # Below the density that is asked for, the denser the better.
            dense: Floats = cases_inside / inside
            return np.where(dense >= least, cases_inside / cases, dense - 1.0)

        return coverage


def _search(
    training: _Half, held_out: _Half, drawn: Mapping[str, Floats], peel: float, fewest: int, density: float | None
) -> tuple[Search, Limits]:
    """Search for one box; return its limits too."""
    # Of many parameters some are peeled by chance, which makes small boxes look better than they are and wastes histories.
    matter = {name for limits in _peel(training, list(drawn), peel, fewest) for name, _ in _drop(training, limits)}
    trajectory: list[Limits] = []
    steps: list[Step] = []
    for limits in (_drop(training, limits) for limits in _peel(training, sorted(matter), peel, fewest)):
        counts = training.count(limits)
        # What was dropped may leave a box as it was, or larger.
        if not steps or counts.inside < steps[-1].training.inside:
            trajectory.append(limits)
            steps.append(Step(len(_names(limits)), counts, held_out.count(limits)))
    score = training.score(density)
    inside, cases_inside = np.array([step.training[-2:] for step in steps], dtype=np.float64).T
    chosen = int(np.argmax(score(inside, cases_inside)))
    limits = trajectory[chosen]
    while True:
        kept = _drop(training, limits)
        limits = _paste(training, kept, score, fewest)
        if limits == kept:
            break
    if not limits:
        return Search(steps, chosen, None), limits
    restrictions = _restrictions(limits, training, held_out, drawn)
    restrictions.sort(key=lambda one: (np.nan_to_num(one.quasi_p_held_out, nan=1.0), one.quasi_p, one.parameter))
    return Search(steps, chosen, Box(restrictions, training.count(limits), held_out.count(limits))), limits


# Peeling


class _Slice(NamedTuple):
    """What a peel would cut off.

    Attributes
    ----------
    promise : float
        How far cases are rarer in the best cut at this end, of whatever depth, than in the rest (a standard normal score).
    parameter : str
    is_low : bool
        Whether it is at the low end.
    limit : float
        The outermost value that stays.
    removed : array of int
        The histories in it.
    """

    promise: float
    parameter: str
    is_low: bool
    limit: float
    removed: Ints


def _peel(half: _Half, names: Sequence[str], peel: float, fewest: int) -> Iterator[Limits]:
    """Yield the limits of ever smaller boxes, beginning with no limits."""
    orders = {}
    for name in names:
        order = np.argsort(half.values[name], kind="stable")
        orders[name] = order[half.left[order]]
    inside = half.left.copy()
    limits: Limits = {}
    yield limits
    while half.cases[inside].sum() < np.count_nonzero(inside):
        slices = (one for name, order in orders.items() for one in _slices(half, name, order, peel, fewest))
        best = max(slices, key=lambda one: one[:3], default=None)
        if best is None:
            return
        limits = {**limits, (best.parameter, best.is_low): best.limit}
        inside[best.removed] = False
        orders = {name: order[inside[order]] for name, order in orders.items()}
        yield limits


def _slices(half: _Half, name: str, order: Ints, peel: float, fewest: int) -> Iterator[_Slice]:
    """Yield the slices at both ends of a parameter, with all histories of the same value, if enough histories stay."""
    values, cases, n = half.values[name][order], half.cases[order], len(order)
    below = np.flatnonzero(values[1:] > values[:-1]) + 1  # histories below each place at which one can cut
    thin = max(1, int(peel * n))
    rate = np.count_nonzero(cases) / n
    fewer = (rate * below - np.cumsum(cases)[below - 1]) / np.sqrt(rate * (1 - rate) * below * (n - below) / n)
    low_cuts, high_cuts = below <= n - fewest, below >= fewest
    first = int(np.searchsorted(below, thin))
    if first < len(below) and low_cuts[first]:
        cut = int(below[first])
        yield _Slice(float(fewer[low_cuts].max()), name, True, float(values[cut]), order[:cut])
    last = int(np.searchsorted(below, n - thin, side="right")) - 1
    if last >= 0 and high_cuts[last]:
        cut = int(below[last])
        yield _Slice(float((-fewer[high_cuts]).max()), name, False, float(values[cut - 1]), order[cut:])


# Dropping and pasting


def _names(limits: Limits) -> list[str]:
    """Return the parameters that are restricted."""
    return list(dict.fromkeys(name for name, _ in limits))


def _quasi_p(half: _Half, outside: Bools) -> Floats:
    """Return, for each restriction, the chance of so many cases if the density were that of the box without it.

    Parameters
    ----------
    half : _Half
    outside : (restrictions, n) array
        Which histories each restriction excludes.

    Returns
    -------
    (restrictions,) array
        NaN where no history is in the box.
    """
    from scipy.special import bdtrc

    misses = outside.sum(axis=0)
    box = half.left & (misses == 0)
    if not box.any():
        return np.full(len(outside), np.nan)
    # Excluded by nothing but this restriction, if at all.
    wider = half.left & (misses == outside)
    densities = np.count_nonzero(wider & half.cases, axis=1) / np.count_nonzero(wider, axis=1)
    chances: Floats = bdtrc(np.count_nonzero(box & half.cases) - 1, np.count_nonzero(box), densities)
    return chances


def _drop(half: _Half, limits: Limits) -> Limits:
    """Drop limits that do not raise the density beyond chance, the least one first."""
    while limits:
        worst, key = max(zip(_quasi_p(half, half.outside(limits)).tolist(), limits, strict=True))
        # Both ends of all parameters were tried to find these: chance has had that many opportunities.
        if worst <= QUASI_P / (2 * len(half.values)):
            break
        limits = {other: limit for other, limit in limits.items() if other != key}
    return limits


def _paste(half: _Half, limits: Limits, score: Score, fewest: int) -> Limits:
    """Move each limit, out or in, to where the score is best with the others as they are, until none moves."""
    moved = True
    while moved:
        moved = False
        for key, limit in limits.items():
            best = _best(half, limits, key, score, fewest)
            moved = moved or best != limit
            limits = {**limits, key: best}
    return {key: limit for key, limit in limits.items() if np.isfinite(limit)}


def _best(half: _Half, limits: Limits, key: tuple[str, bool], score: Score, fewest: int) -> float:
    """Return the best value of one limit: as it is if none is better, infinite if it is best to have none."""
    name, is_low = key
    if not np.isfinite(limits[key]):
        return limits[key]
    sign = 1.0 if is_low else -1.0
    inside = half.inside({other: limit for other, limit in limits.items() if other != key})
    # From the outermost history inwards; for an upper limit in the mirror.
    values = sign * half.values[name][inside]
    order = np.argsort(values, kind="stable")
    values, cases = values[order], half.cases[inside][order]
    starts = np.flatnonzero(np.concatenate([[True], values[1:] > values[:-1]]))
    kept = (len(values) - starts).astype(np.float64)
    cases_kept = np.cumsum(cases[::-1])[::-1][starts].astype(np.float64)
    scores = np.where(kept >= fewest, score(kept, cases_kept), -np.inf)
    now = int(np.searchsorted(values[starts], sign * limits[key]))
    best = int(np.argmax(scores))
    if scores[best] <= scores[now] + 1e-12:
        return limits[key]
    return sign * (-np.inf if best == 0 else float(values[starts][best]))


def _restrictions(limits: Limits, training: _Half, held_out: _Half, drawn: Mapping[str, Floats]) -> list[Restriction]:
    names = _names(limits)
    chances = []
    for half in (training, held_out):
        ends = [{key: limit for key, limit in limits.items() if key[0] == name} for name in names]
        chances.append(_quasi_p(half, np.array([half.outside(one).any(axis=0) for one in ends])).tolist())
    return [
        Restriction(
            name,
            low := limits.get((name, True)),
            high := limits.get((name, False)),
            0.0 if low is None else float(np.mean(drawn[name] < low)),
            0.0 if high is None else float(np.mean(drawn[name] > high)),
            quasi_p,
            quasi_p_held_out,
        )
        for name, quasi_p, quasi_p_held_out in zip(names, *chances, strict=True)
    ]
