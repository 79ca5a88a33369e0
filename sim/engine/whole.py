"""Whole numbers from outside: those of Python and NumPy, and nothing that only equals one."""

import operator
from typing import Any

import numpy as np

from sim.errors import ParleyError


class NotWhole(ParleyError):
    """What should be a whole number within its bounds is none."""


def whole_number(what: str, value: Any, least: int, most: int) -> int:
    """Return a whole number, of NumPy too, as one of Python.

    Raises
    ------
    NotWhole
        When it is none, even if it equals one, as 1.0 and True do; or it is out of its bounds.

    >>> whole_number("seed", np.int64(3), 0, 10)
    3
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, (bool, np.bool_)):
        raise NotWhole(f"{what} must be a whole number, not {str(value)[:40]} ({type(value).__name__})")
    if not least <= number <= most:
        bound = f"at least {least:,}" if number < least else f"at most {most:,}"
        raise NotWhole(f"{what} must be {bound}" + (f", not {number:,}" if abs(number) < 10**20 else ""))
    return number
