"""What every distribution promises, and the distributions with closed forms.

A distribution is a frozen object that proves itself when built. `quantile` works element by element on contiguous
arrays, so that a result never depends on how many replications are drawn together.
The distributions that need special functions are in `smooth`, the truncation of any of them in `truncated`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from .errors import FieldError, Flaw
from .wording import number

Floats = NDArray[np.float64]

# judgement: beyond this, products of parameters overflow; no quantity of a war comes near.
LARGEST = 1e100


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
            if isinstance(value, float) and not abs(value) <= LARGEST:
                raise FieldError(Flaw("{part} must be a finite number of at most 1e+100", below=(field.name,)))
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
        parts = ", ".join(f"{field.name} {number(getattr(self, field.name))}" for field in fields(self))
        return f"{self.name}({parts})"


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


def ordered(low: float, high: float, mode: float | None = None) -> None:
    """Raise a FieldError unless low < high, and low <= mode <= high."""
    if not low < high:
        raise FieldError(Flaw(f"{{field}}: low must be less than high, not {number(low)} and {number(high)}"))
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
