"""The families of distributions: one row each of a table from which parser, schema, hover texts and draws are made.

All functions of a row take the parameters in the order of `takes`; `below` and `at` take a value or probabilities first.
`at` works element by element on contiguous arrays, so that a result never depends on how many replications are drawn
together. scipy is imported inside the functions, because reading a scenario must be quick and rarely needs it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .errors import FieldError, Flaw
from .wording import number

Floats = NDArray[np.float64]
Parameters = tuple[float | tuple[float, ...], ...]

# judgement: closer than this, products of differences vanish.
_NARROWEST = 1e-100
# judgement: weights written with nine digits, such as thirds, still add to 1.
_WEIGHTS_MISS = 1e-9
_Z95 = 1.6448536269514722  # the standard normal's 95 % quantile
# judgement: exp(8 * 25) is beyond any quantity; a larger spread is a typing mistake and would overflow.
_WIDEST_LOG_SD = 25.0
# judgement: beyond these a beta is practically certain or practically a coin; a gamma too, whose ratio of spread to mean
# is 1 / sqrt(shape), from a thousandth to 10.
_SHAPES = (0.01, 1e6)
_SPREADS = (0.001, 10.0)
# The lowest luck there is (sim/engine/draws.py). Below about 3e-17 scipy's inverse of the beta gives no number.
_LEAST_LUCK = 2.0**-53


def _anything(*parameters: object) -> Iterator[Flaw]:
    return iter(())


@dataclass(frozen=True)
class Family:
    """A row of the table.

    Attributes
    ----------
    about : str
        What it is, and which value is the central one.
    takes : tuple of str
        The names of its parameters.
    central : callable
        The one value to take when nothing is drawn.
    support : callable
        The lowest and the highest value possible; infinite where there is no bound.
    below : callable
        The probability of a value up to `x`.
    at : callable
        The quantiles at `u`, a contiguous array of one dimension with values in (0, 1).
    check : callable
        Yields what is wrong with finite parameters.
    also : mapping of tuple of str to callable
        Other parameters that it can be written with, and the way from these to its own, which raises a FieldError.
    can_be_cut : bool
        Whether it takes `min` and `max`.
    """

    about: str
    takes: tuple[str, ...]
    central: Callable[..., float]
    support: Callable[..., tuple[float, float]]
    below: Callable[..., float]
    at: Callable[..., Floats]
    check: Callable[..., Iterator[Flaw]] = _anything
    also: Mapping[tuple[str, ...], Callable[..., Parameters]] | None = None
    can_be_cut: bool = True

    @property
    def forms(self) -> tuple[tuple[str, ...], ...]:
        """The sets of parameters that it can be written with, its own first."""
        return (self.takes, *(self.also or {}))


# What may be wrong


def _positive(**parameters: float) -> Iterator[Flaw]:
    for key, value in parameters.items():
        if not value > 0:
            yield Flaw(f"{{part}} must be greater than 0, not {number(value)}", "", (key,))


def _between(low: float, high: float, **parameters: float) -> Iterator[Flaw]:
    for key, value in parameters.items():
        if not low <= value <= high:
            yield Flaw(f"{{part}} must lie between {number(low)} and {number(high)}, not {number(value)}", "", (key,))


def _ordered(low: float, high: float) -> Iterator[Flaw]:
    if not low < high:
        yield Flaw(f"{{field}}: low must be less than high, not {number(low)} and {number(high)}")
    elif not high - low >= _NARROWEST:
        yield Flaw(f"{{field}}: low and high are too close, {number(low)} and {number(high)}")


def _peaked(low: float, mode: float, high: float) -> Iterator[Flaw]:
    wrong = list(_ordered(low, high))
    yield from wrong
    if not wrong and not low <= mode <= high:
        yield Flaw(f"{{field}}: mode must lie between low {number(low)} and high {number(high)}, not {number(mode)}")


def _normal_check(mean: float, sd: float) -> Iterator[Flaw]:
    return _positive(sd=sd)


def _lognormal_check(median: float, log_sd: float) -> Iterator[Flaw]:
    yield from _positive(median=median)
    if not 0 < log_sd <= _WIDEST_LOG_SD:
        span = f"greater than 0 and at most {number(_WIDEST_LOG_SD)}"
        yield Flaw(f"{{part}} must be {span}, not {number(log_sd)}", below=("log_sd",))


def _gamma_check(shape: float, scale: float) -> Iterator[Flaw]:
    yield from _positive(scale=scale)
    yield from _between(*_SHAPES, shape=shape)


def _discrete_check(values: tuple[float, ...], weights: tuple[float, ...]) -> Iterator[Flaw]:
    wrong = [Flaw(f"{{part}} must be greater than 0, not {number(weight)}", "", ("weights", position))
             for position, weight in enumerate(weights) if not weight > 0]  # fmt: skip
    total = math.fsum(weights)
    if len(values) != len(weights):
        counts = f"{len(values)} values and {len(weights)} weights"
        yield Flaw(f"{{field}} has {counts}", "Write one weight for each value", ("weights",))
    elif not values or min(values) == max(values):
        yield Flaw("{part} must hold two different values or more", "Write a certain number as {value: ...}", ("values",))
    elif wrong:
        yield from wrong
    elif not abs(total - 1.0) <= _WEIGHTS_MISS:
        yield Flaw(f"{{part}} must add to 1, not to {number(total)}", "", ("weights",))


# Other ways to write them


def _from_tails(p05: float, p95: float) -> Parameters:
    """Return median and log_sd of the lognormal with these 5 % and 95 % quantiles."""
    if not 0 < p05 < p95:
        raise FieldError(Flaw(f"{{field}}: needs 0 < p05 < p95, not {number(p05)} and {number(p95)}"))
    low, high = math.log(p05), math.log(p95)
    # For values close together the difference of the logarithms would lose its digits.
    apart = math.log1p((p95 - p05) / p05) if p95 < 2 * p05 else high - low
    if not apart <= 2 * _Z95 * _WIDEST_LOG_SD:
        raise FieldError(Flaw(f"{{field}}: p05 and p95 are too far apart, {number(p05)} and {number(p95)}"))
    return math.exp((low + high) / 2), apart / (2 * _Z95)


def _from_moments(mean: float, sd: float) -> Parameters:
    """Return shape and scale of the gamma with this mean and this standard deviation."""
    wrong = list(_positive(mean=mean, sd=sd))
    low, high = _SPREADS
    if not wrong and not low * mean <= sd <= high * mean:
        span = f"between {number(low * mean)} and {number(high * mean)}, a thousandth and ten times the mean"
        wrong = [Flaw(f"{{part}} must lie {span}, not {number(sd)}", below=("sd",))]
    if wrong:
        raise FieldError(*wrong)
    # Kept to the range, which rounding may leave at its ends.
    shape = min(max((mean / sd) ** 2, _SHAPES[0]), _SHAPES[1])
    return shape, mean / shape


# Probabilities and quantiles


def _normal_below(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def _normal_at(u: Floats) -> Floats:
    from scipy.special import ndtri

    return np.asarray(ndtri(u), dtype=np.float64)


def _beta_below(x: float, a: float, b: float) -> float:
    from scipy.special import betainc

    return float(betainc(a, b, min(max(x, 0.0), 1.0)))


def _beta_at(u: Floats, a: float, b: float) -> Floats:
    from scipy.special import betaincinv

    return np.asarray(betaincinv(a, b, np.maximum(u, _LEAST_LUCK)), dtype=np.float64)


def _gamma_below(x: float, shape: float, scale: float) -> float:
    from scipy.special import gammainc

    return float(gammainc(shape, max(x, 0.0) / scale))


def _gamma_at(u: Floats, shape: float, scale: float) -> Floats:
    from scipy.special import gammaincinv

    return scale * np.asarray(gammaincinv(shape, u), dtype=np.float64)


def _triangular_below(x: float, low: float, mode: float, high: float) -> float:
    if x <= low:
        return 0.0
    if x >= high:
        return 1.0
    if x < mode:
        return (x - low) / (high - low) * ((x - low) / (mode - low))
    return 1.0 - (high - x) / (high - low) * ((high - x) / (high - mode))


def _triangular_at(u: Floats, low: float, mode: float, high: float) -> Floats:
    rising = low + np.sqrt(u * ((high - low) * (mode - low)))
    falling = high - np.sqrt((1.0 - u) * ((high - low) * (high - mode)))
    # Clipped at the mode, so that rounding at the seam cannot make the quantile fall.
    joined = np.where(u < (mode - low) / (high - low), np.minimum(rising, mode), np.maximum(falling, mode))
    return np.clip(joined, low, high)


def _pert_shape(low: float, mode: float, high: float) -> tuple[float, float]:
    peak = (mode - low) / (high - low)
    return 1.0 + 4.0 * peak, 5.0 - 4.0 * peak


@lru_cache(maxsize=1024)
def _steps(values: tuple[float, ...], weights: tuple[float, ...]) -> tuple[Floats, Floats]:
    """Return the values in rising order, and the probability of each of them or less."""
    rising = sorted(zip(values, weights, strict=True), key=lambda pair: pair[0])
    # Sums rounded once each, so that 0.1, 0.2 and 0.2 reach 0.5.
    reached = [math.fsum(weight for _, weight in rising[: place + 1]) for place in range(len(rising))]
    return np.array([value for value, _ in rising]), np.array(reached)


def _discrete_below(x: float, values: tuple[float, ...], weights: tuple[float, ...]) -> float:
    return min(math.fsum(weight for value, weight in zip(values, weights, strict=True) if value <= x), 1.0)


def _discrete_at(u: Floats, values: tuple[float, ...], weights: tuple[float, ...]) -> Floats:
    rising, reached = _steps(values, weights)
    # The last value takes what the rounding of the weights has left.
    drawn: Floats = rising[np.searchsorted(reached[:-1], u, side="left")]
    return drawn


FAMILIES: dict[str, Family] = {
    "constant": Family(
        "Always `value`.",
        ("value",),
        central=lambda value: value,
        support=lambda value: (value, value),
        below=lambda x, value: float(x >= value),
        at=lambda u, value: np.full(u.shape, value),
        can_be_cut=False,
    ),
    "uniform": Family(
        "Every value from `low` to `high` alike; the central value is the middle.",
        ("low", "high"),
        check=_ordered,
        central=lambda low, high: (low + high) / 2,
        support=lambda low, high: (low, high),
        below=lambda x, low, high: min(max((x - low) / (high - low), 0.0), 1.0),
        at=lambda u, low, high: np.clip(low + u * (high - low), low, high),
    ),
    "triangular": Family(
        "Rising from `low` to `mode`, falling to `high`; the central value is the mode.",
        ("low", "mode", "high"),
        check=_peaked,
        central=lambda low, mode, high: mode,
        support=lambda low, mode, high: (low, high),
        below=_triangular_below,
        at=_triangular_at,
    ),
    "pert": Family(
        "A beta stretched from `low` to `high` with its peak at `mode` (shape 4); the central value is the mode.",
        ("low", "mode", "high"),
        check=_peaked,
        central=lambda low, mode, high: mode,
        support=lambda low, mode, high: (low, high),
        below=lambda x, *three: _beta_below((x - three[0]) / (three[2] - three[0]), *_pert_shape(*three)),
        at=lambda u, low, mode, high: np.clip(low + (high - low) * _beta_at(u, *_pert_shape(low, mode, high)), low, high),
    ),
    "normal": Family(
        "The normal distribution; the central value is the mean, which is also the median.",
        ("mean", "sd"),
        check=_normal_check,
        central=lambda mean, sd: mean,
        support=lambda mean, sd: (-math.inf, math.inf),
        below=lambda x, mean, sd: _normal_below((x - mean) / sd),
        at=lambda u, mean, sd: mean + sd * _normal_at(u),
    ),
    "lognormal": Family(
        "The exponential of a normal; `log_sd` is the spread of the natural logarithm, the central value the median.",
        ("median", "log_sd"),
        check=_lognormal_check,
        central=lambda median, log_sd: median,
        support=lambda median, log_sd: (0.0, math.inf),
        below=lambda x, median, log_sd: _normal_below((math.log(x) - math.log(median)) / log_sd) if x > 0 else 0.0,
        at=lambda u, median, log_sd: median * np.exp(log_sd * _normal_at(u)),
        also={("p05", "p95"): _from_tails},
    ),
    "beta": Family(
        "The beta distribution on 0 to 1; the central value is the mean a / (a + b).",
        ("a", "b"),
        check=lambda a, b: _between(*_SHAPES, a=a, b=b),
        central=lambda a, b: a / (a + b),
        support=lambda a, b: (0.0, 1.0),
        below=_beta_below,
        at=_beta_at,
    ),
    "gamma": Family(
        "The gamma distribution; the central value is the mean, shape * scale.",
        ("shape", "scale"),
        check=_gamma_check,
        central=lambda shape, scale: shape * scale,
        support=lambda shape, scale: (0.0, math.inf),
        below=_gamma_below,
        at=_gamma_at,
        also={("mean", "sd"): _from_moments},
    ),
    "exponential": Family(
        "The time to an event that is as likely at any time; the central value is the mean.",
        ("mean",),
        check=lambda mean: _positive(mean=mean),
        central=lambda mean: mean,
        support=lambda mean: (0.0, math.inf),
        below=lambda x, mean: -math.expm1(-max(x, 0.0) / mean),
        at=lambda u, mean: -mean * np.log1p(-u),
    ),
    "discrete": Family(
        "One of `values`, each with its weight; the central value is the (lower) weighted median.",
        ("values", "weights"),
        check=_discrete_check,
        central=lambda values, weights: float(_discrete_at(np.array([0.5]), values, weights)[0]),
        support=lambda values, weights: (min(values), max(values)),
        below=_discrete_below,
        at=_discrete_at,
        can_be_cut=False,
    ),
}
