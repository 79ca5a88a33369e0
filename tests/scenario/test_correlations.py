"""Correlated quantities: the rank correlation asked for, everything else as it was, and what is said about mistakes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.engine.draws import Draws
from sim.model.parameters import Drawn
from sim.scenario import Correlation, Quantity, ScenarioHead, correlated, followers, ties

N = 20_000
UNCERTAIN = "killed_per_day: {dist: lognormal, median: 30_000, log_sd: 0.2}"
AID, DELAY, LOSSES = (
    "arms.backers.united_states.aid_per_month_beur",
    "arms.backers.europe.delay_days",
    "losses.killed_per_day",
)

SHAPES: dict[str, dict[str, Any]] = {
    "normal": {"dist": "normal", "mean": 3, "sd": 2},
    "triangular": {"dist": "triangular", "low": 1, "mode": 2, "high": 9},
    "lognormal": {"dist": "lognormal", "median": 100, "log_sd": 0.8},
    "truncated": {"dist": "normal", "mean": 0, "sd": 1, "min": 0.5, "max": 3},
    "gamma": {"dist": "gamma", "mean": 3, "sd": 3},
    "mixture": {"dist": "discrete", "values": [5, 1, 2, 3, 8, 4, 9, 7], "weights": [0.2, 0.1, 0.1, 0.2, 0.1, 0.1, 0.1, 0.1]},
}
PAIRS = [("normal", "triangular"), ("lognormal", "normal"), ("triangular", "lognormal"), ("truncated", "gamma")]


def pair(one: str, other: str, rank: float, name: str = "") -> Correlation:
    return Correlation.model_validate({"id": name or f"{one}_{other}", "between": [one, other], "rank": rank})


def luck(names: Sequence[str], n: int = N, seed: int = 7) -> dict[str, np.ndarray]:
    draws = Draws(seed, np.arange(n, dtype=np.int64))
    return {name: draws.uniform(name).at(0).copy() for name in names}


def ranks(one: np.ndarray, other: np.ndarray) -> float:
    return float(stats.spearmanr(one, other).statistic)


@pytest.mark.parametrize("rank", [-0.99, -0.5, 0.3, 0.6, 0.95])
@pytest.mark.parametrize(("one", "other"), [*PAIRS, ("mixture", "normal")])
def test_the_rank_correlation_is_the_one_asked_for(one: str, other: str, rank: float) -> None:
    quantities = {name: Quantity.parse(SHAPES[name]) for name in (one, other)}
    bent = correlated(luck([one, other]), [pair(one, other, rank)])
    values = {name: quantity.quantile(bent[name]) for name, quantity in quantities.items()}
    assert ranks(values[one], values[other]) == pytest.approx(rank, abs=0.02)


def test_ties_weaken_the_correlation_of_the_values_but_not_that_of_the_luck() -> None:
    coin = Quantity.parse({"dist": "discrete", "values": [0, 1], "weights": [0.5, 0.5]})
    bent = correlated(luck(["a", "b"]), [pair("a", "b", 0.6)])
    assert ranks(bent["a"], bent["b"]) == pytest.approx(0.6, abs=0.02)
    assert ranks(bent["a"], coin.quantile(bent["b"])) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("rank", [-0.99, 0.6, 0.99])
def test_every_quantity_keeps_its_own_distribution(rank: float) -> None:
    bent = correlated(luck(["a", "b"]), [pair("a", "b", rank)])
    assert stats.kstest(bent["b"], "uniform").pvalue > 0.01
    values = Quantity.parse(SHAPES["lognormal"]).quantile(bent["b"])
    assert stats.kstest(values, stats.lognorm(0.8, 0, 100).cdf).pvalue > 0.01


def test_the_first_and_the_uncorrelated_keep_their_luck_bit_for_bit() -> None:
    own = luck(["x", "a", "b", "c", "d"], 500)
    kept = {name: values.copy() for name, values in own.items()}
    bent = correlated(own, [pair("c", "a", 0.5), pair("d", "b", 0.0)])
    assert list(bent) == list(own)
    assert all(bent[name].tolist() == own[name].tolist() for name in "xcdb")
    assert not np.allclose(bent["a"], own["a"])
    assert all(own[name].tolist() == kept[name].tolist() for name in own)  # nothing is changed in place
    nothing = correlated(own, [])
    assert all(nothing[name] is own[name] for name in own)


def test_a_rank_of_nothing_changes_nothing_and_a_small_one_little() -> None:
    own = luck(["a", "b"], 500)
    assert correlated(own, [pair("a", "b", 0)])["b"].tolist() == own["b"].tolist()
    np.testing.assert_allclose(correlated(own, [pair("a", "b", 1e-15)])["b"], own["b"], atol=1e-13)


def test_three_that_belong_together() -> None:
    asked = {("a", "b"): 0.7, ("b", "c"): -0.4, ("a", "c"): -0.6}
    bent = correlated(luck("abcd"), [pair(*names, rank) for names, rank in asked.items()])
    for (one, other), rank in asked.items():
        assert ranks(bent[one], bent[other]) == pytest.approx(rank, abs=0.02)
        assert abs(ranks(bent[one], bent["d"])) < 0.02
    assert all(stats.kstest(bent[name], "uniform").pvalue > 0.01 for name in "abc")


def test_pairs_not_named_are_not_correlated() -> None:
    bent = correlated(luck("abc"), [pair("a", "b", 0.6), pair("b", "c", 0.6)])
    assert ranks(bent["a"], bent["b"]) == pytest.approx(0.6, abs=0.02)
    assert ranks(bent["b"], bent["c"]) == pytest.approx(0.6, abs=0.02)
    assert abs(ranks(bent["a"], bent["c"])) < 0.02


def test_the_order_is_that_of_the_list_whatever_the_order_of_the_scenario() -> None:
    own = luck("abc", 300)
    turned = {name: own[name] for name in "cab"}
    chain = [pair("b", "c", 0.6), pair("a", "c", -0.3)]
    one, other = correlated(own, chain), correlated(turned, chain)
    assert all(one[name].tolist() == other[name].tolist() for name in own)
    # A quantity that has become certain takes its correlations with it, and the others keep their order.
    less = correlated({name: own[name] for name in "ac"}, [pair("b", "c", 0.6), pair("a", "b", 0.2), pair("a", "c", -0.3)])
    assert less["c"].tolist() == own["c"].tolist()
    assert less["a"].tolist() == correlated({name: own[name] for name in "ac"}, [pair("c", "a", -0.3)])["a"].tolist()


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(2.0**-53, 1 - 2.0**-53), min_size=3, max_size=60), st.floats(-0.99, 0.99), st.randoms())
def test_a_replication_does_not_see_its_neighbours(us: list[float], rank: float, chance: Any) -> None:
    names, n = "abc", len(us) // 3
    own = {name: np.array(us[i * n : (i + 1) * n]) for i, name in enumerate(names)}
    triple = [pair("a", "b", rank), pair("b", "c", -rank / 2), pair("a", "c", -(rank**2) / 2)]
    whole = correlated(own, triple)
    for i in range(n):
        alone = correlated({name: values[i : i + 1] for name, values in own.items()}, triple)
        assert all(alone[name][0] == whole[name][i] for name in names)
    order = list(range(n))
    chance.shuffle(order)
    for turn in (order, slice(None, None, -1), slice(None, None, 2)):
        turned = correlated({name: values[turn] for name, values in own.items()}, triple)
        assert all(turned[name].tolist() == whole[name][turn].tolist() for name in names)
    assert all(((values > 0) & (values < 1)).all() for values in whole.values())


@pytest.mark.parametrize(("rank", "turned"), [(1, False), (-1, True)])
def test_what_is_tied_has_one_luck_to_the_last_bit(rank: float, turned: bool) -> None:
    own = luck("ab", 2_000)
    bent = correlated(own, [pair("a", "b", rank)])
    assert bent["a"].tolist() == own["a"].tolist()
    assert bent["b"].tolist() == (1.0 - own["a"] if turned else own["a"]).tolist()
    values = Quantity.parse(SHAPES["triangular"]).quantile(bent["b"])
    assert ranks(own["a"], values) == pytest.approx(rank, abs=1e-12)


def the_third_follows(signs: list[int], rank: float, chance: Any) -> None:
    chain = [pair(f"a{place}", f"a{place + 1}", sign) for place, sign in enumerate(signs)]
    names = [f"a{place}" for place in range(len(signs) + 1)]
    chance.shuffle(chain)
    own = luck([*names, "z"], 200)
    with_one = [*chain, pair(chance.choice(names), "z", rank)]
    chance.shuffle(with_one)
    bent, tied = correlated(own, with_one), ties(with_one)
    leader = tied["a0"].leader
    assert leader == next(name for one in with_one for name in one.between if name != "z")
    for place, sign in enumerate(signs):
        here, there = bent[f"a{place}"], bent[f"a{place + 1}"]
        np.testing.assert_allclose(there, here if sign > 0 else 1 - here, rtol=0, atol=1e-15)
    # The same as if the leader alone were there.
    (one,) = (item for item in with_one if "z" in item.between)
    other = next(name for name in one.between if name != "z")
    between = (leader, "z") if list(tied).index(leader) < list(tied).index("z") else ("z", leader)
    alone = correlated({name: own[name] for name in (leader, "z")}, [pair(*between, rank * tied[other].sign)])
    assert bent["z"].tolist() == alone["z"].tolist()
    assert bent[leader].tolist() == alone[leader].tolist()


CHAINS = given(st.lists(st.sampled_from([1, -1]), min_size=1, max_size=5), st.floats(-0.9, 0.9), st.randoms())


@settings(deadline=None, max_examples=25)
@CHAINS
def test_a_third_is_correlated_with_all_that_is_tied(signs: list[int], rank: float, chance: Any) -> None:
    the_third_follows(signs, rank, chance)


@pytest.mark.long
@settings(deadline=None, max_examples=2_000)
@CHAINS
def test_a_third_is_correlated_with_all_that_is_tied_in_2000_chains(signs: list[int], rank: float, chance: Any) -> None:
    the_third_follows(signs, rank, chance)


def test_what_is_tied_follows_the_first_that_is_drawn() -> None:
    chain = [pair("a", "b", -1), pair("c", "a", 1), pair("c", "z", 0.5), pair("y", "x", 1)]
    found = followers("zyxcb", chain)
    # Without a, b leads: c is drawn with the opposite luck.
    assert found == {"c": ("b", -1.0), "x": ("y", 1.0)}
    assert followers("az", chain) == {}
    assert followers("abc", []) == {}


def drawn(world: ScenarioHead, numbers: Sequence[int]) -> Mapping[str, np.ndarray]:

    return Drawn(world, Draws(3, np.array(numbers, dtype=np.int64)), world.correlations).values


def text(fine: str, *items: str) -> str:
    return fine.replace("killed_per_day: 30_000", UNCERTAIN).replace(
        "delay_days: 60", "delay_days: {dist: gamma, mean: 60, sd: 20, max: 400}"
    ) + "".join(["correlations:\n", *(f"  - {item}\n" for item in items)])


FINE_PAIR = f"{{id: p, between: [{AID}, {LOSSES}], rank: 0.6, assumption: true}}"


def test_parameters_are_drawn_together(fine: str, load: Any) -> None:
    world = load(text(fine, FINE_PAIR)).world
    free = load(text(fine, FINE_PAIR), ["correlations=[]"]).world
    bent, own = drawn(world, range(N)), drawn(free, range(N))
    assert ranks(bent[AID], bent[LOSSES]) == pytest.approx(0.6, abs=0.02)
    assert abs(ranks(own[AID], own[LOSSES])) < 0.02
    assert list(bent) == list(own)
    assert [name for name in own if bent[name].tolist() != own[name].tolist()] == [LOSSES]
    numbers = np.random.default_rng(1).permutation(300)
    assert drawn(world, numbers)[LOSSES].tolist() == bent[LOSSES][numbers].tolist()
    assert [drawn(world, [number])[LOSSES][0] for number in range(200, 230)] == bent[LOSSES][200:230].tolist()


def test_a_variant_may_make_a_quantity_certain(fine: str, load: Any) -> None:
    for path in (AID, LOSSES):
        world = load(text(fine, FINE_PAIR), [f"{path}=3"]).world
        free = load(text(fine), [f"{path}=3", "correlations=[]"]).world
        bent, own = drawn(world, range(50)), drawn(free, range(50))
        assert all(bent[name].tolist() == own[name].tolist() for name in own)


def test_what_is_tied_to_a_certain_quantity_is_drawn_as_before(fine: str, load: Any) -> None:
    tie = f"{{id: t, between: [{AID}, {DELAY}], rank: -1, assumption: true}}"
    written = text(fine, tie, f"{{id: p, between: [{LOSSES}, {AID}], rank: 0.6, assumption: true}}")
    whole = drawn(load(written).world, range(50))
    for path in (AID, DELAY):
        less = drawn(load(written, [f"{path}=60"]).world, range(50))
        assert all(less[name].tolist() == whole[name].tolist() for name in whole if name != path)
    # Where nothing that is tied is drawn, there is nothing left to correlate with.
    neither = drawn(load(written, [f"{AID}=3", f"{DELAY}=60"]).world, range(50))
    free = drawn(load(written, ["correlations=[]"]).world, range(50))
    assert neither[LOSSES].tolist() == free[LOSSES].tolist()


def test_where_a_correlation_comes_from(fine: str, load: Any) -> None:
    def only(item: str) -> Correlation:
        (one,) = load(text(fine, item)).world.correlations
        return one

    one = only(FINE_PAIR.replace("assumption: true", "source: kiel-2024, note: hm"))
    assert (one.source, one.note, one.assumption) == ("kiel-2024", "hm", False)
    assert (one.rank.value, one.rank.sources, one.rank.note, one.rank.assumption) == (0.6, ("kiel-2024",), "hm", False)
    one = only(FINE_PAIR.replace("assumption: true", "source: [kiel-2024]"))
    assert (one.source, one.rank.sources) == (("kiel-2024",), ("kiel-2024",))
    one = only(FINE_PAIR.replace("rank: 0.6", "rank: {value: -0.2, source: kiel-2024}"))
    assert (one.rank.value, one.rank.sources, one.rank.assumption) == (-0.2, ("kiel-2024",), False)
    assert only(FINE_PAIR).rank.assumption
    assert load(text(fine, FINE_PAIR), ["correlations.p.rank=0.1"]).world.correlations[0].rank.value == 0.1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            LOSSES,
            "losses.kiled_per_day",
            "19:70: error: there is no quantity 'losses.kiled_per_day'. Did you mean 'losses.killed_per_day'?",
        ),
        (
            LOSSES,
            "title",
            f"19:70: error: there is no quantity 'title'. Possible: {AID}, arms.backers.united_states.delay_days, "
            f"arms.backers.europe.aid_per_month_beur, {DELAY}, losses.killed_share, {LOSSES}",
        ),
        (
            LOSSES,
            "losses.stages",
            "19:70: error: 'losses.stages' cannot be drawn, so nothing correlates with it. Name an uncertain quantity",
        ),
        (
            LOSSES,
            "horizon_months",
            "19:70: error: 'horizon_months' cannot be drawn, so nothing correlates with it. Name an uncertain quantity",
        ),
        (LOSSES, AID, f"19:70: error: '{AID}' stands on both sides of between. Name two quantities"),
        (LOSSES, "5", "19:70: error: between[1] must be text, not 5. Put it in quotes"),
        (f", {LOSSES}", "", "19:13: error: between must name two quantities, not 1. Write it as in [path, path]"),
        (LOSSES, "a, b", "19:13: error: between must name two quantities, not 3. Write it as in [path, path]"),
        (f"[{AID}, {LOSSES}]", "a", "19:13: error: between must be a list, not the text 'a'"),
        ("0.6", "1.1", "19:94: error: rank must lie between -1 and 1, not 1.1"),
        (
            "0.6",
            "-0.995",
            "19:94: error: rank must lie between -0.99 and 0.99, or be 1 or -1, not -0.995. Write 1 for the same luck",
        ),
        (
            "0.6",
            "{dist: uniform, low: 0, high: 0.5}",
            "19:94: error: rank must be a fixed number, not uniform(low 0, high 0.5). Write one number; "
            "this field cannot be drawn",
        ),
        (", rank: 0.6", "", "19:5: error: missing field 'rank' in correlations[p]. "),
        ("id: p, ", "", "19:5: error: missing field 'id' in correlations[0]"),
        ("assumption: true", "assumption: false", "19:105: error: assumption must be true, not false. Leave it out"),
        ("assumption: true", "note: 5", "19:105: error: note must be text, not 5. Put it in quotes"),
        (
            "assumption: true",
            "source: []",
            "19:105: error: source must be a key of 'sources' or a list of keys. Write source: key",
        ),
        (
            "assumption: true",
            "source: kiel-2023",
            "19:105: error: unknown source 'kiel-2023'. Did you mean 'kiel-2024'?",
        ),
        ("assumption: true", "source: [kiel-2024, x]", "19:125: error: unknown source 'x'. Possible: kiel-2024"),
        ("0.6", "{value: 0.6, source: x}", "19:113: error: unknown source 'x'. Possible: kiel-2024"),
        ("rank", "rnk", "19:94: error: unknown field 'rnk' in correlations[p]. Did you mean 'rank'?"),
    ],
)
def test_one_mistake_one_line(fine: str, lines: Any, old: str, new: str, said: str) -> None:
    assert FINE_PAIR.count(old) == 1
    (line,) = lines(text(fine, FINE_PAIR.replace(old, new)))
    assert line.startswith(f"s.yaml:{said}")


def test_each_pair_stands_once(fine: str, lines: Any) -> None:
    again = f"{{id: q, between: [{LOSSES}, {AID}], rank: 0.1, assumption: true}}"
    assert lines(text(fine, FINE_PAIR, again)) == [
        f"s.yaml:20:13: error: {LOSSES} and {AID} are correlated by 'p' already. Keep one of them"
    ]
    assert lines(text(fine, FINE_PAIR, FINE_PAIR)) == [
        "s.yaml:20:6: error: id 'p' stands in this list already. Every id is unique"
    ]


def test_correlations_that_contradict_one_another(fine: str, lines: Any, load: Any) -> None:
    def items(rank: float) -> list[str]:
        pairs = {"x": (AID, LOSSES, 0.9), "y": (LOSSES, DELAY, 0.9), "z": (DELAY, AID, rank)}
        return [f"{{id: {name}, between: [{a}, {b}], rank: {r}}}" for name, (a, b, r) in pairs.items()]

    other = f"{{id: w, between: [{AID}, losses.killed_share], rank: 0.1}}"
    share = ("{value: 0.3, source: [kiel-2024], note: a note}", "{dist: beta, a: 3, b: 7}")
    assert lines(text(fine, *items(-0.9), other)) == [
        "s.yaml:18:1: error: these correlations contradict one another: x, y, z. Bring their ranks nearer to 0"
    ]
    # What is said does not depend on a quantity further on that has nothing to do with it.
    assert lines(text(fine.replace(*share), *items(-0.9), other)) == [
        "s.yaml:18:1: error: these correlations contradict one another: x, y, z. Bring their ranks nearer to 0"
    ]
    assert len(load(text(fine, *items(0.9), other)).world.correlations) == 4


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"x": (AID, LOSSES, 1), "y": (LOSSES, DELAY, 1), "z": (DELAY, AID, -1)}, "x, y, z"),
        ({"x": (AID, LOSSES, 1), "y": (LOSSES, DELAY, -1), "z": (DELAY, AID, 0)}, "x, y, z"),
        ({"x": (AID, LOSSES, 0.5), "y": (LOSSES, DELAY, 1), "z": (DELAY, AID, 0.4)}, "x, y, z"),
        ({"x": (AID, LOSSES, 0.5), "y": (LOSSES, DELAY, -1), "z": (DELAY, AID, 0.5)}, "x, y, z"),
        ({"x": (AID, LOSSES, 1), "y": (LOSSES, DELAY, 1), "z": (DELAY, AID, 1)}, ""),
        ({"x": (AID, LOSSES, 0.5), "y": (LOSSES, DELAY, -1), "z": (DELAY, AID, -0.5)}, ""),
    ],
)
def test_one_luck_cannot_have_two_ranks(fine: str, lines: Any, load: Any, asked: Any, named: str) -> None:
    items = [f"{{id: {name}, between: [{a}, {b}], rank: {r}}}" for name, (a, b, r) in asked.items()]
    if not named:
        assert len(load(text(fine, *items)).world.correlations) == 3
        return
    assert lines(text(fine, *items)) == [
        f"s.yaml:18:1: error: these correlations contradict one another: {named}. What a rank of 1 or -1 ties has one luck, "
        "and with others the same rank (turned by -1)"
    ]
    with pytest.raises(ValueError, match="correlations x, y, z contradict one another"):
        correlated(luck([AID, LOSSES, DELAY], 3), [pair(a, b, r, name) for name, (a, b, r) in asked.items()])


def test_contradictions_are_found_without_a_scenario_too() -> None:
    with pytest.raises(ValueError, match="correlations of a, b, c contradict one another"):
        correlated(luck("abc", 3), [pair("a", "b", 0.9), pair("b", "c", 0.9), pair("c", "a", -0.9)])


def test_the_largest_ranks_allowed_fit_together() -> None:
    chain = [pair("a", "b", 0.99), pair("b", "c", 0.99), pair("a", "c", 0.99)]
    bent = correlated(luck("abc"), chain)
    assert ranks(bent["b"], bent["c"]) == pytest.approx(0.99, abs=0.02)
    assert all(math.isfinite(values.sum()) for values in bent.values())
