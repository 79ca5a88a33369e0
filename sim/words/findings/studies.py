"""What is found in studies: what decides, where a level is reached, how outcomes follow knobs, where they are common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.results.findings import Finding, Number
from sim.results.pairs import Difference
from sim.results.summary import Row, blank_row
from sim.scenario import Scenario
from sim.studies.assumptions import Study
from sim.studies.breakeven import BreakEven
from sim.studies.condition import Condition, is_share
from sim.studies.discovered import Discovered
from sim.studies.discovery import Box, Restriction
from sim.studies.headline import headline_outcomes
from sim.studies.one_at_a_time import LEFT_OUT, Assumption, MindChanging, Variant
from sim.studies.sensitivity import Index, Sensitivity
from sim.studies.sobol import LUCK, Sobol
from sim.studies.sweep import Sweep
from sim.words.findings.pieces import Pieces, finding, in_order, joined, with_interval
from sim.words.findings.run import listed
from sim.words.labels import knob_label, outcome_label
from sim.words.numbers import in_full, place_of, rounded, to_place

MOST_NAMED = 2
MOST_OUTCOMES = 3
DIGITS, DIGITS_OF_VALUE = 3, 4


def _label(outcome: str, scenario: Scenario[Any] | None) -> str:
    return f"'{outcome_label(outcome, scenario)}'"


def _weights(count: int) -> list[float]:
    """Return weights that fall from 1, so that what stands first is told first."""
    return [1.0 - 0.5 * place / max(1, count) for place in range(count)]


# What decides


def of_sensitivity(found: Sensitivity) -> list[Finding]:
    """Return which uncertain parameters decide an outcome."""
    return _of_sensitivities([found], found.scenario)


def of_sobol(found: Sobol) -> list[Finding]:
    """Return which factors decide an outcome with all their interplay."""
    return _of_sobols([found], found.scenario)


def of_mind_changing(found: MindChanging) -> list[Finding]:
    """Return which assumptions, each taken alone, move the outcomes most."""
    units = {
        name: "share" if is_share(values) else blank_row(found.scenario, name).unit if found.scenario is not None else ""
        for name, values in found.outcomes.items()
    }
    return of_assumptions(found.assumptions, units, found.scenario)


def of_study(study: Study[Any]) -> list[Finding]:
    """Return what is found in a study of assumptions, of all its outcomes together."""
    if study.kind == "sensitivity":
        return _of_sensitivities(study.found, study.scenario)
    if study.kind == "sobol":
        return _of_sobols(study.found, study.scenario)
    (found,) = study.found
    return of_assumptions(found.assumptions, {name: one.unit for name, one in study.outcomes.items()}, study.scenario)


def _of_sensitivities(found: Sequence[Sensitivity], scenario: Scenario[Any] | None) -> list[Finding]:
    """Return which uncertain parameters decide each outcome, from given histories; then of which nothing was found."""
    known = [one for one in found if any(index.low > 0 for index in one.indices)]
    told = [_decides(one, scenario, weight) for one, weight in zip(known, _weights(len(known)), strict=True)]
    others = [_label(one.outcome, scenario) for one in found if one not in known]
    if others:
        said = f"No uncertain parameter alone was found to decide {listed(others)}."
        told.append(finding("not found", 0.4, [said]))
    return in_order(told)


def _decides(one: Sensitivity, scenario: Scenario[Any] | None, weight: float) -> Finding:
    label, of = _label(one.outcome, scenario), ("sensitivity.csv", one.outcome)
    seen = [index for index in one.indices if index.low > 0]
    first, second = seen[0], seen[1:2]

    def told(index: Index) -> Pieces:
        columns = ("first_order", "low", "high")
        share = with_interval(
            index.first_order, index.low, index.high, "share", (*of, index.parameter), columns=columns,
            words="95 %: " if index is first else "",
        )  # fmt: skip
        way = "more" if index.rank_correlation > 0 else "less"
        return [f"{knob_label(index.parameter, scenario)} (the more of it, the {way}), ", *share]

    pieces: Pieces = [f"Of the variance of {label}, the largest share found is that of ", *told(first)]
    if second:
        near = second[0].high >= first.low
        pieces += [", not told apart from " if near else ", then that of ", *told(second[0])]
    return finding("decides", weight, [*pieces, "."], first.low, first.high)


def _of_sobols(found: Sequence[Sobol], scenario: Scenario[Any] | None) -> list[Finding]:
    """Return which factors decide each outcome with all their interplay, luck among them."""
    told = []
    for one, weight in zip(found, _weights(len(found)), strict=True):
        label = _label(one.outcome, scenario)
        seen = [index for index in one.indices if index.total > index.total_error > 0]
        if not seen:
            told.append(finding("not found", weight, [f"No factor was found to decide {label}."]))
            continue
        parts: list[Pieces] = []
        for index in seen[:MOST_NAMED]:
            number = Number(to_place(index.total, place_of(-index.total_error, index.total_error)), index.total,
                            f"sobol.csv|{one.outcome}|{index.factor}|total")  # fmt: skip
            error = Number(to_place(index.total_error, place_of(-index.total_error, index.total_error)),
                           index.total_error, f"sobol.csv|{one.outcome}|{index.factor}|total_error")  # fmt: skip
            name = "luck" if index.factor == LUCK else knob_label(index.factor, scenario)
            parts.append([f"{name} (total index ", number, " ±", error, ")"])
        first = seen[0]
        pieces: Pieces = [f"{label} is decided most by ", *joined(parts, ", then by "), "."]
        ends = (first.total - first.total_error, first.total + first.total_error)
        told.append(finding("decides", weight, pieces, *ends))
    return in_order(told)


def of_assumptions(
    assumptions: Sequence[Assumption], units: Mapping[str, str], scenario: Scenario[Any] | None
) -> list[Finding]:
    """Return which assumption moves the outcomes most, which next, and how many move nothing.

    Parameters
    ----------
    assumptions : sequence of Assumption
        As run, or read from `one_at_a_time.csv`.
    units : mapping of str to str
        Of the outcomes.
    scenario : Scenario or None
    """
    moving = [one for one in assumptions if one.moves > 0]
    if not moving:
        return [finding("not found", 1.0, ["No assumption, taken alone, was found to move any of these outcomes."])]
    told = []
    for place, one in enumerate(moving[:MOST_NAMED]):
        variant, outcome, change = _surest(one)
        of, columns = ("one_at_a_time.csv", variant.path, variant.value, outcome), ("difference", "low", "high")
        by = with_interval(change.mean, change.low, change.high, units[outcome], of, columns=columns, sign=True)
        begin = "What would change the picture most is" if place == 0 else "Next is"
        how = "" if variant.kind == LEFT_OUT else "at "
        at = f"{knob_label(one.path, scenario)}: {how}{value_in_words(variant)}"
        pieces: Pieces = [f"{begin} {at}, {_label(outcome, scenario)} changes by "]
        told.append(finding("decides", 1.0 - 0.2 * place, [*pieces, *by, "."], change.low, change.high))
    still = len(assumptions) - len(moving)
    if still:
        said = f"For {still:,} of {len(assumptions):,} assumptions no effect was found."
        told.append(finding("not found", 0.6, [said]))
    return in_order(told)


def value_in_words(variant: Variant) -> str:
    """Return at what value an assumption was taken, as sentences and tables say it."""
    return variant.value.replace("_", " ") if variant.number is None else in_full(variant.number, DIGITS_OF_VALUE)


def _surest(one: Assumption) -> tuple[Variant, str, Difference]:
    """Return the difference that an assumption makes for which the interval lies farthest from zero, in its own width."""
    known = [
        (effect.variant, outcome, change)
        for effect in one.effects
        for outcome, change in effect.differences.items()
        if change is not None and change.found
    ]
    return max(known, key=lambda found: abs(found[2].mean) / max(found[2].high - found[2].low, 1e-300))


# Sweeps


def of_sweep(sweep: Sweep) -> list[Finding]:
    """Return how each of the main outcomes follows the knobs, from its lowest to its highest point."""
    known = list(dict.fromkeys(sweep.asked)) or headline_outcomes([row for rows in sweep.summaries for row in rows])
    chosen = known[:MOST_OUTCOMES]
    return in_order(_follows(sweep, outcome, weight) for outcome, weight in zip(chosen, _weights(len(chosen)), strict=True))


def _follows(sweep: Sweep, outcome: str, weight: float) -> Finding:
    label = _label(outcome, sweep.scenario)
    rows = [(place, row) for place in range(len(sweep.points)) if (row := sweep.row(place, outcome)) is not None]
    rows = [(place, row) for place, row in rows if row.value is not None]
    if not rows:
        return finding("not found", weight, [f"No history of any point has {label}."])
    # Of equals the first point.
    least, most = min(rows, key=lambda one: one[1].value or 0.0), max(rows, key=lambda one: one[1].value or 0.0)
    if not _end(least[1], "high") < _end(most[1], "low"):
        said = f"{label} differs between points by no more than the intervals of its values; at most it is "
        pieces: Pieces = [said, *_at(sweep, *most), "."]
        return finding("not found", weight, pieces, most[1].low, most[1].high)
    # Those whose intervals reach into that of the end.
    as_low = sum(_end(row, "low") <= _end(least[1], "high") for _, row in rows) - 1
    as_high = sum(_end(row, "high") >= _end(most[1], "low") for _, row in rows) - 1
    pieces = [f"{label} is least at {_point(sweep, least[0])}, ", *_at(sweep, *least, where=False), _or_others(as_low)]
    pieces += [f", and most at {_point(sweep, most[0])}, ", *_at(sweep, *most, where=False), _or_others(as_high), "."]
    return finding("difference", weight, pieces, least[1].low, least[1].high)


def _end(row: Row, name: str) -> float:
    """Return an end of the interval of a value; the value where it has none."""
    end = getattr(row, name)
    return float(row.value or 0.0) if end is None else float(end)


def _or_others(count: int) -> str:
    """Return that luck may decide which of several points it is."""
    return f", or, as far as intervals tell, at {count:,} other point{'s' * (count > 1)}" if count else ""


def _at(sweep: Sweep, place: int, row: Row, where: bool = True) -> Pieces:
    assert row.value is not None, "looked at before"
    column = "share" if row.share is not None else "mean"
    of = ("sweep.csv", place, row.id)
    told = with_interval(row.value, row.low, row.high, row.unit, of, columns=(column, "low", "high"))
    return [*told, f" at {_point(sweep, place)}"] if where else told


def _point(sweep: Sweep, place: int) -> str:
    """Return a point in words."""
    values = zip(sweep.knobs, sweep.points[place], strict=True)
    return " and ".join(f"{knob_label(knob.path, sweep.scenario)} {value.replace('_', ' ')}" for knob, value in values)


# Break-evens


def of_break_even(found: BreakEven) -> list[Finding]:
    """Return whether a level is reached within the range, and where."""
    return [_crossing(found, found.points[0].value, found.points[-1].value)]


def _crossing(found: BreakEven, low: float, high: float) -> Finding:
    knob = knob_label(found.path, found.scenario) if found.path else "the knob"
    what, begin, end = aim(found.condition, found.scenario), in_full(low, DIGITS), in_full(high, DIGITS)
    between = f"between {begin} and {end}"
    if found.found != "undefined" and not found.settled:
        whether = f"whether {what} where {knob} is {between}"
        if found.found == "several":
            whether = f"how often the answer to whether {what} changes as {knob} goes from {begin} to {end}"
        return finding("not settled", 1.0, [f"Not settled by {found.histories:,} histories is {whether}."])
    if found.at is not None:
        texts = crossing_pieces(found)
        way = "up" if found.holds_above else "down"
        jump = " in a jump" if found.jumps else ""
        pieces: Pieces = [f"{what[0].upper()}{what[1:]}{jump} when {knob} is ", *texts, f" and from there on {way}."]
        return Finding("break-even", tuple(pieces), found.at, found.low, found.high, "breakeven|at", 1.0)
    if found.found == "several":
        said = f"As {knob} goes from {begin} to {end}, there are {len(found.crossings):,} places where the answer changes"
        return finding("break-even", 1.0, [f"{said} to whether {what}."])
    if found.found == "everywhere":
        said = f"{what[0].upper()}{what[1:]} whatever {knob} is {between}: no break-even lies in it."
        return finding("break-even", 1.0, [said])
    if found.found == "nowhere":
        return finding("not found", 1.0, [f"At no value of {knob} {between} that was tried is it found that {what}."])
    said = f"Whether {what} cannot be told of {knob} {between}: too few histories have the outcome."
    return finding("not settled", 1.0, [said])


def crossing_pieces(found: BreakEven) -> Pieces:
    """Return a break-even that was found with its interval, with the digits that this warrants."""
    assert found.at is not None, "asked of one that was found"
    place = place_of(found.low, found.high)
    # But no more than values are told apart by.
    apart = place_of(found.at - found.width, found.at + found.width)
    place = min(place, apart) if place is not None and apart is not None else apart
    ends = [
        Number(to_place(value, place), value, f"breakeven|{name}") if value is not None else beyond
        for name, value, beyond in (("low", found.low, "below the range"), ("high", found.high, "above the range"))
    ]
    return [Number(to_place(found.at, place), found.at, "breakeven|at"), " (95 %: ", ends[0], " .. ", ends[1], ")"]


def aim(condition: Condition, scenario: Scenario[Any] | None) -> str:
    """Return a condition in words."""
    of = {"share": "the share of", "mean": "the mean of", "median": "the median of"}[condition.statistic]
    return f"{of} {_label(condition.outcome, scenario)} is {level_of(condition)}"


def level_of(condition: Condition) -> str:
    """Return where the statistic of a condition is to lie, in words."""
    signs = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}
    level = f"{100 * condition.level:.10g} %" if condition.statistic == "share" and not condition.of_base else ""
    level = level or rounded(condition.level, 6)
    base = " times what it is as the scenario stands" if condition.of_base else ""
    return f"{signs[condition.sign]} {level}{base}"


# Discovery


def of_discovered(asked: Discovered) -> list[Finding]:
    """Return where an outcome is common, or that no such place was found."""
    scenario = asked.run.scenario
    case = case_in_words(asked)
    if not asked.found.boxes:
        return [finding("not found", 1.0, [f"No limits to uncertain parameters were found within which {case} more often."])]
    weights = _weights(len(asked.found.boxes))
    return in_order(
        _box(asked, place, box, case, scenario, weight)
        for place, (box, weight) in enumerate(zip(asked.found.boxes, weights, strict=True), 1)
    )


def case_in_words(asked: Discovered) -> str:
    """Return what is true of the cases as a clause."""
    label = _label(asked.case.outcome, asked.run.scenario)
    verb = "does not hold" if asked.rare else "holds"
    if not asked.case.sign:
        return f"{label} {verb}"
    signs = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}
    return f"{label} is {'not ' if asked.rare else ''}{signs[asked.case.sign]} {rounded(asked.case.level, 6)}"


def _box(
    asked: Discovered, place: int, box: Box, case: str, scenario: Scenario[Any], weight: float
) -> Finding:  # fmt: skip
    counts, of = box.held_out, ("discovery.csv", place, box.restrictions[0].parameter)
    limits = joined([_limit(one, place, scenario) for one in box.restrictions])
    columns = ("density", "density_low", "density_high")
    density = with_interval(counts.density, *counts.density_interval, "share", of, columns=columns)
    columns = ("base_rate", "base_rate_low", "base_rate_high")
    rate = with_interval(counts.base_rate, None, None, "share", of, columns=columns)
    pieces: Pieces = ["Where ", *limits, f", {case} in ", density[0], " of histories", *density[1:], ", against "]
    return finding("decides", weight, [*pieces, *rate, " of all."], *counts.density_interval)


def _limit(one: Restriction, place: int, scenario: Scenario[Any]) -> Pieces:
    of = f"discovery.csv|{place}|{one.parameter}"
    label = knob_label(one.parameter, scenario)
    numbers = [
        Number(rounded(value), value, f"{of}|{name}")
        for name, value in (("low", one.low), ("high", one.high))
        if value is not None
    ]
    if len(numbers) == 2:
        return [f"{label} is ", numbers[0], " .. ", numbers[1]]
    return [f"{label} is at {'least' if one.low is not None else 'most'} ", numbers[0]]
