"""The runs that a command is about: those of folders are read, those of scenarios are run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.cli.common import RESULTS, STDIN, is_run, load_all, note, refuse, refuse_two_horizons, say_before, workers_for
from sim.cli.progress import progress_bar

if TYPE_CHECKING:
    from sim.ensemble.run import Plan
    from sim.ensemble.workers import Pool
    from sim.results.chunks import Form
    from sim.results.place import Place
    from sim.results.runs import Luck, Run
    from sim.scenario import Scenario, ScenarioHead


# As many histories as `parley run` simulates.
USUAL = 2000


def usual_size(scenario: Scenario[ScenarioHead]) -> int:
    """Return how many histories of a scenario are run if nothing is said: all, where it has those only that fit data."""
    from sim.ensemble.run import most_histories

    return min(USUAL, most_histories(scenario))


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

    @property
    def luck(self) -> Luck:
        """What makes pairs of its histories and those of another, before it is run."""
        from sim import __version__
        from sim.results.identity import identity_of
        from sim.results.runs import Luck

        if self.kept is not None:
            return self.kept.luck
        name = identity_of(self.scenario, self.plan).label
        return Luck(name, self.plan.days, self.plan.seed, __version__, self.scenario.world.start_date)


def wanted(
    names: Sequence[str],
    replications: int | None,
    seed: int | None,
    months: int | None,
    settings: list[str] | None = None,
) -> list[Wanted]:
    """Return the runs of result folders and of scenarios, which are to be run alike if not told otherwise."""
    from sim.ensemble.run import Plan, horizon_days, most_histories, refuse_more
    from sim.results.manifest import read_manifest
    from sim.results.runs import Run
    from sim.results.store import what_is_run
    from sim.scenario.identity import horizon_set

    refuse_two_horizons(settings, months)
    kept = {name: Run.read(Path(name)) for name in names if is_run(name)}
    like = next(iter(kept.values()), None)
    scenarios = (
        dict(zip(fresh, load_all(fresh, settings), strict=True)) if (fresh := [n for n in names if n not in kept]) else {}
    )
    if settings and not fresh:
        refuse("--set changes scenarios, and all of these are runs that are there already; name their scenarios")
    size = like.replications if like else USUAL
    has_own_span = months is not None or bool(horizon_set(settings or ()))
    found = []
    for name in names:
        if name in kept:
            run = kept[name]
            plan = Plan(run.replications, run.seed, run.days, series=False)
            found.append(Wanted(name, run, run.scenario, plan, read_manifest(Path(name)).model_dump(mode="json")))
            continue
        scenario = scenarios[name]
        days = like.days if like is not None and not has_own_span else horizon_days(scenario, months)
        say_before(scenario)
        own = replications or min(size, most_histories(scenario))
        refuse_more(scenario, own)
        plan = Plan(own, seed if seed is not None else (like.seed if like else 1), days)
        found.append(Wanted(name, None, scenario, plan, what_is_run(scenario, plan)))
    return found


def without_parts(of: Wanted, names: Sequence[str]) -> Wanted:
    """Return the run that is wanted beside another: of the same scenario without a part of it, run alike."""
    from sim.model.without import without
    from sim.results.store import what_is_run

    scenario, plan = without(of.scenario, names), replace(of.plan, series=True)
    return Wanted(f"{of.name} without {' and '.join(names)}", None, scenario, plan, what_is_run(scenario, plan))


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
        runs = [
            one.kept or keep(one.scenario, plan, results, pool, force=force) for one, plan in zip(asked, plans, strict=True)
        ]
    return told_apart(runs, [one.name for one in asked])


def tidy(asked: Sequence[Wanted], results: Path, outcomes: Sequence[str] = ()) -> None:
    """Remove what is left beside runs that `runs_of` has kept, of which nothing is made any more; parameters as there."""
    for one in asked:
        plan = replace(one.plan, asked=tuple(outcomes))
        folder = kept_at(one.scenario, plan, results) if one.kept is None else None
        if folder is not None:
            _tidy(folder, one.scenario, plan)


def _tidy(kept: Path, scenario: Scenario[ScenarioHead], plan: Plan) -> None:
    """Remove what a command has left beside a run that it had kept when it was killed."""
    from sim.results.chunks import about
    from sim.results.parts import Parts

    Parts.of(kept, about(scenario, plan), True).drop_left(kept)


def homes(scenario: Scenario[ScenarioHead], plan: Plan, results: Path) -> list[Path]:
    """Return the folders in which a run may be kept: the one of `parley run`, then those whose names tell more of it.

    The second has its size unless that is the usual one, the third whatever it is; both have outcomes of other times that it
    was asked for, and the mark of a file of one's own.
    """
    from sim.results.identity import file_name, identity_of

    identity = identity_of(scenario, plan)
    size = [f"{plan.replications}_histories"]
    mark = [identity.fingerprint] if identity.fingerprint else []

    def named(size: list[str]) -> Path:
        return results / file_name(scenario.name, [*identity.parts, *size, *_other_times(scenario, plan), *mark])

    return [results / identity.folder, named([] if plan.replications == usual_size(scenario) else size), named(size)]


def home_of_run(scenario: Scenario[ScenarioHead], plan: Plan, results: Path, form: Form) -> Path:
    """Return where `parley run` keeps a run: where another command has kept this very one, or else in its own folder.

    Parameters
    ----------
    scenario, plan, results
        As in `homes`.
    form : Form
        The table of its histories, whether tables are marked for Excel, and how often paths are kept.
    """
    return kept_at(scenario, plan, results, [form]) or homes(scenario, plan, results)[0]


def kept_at(scenario: Scenario[ScenarioHead], plan: Plan, results: Path, forms: Sequence[Form] | None = None) -> Path | None:
    """Return where some command has kept this very run, in one of these forms or in any; None if it is not there."""
    from sim.results.chunks import FORMS, is_kept

    found = (folder for folder in homes(scenario, plan, results) if is_kept(folder, scenario, plan, forms or FORMS))
    return next(found, None)


def keep(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    results: Path,
    pool: Pool,
    *,
    force: bool = False,
    say: Callable[[str], None] = note,
    how: str = "",
) -> Run:
    """Return a run from where some command has kept it, if it is this one, or else run it and keep it.

    It gets the name that `parley run` would give it if that is free and does not hide its size, or else one that tells more.

    Parameters
    ----------
    scenario, plan, results
        As in `homes`.
    pool : Pool
        Who runs it.
    force : bool
        Whether another run is replaced that has a name that tells more.
    say : callable
        Called with where the run is, and whether it was there already, in words.
    how : str
        What is said of a run that was made, behind its folder and size.
    """
    from sim.results.chunks import place_of_run, run_into
    from sim.results.runs import Run
    from sim.words.run import markdown

    kept = kept_at(scenario, plan, results)
    if kept is not None:
        _tidy(kept, scenario, plan)
        say(f"{kept}/ is there already, of the same scenario, seed, size and version: it is not run again")
        return Run.read(kept)
    plain, own, whole = homes(scenario, plan, results)
    is_usual = plan.replications == usual_size(scenario) and not _other_times(scenario, plan)
    names = [plain, own] if is_usual else [own]
    folder = next((one for one in names if not os.path.lexists(one)), own if force else whole)
    place = place_of_run(folder, scenario, plan, force=force, note=note)
    with (
        progress_bar(scenario.name, plan.replications) as progress,
        run_into(place, scenario, plan, as_text=markdown, pool=pool, progress=progress, note=note),
    ):
        said = f"{'There already' if place.done else 'Written'}: {folder}/, {plan.replications:,} histories"
        say(f"{said}{how if folder == plain else ''}")
    return Run.read(folder)


def _other_times(scenario: Scenario[ScenarioHead], plan: Plan) -> list[str]:
    """Return the columns of other times that a run is asked for."""
    from sim.ensemble.outcomes import wanted as other_times

    return [one.column for one in other_times(scenario, plan.days, plan.asked)]


def results_of(name: str, settings: list[str] | None = None, results: Path = RESULTS) -> Path:
    """Return the folder of a run: the one that is named, or that of a scenario, which is run now if it is not there.

    A scenario is run as `parley run` would, and kept where that would keep it, unless something else stands there.
    """
    from sim.ensemble.run import Plan, horizon_days
    from sim.results.identity import about_identity
    from sim.results.manifest import RunManifest, read_manifest
    from sim.scenario.lookup import meanings

    if name != STDIN and (is_run(name) or not meanings(name)):
        if settings:
            refuse(f"--set changes scenarios, and {name} is a run that is there already; name its scenario")
        return Path(name)
    (scenario,) = load_all([name], settings)
    plan = Plan(usual_size(scenario), 1, horizon_days(scenario))
    # Under the name of the scenario, a run of another size will do.
    for folder in (homes(scenario, plan, results)[0], kept_at(scenario, plan, results)):
        if folder is not None and (folder / "manifest.json").is_file():
            kept = read_manifest(folder)
            same = about_identity(scenario, plan)
            if isinstance(kept, RunManifest) and {one: kept.model_dump(mode="json")[one] for one in same} == same:
                _tidy(folder, scenario, plan)
                note(f"{name} is run already: this is about {folder}/, {kept.replications:,} histories")
                return folder
    say_before(scenario, plan.days)
    with workers_for(plan.replications, plan.days, None, None) as pool:
        run = keep(scenario, plan, results, pool, how=f", as by parley run {name}")
    assert run.folder is not None, "it was read from there"
    return run.folder
