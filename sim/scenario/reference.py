"""The declared sections -> the reference of all fields, as tables in Markdown.

Left out: the forms of a number, which README explains, and rules between fields.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from .jsonschema import allowed, sentence
from .knobs import Knob, knob_of
from .quantity import Fixed, Quantity, Worded
from .section import Item
from .walk import is_section, item_of, members

_HEADER = ("path", "unit", "allowed", "required", "description")
_KINDS = {str: "text", bool: "true or false", datetime.date: "a date", int: "a whole number", float: "a number"}


def reference(schema: type[BaseModel]) -> str:
    """Return one table a section: path, unit, range, whether it is required, description.

    Parameters
    ----------
    schema : type
        The model of a scenario.

    Returns
    -------
    str
        Markdown; a section of level 2 for each section of the scenario, in the order of declaration.
    """
    return "\n\n".join(_sections(schema, ""))


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


def _sections(section: type[BaseModel], path: str) -> Iterator[str]:
    """Yield the section's own table, then those of the sections below."""
    rows, below = [], []
    for name, field in section.model_fields.items():
        dotted = f"{path}.{name}" if path else name
        inside = list(_inside(field.annotation, dotted))
        below += inside
        # The id of a thing is its key.
        if not inside and not (issubclass(section, Item) and name == "id"):
            rows.append(_row(dotted, field))
    if rows:
        yield f"## `{path}`" if path else "## The scenario itself"
        if path and section.__doc__:
            yield sentence(section.__doc__)
        yield table(_HEADER, rows)
    for inner, dotted in below:
        yield from _sections(inner, dotted)


def _inside(annotation: Any, path: str) -> Iterator[tuple[type[BaseModel], str]]:
    """Yield the sections that may stand at a path, with the path as it is written."""
    for member in members(annotation):
        origin, arguments = get_origin(member), get_args(member)
        if is_section(member):
            yield member, path
        elif origin in (dict, Mapping):
            yield from _inside(arguments[1], f"{path}.<key>")
        elif origin is not Literal and arguments:
            yield from _inside(arguments[0], f"{path}.<{'position' if item_of(member) is None else 'id'}>")


def _row(path: str, field: FieldInfo) -> tuple[str, ...]:
    knob = knob_of(field)
    what = _allowed_number(field, knob) if knob is not None else " or ".join(map(_kind, members(field.annotation)))
    return f"`{path}`", knob.unit if knob is not None else "", what, _required(field), sentence(field.description)


def _allowed_number(field: FieldInfo, knob: Knob) -> str:
    kinds = [member for member in members(field.annotation) if member in (int, float, Fixed)]
    notes = [*(["whole"] if knob.whole or int in kinds else []), *(["fixed"] if kinds else [])]
    notes += [f"or {' or '.join(f'`{word}`' for word in knob.words)}"] if knob.words else []
    reach = allowed(knob) or "any number"
    return f"{reach} ({', '.join(notes)})" if notes else reach


def _kind(member: Any) -> str:
    origin, arguments = get_origin(member), get_args(member)
    if origin is Literal:
        return ", ".join(f"`{choice}`" for choice in arguments)
    if origin in (dict, Mapping):
        return f"a mapping to {_kind(members(arguments[1])[0])}"
    if origin is not None and arguments:
        return f"a list of: {_kind(members(arguments[0])[0])}"
    return "a number" if member in (Quantity, Fixed) else _KINDS.get(member, "anything")


def _required(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    default = default.word if isinstance(default, Worded) else default
    plain = isinstance(default, (int, float, str)) and not isinstance(default, bool) and default != ""
    return f"optional, else {default}" if plain else "optional"
