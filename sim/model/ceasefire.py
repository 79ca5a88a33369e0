"""The end of the war, and what comes after: an army's collapse, or a ceasefire that holds or breaks. Owns `at_war`.

A ceasefire breaks when its cumulated hazard reaches an exponential draw. The hazard is that of `regimes`, with as much of
the zone and the guards as is in place, raised where the deal was imposed, the record of the fighting was inconsistent, or
a side expects more of renewed war than of its terms, and it follows the incidents of the day. Incidents call forth others
on the next day, so that they come in clusters.

Sources: imposed and inconsistent ceasefires after Werner and Yuen 2005; clustered violations as in Donbas (623 a day on
420 km before, 33 after the measures of July 2020). Left out: land that a deal cedes changes hands only with a settlement,
beyond the horizon of most runs; violations as a means of bargaining.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sim.engine.agenda import Process
from sim.engine.calendar import DAYS_PER_YEAR
from sim.engine.draws import Floats, Ints
from sim.engine.fields import Field
from sim.engine.mechanism import Mechanism
from sim.engine.world import World
from sim.model.outcomes import Column, Outcome, State, ratio, where
from sim.model.parameters import Drawn
from sim.model.regimes import PARTS, CeasefireParameters, institutions_effect

# A multiple of it is the rhythm of the negotiation; the same as that of collapse.
DAYS_BETWEEN_REVIEWS = 7
WAR_GOES_ON, CEASEFIRE, WAR_AGAIN = 0, 3, 4
# What raised the hazard most on the day of a collapse; only what doubles it counts, else it just wore out.
CAUSES = {
    "worn_out": "Nothing: it wore out",
    "temptation": "Renewed war promised more than the terms",
    "imposed": "It was signed only because of pressure",
    "inconsistent_record": "The fighting before had settled nothing",
    "incidents": "Incidents",
}


def even_share(days: Floats, until: Floats) -> Floats:
    """Return the share of something in place after `days`, if it is put there evenly `until` a day.

    >>> even_share(np.array([1.0, 1.0, 40.0]), np.array([10.0, 0.0, 10.0]))
    array([0.1, 1. , 1. ])
    """
    return np.minimum(days / np.maximum(until, 1.0), 1.0)


def _lasted(span: int) -> Callable[[State], Column]:
    """Return whether the first ceasefire held for so many days.

    Only where it began early enough to be watched for so long, or else breaks would count and holding would not.
    """
    return lambda now: where((now.ceasefires > 0) & (now.deal_day + span <= now.day), now.first_ceasefire_days >= span)


ENDINGS = {
    "war_goes_on": "War goes on",
    "attacker_collapsed": "{attacker}'s army has collapsed",
    "defender_collapsed": "{defender}'s army has collapsed",
    "ceasefire_in_force": "Ceasefire in force",
    "war_again": "War again after a ceasefire",
}
# Instead of an ending, where something went wrong.
FAILED = "failed"


class Ceasefire(Mechanism):
    """Whether the war goes on, how it ended, and whether a ceasefire holds."""

    name = "ceasefire"
    parameters = CeasefireParameters
    steps = ("ceasefire",)
    sentences: ClassVar = {
        "ceasefire breaks": "The ceasefire breaks after {days:.0f} days ({cause}). The war goes on.",
        "incident burst": "{incidents:,.0f} incidents in a day.",
        "guards deployed": "All guards are in place.",
        "settled": "The ceasefire counts as a settlement.",
    }

    @classmethod
    def outcomes_of(cls, section: CeasefireParameters | None) -> tuple[Outcome, ...]:
        """Return the outcomes of the war's end; only those of an army's collapse without a negotiation."""
        if section is not None:
            return cls.outcomes
        ending, ending_day, *_ = cls.outcomes
        return replace(ending, values=dict([*ENDINGS.items()][:CEASEFIRE])), ending_day

    outcomes: ClassVar = (
        Outcome(
            "ending", "Ending", "", "How the history stands at the horizon.", lambda now: now.ending, section="endings",
            kind="category", values=ENDINGS,
        ),
        Outcome(
            "ending_day", "Day on which the fighting ended", "day",
            "Days from the start to the end of the fighting that the ending names; empty if there is war.",
            lambda now: where(now.ending_day >= 0, now.ending_day), section="", low=0, whole=True, always=False,
        ),
        Outcome(
            "ceasefires", "Ceasefires", "times", "How many came into force.", lambda now: now.ceasefires,
            section="", low=0, whole=True,
        ),
        Outcome(
            "first_ceasefire_days", "Length of the first ceasefire", "days", "So far; empty without one.",
            lambda now: where(now.ceasefires > 0, now.first_ceasefire_days), section="", low=0, always=False,
        ),
        Outcome(
            "first_ceasefire_broke", "The first ceasefire broke", "share", "1 if it broke; empty without one.",
            lambda now: where(now.ceasefires > 0, now.collapse_cause >= 0), section="", kind="share", always=False,
        ),
        Outcome(
            "collapse_cause", "What broke the first ceasefire", "",
            "What raised the hazard most on the day on which the first ceasefire broke, if it doubled it; else it wore out.",
            lambda now: now.collapse_cause, section="causes", kind="category", values=CAUSES, always=False,
        ),
        Outcome(
            "share_of_time_in_ceasefire", "Share of the time in a ceasefire", "share", "Of the whole horizon.",
            lambda now: now.ceasefire_days / now.day, digits=2, low=0, high=1,
        ),
        Outcome(
            "guards_end", "Foreign guards in place at the end", "persons", "At the horizon.",
            lambda now: now.guards_in_place, section="", low=0,
        ),
        Outcome(
            "incidents_per_day", "Incidents a day in ceasefires", "incidents a day",
            "On the whole line; empty without a ceasefire.",
            lambda now: where(now.ceasefires > 0, ratio(now.incidents_total, now.ceasefire_days)), low=0, always=False,
        ),
        *(
            Outcome(
                f"ceasefire_lasted_{span}_days", f"{span} days", "share",
                "1 if the first ceasefire lasted so long, else 0; empty if there was none or the horizon came first.",
                _lasted(span), section="lasting", kind="share", always=False,
            )
            for span in (30, 91, 365, 730)
        ),
    )  # fmt: skip

    @classmethod
    def fields(cls, section: CeasefireParameters | None) -> tuple[Field, ...]:
        """Return the fields of the war's end."""
        about = "0 war goes on, 1 attacker's army collapsed, 2 defender's, 3 ceasefire in force, 4 war again after one."
        causes = "Of the first collapse: " + ", ".join(f"{code} {cause}" for code, cause in enumerate(CAUSES)) + "; -1 none."
        return (
            Field("at_war", "1 or 0", "Whether the fighting goes on."),
            Field("mobilized", "share", "Share of recruitment, arms production and pledges that goes on."),
            Field("ending", "code", about.replace("_", " "), dtype=int),
            Field("ending_day", "day", "First day without fighting; -1 while it goes on.", dtype=int),
            Field("ceasefires", "times", "How many have come into force."),
            Field("ceasefire_days", "days", "Spent in ceasefires so far."),
            Field("first_ceasefire_days", "days", "Length of the first ceasefire so far."),
            Field("collapse_cause", "code", causes.replace("_", " "), dtype=int),
            Field("cumulated_hazard", "hazard", "Of the ceasefire in force, or of the last."),
            Field("guards_in_place", "persons", "Foreign guards on the line.", series=section is not None),
            Field("incidents", "incidents", "Of the day, on the whole line.", series=section is not None),
            Field("incidents_total", "incidents", "In ceasefires so far."),
            Field("inconsistency", "share", "Of the record of the fighting at the last signature."),
        )

    def __init__(self, world: World, section: CeasefireParameters | None, drawn: Drawn) -> None:
        self._world, self._section, self._drawn = world, section, drawn
        self.world, self.section = world, section

        def own(name: str, start: float) -> NDArray[Any]:
            return world.own("ceasefire", name, start)

        self.at_war, self.mobilized = own("at_war", 1.0), own("mobilized", 1.0)
        self.ending, self.ending_day = own("ending", WAR_GOES_ON), own("ending_day", -1)
        self.ceasefires, self.days_spent = own("ceasefires", 0), own("ceasefire_days", 0)
        self.first_days, self.cause = own("first_ceasefire_days", 0), own("collapse_cause", -1)
        self.hazard, self.guards = own("cumulated_hazard", 0), own("guards_in_place", 0)
        self.incidents, self.total = own("incidents", 0), own("incidents_total", 0)
        self.inconsistency = own("inconsistency", 0)
        see = world.fields.see
        self._broken, self._deals, self._imposed = see("broken"), see("deals_signed"), see("agreed_imposed")
        self._regime, self._temptation = see("agreed_regime"), see("temptation")
        self._area, self._moved = see("held_area"), see("front_moved")
        self._area_at_start = self._area.copy()
        self._holding = np.zeros(0, dtype=np.int64)
        if section is None:
            return
        self._endures = np.zeros(world.n)
        self._exact_total, self._excitement = np.zeros(world.n), np.ones(world.n)
        self._ids = [regime.id for regime in section.regimes]
        self._collapse_luck = world.draws.uniform("ceasefire/collapse")
        self._incident_luck = world.draws.normal("ceasefire/incidents", in_turn=True)
        self._look_up_regimes()
        self._stale = False
        drawn.follow("ceasefire", self.notice)

    def notice(self) -> None:
        """Take note that parameters have changed."""
        self._stale = True

    def _look_up_regimes(self) -> None:
        """Look up the parts of all regimes as they are in force."""
        # One more row, all zeros, for deals without a regime.
        none = np.zeros((1, self._world.n))
        self._parts = {
            name: np.concatenate([self._drawn.rows("ceasefire.regimes", self._ids, name), none])
            for name in (*PARTS, "deploy_days")
        }

    lives = True

    def life(self) -> Process:
        """Let a day of each ceasefire pass; look every week whether the war has ended."""
        while True:
            yield self._world.agenda.next("ceasefire")
            day = self._world.agenda.today
            if len(self._holding):
                self._hold(day, self._holding)
            if day % DAYS_BETWEEN_REVIEWS == DAYS_BETWEEN_REVIEWS - 1:
                self._end_wars(day)

    def _one(self, name: str) -> Floats:
        return self._drawn.one(f"ceasefire.{name}")

    def _end_wars(self, day: int) -> None:
        broken, signed = self._broken > 0, self._deals > self.ceasefires
        over = (broken | signed) & (self.at_war > 0)
        if not over.any():
            return
        self.ending[over] = np.where(broken, self._broken, CEASEFIRE)[over]
        self.ending_day[over] = day + 1
        self.at_war[over], self.mobilized[over] = 0.0, 0.0
        begun = np.flatnonzero(over & ~broken)
        if len(begun):
            self._begin(begun)

    def _begin(self, begun: Ints) -> None:
        """Bring ceasefires into force."""
        self.mobilized[begun] = self._one("mobilized_share")[begun]
        for number in np.unique(self.ceasefires[begun]):
            cohort = begun[self.ceasefires[begun] == number]
            self._endures[cohort] = -np.log1p(-self._collapse_luck.of(int(number), cohort))
        self.ceasefires[begun] += 1.0
        self.hazard[begun] = 0.0
        self._excitement[begun] = 1.0
        moved = self._moved[begun]
        net = np.abs(self._area[begun] - self._area_at_start[begun])
        self.inconsistency[begun] = 1.0 - np.minimum(np.where(moved > 0, net / np.where(moved > 0, moved, 1.0), 1.0), 1.0)
        self._holding = np.union1d(self._holding, begun)

    def _hold(self, day: int, inside: Ints) -> None:
        """Let a day pass in the ceasefires in force."""
        if self._stale:
            self._look_up_regimes()
            self._stale = False

        def here(name: str) -> Floats:
            return self._one(name)[inside]

        age = (day - self.ending_day[inside]).astype(np.float64)
        effect = here("institutions") * self._put_in_place(day, inside, age)
        relative = self._have_incidents(day, inside, effect)
        shape = here("hazard_shape")
        growth = ((age + 1.0) / DAYS_PER_YEAR) ** shape - (age / DAYS_PER_YEAR) ** shape
        weight = here("incident_effect")
        raised = {
            "temptation": here("strategic_effect") * np.maximum(self._temptation[:, inside].max(axis=0), 0.0),
            "imposed": here("imposed_effect") * self._imposed[inside],
            "inconsistent_record": here("inconsistency_effect") * self.inconsistency[inside],
        }
        incidents = 1.0 - weight + weight * relative
        log_hazard = effect + raised["temptation"] + raised["imposed"] + raised["inconsistent_record"]
        # The bound keeps exp finite and changes nothing: long before it a ceasefire breaks on its first day.
        step = here("first_year_hazard") * np.exp(np.minimum(log_hazard, 500.0)) * growth * incidents
        settled_day = np.ceil(here("settled_after_years") * DAYS_PER_YEAR)
        self.hazard[inside] += np.where(age < settled_day, step, 0.0)
        self.days_spent[inside] += 1.0
        self.first_days[inside] += self.ceasefires[inside] == 1.0
        self._world.recorder.tell(day, inside[age == settled_day], "settled")
        breaks = np.flatnonzero(self.hazard[inside] >= self._endures[inside])
        if len(breaks):
            with np.errstate(divide="ignore"):
                raised["incidents"] = np.log(incidents)
            stack = np.stack([np.full(len(inside), np.log(2.0)), *(raised[cause] for cause in [*CAUSES][1:])])
            self._break(day, inside[breaks], stack[:, breaks].argmax(axis=0), age[breaks] + 1.0)

    def _put_in_place(self, day: int, inside: Ints, age: Floats) -> Floats:
        """Put zone and guards in place, as far as they have come; return what all of the regime does to the log hazard."""
        regime = self._regime[inside]
        part = {name: rows[regime, inside] for name, rows in self._parts.items()}
        part["zone_width_km"] = part["zone_width_km"] * even_share(age + 1.0, self._one("withdrawal_days")[inside])
        deployed = even_share(age + 1.0, part["deploy_days"])
        complete = (deployed >= 1.0) & (self.guards[inside] < part["guards"])
        part["guards"] = part["guards"] * deployed
        self.guards[inside] = part["guards"]
        self._world.recorder.tell(day, inside[complete], "guards deployed")
        return institutions_effect(lambda name: self._one(name)[inside], part)

    def _have_incidents(self, day: int, inside: Ints, effect: Floats) -> Floats:
        """Count the incidents of the day; return them relative to their mean."""
        spread = self._one("incident_log_sd")[inside]
        relative = self._excitement[inside] * np.exp(spread * self._incident_luck.at(day)[inside] - 0.5 * spread**2)
        branching = self._one("incident_branching")[inside]
        self._excitement[inside] = 1.0 - branching + branching * relative
        # Only whole incidents are counted, and what is left of one is kept: the mean is exact.
        self._exact_total[inside] += self._one("incidents_per_day")[inside] * np.exp(effect) * relative
        whole = np.floor(self._exact_total[inside])
        self.incidents[inside] = whole - self.total[inside]
        self.total[inside] = whole
        bursts = relative >= self._one("burst_factor")[inside]
        self._world.recorder.tell(day, inside[bursts], "incident burst", incidents=self.incidents[inside[bursts]])
        return relative

    def _break(self, day: int, cohort: Ints, cause: Ints, days: Floats) -> None:
        """Let the war go on in a cohort from where the line is, with the armies as they have become."""
        self.ending[cohort], self.ending_day[cohort] = WAR_AGAIN, -1
        self.at_war[cohort], self.mobilized[cohort] = 1.0, 1.0
        self.guards[cohort], self.incidents[cohort] = 0.0, 0.0
        first = self.ceasefires[cohort] == 1.0
        self.cause[cohort[first]] = cause[first]
        self._holding = np.setdiff1d(self._holding, cohort)
        for code, name in enumerate(CAUSES):
            mine = cause == code
            self._world.recorder.tell(day, cohort[mine], "ceasefire breaks", days=days[mine], cause=name.replace("_", " "))

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of endings and ceasefires."""
        at_war = (self.ending == WAR_GOES_ON) | (self.ending == WAR_AGAIN)
        yield "a war has ended when it is over, and only then", at_war != (self.at_war == 1.0)
        yield "what is over ended on a day, and only that", at_war != (self.ending_day < 0)
        yield "no more ceasefires than deals", self.ceasefires > self._deals
        yield "the first war goes on until there is a ceasefire", (self.ending == WAR_GOES_ON) & (self.ceasefires > 0)
        again = (self.ending == CEASEFIRE) | (self.ending == WAR_AGAIN)
        yield "a ceasefire comes before what follows it", again & (self.ceasefires == 0)
        yield "guards are on the line only in a ceasefire", (self.guards > 0) & (self.ending != CEASEFIRE)
