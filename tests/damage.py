"""Folders of results that are damaged one way each, and whose hashes are made to fit again.

Every field of every manifest and every column of every table that is read is missing, of another type, empty, huge,
infinite, negative or of other bytes; files are missing, cut off, folders, pipes or links; scenarios are others.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sim.results.manifest import NAME, sealed
from tests.resealed import reseal, said_by

# What a terminal would act on: an escape sequence, turned text, half a letter.
ODD_TEXT = "\x1b[31mred\u202eturned\ud800\x07"
VALUES: dict[str, Any] = {
    "nothing": None, "yes": True, "a list": [], "a mapping": {}, "a text": "x", "no text": "", "a fraction": 1.5,
    "negative": -1, "huge": 10**40, "infinite": float("inf"), "not a number": float("nan"), "long": "x" * 300_000,
    "odd text": ODD_TEXT, "deep": json.loads("[" * 400 + "]" * 400), "a path": "../../etc/passwd",
}  # fmt: skip
CELLS = {
    "empty": b"", "a word": b"x", "infinite": b"1e999", "inf": b"-inf", "nan": b"nan", "negative": b"-1", "huge": b"1e300",
    "large": b"1e25", "fraction": b"0.123", "nul": b"\x00", "not utf-8": b"\xff\xfe", "escape": b"\x1b[31m",
    "turned": "\u202e".encode(), "half a letter": b"\xed\xa0\x80", "long": b"x" * 300_000, "quoted": b'"a\n,b"',
    "open quote": b'"', "many digits": b"9" * 5_000, "two cells": b"1,2", "formula": b"=1+1", "markup": b"<img src=x>",
}  # fmt: skip


class Damage(NamedTuple):
    """One way to damage results: of which kind of results, what is done, and to which folder."""

    of: str
    name: str
    do: Callable[[Path, random.Random], None]
    # Whether results so damaged can be told from whole ones, whatever is asked of them.
    must: bool


def damages(folders: dict[str, Path]) -> Iterator[Damage]:
    """Yield every way to damage these folders of results."""
    for kind, folder in folders.items():
        yield from _of_manifests(kind, folder)
        for name in sorted(said_by(folder)["sha256"]):
            yield from _of_files(kind, name)
            if name.endswith(".csv") and name != "failures.csv":
                yield from _of_tables(kind, folder, name)
            if name == "scenario.yaml":
                yield from _of_scenarios(kind)
            if name.endswith(".parquet"):
                yield from _of_parquet(kind, name)


# Manifests


def _paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every field, and of the first item of every list."""
    items = node.items() if isinstance(node, dict) else list(enumerate(node))[:1] if isinstance(node, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from _paths(value, (*path, key))


def _of_manifests(kind: str, folder: Path) -> Iterator[Damage]:
    for path in _paths(said_by(folder)):
        place = ".".join(map(str, path))
        yield Damage(kind, f"{NAME} without {place}", _without(path), path[-1] != 0 and "outcomes" not in path)
        for what, value in VALUES.items():
            free_text = what in ("a text", "no text", "a path", "long", "odd text") or (what == "nothing" and "low" in path)
            # A name may be any text, what is not asked for may be missing, and any seed and any number are such.
            free = free_text or value in ([], {}) or (what, path[-1]) == ("huge", "seed") or path[-1] in ("low", "high")
            yield Damage(kind, f"{NAME}: {place} is {what}", _with(path, value), not free)
    for what, content in {
        "nothing": b"", "no JSON": b"{", "a list": b"[]", "deep": b"[" * 200_000, "not UTF-8": b'{"a": "\xff"}',
        "a number": b"1e999", "nul": b"\x00" * 100, "long number": b'{"seed": ' + b"9" * 10_000 + b"}",
    }.items():  # fmt: skip
        yield Damage(kind, f"{NAME} is {what}", _written(NAME, content), True)
    yield Damage(kind, f"{NAME} has one more field", lambda folder, _: reseal(folder, more=1), True)
    yield from _of_files(kind, NAME)


def _at(said: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        said = said[key]
    return said


def _without(path: tuple[Any, ...]) -> Callable[[Path, random.Random], None]:
    def do(folder: Path, _: random.Random) -> None:
        said = said_by(folder)
        del _at(said, path)[path[-1]]
        (folder / NAME).write_bytes(sealed(said))

    return do


def _with(path: tuple[Any, ...], value: Any) -> Callable[[Path, random.Random], None]:
    def do(folder: Path, _: random.Random) -> None:
        said = said_by(folder)
        _at(said, path)[path[-1]] = value
        (folder / NAME).write_bytes(sealed(said))

    return do


def _written(name: str, content: bytes) -> Callable[[Path, random.Random], None]:
    def do(folder: Path, _: random.Random) -> None:
        (folder / name).write_bytes(content)
        if name != NAME:
            reseal(folder)

    return do


# Files


def _of_files(kind: str, name: str) -> Iterator[Damage]:
    def instead(make: Callable[[Path], object]) -> Callable[[Path, random.Random], None]:
        def do(folder: Path, _: random.Random) -> None:
            (folder / name).unlink()
            make(folder / name)

        return do

    def linked(path: Path) -> None:
        other = path.with_name("elsewhere")
        shutil.copy(path.parent / NAME if (path.parent / NAME).exists() else __file__, other)
        path.symlink_to(other)

    def sparse(path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(1 << 42)

    ways: dict[str, Callable[[Path], object]] = {
        "missing": lambda path: None, "a folder": Path.mkdir, "a pipe": os.mkfifo, "a link": linked,
        "a link to a device": lambda path: path.symlink_to("/dev/zero"),
        "a link to nothing": lambda path: path.symlink_to("nowhere"), "endless": sparse,
    }  # fmt: skip
    for what, make in ways.items():
        yield Damage(kind, f"{name} is {what}", instead(make), True)
    if name == NAME:
        return

    def cut(folder: Path, luck: random.Random) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: luck.randrange(len(content))])
        reseal(folder)

    def flip(folder: Path, luck: random.Random) -> None:
        content = bytearray((folder / name).read_bytes())
        for _ in range(3):
            content[luck.randrange(len(content))] ^= 1 << luck.randrange(8)
        (folder / name).write_bytes(bytes(content))
        reseal(folder)

    yield Damage(kind, f"{name} is cut off", cut, False)
    yield Damage(kind, f"{name} has flipped bits", flip, False)
    yield Damage(kind, f"{name} is empty", _written(name, b""), name.endswith(("csv", "yaml", "parquet")))
    yield Damage(kind, f"{name} is noise", _written(name, bytes(range(256)) * 40), name.endswith(("csv", "yaml", "parquet")))


# Tables


def _of_tables(kind: str, folder: Path, name: str) -> Iterator[Damage]:
    rows = list(csv.reader(io.StringIO((folder / name).read_text(encoding="utf-8"))))
    # Without a row there is less to damage.
    some = len(rows) > 1
    # Of the hundred columns of drawn parameters a few stand for all.
    header = [column for column in rows[0] if "." not in column] + [column for column in rows[0] if "." in column][:3]
    for column in header:
        gone = _table(name, column, lambda cells, at, _: cells.pop(at))
        twice = _table(name, column, lambda cells, at, _: cells.append(cells[at]))
        yield Damage(kind, f"{name} without {column}", gone, True)
        yield Damage(kind, f"{name} with {column} twice", twice, True)
        for what, cell in CELLS.items():
            yield Damage(kind, f"{name}: {column} has a cell that is {what}", _cell(name, column, cell), False)
        yield Damage(kind, f"{name}: {column} is zero throughout", _column(name, column, "0"), False)
        yield Damage(kind, f"{name}: {column} is empty throughout", _column(name, column, ""), False)
        yield Damage(kind, f"{name}: {column} is odd text", _column(name, column, "\u2066a\u2069"), some)
    for what, change in {
        "no rows": lambda lines, luck: lines.__delitem__(slice(1, None)),
        "a row less": lambda lines, luck: lines.pop(luck.randrange(1, len(lines))) if some else None,
        "a row twice": lambda lines, luck: lines.append(lines[-1]),
        "rows out of order": lambda lines, luck: lines.insert(1, lines.pop()),
        "a long row": lambda lines, luck: lines.append(lines[-1] + [""] * 3),
        "an odd column": lambda lines, luck: [line.append("1") for line in lines],
        "a column of odd text": lambda lines, luck: [line.append("\x1b[31m\u202e") for line in lines],
    }.items():
        yield Damage(
            kind, f"{name} has {what}", _lines(name, change), some and what not in ("rows out of order", "a row less")
        )
    yield Damage(kind, f"{name} has other line ends", _bytes(name, lambda content: content.replace(b"\n", b"\r\n")), True)
    yield Damage(kind, f"{name} is UTF-16", _bytes(name, lambda content: content.decode().encode("utf-16")), True)


def _lines(name: str, change: Callable[[list[list[str]], random.Random], object]) -> Callable[[Path, random.Random], None]:
    def do(folder: Path, luck: random.Random) -> None:
        path = folder / name
        lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
        change(lines, luck)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        path.write_bytes(text.getvalue().encode("utf-8", "surrogatepass"))
        reseal(folder)

    return do


def _table(name: str, column: str, change: Callable[[list[str], int, random.Random], object]) -> Callable[..., None]:
    def all_lines(lines: list[list[str]], luck: random.Random) -> None:
        at = lines[0].index(column)
        for line in lines:
            change(line, at, luck)

    return _lines(name, all_lines)


def _column(name: str, column: str, cell: str) -> Callable[..., None]:
    def all_lines(lines: list[list[str]], _: random.Random) -> None:
        at = lines[0].index(column)
        for line in lines[1:]:
            line[at] = cell

    return _lines(name, all_lines)


def _cell(name: str, column: str, cell: bytes) -> Callable[[Path, random.Random], None]:
    """Put bytes in place of one cell."""
    mark = "\ue000"

    def do(folder: Path, luck: random.Random) -> None:
        def mark_one(lines: list[list[str]], luck: random.Random) -> None:
            if len(lines) > 1:
                lines[luck.randrange(1, len(lines))][lines[0].index(column)] = mark

        _lines(name, mark_one)(folder, luck)
        path = folder / name
        path.write_bytes(path.read_bytes().replace(mark.encode(), cell))
        reseal(folder)

    return do


def _bytes(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path, random.Random], None]:
    def do(folder: Path, _: random.Random) -> None:
        (folder / name).write_bytes(change((folder / name).read_bytes()))
        reseal(folder)

    return do


# Scenarios and Parquet


def _of_scenarios(kind: str) -> Iterator[Damage]:
    name = "scenario.yaml"
    for what, text in {
        "another": "title: t\nextends: history/iwo_jima\n", "itself": "title: t\nextends: scenario\n", "a list": "- a\n",
        "of a pipe": "title: t\nextends: pipe.yaml\n", "deep": "a: " + "[" * 5_000, "an alias": "a: &a [*a]\n",
        "a tag": "a: !!python/object/apply:os.system [ls]\n", "of two documents": "a: 1\n---\nb: 2\n",
    }.items():  # fmt: skip
        yield Damage(kind, f"{name} is {what}", _written(name, text.encode()), True)

    def replaced(old: str, new: str) -> Callable[[bytes], bytes]:
        return lambda content: content.replace(old.encode(), new.encode(), 1)

    for what, change, must in (
        ("another title", replaced("title: ", "title: x"), False),
        ("odd text", replaced("title: ", "title: \x1b[31m"), True),
        ("turned text", replaced("title: ", "title: \u202e"), True),
        ("another start", replaced("start_date: 20", "start_date: 19"), False),
        ("a last start", replaced("start_date: 20", "start_date: 98"), False),
        ("no sides", replaced("sides:", "slides:"), True),
        ("a huge number", replaced("value: ", "value: 1e300 #"), False),
        ("an infinite number", replaced("value: ", "value: .inf #"), True),
    ):
        yield Damage(kind, f"{name} has {what}", _bytes(name, change), must)


def _of_parquet(kind: str, name: str) -> Iterator[Damage]:
    def as_table(change: Callable[[Any, Any], Any]) -> Callable[[Path, random.Random], None]:
        def do(folder: Path, _: random.Random) -> None:
            import pyarrow
            import pyarrow.parquet

            table = pyarrow.parquet.read_table(folder / name)
            pyarrow.parquet.write_table(change(pyarrow, table), folder / name)
            reseal(folder)

        return do

    def column(at: int, values: Callable[[Any, int], Any]) -> Callable[[Any, Any], Any]:
        return lambda arrow, table: table.set_column(at, table.column_names[at], values(arrow, table.num_rows))

    ways: dict[str, Callable[[Any, Any], Any]] = {
        "a column less": lambda arrow, table: table.remove_column(5),
        "an odd column": lambda arrow, table: table.append_column("\x1b[31m", table.column(3)),
        "a column twice": lambda arrow, table: table.append_column(table.column_names[5], table.column(5)),
        "no rows": lambda arrow, table: table.slice(0, 0),
        "a row less": lambda arrow, table: table.slice(1),
        "rows twice": lambda arrow, table: arrow.concat_tables([table, table]),
        "text for numbers": column(5, lambda arrow, n: arrow.array(["x"] * n)),
        "numbers for text": column(1, lambda arrow, n: arrow.array([1.0] * n)),
        "lists": column(5, lambda arrow, n: arrow.array([[1.0]] * n)),
        "bytes": column(1, lambda arrow, n: arrow.array([b"\xff"] * n)),
        "nothing": column(5, lambda arrow, n: arrow.nulls(n)),
        "empty numbers": column(5, lambda arrow, n: arrow.array([None] * n, arrow.float64())),
        "infinite numbers": column(5, lambda arrow, n: arrow.array([float("inf")] * n)),
        "huge numbers": column(5, lambda arrow, n: arrow.array([1e300] * n)),
        "odd endings": column(1, lambda arrow, n: arrow.array(["\x1b[31m"] * n)),
        "dates": column(5, lambda arrow, n: arrow.array([0] * n, arrow.timestamp("s"))),
    }
    for what, change in ways.items():
        yield Damage(kind, f"{name} has {what}", as_table(change), True)
