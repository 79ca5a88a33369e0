"""Make the reference results again: `python results/regenerate.py`. About three minutes; see README.md for what they are."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.ensemble.run import Ensemble, Plan, horizon_days, run_ensemble
from sim.ensemble.workers import cores, pool_of
from sim.model import WarScenario
from sim.results.pairs import of_means
from sim.results.statistics import Z_95, kaplan_meier, wilson_interval
from sim.results.summary import summarise
from sim.scenario import load_scenario, shipped
from sim.studies.headline import AT_ONCE, HEADLINE
from sim.studies.one_at_a_time import mind_changing

FOLDER = Path(__file__).parent / "reference"
SEED = 1
REPLICATIONS = 1_000
TWO_YEARS = 730
Rows = list[dict[str, Any]]


def run(name: str, replications: int, days: int | None = None, settings: Sequence[str] = ()) -> Ensemble:
    """Run a shipped scenario; without `days` over its own horizon."""
    scenario = load_scenario(name, WarScenario, settings)
    return run_ensemble(scenario, Plan(replications, SEED, days or horizon_days(scenario), series=False))


# Every scenario by itself.

OUTCOMES = ("deal_month", "share_of_time_in_ceasefire", "casualties_attacker", "casualties_defender", "ground_gained_km2")


def scenario_rows(name: str) -> Rows:
    """Return what came out of a scenario over its own horizon: shares with 95 % intervals, and means with 5 and 95 %."""
    rows: Rows = []
    for row in summarise(run(name, REPLICATIONS)):
        shares = row.share is not None and row.section in ("endings", "deals", "talks", "lasting")
        if row.n and (shares or row.id in OUTCOMES):
            value, low, high = (row.share, row.low, row.high) if shares else (row.mean, row.p05, row.p95)
            rows.append({"scenario": name, "outcome": row.id, "n": row.n, "value": value, "low": low, "high": high})
    return rows


# What the article weighs, one scenario against another on the same luck.


class Effect(NamedTuple):
    """A factor of the article, the scenario that turns it, and what it moves."""

    factor: str
    scenario: str
    other: str
    outcome: str


EFFECTS = (
    Effect("Russia loses about 1,500 killed and wounded a day", "heavier_losses", "baseline", "force_end_attacker"),
    Effect("Russia loses about 1,500 killed and wounded a day", "lower_return_of_wounded", "baseline", "force_end_attacker"),
    Effect("it mobilizes about 30,000 a month", "russian_mobilization", "baseline", "ground_gained_km2"),
    Effect("it mobilizes about 30,000 a month", "lower_draft_age", "baseline", "ground_gained_km2"),
    Effect("allies rush weapons", "more_arms", "baseline", "ground_gained_km2"),
    Effect("with many difficulties in helping", "aid_halted", "baseline", "ground_gained_km2"),
    Effect("with many difficulties in helping", "aid_late", "aid_early", "ground_gained_km2"),
    Effect("with many difficulties in helping", "attackers_backers_stop", "baseline", "ground_gained_km2"),
    Effect("the Russian army increases the pace of its offensive", "faster_offensive", "baseline", "ground_gained_km2"),
    Effect("the Russian army increases the pace of its offensive", "offensive_surge", "baseline", "casualties_attacker"),
    Effect("in the lead and not eager to negotiate", "faster_offensive", "baseline", "deal_within_24_months"),
    Effect("in the lead and not eager to negotiate", "faster_offensive", "baseline", "first_talks_month"),
    Effect("in the lead and not eager to negotiate", "stalled_offensive", "baseline", "deal_within_12_months"),
    Effect("allies want a position of strength for Ukraine", "more_arms", "baseline", "conceded_defender"),
    Effect("options for ending the war are weighed", "no_talks", "baseline", "deal_within_24_months"),
    Effect("options for ending the war are weighed", "no_talks", "baseline", "casualties_attacker"),
    Effect("options for ending the war are weighed", "outside_pressure", "baseline", "deal_within_12_months"),
    Effect("a ceasefire with a demilitarized zone", "zone_without_guards", "bare_truce", "ceasefire_lasted_365_days"),
    Effect("a ceasefire with a demilitarized zone", "zone_without_guards", "bare_truce", "deal_within_24_months"),
    Effect("likely guarded by European troops", "strong_zone", "zone_without_guards", "ceasefire_lasted_365_days"),
    Effect("likely guarded by European troops", "european_zone", "zone_without_guards", "deal_within_24_months"),
    Effect("likely guarded by European troops", "strong_zone", "european_zone", "deal_within_24_months"),
    Effect("no solution may violate recognised borders", "recognition_priced", "baseline", "deal_within_24_months"),
    Effect("no solution may violate recognised borders", "recognition_hard", "recognition_priced", "deal_within_24_months"),
    Effect("membership in NATO, and on which territory", "nato_path", "baseline", "deal_within_24_months"),
    Effect("membership in NATO, and on which territory", "nato_deferred", "nato_path", "deal_within_24_months"),
    Effect("membership as a pretext for escalation", "escalation", "baseline", "casualties_attacker"),
    Effect("membership as a pretext for escalation", "escalation", "baseline", "first_talks_month"),
    Effect("security guarantees from NATO", "guaranteed_zone", "bare_truce", "deal_within_24_months"),
    Effect("security guarantees from NATO", "guarantees_without_troops", "bare_truce", "deal_within_24_months"),
    Effect("security guarantees from NATO", "neutral_with_guarantees", "guarantees_without_troops", "deal_within_24_months"),
    Effect("leave the occupied land to Russia for a ceasefire", "land_for_ceasefire", "baseline", "conceded_defender"),
    Effect("leave the occupied land to Russia for a ceasefire", "land_for_ceasefire", "baseline", "deal_within_24_months"),
    Effect("Ukraine lacks the means, and stops pressing membership", "softer_lines", "baseline", "deal_within_24_months"),
)


def effects_of(name: str) -> dict[str, Any]:
    """Return the outcomes of a scenario over two years."""
    return run(name, 2 * REPLICATIONS, TWO_YEARS).outcomes


def effect_rows(outcomes: dict[str, dict[str, Any]]) -> Rows:
    """Return the effects of all factors, on paired histories."""
    rows: Rows = []
    for effect in EFFECTS:
        found = of_means(*(outcomes[name][effect.outcome] for name in (effect.other, effect.scenario)))
        assert found is not None, "both scenarios have the outcome in some histories"
        rows.append(
            {**effect._asdict(), "pairs": found.pairs, "difference": found.mean, "low": found.low, "high": found.high}
        )
    return rows


# How long ceasefires last, by how much institutions matter.

TRUCES = ("bare_truce", "zone_without_guards", "european_zone", "strong_zone", "guaranteed_zone")
INSTITUTIONS = (0, 0.5, 1)
LASTING_DAYS = (30, 91, 365, 730, 1826)
# Deals are made common, so that there are enough to watch; see what a ceasefire is worth in `scenarios/README.md`.
EAGER = tuple(f"negotiation.{side}.outside_pressure=0.1" for side in ("attacker", "defender"))


def survival_rows(name: str, institutions: float) -> Rows:
    """Return the share of first ceasefires that last so many days (Kaplan-Meier, log-log interval)."""
    settings = (*EAGER, f"ceasefire.institutions={institutions}", "ceasefire.imposed_effect=0")
    outcomes = run(name, REPLICATIONS, 2_400, settings).outcomes
    length, broke = outcomes["first_ceasefire_days"], outcomes["first_ceasefire_broke"]
    known = ~np.isnan(length)
    curve = kaplan_meier(length[known], broke[known] > 0)
    low, high = curve.intervals()
    rows: Rows = []
    for days in LASTING_DAYS:
        # What breaks on its n-th day has lasted n - 1 of them whole.
        at = int(np.searchsorted(curve.times, days, side="left")) - 1
        found = {"share": float(curve.share[at]), "low": float(low[at]), "high": float(high[at])}
        rows.append({"scenario": name, "institutions": institutions, "days": days, "ceasefires": int(known.sum()), **found})
    return rows


# Width of the zone and number of guards.

WIDTHS = (0, 10, 20, 40)
GUARDS = (0, 10_000, 30_000, 60_000, 100_000, 150_000)


def zone_row(width: float, guards: float) -> dict[str, Any]:
    """Return what comes of a ceasefire that is to be had only with such a zone and so many guards, over 36 months."""
    regime = "ceasefire.regimes.european_zone"
    outcomes = run(
        "european_zone", REPLICATIONS, 1_095, (f"{regime}.zone_width_km={width}", f"{regime}.guards={guards}")
    ).outcomes
    row: dict[str, Any] = {"zone_width_km": width, "guards": guards}
    for name, column in (("signed_24_months", "deal_within_24_months"), ("lasts_a_year", "ceasefire_lasted_365_days")):
        values = outcomes[column][~np.isnan(outcomes[column])]
        low, high = wilson_interval(float(values.sum()), len(values))
        row |= {f"{name}_n": len(values), name: float(values.mean()), f"{name}_low": low, f"{name}_high": high}
    losses = outcomes["casualties_attacker"] + outcomes["casualties_defender"]
    half = Z_95 * losses.std(ddof=1) / np.sqrt(len(losses))
    mean = float(losses.mean())
    return row | {"casualties_36_months": mean, "casualties_low": mean - half, "casualties_high": mean + half}


# What would change the picture that the baseline gives.


def assumption_rows() -> Rows:
    """Return what each assumption of the baseline moves, alone at its low and high value, and other structures."""
    scenario = load_scenario("baseline", WarScenario)
    plan = Plan(REPLICATIONS, SEED, horizon_days(scenario))
    with pool_of(cores()) as pool:
        rows = mind_changing(scenario, plan, HEADLINE[:AT_ONCE], pool=pool).as_dicts()
    return [{name: np.nan if value is None else value for name, value in row.items()} for row in rows]


# The effects, as the guide to the scenarios shows them.

GUIDE = Path(__file__).parents[1] / "scenarios" / "README.md"
MARKS = ("<!-- effects: made by results/regenerate.py -->\n", "<!-- end of effects -->\n")
LABELS = {
    "force_end_attacker": ("Russia's force at the end", 1, ",.0f", "persons"),
    "ground_gained_km2": ("land taken by Russia", 1, ",.0f", "km2"),
    "casualties_attacker": ("Russian casualties", 1, ",.0f", "persons"),
    "deal_within_12_months": ("deals within 12 months", 100, ".1f", "points"),
    "deal_within_24_months": ("deals within 24 months", 100, ".1f", "points"),
    "first_talks_month": ("first talks", 1, ".2f", "months"),
    "conceded_defender": ("what Ukraine concedes", 1, ".3f", "of utility"),
    "ceasefire_lasted_365_days": ("ceasefires that last a year", 100, ".0f", "points"),
}


def effects_table(rows: list[dict[str, str]]) -> str:
    """Return the effects, as they stand in the CSV file, as a Markdown table with one row for each factor."""
    lines = ["| the article | the scenario that turns it, and its effect |", "|---|---|"]
    for factor in dict.fromkeys(effect.factor for effect in EFFECTS):
        told = []
        for row in rows:
            if row["factor"] == factor:
                against = "" if row["other"] == "baseline" else f" against `{row['other']}`"
                what, scale, digits, unit = LABELS[row["outcome"]]
                difference = format(scale * float(row["difference"]), f"+{digits}")
                half = format(scale * (float(row["high"]) - float(row["low"])) / 2, digits)
                found = "" if float(row["low"]) * float(row["high"]) > 0 else ", no difference found"
                told.append(f"`{row['scenario']}`{against}: {what} {difference} {unit} (± {half}{found})")
        lines.append(f"| {factor} | {'; '.join(told)} |")
    return "\n".join(lines) + "\n"


def guide_with(table: str) -> str:
    """Return the guide to the scenarios with this table of effects in it."""
    before, rest = GUIDE.read_text(encoding="utf-8").split(MARKS[0])
    return before + MARKS[0] + table + MARKS[1] + rest.split(MARKS[1])[1]


def tables(pool: ProcessPoolExecutor) -> Iterator[tuple[str, Rows]]:
    """Yield each table with its name."""
    yield "scenarios", [row for rows in pool.map(scenario_rows, shipped()) for row in rows]
    names = list(dict.fromkeys(name for effect in EFFECTS for name in (effect.scenario, effect.other)))
    yield "effects", effect_rows(dict(zip(names, pool.map(effects_of, names), strict=True)))
    cases = [(name, institutions) for name in TRUCES for institutions in INSTITUTIONS]
    yield "survival", [row for rows in pool.map(survival_rows, *zip(*cases, strict=True)) for row in rows]
    grid = [(width, guards) for width in WIDTHS for guards in GUARDS]
    yield "zone_and_guards", list(pool.map(zone_row, *zip(*grid, strict=True)))
    yield "assumptions", assumption_rows()


def as_text(value: Any) -> str:
    """Return a cell: numbers to five digits, empty where there is none."""
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.5g}"
    return str(value)


def write(name: str, rows: list[dict[str, str]]) -> None:
    """Write a table to the folder of the reference results."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Write all tables to the folder of the reference results, and the effects to the guide."""
    with ProcessPoolExecutor() as pool:
        for name, rows in tables(pool):
            texts = [{key: as_text(value) for key, value in row.items()} for row in rows]
            write(name, texts)
            print(f"{name}: {len(rows)} rows")
            if name == "effects":
                GUIDE.write_text(guide_with(effects_table(texts)), encoding="utf-8")


if __name__ == "__main__":
    main()
