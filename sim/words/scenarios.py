"""Scenarios and their numbers as text for the terminal."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sim.catalogue import speaks_of
from sim.results.identity import title_of
from sim.scenario import Scenario
from sim.scenario.describe import RECORD, Change, Entry, Told, changes, coverage, entries
from sim.scenario.head import Source
from sim.words.amounts import amounts
from sim.words.changes import in_verbs
from sim.words.layout import EMPTY, Block, Cell, Column, Table, Text, Title

# judgement: of so many numbers of a section it is said what they are called.
EXAMPLES = 3


def overview(scenario: Scenario[Any]) -> Iterator[Block]:
    """Yield what a scenario is, and how many numbers its sections have."""
    yield Title(title_of(scenario))
    yield Text(scenario.world.description)
    yield EMPTY
    rows = [
        [one.section, f"{one.numbers:,}", f"{one.sourced:,}", f"{one.assumed:,}", f"{len(one.default):,}"]
        for one in coverage(scenario)
    ]
    heads = (Column("numbers"), Column("with a source"), Column("assumed"), Column("default", spare=1))
    yield Table([Column("section", wraps=True), *heads], rows)


def rows_of(scenario: Scenario[Any], words: Sequence[str] = ()) -> list[dict[str, str]]:
    """Return every value of whose path, label or meaning all words are said, with its unit, place and what it rests on.

    The place is a file as it can be opened from the working folder, and the line. Behind the keys of the sources stand these
    themselves, so that the rows can be read alone. A word may also be what it rests on, whole: the key of a source,
    "assumed", "on record" or "default".
    """
    for within in (False, True):
        found = [row for entry in entries(scenario) if (row := _row(scenario, entry, words, within))]
        if found:
            break
    return found


def _row(scenario: Scenario[Any], entry: Entry, words: Sequence[str], within: bool) -> dict[str, str]:
    """Return the row of a value; an empty one if not all words are said of it."""
    label = scenario.labels[entry.path].text if entry.path in scenario.labels else ""
    origins = entry.origin.split(", ")
    if not speaks_of([word for word in words if word not in origins], entry.path, label, entry.about, within=within):
        return {}
    told = {"path": entry.path, "label": label, "value": entry.text, "unit": entry.unit, "source": entry.origin}
    sources = entry.record or _in_full(scenario, origins)
    return {**told, "place": _place(entry), "about": entry.about, "sources": sources, "note": entry.note}


def sources_of(scenario: Scenario[Any], row: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the sources of such a value as data: key, author, title, date, address and quality."""
    known = scenario.world.sources
    return [{"key": key, **known[key].model_dump(mode="json")} for key in row["source"].split(", ") if key in known]


def _in_full(scenario: Scenario[Any], keys: Sequence[str]) -> str:
    known = scenario.world.sources
    return "; ".join(f"{_cited(key, known[key])} {known[key].address}" for key in keys if key in known)


def _cited(key: str, source: Source) -> str:
    return f"{key}: {source.author}: {source.title}, {source.date} ({source.quality})"


def values(scenario: Scenario[Any], found: Sequence[Mapping[str, str]]) -> Iterator[Block]:
    """Yield such values for the terminal, with what constants in utility amount to, what is known of them, and sources."""
    amount, group = amounts(scenario), None
    short = _short_places([one["place"] for one in found])
    rows: list[list[str]] = []
    for one in found:
        head, _, name = one["path"].rpartition(".")
        if head != group:
            group = head
            rows.append([head or "scenario"])
        rows.append([f"  {name}", f"{one['value']} {one['unit']}".rstrip(), one["source"], _at(one["place"], short)])
        if one["path"] in amount:
            rows.append(["", amount[one["path"]], "", ""])
    heads = (Column("value", wraps=True, least=20), Column("source", wraps=True, least=12))
    yield Table([Column("", wraps=True, least=20), *heads, Column("written at", spare=1)], rows)
    elsewhere = {name: file for file, name in short.items() if name != file}
    if elsewhere:
        yield EMPTY
        yield Text("Files that are not in this folder", style="bold")
    for name, file in elsewhere.items():
        yield Text(f"{name}: {file}", 1, 2)
    noted = [one for one in found if one["note"]]
    if noted:
        yield EMPTY
        yield Text("What is known of them", style="bold")
    for one in noted:
        yield Text(one["path"], 1, 2)
        yield Text(one["note"], 3)
    keys = {key for one in found for key in one["source"].split(", ")}
    named = {key: source for key, source in scenario.world.sources.items() if key in keys}
    if named:
        yield EMPTY
        yield Text("Sources, of quality A (official or peer-reviewed) to D (weak)", style="bold")
    for key, source in named.items():
        yield Text(_cited(key, source), 1, 2)
        yield Text(source.address, 3, style="quiet")
    recorded = [one for one in found if one["source"] == RECORD]
    if recorded:
        yield EMPTY
        yield Text("On record, and chosen by word", style="bold")
    for one in recorded:
        yield Text(f"{one['path'].rpartition('.')[2]}: {one['sources']}", 1, 2)


def _place(entry: Entry) -> str:
    return f"{entry.place.file}:{entry.place.line}" if entry.place.line else entry.place.file


def _short_places(places: Collection[str]) -> dict[str, str]:
    """Return what files are called in a table, those of other folders by their names alone unless two share one."""
    files = dict.fromkeys(place.rpartition(":")[0] for place in places if os.path.isabs(place))
    here = {place.rpartition(":")[0] for place in places if not os.path.isabs(place)}
    names = [Path(file).name for file in files]
    return {file: file if names.count(name) > 1 or name in here else name for file, name in zip(files, names, strict=True)}


def _at(place: str, short: Mapping[str, str]) -> str:
    file, _, line = place.rpartition(":")
    return f"{short[file]}:{line}" if file in short else place


def difference_rows(before: Scenario[Any], after: Scenario[Any]) -> list[dict[str, Any]]:
    """Return what differs between two scenarios: path, both values, unit, meaning, and a sentence."""
    return [{**asdict(change), "sentence": in_verbs(change, before, after)} for change in changes(before, after)]


def differences(found: Sequence[Change], before: Scenario[Any], after: Scenario[Any]) -> Iterator[Block]:
    """Yield what differs between two scenarios, each with the path for who wants to set it."""
    yield Text(f"From '{title_of(before)}' to '{title_of(after)}':", 0, 2, style="bold")
    for change in found:
        yield Text(in_verbs(change, before, after), 2, 2)
        yield Text(f"{change.path}{f': {change.about}' if change.about else ''}", 6, 2, style="quiet")
    if not found:
        yield Text("nothing differs in what is assumed", 2)


def sections_of(found: Sequence[Told]) -> Iterator[Block]:
    """Yield the sections that numbers stand in, how many each has, and what some of them are called."""
    known: dict[str, list[str]] = {}
    for one in found:
        known.setdefault(one.path.partition(".")[0], []).append(one.label)
    rows: list[list[Cell]] = []
    for section, labels in known.items():
        # Evenly over the section, which begins with what is most like one another.
        some = dict.fromkeys(labels[place * len(labels) // EXAMPLES] for place in range(EXAMPLES))
        rows.append([section, f"{len(labels):,}", "; ".join(some)])
    yield Table([Column("section"), Column("numbers"), Column("such as", wraps=True)], rows)


def knobs(found: Sequence[Told]) -> Iterator[Block]:
    """Yield numbers of a scenario: what each is called, its value, unit and range, then path and meaning."""
    for one in found:
        unit = " ".join(part for part in (one.unit, f"({one.range})" if one.range else "") if part)
        yield Text(f"{one.label}: {one.value} {unit}".rstrip(), 0, 4, style="bold")
        yield Text(f"{one.path}{f': {one.meaning}' if one.meaning else ''}", 4, 2)
