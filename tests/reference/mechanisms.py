"""The mechanisms of the reference model, section 7 of its description, each with its SimPy processes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import atanh, copysign, exp, inf, log, sqrt, tanh
from typing import Any

import simpy
from scipy.optimize import brentq

from .basics import (
    ARMS,
    ATTRITION,
    COLLAPSE,
    DAY,
    DAYS_PER_MONTH,
    DAYS_PER_YEAR,
    DECISION,
    FRONT,
    HALT,
    LOSSES,
    MANPOWER,
    OFFENSIVE_BEGINS,
    OFFENSIVE_ENDS,
    PACKAGE,
    POSTURE,
    ROUT,
    SIDES,
    WAVE_BEGINS,
    WAVE_ENDS,
    History,
    Luck,
    Process,
    Ranges,
    StagedDelay,
    at,
    day_of,
    gamma_from_normal,
    given,
    items,
    month_starts,
    nested,
    plain,
    today,
    whole_days,
)
from .ceasefire import Ceasefire
from .events import Events
from .negotiation import Politics
from .parties import Escalation, Parties
from .trust import Trust

SIGN = {"attacker": 1.0, "defender": -1.0}
LAWS = {"square": (0.0, 1.0), "linear": (1.0, 1.0), "logarithmic": (1.0, 0.0)}


class War:
    """One replication: its environment, its luck, its drawn parameters and all its mechanisms."""

    state: Callable[[], dict[str, float]]

    def __init__(self, world: Mapping[str, Any], parameters: Mapping[str, float], luck: Luck, ranges: Ranges) -> None:
        self.env = simpy.Environment()
        self.world = world
        self.parameters = parameters
        self.ranges = ranges
        self.drawn = nested(parameters)
        self.luck = luck
        self.start: date = plain(world["start_date"])
        self.history = History()
        self.at_war, self.mobilized, self.pledging = 1.0, 1.0, 1.0
        self.events = Events(self)
        self.arms = Arms(self)
        self.manpower = {side: Manpower(self, side) for side in SIDES}
        self.attrition = Attrition(self)
        self.front = Front(self)
        self.collapse = Collapse(self)
        self.decision = Decision(self)
        self.rout = Rout(self)
        self.politics = Politics(self)
        self.ceasefire = Ceasefire(self)
        self.escalation = Escalation(self)
        self.parties = Parties(self)
        self.trust = Trust(self)

    def every_day(self, place: int, step: Callable[[int], None]) -> None:
        """Run a step at this place of every day."""
        self.env.process(self._every_day(place, step))

    def _every_day(self, place: int, step: Callable[[int], None]) -> Process:
        yield self.env.timeout(place)
        while True:
            step(today(self.env))
            yield self.env.timeout(DAY)

    def every_month(self, place: int, step: Callable[[int], None]) -> None:
        """Run a step at this place of the first day of every month."""
        self.env.process(self._every_month(place, step))

    def _every_month(self, place: int, step: Callable[[int], None]) -> Process:
        for month, day in enumerate(month_starts(self.start)):
            yield at(self.env, day, place)
            step(month)

    def now(self, path: str) -> float:
        """The value in force of a parameter."""
        return self.events.value(path)

    def note(self, kind: str, name: str) -> None:
        self.history.events.append((today(self.env), kind, name))


def enemy(side: str) -> str:
    return "defender" if side == "attacker" else "attacker"


# Arms


@dataclass
class Halt:
    """A political interruption of a backer's aid."""

    id: str
    cut_share: float
    days: int
    for_good: bool
    chance_a_month: float | None = None
    until: float = -1


class Backer:
    """A backer and what it has on its way to its side."""

    def __init__(self, war: War, item: Mapping[str, Any], drawn: Mapping[str, float]) -> None:
        self.war = war
        self.id: str = item["id"]
        self.side: str = item["side"]
        self.aid_variation = float(plain(item["aid_variation"]))
        self.halts: list[Halt] = []

        past = drawn["past_aid_per_month_beur"] / DAYS_PER_MONTH
        share = drawn["from_stock_share"]
        self.from_stock = StagedDelay(plain(item["stock_stages"]), drawn["stock_delay_days"], past * share)
        self.from_production = StagedDelay(
            plain(item["production_stages"]), drawn["production_delay_days"], past * (1 - share)
        )
        self.absorption = StagedDelay(1, drawn["absorption_days"], past * (1 - drawn["cancelled_share"]))
        self.pledged = self.pledged_before = self.in_transit()
        self.pledge_rate = 0.0
        self.delivered = 0.0
        self.cancelled = 0.0

    def now(self, name: str) -> float:
        return self.war.now(f"arms.backers.{self.id}.{name}")

    def in_transit(self) -> float:
        return self.from_stock.content() + self.from_production.content() + self.absorption.content()

    def pledge(self, amount: float, from_stock_share: float) -> None:
        self.pledged += amount
        self.from_stock.put(amount * from_stock_share)
        self.from_production.put(amount * (1 - from_stock_share))

    def step(self) -> float:
        """A day of the pipeline; the days of fire it delivers."""
        self.absorption.set_mean(self.now("absorption_days"))
        self.from_stock.set_mean(self.now("stock_delay_days"))
        self.from_production.set_mean(self.now("production_delay_days"))
        delivered = self.absorption.step()
        self.delivered += delivered
        out = self.from_stock.step() + self.from_production.step()
        cancelled = self.now("cancelled_share") * out
        self.cancelled += cancelled
        self.absorption.put(out - cancelled)
        return self.now("fire_days_per_beur") * delivered


class Depot:
    """The materiel of a side, in days of full-rate fire."""

    def __init__(self, war: War, side: str, drawn: Mapping[str, float]) -> None:
        self.war = war
        self.side = side
        self.fire = self.ready_fire = drawn["fire_at_start_share"]
        self.stock_days = drawn["ration_days"] * self.fire / (1 - self.fire)
        has_reference = given(war.world["arms"][side], "reference_fire_share") is not None
        self.reference_fire = drawn["reference_fire_share"] if has_reference else self.fire
        self.produced_days = 0.0
        self.received_days = 0.0
        self.fired_days = 0.0

    def now(self, name: str) -> float:
        return self.war.now(f"arms.{self.side}.{name}")

    def step(self, received: float, firing: float, mobilized: float) -> None:
        self.ready_fire = self.stock_days / (self.stock_days + self.now("ration_days"))
        self.fire = min(self.ready_fire * firing, self.stock_days, 1.0) * self.war.trust.fighting
        produced = self.now("production_fire_days_per_month") / DAYS_PER_MONTH * mobilized
        self.stock_days += produced + received - self.fire
        self.produced_days += produced
        self.received_days += received
        self.fired_days += self.fire


class Arms:
    """Aid, its interruptions, and the fire of both sides."""

    def __init__(self, war: War) -> None:
        self.war = war
        world, drawn = war.world["arms"], war.drawn["arms"]
        self.depots = {side: Depot(war, side, drawn[side]) for side in SIDES}
        self.backers = {item["id"]: Backer(war, item, drawn["backers"][item["id"]]) for item in items(world, "backers")}
        for item in items(world, "halts"):
            values = drawn["halts"][item["id"]]
            share = values["for_good_share"] if given(item, "for_good_share") is not None else 0.0
            for_good = share > 0 and war.luck.uniform(f"arms/halt_for_good/{item['id']}", 0) < share
            halt = Halt(item["id"], values["cut_share"], whole_days(values["days"]), for_good)
            self.backers[item["backer"]].halts.append(halt)
            day = day_of(item, war.start)
            if day is not None:
                war.env.process(self.dated_halt(halt, day, values["probability"]))
            else:
                halt.chance_a_month = 1 - exp(-values["hazard_per_year"] / 12)
        war.every_month(PACKAGE, self.monthly_packages)
        for item in items(world, "packages"):
            day = day_of(item, war.start)
            if day is not None:
                war.env.process(self.dated_package(item, day, drawn["packages"][item["id"]]))
        war.every_day(ARMS, self.step)

    def dated_halt(self, halt: Halt, day: int, probability: float) -> Process:
        if day < 0 or self.war.luck.uniform(f"arms/halt/{halt.id}", 0) >= probability:
            return
        yield at(self.war.env, day, HALT)
        self.begin_halt(halt, day)

    def begin_halt(self, halt: Halt, day: int) -> None:
        if not self.war.at_war:
            return
        halt.until = inf if halt.for_good else day + halt.days
        self.war.note("halt for good" if halt.for_good else "halt", halt.id)

    def monthly_packages(self, month: int) -> None:
        day = self.war.env.now // DAY
        for backer in self.backers.values():
            for halt in backer.halts:
                if halt.chance_a_month is None or halt.until > day or month == 0 or not self.war.at_war:
                    continue
                draw = self.war.luck.uniform(f"arms/halt/{halt.id}", month)
                if draw < halt.chance_a_month:
                    ago = int(draw / halt.chance_a_month * DAYS_PER_MONTH)
                    until = inf if halt.for_good else day - ago + halt.days
                    if until > day:
                        halt.until = until
                        self.war.note("halt for good" if halt.for_good else "halt", halt.id)
        for backer in self.backers.values():
            score = self.war.luck.normal(f"arms/aid/{backer.id}", month)
            left = self.war.pledging
            for halt in backer.halts:
                if halt.until > day:
                    left *= 1 - halt.cut_share
            usual, made_up = self.usual_pledge(backer) * self.factor(backer), 0.0
            if backer.id in self.war.parties.through:
                made_up = self.war.parties.through[backer.id].made_up
            backer.pledge_rate = usual * left
            luck = gamma_from_normal(score, backer.aid_variation)
            backer.pledge((usual + made_up) * left * luck, backer.now("from_stock_share"))

    def usual_pledge(self, backer: Backer) -> float:
        """What a backer pledges a month, but for luck, halts and who decides about it."""
        return backer.now("aid_per_month_beur") * self.depots[backer.side].now("aid_scale")

    def factor(self, backer: Backer) -> float:
        """What the party that backs through it makes of that."""
        party = self.war.parties.through.get(backer.id)
        return party.pledge_factor if party is not None else 1.0

    def dated_package(self, item: Mapping[str, Any], day: int, values: Mapping[str, float]) -> Process:
        if day < 0 or self.war.luck.uniform(f"arms/package/{item['id']}", 0) >= values["probability"]:
            return
        yield at(self.war.env, day, PACKAGE)
        if self.war.at_war:
            backer = self.backers[item["backer"]]
            own_share = given(item, "from_stock_share") is not None
            share = values["from_stock_share"] if own_share else backer.now("from_stock_share")
            backer.pledge(values["amount_beur"] * self.depots[backer.side].now("aid_scale"), share)
            self.war.note("package", item["id"])

    def step(self, day: int) -> None:
        received = dict.fromkeys(SIDES, 0.0)
        for backer in self.backers.values():
            received[backer.side] += backer.step()
        for side, depot in self.depots.items():
            depot.step(received[side], self.firing() * self.war.at_war, self.war.mobilized)

    def firing(self) -> float:
        """How much is fired, of what the stocks allow: who is attacked fires too."""
        quiet, front = self.war.now("arms.quiet_fire_share"), self.war.front
        attack = sum(front.intensity.values()) / max(sum(front.reference_intensity.values()), 1e-9)
        return quiet + (1 - quiet) * attack


# Manpower


@dataclass
class Wave:
    """A wave of mobilization; one without a date is called when the force has shrunk."""

    id: str
    persons_a_day: float
    days: int
    force_below_share: float
    called: simpy.Event
    active: bool = False
    waiting: bool = False


class Manpower:
    """The persons of a side, in the morning and in the evening."""

    def __init__(self, war: War, side: str) -> None:
        self.war = war
        self.side = side
        world, drawn = war.world["manpower"], war.drawn["manpower"]
        own: Mapping[str, float] = drawn[side]
        self.pool_persons = own["pool_persons"]

        self.force = own["force_persons"]
        self.pool = self.pool_persons
        self.training = deque([own["past_intake_per_month"] / DAYS_PER_MONTH] * round(own["training_days"]))
        self.recovery = StagedDelay(
            plain(world[side]["return_stages"]),
            own["return_days"],
            own["past_daily_casualties"] * (1 - own["killed_share"]) * own["return_share"],
        )
        has_reference = given(world[side], "reference_force_persons") is not None
        self.reference_force = max(1.0, own["reference_force_persons"] if has_reference else self.force)
        self.peak_force = min(self.force, self.reference_force)
        self.killed = 0.0
        self.invalided = 0.0
        self.deserted = 0.0
        self.recruited = 0.0
        self.returned = 0.0
        self.arrivals = 0.0
        self.casualties = 0.0
        self.cumulative_casualties = 0.0
        self.claimed_casualties = 0.0

        self.called_up = 0.0
        self.waves: list[Wave] = []
        for item in items(world, "waves"):
            if item["side"] == side:
                self.plan_wave(item, drawn["waves"][item["id"]])
        war.every_day(MANPOWER, self.morning)
        war.every_day(LOSSES, self.evening)

    def now(self, name: str) -> float:
        return self.war.now(f"manpower.{self.side}.{name}")

    def plan_wave(self, item: Mapping[str, Any], values: Mapping[str, float]) -> None:
        if self.war.luck.uniform(f"manpower/wave/{item['id']}", 0) >= values["probability"]:
            return
        days = whole_days(values["over_days"])
        day = day_of(item, self.war.start)
        below = values["force_below_share"] if day is None else 0.0
        wave = Wave(item["id"], values["persons"] / days, days, below, self.war.env.event())
        self.waves.append(wave)
        if day is None:
            wave.waiting = True
            self.war.env.process(self.called_wave(wave))
        elif day >= 0:
            self.war.env.process(self.wave(wave, day))

    def called_wave(self, wave: Wave) -> Process:
        yield wave.called
        yield from self.wave(wave, today(self.war.env) + 1)

    def wave(self, wave: Wave, begin: int) -> Process:
        yield at(self.war.env, begin, WAVE_BEGINS)
        if not self.war.at_war:
            return
        wave.active = True
        self.called_up += wave.persons_a_day * wave.days
        self.war.note("wave begins", wave.id)
        yield at(self.war.env, begin + wave.days, WAVE_ENDS)
        wave.active = False
        self.war.note("wave ends", wave.id)

    def intake(self) -> float:
        share = self.pool / max(self.pool_persons, 1.0)
        regular = 0.0
        if share > 0:
            half = self.now("pool_half_share")
            recruiting = self.war.politics.recruiting[self.side]
            regular = self.now("intake_per_month") / DAYS_PER_MONTH * recruiting * share * (1 + half) / (share + half)
        waves = sum(wave.persons_a_day for wave in self.waves if wave.active)
        return min(regular + waves, self.pool) * self.war.mobilized

    def morning(self, day: int) -> None:
        intake = self.intake()
        self.pool -= intake
        self.recruited += intake
        self.training.append(intake)
        trained = self.training.popleft()
        self.recovery.set_mean(self.now("return_days"))
        returned = self.recovery.step()
        self.returned += returned
        self.arrivals = trained + returned
        self.force += self.arrivals
        self.peak_force = max(self.peak_force, min(self.force, self.reference_force))

    def evening(self, day: int) -> None:
        killed = self.now("killed_share") * self.casualties
        wounded = self.casualties - killed
        returning = self.now("return_share") * wounded
        self.force -= self.casualties
        self.killed += killed
        self.recovery.put(returning)
        self.invalided += wounded - returning

        deserted = self.now("desertion_share_per_month") / DAYS_PER_MONTH * self.force * self.war.at_war
        self.force -= deserted
        self.deserted += deserted

        if day % 7 == 6:
            for wave in self.waves:
                if wave.waiting and self.force < wave.force_below_share * self.reference_force:
                    wave.waiting = False
                    wave.called.succeed()


# Attrition


class Attrition:
    """The losses of both sides."""

    def __init__(self, war: War) -> None:
        self.war = war
        world = war.world["attrition"]
        self.law: str = plain(world["law"])
        self.steps_per_day = int(plain(world["steps_per_day"]))

        self.log_tempo = 0.0
        self.log_tempo_variance = 0.0
        self.tempo = 1.0
        self.noise = dict.fromkeys(SIDES, 0.0)
        war.every_month(ATTRITION, self.new_month)
        war.every_day(ATTRITION + 1, self.step)

    def now(self, name: str) -> float:
        return self.war.now(f"attrition.{name}")

    def exponents(self) -> tuple[float, float]:
        if self.law == "own":
            return self.now("own_exponent"), self.now("enemy_exponent")
        if self.law == "mixed":
            enemy = self.now("mixed_exponent")
            return 1.0 - enemy, enemy
        return LAWS[self.law]

    def new_month(self, month: int) -> None:
        if month == 0:
            return
        ar, sd = self.now("tempo_ar"), self.now("tempo_change_log_sd")
        self.log_tempo = ar * self.log_tempo + sd * self.war.luck.normal("attrition/tempo", month)
        self.log_tempo_variance = ar**2 * self.log_tempo_variance + sd**2
        self.tempo = exp(self.log_tempo - self.log_tempo_variance / 2)

    def noise_factor(self, side: str, day: int) -> float:
        z = self.war.luck.normal(f"attrition/noise/{side}", day)
        ar, sd = self.now("noise_ar"), self.now("noise_log_sd")
        if day == 0:
            self.noise[side] = sd * z
        else:
            self.noise[side] = ar * self.noise[side] + sd * sqrt(1 - ar**2) * z
        return exp(self.noise[side] - sd**2 / 2)

    def effort(self, side: str) -> float:
        """What of a side's losses comes of attacking and of being attacked, against that of the start."""
        quiet, own = self.now("quiet_share"), self.now("assault_share")

        def weighed(intensity: Mapping[str, float]) -> float:
            return own * intensity[side] + (1 - own) * intensity[enemy(side)]

        usual = weighed(self.war.front.reference_intensity)
        return quiet + (1 - quiet) * weighed(self.war.front.intensity) / (usual if usual else 1.0)

    def pace_of_losses(self, side: str, day: int) -> float:
        """What a side loses a day if both forces are at their reference."""
        mine, theirs = self.war.arms.depots[side], self.war.arms.depots[enemy(side)]
        share = self.now(f"{side}.fire_share")
        under_fire = (1 - share) * self.effort(side) * self.war.trust.fighting + share * theirs.fire / theirs.reference_fire
        kept_down = (max(mine.ready_fire, 0.01) / mine.reference_fire) ** -self.now("protection")
        pace = self.now(f"{side}.daily_casualties") * self.now("level_factor") * self.tempo * under_fire * kept_down
        pace *= self.war.escalation.harder[side]
        return pace * self.noise_factor(side, day) * self.war.at_war

    def step_loss(
        self, pace: float, own: float, own_reference: float, other: float, other_reference: float, morning: float
    ) -> float:
        own_exponent, enemy_exponent = self.exponents()
        loss: float = pace * (max(own, 1.0) / own_reference) ** own_exponent
        loss *= (max(other, 1.0) / other_reference) ** enemy_exponent
        return min(min(loss, self.now("max_daily_loss_share") * morning) / self.steps_per_day, max(own, 0.0))

    def step(self, day: int) -> None:
        attacker, defender = (self.war.manpower[side] for side in SIDES)
        pace_a, pace_d = (self.pace_of_losses(side, day) for side in SIDES)
        reference_a, reference_d = attacker.reference_force, defender.reference_force
        losses_a = losses_d = 0.0
        n = self.steps_per_day
        for j in range(n):
            yet_to_come = 1 - (j + 0.5) / n
            force_a = attacker.force - attacker.arrivals * yet_to_come - losses_a
            force_d = defender.force - defender.arrivals * yet_to_come - losses_d
            losses_a += self.step_loss(pace_a, force_a, reference_a, force_d, reference_d, attacker.force)
            losses_d += self.step_loss(pace_d, force_d, reference_d, force_a, reference_a, defender.force)
        attacker.casualties, defender.casualties = losses_a, losses_d
        attacker.cumulative_casualties += losses_a
        defender.cumulative_casualties += losses_d
        factor = self.now("level_factor")
        attacker.claimed_casualties += losses_a / factor if factor else losses_a
        defender.claimed_casualties += losses_d / factor if factor else losses_d


# The front


@dataclass
class Offensive:
    """A time in which a side attacks as hard as was planned."""

    id: str
    side: str
    day: int
    days: int
    intensity: float
    happens: bool
    active: bool = False


@dataclass
class Belt:
    """A fortified belt of land."""

    id: str
    held_by: str


POSTURES = ("hold", "prepare", "strike", "rest")


class Campaign:
    """What a side that plans campaigns is at, and since when."""

    def __init__(self, front: Front, side: str, at_start: str) -> None:
        self.front, self.side, self.posture = front, side, at_start
        self.since, self.casualties_before = 0, 0.0

    def now(self, name: str) -> float:
        return self.front.now(f"campaigns.{self.side}.{name}")

    def able(self) -> bool:
        front, people = self.front, self.front.war.manpower[self.side]
        enough = people.force >= self.now("needs_force_share") * people.reference_force
        return enough and front.war.arms.depots[self.side].ready_fire >= self.now("needs_fire_share")

    def push(self) -> float:
        return self.now("strike_intensity" if self.posture == "strike" else "between_intensity")

    def sees_prospect(self) -> bool:
        front = self.front
        harder = self.now("strike_intensity") - front.push[enemy(self.side)]
        ahead = SIGN[self.side] * (front.balance_today + front.lead()) + front.now("concentration") * harder
        return ahead - front.now("defenders_advantage") > self.now("prospect")

    def turn(self, day: int, posture: str, kind: str = "") -> None:
        self.posture, self.since = posture, day
        if kind:
            self.front.war.note(kind, self.side)

    def look(self, day: int) -> None:
        """The weekly look, from which at most one step follows."""
        if not self.front.war.at_war:
            if self.posture != "hold":
                self.turn(day, "hold")
        else:
            {"hold": self.begin, "prepare": self.go_or_drop, "strike": self.culminate, "rest": self.rise}[self.posture](day)

    def begin(self, day: int) -> None:
        luck = self.front.war.luck.uniform(f"front/campaign/{self.side}", day // 7)
        if self.sees_prospect() and luck < 1 - exp(-self.now("begins_per_year") * 7 / DAYS_PER_YEAR):
            self.turn(day, "prepare", "prepares")

    def go_or_drop(self, day: int) -> None:
        lasted, prepare_days = day - self.since, self.now("prepare_days")
        if not self.sees_prospect() or (not self.able() and lasted >= max(3 * prepare_days, 84)):
            self.turn(day, "hold", "drops plans")
        elif lasted >= prepare_days and not self.front.is_mud(day) and self.able():
            self.turn(day, "strike", "strikes")
            self.casualties_before = self.front.war.manpower[self.side].cumulative_casualties

    def culminate(self, day: int) -> None:
        people = self.front.war.manpower[self.side]
        lost = people.cumulative_casualties - self.casualties_before
        if (
            lost > self.now("culminates_loss_share") * (people.force + lost)
            or self.front.war.arms.depots[self.side].ready_fire < self.now("culminates_fire_share")
            or day - self.since >= self.now("longest_days")
        ):
            self.turn(day, "rest", "culminates")

    def rise(self, day: int) -> None:
        if day - self.since >= self.now("rest_days"):
            self.turn(day, "hold", "is ready again")


class Front:
    """The line between both, and how hard each attacks."""

    def __init__(self, war: War) -> None:
        self.war = war
        world, drawn = war.world["front"], war.drawn["front"]
        own: Mapping[str, float] = drawn
        self.total_area = own["total_area_km2"]
        self.mud_months = [int(plain(month)) for month in plain(world["mud_months"])]

        self.held_at_start = own["held_area_km2"]
        self.held_area = self.held_at_start
        self.free_area = self.total_area - self.held_area
        self.advance = self.handed_over = 0.0
        self.planned_ground = dict.fromkeys(SIDES, 0.0)

        self.belts = [Belt(item["id"], item["held_by"]) for item in items(world, "belts")]
        written = world.get("campaigns") or {}
        self.campaigns = {
            side: Campaign(self, side, given(written[side], "at_start") or "hold") for side in SIDES if written.get(side)
        }
        self.offensives: list[Offensive] = []
        for item in items(world, "offensives"):
            self.plan_offensive(item, drawn["offensives"][item["id"]])

        self.reference_intensity = {
            "attacker": own.get("attacker_reference_intensity", 1.0),
            "defender": own.get("defender_reference_intensity", own["counter_attack_share"]),
        }
        self.as_seen = {
            name: own[name] for name in ("concentration", "fastest_km2_per_day", "defenders_advantage", "decisive_balance")
        }
        self.trend = 1.0
        then = self.reference_intensity
        at_references = self.expected(self.lead() + self.massed(then), then) * self.season(0)
        self.noise = 0.0
        self.fading = own["advance_km2_per_day"] - at_references if "advance_km2_per_day" in own else 0.0
        self.push = {side: self.push_of(side) for side in SIDES}
        self.intensity = {side: push * self.season(0) for side, push in self.push.items()}
        self.balance_today = self.balance()
        self.drive = self.balance_today + self.lead() + self.massed(self.push)
        self.pace = self.expected(self.drive, self.push) * self.season(0) + self.fading

        self.lull, self.heading, self.area_before = 0, 0.0, self.held_area
        war.every_day(POSTURE, self.choose)
        war.every_day(FRONT, self.step)

    def now(self, name: str) -> float:
        return self.war.now(f"front.{name}")

    @property
    def fought_over(self) -> float:
        """The area that the attacker would hold if no land had been handed over."""
        return self.held_area - self.handed_over

    # Offensives.

    def plan_offensive(self, item: Mapping[str, Any], values: Mapping[str, float]) -> None:
        day = day_of(item, self.war.start)
        assert day is not None
        happens = self.war.luck.uniform(f"front/offensive/{item['id']}", 0) < values["probability"]
        side = given(item, "side") or "attacker"
        offensive = Offensive(item["id"], side, day, whole_days(values["days"]), values["intensity"], happens)
        self.offensives.append(offensive)
        if happens and day >= 0:
            self.war.env.process(self.offensive(offensive))

    def offensive(self, offensive: Offensive) -> Process:
        yield at(self.war.env, offensive.day, OFFENSIVE_BEGINS)
        if not self.war.at_war:
            return
        offensive.active = True
        self.war.note("offensive begins", offensive.id)
        yield at(self.war.env, offensive.day + offensive.days, OFFENSIVE_ENDS)
        offensive.active = False
        self.war.note("offensive ends", offensive.id)

    # What the balance is and what comes of it.

    def balance(self, forces: Mapping[str, float] | None = None, fires: Mapping[str, float] | None = None) -> float:
        """The balance, that of today or that of other forces and fires."""
        force, fire = {}, {}
        for side in SIDES:
            manpower, depot = self.war.manpower[side], self.war.arms.depots[side]
            force[side] = max(forces[side] if forces else manpower.force, 1.0) / manpower.reference_force
            fire[side] = max(fires[side] if fires else depot.ready_fire, 0.01) / depot.reference_fire
        from_force = self.now("force_elasticity") * log(force["attacker"] / force["defender"])
        return from_force + self.now("fire_elasticity") * log(fire["attacker"] / fire["defender"])

    def share_of_fastest(self, ahead: float) -> float:
        advantage = self.now("defenders_advantage")
        return tanh((ahead - advantage * tanh(ahead / advantage)) / self.now("decisive_balance"))

    def lead(self) -> float:
        """What the references themselves amount to."""
        own, name = self.war.drawn["front"], "advance_settled_km2_per_day"
        if name not in own:
            name = "advance_km2_per_day"
        if name not in own:
            people, depots = self.war.manpower, self.war.arms.depots
            force = log(people["attacker"].reference_force / people["defender"].reference_force)
            fire = log(depots["attacker"].reference_fire / depots["defender"].reference_fire)
            return self.now("force_elasticity") * force + self.now("fire_elasticity") * fire
        settled, counter = self.now(name), self.reference_intensity["defender"]
        share = min(abs(settled) / self.as_seen["fastest_km2_per_day"], 1 - 1e-12)
        found = 0.0
        if share > 0:
            advantage, overcome = self.as_seen["defenders_advantage"], self.as_seen["decisive_balance"] * atanh(share)
            # What is left of a balance is less than it, but no more than the advantage less.
            left = lambda x: x - advantage * tanh(x / advantage) - overcome  # noqa: E731
            found = copysign(brentq(left, 0.0, overcome + 2 * advantage, xtol=1e-14), settled)
        return found - self.as_seen["concentration"] * (1 - counter)

    def massed(self, push: Mapping[str, float]) -> float:
        return self.now("concentration") * (push["attacker"] - push["defender"])

    def expected(self, ahead: float, push: Mapping[str, float]) -> float:
        """The pace, but for season and noise."""
        share = self.share_of_fastest(ahead)
        attacks = push["attacker"] * self.trend if share > 0 else push["defender"]
        return self.now("fastest_km2_per_day") * share * attacks

    def is_mud(self, day: int) -> bool:
        return (self.war.start + timedelta(days=day)).month in self.mud_months

    def season(self, day: int) -> float:
        return self.now("mud_season_factor" if self.is_mud(day) else "dry_season_factor")

    # The morning.

    def push_of(self, side: str) -> float:
        """How hard a side chooses to attack."""
        planned = [offensive.intensity for offensive in self.offensives if offensive.side == side and offensive.active]
        if planned:
            push = 1.0
            for intensity in planned:
                push *= intensity
            return push
        if side in self.campaigns:
            return self.campaigns[side].push()
        return 1.0 if side == "attacker" else self.now("counter_attack_share")

    def choose(self, day: int) -> None:
        spread = self.now("advance_sd_km2_per_day")
        if day > 0:
            phi = exp(-1 / self.now("advance_reverts_days"))
            self.noise = phi * self.noise + spread * sqrt(1 - phi**2) * self.war.luck.normal("front/pace", day)
            self.fading *= phi
        if day == 0:
            for side, campaign in self.campaigns.items():
                if campaign.posture == "strike":
                    self.war.note("strikes", side)
        if day > 0 and day % 7 == 0:
            for campaign in self.campaigns.values():
                campaign.look(day)
        self.trend = max(0.0, 1 + self.now("intensity_trend_per_year") * (day - day % 7) / DAYS_PER_YEAR)
        self.push = {side: self.push_of(side) for side in SIDES}
        if day > 0 and day % 7 == 0:
            self.planned_ground = {side: self.plans(side, day) for side in SIDES}
        season, bought = self.season(day), exp(self.now("effort_log_sd") * self.noise / spread) if spread > 0 else 1.0
        self.intensity = {
            "attacker": self.push["attacker"] * self.trend * season * bought,
            "defender": self.push["defender"] * season / bought,
        }

    def plans(self, side: str, day: int) -> float:
        """The ground that a side counts on gaining by what only it knows of."""
        ahead: list[tuple[float, float]] = []
        campaign = self.campaigns.get(side)
        if campaign is not None and campaign.posture == "prepare" and campaign.able():
            ahead.append((campaign.now("strike_intensity"), campaign.now("longest_days")))
        for offensive in self.offensives:
            if offensive.side == side and offensive.happens and 0 < offensive.day - day <= self.now("plans_ahead_days"):
                ahead.append((offensive.intensity, offensive.days))
        standing = self.balance_today + self.lead()

        def pace(push: Mapping[str, float]) -> float:
            return self.expected(standing + self.massed(push), push)

        gains = ((pace({**self.push, side: intensity}) - pace(self.push), days) for intensity, days in ahead)
        return sum(days * max(0.0, SIGN[side] * gain) for gain, days in gains)

    # The day.

    def belt_factor(self, forward: bool) -> float:
        gained = self.held_area - self.held_at_start
        holder = "defender" if forward else "attacker"
        factor = 1.0
        for belt in self.belts:
            begin, depth = self.now(f"belts.{belt.id}.at_km2"), self.now(f"belts.{belt.id}.depth_km2")
            if belt.held_by == holder and begin <= gained < begin + depth:
                factor *= self.now(f"belts.{belt.id}.pace_share")
        return factor

    def step(self, day: int) -> None:
        self.balance_today = self.balance()
        self.drive = self.balance_today + self.lead() + self.massed(self.push)
        self.pace = self.expected(self.drive, self.push) * self.season(day)
        self.pace += (self.noise + self.fading) * min(2 * max(self.push.values()), 1.0)
        advance = (self.pace + self.war.rout.pace) * self.war.at_war * self.war.trust.fighting
        advance *= self.belt_factor(forward=advance > 0)
        self.advance = min(max(advance, -self.held_area), self.total_area - self.held_area)
        handed = self.war.ceasefire.handing_over
        self.held_area += self.advance + handed
        self.free_area -= self.advance + handed
        self.handed_over += handed
        if day % 7 == 6:
            self.tell_of_lulls()
        if day % 28 == 27:
            self.tell_of_turns()

    def tell_of_lulls(self) -> None:
        lull = int(max(self.push.values()) < 0.75 and self.war.at_war > 0)
        if lull > self.lull:
            self.war.note("lull begins", "")
        if lull < self.lull and self.war.at_war:
            self.war.note("lull ends", "")
        self.lull = lull

    def tell_of_turns(self) -> None:
        moved = self.fought_over - self.area_before
        self.area_before = self.fought_over
        if abs(moved) > self.now("advance_sd_km2_per_day") * 28:
            heading = copysign(1.0, moved)
            if heading == -self.heading:
                self.war.note("turn", "attacker" if heading > 0 else "defender")
            self.heading = heading


# Collapse


class Collapse:
    """The collapse of an army."""

    def __init__(self, war: War) -> None:
        self.war = war
        self.endures = {side: -log(1 - war.luck.uniform(f"collapse/{side}", 0)) for side in SIDES}
        self.suffered = dict.fromkeys(SIDES, 0.0)
        self.broken = 0
        war.every_day(COLLAPSE, self.step)

    def hazard_per_year(self, side: str, force: float | None = None, grown: float = 1.0) -> float:
        """The hazard, that of today or that of another force, which counts from there on and has grown by a factor."""
        manpower = self.war.manpower[side]
        size = manpower.force if force is None else force
        largest = max(manpower.peak_force, size)
        remains = min(1.0, grown * (size / largest if largest > 0 else 1.0))
        share, width, most = (
            self.war.now(f"collapse.{side}.{name}") for name in ("force_share", "width_share", "hazard_per_year")
        )
        strength = (remains - share) / width
        return most / (1 + exp(min(strength, 700.0)))

    def step(self, day: int) -> None:
        if day % 7 != 6 or not self.war.at_war:
            return
        when: dict[str, float] = {}
        for side in SIDES:
            hazard = self.hazard_per_year(side)
            before = self.suffered[side]
            hazard *= self.war.trust.fighting
            self.suffered[side] += hazard * 7 / DAYS_PER_YEAR
            if self.suffered[side] >= self.endures[side]:
                when[side] = (self.endures[side] - before) / hazard if hazard > 0 else 0.0
        if when:
            side = min(when, key=lambda name: when[name])
            self.broken = 1 if side == "attacker" else 2
            self.war.note("collapse", side)


# Who has decided the war


class Decision:
    """Collapse, conquest, and aims that are reached; `decided` is the number of the ending."""

    def __init__(self, war: War) -> None:
        self.war = war
        self.decided = 0
        self.reached = dict.fromkeys(SIDES, 0.0)
        self.could_lose = {"attacker": war.front.held_area > 1e-6, "defender": war.front.free_area > 1e-6}
        war.every_day(DECISION, self.step)

    def has_its_aims(self, side: str) -> bool:
        aims = self.war.world.get("aims") or {}
        if not aims.get(side):
            return False
        area, wanted = self.war.front.fought_over, self.war.now(f"aims.{side}.stops_at_km2")
        return area >= wanted if side == "attacker" else area <= wanted

    def step(self, day: int) -> None:
        if day % 7 != 6:
            return
        self.reached = {side: float(self.has_its_aims(side)) for side in SIDES}
        if self.decided or not self.war.at_war:
            return
        front = self.war.front
        if self.war.collapse.broken:
            self.decided = self.war.collapse.broken
        elif self.could_lose["defender"] and front.free_area <= 1e-6:
            self.decided = 5
        elif self.could_lose["attacker"] and front.held_area <= 1e-6:
            self.decided = 6
        elif self.reached["attacker"]:
            self.decided = 7
        elif self.reached["defender"]:
            self.decided = 8
        elif self.war.escalation.widened:
            self.decided = 9
        if 4 < self.decided < 9:
            self.war.note("conquest" if self.decided < 7 else "aims reached", "")

    @property
    def dictator(self) -> str | None:
        """Who can dictate terms."""
        return {1: "defender", 2: "attacker", 5: "attacker", 6: "defender"}.get(self.decided)


# Routs


class Rout:
    """Fronts that break for some days."""

    def __init__(self, war: War) -> None:
        self.war = war
        self.times = dict.fromkeys(SIDES, 0)
        self.suffered, self.shaken = dict.fromkeys(SIDES, 0.0), dict.fromkeys(SIDES, 0.0)
        self.pace, self.last_day = 0.0, -1
        self.running = ""
        if "rout" in war.world:
            war.every_day(ROUT, self.step)

    def now(self, side: str, name: str) -> float:
        return self.war.now(f"rout.{side}.{name}")

    def hazard_per_year(self, side: str) -> float:
        people = self.war.manpower[side]
        lost = max(0.0, 1 - people.force / people.peak_force) if people.peak_force > 0 else 0.0
        ahead = self.war.front.drive
        against = (ahead if side == "defender" else -ahead) + self.now(side, "loss_weight") * lost
        steepness = (self.now(side, "balance_against") - against) / self.now(side, "balance_width")
        attacks = self.war.front.intensity[enemy(side)]
        return self.now(side, "hazard_per_year") * attacks / (1 + exp(min(steepness, 700.0)))

    def step(self, day: int) -> None:
        if self.running and not self.war.at_war:
            self.running, self.pace = "", 0.0
        if self.running and day == self.last_day:
            self.war.note("rout ends", self.running)
            self.running, self.pace = "", 0.0
        if day % 7 != 6 or self.running or not self.war.at_war or self.war.decision.decided:
            return
        when: dict[str, float] = {}
        for side in SIDES:
            more = self.hazard_per_year(side) * 7 / DAYS_PER_YEAR * self.war.trust.fighting
            endures = -log(1 - self.war.luck.uniform(f"rout/{side}", self.times[side]))
            if self.suffered[side] + more >= endures:
                when[side] = (endures - self.suffered[side]) / more if more > 0 else 0.0
            self.suffered[side] += more
        if not when:
            return
        side = min(when, key=lambda name: when[name])
        self.running, self.last_day = side, day + whole_days(self.now(side, "days"))
        self.pace = self.now(side, "pace_km2_per_day") * (1 if side == "defender" else -1)
        self.shaken[side] += self.now(side, "weariness_shock")
        self.times[side] += 1
        self.suffered[side] = 0.0
        self.war.note("rout", side)
