"""How long ceasefires lasted: what is on record by kind of truce, as words that stand for numbers of a scenario.

Of the years after the first, from the data of the Uppsala Conflict Data Program on how armed conflicts ended (Kreutz 2010;
dyadic version 3-2021): episodes of fighting by their end, those quiet for a year followed to the fifth, as the number of
those in which fighting began again over all years at risk, lognormal with a standard error of one over the root of that
number. The record begins a year after the last fighting, so that of the first weeks it says nothing. It falls by the year,
from .24 in the second to nothing after the fifth (ceasefire agreements): the constant hazard is that of years 2 to 5 and no
more. Of the 29 `between_states` 12 were victories, and three of the four in which fighting began again.

| word | n | fighting began again | years at risk | a year | quiet at 5 years of those at 1 |
|---|---|---|---|---|---|
| `ceasefire_agreements` | 44 | 17 | 128.7 | 0.132 | .61 (standard error .07) |
| `peace_agreements` | 51 | 6 | 190.3 | 0.032 | .88 (.05) |
| `nothing_signed` | 155 | 66 | 426.0 | 0.155 | .55 (.04) |
| `between_states` | 29 | 4 | 107.7 | 0.037 | .86 (.06) |

Of the first weeks, the truces of the line in Donbas: from August 2015 to August 2018 there were twelve, and fighting was
back at its level of before after 14 days on average (LB.ua, 9 August 2018, quoting the OSCE's mission); that of July 2020,
with penalties for who broke it, held: 33 violations a day where there had been 623 (UNIAN, 2021), and 111 a day 17 months
later (Ukrinform, 3 January 2022), both quoting the same mission. Between August 2018 and July 2020 none is counted here,
though there were others. So 12 of 13 were over soon; with a flat prior their surviving share has the law Beta(2, 13), and
the hazard, minus its logarithm, is nearly a lognormal one with median 2.1. With it those that break do so after 14 days on
average if it fades in 25; the standard error of that is a mean's of 12. How far it fits is a matter of judgement both ways:
these truces had monitors, a joint commission and lines to withdraw to, so that a truly bare one may be worse (if these did
what `zone_without_guards` of the baseline does where institutions count fully, twice as bad); and what was over was a quiet
line, which is less than a whole war begun again, perhaps half as bad. Half, as counted and double, with even chances, have a
standard deviation of 0.57 in the logarithm beside the 0.33 of so few truces: together 0.65.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EARLY: Mapping[str, Mapping[str, Any]] = {
    "donbas_truces": {
        "dist": "lognormal", "median": 2.1, "log_sd": 0.65, "max": 20,
        "note": "12 of 13 truces in Donbas were over soon (LB.ua, 9 August 2018), that of 2020 held (UNIAN, Ukrinform)",
    },
}  # fmt: skip
FADES: Mapping[str, Mapping[str, Any]] = {
    "donbas_truces": {
        "dist": "lognormal", "median": 25, "log_sd": 0.29, "min": 5, "max": 125,
        "note": "with it the truces in Donbas break after 14 days on average (LB.ua, 9 August 2018, quoting the OSCE)",
    },
}  # fmt: skip


def _in_later_years(again: int, episodes: int, at_risk: float) -> dict[str, Any]:
    """Return the hazard a year of so many episodes that began again, out of all, in so many years at risk."""
    note = f"UCDP Conflict Termination Dataset, dyadic, v3-2021: {again} of {episodes} began again, {at_risk} years at risk"
    spread = round(again**-0.5, 2)
    return {"dist": "lognormal", "median": round(again / at_risk, 3), "log_sd": spread, "max": 2, "note": note}


LATER: Mapping[str, Mapping[str, Any]] = {
    "ceasefire_agreements": _in_later_years(17, 44, 128.7),
    "peace_agreements": _in_later_years(6, 51, 190.3),
    "nothing_signed": _in_later_years(66, 155, 426.0),
    "between_states": _in_later_years(4, 29, 107.7),
}
