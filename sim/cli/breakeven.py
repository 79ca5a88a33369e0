"""`parley breakeven`: how much of something it takes."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.common import USAGE, Months, Seed, Settings, errors_as_lines, load_all, run_with_progress

if TYPE_CHECKING:
    from sim.results.runs import Run
    from sim.studies.breakeven import BreakEven

_RANGE = re.compile(r"\s*([\w.]+)\s*=\s*([-+\d_.e]+)\s*:\s*([-+\d_.e]+)\s*", re.IGNORECASE)


def breakeven(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A scenario file, or the name of a shipped one.")],
    vary: Annotated[str, typer.Option(metavar="PATH=LOW:HIGH", help="The knob, and between which values.")],
    until: Annotated[str, typer.Option(metavar="CONDITION", help="As in 'share(ceasefire_in_force) >= 0.5'.")],
    replications: Annotated[int, typer.Option(min=2, max=1_000_000, help="Histories at each value.")] = 1000,
    seed: Seed = 1,
    months: Months = None,
    settings: Settings = None,
) -> None:
    """Find the value of a knob at which an outcome reaches a level, with its interval, on the same luck.

    The level may be a multiple of what the scenario gives as it is: 'mean(ground_12_months_km2) <= 0.5 * base'.

    Example:  parley breakeven baseline --vary arms.defender.aid_scale=0:3 --until "mean(ground_12_months_km2) <= 0.5 * base"
    """
    with errors_as_lines():
        from sim.ensemble.run import Plan, horizon_days
        from sim.results.runs import Run
        from sim.results.summary import WHAT_IT_IS_NOT
        from sim.studies.breakeven import break_even
        from sim.studies.condition import Condition

        path, low, high = _range(vary)
        condition = Condition.parse(until)
        (scenario,) = load_all([file], settings)
        plan = Plan(replications, seed, horizon_days(scenario, months), series=False)

        def run_at(value: float | None) -> Run:
            changed = scenario if value is None else scenario.with_settings([f"{path}={value!r}"], "--vary")
            return Run.of(run_with_progress(changed, plan))

        found = break_even(run_at, low, high, condition)
        print(f"{path} from {low:,.6g} to {high:,.6g} in {file}, until {condition}")
        print(*_lines(found, replications), "", WHAT_IT_IS_NOT, sep="\n")


def _range(text: str) -> tuple[str, float, float]:
    found = _RANGE.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        low, high = (float(found[place].replace("_", "")) for place in (2, 3))
    except ValueError:
        print(f"error: cannot read --vary {text!r}; write it as in PATH=LOW:HIGH with two numbers", file=sys.stderr)
        raise typer.Exit(USAGE) from None
    if not low < high:
        print(f"error: --vary {text!r} goes from {low:g} to {high:g}; the lower value comes first", file=sys.stderr)
        raise typer.Exit(USAGE)
    return found[1], low, high


def _lines(found: BreakEven, replications: int) -> list[str]:
    condition = found.condition
    what = {"median": f"share of {condition.outcome} above the level, less a half"}.get(
        condition.statistic, f"{condition.statistic}({condition.outcome}) less the level"
    )
    lines = [
        f"{len(found.points)} values, {replications:,} histories each, on the same luck",
        f" {'value':>14}  {what} (95 %)",
    ]
    for point in found.points:
        half = 1.96 * point.error
        lines.append(
            f" {point.value:>14,.6g}  {point.excess:+,.4g} ({point.excess - half:+,.4g} .. {point.excess + half:+,.4g})"
        )
    if not found.crossings:
        holds = (found.points[0].excess > 0) == condition.above
        lines.append(f"No break-even: the condition holds at {'every' if holds else 'no'} value that was tried.")
    elif found.at is None:
        between = ", ".join(f"{low:,.6g} and {high:,.6g}" for low, high in found.crossings)
        lines.append(f"Several break-evens: it crosses between {between}. Ask for a range with one of them.")
    else:
        low = "below the range" if found.low is None else f"{found.low:,.4g}"
        high = "above the range" if found.high is None else f"{found.high:,.4g}"
        where = "from there on up" if found.holds_above else "from there on down"
        lines.append(f"Break-even at {found.at:,.4g} (95 %: {low} .. {high}); the condition holds {where}.")
    return lines
