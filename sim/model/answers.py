"""What the ledger can say: its states, its reasons, and what would open a zone of agreement.

How they are worked out is in `ledger`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim.model.guarantors import consents_of
from sim.model.parameters import SIDES
from sim.model.party import Party
from sim.model.stakes import NegotiationParameters, domain_of
from sim.scenario import Quantity

POSSIBLE = "possible"
NOTHING = "nothing"
SEVERAL = "several"
WITHHELD = "withheld"


# What holds a side back, and what it is called.
REASONS = {
    "red_lines": "{side}'s red lines",
    "expectation": "{side}'s hope to gain by fighting on",
    "resolve": "{side}'s resolve",
    "distrust": "{side}'s fear of renewed war",
    "home": "{side}'s price of bad terms at home",
}
# How talks stand where a deal is possible: what is said of it, with the names of both sides.
TALKS = {
    "none_open": "no talks have opened",
    "attacker_ahead": "no talks have opened while {attacker} sees itself ahead",
    "defender_ahead": "no talks have opened while {defender} sees itself ahead",
    "both_ahead": "no talks have opened while both see themselves ahead",
    "paused": "talks failed lately",
    "suspended": "talks are suspended",
    "voting": "what both sides agree to waits for a vote",
    "first_phase": "what both sides agree to is tried in a first phase",
    "round": "talks are on, nothing is agreed yet",
    "refused": "talks are on, the last offer was refused",
}
# What would open a zone, by kind: what is said of it.
OPENERS = {
    "drop": "{side} drops its red line '{line}'",
    "guards": "{amount:,.0f} guards in '{regime}'",
    "concession": "{side} signs what is worth {amount:.3f} less to it than fighting on",
    "consent": "{party} consents to '{regime}' with {amount:.3f} less will than it needs",
}
# Reasons of both sides, in the order of their codes.
BLOCKS = tuple(f"{side}:{reason}" for reason in REASONS for side in SIDES)
STATES = (*(f"{POSSIBLE}:{talks}" for talks in TALKS), *BLOCKS, SEVERAL, WITHHELD)


def is_possible(state: str) -> bool:
    """Return whether a state says that a deal was possible."""
    return state.startswith(f"{POSSIBLE}:")


@dataclass(frozen=True)
class Opener:
    """Something that may open a zone: a red line dropped, guards in a regime, a concession of a side, or a consent.

    `what` is the red line, the regime, the side, or the guarantor and its regime, as `party/regime`; `amount` the guards,
    the utility, or the will.
    """

    kind: str
    what: str
    amount: float = 0.0

    @property
    def code(self) -> str:
        """How tables write it."""
        return f"{self.kind}:{self.what}" + (f":{self.amount:.10g}" if self.kind != "drop" else "")

    @classmethod
    def read(cls, code: str) -> Opener | None:
        """Return what a table has written; None for `nothing`.

        >>> Opener.read(Opener("guards", "zone", 60000.0).code)
        Opener(kind='guards', what='zone', amount=60000.0)
        """
        kind, _, rest = code.partition(":")
        what, _, amount = rest.partition(":")
        return None if code == NOTHING else cls(kind, what, float(amount or 0))


class Questions:
    """The questions of the ledger and their possible answers, in the order of their codes.

    Attributes
    ----------
    lines : list of str
    packages : list of str
        Terms by issue, joined by " / ".
    openers : list of Opener
    consents : tuple of str
        Each consent that is needed, as `party/regime`.
    names : tuple of str
        What is asked in this scenario: who withholds a deal only where someone could.
    """

    NAMES = (
        "state", "alone", "weighs_most", "nearest", "offer_attacker", "offer_defender", "opens", "smallest", "withheld_by",
    )  # fmt: skip
    # To which a history may give several answers.
    SEVERAL_ANSWERS = ("alone", "opens", "withheld_by")

    def __init__(self, section: NegotiationParameters[Quantity], parties: Sequence[Party[Any]] = ()) -> None:
        domain = domain_of(section)
        self.consents = consents_of(parties)
        self.names = tuple(name for name in self.NAMES if name != "withheld_by" or self.consents)
        self.lines = [line.id for line in section.red_lines]
        self.packages = [" / ".join(domain.terms(package)) for package in range(len(domain))]
        self.ladder = [step.value for step in section.ledger.guards_persons]
        first = next(issue for issue in section.issues if issue.id == domain.issues[0])
        self.regimes = [option.regime for option in first.options if option.regime is not None]
        self.step, self.steps = section.ledger.concession_step.value, section.ledger.concession_steps.whole
        self.openers = [Opener("drop", line) for line in self.lines]
        self.openers += [Opener("guards", regime, number) for regime in self.regimes for number in self.ladder]
        self.openers += [
            Opener(kind, whose, self.step * (count + 1))
            for kind, all_of_them in (("concession", SIDES), ("consent", self.consents))
            for whose in all_of_them
            for count in range(self.steps)
        ]

    def answers(self, question: str) -> list[str]:
        """Return the answers to a question, by code; what has no code is the last one."""
        if question == "state":
            return list(STATES)
        if question in ("alone", "weighs_most"):
            return [*BLOCKS, NOTHING]
        if question == "withheld_by":
            return [*self.consents, NOTHING]
        if question in ("nearest", "offer_attacker", "offer_defender"):
            return [*self.packages, NOTHING]
        return [*(opener.code for opener in self.openers), NOTHING]
