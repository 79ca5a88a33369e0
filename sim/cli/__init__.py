"""The command line. Each command parses and prints; it computes nothing.

Exit codes: 0 done, 1 our bug, 2 usage, 3 invalid input or results that cannot be written, 4 replications failed, 5 a
target missed or a difference beyond its limit, 130 interrupted.
"""

import io
import os
import signal
import sys

import typer

from sim.cli.breakeven import breakeven
from sim.cli.check import check
from sim.cli.compare import compare
from sim.cli.discover import discover
from sim.cli.explain import explain
from sim.cli.new import new
from sim.cli.report import plot, report
from sim.cli.run import run
from sim.cli.schema import schema
from sim.cli.sensitivity import sensitivity
from sim.cli.show import diff, list_scenarios, show
from sim.cli.sweep import sweep
from sim.cli.targets import targets

INTERRUPTED = 130

app = typer.Typer(
    name="parley",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Simulate a war between two states under a scenario. First steps:  parley run baseline",
)
app.command()(run)
app.command()(compare)
app.command()(sweep)
app.command()(breakeven)
app.command()(sensitivity)
app.command()(discover)
app.command()(explain)
app.command()(report)
app.command()(plot)
app.command()(check)
app.command()(show)
app.command()(diff)
app.command()(new)
app.command("list")(list_scenarios)
app.command()(schema)
app.command()(targets)


@app.callback()
def _parley() -> None:
    pass


def main() -> None:
    """Run the command line; turn every expected error into one line on stderr and its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal or file that cannot show a letter shows a question mark, and nothing is lost.
            stream.reconfigure(errors="replace")
    signal.signal(signal.SIGTERM, _interrupt)
    code = _main()
    try:
        sys.stdout.flush()
    except OSError:
        # Whoever reads has gone, or the disk is full: said already, or of no interest to anyone.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _main() -> int:
    try:
        # Typer returns the code of an Exit, which after an interrupt is 130, and None when a command simply ends.
        code = app(standalone_mode=False) or 0
        if code == INTERRUPTED:
            print(
                "interrupted; what is written is complete, and what was finished is kept: the same command goes on with it",
                file=sys.stderr,
            )
        return int(code)
    except typer.TyperException as error:
        print(f"error: {_one_line(error)}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    except OSError as error:
        print(f"error: cannot print: {error.strerror or error}", file=sys.stderr)
        return 3


def _one_line(error: typer.TyperException) -> str:
    message = getattr(error, "format_message", lambda: str(error))()
    return " ".join(str(message).split())
