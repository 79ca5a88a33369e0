"""Data that a user brings: months are summed rightly, what is wrong is said at its line, nothing after the cutoff counts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.errors import ParleyError
from sim.model import WarScenario
from sim.observed import Data, DataError, Observed, read_data
from sim.results.columns import declared_fields, path_fields, path_name
from sim.scenario import Scenario, load_scenario

LOSSES = "file: a.csv, of: cumulative_casualties.attacker, unit: persons, source: Claims"
AREA = "kind: levels, file: a.csv, of: held_area, unit: km2, source: A map"
DAILY = f"kind: increments, rows: day, {LOSSES}"
WEEKLY = f"kind: increments, rows: week, {LOSSES}"
MONTHLY = f"kind: increments, rows: month, {LOSSES}"
SPANS = f"kind: increments, start: from, end: to, {LOSSES}"
WAR = load_scenario("baseline", WarScenario)
JANUARY = date(2024, 1, 1)


def told(folder: Path, table: str | bytes, says: str = DAILY, cutoff: str = "2024-01-31", until: date | None = None) -> Data:
    """Read one series, `a`, from a file of its own."""
    (folder / "a.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    return described(folder, f"observations:\n  cutoff: {cutoff}\n  series:\n    a: {{{says}}}\n", until)


def described(folder: Path, text: str, until: date | None = None, scenario: Scenario[Any] = WAR) -> Data:
    (folder / "war.yaml").write_text(text)
    return read_data(folder / "war.yaml", scenario, until)


def one(data: Data) -> Observed:
    (series,) = data.series
    return series


def wrong(folder: Path, ask: Callable[[], object]) -> list[str]:
    """Return what is said of wrong data, a line each, without the folder; each says what to do, or what must be."""
    with pytest.raises(DataError) as caught:
        ask()
    assert all(problem.hint or " must " in problem.message for problem in caught.value.problems)
    return str(caught.value).replace(f"{folder}{os.sep}", "").split("\n")


def days(count: int, first: date = JANUARY, value: str = "1") -> list[list[str]]:
    return [[(first + timedelta(days=day)).isoformat(), value] for day in range(count)]


def table(rows: list[list[str]], header: str = "date,value") -> str:
    return "".join(f"{line}\n" for line in (header, *(",".join(row) for row in rows)))


def months(*starts: str) -> tuple[date, ...]:
    return tuple(date.fromisoformat(f"{start}-01") for start in starts)


# Sums.


def test_days_are_summed_by_month_across_a_leap_year(tmp_path: Path) -> None:
    """Of 1, 2, 3 ... a day from 30 December 2023 on, January has 3..33 and February, with its 29th, 34..62."""
    rows = [[row[0], str(at + 1)] for at, row in enumerate(days(70, date(2023, 12, 30)))]
    found = one(told(tmp_path, table(rows), cutoff="2024-03-05"))
    assert found.starts == months("2024-01", "2024-02")
    assert found.changes.tolist() == [sum(range(3, 34)), sum(range(34, 63))]
    assert (found.field, found.of, found.unit, found.later) == ("cumulative_casualties", "attacker", "persons", 3)
    assert (found.id, found.scale, found.noise, found.noise_log_sd, found.source) == ("a", "", 0.0, 0.0, "Claims")
    # A month whose last day is the last that is read is whole.
    assert one(told(tmp_path, table(rows), cutoff="2024-02-29")).starts == found.starts
    assert one(told(tmp_path, table(rows), cutoff="2024-02-28")).starts == found.starts[:1]


def test_a_week_is_split_by_its_days(tmp_path: Path) -> None:
    """Weeks of 7, 14, 21 ... from 29 January 2024, of which three days belong to January."""
    rows = [[(date(2024, 1, 29) + timedelta(weeks=week)).isoformat(), str(7 * (week + 1))] for week in range(10)]
    found = one(told(tmp_path, table(rows), WEEKLY, cutoff="2024-04-07"))
    assert found.starts == months("2024-02", "2024-03")
    # 1 to 4 February of the first week, the whole of three, then 26 to 29 of the fifth; 1 to 3 March, and so on.
    assert found.changes.tolist() == [4 * 1 + 7 * (2 + 3 + 4) + 4 * 5, 3 * 5 + 7 * (6 + 7 + 8 + 9)]


def test_a_week_that_has_not_ended_is_no_early_end(tmp_path: Path) -> None:
    """The week from 26 February tells of 3 March too: until 2 March, February is not known, and nothing is wrong."""
    rows = [[(date(2024, 1, 1) + timedelta(weeks=week)).isoformat(), "7"] for week in range(9)]
    early, whole = (one(told(tmp_path, table(rows), WEEKLY, cutoff=cutoff)) for cutoff in ("2024-03-02", "2024-03-03"))
    assert (early.starts, early.changes.tolist(), early.later) == (months("2024-01"), [31], 1)
    assert (whole.starts, whole.changes.tolist(), whole.later) == (months("2024-01", "2024-02"), [31, 29], 0)


def test_months_and_any_spans(tmp_path: Path) -> None:
    rows = [[f"2023-{month:02}-01", str(month)] for month in range(1, 13)]
    found = one(told(tmp_path, table(rows), f"{MONTHLY}, times: 1000", cutoff="2023-12-31"))
    assert found.changes.tolist() == [1000 * month for month in range(1, 13)]
    quarters = [["2023-01-01", "2023-03-31", "90"], ["2023-04-01", "2023-06-30", "910"], ["2023-07-01", "2023-09-30", "92"]]
    found = one(told(tmp_path, table(quarters, "from,to,value"), SPANS, cutoff="2023-09-30"))
    assert found.changes.tolist() == [31, 28, 31, 300, 310, 300, 31, 31, 30]
    # A quarter that has not ended yet tells of nothing.
    assert one(told(tmp_path, table(quarters, "from,to,value"), SPANS, cutoff="2023-09-29")).starts[-1] == date(2023, 6, 1)


@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 70), min_size=3, max_size=12),
    first=st.dates(date(2019, 11, 1), date(2020, 3, 31)), data=st.data(),
)  # fmt: skip
def test_any_spans_add_up_as_their_days_do(lengths: list[int], first: date, data: st.DataObject) -> None:
    values = [data.draw(st.integers(0, 10_000)) for _ in lengths]
    rows, each, at = [], {}, first
    for length, value in zip(lengths, values, strict=True):
        rows.append([at.isoformat(), (at + timedelta(days=length - 1)).isoformat(), str(value)])
        each |= {at + timedelta(days=day): value / length for day in range(length)}
        at += timedelta(days=length)
    whole: dict[date, float] = {}
    for day, value in each.items():
        whole[day.replace(day=1)] = whole.get(day.replace(day=1), 0.0) + value
    # Those of which all days are told of.
    whole = {start: value for start, value in whole.items() if start in each and _last_of(start) in each}
    assume(whole)
    with tempfile.TemporaryDirectory() as folder:
        found = one(told(Path(folder), table(rows, "from,to,value"), SPANS, cutoff=max(each).isoformat()))
    assert found.starts == tuple(whole)
    assert found.changes == pytest.approx(list(whole.values()))


def _last_of(start: date) -> date:
    return (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def test_levels_are_those_of_the_first_or_of_a_week_before(tmp_path: Path) -> None:
    rows = [["2023-12-28", "10"], ["2024-01-31", "17"], ["2024-02-10", "99"], ["2024-03-01", "15.5"], ["2024-03-25", "20"]]
    found = one(told(tmp_path, table(rows), AREA, cutoff="2024-04-01"))
    assert found.starts == months("2024-01", "2024-02", "2024-03")
    assert found.changes.tolist() == [7.0, -1.5, 4.5]
    assert not found.changes.flags.writeable
    # The first begins where there is a row of up to a week before it.
    with pytest.raises(DataError, match="last number before 2024-02-01 is of 2024-01-24, more than 7 days"):
        told(tmp_path, table([["2023-12-28", "10"], ["2024-01-24", "17"], ["2024-03-01", "1"]]), AREA, cutoff="2024-03-01")


def test_since_and_until_are_those_of_a_series(tmp_path: Path) -> None:
    rows = [*days(31, value="x"), *days(121, date(2024, 2, 1))]
    found = one(told(tmp_path, table(rows), f"{DAILY}, since: 2024-02-01, until: 2024-04-30", cutoff="2024-12-31"))
    assert (found.starts, found.later) == (months("2024-02", "2024-03", "2024-04"), 31)


def test_what_is_asked_for_goes_before_the_cutoff_of_the_file(tmp_path: Path) -> None:
    for until, last in ((date(2024, 2, 29), "2024-02"), (date(2024, 4, 30), "2024-04")):
        data = told(tmp_path, table(days(121)), cutoff="2024-03-31", until=until)
        assert (data.cutoff, one(data).starts[-1]) == (until, *months(last))


def test_what_is_not_known_outside_the_months_does_no_harm(tmp_path: Path) -> None:
    rows = [*days(5, date(2023, 12, 20), ""), *days(3, date(2023, 12, 25)), *days(4, date(2023, 12, 28), "")]
    found = one(told(tmp_path, table([*rows, *days(31), *days(5, date(2024, 2, 1), "")]), cutoff="2024-02-05"))
    assert (found.starts, found.changes.tolist()) == (months("2024-01"), [31])


def test_an_event_has_not_come_about_before_its_day(tmp_path: Path) -> None:
    truce = "{id: truce, kind: event, of: ceasefire, happened: [2024-06-01]}"
    text = f"observations:\n  cutoff: 2024-06-30\n  series:\n    - {truce}\n"
    (event,) = described(tmp_path, text).events
    assert (event.id, event.of, event.happened, event.within_days) == ("truce", "ceasefire", [date(2024, 6, 1)], 30)
    assert described(tmp_path, text, until=date(2024, 5, 31)).events[0].happened == []
    assert described(tmp_path, text.replace("2024-06-01", "")).events[0].happened == []


@pytest.mark.parametrize(
    "table",
    ["\ufeff" + table(days(31)), table(days(31)).replace("\n", "\r\n"), table(days(31)).replace("\n", "\r"),
     table([[f'"{cell}"' for cell in row] for row in days(31)], '"date","value"'), table(days(31)) + "\n,,\n\n",
     table([[f" {cell} " for cell in row] for row in days(31)]),
     table([[*row, '"a, b\nc"'] for row in days(31)], "date,value,note")],
    ids=["mark", "crlf", "cr", "quotes", "empty rows", "spaces", "more columns"],
)  # fmt: skip
def test_files_as_programs_write_them(tmp_path: Path, table: str) -> None:
    assert one(told(tmp_path, table)).changes.tolist() == [31]


# What is wrong with a file.


def changed(at: int, *cells: str) -> str:
    """Return 35 days in which that of line `at` is another."""
    rows = days(35)
    rows[at - 2] = list(cells)
    return table(rows)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("", "1: error: the file is empty"),
        ("\n \n", "1: error: the file is empty"),
        ("\n\ndate,value\n", "3: error: there is no row below the names of the columns"),
        (table(days(31)).replace(",", ";"), "1: error: columns are parted by ';'. Save it with commas"),
        (table(days(31)).replace(",", "\t"), "1: error: columns are parted by a tab"),
        (table(days(31), "dates,value"), "1: error: there is no column 'date' (dates of a). Did you mean 'dates'?"),
        (table(days(31), "date,losses"), "1: error: there is no column 'value' (column of a). Possible: date, losses"),
        (table([[*day, "2"] for day in days(31)], "date,value,value"), "1: error: two columns are called 'value'"),
        (changed(5, "2024-01-04", "many"), "5: error: value must be a number, not 'many'"),
        (changed(5, "2024-01-04", "1_0"), "5: error: value must be a number, not '1_0'"),
        (changed(5, "2024-01-04", "nan"), "5: error: value must be a number, not 'nan'"),
        (changed(5, "2024-01-04", "-inf"), "5: error: value must be a number, not '-inf'"),
        (changed(5, "2024-01-04", "\u0663"), "5: error: value must be a number, not '\u0663'"),
        (changed(5, "2024-01-04", "1e999"), "5: error: value must be at most 1e+30, not '1e999'"),
        (changed(5, "2024-01-04", "1" * 400), "5: error: value must be at most 1e+30"),
        (changed(5, "2024-01-04", '"1,5"'), "5: error: value must be a number, not '1,5'. Write 1.5"),
        (changed(5, "2024-01-04", '"45,680"'), "5: error: value must be a number, not '45,680'. Write 45680"),
        (changed(5, "2024-01-04", "1", "5"), "5: error: the row has not 2 cells, one a column, but 3"),
        (changed(5, "2024-01-04"), "5: error: the row has not 2 cells, one a column, but 1"),
        (changed(5, "2024-01-04", "-3"), "5: error: value is -3, and cumulative_casualties.attacker never falls"),
        (changed(5, "2024-01-04", ""), "5: error: value is empty of 2024-01-04. Add what came about then, or write since"),
        (changed(5, "2024-01-03", "1"), "5: error: 2024-01-03 stands on line 4 already"),
        (changed(5, "2024-01-02", "1"), "5: error: 2024-01-02 stands on line 3 already"),
        (changed(5, "2023-12-04", "1"), "5: error: 2023-12-04 stands after 2024-01-03 of line 4. Sort the rows"),
        (changed(5, "", "1"), "5: error: date is empty. Write year-month-day"),
        (changed(5, "4.1.2024", "1"), "5: error: date must be a date, not '4.1.2024'. Write year-month-day"),
        (changed(5, "20240104", "1"), "5: error: date must be a date, not '20240104'"),
        (changed(5, "2024-01-32", "1"), "5: error: there is no day 2024-01-32 in the calendar"),
        (changed(5, "0999-01-04", "1"), "5: error: date must lie between the years 1000 and 9900"),
        (changed(36, "2024-02-30", "1"), "36: error: there is no day 2024-02-30 in the calendar"),
        (changed(5, "2024-01-04", "\x1b[31m1"), "5:12: error: control character '\\x1b'"),
        (changed(5, "2024-01-04", '"1'), "5: error: quotes that open here are not closed"),
        (changed(5, "2024-01-04", '"1"1'), "5: error: this is no CSV: ',' expected after '\"'"),
        (changed(5, "2024-01-04", "1" * 200_000), "5: error: this is no CSV: field larger than field limit"),
        (table(days(3) + days(28, date(2024, 1, 8))), "5: error: no row tells of 2024-01-04 to 2024-01-07. Add what came"),
        (table(days(20)), "21: error: its last number is of 2024-01-20, and the months until 2024-01-31 are asked for. "
         "Add rows, or write cutoff: 2024-01-20 (or --until), or until: 2024-01-20 for a"),
        (table(days(20) + days(15, date(2024, 1, 21), "")), "21: error: its last number is of 2024-01-20"),
        (table(days(31, value="")), "1: error: value has no number up to 2024-01-31"),
        (table(days(31, date(2024, 2, 1))), "1: error: value has no number up to 2024-01-31"),
        (table(days(35, date(2024, 1, 2))), "2: error: there is no whole month from 2024-01-02 to 2024-01-31"),
        (table(days(31)).encode("utf-16"), "1:1: error: the file is not UTF-8 text"),
        (table(days(4)).encode() + b"2024-01-05,\xe9\n", "6:12: error: the file is not UTF-8 text"),
        (table(days(4)).encode() + b"2024-01-05,\0\n", "6:12: error: control character '\\x00'"),
    ],
)  # fmt: skip
def test_bad_rows_are_told_at_their_line(tmp_path: Path, table: str | bytes, says: str) -> None:
    (line,) = wrong(tmp_path, lambda: told(tmp_path, table))
    assert line.startswith(f"a.csv:{says}")


@pytest.mark.parametrize(
    ("table", "kind", "says"),
    [
        (table([["2024-01-01", "1"], ["2024-01-05", "2"], ["2024-01-31", "2"]]), WEEKLY,
         "3: error: 2024-01-05 is told of by line 2 already, from 2024-01-01 to 2024-01-07"),
        (table([["2024-01-31", "1"]]), MONTHLY,
         "2: error: a row of a month has its first day for a date, not 2024-01-31. Write 2024-01-01"),
        (table([["2024-01-01", "2024-01-31", "1"], ["2024-01-31", "2024-02-29", "1"]], "from,to,value"), SPANS,
         "3: error: 2024-01-31 is told of by line 2 already"),
        (table([["2024-01-31", "2024-01-01", "1"]], "from,to,value"), SPANS,
         "2: error: it ends on 2024-01-01, before it starts on 2024-01-31"),
        (table([["2024-01-01", "5"], ["2024-02-29", "4"]]), f"kind: levels, {LOSSES}",
         "3: error: value falls from 5 to 4, and cumulative_casualties.attacker never falls"),
        (table([["2024-01-01", "5"], ["2024-01-24", "5"], ["2024-02-29", "4"]]), AREA,
         "3: error: the last number before 2024-02-01 is of 2024-01-24, more than 7 days before"),
        (table([["2024-01-01", "5"], ["2024-02-01", "5"], ["2024-02-22", "4"]]), AREA,
         "4: error: its last number is of 2024-02-22, and the months until 2024-02-29 are asked for"),
    ],
)  # fmt: skip
def test_bad_rows_of_other_kinds(tmp_path: Path, table: str, kind: str, says: str) -> None:
    lines = wrong(tmp_path, lambda: told(tmp_path, table, kind, cutoff="2024-03-02"))
    assert lines[0].startswith(f"a.csv:{says}")


def test_five_problems_of_a_file_are_told_and_how_many_more(tmp_path: Path) -> None:
    lines = wrong(tmp_path, lambda: told(tmp_path, table(days(31)[::-1])))
    assert [line.split(": error")[0] for line in lines] == [f"a.csv:{line}" for line in (3, 4, 5, 6, 7, 8)]
    assert lines[-1] == "a.csv:8: error: here and below: 25 more problems. Mend those above first"


def test_area_may_fall_and_casualties_may_not(tmp_path: Path) -> None:
    falling = table(days(31, value="-1"))
    assert one(told(tmp_path, falling, DAILY.replace(
        "cumulative_casualties.attacker, unit: persons", "held_area, unit: km2"))).changes.tolist() == [-31]  # fmt: skip
    assert "never falls" in wrong(tmp_path, lambda: told(tmp_path, falling))[0]


def test_all_problems_of_all_files_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text(table(days(3)))
    text = (
        "observations:\n  cutoff: 2024-01-31\n  series:\n"
        f"    a: {{{DAILY.replace('attacker', 'atacker')}}}\n    b: {{{DAILY.replace('a.csv', 'b.csv')}}}\n"
    )
    (tmp_path / "a.csv").write_text(changed(5, "x", "1"))
    lines = wrong(tmp_path, lambda: described(tmp_path, text))
    assert [line.split(" error")[0] for line in lines] == ["war.yaml:4:51:", "a.csv:5:", "b.csv:4:"]


# What is no file.


def test_what_is_no_file_is_told_at_the_series(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "others.csv").write_text(table(days(31)))
    (tmp_path / "link.csv").symlink_to(tmp_path / "others.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    for name, says in (
        ("folder", "folder cannot be read: it is a folder and not a file"),
        ("link.csv", "link.csv cannot be read: it is a link and not a file"),
        ("pipe.csv", "pipe.csv cannot be read: it is a pipe and not a file"),
        ("other.csv", "other.csv cannot be read: there is no such file. Did you mean 'others.csv'?"),
        ("no/a.csv", "no/a.csv cannot be read: there is no such file"),
        ("others.csv/a.csv", "others.csv/a.csv cannot be read: Not a directory"),
        ("a" * 300, "aaa"),
    ):  # fmt: skip
        says_so = f"observations:\n  cutoff: 2024-01-31\n  series:\n    a: {{{DAILY.replace('a.csv', name)}}}\n"
        with pytest.raises(DataError) as caught:
            described(tmp_path, says_so)
        assert str(caught.value).startswith(f"{tmp_path / 'war.yaml'}:4:38: error: {says}")
        assert "\n" not in str(caught.value)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.observed.rows.MOST_BYTES", 100)
    (line,) = wrong(tmp_path, lambda: told(tmp_path, table(days(31))))
    assert line.startswith("war.yaml:4:38: error: a.csv cannot be read: it has 414 bytes, and there can be no more than 100")


def test_there_are_not_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.observed.rows.MOST_ROWS", 31)
    assert one(told(tmp_path, table(days(31)))).changes.tolist() == [31]
    (line,) = wrong(tmp_path, lambda: told(tmp_path, table(days(40))))
    assert line.startswith("a.csv:33: error: there are more than 31 rows")


def test_the_file_of_observations_is_one(tmp_path: Path) -> None:
    (tmp_path / "war.yaml").mkdir()
    (line,) = wrong(tmp_path, lambda: read_data(tmp_path / "war.yaml", WAR))
    assert line.startswith("war.yaml: error: this is a folder, not a file of observations. Name a .yaml file in it")
    with pytest.raises(DataError, match=r"there is no such file\. Did you mean"):
        read_data(tmp_path / "wars.yaml", WAR)


def test_a_space_that_only_looks_like_one_is_shown(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"value must be a number, not '1\\xa0000'"):
        one(told(tmp_path, "date,value\n2024-01-01,1\xa0000".encode(), DAILY))


CELLS = ["2024-01-01", "2024-01-31", "2024-02-30", "1", "-1", '"', ";", "\r", "\n", "", "\ufeff", "é", "1\xa0000"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(CELLS) | st.text(max_size=8), max_size=4).map(",".join), max_size=6).map("\n".join),
    st.sampled_from([DAILY, WEEKLY, MONTHLY, SPANS, AREA]),
)  # fmt: skip
def test_whatever_a_file_holds_is_told_in_lines(text: str, says: str) -> None:
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = one(told(Path(folder), f"date,value,from,to\n{text}".encode("utf-8", "surrogatepass"), says))
        except DataError as error:
            lines = str(error).split("\n")
    assert len(lines) <= 6
    assert all(line.isprintable() and ": error: " in line for line in lines)
    assert lines or found.starts == months("2024-01")


def test_names_with_control_characters_are_shown_as_what_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "a\x1b[31mb\n"
    folder.mkdir()
    with pytest.raises(ParleyError) as caught:
        told(folder, table(days(3)))
    assert "a\\x1b[31mb\\n" in str(caught.value)
    assert str(caught.value).isprintable()
    with pytest.raises(DataError, match="control character"):
        described(tmp_path, f'observations: {{cutoff: 2024-01-31, series: {{a: {{file: "\\x1b", {DAILY[5:]}}}}}}}')


# What is wrong with the file of observations.


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "1:1: error: the file is empty. Start with 'observations:'"),
        ("[a]", "1:1: error: a file of observations must be a mapping of fields, not a list"),
        ("date,value\n2024-01-01,1\n", "1:1: error: a file of observations must be a mapping of fields, not the text"),
        (
            "observations: {series: {}}",
            "1:1: error: missing field 'cutoff' in observations. Write year-month-day: The last day",
        ),
        ("observations: {cutoff: 2024-01-01, series: {}}", "1:36: error: series is empty"),
        ("observations: {cutoff: 9999-12-31, series: {}}", "1:16: error: cutoff must lie between the years 1000 and 9900"),
        ("observations: {cutoff: soon, series: {}}", "1:16: error: cutoff must be a date such as 2024-12-04"),
    ],
)
def test_bad_files_of_observations(tmp_path: Path, text: str, says: str) -> None:
    assert wrong(tmp_path, lambda: described(tmp_path, text))[0].startswith(f"war.yaml:{says}")


@pytest.mark.parametrize(
    ("says", "flaw"),
    [
        (DAILY.replace("increments", "increment"), "unknown kind 'increment' in a. Did you mean 'increments'?"),
        (DAILY.replace("source: Claims", "soure: Claims"), "unknown field 'soure' in observations.series.a. Did you mean"),
        (DAILY.replace("attacker", "atacker"),
         "there is no field 'cumulative_casualties.atacker'. Did you mean 'cumulative_casualties.attacker'?"),
        (DAILY.replace("persons", "thousands"), "the unit of a is 'thousands', and that of cumulative_casualties.attacker "
         "'persons'. Write unit: persons, and times: by what"),
        (DAILY.replace(", unit: persons", ""), "missing field 'unit' in observations.series.a"),
        (f"{DAILY}, scale: attrition.level", "the scenario has no number 'attrition.level'. Did you mean 'attrition.level_"),
        (f"{DAILY}, scale: attrition", "the scenario has no number 'attrition'"),
        (f"{DAILY}, noise: 1, noise_log_sd: 0.1", "noise and noise_log_sd are both given. Keep one of them"),
        (f"{DAILY}, noise: -1", "noise must lie between 0 and 1e+30"),
        (f"{DAILY}, times: 0", "times must lie between 1e-12 and 1e+12, not 0"),
        (f"{DAILY}, times: [2]", "times must be a number, not a list"),
        (f"{DAILY}, since: 2024-02-01, until: 2024-01-01", "since is after until. Exchange them"),
        (DAILY.replace("rows: day", "rows: year"), "rows must be one of day, week, month, not the text 'year'"),
        (DAILY.replace("rows: day, ", ""), "it is not said what time a row of a tells of. Write rows: day, week or month"),
        (SPANS.replace("end: to, ", ""), "it is not said what time a row of a tells of"),
        (f"{SPANS}, rows: day", "start and rows are both given. Keep start and end, or dates and rows"),
        (f"{AREA}, rows: day", "levels are of single days, and have no rows. Remove it"),
        ("kind: event, of: peace, happened: []", "of must be one of ceasefire, not the text 'peace'"),
        ("kind: event, of: ceasefire, happened: 2024-01-01", "happened must be a list, not the date 2024-01-01"),
        ("kind: event, of: ceasefire, happened: [2024-01-01, 2024-01-02]", "a has several days. Write the first alone"),
        ("kind: event, of: ceasefire, happened: [], within_days: 500", "within_days must lie between 0 and 365 (days)"),
    ],
)  # fmt: skip
def test_bad_series(tmp_path: Path, says: str, flaw: str) -> None:
    (line,) = wrong(tmp_path, lambda: told(tmp_path, table(days(31)), says))
    place, _, message = line.partition(" error: ")
    assert place.startswith("war.yaml:4:")
    assert message.startswith(flaw)


def test_an_id_stands_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(table(days(31)))
    text = f"observations:\n  cutoff: 2024-01-31\n  series:\n    - {{id: a, {DAILY}}}\n"
    assert one(described(tmp_path, text)).id == "a"
    (line,) = wrong(tmp_path, lambda: described(tmp_path, f"{text}    - {{id: a, {DAILY}}}\n"))
    assert line.startswith("war.yaml:5:8: error: id 'a' stands in this list already")


@pytest.mark.parametrize("name", ["baseline", "history/iwo_jima"])
def test_every_field_of_the_paths_can_be_told_of(tmp_path: Path, load: Callable[..., Any], name: str) -> None:
    scenario = load(name)
    (tmp_path / "a.csv").write_text(table(days(31)))
    for one_of in path_fields(scenario):
        unit = declared_fields(scenario)[one_of[0]].unit
        says = f"kind: increments, rows: day, file: a.csv, of: {path_name(*one_of)}, unit: {unit}, source: x"
        found = one(described(tmp_path, f"observations: {{cutoff: 2024-01-31, series: {{a: {{{says}}}}}}}", None, scenario))
        assert ((found.field, found.of), found.unit) == (one_of, unit)


# Nothing later.


def same(data: Data) -> tuple[object, ...]:
    """Return all of it that may not depend on what comes after the cutoff, to the last bit."""
    series = [(*(getattr(each, name) for name in ("id", "field", "of", "unit", "starts", "scale", "noise", "noise_log_sd")),
               each.changes.tobytes()) for each in data.series]  # fmt: skip
    return data.cutoff, series, data.events, data.sha256


KINDS = {
    "day": (DAILY, "date,value", lambda first, last: [first.isoformat()]),
    "week": (WEEKLY, "date,value", lambda first, last: [first.isoformat()]),
    "spans": (SPANS, "from,to,value", lambda first, last: [first.isoformat(), last.isoformat()]),
    "levels": (AREA, "date,value", lambda first, last: [first.isoformat()]),
}


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(sorted(KINDS)), until=st.integers(60, 130), data=st.data())
def test_rows_after_the_cutoff_change_nothing(kind: str, until: int, data: st.DataObject) -> None:
    """They may be altered in any way that leaves them after it, or removed."""
    says, header, dated = KINDS[kind]
    length = {"week": 7, "spans": 5}.get(kind, 1)
    first, cutoff = date(2023, 11, 25), date(2023, 11, 25) + timedelta(days=until)
    kept, later, at = [], 0, first
    while at < first + timedelta(days=150):
        last = at + timedelta(days=length - 1)
        if last <= cutoff:
            kept.append([*dated(at, last), str(data.draw(st.integers(0, 9)))])
        else:
            later += 1
        at = last + timedelta(days=1)
    beyond = st.dates(cutoff + timedelta(days=1), date(9000, 1, 1))
    cells = st.sampled_from(["", "1", "-5", "x", "1e999", '"a,b"'])
    tail = [[*dated(day, day), data.draw(cells)] for day in data.draw(st.lists(beyond, max_size=5))]
    with tempfile.TemporaryDirectory() as folder:
        found = [told(Path(folder), table(rows, header), says, cutoff.isoformat()) for rows in (kept, [*kept, *tail])]
    assert same(found[0]) == same(found[1])
    assert [one(each).later for each in found] == [0, len(tail)]
    assert np.isfinite(one(found[0]).changes).all()


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(31)))
def test_rows_stand_in_the_order_of_time(order: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = days(31)
        ask = [rows[at] for at in order]
        if ask == rows:
            assert one(told(Path(folder), table(ask))).changes.tolist() == [31]
            return
        breaks = next(at for at in range(1, 31) if order[at] < order[at - 1])
        first = wrong(Path(folder), lambda: told(Path(folder), table(ask)))[0]
    assert first.startswith(
        f"a.csv:{breaks + 2}: error: {ask[breaks][0]} stands after {ask[breaks - 1][0]} of line {breaks + 1}"
    )


def test_what_is_before_the_cutoff_changes_the_digest(tmp_path: Path) -> None:
    digests = {told(tmp_path, changed(5, "2024-01-04", value)).sha256["a.csv"] for value in ("1", "2", "1.0")}
    assert len(digests) == 3
    # Two series of one file have one.
    text = f"observations:\n  cutoff: 2024-01-31\n  series:\n    a: {{{DAILY}}}\n    b: {{{DAILY}}}\n"
    assert list(described(tmp_path, text).sha256) == ["a.csv"]


# What only grows.


@pytest.mark.parametrize("name", ["baseline", "allies"])
def test_what_is_said_to_grow_never_falls(load: Callable[..., Any], ensemble: Callable[..., Any], name: str) -> None:
    scenario = load(name)
    grown = {field.name for field in declared_fields(scenario).values() if field.grows}
    assert {"cumulative_casualties", "pledged_beur", "delivered_beur"} <= grown
    run = ensemble(scenario, 20, 150, paths="week", lucks=False)
    seen = [column for column, (field, _) in enumerate(run.path_columns) if field in grown]
    steps = np.diff(run.paths[seen], axis=1)
    assert (steps >= 0).all()
    assert steps.sum() > 0
