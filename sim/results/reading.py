"""The tables of a run, read and held to one another: what follows from the histories must follow from them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import Calendar
from sim.engine.draws import Floats
from sim.ensemble.lucks import NO_MORE, Further, further
from sim.ensemble.run import path_days, series_days
from sim.model.answers import Questions, is_possible
from sim.model.asked import Asked
from sim.model.endings import ENDINGS, FAILED
from sim.model.outcomes import SECTIONS
from sim.model.reviews import DAYS_BETWEEN_REVIEWS
from sim.model.talks import REVIEWS_BETWEEN_LEDGERS
from sim.results import parquet
from sim.results.columns import (
    LEDGER,
    OF_SCENARIO,
    OPEN_SERIES,
    SERIES,
    SERIES_QUANTILES,
    SIGNED_SERIES,
    STANDING,
    SUMMARY,
    SURVIVAL,
    TEXT,
    Column,
    drawn_paths,
    lucks_columns,
    outcome_columns,
    path_columns,
    path_name,
    series_fields,
)
from sim.results.ledger import Entry, questions_of
from sim.results.manifest import RunManifest, StoreError
from sim.results.read import Folder, Table
from sim.results.statistics import wilson_interval
from sim.results.summary import Row
from sim.results.survival import courses
from sim.results.tables import survival_rows
from sim.results.values import choices_of
from sim.scenario import Scenario

Columns = dict[str, NDArray[Any]]
# Endings that say when the fighting ended.
_ENDED = [ending.name for ending in ENDINGS if ending.happens]
_DICTATED = [ending.name for ending in ENDINGS if ending.dictates]
FIRST_LEDGER_DAYS = DAYS_BETWEEN_REVIEWS * REVIEWS_BETWEEN_LEDGERS
# How far two numbers may be apart that follow from the same histories.
_CLOSE = 1e-6


def read_outcomes(found: Folder, scenario: Scenario[Any], manifest: RunManifest) -> Columns:
    """Return the columns of the replications, in their order.

    Raises
    ------
    StoreError
        When they are not those of the scenario, or a history cannot have been so.
    """
    columns = outcome_columns(scenario, manifest.days, manifest.other_times)
    # In histories that failed all but the ending is empty.
    read_with = [column if column.name in ("replication", "ending") else column.or_empty for column in columns]
    if parquet.NAME in manifest.sha256:
        path = found.path / parquet.NAME
        content, all_columns = io.BytesIO(found.files[parquet.NAME]), [OF_SCENARIO, *read_with]
        table = found.of_its_scenario(parquet.read(content, all_columns, path, manifest.replications))
    else:
        table = found.table("outcomes.csv", read_with)
    numbers = [(number,) for number in table["replication"].tolist()]
    table.just(numbers, [(number,) for number in range(manifest.replications)])
    _hold_columns(table, columns, choices_of(scenario))
    return table.columns()


def read_paths(
    found: Folder, scenario: Scenario[Any], manifest: RunManifest, fields: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Floats]:
    """Return how histories stand on each of the days of `path_days`, (days, n), of some of the fields of their paths.

    NaN is what a history that failed has, and what stands where one has none.

    Raises
    ------
    StoreError
        When the table is not of these histories and days.
    """
    days, n = path_days(scenario.world.start_date, manifest.days, manifest.paths), manifest.replications
    columns, only = path_columns(scenario), {"replication", "day", *(path_name(*one) for one in fields)}
    if parquet.PATHS in manifest.sha256:
        content, path = io.BytesIO(found.files[parquet.PATHS]), found.path / parquet.PATHS
        only |= {OF_SCENARIO.name}
        table = found.of_its_scenario(parquet.read(content, [OF_SCENARIO, *columns], path, n * len(days), only))
    else:
        table = found.table("paths.csv", columns, only)
    if table.rows != n * len(days):
        raise StoreError(f"{table.path} has {table.rows:,} rows and should have {n * len(days):,}")
    table.hold(table["replication"] == np.repeat(np.arange(n), len(days)), "it is out of its order")
    table.hold(table["day"] == np.tile(days, n), "it is of another day")
    return {one: table.floats(path_name(*one)).reshape(n, len(days)).T for one in fields}


def read_lucks(found: Folder, scenario: Scenario[Any], manifest: RunManifest) -> tuple[Further, Columns]:
    """Return the histories with other luck on the assumptions of those of the run, and what happened in them.

    Raises
    ------
    StoreError
        When they are not those of the scenario and its size, or a history cannot have been so.
    """
    wanted = further(np.arange(manifest.replications, dtype=np.int64), manifest.replications)
    if not len(wanted.draws) or not drawn_paths(scenario):
        return NO_MORE, {}
    if "lucks.csv" not in manifest.sha256:
        raise StoreError(f"{found.path} has no lucks.csv, which this run wrote; run it again with --force")
    columns = lucks_columns(scenario, manifest.days, manifest.other_times)
    head = ("draw", "luck", "ending")
    table = found.table("lucks.csv", [column if column.name in head else column.or_empty for column in columns])
    table.just(
        list(zip(table["draw"].tolist(), table["luck"].tolist(), strict=True)),
        list(zip(*(numbers.tolist() for numbers in wanted), strict=True)),
    )
    _hold_columns(table, columns, choices_of(scenario))
    known = table.columns()
    return wanted, {name: known[name] for name in known if name not in head[:2]}


def _hold_columns(table: Table, columns: Iterable[Column], choices: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse histories with values that there are not, or none where there must be one."""
    failed = table["ending"] == FAILED
    for column in columns:
        if column.kind == TEXT:
            table.one_of(column.name, {*choices[column.name.partition("@")[0]], *([""] if column.empty else [])})
        elif not column.empty:
            table.hold(
                ~np.isnan(table[column.name]) | failed, f"column {column.name} is empty, and the history did not fail"
            )
    _hold_together(table)


def _hold_together(table: Table) -> None:
    """Refuse histories whose columns contradict one another."""
    known = table.columns()
    table.hold(
        np.isin(known["ending"], _ENDED) == ~np.isnan(known["ending_day"]), "its ending and ending_day do not go together"
    )
    if "ceasefires" not in known:
        return
    held = np.nan_to_num(known["ceasefires"]) > 0
    for name in ("first_ceasefire_days", "first_ceasefire_broke"):
        table.hold(held == ~np.isnan(known[name]), f"ceasefires and {name} do not go together")
    table.hold(~held | ~np.isnan(known["deal_month"]), "there is a ceasefire and no deal_month")
    broke = known["first_ceasefire_broke"] == 1
    table.hold(broke == (known["collapse_cause"] != ""), "first_ceasefire_broke and collapse_cause do not go together")
    signed, dictated = ~np.isnan(known["deal_month"]), known["dictated_terms"] == 1
    table.hold(~dictated | np.isin(known["ending"], _DICTATED), "terms are dictated where nobody can dictate them")
    for name, values in known.items():
        of_deals = name.startswith(("terms_", "surplus_", "conceded_")) or name in ("imposed", "land_ceded_km2")
        of_victors = name.startswith("dictates_") or name == "dictated_land_km2"
        if (of_deals or of_victors) and not Asked.parse(name).when:
            there = values != "" if values.dtype.kind in "UO" else ~np.isnan(values)
            one, whose = ("deal_month", signed) if of_deals else ("dictated_terms", dictated)
            table.hold(whose == there, f"{one} and {name} do not go together")


def read_summary(found: Folder, outcomes: Mapping[str, NDArray[Any]]) -> list[Row]:
    """Return the rows of a summary.

    Raises
    ------
    StoreError
        When they do not follow from the columns of the histories.
    """
    table = found.table("summary.csv", SUMMARY)
    table.one_of("section", SECTIONS)
    rows = rows_of(table)
    n = len(outcomes["ending"])
    seen: set[str] = set()
    for place, row in enumerate(rows):
        if row.id in seen:
            raise table.wrong(place, f"{row.id} is there twice")
        seen.add(row.id)
        if row.section == "endings":
            count = int(np.count_nonzero(outcomes["ending"] == row.id))
            follows = (row.n, row.total) == (n, n) and row.share is not None and abs(row.share * n - count) < n * _CLOSE
        elif row.id in outcomes and row.section in ("course", "year_one"):
            values = outcomes[row.id]
            values = values[~np.isnan(values)]
            follows = (row.n, row.total) == (len(values), n)
            # Of no values there is no mean.
            mean = values.mean() if len(values) else np.nan
            follows &= row.mean is None or bool(np.isclose(row.mean, mean, rtol=_CLOSE, atol=_CLOSE))
        else:
            continue
        if not follows:
            raise table.wrong(place, f"{row.id} does not follow from the table of the replications")
    missing = set(np.unique(outcomes["ending"]).tolist()) - seen
    if missing:
        raise StoreError(f"{table.path} has no row of the ending {min(missing)}")
    return rows


def rows_of(table: Table) -> list[Row]:
    """Return the rows of a table with the columns of a summary.

    Raises
    ------
    StoreError
        When one has not what rows of its section have.
    """
    names = [column.name for column in SUMMARY]
    rows = []
    for place, cells in enumerate(table.dicts()):
        values = {name: cells[name] for name in names}
        row = Row(**values | {"n": int(values["n"]), "total": int(values["total"])})
        if not row.total >= 1 or row.n > row.total:
            raise table.wrong(place, f"n is {row.n:,} of {row.total:,}")
        bounds = (row.low, row.share, row.high)
        if row.share is None and row.section in SECTIONS and SECTIONS[row.section].of_shares:
            raise table.wrong(place, "it is of a share and has none")
        if row.share is not None:
            fine = row.low is not None and row.high is not None and row.low >= -_CLOSE and row.high <= 1 + _CLOSE
        else:
            bounds = (row.p05, row.p50, row.p95)
            fine = row.n == 0 or (None not in bounds and row.mean is not None)
        known = [value for value in bounds if value is not None]
        if not fine or any(one > other + _CLOSE * (1 + abs(other)) for one, other in pairwise(known)):
            raise table.wrong(place, "its bounds are missing or not in their order")
        rows.append(row)
    return rows


def read_ledger(
    found: Folder, scenario: Scenario[Any], manifest: RunManifest, outcomes: Mapping[str, NDArray[Any]]
) -> list[Entry]:
    """Return the lines of the ledger; none where it has not been kept.

    Raises
    ------
    StoreError
        When they are of another scenario, or contradict one another.
    """
    questions = questions_of(scenario)
    # Who is at war to the end was asked, if there was time to.
    asked = questions is not None and manifest.days >= FIRST_LEDGER_DAYS and (outcomes["ending"] == "war_goes_on").any()
    if "ledger.csv" not in manifest.sha256:
        if asked:
            raise StoreError(f"{found.path} has no ledger.csv, which this run wrote; run it again with --force")
        return []
    table = found.table("ledger.csv", LEDGER)
    if questions is None:
        raise table.wrong(0, "no one negotiates in this scenario")
    if asked and not table.rows:
        raise StoreError(f"{table.path} has no rows")
    table.one_of("question", questions.names)
    place_of = {
        (question, answer): (at, place)
        for at, question in enumerate(questions.names)
        for place, answer in enumerate(questions.answers(question))
    }
    entries = [
        Entry(int(row["day"]), row["question"], row["answer"], int(row["histories"]), int(row["of"]))
        for row in table.dicts()
    ]
    for row, entry in enumerate(entries):
        if (entry.question, entry.answer) not in place_of:
            raise table.wrong(row, f"{entry.answer[:60]!r} is no answer to {entry.question} in this scenario")
    table.in_order([(entry.day, *place_of[entry.question, entry.answer]) for entry in entries])
    histories, of = table["histories"], table["of"]
    table.hold((histories >= 1) & (histories <= of), "more or fewer histories than were asked")
    table.hold(of <= manifest.replications, "more were asked than there are histories")
    table.hold(table["day"] <= manifest.days, "it is after the horizon")
    table.hold(np.isclose(table["share"], histories / np.maximum(of, 1), rtol=_CLOSE, atol=_CLOSE), "its share is another")
    _hold_dates(table, scenario)
    for day, of_day in groupby(entries, key=lambda entry: entry.day):
        wrong = _wrong_of(list(of_day))
        if wrong:
            raise table.wrong(next(row for row, entry in enumerate(entries) if entry.day == day), wrong)
    return entries


def _wrong_of(entries: Iterable[Entry]) -> str:
    """Return what is wrong with the answers of a day; nothing if they add up."""
    asked: dict[str, set[int]] = {}
    gave: dict[str, int] = {}
    possible = 0
    for entry in entries:
        asked.setdefault(entry.question, set()).add(entry.of)
        gave[entry.question] = gave.get(entry.question, 0) + entry.histories
        if entry.question == "state" and is_possible(entry.answer):
            possible += entry.histories
    if "state" not in asked:
        return "the histories of this day have no state"
    without = gave["state"] - possible
    for question, of in asked.items():
        wanted = gave["state"] if question == "state" else without
        if of != {wanted} or (gave[question] != wanted and question not in Questions.SEVERAL_ANSWERS):
            return f"the answers to {question} on this day do not add up"
    if without and "nearest" not in asked:
        return "where there is no zone, the nearest package is not said"
    return ""


def _hold_dates(table: Table, scenario: Scenario[Any]) -> None:
    calendar = Calendar(scenario.world.start_date)
    date_of = {day: calendar.date_of(int(day)).isoformat() for day in np.unique(table["day"]).tolist()}
    dates = np.array([date_of[day] for day in table["day"].tolist()], dtype=np.str_)
    table.hold(table["date"] == dates, "its date is not that of its day")


def read_series(found: Folder, scenario: Scenario[Any], days: int) -> tuple[list[int], dict[tuple[str, str], Columns]]:
    """Return the days of the series, and for each field and side or backer its quantiles over them.

    Raises
    ------
    StoreError
        When they are not those of the scenario.
    """
    table = found.table("series.csv", SERIES)
    wanted, when = series_fields(scenario), series_days(days)
    pairs = list(zip(table["field"].tolist(), table["of"].tolist(), strict=True))
    fields = pairs[: len(wanted)]
    if set(fields) != set(wanted):
        raise table.wrong(0, "the fields of the first day are not those of the scenario")
    keys = [(day, *pair) for day, pair in zip(table["day"].tolist(), pairs, strict=True)]
    table.just(keys, [(day, *pair) for day in when for pair in fields])
    _hold_dates(table, scenario)
    levels = [table[name] for name in SERIES_QUANTILES]
    for low, high in pairwise(levels):
        table.hold(np.isnan(low) | (low <= high + _CLOSE * (1 + np.abs(high))), "its quantiles are not in their order")
    some = ~np.isnan([table["mean"], *levels]).any(axis=0)
    table.hold(some | np.isin(table["field"], OPEN_SERIES), "it cannot be empty")
    positive = ~np.isin(table["field"], SIGNED_SERIES)
    table.hold((levels[0] >= -_CLOSE) | ~positive, "it cannot be negative")
    places = {pair: slice(at, None, len(fields)) for at, pair in enumerate(fields)}
    return list(when), {pair: {name: table[name][at] for name in SERIES_QUANTILES} for pair, at in places.items()}


def read_standing(found: Folder, scenario: Scenario[Any], outcomes: Mapping[str, NDArray[Any]], days: int) -> Columns:
    """Return where histories stand: how many stand how on each day of the series, by ending.

    Raises
    ------
    StoreError
        When they do not end as the histories do, or do not add up.
    """
    table, when = found.table("standing.csv", STANDING), series_days(days)
    known = [ending.name for ending in ENDINGS]
    table.one_of("ending", known)
    some = [name for name in known if name in table["ending"]]
    keys = list(zip(table["day"].tolist(), table["ending"].tolist(), strict=True))
    table.just(keys, [(day, name) for day in when for name in some])
    _hold_dates(table, scenario)
    ran = int(np.count_nonzero(outcomes["ending"] != FAILED))
    table.hold(table["of"] == ran, f"its histories are not the {ran:,} that went on")
    bounds = np.array([wilson_interval(count, max(ran, 1)) for count in table["histories"].tolist()]).reshape(-1, 2)
    for name, follows in (("share", table["histories"] / max(ran, 1)), ("low", bounds[:, 0]), ("high", bounds[:, 1])):
        table.hold(np.isclose(table[name], follows, rtol=_CLOSE, atol=_CLOSE), f"its {name} is another")
    counts = {name: table["histories"][at :: len(some)] for at, name in enumerate(some)}
    together = np.repeat(sum(counts.values(), np.zeros(len(when))), len(some))
    table.hold(together == ran, "the histories of its day do not add up")
    of_ending = {name: np.count_nonzero(outcomes["ending"] == name) for name in some}
    ends = np.array([of_ending[name] for name in table["ending"].tolist()])
    at_the_end = table["day"] == days
    table.hold(~at_the_end | (table["histories"] == ends), "it does not follow from the table of the replications")
    return counts


def read_survival(
    found: Folder, scenario: Scenario[Any], outcomes: Mapping[str, NDArray[Any]], days: int
) -> dict[tuple[str, str], Columns]:
    """Return the curves by their names, each as its columns.

    Raises
    ------
    StoreError
        When they do not follow from the columns of the histories.
    """
    table = found.table("survival.csv", SURVIVAL)
    names = [column.name for column in SURVIVAL]
    calendar = Calendar(scenario.world.start_date)
    made = [dict(zip(names, row, strict=True)) for row in survival_rows(courses(outcomes, days), calendar)]
    key = ("curve", "of", "day")
    keys = list(zip(*(table[name].tolist() for name in key), strict=True))
    table.just(keys, [tuple(row[name] for name in key) for row in made])
    table.hold(table["date"] == np.array([row["date"] for row in made], dtype=np.str_), "its date is not that of its day")
    for name in ("at_risk", "share", "low", "high"):
        follows: Floats = np.array([np.nan if row[name] == "" else row[name] for row in made], dtype=np.float64)
        same = np.isclose(table[name], follows, rtol=_CLOSE, atol=_CLOSE, equal_nan=True)
        table.hold(same, f"{name} does not follow from the table of the replications")
    of_curve: dict[tuple[str, str], list[int]] = {}
    for place, (curve, of, _) in enumerate(keys):
        of_curve.setdefault((curve, of), []).append(place)
    return {
        pair: {name: table[name][places] for name in ("day", "at_risk", "share", "low", "high")}
        for pair, places in of_curve.items()
    }
