"""To the terminal: as wide as it is, in colour where there is one that wants it."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

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
    from sim.words import WHAT_IT_IS_NOT
    from sim.words.layout import EMPTY, IN_FULL, Text

    more = list(rest) if full else []
    if more and more[-1] == EMPTY:
        more.pop()
    say(*answer, *((EMPTY, Text(IN_FULL), EMPTY, *more, EMPTY) if more else ()))
    say(Text(WHAT_IT_IS_NOT if full else f"{WHAT_IT_IS_NOT} All: --full"))


def say_kept(text: str, full: bool) -> None:
    """Print a text file of results, what is told first or all of it."""
    from sim.words.layout import IN_FULL, fold

    first, _, rest = text.partition(f"\n{IN_FULL}\n\n")
    say_lines(fold(text if full or not rest else f"{first}\n{rest.splitlines()[-1]}", terminal_width()))


def say_end(written: Iterable[str], steps: Iterable[tuple[str, str]], *, data: bool) -> None:
    """Say what was written and what to do next: beside data on stderr."""
    from sim.words.layout import Command, Text

    if data:
        print(*(shown(line) for line in written), sep="\n", file=sys.stderr)
        return
    say(*(Text(line, 0, 2) for line in written))
    for place, (command, about) in enumerate(steps):
        say(Command(words_of(command), about, "     " if place else "Next:"))


def words_of(command: str) -> list[str]:
    """Return the words of a command as they are quoted."""
    return re.findall(r"(?:\$?'[^']*'|\"[^\"]*\"|\S)+", command)


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
