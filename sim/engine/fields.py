"""The state of a batch: named arrays over replications, each with one owner who alone may write to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Ints

Columns = slice | Ints
"""Positions in a batch."""


def at(values: NDArray[Any], columns: Columns) -> NDArray[Any]:
    """Return what some histories have of values, (..., n): a view, where they stand in a row.

    >>> at(np.array([[1, 2, 3], [4, 5, 6]]), np.array([2, 0]))
    array([[3, 1],
           [6, 4]])
    """
    # Of several rows `take` gathers six times as fast as an index.
    return values[..., columns] if isinstance(columns, slice) else values.take(columns, axis=-1)


@dataclass(frozen=True)
class Field:
    """The declaration of a field.

    Parameters
    ----------
    name : str
        The same in code, tables and descriptions.
    unit : str
        Unit of the values.
    about : str
        What it is, in a sentence.
    rows : tuple of str or None
        Names of the rows, of which there may be none, of a field of shape (rows, n); None for a field of shape (n,).
    series : bool
        Whether the field is written to the time series of a run.
    dtype : type
        float by default.
    inner : bool
        Whether it is the mechanism's own memory, which no event of a scenario may watch.
    codes : int
        How many values it has, from 0 on, if it is counted over time how many histories have each; 0 if it is not.
    grows : bool
        Whether it never falls, as what is counted since the start.
    """

    name: str
    unit: str
    about: str
    rows: tuple[str, ...] | None = None
    series: bool = False
    dtype: type = float
    inner: bool = False
    codes: int = 0
    grows: bool = False


class Fields:
    """All fields of a batch of `n` replications.

    A new field is filled with NaN (or -1 for integers), so that reading one before its owner has set it shows.
    """

    def __init__(self, n: int) -> None:
        self._n = n
        self._declared: dict[str, tuple[str, Field]] = {}
        self._arrays: dict[str, NDArray[Any]] = {}

    def declare(self, owner: str, field: Field) -> None:
        """Make room for a field of `owner`."""
        if field.name in self._declared:
            raise ValueError(f"field {field.name!r} of {owner!r} already belongs to {self._declared[field.name][0]!r}")
        shape = (len(field.rows), self._n) if field.rows is not None else (self._n,)
        self._declared[field.name] = (owner, field)
        self._arrays[field.name] = np.full(shape, np.nan if field.dtype is float else -1, dtype=field.dtype)

    def own(self, owner: str, name: str) -> NDArray[Any]:
        """Return the array of a field to its owner, for writing."""
        if self._declared[name][0] != owner:
            raise ValueError(f"field {name!r} belongs to {self._declared[name][0]!r}, not to {owner!r}")
        return self._arrays[name]

    def see(self, name: str) -> NDArray[Any]:
        """Return a read-only view of a field; it follows what the owner writes."""
        view = self._arrays[name].view()
        view.flags.writeable = False
        return view

    def named(self, name: str) -> Field:
        """Return what is declared of a field."""
        return self._declared[name][1]

    def __iter__(self) -> Iterator[Field]:
        """Iterate over the declared fields, in the order of declaration."""
        return (field for _, field in self._declared.values())
