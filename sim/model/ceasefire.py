"""The end of the war, and what comes after: a decision, or a ceasefire that holds or breaks. Owns `at_war`.

A ceasefire breaks when its cumulated hazard reaches an exponential draw. The hazard is that of `regimes`, with as much of
the zone and the guards as is in place, raised where the deal was imposed, the record of the fighting was inconsistent,
something is overdue, or a side expects more of renewed war than of its terms, and it follows the incidents of the day.
Incidents call forth others on the next day, so that they come in clusters.

Sources: imposed and inconsistent ceasefires after Werner and Yuen 2005; clustered violations as in Donbas (623 a day on
420 km before, 33 after the measures of July 2020).
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from sim.engine.agenda import Process
from sim.engine.calendar import DAYS_PER_WEEK, DAYS_PER_YEAR
from sim.engine.draws import Floats, Ints
from sim.engine.fields import at
from sim.engine.mechanism import Mechanism, PerHistory, PerSide, derived, owned, seen
from sim.engine.recorder import EventKind
from sim.model.asked import Moment
from sim.model.endings import (
    AIMS_OF,
    CEASEFIRE,
    CONQUERED_BY,
    DECIDED,
    ENDINGS,
    ENDINGS_ALONE,
    FINAL,
    WAR_AGAIN,
    WAR_GOES_ON,
    WIDER_WAR,
    labels,
)
from sim.model.guarantors import guaranteed_regimes
from sim.model.keeping import Keeping
from sim.model.obligations import names_of
from sim.model.outcomes import Column, Outcome, State, day_of, where
from sim.model.parameters import SIDES, here
from sim.model.regimes import (
    REGIME,
    CeasefireParameters,
    clock,
    guarding,
    in_place,
    institutions_effect,
    may_leave,
)
from sim.model.trust import SideTrust, raised_by
from sim.scenario import Quantity

# What raised the hazard most on the day of a collapse; only what doubles it counts, else it just wore out.
CAUSES = {
    "worn_out": "Nothing: it wore out",
    "temptation": "Renewed war promised more than the terms",
    "imposed": "It was signed only because of pressure",
    "inconsistent_record": "The fighting before had settled nothing",
    "incidents": "Incidents",
    "overdue": "Obligations were overdue",
    "guards_left": "The guards had left",
    "unreliable": "A side was not one to keep its word",
}
# Those that there are only where deals have one of these.
_ONLY_WITH = {"overdue": {"land", "obligations"}, "guards_left": {"guards who may leave"}, "unreliable": {"trust"}}
_LEAVE = ("mandate_days", "withdrawn_per_year")


def inconsistent(net: Floats, moved: Floats) -> Floats:
    """Return the share of the movement of a front that led nowhere, from the net movement and that to and fro.

    >>> inconsistent(np.array([0.0, 5.0, 0.0]), np.array([10.0, 5.0, 0.0]))
    array([1., 0., 0.])
    """
    return 1.0 - np.minimum(np.where(moved > 0, net / np.where(moved > 0, moved, 1.0), 1.0), 1.0)


def _lasted(span: int) -> Callable[[State], Column]:
    """Return whether the first ceasefire held for so many days.

    Only where it began early enough to be watched for so long, or else breaks would count and holding would not.
    """
    return lambda now: where((now.ceasefires > 0) & (now.deal_day + span <= now.day), now.first_ceasefire_days >= span)


def _broke(side: int) -> Callable[[State], Column]:
    """Return whether a side has not done all that was due; only where something was."""
    return lambda now: where(now.due_obligations[side] > 0, now.broken_obligations[side] > 0)


def what_deals_have(section: CeasefireParameters[Quantity], touched: Collection[str] = ()) -> frozenset[str]:
    """Return what the deals of a scenario have that may be kept or not, or come to have by events that touch these paths."""
    known = {f"ceasefire.regimes.{one.id}.{name}": getattr(one, name) for one in section.regimes for name in _LEAVE}
    found = {"land": section.handover_days is not None, "obligations": any(one.obligations for one in section.regimes)}
    found["guards who may leave"] = any(path in touched or knob.support[1] > 0 for path, knob in known.items())
    return frozenset(what for what, so in found.items() if so)


# Outcomes that there are only with something of these.
OF_KEEPING = (
    *(
        (
            frozenset({"land", "obligations"}),
            Outcome(
                f"broke_word_{side}", f"{{{side}}} has not done all that was due", "share",
                "1 if it did not hand over land or keep an obligation by its day, else 0; empty where none was due from it.",
                _broke(row), section="kept", kind="share", always=False,
            ),
        )
        for row, side in enumerate(SIDES)
    ),
    (
        frozenset({"guards who may leave"}),
        Outcome(
            "guards_left", "Guards have left a ceasefire", "share",
            "1 if the guards of a ceasefire have left before its end, else 0; empty without a ceasefire.",
            lambda now: where(now.ceasefires > 0, now.guards_withdrawn > 0), section="kept", kind="share", always=False,
        ),
    ),
    (
        frozenset({"land"}),
        Outcome(
            "land_handed_over_km2", "Land handed over to {attacker} (km2)", "km2",
            "In ceasefires, under deals; below 0 by the attacker.", lambda now: now.handed_over, adds_up=True,
        ),
    ),
)  # fmt: skip

# Where each ending stands among those that there are without a negotiation.
_PLACE_ALONE = np.array([ENDINGS_ALONE.index(ending) if ending in ENDINGS_ALONE else -1 for ending in ENDINGS])


def _decided(now: State) -> Column:
    """Return where one side has decided the war."""
    decided: Column = DECIDED[now.ending]
    return decided


def _obligations(section: CeasefireParameters[Quantity] | None) -> tuple[str, ...]:
    return names_of(section.regimes) if section is not None else ()


class Ceasefire(Mechanism):
    """Whether the war goes on, how it ended, and whether a ceasefire holds."""

    name = "ceasefire"
    parameters = CeasefireParameters[Quantity]
    optional = True
    steps = ("ceasefire",)
    leaves_out = "violations as a means of bargaining; obligations kept late, or in part"
    kinds: ClassVar = {
        "ceasefire breaks": EventKind(
            "The ceasefire breaks after {days:.0f} days ({cause}). The war goes on.", ends=("ceasefire",), mark="broken"
        ),
        "incident burst": EventKind("{incidents:,.0f} incidents in a day.", drawn=False),
        "guards deployed": EventKind("All guards are in place."),
        "settled": EventKind("The ceasefire counts as a settlement."),
        **Keeping.kinds,
    }

    @classmethod
    def outcomes_of(
        cls, section: CeasefireParameters[Quantity] | None, touched: Collection[str] = ()
    ) -> tuple[Outcome, ...]:
        """Return the outcomes of the war's end; only those that one side decides without a negotiation."""
        known = {outcome.name: outcome for outcome in cls.outcomes}
        if section is not None:
            # With trust a side may be unreliable.
            has = what_deals_have(section, touched) | ({"trust"} & {*touched})
            causes = {one: text for one, text in CAUSES.items() if one not in _ONLY_WITH or _ONLY_WITH[one] & has}
            place = np.array([[*causes].index(one) if one in causes else -1 for one in CAUSES])
            of = lambda now: np.where(now.collapse_cause >= 0, place[now.collapse_cause], -1)  # noqa: E731
            known["collapse_cause"] = replace(known["collapse_cause"], of=of, values=causes)
            return tuple(known.values()) + tuple(outcome for needed, outcome in OF_KEEPING if needed & has)
        alone = replace(known["ending"], of=lambda now: _PLACE_ALONE[now.ending], values=labels(ENDINGS_ALONE))
        return alone, known["ending_day"]

    moments: ClassVar = (
        Moment("first_ceasefire", "on the first day of the first ceasefire", lambda now: now.ceasefires > 0),
        Moment("first_ceasefire_end", "on the day on which the first ceasefire breaks", lambda now: now.collapse_cause >= 0),
    )
    outcomes: ClassVar = (
        Outcome(
            "ending", "Ending", "", "How the history stands at the horizon.", lambda now: now.ending, section="endings",
            kind="category", values=labels(), headline={"ceasefire_in_force": 1, "war_goes_on": 7},
            told=dict.fromkeys((ending.name for ending in ENDINGS if ending.happens), True),
            rare=[ENDINGS[code].name for code in (*CONQUERED_BY, *AIMS_OF, WIDER_WAR)],
        ),
        *(
            Outcome(
                f"ended_within_{months}_months", f"at all within {months} months", "share",
                f"1 if the fighting ended within {day_of(months)} days, for a time or for good, else 0.",
                lambda now: (now.ceasefires > 0) | FINAL[now.ending], section="ended", kind="share", months=months,
            )
            for months in (12, 24)
        ),
        *(
            Outcome(
                f"decided_within_{months}_months", f"by a decision within {months} months", "share",
                f"1 if one side decided the war within {day_of(months)} days (an army's collapse, conquest, aims reached), "
                "else 0.",
                _decided, section="ended", kind="share", months=months,
            )
            for months in (12, 24)
        ),
        Outcome(
            "lasting_ceasefire_within_12_months", "by a ceasefire of a year within 12 months", "share",
            "1 if a first ceasefire began within 365 days and held for 365, else 0.",
            lambda now: (now.ceasefires > 0) & (now.deal_day <= day_of(12)) & (now.first_ceasefire_days >= day_of(12)),
            section="ended", kind="share", months=24,
        ),
        Outcome(
            "ending_day", "Day on which the fighting ended", "day",
            "Days from the start to the end of the fighting that the ending names; empty if there is war.",
            lambda now: where(now.ending_day >= 0, now.ending_day), section="", low=0, whole=True, always=False,
        ),
        Outcome(
            "ceasefires", "Ceasefires", "times", "How many came into force.", lambda now: now.ceasefires,
            section="", low=0, whole=True, adds_up=True,
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
            lambda now: now.ceasefire_days, per=lambda now: now.day, adds_up=True, low=0, high=1,
        ),
        Outcome(
            "guards_end", "Foreign guards in place at the end", "persons", "At the horizon.",
            lambda now: now.guards_in_place, section="", low=0, elsewhere=("guards", "Foreign guards in place"),
        ),
        Outcome(
            "incidents_per_day", "Incidents a day in ceasefires", "incidents a day",
            "On the whole line; empty without a ceasefire.",
            lambda now: now.incidents_total, per=lambda now: now.ceasefire_days, adds_up=True, low=0, always=False,
        ),
        *(
            Outcome(
                f"ceasefire_lasted_{span}_days", f"{span} days", "share",
                "1 if the first ceasefire lasted so long, else 0; empty if there was none or the horizon came first.",
                _lasted(span), section="lasting", kind="share", always=False, headline=3 if span == 365 else None,
                told=span == 365,
            )
            for span in (30, 91, 365, 730)
        ),
    )  # fmt: skip

    at_war: PerHistory = owned("1 or 0", "Whether the fighting goes on.", start=1.0)
    mobilized: PerHistory = owned("share", "Share of recruitment and arms production that goes on.", start=1.0)
    pledging: PerHistory = owned("share", "Share of pledges that goes on.", start=1.0)
    ending: Ints = owned(
        "code",
        "; ".join(f"{code} {ending.name.replace('_', ' ')}" for code, ending in enumerate(ENDINGS)) + ".",
        start=WAR_GOES_ON,
        dtype=int,
        codes=len(ENDINGS),
    )
    ending_day: Ints = owned("day", "First day without fighting; -1 while it goes on.", start=-1, dtype=int)
    ceasefires: PerHistory = owned("times", "How many have come into force.", start=0.0)
    ceasefire_days: PerHistory = owned("days", "Spent in ceasefires so far.", start=0.0)
    first_ceasefire_days: PerHistory = owned("days", "Length of the first ceasefire so far.", start=0.0)
    collapse_cause: Ints = owned(
        "code",
        f"Of the first collapse: {', '.join(f'{code} {c}' for code, c in enumerate(CAUSES)).replace('_', ' ')}; -1 none.",
        start=-1,
        dtype=int,
    )
    cumulated_hazard: PerHistory = owned("hazard", "Of the ceasefire in force, or of the last.", start=0.0)
    guards_in_place: PerHistory = owned("persons", "Foreign guards on the line.", start=0.0, series=True)
    incidents: PerHistory = owned("incidents", "Of the day, on the whole line.", start=0.0, series=True)
    incidents_total: PerHistory = owned("incidents", "In ceasefires so far.", start=0.0)
    guards_left: PerHistory = owned("1 or 0", "Whether guards have left the ceasefire in force.", start=0.0)
    guards_withdrawn: PerHistory = owned("times", "How often guards have left before a ceasefire ended.", start=0.0)
    overdue: PerHistory = owned("obligations", "How many are overdue in it.", start=0.0)
    due_obligations: PerSide = owned("times", "How often something that a side owed has come due.", SIDES, start=0.0)
    broken_obligations: PerSide = owned("times", "How often a side has not kept what was due.", SIDES, start=0.0)
    handing_over: PerHistory = owned("km2 a day", "Land handed over to the attacker, tomorrow.", start=0.0)
    hands_over: PerHistory = owned("1 or 0", "Whether land is handed over as agreed last.", start=0.0)
    land_open: PerHistory = owned("1 or 0", "Whether it is still open if land will be handed over.", start=0.0)
    line_before: PerHistory = owned("km2", "Area the attacker held when the last ceasefire began.", start=0.0)
    due_area: PerHistory = owned("km2", "Area that the attacker is to be left with, as agreed last.", start=0.0)
    inconsistency: PerHistory = owned("share", "Of the record of the fighting at the last signature.", start=0.0)
    endures: PerHistory = owned("hazard", "At which the ceasefire in force breaks.", start=0.0, inner=True)
    excitement: PerHistory = owned("factor", "Of incidents by those of the day before.", start=1.0, inner=True)
    exact_incidents: PerHistory = owned("incidents", "In ceasefires so far, with fractions.", start=0.0, inner=True)
    area_at_start: PerHistory = owned("km2", "Area the attacker held at the start.", start=0.0, inner=True)
    stays: PerHistory = owned("hazard", "At which its guards leave.", start=0.0, inner=True)
    stayed: PerHistory = owned("hazard", "Which they have stood.", start=0.0, inner=True)
    kept: PerHistory = owned("1 or 0", "Whether each obligation of the last is.", _obligations, start=1.0, inner=True)
    came_due: PerHistory = owned("1 or 0", "Whether its day has come.", _obligations, start=0.0, inner=True)

    decided: Ints = seen()
    deals_signed: PerHistory = seen()
    agreed_imposed: PerHistory = seen()
    agreed_regime: Ints = seen()
    agreed_area: PerHistory = seen()
    temptation: PerSide = seen()
    held_area: PerHistory = seen()
    handed_over: PerHistory = seen()
    front_moved: PerHistory = seen()
    supply: PerHistory = seen()
    word: PerHistory = seen()
    consents: PerHistory = seen()
    reliable: PerSide = seen()

    knobs: CeasefireParameters[PerHistory]
    # A decision ends the war without a negotiation too.
    lives = True
    # Of each regime, and of none, its row among those that are guaranteed; -1: it is not.
    _guaranteed: Ints | None = None
    # Histories in a ceasefire.
    _holding: Ints = np.zeros(0, dtype=np.int64)
    _keeping: Keeping
    # With the version of the knobs and the histories of which they are: the knobs, and the parts of what was agreed.
    _in_force: tuple[int, Ints, CeasefireParameters[Floats], dict[str, Floats]] | None = None

    def begin(self) -> None:
        """Open the streams of luck, and remember the line."""
        self.area_at_start = self.held_area
        self._collapse_luck = self.world.draws.uniform("ceasefire/collapse")
        names = guaranteed_regimes(self.drawn.knobs("parties"))
        if names:
            own = [*(regime.id for regime in self.knobs.regimes), ""]
            self._guaranteed = np.array([names.index(name) if name in names else -1 for name in own], dtype=np.int64)
        self._incident_luck = self.world.draws.normal("ceasefire/incidents", in_turn=True)
        self._trusted: SideTrust[PerSide] | None = self.drawn.sides("trust")
        if self.knobs is not None:
            self._keeping = Keeping(self)

    @derived
    def regimes(self) -> dict[str, Floats]:
        """The parts of all regimes as they are in force, (regimes + 1, n): all zeros in the last row, for none."""
        rows, none = self.drawn.stacked("ceasefire", self.knobs.regimes), np.zeros((1, self.world.n))
        return {name: np.concatenate([getattr(rows, name), none]) for name in REGIME}

    @derived
    def guards_may_leave(self) -> bool:
        """Whether there are regimes whose guards may leave before the ceasefire ends."""
        return bool(may_leave(self.regimes).any())

    def consented_now(self, inside: Ints) -> NDArray[np.bool_]:
        """Return where all guarantors of what was agreed consent to it today, (inside,); everywhere, where it has none."""
        if self._guaranteed is None:
            return np.ones(len(inside), dtype=np.bool_)
        row = self._guaranteed[self.agreed_regime[inside]]
        consented: NDArray[np.bool_] = (row < 0) | (self.consents[row, inside] > 0)
        return consented

    def life(self) -> Process:
        """Let a day of each ceasefire pass; look every week whether the war has ended."""
        while True:
            yield self.world.agenda.next("ceasefire")
            day = self.world.agenda.today
            if len(self._holding):
                self._hold(day, self._holding)
            if day % DAYS_PER_WEEK == DAYS_PER_WEEK - 1:
                self._end_wars(day)

    def _end_wars(self, day: int) -> None:
        decided, signed = self.decided > 0, self.deals_signed > self.ceasefires
        over = (decided | signed) & (self.at_war > 0)
        if not over.any():
            return
        self.ending[over] = np.where(decided, self.decided, CEASEFIRE)[over]
        self.ending_day[over] = day + 1
        self.at_war[over], self.mobilized[over], self.pledging[over] = 0.0, 0.0, 0.0
        begun = np.flatnonzero(over & ~decided)
        if len(begun):
            self._begin(begun)

    def _begin(self, begun: Ints) -> None:
        """Bring ceasefires into force."""
        self.mobilized[begun], self.pledging[begun] = self.knobs.mobilized_share[begun], self.knobs.pledged_share[begun]
        for number in np.unique(self.ceasefires[begun]):
            cohort = begun[self.ceasefires[begun] == number]
            self.endures[cohort] = -np.log1p(-self._collapse_luck.of(int(number), cohort))
            self._keeping.begin(int(number), cohort)
        self.ceasefires[begun] += 1.0
        self.cumulated_hazard[begun], self.excitement[begun] = 0.0, 1.0
        net = np.abs(self.held_area[begun] - self.handed_over[begun] - self.area_at_start[begun])
        self.inconsistency[begun] = inconsistent(net, self.front_moved[begun])
        self._holding = np.union1d(self._holding, begun)

    def _hold(self, day: int, inside: Ints) -> None:
        """Let a day pass in the ceasefires in force."""
        knobs, part = self._gathered(inside)
        age = (day - self.ending_day[inside]).astype(np.float64)
        if self._guaranteed is not None:
            part = self._as_guaranteed(inside, part)
        overdue = self._keeping.day(day, inside, age, part)
        agreed = part
        if self.guards_may_leave:
            part = part | {"guards": np.where(self.guards_left[inside] > 0, 0.0, part["guards"])}
        effect = knobs.institutions * self._put_in_place(day, inside, age, knobs, part)
        relative = self._have_incidents(day, inside, effect, knobs)
        raised = {
            "temptation": knobs.strategic_effect * np.maximum(at(self.temptation, inside).max(axis=0), 0.0),
            "imposed": knobs.imposed_effect * self.agreed_imposed[inside],
            "inconsistent_record": knobs.inconsistency_effect * self.inconsistency[inside],
        }
        raised["unreliable"] = self._unreliable(inside)
        incidents = 1.0 - knobs.incident_effect + knobs.incident_effect * relative
        log_hazard = effect + raised["temptation"] + raised["imposed"] + raised["inconsistent_record"] + overdue
        log_hazard += raised["unreliable"]
        growth = clock(knobs, (age + 1.0) / DAYS_PER_YEAR) - clock(knobs, age / DAYS_PER_YEAR)
        # The bound keeps exp finite and changes nothing: long before it a ceasefire breaks on its first day.
        step = np.exp(np.minimum(log_hazard, 500.0)) * growth * incidents
        settled_day = np.ceil(knobs.settled_after_years * DAYS_PER_YEAR)
        self.cumulated_hazard[inside] += np.where(age < settled_day, step, 0.0)
        self.ceasefire_days[inside] += 1.0
        self.first_ceasefire_days[inside] += self.ceasefires[inside] == 1.0
        self.world.recorder.tell(day, inside[age == settled_day], "settled")
        breaks = np.flatnonzero(self.cumulated_hazard[inside] >= self.endures[inside])
        if len(breaks):
            with np.errstate(divide="ignore"):
                raised |= {"incidents": np.log(incidents), "overdue": overdue}
            raised["guards_left"] = self._missing(inside, age, knobs, agreed)
            causes = [np.full(len(breaks), np.log(2.0)), *(raised[cause][breaks] for cause in [*CAUSES][1:])]
            self._break(day, inside[breaks], np.stack(causes).argmax(axis=0), age[breaks] + 1.0)

    def _unreliable(self, inside: Ints) -> Floats:
        """Return what sides that do not keep their word add to the log hazard, (inside,)."""
        if self._trusted is None:
            return np.zeros(len(inside))
        raised: Floats = raised_by(at(self._trusted.unreliable_effect, inside), at(self.reliable, inside)).sum(axis=0)
        return raised

    def _gathered(self, inside: Ints) -> tuple[CeasefireParameters[Floats], dict[str, Floats]]:
        """Return the knobs and the parts of what was agreed: the same until a ceasefire begins or breaks, or one changes."""
        version, kept = self.drawn.version(self.name), self._in_force
        if kept is None or kept[0] != version or kept[1] is not inside:
            # Without a regime, -1, this is a place in the last row.
            place = self.agreed_regime[inside] * self.world.n + inside
            part = {name: rows.take(place) for name, rows in self.regimes.items()}
            self._in_force = kept = version, inside, here(self.knobs, inside), part
            self.mobilized[inside], self.pledging[inside] = kept[2].mobilized_share, kept[2].pledged_share
        return kept[2:]

    def _missing(self, inside: Ints, age: Floats, knobs: CeasefireParameters[Floats], agreed: dict[str, Floats]) -> Floats:
        """Return by how much guards who have left would lower the log hazard if they were there, (inside,)."""
        if not self.guards_may_leave:
            return np.zeros(len(inside))
        planned = in_place(agreed, age + 1.0, knobs.withdrawal_days)
        return np.where(
            self.guards_left[inside] > 0, -knobs.institutions * knobs.guards_effect * guarding(knobs, planned), 0.0
        )

    def _as_guaranteed(self, inside: Ints, part: dict[str, Floats]) -> dict[str, Floats]:
        """Return the parts of what was agreed, with the guards there are and what the word of guarantors counts."""
        assert self._guaranteed is not None, "there are guarantors"
        row = self._guaranteed[self.agreed_regime[inside]]
        named = row >= 0
        supply = np.where(named, self.supply[row, inside], np.inf)
        word = np.where(named, self.word[row, inside], 1.0)
        return part | {"guards": np.minimum(part["guards"], supply), "credibility": part["credibility"] * word}

    def _put_in_place(
        self, day: int, inside: Ints, age: Floats, knobs: CeasefireParameters[Floats], part: dict[str, Floats]
    ) -> Floats:
        """Put zone and guards in place, as far as they have come; return what all of the regime does to the log hazard."""
        come = in_place(part, age + 1.0, knobs.withdrawal_days)
        complete = (come["guards"] >= part["guards"]) & (self.guards_in_place[inside] < part["guards"])
        self.guards_in_place[inside] = come["guards"]
        self.world.recorder.tell(day, inside[complete], "guards deployed")
        return institutions_effect(knobs, come)

    def _have_incidents(self, day: int, inside: Ints, effect: Floats, knobs: CeasefireParameters[Floats]) -> Floats:
        """Count the incidents of the day; return them relative to their mean."""
        spread, branching = knobs.incident_log_sd, knobs.incident_branching
        relative = self.excitement[inside] * np.exp(spread * self._incident_luck.at(day)[inside] - 0.5 * spread**2)
        self.excitement[inside] = 1.0 - branching + branching * relative
        # Only whole incidents are counted, and what is left of one is kept: the mean is exact.
        self.exact_incidents[inside] += knobs.incidents_per_day * np.exp(effect) * relative
        whole = np.floor(self.exact_incidents[inside])
        self.incidents[inside] = whole - self.incidents_total[inside]
        self.incidents_total[inside] = whole
        bursts = inside[relative >= knobs.burst_factor]
        self.world.recorder.tell(day, bursts, "incident burst", incidents=self.incidents[bursts])
        return relative

    def _break(self, day: int, cohort: Ints, cause: Ints, days: Floats) -> None:
        """Let the war go on in a cohort from where the line is, with the armies as they have become."""
        self.ending[cohort], self.ending_day[cohort] = WAR_AGAIN, -1
        self.at_war[cohort], self.mobilized[cohort], self.pledging[cohort] = 1.0, 1.0, 1.0
        self.guards_in_place[cohort], self.incidents[cohort] = 0.0, 0.0
        self._keeping.end(cohort)
        first = self.ceasefires[cohort] == 1.0
        self.collapse_cause[cohort[first]] = cause[first]
        self._holding = self._holding[self.ending[self._holding] == CEASEFIRE]
        for code, name in enumerate(CAUSES):
            mine = cause == code
            self.world.recorder.tell(day, cohort[mine], "ceasefire breaks", days=days[mine], cause=name.replace("_", " "))

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of endings and ceasefires."""
        at_war = (self.ending == WAR_GOES_ON) | (self.ending == WAR_AGAIN)
        yield "a war has ended when it is over, and only then", at_war != (self.at_war == 1.0)
        yield "what is over ended on a day, and only that", at_war != (self.ending_day < 0)
        yield "no more ceasefires than deals", self.ceasefires > self.deals_signed
        yield "the first war goes on until there is a ceasefire", (self.ending == WAR_GOES_ON) & (self.ceasefires > 0)
        again = (self.ending == CEASEFIRE) | (self.ending == WAR_AGAIN)
        yield "a ceasefire comes before what follows it", again & (self.ceasefires == 0)
        yield "guards are on the line only in a ceasefire", (self.guards_in_place > 0) & (self.ending != CEASEFIRE)
        yield "guards who have left are not there", (self.guards_in_place > 0) & (self.guards_left > 0)
        outside = self.ending != CEASEFIRE
        yield (
            "land is handed over, and something overdue, only in a ceasefire",
            outside & ((self.handing_over != 0) | (self.overdue > 0)),
        )
