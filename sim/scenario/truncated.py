"""Any distribution but the discrete one, cut to a range: `min` and `max` in the YAML."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from .distributions import Discrete, Distribution, Floats
from .errors import FieldError, Flaw
from .wording import number

# judgement: a truncation that keeps less than a millionth is a mistake, and the quantiles would lose their digits.
_LEAST_MASS = 1e-6
_SMALLEST = float(np.finfo(np.float64).tiny)
_GREATEST = float(np.nextafter(1.0, 0.0))


@dataclass(frozen=True)
class Truncated(Distribution):
    """`inner` given that the value lies from `min` to `max`."""

    name = "truncated"
    inner: Distribution
    min: float | None = None
    max: float | None = None

    @override
    def _prove(self) -> None:
        if isinstance(self.inner, Discrete):
            raise FieldError(Flaw("{field}: a discrete distribution cannot be cut", "Remove values instead"))
        low, high = self.support
        if self.min is not None and self.max is not None and not self.min < self.max:
            message = f"{{field}}: min must be less than max, not {number(self.min)} and {number(self.max)}"
            raise FieldError(Flaw(message))
        if not low < high or self._mass[1] - self._mass[0] < _LEAST_MASS:
            kept = " and ".join(
                f"{key} {number(value)}" for key, value in (("min", self.min), ("max", self.max)) if value is not None
            )
            raise FieldError(Flaw(f"{{field}}: {kept} leaves nothing of {self.inner}"))

    @property
    def _mass(self) -> tuple[float, float]:
        low, high = self.support
        return self.inner.below(low), self.inner.below(high)

    @property
    @override
    def central(self) -> float:
        low, high = self.support
        return min(max(self.inner.central, low), high)

    @property
    @override
    def support(self) -> tuple[float, float]:
        low, high = self.inner.support
        low = low if self.min is None else max(low, self.min)
        high = high if self.max is None else min(high, self.max)
        return low, high

    @override
    def below(self, x: float) -> float:
        start, end = self._mass
        return min(max((self.inner.below(x) - start) / (end - start), 0.0), 1.0)

    @override
    def at(self, u: Floats) -> Floats:
        start, end = self._mass
        # Rounding must not reach 0 or 1, where an unbounded quantile is infinite.
        inside = np.clip(start + u * (end - start), _SMALLEST, _GREATEST)
        return np.clip(self.inner.at(inside), *self.support)

    def __str__(self) -> str:
        bounds = [f"{key} {number(x)}" for key, x in (("min", self.min), ("max", self.max)) if x is not None]
        return f"{self.inner} with {' and '.join(bounds)}"
