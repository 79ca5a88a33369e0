"""What is out of line on the first days of a scenario: ten of them are played, without luck and before anything is planned.

Every number is at its centre; no halt, wave or offensive comes, only such events as are certain, and nothing is drawn from
day to day. The war that was seen then goes on as it was. Where something else moves, the numbers contradict one another.
So do a few pairs of them that are out of proportion to each other, which are told with them.
No deal can come so soon, since sides weigh one every fortnight.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sim.engine.calendar import DAYS_PER_MONTH, DAYS_PER_WEEK, DAYS_PER_YEAR
from sim.engine.draws import Floats
from sim.engine.world import InvariantBreach, Setting, World
from sim.model import simulate
from sim.model.parameters import SIDES
from sim.scenario import Scenario, ScenarioHead, quantities
from sim.scenario.wording import exact_number

DAYS = 10
# What comes by chance or on a date, and what luck of the days there is.
_PLANNED = ("arms.halts.", "arms.packages.", "manpower.waves.", "front.offensives.", "front.campaigns.", "events.")
_CHANCES = ("probability", "hazard_per_year", "begins_per_year")
_CERTAIN = "events."
_SPREAD = "front.advance_sd_km2_per_day"
_NOISE = ("attrition.noise_log_sd", "attrition.tempo_change_log_sd", _SPREAD)
# judgement: what is worth a line. In the shipped wars armies collapse at a rate of 0.01 a year at first, and stocks last for
# a year.
_HAZARD_PER_YEAR, _FORCE_A_WEEK, _FIRE, _INTAKE, _STOCK_LASTS_DAYS, _GROUND = 0.05, 0.03, 0.2, 0.8, 90.0, 0.5
# judgement: likewise. Losses come out within 16 % of what is stated, no army that is there is used up within three years,
# the smallest front, an island, lasts for a month, and a year before the start cost between a third of what it does now and
# a fifth more.
_LOSSES, _FORCE_LASTS_DAYS, _MAP_LASTS_DAYS, _YEARS_APART = 0.25, 26.0 * DAYS_PER_WEEK, 28.0, 5.0
# judgement: likewise. The smallest pool in the shipped wars lasts for seven months of its intake; an army of which a fifth
# falls on each day is one in thousands; and a year of war that costs all that is bargained over leaves nothing to fight for.
# A pace that wavers by three times the fastest that there is can hardly have been seen.
_POOL_LASTS_MONTHS, _FORCE_A_DAY, _COST, _SPREAD_OF_FASTEST = 5.0, 0.2, 1.0, 3.0
# judgement: likewise. In the shipped wars the front is six weeks of its pace or more from the next ending by ground, and two
# standard deviations of its luck, which one history in forty exceeds, do not bring it there within four weeks.
_NEAR_DAYS, _LUCK_DAYS, _SPREADS = 14.0, 28, 2.0


def first_days(scenario: Scenario[ScenarioHead]) -> list[str]:
    """Return in a sentence each what is out of line on the first days, with the path to look at and its place."""
    return [_with_place(scenario, line) for line in _out_of_line(scenario)]


def _with_place(scenario: Scenario[ScenarioHead], line: str) -> str:
    """Return a sentence with the line of the file in which what it begins with is written, if it is in one."""
    place = scenario.places.get(tuple(line.partition(":")[0].split(".")))
    return f"{line} (line {place.line} of {Path(place.file).name})" if place is not None and place.line else line


def _out_of_line(scenario: Scenario[ScenarioHead]) -> list[str]:
    centre = {path: quantity.central for path, quantity in quantities(scenario.world)}
    thousands = [line for side in SIDES for line in _thousands(centre, side)]
    if thousands:
        return thousands
    given = {path: np.array([0.0 if path in _NOISE or _by_chance(path, value) else value]) for path, value in centre.items()}
    one = np.zeros(1, dtype=np.int64)
    try:
        world, _ = simulate(
            scenario, Setting(scenario.world.start_date, DAYS, 1, one, landmarks=range(DAYS + 1), given=given)
        )
    except InvariantBreach as breach:
        return [f"the first {DAYS} days cannot be played: {breach}"]
    days = _Days(world, centre)
    if not days.at_war[-1]:
        when = int(np.argmin(days.at_war))
        what = "front.held_area_km2, and at what ends a war at once (aims, collapse)"
        return [f"the fighting is over after {when} days, before anything has happened. Look at {what}"]
    looks = (_collapse, _drift, _losses, _year, _intake, _fire, _stock, _cost)
    # Beside a map that is too small, so is all else that is measured on it.
    whole = ([*_ground(days)] or [*_near(days), *_areas(centre)]) + [*_spread(days)]
    return [*(line for side in range(len(SIDES)) for look in looks for line in look(days, side)), *whole]


def _thousands(centre: dict[str, float], side: str) -> Iterator[str]:
    """Yield that a force is so small beside its losses that it may have been written in thousands."""
    force, losses = centre[f"manpower.{side}.force_persons"], centre[f"attrition.{side}.daily_casualties"]
    if 1 <= force * _FORCE_A_DAY < losses:
        yield (
            f"manpower.{side}.force_persons: {exact_number(force)} persons for {exact_number(losses)} casualties a day: "
            "are these thousands? Write persons"
        )


def _cost(days: _Days, side: int) -> Iterator[str]:
    path = f"negotiation.{SIDES[side]}.cost_of_war_per_year"
    if days.at(path) > _COST:
        yield (
            f"{path}: a year of war costs {days.at(path):.3g} times all that is bargained over, so that any deal is better "
            "than a year of it. Write 0.01 for little, 0.5 for much"
        )


def _spread(days: _Days) -> Iterator[str]:
    spread, fastest = days.at(_SPREAD), days.at("front.fastest_km2_per_day")
    if spread > _SPREAD_OF_FASTEST * fastest:
        yield (
            f"{_SPREAD}: the pace differs from month to month by {spread:,.5g} km2 a day, where {fastest:,.5g} is the "
            "fastest that there is. Write by how much it did"
        )


def _areas(centre: dict[str, float]) -> Iterator[str]:
    """Yield the options that leave the attacker with more ground than is fought over."""
    total = centre["front.total_area_km2"]
    for path, area in centre.items():
        if path.startswith("negotiation.issues.") and path.endswith(".area_km2") and area > total:
            yield (
                f"{path}: the attacker keeps {exact_number(area)} km2, where {exact_number(total)} are fought over in all. "
                "Write less"
            )


def _by_chance(path: str, value: float) -> bool:
    """Return whether a number is a chance that something planned comes, which is not certain."""
    return path.startswith(_PLANNED) and path.endswith(_CHANCES) and not (path.startswith(_CERTAIN) and value == 1.0)


class _Days:
    """The fields of one history by name, (days + 1, ...), from the start on, and the numbers it was played with."""

    def __init__(self, world: World, centre: dict[str, float]) -> None:
        self._kept, self._centre = world.recorder.snapshots, centre

    def __getattr__(self, name: str) -> Floats:
        return np.array([self._kept[day][name] for day in range(DAYS + 1)], dtype=np.float64)[..., 0]

    def at(self, path: str) -> float:
        """Return a number of the scenario; NaN where there is none."""
        return self._centre.get(path, np.nan)


def _collapse(days: _Days, side: int) -> Iterator[str]:
    label, force = SIDES[side], days.force[-1, side]
    hazard = days.endured[-1, side] / (DAYS // DAYS_PER_WEEK * DAYS_PER_WEEK / DAYS_PER_YEAR)
    if hazard > _HAZARD_PER_YEAR:
        yield (
            f"collapse.{label}.force_share: at first the army collapses at a rate of {hazard:.2g} a year, with {force:,.0f} "
            f"at the front. Write a lower share, or look at manpower.{label}.force_persons"
        )


def _drift(days: _Days, side: int) -> Iterator[str]:
    """Yield what the past sends to the front, beyond what the war that goes on would, and how many desert."""
    label, force = SIDES[side], days.force[0, side]
    if force < 1:
        return
    path, a_week = f"manpower.{label}", DAYS_PER_WEEK / DAYS / force
    wounded = (days.cumulative_casualties - days.killed)[-1, side]
    too_many = (days.trained - days.recruited)[-1, side] * a_week
    if too_many > _FORCE_A_WEEK:
        yield (
            f"{path}.past_intake_per_month: at first {too_many:.0%} more of the force a week join it after training than are"
            " recruited. Write what was recruited before the start"
        )
    too_many = (days.returned[-1, side] - wounded * days.at(f"{path}.return_share")) * a_week
    if too_many > _FORCE_A_WEEK:
        yield (
            f"{path}.past_daily_casualties: at first {too_many:.0%} more of the force a week return from hospital than are "
            "wounded and will return. Write the casualties before the start"
        )
    left = days.deserted[-1, side] * a_week
    if left > _FORCE_A_WEEK:
        yield f"{path}.desertion_share_per_month: at first {left:.0%} of the force desert a week. Write a lower share"


def _levels(days: _Days) -> Floats:
    """Return force and fire of both sides over those at which losses and pace were seen."""
    return np.array([days.force[0] / days.reference_force[0], days.fire[0] / days.reference_fire[0]])


def _losses(days: _Days, side: int) -> Iterator[str]:
    """Yield losses that the force does not bear, or that are not those that are stated."""
    path, force = f"attrition.{SIDES[side]}.daily_casualties", days.force[0, side]
    stated = days.at(path) * days.at("attrition.level_factor")
    a_day = days.cumulative_casualties[-1, side] / DAYS
    net = a_day - (days.trained + days.returned)[-1, side] / DAYS
    if force < 1:
        return
    if net * _FORCE_LASTS_DAYS > force:
        yield (
            f"{path}: {a_day:,.0f} a day, less who joins, use up the force of {force:,.0f} in {force / net:,.0f} days. "
            "Write fewer, or look at force_persons and intake_per_month"
        )
        return
    first = days.cumulative_casualties[1, side]
    # On a day on which fire is another, losses are; that is said already.
    as_seen = np.all(np.abs(_levels(days) - 1.0) < 1e-9) and np.all(np.abs(days.fire[1] / days.fire[0] - 1.0) < _FIRE)
    if stated >= 1 and as_seen and abs(first / stated - 1.0) > _LOSSES:
        yield (
            f"{path}: the first day costs {first:,.0f}, where {stated:,.0f} are stated. Look at "
            "attrition.max_daily_loss_share, and at how hard both sides attack (front)"
        )


def _year(days: _Days, side: int) -> Iterator[str]:
    path = f"support.{SIDES[side]}.year_casualties_persons"
    year = days.at(path)
    now = days.cumulative_casualties[-1, side] / DAYS * DAYS_PER_YEAR
    # Without support there is no such number.
    if now >= 1 and not np.isnan(year) and not 1 / _YEARS_APART <= year / now <= _YEARS_APART:
        yield (
            f"{path}: a year of the war before is said to have cost {exact_number(year)}, and at the pace of the first "
            f"{DAYS} days a year costs {now:,.0f}. Leave it out to take the latter"
        )


def _intake(days: _Days, side: int) -> Iterator[str]:
    path, came = f"manpower.{SIDES[side]}", days.recruited[-1, side]
    wanted = days.at(f"{path}.intake_per_month") / DAYS_PER_MONTH * DAYS
    if came < _INTAKE * wanted:
        yield (
            f"{path}.pool_persons: the pool gives {came:,.0f} recruits in the first {DAYS} days, where intake_per_month asks"
            f" for {wanted:,.0f}. Write a larger pool"
        )
        return
    a_month, pool = days.at(f"{path}.intake_per_month"), days.at(f"{path}.pool_persons")
    if a_month * _POOL_LASTS_MONTHS > pool:
        yield (
            f"{path}.intake_per_month: {exact_number(a_month)} a month would empty the pool of {exact_number(pool)} in "
            f"{pool / a_month:.2g} months. Write fewer, or look at pool_persons"
        )


def _fire(days: _Days, side: int) -> Iterator[str]:
    label, fire = SIDES[side], days.fire[:, side]
    if abs(fire[1] / fire[0] - 1.0) > _FIRE:
        yield (
            f"arms.{label}.fire_at_start_share: fire goes from {fire[0]:.2f} at the start to {fire[1]:.2f} on the first day."
            " Look at what the sides do on that day, and at events"
        )


def _stock(days: _Days, side: int) -> Iterator[str]:
    label, ready, stock = SIDES[side], days.ready_fire[:, side], days.stock_days[:, side]
    spent = (stock[1] - stock[-1]) / (DAYS - 1)
    if spent * _STOCK_LASTS_DAYS > stock[-1]:
        yield (
            f"arms.{label}.production_fire_days_per_month: the stock of {stock[0]:,.3g} days of full fire is used up in "
            f"{stock[0] / spent:,.0f} days at the pace of the first {DAYS}. Look also at ration_days and the backers"
        )
    elif abs(ready[-1] / ready[1] - 1.0) > _FIRE:
        yield (
            f"arms.{label}.production_fire_days_per_month: the fire that the stock allows goes from {ready[1]:.2f} to "
            f"{ready[-1]:.2f} in the first {DAYS} days. Look also at ration_days and the backers"
        )


def _ground(days: _Days) -> Iterator[str]:
    seen, total = days.at("front.advance_km2_per_day"), days.at("front.total_area_km2")
    moved = (days.held_area[-1] - days.held_area[0]) / DAYS
    left = total - days.held_area[-1] if moved > 0 else days.held_area[-1]
    if abs(moved) * _MAP_LASTS_DAYS > left:
        yield (
            f"front.total_area_km2: at the pace of the first {DAYS} days, {moved:,.3g} km2 a day, the front leaves the "
            f"{total:,.5g} km2 that are fought over within {left / abs(moved):,.0f} days more. Look at advance_km2_per_day"
        )
        return
    # Where levels are not those at which it was seen, another pace is meant.
    if np.isnan(seen) or np.any(np.abs(_levels(days) - 1.0) > 1e-9):
        return
    if abs(moved - seen) > max(_GROUND * abs(seen), days.at(_SPREAD)):
        yield (
            f"front.advance_km2_per_day: the first {DAYS} days gain {moved:.3g} km2 a day, where {seen:.3g} is stated. Look"
            " at advance_settled_km2_per_day, advance_reverts_days, belts, and the area that is left"
        )


def luck_of_the_front(spread: float, memory_days: float, days: Floats) -> Floats:
    """Return the standard deviation of the ground that the noise of the pace has moved after some days, in km2.

    The noise is 0 at the start and returns to 0 with its memory; ground is its sum (Ornstein and Uhlenbeck, 1930).
    """
    span = days / memory_days
    found: Floats = spread * memory_days * np.sqrt(2.0 * span - 3.0 + 4.0 * np.exp(-span) - np.exp(-2.0 * span))
    return found


def _near(days: _Days) -> Iterator[str]:
    """Yield the endings by ground from which the front is a few days of its pace, or to which luck alone may bring it."""
    held, total = days.held_area[0], days.at("front.total_area_km2")
    moved = (days.held_area[-1] - held) / DAYS
    pace, ahead = np.nanmax(np.abs([moved, days.at("front.advance_km2_per_day")])), np.arange(1.0, _LUCK_DAYS + 1)
    luck = luck_of_the_front(days.at(_SPREAD), days.at("front.advance_reverts_days"), ahead)
    ends = {
        "front.held_area_km2": (0.0, "the attacker has lost all that he holds"),
        "front.total_area_km2": (total, "the attacker holds all"),
        **{f"aims.{side}.stops_at_km2": (days.at(f"aims.{side}.stops_at_km2"), f"the {side}'s aims") for side in SIDES},
    }
    for path, (end, what) in ends.items():
        distance = abs(end - held)
        # Who holds nothing at the start cannot lose it; and there may be no aims.
        if np.isnan(end) or not distance:
            continue
        left = distance - np.sign(end - held) * moved * ahead
        if distance <= _NEAR_DAYS * pace or np.any(left <= _SPREADS * luck):
            yield (
                f"{path}: the war begins {exact_number(distance)} km2 from an ending by ground ({what}), where a day's pace "
                f"is {pace:.3g} km2 and luck makes {luck[-1]:.3g} km2 in {_LUCK_DAYS} days (standard deviation): it may "
                "end by luck. Look at held_area_km2 and advance_sd_km2_per_day"
            )
