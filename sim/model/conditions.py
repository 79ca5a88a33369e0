"""Conditions on quantities of the model: one is below or above a level; and things that open and lapse."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Option
from pydantic import create_model, model_validator

from sim.engine.draws import Floats
from sim.engine.fields import Field
from sim.engine.world import World
from sim.scenario import FieldError, Flaw, Item, N, Quantity, Section, knob
from sim.scenario.errors import Path
from sim.scenario.wording import did_you_mean, exact_number, listed, number, quoted

Flags = NDArray[np.bool_]

_BETWEEN_0_AND_1 = ("share", "share of full-rate fire", "1 or 0")
_SIGNED = ("log", "utility", "km2 a day", "per day")
_SIGNED_AREAS = ("deal_ceded", "front_moved")


class Condition(Section, Generic[N]):
    """A quantity of the model is below or above a level."""

    quantity: str = Option(description="A quantity of the model, such as fire.defender or held_area.")
    below: N | None = knob(
        "unit of the quantity", "It holds while the quantity is below this.", default=None, at_start=True,
        label="{item}: holds below",
    )  # fmt: skip
    above: N | None = knob(
        "unit of the quantity", "It holds while the quantity is above this.", default=None, at_start=True,
        label="{item}: holds above",
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_level(self) -> Condition[N]:
        flaws = list(level_flaws(self))
        if flaws:
            raise FieldError(*flaws)
        return self


def level_flaws(condition: Any) -> Iterator[Flaw]:
    """Yield what is wrong with the levels of a condition: there is one."""
    given = [name for name in ("below", "above") if getattr(condition, name) is not None]
    if len(given) != 1:
        message = "a quantity needs either below or above" + (", not both" if given else "")
        yield Flaw(message, "Write it as in {quantity: fire.defender, below: 0.15}")


def watchable(fields: Iterable[Field]) -> list[str]:
    """Return the names of the quantities that conditions may watch: numbers, but no codes or days and not `at_war`."""
    measured = [field for field in fields if field.dtype is float and not field.inner and field.name != "at_war"]
    return [
        name
        for field in measured
        for name in ([field.name] if field.rows is None else [f"{field.name}.{row}" for row in field.rows])
    ]


def quantity_flaws(name: str, quantities: Sequence[str], place: Path) -> Iterator[Flaw]:
    """Yield what is wrong with the name of a quantity, of those that may be watched."""
    if name not in quantities:
        rows = [known for known in quantities if known.startswith(f"{name}.")]
        hint = f"Possible: {listed(rows)}" if rows else did_you_mean(name, quantities)
        yield Flaw(f"unknown quantity {quoted(name)}", hint, place)


def never_holds(condition: Any, fields: Iterable[Field], most: float = np.inf) -> str:
    """Return why a condition can never hold, or nothing; `most` is what an `event_count` is at most.

    What it is has `quantity`, `below` and `above`, as `Condition` has.
    """
    level: Quantity | None = condition.below or condition.above
    if condition.quantity is None or level is None:
        return ""
    name, _, _ = condition.quantity.partition(".")
    low, high = _bounds(next(field for field in fields if field.name == name))
    if name == "event_count":
        high = most
    least, greatest = level.support
    if condition.below is not None and greatest <= low:
        return f"{condition.quantity} is never below {number(greatest)}"
    if condition.above is not None and least >= high:
        return f"{condition.quantity} is never above {number(least)}"
    return ""


def _bounds(field: Field) -> tuple[float, float]:
    if field.unit in _SIGNED or field.name in _SIGNED_AREAS:
        return -np.inf, np.inf
    if field.unit == "-1..1":
        return -1.0, 1.0
    return 0.0, 1.0 if field.unit in _BETWEEN_0_AND_1 else np.inf


@dataclass(frozen=True)
class Watch:
    """A condition in a batch that runs, with its drawn level."""

    quantity: Floats
    below: bool
    level: Floats

    @classmethod
    def of(cls, world: World, condition: Any) -> Watch:
        """Return the watch of a condition with the values in force."""
        name, _, row = condition.quantity.partition(".")
        field = next(field for field in world.fields if field.name == name)
        quantity = world.fields.see(name)
        below = condition.below is not None
        view = quantity if field.rows is None else quantity[field.rows.index(row)]
        return cls(view, below, condition.below if below else condition.above)

    def holds(self) -> Flags:
        """Return where it holds now, (n,)."""
        return self.quantity < self.level if self.below else self.quantity > self.level


# Things that open and lapse.


class Opening(Item, Generic[N]):
    """Something that there is only for a time, or while something holds; always, if nothing of it is given."""

    @property
    def opens_and_lapses(self) -> bool:
        """Whether there are times at which it is not open."""
        return any(getattr(self, name) is not None for name in ("from", "until", "while"))

    @model_validator(mode="after")
    def _from_before_until(self) -> Opening[N]:
        first, last = (getattr(self, name) for name in ("from", "until"))
        if first is not None and last is not None and first >= last:
            message = f"until must be after from ({first.isoformat()}), not {last.isoformat()}"
            raise FieldError(Flaw(message, "It is the first day on which it is open no more", ("until",)))
        return self


if not TYPE_CHECKING:
    # Two of the names are words of Python, so that no class body can declare them.
    Opening = create_model(
        "Opening",
        __base__=(Opening[N], Generic[N]),
        __module__=__name__,
        **{
            "from": (datetime.date | None, Option(default=None, description="The first day on which it is open.")),
            "until": (datetime.date | None, Option(default=None, description="The first day on which it is open no more.")),
            "while": (Condition[N] | None, Option(default=None, description="It is open only while this holds.")),
        },
    )


def window_in_words(thing: Any) -> str:
    """Return when something is open, as in "from 2025-06-01, while held_area is above 100,000"; nothing if always."""
    first, last, condition = (getattr(thing, name) for name in ("from", "until", "while"))
    parts = [f"{word} {day.isoformat()}" for word, day in (("from", first), ("until", last)) if day is not None]
    if condition is not None:
        side, level = ("below", condition.below) if condition.below is not None else ("above", condition.above)
        shown = exact_number(level.central) if level.is_certain else str(level.distribution)
        parts.append(f"while {condition.quantity} is {side} {shown}")
    return ", ".join(parts)


class Window:
    """When something that opens and lapses is open, in a batch that runs."""

    def __init__(self, world: World, thing: Any) -> None:
        self._world = world
        first, last, condition = (getattr(thing, name) for name in ("from", "until", "while"))
        day_of = world.calendar.day_of
        self._days = (-np.inf if first is None else day_of(first), np.inf if last is None else day_of(last))
        self._watch = Watch.of(world, condition) if condition is not None else None

    def is_open(self) -> Flags:
        """Return where it is open today, (n,)."""
        first, last = self._days
        # Before the first day, as on it.
        if not first <= max(self._world.agenda.today, 0) < last:
            return np.zeros(self._world.n, dtype=np.bool_)
        return np.ones(self._world.n, dtype=np.bool_) if self._watch is None else self._watch.holds()
