"""Ceasefire regimes: what is put between the armies, and how long a ceasefire lasts with it.

The hazard of a ceasefire's collapse is that of its first weeks, which fades, and one that stays for years; what the regime
puts in place lowers both. Both may be chosen by word from what is on record (`base_rates`). How much institutions matter at
all is disputed, so that one number scales all of them.

Sources: directions of the effects after Fortna 2003 and Werner and Yuen 2005, who give no numbers that could be used here;
against them Lo, Hashimoto and Reiter 2008; presence of guards set so that the density of Bosnia in 1995 (55 a km) gives 0.6.

One hazard serves twice: what the sides expect of a deal (`bargain`) and what befalls it (`ceasefire`). So do the obligations
of a regime, and the terms on which its guards stay: a mandate that has to be renewed, consent that may be withdrawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic

import numpy as np
from pydantic import Field as Option
from pydantic import model_validator

from sim.engine.calendar import DAYS_PER_YEAR
from sim.engine.draws import Floats
from sim.model.base_rates import EARLY, FADES, LATER
from sim.model.obligations import MOST_OBLIGATIONS, Obligation, what_may_be_broken
from sim.model.parameters import SideName
from sim.model.planned import whole_days
from sim.scenario import FieldError, Flaw, Item, N, Section, knob

TRUST_POINTS = 12


class Regime(Item, Generic[N]):
    """What comes with a ceasefire."""

    name: str | None = Option(default=None, min_length=1, description="How tables and chronicles call it.")
    zone_width_km: N = knob(
        "km", "Width of the demilitarized zone.", low=0, high=500, default=0, label="{item}: width of the zone"
    )
    zone_on: SideName | None = Option(
        default=None, description="On whose side of the line the zone lies, who then leaves it; half on each, if left out."
    )
    guards: N = knob(
        "persons", "Foreign troops that guard it, on the line.", low=0, high=10_000_000, default=0,
        label="{item}: foreign guards",
    )  # fmt: skip
    watches: N = knob(
        "share", "How far they only watch and hold nothing: 1 in all, 0 for troops that would hold the line.", low=0, high=1,
        default=0, label="{item}: observers only",
    )  # fmt: skip
    guarded_by: str | None = Option(default=None, min_length=1, description="Who sends the guards.")
    deploy_days: N = knob(
        "days", "Until all guards are in place, at an even pace.", low=0, high=3_650, default=90,
        label="{item}: days to deploy",
    )  # fmt: skip
    credibility: N = knob(
        "share", "How far guards and guarantors would really act.", low=0, high=1, default=0.7, label="{item}: credibility"
    )
    guarantee: N = knob(
        "share", "Help promised if the war begins again; 1 is an alliance.", low=0, high=1, default=0,
        label="{item}: guarantee",
    )  # fmt: skip
    guaranteed: SideName | None = Option(default=None, description="Whom the guarantee is given; both, if left out.")
    monitoring: N = knob(
        "share", "How well violations are watched and reported.", low=0, high=1, default=0, label="{item}: monitoring"
    )
    joint_commission: N = knob(
        "share", "How far a joint commission settles disputes.", low=0, high=1, default=0, label="{item}: joint commission"
    )
    mandate_days: N = knob(
        "days", "After which the mandate of the guards ends, again and again; 0: it has no end.", low=0, high=36_500,
        default=0, label="{item}: mandate",
    )  # fmt: skip
    renewed_share: N = knob(
        "share of mandates", "How often a mandate that ends is renewed; else the guards leave.", low=0, high=1, default=0,
        label="{item}: mandate renewed",
    )  # fmt: skip
    withdrawn_per_year: N = knob(
        "per year", "Rate at which consent to the guards is withdrawn, upon which they leave.", low=0, high=1000, default=0,
        label="{item}: consent withdrawn",
    )  # fmt: skip
    obligations: list[Obligation[N]] = Option(
        default_factory=list, description="What the sides owe in the ceasefire, each by its day."
    )

    @model_validator(mode="after")
    def _few_obligations(self) -> Regime[N]:
        if len(self.obligations) > MOST_OBLIGATIONS:
            message = f"a regime has at most {MOST_OBLIGATIONS} obligations, not {len(self.obligations)}"
            raise FieldError(Flaw(message, "Take together what is due on one day", ("obligations",)))
        return self

    @property
    def label(self) -> str:
        """The name as people read it."""
        return self.name or self.id.replace("_", " ")


# What of a regime counts for how long a ceasefire holds.
PARTS = ("zone_width_km", "guards", "watches", "credibility", "guarantee", "monitoring", "joint_commission")
# With how long it takes to come, and what decides whether the guards stay.
REGIME = (*PARTS, "deploy_days", "mandate_days", "renewed_share", "withdrawn_per_year")


class CeasefireParameters(Section, Generic[N]):
    """How ceasefires last, and the regimes that may be agreed."""

    gone: ClassVar[Mapping[str, str]] = {
        "first_year_hazard": "Write early_hazard: donbas_truces, and later_hazard_per_year: ceasefire_agreements",
        "hazard_shape": "Write early_days: in how many days the hazard of the first weeks fades",
    }

    early_hazard: N = knob(
        "cumulated hazard", "Of a bare truce in its first weeks, all in all; 1.6 lets one in five survive them.", low=0,
        high=100, default="donbas_truces", label="Early hazard of a bare truce", words=EARLY,
    )  # fmt: skip
    early_days: N = knob(
        "days", "In which the hazard of the first weeks falls to 37 %.", low=0.1, high=3_650,
        default="donbas_truces", label="Days in which the first hazard fades", words=FADES,
    )  # fmt: skip
    later_hazard_per_year: N = knob(
        "per year", "Hazard of a bare truce that stays for years; 0.13 lets seven in eight last another year.", low=0,
        high=100, default="between_states", label="Later hazard of a bare truce", words=LATER,
    )  # fmt: skip
    institutions: N = knob(
        "share", "How much institutions matter; 0 not at all, 1 as estimated.", low=0, high=1, default=0.5,
        label="How much institutions matter",
    )  # fmt: skip
    zone_effect: N = knob("log hazard", "Of a wide zone.", low=-10, high=10, default=-0.9, label="Effect of a wide zone")
    zone_scale_km: N = knob(
        "km", "Width at which a zone has 63 % of its effect.", low=0.1, high=500, default=8,
        label="Width at which a zone works",
    )  # fmt: skip
    guards_effect: N = knob(
        "log hazard", "Of guards everywhere on the line who would act.", low=-10, high=10, default=-0.9,
        label="Effect of guards",
    )  # fmt: skip
    presence_share: N = knob(
        "share", "Of the effect of guards that comes with their being there at all; the rest comes with density.",
        low=0, high=1, default=0, label="Effect of guards by presence alone",
    )  # fmt: skip
    present_persons: N = knob(
        "persons", "Guards with whom 63 % of that share is there; 0: it is all there with the first.", low=0,
        high=10_000_000, default=0,
        label="Guards who count as present",
    )  # fmt: skip
    front_km: N = knob("km", "Length of the line to be guarded.", low=0.1, high=100_000, label="Length of the line")
    guards_per_km: N = knob(
        "persons a km", "Density at which 63 % of the line is covered.", low=0.01, high=10_000, default=60,
        label="Guards a km for most of the effect",
    )  # fmt: skip
    guarantee_effect: N = knob(
        "log hazard", "Of a guarantee that is believed.", low=-10, high=10, default=-0.7, label="Effect of a guarantee"
    )
    monitoring_effect: N = knob("log hazard", "Of monitoring.", low=-10, high=10, default=-0.3, label="Effect of monitoring")
    commission_effect: N = knob(
        "log hazard", "Of a joint commission.", low=-10, high=10, default=-0.5, label="Effect of a joint commission"
    )
    withdrawal_days: N = knob(
        "days", "Until the zone is clear, at an even pace.", low=0, high=3_650, default=14,
        label="Days until the zone is clear",
    )  # fmt: skip
    imposed_effect: N = knob(
        "log hazard", "Of a deal signed only because of pressure.", low=-10, high=10, default=0.8,
        label="Effect of an imposed deal",
    )  # fmt: skip
    inconsistency_effect: N = knob(
        "log hazard", "Of a war in which all ground taken was lost again; 0 if it always moved one way.", low=-10, high=10,
        default=0.5, label="Effect of a front that went to and fro",
    )  # fmt: skip
    strategic_effect: N = knob(
        "log hazard per utility", "Of what the more tempted side expects of renewed war above its terms.", low=0, high=100,
        default=5, label="Effect of temptation to renew the war",
    )  # fmt: skip
    incident_effect: N = knob(
        "share", "Share of the hazard that follows the day's incidents.", low=0, high=1, default=0.2,
        label="Hazard that follows incidents",
    )  # fmt: skip
    incidents_per_day: N = knob(
        "incidents a day", "Mean on the whole line under a bare truce.", low=0, high=1e6, default=100,
        label="Incidents a day in a bare truce",
    )  # fmt: skip
    incident_log_sd: N = knob(
        "log", "Spread of the incidents from day to day.", low=0, high=1.5, default=0.8, label="Spread of incidents by day"
    )
    incident_branching: N = knob(
        "share", "Incidents that one incident calls forth the day after.", low=0, high=0.95, default=0.5,
        label="Incidents that call forth others",
    )  # fmt: skip
    burst_factor: N = knob(
        "factor", "Times the mean at which incidents are called a burst.", low=1, high=1_000, default=5,
        label="Incidents that count as a burst",
    )  # fmt: skip
    mobilized_share: N = knob(
        "share", "Share of recruitment and arms production that goes on in a ceasefire.", low=0, high=1, default=0.3,
        label="Mobilization kept in a ceasefire",
    )  # fmt: skip
    pledged_share: N = knob(
        "share", "Share of backers' pledges that goes on in a ceasefire.", low=0, high=1, default=0.3,
        label="Pledges kept in a ceasefire",
    )  # fmt: skip
    handover_days: N | None = knob(
        "days", "Over which land that a deal gives to the other side is handed over; it stays where it is if left out.",
        low=0, high=36_500, default=None, label="Days to hand over land",
    )  # fmt: skip
    land_overdue_effect: N = knob(
        "log hazard", "While land has not been handed over that was due.", low=-10, high=10, default=0,
        label="Effect of land not handed over",
    )  # fmt: skip
    settled_after_years: N = knob(
        "years", "After which a ceasefire counts as a settlement.", low=0.01, high=100, default=10,
        label="Years until a ceasefire is settled",
    )  # fmt: skip
    regimes: list[Regime[N]] = Option(default_factory=list, description="The regimes that options of an issue may name.")


def presence_on_the_line(guards: Floats, front_km: Floats, guards_per_km: Floats) -> Floats:
    """Return the share of the line that guards cover, in 0..1.

    >>> presence_on_the_line(np.array([0.0, 60_000.0]), np.array([1100.0]), np.array([60.0])).round(3)
    array([0.   , 0.597])
    """
    covered: Floats = -np.expm1(-guards / front_km / guards_per_km)
    return covered


def guarding(knobs: CeasefireParameters[Floats], part: Mapping[str, Floats]) -> Floats:
    """Return which share of the effect of guards everywhere who would act those have who are there; in 0..1.

    Some of it comes with their being there at all, as that of missions of a few thousand does; the rest with their density
    on the line, for those who would hold it and act. Parameters as in `institutions_effect`.
    """
    some = knobs.present_persons > 0
    there = np.where(some, -np.expm1(-part["guards"] / np.where(some, knobs.present_persons, 1.0)), part["guards"] > 0)
    holding = presence_on_the_line(part["guards"], knobs.front_km, knobs.guards_per_km) * (1.0 - part["watches"])
    share: Floats = knobs.presence_share * there + (1.0 - knobs.presence_share) * holding * part["credibility"]
    return share


def institutions_effect(knobs: CeasefireParameters[Floats], part: Mapping[str, Floats]) -> Floats:
    """Return the effect on the log of the hazard of what stands between the armies, before it is scaled.

    Parameters
    ----------
    knobs : CeasefireParameters
        The values in force of the section, (n,) each.
    part : mapping
        What is in place of each of `PARTS`, (n,) or (regimes, n).
    """
    zone = 1.0 - np.exp(-part["zone_width_km"] / knobs.zone_scale_km)
    return (
        knobs.zone_effect * zone
        + knobs.guards_effect * guarding(knobs, part)
        + knobs.guarantee_effect * part["guarantee"] * part["credibility"]
        + knobs.monitoring_effect * part["monitoring"]
        + knobs.commission_effect * part["joint_commission"]
    )


def clock(knobs: CeasefireParameters[Floats], years: Floats) -> Floats:
    """Return the hazard of a bare truce cumulated over `years`, while nothing else raises it.

    Parameters
    ----------
    knobs : CeasefireParameters
        The values in force of the section, (n,) each.
    years : array
        Of a shape that goes with them.
    """
    early: Floats = -knobs.early_hazard * np.expm1(-DAYS_PER_YEAR / knobs.early_days * years)
    return early + knobs.later_hazard_per_year * years


def relative_hazard(knobs: CeasefireParameters[Floats], part: Mapping[str, Floats]) -> Floats:
    """Return the hazard with what is in place as a share of that of a bare truce; parameters as in `institutions_effect`."""
    return np.exp(knobs.institutions * institutions_effect(knobs, part))


def in_place(part: Mapping[str, Floats], days: Floats, withdrawal_days: Floats) -> dict[str, Floats]:
    """Return what of a regime is in place after `days`: the zone and the guards come evenly, all else at once.

    Parameters
    ----------
    part : mapping
        The whole regime: `PARTS` and `deploy_days`.
    days, withdrawal_days : array
        Of a shape that goes with the parts.
    """
    come = {name: part[name] for name in PARTS}
    come["guards"] = part["guards"] * even_share(days, part["deploy_days"])
    come["zone_width_km"] = part["zone_width_km"] * even_share(days, withdrawal_days)
    return come


def even_share(days: Floats, until: Floats) -> Floats:
    """Return the share of something in place after `days`, if it is put there evenly `until` a day.

    >>> even_share(np.array([1.0, 1.0, 40.0]), np.array([10.0, 0.0, 10.0]))
    array([0.1, 1. , 1. ])
    """
    return np.minimum(days / np.maximum(until, 1.0), 1.0)


def may_leave(part: Mapping[str, Floats]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return where the guards of a regime may leave before the ceasefire ends."""
    leave: np.ndarray[Any, np.dtype[np.bool_]] = (part["mandate_days"] > 0) | (part["withdrawn_per_year"] > 0)
    return leave


def believed_share(
    knobs: CeasefireParameters[Floats],
    part: Mapping[str, Floats],
    years: Floats,
    obligations: Sequence[Any] = (),
    raised: Floats | float = 0.0,
) -> Floats:
    """Return the share of the coming `years` for which a deal is expected to last, zone and guards coming as planned.

    It is the mean of the survival over 12 parts of the time, taken in the middle of each, but at least a day: no ceasefire
    ends sooner, and war begins again at most once a day. The parts end at the cubes of twelfths, since most breaks come
    early: with those of equal length what fades in weeks is hardly seen in years. From point to point the hazard is that of
    what is in place midway.

    Parameters
    ----------
    knobs : CeasefireParameters
        The values in force of the section, (n,) each.
    part : mapping
        The regime: `REGIME`, (n,) or (regimes, n).
    years : (n,) array
    obligations : sequence of Obligation
        Those of the regime, with the values in force.
    raised : array, optional
        What else raises the log of the hazard all the time, of a shape that goes with the others.
    """
    found: Floats | float = 0.0
    for broken, chance in what_may_be_broken(obligations):
        found = found + chance * _survives(knobs, part, years, broken, raised)
    return np.maximum(found, 1.0 / (DAYS_PER_YEAR * years))


def mean_survival(hazard: Floats) -> Floats:
    """Return the mean survival over a time in which a steady hazard grows to this.

    >>> mean_survival(np.array([0.0, 1.0])).round(3)
    array([1.   , 0.632])
    """
    some = hazard > 0
    mean: Floats = np.where(some, -np.expm1(-hazard) / np.where(some, hazard, 1.0), 1.0)
    return mean


def _survives(
    knobs: CeasefireParameters[Floats],
    part: Mapping[str, Floats],
    years: Floats,
    broken: Sequence[Any],
    raised: Floats | float,
) -> Floats:
    """Return the mean survival of a deal of which these obligations are not kept; parameters as in `believed_share`."""
    survival, hazard = np.zeros_like(part["guards"] + years), np.zeros_like(part["guards"] + years)
    leaves = may_leave(part)
    some_leave = leaves.any()
    # Of ceasefires that last: how many with their guards, and how many without.
    guarded, alone, both = np.ones_like(survival), np.zeros_like(survival), np.zeros_like(survival)
    before = cumulated = np.zeros_like(years)
    for point in range(TRUST_POINTS):
        start, end = (point / TRUST_POINTS) ** 3, ((point + 1) / TRUST_POINTS) ** 3
        after = years * (0.5 * (start + end))
        days = 0.5 * (before + after) * DAYS_PER_YEAR
        midway = in_place(part, days, knobs.withdrawal_days)
        until, cumulated = cumulated, clock(knobs, after)
        grows = grows_alone = cumulated - until
        for one in broken:
            due = np.clip(one.due_days / DAYS_PER_YEAR, before, after)
            # Where nothing grows, nothing is overdue for a share of it.
            late = (cumulated - clock(knobs, due)) / np.where(grows_alone > 0, grows_alone, 1.0)
            grows = grows * (1.0 + np.expm1(one.overdue_effect) * late)
        grows = grows * np.exp(raised)
        step = relative_hazard(knobs, midway) * grows
        hazard += step
        survival += (end - start) * np.exp(-hazard)
        if some_leave:
            without = relative_hazard(knobs, midway | {"guards": np.zeros_like(midway["guards"])}) * grows
            stay = _stay(part, before, after)
            # Who leaves does so midway.
            alone = alone * np.exp(-without) + guarded * np.exp(-0.5 * (step + without)) * (1.0 - stay)
            guarded = guarded * np.exp(-step) * stay
            both += (end - start) * (guarded + alone)
        before = after
    mean: Floats = np.where(leaves, both, survival)
    return mean


def _stay(part: Mapping[str, Floats], before: Floats, after: Floats) -> Floats:
    """Return the chance that guards who are there after `before` years are still there after `after`."""
    days = whole_days(part["mandate_days"])
    mandates = np.floor(DAYS_PER_YEAR * after / days) - np.floor(DAYS_PER_YEAR * before / days)
    mandates = np.where(part["mandate_days"] > 0, mandates, 0.0)
    stay: Floats = np.exp(-part["withdrawn_per_year"] * (after - before)) * part["renewed_share"] ** mandates
    return stay
