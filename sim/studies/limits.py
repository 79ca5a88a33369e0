"""Limits to what a comparison may find, as in `war_again > 0.05`: passed only where they can be judged."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from sim.results.comparison import CannotCompare, Comparison
from sim.results.runs import Run
from sim.scenario.wording import did_you_mean, exact_number, quoted
from sim.studies.condition import COMPARED, OUTCOME, STATED, holds, read_level, refuse_long

_LIMIT = re.compile(rf"\s*{OUTCOME}{COMPARED}")


class Limit(NamedTuple):
    """A difference that is too much.

    Attributes
    ----------
    outcome : str
    sign : str
        `>`, `>=`, `<` or `<=`.
    level : float
    """

    outcome: str
    sign: str
    level: float

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Read a limit.

        Raises
        ------
        CannotCompare, ConditionError
            With what to write instead.

        >>> Limit.parse("war_again > 0.05")
        Limit(outcome='war_again', sign='>', level=0.05)
        """
        refuse_long(text)
        found = _LIMIT.fullmatch(text)
        if found is None:
            stated = STATED.fullmatch(text)
            outcome, sign, level = stated.group("outcome", "sign", "level") if stated else ("war_again", None, None)
            example = f"{outcome} {sign or '>'} {level or 0.05}"
            raise CannotCompare(f"cannot read --fail-over {text!r}; write it as in {example!r}, of the difference")
        return cls(found["outcome"], found["sign"], read_level(found["level"], text))

    def __str__(self) -> str:
        return f"{self.outcome} {self.sign} {exact_number(self.level)}"


def failures(comparisons: Sequence[Comparison], limits: Sequence[Limit]) -> Iterator[str]:
    """Yield, in words, which differences are beyond a limit, and which cannot be held against one.

    Raises
    ------
    CannotCompare
        When a limit names what is not compared.
    """
    for comparison in comparisons:
        for limit in limits:
            said = _failure(comparison, limit)
            if said:
                yield said


def _failure(comparison: Comparison, limit: Limit) -> str:
    left, right = comparison.left, comparison.right
    try:
        found = comparison.line(limit.outcome).difference
    except KeyError as error:
        if not _undefined(comparison, limit.outcome):
            hint = did_you_mean(limit.outcome, [line.id for line in comparison.lines])
            other = {row.id for run in (left, right) for row in run.summary}
            hint = "Add --all" if limit.outcome in other else hint
            raise CannotCompare(
                f"--fail-over names {quoted(limit.outcome)}, which is not compared. {hint}".rstrip()
            ) from error
        found = None
    if found is None or math.isnan(found.mean):
        having = " and ".join(f"{_having(run, limit.outcome)} of {run.name}" for run in (left, right))
        return f"cannot be judged: {limit} ({right.name} against {left.name}): too few histories have it ({having})"
    if not holds(found.mean, limit.sign, limit.level):
        return ""
    sign = f"{limit.sign} {exact_number(limit.level)}"
    return f"over the limit: {limit.outcome} of {right.name} differs from {left.name} by {found.mean:+.6g} ({sign})"


def _undefined(comparison: Comparison, outcome: str) -> bool:
    """Return whether an outcome is not compared because in one of the runs no history has it."""
    for run in (comparison.left, comparison.right):
        try:
            if np.isnan(run.column(outcome)).all():
                return True
        except KeyError:
            pass
    return False


def _having(run: Run, outcome: str) -> str:
    try:
        return f"{np.count_nonzero(~np.isnan(run.column(outcome))):,}"
    except KeyError:
        return "none"
