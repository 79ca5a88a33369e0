"""The lock: the baseline's central values are the article's."""

import numpy as np
import pytest

from sim.results.targets import check_targets
from sim.scenario import quantities
from sim.words.layout import as_text
from sim.words.targets import target_table
from tests.conftest import WITH_DEFAULTS, written


def test_the_baselines_central_values_are_the_articles(load):
    central = {path: quantity.central for path, quantity in quantities(load("baseline").world)}
    assert central["attrition.attacker.daily_casualties"] == 1_500
    assert central["manpower.attacker.intake_per_month"] == 30_000


def test_the_articles_casualties_are_claims_whatever_is_true_of_them(load, ensemble):
    """On the first days the war claims the 1,500; what is lost is that times the level factor."""
    steady = ("attrition.attacker.daily_casualties=1_500", "attrition.noise_log_sd=0", "front.effort_log_sd=0")
    for factor in (0.5, 0.885, 1.25):
        row = ensemble(load("baseline", *steady, f"attrition.level_factor={factor}"), 50, 31).outcomes
        claimed, lost = row["claimed_casualties_30_days_attacker"], row["daily_casualties_30_days_attacker"]
        np.testing.assert_allclose(lost, factor * claimed, rtol=1e-12)
        assert claimed.mean() == pytest.approx(1_500, rel=0.05)
    nothing = ensemble(load("baseline", "attrition.level_factor=0"), 5, 31).outcomes
    assert nothing["claimed_casualties_30_days_attacker"].tolist() == [0.0] * 5


def test_the_lock_notices_another_value(load):
    moved = load("baseline", "attrition.attacker.daily_casualties=1_400")
    assert dict(quantities(moved.world))["attrition.attacker.daily_casualties"].central != 1_500


def test_every_number_of_a_shipped_scenario_has_a_source_or_is_an_assumption(load):
    from sim.scenario import shipped

    names = shipped()
    assert {"baseline", "history/iwo_jima"} <= set(names)
    for name in names:
        by_path = dict(quantities(load(name).world))
        bare = [path for path, q in by_path.items() if not (q.sources or q.assumption or q.word)]
        if name in WITH_DEFAULTS:
            bare = [path for path in bare if path in written(load(name))]
        # A default of 0 is a part of the model that the scenario leaves out.
        assert [path for path in bare if by_path[path].central != 0] == []


def test_the_baseline_meets_its_targets(load, ensemble):
    checked = check_targets(ensemble(load("baseline"), 2000, 731))
    print(as_text([target_table(checked)]))
    assert [one.expectation.id for one in checked] == [
        "casualties_a_day_first_30_days",
        "casualties_a_day_defender_first_30_days",
        "ground_in_30_days_km2",
        "ground_in_12_months_km2",
        "casualties_per_km2_year_one",
        "force_growth_attacker_6_months",
        "force_change_share_defender_12_months",
        "talks_that_fail",
        "ended_within_12_months",
        "ended_within_24_months",
        "decided_within_24_months",
        "lasting_ceasefire_within_12_months",
    ]
    assert [one.expectation.id for one in checked if not one.met] == []


@pytest.mark.parametrize(
    "change",
    [
        "attrition.attacker.daily_casualties=2_200",
        "front.advance_km2_per_day=5",
        "negotiation.talks.fail_per_year=1",
        "negotiation.talks.open_per_year=0",
    ],
)
def test_a_moved_baseline_misses_them(load, ensemble, change):
    assert not all(one.met for one in check_targets(ensemble(load("baseline", change), 500, 731)))
