"""`parley breakeven`: how much of something it takes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.common import (
    USAGE,
    Cluster,
    Months,
    Seed,
    Settings,
    Workers,
    errors_as_lines,
    load_all,
    refuse_both,
    run_with_progress,
    workers_for,
)

if TYPE_CHECKING:
    from sim.results.runs import Run
    from sim.studies.breakeven import BreakEven


def breakeven(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A scenario file, or the name of a shipped one.")],
    vary: Annotated[str, typer.Option(metavar="PATH=LOW:HIGH", help="The knob, and between which values.")],
    until: Annotated[str, typer.Option(metavar="CONDITION", help="As in 'share(ceasefire_in_force) >= 0.5'.")],
    replications: Annotated[int, typer.Option(min=2, max=1_000_000, help="Histories at each value.")] = 1000,
    seed: Seed = 1,
    months: Months = None,
    settings: Settings = None,
    workers: Workers = None,
    cluster: Cluster = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the values that were tried as CSV.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Find the value of a knob at which an outcome reaches a level, with its interval, on the same luck.

    The level may be a multiple of what the scenario gives as it is: 'mean(ground_12_months_km2) <= 0.5 * base'.

    Example:  parley breakeven baseline --vary arms.defender.aid_scale=0:3 --until "mean(ground_12_months_km2) <= 0.5 * base"
    """
    with errors_as_lines():
        from sim.ensemble.run import Plan, horizon_days
        from sim.results.runs import Run
        from sim.results.summary import WHAT_IT_IS_NOT
        from sim.results.tables import csv_of
        from sim.studies.breakeven import break_even
        from sim.studies.condition import Condition
        from sim.studies.design import DesignError, Varied

        if as_csv and as_json:
            print("error: --csv and --json are two ways to print: choose one", file=sys.stderr)
            raise typer.Exit(USAGE)
        knob = Varied.parse(vary)
        if knob.low is None or knob.high is None or knob.values:
            raise DesignError(f"cannot read --vary {vary!r}; write PATH=LOW:HIGH with two numbers")
        path, low, high = knob.path, knob.low, knob.high
        refuse_both(settings, [path])
        condition = Condition.parse(until)
        (scenario,) = load_all([file], settings)
        plan = Plan(replications, seed, horizon_days(scenario, months), series=False)

        def run_at(value: float | None) -> Run:
            changed = scenario if value is None else scenario.with_settings([f"{path}={value!r}"], "--vary")
            return Run.of(run_with_progress(changed, plan, pool=pool))

        # There are about ten values.
        with workers_for(10 * replications, workers, cluster) as pool:
            found = break_even(run_at, low, high, condition)
        if as_csv:
            print(csv_of(found.as_dicts()), end="")
        elif as_json:
            answer = {"at": found.at, "low": found.low, "high": found.high, "holds_above": found.holds_above}
            data = {"note": WHAT_IT_IS_NOT, "until": str(condition), **answer, "crossings": found.crossings}
            print(json.dumps({**data, "points": found.as_dicts()}, indent=2, allow_nan=False))
        else:
            print(f"{path} from {low:,.6g} to {high:,.6g} in {file}, until {condition}")
            print(*_lines(found, replications), "", WHAT_IT_IS_NOT, sep="\n")


def _lines(found: BreakEven, replications: int) -> list[str]:
    from sim.results.compared import number
    from sim.results.statistics import Z_95

    condition = found.condition
    what = {"median": f"share of {condition.outcome} above the level, less a half"}.get(
        condition.statistic, f"{condition.statistic}({condition.outcome}) less the level"
    )
    lines = [
        f"{len(found.points)} values, {replications:,} histories each, on the same luck",
        f" {'value':>14}  {what} (95 %)",
    ]
    for point in found.points:
        half = Z_95 * point.error
        unit = "share" if condition.statistic in ("share", "median") else ""
        size = abs(point.excess) + half
        excess, lower, upper = (
            number(value, unit, sign=True, size=size) for value in (point.excess, point.excess - half, point.excess + half)
        )
        lines.append(
            f" {point.value:>14,.6g}  {excess:>16} ({lower.removesuffix(' points')} .. {upper.removesuffix(' points')})"
        )
    if not found.crossings:
        holds = (found.points[0].excess > 0) == condition.above
        lines.append(f"No break-even: the condition holds at {'every' if holds else 'no'} value that was tried.")
    elif found.at is None:
        between = ", ".join(f"{low:,.6g} and {high:,.6g}" for low, high in found.crossings)
        lines.append(f"Several break-evens: it crosses between {between}. Ask for a range with one of them.")
    else:
        # A digit more than what is known of it.
        at, low, high = (
            None if value is None else number(value, "", size=abs(found.at) / 10)
            for value in (found.at, found.low, found.high)
        )
        band = f"{low or 'below the range'} .. {high or 'above the range'}"
        where = "from there on up" if found.holds_above else "from there on down"
        lines.append(f"Break-even at {at} (95 %: {band}); the condition holds {where}.")
    return lines
