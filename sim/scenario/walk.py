"""Following a path through the declared sections: which fields are allowed there, and what pydantic's paths mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, JsonValue
from pydantic.fields import FieldInfo
from typing_extensions import TypeVar

from .errors import Path, Step
from .quantity import Fixed, Quantity

T = TypeVar("T")
# What a field has that only Parley writes.
KEPT: dict[str, JsonValue] = {"kept_by": "parley"}


def _once(of: Callable[[Any], T]) -> Callable[[Any], T]:
    """Return a function of an annotation that works out its answer once, for every scenario asks the same."""
    return cache(of)


class Where(NamedTuple):
    """A place in the schema: the path as in the file, the section there, and the declaration of the last step."""

    path: Path
    inside: Any
    annotation: Any


@_once
def members(annotation: Any) -> tuple[Any, ...]:
    """Return the alternatives of an annotation: the branches of a union, without None and without Annotated."""
    if hasattr(annotation, "__value__"):  # a named alias
        return members(annotation.__value__)
    if isinstance(annotation, TypeVar):  # a knob, which is a quantity in a scenario
        return members(annotation.__default__)
    origin = get_origin(annotation)
    if origin is Annotated:
        return members(get_args(annotation)[0])
    if origin is Union or origin is UnionType:
        return tuple(member for part in get_args(annotation) for member in members(part))
    return () if annotation in (None, NoneType) else (annotation,)


@_once
def fields(annotation: Any) -> Mapping[str, FieldInfo]:
    """Return the fields of the section, or of all alternative sections, that an annotation stands for."""
    found: dict[str, FieldInfo] = {}
    for member in members(annotation):
        if is_section(member):
            found.update(member.model_fields)
    return found


def offered(annotation: Any) -> list[str]:
    """Return the names of the fields that an author may write: without what only Parley keeps there."""
    return [name for name, field in fields(annotation).items() if field.json_schema_extra != KEPT]


def gone(annotation: Any) -> dict[str, str]:
    """Return the fields that such a section once had, each with what to write instead."""
    found: dict[str, str] = {}
    for member in members(annotation):
        if is_section(member):
            found.update(getattr(member, "gone", {}))
    return found


def is_section(annotation: Any) -> bool:
    """Return whether an annotation is a model class."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def is_number(annotation: Any) -> bool:
    """Return whether an annotation allows a Quantity or a Fixed."""
    return any(member in (Quantity, Fixed) for member in members(annotation))


def is_mapping(annotation: Any) -> bool:
    """Return whether an annotation is a mapping with free keys."""
    return any(get_origin(member) in (dict, Mapping) for member in members(annotation))


@_once
def item_of(annotation: Any) -> Any:
    """Return the annotation of the things with an `id` of which an annotation allows a list, or None."""
    for member in members(annotation):
        if get_origin(member) in (list, tuple, Sequence) and "id" in fields(get_args(member)[0]):
            return get_args(member)[0]
    return None


def below(annotation: Any, step: Step) -> Any:
    """Return the annotation one step further down, or None when it is not known; things are known by their `id`."""
    if isinstance(step, str) and step in fields(annotation):
        return fields(annotation)[step].annotation
    for member in members(annotation):
        origin, arguments = get_origin(member), get_args(member)
        if origin in (list, tuple, Sequence) and arguments and (isinstance(step, int) or "id" in fields(arguments[0])):
            return arguments[0]
        if origin in (dict, Mapping) and len(arguments) == 2:
            return arguments[1]
    return None


def locate(schema: type[BaseModel], location: Sequence[Step]) -> Where:
    """Return the place that a path of pydantic means.

    Parameters
    ----------
    schema : type of BaseModel
        The model that was validated.
    location : sequence of str or int
        The path as pydantic gives it: with the branches of unions among the steps.

    Returns
    -------
    Where
        With the path as it stands in the file.
    """
    here: Any = schema
    inside: Any = None
    path: list[Step] = []
    for step in location:
        branches = members(here)
        if len(branches) > 1:
            # Below a union pydantic names the branch it tried, which is nowhere in the file.
            here = next((branch for branch in branches if _answers_to(branch, step)), None)
            continue
        if step == "[key]":
            continue
        inside, here = here, below(here, step)
        path.append(step)
    return Where(tuple(path), inside, here)


def _answers_to(branch: Any, tag: Step) -> bool:
    if not is_section(branch):
        return False
    literals = [field.annotation for field in branch.model_fields.values() if get_origin(field.annotation) is Literal]
    return branch.__name__ == tag or any(tag in get_args(literal) for literal in literals)
