"""A run held against what the author of its scenario expects: the `expect` section.

Targets are data of the scenario, so that the model itself knows no war.
"""

from dataclasses import dataclass

import numpy as np

from sim.ensemble.run import Ensemble
from sim.scenario import Expectation, Problem, ScenarioError


@dataclass(frozen=True)
class Checked:
    """An expectation and the value found in a run."""

    expectation: Expectation
    value: float

    @property
    def met(self) -> bool:
        """Whether the value lies in the range."""
        return self.expectation.low <= self.value <= self.expectation.high


def check_targets(ensemble: Ensemble) -> list[Checked]:
    """Return every expectation of the scenario with its value.

    Raises
    ------
    ScenarioError
        When an expectation names no outcome of this run, or one that is not a number.
    """
    checked, problems = [], []
    numeric = [name for name in ensemble.outcomes if name != "ending"]
    for expectation in ensemble.scenario.world.expect:
        if expectation.outcome not in numeric:
            place = f"{ensemble.scenario.path}: expect[{expectation.id}]"
            hint = f"Outcomes within this horizon: {', '.join(numeric)}"
            problems.append(Problem(place, f"unknown outcome '{expectation.outcome}'", hint))
            continue
        values = ensemble.outcomes[expectation.outcome]
        known = values[~np.isnan(values)]
        value = float(np.mean(known) if expectation.statistic == "mean" else np.median(known))
        checked.append(Checked(expectation, value))
    if problems:
        raise ScenarioError(problems)
    return checked


def target_lines(checked: list[Checked]) -> list[str]:
    """Return the table of targets as lines of text."""
    lines = [f" {'target':<34} {'value':>10}   {'from':>10} .. {'to':<10}"]
    for one in checked:
        want = one.expectation
        verdict = "met" if one.met else "NOT MET"
        lines.append(f" {want.id:<34} {one.value:>10,.1f}   {want.low:>10,.1f} .. {want.high:<10,.1f} {verdict}")
    return lines
