"""The outcome summary: shares of the endings with their intervals, and the distribution of what happened.

The summary is a list of rows, made once and printed, written as CSV, Markdown or JSON from the same list.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import DAYS_PER_MONTH, Calendar
from sim.engine.draws import Floats
from sim.ensemble.outcomes import DEAL_HORIZONS, ENDINGS, FAILED, LASTING_DAYS
from sim.ensemble.run import Ensemble
from sim.model.ceasefire import CAUSES
from sim.model.ledger import ZONE
from sim.model.manpower import break_even_return_share
from sim.model.parameters import SIDES
from sim.results.ledger import Totals, entries, negotiation_of, sentences
from sim.results.names import Names
from sim.results.statistics import mean_interval, quantile_interval, wilson_interval
from sim.scenario import Scenario, ScenarioHead, quantities

ENDING_LABELS = {
    "war_goes_on": "War goes on",
    "attacker_collapsed": "{attacker}'s army has collapsed",
    "defender_collapsed": "{defender}'s army has collapsed",
    "ceasefire_in_force": "Ceasefire in force",
    "war_again": "War again after a ceasefire",
    "failed": "Failed: something went wrong in Parley",
}
# Quantiles of a row, by name.
SHOWN = {"p05": 0.05, "p50": 0.5, "p95": 0.95}
AFTER_A_DEAL = ("ceasefire_in_force", "war_again")
CAUSE_LABELS = {
    "worn_out": "Nothing: it wore out",
    "temptation": "Renewed war promised more than the terms",
    "imposed": "It was signed only because of pressure",
    "inconsistent_record": "The fighting before had settled nothing",
    "incidents": "Incidents",
}
WHAT_IT_IS_NOT = "Conditional frequencies of a stylised model, not a forecast."


@dataclass(frozen=True)
class Row:
    """One line of the summary.

    A row of endings has `share` with `low` and `high`, its 95 % interval; a row of an outcome has `mean` with its interval,
    and `p05`, `p50` and `p95` with theirs, over the `n` of `total` replications in which it is defined. An interval is empty
    where there are too few replications for it. Values are in `unit`; tables show them over `scale`.
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
    p05_low: float | None = None
    p05_high: float | None = None
    p50_low: float | None = None
    p50_high: float | None = None
    p95_low: float | None = None
    p95_high: float | None = None

    @property
    def shown_label(self) -> str:
        """The label as a table shows it, with the scale of its values."""
        return f"{self.label} (thousand)" if self.scale == 1e3 else self.label


def side_names(ensemble: Ensemble) -> dict[str, str]:
    """Return the names of the sides in the scenario."""
    return Names(ensemble.scenario).sides


def end_date(ensemble: Ensemble) -> str:
    """Return the date of the horizon."""
    return Calendar(ensemble.scenario.world.start_date).date_of(ensemble.plan.days).isoformat()


def summarise(ensemble: Ensemble) -> list[Row]:
    """Return the rows of the summary, in the order in which they are shown."""
    names = side_names(ensemble)
    outcomes = ensemble.outcomes
    n = len(ensemble.numbers)
    rows, how = [], outcomes["ending"]
    for ending in (*ENDINGS, FAILED):
        if ending in AFTER_A_DEAL and "deal_month" not in outcomes:
            continue
        count = int(np.count_nonzero(how == ending))
        if ending == FAILED and not count:
            continue
        low, high = wilson_interval(count, n)
        label = ENDING_LABELS[ending].format(**names)
        rows.append(Row("endings", ending, label, "share", n, n, share=count / n, low=low, high=high))

    def add(section: str, column: str, label: str, unit: str, scale: float = 1.0, digits: int = 0) -> None:
        if column not in outcomes:
            return
        values = outcomes[column].astype(np.float64)
        known = np.sort(values[~np.isnan(values)])
        rows.append(Row(section, column, label, unit, len(known), n, scale, digits, **_distribution(known)))

    rows += _ledger_rows(ensemble)
    add("course", "deal_month", "Month of the first ceasefire", "months", 1, 1)
    add("course", "first_talks_month", "Month in which talks first open", "months", 1, 1)
    if "talks_failed" in outcomes:
        add("course", "talks_opened", "Times that talks open", "times")
        add("course", "share_of_time_in_ceasefire", "Share of the time in a ceasefire", "share", 1, 2)
        add("course", "incidents_per_day", "Incidents a day in ceasefires", "incidents a day")
    if "deal_month" in outcomes and not np.isnan(outcomes["deal_month"]).all():
        for side in SIDES:
            add("course", f"surplus_{side}", f"What the deal is worth to {names[side]} above fighting on", "utility", 1, 3)
        for side in SIDES:
            add("course", f"conceded_{side}", f"What {names[side]} conceded from its first demand", "utility", 1, 3)
        add("course", "land_ceded_km2", "Land ceded in the deal, from the line of that day (km2)", "km2")
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
        if np.nan_to_num(outcomes[f"aid_pledged_beur_{side}"]).any():
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
    return rows + _deal_rows(ensemble)


def only_summarised(outcome: str) -> bool:
    """Return whether an outcome is of all histories together, so that no history has it by itself."""
    return outcome == "talks_failing" or outcome.startswith("ledger:")


def row_of(outcome: str, values: NDArray[np.float64]) -> Row:
    """Return the row of an outcome that the summary leaves out."""
    known = np.sort(values[~np.isnan(values)])
    if len(known) and np.isin(known, (0.0, 1.0)).all():
        return _share_row("asked", outcome, outcome, known > 0)
    return replace(Row("asked", outcome, outcome, "", len(known), len(values)), **_distribution(known))


def _distribution(values: NDArray[np.float64]) -> dict[str, Any]:
    """Return mean and quantiles of sorted values, each with its interval, by their names in a row."""
    if not len(values):
        return {}
    bounds = dict(zip(("low", "high"), mean_interval(values), strict=True))
    for name, level in SHOWN.items():
        bounds |= dict(zip((f"{name}_low", f"{name}_high"), quantile_interval(values, level), strict=True))
    levels = dict(zip(SHOWN, np.quantile(values, list(SHOWN.values())).tolist(), strict=True))
    known = {"mean": float(values.mean()), **levels, **bounds}
    return {name: None if value != value else value for name, value in known.items()}


def _deal_rows(ensemble: Ensemble) -> list[Row]:
    """Return how often a deal was signed within a year and two, and what was signed."""
    if "deal_month" not in ensemble.outcomes:
        return []
    signed = ensemble.outcomes["deal_month"]
    n, rows = len(signed) - len(ensemble.failures), []
    for months, _ in DEAL_HORIZONS:
        column = f"deal_within_{months}_months"
        if column in ensemble.outcomes:
            within = ensemble.outcomes[column]
            # Without those that failed.
            rows.append(_share_row("deals", column, f"within {months} months", within[~np.isnan(within)] > 0))
    ended = int(np.nansum(ensemble.outcomes["talks_ended"]))
    if ended:
        failed = float(np.nansum(ensemble.outcomes["talks_failed"])) / ended
        low, high = wilson_interval(failed * n, n)
        label = "Talks that end without one"
        rows.append(Row("deals", "talks_failing", label, "share", ended, ended, share=failed, low=low, high=high))
    deals = signed == signed
    if not deals.any():
        return rows
    rows.append(_share_row("terms", "imposed", "Only because of pressure", ensemble.outcomes["imposed"][deals] > 0))
    negotiation = negotiation_of(ensemble)
    assert negotiation is not None, "deals come from a negotiation"
    for issue in negotiation.issues:
        terms = ensemble.outcomes[f"terms_{issue.id}"][deals]
        for option in issue.options:
            label = f"{issue.label}: {option.label}"
            rows.append(_share_row("terms", f"terms_{issue.id}:{option.id}", label, terms == option.id))
    return rows + _ceasefire_rows(ensemble)


def _ceasefire_rows(ensemble: Ensemble) -> list[Row]:
    """Return how long first ceasefires last, and why they break."""
    rows = []
    for days in LASTING_DAYS:
        lasted = ensemble.outcomes[f"ceasefire_lasted_{days}_days"].astype(np.float64)
        watched = ~np.isnan(lasted)
        if watched.any():
            rows.append(_share_row("lasting", f"ceasefire_lasted_{days}_days", f"{days} days", lasted[watched] > 0))
    broke = ensemble.outcomes["first_ceasefire_broke"] == 1.0
    for cause in CAUSES if broke.any() else ():
        mine = ensemble.outcomes["collapse_cause"][broke] == cause
        rows.append(_share_row("causes", f"collapse_cause:{cause}", CAUSE_LABELS[cause], mine))
    return rows


def _share_row(section: str, id: str, label: str, yes: NDArray[np.bool_]) -> Row:
    count, n = int(np.count_nonzero(yes)), len(yes)
    low, high = wilson_interval(count, n)
    return Row(section, id, label, "share", n, n, share=count / n, low=low, high=high)


def _ledger_rows(ensemble: Ensemble) -> list[Row]:
    """Return the shares of the states of the ledger, the most frequent reasons first.

    The intervals are those of as many histories, not reviews: reviews of one history tell much the same.
    """
    totals = Totals(entries(ensemble))
    naming, n, rows = Names(ensemble.scenario), len(ensemble.numbers) - len(ensemble.failures), []
    for state, count in sorted(totals.of("state"), key=lambda item: item[0] != ZONE):
        share = count / totals.reviews
        low, high = wilson_interval(share * n, n)
        rows.append(Row("ledger", f"ledger:{state}", naming.state(state), "share", totals.reviews, totals.reviews,
                        share=share, low=low, high=high))  # fmt: skip
    return rows


def told_of(ensemble: Ensemble) -> list[str]:
    """Return what an ensemble tells in sentences: why there was no deal, then the balance of manpower."""
    scenario = ensemble.scenario
    why = sentences(Names(scenario), Totals(entries(ensemble)))
    return [*why, *balance_sentences(scenario, ensemble.outcomes, ensemble.drawn)]


def balance_sentences(
    scenario: Scenario[ScenarioHead], outcomes: Mapping[str, NDArray[Any]], drawn: Mapping[str, Floats]
) -> list[str]:
    """Return the monthly manpower balance of each side and its break-even, as sentences.

    Flows are means of a month at war in the first 12, over the replications without a ceasefire in them, because means add
    up; the break-even return share is that of these flows, without desertion.
    """
    trained = outcomes.get("trained_per_month_12_months_attacker")
    if trained is None or np.isnan(trained).all():
        return []
    names, found = Names(scenario).sides, []
    for side in SIDES:
        flow = {
            name: float(np.nanmean(outcomes[f"{name}_per_month_12_months_{side}"]))
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
            assumed = mean_parameter(scenario, drawn, f"manpower.{side}.return_share")
            if 0.005 <= share <= 1:
                sentence += f" Desertion aside it would hold level if {share:.2f} of the wounded returned;"
            else:
                never = "no return of wounded could" if share > 1 else "recruits alone would"
                sentence += f" Desertion aside {never} hold it level;"
            sentence += f" assumed is {assumed:.2f}."
        found.append(sentence)
    return found


def mean_parameter(scenario: Scenario[ScenarioHead], drawn: Mapping[str, Floats], path: str) -> float:
    """Return the mean over the replications of a parameter, which may be certain."""
    if path in drawn:
        return float(np.nanmean(drawn[path]))
    return dict(quantities(scenario.world))[path].central


def as_dicts(rows: list[Row]) -> list[dict[str, Any]]:
    """Return the rows as plain dictionaries."""
    return [asdict(row) for row in rows]
