"""What the author of a scenario expects of its outcomes: the `expect` section, checked by `parley targets`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from .errors import FieldError, Flaw
from .section import Item, knob


class Expectation(Item):
    """A range in which the mean or the median of an outcome must lie, or its mean over that of another outcome."""

    long_texts = ("reason",)

    outcome: str = Field(description="Column of outcomes.csv")
    statistic: Literal["mean", "median", "ratio"]
    of: str | None = Field(default=None, description="For a ratio: the column by whose mean that of the outcome is divided")
    low: float = knob("unit of the outcome", "Lower end of the range", label="{item}: low")
    high: float = knob("unit of the outcome", "Upper end of the range", label="{item}: high")
    reason: str = Field(min_length=1, description="Where the range comes from")

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.low > self.high:
            raise FieldError(Flaw("low is above high", "Exchange them", ("low",)))
        if (self.of is not None) != (self.statistic == "ratio"):
            hint = "Write of: and a column of outcomes.csv" if self.of is None else "Remove of, or write statistic: ratio"
            raise FieldError(Flaw("a ratio, and only a ratio, has an outcome that it is 'of'", hint, ("statistic",)))
        return self
