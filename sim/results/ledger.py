"""The ledger of a run: why there was no deal, as a table over time, as shares and as sentences.

Counts are of reviews of histories at war. The same history is counted at each review, so that an interval as wide as if each
history counted once is given with a share.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from sim.ensemble.run import Ensemble
from sim.model import section
from sim.model.ledger import NOTHING, ZONE, Questions
from sim.model.stakes import NegotiationParameters
from sim.model.talks import Talks
from sim.results.names import Names

# judgement: what helps in fewer than one case in two hundred is left to the table.
WORTH_TELLING = 0.005
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


def sentences(names: Names, totals: Totals) -> list[str]:
    """Return which deal was nearest and what would have opened a zone, as sentences."""
    if not totals.without:
        return []
    without = totals.without
    first = f"Without a zone ({without / totals.reviews:.0%} of reviews), "
    nearest = dict(totals.of("nearest"))
    none = nearest.pop(NOTHING, 0)
    said = [
        f"the package nearest to agreement was most often: {names.package(package)} ({count / without:.0%} of them)"
        for package, count in list(nearest.items())[:1]
    ]
    if none:
        share = f" in {none / without:.0%} of them" if said else ""
        said.append(f"hard red lines left no package that both sides could sign{share}")
    found = [f"{first}{'; '.join(said)}."]
    opens = Counter(dict(totals.of("opens")))
    drops = [(answer.split(":")[1], count) for answer, count in opens.most_common() if answer.startswith("drop:")]
    for line, count in drops[:2]:
        found.append(
            f"Without {names.side_of_line(line)}'s red line '{names.line(line)}' there would have been a zone in "
            f"{count / without:.0%} of them."
        )
    found += _guards(opens, names, without)
    found += _concessions(opens, names, without)
    smallest: Counter[str] = Counter()
    for answer, count in totals.of("smallest"):
        smallest[answer if answer == NOTHING else answer.partition(":")[0]] += count
    if smallest[NOTHING]:
        found.append(f"In {smallest[NOTHING] / without:.0%} of them nothing that was tried would have opened one.")
    return found


def _guards(opens: Counter[str], names: Names, without: int) -> Iterator[str]:
    regimes: dict[str, dict[float, int]] = {}
    for answer, count in opens.items():
        kind, what, *amount = answer.split(":")
        if kind == "guards":
            regimes.setdefault(what, {})[float(amount[0])] = count
    for regime, needed in sorted(regimes.items(), key=lambda item: -sum(item[1].values())):
        total = sum(needed.values())
        if total < WORTH_TELLING * without:
            continue
        yield (
            f"More guards in '{names.regime(regime)}' would have opened one in {total / without:.0%} of them: "
            f"{_half(needed):,.0f} were enough in half of these."
        )


def _concessions(opens: Counter[str], names: Names, without: int) -> Iterator[str]:
    sides: dict[str, dict[float, int]] = {}
    for answer, count in opens.items():
        kind, what, *amount = answer.split(":")
        if kind == "concession":
            sides.setdefault(what, {})[float(amount[0])] = count
    for side, needed in sorted(sides.items()):
        total = sum(needed.values())
        yield (
            f"A concession of {names.side(side)} would have in {total / without:.0%} of them: to sign what is worth less to "
            f"it than fighting on, by up to {_half(needed):.3f} of utility in half of these."
        )


def _half(needed: dict[float, int]) -> float:
    """Return the smallest amount that is enough in half of the cases."""
    so_far, total = 0, sum(needed.values())
    for amount in sorted(needed):
        so_far += needed[amount]
        if 2 * so_far >= total:
            return amount
    raise AssertionError("the amounts of all cases add up to all cases")
