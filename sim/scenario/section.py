"""What the parameter sections of a scenario are made of: frozen models whose numbers have a unit and a range.

A mechanism declares its section as a class; the same declaration checks scenarios, and will give the schema and the
reference table. Left out: inheritance between scenarios.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic.fields import FieldInfo
from typing_extensions import TypeVar

from .errors import FieldError, Flaw, Path
from .knobs import Knob, check, knob_of
from .quantity import Quantity, Worded, constant
from .walk import item_of, members
from .wording import quoted, shows

_ID = re.compile("[a-z][a-z0-9_]*")
_BREAK = re.compile("[\n\t]")

N = TypeVar("N", default=Quantity)
"""What a knob is: a `Quantity` in a scenario, an array of the values in force in a batch that runs."""


class Section(BaseModel):
    """Base of all sections of a scenario: frozen, no unknown fields, no silent conversions.

    Fields declared with `knob` or `whole` are held to their range, texts to one line, but for those named in `long_texts`;
    `gone` has what to write instead of fields that there were once. A YAML list may fill a field declared as tuple, and a
    mapping by `id` a list of items.

    Raises
    ------
    pydantic.ValidationError
        From `model_validate`; `load.load_scenario` turns it into problems with places.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", strict=True, validate_default=True, defer_build=True
    )
    long_texts: ClassVar[tuple[str, ...]] = ()
    gone: ClassVar[Mapping[str, str]] = {}

    def __class_getitem__(cls, knobs: Any) -> Any:
        # What its knobs are is said for who reads: those of a scenario are validated, as what `N` is by default, and those
        # in force in a batch never are. A class for each would have to be built at every start.
        return cls

    @model_validator(mode="before")
    @classmethod
    def _fill_lists_and_tuples(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        known = cls.model_fields
        return {key: _filled(value, known[key]) if key in known else value for key, value in raw.items()}

    @field_validator("*", mode="after")
    @classmethod
    def _check_ranges_and_ids(cls, value: Any, info: ValidationInfo) -> Any:
        knob = knob_of(cls.model_fields[str(info.field_name)])
        flaws = list(check(value, knob)) if knob is not None else []
        if info.field_name not in cls.long_texts:
            flaws += _broken_lines(value)
        if isinstance(value, (list, tuple)):
            flaws += duplicate_ids([item.id if isinstance(item, Item) else None for item in value])
        if flaws:
            raise FieldError(*flaws)
        return value


class Item(Section):
    """A section that is one of several and is known by its `id`: lower-case letters, digits and underscores.

    Where a list of them is declared, a scenario has a mapping by `id`, or a list.
    """

    id: str

    @field_validator("id", mode="after")
    @classmethod
    def _check_id(cls, value: str) -> str:
        if not _ID.fullmatch(value):
            better = re.sub("[^a-z0-9]+", "_", value.lower()).strip("_0123456789")
            hint = f"Write '{better}'" if _ID.fullmatch(better) else "Write it as in united_states"
            raise FieldError(Flaw(f"id {quoted(value)} may have only a-z, 0-9 and _, and starts with a letter", hint))
        return value


def _filled(value: Any, field: FieldInfo) -> Any:
    """Return a list as the tuple that is declared, and a word with those that may stand for the number."""
    if isinstance(value, str) and (declared := knob_of(field)) is not None and declared.words:
        return Worded(value, declared.words)
    return _as_tuples(value, field.annotation)


def knob(
    unit: str,
    description: str,
    low: float | None = None,
    high: float | None = None,
    default: Any = ...,
    *,
    at_start: bool = False,
    label: str = "",
    words: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> Any:
    """Declare a number of a section, to stand after a field's annotation.

    Parameters
    ----------
    unit : str
        The unit in words, such as ``"km2"`` or ``"share"``; empty for a pure number.
    description : str
        One sentence for the editor's hover text and the reference table.
    low, high : float, optional
        The range allowed, both ends included. The whole support of a drawn quantity must lie inside.
    default : optional
        A number, one of `words`, or None for a field annotated ``Quantity | None`` or filled in by `as_now`; without it the
        field is required.
    at_start : bool
        Whether it is settled at the start, so that no event may change it later.
    label : str
        What it is called, in 40 letters with the names filled in: a template in which ``{side}``, ``{attacker}`` and
        ``{defender}`` are names of sides, ``{item}`` that of the thing in a list that it belongs to, ``{n}`` its place in a
        list of numbers, ``{knob}`` what is called a knob that an event changes.
    words : mapping, optional
        Words that may stand for it, such as kinds of truces, with what is on record of each: a number as a scenario writes
        one, whose ``note`` says from where.

    Returns
    -------
    pydantic field
        For a field annotated `Quantity`, `Fixed`, ``int``, ``float``, or a list, tuple or dict of these.
    """
    return _field(Knob(unit, description, low, high, at_start=at_start, label=label, words=dict(words)), default)


def all_by_default() -> Any:
    """Declare a section that may be left out, or parts of it: then what is not written has its default."""
    return Field(default_factory=dict)


def as_now(value: Any, info: ValidationInfo, other: str, times: float = 1.0) -> Any:
    """Return what a scenario writes, or what stands for a number that it leaves out: the central value of `other`.

    For a validator that comes before that of the field; `other` is a quantity of the same section, declared above.
    """
    if value is not None:
        return value
    known = info.data.get(other)
    # Where the other is missing or wrong, that is said, and this is no second problem.
    return constant(times * known.central if isinstance(known, Quantity) else 0.0)


def whole(
    unit: str,
    description: str,
    low: float | None = None,
    high: float | None = None,
    default: Any = ...,
    at_start: bool = False,
    *,
    label: str = "",
) -> Any:
    """Declare a number that must be whole, for a field annotated `Fixed`; otherwise like `knob`."""
    return _field(Knob(unit, description, low, high, whole=True, at_start=at_start, label=label), default)


def _field(knob: Knob, default: Any) -> Any:
    if isinstance(default, str):
        default = Worded(default, knob.words)
    return Field(default=default, description=knob.description, json_schema_extra=knob.as_json())


def duplicate_ids(ids: Sequence[object]) -> list[Flaw]:
    """Return a flaw for each id that stands earlier in the list already; None is no id."""
    first: dict[str, int] = {}
    flaws = []
    for position, name in enumerate(ids):
        if isinstance(name, str) and first.setdefault(name, position) != position:
            below: Path = (position, "id")
            flaws.append(Flaw(f"id {quoted(name)} stands in this list already", "Every id is unique", below))
    return flaws


def _broken_lines(value: Any) -> Iterator[Flaw]:
    """Yield a flaw for each text, of a value or of what is in it, that does not fit on a line of a table."""
    texts: dict[Path, Any] = {(): value}
    if isinstance(value, (list, tuple, dict)):
        texts = {(step,): step if isinstance(value, dict) else item for step, item in _steps(value)}
    for below, text in texts.items():
        if not isinstance(text, str):
            continue
        broken = _BREAK.search(text)
        if broken is not None:
            what = "a tab" if broken.group() == "\t" else "a line end"
            hint = "Write a space" if broken.group() == "\t" else "Write it on one line, or after '>', which joins lines"
            yield Flaw(f"{{part}} must be one line, and has {what} after {quoted(text[: broken.start()])}", hint, below)
        elif text and not shows(text):
            yield Flaw(f"{{part}} has no letter that shows: {text!a}", "Write text", below)


def _steps(value: Any) -> Iterable[tuple[Any, Any]]:
    return value.items() if isinstance(value, dict) else enumerate(value)


def _as_tuples(value: Any, annotation: Any) -> Any:
    """Return a value with the lists and tuples that are declared; sections below see to their own."""
    for member in members(annotation):
        origin, arguments = get_origin(member), get_args(member)
        if origin in (list, tuple) and isinstance(value, dict) and item_of(member) is not None:
            # Things by their id.
            value = [{**thing, "id": name} if isinstance(thing, dict) else thing for name, thing in value.items()]
        if origin in (list, tuple) and arguments and isinstance(value, list):
            items = [_as_tuples(item, arguments[0]) for item in value]
            return tuple(items) if origin is tuple else items
        if origin is dict and len(arguments) == 2 and isinstance(value, dict):
            return {key: _as_tuples(item, arguments[1]) for key, item in value.items()}
    return value
