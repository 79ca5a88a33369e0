"""What is found among choices: which is robust, which is best on average, where they fail, and how far from the best."""

from __future__ import annotations

import numpy as np

from sim.results.findings import Finding, Number
from sim.scenario import Scenario, ScenarioHead
from sim.studies.aims import Aim
from sim.studies.choose import SCENARIO, Choices, paths_of
from sim.studies.design import Varied, as_value
from sim.studies.regret import Weakness
from sim.words.findings.pieces import Pieces, finding, in_order, joined, with_interval
from sim.words.findings.studies import aim as level_in_words
from sim.words.findings.studies import level_of
from sim.words.labels import knob_label, outcome_label
from sim.words.numbers import in_full, in_unit, rounded, unit_after

DIGITS = 6
COUNTED = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def lever_label(lever: Varied, scenario: Scenario[ScenarioHead]) -> str:
    """Return what a lever is called within a sentence; what several numbers have in common, where it sets several."""
    if lever.path == SCENARIO:
        return "scenario"
    labels = [knob_label(path, scenario) for path in paths_of(lever)]
    common = {label.rpartition(": ")[2].partition(" (")[0] for label in labels}
    return common.pop() if len(labels) > 1 and len(common) == 1 else " and ".join(labels)


def value_in_words(value: str) -> str:
    """Return a value of a lever as sentences and tables say it."""
    number = as_value(value)
    return number.replace("_", " ") if isinstance(number, str) else in_full(number, DIGITS)


def choice_in_words(found: Choices, place: int) -> str:
    """Return a choice as a text within a sentence."""
    told = []
    for lever, value in zip(found.levers, found.choices[place], strict=True):
        at = "" if isinstance(as_value(value), str) else "at "
        told.append(f"{lever_label(lever, found.scenario)} {at}{value_in_words(value)}")
    return "".join(map(str, joined(told)))


def aim_in_words(aim: Aim, scenario: Scenario[ScenarioHead]) -> str:
    """Return an aim as a clause."""
    if aim.has_level:
        return level_in_words(aim.condition, scenario)
    of = "share" if aim.condition.statistic == "share" else "mean"
    return f"the {of} of '{outcome_label(aim.outcome, scenario)}' is {_way(aim)}"


def aim_heading(aim: Aim, scenario: Scenario[ScenarioHead]) -> str:
    """Return an aim as short as a row of a table has it."""
    return f"{outcome_label(aim.outcome, scenario)} {level_of(aim.condition) if aim.has_level else _way(aim)}"


def _way(aim: Aim) -> str:
    return "high" if aim.condition.above else "low"


def aims_met(found: Choices) -> str:
    """Return the aims that can be met, as the object of a sentence."""
    leveled = [str(number) for number, aim in enumerate(found.aims, 1) if aim.has_level]
    if len(leveled) < len(found.aims):
        return f"aim{'s' * (len(leveled) > 1)} {''.join(map(str, joined(leveled)))}"
    count = COUNTED[len(leveled)] if len(leveled) < len(COUNTED) else f"{len(leveled)}"
    return {1: "the aim", 2: "both aims"}.get(len(leveled), f"all {count} aims")


def of_choices(found: Choices) -> list[Finding]:
    """Return the robust choice, where it fails, what is best on average, and regrets."""
    robust = found.verdict.robust
    idle = [_idle(found)] if found.idle else []
    if found.is_by_luck:
        return in_order([_by_luck(found), *idle, *_best(found), _regret(found, robust)])
    if len(found.idle) == len(found.levers):
        return idle
    told = [_robust(found), *idle, *_best(found), _regret(found, robust)]
    told += [
        _where(found, place, weight) for place, weight in zip(found.fails, (0.9, *[0.5] * len(found.fails)), strict=False)
    ]
    if found.has_levels and found.verdict.optimism > 0 and found.verdict.all_met.value[robust] > 0:
        number = Number(f"{100 * found.verdict.optimism:.2g} points", found.verdict.optimism, "choices.json|optimism")
        told.append(finding("choice", 0.4, ["As the largest of many shares it is about ", number, " too large."]))
    return in_order(told)


def _idle(found: Choices) -> Finding:
    """Return the levers that change nothing; of all of them, also what holds whatever is chosen."""
    names = joined([[lever_label(found.levers[at], found.scenario)] for at in found.idle])
    one = len(found.idle) == 1
    pieces: Pieces = [
        *names,
        f" change{'s' * one} no aim in any history: all {'its values' if one else 'values'} are as good",
    ]
    pieces[0] = capital(str(pieces[0]))
    share, low, high = found.verdict.all_met.at(0)
    if len(found.idle) < len(found.levers) or not found.has_levels or found.is_by_luck:
        return finding("choice", 0.96, [*pieces, "."])
    number = with_interval(share, low, high, "share", ("choices.csv", 0), columns=_ends("all_met"))
    said = f"; whatever is chosen meets {aims_met(found)} in "
    return finding("choice", 0.96, [*pieces, said, number[0], " of the assumptions", *number[1:], "."])


def capital(text: str) -> str:
    """Return a text as it begins a sentence or a row."""
    return text[:1].upper() + text[1:]


def _robust(found: Choices) -> Finding:
    told, place = found.verdict, found.verdict.robust
    name = capital(choice_in_words(found, place))
    others = bool(told.as_good)
    as_good = f"; as far as intervals tell, {_some_of(found)} may be as good, and it has the least regret of them"
    as_good = as_good if others else ""
    if not found.has_levels:
        band = told.worst.at(place)
        number = _amount(*band, "", ("choices.csv", place), "largest_regret")
        number = number[1:2] if band[0] == 0 else number
        pieces: Pieces = [f"{name} is the robust choice: in 19 of 20 assumptions it is no farther from the best one than "]
        return finding("choice", 1.0, [*pieces, *number, f" of what choices move an aim on average{as_good}."], *band[1:])
    share, low, high = told.all_met.at(place)
    if share == 0:
        said = f"No choice meets {aims_met(found)} in any of {told.draws:,} draws of the assumptions; least regret has "
        return finding("not found", 1.0, [f"{said}{choice_in_words(found, place)}."])
    number = with_interval(share, low, high, "share", ("choices.csv", place), columns=_ends("all_met"))
    pieces = [f"{name} meets {aims_met(found)} in ", number[0], " of the assumptions", *number[1:]]
    largest = ", the largest share" if not others else ""
    return finding("choice", 1.0, [*pieces, f"{largest}{as_good}."], low, high)


def _by_luck(found: Choices) -> Finding:
    """Return the choice with the least regret of those that meet the aims, where luck alone is not known."""
    told, place = found.verdict, found.verdict.robust
    name, met = capital(choice_in_words(found, place)), told.all_met.value[place]
    as_good = f", and luck does not tell {_some_of(found)} from it" if told.as_good else ""
    least = f"it has the least regret{as_good}"
    if not found.has_levels:
        pieces: Pieces = [f"Nothing is uncertain but luck. {name}: {least}."]
        return finding("choice", 1.0, pieces)
    if met == 0:
        said = f"Nothing is uncertain but luck, and no choice meets {aims_met(found)}; least regret has "
        return finding("not found", 1.0, [said, choice_in_words(found, place), f"{as_good}."])
    shares: list[Pieces] = []
    for at, aim in enumerate(found.aims):
        if aim.has_level:
            of, unit = ("choice_aims.csv", place, aim), found.unit(aim)
            number = with_interval(*told.means.at(at, place), unit, of, columns=_ends("mean"))
            shares.append([f"'{outcome_label(aim.outcome, found.scenario)}' is ", *number])
    every = int(np.isclose(told.all_met.value, met, equal_nan=True).sum())
    how = "meets" if met == 1 else "is not told to meet, nor to miss,"
    others = "" if every == 1 else f" Of {every:,} choices of which that is so {least}."
    pieces = [f"Nothing is uncertain but luck. {name} {how} {aims_met(found)}: ", *joined(shares), f".{others}"]
    return finding("choice" if met == 1 else "not settled", 1.0, pieces)


def _some_of(found: Choices) -> str:
    """Return how many of the other choices may be as good, as the object of a sentence."""
    others, every = len(found.verdict.as_good), len(found.choices) - 1
    if every == 1:
        return "the other"
    return f"{'any' if others == every else f'{others:,}'} of the {every:,} others"


def _best(found: Choices) -> list[Finding]:
    """Return what is best on average for each aim, where that is not the robust choice; or that it is."""
    told, robust = found.verdict, found.verdict.robust
    others = [(at, place) for at, place in enumerate(told.best) if place != robust]
    if not others:
        every = "the aim" if len(found.aims) == 1 else f"each of the {len(found.aims)} aims"
        return [finding("choice", 0.7, [f"It is also the best on average in {every}."])]
    return [_best_of(found, at, place, 0.8 - 0.05 * order) for order, (at, place) in enumerate(others)]


def _best_of(found: Choices, at: int, place: int, weight: float) -> Finding:
    told, aim = found.verdict, found.aims[at]
    unit, end = found.unit(aim), "highest" if aim.condition.above else "lowest"
    number = with_interval(*told.means.at(at, place), unit, ("choice_aims.csv", place, aim), columns=_ends("mean"))
    pieces: Pieces = [f"On average '{outcome_label(aim.outcome, found.scenario)}' is {end} with "]
    pieces += [f"{choice_in_words(found, place)}: ", *number]
    if found.has_levels and not found.is_by_luck:
        share = told.all_met.at(place)
        met = with_interval(*share, "share", ("choices.csv", place), columns=_ends("all_met"))
        pieces += [f", which meets {aims_met(found)} in ", met[0], " of the assumptions", *met[1:]]
    return finding("choice", weight, [*pieces, "."], *told.means.at(at, place)[1:])


def _regret(found: Choices, place: int) -> Finding:
    """Return how far the robust choice is from the best one, in the first aim of which that is told."""
    told = found.verdict
    at = next((at for at in range(len(found.aims)) if told.regrets.value[at, place] == told.regrets.value[at, place]), None)
    if at is None:
        return finding("not found", 0.2, ["Of no aim is a regret told, since only some histories have its outcome."])
    aim, of = found.aims[at], ("choice_aims.csv", place, found.aims[at])
    mean, great = told.regrets.at(at, place), told.great.at(at, place)
    unit = found.unit(aim)
    if mean[2] == 0:
        said = f"No other choice is better in '{outcome_label(aim.outcome, found.scenario)}' in any history."
        return finding("choice", 0.85, [said])
    numbers = [_amount(*band, unit, of, name) for band, name in ((mean, "regret"), (great, "great_regret"))]
    way = "below" if aim.condition.above else "above"
    where = "" if found.is_by_luck else " in the same assumptions"
    said = f"Its '{outcome_label(aim.outcome, found.scenario)}' is {way} that of the best choice{where} by "
    if found.is_by_luck:
        return finding("choice", 0.85, [said, *numbers[0], "."])
    often = ", in one of twenty by more than " if great[0] > 0 else ", in 19 of 20 by "
    return finding("choice", 0.85, [said, *numbers[0], " on average", often, *numbers[1], "."])


def _amount(value: float, low: float, high: float, unit: str, of: tuple[object, ...], name: str) -> Pieces:
    """Return a regret with its interval; of none that is found, below what it is."""
    columns = _ends(name)
    if value == 0:
        is_share = unit == "share"
        end = Number(
            rounded(100 * high if is_share else high) + " points" * is_share, high, "|".join(map(str, (*of, columns[2])))
        )
        return ["less than ", end, "" if is_share else unit_after(unit)]
    # In points, as a difference is, but without its sign.
    return [
        one if isinstance(one, str) else one._replace(text=one.text.lstrip("+"))
        for one in with_interval(value, low, high, unit, of, columns=columns, sign=unit == "share")
    ]


def _where(found: Choices, place: int, weight: float) -> Finding:
    box = found.fails[place]
    is_robust = place == found.verdict.robust
    name = "It" if is_robust else capital(choice_in_words(found, place))
    if found.has_levels and found.verdict.all_met.value[place] in (0.0, 1.0):
        where = "everywhere" if found.verdict.all_met.value[place] == 0 else "nowhere"
        return finding("choice", weight / 2, [f"{name} fails {where} in the draws."])
    if box is None:
        return finding(
            "not found", weight / 2, [f"{name} fails in no part of one or two assumptions that chance would not name."]
        )
    limits = limits_in_words(found, place, box)
    inside, outside = (
        Number(of_draws(found, value), value, f"choice_fails.csv|{place}|{box.limits[0].path}|{column}")
        for value, column in ((box.value_inside, "inside"), (box.value_outside, "outside"))
    )
    if found.has_levels:
        pieces = [f"{name} fails mostly where ", *limits, f": there it meets {aims_met(found)} in ", inside, ", else in "]
    else:
        pieces = [f"{name} falls short most where ", *limits, ": there by ", inside, " on average, else by "]
    return finding("choice", weight, [*pieces, outside, "."])


def of_draws(found: Choices, value: float) -> str:
    """Return what comes of some draws: in which share of them aims are met, which has no more than two digits, or regret."""
    unit = found.unit(found.aims[0])
    return (
        f"{100 * value:.0f} %"
        if found.has_levels
        else f"{in_unit(value, unit)}{unit_after(unit) if unit != 'share' else ''}"
    )


def limits_in_words(found: Choices, place: int, box: Weakness) -> Pieces:
    """Return the limits of a box in the assumptions, as a clause."""
    told: list[Pieces] = []
    for limit in box.limits:
        column, way = ("low", "above") if limit.is_above else ("high", "at most")
        number = Number(rounded(limit.at), limit.at, f"choice_fails.csv|{place}|{limit.path}|{column}")
        told.append([f"{knob_label(limit.path, found.scenario)} is {way} ", number])
    return joined(told)


def _ends(name: str) -> tuple[str, str, str]:
    return name, f"{name}_low", f"{name}_high"
