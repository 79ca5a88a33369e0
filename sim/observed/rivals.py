"""Forecasts that need no model: what any forecast of a month has to beat.

Each is fitted on what was known at the origin only, and gives of each month ahead a sample: the past errors of a rule, or
past months, each as likely as any other; of a normal law 400 quantiles, at (i + 0.5) / 400. Nothing is drawn, so that the
same data give the same rivals. All but the AR(1) look at rates a day, so that short months are not taken for quiet ones.
Members of different months are no path: how months hang together is not told.

What is not known is left out, wherever it would be fitted to. So may be what happens once in a war, as a withdrawal from a
province (`Monthly.within`), without which rivals would tell of another at any time, and be too easy to beat.

The fair CRPS takes a sample as drawn, so that a rival of few errors is not the worse for it; that of quantiles is too small
by half their mean distance over 400, in favour of the rival.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from itertools import pairwise
from statistics import NormalDist
from typing import NamedTuple, NoReturn, TypeVar

import numpy as np

from sim.engine.calendar import DAYS_PER_YEAR, add_months
from sim.engine.draws import Floats

LEVELS = (np.arange(400) + 0.5) / 400
# A normal distribution likewise.
_NORMAL = np.array([NormalDist().inv_cdf(level) for level in LEVELS])
# judgement: the range of five errors, as of five months, holds a new one in two of three cases; fewer have no spread.
FEWEST = 5
# judgement: two years, so that a year's rhythm is in it twice; earlier months of a war are of another war.
AR1_MONTHS = 24
# judgement: last year's; see AR1_MONTHS.
WALK_CHANGES = 12
# An AR(1) of a higher memory would be taken for a random walk, which is a rival of its own.
MOST_MEMORY = 0.95


Told = TypeVar("Told")


class TooFewMonths(ValueError):
    """A rival needs more months than are known."""


class Monthly(NamedTuple):
    """By how much something changed in the month that begins on `first`, in the next, and so on; NaN if not known."""

    first: date
    values: Floats

    def before(self, origin: date) -> Monthly:
        """Return the months that were over at an origin; raise ValueError unless the last of them ends there."""
        ends = [add_months(self.first, month) for month in range(len(self.values) + 1)]
        if origin not in ends:
            raise ValueError(f"no month of the data ends at {origin}; there are those from {ends[0]} to {ends[-1]}")
        return Monthly(self.first, self.values[: ends.index(origin)])

    def within(self, most: float) -> Monthly:
        """Return them with changes beyond `most` as if they were not known.

        >>> Monthly(date(2024, 1, 1), np.array([3.0, -20.0])).within(10.0).values
        array([ 3., nan])
        """
        return Monthly(self.first, np.where(np.abs(self.values) <= most, self.values, np.nan))

    def days(self, ahead: int = 0) -> Floats:
        """Return how many days the months have, and so many that follow.

        >>> Monthly(date(2024, 1, 1), np.zeros(1)).days(ahead=2)
        array([31., 29., 31.])
        """
        starts = [add_months(self.first, month) for month in range(len(self.values) + ahead + 1)]
        return np.array([float((after - start).days) for start, after in pairwise(starts)])


def persistence(past: Monthly, ahead: int, months: int) -> list[Floats]:
    """Forecast the mean rate of the last months, with the errors that this rule has made at each lead in the past.

    The rule is applied at the end of each earlier month that had so many months before it, and held against each later month
    that is known. Errors of a lead are ratios where all changes in the past were above 0, else differences, and each is as
    likely as any other. Of a lead at which there are too few the sample is empty.
    """
    _need_last(past, months)
    days = past.days(ahead)
    known = len(past.values)
    to_scale, from_scale = _scale(past)
    told = to_scale(_sums(past.values, months) / _sums(days[:known], months))
    was = to_scale(past.values / days[:known])
    errors = [_drop_unknown(was[months + lead :] - told[: max(known - months - lead, 0)]) for lead in range(ahead)]
    if len(max(errors, key=len)) < FEWEST:
        _refuse_few(errors[0], "errors at lead 1")
    return [
        length * from_scale(told[-1] + (of if len(of) >= FEWEST else np.empty(0)))
        for length, of in zip(days[known:], errors, strict=True)
    ]


def persistence_of_sum(past: Monthly, ahead: int, months: int) -> Floats:
    """Forecast the sum over the months ahead, one sample: the mean rate of the last months, with the errors of this rule.

    As in `persistence`, but for these: they are those of sums over as many months.
    """
    _need_last(past, months)
    days = past.days(ahead)
    known = len(past.values)
    to_scale, from_scale = _scale(past)
    told = to_scale(_sums(past.values, months) / _sums(days[:known], months))
    held = max(known - months - ahead + 1, 0)
    was = to_scale(_sums(past.values, ahead) / _sums(days[:known], ahead))[months:] if held else np.empty(0)
    errors = _known(was - told[:held], f"errors of sums over {ahead} months")
    found: Floats = days[known:].sum() * from_scale(told[-1] + errors)
    return found


def random_walk(past: Monthly, ahead: int) -> list[Floats]:
    """Forecast a random walk from the last month, with normal steps as large as last year's.

    It is of the log of the rate where all changes in the past were above 0, else of the rate.
    """
    _need_last(past, 1)
    days = past.days(ahead)
    known = len(past.values)
    to_scale, from_scale = _scale(past)
    places = to_scale((past.values / days[:known])[-WALK_CHANGES - 1 :])
    sd = np.sqrt(np.mean(_known(np.diff(places), "steps from month to month") ** 2))
    lead = np.arange(1, ahead + 1)[:, None]
    return list(days[known:, None] * from_scale(places[-1] + sd * np.sqrt(lead) * _NORMAL))


def ar1_fit(values: Floats) -> tuple[float, float, float]:
    """Return mean, autocorrelation and residual sd of an AR(1), without values that are NaN and what follows on them.

    >>> ar1_fit(np.array([4.0, 2.0, 3.0, 1.0, np.nan]))[1:]
    (0.0, 1.118033988749895)
    """
    kept = ~np.isnan(values)
    mean = values[kept].mean()
    off = values - mean
    pairs = kept[:-1] & kept[1:]
    first, second = off[:-1][pairs], off[1:][pairs]
    varies = (first**2).sum() > 0
    memory = float(np.clip((first * second).sum() / (first**2).sum(), 0.0, MOST_MEMORY)) if varies else 0.0
    return float(mean), memory, float(np.sqrt(np.mean(off[kept] ** 2) * (1 - memory**2)))


def ar1(past: Monthly, ahead: int) -> list[Floats]:
    """Forecast the changes themselves by an AR(1) fitted to the last two years."""
    _need_last(past, 1)
    recent = past.values[-AR1_MONTHS:]
    _known(recent, "months")
    mean, memory, sd = ar1_fit(recent)
    lead = np.arange(1, ahead + 1)[:, None]
    spread = sd * np.sqrt((1 - memory ** (2 * lead)) / (1 - memory**2))
    return list(mean + memory**lead * (recent[-1] - mean) + spread * _NORMAL)


def past_month(past: Monthly, ahead: int) -> list[Floats]:
    """Forecast the rate of a past month, each as likely as any other."""
    days = past.days(ahead)
    known = len(past.values)
    return list(days[known:, None] * _known(past.values / days[:known], "months"))


def base_rate(per_year: float, first: date, months: int) -> Floats:
    """Return the chance that an event has happened by the end of each month, if it comes at a constant rate a year.

    >>> base_rate(0.5, date(2024, 1, 1), 12)[[0, -1]].round(3)
    array([0.042, 0.394])
    """
    ends = np.array([(add_months(first, month + 1) - first).days for month in range(months)])
    found: Floats = -np.expm1(-per_year * ends / DAYS_PER_YEAR)
    return found


RIVALS: dict[str, tuple[str, Callable[[Monthly, int], list[Floats]]]] = {
    "persistence_1": ("the last month", partial(persistence, months=1)),
    "persistence_3": ("mean of the last 3 months", partial(persistence, months=3)),
    "persistence_6": ("mean of the last 6 months", partial(persistence, months=6)),
    "persistence_12": ("mean of the last 12 months", partial(persistence, months=12)),
    "random_walk": ("random walk", random_walk),
    "ar1": ("AR(1)", ar1),
    "past_month": ("a past month", past_month),
}
"""By name: what it is called, and what tells of so many months ahead: a sample of each, which may be empty."""
RIVALS_OF_SUMS: dict[str, tuple[str, Callable[[Monthly, int], Floats]]] = {
    f"persistence_{months}": (RIVALS[f"persistence_{months}"][0], partial(persistence_of_sum, months=months))
    for months in (1, 3, 6, 12)
}
"""Those that tell of the sum over so many months ahead, by one sample."""


def tell(data: Monthly, origin: date, ahead: int) -> tuple[dict[str, list[Floats]], dict[str, str]]:
    """Return what rivals tell of each month after an origin, and why others tell nothing at all, by name.

    Months after the origin are not looked at. The sample of a month of which a rival tells nothing is empty.
    """
    return _ask(RIVALS, data.before(origin), ahead)


def tell_sum(data: Monthly, origin: date, ahead: int) -> tuple[dict[str, Floats], dict[str, str]]:
    """Return what rivals tell of the sum over the months after an origin, and why others tell nothing, as `tell`."""
    return _ask(RIVALS_OF_SUMS, data.before(origin), ahead)


def _ask(
    rivals: dict[str, tuple[str, Callable[[Monthly, int], Told]]], past: Monthly, ahead: int
) -> tuple[dict[str, Told], dict[str, str]]:
    told, left_out = dict[str, Told](), dict[str, str]()
    for name, (_, rival) in rivals.items():
        try:
            told[name] = rival(past, ahead)
        except TooFewMonths as reason:
            left_out[name] = str(reason)
    return told, left_out


def _need_last(past: Monthly, months: int) -> None:
    last = past.values[-months:]
    if len(last) < months or np.isnan(last).any():
        raise TooFewMonths(f"of the last {months} months one is not known" if months > 1 else "the last month is not known")


def _known(values: Floats, what: str) -> Floats:
    """Return the values that are known; raise TooFewMonths if they are too few to fit to."""
    found = _drop_unknown(values)
    if len(found) < FEWEST:
        _refuse_few(found, what)
    return found


def _drop_unknown(values: Floats) -> Floats:
    found: Floats = values[~np.isnan(values)]
    return found


def _refuse_few(found: Floats, what: str) -> NoReturn:
    raise TooFewMonths(f"{what}: {len(found)} in the past, and {FEWEST} are needed")


def _scale(past: Monthly) -> tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]:
    """Return the scale on which rates change, and the way back: logs where they have always been above 0."""
    if not (past.values <= 0).any():
        return np.log, np.exp
    return np.asarray, np.asarray


def _sums(values: Floats, months: int) -> Floats:
    found: Floats = np.lib.stride_tricks.sliding_window_view(values, months).sum(axis=1)
    return found
