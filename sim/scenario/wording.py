"""How values and names are written in messages: on one line, never too long, in the words of YAML."""

from __future__ import annotations

import datetime
import difflib
import unicodedata
from collections.abc import Iterable

from sim.gate import NOT_SHOWN as NOT_SHOWN

RETYPE = "Remove it, or type the line again"

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_LONGEST_VALUE = 60
_MOST_NAMES = 12

# Words with which nothing ends that is cut off.
_LITTLE = ("a", "an", "and", "at", "by", "for", "from", "in", "no", "of", "on", "or", "the", "to", "with", "without")


def one_line(text: str) -> str:
    r"""Return `text` with everything that breaks lines or does not show escaped.

    Examples
    --------
    >>> one_line("a\nb\x1b")
    'a\\nb\\x1b'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char.encode("unicode_escape").decode("ascii") if unicodedata.category(char) in _UNSEEN else char for char in text
    )


def shows(text: str) -> bool:
    """Return whether anything of a text can be seen."""
    return any(unicodedata.category(char) not in _UNSEEN and not char.isspace() for char in text)


def shorten(text: str, longest: int = _LONGEST_VALUE) -> str:
    """Return `text` cut to at most `longest` characters, the cut shown by three dots."""
    return text if len(text) <= longest else text[: longest - 3] + "..."


def number(value: float) -> str:
    """Return a number as a person writes it: ``1.4``, ``3``, ``1e+20``."""
    return format(value, ".12g")


def exact_number(value: float) -> str:
    """Return a number with as many digits as tell it from every other: ``1,000``, ``0.1``, ``0.1000001``."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    return f"{value:,}"


def quoted(text: object) -> str:
    """Return a name or text of the user in single quotes, shortened."""
    return f"'{shorten(str(text))}'"


def found(value: object) -> str:
    """Return what a value is, for "must be a number, not ...".

    Examples
    --------
    >>> found("abc"), found(True), found(None), found([1])
    ("the text 'abc'", 'true', 'empty', 'a list')
    """
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if isinstance(value, datetime.date):
        return f"the date {value.isoformat()}"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    return f"a {type(value).__name__}"


def closest(word: object, names: Iterable[object], least: float = 0.6) -> str | None:
    """Return the name most like `word`, or None when nothing is `least` like it, of 1 for the same."""
    known = {str(name).lower(): str(name) for name in names}
    near = difflib.get_close_matches(shorten(str(word)).lower(), known, n=1, cutoff=least)
    return known[near[0]] if near else None


def listed(names: Iterable[object]) -> str:
    """Return names separated by commas; a long list is cut."""
    known = [shorten(str(name)) for name in names]
    more = ", ..." if len(known) > _MOST_NAMES else ""
    return ", ".join(known[:_MOST_NAMES]) + more


def did_you_mean(word: object, names: Iterable[object], prefix: str = "") -> str:
    """Return "Did you mean 'x'?" when a name is close to `word`, otherwise the names there are.

    Parameters
    ----------
    word : object
        What was written.
    names : iterable
        What could have been written.
    prefix : str
        Put before the close name, for paths.
    """
    known = list(names)
    near = closest(word, known)
    if near is not None:
        return f"Did you mean '{prefix}{near}'?"
    return f"Possible: {listed(known)}" if known else ""


def where_source(key: str, sources: Iterable[str]) -> str:
    """Return what to do about a source that is not among those of a scenario; without any, how one is written.

    >>> where_source("milbal", ["kiel"])
    'Possible: kiel'
    """
    known = list(sources)
    if not known:
        name = key if key.isidentifier() else "KEY"
        form = '{author: IISS, title: The Military Balance, date: 1982, address: "https://www.iiss.org", quality: B}'
        return f"Add it to 'sources', as in sources: {{{name}: {form}}}"
    hint = did_you_mean(key, known)
    return f"Add it to 'sources', which has {listed(known)}" if hint.startswith("Possible") and len(known) > 12 else hint


def cut(name: str, room: int) -> str:
    """Return as many words of a name as there is room for, or letters of the first, and a sign that there are more.

    >>> cut("zone of 32 km with inspections everywhere", 20)
    'zone of 32 km…'
    """
    if len(name) <= room:
        return name
    words = name[: max(0, room)].rpartition(" ")[0].split()
    while words and words[-1] in _LITTLE:
        words.pop()
    return f"{' '.join(words).rstrip(',;:') or name[: max(0, room - 1)]}…"
