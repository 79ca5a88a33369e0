"""The negotiation: at every review each side compares what may be signed with fighting on; talks open, fail, or succeed.

Talks open at random, likelier when both sides hurt and see a way out (ripeness) and when there is mediation; while they
last, a deal can be signed at each review at which there is a zone of agreement. Most talks fail. What would be signed, and
why nothing is, is worked out for every history at every review, whether or not it talks (see `ledger`).

Sources: ripeness after Zartman 2000; three quarters of wartime talks fail (Min 2020); new leaders settle more easily
(Weisiger 2013).
"""

from collections.abc import Collection, Iterator
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.agenda import Process
from sim.engine.draws import Floats, Ints
from sim.engine.fields import Columns
from sim.engine.mechanism import Mechanism, PerHistory, PerSide, owned, seen
from sim.engine.recorder import EventKind
from sim.model.answers import TALKS
from sim.model.asked import Moment
from sim.model.bargain import Bargain
from sim.model.endings import DICTATED, VICTOR
from sim.model.ledger import Account, Ledger
from sim.model.negotiated import OUTCOMES, outcomes_of
from sim.model.negotiation import (
    Belief,
    egalitarian,
    first_largest,
    kalai_smorodinsky,
    nash,
    screening,
    shown,
    stand_firm,
)
from sim.model.outcomes import Outcome
from sim.model.parameters import SIDES
from sim.model.party import Party
from sim.model.planned import whole_days
from sim.model.reviews import (
    DAYS_BETWEEN_REVIEWS,
    IN_A_PHASE,
    NO_TALKS,
    SUSPENDED,
    UNDER_WAY,
    VOTING,
    chance,
)
from sim.model.stakes import NegotiationParameters, SideStakes
from sim.model.trust import FirstPhase
from sim.model.votes import Plans, Votes
from sim.scenario import Quantity

# judgement: of 64 to 1,024 the fastest on the machines tried: packages by histories fit the cache.
HISTORIES_AT_A_TIME = 512
# judgement: reasons change slowly; worked out every eight weeks they cost a quarter.
REVIEWS_BETWEEN_LEDGERS = 4
EVENTS = ("open", "agree", "fail", "suspend", "mediation", "proposer", "concession")
# judgement: the middle, so that an even law of `resolve_known` makes both rules equally common.
KNOWN_ABOVE = 0.5
# Half the width of a uniform law of standard deviation 1.
HALF_WIDTH = 3.0**0.5


_PLACE = {name: place for place, name in enumerate(TALKS)}


class Stock(NamedTuple):
    """What a review found in a block of histories; the slack of packages only where some are watched."""

    columns: Columns
    account: Account
    slack: Floats | None


def ripeness_factor(share: Floats, success: Floats, nearest_slack: Floats, way_out_scale: Floats) -> Floats:
    """Return the factor on the opening of talks: a hurting stalemate times a way out, or 1 where `share` is 0.

    Parameters
    ----------
    share, nearest_slack, way_out_scale : (n,) array
    success : (2, n) array
        Each side's belief in success, 0..1.

    >>> ripeness_factor(np.ones(2), np.array([[0.5, 1.0], [0.5, 0.0]]), np.zeros(2), np.ones(2))
    array([1., 0.])
    """
    hurting = 4.0 * (1.0 - success[0]) * (1.0 - success[1])
    # The bound keeps exp finite and changes nothing.
    way_out = 1.0 / (1.0 + np.exp(np.minimum(-nearest_slack / way_out_scale, 500.0)))
    factor: Floats = 1.0 - share + share * 2.0 * hurting * way_out
    return factor


class Talks(Mechanism):
    """Values, talks and deals."""

    name = "negotiation"
    parameters = NegotiationParameters[Quantity]
    optional = True
    steps = ("negotiation",)
    leaves_out = "secret channels, agendas, deals in parts"
    kinds: ClassVar = {
        "talks open": EventKind("Talks open.", begins="talks"),
        "talks fail": EventKind("The talks fail.", ends=("talks",)),
        "talks suspended": EventKind("The talks are suspended.", ends=("talks",)),
        "talks resume": EventKind("The talks go on.", begins="talks"),
        "offer refused": EventKind("{side} refuses an offer: {terms}."),
        "mediation begins": EventKind("Mediators come for {days:.0f} days and press both sides.", lasts="mediation"),
        "leader changes": EventKind("{side} has a new leader.", mark="new leader"),
        "leader falls": EventKind("{side}'s leader falls over the terms.", mark="new leader"),
        "deal signed": EventKind(
            "A deal is signed{pressure}: {terms}. The fighting ends.",
            begins="ceasefire",
            ends=("talks", "offensive", "rout"),
            mark="signed",
        ),
        "deal withheld": EventKind(
            "Both sides would sign, but {party} does not consent: {terms}. It would if it needed {short:.3f} less will."
        ),
        "terms dictated": EventKind("{side} dictates the terms: {terms}."),
        "deal agreed": EventKind("Both sides agree: {terms}. It waits to be ratified."),
        "first phase begins": EventKind("Both sides agree to try: {terms}. A first phase of {days:.0f} days begins."),
        "deal ratified": EventKind("{party}: the deal is ratified.", drawn=False),
        "deal rejected": EventKind("{party}: the deal is voted down: {terms}.", ends=("talks",), mark="voted down"),
        "deal withdrawn": EventKind("{side} withdraws from what was agreed: {terms}.", ends=("talks",)),
        "plan accepted": EventKind("Both sides take the plan of {party}: {terms}."),
        "plan refused": EventKind("{side} refuses the plan of {party}: {terms}."),
    }

    outcomes: ClassVar = OUTCOMES

    @classmethod
    def outcomes_of(
        cls, section: NegotiationParameters[Quantity] | None, touched: Collection[str] = ()
    ) -> tuple[Outcome, ...]:
        """Return the outcomes of the negotiation."""
        return () if section is None else tuple(outcomes_of(section))

    moments: ClassVar = (
        Moment("first_talks", "on the day of the first talks", lambda now: now.first_talks_day >= 0),
        Moment("first_deal", "on the day of the first deal", lambda now: now.deal_day >= 0),
    )
    value_of_fighting: PerSide = owned(
        "utility", "What fighting on is worth, at the last review.", SIDES, start=0.0, series=True
    )
    foreseen_loss: PerSide = owned(
        "utility", "How much less the war will be worth after a truce in which both re-arm; below 0: more.", SIDES, start=0.0
    )
    resolve: PerSide = owned("utility", "Private resolve of each side's leader.", SIDES, start=0.0)
    resolve_seen: PerSide = owned(
        "utility", "Each side's resolve as the other sees it: centre of the law before refusals.", SIDES, start=0.0
    )
    resolve_precision: PerSide = owned(
        "per utility2", "How sure the other is of it: one over the variance.", SIDES, start=0.0, inner=True
    )
    resolve_at_least: PerSide = owned(
        "utility", "What refused offers have shown that it is at least.", SIDES, start=0.0, inner=True
    )
    offers_refused: PerHistory = owned("times", "How often an offer has been refused.", start=0.0)
    nearest_slack: PerHistory = owned(
        "utility", "Smaller slack of both sides at the nearest package; -inf: none.", start=0.0, series=True
    )
    talks: Ints = owned(
        "code", "0 none, 1 under way, 2 suspended, 3 waiting for a vote, 4 in a first phase.", start=NO_TALKS, dtype=int
    )
    talks_opened: PerHistory = owned("times", "How often talks have opened.", start=0.0)
    talks_failed: PerHistory = owned("times", "How often they have failed.", start=0.0)
    first_talks_day: Ints = owned("day", "Review at which they first opened; -1 while they have not.", start=-1, dtype=int)
    demand: Ints = owned("package", "Package that each side would like best at the start.", SIDES, start=-1, dtype=int)
    deal_package: Ints = owned("package", "What was signed first; -1 while nothing is.", start=-1, dtype=int)
    deal_day: Ints = owned("day", "First day after the first signature; -1 while there is none.", start=-1, dtype=int)
    deal_imposed: PerHistory = owned("1 or 0", "Whether the first deal was signed only because of pressure.", start=0.0)
    deal_surplus: PerSide = owned("utility", "Surplus of each side at the first signature.", SIDES, start=0.0)
    deal_area: PerHistory = owned("km2", "Area that the first deal leaves the attacker with.", start=0.0)
    deal_ceded: PerHistory = owned("km2", "How much of it the attacker did not hold at the signature.", start=0.0)
    deals_signed: PerHistory = owned("times", "How many deals have been signed.", start=0.0)
    agreed_package: Ints = owned("package", "What was signed last; -1 while nothing is.", start=-1, dtype=int)
    agreed_regime: Ints = owned(
        "regime", "Its ceasefire regime, by its place in the scenario; -1 for none.", start=-1, dtype=int
    )
    agreed_imposed: PerHistory = owned("1 or 0", "Whether it was signed only because of pressure.", start=0.0)
    agreed_area: PerHistory = owned("km2", "Area that it leaves the attacker with.", start=0.0)
    dictated_day: Ints = owned("day", "First day after the victor named its terms; -1: none did.", start=-1, dtype=int)
    dictated_package: Ints = owned("package", "What the victor dictates; -1 while nothing is.", start=-1, dtype=int)
    dictated_area: PerHistory = owned("km2", "Area that it leaves the attacker with.", start=0.0)
    dictated_ceded: PerHistory = owned("km2", "How much of it the attacker did not hold.", start=0.0)
    temptation: PerSide = owned(
        "utility", "Renewed war above the terms in force, at the last review; 0 in war.", SIDES, start=0.0
    )
    conceded: PerSide = owned("utility", "What each side first signed below its demand of the start.", SIDES, start=0.0)
    mediated_until: Ints = owned("day", "Until when mediators stay; -1: none yet.", start=-1, dtype=int, inner=True)
    back_on_day: Ints = owned(
        "day",
        "From when talks may go on or open again, a vote is held, or a first phase ends.",
        start=-1,
        dtype=int,
        inner=True,
    )
    window_until: Ints = owned(
        "day",
        "Until when talks open at another rate after an election; -1: none yet.",
        SIDES,
        start=-1,
        dtype=int,
        inner=True,
    )
    window_factor: PerSide = owned("factor", "That rate, as a factor.", SIDES, start=1.0, inner=True)
    voted_on: Ints = owned(
        "package", "What waits for a vote or is tried, or did last; -1: none yet.", start=-1, dtype=int, inner=True
    )
    votes_held: PerHistory = owned("times", "How often an agreement came to a vote.", start=0.0)
    votes_lost: PerHistory = owned("times", "How often it was voted down.", start=0.0)
    phases_begun: PerHistory = owned("times", "How often a first phase has begun.", start=0.0)
    leaders_fallen: PerSide = owned("times", "How often its leader has fallen over terms it signed.", SIDES, start=0.0)
    plans_put: PerHistory = owned("times", "How often a mediator put a plan.", start=0.0)
    refused_in: PerHistory = owned(
        "number", "Of the talks in which an offer was refused last: how many had opened; 0: none.", start=0.0, inner=True
    )
    refusing: PerSide = owned(
        "1 or 0", "Whether it was this side that refused the last offer; 0 for both once a deal is signed.", SIDES, start=0.0
    )
    talking: PerHistory = owned("1 or 0", "Whether talks are on, or suspended, or wait.", start=0.0)
    withheld: NDArray[np.bool_] = owned(
        "yes or no", "Of watched histories: guarantors keep a deal from being signed.", start=0, dtype=bool, inner=True
    )
    outside: NDArray[np.bool_] = owned("yes or no", "A deal was outside the zone.", start=0, dtype=bool, inner=True)
    dominated: NDArray[np.bool_] = owned(
        "yes or no", "A deal was signed that another betters.", start=0, dtype=bool, inner=True
    )
    crossed: NDArray[np.bool_] = owned("yes or no", "One beyond a hard red line was.", start=0, dtype=bool, inner=True)
    barred: NDArray[np.bool_] = owned(
        "yes or no", "One that a rule forbids was, or one not open.", start=0, dtype=bool, inner=True
    )

    consent_margin: PerHistory = seen()
    at_war: PerHistory = seen()
    decided: Ints = seen()
    held_area: PerHistory = seen()
    ceasefires: PerHistory = seen()
    land_open: PerHistory = seen()
    guards_left: PerHistory = seen()
    due_area: PerHistory = seen()
    line_before: PerHistory = seen()
    keeps_phase: PerSide = seen()
    trust: PerSide = seen()

    knobs: NegotiationParameters[PerHistory]
    sides: SideStakes[PerSide]

    def begin(self) -> None:
        """Draw the resolve of the leaders, and find what each side would like best."""
        draws = self.world.draws
        self._luck = {event: draws.uniform(f"negotiation/{event}", in_turn=True) for event in EVENTS}
        self._leader_luck = [draws.uniform(f"negotiation/leader/{side}", in_turn=True) for side in SIDES]
        self._new_resolve = [draws.normal(f"negotiation/new_resolve/{side}", in_turn=True) for side in SIDES]
        self._fall_luck = [draws.uniform(f"negotiation/falls/{side}") for side in SIDES]
        self._next_resolve = [draws.normal(f"negotiation/resolve_after_fall/{side}") for side in SIDES]
        self._shown = [draws.normal(f"negotiation/shown/{side}", in_turn=True) for side in SIDES]
        first = np.stack([draws.normal(f"negotiation/resolve/{side}").at(0) for side in SIDES])
        for side in range(2):
            self._new_leader(side, self.world.everyone, first[side])
        # Of each side: each election with the day from which it counts, and its luck.
        self._elections = [
            [
                (
                    self.world.calendar.day_of(election.date),
                    election,
                    draws.uniform(f"negotiation/election/{name}/{election.id}"),
                )
                for election in getattr(self.knobs, name).elections
            ]
            for name in SIDES
        ]
        self._bargain = Bargain(self.world, self.section, self.drawn)
        self._ledger = Ledger(self._bargain)
        self._derived = self._versions()
        parties: list[Party[PerHistory]] = self.drawn.knobs("parties")
        self._votes = Votes(self.world, parties, self._bargain.lines)
        trust = self.drawn.knobs("trust")
        self._phase: FirstPhase[PerHistory] | None = None if trust is None else trust.first_phase
        self._plans = Plans(self.world, parties, self._bargain.domain)

    def _versions(self) -> tuple[int, ...]:
        return tuple(self.drawn.version(name) for name in ("negotiation", "ceasefire", "trust"))

    def _set_demands(self) -> None:
        """Find what each side would like best at the start, whoever consents: nothing, if every package is barred to it."""
        self._bargain.update(self.resolve, np.zeros((2, self.world.n)))
        for columns in self._blocks(self.world.everyone):
            liked = self._bargain.utility_if_consented(columns)
            for side in range(2):
                self.demand[side, columns] = first_largest(liked[side], liked[side].max(axis=0))

    def life(self) -> Process:
        """Review the negotiation."""
        # Not before all quantities have their values of the start, which options may wait for.
        self._set_demands()
        while True:
            yield self.world.agenda.next("negotiation", every_days=DAYS_BETWEEN_REVIEWS)
            day = self.world.agenda.today
            undecided = np.flatnonzero(self.decided == 0)
            beaten = np.flatnonzero(DICTATED[self.decided] & (self.dictated_day < 0))
            if len(undecided) or len(beaten):
                self._review(day, day // DAYS_BETWEEN_REVIEWS, undecided, beaten)

    def _review(self, day: int, review: int, undecided: Ints, beaten: Ints) -> None:
        """Hold a review of the histories at war, of those in a ceasefire, and of those that one side has just won."""
        if self._derived != self._versions():
            self._bargain.derive()
            self._ledger.derive()
            self._derived = self._versions()
        fighting = self.at_war[undecided] > 0
        cohort, inside = undecided[fighting], undecided[~fighting]
        self._change_leaders(day, review, undecided)
        self._show_resolve(review, cohort)
        mediated = self._mediate(day, review, cohort)
        pressure = self.sides.outside_pressure + self.knobs.mediation.pressure * mediated
        self._bargain.update(self.resolve, pressure)
        self._dictate(day, beaten)
        self.value_of_fighting[:, undecided] = self._bargain.fighting.value[:, undecided]
        self.foreseen_loss[:, undecided] = self._bargain.fighting.foreseen[:, undecided]
        self.temptation[:, cohort] = 0.0
        if len(inside):
            self.temptation[:, inside] = self._temptation(inside)
        if not len(cohort):
            return
        is_counted = review % REVIEWS_BETWEEN_LEDGERS == REVIEWS_BETWEEN_LEDGERS - 1
        counted = cohort[self.world.recorder.explained[cohort]] if is_counted else cohort[:0]
        stock = self._take_stock(cohort, counted)
        ripeness = ripeness_factor(self.knobs.ripeness, self._bargain.success, self.nearest_slack, self.knobs.way_out_scale)
        self._talk(day, review, cohort)
        self._account_for(day, stock, ripeness, counted)
        # Opened last, so that the first round is held at the next review.
        self._open(day, review, cohort, mediated, ripeness)
        self.talking = self.talks != NO_TALKS

    def _temptation(self, inside: Ints) -> Floats:
        """Return how much more each side expects of renewed war than of the terms it has in ceasefires, (2, inside)."""
        package, left = self.agreed_package[inside], self.guards_left[inside]
        if self.drawn.knobs("ceasefire").handover_days is None:
            return self._bargain.temptation(package, self.agreed_area[inside], None, None, left, inside)
        # Until its last day neither side knows whether land will be handed over.
        area, before = self.due_area[inside], self.line_before[inside]
        unsure = np.where(self.land_open[inside] > 0, before, area)
        return self._bargain.temptation(package, area, before, unsure, left, inside)

    def _dictate(self, day: int, beaten: Ints) -> None:
        """Let victors name what they like best: red lines of the enemy, hard or not, stop them no more."""
        for columns in self._blocks(beaten) if len(beaten) else ():
            victor = VICTOR[self.decided[columns]]
            liked = self._bargain.utility(columns)
            liked = np.where(victor == 0, liked[0], liked[1])
            self.dictated_package[columns] = first_largest(liked, liked.max(axis=0))
        self.dictated_day[beaten] = day + 1
        named = beaten[self.dictated_package[beaten] >= 0]
        package = self.dictated_package[named]
        self.dictated_area[named] = self._bargain.area_with(package, named)
        self.dictated_ceded[named] = self.dictated_area[named] - self.held_area[named]
        for side, name in enumerate(SIDES):
            mine = VICTOR[self.decided[named]] == side
            terms = package[mine].astype(np.float64)
            self.world.recorder.tell(day, named[mine], "terms dictated", side=name, package=terms)

    def _change_leaders(self, day: int, review: int, cohort: Ints) -> None:
        for side in range(2):
            rate = self.sides.leader_change_per_year[side] + self._bargain.offices.falling_per_year(side) * self.at_war
            changed = cohort[(self._leader_luck[side].at(review) < chance(rate))[cohort]]
            self._replace_leader(day, review, side, changed)
        for side in range(2):
            for on, election, luck in self._elections[side]:
                if day - DAYS_BETWEEN_REVIEWS < on <= day:
                    changed = cohort[(luck.at(0) < election.probability)[cohort]]
                    self.window_until[side, changed] = on + np.rint(election.window_days).astype(np.int64)[changed]
                    self.window_factor[side, changed] = election.opens_factor[changed]
                    self._replace_leader(day, review, side, changed)

    def _replace_leader(self, day: int, review: int, side: int, changed: Ints) -> None:
        """Give a side a new leader."""
        if len(changed):
            self._new_leader(side, changed, self._new_resolve[side].at(review)[changed])
            self.world.recorder.tell(day, changed, "leader changes", side=SIDES[side])

    def _new_leader(self, side: int, cohort: Ints, luck: Floats) -> None:
        """Draw a leader's resolve, of which the other side knows the law alone."""
        assert self.section is not None, "without a negotiation nothing is drawn"
        spread = self.sides.resolve_sd[side, cohort]
        with np.errstate(divide="ignore"):
            precision = spread**-2.0
        least = np.full(len(cohort), -np.inf)
        if self.section.resolve_law == "uniform":
            # Heavy to import, and only this law needs it.
            from scipy.special import ndtr

            luck, precision = HALF_WIDTH * (2.0 * ndtr(luck) - 1.0), np.where(spread > 0, 0.0, precision)
            least = -HALF_WIDTH * spread
        self.resolve[side, cohort], self.resolve_seen[side, cohort] = spread * luck, 0.0
        self.resolve_precision[side, cohort], self.resolve_at_least[side, cohort] = precision, least

    def _show_resolve(self, review: int, cohort: Ints) -> None:
        """Let the fighting show something of each side's resolve to the other."""
        for side in range(2):
            noise = self.sides.resolve_noise[side, cohort]
            signal = self.resolve[side, cohort] + noise * self._shown[side].at(review)[cohort]
            self.resolve_seen[side, cohort], self.resolve_precision[side, cohort] = shown(
                self.resolve_seen[side, cohort], self.resolve_precision[side, cohort], signal, noise
            )

    def _mediate(self, day: int, review: int, cohort: Ints) -> NDArray[np.bool_]:
        """Let mediators come; return where they are, (n,)."""
        comes = self._luck["mediation"].at(review) < chance(self.knobs.mediation.hazard_per_year)
        new = cohort[(comes & (self.mediated_until <= day))[cohort]]
        days = np.maximum(1, np.rint(self.knobs.mediation.days)).astype(np.int64)[new]
        self.mediated_until[new] = day + days
        self.world.recorder.tell(day, new, "mediation begins", days=days.astype(np.float64))
        return self.mediated_until > day

    def _blocks(self, cohort: Ints) -> Iterator[Columns]:
        for start in range(0, len(cohort), HISTORIES_AT_A_TIME):
            part = cohort[start : start + HISTORIES_AT_A_TIME]
            # A slice, where it can be one, saves a copy.
            whole = len(part) == part[-1] - part[0] + 1
            yield slice(int(part[0]), int(part[-1]) + 1) if whole else part

    def _take_stock(self, cohort: Ints, counted: Ints) -> list[Stock]:
        """Find the nearest package of all; write accounts of who is watched, and of the `counted` that have no zone."""
        bargain, recorder = self._bargain, self.world.recorder
        for columns in self._blocks(cohort):
            self.nearest_slack[columns] = bargain.nearest_slack(columns)
        explained = np.union1d(counted[~(self.nearest_slack[counted] > 0)], cohort[recorder.watched(cohort)])
        if bargain.guaranteed and len(explained):
            # What guards and guarantees count changes with wills.
            self._ledger.derive()
        stock = []
        for columns in self._blocks(explained):
            slack = bargain.slack(columns)
            smaller = np.minimum(slack[0], slack[1])
            largest = smaller.max(axis=0)
            account = self._ledger.account(slack, first_largest(smaller, largest), largest > 0, columns)
            stock.append(Stock(columns, account, slack if recorder.watched(columns).any() else None))
        return stock

    def _account_for(self, day: int, stock: list[Stock], ripeness: Floats, counted: Ints) -> None:
        """Say how talks stand where a deal is possible; count and tell the accounts."""
        if not stock and not len(counted):
            return
        recorder, everyone = self.world.recorder, self.world.everyone
        states = self._standing(day, ripeness)
        for columns, account, slack in stock:
            zone = self.nearest_slack[columns] > 0
            states[columns] = account.state = np.where(zone, states[columns], account.state)
            if slack is not None:
                trusts = {}
                if self._bargain.trusting.matters:
                    trusts = {f"trust_{side}": self.trust[1 - row, columns] for row, side in enumerate(SIDES)}
                recorder.tell(day, everyone[columns], "review", packages=slack, **account.values(), **trusts)
                self._tell_withheld(day, everyone[columns], account.withheld)
        if len(counted):
            without = [
                account.of(np.flatnonzero(recorder.explained[columns] & ~(self.nearest_slack[columns] > 0)))
                for columns, account, _ in stock
            ]
            told = states[counted]
            self._ledger.count(recorder, day, told[told >= 0], without)

    def _tell_withheld(self, day: int, cohort: Ints, package: Ints) -> None:
        """Tell what guarantors keep from being signed, where that was not so at the last review, and what they lack."""
        new = (package >= 0) & ~self.withheld[cohort]
        self.withheld[cohort] = package >= 0
        regime = self._bargain.regime_of(package)
        for row, (party, name) in enumerate(self._bargain.consents):
            margin = self.consent_margin[row, cohort]
            mine = new & (regime == name) & (margin <= 0)
            terms, short = package[mine].astype(np.float64), -margin[mine]
            self.world.recorder.tell(day, cohort[mine], "deal withheld", party=party, package=terms, short=short)

    def _standing(self, day: int, ripeness: Floats) -> Ints:
        """Return how talks stand after the round of today, by its place among `TALKS`, (n,); -1 where a deal is signed."""
        hopes = self._bargain.success > 0.5
        refused = (self.refused_in == self.talks_opened) & (self.talks_opened > 0)
        standing = [
            (self.deals_signed != self.ceasefires, -1),
            (self.talks == VOTING, _PLACE["voting"]),
            (self.talks == IN_A_PHASE, _PLACE["first_phase"]),
            ((self.talks == UNDER_WAY) & refused, _PLACE["refused"]),
            (self.talks == UNDER_WAY, _PLACE["round"]),
            (self.talks == SUSPENDED, _PLACE["suspended"]),
            (self.back_on_day > day, _PLACE["paused"]),
            # Where they never open anyway, it is not ripeness that keeps them from it.
            ((ripeness >= 1.0) | (self.knobs.talks.open_per_year <= 0), _PLACE["none_open"]),
            (hopes[0] & hopes[1], _PLACE["both_ahead"]),
            (hopes[0], _PLACE["attacker_ahead"]),
        ]
        # What lowers the rate where a way out is near is that some side hopes to win.
        conditions, places = zip(*standing, strict=True)
        found: Ints = np.select(list(conditions), list(places), default=_PLACE["defender_ahead"])
        return found

    def _talk(self, day: int, review: int, cohort: Ints) -> None:
        recorder = self.world.recorder
        if self._phase is not None:
            self._end_phases(day, cohort[(self.talks[cohort] == IN_A_PHASE) & (self.back_on_day[cohort] <= day)])
        if self._votes.names:
            self._hold_votes(day, cohort[(self.talks[cohort] == VOTING) & (self.back_on_day[cohort] <= day)])
        back = cohort[(self.talks[cohort] == SUSPENDED) & (self.back_on_day[cohort] <= day)]
        self.talks[back] = UNDER_WAY
        recorder.tell(day, back, "talks resume")
        self._put_plans(day, review, cohort)
        talking = cohort[self.talks[cohort] == UNDER_WAY]
        if not len(talking):
            return
        agree = self._luck["agree"].at(review) < chance(self.knobs.talks.agree_per_year)
        ready = talking[agree[talking]]
        # Who knows the other's resolve knows whether there is a zone.
        ready = ready[self._guesses(ready) | (self.nearest_slack[ready] > 0)]
        if len(ready):
            self._sign(day, review, ready)
        talking = talking[(self.deals_signed[talking] == self.ceasefires[talking]) & (self.talks[talking] == UNDER_WAY)]
        fails = (self._luck["fail"].at(review) < chance(self.knobs.talks.fail_per_year))[talking]
        failed, left = talking[fails], talking[~fails]
        self._break_off(day, failed)
        recorder.tell(day, failed, "talks fail")
        stops = self._luck["suspend"].at(review) < chance(self.knobs.talks.suspend_per_year)
        stopped = left[stops[left]]
        self.talks[stopped] = SUSPENDED
        self.back_on_day[stopped] = day + np.rint(self.knobs.talks.suspended_days).astype(np.int64)[stopped]
        recorder.tell(day, stopped, "talks suspended")

    def _break_off(self, day: int, failed: Ints) -> None:
        """Let talks fail."""
        self.talks[failed] = NO_TALKS
        self.talks_failed[failed] += 1
        # One more day, so that they cannot open again at once.
        pause = np.rint(self.knobs.talks.pause_days).astype(np.int64)[failed]
        self.back_on_day[failed] = day + np.maximum(pause, 1)

    def _end_phases(self, day: int, due: Ints) -> None:
        """Go on to what was agreed on where both have kept the first phase; elsewhere the talks fail."""
        kept = self.keeps_phase[:, due].all(axis=0)
        self._break_off(day, due[~kept])
        held = due[kept]
        if not len(held):
            return
        package = self.voted_on[held]
        if self._votes.names:
            self._wait_for_votes(day, held, package)
        else:
            self._sign_or_withdraw(day, held, package)

    def _sign_or_withdraw(self, day: int, due: Ints, package: Ints) -> None:
        """Sign what was agreed on, unless a side has come to gain by fighting on."""
        slack = self._bargain.slack(due)[:, package, np.arange(len(due))]
        gains = slack > self._least(due)
        for row, side in enumerate(SIDES):
            leaves = ~gains[row]
            terms = package[leaves].astype(np.float64)
            self.world.recorder.tell(day, due[leaves], "deal withdrawn", side=side, package=terms)
        signs = gains.all(axis=0)
        self._break_off(day, due[~signs])
        if signs.any():
            self._put_in_force(day, due[signs], package[signs], slack[:, signs])

    def _hold_votes(self, day: int, due: Ints) -> None:
        """Let those who must ratify vote; sign what they ratify, unless a side has come to gain by fighting on."""
        if not len(due):
            return
        recorder, package = self.world.recorder, self.voted_on[due]
        against = self._votes.against(package, self.votes_held[due].astype(np.int64), due)
        self.votes_held[due] += 1.0
        lost = against.any(axis=0)
        self.votes_lost[due[lost]] += 1.0
        for name, no in zip(self._votes.names, against, strict=True):
            recorder.tell(day, due[no], "deal rejected", party=name, package=package[no].astype(np.float64))
            recorder.tell(day, due[~lost], "deal ratified", party=name)
        self._break_off(day, due[lost])
        if not lost.all():
            self._sign_or_withdraw(day, due[~lost], package[~lost])

    @property
    def _waits(self) -> bool:
        """Whether what both sides agree to waits before it is signed."""
        return bool(self._votes.names) or self._phase is not None

    def _least(self, cohort: Ints) -> Floats:
        """Return the slack above which a side signs, (cohort,): who withdraws from what has waited pays for it."""
        return -self.knobs.talks.withdrawal_price[cohort] if self._waits else np.zeros(len(cohort))

    def _put_plans(self, day: int, review: int, cohort: Ints) -> None:
        """Let mediators put their plans to both sides, who take or refuse them; a plan taken is agreed to."""
        for row, party in enumerate(self._plans.parties):
            waits = np.isin(self.talks[cohort], (VOTING, IN_A_PHASE))
            free = cohort[~waits & (self.deals_signed[cohort] == self.ceasefires[cohort])]
            asked = self._plans.put(row, review, free)
            if not len(asked):
                continue
            slack = self._bargain.slack(asked)
            package = self._plans.package(row, slack)
            there = np.flatnonzero(package >= 0)
            asked, package = asked[there], package[there]
            self.plans_put[asked] += 1.0
            slack = slack[:, package, there]
            takes = slack > 0
            for place, side in enumerate(SIDES):
                no = ~takes[place]
                self.refusing[place, asked] = no
                terms = package[no].astype(np.float64)
                self.world.recorder.tell(day, asked[no], "plan refused", side=side, party=party.name, package=terms)
            both = takes.all(axis=0)
            terms = package[both].astype(np.float64)
            self.world.recorder.tell(day, asked[both], "plan accepted", party=party.name, package=terms)
            self._begin_talks(day, asked[both & (self.talks[asked] == NO_TALKS)])
            self._agree(day, asked[both], package[both], slack[:, both])

    def _agree(self, day: int, cohort: Ints, package: Ints, slack: Floats) -> None:
        """Sign what both sides agree to, or let it wait; `slack` is (2, cohort)."""
        if not len(cohort):
            return
        if self._phase is not None:
            days = whole_days(self._phase.days)[cohort]
            self._wait(cohort, package, IN_A_PHASE, day + days)
            self.phases_begun[cohort] += 1.0
            terms = package.astype(np.float64)
            # It ends at a review.
            told = np.ceil(days / DAYS_BETWEEN_REVIEWS) * DAYS_BETWEEN_REVIEWS
            self.world.recorder.tell(day, cohort, "first phase begins", package=terms, days=told)
        elif self._votes.names:
            self._wait_for_votes(day, cohort, package)
        else:
            self._put_in_force(day, cohort, package, slack)

    def _wait_for_votes(self, day: int, cohort: Ints, package: Ints) -> None:
        """Let what both sides agree to wait for those who must ratify it."""
        self._wait(cohort, package, VOTING, day + self._votes.days()[cohort])
        self.world.recorder.tell(day, cohort, "deal agreed", package=package.astype(np.float64))

    def _wait(self, cohort: Ints, package: Ints, how: int, until: Ints) -> None:
        self.talks[cohort], self.voted_on[cohort], self.back_on_day[cohort] = how, package, until
        self.refusing[:, cohort] = 0.0

    def _open(self, day: int, review: int, cohort: Ints, mediated: NDArray[np.bool_], ripeness: Floats) -> None:
        idle = cohort[(self.talks[cohort] == NO_TALKS) & (self.back_on_day[cohort] <= day)]
        idle = idle[self.deals_signed[idle] == self.ceasefires[idle]]
        rate = self.knobs.talks.open_per_year * np.where(mediated, self.knobs.mediation.opens_factor, 1.0)
        if any(self._elections):
            rate = rate * np.where(self.window_until > day, self.window_factor, 1.0).prod(axis=0)
        self._begin_talks(day, idle[(self._luck["open"].at(review) < chance(rate * ripeness))[idle]])

    def _begin_talks(self, day: int, opening: Ints) -> None:
        self.talks[opening] = UNDER_WAY
        self.talks_opened[opening] += 1
        self.first_talks_day[opening] = np.where(self.first_talks_day[opening] < 0, day, self.first_talks_day[opening])
        self.world.recorder.tell(day, opening, "talks open")

    def _sign(self, day: int, review: int, ready: Ints) -> None:
        """Let the rule name a package in each history, and sign it if it names one."""
        bargain = self._bargain
        slack = bargain.slack(ready)
        surplus = bargain.surplus(slack, ready)
        proposes = self._luck["proposer"].at(review)[ready] < self.knobs.attacker_proposes_share[ready]
        named = self._named(day, review, ready, proposes, slack, surplus)
        place = np.flatnonzero(named >= 0)
        self._check(self._judged(ready, proposes, slack, surplus)[:, :, place], named[place], ready[place])
        self._agree(day, ready[place], named[place], slack[:, named[place], place])

    def _put_in_force(self, day: int, signed: Ints, package: Ints, slack: Floats) -> None:
        """Sign packages, one for each of `signed`; `slack` is (2, signed)."""
        bargain, least = self._bargain, self._least(signed)
        regime = bargain.regime_of(package)
        # Without pressure each side could do so much better by fighting on.
        free = slack - bargain.fighting.pressure[:, signed]
        self.outside[signed] = ~(slack > least).all(axis=0)
        self.talks[signed], self.agreed_package[signed] = NO_TALKS, package
        self.refusing[:, signed] = 0.0
        self.agreed_regime[signed] = bargain.place_of_regime[regime]
        self.agreed_imposed[signed] = ~(free > least).all(axis=0)
        self.agreed_area[signed] = bargain.area_with(package, signed)
        first = self.deals_signed[signed] == 0
        self.deals_signed[signed] += 1.0
        if first.any():
            self._keep_first(day, signed[first], (slack * bargain.lasting[:, regime, signed])[:, first])
        self.world.recorder.tell(
            day, signed, "deal signed", package=package.astype(np.float64), imposed=self.agreed_imposed[signed]
        )
        if bargain.offices.at_risk:
            self._let_leaders_fall(day, signed, bargain.terms_of(package, signed))

    def _let_leaders_fall(self, day: int, signed: Ints, terms: Floats) -> None:
        """Let leaders fall over the terms that they have signed, (2, signed); whoever comes then has not signed them."""
        chance_to_fall = self._bargain.offices.falls(terms, signed)
        deal = self.deals_signed[signed] - 1.0
        for side, name in enumerate(SIDES):
            falls = self._fall_luck[side].each(deal, signed) < chance_to_fall[side]
            fallen = signed[falls]
            self.leaders_fallen[side, fallen] += 1.0
            if len(fallen):
                self._new_leader(side, fallen, self._next_resolve[side].each(deal[falls], fallen))
            self.world.recorder.tell(day, fallen, "leader falls", side=name)

    def _keep_first(self, day: int, signed: Ints, surplus: Floats) -> None:
        """Keep what is said of the first deal of a history."""
        package = self.agreed_package[signed]
        self.deal_package[signed], self.deal_day[signed] = package, day + 1
        self.deal_imposed[signed], self.deal_area[signed] = self.agreed_imposed[signed], self.agreed_area[signed]
        self.deal_ceded[signed] = self.deal_area[signed] - self.held_area[signed]
        self.deal_surplus[:, signed] = surplus
        had = self._bargain.terms_of(package, signed)
        for side in range(2):
            demand = self.demand[side, signed]
            wanted = self._bargain.terms_of(np.maximum(demand, 0), signed)[side]
            self.conceded[side, signed] = np.where(demand >= 0, wanted, 0.0) - had[side]

    def _named(
        self, day: int, review: int, ready: Ints, proposes: NDArray[np.bool_], slack: Floats, surplus: Floats
    ) -> Ints:
        """Return the package that the rule of each history names, -1 for none."""
        named, guesses = np.empty(len(ready), dtype=np.int64), self._guesses(ready)
        # Of a side that guesses one makes an offer, which may be refused; elsewhere the zone is known.
        for by, some in ((self._offered, guesses), (self._found, ~guesses)):
            here = np.flatnonzero(some)
            if len(here):
                named[here] = by(day, review, ready[here], proposes[here], slack[:, :, here], surplus[:, :, here])
        return named

    def _guesses(self, cohort: Ints) -> NDArray[np.bool_]:
        """Return where each side can only guess the other's resolve, so that the rule is screening, (cohort,)."""
        if self.section is None or self.section.rule != "screening":
            return np.zeros(len(cohort), dtype=np.bool_)
        guesses: NDArray[np.bool_] = self.knobs.resolve_known[cohort] <= KNOWN_ABOVE
        return guesses

    def _found(
        self, day: int, review: int, ready: Ints, proposes: NDArray[np.bool_], slack: Floats, surplus: Floats
    ) -> Ints:
        """Return the package that the rule names where each side knows the other's resolve, -1 for none."""
        assert self.section is not None, "a scenario without a negotiation signs nothing"
        rule = self.section.rule
        if rule in ("nash", "screening"):
            discount = self.sides.discount_per_year[:, ready]
            total = discount[0] + discount[1]
            return nash(surplus, np.where(total > 0, discount[1] / np.where(total > 0, total, 1.0), 0.5))
        if rule == "kalai_smorodinsky":
            return kalai_smorodinsky(surplus)
        if rule == "egalitarian":
            return egalitarian(surplus)
        cost = self.sides.cost_of_war_per_year[:, ready]
        total = cost[0] + cost[1]
        share = np.where(total > 0, cost[0] / np.where(total > 0, total, 1.0), 0.5)
        return stand_firm(surplus, self._luck["concession"].at(review)[ready] < share)

    def _judged(self, ready: Ints, proposes: NDArray[np.bool_], slack: Floats, surplus: Floats) -> Floats:
        """Return by what the rule judges packages for each side, (2, P, ready): no other may be better by both."""
        guesses = self._guesses(ready)
        # Acceptance hangs on the other's slack alone, not on how long a deal lasts: what both would like better, since it
        # lasts longer, may be left unsaid for what is more likely to be accepted.
        answers = np.stack([guesses & ~proposes, guesses & proposes])
        return np.where(answers[:, None], slack, surplus)

    def _offered(
        self, day: int, review: int, ready: Ints, attacker: NDArray[np.bool_], slack: Floats, surplus: Floats
    ) -> Ints:
        """Let one side make an offer; return it where it is accepted, and remember what a refusal shows."""
        other = attacker.astype(np.int64)
        resolve = self.resolve[other, ready]
        # With more resolve than that the other would refuse.
        most = np.where(attacker, slack[1], slack[0]) + resolve
        offered = screening(surplus, attacker, self._belief_about(other, ready).chance_below(most))
        made = np.flatnonzero(offered >= 0)
        refused = made[~(surplus[other[made], offered[made], made] > 0)]
        side, cohort, shows = other[refused], ready[refused], most[offered[refused], refused]
        self.resolve_at_least[side, cohort] = np.maximum(self.resolve_at_least[side, cohort], shows)
        self.offers_refused[cohort] += 1.0
        self.refusing[side, cohort], self.refusing[1 - side, cohort] = 1.0, 0.0
        self.refused_in[cohort] = self.talks_opened[cohort]
        for row, name in enumerate(SIDES):
            package = offered[refused[side == row]].astype(np.float64)
            self.world.recorder.tell(day, cohort[side == row], "offer refused", side=name, package=package)
        offered[refused] = -1
        return offered

    def _belief_about(self, side: Ints, cohort: Ints) -> Belief:
        """Return what the other side believes of the resolve of a side in each history, (cohort,)."""
        assert self.section is not None, "without a negotiation nothing is offered"
        highest = np.full(len(cohort), np.inf)
        if self.section.resolve_law == "uniform":
            highest = HALF_WIDTH * self.sides.resolve_sd[:, cohort][side, np.arange(len(cohort))]
        return Belief(
            self.resolve_seen[side, cohort],
            self.resolve_precision[side, cohort],
            self.resolve_at_least[side, cohort],
            highest,
        )

    def _check(self, surplus: Floats, package: Ints, signed: Ints) -> None:
        """Keep what must hold of deals for the next check of the invariants."""
        own = surplus[:, package, np.arange(len(signed))][:, None]
        # By more than rounding, which parts packages that are worth the same.
        more = own + 1e-12 * np.maximum(1.0, np.abs(own))
        better = ((surplus >= own).all(axis=0) & (surplus > more).any(axis=0)).any(axis=0)
        self.dominated[signed] = better
        self.crossed[signed] = self._bargain.crossed(package, signed)
        self.barred[signed] = self._bargain.closed(package, signed)

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield what must hold of deals."""
        signed = self.deal_day >= 0
        yield "a deal is signed exactly where a package is named", signed != (self.deal_package >= 0)
        # What has waited may be signed at a loss, which costs less than to withdraw.
        waits = self.section is not None and self._waits
        at_a_loss = signed & ~(self.deal_surplus > 0).all(axis=0)
        yield "no deal outside the zone of agreement", self.outside if waits else self.outside | at_a_loss
        if self.section is not None:
            yield "no deal that another package betters for both by what its rule judges", self.dominated
            yield "no deal beyond a hard red line", self.crossed
            yield "no deal that a rule forbids, or with an option that is not open", self.barred
        dictates = DICTATED[self.decided] & (self.dictated_day >= 0)
        yield "only victors dictate terms, once they have won", (self.dictated_package >= 0) & ~dictates
        yield "no more talks fail than have opened", self.talks_failed > self.talks_opened
        yield "talks have opened where there was a deal", signed & (self.talks_opened == 0)
