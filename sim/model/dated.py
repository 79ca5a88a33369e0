"""What a scenario writes at a date: what comes, opens or lapses on a day that is set, whatever the course of the war."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel

from sim.engine.calendar import Calendar
from sim.model.conditions import Opening
from sim.model.negotiation import RedLine
from sim.scenario import Quantity, Scenario
from sim.scenario.labels import Names


class Dated(NamedTuple):
    """Something that comes on a day that the scenario sets.

    Attributes
    ----------
    date : date
    label : str
        What it is called, without an id.
    sure : bool
        Whether it comes in every history.
    """

    date: datetime.date
    label: str
    sure: bool


def dated(scenario: Scenario[Any], days: int) -> list[Dated]:
    """Return what comes on a date within a run of so many days, the first first.

    Events, halts, packages, waves, offensives and elections come; options and red lines open and lapse. What is dated before
    the start or after the last day, and what has no chance, never comes.
    """
    calendar = Calendar(scenario.world.start_date)
    # The same twice is one for whoever reads it.
    found = dict.fromkeys(one for one in _below(scenario.world, scenario.names, "") if 0 <= calendar.day_of(one.date) < days)
    return sorted(found, key=lambda one: (one.date, one.label))


def _below(section: Any, names: Names, side: str) -> Iterator[Dated]:
    """Yield what is dated in a section; `side` is what the side is called that it is of, if any."""
    if isinstance(section, list):
        for item in section:
            yield from _below(item, names, side)
        return
    if not isinstance(section, BaseModel) or isinstance(section, Quantity):
        return
    if isinstance(section, Opening):
        yield from _opens_and_lapses(section)
    day = day_of(section)
    if day is not None and hasattr(section, "id"):
        low, high = chance_of(section)
        if high > 0:
            yield Dated(day, names.of(section), low >= 1)
        return
    for name in type(section).model_fields:
        if name != "sources":
            found = _below(getattr(section, name), names, names.sides.get(name, side))
            if name == "elections":
                # Two who vote may call it the same.
                of = names.of(section) if hasattr(section, "id") else side
                found = (one._replace(label=f"{of}: {one.label}") for one in found)
            yield from found


def day_of(thing: Any) -> datetime.date | None:
    """Return the day on which something comes, if that is set."""
    day = getattr(getattr(thing, "when", thing), "date", None)
    return day if isinstance(day, datetime.date) else None


def chance_of(section: Any) -> tuple[float, float]:
    """Return the least and the greatest chance with which something comes; 1 if it says none."""
    chance: Quantity | None = getattr(section, "probability", None)
    return (1.0, 1.0) if chance is None else chance.support


def _opens_and_lapses(thing: Any) -> Iterator[Dated]:
    """Yield the days on which an option or a red line opens and lapses, if they are set."""
    first, last, condition = (getattr(thing, name) for name in ("from", "until", "while"))
    begins = "in force" if isinstance(thing, RedLine) else "opens"
    for day, what in ((first, begins), (last, "lapses")):
        if day is not None:
            yield Dated(day, f"{thing.label}: {what}", condition is None)
