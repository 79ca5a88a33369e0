"""What is told of a negotiation: talks, deals, their terms, and what leaders and victors make of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from sim.engine.calendar import DAYS_PER_MONTH
from sim.engine.draws import Ints
from sim.model.negotiation import Domain
from sim.model.outcomes import Column, Outcome, State, both, day_of, where
from sim.model.parameters import SIDES
from sim.model.stakes import NegotiationParameters, domain_of
from sim.scenario import Quantity


def _signed(now: State) -> Column:
    signed: Column = now.deal_day >= 0
    return signed


def _terms(
    section: NegotiationParameters[Quantity], domain: Domain, heading: str, prefix: str, which: str, package: str
) -> Iterator[Outcome]:
    """Yield an outcome for each issue: the option that a package, the field of this name, has of it."""
    for issue in section.issues:
        chosen = domain.choice[:, domain.issues.index(issue.id)]
        yield Outcome(
            f"{prefix}_{issue.id}", issue.label, "", f"The option {which}.", _option(chosen, package), section=heading,
            kind="category", values=(values := {option.id: option.label for option in issue.options}), always=False,
            rare=[*values] if heading == "dictated" else (),
        )  # fmt: skip


def _fallen(side: int) -> Callable[[State], Column]:
    """Return whether the leader of a side has fallen over terms that it signed."""
    return lambda now: where(_signed(now), now.leaders_fallen[side] > 0)


def _option(chosen: Ints, package: str) -> Callable[[State], Column]:
    """Return the option of an issue in a package, by its place among the issue's options; -1 without one."""
    return lambda now: np.where(now[package] >= 0, chosen[now[package]], -1)


OUTCOMES = (
    Outcome(
        "deal_month", "Month of the first ceasefire", "months",
        "Months (of 30.4 days) from the start to the first ceasefire; empty if there was none.",
        lambda now: where(_signed(now), now.deal_day / DAYS_PER_MONTH), low=0, always=False,
    ),
    Outcome(
        "first_talks_month", "Month in which talks first open", "months",
        "Months (of 30.4 days) from the start to the first talks; empty if there were none.",
        lambda now: where(now.first_talks_day >= 0, now.first_talks_day / DAYS_PER_MONTH), low=0, always=False,
    ),
    *(
        Outcome(
            f"deal_within_{months}_months", f"within {months} months", "share",
            f"1 if a deal was signed within {day_of(months)} days, else 0.",
            lambda now: _signed(now) & (now.deal_day <= now.day), section="deals", kind="share", months=months,
            headline=2 if months == 24 else None, told=months == 24,
        )
        for months in (12, 24)
    ),
    Outcome(
        "talks_opened", "Times that talks open", "times", "Until the horizon.", lambda now: now.talks_opened,
        low=0, whole=True, adds_up=True,
    ),
    Outcome(
        "talks_failed", "Times that talks fail", "times", "Until the horizon.", lambda now: now.talks_failed,
        section="", low=0, whole=True, adds_up=True,
    ),
    Outcome(
        "talks_ended", "Times that talks end", "times", "With a deal or without one.",
        lambda now: now.talks_failed + now.deals_signed, section="", low=0, whole=True,
        adds_up=True,
    ),
    Outcome(
        "talks_failing", "without a deal", "share", "Of all talks that end, in all histories together.",
        lambda now: now.talks_failed, section="talks", parts=("talks_failed", "talks_ended"),
    ),
    Outcome(
        "offers_refused", "Offers refused", "times", "Until the horizon.", lambda now: now.offers_refused,
        section="", low=0, whole=True, adds_up=True,
    ),
    *both(Outcome(
        "surplus", "What the deal is worth to {side} above fighting on", "utility",
        "Utility of the first deal above that of fighting on, at the signature; empty without a deal.",
        lambda now, side: where(_signed(now), now.deal_surplus[side]), if_any=True, always=False,
    )),
    *both(Outcome(
        "conceded", "What {side} conceded from its first demand", "utility",
        "Utility of what it would have liked best at the start, minus that of what it signed; empty without a deal.",
        lambda now, side: where(_signed(now), now.conceded[side]), if_any=True, always=False,
    )),
    Outcome(
        "land_ceded_km2", "Land ceded in the deal, from the line of that day (km2)", "km2",
        "Area handed over in the first deal, from the line of that day; empty without a deal.",
        lambda now: where(_signed(now), now.deal_ceded), if_any=True, always=False,
    ),
    Outcome(
        "dictated_terms", "with terms that the victor dictates", "share",
        "1 if an army's collapse or conquest ended the war and the victor dictated terms, else 0.",
        lambda now: now.dictated_package >= 0, section="ended", kind="share",
    ),
    Outcome(
        "dictated_land_km2", "Land that {attacker} gets by dictated terms, from the line of that day (km2)", "km2",
        "Area handed over by the terms that the victor dictated, below 0 to the defender; empty without any.",
        lambda now: where(now.dictated_package >= 0, now.dictated_ceded), if_any=True, always=False,
    ),
    Outcome(
        "imposed", "Only because of pressure", "share",
        "1 if the first deal was signed only because of pressure on a side, 0 if not; empty without a deal.",
        lambda now: where(_signed(now), now.deal_imposed), section="terms", kind="share", always=False,
    ),
)  # fmt: skip


def outcomes_of(section: NegotiationParameters[Quantity]) -> Iterator[Outcome]:
    """Yield the outcomes of a negotiation; the terms of the first deal have one for each issue."""
    domain = domain_of(section)
    yield from OUTCOMES
    for row, side in enumerate(SIDES):
        if getattr(section, side).office is not None:
            yield Outcome(
                f"leader_fell_{side}", f"{{{side}}}'s leader falls over a deal", "share",
                "1 if its leader fell over a deal that it signed, else 0; empty without a deal.", _fallen(row),
                section="terms", kind="share", always=False,
            )  # fmt: skip
    yield from _terms(section, domain, "terms", "terms", "signed first; empty without a deal", "deal_package")
    yield from _terms(
        section, domain, "dictated", "dictates", "dictated by the victor; empty without one", "dictated_package"
    )
