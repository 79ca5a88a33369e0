"""What bars packages or has a price, on the day: red lines, and options that open and lapse.

A red line covers packages by their terms, by the area that they leave the attacker with, or by both. Lines without a bound
of area cover the same packages in every history; what others cover depends on the history and on the day. Its price falls
as its side grows weary in a war that is not being won, and with the ground that it loses; it rises with success.

Sources: demands that fall as the costs of war and defeats are felt, and grow with success, after Goemans 2000.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats, Ints
from sim.engine.fields import Columns, at
from sim.engine.world import World
from sim.model.conditions import Window
from sim.model.negotiation import ABOVE, Corner, Domain
from sim.model.parameters import SIDES, SIGN, Drawn
from sim.model.party import Party
from sim.model.stakes import NegotiationParameters
from sim.scenario import Quantity

Flags = NDArray[np.bool_]
Where = Flags | np.bool_


class RedLines:
    """The red lines of a batch; where one is not in force it is neither hard nor has a price.

    Attributes
    ----------
    side : list of int
        Whose each line is.
    hard : (lines, n) bool
        Where each is hard today.
    prices, soft_prices : (lines, n) array
        Price of each today, 0 where it is hard; and that which it has, or would have if it were not hard.
    """

    def __init__(
        self, world: World, section: NegotiationParameters[Quantity], drawn: Drawn, domain: Domain, land: str
    ) -> None:
        knobs: NegotiationParameters[Floats] = drawn.knobs("negotiation")
        self._lines, self._domain, self._everyone = knobs.red_lines, domain, world.everyone
        see = world.fields.see
        self._handed_over = see("handed_over")
        self._held, self._momentum, self._weariness = see("held_area"), see("momentum"), see("weariness")
        self._at_start: Floats = drawn.knobs("front").held_area_km2
        self.side = [SIDES.index(line.side) for line in section.red_lines]
        self._bounded = [k for k, line in enumerate(section.red_lines) if line.bounds]
        self._land = domain.issues.index(land) if land else -1
        self._covers = np.array([domain.covered(line.terms) for line in section.red_lines], dtype=np.bool_).reshape(
            -1, len(domain)
        )
        self._corners = [self._corners_of(k) for k in range(len(self.side))]
        # What a line about one issue costs is charged to its options, before they are combined; others to packages.
        self.single = {k: issue for k in range(len(self.side)) if (issue := self._issue_of(k, land))}
        parties: list[Party[Floats]] = drawn.knobs("parties")
        places = {party.id: place for place, party in enumerate(parties)}
        # Lines that a party ratifies: its place, and who it is.
        self._polled = {
            k: (places[line.ratified_by], parties[places[line.ratified_by]])
            for k, line in enumerate(section.red_lines)
            if line.ratified_by is not None
        }
        self._will, self._against = see("will"), np.zeros((len(self.side), world.n))
        self._windows = {k: Window(world, line) for k, line in enumerate(knobs.red_lines) if line.opens_and_lapses}
        self._drawn_hard = np.zeros((len(self.side), world.n), dtype=np.bool_)
        for k, line in enumerate(knobs.red_lines):
            self._drawn_hard[k] = world.draws.uniform(f"negotiation/red_line/{line.id}").at(0) < line.hard_share
        self.hard = self._drawn_hard.copy()
        self.prices, self.soft_prices = (np.zeros((len(self.side), world.n)) for _ in range(2))
        self._beyond: dict[int, Flags] = {}
        self.derive()

    def _issue_of(self, k: int, land: str) -> str:
        """Return the one issue that a line is about, or an empty text."""
        about = set(self._lines[k].terms) | ({land} if k in self._bounded and land else set())
        return about.pop() if len(about) == 1 else "" if about else self._domain.issues[0]

    def _corners_of(self, k: int) -> list[tuple[Corner, int]]:
        """Return the corners that a line covers, each with the option of land on which it depends; -1 for none."""
        corners = self._domain.corners(self._lines[k].terms)
        if k not in self._bounded:
            return [(corner, -1) for corner in corners]
        if self._land < 0:
            return [(corner, 0) for corner in corners]
        found = []
        for corner in corners:
            option = corner[self._land]
            for one in range(self._domain.shape[self._land]) if isinstance(option, slice) else (option,):
                found.append(((*corner[: self._land], one, *corner[self._land + 1 :]), one))
        return found

    def derive(self) -> None:
        """Work out what depends on the parameters in force: which lines anything but weariness moves."""
        self._moved_by_ground = [k for k, line in enumerate(self._lines) if line.softening_per_1000_km2.any()]
        self._hardening = [k for k, line in enumerate(self._lines) if line.hardening.any()]

    def update(self, areas: Floats, success: Floats) -> None:
        """Work out prices, and what lines cover, as of today.

        Parameters
        ----------
        areas : (options, n) array
            What each option of land leaves the attacker with; one row if there are none.
        success : (2, n) array
            Each side's belief in success, 0..1.
        """
        for k, (line, side) in enumerate(zip(self._lines, self.side, strict=True)):
            kept = 1.0 - line.softening * self._weariness[side] * (1.0 - success[side])
            if k in self._moved_by_ground:
                lost = -SIGN[side] * (self._held - self._handed_over - self._at_start)
                kept = kept - line.softening_per_1000_km2 * np.maximum(lost, 0.0) / 1000.0
            price = line.price * np.maximum(kept, 0.0)
            if k in self._hardening:
                price = price * (1.0 + line.hardening * np.maximum(self._momentum[side], 0.0))
            self.soft_prices[k] = price
        for k, (place, party) in self._polled.items():
            assert party.ratifies is not None, "it is asked"
            more = party.ratifies.follows_will * (self._will[place] - party.will)
            self._against[k] = np.clip(self._lines[k].hard_share + more, 0.0, 1.0)
            self._drawn_hard[k] = self.hard[k] = self._against[k] > 1.0 - party.ratifies.needs_share
        for k, window in self._windows.items():
            in_force = window.is_open()
            self.hard[k] = self._drawn_hard[k] & in_force
            self.soft_prices[k][~in_force] = 0.0
            self._against[k][~in_force] = 0.0
        self.prices[:] = np.where(self.hard, 0.0, self.soft_prices)
        for k in self._bounded:
            self._beyond[k] = self._is_beyond(k, areas)

    def _is_beyond(self, k: int, areas: Floats, columns: Columns = slice(None), before: Floats | None = None) -> Flags:
        """Return whether areas lie beyond the bounds of a line, as `areas`; from what was held `before`, or today."""
        line, held = self._lines[k], self._held[columns] if before is None else before
        beyond = np.zeros(areas.shape, dtype=np.bool_)
        for name in line.bounds:
            bound = getattr(line, name)[columns]
            limit = held + bound if name.startswith("ceded") else bound
            beyond |= areas > limit if name in ABOVE else areas < limit
        return beyond

    @property
    def only_of_one_issue(self) -> bool:
        """Whether each line is about one issue."""
        return len(self.single) == len(self.side)

    def corners(self, k: int, columns: Columns = slice(None)) -> Iterator[tuple[Corner, Where]]:
        """Yield indices into an array of the shape of the domain that together are all packages a line may cover.

        With each comes where it does cover them, (columns,) or one truth for all.
        """
        for corner, option in self._corners[k]:
            yield corner, np.True_ if option < 0 else self._beyond[k][option, columns]

    def charge_options(self, worth: dict[str, Floats], charges: Floats) -> None:
        """Take what lines about one issue charge, (lines, n), from the worth of its options, (2, options, n) by issue."""
        for k, issue in self.single.items():
            for corner, where in self.corners(k):
                charge = charges[k] if where is np.True_ else np.where(where, charges[k], 0.0)
                worth[issue][self.side[k], corner[self._domain.issues.index(issue)]] -= charge

    def charge_packages(self, worth: Floats, charges: Floats, columns: Columns) -> None:
        """Take what all other lines charge, (lines, columns), from the worth of packages, (2, *shape, columns)."""
        for k, side in enumerate(self.side):
            for corner, where in self.corners(k, columns) if k not in self.single else ():
                worth[(side, *corner)] -= charges[k] if where is np.True_ else np.where(where, charges[k], 0.0)

    def covered(self, package: Ints, columns: Columns, area: Floats | None = None, before: Floats | None = None) -> Flags:
        """Return which lines cover a package, (lines, columns), one package for each of `columns`.

        Parameters
        ----------
        package : (columns,) int
        columns : slice or (columns,) int
        area : (columns,) array, optional
            What it leaves the attacker with, if not what its option does today.
        before : (columns,) array, optional
            What he held before it, if not what he does today.
        """
        covered: Flags = self._covers[:, package]
        for k in self._bounded:
            if area is not None:
                covered[k] &= self._is_beyond(k, area, columns, before)
            else:
                covered[k] &= self._beyond[k][self._option_of_land(package), self._everyone[columns]]
        return covered

    def polled(self, party: str, package: Ints, cohort: Ints) -> Floats:
        """Return how many polls see against a package among those who vote in a party, (cohort,): of its lines the most."""
        covered, most = self.covered(package, cohort), np.zeros(len(cohort))
        for k, (_, asked) in self._polled.items():
            if asked.id == party:
                most = np.maximum(most, np.where(covered[k], self._against[k, cohort], 0.0))
        return most

    def _option_of_land(self, package: Ints) -> Ints:
        """Return the option of land of packages; the first where there is nothing to choose."""
        return self._domain.choice[package, self._land] if self._land >= 0 else np.zeros_like(package)

    def bars(self, columns: Columns) -> NDArray[np.int16]:
        """Return by how many hard lines of its own each package is barred to each side, (2, *shape, columns)."""
        hard = at(self.hard, columns)
        bars = np.zeros((2, *self._domain.shape, hard.shape[1]), dtype=np.int16)
        for k, side in enumerate(self.side):
            for corner, where in self.corners(k, columns):
                bars[(side, *corner)] += hard[k] & where
        return bars


class Openings:
    """Which options are open today.

    Attributes
    ----------
    closed : list of (axis, option, (n,) bool)
        Of each option that opens and lapses, where it is closed.
    """

    def __init__(self, world: World, section: NegotiationParameters[Quantity], drawn: Drawn, domain: Domain) -> None:
        knobs: NegotiationParameters[Floats] = drawn.knobs("negotiation")
        self._domain = domain
        self._windows = [
            (domain.issues.index(issue.id), place, Window(world, option))
            for issue in knobs.issues
            for place, option in enumerate(issue.options)
            if option.opens_and_lapses
        ]
        self.closed: list[tuple[int, int, Flags]] = []

    def update(self) -> None:
        """Look which options are open today."""
        self.closed = [(axis, option, ~window.is_open()) for axis, option, window in self._windows]

    def signable(self, columns: Columns) -> Flags:
        """Return which packages no rule forbids and have all their options open, (P, columns), or (P, 1) if always alike."""
        signable = self._domain.allowed[:, None]
        for axis, option, closed in self.closed:
            signable = signable & ~((self._domain.choice[:, axis] == option)[:, None] & closed[columns])
        return signable
