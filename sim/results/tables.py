"""The summary as text for the terminal, as Markdown and as CSV; the outcomes and the series as CSV.

CSV is UTF-8 with plain ids and full precision; an empty cell means that the value does not apply.
"""

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import Calendar
from sim.ensemble.run import Ensemble
from sim.gate import shown
from sim.model.outcomes import SECTIONS
from sim.pasted import command
from sim.results.columns import LEDGER, SERIES, SUMMARY, SURVIVAL, header_of
from sim.results.identity import identity_of, span_in_words
from sim.results.ledger import entries
from sim.results.statistics import QUANTILES
from sim.results.summary import WHAT_IT_IS_NOT, Row, end_date, told_of
from sim.results.survival import Course, courses

# What a formula of a spreadsheet begins with; and what then stands before it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
GUARDED = (*FORMULA, "'")
SHARES, OUTCOMES = ("share", "95 % interval"), ("median ± its error", "5 % .. 95 %")


def columns_of(section: str) -> tuple[str, str]:
    """Return the names of the two columns of a section."""
    return SHARES if SECTIONS[section].of_shares else OUTCOMES


def _number(value: float | None, row: Row) -> str:
    return "-" if value is None else f"{value / row.scale:,.{row.digits}f}"


def cells(row: Row) -> tuple[str, str]:
    """Return what a table shows of a row: its value and its band."""
    if row.share is not None and row.low is not None and row.high is not None:
        return f"{row.share:.1%}", f"{row.low:.1%} .. {row.high:.1%}"
    if row.n == 0:
        return "never", ""
    some = f" in {row.n / row.total:.1%} of them" if row.n < row.total else ""
    return f"{_number(row.p50, row)}{_error(row)}", f"{_number(row.p05, row)} .. {_number(row.p95, row)}{some}"


def _error(row: Row) -> str:
    """Return how far the median may be from that of endlessly many histories, with 95 %; nothing if that is not known."""
    if row.p50 is None or row.p50_low is None or row.p50_high is None:
        return ""
    return f" ±{_number(max(row.p50_high - row.p50, row.p50 - row.p50_low), row)}"


def span(ensemble: Ensemble) -> str:
    """Return the length of the horizon in words."""
    return span_in_words(ensemble.scenario.world.start_date, ensemble.plan.days)


def groups_side_by_side(ensembles: Sequence[Ensemble]) -> list[list[int]]:
    """Return which ensembles, by their place, may share a table: those of the same sides and the same time."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for place, ensemble in enumerate(ensembles):
        head = ensemble.scenario.world
        key = (head.sides.attacker.name, head.sides.defender.name, head.start_date, ensemble.plan.days)
        groups.setdefault(key, []).append(place)
    return list(groups.values())


def text_table(ensembles: Sequence[Ensemble], summaries: Sequence[list[Row]]) -> list[str]:
    """Return the outcome table of one scenario, or of several side by side, as lines of text."""
    order = list(SECTIONS)
    rows = {row.id: row for row in sorted((r for s in summaries for r in s), key=lambda row: order.index(row.section))}
    by_id = [{row.id: row for row in summary} for summary in summaries]
    shown = [[cells(known[id]) if id in known else ("-", "") for known in by_id] for id in rows]
    width = max(len(row.shown_label) for row in rows.values()) + 2
    names = [identity_of(one.scenario, one.plan).label for one in ensembles] if len(ensembles) > 1 else []
    value = max(8, *(len(text) for text in names), *(len(cell[0]) for line in shown for cell in line))
    band = max(16, *(len(cell[1]) for line in shown for cell in line))
    lines: list[str] = []
    if names:
        lines.append(" " * (width + 1) + "".join(f"{name:>{value}}{'':{band + 4}}" for name in names))
    section = ""
    for row, line in zip(rows.values(), shown, strict=True):
        if row.section != section:
            if section:
                lines.append("")
            section = row.section
            heading = SECTIONS[section].heading.format(span=span(ensembles[0]), end=end_date(ensembles[0]))
            value_name, band_name = columns_of(section)
            columns = f"{value_name:>{value}}  {band_name:<{band + 2}}" * len(ensembles)
            lines.append(f" {heading:<{width}}{columns}")
        lines.append(f" {row.shown_label:<{width}}" + "".join(f"{cell[0]:>{value}}  {cell[1]:<{band + 2}}" for cell in line))
    return [line.rstrip() for line in lines]


def headline(ensemble: Ensemble) -> str:
    """Return the line above the table."""
    return identity_of(ensemble.scenario, ensemble.plan).headline(len(ensemble.numbers))


def markdown(ensemble: Ensemble, summary: list[Row]) -> str:
    """Return the summary as a Markdown page."""
    lines = [
        f"# {markdown_cell(identity_of(ensemble.scenario, ensemble.plan).line)}",
        "",
        markdown_cell(headline(ensemble)),
        "",
    ]
    section = ""
    order = list(SECTIONS)
    for row in sorted(summary, key=lambda row: order.index(row.section)):
        if row.section != section:
            section = row.section
            heading = SECTIONS[section].heading.format(span=span(ensemble), end=end_date(ensemble))
            value_name, band_name = columns_of(section)
            lines += ["", f"| {heading} | {value_name} | {band_name} |", "|---|---:|---|"]
        value, band = cells(row)
        lines.append(f"| {markdown_cell(row.shown_label)} | {value} | {band} |")
    told = told_of(ensemble)
    lines += ["", *(f"- {markdown_cell(sentence)}" for sentence in told), "", WHAT_IT_IS_NOT, ""]
    return "\n".join(lines)


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
    return f"'{shown(cell)}" if cell.startswith(GUARDED) and not _is_number(cell) else shown(cell)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def as_it_was(cell: str) -> str:
    """Return the text of a cell without the apostrophe that keeps it from being a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(GUARDED) else cell


def markdown_cell(text: str) -> str:
    """Return text for a cell or a line of Markdown, in which nothing is a link, an image, code or HTML."""
    return re.sub(r"([\\`*\[\]|])", r"\\\1", " ".join(shown(text).split())).replace("<", "&lt;")


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
    """Return one row a replication: its number, what happened, and its drawn parameters by their path."""
    return outcomes_header(ensemble) + outcomes_rows(ensemble)


def outcomes_header(ensemble: Ensemble) -> str:
    """Return the first line of the table of replications."""
    return ",".join(["replication", *ensemble.outcomes, *ensemble.drawn]) + "\n"


def outcomes_rows(ensemble: Ensemble) -> str:
    """Return the other lines."""
    columns = [[str(number) for number in ensemble.numbers.tolist()]]
    columns += [_texts(values) for values in (*ensemble.outcomes.values(), *ensemble.drawn.values())]
    return "".join(",".join(row) + "\n" for row in zip(*columns, strict=True))


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


def survival_csv(ensemble: Ensemble) -> str:
    """Return how wars end and ceasefires hold over time, one row for each day on which a curve changes."""
    return _csv(header_of(SURVIVAL), survival_rows(courses(ensemble.outcomes, ensemble.plan.days)))


def survival_rows(found: Iterable[Course]) -> list[list[Any]]:
    """Return the rows of curves; an end of an interval is empty where there is none."""
    rows: list[list[Any]] = []
    for name, of, curve in found:
        low, high = (["" if np.isnan(value) else float(value) for value in bound] for bound in curve.intervals())
        columns = (curve.times.astype(int).tolist(), curve.at_risk.tolist(), curve.share.tolist(), low, high)
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
