"""What commands share: options, loading, running with progress, and errors as one line each.

Heavy imports stand inside functions, so that `parley --help` is quick.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sim.ensemble.run import Ensemble, Plan
    from sim.scenario import Problem, Scenario, ScenarioHead

BUG, USAGE, INVALID = 1, 2, 3

Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="Scenario files, or names of shipped ones.")]
Replications = Annotated[int, typer.Option(min=1, max=1_000_000, help="How many histories to simulate.")]
Seed = Annotated[int, typer.Option(min=0, help="Same seed and scenario: same results.")]
Months = Annotated[int | None, typer.Option(min=1, max=600, help="Horizon; the scenario's own if not given.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change a number, as in arms.defender.aid_scale=0.3. Repeatable."),
]


@contextmanager
def errors_as_lines() -> Iterator[None]:
    """Turn what can go wrong into lines on stderr and an exit code."""
    from sim.engine.world import InvariantBreach
    from sim.results.store import StoreError
    from sim.scenario import ScenarioError

    try:
        yield
    except ScenarioError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(INVALID) from error
    except StoreError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(INVALID) from error
    except MemoryError as error:
        print("error: not enough memory for so many replications; ask for fewer", file=sys.stderr)
        raise typer.Exit(INVALID) from error
    except InvariantBreach as error:
        print(f"error: something that must always hold does not: {error}. This is our bug.", file=sys.stderr)
        raise typer.Exit(BUG) from error


def load_all(files: list[str], settings: list[str] | None) -> list[Scenario[ScenarioHead]]:
    """Load every scenario; report the problems of all of them together."""
    from sim.model import WarScenario
    from sim.scenario import ScenarioError, load_scenario

    scenarios: list[Scenario[ScenarioHead]] = []
    problems: list[Problem] = []
    for file in files:
        try:
            scenarios.append(load_scenario(file, WarScenario, settings or ()))
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    return scenarios


def run_with_progress(scenario: Scenario[ScenarioHead], plan: Plan) -> Ensemble:
    """Run an ensemble, with a progress bar on stderr when that is a terminal."""
    from sim.ensemble import run_ensemble

    if not sys.stderr.isatty():
        return run_ensemble(scenario, plan)
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(scenario.name), BarColumn(), TextColumn("{task.completed:,.0f}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=plan.replications)
        update: Callable[[int], None] = lambda done: bar.update(task, completed=done)  # noqa: E731
        return run_ensemble(scenario, plan, update)
