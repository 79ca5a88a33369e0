"""The bargain of a batch at a review: what each package gives each side above fighting on, in every history.

Utilities come from the issues of the scenario, weighted and with the prices of red lines; how long a deal is believed to
last from its ceasefire regime; the value of fighting on from `valuation`. Arrays have the sides first, the histories last.
The scale is fixed: what an issue is worth runs from 0 to 1, whatever options are listed.

What cannot be signed has no price. A package is *barred* to both sides where a rule forbids it, and to a side whose hard red
line it is beyond: it stands at minus infinity, which nothing that speaks for it can outweigh.

The commitment problem: a side has the terms of a deal only while it lasts, and after that the war again, as it will have
become: with what re-arming will have done to the balance, and with what it loses by surprise. A peace that fighting brings
is no firmer by itself. At home a leader pays for the terms signed, the more the more of the war has been felt, and may fall.
Sources: Fearon 1995, Powell 2006; leaders who pay for terms at home, Goemans 2000.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats, Ints
from sim.engine.fields import Columns, at
from sim.engine.world import World
from sim.model.guarantors import Consent, each_consent
from sim.model.lines import Openings, RedLines
from sim.model.negotiation import IssueOption, LandWorth, hands_over_by, kept_worth, total
from sim.model.obligations import Obligation
from sim.model.office import Offices
from sim.model.parameters import SIDES, Drawn
from sim.model.party import Party
from sim.model.regimes import (
    REGIME,
    CeasefireParameters,
    Regime,
    believed_share,
    mean_survival,
    presence_on_the_line,
)
from sim.model.stakes import NegotiationParameters, SideStakes, domain_of
from sim.model.trust import Trusting
from sim.model.valuation import FightingOn
from sim.scenario import Quantity


class Bargain:
    """Packages, prices and values of a batch.

    Attributes
    ----------
    domain : Domain
    fighting : Fighting
        The value of fighting on at the last review.
    lines : RedLines
    place_of_regime : (regimes,) int
        Where each regime stands in the section `ceasefire`; -1 if packages have none.
    holding : (regimes, n)
        The share of the guards who would hold the line and do not only watch.
    presence : (regimes, n)
        Of these.
    zone_price : (2, regimes, n)
        To each side, of its own ground in the zone of each regime.
    lasting : (2, regimes, n)
        Share of its trust time for which each side believes that a deal lasts.
    trusting : Trusting
    loss : (2, regimes, n)
        From renewed war under each regime.
    fear : (2, regimes, n)
        What renewed war takes from a deal under each regime, in utility of its terms.
    home : (2, n)
        Price at home of signing the worst terms.
    floor : (2, regimes, n)
        What the terms of a deal under each regime must be worth to a side.
    """

    def __init__(self, world: World, section: NegotiationParameters[Quantity], drawn: Drawn) -> None:
        self._world, self._drawn, self.section, self._n = world, drawn, section, world.n
        self._knobs: NegotiationParameters[Floats] = drawn.knobs("negotiation")
        self._both: SideStakes[Floats] = drawn.sides("negotiation")
        self._ceasefire: CeasefireParameters[Floats] = drawn.knobs("ceasefire")
        see = world.fields.see
        self._area, self._momentum, self._weariness = see("held_area"), see("momentum"), see("weariness")
        self._decided = see("decided")
        self._total_area: Floats = drawn.knobs("front").total_area_km2
        self.domain = domain_of(section)
        self._issues = {issue.id: issue for issue in section.issues}
        self._draw_weights()
        self._sort_rules()
        self._land = next((issue for issue in self._knobs.issues if issue.land is not None), None)
        self._land_worth = None
        if self._land is not None and self._land.land is not None:
            self._land_worth = LandWorth(self._land.land, self._n)
        self.lines = RedLines(world, section, drawn, self.domain, self.land_id)
        self._openings = Openings(world, section, drawn, self.domain)
        self._regimes = self._regimes_of_packages()
        known = {regime.id: regime for regime in self._ceasefire.regimes}
        self._obligations: dict[str, list[Obligation[Floats]]] = {name: known[name].obligations for name in known}
        order = list(known)
        self._regime_rows_of: Regime[Floats] = drawn.stacked("ceasefire", [known[name] for name in self._regimes if name])
        own = [known[name].zone_on if name else None for name in self._regimes]
        # Which part of the zone of each regime lies on the side of each.
        self._zone_parts = np.array([[0.5 if on is None else float(on == side) for on in own] for side in SIDES])[..., None]
        self.place_of_regime = np.array([order.index(name) if name else -1 for name in self._regimes])
        self._worth: dict[str, Floats] = {}
        self._values = {
            issue.id: np.stack([[getattr(option.values, side) for option in issue.options] for side in SIDES])
            for issue in self._knobs.issues
            if issue.land is None
        }
        by_land = self.weight[self._land.id] if self._land is not None else np.zeros((2, self._n))
        self._by_power = 1.0 - by_land
        best, worst = np.ones((2, self._n)), np.zeros((2, self._n))
        if self._land_worth is not None:
            best, worst = 1.0 + by_land * (self._land_worth.best - 1.0), by_land * self._land_worth.worst
        self.offices = Offices(drawn, see("war_support"))
        self._fighting_on = FightingOn(world, section, drawn, self._expected_terms, best, worst, self.offices)
        self.parties: list[Party[Floats]] = drawn.knobs("parties")
        self.trusting = Trusting(world, drawn)
        self._consent = Consent(self.parties, self._ceasefire)
        regimes = self._consent.regimes
        self._word, self._supply, self._tripwire = see("word"), see("supply"), see("tripwire")
        self._consents, self.consent_margin = see("consents"), see("consent_margin")
        self._will, self._acts = see("will"), see("acts")
        # Of each regime that needs someone's consent: its row here and among those.
        self.guaranteed = [(row, regimes.index(name)) for row, name in enumerate(self._regimes) if name in regimes]
        rows = {name: row for row, name in enumerate(self._regimes)}
        # Of each consent: the name of the party, and the row of the regime; -1 where no package has it.
        self.consents = [(party.name, rows.get(name, -1)) for party, name in each_consent(self.parties)]
        self.derive()
        self.area_after = np.zeros((0, self._n))

    # What is settled at the start.

    def _draw_weights(self) -> None:
        """Draw the weights of both sides, (2, n) for each issue: gammas over their sum are a Dirichlet draw."""
        concentration = self.section.weight_concentration
        self.weight = {}
        given = {i: [getattr(issue.weight, side).value for side in SIDES] for i, issue in self._issues.items()}
        if concentration is None:
            self.weight = {i: np.repeat(np.array(values)[:, None], self._n, axis=1) for i, values in given.items()}
            return
        # Heavy to import, and only this needs it.
        from scipy.special import gammaincinv

        total = np.zeros((2, self._n))
        for i, values in given.items():
            raw = np.zeros((2, self._n))
            for row, (side, weight) in enumerate(zip(SIDES, values, strict=True)):
                luck = self._world.draws.uniform(f"negotiation/weight/{side}/{i}").at(0)
                if weight > 0:
                    raw[row] = gammaincinv(concentration.value * weight, luck)
            self.weight[i] = raw
            total += raw
        for raw in self.weight.values():
            raw /= total

    def _sort_rules(self) -> None:
        """Tell rules that are about the first issue from others, which forbid combinations of the rest."""
        rules, first = self.section.forbidden, self.domain.issues[0]
        with_first = [rule for rule in rules if first in rule.terms]
        self._forbidden_with_first = [corner for rule in with_first for corner in self.domain.corners(rule.terms)]
        others = [rule for rule in rules if first not in rule.terms]
        self._forbidden_without_first = [corner for rule in others for corner in self.domain.corners(rule.terms)]

    def _regimes_of_packages(self) -> list[str]:
        """Return the regimes in the order of packages, which stand in one block for each; one unnamed if there are none."""
        first = self._issues[self.domain.issues[0]]
        named = [option.regime for option in first.options]
        if named[0] is None:
            self.blocks = [slice(0, len(self.domain))]
            return [""]
        ends = np.searchsorted(self.domain.choice[:, 0], np.arange(len(named) + 1))
        self.blocks = [slice(int(a), int(b)) for a, b in pairwise(ends)]
        return [str(name) for name in named]

    # What follows from the parameters in force.

    def derive(self) -> None:
        """Work out what depends on the parameters in force: how long deals are believed to last, what options are worth."""
        guards = self.guards_now()
        self.holding = 1.0 - self._regime_rows("watches")
        self.presence, self._lasts = self.presence_of(guards), self.lasting_with(guards)
        self._weigh_guarantees()
        self._fought_lasts = self._lasting_of_fighting()
        self._believe_lasting()
        self.troops_price = self._both.foreign_troops_price
        zones = self._regime_rows("zone_width_km") * self._ceasefire.front_km / 1_000
        self.zone_price = self._both.zone_price[:, None] * self._zone_parts * zones
        for i, values in self._values.items():
            self._worth[i] = self.weight[i][:, None] * values
        self.lines.derive()

    def _derive_guarantees(self) -> None:
        """Work out what depends on what guarantees count, which changes with wills."""
        guards = self.guards_now()
        for row, _ in self.guaranteed:
            here = slice(row, row + 1)
            self.presence[here], self._lasts[:, :, here] = (
                self.presence_of(guards[here], here),
                self.lasting_with(guards[here], here),
            )
        self._weigh_guarantees()

    def _believe_lasting(self) -> None:
        """Work out how long each side believes that deals last, by what it makes of the other's kind."""
        self.lasting = self.believed(self._lasts)

    def believed(self, by_kind: Floats) -> Floats:
        """Return how long each side believes that deals last, (2, ..., n), from that with each kind of enemy."""
        return self.trusting.mixed(by_kind, self.trusting.of_deals())

    def _weigh_guarantees(self) -> None:
        """Work out what attacking guards costs, and what guarantees spare."""
        self.tripped = self.tripped_by(self.presence)
        self._spared = self._spared_by(self._regime_rows("guarantee") * self._regime_rows("credibility"))

    def _lasting_of_fighting(self) -> Floats:
        """Return for which share of its trust time each side believes that a peace lasts which fighting brings.

        That is by its enemy, (kinds, 2, n), as in `lasting_with`; one with a hazard of its own hangs on no one's word.
        """
        hazard = self._knobs.fought_hazard_per_year
        if hazard is not None:
            return np.stack([mean_survival(hazard * self._both.trust_years)] * len(self.trusting.raised()))
        owed = self._obligations.get(self.section.peace_of_fighting or "", ())
        return self._lasting(self._regime_of_fighting(), owed)

    def _regime_of_fighting(self) -> dict[str, Floats]:
        """Return the regime of a peace that fighting brings, (n,) each: all zeros, if none is named."""
        named = {regime.id: regime for regime in self._ceasefire.regimes}.get(self.section.peace_of_fighting or "")
        return {name: getattr(named, name) if named is not None else np.zeros(self._n) for name in REGIME}

    def _spared_by(self, share: Floats) -> tuple[Floats, Floats]:
        """Return which share guarantees, (regimes, n), spare each side of a loss from renewed war, and of a gain.

        A guarantee spares whom it is given of a loss, and the other of what it would gain. Both are (2, regimes, n).
        """
        loss, gain = np.zeros((2, *share.shape)), np.zeros((2, *share.shape))
        named = {regime.id: regime for regime in self._ceasefire.regimes}
        for row, name in enumerate(self._regimes):
            to = named[name].guaranteed if name else None
            for side, label in enumerate(SIDES):
                loss[side, row] = share[row] if to in (None, label) else 0.0
                gain[side, row] = share[row] if to != label else 0.0
        return loss, gain

    def _left(self, loss: Floats, spared_loss: Floats, spared_gain: Floats) -> Floats:
        """Return what guarantees leave of a loss from renewed war, which is a gain below 0."""
        return loss * np.where(loss > 0, 1.0 - spared_loss, 1.0 - spared_gain)

    def _regime_rows(self, name: str) -> Floats:
        """Return a part of each regime, (regimes, n)."""
        if self._regimes == [""]:
            return np.zeros((1, self._n))
        rows: Floats = getattr(self._regime_rows_of, name)
        if self.guaranteed and name in ("guards", "credibility"):
            rows = rows.copy()
            for row, own in self.guaranteed:
                rows[row] = np.minimum(rows[row], self._supply[own]) if name == "guards" else rows[row] * self._word[own]
        return rows

    def guards_now(self) -> Floats:
        """Return the guards of each regime, (regimes, n)."""
        return self._regime_rows("guards")

    def supply_of(self, regime: int) -> Floats | float:
        """Return the guards that can be on the line in a regime."""
        own = self._consented_as(regime)
        return np.inf if own is None else self._supply[own]

    def _consented_as(self, regime: int) -> int | None:
        """Return the row of a regime among those that need someone's consent; none of another."""
        return next((own for row, own in self.guaranteed if row == regime), None)

    def consented_with(self, regime: int, guards: float) -> NDArray[np.bool_]:
        """Return where all guarantors of a regime would consent to it with so many guards, (n,); all, where it has none."""
        own = self._consented_as(regime)
        if own is None:
            return np.ones(self._n, dtype=np.bool_)
        versions = self._drawn.version("parties"), self._drawn.version("ceasefire")
        return self._consent.given_with(own, guards, self._will, self._acts, versions)

    def price_of_sending(self, regime: int, guards: float) -> Floats:
        """Return what so many guards cost those who send them, above those of now, (n,); 0 where it needs no consent."""
        own = self._consented_as(regime)
        if own is None:
            return np.zeros(self._n)
        return self._consent.price_of(own, guards - self.guards_now()[regime])

    def tripped_by(self, presence: Floats) -> Floats:
        """Return what attacking guards costs each side if it begins the war again, (2, regimes, n), from their presence."""
        found = np.zeros((2, *presence.shape))
        if not self.guaranteed:
            return found
        credibility, named = self._regime_rows("credibility"), {regime.id: regime for regime in self._ceasefire.regimes}
        for row, own in self.guaranteed:
            to = named[self._regimes[row]].guaranteed
            for side, label in enumerate(SIDES):
                if to != label:
                    found[side, row] = self._tripwire[own] * credibility[row] * presence[row]
        return found

    def price_of_regime(self, regime: Ints, columns: Ints, left: Floats | float = 0.0) -> Floats:
        """Return the price of foreign troops and of own ground in a zone to each side, (2, columns), a regime for each.

        `left` is 1 where the guards have left, else 0.
        """
        troops: Floats = self.troops_price[:, columns] * self.presence[regime, columns] * (1.0 - left)
        zone: Floats = self.zone_price[:, regime, columns]
        return troops + zone

    def presence_of(self, guards: Floats, regime: slice = slice(None)) -> Floats:
        """Return the presence on the line of so many guards of some regimes, without those who only watch."""
        there = presence_on_the_line(guards, self._ceasefire.front_km, self._ceasefire.guards_per_km)
        return there * self.holding[regime]

    def lasting_with(self, guards: Floats, regime: slice = slice(None)) -> Floats:
        """Return for which share of its trust time each side believes that a deal lasts with so many guards, by its enemy.

        That is with an enemy who keeps its word and, where there is trust, with another; see `believed`.

        Parameters
        ----------
        guards : (regimes, n) array
        regime : slice
            The regimes concerned.

        Returns
        -------
        (kinds, 2, regimes, n) array
        """
        part: dict[str, Floats] = {name: self._regime_rows(name)[regime] for name in REGIME}
        part["guards"] = guards
        found = self._lasting(part)
        for row, name in enumerate(self._regimes[regime]):
            owed = self._obligations.get(name, ())
            if owed:
                found[:, :, row] = self._lasting({part_name: rows[row] for part_name, rows in part.items()}, owed)
        return found

    def _lasting(self, part: dict[str, Floats], obligations: Sequence[Obligation[Floats]] = ()) -> Floats:
        return np.stack([
            [
                believed_share(self._ceasefire, part, years, obligations, raised)
                for years, raised in zip(self._both.trust_years, of_sides, strict=True)
            ]
            for of_sides in self.trusting.raised()
        ])  # fmt: skip

    # What a review finds.

    def update(self, resolve: Floats, pressure: Floats) -> None:
        """Work out the value of fighting on, the prices of red lines and the worth of land as of today."""
        if self.guaranteed:
            self._derive_guarantees()
        if self.guaranteed or self.trusting.matters:
            self._believe_lasting()
        self.success = 0.5 + 0.5 * self._momentum
        areas = self._area[None]
        if self._land is not None and self._land_worth is not None:
            areas = self.area_after = np.stack([self._area_with(option) for option in self._land.options])
            worth = self._land_worth.of(areas)
            if self._ceasefire.handover_days is not None:
                held = self._land_worth.of(self._area)[:, None]
                # What a victor dictates no one withholds.
                shares = np.where(self._decided > 0, 0.0, self._both.withholds_land_share)
                worth = kept_worth(worth, held, hands_over_by(areas, self._area), shares)
            self._worth[self._land.id] = self.weight[self._land.id][:, None] * worth
        self.lines.update(areas, self.success)
        self._openings.update()
        # Nothing is signed without those who would have to guarantee it.
        withheld = [(0, row, self._consents[own] == 0) for row, own in self.guaranteed]
        # To add what is barred at once is quicker than to choose by a mask.
        self._bar = np.where(self.lines.hard, np.inf, 0.0)
        self.home = self._both.bad_terms_price * self._weariness
        # Terms count for more than their worth, since at home a leader pays for what they fall short of the best.
        self._unlined = {i: worth * (1.0 + self.home[:, None]) for i, worth in self._worth.items()}
        if self._regimes != [""]:
            self._unlined[self.domain.issues[0]] -= self.troops_price[:, None] * self.presence + self.zone_price
        self._open = {i: worth.copy() for i, worth in self._unlined.items()}
        self.lines.charge_options(self._open, self.lines.prices)
        self._priced = {i: worth.copy() for i, worth in self._open.items()}
        self.lines.charge_options(self._priced, self._bar)
        self._unpaid: dict[str, Floats] | None = None
        # What is not open is barred to both, with red lines or without them.
        self._close(self._openings.closed)
        if withheld:
            self._consented = self._priced[self.domain.issues[0]].copy()
            self._openings.closed += withheld
            self._close(withheld)
        self.fighting = self._fighting_on.now(resolve, pressure, self.trusting.mixed(self._fought_lasts))
        self.loss = self._left((self._both.renewed_war_loss + self.fighting.foreseen)[:, None], *self._spared)
        self.loss += self.tripped
        self.fear = (1.0 - self.lasting) / self.lasting * self.loss
        self.floor = (self.home + self.fighting.value)[:, None] + self.fear

    def _close(self, closed: list[tuple[int, int, NDArray[np.bool_]]]) -> None:
        """Bar options to both, with red lines or without them, where they are closed."""
        for axis, option, where in closed:
            for worth in (self._priced, self._unlined):
                worth[self.domain.issues[axis]][:, option, where] = -np.inf

    def area_with(self, package: Ints, columns: Ints) -> Floats:
        """Return the area that a package leaves the attacker with, one package for each of `columns`."""
        if self._land is None:
            held: Floats = self._area[columns]
            return held
        option = self.domain.choice[package, self.domain.issues.index(self._land.id)]
        after: Floats = self.area_after[option, columns]
        return after

    def _area_with(self, option: IssueOption[Floats]) -> Floats:
        area = option.area_km2 if option.area_km2 is not None else self._area + option.ceded_km2
        after: Floats = np.clip(area, 0.0, self._total_area)
        return after

    @property
    def land_id(self) -> str:
        """The issue about land, or an empty text."""
        return self._land.id if self._land is not None else ""

    def _expected_terms(self, area: Floats, power: Floats) -> Floats:
        """Return what terms are worth to each side with an area and the attacker's share of what power settles.

        `area` is (2, horizons, n), `power` of a shape that goes with it.
        """
        terms: Floats = self._by_power[:, None] * np.stack([power[0], 1.0 - power[1]])
        if self._land_worth is not None:
            values = self._land_worth.of_each(np.clip(area, 0.0, self._total_area))
            terms = terms + self.weight[self.land_id][:, None] * values
        return terms

    # What packages are worth.

    def utility(self, columns: Columns) -> Floats:
        """Return the utility of packages, with the prices of red lines, (2, P, columns); minus infinity where barred."""
        return self._packages(columns, np.broadcast_to(self.home[:, None], self.fear.shape))

    def utility_if_consented(self, columns: Columns) -> Floats:
        """Return what `utility` would be if all guarantors consented to everything, (2, P, columns)."""
        home = np.broadcast_to(self.home[:, None], self.fear.shape)
        return self._packages(columns, home, worth=self._all_consented() if self.guaranteed else None)

    def _all_consented(self) -> dict[str, Floats]:
        """Return the worth of options as if all guarantors consented, by issue."""
        return self._priced | {self.domain.issues[0]: self._consented}

    def slack(self, columns: Columns) -> Floats:
        """Return by how much the utility of packages is above what a side can do without them, (2, P, columns).

        A side gains from a package where its slack is above 0; it is minus infinity where the package is barred to it. Its
        surplus is the slack times `lasting`: it has the terms only while they last. A leader's office is in it.
        """
        return self._less_office(self._packages(columns, self.floor), columns)

    def slack_if_open(self, columns: Columns) -> Floats:
        """Return what `slack` would be if nothing was barred, (2, P, columns)."""
        return self._less_office(self._packages(columns, self.floor, barred=False), columns)

    def slack_if_consented(self, columns: Columns) -> Floats:
        """Return what `slack` would be if all guarantors consented to everything, (2, P, columns)."""
        return self._less_office(self._packages(columns, self.floor, worth=self._all_consented()), columns)

    def slack_without_lines(self, columns: Columns) -> Floats:
        """Return what `slack` would be without any red lines, (2, P, columns); what cannot be signed stays barred."""
        first, rest = self._parts(columns, self.floor, self._unlined, rules=True)
        return self._less_office(self._combined(first, rest, rules=True), columns)

    def slack_without_home(self, columns: Columns) -> Floats:
        """Return what `slack` would be if signing had no price at home, to those who lead neither, (2, P, columns)."""
        if self._unpaid is None:
            self._unpaid = {i: worth - self.home[:, None] * self._worth[i] for i, worth in self._priced.items()}
        return self._packages(columns, self.floor - self.home[:, None], worth=self._unpaid)

    def terms(self, columns: Columns) -> Floats:
        """Return how good the terms of packages are for each side, (2, P, columns): 0 the worst and 1 the best."""
        return self.domain.total({i: at(worth, columns) for i, worth in self._worth.items()})

    def _less_office(self, packages: Floats, columns: Columns) -> Floats:
        """Take what signing packages costs those who lead from them, in place; where no office is at risk they stay."""
        if self.offices.at_risk:
            packages -= self.price_to_leaders(columns)
        return packages

    def price_to_leaders(self, columns: Columns, lasting: Floats | None = None, at_stake: Floats | None = None) -> Floats:
        """Return what signing packages costs those who lead, (2, P, columns).

        `lasting` stands in for how long deals are believed to last under each regime, (2, regimes, n), and `at_stake` for
        what fighting costs those who lead, (2, n).
        """
        lasting = self.lasting if lasting is None else lasting
        lasting = at(lasting, columns)
        lasts = np.empty((2, len(self.domain), lasting.shape[-1]))
        for regime, block in enumerate(self.blocks):
            lasts[:, block] = lasting[:, regime, None]
        at_stake = at(self.fighting.office if at_stake is None else at_stake, columns)[:, None]
        return self.offices.price_of_signing(self.terms(columns), lasts, at_stake, columns)

    def price_to_leader_of(self, package: Ints, columns: Ints) -> Floats:
        """Return what signing a package costs those who lead, (2, columns), one package for each of `columns`."""
        lasts, at_stake = self.lasting[:, self.regime_of(package), columns], self.fighting.office[:, columns]
        return self.offices.price_of_signing(self.terms_of(package, columns), lasts, at_stake, columns)

    def terms_of(self, package: Ints, columns: Ints, area: Floats | None = None, before: Floats | None = None) -> Floats:
        """Return how good the terms of a package are for each side, (2, columns), one package for each of `columns`.

        `area` is what it leaves the attacker with, if not what its option does today, and `before` what he held before, if
        it is not known yet whether land will be handed over.
        """
        found = np.zeros((2, len(columns)))
        for row, i in enumerate(self.domain.issues):
            if i == self.land_id and area is not None:
                assert self._land_worth is not None, "there is an issue about land"
                worth = self._land_worth.of(area, columns)
                if before is not None:
                    shares = self._both.withholds_land_share[:, columns]
                    worth = kept_worth(worth, self._land_worth.of(before, columns), hands_over_by(area, before), shares)
                found += at(self.weight[i], columns) * worth
            else:
                found += self._worth[i][:, self.domain.choice[package, row], columns]
        return found

    def bars(self, columns: Columns) -> NDArray[np.int16]:
        """Return by how many hard red lines of its own each package is barred to each side, (2, P, columns).

        One more where a rule forbids it, or an option of it is not open.
        """
        bars = self.lines.bars(columns).reshape(2, len(self.domain), -1)
        bars += ~self.signable(columns)
        return bars

    def signable(self, columns: Columns) -> NDArray[np.bool_]:
        """Return which packages no rule forbids and have all options open, (P, columns), or (P, 1) if all are alike."""
        return self._openings.signable(columns)

    def crossed(self, package: Ints, columns: Ints) -> NDArray[np.bool_]:
        """Return whether a package is beyond a hard red line of either side, one package for each of `columns`."""
        crossed: NDArray[np.bool_] = np.logical_or.reduce(self.lines.covered(package, columns) & self.lines.hard[:, columns])
        return crossed

    def closed(self, package: Ints, columns: Ints) -> NDArray[np.bool_]:
        """Return whether a rule forbids a package, or an option of it is not open, one package for each of `columns`."""
        closed: NDArray[np.bool_] = ~np.broadcast_to(self.signable(columns), (len(self.domain), len(columns)))
        return closed[package, np.arange(len(columns))]

    def nearest_slack(self, columns: Columns) -> Floats:
        """Return the largest over packages of the smaller slack of both sides, (columns,); minus infinity if all are barred.

        The same as from `slack`, one option of the first issue at a time: what is small stays in the cache.
        """
        if not self.lines.only_of_one_issue or self._forbidden_with_first or self.offices.at_risk:
            slack = self.slack(columns)
            whole: Floats = np.minimum(slack[0], slack[1]).max(axis=0)
            return whole
        first, rest = self._parts(columns, self.floor, self._priced, rules=True)
        nearest: Floats | None = None
        one, two = np.empty_like(rest[0]), np.empty_like(rest[0])
        for option in range(first.shape[1]):
            np.add(rest[0], first[0, option], out=one)
            np.add(rest[1], first[1, option], out=two)
            best = np.minimum(one, two, out=one).max(axis=0)
            nearest = best if nearest is None else np.maximum(nearest, best)
        assert nearest is not None, "an issue has at least one option"
        return nearest

    def _parts(self, columns: Columns, floor: Floats, worth: dict[str, Floats], rules: bool) -> tuple[Floats, Floats]:
        """Return the utility of the options of the first issue above a floor, and the sums over all other issues.

        Shapes are (2, options, columns) and (2, combinations, columns). What is barred by `rules` on the other issues alone
        is so already; what lines about one issue charge is in the `worth` of options, where they count.
        """
        first, *others = (at(worth[i], columns) for i in self.domain.issues)
        rest = total(others) if others else np.zeros((2, 1, first.shape[-1]))
        shaped = rest.reshape(2, *self.domain.shape[1:], -1)
        for corner in self._forbidden_without_first if rules else ():
            shaped[(slice(None), *corner[1:])] = -np.inf
        return first - at(floor, columns), rest

    def _combined(self, first: Floats, rest: Floats, rules: bool) -> Floats:
        """Return the utility of packages from that of their `_parts`, (2, P, columns)."""
        # The sums over the other issues are the same for every option of the first one.
        packages = (first[:, :, None] + rest[:, None]).reshape(2, len(self.domain), -1)
        shaped = packages.reshape(2, *self.domain.shape, -1)
        for corner in self._forbidden_with_first if rules else ():
            shaped[(slice(None), *corner)] = -np.inf
        return packages

    def _packages(
        self, columns: Columns, floor: Floats, barred: bool = True, worth: dict[str, Floats] | None = None
    ) -> Floats:
        """Return the utility of packages above a floor that depends on the regime, (2, P, columns)."""
        priced = worth if worth is not None else self._priced if barred else self._open
        packages = self._combined(*self._parts(columns, floor, priced, barred), barred)
        charges = at(self.lines.prices, columns) + (at(self._bar, columns) if barred else 0.0)
        self.lines.charge_packages(packages.reshape(2, *self.domain.shape, -1), charges, columns)
        return packages

    def surplus(self, slack: Floats, columns: Columns) -> Floats:
        """Return the surplus of packages over fighting on, from their slack, (2, P, columns)."""
        surplus, lasting = slack.copy(), at(self.lasting, columns)
        for regime, block in enumerate(self.blocks):
            surplus[:, block] *= lasting[:, regime, None]
        return surplus

    def temptation(
        self, package: Ints, area: Floats, before: Floats | None, unsure: Floats | None, left: Floats, columns: Ints
    ) -> Floats:
        """Return how much more each side expects of renewed war than of the terms it has, (2, columns).

        Parameters
        ----------
        package : (columns,) int
            What is in force.
        area : (columns,) array
            What it leaves the attacker with.
        before, unsure : (columns,) array, optional
            Where land is handed over: what he held before, and what he is left with if it is not, while that is not known.
        left : (columns,) array
            1 where the guards have left, else 0.
        columns : (columns,) int
        """
        regime = self.regime_of(package)
        terms = self.terms_of(package, columns, area, unsure)
        terms -= self.home[:, columns] * (1.0 - terms)
        if self._regimes != [""]:
            terms -= self.price_of_regime(regime, columns, left)
        prices = np.where(self.lines.covered(package, columns, area, before), self.lines.prices[:, columns], 0.0)
        for k, side in enumerate(self.lines.side):
            terms[side] -= prices[k]
        # What re-arming has done so far is in the value of the war by now.
        spared = (share[:, regime, columns] for share in self._spared)
        surprise = self._left(self._both.renewed_war_loss[:, columns], *spared)
        surprise += self.tripped[:, regime, columns] * (1.0 - left)
        return self.fighting.value[:, columns] - surprise - terms

    def regime_of(self, package: Ints) -> Ints:
        """Return the row of the regime of each package."""
        ends = np.array([block.stop for block in self.blocks])
        return np.searchsorted(ends, package, side="right")
