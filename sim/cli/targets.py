"""`parley targets`: hold a run against what the author of the scenario expects."""

from __future__ import annotations

import typer

from sim.cli.common import (
    AsCsv,
    AsJson,
    AsMarkdown,
    Excel,
    Files,
    Months,
    Replications,
    Seed,
    Settings,
    errors_as_lines,
    load_all,
    refuse_two_horizons,
    run_with_progress,
    say_failed,
    way_to_print,
)
from sim.cli.printing import say, say_rows
from sim.pasted import command

MISSED = 5


def targets(
    files: Files,
    replications: Replications = 2000,
    seed: Seed = 1,
    months: Months = None,
    settings: Settings = None,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    excel: Excel = False,
    as_json: AsJson = False,
) -> None:
    """Run scenarios and print the targets of their `expect` sections beside what came out.

    Exit code 5 if one is missed, or is of what no history has.

    Example:  parley targets baseline
    """
    with errors_as_lines():
        from sim.ensemble.run import Plan, horizon_days
        from sim.results.identity import identity_of
        from sim.results.targets import check_targets, no_targets, outcomes_expected
        from sim.scenario import ScenarioError
        from sim.words.layout import Title
        from sim.words.targets import target_table

        way = way_to_print(as_markdown, as_csv, as_json, excel)
        missed, rows = False, list[dict[str, object]]()
        failed: dict[str, int] = {}
        refuse_two_horizons(settings, months)
        scenarios = load_all(files, settings)
        bare = [no_targets(scenario) for scenario in scenarios if not scenario.world.expect]
        if bare:
            raise ScenarioError(bare)
        for scenario in scenarios:
            days = horizon_days(scenario, months)
            plan = Plan(replications, seed, days, series=False, asked=outcomes_expected(scenario, days))
            ensemble = run_with_progress(scenario, plan)
            checked = check_targets(ensemble)
            missed |= not all(one.met for one in checked)
            identity = identity_of(scenario, plan)
            rows += [{"scenario": scenario.name, **one.as_dict()} for one in checked]
            if way == "txt":
                say(Title(identity.scenario, identity.size_of(len(ensemble.numbers))), target_table(checked))
            failed[f"of {scenario.name}"] = len(ensemble.failures)
        if way != "txt":
            say_rows(way, rows, excel=excel)
        say_failed(failed, f"{command('parley', 'run', *files)} (failures.csv)")
    if missed:
        raise typer.Exit(MISSED)
