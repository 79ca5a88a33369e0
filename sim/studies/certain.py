"""Choices where nothing is uncertain: all histories of a choice are of the same assumptions, and differ by luck alone.

What is asked of draws of the assumptions elsewhere (`regret`) is asked here of all histories together: a mean is told with
the interval of so many lucks, an aim is met or not where that interval is on one side of its level, and regret is how far a
choice is from the one that is best, with the interval of resampled lucks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.engine.draws import Floats
from sim.results.statistics import mean_interval, wilson_interval
from sim.studies.regret import ENDS, RESAMPLES, Bands, Bools, Target, Verdict, resolution, undominated

ONE_DRAW = 1
"""In how many draws of the assumptions choices are judged that differ by luck alone."""


def judge_by_luck(targets: Sequence[Target]) -> Verdict:
    """Judge all choices by all aims, where nothing is uncertain.

    `met` and `all_met` of the verdict are 1 where aims are met, 0 where they are not, and NaN where luck may be all of it;
    great regret is regret, and `draws` is 1.
    """
    means = [[_mean(one) for one in target.values.reshape(len(target.values), -1)] for target in targets]
    mean = Bands(*np.moveaxis(np.array(means), -1, 0))
    met = np.array([_met(target, of) for target, of in zip(targets, means, strict=True)])
    has_level = np.array([one.level is not None for one in targets])
    all_met = np.full(len(means[0]), np.nan)
    if has_level.any():
        # Not told is neither: of several aims one that is not met decides.
        all_met = np.min(np.where(np.isnan(met[has_level]), 0.5, met[has_level]), axis=0)
        all_met[all_met == 0.5] = np.nan
    ways = np.array([[one.way] for one in targets])
    told = _seen(mean.value, ways, targets)
    rng, size = np.random.Generator(np.random.PCG64(0)), targets[0].values[0].size
    draws = (np.bincount(rng.integers(size, size=size), minlength=size).astype(np.float64) for _ in range(RESAMPLES))
    again = [_seen(_resampled(targets, counts), ways, targets) for counts in draws]
    least = np.array([[resolution(one)] for one in targets])
    regret = Bands(told[0], *np.quantile(np.stack([one[0] for one in again]), ENDS, axis=0))
    worst = Bands(told[1], *np.quantile(np.stack([one[1] for one in again]), ENDS, axis=0))
    regret = regret._replace(high=np.maximum(least, regret.high))
    goodness = np.where(np.isnan(all_met), 0.5, all_met) if has_level.any() else np.zeros(len(all_met))
    best = np.flatnonzero(goodness == goodness.max())
    robust = int(min(best, key=lambda one: (not told[2][one], told[1][one])))
    behind = np.stack([one[1] - one[1][robust] for one in again])
    good = np.quantile(behind, ENDS[0], axis=0) <= 0
    goods = np.nan_to_num(mean.value * ways, nan=-np.inf)
    leveled = np.nan_to_num(met[has_level], nan=0.5)
    return Verdict(
        ONE_DRAW, mean, regret, regret, Bands(met, met, met), Bands(all_met, all_met, all_met), worst, told[2],
        np.mean([one[2] for one in again], axis=0),
        undominated(leveled) if len(leveled) > 1 else np.zeros(len(all_met), dtype=np.bool_),
        robust, tuple(int(one) for one in best if good[one] and one != robust), tuple(goods.argmax(axis=1).tolist()), 0.0,
    )  # fmt: skip


def _mean(values: Floats) -> tuple[float, float, float]:
    known = values[~np.isnan(values)]
    if not len(known):
        return np.nan, np.nan, np.nan
    is_share = bool(np.isin(known, (0.0, 1.0)).all())
    low, high = wilson_interval(known.sum(), len(known)) if is_share else mean_interval(known)
    return float(known.mean()), low, high


def _met(target: Target, means: Sequence[tuple[float, float, float]]) -> list[float]:
    """Return whether each choice meets an aim: 1, 0, or NaN where its interval has the level in it; NaN without a level."""
    if target.level is None:
        return [np.nan] * len(means)
    if isinstance(target.level, np.ndarray):
        means, level = [_difference(one - target.level) for one in target.values], 0.0
    else:
        level = target.level
    found = []
    for value, low, high in means:
        least, most = sorted((target.way * (low - level), target.way * (high - level)))
        above = least >= 0 if target.or_equal else least > 0
        below = most < 0 if target.or_equal else most <= 0
        # What none has is not met.
        found.append(0.0 if np.isnan(value) or below else 1.0 if above else np.nan)
    return found


def _difference(values: Floats) -> tuple[float, float, float]:
    known = values[~np.isnan(values)]
    return (float(known.mean()), *mean_interval(known)) if len(known) else (np.nan, np.nan, np.nan)


def _resampled(targets: Sequence[Target], counts: Floats) -> Floats:
    """Return the mean of each aim and choice, (aims, choices), with each luck so many times; NaN where none has it."""
    found = []
    for target in targets:
        values = target.values.reshape(len(target.values), -1)
        known = ~np.isnan(values)
        total, size = np.nan_to_num(values) @ counts, known @ counts
        found.append(np.divide(total, size, out=np.full(len(total), np.nan), where=size > 0))
    return np.stack(found)


def _seen(means: Floats, ways: Floats, targets: Sequence[Target]) -> tuple[Floats, Floats, Bools]:
    """Return regret by aim and choice, the largest in parts of what choices move an aim, and which choices are Pareto."""
    goods = means * ways
    regret = goods.max(axis=1, keepdims=True) - goods
    regret[[one.is_of_some for one in targets]] = np.nan
    moved = np.ptp(means, axis=1)[:, None]
    worst = np.divide(regret, moved, out=np.zeros_like(regret), where=(moved > 0) & ~np.isnan(regret)).max(axis=0)
    return regret, worst, undominated(np.nan_to_num(goods, nan=-np.inf))
