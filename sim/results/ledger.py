"""The ledger of a run: why there was no deal, as a table over time and as shares.

Counts are of reviews of histories at war. The same history is counted at each review, so that an interval as wide as if each
history counted once is given with a share.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from sim.ensemble.run import Ensemble
from sim.model import section
from sim.model.answers import Questions, is_possible
from sim.model.parties import Parties
from sim.model.talks import Talks
from sim.scenario import Scenario


class Entry(NamedTuple):
    """One line of the ledger: of so many histories asked on a day, so many gave this answer."""

    day: int
    question: str
    answer: str
    histories: int
    of: int


def questions_of(scenario: Scenario[Any]) -> Questions | None:
    """Return what the ledger of a scenario asks, if anything is bargained over in it."""
    negotiation = section(scenario, Talks)
    return None if negotiation is None else Questions(negotiation, section(scenario, Parties))


def days_of(ensemble: Ensemble) -> list[int]:
    """Return the days on which the ledger was kept."""
    return sorted(day for day, question in ensemble.tallies if question == "state")


def entries(ensemble: Ensemble) -> Iterator[Entry]:
    """Yield the lines of the ledger, by day and question; answers that no history gave are left out.

    The answers to "state" add up to the histories at war in which nothing was signed that day. The others are asked where
    there is no zone; one history may give several answers to "alone", to "opens" and to "withheld_by".
    """
    questions = questions_of(ensemble.scenario)
    if questions is None:
        return
    answers = {question: questions.answers(question) for question in questions.names}
    possible = np.array([is_possible(state) for state in answers["state"]])
    for day in days_of(ensemble):
        states = ensemble.tallies[day, "state"]
        at_war, without = int(states.sum()), int(states[~possible].sum())
        for question in questions.names:
            counts = ensemble.tallies[day, question]
            of = at_war if question == "state" else without
            for place in np.flatnonzero(counts).tolist():
                yield Entry(day, question, answers[question][place], int(counts[place]), of)


def held_of(found: Iterable[Entry]) -> dict[int, int]:
    """Return how many reviews were held at war, by day of the ledger."""
    return {entry.day: entry.of for entry in found if entry.question == "state"}


class Totals:
    """The answers of all reviews together.

    Attributes
    ----------
    reviews : int
        Reviews at war in which nothing was signed.
    without : int
        Those in which no deal was possible.
    """

    def __init__(self, found: Iterable[Entry]) -> None:
        self._counts: dict[str, Counter[str]] = {question: Counter() for question in Questions.NAMES}
        for entry in found:
            self._counts[entry.question][entry.answer] += entry.histories
        self.reviews = sum(self._counts["state"].values())
        self.without = sum(count for state, count in self._counts["state"].items() if not is_possible(state))

    def of(self, question: str) -> list[tuple[str, int]]:
        """Return the answers to a question with their counts, the most frequent first."""
        return sorted(self._counts[question].items(), key=lambda item: (-item[1], item[0]))
