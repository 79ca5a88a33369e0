"""Distributions that need special functions: normal, lognormal, pert, beta, gamma.

scipy is imported inside the functions, because reading a scenario must be quick and rarely needs it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from .distributions import Distribution, Floats, ordered, positive
from .errors import FieldError, Flaw
from .wording import number

_Z95 = 1.6448536269514722  # the standard normal's 95 % quantile

# judgement: exp(8 * 25) is beyond any quantity; a larger spread is a typing mistake and would overflow.
_WIDEST_LOG_SD = 25.0
# judgement: beyond these a beta is practically certain or practically a coin.
_BETA_RANGE = (0.01, 1e6)
# The lowest luck there is (sim/engine/draws.py). Below about 3e-17 scipy's inverse of the beta gives no number.
_LEAST_LUCK = 2.0**-53
# judgement: as for the beta; the ratio of spread to mean is 1 / sqrt(shape), from a thousandth to 10.
_SHAPE_RANGE = (0.01, 1e6)
_SPREAD_RANGE = (0.001, 10.0)


def _normal_below(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def _beta_below(a: float, b: float, x: float) -> float:
    from scipy.special import betainc

    return float(betainc(a, b, min(max(x, 0.0), 1.0)))


def _beta_at(a: float, b: float, u: Floats) -> Floats:
    from scipy.special import betaincinv

    return np.asarray(betaincinv(a, b, np.maximum(u, _LEAST_LUCK)), dtype=np.float64)


def _normal_at(u: Floats) -> Floats:
    from scipy.special import ndtri

    return np.asarray(ndtri(u), dtype=np.float64)


@dataclass(frozen=True)
class Normal(Distribution):
    """The normal distribution; the central value is the mean, which is also the median."""

    name = "normal"
    mean: float
    sd: float

    @override
    def _prove(self) -> None:
        positive(sd=self.sd)

    @property
    @override
    def central(self) -> float:
        return self.mean

    @property
    @override
    def support(self) -> tuple[float, float]:
        return -math.inf, math.inf

    @override
    def below(self, x: float) -> float:
        return _normal_below((x - self.mean) / self.sd)

    @override
    def at(self, u: Floats) -> Floats:
        return self.mean + self.sd * _normal_at(u)


@dataclass(frozen=True)
class Lognormal(Distribution):
    """The exponential of a normal; `log_sd` is the spread of the natural logarithm, the central value the median."""

    name = "lognormal"
    median: float
    log_sd: float

    @override
    def _prove(self) -> None:
        positive(median=self.median)
        if not 0 < self.log_sd <= _WIDEST_LOG_SD:
            span = f"greater than 0 and at most {number(_WIDEST_LOG_SD)}"
            raise FieldError(Flaw(f"{{part}} must be {span}, not {number(self.log_sd)}", below=("log_sd",)))

    @classmethod
    def from_tails(cls, p05: float, p95: float) -> Lognormal:
        """Return the lognormal with these 5 % and 95 % quantiles.

        Raises
        ------
        FieldError
            Unless 0 < p05 < p95, or if they are too far apart.
        """
        if not 0 < p05 < p95:
            raise FieldError(Flaw(f"{{field}}: needs 0 < p05 < p95, not {number(p05)} and {number(p95)}"))
        low, high = math.log(p05), math.log(p95)
        # For values close together the difference of the logarithms would lose its digits.
        apart = math.log1p((p95 - p05) / p05) if p95 < 2 * p05 else high - low
        if not apart <= 2 * _Z95 * _WIDEST_LOG_SD:
            raise FieldError(Flaw(f"{{field}}: p05 and p95 are too far apart, {number(p05)} and {number(p95)}"))
        return cls(median=math.exp((low + high) / 2), log_sd=apart / (2 * _Z95))

    @property
    @override
    def central(self) -> float:
        return self.median

    @property
    @override
    def support(self) -> tuple[float, float]:
        return 0.0, math.inf

    @override
    def below(self, x: float) -> float:
        return _normal_below((math.log(x) - math.log(self.median)) / self.log_sd) if x > 0 else 0.0

    @override
    def at(self, u: Floats) -> Floats:
        return self.median * np.exp(self.log_sd * _normal_at(u))


@dataclass(frozen=True)
class Pert(Distribution):
    """A beta stretched from `low` to `high` with its peak at `mode` (shape 4); the central value is the mode."""

    name = "pert"
    low: float
    mode: float
    high: float

    @override
    def _prove(self) -> None:
        ordered(self.low, self.high, self.mode)

    @property
    def _shape(self) -> tuple[float, float]:
        peak = (self.mode - self.low) / (self.high - self.low)
        return 1.0 + 4.0 * peak, 5.0 - 4.0 * peak

    @property
    @override
    def central(self) -> float:
        return self.mode

    @property
    @override
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    @override
    def below(self, x: float) -> float:
        return _beta_below(*self._shape, (x - self.low) / (self.high - self.low))

    @override
    def at(self, u: Floats) -> Floats:
        return np.clip(self.low + (self.high - self.low) * _beta_at(*self._shape, u), self.low, self.high)


@dataclass(frozen=True)
class Beta(Distribution):
    """The beta distribution on 0 to 1; the central value is the mean a / (a + b)."""

    name = "beta"
    a: float
    b: float

    @override
    def _prove(self) -> None:
        low, high = _BETA_RANGE
        for key, value in (("a", self.a), ("b", self.b)):
            if not low <= value <= high:
                span = f"between {number(low)} and {number(high)}"
                raise FieldError(Flaw(f"{{part}} must lie {span}, not {number(value)}", below=(key,)))

    @property
    @override
    def central(self) -> float:
        return self.a / (self.a + self.b)

    @property
    @override
    def support(self) -> tuple[float, float]:
        return 0.0, 1.0

    @override
    def below(self, x: float) -> float:
        return _beta_below(self.a, self.b, x)

    @override
    def at(self, u: Floats) -> Floats:
        return _beta_at(self.a, self.b, u)


@dataclass(frozen=True)
class Gamma(Distribution):
    """The gamma distribution; the central value is the mean, shape * scale."""

    name = "gamma"
    shape: float
    scale: float

    @override
    def _prove(self) -> None:
        positive(scale=self.scale)
        low, high = _SHAPE_RANGE
        if not low <= self.shape <= high:
            span = f"between {number(low)} and {number(high)}"
            raise FieldError(Flaw(f"{{part}} must lie {span}, not {number(self.shape)}", below=("shape",)))

    @classmethod
    def from_moments(cls, mean: float, sd: float) -> Gamma:
        """Return the gamma with this mean and this standard deviation.

        Raises
        ------
        FieldError
            Unless both are positive and `sd` lies between a thousandth and ten times the mean.
        """
        positive(mean=mean, sd=sd)
        low, high = _SPREAD_RANGE
        if not low * mean <= sd <= high * mean:
            span = f"between {number(low * mean)} and {number(high * mean)}, a thousandth and ten times the mean"
            raise FieldError(Flaw(f"{{part}} must lie {span}, not {number(sd)}", below=("sd",)))
        # Kept to the range, which rounding may leave at its ends.
        shape = min(max((mean / sd) ** 2, _SHAPE_RANGE[0]), _SHAPE_RANGE[1])
        return cls(shape=shape, scale=mean / shape)

    @property
    @override
    def central(self) -> float:
        return self.shape * self.scale

    @property
    @override
    def support(self) -> tuple[float, float]:
        return 0.0, math.inf

    @override
    def below(self, x: float) -> float:
        from scipy.special import gammainc

        return float(gammainc(self.shape, max(x, 0.0) / self.scale))

    @override
    def at(self, u: Floats) -> Floats:
        from scipy.special import gammaincinv

        return self.scale * np.asarray(gammaincinv(self.shape, u), dtype=np.float64)
