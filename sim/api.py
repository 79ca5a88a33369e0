"""Parley from Python: the commands as functions, whose results are objects that pandas can take.

>>> import sim
>>> base = sim.run("baseline", replications=100, months=3)
>>> base.summary[0].label, base.summary[0].share
('War goes on', 0.92)
>>> less = sim.run("baseline", replications=100, months=3, settings={"arms.defender.aid_scale": 0.3})
>>> sim.compare(base, less).line("casualties_attacker").verdict
'difference'

Scenarios are files or names of shipped ones. All functions take the luck from `seed`; what is run with the same seed is
paired. What is asked about scenarios and results, as `plot`, is in `sim.looks`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, overload

import numpy as np

from sim.engine.whole import whole_number
from sim.ensemble.run import MOST_REPLICATIONS, Ensemble, Plan, horizon_days, most_histories, refuse_more, run_ensemble
from sim.ensemble.workers import pool_of
from sim.errors import ParleyError
from sim.model import WarScenario
from sim.model.without import without as _without
from sim.observed import data_beside, read_data, with_levels
from sim.results.chunks import run_into
from sim.results.comparison import ALL_SECTIONS, Comparison
from sim.results.comparison import compare as _compare
from sim.results.frames import Tabular
from sim.results.identity import identity_of
from sim.results.runs import Run, Runs, told_apart
from sim.results.unscripted import with_unscripted
from sim.scenario import Scenario, ScenarioHead, load_scenario
from sim.scenario.head import MOST_MONTHS
from sim.scenario.identity import horizon_set
from sim.scenario.write import as_setting
from sim.studies.aims import parse_aims
from sim.studies.breakeven import BreakEven, break_even
from sim.studies.calibrate import KEEP, Calibration
from sim.studies.calibrate import calibrate as _calibrate
from sim.studies.choose import DRAWS, LUCKS, SCENARIO, Choices, checked
from sim.studies.choose import choose as _choose
from sim.studies.condition import Condition, column_of, outcome_of, refuse_unknown
from sim.studies.design import Varied, lay_out, refuse_span
from sim.studies.discovered import Discovered, discover_in
from sim.studies.hindcast import HORIZON, AsOf, Hindcast, starts_of
from sim.studies.hindcast import hindcast as _hindcast
from sim.studies.members import members_of
from sim.studies.one_at_a_time import MindChanging
from sim.studies.one_at_a_time import mind_changing as _mind_changing
from sim.studies.panel import Panel
from sim.studies.panel import panel as _panel
from sim.studies.sensitivity import Sensitivity, sensitivities
from sim.studies.sobol import Sobol, indices, run_design
from sim.studies.sweep import Sweep
from sim.studies.sweep import sweep as _sweep
from sim.studies.update import TOLERANCE, Update
from sim.studies.update import update as _update
from sim.words.run import markdown


def _as_html(found: Tabular) -> str:
    from sim.report.fragments import fragment

    return fragment(found)


Tabular.shown_as = staticmethod(_as_html)


class WrongArgument(ParleyError):
    """An argument of another kind than is asked for."""


Source = str | Path | Scenario[ScenarioHead]
Settings = Mapping[str, object] | Sequence[str]
"""What is changed: values by path, `{"arms.defender.aid_scale": 0.3}`, or texts as after `--set`."""


def load(scenario: Source, settings: Settings = (), without: Sequence[str] = ()) -> Scenario[ScenarioHead]:
    """Return a scenario, with values changed as by `--set`, and without parts of it as by `--without`.

    Raises
    ------
    ScenarioError
        With every problem found.
    WrongArgument
        When the settings are neither values by path nor a list of texts, or the parts are no list of texts.
    """
    if isinstance(without, str) or not all(isinstance(one, str) for one in without):
        raise WrongArgument(f"without is a list of texts, as ['events'], not {without!r}")
    if without:
        return _without(load(scenario, settings), without)
    if isinstance(settings, str) or not all(isinstance(one, str) for one in settings):
        raise WrongArgument(f"settings are values by path, as {{'arms.defender.aid_scale': 0.3}}, not {settings!r}")
    if isinstance(settings, Mapping):
        settings = [f"{path}={as_setting(value)}" for path, value in settings.items()]
    if isinstance(scenario, Scenario):
        return scenario.with_settings(settings) if settings else scenario
    return load_scenario(scenario, WarScenario, settings)


@overload
def run(
    scenario: Source,
    *,
    replications: int | None = ...,
    seed: int = ...,
    months: int | None = ...,
    settings: Settings = ...,
    without: Sequence[str] = ...,
    outcomes: Sequence[str] = ...,
    workers: int = ...,
    out: str | Path | None = ...,
    force: bool = ...,
) -> Run: ...


@overload
def run(
    scenario: list[Any] | tuple[Any, ...],
    *,
    replications: int | None = ...,
    seed: int = ...,
    months: int | None = ...,
    settings: Settings = ...,
    without: Sequence[str] = ...,
    outcomes: Sequence[str] = ...,
    workers: int = ...,
    out: str | Path | None = ...,
    force: bool = ...,
) -> Runs: ...


def run(
    scenario: Source | list[Any] | tuple[Any, ...],
    *,
    replications: int | None = None,
    seed: int = 1,
    months: int | None = None,
    settings: Settings = (),
    without: Sequence[str] = (),
    outcomes: Sequence[str] = (),
    workers: int = 1,
    out: str | Path | None = None,
    force: bool = False,
) -> Run | Runs:
    """Simulate a scenario, or several on the same luck.

    Of 781 histories or more, some of their assumptions meet further lucks, as with `parley run`: from them come the second
    band, `least` and `most` of rows of the summary, and `signs` of `compare`. The figures are those of `out`.

    Parameters
    ----------
    scenario : str, Path or Scenario, or a list of them
        Of several their runs are returned together, and their histories are one frame.
    replications : int, optional
        If not given 2,000, or all of a scenario that has those only that agree with data.
    seed : int
        Whole numbers, of NumPy too; 1.0 and True are none.
    months : int, optional
        The horizon; the scenario's own if not given.
    settings : mapping, or sequence of str
        Values by path, `{"arms.defender.aid_scale": 0.3}`, or texts `path=value`, as after `--set`.
    without : sequence of str
        What is left out, as after `--without`: `events`, `offensives`, `red_lines`, `parties`, `scripted`, or an id.
    outcomes : sequence of str
        What `column` is to know besides: outcomes of other times, as `casualties_attacker[12..24]`.
    workers : int
        Processes that share a large run with `out`.
    out : str or Path, optional
        A folder for the tables that `parley run` writes; where it holds this run already, that is read. Of several
        scenarios each has a folder in it.
    force : bool
        Whether to replace what is in that folder.
    """
    if isinstance(scenario, (list, tuple)):
        how: Any = {
            "replications": replications, "seed": seed, "months": months, "outcomes": outcomes, "workers": workers,
            "force": force,
        }  # fmt: skip
        # All are read before any is run.
        known = [_what(one, replications, seed, months, settings, outcomes, without=without) for one in scenario]
        folders = [None if out is None else Path(out) / identity_of(one, plan).folder for one, plan in known]
        ran = [run(one, out=folder, **how) for (one, _), folder in zip(known, folders, strict=True)]
        return Runs(told_apart(ran, [str(place) for place in range(1, len(ran) + 1)]))
    loaded, plan = _what(scenario, replications, seed, months, settings, outcomes, without=without)
    plan = replace(plan, series=out is not None, lucks=True)
    if out is None:
        return Run.of(with_unscripted(_ran(loaded, plan)))
    with pool_of(workers) as pool, run_into(Path(out), loaded, plan, as_text=markdown, force=force, pool=pool):
        pass
    return read(out)


def read(folder: str | Path) -> Run:
    """Return a run that `parley run` or `run` wrote to a folder."""
    return Run.read(Path(folder))


def write_report(of: str | Path | Sequence[str | Path], out: str | Path | None = None, *, force: bool = False) -> Path:
    """Write a page about results, and return its file; of several runs the first is compared with.

    Parameters
    ----------
    of : str, Path or sequence of them
        Folders of results, as of `run(out=...)`.
    out : str or Path, optional
        The file; as `parley report` chooses it if not given.
    force : bool
        Whether to replace a page that is there already.

    Raises
    ------
    ParleyError
        When these are no results, or the page cannot be written.
    """
    from sim.report.make import place_of
    from sim.report.make import write_report as _write_report

    asked = [of] if isinstance(of, (str, Path)) else list(of)
    path = Path(out) if out is not None else place_of([str(one) for one in asked])
    _write_report([Path(one) for one in asked], path, force)
    return path


def compare(left: Run, right: Run, *, paired: bool = True) -> Comparison:
    """Compare two runs, pair by pair on the same luck unless told otherwise; all outcomes of the summary.

    Of pairs of 781 histories or more `signs` of a line say in which share of the assumptions its difference has its sign.
    """
    return _compare(left, right, paired=paired, sections=ALL_SECTIONS)


def sweep(
    scenario: Source,
    vary: Mapping[str, str | Sequence[object]],
    *,
    design: str = "grid",
    points: int | None = None,
    replications: int = 1000,
    seed: int = 1,
    months: int | None = None,
    settings: Settings = (),
    outcomes: Sequence[str] = (),
    workers: int = 1,
) -> Sweep:
    """Run a scenario at many values of its knobs.

    Parameters
    ----------
    vary : mapping of str to str or sequence
        By the path of a knob its values: a list, each item one value whatever it holds, or as in `"0:2:5"` (from, to, how
        many; without how many for a sample).
    design : str
        `grid`, or a sample of `points`: `latin`, `sobol`.
    scenario, replications, seed, months, settings
        As in `run`.
    outcomes : sequence of str
        What each point is to tell beside its summary, as `weariness_attacker` or `casualties_attacker[12..24]`.
    workers : int
        Processes to share the points.
    """
    knobs = [
        Varied.parse(f"{path}={values}") if isinstance(values, str) else Varied.of(path, values)
        for path, values in vary.items()
    ]
    loaded, plan = _what(scenario, replications, seed, months, settings)
    with pool_of(workers) as pool:
        laid_out = lay_out(knobs, design, points, plan.seed)
        found = _sweep(loaded, plan, knobs, laid_out, design, outcomes=outcomes, pool=pool)
    _warn(sum(found.failed().values()), repr(found))
    return found


def choose(
    scenario: Source,
    levers: Mapping[str, Sequence[object]],
    aims: Sequence[str],
    *,
    draws: int = DRAWS,
    lucks: int = LUCKS,
    seed: int = 1,
    months: int | None = None,
    settings: Settings = (),
    workers: int = 1,
) -> Choices:
    """Set what can be chosen against all that is uncertain, on the same assumptions and luck.

    Parameters
    ----------
    levers : mapping of str to sequence
        By the path of a knob the values that can be chosen; `PATH+PATH` sets two alike, and the values of `scenario` are
        scenarios.
    aims : sequence of str
        As `"mean(casualties_defender) low"`, or with a level `"share(deal_within_24_months) >= 0.4"`.
    draws, lucks : int
        Draws of the assumptions, and histories of different luck in each draw for each choice.
    scenario, seed, months, settings
        As in `run`.
    workers : int
        Processes to share the choices.
    """
    if isinstance(aims, str):
        raise WrongArgument(f"aims are a list of texts, as ['mean(casualties_defender) low'], not {aims!r}")
    draws, lucks = whole_number("draws", draws, 5, 100_000), whole_number("lucks", lucks, 2, 10_000)
    chosen = checked([Varied.of(path, values) for path, values in levers.items()])
    loaded, plan = _what(scenario, draws * lucks, seed, months, settings)
    others = {value: load(value, settings) for lever in chosen if lever.path == SCENARIO for value in lever.values}
    with pool_of(workers) as pool:
        found = _choose(loaded, plan, chosen, parse_aims(aims), others=others, draws=draws, lucks=lucks, pool=pool)
    _warn(sum(found.failed.values()), repr(found))
    return found


def calibrate(
    scenario: Source,
    data: str | Path | None = None,
    *,
    start: date | None = None,
    keep: float = KEEP,
    replications: int = 50_000,
    seed: int = 1,
    settings: Settings = (),
    workers: int = 1,
) -> Calibration:
    """Hold a scenario against data of its war: what it reaches, what the data say, and which histories agree.

    It begins with the levels that the data have at its start.

    Parameters
    ----------
    data : str or Path, optional
        The file of observations; if not given the one beside the scenario, `my_war.yml` of `my_war.yaml`.
    start : date, optional
        When histories begin; as the scenario says if not given.
    keep : float
        The share of histories that is kept.
    scenario, replications, seed, settings, workers
        As in `run`.
    """
    changed = load(scenario, settings)
    if start is not None:
        changed = changed.with_settings([f"start_date={start}"])
    described = Path(data) if data is not None else data_beside(changed)
    changed, _ = with_levels(described, changed)
    plan = Plan(whole_number("replications", replications, 1, MOST_REPLICATIONS), seed, 1)
    with pool_of(workers) as pool:
        found = _calibrate(changed, read_data(described, changed), plan, keep, pool=pool)
    _warn(found.failed, repr(found))
    return found


def hindcast(
    scenario: Source | list[Any] | tuple[Any, ...],
    data: str | Path | None = None,
    *,
    origins: Sequence[date] | None = None,
    horizon: int = HORIZON,
    calibrate: int | None = None,
    keep: float = KEEP,
    as_of: AsOf = "keep",
    replications: int = 2_000,
    seed: int = 1,
    settings: Settings = (),
    workers: int = 1,
) -> Hindcast:
    """Tell a war as of earlier dates, score that by what came, and set simple rivals beside it.

    Parameters
    ----------
    scenario : str, Path or Scenario, or a list of them
        One that is started at each of the origins; or several, each written as of its start.
    data : str or Path, optional
        The file of observations; if not given the one beside the scenario, `my_war.yml` of `my_war.yaml`.
    origins : sequence of date, optional
        The first days of months.
    horizon : int
        How many months ahead.
    calibrate : int, optional
        How many months before the origin histories begin that are held against data, the nearest of which tell too.
    keep : float
        The share of these that is kept.
    as_of : str
        What is done about what rests on sources of after an origin: `keep`, `drop` what of it comes on a date, or `fail`.
    replications, seed, settings, workers
        As in `run`, from each origin.
    """
    named = list(scenario) if isinstance(scenario, (list, tuple)) else [scenario]
    scenarios = [load(one, settings) for one in named]
    plan = Plan(whole_number("replications", replications, 1, MOST_REPLICATIONS), seed, 1)
    described = Path(data) if data is not None else data_beside(scenarios[0])
    starts = starts_of(scenarios, described, origins, calibrate, as_of)
    whole = read_data(described, scenarios[0])
    with pool_of(workers) as pool:
        found = _hindcast(scenarios[0], starts, whole, plan, horizon, calibrate, keep, pool=pool)
    _warn(found.failed, repr(found))
    return found


def update(run: Run, data: str | Path, *, tolerance: float = TOLERANCE, anyway: bool = False) -> Update:
    """Weigh the histories of a run by how near they are to data of its war, as `parley update` does.

    Of a run that was not kept with `--paths month` the histories are run again.
    """
    return _update(run, read_data(Path(data), run.scenario), tolerance, anyway)


def breakeven(
    scenario: Source,
    path: str,
    low: float,
    high: float,
    until: str,
    *,
    replications: int = 1000,
    seed: int = 1,
    months: int | None = None,
    settings: Settings = (),
) -> BreakEven:
    """Find the value of a knob between `low` and `high` from which a condition holds, as `"share(war_goes_on) <= 0.2"`."""
    refuse_span(path)
    condition = Condition.parse(until)
    loaded, plan = _what(scenario, replications, seed, months, settings, [condition.outcome])
    condition.refuse_unfit(loaded)

    def run_at(value: float | None) -> Run:
        changed = loaded if value is None else loaded.with_settings([f"{path}={as_setting(value)}"])
        return Run.of(_ran(changed, plan))

    return replace(break_even(run_at, low, high, condition), path=path, scenario=loaded, plan=plan)


def sensitivity(run: Run, outcome: str) -> Sensitivity:
    """Estimate which uncertain parameters drive an outcome of a run, each alone."""
    (found,) = sensitivities(run.parameters, {outcome: column_of(run, outcome)})
    return replace(found, scenario=run.scenario)


def sobol(
    scenario: Source,
    outcome: str,
    *,
    rows: int = 256,
    seed: int = 1,
    months: int | None = None,
    settings: Settings = (),
    workers: int = 1,
) -> Sobol:
    """Run a designed ensemble for what each parameter does to an outcome alone, and with all interplay."""
    loaded, plan = _what(scenario, 1, seed, months, settings)
    with pool_of(workers) as pool:
        factors, values, failed = run_design(loaded, plan, [outcome], rows, pool=pool)
    _warn(failed, f"a designed ensemble of {loaded.name}, seed {seed},")
    return replace(indices(factors, outcome, values[outcome]), scenario=loaded)


def mind_changing(
    scenario: Source,
    outcomes: Sequence[str],
    *,
    replications: int = 1000,
    seed: int = 1,
    months: int | None = None,
    settings: Settings = (),
    workers: int = 1,
) -> MindChanging:
    """Run each assumption at its low and high value, and other structures of the model."""
    loaded, plan = _what(scenario, replications, seed, months, settings)
    with pool_of(workers) as pool:
        found = _mind_changing(loaded, plan, outcomes, pool=pool)
    _warn(sum(found.failed.values()), f"variants of {loaded.name}, seed {seed},")
    return found


def panel(
    members: Sequence[Source],
    *,
    weights: Sequence[float] = (),
    outcomes: Sequence[str] = (),
    conclusion: str | None = None,
    replications: int = 200,
    seed: int = 1,
    months: int | None = None,
    settings: Settings = (),
    workers: int = 1,
) -> Panel:
    """Find where several analysts' assumptions over one base part, which difference moves the answer, what would turn it.

    Parameters
    ----------
    members : sequence of str, Path or Scenario
        From 2 to 8, each of which extends the same scenario.
    weights : sequence of float
        How much each counts in the pooled result; all alike if not given.
    outcomes : sequence of str
        What is looked at, the leading one first; the headline ones if none are given.
    conclusion : str, optional
        What members may conclude, as `"share(deal_within_24_months) >= 0.5"`.
    replications, seed, months, settings
        As in `run`, of each member and each mixture of members.
    workers : int
        Processes to share the mixtures.
    """
    asked = [] if conclusion is None else [Condition.parse(conclusion)]
    known = [_what(one, replications, seed, months, settings, outcomes) for one in members]
    texts = (
        [f"{path}={as_setting(value)}" for path, value in settings.items()] if isinstance(settings, Mapping) else settings
    )
    found = members_of([one for one, _ in known], weights, settings=texts, has_own_span=months is not None)
    _, plan = known[0]
    for condition in asked:
        condition.refuse_unfit(found.base)
    with pool_of(workers) as pool:
        study = _panel(found, replace(plan, asked=()), outcomes, *asked, pool=pool)
    _warn(study.failed, repr(study))
    return study


def discover(
    run: Run, outcome: str, *, rare: bool = False, boxes: int = 1, density: float | None = None, smallest: float = 0.05
) -> Discovered:
    """Find boxes in the uncertain parameters of a run in which an outcome is common, or rare."""
    return discover_in(run, outcome, rare=rare, boxes=boxes, density=density, smallest=smallest)


def workbench(
    scenario: Source,
    outcomes: Sequence[str],
    *,
    replications: int = 1000,
    seed: int = 1,
    months: int | None = None,
    settings: Settings = (),
) -> Callable[..., dict[str, float]]:
    """Return a scenario as a function of its knobs, for a workbench of exploratory modelling to drive.

    Parameters
    ----------
    outcomes : sequence of str
        What the function returns: of an outcome of yes and no its share, of others the mean.
    scenario, replications, seed, months, settings
        As in `run`.

    Returns
    -------
    callable
        Takes knobs by name and returns outcomes by name. Where a name must be one of Python, two underscores stand for a
        point: `model(arms__defender__aid_scale=0.5)`.

    Examples
    --------
    >>> import sim
    >>> model = sim.workbench("baseline", ["casualties_attacker"], replications=20, months=1)
    >>> model(attrition__level_factor=0.5)["casualties_attacker"] < model()["casualties_attacker"]
    True
    """
    loaded, plan = _what(scenario, replications, seed, months, settings, outcomes)
    plan = replace(plan, why=False)

    def model(**knobs: object) -> dict[str, float]:
        paths = {name.replace("__", "."): value for name, value in knobs.items()}
        for path in paths:
            refuse_span(path)
        changed = loaded.with_settings([f"{path}={as_setting(value)}" for path, value in paths.items()])
        found = _ran(changed, plan).outcomes
        values = {name: outcome_of(changed, found, name) for name in outcomes}
        # NaN where no history has the outcome.
        return {name: float(v[~np.isnan(v)].mean()) if not np.isnan(v).all() else np.nan for name, v in values.items()}

    return model


def _ran(scenario: Scenario[ScenarioHead], plan: Plan) -> Ensemble:
    """Run a scenario in memory; warn of histories that went wrong."""
    ensemble = run_ensemble(scenario, plan)
    _warn(len(ensemble.failures), f"{scenario.name}, seed {plan.seed}")
    return ensemble


def _warn(failed: int, of: str) -> None:
    if failed:
        warnings.warn(f"{failed:,} histories of {of} failed, Parley's fault; failures.csv of `out` says why", stacklevel=4)


def _what(
    scenario: Source,
    replications: int | None,
    seed: int,
    months: int | None,
    settings: Settings,
    outcomes: Sequence[str] = (),
    without: Sequence[str] = (),
) -> tuple[Scenario[ScenarioHead], Plan]:
    loaded = load(scenario, settings, without)
    if months is not None:
        months = whole_number("months", months, 1, MOST_MONTHS)
        if path := horizon_set([f"{one}=" for one in settings] if isinstance(settings, Mapping) else settings):
            raise WrongArgument(f"{path} is among the settings, and months gives the horizon too: choose one")
    if isinstance(outcomes, str) or not all(isinstance(one, str) for one in outcomes):
        raise WrongArgument(f"outcomes are a list of texts, as ['casualties_attacker[12..24]'], not {outcomes!r}")
    size = min(2000, most_histories(loaded)) if replications is None else replications
    plan = Plan(size, seed, horizon_days(loaded, months), series=False, asked=tuple(outcomes))
    refuse_more(loaded, plan.replications)
    refuse_unknown(loaded, plan, outcomes)
    return loaded, plan
