"""A scenario that is still to be filled in: which places are blank, whether an answer fits one, and the text with answers.

A place is marked by `parse.BLANK`. Left out: what the answers have to do with one another, which is for who loads the file.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from .errors import STILL_BLANK, FieldError, Flaw, Path
from .knobs import check, knob_of
from .parse import BLANK, Parsed
from .quantity import Fixed, Quantity, Worded
from .read import read_value
from .translate import what_to_write
from .walk import Where, fields, locate, members
from .wording import shows
from .write import on_one_line

# A number that is filled in already, and may be changed: alone on a line of the first level.
_GIVEN = re.compile(r"^(?P<name>[a-z_]+): (?P<value>[0-9]+)(?= |$)", re.MULTILINE)


@dataclass(frozen=True)
class Blank:
    """A place to fill in.

    Parameters
    ----------
    path : tuple of str
        Of the value.
    line, column : int
        Where its text begins, from 1.
    text : str
        What stands there.
    unit : str
        Of a number.
    wanted : str
        What to write, and what it means.
    remark : str
        The comment of its line: where to look.
    kept : str
        What is written where nothing is answered; nothing if it then stays blank.
    """

    path: Path
    line: int
    column: int
    text: str
    unit: str
    wanted: str
    remark: str
    kept: str

    @property
    def name(self) -> str:
        """Its dotted path."""
        return ".".join(map(str, self.path))


def blanks(text: str, schema: type[BaseModel]) -> list[Blank]:
    """Return the places of a text that are to be filled in, and the numbers of its first level, in the order of the text."""
    found = Parsed(text).findings
    places = [(one.path, *one.spot, BLANK) for one in found if one.path and one.flaw.message.endswith(STILL_BLANK)]
    for one in _GIVEN.finditer(text):
        line = text.count("\n", 0, one.start())
        places.append(((one["name"],), line + 1, one.start("value") - one.start() + 1, one["value"]))
    return [_blank(text, schema, *place) for place in sorted(places, key=lambda place: place[1:3])]


def _blank(text: str, schema: type[BaseModel], path: Path, line: int, column: int, value: str) -> Blank:
    where = locate(schema, path)
    field = _field(where)
    knob = knob_of(field)
    kept = value if value != BLANK else "" if field.is_required() or field.default is None else on_one_line(field.default)
    remark = text.splitlines()[line - 1].partition("  # ")[2]
    return Blank(path, line, column, value, knob.unit if knob else "", what_to_write(where), remark, kept)


def fitting(answer: str, path: Path, schema: type[BaseModel]) -> str:
    """Return an answer as the file has it.

    Raises
    ------
    FieldError
        If it cannot stand there, with what is wrong.
    """
    where = locate(schema, path)
    field = _field(where)
    kinds, knob = members(field.annotation), knob_of(field)
    if str in kinds:
        if not shows(answer):
            raise FieldError(Flaw("there is no letter that shows", "Write text"))
        written = on_one_line(answer)
        read_value(written)
        return written
    value = read_value(answer)
    if datetime.date in kinds and not isinstance(value, datetime.date):
        raise FieldError(Flaw("this is no date", "Write year-month-day, such as 2024-12-04"))
    if knob is not None:
        flaws = list(check(_number(value, kinds, field), knob))
        if flaws:
            raise FieldError(*flaws)
    return answer.strip()


def _number(value: Any, kinds: tuple[Any, ...], field: FieldInfo) -> Any:
    knob = knob_of(field)
    if isinstance(value, str) and knob is not None and knob.words:
        value = Worded(value, knob.words)
    if Quantity in kinds:
        return Quantity.parse(value)
    if int not in kinds:
        return Fixed.parse(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise FieldError(Flaw("{field} must be a whole number", "Write it as in 24"))
    return value


def filled(text: str, answers: Mapping[Blank, str]) -> str:
    """Return a text with answers in their places."""
    lines = text.splitlines(keepends=True)
    for blank, answer in sorted(answers.items(), key=lambda one: -one[0].column):
        line = lines[blank.line - 1]
        start = blank.column - 1
        lines[blank.line - 1] = f"{line[:start]}{answer}{line[start + len(blank.text) :]}"
    return "".join(lines)


def without(text: str, section: Path) -> str:
    """Return a text without a section that has lines of its own, as a block has, and what stands below it."""
    lines, indents = text.splitlines(keepends=True), [f"{'  ' * depth}{name}:" for depth, name in enumerate(section)]
    start = -1
    for key in indents:
        start = next(place for place in range(start + 1, len(lines)) if lines[place].startswith(key))
    below = f"{'  ' * len(section)}"
    end = next((place for place in range(start + 1, len(lines)) if not lines[place].startswith(below)), len(lines))
    return "".join([*lines[:start], *lines[end:]])


def _field(where: Where) -> FieldInfo:
    return fields(where.inside)[str(where.path[-1])]
