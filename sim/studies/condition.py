"""Conditions on outcomes, as in `share(ceasefire_in_force) >= 0.5`: what is asked of a run, read from text."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from sim.engine.draws import Floats
from sim.results.runs import Run
from sim.scenario.wording import did_you_mean

STATISTICS = ("share", "mean", "median")
_FORM = re.compile(
    r"\s*(?P<statistic>[a-z]+)\s*\(\s*(?P<outcome>[\w:.]+)\s*\)\s*(?P<sign>>=|<=|>|<)\s*"
    r"(?P<level>[-+]?[\d_]*\.?\d+(?:e[-+]?\d+)?)\s*(?P<base>\*\s*base)?\s*",
)


class ConditionError(Exception):
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
            raise ConditionError(f"cannot read {text!r}; write it as in 'share(ceasefire_in_force) >= 0.5'")
        if found["statistic"] not in STATISTICS:
            raise ConditionError(f"unknown statistic {found['statistic']!r} in {text!r}; there are {', '.join(STATISTICS)}")
        level = float(found["level"].replace("_", ""))
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
            level = self.level * (as_it_is if self.statistic != "median" else float(np.nanmedian(as_it_is)))
        above = values - level
        if np.count_nonzero(~np.isnan(above)) < 2:
            raise ConditionError(
                f"{self.outcome} is defined in fewer than two histories of {run.name}; run more, or ask another"
            )
        # Half of the histories are above the level where the median is at it.
        return above if self.statistic != "median" else np.where(np.isnan(above), np.nan, (above > 0) - 0.5)

    def _values(self, run: Run) -> Floats:
        values = column_of(run, self.outcome)
        known = values[~np.isnan(values)]
        if not len(known):
            raise ConditionError(f"{self.outcome} is defined in no history of {run.name}")
        if self.statistic == "share" and not np.isin(known, (0.0, 1.0)).all():
            raise ConditionError(f"{self.outcome} is a number and has no share; write mean({self.outcome}) or median(...)")
        return values


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
        known = run.known_outcomes()
        hint = did_you_mean(outcome, known) or f"There are {', '.join(known[:8])}, ...; see results/README.md"
        raise ConditionError(f"unknown outcome {outcome!r}. {hint}") from error
