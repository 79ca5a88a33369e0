"""The outcomes that studies look at unless they are told which."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sim.model import HEADLINE
from sim.results.summary import Row
from sim.studies.condition import ConditionError

# As many as fit beside one another.
AT_ONCE = 5


def headline_outcomes(summary: Iterable[Row]) -> list[str]:
    """Return those of the headline outcomes that a summary has."""
    known = {row.id for row in summary}
    return [outcome for outcome in HEADLINE if outcome in known]


def of_those(names: Iterable[str], why_not: Callable[[str], str]) -> tuple[list[str], dict[str, str]]:
    """Return those outcomes of which something can be said, and why nothing can of the others, from `why_not`.

    Raises
    ------
    ConditionError
        When nothing can be said of any.
    """
    reasons = {name: why_not(name) for name in names}
    kept = [name for name, reason in reasons.items() if not reason]
    if not kept:
        told = "; ".join(f"{name} {reason}" for name, reason in reasons.items())
        raise ConditionError(f"nothing can be said of the usual outcomes: {told or 'there are none'}")
    return kept, {name: reason for name, reason in reasons.items() if reason}
