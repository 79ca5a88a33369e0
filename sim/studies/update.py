"""Update: what new months of data say of a run that is kept, by weights on its histories; none is run again.

Each history is looked at as in `calibrate`, by the same statistics of its months. Those that agree with the data in whether
and when the fighting stopped get weights that fall with how far they are from them: importance weights with a normal kernel
(approximate Bayesian computation). The kernel allows for what the model itself may be off: by the noise of observation
alone, which the months of a history already have, a handful of histories would carry all weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sim.engine.calendar import Calendar
from sim.engine.draws import Draws, Floats, Ints
from sim.ensemble.run import Plan, path_days
from sim.errors import ParleyError
from sim.model.endings import FAILED
from sim.observed import Data
from sim.results.frames import Tabular
from sim.results.identity import about_identity
from sim.results.manifest import UpdateManifest
from sim.results.runs import Run
from sim.results.statistics import Z_95, wilson_interval
from sim.studies.agreement import apart
from sim.studies.calibrate import (
    Fit,
    about_data,
    as_it_stopped,
    as_observed,
    compared_series,
    days_until,
    drivers_of,
    end_of,
    fit_rows,
    measure,
    months_of,
    stopped_on,
)

# judgement: a model that is off by a third of what it assumes in a quarter's sum is not wrong for that. By one statistic,
# were it normal, histories then count as half as many; by two that do not hang together, as a quarter.
TOLERANCE = 0.35
# judgement: shares of as many histories are known to five points.
FEWEST_EFFECTIVE = 400
# How an outcome that is told of a run stands: how it ends, whether there is a deal, what it costs.
BESIDE = (
    "deal_within_12_months", "deal_within_24_months", "casualties_attacker", "casualties_defender", "ground_gained_km2",
)  # fmt: skip


class UpdateError(ParleyError):
    """Why data say nothing of a run."""


class Changed(NamedTuple):
    """An outcome before and after, with 95 % intervals of what is after and of what the months change.

    Attributes
    ----------
    outcome, label, unit : str
        The unit of shares is `share`.
    before : float
        Over all histories.
    possible : float
        Over those that agree with the data in whether and when the fighting stopped, all alike.
    after, after_low, after_high : float
        By weight.
    low, high : float
        Of the difference between the latter two: what the months say beyond that.
    """

    outcome: str
    label: str
    unit: str
    before: float
    possible: float
    after: float
    after_low: float
    after_high: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        """What the months have changed, among histories that are possible."""
        return self.after - self.possible


class Shifted(NamedTuple):
    """An uncertain number among the histories that are possible, and by weight: its mean and standard deviation."""

    mean: float
    sd: float
    after_mean: float
    after_sd: float

    @property
    def shift(self) -> float:
        """How far the months have moved the mean, in standard deviations."""
        return (self.after_mean - self.mean) / self.sd

    @property
    def ratio(self) -> float:
        """The width that is left, in parts of that of histories that are possible."""
        return self.after_sd / self.sd


@dataclass(frozen=True, repr=False)
class Update(Tabular):
    """What data say of a run; its rows are outcomes, before and after.

    Attributes
    ----------
    run : Run
    data : Data
    tolerance : float
    anyway : bool
        Whether it is told what changes even where no history comes near some of the data.
    agreeing : int
        How many histories agree with the data in whether, and about when, the fighting first stopped.
    weights : (n,) array
        Of the histories of the run; they sum to 1, or are all 0 where none is anywhere near the data.
    distances : (n,) array
        Root mean square over the statistics, as in `calibrate`; infinity of histories that do not agree in whether the
        fighting stopped, or that failed.
    statistics, months : list of Fit
        Beside what was observed, the histories of the run that can agree, and these by their weights.
    changed : list of Changed
        None where that is not told.
    shifted : dict of str to Shifted
        By the path of each uncertain number, likewise.
    drivers : dict of int to list of str
        Of statistics that no history comes near, by place, the numbers that move it most.
    """

    run: Run
    data: Data
    tolerance: float
    anyway: bool
    agreeing: int
    weights: Floats
    distances: Floats
    statistics: list[Fit]
    months: list[Fit]
    changed: list[Changed]
    shifted: dict[str, Shifted]
    drivers: dict[int, list[str]]

    def __repr__(self) -> str:
        return (
            f"<Update: {self.run.identity.briefly}, {self.effective:,.0f} of {self.run.replications:,} histories by weight>"
        )

    @property
    def effective(self) -> float:
        """How many histories of equal weight tell as much."""
        return effective(self.weights)

    @property
    def is_reached(self) -> bool:
        """Whether the histories of the run reach the data in every statistic."""
        return not self.drivers

    @property
    def is_told(self) -> bool:
        """Whether it is told what changes: where the run does not reach the data, only if that was asked for."""
        return self.is_reached or self.anyway

    @property
    def of_scenario(self) -> str:
        """The name of its scenario, with what was set."""
        return self.run.identity.label

    @property
    def luck(self) -> float:
        """The standard deviation of what luck does to the mean of a number on which nothing depends, in its own."""
        of = self.weights[np.isfinite(self.distances)]
        return float(np.sqrt(((of - 1 / max(len(of), 1)) ** 2).sum()))

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return one row an outcome: before, after, and the difference, with intervals; none where that is not told."""
        return [
            {
                "outcome": one.outcome, "label": one.label, "unit": one.unit, "before": one.before, "possible": one.possible,
                "after": one.after,
                "after_low": one.after_low, "after_high": one.after_high, "difference": one.difference, "low": one.low,
                "high": one.high,
            }
            for one in self.changed
        ]  # fmt: skip

    def weighted(self) -> list[dict[str, Any]]:
        """Return one row a history: its weight, and how far it is from the data; no distance where it cannot agree."""
        return [
            {"replication": number, "weight": weight, "distance": distance if np.isfinite(distance) else None}
            for number, (weight, distance) in enumerate(zip(self.weights.tolist(), self.distances.tolist(), strict=True))
        ]

    def shifts(self) -> list[dict[str, Any]]:
        """Return one row an uncertain number: mean and spread before and after."""
        return [
            {
                "parameter": path, "prior_mean": one.mean, "prior_sd": one.sd, "kept_mean": one.after_mean,
                "kept_sd": one.after_sd, "shift": one.shift, "ratio": one.ratio,
            }
            for path, one in self.shifted.items()
        ]  # fmt: skip

    def fits(self) -> list[dict[str, Any]]:
        """Return one row a statistic or month, as of a calibration; none by weight where that is not told."""
        rows = fit_rows([*self.statistics, *self.months])
        if self.is_told:
            return rows
        return [{name: None if name.startswith("kept_") else value for name, value in row.items()} for row in rows]

    def manifest(self) -> UpdateManifest:
        """Return what its folder says of it."""
        run = self.run
        return UpdateManifest(
            **about_identity(run.scenario, Plan(run.replications, run.seed, run.days)), replications=run.replications,
            failed=run.failed, cutoff=self.data.cutoff.isoformat(), data=self.data.sha256, tolerance=self.tolerance,
            effective=self.effective, reached=self.is_reached,
        )  # fmt: skip


def about_update(data: Data, tolerance: float) -> dict[str, Any]:
    """Return all that an update depends on beside its run; what was observed later is no part of it."""
    return {**about_data(data), "tolerance": tolerance}


def refuse_beyond(run: Run, data: Data) -> None:
    """See whether a run lasts until data end; raises UpdateError or CalibrationError when it does not, or begins after."""
    days = days_until(run.scenario, data, "read --until a later day, or run a scenario that starts before")
    if days > run.days:
        ends = Calendar(run.scenario.world.start_date).date_of(run.days)
        raise UpdateError(
            f"{run.name} ends on {ends}, and {data.path} is read until {data.cutoff}; run it for more --months, or read "
            "--until an earlier day"
        )


def update(run: Run, data: Data, tolerance: float = TOLERANCE, anyway: bool = False) -> Update:
    """Weigh the histories of a run by how near they are to data.

    Where no history comes near some of the data, that alone is told.

    Parameters
    ----------
    run : Run
        One that is kept with `--paths month` is read; of another the histories are run again.
    data : Data
        That end within the run.
    tolerance : float
        Standard deviation of what the model may be off, in standard deviations of each statistic over the run.
    anyway : bool
        Whether to tell what changes even there.

    Raises
    ------
    UpdateError
        When nothing can be compared, or fewer than 400 histories would be left by weight.
    """
    scenario = run.scenario
    refuse_beyond(run, data)
    days, calendar = days_until(scenario, data), Calendar(scenario.world.start_date)
    chosen = compared_series(scenario, data)
    fields = [(one.field, one.of) for one in chosen]
    paths = run.kept_paths(fields) if run.paths_kept == "month" else {one: run.paths(*one)[1] for one in fields}
    slot = {day: place for place, day in enumerate(path_days(scenario.world.start_date, run.days, "month"))}
    draws = Draws(run.seed, np.arange(run.replications, dtype=np.int64))
    changes = {}
    for one in chosen:
        months = months_of(scenario, one, end_of(data))
        firsts = [slot[calendar.day_of(day)] for day in months]
        changes[one.id] = as_observed(
            scenario, one, paths[one.field, one.of][[*firsts, firsts[-1] + 1]], run.drawn, draws
        )  # fmt: skip
    stopped = stopped_on(run.outcomes, run.days, by=days)
    numbers = np.flatnonzero(~np.isnan(stopped) & as_it_stopped(scenario, data, stopped))
    if not len(numbers):
        raise UpdateError(f"no history of {run.name} agrees with {data.path} in whether and when the fighting stopped")
    measured = measure(scenario, data, chosen, changes)
    made = measured.values[:, numbers]
    off = apart(made, measured.observed)
    weights, distances = np.zeros(run.replications), np.full(run.replications, np.inf)
    weights[numbers] = weights_of(off, tolerance)
    distances[numbers] = np.sqrt((off**2).mean(axis=0))
    others = run.parameters
    drawn = np.stack([values[numbers] for values in others.values()]) if others else np.empty((0, len(numbers)))
    drivers = drivers_of(made, measured.observed, list(others), drawn)
    is_told = anyway or not drivers
    if is_told and (left := effective(weights)) < FEWEST_EFFECTIVE:
        raise UpdateError(
            f"by weight {left:,.0f} of the {run.replications:,} histories of {run.name} are left, and at least "
            f"{FEWEST_EFFECTIVE} are needed; run more --replications, allow a larger --tolerance, or ask parley calibrate, "
            "which looks for histories that agree"
        )
    # As often as each counts, in the order of the histories, for quantiles.
    drawn_again = np.searchsorted(np.cumsum(weights[numbers]), (np.arange(len(numbers)) + 0.5) / len(numbers))
    told, months_told = measured.fits(numbers, np.minimum(drawn_again, len(numbers) - 1))
    return Update(
        run, data, tolerance, anyway, len(numbers), weights, distances, told, months_told,
        _changed(run, weights, numbers) if is_told else [],
        {path: _shifted(values[numbers], weights[numbers]) for path, values in others.items()} if is_told else {}, drivers,
    )  # fmt: skip


def weights_of(off: Floats, tolerance: float) -> Floats:
    """Return weights of histories, which sum to 1, from how far they are off.

    Parameters
    ----------
    off : (s, n) array
        As of `sim.studies.agreement.apart`.
    tolerance : float

    >>> weights_of(np.array([[0.0, 1.0]]), 1e9)
    array([0.5, 0.5])
    """
    fall = -0.5 * ((off / tolerance) ** 2).sum(axis=0)
    if np.isneginf(fall).all():
        # Of what is the same in all histories, and another in the data.
        return np.zeros(len(fall))
    weights = np.exp(fall - fall.max())
    found: Floats = weights / weights.sum()
    return found


def effective(weights: Floats) -> float:
    """Return how many histories of equal weight tell as much as these, which need not sum to 1 (Kish 1965, 11.7).

    >>> effective(np.array([2.0, 2.0, 0.0])), effective(np.zeros(2))
    (2.0, 0.0)
    """
    whole = float((weights**2).sum())
    return float(weights.sum()) ** 2 / whole if whole else 0.0


def _changed(run: Run, weights: Floats, numbers: Ints) -> list[Changed]:
    """Return outcomes of a run before and after; `numbers` are the histories that are possible."""
    rows = {row.id: row for row in run.summary}
    endings = [row.id for row in run.summary if row.section == "endings"]
    ran, may = run.outcomes["ending"] != FAILED, np.isin(np.arange(run.replications), numbers)
    found = []
    for name in (*endings, *(one for one in BESIDE if one in rows)):
        values = run.column(name)
        known = ran & ~np.isnan(values)
        if not (weights[known] > 0).any():
            continue
        row = rows[name]
        unit = "share" if row.share is not None else row.unit
        before, known = float(values[known].mean()), known & may
        values, own = values[known], weights[known] / weights[known].sum()
        possible, after, low, high = difference(values, own)
        half = Z_95 * float(np.sqrt((own * (values - after)) @ (own * (values - after))))
        ends = wilson_interval(min(after, 1.0) * (left := effective(own)), left) if unit == "share" else None
        label = row.label if name in endings else row.alone
        found.append(Changed(name, label, unit, before, possible, after, *(ends or (after - half, after + half)), low, high))
    return found


def difference(values: Floats, weights: Floats) -> tuple[float, float, float, float]:
    """Return the mean of values without and with weights, and the 95 % interval of the difference.

    By the delta method, of the same histories: each contributes what the weights give it beyond its equal part.

    >>> difference(np.array([0.0, 1.0]), np.array([0.5, 0.5]))
    (0.5, 0.5, 0.0, 0.0)
    """
    n, weights = len(values), weights / weights.sum()
    before, after = float(values.mean()), float(weights @ values)
    each = weights * (values - after) - (values - before) / n
    half = Z_95 * float(np.sqrt((each**2).sum()))
    return before, after, after - before - half, after - before + half


def _shifted(values: Floats, weights: Floats) -> Shifted:
    after = float(weights @ values)
    spread = float(np.sqrt(weights @ (values - after) ** 2))
    return Shifted(float(values.mean()), float(values.std()), after, spread)
