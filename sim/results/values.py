"""The values of an outcome by its name, among the columns of histories."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats
from sim.ensemble.outcomes import declared, wanted
from sim.model import outcomes_of
from sim.model.asked import Asked, OutcomeError
from sim.model.endings import FAILED
from sim.scenario import Scenario
from sim.scenario.head import MOST_DAYS
from sim.scenario.wording import quoted


def choices_of(scenario: Scenario[Any]) -> dict[str, tuple[str, ...]]:
    """Return the columns of text of the replications, and which values they can have."""
    found = {outcome.name: tuple(outcome.values) for outcome, _ in outcomes_of(scenario) if outcome.values is not None}
    return {**found, "ending": (*found["ending"], FAILED)}


def values_of(scenario: Scenario[Any], outcomes: Mapping[str, NDArray[Any]], outcome: str, days: int = MOST_DAYS) -> Floats:
    """Return the values of an outcome among the columns of a run of so many days; see `Run.column`."""
    asked, choices = Asked.parse(outcome), choices_of(scenario)
    column, colon, value = ("ending", ":", asked.name) if asked.name in choices["ending"] else asked.name.partition(":")
    if (value not in choices.get(column, ())) if colon else column in choices:
        raise KeyError(outcome)
    if asked.when and not wanted(scenario, days, [outcome]):
        raise KeyError(outcome)
    if column + asked.when not in outcomes:
        _refuse(scenario, asked, outcome)
    held = outcomes[column + asked.when]
    if not colon:
        return np.asarray(held, dtype=np.float64)
    # Of what failed nothing is known, but that it did.
    ran = outcomes["ending"] != FAILED
    holds: Floats = np.where((held != "") & (ran | (value == FAILED)), (held == value).astype(np.float64), np.nan)
    return holds


def _refuse(scenario: Scenario[Any], asked: Asked, outcome: str) -> None:
    """Say why an outcome is not among the columns of a run."""
    if asked.when:
        raise OutcomeError(
            f"{quoted(outcome)} is of a time that this run does not hold; name the scenario rather than a folder of "
            "results, or, from Python, ask `run` for it in `outcomes`"
        )
    known = declared(scenario, asked)
    if (
        known is not None
        and known[0].elsewhere is None
        and known[0].name not in {one.name for one, _ in outcomes_of(scenario)}
    ):
        raise OutcomeError(f"{quoted(outcome)} is of no time of its own; write one, as in {asked.name}@12")
    raise KeyError(outcome)


def names_of(scenario: Scenario[Any], outcomes: Collection[str]) -> list[str]:
    """Return the names that `values_of` takes."""
    choices = choices_of(scenario)
    named = [f"{column}:{value}" for column, values in choices.items() if column in outcomes for value in values]
    return [*choices["ending"], *(name for name in outcomes if name.partition("@")[0] not in choices), *named]
