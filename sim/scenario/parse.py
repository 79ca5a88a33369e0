"""YAML text -> plain values with the place of every key and item, all flaws collected.

Built from the parser's events and not from a loader: nothing is constructed but plain values, the depth and the
number of nodes are bounded while reading, and an alias is seen before it could be expanded.
Left out on purpose, each an error: anchors, aliases, tags, merge keys, several documents in a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from .errors import STILL_BLANK, FieldError, Flaw, Path
from .scalars import plainly, resolve
from .wording import found, quoted

DEEPEST = 32
MOST_NODES = 50_000


class Unread:
    """Stands where a value could not be read: no field accepts it, so nothing is concluded from its absence."""


UNREAD = Unread()

BLANK = "___"
"""Stands where something is still to be filled in."""

_ASIDE = -1
"""A step no mapping has: what is read there is not kept, and its flaws spoil no other value."""

# The parser in C, of PyYAML where it was built with it, is several times as fast.
_QUICK: Any = getattr(yaml, "CSafeLoader", None)
_QUOTED = re.compile(r': "[\x20\x21\x23-\x5b\x5d-\x7e]*"')
_BRACKETED = re.compile(r"\[(?!\])|\{(?!\})")
# Tabs, escapes, characters out of the way, what comes straight behind the mark of a block, directives, marks of documents,
# endless lines.
_APART = re.compile(
    r"[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff]|\\(?![\n \"\\])|[>|][+\-\d]*[^\s+\-\d]|^(%|---|\.\.\.)|.{1000}", re.MULTILINE
)

Spot = tuple[int, int]
"""Line and column, both from 1."""


@dataclass(frozen=True)
class Finding:
    """A flaw of the text: the path it belongs to (None: no value was spoilt), its spot and what is wrong."""

    path: Path | None
    spot: Spot
    flaw: Flaw


class _Stop(Exception):
    """Reading cannot go on; the reason is already among the findings."""


class Parsed:
    """One YAML document as plain values.

    Parameters
    ----------
    text : str
        The document.

    Attributes
    ----------
    value : object
        Mappings as dict, lists as list, scalars as in `scalars.resolve`; a flawed scalar is `UNREAD`.
    spots : dict of path to (line, column)
        The spot of each mapping key and of each list item.
    findings : list of Finding
        Everything wrong with the text.
    is_block : bool
        Whether the root is written over lines (indented), not as a scalar or in brackets.
    complete : bool
        False when reading had to stop.
    """

    def __init__(self, text: str) -> None:
        if _QUICK is None or not _read_alike(text) or not self._read(_QUICK, text):
            # What is said of a flaw, and where, is said by one parser alone.
            self._read(yaml.SafeLoader, _without_tabs(text))

    def _read(self, parser: Any, text: str) -> bool:
        """Read it with a parser, and return whether all was well."""
        self.value: Any = None
        self.spots: dict[Path, Spot] = {}
        self.findings: list[Finding] = []
        self.is_block = False
        self.complete = False
        self._nodes = 0
        self._events: Iterator[Any] = iter(())
        loader: Any = None
        try:
            loader = parser(text)
            self._events = iter(loader.get_event, None)
            self._document()
            self.complete = True
        except _Stop:
            pass
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._flaw(None, mark, Flaw(*_in_words(error)))
        except (yaml.YAMLError, ValueError, OverflowError):
            # The parser lets characters that do not exist and endless version numbers out as bare errors of Python.
            hint = "Look for a backslash in double quotes, or a line that starts with '%'"
            mark = loader.get_mark() if isinstance(loader, yaml.SafeLoader) else None
            self._flaw(None, mark, Flaw("not valid YAML: no such character or number", hint))
        return self.complete and not self.findings

    def _flaw(self, path: Path | None, mark: Any, flaw: Flaw) -> None:
        spot = (1, 1) if mark is None else (mark.line + 1, mark.column + 1)
        self.findings.append(Finding(path, spot, flaw))

    def _stop(self, mark: Any, flaw: Flaw) -> _Stop:
        self._flaw(None, mark, flaw)
        return _Stop()

    def _document(self) -> None:
        next(self._events)  # start of the stream
        start = next(self._events)
        if isinstance(start, yaml.StreamEndEvent):
            return
        root = next(self._events)
        self.is_block = isinstance(root, yaml.CollectionStartEvent) and not root.flow_style
        self.value = self._node(root, ())
        next(self._events)  # end of the document
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            hint = "Write one scenario a file, and '---' at most once, at its start"
            raise self._stop(after.start_mark, Flaw("a second document starts here", hint))

    def _node(self, event: Any, path: Path) -> Any:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            flaw = Flaw(f"more than {MOST_NODES} values in one file", "A scenario has some thousands")
            raise self._stop(event.start_mark, flaw)
        if isinstance(event, yaml.AliasEvent):
            flaw = Flaw(f"alias {quoted(f'*{event.anchor}')} is not allowed", "Write the value out")
            self._flaw(path, event.start_mark, flaw)
            return UNREAD
        if event.anchor is not None:
            flaw = Flaw(f"anchor {quoted(f'&{event.anchor}')} is not allowed", "Remove it")
            self._flaw(None, event.start_mark, flaw)
        if event.tag is not None:
            tag = quoted(event.tag.replace("tag:yaml.org,2002:", "!!"))
            self._flaw(path, event.start_mark, Flaw(f"tag {tag} is not allowed", "Remove it"))
            if isinstance(event, yaml.ScalarEvent):
                return UNREAD
        if isinstance(event, yaml.ScalarEvent):
            if event.value == BLANK and not event.style and path and path[-1] != _ASIDE:
                self._flaw(path, event.start_mark, Flaw(f"{path[-1]} {STILL_BLANK}", "Fill it in"))
                return UNREAD
            try:
                return resolve(event.value, plain=not event.style)
            except FieldError as error:
                self._flaw(path, event.start_mark, error.flaws[0])
                return UNREAD
        if len(path) >= DEEPEST:
            raise self._stop(event.start_mark, Flaw(f"nested deeper than {DEEPEST} levels", "No field lies so deep"))
        read: Callable[[Path], Any] = self._mapping if isinstance(event, yaml.MappingStartEvent) else self._list
        return read(path)

    def _list(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            item = (*path, len(items))
            self.spots[item] = (event.start_mark.line + 1, event.start_mark.column + 1)
            items.append(self._node(event, item))
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        before: tuple[str, Any] | None = None
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            comma = before and _comma_between(before[1], event)
            if before and comma:
                self._flaw((*path, before[0]), before[1].start_mark, comma)
                fields[before[0]] = UNREAD
                self._node(next(self._events), (*path, _ASIDE))
                continue
            key = self._key(event, path)
            value = next(self._events)
            before = None if key is None else (key, value)
            if key is not None and key in fields:
                line = self.spots[(*path, key)][0]
                flaw = Flaw(f"duplicate key {quoted(key)}, first written on line {line}", "Keep one of them")
                self._flaw(None, event.start_mark, flaw)
                key = None
            if key is None:
                self._node(value, (*path, _ASIDE))  # only for the flaws inside
                continue
            self.spots[(*path, key)] = (event.start_mark.line + 1, event.start_mark.column + 1)
            fields[key] = self._node(value, (*path, key))
        return fields

    def _key(self, event: Any, path: Path) -> str | None:
        """Return a mapping's key, or None when its entry cannot be used."""
        if isinstance(event, yaml.ScalarEvent) and not event.style and event.value == "<<":
            self._flaw(None, event.start_mark, Flaw("merge key '<<' is not allowed", "Write the fields out"))
            return None
        before = len(self.findings)
        key = self._node(event, (*path, _ASIDE))
        if len(self.findings) > before:
            return None
        if not isinstance(key, str):
            shown = event.value if isinstance(event, yaml.ScalarEvent) else None
            hint = "Write 'name: value'" if not shown else f'Write it in quotes: "{shown}"'
            self._flaw(None, event.start_mark, Flaw(f"a key must be text, not {found(key)}", hint))
            return None
        return key


def _comma_between(value: Any, key: Any) -> Flaw | None:
    """Return what is wrong where a number in brackets is parted by a comma, so that its end is taken for a key."""
    are_plain = all(isinstance(event, yaml.ScalarEvent) and not event.style for event in (value, key))
    start, end = key.start_mark, value.end_mark
    if not are_plain or (start.line, start.index) != (end.line, end.index + 1):
        return None
    written = f"{value.value},{key.value}"
    meant = plainly(written)
    return Flaw(f"the comma in {written} parts it in two", f"Write {meant}") if meant else None


def _read_alike(text: str) -> bool:
    """Return whether a text has nothing that the two parsers may take otherwise."""
    rest = _QUOTED.sub(': ""', text)
    return not _APART.search(rest) and ("?" not in rest or not _BRACKETED.search(rest))


def _without_tabs(text: str) -> str:
    """Return JSON with its tabs, which stand between values only, as spaces; anything else as it is."""
    if "\t" not in text or not text.lstrip().startswith("{"):
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text.replace("\t", " ")


_COMMAS = "Close it, and put texts that contain a comma or ': ' in quotes"
_SPACES = "Check the spaces at the start of the line, and the quotes and brackets before it"
# What the parser finds: a part of its problem and of its context; what is said of it and what to do. The first that fits.
_IN_WORDS = (
    ("'\\t'", "", "a tab stands where only spaces may", "Indent with spaces, not tabs"),
    ("directive", "", "a line that starts with '%' is not allowed here", "Remove it, or put the text in quotes"),
    ("YAML document", "", "this is another version of YAML", "Remove the line that starts with '%'"),
    ("", "directive", "a line that starts with '%' is not allowed here", "Remove it, or put the text in quotes"),
    ("tag handle", "", "a text may not start with '!'", "Put it in quotes"),
    ("", "tag", "a text may not start with '!'", "Put it in quotes"),
    ("", "an anchor", "a text may not start with '&'", "Put it in quotes"),
    ("", "an alias", "a text may not start with '*'", "Put it in quotes"),
    ("cannot start any token", "", "a text may not start with {sign}", "Put it in quotes"),
    ("mapping values are not", "", "a ':' is not expected here",
     "Put a text that contains ': ' in quotes, and check the indentation"),
    ("sequence entries", "", "a '-' is not expected here", "Write each item of a list on its own line, or [a, b]"),
    ("mapping keys", "", "a '?' is not expected here", "Put the text in quotes"),
    ("expected ':'", "", "a ':' is missing after what starts on line {line}", "Write 'name: value', a space after the ':'"),
    ("found unexpected", "", "the quotes that open on line {line} are not closed", "Write the same quote at their end"),
    ("escape", "", "a backslash in double quotes starts no known character",
     "Put the text in single quotes, where a backslash is only itself"),
    ("',' or ']'", "", "the list that opens on line {line} lacks a ',' or its ']'", _COMMAS),
    ("',' or '}'", "", "the mapping that opens on line {line} lacks a ',' or its '}'", _COMMAS),
    ("<block end>", "", "this does not fit what stands above it", _SPACES),
    ("<document start>", "", "this does not fit what stands above it", _SPACES),
    ("node content", "", "a value is missing here", "Write one; put a text that starts with ',', ']' or '}' in quotes"),
    ("", "block scalar", "'|' or '>' must be the last on its line", "Start the text on the next line, or put it in quotes"),
)  # fmt: skip


def _in_words(error: yaml.MarkedYAMLError) -> tuple[str, str]:
    problem, context = str(error.problem or error.context or "unreadable"), str(error.context or "")
    line = 1 if error.context_mark is None else error.context_mark.line + 1
    sign = problem.removeprefix("found character ").removesuffix(" that cannot start any token")
    for part, around, words, hint in _IN_WORDS:
        if part in problem and around in context:
            return f"not valid YAML: {words.replace('{line}', str(line)).replace('{sign}', sign)}", hint
    return f"not valid YAML: {problem}{f' ({context})' if context else ''}", ""
