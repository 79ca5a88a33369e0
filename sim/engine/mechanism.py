"""What a part of the model declares, and how its declarations become arrays of a batch.

A mechanism is a class that reads from top to bottom: what it owns, what it sees of others, its knobs, and when it acts.
Its rules are functions of arrays, written above it.

    class Counter(Mechanism):
        name = "counter"
        steps = ("count",)

        days: PerHistory = owned("days", "Counted.", start=0.0)
        at_war: PerHistory = seen()

        def day(self) -> None:
            self.days = self.days + self.at_war

Setting an owned field writes into its array, so that those who see it follow.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from sim.engine.agenda import Process
from sim.engine.fields import Field
from sim.engine.recorder import EventKind

if TYPE_CHECKING:
    from sim.engine.world import World

PerHistory = NDArray[np.float64]
"""One value a history, shape (n,)."""
PerSide = NDArray[np.float64]
"""One value a side and history, shape (2, n): the attacker's first."""

Rows = tuple[str, ...] | Callable[[Any], tuple[str, ...]] | None
T = TypeVar("T")


class Owned:
    """The declaration of a field that a mechanism owns; see `owned`."""

    def __init__(self, field: Field, rows: Rows, start: float | None) -> None:
        self.field, self.rows, self.start = field, rows, start

    def __set_name__(self, mechanism: type[Mechanism], name: str) -> None:
        self.name = name

    def declared(self, section: Any) -> Field:
        """Return the field with its name and its rows; without its section a mechanism has no series."""
        one = self.field
        rows = self.rows(section) if callable(self.rows) else self.rows
        series = one.series and section is not None
        return replace(one, name=self.name, rows=rows, series=series)

    # Without a `__get__` what the mechanism holds by that name is returned, and quicker.
    def __set__(self, mechanism: Mechanism, values: Any) -> None:
        array = mechanism.__dict__[self.name]
        if values is not array:
            array[...] = values


def owned(
    unit: str,
    about: str,
    rows: Rows = None,
    *,
    start: float | None = None,
    series: bool = False,
    dtype: type = float,
    inner: bool = False,
    codes: int = 0,
    grows: bool = False,
) -> Any:
    """Declare a field that the mechanism owns, to stand after an annotation of the class.

    Parameters
    ----------
    unit, about, series, dtype, inner, codes, grows
        As in `Field`.
    rows : tuple of str, or callable
        Names of the rows, or a function of the section of the scenario that returns them; none for one value a history.
    start : float, optional
        Its value at the start; `begin` sets it where there is none.
    """
    return Owned(Field("", unit, about, None, series, dtype, inner, codes, grows), rows, start)


class Seen:
    """The declaration of a field of another mechanism; see `seen`."""

    def __init__(self, field: str) -> None:
        self.field = field

    def __set_name__(self, mechanism: type[Mechanism], name: str) -> None:
        self.name = name


def seen(field: str = "") -> Any:
    """Declare a field of another mechanism that is looked at: the one of the same name if none is given."""
    return Seen(field)


class derived(Generic[T]):
    """A method without arguments whose value follows from the knobs: worked out anew only when one of them has changed."""

    def __init__(self, method: Callable[[Any], T]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __set_name__(self, mechanism: type[Mechanism], name: str) -> None:
        self._slot = f"_derived_{name}"

    @overload
    def __get__(self, mechanism: None, of: type) -> Self: ...
    @overload
    def __get__(self, mechanism: Mechanism, of: type) -> T: ...
    def __get__(self, mechanism: Mechanism | None, of: type) -> T | Self:
        if mechanism is None:
            return self
        version = mechanism.drawn.version(mechanism.name)
        kept: tuple[int, T] | None = mechanism.__dict__.get(self._slot)
        if kept is None or kept[0] != version:
            kept = mechanism.__dict__[self._slot] = (version, self._method(mechanism))
        return kept[1]


class Mechanism:
    """A part of the model. Subclasses declare what they own and see, what they call their events, and when they act.

    Attributes
    ----------
    name : str
        Also the name of the section of the scenario that holds the parameters.
    parameters : type
        The class of that section.
    optional : bool
        Whether a scenario may leave the section out; then every field needs a start.
    topics, steps : tuple of str
        Their names in the order of the day.
    kinds : mapping of str to EventKind
        Kinds of events that it tells of.
    leaves_out : str
        What it is not about, as pages say it.
    outcomes : tuple
        What is told of a history; see `sim.model.outcomes`.
    moments : tuple
        Moments that come on another day in each history; see `sim.model.asked`.
    world : World
    section : section of the scenario, or None
        None where the scenario leaves it out: all fields stay at their start, and `life` is not run.
    knobs
        The section with the values in force in place of its quantities, shape (n,); `sides` has those of both sides, shape
        (2, n), where the section has an attacker and a defender.
    """

    name: ClassVar[str]
    parameters: ClassVar[type]
    optional: ClassVar[bool] = False
    topics: ClassVar[tuple[str, ...]] = ()
    steps: ClassVar[tuple[str, ...]] = ()
    leaves_out: ClassVar[str] = ""
    kinds: ClassVar[Mapping[str, EventKind]] = {}
    outcomes: ClassVar[tuple[Any, ...]] = ()
    moments: ClassVar[tuple[Any, ...]] = ()
    knobs: Any
    sides: Any

    def __init__(self, world: World, section: Any, drawn: Any) -> None:
        self.world, self.section, self.drawn = world, section, drawn
        for one in self._declared(Owned):
            self.__dict__[one.name] = array = world.fields.own(self.name, one.name)
            if one.start is not None:
                array[...] = one.start
        for other in self._declared(Seen):
            self.__dict__[other.name] = world.fields.see(other.field or other.name)
        if section is not None:
            self.knobs, self.sides = drawn.knobs(self.name), drawn.sides(self.name)
            self.begin()

    @classmethod
    def _declared(cls, kind: type[T]) -> Iterator[T]:
        return (value for value in vars(cls).values() if isinstance(value, kind))

    @classmethod
    def fields(cls, section: Any) -> tuple[Field, ...]:
        """Return the fields it owns, whose rows may depend on its section of the scenario."""
        return tuple(one.declared(section) for one in cls._declared(Owned))

    @classmethod
    def outcomes_of(cls, section: Any, touched: Collection[str] = ()) -> tuple[Any, ...]:
        """Return the outcomes that histories have with this section.

        `touched` are the paths of knobs that events change, and the names of the sections that there are.
        """
        return () if section is None else cls.outcomes

    @property
    def lives(self) -> bool:
        """Whether its rhythm is run: only with its section."""
        return self.section is not None

    def begin(self) -> None:
        """Set the fields that have no start of their own, open streams of luck, book what is planned."""

    def life(self) -> Process:
        """Run the mechanism's rhythm, if it has one: a generator that yields `agenda.next(step)` and then acts."""
        yield from ()

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield rules that must hold, each with the replications, shape (..., n), in which it is broken."""
        return iter(())
