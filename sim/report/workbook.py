"""Results as a workbook for spreadsheets: what it is, a summary and a comparison to be read, all tables, a dictionary."""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence
from typing import Any

from sim import __version__
from sim.ensemble.cluster import MissingExtra
from sim.gate import shown
from sim.model.outcomes import SECTIONS
from sim.results.comparison import Comparison
from sim.results.export import Export, Sheet
from sim.results.names import Names
from sim.results.runs import Run
from sim.words import WHAT_IT_IS_NOT
from sim.words.comparison import SAME_SIGN

# What a sheet, and a cell, holds.
MOST_ROWS, MOST_COLUMNS, MOST_LETTERS = 1_048_575, 16_384, 32_767
LONGEST_TITLE = 31
READ_ME, SUMMARY = "Read me", "Summary"
_TITLES = {"outcomes": "Histories", "summary": "Summary in full", "comparison": "Comparison in full"}
# So that the same results give the same bytes.
_MADE = datetime.datetime(2000, 1, 1)


def writer() -> Any:
    """Return the library that writes workbooks.

    Raises
    ------
    MissingExtra
        When it is not installed.
    """
    try:
        import xlsxwriter
    except ImportError as error:
        raise MissingExtra("a workbook needs XlsxWriter: pip install 'parley[excel]'") from error
    return xlsxwriter


def workbook(export: Export) -> bytes:
    """Return results as the bytes of an xlsx file.

    Raises
    ------
    MissingExtra
        When the library for it is not installed.
    """
    content = io.BytesIO()
    book = _Book(content)
    tables = _fitting(export)
    _read_me(book, export, tables)
    if export.runs:
        _summary(book, export.runs)
    for title, one in zip(_comparison_titles(export), export.comparisons, strict=True):
        _comparison(book, one, title)
    for table in tables:
        _table(book, table)
    book.book.close()
    return content.getvalue()


def sheet_names(export: Export) -> list[str]:
    """Return what the sheets of the workbook of these results are called, in their order."""
    summary = [SUMMARY] if export.runs else []
    titles = [READ_ME, *summary, *_comparison_titles(export), *map(_title, _fitting(export))]
    return [title[:LONGEST_TITLE] for title in titles]


def _fitting(export: Export) -> list[Sheet]:
    """Return the tables that a sheet can hold."""
    return [one for one in export.sheets if len(one.rows) <= MOST_ROWS and len(one.fields) <= MOST_COLUMNS]


def _comparison_titles(export: Export) -> list[str]:
    count = len(export.comparisons)
    return [f"Comparison {place}" if count > 1 else "Comparison" for place in range(1, count + 1)]


class _Book:
    """A workbook that is being written."""

    def __init__(self, into: io.BytesIO) -> None:
        # What begins like a formula or a link is text.
        safe = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.book = writer().Workbook(into, safe)
        self.book.set_properties({"title": "Results of Parley", "comments": WHAT_IT_IS_NOT, "created": _MADE})
        self._looks: dict[str, Any] = {}

    def look(self, **how: Any) -> Any:
        """Return a format, each once."""
        key = repr(how)
        if key not in self._looks:
            self._looks[key] = self.book.add_format({"valign": "top", **how})
        return self._looks[key]

    def in_unit(self, unit: str, size: float) -> Any:
        """Return the format of numbers of a size in a unit."""
        return self.look(num_format="0.0 %" if unit == "share" else "#,##0" if size >= 100 else "0.00")

    def sheet(self, title: str, widths: Sequence[int]) -> Any:
        """Return a new sheet with columns of these widths."""
        sheet = self.book.add_worksheet(title[:LONGEST_TITLE])
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        return sheet

    def head(self, sheet: Any, row: int, names: Sequence[str]) -> None:
        """Write the heads of columns."""
        look = self.look(bold=True, bottom=1, bg_color="#e8e8e8", text_wrap=True)
        for place, name in enumerate(names):
            self.cell(sheet, row, place, name, look)

    def cell(self, sheet: Any, row: int, column: int, value: Any, look: Any = None) -> None:
        """Write a text, a date or a number; None and what is no number leave the cell empty."""
        if isinstance(value, str):
            sheet.write_string(row, column, shown(value)[:MOST_LETTERS], look)
        elif isinstance(value, datetime.date):
            sheet.write_datetime(row, column, value, self.look(num_format="yyyy-mm-dd"))
        elif value is not None and value == value:
            sheet.write_number(row, column, value, look)


def _read_me(book: _Book, export: Export, tables: Sequence[Sheet]) -> None:
    sheet = book.sheet(READ_ME, (110,))
    plain, bold = book.look(text_wrap=True), book.look(bold=True)
    lines: list[tuple[str, Any]] = [("Results of Parley", book.look(bold=True, font_size=14)), (WHAT_IT_IS_NOT, plain)]
    for run in export.runs:
        sides = Names(run.scenario).sides
        told = [f"attacker is {sides['attacker']}, defender is {sides['defender']}", *map(str, run.findings)]
        lines += [("", plain), (run.identity.line, bold), (run.identity.size_of(run.replications), plain)]
        lines += [(text, plain) for text in told]
    for one in export.comparisons:
        lines += [("", plain), (f"{one.right.called} against {one.left.called}", bold)]
        lines += [(str(finding), plain) for finding in one.findings]
    left = [
        f"{one.name} has more rows or columns than a sheet holds; use --sqlite" for one in export.sheets if one not in tables
    ]
    lines += [("", plain), ("Sheets", bold), *((f"{_title(one)}: {len(one.rows):,} rows", plain) for one in tables)]
    lines += [(f"left out: {text}", plain) for text in (*left, *export.left_out)]
    lines += [("", plain), (f"Made by Parley {__version__}. The sheet Dictionary says what each column means.", plain)]
    for row, (text, look) in enumerate(lines):
        book.cell(sheet, row, 0, text, look)


# Columns of a run in the summary.
OF_A_RUN = 6


def _summary(book: _Book, runs: Sequence[Run]) -> None:
    """Write the summary, run beside run: share or mean with its interval, and how many histories have it."""
    sheet = book.sheet(SUMMARY, (58, 14, *(12, 12, 12, 12, 12, 10) * len(runs)))
    sheet.freeze_panes(2, 1)
    for place, run in enumerate(runs):
        book.cell(sheet, 0, 2 + OF_A_RUN * place, run.called, book.look(bold=True))
    book.head(sheet, 1, ["", "unit", *("value", "95 % from", "to", "assumptions from", "to", "histories") * len(runs)])
    known = [{row.id: row for row in run.summary} for run in runs]
    at = 2
    for name, section in SECTIONS.items():
        ids = list(dict.fromkeys(row.id for run in runs for row in run.summary if row.section == name))
        if ids:
            heading = section.heading.format(end="the last day", span=f"{max(run.days for run in runs):,} days")
            book.cell(sheet, at, 0, heading, book.look(bold=True, top=1))
            at += 1
        for id in ids:
            first = next(rows[id] for rows in known if id in rows)
            book.cell(sheet, at, 0, first.label)
            book.cell(sheet, at, 1, first.unit)
            for column, row in ((2 + OF_A_RUN * place, rows[id]) for place, rows in enumerate(known) if id in rows):
                value, unit = (row.mean, row.unit) if row.share is None else (row.share, "share")
                for beside, number in enumerate((value, row.low, row.high, row.least, row.most)):
                    book.cell(sheet, at, column + beside, number, book.in_unit(unit, abs(value or 0.0)))
                book.cell(sheet, at, column + OF_A_RUN - 1, row.n, book.look(num_format="#,##0"))
            at += 1


def _comparison(book: _Book, one: Comparison, title: str) -> None:
    sheet = book.sheet(title, (58, 14, 14, 14, 14, 14, 14, 12, 10, 46))
    sheet.freeze_panes(1, 1)
    book.head(
        sheet, 0, ["", "unit", one.left.called, one.right.called, "difference", "95 % from", "to", SAME_SIGN, "pairs", ""]
    )
    for row, line in enumerate(one.lines, start=1):
        found = line.difference
        book.cell(sheet, row, 0, line.alone)
        book.cell(sheet, row, 1, line.unit)
        if found is not None:
            look = book.in_unit(line.unit, max(abs(found.left), abs(found.right)))
            for column, number in enumerate((found.left, found.right, found.mean, found.low, found.high), start=2):
                book.cell(sheet, row, column, number, look)
            if line.signs is not None:
                book.cell(sheet, row, 7, line.signs.share, book.in_unit("share", 1.0))
            book.cell(sheet, row, 8, found.pairs, book.look(num_format="#,##0"))
        book.cell(sheet, row, 9, line.verdict)


def _table(book: _Book, table: Sheet) -> None:
    sheet = book.sheet(_title(table), [min(60, max(10, len(field.name) + 2)) for field in table.fields])
    sheet.freeze_panes(1, 0)
    book.head(sheet, 0, [field.name for field in table.fields])
    dates = {place for place, field in enumerate(table.fields) if field.kind == "date"}
    for row, values in enumerate(table.rows, start=1):
        for column, value in enumerate(values):
            is_date = column in dates and value is not None
            book.cell(sheet, row, column, datetime.date.fromisoformat(value) if is_date else value)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.fields) - 1)


def _title(table: Sheet) -> str:
    """Return what the sheet of a table is called."""
    return _TITLES.get(table.name, table.name.replace("_", " ").capitalize())
