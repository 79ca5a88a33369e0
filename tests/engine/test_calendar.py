"""Days and dates."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.calendar import DAYS_PER_MONTH, Calendar, add_months

dates = st.dates(date(1800, 1, 1), date(2200, 1, 1))


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(1900, 1, 29), 1, date(1900, 2, 28)),
        (date(2000, 1, 30), 1, date(2000, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2024, 8, 31), 1, date(2024, 9, 30)),
        (date(2024, 12, 15), 1, date(2025, 1, 15)),
        (date(2024, 11, 30), 14, date(2026, 1, 30)),
        (date(2024, 5, 5), 0, date(2024, 5, 5)),
    ],
)
def test_add_months(start: date, months: int, expected: date) -> None:
    assert add_months(start, months) == expected


def test_a_short_month_does_not_shorten_those_after_it() -> None:
    starts = [add_months(date(2023, 12, 31), month) for month in range(5)]
    assert starts == [
        date(2023, 12, 31), date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30),
    ]  # fmt: skip


@given(start=dates, day=st.integers(-5000, 5000))
def test_days_and_dates_are_inverse(start: date, day: int) -> None:
    calendar = Calendar(start)
    assert calendar.day_of(calendar.date_of(day)) == day
    assert calendar.date_of(day) - start == timedelta(days=day)


def test_days_before_the_start_are_negative() -> None:
    assert Calendar(date(2024, 3, 1)).day_of(date(2024, 2, 29)) == -1


def test_month_starts_through_a_leap_february() -> None:
    assert Calendar(date(2023, 12, 31)).month_starts(91) == {0: 0, 31: 1, 60: 2}
    assert Calendar(date(2023, 12, 31)).month_starts(92) == {0: 0, 31: 1, 60: 2, 91: 3}
    assert Calendar(date(2022, 12, 31)).month_starts(91) == {0: 0, 31: 1, 59: 2, 90: 3}


def test_no_days_have_no_months() -> None:
    assert Calendar(date(2024, 12, 4)).month_starts(0) == {}
    assert Calendar(date(2024, 12, 4)).month_starts(1) == {0: 0}


@given(start=dates, days=st.integers(1, 1500))
def test_months_begin_every_28_to_31_days(start: date, days: int) -> None:
    starts = Calendar(start).month_starts(days)
    assert list(starts.values()) == list(range(len(starts)))
    begins = [*starts, Calendar(start).month_start(len(starts))]
    assert begins[-1] >= days > begins[-2]
    assert all(28 <= later - earlier <= 31 for earlier, later in pairwise(begins))


def test_a_mean_month_is_a_twelfth_of_a_julian_year() -> None:
    assert DAYS_PER_MONTH == 30.4375
    assert Calendar(date(2000, 1, 1)).month_start(400 * 12) / (400 * 12) == pytest.approx(DAYS_PER_MONTH, rel=1e-4)
