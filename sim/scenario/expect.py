"""What the author of a scenario expects of its outcomes: the `expect` section, checked by `parley targets`."""

from __future__ import annotations

import re
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from .errors import FieldError, Flaw
from .section import Item, knob

# As in `share(terms_land = line_of_contact)`, and an outcome that names one of several.
_WHOLE = re.compile(r"(?P<statistic>share|mean|median)\s*\((?P<outcome>.*)\)")
_ONE_OF = re.compile(r"(?P<column>[a-z0-9_]+)\s*=\s*(?P<value>[a-z0-9_]+)(?P<when>@.*)?")


class Expectation(Item):
    """A range in which the share, mean or median of an outcome must lie, or its mean over that of another outcome."""

    long_texts = ("reason",)

    outcome: str = Field(
        description="Column of outcomes.csv, also of another time (NAME@12, NAME@first_deal, NAME[12..24]), or what is "
        "settled, as in share(terms_land = line_of_contact)"
    )
    statistic: Literal["mean", "median", "share", "ratio"]
    of: str | None = Field(default=None, description="For a ratio: the column by whose mean that of the outcome is divided")
    low: float = knob("unit of the outcome", "Lower end of the range", label="{item}: low")
    high: float = knob("unit of the outcome", "Upper end of the range", label="{item}: high")
    reason: str = Field(min_length=1, description="Where the range comes from")

    @model_validator(mode="before")
    @classmethod
    def _in_one_form(cls, raw: Any) -> Any:
        """Read `share(terms_land = line_of_contact)` as the share of `terms_land:line_of_contact`."""
        if not isinstance(raw, dict) or not isinstance(raw.get("outcome"), str):
            return raw
        written = dict(raw)
        whole = _WHOLE.fullmatch(written["outcome"].strip())
        if whole is not None:
            said = written.setdefault("statistic", whole["statistic"])
            if said != whole["statistic"]:
                flaw = f"the outcome is a {whole['statistic']}, and the statistic another"
                raise FieldError(Flaw(flaw, "Leave out statistic", ("statistic",)))
            written["outcome"] = whole["outcome"].strip()
        one = _ONE_OF.fullmatch(written["outcome"])
        if one is not None:
            written["outcome"] = f"{one['column']}:{one['value']}{one['when'] or ''}"
        return written

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.low > self.high:
            raise FieldError(Flaw("low is above high", "Exchange them", ("low",)))
        if (self.of is not None) != (self.statistic == "ratio"):
            hint = "Write of: and a column of outcomes.csv" if self.of is None else "Remove of, or write statistic: ratio"
            raise FieldError(Flaw("a ratio, and only a ratio, has an outcome that it is 'of'", hint, ("statistic",)))
        return self
