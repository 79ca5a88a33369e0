"""How text is laid out within a width: the one way to the terminal and into text files.

What is told is a sequence of blocks, and none of them knows how wide it will be:

- Prose is wrapped between words, in lines of at most 100 letters; what belongs together, as a number and its unit, stays so.
- In a table that is too wide texts are wrapped first, down to what their longest word takes; then columns that can be
  spared are left out, all those that can be spared most first, which is said below it; then the columns that are left over
  go on below, beside the labels again. A word is broken only where it is longer than its column, and only at its joints.
- A command is broken between its words, such that it can be pasted.
- A word that is longer than a line, as a path, is left whole.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sim.gate import shown
from sim.pasted import words_of

# Of text files, which are the same whatever terminal they are written from.
FILE_WIDTH = 80
# judgement: longer lines are hard to read.
LONGEST_LINE = 100
# Between what is told first and the rest, in text files.
IN_FULL = "In full"
BAR_ROOM, LEAST_BAR = 32, 8
GAP = "  "
_TOGETHER = re.compile(r"(?<=\d) (?=%|points\b|km2\b)|(?<=%:) | (?=\.\.)|(?<=\.\.) |(?<=≈) ")
# Where a word of a table that is wider than its column is broken, as an id.
_PIECES = re.compile(r"[^_.,/=]+[_.,/=]*|[_.,/=]+")
_NO_BREAK = "\N{NO-BREAK SPACE}"


class Quiet(str):
    """Text that weighs less, and is grey where there is colour."""

    __slots__ = ()


class Text(NamedTuple):
    """A paragraph; its first line is indented by `indent`, the others by `hang` more."""

    text: str
    indent: int = 0
    hang: int = 0
    style: str = ""


class Title(NamedTuple):
    """What stands above all: what it is, and how much was run, on one line if both fit."""

    text: str
    size: str = ""


class Bar(NamedTuple):
    """A bar of a share of a whole."""

    share: float
    of: float


class Column(NamedTuple):
    """A column: its head, whether its texts may be wrapped and to how few letters, and how much it can be spared."""

    head: str = ""
    wraps: bool = False
    spare: int = 0
    least: int = 16


Cell = str | Bar


class Table(NamedTuple):
    """A table, of which the first columns have the labels; a row of one text is a heading."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    labels: int = 1


class Command(NamedTuple):
    """A command to be pasted, in words that are quoted already, with what stands before it and what it does."""

    words: Sequence[str]
    about: str = ""
    before: str = ""


Block = Text | Title | Table | Command
# Pieces of a line, each with its style.
Line = list[tuple[str, str]]
EMPTY = Text("")


def next_steps(steps: Iterable[tuple[str, str]]) -> Iterator[Command]:
    """Yield what to do next: commands, each with what it is for."""
    for place, (command, about) in enumerate(steps):
        yield Command(words_of(command), about, "     " if place else "Next:")


def what_it_is_not(full: bool) -> Text:
    """Return what results are not, and where there is more of them."""
    from sim.words import WHAT_IT_IS_NOT

    return Text(WHAT_IT_IS_NOT if full else f"{WHAT_IT_IS_NOT} All: --full")


def width_of(text: str) -> int:
    """Return how many columns a text takes: two for each of the wide letters, as of Chinese."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text
    )


def wrap(text: str, width: int, hang: int = 0) -> list[str]:
    """Return the lines of a text, in which no number is parted from its unit, nor an interval in two."""
    kept = _TOGETHER.sub(_NO_BREAK, " ".join(text.split()))
    if kept.isascii() or width_of(kept) == len(kept):
        lines = textwrap.wrap(
            kept, max(width, hang + 1), subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False
        )
    else:
        lines = _wrap_wide(kept, width, hang)
    return [line.replace(_NO_BREAK, " ") for line in lines] or [""]


def _wrap_cell(text: str, width: int, hang: int) -> list[str]:
    """Return the lines of a text in a column, in which words that are wider are broken where they have joints."""
    words = text.split()
    longest = max(map(width_of, words), default=0)
    if longest <= width:
        return wrap(text, width, hang if longest <= width - hang else 0)
    hang = min(hang, 1)
    room, broken = width - hang, list[str]()
    for word in words:
        pieces = _PIECES.findall(word) if width_of(word) > room else [word]
        broken.append("")
        for piece in pieces:
            if broken[-1] and width_of(broken[-1] + piece) > room:
                broken.append("")
            broken[-1] += piece
    return wrap(" ".join(broken), width, hang)


def _wrap_wide(text: str, width: int, hang: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1].strip() else lines[-1] + word
        if lines[-1].strip() and width_of(longer) > width:
            lines.append(" " * hang + word)
        else:
            lines[-1] = longer
    return lines


def lay_out(blocks: Iterable[Block], width: int, *, whole: bool = False) -> Iterator[Line]:
    """Yield the lines of blocks within a width; `whole` tables are left no column out."""
    for block in blocks:
        if isinstance(block, Text):
            if block.text in ("", IN_FULL):
                yield [(block.text, block.style)]
                continue
            room = min(width, LONGEST_LINE) - block.indent
            for line in wrap(shown(block.text), room, block.hang):
                yield [(" " * block.indent + line, block.style)]
        elif isinstance(block, Title):
            yield from _title(block, width)
        elif isinstance(block, Table):
            yield from _table(block, width, whole)
        else:
            yield from _command(block, width)


def as_text(blocks: Iterable[Block], width: int = FILE_WIDTH, *, whole: bool = True) -> str:
    """Return blocks as text without colour, as files have it."""
    lines = ("".join(text for text, _ in line).rstrip() for line in lay_out(blocks, width, whole=whole))
    return "".join(f"{line}\n" for line in lines)


def text_file(answer: Iterable[Block], rest: Iterable[Block]) -> str:
    """Return the file of what is told first and of the rest, with what it is not behind it."""
    from sim.words import WHAT_IT_IS_NOT

    blocks = [*answer, EMPTY, Text(IN_FULL), EMPTY, *rest]
    while blocks[-1] in (EMPTY, Text(IN_FULL)):
        blocks.pop()
    return as_text([*blocks, EMPTY, Text(WHAT_IT_IS_NOT)])


def fold(text: str, width: int) -> Iterator[Line]:
    """Yield the lines of a text that was laid out before, those that are too long wrapped below where they begin.

    Lines of a command stay as they are, so that it can be pasted.
    """
    goes_on = False
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        of_command, goes_on = goes_on or line.endswith(" \\"), line.endswith(" \\")
        if of_command or width_of(line) <= width:
            yield [(line, "")]
        else:
            yield from ([(" " * indent + part, "")] for part in wrap(line, width - indent, 2))


def _title(block: Title, width: int) -> Iterator[Line]:
    text = shown(block.text)
    if block.size and width_of(text) + 3 + len(block.size) <= width:
        yield [(text, "bold"), (f"   {block.size}", "")]
        return
    yield from ([(line, "bold")] for line in wrap(text, min(width, LONGEST_LINE), 2))
    if block.size:
        yield [(block.size, "")]


def _command(block: Command, width: int) -> Iterator[Line]:
    before = f"{block.before} " if block.before else ""
    # As a remark, with which it can be pasted.
    about = f"{GAP}# {block.about}" if block.about else ""
    words = [shown(word) for word in block.words]
    whole = " ".join(words)
    if len(before) + width_of(whole) + width_of(about) <= width:
        yield [(before, "bold"), (whole, ""), (about, "quiet")]
        return
    lines = [words[0]]
    for word in words[1:]:
        if len(before) + width_of(lines[-1]) + width_of(word) + 3 > width:
            lines[-1] += " \\"
            lines.append(f"  {word}")
        else:
            lines[-1] += f" {word}"
    for place, line in enumerate(lines):
        # A path that is too long for its place begins further left: it is to be pasted, and not broken.
        left = max(0, min(len(before), width - width_of(line)))
        yield [(before if place == 0 else " " * left, "bold"), (line, "")]
    indent = len(before) + 2
    if block.about:
        yield from ([(" " * indent + line, "quiet")] for line in wrap(f"# {block.about}", width - indent, 2))


# Tables


def _table(table: Table, width: int, whole: bool) -> Iterator[Line]:
    columns, rows = list(table.columns), [_gated(row) for row in table.rows]
    keep = list(range(len(columns)))
    left_out: list[int] = []
    while (widths := _fitting(columns, rows, keep, width)) is None:
        spared = [at for at in keep if columns[at].spare and (not whole or _is_bar(rows, at))]
        if not spared:
            break
        most = max(columns[at].spare for at in spared)
        those = [at for at in spared if columns[at].spare == most]
        keep = [at for at in keep if at not in those]
        left_out += [at for at in those if not _is_bar(rows, at)]
    if widths is not None:
        yield from _drawn(columns, rows, keep, widths)
    else:
        yield from _going_on(columns, rows, keep, width, table.labels)
    if left_out:
        heads = ", ".join(columns[at].head for at in sorted(left_out))
        yield from ([(f" {line}", "quiet")] for line in wrap(f"Left out at this width: {heads}.", width - 1, 1))


def _gated(row: Sequence[Cell]) -> list[Cell]:
    """Return a row in which no text would be acted upon."""
    return [cell if isinstance(cell, Bar) else type(cell)(shown(cell)) for cell in row]


def _is_bar(rows: Sequence[Sequence[Cell]], at: int) -> bool:
    return any(len(row) > at and isinstance(row[at], Bar) for row in rows)


def _texts(rows: Sequence[Sequence[Cell]], at: int) -> list[str]:
    return [cell for row in rows if len(row) > 1 and isinstance(cell := row[at], str)]


def _words(text: str) -> list[str]:
    return _TOGETHER.sub(_NO_BREAK, text).split(" ") or [""]


def _fitting(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], keep: Sequence[int], width: int
) -> dict[int, int] | None:
    """Return the widths of columns with which a table fits, or None if it cannot."""
    widths, least = {}, {}
    for at in keep:
        texts, head = _texts(rows, at), columns[at].head
        natural = max(map(width_of, texts), default=0)
        pieces = [piece for text in texts for word in _words(text) for piece in _PIECES.findall(word)]
        word = max(map(width_of, [*pieces, *_words(head)]), default=0)
        head_least = max(max(map(width_of, _words(head))), math.ceil(width_of(head) / 3))
        if _is_bar(rows, at):
            widths[at], least[at] = BAR_ROOM, max(LEAST_BAR, width_of(head))
        elif columns[at].wraps:
            widths[at] = max(natural, *map(width_of, _words(head)), min(width_of(head), columns[at].least))
            least[at] = min(widths[at], max(word, columns[at].least))
        else:
            widths[at] = least[at] = max(natural, head_least)
    room = width - 1 - len(GAP) * (len(keep) - 1)
    while sum(widths.values()) > room:
        # A bar first, then the widest.
        slack = [at for at in keep if widths[at] > least[at]]
        if not slack:
            return None
        bars = [at for at in slack if _is_bar(rows, at)]
        widest = max(bars or slack, key=lambda at: widths[at])
        widths[widest] -= 1
    return widths


def _going_on(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], keep: list[int], width: int, labels: int
) -> Iterator[Line]:
    """Yield a table in parts below one another, each with the labels and as many columns as fit."""
    rest = keep[labels:]
    while rest:
        part = [*keep[:labels], rest.pop(0)]
        while rest and _fitting(columns, rows, [*part, rest[0]], width) is not None:
            part.append(rest.pop(0))
        widths = _fitting(columns, rows, part, width)
        if widths is None:
            # Words of it are longer than there is room for.
            each = max(LEAST_BAR, (width - 1) // len(part) - len(GAP))
            widths = {at: min(each, max(map(width_of, [columns[at].head, *_texts(rows, at)]))) for at in part}
        yield from _drawn(columns, rows, part, widths)
        if rest:
            yield [("", "")]


def _drawn(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], keep: Sequence[int], widths: dict[int, int]
) -> Iterator[Line]:
    """Yield the lines of a table of columns that fit."""
    if any(columns[at].head for at in keep):
        heads = [wrap(columns[at].head, widths[at]) for at in keep]
        height = max(map(len, heads))
        for line in range(height):
            pieces: Line = [(" ", "")]
            for at, head in zip(keep, heads, strict=True):
                text = ["", *[""] * (height - len(head)), *head][line + 1]
                pieces.append((_padded(text, widths[at], _is_left(columns, rows, at)) + GAP, "bold"))
            yield _stripped(pieces)
    for row in rows:
        if len(row) == 1:
            yield from ([(line, "bold")] for line in wrap(str(row[0]), LONGEST_LINE, 1))
            continue
        parts = []
        for at in keep:
            cell = row[at]
            if isinstance(cell, Bar):
                parts.append([(_bar(cell, widths[at]), "bar")])
                continue
            style, indent = "quiet" if isinstance(cell, Quiet) else "", len(cell) - len(cell.lstrip())
            lines = _wrap_cell(cell, widths[at] - indent, 2 if at == 0 else 0)
            parts.append([(" " * indent + line, style) for line in lines])
        for line in range(max(map(len, parts))):
            pieces = [(" ", "")]
            for at, part in zip(keep, parts, strict=True):
                text, style = part[line] if line < len(part) else ("", "")
                pieces.append((_padded(text, widths[at], _is_left(columns, rows, at)) + GAP, style))
            yield _stripped(pieces)


def _is_left(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], at: int) -> bool:
    return at == 0 or columns[at].wraps or _is_bar(rows, at)


def _padded(text: str, width: int, left: bool) -> str:
    room = " " * max(0, width - width_of(text))
    return text + room if left else room + text


def _stripped(pieces: Line) -> Line:
    while pieces and not pieces[-1][0].strip():
        pieces.pop()
    if pieces:
        pieces[-1] = (pieces[-1][0].rstrip(), pieces[-1][1])
    return pieces


def _bar(bar: Bar, width: int) -> str:
    eighths = round(8 * width * min(1.0, bar.share / bar.of)) if bar.of > 0 else 0
    if bar.share > 0:
        eighths = max(1, eighths)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def scale_of(shares: Iterable[float]) -> float:
    """Return the whole that bars of some shares are drawn to: a quarter, a half, three quarters or all."""
    return max(0.25, math.ceil(4 * max(shares, default=0.0) - 1e-9) / 4)
