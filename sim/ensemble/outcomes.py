"""What happened in each replication, as columns: one value a replication, as the mechanisms declare it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import Calendar
from sim.engine.recorder import Reached
from sim.engine.world import World
from sim.model import moments_of, outcomes_of
from sim.model.asked import Asked, Moment, OutcomeError, in_words
from sim.model.outcomes import Column, Outcome, State
from sim.scenario import Scenario, ScenarioHead
from sim.scenario.wording import did_you_mean, quoted


class Wanted(NamedTuple):
    """An outcome of another time, as it is declared, with the section of its mechanism.

    `outcome` has the name and label that it has at other times; `days` are those whose state it needs, as far as these are
    the same in all histories.
    """

    asked: Asked
    outcome: Outcome
    section: Any
    days: tuple[int, ...]

    @property
    def column(self) -> str:
        """The name of its column."""
        return self.outcome.name + self.asked.when


def declared(scenario: Scenario[Any], asked: Asked) -> tuple[Outcome, Any] | None:
    """Return the outcome of a name, with the section of its mechanism; None where there is none."""
    for outcome, section in outcomes_of(scenario):
        if outcome.name == asked.column or (outcome.section == "endings" and asked.name in (outcome.values or ())):
            return outcome, section
        if outcome.elsewhere is not None and outcome.elsewhere[0] == asked.column:
            return replace(outcome, name=outcome.elsewhere[0], label=outcome.elsewhere[1], elsewhere=None), section
    return None


def wanted(scenario: Scenario[Any], days: int, names: Iterable[str]) -> list[Wanted]:
    """Return those of the names that ask of another time than the outcome has itself.

    Raises
    ------
    OutcomeError
        When an outcome that there is cannot be asked of that time in so many days.
    """
    found = {}
    for name in names:
        asked = Asked.parse(name)
        known = declared(scenario, asked) if asked.when else None
        if known is not None:
            needs = asked.days(days, Calendar(scenario.world.start_date))
            _refuse(scenario, days, asked, known[0], needs, name)
            one = Wanted(asked, *known, needs)
            found[one.column] = one
    return list(found.values())


def _refuse(scenario: Scenario[Any], days: int, asked: Asked, outcome: Outcome, needs: tuple[int, ...], name: str) -> None:
    reason = asked.refusal(outcome)
    if reason:
        raise OutcomeError(f"{quoted(name)}: {asked.name} {reason}")
    moments = moments_of(scenario)
    if asked.moment and asked.moment not in moments:
        raise OutcomeError(f"{quoted(name)}: unknown moment {quoted(asked.moment)}. {did_you_mean(asked.moment, moments)}")
    if len(needs) == 2 and needs[0] >= needs[1]:
        raise OutcomeError(f"the span of {quoted(name)} is empty: both its ends are day {needs[1]:,}")
    if max(needs, default=0) > days:
        raise OutcomeError(
            f"{quoted(name)} is of day {max(needs):,}, beyond the horizon of {days:,} days; choose a longer "
            "horizon, or an earlier time"
        )


def time_in_words(scenario: Scenario[Any], asked: Asked) -> str:
    """Return what the time is called of which an outcome is asked; empty for its own."""
    return in_words(asked, moments_of(scenario)) if asked.when else ""


def landmarks(scenario: Scenario[ScenarioHead], days: int, others: Sequence[Wanted] = ()) -> tuple[int, ...]:
    """Return the days on which outcomes need the whole state, for a horizon of `days`."""
    own = (outcome.day(days) for outcome, _ in outcomes_of(scenario))
    return tuple(sorted({0, days, *(day for day in own if day <= days), *(day for one in others for day in one.days)}))


def moments(scenario: Scenario[ScenarioHead], others: Sequence[Wanted]) -> dict[str, Reached]:
    """Return the moments on which outcomes need the whole state; see `Recorder`."""
    known = moments_of(scenario)
    return {one.asked.moment: partial(_reached, known[one.asked.moment]) for one in others if one.asked.moment}


def _reached(moment: Moment, fields: Mapping[str, Column]) -> Column:
    return moment.reached(State(fields, 0, 0, None))


def outcome_columns(
    world: World, scenario: Scenario[ScenarioHead], others: Sequence[Wanted] = ()
) -> dict[str, NDArray[Any]]:
    """Return the outcome columns of a finished batch.

    Parameters
    ----------
    world : World
        After its run, with the snapshots of `landmarks` and `moments`.
    scenario : Scenario
    others : sequence of Wanted
        Outcomes that are asked of other times.

    Returns
    -------
    dict of str to (n,) array
        Column name, with its unit, to values; text for categories, float otherwise (NaN: does not apply). A column whose
        moment lies beyond the horizon is left out.
    """
    days, recorder = world.setting.days, world.recorder
    columns = {}

    def state(day: int, section: Any) -> State:
        start = State(recorder.snapshots[0], 0, days, section)
        return State(recorder.snapshots[day], day, days, section, start)

    for outcome, section in outcomes_of(scenario):
        day = outcome.day(days)
        if outcome.parts is None and day <= days:
            columns[outcome.name] = outcome.column(state(day, section))
    for one in others:
        if one.asked.moment:
            came, fields = recorder.moments[one.asked.moment]
            then = State(fields, np.maximum(came, 0), days, one.section, state(0, one.section))
            values = one.outcome.column(then)
            columns[one.column] = np.where(came < 0, "" if one.outcome.values is not None else np.nan, values)
            continue
        states = [state(day, one.section) for day in one.days]
        columns[one.column] = one.outcome.over(*states) if len(states) == 2 else one.outcome.column(*states)
    return columns
