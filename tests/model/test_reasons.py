"""What the ledger says of reasons, against the bargain itself: worked out anew on the same state without the reason."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from sim.engine.draws import Draws, Floats
from sim.engine.world import Setting
from sim.model import simulate, talks
from sim.model.answers import BLOCKS, REASONS, SEVERAL, STATES, is_possible
from sim.model.bargain import Bargain
from sim.model.parameters import SIDES, Drawn
from sim.model.rearming import Rearmed
from sim.model.talks import Talks
from sim.model.valuation import Fighting
from sim.scenario import Scenario
from tests.test_barred import made

SEED = 5
Load = Callable[..., Scenario[Any]]
# Prices at home count, and many lines are hard, so that every reason is met.
FELT = ("negotiation.attacker.bad_terms_price=3", "negotiation.defender.bad_terms_price=0.5")
CASES = {
    "baseline": ("baseline",),
    "felt at home": ("baseline", *FELT, "negotiation.rule=nash"),
    "more resolved": ("baseline", "negotiation.attacker.resolve_sd=0.3", "negotiation.defender.resolve_sd=0.5"),
    "afraid": ("baseline", "negotiation.defender.renewed_war_loss=0.6", "negotiation.attacker.renewed_war_loss=0.5"),
    "in office": (
        "leaders_at_risk",
        "negotiation.attacker.office.safe_terms=0.5",
        "negotiation.defender.office.safe_terms=0.5",
        *(f"negotiation.{side}.office.price=0.6" for side in SIDES),
    ),
    "another war": ("history/winter_war",),
    "a war of years": ("history/korea",),
}


class Without:
    """A bargain on the state of a negotiation, without one reason of one side."""

    def __init__(self, scenario: Scenario[Any], own: Talks, block: str) -> None:
        name, self._reason = block.split(":")
        self._own, self._side = own, SIDES.index(name)
        self._changed: dict[str, Floats] = {}
        none = np.zeros(own.world.n)
        if self._reason == "red_lines":
            lines = [line.id for line in own.section.red_lines if line.side == name]
            self._changed = {f"negotiation.red_lines.{k}.{knob}": none for k in lines for knob in ("hard_share", "price")}
        elif self._reason in ("home", "expectation"):
            knob = {"home": "bad_terms_price", "expectation": "waiting_premium"}[self._reason]
            self._changed = {f"negotiation.{name}.{knob}": none}
            if self._reason == "home" and getattr(own.section, name).office is not None:
                self._changed[f"negotiation.{name}.office.price"] = none
        # The state is shared; the luck is the same, asked for once more.
        draws = Draws(SEED, np.arange(own.world.n))
        world = copy.copy(own.world)
        world.draws = draws
        self._drawn = Drawn(scenario.world, draws, scenario.world.correlations)
        self._drawn.change(own.drawn.now | self._changed)
        self._bargain = Bargain(world, own.section, self._drawn)
        fighting_on = self._bargain._fighting_on
        now, after = fighting_on.now, fighting_on._rearming.after
        fighting_on.now = lambda *given: self._fighting(now(*given))  # type: ignore[method-assign]
        fighting_on._rearming.after = lambda years: self._unchanged(after(years))  # type: ignore[method-assign]
        self._loses = np.zeros(own.world.n, dtype=np.bool_)

    def _fighting(self, fighting: Fighting) -> Fighting:
        """Return the terms of fighting on without what the side expects to gain."""
        gain = fighting.expected_gain.copy()
        if self._reason == "expectation":
            gain[self._side] = np.minimum(gain[self._side], 0.0)
        return replace(fighting, expected_gain=gain)

    def _unchanged(self, later: Rearmed) -> Rearmed:
        """Return the war as it would begin again: as it is today, where the side is to have no loss from that."""
        shift, force = later.shift.copy(), later.force.copy()
        shift[self._side, self._loses] = 0.0
        force[self._side][:, self._loses] = self._own.world.fields.see("force")[:, self._loses]
        return Rearmed(shift, force)

    def opens(self, columns: Any) -> np.ndarray:
        """Return in which histories there is a zone."""
        changed = dict(self._own.drawn.now | self._changed)
        if self._reason == "distrust":
            path = f"negotiation.{SIDES[self._side]}.renewed_war_loss"
            self._loses = changed[path] + self._own._bargain.fighting.foreseen[self._side] > 0
            changed[path] = np.where(self._loses, 0.0, changed[path])
        self._drawn.change(changed)
        self._bargain.derive()
        resolve = self._own.resolve.copy()
        if self._reason == "resolve":
            resolve[self._side] = np.minimum(resolve[self._side], 0.0)
        self._bargain.update(resolve, self._own._bargain.fighting.pressure)
        slack = self._bargain.slack(columns)
        found: np.ndarray = (slack > 0).all(axis=0).any(axis=0)
        return found


@dataclass
class Met:
    """What was met: reviews without a zone, and how often each reason is said to be enough, is named, or is denied."""

    reviews: int = 0
    enough: Counter[str] = field(default_factory=Counter)
    denied: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, int]] = field(default_factory=list)


def met_in(scenario: Scenario[Any], histories: int, days: int, monkeypatch: pytest.MonkeyPatch) -> Met:
    """Run a scenario, and try every reason at each review of every history without a zone."""
    met, tried, take_stock = Met(), {}, Talks._take_stock

    def taking(own: Talks, cohort: Any, counted: bool) -> Any:
        stock = take_stock(own, cohort, counted)
        tried.update({block: Without(scenario, own, block) for block in BLOCKS} if not tried else {})
        for columns, account, _ in stock:
            without = own.nearest_slack[columns] <= 0
            states = [STATES[code] for code in account.state[without]]
            met.reviews += len(states)
            met.named.update(states)
            for row, block in enumerate(BLOCKS):
                opens, said = tried[block].opens(columns)[without], account.alone[row, without]
                met.wrong += [(block, own.world.agenda.today)] * int((opens != said).sum())
                met.enough[block] += int(said.sum())
                met.denied[block] += int((~said).sum())
                assert all(opens[np.array(states) == block]), f"{block} is named and not enough"
                assert not any(opens[np.array(states) == SEVERAL]), f"{block} is enough where no single one is said to be"
        return stock

    with monkeypatch.context() as patch:
        patch.setattr(Talks, "_take_stock", taking)
        patch.setattr(talks, "REVIEWS_BETWEEN_LEDGERS", 1)
        simulate(scenario, Setting(scenario.world.start_date, days, SEED, np.arange(histories)))
    return met


def test_a_reason_opens_a_zone_exactly_where_the_ledger_says(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    total, enough, named = 0, Counter[str](), Counter[str]()
    for name in ("baseline", "felt at home", "in office", "another war"):
        met = met_in(load(*CASES[name]), 40, 100, monkeypatch)
        assert not met.wrong, name
        total, enough, named = total + met.reviews, enough + met.enough, named + met.named
    assert total > 150
    assert {block.split(":")[1] for block in enough if enough[block]} == set(REASONS)
    assert named[SEVERAL]
    assert not any(is_possible(state) for state in named)


@pytest.mark.long
def test_a_reason_opens_a_zone_exactly_where_the_ledger_says_in_10000_reviews(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    total = Met()
    for name, settings in CASES.items():
        met = met_in(load(*settings), 150, 730, monkeypatch)
        print(f"{name}: {met.reviews:,} reviews without a zone, {len(met.wrong)} wrong; {dict(met.named)}")
        assert not met.wrong, name
        total.reviews += met.reviews
        total.enough += met.enough
        total.denied += met.denied
    print(f"all: {total.reviews:,}; enough {dict(total.enough)}; denied {dict(total.denied)}")
    assert total.reviews >= 10_000
    assert {block.split(":")[1] for block in BLOCKS if total.enough[block] and total.denied[block]} == set(REASONS)


@pytest.mark.long
def test_a_reason_opens_a_zone_exactly_where_the_ledger_says_in_negotiations_of_any_kind(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other issues, regimes, lines and rules, and knobs anywhere in their ranges."""
    total = Met()
    for number in range(150):
        scenario = made(number, load("baseline").tree)
        if scenario is not None:
            met = met_in(scenario, 10, 100, monkeypatch)
            assert not met.wrong, f"example {number}: {Counter(met.wrong)}"
            total.reviews += met.reviews
            total.enough += met.enough
            total.denied += met.denied
    print(f"{total.reviews:,} reviews; enough {dict(total.enough)}; denied {dict(total.denied)}")
    assert total.reviews > 1_000
    assert {block.split(":")[1] for block in BLOCKS if total.enough[block] and total.denied[block]} == set(REASONS)
