"""What is asked of a run, read from text.

Of all its histories a condition, as in `share(ceasefire_in_force) >= 0.5`; of each history whether it is a case, as in
`ceasefire_in_force` or `casualties_attacker > 1_000_000`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats
from sim.errors import ParleyError
from sim.results.runs import Run, names_of, values_of
from sim.scenario import Scenario
from sim.scenario.wording import did_you_mean

STATISTICS = ("share", "mean", "median")
_OUTCOME = r"(?P<outcome>[\w:.]+)"
_COMPARED = r"\s*(?P<sign>>=|<=|>|<)\s*(?P<level>[-+]?[\d_]*\.?\d+(?:e[-+]?\d+)?)\s*"
_FORM = re.compile(rf"\s*(?P<statistic>[a-z]+)\s*\(\s*{_OUTCOME}\s*\){_COMPARED}(?P<base>\*\s*base)?\s*")
_CASE = re.compile(rf"\s*{_OUTCOME}\s*(?:{_COMPARED})?")


class ConditionError(ParleyError):
    """What is wrong with a condition."""


@dataclass(frozen=True)
class Condition:
    """A level that a statistic of an outcome is to reach.

    Attributes
    ----------
    statistic : str
        `share`, `mean` or `median`, over the histories that have the outcome.
    outcome : str
    above : bool
        Whether it is to be above the level.
    level : float
    of_base : bool
        Whether the level is a multiple of the statistic in the scenario as it is.
    """

    statistic: str
    outcome: str
    above: bool
    level: float
    of_base: bool

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read a condition.

        Raises
        ------
        ConditionError
            With what to write instead.

        >>> Condition.parse("mean(ground_gained_km2) <= 0.5 * base").of_base
        True
        """
        found = _FORM.fullmatch(text)
        if found is None:
            case = _CASE.fullmatch(text)
            example = "share(ceasefire_in_force) >= 0.5"
            if case is not None and case["sign"]:
                example = f"mean({case['outcome']}) {case['sign']} {case['level']}"
            raise ConditionError(f"cannot read {text!r}; write it as in {example!r}")
        if found["statistic"] not in STATISTICS:
            raise ConditionError(f"unknown statistic {found['statistic']!r} in {text!r}; there are {', '.join(STATISTICS)}")
        level = float(found["level"].replace("_", ""))
        if found["statistic"] == "share" and found["base"] is None and not 0.0 <= level <= 1.0:
            raise ConditionError(f"a share lies between 0 and 1, so that {text!r} asks nothing")
        if found["statistic"] == "median" and found["base"] is not None:
            # The median of the base has an error of its own, and its pairs say nothing of it.
            raise ConditionError(f"{text!r}: a multiple of the base is known for shares and means only; ask for the mean")
        return cls(found["statistic"], found["outcome"], found["sign"][0] == ">", level, found["base"] is not None)

    def __str__(self) -> str:
        sign, base = (">=" if self.above else "<="), (" * base" if self.of_base else "")
        return f"{self.statistic}({self.outcome}) {sign} {self.level:,.10g}{base}"

    def excess(self, run: Run, base: Run | None) -> Floats:
        """Return what each history adds: the mean over the histories is above 0 where the level is passed.

        Parameters
        ----------
        run : Run
        base : Run or None
            The scenario as it is, on the same luck, where the level is a multiple of it.

        Returns
        -------
        (n,) array
            NaN in histories that do not have the outcome.

        Raises
        ------
        ConditionError
            When there is no such outcome, or too few histories have it.
        """
        values = self._values(run)
        if base is None:
            level: Floats | float = self.level
        else:
            as_it_is = self._values(base)
            level = self.level * as_it_is
        above = values - level
        if np.count_nonzero(~np.isnan(above)) < 2:
            raise ConditionError(
                f"{self.outcome} is defined in fewer than two histories of {run.name}; run more, or ask another"
            )
        if self.statistic != "median":
            return above
        # Half of the histories are above the level where the median is at it. Those that are at the level count for the
        # condition, so that a median of whole numbers can reach one.
        passed = above >= 0 if self.above else above > 0
        return np.where(np.isnan(above), np.nan, passed - 0.5)

    def _values(self, run: Run) -> Floats:
        values = column_of(run, self.outcome)
        known = values[~np.isnan(values)]
        if not len(known):
            raise ConditionError(f"{self.outcome} is defined in no history of {run.name}")
        if self.statistic == "share" and not is_share(known):
            raise ConditionError(f"{self.outcome} is a number and has no share; write mean({self.outcome}) or median(...)")
        return values


class Case(NamedTuple):
    """What makes a history a case: an outcome of 0 and 1, or an outcome compared with a level.

    Attributes
    ----------
    outcome : str
    sign : str
        `>`, `>=`, `<` or `<=`; empty where the outcome is one of 0 and 1.
    level : float
    """

    outcome: str
    sign: str
    level: float

    @classmethod
    def parse(cls, text: str) -> Case:
        """Read what makes a case.

        Raises
        ------
        ConditionError
            With what to write instead.

        >>> str(Case.parse("casualties_attacker>1_500_000")), str(Case.parse("ceasefire_in_force"))
        ('casualties_attacker > 1,500,000', 'ceasefire_in_force')
        """
        found = _CASE.fullmatch(text)
        if found is None:
            raise ConditionError(
                f"cannot read {text!r}; write an outcome of 0 and 1, as in 'ceasefire_in_force', or a comparison, as in "
                "'casualties_attacker > 1_000_000'"
            )
        return cls(found["outcome"], found["sign"] or "", float((found["level"] or "1").replace("_", "")))

    def __str__(self) -> str:
        return f"{self.outcome} {self.sign} {self.level:,.10g}" if self.sign else self.outcome


def cases(run: Run, text: str) -> Floats:
    """Return which histories of a run are cases.

    Parameters
    ----------
    run : Run
    text : str
        As `Case` reads it.

    Returns
    -------
    (n,) array
        1 for a case, else 0; NaN in histories that do not have the outcome.

    Raises
    ------
    ConditionError
        When it cannot be read, there is no such outcome, no history has it, or it is a number and compared with none.
    """
    case = Case.parse(text)
    values = column_of(run, case.outcome)
    known = values[~np.isnan(values)]
    if not len(known):
        raise ConditionError(f"{case.outcome} is defined in no history of {run.name}")
    if not case.sign:
        if not is_share(known):
            level = f"{np.median(known):.10g}"
            raise ConditionError(f"{case.outcome} is a number; compare it with one, as in '{case.outcome} > {level}'")
        return values
    compare = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}[case.sign]
    return np.where(np.isnan(values), np.nan, compare(values, case.level))


def column_of(run: Run, outcome: str) -> Floats:
    """Return the values of an outcome in a run.

    Raises
    ------
    ConditionError
        When there is none of this name, with one that is like it.
    """
    try:
        return run.column(outcome)
    except KeyError as error:
        raise unknown_outcome(outcome, run.known_outcomes()) from error


def outcome_of(scenario: Scenario[Any], outcomes: Mapping[str, NDArray[Any]], outcome: str) -> Floats:
    """Return the values of an outcome among columns; errors as in `column_of`."""
    try:
        return values_of(scenario, outcomes, outcome)
    except KeyError as error:
        raise unknown_outcome(outcome, names_of(scenario, outcomes)) from error


def unknown_outcome(outcome: str, known: Sequence[str]) -> ConditionError:
    """Return the error of a name that no outcome has, with what to write instead."""
    options = [name for name in known if name.startswith(f"{outcome}:")]
    hint = f"Write {' or '.join(options[:3])}" if options else did_you_mean(outcome, known)
    hint = hint or f"There are {', '.join(known[:8])}, ...; see results/README.md"
    return ConditionError(f"unknown outcome {outcome!r}. {hint}")


def is_share(values: Floats) -> bool:
    """Return whether an outcome is of yes and no.

    >>> is_share(np.array([0.0, 1.0, np.nan])), is_share(np.array([0.0, 2.0]))
    (True, False)
    """
    return bool(np.isin(values[~np.isnan(values)], (0.0, 1.0)).all())
