"""Hindcasts as text for the terminal, and as the files of their folder."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sim.results.tables import csv_of, with_scenario
from sim.studies.hindcast import ALL, AT_WAR, CALIBRATED, MONTH, SCENARIO, SUM, Hindcast, Row
from sim.words import WHAT_IT_IS_NOT
from sim.words.findings import opening
from sim.words.findings.hindcast import CALLED, GIVEN, OURS, nearest, rows_of, series_of, unit_of
from sim.words.layout import EMPTY, Block, Column, Table, Text, Title, as_text, text_file
from sim.words.numbers import how_many, in_unit, rounded

# judgement: what fits a screen: lines of findings, and what comes last, as in `words.calibrate`.
SCREEN, LAST, LINES, WIDTH = 24, 5, 7, 80

HOW = (
    "Histories are looked at as the data are: by calendar month, divided by what the data are scaled by, with the noise of "
    "observation. Of series and events nothing of after an origin is read; assumptions, ranges and which months are kept "
    "from rivals were written later.",
    "CRPS: how far a forecast is from what came, in the unit of the series; smaller is better. Of an event: Brier's score. "
    "In band: the share of what came in the band that was to hold 80 % of it, and how wide that is. Bias: mean less what "
    "came. All are held against the months that we tell too (n). Best: the smallest score, in parts of ours in the same "
    "months, of those who tell of half of them or more; it is looked up when what came is known.",
    "Begun earlier: as early as calibrated ones, and of the data only that is known whether the fighting had stopped. "
    "At war: of histories in which the fighting has not stopped by the end of a month, of months in which it had not.",
    "Rivals need no model: each is fitted on data of before the origin.",
)


def answer(found: Hindcast) -> Iterator[Block]:
    """Yield who was nearer to what came, with their scores: as much as fits a screen."""
    most = max(len(rows_of(found, series)) for series in series_of(found))
    for lines in range(LINES, 1, -1):
        told: list[Block] = [*_title(found), EMPTY, Text(" ".join(opening(found.findings, lines=lines))), EMPTY]
        # The best rival is told always.
        for count in range(most, 0, -1):
            shown = [*told, _table(found, count=count)]
            if len(as_text(shown, WIDTH).splitlines()) <= SCREEN - LAST:
                yield from shown
                return
    yield from shown


def _title(found: Hindcast) -> Iterator[Block]:
    first, last = found.starts[0].origin, found.starts[-1].origin
    of = f"as of {first}" if first == last else f"as of {len(found.starts):,} origins, {first} to {last}"
    size = f"{found.plan.replications:,} histories each, {how_many(found.horizon, 'month')}, seed {found.plan.seed}"
    yield Title(f"{found.identity.line}: told {of}, held against {found.data.path.name}", size)


def rest(found: Hindcast) -> Iterator[Block]:
    """Yield all findings, every table, coverage by origin, what was left out, and how all this is found."""
    for one in found.findings:
        yield Text(one.sentence, 0, 2)
    for lead, given in ((MONTH, AT_WAR), (MONTH, ALL), (SUM, AT_WAR), (SUM, ALL)):
        if any((row.lead, row.given) == (lead, given) for row in found.rows):
            yield from (EMPTY, _table(found, lead, given))
    yield from (EMPTY, _by_origin(found), EMPTY)
    for held in found.bars:
        low, high = ("" if end is None else f"{end:g}" for end in (held.bar.low, held.bar.high))
        value = "nothing" if held.value is None else rounded(held.value)
        what = f"{held.bar.score} of {held.bar.series}, {GIVEN[held.bar.given]}"
        yield Text(f"{'Met' if held.met else 'Missed'}: {held.bar.id}: {what}: {value}, to be {low} .. {high}", 0, 2)
    for series in series_of(found):
        for part in found.reliability(series) or ():
            yield Text(
                f"{series}: of {part.forecasts:,} forecasts (from {part.origins:,} origins) of "
                f"{in_unit(part.chance, 'share')} on average {in_unit(part.happened, 'share')} came about (95 %: "
                f"{in_unit(part.low, 'share')} .. {in_unit(part.high, 'share')}, as of so many origins)", 0, 2,
            )  # fmt: skip
    for line in (*found.left_out, *HOW):
        yield Text(line, 0, 2)


def _table(found: Hindcast, lead: str = MONTH, given: str | None = None, count: int | None = None) -> Table:
    """Return how all did, by series: ours and others, the nearest first; with a count, so many rivals, and less of ours."""
    shown = list[list[str]]()
    told = set[str]()
    for series in series_of(found):
        if not (rows := rows_of(found, series, lead, given)):
            continue
        best = nearest(rows)
        if count is not None:
            rows = [row for row in rows if row.who in (SCENARIO, CALIBRATED) or (row is best and row.who in OURS)] + [
                row for row in rows if row.who not in OURS
            ][:count]
        for place, row in enumerate(rows):
            told.add(row.given)
            unit = unit_of(found, series)
            head = f"{series}{f' ({unit})' if unit else ''}"
            who = f"{CALLED[row.who]} (best)" if row is best else CALLED[row.who]
            shown.append([head if place == 0 else "", who, *_cells(row)[: 5 if count is None else 4]])
    of = f", {GIVEN[AT_WAR]}" if AT_WAR in told else f", {GIVEN[ALL]}" if given else ""
    heads = [Column(head) for head in ("CRPS", "in band", "width")]
    return Table(
        [
            Column(f"{'The sum' if lead == SUM else 'A month'}{of}", wraps=True), Column(wraps=True), *heads,
            Column("bias", spare=1), *([Column("n", spare=2)] if count is None else []),
        ],
        shown, labels=2,
    )  # fmt: skip


def _cells(row: Row) -> list[str]:
    if "cover_80" not in row.means:
        return [rounded(row.crps), "", "", "", f"{row.forecasts:,}"]
    cover, width, bias = (row.means[name] for name in ("cover_80", "width_80", "bias"))
    return [rounded(row.crps), in_unit(cover, "share"), rounded(width), rounded(bias), f"{row.forecasts:,}"]


def _by_origin(found: Hindcast) -> Table:
    """Return how ours did as of each origin."""
    shown = list[list[str]]()
    for series in series_of(found):
        given = rows_of(found, series)[0].given
        for start in found.starts:
            who = found.who(series, given)
            # Where nothing could be calibrated, the scenario tells in the name of what is.
            teller = SCENARIO if start.origin not in found.fitted else who
            made = [one for one in found.scored(series, given, who) if one.origin == start.origin]
            if made and "crps" in made[0].scores:
                score, cover = (sum(one.scores[name] for one in made) / len(made) for name in ("crps", "cover_80"))
                cells = [f"{len(made):,}", rounded(score), in_unit(cover, "share")]
                shown.append([series, start.origin.isoformat(), *cells, CALLED[teller]])
    heads = [
        Column("By origin", wraps=True),
        Column(),
        Column("months"),
        Column("CRPS"),
        Column("80 % cover"),
        Column(wraps=True),
    ]
    return Table(heads, shown, labels=2)


def files(found: Hindcast) -> dict[str, str]:
    """Return a hindcast as the files of its folder."""
    data = {
        "note": WHAT_IT_IS_NOT, **found.identity.about(found.plan.replications),
        "data": found.data.path.name, "cutoff": found.data.cutoff.isoformat(), "horizon": found.horizon,
        "months": found.months, "keep": found.keep if found.months else None,
        "origins": [one.model_dump(mode="json") for one in found.manifest().origins],
        "units": {series: unit_of(found, series) for series in series_of(found)},
        "overlap": str(found.overlap), "findings": [one.sentence for one in found.findings],
        "bars": [
            {**one.bar.model_dump(mode="json"), "who": one.who, "value": one.value, "met": one.met} for one in found.bars
        ],
        "reliability": {
            series: [part._asdict() for part in parts]
            for series in series_of(found) if (parts := found.reliability(series)) is not None
        },
        "unreached": [day.isoformat() for day in found.unreached], "left_out": found.left_out, "rows": found.as_dicts(),
    }  # fmt: skip
    tables = {"rivals.csv": found.as_dicts(), "scores.csv": found.scores(), "forecasts.csv": found.forecasts()}
    return {
        "hindcast.txt": text_file(answer(found), rest(found)),
        **{name: with_scenario(csv_of(rows), found.of_scenario) for name, rows in tables.items()},
        "hindcast.json": json.dumps(data, indent=2, allow_nan=False) + "\n",
        "scenario.yaml": found.scenario.to_yaml(),
    }
