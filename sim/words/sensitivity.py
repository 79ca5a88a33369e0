"""Studies of which assumptions matter as text for the terminal."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sim.results.identity import identity_of
from sim.results.pairs import Difference
from sim.results.tables import csv_of, with_scenario
from sim.scenario import Scenario, ScenarioHead
from sim.studies.assumptions import Study
from sim.studies.one_at_a_time import MindChanging
from sim.studies.sensitivity import Sensitivity
from sim.studies.sobol import LUCK, Sobol
from sim.words import WHAT_IT_IS_NOT
from sim.words.findings import findings_block
from sim.words.findings.studies import value_in_words
from sim.words.labels import knob_heading
from sim.words.layout import EMPTY, Block, Column, Table, Text, Title, text_file
from sim.words.numbers import by_interval, place_of, to_place, with_band

# judgement: an index that is known no better than this hardly tells a half from nothing.
WIDE = 0.2
NOT_FOUND, NOT_KNOWN = ".", "not known"


def answer(study: Study[Any], top: int) -> Iterator[Block]:
    """Yield what a study says, with at most `top` assumptions a table."""
    told: dict[str, Callable[[Study[Any], int], Iterator[Block]]] = {
        "sensitivity": _given, "one_at_a_time": _one_at_a_time, "sobol": _by_design,
    }  # fmt: skip
    yield from told[study.kind](study, top)


def rest(study: Study[Any], top: int) -> Iterator[Block]:
    """Yield the tables of a study, outcome by outcome, where they say more than the answer does."""
    if study.kind == "sensitivity":
        yield from _each_given(study, top)
    elif study.kind == "sobol":
        yield from _each_by_design(study, top)


def files(study: Study[Any], top: int) -> dict[str, str]:
    """Return a study as the files of its folder: as text with `top` assumptions, as CSV and as JSON."""
    rows = study.as_dicts()
    identity = identity_of(study.scenario, study.plan)
    made = identity.about(study.plan.replications)
    told = {"note": WHAT_IT_IS_NOT, **made, "left_out": study.left_out, "rows": rows}
    return {
        f"{study.kind}.txt": text_file(answer(study, top), rest(study, top)),
        f"{study.kind}.csv": with_scenario(csv_of(rows), identity.label),
        f"{study.kind}.json": json.dumps(told, indent=2, allow_nan=False) + "\n",
    }


def _correlated(scenario: Scenario[ScenarioHead], *, tied: bool) -> bool:
    """Return whether there are correlations that tie quantities to one luck, or others."""
    return any((abs(one.rank.value) == 1) == tied for one in scenario.world.correlations)


def _left_out(study: Study[Any]) -> Iterator[Block]:
    yield from (Text(f"Left out: {name} {reason}.", 0, 2, style="quiet") for name, reason in study.left_out.items())


def _opening(study: Study[Any], title: str, size: str) -> Iterator[Block]:
    yield Title(f"{identity_of(study.scenario, study.plan).line}: {title}", size)
    yield EMPTY
    yield findings_block(study.findings)
    yield EMPTY


def _head(study: Study[Any], outcome: str) -> str:
    return study.outcomes[outcome].label


def _most(rows: Iterable[tuple[str, str, float]], top: int) -> list[str]:
    """Return the `top` of what was found, by the largest share that any outcome owes to it."""
    largest: dict[str, float] = {}
    for _, name, share in rows:
        largest[name] = max(share, largest.get(name, 0.0))
    return sorted(largest, key=lambda name: -largest[name])[:top]


def _given(study: Study[Sensitivity], top: int) -> Iterator[Block]:
    parameters = len(study.found[0].indices)
    yield from _opening(
        study, "which uncertain parameters drive the outcomes", f"{study.histories:,} histories, {parameters} parameters"
    )
    shares = {(one.outcome, index.parameter): index for one in study.found for index in one.indices if index.low > 0}
    most = _most(((outcome, name, one.first_order) for (outcome, name), one in shares.items()), top)
    rows = [
        [
            knob_heading(name, study.scenario),
            *(
                by_interval(index.first_order, index.low, index.high, "share")[0]
                if (index := shares.get((one.outcome, name))) is not None
                else NOT_FOUND
                for one in study.found
            ),
        ]
        for name in most
    ]
    rows.append(["all parameters, each alone", *(_together(one, digits_only=True) for one in study.found)])
    columns = [Column(_head(study, one.outcome)) for one in study.found]
    yield Table([Column("share of variance due to", wraps=True), *columns], rows)
    yield Text("A dot: not found to drive it. The rest is luck, and what parameters do together.", 0, 2, style="quiet")
    # Else one would be believed to do what another does, and shares of more than all be a mistake.
    if _correlated(study.scenario, tied=False):
        shared = "Some parameters are correlated in this scenario; what they share counts in each of them."
        yield Text(shared, 0, 2, style="quiet")
    if any(_together(one) == NOT_KNOWN for one in study.found):
        yield Text(f"{NOT_KNOWN.capitalize()}: found below one of its parts; ask of more histories.", 0, 2, style="quiet")
    yield from _left_out(study)


def _together(one: Sensitivity, digits_only: bool = False) -> str:
    """Return what all parameters decide, each alone; no whole is smaller than a part of it, as few histories may find."""
    if one.together < max((index.first_order for index in one.indices if index.low > 0), default=0.0):
        return NOT_KNOWN
    told = max(0.0, one.together), one.together_low, one.together_high
    return by_interval(*told, "share")[0] if digits_only else with_band(*told, "share")


def _each_given(study: Study[Sensitivity], top: int) -> Iterator[Block]:
    for one in study.found:
        yield Text(f"{_head(study, one.outcome)} ({one.outcome}), {one.histories:,} histories", 0, 2, style="bold")
        rows: list[list[str]] = []
        for index in [index for index in one.indices if index.low > 0][:top]:
            share = with_band(index.first_order, index.low, index.high, "share")
            rows.append([knob_heading(index.parameter, study.scenario), share, f"{index.rank_correlation:+.2f}"])
        if not rows:
            yield Text("no parameter was found to drive it alone", 1)
        rows.append(["all parameters, each alone", _together(one), ""])
        yield Table([Column("parameter", wraps=True), Column("share of variance (95 %)"), Column("rank correlation")], rows)
        yield EMPTY
    yield Text("Each interval stands for itself: of so many parameters without effect, one or two may look otherwise.", 0, 2)
    if _correlated(study.scenario, tied=True):
        yield Text(
            "What is tied to another (a rank of 1 or -1) moves with it; what both do together counts in that one.", 0, 2
        )


def _one_at_a_time(study: Study[MindChanging], top: int) -> Iterator[Block]:
    (found,) = study.found
    replications = study.plan.replications
    identity = identity_of(study.scenario, study.plan)
    yield Title(identity.scenario, identity.size_of(replications, " each"))
    yield EMPTY
    yield findings_block(study.findings)
    yield EMPTY
    yield Text(
        "What would change the picture: each assumption alone at the 5 % and 95 % of what it may be, or, of a certain "
        "number that is judged, at both ends of a plausible band; other structures; without each event, offensive and "
        f"red line ({study.histories // replications} in all). Differences on the same luck, {replications:,} pairs; what "
        "follows ± is half of the 95 % interval, and those of an outcome hold together."
    )
    yield EMPTY
    yield _table(found, study, top)
    yield Text(
        "A dot: no difference found. The order is that of the mean over these outcomes of the largest difference found, in "
        "standard deviations between histories.", 0, 2, style="quiet",
    )  # fmt: skip
    yield Text(
        "To run one of them, whose path is in one_at_a_time.csv: parley run SCENARIO --set PATH=VALUE, or --without PATH",
        0,
        2,
    )
    yield from (Text(f"Not tried: {what} ({reason})", 0, 2, style="quiet") for what, reason in found.untried.items())
    yield from _left_out(study)
    if _correlated(study.scenario, tied=True):
        yield Text("What is tied to another (a rank of 1 or -1), as a reference to its level, is not moved with it.", 0, 2)


def _table(found: MindChanging, study: Study[MindChanging], top: int) -> Table:
    """Return the table of the `top` assumptions that move the outcomes most, each taken alone."""
    shown = found.assumptions[:top]
    columns, cells = [], []
    for name in found.outcomes:
        changes = [effect.differences[name] for one in shown for effect in one.effects]
        largest = max((abs(change.mean) for change in changes if change is not None), default=0.0)
        is_of_share = study.outcomes[name].unit == "share"
        scale, unit = (100.0, " (points)") if is_of_share else (0.001, " (thousand)") if largest >= 1e5 else (1.0, "")
        columns.append(Column(_head(study, name) + unit))
        cells.append([_cell(change, scale) for change in changes])
    rows: list[list[str]] = []
    for rank, one in enumerate(shown, 1):
        for place, effect in enumerate(one.effects):
            label = f"{rank}. {knob_heading(one.path, study.scenario)}" if place == 0 else ""
            rows.append([label, value_in_words(effect.variant), *(column[len(rows)] for column in cells)])
    return Table([Column("assumption", wraps=True), Column("at"), *columns], rows, labels=2)


def _cell(change: Difference | None, scale: float) -> str:
    if change is None or not change.found:
        return NOT_FOUND
    # With the digits of findings, whose sentences so have the numbers of this table.
    place = place_of(scale * change.low, scale * change.high)
    return f"{to_place(scale * change.mean, place, sign=True)} ±{to_place(scale * (change.high - change.low) / 2, place)}"


def _by_design(study: Study[Sobol], top: int) -> Iterator[Block]:
    uncertain = len(study.found[0].indices) - 1
    yield from _opening(
        study, f"Sobol' indices of {uncertain} uncertain parameters and of luck", f"{study.histories:,} histories"
    )
    totals = {
        (one.outcome, index.factor): index
        for one in study.found
        for index in one.indices
        if index.total > index.total_error > 0
    }
    most = _most(((outcome, name, one.total) for (outcome, name), one in totals.items()), top)
    rows = [
        [
            _factor(name, study.scenario),
            *(
                f"{index.total:.2f} ±{index.total_error:.2f}"
                if (index := totals.get((one.outcome, name))) is not None
                else NOT_FOUND
                for one in study.found
            ),
        ]
        for name in most
    ]
    columns = [Column(_head(study, one.outcome)) for one in study.found]
    yield Table([Column("share of variance (± 95 %) with all interplay of", wraps=True), *columns], rows)
    yield Text("A dot: cannot be told from none.", 0, 2, style="quiet")
    if any(index.total_error > WIDE for one in study.found for index in one.indices):
        yield Text("The intervals are wide: take more rows, as twice as many.", 0, 2)
    if _correlated(study.scenario, tied=False):
        yield Text("The correlations of the scenario are left out: parameters are taken as independent.", 0, 2)
    if _correlated(study.scenario, tied=True):
        yield Text("What is tied to another (a rank of 1 or -1) moves with it, as one factor.", 0, 2)
    yield from _left_out(study)


def _factor(name: str, scenario: Scenario[ScenarioHead]) -> str:
    return LUCK if name == LUCK else knob_heading(name, scenario)


def _each_by_design(study: Study[Sobol], top: int) -> Iterator[Block]:
    for one in study.found:
        yield Text(f"{_head(study, one.outcome)} ({one.outcome})", 0, 2, style="bold")
        seen = [index for index in one.indices if index.total > index.total_error > 0]
        rows = []
        for index in seen[:top]:
            alone = f"{index.first_order:.2f} ±{index.first_order_error:.2f}"
            rows.append([_factor(index.factor, study.scenario), alone, f"{index.total:.2f} ±{index.total_error:.2f}"])
        if rows:
            yield Table([Column("factor", wraps=True), Column("alone (95 %)"), Column("with all interplay (95 %)")], rows)
        more = f"; {len(seen) - top} more are in the table" if len(seen) > top else ""
        yield Text(f"{len(one.indices) - len(seen)} of {len(one.indices)} factors cannot be told from none{more}", 1, 2)
        yield EMPTY
