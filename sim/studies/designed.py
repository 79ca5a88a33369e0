"""Histories with chosen luck and given parameters, as a worker runs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from sim.engine.draws import Floats, Ints
from sim.ensemble.outcomes import ENDINGS
from sim.ensemble.run import Plan, run_histories
from sim.results.runs import values_of
from sim.scenario import Scenario, ScenarioHead
from sim.scenario.wording import did_you_mean
from sim.studies.condition import ConditionError


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
    found = {}
    for name in histories.outcomes:
        try:
            found[name] = values_of(ensemble.outcomes, name, ENDINGS)
        except KeyError as error:
            hint = did_you_mean(name, [*ENDINGS, *ensemble.outcomes])
            raise ConditionError(f"unknown outcome {name!r}. {hint}".rstrip()) from error
    return found


def is_share(values: Floats) -> bool:
    """Return whether an outcome is of yes and no.

    >>> is_share(np.array([0.0, 1.0, np.nan])), is_share(np.array([0.0, 2.0]))
    (True, False)
    """
    return bool(np.isin(values[~np.isnan(values)], (0.0, 1.0)).all())
