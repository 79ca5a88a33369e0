"""Calibrations as text for the terminal, and as the files of their folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from sim.engine.calendar import Calendar, add_months
from sim.results.tables import csv_of, with_scenario
from sim.scenario.head import MOST_LETTERS, MOST_MONTHS
from sim.scenario.wording import cut
from sim.scenario.write import to_yaml
from sim.studies.agreement import is_reached
from sim.studies.calibrate import ROUGHNESS, Calibration, Fit, end_of
from sim.words import WHAT_IT_IS_NOT
from sim.words.findings import opening
from sim.words.labels import knob_heading
from sim.words.layout import EMPTY, Block, Column, Table, Text, Title, as_text, text_file
from sim.words.numbers import in_unit, rounded

# judgement: what fits a screen: lines of findings, and what comes last: a line each for what it is not, what was written and
# the prompt, and three for what is next.
SCREEN, LAST, LINES = 24, 6, 8
POSTERIOR = "posterior.yaml"

HOW = (
    "Histories are looked at as the data are: by calendar month, divided by what the data are scaled by, with the noise of "
    "observation. Below: the share of histories below what was observed; between 1 and 99 % the assumptions reach it.",
    "Histories are kept by how far they are from the data, as the root mean square over the statistics, each in standard "
    "deviations of what is assumed. Kept histories count alike.",
    "Explained: how much of the variance of a number a quadratic regression on the statistics explains in histories that it "
    "was not fitted to. Adjusted: after a local linear regression of what is kept on how far it is from the data.",
)


def answer(found: Calibration) -> Iterator[Block]:
    """Yield whether assumptions reach the data and what these say, with what was observed: as much as fits a screen."""
    told: list[Block] = [*_title(found), EMPTY, Text(" ".join(opening(found.findings, lines=LINES))), EMPTY]
    table = fits_table(found.statistics)
    shown = [table._replace(rows=table.rows[:count]) for count in range(len(table.rows), 0, -1)]
    fitting = (one for one in shown if len(as_text([*told, one]).splitlines()) <= SCREEN - LAST)
    yield from (*told, next(fitting, shown[-1]))


def _title(found: Calibration) -> Iterator[Block]:
    kept = f"{len(found.kept.places):,} of {found.plan.replications:,} histories kept, seed {found.plan.seed}"
    yield Title(f"{found.identity.line}: held against {found.data.path.name} until {found.data.cutoff}", kept)


def rest(found: Calibration) -> Iterator[Block]:
    """Yield all findings, every statistic and month, what the data say of every number, and how all this is found."""
    for one in found.findings:
        yield Text(one.sentence, 0, 2)
    yield EMPTY
    yield fits_table(found.statistics)
    yield EMPTY
    yield fits_table(found.months)
    yield EMPTY
    rows = [
        [
            knob_heading(path, found.scenario), one.says, in_unit(one.explained, "share"), f"{one.shift:+.2f}",
            f"{one.ratio:.2f}", f"{(one.adjusted_mean - one.mean) / one.sd:+.2f}", f"{one.adjusted_sd / one.sd:.2f}",
        ]
        for path, one in sorted(found.moved.items(), key=lambda item: -item[1].explained)
    ]  # fmt: skip
    yield Table(
        [Column("What the data say of", wraps=True, least=24), Column(), Column("explained"),
         *(Column(head, wraps=True, least=6) for head in ("moved by sd", "width left")),
         *(Column(head, spare=1, wraps=True, least=8) for head in ("moved, adjusted", "width, adjusted"))],
        rows,
    )  # fmt: skip
    yield EMPTY
    if found.going_on < found.plan.replications - found.failed:
        yield Text(
            f"Of {found.plan.replications:,} histories {found.going_on:,} agree with the data in whether and when the "
            "fighting stopped; all else is of these.", 0, 2,
        )  # fmt: skip
    near, far = found.kept.distances.min(), found.kept.distances.max()
    yield Text(f"The {len(found.kept.places):,} histories that are kept are {near:.2g} to {far:.2g} deviations off.", 0, 2)
    for line in HOW:
        yield Text(line, 0, 2)


def fits_table(fits: Sequence[Fit], kept: str = "kept") -> Table:
    """Return statistics or months beside what is assumed, and what is kept of it, as this is called, if anything is."""
    rows = [
        [
            _label(one), rounded(one.observed), _ends(one.prior), in_unit(one.below, "share"),
            *([_ends(one.kept)] if kept else []), "" if is_reached(one.below) else "out of reach",
        ]
        for one in fits
    ]  # fmt: skip
    far = any(row[-1] for row in rows)
    head = [Column("What was observed", wraps=True), Column(), Column("5 .. 95 % assumed"), Column("below"),
            *([Column(f"5 .. 95 % {kept}", spare=1)] if kept else [])]  # fmt: skip
    return Table([*head, Column()] if far else head, rows if far else [row[:-1] for row in rows])


def _label(one: Fit) -> str:
    if one.kind == ROUGHNESS:
        return f"{one.series}, how rough{f' ({one.unit})' if one.unit else ''}"
    last = add_months(one.until, -1)
    span = f"{one.since:%Y-%m}" if last == one.since else f"{one.since:%Y-%m} to {last:%m}"
    return f"{one.series}, {span} ({one.unit})"


def _ends(quantiles: Sequence[float]) -> str:
    return f"{rounded(quantiles[0])} .. {rounded(quantiles[-1])}"


def posterior(found: Calibration) -> str:
    """Return the scenario of the histories that are kept, beside which `scenario.yaml` stands, as YAML text."""
    world, data = found.scenario.world, found.data
    # A year at least after the data end.
    beyond = Calendar(world.start_date).day_of(add_months(end_of(data), 12))
    if world.horizon_days is not None:
        span = {"horizon_days": max(world.horizon_days, beyond)}
    else:
        months = next(month for month in range(MOST_MONTHS + 1) if Calendar(world.start_date).month_start(month) >= beyond)
        span = {"horizon_months": max(world.horizon_months or 0, months)}
    return to_yaml(
        {
            "extends": "scenario.yaml", "title": f"{world.title}, as agrees with {data.path.name} until {data.cutoff}",
            "short": cut(f"{world.called}, calibrated", MOST_LETTERS), **span, "histories": found.histories(),
        }
    )  # fmt: skip


def files(found: Calibration) -> dict[str, str]:
    """Return a calibration as the files of its folder; without kept histories where no assumption reaches the data."""
    data = {
        "note": WHAT_IT_IS_NOT, **found.identity.about(found.plan.replications),
        "data": found.data.path.name, "cutoff": found.data.cutoff.isoformat(), "kept": len(found.kept.places),
        "going_on": found.going_on, "reached": found.is_reached, "findings": [one.sentence for one in found.findings],
        "out_of_reach": [
            {"series": one.series, "kind": one.kind, "since": one.since.isoformat(), "moved_by": found.drivers[place]}
            for place, one in enumerate(found.statistics) if place in found.drivers
        ],
        "fits": found.fits(), "numbers": found.as_dicts(),
    }  # fmt: skip
    tables = {"fit.csv": found.fits(), "moved.csv": found.as_dicts(), "accepted.csv": found.accepted()}
    return {
        "calibration.txt": text_file(answer(found), rest(found)),
        **{name: with_scenario(csv_of(rows), found.of_scenario) for name, rows in tables.items()},
        "calibration.json": json.dumps(data, indent=2, allow_nan=False) + "\n",
        POSTERIOR: posterior(found),
        "scenario.yaml": found.scenario.to_yaml(),
    }
