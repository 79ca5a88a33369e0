"""Which sign an effect has over the assumptions, and which of these split it.

An assumption is an uncertain number of the scenario, the same throughout a history. All else that is drawn is luck, from day
to day or once: the weights of issues, which red lines are hard, the resolve of leaders, whether dated things happen. What a
scenario holds for certain is not drawn at all, however little is known of it.

Where each draw of all assumptions together meets several lucks, what is seen of the effect in a draw is its mean over these,
which luck spreads. What lies behind the means of all draws is worked out as a mixture of any shape (`sim.results.mixture`):
of skewed effects a shape that is taken for granted tells another share of signs than they have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats, Ints
from sim.results.bands import LEVELS
from sim.results.mixture import edges_of, likely_means, luck_of_means, start_of_means, weights

# judgement: a sign that holds in fewer of the assumptions than this is undetermined.
DETERMINED = 0.8
# judgement: of fewer draws in which anything differs hardly anything can be said of their signs.
FEWEST_MOVED = 10
# judgement: finer values or more of the draws drawn again change a share by less than a hundredth.
VALUES, RESAMPLES = 81, 200
# judgement: tried on effects that are narrow, wide, skewed and of two kinds: with fewer steps what lies on the side of few
# is told too seldom, with more what is found hangs more on luck.
STEPS = 40
# judgement: where an assumption may be cut in two, and the least part of the draws that lies on a side.
CUTS, LEAST_PART = (0.25, 0.5, 0.75), 0.15
# judgement: a split that so often comes by chance, as the best of all, is none.
CHANCE, SHUFFLES = 0.05, 400


class Signs(NamedTuple):
    """In which share of the draws of the assumptions an effect has a sign.

    Attributes
    ----------
    draws, moved : int
        How many draws have the outcome, and in how many of them there is a difference at all.
    share : float
        Of these, how many have the sign that is asked about.
    low, high : float
        The 95 % interval of the share: from draws drawn again, and no narrower than that of so many counts.
    band : (float, float)
        Between what the effect lies in 95 % of these.
    """

    draws: int
    moved: int
    share: float
    low: float
    high: float
    band: tuple[float, float]

    @property
    def is_clear(self) -> bool:
        """Whether few enough of the draws have another sign, and not by chance."""
        return self.share >= DETERMINED and self.low > 0.5


def means_of_draws(values: Floats) -> Floats:
    """Return the mean of each draw over its lucks, (draws,); NaN of draws that have not the outcome."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        means: Floats = np.where(known, values, 0.0).sum(axis=1) / known.sum(axis=1)
    return means


def signs_of(differences: Floats, way: float) -> Signs | None:
    """Return in which share of the draws an effect has a sign; None where that cannot be told.

    Draws in which no pair differs are counted apart: what does nothing there has no sign. It cannot be told of fewer than
    two others, or where none of these has two pairs.

    Parameters
    ----------
    differences : (draws, lucks) array
        Of each pair of histories; NaN where one has not the outcome.
    way : float
        The sign that is asked about, that of this number.

    >>> round(signs_of(np.array([[1.0, 3.0], [5.0, 7.0], [0.0, 0.0], [-1.0, 0.0]]), 1.0).share, 2)
    0.67
    """
    there = differences[~np.isnan(differences).all(axis=1)]
    moving = there[(np.nan_to_num(there) != 0).any(axis=1)]
    if len(moving) < 2 or np.count_nonzero(~np.isnan(moving)) == len(moving):
        return None
    luck = luck_of_means(moving)
    means = means_of_draws(moving)
    step = float(np.ptp(np.append(means, 0.0))) / (VALUES - 1)
    if step == 0.0:
        return Signs(len(there), len(moving), 0.5, *_counted(0.5, len(moving)), (0.0, 0.0))
    # In even steps from the lowest to the highest, with a value at nothing: beyond these no draw tells anything.
    values = step * np.arange(np.rint(means.min() / step), np.rint(means.max() / step) + 1)
    near = np.clip(np.rint((means - values[0]) / step).astype(np.int64), 0, len(values) - 1)
    # Means that are near the same value, of as many lucks, are of one kind.
    pairs = np.stack([near, (~np.isnan(moving)).sum(axis=1)])
    _, first, kinds = np.unique(pairs, axis=1, return_index=True, return_inverse=True)
    kinds, likely = kinds.reshape(-1), likely_means(values[near[first]], luck[first], values)
    random = np.random.Generator(np.random.PCG64(0))
    again = np.concatenate([np.arange(len(moving))[None], random.integers(len(moving), size=(RESAMPLES, len(moving)))])
    times: Ints = np.stack([np.bincount(kinds[one], minlength=len(first)) for one in again])
    starts = np.stack([start_of_means(means[one], luck[one], values) for one in again])
    found = weights(likely, times.astype(np.float64), starts, STEPS)
    # Without what is left of weights that go to nothing, and of the rounding of the machine.
    shares = np.round(found @ (0.5 + 0.5 * np.sign(way) * np.sign(np.rint(values / step))), 6)
    share = float(shares[0])
    low, high = np.quantile(shares[1:], LEVELS).tolist()
    least, most = np.interp(LEVELS, np.append(0.0, found[0].cumsum()), edges_of(values)).tolist()
    band = float(least), float(most)
    least, most = _counted(share, len(moving))
    return Signs(len(there), len(moving), share, min(low, least), max(high, most), band)


def _counted(share: float, draws: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a share of so many draws (Clopper and Pearson 1934)."""
    from scipy.special import betaincinv

    count = share * draws
    low = 0.0 if count <= 0 else float(betaincinv(count, draws - count + 1, 0.025))
    high = 1.0 if count >= draws else float(betaincinv(count + 1, draws - count, 0.975))
    return low, high


class Split(NamedTuple):
    """An assumption that splits the draws by how large an effect is.

    Attributes
    ----------
    path : str
    at : float
        Where it is cut.
    below, above : float
        Mean of the effect over the draws up to the cut, and beyond it.
    """

    path: str
    at: float
    below: float
    above: float


def split_by(effects: Floats, assumptions: Mapping[str, Floats], most: int = 2) -> list[Split]:
    """Return the assumptions that split an effect best, the strongest first: none that chance would find as well.

    Each is cut at a quartile; the next is looked for in what the first leaves unexplained. What the best of as many
    assumptions explains of shuffled effects tells what chance finds (Westfall and Young 1993).

    Parameters
    ----------
    effects : (draws,) array
        Mean of each draw; NaN where it has none.
    assumptions : mapping of str to (draws,) array
        The values of each in the draws, by path; NaN where it is not drawn.
    most : int
        How many are wanted.
    """
    known = ~np.isnan(effects)
    left = effects[known]
    cuts = list(_cuts({path: values[known] for path, values in assumptions.items()})) if len(left) else []
    luck = np.random.Generator(np.random.PCG64(0))
    found: list[Split] = []
    while cuts and len(found) < most and np.ptp(left) > 0:
        sides = np.array([side for _, _, side in cuts], dtype=np.float64)
        explained = _explained(sides, left[:, None])[:, 0]
        best = int(explained.argmax())
        shuffled = np.stack([luck.permutation(left) for _ in range(SHUFFLES)], axis=1)
        by_chance = _explained(sides, shuffled).max(axis=0)
        if (1 + np.count_nonzero(by_chance >= explained[best])) / (1 + SHUFFLES) > CHANCE:
            break
        path, at, side = cuts[best]
        whole = effects[known]
        found.append(Split(path, at, float(whole[~side].mean()), float(whole[side].mean())))
        left = left - np.where(side, left[side].mean(), left[~side].mean())
        cuts = [cut for cut in cuts if cut[0] != path]
    return found


def _cuts(assumptions: Mapping[str, Floats]) -> Iterator[tuple[str, float, NDArray[np.bool_]]]:
    """Yield each cut: the path, where, and which draws lie beyond it."""
    for path, values in assumptions.items():
        if np.isnan(values).any():
            continue
        for at in dict.fromkeys(np.quantile(values, CUTS).tolist()):
            beyond = values > at
            if LEAST_PART <= beyond.mean() <= 1.0 - LEAST_PART:
                yield path, at, beyond


def _explained(sides: Floats, effects: Floats) -> Floats:
    """Return the part of the variance of effects, (draws, columns), that each of the cuts, (cuts, draws), explains."""
    centred = effects - effects.mean(axis=0)
    n, above = len(effects), sides.sum(axis=1)[:, None]
    between: Floats = (sides @ centred) ** 2 * n / (above * (n - above))
    share: Floats = between / np.maximum((centred**2).sum(axis=0), 1e-300)
    return share
