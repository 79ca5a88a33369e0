"""A scenario in words: its values with unit, place and source; what differs between two; which numbers have a source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from sim.catalogue import speaks_of, those_of

from .errors import Path
from .families import FAMILIES
from .head import ScenarioHead
from .identity import ORIGIN
from .jsonschema import allowed
from .knobs import Known, numbers
from .load import Scenario
from .quantity import Fixed, Quantity
from .read import Place
from .tree import Items
from .wording import exact_number

# What a scenario says about itself: neither assumed nor simulated.
HEAD = ("title", "short", "description", "sources", "war_began", "inherited", "histories", "expect")
# Where a number comes from that the scenario does not write: the declaration of its section.
DEFAULT = "default"
# Of a number that is chosen by word: its source is documented with the word.
RECORD = "on record"
# Beside the keys of sources that have the sign of a number, while its size is judged.
DIRECTION = "direction only"
# In place of a value that a scenario does not have.
ABSENT = "not given"


@dataclass(frozen=True)
class Entry:
    """One value of a scenario.

    Parameters
    ----------
    path : str
        Dotted, things by their id.
    text : str
        The value in words.
    unit : str
    place : Place
        Where it is written.
    origin : str
        Keys of its sources, "assumed", "on record" for one chosen by word, "default" where the scenario does not write it,
        or nothing.
    about : str
        What the value means.
    item : str
        Path of the thing it belongs to; empty for none.
    record : str
        For a number chosen by word, what is on record and where.
    note : str
        What is known of any other number, and why its range lies where it does.
    """

    path: str
    text: str
    unit: str
    place: Place
    origin: str
    about: str
    item: str = ""
    record: str = ""
    note: str = ""


@dataclass(frozen=True)
class Change:
    """One difference between two scenarios; `before` or `after` is None for an item that only one of them has."""

    path: str
    before: str | None
    after: str | None
    unit: str = ""
    about: str = ""


@dataclass(frozen=True)
class Coverage:
    """How many numbers of a section have a source, are marked as assumptions, or neither; defaults; those of another war.

    The last three are by path; what is of another war is counted as that alone.
    """

    section: str
    sourced: int
    assumed: int
    bare: tuple[str, ...]
    default: tuple[str, ...] = ()
    inherited: tuple[str, ...] = ()

    @property
    def numbers(self) -> int:
        """How many numbers there are."""
        return self.sourced + self.assumed + len(self.bare) + len(self.default) + len(self.inherited)


class Provenance(NamedTuple):
    """How many numbers of a scenario come from where.

    Attributes
    ----------
    sourced, bare : int
        Given: with a source, or written without one.
    assumed, default : int
    inherited : tuple of str
        The paths of those of another war, whatever they rest on there.
    wars : tuple of str
        Of which wars these are.
    """

    sourced: int
    bare: int
    assumed: int
    default: int
    inherited: tuple[str, ...]
    wars: tuple[str, ...]

    @property
    def given(self) -> int:
        """How many are given."""
        return self.sourced + self.bare

    @property
    def numbers(self) -> int:
        """How many there are."""
        return self.given + self.assumed + self.default + len(self.inherited)


def in_words(value: object) -> str:
    """Return a value as a person reads it.

    >>> in_words(Quantity.parse({"dist": "triangular", "low": 23_000, "mode": 30_000, "high": 40_000}))
    'triangular(low 23000, mode 30000, high 40000)'
    """
    if isinstance(value, Fixed):
        return exact_number(value.value)
    if isinstance(value, Quantity):
        text = exact_number(value.central) if value.is_certain else str(value.distribution)
        return f"{value.word}: {text}" if value.word else text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return exact_number(value)
    if isinstance(value, (list, Items)):
        return ", ".join(in_words(item) for item in value) or "none"
    return "nothing" if value is None else str(value)


def entries(scenario: Scenario[ScenarioHead]) -> list[Entry]:
    """Return every value of a scenario that is assumed or simulated: as the file has them, its section's defaults behind."""
    known = {number.path: number for number in numbers(scenario.world)}
    found: list[Entry] = []

    def walk(node: Any, path: Path, dotted: str, item: str) -> None:
        if dotted in known and (not isinstance(node, dict) or "value" in node or "dist" in node):
            found.append(_number_entry(known[dotted], node, scenario.places[path], item))
        elif isinstance(node, dict) and (node or not isinstance(node, Items)):
            for key, below in node.items():
                if path or key not in HEAD:
                    name = f"{dotted}.{key}" if dotted else key
                    walk(below, (*path, key), name, name if isinstance(node, Items) else item)
        elif isinstance(node, list) and any(isinstance(below, dict) for below in node):
            for position, below in enumerate(node):
                walk(below, (*path, position), f"{dotted}.{position}", f"{dotted}.{position}")
        else:
            found.append(Entry(dotted, in_words(node), "", scenario.places[path], "", "", item))

    walk(scenario.tree, (), "", "")
    written = {entry.path for entry in found}
    for one in known.values():
        if one.path not in written and one.path.partition(".")[0] not in HEAD:
            _put_default(found, one)
    return found


def _put_default(found: list[Entry], known: Known) -> None:
    """Put a number that is not written behind what is written of its section, or else behind all."""
    section = f"{known.path.rpartition('.')[0]}."
    beside = [place for place, entry in enumerate(found) if entry.path.startswith(section)]
    items = (entry.item for entry in found if entry.item and known.path.startswith(f"{entry.item}."))
    entry = _number_entry(known, None, Place(""), max(items, key=len, default=""))
    found.insert(beside[-1] + 1 if beside else len(found), replace(entry, origin=DEFAULT))


def _number_entry(known: Known, node: Any, place: Place, item: str) -> Entry:
    knob = known.knob
    value = known.value
    origin = ""
    if isinstance(value, (Quantity, Fixed)):
        origin = ", ".join(value.sources) or ("assumed" if value.assumption else "")
        origin += f", {DIRECTION}" if value.direction_only else ""
        origin = origin or (RECORD if isinstance(value, Quantity) and value.word else "")
    text = _form_in_words(node) if isinstance(node, dict) and "dist" in node else in_words(value)
    note = value.note if isinstance(value, (Quantity, Fixed)) else ""
    record, note = (note, "") if isinstance(value, Quantity) and value.word else ("", note)
    about = knob.description if knob else ""
    return Entry(known.path, text, knob.unit if knob else "", place, origin, about, item, record, note)


def _is_sourced(value: Any) -> bool:
    """Return whether a number itself, and not its direction alone, has a source."""
    by_word = isinstance(value, Quantity) and bool(value.word)
    return by_word or (isinstance(value, (Quantity, Fixed)) and bool(value.sources) and not value.direction_only)


def _is_assumed(value: Any) -> bool:
    return isinstance(value, (Quantity, Fixed)) and (value.assumption or value.direction_only)


def _form_in_words(node: dict[str, Any]) -> str:
    """Return a distribution as it is written, key by key."""
    parts = [f"{key} {in_words(value)}" for key, value in node.items() if key != "dist" and key not in ORIGIN]
    return f"{node['dist']}: {', '.join(parts)}" if node["dist"] in FAMILIES else in_words(node)


def changes(before: Scenario[ScenarioHead], after: Scenario[ScenarioHead]) -> list[Change]:
    """Return what differs in what is assumed, in the order of the first scenario, then of the second."""
    old = {entry.path: entry for entry in entries(before)}
    new = {entry.path: entry for entry in entries(after)}
    old_items, new_items = ({entry.item for entry in side.values()} - {""} for side in (old, new))
    found: list[Change] = []
    for path in dict.fromkeys([*old, *new]):
        a, b = old.get(path), new.get(path)
        entry = b or a
        assert entry is not None
        if entry.item and (entry.item in old_items) != (entry.item in new_items):
            # An item that only one has is one change, not one for each of its values.
            whole = ", ".join(_short(e) for e in (new if b else old).values() if e.item == entry.item)
            change = Change(entry.item, None if b else whole, whole if b else None)
            if change not in found:
                found.append(change)
        elif (a is None or b is None) and any(one.startswith(f"{path}.") for one in (new if a else old)):
            pass  # a list that is empty in the other, of which each thing is told
        elif a is None or b is None or a.text != b.text:
            old_text, new_text = (side.text if side is not None else ABSENT for side in (a, b))
            found.append(Change(path, old_text, new_text, entry.unit, entry.about))
    return found


def _short(entry: Entry) -> str:
    return f"{entry.path.removeprefix(f'{entry.item}.')} {entry.text}"


def coverage(scenario: Scenario[ScenarioHead]) -> Iterator[Coverage]:
    """Yield, section by section, which numbers of a scenario have a source, are marked as assumptions, or are defaults."""
    origins = {entry.path: entry.origin for entry in entries(scenario)}
    others = _of_other_wars(scenario)
    counts: dict[str, list[Known]] = {}
    for known in numbers(scenario.world):
        section, dot, _ = known.path.partition(".")
        if dot and section not in HEAD:
            counts.setdefault(section, []).append(known)
    for section, mine in counts.items():
        foreign = [known.path for known in mine if known.path in others]
        mine = [known for known in mine if known.path not in others]
        default = [known.path for known in mine if origins[known.path] == DEFAULT]
        sourced = [known.path for known in mine if _is_sourced(known.value) and known.path not in default]
        assumed = [known.path for known in mine if _is_assumed(known.value)]
        rest = [known.path for known in mine if known.path not in {*default, *sourced, *assumed}]
        yield Coverage(section, len(sourced), len({*assumed} - {*sourced}), tuple(rest), tuple(default), tuple(foreign))


def _of_other_wars(scenario: Scenario[ScenarioHead]) -> dict[str, str]:
    """Return the paths of numbers of other wars, each with the war, but for those that were set since."""
    since = tuple(one.path for one in scenario.settings)
    return {
        path: war
        for war, paths in scenario.world.inherited.items()
        for path in paths
        if not any(f"{path}.".startswith(f"{one}.") for one in since)
    }


def provenance(scenario: Scenario[ScenarioHead]) -> Provenance:
    """Return how many numbers of a scenario are given, assumed, defaults, and those of another war."""
    sections = list(coverage(scenario))
    others = _of_other_wars(scenario)
    foreign = tuple(path for one in sections for path in one.inherited)
    return Provenance(
        sum(one.sourced for one in sections),
        sum(len(one.bare) for one in sections),
        sum(one.assumed for one in sections),
        sum(len(one.default) for one in sections),
        foreign,
        tuple(dict.fromkeys(others[path] for path in foreign)),
    )


class Later(NamedTuple):
    """A number that rests on a source of which no one could know on a day, and when that was published, as it says."""

    path: str
    source: str
    date: str


def later_sources(scenario: Scenario[ScenarioHead], day: date) -> dict[str, str]:
    """Return the sources that are, or may be, of later than a day, by key, with their dates; see `later_than`."""
    return {key: one.date for key, one in scenario.world.sources.items() if _may_be_later(one.date, day)}


def later_than(scenario: Scenario[ScenarioHead], day: date) -> list[Later]:
    """Return which numbers of a scenario rest on sources that are, or may be, of later than a day, in the order of the file.

    A source of which only the month or the year is known counts by the end of it; one whose date names no year may be later.
    """
    late = later_sources(scenario, day)
    return [
        Later(known.path, key, late[key])
        for known in numbers(scenario.world)
        if isinstance(known.value, (Quantity, Fixed))
        for key in known.value.sources
        if key in late
    ]


def _may_be_later(text: str, day: date) -> bool:
    """Return whether something published then, as far as that is said, may be of later than a day.

    >>> [_may_be_later(text, date(2024, 7, 1)) for text in ("2024-07-01", "2024-07", "1988, revised 2023", "undated")]
    [False, True, False, True]
    """
    try:
        return date.fromisoformat(text) > day
    except ValueError:
        pass
    if whole_month := re.fullmatch(r"(\d{4})-(\d{2})", text):
        return (int(whole_month[1]), int(whole_month[2])) >= (day.year, day.month)
    years = [int(year) for year in re.findall(r"(?<!\d)\d{4}(?!\d)", text)]
    return not years or max(years) >= day.year


class Told(NamedTuple):
    """A number of a scenario for who looks for it: what it is called, its path, value, unit, range, meaning and origin."""

    label: str
    path: str
    value: str
    unit: str
    range: str
    low: float | None
    high: float | None
    meaning: str
    source: str


def told_knobs(scenario: Scenario[ScenarioHead], words: Sequence[str] = ()) -> list[Told]:
    """Return the numbers of a scenario of whose label, path or meaning all words are said, whatever their capitals.

    First come those that are called so themselves, then those of something that is, then those of which it is only said;
    the parts of a list, which are seldom turned alone, come after what stands alone.
    """
    knobs = {known.path: known.knob for known in numbers(scenario.world) if known.knob is not None}
    found = []
    for entry in entries(scenario):
        knob, label = knobs.get(entry.path), scenario.labels.get(entry.path)
        if knob is not None and label is not None:
            reach = knob.low, knob.high
            may_be = "; or ".join(part for part in (allowed(knob), ", ".join(knob.words)) if part)
            told = label.text, entry.path, entry.text, entry.unit, may_be, *reach, entry.about, entry.origin
            found.append(Told(*told))
    found = those_of(words, found, lambda one: (one.label, one.path, one.meaning))
    return sorted(found, key=lambda one: _distance(one, words)) if any(words) else found


def _distance(one: Told, words: Sequence[str]) -> tuple[bool, int]:
    """Return how far a number is from what words ask for, the nearest first."""
    own = one.label.rpartition(": ")[2]
    nearest = (place for place, text in enumerate((own, one.label, one.meaning)) if speaks_of(words, text))
    return one.path.rpartition(".")[2].isdecimal(), next(nearest, 3)
