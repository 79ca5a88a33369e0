"""A design that parts what is not known from luck: draws of all assumptions together, each with the luck of several others.

What is found in it is said in `sim.results.signs`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from sim.engine.draws import Floats, Ints
from sim.ensemble.run import Plan, run_histories
from sim.scenario import Scenario, ScenarioHead
from sim.studies.designed import Histories, outcomes_of


def histories(scenario: Scenario[ScenarioHead], plan: Plan, outcomes: Sequence[str], draws: int, lucks: int) -> Histories:
    """Return the histories of a design: the assumptions of the first `draws` replications, each with `lucks` others' luck.

    Two scenarios have the same draws of what they share, and the same luck.
    """
    numbers = np.arange(draws * lucks, dtype=np.int64)
    given = {path: np.repeat(values, lucks) for path, values in assumptions_of(scenario, plan, numbers[:draws]).items()}
    # The luck of who has drawn the assumptions is that of none, so that what is drawn once is no further assumption.
    return Histories(scenario, plan, tuple(outcomes), numbers + draws, given)


def assumptions_of(scenario: Scenario[ScenarioHead], plan: Plan, numbers: Ints) -> Mapping[str, Floats]:
    """Return the uncertain numbers that replications draw, by path."""
    return run_histories(scenario, replace(plan, days=1, series=False, why=False, asked=(), watched=()), numbers).drawn


def by_draw(
    scenario: Scenario[ScenarioHead], plan: Plan, outcomes: Sequence[str], draws: int, lucks: int
) -> dict[str, Floats]:
    """Run a design; return the values of each outcome, (draws, lucks).

    Raises
    ------
    ConditionError
        When there is no such outcome.
    """
    found = outcomes_of(histories(scenario, plan, outcomes, draws, lucks))
    return {name: column.reshape(draws, lucks) for name, column in found.items()}
