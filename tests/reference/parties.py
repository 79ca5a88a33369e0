"""Escalation, and parties beside the two sides: sections 7.13 and 7.14 of the description of the model."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log, sqrt
from typing import TYPE_CHECKING, Any

from .bargaining import covers
from .basics import (
    DAYS_PER_MONTH,
    DAYS_PER_YEAR,
    ELECTION,
    ESCALATION,
    PARTIES,
    SIDES,
    Process,
    at,
    day_of,
    given,
    items,
    whole_days,
)
from .negotiation import OTHER, SPAN, clip

if TYPE_CHECKING:
    from .mechanisms import War


class Escalation:
    """How each side answers what it sees as a threat by harder war, strikes on backers, or a wider war."""

    def __init__(self, war: War) -> None:
        self.war, self.section = war, war.world.get("escalation") or {}
        zero = dict.fromkeys(SIDES, 0.0)
        self.times, self.strikes = dict.fromkeys(SIDES, 0), dict.fromkeys(SIDES, 0)
        self.rate, self.remembered, self.dread, self.danger_cost = dict(zero), dict(zero), dict(zero), dict(zero)
        self.harder, self.harder_until = dict.fromkeys(SIDES, 1.0), dict.fromkeys(SIDES, -1)
        self.widened = False
        if self.section:
            war.every_day(ESCALATION, self.step)

    def now(self, side: str, name: str) -> float:
        return self.war.now(f"escalation.{side}.{name}")

    def step(self, day: int) -> None:
        if day % 14 != 13:
            return
        escalating = [side for side in SIDES if self.section.get(side)]
        for side in escalating:
            self.look(side, day)
        for side in SIDES:
            self.danger_cost[side] = self.now(side, "price") * self.rate[side] if side in escalating else 0.0
            if OTHER[side] in escalating:
                self.danger_cost[side] += self.now(OTHER[side], "price_to_enemy") * self.rate[OTHER[side]]

    def look(self, side: str, day: int) -> None:
        review, other = day // 14, OTHER[side]
        reasons = self.now(side, "aid_effect") * self.more_aid(other) + self.provoked(side, day)
        reasons += self.now(side, "long_range_effect") * self.now(side, "long_range")
        reasons += self.now(side, "losing_effect") * (1 - exp(-self.war.collapse.hazard_per_year(side)))
        self.rate[side] = self.now(side, "per_year") * exp(clip(reasons, -500, 50))
        self.remembered[side] *= exp(-self.now(side, "fades_per_year") * SPAN)
        fighting = self.war.at_war and not self.war.decision.decided
        if fighting and self.luck("escalates", side, review) < 1 - exp(-self.rate[side] * SPAN):
            self.times[side] += 1
            self.remembered[side] += 1
            self.harder_until[side] = day + 1 + whole_days(self.now(side, "harder_days"))
            self.war.note("escalation", side)
            if self.luck("strikes", side, review) < self.now(side, "strikes_share"):
                self.strikes[side] += 1
                self.war.note("strike on a backer", side)
            if self.luck("widens", side, review) < self.now(side, "wider_war_share"):
                self.widened = True
                self.war.note("wider war", side)
        self.harder[other] = self.now(side, "harder_factor") if self.harder_until[side] > day + 1 else 1.0
        self.dread[side] = self.remembered[side] + self.rate[side] - self.now(side, "per_year")

    def luck(self, what: str, side: str, review: int) -> float:
        return self.war.luck.uniform(f"escalation/{what}/{side}", review)

    def more_aid(self, receiver: str) -> float:
        """By which share a side is pledged more than it was before."""
        backers = [backer for backer in self.war.arms.backers.values() if backer.side == receiver]
        now = sum(backer.pledge_rate for backer in backers)
        now += sum(party.made_up for party in self.war.parties.all.values() if party.side == receiver)
        past = sum(self.war.drawn["arms"]["backers"][backer.id]["past_aid_per_month_beur"] for backer in backers)
        if now == 0 and past == 0:
            return 0.0
        return (now - max(past, 0.1)) / max(past, 0.1)

    def provoked(self, side: str, day: int) -> float:
        """What lies on the table that this side takes for a threat."""
        politics, total = self.war.politics, 0.0
        provocations = items(self.section[side], "provocations")
        if not provocations or politics.section is None:
            return 0.0
        closed, _ = politics.open_by_rule(day)
        forbidden = items(politics.section, "forbidden")
        table = [
            package
            for package in politics.packages
            if not any(covers(rule["terms"], package) for rule in forbidden)
            and not any(chosen in closed for chosen in package.items())
        ]
        for item in provocations:
            if any(covers(item["terms"], package) for package in table):
                total += self.now(side, f"provocations.{item['id']}.effect")
        return total

    def state(self) -> dict[str, float]:
        state = {"widened": float(self.widened)}
        for side in SIDES:
            state[f"escalations.{side}"] = float(self.times[side])
            state[f"strikes.{side}"] = float(self.strikes[side])
            state[f"escalation_rate.{side}"] = self.rate[side]
            state[f"dread.{side}"] = self.dread[side]
            state[f"danger_cost.{side}"] = self.danger_cost[side]
            state[f"harder.{side}"] = self.harder[side]
        return state


class Party:
    """One party: how much it wills to stand by its side, and what it does for it."""

    def __init__(self, war: War, item: Mapping[str, Any]) -> None:
        self.war, self.id, self.side = war, str(item["id"]), str(item.get("side"))
        self.will = self.usual_will = self.will_at_start = war.parameters[f"parties.{self.id}.will"]
        self.backs, self.guarantees = item.get("backs"), item.get("guarantees")
        self.ratifies, self.mediates = item.get("ratifies"), item.get("mediates")
        self.backer = war.arms.backers[self.backs["backer"]] if self.backs else None
        self.pledge_factor, self.made_up = 1.0, 0.0
        self.acts, self.acted = 0.0, False
        self.margins: dict[str, float] = {}
        for election in items(item, "elections"):
            day = day_of(election, war.start)
            assert day is not None
            luck = war.luck.uniform(f"parties/election/{self.id}/{election['id']}", 0)
            if day >= 0 and luck < self.now(f"elections.{election['id']}.probability"):
                war.env.process(self.elect(day, election["id"]))

    def now(self, name: str) -> float:
        return self.war.now(f"parties.{self.id}.{name}")

    def elect(self, day: int, election: str) -> Process:
        yield at(self.war.env, day, ELECTION)
        self.usual_will = self.now(f"elections.{election}.will")
        self.war.note("party election", self.id)

    def review_will(self, review: int, gained: float, struck: int) -> None:
        """Its will, after a side's enemy struck so often and the attacker gained so much ground."""
        target = self.usual_will
        if self.side in SIDES:
            target -= self.now("fear_of_escalation") * self.war.escalation.dread[OTHER[self.side]]
        if self.backer is not None:
            already = self.backer.pledged - self.backer.pledged_before
            target -= self.now("backs.fatigue") * log(1 + already / (100 + self.now("backs.given_before_beur")))
        lost = gained if self.side == "defender" else -gained
        will = target + (self.will - target) * exp(-self.now("returns_per_year") * SPAN)
        if self.side in SIDES:
            will += self.now("rally_per_1000_km2") * lost / 1000 + self.now("if_struck") * struck
        will += self.now("sd_per_year") * sqrt(SPAN) * self.war.luck.normal(f"parties/will/{self.id}", review)
        self.will = clip(will, 0.0, 1.0)

    # What it pledges.

    def condition(self, refusing: Mapping[str, float]) -> float:
        condition = self.now("backs.if_enemy_refuses") if refusing[OTHER[self.side]] else 1.0
        return condition * (self.now("backs.if_receiver_refuses") if refusing[self.side] else 1.0)

    def condition_now(self) -> float:
        return self.condition(self.war.politics.refusing) if self.war.at_war else 1.0

    def by_will(self) -> float:
        return float((self.will / self.will_at_start) ** self.now("backs.elasticity"))

    def review_pledges(self) -> None:
        assert self.backer is not None
        wanted = self.by_will() * self.condition_now()
        if self.acted:
            wanted *= self.now("guarantees.help_factor")
        days, arms = self.now("backs.decides_days"), self.war.arms
        step = 1 - exp(-14 / days) if days > 0 else 1.0
        missing = sum(
            max(0.0, arms.usual_pledge(backer) * self.war.pledging - backer.pledge_rate)
            for backer in arms.backers.values()
            if backer.side == self.side and backer is not self.backer
        )
        self.pledge_factor += (wanted - self.pledge_factor) * step
        self.made_up += (self.now("backs.steps_in_share") * missing - self.made_up) * step

    def fire_if_refused(self, refuser: str) -> float:
        """The fire that its side gains if one side refuses from now on."""
        assert self.backer is not None
        then = self.condition({refuser: 1.0, OTHER[refuser]: 0.0}) - self.condition_now()
        pledge = self.war.arms.usual_pledge(self.backer) * self.by_will() * then
        arrives = (1 - self.backer.now("cancelled_share")) * self.backer.now("fire_days_per_beur")
        return pledge * arrives / DAYS_PER_MONTH

    # What it guarantees.

    def sends(self) -> float:
        return self.now("guarantees.pool_persons") / self.now("guarantees.rotation")

    def review_acts(self, years_of_truce: float) -> None:
        away = (self.now("guarantees.acts_at_will") - self.will) / self.now("guarantees.acts_width")
        self.acts = 1 / (1 + exp(min(away, 700.0)))
        backstop = given(self.guarantees or {}, "backstop")
        if backstop is not None and self.war.parties.all[backstop].will < self.now("guarantees.needs_will"):
            self.acts *= self.now("guarantees.without_backstop")
        self.acts *= exp(-self.now("guarantees.fades_per_year") * years_of_truce)

    def margin(self, name: str) -> float:
        """By how much it is for a ceasefire under a regime."""
        politics, years = self.war.politics, self.now("guarantees.looks_ahead_years")
        regime = politics.regime_named(name)
        lasts = politics.lasts_for(years, name, regime)
        without = politics.lasts_for(years, name, {**regime, "guards": 0.0, "guarantee": 0.0, "credibility": 0.0})
        supply = self.war.parties.supply[name]
        own = regime["guards"] * self.sends() / supply if supply > 0 else 0.0
        margin = self.now("guarantees.benefit") * (lasts - without)
        margin -= self.now("guarantees.price_per_10k_guards") * own / 10_000
        margin -= self.now("guarantees.entanglement") * (1 - lasts) * regime["guarantee"] * self.acts
        return margin + self.will - self.now("guarantees.needs_will")


class Parties:
    """All parties beside the two sides; none in a scenario without them."""

    def __init__(self, war: War) -> None:
        self.war = war
        war.parties = self  # Regimes are looked at from here on.
        self.all = {item["id"]: Party(war, item) for item in items(war.world, "parties")}
        self.voters = [party for party in self.all.values() if party.ratifies]
        self.through = {party.backer.id: party for party in self.all.values() if party.backer is not None}
        self.guarantors: dict[str, list[Party]] = {}
        for party in self.all.values():
            for name in (party.guarantees or {}).get("regimes", ()):
                self.guarantors.setdefault(name, []).append(party)
        self.consents = dict.fromkeys(self.guarantors, True)
        self.word = dict.fromkeys(self.guarantors, 1.0)
        self.supply, self.tripwire = dict(self.word), dict(self.word)
        self.threat = dict.fromkeys(SIDES, 0.0)
        self.area_seen, self.broken_seen = war.front.fought_over, 0
        self.struck_seen = dict.fromkeys(SIDES, 0)
        if self.all:
            self.foresee()
            self.see_guarantees(-1)
            for party in self.all.values():
                for name, margin in party.margins.items():
                    self.war.note("consents" if margin > 0 else "refuses consent", f"{party.id}/{name}")
            war.every_day(PARTIES, self.step)

    def behind(self, name: str, regime: dict[str, float]) -> dict[str, float]:
        """A regime as it counts with those who guarantee it."""
        if name not in self.guarantors:
            return regime
        guards = min(regime["guards"], self.supply[name])
        return {**regime, "guards": guards, "credibility": regime["credibility"] * self.word[name]}

    def step(self, day: int) -> None:
        if day % 14 != 13:
            return
        held, strikes = self.war.front.fought_over, self.war.escalation.strikes
        for party in self.all.values():
            enemy = OTHER.get(party.side, "")
            struck = strikes[enemy] - self.struck_seen[enemy] if enemy else 0
            party.review_will(day // 14, held - self.area_seen, struck)
        self.area_seen, self.struck_seen = held, dict(strikes)
        for party in self.through.values():
            party.review_pledges()
        self.foresee()
        self.keep_their_word()
        before = {party.id: dict(party.margins) for party in self.all.values()}
        self.see_guarantees(day)
        for party in self.all.values():
            for name, margin in party.margins.items():
                if (margin > 0) != (before[party.id][name] > 0):
                    self.war.note("consents" if margin > 0 else "refuses consent", f"{party.id}/{name}")

    def foresee(self) -> None:
        """How far the balance would shift if a side refused from now on."""
        front, depots = self.war.front, self.war.arms.depots
        for refuser in SIDES:
            fires = {side: depot.ready_fire for side, depot in depots.items()}
            for party in self.through.values() if self.war.at_war else ():
                fires[party.side] += party.fire_if_refused(refuser)
            fires = {side: clip(fire, 0.0, 1.0) for side, fire in fires.items()}
            shift = front.balance(fires=fires) - front.balance()
            self.threat[refuser] = shift if self.war.at_war else 0.0

    def keep_their_word(self) -> None:
        truce, politics = self.war.ceasefire, self.war.politics
        if truce.ending == 3:
            for party in self.all.values():
                party.acted = False
        broken = truce.number - (truce.ending == 3)
        if broken > self.broken_seen:
            agreed = politics.regime_id(politics.packages[politics.agreed])
            for party in self.guarantors.get(agreed or "", ()):
                party.acted = self.war.luck.uniform(f"parties/acts/{party.id}", broken - 1) < party.acts
                self.war.note("guarantor acts" if party.acted else "guarantor stands by", party.id)
        self.broken_seen = broken

    def see_guarantees(self, day: int) -> None:
        truce = self.war.ceasefire
        years = (day + 1 - truce.ending_day) / DAYS_PER_YEAR if truce.ending == 3 else 0.0
        for party in self.all.values():
            if party.guarantees:
                party.review_acts(years)
        for name, guarantors in self.guarantors.items():
            self.word[name] = sum(party.acts for party in guarantors) / len(guarantors)
            self.supply[name] = sum(party.sends() for party in guarantors)
            self.tripwire[name] = max(party.now("guarantees.tripwire") for party in guarantors)
        for name, guarantors in self.guarantors.items():
            for party in guarantors:
                party.margins[name] = party.margin(name)
            self.consents[name] = all(party.margins[name] > 0 for party in guarantors)

    def state(self) -> dict[str, float]:
        state = {f"threat.{side}": self.threat[side] for side in SIDES}
        for party in self.all.values():
            state[f"will.{party.id}"], state[f"usual_will.{party.id}"] = party.will, party.usual_will
            if party.backer is not None:
                state[f"pledge_factor.{party.id}"], state[f"made_up.{party.id}"] = party.pledge_factor, party.made_up
            if party.guarantees:
                state[f"acts.{party.id}"], state[f"acted.{party.id}"] = party.acts, float(party.acted)
            for name, margin in party.margins.items():
                state[f"consent_margin.{party.id}/{name}"] = margin
        for name in self.guarantors:
            state[f"consents.{name}"] = float(self.consents[name])
            state[f"word.{name}"], state[f"supply.{name}"] = self.word[name], self.supply[name]
            state[f"tripwire.{name}"] = self.tripwire[name]
        return state
