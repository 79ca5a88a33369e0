"""What every distribution promises, and the distributions with closed forms.

A distribution is a frozen object that proves itself when built. `quantile` works element by element on contiguous
arrays, so that a result never depends on how many replications are drawn together.
The distributions that need special functions are in `smooth`, the truncation of any of them in `truncated`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from .errors import FieldError, Flaw, Path
from .wording import listed, number

Floats = NDArray[np.float64]

# judgement: beyond this, products of parameters overflow; no quantity of a war comes near.
LARGEST = 1e100
# judgement: closer than this, products of differences vanish.
_NARROWEST = 1e-100
# judgement: weights written with nine digits, such as thirds, still add to 1.
_WEIGHTS_MISS = 1e-9


@dataclass(frozen=True)
class Distribution(ABC):
    """A distribution of one number.

    Raises
    ------
    FieldError
        When built with parameters that are not finite or do not fit together.
    """

    name: ClassVar[str]

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            for position, part in enumerate(value if isinstance(value, tuple) else [value]):
                if isinstance(part, float) and not abs(part) <= LARGEST:
                    below: Path = (field.name, position) if isinstance(value, tuple) else (field.name,)
                    raise FieldError(Flaw("{part} must be a finite number of at most 1e+100", below=below))
        self._prove()

    def _prove(self) -> None:  # noqa: B027 (most distributions have something to prove, a constant has not)
        """Raise a FieldError if the parameters do not fit together."""

    @property
    @abstractmethod
    def central(self) -> float:
        """The one value to take when nothing is drawn."""

    @property
    @abstractmethod
    def support(self) -> tuple[float, float]:
        """The lowest and the highest value possible; infinite where there is no bound."""

    @abstractmethod
    def below(self, x: float) -> float:
        """Return the probability of a value up to `x`."""

    @abstractmethod
    def at(self, u: Floats) -> Floats:
        """Return the quantiles at `u`, a contiguous array of one dimension, values in (0, 1)."""

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{field.name} {_shown(getattr(self, field.name))}' for field in fields(self))})"


def _shown(value: float | tuple[float, ...]) -> str:
    return f"[{listed(map(number, value))}]" if isinstance(value, tuple) else number(value)


@dataclass(frozen=True)
class Constant(Distribution):
    """Always `value`."""

    name = "constant"
    value: float

    @property
    @override
    def central(self) -> float:
        return self.value

    @property
    @override
    def support(self) -> tuple[float, float]:
        return self.value, self.value

    @override
    def below(self, x: float) -> float:
        return float(x >= self.value)

    @override
    def at(self, u: Floats) -> Floats:
        return np.full(u.shape, self.value)


@dataclass(frozen=True)
class Uniform(Distribution):
    """Every value from `low` to `high` alike; the central value is the middle."""

    name = "uniform"
    low: float
    high: float

    @override
    def _prove(self) -> None:
        ordered(self.low, self.high)

    @property
    @override
    def central(self) -> float:
        return (self.low + self.high) / 2

    @property
    @override
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    @override
    def below(self, x: float) -> float:
        return min(max((x - self.low) / (self.high - self.low), 0.0), 1.0)

    @override
    def at(self, u: Floats) -> Floats:
        return np.clip(self.low + u * (self.high - self.low), self.low, self.high)


@dataclass(frozen=True)
class Triangular(Distribution):
    """Rising from `low` to `mode`, falling to `high`; the central value is the mode."""

    name = "triangular"
    low: float
    mode: float
    high: float

    @override
    def _prove(self) -> None:
        ordered(self.low, self.high, self.mode)

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
        low, mode, high = self.low, self.mode, self.high
        if x <= low:
            return 0.0
        if x >= high:
            return 1.0
        if x < mode:
            return (x - low) / (high - low) * ((x - low) / (mode - low))
        return 1.0 - (high - x) / (high - low) * ((high - x) / (high - mode))

    @override
    def at(self, u: Floats) -> Floats:
        low, mode, high = self.low, self.mode, self.high
        rising = low + np.sqrt(u * ((high - low) * (mode - low)))
        falling = high - np.sqrt((1.0 - u) * ((high - low) * (high - mode)))
        # Clipped at the mode, so that rounding at the seam cannot make the quantile fall.
        joined = np.where(u < (mode - low) / (high - low), np.minimum(rising, mode), np.maximum(falling, mode))
        return np.clip(joined, low, high)


@dataclass(frozen=True)
class Exponential(Distribution):
    """The time to an event that is as likely at any time; the central value is the mean."""

    name = "exponential"
    mean: float

    @override
    def _prove(self) -> None:
        positive(mean=self.mean)

    @property
    @override
    def central(self) -> float:
        return self.mean

    @property
    @override
    def support(self) -> tuple[float, float]:
        return 0.0, math.inf

    @override
    def below(self, x: float) -> float:
        return -math.expm1(-max(x, 0.0) / self.mean)

    @override
    def at(self, u: Floats) -> Floats:
        return -self.mean * np.log1p(-u)


@dataclass(frozen=True)
class Discrete(Distribution):
    """One of `values`, each with its weight; the central value is the (lower) weighted median."""

    name = "discrete"
    values: tuple[float, ...]
    weights: tuple[float, ...]

    @override
    def _prove(self) -> None:
        if len(self.values) != len(self.weights):
            counts = f"{len(self.values)} values and {len(self.weights)} weights"
            raise FieldError(Flaw(f"{{field}} has {counts}", "Write one weight for each value", ("weights",)))
        if not self.values or min(self.values) == max(self.values):
            hint = "Write a certain number as {value: ...}"
            raise FieldError(Flaw("{part} must hold two different values or more", hint, ("values",)))
        wrong = [(position, weight) for position, weight in enumerate(self.weights) if not weight > 0]
        if wrong:
            message = "{{part}} must be greater than 0, not {}"
            raise FieldError(*(Flaw(message.format(number(weight)), "", ("weights", i)) for i, weight in wrong))
        total = math.fsum(self.weights)
        if not abs(total - 1.0) <= _WEIGHTS_MISS:
            raise FieldError(Flaw(f"{{part}} must add to 1, not to {number(total)}", "", ("weights",)))

    @cached_property
    def _steps(self) -> tuple[Floats, Floats]:
        """The values in rising order, and the probability of each of them or less."""
        rising = sorted(zip(self.values, self.weights, strict=True), key=lambda pair: pair[0])
        weights = [weight for _, weight in rising]
        # Sums rounded once each, so that 0.1, 0.2 and 0.2 reach 0.5.
        reached = [math.fsum(weights[: i + 1]) for i in range(len(weights))]
        return np.array([value for value, _ in rising]), np.array(reached)

    @property
    @override
    def central(self) -> float:
        return float(self.at(np.array([0.5]))[0])

    @property
    @override
    def support(self) -> tuple[float, float]:
        return min(self.values), max(self.values)

    @override
    def below(self, x: float) -> float:
        return min(math.fsum(weight for value, weight in zip(self.values, self.weights, strict=True) if value <= x), 1.0)

    @override
    def at(self, u: Floats) -> Floats:
        values, reached = self._steps
        # The last value takes what the rounding of the weights has left.
        drawn: Floats = values[np.searchsorted(reached[:-1], u, side="left")]
        return drawn


def positive(**parameters: float) -> None:
    """Raise a FieldError for each parameter that is not greater than 0."""
    wrong = {key: value for key, value in parameters.items() if not value > 0}
    if wrong:
        flaws = (Flaw(f"{{part}} must be greater than 0, not {number(value)}", "", (key,)) for key, value in wrong.items())
        raise FieldError(*flaws)


def ordered(low: float, high: float, mode: float | None = None) -> None:
    """Raise a FieldError unless low < high, and low <= mode <= high."""
    if not low < high:
        raise FieldError(Flaw(f"{{field}}: low must be less than high, not {number(low)} and {number(high)}"))
    if not high - low >= _NARROWEST:
        raise FieldError(Flaw(f"{{field}}: low and high are too close, {number(low)} and {number(high)}"))
    if mode is not None and not low <= mode <= high:
        span = f"between low {number(low)} and high {number(high)}"
        raise FieldError(Flaw(f"{{field}}: mode must lie {span}, not {number(mode)}"))


def contiguous(u: Floats) -> Floats:
    """Return the probabilities as a contiguous array of one dimension, all of them inside (0, 1).

    Raises
    ------
    ValueError
        If one is not.
    """
    # Strided arrays take other code paths in NumPy, with other last digits.
    flat = np.ascontiguousarray(u, dtype=np.float64).reshape(-1)
    if not bool(np.all((flat > 0.0) & (flat < 1.0))):
        raise ValueError("probabilities must lie inside (0, 1)")
    return flat
