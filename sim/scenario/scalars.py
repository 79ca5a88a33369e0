"""What a YAML scalar means: nothing, true or false, a number, a date, or text.

The rules are narrower than YAML 1.1 and never guess. Text that YAML 1.1 turns silently into something else
(``yes``, ``010``, ``1:30``, ``0x1F``) is either text or an error with a hint. Left out: times of day.
"""

from __future__ import annotations

import datetime
import math
import re

from .errors import FieldError, Flaw
from .wording import NOT_SHOWN, RETYPE, quoted

Scalar = str | int | float | bool | datetime.date | None

_DIGITS = "[0-9]+(?:_[0-9]+)*"
_NOTHING = {"", "~", "null", "Null", "NULL"}
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_SWITCH = re.compile("yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF")
_WHOLE = re.compile(f"[-+]?{_DIGITS}")
_DECIMAL = re.compile(rf"[-+]?(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][-+]?[0-9]+)?")
_LEADING_ZERO = re.compile("[-+]?0[0-9_]")
_LOOSE_UNDERSCORE = re.compile("[-+]?[0-9][0-9_]*")
_OTHER_BASE = re.compile("[-+]?0[xXoObB][0-9a-fA-F_]+")
_NOT_FINITE = re.compile(r"[-+]?\.?(?:nan|inf|infinity)", re.IGNORECASE)
# What parts thousands, and what begins the decimals with it.
_COMMAS = ((",", r"\."), (r"\.", ","), ("['\u2019 \u00a0\u202f]", "[.,]"))
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UNSEEN = re.compile(f"[\r{NOT_SHOWN}]")
# A letter beyond the first 65,536 as JSON writes it: two halves, which YAML leaves apart.
_HALVES = re.compile("[\ud800-\udbff][\udc00-\udfff]")

# judgement: no quantity of a war needs more digits, and Python refuses to read integers of thousands of digits.
_LONGEST_NUMBER = 40


def resolve(text: str, plain: bool) -> Scalar:
    """Return the value that a scalar stands for.

    Parameters
    ----------
    text : str
        The scalar's text, escapes already undone.
    plain : bool
        Whether it was written without quotes; a quoted or block scalar is always text.

    Returns
    -------
    str, int, float, bool, datetime.date or None

    Raises
    ------
    FieldError
        If the text is unclear, not finite, not a day of the calendar, or holds control characters.

    Examples
    --------
    >>> resolve("30_000", True), resolve("1e5", True), resolve("1:30", True), resolve("30_000", False)
    (30000, 100000.0, '1:30', '30_000')
    """
    if not plain:
        text = _HALVES.sub(lambda pair: pair.group().encode("utf-16", "surrogatepass").decode("utf-16"), text)
    unseen = _UNSEEN.search(text)
    if unseen:
        raise FieldError(Flaw(f"control character {unseen.group()!a} in a text", RETYPE))
    if not plain:
        return text
    if text in _NOTHING:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    if _SWITCH.fullmatch(text):
        truth = "true" if text.lower() in ("yes", "on") else "false"
        raise FieldError(Flaw(f"'{text}' is unclear", f'Write {truth}, or "{text}" in quotes if it is a text'))
    if _NOT_FINITE.fullmatch(text):
        raise FieldError(Flaw(f"'{text}' is not a finite number", f'Write a number, or "{text}" if it is a text'))
    if _DATE.fullmatch(text):
        return _day(text)
    return _number(text)


def plainly(text: str) -> str:
    """Return a number as it is to be written that stands there with commas, spaces or quotes in it; else nothing.

    A comma, point or quote before three digits parts thousands, unless a zero or nothing else stands before it.

    >>> [plainly(text) for text in ("0,35", "36,000", "1.234,5", "-0,5", "36 000", "0,350", "1, 2", "3")]
    ['0.35', '36000', '1234.5', '-0.5', '36000', '0.350', '', '']
    """
    if _DECIMAL.fullmatch(text):
        return ""
    for thousands, decimal in _COMMAS:
        found = re.fullmatch(rf"([-+]?)([1-9][0-9]{{0,2}}(?:{thousands}[0-9]{{3}})+)(?:{decimal}([0-9]+))?", text)
        if found is not None:
            sign, whole, part = found.groups()
            return f"{sign}{re.sub(thousands, '', whole)}{f'.{part}' if part else ''}"
    return text.replace(",", ".") if re.fullmatch("[-+]?[0-9]+,[0-9]+", text) else ""


def is_text(text: str) -> bool:
    """Return whether `text`, written without quotes, would be read as that same text."""
    try:
        return isinstance(resolve(text, plain=True), str)
    except FieldError:
        return False


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise FieldError(Flaw(f"there is no day {text} in the calendar", "Write year-month-day")) from None


def _number(text: str) -> str | int | float:
    if _OTHER_BASE.fullmatch(text):
        raise FieldError(Flaw(f"number {quoted(text)} is not decimal", "Write it in decimal, or in quotes as a text"))
    if not _DECIMAL.fullmatch(text):
        if _LOOSE_UNDERSCORE.fullmatch(text):
            raise FieldError(Flaw(f"number {quoted(text)} has a misplaced '_'", "Write it as in 30_000"))
        return text
    if _LEADING_ZERO.match(text):
        plainly = text.lstrip("+-").lstrip("0_") or "0"
        plainly = f"0{plainly}" if plainly.startswith(".") else plainly
        hint = f'Write {"-" if text.startswith("-") else ""}{plainly}, or "{text}" if it is a text'
        raise FieldError(Flaw(f"number {quoted(text)} starts with a zero", hint))
    if len(text) > _LONGEST_NUMBER:
        raise FieldError(Flaw(f"number {quoted(text)} is too long", f"Use at most {_LONGEST_NUMBER} characters"))
    if _WHOLE.fullmatch(text):
        return int(text)
    value = float(text)
    if not math.isfinite(value):
        raise FieldError(Flaw(f"number {quoted(text)} is too large", "Write one of at most 1e+100"))
    return value
