"""Histories with chosen luck and given parameters, as a worker runs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sim.engine.draws import Floats, Ints
from sim.ensemble.run import Plan, run_histories
from sim.scenario import Scenario, ScenarioHead
from sim.studies.condition import outcome_of


@dataclass(frozen=True)
class Histories:
    """What to run, and which outcomes are of interest.

    Attributes
    ----------
    scenario : Scenario
    plan : Plan
    outcomes : tuple of str
    numbers : (n,) int
        The replications whose luck the histories have.
    given : mapping of str to (n,) array
        Values of parameters that are not drawn, by path; NaN where they are.
    """

    scenario: Scenario[ScenarioHead]
    plan: Plan
    outcomes: tuple[str, ...]
    numbers: Ints
    given: Mapping[str, Floats] = field(default_factory=dict)


def outcomes_of(histories: Histories) -> dict[str, Floats]:
    """Run histories; return the values of each outcome, (n,).

    Raises
    ------
    ConditionError
        When there is no such outcome.
    """
    plan = replace(histories.plan, series=False)
    ensemble = run_histories(histories.scenario, plan, histories.numbers, histories.given)
    return {name: outcome_of(histories.scenario, ensemble.outcomes, name) for name in histories.outcomes}
