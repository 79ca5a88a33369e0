"""What new data say of a run, as text for the terminal, and as the files of its folder."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sim.engine.calendar import Calendar
from sim.results.tables import csv_of, with_scenario
from sim.studies.update import Changed, Update
from sim.words import WHAT_IT_IS_NOT
from sim.words.calibrate import LAST, SCREEN, fits_table
from sim.words.findings import findings_block
from sim.words.findings.update import least_seen
from sim.words.labels import knob_heading
from sim.words.layout import EMPTY, Block, Column, Table, Text, Title, as_text, text_file
from sim.words.numbers import how_many, in_unit, with_band, with_half

LINES = 7
HOW = (
    "Histories are looked at as the data are: by calendar month, divided by what the data are scaled by, with the noise of "
    "observation. Those that do not agree in whether and when the fighting stopped weigh nothing; of the others the weight "
    "falls as a normal curve with how far each statistic is from the data, whose width is the tolerance: what the model "
    "itself may be off, in standard deviations of the statistic over the run.",
    "By weight: how many histories of equal weight tell as much, 1 / the sum of the squares of weights that sum to 1. "
    "Possible: of histories that agree in whether and when the fighting stopped, all alike. What the months say is by "
    "weight less possible, differences of the same histories, with 95 % intervals by the delta method.",
)


def answer(found: Update) -> Iterator[Block]:
    """Yield what changes and moves, and outcomes before and after: as much as fits a screen."""
    run = found.run
    of = [sum(one.series == series for one in found.months) for series in dict.fromkeys(one.series for one in found.months)]
    months = f"{min(of):,} to {max(of):,} months" if min(of) < max(of) else how_many(max(of), "month")
    left = f"{found.effective:,.0f} of {run.replications:,} histories by weight, tolerance {found.tolerance:g}"
    size = f"{months}, {left if found.is_told else f'{run.replications:,} histories'}"
    title = Title(f"{run.identity.line}: weighed by {found.data.path.name} until {found.data.cutoff}", size)
    table = _beside(found) if found.is_told else fits_table(found.statistics, "")
    told: list[list[Block]] = [
        [title, EMPTY, findings_block(found.findings, lines), EMPTY, table] for lines in range(LINES, 0, -1)
    ]
    yield from next((one for one in told if len(as_text(one).splitlines()) <= SCREEN - LAST), told[-1])


def _beside(found: Update) -> Table:
    end = Calendar(found.run.scenario.world.start_date).date_of(found.run.days).isoformat()
    head = [
        Column(f"Until {end}", wraps=True),
        Column("before"),
        Column("possible"),
        Column("by weight (95 %)"),
        Column("months ± (95 %)"),
    ]
    # What no history shows would take the room of what is found.
    return Table(head, [_row(one) for one in found.changed if one.before or one.after])


def _row(one: Changed) -> list[str]:
    told = "no difference"
    if one.low < one.high:
        told = with_half(one.difference, one.low, one.high, one.unit, sign=True)
    after = (with_band if one.unit == "share" else with_half)(one.after, one.after_low, one.after_high, one.unit)
    return [one.label, in_unit(one.before, one.unit), in_unit(one.possible, one.unit), after, told]


def rest(found: Update) -> Iterator[Block]:
    """Yield all findings, what each statistic and month was, every number that moves, and how all this is found."""
    for one in found.findings:
        yield Text(one.sentence, 0, 2)
    yield EMPTY
    kept = "by weight" if found.is_told else ""
    yield fits_table(found.statistics, kept)
    yield EMPTY
    yield fits_table(found.months, kept)
    yield EMPTY
    least = least_seen(found) if found.shifted else 0.0
    moved = sorted(found.shifted.items(), key=lambda item: -abs(item[1].shift))
    rows = [
        [knob_heading(path, found.run.scenario), f"{one.shift:+.2f}", f"{one.ratio:.2f}"]
        for path, one in moved
        if abs(one.shift) > least
    ]
    if rows:
        yield Table([Column("What moves", wraps=True, least=24), Column("by sd"), Column("width left")], rows)
    if moved:
        yield Text(
            f"{len(moved) - len(rows):,} of {len(moved):,} numbers move by less than {least:.2f} standard deviations, "
            "which luck may.",
            0, 2,
        )  # fmt: skip
    yield EMPTY
    for line in HOW:
        yield Text(line, 0, 2)


def files(found: Update) -> dict[str, str]:
    """Return an update as the files of its folder."""
    data = {
        "note": WHAT_IT_IS_NOT, **found.run.identity.about(found.run.replications), "data": found.data.path.name,
        "cutoff": found.data.cutoff.isoformat(), "tolerance": found.tolerance, "effective": found.effective,
        "reached": found.is_reached, "findings": [one.sentence for one in found.findings], "outcomes": found.as_dicts(),
        "fits": found.fits(), "numbers": found.shifts(),
    }  # fmt: skip
    tables = {
        "update.csv": found.as_dicts(), "weights.csv": found.weighted(), "shifted.csv": found.shifts(),
        "fit.csv": found.fits(),
    }  # fmt: skip
    return {
        "update.txt": text_file(answer(found), rest(found)),
        **{name: with_scenario(csv_of(rows), found.of_scenario) for name, rows in tables.items()},
        "update.json": json.dumps(data, indent=2, allow_nan=False) + "\n",
        "scenario.yaml": found.run.scenario.to_yaml(),
    }
