"""What `check` says of the first days: one line where something is out of line, and nothing about the shipped wars."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim import catalogue
from sim.ensemble.run import Plan, run_ensemble
from sim.model import WarScenario
from sim.model.first_days import first_days, luck_of_the_front
from sim.scenario import load_scenario, quantities
from tests.conftest import ROOT

OUT_OF_LINE = {
    "an army at the edge": (
        ["collapse.defender.force_share=0.95"],
        ["collapse.defender.force_share: at first the army collapses at a rate of 0."],
    ),
    "recruits of the past": (
        ["manpower.attacker.past_intake_per_month=300_000"],
        ["manpower.attacker.past_intake_per_month: at first 11% more of the force a week join it after training than are"],
    ),
    "wounded of the past": (
        ["manpower.defender.past_daily_casualties=30_000"],
        ["manpower.defender.past_daily_casualties: at first 2"],
    ),
    "deserters": (
        ["manpower.defender.desertion_share_per_month=0.3"],
        ["manpower.defender.desertion_share_per_month: at first 7% of the force desert a week. Write a lower share"],
    ),
    "an empty pool": (
        ["manpower.defender.pool_persons=1000"],
        ["manpower.defender.pool_persons: the pool gives 1,000 recruits in the first 10 days, where intake_per_month asks "],
    ),
    "a stock that runs down": (
        ["arms.attacker.production_fire_days_per_month=0", "arms.backers.north_korea.past_aid_per_month_beur=0"],
        ["arms.attacker.production_fire_days_per_month: the stock of 54 days of full fire is used up in 6"],
    ),
    "a stock that fills up": (
        ["arms.defender.production_fire_days_per_month=100"],
        ["arms.defender.production_fire_days_per_month: the fire that the stock allows goes from 0.30 to 0.5"],
    ),
    "fire that jumps": (
        ["events={now: {when: {date: 2024-12-04}, effect: {arms.defender.ration_days: {scale: 3}}}}"],
        ["arms.defender.fire_at_start_share: fire goes from 0.30 at the start to 0.13 on the first day"],
    ),
    "another pace": (
        ["front.advance_reverts_days=1", "front.advance_settled_km2_per_day=-3"],
        ["front.advance_km2_per_day: the first 10 days gain 2."],
    ),
    "losses that no army bears": (
        ["attrition.defender.daily_casualties=12_000", "support.defender.year_casualties_persons=4_000_000"],
        [
            "collapse.defender.force_share: at first the army collapses at a rate of 0.059",
            "attrition.defender.daily_casualties: 7,394 a day, less who joins, use up the force of 400,000 in 61 days",
        ],
    ),
    "losses that are cut off": (
        ["attrition.max_daily_loss_share=0.001"],
        [
            "attrition.attacker.daily_casualties: the first day costs 5",
            "attrition.defender.daily_casualties: the first day",
        ],
    ),
    "a pool of a few months": (
        ["manpower.defender.intake_per_month=500_000", "manpower.defender.past_intake_per_month=20_000"],
        ["manpower.defender.intake_per_month: 500,000 a month would empty the pool of "],
    ),
    "thousands": (
        ["manpower.attacker.force_persons=600"],
        ["manpower.attacker.force_persons: 600 persons for 1,500 casualties a day: are these thousands? Write persons"],
    ),
    "a pace that cannot be": (
        ["front.advance_sd_km2_per_day=500"],
        ["front.advance_sd_km2_per_day: the pace differs from month to month by 500 km2 a day, where "],
    ),
    "another year": (
        ["support.attacker.year_casualties_persons=20_000"],
        ["support.attacker.year_casualties_persons: a year of the war before is said to have cost 20,000, "],
    ),
    "a small map": (
        ["front.held_area_km2=100", "front.total_area_km2=500"],
        ["front.total_area_km2: at the pace of the first 10 days, "],
    ),
    "little ground": (
        ["front.held_area_km2=200"],
        ["front.held_area_km2: the war begins 200 km2 from an ending by ground (the attacker has lost all that he holds), "],
    ),
    "aims that are near": (
        ["aims={attacker: {stops_at_km2: 112_000}}"],
        ["aims.attacker.stops_at_km2: the war begins 500 km2 from an ending by ground (the attacker's aims), where "],
    ),
    "no ground left": (
        ["front.held_area_km2=603_600"],
        ["the fighting is over after 7 days, before anything has happened. Look at front.held_area_km2, "],
    ),
}


@pytest.mark.parametrize("case", OUT_OF_LINE)
def test_what_is_out_of_line_is_one_line_with_its_place(load: Any, case: str) -> None:
    settings, expected = OUT_OF_LINE[case]
    said = first_days(load("no_talks", *settings))
    assert [line[: len(start)] for line, start in zip(said, expected, strict=True)] == expected


def test_what_is_bargained_over_is_in_proportion(load: Any) -> None:
    assert first_days(load("baseline", "negotiation.attacker.cost_of_war_per_year=1")) == []
    dear, far = (
        first_days(load("baseline", setting))
        for setting in (
            "negotiation.attacker.cost_of_war_per_year=1.5",
            "negotiation.issues.territory.options.line_of_2022.area_km2=700_000",
        )
    )
    assert len(dear) == len(far) == 1
    assert dear[0].startswith("negotiation.attacker.cost_of_war_per_year: a year of war costs 1.5 times all that is")
    assert far[0].startswith(
        "negotiation.issues.territory.options.line_of_2022.area_km2: the attacker keeps 700,000 km2, where 603,628 are"
    )


@pytest.mark.parametrize("name", sorted(catalogue.shipped()))
def test_the_shipped_wars_begin_as_they_say(load: Any, name: str) -> None:
    assert first_days(load(name)) == []


@pytest.mark.parametrize(
    "settings",
    [
        # Other levels than were seen move another ground, which is what they are set for.
        ["manpower.defender.force_persons=500_000"],
        ["manpower.attacker.force_persons=1_200_000", "arms.defender.fire_at_start_share=0.6"],
        # Who begins to mobilize has no one in training yet.
        ["manpower.attacker.past_intake_per_month=0", "manpower.attacker.intake_per_month=200_000"],
        # What may come on these days, or by luck, is not of the start.
        ["front.offensives={push: {side: attacker, date: 2024-12-05, days: 30, intensity: 8, probability: 1}}"],
        ["events={may: {when: {date: 2024-12-04}, probability: 0.9, effect: {arms.defender.ration_days: {scale: 3}}}}"],
        ["attrition.noise_log_sd=2", "front.advance_sd_km2_per_day=100"],
        # Who holds nothing at the start has nothing to lose; nor has who holds more than luck moves.
        ["front.held_area_km2=0"],
        ["front.held_area_km2=500"],
        # A pace of 0 that wavers.
        ["front.advance_km2_per_day=0"],
    ],
)
def test_what_is_meant_is_not_remarked_on(load: Any, settings: list[str]) -> None:
    assert first_days(load("no_talks", *settings)) == []


def test_what_luck_makes_of_little_ground_is_what_the_model_does(load: Any) -> None:
    war = Path(__file__).parents[1] / "wars/long_war.yaml"

    def after(held: str, days: int) -> Any:
        scenario = load_scenario(war, WarScenario, [f"front.held_area_km2={held}"])
        return scenario, run_ensemble(scenario, Plan(400, 1, days, series=False)).outcomes

    plenty, moved = after("40_000", 28)
    known = dict(quantities(plenty.world))
    noise = known["front.advance_sd_km2_per_day"].central, known["front.advance_reverts_days"].central
    luck = luck_of_the_front(*noise, np.array([28.0]))
    assert moved["ground_gained_km2"].std() == pytest.approx(float(luck[0]), rel=0.1)
    assert first_days(plenty) == []
    # What is remarked on does end so by luck, and what is not hardly ever does.
    for held, ends, is_said in (("20", (0.05, 0.2), True), ("150", (0.0, 0.01), False)):
        scenario, found = after(held, 29)
        assert ends[0] <= np.mean(found["ending"] == "defender_holds_all") <= ends[1]
        assert bool(first_days(scenario)) == is_said


def test_a_line_says_where_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("title: Mine\nextends: no_talks\nmanpower:\n  defender:\n    pool_persons: 1000\n", encoding="utf-8")
    (line,) = first_days(load_scenario(file, WarScenario))
    assert line.startswith("manpower.defender.pool_persons: the pool gives 1,000 recruits")
    assert line.endswith(". Write a larger pool (line 5 of mine.yaml)")


def test_check_says_it(parley: Any, tmp_path: Path) -> None:
    setting = "manpower.defender.pool_persons=1000"
    done = parley("check", "baseline", "--set", setting, cwd=tmp_path)
    assert done.returncode == 0
    notes = " ".join(done.stdout.split()).split(" note: ")[1:]
    assert notes == first_days(_loaded(setting))
    assert len(notes) == 1


def _loaded(setting: str) -> Any:
    from sim.model import WarScenario
    from sim.scenario import load_scenario

    return load_scenario(str(ROOT / "scenarios" / "baseline.yaml"), WarScenario, [setting])
