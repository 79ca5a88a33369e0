"""What a file of observations may say: the series and events of a war, and when to stop reading."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, create_model, model_validator

from sim.results.columns import LARGEST
from sim.scenario import FieldError, Flaw, Item, Section, knob
from sim.scenario.head import LAST_YEAR, MOST_DAYS
from sim.scenario.wording import did_you_mean, quoted

# judgement: who writes more of a factor has another unit in mind.
_MOST_TIMES = 1e12
# judgement: at 3 a month is off by a factor of twenty as often as not at all.
_MOST_LOG_SD = 3.0


def _in_calendar(day: datetime.date) -> datetime.date:
    if not 1000 <= day.year <= LAST_YEAR:
        message = f"{{part}} must lie between the years 1000 and {LAST_YEAR}, not {day.isoformat()}"
        raise FieldError(Flaw(message, "Write year-month-day, such as 2024-12-04"))
    return day


Day = Annotated[datetime.date, AfterValidator(_in_calendar)]


class Observation(Item):
    """A series of a file."""

    long_texts = ("source",)

    kind: Literal["increments", "levels"]
    file: str = Field(min_length=1, description="The CSV file, as seen from this one")
    of: str = Field(description="The field that it tells of, a column of paths.csv, such as cumulative_casualties.attacker")
    unit: str = Field(description="The unit of its numbers, after times, which is that of the field")
    times: float = knob("", "What its numbers are multiplied by", low=1 / _MOST_TIMES, high=_MOST_TIMES, default=1.0)
    column: str = Field(default="value", description="The column of its numbers")
    dates: str | None = Field(default=None, description="The column of its dates; `date` if not given")
    rows: Literal["day", "week", "month"] | None = Field(
        default=None, description="What a row tells of, which begins on its date; or write start and end"
    )
    start: str | None = Field(default=None, description="The column of the first day that a row tells of")
    end: str | None = Field(default=None, description="The column of the last day that a row tells of, itself counted")
    since: Day | None = Field(default=None, description="Rows before it are not used")
    until: Day | None = Field(default=None, description="Rows after it are not used; the cutoff, if not given")
    scale: str | None = Field(default=None, description="Number of the scenario by which a history is divided first")
    noise_log_sd: float | None = knob(
        "", "Standard deviation of the logarithm of what is seen of a month", low=0, high=_MOST_LOG_SD, default=None
    )
    noise: float | None = knob(
        "unit of the field", "Standard deviation of what is seen of a month", low=0, high=LARGEST, default=None
    )
    rivals_within: float | None = knob(
        "unit of the field", "Rivals are not fitted to months in which it changed by more, as what happens once in a war",
        low=0, high=LARGEST, default=None,
    )  # fmt: skip
    source: str = Field(min_length=1, description="Where it comes from")

    @model_validator(mode="after")
    def _check_rows(self) -> Self:
        spans = [name for name in ("start", "end") if getattr(self, name) is not None]
        others = [name for name in ("rows", "dates") if getattr(self, name) is not None]
        if self.kind == "levels":
            for name in ("rows", *spans):
                if getattr(self, name) is not None:
                    raise FieldError(Flaw(f"levels are of single days, and have no {name}", "Remove it", (name,)))
        elif spans and others:
            hint = "Keep start and end, or dates and rows"
            raise FieldError(Flaw(f"{spans[0]} and {others[0]} are both given", hint, (others[0],)))
        elif len(spans) == 1 or not (spans or self.rows):
            hint = "Write rows: day, week or month; or start: and end: with the columns of the first and the last day"
            raise FieldError(Flaw(f"it is not said what time a row of {self.id} tells of", hint))
        return self

    @model_validator(mode="after")
    def _check_others(self) -> Self:
        if self.noise is not None and self.noise_log_sd is not None:
            raise FieldError(Flaw("noise and noise_log_sd are both given", "Keep one of them", ("noise",)))
        if self.since is not None and self.until is not None and self.since > self.until:
            raise FieldError(Flaw("since is after until", "Exchange them", ("since",)))
        return self


class ObservedEvent(Item):
    """Something that came about on a day, or had not come about by the cutoff."""

    long_texts = ("source",)

    kind: Literal["event"]
    of: Literal["ceasefire"] = Field(description="When the fighting first stopped")
    happened: list[Day] = Field(description="The day, as in [2024-06-01], or [] if it has not come about until the cutoff")
    per_year: float | None = knob(
        "per year", "How often such a thing comes about in a year: what else could be told of it", low=0, high=365,
        default=None,
    )  # fmt: skip
    within_days: int = knob("days", "How far off the day a history may be", low=0, high=365, default=30)
    source: str = Field(default="", description="Where it comes from")

    @model_validator(mode="after")
    def _check_once(self) -> Self:
        if len(self.happened) > 1:
            raise FieldError(Flaw(f"{self.id} has several days", "Write the first alone", ("happened",)))
        return self

    def by(self, last: datetime.date) -> ObservedEvent:
        """Return what is known of it on a day: nothing of what came about later."""
        return self.model_copy(update={"happened": [day for day in self.happened if day <= last]})


class Bar(Item):
    """Between what a mean score of forecasts of a series must lie."""

    series: str = Field(description="The series")
    score: Literal[
        "crps", "cover_50", "cover_80", "cover_90", "width_50", "width_80", "width_90", "interval_80", "bias",
        "median_error", "brier", "log_score", "energy", "pit_roughness", "pit_autocorrelation",
    ] = Field(description="Of single months and their mean; energy and pit_ are of whole paths")  # fmt: skip
    given: Literal["all", "at_war"] = Field(default="all", description="Of which histories and months")
    low: float | None = knob("", "The least that it may be", low=-LARGEST, high=LARGEST, default=None)
    high: float | None = knob("", "The most that it may be", low=-LARGEST, high=LARGEST, default=None)

    @model_validator(mode="after")
    def _check_ends(self) -> Self:
        if self.low is None and self.high is None:
            raise FieldError(Flaw(f"{self.id} has no low and no high", "Write one of them, or both"))
        if self.low is not None and self.high is not None and self.low > self.high:
            raise FieldError(Flaw("low is above high", "Exchange them", ("low",)))
        return self


class Observations(Section):
    """What was seen of a war."""

    cutoff: Day = Field(description="The last day that is read")
    series: list[Annotated[Observation | ObservedEvent, Field(discriminator="kind")]] = Field(
        description="Series and events, by id"
    )
    bars: list[Bar] = Field(default=[], description="What scores of forecasts must be, by id, for `parley hindcast`")

    @model_validator(mode="after")
    def _check_some(self) -> Self:
        if not self.series:
            raise FieldError(Flaw("series is empty", "Write a series", ("series",)))
        known = [one.id for one in self.series]
        for bar in self.bars:
            if bar.series not in known:
                message = f"{bar.id} is of {quoted(bar.series)}, which is none of the series"
                raise FieldError(Flaw(message, did_you_mean(bar.series, known), ("bars", bar.id, "series")))
        return self


class Rule(Section):
    """How a number of a scenario is read off a series, for the day on which the scenario starts."""

    last_days: int | None = knob(
        "days", "Over how many days before the start a mean a day is taken, or a change a day", 1, MOST_DAYS, default=None
    )
    spread: list[int] | None = knob(
        "days", "Nine in ten draws lie between the lowest and the highest mean of so many days", 1, MOST_DAYS, default=None
    )
    range: Literal["moved", "scaled"] | None = Field(
        default=None, description="What becomes of the scenario's own range: it is moved, or multiplied, to the number"
    )
    times: float | None = knob("", "What the number is multiplied by", low=1 / _MOST_TIMES, high=_MOST_TIMES, default=None)

    @model_validator(mode="after")
    def _check_spread(self) -> Self:
        if self.spread is not None and self.range is not None:
            raise FieldError(Flaw("spread and range are both given", "Keep one of them", ("spread",)))
        if self.spread is not None and self.last_days is None:
            flaw = "spread is of means over days, and how something stands on a day has none"
            raise FieldError(Flaw(flaw, "Write last_days too, or range: moved for the scenario's own range", ("spread",)))
        return self

    @property
    def series(self) -> str:
        """The series it is read off, which a file calls `from`."""
        return str(getattr(self, "from"))


if not TYPE_CHECKING:
    # A word of Python, which no class body can declare.
    Rule = create_model(
        "Rule",
        __base__=Rule,
        __module__=__name__,
        **{"from": (str, Field(description="The series that it is read off"))},
    )


class File(Section):
    """A file of observations."""

    observations: Observations
    levels: dict[str, Rule] = Field(
        default_factory=dict, description="Numbers of the scenario that are read off series, by dotted path"
    )
