"""Distributions: moments and tails against scipy's, wrong forms, and the edges of what a float holds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.scenario import FieldError, Quantity
from sim.scenario.distributions import Distribution
from sim.scenario.families import FAMILIES

U = np.concatenate([[1e-12, 1e-6], np.linspace(0.001, 0.999, 997), [1 - 1e-6, 1 - 1e-12]])
# The lowest and the highest luck that is drawn, and the lowest number above 0.
EDGES = np.array([5e-324, 1e-300, 2.0**-53, 0.5, 1 - 2.0**-53])
DICE = {"dist": "discrete", "values": [5, 1, 3], "weights": [0.2, 0.5, 0.3]}


def parse(raw: dict[str, Any]) -> Quantity:
    return Quantity.parse(raw)


def integral(quantity: Quantity, power: int = 1) -> float:
    """The mean of a power of a quantity: the integral of its quantiles, by the double exponential rule."""
    t = np.linspace(-3.0, 3.0, 1201)
    half = np.pi / 2 * np.sinh(t)
    u = 1.0 / (1.0 + np.exp(-2.0 * half))
    weights = (t[1] - t[0]) * np.pi / 4 * np.cosh(t) / np.cosh(half) ** 2
    keep = (u > 0.0) & (u < 1.0)
    return math.fsum(weights[keep] * quantity.quantile(u[keep]) ** power)


def law_of(raw: dict[str, Any]) -> Any:
    """The same distribution as scipy has it."""
    name = raw["dist"]
    if name == "uniform":
        return stats.uniform(raw["low"], raw["high"] - raw["low"])
    if name in ("triangular", "pert"):
        low, width = raw["low"], raw["high"] - raw["low"]
        peak = (raw["mode"] - low) / width
        return stats.triang(peak, low, width) if name == "triangular" else stats.beta(1 + 4 * peak, 5 - 4 * peak, low, width)
    if name == "normal":
        return stats.norm(raw["mean"], raw["sd"])
    if name == "lognormal" and "p05" in raw:
        return stats.lognorm(
            math.log(raw["p95"] / raw["p05"]) / 2 / stats.norm.ppf(0.95), 0, math.sqrt(raw["p05"] * raw["p95"])
        )
    if name == "lognormal":
        return stats.lognorm(raw["log_sd"], 0, raw["median"])
    if name == "beta":
        return stats.beta(raw["a"], raw["b"])
    if name == "gamma" and "mean" in raw:
        return stats.gamma((raw["mean"] / raw["sd"]) ** 2, 0, raw["sd"] ** 2 / raw["mean"])
    if name == "gamma":
        return stats.gamma(raw["shape"], 0, raw["scale"])
    return stats.expon(0, raw["mean"])


number, positive = st.floats(-1e4, 1e4), st.floats(1e-3, 1e4)
three = st.lists(number, min_size=3, max_size=3).map(sorted).filter(lambda v: v[2] - v[0] > 1e-2)
WRITTEN = st.one_of(
    three.map(lambda v: {"dist": "uniform", "low": v[0], "high": v[2]}),
    three.map(lambda v: {"dist": "triangular", "low": v[0], "mode": v[1], "high": v[2]}),
    three.map(lambda v: {"dist": "pert", "low": v[0], "mode": v[1], "high": v[2]}),
    st.tuples(number, positive).map(lambda v: {"dist": "normal", "mean": v[0], "sd": v[1]}),
    st.tuples(positive, st.floats(0.01, 1.2)).map(lambda v: {"dist": "lognormal", "median": v[0], "log_sd": v[1]}),
    st.tuples(positive, st.floats(1.01, 50)).map(lambda v: {"dist": "lognormal", "p05": v[0], "p95": v[0] * v[1]}),
    st.tuples(st.floats(0.3, 1e3), st.floats(0.3, 1e3)).map(lambda v: {"dist": "beta", "a": v[0], "b": v[1]}),
    st.tuples(positive, st.floats(0.01, 2)).map(lambda v: {"dist": "gamma", "mean": v[0], "sd": v[0] * v[1]}),
    st.tuples(st.floats(0.3, 1e4), positive).map(lambda v: {"dist": "gamma", "shape": v[0], "scale": v[1]}),
    positive.map(lambda v: {"dist": "exponential", "mean": v}),
)
WEIGHTS = st.lists(st.floats(0.01, 1), min_size=2, max_size=9).map(lambda v: [w / math.fsum(v) for w in v])
CHOICES = WEIGHTS.flatmap(
    lambda weights: st.lists(number, min_size=len(weights), max_size=len(weights), unique=True).map(
        lambda values: {"dist": "discrete", "values": values, "weights": weights}
    )
)


@settings(deadline=None)
@given(WRITTEN)
def test_quantiles_moments_and_tails_are_scipys(raw: dict[str, Any]) -> None:
    quantity, law = parse(raw), law_of(raw)
    scale = abs(float(law.mean())) + float(law.std())
    np.testing.assert_allclose(quantity.quantile(U), law.ppf(U), rtol=1e-7, atol=1e-9 * scale)
    assert integral(quantity) == pytest.approx(law.mean(), rel=1e-6, abs=1e-6 * scale)
    assert integral(quantity, 2) == pytest.approx(law.var() + law.mean() ** 2, rel=1e-5, abs=1e-5 * scale**2)
    for u in (0.05, 0.5, 0.95):
        at = float(quantity.quantile(np.array([u]))[0])
        assert law.cdf(at) == pytest.approx(u, abs=1e-7)
        assert quantity.distribution.below(at) == pytest.approx(u, abs=1e-7)
    if "p05" in raw:
        assert quantity.quantile(np.array([0.05, 0.95])) == pytest.approx([raw["p05"], raw["p95"]], rel=1e-12)


@settings(deadline=None)
@given(
    WRITTEN,
    st.just(0.0) | st.floats(0.01, 0.6),
    st.floats(0.65, 0.99) | st.just(1.0),
    st.lists(st.floats(2.0**-53, 1 - 2.0**-53), min_size=2),
)
def test_a_cut_is_respected(raw: dict[str, Any], start: float, end: float, us: list[float]) -> None:
    law = law_of(raw)
    bounds = {key: float(law.ppf(u)) for key, u in (("min", start), ("max", end)) if 0.0 < u < 1.0}
    quantity = parse(raw | bounds)
    low, high = bounds.get("min", -math.inf), bounds.get("max", math.inf)
    got = quantity.quantile(np.sort(np.array([*us, *EDGES])))
    assert np.isfinite(got).all()
    assert ((got >= low) & (got <= high)).all()
    assert (np.diff(got) >= -1e-12 * (abs(got).max() + np.ptp(got))).all()
    assert low <= quantity.central <= high
    start, end = float(law.cdf(low)), float(law.cdf(high))
    scale = abs(float(law.mean())) + float(law.std())
    np.testing.assert_allclose(
        quantity.quantile(U[2:-2]), law.ppf(start + U[2:-2] * (end - start)), rtol=1e-6, atol=1e-6 * scale
    )


@pytest.mark.parametrize(
    ("raw", "law", "central"),
    [
        ({"dist": "gamma", "mean": 3.4, "sd": 1.8}, stats.gamma((3.4 / 1.8) ** 2, scale=1.8**2 / 3.4), 3.4),
        ({"dist": "gamma", "shape": 0.5, "scale": 4}, stats.gamma(0.5, scale=4), 2.0),
        ({"dist": "exponential", "mean": 90}, stats.expon(scale=90), 90.0),
    ],
)
@pytest.mark.parametrize("cut", [{}, {"min": 1.2}, {"max": 4.1}, {"min": 1.2, "max": 4.1}])
def test_gamma_and_exponential(raw: dict[str, Any], law: Any, central: float, cut: dict[str, float]) -> None:
    quantity = parse(raw | cut)
    low, high = cut.get("min", 0.0), cut.get("max", math.inf)
    start, end = law.cdf(low), law.cdf(high)
    inner = U[1:-1]
    np.testing.assert_allclose(quantity.quantile(inner), law.ppf(start + inner * (end - start)), rtol=1e-7, atol=1e-9)
    assert quantity.central == pytest.approx(min(max(central, low), high), rel=1e-12)
    assert quantity.support == (low, high)
    assert not quantity.is_certain
    assert (quantity.distribution.below(-1.0), quantity.distribution.below(1e300)) == (0.0, 1.0)


def test_a_gamma_has_the_mean_and_spread_asked_for_however_narrow_or_wide() -> None:
    for ratio in (0.001, 0.01, 0.5, 1.0, 3.0, 10.0):
        gamma = parse({"dist": "gamma", "mean": 7.0, "sd": 7.0 * ratio}).distribution
        shape, scale = gamma.parameters
        assert gamma.central == pytest.approx(7.0, rel=1e-12)
        assert math.sqrt(shape) * scale == pytest.approx(7.0 * ratio, rel=1e-12)


def test_a_discrete_quantity() -> None:
    quantity = parse(DICE)
    assert quantity.quantile(np.array([0.01, 0.5, 0.500001, 0.8, 0.800001, 0.99])).tolist() == [1, 1, 3, 3, 5, 5]
    assert (quantity.central, quantity.support, quantity.is_certain) == (1.0, (1.0, 5.0), False)
    assert [quantity.distribution.below(x) for x in (0.9, 1, 2, 3, 4.9, 5, 6)] == [0, 0.5, 0.5, 0.8, 0.8, 1, 1]
    assert str(quantity.distribution) == "discrete(values [5, 1, 3], weights [0.2, 0.5, 0.3])"
    assert hash(quantity) == hash(parse(DICE))
    assert quantity == parse(DICE)


def test_the_order_of_a_discrete_quantitys_values_does_not_matter() -> None:
    turned = parse({"dist": "discrete", "values": [1, 3, 5], "weights": [0.5, 0.3, 0.2]})
    assert turned.quantile(U).tolist() == parse(DICE).quantile(U).tolist()


@settings(deadline=None)
@given(CHOICES)
def test_discrete_against_scipy(raw: dict[str, Any]) -> None:
    quantity = parse(raw)
    order = np.argsort(raw["values"])
    values, weights = np.array(raw["values"])[order], np.array(raw["weights"])[order]
    law = stats.rv_discrete(values=(np.arange(len(values)), weights / weights.sum()))
    away = U[np.abs(U[:, None] - np.cumsum(weights)).min(axis=1) > 1e-9]
    np.testing.assert_array_equal(quantity.quantile(away), values[law.ppf(away).astype(int)])
    assert (np.diff(quantity.quantile(U)) >= 0).all()
    assert set(quantity.quantile(EDGES)) <= set(values)
    assert quantity.central in values
    assert quantity.distribution.below(quantity.central) >= 0.5 - 1e-12
    n = 200_000
    even = (np.arange(n) + 0.5) / n
    mean = float(values @ weights)
    assert quantity.quantile(even).mean() == pytest.approx(mean, abs=np.ptp(values) * len(values) / n)


def test_weights_need_not_add_to_one_in_the_last_digits() -> None:
    thirds = parse({"dist": "discrete", "values": [1, 2, 3], "weights": [0.333333333, 0.333333333, 0.333333334]})
    assert thirds.central == 2
    short = parse({"dist": "discrete", "values": [1, 2], "weights": [0.5, 0.4999999995]})
    assert short.quantile(np.array([1 - 2.0**-53])).tolist() == [2]
    repeated = parse({"dist": "discrete", "values": [1, 2, 1], "weights": [0.3, 0.5, 0.2]})
    assert repeated.quantile(np.array([0.4999, 0.5001])).tolist() == [1, 2]


@settings(deadline=None)
@given(st.one_of(WRITTEN, CHOICES), st.lists(st.floats(1e-9, 1 - 1e-9), min_size=1, max_size=40), st.randoms())
def test_an_element_does_not_see_its_neighbours(raw: dict[str, Any], us: list[float], luck: Any) -> None:
    quantity = parse(raw)
    u = np.array(us * 3)
    whole = quantity.quantile(u)
    assert whole.tolist() == [quantity.quantile(u[i : i + 1])[0] for i in range(len(u))]
    order = list(range(len(u)))
    luck.shuffle(order)
    assert quantity.quantile(u[order]).tolist() == whole[order].tolist()
    assert quantity.quantile(u[::3]).tolist() == whole[::3].tolist()


EXTREMES: list[dict[str, Any]] = [
    {"dist": "uniform", "low": 1, "high": math.nextafter(1, 2)},
    {"dist": "uniform", "low": -1e100, "high": 1e100},
    {"dist": "triangular", "low": 1, "mode": 1, "high": math.nextafter(1, 2)},
    {"dist": "triangular", "low": -1e100, "mode": 1e99, "high": 1e100},
    {"dist": "triangular", "low": 0, "mode": 1e-100, "high": 2e-100},
    {"dist": "pert", "low": 0, "mode": 1e-100, "high": 2e-100},
    {"dist": "pert", "low": -1e100, "mode": -1e100, "high": 1e100},
    {"dist": "normal", "mean": 1e100, "sd": 1e-300},
    {"dist": "normal", "mean": 0, "sd": 1e100},
    {"dist": "lognormal", "median": 1e100, "log_sd": 25},
    {"dist": "lognormal", "median": 1e-300, "log_sd": 1e-300},
    {"dist": "lognormal", "p05": 1, "p95": math.nextafter(1, 2)},
    {"dist": "lognormal", "p05": 1e-30, "p95": 1e4},
    *({"dist": "beta", "a": a, "b": b} for a in (0.01, 1, 1.02, 5, 1e6) for b in (0.01, 0.02, 1, 1e6)),
    {"dist": "gamma", "shape": 0.01, "scale": 1e100},
    {"dist": "gamma", "shape": 1e6, "scale": 1e-300},
    {"dist": "gamma", "mean": 1e-90, "sd": 1e-89},
    {"dist": "gamma", "mean": 1, "sd": 0.001},
    {"dist": "exponential", "mean": 1e100},
    {"dist": "exponential", "mean": 1e-300},
    {"dist": "discrete", "values": [-1e100, 1e100], "weights": [1e-12, 1 - 1e-12]},
]


@pytest.mark.parametrize("raw", EXTREMES)
def test_extreme_parameters_give_finite_numbers_in_order(raw: dict[str, Any]) -> None:
    quantity = parse(raw)
    u = np.sort(np.concatenate([EDGES, U]))
    got = quantity.quantile(u)
    low, high = quantity.support
    assert np.isfinite(got).all()
    assert ((got >= low) & (got <= high)).all()
    assert (np.diff(got) >= -1e-12 * np.ptp(got)).all()
    assert got[0] < got[-1] or raw["dist"] in ("normal", "lognormal", "beta")  # which may be narrower than a digit
    assert math.isfinite(quantity.central)
    for x in (-math.inf, low, quantity.central, high, math.inf):
        assert 0.0 <= quantity.distribution.below(x) <= 1.0


def test_a_narrow_triangle_keeps_its_shape() -> None:
    wide = parse({"dist": "triangular", "low": 0, "mode": 1, "high": 4}).quantile(U)
    narrow = parse({"dist": "triangular", "low": 0, "mode": 1e-99, "high": 4e-99}).quantile(U)
    np.testing.assert_allclose(narrow, wide * 1e-99, rtol=1e-12)


def test_tails_close_together_or_far_apart() -> None:
    _, log_sd = parse({"dist": "lognormal", "p05": 1e6, "p95": 1e6 + 1e-6}).distribution.parameters
    assert log_sd == pytest.approx(1e-12 / (2 * stats.norm.ppf(0.95)), rel=1e-3)
    both = parse({"dist": "lognormal", "p05": 2.0, "p95": 2.0 + 1e-9}).quantile(np.array([0.05, 0.95]))
    assert both == pytest.approx([2.0, 2.0 + 1e-9], rel=1e-15)


REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"dist": "gamma"}, ["this lacks 'shape'", "this lacks 'scale'"]),
    ({"dist": "gamma", "mean": 1}, ["this lacks 'sd'"]),
    ({"dist": "gamma", "mean": 1, "scale": 1, "sd": 2}, ["unknown key 'scale' in this"]),
    ({"dist": "gamma", "mean": 0, "sd": -1}, ["mean must be greater than 0, not 0", "sd must be greater than 0, not -1"]),
    (
        {"dist": "gamma", "mean": 2, "sd": 21},
        ["sd must lie between 0.002 and 20, a thousandth and ten times the mean, not 21"],
    ),
    ({"dist": "gamma", "shape": 0, "scale": 1}, ["shape must lie between 0.01 and 1000000, not 0"]),
    ({"dist": "gamma", "shape": 1, "scale": 0}, ["scale must be greater than 0, not 0"]),
    ({"dist": "gamma", "shape": 2, "scale": 1, "min": 40}, ["this: min 40 leaves nothing of gamma(shape 2, scale 1)"]),
    ({"dist": "exponential", "mean": 0}, ["mean must be greater than 0, not 0"]),
    ({"dist": "exponential", "mean": "a"}, ["mean must be a number, not the text 'a'"]),
    ({"dist": "exponential", "rate": 2}, ["unknown key 'rate' in this", "this lacks 'mean'"]),
    ({"dist": "exponential", "mean": 1, "max": -1}, ["this: max -1 leaves nothing of exponential(mean 1)"]),
    ({"dist": "uniform", "low": 0, "high": 1e-200}, ["this: low and high are too close, 0 and 1e-200"]),
    ({"dist": "lognormal", "p05": 1e-90, "p95": 1e90}, ["this: p05 and p95 are too far apart, 1e-90 and 1e+90"]),
    ({"dist": "discrete"}, ["this lacks 'values'", "this lacks 'weights'"]),
    (DICE | {"min": 2}, ["unknown key 'min' in this"]),
    (DICE | {"values": 3}, ["values must be a list of numbers, not 3"]),
    (DICE | {"weights": None}, ["weights must be a list of numbers, not empty"]),
    (DICE | {"weights": [0.2, "x", None]}, ["weights.1 must be a number, not the text 'x'", "weights.2 is empty"]),
    (DICE | {"values": [1, True, [2]]}, ["values.1 must be a number, not true", "values.2 must be a number, not a list"]),
    (DICE | {"values": [1, 2, 1e101]}, ["values.2 must be a finite number of at most 1e+100"]),
    (DICE | {"values": [1, 2, {"dist": "beta"}]}, ["values.2 must be a number, not a mapping"]),
    (DICE | {"weights": [0.5, 0.5]}, ["this has 3 values and 2 weights"]),
    (DICE | {"weights": [0.2, 0.5, 0.2]}, ["weights must add to 1, not to 0.9"]),
    (
        DICE | {"weights": [1.5, 0, -0.5]},
        ["weights.1 must be greater than 0, not 0", "weights.2 must be greater than 0, not -0.5"],
    ),
    (DICE | {"values": [], "weights": []}, ["values must hold two different values or more"]),
    (DICE | {"values": [4, 4, 4]}, ["values must hold two different values or more"]),
]


@pytest.mark.parametrize(("raw", "said"), REFUSED)
def test_refused_forms(raw: dict[str, Any], said: list[str]) -> None:
    with pytest.raises(FieldError) as caught:
        parse(raw)
    assert str(caught.value) == "; ".join(said)


@pytest.mark.parametrize(
    ("raw", "hint"),
    [
        ({"values": [1, 2], "weights": [0.5, 0.5]}, "Add dist: discrete"),
        ({"mean": 1, "sd": 2, "min": 0, "note": "x"}, "Add dist: normal or gamma"),
        ({"low": 1, "mode": 2, "high": 3}, "Add dist: triangular or pert"),
        ({"vale": 1}, "Did you mean 'value'?"),
        ({"low": 1}, "Write a number, {value: ...} or {dist: ..., ...}"),
        (DICE | {"max": 2}, "discrete takes values and weights; also allowed: source, source_of, note, assumption"),
        ({"dist": "gamma", "mean": 1}, "gamma takes shape and scale or mean and sd"),
    ],
)
def test_hints(raw: dict[str, Any], hint: str) -> None:
    with pytest.raises(FieldError) as caught:
        parse(raw)
    assert caught.value.flaws[0].hint == hint


def test_objects_prove_themselves_however_they_are_built() -> None:
    with pytest.raises(FieldError, match="a discrete distribution cannot be cut"):
        Distribution("discrete", ((1.0, 2.0), (0.5, 0.5)), min=1.5)
    with pytest.raises(FieldError, match=r"values\.1 must be a finite number"):
        Distribution("discrete", ((1.0, math.nan), (0.5, 0.5)))
    with pytest.raises(FieldError, match=r"weights\.0 must be a finite number"):
        Distribution("discrete", ((1.0, 2.0), (math.inf, 0.5)))
    with pytest.raises(FieldError, match="shape must be a finite number"):
        Distribution("gamma", (math.nan, 1.0))


def test_a_wrong_item_of_a_list_has_its_place(fine: str, lines: Any) -> None:
    written = "killed_per_day: {dist: discrete, values: [1, 2, 3], weights: [0.5, x, 0.5]}"
    assert lines(fine.replace("killed_per_day: 30_000", written)) == [
        "s.yaml:17:70: error: killed_per_day.weights[1] must be a number, not the text 'x'"
    ]
    written = "killed_per_day: {dist: discrete, values: [1, 2, 3], weights: [0.5, 0.5, -0.5]}"
    assert lines(fine.replace("killed_per_day: 30_000", written)) == [
        "s.yaml:17:75: error: killed_per_day.weights[2] must be greater than 0, not -0.5"
    ]


def test_every_distribution_was_tried() -> None:
    assert set(FAMILIES) == {
        "constant", "uniform", "triangular", "pert", "normal", "lognormal", "beta", "gamma", "exponential", "discrete",
    }  # fmt: skip
