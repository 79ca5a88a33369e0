"""Levels by rule: what series say of the days before a start, what is wrong is said at its line, nothing later counts."""

from __future__ import annotations

import csv
import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from sim.model import WarScenario
from sim.observed import DataError, Level, data_beside, levels_at, with_levels
from sim.scenario import Quantity, load_scenario, quantities
from sim.scenario.read import read_value

WAR = load_scenario("baseline", WarScenario)
START = date(2024, 1, 1)
LOSSES = "kind: increments, file: losses.csv, of: cumulative_casualties.attacker, unit: persons, source: Claims"
AREA = "kind: levels, file: area.csv, of: held_area, unit: km2, source: A map"
CASUALTIES, HELD, PACE = "attrition.attacker.daily_casualties", "front.held_area_km2", "front.advance_km2_per_day"


def table(rows: list[tuple[date, object]]) -> str:
    return "".join(f"{day},{value}\n" for day, value in [("date", "value"), *rows])


def daily(first: date, values: list[float]) -> str:
    return table([(first + timedelta(days=day), value) for day, value in enumerate(values)])


def weekly(last: date, values: list[float]) -> str:
    return table([(last - timedelta(weeks=len(values) - 1 - at), value) for at, value in enumerate(values)])


@pytest.fixture
def told(tmp_path: Path):
    """Read levels off a daily series of losses, which grow by one a day until 2024-01-31, and a weekly map."""
    (tmp_path / "losses.csv").write_text(daily(date(2023, 1, 1), list(range(1, 397))))
    (tmp_path / "area.csv").write_text(weekly(date(2024, 1, 28), [100 + 10 * week for week in range(30)]))
    return lambda rules, **how: read(tmp_path, rules, **how)


def read(folder: Path, rules: str, rows: str = "rows: day", start: date = START, until: date | None = None):
    lines = "".join(f"  {rule}\n" for rule in rules.split("\n"))
    (folder / "war.yml").write_text(
        f"observations:\n  cutoff: 2024-01-31\n  series:\n    losses: {{{LOSSES}, {rows}}}\n    area: {{{AREA}}}\n"
        f"    truce: {{kind: event, of: ceasefire, happened: []}}\n" + (f"levels:\n{lines}" if rules else "")
    )
    return levels_at(folder / "war.yml", WAR, start, until)


def number(level: Level) -> Quantity:
    """Return the number that a level sets."""
    (path, text) = level.setting.split("=", 1)
    assert path == level.path
    return Quantity.parse(read_value(text))


# What is read off.


def test_a_mean_a_day_over_the_last_days(told) -> None:
    """2023 has the days 1 to 365 with as many losses, so that the last 91 are 275 to 365, 320 a day."""
    (level,) = told(f"{CASUALTIES}: {{from: losses, last_days: 91}}")
    assert (level.value, level.low, level.high, level.rows, level.cut) == (320.0, 320.0, 320.0, 91, ())
    assert (level.since, level.until) == (date(2023, 10, 2), date(2023, 12, 31))
    assert level.read_off == "from losses, 2023-10-02 to 2023-12-31, 91 rows"
    assert (number(level).central, number(level).assumption, number(level).note) == (320.0, True, level.read_off)
    assert told("") == ()


def test_nine_in_ten_draws_lie_between_the_means_of_the_windows(told) -> None:
    """Of the last 31 days 350 a day, of 181 275."""
    (level,) = told(f"{CASUALTIES}: {{from: losses, last_days: 91, spread: [31, 181]}}")
    spread = number(level).distribution
    assert (level.value, level.low, level.high, spread.name, spread.central) == (320.0, 275.0, 350.0, "triangular", 320.0)
    assert spread.below(350.0) - spread.below(275.0) == pytest.approx(0.9, abs=1e-4)
    # One mean of nothing, and none below: no draw is below nothing.
    (level,) = told(f"{CASUALTIES}: {{from: losses, last_days: 365, spread: [31], times: 0.0001}}")
    assert number(level).support[0] >= 0.0


def test_what_never_changes_has_no_spread(told, tmp_path: Path) -> None:
    (tmp_path / "losses.csv").write_text(daily(date(2023, 1, 1), [7.0] * 400))
    (level,) = told(f"{CASUALTIES}: {{from: losses, last_days: 91, spread: [31, 181]}}")
    assert (number(level).is_certain, level.value) == (True, 7.0)


def test_how_it_stands_and_its_change_a_day(told) -> None:
    """The map of the week of 31 December is of 2023-12-31, Sunday; a week is ten km2."""
    held, pace = told(f"{HELD}: {{from: area}}\n{PACE}: {{from: area, last_days: 28}}")
    assert (held.value, held.since, held.until, held.rows) == (350.0, date(2023, 12, 31), date(2023, 12, 31), 1)
    assert held.read_off == "from area, 2023-12-31, 1 row"
    assert (pace.value, pace.since, pace.until, pace.rows) == (1.42857, date(2023, 12, 3), date(2023, 12, 31), 2)
    # The map of up to a week before begins the window.
    (pace,) = told(f"{PACE}: {{from: area, last_days: 30}}")
    assert (pace.value, pace.since) == (1.42857, date(2023, 11, 26))


def test_rows_of_weeks_and_months_end_before_the_start(told, tmp_path: Path) -> None:
    (tmp_path / "losses.csv").write_text(weekly(date(2024, 1, 22), [70.0] * 15 + [7000.0] * 4))
    (level,) = told(f"{CASUALTIES}: {{from: losses, last_days: 35}}", rows="rows: week", start=date(2024, 1, 5))
    # The week of 1 January has not ended by the 5th, and of those before the last has 70.
    assert (level.value, level.until) == (10.0, date(2023, 12, 31))
    (tmp_path / "losses.csv").write_text(table([(date(2023, month, 1), 31.0) for month in range(1, 13)]))
    (level,) = told(f"{CASUALTIES}: {{from: losses, last_days: 31}}", rows="rows: month", start=date(2023, 11, 20))
    assert (level.value, level.since, level.until) == (1.0, date(2023, 10, 1), date(2023, 10, 31))
    # Of September, which has 30 days, a part of that month.
    (level,) = told(f"{CASUALTIES}: {{from: losses, last_days: 46}}", rows="rows: month", start=date(2023, 11, 1))
    assert level.value == pytest.approx((31 + 15 * 31 / 30) / 46, abs=1e-5)


def test_a_window_that_is_longer_than_the_series_is_cut_and_says_so(told, tmp_path: Path) -> None:
    (level,) = told(f"{CASUALTIES}: {{from: losses, last_days: 91, spread: [400]}}")
    assert (level.cut, level.low, level.rows) == ((400,), 183.0, 91)
    assert level.read_off.endswith("91 rows; the series is shorter than 400 days")
    (level,) = told(f"{PACE}: {{from: area, last_days: 300}}")
    assert (level.cut, level.since, level.value) == ((300,), date(2023, 7, 9), 1.42857)


def test_the_own_range_is_moved_or_scaled(told) -> None:
    own = dict(quantities(WAR.world))[PACE].distribution
    assert own.name == "triangular"
    (moved,) = told(f"{PACE}: {{from: area, last_days: 28, range: moved}}")
    ends = [limit - own.central for limit in own.support]
    assert number(moved).central == moved.value
    assert [limit - moved.value for limit in number(moved).support] == pytest.approx(ends, abs=1e-4)
    assert moved.low < moved.value < moved.high
    assert number(moved).distribution.below(moved.high) == pytest.approx(0.95)
    (scaled,) = told(f"{CASUALTIES}: {{from: losses, last_days: 91, range: scaled}}")
    own = dict(quantities(WAR.world))[CASUALTIES].distribution
    factor = 320.0 / own.central
    assert number(scaled).support == pytest.approx([factor * limit for limit in own.support], rel=1e-5)


def test_a_factor_and_its_unit(told) -> None:
    year = "support.attacker.year_casualties_persons"
    (level,) = told(f"{year}: {{from: losses, last_days: 365, times: 365}}")
    assert (level.value, level.times) == (365 * 183.0, 365.0)


def test_a_scenario_has_the_numbers_that_are_read_off(told, tmp_path: Path) -> None:
    levels = told(f"{CASUALTIES}: {{from: losses, last_days: 91, spread: [31]}}\n{HELD}: {{from: area}}")
    by_hand = WAR.with_settings([f"start_date={START}", f"{PACE}=3"])
    changed, found = with_levels(tmp_path / "war.yml", by_hand)
    assert found == levels
    assert dict(quantities(changed.world))[HELD].note == "from area, 2023-12-31, 1 row"
    again = by_hand.with_settings([one.setting for one in levels])
    assert {**again.tree, "title": changed.world.title} == changed.tree
    # The title says how many, the fingerprint which; what was set by hand is told as always.
    assert changed.world.title == f"{WAR.world.title}, with 2 levels of war.yml"
    assert [one.path for one in changed.settings] == [PACE, "start_date"]
    assert changed.fingerprint
    (tmp_path / "area.csv").write_text((tmp_path / "area.csv").read_text().replace(",350", ",351"))
    other, _ = with_levels(tmp_path / "war.yml", by_hand)
    assert other.fingerprint != changed.fingerprint
    assert other.settings == changed.settings
    # What is set by hand stays so, and later settings are told too.
    held, found = with_levels(tmp_path / "war.yml", by_hand.with_settings([f"{HELD}=7"]))
    assert ([one.path for one in found], dict(quantities(held.world))[HELD].central) == ([CASUALTIES], 7.0)
    assert [one.path for one in changed.with_settings([f"{HELD}=7"]).settings] == [PACE, HELD, "start_date"]
    told("")
    assert with_levels(tmp_path / "war.yml", by_hand) == (by_hand, ())


def test_units_are_those_of_the_scenario(told) -> None:
    rules = f"{CASUALTIES}: {{from: losses, last_days: 9}}\nmanpower.attacker.intake_per_month: "
    daily, monthly = told(rules + "{from: losses, last_days: 9, times: 30.44}")
    assert (daily.unit, monthly.unit, monthly.value) == (
        "persons a day",
        "persons a month",
        pytest.approx(30.44 * daily.value),
    )


def test_show_tells_them_with_their_rows(told, tmp_path: Path, parley) -> None:
    told(f"{CASUALTIES}: {{from: losses, last_days: 91, spread: [31]}}\n{HELD}: {{from: area}}")
    show = ("show", "baseline", "--data", "war.yml", "--set", f"start_date={START}")
    shown = " ".join(parley(*show, cwd=tmp_path).stdout.split())
    assert "Area held by Russia at the start (km2) 350 from area, 2023-12-31, 1 row" in shown
    assert "320 320 .. 350 from losses, 2023-10-02 to 2023-12-31, 91 rows" in shown
    rows = list(csv.DictReader(parley(*show, "area", "--csv", cwd=tmp_path).stdout.splitlines()))
    assert [(row["path"], row["value"], row["rows"], row["unit"]) for row in rows] == [(HELD, "350.0", "1", "km2")]
    told("")
    nothing = parley(*show, cwd=tmp_path)
    assert (nothing.returncode, nothing.stdout, "war.yml has no levels for baseline" in nothing.stderr) == (3, "", True)


def test_the_file_beside_a_scenario_has_its_name(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("title: Mine\nextends: baseline\n")
    mine = load_scenario(tmp_path / "mine.yaml", WarScenario)
    with pytest.raises(
        DataError, match=r"mine: error: there is no file of observations beside it\. Name one with --data, or"
    ):
        data_beside(mine)
    (tmp_path / "mine.yml").write_text("")
    assert data_beside(mine) == tmp_path / "mine.yml"
    # A scenario is no file of observations of itself.
    with pytest.raises(DataError):
        data_beside(replace(mine, path=tmp_path / "mine.yml"))


# Nothing later counts.

ALL = (
    f"{CASUALTIES}: {{from: losses, last_days: 91, spread: [30, 183]}}\n{HELD}: {{from: area}}\n"
    f"{PACE}: {{from: area, last_days: 30, range: moved}}"
)  # fmt: skip


@pytest.mark.parametrize("value", ["999999", "", "not a number"])
@pytest.mark.parametrize("start", [START, date(2023, 11, 15)])
def test_rows_of_the_start_and_later_change_nothing(told, tmp_path: Path, start: date, value: str) -> None:
    before = told(ALL, start=start)
    for name in ("losses.csv", "area.csv"):
        head, *lines = (tmp_path / name).read_text().splitlines()
        earlier = [line for line in lines if line < start.isoformat()]
        later = [f"{line.split(',')[0]},{value}" for line in lines if line >= start.isoformat()]
        assert later
        (tmp_path / name).write_text("\n".join([head, *earlier, *later, ""]))
        assert told(ALL, start=start) == before
        (tmp_path / name).write_text("\n".join([head, *earlier, ""]))
        assert told(ALL, start=start) == before
        # And what came before does count.
        (tmp_path / name).write_text("\n".join([head, *earlier[:-1], f"{earlier[-1].split(',')[0]},1", ""]))
        assert told(ALL, start=start) != before
        (tmp_path / name).write_text("\n".join([head, *lines, ""]))


def test_nothing_after_the_cutoff_is_read(told) -> None:
    (early,) = told(f"{HELD}: {{from: area}}", start=date(2024, 2, 2))
    assert early.until == date(2024, 1, 28)
    (early,) = told(f"{HELD}: {{from: area}}", start=date(2024, 1, 3), until=date(2023, 12, 31))
    assert early.until == date(2023, 12, 31)


# What is wrong.


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (f"{HELD[:-1]}: {{from: area}}", "3: error: unknown path 'front.held_area_km'. Did you mean 'front.held_area_km2'?"),
        (f"{HELD}: {{from: aera}}", "25: error: there is no series 'aera'. Did you mean 'area'?"),
        (f"{HELD}: {{from: truce}}", "25: error: truce is an event. Possible: losses, area"),
        (f"{HELD}: {{last_days: 3}}", "3: error: missing field 'from' in levels.front.held_area_km2"),
        (f"{HELD}: area", "3: error: front.held_area_km2 must be a mapping of fields, not the text 'area'"),
        (f"{CASUALTIES}: {{from: losses}}", "3: error: rows of losses tell what came about, and of no day how things stand. "
         "Write last_days: 91, for the mean a day over them"),
        (f"{HELD}: {{from: area, spread: [30]}}",
         "37: error: spread is of means over days, and how something stands on a day has none. Write last_days too"),
        (f"{PACE}: {{from: area, last_days: 9, spread: [90], range: moved}}", "57: error: spread and range are both given"),
        (f"{PACE}: {{from: area, last_days: 0}}", "43: error: last_days must lie between 1 and 18263 (days), not 0"),
        (f"{PACE}: {{from: area, last_days: 9, range: wide}}", "57: error: range must be one of moved, scaled, not the"),
        (f"{CASUALTIES}: {{from: losses, last_days: 30, range: scaled, times: 100000}}",
         "3: error: daily_casualties must lie between 0 and 1000000 (persons a day), but triangular"),
        (f"{HELD}: {{from: area, last_days: 28}}", "3: error: what is read off area is in km2 a day, and "
         "front.held_area_km2 in km2. Write times: by what it is multiplied to be in km2"),
        ("manpower.attacker.intake_per_month: {from: losses, last_days: 30}", "3: error: what is read off losses is in "
         "persons a day, and manpower.attacker.intake_per_month in persons a month. Write times: 30.44"),
        ("front.noise: {from: area}", "3: error: unknown path 'front.noise'"),
        ("attrition.law: {from: area}", "3: error: law must be one of"),
        ("horizon_months: {from: area, range: moved}", "32: error: the scenario has no range of 'horizon_months' that"),
        (f"{PACE}: {{from: area, last_days: 28, times: 0}}", "58: error: times must lie between 1e-12 and 1e+12"),
    ],
)  # fmt: skip
def test_bad_rules_are_told_at_their_line(told, tmp_path: Path, rule: str, says: str) -> None:
    (line,) = wrong(tmp_path, lambda: told(rule))
    assert line.startswith(f"war.yml:8:{says}")


@pytest.mark.parametrize(
    ("rule", "start", "says"),
    [
        (f"{CASUALTIES}: {{from: losses, last_days: 3}}", date(2023, 1, 1), "losses has no row before 2023-01-01"),
        (f"{HELD}: {{from: area}}", date(2023, 7, 9), "area has no row before 2023-07-09"),
        (f"{PACE}: {{from: area, last_days: 9}}", date(2023, 7, 10), "area has one row before the start, and no"),
    ],
)  # fmt: skip
def test_windows_without_rows(told, tmp_path: Path, rule: str, start: date, says: str) -> None:
    (line,) = wrong(tmp_path, lambda: told(rule, start=start))
    assert says in line


def test_series_that_end_long_before_the_start_or_have_gaps(told, tmp_path: Path) -> None:
    (tmp_path / "losses.csv").write_text(daily(date(2023, 1, 1), [1.0] * 350))
    (tmp_path / "area.csv").write_text(weekly(date(2023, 12, 24), [1.0] * 30))
    lines = wrong(tmp_path, lambda: told(f"{CASUALTIES}: {{from: losses, last_days: 3}}\n{HELD}: {{from: area}}"))
    assert [line.split(": error: ")[1].split(". ")[0] for line in lines] == [
        "the last row of losses before 2024-01-01 is of 2023-12-16, more than 7 days before",
        "the last row of area before 2024-01-01 is of 2023-12-24, more than 7 days before",
    ]
    (tmp_path / "losses.csv").write_text(daily(date(2023, 1, 1), [1.0] * 340 + [""] * 2 + [1.0] * 30))
    rule = f"{CASUALTIES}: {{from: losses, last_days: {{}}}}"
    assert told(rule.replace("{}", "23"))[0].value == 1.0
    (line,) = wrong(tmp_path, lambda: told(rule.replace("{}", "24")))
    assert line.startswith("losses.csv:342: error: value is empty of 2023-12-08. Add what came about then, or write since:")
    weeks = [(date(2023, 12, 31) - timedelta(weeks=back), 5) for back in (9, 4, 3, 2, 1, 0)]
    (tmp_path / "area.csv").write_text(table(weeks))
    (line,) = wrong(tmp_path, lambda: told(f"{PACE}: {{from: area, last_days: 40}}"))
    assert line.startswith("area.csv:2: error: the last number before 2023-11-21 is of 2023-10-29, more than 7 days before")


def test_ranges_that_cannot_be_moved_or_multiplied(told, tmp_path: Path) -> None:
    kinds = {
        "moved": [
            "{dist: lognormal, median: 5, log_sd: 0.1, max: 99}",
            "a lognormal range cannot be moved. Write scaled, or spread",
        ],
        "scaled": [
            "{dist: normal, mean: -5, sd: 1, min: -9, max: 9}",
            "a range about -5 cannot be multiplied to be about 1.42857. Write moved",
        ],
    }
    for how, (own, says) in kinds.items():
        changed = WAR.with_settings([f"{PACE}={own}"])
        told(f"{PACE}: {{from: area, last_days: 28, range: {how}}}")
        (line,) = wrong(tmp_path, lambda changed=changed: levels_at(tmp_path / "war.yml", changed, START))
        assert line.startswith("war.yml:8:58: error: " + says)


def test_several_problems_are_told_together_in_their_order(told, tmp_path: Path) -> None:
    lines = wrong(tmp_path, lambda: told(f"{HELD}: {{from: aera}}\n{CASUALTIES}: {{from: losses}}\nfront.x: {{from: area}}"))
    assert [line.split(":")[1] for line in lines] == ["8", "9", "10"]


def wrong(folder: Path, ask) -> list[str]:
    with pytest.raises(DataError) as caught:
        ask()
    assert all(problem.hint or " must " in problem.message for problem in caught.value.problems)
    return str(caught.value).replace(f"{folder}{os.sep}", "").split("\n")
