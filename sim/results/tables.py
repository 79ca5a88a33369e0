"""The tables of a run as CSV: summary, outcomes, series, survival, ledger, failures.

CSV is UTF-8 with plain ids and full precision; an empty cell means that the value does not apply.
"""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import Calendar
from sim.ensemble.run import Ensemble
from sim.gate import shown
from sim.pasted import command
from sim.results.columns import LEDGER, OF_SCENARIO, SERIES, STANDING, SUMMARY, SURVIVAL, header_of, path_name
from sim.results.identity import identity_of
from sim.results.ledger import entries
from sim.results.standing import standing
from sim.results.statistics import QUANTILES, wilson_interval
from sim.results.summary import Row
from sim.results.survival import OF_CEASEFIRES, Course, courses

# What a formula of a spreadsheet begins with; and what then stands before it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
GUARDED = (*FORMULA, "'")


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_inert(cell) for cell in row] for row in rows)
    return text.getvalue()


def _inert(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula: before a text that begins like one goes an apostrophe."""
    if not isinstance(cell, str):
        return cell
    return f"'{shown(cell)}" if cell.startswith(GUARDED) and not is_number(cell) else shown(cell)


def is_number(text: str) -> bool:
    """Return whether a cell is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def as_it_was(cell: str) -> str:
    """Return the text of a cell without the apostrophe that keeps it from being a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(GUARDED) else cell


def with_scenario(table: str, scenario: str) -> str:
    """Return a table as CSV whose first column says of which scenario each row is."""
    header, *rows = table.split("\n")[:-1]
    cell = _cell(scenario)
    return "\n".join([f"scenario,{header}", *(f"{cell},{row}" for row in rows), ""])


def _cell(text: str) -> str:
    """Return a text as a cell of CSV."""
    return _csv([_inert(text)], ()).removesuffix("\n")


def csv_of(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> str:
    """Return dictionaries with the same keys as CSV, which has `columns` where there are no rows; None is an empty cell."""
    header = list(rows[0]) if rows else list(columns)
    return _csv(header, [["" if value is None else value for value in row.values()] for row in rows])


def summary_csv(summary: list[Row]) -> str:
    """Return the rows of the summary as CSV, in full precision."""
    header = header_of(SUMMARY)
    return _csv(header, [["" if (v := getattr(row, name)) is None else v for name in header] for row in summary])


def _texts(values: NDArray[Any]) -> list[str]:
    """Return each value as text: whole numbers without a point, others so that they read back exactly, NaN as nothing."""
    if values.dtype.kind == "U":
        return [str(value) for value in values]
    return ["" if value != value else (f"{value:.0f}" if value == int(value) else repr(value)) for value in values.tolist()]


def outcomes_csv(ensemble: Ensemble) -> str:
    """Return one row a replication: its scenario and number, what happened, and its drawn parameters by their path."""
    return outcomes_header(ensemble) + outcomes_rows(ensemble)


def outcomes_header(ensemble: Ensemble) -> str:
    """Return the first line of the table of replications."""
    return ",".join(["scenario", "replication", *ensemble.outcomes, *ensemble.drawn]) + "\n"


def outcomes_rows(ensemble: Ensemble) -> str:
    """Return the other lines."""
    scenario = _cell(identity_of(ensemble.scenario, ensemble.plan).label)
    columns = [[scenario] * len(ensemble.numbers), [str(number) for number in ensemble.numbers.tolist()]]
    columns += [_texts(values) for values in (*ensemble.outcomes.values(), *ensemble.drawn.values())]
    return "".join(",".join(row) + "\n" for row in zip(*columns, strict=True))


def paths_columns(ensemble: Ensemble) -> dict[str, NDArray[Any]]:
    """Return the columns of the paths of histories, a row a history and day; NaN where one has nothing that is finite."""
    calendar, days = Calendar(ensemble.scenario.world.start_date), ensemble.path_days
    dates, n = [calendar.date_of(day).isoformat() for day in days], len(ensemble.numbers)
    named = zip(ensemble.path_columns, ensemble.paths, strict=True)
    return {
        OF_SCENARIO.name: np.full(n * len(days), identity_of(ensemble.scenario, ensemble.plan).label),
        "replication": np.repeat(ensemble.numbers, len(days)),
        "day": np.tile(np.asarray(days, dtype=np.int64), n),
        "date": np.tile(np.asarray(dates), n),
        **{path_name(*one): np.where(np.isfinite(values), values, np.nan).T.ravel() for one, values in named},
    }


def paths_csv(columns: Mapping[str, NDArray[Any]], *, header: bool = True) -> str:
    """Return such columns as CSV."""
    scenario, *others = columns.values()
    texts = [[_cell(str(name)) for name in scenario[:1].tolist()] * len(scenario), *map(_texts, others)]
    lines = ([list(columns)] if header else []) + list(map(list, zip(*texts, strict=True)))
    return "".join(",".join(row) + "\n" for row in lines)


def lucks_csv(ensemble: Ensemble) -> str:
    """Return one row a history with other luck on the assumptions of another: these, its luck, and what happened."""
    more, columns = ensemble.further, ensemble.lucks
    texts = [[str(number) for number in numbers.tolist()] for numbers in more] + [_texts(v) for v in columns.values()]
    return "".join(",".join(row) + "\n" for row in [["draw", "luck", *columns], *zip(*texts, strict=True)])


def series_csv(ensemble: Ensemble) -> str:
    """Return the time series: for every week, field and row (side, backer) the mean and quantiles over replications.

    A cell is empty where it is not finite: as many histories as that have none of what is measured.
    """
    calendar = Calendar(ensemble.scenario.world.start_date)
    # Column by column, because a copy of one is cheap and NumPy finds the quantiles of all weeks at once.
    with np.errstate(invalid="ignore"):
        means = [weeks.mean(axis=1) for weeks in ensemble.series]
        bands = [np.quantile(weeks, QUANTILES, axis=1) for weeks in ensemble.series]
    rows: list[list[Any]] = []
    for slot, day in enumerate(ensemble.series_days):
        date = calendar.date_of(day).isoformat()
        for column, (field, of) in enumerate(ensemble.series_columns):
            values = [float(means[column][slot]), *bands[column][:, slot].tolist()]
            rows.append([day, date, field, of, *(value if math.isfinite(value) else "" for value in values)])
    return _csv(header_of(SERIES), rows)


def standing_csv(ensemble: Ensemble) -> str:
    """Return where histories stand: for every week and ending that some ever have, how many have it, with an interval."""
    calendar = Calendar(ensemble.scenario.world.start_date)
    rows = []
    for one in standing(ensemble):
        low, high = wilson_interval(one.histories, one.of)
        rows.append([one.day, calendar.date_of(one.day).isoformat(), *one[1:], one.histories / one.of, low, high])
    return _csv(header_of(STANDING), rows)


def survival_csv(ensemble: Ensemble) -> str:
    """Return how wars end and ceasefires hold over time, one row for each day on which a curve changes."""
    calendar = Calendar(ensemble.scenario.world.start_date)
    return _csv(header_of(SURVIVAL), survival_rows(courses(ensemble.outcomes, ensemble.plan.days), calendar))


def survival_rows(found: Iterable[Course], calendar: Calendar) -> list[list[Any]]:
    """Return the rows of curves; an end of an interval is empty where there is none, and a date where days are of peace."""
    rows: list[list[Any]] = []
    for name, of, curve in found:
        days = curve.times.astype(int).tolist()
        dates = ["" if name == OF_CEASEFIRES else calendar.date_of(day).isoformat() for day in days]
        low, high = (["" if np.isnan(value) else float(value) for value in bound] for bound in curve.intervals())
        columns = (days, dates, curve.at_risk.tolist(), curve.share.tolist(), low, high)
        rows += [[name, of, *row] for row in zip(*columns, strict=True)]
    return rows


def failures_csv(ensemble: Ensemble, folder: Path) -> str:
    """Return one row for each replication that failed: its number, seed, what went wrong, and how to see it again."""
    return csv_of(
        [
            {
                "replication": replication,
                "seed": ensemble.plan.seed,
                "reason": reason,
                "replay": command("parley", "explain", folder, "--replication", replication),
            }
            for replication, reason in sorted(ensemble.failures.items())
        ]
    )


def ledger_csv(ensemble: Ensemble) -> str:
    """Return the ledger: for every day on which it is kept, question and answer, how many histories gave it."""
    calendar = Calendar(ensemble.scenario.world.start_date)
    rows = [
        [entry.day, calendar.date_of(entry.day).isoformat(), *entry[1:], entry.histories / entry.of]
        for entry in entries(ensemble)
    ]
    return _csv(header_of(LEDGER), rows)
