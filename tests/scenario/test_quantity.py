"""Quantities: the forms they are written in, and their quantiles against the textbook's."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.scenario import FieldError, Fixed, Quantity, constant

U = np.concatenate([[1e-12, 1e-6], np.linspace(0.001, 0.999, 997), [1 - 1e-6, 1 - 1e-12]])
Z95 = stats.norm.ppf(0.95)

LAWS: list[tuple[dict[str, Any], Any, float]] = [
    ({"dist": "uniform", "low": -2, "high": 5}, stats.uniform(-2, 7), 1.5),
    ({"dist": "triangular", "low": 1, "mode": 2, "high": 6}, stats.triang(0.2, 1, 5), 2.0),
    ({"dist": "triangular", "low": 1, "mode": 1, "high": 6}, stats.triang(0.0, 1, 5), 1.0),
    ({"dist": "triangular", "low": 1, "mode": 6, "high": 6}, stats.triang(1.0, 1, 5), 6.0),
    ({"dist": "pert", "low": 1, "mode": 2, "high": 6}, stats.beta(1.8, 4.2, 1, 5), 2.0),
    ({"dist": "normal", "mean": 3, "sd": 2}, stats.norm(3, 2), 3.0),
    ({"dist": "lognormal", "median": 1400, "log_sd": 0.5}, stats.lognorm(0.5, scale=1400), 1400.0),
    (
        {"dist": "lognormal", "p05": 1280, "p95": 1570},
        stats.lognorm(math.log(1570 / 1280) / (2 * Z95), scale=math.sqrt(1280 * 1570)),
        math.sqrt(1280 * 1570),
    ),
    ({"dist": "beta", "a": 2, "b": 5}, stats.beta(2, 5), 2 / 7),
    ({"dist": "beta", "a": 0.5, "b": 0.5}, stats.beta(0.5, 0.5), 0.5),
]
CUTS: list[dict[str, float]] = [{"min": 1.2}, {"max": 4.1}, {"min": 1.2, "max": 4.1}]


@pytest.mark.parametrize(("raw", "law", "central"), LAWS)
def test_quantiles_follow_the_law(raw: dict[str, Any], law: Any, central: float) -> None:
    quantity = Quantity.parse(raw)
    np.testing.assert_allclose(quantity.quantile(U), law.ppf(U), rtol=1e-9, atol=1e-12)
    assert quantity.central == pytest.approx(central, rel=1e-12)
    assert quantity.support == pytest.approx(law.support())
    assert not quantity.is_certain
    for x in law.ppf([0.01, 0.3, 0.5, 0.99]):
        assert quantity.distribution.below(x) == pytest.approx(law.cdf(x), abs=1e-12)
    low, high = law.support()
    assert (quantity.distribution.below(low - 1), quantity.distribution.below(high + 1)) == (0.0, 1.0)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize(("raw", "law"), [law[:2] for law in LAWS[:6]])
def test_truncated_quantiles_follow_the_law(raw: dict[str, Any], law: Any, cut: dict[str, float]) -> None:
    quantity = Quantity.parse(raw | cut)
    low, high = cut.get("min", -math.inf), cut.get("max", math.inf)
    start, end = law.cdf(low), law.cdf(high)
    inner = U[1:-1]  # further out, the last digit of 1 - u decides
    np.testing.assert_allclose(quantity.quantile(inner), law.ppf(start + inner * (end - start)), rtol=1e-7, atol=1e-9)
    assert quantity.support == pytest.approx((max(low, law.support()[0]), min(high, law.support()[1])))
    assert quantity.quantile(U).min() >= quantity.support[0]
    assert quantity.quantile(U).max() <= quantity.support[1]
    assert quantity.distribution.below(quantity.quantile(np.array([0.3]))[0]) == pytest.approx(0.3)


def test_the_central_value_stays_inside_a_truncation() -> None:
    assert Quantity.parse({"dist": "normal", "mean": 0, "sd": 1, "min": 0.5}).central == 0.5
    assert Quantity.parse({"dist": "normal", "mean": 0, "sd": 1, "max": -0.5}).central == -0.5
    assert Quantity.parse({"dist": "normal", "mean": 0, "sd": 1, "max": 0.5}).central == 0.0


def test_an_unbounded_tail_never_becomes_infinite() -> None:
    extremes = np.array([5e-324, 1 - 2**-53])
    for cut in ({}, {"min": 0}, {"max": 0}, {"min": -1, "max": 1}):
        assert np.isfinite(Quantity.parse({"dist": "normal", "mean": 0, "sd": 1, **cut}).quantile(extremes)).all()
    widest = Quantity.parse({"dist": "lognormal", "median": 1e100, "log_sd": 25})
    assert np.isfinite(widest.quantile(extremes)).all()


def test_rounding_cannot_leave_the_range_or_make_a_quantile_fall() -> None:
    # Parameters found by search, for which the bare formulas do so in the last digit.
    assert Quantity.parse({"dist": "normal", "mean": 0, "sd": 1, "min": -1.11}).quantile(np.array([5e-324]))[0] >= -1.11
    seam = np.nextafter((0.2 + 7.1) / (9.0 + 7.1), 0)
    just_below, at = Quantity.parse({"dist": "triangular", "low": -7.1, "mode": 0.2, "high": 9.0}).quantile(
        np.array([seam, np.nextafter(seam, 1)])
    )
    assert just_below <= at


def written() -> st.SearchStrategy[dict[str, Any]]:
    number = st.floats(-1e6, 1e6)
    three = st.lists(number, min_size=3, max_size=3).map(sorted).filter(lambda v: v[2] - v[0] > 1e-3)
    return st.one_of(
        three.map(lambda v: {"dist": "uniform", "low": v[0], "high": v[2]}),
        three.map(lambda v: {"dist": "triangular", "low": v[0], "mode": v[1], "high": v[2]}),
        three.map(lambda v: {"dist": "pert", "low": v[0], "mode": v[1], "high": v[2]}),
        st.tuples(number, st.floats(1e-3, 1e3)).map(lambda v: {"dist": "normal", "mean": v[0], "sd": v[1]}),
        st.tuples(st.floats(1e-3, 1e3), st.floats(0.01, 3)).map(
            lambda v: {"dist": "lognormal", "median": v[0], "log_sd": v[1]}
        ),
        st.tuples(st.floats(0.1, 50), st.floats(0.1, 50)).map(lambda v: {"dist": "beta", "a": v[0], "b": v[1]}),
    )


inside = st.lists(st.floats(1e-9, 1 - 1e-9), min_size=1, max_size=40)


@settings(deadline=None)
@given(written(), inside, st.none() | st.tuples(st.floats(0.0, 0.4), st.floats(0.6, 1.0)))
def test_quantiles_rise_and_stay_inside(raw: dict[str, Any], us: list[float], cut: tuple[float, float] | None) -> None:
    quantity = Quantity.parse(raw)
    if cut is not None:
        low, high = quantity.quantile(np.clip(np.array(cut), 1e-9, 1 - 1e-9))
        quantity = Quantity.parse(raw | {"min": float(low), "max": float(high)})
    got = quantity.quantile(np.sort(np.array(us)))
    spread = float(got.max() - got.min()) + abs(float(got.max()))
    exact = raw["dist"] in ("uniform", "triangular")
    assert (np.diff(got) >= (0.0 if exact else -1e-12 * spread)).all()
    assert (got >= quantity.support[0]).all()
    assert (got <= quantity.support[1]).all()


@settings(deadline=None)
@given(written(), inside, st.randoms())
def test_an_element_does_not_see_its_neighbours(raw: dict[str, Any], us: list[float], luck: Any) -> None:
    quantity = Quantity.parse(raw)
    u = np.array(us * 3)
    whole = quantity.quantile(u)
    alone = [quantity.quantile(u[i : i + 1])[0] for i in range(len(u))]
    assert whole.tolist() == alone
    order = list(range(len(u)))
    luck.shuffle(order)
    assert quantity.quantile(u[order]).tolist() == whole[order].tolist()
    assert quantity.quantile(u[::-1]).tolist() == whole[::-1].tolist()
    assert quantity.quantile(u[::3]).tolist() == whole[::3].tolist()


def test_quantiles_keep_the_shape() -> None:
    u = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
    for quantity in (constant(3), Quantity.parse({"dist": "uniform", "low": 0, "high": 1})):
        assert quantity.quantile(u).shape == (2, 3)
        assert quantity.quantile(u.T).tolist() == quantity.quantile(u).T.tolist()
        assert quantity.quantile(u[0, 0].reshape(())).shape == ()
        assert quantity.quantile(u[:, :0]).shape == (2, 0)
        assert quantity.quantile(u).dtype == np.float64


@pytest.mark.parametrize("u", [0.0, 1.0, -0.1, 1.1, math.nan])
def test_probabilities_outside_are_refused(u: float) -> None:
    with pytest.raises(ValueError, match=r"inside \(0, 1\)"):
        constant(3).quantile(np.array([0.5, u]))


@pytest.mark.parametrize("raw", [3, 3.0, {"value": 3}, {"dist": "constant", "value": 3}])
def test_certain_quantities(raw: object) -> None:
    quantity = Quantity.parse(raw)
    assert quantity == constant(3)
    assert quantity.is_certain
    assert quantity.central == 3.0
    assert quantity.support == (3.0, 3.0)
    assert quantity.quantile(np.array([0.1, 0.9])).tolist() == [3.0, 3.0]


def test_where_a_number_comes_from() -> None:
    quantity = Quantity.parse({"value": 3, "source": ["a", "b"], "note": "hm", "assumption": True})
    assert (quantity.sources, quantity.note, quantity.assumption) == (("a", "b"), "hm", True)
    assert Quantity.parse({"dist": "beta", "a": 1, "b": 2, "source": "a"}).sources == ("a",)
    assert (constant(3).sources, constant(3).note, constant(3).assumption) == ((), "", False)
    assert hash(quantity) == hash(Quantity.parse({"value": 3, "source": ["a", "b"], "note": "hm", "assumption": True}))


def test_a_quantity_is_frozen_and_parses_to_itself() -> None:
    quantity = constant(3)
    assert Quantity.parse(quantity) is quantity
    with pytest.raises(AttributeError):
        quantity.note = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (True, ["this must be a number, not true"]),
        ("abc", ["this must be a number, not the text 'abc'"]),
        (None, ["this is empty"]),
        ([1], ["this must be a number, not a list"]),
        (math.nan, ["this must be a finite number of at most 1e+100"]),
        (10**400, ["this must be a finite number of at most 1e+100"]),
        ({}, ["this has neither 'value' nor 'dist'"]),
        ({"low": 1}, ["this has neither 'value' nor 'dist'"]),
        ({"value": True}, ["value must be a number, not true"]),
        ({"value": 1, "unit": "km"}, ["unknown key 'unit' in this"]),
        ({"value": 1, "min": 0}, ["unknown key 'min' in this"]),
        ({"dist": "weibull", "mean": 1}, ["unknown distribution 'weibull' in this"]),
        ({"dist": "uniform", "value": 1}, ["unknown key 'value' in this", "this lacks 'low'", "this lacks 'high'"]),
        ({"dist": "uniform", "low": 1, "hgh": 2}, ["unknown key 'hgh' in this"]),
        ({"dist": "uniform", "low": "a", "high": None}, ["low must be a number, not the text 'a'", "high is empty"]),
        ({"dist": "uniform", "low": 2, "high": 2}, ["this: low must be less than high, not 2 and 2"]),
        ({"dist": "pert", "low": 1, "mode": 0, "high": 2}, ["this: mode must lie between low 1 and high 2, not 0"]),
        (
            {"dist": "triangular", "low": 1, "mode": 3, "high": 2},
            ["this: mode must lie between low 1 and high 2, not 3"],
        ),
        ({"dist": "normal", "mean": 1, "sd": 0}, ["sd must be greater than 0, not 0"]),
        ({"dist": "lognormal", "median": 0, "log_sd": 1}, ["median must be greater than 0, not 0"]),
        ({"dist": "lognormal", "median": 1, "log_sd": 0}, ["log_sd must be greater than 0 and at most 25, not 0"]),
        ({"dist": "lognormal", "p05": 2, "p95": 1}, ["this: needs 0 < p05 < p95, not 2 and 1"]),
        ({"dist": "lognormal", "p05": 1, "log_sd": 1}, ["unknown key 'p05' in this", "this lacks 'median'"]),
        ({"dist": "lognormal", "p05": 1}, ["this lacks 'p95'"]),
        ({"dist": "beta", "a": 1, "b": -1}, ["b must lie between 0.01 and 1000000, not -1"]),
        ({"dist": "uniform", "low": 0, "high": 1, "min": 1}, ["this: min 1 leaves nothing of uniform(low 0, high 1)"]),
        (
            {"dist": "uniform", "low": 0, "high": 1, "min": 0.5, "max": 0.5},
            ["this: min must be less than max, not 0.5 and 0.5"],
        ),
        (
            {"dist": "normal", "mean": 0, "sd": 1, "min": 9, "max": 10},
            ["this: min 9 and max 10 leaves nothing of normal(mean 0, sd 1)"],
        ),
        ({"value": 1, "assumption": False}, ["assumption must be true, not false"]),
        (
            {"value": 1, "note": 2, "source": []},
            ["source must be a key of 'sources' or a list of keys", "note must be text, not 2"],
        ),
    ],
)
def test_refused_forms(raw: object, said: list[str]) -> None:
    with pytest.raises(FieldError) as caught:
        Quantity.parse(raw)
    assert str(caught.value) == "; ".join(said)


def test_a_fixed_number() -> None:
    fixed = Fixed.parse({"value": 4, "source": "a"})
    assert (fixed.value, fixed.whole, fixed.sources) == (4.0, 4, ("a",))
    assert Fixed.parse(fixed) is fixed
    assert Fixed.parse(2.5).value == 2.5
    with pytest.raises(ValueError, match=r"2\.5 is not a whole number"):
        _ = Fixed.parse(2.5).whole
    with pytest.raises(FieldError, match=r"this must be a fixed number, not uniform\(low 1, high 2\)"):
        Fixed.parse({"dist": "uniform", "low": 1, "high": 2})


def test_closed_forms_do_not_import_scipy() -> None:
    def imports(code: str) -> bool:
        code = f"import sys, numpy, sim.scenario as s\n{code}\nprint('scipy' in sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        return done.stdout.strip() == "True"

    parse: Callable[[str], str] = "s.Quantity.parse({{'dist': {}}}).quantile(numpy.array([0.5]))".format
    assert not imports(
        "\n".join(
            [
                parse("'uniform', 'low': 0, 'high': 1, 'min': 0.5"),
                parse("'triangular', 'low': 0, 'mode': 0, 'high': 1"),
                "s.Quantity.parse({'dist': 'normal', 'mean': 0, 'sd': 1, 'min': 0})",
            ]
        )
    )
    assert imports(parse("'normal', 'mean': 0, 'sd': 1"))
