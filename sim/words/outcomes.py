"""The outcomes of a scenario as text for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.results.dictionary import Entry
from sim.words.layout import Block, Text


def listed(found: Sequence[Entry]) -> Iterator[Block]:
    """Yield an outcome each: its name, what it is called and its unit, then when it is taken, what it means, other times."""
    for entry in found:
        unit = f" ({entry.unit})" if entry.unit and f"({entry.unit})" not in entry.label else ""
        yield Text(f"{entry.name}: {entry.label}{unit}", 0, 4, style="bold")
        times = f" Also {entry.times}." if entry.times else ""
        yield Text(f"{entry.when[0].upper()}{entry.when[1:]}. {entry.meaning}{times}", 4)
