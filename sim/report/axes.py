"""What axes over time, of shares and of amounts share, and how curves are drawn as steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from sim.engine.calendar import DAYS_PER_YEAR, Calendar
from sim.engine.draws import Floats
from sim.report.kept import Course, Kept

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUARTER_DAYS = 91


def dates_of(calendar: Calendar, days: Floats | Sequence[float]) -> Floats:
    """Return days of the simulation as Matplotlib counts dates."""
    from matplotlib.dates import date2num

    start: float = date2num(calendar.date_of(0))
    dates: Floats = np.asarray(days, dtype=np.float64) + start
    return dates


def time_axis(axes: Axes, calendar: Calendar, days: int, most: int = 7) -> None:
    """Let an axis show the dates from the start until so many days later, with so many ticks at most."""
    span_axis(axes, calendar.date_of(0), calendar.date_of(days), most)


def span_axis(axes: Axes, first: date, last: date, most: int = 7) -> None:
    """Let an axis show the dates from one day to another, with so many ticks at most."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
    from matplotlib.ticker import FixedFormatter, FixedLocator

    axes.set_xlim(date2num(first), date2num(last))
    locator = AutoDateLocator(minticks=min(3, most - 1), maxticks=most)
    axes.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator, show_offset=(last - first).days < DAYS_PER_YEAR)
    # Once, since Matplotlib would work them out anew some dozens of times while it lays a figure out.
    ticks = locator()
    fixed = FixedFormatter(formatter.format_ticks(ticks))
    fixed.set_offset_string(formatter.get_offset())
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(fixed)


def percent_axis(axes: Axes) -> None:
    """Let an axis show shares in per cent."""
    from matplotlib.ticker import FuncFormatter

    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g} %"))


def number_axis(axes: Axes) -> None:
    """Let an axis show thousands with a comma."""
    from matplotlib.ticker import FuncFormatter

    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "\N{MINUS SIGN}")))


def rows_axis(axes: Axes) -> None:
    """Let an axis have rows with names at their left, and values along the other."""
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")


def steps(course: Course, start: float, end: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Return a curve from the first day to the last, with its value before anything happened: days, share, low, high."""
    days = np.concatenate([[0.0], course.days, [max(end, course.days[-1])]])
    share, low, high = (np.concatenate([[start], values, values[-1:]]) for values in (course.share, course.low, course.high))
    return days, share, low, high


def quarters(last: int) -> list[int]:
    """Return the days of tables over time: every thirteenth week until the last day, which stands for one just before it."""
    return [*(day for day in range(0, last, QUARTER_DAYS) if day == 0 or last - day >= QUARTER_DAYS / 2), last]


def date_on(kept: Kept, day: int) -> str:
    """Return the date of a day."""
    return kept.calendar.date_of(day).isoformat()


def signed(value: float) -> str:
    """Return a number with its sign, as axes show it."""
    return f"{value:+,.10g}".replace("-", "\N{MINUS SIGN}") if round(value, 9) else "0"
