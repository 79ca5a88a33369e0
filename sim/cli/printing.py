"""To the terminal: as wide as it is, in colour where there is one that wants it."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.cli.contract import envelope
from sim.gate import shown

if TYPE_CHECKING:
    from sim.words.layout import Block, Line

# Where no terminal says how wide it is.
PIPED = 100
LEAST, MOST = 40, 200
STYLES = {"bold": "1", "quiet": "2", "bar": "36"}


def terminal_width() -> int:
    """Return how wide what is printed may be."""
    return min(max(shutil.get_terminal_size((PIPED, 24)).columns, LEAST), MOST)


def in_colour() -> bool:
    """Return whether what reads stdout wants colour."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(*blocks: Block) -> None:
    """Print blocks, within the width of the terminal."""
    from sim.words.layout import lay_out

    say_lines(lay_out(blocks, terminal_width()))


def say_answer(answer: Iterable[Block], rest: Iterable[Block], full: bool) -> None:
    """Print what is told first, in full all of it, and what it is not."""
    from sim.words.layout import EMPTY, IN_FULL, Text, what_it_is_not

    more = list(rest) if full else []
    if more and more[-1] == EMPTY:
        more.pop()
    say(*answer, *((EMPTY, Text(IN_FULL), EMPTY, *more, EMPTY) if more else ()))
    say(what_it_is_not(full))


def say_kept(text: str, full: bool) -> None:
    """Print a text file of results, what is told first or all of it."""
    from sim.words.layout import IN_FULL, fold, what_it_is_not

    first, _, rest = text.partition(f"\n{IN_FULL}\n\n")
    say_lines(fold(text if full or not rest else first, terminal_width()))
    if rest and not full:
        say(what_it_is_not(full))


def say_end(written: Iterable[str], steps: Iterable[tuple[str, str]], *, data: bool) -> None:
    """Say what was written and what to do next: beside data on stderr."""
    from sim.words.layout import Text, next_steps

    if data:
        print(*(shown(line) for line in written), sep="\n", file=sys.stderr)
        return
    say(*(Text(line, 0, 2) for line in written), *next_steps(steps))


def print_csv(text: str, excel: bool = False) -> None:
    """Print a table, for spreadsheets in UTF-8 whatever the terminal has, and with the mark by which they know it."""
    if excel and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    print("\ufeff" if excel else "", text, sep="", end="")


def say_json(data: Any) -> None:
    """Print data as JSON, in the envelope that all commands share."""
    print(json.dumps(envelope(data), indent=2, allow_nan=False))


def say_file(way: str, text: str, excel: bool = False) -> None:
    """Print a file of results as data: JSON in the envelope, a CSV table as it is or as Markdown, Markdown as it is."""
    if way == "json":
        say_json(json.loads(text))
    elif way == "md" and not text.startswith("#"):
        say_rows(way, list(csv.DictReader(io.StringIO(text))))
    else:
        print_csv(text, excel)


def say_rows(
    way: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = (), *, data: Any = None, excel: bool = False
) -> None:
    """Print rows as CSV, as a table in Markdown, or as JSON: then `data` where that says more."""
    if way == "json":
        say_json(list(rows) if data is None else data)
        return
    from sim.results.tables import csv_of
    from sim.words.markdown import markdown_cell

    names = list(columns or (rows[0] if rows else ()))
    if way == "csv":
        print_csv(csv_of([dict(row) for row in rows], names), excel)
        return
    cells = [names, ["---"] * len(names), *(["" if row[name] is None else str(row[name]) for name in names] for row in rows)]
    for line in cells:
        print(f"| {' | '.join(map(markdown_cell, line))} |")


def say_lines(lines: Iterable[Line]) -> None:
    """Print lines that are laid out."""
    draw = getattr(sys.stdout, "draw", sys.stdout.write) if in_colour() else None
    for line in lines:
        if draw is None:
            print("".join(text for text, _ in line).rstrip())
            continue
        for text, style in line:
            draw(f"\x1b[{STYLES[style]}m{shown(text)}\x1b[0m" if style and text.strip() else shown(text))
        draw("\n")
