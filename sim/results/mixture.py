"""What lies behind what luck blurs: how draws of the assumptions are spread, whatever shape that has.

Each draw meets a few lucks only, so that what is seen of it is spread by these too. Weights of values are looked for that
make what was seen of all draws likely (Kiefer and Wolfowitz 1956), by steps each of which makes it likelier (expectation and
maximization; Laird 1978). Few steps from a smooth beginning keep the weights from gathering in single values.
"""

from __future__ import annotations

import numpy as np

from sim.engine.draws import Floats, Ints

# judgement: tried on shares that are narrow, wide, of two kinds, never and always, with 200 draws of eight lucks: with fewer
# steps what never happens in most draws is told too seldom, with more what is found hangs more on luck.
STEPS = 12
# judgement: so much of the beginning is flat, lest what it leaves out is never found.
FLAT = 0.05
VALUES = 162
# Between never and always, finer towards both.
FREQUENCIES: Floats = np.concatenate([[0.0], np.sin(np.linspace(0.02, np.pi / 2.0 - 0.02, VALUES - 2)) ** 2, [1.0]])
# How widely a beta distribution may be spread, in even steps; the correlation of lucks with the same draw is its square.
# judgement: finer steps move a band by less than a hundredth of its width.
SPREADS: Floats = (np.arange(48) + 0.5) / 48


def weights(likely: Floats, times: Floats, start: Floats, steps: int = STEPS) -> Floats:
    """Return the weights of values that make likely what was seen.

    Parameters
    ----------
    likely : (..., kinds, values) array
        How likely each kind of what may be seen is at each value.
    times : (..., kinds) array
        How often each was seen.
    start : (..., values) array
        The smooth beginning, to which something flat is added; it adds up to one.

    Returns
    -------
    (..., values) array

    >>> weights(np.eye(2), np.array([3.0, 1.0]), np.full(2, 0.5)).round(2).tolist()
    [0.75, 0.25]
    """
    found: Floats = (1.0 - FLAT) * start + FLAT / start.shape[-1]
    shares = times / np.maximum(times.sum(axis=-1, keepdims=True), 1.0)
    for _ in range(steps):
        expected = np.einsum("...kv,...v->...k", likely, found)
        part = np.divide(shares, expected, out=np.zeros(expected.shape), where=expected > 0.0)
        found = found * np.einsum("...kv,...k->...v", likely, part)
    # Where nothing was seen it stays as it begins.
    return np.where(times.any(axis=-1, keepdims=True), found, start)


def edges_of(values: Floats) -> Floats:
    """Return where the surroundings of each value begin and end, one more along the last axis than there are values."""
    return np.concatenate([values[..., :1], (values[..., 1:] + values[..., :-1]) / 2.0, values[..., -1:]], axis=-1)


def likely_counts(counts: Floats, of: Floats) -> Floats:
    """Return how likely so many of so many lucks are at `FREQUENCIES`, (kinds, values), up to a factor a kind."""
    from scipy.special import xlog1py, xlogy

    return np.asarray(np.exp(xlogy(counts[:, None], FREQUENCIES) + xlog1py((of - counts)[:, None], -FREQUENCIES)))


def likely_means(means: Floats, luck: Floats, values: Floats) -> Floats:
    """Return how likely means of draws are at values, (..., draws, values), up to a factor a draw.

    Parameters
    ----------
    means : (..., draws) array
        NaN of a draw that has none, which is as likely at all values.
    luck : (..., draws) array
        The standard deviation of each that luck gives it; what is finer than the values is taken to be as coarse.
    values : (..., values) array
        In equal steps.
    """
    finest = np.maximum(0.5 * (values[..., 1:2] - values[..., :1]), 1e-300)
    away = (means[..., None] - values[..., None, :]) / np.maximum(luck, finest)[..., None]
    away = np.where(np.isnan(away), 0.0, away)
    return np.asarray(np.exp(-0.5 * (away**2 - (away**2).min(axis=-1, keepdims=True))))


def below_by_beta(counts: Floats, of: Floats, times: Floats, share: float, alike: Floats, at: Floats) -> Floats:
    """Return what part of draws lies below frequencies, by beta distributions about a share, each as often as it fits.

    Parameters
    ----------
    counts, of, times : (kinds,) array
        So many of so many lucks were so often seen.
    share : float
        Neither 0 nor 1.
    alike : (spreads,) array
        The correlations of lucks with the same draw that are weighed, each as likely before.
    at : (frequencies,) array

    Source: Williams 1975.
    """
    from scipy.special import betainc, betaln

    first, second = share * (1.0 / alike[:, None] - 1.0), (1.0 - share) * (1.0 / alike[:, None] - 1.0)
    fits = ((betaln(first + counts, second + of - counts) - betaln(first, second)) * times).sum(axis=1)
    fitting = np.exp(fits - fits.max())
    some = fitting > 1e-9
    return np.asarray(fitting[some] @ betainc(first[some], second[some], at) / fitting[some].sum())


def beta_start(counts: Floats, of: Floats, times: Floats) -> Floats:
    """Return the weights of `FREQUENCIES` by beta distributions about the share seen; parameters as in `below_by_beta`."""
    share = float((counts * times).sum() / (of * times).sum())
    return np.diff(below_by_beta(counts, of, times, share, SPREADS**2, edges_of(FREQUENCIES)))


def allotted(chances: Floats, times: Floats) -> Floats:
    """Return where what has these chances is taken to hold: in the likeliest kinds, in as many draws as they add up to.

    Parameters
    ----------
    chances, times : (..., kinds) array

    Returns
    -------
    (..., kinds) array
        1, 0, or in one kind a part of its draws.

    >>> allotted(np.array([0.9, 0.2, 0.4]), np.array([2.0, 1.0, 2.0])).round(2).tolist()
    [1.0, 0.0, 0.4]
    """
    order: Ints = np.argsort(-chances, axis=-1, kind="stable")
    sizes = np.take_along_axis(times, order, axis=-1)
    left = (chances * times).sum(axis=-1, keepdims=True) - (np.cumsum(sizes, axis=-1) - sizes)
    parts = np.clip(np.divide(left, sizes, out=np.zeros(sizes.shape), where=sizes > 0.0), 0.0, 1.0)
    found = np.empty(parts.shape)
    np.put_along_axis(found, order, parts, axis=-1)
    return found
