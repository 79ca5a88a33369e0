"""`parley breakeven`: how much of something it takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.common import (
    STDIN,
    AsCsv,
    AsJson,
    AsMarkdown,
    Cluster,
    Excel,
    Months,
    Seed,
    Settings,
    Workers,
    errors_as_lines,
    load_all,
    refuse_both,
    refuse_two_horizons,
    run_with_progress,
    say_before,
    say_failed,
    way_to_print,
    workers_for,
)
from sim.cli.complete import knobs, scenarios
from sim.cli.printing import say, say_end, say_rows
from sim.pasted import command

if TYPE_CHECKING:
    from sim.results.runs import Run


def breakeven(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A scenario file, or the name of a shipped one.", autocompletion=scenarios)
    ],
    vary: Annotated[
        str, typer.Option(metavar="PATH=LOW:HIGH", help="The knob, and between which values.", autocompletion=knobs)
    ],
    until: Annotated[str, typer.Option(metavar="CONDITION", help="As in 'share(ceasefire_in_force) >= 0.5'.")],
    replications: Annotated[int, typer.Option(min=2, max=1_000_000, help="Histories at each value.")] = 1000,
    seed: Seed = 1,
    months: Months = None,
    settings: Settings = None,
    workers: Workers = None,
    cluster: Cluster = None,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    excel: Excel = False,
    as_json: AsJson = False,
) -> None:
    """Find the value of a knob at which an outcome reaches a level, with its interval, on the same luck.

    The level may be a multiple of what the scenario gives as it is: 'mean(ground_12_months_km2) <= 0.5 * base'.

    Example:  parley breakeven baseline --vary arms.defender.aid_scale=0:3 --until "mean(ground_12_months_km2) <= 0.5 * base"
    """
    with errors_as_lines():
        from sim.ensemble.run import Plan, horizon_days
        from sim.results.identity import identity_of
        from sim.results.runs import Run
        from sim.scenario.wording import exact_number
        from sim.studies.breakeven import break_even
        from sim.studies.condition import Condition, refuse_unknown
        from sim.studies.design import DesignError, Varied
        from sim.words import WHAT_IT_IS_NOT
        from sim.words.breakeven import answer
        from sim.words.labels import knob_label
        from sim.words.layout import EMPTY, Text

        way = way_to_print(as_markdown, as_csv, as_json, excel)
        knob = Varied.parse(vary)
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
            run = Run.of(run_with_progress(changed, plan, pool=pool))
            failed[f"at {path}={value!r}" if value is not None else "as it is"] = run.failed
            return run

        # There are about ten values.
        with workers_for(10 * replications, plan.days, workers, cluster) as pool:
            found = replace(break_even(run_at, low, high, condition), path=path, scenario=scenario)
        if way != "txt":
            names = ("found", "settled", "at", "between", "low", "high", "holds_above", "jumps", "crossings")
            result = {name: getattr(found, name) for name in names}
            data = {"note": WHAT_IT_IS_NOT, **identity.about(replications), "until": str(condition), **result}
            say_rows(way, found.as_dicts(), data={**data, "points": found.as_dicts()}, excel=excel)
        else:
            ends = f"from {exact_number(low)} to {exact_number(high)}"
            title = f"{identity.line}: {knob_label(path, scenario)} {ends}, until {condition}"
            say(*answer(found, title, replications), EMPTY, Text(WHAT_IT_IS_NOT))
            if found.at is not None and found.settled and file != STDIN:
                same = [part for setting in (*(settings or ()), f"{path}={found.at:.6g}") for part in ("--set", setting)]
                same += [] if months is None else ["--months", str(months)]
                say_end([], [(command("parley", "run", file, *same), "what comes out there")], data=False)
        say_failed(failed, f"{command('parley', 'run', file)} with that value by --set (failures.csv)")
