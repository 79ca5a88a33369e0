"""The unit, range and description of a number, how values are held to it, and finding all numbers of a section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from .errors import Flaw, Path
from .quantity import Fixed, Quantity
from .wording import number


@dataclass(frozen=True)
class Knob:
    """What is declared about a number.

    Parameters
    ----------
    unit : str
        The unit in words; empty for a pure number.
    description : str
        One sentence.
    low, high : float or None
        The range allowed, ends included.
    whole : bool
        Whether only whole numbers are allowed.
    at_start : bool
        Whether it is settled at the start, so that no event may change it later.
    label : str
        What it is called, a template that `labels` fills in.
    words : mapping
        Words that may stand for it, with the number that is on record for each, as a scenario writes one.
    """

    unit: str
    description: str
    low: float | None = None
    high: float | None = None
    whole: bool = False
    at_start: bool = False
    label: str = ""
    words: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the declaration as it is kept with the field, apart from its description."""
        return {key: value for key, value in asdict(self).items() if key != "description"}

    @property
    def rule(self) -> str:
        """The range in words: "lie between 0 and 1 (share)", "be at least 0 (km)"; empty when there is none."""
        unit = f" ({self.unit})" if self.unit else ""
        if self.low is not None and self.high is not None:
            return f"lie between {number(self.low)} and {number(self.high)}{unit}"
        if self.low is not None:
            return f"be at least {number(self.low)}{unit}"
        return f"be at most {number(self.high)}{unit}" if self.high is not None else ""

    @property
    def wanted(self) -> str:
        """What to write, in words: "a number between 0 and 1 (share)", "a whole number of at least 1 (stages)"."""
        what = "a whole number" if self.whole else "a number"
        if not self.rule:
            return f"{what} ({self.unit})" if self.unit else what
        return f"{what} {self.rule.replace('lie ', '').replace('be at', 'of at')}"


class Known(NamedTuple):
    """A number of a scenario with its dotted path and its declaration (None when it was not declared by `knob`)."""

    path: str
    value: Quantity | Fixed | int | float
    knob: Knob | None


def knob_of(field: FieldInfo) -> Knob | None:
    """Return what `section.knob` declared for a field, or None when it is no knob."""
    extra = field.json_schema_extra
    if not isinstance(extra, dict) or "unit" not in extra:
        return None
    declared: dict[str, Any] = dict(extra)
    return Knob(description=field.description or "", **declared)


def check(value: object, knob: Knob, below: Path = ()) -> Iterator[Flaw]:
    """Yield what breaks the declaration: numbers out of range, fractions where whole numbers are asked for."""
    if isinstance(value, (list, tuple)):
        for position, item in enumerate(value):
            yield from check(item, knob, (*below, position))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from check(item, knob, (*below, key))
    elif isinstance(value, Quantity):
        yield from _range(*value.support, value, knob, below)
    elif isinstance(value, Fixed):
        if knob.whole and not value.value.is_integer():
            yield Flaw(f"{{part}} must be a whole number, not {number(value.value)}", "", below)
        yield from _range(value.value, value.value, None, knob, below)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _range(value, value, None, knob, below)


def _range(low: float, high: float, quantity: Quantity | None, knob: Knob, below: Path) -> Iterator[Flaw]:
    too_low = knob.low is not None and low < knob.low
    too_high = knob.high is not None and high > knob.high
    if not too_low and not too_high:
        return
    if quantity is None or quantity.is_certain:
        yield Flaw(f"{{part}} must {knob.rule}, not {number(low)}", "", below)
        return
    bounds = [f"min: {number(knob.low)}"] if too_low and knob.low is not None else []
    bounds += [f"max: {number(knob.high)}"] if too_high and knob.high is not None else []
    reach = f"{quantity.distribution} goes from {number(low)} to {number(high)}"
    yield Flaw(f"{{part}} must {knob.rule}, but {reach}", f"Add {' and '.join(bounds)} to cut it off", below)


def numbers(model: BaseModel) -> Iterator[Known]:
    """Yield every number below a section, in the order of declaration.

    Parameters
    ----------
    model : Section
        A validated section.

    Yields
    ------
    Known
        Each Quantity and Fixed, and each other number declared by `section.knob`; absent ones are passed over. Items
        of a list are named by their ``id``, other list entries by their position.
    """
    found: list[Known] = []
    _gather(model, "", found)
    yield from found


def quantities(model: BaseModel) -> Iterator[tuple[str, Quantity]]:
    """Yield the dotted path and the quantity of every Quantity below a section, in the order of declaration.

    Examples
    --------
    A path reads ``arms.backers.united_states.aid_per_month_beur``: items of a list are named by their ``id``.
    """
    for known in numbers(model):
        if isinstance(known.value, Quantity):
            yield known.path, known.value


@cache
def _declared(kind: type[BaseModel]) -> tuple[tuple[str, Knob | None], ...]:
    """Return the fields of a section with what is declared about them; every batch of a run asks for all."""
    return tuple((name, knob_of(field)) for name, field in kind.model_fields.items())


def _gather(model: BaseModel, below: str, found: list[Known]) -> None:
    """Add the numbers of a section, whose paths begin with `below`."""
    for name, knob in _declared(type(model)):
        _gather_of(getattr(model, name), f"{below}{name}", knob, found)


def _gather_of(value: object, path: str, knob: Knob | None, found: list[Known]) -> None:
    if isinstance(value, (Quantity, Fixed)):
        found.append(Known(path, value, knob))
    elif isinstance(value, BaseModel):
        _gather(value, f"{path}.", found)
    elif isinstance(value, dict):
        for key, item in value.items():
            _gather_of(item, f"{path}.{key}", knob, found)
    elif isinstance(value, (list, tuple)):
        for position, item in enumerate(value):
            _gather_of(item, f"{path}.{getattr(item, 'id', position)}", knob, found)
    elif knob is not None and isinstance(value, (int, float)) and not isinstance(value, bool):
        found.append(Known(path, value, knob))
