"""The outcomes that studies look at unless they are told which."""

from __future__ import annotations

from collections.abc import Iterable

from sim.results.summary import Row

HEADLINE = (
    "ceasefire_in_force", "deal_within_24_months", "ceasefire_lasted_365_days", "casualties_attacker", "ground_gained_km2",
    "casualties_defender", "war_goes_on",
)  # fmt: skip


# As many as fit beside one another.
AT_ONCE = 5


def headline_outcomes(summary: Iterable[Row]) -> list[str]:
    """Return those of the headline outcomes that a summary has."""
    known = {row.id for row in summary}
    return [outcome for outcome in HEADLINE if outcome in known]
