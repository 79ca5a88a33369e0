"""Loading: what a right scenario gives, and one exact line for each mistake."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from sim.model import WarScenario
from sim.scenario import Scenario, ScenarioError, load_scenario
from sim.scenario.walk import offered

TITLE = "title: Fine\n"


def test_a_right_scenario(load: Any, tmp_path: Path) -> None:
    scenario = load()
    assert isinstance(scenario, Scenario)
    assert scenario.name == "s"
    assert scenario.path == tmp_path / "s.yaml"
    assert scenario.head is scenario.world
    world = scenario.world
    assert (world.title, world.start_date, world.horizon_months) == ("Fine", datetime.date(2024, 12, 4), 36)
    assert world.sides.attacker.name == "Red"
    assert world.sources["kiel-2024"].date == "2024-10-01"
    assert world.arms.backers[1].delay_days.central == 60
    assert world.losses.killed_share.sources == ("kiel-2024",)
    assert scenario.tree["losses"]["killed_per_day"] == 30_000


LOSSES = "losses:\n  killed_share: {value: 0.3, source: [kiel-2024], note: a note}\n  killed_per_day: 30_000\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "delay_days: 60",
            "delay_day: 60",
            "14:7: error: unknown field 'delay_day' in arms.backers[europe]. Did you mean 'delay_days'?",
        ),
        (
            "delay_days: 60",
            "zzz: 60",
            "14:7: error: unknown field 'zzz' in arms.backers[europe]. Possible: id, aid_per_month_beur, delay_days",
        ),
        (
            "aid_per_month_beur: 5",
            "aid_per_mont_beur: 5",
            "13:7: error: unknown field 'aid_per_mont_beur' in arms.backers[europe]. Did you mean 'aid_per_month_beur'?",
        ),
        (
            "  killed_per_day: 30_000\n",
            "",
            "15:1: error: missing field 'killed_per_day' in losses. Write a number of at least 0 (soldiers a day): Deaths.",
        ),
        (
            LOSSES,
            "",
            "1:1: error: missing section 'losses'. Its fields: "
            "killed_share, killed_per_day, stages, speed, rounds, shares, by_name, on_paper, label, zone",
        ),
        (LOSSES, "losses:\n", "15:1: error: losses is empty. Write a mapping of fields"),
        (
            LOSSES,
            "losses: 3\n",
            "15:1: error: losses must be a mapping of fields, not 3. Write 'name: value' lines below it, indented",
        ),
        (
            "  killed_per_day: 30_000\n",
            "  killed_per_day: {value: -3, note: hm}\n",
            "17:3: error: killed_per_day must be at least 0 (soldiers a day), not -3",
        ),
        (
            "  killed_per_day: 30_000\n",
            "  killed_per_day: {dist: normal, mean: 1, sd: 2}\n",
            "17:3: error: killed_per_day must be at least 0 (soldiers a day), "
            "but normal(mean 1, sd 2) goes from -inf to inf. "
            "Add min: 0 to cut it off",
        ),
        (
            "  killed_per_day: 30_000\n",
            "  killed_per_day: 30,000\n",
            "17:3: error: killed_per_day must be a number, not the text '30,000'. Write 30000",
        ),
        ("high: 4,", "high: abc,", "11:51: error: aid_per_month_beur.high must be a number, not the text 'abc'"),
        ("high: 4,", "hgh: 4,", "11:51: error: unknown key 'hgh' in aid_per_month_beur. Did you mean 'high'?"),
        ("high: 4,", "", "11:7: error: aid_per_month_beur lacks 'high'. uniform takes low and high"),
        (
            "dist: uniform",
            "dist: unifrm",
            "11:28: error: unknown distribution 'unifrm' in aid_per_month_beur. Did you mean 'uniform'?",
        ),
        (
            "source: kiel-2024}",
            "source: kiel-2023}",
            "11:60: error: unknown source 'kiel-2023'. Did you mean 'kiel-2024'?",
        ),
        ("source: [kiel-2024]", "source: [kiel-2024, x]", "16:50: error: unknown source 'x'. Possible: kiel-2024"),
        (
            "id: europe",
            "id: united_states",
            "12:7: error: id 'united_states' stands in this list already. Every id is unique",
        ),
        (
            "id: europe",
            "id: EU 27",
            "12:7: error: id 'EU 27' may have only a-z, 0-9 and _, and starts with a letter. Write 'eu'",
        ),
        ("- id: europe\n      ", "- ", "12:7: error: missing field 'id' in arms.backers[1]. Write a name of a-z, 0-9 and _"),
        ("quality: A", "quality: E", "7:66: error: quality must be one of A, B, C, D, not the text 'E'"),
        (
            "quality: A",
            "quality: a",
            "7:66: error: quality must be one of A, B, C, D, not the text 'a'. Did you mean 'A'?",
        ),
        ("date: 2024-10-01", "date: [1]", "7:36: error: date must be a date or text, not a list"),
        (TITLE, "title: 5\n", "1:1: error: title must be text, not 5. Put it in quotes"),
        (TITLE, "title: ''\n", "1:1: error: title must have at least 1 character, not the text ''"),
        (
            "start_date: 2024-12-04",
            "start_date: 4 December",
            "3:1: error: start_date must be a date such as 2024-12-04, not the text '4 December'. "
            "Write year-month-day, without quotes",
        ),
        (
            "start_date: 2024-12-04",
            "start_date: '2024-12-04'",
            "3:1: error: start_date must be a date such as 2024-12-04, not the text '2024-12-04'. "
            "Write year-month-day, without quotes",
        ),
        (
            "horizon_months: 36",
            "horizon_months: 36.5",
            "4:1: error: horizon_months must be a whole number, not 36.5. Write a number between 1 and 600 (months)",
        ),
        (
            "horizon_months: 36",
            "horizon_months: 601",
            "4:1: error: horizon_months must lie between 1 and 600 (months), not 601",
        ),
        (
            "horizon_months: 36",
            "horizon_months: 0",
            "4:1: error: horizon_months must lie between 1 and 600 (months), not 0",
        ),
        (
            "horizon_months: 36\n",
            "",
            "1:1: error: missing field 'horizon_months'. Write horizon_months or horizon_days",
        ),
        (
            "horizon_months: 36\n",
            "horizon_months: 36\nhorizon_days: 9\n",
            "5:1: error: horizon_months and horizon_days are both given. Keep one of them",
        ),
        (
            "horizon_months: 36",
            "horizon_months: yes",
            "4:17: error: 'yes' is unclear. Write true, or \"yes\" in quotes if it is a text",
        ),
        (", defender: {name: Blue}", "", "5:1: error: missing section 'defender' in sides. Its fields: name"),
        (
            "  killed_per_day: 30_000\n",
            "  killed_per_day: 3\n  rounds: 7\n",
            "15:1: error: seven rounds are never played",
        ),
        (
            "  killed_per_day: 30_000\n",
            "  killed_per_day: 3\n  on_paper: 1\n",
            "18:3: error: on_paper must be true or false, not 1",
        ),
        (
            "  killed_per_day: 30_000\n",
            "  killed_per_day: 3\n  stages: {dist: uniform, low: 1, high: 2}\n",
            "18:3: error: stages must be a fixed number, not uniform(low 1, high 2). "
            "Write one number; this field cannot be drawn",
        ),
        (
            "  killed_per_day: 30_000\n",
            "  killed_per_day: 3\n  shares: [0.1, 1.5]\n",
            "18:17: error: shares[1] must lie between 0 and 1 (share), not 1.5",
        ),
        (
            "  killed_per_day: 30_000\n",
            "  killed_per_day: 3\n  zone: {kind: guards, number: -1}\n",
            "18:24: error: number must be at least 0 (soldiers), not -1",
        ),
        (
            "  killed_per_day: 30_000\n",
            "  killed_per_day: 3\n  zone: {kind: guards, numbr: 1}\n",
            "18:24: error: unknown field 'numbr' in losses.zone. Did you mean 'number'?",
        ),
        (
            "  killed_per_day: 30_000\n",
            "  killed_per_day: 3\n  zone: {kind: gards}\n",
            "18:10: error: unknown kind 'gards' in zone. Did you mean 'guards'?",
        ),
        (
            "  killed_per_day: 30_000\n",
            "  killed_per_day: 3\n  zone: {number: 3}\n",
            "18:3: error: missing field 'kind' in losses.zone. Possible: guards, paper",
        ),
        (
            "  backers:\n    - id: united_states\n",
            "  backers:\n    - 3\n    - id: united_states\n",
            "10:7: error: backers[0] must be a mapping of fields, not 3. Write 'name: value' lines below it, indented",
        ),
    ],
)
def test_one_mistake_one_line(fine: str, lines: Any, old: str, new: str, said: str) -> None:
    assert fine.count(old) == 1
    assert lines(fine.replace(old, new)) == [f"s.yaml:{said}"]


def test_how_a_source_is_written_is_said_once_where_there_is_none(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    numbers = "{attacker: {pool_persons: {value: 5, source: a}}, defender: {pool_persons: {value: 5, source: [b]}}}"
    file.write_text(f"title: Mine\nmanpower: {numbers}\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        load_scenario(file, WarScenario)
    said = [str(one) for one in error.value.problems if "unknown source" in str(one)]
    assert len(said) == 2
    assert "unknown source 'a'. Add it to 'sources', as in sources: {a: {author: IISS, title: The Military " in said[0]
    assert said[1].endswith("unknown source 'b'. Add it to 'sources'")
    # As it is said, so it is read.
    sources = said[0].partition("as in ")[2]
    extending = f"extends: baseline\n{sources}\nmanpower: {{attacker: {{pool_persons: {{value: 5, source: a}}}}}}\n"
    file.write_text(f"title: Mine\ndescription: Mine.\n{extending}", encoding="utf-8")
    assert load_scenario(file, WarScenario).world.sources["a"].author == "IISS"


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        (["front.held_area_km2=700_000"], "--set front.held_area_km2=700_000"),
        (["front.total_area_km2=1"], "--set front.total_area_km2=1"),
        (["front.total_area_km2=1", "front.advance_km2_per_day=3"], "--set front.total_area_km2=1"),
    ],
)
def test_two_numbers_that_contradict_are_told_with_the_one_that_was_set(settings: list[str], place: str) -> None:
    with pytest.raises(ScenarioError) as error:
        load_scenario("baseline", WarScenario, settings)
    (said,) = map(str, error.value.problems)
    assert said.startswith(f"{place}: error: held_area_km2 must not be larger than total_area_km2. Write")


def test_an_unknown_section_names_those_there_are(fine: str, lines: Any, schema: Any) -> None:
    (said,) = lines(fine + "weather: mild\n")
    assert said == f"s.yaml:18:1: error: unknown field 'weather'. Possible: {', '.join(offered(schema)[:12])}, ..."


def test_a_tag_is_one_mistake(fine: str, lines: Any) -> None:
    said = lines(fine.replace("killed_per_day: 30_000", "killed_per_day: !!int '3'"))
    assert said == ["s.yaml:17:19: error: tag '!!int' is not allowed. Remove it"]


def test_a_union_without_a_tag_is_one_mistake(fine: str, lines: Any) -> None:
    said = lines(fine + "  label: [1]\n")
    assert said == ["s.yaml:18:3: error: label must be a whole number or text, not a list"]


def test_a_list_that_is_none(fine: str, lines: Any) -> None:
    start, end = fine.index("  backers:"), fine.index("losses:")
    text = fine[:start] + "  backers: none\n" + fine[end:]
    assert lines(text) == [
        "s.yaml:9:3: error: backers must be a mapping by id, not the text 'none'. Write a line 'name:' for each, "
        "with its fields below it, indented"
    ]


def test_nine_mistakes_nine_lines(fine: str, lines: Any) -> None:
    text = (
        fine.replace("title: Fine", "title: 5")
        .replace("2024-12-04", "2024-13-04")
        .replace("horizon_months: 36", "horizon_month: 36\nhorizon_days: 0")
        .replace("quality: A", "quality: E")
        .replace("high: 4", "high: 2")
        .replace("id: europe", "id: united_states")
        .replace("delay_days: 60", "delay_days: yes")
        .replace("source: [kiel-2024]", "source: [kiel]")
    )
    assert lines(text) == [
        "s.yaml:1:1: error: title must be text, not 5. Put it in quotes",
        "s.yaml:3:13: error: there is no day 2024-13-04 in the calendar. Write year-month-day",
        "s.yaml:4:1: error: unknown field 'horizon_month'. Did you mean 'horizon_months'?",
        "s.yaml:5:1: error: horizon_days must lie between 1 and 18263 (days), not 0",
        "s.yaml:8:66: error: quality must be one of A, B, C, D, not the text 'E'",
        "s.yaml:12:7: error: aid_per_month_beur: low must be less than high, not 3 and 2",
        "s.yaml:13:7: error: id 'united_states' stands in this list already. Every id is unique",
        "s.yaml:15:19: error: 'yes' is unclear. Write true, or \"yes\" in quotes if it is a text",
        "s.yaml:17:39: error: unknown source 'kiel'. Did you mean 'kiel-2024'?",
    ]


def test_control_characters_of_the_user_do_not_reach_the_terminal(fine: str, lines: Any) -> None:
    (line,) = lines(fine.replace("delay_days", '"a\u200bb"'))
    assert "'a\\u200bb'" in line


def test_a_thousand_mistakes_are_all_counted(fine: str, load: Any) -> None:
    text = fine + "".join(f"  unknown_{i}: 1\n" for i in range(1000))
    with pytest.raises(ScenarioError) as caught:
        load(text)
    assert len(caught.value.problems) == 1000
    assert str(caught.value).endswith("... and 980 more problems")


def spoil(value: Any) -> None:
    """Take everything out of a value that can be changed, at any depth."""
    for below in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        spoil(below)
    if isinstance(value, dict | list):
        value.clear()


def test_a_file_read_again_is_what_was_read_before(load: Any) -> None:
    first = load()
    kept = repr(first.tree)
    # Whatever becomes of the first scenario is its own affair.
    spoil(first.tree)
    assert first.tree == {}
    assert repr(load().tree) == kept
