"""The outcomes of a scenario as text for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.results.dictionary import Entry


def text_lines(found: Sequence[Entry]) -> Iterator[str]:
    """Yield two lines an outcome: what it is called and its unit, then when it is taken, what it means, other times."""
    width = max(len(entry.name) for entry in found)
    for entry in found:
        unit = f" ({entry.unit})" if entry.unit and f"({entry.unit})" not in entry.label else ""
        yield f"{entry.name:<{width}}  {entry.label}{unit}"
        times = f" Also {entry.times}." if entry.times else ""
        yield f"{'':<{width}}  {entry.when[0].upper()}{entry.when[1:]}. {entry.meaning}{times}"
