"""Make the reference results again: `python results/regenerate.py`, a quarter of an hour; README.md says what they are."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import on_record
from reference_runs import INSTITUTIONS, REPLICATIONS, SEED, Rows, run, share_of

from sim.ensemble.run import Plan, horizon_days
from sim.ensemble.workers import cores, pool_of
from sim.model import WarScenario
from sim.results.bands import Band, band_of_mean, band_of_share
from sim.results.pairs import Difference, of_means
from sim.results.signs import Signs, means_of_draws, signs_of, split_by
from sim.results.statistics import Z_95, kaplan_meier
from sim.results.summary import summarise
from sim.scenario import load_scenario, shipped
from sim.studies.bands import assumptions_of, by_draw
from sim.studies.headline import AT_ONCE, HEADLINE
from sim.studies.one_at_a_time import mind_changing
from sim.words.labels import knob_label

FOLDER = Path(__file__).parent / "reference"
TWO_YEARS = 730
# Of the assumptions, and lucks for each of them.
DRAWS, LUCKS = 120, 17


# Every scenario by itself.

OUTCOMES = ("deal_month", "share_of_time_in_ceasefire", "casualties_attacker", "casualties_defender", "ground_gained_km2")


def scenario_rows(name: str) -> Rows:
    """Return what came out of a scenario over its own horizon: shares with 95 % intervals, and means with 5 and 95 %."""
    rows: Rows = []
    for row in summarise(run(name, REPLICATIONS, parted=True)):
        shares = row.share is not None and row.section in ("endings", "deals", "talks", "lasting")
        if row.n and (shares or row.id in OUTCOMES):
            value, low, high = (row.share, row.low, row.high) if shares else (row.mean, row.p05, row.p95)
            told = {"scenario": name, "outcome": row.id, "n": row.n, "value": value, "low": low, "high": high}
            band = {"least": row.least, "most": row.most}
            rows.append(told | {end: np.nan if value is None else value for end, value in band.items()})
    return rows


# What the article weighs, one scenario against another on the same luck.


class Effect(NamedTuple):
    """A statement of the article, the scenario that turns it, and what it moves."""

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
    Effect("with many difficulties in helping", "us_stops_for_good", "allies", "aid_pledged_beur_defender"),
    Effect("with many difficulties in helping", "attackers_backers_stop", "baseline", "ground_gained_km2"),
    Effect("without angering Russia", "allies_without_fear", "allies", "aid_pledged_beur_defender"),
    Effect("without angering Russia", "allies_without_fear", "allies", "escalations_attacker"),
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
    Effect("who would guard it must consent", "europe_unwilling", "european_zone_asked", "deal_within_24_months"),
    Effect("no solution may violate recognised borders", "borders_kept", "baseline", "deal_within_24_months"),
    Effect("no solution may violate recognised borders", "recognition_priced", "baseline", "deal_within_24_months"),
    Effect("no solution may violate recognised borders", "recognition_hard", "recognition_priced", "deal_within_24_months"),
    Effect("membership in NATO", "nato_path", "baseline", "deal_within_24_months"),
    Effect("membership in NATO", "nato_deferred", "nato_path", "deal_within_24_months"),
    Effect("and on which territory", "membership_for_a_part", "allies", "escalations_attacker"),
    Effect("and on which territory", "membership_off_the_table", "membership_for_a_part", "escalations_attacker"),
    Effect("and on which territory", "membership_for_a_part", "allies", "deal_within_24_months"),
    Effect("membership as a pretext for escalation", "escalation", "baseline", "casualties_attacker"),
    Effect("membership as a pretext for escalation", "escalation", "baseline", "first_talks_month"),
    Effect("security guarantees from NATO", "guaranteed_zone", "bare_truce", "deal_within_24_months"),
    Effect("security guarantees from NATO", "guarantees_without_troops", "bare_truce", "deal_within_24_months"),
    Effect("security guarantees from NATO", "neutral_with_guarantees", "guarantees_without_troops", "deal_within_24_months"),
    Effect("leave the occupied land to Russia for a ceasefire", "land_offered", "borders_kept", "deal_within_24_months"),
    Effect("leave the occupied land to Russia for a ceasefire", "land_for_ceasefire", "baseline", "conceded_defender"),
    Effect("leave the occupied land to Russia for a ceasefire", "land_for_ceasefire", "baseline", "deal_within_24_months"),
    Effect("Ukraine lacks the means, and stops pressing membership", "softer_lines", "baseline", "deal_within_24_months"),
)


# What each statement asserts, as it is read here.
ASSERTED = {
    "Russia loses about 1,500 killed and wounded a day": "such losses wear down its army",
    "it mobilizes about 30,000 a month": "recruits keep an army's superiority up",
    "allies rush weapons": "arms hold ground",
    "with many difficulties in helping": "what is late, halted or stopped costs ground",
    "without angering Russia": "fear of escalation holds help back, and help provokes",
    "the Russian army increases the pace of its offensive": "pace takes ground, at a price",
    "in the lead and not eager to negotiate": "who advances talks less and later",
    "allies want a position of strength for Ukraine": "who is stronger concedes less",
    "options for ending the war are weighed": "talks and pressure end wars sooner",
    "a ceasefire with a demilitarized zone": "a zone makes ceasefires last, and so be signed",
    "likely guarded by European troops": "guards make ceasefires last; the other side dislikes them",
    "who would guard it must consent": "without their consent a deal is missing",
    "no solution may violate recognised borders": "red lines on borders keep deals away",
    "membership in NATO": "who insists on it signs less; put off, it is in the way no more",
    "and on which territory": "the more territory, the more it provokes",
    "membership as a pretext for escalation": "steps towards it are answered by harder war",
    "security guarantees from NATO": "a guarantee is worth signing for, and dear to the other side",
    "leave the occupied land to Russia for a ceasefire": "land buys a ceasefire",
    "Ukraine lacks the means, and stops pressing membership": "softer red lines bring deals",
}


def effects_of(name: str) -> dict[str, Any]:
    """Return the outcomes of a scenario over two years."""
    return run(name, 2 * REPLICATIONS, TWO_YEARS).outcomes


def by_draw_of(name: str) -> dict[str, Any]:
    """Return the outcomes of a scenario over two years, a row for each draw of the assumptions."""
    plan = Plan(2 * REPLICATIONS, SEED, TWO_YEARS, series=False)
    return by_draw(load_scenario(name, WarScenario), plan, sorted(_moved_in(name)), DRAWS, LUCKS)


def assumed_in(name: str) -> dict[str, Any]:
    """Return the uncertain numbers of these draws, by path."""
    plan = Plan(2 * REPLICATIONS, SEED, TWO_YEARS, series=False)
    return dict(assumptions_of(load_scenario(name, WarScenario), plan, np.arange(DRAWS, dtype=np.int64)))


def _moved_in(name: str) -> set[str]:
    return {effect.outcome for effect in EFFECTS if name in (effect.scenario, effect.other)}


def sign_of(found: Difference, signs: Signs | None) -> str:
    """Return the sign of an effect; or that none is found, or not told, or that too many of the assumptions have another."""
    if not found.found:
        return "no difference found"
    if signs is None:
        return "not told"
    return ("+" if found.mean > 0 else "-") if signs.is_clear else "undetermined"


def _shares_of(signs: Signs | None, differences: Any) -> dict[str, Any]:
    """Return how many draws have an outcome and differ in it, and in which share of these it has its sign, if told."""
    there = ~np.isnan(differences)
    moved = (np.nan_to_num(differences) != 0).any(axis=1)
    shares = (np.nan,) * 3 if signs is None else (signs.share, signs.low, signs.high)
    counts = {"draws": int(there.any(axis=1).sum()), "moved": int(moved.sum())}
    return counts | dict(zip(("sign_share", "sign_low", "sign_high"), shares, strict=True))


def mean_over_draws(values: Any) -> Difference:
    """Return the mean over draws that have the outcome, with its 95 % interval: of so many draws, and so many lucks."""
    means = means_of_draws(values)
    found = of_means(np.zeros(len(means)), means)
    assert found is not None, "two draws at least have it"
    return found


def band_of(values: Any, mean: float) -> Band:
    """Return between what a share or a mean lies in 95 % of the assumptions; without width where all are the same."""
    if np.nanmin(values) == np.nanmax(values):
        return mean, mean
    band = (band_of_share if np.isin(values[~np.isnan(values)], (0.0, 1.0)).all() else band_of_mean)(values, mean)
    assert band is not None, "some draws have the outcome"
    return band


def effect_rows(
    outcomes: dict[str, dict[str, Any]], drawn: dict[str, dict[str, Any]], assumed: dict[str, dict[str, Any]]
) -> Rows:
    """Return the effects of all factors, on paired histories, and in what share of the assumptions they have which sign.

    Parameters
    ----------
    outcomes, drawn, assumed : dict
        By scenario, what `effects_of`, `by_draw_of` and `assumed_in` return.
    """
    rows: Rows = []
    for effect in EFFECTS:
        names = (effect.other, effect.scenario)
        found = of_means(*(outcomes[name][effect.outcome] for name in names))
        assert found is not None, "both scenarios have the outcome in some histories"
        other, this = (drawn[name][effect.outcome] for name in names)
        signs = signs_of(this - other, found.mean)
        band = band_of_mean(this - other, found.mean)
        assert band is not None, "in enough of them"
        sign, splits = sign_of(found, signs), []
        if sign == "undetermined":
            splits = split_by(means_of_draws(this - other), assumed[effect.other] | assumed[effect.scenario])
        rows.append({
            **effect._asdict(), "pairs": found.pairs, "difference": found.mean, "low": found.low, "high": found.high,
            "sign": sign, **_shares_of(signs, this - other),
            "band_low": band[0], "band_high": band[1],
            "depends_on": " and ".join(split.path for split in splits),
        })  # fmt: skip
    return rows


# Aid to Ukraine from nothing to four times what is pledged, with what follows from it where others decide too.

SCALES = (0, 0.5, 1, 1.5, 2, 3, 4)
# What Ukraine would call a good end: its army stands, the war is its own, and it has lost little more.
LITTLE_KM2 = 5_000
BAD_ENDS = ("defender_collapsed", "attacker_holds_all", "attacker_reached_aims", "wider_war")
CURVES = {
    "ground_gained_km2": ("Land taken by Russia (1,000 km2)", 0.001),
    "casualties_defender": ("Ukraine's killed and wounded (thousand)", 0.001),
    "escalations_attacker": ("Escalations by Russia", 1),
    "deal_within_24_months": ("Deals within 24 months (%)", 100),
    "conceded_defender": ("What Ukraine concedes in a deal (utility)", 1),
    "good_end": ("Good ends for Ukraine (%)", 100),
}


def with_aid(scale: float) -> dict[str, Any]:
    """Return the outcomes of `allies` with so many times the aid, a row for each draw of the assumptions."""
    scenario = load_scenario("allies", WarScenario, [f"arms.defender.aid_scale={scale}"])
    plan = Plan(2 * REPLICATIONS, SEED, TWO_YEARS, series=False)
    asked = [*(name for name in CURVES if name != "good_end"), *BAD_ENDS]
    found = by_draw(scenario, plan, asked, DRAWS, LUCKS)
    bad = sum(found[name] for name in BAD_ENDS)
    good = np.where(bad > 0, 0.0, found["ground_gained_km2"] <= LITTLE_KM2)
    # Histories that failed have no end.
    return found | {"good_end": np.where(np.isnan(bad), np.nan, good)}


def aid_rows(found: Sequence[dict[str, Any]]) -> Rows:
    """Return each curve with its two bands, and in which share of the assumptions the next step of aid does which.

    Parameters
    ----------
    found : sequence of dict
        Of each scale, what `with_aid` returns.
    """
    rows: Rows = []
    for place, scale in enumerate(SCALES):
        for name in CURVES:
            values = found[place][name]
            over = mean_over_draws(values)
            band = band_of(values, over.mean)
            row = {"aid_scale": scale, "outcome": name, "n": int((~np.isnan(values)).sum())}
            row |= {"mean": over.mean, "low": over.low, "high": over.high}
            row |= {"band_low": band[0], "band_high": band[1]}
            told, sign = (np.nan,) * 4, ""
            step = found[place + 1][name] - values if place + 1 < len(SCALES) else values * np.nan
            if place + 1 < len(SCALES):
                more = mean_over_draws(step)
                signs = signs_of(step, more.mean)
                share = np.nan if signs is None else signs.share
                told, sign = (more.mean, more.low, more.high, share), sign_of(more, signs)
            row |= {"next_n": int((~np.isnan(step)).sum()), "next_sign": sign}
            rows.append(row | dict(zip(("next", "next_low", "next_high", "next_share"), told, strict=True)))
    return rows


def draw_aid(rows: Sequence[dict[str, str]]) -> None:
    """Draw the curves: a line, around it the interval of the mean, and around that the band of the assumptions."""
    from sim.report.style import CEASEFIRE, PAPERS, style

    paper = PAPERS["page"]
    with style(paper):
        figure, axes = paper.canvas(6.0, rows=3, columns=2)
        for axis, (name, (label, scale)) in zip(axes, CURVES.items(), strict=True):
            own = [row for row in rows if row["outcome"] == name]
            at, mean, low, high, least, most = (
                [float(row[column]) * (1 if column == "aid_scale" else scale) for row in own]
                for column in ("aid_scale", "mean", "low", "high", "band_low", "band_high")
            )
            axis.fill_between(at, least, most, color=CEASEFIRE, alpha=0.18, linewidth=0)
            axis.fill_between(at, low, high, color=CEASEFIRE, alpha=0.55, linewidth=0)
            axis.plot(at, mean, color=CEASEFIRE, marker="o", markersize=3)
            axis.set_title(label)
            axis.set_xticks([0, 1, 2, 3, 4])
        for axis in axes[-2:]:
            axis.set_xlabel("Aid to Ukraine (1: as pledged)")
        told = (
            f"Scenario allies, 24 months, {DRAWS * LUCKS:,} histories at each. Line: mean; dark: its 95 % interval;\n"
            f"light: 95 % of {DRAWS} draws of all uncertain numbers, luck taken out"
        )
        figure.supxlabel(told, fontsize=0.9 * paper.font_pt)
        figure.savefig(FOLDER / "aid.png", dpi=150)


# How long ceasefires last, by how much institutions matter.

TRUCES = ("bare_truce", "zone_without_guards", "european_zone", "strong_zone", "guaranteed_zone")
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
        row |= share_of(name, outcomes[column])
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
    "aid_pledged_beur_defender": ("aid pledged to Ukraine", 1, ".1f", "bn EUR"),
    "escalations_attacker": ("escalations by Russia", 1, ".2f", "times"),
}


def effects_table(rows: list[dict[str, str]]) -> str:
    """Return the effects, as they stand in the CSV file, as a Markdown table with one row for each factor."""
    lines = ["| the article | asserts that | the scenario that turns it, and its effect |", "|---|---|---|"]
    for factor in dict.fromkeys(effect.factor for effect in EFFECTS):
        told = []
        for row in rows:
            if row["factor"] == factor:
                against = "" if row["other"] == "baseline" else f" against `{row['other']}`"
                what, scale, digits, unit = LABELS[row["outcome"]]
                difference = format(scale * float(row["difference"]), f"+{digits}")
                half = format(scale * (float(row["high"]) - float(row["low"])) / 2, digits)
                told.append(f"`{row['scenario']}`{against}: {what} {difference} {unit} (± {half}; {_sign_in_words(row)})")
        lines.append(f"| {factor} | {ASSERTED[factor]} | {'; '.join(told)} |")
    return "\n".join(lines) + "\n"


def _sign_in_words(row: dict[str, str]) -> str:
    """Return what is known of the sign of an effect."""
    if float(row["low"]) * float(row["high"]) <= 0:
        return "no difference found"
    way = "more" if float(row["difference"]) > 0 else "less"
    draws, moved = int(row["draws"]), int(row["moved"])
    of = f"{draws} draws" if moved == draws else f"{moved} draws that differ (of {draws})"
    if row["sign"] == "not told":
        return f"in {of}, in too few pairs of each to tell the sign"
    share, low, high = (100 * float(row[name]) for name in ("sign_share", "sign_low", "sign_high"))
    told = f"{way} in all {of}" if share >= 99.95 else f"{way} in {share:.0f} % ({low:.0f} .. {high:.0f}) of {of}"
    if row["sign"] != "undetermined":
        return told
    on = ", ".join(knob_label(path, shown_by(row["scenario"])) for path in row["depends_on"].split(" and ") if path)
    return f"*undetermined*: {told}{f', depending on {on}' if on else ''}"


@cache
def shown_by(name: str) -> Any:
    """Return a shipped scenario, which knows what its numbers are called."""
    return load_scenario(name, WarScenario)


def guide_with(table: str) -> str:
    """Return the guide to the scenarios with this table of effects in it."""
    before, rest = GUIDE.read_text(encoding="utf-8").split(MARKS[0])
    return before + MARKS[0] + table + MARKS[1] + rest.split(MARKS[1])[1]


def tables(pool: ProcessPoolExecutor) -> Iterator[tuple[str, Rows]]:
    """Yield each table with its name."""
    yield "scenarios", [row for rows in pool.map(scenario_rows, shipped()) for row in rows]
    names = list(dict.fromkeys(name for effect in EFFECTS for name in (effect.scenario, effect.other)))
    each = (dict(zip(names, pool.map(of, names), strict=True)) for of in (effects_of, by_draw_of, assumed_in))
    yield "effects", effect_rows(*each)
    yield "aid", aid_rows(list(pool.map(with_aid, SCALES)))
    cases = [(name, institutions) for name in TRUCES for institutions in INSTITUTIONS]
    yield "survival", [row for rows in pool.map(survival_rows, *zip(*cases, strict=True)) for row in rows]
    grid = [(width, guards) for width in WIDTHS for guards in GUARDS]
    yield "zone_and_guards", list(pool.map(zone_row, *zip(*grid, strict=True)))
    yield from on_record.tables(pool)
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
            if name == "aid":
                draw_aid(texts)


if __name__ == "__main__":
    main()
