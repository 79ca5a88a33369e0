"""What sentences of findings are put together from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sim.results.findings import Finding, Kind, Number
from sim.results.summary import Row
from sim.words.numbers import by_interval, ends_over

Pieces = list[str | Number]


def with_interval(
    value: float, low: float | None, high: float | None, unit: str, of: Sequence[object], *,
    columns: tuple[str, str, str], sign: bool = False, words: str = "95 %: ",
) -> Pieces:  # fmt: skip
    """Return a number, its unit and its interval in brackets, with where they stand: `of` names the row, `columns` the rest.

    The text of the number has the unit of shares with it; that of others follows as a text of its own.
    """
    texts = by_interval(value, low, high, unit, sign=sign)
    where = ["|".join(map(str, (*of, column))) for column in columns]
    told: Pieces = [Number(texts[0], value, where[0])]
    told += [f" {unit}"] if unit not in ("", "share") else []
    if low is not None and high is not None:
        told += [f" ({words}", Number(texts[1], low, where[1]), " .. ", Number(texts[2], high, where[2]), ")"]
    return told


def share_of(row: Row, words: str = "95 %: ") -> Pieces:
    """Return the share of a row of the summary with its interval."""
    assert row.share is not None, "asked of shares only"
    columns = ("share", "low", "high")
    return with_interval(row.share, row.low, row.high, "share", ("summary.csv", row.id), columns=columns, words=words)


def over_assumptions(row: Row, which: str = "", before: str = "; over the assumptions ") -> Pieces:
    """Return the band of the assumptions of a row, of its share or mean, or of its `n_`; nothing without one."""
    least, most = getattr(row, f"{which}least"), getattr(row, f"{which}most")
    if least is None or most is None:
        return []
    low, high = ends_over(least, most, "share" if which == "n_" else row.unit)
    of = f"summary.csv|{row.id}|{which}"
    return [before, Number(low, least, f"{of}least"), " .. ", Number(high, most, f"{of}most")]


def finding(kind: Kind, weight: float, pieces: Pieces, *bounds: float | None) -> Finding:
    """Return a finding whose main number is the first of its sentence; `bounds` are the ends of its interval."""
    numbers = [piece for piece in pieces if isinstance(piece, Number)]
    low, high = bounds or (None, None)
    if not numbers:
        return Finding(kind, tuple(pieces), weight=weight)
    return Finding(kind, tuple(pieces), numbers[0].number, low, high, numbers[0].of, weight)


def in_order(found: Iterable[Finding]) -> list[Finding]:
    """Return findings, what weighs most first."""
    return sorted(found, key=lambda one: -one.weight)


def joined(items: Sequence[Any], last: str = " and ") -> Pieces:
    """Return items, each a text, a number or pieces, with commas between them."""
    told: Pieces = []
    for place, item in enumerate(items):
        told += [last if place == len(items) - 1 else ", "] if place else []
        told += item if isinstance(item, list) else [item]
    return told
