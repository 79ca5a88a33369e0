"""What every scenario has, whatever its mechanisms: title, start, horizon, the two sides, sources."""

from __future__ import annotations

import datetime
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from .correlations import Correlation, correlation_flaws
from .errors import FieldError, Flaw
from .expect import Expectation
from .section import Section, knob
from .walk import KEPT
from .wording import cut, found

MOST_MONTHS = 600
LAST_YEAR = 9900  # so that the longest horizon ends before the calendar does
MOST_LETTERS = 28  # of a short title
MOST_DAYS = 18_263  # 600 months of 365.25 / 12 days


class Source(Section):
    """Where a number comes from."""

    author: str = Field(description="Who wrote it")
    title: str = Field(description="What it is called")
    date: str = Field(
        description="When it was published, as a date, a year or a text", json_schema_extra={"type": ["string", "integer"]}
    )
    address: str = Field(description="Where it can be found")
    quality: Literal["A", "B", "C", "D"] = Field(description="A (official or peer-reviewed) to D (weak)")

    @field_validator("date", mode="before")
    @classmethod
    def _date_as_text(cls, value: Any) -> Any:
        if isinstance(value, datetime.date):
            return value.isoformat()
        if isinstance(value, int) and not isinstance(value, bool) and 1000 <= value <= 9999:
            return str(value)  # a bare year
        if not isinstance(value, str):
            raise FieldError(Flaw(f"{{field}} must be a date or text, not {found(value)}"))
        return value


class Side(Section):
    """One of the two sides of the war."""

    name: str = Field(min_length=1, description="The name of the side, for tables")


class Sides(Section):
    """The two sides of the war."""

    attacker: Side
    defender: Side


class Histories(Section):
    """Histories of a scenario that agree with what was observed until a day: their numbers in a run of some seed.

    A run has these and no others: what they assume, and their luck until that day. From then on they have a luck of their
    own, so that what comes is as open as it was then.
    """

    seed: int = Field(ge=0, description="The seed of the run in which they were found")
    until: datetime.date = Field(description="The first day of which nothing was observed")
    of: str = Field(description="What tells the assumptions about the time until then from others")
    numbers: list[int] = Field(min_length=1, description="Their numbers in that run")

    @field_validator("numbers")
    @classmethod
    def _check_numbers(cls, value: list[int]) -> list[int]:
        wrong = [Flaw("{part} must not be negative", "", (at,)) for at, one in enumerate(value) if one < 0]
        if wrong:
            raise FieldError(*wrong[:1])
        return value


class ScenarioHead(Section):
    """The part that all scenarios share; a full scenario adds the sections of the mechanisms.

    Exactly one of `horizon_months` and `horizon_days` is given.
    """

    long_texts = ("description",)

    title: str = Field(min_length=1, description="One line, for tables and pages")
    short: str | None = Field(
        default=None, min_length=1, max_length=MOST_LETTERS,
        description=f"For legends and heads of tables, in {MOST_LETTERS} letters; the title up to a colon if not given",
    )  # fmt: skip
    description: str = Field(description="What is assumed, in a few sentences")
    start_date: datetime.date = Field(description="The first day, such as 2024-12-04")
    war_began: datetime.date | None = Field(
        default=None,
        description="The first day of the war, such as 2022-02-24: how wars of that age went stands beside results",
    )
    horizon_months: int | None = knob(
        "months", "How long is looked ahead", low=1, high=MOST_MONTHS, default=None, label="Horizon in months"
    )
    horizon_days: int | None = knob(
        "days", "How long is looked ahead", low=1, high=MOST_DAYS, default=None, label="Horizon in days"
    )
    sides: Sides
    correlations: list[Correlation] = Field(default=[], description="Uncertain quantities that are high or low together")
    sources: dict[str, Source] = Field(default={}, description="The sources of the numbers, by key")
    inherited: dict[str, list[str]] = Field(
        default={},
        description="Numbers that are those of another war, by its name: found by Parley, which keeps it with runs",
        json_schema_extra=KEPT,
    )
    histories: Histories | None = Field(
        default=None,
        description="Those that agree with data, as found by `parley calibrate`; a run has no others",
        json_schema_extra=KEPT,
    )
    expect: list[Expectation] = Field(default=[], description="Ranges in which outcomes must lie, for `parley targets`")

    @property
    def called(self) -> str:
        """The short title, or what stands for it."""
        return self.short or cut(self.title.partition(":")[0].strip() or self.title, MOST_LETTERS)

    @model_validator(mode="after")
    def _check_horizon(self) -> Self:
        if self.horizon_months is None and self.horizon_days is None:
            raise FieldError(Flaw("missing field 'horizon_months'", "Write horizon_months or horizon_days"))
        if self.horizon_months is not None and self.horizon_days is not None:
            message = "horizon_months and horizon_days are both given"
            raise FieldError(Flaw(message, "Keep one of them", ("horizon_days",)))
        return self

    @model_validator(mode="after")
    def _check_start(self) -> Self:
        if not 1000 <= self.start_date.year <= LAST_YEAR:
            message = f"start_date must lie between the years 1000 and {LAST_YEAR}, not {self.start_date.isoformat()}"
            raise FieldError(Flaw(message, "Write year-month-day, such as 2024-12-04", ("start_date",)))
        if self.war_began is not None and self.war_began > self.start_date:
            message = f"war_began, {self.war_began.isoformat()}, is later than start_date, {self.start_date.isoformat()}"
            raise FieldError(Flaw(message, "Write the first day of the war, or null where it is not known", ("war_began",)))
        return self

    @model_validator(mode="after")
    def _check_histories(self) -> Self:
        lived = self.histories
        if lived is not None and lived.until <= self.start_date:
            message = f"histories have lived until {lived.until}, and the start is {self.start_date}"
            raise FieldError(Flaw(message, "Calibrate a scenario that starts before its data end", ("histories", "until")))
        return self

    @model_validator(mode="after")
    def _check_correlations(self) -> Self:
        flaws = correlation_flaws(self)
        if flaws:
            raise FieldError(*flaws)
        return self
