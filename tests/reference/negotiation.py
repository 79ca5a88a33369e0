"""Support, beliefs, the negotiation: sections 7.7 to 7.10 of the description of the model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from math import exp, inf, log, log1p, sqrt, tanh
from typing import TYPE_CHECKING, Any, NamedTuple

from scipy.stats import gamma, norm

from .bargaining import (
    BARRED,
    Guess,
    Obligation,
    Offer,
    Stay,
    covers,
    egalitarian,
    kalai_smorodinsky,
    lasting,
    nash,
    packages,
    screening,
    stand_firm,
)
from .basics import BELIEFS, DAYS_PER_YEAR, NEGOTIATION, SIDES, SUPPORT, day_of, given, items, plain
from .ceasefire import Signed, giver

if TYPE_CHECKING:
    from .mechanisms import War

SIGN = {"attacker": 1.0, "defender": -1.0}
OTHER = {"attacker": "defender", "defender": "attacker"}
SPAN = 14 / DAYS_PER_YEAR
# Bounds of red lines: whether from the line of the day, and 1 if what is above is covered.
BOUNDS = (
    ("area_above_km2", False, 1),
    ("area_below_km2", False, -1),
    ("ceded_above_km2", True, 1),
    ("ceded_below_km2", True, -1),
)
REGIME_PARTS = (
    "zone_width_km", "guards", "watches", "credibility", "guarantee", "monitoring", "joint_commission", "deploy_days",
    "mandate_days", "renewed_share", "withdrawn_per_year",
)  # fmt: skip


def clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


class Kalman:
    """One belief of one side."""

    def __init__(self, mean: float, sd: float, wander: float) -> None:
        self.mean, self.variance, self.wander = mean, sd**2, wander

    def drift_apart(self, known: float, z: float) -> None:
        """Nothing is seen: the mean wanders with what is known, and the spread grows."""
        self.mean += known + self.wander * z
        self.variance += self.wander**2

    def see(self, value: float, noise: float) -> None:
        self.variance += self.wander**2
        total = self.variance + noise**2
        gain = self.variance / total if total > 0 else 0.0
        self.mean += gain * (value - self.mean)
        self.variance *= 1 - gain


class Outlook(NamedTuple):
    """What the war is worth to a side, what it loses if the war begins again, and what of that it foresees of re-arming."""

    worth: float
    loss: float
    foreseen: float


class Politics:
    """All that happens at reviews; nothing does in a scenario without a negotiation."""

    def __init__(self, war: War) -> None:
        self.war = war
        self.section: Mapping[str, Any] | None = war.world.get("negotiation")
        zero = dict.fromkeys(SIDES, 0.0)
        self.shocks_felt = dict(zero)
        self.weariness, self.support, self.recruiting = dict(zero), dict.fromkeys(SIDES, 1.0), dict.fromkeys(SIDES, 1.0)
        self.momentum, self.trend, self.resolve = dict(zero), dict(zero), dict(zero)
        self.drift: dict[str, Kalman] = {side: Kalman(0.0, 0.0, 0.0) for side in SIDES}
        self.balance: dict[str, Kalman] = {side: Kalman(0.0, 0.0, 0.0) for side in SIDES}
        self.value, self.conceded, self.deal_surplus = dict(zero), dict(zero), dict(zero)
        self.office_at_stake, self.fallen = dict(zero), dict(zero)
        self.demand = dict.fromkeys(SIDES, -1)
        self.believed: dict[tuple[str, str | None], list[float]] = {}
        self.today = 0
        self.outlook = dict.fromkeys(SIDES, Outlook(0.0, 0.0, 0.0))
        self.nearest_slack = 0.0
        self.talks, self.opened, self.failed, self.refused, self.first_day = 0, 0, 0, 0, -1
        self.guess = {side: Guess(0.0, False) for side in SIDES}
        self.dictated_package, self.dictated_day, self.dictated_area, self.dictated_ceded = -1, -1, 0.0, 0.0
        self.package, self.deal_day, self.imposed, self.area, self.ceded = -1, -1, 0.0, 0.0, 0.0
        self.deals, self.agreed, self.agreed_imposed, self.agreed_area, self.agreed_regime = 0, -1, 0.0, 0.0, -1
        self.temptation, self.front_moved = dict(zero), 0.0
        self.mediated_until, self.back_on_day = -1, -1
        self.refusing, self.talking = dict(zero), 0.0
        self.phases_begun = 0
        self.voted_on, self.votes_held, self.votes_lost, self.plans_put = -1, 0, 0, 0
        self.window: dict[str, tuple[int, float]] = dict.fromkeys(SIDES, (-1, 1.0))
        if self.section is None:
            return
        self.seen_casualties = dict(zero)
        self.area_then, self.balance_then = war.front.fought_over, 0.0
        self.force_then = {side: max(war.manpower[side].force, 1.0) for side in SIDES}
        for side in SIDES:
            self.first_beliefs(side)
            self.new_resolve(side, war.luck.normal(f"negotiation/resolve/{side}", 0))
        self.issues = {issue["id"]: issue for issue in items(self.section, "issues")}
        regimes = [i for i, issue in self.issues.items() if given(items(issue, "options")[0], "regime") is not None]
        self.security = regimes[0] if regimes else None
        options = {i: [option["id"] for option in items(issue, "options")] for i, issue in self.issues.items()}
        self.packages = packages(options, self.security)
        self.lines = items(self.section, "red_lines")
        self.hard = {
            line["id"]: war.luck.uniform(f"negotiation/red_line/{line['id']}", 0)
            < war.parameters[f"negotiation.red_lines.{line['id']}.hard_share"]
            for line in self.lines
            if line.get("ratified_by") is None
        }
        self.weights = {side: self.draw_weights(side) for side in SIDES}
        self.land = next((i for i, issue in self.issues.items() if given(issue, "land") is not None), None)
        war.every_day(SUPPORT, self.support_step)
        war.every_day(BELIEFS, self.beliefs_step)
        war.every_day(NEGOTIATION, self.negotiation_step)

    def make_demands(self) -> None:
        """What each side would like best at the start, once all of the state is known, whoever consents."""
        if self.section is not None:
            self.closed, self.open_lines = self.open_by_rule(0)
        for side in SIDES if self.section is not None else ():
            liked = [self.utility(side, package) for package in self.packages]
            most = max(liked)
            self.demand[side] = liked.index(most) if most > BARRED else -1

    # The scenario.

    def now(self, path: str) -> float:
        return self.war.now(f"negotiation.{path}")

    def of(self, side: str, name: str) -> float:
        return self.war.now(f"negotiation.{side}.{name}")

    def first_beliefs(self, side: str) -> None:
        drawn = self.war.parameters
        mine = f"beliefs.{side}."
        optimism, wander = drawn[mine + "optimism"], drawn[mine + "wander_share"]
        sd = drawn[mine + "drift_prior_sd_km2_per_day"]
        pace = self.war.front.pace
        self.drift[side] = Kalman(pace + SIGN[side] * optimism * abs(pace), sd, wander * sd)
        sd = drawn[mine + "balance_prior_sd"]
        self.balance[side] = Kalman(SIGN[side] * optimism, sd, wander * sd)
        self.set_momentum(side)

    def new_resolve(self, side: str, z: float) -> None:
        """The resolve of a leader, of which the other side knows only the law."""
        assert self.section is not None
        spread, uniform = self.of(side, "resolve_sd"), given(self.section, "resolve_law") == "uniform"
        self.resolve[side] = spread * sqrt(3) * (2 * float(norm.cdf(z)) - 1) if uniform else spread * z
        self.guess[side] = Guess(spread, uniform)

    def set_momentum(self, side: str) -> None:
        pace = self.war.now("beliefs.pace_km2_per_day")
        self.momentum[side] = tanh(SIGN[side] * self.drift[side].mean / pace)

    def draw_weights(self, side: str) -> dict[str, float]:
        assert self.section is not None
        means = {i: float(plain(issue["weight"][side])) for i, issue in self.issues.items()}
        concentration = given(self.section, "weight_concentration")
        if concentration is None:
            return means
        raw = {}
        for i, mean in means.items():
            luck = self.war.luck.uniform(f"negotiation/weight/{side}/{i}", 0)
            raw[i] = float(gamma.ppf(luck, concentration * mean)) if mean > 0 else 0.0
        return {i: value / sum(raw.values()) for i, value in raw.items()}

    # What packages are worth.

    def success(self, side: str) -> float:
        return (1 + self.momentum[side]) / 2

    def curve(self, side: str) -> list[tuple[float, float]] | None:
        """The points of a side's own curve of land."""
        assert self.land is not None
        points = self.issues[self.land]["land"].get(side)
        path = f"negotiation.issues.{self.land}.land.{side}"
        drawn = self.war.parameters
        if points is None:
            return None
        return [(drawn[f"{path}.{n}.area_km2"], drawn[f"{path}.{n}.worth"]) for n in range(len(points))]

    def land_value(self, side: str, area: float) -> float:
        points = self.curve(side)
        if points is None:
            path = f"negotiation.issues.{self.land}.land"
            none, most = (self.war.parameters[f"{path}.{end}"] for end in ("none_km2", "all_km2"))
            attackers = clip((area - none) / (most - none), 0.0, 1.0)
            return attackers if side == "attacker" else 1 - attackers
        if area <= points[0][0]:
            return points[0][1]
        for (left, low), (right, high) in pairwise(points):
            if area <= right:
                return low + (high - low) * (area - left) / (right - left)
        return points[-1][1]

    def dictated(self, side: str) -> tuple[float, float]:
        """What the best and the worst terms are worth."""
        points = self.curve(side) if self.land is not None else None
        if points is None:
            return 1.0, 0.0
        assert self.land is not None
        ends, weight = (points[0][1], points[-1][1]), self.weights[side][self.land]
        return 1 + weight * (max(ends) - 1), weight * min(ends)

    def see_what_is_open(self, day: int) -> None:
        """Which options and red lines are open, by the state as it is now and by who consents."""
        if self.section is None:
            return
        closed, self.open_lines = self.open_by_rule(day)
        refused = {name for name, consent in self.war.parties.consents.items() if not consent}
        if self.security is not None:
            options = items(self.issues[self.security], "options")
            closed |= {(self.security, option["id"]) for option in options if option["regime"] in refused}
        self.closed = closed

    def open_by_rule(self, day: int) -> tuple[set[tuple[str, str]], list[Mapping[str, Any]]]:
        """The options that are closed and the red lines that are open, whoever consents."""
        state = self.war.state()

        def is_open(thing: Mapping[str, Any], path: str) -> bool:
            today = self.war.start + timedelta(days=day)
            first, last, condition = given(thing, "from"), given(thing, "until"), thing.get("while")
            if (first is not None and today < first) or (last is not None and today >= last):
                return False
            if condition is None:
                return True
            value, drawn = state[condition["quantity"]], self.war.parameters
            return drawn.get(f"{path}.while.above", -inf) < value < drawn.get(f"{path}.while.below", inf)

        closed = {
            (i, option["id"])
            for i, issue in self.issues.items()
            for option in items(issue, "options")
            if not is_open(option, f"negotiation.issues.{i}.options.{option['id']}")
        }
        return closed, [line for line in self.lines if is_open(line, f"negotiation.red_lines.{line['id']}")]

    def is_hard(self, line: Mapping[str, Any]) -> bool:
        """Whether a red line is hard: by luck, or while too many of those who vote on it are against."""
        if line.get("ratified_by") is None:
            return self.hard[line["id"]]
        voter = self.war.parties.all[line["ratified_by"]]
        return self.polled(line) > 1 - voter.now("ratifies.needs_share")

    def polled(self, line: Mapping[str, Any]) -> float:
        """How many voters are against what a line covers."""
        voter = self.war.parties.all[line["ratified_by"]]
        more = voter.now("ratifies.follows_will") * (voter.will - voter.will_at_start)
        return clip(self.war.parameters[f"negotiation.red_lines.{line['id']}.hard_share"] + more, 0.0, 1.0)

    def ratified(self, number: int) -> bool:
        """Whether all who must ratify a package vote for it."""
        package, passes, held = self.packages[number], True, self.war.front.held_area
        for voter in self.war.parties.voters:
            against = [
                self.polled(line)
                for line in self.open_lines_of(voter.id)
                if covers(line.get("terms") or {}, package) and self.beyond(line, self.area_with(package), held)
            ]
            votes = max(against, default=0.0)
            votes += voter.now("ratifies.sd") * self.war.luck.normal(f"parties/vote/{voter.id}", self.votes_held)
            if votes > 1 - voter.now("ratifies.needs_share"):
                passes = False
                self.war.note("deal rejected", voter.id)
        return passes

    def open_lines_of(self, voter: str) -> list[Mapping[str, Any]]:
        return [line for line in self.open_lines if line.get("ratified_by") == voter]

    def beyond(self, line: Mapping[str, Any], area: float, held: float) -> bool:
        """Whether a red line covers an area that a package leaves the attacker with."""
        bounds = []
        for name, from_line, sign in BOUNDS:
            if given(line, name) is not None:
                bound = self.now(f"red_lines.{line['id']}.{name}") + (held if from_line else 0.0)
                bounds.append(sign * area > sign * bound)
        return any(bounds) or not bounds

    def area_after(self, issue: str, option: str) -> float:
        path = f"negotiation.issues.{issue}.options.{option}"
        front, drawn = self.war.front, self.war.parameters
        area = drawn[f"{path}.area_km2"] if f"{path}.area_km2" in drawn else front.held_area + drawn[f"{path}.ceded_km2"]
        return clip(area, 0.0, front.total_area)

    def area_with(self, package: Mapping[str, str]) -> float:
        """The area that a package leaves the attacker with."""
        return self.war.front.held_area if self.land is None else self.area_after(self.land, package[self.land])

    def option_value(self, side: str, issue: str, option: str) -> float:
        if issue == self.land:
            return self.promised_value(side, self.area_after(issue, option), self.war.front.held_area)
        return self.war.parameters[f"negotiation.issues.{issue}.options.{option}.values.{side}"]

    def promised_value(self, side: str, area: float, held: float) -> float:
        """What an area is worth that is promised while another is held: less sure where it has to be handed over."""
        worth = self.land_value(side, area)
        if area == held or not self.war.ceasefire.hands_land_over:
            return worth
        kept = self.keeps_land(giver(area, held))
        return kept * worth + (1 - kept) * self.land_value(side, held)

    def keeps_land(self, side: str) -> float:
        """How often a side hands over the land that it has to."""
        return 1.0 if self.war.decision.decided else 1 - self.of(side, "withholds_land_share")

    def signed_value(self, side: str, signed: Signed) -> float:
        """What the land of terms in force is worth."""
        if signed.held is None:
            return self.land_value(side, signed.area)
        return self.promised_value(side, signed.area, signed.held)

    def terms_value(self, side: str, package: Mapping[str, str], signed: Signed | None = None) -> float:
        """What the terms are worth, with the land as the option has it or as it was signed."""
        total = 0.0
        for i, option in package.items():
            agreed = signed is not None and i == self.land
            value = self.signed_value(side, signed) if agreed else self.option_value(side, i, option)
            total += self.weights[side][i] * value
        return total

    def line_price(self, line: Mapping[str, Any]) -> float:
        side, path = line["side"], f"red_lines.{line['id']}"
        softer = self.now(f"{path}.softening") * self.weariness[side] * (1 - self.success(side))
        lost = max(0.0, -SIGN[side] * (self.war.front.fought_over - self.war.front.held_at_start))
        softer += self.now(f"{path}.softening_per_1000_km2") * lost / 1000
        harder = 1 + self.now(f"{path}.hardening") * max(0.0, self.momentum[side])
        return self.now(f"{path}.price") * max(0.0, 1 - softer) * harder

    def regime_id(self, package: Mapping[str, str]) -> str | None:
        if self.security is None:
            return None
        options = items(self.issues[self.security], "options")
        return str(next(option["regime"] for option in options if option["id"] == package[self.security]))

    def regime(self, package: Mapping[str, str]) -> dict[str, float]:
        return self.regime_named(self.regime_id(package))

    def regime_named(self, name: str | None) -> dict[str, float]:
        if name is None:
            return dict.fromkeys(REGIME_PARTS, 0.0)
        written = {part: self.war.now(f"ceasefire.regimes.{name}.{part}") for part in REGIME_PARTS}
        return self.war.parties.behind(name, written)

    def obligations(self, name: str | None) -> list[Obligation]:
        """What each side has to do under a regime, by the values in force."""
        found = []
        for regime in items(self.war.world["ceasefire"], "regimes"):
            for item in items(regime, "obligations") if regime["id"] == name else ():
                path = f"ceasefire.regimes.{name}.obligations.{item['id']}"
                due, kept, effect = (self.war.now(f"{path}.{part}") for part in ("due_days", "kept_share", "overdue_effect"))
                found.append(Obligation(item["id"], item["by"], due, kept, effect))
        return found

    def presence(self, regime: Mapping[str, float]) -> float:
        front, density = self.war.now("ceasefire.front_km"), self.war.now("ceasefire.guards_per_km")
        return (1 - exp(-regime["guards"] / front / density)) * (1 - regime["watches"])

    def guarding(self, regime: Mapping[str, float]) -> float:
        """How much of what guards could do those of a regime do: by being there, and by holding the line."""
        there, by_being_there = self.war.now("ceasefire.present_persons"), self.war.now("ceasefire.presence_share")
        holding = self.presence(regime) * regime["credibility"]
        here = 1 - exp(-regime["guards"] / there) if there > 0 else float(regime["guards"] > 0)
        return by_being_there * here + (1 - by_being_there) * holding

    def institutions_effect(self, regime: Mapping[str, float]) -> float:
        def knob(name: str) -> float:
            return self.war.now(f"ceasefire.{name}")

        effect = knob("zone_effect") * (1 - exp(-regime["zone_width_km"] / knob("zone_scale_km")))
        effect += knob("guards_effect") * self.guarding(regime)
        effect += knob("guarantee_effect") * regime["guarantee"] * regime["credibility"]
        effect += knob("monitoring_effect") * regime["monitoring"]
        return effect + knob("commission_effect") * regime["joint_commission"]

    def lasts(self, side: str, name: str | None) -> float:
        """For which share of its trust time a side believes that a deal with a regime lasts, as of this review."""
        return self.trusted(side, name, self.war.trust.in_deals(OTHER[side], self.today))

    def trusted(self, side: str, name: str | None, trust: float) -> float:
        """The same with some trust in the enemy: the mean over both kinds of it."""
        if (side, name) not in self.believed:
            years, regime, who = self.of(side, "trust_years"), self.regime_named(name), self.war.trust
            own = who.raised(side, who.reliable[side])
            self.believed[side, name] = [
                self.lasts_for(years, name, regime, own + who.raised(OTHER[side], reliable))
                for reliable in ((True, False) if who.section is not None else (True,))
            ]
        reliable, *other = self.believed[side, name]
        return trust * reliable + (1 - trust) * other[0] if other else reliable

    def lasts_for(self, years: float, name: str | None, regime: Mapping[str, float], raised: float = 0.0) -> float:
        """For which share of some years a regime lasts, with these parts and the obligations of its name."""

        def hazard(day: float, guarded: bool) -> float:
            parts = self.in_place(regime, day)
            effect = self.institutions_effect(parts if guarded else {**parts, "guards": 0.0})
            return exp(self.war.now("ceasefire.institutions") * effect + raised)

        stay = Stay(regime["mandate_days"], regime["renewed_share"], regime["withdrawn_per_year"])
        return lasting(hazard, self.clock, years, self.obligations(name), stay)

    def clock(self, years: float) -> float:
        """The hazard of a bare truce over so many years."""
        early, later = self.war.now("ceasefire.early_hazard"), self.war.now("ceasefire.later_hazard_per_year")
        return early * (1 - exp(-365.25 / self.war.now("ceasefire.early_days") * years)) + later * years

    def in_place(self, regime: Mapping[str, float], days: float) -> dict[str, float]:
        """What of a regime is in place so many days after it began to come."""
        guards = regime["guards"] * min(1.0, days / max(1.0, regime["deploy_days"]))
        zone = regime["zone_width_km"] * min(1.0, days / max(1.0, self.war.now("ceasefire.withdrawal_days")))
        return {**regime, "guards": guards, "zone_width_km": zone}

    def tempted(self, side: str) -> float:
        """What the side expects of renewed war, above the terms it has."""
        package = self.packages[self.agreed]
        # The area of the deal, not one from today's line.
        signed = self.war.ceasefire.signed()
        terms = self.utility(side, package, signed)
        loss = self.left(side, self.regime_id(package), self.of(side, "renewed_war_loss"), signed.guarded)
        return self.value[side] - loss - terms

    def utility(self, side: str, package: Mapping[str, str], signed: Signed | None = None) -> float:
        assert self.section is not None
        left = self.area_with(package) if signed is None else signed.area
        held = self.war.front.held_area if signed is None else signed.line
        crossed = [
            line
            for line in self.open_lines
            if line["side"] == side and covers(line.get("terms") or {}, package) and self.beyond(line, left, held)
        ]
        soft = [line for line in crossed if not self.is_hard(line)]
        # What has been signed stays so, whatever bars it now.
        if signed is None:
            if any(covers(rule["terms"], package) for rule in items(self.section, "forbidden")):
                return BARRED
            if any(chosen in self.closed for chosen in package.items()) or len(soft) < len(crossed):
                return BARRED
        worth = terms = self.terms_value(side, package, signed)
        worth -= self.of(side, "bad_terms_price") * self.weariness[side] * (1 - terms)
        if signed is None or signed.guarded:
            worth -= self.of(side, "foreign_troops_price") * self.presence(self.regime(package))
        worth -= self.of(side, "zone_price") * self.own_zone(side, package)
        return worth - sum(self.line_price(line) for line in soft)

    def own_zone(self, side: str, package: Mapping[str, str]) -> float:
        """The ground that a side leaves for the zone of a package, in 1,000 km2."""
        name = self.regime_id(package)
        if name is None:
            return 0.0
        regimes = items(self.war.world["ceasefire"], "regimes")
        lies_on = given(next(regime for regime in regimes if regime["id"] == name), "zone_on")
        part = 0.5 if lies_on is None else float(lies_on == side)
        return part * self.regime(package)["zone_width_km"] * self.war.now("ceasefire.front_km") / 1000

    def falls_over(self, side: str, terms: float) -> float:
        """The chance that the leader of a side falls over terms."""
        if not self.has_office(side):
            return 0.0
        return 1 / (
            1 + exp(clip((terms - self.of(side, "office.safe_terms")) / self.of(side, "office.width"), -700.0, 700.0))
        )

    def has_office(self, side: str) -> bool:
        assert self.section is not None
        return given(self.section[side], "office") is not None

    def falls_per_year(self, side: str) -> float:
        """The rate at which the leader of a side falls in war."""
        return self.of(side, "office.falls_per_year") * (1 - self.support[side]) if self.has_office(side) else 0.0

    def office_lost(self, side: str, years: float, own: float, enemy: float, terms: float) -> float:
        """What a leader expects fighting until a horizon to take, by the chances that its army and the other's collapse."""
        if not self.has_office(side):
            return 0.0
        best, worst = self.dictated(side)
        keeps = exp(-self.falls_per_year(side) * years)
        after = enemy * (1 - own / 2) * self.falls_over(side, best) + own * (1 - enemy / 2) * self.falls_over(side, worst)
        after += (1 - own) * (1 - enemy) * self.falls_over(side, terms)
        discount = exp(-self.of(side, "discount_per_year") * years)
        return discount * self.of(side, "office.price") * (1 - keeps + keeps * after)

    # What fighting on is worth.

    def expected_terms(self, side: str, stretch: float, shift: float) -> float:
        """What the terms are worth that fighting brings, if the balance has moved by the shift."""
        lean = self.now("leverage") * (self.balance[side].mean + shift)
        lean += self.now("momentum_leverage") * SIGN[side] * self.momentum[side]
        start = self.now("attacker_power_at_start")
        power = 1 / (1 + exp(-(log(start / (1 - start)) + lean)))
        if side == "defender":
            power = 1 - power
        front = self.war.front
        if self.land is None:
            return power
        faster = front.share_of_fastest(front.drive + shift) - front.share_of_fastest(front.drive)
        drift = self.drift[side].mean + front.now("fastest_km2_per_day") * faster
        plans = SIGN[side] * front.planned_ground[side] if stretch > 0 else 0.0
        area = clip(front.held_area + drift * stretch + plans, 0.0, front.total_area)
        weight = self.weights[side][self.land]
        return weight * self.land_value(side, area) + (1 - weight) * power

    def rearmed(self, side: str) -> tuple[dict[str, float], float]:
        """Both forces after the years of trust of a side, and how far the balance will have moved."""
        months = 12 * self.of(side, "trust_years")
        going_on, arms = months * self.war.now("ceasefire.mobilized_share"), self.war.arms
        forces, fires = {}, {}
        for who, people in self.war.manpower.items():
            forces[who] = people.force + sum(people.training) + people.recovery.content()
            forces[who] += min(people.pool, going_on * self.recruiting[who] * people.now("intake_per_month"))
            depot = arms.depots[who]
            stock = depot.stock_days + going_on * depot.now("production_fire_days_per_month")
            for backer in arms.backers.values():
                if backer.side == who:
                    pledges = months * self.war.now("ceasefire.pledged_share") * arms.usual_pledge(backer)
                    arriving = backer.in_transit() + pledges * arms.factor(backer)
                    stock += arriving * (1 - backer.now("cancelled_share")) * backer.now("fire_days_per_beur")
            fires[who] = stock / (stock + depot.now("ration_days"))
        return forces, self.war.front.balance(forces, fires) - self.war.front.balance()

    def left(self, side: str, name: str | None, loss: float, guarded: bool = True) -> float:
        """What a regime makes of a loss from renewed war, below 0 a gain: its guarantee spares, its tripwire adds."""
        regime = self.regime_named(name)
        to = self.guaranteed(name)
        spares = to in (None, side) if loss > 0 else to != side
        left = loss * (1 - regime["guarantee"] * regime["credibility"]) if spares else loss
        if to != side and guarded:
            left += self.war.parties.tripwire.get(name or "", 0.0) * regime["credibility"] * self.presence(regime)
        return left

    def guaranteed(self, name: str | None) -> str | None:
        """Whom a regime gives its guarantee to; none if to both."""
        for regime in items(self.war.world["ceasefire"], "regimes"):
            if regime["id"] == name and given(regime, "guaranteed") is not None:
                return str(regime["guaranteed"])
        return None

    def best_horizon(
        self, side: str, shift: float, forces: Mapping[str, float], renewed: float | None = None
    ) -> tuple[float, float]:
        """The value of the war at the best horizon, and what it takes of office, with these forces and the balance moved so.

        When it begins again it is worth `renewed`, or, without that, what it is worth itself, each time less the loss.
        """
        assert self.section is not None
        tau, cost = self.now("extrapolate_days"), self.of(side, "cost_of_war_per_year")
        cost += self.war.escalation.danger_cost[side]
        named = given(self.section, "peace_of_fighting")
        lasts = self.trusted(side, named, self.war.trust.believed[OTHER[side]])
        loss = self.of(side, "renewed_war_loss")
        if given(self.section, "fought_hazard_per_year") is not None:
            through = self.now("fought_hazard_per_year") * self.of(side, "trust_years")
            lasts = (1 - exp(-through)) / through if through > 0 else 1.0
        best, worst = self.dictated(side)
        options = []
        for written in self.section[side]["horizons_days"]:
            days = float(plain(written))
            stretch, years = tau * (1 - exp(-days / tau)), days / DAYS_PER_YEAR
            chance = {}
            for who in SIDES:
                now = self.war.collapse.hazard_per_year(who, forces[who])
                then = self.war.collapse.hazard_per_year(who, forces[who], exp(self.trend[who] * stretch))
                chance[who] = 1 - exp(-(now + then) / 2 * years)
            own, enemy = chance[side], chance[OTHER[side]]
            discount = exp(-self.of(side, "discount_per_year") * years)
            both_stand = discount * (1 - own) * (1 - enemy)
            again = both_stand * (1 - lasts)
            dictated = enemy * (1 - own / 2) * best + own * (1 - enemy / 2) * worst
            terms = self.expected_terms(side, stretch, shift)
            worth = -cost * years + discount * dictated + both_stand * lasts * terms
            worth = (worth - again * loss) / (1 - again) if renewed is None else worth + again * (renewed - loss)
            options.append((worth, self.office_lost(side, years, own, enemy, terms)))
        return max(options, key=lambda option: option[0])

    def value_of_war(self, side: str) -> Outlook:
        today = {who: people.force for who, people in self.war.manpower.items()}
        forces, shift = self.rearmed(side)
        threat = self.war.parties.threat[side]
        renewed, _ = self.best_horizon(side, shift + threat, forces)
        worth, self.office_at_stake[side] = self.best_horizon(side, threat, today, renewed)
        return Outlook(worth, worth - renewed + self.of(side, "renewed_war_loss"), worth - renewed)

    def of_leader(self, side: str, pressure: float) -> float:
        """What fighting on is worth besides the war itself."""
        value = self.resolve[side] - pressure - self.of(side, "going_on_price") * (1 - self.support[side])
        value -= self.office_at_stake[side]
        return value + self.of(side, "waiting_premium") * max(0.0, self.momentum[side])

    # Reviews.

    def support_step(self, day: int) -> None:
        if day % 14 != 13:
            return
        for side in SIDES:
            people = self.war.manpower[side]

            def knob(name: str, side: str = side) -> float:
                return self.war.now(f"support.{side}.{name}")

            year = knob("year_casualties_persons")
            felt = log1p(people.cumulative_casualties / year) - log1p(self.seen_casualties[side] / year)
            self.seen_casualties[side] = people.cumulative_casualties
            self.weariness[side] += felt * (1 - knob("success_weight") * self.success(side))
            self.weariness[side] += self.war.rout.shaken[side] - self.shocks_felt[side]
            self.shocks_felt[side] = self.war.rout.shaken[side]
            if not self.war.at_war:
                self.weariness[side] *= exp(-knob("fades_per_year") * SPAN)
            lost = knob("support_per_weariness") * self.weariness[side]
            lost += knob("wave_price_per_100k") * people.called_up / 100_000
            self.support[side] = max(0.0, 1 - lost)
            self.recruiting[side] = 1 - knob("recruiting_share") * (1 - self.support[side])

    def beliefs_step(self, day: int) -> None:
        if day % 14 != 13:
            return
        review, front, memory = day // 14, self.war.front, self.war.now("beliefs.trend_memory")
        fought = self.war.trust.fought_days / 14
        pace = (front.fought_over - self.area_then) / 14 / fought if fought > 0 else 0.0
        self.front_moved += abs(front.fought_over - self.area_then)
        self.area_then = front.fought_over
        rearmed, self.balance_then = front.balance_today - self.balance_then, front.balance_today
        for side in SIDES:
            drift = self.war.luck.normal(f"beliefs/drift/{side}", review)
            balance = self.war.luck.normal(f"beliefs/balance/{side}", review)
            force = max(self.war.manpower[side].force, 1.0)
            if self.war.at_war:
                if fought > 0:
                    noise = self.war.now(f"beliefs.{side}.drift_noise_km2_per_day") / fought
                    self.drift[side].see(pace + noise * drift, noise)
                else:
                    self.drift[side].drift_apart(0.0, drift)
                noise = self.war.now(f"beliefs.{side}.balance_noise")
                self.balance[side].see(front.balance_today + noise * balance, noise)
                change = log(force / self.force_then[side]) / 14
                kept = memory if fought >= 1 else 1.0
                self.trend[side] = kept * self.trend[side] + (1 - kept) * change
            else:
                self.drift[side].drift_apart(0.0, drift)
                self.balance[side].drift_apart(rearmed, balance)
            self.set_momentum(side)
            self.force_then[side] = force

    def happens(self, event: str, review: int, rate_per_year: float) -> bool:
        return self.war.luck.uniform(f"negotiation/{event}", review) < 1 - exp(-rate_per_year * SPAN)

    def negotiation_step(self, day: int) -> None:
        if day % 14 != 13:
            return
        if self.war.decision.decided:
            if self.war.decision.dictator and self.dictated_day < 0:
                self.dictate(day, self.war.decision.dictator)
            return
        review, self.believed, self.today = day // 14, {}, day
        for side in SIDES:
            rate = self.of(side, "leader_change_per_year") + self.war.at_war * self.falls_per_year(side)
            if self.happens(f"leader/{side}", review, rate):
                self.new_resolve(side, self.war.luck.normal(f"negotiation/new_resolve/{side}", review))
                self.war.note("leader changes", side)
        for side in SIDES:
            for election in items(self.section[side], "elections"):
                self.look_at_election(day, side, election)
        fighting = self.war.at_war > 0
        for side in SIDES if fighting else ():
            noise = self.of(side, "resolve_noise")
            shown = self.resolve[side] + noise * self.war.luck.normal(f"negotiation/shown/{side}", review)
            self.guess[side].see(shown, noise)
        free = fighting and self.mediated_until <= day
        if free and self.happens("mediation", review, self.now("mediation.hazard_per_year")):
            self.mediated_until = day + max(1, round(self.now("mediation.days")))
            self.war.note("mediation begins", "")
        mediated = self.mediated_until > day
        push = self.now("mediation.pressure") if mediated else 0.0
        pressure = {side: self.of(side, "outside_pressure") + push for side in SIDES}
        self.see_what_is_open(day)
        for side in SIDES:
            self.outlook[side] = self.value_of_war(side)
            self.value[side] = self.outlook[side].worth + self.of_leader(side, pressure[side])
        self.temptation = {side: 0.0 if fighting else self.tempted(side) for side in SIDES}
        if not fighting:
            return
        offers = [self.offer(number, package) for number, package in enumerate(self.packages)]
        self.nearest_slack = max(min(offer.slack) for offer in offers)
        failed = self.hold_round(day, review, offers, pressure)
        idle = self.talks == 0 and not failed and self.back_on_day <= day and self.deals == self.war.ceasefire.number
        rate = self.opening_rate(mediated)
        for until, factor in self.window.values():
            rate *= factor if until > day else 1.0
        if idle and self.happens("open", review, rate):
            self.begin_talks(day)
        self.talking = float(self.talks > 0)

    def look_at_election(self, day: int, side: str, election: Mapping[str, Any]) -> None:
        held, path = day_of(election, self.war.start), f"{side}.elections.{election['id']}"
        assert held is not None
        if not day - 14 < held <= day:
            return
        if self.war.luck.uniform(f"negotiation/election/{side}/{election['id']}", 0) < self.now(f"{path}.probability"):
            self.new_resolve(side, self.war.luck.normal(f"negotiation/new_resolve/{side}", day // 14))
            self.window[side] = (held + round(self.now(f"{path}.window_days")), self.now(f"{path}.opens_factor"))
            self.war.note("leader changes", side)

    def dictate(self, day: int, victor: str) -> None:
        """The victor takes what it likes best, whatever the other side's red lines."""
        self.dictated_day = day + 1
        self.see_what_is_open(day)
        liked = [self.utility(victor, package) for package in self.packages]
        if max(liked) > BARRED:
            self.dictated_package = liked.index(max(liked))
            self.dictated_area = self.area_with(self.packages[self.dictated_package])
            self.dictated_ceded = self.dictated_area - self.war.front.held_area
            self.war.note("terms dictated", victor)

    def offer(self, number: int, package: Mapping[str, str]) -> Offer:
        slack, surplus = [], []
        name = self.regime_id(package)
        for side in SIDES:
            share, loss = self.lasts(side, name), self.left(side, name, self.outlook[side].loss)
            above = self.utility(side, package) - self.value[side]
            falls = self.falls_over(side, self.terms_value(side, package))
            at_stake = self.office_at_stake[side]
            price = self.of(side, "office.price") * falls if self.has_office(side) else 0.0
            # Paid once; who has fallen has nothing at stake in the war that begins again.
            above = share * above - (1 - share) * (loss - falls * at_stake) - price
            slack.append(above / share)
            surplus.append(above)
        return Offer(number, (slack[0], slack[1]), (surplus[0], surplus[1]))

    def opening_rate(self, mediated: bool) -> float:
        ripeness, scale = self.now("ripeness"), self.now("way_out_scale")
        hurting = 4 * (1 - self.success("attacker")) * (1 - self.success("defender"))
        way_out = 1 / (1 + exp(min(-self.nearest_slack / scale, 700.0)))
        factor = 1 - ripeness + ripeness * 2 * hurting * way_out
        return self.now("talks.open_per_year") * (self.now("mediation.opens_factor") if mediated else 1.0) * factor

    def hold_round(self, day: int, review: int, offers: list[Offer], pressure: Mapping[str, float]) -> bool:
        """Hold a vote or a round, where one is due; return whether talks fail."""
        failed = self.talks == 4 and self.back_on_day <= day and not self.tried(day, offers, pressure)
        failed = failed or (self.talks == 3 and self.back_on_day <= day and not self.voted(day, offers, pressure))
        if failed:
            self.break_off(day)
        failed = self.hold_talks(day, review, offers, pressure) or failed
        return failed

    def begin_talks(self, day: int) -> None:
        self.talks = 1
        self.opened += 1
        self.first_day = day if self.first_day < 0 else self.first_day
        self.war.note("talks open", "")

    def break_off(self, day: int) -> None:
        self.talks = 0
        self.failed += 1
        self.back_on_day = day + round(self.now("talks.pause_days"))

    def tried(self, day: int, offers: list[Offer], pressure: Mapping[str, float]) -> bool:
        """Whether a first phase was kept, and what was agreed on signed or put to the vote."""
        if not all(self.war.trust.keeps_phase.values()):
            return False
        if self.war.parties.voters:
            self.wait_for_votes(day, self.voted_on)
            return True
        return self.signed_or_left(day, offers[self.voted_on], pressure)

    def signed_or_left(self, day: int, offer: Offer, pressure: Mapping[str, float]) -> bool:
        """Sign what both agreed on, or not, if a side has come to gain by fighting on."""
        gains = [offer.slack[row] > -self.now("talks.withdrawal_price") for row in range(2)]
        for side, gain in zip(SIDES, gains, strict=True):
            if not gain:
                self.war.note("deal withdrawn", side)
        if all(gains):
            self.sign(day, offer, pressure)
        return all(gains)

    def voted(self, day: int, offers: list[Offer], pressure: Mapping[str, float]) -> bool:
        """Whether what was agreed is ratified and then signed."""
        passes = self.ratified(self.voted_on)
        self.votes_held += 1
        self.votes_lost += not passes
        if not passes:
            return False
        for voter in self.war.parties.voters:
            self.war.note("deal ratified", voter.id)
        return self.signed_or_left(day, offers[self.voted_on], pressure)

    def agree(self, day: int, offer: Offer, pressure: Mapping[str, float]) -> None:
        """Sign what both agree to, or try it in a first phase, or wait for the slowest who must ratify it."""
        if self.war.trust.has_phase:
            self.talks, self.voted_on, self.refusing = 4, offer.number, dict.fromkeys(SIDES, 0.0)
            self.phases_begun += 1
            self.back_on_day = day + max(1, round(self.war.now("trust.first_phase.days")))
            self.war.note("first phase begins", str(offer.number))
        elif self.war.parties.voters:
            self.wait_for_votes(day, offer.number)
        else:
            self.sign(day, offer, pressure)

    def wait_for_votes(self, day: int, number: int) -> None:
        """Wait for the slowest who must ratify it."""
        voters = self.war.parties.voters
        self.talks, self.voted_on, self.refusing = 3, number, dict.fromkeys(SIDES, 0.0)
        self.war.note("deal agreed", str(number))
        self.back_on_day = day + max(max(1, round(voter.now("ratifies.days"))) for voter in voters)

    def put_plans(self, day: int, review: int, offers: list[Offer], pressure: Mapping[str, float]) -> None:
        for party in self.war.parties.all.values():
            if not party.mediates or self.talks in (3, 4) or self.deals != self.war.ceasefire.number:
                continue
            rate = party.now("mediates.per_year")
            if self.war.luck.uniform(f"parties/plan/{party.id}", review) >= 1 - exp(-rate * SPAN):
                continue
            covered = [offer for offer in offers if covers(party.mediates["terms"], self.packages[offer.number])]
            nearest = max(covered, key=lambda offer: min(offer.slack))
            if min(nearest.slack) <= BARRED:
                continue
            self.plans_put += 1
            refuses = [slack <= 0 for slack in nearest.slack]
            self.refusing = {side: float(no) for side, no in zip(SIDES, refuses, strict=True)}
            for side, no in zip(SIDES, refuses, strict=True):
                if no:
                    self.war.note("plan refused", side)
            if not any(refuses):
                self.war.note("plan accepted", party.id)
                if self.talks == 0:
                    self.begin_talks(day)
                self.agree(day, nearest, pressure)

    def hold_talks(self, day: int, review: int, offers: list[Offer], pressure: Mapping[str, float]) -> bool:
        """Put plans; hold a round if talks are under way; return whether they fail."""
        if self.talks == 2 and self.back_on_day <= day:
            self.talks = 1
            self.war.note("talks resume", "")
        self.put_plans(day, review, offers, pressure)
        if self.talks != 1:
            return False
        guess = self.rule() == "screening"
        if (guess or self.nearest_slack > 0) and self.happens("agree", review, self.now("talks.agree_per_year")):
            number = self.named(review, offers)
            if number >= 0:
                self.agree(day, offers[number], pressure)
                return False
        if self.happens("fail", review, self.now("talks.fail_per_year")):
            self.break_off(day)
            self.war.note("talks fail", "")
            return True
        if self.happens("suspend", review, self.now("talks.suspend_per_year")):
            self.talks = 2
            self.back_on_day = day + round(self.now("talks.suspended_days"))
            self.war.note("talks suspended", "")
        return False

    def rule(self) -> str:
        """The rule of this history: who knows the other's resolve need not guess it."""
        rule: str = plain(self.section["rule"])
        return "nash" if rule == "screening" and self.now("resolve_known") > 0.5 else rule

    def named(self, review: int, offers: list[Offer]) -> int:
        assert self.section is not None
        zone, rule = [offer for offer in offers if offer.inside], self.rule()
        if rule == "nash":
            discount = [self.of(side, "discount_per_year") for side in SIDES]
            return nash(zone, discount[1] / sum(discount) if sum(discount) > 0 else 0.5)
        if rule == "kalai_smorodinsky":
            return kalai_smorodinsky(zone)
        if rule == "egalitarian":
            return egalitarian(zone)
        if rule == "screening":
            luck = self.war.luck.uniform("negotiation/proposer", review)
            return self.answered(0 if luck < self.now("attacker_proposes_share") else 1, offers)
        cost = [self.of(side, "cost_of_war_per_year") for side in SIDES]
        share = cost[0] / sum(cost) if sum(cost) > 0 else 0.5
        return stand_firm(zone, 1 if self.war.luck.uniform("negotiation/concession", review) < share else 0)

    def answered(self, proposer: int, offers: list[Offer]) -> int:
        """The number of what one side offers, if the other accepts it."""
        other = 1 - proposer
        name = SIDES[other]
        guess, resolve, spread = self.guess[name], self.resolve[name], self.of(name, "resolve_sd")
        number = screening(offers, proposer, resolve, lambda limit: guess.below(limit, spread))
        if number < 0 or offers[number].surplus[other] > 0:
            return number
        self.refused += 1
        self.refusing = {name: 1.0, OTHER[name]: 0.0}
        self.war.note("offer refused", name)
        guess.at_least = max(guess.at_least, offers[number].slack[other] + resolve)
        return -1

    def sign(self, day: int, offer: Offer, pressure: Mapping[str, float]) -> None:
        package = self.packages[offer.number]
        self.talks, self.agreed = 0, offer.number
        self.refusing = dict.fromkeys(SIDES, 0.0)
        self.deals += 1
        waited = bool(self.war.parties.voters) or self.war.trust.has_phase
        least = -self.now("talks.withdrawal_price") if waited else 0.0
        self.agreed_imposed = float(any(offer.slack[row] - pressure[side] <= least for row, side in enumerate(SIDES)))
        self.agreed_area = self.area_with(package)
        name = self.regime_id(package)
        places = [regime["id"] for regime in items(self.war.world["ceasefire"], "regimes")] if name else []
        self.agreed_regime = places.index(name) if name else -1
        self.war.note("deal signed", str(offer.number))
        if self.deals == 1:
            self.keep_first(day, offer, package)
        for side in SIDES:
            falls = self.falls_over(side, self.terms_value(side, package))
            if self.has_office(side) and self.war.luck.uniform(f"negotiation/falls/{side}", self.deals - 1) < falls:
                self.fallen[side] += 1
                self.new_resolve(side, self.war.luck.normal(f"negotiation/resolve_after_fall/{side}", self.deals - 1))
                self.war.note("leader falls", side)

    def keep_first(self, day: int, offer: Offer, package: Mapping[str, str]) -> None:
        self.package, self.deal_day = offer.number, day + 1
        self.imposed, self.area = self.agreed_imposed, self.agreed_area
        self.ceded = self.area - self.war.front.held_area
        for row, side in enumerate(SIDES):
            self.deal_surplus[side] = offer.surplus[row]
            wanted = self.terms_value(side, self.packages[self.demand[side]]) if self.demand[side] >= 0 else 0.0
            self.conceded[side] = wanted - self.terms_value(side, package)

    def state(self) -> dict[str, float]:
        state: dict[str, float] = {}
        for side in SIDES:
            state[f"weariness.{side}"] = self.weariness[side]
            state[f"war_support.{side}"] = self.support[side]
            state[f"recruiting.{side}"] = self.recruiting[side]
            state[f"believed_drift.{side}"] = self.drift[side].mean
            state[f"believed_balance.{side}"] = self.balance[side].mean
            state[f"momentum.{side}"] = self.momentum[side]
            state[f"force_trend.{side}"] = self.trend[side]
            state[f"value_of_fighting.{side}"] = self.value[side]
            state[f"foreseen_loss.{side}"] = self.outlook[side].foreseen
            state[f"resolve.{side}"] = self.resolve[side]
            state[f"resolve_seen.{side}"] = self.guess[side].mean
            state[f"demand.{side}"] = float(self.demand[side])
            state[f"conceded.{side}"] = self.conceded[side]
            state[f"deal_surplus.{side}"] = self.deal_surplus[side]
            state[f"temptation.{side}"] = self.temptation[side]
            state[f"leaders_fallen.{side}"] = self.fallen[side]
            state[f"refusing.{side}"] = self.refusing[side]
        state["nearest_slack"] = self.nearest_slack
        state["talks"], state["talks_opened"], state["talks_failed"] = float(self.talks), self.opened, self.failed
        state["offers_refused"], state["talking"] = float(self.refused), self.talking
        state["votes_held"], state["votes_lost"] = float(self.votes_held), float(self.votes_lost)
        state["plans_put"], state["phases_begun"] = float(self.plans_put), float(self.phases_begun)
        state["first_talks_day"], state["deal_package"] = float(self.first_day), float(self.package)
        state["dictated_package"], state["dictated_day"] = float(self.dictated_package), float(self.dictated_day)
        state["dictated_area"], state["dictated_ceded"] = self.dictated_area, self.dictated_ceded
        state["deals_signed"], state["deal_ceded"], state["front_moved"] = float(self.deals), self.ceded, self.front_moved
        state["agreed_package"], state["agreed_regime"] = float(self.agreed), float(self.agreed_regime)
        state["agreed_imposed"], state["agreed_area"] = self.agreed_imposed, self.agreed_area
        state["deal_day"], state["deal_imposed"], state["deal_area"] = float(self.deal_day), self.imposed, self.area
        return state
