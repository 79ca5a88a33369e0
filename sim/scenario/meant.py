"""What a name that is not known may have meant: a side by its name, a field that stands elsewhere, or words of one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from .walk import below, fields, item_of
from .wording import closest, did_you_mean

# judgement: a name this like another is a slip of the fingers; what is less like it may be meant for something else.
_SLIP = 0.8
# What a scenario says about itself is no place to look for what it assumes.
_NOT_ASSUMED = ("sources", "expect", "correlations", "sides", "histories")
_LITTLE = {"a", "and", "at", "in", "of", "on", "per", "the", "to"}
# What is said for the words of fields.
_SAME = {"losses": "casualties", "dead": "killed", "weapons": "aid", "soldiers": "persons", "peacekeepers": "guards"}
_STEM = 5
_MOST = 3


class _Field(NamedTuple):
    """A field that may be written, with the stems of its own name, of its path, and of what is said of it."""

    path: tuple[str, ...]
    own: frozenset[str]
    along: frozenset[str]
    told: frozenset[str]


class Meant:
    """What names may mean in a scenario.

    Parameters
    ----------
    schema
        The model of a scenario.
    tree : dict
        Its plain values, which have the names of the sides and of things.
    """

    def __init__(self, schema: Any, tree: Any) -> None:
        self._schema, self._tree = schema, tree

    def side(self, name: object, possible: Sequence[str], dot: str = "", rest: str = "") -> str:
        """Return what to write for a name of a side, between `dot` and `rest`, if the side may be written; else nothing."""
        near = closest(name, self._sides, _SLIP) if isinstance(name, str) else None
        side = self._sides.get(near or "", "")
        return f"{near} is the {side} here. Write '{dot}{side}{rest}'" if side and side in possible else ""

    def hint(self, names: Sequence[str], above: Sequence[str], allowed: Sequence[str], as_path: bool = False) -> str:
        """Return what to write in place of a name that is not known.

        Parameters
        ----------
        names : sequence of str
            The name, and what is written below it if that counts.
        above : sequence of str
            What it is written below.
        allowed : sequence of str
            What may be written there.
        as_path : bool
            Whether the whole path has to be written, as for `--set`, and not a name below others, as in a file.
        """
        dot = "".join(f"{step}." for step in above) if as_path else ""
        if side := self.side(names[0], allowed, dot, "".join(f".{name}" for name in names[1:])):
            return side
        if near := closest(names[0], allowed, _SLIP):
            return f"Did you mean '{dot}{near}'?"
        paths = self._paths(names, tuple(above))
        if not paths:
            return did_you_mean(names[0], allowed, dot)
        more, paths = len(paths) > _MOST, paths[:_MOST]
        if not as_path and len({path[-1] for path in paths}) == 1 and paths[0][:-1] != tuple(above):
            places = [".".join(path[:-1]) for path in paths]
            return f"Did you mean '{paths[0][-1]}' below {_either(places, more)}?"
        inside = 0 if as_path or any(path[:-1] != tuple(above) for path in paths) else len(above)
        return f"Did you mean {_either([repr('.'.join(path[inside:])) for path in paths], more)}?"

    def indented(self, dotted: str, above: Sequence[str]) -> str:
        """Return how a path is written in a file, where it leads to a field from below `above` or from the start."""
        for start in (tuple(above), ()):
            if "." in dotted and any(field.path == (*start, *dotted.split(".")) for field in self._fields):
                *sections, name = dotted.split(".")
                where = "" if start == tuple(above) else " at the start of a line"
                return f"Write {''.join(f'{section}: {{' for section in sections)}{name}: ...{'}' * len(sections)}{where}"
        return ""

    @cached_property
    def _sides(self) -> dict[str, str]:
        sides = self._tree.get("sides") if isinstance(self._tree, dict) else None
        if not isinstance(sides, dict):
            return {}
        named = {side: one.get("name") for side, one in sides.items() if isinstance(one, dict)}
        return {name: side for side, name in named.items() if isinstance(name, str)}

    @cached_property
    def _fields(self) -> list[_Field]:
        known = list(_below(self._schema, self._tree, ()))
        return [
            _Field(path, _stems(path[-1]), _stems(" ".join(path)), _stems(f"{' '.join(path)} {about}"))
            for path, about in known
            if path[0] not in _NOT_ASSUMED
        ]

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset().union(*(field.told for field in self._fields))

    def _paths(self, names: Sequence[str], above: tuple[str, ...]) -> list[tuple[str, ...]]:
        """Return the paths that come nearest to a name and what is below it, best below `above`."""
        *others, name = [part for one in names for part in one.split(".")]
        if others and self._as_sides(_stems(name)) <= _SIDES:
            others, name = [*others[:-1], name], others[-1]  # whose it is
        stems, around = self._as_sides(_stems(name)), self._as_sides(_stems(" ".join(others)))
        wanted = stems - _SIDES or stems
        around |= stems - wanted
        if not wanted or not wanted <= self._words:
            return []
        fits = {field.path: _fit(field, name, wanted) for field in self._fields if around <= field.along}
        inside = {path: fit for path, fit in fits.items() if path[: len(above)] == above and fit >= 2}
        fits = {path: fit for path, fit in inside.items() if len(path) == len(above) + 1} or inside or fits
        best = max(fits.values(), default=0.0)
        return [path for path, fit in fits.items() if fit == best] if best else []

    def _as_sides(self, stems: frozenset[str]) -> frozenset[str]:
        """Return stems with those of the names of sides as what the sides are."""
        sides = {stem: side for name, side in self._sides.items() for stem in _stems(name)}
        return frozenset().union(*(_stems(sides.get(stem, stem)) for stem in stems))


def _fit(field: _Field, name: str, wanted: frozenset[str]) -> float:
    """Return how near a field comes: its very name, all words in its name, in its path, in what is said of it, or 0."""
    if field.path[-1] == name:
        return 4
    if wanted <= field.own:
        return 2 + len(wanted) / len(field.own)
    return 2 if wanted <= field.along else 1 if wanted <= field.told else 0


def _below(annotation: Any, node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the paths of all fields and things below a place, each with what is said of it."""
    inside = node if isinstance(node, dict) else {}
    things = {} if item_of(annotation) is None else inside
    known = {name: field.description or "" for name, field in fields(annotation).items() if name != "id"}
    for name, about in (known or dict.fromkeys(map(str, things), "")).items():
        yield (*path, name), about
        yield from _below(below(annotation, name), inside.get(name), (*path, name))


def _stems(text: str) -> frozenset[str]:
    """Return the words of a text in lower case without their ends, so that those of one kind are equal.

    >>> _stems("daily_casualties") == _stems("Daily casualty")
    True
    """
    words = [_SAME.get(word, word) for word in re.findall("[^\\W_]+", text.lower())]
    return frozenset(word[:_STEM] if len(word) > _STEM else word.rstrip("s") for word in words if word not in _LITTLE)


_SIDES = _stems("attacker defender")


def _either(names: Sequence[str], more: bool) -> str:
    *first, last = [*names, *(["another"] if more else [])]
    return f"{', '.join(first)} or {last}" if first else last
