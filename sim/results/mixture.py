"""What lies behind what luck blurs: how draws of the assumptions are spread, whatever shape that has.

Each draw meets a few lucks only, so that what is seen of it is spread by these too. Weights of values are looked for that
make what was seen of all draws likely (Kiefer and Wolfowitz 1956), by steps each of which makes it likelier (expectation and
maximization; Laird 1978). Few steps from a smooth beginning keep the weights from gathering in single values.
"""

from __future__ import annotations

from collections.abc import Callable

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
# In no draw never or always.
NO_ENDS: Floats = np.array([[0.0, 0.0, 1.0]])


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
        expected = np.einsum("...kv,...v->...k", likely, found, optimize=True)
        part = np.divide(shares, expected, out=np.zeros(expected.shape), where=expected > 0.0)
        found = found * np.einsum("...kv,...k->...v", likely, part, optimize=True)
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


def luck_of_means(values: Floats) -> Floats:
    """Return the standard deviation that luck gives the mean of each draw, (..., draws); the same of a single luck in all.

    Parameters
    ----------
    values : (..., draws, lucks) array
        NaN where a history has not the outcome; a draw without any has that of a single luck.
    """
    known = ~np.isnan(values)
    counts = known.sum(axis=-1)
    means = np.where(known, values, 0.0).sum(axis=-1) / np.maximum(counts, 1)
    squares = np.where(known, (values - means[..., None]) ** 2, 0.0).sum(axis=(-2, -1))
    freedom = np.maximum(counts - 1, 0).sum(axis=-1)
    within = np.divide(squares, freedom, out=np.zeros(np.shape(squares)), where=freedom > 0)
    return np.asarray(np.sqrt(within[..., None] / np.maximum(counts, 1)))


def start_of_means(means: Floats, luck: Floats, values: Floats) -> Floats:
    """Return the weights of values by the means of draws, as far apart as these are but for what luck explains (Louis 1984).

    Parameters
    ----------
    means, luck : (draws,) array
        As in `likely_means`.
    values : (values,) array
    """
    known = ~np.isnan(means)
    edges = edges_of(values)
    if not known.any() or edges[0] == edges[-1]:
        return np.full(len(values), 1.0 / len(values))
    away = means[known] - means[known].mean()
    variance = (away**2).sum() / max(1, len(away) - 1)
    part = max(0.0, 1.0 - (luck[known] ** 2).mean() / variance) if variance > 0.0 else 0.0
    counts = np.histogram(means[known].mean() + away * np.sqrt(part), edges)[0]
    return np.asarray(counts / max(1, counts.sum()))


def below_by_beta(
    counts: Floats, of: Floats, times: Floats, share: float, ends: Floats = NO_ENDS
) -> Callable[[Floats], Floats]:
    """Return what tells which part of draws lies below frequencies, by beta distributions about a share, as each fits.

    All of `SPREADS` are as likely before.

    Parameters
    ----------
    counts, of, times : (kinds,) array
        So many of so many lucks were so often seen.
    share : float
        Of all draws together; neither 0 nor 1.
    ends : (pairs, 3) array
        In which parts of the draws it is never and always, beside the beta distribution, and how likely that is before.
        What is never is below all frequencies, 0 too, and what is always below none.

    Source: Williams 1975.
    """
    from scipy.special import betainc

    never, always, before = ends.T
    with np.errstate(divide="ignore", invalid="ignore"):
        between = 1.0 - never - always
        middle = (share - always) / between
        can = (between > 0.0) & (middle > 0.0) & (middle < 1.0)
    never, always, between, middle, before = (part[can, None, None] for part in (never, always, between, middle, before))
    narrow = 1.0 / SPREADS[:, None] ** 2 - 1.0
    first, second = middle * narrow, (1.0 - middle) * narrow
    # Rising factorials, as logarithms: one for each of so many lucks.
    ordinal = np.arange(int(of.max()))
    yes, no, all_of = (
        np.log(part + ordinal).cumsum(axis=-1)[..., np.maximum(number.astype(int) - 1, 0)] * (number > 0)
        for part, number in ((first, counts), (second, of - counts), (narrow, of))
    )
    chances = between * np.exp(yes + no - all_of) + never * (counts == 0) + always * (counts == of)
    fits = (np.log(chances) * times).sum(axis=-1)
    fitting = before[..., 0] * np.exp(fits - fits.max())
    some = fitting > 1e-5 * fitting.max()
    never, between = (np.broadcast_to(part[..., 0], fitting.shape)[some] for part in (never, between))
    first, second, fitting = first[some], second[some], fitting[some] / fitting[some].sum()

    def below(at: Floats) -> Floats:
        return np.asarray(fitting @ (never[:, None] + between[:, None] * betainc(first, second, at)))

    return below


def beta_start(counts: Floats, of: Floats, times: Floats) -> Floats:
    """Return the weights of `FREQUENCIES` by beta distributions about the share seen; parameters as in `below_by_beta`."""
    share = float((counts * times).sum() / (of * times).sum())
    return np.diff(below_by_beta(counts, of, times, share)(edges_of(FREQUENCIES)))


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
