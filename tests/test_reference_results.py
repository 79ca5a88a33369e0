"""The reference results under `results/reference` are what the scenarios give, within a tolerance for other machines."""

import csv
import importlib.util
import sys
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from sim.model.base_rates import EARLY, FADES, LATER
from sim.scenario import Fixed, Quantity, numbers, shipped
from sim.words.labels import knob_label
from tests.conftest import ROOT

REFERENCE = ROOT / "results" / "reference"
# Of a share, and of anything else in parts of its size: the last digits of a draw may differ between processors.
SHARE, RELATIVE = 0.01, 0.01


def load_script() -> ModuleType:
    name = "results_regenerate"
    spec = importlib.util.spec_from_file_location(name, ROOT / "results" / "regenerate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    # What it imports lies beside it.
    sys.path.insert(0, str(ROOT / "results"))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module


regenerate = load_script()
GUIDE_TEXT = " ".join(regenerate.GUIDE.read_text(encoding="utf-8").split())
Rows = list[dict[str, Any]]


def kept(table: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def assert_same(found: Rows, before: list[dict[str, str]]) -> None:
    assert len(found) == len(before) > 0
    for ours, theirs in zip(found, before, strict=True):
        assert list(ours) == list(theirs)
        for name, value in ours.items():
            if isinstance(value, float):
                wanted = float(theirs[name] or "nan")
                assert value == pytest.approx(wanted, rel=RELATIVE, abs=SHARE, nan_ok=True), (theirs, name)
            elif name not in ("n", "pairs", "ceasefires") and not name.endswith("_n"):
                assert str(value) == theirs[name], (theirs, name)


@pytest.mark.ensembles
@pytest.mark.parametrize("name", shipped())
def test_a_scenario_gives_its_reference_results(name: str) -> None:
    assert_same(regenerate.scenario_rows(name), [row for row in kept("scenarios") if row["scenario"] == name])


def test_every_factor_of_the_article_has_an_effect_and_stands_in_the_guide() -> None:
    rows = kept("effects")
    assert [row["factor"] for row in rows] == [effect.factor for effect in regenerate.EFFECTS]
    assert len({row["factor"] for row in rows}) >= 18
    assert {row["factor"] for row in rows} == regenerate.ASSERTED.keys()
    found = {row["factor"] for row in rows if float(row["low"]) * float(row["high"]) > 0}
    assert found == {row["factor"] for row in rows}, "each has an effect whose interval leaves out zero"
    assert regenerate.GUIDE.read_text(encoding="utf-8") == regenerate.guide_with(regenerate.effects_table(rows))


def test_bands_hold_what_they_are_of() -> None:
    for row in kept("scenarios"):
        if row["least"] and row["outcome"] in regenerate.OUTCOMES:
            assert float(row["least"]) <= float(row["most"]), row
        elif row["least"]:
            assert float(row["least"]) <= float(row["value"]) <= float(row["most"]), row
    for row in kept("effects"):
        assert float(row["band_low"]) <= float(row["difference"]) <= float(row["band_high"]), row


def test_a_sign_is_told_only_where_it_holds_in_most_of_the_assumptions() -> None:
    rows = kept("effects")
    for row in rows:
        if row["sign"] == "not told":
            assert row["sign_share"] == ""
            continue
        if row["sign"] == "no difference found" and row["sign_share"] == "":
            continue
        share, low, high = (float(row[name]) for name in ("sign_share", "sign_low", "sign_high"))
        assert 0 <= low <= high <= 1
        assert int(row["moved"]) <= int(row["draws"]) <= regenerate.DRAWS
        if row["sign"] in ("+", "-"):
            assert share >= 0.8
            assert low > 0.5
            assert (float(row["difference"]) > 0) == (row["sign"] == "+")
        elif row["sign"] == "undetermined":
            assert share < 0.8 or low <= 0.5
        else:
            assert row["sign"] == "no difference found"
    # Were it none, or all, a reader could not tell what the word is for.
    undetermined = [row for row in rows if row["sign"] == "undetermined"]
    assert 0 < len(undetermined) < len(rows)
    told = regenerate.effects_table(rows)
    assert told.count("*undetermined*") >= len(undetermined)


def test_the_guide_says_how_many_numbers_are_not_drawn(load) -> None:
    known = [one.value for one in numbers(load("baseline").world) if isinstance(one.value, Quantity | Fixed)]
    certain = [one for one in known if not isinstance(one, Quantity) or one.is_certain]
    judged = sum(one.assumption or one.direction_only for one in certain)
    assert f"the {len(certain)} numbers that the baseline holds for certain, {judged} of" in GUIDE_TEXT


def test_the_band_of_the_assumptions_is_wider_than_that_of_the_simulation() -> None:
    rows = kept("aid")
    assert [float(row["aid_scale"]) for row in rows if row["outcome"] == "good_end"] == list(regenerate.SCALES)
    assert {row["outcome"] for row in rows} == regenerate.CURVES.keys()
    for row in rows:
        low, mean, high = (float(row[name]) for name in ("low", "mean", "high"))
        assert low <= mean <= high
        # Of what all assumptions agree on, as no escalation without aid, there may be no band.
        assert float(row["band_high"]) - float(row["band_low"]) >= high - low or row["outcome"] == "conceded_defender", row
    by_scale = {float(row["aid_scale"]): float(row["mean"]) for row in rows if row["outcome"] == "ground_gained_km2"}
    assert all(by_scale[more] < by_scale[less] for less, more in pairwise(regenerate.SCALES)), "arms hold ground"
    escalations = [float(row["mean"]) for row in rows if row["outcome"] == "escalations_attacker"]
    assert all(more > less for less, more in pairwise(escalations)), "and provoke"


def test_deals_and_lasting_peace_rise_with_the_zone_and_lasting_peace_with_guards() -> None:
    rows = kept("zone_and_guards")
    table = {(float(row["zone_width_km"]), float(row["guards"])): row for row in rows}
    wider = [((a, guards), (b, guards)) for guards in regenerate.GUARDS for a, b in pairwise(regenerate.WIDTHS)]
    # Any are better than none. Of more: `guards.csv`, on pairs, since which ceasefires there are to last differs here.
    # Without a zone guards bring half as many deals again, and those that they bring break sooner.
    some = [((width, 0.0), (width, guards)) for width in regenerate.WIDTHS[1:] for guards in regenerate.GUARDS[1:]]
    assert len(table) == len(rows) == 24
    # Guards have a price, and who fears little from renewed war gains little by them: they make no more deals here.
    rises = (
        ("signed_24_months", 1, wider),
        ("lasts_a_year", 1, wider),
        ("lasts_a_year", 1, some),
        ("casualties_36_months", -1, wider),
    )
    for column, sign, steps in rises:
        for less, greater in steps:
            change = sign * (float(table[greater][column]) - float(table[less][column]))
            # Which ceasefires there are to last differs from point to point, so that their share may waver.
            slight = {"lasts_a_year": 0.02, "signed_24_months": 0.005}.get(column, 0.0) if steps is wider else 0.0
            assert change >= -slight, (column, less, greater)


def test_ceasefires_last_as_long_as_the_evidence_says() -> None:
    rows = {(row["scenario"], row["institutions"], int(row["days"])): float(row["share"]) for row in kept("survival")}
    bounds = {
        (row["scenario"], row["institutions"], int(row["days"])): (float(row["low"]), float(row["high"]))
        for row in kept("survival")
    }
    # A bare truce: what is on record of the truces in Donbas and of ceasefire agreements, over how far that is known.
    luck = np.random.default_rng(1).standard_normal((3, 100_000))
    words = EARLY["donbas_truces"], FADES["donbas_truces"], LATER["ceasefire_agreements"]
    early, fades, later = (word["median"] * np.exp(word["log_sd"] * draw) for word, draw in zip(words, luck, strict=True))
    (by_law,) = (row for row in kept("durability") if row["truce"] == "bare_truce" and row["institutions"] == "0.5")
    for days in (30, 91, 365):
        hazard = -early * np.expm1(-days / fades) + later * days / 365.25
        assert float(by_law[f"lasts_{days}_days"]) == pytest.approx(np.exp(-hazard).mean(), abs=0.04)
        # Both sides foresee it, and sign where it is low.
        assert 0 < rows["bare_truce", "0.5", days] - np.exp(-hazard).mean() < 0.15
    # Zone, 60,000 guards, guarantee, monitoring and commission: by the law alone, with all coming as planned.
    law = {
        row["institutions"]: float(row["lasts_365_days"]) for row in kept("durability") if row["truce"] == "guaranteed_zone"
    }
    for institutions, share in law.items():
        assert rows["guaranteed_zone", institutions, 365] == pytest.approx(share, abs=0.1)
    for days in regenerate.LASTING_DAYS:
        by_truce = [rows[name, "1", days] for name in ("bare_truce", "zone_without_guards", "european_zone", "strong_zone")]
        # Guards are yet to come when the first ceasefires break, and which there are to last differs here too.
        assert all(better >= worse - 0.02 for worse, better in pairwise(by_truce))
        # Which ceasefires there are to last differs with the weight, and that is all the difference to a bare truce.
        spans = [bounds["bare_truce", weight, days] for weight in ("0", "0.5", "1")]
        assert max(low for low, _ in spans) < min(high for _, high in spans)
        for name in regenerate.TRUCES:
            if name == "bare_truce":
                continue
            by_weight = [rows[name, weight, days] for weight in ("0", "0.5", "1")]
            # Which ceasefires there are to last differs with the weight, so that shares waver by up to two points.
            assert by_weight[0] <= by_weight[1] + 0.02 <= by_weight[2] + 0.04


def test_what_would_change_the_picture_is_quoted(load) -> None:
    rows = kept("assumptions")
    readme = (ROOT / "sim/cli/README.md").read_text(encoding="utf-8")
    # With the step to which intervals warrant their digits.
    scales = {"ceasefire_in_force": (100, 1), "casualties_attacker": (0.001, 10), "ground_gained_km2": (1, 100)}
    for rank in ("1", "2", "3"):
        path = next(row["path"] for row in rows if row["rank"] == rank)
        assert f"{rank}. {knob_label(path, load('baseline')).split()[0].capitalize()} " in readme
    quoted = 0
    for row in rows:
        if row["rank"] in ("1", "2", "3") and row["outcome"] in scales and row["found"] == "1":
            scale, step = scales[row["outcome"]]
            half = scale * (float(row["high"]) - float(row["low"])) / 2
            told, around = (step * round(one / step) for one in (scale * float(row["difference"]), half))
            quoted += f"{told:+,} ±{around:,}" in readme
    # Two ends, four words on record, two views: each moves all three.
    assert quoted == 3 * (2 + 4 + 2)


@pytest.mark.long
def test_all_tables_are_those_of_the_script() -> None:
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor() as pool:
        for name, rows in regenerate.tables(pool):
            assert_same(rows, kept(name))
