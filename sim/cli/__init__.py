"""The command line. Each command parses and prints; it computes nothing.

Exit codes: 0 done, 1 our bug, 2 usage, 3 invalid input or results that cannot be written, 4 replications failed, 5 a
target missed or a difference beyond its limit, 130 interrupted.

The commands are imported by `main`, once it heeds interrupts.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress

from sim.cli import interrupts, streams

BUG, USAGE, INVALID = 1, 2, 3
# What libraries say of values of options, and how it is said here.
_OUR_WORDS = (
    (r"^Invalid value for '([^']+)': (?:Value error, )?", r"\1: "),
    (r"Input should be (?:greater than or equal to|at least) (\S+)", r"it must be \1 or more"),
    (r"Input should be less than or equal to (\S+)", r"it must be \1 or less"),
    (r"Input should be a valid integer.*", "it must be a whole number"),
    (r"Input should be a valid number.*", "it must be a number"),
    (r"Input should be ", "it must be "),
)
# Set to 1, it shows where in the program an error came up.
TRACEBACK = "PARLEY_TRACEBACK"


def main() -> None:
    """Run the command line; turn every error into one line on stderr and its exit code."""
    code = interrupts.INTERRUPTED
    # An interrupt may come at any line, from the first that heeds them on.
    with suppress(KeyboardInterrupt):
        interrupts.heed()
        try:
            code = _main()
        except BaseException as error:
            code = _code_of(error)
        reason = streams.failure()
        if reason:
            print(f"error: cannot print: {reason}", file=sys.stderr)
            code = code or INVALID
        interrupts.let_go()
    if interrupts.is_stopping():
        interrupts.end()
    sys.exit(code)


def _main() -> int:
    streams.set_up()
    from sim.cli.app import app

    # Typer returns the code of an Exit, and None when a command simply ends.
    return int(app(prog_name="parley", standalone_mode=False) or 0)


def _code_of(error: BaseException) -> int:
    """Say what went wrong, if it is not said yet; return the exit code."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 0
    if interrupts.is_stopping():
        return interrupts.INTERRUPTED
    if os.environ.get(TRACEBACK) == "1":
        import traceback

        traceback.print_exception(error)
    from typer import TyperException

    if isinstance(error, TyperException):
        print(f"error: {_one_line(error)}", file=sys.stderr)
        return USAGE
    if isinstance(error, OSError):
        from sim.errors import cut

        where = f"{error.filename}: " if error.filename is not None else ""
        print(f"error: {cut(where, 400)}{error.strerror or error}", file=sys.stderr)
        return INVALID
    what = " ".join(f"{type(error).__name__}: {error}".split())
    print(
        f"error: this is our bug: {what}. Please report it with the command; {TRACEBACK}=1 before it shows where it is",
        file=sys.stderr,
    )
    return BUG


def _one_line(error: Exception) -> str:
    """Return what is wrong with how a command was called, and where to read how it is called."""
    from sim.errors import cut

    said = " ".join(str(getattr(error, "format_message", lambda: str(error))()).split())
    for pattern, ours in _OUR_WORDS:
        said = re.sub(pattern, ours, said)
    message = cut(said, 400)
    message += "." if message[-1:].isalnum() else ""
    context = getattr(error, "ctx", None)
    command = getattr(context, "command_path", "parley").removeprefix("parley").strip()
    return f"{message} See: {' '.join(['parley help', command]).strip()}"
