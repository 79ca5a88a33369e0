"""What is allowed in a scenario but may not be meant: what never happens, changes nothing, or takes long to run."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from sim.engine.calendar import Calendar
from sim.model import MECHANISMS
from sim.model.conditions import never_holds
from sim.model.events import Effect, ScenarioEvent, changed, knob_ranges
from sim.model.levels import of_levels
from sim.model.negotiation import RedLine
from sim.model.parameters import SIDES
from sim.model.stakes import windows
from sim.scenario import Quantity, Scenario, ScenarioHead, quantities
from sim.scenario.describe import Entry, entries
from sim.scenario.identity import past_of
from sim.scenario.wording import number

# What an item of a list must not be for it to happen or to matter.
_NEVER = {"probability": "0", "hazard_per_year": "0"}
_NOTHING = {"amount_beur": "0", "cut_share": "0", "persons": "0", "intensity": "1"}
_SHOWN = 4
# judgement: where so many histories can have no deal from their first day on, it is worth a line; and so many red lines of
# one issue are taken together in no time, more than any scenario has.
_MOST_BARRED, _MOST_LINES = 0.5, 12

# judgement: measured; what each adds to the time of a run that has little of it, and what is worth a line.
_LONG = 3.0
_STEP, _STEP_OF_WAR_ALONE = 0.016, 0.043
_PACKAGE, _GUARDS, _HORIZON = 1 / 1_700, 0.005, 0.003
_RANDOM_EVENT, _CONDITION = 0.1, 0.01


def dated_before(scenario: Scenario[ScenarioHead]) -> str:
    """Return in a sentence what never happens, since it is dated before the start; nothing where all comes later."""
    return _before(_dated(entries(scenario)), scenario.world.start_date)


def _before(dated: Mapping[str, datetime.date], start: datetime.date) -> str:
    early = [item for item, day in dated.items() if day < start]
    return f"{_names(early, dated)} before the start ({start}), and never {_happen(early)}" if early else ""


def _dated(found: Sequence[Entry]) -> dict[str, datetime.date]:
    """Return the day of each thing that comes on one."""
    return {
        entry.item: datetime.date.fromisoformat(entry.text)
        for entry in found
        if entry.item and entry.path.rpartition(".")[2] == "date" and entry.text[:4].isdecimal()
    }


def notes(scenario: Scenario[ScenarioHead], days: int) -> list[str]:
    """Return in a sentence each what cannot happen within `days` days, or cannot matter."""
    found, start = entries(scenario), scenario.world.start_date
    end = Calendar(start).date_of(days)
    dated = _dated(found)
    early = [item for item, day in dated.items() if day < start]
    late = [item for item, day in dated.items() if day >= end]
    never = {entry.item: f"a {entry.path.rpartition('.')[2]} of {entry.text}" for entry in found if _is(entry, _NEVER)}
    lines = []
    if told := _before(dated, start):
        lines.append(told)
    if late:
        lines.append(
            f"{_names(late, dated)} after the last day ({end - datetime.timedelta(days=1)}), and never {_happen(late)}"
        )
    lines += [f"{item} has {why}, and never happens" for item, why in never.items()]
    gone = {*early, *late, *never}
    for entry in found:
        if _is(entry, _NOTHING) and entry.item not in gone:
            lines.append(f"{entry.item} has {_what(entry)} of {entry.text}, and changes nothing")
    lines += [*_of_events(scenario, days, gone), *_of_windows(scenario, days), *_of_land(scenario), *_of_keeping(scenario)]
    lines += [*_of_trust(scenario), *_of_lines(scenario), *_of_histories(scenario)]
    return [*lines, *of_levels(scenario)]


def _of_histories(scenario: Scenario[ScenarioHead]) -> Iterator[str]:
    """Yield that histories were found to agree with data under other assumptions."""
    own = scenario.world.histories
    if own is not None and past_of(scenario.tree, own.until) != own.of:
        yield (
            f"its histories agree with data until {own.until} under other assumptions about that time than these: what is "
            "changed before that day undoes it; change what comes later, by an event with a date, or calibrate again"
        )


def _is(entry: Entry, values: dict[str, str]) -> bool:
    return bool(entry.item) and values.get(entry.path.rpartition(".")[2]) == entry.text


def _what(entry: Entry) -> str:
    return entry.path.rpartition(".")[2]


def _names(items: Sequence[str], dated: Mapping[str, datetime.date]) -> str:
    shown = ", ".join(f"{item} ({dated[item]})" for item in items[:_SHOWN])
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return f"{shown}{more} {'is' if len(items) == 1 else 'are'} dated"


def _happen(items: Sequence[str]) -> str:
    return "happens" if len(items) == 1 else "happen"


def _of_events(scenario: Scenario[ScenarioHead], days: int, gone: set[str]) -> Iterator[str]:
    """Yield which conditions can never hold, and which effects change nothing."""
    world: Any = scenario.world
    events: list[ScenarioEvent] = world.events
    declared = [field for mechanism in MECHANISMS for field in mechanism.fields(getattr(world, mechanism.name))]
    open_events = [event for event in events if f"events.{event.id}" not in gone]
    counted = True
    while counted:  # an event may wait for another that never comes
        counted = False
        most = {event.id: event.at_most or 1 for event in open_events}
        for event in list(open_events):
            row = (event.when.quantity or "").rpartition(".")[2]
            why = never_holds(event.when, declared, most.get(row, 0))
            if why:
                open_events.remove(event)
                counted = True
                yield f"events.{event.id} never happens: {why}"
    values, ranges = dict(quantities(scenario.world)), knob_ranges(scenario.world)
    touched = [path for event in open_events for path in event.effect]
    for event in open_events:
        for path, effect in event.effect.items():
            why = _not_read(scenario, path, days) or _as_it_is(effect, values[path], ranges[path], touched.count(path) == 1)
            if why:
                yield f"events.{event.id} changes nothing on {path}: {why}"


def _of_windows(scenario: Scenario[ScenarioHead], days: int) -> Iterator[str]:
    """Yield which options and red lines can never be open."""
    world: Any = scenario.world
    if world.negotiation is None:
        return
    declared = [field for mechanism in MECHANISMS for field in mechanism.fields(getattr(world, mechanism.name))]
    most = {event.id: event.at_most or 1 for event in world.events}
    end = Calendar(world.start_date).date_of(days)
    for path, _, thing in windows(world.negotiation):
        first, last, condition = (getattr(thing, name) for name in ("from", "until", "while"))
        why = ""
        if last is not None and last <= world.start_date:
            why = f"until {last} is not after the start ({world.start_date})"
        elif first is not None and first >= end:
            why = f"from {first} is after the last day ({end - datetime.timedelta(days=1)})"
        elif condition is not None:
            row = condition.quantity.rpartition(".")[2]
            why = never_holds(condition, declared, most.get(row, 0))
        if why:
            yield f"{path} is never {'in force' if isinstance(thing, RedLine) else 'open'}: {why}"


def _of_land(scenario: Scenario[ScenarioHead]) -> Iterator[str]:
    """Yield which ends of a line no side looks at, since each has a curve of its own."""
    world: Any = scenario.world
    for issue in world.negotiation.issues if world.negotiation is not None else ():
        land = issue.land
        if land is not None and land.attacker is not None and land.defender is not None:
            for name in ("none_km2", "all_km2"):
                if getattr(land, name) is not None:
                    yield f"negotiation.issues.{issue.id}.land.{name} changes nothing: both sides have a curve"


def _of_keeping(scenario: Scenario[ScenarioHead]) -> Iterator[str]:
    """Yield what is said of how deals are kept and can come to nothing."""
    world: Any = scenario.world
    if world.ceasefire is None:
        return
    if world.negotiation.peace_of_fighting is not None and world.negotiation.fought_hazard_per_year is not None:
        yield "negotiation.peace_of_fighting changes nothing: such a peace has a fought_hazard_per_year of its own"
    for side in SIDES:
        if _most(getattr(world.negotiation, side).withholds_land_share) and world.ceasefire.handover_days is None:
            path = f"negotiation.{side}.withholds_land_share"
            yield f"{path} changes nothing: no land is handed over without ceasefire.handover_days"
    withheld = any(_most(getattr(world.negotiation, side).withholds_land_share) for side in SIDES)
    if _most(world.ceasefire.land_overdue_effect) and not (withheld and world.ceasefire.handover_days is not None):
        yield "ceasefire.land_overdue_effect changes nothing: no side withholds land that is handed over"
    if world.ceasefire.handover_days is not None and not any(issue.land for issue in world.negotiation.issues):
        yield "ceasefire.handover_days changes nothing: no issue is about land"
    for regime in world.ceasefire.regimes:
        path = f"ceasefire.regimes.{regime.id}"
        if _most(regime.renewed_share) and not _most(regime.mandate_days):
            yield f"{path}.renewed_share changes nothing: the guards have no mandate_days"
        for name in ("mandate_days", "withdrawn_per_year", "watches"):
            if _most(getattr(regime, name)) and not _most(regime.guards):
                yield f"{path}.{name} changes nothing: there are no guards"
        yield from _of_zone(world, regime, path)
        for owed in regime.obligations:
            if owed.kept_share.support[0] >= 1:
                yield f"{path}.obligations.{owed.id} changes nothing: it is always kept"


def _of_trust(scenario: Scenario[ScenarioHead]) -> Iterator[str]:
    """Yield what is said of trust and comes to nothing."""
    world: Any = scenario.world
    if world.trust is None:
        return
    sides = {side: getattr(world.trust, side) for side in SIDES}
    if not world.trust.truces and world.trust.first_phase is None:
        yield "trust is never learned: there are no truces, and no first_phase"
        if not any(_most(one.unreliable_effect) for one in sides.values()):
            yield "trust changes nothing: unreliable_effect is 0, and nothing is there to be kept"


def _of_lines(scenario: Scenario[ScenarioHead]) -> Iterator[str]:
    """Yield which issue has all its options beyond hard red lines in most histories, with red lines hard independently.

    Who extends another scenario to harden a line means it.
    """
    world: Any = scenario.world
    talks = world.negotiation
    for issue in talks.issues if talks is not None and scenario.stands_alone else ():
        lines = [
            line
            for line in talks.red_lines
            if [*line.terms] == [issue.id] and not (line.bounds or line.opens_and_lapses or line.ratified_by)
        ]
        share = _share_covered({option.id for option in issue.options}, lines) if len(lines) <= _MOST_LINES else 0.0
        if share > _MOST_BARRED:
            yield (
                f"in {share * 100:.0f} % of histories no package can be signed: every option of '{issue.id}' is beyond a "
                "hard red line of one side. Add an option that none of them is about, or write a lower hard_share"
            )


def _share_covered(options: set[str], lines: Sequence[RedLine[Quantity]]) -> float:
    """Return in what share of histories those lines that are hard are about all of the options."""
    chances = {frozenset[str](): 1.0}
    for line in lines:
        (terms,), hard, so_far = line.terms.values(), line.hard_share.central, chances
        chances = {}
        for covered, chance in so_far.items():
            for more, of_it in ((covered, 1.0 - hard), (covered | set(terms), hard)):
                chances[more] = chances.get(more, 0.0) + chance * of_it
    return sum(chance for covered, chance in chances.items() if covered >= options)


def _of_zone(world: Any, regime: Any, path: str) -> Iterator[str]:
    """Yield what ground each side leaves for the zone of a regime, where that has a price; or that its side does nothing."""
    wide, priced = (
        regime.zone_width_km.central,
        [side for side in SIDES if _most(getattr(world.negotiation, side).zone_price)],
    )
    whose = [side for side in priced if regime.zone_on in (None, side)]
    if regime.zone_on is not None and not (whose and wide):
        why = "there is no zone" if not wide else f"negotiation.{regime.zone_on}.zone_price is 0"
        yield f"{path}.zone_on changes nothing: {why}"
    for side in whose if wide else ():
        area = wide * world.ceasefire.front_km.central * (1.0 if regime.zone_on else 0.5)
        price = getattr(world.negotiation, side).zone_price.central * area / 1_000
        yield f"{path}: its zone takes {area:,.0f} km2 of the {side}, at a price of {price:.3g} of utility"


def _most(knob: Quantity) -> float:
    """Return how far from 0 a knob can be."""
    return max(abs(bound) for bound in knob.support)


def _as_it_is(effect: Effect, value: Quantity, bounds: tuple[float, float], alone: bool) -> str:
    """Return that an effect leaves a knob at what it is, or nothing; other events may have changed it unless `alone`."""
    amount: Quantity = getattr(effect, effect.kind)
    if not amount.is_certain:
        return ""
    if effect.kind != "set" and amount.central == (1.0 if effect.kind == "scale" else 0.0):
        return f"it is to {effect.kind} {number(amount.central)}"
    if not (alone and value.is_certain):
        return ""
    after = changed(effect.kind, np.array([value.central]), np.array([amount.central]))
    return f"it is {number(value.central)} already" if np.clip(after, *bounds)[0] == value.central else ""


def _not_read(scenario: Scenario[ScenarioHead], path: str, days: int) -> str:
    """Return why a knob is not looked at in this scenario, or nothing."""
    world: Any = scenario.world
    mud, calendar = set(world.front.mud_months), Calendar(world.start_date)
    met = {calendar.date_of(day).month for day in range(0, min(days, 366))}
    if path == "front.mud_season_factor" and not mud & met:
        return "there is no month of mud"
    if path == "front.dry_season_factor" and met <= mud:
        return "all months are of mud"
    if path.startswith("ceasefire.regimes."):
        used = {option.regime for issue in world.negotiation.issues for option in issue.options}
        return "" if path.split(".")[2] in used else "no option has this regime"
    return ""


def long_work(scenario: Scenario[ScenarioHead]) -> list[str]:
    """Return in a sentence each what makes a run several times as long as it would be without, and about how many times."""
    world: Any = scenario.world
    talks, steps = world.negotiation, world.attrition.steps_per_day.whole
    step = _STEP_OF_WAR_ALONE if talks is None else _STEP
    found = [(1 + step * (steps - 1), f"attrition.steps_per_day of {steps:,}")]
    if talks is not None:
        packages = int(np.prod([len(issue.options) for issue in talks.issues]))
        guards, horizons = (
            len(talks.ledger.guards_persons),
            len(talks.attacker.horizons_days) + len(talks.defender.horizons_days),
        )
        found += [
            (1 + _PACKAGE * packages, f"the {packages:,} packages that can be negotiated"),
            (1 + _GUARDS * guards, f"negotiation.ledger.guards_persons with {guards:,} values"),
            (1 + _HORIZON * horizons, f"horizons_days with {horizons:,} values"),
        ]
    random = sum(event.when.hazard_per_year is not None for event in world.events)
    waiting = sum(event.when.quantity is not None for event in world.events)
    found.append((1 + _RANDOM_EVENT * random + _CONDITION * waiting, f"the {len(world.events):,} events"))
    return [f"a run takes about {factor:,.0f} times as long because of {what}" for factor, what in found if factor >= _LONG]
