"""Break-evens as text for the terminal."""

import json
import math
from collections.abc import Callable, Iterator

from sim.results.identity import Identity
from sim.results.summary import blank_row
from sim.results.tables import csv_of, with_scenario
from sim.studies.breakeven import BreakEven, Point
from sim.words import WHAT_IT_IS_NOT
from sim.words.findings import findings_block
from sim.words.findings.studies import aim
from sim.words.labels import knob_heading, knob_label, outcome_label, with_unit
from sim.words.layout import EMPTY, Block, Column, Table, Text, Title, text_file
from sim.words.numbers import bound, in_full, in_unit

# Of the values that are tried.
DIGITS = 6
# judgement: to tell of more would be no advice.
MOST_TIMES = 1000


def answer(found: BreakEven, title: str, replications: int) -> Iterator[Block]:
    """Yield what was found, and the values that were tried."""
    condition = found.condition
    yield Title(title, f"{len(found.points)} values, {replications:,} histories each, on the same luck")
    yield EMPTY
    yield findings_block(found.findings)
    yield EMPTY
    for told in verdict(found):
        yield Text(told, 0, 2)
    yield EMPTY
    yield Table(
        [
            Column(knob_heading(found.path, found.scenario) if found.path else "value"),
            Column(f"{measured(found)}: less the level"),
            Column("95 %"),
        ],
        [[f"{in_full(point.value, DIGITS)}", *_excess(point, condition.statistic)] for point in found.points],
    )


def files(found: BreakEven, title: str, identity: Identity, replications: int) -> dict[str, str]:
    """Return a break-even as the files of its folder: as text, as CSV and as JSON.

    Parameters
    ----------
    found : BreakEven
    title : str
    identity : Identity
        What was run.
    replications : int
        At each value.
    """
    names = ("found", "settled", "at", "between", "low", "high", "holds_above", "jumps", "crossings")
    points = found.as_dicts()
    told = {
        "note": WHAT_IT_IS_NOT, **identity.about(replications), "until": str(found.condition),
        **{name: getattr(found, name) for name in names}, "points": points,
    }  # fmt: skip
    return {
        "breakeven.txt": text_file(answer(found, title, replications), ()),
        "breakeven.csv": with_scenario(
            csv_of([{**point, "holds": None if point["holds"] is None else int(point["holds"])} for point in points]),
            identity.label,
        ),
        "breakeven.json": json.dumps(told, indent=2, allow_nan=False) + "\n",
    }


def _excess(point: Point, statistic: str) -> tuple[str, str]:
    """Return how far a statistic is from the level, and its interval."""
    if point.excess is None:
        return "not defined", ""
    unit = "share" if statistic == "share" else ""
    size = max(abs(value) for value in (point.excess, point.low, point.high) if value is not None)
    excess = in_unit(point.excess, unit, sign=True, size=size)
    low, high = ("not known" if end is None else bound(end, unit, sign=True, size=size) for end in (point.low, point.high))
    return excess, f"{low} .. {high}"


def _unsettled(found: BreakEven, of: str, between: str, told: Callable[[float], str]) -> str:
    """Return what was seen where luck may be all of it, as a sentence."""
    if found.found == "several":
        return f"it crosses between {between}, but no more than one of these is surely no luck (95 %); more may tell."
    if found.at is not None:
        seen = f"the level is crossed near {told(found.at)}"
    else:
        seen = f"the condition holds at {'every' if found.found == 'everywhere' else 'no'} {of}"
    times, more = found.times_as_many, "more"
    if times is not None and times <= MOST_TIMES:
        # Rounded up, so that it is not too few.
        times = max(1.1, math.ceil(10 * times) / 10) if times < 10 else math.ceil(times)
        more = f"about {times:,g} times as many"
    return f"{seen}, but each 95 % interval includes the level; {more} may tell."


def title_of(found: BreakEven) -> str:
    """Return what was asked, in words; the terminal and the page have it as their title."""
    low, high = (in_full(found.points[place].value, DIGITS) for place in (0, -1))
    return f"{knob_label(found.path, found.scenario)} from {low} to {high}, until {aim(found.condition, found.scenario)}"


def measured(found: BreakEven) -> str:
    """Return what is measured, with its unit, and which statistic of it."""
    outcome = found.condition.outcome
    row = None if found.scenario is None else blank_row(found.scenario, outcome)
    label = outcome if row is None else with_unit(row.alone, row.unit)
    return label if found.condition.statistic == "share" else f"{label}, {found.condition.statistic}"


def verdict(found: BreakEven) -> Iterator[str]:
    """Yield what was found as a sentence, and at which values nothing could be."""
    yield _verdict(found)
    undefined = [point.value for point in found.points if point.holds is None]
    if undefined:
        yield (
            f"No history has {_label(found)} at {len(undefined)} of {len(found.points)} values, between "
            f"{in_full(undefined[0], DIGITS)} and {in_full(undefined[-1], DIGITS)}."
        )


def _label(found: BreakEven) -> str:
    return f"'{outcome_label(found.condition.outcome, found.scenario)}'"


def _verdict(found: BreakEven) -> str:

    def told(value: float) -> str:
        # A digit more than values are told apart by.
        return f"{value:,.{max(0, -math.floor(math.log10(found.width / 2)))}f}"

    of = "value that was tried" + (" and has a statistic" if any(one.holds is None for one in found.points) else "")
    between = ", ".join(f"{in_full(low, DIGITS)} and {in_full(high, DIGITS)}" for low, high in found.crossings)
    if found.found == "undefined":
        if not found.crossings:
            return f"No break-even can be told: at no value that was tried does a history have {_label(found)}."
        return f"The break-even cannot be told: it lies between {between}, where there is no statistic."
    if not found.settled:
        return f"Not settled by {found.histories:,} histories: {_unsettled(found, of, between, told)}"
    if found.at is None or found.between is None:
        if found.found == "several":
            return f"Several break-evens: it crosses between {between}. Ask for a range with one of them."
        near = found.sure.count(None)
        within = f"; at {near} of these {len(found.sure)} the level lies within the 95 % interval" if near else ""
        return f"No break-even: the condition holds at {'every' if found.found == 'everywhere' else 'no'} {of}{within}."
    low, high = (None if value is None else told(value) for value in (found.low, found.high))
    band = f"(95 %: {low or 'below the range'} .. {high or 'above the range'})"
    where = f"the condition holds {'from there on up' if found.holds_above else 'from there on down'}"
    if len(found.crossings) > 1:
        where += f", but begins and ceases {len(found.crossings)} times within that interval, where luck decides"
    if found.jumps:
        return f"Break-even between {told(found.between[0])} and {told(found.between[1])}, in a jump {band}; {where}."
    return f"Break-even at {told(found.at)} {band}; {where}."
