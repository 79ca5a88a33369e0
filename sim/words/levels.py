"""What a file of observations says of the start of a scenario, as text for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sim.catalogue import speaks_of
from sim.observed import Level
from sim.results.identity import title_of
from sim.scenario import Scenario
from sim.scenario.labels import sure_label
from sim.scenario.wording import exact_number
from sim.words.layout import EMPTY, Block, Column, Table, Text, Title
from sim.words.numbers import rounded


def level_rows(scenario: Scenario[Any], levels: Sequence[Level], words: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return a row for each number of whose path or label all words are said: what it is, and what it was read off."""
    labels = {one.path: sure_label(scenario, one.path)[0].text for one in levels}
    return [
        {
            "path": one.path, "label": labels[one.path], "value": one.value, "low": one.low, "high": one.high,
            "unit": one.unit, "series": one.series, "since": one.since.isoformat(), "until": one.until.isoformat(),
            "rows": one.rows, "times": one.times, "read_off": one.read_off,
        }
        for one in levels
        if speaks_of(words, one.path, labels[one.path])
    ]  # fmt: skip


def levels(scenario: Scenario[Any], path: Path, rows: Sequence[dict[str, Any]]) -> Iterator[Block]:
    """Yield such rows as a table."""
    yield Title(f"{title_of(scenario)}: what {path.name} says of its start, {scenario.world.start_date}")
    yield EMPTY
    told = [
        [
            f"{row['label']} ({row['unit']})" if row["unit"] else row["label"], exact_number(row["value"]),
            f"{rounded(row['low'])} .. {rounded(row['high'])}" if row["low"] < row["high"] else "", row["read_off"],
        ]
        for row in rows
    ]  # fmt: skip
    yield Table(
        [Column("", wraps=True, least=24), Column("value"), Column("nine in ten"), Column("", wraps=True, least=20)], told
    )
    yield EMPTY
    yield Text("Rows of the day of the start and later are not looked at.", style="quiet")
