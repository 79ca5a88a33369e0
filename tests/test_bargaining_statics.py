"""Comparative statics of the negotiation, on paired luck: what must move which way, and what must not move.

Figures: `pytest -m ensembles -s tests/test_bargaining_statics.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from sim.engine.world import Setting
from sim.model import simulate
from sim.model.parameters import SIDES
from sim.model.stakes import domain_of
from sim.scenario import Scenario

N, DAYS, SEED = 2_000, 731, 1
Ran = Callable[..., dict[str, Any]]


class Difference(NamedTuple):
    """The mean difference of two paired outcomes and its standard error."""

    mean: float
    se: float

    def __str__(self) -> str:
        return f"{self.mean:+.4f} ({self.se:.4f})"


def paired(left: Any, right: Any) -> Difference:
    """Return the difference right minus left over the histories in which both are defined."""
    change = np.asarray(right, dtype=np.float64) - np.asarray(left, dtype=np.float64)
    change = change[~np.isnan(change)]
    return Difference(float(change.mean()), float(change.std(ddof=1) / np.sqrt(len(change))))


def shares(*ends: dict[str, Any]) -> str:
    """Return the shares of histories with a deal, for printing."""
    return ", ".join(f"{end['deal'].mean():.3f}" for end in ends)


def ran(scenario: Scenario[Any], days: int = DAYS, n: int = N) -> dict[str, Any]:
    """Run a scenario and return its fields at the end, with what was signed worked out of them."""
    numbers = np.arange(n, dtype=np.int64)
    landmarks = tuple(day for day in (14, 182, 365, days) if day <= days)
    world, drawn = simulate(scenario, Setting(scenario.world.start_date, days, SEED, numbers, landmarks=landmarks))
    end: dict[str, Any] = dict(world.recorder.snapshots[days])
    deal = end["deal_day"] >= 0
    end["deal"] = deal.astype(np.float64)
    end["first_talks"] = np.where(end["first_talks_day"] >= 0, end["first_talks_day"], days).astype(np.float64)
    end["when"] = np.where(deal, end["deal_day"], np.nan)
    end["worth"] = np.where(deal, end["deal_surplus"] + end["value_of_fighting"], np.nan)
    # Terms from the attacker's side: what he gave up of his first demand, less what the defender did.
    end["tilt"] = np.where(deal, end["conceded"][1] - end["conceded"][0], np.nan)
    end["snapshots"], end["drawn"] = world.recorder.snapshots, drawn
    return end


@pytest.fixture(scope="module")
def run(load) -> Ran:
    """Run the baseline with settings, once for each set of them."""
    known: dict[tuple[str, ...], dict[str, Any]] = {}

    def run(*settings: str) -> dict[str, Any]:
        if settings not in known:
            known[settings] = ran(load("baseline", *settings))
        return known[settings]

    return run


def both(path: str, value: object) -> tuple[str, str]:
    """Return the settings that give a knob of the negotiation of both sides a value."""
    return tuple(f"negotiation.{side}.{path}={value}" for side in ("attacker", "defender"))  # type: ignore[return-value]


def pace(km2_per_day: float) -> tuple[str, str]:
    """Return the settings of a front that moves by so much at first, and 0.6 of that later, as in the baseline."""
    return f"front.advance_km2_per_day={km2_per_day}", f"front.advance_settled_km2_per_day={0.6 * km2_per_day}"


SLOW, FAST = 10, 40


# 4. Neutrality


def neutral(km2_per_day: float) -> Callable[[dict[str, Any]], None]:
    """A war without red lines, private views, ripeness, waiting or collapse, over land in fine steps: an efficient bargain.

    Weights are equal, and so are the patience and the one horizon of both sides. Then what one side gains by momentum the
    other loses, and the whole to be shared is the same (Benson, Meirowitz and Ramsay 2014).
    """

    def change(tree: dict[str, Any]) -> None:
        front = tree["front"]
        front["advance_km2_per_day"], front["advance_settled_km2_per_day"] = km2_per_day, 0.6 * km2_per_day
        # Faster fronts run into belts, and a belt slows what the beliefs still expect.
        front["belts"] = []
        for side in ("attacker", "defender"):
            tree["collapse"][side]["hazard_per_year"] = 0
            tree["beliefs"][side].update(optimism=0, drift_noise_km2_per_day=0, balance_noise=0)
            # Weariness must not depend on who wins.
            tree["support"][side]["success_weight"] = 0
        section = tree["negotiation"]
        section["ripeness"] = 0
        # Or else few deals are worth signing.
        tree["ceasefire"]["early_hazard"] = 0.5
        section["momentum_leverage"] = 0.3
        del section["red_lines"], section["forbidden"], section["weight_concentration"]
        half = {"attacker": 0.5, "defender": 0.5}
        section["issues"] = [
            {
                "id": "land", "weight": dict(half), "land": {"none_km2": 0, "all_km2": 250_000},
                "options": [{"id": f"step_{k}", "area_km2": 1_000 * k} for k in range(251)],
            },
            {
                "id": "order", "weight": dict(half),
                "options": [
                    {"id": f"level_{k}", "values": {"attacker": k / 8, "defender": 1 - k / 8}} for k in range(9)
                ],
            },
        ]  # fmt: skip
        for side in ("attacker", "defender"):
            section[side].update(horizons_days=[365], waiting_premium=0, renewed_war_loss=0.05, foreign_troops_price=0)
        tree.pop("expect")

    return change


@pytest.mark.ensembles
def test_momentum_changes_the_terms_and_not_the_chance_of_a_deal_in_a_neutral_bargain(variant) -> None:
    slow, fast = ran(variant(neutral(SLOW))), ran(variant(neutral(FAST)))
    chance = paired(slow["deal"], fast["deal"])
    terms = paired(slow["tilt"], fast["tilt"])
    print(f"4  deal {shares(slow, fast)}: {chance}; terms of the attacker {terms}")
    assert 0.1 < slow["deal"].mean() < 0.9
    assert abs(chance.mean) <= 2 * chance.se + 1e-12
    assert terms.mean > 10 * terms.se > 0


# 5. In the lead, and not eager to negotiate


@pytest.mark.ensembles
def test_with_red_lines_momentum_makes_deals_rarer_and_talks_later(run: Ran) -> None:
    slow, base, fast = run(*pace(SLOW)), run(*pace(20)), run(*pace(FAST))
    chance, talks = paired(slow["deal"], fast["deal"]), paired(slow["first_talks"], fast["first_talks"])
    print(f"5  deal {shares(slow, base, fast)}: {chance}; first talks {talks} days")
    assert chance.mean < -3 * chance.se
    assert talks.mean > 3 * talks.se
    assert slow["deal"].mean() > base["deal"].mean() > fast["deal"].mean()


CHANNELS = {
    "ripeness": ("negotiation.ripeness=0",),
    "waiting": both("waiting_premium", 0),
    "leverage": ("negotiation.leverage=0", "negotiation.momentum_leverage=0"),
}


@pytest.mark.ensembles
def test_each_channel_of_the_position_of_strength_can_be_switched_off(run: Ran, load) -> None:
    slow, fast = pace(SLOW), pace(1.5 * FAST)
    whole = paired(run(*slow)["deal"], run(*fast)["deal"])
    parts = {name: paired(run(*slow, *off)["deal"], run(*fast, *off)["deal"]) for name, off in CHANNELS.items()}
    talks = {
        name: paired(run(*slow, *off)["first_talks"], run(*fast, *off)["first_talks"]) for name, off in CHANNELS.items()
    }
    print(f"5  effect of momentum on the chance {whole}; without { ({k: str(v) for k, v in parts.items()}) }")
    print(f"5  effect on first talks {paired(run(*slow)['first_talks'], run(*fast)['first_talks'])} days; "
          f"without {({k: str(v) for k, v in talks.items()})}")  # fmt: skip
    # Waiting is what keeps the one in the lead from signing; ripeness is what keeps it from talking.
    # It is a small part, which needs more histories.
    many = lambda *settings: ran(load("baseline", *settings), n=8_000)["deal"]  # noqa: E731
    changes = [many(*fast, *off) - many(*slow, *off) for off in ((), CHANNELS["waiting"])]
    less = paired(*changes)
    print(f"5  of the effect on the chance without a premium for waiting there is less by {less}")
    assert less.mean > 2 * less.se
    assert abs(talks["ripeness"].mean) < 20
    assert talks["waiting"].mean > 3 * talks["waiting"].se


# 6. Costs of war


@pytest.mark.ensembles
@pytest.mark.parametrize("side", ["attacker", "defender"])
def test_a_costlier_war_makes_a_deal_likelier_and_the_less_costly_side_does_better(run: Ran, load, side: str) -> None:
    usual = {"attacker": 0.012, "defender": 0.029}[side]
    base = run(f"negotiation.{side}.cost_of_war_per_year={usual}")
    costly = run(f"negotiation.{side}.cost_of_war_per_year={2 * usual}")
    chance, terms = paired(base["deal"], costly["deal"]), paired(base["tilt"], costly["tilt"])
    print(f"6  {side}'s cost x 2: deal {shares(base, costly)}: {chance}; tilt to the attacker {terms}")
    assert chance.mean > 3 * chance.se
    assert terms.mean * (1 if side == "defender" else -1) > 2 * terms.se


# 7. Optimism and learning


@pytest.mark.ensembles
@pytest.mark.parametrize("side", ["attacker", "defender"])
def test_optimism_makes_deals_rarer(run: Ran, side: str) -> None:
    off = {"attacker": "defender", "defender": "attacker"}[side]
    common = f"beliefs.{off}.optimism=0"
    sober, hopeful = run(common, f"beliefs.{side}.optimism=0"), run(common, f"beliefs.{side}.optimism=1")
    chance = paired(sober["deal"], hopeful["deal"])
    print(f"7  optimism of the {side}: deal {shares(sober, hopeful)}: {chance}")
    assert chance.mean < -2 * chance.se


def noise(factor: float) -> tuple[str, ...]:
    values = {"drift_noise_km2_per_day": 8 * factor, "balance_noise": 0.4 * factor}
    return tuple(f"beliefs.{side}.{name}={value}" for side in ("attacker", "defender") for name, value in values.items())


HOPEFUL = tuple(f"beliefs.{side}.optimism=1" for side in ("attacker", "defender"))


@pytest.mark.ensembles
def test_precise_signals_make_deals_likelier_among_optimists(run: Ran) -> None:
    vague, clear = run(*HOPEFUL, *noise(3)), run(*HOPEFUL, *noise(1 / 3))
    chance = paired(vague["deal"], clear["deal"])
    print(f"7  signals nine times as precise: deal {shares(vague, clear)}: {chance}")
    assert chance.mean > 3 * chance.se


def test_beliefs_converge_with_fighting(run: Ran) -> None:
    past = run(*HOPEFUL, "negotiation.talks.open_per_year=0")["snapshots"]
    gaps = [np.abs(past[day]["believed_drift"][0] - past[day]["believed_drift"][1]) for day in (14, 365)]
    change = paired(*gaps)
    print(f"7  gap of beliefs after 14 days {gaps[0].mean():.1f}, after a year {gaps[1].mean():.1f} km2 a day: {change}")
    assert change.mean < -10 * change.se
    assert gaps[1].mean() < 0.5 * gaps[0].mean()


# 8. Commitment


def guarded(number: int, credibility: float = 0.7, price: float = 0.03) -> Callable[[dict[str, Any]], None]:
    """A war that can end only in the guarded zone, which no red line forbids, so that the guards are all that differs."""

    def change(tree: dict[str, Any]) -> None:
        section = tree["negotiation"]
        security = section["issues"]["security"]
        security["options"] = {"european_zone": security["options"]["european_zone"]}
        section["red_lines"] = {
            name: line for name, line in section["red_lines"].items() if "security" not in line.get("terms", {})
        }
        section["attacker"]["foreign_troops_price"] = price
        # Who fears little from renewed war has little from guards.
        section["defender"]["renewed_war_loss"] = 0.4
        tree["ceasefire"]["regimes"]["european_zone"].update(guards=number, credibility=credibility)
        # To be there should count for nothing, or else guards need no credibility.
        tree["ceasefire"]["presence_share"] = 0

    return change


@pytest.mark.ensembles
def test_fear_of_renewed_war_makes_deals_rarer(run: Ran) -> None:
    calm, fear = run("negotiation.defender.renewed_war_loss=0.15"), run("negotiation.defender.renewed_war_loss=0.35")
    chance = paired(calm["deal"], fear["deal"])
    print(f"8  loss from renewed war .15 to .35: deal {shares(calm, fear)}: {chance}")
    assert chance.mean < -4 * chance.se


@pytest.mark.ensembles
def test_credible_guards_make_deals_likelier_and_others_do_not(variant) -> None:
    none, some, many = (ran(variant(guarded(number, price=0))) for number in (0, 30_000, 100_000))
    first, second = paired(none["deal"], some["deal"]), paired(some["deal"], many["deal"])
    print(f"8  guards 0, 30,000, 100,000: deal {shares(none, some, many)}: {first} {second}")
    hollow = paired(ran(variant(guarded(0, 0)))["deal"], ran(variant(guarded(100_000, 0)))["deal"])
    print(f"8  guards 0 to 100,000 without credibility: {hollow}")
    dear = paired(ran(variant(guarded(0, price=0.3)))["deal"], ran(variant(guarded(100_000, price=0.3)))["deal"])
    print(f"8  guards 0 to 100,000 at a price of 0.3 to the attacker: {dear}")
    whole = paired(none["deal"], many["deal"])
    assert whole.mean > 2 * whole.se
    assert hollow.mean <= 0
    assert dear.mean < -2 * dear.se


@pytest.mark.ensembles
def test_re_arming_makes_fear_and_arms_that_go_on_in_a_truce_comfort_their_receiver(run: Ran) -> None:
    def foreseen(past: dict[str, Any]) -> np.ndarray:
        return past["snapshots"][182]["foreseen_loss"]

    base, off = run(), run("ceasefire.mobilized_share=0", "ceasefire.pledged_share=0")
    fear = paired(np.maximum(foreseen(base), 0).sum(axis=0), np.maximum(foreseen(off), 0).sum(axis=0))
    print(f"8  foreseen losses of both without re-arming: {fear}")
    assert fear.mean < -3 * fear.se
    stop, go_on = run("ceasefire.pledged_share=0"), run("ceasefire.pledged_share=1")
    receiver, other = (paired(foreseen(stop)[side], foreseen(go_on)[side]) for side in (1, 0))
    print(f"8  pledges that go on in a truce: foreseen loss of the receiver {receiver}, of the other {other}")
    assert receiver.mean < -10 * receiver.se
    assert other.mean > 10 * other.se


@pytest.mark.ensembles
def test_guards_who_come_late_are_trusted_less(variant) -> None:
    def late(days: int) -> Callable[[dict[str, Any]], None]:
        def change(tree: dict[str, Any]) -> None:
            guarded(60_000)(tree)
            tree["ceasefire"]["regimes"]["european_zone"]["deploy_days"] = days

        return change

    soon, later = ran(variant(late(30))), ran(variant(late(365)))
    chance = paired(soon["deal"], later["deal"])
    slack = paired(*(past["snapshots"][14]["nearest_slack"] for past in (soon, later)))
    print(f"8  deployment in 30 and in 365 days: deal {shares(soon, later)}: {chance}; slack {slack}")
    # Not in every history: to go on at a price at home today speaks for a deal of whatever length.
    assert slack.mean < -10 * slack.se
    assert chance.mean < -2 * chance.se


# 9. Peace teaches nothing of war


@pytest.mark.ensembles
def test_without_fighting_momentum_stays_and_beliefs_diverge(run: Ran) -> None:
    talks = ("negotiation.talks.open_per_year=100", "negotiation.talks.agree_per_year=100")
    past = run("ceasefire.early_hazard=0", "ceasefire.later_hazard_per_year=0", *talks)["snapshots"]
    peace = (past[365]["ending"] == 3) & (past[DAYS]["ending"] == 3)
    assert peace.sum() > 500
    for side in range(2):
        before, after = (past[day]["momentum"][side][peace] for day in (365, DAYS))
        print(f"9  momentum of side {side} in a year of peace {before.mean():.3f} to {after.mean():.3f}, "
              f"spread {before.std():.3f} to {after.std():.3f}")  # fmt: skip
        assert abs(after.mean() - before.mean()) < 0.1 * abs(before.mean())
        assert after.std() > 1.1 * before.std()
    gaps = [np.abs(past[day]["believed_drift"][0] - past[day]["believed_drift"][1])[peace] for day in (365, DAYS)]
    assert paired(*gaps).mean > 3 * paired(*gaps).se
    weary = [past[day]["weariness"][:, peace].mean(axis=1) for day in (365, DAYS)]
    assert (weary[1] < 0.8 * weary[0]).all()


# 10. Prices at home


@pytest.mark.ensembles
def test_a_price_of_bad_terms_makes_deals_rarer_and_one_of_going_on_likelier(run: Ran) -> None:
    none, dear = run(*both("bad_terms_price", 0)), run(*both("bad_terms_price", 0.3))
    terms = paired(none["deal"], dear["deal"])
    easy, hard = run(*both("going_on_price", 0)), run(*both("going_on_price", 0.5))
    going_on = paired(easy["deal"], hard["deal"])
    print(f"10 price of bad terms: deal {shares(none, dear)}: {terms}; of going on: {shares(easy, hard)}: {going_on}")
    assert terms.mean < -5 * terms.se
    assert going_on.mean > 5 * going_on.se
    for less, more, sign in ((none, dear, -1), (easy, hard, 1)):
        change = sign * (more["snapshots"][182]["nearest_slack"] - less["snapshots"][182]["nearest_slack"])
        same = (more["deal_day"] < 0) & (less["deal_day"] < 0)
        assert (change[same] >= -1e-12).all(), "in every history in which nothing was signed with either"


# 11. Land


@pytest.mark.ensembles
def test_land_offered_brings_deals_and_land_demanded_prevents_them(variant, run: Ran) -> None:
    def offered(tree: dict[str, Any]) -> None:
        del tree["negotiation"]["red_lines"]["more_land"]

    def demanded(tree: dict[str, Any]) -> None:
        tree["negotiation"]["red_lines"]["demanded"] = {
            "side": "attacker", "ceded_below_km2": 5_000, "hard_share": 1, "price": 0.2, "softening": 0
        }  # fmt: skip

    offer, demand = (paired(run()["deal"], ran(variant(change))["deal"]) for change in (offered, demanded))
    print(f"11 land offered {offer}, land demanded {demand}")
    assert offer.mean > 2 * offer.se
    assert demand.mean < -10 * demand.se


@pytest.mark.ensembles
def test_more_land_lost_changes_terms_and_the_chance(run: Ran) -> None:
    lasts = "ceasefire.early_hazard=0.5"
    base, lost = run(lasts), run("front.held_area_km2=171_500", lasts)
    zone = paired(*(past["snapshots"][14]["nearest_slack"] > 0 for past in (base, lost)))
    signed = (base["deal"] > 0) & (lost["deal"] > 0)
    other = (base["deal_package"] != lost["deal_package"])[signed].mean()
    print(f"11 60,000 km2 more lost: zone at the first review {zone}; other terms in {other:.3f} of deals")
    assert abs(zone.mean) > 2 * zone.se
    assert other > 0.05


# 12. Red lines


LINES = ("recognised_borders", "more_land", "no_neutrality", "no_western_troops")


def test_a_hard_red_line_is_never_crossed(load) -> None:
    scenario = load("baseline")
    end, section = ran(scenario), scenario.world.negotiation
    domain = domain_of(section)
    from sim.engine.draws import Draws

    draws = Draws(SEED, np.arange(N, dtype=np.int64))
    signed, hard_and_signed = end["deal"] > 0, 0
    for line in section.red_lines:
        luck = draws.uniform(f"negotiation/red_line/{line.id}").at(0)
        hard = luck < end["drawn"].values[f"negotiation.red_lines.{line.id}.hard_share"]
        crossed = domain.covered(line.terms)[end["deal_package"]] & signed
        if line.ceded_above_km2 is not None:
            crossed &= end["deal_ceded"] > line.ceded_above_km2.central
        if line.ceded_below_km2 is not None:
            crossed &= end["deal_ceded"] < line.ceded_below_km2.central
        hard_and_signed += int((hard & signed).sum())
        assert not (crossed & hard).any(), line.id
    print(f"12 hard red lines in force at {int(signed.sum())} signatures: {hard_and_signed}, crossed: 0")
    assert hard_and_signed > 1000


@pytest.mark.ensembles
@pytest.mark.parametrize("line", LINES)
def test_softening_a_red_line_never_makes_a_deal_rarer(run: Ran, line: str) -> None:
    path = f"negotiation.red_lines.{line}"
    hard = run(f"{path}.hard_share=1")
    dear, cheap = run(f"{path}.hard_share=0"), run(f"{path}.hard_share=0", f"{path}.price=0")
    steps = [paired(hard["deal"], dear["deal"]), paired(dear["deal"], cheap["deal"])]
    print(f"12 {line}, hard, priced, free: {shares(hard, dear, cheap)}: {steps[0]} {steps[1]}")
    for before, after in ((hard, dear), (dear, cheap)):
        # With the same luck, whoever would have signed under the harder line signs under the softer one, and not later:
        # up to the first signature nothing else differs but when talks open, which a way out in sight makes likelier.
        never_worse = paired(before["deal"], after["deal"])
        assert never_worse.mean >= -2 * never_worse.se
    first = [past["snapshots"][14]["nearest_slack"] for past in (hard, dear, cheap)]
    # At the first review the histories are still the same: a softer line can only bring the nearest package nearer.
    assert (first[1] >= first[0] - 1e-12).all()
    assert (first[2] >= first[1] - 1e-12).all()


# The aid curve


AID = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)


@pytest.mark.long
def test_the_aid_curve(run: Ran) -> None:
    """Deals within 24 months as aid goes from none to three times the baseline, and which channel does what."""
    variants = {"all channels": (), **CHANNELS}
    curves = {}
    for name, off in variants.items():
        curve = []
        for scale in AID:
            end = run(f"arms.defender.aid_scale={scale}", *off)
            curve.append(end["deal"].mean())
            if not off:
                year = end["snapshots"][365]
                figures = {
                    "surplus": np.nanmean(np.where(end["deal"] > 0, end["deal_surplus"], np.nan), axis=1),
                    "signed worth": np.nanmean(end["worth"], axis=1),
                    "fighting on at month 12": year["value_of_fighting"].mean(axis=1),
                    "momentum at month 12": year["momentum"].mean(axis=1),
                }
                told = "; ".join(f"{name} {pair[0]:.4f} and {pair[1]:.4f}" for name, pair in figures.items())
                print(f"aid x {scale:.1f}: deal {curve[-1]:.3f}; attacker and defender: {told}")
        curves[name] = curve
        print(
            f"aid curve, {'all channels' if not off else f'without {name}'}: " + " ".join(f"{share:.3f}" for share in curve)
        )
    low, high = run("arms.defender.aid_scale=0.0"), run("arms.defender.aid_scale=3.0")
    fighting = [
        paired(low["snapshots"][365]["value_of_fighting"][s], high["snapshots"][365]["value_of_fighting"][s])
        for s in range(2)
    ]
    print(f"aid 0 to 3: fighting on at month 12, attacker {fighting[0]}, defender {fighting[1]}")
    assert fighting[0].mean < -5 * fighting[0].se
    assert fighting[1].mean > 5 * fighting[1].se
    swing = {name: curve[-1] - curve[0] for name, curve in curves.items()}
    assert swing["all channels"] != pytest.approx(swing["leverage"], abs=0.005)


def test_a_refusal_shows_more_resolve_than_was_known_until_a_new_leader_comes(load) -> None:
    """So no leader is offered twice what it has refused; and no deal is bettered for both, which the run itself checks."""
    sides = [f"negotiation.{side}.{knob}" for side in SIDES for knob in ("resolve_sd=0.2", "leader_change_per_year=1")]
    scenario = load("baseline", "negotiation.rule=screening", "negotiation.talks.agree_per_year=50", *sides)
    numbers, reviews = np.arange(60), range(13, 730, 14)
    days = sorted({day + later for day in reviews for later in (0, 1)})
    setting = Setting(scenario.world.start_date, 730, SEED, numbers, landmarks=days, watched=numbers.tolist())
    world, _ = simulate(scenario, setting)
    told = [event for event in world.recorder.events if event.kind in ("offer refused", "leader changes")]
    renewed = {(event.replication, event.day, event.values["side"]) for event in told if event.kind == "leader changes"}
    refusals = [event for event in told if event.kind == "offer refused"]
    twice = 0
    for event in refusals:
        row, snapshots = SIDES.index(event.values["side"]), world.recorder.snapshots
        before, after = (snapshots[day]["resolve_at_least"][row, event.replication] for day in (event.day, event.day + 1))
        if (event.replication, event.day, event.values["side"]) not in renewed:
            assert after > before
            twice += bool(np.isfinite(before))
        # None is refused that the leader would have signed.
        assert after <= snapshots[event.day + 1]["resolve"][row, event.replication] + 1e-9
    assert twice > 0, "some leader should refuse twice"
