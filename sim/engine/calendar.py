"""Days and dates: the only place where a day number meets a calendar."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

DAYS_PER_YEAR = 365.25
MONTHS_PER_YEAR = 12
DAYS_PER_WEEK = 7
DAYS_PER_MONTH = DAYS_PER_YEAR / MONTHS_PER_YEAR
Every = Literal["month", "week"]
"""How often something is looked at: on the first of each month of the calendar, or every week from the start."""


def add_months(start: date, months: int) -> date:
    """Return the same day of the month `months` later, or the last day of a shorter month.

    >>> add_months(date(2024, 12, 31), 2)
    datetime.date(2025, 2, 28)
    """
    year, month0 = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month0 + 1, min(start.day, calendar.monthrange(year, month0 + 1)[1]))


@dataclass(frozen=True)
class Calendar:
    """The calendar of a scenario: day 0 is `start`."""

    start: date

    def date_of(self, day: int) -> date:
        """Return the date on which day number `day` begins."""
        return self.start + timedelta(days=day)

    def day_of(self, when: date) -> int:
        """Return the number of the day that begins on `when` (negative before the start)."""
        return (when - self.start).days

    def month_start(self, month: int) -> int:
        """Return the day number on which month number `month` (from 0) begins.

        >>> [Calendar(date(2024, 12, 4)).month_start(m) for m in (0, 1, 2, 36)]
        [0, 31, 62, 1095]
        """
        return self.day_of(add_months(self.start, month))

    def month_starts(self, days: int) -> dict[int, int]:
        """Return {day: month} of every month that begins before day `days`."""
        starts: dict[int, int] = {}
        month = 0
        while (day := self.month_start(month)) < days:
            starts[day] = month
            month += 1
        return starts
