"""The baseline started at four earlier dates (see `as_of`), held against what happened.

    python -m tests.hindcast [--replications N] [--json]

From each origin up to twelve months, or to November 2024 if that is earlier: 40 months together. Windows overlap and are
few: no ranking of forecasts can be had from them, only gross faults show. Claims are compared with casualties /
level_factor, in histories still at war.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import Calendar
from sim.engine.draws import Floats
from sim.engine.world import Setting
from sim.model import WarScenario, simulate
from sim.observed.rivals import Monthly, ar1, random_walk
from sim.observed.scores import BANDS, autocorrelation, pit, roughness, scores
from sim.scenario import Scenario, ScenarioHead, load_scenario
from tests.as_of import ORIGINS, Month, Origin, after, before, load_at

# Months of withdrawals and of the first weeks are beyond it: an AR(1) is not fitted to them.
MOST_KM2 = 3_000.0


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


# Of a path, (months, ...): by name the series it is of, and the statistic.
OF_PATHS: dict[str, tuple[str, Callable[[Floats], Floats]]] = {
    "no gain": ("km2", lambda path: (path <= 0).mean(axis=0)),
    "sd": ("km2", lambda path: path.std(axis=0, ddof=1)),
    "memory": ("km2", autocorrelation),
    "roughness": ("claims", lambda path: roughness(path, of_logs=True)),
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


def monthly(months: Sequence[Month], series: str) -> Monthly:
    """Return one series of months in a row."""
    return Monthly(months[0].start, np.array([float(getattr(month, series)) for month in months]))


def tell(origin: Origin, baseline: Scenario[ScenarioHead], replications: int, seed: int) -> Told:
    """Forecast the months after an origin by the model and by rivals."""
    past, ahead = before(origin), after(origin)
    observed = {series: monthly(ahead, series).values for series in ("km2", "claims")}
    rivals = {
        "km2": ar1(monthly(past, "km2").within(MOST_KM2), len(ahead)),
        "claims": random_walk(monthly(past, "claims"), len(ahead)),
    }
    return Told(origin, observed, histories_at(origin, baseline, replications, seed), rivals)


def mean_scores(forecasts: Sequence[Floats], observed: Sequence[float]) -> dict[str, float]:
    """Return coverage of the bands, mean CRPS and bias of forecasts of single months."""
    each = [scores(forecast, value) for forecast, value in zip(forecasts, observed, strict=True)]
    return {
        name: float(np.mean([one[name] for one in each])) for name in (*(f"cover_{band}" for band in BANDS), "crps", "bias")
    }


def judge(told: Sequence[Told]) -> dict[str, Any]:
    """Return scores by series, `model` and `rival`, and statistics of paths: what was, the model's 5, 50 and 95 %, and PIT.

    Of several origins a statistic is the mean, by months.
    """
    found: dict[str, Any] = {}
    for series in ("km2", "claims"):
        seen = [value for one in told for value in one.observed[series]]
        found[series] = {
            "model": mean_scores([forecast for one in told for forecast in one.forecasts(series)], seen),
            "rival": mean_scores([forecast for one in told for forecast in one.rivals[series]], seen),
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
        ("claims", "Claimed casualties a month", "random walk"),
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
