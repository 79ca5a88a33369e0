"""Which sign an effect has over the assumptions, and which of these split it.

An assumption is an uncertain number of the scenario, the same throughout a history. All else that is drawn is luck, from day
to day or once: the weights of issues, which red lines are hard, the resolve of leaders, whether dated things happen. What a
scenario holds for certain is not drawn at all, however little is known of it.

Each draw of all assumptions together meets a few lucks only. What lies behind what is seen of all draws is worked out as a
mixture of any shape (`sim.results.mixture`), since one that is taken for granted tells skewed effects wrongly:

- *What happens or does not*: of each draw it is seen how many lucks change which way. Behind that lies how often one does in
  each way; draws in which none is seen to change tell, too, that few do, but are not counted.
- *Amounts*: of each draw in which anything differs, its mean by its standard error. Behind that lies the effect in these
  units, in which effects of any size are told as well. Luck may be another in each draw: variances are drawn together as
  far as they are alike (Smyth 2004), and what is left open of them gives the errors heavier tails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats, Ints
from sim.results.bands import LEVELS
from sim.results.mixture import weights

# judgement: a sign that holds in fewer of the assumptions than this is undetermined.
DETERMINED = 0.8
# judgement: of fewer draws in which anything differs hardly anything can be said of their signs.
FEWEST_MOVED = 10
# judgement: where fewer pairs of a draw differ, their mean tells nothing of that of more.
FEWEST_DIFFERING = 3.0
# judgement: more of the draws drawn again change an end by less than a hundredth.
RESAMPLES = 200
# How often a luck changes at all, and which part of these go up: what may lie behind what happens or does not.
CHANGED: Floats = np.array([0.01, 0.02, 0.04, 0.07, 0.12, 0.2, 0.3, 0.45, 0.65, 1.0])
UP: Floats = np.linspace(0.0, 1.0, 11)
# Effects in standard errors; what is further off is as sure.
EFFECTS: Floats = np.linspace(-8.0, 8.0, 81)
# How far they may be spread, before anything else is known of their shape.
SPREADS: Floats = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0])
# judgement: tried on effects that are narrow, wide, skewed and of two kinds, common and rare: with fewer steps what lies on
# the side of few is told too seldom, with more what is found hangs more on luck.
STEPS_OF_COUNTS, STEPS_OF_MEANS = 200, 40
# How alike variances of luck may be, as so many more of them: from hardly to wholly.
ALIKE: Floats = np.array([0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 1e6])
# judgement: where an assumption may be cut in two, and the least part of the draws that lies on a side.
CUTS, LEAST_PART = (0.25, 0.5, 0.75), 0.15
# judgement: a split that so often comes by chance, as the best of all, is none.
CHANCE, SHUFFLES = 0.05, 400


class Signs(NamedTuple):
    """In which share of the draws of the assumptions that are seen to change an outcome its effect has a sign.

    Attributes
    ----------
    draws, moved : int
        How many draws have the outcome, and in how many of them there is a difference at all.
    share : float
        Of those that moved, how many have the sign that is asked about; half of those count that have neither.
    low, high : float
        The 95 % interval of the share: from draws drawn again, and no narrower than that of so many that moved.
    """

    draws: int
    moved: int
    share: float
    low: float
    high: float

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

    It cannot be told where fewer than two draws differ, or none of these has two pairs; nor of amounts that differ in few
    pairs only and in both ways, since one that is large and not seen yet may outweigh all.

    Parameters
    ----------
    differences : (draws, lucks) array
        Of each pair of histories; NaN where one has not the outcome.
    way : float
        The sign that is asked about, that of this number.

    >>> signs_of(np.array([[1.5, 2.0, 2.5], [5.0, 5.5, 6.0], [0.0, 0.0, 0.0], [3.0, 3.5, 4.0]]), 1.0).share
    1.0
    """
    there = differences[~np.isnan(differences).all(axis=1)]
    moves = (np.nan_to_num(there) != 0).any(axis=1)
    moved = int(moves.sum())
    if moved < 2 or np.count_nonzero(~np.isnan(there[moves])) == moved:
        return None
    seen = there[moves][~np.isnan(there[moves])]
    is_rare = np.count_nonzero(seen) < FEWEST_DIFFERING * moved
    if np.isin(seen, (-1.0, 0.0, 1.0)).all() or (is_rare and (seen.min() >= 0 or seen.max() <= 0)):
        shares = _of_counts(np.sign(there), np.sign(way))
    elif is_rare:
        return None
    else:
        shares = _of_means(there[moves], np.sign(way))
    share = float(shares[0])
    low, high = np.quantile(shares[1:], LEVELS).tolist()
    least, most = _counted(share, moved)
    return Signs(len(there), moved, share, min(low, least), max(high, most))


def _of_counts(values: Floats, way: float) -> Floats:
    """Return the share of a sign in all draws and in each sample of them: of values that are 1, 0 or -1."""
    from scipy.special import xlogy

    up = np.append(0.0, np.multiply.outer(CHANGED, UP))
    down = np.append(0.0, np.multiply.outer(CHANGED, UP[::-1]))
    seen = np.stack([(values > 0).sum(axis=1), (values < 0).sum(axis=1), (~np.isnan(values)).sum(axis=1)])
    (rose, fell, of), kinds = np.unique(seen, axis=1, return_inverse=True)
    still = np.append(1.0, np.repeat(1.0 - CHANGED, len(UP)))
    told = xlogy(rose[:, None], up) + xlogy(fell[:, None], down) + xlogy((of - rose - fell)[:, None], still)
    times = _drawn_again(kinds, _samples(len(values)))
    likely, goes = np.exp(told), 0.5 + 0.5 * way * np.sign(np.round(up - down, 9))
    found = weights(likely, times, np.full((len(times), len(up)), 1.0 / len(up)), STEPS_OF_COUNTS)
    # Of draws in which nothing is seen to change, most of what might go which way is a guess.
    moved = times[:, rose + fell > 0]
    chances = (found @ (likely * goes).T / (found @ likely.T))[:, rose + fell > 0]
    return np.asarray(np.round((chances * moved).sum(axis=1) / np.maximum(moved.sum(axis=1), 1.0), 6))


def _of_means(values: Floats, way: float) -> Floats:
    """Return the share of a sign in all draws and in each sample of them: of values in draws where some differ."""
    effects, freedom = _by_errors(values)
    # Those near the same value are of one kind, if they are known as well.
    near = np.abs(effects[:, None] - EFFECTS).argmin(axis=1)
    (place, known), kinds = np.unique(np.stack([near, freedom]), axis=1, return_inverse=True)
    away = EFFECTS[place.astype(np.int64), None] - EFFECTS
    told = -0.5 * (known[:, None] + 1.0) * np.log1p(away**2 / known[:, None])
    samples = _samples(len(values))
    starts = _smooth(effects[samples], freedom[samples])
    found = weights(np.exp(told), _drawn_again(kinds, samples), starts, STEPS_OF_MEANS)
    goes = 0.5 + 0.5 * way * np.sign(np.round(EFFECTS, 9))
    return np.asarray(np.round(found @ goes, 6))


def _smooth(own: Floats, freedom: Floats) -> Floats:
    """Return weights of `EFFECTS` for samples of draws, (samples, draws): normal ones of all spreads, as each fits."""
    luck = freedom / np.maximum(freedom - 2.0, 1.0)
    centre = own.mean(axis=1)[:, None]
    variance = SPREADS**2 + luck[..., None]
    fits = -0.5 * (np.log(variance) + (own - centre)[..., None] ** 2 / variance).sum(axis=1)
    fitting = np.exp(fits - fits.max(axis=1, keepdims=True))
    shapes = np.exp(-0.5 * ((EFFECTS - centre[..., None]) / np.maximum(SPREADS, EFFECTS[1] - EFFECTS[0])[:, None]) ** 2)
    shapes /= shapes.sum(axis=-1, keepdims=True)
    return np.asarray(np.einsum("st,stv->sv", fitting / fitting.sum(axis=1, keepdims=True), shapes))


def _by_errors(values: Floats) -> tuple[Floats, Floats]:
    """Return the mean of each draw by its standard error, and the degrees of freedom of that, (draws,) each.

    Source: Smyth 2004, for variances that are drawn together as far as they are alike.
    """
    from scipy.special import digamma, gammaln

    known = ~np.isnan(values)
    counts, means = known.sum(axis=1), means_of_draws(values)
    squares: Floats = np.where(known, (values - means[:, None]) ** 2, 0.0).sum(axis=1)
    free = np.maximum(counts - 1.0, 0.0)
    varies = squares > 1e-24 * (means**2).max()
    alike, usual = ALIKE[-1], 0.0
    if varies.any():
        variance, own = (squares / np.maximum(free, 1.0))[varies, None], free[varies, None]
        usuals = (np.log(variance) - digamma(own / 2.0) + np.log(own / 2.0)).mean(axis=0)
        usuals = usuals + digamma(ALIKE / 2.0) - np.log(ALIKE / 2.0)
        ratio = variance / np.exp(usuals)
        fits = gammaln((own + ALIKE) / 2.0) - gammaln(own / 2.0) - gammaln(ALIKE / 2.0) + own / 2.0 * np.log(own / ALIKE)
        fits += (own / 2.0 - 1.0) * np.log(ratio) - (own + ALIKE) / 2.0 * np.log1p(own * ratio / ALIKE) - usuals
        best = int(fits.sum(axis=0).argmax())
        alike, usual = ALIKE[best], float(np.exp(usuals[best]))
    error = np.sqrt((alike * usual + squares) / (alike + free) / counts)
    effects = np.divide(means, error, out=np.sign(means) * 1e300, where=error > 0.0)
    return np.clip(effects, EFFECTS[0], EFFECTS[-1]), alike + free


def _samples(draws: int) -> Ints:
    """Return all draws, and as many drawn again from them, row by row."""
    random = np.random.Generator(np.random.PCG64(0))
    return np.concatenate([np.arange(draws)[None], random.integers(draws, size=(RESAMPLES, draws))])


def _drawn_again(kinds: Ints, samples: Ints) -> Floats:
    """Return how often each kind is in each sample of the draws, (samples, kinds)."""
    kinds = kinds.reshape(-1)
    return np.stack([np.bincount(kinds[one], minlength=kinds.max() + 1) for one in samples]).astype(np.float64)


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
