"""The baseline at earlier dates: that nothing from later is used, and how well it does."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from sim.ensemble.run import Ensemble
from sim.scenario import Scenario, ScenarioHead, quantities
from tests import as_of, hindcast
from tests.conftest import Load


@pytest.fixture(scope="module")
def baseline(load: Load) -> Scenario[ScenarioHead]:
    return load("baseline")


def test_statistics_of_paths() -> None:
    of = {name: function for name, (_, function) in hindcast.OF_PATHS.items()}
    swings = np.array([1.0, -1.0] * 3)
    assert of["memory"](swings) == pytest.approx(-5 / 6)
    assert of["no gain"](np.array([0.0, 1.0, -1.0, 2.0])) == 0.5
    assert of["sd"](swings) == pytest.approx(math.sqrt(6 / 5))
    # Steady growth is smooth; a doubling and halving in turn is not.
    assert of["roughness"](np.exp(0.1 * np.arange(9.0))) == pytest.approx(0.0, abs=1e-12)
    assert of["roughness"](np.array([1.0, 2.0, 1.0])) == pytest.approx(math.log(2) * math.sqrt(2))
    many = np.random.default_rng(4).normal(size=(7, 5))
    for function in (of["memory"], of["no gain"], of["sd"]):
        assert function(many).tolist() == pytest.approx([float(function(path)) for path in many.T])


def test_windows_are_forty_months_in_order() -> None:
    assert [len(as_of.after(origin)) for origin in as_of.ORIGINS] == [12, 12, 11, 5]
    for origin in as_of.ORIGINS:
        months = [*as_of.before(origin), *as_of.after(origin)]
        assert months == list(as_of.MONTHS[: len(months)])
        assert as_of.after(origin)[0].start == origin.start
    assert as_of.MONTHS[-1].start == date(2024, 11, 1)


@pytest.mark.parametrize("origin", as_of.ORIGINS, ids=lambda origin: str(origin.start))
def test_nothing_from_later_is_in_a_scenario(origin: as_of.Origin, baseline: Scenario[ScenarioHead]) -> None:
    later = [month if month.start < origin.start else as_of.Month(month.start, 9e9, 9e9) for month in as_of.MONTHS]
    earlier = [month if month.start >= origin.start else as_of.Month(month.start, 9e9, 9e9) for month in as_of.MONTHS]
    told = as_of.scenario_at(origin, baseline)
    assert as_of.scenario_at(origin, baseline, later) == told
    assert as_of.scenario_at(origin, baseline, earlier) != told
    assert as_of.before(origin, later) == as_of.before(origin)
    for items, name in as_of.dated(told):
        assert items[name]["date"] >= origin.start
        assert all(told["sources"][source]["date"] <= origin.start for source in as_of.sources_of(items[name]))
    assert "us_pause" not in told["arms"]["halts"]


@pytest.mark.parametrize("origin", as_of.ORIGINS, ids=lambda origin: str(origin.start))
def test_a_scenario_starts_from_the_levels_of_its_origin(origin: as_of.Origin, baseline: Scenario[ScenarioHead]) -> None:
    then = dict(quantities(baseline.world))
    scenario = as_of.load_at(origin, baseline)
    now = dict(quantities(scenario.world))
    assert scenario.world.start_date == origin.start
    assert now["front.held_area_km2"].central == origin.area_km2
    assert now["manpower.attacker.past_daily_casualties"].central == origin.claims_91
    casualties = now["attrition.attacker.daily_casualties"]
    inside = [casualties.quantile(np.array([share]))[0] for share in (0.05, 0.95)]
    ends = sorted((origin.claims_30, origin.claims_91, origin.claims_183))
    assert inside == pytest.approx([ends[0], ends[-1]], rel=0.04)
    assert not set(as_of.REFERENCES) & set(now)
    # Belts are where they were on the map.
    for path in [path for path in now if path.startswith("front.belts.") and path.endswith(".at_km2")]:
        places = [one[path].central + one["front.held_area_km2"].central for one in (now, then)]
        assert places[0] == pytest.approx(places[1])


def test_months_add_up_to_what_a_run_tells(baseline: Scenario[ScenarioHead], ensemble: Callable[..., Ensemble]) -> None:
    # Through a leap day: 2024-01-01 to 2024-07-01.
    scenario = as_of.load_at(as_of.ORIGINS[2], baseline)
    told, whole = hindcast.play(scenario, 6, 12, 1), ensemble(scenario, 12, 182, series=False)
    assert told.km2.shape == told.claims.shape == told.at_war.shape == (6, 12)
    assert told.km2.sum(axis=0) == pytest.approx(whole.outcomes["ground_gained_km2"])
    claimed = whole.outcomes["casualties_attacker"] / whole.drawn["attrition.level_factor"]
    assert told.claims.sum(axis=0) == pytest.approx(claimed)
    assert told.at_war[-1].tolist() == (whole.outcomes["ending"] == "war_goes_on").tolist()
    # What is over once is over.
    assert (told.at_war[1:] <= told.at_war[:-1]).all()


@pytest.mark.ensembles
def test_the_baseline_told_forty_months_as_well_as_it_must() -> None:
    found = hindcast.hindcast(1000)
    text = hindcast.as_text(found)
    print(text)
    assert len(text.splitlines()) <= 40
    assert max(map(len, text.splitlines())) <= 80
    assert found["all"]["months"] == 40
    assert found["all"]["at_war"] > 200
    assert hindcast.missed(found) == []
