"""The runs that a command is about: those of folders are read, those of scenarios are run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.cli.common import STDIN, is_run, load_all, note, refuse, run_with_progress, say_before, workers_for
from sim.cli.progress import progress_bar

if TYPE_CHECKING:
    from sim.ensemble.run import Plan
    from sim.results.parts import Parts
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
        plan = Plan(size, seed if seed is not None else (like.seed if like else 1), days, series=False)
        found.append(Wanted(name, None, scenario, plan, what_is_run(scenario, plan)))
    return found


def runs_of(
    asked: Sequence[Wanted],
    workers: int | None = None,
    cluster: str | None = None,
    parts: Parts | None = None,
    outcomes: Sequence[str] = (),
    summarised: bool = False,
) -> list[Run]:
    """Return the runs that are wanted, under names that differ; those that are run now are kept, where parts are.

    None is run where there will be no such `outcomes`; see `refuse_unknown`.
    """
    from sim.results.again import kept_or_run
    from sim.results.runs import Run, told_apart
    from sim.studies.condition import refuse_other_times, refuse_unknown

    for one in asked:
        if one.kept is None:
            refuse_unknown(one.scenario, one.plan, outcomes, summarised)
        else:
            refuse_other_times(one.kept, outcomes)
    fresh = [one.plan for one in asked if one.kept is None]
    longest = max((plan.days for plan in fresh), default=0)
    with workers_for(sum(plan.replications for plan in fresh), longest, workers, cluster) as pool:

        def run(one: Wanted, plan: Plan) -> Run:
            return Run.of(run_with_progress(one.scenario, plan, pool=pool))

        plans = [replace(one.plan, asked=tuple(outcomes)) for one in asked]
        runs = [
            one.kept or kept_or_run(parts, place, one.scenario, plan, partial(run, one, plan))
            for place, (one, plan) in enumerate(zip(asked, plans, strict=True))
        ]
    return told_apart(runs, [one.name for one in asked])


def results_of(name: str, settings: list[str] | None = None) -> Path:
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
    folder = Path("results") / identity_of(scenario, plan).folder
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


@contextmanager
def at_work(place: Place | None) -> Iterator[Parts | None]:
    """Keep others out of where results go, if they go anywhere, and yield where parts are kept."""
    if place is None:
        yield None
        return
    with place.at_work():
        yield None if place.done else place.parts
