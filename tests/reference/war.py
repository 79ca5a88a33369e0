"""One replication of the war, as a plain SimPy model."""

from collections.abc import Mapping
from typing import Any

from .basics import DAY, RECORDER, SIDES, History, Luck, Ranges
from .mechanisms import POSTURES, War

__all__ = ["History", "Luck", "simulate"]


class Recorder:
    """Writes the state down at the start and at the end of every day."""

    def __init__(self, war: War) -> None:
        self.war = war
        war.state = self.state
        war.politics.make_demands()
        self.series: dict[str, list[float]] = {name: [] for name in self.state()}
        war.history.series = self.series
        self.record()
        war.every_day(RECORDER, lambda day: self.record())

    def state(self) -> dict[str, float]:
        war = self.war
        state: dict[str, float] = {}
        for side in SIDES:
            depot, people = war.arms.depots[side], war.manpower[side]
            state[f"fire.{side}"] = depot.fire
            state[f"ready_fire.{side}"] = depot.ready_fire
            state[f"stock_days.{side}"] = depot.stock_days
            state[f"produced_days.{side}"] = depot.produced_days
            state[f"received_days.{side}"] = depot.received_days
            state[f"fired_days.{side}"] = depot.fired_days
            state[f"force.{side}"] = people.force
            state[f"peak_force.{side}"] = people.peak_force
            state[f"pool.{side}"] = people.pool
            state[f"in_training.{side}"] = sum(people.training)
            state[f"recovering.{side}"] = people.recovery.content()
            state[f"killed.{side}"] = people.killed
            state[f"invalided.{side}"] = people.invalided
            state[f"deserted.{side}"] = people.deserted
            state[f"recruited.{side}"] = people.recruited
            state[f"returned.{side}"] = people.returned
            state[f"called_up.{side}"] = people.called_up
            state[f"arrivals.{side}"] = people.arrivals
            state[f"casualties.{side}"] = people.casualties
            state[f"cumulative_casualties.{side}"] = people.cumulative_casualties
            state[f"claimed_casualties.{side}"] = people.claimed_casualties
            campaign = war.front.campaigns.get(side)
            state[f"intensity.{side}"] = war.front.intensity[side]
            state[f"reference_intensity.{side}"] = war.front.reference_intensity[side]
            state[f"posture.{side}"] = float(POSTURES.index(campaign.posture)) if campaign is not None else 0.0
            state[f"planned_ground.{side}"] = war.front.planned_ground[side]
        for event in war.events.all:
            state[f"event_count.{event.id}"] = float(event.times)
        for backer in war.arms.backers.values():
            state[f"pledged_beur.{backer.id}"] = backer.pledged
            state[f"delivered_beur.{backer.id}"] = backer.delivered
            state[f"cancelled_beur.{backer.id}"] = backer.cancelled
            state[f"pledge_rate.{backer.id}"] = backer.pledge_rate
            state[f"in_transit_beur.{backer.id}"] = backer.in_transit()
        state["tempo"] = war.attrition.tempo
        state["held_area"] = war.front.held_area
        state["free_area"] = war.front.free_area
        state["advance"], state["handed_over"] = war.front.advance, war.front.handed_over
        state["pace"], state["drive"] = war.front.pace, war.front.drive
        state["balance"] = war.front.balance_today
        state["lull"] = float(war.front.lull)
        state["rout_pace"] = war.rout.pace
        for side in SIDES:
            state[f"routs.{side}"], state[f"shaken.{side}"] = float(war.rout.times[side]), war.rout.shaken[side]
            state[f"aims_reached.{side}"] = war.decision.reached[side]
        state["decided"] = float(war.decision.decided)
        state["broken"] = float(war.collapse.broken)
        state |= war.politics.state()
        state |= war.ceasefire.state()
        state |= war.escalation.state() | war.parties.state() | war.trust.state()
        state["at_war"], state["mobilized"], state["pledging"] = war.at_war, war.mobilized, war.pledging
        return state

    def record(self) -> None:
        for name, value in self.state().items():
            self.series[name].append(value)


def simulate(
    world: Mapping[str, Any], parameters: Mapping[str, float], luck: Luck, days: int, ranges: Ranges | None = None
) -> History:
    """Play one replication of a scenario with these drawn parameters for so many days; knobs keep to their ranges."""
    war = War(world, parameters, luck, ranges or {})
    Recorder(war)
    if days > 0:
        war.env.run(until=days * DAY)
    return war.history
