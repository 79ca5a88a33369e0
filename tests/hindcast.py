"""The baseline started at four earlier dates, held against what happened.

    python -m tests.hindcast [--replications N] [--json]

From each origin up to twelve months, or to November 2024 if that is earlier: 40 months together. Windows overlap and are
few: no ranking of forecasts can be had from them, only gross faults show.

Levels by one rule at each origin, from what was known on the day before it (`levels`):

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
would have known at the origin. Claims are compared with casualties / level_factor, in histories still at war.
"""

from __future__ import annotations

import argparse
import copy
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import Calendar, add_months
from sim.engine.world import Setting
from sim.model import WarScenario, simulate
from sim.scenario import Scenario, ScenarioHead, load_scenario
from sim.scenario.write import to_yaml

Floats = NDArray[np.float64]
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
BANDS = (50, 80, 90)


def before(origin: Origin, months: Sequence[Month] = MONTHS) -> list[Month]:
    """Return the months that had passed at an origin."""
    return [month for month in months if month.start < origin.start]


def after(origin: Origin, months: Sequence[Month] = MONTHS) -> list[Month]:
    """Return the months to be told from an origin: twelve, or as many as there are."""
    return [month for month in months if month.start >= origin.start][:12]


# --- the scenario at an origin ---


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
        "front.campaigns.attacker.at_start": ("is", "strike" if better > 1 else "hold"),
        "front.campaigns.defender.at_start": ("is", "strike" if better < -1 else "hold"),
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


# --- its histories ---


@dataclass(frozen=True)
class Histories:
    """What histories from an origin say of each month, (months, n): km2 gained, casualties as claimed, and if at war."""

    km2: Floats
    claims: Floats
    at_war: NDArray[np.bool_]


def play(scenario: Scenario[ScenarioHead], months: int, replications: int, seed: int) -> Histories:
    """Run a scenario for some months, in batches."""
    calendar = Calendar(scenario.world.start_date)
    ends = [calendar.month_start(month) for month in range(months + 1)]
    parts = []
    for numbers in np.array_split(np.arange(replications, dtype=np.int64), -(-replications // 1000)):
        world, drawn = simulate(scenario, Setting(scenario.world.start_date, ends[-1], seed, numbers, landmarks=ends))
        kept = [world.recorder.snapshots[day] for day in ends]
        claims = np.stack([now["cumulative_casualties"][0] for now in kept]) / drawn.values["attrition.level_factor"]
        # At a month's end, and never in a ceasefire before.
        at_war = np.stack([(now["at_war"] > 0) & (now["ceasefires"] == 0) for now in kept[1:]])
        parts.append((np.diff(np.stack([now["held_area"] for now in kept]), axis=0), np.diff(claims, axis=0), at_war))
    return Histories(*(np.concatenate(columns, axis=1) for columns in zip(*parts, strict=True)))


def histories_at(origin: Origin, baseline: Scenario[ScenarioHead], replications: int, seed: int) -> Histories:
    """Run the baseline as of an origin over the months to be told."""
    return play(load_at(origin, baseline), len(after(origin)), replications, seed)


# --- rivals: each returns quantiles at (i + 0.5) / n, (months, n) ---

_NORMAL = np.array([NormalDist().inv_cdf((place + 0.5) / 400) for place in range(400)])


def ar1_fit(values: Sequence[float], most: float = 3_000.0) -> tuple[float, float, float]:
    """Return mean, autocorrelation and residual sd of an AR(1), without values beyond `most` and what follows on them.

    >>> ar1_fit([4.0, 2.0, 3.0, 1.0, 9e9])[1:]
    (0.0, 1.118033988749895)
    """
    all_of_them = np.asarray(values, dtype=float)
    kept = np.abs(all_of_them) <= most
    mean = all_of_them[kept].mean()
    off = all_of_them - mean
    pairs = kept[:-1] & kept[1:]
    first, second = off[:-1][pairs], off[1:][pairs]
    memory = float(np.clip((first * second).sum() / (first**2).sum(), 0.0, 0.95))
    return float(mean), memory, float(np.sqrt(np.mean(off[kept] ** 2) * (1 - memory**2)))


def ar1_forecast(past: Sequence[Month], ahead: int) -> Floats:
    """Forecast km2 by an AR(1) fitted to the last 24 months; months of withdrawals and of the first weeks are left out."""
    mean, memory, sd = ar1_fit([month.km2 for month in past[-24:]])
    lead = np.arange(1, ahead + 1)[:, None]
    spread = sd * np.sqrt((1 - memory ** (2 * lead)) / (1 - memory**2))
    forecast: Floats = mean + memory**lead * (past[-1].km2 - mean) + spread * _NORMAL
    return forecast


def walk_forecast(past: Sequence[Month], ahead: Sequence[Month]) -> Floats:
    """Forecast claims by a random walk of the log of claims a day, from the last month, with last year's changes."""
    rates = np.log([month.claims / _days(month) for month in past[-13:]])
    sd = np.sqrt(np.mean(np.diff(rates) ** 2))
    lead = np.arange(1, len(ahead) + 1)[:, None]
    days = np.array([[_days(month)] for month in ahead])
    forecast: Floats = days * np.exp(rates[-1] + sd * np.sqrt(lead) * _NORMAL)
    return forecast


def _days(month: Month) -> int:
    return (add_months(month.start, 1) - month.start).days


# --- scores ---


def crps(forecast: Floats, observed: float) -> float:
    """Return the continuous ranked probability score of a sample, in its fair form (no gain from a larger sample).

    >>> crps(np.array([1.0, 1.0]), 3.0)
    2.0
    """
    n = len(forecast)
    if n == 1:
        return float(abs(forecast[0] - observed))
    weights = 2.0 * np.arange(1, n + 1) - n - 1
    # Sum of |x_i - x_j| over all pairs i < j.
    apart = float((weights * np.sort(forecast)).sum())
    return float(np.abs(forecast - observed).mean()) - apart / (n * (n - 1))


def pit(forecast: Floats, observed: float) -> float:
    """Return the share of a sample below what was observed; of ties one half.

    >>> pit(np.array([0.0, 0.0, 1.0, 2.0]), 0.0)
    0.25
    """
    return float((forecast < observed).mean() + 0.5 * (forecast == observed).mean())


def covers(forecast: Floats, observed: float, percent: float) -> bool:
    """Return whether the central band of a sample holds what was observed; its limits belong to it."""
    tail = (1 - percent / 100) / 2
    low, high = np.quantile(forecast, (tail, 1 - tail))
    return bool(low <= observed <= high)


def scores(forecasts: Sequence[Floats], observed: Sequence[float]) -> dict[str, float]:
    """Return coverage of the bands, mean CRPS and bias of forecasts of single months."""
    pairs = list(zip(forecasts, observed, strict=True))
    found = {f"cover_{band}": float(np.mean([covers(*pair, band) for pair in pairs])) for band in BANDS}
    found["crps"] = float(np.mean([crps(*pair) for pair in pairs]))
    return found | {"bias": float(np.mean([forecast.mean() - value for forecast, value in pairs]))}


def memory_of(path: Floats) -> Floats:
    """Return the autocorrelation at lag 1 of paths along the first axis."""
    off = path - path.mean(axis=0)
    found: Floats = (off[1:] * off[:-1]).sum(axis=0) / (off**2).sum(axis=0)
    return found


# Of a path, (months, ...): by name the series it is of, and the statistic.
OF_PATHS: dict[str, tuple[str, Callable[[Floats], Floats]]] = {
    "no gain": ("km2", lambda path: (path <= 0).mean(axis=0)),
    "sd": ("km2", lambda path: path.std(axis=0, ddof=1)),
    "memory": ("km2", memory_of),
    "roughness": ("claims", lambda path: np.diff(np.log(path), axis=0).std(axis=0, ddof=1)),
}


@dataclass(frozen=True)
class Told:
    """Of an origin: what happened, (months,) by series, what histories said, and what rivals did."""

    origin: Origin
    observed: dict[str, Floats]
    histories: Histories
    rivals: dict[str, Floats]

    def forecasts(self, series: str) -> list[Floats]:
        """Return of each month what the histories say that were still at war."""
        return [row[war] for row, war in zip(getattr(self.histories, series), self.histories.at_war, strict=True)]

    def paths(self, series: str) -> Floats:
        """Return the paths of the histories that were at war throughout."""
        found: Floats = getattr(self.histories, series)[:, self.histories.at_war.all(axis=0)]
        return found


def tell(origin: Origin, baseline: Scenario[ScenarioHead], replications: int, seed: int) -> Told:
    """Forecast the months after an origin by the model and by rivals."""
    past, ahead = before(origin), after(origin)
    observed = {"km2": np.array([float(m.km2) for m in ahead]), "claims": np.array([float(m.claims) for m in ahead])}
    rivals = {"km2": ar1_forecast(past, len(ahead)), "claims": walk_forecast(past, ahead)}
    return Told(origin, observed, histories_at(origin, baseline, replications, seed), rivals)


def judge(told: Sequence[Told]) -> dict[str, Any]:
    """Return scores by series, `model` and `rival`, and statistics of paths: what was, the model's 5, 50 and 95 %, and PIT.

    Of several origins a statistic is the mean, by months.
    """
    found: dict[str, Any] = {}
    for series in ("km2", "claims"):
        seen = [value for one in told for value in one.observed[series]]
        found[series] = {
            "model": scores([forecast for one in told for forecast in one.forecasts(series)], seen),
            "rival": scores([forecast for one in told for forecast in one.rivals[series]], seen),
        }
    months = np.array([len(one.observed["km2"]) for one in told])
    at_war = [one.paths("km2").shape[1] for one in told]
    for name, (series, of) in OF_PATHS.items():
        seen = np.average([of(one.observed[series]) for one in told], weights=months)
        said = np.average([of(one.paths(series)[:, : min(at_war)]) for one in told], weights=months, axis=0)
        low, middle, high = np.quantile(said, (0.05, 0.5, 0.95))
        found[name] = {"observed": float(seen), "low": low, "middle": middle, "high": high, "pit": pit(said, seen)}
    return found | {"months": int(months.sum()), "at_war": min(at_war)}


def hindcast(replications: int = 1000, seed: int = 1) -> dict[str, Any]:
    """Return what `judge` says of each origin, by its date, and of `all` together; luck differs between origins."""
    baseline: Scenario[ScenarioHead] = load_scenario("baseline", WarScenario)
    told = [tell(origin, baseline, replications, seed + place) for place, origin in enumerate(ORIGINS)]
    return {str(one.origin.start): judge([one]) for one in told} | {"all": judge(told)}


def missed(found: dict[str, Any]) -> list[str]:
    """Return the bars that are not met, of all origins together."""
    whole = found["all"]
    bars = {
        **{f"80 % cover of {series}": (whole[series]["model"]["cover_80"], 0.65, 0.92) for series in ("km2", "claims")},
        **{f"PIT of {name}": (whole[name]["pit"], 0.05, 0.95) for name in OF_PATHS},
    }
    return [
        f"{name} {value:.3f}, not in {low}-{high}" for name, (value, low, high) in bars.items() if not low <= value <= high
    ]


def as_text(found: dict[str, Any]) -> str:
    """Return what was found as a page of at most 40 lines of 80 columns."""
    lines = []
    for series, label, rival in (
        ("km2", "km2 a month", "AR(1)"),
        ("claims", "Claimed casualties a month", "random walk of log"),
    ):
        ours, theirs = (found["all"][series][who]["crps"] for who in ("model", "rival"))
        lines.append(f"{label}; beside it {rival}. Smaller CRPS: {'the model' if ours < theirs else 'the rival'}.")
        lines.append("             cover 50   80   90    CRPS    bias | cover 80    CRPS    bias")
        for name, one in found.items():
            model, other = one[series]["model"], one[series]["rival"]
            lines.append(
                f"{name:13} {model['cover_50']:7.2f} {model['cover_80']:4.2f} {model['cover_90']:4.2f} {model['crps']:7.0f} "
                f"{model['bias']:7.0f} | {other['cover_80']:8.2f} {other['crps']:7.0f} {other['bias']:7.0f}"
            )
    lines.append("Months of a path: what was (PIT among histories at war throughout)")
    lines.append(" " * 13 + "".join(f"{name:>15}" for name in OF_PATHS))
    for name, one in found.items():
        cells = (f"{one[path]['observed']:.2f} ({one[path]['pit']:.3f})" for path in OF_PATHS)
        lines.append(f"{name:13}" + "".join(f"{cell:>15}" for cell in cells))
    whole = found["all"]
    for at, label in (("low", "model's 5 %"), ("middle", "median"), ("high", "95 %")):
        lines.append(f"{label:13}" + "".join(f"{whole[path][at]:>15.2f}" for path in OF_PATHS))
    lines.append(f"{whole['months']} months; at war throughout: {whole['at_war']} histories or more of each origin.")
    return "\n".join([*lines, *(f"MISSED: {bar}" for bar in missed(found))])


def main() -> None:
    """Print the scores."""
    parser = argparse.ArgumentParser(description="Start the baseline at four earlier dates, and score what it tells.")
    parser.add_argument("--replications", type=int, default=1000, help="Histories from each origin.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="Print numbers for programs.")
    asked = parser.parse_args()
    found = hindcast(asked.replications, asked.seed)
    print(json.dumps(found, indent=2) if asked.json else as_text(found))


if __name__ == "__main__":
    main()
