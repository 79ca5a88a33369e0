"""What is told of a history: the third thing that is declared, beside fields and knobs.

An outcome is declared once, in the module of the mechanism that brings it about: its column, what it is called, what it
means and how it is shown. Columns, summary, headings, labels and the reference table come from it.

It is a function of the state at a moment, which knows the state at the start. So it can be asked of other moments and of
spans of time too: `casualties_attacker[12..24]` is what it was worth after 24 months, less what after 12; see `asked`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import DAYS_PER_MONTH
from sim.model.parameters import SIDES

Column = NDArray[Any]
Kind = Literal["number", "share", "category"]


@dataclass(frozen=True)
class Section:
    """A heading under which outcomes stand.

    Attributes
    ----------
    name : str
    heading : str
        With `{end}` for the date of the horizon and `{span}` for its length.
    beside : str
        The same where scenarios stand beside one another.
    alone : str
        What an outcome is called where no heading stands above it, with `{label}`.
    of_shares : bool
        Whether it shows shares, rather than medians and quantiles.
    compared : str
        Whether comparisons have it: `always`, if `all` is asked for, or `never`.
    """

    name: str
    heading: str
    beside: str
    alone: str = "{label}"
    of_shares: bool = True
    compared: Literal["always", "all", "never"] = "always"


# In the order in which they are shown.
SECTIONS = {
    one.name: one
    for one in (
        Section("endings", "On {end}", "At the end"),
        Section("ended", "The fighting ends", "The fighting ends", "Fighting ends {label}"),
        Section("deals", "A deal is signed", "A deal is signed", "Deal {label}"),
        Section("talks", "Talks end", "Talks end", "Talks end {label}"),
        Section(
            "ledger", "Why none is signed, in share of reviews at war", "Why none is signed", "No deal: {label}",
            compared="never",
        ),
        Section("terms", "What is signed, in share of deals", "What is signed", "Signed: {label}", compared="all"),
        Section(
            "dictated", "What the victor dictates, in share of wars that end so", "What the victor dictates",
            "Dictated: {label}", compared="all",
        ),
        Section(
            "lasting", "How long the first ceasefire lasts, where it was watched that long", "The first ceasefire lasts",
            "First ceasefire lasts {label}",
        ),
        Section(
            "causes", "What had at least doubled the hazard of first ceasefires that broke",
            "What had doubled the hazard of first ceasefires that broke", "Broke: {label}",
            compared="all",
        ),
        Section(
            "kept", "What was not kept, and guards who left, where it could be", "What was not kept"
        ),
        Section("course", "Over the {span}, or until the war ends", "Over the whole time", of_shares=False),
        Section(
            "year_one", "In the first 12 months", "In the first 12 months", "{label} (first 12 months)", of_shares=False
        ),
    )
}  # fmt: skip


def standalone(section: str, label: str) -> str:
    """Return what an outcome is called where no heading stands above it.

    >>> standalone("lasting", "365 days")
    'First ceasefire lasts 365 days'
    """
    return SECTIONS[section].alone.format(label=label) if section in SECTIONS else label


class State:
    """The fields of a batch at a moment, by name: (n,) or (rows, n) arrays.

    Attributes
    ----------
    day : int, or (n,) array
        Days passed, which differ where the moment does.
    days : int
        The horizon.
    start : State
        The state at the start, which is its own.
    section
        The section of the scenario of the mechanism whose outcome is asked for.
    """

    day: int | Column
    days: int
    start: State
    section: Any

    def __init__(
        self, fields: Mapping[str, Column], day: int | Column, days: int, section: Any, start: State | None = None
    ) -> None:
        self._fields, self.day, self.days, self.section, self.start = fields, day, days, section, start or self

    def __getattr__(self, name: str) -> Column:
        return self._fields[name]

    def __getitem__(self, name: str) -> Column:
        return self._fields[name]


@dataclass(frozen=True)
class Outcome:
    """The declaration of an outcome.

    Attributes
    ----------
    name : str
        Its column, with its unit where it has one.
    label : str
        What it is called under the heading of its section, with `{attacker}` and `{defender}` for the names of the sides.
    unit : str
        Of the column's values; `share` for yes and no.
    about : str
        What it means and in which histories it is defined, as the reference table says it.
    of : callable
        Takes the state at its moment; returns values (n,), NaN where it does not apply. Of a category, the place in
        `values`, or -1.
    section : str
        The heading under which the summary shows it; none for columns only.
    kind : str
        A number, a share (1 or 0 in each history), or a category.
    values : dict of str to str
        Of a category: its values with their labels.
    months : float, optional
        After how many months it is taken; at the horizon if not given.
    parts : two str, optional
        Of what is known of all histories together only: the columns whose sums are above and below the line.
    adds_up : bool
        Whether it adds up over time, so that a span of time has what it was worth at its end less what at its beginning.
    per : callable, optional
        What its values are divided by, NaN where that is 0: of a span each of both is that of the span.
    elsewhere : two str, optional
        Its name and label at other moments, where its own speak of the horizon.
    low, high : float, optional
        Between which its values lie, as far as that is certain.
    whole : bool
        Whether its values are whole numbers.
    always : bool
        Whether every history has it.
    headline : int, two of them, or dict of str to int
        Its rank among the outcomes that studies look at unless told which: of each side (`both`), of values of a category.
    told : bool, or dict of str to bool
        Whether comparisons say it in words; of values of a category.
    rare : sequence of str
        Of a category: values that the summary leaves out where no history has them.
    drawn : bool
        Whether figures of differences show it.
    if_any, unless_zero : bool
        Whether the summary leaves it out where it applies to no history, and where it is 0 in all.
    """

    name: str
    label: str
    unit: str
    about: str
    of: Callable[..., Column]
    section: str = "course"
    kind: Kind = "number"
    values: Mapping[str, str] | None = None
    months: float | None = None
    parts: tuple[str, str] | None = None
    adds_up: bool = False
    per: Callable[..., Column] | None = None
    elsewhere: tuple[str, str] | None = None
    headline: int | tuple[int, int] | Mapping[str, int] | None = None
    told: bool | Mapping[str, bool] = False
    rare: Sequence[str] = ()
    drawn: bool = True
    low: float | None = None
    high: float | None = None
    whole: bool = False
    always: bool = True
    if_any: bool = False
    unless_zero: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which it is asked for: its own, or those of the values of a category."""
        if self.values is None:
            return (self.name,)
        return tuple(value if self.section == "endings" else f"{self.name}:{value}" for value in self.values)

    @property
    def when(self) -> str:
        """When it is taken, in words."""
        if self.parts is not None or self.months is None:
            return "at the horizon"
        return f"after {self.months:.10g} months" if self.months > 1 else "after 30 days" if self.months else "at the start"

    def day(self, days: int) -> int:
        """Return the day on which it is taken."""
        return days if self.months is None else day_of(self.months)

    def column(self, state: State) -> Column:
        """Return its column: text for a category, else float."""
        found = self.of(state)
        if self.values is not None:
            # One more, for what does not apply.
            return np.asarray([*self.values, ""])[found]
        return np.asarray(found if self.per is None else ratio(found, self.per(state)), dtype=np.float64)

    def over(self, before: State, after: State) -> Column:
        """Return what it is worth in the time between two moments, of what adds up."""
        found = np.asarray(self.of(after), dtype=np.float64) - self.of(before)
        return found if self.per is None else ratio(found, self.per(after) - self.per(before))


def day_of(months: float) -> int:
    """Return the day after so many months, as statistics of wars count them.

    >>> day_of(1), day_of(12), day_of(24)
    (30, 365, 730)
    """
    return int(months * DAYS_PER_MONTH)


def both(outcome: Outcome) -> tuple[Outcome, Outcome]:
    """Return an outcome of each side.

    `_attacker` and `_defender` are added to its name; `{side}` in its label becomes the name of the side, `{enemy}` that of
    the other. `of` takes the state and the place of the side.
    """

    def named(name: str, label: str, place: int) -> tuple[str, str]:
        side, enemy = SIDES[place], SIDES[1 - place]
        return f"{name}_{side}", label.replace("{side}", f"{{{side}}}").replace("{enemy}", f"{{{enemy}}}")

    def of_side(place: int) -> Outcome:
        name, label = named(outcome.name, outcome.label, place)
        elsewhere = None if outcome.elsewhere is None else named(*outcome.elsewhere, place)
        headline = outcome.headline[place] if isinstance(outcome.headline, tuple) else outcome.headline
        return replace(
            outcome, name=name, label=label, elsewhere=elsewhere, headline=headline, of=_of_side(outcome.of, place)
        )

    return of_side(0), of_side(1)


def _of_side(of: Callable[..., Column], side: int) -> Callable[[State], Column]:
    return lambda state: of(state, side)


def total(rows: Iterable[Column], n: int) -> Column:
    """Add rows one after the other, so that the size of the batch cannot matter."""
    found = np.zeros(n)
    for row in rows:
        found = found + row
    return found


def where(applies: Column, values: Column) -> Column:
    """Return values where they apply, NaN elsewhere."""
    return np.where(applies, values, np.nan)


def ratio(above: Column, below: Column) -> Column:
    """Return a ratio, NaN where nothing stands below the line."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below != 0, above / below, np.nan)


def months_at_war(state: State) -> Column:
    """Return the months of fighting until a moment, for flows a month: none where there was a ceasefire by then.

    A war that an army's collapse ended has had fewer months.
    """
    months = np.where(state.ending_day >= 0, state.ending_day, state.day) / DAYS_PER_MONTH
    return where(state.ceasefires == 0, months)


def in_war_throughout(state: State) -> Column:
    """Return where the fighting has not stopped until a moment."""
    throughout: Column = (state.at_war > 0) & (state.ceasefires == 0)
    return throughout
