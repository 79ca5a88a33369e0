"""What a choice is to bring about: `mean(casualties_defender) low`, or with a level `share(war_goes_on) <= 0.3`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim.scenario import Scenario
from sim.studies.condition import STATED, Condition, ConditionError, refuse_long

WAYS = ("low", "high")
_WAY = re.compile(r"(?P<stated>.*\))\s*(?P<way>low|high)\s*", re.DOTALL)


@dataclass(frozen=True)
class Aim:
    """An aim.

    Attributes
    ----------
    condition : Condition
        Its statistic, `share` or `mean`, its outcome, and on which side of the level it is to be.
    has_level : bool
        Whether the level of the condition is one; else as far on that side as can be.
    """

    condition: Condition
    has_level: bool

    @classmethod
    def parse(cls, text: str) -> Aim:
        """Read an aim.

        Raises
        ------
        ConditionError
            With what to write instead.

        >>> str(Aim.parse("mean(killed_attacker) low")), str(Aim.parse("share(war_goes_on)<=.3"))
        ('mean(killed_attacker) low', 'share(war_goes_on) <= 0.3')
        """
        refuse_long(text)
        found = _WAY.fullmatch(text)
        way, stated = (found["way"], found["stated"]) if found else ("", text)
        named = STATED.fullmatch(stated)
        if named is not None and named["sign"] is None:
            what = f"{named['statistic']}({named['outcome']})"
            if not way:
                raise ConditionError(f"{text!r} does not say what is wanted; write '{what} low', '{what} high' or a level")
            # Between 0 and 1, so that it fits any outcome; it is asked of none.
            condition, has_level = Condition.parse(f"{what} {'>=' if way == 'high' else '<='} 0.5"), False
        else:
            condition, has_level = Condition.parse(text), True
        if condition.statistic == "median":
            raise ConditionError(f"{text!r}: no median is told of the few histories of a draw; write mean")
        return cls(condition, has_level)

    def __str__(self) -> str:
        condition = self.condition
        return str(condition) if self.has_level else f"{condition.statistic}({condition.outcome}) {WAYS[condition.above]}"

    @property
    def outcome(self) -> str:
        """What it is of."""
        return self.condition.outcome


def parse_aims(texts: Sequence[str]) -> list[Aim]:
    """Read aims, of which a text may hold several with semicolons between them.

    Raises
    ------
    ConditionError
        When there are none, one cannot be read, or two are the same.
    """
    found = [Aim.parse(one.strip()) for text in texts for one in text.split(";") if one.strip()]
    if not found:
        raise ConditionError("no aim is given; write it as in 'mean(casualties_defender) low'")
    if len({str(one) for one in found}) < len(found):
        raise ConditionError("an aim is given twice; give each once")
    return found


def refuse_unfit(aims: Sequence[Aim], scenario: Scenario[Any]) -> None:
    """Refuse aims whose statistic is none of their outcome, before anything is run.

    Raises
    ------
    ConditionError
    """
    for one in aims:
        one.condition.refuse_unfit(scenario)
