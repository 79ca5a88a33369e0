"""The outcome summary: shares of the endings with their intervals, and the distribution of what happened.

The summary is a list of rows, made once and printed, written as CSV, Markdown or JSON from the same list.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sim.engine.calendar import DAYS_PER_MONTH, Calendar
from sim.ensemble.outcomes import ENDINGS
from sim.ensemble.run import Ensemble
from sim.model.manpower import break_even_return_share
from sim.model.parameters import SIDES
from sim.results.statistics import quantiles, wilson_interval
from sim.scenario import quantities

ENDING_LABELS = {
    "war_goes_on": "War goes on",
    "attacker_collapsed": "{attacker}'s army has collapsed",
    "defender_collapsed": "{defender}'s army has collapsed",
}
WHAT_IT_IS_NOT = "Conditional frequencies of a stylised model, not a forecast."


@dataclass(frozen=True)
class Row:
    """One line of the summary.

    A row of endings has `share` with `low` and `high`, its 95 % interval; a row of an outcome has `mean`, `p05`, `p50` and
    `p95` over the `n` of `total` replications in which it is defined. Values are in `unit`; tables show them over `scale`.
    """

    section: str
    id: str
    label: str
    unit: str
    n: int
    total: int
    scale: float = 1.0
    digits: int = 0
    share: float | None = None
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    p05: float | None = None
    p50: float | None = None
    p95: float | None = None

    @property
    def shown_label(self) -> str:
        """The label as a table shows it, with the scale of its values."""
        return f"{self.label} (thousand)" if self.scale == 1e3 else self.label


def side_names(ensemble: Ensemble) -> dict[str, str]:
    """Return the names of the sides in the scenario."""
    sides = ensemble.scenario.world.sides
    return {"attacker": sides.attacker.name, "defender": sides.defender.name}


def end_date(ensemble: Ensemble) -> str:
    """Return the date of the horizon."""
    return Calendar(ensemble.scenario.world.start_date).date_of(ensemble.plan.days).isoformat()


def summarise(ensemble: Ensemble) -> list[Row]:
    """Return the rows of the summary, in the order in which they are shown."""
    names = side_names(ensemble)
    outcomes = ensemble.outcomes
    n = len(ensemble.numbers)
    rows = []
    for ending in ENDINGS:
        count = int(np.count_nonzero(outcomes["ending"] == ending))
        low, high = wilson_interval(count, n)
        label = ENDING_LABELS[ending].format(**names)
        rows.append(Row("endings", ending, label, "share", n, n, share=count / n, low=low, high=high))

    def add(section: str, column: str, label: str, unit: str, scale: float = 1.0, digits: int = 0) -> None:
        if column not in outcomes:
            return
        values = outcomes[column].astype(np.float64)
        known = values[~np.isnan(values)]
        p05, _, p50, _, p95 = (float(q) if len(known) else None for q in quantiles(values))
        mean = float(known.mean()) if len(known) else None
        rows.append(Row(section, column, label, unit, len(known), n, scale, digits, mean=mean, p05=p05, p50=p50, p95=p95))

    for side in SIDES:
        add("course", f"casualties_{side}", f"Casualties, {names[side]}", "persons", 1e3)
    for side in SIDES:
        add("course", f"killed_{side}", f"of these killed, {names[side]}", "persons", 1e3)
    for side in SIDES:
        add("course", f"force_end_{side}", f"Force at the end, {names[side]}", "persons", 1e3)
    add("course", "ground_gained_km2", f"Net land taken by {names['attacker']} (km2)", "km2")
    for side in SIDES:
        add(
            "course",
            f"fired_days_{side}",
            f"Materiel fired, {names[side]} (days of full fire)",
            "days of full-rate fire",
        )
    for side in SIDES:
        if outcomes[f"aid_pledged_beur_{side}"].any():
            add("course", f"aid_pledged_beur_{side}", f"Aid pledged to {names[side]} (bn EUR)", "bn EUR", 1, 1)
            add("course", f"aid_delivered_beur_{side}", f"Aid delivered to {names[side]} (bn EUR)", "bn EUR", 1, 1)
    for side in SIDES:
        label = f"Months until {names[side]}'s fire is below half of full rate"
        add("course", f"fire_below_half_month_{side}", label, "months")
    for side in SIDES:
        label = f"Casualties a day in the first 30 days, {names[side]}"
        add("year_one", f"daily_casualties_30_days_{side}", label, "persons a day")
    for side in SIDES:
        label = f"Change of {names[side]}'s force"
        add("year_one", f"force_change_12_months_{side}", label, "persons", 1e3, 1)
    add("year_one", "ground_30_days_km2", "Land taken in the first 30 days (km2)", "km2")
    add("year_one", "ground_12_months_km2", "Land taken (km2)", "km2")
    label = f"Casualties of {names['attacker']} per km2 taken"
    add("year_one", "casualties_per_km2_12_months", label, "persons per km2")
    return rows


def balance_sentences(ensemble: Ensemble) -> list[str]:
    """Return the monthly manpower balance of each side and its break-even, as sentences.

    Flows are means over the replications of a month at war in the first 12, because means add up; the break-even return
    share is that of these flows, without desertion.
    """
    if "trained_per_month_12_months_attacker" not in ensemble.outcomes:
        return []
    names, sentences = side_names(ensemble), []
    for side in SIDES:
        flow = {
            name: float(ensemble.outcomes[f"{name}_per_month_12_months_{side}"].mean())
            for name in ("trained", "returned", "killed", "wounded", "deserted")
        }
        lost = flow["killed"] + flow["wounded"]
        net = flow["trained"] + flow["returned"] - lost - flow["deserted"]
        thousand = {name: value / 1e3 for name, value in flow.items()}
        # Flows of the force; the wounded leave it at once, and those who return come back weeks later.
        sentence = (
            f"{names[side]} gains {thousand['trained']:.1f} thousand recruits and {thousand['returned']:.1f} returning "
            f"wounded a month, and loses {thousand['killed']:.1f} killed, {thousand['wounded']:.1f} wounded and "
            f"{thousand['deserted']:.1f} deserters: {net / 1e3:+.1f} thousand a month."
        )
        if lost > flow["killed"]:
            share = break_even_return_share(lost / DAYS_PER_MONTH, flow["trained"], flow["killed"] / lost)
            assumed = mean_parameter(ensemble, f"manpower.{side}.return_share")
            if 0.005 <= share <= 1:
                sentence += f" Desertion aside it would hold level if {share:.2f} of the wounded returned;"
            else:
                never = "no return of wounded could" if share > 1 else "recruits alone would"
                sentence += f" Desertion aside {never} hold it level;"
            sentence += f" assumed is {assumed:.2f}."
        sentences.append(sentence)
    return sentences


def mean_parameter(ensemble: Ensemble, path: str) -> float:
    """Return the mean over the replications of a parameter, which may be certain."""
    if path in ensemble.drawn:
        return float(ensemble.drawn[path].mean())
    return dict(quantities(ensemble.scenario.world))[path].central


def as_dicts(rows: list[Row]) -> list[dict[str, Any]]:
    """Return the rows as plain dictionaries."""
    return [asdict(row) for row in rows]
