"""Choices as text for the terminal, and as the files of their folder."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

import numpy as np

from sim.results.identity import Identity
from sim.results.tables import csv_of, with_scenario
from sim.studies.choose import Choices
from sim.studies.regret import Bands
from sim.words import WHAT_IT_IS_NOT
from sim.words.findings import opening
from sim.words.findings.choose import (
    aim_heading,
    aim_in_words,
    aims_met,
    capital,
    choice_in_words,
    lever_label,
    limits_in_words,
    of_draws,
    value_in_words,
)
from sim.words.layout import EMPTY, Block, Column, Table, Text, Title, as_text, text_file
from sim.words.numbers import in_unit, with_band

# judgement: what fits a screen: lines of findings, choices beside one another, and what comes last: a line each for what it
# is not, what was written and the prompt, and five for what is next.
SCREEN, LAST, LINES, AT_ONCE = 24, 8, 4, 3


def title_of(found: Choices, identity: Identity) -> str:
    """Return what was asked, in words."""
    levers = [lever_label(lever, found.scenario) for lever in found.levers]
    return f"{identity.line}: {len(found.choices):,} choices of {', '.join(levers)}"


def answer(found: Choices, identity: Identity) -> Iterator[Block]:
    """Yield what is found, and the choices that come first beside one another: as much as fits a screen."""
    drawn = f"{len(found.choices):,} choices, {found.draws:,} draws of the assumptions, {found.lucks:,} histories of each"
    if found.is_by_luck:
        drawn = f"{found.draws * found.lucks:,} histories of every choice; nothing is uncertain, all that differs is luck"
    told: list[Block] = [Title(identity.line, drawn), EMPTY, Text(" ".join(opening(found.findings, lines=LINES))), EMPTY]
    table = _beside(found, in_order(found)[:AT_ONCE])
    needed = len(found.levers) + found.has_levels + len(found.aims)
    room = SCREEN - LAST - len(as_text([*told, table._replace(rows=table.rows[:needed])]).splitlines())
    yield from (*told, table._replace(rows=table.rows[: needed + max(0, room)]))


def _beside(found: Choices, order: list[int]) -> Table:
    """Return choices as columns: what is chosen, in which share all aims are met, the mean of each aim, and regret."""
    told, chosen = found.verdict, [found.choices[place] for place in order]
    first = "least regret" if found.is_by_luck else "robust" if len(found.idle) < len(found.levers) else "any"
    names = {told.robust: first, **dict.fromkeys(told.as_good, "as\N{NO-BREAK SPACE}good")}
    rows = [
        [capital(lever_label(lever, found.scenario)), *(value_in_words(choice[at]) for choice in chosen)]
        for at, lever in enumerate(found.levers)
    ]
    if found.has_levels:
        # The interval of the robust one alone: those of others stand in full.
        alone = found.is_by_luck
        met = [_met(found, told.all_met, at) if alone else in_unit(told.all_met.value[at], "share") for at in order[1:]]
        rows.append([capital(f"{aims_met(found)} met"), _met(found, told.all_met, order[0]), *met])
    for at, aim in enumerate(found.aims):
        means = [_mean(found, at, place) for place in order]
        rows.append([f"Aim {at + 1}: {aim_heading(aim, found.scenario)}", *means])
    rows.append(["Largest regret", *(f"{told.worst.value[place]:.2f}" for place in order)])
    rows.append(["Pareto", *(_pareto(found, place) for place in order)])
    return Table([Column("Choice", wraps=True, least=20), *(Column(names.get(place, "next")) for place in order)], rows)


def rest(found: Choices) -> Iterator[Block]:
    """Yield all findings, all choices, each aim with regrets, where choices fail, and how all this is found."""
    for one in found.findings:
        yield Text(one.sentence, 0, 2)
    yield EMPTY
    yield _table(found, in_order(found))
    first = "least regret" if found.is_by_luck else "robust"
    yield Text(f"* {first}, = may be as good", 1, 2, style="quiet")
    for at, aim in enumerate(found.aims):
        yield EMPTY
        yield Text(f"Aim {at + 1}: {aim_in_words(aim, found.scenario)}", 0, 2, style="bold")
        yield _of_aim(found, at)
    yield EMPTY
    if found.fails:
        yield Text("Where choices fail", style="bold")
    for place, box in found.fails.items():
        if box is None:
            yield Text(
                f"{choice_in_words(found, place)}: in no part of one or two assumptions that chance would not name", 1, 2
            )
            continue
        limits = "".join(one if isinstance(one, str) else one.text for one in limits_in_words(found, place, box))
        inside, outside = (of_draws(found, value) for value in (box.value_inside, box.value_outside))
        what = "aims met in" if found.has_levels else "mean regret"
        draws = f"{what} {inside} of {box.inside:,} draws, against {outside} of {box.outside:,}"
        yield Text(f"{choice_in_words(found, place)}: where {limits}; {draws}", 1, 2)
    yield EMPTY
    for line in how(found):
        yield Text(line, 0, 2)
    if found.verdict.draws < found.draws and not found.is_by_luck:
        left_out = found.draws - found.verdict.draws
        yield Text(f"{left_out:,} draws are left out, in which no choice has an outcome in both halves of the lucks.", 0, 2)


HOW = (
    "All choices meet the same assumptions and the same luck. Shares of the assumptions are of their draws, after luck is "
    "taken out of what comes of each.",
    "Met: in which share of the assumptions the mean over luck reaches the level. An aim that only some histories can meet, "
    "as one of ceasefires, is asked of those that have it; where none has, it is not met, and it has no regret.",
    "Regret: how far a choice is from the best one in the same assumptions. Great regret is exceeded in one of twenty. "
    "Largest regret is the great regret in the aim in which it is largest, where 1 is what choices move it on average.",
    "Pareto: no other is as good on average in all aims and better in one; behind it, in how many of resampled draws.",
    "Where a choice fails is told of the draws in which it was looked for, and so somewhat too sharply.",
)


BY_LUCK = (
    "All choices meet the same luck, and intervals are those of so many histories. An aim is met, or not, where the "
    "interval is on one side of its level; else that is not told. Regret: how far a choice is from the best one on average."
)


def how(found: Choices) -> tuple[str, ...]:
    """Return how choices are judged."""
    return (BY_LUCK,) if found.is_by_luck else HOW


def in_order(found: Choices) -> list[int]:
    """Return the choices, the robust one first: by the share in which all aims are met, then by the largest regret."""
    told = found.verdict
    # What is not told is neither met nor not met.
    met = np.nan_to_num(told.all_met.value, nan=0.5)
    others = sorted(range(len(found.choices)), key=lambda place: (-met[place], told.worst.value[place], place))
    return [told.robust, *(place for place in others if place != told.robust)]


def _heads(found: Choices) -> list[Column]:
    names = [lever_label(lever, found.scenario) for lever in found.levers]
    return [Column(), *(Column(name[:1].upper() + name[1:], wraps=True, least=8) for name in names)]


def _values(found: Choices, place: int) -> list[str]:
    told = found.verdict
    mark = "*" if place == told.robust else "=" if place in told.as_good else ""
    return [mark, *map(value_in_words, found.choices[place])]


def _table(found: Choices, order: list[int]) -> Table:
    """Return choices with the share in which all aims are met, the mean of each aim, regret, and whether others beat it."""
    told, aims = found.verdict, found.aims
    head = [*_heads(found), *([Column("All met")] if found.has_levels else [])]
    head += [*(Column(f"Aim {number}", spare=1) for number in range(1, len(aims) + 1))]
    head += [Column("Largest regret", spare=2, wraps=True, least=7), Column("Pareto", spare=3)]
    rows = []
    for place in order:
        row = [*_values(found, place), *([_met(found, told.all_met, place)] if found.has_levels else [])]
        row += [_mean(found, at, place) for at in range(len(aims))]
        rows.append([*row, f"{told.worst.value[place]:.2f}", _pareto(found, place)])
    return Table(head, rows)


def _pareto(found: Choices, place: int) -> str:
    told = found.verdict
    return f"{'yes' if told.pareto[place] else 'no'}, {100 * told.pareto_often[place]:.0f} %"


def _of_aim(found: Choices, at: int) -> Table:
    told, aim = found.verdict, found.aims[at]
    unit = found.unit(aim)
    head = [
        *_heads(found),
        Column("mean"),
        *([Column("met")] if aim.has_level else []),
        Column("regret"),
        Column("great regret"),
    ]
    rows = []
    for place in in_order(found):
        met = [_met(found, told.met, at, place)] if aim.has_level else []
        regrets = (_cell(one, unit, at, place) for one in (told.regrets, told.great))
        rows.append([*_values(found, place), _cell(told.means, unit, at, place), *met, *regrets])
    return Table(head, rows)


def _mean(found: Choices, at: int, place: int) -> str:
    """Return the mean of an aim in a choice, with its interval where luck is all that is not known."""
    mean, unit = float(found.verdict.means.value[at, place]), found.unit(found.aims[at])
    if math.isnan(mean):
        return "none"
    return _cell(found.verdict.means, unit, at, place) if found.is_by_luck else in_unit(mean, unit)


def _met(found: Choices, bands: Bands, *place: int) -> str:
    """Return in which share of the assumptions aims are met, or whether they are."""
    if not found.is_by_luck:
        return _cell(bands, "share", *place)
    value = float(bands.value[place])
    return "not told" if math.isnan(value) else "yes" if value == 1 else "no"


def _cell(bands: Bands, unit: str, *place: int) -> str:
    value, low, high = bands.at(*place)
    return "not told" if math.isnan(value) else with_band(value, low, high, unit)


def files(found: Choices, title: str, identity: Identity) -> dict[str, str]:
    """Return choices as the files of their folder: as text, as tables and as JSON."""
    fails = found.where_it_fails()
    told = found.verdict
    data = {
        "note": WHAT_IT_IS_NOT, **identity.about(found.draws * found.lucks), "title": title,
        "aims": [str(aim) for aim in found.aims], "levers": [lever.path for lever in found.levers], "draws": found.draws,
        "lucks": found.lucks, "kept_draws": told.draws, "robust": told.robust,
        "robust_scenario": found.scenario_name(told.robust), "robust_settings": found.settings(told.robust),
        "as_good": list(told.as_good), "idle": [found.levers[at].path for at in found.idle],
        "best_on_average": list(told.best), "optimism": told.optimism,
        "findings": [one.sentence for one in found.findings], "choices": found.by_choice(), "by_aim": found.as_dicts(),
        "fails": fails,
    }  # fmt: skip
    tables = {"choices.csv": found.by_choice(), "choice_aims.csv": found.as_dicts(), "choice_fails.csv": fails}
    return {
        "choices.txt": text_file(answer(found, identity), rest(found)),
        **{name: with_scenario(csv_of(rows), found.of_scenario) for name, rows in tables.items() if rows},
        "choices.json": json.dumps(data, indent=2, allow_nan=False) + "\n",
    }
