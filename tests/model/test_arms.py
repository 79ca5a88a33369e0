"""Arms and backers: rationed fire, lumpy pledges, halts, packages, pipelines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from sim.engine.calendar import DAYS_PER_MONTH
from sim.engine.draws import Draws
from sim.model.arms import firing, rationed_fire, stock_for_fire
from sim.model.backers import LumpyAmount
from sim.scenario import ScenarioError

Load, Play, Tree = Callable[..., Any], Callable[..., Any], dict[str, Any]

US, EUROPE, KOREA = 0, 1, 2
MONTH_STARTS = [0, 31, 62, 90, 121]  # after 4 December 2024


def pledged_on(past: Any, backer: int, replication: int = 0) -> dict[int, float]:
    """The days on which a backer pledged, with the amounts."""
    daily = past.daily("pledged_beur")[:, backer, replication]
    return {int(day): float(daily[day]) for day in np.flatnonzero(daily > 1e-12)}


def halt(name: str = "pause", **values: Any) -> Callable[[Tree], None]:
    what = {"backer": "united_states", "days": 30, "cut_share": 1} | values
    return lambda tree: tree["arms"].update(halts={**tree["arms"]["halts"], name: what})


def package(**values: Any) -> Callable[[Tree], None]:
    what = {"id": "extra", "backer": "europe", "date": date(2024, 12, 14), "amount_beur": 3, "probability": 1}
    return lambda tree: tree["arms"].update(packages=[what | values])


# Fire


@given(stock=st.floats(0, 1e5), ration=st.floats(1, 1000))
def test_the_stock_that_gives_a_fire_is_its_inverse(stock: float, ration: float) -> None:
    fire = rationed_fire(np.array([stock]), np.array([ration]))
    assert 0 <= fire.item() < 1
    assert stock_for_fire(fire, np.array([ration])).item() == pytest.approx(stock, rel=1e-9, abs=1e-9)


@given(fire=st.floats(0, 0.999), ration=st.floats(1, 1000))
def test_the_fire_of_a_stock_is_its_inverse(fire: float, ration: float) -> None:
    stock = stock_for_fire(np.array([fire]), np.array([ration]))
    assert rationed_fire(stock, np.array([ration])).item() == pytest.approx(fire, rel=1e-12, abs=1e-15)


def test_rationing() -> None:
    stock, ration = np.array([0.0, 15.0, 30.0, 60.0, 1e9]), np.full(5, 30.0)
    assert rationed_fire(stock, ration) == pytest.approx([0, 1 / 3, 1 / 2, 2 / 3, 1], abs=1e-7)
    assert stock_for_fire(np.array([0.0, 0.5, 0.9]), np.full(3, 30.0)) == pytest.approx([0, 30, 270])


@given(stock=st.floats(0, 1e4), production=st.floats(0, 1), ration=st.floats(1, 100))
def test_a_day_of_fire_leaves_no_negative_stock(stock: float, production: float, ration: float) -> None:
    assert stock + production - rationed_fire(np.array([stock]), np.array([ration])).item() >= 0


@given(
    usual=st.tuples(st.floats(0, 10), st.floats(0, 10)).filter(lambda how: sum(how) > 0.01), quiet=st.floats(0, 1),
    factor=st.floats(0, 10),
)  # fmt: skip
def test_firing_is_one_as_usual_and_falls_in_a_lull(usual: tuple[float, float], quiet: float, factor: float) -> None:
    attacks, share = np.array(usual)[:, None], np.array([quiet])
    assert firing(attacks, attacks, share).item() == pytest.approx(1)
    assert firing(0 * attacks, attacks, share).item() == quiet
    assert firing(factor * attacks, attacks, share).item() == pytest.approx(quiet + (1 - quiet) * factor)


def test_whatever_attacks_ask_for_fire_is_never_above_full_rate_or_the_stock(calm: Load, play: Play) -> None:
    def edit(tree: Tree) -> None:
        swift(tree)
        for side in ("attacker", "defender"):
            tree["arms"][side].update(ration_days=3, fire_at_start_share=0.6, production_fire_days_per_month=12)
        tree["front"]["offensives"] = [
            {"id": side, "side": side, "date": date(2024, 12, day), "days": 40, "intensity": 10, "probability": 1}
            for side, day in (("attacker", 14), ("defender", 24))
        ]

    past = play(calm("arms.quiet_fire_share=0", edit=edit), 80)
    fire, stock = past.of("fire")[1:, :, 0], past.of("stock_days")[:, :, 0]
    assert (fire <= 1).all()
    assert (fire <= stock[:-1]).all()
    assert (stock >= 0).all()
    assert (fire == stock[:-1]).any(), "some days all is fired that there is"
    assert (fire == 1).any(), "on the first days of an attack the full rate is"
    # What comes on a day is fired on the next; in the war as usual after it, stocks fill up again.
    assert stock[-1].min() > stock[30:50].max()


# Lumpy amounts

VARIATIONS = (0.1, 0.3, 0.63, 1.06, 1.5)


@pytest.mark.parametrize("variation", VARIATIONS)
def test_lumpy_amounts_have_mean_one_and_the_variation_asked_for(variation: float) -> None:
    amount = LumpyAmount(variation)
    score = np.linspace(-9, 9, 40_001)
    density = stats.norm.pdf(score)
    mean = integrate.trapezoid(amount(score) * density, score)
    square = integrate.trapezoid(amount(score) ** 2 * density, score)
    assert mean == pytest.approx(1, abs=5e-6)
    assert np.sqrt(square - mean**2) == pytest.approx(variation, rel=2e-5)


def exact_amount(score: np.ndarray, variation: float) -> np.ndarray:
    """The gamma quantile, from the nearer tail."""
    shape = variation**-2
    below = stats.gamma.ppf(stats.norm.cdf(score), shape, scale=1 / shape)
    above = stats.gamma.isf(stats.norm.sf(score), shape, scale=1 / shape)
    return np.where(score > 0, above, below)


@pytest.mark.parametrize(
    ("variation", "lowest_score", "relative"),
    [
        (0.1, -6, 1e-6),
        (0.3, -6, 1e-5),
        (0.63, -6, 1e-4),
        (1.06, -4, 1e-4),
        (1.06, -6, 3e-4),
        (1.5, -1.8, 1e-4),
        (1.5, -6, 1e-3),
    ],
)
def test_the_table_of_lumpy_amounts_is_accurate(variation: float, lowest_score: float, relative: float) -> None:
    score = np.linspace(lowest_score, 6, 4_001)
    assert LumpyAmount(variation)(score) == pytest.approx(exact_amount(score, variation), rel=relative, abs=0)


@pytest.mark.parametrize("variation", VARIATIONS)
def test_what_the_table_misses_does_not_matter(variation: float) -> None:
    score = np.linspace(-6, 6, 4_001)
    assert np.abs(LumpyAmount(variation)(score) - exact_amount(score, variation)).max() < 1.1e-5


def test_lumpy_amounts_rise_and_are_held_at_the_ends() -> None:
    amount = LumpyAmount(1.06)
    assert (np.diff(amount(np.linspace(-6, 6, 5000))) > 0).all()
    assert amount(np.array([-50.0, 50.0])).tolist() == amount(np.array([-6.0, 6.0])).tolist()


def test_no_variation_is_one_always() -> None:
    assert LumpyAmount(0.0)(np.array([-7.0, 0.0, 0.3, 8.0])).tolist() == [1, 1, 1, 1]


# Stock and fire


def test_fire_starts_as_given_and_follows_the_stock_of_the_morning(calm: Load, play: Play) -> None:
    past = play(calm(), 40)
    fire, stock = past.of("fire"), past.of("stock_days")
    assert fire[0, :, 0] == pytest.approx([0.9, 0.3])
    assert fire[1, :, 0] == pytest.approx([0.9, 0.3])
    assert stock[0, :, 0] == pytest.approx([6 * 0.9 / 0.1, 30 * 0.3 / 0.7])
    assert fire[1:] == pytest.approx(rationed_fire(stock[:-1], np.array([6.0, 30.0])[:, None]), rel=1e-12)
    flows = past.daily("produced_days") + past.daily("received_days") - past.daily("fired_days")
    assert np.diff(stock, axis=0) == pytest.approx(flows, abs=1e-10)
    assert past.daily("fired_days") == pytest.approx(fire[1:], abs=1e-10)
    assert past.daily("produced_days")[:, :, 0] == pytest.approx(np.full((40, 2), [16, 2.5]) / DAYS_PER_MONTH)


def test_production_of_what_is_fired_keeps_the_fire_level(calm: Load, play: Play) -> None:
    scenario = calm(
        f"arms.attacker.production_fire_days_per_month={0.9 * DAYS_PER_MONTH}",
        f"arms.defender.production_fire_days_per_month={0.3 * DAYS_PER_MONTH}",
        edit=lambda tree: tree["arms"].update(backers=[]),
    )
    fire = play(scenario, 200).of("fire")[:, :, 0]
    assert fire == pytest.approx(np.full((201, 2), [0.9, 0.3]), rel=1e-9)


def test_low_fire_is_noted_at_the_start_of_a_month(calm: Load, play: Play) -> None:
    def cut_off(tree: Tree) -> None:
        tree["arms"]["backers"] = []
        tree["arms"]["attacker"].update(fire_at_start_share=0.6, production_fire_days_per_month=0)

    past = play(calm(edit=cut_off), 100)
    fire, month = past.of("fire")[:, :, 0], past.of("fire_below_half_month")[:, :, 0]
    first = int(np.argmax(fire[:, 0] < 0.5))
    noted = next(day for day in MONTH_STARTS if day >= first)
    assert 0 < first < noted
    assert month[:, 0].tolist() == [-1] * (noted + 1) + [MONTH_STARTS.index(noted)] * (100 - noted)
    assert month[:, 1].tolist() == [-1] + [0] * 100
    assert past.told("fire below half") == [0, noted]


# Pledges


def test_backers_pledge_at_the_start_of_each_month(calm: Load, play: Play) -> None:
    past = play(calm(), 125)
    assert pledged_on(past, US) == pytest.approx(dict.fromkeys(MONTH_STARTS, 1.7))
    assert pledged_on(past, EUROPE) == pytest.approx(dict.fromkeys(MONTH_STARTS, 1.9))
    assert pledged_on(past, KOREA) == pytest.approx(dict.fromkeys(MONTH_STARTS, 0.25))
    assert past.told("pledge") == [day for day in MONTH_STARTS for _ in range(3)]


def test_aid_scale_turns_pledges_but_not_what_is_on_its_way(calm: Load, play: Play) -> None:
    full, cut = play(calm(), 40), play(calm("arms.defender.aid_scale=0.3"), 40)
    for backer, scale in ((US, 0.3), (EUROPE, 0.3), (KOREA, 1.0)):
        expected = {day: scale * amount for day, amount in pledged_on(full, backer).items()}
        assert pledged_on(cut, backer) == pytest.approx(expected)
    assert np.array_equal(full.of("in_transit_beur")[0], cut.of("in_transit_beur")[0])
    assert np.array_equal(full.of("pledged_beur")[0], full.of("in_transit_beur")[0])


def test_pledges_vary_as_asked_around_their_mean(calm: Load, play: Play) -> None:
    past = play(calm(edit=lambda tree: tree["arms"]["backers"]["united_states"].update(aid_variation=0.8)), 65, n=2000)
    daily = past.daily("pledged_beur")[:, US]
    pledges = np.concatenate([daily[day] for day in (0, 31, 62)]) / 1.7
    assert pledges.mean() == pytest.approx(1, abs=4 * 0.8 / np.sqrt(6000))
    assert pledges.std() == pytest.approx(0.8, rel=0.08)
    assert abs(np.corrcoef(daily[0], daily[31])[0, 1]) < 0.08
    luck = Draws(1, np.arange(2000)).normal("arms/aid/united_states", in_turn=True)
    assert daily[31] == pytest.approx(1.7 * LumpyAmount(0.8)(luck.at(1)), rel=1e-9)


def test_every_pledge_is_delivered_cancelled_or_on_its_way(varied: Load, play: Play) -> None:
    past = play(varied(edit=package()), 300, n=20)
    booked = past.of("delivered_beur") + past.of("cancelled_beur") + past.of("in_transit_beur")
    assert past.of("pledged_beur") == pytest.approx(booked, rel=1e-9)
    assert (past.daily("delivered_beur") >= 0).all()
    assert (past.daily("cancelled_beur") >= 0).all()


# Halts


def test_a_halt_stops_pledges_on_its_days_and_they_resume(calm: Load, play: Play) -> None:
    # Days 16 to 55 hold the start of one month.
    past = play(calm(edit=halt(date=date(2024, 12, 20), probability=1, days=40)), 125)
    assert list(pledged_on(past, US)) == [0, 62, 90, 121]
    assert list(pledged_on(past, EUROPE)) == MONTH_STARTS
    assert past.told("halt") == [16]


@pytest.mark.parametrize(
    ("begins", "days", "stopped"),
    [
        (date(2024, 12, 4), 31, [0]),  # begins with the first month
        (date(2024, 12, 4), 32, [0, 31]),
        (date(2025, 1, 4), 1, [31]),  # begins on the day of the pledge, before it
        (date(2025, 1, 3), 1, []),
        (date(2025, 1, 3), 1.5, [31]),  # rounds to two days
        (date(2025, 1, 3), 2, [31]),
        (date(2025, 1, 5), 30, []),  # days 32 to 61
        (date(2025, 1, 5), 31, [62]),
        (date(2025, 1, 5), 30.5, []),  # half to even
        (date(2024, 12, 3), 1000, []),  # before the start: never
    ],
)
def test_the_first_and_the_last_day_of_a_halt(calm: Load, play: Play, begins: date, days: float, stopped: list[int]) -> None:
    past = play(calm(edit=halt(date=begins, probability=1, days=days)), 125)
    assert list(pledged_on(past, US)) == [day for day in MONTH_STARTS if day not in stopped]


def test_halts_cut_their_share_and_multiply(calm: Load, play: Play) -> None:
    def edit(tree: Tree) -> None:
        halt(date=date(2024, 12, 20), probability=1, days=60, cut_share=0.75)(tree)
        halt("another", date=date(2025, 1, 20), probability=1, days=60, cut_share=0.4)(tree)
        halt("theirs", backer="europe", date=date(2025, 1, 20), probability=1, days=60, cut_share=0.1)(tree)

    past = play(calm(edit=edit), 125)
    expected = {0: 1.7, 31: 1.7 * 0.25, 62: 1.7 * 0.25 * 0.6, 90: 1.7 * 0.6, 121: 1.7}
    assert pledged_on(past, US) == pytest.approx(expected)
    assert pledged_on(past, EUROPE)[62] == pytest.approx(1.9 * 0.9)


@pytest.mark.parametrize("probability", [0.0, 0.3])
def test_a_dated_halt_happens_with_its_probability(calm: Load, play: Play, probability: float) -> None:
    past = play(calm(edit=halt(date=date(2024, 12, 20), probability=probability)), 40, n=800)
    halted = past.daily("pledged_beur")[31, US] < 1e-9
    luck = Draws(1, np.arange(800)).uniform("arms/halt/pause", in_turn=True).at(0)
    assert halted.tolist() == (luck < probability).tolist()


def test_a_random_halt_began_in_the_month_before_when_none_is_active(calm: Load, play: Play) -> None:
    hazard, days = 3.0, 40
    past = play(calm(edit=halt(hazard_per_year=hazard, days=days)), 125, n=600)
    luck = Draws(1, np.arange(600)).uniform("arms/halt/pause", in_turn=True)
    until = np.zeros(600)
    daily = past.daily("pledged_beur")[:, US]
    chance = 1 - np.exp(-hazard / 12)
    for month, day in enumerate(MONTH_STARTS):
        ended = day - np.floor(luck.at(month) / chance * 30.4375) + days
        begins = (luck.at(month) < chance) & (until <= day) & (ended > day) & (month > 0)
        until[begins] = ended[begins]
        assert (daily[day] < 1e-9).tolist() == (until > day).tolist()
    assert 0.1 < (until > 0).mean() < 0.9


def test_random_halts_cut_the_share_of_time_that_they_last(calm: Load, play: Play) -> None:
    """Whatever the length against the month: 20 days cut no whole month more often than 35."""
    for days in (20, 35, 62):
        hazard, n = 0.6, 400
        past = play(calm(edit=halt(hazard_per_year=hazard, days=days)), 730, n=n)
        pledges = past.daily("pledged_beur")[MONTH_STARTS[1:], US]
        cut = (pledges < 1e-9).mean()
        # A renewal process: a halt of `days` after a wait of 1/hazard years, begun anew.
        assert cut == pytest.approx(days / (days + 365.25 / hazard), rel=0.12)


# Packages


def test_a_package_is_pledged_on_its_date_beside_the_months(calm: Load, play: Play) -> None:
    past = play(calm("arms.defender.aid_scale=0.5", edit=package()), 40)
    assert pledged_on(past, EUROPE) == pytest.approx({0: 0.95, 10: 1.5, 31: 0.95})
    assert past.told("package") == [10]


def test_halts_do_not_touch_packages(calm: Load, play: Play) -> None:
    def edit(tree: Tree) -> None:
        halt(backer="europe", date=date(2024, 12, 4), probability=1, days=100)(tree)
        package()(tree)

    assert pledged_on(play(calm(edit=edit), 40), EUROPE) == pytest.approx({10: 3.0})


@pytest.mark.parametrize(
    ("values", "share"),
    [({"probability": 0}, 0.0), ({"probability": 0.4}, 0.4), ({"date": date(2024, 12, 3)}, 0.0)],
    ids=["never", "sometimes", "before the start"],
)
def test_packages_that_may_not_come(calm: Load, play: Play, values: Tree, share: float) -> None:
    daily = play(calm(edit=package(**values)), 15, n=500).daily("pledged_beur")[:, EUROPE]
    luck = Draws(1, np.arange(500)).uniform("arms/package/extra").at(0)
    assert (daily[10] > 1).tolist() == (luck < share).tolist()
    assert (daily[1:10] == 0).all()


def swift(tree: Tree) -> None:
    """Let only Europe give, only by a package, from stocks without delay."""
    for backer in tree["arms"]["backers"].values():
        backer.update(aid_per_month_beur=0, past_aid_per_month_beur=0, absorption_days=0, cancelled_share=0.25)
        backer.update(stock_delay_days=0, stock_stages=1, production_delay_days=0, production_stages=4)


@pytest.mark.parametrize(
    ("own_share", "delivered"),
    [(1.0, {11: 2.25}), (0.0, {14: 2.25}), (0.2, {11: 0.45, 14: 1.8}), (None, {11: 2.25 * 0.33, 14: 2.25 * 0.67})],
)
def test_a_package_is_drawn_from_stocks_and_production(
    calm: Load, play: Play, own_share: float | None, delivered: dict[int, float]
) -> None:
    def edit(tree: Tree) -> None:
        swift(tree)
        package(**({} if own_share is None else {"from_stock_share": own_share}))(tree)

    past = play(calm(edit=edit), 20)
    daily = past.daily("delivered_beur")[:, EUROPE, 0]
    assert {int(day): daily[day] for day in np.flatnonzero(daily > 1e-12)} == pytest.approx(delivered)
    assert past.daily("cancelled_beur")[:, EUROPE, 0].sum() == pytest.approx(0.75)
    # One stage from stocks is passed on the same day and absorbed on the next.
    received = past.daily("received_days")[:, :, 0]
    assert received[:, 1] == pytest.approx(2.0 * daily)
    assert received[:, 0].max() == 0


# Pipelines


def test_the_pipelines_hold_the_past_at_the_start(calm: Load, play: Play) -> None:
    scenario = calm()
    held = play(scenario, 1).of("in_transit_beur")[0, :, 0]
    for row, backer in enumerate(scenario.world.arms.backers):
        per_day = backer.past_aid_per_month_beur.central / DAYS_PER_MONTH
        stock_share, cancelled = backer.from_stock_share.central, backer.cancelled_share.central

        def mean_steps(stages: int, mean_days: float) -> float:
            return stages / (1 - np.exp(-stages / mean_days))

        expected = per_day * (
            stock_share * mean_steps(backer.stock_stages.whole, backer.stock_delay_days.central)
            + (1 - stock_share) * mean_steps(backer.production_stages.whole, backer.production_delay_days.central)
            + (1 - cancelled) * mean_steps(1, backer.absorption_days.central)
        )
        assert held[row] == pytest.approx(expected, rel=1e-12)


def test_deliveries_begin_at_the_level_of_the_past(calm: Load, play: Play) -> None:
    past = play(calm("arms.defender.aid_scale=0"), 2)
    delivered = past.daily("delivered_beur")[:, US, 0]
    assert delivered == pytest.approx([1.7 / DAYS_PER_MONTH * (1 - 0.05)] * 2, rel=0.02)
    assert past.daily("cancelled_beur")[0, US, 0] == pytest.approx(1.7 / DAYS_PER_MONTH * 0.05)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_cancelled_share_never_arrives(calm: Load, play: Play, share: float) -> None:
    def edit(tree: Tree) -> None:
        for backer in tree["arms"]["backers"].values():
            backer.update(past_aid_per_month_beur=0, cancelled_share=share, stock_delay_days=5)
            backer.update(production_delay_days=8, absorption_days=1)
        halt(date=date(2024, 12, 10), probability=1, days=1000)(tree)

    past = play(calm(edit=edit), 200)
    assert past.of("cancelled_beur")[-1, US, 0] == pytest.approx(1.7 * share, abs=1e-6)
    assert past.of("delivered_beur")[-1, US, 0] == pytest.approx(1.7 * (1 - share), abs=1e-6)
    assert past.of("in_transit_beur")[-1, US, 0] == pytest.approx(0, abs=1e-6)


def test_each_side_receives_from_its_own_backers(calm: Load, play: Play) -> None:
    past = play(calm(), 60)
    delivered, received = past.daily("delivered_beur")[:, :, 0], past.daily("received_days")[:, :, 0]
    assert received[:, 0] == pytest.approx(45 * delivered[:, KOREA])
    assert received[:, 1] == pytest.approx(2 * (delivered[:, US] + delivered[:, EUROPE]))


# What a scenario may not say


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (halt(backer="nobody", date=date(2025, 1, 1), probability=1), "unknown backer 'nobody'"),
        (package(backer="nobody"), "unknown backer 'nobody'"),
        (halt(date=date(2025, 1, 1)), "either date and probability, or hazard_per_year"),
        (halt(hazard_per_year=1, probability=1), "either date and probability, or hazard_per_year"),
        (halt(), "either date and probability, or hazard_per_year"),
    ],
)
def test_what_arms_refuse(calm: Load, edit: Callable[[Tree], None], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        calm(edit=edit)
