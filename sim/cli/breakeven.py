"""`parley breakeven`: how much of something it takes."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.common import (
    RESULTS,
    STDIN,
    AsCsv,
    AsJson,
    AsMarkdown,
    Cluster,
    Excel,
    Force,
    Months,
    Out,
    Root,
    Seed,
    Settings,
    Workers,
    end_study,
    errors_as_lines,
    load_all,
    note,
    one_way_to_print,
    print_kept,
    refuse_both,
    refuse_two_horizons,
    run_with_progress,
    say_before,
    say_failed,
    workers_for,
)
from sim.cli.complete import knobs, scenarios
from sim.cli.printing import say, say_file
from sim.cli.wanted import place_of_study
from sim.pasted import command

if TYPE_CHECKING:
    from sim.results.place import Place
    from sim.results.runs import Run
    from sim.scenario import Scenario, ScenarioHead

USUAL = 1_000


def breakeven(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A scenario file, or the name of a shipped one.", autocompletion=scenarios)
    ],
    vary: Annotated[
        str, typer.Option(metavar="PATH=LOW:HIGH", help="The knob, and between which values.", autocompletion=knobs)
    ],
    until: Annotated[str, typer.Option(metavar="CONDITION", help="As in 'share(ceasefire_in_force) >= 0.5'.")],
    replications: Annotated[int, typer.Option(min=2, max=1_000_000, help="Histories at each value.")] = USUAL,
    seed: Seed = 1,
    months: Months = None,
    settings: Settings = None,
    workers: Workers = None,
    cluster: Cluster = None,
    out: Out = None,
    results: Root = RESULTS,
    force: Force = False,
    as_page: Annotated[
        bool, typer.Option("--report", help="Write a page about it too: report.html beside its tables.")
    ] = False,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    excel: Excel = False,
    as_json: AsJson = False,
) -> None:
    """Find the value of a knob at which an outcome reaches a level, with its interval, on the same luck.

    The values that were tried are kept. When it is interrupted, the same command goes on where it stopped.

    The level may be a multiple of what the scenario gives as it is: 'mean(ground_12_months_km2) <= 0.5 * base'.

    Example:  parley breakeven baseline --vary arms.defender.aid_scale=0:3 --until "mean(ground_12_months_km2) <= 0.5 * base"
    """
    with errors_as_lines():
        from sim.ensemble.run import Plan, horizon_days
        from sim.results.again import kept_or_run
        from sim.results.identity import as_run, identity_of
        from sim.results.place import PAGE, may_be_page
        from sim.results.read import read_folder
        from sim.results.runs import Run
        from sim.results.store import what_is_run
        from sim.studies.breakeven import break_even
        from sim.studies.condition import Condition, refuse_unknown
        from sim.studies.design import DesignError, Varied
        from sim.words import WHAT_IT_IS_NOT
        from sim.words.breakeven import answer, files, title_of
        from sim.words.layout import EMPTY, Text

        way = one_way_to_print(markdown=as_markdown, csv=as_csv, json=as_json)
        knob = Varied.parse(vary, in_steps=False)
        if knob.low is None or knob.high is None or knob.values:
            raise DesignError(f"cannot read --vary {vary!r}; write PATH=LOW:HIGH with two numbers")
        path, low, high = knob.path, knob.low, knob.high
        refuse_both(settings, [path])
        condition = Condition.parse(until)
        refuse_two_horizons(settings, months)
        (scenario,) = load_all([file], settings)
        plan = Plan(replications, seed, horizon_days(scenario, months), series=False, asked=(condition.outcome,))
        say_before(scenario.with_settings([f"{path}={high!r}"], "--vary"))
        identity = identity_of(scenario, plan)
        refuse_unknown(scenario, plan, [condition.outcome])
        condition.refuse_unfit(scenario)

        failed: dict[str, int] = {}

        def run_at(value: float | None) -> Run:
            changed = scenario if value is None else scenario.with_settings([f"{path}={value!r}"], "--vary")
            run = kept_or_run(place.parts, len(failed), changed, plan, partial(run_now, changed))
            failed[f"at {path}={value!r}" if value is not None else "as it is"] = run.failed
            return run

        def run_now(changed: Scenario[ScenarioHead]) -> Run:
            return Run.of(run_with_progress(changed, plan, pool=pool))

        how: dict[str, object] = {
            "vary": vary, "until": until, "replications": replications if replications != USUAL else None,
            "seed": seed if seed != 1 else None, "months": months, "set": settings,
        }  # fmt: skip
        place = place_of_study(
            "breakeven", [file], what_is_run(scenario, plan), how,
            out=out, results=results, force=force, excel=excel, under="breakevens",
        )  # fmt: skip
        page = place.folder / PAGE if as_page else None
        if page is not None:
            may_be_page(page)

        see = f"{command('parley', 'run', file)} with that value by --set (failures.csv)"
        same = [part for one in settings or () for part in ("--set", one)]
        same += [] if months is None else ["--months", str(months)]
        range_of = f"{path}={low!r}:{high!r}:5"
        with place.at_work():
            if place.done:
                kept = json.loads(read_folder(place.target).text("breakeven.json"))
                steps = _next_steps(file, path, kept["at"] if kept["settled"] else None, range_of, same, place.folder, page)
                _complete(place, page)
                print_kept(place, f"breakeven.{way}", excel and as_csv, see, full=True, steps=steps)
                return
            # There are about ten values.
            with workers_for(10 * replications, plan.days, workers, cluster) as pool:
                found = replace(break_even(run_at, low, high, condition), path=path, scenario=scenario, plan=plan)
            title = f"{identity.line}: {title_of(found)}"
            texts = files(found, title, identity, replications)
            if way == "txt":
                say(*answer(found, title, replications), EMPTY, Text(WHAT_IT_IS_NOT))
            else:
                say_file(way, texts.get(f"breakeven.{way}", texts["breakeven.csv"]), excel and as_csv)
            texts["scenario.yaml"] = as_run(scenario, plan.days).to_yaml()
            about = found.manifest(sum(failed.values()))
            place.write({name: text.encode() for name, text in texts.items()}, about, of=scenario)
            at = found.at if found.settled else None
            _complete(place, page)
            end_study(place, _next_steps(file, path, at, range_of, same, place.folder, page), way)
            say_failed(failed, see)


def _complete(place: Place, page: Path | None) -> None:
    """Write the page of a break-even beside its tables, where one is wanted and not there yet."""
    if page is not None:
        from sim.report.make import complete_page

        complete_page(place, note)


def _next_steps(
    file: str, path: str, at: float | None, range_of: str, same: list[str], folder: Path, page: Path | None
) -> list[tuple[str, str]]:
    """Return the page, unless it is made, and the run at what was found; where that is not one value, what lies between."""
    steps = [] if page is not None else [(command("parley", "report", folder), "a page with a figure")]
    if file == STDIN:
        return steps
    if at is None:
        return [(command("parley", "sweep", file, *same, "--vary", range_of), "what comes out between"), *steps]
    return [(command("parley", "run", file, *same, "--set", f"{path}={at:.6g}"), "what comes out there"), *steps]
