"""Outcomes asked of another time: `casualties_attacker[12..24]`, `force_attacker@12`, `force_attacker@first_deal`.

A *span* `NAME[12..24]` is what came about between 12 and 24 months from the start; a *moment* `NAME@12` is what the outcome
was worth after 12 months, and `NAME@first_deal` on the day of the first deal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sim.engine.calendar import Calendar
from sim.errors import ParleyError
from sim.model.outcomes import Column, Outcome, State, day_of
from sim.scenario.head import MOST_MONTHS
from sim.scenario.wording import quoted, shorten

# Of months: a decimal number without sign.
_MONTHS = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_SPAN, _MOMENT = "NAME[12..24]", "NAME@12"


class OutcomeError(ParleyError):
    """Why an outcome cannot be had of the time that it is asked of."""


@dataclass(frozen=True)
class Moment:
    """A moment that comes on another day in each history, or in some never.

    Attributes
    ----------
    name : str
        As after `@`.
    about : str
        What it is called, as in "on the day of the first deal".
    reached : callable
        Takes the state; returns in which histories, (n,), it has come. The first evening on which it has is the moment.
    """

    name: str
    about: str
    reached: Callable[[State], Column]


@dataclass(frozen=True)
class Asked:
    """The name of an outcome, and the time of which it is asked.

    Attributes
    ----------
    name : str
        Of a column, an ending, or `column:value`.
    since, until : float or None
        The span in months, or `until` alone for the moment after so many months.
    moment : str
        The moment by its name; empty if it is none.
    """

    name: str
    since: float | None = None
    until: float | None = None
    moment: str = ""

    @classmethod
    def parse(cls, text: str) -> Asked:
        """Read an outcome and its time.

        Raises
        ------
        OutcomeError
            With what to write instead.

        >>> Asked.parse("casualties_attacker[12..24]").when
        '[12..24]'
        >>> Asked.parse("war_goes_on@06.0").when, Asked.parse("war_goes_on").when
        ('@6', '')
        """
        if "[" in text:
            name, _, inner = text.partition("[")
            ends = inner.removesuffix("]").split("..")
            if not inner.endswith("]") or len(ends) != 2:
                raise OutcomeError(f"cannot read {quoted(text)}: a span is written as in {_SPAN}, in months")
            since, until = (_months(end.strip(), text) for end in ends)
            if day_of(since) >= day_of(until):
                what = "is empty" if since == until else "ends before it begins" if since > until else "is less than a day"
                raise OutcomeError(f"the span of {quoted(text)} {what}; the earlier month comes first, as in {_SPAN}")
            return cls(name.strip(), since, until)
        name, at, when = (part.strip() for part in text.partition("@"))
        if not at:
            return cls(text)
        if when.isidentifier():
            return cls(name, moment=when)
        return cls(name, until=_months(when, text))

    @property
    def column(self) -> str:
        """The name of its column without time: of `terms_security:bare_truce@24` that is `terms_security`."""
        return self.name.partition(":")[0]

    @property
    def when(self) -> str:
        """How its time is written after the name; empty where none is asked for."""
        if self.since is not None and self.until is not None:
            return f"[{self.since:.10g}..{self.until:.10g}]"
        return f"@{self.moment}" if self.moment else "" if self.until is None else f"@{self.until:.10g}"

    def days(self, horizon: int, calendar: Calendar) -> tuple[int, ...]:
        """Return the days whose state it needs, as far as these are the same in all histories."""
        return tuple(_day(months, horizon, calendar) for months in (self.since, self.until) if months is not None)

    def refusal(self, outcome: Outcome) -> str:
        """Return why its outcome cannot be asked of this time, or an empty text."""
        if outcome.parts is not None:
            above, below = (f"{part}{self.when}" for part in outcome.parts)
            return f"is of all histories together; ask for its parts, {above} and {below}"
        if outcome.months is not None:
            return f"is {'of the start' if not outcome.months else f'taken after {_in_months(outcome.months)}'} already"
        if self.name == outcome.name and outcome.elsewhere is not None:
            return f"is of the horizon; at other times it is {outcome.elsewhere[0]}, as in {outcome.elsewhere[0]}@12"
        if self.since is None or outcome.adds_up:
            return ""
        why = {"category": "names one of several", "share": "is yes or no"}.get(outcome.kind, "does not add up over time")
        return f"{why}, so that a span of time has none; ask for a moment, as in {self.name}@{self.until:.10g}"


def _day(months: float, horizon: int, calendar: Calendar) -> int:
    """Return the day after so many months, which may lie beyond the horizon.

    Months are 30.4 days long, as in all outcomes. That may be a day or two more than by the calendar, as in a horizon of
    three months that is 90 days: what would come just after a horizon of as many months is what it is at the horizon.
    """
    day = day_of(months)
    whole = months <= MOST_MONTHS and months == int(months)
    return horizon if day > horizon and whole and calendar.month_start(int(months)) <= horizon else day


def _in_months(months: float) -> str:
    return f"{months:.10g} month{'' if months == 1 else 's'}"


def in_words(asked: Asked, moments: dict[str, Moment]) -> str:
    """Return what its time is called: `months 12 to 24`, `after 12 months`, `on the day of the first deal`."""
    if asked.since is not None:
        return f"months {asked.since:.10g} to {asked.until:.10g}"
    return moments[asked.moment].about if asked.moment else f"after {_in_months(asked.until or 0.0)}"


def _months(text: str, whole: str) -> float:
    if _MONTHS.fullmatch(text) is None:
        hint = f"write it as in {_SPAN if '[' in whole else _MOMENT}, without a sign"
        raise OutcomeError(f"{quoted(shorten(text, 40))} in {quoted(whole)} is no number of months; {hint}")
    # No horizon comes near, however many digits are written.
    return min(float(text), 1e9)
