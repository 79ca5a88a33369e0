"""The baseline as it would have been written at earlier dates.

Levels by one rule at each origin, from what was known on the day before it:

- ground: area held; pace at the start the mean of the last 30 days; settled pace the *median* of the last twelve months
  (fewer in 2022), which the withdrawals of autumn 2022 do not move far. Ranges are those of the baseline, moved.
- belts stay where they are on the map: they are placed by ground gained since the start.
- a side strikes at the start if the last 30 days went better for it than the settled pace by more than the spread of the
  noise, as in December 2024 for the attacker; else it holds.
- the attacker's casualties a day: claims, mean of the last 91 days; nine in ten draws, about, between the lowest and the
  highest of the means of the last 30, 91 and 183, as in the baseline. The defender's casualties and what both sides recruit
  are the baseline's in the proportion of the claims to the baseline's casualties: no counts of them were published by then.
- the attacker's force: the last published count of ground troops; without one the baseline's less 9,900 a month, the growth
  of early 2024 (the only figure from later: it hardly matters, since what counts is the change from the start). The
  defender's force and the fire of both are the baseline's, since no series of them is known.
- references are left out: they are the levels at the start.
- aid a month, past and to come, is the mean of the last twelve months, and so is the share that comes from stocks.
- what is dated is dropped where it rests on a source later than the origin; else it comes on the same day of the calendar,
  the first time after the origin.

All else is the baseline, with ranges that were set in December 2024: noise, memory and elasticities are not what someone
would have known at the origin.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.engine.calendar import add_months
from sim.model import WarScenario
from sim.scenario import Scenario, ScenarioHead, load_scenario
from sim.scenario.write import to_yaml

Tree = dict[str, Any]


class Month(NamedTuple):
    """A month as it was: change of the mapped area, and claimed casualties of the attacker."""

    start: date
    km2: float
    claims: float


# Sources, as in the baseline. km2: change of the area on the map of Liveuamap (liveuamap_2024), rounded to 1 km2. Claims:
# sums of the daily claims of the General Staff (gs_claims_2024), rounded to hundreds.
_FIRST = date(2022, 3, 1)
_KM2 = (
    68313, -30473, 740, 278, 280, 807, -9994, -3771, -3781, -177,
    18, 412, 394, -67, -48, -200, -40, -125, -3, -27, 393, 105,
    56, 110, 90, 271, 380, 55, 553, 396, 536, 698, 715,
)  # fmt: skip
_CLAIMS = (
    12200, 5700, 7300, 5100, 5200, 7100, 11200, 12700, 17100, 17100,
    21500, 21700, 24100, 17200, 17400, 20400, 17900, 16800, 15100, 22700, 28000, 30500,
    26000, 28500, 28400, 26600, 38900, 35100, 35400, 36800, 38100, 41900, 45500,
)  # fmt: skip
MONTHS = tuple(Month(add_months(_FIRST, place), *row) for place, row in enumerate(zip(_KM2, _CLAIMS, strict=True)))


class Origin(NamedTuple):
    """What was known on the day before a start, rounded; see `MONTHS` for the sources.

    `claims_30`, 91 and 183 are a day, in so many days. Aid is military, bn EUR a month over twelve months, with the share of
    it that came from stocks (kiel_2024). `force` is the count of ground troops published last (Ukraine's military
    intelligence, in Ukrainska Pravda of 2024-02-21), 0 where there was none.
    """

    start: date
    area_km2: float
    km2_a_day_30: float
    claims_30: float
    claims_91: float
    claims_183: float
    claims_year: float
    aid_us: float
    aid_others: float
    from_stock: float
    force: float


ORIGINS = (
    Origin(date(2023, 1, 1), 107_150, -5.9, 551, 509, 384, 106_000, 1.74, 1.41, 0.68, 0),
    Origin(date(2023, 7, 1), 107_660, -6.7, 681, 604, 676, 193_000, 2.66, 1.82, 0.54, 0),
    Origin(date(2024, 1, 1), 107_960, 3.3, 973, 886, 712, 253_000, 1.93, 1.93, 0.51, 0),
    Origin(date(2024, 7, 1), 108_920, 1.8, 1_168, 1_105, 1_008, 314_000, 1.12, 1.96, 0.40, 470_000),
)
GROWTH_PER_MONTH = 9_900
# Limits of a triangular distribution with nine in ten draws in a range lie so much farther from the mode than its ends.
_NINE_IN_TEN = 1 / (1 - 0.1**0.5)


def before(origin: Origin, months: Sequence[Month] = MONTHS) -> list[Month]:
    """Return the months that had passed at an origin."""
    return [month for month in months if month.start < origin.start]


def after(origin: Origin, months: Sequence[Month] = MONTHS) -> list[Month]:
    """Return the months to be told from an origin: twelve, or as many as there are."""
    return [month for month in months if month.start >= origin.start][:12]


def postures(tree: Tree, better: float) -> dict[str, tuple[str, Any]]:
    """Return who strikes at the start, and that losses and pace were seen at the intensity which that means."""
    found: dict[str, tuple[str, Any]] = {}
    for side, strikes in (("attacker", better > 1), ("defender", better < -1)):
        path = f"front.campaigns.{side}"
        found[f"{path}.at_start"] = ("is", "strike" if strikes else "hold")
        then = _centre(_at(tree, f"{path}.{'strike' if strikes else 'between'}_intensity"))
        found[f"front.{side}_reference_intensity"] = ("is", then)
    return found


def levels(origin: Origin, tree: Tree, months: Sequence[Month] = MONTHS) -> dict[str, tuple[str, Any]]:
    """Return what changes in the baseline, by path: how (`is`, `moved to`, `times`), and the number."""
    year = before(origin, months)[-12:]
    days = (origin.start - year[0].start).days / len(year)
    tempo = origin.claims_91 / _centre(_at(tree, "attrition.attacker.daily_casualties"))
    back = (tree["start_date"] - origin.start).days / 30.44
    force = _centre(_at(tree, "manpower.attacker.force_persons"))
    settled = float(np.median([month.km2 for month in year])) / days
    better = (origin.km2_a_day_30 - settled) / _centre(_at(tree, "front.advance_sd_km2_per_day"))
    claims = sorted((origin.claims_30, origin.claims_91, origin.claims_183))
    low, high = (origin.claims_91 + _NINE_IN_TEN * (end - origin.claims_91) for end in (claims[0], claims[2]))
    aid = {"united_states": origin.aid_us, "europe": origin.aid_others}
    return {
        "front.held_area_km2": ("is", origin.area_km2),
        "front.advance_km2_per_day": ("moved to", origin.km2_a_day_30),
        "front.advance_settled_km2_per_day": ("moved to", settled),
        **postures(tree, better),
        "attrition.attacker.daily_casualties": (
            "is", {"dist": "triangular", "low": low, "mode": origin.claims_91, "high": high, "assumption": True},
        ),
        "attrition.defender.daily_casualties": ("times", tempo),
        "manpower.attacker.past_daily_casualties": ("is", origin.claims_91),
        "manpower.defender.past_daily_casualties": ("times", tempo),
        "manpower.attacker.force_persons": ("times", (origin.force or force - GROWTH_PER_MONTH * back) / force),
        **{
            f"manpower.{side}.{flow}": ("times", tempo)
            for side in ("attacker", "defender") for flow in ("intake_per_month", "past_intake_per_month")
        },
        "support.attacker.year_casualties_persons": ("is", origin.claims_year),
        "support.defender.year_casualties_persons": ("times", tempo),
        **{
            f"arms.backers.{backer}.{flow}": ("is", amount)
            for backer, amount in aid.items() for flow in ("aid_per_month_beur", "past_aid_per_month_beur")
        },
        **{f"arms.backers.{backer}.from_stock_share": ("is", origin.from_stock) for backer in aid},
    }  # fmt: skip


REFERENCES = (
    "manpower.attacker.reference_force_persons", "manpower.defender.reference_force_persons",
    "arms.attacker.reference_fire_share", "arms.defender.reference_fire_share",
)  # fmt: skip


def scenario_at(origin: Origin, baseline: Scenario[ScenarioHead], months: Sequence[Month] = MONTHS) -> Tree:
    """Return the tree of the baseline as it would have been written at an origin."""
    old, tree = baseline.tree, copy.deepcopy(baseline.tree)
    tree |= {"title": f"The baseline as of {origin.start}", "start_date": origin.start, "horizon_months": 12}
    del tree["expect"]
    for path, (how, number) in levels(origin, old, months).items():
        holder, name = _place(tree, path)
        holder[name] = _changed(holder.get(name), how, number)
    for path in REFERENCES:
        holder, name = _place(tree, path)
        holder.pop(name, None)
    correlations = tree.get("correlations", {})
    for name in [name for name, one in correlations.items() if set(REFERENCES) & set(one["between"])]:
        del correlations[name]
    moved = _centre(old["front"]["held_area_km2"]) - origin.area_km2
    for belt in tree["front"].get("belts", {}).values():
        belt["at_km2"] = _changed(belt["at_km2"], "moved to", _centre(belt["at_km2"]) + moved)
    for items, name in list(dated(tree)):
        when = items[name]["date"]
        if any(tree["sources"][source]["date"] > origin.start for source in sources_of(items[name])):
            del items[name]
        else:
            this_year = add_months(when, 12 * (origin.start.year - when.year))
            items[name]["date"] = this_year if this_year >= origin.start else add_months(this_year, 12)
    return tree


def load_at(origin: Origin, baseline: Scenario[ScenarioHead]) -> Scenario[ScenarioHead]:
    """Return the baseline as of an origin."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"as_of_{origin.start}.yaml"
        file.write_text(to_yaml(scenario_at(origin, baseline)), encoding="utf-8")
        return load_scenario(file, WarScenario)


def _place(tree: Tree, path: str) -> tuple[Tree, str]:
    *sections, name = path.split(".")
    for section in sections:
        tree = tree[section]
    return tree, name


def _at(tree: Tree, path: str) -> Any:
    holder, name = _place(tree, path)
    return holder[name]


def _centre(quantity: Any) -> float:
    """Return what a quantity is centred on, as it is written."""
    if not isinstance(quantity, dict):
        return float(quantity)
    named = [quantity[key] for key in ("value", "mode", "median", "mean") if key in quantity]
    return float(named[0] if named else (quantity["low"] + quantity["high"]) / 2)


def _changed(quantity: Any, how: str, number: Any) -> Any:
    """Return a quantity that is, is moved to or is multiplied by something; with the same range but in the first case."""
    if how == "is":
        return number if isinstance(number, (dict, str)) else {"value": number, "assumption": True}
    by, factor = (number - _centre(quantity), 1.0) if how == "moved to" else (0.0, number)
    if not isinstance(quantity, dict):
        return quantity * factor + by
    places = ("value", "low", "mode", "high", "mean", "median")
    return {
        key: value * factor + by if key in places else value * factor if key == "sd" else value
        for key, value in quantity.items()
    }


def dated(node: Any) -> Iterator[tuple[Tree, str]]:
    """Yield where there is something that comes on a date: what holds it, and its name."""
    if isinstance(node, dict):
        for name, item in node.items():
            if name == "sources":
                continue
            if isinstance(item, dict) and isinstance(item.get("date"), date):
                yield node, name
            yield from dated(item)


def sources_of(node: Any) -> Iterator[str]:
    """Yield the sources that a part of a scenario rests on."""
    if isinstance(node, dict):
        for name, item in node.items():
            yield from item if name == "source" else sources_of(item)
