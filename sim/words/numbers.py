"""How numbers are shown: of an outcome in its unit, alone or with its interval, and of a knob or a level by its digits."""

from __future__ import annotations

import math

# judgement: what differs in more digits differs by the rounding of the machine.
MOST_DIGITS = 6


def in_unit(value: float, unit: str, *, sign: bool = False, size: float | None = None) -> str:
    """Return a value that has no interval: shares in per cent or points, others with three digits, as fit for `size`.

    What is counted in histories is shown in full.

    >>> in_unit(0.1234, "share"), in_unit(0.1234, "share", sign=True), in_unit(123456.0, "persons", sign=True)
    ('12.3 %', '+12.3 points', '+123,000')
    """
    plus = "+" if sign else ""
    if unit == "share":
        percent = round(100 * value, 1) + 0.0
        return f"{percent:{plus}.1f} points" if sign else f"{percent:.1f} %"
    size = abs(value) if size is None else size
    if size == 0 or unit == "histories":
        return f"{value:{plus},.0f}"
    return to_place(value, min(4, 2 - math.floor(math.log10(size))), sign=sign)


def bound(value: float, unit: str, *, sign: bool = False, size: float | None = None) -> str:
    """Return an end of an interval, whose unit is said before it; parameters as in `in_unit`."""
    return in_unit(value, unit, sign=sign, size=size).removesuffix(" %").removesuffix(" points")


def band(low: float, high: float, unit: str, *, sign: bool = False) -> str:
    """Return an interval without its unit, with the digits that it warrants.

    >>> band(0.12, 0.345, "share"), band(-7.25, 123.4, "km2", sign=True)
    ('12 .. 34', '-10 .. +120')
    """
    return " .. ".join(by_interval(low, low, high, unit, sign=sign)[1:])


def ends_over(least: float, most: float, unit: str) -> tuple[str, str]:
    """Return both ends of a band of the assumptions without its unit: of shares in whole per cent, which is all it is worth.

    They are rounded outward, so that what is said to hold 95 % does, to the second digit of how far they are apart.

    >>> ends_over(0.0004, 0.918, "share"), ends_over(161234.0, 2345678.0, "persons"), ends_over(0.295, 0.295, "share")
    (('0', '92'), ('100,000', '2,400,000'), ('30', '30'))
    """
    if least == most:
        return (f"{100 * least:.0f}",) * 2 if unit == "share" else (to_place(least, None),) * 2
    scale, place = (100.0, 0) if unit == "share" else (1.0, place_of(least, most))
    if place is None:
        return to_place(least, None), to_place(most, None)
    if unit != "share":
        place = min(place + 1, 1 - math.floor(math.log10(most - least)))
    step = 10.0**-place
    # What lies at a step but for the rounding of the machine stays there.
    low, high = math.floor(scale * least / step + 1e-6) * step, math.ceil(scale * most / step - 1e-6) * step
    return to_place(low, place), to_place(high, place)


def beside(value: float, low: float, high: float, unit: str) -> str:
    """Return a value that stands beside an interval, as what a difference is of, with the digits that this warrants.

    >>> beside(0.4567, 0.161, 0.239, "share"), beside(1131591.2, -7.25, 12300.4, "persons")
    ('46 %', '1,132,000')
    """
    scale, told = (100.0, " %") if unit == "share" else (1.0, "")
    return to_place(scale * value, place_of(scale * low, scale * high)) + told


def unit_after(unit: str) -> str:
    """Return the unit that stands after a difference without its own: points for shares.

    >>> unit_after("share"), unit_after("km2"), unit_after("")
    (' points', ' km2', '')
    """
    return " points" if unit == "share" else f" {unit}" if unit else ""


def with_band(value: float, low: float, high: float, unit: str, *, sign: bool = False) -> str:
    """Return a value with its interval, with the digits that it warrants.

    >>> with_band(0.2, 0.161, 0.239, "share"), with_band(58.2, -7.25, 123.4, "km2", sign=True)
    ('20 % (16 .. 24)', '+60 (-10 .. +120)')
    """
    shown, *ends = by_interval(value, low, high, unit, sign=sign)
    return f"{shown} ({' .. '.join(ends)})"


def with_half(value: float, low: float, high: float, unit: str, *, sign: bool = False) -> str:
    """Return a value with half of its interval, which is as long on both sides, with the digits that this warrants.

    >>> with_half(304123.0, 297_500.0, 310_746.0, "persons"), with_half(-0.062, -0.09, -0.034, "share", sign=True)
    ('304,000 ±7,000', '-6 points ±3')
    """
    scale = 100.0 if unit == "share" else 1.0
    half = to_place(scale * (high - low) / 2, place_of(scale * low, scale * high))
    return f"{by_interval(value, low, high, unit, sign=sign)[0]} ±{half}"


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


def how_many(count: int, noun: str) -> str:
    """Return how many there are of what is called so, with its plural.

    >>> how_many(1, "month"), how_many(2, "month"), how_many(1234, "reason")
    ('1 month', '2 months', '1,234 reasons')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def place_of(low: float | None, high: float | None) -> int | None:
    """Return the place after the point to which an interval warrants digits, below 0 before it; None if it says nothing.

    Half of the interval is between 2 and 20 units of that place, but no number has more than six digits.

    >>> place_of(0.161, 0.239), place_of(1_080_420.0, 1_182_761.0), place_of(1.0, 1.0), place_of(0.3, 0.3 + 1e-12)
    (2, -4, None, 6)
    """
    if low is None or high is None or not math.isfinite(high - low) or high <= low:
        return None
    return min(-math.floor(math.log10((high - low) / 4)), MOST_DIGITS - 1 - math.floor(math.log10(max(abs(low), abs(high)))))


def to_place(value: float, place: int | None, *, sign: bool = False) -> str:
    """Return a value rounded to a place, or to three digits; what is not 0 is never shown as 0.

    >>> to_place(1131591.2, -4), to_place(0.04, 1, sign=True), to_place(-0.0, 1), to_place(3.14159, None)
    ('1,130,000', '+0.04', '0', '3.14')
    """
    if value == 0:
        return "0"
    plus = "+" if sign else ""
    if place is None or round(value, place) == 0:
        place = (2 if place is None else 0) - math.floor(math.log10(abs(value)))
    place = place or 0
    return f"{round(value, place) + 0.0:{plus},.{max(0, place)}f}"


def by_interval(
    value: float, low: float | None, high: float | None, unit: str, *, sign: bool = False
) -> tuple[str, str, str]:
    """Return a value with its unit and both ends of its interval without, with the digits that the interval warrants.

    >>> by_interval(0.2, 0.161, 0.239, "share"), by_interval(-0.017, -0.033, -0.0004, "share", sign=True)
    (('20 %', '16', '24'), ('-1.7 points', '-3.3', '-0.04'))
    >>> by_interval(1131591.2, 1080420.8, 1182761.6, "persons")
    ('1,130,000', '1,080,000', '1,180,000')
    """
    scale, told = (100.0, " points" if sign else " %") if unit == "share" else (1.0, "")
    place = place_of(*(None if end is None else scale * end for end in (low, high)))
    found = ["" if one is None else to_place(scale * one, place, sign=sign) for one in (value, low, high)]
    return found[0] + told, found[1], found[2]
