"""What tells a scenario from another of the same title: a fingerprint of what its file assumes, and what was set beyond it.

Two scenarios that assume different things differ in title, fingerprint or settings. Remarks and sources are no part of it.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .errors import Path
from .families import FAMILIES
from .tree import Items
from .wording import exact_number

# What is said about a scenario or a number, and changes nothing that is simulated.
REMARKS = ("short", "description", "sources", "inherited", "war_began")
ORIGIN = ("source", "source_of", "note", "assumption")
# Said apart, because a run may be told another one.
HORIZON = ("horizon_months", "horizon_days")
NOT_GIVEN = "not given"
# Hexadecimal digits: among a million runs the chance that two share one is below one in a million.
DIGITS = 10
_WORD = re.compile("[a-z][a-z0-9_]*")
_TAKEN = ("true", "false", "nothing")


def horizon_set(settings: Sequence[str]) -> str:
    """Return which field of the horizon texts as after `--set` set; nothing if none does.

    >>> horizon_set(["front.reach_km=20", "horizon_months=3"])
    'horizon_months'
    """
    paths = [text.partition("=")[0].strip() for text in settings]
    return next((path for path in HORIZON if path in paths), "")


class Setting(NamedTuple):
    """A value that is not that of the file: where it stands, what it is, and what it was, all exactly and in words."""

    path: str
    value: str
    was: str

    def __str__(self) -> str:
        return f"{self.path} {self.value} (was {self.was})"


@dataclass(frozen=True)
class Origin:
    """Where a scenario that a run has kept comes from.

    Parameters
    ----------
    fingerprint : str
        Of the file that was run; empty for a shipped one.
    settings : tuple of Setting
        What the run changed in it.
    """

    fingerprint: str
    settings: tuple[Setting, ...]


def fingerprint(tree: Mapping[str, Any]) -> str:
    """Return a short text that two trees share only if they assume the same."""
    return short_hash(in_full({name: value for name, value in tree.items() if name not in REMARKS}))


def past_of(tree: Mapping[str, Any], until: datetime.date) -> str:
    """Return a short text that two trees share only if they assume the same of the time until a day.

    What the horizon is, what is expected and what comes on a date from then on is no part of that.
    """
    left_out = (*HORIZON, "title", "expect", "histories")
    return fingerprint(_until({name: value for name, value in tree.items() if name not in left_out}, until))


def _until(node: Any, until: datetime.date) -> Any:
    if isinstance(node, list):
        return [_until(item, until) for item in node if not _comes_later(item, until)]
    if not isinstance(node, dict):
        return node
    earlier = {name: _until(item, until) for name, item in node.items() if not _comes_later(item, until)}
    # Where all comes later there is nothing, as where nothing is written.
    kept = {name: item for name, item in earlier.items() if item not in ({}, []) or item == node[name]}
    return Items(kept, node.listed) if isinstance(node, Items) else kept


def _comes_later(item: Any, until: datetime.date) -> bool:
    """Return whether something comes on a date from a day on: an event says so in its condition, all else itself."""
    said = item.get("when", item) if isinstance(item, dict) else None
    when = said.get("date") if isinstance(said, dict) else None
    return isinstance(when, datetime.date) and when >= until


def short_hash(text: str) -> str:
    """Return a short text that hardly two texts share."""
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def settings_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Setting, ...]:
    """Return what differs between two trees, by path, whatever the order in which it was set; without the horizon."""
    left_out = (*REMARKS, *HORIZON)
    old, new = ({name: value for name, value in tree.items() if name not in left_out} for tree in (before, after))
    return tuple(sorted(_between(old, new, "")))


def one_after_the_other(first: Sequence[Setting], then: Sequence[Setting]) -> tuple[Setting, ...]:
    """Return what two steps of settings change together."""
    whole = {one.path: one for one in first}
    for one in then:
        known = whole.pop(one.path, None)
        was = one.was if known is None else known.was
        if was != one.value:
            whole[one.path] = Setting(one.path, one.value, was)
    return tuple(sorted(whole.values()))


class _Absent:
    """What stands in a tree where the other has something."""


_ABSENT = _Absent()


def _between(old: Any, new: Any, path: str) -> Iterator[Setting]:
    before, after = in_full(old), in_full(new)
    if before == after:
        return
    dot = f"{path}." if path else ""
    if isinstance(old, Items) and isinstance(new, Items):
        items = _with_ids(old), _with_ids(new)
        for name in {**old, **new}:
            yield from _between(items[0].get(name, _ABSENT), items[1].get(name, _ABSENT), f"{dot}{name}")
        usual = [name for name in old if name in new] + sorted(name for name in new if name not in old)
        if usual != list(new):
            yield Setting(path, f"in the order {', '.join(new)}", f"in the order {', '.join(old)}")
    elif _is_section(old) and _is_section(new):
        for key in {**old, **new}:
            yield from _between(old.get(key, _ABSENT), new.get(key, _ABSENT), f"{dot}{key}")
    else:
        yield Setting(path, after, before)


def apart(trees: Sequence[Any], path: Path = ()) -> Iterator[Path]:
    """Yield the paths at which trees are not all alike: of the smallest parts that can be told apart in all of them.

    What is said about a number counts as little as the order in which things are written.
    """
    if len({in_full(tree) for tree in trees}) == 1:
        return
    if all(map(_is_section, trees)) or all(isinstance(tree, Items) for tree in trees):
        for key in dict.fromkeys(key for tree in trees for key in tree):
            yield from apart([tree.get(key, _ABSENT) for tree in trees], (*path, key))
    else:
        yield path


def in_full(value: Any) -> str:
    """Return a value of a tree in words that no other value has; what is said about a number is left out.

    >>> in_full({"value": 0.1, "note": "a guess"}), in_full(1000), in_full({"dist": "uniform", "low": 0, "high": 1})
    ('0.1', '1,000', 'uniform: low 0, high 1')
    """
    if isinstance(value, _Absent):
        return NOT_GIVEN
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return exact_number(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, str):
        return value if _WORD.fullmatch(value) and value not in _TAKEN else json.dumps(value, ensure_ascii=False)
    if isinstance(value, Items):
        value = list(_with_ids(value).values())  # their order counts
    if isinstance(value, list):
        return f"[{', '.join(map(in_full, value))}]"
    if not isinstance(value, dict):
        return "nothing"
    if _is_number(value):
        parts = {key: item for key, item in value.items() if key not in ORIGIN}
        if set(parts) == {"value"}:
            return in_full(parts["value"])
        if "dist" in parts:
            dist = parts.pop("dist")
            forms = FAMILIES[dist].forms if isinstance(dist, str) and dist in FAMILIES else ()
            usual = list(dict.fromkeys(name for form in forms for name in form))
            # However it is written, it is the same.
            keys = [key for key in usual if key in parts] + sorted(key for key in parts if key not in usual)
            return f"{in_full(dist)}: {', '.join(f'{key} {in_full(parts[key])}' for key in keys)}"
    else:
        parts = value
    return f"{{{', '.join(f'{json.dumps(key, ensure_ascii=False)}: {in_full(parts[key])}' for key in sorted(parts))}}}"


def _is_number(node: Any) -> bool:
    return isinstance(node, dict) and any(key in node and not isinstance(node[key], dict) for key in ("value", "dist"))


def _is_section(node: Any) -> bool:
    return isinstance(node, dict) and bool(node) and not _is_number(node)


def _with_ids(things: Items) -> dict[str, Any]:
    """Return things with their id among their fields."""
    return {name: {**thing, "id": name} if isinstance(thing, dict) else thing for name, thing in things.items()}
