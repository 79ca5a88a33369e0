"""What is at stake in the negotiation, as a scenario writes it: issues, red lines, what moves each side, how talks go."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Generic, Literal

import numpy as np
from pydantic import Field as Option
from pydantic import field_validator, model_validator

from sim.model.base_rates import LATER
from sim.model.conditions import Opening, quantity_flaws
from sim.model.negotiation import Domain, Issue, RedLine, Rule, RuleName, terms_flaws
from sim.model.office import Office
from sim.model.parameters import SIDES
from sim.scenario import FieldError, Fixed, Flaw, Item, N, Section, all_by_default, knob, whole
from sim.scenario.errors import Path
from sim.scenario.wording import did_you_mean, listed, number, quoted

# More would make a run slow and a ledger hard to read.
MOST_PACKAGES = 5000


class SideElection(Item, Generic[N]):
    """A day on which a side may get a new leader, and a window for talks after it."""

    date: datetime.date = Option(description="The day of the change; it counts from the next review on.")
    probability: N = knob(
        "share", "With what chance there is a new leader.", low=0, high=1, default=1, at_start=True,
        label="{item}: chance of a new leader",
    )  # fmt: skip
    window_days: N = knob(
        "days", "For how long after a change talks open at another rate.", low=0, high=36_500, default=0,
        label="{item}: days of the window",
    )  # fmt: skip
    opens_factor: N = knob(
        "factor", "On the rate at which talks open in the window.", low=0, high=100, default=1,
        label="{item}: factor on opening talks",
    )  # fmt: skip


class SideStakes(Section, Generic[N]):
    """What moves one side in the negotiation."""

    cost_of_war_per_year: N = knob(
        "utility a year", "Cost of the war to it.", low=0, high=10, label="{side}'s cost of war a year"
    )
    discount_per_year: N = knob(
        "per year", "How impatient it is.", low=0, high=10, default=0.03, label="{side}'s impatience"
    )
    horizons_days: list[Fixed] = whole(
        "days", "The horizons that it plans for; it takes the best.", low=1, high=36_500, default=[183, 365], at_start=True,
        label="{side}'s planning horizon {n}",
    )  # fmt: skip
    resolve_sd: N = knob(
        "utility", "Spread of its private resolve over histories.", low=0, high=10, default=0.05,
        label="{side}'s spread of resolve",
    )  # fmt: skip
    waiting_premium: N = knob(
        "utility", "What waiting is worth to it while it clearly wins.", low=0, high=10, default=0.05,
        label="{side}'s gain from waiting",
    )  # fmt: skip
    outside_pressure: N = knob(
        "utility", "Cost that others put on its fighting on.", low=0, high=10, default=0, label="Pressure on {side}"
    )
    renewed_war_loss: N = knob(
        "utility",
        "What it loses if the war begins again, by surprise or lost backers, beside what re-arming does; below 0 a gain.",
        low=-10, high=10, default=0.05, label="{side}'s fear of renewed war",
    )  # fmt: skip
    resolve_noise: N = knob(
        "utility", "Noise in what two weeks of fighting show the other side of its resolve.", low=1e-3, high=1e3,
        default=0.5, label="{side}'s noise about its resolve",
    )  # fmt: skip
    going_on_price: N = knob(
        "utility", "Price at home of going on once all war support is lost.", low=0, high=10, default=0,
        label="{side}'s home price of going on",
    )  # fmt: skip
    bad_terms_price: N = knob(
        "utility per year of war felt", "Price at home of signing the worst terms, and in proportion of others.",
        low=0, high=10, default=0, label="{side}'s home price of bad terms",
    )  # fmt: skip
    foreign_troops_price: N = knob(
        "utility", "Price to it of foreign troops everywhere on the line, not of who only watches.", low=0, high=10,
        default=0, label="{side}'s price of foreign troops",
    )  # fmt: skip
    zone_price: N = knob(
        "utility per 1,000 km2", "Price to it of ground of its own that it leaves for a zone.", low=0, high=10, default=0,
        label="{side}'s price of ground in a zone",
    )  # fmt: skip
    trust_years: N = knob(
        "years", "Over how long it asks whether a deal will last.", low=0.01, high=100, default=1.5,
        label="{side}'s horizon of trust",
    )  # fmt: skip
    leader_change_per_year: N = knob(
        "per year", "Rate at which its leader changes.", low=0, high=100, default=0.05,
        label="{side}'s leader changes a year",
    )  # fmt: skip
    withholds_land_share: N = knob(
        "share of ceasefires", "How often it does not hand over land as agreed; both sides know this.", low=0, high=1,
        default=0, label="How often {side} withholds land",
    )  # fmt: skip
    elections: list[SideElection[N]] = Option(default_factory=list, description="Days on which its leader may change.")
    office: Office[N] | None = Option(
        default=None, description="What puts its leader's office at risk; nothing if left out."
    )


class TalksParameters(Section, Generic[N]):
    """How talks come and go."""

    open_per_year: N = knob(
        "per year", "Rate at which they open while there are none.", low=0, high=1000, default=6,
        label="Rate at which talks open",
    )  # fmt: skip
    agree_per_year: N = knob(
        "per year", "Rate at which a deal is tried while they are on: by an offer, or where both know that there is a zone.",
        low=0, high=1000, default=6, label="Rate at which deals are tried",
    )  # fmt: skip
    fail_per_year: N = knob(
        "per year", "Rate at which they fail.", low=0, high=1000, default=6, label="Rate at which talks fail"
    )
    suspend_per_year: N = knob(
        "per year", "Rate at which they are suspended.", low=0, high=1000, default=2,
        label="Rate at which talks are suspended",
    )  # fmt: skip
    suspended_days: N = knob(
        "days", "How long they stay suspended.", low=0, high=36_500, default=30, label="Days that talks stay suspended"
    )
    pause_days: N = knob(
        "days", "After a failure, how long until they can open again.", low=0, high=36_500, default=60,
        label="Days after failed talks",
    )  # fmt: skip
    withdrawal_price: N = knob(
        "utility", "What it costs a side to withdraw from what was agreed and waits for a vote.", low=0, high=10, default=0,
        label="Price of withdrawing from an agreement",
    )  # fmt: skip


class MediationParameters(Section, Generic[N]):
    """Mediators who come, press both sides for a time, and go."""

    hazard_per_year: N = knob(
        "per year", "Rate at which they come.", low=0, high=1000, default=1, label="Rate at which mediators come"
    )
    days: N = knob("days", "How long they stay.", low=1, high=36_500, default=60, label="Days that mediators stay")
    opens_factor: N = knob(
        "factor", "On the rate at which talks open while they are there.", low=0, high=100, default=2,
        label="Factor of mediators on opening talks",
    )  # fmt: skip
    pressure: N = knob(
        "utility", "Cost that they put on fighting on, for both sides.", low=0, high=10, default=0.01,
        label="Pressure by mediators",
    )  # fmt: skip


class LedgerParameters(Section):
    """What the ledger tries in order to open a zone of agreement."""

    guards_persons: list[Fixed] = whole(
        "persons", "Numbers of guards tried, rising.", low=0, high=10_000_000, default=[10_000, 25_000, 50_000],
        at_start=True, label="Guards tried, number {n}",
    )  # fmt: skip
    concession_step: Fixed = knob(
        "utility", "Step in which concessions are counted.", low=1e-6, high=1, default=0.005, at_start=True,
        label="Step in which concessions are counted",
    )  # fmt: skip
    concession_steps: Fixed = whole(
        "steps", "How many steps are told apart.", low=1, high=1000, default=40, at_start=True,
        label="Number of concession steps",
    )  # fmt: skip

    @field_validator("guards_persons", mode="after")
    @classmethod
    def _rising(cls, value: list[Fixed]) -> list[Fixed]:
        numbers = [step.value for step in value]
        if any(left >= right for left, right in pairwise(numbers)):
            raise FieldError(Flaw("the numbers of guards must rise", "Write them in order, each once"))
        return value


class NegotiationParameters(Section, Generic[N]):
    """The negotiation: what is bargained over, what fighting on is worth, how talks go."""

    rule: RuleName = Option(default="nash", description="How a package of the zone of agreement comes to be signed.")
    resolve_law: Literal["normal", "uniform"] = Option(
        default="normal", description="Law of private resolve, which both sides know."
    )
    peace_of_fighting: str | None = Option(
        default=None, description="The ceasefire regime of a peace that fighting brings; without one, a bare truce."
    )
    fought_hazard_per_year: N | None = knob(
        "per year", "Hazard of a peace that fighting brings; that of its regime as after a signature, if left out.", low=0,
        high=100, default=None, label="Hazard of a peace that fighting brings", words=LATER,
    )  # fmt: skip
    weight_concentration: Fixed | None = knob(
        "", "How closely weights keep to those given (Dirichlet); exactly if left out.", low=1, high=1e6, default=None,
        at_start=True, label="Closeness of weights to those given",
    )  # fmt: skip
    attacker_power_at_start: N = knob(
        "share", "The attacker's share of what power settles, at the balance of the start.", low=0.001, high=0.999,
        default=0.5, label="{attacker}'s power at the start",
    )  # fmt: skip
    leverage: N = knob(
        "per log balance", "How far the balance of forces moves that share.", low=0, high=100, default=0.3,
        label="Leverage of the balance of forces",
    )  # fmt: skip
    momentum_leverage: N = knob(
        "per momentum", "How far the momentum at the front moves it.", low=0, high=100, default=0.3,
        label="Leverage of momentum at the front",
    )  # fmt: skip
    extrapolate_days: N = knob(
        "days", "For how long sides extrapolate the trends of the day.", low=1, high=36_500, default=183,
        label="Days that trends are extrapolated",
    )  # fmt: skip
    ripeness: N = knob(
        "share", "How far talks wait until both sides hurt and see a way out.", low=0, high=1, default=0.5,
        label="Weight of ripeness for talks",
    )  # fmt: skip
    way_out_scale: N = knob(
        "utility", "How near the nearest package must come to be seen as a way out.", low=1e-6, high=10, default=0.05,
        label="Nearness seen as a way out",
    )  # fmt: skip
    attacker_proposes_share: N = knob(
        "share", "How often the attacker makes the offer, when offers are screening.", low=0, high=1, default=0.5,
        label="{attacker}'s share of offers",
    )  # fmt: skip
    resolve_known: N = knob(
        "share", "With rule: screening, above 0.5 each side knows the other's resolve, and the rule is nash instead.", low=0,
        high=1, default=0, at_start=True, label="Resolve known when they bargain",
    )  # fmt: skip
    issues: list[Issue[N]] = Option(min_length=1, description="What is to be settled, with the options.")
    forbidden: list[Rule] = Option(default_factory=list, description="Combinations of options that cannot be signed.")
    red_lines: list[RedLine[N]] = Option(default_factory=list, description="Terms that a side refuses, or prices.")
    attacker: SideStakes[N]
    defender: SideStakes[N]
    talks: TalksParameters[N] = all_by_default()
    mediation: MediationParameters[N] = all_by_default()
    ledger: LedgerParameters = all_by_default()

    @model_validator(mode="after")
    def _consistent(self) -> NegotiationParameters[N]:
        flaws = [*self._weight_flaws(), *self._terms_flaws(), *self._kind_flaws()]
        if not flaws:
            flaws += self._package_flaws()
        if flaws:
            raise FieldError(*flaws)
        return self

    def _weight_flaws(self) -> Iterator[Flaw]:
        for side in SIDES:
            total = sum(getattr(issue.weight, side).value for issue in self.issues)
            if abs(total - 1.0) > 1e-6:
                message = f"the weights of the {side} over the issues must add to 1, not {number(round(total, 9))}"
                yield Flaw(message, "Divide each of them by that sum", ("issues",))

    def _terms_flaws(self) -> Iterator[Flaw]:
        listed_rules: tuple[tuple[str, Sequence[Rule | RedLine[N]]], ...] = (
            ("forbidden", self.forbidden),
            ("red_lines", self.red_lines),
        )
        for name, rules in listed_rules:
            for place, rule in enumerate(rules):
                for flaw in terms_flaws(self.issues, rule.terms):
                    yield Flaw(flaw.message, flaw.hint, (name, place, *flaw.below))

    def _kind_flaws(self) -> Iterator[Flaw]:
        kinds: dict[str, list[int]] = {
            "options with regimes": [i for i, issue in enumerate(self.issues) if issue.options[0].regime is not None],
            "land": [i for i, issue in enumerate(self.issues) if issue.land is not None],
        }
        for kind, places in kinds.items():
            for place in places[1:]:
                first = self.issues[places[0]].id
                message = f"issue {quoted(self.issues[place].id)} has {kind}, but so has {quoted(first)}"
                yield Flaw(message, "Only one issue can", ("issues", place))

    def _package_flaws(self: NegotiationParameters[Any]) -> list[Flaw]:
        count = int(np.prod([len(issue.options) for issue in self.issues], dtype=float))
        if count > MOST_PACKAGES:
            message = f"the issues have {number(count)} combinations of options, more than {number(MOST_PACKAGES)}"
            return [Flaw(message, "Use fewer issues or options", ("issues",))]
        domain = domain_of(self)
        if not domain.allowed.any():
            return [Flaw("no package is left: every combination of options is forbidden", "Remove a rule", ("forbidden",))]
        never = ~domain.allowed
        # What others cover depends on the day.
        lines = [
            line
            for line in self.red_lines
            if line.hard_share.support[0] >= 1 and not line.bounds and not line.opens_and_lapses
        ]
        for line in lines:
            never |= domain.covered(line.terms)
        if never.all():
            message = f"no package is left: the hard red lines {listed([line.id for line in lines])} exclude all of them"
            return [Flaw(message, "Make one of them softer (hard_share below 1)", ("red_lines",))]
        return []


def domain_of(section: NegotiationParameters[Any]) -> Domain:
    """Return the packages of a negotiation, the issue with regimes first."""
    with_regimes = [issue.id for issue in section.issues if issue.options[0].regime is not None]
    return Domain(
        {issue.id: [option.id for option in issue.options] for issue in section.issues},
        [rule.terms for rule in section.forbidden],
        with_regimes[0] if with_regimes else "",
    )


def windows(section: NegotiationParameters[Any]) -> Iterator[tuple[str, Path, Opening[Any]]]:
    """Yield what opens and lapses, options and red lines, each with its dotted path and its place."""
    for i, issue in enumerate(section.issues):
        for j, option in enumerate(issue.options):
            if option.opens_and_lapses:
                path = f"negotiation.issues.{issue.id}.options.{option.id}"
                yield path, ("negotiation", "issues", i, "options", j), option
    for k, line in enumerate(section.red_lines):
        if line.opens_and_lapses:
            yield f"negotiation.red_lines.{line.id}", ("negotiation", "red_lines", k), line


def window_flaws(section: NegotiationParameters[Any], quantities: Sequence[str]) -> Iterator[Flaw]:
    """Yield what waits for a quantity that there is not, of those that may be watched."""
    for _, place, thing in windows(section):
        condition = getattr(thing, "while")
        if condition is not None:
            yield from quantity_flaws(condition.quantity, quantities, (*place, "while", "quantity"))


def regime_flaws(section: NegotiationParameters[Any], known: Sequence[str]) -> Iterator[Flaw]:
    """Yield what names a regime that the section `ceasefire` does not have."""
    named = [
        (option.regime, ("issues", i, "options", j, "regime"))
        for i, issue in enumerate(section.issues)
        for j, option in enumerate(issue.options)
    ]
    for regime, below in [*named, (section.peace_of_fighting, ("peace_of_fighting",))]:
        if regime is not None and regime not in known:
            hint = did_you_mean(regime, known) if known else "Declare it in ceasefire.regimes"
            yield Flaw(f"unknown regime {quoted(regime)}", hint, ("negotiation", *below))
