"""Every outcome column, worked out again from the daily history of the plain reference."""

from typing import Any

import numpy as np
import pytest

from sim.engine.world import Setting
from sim.ensemble.outcomes import landmarks, outcome_columns
from sim.model import MECHANISMS, RATIOS, WarScenario, knob_ranges, outcomes_of, simulate
from sim.model.ceasefire import Ceasefire
from sim.model.endings import CODES, ENDINGS_ALONE
from sim.model.outcomes import State
from sim.scenario import load_scenario
from tests.reference.cases import CHANGES
from tests.reference.war import simulate as plain_history
from tests.test_oracle import SEED, Luck

DAYS, REPLICATIONS = 400, 12
MONTH = 365.25 / 12
SIDES = ("attacker", "defender")


def expected(series: dict[str, list[float]], backers: dict[str, str]) -> dict[str, float | str]:
    def at(name: str, day: int = DAYS) -> float:
        return series[name][day]

    def since(name: str, day: int = DAYS) -> float:
        return series[name][day] - series[name][0]

    ended = at("ending_day")

    def taken(day: int = DAYS) -> float:
        # What was handed over under deals was not taken.
        return since("held_area", day) - since("handed_over", day)

    ground_year = taken(365)
    # Flows are those of a year without a ceasefire.
    all_war, half = at("ceasefires", 365) == 0, 182
    months = (ended if 0 <= ended <= 365 else 365) / MONTH if all_war else np.nan
    row: dict[str, float | str] = {
        "ending": [*CODES][int(at("ending"))],
        "ending_day": ended if ended >= 0 else np.nan,
        "ground_gained_km2": taken(),
        "ground_30_days_km2": taken(30),
        "ground_12_months_km2": ground_year,
        "claimed_casualties_per_km2_12_months": at("claimed_casualties.attacker", 365) / ground_year
        if ground_year > 0
        else np.nan,
        "casualties_per_km2_12_months": at("cumulative_casualties.attacker", 365) / ground_year
        if ground_year > 0
        else np.nan,
    }
    for side in SIDES:
        mine = [name for name, of in backers.items() if of == side]
        starts = [day for day in (0, 31, 62, 90, 121, 151, 182, 212, 243, 274, 304, 335, 365, 396) if day <= DAYS]
        low = [month for month, day in enumerate(starts) if at(f"fire.{side}", day) < 0.5 and at("at_war", day) == 1]
        # What joins the force: those who came out of training, and the wounded who returned.
        arrived = sum(series[f"arrivals.{side}"][1:366])
        returned = since(f"returned.{side}", 365)
        row |= {
            f"routs_{side}": at(f"routs.{side}"),
            f"casualties_{side}": at(f"cumulative_casualties.{side}"),
            f"killed_{side}": at(f"killed.{side}"),
            f"force_start_{side}": at(f"force.{side}", 0),
            f"force_end_{side}": at(f"force.{side}"),
            f"recruited_{side}": at(f"recruited.{side}"),
            f"fired_days_{side}": sum(series[f"fire.{side}"][1:]),
            f"stock_days_end_{side}": at(f"stock_days.{side}"),
            f"fire_below_half_month_{side}": low[0] if low else np.nan,
            f"aid_pledged_beur_{side}": sum(since(f"pledged_beur.{name}") for name in mine),
            f"aid_delivered_beur_{side}": sum(at(f"delivered_beur.{name}") for name in mine),
            f"daily_casualties_30_days_{side}": sum(series[f"casualties.{side}"][1:31]) / 30,
            f"claimed_casualties_30_days_{side}": at(f"claimed_casualties.{side}", 30) / 30,
            f"force_growth_per_month_6_months_{side}": since(f"force.{side}", half) / (half / MONTH)
            if at("at_war", half) and at("ceasefires", half) == 0 else np.nan,
            f"casualties_12_months_{side}": sum(series[f"casualties.{side}"][1:366]),
            f"force_change_12_months_{side}": since(f"force.{side}", 365) if at("at_war", 365) and all_war else np.nan,
            f"force_change_12_months_share_{side}": since(f"force.{side}", 365) / at(f"force.{side}", 0)
            if at("at_war", 365) and all_war else np.nan,
            f"trained_per_month_12_months_{side}": (arrived - returned) / months,
            f"returned_per_month_12_months_{side}": returned / months,
            f"killed_per_month_12_months_{side}": at(f"killed.{side}", 365) / months,
            f"wounded_per_month_12_months_{side}": (
                at(f"cumulative_casualties.{side}", 365) - at(f"killed.{side}", 365)
            ) / months,
            f"deserted_per_month_12_months_{side}": at(f"deserted.{side}", 365) / months,
        }  # fmt: skip
    for side in SIDES:
        due, broken = at(f"due_obligations.{side}"), at(f"broken_obligations.{side}")
        row[f"broke_word_{side}"] = float(broken > 0) if due > 0 else np.nan
    row["land_handed_over_km2"] = at("handed_over")
    return row | deals(series) | others(series)


def others(series: dict[str, list[float]]) -> dict[str, float | str]:
    """What parties and escalation come to, of a scenario that has both."""
    if not any(name.startswith("will.") for name in series):
        return {}
    row: dict[str, float | str] = {
        name.replace(".", "_"): values[DAYS]
        for name, values in series.items()
        if name.startswith(("will.", "pledge_factor.", "escalations."))
    }
    return row | {f"strikes_on_backers_{side}": series[f"strikes.{side}"][DAYS] for side in SIDES}


def deals(series: dict[str, list[float]]) -> dict[str, float | str]:
    """What was signed, from the day on which it was."""
    day = next((day for day, value in enumerate(series["deal_day"]) if value >= 0), None)
    talks = [day for day, value in enumerate(series["talks_opened"]) if value > 0]
    gap = series["believed_drift.attacker"][365] - series["believed_drift.defender"][365]
    row: dict[str, float | str] = {
        "deal_month": np.nan if day is None else day / MONTH,
        # Recorded when the day of the review is over.
        "first_talks_month": (talks[0] - 1) / MONTH if talks else np.nan,
        "talks_opened": max(series["talks_opened"]),
        "talks_failed": max(series["talks_failed"]),
        "talks_ended": max(series["talks_failed"]) + max(series["deals_signed"]),
        "offers_refused": max(series["offers_refused"]),
        "imposed": np.nan if day is None else series["deal_imposed"][day],
        "land_ceded_km2": np.nan if day is None else series["deal_area"][day] - series["held_area"][day],
        "deal_within_12_months": float(day is not None and day <= 365),
        "belief_gap_12_months_km2_per_day": gap if series["at_war"][365] else np.nan,
    }
    dictated = series["dictated_package"][-1] >= 0
    row["dictated_terms"] = float(dictated)
    row["dictated_land_km2"] = series["dictated_area"][-1] - series["held_area"][-1] if dictated else np.nan
    row |= ceasefires(series, day)
    for side in SIDES:
        row[f"surplus_{side}"] = np.nan if day is None else series[f"deal_surplus.{side}"][day]
        row[f"conceded_{side}"] = np.nan if day is None else series[f"conceded.{side}"][day]
        row[f"weariness_{side}"] = series[f"weariness.{side}"][-1]
        row[f"war_support_{side}"] = series[f"war_support.{side}"][-1]
    return row


def ceasefires(series: dict[str, list[float]], day: int | None) -> dict[str, float | str]:
    """How long ceasefires held: days that began in one, and days on which one broke."""
    inside = [ending == 3 for ending in series["ending"][:DAYS]]
    broke = next((d for d in range(DAYS) if inside[d] and series["ending"][d + 1] == 4), None)
    length = sum(inside[: DAYS if broke is None else broke + 1])
    causes = ("worn_out", "temptation", "imposed", "inconsistent_record", "incidents")
    row: dict[str, float | str] = {
        "ceasefires": float(sum(series["ending"][d + 1] == 3 and not inside[d] for d in range(DAYS))),
        "first_ceasefire_days": np.nan if day is None else length,
        "first_ceasefire_broke": np.nan if day is None else float(broke is not None),
        "collapse_cause": "" if broke is None else causes[int(series["collapse_cause"][broke + 1])],
        "share_of_time_in_ceasefire": sum(inside) / DAYS,
        "ended_within_12_months": float(any(ending not in (0, 4) for ending in series["ending"][:366])),
        "decided_within_12_months": float(series["ending"][365] not in (0, 3, 4)),
        "guards_end": series["guards_in_place"][DAYS],
        "incidents_per_day": max(series["incidents_total"]) / sum(inside) if any(inside) else np.nan,
    }
    for span in (30, 91, 365, 730):
        watched = day is not None and day + span <= DAYS
        row[f"ceasefire_lasted_{span}_days"] = float(length >= span) if watched else np.nan
    return row


def terms(section: Any, package: int) -> dict[str, str]:
    """The options of the package with this number, counted off: the issue with regimes first, the last one fastest."""
    options = {name: list(issue["options"].items()) for name, issue in section["issues"].items()}
    issues = sorted(options, key=lambda issue: "regime" not in options[issue][0][1])
    chosen = {}
    for issue in reversed(issues):
        package, place = divmod(package, len(options[issue]))
        chosen[issue] = options[issue][place][0]
    return chosen


@pytest.mark.parametrize("name", ["baseline", "everything", "decided"])
def test_every_column_from_the_daily_history(name, load, variant):
    scenario = load("baseline") if name == "baseline" else variant(CHANGES[name])
    numbers = np.arange(REPLICATIONS)
    kept = landmarks(scenario, DAYS)
    world, drawn = simulate(scenario, Setting(scenario.world.start_date, DAYS, SEED, numbers, landmarks=kept))
    backers = {backer.id: backer.side for backer in scenario.world.arms.backers}
    section = scenario.world.negotiation
    columns = outcome_columns(world, scenario)
    ranges = knob_ranges(scenario.world)
    for replication in numbers.tolist():
        parameters = {path: float(values[replication]) for path, values in drawn.values.items()}
        series = plain_history(scenario.tree, parameters, Luck(replication, world.draws.opened), DAYS, ranges).series
        row = expected(series, backers)
        package = int(series["deal_package"][-1])
        signed = terms(scenario.tree["negotiation"], package) if package >= 0 else {}
        row |= {f"terms_{issue.id}": signed.get(issue.id, "") for issue in section.issues}
        package = int(series["dictated_package"][-1])
        dictated = terms(scenario.tree["negotiation"], package) if package >= 0 else {}
        row |= {f"dictates_{issue.id}": dictated.get(issue.id, "") for issue in section.issues}
        assert row.keys() == columns.keys()
        for column, value in row.items():
            ours = columns[column][replication]
            if isinstance(value, str):
                assert ours == value
            else:
                np.testing.assert_allclose(float(ours), value, rtol=1e-9, atol=1e-6, err_msg=f"{column}, {replication}")
    if name == "everything":
        assert (columns["offers_refused"] > 0).any()
        assert len(set(columns["ending"])) > 1, "some histories should end within the year"
    if name == "decided":
        assert 0 < columns["dictated_terms"].mean() < 1
        assert (columns["routs_attacker"] > 0).any()


def test_an_ending_is_told_by_its_name_with_and_without_a_negotiation():
    """Places of endings differ where there is no negotiation, and their names do not."""
    section = load_scenario("baseline", WarScenario).world.ceasefire
    base = next(one for one in Ceasefire.outcomes_of(section) if one.name == "ending")
    alone = next(one for one in Ceasefire.outcomes_of(None) if one.name == "ending")
    for ending in ENDINGS_ALONE:
        state = State({"ending": np.array([CODES[ending.name]])}, 1, 1, None)
        assert base.column(state).tolist() == alone.column(state).tolist() == [ending.name]


@pytest.mark.parametrize("name", ["baseline", "allies", "leaders_at_risk", "history/korea"])
def test_what_is_known_of_outcomes_without_a_scenario_is_all_that_scenarios_have_of_it(name: str) -> None:
    """Ratios, headlines and what no figure shows are looked up by mechanism, in its `outcomes`."""
    scenario = load_scenario(name, WarScenario)
    declared = {one.name: one for mechanism in MECHANISMS for one in mechanism.outcomes}
    of_scenario = [one for one, _ in outcomes_of(scenario)]
    assert {one.name for one in of_scenario if one.parts is not None} <= RATIOS.keys()
    for one in of_scenario:
        if one.headline is not None or one.told or not one.drawn:
            assert one.name in declared, one.name
    assert {"talks_failing", "deal_month", "deal_within_24_months"} <= declared.keys()
