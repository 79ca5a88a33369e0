"""A run held against what the author of its scenario expects: the `expect` section.

Targets are data of the scenario, so that the model itself knows no war.
"""

import difflib
from dataclasses import dataclass

import numpy as np

from sim.ensemble.run import Ensemble
from sim.scenario import Expectation, Problem, ScenarioError


@dataclass(frozen=True)
class Checked:
    """An expectation, the value found in a run, and the share of the replications in which the outcome is defined."""

    expectation: Expectation
    value: float
    share: float

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
    numeric = {name: values for name, values in ensemble.outcomes.items() if values.dtype.kind != "U"}
    for expectation in ensemble.scenario.world.expect:
        named = [name for name in (expectation.outcome, expectation.of) if name is not None]
        unknown = [name for name in named if name not in numeric]
        if unknown:
            place = f"{ensemble.scenario.path}: expect[{expectation.id}]"
            problems.append(Problem(place, f"no outcome '{unknown[0]}'", _hint(unknown[0], list(numeric))))
            continue
        found = [numeric[name] for name in named]
        known = [values[~np.isnan(values)] for values in found]
        value = float(np.median(known[0]) if expectation.statistic == "median" else np.mean(known[0]))
        if expectation.statistic == "ratio":
            value /= float(np.mean(known[1]))
        checked.append(Checked(expectation, value, len(known[0]) / len(found[0])))
    if problems:
        raise ScenarioError(problems)
    return checked


def _hint(outcome: str, known: list[str]) -> str:
    if "12_months" in outcome or "30_days" in outcome:
        return "An outcome of the first 30 days or 12 months needs a horizon as long"
    near = difflib.get_close_matches(outcome, known, n=1)
    return f"Did you mean '{near[0]}'?" if near else "The columns of outcomes.csv are explained in results/README.md"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def target_lines(checked: list[Checked]) -> list[str]:
    """Return the table of targets as lines of text."""
    names = [f"{one.expectation.id} ({one.expectation.statistic})" for one in checked]
    width = max((len(name) for name in names), default=0)
    lines = [f" {'target':<{width}} {'value':>10} {'from':>10} .. {'to':<10} defined in"]
    for name, one in zip(names, checked, strict=True):
        want = one.expectation
        verdict = "met" if one.met else "NOT MET"
        bounds = f"{_number(want.low):>10} .. {_number(want.high):<10}"
        lines.append(f" {name:<{width}} {_number(one.value):>10} {bounds} {one.share:>10.1%}  {verdict}")
    return lines
