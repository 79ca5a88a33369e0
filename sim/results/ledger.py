"""The ledger of a run: why there was no deal, as a table over time and as shares.

Counts are of reviews of histories at war. The same history is counted at each review, so that an interval as wide as if each
history counted once is given with a share.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from sim.ensemble.run import Ensemble
from sim.model import section
from sim.model.ledger import ZONE, Questions
from sim.model.stakes import NegotiationParameters
from sim.model.talks import Talks

QUESTIONS = ("state", "red_line", "nearest", "offer_attacker", "offer_defender", "opens", "smallest")


class Entry(NamedTuple):
    """One line of the ledger: of so many histories asked on a day, so many gave this answer."""

    day: int
    question: str
    answer: str
    histories: int
    of: int


def negotiation_of(ensemble: Ensemble) -> NegotiationParameters | None:
    """Return what is bargained over in a scenario, if anything is."""
    found: NegotiationParameters | None = section(ensemble.scenario, Talks)
    return found


def entries(ensemble: Ensemble) -> Iterator[Entry]:
    """Yield the lines of the ledger, by day and question; answers that no history gave are left out.

    The answers to "state" add up to the histories at war. The others are asked where there is no zone; one history may name
    several answers to "opens".
    """
    negotiation = negotiation_of(ensemble)
    if negotiation is None:
        return
    questions = Questions(negotiation)
    answers = {question: questions.answers(question) for question in QUESTIONS}
    for day in sorted({day for day, _ in ensemble.tallies}):
        states = ensemble.tallies[day, "state"]
        at_war, without = int(states.sum()), int(states[1:].sum())
        for question in QUESTIONS:
            counts = ensemble.tallies[day, question]
            of = at_war if question == "state" else int(counts.sum()) if question == "red_line" else without
            for place in np.flatnonzero(counts).tolist():
                yield Entry(day, question, answers[question][place], int(counts[place]), of)


class Totals:
    """The answers of all reviews together."""

    def __init__(self, found: Iterable[Entry]) -> None:
        self._counts: dict[str, Counter[str]] = {question: Counter() for question in QUESTIONS}
        for entry in found:
            self._counts[entry.question][entry.answer] += entry.histories
        self.reviews = sum(self._counts["state"].values())
        self.without = self.reviews - self._counts["state"][ZONE]

    def of(self, question: str) -> list[tuple[str, int]]:
        """Return the answers to a question with their counts, the most frequent first."""
        return sorted(self._counts[question].items(), key=lambda item: (-item[1], item[0]))
