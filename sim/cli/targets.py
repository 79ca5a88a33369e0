"""`parley targets`: hold a run against what the author of the scenario expects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.common import (
    RESULTS,
    AsCsv,
    AsJson,
    AsMarkdown,
    Excel,
    Months,
    Root,
    Settings,
    errors_as_lines,
    is_run,
    load_all,
    refuse_two_horizons,
    say_failed,
    way_to_print,
    workers_for,
)
from sim.cli.complete import scenarios_and_results
from sim.cli.printing import say, say_end, say_rows
from sim.cli.wanted import keep, kept_at, refuse_for_a_folder, usual_size
from sim.errors import ParleyError
from sim.pasted import command

if TYPE_CHECKING:
    from sim.results.runs import Run
    from sim.results.targets import Checked

MISSED = 5


def targets(
    of: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...",
            help="Scenarios, which are run if they are not there yet, or folders of results.",
            autocompletion=scenarios_and_results,
        ),
    ],
    replications: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, help="Of scenarios that are run first; 2,000 if not given.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of scenarios that are run first; 1 if not given.")] = None,
    months: Months = None,
    settings: Settings = None,
    results: Root = RESULTS,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    excel: Excel = False,
    as_json: AsJson = False,
) -> None:
    """Print the targets of the `expect` sections of scenarios beside what came out; the runs for it are kept.

    Exit code 5 if one is missed, or is of what no history has.

    Example:  parley targets baseline
    """
    with errors_as_lines():
        from sim.ensemble.run import Plan, horizon_days
        from sim.results.runs import Run
        from sim.results.targets import check_targets, no_targets, outcomes_expected
        from sim.scenario import ScenarioError
        from sim.words.layout import Title
        from sim.words.targets import target_table

        way = way_to_print(as_markdown, as_csv, as_json, excel)
        refuse_two_horizons(settings, months)
        for name in of:
            refuse_for_a_folder(name, replications=replications, seed=seed, months=months, set=settings)
        runs = {name: Run.read(Path(name)) for name in of if is_run(name)}
        fresh = [name for name in of if name not in runs]
        loaded = dict(zip(fresh, load_all(fresh, settings), strict=True))
        scenarios = {name: runs[name].scenario if name in runs else loaded[name] for name in of}
        bare = [no_targets(scenario) for scenario in scenarios.values() if not scenario.world.expect]
        if bare:
            raise ScenarioError(bare)
        plans = {}
        for name, scenario in loaded.items():
            days = horizon_days(scenario, months)
            plans[name] = Plan(
                replications or usual_size(scenario),
                1 if seed is None else seed,
                days,
                asked=outcomes_expected(scenario, days),
            )
        there = {name: kept_at(scenario, plans[name], results) is not None for name, scenario in loaded.items()}
        longest = max((plan.days for plan in plans.values()), default=0)
        ended, rows = list[str](), list[dict[str, object]]()
        checks: dict[str, list[Checked]] = {}
        with workers_for(sum(plan.replications for plan in plans.values()), longest, None, None) as pool:
            for name in scenarios:
                if name not in runs:
                    # Where it is stands below the tables.
                    kept = keep(loaded[name], plans[name], results, pool, say=lambda _: None)
                    ended.append(f"{'There already' if there[name] else 'Written'}: {kept.folder}/")
                    runs[name] = replace(kept, scenario=loaded[name])
                run = runs[name]
                try:
                    checks[name] = check_targets(run)
                except ParleyError:
                    # What was run stays.
                    say_end(ended, [], data=True)
                    raise
                rows += [{"scenario": run.scenario.name, **one.as_dict()} for one in checks[name]]
                if way == "txt":
                    say(Title(run.identity.scenario, run.identity.size_of(run.replications)), target_table(checks[name]))
        if way != "txt":
            say_rows(way, rows, excel=excel)
        steps = _next_steps([runs[name] for name in scenarios], checks.values())
        say_end(ended, steps, data=way != "txt")
        failed = {f"of {runs[name].scenario.name}": runs[name].failed for name in scenarios}
        say_failed(failed, f"{command('parley', 'run', *of)} (failures.csv)")
    if not all(one.met for checked in checks.values() for one in checked):
        raise typer.Exit(MISSED)


def _next_steps(runs: Sequence[Run], checks: Iterable[Sequence[Checked]]) -> list[tuple[str, str]]:
    """Return what drives the first target that was missed, if that can be said, and where more of its run is told."""
    from sim.results.history import scenario_negotiates
    from sim.studies.condition import column_of
    from sim.studies.sensitivity import why_not

    run, steps = runs[0], list[tuple[str, str]]()
    for one, checked in zip(runs, checks, strict=True):
        missed = [each.expectation.outcome for each in checked if not each.met]
        known = [name for name in missed if one.parameters and not why_not(column_of(one, name))]
        if known:
            run, what = one, "which assumptions drive what was missed"
            steps = [(command("parley", "sensitivity", one.folder, "--outcome", known[0]), what)]
            break
    if scenario_negotiates(run.scenario):
        steps.append((command("parley", "explain", run.folder), "why there was no deal; one history"))
    return [*steps, (command("parley", "report", run.folder), "a page with figures")]
