"""What is asked of a run, read from text.

Of all its histories a condition, as in `share(ceasefire_in_force) >= 0.5`; of each history whether it is a case, as in
`ceasefire_in_force` or `casualties_attacker > 1_000_000`.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats
from sim.ensemble.outcomes import declared
from sim.ensemble.run import Plan, run_ensemble
from sim.errors import ParleyError
from sim.model.asked import Asked
from sim.results.runs import Run
from sim.results.statistics import Z_95, quantile_interval, wilson_interval
from sim.results.summary import only_summarised
from sim.results.values import names_of, values_of
from sim.scenario import Scenario, ScenarioHead
from sim.scenario.distributions import LARGEST
from sim.scenario.wording import did_you_mean, exact_number, quoted, shorten

STATISTICS = ("share", "mean", "median")
COMPARE: dict[str, Callable[[Any, Any], Any]] = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
# Far more than any outcome and level need, and so little that none takes long to read.
LONGEST = 400
# Its time is read by `Asked`, which says what is wrong with it.
OUTCOME = r"(?P<outcome>[\w:.]+(?:\[[^\[\]]*\]|@[\w.]*)?)"
COMPARED = r"\s*(?P<sign>>=|<=|>|<)\s*(?P<level>[-+]?(?:[0-9_]*\.)?[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?)\s*"
_FORM = re.compile(rf"\s*(?P<statistic>[a-z]+)\s*\(\s*{OUTCOME}\s*\){COMPARED}(?P<base>\*\s*base)?\s*")
_CASE = re.compile(rf"\s*{OUTCOME}\s*(?:{COMPARED})?")
STATED = re.compile(rf"\s*(?P<statistic>{'|'.join(STATISTICS)})\s*\(\s*{OUTCOME}\s*\)\s*(?:{COMPARED})?")
_INSIDE = re.compile(rf"\s*share\s*\(\s*{OUTCOME}{COMPARED}\)")


class ConditionError(ParleyError):
    """What is wrong with a condition."""


class Standing(NamedTuple):
    """How a statistic of a run stands to a level.

    Attributes
    ----------
    histories : int
        That have the outcome.
    statistic, level : float or None
        Of the outcome in these histories; None where none has it.
    excess : float or None
        The statistic less the level, exactly 0 where both are equal but for rounding; None where no history has the outcome.
    low, high : float or None
        The 95 % interval of the excess; None where the histories do not bound it.
    holds : bool or None
        Whether the condition holds; None where there is no statistic.
    """

    histories: int
    statistic: float | None
    level: float | None
    excess: float | None
    low: float | None
    high: float | None
    holds: bool | None


@dataclass(frozen=True)
class Condition:
    """A level that a statistic of an outcome is to reach.

    Attributes
    ----------
    statistic : str
        `share`, `mean` or `median`, over the histories that have the outcome.
    outcome : str
    sign : str
        `>`, `>=`, `<` or `<=`: what is equal to the level holds for two of them.
    level : float
    of_base : bool
        Whether the level is a multiple of the statistic in the scenario as it is.
    """

    statistic: str
    outcome: str
    sign: str
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
        refuse_long(text)
        found = _FORM.fullmatch(text)
        if found is None:
            raise ConditionError(f"cannot read {text!r}; {_what_to_write(text)}")
        if found["statistic"] not in STATISTICS:
            raise ConditionError(f"unknown statistic {found['statistic']!r} in {text!r}; there are {', '.join(STATISTICS)}")
        level = read_level(found["level"], text)
        if found["statistic"] == "share" and found["base"] is None and not 0.0 <= level <= 1.0:
            compared = f"{found['sign']} {found['level']}"
            hint = f"write 'mean({found['outcome']}) {compared}' of a number"
            if 1.0 < level <= 100.0:
                hint += f", or 'share({found['outcome']}) {found['sign']} {level / 100:.10g}' for {level:g} %"
            raise ConditionError(f"a share lies between 0 and 1, so that {text!r} asks nothing; {hint}")
        if found["statistic"] == "median" and found["base"] is not None:
            # The median of the base has an error of its own, and its pairs say nothing of it.
            raise ConditionError(f"{text!r}: a multiple of the base is known for shares and means only; ask for the mean")
        return cls(found["statistic"], found["outcome"], found["sign"], level, found["base"] is not None)

    def __str__(self) -> str:
        return f"{self.statistic}({self.outcome}) {self.sign} {exact_number(self.level)}{' * base' if self.of_base else ''}"

    def refuse_unfit(self, scenario: Scenario[Any]) -> None:
        """Say before anything is run that the statistic is not one of this outcome; one that is unknown is said elsewhere.

        Raises
        ------
        ConditionError
            When a share is asked of a number, or what is yes or no in each history is compared with a level beyond both.
        """
        found = declared(scenario, Asked.parse(self.outcome))
        if found is None:
            return
        is_number = found[0].kind == "number"
        if self.statistic == "share" and is_number:
            raise self._no_share()
        if self.statistic != "share" and not is_number and not self.of_base and not 0.0 <= self.level <= 1.0:
            level = f"{self.level / 100:.10g}" if 1.0 < self.level <= 100.0 else "0.5"
            raise ConditionError(
                f"{self.outcome} is yes or no in each history, so that its {self.statistic} lies between 0 and 1; write "
                f"'share({self.outcome}) {self.sign} {level}'"
            )

    def _no_share(self) -> ConditionError:
        """Return the error of a share that is asked of a number, with what to write instead."""
        compared = f"{self.sign} {exact_number(self.level)}{' * base' if self.of_base else ''}"
        told = f"write 'mean({self.outcome}) {compared}' or 'median({self.outcome}) {compared}'"
        return ConditionError(f"{self.outcome} is a number and has no share; {told} with a level of it")

    @property
    def above(self) -> bool:
        """Whether the statistic is to be above the level."""
        return self.sign[0] == ">"

    def sure(self, standing: Standing) -> bool | None:
        """Return whether the condition holds for certain: at both ends of the 95 % interval; None where they differ."""
        if standing.low is None or standing.high is None:
            return None
        ends = {holds(standing.low, self.sign, 0.0), holds(standing.high, self.sign, 0.0)}
        return ends.pop() if len(ends) == 1 else None

    def standing(self, run: Run, base: Run | None) -> Standing:
        """Return how a run stands to the level.

        Parameters
        ----------
        run : Run
        base : Run or None
            The scenario as it is, on the same luck, where the level is a multiple of it. Only histories that have the
            outcome in both count.

        Raises
        ------
        ConditionError
            When there is no such outcome, or it is a number and has no share.
        """
        return self.standing_of(self._values(run), None if base is None else self._values(base))

    def standing_of(self, values: Floats, base: Floats | None = None) -> Standing:
        """Return how values of the outcome stand to the level, (n,) each, NaN in histories without it; see `standing`."""
        of_base = np.zeros(len(values)) if base is None else base
        known = ~(np.isnan(values) | np.isnan(of_base))
        values, of_base = values[known], of_base[known]
        n = len(values)
        if n == 0:
            return Standing(0, None, None, None, None, None, None)
        statistic = float(np.median(values) if self.statistic == "median" else values.mean())
        level = self.level if base is None else self.level * float(of_base.mean())
        # Sums of the same numbers in another order differ in their last digits, which is no difference.
        excess = 0.0 if math.isclose(statistic, level, rel_tol=1e-12) else statistic - level
        low, high = self._interval(values, excess, level) if base is None else _paired(values, self.level * of_base, excess)
        return Standing(n, statistic, level, excess, low, high, holds(excess, self.sign, 0.0))

    def _interval(self, values: Floats, excess: float, level: float) -> tuple[float | None, float | None]:
        """Return the 95 % interval of a statistic less a level that is known."""
        n = len(values)
        if self.statistic == "median":
            low, high = (bound - level for bound in quantile_interval(np.sort(values), 0.5))
        elif is_share(values):
            low, high = (bound - level for bound in wilson_interval(float(values.sum()), n))
        else:
            return _paired(values, np.full(n, level), excess)
        return None if math.isnan(low) else low, None if math.isnan(high) else high

    def _values(self, run: Run) -> Floats:
        values = column_of(run, self.outcome)
        if self.statistic == "share" and not is_share(values):
            raise self._no_share()
        return values


def _what_to_write(text: str) -> str:
    """Return what to write instead of a condition that cannot be read: of an outcome that is named, a share or a mean."""
    case, inside = _CASE.fullmatch(text), _INSIDE.match(text)
    if inside is not None:
        # A share of the histories beyond a level: the median is beyond it where half of them are.
        compared = f"({inside['outcome']}) {inside['sign']} {inside['level']}"
        return f"the level stands outside: write 'median{compared}', where half of the histories are so, or 'mean{compared}'"
    if case is None:
        return "write it as in 'share(ceasefire_in_force) >= 0.5'"
    compared = f"({case['outcome']}) {case['sign'] or '>='} {case['level'] or 0.5}"
    if not 0.0 <= float((case["level"] or "0.5").replace("_", "")) <= 1.0:
        return f"write it as in 'mean{compared}'"
    return f"write it as in 'share{compared}' of what is yes or no in each history, 'mean{compared}' of a number"


def each_history(text: str) -> str:
    """Return what to write of each history where a statistic of all of them was written, as a hint; else an empty text.

    >>> each_history("share(war_again) > 0.05"), each_history("mean(killed_attacker) > 5"), each_history("war_again")
    ("; write 'war_again'", "; write 'killed_attacker > 5'", '')
    """
    found = STATED.fullmatch(text)
    if found is None:
        return ""
    level = f" {found['sign']} {found['level']}" if found["sign"] and found["statistic"] != "share" else ""
    return f"; write {found['outcome'] + level!r}"


def _paired(values: Floats, levels: Floats, excess: float) -> tuple[float | None, float | None]:
    """Return the 95 % interval of the mean of values less the level of each history."""
    n = len(values)
    if n < 2:
        return None, None
    differences = values - levels
    # Where all histories agree there is still the error of one that does not.
    other = 1.0 if is_share(values) else float(np.abs(differences).max())
    half = Z_95 * max(float(differences.std(ddof=1)), other / math.sqrt(n)) / math.sqrt(n)
    return excess - half, excess + half


def holds(value: float, sign: str, level: float) -> bool:
    """Return whether a value is beyond a level, or at it where the sign says so; never for a value that is not a number.

    >>> holds(1.0, ">=", 1.0), holds(1.0, ">", 1.0), holds(float("nan"), "<", 1.0)
    (True, False, False)
    """
    # What differs in the last digits only is at the level.
    at_level = math.isclose(value, level, rel_tol=1e-12, abs_tol=1e-300)
    return "=" in sign if at_level else bool(COMPARE[sign](value, level))


def read_level(written: str, text: str) -> float:
    """Return the number of a comparison.

    Raises
    ------
    ConditionError
        When it is too large for one.
    """
    level = float(written.replace("_", ""))
    if not abs(level) <= LARGEST:
        raise ConditionError(f"{shorten(written)} in {text!r} is too large for a number; at most {LARGEST:g} is read")
    return level


def refuse_long(text: str) -> None:
    """Refuse what is too long for a condition.

    Raises
    ------
    ConditionError
    """
    if len(text) > LONGEST:
        raise ConditionError(f"{quoted(text)} has {len(text):,} characters; at most {LONGEST} are read")


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
        refuse_long(text)
        found = _CASE.fullmatch(text)
        if found is None:
            hint = each_history(text) or (
                "; write an outcome of 0 and 1, as in 'ceasefire_in_force', or a comparison, as in "
                "'casualties_attacker > 1_000_000'"
            )
            asked = ": this is asked of each history" if STATED.fullmatch(text) else ""
            raise ConditionError(f"cannot read {text!r}{asked}{hint}")
        return cls(found["outcome"], found["sign"] or "", read_level(found["level"] or "1", text))

    def __str__(self) -> str:
        return f"{self.outcome} {self.sign} {exact_number(self.level)}" if self.sign else self.outcome


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
    return np.where(np.isnan(values), np.nan, COMPARE[case.sign](values, case.level))


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


def refuse_unknown(scenario: Scenario[ScenarioHead], plan: Plan, outcomes: Sequence[str], summarised: bool = False) -> None:
    """Run two histories to see whether there are such outcomes, before many are run.

    Parameters
    ----------
    scenario : Scenario
    plan : Plan
    outcomes : sequence of str
    summarised : bool
        Whether those are wanted, too, that only all histories together have.

    Raises
    ------
    ConditionError
        When there is no outcome of one of the names.
    """
    wanted = [name for name in outcomes if not (summarised and only_summarised(name))]
    if wanted:
        ran = run_ensemble(scenario, replace(plan, replications=2, series=False, asked=tuple(wanted)))
        for name in wanted:
            outcome_of(scenario, ran.outcomes, name)


def refuse_other_times(run: Run, outcomes: Sequence[str]) -> None:
    """See whether a run that is kept has the outcomes that are asked of times other than their own.

    Raises
    ------
    ConditionError, OutcomeError
        When it does not.
    """
    for name in outcomes:
        if Asked.parse(name).when:
            column_of(run, name)


def unknown_outcome(outcome: str, known: Sequence[str]) -> ConditionError:
    """Return the error of a name that no outcome has, with what to write instead."""
    asked = Asked.parse(outcome)
    options = [name + asked.when for name in known if name.startswith(f"{asked.name}:")]
    hint = f"Write {' or '.join(options[:3])}" if options else did_you_mean(asked.name, known)
    hint += "; `parley outcomes` lists them" if hint.endswith("...") else ""
    return ConditionError(f"unknown outcome {quoted(outcome)}. {hint}")


def is_share(values: Floats) -> bool:
    """Return whether an outcome is of yes and no.

    >>> is_share(np.array([0.0, 1.0, np.nan])), is_share(np.array([0.0, 2.0]))
    (True, False)
    """
    return bool(np.isin(values[~np.isnan(values)], (0.0, 1.0)).all())
