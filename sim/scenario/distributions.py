"""A distribution: a family with its parameters, cut to a range or not. It is frozen and proves itself when built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .errors import FieldError, Flaw, Path
from .families import FAMILIES, Family, Floats, Parameters
from .wording import listed, number

# judgement: beyond this, products of parameters overflow; no quantity of a war comes near.
LARGEST = 1e100
# judgement: a cut that keeps less than a millionth is a mistake, and the quantiles would lose their digits.
_LEAST_MASS = 1e-6
_SMALLEST = float(np.finfo(np.float64).tiny)
_GREATEST = float(np.nextafter(1.0, 0.0))


@dataclass(frozen=True)
class Distribution:
    """A distribution of one number.

    Parameters
    ----------
    name : str
        A family of `families.FAMILIES`.
    parameters : tuple
        Its parameters, in the order in which the family takes them.
    min, max : float, optional
        Bounds: the distribution given that the value lies between them.

    Raises
    ------
    FieldError
        When built with parameters that are not finite or do not fit together.
    """

    name: str
    parameters: Parameters
    min: float | None = None
    max: float | None = None

    def __post_init__(self) -> None:
        for prove in (self._infinite, lambda: self.family.check(*self.parameters), self._uncuttable):
            if wrong := list(prove()):
                raise FieldError(*wrong)

    @property
    def family(self) -> Family:
        """Its row in the table."""
        return FAMILIES[self.name]

    @property
    def is_certain(self) -> bool:
        """Whether there is only one possible value."""
        return self.name == "constant"

    @property
    def central(self) -> float:
        """The one value to take when nothing is drawn."""
        value = self.family.central(*self.parameters)
        return value if self._whole else min(max(value, self.support[0]), self.support[1])

    @property
    def support(self) -> tuple[float, float]:
        """The lowest and the highest value possible; infinite where there is no bound."""
        low, high = self.family.support(*self.parameters)
        return low if self.min is None else max(low, self.min), high if self.max is None else min(high, self.max)

    def below(self, x: float) -> float:
        """Return the probability of a value up to `x`."""
        reached = self.family.below(x, *self.parameters)
        if self._whole:
            return reached
        start, end = self._mass
        return min(max((reached - start) / (end - start), 0.0), 1.0)

    def at(self, u: Floats) -> Floats:
        """Return the quantiles at `u`, a contiguous array of one dimension, values in (0, 1)."""
        if self._whole:
            return self.family.at(u, *self.parameters)
        start, end = self._mass
        # Rounding must not reach 0 or 1, where an unbounded quantile is infinite.
        inside = np.clip(start + u * (end - start), _SMALLEST, _GREATEST)
        return np.clip(self.family.at(inside, *self.parameters), *self.support)

    def __str__(self) -> str:
        whole = f"{self.name}({', '.join(f'{key} {_shown(value)}' for key, value in self._named())})"
        return whole if self._whole else f"{whole} with {' and '.join(self._bounds())}"

    @property
    def _whole(self) -> bool:
        return self.min is None and self.max is None

    @property
    def _mass(self) -> tuple[float, float]:
        low, high = (self.family.below(end, *self.parameters) for end in self.support)
        return low, high

    def _named(self) -> Iterator[tuple[str, float | tuple[float, ...]]]:
        return zip(self.family.takes, self.parameters, strict=True)

    def _bounds(self) -> list[str]:
        return [f"{key} {number(end)}" for key, end in (("min", self.min), ("max", self.max)) if end is not None]

    def _infinite(self) -> Iterator[Flaw]:
        bounds = [(key, end) for key, end in (("min", self.min), ("max", self.max)) if end is not None]
        for key, value in [*self._named(), *bounds]:
            for position, part in enumerate(value if isinstance(value, tuple) else [value]):
                if not abs(part) <= LARGEST:
                    below: Path = (key, position) if isinstance(value, tuple) else (key,)
                    yield Flaw(f"{{part}} must be a finite number of at most {number(LARGEST)}", below=below)
                    return

    def _uncuttable(self) -> Iterator[Flaw]:
        if self._whole:
            return
        low, high = self.support
        if not self.family.can_be_cut:
            yield Flaw(f"{{field}}: a {self.name} distribution cannot be cut", "Remove values instead")
        elif self.min is not None and self.max is not None and not self.min < self.max:
            yield Flaw(f"{{field}}: min must be less than max, not {number(self.min)} and {number(self.max)}")
        elif not low < high or self._mass[1] - self._mass[0] < _LEAST_MASS:
            whole = Distribution(self.name, self.parameters)
            yield Flaw(f"{{field}}: {' and '.join(self._bounds())} leaves nothing of {whole}")


def _shown(value: float | tuple[float, ...]) -> str:
    return f"[{listed(map(number, value))}]" if isinstance(value, tuple) else number(value)


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
