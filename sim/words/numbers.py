"""How numbers are shown: of an outcome in its unit, alone or with its interval, and of a knob or a level by its digits."""

from __future__ import annotations


def in_unit(value: float, unit: str, *, sign: bool = False, size: float | None = None) -> str:
    """Return a value as tables show it: shares in per cent or points, others with about three digits, as fit for `size`.

    >>> in_unit(0.1234, "share"), in_unit(0.1234, "share", sign=True), in_unit(123456.0, "persons", sign=True)
    ('12.3 %', '+12.3 points', '+123,456')
    """
    plus = "+" if sign else ""
    if unit == "share":
        percent = round(100 * value, 1) + 0.0
        return f"{percent:{plus}.1f} points" if sign else f"{percent:.1f} %"
    size = abs(value) if size is None else size
    digits = 0 if size >= 100 or size == 0 else 1 if size >= 10 else 2 if size >= 1 else 3 if size >= 0.1 else 4
    # No minus before a zero.
    return f"{round(value, digits) + 0.0:{plus},.{digits}f}"


def bound(value: float, unit: str, *, sign: bool = False, size: float | None = None) -> str:
    """Return an end of an interval, whose unit is said before it; parameters as in `in_unit`."""
    return in_unit(value, unit, sign=sign, size=size).removesuffix(" %").removesuffix(" points")


def band(low: float, high: float, unit: str, *, sign: bool = False) -> str:
    """Return an interval without its unit, both ends with the digits that are fit for the larger one.

    >>> band(0.12, 0.345, "share"), band(-7.25, 123.4, "km2", sign=True)
    ('12.0 .. 34.5', '-7 .. +123')
    """
    size = max(abs(low), abs(high))
    return " .. ".join(bound(end, unit, sign=sign, size=size) for end in (low, high))


def with_band(value: float, low: float, high: float, unit: str, *, sign: bool = False) -> str:
    """Return a value with its interval, and with its digits.

    >>> with_band(0.2, 0.12, 0.345, "share"), with_band(58.2, -7.25, 123.4, "km2", sign=True)
    ('20.0 % (12.0 .. 34.5)', '+58 (-7 .. +123)')
    """
    shown = in_unit(value, unit, sign=sign, size=max(abs(low), abs(high)))
    return f"{shown} ({band(low, high, unit, sign=sign)})"


def half_width(value: float, unit: str) -> str:
    """Return the half-width of an interval: of a share in points."""
    return in_unit(value, unit, sign=True).removeprefix("+")


def in_full(value: float, digits: int) -> str:
    """Return a value with so many digits, and with all of those before the point unless they are more than 15.

    >>> in_full(0.12345, 3), in_full(999.7, 3), in_full(-1234567.0, 3)
    ('0.123', '1,000', '-1,234,567')
    """
    return f"{value:,.0f}" if 10**digits - 0.5 <= abs(value) < 1e15 else f"{value:,.{digits}g}"


def rounded(value: float, digits: int = 3) -> str:
    """Return a value with so many digits, before the point filled up with zeros: more would say too much.

    >>> rounded(0.12345), rounded(999.7), rounded(-1234567.0)
    ('0.123', '1,000', '-1,230,000')
    """
    return in_full(float(f"{value:.{digits}g}"), digits)
