"""Numbers of a scenario: certain or drawn, with where they come from.

A `Quantity` may be a distribution, a `Fixed` must be one number. Both are written as a number, as
``{value: 3, source: key, note: text}`` or ``{assumption: true, ...}``; a wrong or incomplete form is an error, never a
guess. What quantities have to do with one another is in `correlations`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from .distributions import Distribution, contiguous
from .errors import FieldError, Flaw
from .families import Floats
from .forms import parse
from .wording import closest, found, listed


@dataclass(frozen=True)
class Quantity:
    """A number of a scenario that may be uncertain.

    Parameters
    ----------
    distribution : Distribution
        What is known about the number.
    sources : tuple of str
        Keys of the scenario's sources.
    note : str
        A remark for readers.
    assumption : bool
        Whether the number is assumed rather than sourced.
    direction_only : bool
        Whether the sources have its sign alone, and the size is judged.
    word : str
        What it is called, where it is one that is on record and chosen by word (`section.knob`).
    """

    distribution: Distribution
    sources: tuple[str, ...] = ()
    note: str = ""
    assumption: bool = False
    direction_only: bool = False
    word: str = ""

    @property
    def central(self) -> float:
        """The value, mode (triangular, pert), middle (uniform), median (normal, lognormal, discrete) or mean (others).

        For a truncated distribution the same point, moved to the nearest value still possible.
        """
        return self.distribution.central

    @property
    def is_certain(self) -> bool:
        """Whether there is only one possible value."""
        return self.distribution.is_certain

    @property
    def support(self) -> tuple[float, float]:
        """The lowest and the highest possible value, after truncation; infinite where there is no bound."""
        return self.distribution.support

    def quantile(self, u: Floats) -> Floats:
        """Return the values below which the number lies with probability `u`.

        Parameters
        ----------
        u : array of float64, any shape
            Probabilities inside (0, 1).

        Returns
        -------
        array of float64, the shape of `u`
            Never decreasing in `u` (but for last digits where special functions are needed). Each element depends on its own
            probability only, not on how many there are.

        Raises
        ------
        ValueError
            If a probability is not inside (0, 1).
        """
        return self.distribution.at(contiguous(u)).reshape(u.shape)

    @classmethod
    def parse(cls, raw: object) -> Self:
        """Return the quantity written as `raw` in a scenario.

        Raises
        ------
        FieldError
            With everything wrong with it.
        """
        if isinstance(raw, cls):
            return raw
        if isinstance(raw, Worded):
            return replace(cls.parse(raw.form()), word=raw.word)
        written = parse(raw)
        return cls(written.distribution, written.sources, written.note, written.assumption, written.direction_only)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.parse)


@dataclass(frozen=True)
class Worded:
    """A text in place of a number, with the words that stand for one there."""

    word: str
    words: Mapping[str, Mapping[str, Any]]

    def form(self) -> dict[str, Any]:
        """Return the number that the word stands for, as a scenario writes one.

        Raises
        ------
        FieldError
            If it is none of the words.
        """
        if self.word in self.words:
            return dict(self.words[self.word])
        if any(letter.isdigit() for letter in self.word):
            # A number that is written amiss: it is said how to write it.
            parse(self.word)
        near = closest(self.word, self.words)
        hint = f"Did you mean '{near}'?" if near else "Write a number, {dist: ..., ...} or one of these words"
        raise FieldError(Flaw(f"{{field}} must be a number or one of {listed(self.words)}, not {found(self.word)}", hint))


@dataclass(frozen=True)
class Fixed:
    """A number of a scenario that cannot be uncertain, such as a count of stages.

    Parameters
    ----------
    value : float
        The number; fields declared with `section.whole` hold whole numbers only.
    sources, note, assumption, direction_only
        As for `Quantity`.
    """

    value: float
    sources: tuple[str, ...] = ()
    note: str = ""
    assumption: bool = False
    direction_only: bool = False

    @property
    def whole(self) -> int:
        """The value as an integer.

        Raises
        ------
        ValueError
            If it is not a whole number.
        """
        if not self.value.is_integer():
            raise ValueError(f"{self.value} is not a whole number")
        return int(self.value)

    @classmethod
    def parse(cls, raw: object) -> Self:
        """Return the fixed number written as `raw` in a scenario.

        Raises
        ------
        FieldError
            With everything wrong with it; also for any distribution but ``constant``.
        """
        if isinstance(raw, cls):
            return raw
        written = parse(raw)
        if not written.distribution.is_certain:
            hint = "Write one number; this field cannot be drawn"
            raise FieldError(Flaw(f"{{field}} must be a fixed number, not {written.distribution}", hint))
        value = written.distribution.central
        return cls(value, written.sources, written.note, written.assumption, written.direction_only)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.parse)


def constant(value: float) -> Quantity:
    """Return a quantity that is certain.

    Examples
    --------
    >>> constant(3).central
    3.0
    """
    return Quantity(Distribution("constant", (float(value),)))
