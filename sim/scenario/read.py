"""Files and command-line values -> documents: plain values with the place of every part.

`parse` knows YAML, this file knows files. Left out: other encodings than UTF-8, and reading from a pipe.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from .errors import FieldError, Flaw, Path, Problem, ScenarioError
from .parse import Finding, Parsed
from .wording import NOT_SHOWN, RETYPE, did_you_mean, found

Names = Callable[[], Iterable[str]]

LARGEST_BYTES = 1024 * 1024

# A lone carriage return is a line break to YAML and stays.
_UNSEEN = re.compile(f"[{NOT_SHOWN}]")
_SAVE = "Save the file in your editor with the encoding UTF-8"
_LINE_END = re.compile("\r\n?|\n")


class Kind(NamedTuple):
    """What a file is, in words: what it holds, what messages call it, and how one begins."""

    holds: str
    called: str
    begins: str


SCENARIO = Kind("scenario", "scenario file", "title: ...")


@dataclass(frozen=True)
class Place:
    """Where something is written.

    Parameters
    ----------
    file : str
        The file as the user knows it, or the command-line option.
    line, column : int
        From 1; both 0 when it is not in a file.
    """

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    @property
    def order(self) -> tuple[bool, str, int, int]:
        """Key to sort by: file by file, down each, then what is not in a file."""
        return self.line == 0, self.file if self.line else "", self.line, self.column


@dataclass(frozen=True)
class Located:
    """A flaw with its place; `path` is the value it spoils, or None."""

    place: Place
    flaw: Flaw
    path: Path | None = None

    @property
    def problem(self) -> Problem:
        """The flaw as it is shown."""
        return Problem(str(self.place), self.flaw.message, self.flaw.hint)


@dataclass(frozen=True, eq=False)
class Document:
    """A YAML file as plain values.

    Parameters
    ----------
    value : dict
        The root mapping.
    places : mapping of path to Place
        The place of each mapping key and each list item; a path is a tuple of keys (str) and positions (int).
    """

    value: dict[str, Any]
    places: Mapping[Path, Place]


def read_yaml(path: str | FilePath) -> Document:
    """Read one YAML file strictly.

    Parameters
    ----------
    path : str or pathlib.Path
        The file: UTF-8, at most 1 MiB, one document, a mapping at the root.

    Returns
    -------
    Document

    Raises
    ------
    ScenarioError
        With everything wrong with the file as YAML, each with its place.
    """
    document, wrong = read_all(FilePath(path), str(path))
    if wrong:
        raise ScenarioError(item.problem for item in sorted(wrong, key=lambda item: item.place.order))
    return document


def read_all(path: FilePath, shown: str, names: Names = tuple, kind: Kind = SCENARIO) -> tuple[Document, list[Located]]:
    """Read as much of a file as can be read.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    shown : str
        Its name in messages.
    names : callable
        Gives the names that may have been meant; called when there is no such file.
    kind : Kind
        What the file is.

    Returns
    -------
    Document
        With `parse.UNREAD` where a value could not be read.
    list of Located
        What is wrong with the text.

    Raises
    ------
    ScenarioError
        If there is nothing to go on with: no file, no mapping, broken syntax.
    """
    document, wrong = _documented(_text(path, shown, names, kind), shown, kind)
    return document, list(wrong)


# As many as are shipped, and some more.
@lru_cache(maxsize=64)
def _documented(text: str, shown: str, kind: Kind) -> tuple[Document, tuple[Located, ...]]:
    """Return what a file says. What many scenarios extend is read once, and nobody changes what was read."""
    parsed = Parsed(text)
    wrong = [Located(Place(shown, *item.spot), item.flaw, item.path) for item in parsed.findings]
    if parsed.complete and not isinstance(parsed.value, dict) and not any(item.path == () for item in wrong):
        flaw = Flaw("the file is empty", f"Start with '{kind.begins}'")
        if parsed.value is not None:
            flaw = Flaw(f"a {kind.holds} must be a mapping of fields, not {found(parsed.value)}", flaw.hint)
        wrong.append(Located(Place(shown, 1, 1), flaw))
    if not parsed.complete or not isinstance(parsed.value, dict):
        raise ScenarioError(item.problem for item in sorted(wrong, key=lambda item: item.place.order))
    places = {step: Place(shown, *spot) for step, spot in parsed.spots.items()}
    return Document(parsed.value, places), tuple(wrong)


def read_value(text: str) -> Any:
    """Read one value as it may stand after a key: a scalar, or a list or mapping in brackets.

    Raises
    ------
    FieldError
        With everything wrong with it.
    """
    unseen = _UNSEEN.search(text)
    if unseen:
        raise FieldError(Flaw(f"control character {unseen.group()!a} in the value", RETYPE))
    if not text.strip():
        raise FieldError(Flaw("there is no value after '='", "Write path=value, or path=null for nothing"))
    parsed = Parsed(text)
    flaws = [_bare(item) for item in parsed.findings]
    if not flaws and parsed.is_block:
        flaws = [Flaw("the value is not a single one", "Write a mapping as {key: value} and a list as [a, b]")]
    if flaws:
        raise FieldError(*flaws)
    return parsed.value


def _bare(finding: Finding) -> Flaw:
    return Flaw(finding.flaw.message, finding.flaw.hint)


def _text(path: FilePath, shown: str, names: Names, kind: Kind) -> str:
    def wrong(message: str, hint: str = "") -> ScenarioError:
        return ScenarioError([Problem(shown, message, hint)])

    try:
        if path.is_dir():
            raise wrong(f"this is a folder, not a {kind.called}", "Name a .yaml file in it")
        if path.is_symlink() and not path.exists():
            raise wrong("this is a link that leads nowhere", "Name the file itself")
        if not path.exists():
            raise wrong("there is no such file", did_you_mean(shown, names()))
        if not path.is_file():
            raise wrong("this is not a regular file", "Name a .yaml file")
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise wrong(f"the file cannot be read: {reason}") from None
    if len(data) > LARGEST_BYTES:
        raise wrong("the file is larger than 1 MiB", f"A {kind.holds} is a few kilobytes of text")
    return decoded(data, shown)


def decoded(data: bytes, shown: str) -> str:
    """Return the text of a file, without the mark of its encoding at its start.

    Raises
    ------
    ScenarioError
        At the first that is not UTF-8, or a character that does not show.
    """

    def wrong(message: str, hint: str, before: str) -> ScenarioError:
        lines = _LINE_END.split(before)
        return ScenarioError([Problem(str(Place(shown, len(lines), len(lines[-1]) + 1)), message, hint)])

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()  # without the mark at the start of the file
        raise wrong("the file is not UTF-8 text", _SAVE, before) from None
    unseen = _UNSEEN.search(text)
    if unseen:
        hint = _SAVE if unseen.group() == "\0" else RETYPE  # most likely UTF-16
        raise wrong(f"control character {unseen.group()!a}", hint, text[: unseen.start()])
    return text
