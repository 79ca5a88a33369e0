"""What is not known beside what is luck: how far a result moves over the assumptions, and which sign an effect has in them.

An assumption is an uncertain number of the scenario, the same throughout a history. All else that is drawn is luck, from day
to day or once: the weights of issues, which red lines are hard, the resolve of leaders, whether dated things happen. What a
scenario holds for certain is not drawn at all, however little is known of it.

Where each draw of all assumptions together meets several lucks, the spread over draws of what comes of them can be parted
from that of luck: the variance of the means of draws is the spread of what is not known, plus that of luck over the number
of lucks (analysis of variance of one factor at random; Searle, Casella and McCulloch 1992). The means of draws are drawn
together until their variance is the first part alone (Louis 1984): of these are the quantiles and shares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats
from sim.results.pairs import Difference, of_means

# judgement: a sign that holds in fewer of the assumptions than this is undetermined.
DETERMINED = 0.8
# judgement: with fewer pairs a draw on average, hardly any draw tells its sign.
FEWEST_PAIRS = 5
# judgement: of fewer draws in which anything differs hardly anything can be said of their signs.
FEWEST_MOVED = 10
LEVELS = (0.025, 0.975)
RESAMPLES = 400
# judgement: where an assumption may be cut in two, and the least part of the draws that lies on a side.
CUTS, LEAST_PART = (0.25, 0.5, 0.75), 0.15
# judgement: a split that so often comes by chance, as the best of all, is none.
CHANCE, SHUFFLES = 0.05, 400


class Parted(NamedTuple):
    """What comes of each draw of the assumptions, with luck taken out.

    Attributes
    ----------
    means : (draws,) array
        As far from one another as what is not known makes them; draws in which no history has the outcome are left out.
    spread : float
        Their standard deviation, 0 where luck explains all of it.
    noise : float
        The standard deviation that luck gives a single history.
    """

    means: Floats
    spread: float
    noise: float

    @property
    def band(self) -> tuple[float, float]:
        """Between what 95 % of the assumptions lie."""
        low, high = np.quantile(self.means, LEVELS).tolist()
        return low, high


@dataclass(frozen=True)
class Signs:
    """In which share of the draws of the assumptions an effect has which sign.

    Attributes
    ----------
    mean, low, high : float
        The effect over all draws that have the outcome, and its 95 % interval.
    pairs : float
        Pairs of histories a draw.
    draws, moved : int
        How many have the outcome, and in how many of them there is a difference at all.
    spread : float
        Of the effect over these, luck taken out; 0 where luck explains all of it.
    band : (float, float)
        Between what it lies in 95 % of these.
    share : float
        Of these, how many have the sign that is asked about.
    share_low, share_high : float
        The 95 % interval of the share: from resampled draws, and no narrower than that of so many counts.
    """

    mean: float
    low: float
    high: float
    pairs: float
    draws: int
    moved: int
    spread: float
    band: tuple[float, float]
    share: float
    share_low: float
    share_high: float

    @property
    def found(self) -> bool:
        """Whether there is an effect over all of the assumptions."""
        return not self.low <= 0.0 <= self.high

    @property
    def sign(self) -> str:
        """The sign; or that too many of the draws have another, or that it cannot be told, or that no effect is found."""
        if not self.found:
            return "no difference found"
        if self.pairs < FEWEST_PAIRS:
            return "too few pairs"
        return ("+" if self.mean > 0 else "-") if self.is_clear else "undetermined"

    @property
    def is_clear(self) -> bool:
        """Whether few enough of the draws have another sign."""
        return self.share >= DETERMINED and self.share_low > 0.5


def parted(values: Floats) -> Parted | None:
    """Part what is not known from luck; None where fewer than two draws have the outcome, or no draw has it twice.

    Parameters
    ----------
    values : (draws, lucks) array
        Of each history; NaN where it has not the outcome.

    >>> found = parted(np.array([[1.0, 3.0], [5.0, 7.0]]))
    >>> found.means.round(3).tolist(), round(found.spread, 3), round(found.noise, 3)
    ([2.129, 5.871], 2.646, 1.414)
    """
    values = values[~np.isnan(values).all(axis=1)]
    if len(values) < 2 or np.count_nonzero(~np.isnan(values)) == len(values):
        return None
    means, variance, within = _part(*_per_draw(values))
    return Parted(means, float(np.sqrt(variance)), float(np.sqrt(within)))


def _per_draw(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Return of each draw how many lucks have the outcome, their mean, and the sum of squares about it."""
    known, means = ~np.isnan(values), means_of_draws(values)
    squares: Floats = np.where(known, (values - means[:, None]) ** 2, 0.0).sum(axis=1)
    return known.sum(axis=1).astype(np.float64), means, squares


def _part(counts: Floats, means: Floats, squares: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the means with luck taken out, and the variances between and within draws, of draws along the last axis."""
    draws, size = means.shape[-1], counts.sum(axis=-1)
    # Of a sample of draws none of which has two lucks nothing can be said: NaN.
    with np.errstate(divide="ignore", invalid="ignore"):
        within = squares.sum(axis=-1) / (size - draws)
        whole = (counts * means).sum(axis=-1) / size
        between = (counts * (means - whole[..., None]) ** 2).sum(axis=-1) / (draws - 1)
        # Lucks a draw, where they differ in number.
        typical = (size - (counts**2).sum(axis=-1) / size) / (draws - 1)
        variance = np.maximum(0.0, (between - within) / typical)
    centre = means.mean(axis=-1, keepdims=True)
    part = variance[..., None] / np.maximum(variance[..., None] + within[..., None] / counts, 1e-300)
    return centre + (means - centre) * np.sqrt(part), variance, within


def means_of_draws(values: Floats) -> Floats:
    """Return the mean of each draw over its lucks, (draws,); NaN of draws that have not the outcome."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        means: Floats = np.where(known, values, 0.0).sum(axis=1) / known.sum(axis=1)
    return means


def mean_over_draws(values: Floats) -> Difference:
    """Return the mean over draws that have the outcome, with its 95 % interval: of so many draws, and so many lucks.

    Parameters
    ----------
    values : (draws, lucks) array
        NaN where a history has not the outcome; two draws at least have it.
    """
    means = means_of_draws(values)
    found = of_means(np.zeros(len(means)), means)
    assert found is not None, "two draws at least"
    return found


def signs_of(differences: Floats, way: float = 0.0, mean: float | None = None) -> Signs | None:
    """Return in which share of the draws an effect has a sign; None where that cannot be told.

    Draws in which no pair differs are counted apart: what does nothing there has no sign.

    Parameters
    ----------
    differences : (draws, lucks) array
        Of each pair of histories; NaN where one has not the outcome.
    way : float
        The sign that is asked about; that of the mean if not given.
    mean : float, optional
        The effect over all draws, where more histories tell it than these.
    """
    there = differences[~np.isnan(differences).all(axis=1)]
    moving = there[(np.nan_to_num(there) != 0).any(axis=1)]
    found = parted(moving)
    if found is None:
        return None
    over = mean_over_draws(there)
    way = way or (over.mean if mean is None else mean)
    # Draws in which nothing differs have no part in it.
    shift = 0.0 if mean is None else mean * len(there) / len(moving) - float(found.means.mean())
    luck = np.random.Generator(np.random.PCG64(0))
    again = luck.integers(len(moving), size=(RESAMPLES, len(moving)))
    shares = _share(_part(*(values[again] for values in _per_draw(moving)))[0] + shift, way)
    low, high = np.nanquantile(shares, (0.025, 0.975)).tolist()
    found = found._replace(means=found.means + shift)
    share = float(_share(found.means, way))
    least, most = _counted(share, len(moving))
    return Signs(
        over.mean, over.low, over.high, float((~np.isnan(there)).sum() / len(there)), len(there), len(moving), found.spread,
        found.band, share, min(low, least), max(high, most),
    )  # fmt: skip


def _counted(share: float, draws: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a share of so many draws (Clopper and Pearson 1934)."""
    from scipy.special import betaincinv

    count = share * draws
    low = 0.0 if count <= 0 else float(betaincinv(count, draws - count + 1, 0.025))
    high = 1.0 if count >= draws else float(betaincinv(count + 1, draws - count, 0.975))
    return low, high


def _share(means: Floats, way: float) -> Floats:
    """Return the share of draws, the last axis, whose means go a way; half of those go it that are on no side."""
    above = np.where(np.isnan(means).any(axis=-1), np.nan, (means > 0).mean(axis=-1) + 0.5 * (means == 0).mean(axis=-1))
    share: Floats = above if way > 0 else 1.0 - above
    return share


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
