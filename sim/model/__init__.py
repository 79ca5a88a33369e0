"""The war as a tuple of mechanisms: `MECHANISMS` is the model's table of contents, in the order of the day."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field as Option
from pydantic import ValidationError, ValidationInfo, create_model, field_validator, model_validator

from sim.engine.calendar import DAYS_PER_YEAR
from sim.engine.mechanism import Mechanism
from sim.engine.world import Setting, World
from sim.model.arms import Arms
from sim.model.asked import Moment
from sim.model.attrition import Attrition
from sim.model.beliefs import Beliefs
from sim.model.ceasefire import Ceasefire
from sim.model.collapse import Collapse
from sim.model.conditions import watchable
from sim.model.decision import Aims
from sim.model.escalation import Escalation, provocation_flaws
from sim.model.events import Events, ScenarioEvent, event_flaws, knob_ranges
from sim.model.front import Front
from sim.model.manpower import Manpower
from sim.model.outcomes import Outcome
from sim.model.parameters import SIDES, Drawn
from sim.model.parties import Parties
from sim.model.party import Party, party_flaws, ratified_flaws
from sim.model.rout import Rout
from sim.model.stakes import regime_flaws, window_flaws
from sim.model.support import Support
from sim.model.talks import Talks
from sim.model.truces import Truces
from sim.scenario import FieldError, Flaw, Quantity, Scenario, ScenarioHead, all_by_default
from sim.scenario.wording import listed, quoted

MECHANISMS: tuple[type[Mechanism], ...] = (
    Events, Arms, Manpower, Attrition, Front, Collapse, Aims, Rout, Support, Beliefs, Truces, Escalation, Parties, Talks,
    Ceasefire,
)  # fmt: skip
# Optional, and left out together by a scenario in which no one negotiates.
POLITICS = (Support, Beliefs, Talks, Ceasefire)

# Appointments come first, the scenario's own before all, and what they change is settled once a day, when all that happens
# is known; manpower books the losses of the day after the battle. What a decision or a deal has ended is over before
# conditions of events are looked for.
ORDER_OF_THE_DAY = (
    "event begins", "event ends", "event effects",
    "halt", "package", "wave begins", "wave ends", "offensive begins", "offensive ends", "party election",
    "posture", "arms", "manpower", "attrition", "front", "losses", "collapse", "decision", "rout",
    "support", "beliefs", "trust", "escalation", "parties", "negotiation", "rest", "ceasefire", "events",
)  # fmt: skip


# Losses of a side before the start: if left out, those at the start went on.
_PAST_LOSSES = "past_daily_casualties"


def _a_day(losses: Any, side: str, otherwise: float) -> float:
    """Return what a side loses a day at the start; `otherwise` where the section is wrong, which is said by itself."""
    if losses is None:
        return otherwise
    return float(losses.level_factor.central * getattr(losses, side).daily_casualties.central)


class _Checked(ScenarioHead):
    """A scenario whose sections fit together, and whose events name knobs and quantities that there are."""

    @model_validator(mode="before")
    @classmethod
    def _support_by_default(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and raw.get(Talks.name) is not None and Support.name not in raw:
            return {**raw, Support.name: {}}
        return raw

    @model_validator(mode="before")
    @classmethod
    def _losses_went_on(cls, raw: Any) -> Any:
        forces = raw.get(Manpower.name) if isinstance(raw, dict) else None
        if not isinstance(forces, dict):
            return raw
        without = [side for side in SIDES if isinstance(own := forces.get(side), dict) and own.get(_PAST_LOSSES) is None]
        if not without:
            return raw
        try:
            losses = Attrition.parameters.model_validate(raw.get(Attrition.name))
        except ValidationError:
            losses = None
        filled = {side: {**forces[side], _PAST_LOSSES: _a_day(losses, side, 0.0)} for side in without}
        return {**raw, Manpower.name: {**forces, **filled}}

    @field_validator(Support.name, mode="before", check_fields=False)
    @classmethod
    def _a_year_as_now(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, dict):
            return value
        losses, filled = info.data.get(Attrition.name), {}
        for side in SIDES:
            own = value.get(side, {})
            if isinstance(own, dict) and own.get("year_casualties_persons") is None:
                a_day = _a_day(losses, side, 1.0)
                filled[side] = {**own, "year_casualties_persons": max(round(DAYS_PER_YEAR * a_day), 1)}
        return {**value, **filled}

    @model_validator(mode="after")
    def _check_politics(self) -> Self:
        given = [mechanism.name for mechanism in POLITICS if getattr(self, mechanism.name) is not None]
        missing = [mechanism.name for mechanism in POLITICS if mechanism.name not in given]
        if given and missing:
            message = f"section {listed([quoted(name) for name in missing])} is missing: {given[0]} comes with it"
            together = listed([mechanism.name for mechanism in POLITICS])
            raise FieldError(Flaw(message, f"Write all of {together}, or extend a scenario that has them"))
        if given:
            known = [regime.id for regime in getattr(self, Ceasefire.name).regimes]
            flaws = list(regime_flaws(getattr(self, Talks.name), known))
            if flaws:
                raise FieldError(*flaws)
        return self

    @model_validator(mode="after")
    def _check_others(self) -> Self:
        parties, talks, ceasefire = (getattr(self, one.name) for one in (Parties, Talks, Ceasefire))
        regimes = [regime.id for regime in ceasefire.regimes] if ceasefire is not None else []
        flaws = list(party_flaws(parties, getattr(self, Arms.name).backers, regimes, talks))
        flaws += ratified_flaws(parties, talks.red_lines) if talks is not None else []
        if getattr(self, Truces.name) is not None and talks is None:
            message = "nothing is negotiated about in this scenario, so that no one has to trust anyone"
            raise FieldError(Flaw(message, "Remove it", (Truces.name,)))
        escalation = getattr(self, Escalation.name)
        flaws += provocation_flaws(escalation, talks) if escalation is not None else []
        if flaws:
            raise FieldError(*flaws)
        return self

    @model_validator(mode="after")
    def _check_conditions(self) -> Self:
        fields = [field for mechanism in MECHANISMS for field in mechanism.fields(getattr(self, mechanism.name))]
        flaws = list(event_flaws(self, getattr(self, Events.name), fields))
        talks = getattr(self, Talks.name)
        flaws += window_flaws(talks, watchable(fields)) if talks is not None else []
        if flaws:
            raise FieldError(*flaws)
        return self


def _declared(mechanism: type[Mechanism]) -> tuple[Any, Any]:
    """Return the type of a mechanism's section, and what stands for it where it is left out: ... if it cannot be."""
    section: Any = mechanism.parameters
    if mechanism.optional:
        return section | None, None
    needed = any(field.is_required() for field in section.model_fields.values())
    return section, ... if needed else all_by_default()


_sections: dict[str, Any] = {
    mechanism.name: _declared(mechanism) for mechanism in MECHANISMS if mechanism not in (Events, Parties)
}
_sections[Parties.name] = (
    list[Party[Quantity]],
    Option(default=[], description="Who decides beside the two sides: backers with a will, guarantors who must consent."),
)
# Events are things by name, which may be left out, and stand at the end of a file.
_sections[Events.name] = (
    list[ScenarioEvent[Quantity]],
    Option(default=[], description="What else happens, when, and which knobs it changes."),
)
WarScenario: type[ScenarioHead] = create_model("WarScenario", __base__=_Checked, **_sections)
"""A scenario's head together with a section for each mechanism and its events."""

# Outcomes of all histories together: those above and below the line.
RATIOS = {one.name: one.parts for mechanism in MECHANISMS for one in mechanism.outcomes if one.parts is not None}
EVENT_KINDS = {name: kind for mechanism in MECHANISMS for name, kind in mechanism.kinds.items()}


def _of_rows(attribute: str) -> dict[str, Any]:
    """Return what outcomes, or values of categories, declare of an attribute, by the ids of their rows."""
    found: dict[str, Any] = {}
    for outcome in (one for mechanism in MECHANISMS for one in mechanism.outcomes):
        value = getattr(outcome, attribute)
        found |= value if isinstance(value, Mapping) else {outcome.name: value} if value else {}
    return found


# What studies look at unless they are told which, in this order; and what comparisons say in words.
HEADLINE = tuple(sorted(ranks := _of_rows("headline"), key=lambda name: ranks[name]))
TOLD_OF_COMPARISONS = frozenset(_of_rows("told"))
NOT_DRAWN = frozenset(one.name for mechanism in MECHANISMS for one in mechanism.outcomes if not one.drawn)


def section(scenario: Scenario[ScenarioHead], mechanism: type[Mechanism]) -> Any:
    """Return the section of the scenario with the parameters of `mechanism`."""
    return getattr(scenario.world, mechanism.name)


def outcomes_of(scenario: Scenario[ScenarioHead]) -> list[tuple[Outcome, Any]]:
    """Return the outcomes that histories of a scenario have, each with the section of its mechanism.

    What decides last in a day is told first: how the war ends, then deals, the front, losses, forces, arms.
    """
    sections = [(mechanism, section(scenario, mechanism)) for mechanism in reversed(MECHANISMS)]
    events: list[ScenarioEvent[Quantity]] = section(scenario, Events)
    # With them the names of the sections that there are, on which outcomes of others may hang.
    touched = {path for event in events for path in event.effect} | {one.name for one, own in sections if own is not None}
    return [(outcome, own) for mechanism, own in sections for outcome in mechanism.outcomes_of(own, touched)]


def moments_of(scenario: Scenario[ScenarioHead]) -> dict[str, Moment]:
    """Return the moments that histories of a scenario can have, by name."""
    present = (mechanism for mechanism in MECHANISMS if section(scenario, mechanism) is not None)
    return {moment.name: moment for mechanism in present for moment in mechanism.moments}


def simulate(scenario: Scenario[ScenarioHead], setting: Setting) -> tuple[World, Drawn]:
    """Run one batch of a scenario; return its world, with all fields as they are at the end, and what was drawn.

    Raises
    ------
    InvariantBreach
        When something that must always hold does not.
    """
    declared = [(m.name, field) for m in MECHANISMS for field in m.fields(section(scenario, m))]
    world = World(setting, ORDER_OF_THE_DAY, declared)
    drawn = Drawn(scenario.world, world.assumptions, scenario.world.correlations, setting.given)
    drawn.ranges.update(knob_ranges(scenario.world))
    world.run([mechanism(world, section(scenario, mechanism), drawn) for mechanism in MECHANISMS])
    return world, drawn
