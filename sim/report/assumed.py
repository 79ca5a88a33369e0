"""What a scenario assumes, in sentences with its numbers; its values with their sources; what the model leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from sim.engine.calendar import Calendar
from sim.model import MECHANISMS, section
from sim.model.arms import Arms
from sim.model.conditions import window_in_words
from sim.model.negotiation import ABOVE, IssueOption
from sim.model.parameters import SIDES
from sim.model.parties import Parties
from sim.model.talks import Talks
from sim.report.parts import Named, Piece, Table, Value, with_bounds
from sim.results.names import Names
from sim.scenario import Quantity, Scenario, ScenarioHead, quantities
from sim.scenario.describe import entries, provenance
from sim.scenario.wording import exact_number
from sim.words.changes import value_in_words
from sim.words.findings.pieces import joined
from sim.words.labels import knob_heading
from sim.words.numbers import rounded
from sim.words.provenance import counted

# What no mechanism stands for.
LEFT_OUT = (
    "Space: there is one front, and no separate arms, air war or war at sea.",
    "Civilians, the economy behind the numbers, and parties within a side.",
    "Talks about talks: a package is signed as a whole or not at all.",
)

# The pace at the start, whichever is given.
PACES = ("front.advance_km2_per_day", "front.advance_settled_km2_per_day")


def assumed(scenario: Scenario[ScenarioHead], days: int) -> Iterator[list[Piece]]:
    """Yield what a scenario assumes, a sentence each; in brackets the range with nine tenths of what a number may be."""
    names, known = Names(scenario), dict(quantities(scenario.world))
    calendar = Calendar(scenario.world.start_date)
    yield [f"The war is followed from {calendar.date_of(0).isoformat()} to {calendar.date_of(days).isoformat()}."]
    for side in SIDES:
        at, casualties = f"manpower.{side}", f"attrition.{side}.daily_casualties"
        yield [
            f"{names.side(side)} begins with ", *_range(known, f"{at}.force_persons"), " soldiers at the front and ",
            "recruits ", *_range(known, f"{at}.intake_per_month"), " a month. It loses ", *_range(known, casualties),
            " killed and wounded a day at first; ", *_range(known, f"{at}.killed_share", percent=True), " of them are ",
            "killed, and ", *_range(known, f"{at}.return_share", percent=True), " of the wounded return.",
        ]  # fmt: skip
    held: list[Piece] = [f"{names.side('attacker')} holds ", *_range(known, "front.held_area_km2"), " km2"]
    # Of a war without a pace that was seen, forces and fire decide it.
    pace = next((path for path in PACES if path in known), None)
    yield [*held, ", and gains ", *_range(known, pace), " km2 a day at first."] if pace is not None else [*held, "."]
    backers = [
        [f"{one.name} ", *_range(known, f"arms.backers.{one.id}.aid_per_month_beur"), f" (to {names.side(one.side)})"]
        for one in section(scenario, Arms).backers
    ]
    if backers:
        yield ["Backers pledge, in bn EUR a month: ", *joined(backers), "."]
    negotiation = section(scenario, Talks)
    if negotiation is None:
        yield ["No one negotiates."]
        return
    for issue in negotiation.issues:
        yield [f"{issue.label} may be settled as: {'; '.join(map(_option, issue.options))}."]
    for line in negotiation.red_lines:
        path = f"negotiation.red_lines.{line.id}"
        lowest, highest = line.hard_share.support
        cost = [*_range(known, f"{path}.price"), " of utility"]
        how: list[Piece] = [" is never crossed in ", *_range(known, f"{path}.hard_share", percent=True), " of histories"]
        if line.ratified_by is not None:
            voters = next(party.name for party in section(scenario, Parties) if party.id == line.ratified_by)
            share = _range(known, f"{path}.hard_share", percent=True)
            how = [f" is put to a vote of {voters}, of whom ", *share, " are against; where it is crossed it costs ", *cost]
        elif highest <= 0:
            how = [" can be crossed, which costs ", *cost]
        elif lowest < 1:
            how += ["; in the others crossing it costs ", *cost]
        bounds: list[Piece] = []
        for name in line.bounds:
            than = "more than" if name in ABOVE else "less than"
            whose = "of land ceded" if name.startswith("ceded") else f"left to {names.side('attacker')}"
            bounds += [f" or {than} " if bounds else f" against {than} ", *_range(known, f"{path}.{name}"), f" km2 {whose}"]
        open_ = f" ({window_in_words(line)})" if line.opens_and_lapses else ""
        yield [f"{names.side(line.side)}'s red line '{line.label}'{open_}", *bounds, *how, "."]


def _option(option: IssueOption) -> str:
    return f"{option.label} ({window_in_words(option)})" if option.opens_and_lapses else option.label


def _range(known: dict[str, Quantity], path: str, percent: bool = False) -> list[Piece]:
    """Return the median of a number, and the 5 % and 95 % of what it may be where it is uncertain."""
    quantity, of, shown = known[path], f"scenario.yaml|{path}", _in_percent if percent else rounded
    unit = " %" if percent else ""
    if quantity.is_certain:
        exact = shown(quantity.central) if percent else exact_number(quantity.central)
        return [Value(exact + unit, quantity.central, f"{of}|central")]
    low, middle, high = (
        Value(shown(number), number, f"{of}|{name}")
        for name, number in zip(("p05", "p50", "p95"), quantity.quantile(np.array([0.05, 0.5, 0.95])).tolist(), strict=True)
    )
    return with_bounds(middle._replace(text=middle.text + unit), low, high)


def _in_percent(value: float) -> str:
    return rounded(100 * value, 3 if value >= 0.1 else 2)


def how_sure(scenario: Scenario[ScenarioHead]) -> list[Piece]:
    """Return how many numbers are given, assumed, defaults or those of another war, and how many are uncertain."""
    uncertain = sum(not quantity.is_certain for _, quantity in quantities(scenario.world))
    counts = counted(provenance(scenario))
    return [f"{counts}. {uncertain} are uncertain, and drawn anew in each history."]


def every_number(scenario: Scenario[ScenarioHead]) -> Iterator[Table]:
    """Yield every value with its unit and its sources, a table for each section."""
    groups: dict[str, list[Sequence[Piece | list[Piece]]]] = {}
    for entry in entries(scenario):
        head, _, _ = entry.path.partition(".")
        name = head if "." in entry.path else "scenario"
        label = Named(knob_heading(entry.path, scenario), entry.path)
        origin = ", ".join([*(key.replace("_", " ") for key in entry.origin.split(", ")), *filter(None, [entry.record])])
        value = value_in_words(entry.text, entry.path, scenario)
        groups.setdefault(name.replace("_", " "), []).append([label, value, entry.unit, origin, entry.about])
    for name, rows in groups.items():
        yield Table(f"{name} (scenario.yaml)", ["what", "value", "unit", "source", "meaning"], rows)


def sources(scenario: Scenario[ScenarioHead]) -> list[dict[str, Any]]:
    """Return the sources of a scenario; the address is a link only where it is one of the web."""
    return [
        {
            "key": key.replace("_", " "), "author": source.author, "title": source.title, "date": source.date,
            "quality": source.quality, "address": source.address, "is_link": source.address.startswith(("https://", "http://")),
        }
        for key, source in scenario.world.sources.items()
    ]  # fmt: skip


def left_out() -> list[str]:
    """Return what the model leaves out, as the mechanisms say it of themselves."""
    return [*LEFT_OUT, *(f"{one.name[0].upper()}{one.name[1:]}: {one.leaves_out}." for one in MECHANISMS if one.leaves_out)]
