"""Reference results that stand beside what is on record: how long truces last, what guards do to it, how wars end."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from reference_runs import INSTITUTIONS, REPLICATIONS, SEED, Rows, run, share_of
from scipy.special import betaincinv

from sim.engine.world import Setting
from sim.model import WarScenario, simulate
from sim.model.regimes import PARTS, REGIME, relative_hazard
from sim.results.pairs import of_means, of_shares
from sim.results.statistics import mean_interval
from sim.scenario import load_scenario

SIDES = ("attacker", "defender")

# How long truces last by the law of ceasefires alone, beside how long those on record did.

DURABLE_DAYS = (30, 91, 365, 731, 1826)
# All histories sign at the second review, on day 28, and nothing raises the hazard but time.
SIGNED_DAY = 28
AT_ONCE = (
    "negotiation.ripeness=0", "negotiation.rule=nash",
    *(f"negotiation.talks.{what}_per_year=1000" for what in ("open", "agree")),
    *(f"negotiation.talks.{what}_per_year=0" for what in ("fail", "suspend")),
    *(f"negotiation.{side}.cost_of_war_per_year=5" for side in SIDES),
    # Or else no one would sign what is known to break, and lets the other arm.
    *(f"negotiation.{side}.{what}" for side in SIDES for what in ("renewed_war_loss=0", "trust_years=0.05")),
    *(f"collapse.{side}.hazard_per_year=0" for side in SIDES),
    *(f"ceasefire.{what}_effect=0" for what in ("strategic", "imposed", "inconsistency", "incident", "land_overdue")),
)  # fmt: skip
# A regime of the baseline, and what is changed of it.
_FEW = {"watches": 1, "joint_commission": 0}
TRUCES_BY_LAW: dict[str, tuple[str, dict[str, float]]] = {
    "bare_truce": ("bare_truce", {}),
    "monitored_truce": ("bare_truce", {"monitoring": 1}),
    "zone_without_guards": ("zone_without_guards", {}),
    "observers_1000": ("european_zone", {"guards": 1_000, **_FEW}),
    "observers_3000": ("european_zone", {"guards": 3_000, **_FEW}),
    "european_zone": ("european_zone", {}),
    "guaranteed_zone": ("guaranteed_zone", {}),
}


class Record(NamedTuple):
    """What is on record of a kind of truce: how many, what share of them, with which standard error, lasted, and of what."""

    truces: int
    share: float
    error: float
    lasted: str = "five_years_of_one"


# Where each number comes from: `sim/model/base_rates.py`. Of the truces in Donbas one of 13 outlasted three months, which
# with a flat prior is a share of Beta(2, 13).
ON_RECORD = {
    "nothing_signed": Record(155, 0.55, 0.04),
    "ceasefire_agreements": Record(44, 0.61, 0.07),
    "peace_agreements": Record(51, 0.88, 0.05),
    "between_states": Record(29, 0.86, 0.06),
    "donbas_truces": Record(13, 2 / 15, (2 * 13 / 15**2 / 16) ** 0.5, "lasts_91_days"),
}
_PEACE = ("peace_agreements", "between_states")
LIKE_FOR_LIKE = {
    "bare_truce": ("nothing_signed", "ceasefire_agreements"),
    "monitored_truce": ("ceasefire_agreements", "donbas_truces"),
    "zone_without_guards": ("ceasefire_agreements", "donbas_truces"),
    **dict.fromkeys(("observers_1000", "observers_3000", "european_zone", "guaranteed_zone"), _PEACE),
}


def parts_of(truce: str) -> dict[str, float]:
    """Return the parts of a regime of `TRUCES_BY_LAW`."""
    name, changed = TRUCES_BY_LAW[truce]
    section = load_scenario("baseline", WarScenario).world.ceasefire
    assert section is not None, "the baseline has ceasefires"
    regime = next(one for one in section.regimes if one.id == name)
    return {part: getattr(regime, part).central for part in REGIME} | changed


def durability_row(truce: str, institutions: float) -> dict[str, Any]:
    """Return what share of truces that begin at once last so many days, and five years of those that last one."""
    parts = (f"ceasefire.regimes.bare_truce.{part}={value:.10g}" for part, value in parts_of(truce).items())
    settings = (*AT_ONCE, *parts, f"ceasefire.institutions={institutions}")
    outcomes = run("bare_truce", REPLICATIONS, SIGNED_DAY + DURABLE_DAYS[-1], settings).outcomes
    days, broke = outcomes["first_ceasefire_days"], outcomes["first_ceasefire_broke"] > 0
    assert (broke | (days == DURABLE_DAYS[-1])).all(), "each is signed at once and watched to its end"
    row: dict[str, Any] = {"truce": truce, "institutions": institutions}
    for least in DURABLE_DAYS:
        row |= share_of(f"lasts_{least}_days", (days >= least).astype(np.float64))
    return row | share_of("five_years_of_one", np.where(days >= 365, days >= DURABLE_DAYS[-1], np.nan))


def record_rows(durability: Rows) -> Rows:
    """Return how many standard errors, of the record and of the simulation together, each truce is off those like it."""
    rows: Rows = []
    for row in durability:
        for kind in LIKE_FOR_LIKE.get(row["truce"], ()):
            record = ON_RECORD[kind]
            share, n = row[record.lasted], row[f"{record.lasted}_n"]
            error = (share * (1 - share) / n) ** 0.5
            rows.append({
                "truce": row["truce"], "institutions": row["institutions"], "on_record": kind, "lasted": record.lasted,
                "share": share, "error": error, "record_n": record.truces, "record_share": record.share,
                "record_error": record.error, "distance": (share - record.share) / float(np.hypot(error, record.error)),
            })  # fmt: skip
    return rows


# Guards by their number and by what they would do.

WATCHES = {"observers": 1, "troops": 0}
_ZONE = dict.fromkeys(PARTS, 0.0) | {"credibility": parts_of("european_zone")["credibility"]}
NUMBERS = (0, 1_000, 3_000, 10_000, 30_000, 60_000, 100_000, 150_000)


def guards_outcomes(function: str, guards: float) -> dict[str, Any]:
    """Return what comes of a ceasefire that is to be had only in the zone of `european_zone` with such guards.

    Deals and casualties of both sides are those of 24 months; whether the first ceasefires last a year is watched for 36.
    """
    losses = [f"casualties_{side}[0..24]" for side in SIDES]
    parts = {"guards": guards, "watches": WATCHES[function]}
    settings = [f"ceasefire.regimes.european_zone.{part}={value}" for part, value in parts.items()]
    found = run("european_zone", 2 * REPLICATIONS, 1_095, settings, losses).outcomes
    return {
        "signed": found["deal_within_24_months"],
        "lasts_a_year": found["ceasefire_lasted_365_days"],
        "casualties": found[losses[0]] + found[losses[1]],
    }


@cache
def _mattering(settings: tuple[str, ...]) -> Any:
    """Return the knobs of ceasefires in so many histories, with institutions that matter fully."""
    scenario = load_scenario("european_zone", WarScenario, ["ceasefire.institutions=1", *settings])
    setting = Setting(scenario.world.start_date, 1, SEED, np.arange(REPLICATIONS, dtype=np.int64))
    return simulate(scenario, setting)[1].knobs("ceasefire")


def hazard_ratios(function: str, guards: float, monitoring: float = 0, settings: tuple[str, ...] = ()) -> Any:
    """Return the hazard with such guards, all there, over that without, where institutions matter fully, by history, (n,).

    With `monitoring` the guards are those who monitor, and there is none without them. `settings` are numbers that are held.
    """
    with_them = {"guards": guards, "watches": WATCHES[function], "monitoring": monitoring}
    none, there = (
        {part: np.full(REPLICATIONS, float(value)) for part, value in (_ZONE | changed).items()}
        for changed in (dict.fromkeys(with_them, 0.0), with_them)
    )
    return relative_hazard(_mattering(settings), there) / relative_hazard(_mattering(settings), none)


def guards_row(function: str, guards: float, none: dict[str, Any], some: dict[str, Any]) -> dict[str, Any]:
    """Return what such guards do, and how it differs from no guards on the same luck.

    Parameters
    ----------
    none, some : dict
        What `guards_outcomes` returns without guards, and with these.
    """
    row: dict[str, Any] = {"function": function, "guards": guards}
    for name in ("signed", "lasts_a_year"):
        row |= share_of(name, some[name])
    low, high = mean_interval(some["casualties"])
    row |= {"casualties": float(some["casualties"].mean()), "casualties_low": low, "casualties_high": high}
    for name, difference in (("signed", of_shares), ("lasts_a_year", of_shares), ("casualties", of_means)):
        found = difference(none[name], some[name])
        assert found is not None, "there are ceasefires with and without guards"
        row |= {f"{name}_pairs_n": found.pairs, f"{name}_more": found.mean}
        row |= {f"{name}_more_low": found.low, f"{name}_more_high": found.high}
    alone, mission = (np.quantile(hazard_ratios(function, guards, told), (0.05, 0.5, 0.95)) for told in (0, guards > 0))
    row |= {f"hazard_ratio{end}": float(value) for end, value in zip(("_low", "", "_high"), alone, strict=True)}
    return row | {f"mission_ratio{end}": float(value) for end, value in zip(("_low", "", "_high"), mission, strict=True)}


# How the war ends, beside how wars as old as it did.


class AsOld(NamedTuple):
    """How inter-state wars ended that were once as old as a scenario's war, out of all that were.

    `wars` were followed; by months, in how many of them fighting `ended`, was `decided`, or ended `lasting`, for years and
    without a victor.
    """

    wars: int
    ended: dict[int, int]
    decided: dict[int, int]
    lasting: dict[int, int]


# Inter-state wars from 1848 to 2003, 49 of them (Correlates of War, Inter-State Wars v4.0; Sarkees and Wayman 2010).
# Nine were as old as the baseline's, 1,014 days: within a year ended that of Greece and Turkey in 1922 (a victory) and
# Korea's (stalemate), within two that of China and Japan in 1941 too, which became part of another and is coded a victory;
# later those of Mexico, by a fortnight, Paraguay, Vietnam, Laos, Iran and Iraq, and the Second World War.
# Beside Korea's own, 14 whose end is known were as old as it was in July 1951, 381 days: those of Italy and Turkey (1912),
# Estonia (1920), China and Japan (1933), Armenia and Azerbaijan (1994) were decided within a year, those of France and
# Turkey (1921) and Kashmir (1949) ended without a victor; in the next year none. That of 1970 in Cambodia became another.
AS_OLD = {
    "baseline": AsOld(9, ended={12: 2, 24: 3}, decided={12: 1, 24: 2}, lasting={12: 1, 24: 1}),
    "history/korea": AsOld(14, ended={12: 6, 24: 6}, decided={12: 4, 24: 4}, lasting={12: 2, 24: 2}),
}


def exact_interval(successes: int, n: int, chance: float = 0.1) -> tuple[float, float]:
    """Return the exact interval of a share, of 90 % unless told (Clopper and Pearson 1934).

    >>> tuple(round(x, 3) for x in exact_interval(3, 9))
    (0.098, 0.655)
    """
    low = float(betaincinv(successes, n - successes + 1, chance / 2)) if successes else 0.0
    high = float(betaincinv(successes + 1, n - successes, 1 - chance / 2)) if successes < n else 1.0
    return low, high


def ending_rows(name: str) -> Rows:
    """Return how a scenario's war ends within 12 and 24 months, beside wars as old as it.

    That a ceasefire lasted a year is seen after 36 months of those that began within 24, and after 24 of those within 12.
    """
    outcomes = run(name, REPLICATIONS, 1_095).outcomes
    lasting = {12: outcomes["lasting_ceasefire_within_12_months"]}
    # Where no ceasefire began within 24 months, there is none of which it could be said.
    lasting[24] = np.nan_to_num(outcomes["ceasefire_lasted_365_days"])
    rows: Rows = []
    for months in (12, 24):
        decided = outcomes[f"decided_within_{months}_months"]
        # On record a war that ends has ended for good: a truce that breaks is none of its ends.
        shares = {
            "paused_or_ended": (outcomes[f"ended_within_{months}_months"], "ended"),
            "ended": (np.maximum(decided, lasting[months]), "ended"),
            "decided": (decided, "decided"),
            "lasting_ceasefire": (lasting[months], "lasting"),
        }
        for outcome, (values, like) in shares.items():
            record = AS_OLD[name]
            ended = getattr(record, like)[months]
            low, high = exact_interval(ended, record.wars)
            rows.append({
                "scenario": name, "outcome": outcome, "months": months, **share_of("share", values),
                "record_wars": record.wars, "record_ended": ended, "record_share": ended / record.wars,
                "record_low": low, "record_high": high,
            })  # fmt: skip
    return rows


def tables(pool: ProcessPoolExecutor) -> Iterator[tuple[str, Rows]]:
    """Yield each table with its name."""
    law = [(truce, institutions) for truce in TRUCES_BY_LAW for institutions in INSTITUTIONS]
    durability = list(pool.map(durability_row, *zip(*law, strict=True)))
    yield "durability", durability
    yield "durability_on_record", record_rows(durability)
    cases = [(function, number) for function in WATCHES for number in NUMBERS]
    found = dict(zip(cases, pool.map(guards_outcomes, *zip(*cases, strict=True)), strict=True))
    yield "guards", [guards_row(*case, found[case[0], 0], found[case]) for case in cases]
    yield "endings", [row for rows in pool.map(ending_rows, AS_OLD) for row in rows]
