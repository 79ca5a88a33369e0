"""What people read in place of ids: names of sides, issues, options, red lines, regimes and reasons."""

from collections.abc import Callable
from typing import Any

from sim.model import section
from sim.model.answers import OPENERS, REASONS, SEVERAL, TALKS, WITHHELD, Opener, is_possible
from sim.model.arms import Arms
from sim.model.ceasefire import Ceasefire
from sim.model.negotiation import RedLine
from sim.model.parties import Parties
from sim.model.stakes import domain_of
from sim.model.talks import Talks
from sim.scenario import Scenario


class Names:
    """The names in a scenario.

    Attributes
    ----------
    options_open_and_lapse : bool
        Whether there are options that are not always open.
    """

    def __init__(self, scenario: Scenario[Any]) -> None:
        sides = scenario.world.sides
        self.sides: dict[str, str] = {"attacker": sides.attacker.name, "defender": sides.defender.name}
        self._backers: dict[str, str] = {backer.id: backer.name for backer in section(scenario, Arms).backers}
        self._parties: dict[str, str] = {party.id: party.name for party in section(scenario, Parties)}
        negotiation, ceasefire = section(scenario, Talks), section(scenario, Ceasefire)
        self._lines: dict[str, RedLine] = {line.id: line for line in negotiation.red_lines} if negotiation else {}
        self._regimes: dict[str, str] = {regime.id: regime.label for regime in ceasefire.regimes} if ceasefire else {}
        self._issues = [issue.id for issue in negotiation.issues] if negotiation else []
        self._issue_names = {issue.id: issue.label for issue in negotiation.issues} if negotiation else {}
        self._options = {
            (issue.id, option.id): option.label
            for issue in (negotiation.issues if negotiation else [])
            for option in issue.options
        }
        self._domain = domain_of(negotiation) if negotiation else None
        self.options_open_and_lapse = any(
            option.opens_and_lapses for issue in (negotiation.issues if negotiation else []) for option in issue.options
        )

    def side(self, side: str) -> str:
        """Return the name of a side."""
        return self.sides[side]

    def backer(self, backer: str) -> str:
        """Return the name of a backer."""
        return self._backers[backer]

    def row(self, row: str) -> str:
        """Return the name of the side, backer or party that a row of a field is of; its id where it is of something else."""
        return {**self._parties, **self._backers, **self.sides}.get(row, row)

    def line(self, line: str) -> str:
        """Return the name of a red line."""
        return self._lines[line].label

    def side_of_line(self, line: str) -> str:
        """Return the name of the side whose red line it is."""
        return self.sides[self._lines[line].side]

    def regime(self, regime: str) -> str:
        """Return the name of a ceasefire regime."""
        return self._regimes[regime]

    def party(self, party: str) -> str:
        """Return the name of a party beside the two sides."""
        return self._parties[party]

    def guarantor(self, consent: str) -> str:
        """Return the name of the party whose consent is needed, given as `party/regime`."""
        return self._parties[consent.partition("/")[0]]

    def guaranteed(self, consent: str) -> str:
        """Return the name of the ceasefire regime that needs a consent, given as `party/regime`."""
        return self._regimes[consent.partition("/")[2]]

    def terms(self, package: int) -> dict[str, str]:
        """Return the terms of the package with this number: issue -> option, by their ids, in the order of the scenario."""
        assert self._domain is not None, "there is a negotiation"
        chosen = dict(zip(self._domain.issues, self._domain.terms(package), strict=True))
        return {issue: chosen[issue] for issue in self._issues}

    def package(self, package: int | str) -> str:
        """Return the terms of a package in words, given its number or the ids of its options in the ledger."""
        assert self._domain is not None, "there is a negotiation"
        if isinstance(package, str):
            chosen = dict(zip(self._domain.issues, package.split(" / "), strict=True))
        else:
            chosen = self.terms(package)
        return ", ".join(self._options[issue, chosen[issue]] for issue in self._issues)

    def state(self, state: str) -> str:
        """Return a state of the ledger in words."""
        if state == SEVERAL:
            return "Not possible, and no single reason is why"
        if is_possible(state):
            return f"Possible, but {self.talks(state)}"
        return f"Not possible because of {self.reason(state)}"

    def talks(self, state: str) -> str:
        """Return how talks stand in a state in which a deal is possible, in words."""
        return TALKS[state.partition(":")[2]].format(**self.sides)

    def reason(self, block: str) -> str:
        """Return a reason of a side, as "<side>:<reason>", in words."""
        if block == WITHHELD:
            return "guarantors who do not consent"
        side, _, reason = block.partition(":")
        return REASONS[reason].format(side=self.sides[side])

    def opener(self, opener: Opener | None) -> str:
        """Return what would open a zone in words; None for nothing that was tried."""
        if opener is None:
            return "nothing that was tried"
        what: dict[str, dict[str, Callable[[str], str]]] = {
            "drop": {"side": self.side_of_line, "line": self.line},
            "guards": {"regime": self.regime},
            "concession": {"side": self.side},
            "consent": {"party": self.guarantor, "regime": self.guaranteed},
        }
        told = {name: of(opener.what) for name, of in what[opener.kind].items()}
        return OPENERS[opener.kind].format(amount=opener.amount, **told)
