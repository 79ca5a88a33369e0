"""Choices against what is not known: by how much each falls short of the best one, in which assumptions it meets its aims.

All choices of a full factorial design of levers meet the same draws of the assumptions and the same luck. What comes of a
choice in a draw is a mean over few lucks; of many such means the best one is the luckiest, so that plain regret is far too
large. So the means are taken apart as a factorial design can be: what all choices share in a draw, what a value of one
lever adds, what pairs of them add, and so on (analysis of variance). Half of the lucks beside the other half tell how much
luck is in each part; every part is drawn together until its variance over the draws is what is left without luck (Louis
1984), and all are added up again. What one lever does is averaged over the values of all others, and so hardly drawn
together. What is still too much in mean regret is looked for as in a bootstrap: with what was found as the truth, and other
luck on it.

On toys whose answer is known mean regret is then up to a twentieth too large, where plain regret is half or more, and regret
that is chosen on one half of the lucks and valued on the other up to as much too small; `tests/test_choose.py` holds it to
that. Intervals are of resampled draws.

In which draws an aim is met is asked of each choice by itself, since one that is much the same in all draws has as much luck
in its means as one that is not: how its draws are spread beyond luck is looked for by `sim.results.mixture`, of whatever
shape, and it meets the aim in as many draws as lie where it is met, the likeliest of them.

An outcome that only some histories have, as how long a first ceasefire lasts, has no regret: of two choices other histories
have it.

Sources: regret after Savage 1951, satisficing after Simon 1956.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats, Ints
from sim.results.mixture import (
    FREQUENCIES,
    VALUES,
    allotted,
    beta_start,
    edges_of,
    likely_counts,
    likely_means,
    luck_of_means,
    start_of_means,
    weights,
)
from sim.results.signs import split_by
from sim.results.statistics import wilson_interval

Bools = NDArray[np.bool_]
RESAMPLES = 400
# judgement: their mean is surer than the regret of hundreds of draws.
OTHER_LUCKS = 40
# judgement: the regret that is exceeded in one of twenty assumptions only; the largest of all draws grows with their number.
GREAT = 0.95
ENDS = (0.025, 0.975)
# judgement: few lucks do not tell what never happens from what happens less often than this.
NEVER = 0.01
# judgement: what happens in fewer draws of the assumptions is no share of them.
FEWEST_DRAWS = 5


class Target(NamedTuple):
    """An aim as numbers.

    Attributes
    ----------
    values : (choices, draws, lucks) array
        Of each history; NaN where it has not the outcome.
    is_high : bool
        Whether more of it is better.
    level : float, (draws, lucks) array or None
        What the mean over the lucks of a draw is to reach; None where the aim has no level.
        One number where the outcome is that of some histories only.
    or_equal : bool
        Whether what is at the level has reached it.
    is_of_some : bool
        Whether only some histories have the outcome.
    """

    values: Floats
    is_high: bool
    level: Floats | float | None = None
    or_equal: bool = True
    is_of_some: bool = False

    @property
    def way(self) -> float:
        """1 where more is better, else -1."""
        return 1.0 if self.is_high else -1.0


class Parts(NamedTuple):
    """The means of draws, taken apart by levers.

    Attributes
    ----------
    means : list of array
        Of no lever, of each, of pairs and so on: as many axes as there are levers, of length 1 or the number of values, then
        draws; together they are the means.
    luck : list of array
        Of the same shapes, half of what two halves of the lucks differ by: as far from 0 as luck makes the means.
    """

    means: list[Floats]
    luck: list[Floats]

    def without_luck(self, draws: Ints) -> list[Floats]:
        """Return the parts of these draws, drawn together to what is left of their variance without luck."""
        found = []
        for part, luck in zip(self.means, self.luck, strict=True):
            taken = part[..., draws]
            mean = taken.mean(axis=-1, keepdims=True)
            apart = taken - mean
            variance = float((apart**2).mean()) * len(draws) / max(1, len(draws) - 1)
            known = max(0.0, 1.0 - float((luck[..., draws] ** 2).mean()) / max(variance, 1e-300))
            found.append(mean + apart * np.sqrt(known))
        return found

    def at(self, draws: Ints) -> Floats:
        """Return what comes of each choice in these draws, with luck taken out, (choices, draws)."""
        return together(self.without_luck(draws))

    def with_other_luck(self, rng: np.random.Generator) -> Parts:
        """Return as if what is without luck were the truth, and every draw had met the luck of another."""
        truth = self.without_luck(np.arange(self.means[0].shape[-1]))
        drawn = [(rng.permutation(truth[0].shape[-1]), rng.choice([-1.0, 1.0], truth[0].shape[-1])) for _ in range(2)]
        one, other = ([part[..., place] * sign for part in self.luck] for place, sign in drawn)
        return Parts([part + luck for part, luck in zip(truth, one, strict=True)], other)


def together(parts: Sequence[Floats]) -> Floats:
    """Return the sum of parts for each choice and draw, (choices, draws)."""
    whole: Floats | float = 0.0
    for part in parts:
        whole = whole + part
    return np.asarray(whole).reshape(-1, parts[0].shape[-1])


def halves(values: Floats) -> tuple[Floats, Floats]:
    """Return the means over every other luck and over the rest, (choices, draws) each.

    Where a choice has no such history in one of them, it is taken to lie there among the choices that have as it does on
    average; NaN where no choice has.
    """
    found = []
    for half in (values[..., ::2], values[..., 1::2]):
        means = _mean(half, axis=2)
        usual = _mean(means, axis=1)[:, None]
        found.append(np.where(np.isnan(means), usual + _mean(means - usual, axis=0), means))
    return found[0], found[1]


def _mean(values: Floats, axis: int) -> Floats:
    """Return the mean of what is known, NaN where nothing is."""
    count = np.count_nonzero(~np.isnan(values), axis=axis)
    mean: Floats = np.divide(np.nansum(values, axis=axis), count, out=np.full(count.shape, np.nan), where=count > 0)
    return mean


def apart(values: Floats, shape: Sequence[int]) -> Parts:
    """Take the means of draws apart by levers.

    Parameters
    ----------
    values : (choices, draws, lucks) array
        Choices in the order of a grid, the last lever turning fastest; some choice has the outcome in both halves of the
        lucks of each draw.
    shape : sequence of int
        How many values each lever has.
    """
    one, other = (half.reshape(*shape, -1) for half in halves(values))
    # The halves differ by luck alone: half of their difference has the variance of their mean.
    return Parts(_components((one + other) / 2.0), _components((one - other) / 2.0))


def _components(means: Floats) -> list[Floats]:
    """Return what no lever, each, each pair and so on adds, beyond what fewer of them do."""
    levers = range(means.ndim - 1)
    found: dict[tuple[int, ...], Floats] = {}
    for size in range(means.ndim):
        for chosen in combinations(levers, size):
            part = means.mean(axis=tuple(lever for lever in levers if lever not in chosen), keepdims=True)
            for fewer, known in found.items():
                if {*fewer} < {*chosen}:
                    part = part - known
            found[chosen] = part
    return list(found.values())


class Bands(NamedTuple):
    """Values with the ends of their 95 % intervals, an array each."""

    value: Floats
    low: Floats
    high: Floats

    def at(self, *place: int) -> tuple[float, float, float]:
        """Return one value and its interval."""
        value, low, high = (float(one[place]) for one in self)
        return value, low, high


@dataclass(frozen=True)
class Verdict:
    """What comes of all choices.

    Attributes
    ----------
    draws : int
        In how many draws of the assumptions every aim can be valued; all else is of these.
    means : Bands of (aims, choices)
        Over all histories that have the outcome.
    regrets, great : Bands of (aims, choices)
        How far a choice is from the best one in the same draw: the mean over the assumptions, and what is exceeded in one of
        twenty of them; NaN of an outcome that only some histories have.
    met : Bands of (aims, choices)
        In which share of the assumptions an aim is met; NaN of aims without a level.
    all_met : Bands of (choices,)
        All aims that have a level together; NaN where none has.
    worst : Bands of (choices,)
        The great regret in the aim in which it is largest, in parts of what the choices move that aim on average.
    pareto : (choices,) bool
        Whether no other is as good on average in all aims and better in one.
    pareto_often : (choices,) array
        In what share of resampled draws that is so.
    pareto_met : (choices,) bool
        The same by the shares of the assumptions in which aims are met; of none if fewer than two aims have a level.
    robust : int
        Of the choices that cannot be told from the one that meets all aims in most of the assumptions (without levels, whose
        `worst` is least) the one with the least `worst`, and of these one that no other is better than in all aims.
    as_good : tuple of int
        The others of these.
    best : tuple of int
        For each aim the choice that is best on average.
    optimism : float
        How much too large the share of the robust choice is, because it is the largest of many; 0 without levels.
    """

    draws: int
    means: Bands
    regrets: Bands
    great: Bands
    met: Bands
    all_met: Bands
    worst: Bands
    pareto: Bools
    pareto_often: Floats
    pareto_met: Bools
    robust: int
    as_good: tuple[int, ...]
    best: tuple[int, ...]
    optimism: float


class ByDraw(NamedTuple):
    """What comes of all choices in each draw.

    Attributes
    ----------
    kept : (draws,) bool
        In which draws every aim can be valued.
    succeeded : (choices, kept draws) array
        1 where all aims that have a level are met, 0 where one is not; between them where so few lucks leave it open.
    regrets : (aims, choices, kept draws) array
    """

    kept: Bools
    succeeded: Floats
    regrets: Floats


class _Seen(NamedTuple):
    """What some draws say."""

    means: Floats
    regrets: Floats
    great: Floats
    met: Floats
    all_met: Floats
    worst: Floats
    pareto: Bools


class Level(NamedTuple):
    """Whether each choice by itself reaches a level in a draw, as far as its lucks tell.

    Attributes
    ----------
    kinds : (choices, draws) int
        What is seen of a choice in a draw: which kind.
    likely : (choices, kinds, values) array
        How likely each kind is at each of the values that may lie behind it.
    start : (choices, values) array
        How these values are weighed at first.
    there : (choices, values) array
        What part of each value's surroundings is at the level or beyond it.
    known : (choices, kinds) array
        Whether anything is seen; what is not is not met.
    """

    kinds: Ints
    likely: Floats
    start: Floats
    there: Floats
    known: Floats

    @classmethod
    def of(cls, values: Floats, level: float, way: float, or_equal: bool) -> Level:
        """Return it of histories, (choices, draws, lucks), of which more is better if the way is 1, and less if it is -1."""
        seen = values[~np.isnan(values)]
        if np.isin(seen, (0.0, 1.0)).all():
            return cls._of_counts(values, level, way, or_equal)
        return cls._of_means(way * values, way * level, or_equal)

    @classmethod
    def _of_counts(cls, values: Floats, level: float, way: float, or_equal: bool) -> Level:
        of = np.count_nonzero(~np.isnan(values), axis=2).astype(np.float64)
        pairs, kinds = np.unique(np.stack([np.nansum(values, axis=2), of]).reshape(2, -1), axis=1, return_inverse=True)
        kinds = kinds.reshape(of.shape)
        times = _times(kinds, pairs.shape[1])
        starts = np.full((len(values), VALUES), 1.0 / VALUES)
        there = np.repeat(_beyond(FREQUENCIES, level, way, or_equal)[None], len(values), axis=0)
        if or_equal and level in (0.0, 1.0):
            there[:, np.abs(FREQUENCIES - level) <= NEVER] = 1.0
        for choice, often in enumerate(times):
            yes, all_of = float((pairs[0] * often).sum()), float((pairs[1] * often).sum())
            if 0.0 < yes < all_of:
                starts[choice] = beta_start(pairs[0], pairs[1], often)
            else:
                # It is always the same, in every draw.
                there[choice] = _reached(way * (yes / max(all_of, 1.0) - np.full(VALUES, level)), or_equal)
        likely, known = likely_counts(pairs[0], pairs[1]), (pairs[1] > 0.0).astype(np.float64)
        # What is seen of lucks is as likely in every choice.
        likely, known = (np.broadcast_to(one, (len(values), *one.shape)) for one in (likely, known))
        return cls(kinds, likely, starts, there, known)

    @classmethod
    def _of_means(cls, values: Floats, level: float, or_equal: bool) -> Level:
        counts, means = np.count_nonzero(~np.isnan(values), axis=2), _mean(values, axis=2)
        luck = luck_of_means(values)
        least, most = (np.where(counts > 0, means, end).T for end in (np.inf, -np.inf))
        low, high = np.nan_to_num(least.min(axis=0), posinf=0.0), np.nan_to_num(most.max(axis=0), neginf=0.0)
        at = low[:, None] + (high - low)[:, None] * np.linspace(0.0, 1.0, VALUES)
        means = np.where(counts > 0, means, np.nan)
        starts = np.stack([start_of_means(*one) for one in zip(means, luck, at, strict=True)])
        there = _beyond(at, level, 1.0, or_equal)
        same = low == high
        there[same] = _reached(low[same, None] - np.full(VALUES, level), or_equal)
        kinds = np.repeat(np.arange(values.shape[1])[None], len(values), axis=0)
        return cls(kinds, likely_means(means, luck, at), starts, there, (counts > 0) * 1.0)

    def met(self, draws: Ints) -> Floats:
        """Return in which of these draws each choice reaches it, (choices, draws): 1, 0, or a part where that is open."""
        times = _times(self.kinds[:, draws], self.known.shape[1])
        found = weights(self.likely, times * self.known, self.start)
        whole = np.einsum("ckv,cv->ck", self.likely, found)
        reached = np.einsum("ckv,cv->ck", self.likely, found * self.there)
        # The same in all draws, to the last digit.
        reached = np.where((self.there == self.there[:, :1]).all(axis=1)[:, None], self.there[:, :1] * whole, reached)
        chances = np.divide(reached, whole, out=np.zeros(whole.shape), where=whole > 0.0) * self.known
        return np.take_along_axis(allotted(chances, times), self.kinds[:, draws], axis=1)


def _times(kinds: Ints, most: int) -> Floats:
    """Return how often each choice has each kind, (choices, kinds)."""
    return np.stack([np.bincount(one, minlength=most) for one in kinds]).astype(np.float64)


def _beyond(values: Floats, level: float, way: float, or_equal: bool) -> Floats:
    """Return what part of the surroundings of values is at a level or beyond it; of a single value, whether it is."""
    edges = way * (edges_of(values) - level)
    near, far = np.minimum(edges[..., 1:], edges[..., :-1]), np.maximum(edges[..., 1:], edges[..., :-1])
    wide = far > near
    part = np.divide(np.clip(far, 0.0, None) - np.clip(near, 0.0, None), far - near, out=np.zeros(far.shape), where=wide)
    found: Floats = np.where(wide, part, _reached(way * (values - level), or_equal))
    return found


class _Aimed(NamedTuple):
    """An aim, taken apart: its sum and histories in each draw, the parts of its means, and where it reaches a level."""

    target: Target
    totals: Floats
    counts: Ints
    values: Parts | None
    level: Level | None

    @classmethod
    def of(cls, target: Target, kept: Bools, shape: Sequence[int]) -> _Aimed:
        values, level = target.values[:, kept], target.level
        plain = None if target.is_of_some else apart(values, shape)
        reached = None
        if isinstance(level, np.ndarray):
            reached = Level.of(values - level[kept], 0.0, target.way, target.or_equal)
        elif level is not None:
            reached = Level.of(values, level, target.way, target.or_equal)
        return cls(target, np.nansum(values, axis=2), np.count_nonzero(~np.isnan(values), axis=2), plain, reached)

    def means(self, draws: Ints) -> Floats:
        """Return the mean over the histories of these draws that have the outcome, (choices,); NaN where none has."""
        total, count = self.totals[:, draws].sum(axis=1), self.counts[:, draws].sum(axis=1)
        mean: Floats = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
        return mean

    def regret(self, draws: Ints) -> Floats:
        """Return how far each choice is from the best in each of these draws, (choices, draws); NaN where not told."""
        if self.values is None:
            return np.full((len(self.totals), len(draws)), np.nan)
        return _regret(self.target.way * self.values.at(draws))

    def met(self, draws: Ints) -> Floats:
        """Return in which of these draws each choice meets it, (choices, draws), as `Level.met`; NaN without a level."""
        return np.full((len(self.totals), len(draws)), np.nan) if self.level is None else self.level.met(draws)


def judge(targets: Sequence[Target], shape: Sequence[int]) -> tuple[Verdict, ByDraw]:
    """Judge all choices of a grid of levers by all aims.

    Parameters
    ----------
    targets : sequence of Target
    shape : sequence of int
        How many values each lever has; the last turns fastest.

    Raises
    ------
    ValueError
        When fewer than `FEWEST_DRAWS` draws have an outcome.
    """
    known = [~np.isnan(np.stack(halves(one.values))).any(axis=(0, 1)) for one in targets if not one.is_of_some]
    kept: Bools = np.logical_and.reduce([np.ones(targets[0].values.shape[1], dtype=np.bool_), *known])
    if kept.sum() < FEWEST_DRAWS:
        raise ValueError(
            f"{kept.sum()} of {len(kept)} draws of the assumptions have every outcome in both halves of their lucks"
        )
    aimed = [_Aimed.of(one, kept, shape) for one in targets]
    everywhere = np.arange(int(kept.sum()))
    told, by_draw = _seen(aimed, everywhere, kept)
    luck = np.random.Generator(np.random.PCG64(0))
    again = [_seen(aimed, luck.integers(len(everywhere), size=len(everywhere)), kept)[0] for _ in range(RESAMPLES)]

    def bands(name: str, is_share: bool = False) -> Bands:
        value = getattr(told, name)
        resampled = np.stack([getattr(one, name) for one in again])
        untold = np.isnan(resampled).all(axis=0)
        low, high = np.where(untold, np.nan, np.nanquantile(np.where(untold, 0.0, resampled), ENDS, axis=0))
        if is_share:
            # No narrower than that of so many counts, since all resamples agree where all draws do.
            ends = np.array([_wilson(one, len(everywhere)) for one in value.ravel()]).reshape(*value.shape, 2)
            low, high = np.minimum(low, ends[..., 0]), np.maximum(high, ends[..., 1])
        return Bands(value, low, high)

    too_large = np.stack([_too_large(one) for one in aimed])
    least = np.array([[resolution(one)] for one in targets])
    found = bands("regrets")
    regrets = Bands(*(np.maximum(0.0, one - too_large) for one in found))
    # Where that leaves nothing, less is known than that there is none: as much as is found before.
    regrets = regrets._replace(high=np.maximum(least, np.where(regrets.high > 0, regrets.high, found.high)))
    great = bands("great")
    great = great._replace(high=np.maximum(least, great.high))
    moved, worst = np.ptp(told.means, axis=1), bands("worst")
    part = np.divide(least[:, 0], moved, out=np.zeros(len(least)), where=moved > 0).max()
    worst = worst._replace(high=np.maximum(part, worst.high))
    has_levels = any(one.level is not None for one in targets)
    goodness, robust_of = (told.all_met, "all_met") if has_levels else (-told.worst, "worst")
    first = int(goodness.argmax())
    resampled = np.stack([getattr(one, robust_of) for one in again])
    behind = (resampled[:, [first]] - resampled) * (1.0 if has_levels else -1.0)
    good = [first, *(int(one) for one in np.flatnonzero(np.quantile(behind, ENDS[0], axis=0) <= 0) if one != first)]
    # Which of these is first is luck.
    robust = min(good, key=lambda one: (not told.pareto[one], told.worst[one], -goodness[one]))
    as_good = sorted(one for one in good if one != robust)
    optimism = 0.0
    if has_levels:
        luckiest = resampled.argmax(axis=1)
        rows = np.arange(len(resampled))
        optimism = float((resampled[rows, luckiest] - told.all_met[luckiest]).mean())
    leveled = [place for place, one in enumerate(targets) if one.level is not None]
    pareto_met = undominated(told.met[leveled]) if len(leveled) > 1 else np.zeros(len(told.all_met), dtype=np.bool_)
    goods = np.nan_to_num(told.means * np.array([[one.way] for one in targets]), nan=-np.inf)
    verdict = Verdict(
        len(everywhere), bands("means"), regrets, great, bands("met", True), bands("all_met", True), worst,
        told.pareto, np.mean([one.pareto for one in again], axis=0), pareto_met, robust, tuple(as_good),
        tuple(int(one) for one in goods.argmax(axis=1)), optimism,
    )  # fmt: skip
    return verdict, by_draw


def _seen(aimed: Sequence[_Aimed], draws: Ints, kept: Bools) -> tuple[_Seen, ByDraw]:
    """Return what these draws say, with the regret and success of each choice in each of them."""
    means = np.stack([one.means(draws) for one in aimed])
    regret = np.stack([one.regret(draws) for one in aimed])
    hit = np.stack([one.met(draws) for one in aimed])
    great = np.quantile(regret, GREAT, axis=2)
    moved = np.ptp(means, axis=1)[:, None]
    # What is not told is no regret.
    worst = np.divide(great, moved, out=np.zeros_like(great), where=(moved > 0) & ~np.isnan(great)).max(axis=0)
    has_level = np.array([one.target.level is not None for one in aimed])
    succeeded: Floats = np.min(hit[has_level], axis=0, initial=1.0)
    all_met = succeeded.mean(axis=1) if has_level.any() else np.full(len(succeeded), np.nan)
    ways = np.array([[one.target.way] for one in aimed])
    pareto = undominated(np.nan_to_num(means * ways, nan=-np.inf))
    return _Seen(means, regret.mean(axis=2), great, hit.mean(axis=2), all_met, worst, pareto), ByDraw(
        kept, succeeded, regret
    )


def resolution(target: Target) -> float:
    """Return by how much choices differ on average if they do in a single history: of less nothing is known."""
    known: Floats = np.nan_to_num(np.ptp(target.values, axis=0))
    return float(known.max()) / known.size


def _regret(goods: Floats) -> Floats:
    regret: Floats = goods.max(axis=0) - goods
    return regret


def _too_large(aimed: _Aimed) -> Floats:
    """Return by how much mean regret is too large, (choices,): in what was found itself, with other luck on it."""
    values, way = aimed.values, aimed.target.way
    if values is None:
        return np.zeros(len(aimed.totals))
    rng, draws = np.random.Generator(np.random.PCG64(1)), np.arange(aimed.totals.shape[1])
    truth = _regret(way * values.at(draws)).mean(axis=1)
    again = [_regret(way * values.with_other_luck(rng).at(draws)).mean(axis=1) for _ in range(OTHER_LUCKS)]
    found: Floats = np.mean(again, axis=0) - truth
    return found


def _reached(above: Floats, or_equal: bool) -> Floats:
    # What differs in the last digits only is at the level.
    at = np.abs(above) <= 1e-12 * max(1.0, float(np.abs(above).max(initial=0.0)))
    return np.where(at, float(or_equal), above > 0)


def _wilson(share: float, draws: int) -> tuple[float, float]:
    return (np.nan, np.nan) if np.isnan(share) else wilson_interval(share * draws, draws)


def undominated(values: Floats) -> Bools:
    """Return which choices no other equals in all rows and excels in one.

    Parameters
    ----------
    values : (aims, choices) array
        More is better.

    >>> undominated(np.array([[1.0, 2.0, 2.0, 0.0], [3.0, 1.0, 0.0, 3.0]])).tolist()
    [True, True, False, False]
    """
    one, other = values[:, :, None], values[:, None, :]
    beaten = np.all(other >= one, axis=0) & np.any(other > one, axis=0)
    return np.asarray(~np.any(beaten, axis=1))


class Limit(NamedTuple):
    """A side of an assumption: above where it is cut, or up to there."""

    path: str
    at: float
    is_above: bool


class Weakness(NamedTuple):
    """A box in the assumptions in which a choice fails.

    Attributes
    ----------
    limits : tuple of Limit
        All hold in the box.
    inside, outside : int
        How many draws lie in it, and how many do not.
    value_inside, value_outside : float
        In which share of these all aims are met; without levels the mean regret in the first aim.
    """

    limits: tuple[Limit, ...]
    inside: int
    outside: int
    value_inside: float
    value_outside: float


def weakness(succeeded: Floats, assumptions: Mapping[str, Floats], is_good: bool = True) -> Weakness | None:
    """Return where a choice fails: one or two limits that chance would not find; None where there are none.

    Parameters
    ----------
    succeeded : (draws,) array
        1 where it meets its aims, else 0; or its regret, which is not `is_good`.
    assumptions : mapping of str to (draws,) array
    is_good : bool
        Whether it fails where that is low.
    """
    limits: list[Limit] = []
    inside = np.ones(len(succeeded), dtype=np.bool_)
    for split in split_by(succeeded, assumptions):
        limit = Limit(split.path, split.at, (split.above < split.below) == is_good)
        beyond = assumptions[split.path] > split.at
        narrower = inside & (beyond if limit.is_above else ~beyond)
        # judgement: of fewer draws no share is told.
        if narrower.sum() >= 2 * FEWEST_DRAWS:
            inside, limits = narrower, [*limits, limit]
    if not limits or inside.all():
        return None
    counts = int(inside.sum()), int((~inside).sum())
    return Weakness(tuple(limits), *counts, float(succeeded[inside].mean()), float(succeeded[~inside].mean()))
