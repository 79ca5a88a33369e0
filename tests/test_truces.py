"""Trust, limited truces and first phases: Bayes' rule, what leaves all as it is, and comparative statics on paired luck.

Figures: `pytest -m 'ensembles or not long' -s tests/test_truces.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.world import Setting
from sim.model import simulate
from sim.model.notes import notes
from sim.model.trust import IN_A_PHASE, learned_trust
from sim.results.names import Names
from sim.scenario import Scenario, ScenarioError
from tests.test_bargaining_statics import Difference, paired

N, DAYS, SEED = 800, 1_096, 3
SIDES = ("attacker", "defender")
# Whatever fighting rests in truces, what counts below is what they teach.
NO_TRUCES = ("trust.truces.energy.per_year=0", "trust.truces.holidays.per_year=0")
MANY_TRUCES = (
    "trust.truces.energy.per_year=8", "trust.truces.energy.days=28", "trust.truces.energy.stops=0",
    "trust.truces.holidays.per_year=0",
)  # fmt: skip
NO_PHASE = ("trust.first_phase=null",)
Ran = Callable[..., dict[str, Any]]


def of_both(**knobs: float) -> tuple[str, ...]:
    """Return settings of both sides."""
    return tuple(f"trust.{side}.{name}={value}" for side in SIDES for name, value in knobs.items())


SHARP = of_both(reliable=0.5, reliable_keeps=0.95, unreliable_keeps=0.2, unreliable_effect=1.5)


def ran(scenario: Scenario[Any], n: int = N, days: int = DAYS, landmarks: tuple[int, ...] = ()) -> dict[str, Any]:
    """Run a scenario; return its fields at the end, with what is asked of deals and of first ceasefires."""
    setting = Setting(scenario.world.start_date, days, SEED, np.arange(n), landmarks=(*landmarks, days))
    world, _ = simulate(scenario, setting)
    end: dict[str, Any] = dict(world.recorder.snapshots[days])
    end["past"] = world.recorder.snapshots
    signed = end["deal_day"] >= 0
    end["deal"], end["soon"] = signed.astype(float), (signed & (end["deal_day"] <= 365)).astype(float)
    end["day"] = np.where(signed, end["deal_day"], np.nan)
    watched = (end["ceasefires"] > 0) & (end["deal_day"] + 365 <= days)
    end["lasts"] = np.where(watched, end["first_ceasefire_days"] >= 365, np.nan)
    return end


@pytest.fixture(scope="module")
def run(load: Callable[..., Scenario[Any]]) -> Ran:
    """Run a scenario with settings, once for each set of them: run(*settings, name="phases")."""
    known: dict[tuple[str, ...], dict[str, Any]] = {}

    def run(*settings: str, name: str = "phases") -> dict[str, Any]:
        if (name, *settings) not in known:
            known[name, *settings] = ran(load(name, *settings))
        return known[name, *settings]

    return run


def surely(one: Difference, sign: int) -> bool:
    """Return whether a difference has a sign by more than two standard errors."""
    return sign * one.mean > 2 * one.se


def share(values: np.ndarray[Any, Any]) -> tuple[float, float, int]:
    """Return a share where it is defined, with its standard error and of how many."""
    defined = values[~np.isnan(values)]
    mean = float(defined.mean())
    return mean, float(np.sqrt(mean * (1 - mean) / len(defined))), len(defined)


# Bayes' rule


@given(
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.lists(st.booleans(), max_size=30),
)
def test_trust_after_any_sequence_is_that_of_bayes_rule(prior: float, one: float, two: float, kept: list[bool]) -> None:
    """Worked out at once, from how likely the whole sequence is under both kinds."""
    good, bad = max(one, two), min(one, two)
    trust = np.array([prior])
    for held in kept:
        trust = learned_trust(trust, np.array([held]), np.array([good]), np.array([bad]))
    times, broken = sum(kept), len(kept) - sum(kept)
    likely = [prior * good**times * (1 - good) ** broken, (1 - prior) * bad**times * (1 - bad) ** broken]
    # What cannot have been, by what was believed, teaches nothing; nor can it be told where both are as good as that.
    if min(likely) > 1e-250:
        assert trust[0] == pytest.approx(likely[0] / sum(likely), rel=1e-9, abs=1e-12)
    assert 0 <= trust[0] <= 1


@given(st.floats(0, 1), st.floats(1e-6, 1), st.booleans())
def test_equal_kinds_teach_nothing(prior: float, keeps: float, kept: bool) -> None:
    share = np.array([keeps])
    assert learned_trust(np.array([prior]), np.array([kept]), share, share)[0] == pytest.approx(prior, abs=1e-12)


def test_what_neither_kind_would_do_teaches_nothing() -> None:
    always = np.ones(1)
    assert learned_trust(np.array([0.3]), np.array([False]), always, always)[0] == 0.3


def test_trust_in_a_history_is_that_of_what_was_kept_in_it(load: Callable[..., Scenario[Any]]) -> None:
    """As its chronicle tells it: every limited truce and first phase, one after the other."""
    scenario = load("phases", *SHARP, "trust.truces.energy.per_year=6", "trust.truces.energy.days=20")
    setting = Setting(scenario.world.start_date, 500, SEED, np.arange(20), landmarks=(500,), watched=range(20))
    world, _ = simulate(scenario, setting)
    seen = 0
    for history in range(20):
        odds = [1.0, 1.0]
        told = [event for event in world.recorder.events if event.replication == history]
        for (_, kind), events in itertools.groupby(told, key=lambda event: (event.day, event.kind.rsplit(" ", 1)[0])):
            what = [event for event in events if event.kind.endswith(("kept", "broken"))]
            if not what or kind not in ("truce", "first phase"):
                continue
            broken = {event.values["side"] for event in what if event.kind.endswith("broken")}
            seen += 1
            for row, side in enumerate(SIDES):
                odds[row] *= (1 - 0.95) / (1 - 0.2) if side in broken else 0.95 / 0.2
        trust = world.recorder.snapshots[500]["trust"][:, history]
        np.testing.assert_allclose(trust, [one / (1 + one) for one in odds], rtol=1e-9)
    assert seen > 100


# What changes nothing


@pytest.mark.parametrize("effect", [0, 5])
def test_sides_that_are_known_to_be_reliable_are_as_without_trust(load: Callable[..., Scenario[Any]], effect: float) -> None:
    known = of_both(reliable=1, reliable_keeps=0.9, unreliable_keeps=0.4, unreliable_effect=effect)
    with_trust, without = ran(load("baseline", *known), 100, 600), ran(load("baseline"), 100, 600)
    assert (without["deal"] > 0).sum() > 30
    for name, values in without.items():
        if name not in ("past", "fought_days"):
            np.testing.assert_array_equal(with_trust[name], values, err_msg=name)


def test_unreliable_sides_without_effect_change_nothing_but_what_is_kept(load: Callable[..., Scenario[Any]]) -> None:
    kinds = of_both(reliable=0.5, reliable_keeps=0.9, unreliable_keeps=0.4, unreliable_effect=0)
    one, other = ran(load("baseline", *kinds), 100, 600), ran(load("baseline"), 100, 600)
    assert set(one["reliable"].ravel()) == {0, 1}
    for name in ("deal_package", "deal_day", "first_ceasefire_days", "value_of_fighting", "held_area"):
        np.testing.assert_allclose(one[name], other[name], rtol=1e-12, err_msg=name)


def test_equal_kinds_leave_trust_as_it_was(run: Ran) -> None:
    alike = (*of_both(reliable=0.4, reliable_keeps=0.6, unreliable_keeps=0.6), *MANY_TRUCES)
    end = run(*alike)
    assert end["truces_broken"].sum() > 100
    assert end["phases_broken"].sum() > 100
    np.testing.assert_allclose(end["trust"], 0.4, rtol=1e-9)


# What rests


@pytest.mark.parametrize("stops", [0.4, 1.0])
def test_the_fighting_rests_in_a_limited_truce(load: Callable[..., Scenario[Any]], stops: float) -> None:
    """Against the same history without: losses, fire and ground of the days after the first review."""
    word = of_both(reliable=1, reliable_keeps=1, unreliable_keeps=0)
    often = f"trust.truces={{calm: {{per_year: 100, days: 28, stops: {stops}}}}}"
    looked = (14, 15, 28)
    ends = [
        ran(load("baseline", *word, one, "negotiation.talks.open_per_year=0"), 60, 28, looked)
        for one in (often, often.replace("100", "0"))
    ]
    truce, usual = (end["past"][15] for end in ends)
    on = truce["truce_until"][0] > 0
    assert on.mean() > 0.9
    np.testing.assert_array_equal(truce["fighting"], np.where(on, 1 - stops, 1))
    for field in ("casualties", "fire"):
        np.testing.assert_allclose(truce[field][:, on], (1 - stops) * usual[field][:, on], rtol=1e-9, err_msg=field)
        np.testing.assert_array_equal(truce[field][:, ~on], usual[field][:, ~on])
    np.testing.assert_allclose(truce["advance"][on], (1 - stops) * usual["advance"][on], rtol=1e-9)
    # Both make up for what they see less of: the front is not believed to stand still because a truce is kept.
    seen, usually = (end["past"][28]["believed_drift"][:, on] for end in ends)
    assert np.abs(seen - usually).mean() < 0.3 * np.abs(usually).mean()
    # Nor does a force seem to grow because its losses rest.
    before, after = (ends[0]["past"][day]["force_trend"][:, on] for day in (15, 28))
    np.testing.assert_array_equal(before, after)


def test_a_truce_that_a_side_breaks_is_over_half_way(load: Callable[..., Scenario[Any]]) -> None:
    broken = of_both(reliable=0.5, reliable_keeps=0, unreliable_keeps=0)
    truce = "trust.truces={calm: {per_year: 100, days: 8, stops: 1}}"
    end = ran(load("baseline", *broken, truce), 50, 30, (14, 17, 18))
    began = end["past"][14]["truces_begun"][0] > 0
    assert began.mean() > 0.9
    # Days 14 to 17 are the first half of it.
    for day, fighting in ((14, 0), (17, 0), (18, 1)):
        np.testing.assert_array_equal(end["past"][day]["fighting"], np.where(began, fighting, 1))
    np.testing.assert_array_equal(end["past"][18]["truces_broken"], np.stack([began, began]))
    assert (end["past"][18]["truces_kept"] == 0).all()


# First phases


def test_nothing_is_signed_but_what_both_have_kept(load: Callable[..., Scenario[Any]]) -> None:
    scenario = load("phases", *SHARP)
    setting = Setting(scenario.world.start_date, 900, SEED, np.arange(150), landmarks=(900,), watched=range(150))
    world, _ = simulate(scenario, setting)
    signed = 0
    for history in range(150):
        told = [event for event in world.recorder.events if event.replication == history]
        begun = [event.day for event in told if event.kind == "first phase begins"]
        for event in told:
            if event.kind == "deal signed":
                signed += 1
                same_day = {other.kind for other in told if other.day == event.day}
                assert "first phase kept" in same_day
                assert event.day - max(day for day in begun if day < event.day) == 42
    assert signed > 10
    talks = world.fields.see("talks")
    assert ((talks == IN_A_PHASE) <= (world.fields.see("phases_begun") > 0)).all()


def test_who_would_gain_by_fighting_on_withdraws_after_a_phase(load: Callable[..., Scenario[Any]]) -> None:
    faithful = of_both(reliable=1, reliable_keeps=1, unreliable_keeps=0)
    scenario = load("phases", *faithful, "negotiation.talks.withdrawal_price=0", "trust.first_phase.days=120")
    setting = Setting(scenario.world.start_date, 900, SEED, np.arange(200), landmarks=(900,), watched=range(200))
    world, _ = simulate(scenario, setting)
    kinds = [event.kind for event in world.recorder.events]
    kept, withdrawn = kinds.count("first phase kept"), len({
        (event.replication, event.day) for event in world.recorder.events if event.kind == "deal withdrawn"
    })  # fmt: skip
    assert "first phase broken" not in kinds
    assert 0 < withdrawn < kept == withdrawn + kinds.count("deal signed")


# Signs, on the same luck


@pytest.mark.ensembles
def test_with_a_first_phase_deals_come_later_and_those_signed_last_longer(load: Callable[..., Scenario[Any]]) -> None:
    """They are fewer, and more often of two reliable sides; over all that is not known, so in many histories."""
    apart = (*of_both(reliable=0.5, reliable_keeps=0.95, unreliable_keeps=0.1, unreliable_effect=2), *NO_TRUCES)
    at_once, tried = (ran(load("phases", *apart, *phase), 3 * N) for phase in (NO_PHASE, ()))
    day, deals = paired(at_once["day"], tried["day"]), paired(at_once["deal"], tried["deal"])
    lasts = [share(end["lasts"]) for end in (at_once, tried)]
    kinds = [end["reliable"].all(axis=0)[end["deal"] > 0].mean() for end in (at_once, tried)]
    print(f"first phase: day of the deal {day}, deals {deals}, last a year {lasts}, both reliable {np.round(kinds, 3)}")
    assert surely(day, 1)
    assert surely(deals, -1)
    assert lasts[1][0] - lasts[0][0] > 2 * np.hypot(lasts[0][1], lasts[1][1])
    assert kinds[1] > kinds[0] + 0.2


@pytest.mark.ensembles
@pytest.mark.parametrize("phase", [(), NO_PHASE], ids=["first phase", "at once"])
def test_more_trust_at_the_start_more_deals(run: Ran, phase: tuple[str, ...]) -> None:
    ends = [run(*SHARP, *of_both(reliable=prior), *NO_TRUCES, *phase) for prior in (0.1, 0.5, 0.9)]
    steps = [paired(one["deal"], other["deal"]) for one, other in itertools.pairwise(ends)]
    print(f"trust .1, .5, .9: deals {[round(end['deal'].mean(), 3) for end in ends]}, {', '.join(map(str, steps))}")
    assert all(surely(step, 1) for step in steps)


@pytest.mark.ensembles
def test_limited_truces_that_are_kept_bring_deals(run: Ran) -> None:
    """Between reliable sides that did not know it of each other; where a side breaks them, there are fewer deals."""
    without, truces = run(*SHARP, *NO_TRUCES, *NO_PHASE), run(*SHARP, *MANY_TRUCES, *NO_PHASE)
    both_kinds = truces["reliable"].sum(axis=0)
    differ = [paired(without["deal"][both_kinds == k], truces["deal"][both_kinds == k]) for k in (2, 0)]
    trust = [truces["trust"][:, both_kinds == k].mean() for k in (2, 0)]
    print(f"truces: deals of two who are reliable {differ[0]}, of two who are not {differ[1]}, trust {np.round(trust, 2)}")
    assert surely(differ[0], 1)
    assert surely(differ[1], -1)
    assert trust[0] > 0.9 > 0.1 > trust[1]


@pytest.mark.ensembles
@pytest.mark.parametrize("name", ["baseline", "phases"])
def test_an_ultimatum_brings_deals_sooner_and_shortens_them(run: Ran, name: str) -> None:
    """Beardsley 2008: pressure of mediators."""
    usual = ("negotiation.mediation.hazard_per_year=3", "negotiation.mediation.pressure=0")
    pressed = (usual[0], "negotiation.mediation.pressure=0.1")
    out = NO_PHASE if name == "phases" else ()
    before, after = run(*usual, *out, name=name), run(*pressed, *out, name=name)
    day, deals, lasts = (paired(before[what], after[what]) for what in ("day", "soon", "lasts"))
    print(f"ultimatum, {name}: day of the deal {day}, deals within a year {deals}, last a year {lasts}")
    assert surely(day, -1)
    assert surely(deals, 1)
    assert surely(lasts, -1)


@pytest.mark.ensembles
def test_who_trusts_is_right_as_often_as_it_believes(run: Ran) -> None:
    """In fifths of trust at the horizon; exactly so only where kinds decide nothing but what is kept."""
    priors = of_both(reliable_keeps=0.9, unreliable_keeps=0.5, unreliable_effect=0)
    wide = tuple(f"trust.{side}.reliable={{dist: uniform, low: 0, high: 1}}" for side in SIDES)
    end = run(*wide, *priors, "trust.truces.energy.per_year=2", "trust.truces.energy.days=28")
    trust, reliable = end["trust"].ravel(), end["reliable"].ravel()
    for low in (0, 0.2, 0.4, 0.6, 0.8):
        mine = (trust >= low) & (trust < low + 0.2 + 1e-9 * (low > 0.7))
        believed, found, count = trust[mine].mean(), reliable[mine].mean(), int(mine.sum())
        error = np.sqrt((trust[mine] * (1 - trust[mine])).sum()) / count
        print(f"trust {low:.1f}..{low + 0.2:.1f}: believed {believed:.3f}, found {found:.3f}, error {error:.3f}, {count}")
        assert count > 50
        assert abs(found - believed) < 3 * error


@pytest.mark.ensembles
def test_both_sides_expect_a_deal_to_last_as_long_as_it_does_with_the_kinds_there_are(run: Ran) -> None:
    """The hazard of ceasefires of unreliable sides is that of others, times their effect."""
    end = run(*of_both(reliable=0.5, unreliable_effect=1), *NO_TRUCES, *NO_PHASE)
    unreliable, first = 2 - end["reliable"].sum(axis=0), end["ceasefires"] > 0
    stands = [share(np.where(first & (unreliable == k), end["first_ceasefire_days"] >= 30, np.nan)) for k in (0, 1, 2)]
    print(f"stand 30 days with 0, 1, 2 unreliable sides: {stands}")
    assert stands[0][0] > stands[1][0] > stands[2][0]


# What is told, and what is refused


def test_an_unreliable_side_is_a_cause_only_where_there_is_trust(load: Callable[..., Scenario[Any]]) -> None:
    from sim.model import outcomes_of

    for name, there in (("baseline", False), ("phases", True)):
        causes = next(one for one, _ in outcomes_of(load(name)) if one.name == "collapse_cause").values
        assert causes is not None
        assert ("unreliable" in causes) == there
    assert Names(load("phases")).state("possible:first_phase") == (
        "Possible, but what both sides agree to is tried in a first phase"
    )


def test_what_each_side_makes_of_the_other_is_told(load: Callable[..., Scenario[Any]]) -> None:
    from sim.ensemble.run import Plan, run_batch
    from sim.results.history import reviews
    from sim.words.history import account, chronicle_table

    often = "trust.truces.energy.per_year=12"
    for name, settings, told in (("baseline", (), False), ("phases", (often,), True)):
        ensemble = run_batch(load(name, *settings), Plan(3, SEED, 300, watched=(2,)), np.arange(3))
        event = reviews(ensemble, 2)[-1]
        (table,) = (block for block in account(ensemble, 2, event) if hasattr(block, "rows"))
        found = [row[1:] for row in table.rows if "keep its word" in row[0]]
        assert bool(found) == told
        if found:
            in_enemy = [format(event.values[f"trust_{side}"], ".2f") for side in SIDES]
            assert found == [in_enemy]
            story = " ".join(str(row) for row in chronicle_table(ensemble, 2, ()).rows)
            assert "A limited truce begins: no strikes on energy, for 90 days." in story


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        (
            "phases",
            ("trust.attacker.unreliable_keeps=0.95",),
            "unreliable_keeps of the attacker can be above its reliable_keeps",
        ),
        ("history/iwo_jima", of_both(reliable=1, reliable_keeps=1, unreliable_keeps=0), "nothing is negotiated about"),
        ("phases", ("trust.truces.energy.stops=2",), "stops"),
    ],
)
def test_what_is_refused(load: Callable[..., Scenario[Any]], name: str, settings: tuple[str, ...], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        load(name, *settings)


def test_trust_that_comes_to_nothing_is_said(load: Callable[..., Scenario[Any]]) -> None:
    never, nothing = "trust is never learned: there are no truces", "trust changes nothing: unreliable_effect is 0"
    bare = ("trust.truces={}", "trust.first_phase=null")
    void = (*bare, "trust.attacker.unreliable_effect=0", "trust.defender.unreliable_effect=0")
    for settings, said in (((), []), (bare, [never]), (void, [never, nothing])):
        found = [line for line in notes(load("phases", *settings), 730) if line.startswith("trust")]
        assert [line.partition(",")[0] for line in found] == [one.partition(",")[0] for one in said]
