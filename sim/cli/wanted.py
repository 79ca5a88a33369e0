"""The runs that a command is about: those of folders are read, those of scenarios are run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.cli.common import RESULTS, STDIN, is_run, load_all, note, refuse, say_before, workers_for
from sim.cli.progress import progress_bar

if TYPE_CHECKING:
    from sim.ensemble.run import Plan
    from sim.ensemble.workers import Pool
    from sim.results.place import Place
    from sim.results.runs import Run
    from sim.scenario import Scenario, ScenarioHead

# As many histories as `parley run` simulates.
USUAL = 2000


def refuse_for_a_folder(of: str, **options: object) -> None:
    """Exit when options are given that a run in a folder has settled already."""
    given = [f"--{name}" for name, value in options.items() if value is not None]
    if is_run(of) and given:
        refuse(f"{of} is a run, which has its own {' and '.join(given)}; name its scenario to choose others")


class Wanted(NamedTuple):
    """A run that is wanted: one that is kept in a folder, or a scenario to be run, and what it depends on."""

    name: str
    kept: Run | None
    scenario: Scenario[ScenarioHead]
    plan: Plan
    asked: dict[str, Any]


def wanted(
    names: Sequence[str],
    replications: int | None,
    seed: int | None,
    months: int | None,
    settings: list[str] | None = None,
) -> list[Wanted]:
    """Return the runs of result folders and of scenarios, which are to be run alike if not told otherwise."""
    from sim.ensemble.run import Plan, horizon_days
    from sim.results.manifest import read_manifest
    from sim.results.runs import Run
    from sim.results.store import what_is_run

    kept = {name: Run.read(Path(name)) for name in names if is_run(name)}
    like = next(iter(kept.values()), None)
    scenarios = (
        dict(zip(fresh, load_all(fresh, settings), strict=True)) if (fresh := [n for n in names if n not in kept]) else {}
    )
    if settings and not fresh:
        refuse("--set changes scenarios, and all of these are runs that are there already; name their scenarios")
    size = replications or (like.replications if like else USUAL)
    found = []
    for name in names:
        if name in kept:
            run = kept[name]
            plan = Plan(run.replications, run.seed, run.days, series=False)
            found.append(Wanted(name, run, run.scenario, plan, read_manifest(Path(name)).model_dump(mode="json")))
            continue
        scenario = scenarios[name]
        days = like.days if like is not None and months is None else horizon_days(scenario, months)
        say_before(scenario)
        plan = Plan(size, seed if seed is not None else (like.seed if like else 1), days)
        found.append(Wanted(name, None, scenario, plan, what_is_run(scenario, plan)))
    return found


def place_of_study(
    kind: str,
    names: Sequence[str],
    asked: Mapping[str, Any],
    how: Mapping[str, object],
    *,
    out: Path | None,
    results: Path,
    force: bool,
    excel: bool,
    under: str,
) -> Place:
    """Return the place of a study: the folder that is named, or one of its own.

    Parameters
    ----------
    kind : str
        Of its results.
    names : sequence of str
        What it is about, as it was asked for.
    asked : mapping
        All that it depends on.
    how : mapping
        What was asked for otherwise than usual, which its name tells.
    out, results, force, excel
        As the options; it stands in the folder `under` of the results.
    """
    from sim.results.identity import study_name
    from sim.results.place import Place

    folder = out or results / under / study_name(names, how)
    return Place.of(folder, kind, {**asked, "of": list(names), "how": dict(how)}, force, excel=excel, note=note)


def runs_of(
    asked: Sequence[Wanted],
    results: Path,
    *,
    force: bool = False,
    workers: int | None = None,
    cluster: str | None = None,
    outcomes: Sequence[str] = (),
    summarised: bool = False,
) -> list[Run]:
    """Return the runs that are wanted, under names that differ; those of scenarios are kept among the results.

    None is run where there will be no such `outcomes`; see `refuse_unknown`.
    """
    from sim.results.runs import told_apart
    from sim.studies.condition import refuse_other_times, refuse_unknown

    for one in asked:
        if one.kept is None:
            refuse_unknown(one.scenario, one.plan, outcomes, summarised)
        else:
            refuse_other_times(one.kept, outcomes)
    fresh = [one.plan for one in asked if one.kept is None]
    longest = max((plan.days for plan in fresh), default=0)
    with workers_for(sum(plan.replications for plan in fresh), longest, workers, cluster) as pool:
        plans = [replace(one.plan, asked=tuple(outcomes)) for one in asked]
        runs = [one.kept or _kept(one.scenario, plan, results, force, pool) for one, plan in zip(asked, plans, strict=True)]
    return told_apart(runs, [one.name for one in asked])


def _kept(scenario: Scenario[ScenarioHead], plan: Plan, results: Path, force: bool, pool: Pool) -> Run:
    """Return a run from where `parley run` keeps it, if it is this one, or else from a folder whose name tells all of it."""
    from sim.ensemble.outcomes import wanted as other_times
    from sim.results.chunks import is_kept, place_of_run, run_into
    from sim.results.identity import file_name, identity_of
    from sim.results.runs import Run
    from sim.words.run import markdown

    identity = identity_of(scenario, plan)
    size = [] if plan.replications == USUAL else [f"{plan.replications}_histories"]
    times = [one.column for one in other_times(scenario, plan.days, plan.asked)]
    mark = [identity.fingerprint] if identity.fingerprint else []
    own = results / file_name(scenario.name, [*identity.parts, *size, *times, *mark])
    for folder in (results / identity.folder, own):
        if is_kept(folder, scenario, plan):
            note(f"{folder}/ is there already, of the same scenario, seed, size and version: it is not run again")
            return Run.read(folder)
    place = place_of_run(own, scenario, plan, force=force, note=note)
    with (
        progress_bar(scenario.name, plan.replications) as progress,
        run_into(place, scenario, plan, as_text=markdown, pool=pool, progress=progress, note=note),
    ):
        note(f"{'There already' if place.done else 'Written'}: {own}/, {plan.replications:,} histories")
    return Run.read(own)


def results_of(name: str, settings: list[str] | None = None, results: Path = RESULTS) -> Path:
    """Return the folder of a run: the one that is named, or that of a scenario, which is run now if it is not there.

    A scenario is run as `parley run` would, and kept where that would keep it.
    """
    from sim.ensemble.run import Plan, horizon_days
    from sim.results.chunks import place_of_run, run_into
    from sim.results.identity import about_identity, identity_of
    from sim.results.manifest import RunManifest, read_manifest
    from sim.scenario.lookup import meanings
    from sim.words.run import markdown

    if name != STDIN and (is_run(name) or not meanings(name)):
        if settings:
            refuse(f"--set changes scenarios, and {name} is a run that is there already; name its scenario")
        return Path(name)
    (scenario,) = load_all([name], settings)
    plan = Plan(USUAL, 1, horizon_days(scenario))
    folder = results / identity_of(scenario, plan).folder
    if (folder / "manifest.json").is_file():
        kept = read_manifest(folder)
        same = about_identity(scenario, plan)
        if isinstance(kept, RunManifest) and {one: kept.model_dump(mode="json")[one] for one in same} == same:
            note(f"{name} is run already: this is about {folder}/, {kept.replications:,} histories")
            return folder
    place = place_of_run(folder, scenario, plan, note=note)
    say_before(scenario, plan.days)
    with (
        workers_for(USUAL, plan.days, None, None) as pool,
        progress_bar(scenario.name, USUAL) as progress,
        run_into(place, scenario, plan, as_text=markdown, pool=pool, progress=progress, note=note),
    ):
        note(f"{'There already' if place.done else 'Written'}: {folder}/, {USUAL:,} histories, as by parley run {name}")
    return folder
