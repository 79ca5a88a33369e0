"""What a page is made of: numbers that know their table, tables, and pictures with the table behind each."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sim.errors import ParleyError
from sim.results.findings import Number
from sim.words import numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.report.style import Paper


class CannotDraw(ParleyError):
    """Why a picture cannot be drawn."""


class Value(Number):
    """A number as a page shows it."""

    @classmethod
    def in_unit(cls, number_: float, unit: str, *of: object, sign: bool = False, size: float | None = None) -> Value:
        """Return a number with so many digits as tables on the terminal show."""
        return cls(numbers.in_unit(number_, unit, sign=sign, size=size), number_, "|".join(str(part) for part in of))


class Best(Value):
    """A number that is the best of its column, which is seen in bold."""

    is_best = True


class Named(NamedTuple):
    """What something is called, and its dotted path, which is seen on pointing at it."""

    text: str
    path: str


# What a cell or a sentence holds: plain text, numbers, what has a path, or nothing.
Piece = str | Number | Named | None


@dataclass(frozen=True)
class Table:
    """A table of a page; the first cell of a row names it.

    Attributes
    ----------
    caption : str
        What it is of, and the file that has all of it.
    header : sequence of str
    rows : list of sequence of pieces
        A cell is a piece, or several one after another.
    days : list of int
        For the rows of a table over time, the day of each, so that a picture can point to its row.
    """

    caption: str
    header: Sequence[str]
    rows: list[Sequence[Piece | list[Piece]]]
    days: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Picture:
    """A figure with what it shows in words and in numbers.

    Attributes
    ----------
    name : str
        As `parley plot` takes it.
    title : str
    says : list of pieces
        What is drawn, and what is to be seen there.
    draw : callable
        Draws it for a paper.
    tables : list of Table
    bands : bool
        Whether it has bands of uncertainty that can be taken away.
    of : str
        What it shows of what was run, for the line below it; empty for all histories.
    """

    name: str
    title: str
    says: list[Piece]
    draw: Callable[[Paper], Figure]
    tables: list[Table]
    bands: bool = False
    of: str = ""

    @property
    def alternative(self) -> str:
        """What stands for the picture where it cannot be seen."""
        return f"{self.title}. {plain(self.says)} The numbers are in the table below."


def with_bounds(value: Piece, low: Piece, high: Piece) -> list[Piece]:
    """Return a number with its interval or range."""
    return [value, " (", low, " .. ", high, ")"]


def slug(name: str) -> str:
    """Return a name as the id of a picture."""
    return "".join(letter if letter.isalnum() else "--" if letter == ":" else "-" for letter in name)


def plain(pieces: Sequence[Piece]) -> str:
    """Return pieces as text."""
    return "".join(piece.text if isinstance(piece, (Number, Named)) else piece or "" for piece in pieces)


def wrapped(text: str, letters: int, lines: int = 3) -> str:
    """Return text in at most so many lines of so many letters; what does not fit is cut off."""
    return "\n".join(textwrap.wrap(text, letters, max_lines=lines, placeholder=" ..."))


def shortened(name: str, letters: int = 22) -> str:
    """Return a name in one line that leaves room for the rest."""
    return name if len(name) <= letters else f"{name[: letters - 3].rstrip()}..."
