"""The reference results that stand beside what is on record: what must hold of them, and what the README says of them."""

import itertools
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.engine.world import Setting
from sim.model import base_rates, simulate
from sim.model.regimes import clock, in_place, relative_hazard
from tests.conftest import ROOT
from tests.test_reference_results import assert_same, kept, regenerate

on_record = regenerate.on_record
README = " ".join((ROOT / "results" / "README.md").read_text(encoding="utf-8").split())
LASTS = [f"lasts_{days}_days" for days in on_record.DURABLE_DAYS]
# A half more than chance allows in a row: there are many.
ERRORS = 3.5
RATIOS = ("hazard_ratio", "mission_ratio")


def by(table: str, *names: str) -> dict[Any, dict[str, str]]:
    rows = kept(table)
    found = {tuple(row[name] for name in names): row for row in rows}
    assert len(found) == len(rows) > 0
    return found


DURABILITY = by("durability", "truce", "institutions")
GUARDS = by("guards", "function", "guards")


# How long truces last


def test_durability_has_each_truce_at_each_weight_of_institutions() -> None:
    weights = [str(weight) for weight in on_record.INSTITUTIONS]
    assert list(DURABILITY) == list(itertools.product(on_record.TRUCES_BY_LAW, weights))


def test_fewer_truces_last_longer_and_all_were_watched() -> None:
    for row in DURABILITY.values():
        shares = [float(row[name]) for name in LASTS]
        assert shares == sorted(shares, reverse=True)
        assert {row[f"{name}_n"] for name in LASTS} == {str(on_record.REPLICATIONS)}
        assert int(row["five_years_of_one_n"]) == round(float(row["lasts_365_days"]) * on_record.REPLICATIONS)
        assert float(row["five_years_of_one"]) == pytest.approx(shares[-1] / shares[2], rel=1e-3)


def test_where_institutions_do_not_matter_all_truces_are_alike() -> None:
    alike = {tuple(row[name] for name in LASTS) for (_, weight), row in DURABILITY.items() if weight == "0"}
    assert len(alike) == 1
    bare = {tuple(row[name] for name in LASTS) for (truce, _), row in DURABILITY.items() if truce == "bare_truce"}
    assert bare == alike, "and a bare truce has none that could matter"


@pytest.mark.parametrize("name", LASTS)
def test_more_between_the_armies_and_more_weight_of_it_let_truces_last(name: str) -> None:
    # The same luck: what lasts with less lasts with more, but for the first weeks, in which the guards are yet to come.
    order = ("bare_truce", "monitored_truce", "observers_1000", "observers_3000")
    for weight in ("0.5", "1"):
        shares = [float(DURABILITY[truce, weight][name]) for truce in order]
        assert shares == sorted(shares)
        assert shares[0] < shares[1] < shares[2]
        zones = [
            float(DURABILITY[truce, weight][name]) for truce in ("zone_without_guards", "european_zone", "guaranteed_zone")
        ]
        assert zones == sorted(zones)
    for truce in on_record.TRUCES_BY_LAW:
        by_weight = [float(DURABILITY[truce, weight][name]) for weight in ("0", "0.5", "1")]
        assert by_weight == sorted(by_weight)


def test_bare_truces_last_as_the_closed_form_of_the_clock_says(load) -> None:
    # What breaks on its n-th day has cumulated n days of hazard, and counts as having lasted n days.
    scenario = load("baseline")
    setting = Setting(scenario.world.start_date, 1, 5, np.arange(20_000, dtype=np.int64))
    knobs = simulate(scenario, setting)[1].knobs("ceasefire")
    row = DURABILITY["bare_truce", "1"]
    for days, name in zip(on_record.DURABLE_DAYS, LASTS, strict=True):
        share = np.exp(-clock(knobs, np.full(20_000, (days - 1) / 365.25))).mean()
        error = (share * (1 - share) / on_record.REPLICATIONS) ** 0.5
        assert float(row[name]) == pytest.approx(share, abs=ERRORS * error), name


@pytest.mark.parametrize(
    ("truce", "weight"), [("observers_3000", "1"), ("european_zone", "0.5"), ("guaranteed_zone", "0.5")]
)
def test_truces_last_as_zone_and_guards_that_come_day_by_day_let_them(load, truce: str, weight: str) -> None:
    n = 2_000
    scenario = load("baseline", f"ceasefire.institutions={weight}")
    setting = Setting(scenario.world.start_date, 1, 5, np.arange(n, dtype=np.int64))
    knobs = simulate(scenario, setting)[1].knobs("ceasefire")
    part = {name: np.full(n, float(value)) for name, value in on_record.parts_of(truce).items()}
    hazard, row = np.zeros(n), DURABILITY[truce, weight]
    for day in range(on_record.DURABLE_DAYS[-1]):
        if day + 1 in on_record.DURABLE_DAYS:
            share = np.exp(-hazard).mean()
            error = (share * (1 - share) / on_record.REPLICATIONS + np.exp(-hazard).var() / n) ** 0.5
            assert float(row[f"lasts_{day + 1}_days"]) == pytest.approx(share, abs=ERRORS * error), day
        days = np.full(n, float(day))
        grows = clock(knobs, (days + 1) / 365.25) - clock(knobs, days / 365.25)
        hazard += relative_hazard(knobs, in_place(part, days + 1, knobs.withdrawal_days)) * grows


@pytest.mark.ensembles
@pytest.mark.parametrize(("truce", "weight"), [("observers_3000", 1), ("guaranteed_zone", 0.5)])
def test_durability_is_what_the_model_gives(truce: str, weight: float) -> None:
    assert_same([on_record.durability_row(truce, weight)], [DURABILITY[truce, str(weight)]])


def test_what_is_on_record_is_what_the_model_has_its_words_from() -> None:
    for kind, record in on_record.ON_RECORD.items():
        if kind in base_rates.LATER:
            line = next(line for line in (base_rates.__doc__ or "").splitlines() if line.startswith(f"| `{kind}`"))
            n, told = line.split("|")[2].strip(), line.split("|")[-2]
            assert record.truces == int(n)
            assert [
                float(word) for word in told.replace("(standard error", "(").replace("(", " ").replace(")", " ").split()
            ] == [
                record.share,
                record.error,
            ]
    donbas, law = on_record.ON_RECORD["donbas_truces"], stats.beta(2, 13)
    assert (donbas.share, donbas.error) == pytest.approx((law.mean(), law.std()))


def test_distances_are_those_of_the_durability_and_what_is_far_off_is_said() -> None:
    rows = kept("durability_on_record")
    pairs = sum(len(kinds) for kinds in on_record.LIKE_FOR_LIKE.values())
    assert len(rows) == pairs * len(on_record.INSTITUTIONS)
    for row in rows:
        own = DURABILITY[row["truce"], row["institutions"]]
        share, error, record, spread, distance = (
            float(row[name]) for name in ("share", "error", "record_share", "record_error", "distance")
        )
        assert share == float(own[row["lasted"]])
        assert distance == pytest.approx((share - record) / np.hypot(error, spread), rel=2e-3, abs=2e-3)
    far = defaultdict(int)
    for row in rows:
        far[row["on_record"], row["institutions"]] += abs(float(row["distance"])) > 2
    assert f"{sum(far.values())} of the {len(rows)} are more than two standard errors off" in README


# Guards


def test_guards_of_number_none_are_the_same_whatever_they_would_do() -> None:
    observers, troops = ({**GUARDS[function, "0"], "function": ""} for function in on_record.WATCHES)
    assert observers == troops
    for name in ("signed", "lasts_a_year", "casualties"):
        assert float(troops[f"{name}_more"]) == 0
    assert float(troops["hazard_ratio"]) == float(troops["mission_ratio"]) == 1


def test_guards_lower_the_hazard_by_their_number_and_troops_by_more_than_observers() -> None:
    numbers = [str(number) for number in on_record.NUMBERS]
    ratios = {
        function: [float(GUARDS[function, number]["hazard_ratio"]) for number in numbers] for function in on_record.WATCHES
    }
    for found in ratios.values():
        assert found == sorted(found, reverse=True)
    assert all(troops < watch for troops, watch in list(zip(ratios["troops"], ratios["observers"], strict=True))[1:])
    # All that observers do they do by being there, which the first thousands are.
    likeliest = {
        function: [np.median(on_record.hazard_ratios(function, number, settings=LIKELIEST)) for number in on_record.NUMBERS]
        for function in on_record.WATCHES
    }
    assert likeliest["observers"][-1] == pytest.approx(likeliest["observers"][2], abs=0.02)
    assert likeliest["troops"][-1] < likeliest["troops"][2] - 0.1
    # How many it takes is drawn: ten thousand are enough in any case.
    enough = on_record.NUMBERS.index(10_000)
    assert ratios["observers"][-1] == pytest.approx(ratios["observers"][enough], abs=0.02)
    assert ratios["troops"][-1] < ratios["troops"][enough] - 0.1
    for row in GUARDS.values():
        assert float(row["mission_ratio"]) <= float(row["hazard_ratio"])
        for name in RATIOS:
            assert float(row[f"{name}_low"]) <= float(row[name]) <= float(row[f"{name}_high"])


def test_first_ceasefires_last_longer_with_guards() -> None:
    for (_, number), row in GUARDS.items():
        assert float(row["lasts_a_year_more_low"]) <= float(row["lasts_a_year_more"]) <= float(row["lasts_a_year_more_high"])
        if number != "0":
            assert float(row["lasts_a_year_more"]) > 0
    most = GUARDS["troops", "150000"]
    assert float(most["lasts_a_year_more_low"]) > 0


def test_the_readme_says_what_guards_do() -> None:
    most, few = GUARDS["troops", "150000"], GUARDS["observers", "3000"]
    lasts = [_points(row, "lasts_a_year") for row in (most, few)]
    assert f"with 150,000 troops a year in {lasts[0]} more of them, with 3,000 observers in {lasts[1]}" in README.replace(
        "points ", ""
    )
    best = max((row for (function, _), row in GUARDS.items() if function == "troops"), key=lambda row: float(row["signed"]))
    assert best["guards"] == "10000"
    assert f"{_points(best, 'signed')} more than without guards" in README.replace("points ", "")
    told = {name: [f"{float(few[f'{name}{end}']):.2f}"[1:] for end in ("", "_low", "_high")] for name in RATIOS}
    alone, mission = told["hazard_ratio"], told["mission_ratio"]
    assert f"Of 3,000 observers alone it is {alone[0]} where institutions matter fully ({alone[1]} to {alone[2]})" in README
    assert f"With the monitoring that they do it is {mission[0]} ({mission[1]} to {mission[2]})" in README
    # At a weight w the ratio is its w-th power; those found are .15 to .6.
    full = float(few["mission_ratio"])
    assert f"within it, from an `institutions` of {np.log(0.6) / np.log(full):.1f} on".replace("0.", ".") in README
    assert f"at half weight it is {full**0.5:.2f}".replace("0.", ".") in README
    for settings, part in ((LIKELIEST, 1 / 3), ((), 1 / 4)):
        within = on_record.hazard_ratios("observers", 3_000, settings=settings)
        assert ((within > 0.15) & (within < 0.6)).mean() == pytest.approx(part, abs=0.05)
    assert float(few["hazard_ratio"]) > 0.6


def _points(row: dict[str, str], name: str) -> str:
    more, low, high = (100 * float(row[f"{name}_more{end}"]) for end in ("", "_low", "_high"))
    return f"{more:.1f} (± {(high - low) / 2:.1f})"


# What numbers of ceasefires most likely are; how far they may be from that is drawn elsewhere.
LIKELIEST = tuple(
    f"ceasefire.{one}"
    for one in (
        "zone_effect=-0.9", "zone_scale_km=8", "guards_effect=-0.9", "present_persons=1_000", "front_km=1_100",
        "guards_per_km=60", "guarantee_effect=-0.7", "monitoring_effect=-0.3", "commission_effect=-0.5",
        "imposed_effect=0.8", "inconsistency_effect=0.5", "strategic_effect=5", "incident_effect=0.2",
        "incident_branching=0.5", "mobilized_share=0.3", "pledged_share=0.3",
    )
)  # fmt: skip


@pytest.mark.ensembles
def test_few_observers_who_come_at_once_do_as_much_as_many_who_come_by_and_by() -> None:
    regime = "ceasefire.regimes.european_zone"
    lasts = {}
    for guards, days in ((3_000, 90), (3_000, 1), (100_000, 90)):
        settings = (f"{regime}.guards={guards}", f"{regime}.watches=1", f"{regime}.deploy_days={days}")
        settings += LIKELIEST
        lasts[guards, days] = on_record.run("european_zone", 6_000, 1_095, settings).outcomes["ceasefire_lasted_365_days"]
    slow, soon = (on_record.of_shares(lasts[3_000, days], lasts[100_000, 90]) for days in (90, 1))
    assert slow.low > 0.02
    assert soon.low < 0 < soon.high


# Endings


def test_the_intervals_of_the_record_are_exact() -> None:
    for row in kept("endings"):
        wars, ended = int(row["record_wars"]), int(row["record_ended"])
        low, high = float(row["record_low"]), float(row["record_high"])
        assert float(row["record_share"]) == pytest.approx(ended / wars, rel=1e-4)
        # As few, and as many, would be seen once in twenty.
        assert stats.binom.sf(ended - 1, wars, low) == pytest.approx(0.05, abs=1e-4)
        assert stats.binom.cdf(ended, wars, high) == pytest.approx(0.05, abs=1e-4)


def test_shares_outside_the_record_are_counted_in_the_readme() -> None:
    rows = kept("endings")
    outside = defaultdict(int)
    for row in rows:
        outside[row["scenario"]] += not float(row["record_low"]) <= float(row["share"]) <= float(row["record_high"])
    assert outside["baseline"] == 0
    assert "In the baseline all is within what is on record" in README
    assert f"`history/korea` {outside['history/korea']} of the {len(rows) // 2} shares are outside the record" in README


def test_endings_hold_together_and_the_baseline_expects_the_same_record(load) -> None:
    table = by("endings", "scenario", "outcome", "months")
    for scenario, months in itertools.product(on_record.AS_OLD, ("12", "24")):
        paused, ended, decided, lasting = (
            float(table[scenario, name, months]["share"])
            for name in ("paused_or_ended", "ended", "decided", "lasting_ceasefire")
        )
        assert max(decided, lasting) <= ended <= paused
        assert ended <= decided + lasting + 1e-9
    for scenario, name in itertools.product(on_record.AS_OLD, ("paused_or_ended", "ended", "decided", "lasting_ceasefire")):
        assert float(table[scenario, name, "12"]["share"]) <= float(table[scenario, name, "24"]["share"])
    pairs = (
        ("ended_within_12_months", "paused_or_ended", "12"), ("ended_within_24_months", "paused_or_ended", "24"),
        ("decided_within_24_months", "decided", "24"),
        ("lasting_ceasefire_within_12_months", "lasting_ceasefire", "12"),
    )  # fmt: skip
    expected = {one.id: one for one in load("baseline").world.expect}
    for name, outcome, months in pairs:
        row = table["baseline", outcome, months]
        bounds = expected[name].low, expected[name].high
        assert bounds == pytest.approx((float(row["record_low"]), float(row["record_high"])), abs=0.006)
