"""The outcome summary: shares of the endings with their intervals, and the distribution of what happened.

The summary is a list of rows, made once and printed, written as CSV, Markdown or JSON from the same list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.ensemble.outcomes import declared, time_in_words
from sim.ensemble.run import SERIES_HISTORIES, Ensemble
from sim.model import RATIOS, outcomes_of
from sim.model.answers import is_possible
from sim.model.asked import Asked
from sim.model.endings import FAILED, labels
from sim.model.outcomes import SECTIONS, Outcome, standalone
from sim.results.bands import Band, OfDraws, band_of_mean, band_of_median, band_of_share
from sim.results.ledger import Totals, entries
from sim.results.names import Names
from sim.results.statistics import mean_interval, quantile_interval, wilson_interval
from sim.results.values import values_of
from sim.scenario import Scenario, ScenarioHead

ENDING_LABELS = {**labels(), FAILED: "Failed: something went wrong in Parley"}
# Quantiles of a row, by name.
SHOWN = {"p05": 0.05, "p50": 0.5, "p95": 0.95}


@dataclass(frozen=True)
class Row:
    """One line of the summary.

    A row of endings has `share` with `low` and `high`, its 95 % interval; a row of an outcome has `mean` with its interval,
    and `p05`, `p50` and `p95` with theirs, over the `n` of `total` replications in which it is defined. An interval is empty
    where there are too few replications for it. `least` and `most` are the band of the assumptions, of the share or mean:
    between what it lies in 95 % of the draws of all uncertain numbers, luck taken out (see `sim.results.bands`); those of
    p50 are of the median, those of n of the part of the histories that has it. They are empty where there are too few
    draws. Values are in `unit`.
    """

    section: str
    id: str
    label: str
    unit: str
    n: int
    total: int
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
    least: float | None = None
    most: float | None = None
    p50_least: float | None = None
    p50_most: float | None = None
    n_least: float | None = None
    n_most: float | None = None

    @property
    def value(self) -> float | None:
        """Its share, or its mean: the one statistic by which an outcome is told wherever it is told."""
        return self.mean if self.share is None else self.share

    @property
    def alone(self) -> str:
        """What it is called where no heading stands above it."""
        return standalone(self.section, self.label)


def side_names(ensemble: Ensemble) -> dict[str, str]:
    """Return the names of the sides in the scenario."""
    return Names(ensemble.scenario).sides


def summarise(ensemble: Ensemble) -> list[Row]:
    """Return the rows of the summary, in the order in which they are shown."""
    names = side_names(ensemble)
    rows = [row for outcome, _ in outcomes_of(ensemble.scenario) for row in _rows_of(outcome, ensemble.outcomes, names)]
    order, over = list(SECTIONS), Over.of(ensemble)
    rows = [over.banded(row) for row in rows] if over is not None else rows
    return sorted([*rows, *_ledger_rows(ensemble)], key=lambda row: order.index(row.section))


@dataclass(frozen=True)
class Over:
    """What is asked of each draw of the assumptions of a run.

    Attributes
    ----------
    scenario : Scenario
    days : int
    outcomes : mapping of str to (n,) array
        Of all histories.
    draws : OfDraws or None
        None where nothing is uncertain, so that all draws are one.
    """

    scenario: Scenario[ScenarioHead]
    days: int
    outcomes: Mapping[str, NDArray[Any]]
    draws: OfDraws | None

    @classmethod
    def of(cls, ensemble: Ensemble) -> Over | None:
        """Return that of an ensemble; None where too few histories were run to tell, or no further lucks."""
        draws = OfDraws.of(ensemble.outcomes, ensemble.further, ensemble.lucks)
        if draws is None and ensemble.drawn:
            return None
        return cls(ensemble.scenario, ensemble.plan.days, ensemble.outcomes, draws)

    def banded(self, row: Row) -> Row:
        """Return a row with its band of the assumptions."""
        if row.value is None or row.id in RATIOS:
            return row
        part = row.n / row.total
        if self.draws is None:
            own: dict[str, Any] = {"least": row.value, "most": row.value, "p50_least": row.p50, "p50_most": row.p50}
            return replace(row, **own, n_least=part, n_most=part)
        values = values_of(self.scenario, self.draws.columns, row.id, self.days)
        if row.share is not None:
            yes = np.where(np.isnan(values), np.nan, values > 0)
            return _with(row, share=band_of_share(yes, row.share))
        every = values_of(self.scenario, self.outcomes, row.id, self.days)
        ran = self.draws.columns["ending"] != FAILED
        there = np.where(ran, ~np.isnan(values), np.nan)
        median = band_of_median(values, np.sort(every[~np.isnan(every)]))
        return _with(row, share=band_of_mean(values, row.value), p50=median, n=band_of_share(there, part))


def _with(row: Row, **bands: Band | None) -> Row:
    """Return a row with bands: that of its share or mean is called `share`, others as what they are of."""
    ends: dict[str, Any] = {}
    for name, band in bands.items():
        before = "" if name == "share" else f"{name}_"
        ends[f"{before}least"], ends[f"{before}most"] = band or (None, None)
    return replace(row, **ends)


def _rows_of(outcome: Outcome, columns: Mapping[str, NDArray[Any]], names: Mapping[str, str]) -> Iterator[Row]:
    """Yield the rows of an outcome: none where it is not for the summary, a row each for the values of a category."""
    if outcome.parts is not None and outcome.parts[0] in columns:
        yield from _ratio_row(outcome, *(columns[name] for name in outcome.parts))
    elif not outcome.section or outcome.name not in columns:
        return
    elif outcome.values is not None:
        yield from _category_rows(outcome, columns[outcome.name], names)
    else:
        label, values = outcome.label.format(**names), columns[outcome.name].astype(np.float64)
        known = np.sort(values[~np.isnan(values)])
        if outcome.kind == "share" and len(known):
            yield _share_row(outcome.section, outcome.name, label, known > 0)
        elif outcome.kind == "number" and (len(known) or not outcome.if_any) and (known.any() or not outcome.unless_zero):
            counts = len(known), len(values)
            yield Row(outcome.section, outcome.name, label, outcome.unit, *counts, **_distribution(known))


def _category_rows(outcome: Outcome, values: NDArray[Any], names: Mapping[str, str]) -> Iterator[Row]:
    known = values[values != ""]
    if len(known):
        failed = [(FAILED, ENDING_LABELS[FAILED], FAILED)] if FAILED in known else []
        for value, label, id in [*_category(outcome), *failed]:
            if value in outcome.rare and value not in known:
                continue
            yield _share_row(outcome.section, id, label.format(**names), known == value)


def _ratio_row(outcome: Outcome, above: NDArray[Any], below: NDArray[Any]) -> Iterator[Row]:
    n, whole = int(np.count_nonzero(~np.isnan(below))), int(np.nansum(below))
    if whole:
        share = float(np.nansum(above)) / whole
        # As wide as if each history counted once: what belongs to one is alike.
        low, high = wilson_interval(share * n, n)
        yield Row(outcome.section, outcome.name, outcome.label, outcome.unit, whole, whole, share=share, low=low, high=high)


def only_summarised(outcome: str) -> bool:
    """Return whether an outcome is of all histories together, so that no history has it by itself."""
    return outcome in RATIOS or outcome.startswith("ledger:")


def row_of(scenario: Scenario[ScenarioHead], outcome: str, values: NDArray[np.float64]) -> Row:
    """Return the row of an outcome that the summary leaves out."""
    known = np.sort(values[~np.isnan(values)])
    row = blank_row(scenario, outcome)
    if row.unit == "share" and len(known) and np.isin(known, (0.0, 1.0)).all():
        return _share_row(row.section, outcome, row.label, known > 0)
    return replace(row, n=len(known), total=len(values), **_distribution(known))


def with_asked(scenario: Scenario[ScenarioHead], rows: Iterable[Row], outcomes: Iterable[str]) -> list[Row]:
    """Return rows with one for each of the outcomes that the summary leaves out, which has no values."""
    known = {row.id: row for row in rows}
    return [*known.values(), *(blank_row(scenario, name) for name in outcomes if name not in known)]


def blank_row(scenario: Scenario[ScenarioHead], outcome: str) -> Row:
    """Return the row of an outcome, of whatever time, without values: what it is called, its unit and how it is shown."""
    asked = Asked.parse(outcome)
    found = declared(scenario, asked)
    if found is None:
        return Row("asked", outcome, ENDING_LABELS.get(outcome, outcome), "share" if outcome == FAILED else "", 0, 0)
    one, _ = found
    value = asked.name.partition(":")[2] or asked.name
    labels = {value: label for value, label, _ in _category(one)}
    label = standalone(one.section, labels.get(value, one.label).format(**Names(scenario).sides))
    time = time_in_words(scenario, asked)
    unit = "share" if one.values is not None or one.kind == "share" else one.unit
    return Row("asked", outcome, f"{label}, {time}" if time else label, unit, 0, 0)


def _category(outcome: Outcome) -> Iterator[tuple[str, str, str]]:
    """Yield the values of a category: each with its label and the id of its row."""
    for name, (value, label) in zip(outcome.names, (outcome.values or {}).items(), strict=outcome.values is not None):
        yield value, f"{outcome.label}: {label}" if outcome.section in ("terms", "dictated") else label, name


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


def _share_row(section: str, id: str, label: str, yes: NDArray[np.bool_]) -> Row:
    count, n = int(np.count_nonzero(yes)), len(yes)
    low, high = wilson_interval(count, n)
    return Row(section, id, label, "share", n, n, share=count / n, low=low, high=high)


def _ledger_rows(ensemble: Ensemble) -> list[Row]:
    """Return the shares of the states of the ledger: where a deal was possible, then where none was; frequent ones first.

    The intervals are those of as many histories as are asked, not reviews: reviews of one history tell much the same.
    """
    totals = Totals(entries(ensemble))
    n = min(len(ensemble.numbers) - len(ensemble.failures), SERIES_HISTORIES)
    naming, rows = Names(ensemble.scenario), list[Row]()
    for state, count in sorted(totals.of("state"), key=lambda item: not is_possible(item[0])):
        share = count / totals.reviews
        low, high = wilson_interval(share * n, n)
        rows.append(Row("ledger", f"ledger:{state}", naming.state(state), "share", totals.reviews, totals.reviews,
                        share=share, low=low, high=high))  # fmt: skip
    return rows


def as_dicts(rows: list[Row]) -> list[dict[str, Any]]:
    """Return the rows as plain dictionaries."""
    return [asdict(row) for row in rows]
