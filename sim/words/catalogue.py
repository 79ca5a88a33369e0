"""The shipped scenarios as text for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from sim.words.layout import Block, Column, Table


def themes(found: Sequence[tuple[str, str, str, str]], *, full: bool) -> Iterator[Block]:
    """Yield scenarios, each with its theme, name, title and description, by theme; in full with what they assume."""
    rows: list[list[str]] = []
    for theme, those in groupby(found, key=lambda one: one[0]):
        rows.append([theme])
        for _, name, title, description in those:
            rows += [[name, title], *([["", description]] if full else [])]
    yield Table([Column(), Column(wraps=True)], rows)
