"""A run held against what the author of its scenario expects: the `expect` section.

Targets are data of the scenario, so that the model itself knows no war.
"""

import difflib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.ensemble.outcomes import declared, wanted
from sim.ensemble.run import Ensemble
from sim.model import outcomes_of
from sim.model.asked import Asked, OutcomeError
from sim.results.runs import Run
from sim.results.values import choices_of, names_of, values_of
from sim.scenario import Expectation, Problem, Scenario, ScenarioError, ScenarioHead
from sim.scenario.wording import did_you_mean, listed


@dataclass(frozen=True)
class Checked:
    """An expectation, the value found in a run, and the share of the replications in which the outcome is defined.

    The value is None where there is none, because no replication has the outcome or a ratio is one to nothing.
    """

    expectation: Expectation
    value: float | None
    share: float

    @property
    def met(self) -> bool:
        """Whether the value lies in the range, its ends included; never where there is none."""
        return self.value is not None and self.expectation.low <= self.value <= self.expectation.high

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        want = self.expectation
        known = {"id": want.id, "outcome": want.outcome, "statistic": want.statistic, "of": want.of}
        found = {"value": self.value, "low": want.low, "high": want.high, "defined_in": self.share, "met": self.met}
        return {**known, **found}


def check_targets(of: Ensemble | Run) -> list[Checked]:
    """Return every expectation of the scenario of a run with its value.

    Raises
    ------
    ScenarioError
        When there is no expectation, or one names no outcome of this run, or one that is not a number.
    OutcomeError
        When one is of a time that this run was not asked for; see `outcomes_expected`.
    """
    checked, problems = [], []
    scenario = of.scenario
    if not scenario.world.expect:
        raise ScenarioError([no_targets(scenario)])
    numeric = [name for name, values in of.outcomes.items() if values.dtype.kind != "U"]
    for expectation in scenario.world.expect:
        try:
            found = [values_of(scenario, of.outcomes, name) for name in _named(expectation)]
        except KeyError as error:
            unknown = str(error.args[0])
            days = of.days if isinstance(of, Run) else of.plan.days
            hint = _hint(scenario, days, unknown, numeric)
            problems.append(_problem(scenario, expectation, f"no outcome '{unknown}'", hint))
            continue
        known = [values[~np.isnan(values)] for values in found]
        checked.append(Checked(expectation, _value(expectation.statistic, known), len(known[0]) / len(found[0])))
    if problems:
        raise ScenarioError(problems)
    return checked


def outcomes_expected(scenario: Scenario[ScenarioHead], days: int) -> tuple[str, ...]:
    """Return the outcomes that are expected, to be asked of a run of so many days.

    Raises
    ------
    ScenarioError
        When one is unknown, is no number, or cannot be asked of its time: all of them, before anything is run.
    """
    problems = []
    for expectation in scenario.world.expect:
        for name in _named(expectation):
            try:
                wanted(scenario, days, [name])
                flaw = _not_there(scenario, days, name, expectation.statistic == "share")
            except OutcomeError as error:
                flaw = str(error), ""
            if flaw is not None:
                problems.append(_problem(scenario, expectation, *flaw))
    if problems:
        raise ScenarioError(problems)
    return tuple(name for expectation in scenario.world.expect for name in _named(expectation))


def _not_there(scenario: Scenario[ScenarioHead], days: int, name: str, is_share: bool) -> tuple[str, str] | None:
    """Return why an outcome cannot be told as a number, and what to write instead; None if it can."""
    asked, choices, own = Asked.parse(name), choices_of(scenario), [one.name for one, _ in outcomes_of(scenario)]
    column, colon, value = asked.name.partition(":")
    known = declared(scenario, asked)
    if known is None:
        return f"no outcome '{asked.name}'", did_you_mean(
            asked.name, names_of(scenario, own)
        ) or "`parley outcomes` lists them"
    if asked.name in choices["ending"]:
        return None
    if column in choices and value not in choices[column]:
        some = listed([f"{column}:{one}" for one in choices[column]])
        return f"'{asked.name}' names one of several and is no number", f"Write which: {some}"
    if colon and column not in choices:
        return f"'{column}' names nothing of several, so that '{asked.name}' is none", f"Write {column}{asked.when}"
    if known[0].parts is not None:
        above, below = known[0].parts
        return f"'{name}' is of all histories together", f"Write outcome: {above}, statistic: ratio, of: {below}"
    if not asked.when and known[0].name not in own:
        return f"'{name}' is of no time of its own", f"Write one, as in {name}@12"
    if not asked.when and known[0].day(days) > days:
        late = f"it is of day {known[0].day(days):,}, and the horizon is {days:,}"
        return f"no outcome '{asked.name}': {late}", "Choose a longer horizon, or another outcome"
    if is_share and not colon and known[0].kind == "number":
        return f"{asked.name} is a number and has no share", "Write statistic: mean or median"
    return None


def _named(expectation: Expectation) -> list[str]:
    return [name for name in (expectation.outcome, expectation.of) if name is not None]


def _problem(scenario: Scenario[ScenarioHead], expectation: Expectation, what: str, hint: str = "") -> Problem:
    place = scenario.places.get(("expect", expectation.id)) or scenario.places.get(("expect",))
    return Problem(f"{place if place and place.line else scenario.path}: expect[{expectation.id}]", what, hint)


def no_targets(scenario: Scenario[ScenarioHead]) -> Problem:
    """Return the problem of a scenario that cannot be held against anything."""
    return Problem(
        str(scenario.path), "there are no targets to meet", "Write some in a section expect, or leave it out here"
    )


def _value(statistic: str, known: list[NDArray[np.float64]]) -> float | None:
    """Return the statistic of the values that there are: of an outcome, for a ratio of both; None where there is none."""
    if not all(map(len, known)):
        return None
    if statistic == "median":
        return float(np.median(known[0]))
    means = [float(np.mean(values)) for values in known]
    if statistic in ("mean", "share"):
        return means[0]
    return means[0] / means[1] if means[1] else None


def _hint(scenario: Scenario[ScenarioHead], days: int, outcome: str, known: list[str]) -> str:
    late = [one for one, _ in outcomes_of(scenario) if one.name == outcome and one.day(days) > days]
    if late:
        return f"It is of day {late[0].day(days):,}, and this run has {days:,}: choose a longer horizon"
    near = difflib.get_close_matches(outcome, known, n=1)
    return f"Did you mean '{near[0]}'?" if near else "`parley outcomes` lists them"
