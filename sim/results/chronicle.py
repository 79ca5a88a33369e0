"""The chronicle: the story of one history, event by event, with the state of the war every quarter."""

from collections.abc import Collection, Iterator

import numpy as np

from sim.engine.calendar import Calendar
from sim.engine.recorder import Event
from sim.ensemble.run import Ensemble
from sim.model import SENTENCES
from sim.results.names import Names
from sim.results.summary import ENDING_LABELS, side_names

DAYS_BETWEEN_STATES = 91


def chronicle(ensemble: Ensemble, replication: int, without: Collection[str] = ()) -> Iterator[str]:
    """Yield the lines of the story of a watched replication, in the order of time.

    Parameters
    ----------
    ensemble : Ensemble
        Run with `replication` among the watched ones.
    replication : int
        Its number.
    without : collection of str
        Kinds of events that are left out.
    """
    calendar = Calendar(ensemble.scenario.world.start_date)
    place = int(np.flatnonzero(ensemble.numbers == replication)[0])
    names = side_names(ensemble)
    told = [(event.day, sentence) for event, sentence in happenings(ensemble, replication, without)]
    ending = str(ensemble.outcomes["ending"][place])
    last = ensemble.plan.days
    if ensemble.outcomes["ending_day"][place] >= 0:
        last = int(ensemble.outcomes["ending_day"][place])
    lines = {day: f"  {_state(ensemble, place, slot, names)}" for slot, day in enumerate(ensemble.series_days)
             if day % DAYS_BETWEEN_STATES == 0 and day <= last}  # fmt: skip
    yield f"Replication {replication}, seed {ensemble.plan.seed}"
    for day in sorted(lines.keys() | {day for day, _ in told}):
        if day in lines:
            yield f"{calendar.date_of(day)}{lines[day]}"
        sentences = [sentence for its, sentence in told if its == day]
        if sentences:
            yield f"{calendar.date_of(day)}    {' '.join(sentences)}"
    outcome = ENDING_LABELS[ending].format(**names)
    ground = float(ensemble.outcomes["ground_gained_km2"][place])
    yield f"{calendar.date_of(ensemble.plan.days)}  {outcome}. Ground taken since the start: {ground:+,.0f} km2."


def happenings(ensemble: Ensemble, replication: int, without: Collection[str] = ()) -> Iterator[tuple[Event, str]]:
    """Yield what happened in a watched replication, event by event with its sentence; parameters as in `chronicle`."""
    names, told = side_names(ensemble), SENTENCES.keys() - set(without)
    for event in ensemble.events:
        if event.replication == replication and event.kind in told:
            yield event, _sentence(event, ensemble, names)


def _sentence(event: Event, ensemble: Ensemble, names: dict[str, str]) -> str:
    if event.kind == "deal signed":
        pressure = ", only because of pressure from outside" if event.values["imposed"] else ""
        package = Names(ensemble.scenario).package(int(event.values["package"]))
        return SENTENCES[event.kind].format(terms=package, pressure=pressure)
    values = {key: names.get(value, value) if isinstance(value, str) else value for key, value in event.values.items()}
    return SENTENCES[event.kind].format(**values)


def _state(ensemble: Ensemble, place: int, slot: int, names: dict[str, str]) -> str:
    now = {key: float(ensemble.series[at][slot, place]) for at, key in enumerate(ensemble.series_columns)}
    sides = [
        f"{names[side]} {now['force', side] / 1e3:,.0f} thousand at the front, fire {now['fire', side]:.2f}, "
        f"casualties so far {now['cumulative_casualties', side] / 1e3:,.0f} thousand"
        for side in ("attacker", "defender")
    ]
    return f"{sides[0]}. {sides[1]}. {names['attacker']} holds {now['held_area', '']:,.0f} km2."
