"""Studies of which assumptions matter as text for the terminal."""

import json
from collections.abc import Callable, Iterator
from textwrap import wrap
from typing import Any

from sim.results.identity import identity_of
from sim.results.pairs import Difference
from sim.results.tables import csv_of
from sim.scenario import Scenario, ScenarioHead
from sim.studies.assumptions import Study
from sim.studies.condition import is_share
from sim.studies.one_at_a_time import MindChanging, Variant
from sim.studies.sensitivity import Sensitivity
from sim.studies.sobol import LUCK, Sobol
from sim.words import WHAT_IT_IS_NOT
from sim.words.findings import opening
from sim.words.labels import knob_heading
from sim.words.numbers import in_full, with_band

# judgement: an index that is known no better than this hardly tells a half from nothing.
WIDE = 0.2


def text_lines(study: Study[Any], top: int) -> Iterator[str]:
    """Yield a study as lines of text, with at most `top` assumptions a table."""
    told: dict[str, Callable[[Study[Any], int], Iterator[str]]] = {
        "sensitivity": _given, "one_at_a_time": _one_at_a_time, "sobol": _by_design,
    }  # fmt: skip
    yield from told[study.kind](study, top)


def files(study: Study[Any], top: int) -> dict[str, str]:
    """Return a study as the files of its folder: as text with `top` assumptions, as CSV and as JSON."""
    rows = study.as_dicts()
    made = identity_of(study.scenario, study.plan).about(study.plan.replications)
    told = {"note": WHAT_IT_IS_NOT, **made, "left_out": study.left_out, "rows": rows}
    return {
        f"{study.kind}.txt": "\n".join([*text_lines(study, top), WHAT_IT_IS_NOT, ""]),
        f"{study.kind}.csv": csv_of(rows),
        f"{study.kind}.json": json.dumps(told, indent=2, allow_nan=False) + "\n",
    }


def _correlated(scenario: Scenario[ScenarioHead], *, tied: bool) -> bool:
    """Return whether there are correlations that tie quantities to one luck, or others."""
    return any((abs(one.rank.value) == 1) == tied for one in scenario.world.correlations)


def _left_out(study: Study[Any]) -> list[str]:
    return [f"Left out: {name} {reason}." for name, reason in study.left_out.items()]


def _given(study: Study[Sensitivity], top: int) -> Iterator[str]:
    parameters = len(study.found[0].indices)
    yield (
        f"{identity_of(study.scenario, study.plan).line}: which of {parameters} uncertain parameters drive the outcomes of "
        f"{study.histories:,} histories"
    )
    yield ""
    yield from opening(study.findings)
    yield ""
    for one in study.found:
        yield f"{study.outcomes[one.outcome].label} ({one.outcome}), {one.histories:,} histories"
        shown = [index for index in one.indices if index.low > 0][:top]
        if shown:
            yield "  share of variance (95 %)   rank correlation  parameter"
        for index in shown:
            share = with_band(index.first_order, index.low, index.high, "share")
            yield f"  {share:>24}   {index.rank_correlation:>+16.2f}  {knob_heading(index.parameter, study.scenario)}"
        if not shown:
            yield "  no parameter was found to drive it alone"
        share = with_band(max(0.0, one.together), one.together_low, one.together_high, "share")
        yield f"  {share:>24}   by all parameters, each alone; the rest is luck, and what parameters do together"
        yield ""
    yield from _left_out(study)
    yield "Each interval stands for itself: of so many parameters without effect, one or two may look otherwise."
    if _correlated(study.scenario, tied=False):
        yield "Some parameters are correlated in this scenario; what they share counts in each of them."
    if _correlated(study.scenario, tied=True):
        yield "What is tied to another (a rank of 1 or -1) moves with it; what both do together counts in that one."
    yield ""


# The narrowest column, so that headings are of few lines.
WIDTH = 14


def _one_at_a_time(study: Study[MindChanging], top: int) -> Iterator[str]:
    (found,) = study.found
    replications = study.plan.replications
    yield identity_of(study.scenario, study.plan).headline(replications, " each")
    yield (
        "What would change the picture: each assumption alone at the 5 % and 95 % of what it may be, and other structures "
        f"({study.histories // replications} in all)."
    )
    yield f"Differences on the same luck, {replications:,} pairs; the 95 % intervals of an outcome hold together."
    yield ""
    yield from opening(study.findings)
    yield ""
    yield from _table(found, study, top)
    yield from _left_out(study)
    if _correlated(study.scenario, tied=True):
        yield "What is tied to another (a rank of 1 or -1), as a reference to its level, is not moved with it."
        yield ""


def _table(found: MindChanging, study: Study[MindChanging], top: int) -> Iterator[str]:
    """Yield the table of the `top` assumptions that move the outcomes most, each taken alone."""
    shown = found.assumptions[:top]
    columns = []
    for name, values in found.outcomes.items():
        changes = [effect.differences[name] for one in shown for effect in one.effects]
        largest = max((abs(change.mean) for change in changes if change is not None), default=0.0)
        scale, unit = (100.0, " (points)") if is_share(values) else (0.001, " (thousand)") if largest >= 1e5 else (1.0, "")
        cells = [_cell(change, scale) for change in changes]
        head = wrap(study.outcomes[name].label + unit, WIDTH)
        columns.append((head, cells, max(map(len, (*head, *cells))) + 2))
    called = [knob_heading(one.path, study.scenario) for one in shown]
    path = max(map(len, called)) + 2
    value = max(len(_value(effect.variant)) for one in shown for effect in one.effects) + 2
    height = max(len(head) for head, _, _ in columns)
    for line in range(height):
        left = f"    {'assumption':<{path}}{'at':>{value}}" if line == height - 1 else " " * (4 + path + value)
        texts = [(["" for _ in range(height - len(head))] + head)[line] for head, _, _ in columns]
        yield left + "".join(f"{text:>{width}}" for text, (_, _, width) in zip(texts, columns, strict=True))
    at = 0
    for rank, one in enumerate(shown, 1):
        for place, effect in enumerate(one.effects):
            left = f"{rank:>2}. {called[rank - 1]:<{path}}" if place == 0 else " " * (4 + path)
            yield (
                left + f"{_value(effect.variant):>{value}}" + "".join(f"{cells[at]:>{width}}" for _, cells, width in columns)
            )
            at += 1
    yield ""
    yield "A dot: no difference found. The order is that of the mean over these outcomes of the largest difference found, in"
    yield "standard deviations between histories."
    yield "To run one of them, whose path is in one_at_a_time.csv: parley run SCENARIO --set PATH=VALUE"
    for what, reason in found.untried.items():
        yield f"Not tried: {what} ({reason})"
    yield ""


def _value(variant: Variant) -> str:
    return variant.value if variant.number is None else in_full(variant.number, 4)


def _cell(change: Difference | None, scale: float) -> str:
    if change is None or not change.found:
        return "."
    half = scale * (change.high - change.low) / 2
    digits = 1 if half < 10 else 0
    return f"{scale * change.mean:+,.{digits}f} ±{half:,.{digits}f}"


def _by_design(study: Study[Sobol], top: int) -> Iterator[str]:
    uncertain = len(study.found[0].indices) - 1
    yield (
        f"{identity_of(study.scenario, study.plan).line}: Sobol' indices of {uncertain} uncertain parameters and of luck, "
        f"{study.histories:,} histories"
    )
    if _correlated(study.scenario, tied=False):
        yield "The correlations of the scenario are left out: parameters are taken as independent."
    if _correlated(study.scenario, tied=True):
        yield "What is tied to another (a rank of 1 or -1) moves with it, as one factor."
    yield ""
    yield from opening(study.findings)
    yield ""
    for one in study.found:
        yield f"{study.outcomes[one.outcome].label} ({one.outcome})"
        seen = [index for index in one.indices if index.total > index.total_error > 0]
        yield "     alone (95 %)    with all interplay  factor"
        for index in seen[:top]:
            alone = f"{index.first_order:.2f} ±{index.first_order_error:.2f}"
            total = f"{index.total:.2f} ±{index.total_error:.2f}"
            name = LUCK if index.factor == LUCK else knob_heading(index.factor, study.scenario)
            yield f"  {alone:>15}  {total:>20}  {name}"
        more = f"; {len(seen) - top} more are in the table" if len(seen) > top else ""
        yield f"  {len(one.indices) - len(seen)} of {len(one.indices)} factors cannot be told from none{more}"
        if max(index.total_error for index in one.indices) > WIDE:
            yield "  The intervals are wide: take more rows, as twice as many."
        yield ""
    yield from _left_out(study)
