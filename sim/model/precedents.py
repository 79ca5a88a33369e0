"""How other wars, truces, talks and alliances went: base rates that stand beside the shares of a run.

No number of the model is made from them.

*Wars* are inter-state wars with 1,000 and more killed in battle, 1848 to 2003: 49 of those of Correlates of War (Sarkees and
Wayman 2010; Inter-State Wars 4.0), an extract. Of those that had lasted so many months (days of fighting / 30.44), so many
went on after the span, were won by a side by then, or ended without a victor (compromise or stalemate):

| had lasted | after 12 months | after 24 | after 36 |
|---|---|---|---|
| 0 | 16, 29, 2 | 9, 33, 4 | 9, 33, 4 |
| 6 | 10, 9, 1 | 9, 9, 2 | 7, 10, 3 |
| 12 | 9, 4, 2 | 9, 4, 2 | 7, 5, 3 |
| 24 | 9, 0, 0 | 7, 1, 1 | 5, 2, 1 |
| 33 | 7, 1, 1 | 6, 2, 1 | 3, 4, 1 |
| 48 | 5, 1, 0 | 2, 4, 0 | 2, 4, 0 |

A war that became another kind of war within the span is left out, since when it would have ended is not known: up to three
of 49, and one of those of 33 months. One victory is an end by name only, Japan's over China in 1941, which became part of
another war. On 4 December 2024 the war in Ukraine had lasted 33 months.

*Truces*: of 44 episodes of fighting that ended with a ceasefire agreement, by the Uppsala Conflict Data Program (Kreutz
2010; dyadic version 3-2021), 36 were still quiet at 24 months. An episode ends with a calendar year of quiet, so all of
them were quiet for a year; nothing is known from there of shorter truces, or of how often one lasts a year. Most are of
civil wars. *Truces in Donbas* are those of `base_rates`: one of 13, that of July 2020, outlasted three months.

*Talks*: "three quarters of all wartime negotiations over the last two centuries have failed to produce peace" (Min, Words of
War, ericmin.com/words-of-war); how many these were is not said there.

*Allies*: 50 % of commitments were honoured from 1816 to 2003, and "the compliance rate drops to 22% from 1945 to 2003"
(Berkemeier and Fuhrmann 2018, Research and Politics, abstract). An earlier count: "alliances are reliable 74.5% of the time"
(Leeds, Long and Mitchell 2000, Journal of Conflict Resolution 44(5), abstract). The abstracts do not say of how many.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Record(NamedTuple):
    """What was counted: what it is called, of what it is, its source, and what to know of it."""

    called: str
    about: str
    source: str
    caveat: str


class Wars(NamedTuple):
    """How wars stood after a span: how many went on, were won by a side, and had ended without a victor."""

    going_on: int
    won: int
    undecided: int

    @property
    def known(self) -> int:
        """Of how many it is known."""
        return sum(self)


class Rate(NamedTuple):
    """How often something happened: beside which outcomes it stands, in words, by which record, and how often of how many.

    Of a published share whose text does not say of how many, `of` is None.
    """

    outcomes: tuple[str, ...]
    happened: str
    record: Record
    share: float
    of: int | None = None


SPANS = (12, 24, 36)
"""Months after which wars are looked at again."""

WARS = Record(
    "Wars",
    "inter-state wars with 1,000 and more killed in battle, 1848 to 2003 (49, an extract)",
    "Correlates of War, Inter-State Wars 4.0 (Sarkees and Wayman 2010)",
    "Few are as old as long wars are. Those that became another kind of war meanwhile are left out. A victory may be one by "
    "name only, and a war that is simulated may be among those counted.",
)
AS_OLD: Mapping[int, Mapping[int, Wars]] = {
    had_lasted: dict(zip(SPANS, (Wars(*counts) for counts in after), strict=True))
    for had_lasted, after in {
        0: ((16, 29, 2), (9, 33, 4), (9, 33, 4)),
        6: ((10, 9, 1), (9, 9, 2), (7, 10, 3)),
        12: ((9, 4, 2), (9, 4, 2), (7, 5, 3)),
        24: ((9, 0, 0), (7, 1, 1), (5, 2, 1)),
        33: ((7, 1, 1), (6, 2, 1), (3, 4, 1)),
        48: ((5, 1, 0), (2, 4, 0), (2, 4, 0)),
    }.items()
}
"""How wars stood after so many months, by how many months they had lasted."""

_DONBAS = Record(
    "Truces in Donbas",
    "13 truces on the line in Donbas, 2015 to 2020",
    "LB.ua, 9 August 2018, quoting the OSCE; UNIAN, 2021",
    "They had monitors, a joint commission and lines to withdraw to; others between 2018 and 2020 are not counted.",
)
_QUIET = Record(
    "Truces",
    "episodes of fighting of 1946 to 2020 that ended with a ceasefire agreement, mostly of civil wars",
    "UCDP Conflict Termination Dataset, dyadic, v3-2021 (Kreutz 2010)",
    "All of them were quiet for a calendar year, for this is how an end is told; truces that are shorter are not seen.",
)
_TALKS = Record(
    "Talks",
    "talks during inter-state wars of the last two centuries",
    "Min, Words of War, as its author sums it up",
    "A published share; of how many is not said there.",
)
_ALLIES_SINCE = Record(
    "Allies",
    "alliances that a war called on",
    "Berkemeier and Fuhrmann 2018, Research and Politics",
    "Published shares; of how many their abstract does not say. What guarantors would do is assumed here, and no outcome.",
)
_ALLIES_BEFORE = _ALLIES_SINCE._replace(
    called="Allies, by an earlier count",
    source="Leeds, Long and Mitchell 2000, Journal of Conflict Resolution 44(5)",
    caveat="A published share; of how many the abstract does not say.",
)

BY_OUTCOME = (
    Rate(("ceasefire_lasted_91_days",), "A truce in Donbas outlasted three months", _DONBAS, 1 / 13, 13),
    Rate(("ceasefire_lasted_730_days",), "A truce that was quiet for a year was so for two", _QUIET, 36 / 44, 44),
    Rate(("talks_failing",), "Talks failed to produce peace", _TALKS, 0.75),
)
"""What stands beside outcomes whatever war it is."""

OF_ALLIES = (
    Rate((), "An ally kept its word in war, 1816 to 2003", _ALLIES_SINCE, 0.5),
    Rate((), "An ally kept its word in war, 1945 to 2003", _ALLIES_SINCE, 0.22),
    Rate((), "An ally kept its word in war, by an earlier count", _ALLIES_BEFORE, 0.745),
)
"""What stands in runs of scenarios with guarantors."""
