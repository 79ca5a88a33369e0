"""Parties beside the two sides, as a scenario writes them: who backs a side, and who would guarantee a deal.

Sources: publics grow tired of support (in the United States those against more of it were 17 % in late 2022 and 32 % in
mid-2024, in Germany 7 % and 37 %); others gave 2.13 instead of 1.76 bn EUR a month while the United States gave nothing new
from October 2023 to March 2024 (Kiel Institute), a quarter of what was missing; allies kept their word in 67 to 75 % of
wars (Leeds, Long and Mitchell 2000; Leeds 2003).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any, Generic

from pydantic import Field as Option

from sim.model.negotiation import Terms, terms_flaws
from sim.model.parameters import SIDES, SideName
from sim.scenario import Flaw, Item, N, Section, knob
from sim.scenario.errors import Path
from sim.scenario.wording import did_you_mean, quoted


class Election(Item, Generic[N]):
    """A day on which those who decide for a party may change."""

    date: datetime.date = Option(description="The day from which the new ones decide.")
    probability: N = knob(
        "share", "With what chance they change.", low=0, high=1, default=1, at_start=True, label="{item}: chance of a change"
    )
    will: N = knob(
        "share", "Usual will of the new ones.", low=0.01, high=1, at_start=True, label="{item}: will of the new ones"
    )


class Backing(Section, Generic[N]):
    """How a party's will moves the pledges of a backer."""

    backer: str = Option(description="A backer of the section arms.")
    elasticity: N = knob(
        "exponent", "How far its pledges follow its will: 0 not at all, 1 in proportion.", low=0, high=5, default=1,
        label="{item}: pledges that follow its will",
    )  # fmt: skip
    decides_days: N = knob(
        "days", "Mean time until its pledges follow.", low=0, high=2000, default=60, label="{item}: days until it decides"
    )
    fatigue: N = knob(
        "will", "Will lost for each unit of the logarithm of what it has given, on a scale of 100 bn EUR.", low=0, high=2,
        default=0, label="{item}: fatigue",
    )  # fmt: skip
    given_before_beur: N = knob(
        "bn EUR", "What it had given before the start.", low=0, high=10_000, default=0, at_start=True,
        label="{item}: given before start",
    )  # fmt: skip
    steps_in_share: N = knob(
        "share", "How much it makes up of what other backers of its side fall short.", low=0, high=1, default=0,
        label="{item}: share it makes up for others",
    )  # fmt: skip
    if_enemy_refuses: N = knob(
        "factor", "On its pledges while it is the enemy who refused last.", low=0, high=10, default=1,
        label="{item}: pledges if enemy refuses",
    )  # fmt: skip
    if_receiver_refuses: N = knob(
        "factor", "On its pledges while it is its own side that refused last.", low=0, high=10, default=1,
        label="{item}: pledges if own side refuses",
    )  # fmt: skip

    @property
    def hangs_on_refusals(self: Backing[Any]) -> bool:
        """Whether its pledges hang on who refused last."""
        return any(not one.is_certain or one.central != 1 for one in (self.if_enemy_refuses, self.if_receiver_refuses))


class Guarantee(Section, Generic[N]):
    """Whether a party consents to a ceasefire that it would guard or guarantee, what it can send, and whether it acts."""

    regimes: list[str] = Option(min_length=1, description="The ceasefire regimes that need its consent.")
    pool_persons: N = knob(
        "persons", "Troops that it could send in turn.", low=0, high=10_000_000, label="{item}: troops for guards"
    )
    rotation: N = knob(
        "factor", "Troops needed for each that is on the line.", low=1, high=10, default=3, label="{item}: troops per guard"
    )
    looks_ahead_years: N = knob(
        "years", "Over how long it asks whether a deal will last.", low=0.01, high=100, default=5,
        label="{item}: horizon",
    )  # fmt: skip
    benefit: N = knob(
        "utility",
        "What a deal that lasts is worth to it, above one without it.",
        low=0,
        high=10,
        label="{item}: gain from peace",
    )
    price_per_10k_guards: N = knob(
        "utility per 10,000 persons", "Price of its guards.", low=0, high=10, label="{item}: price of 10,000 guards"
    )
    entanglement: N = knob(
        "utility", "Price of being drawn into a war that begins again.", low=0, high=10, label="{item}: price of war"
    )
    needs_will: N = knob(
        "share", "The will at which it would consent to what costs and brings it nothing.", low=0, high=1,
        label="{item}: will it needs to consent",
    )  # fmt: skip
    acts_at_will: N = knob(
        "share", "The will at which it acts in one of two cases.", low=-1, high=2, label="{item}: will at which it acts"
    )
    acts_width: N = knob(
        "share", "How gradually the chance rises with its will.", low=0.01, high=2, default=0.2,
        label="{item}: spread of acting",
    )  # fmt: skip
    fades_per_year: N = knob(
        "per year", "Rate at which the chance that it acts falls in a ceasefire.", low=0, high=10, default=0,
        label="{item}: fading of its word",
    )  # fmt: skip
    tripwire: N = knob(
        "utility", "What attacking its guards, everywhere on the line, costs who begins the war again.", low=0, high=10,
        default=0, label="{item}: tripwire",
    )  # fmt: skip
    backstop: str | None = Option(default=None, description="The party without whose will its word counts less.")
    without_backstop: N = knob(
        "share", "What its word counts where that party's will is below its own `needs_will` here.", low=0, high=1,
        default=1, label="{item}: its word without backstop",
    )  # fmt: skip
    help_factor: N = knob(
        "factor", "On its pledges once it has acted, until the next ceasefire.", low=1, high=100, default=1,
        label="{item}: pledges once it acts",
    )  # fmt: skip


class Ratification(Section, Generic[N]):
    """How a party votes on what its side agrees to; what it objects to are the red lines that it ratifies."""

    needs_share: N = knob(
        "share", "Share of the votes that a deal needs.", low=0, high=1, default=0.5, label="{item}: votes that a deal needs"
    )
    days: N = knob(
        "days", "From an agreement to the vote; it is held at a review, after one at the soonest.", low=0, high=3650,
        default=14, label="{item}: days until it votes",
    )  # fmt: skip
    follows_will: N = knob(
        "share per unit of will", "How many more are against, the more its will to go on is above the usual of the start.",
        low=0, high=10, default=0, label="{item}: objections that follow its will",
    )  # fmt: skip
    sd: N = knob(
        "share", "Standard deviation of votes around what polls say.", low=0, high=1, default=0,
        label="{item}: votes astray from polls",
    )  # fmt: skip


class Mediating(Section, Generic[N]):
    """A plan of a party's own, which each side takes or refuses."""

    terms: Terms = Option(
        min_length=1, description="Options by issue; of the packages with one of them in each issue the nearest is put."
    )
    per_year: N = knob(
        "per year", "Rate at which it is put while there is war.", low=0, high=1000, label="{item}: plans a year"
    )


class Party(Item, Generic[N]):
    """Who decides beside the two sides; it may back a side, guarantee a deal, ratify it, mediate, or several of these."""

    name: str
    side: SideName | None = Option(default=None, description="The side that it stands by; none for who only mediates.")
    will: N = knob("share", "Its usual will to stand by its side.", low=0.01, high=1, at_start=True, label="{item}: will")
    returns_per_year: N = knob(
        "per year", "Rate at which its will returns to what is usual.", low=0, high=100, default=1,
        label="{item}: return of its will",
    )  # fmt: skip
    sd_per_year: N = knob(
        "share", "Standard deviation of what else moves its will within a year.", low=0, high=1, default=0,
        label="{item}: unrest of its will",
    )  # fmt: skip
    rally_per_1000_km2: N = knob(
        "share per 1,000 km2", "Will gained with ground that its side loses, and lost with ground that it gains.", low=-1,
        high=1, default=0, label="{item}: rally",
    )  # fmt: skip
    fear_of_escalation: N = knob(
        "share per escalation", "Will lost with escalations of late, and with those expected within a year.", low=0, high=10,
        default=0, label="{item}: fear of escalation",
    )  # fmt: skip
    if_struck: N = knob(
        "share", "What a strike on it does to its will.", low=-1, high=1, default=0, label="{item}: will if it is struck"
    )
    elections: list[Election[N]] = Option(default_factory=list)
    backs: Backing[N] | None = None
    guarantees: Guarantee[N] | None = None
    ratifies: Ratification[N] | None = None
    mediates: Mediating[N] | None = None


def party_flaws(parties: Sequence[Party[Any]], backers: Sequence[Any], regimes: Sequence[str], talks: Any) -> Iterator[Flaw]:
    """Yield what parties name that there is not, and what does not go together.

    Parameters
    ----------
    parties : sequence of Party
    backers : sequence of Backer
    regimes : sequence of str
        The ids of the ceasefire regimes.
    talks : NegotiationParameters or None
    """
    by_id, known = {backer.id: backer for backer in backers}, [party.id for party in parties]
    taken: dict[str, str] = {}
    for place, party in enumerate(parties):
        yield from _flaws_of_one(party, ("parties", place), talks)
        if party.backs is not None:
            name, where = party.backs.backer, ("parties", place, "backs", "backer")
            if name not in by_id:
                yield Flaw(f"unknown backer {quoted(name)}", did_you_mean(name, [*by_id]) or "There are no backers", where)
            elif by_id[name].side != party.side:
                message = f"{quoted(name)} backs the {by_id[name].side}, but its party stands by the {party.side}"
                yield Flaw(message, f"Write side: {by_id[name].side}", ("parties", place, "side"))
            elif party.backs.hangs_on_refusals and (talks is None or talks.rule != "screening"):
                message = "no side makes an offer that the other could refuse"
                yield Flaw(message, "Write negotiation: {rule: screening}", ("parties", place, "backs"))
            elif taken.setdefault(name, party.id) != party.id:
                yield Flaw(f"{quoted(name)} is the backer of {quoted(taken[name])} already", "A backer has one party", where)
        if party.guarantees is None:
            continue
        for row, name in enumerate(party.guarantees.regimes):
            if name not in regimes:
                hint = did_you_mean(name, regimes) or "There are no ceasefire regimes"
                yield Flaw(f"unknown regime {quoted(name)}", hint, ("parties", place, "guarantees", "regimes", row))
        backstop = party.guarantees.backstop
        if backstop is not None and (backstop not in known or backstop == party.id):
            hint = did_you_mean(backstop, [one for one in known if one != party.id])
            message = f"unknown party {quoted(backstop)}" if backstop not in known else "no party is its own backstop"
            yield Flaw(message, hint, ("parties", place, "guarantees", "backstop"))


def _flaws_of_one(party: Party[Any], where: Path, talks: Any) -> Iterator[Flaw]:
    """Yield what a party lacks, and what its plan names that is not negotiated about."""
    stands = next((name for name in ("backs", "guarantees", "ratifies") if getattr(party, name) is not None), None)
    if party.side is None and stands is not None:
        yield Flaw(f"who {stands} stands by a side", f"Write side: {' or side: '.join(SIDES)}", (*where, "side"))
    for name in ("ratifies", "mediates"):
        if getattr(party, name) is not None and talks is None:
            yield Flaw("nothing is negotiated about in this scenario", "Remove it", (*where, name))
    if party.mediates is not None and talks is not None:
        for flaw in terms_flaws(talks.issues, party.mediates.terms):
            yield Flaw(flaw.message, flaw.hint, (*where, "mediates", *flaw.below))


def ratified_flaws(parties: Sequence[Party[Any]], lines: Sequence[Any]) -> Iterator[Flaw]:
    """Yield red lines that are ratified by whom there is not, or by who stands by the other side."""
    voters = {party.id: party for party in parties if party.ratifies is not None}
    for place, line in enumerate(lines):
        where = ("negotiation", "red_lines", place, "ratified_by")
        if line.ratified_by is None:
            continue
        if line.ratified_by not in voters:
            hint = did_you_mean(line.ratified_by, list(voters)) or "Give a party the section ratifies"
            yield Flaw(f"no party {quoted(line.ratified_by)} ratifies", hint, where)
        elif voters[line.ratified_by].side != line.side:
            message = f"{quoted(line.ratified_by)} stands by the other side"
            yield Flaw(message, f"Write side: {line.side} there, or name a party of this side", where)
