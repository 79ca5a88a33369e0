"""The commands, in groups, and what stands before them: a welcome, the version, help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from sim import __version__
from sim.cli.breakeven import breakeven
from sim.cli.calibrate import calibrate
from sim.cli.check import check
from sim.cli.choose import choose
from sim.cli.compare import compare
from sim.cli.discover import discover
from sim.cli.explain import explain
from sim.cli.export import export
from sim.cli.helping import Command, Group
from sim.cli.hindcast import hindcast
from sim.cli.new import new
from sim.cli.outcomes import outcomes
from sim.cli.panel import panel
from sim.cli.report import plot, report
from sim.cli.run import run
from sim.cli.schema import schema
from sim.cli.sensitivity import sensitivity
from sim.cli.show import diff, knobs, list_scenarios, show
from sim.cli.sweep import sweep
from sim.cli.targets import targets

WELCOME = f"""\
Parley {__version__}: a war between two states as thousands of possible histories, in
which both sides fight and bargain. What comes out are conditional frequencies
of a stylised model, not a forecast.

See what happens, and why there is no deal
  parley run baseline
  parley explain results/baseline

Change something, and see what that changes
  parley compare baseline more_arms
  parley run baseline --set arms.defender.aid_scale=0.5

Write a scenario of your own, and a page to show
  parley new my_study
  parley report results/baseline

Commands: parley help    One of them: parley help run    Scenarios: parley list
"""

# Each command with what it does, short enough for a line of 80 columns.
GROUPS: dict[str, dict[str, tuple[Callable[..., None], str]]] = {
    "Simulate": {
        "run": (run, "a scenario as thousands of histories"),
        "compare": (compare, "what a change changes, on the same luck"),
        "sweep": (sweep, "a scenario over many values of its knobs"),
        "breakeven": (breakeven, "how much of something it takes"),
        "calibrate": (calibrate, "which histories agree with data of the war"),
        "hindcast": (hindcast, "how far off forecasts of earlier dates were"),
        "choose": (choose, "which choice stands up best, whatever the assumptions"),
    },
    "Understand": {
        "explain": (explain, "why there was no deal, and one history told"),
        "sensitivity": (sensitivity, "which assumptions drive the outcomes"),
        "panel": (panel, "where several analysts part, and what divides them"),
        "discover": (discover, "where in the assumptions an outcome is common"),
        "outcomes": (outcomes, "what can be asked of histories, and what it means"),
        "targets": (targets, "what came out beside what the author expects"),
    },
    "Write scenarios": {
        "list": (list_scenarios, "the scenarios that are shipped"),
        "new": (new, "a scenario file to start from"),
        "check": (check, "whether a scenario is right, and its sources"),
        "show": (show, "a scenario, and its values with place and source"),
        "knobs": (knobs, "numbers to turn, by words of what they mean"),
        "diff": (diff, "what differs between two scenarios, in words"),
        "schema": (schema, "what may stand in a scenario, for editors and readers"),
    },
    "Share": {
        "report": (report, "a page with figures, for any browser"),
        "plot": (plot, "one figure for a paper"),
        "export": (export, "a workbook or a database of results"),
    },
}

app = typer.Typer(
    name="parley",
    cls=Group,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Simulate a war between two states under a scenario.\n\nExample:  parley run baseline",
)
for _group, _commands in GROUPS.items():
    for _name, (_function, _short) in _commands.items():
        app.command(_name, cls=Command, short_help=_short, rich_help_panel=_group)(_function)


def _say_version(wanted: bool) -> None:
    if wanted:
        print(f"parley {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _parley(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_say_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        print(WELCOME, end="")


def _names(context: typer.Context, incomplete: str) -> list[str]:
    return [name for commands in GROUPS.values() for name in commands if name.startswith(incomplete)]


@app.command("help", cls=Command, short_help="about a command, or all of them", rich_help_panel="Share", hidden=True)
def help_(
    context: typer.Context,
    command: Annotated[
        str | None,
        typer.Argument(metavar="COMMAND", help="A command, or a word of the model.", autocompletion=_names),
    ] = None,
) -> None:
    """Say what a command does and which options it has, what a word of the model means, or which commands there are.

    Example:  parley help run
    """
    above: Any = context.parent
    if command is None:
        print(above.get_help())
        return
    if command not in above.command.commands:
        from sim.cli.printing import say
        from sim.model.glossary import WORDS
        from sim.words.layout import Text

        if (word := command.casefold()) in WORDS:
            say(Text(f"{word}: {WORDS[word]}", 0, 2))
            return
    _, found, _ = above.command.resolve_command(above, [command])
    print(found.get_help(type(context)(found, info_name=command, parent=above)))
